//! Bad input: nothing panics, and every frame that went in came out or was dropped under one reason ([`common::run`] checks it).

mod common;

use common::*;
use holdfast_model::wire::esp::{Esp, Trailer};
use holdfast_model::{Action, Device, Direction, Mode, RuleConfig, SaConfig, Settings, Sizes, UdpPorts, Verdict};
use holdfast_registers::{rule, sa, Reason};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// A device with SAs of every kind in both directions and rules that send traffic to each.
fn busy() -> Device {
    let mut device = device();
    device.set_settings(Settings { policy: 7, max_frame: 600, ..device.settings() });
    for index in 0..8u8 {
        let mode = if index & 1 == 0 { Mode::Tunnel } else { Mode::Transport };
        let sa = SaConfig {
            spi: SPI + u32::from(index),
            esn: index & 4 != 0,
            udp: (index & 4 == 0).then_some(UdpPorts { source: 4500, destination: 4500 }),
            ..sealer(mode, index & 2 != 0)
        };
        device.install(usize::from(index), &sa).unwrap();
        device.install(usize::from(index), &opener(&sa)).unwrap();
        for direction in Direction::ALL {
            let rule = RuleConfig { protocol: Some(index), ..RuleConfig::any(Action::Protect { sa: index.into() }) };
            device.set_rule(direction, usize::from(index), &rule).unwrap();
        }
    }
    for direction in Direction::ALL {
        device.set_rule(direction, 8, &RuleConfig { protocol: Some(17), ..RuleConfig::any(Action::Protect { sa: 1 }) }).unwrap();
        device.set_rule(direction, 9, &RuleConfig { protocol: Some(58), ..RuleConfig::any(Action::Discard) }).unwrap();
        device.set_rule(direction, 10, &RuleConfig { protocol: Some(60), ..RuleConfig::any(Action::Bypass) }).unwrap();
        device.set_rule(direction, 11, &RuleConfig::any(Action::Protect { sa: 0 })).unwrap();
    }
    device
}

/// Bytes that are often small or a number that means something to a parser.
fn bytes(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        4 => any::<u8>(),
        3 => 0..6u8,
        2 => prop::sample::select(vec![0u8, 43, 44, 50, 58, 59, 60, 6, 17, 4, 41, 0xff, 0x11, 0x94, 0xc0, 0xde]),
    ];
    prop::collection::vec(byte, length)
}

/// Frames that get past the first checks: a good packet with some bytes overwritten and its end cut off or lengthened.
fn frames() -> impl Strategy<Value = Vec<u8>> {
    let payload = bytes(0..120);
    let protocol = prop_oneof![prop::sample::select(vec![0u8, 43, 44, 60, 50, 17, 6, 58]), 0..10u8, any::<u8>(),];
    let packet = (any::<bool>(), protocol, payload)
        .prop_map(|(v6, protocol, payload)| if v6 { ipv6(protocol, &payload) } else { ipv4(protocol, &payload) });
    let edits = prop::collection::vec((0..80usize, any::<u8>()), 0..4);
    (packet, any::<bool>(), edits, -6..20i32).prop_map(|(packet, vlan, edits, grow)| {
        let mut f = if vlan { tagged(&packet) } else { frame(&packet) };
        for (at, value) in edits {
            if let Some(byte) = f.get_mut(at) {
                *byte = value;
            }
        }
        let length = f.len().saturating_add_signed(grow as isize);
        f.resize(length, 0xaa);
        f
    })
}

thread_local! {
    static SEEN: RefCell<BTreeSet<&'static str>> = const { RefCell::new(BTreeSet::new()) };
}

fn note(verdict: &Verdict) {
    SEEN.with_borrow_mut(|seen| seen.insert(verdict.reason().map_or("delivered", Reason::name)));
}

/// The generators must reach past the first check, or the properties below say nothing.
#[test]
fn the_generators_reach_deep() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::new(cases(1));
    let (mut device, frames) = (busy(), frames());
    for _ in 0..20_000 {
        let frame = frames.new_tree(&mut runner).unwrap().current();
        for direction in Direction::ALL {
            note(&run(&mut device, direction, &frame));
        }
    }
    let seen = SEEN.take();
    for wanted in
        ["delivered", "malformed", "extension_header", "policy_discard", "no_sa", "fragment", "unknown_spi", "esp_length", "unprotected"]
    {
        assert!(seen.contains(wanted), "{wanted} was never reached, only {seen:?}");
    }
}

proptest! {
    #![proptest_config(cases(3000))]
    #[test]
    fn random_frames(frames in prop::collection::vec(bytes(0..200), 1..8)) {
        let mut device = busy();
        for frame in &frames {
            for direction in Direction::ALL {
                run(&mut device, direction, frame);
            }
        }
    }

    #[test]
    fn damaged_frames(frames in prop::collection::vec(frames(), 1..8)) {
        let mut device = busy();
        for frame in &frames {
            for direction in Direction::ALL {
                run(&mut device, direction, frame);
            }
        }
    }

    /// What was sealed can be opened, whatever it was: the model's own parser agrees with itself.
    #[test]
    fn what_is_sealed_is_opened_or_dropped_for_a_reason_of_the_policy(plain in frames()) {
        let (mut a, mut b) = pair(&sealer(Mode::Tunnel, true));
        if let Verdict::Delivered { frame, kind: holdfast_model::Kind::Sealed { .. } } = run(&mut a, Direction::Outbound, &plain) {
            let opened = run(&mut b, Direction::Inbound, &frame);
            let whole = opened.frame().expect("a tunnel carries every packet");
            prop_assert_eq!(whole, &plain[..whole.len()]);
        }
    }

    /// Authentic nonsense: whoever holds the key can still not crash the receiver.
    #[test]
    fn sealed_nonsense(texts in prop::collection::vec((bytes(4..140), prop::sample::select(vec![4u8, 41, 59, 0, 44, 60, 17, 50])), 1..6), tunnel in any::<bool>(), v6 in any::<bool>()) {
        let sa = sealer(if tunnel { Mode::Tunnel } else { Mode::Transport }, v6);
        let mut device = receiver(&sa);
        for (number, (bytes, next)) in (1..).zip(texts) {
            let raw = &bytes[..bytes.len() / 4 * 4];
            run(&mut device, Direction::Inbound, &carrying(&sa, 2 * number, raw));
            run(&mut device, Direction::Inbound, &carrying(&sa, 2 * number + 1, &text(&bytes, next)));
        }
    }

    #[test]
    fn random_words_never_panic(sa_words in any::<[u32; sa::WORDS]>(), rule_words in any::<[u32; rule::WORDS]>(), index in 0..40usize) {
        let mut device = Device::new(Sizes::COMPACT);
        for direction in Direction::ALL {
            let _ = device.install_sa(direction, index, &sa_words);
            let _ = device.write_rule(direction, index, &rule_words);
        }
    }

    #[test]
    fn esp_and_trailers_never_panic(bytes in bytes(0..300)) {
        let _ = Esp::parse(&bytes);
        let _ = Trailer::parse(&bytes);
    }
}

/// The largest sizes: every length field holds what it must.
#[test]
fn the_longest_frame() {
    let mut a = Device::new(Sizes { frame: u16::MAX, ..Sizes::COMPACT });
    let longest = usize::from(a.sizes().frame);
    a.set_settings(Settings { enable: true, max_frame: u16::MAX, ..Settings::RESET });
    let sa = SaConfig { udp: Some(PORTS), ..sealer(Mode::Tunnel, false) };
    a.install(0, &sa).unwrap();
    a.install(0, &opener(&sa)).unwrap();
    for direction in Direction::ALL {
        a.set_rule(direction, 0, &RuleConfig::any(Action::Protect { sa: 0 })).unwrap();
    }
    let plain = frame(&ipv4(PLAIN, &vec![1; longest - 34]));
    assert_eq!(plain.len(), longest);
    let (sealed, _) = expect_out(&mut a, Direction::Outbound, &plain);
    assert_eq!(usize::from(u16::from_be_bytes([sealed[16], sealed[17]])), sealed.len() - 14);
    assert_eq!(expect_out(&mut a, Direction::Inbound, &sealed).0, plain);
    expect_drop(&mut a, Direction::Outbound, &vec![0; longest + 1], Reason::TooLong);
}
