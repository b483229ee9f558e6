//! IP and UDP headers: built new for tunnels, rewritten in place for transport mode.

use super::bytes::{put, Bytes};
use super::checksum;
use super::parse::{Family, IPV4_HEADER};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Fields of an outer header that do not depend on the family.
#[derive(Clone, Copy, Debug)]
pub struct Outer {
    /// Type of service or traffic class.
    pub traffic_class: u8,
    /// What follows: 50 or 17.
    pub protocol: u8,
    /// TTL or hop limit.
    pub hop_limit: u8,
    /// Bytes after the header.
    pub payload: u16,
}

/// Appends an IPv4 header without options.
pub fn append_ipv4(out: &mut Vec<u8>, outer: Outer, identification: u16, do_not_fragment: bool, source: Ipv4Addr, destination: Ipv4Addr) {
    let mut header = [0; IPV4_HEADER];
    header[0] = 0x45;
    header[1] = outer.traffic_class;
    put(&mut header, 2, (outer.payload + IPV4_HEADER as u16).to_be_bytes());
    put(&mut header, 4, identification.to_be_bytes());
    header[6] = if do_not_fragment { 0x40 } else { 0 };
    header[8] = outer.hop_limit;
    header[9] = outer.protocol;
    put(&mut header, 12, source.octets());
    put(&mut header, 16, destination.octets());
    let sum = checksum::compute(&header);
    put(&mut header, 10, sum.to_be_bytes());
    out.extend_from_slice(&header);
}

/// Appends an IPv6 header with flow label zero.
pub fn append_ipv6(out: &mut Vec<u8>, outer: Outer, source: Ipv6Addr, destination: Ipv6Addr) {
    out.extend_from_slice(&(0x6000_0000 | u32::from(outer.traffic_class) << 20).to_be_bytes());
    out.extend_from_slice(&outer.payload.to_be_bytes());
    out.extend_from_slice(&[outer.protocol, outer.hop_limit]);
    out.extend_from_slice(&source.octets());
    out.extend_from_slice(&destination.octets());
}

/// Appends a UDP header with checksum zero (RFC 3948 section 2.1; for IPv6 RFC 6935). `length` includes the header.
pub fn append_udp(out: &mut Vec<u8>, source: u16, destination: u16, length: u16) {
    for field in [source, destination, length, 0] {
        out.extend_from_slice(&field.to_be_bytes());
    }
}

/// Gives the packet that fills `frame` from `l3` on its new length, and writes `protocol` at `named_at` (an offset in the frame).
/// The IPv4 checksum is updated, not recomputed, so that a wrong one stays wrong.
pub fn rewrite(frame: &mut [u8], l3: usize, family: Family, named_at: usize, protocol: u8) {
    let length = frame.len().saturating_sub(l3);
    match family {
        Family::V4 => {
            let field = |frame: &[u8], at| frame.u16_at(l3 + at).unwrap_or(0);
            let (old_length, old_protocol, sum) = (field(frame, 2), field(frame, 8), field(frame, 10));
            let (new_length, new_protocol) = (length as u16, old_protocol & 0xff00 | u16::from(protocol));
            let sum = checksum::update(checksum::update(sum, old_length, new_length), old_protocol, new_protocol);
            put(frame, l3 + 2, new_length.to_be_bytes());
            put(frame, l3 + 8, new_protocol.to_be_bytes());
            put(frame, l3 + 10, sum.to_be_bytes());
        }
        Family::V6 => {
            put(frame, l3 + 4, (length.saturating_sub(family.header()) as u16).to_be_bytes());
            put(frame, named_at, [protocol]);
        }
    }
}
