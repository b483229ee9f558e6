//! What a packet is, four words a clock: finds what [`Parse`](crate::parse::Parse) finds, and parses the next frame while what was found of the one before is looked at.
//!
//! **Frames.** `go` with `frame` of the store; `take_frame` in the clock in which it is taken, at once when the parser has nothing in hand: everything of it but its words is copied then, and the store may show the next. Its words stay where they
//! are until somebody gives them back.
//!
//! **What was found** (`facts`, addresses, `upper`, `kept`: the frame itself) stands from `ready` to `take`; the next is told two clocks after `take` at the earliest. `facts`, the addresses and `upper` are those of `Parse`, in every field that has a meaning there: with a reason, only the reason has; of what is not IP,
//! also `arp` and `ip_word`; of a later fragment, everything but the ports and `upper`.
//!
//! **Reading.** The store answers `address` with four words three clocks later. While `reading` the port is the parser's; a frame is begun on `go` only, so who keeps `go` away while not `reading` has the port.
//!
//! **Depth.** What an extension header leads to begins before word 1008 of the frame (`wire::DEEPEST`); where it would not, the reason is that of a bad extension header. So the place of everything that is found has ten bits.
//!
//! **Rate.** A frame every 13 clocks, 12 if it is ESP, 8 if it is not IP, 2 if it has a reason already; five more for each extension header. `ready` comes as many clocks after `take_frame`, and later if what was found of the frame before is not taken.
mod extent;
mod find;
mod link;

pub use extent::{ExtentWork, ParseExtent};
pub use find::{FindPhase, FindState, FindWork, ParseFind};
pub use link::{LinkSeen, ParseLink};

use crate::cell::{row, Block128, Reg, Settle};
use crate::parse::Facts;
use crate::prelude::*;
use crate::stream::Frame;

/// The parser; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct WideParse {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub go: Signal<In, Bit>,
    pub frame: Signal<In, Frame>,
    pub take_frame: Signal<Out, Bit>,
    pub reading: Signal<Out, Bit>,
    pub address: Signal<Out, Bits<12>>,
    pub data: Signal<In, Block128>,
    pub ready: Signal<Out, Bit>,
    pub take: Signal<In, Bit>,
    pub facts: Signal<Out, Facts>,
    pub kept: Signal<Out, Frame>,
    pub source: [Signal<Out, Bits<32>>; 4],
    pub destination: [Signal<Out, Bits<32>>; 4],
    pub upper: [Signal<Out, Bits<32>>; 6],
    find: Settle<ParseFind>,
    stands: Reg<Bit>,
    told: Reg<Facts>,
    told_frame: Reg<Frame>,
    from: [Reg<Bits<32>>; 4],
    to: [Reg<Bits<32>>; 4],
    words: [Reg<Bits<32>>; 6],
    moves: Signal<Local, Bit>,
}

impl Default for WideParse {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            go: Default::default(),
            frame: Default::default(),
            take_frame: Default::default(),
            reading: Default::default(),
            address: Default::default(),
            data: Default::default(),
            ready: Default::default(),
            take: Default::default(),
            facts: Default::default(),
            kept: Default::default(),
            source: row(),
            destination: row(),
            upper: row(),
            find: Default::default(),
            stands: Default::default(),
            told: Default::default(),
            told_frame: Default::default(),
            from: row(),
            to: row(),
            words: row(),
            moves: Default::default(),
        }
    }
}

impl Logic for WideParse {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, stands, told, told_frame);
        clock!(self, clock, find);
        self.find.reset.next = self.reset.val();
        self.stands.reset.next = self.reset.val();
        self.told.reset.next = self.reset.val();
        self.told_frame.reset.next = self.reset.val();

        self.find.go.next = self.go.val();
        self.find.frame.next = self.frame.val();
        self.find.data.next = self.data.val();
        self.take_frame.next = self.find.taken.val();
        self.reading.next = self.find.reading.val();
        self.address.next = self.find.address.val();

        self.moves.next = self.find.full.val() & !self.stands.q.val();
        self.find.empty.next = self.moves.val();
        if self.take.val() {
            self.stands.d.next = false;
        }
        if self.moves.val() {
            self.stands.d.next = true;
            self.told.d.next = self.find.facts.val();
            self.told_frame.d.next = self.find.kept.val();
        }
        for i in 0..4 {
            self.from[i].clock.next = self.clock.val();
            self.from[i].reset.next = self.reset.val();
            self.from[i].d.next = self.from[i].q.val();
            self.to[i].clock.next = self.clock.val();
            self.to[i].reset.next = self.reset.val();
            self.to[i].d.next = self.to[i].q.val();
            if self.moves.val() {
                self.from[i].d.next = self.find.source[i].val();
                self.to[i].d.next = self.find.destination[i].val();
            }
            self.source[i].next = self.from[i].q.val();
            self.destination[i].next = self.to[i].q.val();
        }
        for i in 0..6 {
            self.words[i].clock.next = self.clock.val();
            self.words[i].reset.next = self.reset.val();
            self.words[i].d.next = self.words[i].q.val();
            if self.moves.val() {
                self.words[i].d.next = self.find.upper[i].val();
            }
            self.upper[i].next = self.words[i].q.val();
        }
        self.ready.next = self.stands.q.val();
        self.facts.next = self.told.q.val();
        self.kept.next = self.told_frame.q.val();
    }
}

#[cfg(test)]
mod tests;
