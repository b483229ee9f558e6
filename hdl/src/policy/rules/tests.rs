//! The rules against their meaning written down directly, and against their own Verilog.
use super::Rules;
use crate::check::Bench;
use crate::prelude::*;
use holdfast_registers::rule::{self, flags};

/// SplitMix64.
fn random(mut state: u64) -> impl FnMut() -> u64 {
    println!("seed {state:#x}");
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[derive(Clone, Copy, Debug)]
struct Packet {
    ipv6: bool,
    source: u128,
    destination: u128,
    protocol: u8,
    source_port: Option<u16>,
    destination_port: Option<u16>,
}

type Rule = [u32; rule::WORDS];

/// An address as it stands in words: IPv4 in the upper 32 of the 128 bits.
fn address(words: &[u32]) -> u128 {
    words.iter().fold(0, |a, w| a << 32 | *w as u128)
}

fn within(address: u128, prefix: u128, length: u32) -> bool {
    length == 0 || (address ^ prefix) >> (128 - length) == 0
}

fn in_range(port: Option<u16>, word: u32) -> bool {
    let (low, high) = (word as u16, (word >> 16) as u16);
    match port {
        Some(port) => (low..=high).contains(&port),
        None => (low, high) == (0, 0xffff),
    }
}

fn matches(rule: &Rule, packet: &Packet) -> bool {
    let family = if packet.ipv6 { flags::IPV6 } else { flags::IPV4 };
    rule[0] & flags::VALID != 0
        && rule[0] & family != 0
        && within(packet.source, address(&rule[4..8]), rule[1] & 0xff)
        && within(packet.destination, address(&rule[8..12]), rule[1] >> 8 & 0xff)
        && (rule[0] & flags::ANY_PROTOCOL != 0 || (rule[0] >> flags::PROTOCOL_SHIFT) as u8 == packet.protocol)
        && in_range(packet.source_port, rule[2])
        && in_range(packet.destination_port, rule[3])
}

/// A packet that the rule matches: its fields at random places of the rule's prefixes and ranges.
fn member(rule: &Rule, next: &mut impl FnMut() -> u64) -> Packet {
    let ipv6 = rule[0] & flags::IPV4 == 0 || (rule[0] & flags::IPV6 != 0 && next() % 2 == 0);
    let mut place = |words: &[u32], length: u32| {
        let free = (next() as u128) << 64 | next() as u128;
        let mask = if length == 0 { 0 } else { u128::MAX << (128 - length) };
        let value = (address(words) & mask) | (free & !mask);
        if ipv6 {
            value
        } else {
            value >> 96 << 96
        }
    };
    let source = place(&rule[4..8], rule[1] & 0xff);
    let destination = place(&rule[8..12], rule[1] >> 8 & 0xff);
    let mut port = |word: u32| {
        let (low, high) = (word & 0xffff, word >> 16);
        match next() % 4 {
            0 if word == 0xffff_0000 => None,
            1 => Some(low as u16),
            2 => Some(high as u16),
            _ => Some((low + next() as u32 % (high - low + 1)) as u16),
        }
    };
    let (source_port, destination_port) = (port(rule[2]), port(rule[3]));
    let protocol = if rule[0] & flags::ANY_PROTOCOL != 0 { next() as u8 } else { (rule[0] >> flags::PROTOCOL_SHIFT) as u8 };
    Packet { ipv6, source, destination, protocol, source_port, destination_port }
}

/// The same packet with one field moved a little, mostly just out of the rule.
fn nudge(packet: &mut Packet, rule: &Rule, next: &mut impl FnMut() -> u64) {
    let lowest = if packet.ipv6 { 0 } else { 96 };
    let near = |length: u32, step: u64| (127 - (length as i64 - 1 + step as i64 % 3 - 1).clamp(0, 127 - lowest)) as u32;
    match next() % 8 {
        0 => packet.source ^= 1 << near(rule[1] & 0xff, next()),
        1 => packet.destination ^= 1 << near(rule[1] >> 8 & 0xff, next()),
        2 => packet.protocol ^= 1 << (next() % 8),
        3 => packet.source_port = Some((rule[2] as u16).wrapping_sub(1)),
        4 => packet.source_port = Some(((rule[2] >> 16) as u16).wrapping_add(1)),
        5 => packet.destination_port = Some((rule[3] as u16).wrapping_sub(next() as u16 % 2)),
        6 => packet.destination_port = Some(((rule[3] >> 16) as u16).wrapping_add(next() as u16 % 2)),
        _ => {
            packet.source_port = packet.source_port.filter(|_| next() % 2 == 0);
            packet.destination_port = packet.destination_port.filter(|_| next() % 2 == 0);
        }
    }
}

struct Rig {
    bench: Bench<Rules>,
    rules: Vec<Rule>,
}

impl Rig {
    fn new(name: &str, rules: usize) -> Self {
        let mut bench = Bench::new(name, Rules::new(rules), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        Self { bench, rules: vec![Default::default(); rules] }
    }

    fn word(&mut self, index: usize, word: usize, data: u32) {
        self.bench.dut.write.next = true;
        self.bench.dut.write_rule.next = (index as u64).into();
        self.bench.dut.write_word.next = (word as u64).into();
        self.bench.dut.write_data.next = (data as u64).into();
        self.bench.cycle();
        self.bench.dut.write.next = false;
    }

    fn write(&mut self, index: usize, rule: Rule) {
        self.rules[index] = rule;
        for word in (0..rule::WORDS).rev() {
            self.word(index, word, rule[word]);
        }
    }

    /// Searches; answers the index of the rule that hit.
    fn check(&mut self, packet: &Packet) -> Option<usize> {
        let expected = self.rules.iter().position(|r| matches(r, packet));
        let dut = &mut self.bench.dut;
        assert!(!dut.busy.val());
        dut.ipv6.next = packet.ipv6;
        for i in 0..4 {
            dut.source[i].next = (packet.source >> (96 - 32 * i) & 0xffff_ffff).to_bits();
            dut.destination[i].next = (packet.destination >> (96 - 32 * i) & 0xffff_ffff).to_bits();
        }
        dut.protocol.next = (packet.protocol as u64).into();
        // What stands at an unknown port must not matter.
        dut.source_port.next = (packet.source_port.unwrap_or(packet.destination as u16) as u64).into();
        dut.destination_port.next = (packet.destination_port.unwrap_or(packet.source as u16) as u64).into();
        dut.source_port_known.next = packet.source_port.is_some();
        dut.destination_port_known.next = packet.destination_port.is_some();
        dut.start.next = true;
        self.bench.cycle();
        self.bench.dut.start.next = false;
        let mut cycles = 1;
        while !self.bench.dut.done.val() {
            assert!(self.bench.dut.busy.val() && cycles <= 3 * self.rules.len() + 4);
            self.bench.cycle();
            cycles += 1;
        }
        let looked_at = &self.rules[..expected.map_or(self.rules.len(), |n| n + 1)];
        let rows: usize = looked_at.iter().map(|r| if r[0] & flags::VALID != 0 { 3 } else { 1 }).sum();
        assert!(cycles <= rows + 4, "{cycles} cycles for {rows} rows");
        let dut = &self.bench.dut;
        assert_eq!(dut.hit.val(), expected.is_some(), "rules {:#x?}\n{packet:x?}\nexpected {expected:?}", self.rules);
        if let Some(index) = expected {
            let word = self.rules[index][0];
            assert_eq!(dut.action.val(), (word >> flags::ACTION_SHIFT & 3) as u64, "rule {index}");
            assert_eq!(dut.sa.val(), (word >> flags::SA_SHIFT) as u64, "rule {index}");
        }
        expected
    }
}

/// A rule as a commit would accept it, of few different values, so that rules overlap.
fn any_rule(next: &mut impl FnMut() -> u64) -> Rule {
    let mut rule = [0; rule::WORDS];
    let family = match next() % 5 {
        0 | 1 => flags::IPV4,
        2 | 3 => flags::IPV6,
        _ => flags::IPV4 | flags::IPV6,
    };
    rule[0] = flags::VALID | family | (next() as u32 % 3) << flags::ACTION_SHIFT | (next() as u32 & 0xff) << flags::SA_SHIFT;
    rule[0] |= [6, 17, 58, 50][next() as usize % 4] << flags::PROTOCOL_SHIFT;
    rule[0] |= flags::ANY_PROTOCOL & (next() as u32);
    let most = [0, 32, 128, 0][(family >> 1) as usize % 4];
    let mut length = || match next() % 4 {
        0 => 0,
        1 => most,
        _ => next() as u32 % (most + 1),
    };
    rule[1] = length() | length() << 8;
    for ports in [2, 3] {
        let (a, b) = (next() as u32 & 0xffff, next() as u32 & 0xffff);
        rule[ports] = match next() % 8 {
            0 => a << 16 | a,
            1 => a.max(b) << 16 | a.min(b),
            2 => 0xffff_0001,
            3 => 0xfffe_0000,
            _ => 0xffff_0000,
        };
    }
    for word in &mut rule[4..12] {
        *word = next() as u32;
    }
    rule
}

#[test]
fn random_rules_match_as_the_contract_says() {
    let (hits, misses) = random_rules(16, 40);
    assert!(hits.iter().all(|n| *n > 5) && misses > 100, "hits {hits:?} misses {misses}");
}

#[test]
fn fewer_rules_and_more() {
    for rules in [2, 64] {
        let (hits, misses) = random_rules(rules, 8);
        assert!(hits.iter().filter(|n| **n > 0).count() > rules / 3 && misses > 0, "hits {hits:?} misses {misses}");
    }
}

/// How often each rule hit, and none.
fn random_rules(rules: usize, rounds: u64) -> (Vec<u32>, u32) {
    let mut rig = Rig::new(&format!("rules_random_{rules}"), rules);
    let mut next = random(0x5e1e_c701);
    let (mut hits, mut misses) = (vec![0; rules], 0);
    for round in 0..rounds {
        for index in 0..rules {
            // Sparse policies, dense ones, and rules that were there and are not any more, with their words left in the memory.
            if next() % 3 == 0 {
                rig.rules[index][0] &= !flags::VALID;
                let word = rig.rules[index][0];
                rig.word(index, 0, word);
            } else if next() % 8 > round % 8 {
                let rule = any_rule(&mut next);
                rig.write(index, rule);
            }
        }
        for _ in 0..40 {
            let index = next() as usize % rules;
            let rule = if rig.rules[index][0] & flags::VALID != 0 { rig.rules[index] } else { any_rule(&mut next) };
            let mut packet = member(&rule, &mut next);
            assert!(matches(&rule, &packet));
            for _ in 0..next() % 3 {
                nudge(&mut packet, &rule, &mut next);
            }
            match rig.check(&packet) {
                Some(index) => hits[index] += 1,
                None => misses += 1,
            }
        }
    }
    rig.bench.finish();
    (hits, misses)
}

#[test]
fn every_prefix_length_ends_at_its_bit() {
    let mut rig = Rig::new("rules_prefix", 16);
    let mut next = random(0x9f1);
    for ipv6 in [false, true] {
        let bits = if ipv6 { 128 } else { 32 };
        for length in 0..=bits {
            let mut rule = any_rule(&mut next);
            rule[0] = flags::VALID | flags::ANY_PROTOCOL | if ipv6 { flags::IPV6 } else { flags::IPV4 };
            (rule[2], rule[3]) = (0xffff_0000, 0xffff_0000);
            let swap = length % 2 == 1;
            rule[1] = if swap { length << 8 } else { length };
            rig.write(15, rule);
            let packet = member(&rule, &mut next);
            assert_eq!(rig.check(&packet), Some(15));
            for (bit, hit) in [(length.wrapping_sub(1), false), (length, true), (0, length == 0)] {
                if bit < bits {
                    let mut packet = packet;
                    *(if swap { &mut packet.destination } else { &mut packet.source }) ^= 1 << (127 - bit);
                    assert_eq!(rig.check(&packet), hit.then_some(15), "length {length} bit {bit}");
                }
            }
        }
    }
    rig.bench.finish();
}

#[test]
fn port_ranges_at_their_ends() {
    let mut rig = Rig::new("rules_ports", 16);
    let packet = Packet { ipv6: false, source: 1 << 96, destination: 2 << 96, protocol: 6, source_port: None, destination_port: None };
    for field in [2, 3] {
        for (low, high) in [(0u32, 0xffffu32), (0, 0), (0, 0xfffe), (1, 0xffff), (0xffff, 0xffff), (80, 80), (0x7fff, 0x8000), (255, 256)] {
            let mut rule = [0; rule::WORDS];
            rule[0] = flags::VALID | flags::IPV4 | 6 << flags::PROTOCOL_SHIFT | rule::action::PROTECT << flags::ACTION_SHIFT;
            (rule[2], rule[3]) = (0xffff_0000, 0xffff_0000);
            rule[field] = high << 16 | low;
            rig.write(0, rule);
            let around = [low.wrapping_sub(1), low, low + 1, high.wrapping_sub(1), high, high + 1, 0, 0xffff];
            for port in around.map(|p| Some(p as u16)).into_iter().chain([None]) {
                let mut packet = packet;
                *(if field == 2 { &mut packet.source_port } else { &mut packet.destination_port }) = port;
                let inside = port.map_or((low, high) == (0, 0xffff), |p| (low..=high).contains(&(p as u32)));
                assert_eq!(rig.check(&packet), inside.then_some(0), "range {low}..={high} port {port:?}");
            }
        }
    }
    rig.bench.finish();
}

#[test]
fn no_rule_is_valid_after_a_clearing_and_words_beyond_a_rule_are_ignored() {
    let mut rig = Rig::new("rules_reset", 16);
    let packet = Packet { ipv6: true, source: 5, destination: 6, protocol: 59, source_port: None, destination_port: None };
    assert_eq!(rig.check(&packet), None);
    let mut all = [0; rule::WORDS];
    all[0] = flags::VALID | flags::IPV6 | flags::ANY_PROTOCOL | rule::action::PROTECT << flags::ACTION_SHIFT | 7 << flags::SA_SHIFT;
    (all[2], all[3]) = (0xffff_0000, 0xffff_0000);
    for index in [15, 3, 0] {
        rig.write(index, all);
        assert_eq!(rig.check(&packet), Some(index));
    }
    for word in 12..32 {
        rig.word(0, word, 0);
    }
    assert_eq!(rig.check(&packet), Some(0));
    rig.bench.dut.reset.next = true;
    rig.bench.cycle();
    rig.bench.dut.reset.next = false;
    for index in 0..16 {
        rig.word(index, 0, 0);
    }
    rig.rules = vec![Default::default(); 16];
    assert_eq!(rig.check(&packet), None);
    rig.bench.finish();
}
