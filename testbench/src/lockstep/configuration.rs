//! Random SAs and rules, as staged words.

use super::packet;
use crate::engine::Sizes;
use holdfast_registers::{rule, sa};
use rand::seq::SliceRandom;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::net::IpAddr;

/// Words of an SA.
pub type SaWords = [u32; sa::WORDS];
/// Words of a rule.
pub type RuleWords = [u32; rule::WORDS];

/// Installed SAs and rules, by index.
#[derive(Clone, Default)]
pub struct Configuration {
    pub outbound: Vec<(usize, SaWords)>,
    pub inbound: Vec<(usize, SaWords)>,
    pub outbound_rules: Vec<RuleWords>,
    pub inbound_rules: Vec<RuleWords>,
}

/// A valid configuration of a device of these sizes.
pub fn configuration(random: &mut ChaCha8Rng, sizes: Sizes) -> Configuration {
    let mut indices: Vec<usize> = (0..sizes.sas).collect();
    indices.shuffle(random);
    let outbound: Vec<_> = (0..random.gen_range(2..most(sizes, 40)).min(sizes.sas)).map(|i| (indices[i], outbound_sa(random))).collect();
    indices.shuffle(random);
    let mut inbound: Vec<(usize, SaWords)> = Vec::new();
    let count = random.gen_range(2..most(sizes, 200));
    for (i, index) in indices.iter().take(count).enumerate() {
        // The SPI makes each one unique, whatever its address.
        let spi = 0x2000 + random.gen_range(0..40) * most(sizes, 256).next_power_of_two().max(16) as u32 + i as u32;
        inbound.push((*index, inbound_sa(random, spi, sizes)));
    }
    let mut outbound_rules: Vec<_> = (0..rules(random, sizes)).map(|_| any_rule(random, &outbound, sizes)).collect();
    outbound_rules.push(last_rule(random, &outbound, sizes));
    let mut inbound_rules: Vec<_> = (0..rules(random, sizes)).map(|_| any_rule(random, &inbound, sizes)).collect();
    inbound_rules.push(last_rule(random, &inbound, sizes));
    Configuration { outbound, inbound, outbound_rules, inbound_rules }
}

/// More SAs than these are not installed: a few, so that each meets many packets; of a large device, `many`.
fn most(sizes: Sizes, many: usize) -> usize {
    if sizes.sas > 32 {
        many
    } else {
        7
    }
}

/// Rules before the last one.
fn rules(random: &mut ChaCha8Rng, sizes: Sizes) -> usize {
    random.gen_range(2..sizes.rules.max(4) - 1).min(sizes.rules - 1)
}

fn common(random: &mut ChaCha8Rng, spi: u32) -> SaWords {
    let mut words = [0; sa::WORDS];
    let (ipv6, aes256, udp) = (random.gen_ratio(2, 5), random.gen(), random.gen_ratio(1, 3));
    let flag = |set: bool, bit: u32| if set { bit } else { 0 };
    words[sa::FLAGS] = flag(random.gen_ratio(3, 5), sa::flags::TUNNEL)
        | flag(aes256, sa::flags::AES256)
        | flag(random.gen(), sa::flags::ESN)
        | flag(udp, sa::flags::UDP)
        | flag(ipv6, sa::flags::IPV6);
    words[sa::SPI] = spi;
    words[sa::SALT] = random.gen();
    if udp {
        words[sa::PORTS] = 4500 << 16 | 4500;
    }
    for word in &mut words[sa::KEY..sa::KEY + if aes256 { 8 } else { 4 }] {
        *word = random.gen();
    }
    put_address(&mut words, sa::LOCAL, packet::address(random, ipv6));
    put_address(&mut words, sa::REMOTE, packet::address(random, ipv6));
    words
}

/// A sequence number: mostly low, sometimes where a half is about to wrap.
fn start(random: &mut ChaCha8Rng, esn: bool) -> u64 {
    match random.gen_range(0..6) {
        0 => 0xffff_fff0 + random.gen_range(0..14),
        1 if esn => (random.gen_range(1..5u64) << 32) - random.gen_range(1..20),
        2 => random.gen_range(1..5000),
        3 if esn => random.gen_range(1..u64::MAX / 2),
        _ => 1,
    }
}

fn outbound_sa(random: &mut ChaCha8Rng) -> SaWords {
    let spi = random.gen_range(0x100..0xffff_ffff);
    let mut words = common(random, spi);
    words[sa::FLAGS] |= random.gen_range(1..255) << sa::flags::HOP_LIMIT_SHIFT;
    if random.gen_ratio(1, 4) {
        words[sa::FLAGS] |= random.gen_range(40..1500) << sa::flags::WINDOW_SHIFT;
    }
    let esn = words[sa::FLAGS] & sa::flags::ESN != 0;
    let next = start(random, esn);
    let most = if esn { u64::MAX } else { 1 << 32 };
    let limit = if random.gen_ratio(1, 5) { (next + random.gen_range(0..20)).min(most) } else { most };
    put_u64(&mut words, sa::SEQUENCE, next.min(limit));
    put_u64(&mut words, sa::LIMIT, limit);
    words
}

fn inbound_sa(random: &mut ChaCha8Rng, spi: u32, sizes: Sizes) -> SaWords {
    let mut words = common(random, spi);
    let esn = words[sa::FLAGS] & sa::flags::ESN != 0;
    let windows: &[u32] = if esn { &[1, 32, 64, 100, 1000, 1024] } else { &[0, 1, 31, 64, 128, 1024] };
    words[sa::FLAGS] |= (*windows.choose(random).expect("not empty")).min(sizes.window as u32) << sa::flags::WINDOW_SHIFT;
    put_u64(&mut words, sa::SEQUENCE, start(random, esn));
    words
}

fn flags_of(family: Option<bool>) -> u32 {
    match family {
        None => rule::flags::IPV4 | rule::flags::IPV6,
        Some(false) => rule::flags::IPV4,
        Some(true) => rule::flags::IPV6,
    }
}

fn any_rule(random: &mut ChaCha8Rng, sas: &[(usize, SaWords)], sizes: Sizes) -> RuleWords {
    let mut words = [0; rule::WORDS];
    let family = if random.gen_ratio(1, 6) { None } else { Some(random.gen_ratio(2, 5)) };
    words[rule::FLAGS] = flags_of(family) | action(random, sas, sizes);
    if !random.gen_ratio(1, 12) {
        words[rule::FLAGS] |= rule::flags::VALID;
    }
    if random.gen_ratio(2, 5) {
        words[rule::FLAGS] |= rule::flags::ANY_PROTOCOL;
    }
    words[rule::FLAGS] |= u32::from(packet::protocol(random, family == Some(true))) << rule::flags::PROTOCOL_SHIFT;
    if let Some(ipv6) = family {
        let most: u32 = if ipv6 { 128 } else { 32 };
        let length = |random: &mut ChaCha8Rng| *[0, 0, 1, 8, 16, 24, 30, 31, 32, 33, 64, 127, 128].choose(random).expect("not empty");
        let (source, destination) = (length(random).min(most), length(random).min(most));
        words[rule::PREFIXES] = source | destination << 8;
        put(&mut words[rule::SOURCE..], packet::address(random, ipv6));
        put(&mut words[rule::DESTINATION..], packet::address(random, ipv6));
    }
    words[rule::SOURCE_PORTS] = ports(random);
    words[rule::DESTINATION_PORTS] = ports(random);
    words
}

/// Catches what is left, so that not everything ends as `no_policy`.
fn last_rule(random: &mut ChaCha8Rng, sas: &[(usize, SaWords)], sizes: Sizes) -> RuleWords {
    let mut words = [0; rule::WORDS];
    words[rule::FLAGS] = rule::flags::VALID | flags_of(None) | rule::flags::ANY_PROTOCOL | action(random, sas, sizes);
    words[rule::SOURCE_PORTS] = 0xffff << 16;
    words[rule::DESTINATION_PORTS] = 0xffff << 16;
    words
}

fn action(random: &mut ChaCha8Rng, sas: &[(usize, SaWords)], sizes: Sizes) -> u32 {
    match random.gen_range(0..8) {
        0 => rule::action::DISCARD << rule::flags::ACTION_SHIFT,
        1 => rule::action::BYPASS << rule::flags::ACTION_SHIFT,
        2 => rule::action::PROTECT << rule::flags::ACTION_SHIFT | random.gen_range(0..sizes.sas as u32) << rule::flags::SA_SHIFT,
        _ => {
            let (index, _) = sas.choose(random).expect("not empty");
            rule::action::PROTECT << rule::flags::ACTION_SHIFT | (*index as u32) << rule::flags::SA_SHIFT
        }
    }
}

fn ports(random: &mut ChaCha8Rng) -> u32 {
    match random.gen_range(0..6) {
        0 => 80 << 16 | 80,
        1 => 1023 << 16,
        2 => 0xffff << 16 | 1024,
        _ => 0xffff << 16,
    }
}

/// Damages a record, so that it is probably refused.
pub fn damage(random: &mut ChaCha8Rng, words: &mut [u32]) {
    for _ in 0..random.gen_range(1..3) {
        let at = random.gen_range(0..words.len());
        match random.gen_range(0..4) {
            0 => words[at] = 0,
            1 => words[at] = random.gen(),
            _ => words[at] ^= 1 << random.gen_range(0..32),
        }
    }
}

/// The address in four words.
pub fn address_of(words: &SaWords, at: usize) -> IpAddr {
    let bytes: Vec<u8> = words[at..at + 4].iter().flat_map(|word| word.to_be_bytes()).collect();
    if words[sa::FLAGS] & sa::flags::IPV6 != 0 {
        IpAddr::from(<[u8; 16]>::try_from(bytes).expect("four words"))
    } else {
        IpAddr::from(<[u8; 4]>::try_from(&bytes[..4]).expect("one word"))
    }
}

fn put_address(words: &mut SaWords, at: usize, address: IpAddr) {
    put(&mut words[at..at + 4], address);
}

fn put(words: &mut [u32], address: IpAddr) {
    let octets = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    for (word, chunk) in words.iter_mut().zip(octets.chunks(4)) {
        *word = u32::from_be_bytes(chunk.try_into().expect("four bytes"));
    }
}

fn put_u64(words: &mut SaWords, at: usize, value: u64) {
    words[at] = value as u32;
    words[at + 1] = (value >> 32) as u32;
}

/// The 64 bits at two words.
pub fn get_u64(words: &SaWords, at: usize) -> u64 {
    u64::from(words[at + 1]) << 32 | u64::from(words[at])
}
