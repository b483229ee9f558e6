//! The anti-replay service of all inbound SAs with several packets under way: remembers for each SA the highest number accepted and which near it were. Two questions, each of every packet that is
//! opened, in the order of the packets; they do not wait for each other:
//!
//! * `infer`: which number does the packet have? The high half stands at `high` from `inferred` on, until the next `infer`. Without extended numbers it is zero and is said after one clock, with them
//!   after six, if it is sure by then.
//! * `check`: is the number fresh, and the ICV `authentic`? Then the number is recorded. `checked` answers six clocks later; where the packet before has moved the window far, up to 66 more. The next
//!   `check` comes in the clock after `checked` at the earliest.
//!
//! Between `inferred` and `checked` a packet is *under way*; at most eight are.
//!
//! **Sure** is a number if it cannot be another one however the packets under way end. Let T be the highest number accepted, W the size of the window, B = T − W + 1 its bottom. The number inferred is the one
//! with the right low half in B ≤ N < B + 2³² (RFC 4303, appendix A2.2, in one line), and the packets under way can only move B up. Be C = W / 2. If each of them has a number of at most T + C, B ends
//! at most at B + C, and where N is not below that it stays what it is. So a packet with B + C ≤ N ≤ T + C is *calm*: it is sure among its like, and makes none of them unsure. One below that range, or behind one above
//! it, is asked about again until it is sure, at the latest when nothing is under way any more. Traffic in order is calm where W is at least 16.
//!
//! ```text
//!  infer ──► next ──► infer ──┬──► inferred, high
//!              ▲              └──► flights (high, calm or not) ──┐
//!  check ──► next ──► weigh ◄────────────────────────────────────┘
//!              └─────── │ ▲ ───────► checked, judged, moved
//!                       ▼ │
//!                      window
//! ```
//!
//! What is stored is *next* = T + 1, as the SA record has it. Installing an SA clears the memory (`window_clear`) and then writes *next* through the table bus: no number below it is ever accepted,
//! because nobody knows which of those were seen before. `window_busy` until both are done. Nothing may be under way then, and not while `recording`: a packet that was accepted is still being entered.
mod infer;
#[cfg(test)]
mod tests;
mod weigh;

pub use infer::{InferState, InferWork, ReplayInfer};
pub use weigh::{ReplayWeigh, WeighState, WeighWork};

use super::Backlog;
use crate::cell::{Ram, Reg};
use crate::prelude::*;
use crate::window::Window;
use crate::Sizes;

/// A packet under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ReplayFlight {
    pub high: Bits<32>,
    /// Its number is so far above the highest that those behind it are not sure.
    pub wild: Bit,
}

/// The service; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct WideReplay {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub table_write: Signal<In, Bit>,
    pub table_select: Signal<In, Bits<2>>,
    pub table_index: Signal<In, SaIndex>,
    pub table_word: Signal<In, Bits<5>>,
    pub table_data: Signal<In, Bits<32>>,
    pub window_clear: Signal<In, Bit>,
    pub window_busy: Signal<Out, Bit>,
    pub recording: Signal<Out, Bit>,
    /// Held from `infer` to `inferred`. `size` is W in packets, 0 (no anti-replay) to 1024; not 0 with `esn`.
    pub infer: Signal<In, Bit>,
    pub infer_sa: Signal<In, SaIndex>,
    pub infer_size: Signal<In, Bits<16>>,
    pub infer_esn: Signal<In, Bit>,
    pub infer_low: Signal<In, Bits<32>>,
    pub inferred: Signal<Out, Bit>,
    pub high: Signal<Out, Bits<32>>,
    /// `check_sa`, `check_size` and `check_low` are held from `check` to `checked`, `authentic` goes with `check`.
    pub check: Signal<In, Bit>,
    pub authentic: Signal<In, Bit>,
    pub check_sa: Signal<In, SaIndex>,
    pub check_size: Signal<In, Bits<16>>,
    pub check_low: Signal<In, Bits<32>>,
    /// The SA is in quarantine: an authentic packet is fresh, and nothing moves. Looked at in the clock before `checked`; `was_frozen` tells, from `checked` to the next but one clock before the next.
    pub frozen: Signal<In, Bit>,
    pub was_frozen: Signal<Out, Bit>,
    /// A pulse; `fresh` tells how, until the clock before the next, as does `check_high`, the high half of the number.
    pub checked: Signal<Out, Bit>,
    pub fresh: Signal<Out, Bit>,
    pub check_high: Signal<Out, Bits<32>>,
    /// With `checked`: an authentic packet's number was decided on.
    pub judged: Signal<Out, Bit>,
    /// With `checked`: the highest number accepted + 1 is written anew.
    pub moved: Signal<Out, Bit>,
    pub moved_high: Signal<Out, Bits<32>>,
    pub moved_low: Signal<Out, Bits<32>>,
    /// *Next* of every SA, once for each question.
    infer_low_half: Ram<Bits<32>, 10>,
    infer_high_half: Ram<Bits<32>, 10>,
    weigh_low_half: Ram<Bits<32>, 10>,
    weigh_high_half: Ram<Bits<32>, 10>,
    window: Window,
    inference: ReplayInfer,
    weighing: ReplayWeigh,
    flights: Backlog<ReplayFlight, 3>,
    /// Packets under way that are wild.
    wild: Reg<Bits<4>>,
    installs: Signal<Local, Bit>,
    place: Signal<Local, SaIndex>,
    low_half: Signal<Local, Bits<32>>,
    high_half: Signal<Local, Bits<32>>,
    writes_low: Signal<Local, Bit>,
    writes_high: Signal<Local, Bit>,
    more: Signal<Local, Bit>,
    less: Signal<Local, Bit>,
}

impl WideReplay {
    /// For so many SAs, and windows that large.
    pub fn new(sizes: Sizes) -> Self {
        let half = || Ram::of(sizes.sa_bits(0));
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
            infer: Default::default(),
            infer_sa: Default::default(),
            infer_size: Default::default(),
            infer_esn: Default::default(),
            infer_low: Default::default(),
            inferred: Default::default(),
            high: Default::default(),
            check: Default::default(),
            authentic: Default::default(),
            check_sa: Default::default(),
            check_size: Default::default(),
            check_low: Default::default(),
            frozen: Default::default(),
            was_frozen: Default::default(),
            checked: Default::default(),
            fresh: Default::default(),
            check_high: Default::default(),
            judged: Default::default(),
            moved: Default::default(),
            moved_high: Default::default(),
            moved_low: Default::default(),
            infer_low_half: half(),
            infer_high_half: half(),
            weigh_low_half: half(),
            weigh_high_half: half(),
            window: Window::new(sizes),
            inference: Default::default(),
            weighing: Default::default(),
            flights: Default::default(),
            wild: Default::default(),
            installs: Default::default(),
            place: Default::default(),
            low_half: Default::default(),
            high_half: Default::default(),
            writes_low: Default::default(),
            writes_high: Default::default(),
            more: Default::default(),
            less: Default::default(),
        }
    }
}

impl Default for WideReplay {
    fn default() -> Self {
        Self::new(Sizes::default())
    }
}

impl Logic for WideReplay {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, wild);
        clock!(self, clock, infer_low_half, infer_high_half, weigh_low_half, weigh_high_half, window, inference, weighing, flights);
        self.wild.reset.next = self.reset.val();
        self.window.reset.next = self.reset.val();
        self.inference.reset.next = self.reset.val();
        self.weighing.reset.next = self.reset.val();
        self.flights.reset.next = self.reset.val();

        // *Next*: written when an SA is installed or a number accepted that is the highest.
        self.installs.next = self.table_write.val() & (self.table_select.val() == 1) & (self.table_word.val().get_bits::<4>(1) == 10);
        self.place.next = self.table_index.val();
        self.low_half.next = self.table_data.val();
        self.high_half.next = self.table_data.val();
        self.writes_low.next = self.installs.val() & !self.table_word.val().get_bit(0);
        self.writes_high.next = self.installs.val() & self.table_word.val().get_bit(0);
        if self.weighing.moved.val() {
            self.place.next = self.check_sa.val();
            self.low_half.next = self.weighing.after_low.val();
            self.high_half.next = self.weighing.after_high.val();
            self.writes_low.next = true;
            self.writes_high.next = true;
        }
        self.infer_low_half.write.next = self.writes_low.val();
        self.infer_low_half.write_address.next = self.place.val();
        self.infer_low_half.write_data.next = self.low_half.val();
        self.infer_low_half.read_address.next = self.infer_sa.val();
        self.infer_high_half.write.next = self.writes_high.val();
        self.infer_high_half.write_address.next = self.place.val();
        self.infer_high_half.write_data.next = self.high_half.val();
        self.infer_high_half.read_address.next = self.infer_sa.val();
        self.weigh_low_half.write.next = self.writes_low.val();
        self.weigh_low_half.write_address.next = self.place.val();
        self.weigh_low_half.write_data.next = self.low_half.val();
        self.weigh_low_half.read_address.next = self.check_sa.val();
        self.weigh_high_half.write.next = self.writes_high.val();
        self.weigh_high_half.write_address.next = self.place.val();
        self.weigh_high_half.write_data.next = self.high_half.val();
        self.weigh_high_half.read_address.next = self.check_sa.val();

        // Which number?
        self.inference.infer.next = self.infer.val();
        self.inference.size.next = self.infer_size.val();
        self.inference.esn.next = self.infer_esn.val();
        self.inference.low.next = self.infer_low.val();
        self.inference.next_low.next = self.infer_low_half.read_data.val();
        self.inference.next_high.next = self.infer_high_half.read_data.val();
        self.inference.changes.next = self.weighing.moved.val();
        self.inference.alone.next = !self.flights.valid.val();
        self.inference.calm.next = self.wild.q.val() == 0;
        self.inferred.next = self.inference.inferred.val();
        self.high.next = self.inference.high.val();

        // Who is under way.
        self.flights.push.next = self.inference.inferred.val();
        self.flights.item.next.high = self.inference.high.val();
        self.flights.item.next.wild = self.inference.wild.val();
        self.flights.pop.next = self.weighing.checked.val();
        self.more.next = self.inference.inferred.val() & self.inference.wild.val();
        self.less.next = self.weighing.checked.val() & self.flights.head.val().wild;
        if self.more.val() & !self.less.val() {
            self.wild.d.next = self.wild.q.val() + 1;
        }
        if self.less.val() & !self.more.val() {
            self.wild.d.next = self.wild.q.val() - 1;
        }

        // Is it fresh?
        self.weighing.check.next = self.check.val();
        self.weighing.authentic.next = self.authentic.val();
        self.weighing.size.next = self.check_size.val();
        self.weighing.low.next = self.check_low.val();
        self.weighing.high.next = self.flights.head.val().high;
        self.weighing.frozen.next = self.frozen.val();
        self.weighing.next_low.next = self.weigh_low_half.read_data.val();
        self.weighing.next_high.next = self.weigh_high_half.read_data.val();
        self.weighing.window_busy.next = self.window.busy.val();
        self.weighing.unseen.next = self.window.unseen.val();
        self.was_frozen.next = self.weighing.was_frozen.val();
        self.checked.next = self.weighing.checked.val();
        self.fresh.next = self.weighing.fresh.val();
        self.check_high.next = self.weighing.number_high.val();
        self.judged.next = self.weighing.judged.val();
        self.moved.next = self.weighing.moved.val();
        self.moved_high.next = self.weighing.after_high.val();
        self.moved_low.next = self.weighing.after_low.val();

        // The memory of what was seen.
        self.window.index.next = self.check_sa.val();
        self.window.number.next = self.check_low.val().get_bits::<11>(0);
        self.window.load.next = self.weighing.load.val();
        self.window.mark.next = self.weighing.mark.val();
        self.window.ahead.next = self.weighing.ahead.val();
        self.window.far.next = self.weighing.far.val();
        self.window.from.next = self.weighing.from.val();
        self.window.clear.next = self.window_clear.val();
        self.window.seed.next = self.installs.val() & !self.table_word.val().get_bit(0);
        if self.window_clear.val() | self.installs.val() {
            self.window.index.next = self.table_index.val();
            self.window.number.next = self.table_data.val().get_bits::<11>(0);
        }
        self.window_busy.next = self.window.busy.val();
        self.recording.next = self.window.records.val();
    }
}
