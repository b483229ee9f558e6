//! Wide words that simulate fast. `Bits` above 32 bits is an array of bool; [`Lanes`] is an array of u32 that a kernel may register, pass on, xor
//! and slice, and that is a plain vector in the Verilog.
use crate::cell::row;
use rust_hdl::prelude::*;
use std::ops::BitXor;

/// `N` lanes of `W` bits (1 ..= 32), lane 0 in the least significant bits of the vector.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lanes<const N: usize, const W: usize>(pub [u32; N]);

/// A 128-bit block: lane 0 holds its first four bytes, the first byte most significant.
pub type Block128 = Lanes<4, 32>;

/// Sixteen state bytes and four key bytes of AES, bit-sliced: bit i of plane p is bit p (value 2^p) of byte i; bytes 16..20 are those of a key word.
pub type Planes = Lanes<8, 20>;

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
            64 => literal::<64>(|i| self.bit(i)),
            128 => literal::<128>(|i| self.bit(i)),
            160 => literal::<160>(|i| self.bit(i)),
            other => unimplemented!("a literal of {other} bits: add its width here"),
        }
    }
}

/// Joins four words to a block, word 0 first. Combinational.
#[derive(Clone, Debug, LogicBlock)]
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

/// The bit of a block's vector where bit `p` of byte `i` lies.
fn block_bit(i: usize, p: usize) -> usize {
    32 * (i / 4) + 8 * (3 - i % 4) + p
}

/// The sixteen bytes of four words as planes; the key bytes are zero. Combinational, wires only.
#[derive(Clone, Debug, LogicBlock)]
pub struct ToPlanes {
    pub word: [Signal<In, Bits<32>>; 4],
    pub planes: Signal<Out, Planes>,
    _last: ([u32; 4], Planes),
}

impl Default for ToPlanes {
    fn default() -> Self {
        Self { word: row(), planes: Default::default(), _last: Default::default() }
    }
}

impl Logic for ToPlanes {
    fn update(&mut self) {
        let word: [u32; 4] = std::array::from_fn(|i| self.word[i].val().to_u32());
        if word != self._last.0 {
            self._last = (word, to_planes(Lanes(word)));
        }
        self.planes.next = self._last.1;
    }
    fn connect(&mut self) {
        self.planes.connect();
    }
    fn hdl(&self) -> Verilog {
        let bit = |p: usize, i: usize| if i < 16 { format!("word${}[{}]", i / 4, block_bit(i, p) % 32) } else { "1'b0".into() };
        let bits: Vec<_> = (0..8).rev().flat_map(|p| (0..20).rev().map(move |i| bit(p, i))).collect();
        Verilog::Custom(format!("always @(*) planes = {{{}}};\n", bits.join(", ")))
    }
}

/// The state bytes of planes as a block. Combinational, wires only.
#[derive(Clone, Debug, Default, LogicBlock)]
pub struct FromPlanes {
    pub planes: Signal<In, Planes>,
    pub block: Signal<Out, Block128>,
    _last: (Planes, Block128),
}

impl Logic for FromPlanes {
    fn update(&mut self) {
        let planes = self.planes.val();
        if planes != self._last.0 {
            self._last = (planes, from_planes(planes));
        }
        self.block.next = self._last.1;
    }
    fn connect(&mut self) {
        self.block.connect();
    }
    fn hdl(&self) -> Verilog {
        let mut bits = vec![String::new(); 128];
        for (i, p) in (0..16).flat_map(|i| (0..8).map(move |p| (i, p))) {
            bits[127 - block_bit(i, p)] = format!("planes[{}]", 20 * p + i);
        }
        Verilog::Custom(format!("always @(*) block = {{{}}};\n", bits.join(", ")))
    }
}

/// Slices a block into planes.
pub fn to_planes(block: Block128) -> Planes {
    Lanes(std::array::from_fn(|p| (0..16).fold(0, |plane, i| plane | (block.bit(block_bit(i, p)) as u32) << i)))
}

/// Puts the state bytes of planes together again.
pub fn from_planes(planes: Planes) -> Block128 {
    let mut block = Block128::default();
    for (i, p) in (0..16).flat_map(|i| (0..8).map(move |p| (i, p))) {
        let at = block_bit(i, p);
        block.0[at / 32] |= (planes.0[p] >> i & 1) << (at % 32);
    }
    block
}
