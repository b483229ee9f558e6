//! GHASH (NIST SP 800-38D, section 6.4), ten bits of a block per clock: as few as keep step with the cipher, which takes eleven to fifteen clocks per block.
//!
//! `start` with `ready` takes `block`; thirteen clocks later `ready` is back and `digest` is (digest + block)·H. One block per fourteen clocks. `clear` sets the
//! digest to zero; it is given when the engine is ready. With `last`, given with `start`, `mask` is added to the digest, which then is the tag; `mask` is held
//! while the engine works. `h` is held while the engine works, and is *not* H but H / x^2: thirteen steps of ten bits multiply by x^2 too often.
use crate::cell::{Block128, Gf128Step, Reg, Settle};
use crate::prelude::*;

/// Bits of a block per clock, and the steps that makes per block.
const DIGIT: usize = 10;
const STEPS: u64 = 128usize.div_ceil(DIGIT) as u64;
/// By how many powers of x the steps multiply too often; `h` is to be divided by as many.
pub const EXCESS: usize = STEPS as usize * DIGIT - 128;

/// The hash engine; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct Ghash {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub clear: Signal<In, Bit>,
    pub h: Signal<In, Block128>,
    pub block: Signal<In, Block128>,
    pub start: Signal<In, Bit>,
    pub mask: Signal<In, Block128>,
    pub last: Signal<In, Bit>,
    pub ready: Signal<Out, Bit>,
    pub digest: Signal<Out, Block128>,
    sum: Reg<Block128>,
    operand: Reg<Block128>,
    left: Reg<Bits<4>>,
    busy: Reg<Bit>,
    masks: Reg<Bit>,
    /// Zero but in the last step of the last block: what is added comes straight from a register.
    addend: Reg<Block128>,
    step: Settle<Gf128Step<DIGIT>>,
    steps: Constant<Bits<4>>,
    zero: Constant<Block128>,
    ends: Signal<Local, Bit>,
}

impl Default for Ghash {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            clear: Default::default(),
            h: Default::default(),
            block: Default::default(),
            start: Default::default(),
            mask: Default::default(),
            last: Default::default(),
            ready: Default::default(),
            digest: Default::default(),
            sum: Default::default(),
            operand: Default::default(),
            left: Default::default(),
            busy: Default::default(),
            masks: Default::default(),
            addend: Default::default(),
            step: Default::default(),
            steps: Constant::new(STEPS.into()),
            zero: Constant::new(Block128::default()),
            ends: Default::default(),
        }
    }
}

impl Logic for Ghash {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, sum, operand, left, busy, masks, addend);
        self.sum.reset.next = self.reset.val() | self.clear.val();
        self.operand.reset.next = self.reset.val();
        self.left.reset.next = self.reset.val();
        self.busy.reset.next = self.reset.val();
        self.masks.reset.next = self.reset.val();
        self.ends.next = self.masks.q.val() & self.busy.q.val() & (self.left.q.val() == 2);
        self.addend.reset.next = self.reset.val() | !self.ends.val();
        self.addend.d.next = self.mask.val();

        self.step.sum.next = self.sum.q.val();
        self.step.h.next = self.h.val();
        self.step.operand.next = self.operand.q.val();
        self.ready.next = !self.busy.q.val();
        self.digest.next = self.sum.q.val();

        if self.busy.q.val() {
            self.sum.d.next = self.step.total.val() ^ self.addend.q.val();
            self.operand.d.next = self.step.rest.val();
            self.left.d.next = self.left.q.val() - 1;
            self.busy.d.next = self.left.q.val() != 1;
        } else if self.start.val() {
            self.operand.d.next = self.sum.q.val() ^ self.block.val();
            self.sum.d.next = self.zero.val();
            self.left.d.next = self.steps.val();
            self.masks.d.next = self.last.val();
            self.busy.d.next = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cell::{Gf128Divide, Lanes},
        check::Bench,
    };
    use ghash::universal_hash::UniversalHash;

    fn bytes(block: Block128) -> ghash::Block {
        let mut out = ghash::Block::default();
        block.0.iter().zip(out.chunks_mut(4)).for_each(|(lane, to)| to.copy_from_slice(&lane.to_be_bytes()));
        out
    }

    #[test]
    fn hashes_blocks() {
        let mut bench = Bench::new("ghash", Ghash::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let mut seed = 0x2545f491u32;
        let mut word = || {
            seed = seed.wrapping_mul(1664525).wrapping_add(1013904223);
            seed ^ seed >> 16
        };
        for blocks in 0..6 {
            let h = Lanes(std::array::from_fn(|_| word()));
            let mut reference = ghash::GHash::new(&bytes(h));
            let mut divide = Gf128Divide::<EXCESS>::default();
            divide.connect_all();
            divide.value.next = h;
            assert!(simulate(&mut divide, 10));
            bench.dut.h.next = divide.quotient.val();
            bench.dut.clear.next = true;
            bench.cycle();
            bench.dut.clear.next = false;
            let mask = Lanes(std::array::from_fn(|_| word()));
            bench.dut.mask.next = mask;
            for n in 0..blocks {
                let block = Lanes(std::array::from_fn(|_| word()));
                reference.update(&[bytes(block)]);
                bench.dut.block.next = block;
                bench.dut.start.next = true;
                bench.dut.last.next = n == blocks - 1;
                assert!(bench.dut.ready.val());
                bench.cycle();
                bench.dut.start.next = word() & 1 == 1; // not taken while busy
                for n in 0..STEPS {
                    assert!(!bench.dut.ready.val(), "busy after {n} clocks");
                    bench.dut.start.next &= n != STEPS - 1;
                    bench.cycle();
                }
                bench.dut.start.next = false;
            }
            let digest = bench.dut.digest.val() ^ if blocks == 0 { Lanes::default() } else { mask };
            assert_eq!(bytes(digest), reference.finalize());
        }
        bench.finish();
    }
}
