//! Frames at the network port: genuine ESP of the installed SAs, every way to get it wrong, and clear text.

use super::configuration::{get_u64, SaWords};
use super::esp::{outer, seal, udp_datagram, Contents};
use super::outbound;
use super::packet::{address, bytes, length, upper, Ip};
use holdfast_registers::sa;
use holdfast_registers::wire::protocol;
use rand::seq::SliceRandom;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Frames that are kept to be replayed.
const KEPT: usize = 40;

/// The peers of the inbound SAs.
pub struct Peers {
    sas: Vec<(SaWords, u64)>,
    sent: Vec<Vec<u8>>,
}

impl Peers {
    /// Each begins at the number its SA expects.
    pub fn new(sas: &[(usize, SaWords)]) -> Self {
        Self { sas: sas.iter().map(|(_, words)| (*words, get_u64(words, sa::SEQUENCE))).collect(), sent: Vec::new() }
    }

    /// The next frame. `longest` is the port's limit.
    pub fn frame(&mut self, random: &mut ChaCha8Rng, longest: usize) -> Vec<u8> {
        match random.gen_range(0..20) {
            0..=3 => outbound::frame(random, longest),
            4 => odd_udp(random),
            5..=6 if !self.sent.is_empty() => self.sent.choose(random).expect("not empty").clone(),
            _ => self.esp(random, longest),
        }
    }

    fn esp(&mut self, random: &mut ChaCha8Rng, longest: usize) -> Vec<u8> {
        let which = random.gen_range(0..self.sas.len());
        let words = self.sas[which].0;
        let sequence = self.number(random, which);
        let mut contents = contents(random, &words, sequence, longest.saturating_sub(180));
        let mut spi = words[sa::SPI];
        match random.gen_range(0..24) {
            0 => spi = random.gen_range(0x100..0x3000),
            1 => contents.padding.iter_mut().for_each(|byte| *byte ^= 0x10),
            2 => contents.pad_length = random.gen(),
            3 => contents.pad(random.gen_range(1..60)),
            4 => contents.next_header = *[protocol::NO_NEXT, 0, 255, protocol::ESP].choose(random).expect("not empty"),
            _ => {}
        }
        let mut esp = seal(&words, spi, &contents);
        match random.gen_range(0..24) {
            0..=1 => {
                let at = random.gen_range(0..esp.len());
                esp[at] ^= 1 << random.gen_range(0..8);
            }
            2 => {
                let cut = random.gen_range(1..esp.len().min(40));
                esp.truncate(esp.len() - cut);
            }
            3 => esp.truncate(random.gen_range(0..40).min(esp.len())),
            _ => {}
        }
        let mut packet = outer(random, &words, esp);
        match random.gen_range(0..30) {
            0 => packet.fragment = if packet.is_ipv6() { 1 } else { 0x2000 },
            1 => packet.fragment = if packet.is_ipv6() { 0x100 } else { 0x20 },
            2 => packet.destination = address(random, packet.is_ipv6()),
            3 => packet.options = vec![1; 4 * random.gen_range(1..11)],
            4 => packet.extensions = outbound::extensions(random),
            5 if packet.protocol == protocol::ESP => {
                packet.payload = udp_datagram(random, &packet.payload);
                packet.protocol = protocol::UDP;
            }
            _ => {}
        }
        let frame = packet.frame(random);
        if self.sent.len() < KEPT {
            self.sent.push(frame.clone());
        } else {
            let at = random.gen_range(0..KEPT);
            self.sent[at] = frame.clone();
        }
        frame
    }

    /// Mostly the next number; sometimes one back, a jump, or zero.
    fn number(&mut self, random: &mut ChaCha8Rng, which: usize) -> u64 {
        let (words, next) = &mut self.sas[which];
        let window = u64::from(words[sa::FLAGS] >> sa::flags::WINDOW_SHIFT);
        match random.gen_range(0..16) {
            0 => 0,
            1..=3 => next.wrapping_sub(random.gen_range(1..8)),
            4 => next.wrapping_sub(random.gen_range(0..3) + window),
            5 => next.wrapping_sub(random.gen_range(0..2048)),
            6 => {
                *next = next.wrapping_add(random.gen_range(2..1500));
                *next - 1
            }
            7 => {
                *next = next.wrapping_add(window + random.gen_range(0..3));
                next.wrapping_sub(1)
            }
            _ => {
                *next = next.wrapping_add(1);
                next.wrapping_sub(1)
            }
        }
    }
}

/// What the packet carries: a packet (tunnel) or an upper-layer payload (transport).
fn contents(random: &mut ChaCha8Rng, words: &SaWords, sequence: u64, most: usize) -> Contents {
    if words[sa::FLAGS] & sa::flags::TUNNEL == 0 {
        let ipv6 = words[sa::FLAGS] & sa::flags::IPV6 != 0;
        let number = super::packet::protocol(random, ipv6);
        let payload = upper(random, number, most);
        return Contents::new(sequence, number, payload);
    }
    let inner = outbound::ip(random, most);
    let mut payload = inner.bytes();
    let mut next_header = if inner.is_ipv6() { protocol::IPV6 } else { protocol::IPV4 };
    match random.gen_range(0..20) {
        0 => {
            let more = length(random, 100);
            payload.extend(bytes(random, more));
        }
        1 => payload.truncate(random.gen_range(0..payload.len() + 1)),
        2 => {
            let at = random.gen_range(0..payload.len().min(60));
            payload[at] ^= 1 << random.gen_range(0..8);
        }
        3 => next_header = if inner.is_ipv6() { protocol::IPV4 } else { protocol::IPV6 },
        _ => {}
    }
    Contents::new(sequence, next_header, payload)
}

/// Datagrams to port 4500 that are not ESP, or not quite.
fn odd_udp(random: &mut ChaCha8Rng) -> Vec<u8> {
    let ipv6 = random.gen_ratio(2, 5);
    let n = random.gen_range(0..60);
    let payload = match random.gen_range(0..6) {
        0 => vec![0xff],
        1 => vec![0xff, 0xff],
        2 => bytes(random, n % 4),
        3 => [vec![0; 4], bytes(random, n)].concat(),
        _ => bytes(random, n),
    };
    let mut datagram = udp_datagram(random, &payload);
    match random.gen_range(0..6) {
        0 => datagram[5] = random.gen_range(0..9),
        1 => datagram[5] = datagram[5].wrapping_add(random.gen_range(1..9)),
        2 => datagram[5] = datagram[5].wrapping_sub(random.gen_range(1..9)),
        3 => datagram.truncate(random.gen_range(0..9).min(datagram.len())),
        _ => {}
    }
    let mut packet = Ip::new(address(random, ipv6), address(random, ipv6), protocol::UDP, datagram);
    if random.gen_ratio(1, 8) {
        packet.fragment = if ipv6 { 1 } else { 0x2000 };
    }
    packet.frame(random)
}
