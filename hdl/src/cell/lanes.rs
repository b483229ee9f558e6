//! Wide words that simulate fast. `Bits` above 32 bits is an array of bool; [`Lanes`] is an array of u32 that a kernel may register, pass on, xor
//! and slice, and that is a plain vector in the Verilog.
use crate::cell::row;
use crate::prelude::*;
use std::ops::BitXor;

/// `N` lanes of `W` bits (1 ..= 32), lane 0 in the least significant bits of the vector.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lanes<const N: usize, const W: usize>(pub [u32; N]);

/// A 128-bit block: lane 0 holds its first four bytes, the first byte most significant.
pub type Block128 = Lanes<4, 32>;

/// The four bytes of a word, bit-sliced: bit i of plane p is bit p (value 2^p) of byte i.
pub type Planes = Lanes<8, 4>;

impl<const N: usize, const W: usize> Default for Lanes<N, W> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize, const W: usize> Lanes<N, W> {
    fn bit(&self, at: usize) -> bool {
        self.0[at / W] >> (at % W) & 1 == 1
    }

    /// `M` bits from bit `offset` of the vector; a kernel prints it as a slice.
    pub fn get_bits<const M: usize>(self, offset: usize) -> Bits<M> {
        if offset % W == 0 && M == W {
            return (self.0[offset / W] as u64).into();
        }
        (0..M).fold(0u64, |word, i| word | (self.bit(offset + i) as u64) << i).into()
    }
}

impl<const N: usize, const W: usize> BitXor for Lanes<N, W> {
    type Output = Self;
    fn bitxor(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] ^ other.0[i]))
    }
}

/// So that a block may stand in a `LogicStruct`.
impl From<Block128> for Bits<128> {
    fn from(block: Block128) -> Self {
        let mut word = Self::default();
        (0..128).for_each(|i| word = word.replace_bit(i, block.bit(i)));
        word
    }
}

impl<const N: usize, const W: usize> Synth for Lanes<N, W> {
    const BITS: usize = N * W;
    fn descriptor() -> TypeDescriptor {
        TypeDescriptor { name: format!("Lanes::<{N},{W}>"), kind: TypeKind::Bits(N * W) }
    }
    fn vcd(self) -> VCDValue {
        VCDValue::Vector((0..N * W).rev().map(|i| self.bit(i).into()).collect())
    }
    fn verilog(self) -> VerilogLiteral {
        fn literal<const B: usize>(bit: impl Fn(usize) -> bool) -> VerilogLiteral {
            let mut word = Bits::<B>::default();
            (0..B).for_each(|i| word = word.replace_bit(i, bit(i)));
            word.into()
        }
        // A literal of a width that is a product of constants cannot be named, so the widths in use are listed.
        match N * W {
            32 => literal::<32>(|i| self.bit(i)),
            64 => literal::<64>(|i| self.bit(i)),
            128 => literal::<128>(|i| self.bit(i)),
            other => unimplemented!("a literal of {other} bits: add its width here"),
        }
    }
}

/// Joins four words to a block, word 0 first. Combinational.
#[derive(Clone, Debug, LogicBlock, Ports)]
pub struct JoinWords {
    pub word: [Signal<In, Bits<32>>; 4],
    pub block: Signal<Out, Block128>,
}

impl Default for JoinWords {
    fn default() -> Self {
        Self { word: row(), block: Default::default() }
    }
}

impl Logic for JoinWords {
    fn update(&mut self) {
        self.block.next = Lanes(std::array::from_fn(|i| self.word[i].val().to_u32()));
    }
    fn connect(&mut self) {
        self.block.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom("always @(*) block = {word$3, word$2, word$1, word$0};\n".into())
    }
}

/// The bit of a word where bit `p` of byte `i` lies.
fn word_bit(i: usize, p: usize) -> usize {
    8 * (3 - i) + p
}

/// The four bytes of a word as planes. Combinational, wires only.
#[derive(Clone, Debug, Default, LogicBlock, Ports)]
pub struct ToPlanes {
    pub word: Signal<In, Bits<32>>,
    pub planes: Signal<Out, Planes>,
}

impl Logic for ToPlanes {
    fn update(&mut self) {
        let word = self.word.val().to_u32();
        self.planes.next = Lanes(std::array::from_fn(|p| (0..4).fold(0, |plane, i| plane | (word >> word_bit(i, p) & 1) << i)));
    }
    fn connect(&mut self) {
        self.planes.connect();
    }
    fn hdl(&self) -> Verilog {
        let bits: Vec<_> = (0..8).rev().flat_map(|p| (0..4).rev().map(move |i| format!("word[{}]", word_bit(i, p)))).collect();
        Verilog::Custom(format!("always @(*) planes = {{{}}};\n", bits.join(", ")))
    }
}

/// The word whose bytes stand in the planes. Combinational, wires only.
#[derive(Clone, Debug, Default, LogicBlock, Ports)]
pub struct FromPlanes {
    pub planes: Signal<In, Planes>,
    pub word: Signal<Out, Bits<32>>,
}

impl Logic for FromPlanes {
    fn update(&mut self) {
        let planes = self.planes.val().0;
        let bits = (0..8).flat_map(|p| (0..4).map(move |i| (i, p)));
        let word = bits.fold(0u32, |word, (i, p)| word | (planes[p] >> i & 1) << word_bit(i, p));
        self.word.next = (word as u64).into();
    }
    fn connect(&mut self) {
        self.word.connect();
    }
    fn hdl(&self) -> Verilog {
        let mut bits = vec![String::new(); 32];
        for (i, p) in (0..4).flat_map(|i| (0..8).map(move |p| (i, p))) {
            bits[31 - word_bit(i, p)] = format!("planes[{}]", 4 * p + i);
        }
        Verilog::Custom(format!("always @(*) word = {{{}}};\n", bits.join(", ")))
    }
}
