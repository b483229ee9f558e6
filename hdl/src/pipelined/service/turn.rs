//! The turn between the directions, and the beat that goes into the pipeline: a clock per beat, none between packets as long as somebody wants.
//!
//! After the last beat of a packet the other direction is next if it has a job and its beat 0; else this one if it has a job. `ready` does not wait for the beat, but a ready direction
//! loses its turn to one that has a beat. A beat of the maker of powers (`maker`, a level until `maker_goes`) goes before both. A packet of one beat is followed by a clock of nothing, as the pipeline wants it,
//! and so is the maker's.
//!
//! `reset` gives up the packet in hand; nothing is taken from the next clock on.
//!
//! What is taken in one clock leaves in the next, with `side` (0 seal, 1 open) telling whose it is: `side` is valid in the clock before as well, for the wide multiplexers in front of the pipeline.
use crate::cell::{Block128, Delay, Reg};
use crate::prelude::*;

/// Whose turn it is. At most one of `ready_seal`, `ready_open`, `maker` is set.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct TurnState {
    pub ready_seal: Bit,
    pub ready_open: Bit,
    pub maker: Bit,
    /// The last direction that was ready, or the maker's.
    pub side: Bit,
    /// Beat 0 of a packet was taken, its last one not.
    pub within: Bit,
}

/// A beat on its way into the pipeline.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct TurnBeat {
    pub valid: Bit,
    pub first: Bit,
    pub last: Bit,
    pub open: Bit,
    pub maker: Bit,
    pub bytes: Bits<5>,
    pub block: Block128,
}

/// The block; its contract stands at the head of the file.
#[derive(LogicBlock, Ports, Default)]
pub struct Turn {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// A job is prepared in the next clock.
    pub seal_job: Signal<In, Bit>,
    pub seal_valid: Signal<In, Bit>,
    pub seal_first: Signal<In, Bit>,
    pub seal_last: Signal<In, Bit>,
    pub seal_block: Signal<In, Block128>,
    pub seal_bytes: Signal<In, Bits<5>>,
    pub seal_ready: Signal<Out, Bit>,
    /// Its beat 0 is taken in this clock.
    pub seal_take: Signal<Out, Bit>,
    pub open_job: Signal<In, Bit>,
    pub open_valid: Signal<In, Bit>,
    pub open_first: Signal<In, Bit>,
    pub open_last: Signal<In, Bit>,
    pub open_block: Signal<In, Block128>,
    pub open_bytes: Signal<In, Bits<5>>,
    pub open_ready: Signal<Out, Bit>,
    pub open_take: Signal<Out, Bit>,
    pub maker: Signal<In, Bit>,
    pub maker_side: Signal<In, Bit>,
    pub maker_goes: Signal<Out, Bit>,
    pub side: Signal<Out, Bit>,
    pub beat: Signal<Out, TurnBeat>,
    s: Reg<TurnState>,
    out: Delay<TurnBeat, 1>,
    taken: Signal<Local, Bit>,
    ends: Signal<Local, Bit>,
    begins: Signal<Local, Bit>,
    free: Signal<Local, Bit>,
    seal_wants: Signal<Local, Bit>,
    open_wants: Signal<Local, Bit>,
    seal_next: Signal<Local, Bit>,
    open_next: Signal<Local, Bit>,
}

impl Logic for Turn {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s);
        clock!(self, clock, out);
        self.s.reset.next = self.reset.val();
        self.seal_ready.next = self.s.q.val().ready_seal;
        self.open_ready.next = self.s.q.val().ready_open;
        self.maker_goes.next = self.s.q.val().maker;
        self.side.next = self.s.q.val().side;

        self.taken.next = (self.s.q.val().ready_seal & self.seal_valid.val()) | (self.s.q.val().ready_open & self.open_valid.val());
        self.ends.next = (self.s.q.val().ready_seal & self.seal_valid.val() & self.seal_last.val())
            | (self.s.q.val().ready_open & self.open_valid.val() & self.open_last.val());
        self.begins.next = (self.s.q.val().ready_seal & self.seal_valid.val() & self.seal_first.val())
            | (self.s.q.val().ready_open & self.open_valid.val() & self.open_first.val());
        self.seal_take.next = self.s.q.val().ready_seal & self.seal_valid.val() & self.seal_first.val();
        self.open_take.next = self.s.q.val().ready_open & self.open_valid.val() & self.open_first.val();

        // In the next clock a packet may begin. A job whose packet is under way is prepared no more, or anew.
        self.free.next = (self.s.q.val().within & self.ends.val()) | (!self.s.q.val().within & !self.taken.val() & !self.s.q.val().maker);
        self.seal_wants.next = self.seal_job.val() & self.seal_valid.val();
        self.open_wants.next = self.open_job.val() & self.open_valid.val();
        self.seal_next.next = self.seal_job.val() & (!self.s.q.val().side | !self.open_job.val());
        self.open_next.next = self.open_job.val() & (self.s.q.val().side | !self.seal_job.val());
        if self.s.q.val().side & self.seal_wants.val() {
            self.seal_next.next = true;
            self.open_next.next = false;
        }
        if !self.s.q.val().side & self.open_wants.val() {
            self.seal_next.next = false;
            self.open_next.next = true;
        }
        self.s.d.next.maker = false;
        if self.taken.val() {
            self.s.d.next.within = !self.ends.val();
        }
        if self.free.val() {
            self.s.d.next.ready_seal = self.seal_next.val() & !self.maker.val();
            self.s.d.next.ready_open = self.open_next.val() & !self.maker.val();
            self.s.d.next.maker = self.maker.val();
            if self.maker.val() {
                self.s.d.next.side = self.maker_side.val();
            } else if self.seal_next.val() | self.open_next.val() {
                self.s.d.next.side = self.open_next.val();
            }
        } else if self.ends.val() {
            self.s.d.next.ready_seal = false;
            self.s.d.next.ready_open = false;
        }

        // The beat.
        self.out.d.next.valid = self.taken.val() | self.s.q.val().maker;
        self.out.d.next.first = self.begins.val() | self.s.q.val().maker;
        self.out.d.next.last = self.ends.val() | self.s.q.val().maker;
        self.out.d.next.open = self.s.q.val().side;
        self.out.d.next.maker = self.s.q.val().maker;
        self.out.d.next.bytes = self.seal_bytes.val();
        self.out.d.next.block = self.seal_block.val();
        if self.s.q.val().side {
            self.out.d.next.bytes = self.open_bytes.val();
            self.out.d.next.block = self.open_block.val();
        }
        self.beat.next = self.out.q.val();
    }
}

#[cfg(test)]
#[path = "turn_tests.rs"]
mod tests;
