//! Against the rules that are searched one after the other, whose own tests hold them against their meaning; and against their own Verilog.
use super::WideRules;
use crate::check::Bench;
use crate::policy::Rules;
use crate::prelude::*;
use holdfast_registers::rule::{self, flags};
use rand::{rngs::StdRng, Rng, SeedableRng};

#[derive(Clone, Copy, Debug)]
struct Packet {
    ipv6: bool,
    source: u128,
    destination: u128,
    protocol: u8,
    ports: [Option<u16>; 2],
}

type Rule = [u32; rule::WORDS];

/// A rule as a commit would accept it, of few different values, so that rules overlap.
fn any_rule(random: &mut StdRng) -> Rule {
    let mut rule: Rule = random.gen();
    let (family, most) = [(flags::IPV4, 32), (flags::IPV6, 128), (flags::IPV4 | flags::IPV6, 0)][random.gen_range(0..3)];
    rule[0] = flags::VALID | family | random.gen_range(0..3) << flags::ACTION_SHIFT | random.gen_range(0..256) << flags::SA_SHIFT;
    rule[0] |= [6, 17, 58, 50][random.gen_range(0..4)] << flags::PROTOCOL_SHIFT | flags::ANY_PROTOCOL & random.gen::<u32>();
    let mut length = || [0, most, random.gen_range(0..=most), random.gen_range(0..=most)][random.gen_range(0..4)];
    rule[1] = length() | length() << 8;
    for word in &mut rule[2..4] {
        let (a, b) = (random.gen::<u16>() as u32, random.gen::<u16>() as u32);
        *word = [a << 16 | a, a.max(b) << 16 | a.min(b), 0xffff_0001, 0xfffe_0000][random.gen_range(0..4)];
        if random.gen() {
            *word = 0xffff_0000;
        }
    }
    rule
}

/// A packet at a random place of the rule's prefixes and ranges, and sometimes just outside.
fn near(rule: &Rule, random: &mut StdRng) -> Packet {
    let ipv6 = rule[0] & flags::IPV4 == 0 || (rule[0] & flags::IPV6 != 0 && random.gen());
    let miss = if random.gen() { random.gen_range(0..5) } else { 5 };
    let mut place = |words: &[u32], length: u32, moved: bool| {
        let prefix = words.iter().fold(0u128, |a, w| a << 32 | *w as u128);
        let mask = if length == 0 { 0 } else { u128::MAX << (128 - length) };
        let value = (prefix & mask) | (random.gen::<u128>() & !mask);
        let value = if moved && length > 0 { value ^ 1 << (128 - length + random.gen_range(0..length.min(3))) } else { value };
        if ipv6 {
            value
        } else {
            value >> 96 << 96
        }
    };
    let source = place(&rule[4..8], rule[1] & 0xff, miss == 0);
    let destination = place(&rule[8..12], rule[1] >> 8 & 0xff, miss == 1);
    let mut port = |word: u32, moved: bool| {
        let (low, high) = (word as u16, (word >> 16) as u16);
        match random.gen_range(0..4) {
            _ if moved => [Some(low.wrapping_sub(1)), Some(high.wrapping_add(1)), None][random.gen_range(0..3)],
            0 if word == 0xffff_0000 => None,
            1 => Some(low),
            2 => Some(high),
            _ => Some(random.gen_range(low..=high)),
        }
    };
    let ports = [port(rule[2], miss == 2), port(rule[3], miss == 3)];
    let protocol = (rule[0] >> flags::PROTOCOL_SHIFT) as u8 ^ if miss == 4 { 1 << random.gen_range(0..8) } else { 0 };
    Packet { ipv6, source, destination, protocol, ports }
}

/// Both blocks have the same ports.
macro_rules! drive {
    ($bench:expr, $packet:expr) => {{
        let d = &mut $bench.dut;
        d.ipv6.next = $packet.ipv6;
        for i in 0..4 {
            d.source[i].next = ($packet.source >> (96 - 32 * i) & 0xffff_ffff).to_bits();
            d.destination[i].next = ($packet.destination >> (96 - 32 * i) & 0xffff_ffff).to_bits();
        }
        d.protocol.next = ($packet.protocol as u64).into();
        // What stands at an unknown port must not matter.
        d.source_port.next = ($packet.ports[0].unwrap_or($packet.destination as u16) as u64).into();
        d.destination_port.next = ($packet.ports[1].unwrap_or($packet.source as u16) as u64).into();
        d.source_port_known.next = $packet.ports[0].is_some();
        d.destination_port_known.next = $packet.ports[1].is_some();
        // The first pair is read anew after `done`, and after it was written.
        $bench.cycle();
        $bench.dut.start.next = true;
        $bench.cycle();
        $bench.dut.start.next = false;
        let mut clocks = 1;
        while !$bench.dut.done.val() {
            assert!($bench.dut.busy.val());
            $bench.cycle();
            clocks += 1;
        }
        let d = &$bench.dut;
        (d.hit.val().then(|| (u64::from(d.action.val()), u64::from(d.sa.val()))), clocks)
    }};
}

macro_rules! word {
    ($bench:expr, $index:expr, $word:expr, $data:expr) => {{
        $bench.dut.write.next = true;
        $bench.dut.write_rule.next = ($index as u64).into();
        $bench.dut.write_word.next = ($word as u64).into();
        $bench.dut.write_data.next = ($data as u64).into();
        $bench.cycle();
        $bench.dut.write.next = false;
    }};
}

struct Rig {
    wide: Bench<WideRules>,
    plain: Bench<Rules>,
    valid: Vec<bool>,
}

impl Rig {
    fn new(name: &str, rules: usize) -> Self {
        let mut wide = Bench::new(name, WideRules::new(rules), |d| &mut d.clock);
        let mut plain = Bench::new(&format!("{name}_plain"), Rules::new(rules), |d| &mut d.clock);
        wide.dut.reset.next = true;
        wide.cycle();
        wide.dut.reset.next = false;
        plain.dut.reset.next = true;
        plain.cycle();
        plain.dut.reset.next = false;
        Self { wide, plain, valid: vec![false; rules] }
    }

    fn word(&mut self, index: usize, word: usize, data: u32) {
        word!(self.wide, index, word, data);
        word!(self.plain, index, word, data);
    }

    /// The last word first, as a commit does not; the first one last, so that it is valid when it is whole.
    fn write(&mut self, index: usize, rule: Rule) {
        for word in (0..rule::WORDS).rev() {
            self.word(index, word, rule[word]);
        }
        self.valid[index] = rule[0] & flags::VALID != 0;
    }

    /// Searches; answers whether a rule was hit, and the clocks from `start` to `done`.
    fn check(&mut self, packet: &Packet) -> (bool, usize) {
        let (expected, _) = drive!(self.plain, packet);
        let (found, clocks) = drive!(self.wide, packet);
        assert_eq!(found, expected, "{packet:x?}");
        assert!(clocks <= 3 + self.valid.len() / 2, "{clocks} clocks");
        (found.is_some(), clocks)
    }

    fn finish(self) {
        self.wide.finish();
        self.plain.finish();
    }
}

#[test]
fn the_first_rule_that_matches_is_that_of_the_slow_search() {
    for (rules, rounds) in [(16, 30), (4, 10), (2, 10), (128, 2)] {
        let mut random = StdRng::seed_from_u64(81);
        let mut rig = Rig::new(&format!("wide_rules_{rules}"), rules);
        let mut table = vec![Rule::default(); rules];
        for (index, rule) in table.iter().enumerate() {
            rig.word(index, 0, rule[0]);
        }
        let mut hits = [0; 2];
        for _ in 0..rounds {
            for (index, rule) in table.iter_mut().enumerate() {
                // Rules that were there and are not any more leave their words in the memory.
                if random.gen_bool(0.3) {
                    rule[0] &= !flags::VALID;
                    rig.word(index, 0, rule[0]);
                } else if random.gen_bool(0.5) {
                    *rule = any_rule(&mut random);
                    rig.write(index, *rule);
                }
            }
            for _ in 0..30 {
                let near_what = table[random.gen_range(0..rules)];
                let rule = if near_what[0] & flags::VALID != 0 { near_what } else { any_rule(&mut random) };
                hits[rig.check(&near(&rule, &mut random)).0 as usize] += 1;
            }
        }
        // Among many there is one for everything.
        assert!(hits[1] > rounds && (rules == 128 || hits[0] > rounds), "{rules} rules: {hits:?}");
        rig.finish();
    }
}

#[test]
fn every_prefix_length_ends_at_its_bit() {
    let mut random = StdRng::seed_from_u64(82);
    let mut rig = Rig::new("wide_rules_prefix", 16);
    for index in 0..16 {
        rig.word(index, 0, 0);
    }
    for (ipv6, bits) in [(false, 32), (true, 128)] {
        for length in 0..=bits {
            let (index, swap) = (14 + length as usize % 2, random.gen::<bool>());
            let mut rule: Rule = random.gen();
            rule[0] = flags::VALID | flags::ANY_PROTOCOL | if ipv6 { flags::IPV6 } else { flags::IPV4 };
            (rule[1], rule[2], rule[3]) = (if swap { length << 8 } else { length }, 0xffff_0000, 0xffff_0000);
            rig.write(index, rule);
            let address = |words: &[u32]| words.iter().fold(0u128, |a, w| a << 32 | *w as u128);
            let packet = Packet { ipv6, source: address(&rule[4..8]), destination: address(&rule[8..]), protocol: 6, ports: [None; 2] };
            assert!(rig.check(&packet).0);
            for bit in [length.wrapping_sub(1), length].into_iter().filter(|bit| *bit < bits) {
                let mut packet = packet;
                *(if swap { &mut packet.destination } else { &mut packet.source }) ^= 1 << (127 - bit);
                assert_eq!(rig.check(&packet).0, bit == length, "length {length} bit {bit}");
            }
            rig.word(index, 0, 0);
        }
    }
    rig.finish();
}

#[test]
fn clocks_of_a_search() {
    let mut random = StdRng::seed_from_u64(83);
    let mut rig = Rig::new("wide_rules_rate", 16);
    let mut rule: Rule = random.gen();
    rule[0] = flags::VALID | flags::IPV4 | 6 << flags::PROTOCOL_SHIFT;
    (rule[1], rule[2], rule[3]) = (32, 0xffff_0000, 0xffff_0000);
    for index in 0..16 {
        rule[4] = index as u32;
        rig.write(index, rule);
    }
    for index in [0, 1, 2, 15, 16] {
        let packet = Packet { ipv6: false, source: (index as u128) << 96, destination: 0, protocol: 6, ports: [None; 2] };
        let (hit, clocks) = rig.check(&packet);
        println!("rule {index} of 16 valid ones: {clocks} clocks");
        assert_eq!((hit, clocks), (index < 16, 4 + index.min(15) / 2));
    }
    rig.finish();
}
