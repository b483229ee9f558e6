//! The powers of the hash key that an SA keeps: from H the third and the fifth, bit by bit.
//!
//! `start` takes `h`; after 259 clocks `ready` is back and `third` and `fifth` are H³ and H⁵. They stand until the next `start`; `reset` clears them.
use crate::cell::{Block128, Gf128Map, Gf128Step, Reg};
use crate::prelude::*;

/// What the block is doing.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum PowersPhase {
    Idle,
    /// Takes H² as the factor of the next product.
    Third,
    ThirdSteps,
    Fifth,
    FifthSteps,
}

/// The block; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct Powers {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub start: Signal<In, Bit>,
    pub h: Signal<In, Block128>,
    pub ready: Signal<Out, Bit>,
    pub first: Signal<Out, Block128>,
    pub third: Signal<Out, Block128>,
    pub fifth: Signal<Out, Block128>,
    phase: Reg<PowersPhase>,
    left: Reg<Bits<7>>,
    one: Reg<Block128>,
    three: Reg<Block128>,
    sum: Reg<Block128>,
    factor: Reg<Block128>,
    square: Gf128Map,
    step: Gf128Step<1>,
    zeros: Constant<Block128>,
}

impl Default for Powers {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            start: Default::default(),
            h: Default::default(),
            ready: Default::default(),
            first: Default::default(),
            third: Default::default(),
            fifth: Default::default(),
            phase: Reg::new(PowersPhase::Idle),
            left: Default::default(),
            one: Default::default(),
            three: Default::default(),
            sum: Default::default(),
            factor: Default::default(),
            square: Gf128Map::square(),
            step: Default::default(),
            zeros: Constant::new(Block128::default()),
        }
    }
}

impl Logic for Powers {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, phase, left, one, three, sum, factor);
        self.phase.reset.next = self.reset.val();
        self.left.reset.next = self.reset.val();
        self.one.reset.next = self.reset.val();
        self.three.reset.next = self.reset.val();
        self.sum.reset.next = self.reset.val();
        self.factor.reset.next = self.reset.val();
        self.square.x.next = self.one.q.val();
        self.step.sum.next = self.sum.q.val();
        self.step.operand.next = self.factor.q.val();
        self.step.h.next = self.one.q.val();
        if self.phase.q.val() == PowersPhase::FifthSteps {
            self.step.h.next = self.three.q.val();
        }
        self.left.d.next = self.left.q.val() - 1;
        match self.phase.q.val() {
            PowersPhase::Idle => {
                if self.start.val() {
                    self.one.d.next = self.h.val();
                    self.phase.d.next = PowersPhase::Third;
                }
            }
            PowersPhase::Third => {
                self.factor.d.next = self.square.y.val();
                self.sum.d.next = self.zeros.val();
                self.left.d.next = 127.into();
                self.phase.d.next = PowersPhase::ThirdSteps;
            }
            PowersPhase::ThirdSteps => {
                self.factor.d.next = self.step.rest.val();
                self.sum.d.next = self.step.total.val();
                if self.left.q.val() == 0 {
                    self.three.d.next = self.step.total.val();
                    self.phase.d.next = PowersPhase::Fifth;
                }
            }
            PowersPhase::Fifth => {
                self.factor.d.next = self.square.y.val();
                self.sum.d.next = self.zeros.val();
                self.left.d.next = 127.into();
                self.phase.d.next = PowersPhase::FifthSteps;
            }
            PowersPhase::FifthSteps => {
                self.factor.d.next = self.step.rest.val();
                self.sum.d.next = self.step.total.val();
                if self.left.q.val() == 0 {
                    self.phase.d.next = PowersPhase::Idle;
                }
            }
            _ => {}
        }
        self.ready.next = self.phase.q.val() == PowersPhase::Idle;
        self.first.next = self.one.q.val();
        self.third.next = self.three.q.val();
        self.fifth.next = self.sum.q.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cell::Lanes, check::Bench};
    use ghash::universal_hash::UniversalHash;

    fn bytes(block: Block128) -> ghash::Block {
        let mut out = ghash::Block::default();
        block.0.iter().zip(out.chunks_mut(4)).for_each(|(lane, to)| to.copy_from_slice(&lane.to_be_bytes()));
        out
    }

    /// H^`n`: the hash of a one and n - 1 blocks of zeros.
    fn power(h: Block128, n: usize) -> ghash::Block {
        let mut hash = ghash::GHash::new(&bytes(h));
        let mut blocks = vec![ghash::Block::default(); n];
        blocks[0][0] = 0x80;
        hash.update(&blocks);
        hash.finalize()
    }

    #[test]
    fn powers_are_those_of_ghash() {
        let mut bench = Bench::new("powers", Powers::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        for h in [Lanes([0x66e94bd4, 0xef8a2c3b, 0x884cfa59, 0xca342b2e]), Lanes([0x80000000, 0, 0, 1]), Lanes([!0; 4])] {
            bench.dut.h.next = h;
            bench.dut.start.next = true;
            assert!(bench.dut.ready.val());
            bench.cycle();
            bench.dut.start.next = false;
            for _ in 0..258 {
                assert!(!bench.dut.ready.val());
                bench.cycle();
            }
            assert!(bench.dut.ready.val());
            assert_eq!(bytes(bench.dut.first.val()), power(h, 1));
            assert_eq!(bytes(bench.dut.third.val()), power(h, 3));
            assert_eq!(bytes(bench.dut.fifth.val()), power(h, 5));
        }
        bench.finish();
    }
}
