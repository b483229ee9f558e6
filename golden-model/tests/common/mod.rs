//! Packets, ESP and devices for the tests, made without the code under test: the GCM here is the crate `aes-gcm`.
#![allow(dead_code)] // Each test file is a crate of its own and uses its part.

pub mod ends;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use holdfast_model::{
    Action, Device, Direction, Endpoints, Key, Kind, Mode, Role, RuleConfig, SaConfig, Settings, Sizes, UdpPorts, Verdict,
};
use holdfast_registers::{counter, Reason};
use proptest::test_runner::{Config, RngSeed};

/// Cases of a property, always the same ones; `PROPTEST_RNG_SEED` chooses others.
pub fn cases(cases: u32) -> Config {
    let mut config = Config { cases, failure_persistence: None, ..Config::default() };
    if let RngSeed::Random = config.rng_seed {
        config.rng_seed = RngSeed::Fixed(0x601d_fa57);
    }
    eprintln!("seed {}", config.rng_seed);
    config
}

pub const A4: [u8; 4] = [192, 0, 2, 1];
pub const B4: [u8; 4] = [198, 51, 100, 2];
pub const A6: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
pub const B6: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
/// A protocol without ports.
pub const PLAIN: u8 = 253;

/// The Internet checksum of a header, by the book.
pub fn checksum(header: &[u8]) -> u16 {
    let mut sum: u64 = header.chunks(2).map(|w| u64::from(w[0]) * 256 + u64::from(w[1])).sum();
    while sum >= 0x10000 {
        sum = sum % 0x10000 + sum / 0x10000;
    }
    0xffff - sum as u16
}

pub fn ipv4_between(source: [u8; 4], destination: [u8; 4], protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut p = vec![0x45, 0, 0, 0, 0x12, 0x34, 0x40, 0, 64, protocol, 0, 0];
    p.extend(source);
    p.extend(destination);
    let total = (20 + payload.len()) as u16;
    p[2..4].copy_from_slice(&total.to_be_bytes());
    fix_checksum(&mut p);
    p.extend(payload);
    p
}

pub fn ipv6_between(source: [u8; 16], destination: [u8; 16], next: u8, payload: &[u8]) -> Vec<u8> {
    let mut p = vec![0x60, 0, 0, 0];
    p.extend((payload.len() as u16).to_be_bytes());
    p.extend([next, 64]);
    p.extend(source);
    p.extend(destination);
    p.extend(payload);
    p
}

pub fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ipv4_between(A4, B4, protocol, payload)
}

pub fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    ipv6_between(A6, B6, next, payload)
}

/// Sets the header checksum of an IPv4 packet right.
pub fn fix_checksum(packet: &mut [u8]) {
    let header = usize::from(packet[0] & 15) * 4;
    packet[10..12].fill(0);
    let sum = checksum(&packet[..header]);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
}

pub fn udp(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let mut u = Vec::new();
    for field in [source, destination, 8 + payload.len() as u16, 0] {
        u.extend(field.to_be_bytes());
    }
    u.extend(payload);
    u
}

/// A frame around a packet, its EtherType from the version.
pub fn frame(packet: &[u8]) -> Vec<u8> {
    with_link(&[], packet)
}

/// A frame with VLAN tag 0x2abc.
pub fn tagged(packet: &[u8]) -> Vec<u8> {
    with_link(&[0x81, 0x00, 0x2a, 0xbc], packet)
}

fn with_link(tag: &[u8], packet: &[u8]) -> Vec<u8> {
    let mut f = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    f.extend(tag);
    f.extend(if packet.first().is_some_and(|b| b >> 4 == 6) { [0x86, 0xdd] } else { [0x08, 0x00] });
    f.extend(packet);
    f
}

pub fn ethertype(kind: u16, payload: &[u8]) -> Vec<u8> {
    let mut f = frame(&[]);
    f[12..14].copy_from_slice(&kind.to_be_bytes());
    f.extend(payload);
    f
}

pub const SPI: u32 = 0xc0de_0001;
pub const SALT: [u8; 4] = [0xca, 0xfe, 0xba, 0xbe];

/// An SA from A to B; the inbound side is [`opener`].
pub fn sealer(mode: Mode, v6: bool) -> SaConfig {
    SaConfig {
        spi: SPI,
        mode,
        key: Key::Aes256(core::array::from_fn(|i| i as u8 * 7 + 1)),
        salt: SALT,
        esn: false,
        udp: None,
        endpoints: if v6 {
            Endpoints::V6 { local: A6.into(), remote: B6.into() }
        } else {
            Endpoints::V4 { local: A4.into(), remote: B4.into() }
        },
        hop_limit: 61,
        role: Role::Outbound { mtu: 0, next: 1, limit: 1 << 32 },
        recorded: false,
    }
}

pub fn opener(sealer: &SaConfig) -> SaConfig {
    SaConfig { endpoints: sealer.endpoints.reversed(), role: Role::Inbound { window: 64, highest: 0 }, ..sealer.clone() }
}

pub const PORTS: UdpPorts = UdpPorts { source: 4500, destination: 4500 };

pub fn device() -> Device {
    let mut device = Device::new(Sizes::JUMBO);
    device.set_settings(Settings { enable: true, max_frame: 9022, ..Settings::RESET });
    device
}

/// Two devices: what the first seals the second opens. SA index 3, rule 5.
pub fn pair(sealer: &SaConfig) -> (Device, Device) {
    let (mut a, mut b) = (device(), device());
    a.install(3, sealer).unwrap();
    b.install(3, &opener(sealer)).unwrap();
    let protect = RuleConfig::any(Action::Protect { sa: 3 });
    a.set_rule(Direction::Outbound, 5, &protect).unwrap();
    b.set_rule(Direction::Inbound, 5, &protect).unwrap();
    (a, b)
}

/// A device that opens under an SA.
pub fn receiver(sealer: &SaConfig) -> Device {
    pair(sealer).1
}

/// ESP from `SPI` to `ICV` around a text that already has its trailer.
pub fn esp(sa: &SaConfig, number: u64, text: &[u8]) -> Vec<u8> {
    let mut aad = sa.spi.to_be_bytes().to_vec();
    if sa.esn {
        aad.extend(number.to_be_bytes());
    } else {
        aad.extend((number as u32).to_be_bytes());
    }
    let mut nonce = sa.salt.to_vec();
    nonce.extend(number.to_be_bytes());
    let nonce: [u8; 12] = nonce.try_into().unwrap();
    let payload = Payload { msg: text, aad: &aad };
    let sealed = match &sa.key {
        Key::Aes128(key) => aes_gcm::Aes128Gcm::new(key.into()).encrypt(&nonce.into(), payload),
        Key::Aes256(key) => aes_gcm::Aes256Gcm::new(key.into()).encrypt(&nonce.into(), payload),
    };
    let mut esp = sa.spi.to_be_bytes().to_vec();
    esp.extend((number as u32).to_be_bytes());
    esp.extend(number.to_be_bytes());
    esp.extend(sealed.unwrap());
    esp
}

/// Payload, the least padding, trailer.
pub fn text(payload: &[u8], next_header: u8) -> Vec<u8> {
    let mut text = payload.to_vec();
    let mut pad = 0;
    while (text.len() + 2) % 4 != 0 {
        pad += 1;
        text.push(pad);
    }
    text.extend([pad, next_header]);
    text
}

/// A frame that carries `text` sealed under the SA, in the SA's outer header, to the SA's remote end.
pub fn carrying(sa: &SaConfig, number: u64, text: &[u8]) -> Vec<u8> {
    around(sa, &esp(sa, number, text))
}

/// A frame with the SA's outer header around ESP bytes.
pub fn around(sa: &SaConfig, esp: &[u8]) -> Vec<u8> {
    let (protocol, bytes) = match sa.udp {
        None => (50, esp.to_vec()),
        Some(ports) => (17, udp(ports.source, ports.destination, esp)),
    };
    match sa.endpoints {
        Endpoints::V4 { local, remote } => frame(&ipv4_between(local.octets(), remote.octets(), protocol, &bytes)),
        Endpoints::V6 { local, remote } => frame(&ipv6_between(local.octets(), remote.octets(), protocol, &bytes)),
    }
}

/// Runs a frame and checks what is true of every frame: it left or was dropped under one reason, and was counted so.
pub fn run(device: &mut Device, direction: Direction, bytes: &[u8]) -> Verdict {
    let before = device.counters(direction).clone();
    let verdict = match direction {
        Direction::Outbound => device.outbound(bytes),
        Direction::Inbound => device.inbound(bytes),
    };
    let after = device.counters(direction);
    let grown = |index| after.get(index) - before.get(index);
    assert_eq!(grown(counter::FRAMES_IN), 1);
    assert_eq!(grown(counter::BYTES_IN), bytes.len() as u64);
    let (out, bytes_out) = verdict.frame().map_or((0, 0), |frame| (1, frame.len() as u64));
    assert_eq!((grown(counter::FRAMES_OUT), grown(counter::BYTES_OUT)), (out, bytes_out));
    for reason in Reason::ALL {
        let wanted = u64::from(verdict.reason() == Some(*reason));
        assert_eq!(after.dropped(*reason) - before.dropped(*reason), wanted, "counter {reason}");
    }
    let own = if direction == Direction::Outbound { after.get(counter::CONTROL_SENT) } else { 0 };
    assert_eq!(after.get(counter::FRAMES_IN) + own, after.get(counter::FRAMES_OUT) + after.dropped_total());
    verdict
}

#[track_caller]
pub fn expect_drop(device: &mut Device, direction: Direction, bytes: &[u8], reason: Reason) {
    assert_eq!(run(device, direction, bytes), Verdict::Dropped(reason));
}

#[track_caller]
pub fn expect_out(device: &mut Device, direction: Direction, bytes: &[u8]) -> (Vec<u8>, Kind) {
    match run(device, direction, bytes) {
        Verdict::Delivered { frame, kind } => (frame, kind),
        Verdict::Dropped(reason) => panic!("dropped: {reason}"),
    }
}

#[track_caller]
pub fn expect_pass(device: &mut Device, direction: Direction, bytes: &[u8]) {
    assert_eq!(run(device, direction, bytes), Verdict::Delivered { frame: bytes.to_vec(), kind: Kind::Bypassed });
}
