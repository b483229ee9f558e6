//! What a commit accepts and under which code it refuses, and that the typed records and the words are the same thing.

mod common;

use common::*;
use holdfast_model::sad::SaConfig;
use holdfast_model::spd::{PortRange, Prefix, RuleAddresses};
use holdfast_model::{Action, Device, Direction, Endpoints, Key, Mode, Role, RuleConfig, Sizes, UdpPorts};
use holdfast_registers::{rule, sa, Refusal};
use proptest::prelude::*;
use Direction::{Inbound, Outbound};

type Words = [u32; sa::WORDS];

fn outbound() -> Words {
    *sealer(Mode::Tunnel, false).to_words()
}

fn inbound() -> Words {
    *opener(&sealer(Mode::Tunnel, false)).to_words()
}

/// A number at two words, low word first.
fn set64(words: &mut Words, at: usize, value: u64) {
    (words[at], words[at + 1]) = (value as u32, (value >> 32) as u32);
}

#[track_caller]
fn check(direction: Direction, change: impl FnOnce(&mut Words), wanted: Result<(), Refusal>) {
    let mut words = if direction == Outbound { outbound() } else { inbound() };
    change(&mut words);
    assert_eq!(device().install_sa(direction, 0, &words), wanted);
}

#[test]
fn words_of_a_known_sa() {
    let config = SaConfig {
        spi: 0x1234_5678,
        mode: Mode::Tunnel,
        key: Key::Aes128(core::array::from_fn(|i| i as u8)),
        salt: [0xa, 0xb, 0xc, 0xd],
        esn: true,
        udp: Some(UdpPorts { source: 0x1111, destination: 0x2222 }),
        endpoints: Endpoints::V6 { local: "2001:db8::1".parse().unwrap(), remote: "2001:db8::2".parse().unwrap() },
        hop_limit: 64,
        role: Role::Outbound { mtu: 1400, next: 0x5_0000_0006, limit: 0x7_0000_0008 },
        recorded: false,
    };
    let wanted: Words = [
        0x0578_401d,
        0x1234_5678,
        0x0a0b_0c0d,
        0x1111_2222,
        0x0001_0203,
        0x0405_0607,
        0x0809_0a0b,
        0x0c0d_0e0f,
        0,
        0,
        0,
        0, //
        0x2001_0db8,
        0,
        0,
        1,
        0x2001_0db8,
        0,
        0,
        2,
        6,
        5,
        8,
        7,
    ];
    assert_eq!(*config.to_words(), wanted);
    assert_eq!(SaConfig::from_words(Outbound, &wanted, 1024), Ok(config));
    // Inbound: highest + 1, no limit.
    let config = SaConfig { role: Role::Inbound { window: 1024, highest: 99 }, ..sealer(Mode::Transport, false) };
    assert_eq!((config.to_words()[0] >> 16, config.to_words()[20], config.to_words()[22]), (1024, 100, 0));
}

#[test]
fn index() {
    let mut device = Device::new(Sizes { sa_outbound: 2, sa_inbound: 3, rules_outbound: 4, rules_inbound: 5, ..Sizes::COMPACT });
    let bypass = RuleConfig::any(Action::Bypass).to_words();
    for (direction, words, sas, rules) in [(Outbound, outbound(), 2, 4), (Inbound, inbound(), 3, 5)] {
        assert_eq!(device.install_sa(direction, sas - 1, &words), Ok(()));
        assert_eq!(device.install_sa(direction, sas, &words), Err(Refusal::Index));
        assert_eq!(device.install_sa(direction, sas, &[u32::MAX; sa::WORDS]), Err(Refusal::Index), "before everything else");
        assert_eq!(device.delete_sa(direction, sas), Err(Refusal::Index));
        assert_eq!(device.delete_sa(direction, 0), Ok(()), "there is none");
        assert_eq!(device.write_rule(direction, rules - 1, &bypass), Ok(()));
        assert_eq!(device.write_rule(direction, rules, &bypass), Err(Refusal::Index));
        assert_eq!(device.write_rule(direction, rules, &[0; rule::WORDS]), Err(Refusal::Index), "also to remove");
        let protect = |sa| RuleConfig::any(Action::Protect { sa }).to_words();
        assert_eq!(device.write_rule(direction, 0, &protect(sas as u16 - 1)), Ok(()));
        assert_eq!(device.write_rule(direction, 0, &protect(sas as u16)), Err(Refusal::Rule));
    }
}

#[test]
fn flags() {
    for direction in Direction::ALL {
        for bit in 6..8 {
            check(direction, |w| w[sa::FLAGS] |= 1 << bit, Err(Refusal::Flags));
        }
        for at in [1, 2, 3] {
            check(direction, |w| w[sa::LOCAL + at] = 1, Err(Refusal::Flags));
            check(direction, |w| w[sa::REMOTE + at] = 1 << 31, Err(Refusal::Flags));
        }
        for at in 4..8 {
            let short = |w: &mut Words| {
                w[sa::FLAGS] &= !sa::flags::AES256;
                w[sa::KEY + 4..sa::KEY + 8].fill(0);
            };
            check(direction, short, Ok(()));
            check(
                direction,
                |w| {
                    short(w);
                    w[sa::KEY + at] = 1;
                },
                Err(Refusal::Flags),
            );
        }
        check(direction, |w| w[sa::PORTS] = 1, Err(Refusal::Flags));
        check(
            direction,
            |w| {
                w[sa::PORTS] = 1;
                w[sa::FLAGS] |= sa::flags::UDP;
            },
            Ok(()),
        );
    }
    check(Inbound, |w| w[sa::LIMIT] = 1, Err(Refusal::Flags));
    check(Inbound, |w| w[sa::LIMIT + 1] = 1, Err(Refusal::Flags));
}

#[test]
fn spi() {
    for direction in Direction::ALL {
        for (spi, wanted) in [(0, Err(Refusal::Spi)), (255, Err(Refusal::Spi)), (256, Ok(())), (u32::MAX, Ok(()))] {
            check(direction, |w| w[sa::SPI] = spi, wanted);
        }
    }
}

#[test]
fn window() {
    let window = |w: &mut Words, size: u32, esn: bool| {
        w[sa::FLAGS] = w[sa::FLAGS] & 0xffff & !sa::flags::ESN | size << 16 | if esn { sa::flags::ESN } else { 0 };
    };
    for (size, esn, wanted) in [
        (0, false, Ok(())),
        (0, true, Err(Refusal::Window)),
        (1, true, Ok(())),
        (1024, true, Ok(())),
        (1025, false, Err(Refusal::Window)),
        (0xffff, true, Err(Refusal::Window)),
    ] {
        check(Inbound, |w| window(w, size, esn), wanted);
        check(Outbound, |w| window(w, size, esn), Ok(())); // It is the MTU there.
    }
}

#[test]
fn sequence() {
    let both = |next, limit| move |w: &mut Words| [(sa::SEQUENCE, next), (sa::LIMIT, limit)].iter().for_each(|(at, v)| set64(w, *at, *v));
    let two_32 = 1u64 << 32;
    check(Outbound, both(0, 5), Err(Refusal::Sequence));
    check(Outbound, both(0, 0), Err(Refusal::Sequence));
    check(Outbound, both(5, 5), Ok(()));
    check(Outbound, both(6, 5), Err(Refusal::Sequence));
    check(Outbound, both(two_32, two_32), Ok(()));
    check(Outbound, both(1, two_32 + 1), Err(Refusal::Sequence));
    check(Inbound, both(0, 0), Err(Refusal::Sequence));
    check(Inbound, both(two_32, 0), Ok(()));
    check(Inbound, both(two_32 + 1, 0), Err(Refusal::Sequence));
    let with_esn = |next, limit| {
        move |w: &mut Words| {
            both(next, limit)(w);
            w[sa::FLAGS] |= sa::flags::ESN;
        }
    };
    check(Outbound, with_esn(two_32 + 1, u64::MAX), Ok(()));
    check(Outbound, with_esn(u64::MAX, u64::MAX), Ok(()));
    check(Inbound, with_esn(u64::MAX, 0), Ok(()));
    check(Inbound, with_esn(0, 0), Err(Refusal::Sequence));
}

#[test]
fn the_first_refusal_counts() {
    let mut words = inbound();
    set64(&mut words, sa::SEQUENCE, 0);
    assert_eq!(device().install_sa(Inbound, 0, &words), Err(Refusal::Sequence));
    words[sa::FLAGS] |= 0xffff << 16;
    assert_eq!(device().install_sa(Inbound, 0, &words), Err(Refusal::Window));
    words[sa::SPI] = 9;
    assert_eq!(device().install_sa(Inbound, 0, &words), Err(Refusal::Spi));
    words[sa::LIMIT] = 1;
    assert_eq!(device().install_sa(Inbound, 0, &words), Err(Refusal::Flags));
    assert_eq!(device().install_sa(Inbound, 32, &words), Err(Refusal::Index));
}

#[test]
fn duplicate() {
    let mut device = device();
    let base = opener(&sealer(Mode::Tunnel, false));
    device.install(3, &base).unwrap();
    assert_eq!(device.install(3, &base), Ok(()), "in its own place it is a replacement");
    assert_eq!(device.install(4, &base), Err(Refusal::Duplicate));
    // Mode, key, remote address and ESN do not tell two SAs apart.
    let same = SaConfig { mode: Mode::Transport, esn: true, key: Key::Aes128([1; 16]), ..base.clone() };
    assert_eq!(device.install(4, &same), Err(Refusal::Duplicate));
    let mut sequence = *base.to_words();
    set64(&mut sequence, sa::SEQUENCE, 0);
    assert_eq!(device.install_sa(Inbound, 4, &sequence), Err(Refusal::Sequence), "looked at before duplicates");
    // SPI, family, local address and UDP do.
    let others = [
        SaConfig { spi: SPI + 1, ..base.clone() },
        SaConfig { udp: Some(PORTS), ..base.clone() },
        SaConfig { endpoints: base.endpoints.reversed(), ..base.clone() },
        opener(&sealer(Mode::Tunnel, true)),
        // The same bits as an IPv6 address.
        SaConfig {
            endpoints: Endpoints::V6 { local: (u128::from(u32::from_be_bytes(B4)) << 96).into(), remote: A6.into() },
            ..base.clone()
        },
    ];
    for (index, other) in (10..).zip(&others) {
        assert_eq!(device.install(index, other), Ok(()), "{other:?}");
    }
    device.delete_sa(Inbound, 3).unwrap();
    assert_eq!(device.install(4, &base), Ok(()));
    // Outbound SAs may be alike.
    for index in [0, 1] {
        assert_eq!(device.install(index, &sealer(Mode::Tunnel, false)), Ok(()));
    }
}

#[test]
fn a_refused_record_changes_nothing() {
    let (mut a, mut b) = pair(&sealer(Mode::Tunnel, false));
    let plain = frame(&ipv4(PLAIN, &[]));
    expect_out(&mut a, Outbound, &plain);
    let mut words = outbound();
    words[sa::SPI] = 0;
    a.install_sa(Outbound, 3, &words).unwrap_err();
    let mut bad_rule = RuleConfig::any(Action::Discard).to_words();
    bad_rule[rule::SOURCE_PORTS] = 1;
    a.write_rule(Outbound, 5, &bad_rule).unwrap_err();
    assert_eq!(a.next_sequence(3), Some(2));
    let (sealed, _) = expect_out(&mut a, Outbound, &plain);
    expect_out(&mut b, Inbound, &sealed);
}

#[test]
fn a_replacement_starts_anew_and_leaves_counters() {
    let sa = sealer(Mode::Tunnel, false);
    let (mut a, _) = pair(&sa);
    let plain = frame(&ipv4(PLAIN, &[]));
    expect_out(&mut a, Outbound, &plain);
    a.install(3, &SaConfig { spi: SPI + 7, ..sa }).unwrap();
    assert_eq!(a.next_sequence(3), Some(1));
    let (sealed, _) = expect_out(&mut a, Outbound, &plain);
    assert_eq!(sealed[34..38], (SPI + 7).to_be_bytes());
    assert_eq!(a.counters(Outbound).sa_packets(3), 2);
}

#[test]
fn rules() {
    let rule_words = |change: &dyn Fn(&mut [u32; rule::WORDS])| {
        let mut words = RuleConfig::any(Action::Bypass).to_words();
        change(&mut words);
        device().write_rule(Outbound, 0, &words)
    };
    use rule::flags::{IPV4, IPV6};
    assert_eq!(rule_words(&|_| ()), Ok(()));
    for bit in [6, 7, 26, 29, 31] {
        assert_eq!(rule_words(&|w| w[rule::FLAGS] |= 1 << bit), Err(Refusal::Rule), "bit {bit}");
    }
    assert_eq!(rule_words(&|w| w[rule::FLAGS] |= 3 << 4), Err(Refusal::Rule), "action 3");
    assert_eq!(rule_words(&|w| w[rule::FLAGS] &= !(IPV4 | IPV6)), Err(Refusal::Rule), "no family");
    assert_eq!(rule_words(&|w| w[rule::PREFIXES] = 1), Err(Refusal::Rule), "a prefix for both families");
    assert_eq!(rule_words(&|w| w[rule::PREFIXES] = 1 << 8), Err(Refusal::Rule));
    assert_eq!(rule_words(&|w| w[rule::PREFIXES] = 1 << 16), Err(Refusal::Rule), "reserved");
    for shift in [0, 8] {
        for (remove, length, wanted) in
            [(IPV6, 32, Ok(())), (IPV6, 33, Err(Refusal::Rule)), (IPV4, 128, Ok(())), (IPV4, 129, Err(Refusal::Rule))]
        {
            let result = rule_words(&|w| {
                w[rule::FLAGS] &= !remove;
                w[rule::PREFIXES] = length << shift;
            });
            assert_eq!(result, wanted, "{length} bits");
        }
    }
    for at in [rule::SOURCE_PORTS, rule::DESTINATION_PORTS] {
        assert_eq!(rule_words(&|w| w[at] = 0x0005_0005), Ok(()));
        assert_eq!(rule_words(&|w| w[at] = 0x0004_0005), Err(Refusal::Rule));
    }
    // Without VALID everything goes, and removes.
    let mut device = device();
    device.set_rule(Outbound, 0, &RuleConfig::any(Action::Bypass)).unwrap();
    expect_pass(&mut device, Outbound, &frame(&ipv4(PLAIN, &[])));
    device.write_rule(Outbound, 0, &[0xffff_fffe; rule::WORDS]).unwrap();
    assert_eq!(device.spd(Outbound).get(0), None);
}

fn prefix<A>(length: u8, address: impl Strategy<Value = A>) -> impl Strategy<Value = Prefix<A>>
where
    A: std::fmt::Debug,
{
    (0..=length, address).prop_map(|(length, address)| Prefix { address, length })
}

fn rule_configs() -> impl Strategy<Value = RuleConfig> {
    let v4 = || prefix(32, any::<u32>().prop_map(Into::into));
    let v6 = || prefix(128, any::<u128>().prop_map(Into::into));
    let ports = || (any::<u16>(), any::<u16>()).prop_map(|(a, b)| PortRange { low: a.min(b), high: a.max(b) });
    let addresses = prop_oneof![
        (v4(), v4()).prop_map(|(source, destination)| RuleAddresses::Ipv4 { source, destination }),
        (v6(), v6()).prop_map(|(source, destination)| RuleAddresses::Ipv6 { source, destination }),
        Just(RuleAddresses::Any),
    ];
    let action = prop_oneof![Just(Action::Discard), Just(Action::Bypass), (0..32u16).prop_map(|sa| Action::Protect { sa })];
    (addresses, any::<Option<u8>>(), ports(), ports(), action).prop_map(|(addresses, protocol, source_ports, destination_ports, action)| {
        RuleConfig { addresses, protocol, source_ports, destination_ports, action }
    })
}

fn sa_configs() -> impl Strategy<Value = SaConfig> {
    let endpoints = prop_oneof![
        any::<(u32, u32)>().prop_map(|(l, r)| Endpoints::V4 { local: l.into(), remote: r.into() }),
        any::<(u128, u128)>().prop_map(|(l, r)| Endpoints::V6 { local: l.into(), remote: r.into() }),
    ];
    let key = prop_oneof![any::<[u8; 16]>().prop_map(Key::Aes128), any::<[u8; 32]>().prop_map(Key::Aes256)];
    let udp = any::<Option<(u16, u16)>>().prop_map(|ports| ports.map(|(source, destination)| UdpPorts { source, destination }));
    let role = prop_oneof![
        (any::<u16>(), 1..=1u64 << 32, 0..=1u64 << 32).prop_map(|(mtu, a, b)| Role::Outbound {
            mtu,
            next: a.min(b).max(1),
            limit: a.max(b)
        }),
        (1..=1024u16, 0..1u64 << 32).prop_map(|(window, highest)| Role::Inbound { window, highest }),
    ];
    // The limit of a recorded SA is the device's affair.
    let role = (role, any::<bool>()).prop_map(|(role, recorded)| match role {
        Role::Outbound { mtu, next, .. } if recorded => (Role::Outbound { mtu, next, limit: 0 }, true),
        role => (role, recorded),
    });
    (256..=u32::MAX, any::<bool>(), key, any::<[u8; 4]>(), any::<bool>(), udp, endpoints, any::<u8>(), role).prop_map(
        |(spi, tunnel, key, salt, esn, udp, endpoints, hop_limit, (role, recorded))| {
            let mode = if tunnel { Mode::Tunnel } else { Mode::Transport };
            SaConfig { spi, mode, key, salt, esn, udp, endpoints, hop_limit, role, recorded }
        },
    )
}

proptest! {
    #![proptest_config(cases(500))]
    #[test]
    fn rules_survive_their_words(config in rule_configs()) {
        prop_assert_eq!(RuleConfig::from_words(&config.to_words(), 32), Ok(Some(config)));
    }

    #[test]
    fn sas_survive_their_words(config in sa_configs()) {
        prop_assert_eq!(SaConfig::from_words(config.direction(), &config.to_words(), 1024), Ok(config.clone()));
        let wanted = if config.recorded { Err(Refusal::Pair) } else { Ok(()) };
        prop_assert_eq!(device().install(0, &config), wanted);
    }

    #[test]
    fn accepted_words_say_all_there_is(words in any::<[u32; sa::WORDS]>(), inbound in any::<bool>()) {
        let direction = if inbound { Inbound } else { Outbound };
        // Random words are nearly always refused; with these bits cleared more pass.
        let mut words = words;
        words[sa::FLAGS] &= 0x03ff_ff1f;
        words[sa::FLAGS] |= sa::flags::IPV6 | sa::flags::AES256 | sa::flags::UDP | sa::flags::ESN;
        if inbound {
            set64(&mut words, sa::LIMIT, 0);
        }
        if let Ok(config) = SaConfig::from_words(direction, &words, 1024) {
            prop_assert_eq!(*config.to_words(), words);
        }
    }
}
