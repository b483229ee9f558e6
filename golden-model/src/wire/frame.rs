//! An Ethernet frame (without preamble and FCS) whose link header is known to be there.

use super::bytes::Bytes;
use holdfast_registers::{wire, Reason};

/// A frame of at least 14 bytes, 18 with a VLAN tag.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    bytes: &'a [u8],
    ethertype: u16,
    l3: usize,
}

impl<'a> Frame<'a> {
    /// Looks at the link header. One VLAN tag (IEEE 802.1Q) is understood; after a second one the EtherType is that of a tag.
    ///
    /// # Errors
    /// [`Reason::Runt`] where the link header is cut off.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Reason> {
        let outer = bytes.u16_at(12).ok_or(Reason::Runt)?;
        let (ethertype, l3) = match outer {
            wire::ETHERTYPE_VLAN => (bytes.u16_at(16).ok_or(Reason::Runt)?, 18),
            _ => (outer, 14),
        };
        Ok(Frame { bytes, ethertype, l3 })
    }

    /// The whole frame.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
    /// The EtherType of the packet, behind the VLAN tag where there is one.
    pub fn ethertype(&self) -> u16 {
        self.ethertype
    }
    /// Offset of the packet: 14, or 18 with a VLAN tag. The EtherType stands in the two bytes before it.
    pub fn l3(&self) -> usize {
        self.l3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_type(length: usize, types: &[(usize, u16)]) -> Vec<u8> {
        let mut frame = vec![0; length];
        for (at, value) in types {
            super::super::bytes::put(&mut frame, *at, value.to_be_bytes());
        }
        frame
    }

    #[test]
    fn runts() {
        for length in 0..14 {
            assert_eq!(Frame::new(&with_type(length, &[])).unwrap_err(), Reason::Runt, "{length} bytes");
        }
        assert!(Frame::new(&with_type(14, &[])).is_ok());
        for length in 14..18 {
            assert_eq!(Frame::new(&with_type(length, &[(12, 0x8100)])).unwrap_err(), Reason::Runt, "{length} bytes, tagged");
        }
    }

    #[test]
    fn tags() {
        let plain = with_type(14, &[(12, 0x0800)]);
        assert_eq!((Frame::new(&plain).unwrap().ethertype(), Frame::new(&plain).unwrap().l3()), (0x0800, 14));
        let tagged = with_type(18, &[(12, 0x8100), (16, 0x86dd)]);
        assert_eq!((Frame::new(&tagged).unwrap().ethertype(), Frame::new(&tagged).unwrap().l3()), (0x86dd, 18));
        let twice = with_type(22, &[(12, 0x8100), (16, 0x8100), (20, 0x0800)]);
        assert_eq!(Frame::new(&twice).unwrap().ethertype(), 0x8100);
    }
}
