//! The Internet checksum (RFC 1071): computed over a header that is built, updated where one is rewritten.

use holdfast_registers::wire::protocol;
use std::net::Ipv6Addr;

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

/// Checksum of a UDP datagram over IPv6 whose checksum field is zero, with the pseudo-header of RFC 8200 section 8.1; never zero.
pub fn udp_ipv6(source: Ipv6Addr, destination: Ipv6Addr, datagram: &[u8]) -> u16 {
    let mut covered = [source.octets(), destination.octets()].concat();
    covered.extend_from_slice(&(datagram.len() as u32).to_be_bytes());
    covered.extend_from_slice(&[0, 0, 0, protocol::UDP]);
    covered.extend_from_slice(datagram);
    if covered.len() % 2 != 0 {
        covered.push(0);
    }
    match compute(&covered) {
        0 => 0xffff,
        sum => sum,
    }
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

    // By hand: 2001:0db8::1 to ::2, ports 1 and 2, length 9, one byte 0x03 padded to 0x0300.
    #[test]
    fn udp_over_ipv6() {
        let (source, destination) = ("2001:db8::1".parse().unwrap(), "::2".parse().unwrap());
        let sum = 0x2001 + 0x0db8 + 1 + 2 + 9 + 17 + (1 + 2 + 9) + 0x0300;
        assert_eq!(udp_ipv6(source, destination, &[0, 1, 0, 2, 0, 9, 0, 0, 3]), !(sum as u16));
        let zero = (!(sum as u16)).to_be_bytes();
        assert_eq!(udp_ipv6(source, destination, &[0, 1, 0, 2, 0, 9, zero[0], zero[1], 3]), 0xffff, "zero is sent as its complement");
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
