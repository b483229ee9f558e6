//! Checked access to big-endian fields. A field that is not wholly inside the slice reads as `None` and is not written.

/// Fields of a byte slice by offset.
pub trait Bytes {
    /// The `N` bytes from offset `at`.
    fn array_at<const N: usize>(&self, at: usize) -> Option<[u8; N]>;

    /// The byte at offset `at`.
    fn u8_at(&self, at: usize) -> Option<u8> {
        self.array_at::<1>(at).map(|b| b[0])
    }
    /// The big-endian 16-bit field at offset `at`.
    fn u16_at(&self, at: usize) -> Option<u16> {
        self.array_at(at).map(u16::from_be_bytes)
    }
    /// The big-endian 32-bit field at offset `at`.
    fn u32_at(&self, at: usize) -> Option<u32> {
        self.array_at(at).map(u32::from_be_bytes)
    }
    /// The big-endian 128-bit field at offset `at`.
    fn u128_at(&self, at: usize) -> Option<u128> {
        self.array_at(at).map(u128::from_be_bytes)
    }
}

impl Bytes for [u8] {
    fn array_at<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.get(at..at.checked_add(N)?)?.try_into().ok()
    }
}

/// Writes `value` at offset `at`, or nothing where it would not fit.
pub fn put<const N: usize>(bytes: &mut [u8], at: usize, value: [u8; N]) {
    if let Some(field) = at.checked_add(N).and_then(|end| bytes.get_mut(at..end)) {
        field.copy_from_slice(&value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_big_endian_and_checked() {
        let b = [1u8, 2, 3, 4, 5];
        assert_eq!(b.u8_at(4), Some(5));
        assert_eq!(b.u8_at(5), None);
        assert_eq!(b.u16_at(3), Some(0x0405));
        assert_eq!(b.u16_at(4), None);
        assert_eq!(b.u32_at(1), Some(0x0203_0405));
        assert_eq!(b.u128_at(0), None);
        assert_eq!(b.u16_at(usize::MAX), None);
    }

    #[test]
    fn what_does_not_fit_is_not_written() {
        let mut b = [0u8; 4];
        put(&mut b, 3, [1, 2]);
        put(&mut b, usize::MAX, [1, 2]);
        assert_eq!(b, [0; 4]);
        put(&mut b, 2, [1, 2]);
        assert_eq!(b, [0, 0, 1, 2]);
    }
}
