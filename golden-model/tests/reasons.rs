//! Every reason is reached, and the events that go with it. `stream` is none of ours: a byte string has no `tkeep`.

mod common;

use common::*;
use holdfast_model::spd::PortRange;
use holdfast_model::{Action, Device, Direction, Event, Mode, Role, RuleConfig, SaConfig, Settings};
use holdfast_registers::{counter, map::policy, EventCode, Reason};
use Direction::{Inbound, Outbound};

fn with(settings: Settings) -> Device {
    let mut device = device();
    device.set_settings(settings);
    device
}

fn enabled() -> Settings {
    device().settings()
}

fn bypassing() -> Device {
    let mut device = device();
    for direction in Direction::ALL {
        device.set_rule(direction, 0, &RuleConfig::any(Action::Bypass)).unwrap();
    }
    device
}

#[track_caller]
fn expect_event(device: &mut Device, code: EventCode, direction: Direction, sa: Option<u16>, detail: u32, address: &str) {
    assert_eq!(device.take_event(), Some(Event { code, direction, sa, detail, address: address.parse().unwrap() }));
    assert_eq!(device.take_event(), None);
}

const A: &str = "192.0.2.1";

#[test]
fn disabled() {
    for direction in Direction::ALL {
        let mut device = with(Settings { enable: false, ..enabled() });
        expect_drop(&mut device, direction, &frame(&ipv4(PLAIN, &[])), Reason::Disabled);
        expect_drop(&mut device, direction, &[], Reason::Disabled);
    }
}

#[test]
fn runt() {
    for direction in Direction::ALL {
        let mut device = bypassing();
        for length in 0..14 {
            expect_drop(&mut device, direction, &vec![0; length], Reason::Runt);
        }
        expect_drop(&mut device, direction, &tagged(&[])[..17], Reason::Runt);
        expect_drop(&mut device, direction, &ethertype(0x8888, &[]), Reason::NoPolicy);
        expect_drop(&mut device, direction, &tagged(&[])[..18], Reason::Malformed);
    }
}

#[test]
fn too_long() {
    let mut device = with(Settings { max_frame: 100, ..enabled() });
    for direction in Direction::ALL {
        device.set_rule(direction, 0, &RuleConfig::any(Action::Bypass)).unwrap();
    }
    let packet = ipv4(PLAIN, &[0; 20]);
    let long = |n: usize| [frame(&packet), vec![0; n - 54]].concat();
    expect_pass(&mut device, Outbound, &long(100));
    expect_drop(&mut device, Outbound, &long(101), Reason::TooLong);
    expect_pass(&mut device, Inbound, &long(196));
    expect_drop(&mut device, Inbound, &long(197), Reason::TooLong);
    device.set_settings(Settings { enable: false, ..device.settings() });
    expect_drop(&mut device, Outbound, &long(101), Reason::TooLong);
    // A register beyond the device's own limit does not lift it.
    device.set_settings(Settings { max_frame: u16::MAX, ..enabled() });
    expect_pass(&mut device, Outbound, &long(9022));
    expect_drop(&mut device, Outbound, &long(9023), Reason::TooLong);
}

#[test]
fn malformed() {
    let change = |at: usize, value: u8| {
        let mut packet = ipv4(6, &[0; 20]);
        packet[at] = value;
        frame(&packet)
    };
    let mut v6_version = ipv6(PLAIN, &[0; 9]);
    v6_version[0] = 0x40;
    let mut v6_length = ipv6(PLAIN, &[0; 9]);
    v6_length[5] = 10;
    let mut as_v6 = frame(&v6_version);
    as_v6[12..14].copy_from_slice(&[0x86, 0xdd]);
    let cases = [
        ("empty IPv4", ethertype(0x0800, &[])),
        ("19 bytes of IPv4", frame(&ipv4(PLAIN, &[])[..19])),
        ("version 5", change(0, 0x55)),
        ("ihl 4", change(0, 0x44)),
        ("ihl beyond the total length", change(0, 0x4b)),
        ("total length beyond the frame", change(3, 41)),
        ("total length below the header", change(3, 19)),
        ("39 bytes of IPv6", frame(&ipv6(PLAIN, &[])[..39])),
        ("IPv6 of version 4", as_v6),
        ("payload length beyond the frame", frame(&v6_length)),
    ];
    for direction in Direction::ALL {
        let mut device = bypassing();
        for (name, bytes) in &cases {
            assert_eq!(run(&mut device, direction, bytes).reason(), Some(Reason::Malformed), "{name}");
        }
        for protocol in [1, 6, 17, 58, 132, 136] {
            for length in 0..4 {
                expect_drop(&mut device, direction, &frame(&ipv4(protocol, &vec![0; length])), Reason::Malformed);
                expect_drop(&mut device, direction, &frame(&ipv6(protocol, &vec![0; length])), Reason::Malformed);
            }
            expect_pass(&mut device, direction, &frame(&ipv4(protocol, &[0; 4])));
        }
        expect_pass(&mut device, direction, &frame(&ipv4(PLAIN, &[])));
    }
    // The UDP length of a packet to the NAT-traversal port.
    let mut device = bypassing();
    for length in 0..30u16 {
        let mut bytes = udp(1, 4500, &[0; 10]);
        bytes[4..6].copy_from_slice(&length.to_be_bytes());
        let reason = run(&mut device, Inbound, &frame(&ipv4(17, &bytes))).reason();
        let wanted = match length {
            0..8 | 19.. => Some(Reason::Malformed),
            8..12 => Some(Reason::EspLength),
            _ => None,
        };
        assert_eq!(reason, wanted, "UDP length {length}");
    }
    for cut in 4..8 {
        let packet = ipv4(17, &udp(1, 4500, &[])[..cut]);
        expect_drop(&mut device, Inbound, &[frame(&packet), vec![0, 9, 9, 9, 9, 9]].concat(), Reason::Malformed);
    }
}

#[test]
fn extension_header() {
    let mut device = bypassing();
    let nine: Vec<u8> = (0..9).flat_map(|i| [if i == 8 { PLAIN } else { 60 }, 0, 0, 0, 0, 0, 0, 0]).collect();
    for direction in Direction::ALL {
        expect_drop(&mut device, direction, &frame(&ipv6(60, &nine)), Reason::ExtensionHeader);
        expect_drop(&mut device, direction, &frame(&ipv6(43, &[0; 16])), Reason::ExtensionHeader);
        expect_drop(&mut device, direction, &frame(&ipv6(0, &[PLAIN, 0, 0, 0])), Reason::ExtensionHeader);
    }
}

#[test]
fn policy_discard() {
    for direction in Direction::ALL {
        let mut device = device();
        device.set_rule(direction, 15, &RuleConfig::any(Action::Discard)).unwrap();
        expect_drop(&mut device, direction, &frame(&ipv6(PLAIN, &[])), Reason::PolicyDiscard);
    }
}

#[test]
fn no_policy() {
    let arp = ethertype(0x0806, &[0; 28]);
    let lldp = ethertype(0x88cc, &[0; 28]);
    let solicitation = frame(&ipv6(58, &[135, 0, 0, 0]));
    for direction in Direction::ALL {
        for bits in 0..8 {
            let mut device = with(Settings { policy: bits, ..enabled() });
            for (bit, bytes) in
                [(policy::BYPASS_ARP, &arp), (policy::BYPASS_NON_IP, &lldp), (policy::BYPASS_NEIGHBOUR_DISCOVERY, &solicitation)]
            {
                if bits & bit != 0 {
                    expect_pass(&mut device, direction, bytes);
                } else {
                    expect_drop(&mut device, direction, bytes, Reason::NoPolicy);
                }
            }
            expect_drop(&mut device, direction, &frame(&ipv4(PLAIN, &[])), Reason::NoPolicy);
        }
    }
}

#[test]
fn neighbour_discovery_is_types_133_to_137_of_icmpv6_in_ipv6() {
    for direction in Direction::ALL {
        let mut device = device();
        for kind in 0..=255 {
            let bytes = frame(&ipv6(58, &[kind, 0, 0, 0]));
            if (133..=137).contains(&kind) {
                expect_pass(&mut device, direction, &bytes);
            } else {
                expect_drop(&mut device, direction, &bytes, Reason::NoPolicy);
            }
        }
        expect_drop(&mut device, direction, &frame(&ipv4(58, &[135, 0, 0, 0])), Reason::NoPolicy);
        let later = ipv6(44, &[58, 0, 0, 8, 0, 0, 0, 0, 135, 0, 0, 0]);
        expect_drop(&mut device, direction, &frame(&later), Reason::NoPolicy);
    }
}

#[test]
fn no_sa() {
    let sa = sealer(Mode::Transport, false);
    let (mut a, _) = pair(&sa);
    expect_drop(&mut a, Outbound, &frame(&ipv6(PLAIN, &[])), Reason::NoSa);
    expect_out(&mut a, Outbound, &frame(&ipv4(PLAIN, &[])));
    a.delete_sa(Outbound, 3).unwrap();
    expect_drop(&mut a, Outbound, &frame(&ipv4(PLAIN, &[])), Reason::NoSa);
    let (mut a, _) = pair(&sa);
    a.zeroize();
    expect_drop(&mut a, Outbound, &frame(&ipv4(PLAIN, &[])), Reason::NoPolicy);
}

#[test]
fn fragment() {
    let (mut a, _) = pair(&sealer(Mode::Transport, false));
    for (high, low, whole) in [(0x00, 0, true), (0x40, 0, true), (0x20, 0, false), (0x00, 1, false), (0x1f, 0, false)] {
        let mut packet = ipv4(PLAIN, &[0; 16]);
        (packet[6], packet[7]) = (high, low);
        let reason = run(&mut a, Outbound, &frame(&packet)).reason();
        assert_eq!(reason, (!whole).then_some(Reason::Fragment), "flags and offset {high:02x}{low:02x}");
    }
    let (mut a, _) = pair(&sealer(Mode::Transport, true));
    for (offset_more, whole) in [(0u16, true), (6, true), (1, false), (8, false), (9, false)] {
        let [high, low] = offset_more.to_be_bytes();
        let packet = ipv6(44, &[PLAIN, 0, high, low, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
        let reason = run(&mut a, Outbound, &frame(&packet)).reason();
        assert_eq!(reason, (!whole).then_some(Reason::Fragment), "{offset_more:#x}");
    }
    // Tunnel mode carries fragments.
    let (mut a, mut b) = pair(&sealer(Mode::Tunnel, true));
    let mut packet = ipv4(17, &[1, 2, 3]);
    packet[7] = 1;
    let (sealed, _) = expect_out(&mut a, Outbound, &frame(&packet));
    assert_eq!(expect_out(&mut b, Inbound, &sealed).0, frame(&packet));
}

#[test]
fn sequence_limit() {
    for (mode, address) in [(Mode::Tunnel, "198.51.100.2"), (Mode::Transport, "203.0.113.9")] {
        let sa = SaConfig { role: Role::Outbound { mtu: 0, next: 9, limit: 10 }, ..sealer(mode, false) };
        let (mut a, _) = pair(&sa);
        let plain = frame(&ipv4_between(A4, [203, 0, 113, 9], PLAIN, &[]));
        expect_out(&mut a, Outbound, &plain);
        expect_drop(&mut a, Outbound, &plain, Reason::SequenceLimit);
        expect_event(&mut a, EventCode::SequenceLimit, Outbound, Some(3), SPI, address);
        assert_eq!(a.next_sequence(3), Some(10));
        assert_eq!(a.counters(Outbound).sa_packets(3), 1);
    }
    // next = limit is installed and seals nothing.
    let sa = SaConfig { role: Role::Outbound { mtu: 0, next: 10, limit: 10 }, ..sealer(Mode::Tunnel, false) };
    expect_drop(&mut pair(&sa).0, Outbound, &frame(&ipv4(PLAIN, &[])), Reason::SequenceLimit);
}

#[test]
fn too_big() {
    // Outer IPv4 20 + 32 fixed; (100 - 52) / 4 * 4 - 2 = 46 bytes of inner packet.
    let sa = SaConfig { role: Role::Outbound { mtu: 101, next: 10, limit: 10 }, ..sealer(Mode::Tunnel, false) };
    let (mut a, _) = pair(&sa);
    expect_drop(&mut a, Outbound, &frame(&ipv4(PLAIN, &[0; 27])), Reason::TooBig);
    expect_event(&mut a, EventCode::TooBig, Outbound, Some(3), 46, "198.51.100.2");
    expect_drop(&mut a, Outbound, &frame(&ipv4(PLAIN, &[0; 26])), Reason::SequenceLimit);
    // An MTU below everything ESP needs.
    let sa = SaConfig { role: Role::Outbound { mtu: 55, next: 1, limit: 10 }, ..sealer(Mode::Transport, false) };
    let (mut a, _) = pair(&sa);
    expect_drop(&mut a, Outbound, &frame(&ipv4(PLAIN, &[])), Reason::TooBig);
    expect_event(&mut a, EventCode::TooBig, Outbound, Some(3), 0, "198.51.100.2");
}

#[test]
fn unknown_spi() {
    let sa = sealer(Mode::Tunnel, false);
    let mut b = receiver(&sa);
    let sealed = text(&ipv4(PLAIN, &[]), 4);
    let other_spi = SaConfig { spi: SPI + 1, ..sa.clone() };
    expect_drop(&mut b, Inbound, &carrying(&other_spi, 1, &sealed), Reason::UnknownSpi);
    expect_event(&mut b, EventCode::UnknownSpi, Inbound, None, SPI + 1, A);
    let in_udp = SaConfig { udp: Some(PORTS), ..sa.clone() };
    expect_drop(&mut b, Inbound, &carrying(&in_udp, 1, &sealed), Reason::UnknownSpi);
    let in_v6 = SaConfig { endpoints: sealer(Mode::Tunnel, true).endpoints, ..sa.clone() };
    expect_drop(&mut b, Inbound, &carrying(&in_v6, 1, &sealed), Reason::UnknownSpi);
    let elsewhere = frame(&ipv4_between(A4, A4, 50, &esp(&sa, 1, &sealed)));
    expect_drop(&mut b, Inbound, &elsewhere, Reason::UnknownSpi);
    // The other way about, an SA with UDP does not take bare ESP.
    let mut b = receiver(&in_udp);
    expect_drop(&mut b, Inbound, &carrying(&sa, 1, &sealed), Reason::UnknownSpi);
    // A NAT may change ports and the peer's address.
    let moved = ipv4_between([203, 0, 113, 77], B4, 17, &udp(61000, 4500, &esp(&in_udp, 1, &sealed)));
    expect_out(&mut b, Inbound, &frame(&moved));
    b.delete_sa(Inbound, 3).unwrap();
    expect_drop(&mut b, Inbound, &carrying(&in_udp, 2, &sealed), Reason::UnknownSpi);
}

#[test]
fn esp_length() {
    let sa = sealer(Mode::Tunnel, false);
    let mut b = receiver(&sa);
    for length in 0..80 {
        let wanted = if length < 36 || length % 4 != 0 { Reason::EspLength } else { Reason::UnknownSpi };
        expect_drop(&mut b, Inbound, &frame(&ipv4(50, &vec![1; length])), wanted);
        if length >= 4 {
            expect_drop(&mut b, Inbound, &frame(&ipv4(17, &udp(1, 4500, &vec![1; length]))), wanted);
        }
    }
    for length in [0, 1, 2, 3] {
        expect_drop(&mut b, Inbound, &frame(&ipv6(17, &udp(1, 4500, &vec![1; length]))), Reason::EspLength);
    }
}

#[test]
fn icv() {
    let sa = sealer(Mode::Tunnel, false);
    let mut b = receiver(&sa);
    let mut carried = carrying(&sa, 1, &text(&ipv4(PLAIN, &[]), 4));
    *carried.last_mut().unwrap() ^= 1;
    expect_drop(&mut b, Inbound, &carried, Reason::Icv);
    expect_event(&mut b, EventCode::AuthenticationFailure, Inbound, Some(3), SPI, A);
    assert_eq!(b.counters(Inbound).sa_packets(3), 0);
}

#[test]
fn replay() {
    let sa = sealer(Mode::Tunnel, false);
    let mut b = receiver(&sa);
    let carried = |number| carrying(&sa, number, &text(&ipv4(PLAIN, &[]), 4));
    expect_drop(&mut b, Inbound, &carried(0), Reason::Replay);
    expect_event(&mut b, EventCode::Replay, Inbound, Some(3), 0, A);
    expect_out(&mut b, Inbound, &carried(100));
    expect_drop(&mut b, Inbound, &carried(100), Reason::Replay);
    expect_event(&mut b, EventCode::Replay, Inbound, Some(3), 100, A);
    expect_out(&mut b, Inbound, &carried(37));
    expect_drop(&mut b, Inbound, &carried(36), Reason::Replay);
    assert_eq!((b.highest(3), b.counters(Inbound).sa_packets(3)), (Some(100), 2));
    // Installed anew where it was: nothing up to there is taken again, seen or not.
    b.install(3, &SaConfig { role: Role::Inbound { window: 64, highest: 100 }, ..opener(&sa) }).unwrap();
    expect_drop(&mut b, Inbound, &carried(99), Reason::Replay);
    expect_out(&mut b, Inbound, &carried(101));
    assert_eq!(b.counters(Inbound).sa_packets(3), 3, "counters stay");
    // Without a window everything is taken, zero too.
    b.install(3, &SaConfig { role: Role::Inbound { window: 0, highest: 0 }, ..opener(&sa) }).unwrap();
    for number in [5, 5, 0, 2] {
        expect_out(&mut b, Inbound, &carried(number));
        assert_eq!(b.highest(3), Some(5));
    }
}

#[test]
fn padding() {
    for mode in [Mode::Tunnel, Mode::Transport] {
        let sa = sealer(mode, false);
        let mut b = receiver(&sa);
        let wrong = [vec![1, 2, 3, 4], vec![0, 0, 3, 4], vec![2, 1, 2, 4], vec![0, 0, 255, 4], vec![1, 3, 2, 59]];
        for (number, text) in (1..).zip(&wrong) {
            expect_drop(&mut b, Inbound, &carrying(&sa, number, text), Reason::Padding);
        }
        assert_eq!(b.counters(Inbound).sa_packets(3), wrong.len() as u64, "they were authentic");
        assert_eq!(b.take_event(), None);
    }
}

#[test]
fn next_header() {
    let sa = sealer(Mode::Tunnel, false);
    let mut b = receiver(&sa);
    for next in 0..=255u8 {
        let inner = if next == 41 { ipv6(PLAIN, &[]) } else { ipv4(PLAIN, &[]) };
        let reason = run(&mut b, Inbound, &carrying(&sa, u64::from(next) + 1, &text(&inner, next))).reason();
        let wanted = match next {
            4 | 41 => None,
            59 => Some(Reason::Dummy),
            _ => Some(Reason::NextHeader),
        };
        assert_eq!(reason, wanted, "next header {next}");
    }
}

#[test]
fn inner() {
    let sa = sealer(Mode::Tunnel, true);
    let mut b = receiver(&sa);
    let nine: Vec<u8> = (0..9).flat_map(|i| [if i == 8 { PLAIN } else { 60 }, 0, 0, 0, 0, 0, 0, 0]).collect();
    let cases = [
        ("nothing", vec![], 4),
        ("IPv4 called IPv6", ipv4(PLAIN, &[0; 40]), 41),
        ("IPv6 called IPv4", ipv6(PLAIN, &[0; 40]), 4),
        ("a cut packet", ipv4(PLAIN, &[0; 40])[..59].to_vec(), 4),
        ("no ports", ipv4(6, &[0; 3]), 4),
        ("nine extension headers", ipv6(60, &nine), 41),
    ];
    for (number, (name, packet, next)) in (1..).zip(cases) {
        let carried = carrying(&sa, number, &text(&packet, next));
        assert_eq!(run(&mut b, Inbound, &carried).reason(), Some(Reason::Inner), "{name}");
    }
    let sa = sealer(Mode::Transport, false);
    let mut b = receiver(&sa);
    expect_drop(&mut b, Inbound, &carrying(&sa, 1, &text(&[0; 3], 17)), Reason::Inner);
    expect_out(&mut b, Inbound, &carrying(&sa, 2, &text(&[0; 4], 17)));
    let sa = sealer(Mode::Transport, true);
    let mut b = receiver(&sa);
    // Hop-by-hop behind another header, which sealing never makes.
    let chain = ipv6(60, &[&[50, 0, 0, 0, 0, 0, 0, 0][..], &esp(&sa, 1, &text(&[PLAIN, 0, 0, 0, 0, 0, 0, 0], 0))].concat());
    expect_drop(&mut b, Inbound, &frame(&chain), Reason::Inner);
}

#[test]
fn selector() {
    let sa = sealer(Mode::Tunnel, false);
    let other = SaConfig { spi: SPI + 1, ..sa.clone() };
    let mut b = device();
    b.install(3, &opener(&sa)).unwrap();
    b.install(4, &opener(&other)).unwrap();
    let carried = |sa: &SaConfig, number| carrying(sa, number, &text(&ipv4(17, &udp(7, 9, &[])), 4));
    expect_drop(&mut b, Inbound, &carried(&sa, 1), Reason::Selector);
    let protect = RuleConfig { destination_ports: PortRange::single(9), ..RuleConfig::any(Action::Protect { sa: 3 }) };
    b.set_rule(Inbound, 2, &protect).unwrap();
    expect_out(&mut b, Inbound, &carried(&sa, 2));
    expect_drop(&mut b, Inbound, &carried(&other, 1), Reason::Selector);
    for (rule, action) in [(1, Action::Bypass), (0, Action::Discard)] {
        b.set_rule(Inbound, rule, &RuleConfig::any(action)).unwrap();
        expect_drop(&mut b, Inbound, &carried(&sa, 3 + rule as u64), Reason::Selector);
    }
}

#[test]
fn ecn() {
    let sa = sealer(Mode::Tunnel, false);
    let mut b = receiver(&sa);
    let mut carried = carrying(&sa, 1, &text(&ipv4(PLAIN, &[]), 4));
    carried[15] = 3;
    expect_drop(&mut b, Inbound, &carried, Reason::Ecn);
}

#[test]
fn dummy() {
    for mode in [Mode::Tunnel, Mode::Transport] {
        let sa = sealer(mode, true);
        let mut b = receiver(&sa);
        for (number, length) in (1..).zip([0, 2, 77, 1300]) {
            expect_drop(&mut b, Inbound, &carrying(&sa, number, &text(&vec![0xd0; length], 59)), Reason::Dummy);
        }
        assert_eq!(b.highest(3), Some(4), "dummies take numbers like others");
    }
}

#[test]
fn unprotected() {
    let mut b = receiver(&sealer(Mode::Tunnel, false));
    expect_drop(&mut b, Inbound, &frame(&ipv4(PLAIN, &[])), Reason::Unprotected);
    // IKE in the port of ESP in UDP is clear text, four zero bytes ahead.
    expect_drop(&mut b, Inbound, &frame(&ipv4(17, &udp(4500, 4500, &[0, 0, 0, 0, 1]))), Reason::Unprotected);
    let ike = RuleConfig { protocol: Some(17), destination_ports: PortRange::single(4500), ..RuleConfig::any(Action::Bypass) };
    b.set_rule(Inbound, 0, &ike).unwrap();
    expect_pass(&mut b, Inbound, &frame(&ipv4(17, &udp(4500, 4500, &[0, 0, 0, 0, 1]))));
    expect_pass(&mut b, Inbound, &frame(&ipv4(17, &udp(4500, 4500, &[0, 0, 0, 0]))));
}

#[test]
fn keep_alive() {
    let mut b = receiver(&sealer(Mode::Tunnel, false));
    expect_drop(&mut b, Inbound, &frame(&ipv4(17, &udp(4500, 4500, &[0xff]))), Reason::KeepAlive);
    expect_drop(&mut b, Inbound, &frame(&ipv4(17, &udp(4500, 4500, &[0xfe]))), Reason::EspLength);
    expect_drop(&mut b, Inbound, &frame(&ipv4(17, &udp(4500, 4501, &[0xff]))), Reason::Unprotected);
    b.set_settings(Settings { nat_t_port: 4501, ..b.settings() });
    expect_drop(&mut b, Inbound, &frame(&ipv4(17, &udp(4500, 4501, &[0xff]))), Reason::KeepAlive);
    expect_drop(&mut b, Inbound, &frame(&ipv4(17, &udp(4500, 4500, &[0xff]))), Reason::Unprotected);
    // Outbound they are packets like others.
    let mut a = bypassing();
    expect_pass(&mut a, Outbound, &frame(&ipv4(17, &udp(4500, 4500, &[0xff]))));
}

#[test]
fn fragments_of_esp_go_to_the_host() {
    let mut b = receiver(&sealer(Mode::Tunnel, false));
    let mut first = ipv4(50, &[1; 8]);
    first[6] = 0x20;
    let mut later = ipv4(50, &[1; 8]);
    later[7] = 3;
    let v6 = ipv6(44, &[50, 0, 0, 8, 0, 0, 0, 0, 1, 2]);
    for (count, (packet, address)) in (1..).zip([(first, A), (later, A), (v6, "2001:db8:1::1")]) {
        let padded = [frame(&packet), vec![0; 6]].concat();
        expect_pass(&mut b, Inbound, &padded);
        expect_event(&mut b, EventCode::FragmentToHost, Inbound, None, 0, address);
        assert_eq!(b.counters(Inbound).get(counter::FRAGMENTS_TO_HOST), count);
    }
    // A fragment of UDP to the port of ESP in UDP is clear text.
    let mut in_udp = ipv4(17, &udp(4500, 4500, &[1; 40]));
    in_udp[6] = 0x20;
    expect_drop(&mut b, Inbound, &frame(&in_udp), Reason::Unprotected);
}

#[test]
fn a_buffer_used_again_holds_one_frame_or_nothing() {
    let (mut a, mut b) = pair(&sealer(Mode::Tunnel, false));
    let plain = frame(&ipv4(PLAIN, &[1; 60]));
    let (mut sealed, mut opened) = (vec![0xaa; 3000], vec![0xaa; 3000]);
    for _ in 0..3 {
        a.outbound_into(&plain, &mut sealed).unwrap();
        b.inbound_into(&sealed, &mut opened).unwrap();
        assert_eq!(opened, plain);
    }
    // Dropped after it was decrypted: a replay, and a selector that does not fit.
    assert_eq!(b.inbound_into(&sealed, &mut opened), Err(Reason::Replay));
    assert!(opened.is_empty());
    b.set_rule(Inbound, 0, &RuleConfig::any(Action::Bypass)).unwrap();
    a.outbound_into(&plain, &mut sealed).unwrap();
    assert_eq!(b.inbound_into(&sealed, &mut opened), Err(Reason::Selector));
    assert!(opened.is_empty());
}
