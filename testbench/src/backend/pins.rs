//! Pins as plain structs, and their layout in 32-bit words for the compiled model.

use rust_hdl::prelude::{Bit, Bits, ToBits};

/// A port of the top module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name in the Verilog.
    pub name: &'static str,
    /// Its width in bits.
    pub width: usize,
}

impl Port {
    /// The 32-bit words it takes, least significant first.
    pub const fn words(&self) -> usize {
        self.width.div_ceil(32)
    }
}

/// A value of a port in the testbench.
pub trait Pin: Copy {
    /// Writes the value to `words`, least significant word first.
    fn put(self, words: &mut [u32]);
    /// Reads the value back.
    fn get(words: &[u32]) -> Self;
}

impl Pin for bool {
    fn put(self, words: &mut [u32]) {
        words[0] = self as u32;
    }
    fn get(words: &[u32]) -> Self {
        words[0] & 1 != 0
    }
}

macro_rules! pin_of {
    ($($t:ty),*) => { $(
        impl Pin for $t {
            fn put(self, words: &mut [u32]) {
                for (i, word) in words.iter_mut().enumerate() {
                    *word = ((self as u128) >> (32 * i)) as u32;
                }
            }
            fn get(words: &[u32]) -> Self {
                words.iter().enumerate().fold(0u128, |value, (i, word)| value | (*word as u128) << (32 * i)) as $t
            }
        }
        impl<const N: usize> Level<Bits<N>> for $t {
            fn level(self) -> Bits<N> {
                self.to_bits()
            }
            fn from_level(level: Bits<N>) -> Self {
                level.to_u128() as $t
            }
        }
    )* };
}
pin_of!(u8, u16, u32, u64, u128);

/// Conversion between a pin's value and the type `T` of its rust-hdl signal.
pub trait Level<T>: Pin {
    /// As the signal's type.
    fn level(self) -> T;
    /// From the signal's type.
    fn from_level(level: T) -> Self;
}

impl Level<Bit> for bool {
    fn level(self) -> Bit {
        self
    }
    fn from_level(level: Bit) -> Self {
        level
    }
}

/// A key of 256 bits on a pin of that width, its first byte in the most significant bits. Not printed.
#[derive(Clone, Copy, Default, PartialEq)]
pub struct Key256(pub [u8; 32]);

impl std::fmt::Debug for Key256 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key256(..)")
    }
}

impl Pin for Key256 {
    fn put(self, words: &mut [u32]) {
        for (word, bytes) in words.iter_mut().rev().zip(self.0.chunks_exact(4)) {
            *word = u32::from_be_bytes(bytes.try_into().expect("four bytes"));
        }
    }
    fn get(words: &[u32]) -> Self {
        let mut key = Self::default();
        for (word, bytes) in words.iter().rev().zip(key.0.chunks_exact_mut(4)) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        key
    }
}

impl Level<Bits<256>> for Key256 {
    fn level(self) -> Bits<256> {
        let half = |bytes: &[u8]| u128::from_be_bytes(bytes.try_into().expect("sixteen bytes")).to_bits::<256>();
        (half(&self.0[..16]) << 128) | half(&self.0[16..])
    }
    fn from_level(level: Bits<256>) -> Self {
        let mut key = Self::default();
        key.0[..16].copy_from_slice(&level.get_bits::<128>(128).to_u128().to_be_bytes());
        key.0[16..].copy_from_slice(&level.get_bits::<128>(0).to_u128().to_be_bytes());
        key
    }
}

/// All pins of one direction.
pub trait Pins: Copy + Default + PartialEq + std::fmt::Debug + Send + 'static {
    /// The ports in the order of the packed words.
    const PORTS: &'static [Port];
    /// Writes all pins, each in its own words.
    fn pack(&self, words: &mut [u32]);
    /// Reads all pins.
    fn unpack(words: &[u32]) -> Self;

    /// Words of all pins together.
    fn words() -> usize {
        Self::PORTS.iter().map(Port::words).sum()
    }
}

/// The name in the Verilog, where it is not that of the field.
pub(crate) const fn port_name(field: &'static str, verilog: &[&'static str]) -> &'static str {
    if verilog.is_empty() {
        field
    } else {
        verilog[0]
    }
}

/// Declares a struct of pins: `field: type = width`, or `field @ "name in the Verilog": type = width`.
macro_rules! pins {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $port:ident $(@ $verilog:literal)?: $type:ty = $width:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        pub struct $name { $($(#[$field_doc])* pub $port: $type,)* }
        impl $crate::backend::Pins for $name {
            const PORTS: &'static [$crate::backend::Port] =
                &[$($crate::backend::Port {
                    name: $crate::backend::port_name(stringify!($port), &[$($verilog)?]),
                    width: $width,
                },)*];
            fn pack(&self, words: &mut [u32]) {
                let mut at = 0;
                $(
                    let size = ($width as usize).div_ceil(32);
                    $crate::backend::Pin::put(self.$port, &mut words[at..at + size]);
                    at += size;
                )*
                let _ = at;
            }
            fn unpack(words: &[u32]) -> Self {
                let mut at = 0;
                $(
                    let size = ($width as usize).div_ceil(32);
                    let $port = $crate::backend::Pin::get(&words[at..at + size]);
                    at += size;
                )*
                let _ = at;
                Self { $($port,)* }
            }
        }
    };
}
pub(crate) use pins;

#[cfg(test)]
mod tests {
    use super::*;

    pins! {
        /// Pins of every width class.
        Sample { bit: bool = 1, byte: u8 = 8, odd: u16 = 12, word: u32 = 32, long: u64 = 50, wide: u128 = 128, }
    }

    #[test]
    fn packing_is_reversible() {
        let sample = Sample { bit: true, byte: 0xa5, odd: 0xabc, word: 0xdead_beef, long: 0x3_0000_0000_0001, wide: u128::MAX - 5 };
        let mut words = vec![0; Sample::words()];
        sample.pack(&mut words);
        assert_eq!(words, [1, 0xa5, 0xabc, 0xdead_beef, 1, 0x30000, 0xffff_fffa, !0, !0, !0]);
        assert_eq!(Sample::unpack(&words), sample);
    }

    #[test]
    fn levels_are_reversible() {
        let level: Bits<128> = 0x0123_4567_89ab_cdef_u128.level();
        assert_eq!(u128::from_level(level), 0x0123_4567_89ab_cdef);
        let level: Bits<12> = 0xabc_u16.level();
        assert_eq!(u16::from_level(level), 0xabc);
        let key = Key256(std::array::from_fn(|n| n as u8 + 1));
        assert_eq!(Key256::from_level(key.level()), key);
        assert_eq!(key.level().get_bits::<8>(248).to_u128(), 1);
        let mut words = [0; 8];
        key.put(&mut words);
        assert_eq!((words[7], Key256::get(&words)), (0x0102_0304, key));
    }
}
