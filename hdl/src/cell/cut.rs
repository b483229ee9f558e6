use rust_hdl::prelude::*;

/// `get_bits` for the simulator, in place of rust-hdl's method of that name, which shifts even a short word as a big integer and takes a tenth of all simulation time for it. It takes its word by value and so is found
/// first; kernels read the same, and the Verilog is the same.
pub trait Cut {
    /// Bits `index` to `index + M - 1`, bit `index` first; what is beyond the word is zero.
    fn get_bits<const M: usize>(self, index: usize) -> Bits<M>;
}

impl<const N: usize> Cut for Bits<N> {
    #[inline(always)]
    fn get_bits<const M: usize>(self, index: usize) -> Bits<M> {
        match self {
            Bits::Short(word) if M <= 32 => {
                assert!(index <= N, "bit {index} of {N}");
                ((u64::from(word.short()) >> index) & ((1 << M) - 1)).into()
            }
            // The word by reference: rust-hdl's method.
            _ => Bits::<N>::get_bits::<M>(&self, index),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same<const N: usize, const M: usize>() {
        for word in [0, 1, 0x5a5a_5a5a_5a5a_5a5a, 0x0123_4567_89ab_cdef, u64::MAX] {
            let word: Bits<N> = (word & ((1u128 << N) - 1) as u64).into();
            for index in 0..=N {
                assert_eq!(Cut::get_bits::<M>(word, index), Bits::<N>::get_bits::<M>(&word, index), "{M} bits from {index} of {word:?}");
            }
        }
    }

    #[test]
    fn it_cuts_as_rust_hdl_does() {
        same::<1, 1>();
        same::<8, 3>();
        same::<16, 16>();
        same::<31, 8>();
        same::<32, 32>();
        same::<32, 40>();
        same::<12, 14>();
        same::<48, 7>();
        same::<64, 32>();
    }
}
