use super::numbers::NumbersAct;
use crate::cell::{Ram, Reg};
use crate::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum RecallStep {
    Idle,
    Read,
    Reading,
    Copy,
    Compare,
    Judge,
    Fetch,
    Done,
}

/// What is compared, in this order.
#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum RecallQuestion {
    /// Which static record is newer?
    Static,
    /// Does the first dynamic record belong to it? The second?
    First,
    Second,
    /// Which dynamic record is newer?
    Dynamic,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct RecallState {
    pub question: RecallQuestion,
    /// Which of the four records, 0 and 1 static, 2 and 3 dynamic; which are valid.
    pub record: Bits<2>,
    pub valid: Bits<4>,
    pub blank: Bit,
    pub count: Bits<4>,
    pub first: Bits<32>,
    pub high_equal: Bit,
    pub high_less: Bit,
    pub low_equal: Bit,
    pub low_less: Bit,
    /// The static record in question, whether the other was before, which dynamic records are its.
    pub slot: Bit,
    pub second_try: Bit,
    pub match_first: Bit,
    pub match_second: Bit,
    pub newest: Bit,
    pub found: Bit,
    pub orderly: Bit,
    pub stale: Bit,
    pub age: Bits<32>,
}

/// Finds the newest SA of a place that is whole: the newest valid static record for which there is a valid dynamic record born with it, and of these the newest.
///
/// `start` (a pulse); it has the keeper read the dynamic slots, and if one of them is valid the static ones (`k_*`, the place is given by the caller), slot 0 last: an installation writes it last, so that it mostly is the one
/// that is found, and the keeper has it still (`at_hand`). `done` (a pulse) with the rest, which stays until the next start. `blank`: what was read is zero
/// throughout. `both`: the other dynamic record is valid and belongs here too. Nothing of the SA itself is kept here.
#[derive(LogicBlock, Ports)]
pub struct Recall {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub start: Signal<In, Bit>,
    pub done: Signal<Out, Bit>,
    pub found: Signal<Out, Bit>,
    pub blank: Signal<Out, Bit>,
    pub static_slot: Signal<Out, Bit>,
    pub dynamic_slot: Signal<Out, Bit>,
    /// The static record that was found is in the keeper's buffer.
    pub at_hand: Signal<Out, Bit>,
    pub both: Signal<Out, Bit>,
    /// Both static records are valid.
    pub copies: Signal<Out, Bit>,
    pub orderly: Signal<Out, Bit>,
    /// The older of both is orderly.
    pub stale: Signal<Out, Bit>,
    /// With an external counter (`counted`): by how many of its steps the dynamic record is behind the one before `epoch`, 0 without; and that these are too many, or that the record cannot be. An orderly record that is behind is none.
    pub counted: Signal<In, Bit>,
    pub epoch: Signal<In, Bits<32>>,
    pub age: Signal<Out, Bits<16>>,
    pub ancient: Signal<Out, Bit>,
    /// Birth and value pass by here, and what is to be done with them, before `done`.
    pub act: Signal<Out, NumbersAct>,
    pub passing: Signal<Out, Bits<32>>,
    pub k_start: Signal<Out, Bit>,
    pub k_kind: Signal<Out, Bit>,
    pub k_slot: Signal<Out, Bit>,
    pub k_done: Signal<In, Bit>,
    pub k_ok: Signal<In, Bit>,
    pub k_blank: Signal<In, Bit>,
    pub k_buffer_address: Signal<Out, Bits<6>>,
    pub k_buffer_word: Signal<In, Bits<32>>,
    s: Reg<RecallState>,
    state: Reg<RecallStep>,
    /// The first eight words of each record: generation, born, identity, value and flags.
    heads: Ram<Bits<32>, 5>,
    word: Reg<Bits<32>>,
    back: Signal<Local, Bits<4>>,
    record: Signal<Local, Bits<2>>,
    valid: Signal<Local, Bits<4>>,
    a: Signal<Local, Bits<2>>,
    b: Signal<Local, Bits<2>>,
    pair: Signal<Local, Bits<3>>,
    low: Signal<Local, Bits<3>>,
    equal: Signal<Local, Bit>,
    less: Signal<Local, Bit>,
    written: Signal<Local, Bits<32>>,
    steps: Signal<Local, Bits<32>>,
    aged: Signal<Local, Bit>,
    other: Signal<Local, Bit>,
    one_hot: Signal<Local, Bits<4>>,
}

impl Default for Recall {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            start: Default::default(),
            done: Default::default(),
            found: Default::default(),
            blank: Default::default(),
            static_slot: Default::default(),
            dynamic_slot: Default::default(),
            at_hand: Default::default(),
            both: Default::default(),
            copies: Default::default(),
            orderly: Default::default(),
            stale: Default::default(),
            counted: Default::default(),
            epoch: Default::default(),
            age: Default::default(),
            ancient: Default::default(),
            act: Signal::default(),
            passing: Default::default(),
            k_start: Default::default(),
            k_kind: Default::default(),
            k_slot: Default::default(),
            k_done: Default::default(),
            k_ok: Default::default(),
            k_blank: Default::default(),
            k_buffer_address: Default::default(),
            k_buffer_word: Default::default(),
            s: Reg::new(RecallState { question: RecallQuestion::Static, ..Default::default() }),
            state: Default::default(),
            heads: Ram::in_block(),
            word: Default::default(),
            back: Default::default(),
            record: Default::default(),
            valid: Default::default(),
            a: Default::default(),
            b: Default::default(),
            pair: Default::default(),
            low: Default::default(),
            equal: Default::default(),
            less: Default::default(),
            written: Default::default(),
            steps: Default::default(),
            aged: Default::default(),
            other: Default::default(),
            one_hot: Default::default(),
        }
    }
}

impl Logic for Recall {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, state, word);
        clock!(self, clock, heads);
        self.s.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();
        self.word.reset.next = self.reset.val();

        self.record.next = self.s.q.val().record;
        self.valid.next = self.s.q.val().valid;
        self.done.next = self.state.q.val() == RecallStep::Done;
        self.found.next = self.s.q.val().found;
        self.blank.next = self.s.q.val().blank;
        self.static_slot.next = self.s.q.val().slot;
        self.dynamic_slot.next = self.s.q.val().newest;
        self.at_hand.next = !self.s.q.val().slot;
        self.both.next = self.s.q.val().match_first & self.s.q.val().match_second;
        self.copies.next = self.valid.val().get_bit(0) & self.valid.val().get_bit(1);
        self.steps.next = self.s.q.val().age;
        self.aged.next = self.counted.val() & self.steps.val().any();
        self.orderly.next = self.s.q.val().orderly & !self.aged.val();
        self.stale.next = self.s.q.val().stale & self.both.val();
        self.age.next = 0.into();
        if self.counted.val() {
            self.age.next = self.steps.val().get_bits::<16>(0);
        }
        self.ancient.next = self.counted.val() & self.steps.val().get_bits::<16>(16).any();
        // The last session's epoch, less that of the record: epoch - 1 - written.
        self.written.next = !self.word.q.val();
        self.act.next = NumbersAct::None;
        self.passing.next = self.word.q.val();
        self.k_start.next = self.state.q.val() == RecallStep::Read;
        self.k_kind.next = !self.record.val().get_bit(1);
        self.k_slot.next = self.record.val().get_bit(0);
        self.k_buffer_address.next = bit_cast::<6, 4>(self.s.q.val().count);

        // A head's words go in two clocks after they were asked for; of a static record the first four, what follows is the SA's.
        self.back.next = self.s.q.val().count - 2;
        self.heads.write.next = (self.state.q.val() == RecallStep::Copy)
            & (self.s.q.val().count >= 2)
            & (self.record.val().get_bit(1) | !self.back.val().get_bit(2));
        self.heads.write_address.next = (bit_cast::<5, 2>(self.s.q.val().record) << 3) | bit_cast::<5, 3>(self.back.val().get_bits::<3>(0));
        self.heads.write_data.next = self.k_buffer_word.val();
        self.word.d.next = self.heads.read_data.val();

        // The two records compared, and the place of the high words.
        self.a.next = 0.into();
        self.b.next = 1.into();
        self.pair.next = 0.into();
        if (self.s.q.val().question == RecallQuestion::First) | (self.s.q.val().question == RecallQuestion::Second) {
            self.pair.next = 2.into();
            if self.s.q.val().slot {
                self.a.next = 1.into();
            }
            self.b.next = 2.into();
            if self.s.q.val().question == RecallQuestion::Second {
                self.b.next = 3.into();
            }
        }
        if self.s.q.val().question == RecallQuestion::Dynamic {
            self.a.next = 2.into();
            self.b.next = 3.into();
        }
        self.low.next = self.pair.val() | 1;
        self.heads.read_address.next = (bit_cast::<5, 2>(self.a.val()) << 3) | bit_cast::<5, 3>(self.pair.val());
        if self.s.q.val().count == 1 {
            self.heads.read_address.next = (bit_cast::<5, 2>(self.b.val()) << 3) | bit_cast::<5, 3>(self.pair.val());
        }
        if self.s.q.val().count == 2 {
            self.heads.read_address.next = (bit_cast::<5, 2>(self.a.val()) << 3) | bit_cast::<5, 3>(self.low.val());
        }
        if self.s.q.val().count == 3 {
            self.heads.read_address.next = (bit_cast::<5, 2>(self.b.val()) << 3) | bit_cast::<5, 3>(self.low.val());
        }
        self.equal.next = self.s.q.val().high_equal & self.s.q.val().low_equal;
        self.less.next = self.s.q.val().high_less | (self.s.q.val().high_equal & self.s.q.val().low_less);
        self.other.next = !self.s.q.val().slot;
        self.one_hot.next = 1.into();
        if self.s.q.val().record == 1 {
            self.one_hot.next = 2.into();
        }
        if self.s.q.val().record == 2 {
            self.one_hot.next = 4.into();
        }
        if self.s.q.val().record == 3 {
            self.one_hot.next = 8.into();
        }

        self.s.d.next.count = 0.into();
        match self.state.q.val() {
            RecallStep::Idle => {
                if self.start.val() {
                    self.state.d.next = RecallStep::Read;
                    self.s.d.next.record = 2.into();
                    self.s.d.next.valid = 0.into();
                    self.s.d.next.blank = true;
                    self.s.d.next.found = false;
                    self.s.d.next.second_try = false;
                }
            }
            RecallStep::Read => {
                self.state.d.next = RecallStep::Reading;
            }
            RecallStep::Reading => {
                if self.k_done.val() {
                    self.s.d.next.blank = self.s.q.val().blank & self.k_blank.val();
                    self.state.d.next = RecallStep::Copy;
                    if self.k_ok.val() {
                        self.s.d.next.valid = self.s.q.val().valid | self.one_hot.val();
                    }
                }
            }
            RecallStep::Copy => {
                self.s.d.next.count = self.s.q.val().count + 1;
                if self.s.q.val().count == 9 {
                    self.s.d.next.count = 0.into();
                    // First dynamic, second dynamic, second static, first static.
                    self.s.d.next.record = 3.into();
                    if self.s.q.val().record == 3 {
                        self.s.d.next.record = 1.into();
                    }
                    if self.s.q.val().record == 1 {
                        self.s.d.next.record = 0.into();
                    }
                    self.state.d.next = RecallStep::Read;
                    // Without a dynamic record there is nothing to bring back.
                    if (self.s.q.val().record == 3) & !self.valid.val().get_bit(2) & !self.valid.val().get_bit(3) {
                        self.state.d.next = RecallStep::Done;
                    }
                    if self.s.q.val().record == 0 {
                        self.s.d.next.question = RecallQuestion::Static;
                        self.state.d.next = RecallStep::Compare;
                    }
                }
            }
            // Words come two clocks after they were asked for: high of a, high of b, low of a, low of b.
            RecallStep::Compare => {
                self.s.d.next.count = self.s.q.val().count + 1;
                self.s.d.next.first = self.word.q.val();
                if self.s.q.val().count == 3 {
                    self.s.d.next.high_equal = self.s.q.val().first == self.word.q.val();
                    self.s.d.next.high_less = self.s.q.val().first < self.word.q.val();
                }
                if self.s.q.val().count == 5 {
                    self.s.d.next.low_equal = self.s.q.val().first == self.word.q.val();
                    self.s.d.next.low_less = self.s.q.val().first < self.word.q.val();
                    self.s.d.next.count = 0.into();
                    self.state.d.next = RecallStep::Judge;
                }
            }
            RecallStep::Judge => {
                self.state.d.next = RecallStep::Compare;
                match self.s.q.val().question {
                    RecallQuestion::Static => {
                        self.s.d.next.slot = self.valid.val().get_bit(1) & (!self.valid.val().get_bit(0) | self.less.val());
                        self.s.d.next.question = RecallQuestion::First;
                        if !self.valid.val().get_bit(0) & !self.valid.val().get_bit(1) {
                            self.state.d.next = RecallStep::Done;
                        }
                    }
                    RecallQuestion::First => {
                        self.s.d.next.match_first = self.valid.val().get_bit(2) & self.equal.val();
                        self.s.d.next.question = RecallQuestion::Second;
                    }
                    RecallQuestion::Second => {
                        self.s.d.next.match_second = self.valid.val().get_bit(3) & self.equal.val();
                        self.s.d.next.question = RecallQuestion::Dynamic;
                    }
                    RecallQuestion::Dynamic => {
                        self.s.d.next.newest = self.s.q.val().match_second & (!self.s.q.val().match_first | self.less.val());
                        self.s.d.next.found = true;
                        self.state.d.next = RecallStep::Fetch;
                        if !self.s.q.val().match_first & !self.s.q.val().match_second {
                            // Nothing belongs to this one; the other may still be whole.
                            self.s.d.next.found = false;
                            self.s.d.next.slot = self.other.val();
                            self.s.d.next.second_try = true;
                            self.s.d.next.question = RecallQuestion::First;
                            self.state.d.next = RecallStep::Compare;
                            if self.s.q.val().second_try | !self.valid.val().get_bit(0) | !self.valid.val().get_bit(1) {
                                self.state.d.next = RecallStep::Done;
                            }
                        }
                    }
                    _ => {}
                }
            }
            RecallStep::Fetch => {
                self.s.d.next.count = self.s.q.val().count + 1;
                // Born, value and flags of the dynamic record: words 2, 3, 5, 6, 7; then the flags of the other, and the epoch.
                self.heads.read_address.next = bit_cast::<5, 4>(self.s.q.val().count) + 18;
                if self.s.q.val().newest {
                    self.heads.read_address.next = bit_cast::<5, 4>(self.s.q.val().count) + 26;
                }
                if self.s.q.val().count == 6 {
                    self.heads.read_address.next = 31.into();
                    if self.s.q.val().newest {
                        self.heads.read_address.next = 23.into();
                    }
                }
                if self.s.q.val().count == 7 {
                    self.heads.read_address.next = 16.into();
                    if self.s.q.val().newest {
                        self.heads.read_address.next = 24.into();
                    }
                }
                if self.s.q.val().count == 2 {
                    self.act.next = NumbersAct::BornHigh;
                }
                if self.s.q.val().count == 3 {
                    self.act.next = NumbersAct::BornLow;
                }
                if self.s.q.val().count == 5 {
                    self.act.next = NumbersAct::NumberHigh;
                }
                if self.s.q.val().count == 6 {
                    self.act.next = NumbersAct::NumberLow;
                }
                if self.s.q.val().count == 7 {
                    self.s.d.next.orderly = self.word.q.val().get_bit(0);
                }
                if self.s.q.val().count == 8 {
                    self.s.d.next.stale = self.word.q.val().get_bit(0);
                }
                if self.s.q.val().count == 9 {
                    self.s.d.next.age = self.epoch.val() + self.written.val();
                    self.state.d.next = RecallStep::Done;
                }
            }
            RecallStep::Done => {
                self.state.d.next = RecallStep::Idle;
            }
            _ => {}
        }
    }
}
