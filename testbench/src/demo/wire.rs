//! What an observer sees between the two stations.

use crate::capture::Frame;
use holdfast_registers::wire::{protocol, ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6, NAT_T_PORT};
use std::collections::HashSet;

/// Kinds of frames on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnTheWire {
    /// ESP, directly behind IP or in UDP.
    pub esp: u64,
    /// ARP.
    pub arp: u64,
    /// ICMPv6: neighbour discovery, and multicast listeners and routers on the link.
    pub link: u64,
    /// Anything else: it should not be there.
    pub readable: u64,
    /// Pairs of SPI and IV that occurred twice: a nonce used twice.
    pub nonce_reuse: u64,
}

/// Looks at frames as an observer would. SPIs of the two directions differ.
pub fn on_the_wire<'a>(frames: impl IntoIterator<Item = &'a Frame>) -> OnTheWire {
    let mut seen = OnTheWire::default();
    let mut nonces = HashSet::new();
    for frame in frames {
        match kind(&frame.bytes) {
            Kind::Esp(header) => {
                seen.esp += 1;
                seen.nonce_reuse += u64::from(!nonces.insert(header));
            }
            Kind::Arp => seen.arp += 1,
            Kind::Link => seen.link += 1,
            Kind::Readable => seen.readable += 1,
        }
    }
    seen
}

/// What a frame is to somebody without keys.
enum Kind {
    /// SPI and IV.
    Esp([u8; 12]),
    Arp,
    Link,
    Readable,
}

fn kind(frame: &[u8]) -> Kind {
    let half = |at: usize| frame.get(at..at + 2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    let byte = |at: usize| frame.get(at).copied().unwrap_or(0);
    let (number, upper) = match half(12) {
        Some(ETHERTYPE_ARP) => return Kind::Arp,
        Some(ETHERTYPE_IPV4) => (byte(14 + 9), 14 + 4 * usize::from(byte(14) & 15)),
        Some(ETHERTYPE_IPV6) if byte(14 + 24) == 0xff && byte(14 + 25) == 0x02 => return Kind::Link,
        // Neighbour discovery to one host: types 133 to 137.
        Some(ETHERTYPE_IPV6) if byte(14 + 6) == protocol::ICMPV6 && (133..=137).contains(&byte(14 + 40)) => return Kind::Link,
        Some(ETHERTYPE_IPV6) => (byte(14 + 6), 14 + 40),
        _ => return Kind::Readable,
    };
    let start = match number {
        protocol::ESP => upper,
        protocol::UDP if half(upper + 2) == Some(NAT_T_PORT) => upper + 8,
        _ => return Kind::Readable,
    };
    let Some(esp) = frame.get(start..start + 16) else { return Kind::Readable };
    let mut header = [0; 12];
    header[..4].copy_from_slice(&esp[..4]);
    header[4..].copy_from_slice(&esp[8..]);
    Kind::Esp(header)
}
