//! IPv6 extension headers: which are followed, where ESP is inserted, and which byte is patched.

mod common;

use common::*;
use holdfast_model::wire::frame::Frame;
use holdfast_model::wire::parse::{Content, Fragment, Packet, Ports};
use holdfast_model::{Direction, Mode, SaConfig};
use holdfast_registers::Reason;

/// A chain of headers and the number of the first. `units`: eight-byte units of each; a fragment header is always one.
fn chain(headers: &[(u8, u8)], upper: u8) -> (u8, Vec<u8>) {
    let mut bytes = Vec::new();
    for (i, (kind, units)) in headers.iter().enumerate() {
        let next = headers.get(i + 1).map_or(upper, |header| header.0);
        bytes.extend([next, if *kind == 44 { 0 } else { units - 1 }]);
        bytes.extend(vec![0; usize::from(*units) * 8 - 2]);
    }
    (headers.first().map_or(upper, |header| header.0), bytes)
}

fn packet(headers: &[(u8, u8)], upper: u8, payload: &[u8]) -> Vec<u8> {
    let (first, mut bytes) = chain(headers, upper);
    bytes.extend(payload);
    ipv6(first, &bytes)
}

fn parse(frame: &[u8]) -> Result<Packet<'_>, Reason> {
    match Content::parse(Frame::new(frame)?)? {
        Content::Packet(packet) => Ok(packet),
        other => panic!("no packet: {other:?}"),
    }
}

#[test]
fn insertion_points() {
    // Headers; offset of the insertion point and of the byte that names what is there, both from the packet's begin; the old value of that byte.
    type Case = (&'static [(u8, u8)], usize, usize, u8);
    let cases: [Case; 9] = [
        (&[], 40, 6, 6),
        (&[(0, 1)], 48, 40, 6),
        (&[(60, 2)], 40, 6, 60),
        (&[(43, 3)], 64, 40, 6),
        (&[(44, 1)], 48, 40, 6),
        (&[(0, 2), (60, 1), (43, 2), (60, 1)], 40 + 16 + 8 + 16, 40 + 16 + 8, 60),
        (&[(0, 1), (43, 1), (44, 1), (60, 3)], 64, 56, 60),
        (&[(60, 1), (60, 1)], 40, 6, 60),
        (&[(0, 1), (60, 1)], 48, 40, 60),
    ];
    for (headers, insertion, named_at, old) in cases {
        for bytes in [frame(&packet(headers, 6, &[1, 2, 3, 4])), tagged(&packet(headers, 6, &[1, 2, 3, 4]))] {
            let p = parse(&bytes).unwrap();
            let l3 = p.l3();
            assert_eq!((p.insertion() - l3, p.insertion_named_at() - l3), (insertion, named_at), "{headers:?}");
            assert_eq!(bytes[p.insertion_named_at()], old, "{headers:?}");
            assert_eq!((p.selectors().protocol, p.selectors().ports), (6, Ports::Pair(0x0102, 0x0304)), "{headers:?}");
            assert_eq!(bytes[p.upper_named_at()], 6, "{headers:?}");
            assert_eq!(p.upper(), [1, 2, 3, 4], "{headers:?}");
        }
    }
}

#[test]
fn transport_mode_through_chains_comes_back() {
    let chains: [&[(u8, u8)]; 7] = [
        &[],
        &[(0, 1)],
        &[(60, 2)],
        &[(0, 1), (60, 1), (43, 2), (60, 1)],
        &[(44, 1), (60, 1)],
        &[(43, 32)],
        &[(60, 1), (60, 1), (60, 1), (60, 1), (60, 1), (60, 1), (60, 1), (60, 1)],
    ];
    for udp in [None, Some(PORTS)] {
        let sa = SaConfig { udp, ..sealer(Mode::Transport, true) };
        let (mut a, mut b) = pair(&sa);
        for (number, headers) in (1..).zip(chains) {
            let plain = frame(&packet(headers, 6, &[5; 40]));
            let p = parse(&plain).unwrap();
            let (sealed, _) = expect_out(&mut a, Direction::Outbound, &plain);
            // The clear part but for length and patched byte, then ESP (in UDP) as the tests make it.
            let mut wanted = plain[..p.insertion()].to_vec();
            wanted[p.insertion_named_at()] = if udp.is_some() { 17 } else { 50 };
            let inner = esp(&sa, number, &text(&plain[p.insertion()..], plain[p.insertion_named_at()]));
            wanted.extend(if udp.is_some() { common::udp(4500, 4500, &inner) } else { inner });
            let length = (wanted.len() - 54) as u16;
            wanted[18..20].copy_from_slice(&length.to_be_bytes());
            assert_eq!(sealed, wanted, "{headers:?}");
            assert_eq!(expect_out(&mut b, Direction::Inbound, &sealed).0, plain, "{headers:?}");
        }
    }
}

#[test]
fn eight_are_followed_a_ninth_is_not() {
    for (count, wanted) in [(7, None), (8, None), (9, Some(Reason::ExtensionHeader))] {
        let bytes = frame(&packet(&vec![(60, 1); count], PLAIN, &[]));
        assert_eq!(parse(&bytes).err(), wanted, "{count}");
    }
}

#[test]
fn hop_by_hop_is_first_or_nowhere() {
    assert!(parse(&frame(&packet(&[(0, 1), (60, 1)], PLAIN, &[]))).is_ok());
    for headers in [[(60, 1), (0, 1)], [(0, 1), (0, 1)], [(44, 1), (0, 1)]] {
        assert_eq!(parse(&frame(&packet(&headers, PLAIN, &[]))).err(), Some(Reason::ExtensionHeader), "{headers:?}");
    }
}

#[test]
fn a_header_ends_within_the_packet() {
    for kind in [0u8, 43, 44, 60] {
        for units in [1u8, 2, 5] {
            if kind == 44 && units > 1 {
                continue;
            }
            let whole = packet(&[(kind, units)], PLAIN, &[]);
            for cut in 0..=usize::from(units) * 8 {
                let mut bytes = whole[..whole.len() - cut].to_vec();
                let length = (bytes.len() - 40) as u16;
                bytes[4..6].copy_from_slice(&length.to_be_bytes());
                // Link padding must not be taken for the rest of the header.
                bytes.extend(vec![0; cut]);
                let wanted = (cut > 0).then_some(Reason::ExtensionHeader);
                assert_eq!(parse(&frame(&bytes)).err(), wanted, "header {kind} of {units} units, {cut} bytes short");
            }
        }
    }
    // The length byte of a fragment header means nothing.
    let mut bytes = packet(&[(44, 1)], PLAIN, &[]);
    bytes[41] = 200;
    assert!(parse(&frame(&bytes)).is_ok());
}

#[test]
fn what_is_not_followed_is_the_upper_protocol() {
    for protocol in [50u8, 51, 59, 135, 139, 140, 253, 254, 4, 41] {
        let bytes = frame(&packet(&[(60, 1)], protocol, &[60, 0, 0, 0, 0, 0, 0, 0]));
        let p = parse(&bytes).unwrap();
        assert_eq!((p.selectors().protocol, p.l4()), (protocol, 14 + 48));
    }
}

#[test]
fn fragments() {
    let with = |offset_more: u16, rest: &[u8]| {
        let mut bytes = packet(&[(0, 1), (44, 1)], 17, rest);
        bytes[50..52].copy_from_slice(&offset_more.to_be_bytes());
        frame(&bytes)
    };
    let bytes = with(1, &[0, 7, 0, 9]);
    let p = parse(&bytes).unwrap();
    assert_eq!((p.fragment(), p.selectors().ports), (Fragment::First, Ports::Pair(7, 9)));
    let bytes = with(0, &[0, 7, 0, 9]);
    let p = parse(&bytes).unwrap();
    assert_eq!((p.fragment(), p.selectors().ports), (Fragment::Whole, Ports::Pair(7, 9)));
    // The two reserved bits are neither.
    assert_eq!(parse(&with(6, &[0; 4])).unwrap().fragment(), Fragment::Whole);
    for offset_more in [8, 9, 0xfff8] {
        let bytes = with(offset_more, &[]);
        let p = parse(&bytes).unwrap();
        assert_eq!((p.fragment(), p.selectors().ports, p.l4()), (Fragment::Later, Ports::None, 14 + 56));
    }
    // Following stops at a later fragment: its next header is the upper protocol, even if it is one that would be followed.
    let mut bytes = packet(&[(44, 1)], 60, &[]);
    bytes[43] = 8;
    let bytes = frame(&bytes);
    assert_eq!(parse(&bytes).unwrap().selectors().protocol, 60);
    // A first fragment is followed on.
    let mut bytes = packet(&[(44, 1), (60, 1)], 6, &[0, 1, 0, 2]);
    bytes[43] = 1;
    let bytes = frame(&bytes);
    let p = parse(&bytes).unwrap();
    assert_eq!((p.fragment(), p.selectors().protocol, p.selectors().ports), (Fragment::First, 6, Ports::Pair(1, 2)));
}

/// What stands behind byte 4030 of a frame is not looked for.
#[test]
fn a_chain_reaches_four_kilobytes_deep() {
    for (units, found) in [(241, Ok(6)), (242, Err(Reason::ExtensionHeader)), (255, Err(Reason::ExtensionHeader))] {
        let bytes = frame(&packet(&[(60, 255), (60, units)], 6, &[1; 40]));
        assert_eq!(parse(&bytes).map(|p| p.selectors().protocol), found, "{units} units");
    }
}
