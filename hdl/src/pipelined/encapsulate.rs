//! Carries out a [`Plan`]: builds the new frame in the store behind, through the cipher where it is to be sealed, and releases the old one.
mod finish;
mod gather;
mod layout;
mod text;

pub use finish::{SealCommit, SealFinish, SealFinishState, SealPacket, UNDER_WAY};
pub use gather::Gather;
pub use layout::{Layout, LayoutSaid, LayoutState, LayoutWork};
pub use text::{SealText, SealTextEnds, SealTextWork};

use super::{Release, WideReader, WideWrite};
use crate::cell::{Block128, Reg, Settle};
use crate::outbound::Plan;
use crate::prelude::*;

/// A beat out of the cipher, without its block.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct SealedBeat {
    pub valid: Bit,
    pub last: Bit,
    pub bytes: Bits<5>,
}

/// As [`outbound::Encapsulate`](crate::outbound::Encapsulate), four words at a time. [`Layout`] writes headers and frames that pass, [`SealText`] gives the payload to the cipher, [`SealFinish`] writes what comes out of it;
/// the device's own datagrams come from [`Gather`].
///
/// A block of text per clock. What a packet takes besides it is said at [`Layout`]. The next packet begins when the text of this one is with the cipher: up to
/// [`UNDER_WAY`] are behind that point, each written where the one before it will end. Never waits for the sink: the plan was made only when there was room (`Room`: `settled`, a pulse, with the blocks of the plan that now has its own,
/// or needs none; `tail`; `flying`). `idle` says that no plan is under way.
#[derive(LogicBlock, Ports, Default)]
pub struct WideEncapsulate {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub idle: Signal<Out, Bit>,
    pub go: Signal<In, Bit>,
    pub plan: Signal<In, Plan>,
    pub accept: Signal<Out, Bit>,
    pub header_row: Signal<Out, Bits<2>>,
    pub header_block: Signal<In, Block128>,
    pub header_spi: Signal<In, Bits<32>>,
    pub header_high: Signal<In, Bits<32>>,
    pub header_low: Signal<In, Bits<32>>,
    /// The old frame, four words from `address` on three clocks later.
    pub address: Signal<Out, Bits<12>>,
    pub data: Signal<In, Block128>,
    /// The composer's words, two clocks after the address; a pulse when that is done with.
    pub control_address: Signal<Out, Bits<10>>,
    pub control_data: Signal<In, Bits<32>>,
    pub control_done: Signal<Out, Bit>,
    /// Counts a control datagram.
    pub own_valid: Signal<Out, Bit>,
    pub own_ready: Signal<In, Bit>,
    pub free: Signal<Out, Bit>,
    pub free_blocks: Signal<Out, Bits<10>>,
    pub text_valid: Signal<Out, Bit>,
    pub text_first: Signal<Out, Bit>,
    pub text_last: Signal<Out, Bit>,
    pub text_bytes: Signal<Out, Bits<5>>,
    pub text_block: Signal<Out, Block128>,
    pub text_ready: Signal<In, Bit>,
    pub out_valid: Signal<In, Bit>,
    pub out_last: Signal<In, Bit>,
    pub out_bytes: Signal<In, Bits<5>>,
    pub out_block: Signal<In, Block128>,
    pub tag_valid: Signal<In, Bit>,
    pub tag: Signal<In, Block128>,
    pub settled: Signal<Out, Bit>,
    pub settled_blocks: Signal<Out, Bits<10>>,
    pub tail: Signal<Out, Bits<11>>,
    pub flying: Signal<Out, Bits<4>>,
    pub write: Signal<Out, Bits<4>>,
    /// Words, counted from the start of the store.
    pub place: Signal<Out, Bits<12>>,
    pub write_data: Signal<Out, Block128>,
    pub commit: Signal<Out, Bit>,
    pub commit_blocks: Signal<Out, Bits<10>>,
    pub commit_length: Signal<Out, Bits<16>>,
    pub drop_valid: Signal<Out, Bit>,
    pub drop_reason: Signal<Out, Bits<5>>,
    pub drop_ready: Signal<In, Bit>,
    pub sa_valid: Signal<Out, Bit>,
    pub sa_index: Signal<Out, SaIndex>,
    pub sa_bytes: Signal<Out, Bits<16>>,
    pub sa_ready: Signal<In, Bit>,
    reader: Settle<WideReader>,
    gather: Settle<Gather>,
    layout: Settle<Layout>,
    text: Settle<SealText>,
    finish: Settle<SealFinish>,
    returns: Release,
    /// The block with which the next frame begins.
    next_frame: Reg<Bits<11>>,
    written: Reg<WideWrite>,
    /// What came out of the cipher a clock ago; so it is known a clock before whether that goes to the store, or something of the layout's may.
    came: Reg<SealedBeat>,
    came_block: Reg<Block128>,
    may_write: Reg<Bit>,
    begins: Signal<Local, Bits<12>>,
}

impl Logic for WideEncapsulate {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, next_frame, written, came, came_block, may_write);
        clock!(self, clock, reader, gather, layout, text, finish, returns);
        self.next_frame.reset.next = self.reset.val();
        self.written.reset.next = self.reset.val();
        self.came.reset.next = self.reset.val();
        self.came_block.reset.next = self.reset.val();
        self.may_write.reset.next = self.reset.val();
        self.reader.reset.next = self.reset.val();
        self.gather.reset.next = self.reset.val();
        self.layout.reset.next = self.reset.val();
        self.text.reset.next = self.reset.val();
        self.finish.reset.next = self.reset.val();
        self.returns.reset.next = self.reset.val();
        self.idle.next = self.layout.idle.val() & self.finish.idle.val();

        // The plan.
        self.layout.go.next = self.go.val();
        self.layout.plan.next = self.plan.val();
        self.layout.ready.next = self.finish.ready.val();
        self.accept.next = self.layout.accept.val();
        self.header_row.next = self.layout.header_row.val();
        self.layout.header_block.next = self.header_block.val();
        self.layout.header_spi.next = self.header_spi.val();
        self.layout.header_high.next = self.header_high.val();
        self.layout.header_low.next = self.header_low.val();
        self.drop_valid.next = self.layout.drop_valid.val();
        self.drop_reason.next = self.layout.kept.val().reason;
        self.layout.drop_ready.next = self.drop_ready.val();
        // The old frame goes back while it is read; its headers with the rest.
        self.returns.starts.next = self.layout.accept.val() & !self.plan.val().control;
        self.returns.blocks.next = self.plan.val().words;
        self.returns.reads.next =
            self.layout.copies.val() | (self.text.payload_ready.val() & self.reader.valid.val() & !self.layout.kept.val().control);
        self.returns.ends.next = self.layout.free.val();
        self.free.next = self.returns.free.val();
        self.free_blocks.next = self.returns.free_blocks.val();
        self.control_done.next = self.layout.control_done.val();

        // The old frame: read for its headers, then for its payload.
        self.gather.collect.next = self.layout.gather.val();
        self.gather.words.next = self.layout.kept.val().words << 2;
        self.layout.gathered.next = self.gather.gathered.val();
        self.control_address.next = self.gather.address.val();
        self.gather.data.next = self.control_data.val();
        self.reader.start.next = self.layout.read_start.val();
        self.reader.first.next = self.layout.read_first.val();
        self.address.next = self.reader.address.val();
        self.gather.read_address.next = self.reader.address.val().get_bits::<10>(0);
        self.reader.data.next = self.data.val();
        if self.layout.kept.val().control {
            self.reader.data.next = self.gather.block.val();
        }
        self.layout.read_valid.next = self.reader.valid.val();
        self.layout.read_block.next = self.reader.block.val();
        self.text.payload_valid.next = self.reader.valid.val();
        self.text.payload.next = self.reader.block.val();
        self.reader.ready.next = self.layout.read_ready.val() | self.text.payload_ready.val();

        // The text.
        self.text.start.next = self.layout.text_start.val();
        self.layout.text_done.next = self.text.done.val();
        self.text.payload_bytes.next = self.layout.kept.val().payload_bytes;
        self.text.cipher_bytes.next = self.layout.kept.val().cipher_bytes;
        self.text.next_header.next = self.layout.kept.val().next_header;
        self.text.esn.next = self.layout.kept.val().esn;
        self.text.spi.next = self.layout.spi.val();
        self.text.number_high.next = self.layout.number_high.val();
        self.text.number_low.next = self.layout.number_low.val();
        self.text_valid.next = self.text.text_valid.val();
        self.text_first.next = self.text.text_first.val();
        self.text_last.next = self.text.text_last.val();
        self.text_bytes.next = self.text.text_bytes.val();
        self.text_block.next = self.text.text_block.val();
        self.text.text_ready.next = self.text_ready.val();

        // The new frame.
        self.begins.next = bit_cast::<12, 11>(self.next_frame.q.val()) << 2;
        self.tail.next = self.next_frame.q.val();
        if self.layout.told.val() {
            self.next_frame.d.next = self.next_frame.q.val() + bit_cast::<11, 10>(self.finish.blocks.val());
        }
        self.settled.next = self.layout.told.val() | self.layout.dropped.val();
        self.settled_blocks.next = self.layout.kept.val().words;
        self.flying.next = self.finish.flying.val();
        self.finish.take.next = self.layout.told.val();
        self.finish.plan.next = self.layout.kept.val();
        self.finish.headers.next = self.layout.written.val();
        self.finish.start.next = self.begins.val();
        self.came.d.next.valid = self.out_valid.val();
        self.came.d.next.last = self.out_last.val();
        self.came.d.next.bytes = self.out_bytes.val();
        self.came_block.d.next = self.out_block.val();
        self.finish.out_valid.next = self.came.q.val().valid;
        self.finish.out_last.next = self.came.q.val().last;
        self.finish.out_bytes.next = self.came.q.val().bytes;
        self.finish.out_block.next = self.came_block.q.val();
        self.finish.tag_valid.next = self.tag_valid.val();
        self.finish.tag.next = self.tag.val();
        self.may_write.d.next = !self.out_valid.val() & !self.finish.tag_next.val();
        self.layout.may_write.next = self.may_write.q.val();
        self.written.d.next.write = self.layout.write.val();
        self.written.d.next.target = self.begins.val() + self.layout.offset.val();
        self.written.d.next.data = self.layout.write_data.val();
        if self.finish.writes.val() {
            self.written.d.next.write = self.finish.write.val();
            self.written.d.next.target = self.finish.place.val();
            self.written.d.next.data = self.finish.write_data.val();
        }
        self.write.next = self.written.q.val().write;
        self.place.next = self.written.q.val().target;
        self.write_data.next = self.written.q.val().data;
        self.commit.next = self.finish.commit.val();
        self.commit_blocks.next = self.finish.commit_blocks.val();
        self.commit_length.next = self.finish.commit_length.val();
        self.sa_valid.next = self.finish.sa_valid.val();
        self.sa_index.next = self.finish.sa_index.val();
        self.sa_bytes.next = self.finish.sa_bytes.val();
        self.finish.sa_ready.next = self.sa_ready.val();
        self.own_valid.next = self.finish.own_valid.val();
        self.finish.own_ready.next = self.own_ready.val();
    }
}
