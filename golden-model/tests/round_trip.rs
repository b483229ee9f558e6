//! Sealing and opening: the bytes in between, and what comes back.

mod common;

use common::*;
use holdfast_model::{Direction, Key, Kind, Mode, Role, SaConfig, Verdict};
use holdfast_registers::Reason;
use proptest::prelude::*;

/// Every combination of mode, outer family, UDP, ESN and key size.
fn configurations() -> impl Iterator<Item = SaConfig> {
    (0..32).map(|bits| {
        let bit = |n: u32| bits >> n & 1 == 1;
        let mut sa = sealer(if bit(0) { Mode::Tunnel } else { Mode::Transport }, bit(1));
        sa.udp = bit(2).then_some(PORTS);
        sa.esn = bit(3);
        if bit(4) {
            sa.key = Key::Aes128([0x42; 16]);
        }
        sa
    })
}

/// The packets an SA can carry around `payload`.
fn packets(sa: &SaConfig, payload: &[u8]) -> Vec<Vec<u8>> {
    let v6_only = sa.mode == Mode::Transport && sa.endpoints.local().is_ipv6();
    let v4_only = sa.mode == Mode::Transport && !v6_only;
    let mut packets = Vec::new();
    if !v6_only {
        packets.push(ipv4(PLAIN, payload));
    }
    if !v4_only {
        packets.push(ipv6(PLAIN, payload));
    }
    packets
}

#[test]
fn every_length_in_every_configuration_comes_back_as_it_was() {
    for sa in configurations() {
        let (mut a, mut b) = pair(&sa);
        let (mut number, mut bytes) = (0, 0);
        for length in 0..=200 {
            let payload: Vec<u8> = (0..length).map(|i| (i * 31 + length) as u8).collect();
            for packet in packets(&sa, &payload) {
                for plain in [frame(&packet), tagged(&packet)] {
                    number += 1;
                    let (sealed, kind) = expect_out(&mut a, Direction::Outbound, &plain);
                    assert_eq!(kind, Kind::Sealed { sa: 3, sequence: number });
                    assert!(sealed.len() <= plain.len() + 96, "{} grew to {}", plain.len(), sealed.len());
                    assert!(!payload.windows(8).any(|w| sealed.windows(8).any(|s| s == w)), "payload in the clear");
                    let (opened, kind) = expect_out(&mut b, Direction::Inbound, &sealed);
                    assert_eq!(kind, Kind::Opened { sa: 3, sequence: number });
                    assert_eq!(opened, plain, "{sa:?}, {length} bytes");
                    let sealed_part = if sa.mode == Mode::Tunnel { packet.len() } else { payload.len() };
                    bytes += (sealed_part as u64 + 2).next_multiple_of(4);
                }
            }
        }
        assert_eq!(a.next_sequence(3), Some(number + 1));
        assert_eq!(b.highest(3), Some(number));
        for counters in [a.counters(Direction::Outbound), b.counters(Direction::Inbound)] {
            assert_eq!((counters.sa_packets(3), counters.sa_bytes(3)), (number, bytes));
        }
        assert_eq!((a.take_event(), b.take_event()), (None, None));
    }
}

/// The sealed bytes, each written down from the page, with another GCM.
#[test]
fn tunnel_in_ipv4_byte_by_byte() {
    let mut sa = sealer(Mode::Tunnel, false);
    sa.role = Role::Outbound { mtu: 0, next: 0x1_2345, limit: 0x2_0000 };
    let (mut a, _) = pair(&sa);
    for (df, mut inner) in [(0x40, ipv4(PLAIN, b"hello")), (0x00, ipv4(PLAIN, b"hello")), (0x40, ipv6(PLAIN, b"hello"))] {
        let number = a.next_sequence(3).unwrap();
        let v6 = inner[0] >> 4 == 6;
        if v6 {
            inner[..2].copy_from_slice(&[0x6b, 0xa0]);
        } else {
            (inner[1], inner[6]) = (0xba, df);
            fix_checksum(&mut inner);
        }
        let sealed = esp(&sa, number, &text(&inner, if v6 { 41 } else { 4 }));
        let mut outer = vec![0x45, 0xba, 0, 0];
        outer.extend((number as u16).to_be_bytes());
        outer.extend([df, 0, 61, 50, 0, 0]);
        outer.extend([A4, B4].concat());
        outer[3] = (20 + sealed.len()) as u8;
        fix_checksum(&mut outer);
        outer.extend(sealed);
        let mut padded = frame(&inner);
        padded.extend([0xee; 9]);
        assert_eq!(expect_out(&mut a, Direction::Outbound, &padded).0, frame(&outer), "link padding is not sealed");
    }
}

#[test]
fn tunnel_in_ipv6_and_udp_byte_by_byte() {
    let mut sa = sealer(Mode::Tunnel, true);
    (sa.esn, sa.udp) = (true, Some(holdfast_model::UdpPorts { source: 5000, destination: 4500 }));
    sa.role = Role::Outbound { mtu: 0, next: 0xffff_ffff, limit: u64::MAX };
    let (mut a, _) = pair(&sa);
    for number in [0xffff_ffffu64, 0x1_0000_0000] {
        let mut inner = ipv4(PLAIN, &[7; 100]);
        inner[1] = 0x2e;
        fix_checksum(&mut inner);
        let mut outer = ipv6(17, &udp(5000, 4500, &esp(&sa, number, &text(&inner, 4))));
        outer[..4].copy_from_slice(&[0x62, 0xe0, 0, 0]);
        outer[7] = 61;
        assert_eq!(expect_out(&mut a, Direction::Outbound, &tagged(&inner)).0, tagged(&outer));
    }
}

#[test]
fn transport_byte_by_byte() {
    let sa = sealer(Mode::Transport, false);
    let (mut a, _) = pair(&sa);
    let mut packet = ipv4(PLAIN, &[9; 33]);
    packet[0] = 0x46;
    packet.splice(20..20, [0x94, 4, 0, 0]); // router alert
    packet[3] += 4;
    fix_checksum(&mut packet);
    let mut wanted = packet[..24].to_vec();
    let sealed = esp(&sa, 1, &text(&packet[24..], PLAIN));
    wanted[9] = 50;
    wanted[3] = (24 + sealed.len()) as u8;
    fix_checksum(&mut wanted);
    wanted.extend(sealed);
    assert_eq!(expect_out(&mut a, Direction::Outbound, &frame(&packet)).0, frame(&wanted));

    let sa = SaConfig { udp: Some(PORTS), ..sealer(Mode::Transport, true) };
    let (mut a, _) = pair(&sa);
    let packet = ipv6(PLAIN, &[9; 34]);
    let wanted = ipv6(17, &udp(4500, 4500, &esp(&sa, 1, &text(&packet[40..], PLAIN))));
    assert_eq!(expect_out(&mut a, Direction::Outbound, &frame(&packet)).0, frame(&wanted));
}

#[test]
fn a_wrong_checksum_stays_wrong() {
    for mode in [Mode::Tunnel, Mode::Transport] {
        let (mut a, mut b) = pair(&sealer(mode, false));
        let mut packet = ipv4(PLAIN, &[1; 20]);
        packet[11] ^= 0x10;
        let (sealed, _) = expect_out(&mut a, Direction::Outbound, &frame(&packet));
        assert_eq!(checksum(&sealed[14..34]) == 0, mode == Mode::Tunnel, "the outer header of a tunnel is new");
        assert_eq!(expect_out(&mut b, Direction::Inbound, &sealed).0, frame(&packet));
    }
}

/// Every byte of ESP is authenticated, and nothing of a forged packet comes out.
#[test]
fn a_flipped_bit_anywhere_in_esp_is_noticed() {
    for esn in [false, true] {
        let sa = SaConfig { esn, ..sealer(Mode::Tunnel, false) };
        let (mut a, mut b) = pair(&sa);
        let (sealed, _) = expect_out(&mut a, Direction::Outbound, &frame(&ipv4(PLAIN, &[5; 50])));
        for at in 34..sealed.len() {
            let mut forged = sealed.clone();
            forged[at] ^= 0x80;
            let wanted = if at < 38 { Reason::UnknownSpi } else { Reason::Icv };
            expect_drop(&mut b, Direction::Inbound, &forged, wanted);
        }
        assert_eq!(b.highest(3), Some(0), "a forgery does not move the window");
        expect_out(&mut b, Direction::Inbound, &sealed);
    }
}

#[test]
fn extended_numbers_cross_the_32_bit_boundary_with_losses() {
    let mut sa = SaConfig { esn: true, ..sealer(Mode::Tunnel, false) };
    let start = (7u64 << 32) - 40;
    sa.role = Role::Outbound { mtu: 0, next: start, limit: u64::MAX };
    let (mut a, mut b) = pair(&sa);
    b.install(3, &SaConfig { role: Role::Inbound { window: 64, highest: start - 1 }, ..opener(&sa) }).unwrap();
    let plain = frame(&ipv4(PLAIN, &[1; 10]));
    let sealed: Vec<Vec<u8>> = (0..80).map(|_| expect_out(&mut a, Direction::Outbound, &plain).0).collect();
    // Every third first, then the ones between from the block before, then everything again.
    for (i, frame) in sealed.iter().enumerate().filter(|(i, _)| i % 3 == 0 && *i < 60) {
        let (_, kind) = expect_out(&mut b, Direction::Inbound, frame);
        assert_eq!(kind, Kind::Opened { sa: 3, sequence: start + i as u64 });
    }
    for (i, frame) in sealed.iter().enumerate().take(60).filter(|(i, _)| i % 3 != 0) {
        let (_, kind) = expect_out(&mut b, Direction::Inbound, frame);
        assert_eq!(kind, Kind::Opened { sa: 3, sequence: start + i as u64 });
    }
    for frame in &sealed[..60] {
        expect_drop(&mut b, Direction::Inbound, frame, Reason::Replay);
    }
}

#[test]
fn traffic_flow_padding_is_cut_off_in_tunnels() {
    for (inner, next) in [(ipv4(PLAIN, &[3; 21]), 4), (ipv6(PLAIN, &[3; 21]), 41)] {
        let sa = sealer(Mode::Tunnel, false);
        let mut b = receiver(&sa);
        for extra in 0..64 {
            let mut padded = inner.clone();
            padded.extend(vec![0x5a; extra]);
            let carried = carrying(&sa, extra as u64 + 1, &text(&padded, next));
            let (opened, _) = expect_out(&mut b, Direction::Inbound, &carried);
            assert_eq!(opened, frame(&inner), "{extra} bytes of TFC padding");
        }
    }
}

#[test]
fn more_esp_padding_than_needed_is_accepted() {
    let sa = sealer(Mode::Tunnel, true);
    let mut b = receiver(&sa);
    let inner = ipv4(PLAIN, &[3; 20]);
    for (number, pad) in (1..).zip([2u8, 6, 130, 254]) {
        let mut text = inner.clone();
        text.extend(1..=pad);
        text.extend([pad, 4]);
        assert_eq!(expect_out(&mut b, Direction::Inbound, &carrying(&sa, number, &text)).0, frame(&inner), "{pad} bytes of padding");
    }
}

#[test]
fn ecn_through_the_tunnel_in_every_combination() {
    // RFC 6040 figure 4: rows inner 00 01 10 11, columns outer 00 01 10 11; None: drop.
    let table = [
        [Some(0), Some(0), Some(0), None],
        [Some(1), Some(1), Some(1), Some(3)],
        [Some(2), Some(1), Some(2), Some(3)],
        [Some(3), Some(3), Some(3), Some(3)],
    ];
    for outer_v6 in [false, true] {
        for inner_v6 in [false, true] {
            let sa = sealer(Mode::Tunnel, outer_v6);
            let mut b = receiver(&sa);
            let set = |packet: &mut Vec<u8>, ecn: u8| {
                if packet[0] >> 4 == 6 {
                    packet[..2].copy_from_slice(&[0x6b, 0x80 | ecn << 4]);
                } else {
                    packet[1] = 0xb8 | ecn;
                    fix_checksum(packet);
                }
            };
            let mut number = 0;
            for (inner, row) in table.iter().enumerate() {
                for (outer, wanted) in row.iter().enumerate() {
                    number += 1;
                    let mut packet = if inner_v6 { ipv6(PLAIN, &[1; 7]) } else { ipv4(PLAIN, &[1; 7]) };
                    set(&mut packet, inner as u8);
                    let mut carried = carrying(&sa, number, &text(&packet, if inner_v6 { 41 } else { 4 }));
                    let mut around = carried.split_off(14);
                    set(&mut around, outer as u8);
                    carried.extend(around);
                    match wanted {
                        None => expect_drop(&mut b, Direction::Inbound, &carried, Reason::Ecn),
                        Some(ecn) => {
                            set(&mut packet, *ecn);
                            assert_eq!(expect_out(&mut b, Direction::Inbound, &carried).0, frame(&packet), "inner {inner}, outer {outer}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn transport_mode_ignores_outer_congestion_marks() {
    let sa = sealer(Mode::Transport, false);
    let (mut a, mut b) = pair(&sa);
    let (mut sealed, _) = expect_out(&mut a, Direction::Outbound, &frame(&ipv4(PLAIN, &[1; 20])));
    sealed[15] = 3;
    fix_checksum(&mut sealed[14..]);
    assert_eq!(expect_out(&mut b, Direction::Inbound, &sealed).0[15], 3, "the header is the packet's own");
}

#[test]
fn inbound_link_padding_is_no_part_of_esp() {
    let (mut a, mut b) = pair(&sealer(Mode::Transport, false));
    let plain = frame(&ipv4(PLAIN, &[1]));
    let (mut sealed, _) = expect_out(&mut a, Direction::Outbound, &plain);
    sealed.extend([0xdd; 30]);
    assert_eq!(expect_out(&mut b, Direction::Inbound, &sealed).0, plain);
}

#[test]
fn the_mtu_is_exact_and_its_event_says_what_fits() {
    for sa in configurations() {
        for mtu in [60u16, 61, 62, 63, 90, 91, 92, 93, 94, 1280, 1400] {
            let sa = SaConfig { role: Role::Outbound { mtu, next: 1, limit: 1 << 32 }, ..sa.clone() };
            let (mut a, _) = pair(&sa);
            let mut fits = 0;
            let mut told = None;
            for length in 0..1400 {
                let packet = packets(&sa, &vec![0; length]).remove(0);
                let before = a.next_sequence(3);
                match run(&mut a, Direction::Outbound, &frame(&packet)) {
                    Verdict::Delivered { frame, .. } => {
                        assert!(frame.len() - 14 <= usize::from(mtu));
                        assert!(told.is_none(), "a longer one left after a shorter one was too big");
                        fits = packet.len();
                    }
                    Verdict::Dropped(reason) => {
                        assert_eq!(reason, Reason::TooBig);
                        assert_eq!(a.next_sequence(3), before, "no number is used");
                        let event = a.take_event().unwrap();
                        assert_eq!((event.sa, event.code.name()), (Some(3), "too_big"));
                        assert_eq!(event.address, sa.endpoints.remote());
                        assert_eq!(*told.get_or_insert(event.detail), event.detail);
                    }
                }
            }
            // A detail too small for any packet: nothing at all fitted.
            match told {
                Some(told) if fits > 0 => assert_eq!(told as usize, fits, "{sa:?}"),
                Some(told) => assert!(told < 40, "{told}, but nothing left"),
                None => assert_eq!(mtu, 1400, "everything left"),
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(400))]
    #[test]
    fn random_packets_come_back(
        choice in 0..32usize,
        payload in prop::collection::vec(any::<u8>(), 0..2000),
        protocol in prop_oneof![Just(6u8), Just(17), Just(1), Just(58), Just(132), Just(PLAIN), Just(50)],
        tos in any::<u8>(),
        vlan in any::<bool>(),
        padding in 0..20usize,
    ) {
        let sa = configurations().nth(choice).unwrap();
        let (mut a, mut b) = pair(&sa);
        // Long enough for ports; no ICMPv6 type of neighbour discovery.
        let payload = [&[200u8, 1, 2, 3][..], &payload].concat();
        let mut packet = if sa.mode == Mode::Transport && sa.endpoints.local().is_ipv6() { ipv6(protocol, &payload) } else { ipv4(protocol, &payload) };
        if packet[0] == 0x45 {
            packet[1] = tos;
            fix_checksum(&mut packet);
        }
        let plain = if vlan { tagged(&packet) } else { frame(&packet) };
        let mut padded = plain.clone();
        padded.extend(vec![0xcc; padding]);
        let (sealed, _) = expect_out(&mut a, Direction::Outbound, &padded);
        let (opened, _) = expect_out(&mut b, Direction::Inbound, &sealed);
        prop_assert_eq!(opened, plain);
        expect_drop(&mut b, Direction::Inbound, &sealed, Reason::Replay);
    }
}
