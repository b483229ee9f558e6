//! The other end, for the tests: control messages as frames, built and taken apart in plain Rust, and what the parser would say of them.
use crate::parse::Facts;
use crate::traffic;
use holdfast_registers::control;

/// A control datagram, every field as it stands on the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub vlan: Option<u16>,
    pub ethernet: [u8; 12],
    pub ipv6: bool,
    pub source: [u32; 4],
    pub destination: [u32; 4],
    pub protocol: u8,
    pub ports: [u16; 2],
    pub udp_length: u16,
    pub magic: u32,
    pub version: u8,
    pub kind: u8,
    pub length: u16,
    pub echo: u64,
    pub flags: u32,
    pub number: u64,
}

impl Message {
    /// A sound message.
    pub fn new(kind: u8, ipv6: bool, echo: u64) -> Self {
        let address = |last| if ipv6 { [0xfd90_0000, 0, 0xffff_0000, last] } else { [0x0a5a_0000 | last, 0, 0, 0] };
        Self {
            vlan: None,
            ethernet: [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2],
            ipv6,
            source: address(2),
            destination: address(1),
            protocol: 17,
            ports: [control::PORT; 2],
            udp_length: 36,
            magic: control::MAGIC,
            version: control::VERSION,
            kind,
            length: 28,
            echo,
            flags: 0,
            number: 0,
        }
    }

    /// The UDP datagram with checksum zero.
    fn datagram(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.ports.iter().flat_map(|p| p.to_be_bytes()).collect();
        bytes.extend(self.udp_length.to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(self.magic.to_be_bytes());
        bytes.extend([self.version, self.kind]);
        bytes.extend(self.length.to_be_bytes());
        bytes.extend(self.echo.to_be_bytes());
        bytes.extend(self.flags.to_be_bytes());
        bytes.extend(self.number.to_be_bytes());
        bytes
    }

    fn addresses(&self) -> Vec<u8> {
        let words = if self.ipv6 { 4 } else { 1 };
        self.source[..words].iter().chain(&self.destination[..words]).flat_map(|w| w.to_be_bytes()).collect()
    }

    /// The frame, checksums right.
    pub fn frame(&self) -> Vec<u8> {
        let mut frame = self.ethernet.to_vec();
        if let Some(tag) = self.vlan {
            frame.extend([0x81, 0]);
            frame.extend(tag.to_be_bytes());
        }
        let mut datagram = self.datagram();
        if self.ipv6 {
            frame.extend([0x86, 0xdd, 0x60, 0, 0, 0, 0, datagram.len() as u8, self.protocol, 64]);
            frame.extend(self.addresses());
            let mut sum = checksum(&[self.addresses(), vec![0, datagram.len() as u8, 0, self.protocol], datagram.clone()].concat());
            if sum == 0 {
                sum = 0xffff;
            }
            datagram[6..8].copy_from_slice(&sum.to_be_bytes());
        } else {
            frame.extend([8, 0]);
            let mut header = vec![0x45, 0, 0, 20 + datagram.len() as u8, 0, 0, 0x40, 0, 64, self.protocol, 0, 0];
            header.extend(self.addresses());
            let sum = checksum(&header);
            header[10..12].copy_from_slice(&sum.to_be_bytes());
            frame.extend(header);
        }
        frame.extend(datagram);
        frame
    }

    /// Takes a frame apart; panics unless it is exactly what [`Message::frame`] makes of the answer.
    pub fn read(frame: &[u8]) -> Self {
        let be16 = |at: usize| u16::from_be_bytes([frame[at], frame[at + 1]]);
        let be32 = |at: usize| u32::from_be_bytes([frame[at], frame[at + 1], frame[at + 2], frame[at + 3]]);
        let be64 = |at: usize| (be32(at) as u64) << 32 | be32(at + 4) as u64;
        let vlan = (be16(12) == 0x8100).then(|| be16(14));
        let ip = if vlan.is_some() { 18 } else { 14 };
        let ipv6 = frame[ip] >> 4 == 6;
        let address = |at: usize| if ipv6 { std::array::from_fn(|i| be32(at + 4 * i)) } else { [be32(at), 0, 0, 0] };
        let udp = ip + if ipv6 { 40 } else { 20 };
        let message = Self {
            vlan,
            ethernet: std::array::from_fn(|i| frame[i]),
            ipv6,
            source: address(ip + if ipv6 { 8 } else { 12 }),
            destination: address(ip + if ipv6 { 24 } else { 16 }),
            protocol: frame[ip + if ipv6 { 6 } else { 9 }],
            ports: [be16(udp), be16(udp + 2)],
            udp_length: be16(udp + 4),
            magic: be32(udp + 8),
            version: frame[udp + 12],
            kind: frame[udp + 13],
            length: be16(udp + 14),
            echo: be64(udp + 16),
            flags: be32(udp + 24),
            number: be64(udp + 28),
        };
        assert_eq!(frame, message.frame(), "not a well-formed control frame");
        message
    }
}

/// RFC 1071.
fn checksum(bytes: &[u8]) -> u16 {
    let mut sum: u32 = bytes.chunks(2).map(|c| u16::from_be_bytes([c[0], c[1]]) as u32).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// What the parser says of a frame, and the frame as a store holds it.
#[derive(Clone, Debug)]
pub struct Parsed {
    pub facts: Facts,
    pub words: Vec<u32>,
}

impl Parsed {
    pub fn of(message: &Message) -> Self {
        let words = traffic::words(&message.frame());
        let ip_word = if message.vlan.is_some() { 5 } else { 4 };
        let (upper_word, name_word, lane) = if message.ipv6 { (ip_word + 10, ip_word + 1, 2) } else { (ip_word + 5, ip_word + 2, 1) };
        let at = |n: usize| (n as u64).into();
        Self {
            facts: Facts {
                ip: true,
                ipv6: message.ipv6,
                ip_word: (ip_word as u64).into(),
                dont_fragment: !message.ipv6,
                protocol: (message.protocol as u64).into(),
                upper_word: at(upper_word),
                name_word: at(name_word),
                name_lane: (lane as u64).into(),
                finish: (4 * words.len() as u64).into(),
                insert_word: at(upper_word),
                patch_word: at(name_word),
                patch_lane: (lane as u64).into(),
                insert_protocol: (message.protocol as u64).into(),
                source_port_known: true,
                destination_port_known: true,
                ..Default::default()
            },
            words,
        }
    }
}

/// A memory that answers as a `FrameStore` does: the address of this clock with the data of the clock after next.
#[derive(Default)]
pub struct Pipe(u32);

impl Pipe {
    /// Call after each clock with the word that was asked for in it; what the data input shows next.
    pub fn step(&mut self, asked: u32) -> u64 {
        std::mem::replace(&mut self.0, asked) as u64
    }
}
