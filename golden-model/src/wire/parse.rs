//! From a frame to a [`Packet`] whose offsets are known to lie inside it, with the selectors the policy looks at.

use super::bytes::Bytes;
use super::frame::Frame;
use crate::sad::Endpoints;
use holdfast_registers::wire::{self, protocol};
use holdfast_registers::Reason;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Bytes of an IPv4 header without options.
pub const IPV4_HEADER: usize = 20;
/// Bytes of the fixed IPv6 header.
pub const IPV6_HEADER: usize = 40;

/// IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4 (RFC 791).
    V4,
    /// IPv6 (RFC 8200).
    V6,
}

impl Family {
    /// The EtherType of a frame that carries a packet of this family.
    pub fn ethertype(self) -> u16 {
        match self {
            Family::V4 => wire::ETHERTYPE_IPV4,
            Family::V6 => wire::ETHERTYPE_IPV6,
        }
    }
    /// Bytes of the header that tunnel mode puts in front.
    pub fn header(self) -> usize {
        match self {
            Family::V4 => IPV4_HEADER,
            Family::V6 => IPV6_HEADER,
        }
    }
    /// The protocol number of a packet of this family inside another.
    pub fn protocol(self) -> u8 {
        match self {
            Family::V4 => protocol::IPV4,
            Family::V6 => protocol::IPV6,
        }
    }
}

/// Place of a packet among the fragments of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fragment {
    /// Not a fragment (an IPv6 "atomic" fragment, RFC 6946, is whole).
    Whole,
    /// The first fragment: more follow, offset zero.
    First,
    /// Any other: it has no transport header.
    Later,
}

/// The ports of a packet as its selectors see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ports {
    /// The protocol has none, or this is a later fragment.
    None,
    /// ICMP and ICMPv6: type × 256 + code in the place of the source port (RFC 4301 section 4.4.1.1).
    Type(u16),
    /// Source and destination port.
    Pair(u16, u16),
}

impl Ports {
    /// What the source port range is compared with.
    pub fn source(self) -> Option<u16> {
        match self {
            Ports::None => None,
            Ports::Type(source) | Ports::Pair(source, _) => Some(source),
        }
    }
    /// What the destination port range is compared with.
    pub fn destination(self) -> Option<u16> {
        match self {
            Ports::None | Ports::Type(_) => None,
            Ports::Pair(_, destination) => Some(destination),
        }
    }
}

/// What a rule is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selectors {
    /// Family of the packet.
    pub family: Family,
    /// Source address; IPv4 in the upper 32 bits, so that a prefix is the same bits in both families.
    pub source: u128,
    /// Destination address, as `source`.
    pub destination: u128,
    /// The upper protocol.
    pub protocol: u8,
    /// The ports.
    pub ports: Ports,
}

/// A well-formed IP packet in its frame. `l3 <= insertion <= l4 <= end <= frame length`.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    frame: Frame<'a>,
    end: usize,
    l4: usize,
    upper_named_at: usize,
    insertion: usize,
    insertion_named_at: usize,
    fragment: Fragment,
    selectors: Selectors,
}

/// What a frame carries.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// EtherType 0x0806.
    Arp,
    /// Neither IP nor ARP.
    NonIp,
    /// IPv4 or IPv6.
    Packet(Packet<'a>),
}

impl<'a> Content<'a> {
    /// Parses what the frame carries.
    ///
    /// # Errors
    /// [`Reason::Malformed`], [`Reason::ExtensionHeader`].
    pub fn parse(frame: Frame<'a>) -> Result<Self, Reason> {
        match frame.ethertype() {
            wire::ETHERTYPE_IPV4 => ipv4(frame).map(Content::Packet),
            wire::ETHERTYPE_IPV6 => ipv6(frame).map(Content::Packet),
            wire::ETHERTYPE_ARP => Ok(Content::Arp),
            _ => Ok(Content::NonIp),
        }
    }
}

fn ipv4(frame: Frame<'_>) -> Result<Packet<'_>, Reason> {
    let (l3, packet) = (frame.l3(), &frame.bytes()[frame.l3()..]);
    let header: [u8; IPV4_HEADER] = packet.array_at(0).ok_or(Reason::Malformed)?;
    let ihl = usize::from(header[0] & 0x0f);
    let total = usize::from(u16::from_be_bytes([header[2], header[3]]));
    if header[0] >> 4 != 4 || ihl < 5 || total < 4 * ihl || total > packet.len() {
        return Err(Reason::Malformed);
    }
    let flags_offset = u16::from_be_bytes([header[6], header[7]]);
    let fragment = match (flags_offset & 0x1fff, flags_offset & 0x2000) {
        (0, 0) => Fragment::Whole,
        (0, _) => Fragment::First,
        _ => Fragment::Later,
    };
    let (l4, end) = (l3 + 4 * ihl, l3 + total);
    let left_aligned = |at| header.u32_at(at).map_or(0, |address| u128::from(address) << 96);
    Ok(Packet {
        frame,
        end,
        l4,
        upper_named_at: l3 + 9,
        insertion: l4,
        insertion_named_at: l3 + 9,
        fragment,
        selectors: Selectors {
            family: Family::V4,
            source: left_aligned(12),
            destination: left_aligned(16),
            protocol: header[9],
            ports: ports(&frame.bytes()[l4..end], header[9], fragment)?,
        },
    })
}

fn ipv6(frame: Frame<'_>) -> Result<Packet<'_>, Reason> {
    let (l3, bytes) = (frame.l3(), frame.bytes());
    let packet = &bytes[l3..];
    let header: [u8; IPV6_HEADER] = packet.array_at(0).ok_or(Reason::Malformed)?;
    let total = IPV6_HEADER + usize::from(u16::from_be_bytes([header[4], header[5]]));
    if header[0] >> 4 != 6 || total > packet.len() {
        return Err(Reason::Malformed);
    }
    let end = l3 + total;
    let within = &bytes[..end];

    let mut next = header[6];
    let mut named_at = l3 + 6;
    let mut l4 = l3 + IPV6_HEADER;
    let (mut insertion, mut insertion_named_at) = (l4, named_at);
    let mut fragment = Fragment::Whole;
    for followed in 0.. {
        let kind = next;
        match kind {
            protocol::HOP_BY_HOP if followed > 0 => return Err(Reason::ExtensionHeader),
            protocol::HOP_BY_HOP | protocol::ROUTING | protocol::DESTINATION_OPTIONS | protocol::FRAGMENT => {}
            _ => break,
        }
        if followed == wire::EXTENSION_HEADERS {
            return Err(Reason::ExtensionHeader);
        }
        let head: [u8; 8] = within.array_at(l4).ok_or(Reason::ExtensionHeader)?;
        // The length byte of a fragment header is reserved (RFC 8200 section 4.5).
        let length = if kind == protocol::FRAGMENT { 8 } else { 8 * (usize::from(head[1]) + 1) };
        if end - l4 < length {
            return Err(Reason::ExtensionHeader);
        }
        (next, named_at, l4) = (head[0], l4, l4 + length);
        if l4 >= wire::DEEPEST {
            return Err(Reason::ExtensionHeader);
        }
        if kind != protocol::DESTINATION_OPTIONS {
            (insertion, insertion_named_at) = (l4, named_at);
        }
        if kind == protocol::FRAGMENT {
            let offset_more = u16::from_be_bytes([head[2], head[3]]);
            if offset_more & 0xfff8 != 0 {
                fragment = Fragment::Later;
                break;
            }
            if offset_more & 1 != 0 {
                fragment = Fragment::First;
            }
        }
    }
    Ok(Packet {
        frame,
        end,
        l4,
        upper_named_at: named_at,
        insertion,
        insertion_named_at,
        fragment,
        selectors: Selectors {
            family: Family::V6,
            source: header.u128_at(8).unwrap_or(0),
            destination: header.u128_at(24).unwrap_or(0),
            protocol: next,
            ports: ports(&within[l4..], next, fragment)?,
        },
    })
}

fn ports(upper: &[u8], protocol: u8, fragment: Fragment) -> Result<Ports, Reason> {
    if fragment == Fragment::Later {
        return Ok(Ports::None);
    }
    match protocol {
        protocol::TCP | protocol::UDP | protocol::SCTP | protocol::UDP_LITE => {
            let both = upper.u32_at(0).ok_or(Reason::Malformed)?;
            Ok(Ports::Pair((both >> 16) as u16, both as u16))
        }
        protocol::ICMP | protocol::ICMPV6 => Ok(Ports::Type((upper.u32_at(0).ok_or(Reason::Malformed)? >> 16) as u16)),
        _ => Ok(Ports::None),
    }
}

impl<'a> Packet<'a> {
    /// The whole frame.
    pub fn frame(&self) -> &'a [u8] {
        self.frame.bytes()
    }
    /// Offset of the packet in its frame.
    pub fn l3(&self) -> usize {
        self.frame.l3()
    }
    /// Offset of the byte after the packet; what follows is link padding.
    pub fn end(&self) -> usize {
        self.end
    }
    /// Offset of the upper protocol's header.
    pub fn l4(&self) -> usize {
        self.l4
    }
    /// The upper protocol's bytes, `l4` to `end`.
    pub fn upper(&self) -> &'a [u8] {
        &self.frame.bytes()[self.l4..self.end]
    }
    /// Offset of the byte that names the upper protocol.
    pub fn upper_named_at(&self) -> usize {
        self.upper_named_at
    }
    /// Where transport mode inserts ESP (RFC 4303 section 3.1.1).
    pub fn insertion(&self) -> usize {
        self.insertion
    }
    /// Offset of the byte that names the header at the insertion point.
    pub fn insertion_named_at(&self) -> usize {
        self.insertion_named_at
    }
    /// Place among fragments.
    pub fn fragment(&self) -> Fragment {
        self.fragment
    }
    /// What rules look at.
    pub fn selectors(&self) -> &Selectors {
        &self.selectors
    }
    /// Type of service (IPv4) or traffic class (IPv6): DSCP 7:2, ECN 1:0.
    pub fn traffic_class(&self) -> u8 {
        let word = self.frame.bytes().u16_at(self.l3()).unwrap_or(0);
        match self.selectors.family {
            Family::V4 => word as u8,
            Family::V6 => (word >> 4) as u8,
        }
    }
    /// The don't-fragment bit of IPv4; IPv6 routers never fragment.
    pub fn do_not_fragment(&self) -> bool {
        self.selectors.family == Family::V6 || self.frame.bytes().u8_at(self.l3() + 6).unwrap_or(0) & 0x40 != 0
    }
    /// Source address.
    pub fn source(&self) -> IpAddr {
        address(self.selectors.family, self.selectors.source)
    }
    /// Destination address.
    pub fn destination(&self) -> IpAddr {
        address(self.selectors.family, self.selectors.destination)
    }
    /// Source and destination as the endpoints of its sender.
    pub fn endpoints(&self) -> Endpoints {
        let v4 = |bits: u128| Ipv4Addr::from((bits >> 96) as u32);
        let Selectors { family, source, destination, .. } = self.selectors;
        match family {
            Family::V4 => Endpoints::V4 { local: v4(source), remote: v4(destination) },
            Family::V6 => Endpoints::V6 { local: source.into(), remote: destination.into() },
        }
    }
    /// Neighbour discovery (RFC 4861), which a policy bit lets pass in the clear.
    pub fn is_neighbour_discovery(&self) -> bool {
        let (first, last) = wire::NEIGHBOUR_DISCOVERY;
        match (self.selectors.family, self.selectors.protocol, self.selectors.ports) {
            (Family::V6, protocol::ICMPV6, Ports::Type(kind)) => (first..=last).contains(&((kind >> 8) as u8)),
            _ => false,
        }
    }
}

fn address(family: Family, bits: u128) -> IpAddr {
    match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::from((bits >> 96) as u32)),
        Family::V6 => IpAddr::V6(Ipv6Addr::from(bits)),
    }
}

/// An address as selectors hold it: IPv4 in the upper 32 bits.
pub fn left_aligned(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)) << 96,
        IpAddr::V6(address) => u128::from(address),
    }
}
