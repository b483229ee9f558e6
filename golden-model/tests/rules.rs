//! Matching: against a comparison bit by bit, and the corner cases of ports.

mod common;

use common::*;
use holdfast_model::spd::{PortRange, Prefix, RuleAddresses, Spd};
use holdfast_model::wire::parse::{Family, Ports, Selectors};
use holdfast_model::{Action, Direction, RuleConfig};
use proptest::prelude::*;

/// The first `length` bits, one after the other.
fn prefix_contains(prefix: &[u8], length: u8, address: &[u8]) -> bool {
    (0..usize::from(length)).all(|i| (prefix[i / 8] ^ address[i / 8]) & (0x80 >> (i % 8)) == 0)
}

fn spd(rules: &[RuleConfig]) -> Spd {
    let mut spd = Spd::new(16);
    for (index, rule) in rules.iter().enumerate() {
        spd.write(index, &rule.to_words(), 32).unwrap();
    }
    spd
}

proptest! {
    #![proptest_config(cases(1500))]
    #[test]
    fn prefixes(v6 in any::<bool>(), rule in any::<[[u8; 16]; 2]>(), lengths in any::<[u8; 2]>(), flips in any::<[Option<u8>; 2]>()) {
        // The packet's addresses are the rule's with at most one bit flipped each.
        let bits = if v6 { 128 } else { 32 };
        let lengths = lengths.map(|l| l % (bits + 1));
        let mut packet = rule;
        for (address, flip) in packet.iter_mut().zip(flips) {
            if let Some(flip) = flip {
                address[usize::from(flip % bits) / 8] ^= 0x80 >> (flip % 8);
            }
        }
        let addresses = if v6 {
            RuleAddresses::Ipv6 {
                source: Prefix { address: rule[0].into(), length: lengths[0] },
                destination: Prefix { address: rule[1].into(), length: lengths[1] },
            }
        } else {
            let short = |a: [u8; 16]| <[u8; 4]>::try_from(&a[..4]).unwrap().into();
            RuleAddresses::Ipv4 {
                source: Prefix { address: short(rule[0]), length: lengths[0] },
                destination: Prefix { address: short(rule[1]), length: lengths[1] },
            }
        };
        let spd = spd(&[RuleConfig { addresses, ..RuleConfig::any(Action::Discard) }]);
        let address = |a: [u8; 16]| if v6 { u128::from_be_bytes(a) } else { u128::from_be_bytes(a) >> 96 << 96 };
        let family = if v6 { Family::V6 } else { Family::V4 };
        let selectors = Selectors { family, source: address(packet[0]), destination: address(packet[1]), protocol: 6, ports: Ports::None };
        let wanted = (0..2).all(|i| prefix_contains(&rule[i], lengths[i], &packet[i]));
        prop_assert_eq!(spd.classify(&selectors).is_some(), wanted);
        let other = if v6 { Family::V4 } else { Family::V6 };
        prop_assert_eq!(spd.classify(&Selectors { family: other, ..selectors }), None);
    }
}

#[test]
fn a_range_over_all_ports_matches_what_has_none() {
    let any = PortRange::ANY;
    let nearly = PortRange { low: 0, high: 65534 };
    let upper = PortRange { low: 1, high: 65535 };
    for port in [None, Some(0), Some(1), Some(65535)] {
        assert!(any.contains(port));
        assert_eq!(nearly.contains(port), matches!(port, Some(0..=65534)));
        assert_eq!(upper.contains(port), matches!(port, Some(1..)));
    }
    assert!(PortRange::single(7).contains(Some(7)));
    assert!(!PortRange::single(7).contains(Some(8)));
}

#[test]
fn ports_by_protocol() {
    let bytes = [0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0];
    let source = PortRange::single(0x1234);
    let destination = PortRange::single(0x5678);
    for protocol in 0..=255u8 {
        // Numbers that IPv6 takes for extension headers are protocols in IPv4; ESP would be looked for inbound.
        let mut packet = ipv4(protocol, &bytes);
        let matches = |packet: &[u8], source_ports, destination_ports| {
            let mut device = device();
            let rule = RuleConfig { source_ports, destination_ports, ..RuleConfig::any(Action::Bypass) };
            device.set_rule(Direction::Outbound, 0, &rule).unwrap();
            run(&mut device, Direction::Outbound, &frame(packet)).frame().is_some()
        };
        let both = matches!(protocol, 6 | 17 | 132 | 136);
        let kind = matches!(protocol, 1 | 58);
        assert!(matches(&packet, PortRange::ANY, PortRange::ANY));
        assert_eq!(matches(&packet, source, PortRange::ANY), both || kind, "source port of protocol {protocol}");
        assert_eq!(matches(&packet, PortRange::ANY, destination), both, "destination port of protocol {protocol}");
        packet[7] = 9; // A later fragment has none.
        assert!(matches(&packet, PortRange::ANY, PortRange::ANY));
        assert!(!matches(&packet, source, PortRange::ANY));
        (packet[6], packet[7]) = (0x20, 0); // The first has.
        assert_eq!(matches(&packet, source, destination), both);
    }
}

#[test]
fn the_first_match_decides_and_empty_places_are_skipped() {
    let mut spd = Spd::new(16);
    let selectors = Selectors { family: Family::V4, source: 0, destination: 0, protocol: 6, ports: Ports::Pair(1, 2) };
    assert_eq!(spd.classify(&selectors), None);
    spd.write(15, &RuleConfig::any(Action::Discard).to_words(), 32).unwrap();
    assert_eq!(spd.classify(&selectors), Some(Action::Discard));
    spd.write(7, &RuleConfig::any(Action::Protect { sa: 31 }).to_words(), 32).unwrap();
    assert_eq!(spd.classify(&selectors), Some(Action::Protect { sa: 31 }));
    spd.write(2, &RuleConfig { protocol: Some(17), ..RuleConfig::any(Action::Bypass) }.to_words(), 32).unwrap();
    assert_eq!(spd.classify(&selectors), Some(Action::Protect { sa: 31 }));
    assert_eq!(spd.classify(&Selectors { protocol: 17, ..selectors }), Some(Action::Bypass));
    spd.write(7, &[0; 12], 32).unwrap();
    assert_eq!(spd.classify(&selectors), Some(Action::Discard));
}
