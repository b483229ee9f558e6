//! Each typed error: raised before the bus is touched, with what was found and what is accepted.

mod common;
use common::{Device, SlvErr};
use holdfast_driver::register::{Features, Version};
use holdfast_driver::*;
use holdfast_registers::{map, sa};
use std::error::Error as _;
use std::net::IpAddr;

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn outbound() -> OutboundSa {
    outbound_with(0x1000, Mode::Tunnel, "10.90.0.2", "10.90.0.1")
}

fn outbound_with(spi: u32, mode: Mode, local: &str, remote: &str) -> OutboundSa {
    OutboundSa::new(spi, Key::Aes256([7; 32]), Salt([7; 4]), mode, address(local), address(remote))
}

fn inbound() -> InboundSa {
    InboundSa::new(0x1000, Key::Aes128([7; 16]), Salt([7; 4]), Mode::Tunnel, address("10.90.0.2"), address("10.90.0.1"))
}

/// A device that has all features but those given.
fn without(features: u32) -> Device {
    Device::new().with(map::CAP_FEATURES, map::features::COMPACT & !features)
}

/// Runs a call that must fail with this error, in these words, without a transaction.
fn refused<T: std::fmt::Debug>(
    device: Device,
    call: impl FnOnce(&mut Driver<Device>) -> Result<T, Error<SlvErr>>,
    error: FieldError,
    text: &str,
) {
    let mut driver = device.probed();
    assert_eq!(call(&mut driver).unwrap_err(), Error::Field(error.clone()));
    assert_eq!(error.to_string(), text);
    assert!(driver.bus_mut().log.is_empty(), "the bus was touched: {text}");
}

#[test]
fn index() {
    let sa = Table::Sa(Direction::Outbound);
    let error = FieldError::Index { table: sa, found: 32, accepted: 32 };
    refused(Device::new(), |d| d.install_outbound(32, &outbound()), error, "outbound SA index 32: accepted are 0 to 31");
    let sa = Table::Sa(Direction::Inbound);
    let error = || FieldError::Index { table: sa, found: 255, accepted: 32 };
    refused(Device::new(), |d| d.install_inbound(255, &inbound()), error(), "inbound SA index 255: accepted are 0 to 31");
    refused(Device::new(), |d| d.delete(Direction::Inbound, 255), error(), "inbound SA index 255: accepted are 0 to 31");
    refused(Device::new(), |d| d.sa_counters(Direction::Inbound, 255), error(), "inbound SA index 255: accepted are 0 to 31");
    let error = || FieldError::Index { table: Table::Rule(Direction::Inbound), found: 16, accepted: 16 };
    let text = "inbound rule index 16: accepted are 0 to 15";
    refused(Device::new(), |d| d.write_rule(Direction::Inbound, 16, &Rule::any(Action::Bypass)), error(), text);
    refused(Device::new(), |d| d.clear_rule(Direction::Inbound, 16), error(), text);
    let error = FieldError::Index { table: sa, found: 0, accepted: 0 };
    refused(
        Device::new().with(map::CAP_SAS, 0),
        |d| d.delete(Direction::Inbound, 0),
        error,
        "inbound SA index 0: the device has no such table",
    );
}

/// A device with more SAs than the NVRAM has places for.
#[test]
fn pairs_end_where_the_places_end() {
    let error = || FieldError::Index { table: Table::Sa(Direction::Outbound), found: 32, accepted: 32 };
    let large = || Device::new().with(map::CAP_SAS, 0x0400_0400);
    refused(large(), |d| d.desynchronise(32), error(), "outbound SA index 32: accepted are 0 to 31");
    let error = FieldError::Index { table: Table::Sa(Direction::Inbound), found: 1024, accepted: 1024 };
    refused(large(), |d| d.install_inbound(1024, &inbound()), error, "inbound SA index 1024: accepted are 0 to 1023");
}

#[test]
fn spi() {
    let error = FieldError::Spi { found: 255, accepted: 256..=u32::MAX };
    let sa = outbound_with(255, Mode::Tunnel, "10.90.0.2", "10.90.0.1");
    refused(Device::new(), |d| d.install_outbound(0, &sa), error, "SPI 0xff: accepted are 0x100 to 0xffffffff");
}

#[test]
fn key_length() {
    assert!(matches!(Key::from_bytes(&[0; 16]), Ok(Key::Aes128(_))));
    assert!(matches!(Key::from_bytes(&[0; 32]), Ok(Key::Aes256(_))));
    let error = Key::from_bytes(&[0; 20]).unwrap_err();
    assert_eq!(error, FieldError::KeyLength { found: 20, accepted: [16, 32] });
    assert_eq!(error.to_string(), "key of 20 bytes: accepted are 16 and 32");
}

#[test]
fn algorithm() {
    let device = || without(map::features::AES256_GCM16);
    let error = FieldError::Algorithm { found: Algorithm::Aes256Gcm16, accepted: Features(0x1fd) };
    refused(device(), |d| d.install_outbound(0, &outbound()), error, "algorithm AES-256-GCM-16: this device accepts AES-128-GCM-16");
    device().probed().install_inbound(0, &inbound()).unwrap();
}

#[test]
fn mode() {
    let error = FieldError::Mode { found: Mode::Tunnel, accepted: Features(0x1ef) };
    refused(without(map::features::TUNNEL), |d| d.install_outbound(0, &outbound()), error, "mode tunnel: this device accepts transport");
}

#[test]
fn family() {
    let device = || without(map::features::IPV6);
    let error = || FieldError::Family { found: Family::Ipv6, accepted: Features(0x17f) };
    let sa = outbound_with(0x1000, Mode::Tunnel, "fd90::2", "fd90::1");
    refused(device(), |d| d.install_outbound(0, &sa), error(), "address family IPv6: this device accepts IPv4");
    let prefix = Prefix { address: address("fd90::"), length: 64 };
    let rule = Rule { addresses: Addresses::from_prefixes(Some(prefix), None).unwrap(), ..Rule::any(Action::Discard) };
    refused(device(), |d| d.write_rule(Direction::Outbound, 0, &rule), error(), "address family IPv6: this device accepts IPv4");
}

#[test]
fn remote() {
    let error = FieldError::Remote { found: address("10.90.0.1"), accepted: Family::Ipv6 };
    let sa = outbound_with(0x1000, Mode::Tunnel, "fd90::2", "10.90.0.1");
    let text = "remote address 10.90.0.1: accepted are IPv6 addresses, as the local one";
    refused(Device::new(), |d| d.install_outbound(0, &sa), error, text);
}

#[test]
fn esn() {
    let error = FieldError::Esn { found: true, accepted: false };
    let text = "extended sequence numbers on: this device accepts off only";
    refused(without(map::features::ESN), |d| d.install_inbound(0, &inbound()), error, text);
    without(map::features::ESN).probed().install_inbound(0, &inbound().esn(false)).unwrap();
}

#[test]
fn udp_encapsulation() {
    let error = FieldError::UdpEncapsulation { found: true, accepted: false };
    let sa = || inbound().udp_encapsulation(Some((4500, 4500)));
    refused(
        without(map::features::UDP_ENCAPSULATION),
        |d| d.install_inbound(0, &sa()),
        error,
        "UDP encapsulation on: this device accepts off only",
    );
    let error = FieldError::UdpPort { end: End::Destination, found: 0, accepted: 1..=65535 };
    let sa = outbound().udp_encapsulation(Some((4500, 0)));
    refused(Device::new(), |d| d.install_outbound(0, &sa), error, "UDP encapsulation destination port 0: accepted are 1 to 65535");
}

#[test]
fn window() {
    let error = FieldError::Window { found: 1025, accepted: 1..=1024 };
    refused(Device::new(), |d| d.install_inbound(0, &inbound().window(1025)), error, "anti-replay window 1025: accepted are 1 to 1024");
    let error = FieldError::Window { found: 0, accepted: 1..=1024 };
    refused(Device::new(), |d| d.install_inbound(0, &inbound().window(0)), error, "anti-replay window 0: accepted are 1 to 1024");
    let error = FieldError::Window { found: 65, accepted: 1..=64 };
    let small = || Device::new().with(map::CAP_LIMITS, 1522 << 16 | 64);
    refused(small(), |d| d.install_inbound(0, &inbound().window(65)), error, "anti-replay window 65: accepted are 1 to 64");
    small().probed().install_inbound(0, &inbound().esn(false).window(0)).unwrap();
}

#[test]
fn sequence_and_limit() {
    let error = FieldError::Sequence { found: 0, accepted: 1..=u64::MAX };
    refused(
        Device::new(),
        |d| d.install_inbound(0, &inbound().sequence(0)),
        error,
        "sequence number 0: accepted are 1 to 18446744073709551615",
    );
    let error = FieldError::Sequence { found: 101, accepted: 1..=100 };
    refused(
        Device::new(),
        |d| d.install_outbound(0, &outbound().sequence(101).limit(100)),
        error,
        "sequence number 101: accepted are 1 to 100",
    );
    let error = FieldError::Sequence { found: (1 << 32) + 1, accepted: 1..=1 << 32 };
    let sa = inbound().esn(false).sequence((1 << 32) + 1);
    refused(Device::new(), |d| d.install_inbound(0, &sa), error, "sequence number 4294967297: accepted are 1 to 4294967296");
    let error = FieldError::Limit { found: (1 << 32) + 1, accepted: 1..=1 << 32 };
    let sa = outbound().esn(false).limit((1 << 32) + 1);
    refused(Device::new(), |d| d.install_outbound(0, &sa), error, "sequence number limit 4294967297: accepted are 1 to 4294967296");
    let error = FieldError::Limit { found: 0, accepted: 1..=u64::MAX };
    let text = "sequence number limit 0: accepted are 1 to 18446744073709551615";
    refused(Device::new(), |d| d.install_outbound(0, &outbound().limit(0)), error, text);
    // The ends of what is accepted are accepted by the device too.
    let mut driver = Device::new().probed();
    driver.install_outbound(0, &outbound().sequence(100).limit(100)).unwrap();
    driver.install_outbound(0, &outbound().esn(false).sequence(1 << 32)).unwrap();
    driver.install_inbound(0, &inbound().esn(false).sequence(1 << 32)).unwrap();
    driver.install_inbound(0, &inbound().sequence(u64::MAX)).unwrap();
}

#[test]
fn hop_limit() {
    let error = FieldError::HopLimit { found: 0, accepted: 1..=255 };
    refused(Device::new(), |d| d.install_outbound(0, &outbound().hop_limit(0)), error, "hop limit 0: accepted are 1 to 255");
    // Transport mode builds no outer header.
    let sa = outbound_with(0x1000, Mode::Transport, "10.90.0.2", "10.90.0.1").hop_limit(0);
    Device::new().probed().install_outbound(0, &sa).unwrap();
}

/// Only the device knows its other SAs.
#[test]
fn duplicate() {
    let mut driver = Device::new().probed();
    driver.install_inbound(0, &inbound()).unwrap();
    let error = driver.install_inbound(1, &inbound()).unwrap_err();
    let expected = FieldError::Duplicate { found: 0x1000, destination: address("10.90.0.2"), udp_encapsulation: false };
    assert_eq!(error, Error::Field(expected));
    let text = "SPI 0x1000 to 10.90.0.2 without UDP encapsulation: accepted is one that no other inbound SA has";
    assert_eq!(error.to_string(), text);
    assert_eq!(error.source().unwrap().to_string(), text);
    driver.install_inbound(1, &inbound().udp_encapsulation(Some((4500, 4500)))).unwrap();
    driver.install_inbound(0, &inbound()).unwrap();
}

/// What the driver checks first and the device refuses all the same comes back as the same errors.
#[test]
fn refusals_become_the_same_errors() {
    let mut driver = Device::new().probed();
    let expected = [
        (Refusal::Index, FieldError::Index { table: Table::Sa(Direction::Inbound), found: 3, accepted: 32 }),
        (Refusal::Operation, FieldError::Contract { found: Refusal::Operation }),
        (Refusal::Spi, FieldError::Spi { found: 0x1000, accepted: 256..=u32::MAX }),
        (Refusal::Flags, FieldError::Flags { found: 64 << 16 | 0b00101, accepted: !sa::flags::RESERVED }),
        (Refusal::Window, FieldError::Window { found: 64, accepted: 1..=1024 }),
        (Refusal::Sequence, FieldError::Sequence { found: 1, accepted: 1..=u64::MAX }),
        (Refusal::Duplicate, FieldError::Duplicate { found: 0x1000, destination: address("10.90.0.2"), udp_encapsulation: false }),
        (Refusal::Rule, FieldError::Contract { found: Refusal::Rule }),
        (Refusal::Nvram, FieldError::Nvram),
        (Refusal::Pair, FieldError::Contract { found: Refusal::Pair }),
    ];
    assert_eq!(expected.len(), Refusal::ALL.len());
    for (refusal, field) in expected {
        driver.bus_mut().answer = Some(u32::from(refusal.code()));
        assert_eq!(driver.install_inbound(3, &inbound()).unwrap_err(), Error::Field(field));
    }
    driver.bus_mut().answer = Some(u32::from(Refusal::Index.code()));
    let table = Table::Rule(Direction::Outbound);
    let error = driver.write_rule(Direction::Outbound, 1, &Rule::any(Action::Bypass)).unwrap_err();
    assert_eq!(error, Error::Field(FieldError::Index { table, found: 1, accepted: 16 }));
    driver.bus_mut().answer = Some(77);
    let error = driver.delete(Direction::Outbound, 1).unwrap_err();
    assert_eq!(error, Error::Result { found: 77, accepted: 1..=10 });
    assert_eq!(error.to_string(), "RESULT 0x4d: accepted are 0 and 1 to 10");
}

#[test]
fn rule() {
    let prefix = |text: &str, length| Some(Prefix { address: address(text), length });
    let with =
        |source, destination| Rule { addresses: Addresses::from_prefixes(source, destination).unwrap(), ..Rule::any(Action::Bypass) };
    let error = FieldError::PrefixLength { end: End::Destination, found: 33, accepted: 0..=32 };
    let rule = with(prefix("10.0.0.0", 8), prefix("10.0.0.0", 33));
    refused(Device::new(), |d| d.write_rule(Direction::Inbound, 0, &rule), error, "destination prefix length 33: accepted are 0 to 32");
    let error = FieldError::PrefixLength { end: End::Source, found: 129, accepted: 0..=128 };
    let rule = with(prefix("fd90::", 129), None);
    refused(Device::new(), |d| d.write_rule(Direction::Inbound, 0, &rule), error, "source prefix length 129: accepted are 0 to 128");
    let found = PortRange { low: 9, high: 8 };
    let error = FieldError::Ports { end: End::Source, found, accepted: 9..=65535 };
    let rule = Rule { source_ports: found, ..Rule::any(Action::Discard) };
    refused(Device::new(), |d| d.write_rule(Direction::Inbound, 0, &rule), error, "source ports 9-8: accepted as high end are 9 to 65535");
    let error = FieldError::Index { table: Table::Sa(Direction::Inbound), found: 32, accepted: 32 };
    let rule = Rule::any(Action::Protect { sa: 32 });
    refused(Device::new(), |d| d.write_rule(Direction::Inbound, 0, &rule), error, "inbound SA index 32: accepted are 0 to 31");
    let error = Addresses::from_prefixes(prefix("10.0.0.0", 8), prefix("fd90::", 16)).unwrap_err();
    assert_eq!(error, FieldError::RuleFamily { found: Family::Ipv6, accepted: Family::Ipv4 });
    assert_eq!(error.to_string(), "destination prefix IPv6: accepted is IPv4, as the source prefix");
}

#[test]
fn settings() {
    let error = FieldError::MaxFrame { found: 1523, accepted: 64..=1522 };
    refused(Device::new(), |d| d.set_max_frame(1523), error, "longest frame 1523: accepted are 64 to 1522");
    let error = FieldError::NatTPort { found: 0, accepted: 1..=65535 };
    refused(Device::new(), |d| d.set_nat_t_port(0), error, "NAT traversal port 0: accepted are 1 to 65535");
}

#[test]
fn probe() {
    let text = |device: Device| Driver::probe_with_polls(device, 20).map(drop).unwrap_err();
    assert_eq!(text(Device::new().with(map::ID, 0)), Error::Id { found: 0, accepted: map::ID_VALUE });
    assert_eq!(text(Device::new().with(map::ID, 0)).to_string(), "ID 0x00000000: accepted is 0x484f4c44");
    let version = Device::new().with(map::VERSION, 0x0000_0303);
    let error = text(version);
    assert_eq!(error, Error::Version { found: Version(0x303), accepted: Version(0x200) });
    assert_eq!(error.to_string(), "VERSION 0.3.3: accepted is 0.2 with any patch number");
    Driver::probe(Device::new().with(map::VERSION, 0x0000_0277)).map(drop).unwrap();
    let mut slow = Device::new();
    slow.busy = 20;
    let error = text(slow);
    assert_eq!(error, Error::Busy { polls: 20 });
    assert_eq!(error.to_string(), "STATUS busy after 20 reads: accepted is idle");
    let mut broken = Device::new();
    broken.fault = Some(|_, at, _| at == map::STATUS);
    let error = text(broken);
    assert_eq!(error.to_string(), "reading STATUS at 0x024: SLVERR");
    assert_eq!(error.source().unwrap().to_string(), "SLVERR");
}
