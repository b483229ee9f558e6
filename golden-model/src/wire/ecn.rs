//! ECN at the end of a tunnel (RFC 6040 section 4.2, figure 4).

use super::bytes::{put, Bytes};
use super::checksum;
use super::parse::Family;
use holdfast_registers::Reason;

/// Bits 1:0 of type of service or traffic class (RFC 3168 section 5).
pub const NOT_ECT: u8 = 0b00;
/// ECN-capable transport, codepoint 1.
pub const ECT_1: u8 = 0b01;
/// ECN-capable transport, codepoint 0.
pub const ECT_0: u8 = 0b10;
/// Congestion experienced.
pub const CE: u8 = 0b11;

/// The ECN field the inner packet leaves with.
///
/// # Errors
/// [`Reason::Ecn`]: congestion was marked on a packet whose sender would not understand it.
pub fn combine(inner: u8, outer: u8) -> Result<u8, Reason> {
    match (inner & 3, outer & 3) {
        (NOT_ECT, CE) => Err(Reason::Ecn),
        (NOT_ECT, _) => Ok(NOT_ECT),
        (_, CE) => Ok(CE),
        (ECT_0, ECT_1) => Ok(ECT_1),
        (inner, _) => Ok(inner),
    }
}

/// Applies [`combine`] to a decapsulated packet in place; an IPv4 checksum is updated. A packet too short for its header or of
/// another version is left alone: it will not survive parsing.
///
/// # Errors
/// As [`combine`].
pub fn decapsulate(packet: &mut [u8], family: Family, outer: u8) -> Result<(), Reason> {
    let Some(word) = packet.u16_at(0).filter(|_| packet.len() >= family.header()) else { return Ok(()) };
    let (version, shift) = match family {
        Family::V4 => (4, 0),
        Family::V6 => (6, 4),
    };
    if word >> 12 != version {
        return Ok(());
    }
    let inner = (word >> shift) as u8 & 3;
    let combined = combine(inner, outer)?;
    // Only a change touches the checksum: an update by nothing would turn 0xffff into 0x0000.
    if combined != inner {
        let changed = word & !(3 << shift) | u16::from(combined) << shift;
        put(packet, 0, changed.to_be_bytes());
        if let (Family::V4, Some(sum)) = (family, packet.u16_at(10)) {
            put(packet, 10, checksum::update(sum, word, changed).to_be_bytes());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 6040 figure 4, row by row; None is "drop".
    #[test]
    fn figure_4() {
        let columns = [NOT_ECT, ECT_0, ECT_1, CE];
        let rows: [(u8, [Option<u8>; 4]); 4] = [
            (NOT_ECT, [Some(NOT_ECT), Some(NOT_ECT), Some(NOT_ECT), None]),
            (ECT_0, [Some(ECT_0), Some(ECT_0), Some(ECT_1), Some(CE)]),
            (ECT_1, [Some(ECT_1), Some(ECT_1), Some(ECT_1), Some(CE)]),
            (CE, [Some(CE), Some(CE), Some(CE), Some(CE)]),
        ];
        for (inner, row) in rows {
            for (outer, wanted) in columns.into_iter().zip(row) {
                assert_eq!(combine(inner, outer).ok(), wanted, "inner {inner:02b}, outer {outer:02b}");
            }
        }
    }

    #[test]
    fn headers_keep_their_dscp_and_a_right_checksum() {
        let mut v4 = [0x45, 0xba, 0, 20, 1, 2, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
        let sum = checksum::compute(&v4);
        put(&mut v4, 10, sum.to_be_bytes());
        decapsulate(&mut v4, Family::V4, CE).unwrap();
        assert_eq!(v4[1], 0xbb);
        assert_eq!(checksum::compute(&v4), 0, "a header with a right checksum sums to zero");

        let mut v6 = [0u8; 40];
        v6[..4].copy_from_slice(&[0x6b, 0xaf, 0xff, 0xff]);
        decapsulate(&mut v6, Family::V6, ECT_1).unwrap();
        assert_eq!(v6[..4], [0x6b, 0x9f, 0xff, 0xff]);
    }

    #[test]
    fn what_is_no_header_is_left_alone() {
        for (family, length) in [(Family::V4, 19), (Family::V6, 39)] {
            let mut short = vec![0x40; length];
            decapsulate(&mut short, family, CE).unwrap();
            assert_eq!(short, vec![0x40; length]);
        }
        let mut other = [0x60; 40];
        decapsulate(&mut other, Family::V4, CE).unwrap();
        assert_eq!(other, [0x60; 40]);
    }
}
