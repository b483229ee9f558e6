use crate::cell::row;
use crate::prelude::*;
use array_init::from_iter;
use holdfast_registers::map::{Access, REGISTERS};

/// Rows of the register table, cut into aligned powers of two.
const PIECES: usize = 32;

/// Which register stands at a byte address (a multiple of four): its position in [`REGISTERS`] and what may be done with it. Combinational. The table of the map is the
/// only source: a row of registers is cut into aligned pieces whose length is a power of two, so that a piece costs one masked comparison with a constant.
#[derive(LogicBlock, Ports)]
pub struct Decode {
    pub address: Signal<In, Bits<12>>,
    pub known: Signal<Out, Bit>,
    pub readable: Signal<Out, Bit>,
    pub writable: Signal<Out, Bit>,
    pub which: Signal<Out, Bits<5>>,
    first: [Constant<Bits<12>>; PIECES],
    mask: [Constant<Bits<12>>; PIECES],
    piece_readable: [Constant<Bit>; PIECES],
    piece_writable: [Constant<Bit>; PIECES],
    piece_which: [Constant<Bits<5>>; PIECES],
    hit: [Signal<Local, Bit>; PIECES],
}

/// The position in the table of the register at `offset`, as `Decode::which` reports it.
pub fn position(offset: u32) -> Constant<Bits<5>> {
    let found = REGISTERS.iter().position(|r| r.offset == offset);
    Constant::new((found.unwrap_or_else(|| panic!("no register at {offset:#x}")) as u64).into())
}

impl Default for Decode {
    fn default() -> Self {
        // Address, mask, reads, writes, position. What is left over never matches: no address under mask 0 is 1.
        let mut pieces: Vec<(u32, u32, bool, bool, u64)> = vec![];
        for (which, register) in REGISTERS.iter().enumerate() {
            let (mut at, end) = (register.offset, register.offset + 4 * register.count);
            while at < end {
                let mut size = 4;
                while at % (2 * size) == 0 && at + 2 * size <= end {
                    size *= 2;
                }
                pieces.push((
                    at,
                    0xffc & !(size - 1),
                    register.access != Access::WriteOnly,
                    register.access != Access::ReadOnly,
                    which as u64,
                ));
                at += size;
            }
        }
        assert!(pieces.len() <= PIECES && REGISTERS.len() <= 32, "{} pieces: the decoder has room for {PIECES}", pieces.len());
        pieces.resize(PIECES, (1, 0, false, false, 0));
        Self {
            address: Default::default(),
            known: Default::default(),
            readable: Default::default(),
            writable: Default::default(),
            which: Default::default(),
            first: from_iter(pieces.iter().map(|p| Constant::new((p.0 as u64).into()))).expect("as many as pieces"),
            mask: from_iter(pieces.iter().map(|p| Constant::new((p.1 as u64).into()))).expect("as many as pieces"),
            piece_readable: from_iter(pieces.iter().map(|p| Constant::new(p.2))).expect("as many as pieces"),
            piece_writable: from_iter(pieces.iter().map(|p| Constant::new(p.3))).expect("as many as pieces"),
            piece_which: from_iter(pieces.iter().map(|p| Constant::new(p.4.into()))).expect("as many as pieces"),
            hit: row(),
        }
    }
}

impl Logic for Decode {
    #[hdl_gen]
    fn update(&mut self) {
        self.known.next = false;
        self.readable.next = false;
        self.writable.next = false;
        self.which.next = 0.into();
        for i in 0..32 {
            self.hit[i].next = (self.address.val() & self.mask[i].val()) == self.first[i].val();
            if self.hit[i].val() {
                self.known.next = true;
                self.readable.next = self.piece_readable[i].val();
                self.writable.next = self.piece_writable[i].val();
                self.which.next = self.piece_which[i].val();
            }
        }
    }
}
