//! Frames at the host port.

use super::packet::{address, bytes, ethernet, length, protocol, upper, Ip};
use crate::station::{beats, Beat};
use holdfast_registers::wire::{self, protocol as numbers};
use rand::seq::SliceRandom;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// The next frame. `longest` is the port's limit.
pub fn frame(random: &mut ChaCha8Rng, longest: usize) -> Vec<u8> {
    let mut frame = match random.gen_range(0..40) {
        0 => {
            let n = random.gen_range(1..18);
            bytes(random, n)
        }
        1 => {
            let n = (longest + 6 - random.gen_range(0..12)).max(1);
            let mut packet = ip(random, 64);
            packet.payload.resize(n.saturating_sub(60), 0xee);
            let mut frame = packet.frame(random);
            frame.resize(n, 0x55);
            frame
        }
        2 => {
            let n = longest + random.gen_range(1..400);
            bytes(random, n)
        }
        3 => arp(random),
        4 => non_ip(random),
        5..=6 => damaged(random),
        7 => neighbour_discovery(random),
        _ => ip(random, longest.saturating_sub(120)).frame(random),
    };
    // Bytes after the packet's own end.
    if random.gen_ratio(1, 8) {
        let more = random.gen_range(1..30);
        let padding = bytes(random, more);
        frame.extend(padding);
    }
    frame
}

/// An IP packet of any kind, with up to about `most` bytes.
pub fn ip(random: &mut ChaCha8Rng, most: usize) -> Ip {
    let ipv6 = random.gen_ratio(2, 5);
    let number = protocol(random, ipv6);
    let payload = upper(random, number, most);
    let mut packet = Ip::new(address(random, ipv6), address(random, ipv6), number, payload);
    packet.class = random.gen();
    if random.gen_ratio(1, 6) {
        packet.fragment = fragment(random, ipv6);
    }
    if !ipv6 && random.gen_ratio(1, 4) {
        packet.fragment |= 0x4000;
    }
    if random.gen_ratio(1, 6) {
        packet.options = vec![1; 4 * random.gen_range(1..11)];
    }
    if random.gen_ratio(1, 3) {
        packet.extensions = extensions(random);
    }
    packet
}

fn fragment(random: &mut ChaCha8Rng, ipv6: bool) -> u16 {
    match (random.gen_range(0..4), ipv6) {
        (0, false) => 0x2000,
        (1, false) => random.gen_range(1..0x2000),
        (_, false) => random.gen::<u16>() & 0x3fff,
        (0, true) => 1,
        (1, true) => random.gen_range(1..0x2000) << 3,
        // An atomic fragment: neither M nor an offset, but reserved bits.
        (2, true) => random.gen_range(1..4) << 1,
        (_, true) => random.gen(),
    }
}

/// Extension headers: mostly legal, sometimes too many, out of place, or overlong.
pub fn extensions(random: &mut ChaCha8Rng) -> Vec<(u8, Vec<u8>)> {
    let count = *[1, 1, 1, 2, 2, 3, 7, 8, 9].choose(random).expect("not empty");
    let mut list = Vec::new();
    for i in 0..count {
        let number = match random.gen_range(0..8) {
            0 => numbers::HOP_BY_HOP,
            1..=3 => numbers::ROUTING,
            _ => numbers::DESTINATION_OPTIONS,
        };
        let number = if number == numbers::HOP_BY_HOP && i > 0 && random.gen_ratio(2, 3) { numbers::ROUTING } else { number };
        let body = 8 * random.gen_range(1..4) - 2;
        list.push((number, bytes(random, body)));
    }
    list
}

fn arp(random: &mut ChaCha8Rng) -> Vec<u8> {
    let body = bytes(random, 28);
    ethernet(random, wire::ETHERTYPE_ARP, &body)
}

fn non_ip(random: &mut ChaCha8Rng) -> Vec<u8> {
    let ethertype = *[0x88cc, 0x8863, 0x88a8, wire::ETHERTYPE_VLAN, 0x05dc, 0x86de].choose(random).expect("not empty");
    let n = length(random, 200);
    let body = bytes(random, n);
    ethernet(random, ethertype, &body)
}

fn neighbour_discovery(random: &mut ChaCha8Rng) -> Vec<u8> {
    let ipv6 = random.gen_ratio(4, 5);
    let mut payload = vec![random.gen_range(132..139), 0, 0, 0];
    payload.extend(bytes(random, 20));
    let mut packet = Ip::new(address(random, ipv6), address(random, ipv6), numbers::ICMPV6, payload);
    if random.gen_ratio(1, 4) {
        packet.fragment = fragment(random, ipv6);
    }
    packet.frame(random)
}

/// An IP packet with a header field that lies, or cut short.
pub fn damaged(random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut frame = ip(random, 100).frame(random);
    match random.gen_range(0..3) {
        0 => {
            let keep = random.gen_range(1..frame.len() + 1);
            frame.truncate(keep);
        }
        _ => {
            for _ in 0..random.gen_range(1..4) {
                let at = random.gen_range(12..frame.len().min(90));
                frame[at] = if random.gen() { random.gen() } else { frame[at] ^ 1 << random.gen_range(0..8) };
            }
        }
    }
    frame
}

/// A frame as beats, rarely with a broken `tkeep`.
pub fn as_beats(random: &mut ChaCha8Rng, frame: &[u8]) -> Vec<Beat> {
    let mut beats = beats(frame);
    if random.gen_ratio(1, 60) {
        let at = random.gen_range(0..beats.len());
        beats[at].keep = match random.gen_range(0..4) {
            0 => 0,
            1 => 0x00ff,
            2 => 0xfffe,
            _ => random.gen(),
        };
    }
    beats
}
