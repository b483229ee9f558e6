//! The Internet checksum (RFC 1071): computed over a header that is built, updated where one is rewritten.

/// Folds the carries of a sum of 16-bit words back in (one's complement sum).
fn fold(mut sum: u32) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

/// Checksum of a header of whole 16-bit words whose checksum field is zero.
pub fn compute(header: &[u8]) -> u16 {
    !fold(header.chunks_exact(2).map(|w| u32::from(u16::from_be_bytes([w[0], w[1]]))).sum())
}

/// The checksum after a 16-bit word it covers changed from `old` to `new`: RFC 1624 equation 3, HC' = ~(~HC + ~m + m').
/// A checksum that was wrong stays wrong.
pub fn update(checksum: u16, old: u16, new: u16) -> u16 {
    !fold(u32::from(!checksum) + u32::from(!old) + u32::from(new))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of RFC 1624 section 4, where RFC 1141 arrived at 0xffff.
    #[test]
    fn rfc_1624_example() {
        assert_eq!(update(0xdd2f, 0x5555, 0x3285), 0x0000);
    }

    #[test]
    fn an_update_equals_a_new_computation() {
        let mut header = [0x45, 0, 0, 0x54, 0x12, 0x34, 0x40, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
        let before = compute(&header);
        for length in 0..=u16::MAX {
            header[2..4].copy_from_slice(&length.to_be_bytes());
            assert_eq!(update(before, 0x54, length), compute(&header), "length {length}");
        }
    }
}
