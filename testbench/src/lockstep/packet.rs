//! Ethernet, IPv4 and IPv6 as bytes: building blocks of the traffic, good unless told otherwise.

use holdfast_registers::wire::{self, protocol};
use rand::seq::SliceRandom;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::net::IpAddr;

/// Addresses that the traffic, the rules and the SAs have in common.
pub const V4: [[u8; 4]; 5] = [[10, 90, 0, 1], [10, 90, 0, 2], [10, 90, 0, 3], [10, 91, 7, 9], [192, 0, 2, 77]];
/// As [`V4`].
pub const V6: [[u8; 16]; 4] = [
    [0xfd, 0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    [0xfd, 0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2],
    [0xfd, 0x90, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2],
    [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x77, 0x77],
];

/// An address of the pools.
pub fn address(random: &mut ChaCha8Rng, ipv6: bool) -> IpAddr {
    if ipv6 {
        IpAddr::from(*V6.choose(random).expect("not empty"))
    } else {
        IpAddr::from(*V4.choose(random).expect("not empty"))
    }
}

/// An IP packet before it is built.
#[derive(Clone, Debug)]
pub struct Ip {
    pub source: IpAddr,
    pub destination: IpAddr,
    /// Type of service or traffic class.
    pub class: u8,
    /// Upper protocol.
    pub protocol: u8,
    /// IPv4: flags and offset; IPv6: a fragment header with this field if not zero.
    pub fragment: u16,
    /// IPv4: options, a multiple of four bytes. IPv6: extension headers as (number, bytes after the first two).
    pub options: Vec<u8>,
    pub extensions: Vec<(u8, Vec<u8>)>,
    pub payload: Vec<u8>,
}

impl Ip {
    pub fn new(source: IpAddr, destination: IpAddr, protocol: u8, payload: Vec<u8>) -> Self {
        Self { source, destination, class: 0, protocol, fragment: 0, options: Vec::new(), extensions: Vec::new(), payload }
    }

    pub fn is_ipv6(&self) -> bool {
        self.source.is_ipv6()
    }

    /// The packet's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let header = 20 + self.options.len();
                let mut b = vec![0x40 | (header / 4) as u8, self.class];
                b.extend(((header + self.payload.len()) as u16).to_be_bytes());
                b.extend([0x12, 0x34]);
                b.extend(self.fragment.to_be_bytes());
                b.extend([64, self.protocol, 0, 0]);
                b.extend(source.octets());
                b.extend(destination.octets());
                b.extend(&self.options);
                let sum = checksum(&b);
                b[10..12].copy_from_slice(&sum.to_be_bytes());
                b.extend(&self.payload);
                b
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                let (first, mut body) = self.chain();
                body.extend(&self.payload);
                let mut b = vec![0x60 | self.class >> 4, self.class << 4 | 0x5, 0x67, 0x89];
                b.extend((body.len() as u16).to_be_bytes());
                b.extend([first, 64]);
                b.extend(source.octets());
                b.extend(destination.octets());
                b.extend(body);
                b
            }
            _ => panic!("one packet, one family"),
        }
    }

    /// IPv6: number of the first header, and the extension headers.
    fn chain(&self) -> (u8, Vec<u8>) {
        let mut headers = self.extensions.clone();
        if self.fragment != 0 {
            let mut body = self.fragment.to_be_bytes().to_vec();
            body.extend([0xde, 0xad, 0xbe, 0xef]);
            headers.push((protocol::FRAGMENT, body));
        }
        let numbers: Vec<u8> = headers.iter().map(|(number, _)| *number).chain([self.protocol]).collect();
        let mut bytes = Vec::new();
        for (i, (number, body)) in headers.iter().enumerate() {
            let length = if *number == protocol::FRAGMENT { 0 } else { ((body.len() + 2) / 8).saturating_sub(1) as u8 };
            bytes.extend([numbers[i + 1], length]);
            bytes.extend(body);
        }
        (numbers[0], bytes)
    }

    /// The packet in a frame of its family.
    pub fn frame(&self, random: &mut ChaCha8Rng) -> Vec<u8> {
        let ethertype = if self.is_ipv6() { wire::ETHERTYPE_IPV6 } else { wire::ETHERTYPE_IPV4 };
        ethernet(random, ethertype, &self.bytes())
    }
}

/// A frame: sometimes with a VLAN tag, short ones mostly padded.
pub fn ethernet(random: &mut ChaCha8Rng, ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, random.gen_range(1..4), 2, 0, 0, 0, 0, random.gen_range(1..4)];
    if random.gen_ratio(1, 6) {
        frame.extend(wire::ETHERTYPE_VLAN.to_be_bytes());
        frame.extend(random.gen::<u16>().to_be_bytes());
    }
    frame.extend(ethertype.to_be_bytes());
    frame.extend(payload);
    if frame.len() < 60 && random.gen_ratio(3, 4) {
        frame.resize(60, random.gen());
    }
    frame
}

/// The Internet checksum.
pub fn checksum(bytes: &[u8]) -> u16 {
    let word = |pair: &[u8]| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
    let mut sum: u32 = bytes.chunks(2).map(word).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// Random bytes.
pub fn bytes(random: &mut ChaCha8Rng, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    random.fill(bytes.as_mut_slice());
    bytes
}

/// A length: mostly short, sometimes around a block or at the top.
pub fn length(random: &mut ChaCha8Rng, most: usize) -> usize {
    match random.gen_range(0..10) {
        0 => 0,
        1..=5 => random.gen_range(0..most.min(120) + 1),
        6 => random.gen_range(0..8) * 16 % (most + 1),
        7 => most - random.gen_range(0..most.min(24) + 1),
        _ => random.gen_range(0..most + 1),
    }
}

/// An upper-layer payload with ports, or type and code, from a small set.
pub fn upper(random: &mut ChaCha8Rng, number: u8, most: usize) -> Vec<u8> {
    let ports = [53u16, 80, 443, 500, 1024, 5000, 40000];
    let mut payload = match number {
        protocol::ICMP => vec![random.gen_range(0..10), random.gen_range(0..3), 0, 0],
        protocol::ICMPV6 => vec![random.gen_range(126..140), 0, 0, 0],
        _ => {
            let mut ends = ports.choose(random).expect("not empty").to_be_bytes().to_vec();
            ends.extend(ports.choose(random).expect("not empty").to_be_bytes());
            ends
        }
    };
    let rest = length(random, most.saturating_sub(4));
    payload.extend(bytes(random, rest));
    payload
}

/// An upper protocol.
pub fn protocol(random: &mut ChaCha8Rng, ipv6: bool) -> u8 {
    let icmp = if ipv6 { protocol::ICMPV6 } else { protocol::ICMP };
    *[protocol::TCP, protocol::TCP, protocol::UDP, protocol::UDP, icmp, protocol::SCTP, protocol::UDP_LITE, protocol::AH, 89]
        .choose(random)
        .expect("not empty")
}
