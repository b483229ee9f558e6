use crate::cell::{Block128, Lanes};
use rust_hdl::prelude::*;

/// One of four blocks in two tables per bit: `a` when neither `other` nor `odd`, `b` when `odd`, `c` when `other`, `d` when both. Combinational.
/// Written so that the first table gives the constant which then chooses between `c` and `d`.
#[derive(Clone, Debug, Default, LogicBlock)]
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

/// The first bytes of a block: those up to the one with number `last` (0 to 15); the others are zero. Combinational.
#[derive(Clone, Debug, Default, LogicBlock)]
pub struct KeepBytes {
    pub x: Signal<In, Block128>,
    pub last: Signal<In, Bits<4>>,
    pub y: Signal<Out, Block128>,
}

impl Logic for KeepBytes {
    fn update(&mut self) {
        let block = self.x.val().0.iter().fold(0, |n, &lane| n << 32 | lane as u128);
        let kept = block & !0 << (8 * (15 - self.last.val().index()));
        self.y.next = Lanes(std::array::from_fn(|i| (kept >> (96 - 32 * i)) as u32));
    }
    fn connect(&mut self) {
        self.y.connect();
    }
    fn hdl(&self) -> Verilog {
        let byte = |i: usize| format!("x[{} +: 8] & {{8{{last >= 4'd{i}}}}}", 32 * (i / 4) + 24 - 8 * (i % 4));
        let bytes: Vec<_> = (0..4).rev().flat_map(|c| (0..4).map(move |r| 4 * c + r)).map(byte).collect();
        Verilog::Custom(format!("always @(*) y = {{{}}};\n", bytes.join(", ")))
    }
}
