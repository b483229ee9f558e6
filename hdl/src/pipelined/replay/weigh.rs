//! Decides on the number of a packet whose ICV is known: above the highest number accepted, inside the window and not seen, or neither.
//!
//! With *next* the highest number accepted + 1, N the number and g = N − next, modulo 2⁶⁴: N is above the highest if that does not borrow, unless *next* is zero, when all numbers were seen.
//! T − N is the complement of g; N is inside the window where that is less than W.
//!
//! | clock after `check` | |
//! |---|---|
//! | 0 | the window loads the word; *next* is asked for. Later where the window is busy |
//! | 1 | *next* comes |
//! | 2 | low half of g |
//! | 3 | high half of g |
//! | 4 | above, inside, far |
//! | 5 | decided, with what the window says |
//! | 6 | `checked`; *next* is written |
use crate::cell::Reg;
use crate::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum WeighState {
    Idle,
    Take,
    Low,
    High,
    Flags,
    Decide,
    Done,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct WeighWork {
    /// A question waits for the window.
    pub wanted: Bit,
    pub authentic: Bit,
    pub high: Bits<32>,
    pub next_low: Bits<32>,
    pub next_high: Bits<32>,
    pub zero: Bit,
    /// g, and its borrow.
    pub low_gap: Bits<32>,
    pub low_borrow: Bits<1>,
    pub high_gap: Bits<32>,
    pub high_borrow: Bit,
    /// Of the low half: g at least 1024; T − N less than W.
    pub low_far: Bit,
    pub low_near: Bit,
    /// N + 1.
    pub after_low: Bits<32>,
    pub carry: Bits<1>,
    pub after_high: Bits<32>,
    /// The word of the ring that *next* is in.
    pub from: Bits<6>,
    pub ahead: Bit,
    pub near: Bit,
    pub far: Bit,
    pub fresh: Bit,
    pub moves: Bit,
    pub was: Bit,
}

/// The block; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct ReplayWeigh {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub check: Signal<In, Bit>,
    /// With `check`.
    pub authentic: Signal<In, Bit>,
    /// Held from `check` to `checked`.
    pub size: Signal<In, Bits<16>>,
    pub low: Signal<In, Bits<32>>,
    pub high: Signal<In, Bits<32>>,
    pub frozen: Signal<In, Bit>,
    /// *Next* as it was read in the clock before.
    pub next_low: Signal<In, Bits<32>>,
    pub next_high: Signal<In, Bits<32>>,
    /// See `Window`.
    pub window_busy: Signal<In, Bit>,
    pub unseen: Signal<In, Bit>,
    pub load: Signal<Out, Bit>,
    pub mark: Signal<Out, Bit>,
    pub ahead: Signal<Out, Bit>,
    pub far: Signal<Out, Bit>,
    pub from: Signal<Out, Bits<6>>,
    pub checked: Signal<Out, Bit>,
    pub fresh: Signal<Out, Bit>,
    pub was_frozen: Signal<Out, Bit>,
    pub number_high: Signal<Out, Bits<32>>,
    pub judged: Signal<Out, Bit>,
    /// *Next* is to be written: N + 1.
    pub moved: Signal<Out, Bit>,
    pub after_high: Signal<Out, Bits<32>>,
    pub after_low: Signal<Out, Bits<32>>,
    state: Reg<WeighState>,
    work: Reg<WeighWork>,
    low_gap: Signal<Local, Bits<33>>,
    high_gap: Signal<Local, Bits<34>>,
    minuend: Signal<Local, Bits<34>>,
    subtrahend: Signal<Local, Bits<34>>,
    after: Signal<Local, Bits<33>>,
    gap: Signal<Local, Bits<32>>,
    word: Signal<Local, Bits<32>>,
    distance: Signal<Local, Bits<11>>,
    accepts: Signal<Local, Bit>,
}

impl Default for ReplayWeigh {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            check: Default::default(),
            authentic: Default::default(),
            size: Default::default(),
            low: Default::default(),
            high: Default::default(),
            frozen: Default::default(),
            next_low: Default::default(),
            next_high: Default::default(),
            window_busy: Default::default(),
            unseen: Default::default(),
            load: Default::default(),
            mark: Default::default(),
            ahead: Default::default(),
            far: Default::default(),
            from: Default::default(),
            checked: Default::default(),
            fresh: Default::default(),
            was_frozen: Default::default(),
            number_high: Default::default(),
            judged: Default::default(),
            moved: Default::default(),
            after_high: Default::default(),
            after_low: Default::default(),
            state: Reg::new(WeighState::Idle),
            work: Default::default(),
            low_gap: Default::default(),
            high_gap: Default::default(),
            minuend: Default::default(),
            subtrahend: Default::default(),
            after: Default::default(),
            gap: Default::default(),
            word: Default::default(),
            distance: Default::default(),
            accepts: Default::default(),
        }
    }
}

impl Logic for ReplayWeigh {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, work);
        self.state.reset.next = self.reset.val();
        self.work.reset.next = self.reset.val();

        self.load.next = false;
        self.mark.next = false;
        self.ahead.next = self.work.q.val().ahead;
        self.far.next = self.work.q.val().far;
        self.from.next = self.work.q.val().from;
        self.checked.next = self.state.q.val() == WeighState::Done;
        self.judged.next = (self.state.q.val() == WeighState::Done) & self.work.q.val().authentic;
        self.moved.next = (self.state.q.val() == WeighState::Done) & self.work.q.val().moves;
        self.fresh.next = self.work.q.val().fresh;
        self.was_frozen.next = self.work.q.val().was;
        self.number_high.next = self.work.q.val().high;
        self.after_high.next = self.work.q.val().after_high;
        self.after_low.next = self.work.q.val().after_low;

        self.low_gap.next = bit_cast::<33, 32>(self.low.val()) - bit_cast::<33, 32>(self.work.q.val().next_low);
        // One bit more at the lower end takes the borrow.
        self.minuend.next = bit_cast::<34, 32>(self.work.q.val().high) << 1;
        self.subtrahend.next = (bit_cast::<34, 32>(self.work.q.val().next_high) << 1) | bit_cast::<34, 1>(self.work.q.val().low_borrow);
        self.high_gap.next = self.minuend.val() - self.subtrahend.val();
        self.after.next = bit_cast::<33, 32>(self.low.val()) + 1;
        self.gap.next = self.work.q.val().low_gap;
        self.word.next = self.work.q.val().next_low;
        self.distance.next = !self.gap.val().get_bits::<11>(0);
        self.accepts.next = (self.size.val() == 0) | self.work.q.val().ahead | (self.work.q.val().near & self.unseen.val());

        match self.state.q.val() {
            WeighState::Idle => {
                if self.check.val() {
                    self.work.d.next.wanted = true;
                    self.work.d.next.authentic = self.authentic.val();
                }
                if (self.check.val() | self.work.q.val().wanted) & !self.window_busy.val() {
                    self.work.d.next.wanted = false;
                    self.load.next = true;
                    self.state.d.next = WeighState::Take;
                }
            }
            WeighState::Take => {
                self.work.d.next.high = self.high.val();
                self.work.d.next.next_low = self.next_low.val();
                self.work.d.next.next_high = self.next_high.val();
                self.state.d.next = WeighState::Low;
            }
            WeighState::Low => {
                self.work.d.next.low_gap = self.low_gap.val().get_bits::<32>(0);
                self.work.d.next.low_borrow = self.low_gap.val().get_bits::<1>(32);
                self.work.d.next.zero = (self.work.q.val().next_low == 0) & (self.work.q.val().next_high == 0);
                self.work.d.next.from = self.word.val().get_bits::<6>(5);
                self.work.d.next.after_low = self.after.val().get_bits::<32>(0);
                self.work.d.next.carry = self.after.val().get_bits::<1>(32);
                self.state.d.next = WeighState::High;
            }
            WeighState::High => {
                self.work.d.next.high_gap = self.high_gap.val().get_bits::<32>(1);
                self.work.d.next.high_borrow = self.high_gap.val().get_bit(33);
                self.work.d.next.low_far = self.gap.val().get_bits::<22>(10).any();
                self.work.d.next.low_near =
                    (self.gap.val().get_bits::<21>(11) == 0x1f_ffff) & (self.distance.val() < self.size.val().get_bits::<11>(0));
                self.work.d.next.after_high = self.work.q.val().high + bit_cast::<32, 1>(self.work.q.val().carry);
                self.state.d.next = WeighState::Flags;
            }
            WeighState::Flags => {
                self.work.d.next.ahead = !self.work.q.val().high_borrow & !self.work.q.val().zero;
                self.work.d.next.near = self.work.q.val().low_near & (self.work.q.val().high_gap == 0xffff_ffffu64);
                self.work.d.next.far = self.work.q.val().low_far | (self.work.q.val().high_gap != 0);
                self.state.d.next = WeighState::Decide;
            }
            WeighState::Decide => {
                self.work.d.next.was = self.frozen.val();
                self.work.d.next.fresh = self.work.q.val().authentic & (self.frozen.val() | self.accepts.val());
                self.work.d.next.moves = self.work.q.val().authentic & !self.frozen.val() & self.work.q.val().ahead;
                self.mark.next = self.work.q.val().authentic & !self.frozen.val() & self.accepts.val();
                self.state.d.next = WeighState::Done;
            }
            WeighState::Done => {
                self.state.d.next = WeighState::Idle;
            }
            _ => {}
        }
    }
}
