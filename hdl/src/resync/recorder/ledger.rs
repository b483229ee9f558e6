use crate::cell::{row, Ram, Reg};
use crate::prelude::*;
use crate::Sizes;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum LedgerStep {
    Idle,
    Low,
    High,
    Differ,
    Decide,
    Ask,
    Answer,
}

/// A number that was reported and is not booked yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct LedgerNews {
    pub pending: Bit,
    /// Commit wrote it: it is not compared.
    pub told: Bit,
    pub index: Bits<5>,
    pub high: Bits<32>,
    pub low: Bits<32>,
}

/// A direction's SA whose number is at its threshold or beyond.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct LedgerDue {
    pub wanting: Bit,
    pub index: Bits<5>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct LedgerState {
    pub inbound: Bit,
    pub carry: Bit,
    pub beyond: Bit,
}

/// What the recorder knows of every place, eight words of 32 bits each, and which place is due. Word 0, 1: when its SA was born; 2, 3: the value of the newest dynamic record; 4: interval and slots; 5, 6: how far the numbers have come;
/// 7: the low half of the number from which on that is to be recorded. High halves come first.
///
/// **News.** `used` and `seen` (pulses, each at most once in sixteen clocks) tell the number that outbound SA `used_index` has used, and the number above all that inbound SA `seen_index` has accepted. `told_high` and
/// `told_low` (pulses, low first, for one SA at a time, sixteen clocks after the last of `seen` and sixteen before the next) are the halves of such a number as commit writes them. What is booked is the next number of the SA, in words 5 (high) and 6 (low).
///
/// **Due.** When the low word of a number that was not told is at or beyond word 7 (less than 2^31 is between them), or on `starving` (of outbound SA `starving_index`, at any time), `due` of the direction rises with
/// `due_index` and stays until `taken` or until a new threshold is put for this SA; meanwhile others are not noticed, but they come again with their next number.
///
/// **Access.** `ask` or `put` (levels, until `done`) reads or writes `word` of `place`; `done` is a pulse, `look` is what was read and stays until the next `done`. With `keep` no news is booked between this access and
/// the one before, if nothing was free in between. `beyond`, with the `done` of a word 7 that was asked for with `keep` after word 6: that number is at or beyond that threshold. An access takes two clocks to write and three to read, and five more for each
/// direction that has news.
#[derive(LogicBlock, Ports)]
pub struct Ledger {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub used: Signal<In, Bit>,
    pub used_index: Signal<In, Bits<5>>,
    pub used_high: Signal<In, Bits<32>>,
    pub used_low: Signal<In, Bits<32>>,
    pub starving: Signal<In, Bit>,
    pub starving_index: Signal<In, Bits<5>>,
    pub seen: Signal<In, Bit>,
    pub seen_index: Signal<In, Bits<5>>,
    pub seen_high: Signal<In, Bits<32>>,
    pub seen_low: Signal<In, Bits<32>>,
    pub told_high: Signal<In, Bit>,
    pub told_low: Signal<In, Bit>,
    pub told_index: Signal<In, Bits<5>>,
    pub told_data: Signal<In, Bits<32>>,
    pub due: [Signal<Out, Bit>; 2],
    pub due_index: [Signal<Out, Bits<5>>; 2],
    pub taken: [Signal<In, Bit>; 2],
    pub ask: Signal<In, Bit>,
    pub put: Signal<In, Bit>,
    pub keep: Signal<In, Bit>,
    pub place: Signal<In, Bits<6>>,
    pub word: Signal<In, Bits<3>>,
    pub data: Signal<In, Bits<32>>,
    pub done: Signal<Out, Bit>,
    pub look: Signal<Out, Bits<32>>,
    pub beyond: Signal<Out, Bit>,
    words: Ram<Bits<32>, 9>,
    read: Reg<Bits<32>>,
    last: Reg<Bits<32>>,
    news: [Reg<LedgerNews>; 2],
    late: [Reg<LedgerDue>; 2],
    s: Reg<LedgerState>,
    state: Reg<LedgerStep>,
    asked: Signal<Local, Bits<9>>,
    index: Signal<Local, Bits<5>>,
    row: Signal<Local, Bits<9>>,
    half: Signal<Local, Bits<32>>,
    one: Signal<Local, Bits<32>>,
    next: Signal<Local, Bits<32>>,
    wraps: Signal<Local, Bit>,
    gap: Signal<Local, Bits<32>>,
    reached: Signal<Local, Bit>,
    side: Signal<Local, Bit>,
    settled: Signal<Local, Bit>,
}

impl Ledger {
    /// For so many SAs.
    pub fn new(sizes: Sizes) -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            used: Default::default(),
            used_index: Default::default(),
            used_high: Default::default(),
            used_low: Default::default(),
            starving: Default::default(),
            starving_index: Default::default(),
            seen: Default::default(),
            seen_index: Default::default(),
            seen_high: Default::default(),
            seen_low: Default::default(),
            told_high: Default::default(),
            told_low: Default::default(),
            told_index: Default::default(),
            told_data: Default::default(),
            due: row(),
            due_index: row(),
            taken: row(),
            ask: Default::default(),
            put: Default::default(),
            keep: Default::default(),
            place: Default::default(),
            word: Default::default(),
            data: Default::default(),
            done: Default::default(),
            look: Default::default(),
            beyond: Default::default(),
            words: Ram::of(256 | sizes.sa_bits(3) | 7),
            read: Default::default(),
            last: Default::default(),
            news: row(),
            late: row(),
            s: Default::default(),
            state: Default::default(),
            asked: Default::default(),
            index: Default::default(),
            row: Default::default(),
            half: Default::default(),
            one: Default::default(),
            next: Default::default(),
            wraps: Default::default(),
            gap: Default::default(),
            reached: Default::default(),
            side: Default::default(),
            settled: Default::default(),
        }
    }
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new(Sizes::default())
    }
}

impl Logic for Ledger {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, read, last, s, state);
        clock!(self, clock, words);
        self.read.reset.next = self.reset.val();
        self.last.reset.next = self.reset.val();
        self.s.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();
        for i in 0..2 {
            self.news[i].clock.next = self.clock.val();
            self.news[i].reset.next = self.reset.val();
            self.news[i].d.next = self.news[i].q.val();
            self.late[i].clock.next = self.clock.val();
            self.late[i].reset.next = self.reset.val();
            self.late[i].d.next = self.late[i].q.val();
        }
        self.due[0].next = self.late[0].q.val().wanting;
        self.due_index[0].next = self.late[0].q.val().index;
        self.due[1].next = self.late[1].q.val().wanting;
        self.due_index[1].next = self.late[1].q.val().index;

        // News come in at any time.
        if self.used.val() {
            self.news[0].d.next.pending = true;
            self.news[0].d.next.index = self.used_index.val();
            self.news[0].d.next.high = self.used_high.val();
            self.news[0].d.next.low = self.used_low.val();
        }
        if self.seen.val() {
            self.news[1].d.next.pending = true;
            self.news[1].d.next.told = false;
            self.news[1].d.next.index = self.seen_index.val();
            self.news[1].d.next.high = self.seen_high.val();
            self.news[1].d.next.low = self.seen_low.val();
        }
        if self.told_low.val() {
            self.news[1].d.next.low = self.told_data.val();
        }
        if self.told_high.val() {
            self.news[1].d.next.pending = true;
            self.news[1].d.next.told = true;
            self.news[1].d.next.index = self.told_index.val();
            self.news[1].d.next.high = self.told_data.val();
        }

        // The number in hand, one half at a time, and one more if it was used.
        self.side.next = self.s.q.val().inbound;
        self.index.next = self.news[0].q.val().index;
        self.half.next = self.news[0].q.val().low;
        if self.state.q.val() == LedgerStep::High {
            self.half.next = self.news[0].q.val().high;
        }
        if self.side.val() {
            self.index.next = self.news[1].q.val().index;
            self.half.next = self.news[1].q.val().low;
            if self.state.q.val() == LedgerStep::High {
                self.half.next = self.news[1].q.val().high;
            }
        }
        self.one.next = 0.into();
        if self.s.q.val().carry {
            self.one.next = 1.into();
        }
        self.next.next = self.half.val() + self.one.val();
        self.wraps.next = self.half.val().get_bit(31) & !self.next.val().get_bit(31);
        self.row.next = bit_cast::<9, 5>(self.index.val()) << 3;
        if self.side.val() {
            self.row.next = (bit_cast::<9, 5>(self.index.val()) << 3) | 256;
        }

        self.asked.next = (bit_cast::<9, 6>(self.place.val()) << 3) | bit_cast::<9, 3>(self.word.val());
        self.words.write.next = false;
        self.words.write_address.next = self.asked.val();
        self.words.write_data.next = self.data.val();
        self.words.read_address.next = self.asked.val();
        self.read.d.next = self.words.read_data.val();
        self.look.next = self.read.q.val();
        self.gap.next = self.last.q.val() - self.read.q.val();
        self.reached.next = !self.gap.val().get_bit(31);
        self.beyond.next = self.reached.val();
        self.done.next = false;
        self.settled.next = false;

        match self.state.q.val() {
            LedgerStep::Idle => {
                self.s.d.next.inbound = !self.news[0].q.val().pending;
                self.s.d.next.carry = self.news[0].q.val().pending;
                if self.ask.val() & self.keep.val() {
                    self.state.d.next = LedgerStep::Ask;
                } else if self.news[0].q.val().pending | self.news[1].q.val().pending {
                    self.state.d.next = LedgerStep::Low;
                } else if self.put.val() {
                    self.words.write.next = true;
                    self.settled.next = self.word.val() == 7;
                    self.done.next = true;
                } else if self.ask.val() {
                    self.state.d.next = LedgerStep::Ask;
                }
            }
            LedgerStep::Low => {
                self.words.write.next = true;
                self.words.write_address.next = self.row.val() | 6;
                self.words.write_data.next = self.next.val();
                self.words.read_address.next = self.row.val() | 7;
                self.last.d.next = self.next.val();
                self.s.d.next.carry = self.wraps.val();
                self.state.d.next = LedgerStep::High;
            }
            LedgerStep::High => {
                self.words.write.next = true;
                self.words.write_address.next = self.row.val() | 5;
                self.words.write_data.next = self.next.val();
                self.state.d.next = LedgerStep::Differ;
            }
            // The threshold is in `read`.
            LedgerStep::Differ => {
                self.s.d.next.beyond = self.reached.val();
                self.state.d.next = LedgerStep::Decide;
            }
            LedgerStep::Decide => {
                self.state.d.next = LedgerStep::Idle;
                if self.side.val() {
                    self.news[1].d.next.pending = false;
                    if !self.late[1].q.val().wanting & !self.news[1].q.val().told {
                        self.late[1].d.next.wanting = self.s.q.val().beyond;
                        self.late[1].d.next.index = self.index.val();
                    }
                } else {
                    self.news[0].d.next.pending = false;
                    if !self.late[0].q.val().wanting {
                        self.late[0].d.next.wanting = self.s.q.val().beyond;
                        self.late[0].d.next.index = self.index.val();
                    }
                }
            }
            LedgerStep::Ask => {
                self.state.d.next = LedgerStep::Answer;
            }
            LedgerStep::Answer => {
                self.last.d.next = self.read.q.val();
                self.done.next = true;
                self.state.d.next = LedgerStep::Idle;
            }
            _ => {}
        }

        // What was due by an old threshold is settled by a new one.
        if self.taken[0].val() {
            self.late[0].d.next.wanting = false;
        }
        if self.taken[1].val() {
            self.late[1].d.next.wanting = false;
        }
        if self.settled.val() & !self.place.val().get_bit(5) & (self.place.val().get_bits::<5>(0) == self.late[0].q.val().index) {
            self.late[0].d.next.wanting = false;
        }
        if self.settled.val() & self.place.val().get_bit(5) & (self.place.val().get_bits::<5>(0) == self.late[1].q.val().index) {
            self.late[1].d.next.wanting = false;
        }
        if self.starving.val() & !self.late[0].q.val().wanting {
            self.late[0].d.next.wanting = true;
            self.late[0].d.next.index = self.starving_index.val();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;

    const BORN: u64 = 0;
    const REACHED: u64 = 5;
    const THRESHOLD: u64 = 7;

    fn access(bench: &mut Bench<Ledger>, put: Option<u64>, place: u64, word: u64, keep: bool) -> (u64, bool) {
        bench.dut.ask.next = put.is_none();
        bench.dut.put.next = put.is_some();
        bench.dut.keep.next = keep;
        bench.dut.data.next = put.unwrap_or(0).into();
        bench.dut.place.next = place.into();
        bench.dut.word.next = word.into();
        for _ in 0..20 {
            bench.settle();
            let (done, look, beyond) = (bench.dut.done.val(), bench.dut.look.val().to_u64(), bench.dut.beyond.val());
            bench.cycle();
            if done {
                bench.dut.ask.next = false;
                bench.dut.put.next = false;
                return (look, beyond);
            }
        }
        panic!("no access");
    }

    #[test]
    fn numbers_are_kept_and_thresholds_noticed() {
        let mut bench = Bench::new("ledger", Ledger::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        for place in 0..64 {
            access(&mut bench, Some(0xffff_fffe), place, THRESHOLD, false);
            access(&mut bench, Some(7), place, REACHED + 1, false);
            access(&mut bench, Some(8), place, REACHED, false);
            access(&mut bench, Some(place), place, BORN, false);
        }
        for place in [0, 3, 31, 32, 63] {
            assert_eq!(access(&mut bench, None, place, BORN, false).0, place);
        }
        // In both directions at once; the number of the outbound one is one that is used up.
        for (index, number, due) in [
            (3u64, 0xffff_fff0u64, false),
            (3, 0xffff_fffe, true),
            (4, 0x1_0000_0005, true),
            (31, 0x7_7fff_ffff, false),
            (0, 0x9_ffff_ffff, true),
        ] {
            let dut = &mut bench.dut;
            dut.used.next = true;
            dut.used_index.next = index.into();
            let used = number - 1;
            dut.used_high.next = (used >> 32).into();
            dut.used_low.next = (used & 0xffff_ffff).into();
            dut.seen.next = true;
            dut.seen_index.next = (31 - index).into();
            dut.seen_high.next = (number >> 32).into();
            dut.seen_low.next = (number & 0xffff_ffff).into();
            bench.cycle();
            bench.dut.used.next = false;
            bench.dut.seen.next = false;
            for _ in 0..12 {
                bench.cycle();
            }
            for (side, index) in [(0, index), (1, 31 - index)] {
                assert_eq!(bench.dut.due[side].val(), due, "{number:#x} {side}");
                assert!(!due || bench.dut.due_index[side].val().to_u64() == index);
                let place = side as u64 * 32 + index;
                assert_eq!(access(&mut bench, None, place, REACHED, true).0, number >> 32);
                assert_eq!(access(&mut bench, None, place, REACHED + 1, true).0, number & 0xffff_ffff);
                assert_eq!(access(&mut bench, None, place, THRESHOLD, true), (0xffff_fffe, due));
                bench.dut.taken[side].next = true;
            }
            bench.cycle();
            bench.dut.taken.iter_mut().for_each(|taken| taken.next = false);
            bench.settle();
            assert!(!bench.dut.due[0].val() && !bench.dut.due[1].val());
        }
        // Due by starving, until the threshold is new.
        bench.dut.starving.next = true;
        bench.dut.starving_index.next = 17.into();
        bench.cycle();
        bench.dut.starving.next = false;
        bench.settle();
        assert_eq!((bench.dut.due[0].val(), bench.dut.due_index[0].val().to_u64()), (true, 17));
        access(&mut bench, Some(1), 18, THRESHOLD, false);
        access(&mut bench, Some(1), 49, THRESHOLD, false);
        bench.settle();
        assert!(bench.dut.due[0].val());
        access(&mut bench, Some(1), 17, THRESHOLD, false);
        bench.settle();
        assert!(!bench.dut.due[0].val());
        // What commit writes is booked and not compared; and nothing comes between two accesses that belong together.
        access(&mut bench, Some(0), 35, REACHED + 1, false);
        bench.dut.told_index.next = 3.into();
        bench.dut.told_low.next = true;
        bench.dut.told_data.next = 0xffff_ffffu64.into();
        bench.cycle();
        bench.dut.told_low.next = false;
        bench.dut.told_high.next = true;
        bench.dut.told_data.next = 5.into();
        bench.cycle();
        bench.dut.told_high.next = false;
        assert_eq!(access(&mut bench, None, 35, REACHED + 1, true).0, 0);
        assert_eq!(access(&mut bench, None, 35, REACHED + 1, false).0, 0xffff_ffff);
        assert_eq!(access(&mut bench, None, 35, REACHED, false).0, 5);
        bench.settle();
        assert!(!bench.dut.due[1].val());
        bench.finish();
    }
}
