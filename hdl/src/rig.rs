//! What the tests of a direction share: a source and a sink of AXI4-Stream frames with random pauses, and random SAs and rules.
use crate::prelude::*;
use holdfast_registers::{map::policy, rule, sa};
use rand::{rngs::StdRng, Rng};

/// A beat on the bus.
pub struct Beat {
    pub data: Bits<128>,
    pub keep: u64,
    pub last: bool,
}

/// Cuts frames into beats.
pub fn beats(frame: &[u8]) -> Vec<Beat> {
    let count = frame.chunks(16).count();
    let beat = |(i, c): (usize, &[u8])| Beat {
        data: c.iter().rev().fold(0u128, |w, b| (w << 8) | *b as u128).to_bits(),
        keep: (1 << c.len()) - 1,
        last: i + 1 == count,
    };
    frame.chunks(16).enumerate().map(beat).collect()
}

/// Puts a beat's bytes behind a frame.
pub fn append(frame: &mut Vec<u8>, data: Bits<128>, keep: u64) {
    let data = data.to_u128();
    frame.extend((0..16).filter(|i| keep >> i & 1 == 1).map(|i| (data >> (8 * i)) as u8));
}

/// Default rules as after reset.
pub const POLICY: u32 = policy::RESET;

/// A random SA record; addresses from the range that `traffic` uses, so that frames meet it.
pub fn sa(random: &mut StdRng, inbound: bool, spi: u32) -> [u32; sa::WORDS] {
    let mut words = [0; sa::WORDS];
    let (ipv6, esn, udp, aes256) = (random.gen(), random.gen(), random.gen_bool(0.3), random.gen());
    words[sa::FLAGS] = [
        (random.gen(), sa::flags::TUNNEL),
        (aes256, sa::flags::AES256),
        (esn, sa::flags::ESN),
        (udp, sa::flags::UDP),
        (ipv6, sa::flags::IPV6),
    ]
    .iter()
    .filter(|(set, _)| *set)
    .map(|(_, bit)| bit)
    .sum::<u32>()
        | 64 << sa::flags::HOP_LIMIT_SHIFT;
    words[sa::SPI] = spi;
    words[sa::SALT] = random.gen();
    words[sa::PORTS] = if udp { 4500 << 16 | 4500 } else { 0 };
    for key in &mut words[sa::KEY..sa::KEY + if aes256 { 8 } else { 4 }] {
        *key = random.gen();
    }
    for (at, last) in [(sa::LOCAL, 1u32), (sa::REMOTE, 2)] {
        if ipv6 {
            words[at..at + 4].copy_from_slice(&[0xfd90_0000, 0, 0, last]);
        } else {
            words[at] = 0x0a5a_0000 | last;
        }
    }
    let near_wrap = esn && random.gen_bool(0.3);
    words[sa::SEQUENCE] = if near_wrap { 0xffff_fffd } else { random.gen_range(1..1000) };
    words[sa::SEQUENCE + 1] = if near_wrap { random.gen_range(0..3) } else { 0 };
    if inbound {
        words[sa::FLAGS] |= random.gen_range(1..=1024u32) << sa::flags::WINDOW_SHIFT;
    } else {
        words[sa::FLAGS] |= if random.gen_bool(0.3) { random.gen_range(60..200u32) } else { 0 } << sa::flags::WINDOW_SHIFT;
        let limit = ((words[sa::SEQUENCE + 1] as u64) << 32 | words[sa::SEQUENCE] as u64) + if random.gen_bool(0.2) { 3 } else { 100_000 };
        words[sa::LIMIT..].copy_from_slice(&[limit as u32, (limit >> 32) as u32]);
    }
    words
}

/// A rule for everything of both families.
pub fn any_rule(action: u32, index: u32) -> [u32; rule::WORDS] {
    let mut words = [0; rule::WORDS];
    words[rule::FLAGS] = rule::flags::VALID
        | rule::flags::IPV4
        | rule::flags::IPV6
        | rule::flags::ANY_PROTOCOL
        | action << rule::flags::ACTION_SHIFT
        | index << rule::flags::SA_SHIFT;
    words[rule::SOURCE_PORTS] = 0xffff_0000;
    words[rule::DESTINATION_PORTS] = 0xffff_0000;
    words
}

/// A rule for one protocol.
pub fn protocol_rule(action: u32, index: u32, protocol: u8) -> [u32; rule::WORDS] {
    let mut words = any_rule(action, index);
    words[rule::FLAGS] = words[rule::FLAGS] & !rule::flags::ANY_PROTOCOL | (protocol as u32) << rule::flags::PROTOCOL_SHIFT;
    words
}
