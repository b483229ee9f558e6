use crate::cell::{Ram, Reg};
use rust_hdl::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum ProgressStep {
    Idle,
    Carry,
    Low,
    High,
    Differ,
    Decide,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ProgressState {
    pub step: ProgressStep,
    pub index: Bits<5>,
    pub high: Bits<32>,
    pub low: Bits<32>,
    pub wraps: Bit,
    pub wanting: Bit,
    pub due_index: Bits<5>,
    pub due_high: Bits<32>,
    pub due_low: Bits<32>,
}

/// How far the numbers of each SA of a direction have come, and when that is to be recorded.
///
/// `moved` (at most once in eight clocks) tells of SA `index` the number reached; `one` is added to it: 1 for numbers used, 0 where it already is the next. When its low word is at or beyond the SA's
/// threshold, or on `starving` (of `index`, at any time), `due` rises with index and number, and stays until `taken`; meanwhile others are not noticed, but they come again with their next number.
///
/// `put` (a level until `put_done`) writes `put_data` for SA `at`: `what` 0 low word and 1 high word of the number reached, 2 the threshold. `look` answers in the same way, two clocks after `what` and
/// `at` are given, while nothing moves.
#[derive(LogicBlock)]
pub struct Progress {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub moved: Signal<In, Bit>,
    pub index: Signal<In, Bits<5>>,
    pub number_high: Signal<In, Bits<32>>,
    pub number_low: Signal<In, Bits<32>>,
    pub starving: Signal<In, Bit>,
    pub starving_index: Signal<In, Bits<5>>,
    pub due: Signal<Out, Bit>,
    pub due_index: Signal<Out, Bits<5>>,
    pub due_high: Signal<Out, Bits<32>>,
    pub due_low: Signal<Out, Bits<32>>,
    pub taken: Signal<In, Bit>,
    pub what: Signal<In, Bits<2>>,
    pub at: Signal<In, Bits<5>>,
    pub put: Signal<In, Bit>,
    pub put_data: Signal<In, Bits<32>>,
    pub put_done: Signal<Out, Bit>,
    pub look: Signal<Out, Bits<32>>,
    words: Ram<Bits<32>, 7>,
    word: Reg<Bits<32>>,
    s: Reg<ProgressState>,
    one: Constant<Bits<32>>,
    place: Signal<Local, Bits<7>>,
    gap: Signal<Local, Bits<32>>,
}

impl Progress {
    /// `one` is what is added to a number.
    pub fn new(one: u64) -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            moved: Default::default(),
            index: Default::default(),
            number_high: Default::default(),
            number_low: Default::default(),
            starving: Default::default(),
            starving_index: Default::default(),
            due: Default::default(),
            due_index: Default::default(),
            due_high: Default::default(),
            due_low: Default::default(),
            taken: Default::default(),
            what: Default::default(),
            at: Default::default(),
            put: Default::default(),
            put_data: Default::default(),
            put_done: Default::default(),
            look: Default::default(),
            words: Default::default(),
            word: Default::default(),
            s: Reg::new(ProgressState { step: ProgressStep::Idle, ..Default::default() }),
            one: Constant::new(one.into()),
            place: Default::default(),
            gap: Default::default(),
        }
    }
}

impl Logic for Progress {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, word, s);
        clock!(self, clock, words);
        self.word.reset.next = self.reset.val();
        self.s.reset.next = self.reset.val();

        self.due.next = self.s.q.val().wanting;
        self.due_index.next = self.s.q.val().due_index;
        self.due_high.next = self.s.q.val().due_high;
        self.due_low.next = self.s.q.val().due_low;
        self.look.next = self.word.q.val();
        self.word.d.next = self.words.read_data.val();
        self.put_done.next = false;

        self.place.next = (bit_cast::<7, 2>(self.what.val()) << 5) | bit_cast::<7, 5>(self.at.val());
        self.words.write.next = false;
        self.words.write_address.next = self.place.val();
        self.words.write_data.next = self.put_data.val();
        self.words.read_address.next = self.place.val();
        self.gap.next = self.s.q.val().low - self.word.q.val();

        if self.taken.val() {
            self.s.d.next.wanting = false;
        }
        match self.s.q.val().step {
            ProgressStep::Idle => {
                self.s.d.next.index = self.index.val();
                self.s.d.next.high = self.number_high.val();
                self.s.d.next.low = self.number_low.val() + self.one.val();
                self.s.d.next.wraps = (self.number_low.val() == 0xffff_ffffu64) & (self.one.val() != 0);
                if self.moved.val() {
                    self.s.d.next.step = ProgressStep::Carry;
                } else if self.put.val() {
                    self.words.write.next = true;
                    self.put_done.next = true;
                    // What was due by the old threshold is settled by the new.
                    if (self.what.val() == 2) & (self.at.val() == self.s.q.val().due_index) {
                        self.s.d.next.wanting = false;
                    }
                }
            }
            ProgressStep::Carry => {
                if self.s.q.val().wraps {
                    self.s.d.next.high = self.s.q.val().high + 1;
                }
                self.words.read_address.next = bit_cast::<7, 5>(self.s.q.val().index) | 64;
                self.s.d.next.step = ProgressStep::Low;
            }
            ProgressStep::Low => {
                self.words.write.next = true;
                self.words.write_address.next = bit_cast::<7, 5>(self.s.q.val().index);
                self.words.write_data.next = self.s.q.val().low;
                self.words.read_address.next = bit_cast::<7, 5>(self.s.q.val().index) | 64;
                self.s.d.next.step = ProgressStep::High;
            }
            ProgressStep::High => {
                self.words.write.next = true;
                self.words.write_address.next = bit_cast::<7, 5>(self.s.q.val().index) | 32;
                self.words.write_data.next = self.s.q.val().high;
                self.words.read_address.next = bit_cast::<7, 5>(self.s.q.val().index) | 64;
                self.s.d.next.step = ProgressStep::Differ;
            }
            // The threshold is in `word`; it is less than 2^31 away from any number.
            ProgressStep::Differ => {
                self.s.d.next.wraps = !self.gap.val().get_bit(31);
                self.s.d.next.step = ProgressStep::Decide;
            }
            ProgressStep::Decide => {
                self.s.d.next.step = ProgressStep::Idle;
                if self.s.q.val().wraps & !self.s.q.val().wanting {
                    self.s.d.next.wanting = true;
                    self.s.d.next.due_index = self.s.q.val().index;
                    self.s.d.next.due_high = self.s.q.val().high;
                    self.s.d.next.due_low = self.s.q.val().low;
                }
            }
            _ => {}
        }
        if self.starving.val() & !self.s.q.val().wanting {
            self.s.d.next.wanting = true;
            self.s.d.next.due_index = self.starving_index.val();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;

    #[test]
    fn numbers_are_kept_and_thresholds_noticed() {
        for one in [0u64, 1] {
            let mut bench = Bench::new(&format!("progress_{one}"), Progress::new(one), |d| &mut d.clock);
            bench.dut.reset.next = true;
            bench.cycle();
            bench.dut.reset.next = false;
            let put = |bench: &mut Bench<Progress>, what: u64, at: u64, data: u64| {
                bench.dut.put.next = true;
                bench.dut.what.next = what.into();
                bench.dut.at.next = at.into();
                bench.dut.put_data.next = data.into();
                loop {
                    bench.settle();
                    let done = bench.dut.put_done.val();
                    bench.cycle();
                    if done {
                        break;
                    }
                }
                bench.dut.put.next = false;
            };
            for at in 0..32 {
                put(&mut bench, 2, at, 0xffff_fffe);
                put(&mut bench, 0, at, 7);
                put(&mut bench, 1, at, 8);
            }
            for (index, number, due) in [
                (3u64, 0xffff_fff0u64, false),
                (3, 0xffff_ffff - one - 1, true),
                (4, 0x1_0000_0005, true),
                (31, 0x7_7fff_ffff, false),
                (0, 0x9_ffff_ffff, true),
            ] {
                let dut = &mut bench.dut;
                dut.moved.next = true;
                dut.index.next = index.into();
                dut.number_high.next = (number >> 32).into();
                dut.number_low.next = (number & 0xffff_ffff).into();
                bench.cycle();
                bench.dut.moved.next = false;
                for _ in 0..7 {
                    bench.cycle();
                }
                assert_eq!(bench.dut.due.val(), due, "{number:#x}");
                let next = number + one;
                for (what, expected) in [(0u64, next & 0xffff_ffff), (1, next >> 32)] {
                    bench.dut.what.next = what.into();
                    bench.dut.at.next = index.into();
                    bench.cycle();
                    bench.cycle();
                    assert_eq!(bench.dut.look.val().to_u64(), expected);
                }
                if due {
                    let dut = &bench.dut;
                    assert_eq!(
                        (dut.due_index.val().to_u64(), dut.due_high.val().to_u64() << 32 | dut.due_low.val().to_u64()),
                        (index, next)
                    );
                    bench.dut.taken.next = true;
                    bench.cycle();
                    bench.dut.taken.next = false;
                }
            }
            bench.dut.starving.next = true;
            bench.dut.starving_index.next = 17.into();
            bench.cycle();
            bench.dut.starving.next = false;
            bench.settle();
            assert_eq!((bench.dut.due.val(), bench.dut.due_index.val().to_u64()), (true, 17));
            bench.finish();
        }
    }
}
