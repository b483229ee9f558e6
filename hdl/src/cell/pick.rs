use crate::cell::{Block128, Lanes};
use crate::prelude::*;

/// One of four blocks in two tables per bit: `a` when neither `other` nor `odd`, `b` when `odd`, `c` when `other`, `d` when both. Combinational.
/// Written so that the first table gives the constant which then chooses between `c` and `d`.
#[derive(Clone, Debug, Default, LogicBlock, Ports)]
pub struct Pick {
    pub a: Signal<In, Block128>,
    pub b: Signal<In, Block128>,
    pub c: Signal<In, Block128>,
    pub d: Signal<In, Block128>,
    pub odd: Signal<In, Bit>,
    pub other: Signal<In, Bit>,
    pub picked: Signal<Out, Block128>,
}

impl Logic for Pick {
    fn update(&mut self) {
        self.picked.next = match (self.other.val(), self.odd.val()) {
            (false, false) => self.a.val(),
            (false, true) => self.b.val(),
            (true, false) => self.c.val(),
            (true, true) => self.d.val(),
        };
    }
    fn connect(&mut self) {
        self.picked.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom(
            "wire [127:0] first = other ? {128{odd}} : (odd ? b : a);\n\
             wire [127:0] second = other ? ((first & d) | (~first & c)) : first;\nalways @(*) picked = second;\n"
                .into(),
        )
    }
}

/// Which bytes of a block count: bit i of `mask` is byte i, for those up to number `last` (0 to 15). Combinational, one table per bit.
#[derive(Clone, Debug, Default, LogicBlock, Ports)]
pub struct ByteMask {
    pub last: Signal<In, Bits<4>>,
    pub mask: Signal<Out, Bits<16>>,
}

impl Logic for ByteMask {
    fn update(&mut self) {
        self.mask.next = ((2u64 << self.last.val().index()) - 1).into();
    }
    fn connect(&mut self) {
        self.mask.connect();
    }
    fn hdl(&self) -> Verilog {
        // As constants chosen by `last`: comparisons would share their gates, and be deep.
        let bits: Vec<_> = (0..16).rev().map(|i| format!("ones{i}[last]")).collect();
        let tables: String = (0..16u32).map(|i| format!("wire [15:0] ones{i} = 16'h{:04x};\n", 0xffff & (0xffffu32 << i))).collect();
        Verilog::Custom(format!("{tables}always @(*) mask = {{{}}};\n", bits.join(", ")))
    }
}

/// The bytes of a block that `mask` has; the others are zero. Combinational.
#[derive(Clone, Debug, Default, LogicBlock, Ports)]
pub struct KeepBytes {
    pub x: Signal<In, Block128>,
    pub mask: Signal<In, Bits<16>>,
    pub y: Signal<Out, Block128>,
}

impl Logic for KeepBytes {
    fn update(&mut self) {
        let (x, mask) = (self.x.val().0, self.mask.val().index());
        let byte = |i: usize| if mask >> i & 1 == 1 { 0xff00_0000u32 >> (8 * (i % 4)) } else { 0 };
        self.y.next = Lanes(std::array::from_fn(|c| x[c] & (0..4).fold(0, |keep, r| keep | byte(4 * c + r))));
    }
    fn connect(&mut self) {
        self.y.connect();
    }
    fn hdl(&self) -> Verilog {
        let byte = |i: usize| format!("x[{} +: 8] & {{8{{mask[{i}]}}}}", 32 * (i / 4) + 24 - 8 * (i % 4));
        let bytes: Vec<_> = (0..4).rev().flat_map(|c| (0..4).map(move |r| 4 * c + r)).map(byte).collect();
        Verilog::Custom(format!("always @(*) y = {{{}}};\n", bytes.join(", ")))
    }
}
