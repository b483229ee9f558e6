use crate::cell::{Ram, Reg};
use crate::prelude::*;
use crate::window::Window;
use crate::Sizes;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum ReplayState {
    Idle,
    Low,
    Below,
    Compare,
    Weigh,
    Guess,
    Known,
    GapLow,
    Near,
    GapHigh,
    Settle,
    Look,
    Loaded,
    Done,
    Store,
    StoreHigh,
    Wait,
    Moved,
}

/// What is subtracted.
#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum ReplayOperand {
    Zero,
    Low,
    High,
    Ones,
    Size,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ReplayWork {
    /// Questions that wait.
    pub asked: Bit,
    pub wanted: Bit,
    /// The subtraction of this clock: from the result of an earlier one or from the word read; what; one more.
    pub again: Bit,
    pub operand: ReplayOperand,
    pub less: Bits<1>,
    /// What the last subtraction borrowed, and the one that is remembered over the next.
    pub borrow: Bit,
    pub before: Bit,
    /// *Next* is zero: all numbers were seen. In its low half, altogether.
    pub low_zero: Bit,
    pub zero: Bit,
    /// The word of the ring that *next* is in.
    pub from: Bits<6>,
    /// Of the low half of top − number: all ones above bit 9; below the size of the window.
    pub low_ones: Bit,
    pub low_near: Bit,
    /// Of the number: above the top; inside the window; more than 1024 above the top.
    pub ahead: Bit,
    pub near: Bit,
    pub far: Bit,
    pub looks: Bits<2>,
    pub accepted: Bit,
    pub was: Bit,
    /// *Next*'s low half has run over.
    pub carry: Bits<1>,
}

/// The anti-replay service of all inbound SAs, in one place: remembers for each the highest number accepted and which near it were, infers
/// the high half of a number (`infer`, 7 clocks to `done`, four more where the question before was asked less than 5 clocks ago), and then decides on that number and records it (`check`, `fresh` tells; 2 clocks to `done`
/// where it comes 10 clocks after the first answer, 10 clocks more at most where it comes at once, and 70 where the packet before has moved the window far).
/// `infer` comes first for every packet; `check` only after the ICV was found right. `sa`, `size`, `esn` and `low` are held from `infer` to the end of `check` and four
/// clocks longer. While `recording` the tables must not be given to others: a packet that was accepted is still being entered.
///
/// What is stored is *next*, the highest number accepted + 1, as the SA record has it. Installing an SA clears the memory (`window_clear`) and then writes *next* through
/// the table bus: no number below it is ever accepted, because nobody knows which of those were seen before. `window_busy` until both are done.
///
/// With W the size, T = next − 1 and N the number: below = T − W has the high half of N, and one more where N's low half does not exceed its low half
/// (RFC 4303 appendix A2.2, in one line). Then T − N tells whether N is above T (it borrows) or inside the window (it is less than W). One subtractor does all.
#[derive(LogicBlock, Ports)]
pub struct Replay {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub table_write: Signal<In, Bit>,
    pub table_select: Signal<In, Bits<2>>,
    pub table_index: Signal<In, Bits<5>>,
    pub table_word: Signal<In, Bits<5>>,
    pub table_data: Signal<In, Bits<32>>,
    pub window_clear: Signal<In, Bit>,
    pub window_busy: Signal<Out, Bit>,
    pub recording: Signal<Out, Bit>,
    pub sa: Signal<In, Bits<5>>,
    /// W in packets, 0 (no anti-replay) to 1024; not 0 with `esn`.
    pub size: Signal<In, Bits<16>>,
    pub esn: Signal<In, Bit>,
    pub low: Signal<In, Bits<32>>,
    pub infer: Signal<In, Bit>,
    pub check: Signal<In, Bit>,
    /// The SA is in quarantine: `check` says fresh, and nothing moves. `was_frozen` tells, from `done` to the next `check`.
    pub frozen: Signal<In, Bit>,
    pub was_frozen: Signal<Out, Bit>,
    /// A packet was decided on (a pulse; `fresh` tells how).
    pub judged: Signal<Out, Bit>,
    /// The highest number accepted + 1 was written anew (a pulse).
    pub moved: Signal<Out, Bit>,
    pub moved_high: Signal<Out, Bits<32>>,
    pub moved_low: Signal<Out, Bits<32>>,
    pub done: Signal<Out, Bit>,
    pub high: Signal<Out, Bits<32>>,
    pub fresh: Signal<Out, Bit>,
    /// *Next*, two words per SA, low and high.
    next: Ram<Bits<32>, 6>,
    window: Window,
    state: Reg<ReplayState>,
    work: Reg<ReplayWork>,
    /// The word read, two clocks after its address.
    word: Reg<Bits<32>>,
    result: Reg<Bits<32>>,
    guess: Reg<Bits<32>>,
    installs: Signal<Local, Bit>,
    installed: Signal<Local, Bits<6>>,
    place: Signal<Local, Bits<6>>,
    half: Signal<Local, Bits<6>>,
    upper: Signal<Local, Bit>,
    minuend: Signal<Local, Bits<32>>,
    operand: Signal<Local, Bits<32>>,
    wide: Signal<Local, Bits<34>>,
    taken: Signal<Local, Bits<34>>,
    difference: Signal<Local, Bits<34>>,
    borrows: Signal<Local, Bit>,
    after: Signal<Local, Bits<33>>,
    accepts: Signal<Local, Bit>,
    rests: Signal<Local, Bit>,
}

impl Replay {
    /// For so many SAs, and windows that large.
    pub fn new(sizes: Sizes) -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            table_write: Default::default(),
            table_select: Default::default(),
            table_index: Default::default(),
            table_word: Default::default(),
            table_data: Default::default(),
            window_clear: Default::default(),
            window_busy: Default::default(),
            recording: Default::default(),
            sa: Default::default(),
            size: Default::default(),
            esn: Default::default(),
            low: Default::default(),
            infer: Default::default(),
            check: Default::default(),
            frozen: Default::default(),
            was_frozen: Default::default(),
            judged: Default::default(),
            moved: Default::default(),
            moved_high: Default::default(),
            moved_low: Default::default(),
            done: Default::default(),
            high: Default::default(),
            fresh: Default::default(),
            next: Ram::of(sizes.sa_bits(1) | 1),
            window: Window::new(sizes),
            state: Reg::new(ReplayState::Idle),
            work: Default::default(),
            word: Default::default(),
            result: Default::default(),
            guess: Default::default(),
            installs: Default::default(),
            installed: Default::default(),
            place: Default::default(),
            half: Default::default(),
            upper: Default::default(),
            minuend: Default::default(),
            operand: Default::default(),
            wide: Default::default(),
            taken: Default::default(),
            difference: Default::default(),
            borrows: Default::default(),
            after: Default::default(),
            accepts: Default::default(),
            rests: Default::default(),
        }
    }
}

impl Default for Replay {
    fn default() -> Self {
        Self::new(Sizes::default())
    }
}

impl Logic for Replay {
    // A kernel's match has no guards.
    #[allow(clippy::collapsible_match)]
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, work, word, result, guess);
        clock!(self, clock, next, window);
        self.state.reset.next = self.reset.val();
        self.work.reset.next = self.reset.val();
        self.word.reset.next = self.reset.val();
        self.result.reset.next = self.reset.val();
        self.window.reset.next = self.reset.val();
        self.guess.reset.next = self.reset.val() | (!self.esn.val() & (self.state.q.val() == ReplayState::Guess));

        // *Next*: written when an SA is installed or a number accepted that is the highest.
        self.installs.next = self.table_write.val() & (self.table_select.val() == 1) & (self.table_word.val().get_bits::<4>(1) == 10);
        self.installed.next = (bit_cast::<6, 5>(self.table_index.val()) << 1) | bit_cast::<6, 1>(self.table_word.val().get_bits::<1>(0));
        self.upper.next = (self.state.q.val() == ReplayState::Low)
            | (self.state.q.val() == ReplayState::Below)
            | (self.state.q.val() == ReplayState::Compare)
            | (self.state.q.val() == ReplayState::GapLow)
            | (self.state.q.val() == ReplayState::Near);
        self.half.next = 0.into();
        if self.upper.val() {
            self.half.next = 1.into();
        }
        self.place.next = bit_cast::<6, 5>(self.sa.val()) << 1;
        self.next.read_address.next = self.place.val() | self.half.val();
        self.next.write.next = self.installs.val();
        self.next.write_address.next = self.installed.val();
        self.next.write_data.next = self.table_data.val();
        self.word.d.next = self.next.read_data.val();

        // The subtraction, with one bit more at the lower end for what is taken in addition, and one at the upper for the borrow.
        self.minuend.next = self.word.q.val();
        if self.work.q.val().again {
            self.minuend.next = self.result.q.val();
        }
        self.operand.next = 0.into();
        match self.work.q.val().operand {
            ReplayOperand::Low => {
                self.operand.next = self.low.val();
            }
            ReplayOperand::High => {
                self.operand.next = self.guess.q.val();
            }
            ReplayOperand::Ones => {
                self.operand.next = 0xffff_ffffu64.into();
            }
            ReplayOperand::Size => {
                self.operand.next = bit_cast::<32, 11>(self.size.val().get_bits::<11>(0));
            }
            _ => {}
        }
        self.wide.next = bit_cast::<34, 32>(self.minuend.val()) << 1;
        self.taken.next = (bit_cast::<34, 32>(self.operand.val()) << 1) | bit_cast::<34, 1>(self.work.q.val().less);
        self.difference.next = self.wide.val() - self.taken.val();
        self.borrows.next = self.difference.val().get_bit(33);
        self.work.d.next.borrow = self.borrows.val();
        self.work.d.next.before = self.work.q.val().borrow;
        // Number + 1, half by half.
        self.after.next = bit_cast::<33, 32>(self.operand.val()) + bit_cast::<33, 1>(self.work.q.val().carry);

        self.window.index.next = bit_cast::<10, 5>(self.sa.val());
        self.window.number.next = self.low.val().get_bits::<11>(0);
        self.window.load.next = false;
        self.window.mark.next = false;
        self.window.ahead.next = self.work.q.val().ahead;
        self.window.far.next = self.work.q.val().far;
        self.window.from.next = self.work.q.val().from;
        self.window.clear.next = self.window_clear.val();
        self.window.seed.next = self.installs.val() & !self.table_word.val().get_bit(0);
        if self.window_clear.val() | self.installs.val() {
            self.window.index.next = bit_cast::<10, 5>(self.table_index.val());
            self.window.number.next = self.table_data.val().get_bits::<11>(0);
        }
        self.window_busy.next = self.window.busy.val();

        self.done.next = (self.state.q.val() == ReplayState::Known) | (self.state.q.val() == ReplayState::Done);
        self.high.next = self.guess.q.val();
        self.fresh.next = self.work.q.val().accepted;
        self.was_frozen.next = self.work.q.val().was;
        self.judged.next = self.state.q.val() == ReplayState::Done;
        self.moved.next = self.state.q.val() == ReplayState::Moved;
        self.moved_high.next = self.after.val().get_bits::<32>(0);
        self.moved_low.next = self.word.q.val();
        self.accepts.next = (self.size.val() == 0) | self.work.q.val().ahead | (self.work.q.val().near & self.window.unseen.val());
        self.recording.next = self.window.records.val();

        if self.infer.val() {
            self.work.d.next.asked = true;
        }
        if self.check.val() {
            self.work.d.next.wanted = true;
        }
        // Where a new question is heard; the low half of *next* is being read.
        self.rests.next = (self.state.q.val() == ReplayState::Idle)
            | (self.state.q.val() == ReplayState::Settle)
            | (self.state.q.val() == ReplayState::Look)
            | (self.state.q.val() == ReplayState::Loaded);
        match self.state.q.val() {
            ReplayState::Low => {
                self.work.d.next.again = false;
                self.work.d.next.operand = ReplayOperand::Size;
                self.work.d.next.less = 1.into();
                self.state.d.next = ReplayState::Below;
            }
            ReplayState::Below => {
                self.result.d.next = self.difference.val().get_bits::<32>(1);
                self.work.d.next.low_zero = self.word.q.val() == 0;
                self.work.d.next.from = self.word.q.val().get_bits::<6>(5);
                self.work.d.next.again = true;
                self.work.d.next.operand = ReplayOperand::Low;
                self.work.d.next.less = 0.into();
                self.state.d.next = ReplayState::Compare;
            }
            ReplayState::Compare => {
                self.state.d.next = ReplayState::Weigh;
            }
            // The high half of below is less by what the low half has borrowed; the number's is one more where below − low has not.
            ReplayState::Weigh => {
                self.work.d.next.again = false;
                self.work.d.next.operand = ReplayOperand::Zero;
                if !self.work.q.val().before & !self.work.q.val().borrow {
                    self.work.d.next.operand = ReplayOperand::Ones;
                }
                self.work.d.next.less = 0.into();
                if self.work.q.val().before & self.work.q.val().borrow {
                    self.work.d.next.less = 1.into();
                }
                self.state.d.next = ReplayState::Guess;
            }
            ReplayState::Guess => {
                self.guess.d.next = self.difference.val().get_bits::<32>(1);
                self.work.d.next.zero = self.work.q.val().low_zero & (self.word.q.val() == 0);
                self.state.d.next = ReplayState::Known;
            }
            ReplayState::Known => {
                self.work.d.next.operand = ReplayOperand::Low;
                self.work.d.next.less = 1.into();
                self.state.d.next = ReplayState::GapLow;
            }
            ReplayState::GapLow => {
                self.result.d.next = self.difference.val().get_bits::<32>(1);
                self.work.d.next.again = true;
                self.work.d.next.operand = ReplayOperand::Size;
                self.work.d.next.less = 0.into();
                self.state.d.next = ReplayState::Near;
            }
            ReplayState::Near => {
                self.work.d.next.low_ones = self.result.q.val().get_bits::<22>(10) == 0x3f_ffff;
                self.work.d.next.again = false;
                self.work.d.next.operand = ReplayOperand::High;
                self.work.d.next.less = 0.into();
                if self.work.q.val().borrow {
                    self.work.d.next.less = 1.into();
                }
                self.state.d.next = ReplayState::GapHigh;
            }
            ReplayState::GapHigh => {
                self.result.d.next = self.difference.val().get_bits::<32>(1);
                self.work.d.next.low_near = self.work.q.val().borrow;
                self.state.d.next = ReplayState::Settle;
            }
            ReplayState::Settle => {
                self.work.d.next.ahead = self.work.q.val().borrow & !self.work.q.val().zero;
                self.work.d.next.near = self.work.q.val().low_near & !self.result.q.val().any();
                self.work.d.next.far = !(self.work.q.val().low_ones & (self.result.q.val() == 0xffff_ffffu64));
                self.work.d.next.looks = 0.into();
                // Held until the window is free, so that the flags above may be taken over and over.
                self.work.d.next.borrow = self.work.q.val().borrow;
                if !self.window.busy.val() {
                    self.window.load.next = true;
                    self.state.d.next = ReplayState::Look;
                }
            }
            ReplayState::Look => {
                self.work.d.next.looks = self.work.q.val().looks + 1;
                if self.work.q.val().looks == 2 {
                    self.state.d.next = ReplayState::Loaded;
                }
            }
            ReplayState::Loaded => {
                self.work.d.next.operand = ReplayOperand::Low;
                self.work.d.next.carry = 1.into();
                if self.check.val() | self.work.q.val().wanted {
                    self.work.d.next.wanted = false;
                    self.work.d.next.was = self.frozen.val();
                    self.work.d.next.accepted = self.frozen.val() | self.accepts.val();
                    self.window.mark.next = !self.frozen.val() & self.accepts.val();
                    self.state.d.next = ReplayState::Done;
                }
            }
            ReplayState::Done => {
                self.state.d.next = ReplayState::Idle;
                if self.work.q.val().accepted & self.work.q.val().ahead & !self.work.q.val().was {
                    self.state.d.next = ReplayState::Store;
                }
            }
            ReplayState::Store => {
                self.next.write.next = true;
                self.next.write_address.next = self.place.val();
                self.next.write_data.next = self.after.val().get_bits::<32>(0);
                self.work.d.next.carry = self.after.val().get_bits::<1>(32);
                self.work.d.next.operand = ReplayOperand::High;
                self.state.d.next = ReplayState::StoreHigh;
            }
            // Reads the low half back.
            ReplayState::StoreHigh => {
                self.next.write.next = true;
                self.next.write_address.next = self.place.val() | 1;
                self.next.write_data.next = self.after.val().get_bits::<32>(0);
                self.state.d.next = ReplayState::Wait;
            }
            ReplayState::Wait => {
                self.state.d.next = ReplayState::Moved;
            }
            ReplayState::Moved => {
                self.state.d.next = ReplayState::Idle;
            }
            _ => {}
        }
        // The packet that was asked about may turn out to be false; then the next one comes with a question of its own.
        if self.rests.val() & (self.infer.val() | self.work.q.val().asked) {
            self.work.d.next.asked = false;
            self.work.d.next.wanted = false;
            self.window.load.next = false;
            self.state.d.next = ReplayState::Low;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};
    use std::collections::HashSet;

    /// An SA as the contract has it: everything accepted is remembered for ever.
    struct Sa {
        size: u16,
        esn: bool,
        next: u64,
        installed: u64,
        seen: HashSet<u64>,
    }

    impl Sa {
        /// The high half by RFC 4303 appendix A2.2, in unbounded integers.
        fn high(&self, low: u32) -> u32 {
            let (top, size) = (self.next.wrapping_sub(1), self.size as i64);
            let (high, top_low) = ((top >> 32) as u32, (top as u32) as i64);
            let bottom = (top_low - size + 1).rem_euclid(1 << 32);
            match (self.esn, top_low >= size - 1, low as i64 >= bottom) {
                (false, _, _) => 0,
                (_, true, false) => high.wrapping_add(1),
                (_, false, true) => high.wrapping_sub(1),
                _ => high,
            }
        }
        fn check(&mut self, number: u64) -> bool {
            let top = self.next.wrapping_sub(1);
            let old =
                number == 0 || number < self.installed || number as u128 + self.size as u128 <= top as u128 || self.seen.contains(&number);
            let fresh = self.size == 0 || !old;
            if fresh {
                self.seen.insert(number);
                if number > top {
                    self.next = number.wrapping_add(1);
                }
            }
            fresh
        }
    }

    struct Rig {
        bench: Bench<Replay>,
        moved: Option<u64>,
        judged: Option<bool>,
    }

    impl Rig {
        fn cycle(&mut self) {
            self.bench.settle();
            let dut = &self.bench.dut;
            if dut.moved.val() {
                self.moved = Some(dut.moved_high.val().to_u64() << 32 | dut.moved_low.val().to_u64());
            }
            if dut.judged.val() {
                self.judged = Some(dut.fresh.val());
            }
            self.bench.cycle();
        }
        fn wait(&mut self, most: u32) {
            let mut clocks = 0;
            self.bench.settle();
            while !self.bench.dut.done.val() {
                assert!(clocks < most, "no answer in {most} clocks");
                clocks += 1;
                self.cycle();
            }
            self.cycle();
        }
        fn install(&mut self, index: u64, next: u64) {
            while self.bench.dut.recording.val() {
                self.cycle();
            }
            self.bench.dut.table_index.next = index.into();
            self.bench.dut.table_select.next = 1.into();
            self.bench.dut.window_clear.next = true;
            self.cycle();
            self.bench.dut.window_clear.next = false;
            for (word, half) in [(20u64, next & 0xffff_ffff), (21, next >> 32), (22, 7)] {
                self.bench.dut.table_write.next = true;
                self.bench.dut.table_word.next = word.into();
                self.bench.dut.table_data.next = half.into();
                self.cycle();
            }
            self.bench.dut.table_write.next = false;
            while self.bench.dut.window_busy.val() {
                self.cycle();
            }
        }
        /// Infers the high half, and says it.
        fn infer(&mut self, index: u64, sa: &Sa, low: u32) -> u32 {
            let dut = &mut self.bench.dut;
            dut.sa.next = index.into();
            dut.size.next = (sa.size as u64).into();
            dut.esn.next = sa.esn;
            dut.low.next = (low as u64).into();
            dut.infer.next = true;
            self.cycle();
            self.bench.dut.infer.next = false;
            self.wait(10);
            self.bench.dut.high.val().to_u64() as u32
        }
        fn check(&mut self, frozen: bool) -> bool {
            self.moved = None;
            self.judged = None;
            self.bench.dut.frozen.next = frozen;
            self.bench.dut.check.next = true;
            self.cycle();
            self.bench.dut.check.next = false;
            self.wait(80);
            let fresh = self.bench.dut.fresh.val();
            assert_eq!(self.judged, Some(fresh));
            assert_eq!(self.bench.dut.was_frozen.val(), frozen);
            for _ in 0..4 {
                self.cycle();
            }
            fresh
        }
    }

    #[test]
    fn walks_agree_with_the_set_of_all_numbers() {
        let mut random = StdRng::seed_from_u64(0x71d0);
        let mut bench = Bench::new("replay", Replay::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let mut rig = Rig { bench, moved: None, judged: None };
        let nexts = [
            1,
            2,
            64,
            65,
            2048,
            2049,
            0xffff_fff0,
            0xffff_ffff,
            0x1_0000_0000,
            0x1_0000_0400,
            (1 << 42) - 5,
            (1 << 63) - 9,
            u64::MAX - 3000,
            u64::MAX - 3,
        ];
        let sizes = [1u16, 2, 31, 32, 33, 63, 64, 65, 127, 500, 1000, 1023, 1024, 0];
        for n in 0..28 {
            let (next, size) = (nexts[n % 14], sizes[(5 * n + n / 14) % 14]);
            let esn = size != 0 && (n % 3 != 0 || next > 1 << 32);
            let next = if esn { next } else { next.min(1 << 32) };
            let mut sa = Sa { size, esn, next, installed: next, seen: HashSet::new() };
            let index = random.gen_range(0..32);
            rig.install(index, next);
            for _ in 0..50 {
                let step = [2, 4, 40, 200, 2200, 5000, u64::MAX][random.gen_range(0..7)];
                let number = match random.gen_range(0..8) {
                    0..=2 => sa.next.wrapping_add(random.gen_range(0..4)),
                    3 => sa.next.wrapping_add(random.gen_range(0..step)),
                    4..=5 => sa.next.wrapping_sub(random.gen_range(0..step)),
                    6 => sa.next.wrapping_sub(size as u64).wrapping_add(random.gen_range(0..5)).wrapping_sub(2),
                    _ => random.gen_range(0..2) * random.gen_range(0..1 << 33),
                };
                let low = number as u32;
                let high = rig.infer(index, &sa, low);
                assert_eq!(high, sa.high(low), "SA {index} size {size} esn {esn} next {:#x} low {low:#x}", sa.next);
                for _ in 0..[0, 3, 30][random.gen_range(0..3)] {
                    rig.cycle();
                }
                if random.gen_bool(0.1) {
                    // The ICV was wrong.
                    continue;
                }
                let number = (high as u64) << 32 | low as u64;
                let (before, frozen) = (sa.next, random.gen_bool(0.1));
                if frozen {
                    assert!(rig.check(true));
                } else {
                    assert_eq!(rig.check(false), sa.check(number), "SA {index} size {size} next {before:#x} number {number:#x}");
                }
                assert_eq!(rig.moved, (sa.next != before).then_some(sa.next));
            }
        }
        rig.bench.finish();
    }
}
