use crate::cell::Reg;
use crate::prelude::*;

/// A frame that is read, and what of it goes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ReleaseState {
    /// Blocks of the frame that have not been given back.
    pub rest: Bits<10>,
    /// Blocks read since the last part was given back.
    pub read: Bits<6>,
    pub free: Bit,
    pub blocks: Bits<10>,
}

/// What was told a clock ago.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ReleaseTold {
    pub starts: Bit,
    pub reads: Bit,
    pub ends: Bit,
    pub blocks: Bits<10>,
}

/// Gives the blocks of a frame back to its [`WideStore`](super::WideStore) while it is read, 64 at a time, so that behind a long frame the next one need not wait for its end.
///
/// `starts`, a pulse with the `blocks` of the frame; `reads`, a pulse for every block that is read for the last time, in their order and with none left out before it; `ends`, a pulse: nothing more of it is read, and all of it goes back.
/// `ends` of a frame may come with `starts` of the next. `free` and `free_blocks` follow two clocks later: those who tell have little time, and nobody waits for a clock.
#[derive(LogicBlock, Ports, Default)]
pub struct Release {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub starts: Signal<In, Bit>,
    pub blocks: Signal<In, Bits<10>>,
    pub reads: Signal<In, Bit>,
    pub ends: Signal<In, Bit>,
    pub free: Signal<Out, Bit>,
    pub free_blocks: Signal<Out, Bits<10>>,
    told: Reg<ReleaseTold>,
    s: Reg<ReleaseState>,
    part: Signal<Local, Bit>,
}

impl Logic for Release {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, told, s);
        self.told.reset.next = self.reset.val();
        self.s.reset.next = self.reset.val();
        self.free.next = self.s.q.val().free;
        self.free_blocks.next = self.s.q.val().blocks;

        self.told.d.next.starts = self.starts.val();
        self.told.d.next.reads = self.reads.val();
        self.told.d.next.ends = self.ends.val();
        self.told.d.next.blocks = self.blocks.val();
        self.part.next = self.told.q.val().reads & (self.s.q.val().read == 63);
        if self.told.q.val().reads {
            self.s.d.next.read = self.s.q.val().read + 1;
        }
        self.s.d.next.free = self.part.val() | self.told.q.val().ends;
        self.s.d.next.blocks = 64.into();
        if self.part.val() {
            self.s.d.next.rest = self.s.q.val().rest - 64;
        }
        if self.told.q.val().ends {
            self.s.d.next.blocks = self.s.q.val().rest;
            self.s.d.next.rest = 0.into();
            self.s.d.next.read = 0.into();
        }
        if self.told.q.val().starts {
            self.s.d.next.rest = self.told.q.val().blocks;
            self.s.d.next.read = 0.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};

    /// Frames of all lengths, read at any pace or dropped, one behind the other or with a pause: never more is given back than was read, long ones in parts, and all of it at the end.
    #[test]
    fn what_is_read_goes_back_and_at_the_end_all_of_it() {
        println!("seed 41");
        let mut dice = StdRng::seed_from_u64(41);
        let mut bench = Bench::new("give_back", Release::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let (mut begun, mut returned, mut parts) = (0u64, 0u64, 0);
        let mut next = Some(5u64);
        for n in 0..60 {
            let blocks = next.take().unwrap_or_else(|| {
                let blocks = dice.gen_range(1..if n % 3 == 0 { 571 } else { 20 });
                bench.dut.starts.next = true;
                bench.dut.blocks.next = blocks.into();
                blocks
            });
            if n == 0 {
                bench.dut.starts.next = true;
                bench.dut.blocks.next = blocks.into();
            }
            let before = begun;
            begun += blocks;
            // How many are read before it ends: with a dropped frame none.
            let reads = if dice.gen_bool(0.2) { 0 } else { blocks - dice.gen_range(0..blocks.min(3)) };
            let mut read = 0;
            loop {
                bench.cycle();
                let d = &mut bench.dut;
                (d.starts.next, d.ends.next) = (false, false);
                bench.settle();
                if bench.dut.free.val() {
                    returned += u64::from(bench.dut.free_blocks.val());
                    parts += (bench.dut.free_blocks.val() == 64 && returned < begun) as u32;
                }
                assert!(returned <= before + read, "frame {n}: {returned} given back, {} read", before + read);
                assert!(before + read <= returned + 66, "frame {n}: nothing goes back");
                let step = read < reads && dice.gen_bool(0.8);
                bench.dut.reads.next = step;
                read += step as u64;
                if read == reads && (step || reads == 0 || dice.gen_bool(0.3)) {
                    bench.dut.ends.next = true;
                    if dice.gen_bool(0.5) {
                        let most = if dice.gen_bool(0.3) { 571 } else { 20 };
                        let blocks = dice.gen_range(1..most);
                        bench.dut.starts.next = true;
                        bench.dut.blocks.next = blocks.into();
                        next = Some(blocks);
                    }
                    bench.cycle();
                    let d = &mut bench.dut;
                    (d.starts.next, d.ends.next, d.reads.next) = (false, false, false);
                    for clock in 0..2 {
                        bench.settle();
                        if bench.dut.free.val() {
                            returned += u64::from(bench.dut.free_blocks.val());
                        }
                        assert!(clock == 0 || bench.dut.free.val());
                        if clock == 0 {
                            bench.cycle();
                        }
                    }
                    assert_eq!(returned, begun, "frame {n} of {blocks} blocks, {read} read");
                    break;
                }
            }
        }
        assert!(parts > 20, "{parts} parts");
        bench.finish();
    }
}
