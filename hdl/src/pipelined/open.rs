//! Opens what `inbound::Lookup` has prepared, 16 bytes a clock: builds the frame as the host will see it in the store behind, decrypting on the way, and commits it only after
//! the ICV, the sequence number, the padding and the next header were found right. Everything else leaves no trace but a count and an event.
//!
//! ```text
//!  Lookup ──► mover ──► headers ───────────────────────────────┐
//!               │ ────► cipher ──► text ──► writes ────────────┤
//!               │                   └─► trailer ─► header ─────┴──► store behind
//!               └──────► packets ─────► finish ◄─ verdict  └► finish ──► commit
//! ```
//!
//! The mover is in front of the cipher and its long pipeline, the rest behind it; what is between them are queues. So a packet can be moved while those before wait for their verdicts:
//! up to `limit` packets are under way at a time. From taking a packet to its last beat of text nine clocks pass besides a clock per beat, one more for every four words of header beyond the first; from there to the
//! commit eleven besides the cipher's 55, more where counting, an event or a packet before waits. The number is inferred before the text goes to the cipher (see [`super::WideReplay`], which lets a packet wait
//! where its number depends on the verdicts before it), and checked after the verdict; both in the order of the packets.
//!
//! Frames are written where those before them would end if all of them were good: blocks of the ring are counted here, from the beginning. A frame that is committed after
//! one was dropped has `commit_skip` blocks of that one in front of it. Nothing waits for the store: whoever hands over a packet has asked for room (see [`super::Room`]: `settled`, a pulse, with the blocks of the old frame
//! whose new one now has its own; `tail`; `flying`).
mod finish;
mod header;
mod mover;
mod rows;
#[cfg(test)]
mod tests;
mod text;

pub use finish::{FinishState, FinishWork, OpenFinish};
pub use header::{HeaderWork, OpenHeader};
pub use mover::{MoverAsked, MoverState, MoverWork, OpenMover, OpenSaved, OpenWrite};
pub use rows::{TextBytes, TextLinks, TextRows};
pub use text::{OpenFound, OpenPlace, OpenText, TextBeat};

use super::Release;
use crate::cell::{row, Block128, JoinWords, Reg, Settle};
use crate::inbound::Intake;
use crate::prelude::*;

/// The block; its contract stands at the head of the file. Towards lookup, counters and events it is as `inbound::Open`.
#[derive(LogicBlock, Ports)]
pub struct WideOpen {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// No packet is under way or waits to be counted.
    pub idle: Signal<Out, Bit>,
    pub settled: Signal<Out, Bit>,
    pub settled_blocks: Signal<Out, Bits<10>>,
    pub tail: Signal<Out, Bits<11>>,
    pub flying: Signal<Out, Bits<4>>,
    pub go: Signal<In, Bit>,
    pub intake: Signal<In, Intake>,
    pub peer: [Signal<In, Bits<32>>; 4],
    pub accept: Signal<Out, Bit>,
    /// Port B of the store in front.
    pub address: Signal<Out, Bits<12>>,
    pub data: Signal<In, Block128>,
    pub free: Signal<Out, Bit>,
    pub free_blocks: Signal<Out, Bits<10>>,
    /// The cipher, see `CipherService`.
    pub text_valid: Signal<Out, Bit>,
    pub text_first: Signal<Out, Bit>,
    pub text_last: Signal<Out, Bit>,
    pub text_block: Signal<Out, Block128>,
    pub text_bytes: Signal<Out, Bits<5>>,
    pub text_ready: Signal<In, Bit>,
    pub icv: Signal<Out, Block128>,
    pub out_valid: Signal<In, Bit>,
    pub out_last: Signal<In, Bit>,
    pub out_bytes: Signal<In, Bits<5>>,
    pub out_block: Signal<In, Block128>,
    pub verdict_valid: Signal<In, Bit>,
    pub authentic: Signal<In, Bit>,
    /// Anti-replay, see `WideReplay`.
    pub infer: Signal<Out, Bit>,
    pub infer_sa: Signal<Out, SaIndex>,
    pub infer_size: Signal<Out, Bits<16>>,
    pub infer_esn: Signal<Out, Bit>,
    pub infer_low: Signal<Out, Bits<32>>,
    pub inferred: Signal<In, Bit>,
    pub inferred_high: Signal<In, Bits<32>>,
    /// `check_sa`, `check_size` and `check_low` are those of the packet that is being finished, to its end.
    pub check: Signal<Out, Bit>,
    pub check_authentic: Signal<Out, Bit>,
    pub check_sa: Signal<Out, SaIndex>,
    pub check_size: Signal<Out, Bits<16>>,
    pub check_low: Signal<Out, Bits<32>>,
    pub checked: Signal<In, Bit>,
    pub checked_fresh: Signal<In, Bit>,
    /// The packet was opened in quarantine (bit 5 of the note).
    pub checked_frozen: Signal<In, Bit>,
    /// The store behind.
    pub write: Signal<Out, Bits<4>>,
    pub offset: Signal<Out, Bits<12>>,
    pub write_data: Signal<Out, Block128>,
    pub commit: Signal<Out, Bit>,
    pub commit_skip: Signal<Out, Bits<10>>,
    /// Blocks of the frame and those in front of it.
    pub commit_blocks: Signal<Out, Bits<10>>,
    pub commit_length: Signal<Out, Bits<16>>,
    pub commit_note: Signal<Out, Bits<13>>,
    pub drop_valid: Signal<Out, Bit>,
    pub drop_reason: Signal<Out, Bits<5>>,
    pub drop_ready: Signal<In, Bit>,
    pub sa_valid: Signal<Out, Bit>,
    pub sa_index: Signal<Out, SaIndex>,
    pub sa_bytes: Signal<Out, Bits<16>>,
    pub sa_ready: Signal<In, Bit>,
    pub fragment_valid: Signal<Out, Bit>,
    pub fragment_ready: Signal<In, Bit>,
    pub event_valid: Signal<Out, Bit>,
    pub event_ready: Signal<In, Bit>,
    pub event_head: Signal<Out, Bits<32>>,
    pub event_detail: Signal<Out, Bits<32>>,
    pub event_address: [Signal<Out, Bits<32>>; 4],
    mover: Settle<OpenMover>,
    text: Settle<OpenText>,
    header: Settle<OpenHeader>,
    finish: Settle<OpenFinish>,
    returns: Release,
    /// Packets under way.
    under_way: Reg<Bits<4>>,
    /// Where the next frame begins, the last one taken adds to it, and the first one not committed begins; with one bit more to see how much is in use.
    next_frame: Reg<Bits<11>>,
    grow: Reg<Bits<10>>,
    front: Reg<Bits<11>>,
    skip: Reg<Bits<10>>,
    /// A packet was taken in the clock before; blocks of its old frame.
    took: Reg<Bit>,
    took_blocks: Reg<Bits<10>>,
    out: Reg<OpenWrite>,
    join_peer: JoinWords,
    limit: Constant<Bits<4>>,
    start: Signal<Local, Bits<10>>,
    first: Signal<Local, Bits<10>>,
    base: Signal<Local, Bits<12>>,
    grown: Signal<Local, Bits<12>>,
    cipher: Signal<Local, Bits<16>>,
    mask: Signal<Local, Bits<4>>,
    source: Signal<Local, Block128>,
    ended: Signal<Local, Bit>,
    few: Signal<Local, Bit>,
    /// The packet, its start that of the new frame.
    moved_intake: Signal<Local, Intake>,
}

impl WideOpen {
    /// With up to `limit` packets under way, 1 to 8.
    pub fn new(limit: u64) -> Self {
        assert!((1..=8).contains(&limit), "{limit} packets under way: 1 to 8 are possible");
        Self {
            clock: Default::default(),
            reset: Default::default(),
            idle: Default::default(),
            settled: Default::default(),
            settled_blocks: Default::default(),
            tail: Default::default(),
            flying: Default::default(),
            go: Default::default(),
            intake: Default::default(),
            peer: row(),
            accept: Default::default(),
            address: Default::default(),
            data: Default::default(),
            free: Default::default(),
            free_blocks: Default::default(),
            text_valid: Default::default(),
            text_first: Default::default(),
            text_last: Default::default(),
            text_block: Default::default(),
            text_bytes: Default::default(),
            text_ready: Default::default(),
            icv: Default::default(),
            out_valid: Default::default(),
            out_last: Default::default(),
            out_bytes: Default::default(),
            out_block: Default::default(),
            verdict_valid: Default::default(),
            authentic: Default::default(),
            infer: Default::default(),
            infer_sa: Default::default(),
            infer_size: Default::default(),
            infer_esn: Default::default(),
            infer_low: Default::default(),
            inferred: Default::default(),
            inferred_high: Default::default(),
            check: Default::default(),
            check_authentic: Default::default(),
            check_sa: Default::default(),
            check_size: Default::default(),
            check_low: Default::default(),
            checked: Default::default(),
            checked_fresh: Default::default(),
            checked_frozen: Default::default(),
            write: Default::default(),
            offset: Default::default(),
            write_data: Default::default(),
            commit: Default::default(),
            commit_skip: Default::default(),
            commit_blocks: Default::default(),
            commit_length: Default::default(),
            commit_note: Default::default(),
            drop_valid: Default::default(),
            drop_reason: Default::default(),
            drop_ready: Default::default(),
            sa_valid: Default::default(),
            sa_index: Default::default(),
            sa_bytes: Default::default(),
            sa_ready: Default::default(),
            fragment_valid: Default::default(),
            fragment_ready: Default::default(),
            event_valid: Default::default(),
            event_ready: Default::default(),
            event_head: Default::default(),
            event_detail: Default::default(),
            event_address: row(),
            mover: Default::default(),
            text: Default::default(),
            header: Default::default(),
            finish: Default::default(),
            returns: Default::default(),
            under_way: Default::default(),
            next_frame: Default::default(),
            grow: Default::default(),
            front: Default::default(),
            skip: Default::default(),
            took: Default::default(),
            took_blocks: Default::default(),
            start: Default::default(),
            first: Default::default(),
            out: Default::default(),
            join_peer: Default::default(),
            limit: Constant::new(limit.into()),
            base: Default::default(),
            grown: Default::default(),
            cipher: Default::default(),
            mask: Default::default(),
            source: Default::default(),
            ended: Default::default(),
            few: Default::default(),
            moved_intake: Default::default(),
        }
    }
}

impl Default for WideOpen {
    fn default() -> Self {
        Self::new(1)
    }
}

impl Logic for WideOpen {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, under_way, next_frame, grow, front, skip, took, took_blocks, out);
        clock!(self, clock, mover, text, header, finish, returns);
        self.under_way.reset.next = self.reset.val();
        self.next_frame.reset.next = self.reset.val();
        self.grow.reset.next = self.reset.val();
        self.front.reset.next = self.reset.val();
        self.skip.reset.next = self.reset.val();
        self.took.reset.next = self.reset.val();
        self.took_blocks.reset.next = self.reset.val();
        self.out.reset.next = self.reset.val();
        self.mover.reset.next = self.reset.val();
        self.text.reset.next = self.reset.val();
        self.header.reset.next = self.reset.val();
        self.finish.reset.next = self.reset.val();
        self.returns.reset.next = self.reset.val();

        // A packet is taken.
        self.few.next = self.under_way.q.val() < self.limit.val();
        self.start.next = self.next_frame.q.val().get_bits::<10>(0);
        self.first.next = self.front.q.val().get_bits::<10>(0);
        self.mover.go.next = self.go.val() & self.few.val();
        self.mover.intake.next = self.intake.val();
        self.mover.tail.next = bit_cast::<12, 10>(self.start.val()) << 2;
        self.accept.next = self.mover.accept.val();
        self.finish.push.next = self.mover.accept.val();
        self.moved_intake.next = self.intake.val();
        self.moved_intake.next.start = self.start.val();
        self.finish.intake.next = self.moved_intake.val();
        for i in 0..4 {
            self.join_peer.word[i].next = self.peer[i].val();
        }
        self.finish.peer.next = self.join_peer.block.val();
        self.idle.next = !self.under_way.q.val().any() & !self.finish.sa_valid.val();
        // The tail knows of a packet two clocks after it was taken.
        self.took.d.next = self.mover.accept.val();
        self.took_blocks.d.next = self.intake.val().words;
        self.settled.next = self.took.q.val();
        self.settled_blocks.next = self.took_blocks.q.val();
        self.tail.next = self.next_frame.q.val();
        self.flying.next = self.under_way.q.val();

        // Old frame, cipher, plaintext.
        self.address.next = self.mover.address.val();
        self.mover.data.next = self.data.val();
        self.infer.next = self.mover.infer.val();
        self.infer_sa.next = self.mover.packet.val().sa;
        self.infer_size.next = self.mover.packet.val().window;
        self.infer_esn.next = self.mover.packet.val().esn;
        self.infer_low.next = self.mover.packet.val().low;
        self.mover.inferred.next = self.inferred.val();
        self.mover.high.next = self.inferred_high.val();
        self.text_valid.next = self.mover.text_valid.val();
        self.text_first.next = self.mover.text_first.val();
        self.text_last.next = self.mover.text_last.val();
        self.text_block.next = self.mover.text_block.val();
        self.text_bytes.next = self.mover.text_bytes.val();
        self.mover.text_ready.next = self.text_ready.val();
        self.icv.next = self.mover.icv.val();
        self.text.place_push.next = self.mover.place_push.val();
        self.text.place_at.next = self.mover.place_at.val();
        self.text.place_tunnel.next = self.mover.place_tunnel.val();
        self.text.place_ecn.next = self.mover.place_ecn.val();
        self.text.out_valid.next = self.out_valid.val();
        self.text.out_last.next = self.out_last.val();
        self.text.out_bytes.next = self.out_bytes.val();
        self.text.out_block.next = self.out_block.val();

        // The old frame goes back while its text is read.
        self.returns.starts.next = self.mover.accept.val();
        self.returns.blocks.next = self.intake.val().words;
        self.returns.reads.next = self.mover.reads.val();
        self.returns.ends.next = self.mover.ends.val();
        self.free.next = self.returns.free.val();
        self.free_blocks.next = self.returns.free_blocks.val();

        // Its header.
        self.header.starts.next = self.finish.starts.val();
        self.header.packet.next = self.finish.packet.val();
        self.header.saved_valid.next = self.mover.saved_valid.val();
        self.header.saved.next = self.mover.saved.val();
        self.mover.saved_take.next = self.header.saved_take.val();
        self.header.found_valid.next = self.text.found_valid.val();
        self.header.found.next = self.text.found.val();
        self.text.found_take.next = self.header.found_take.val();
        self.header.copied.next = self.mover.copied.val();
        self.finish.copied.next = self.mover.copied.val();
        self.mover.copied_take.next = self.header.copied_take.val() | self.finish.copied_take.val();
        self.finish.done.next = self.header.done.val();
        self.finish.bytes.next = self.header.bytes.val();
        self.finish.blocks.next = self.header.blocks.val();
        self.finish.reason.next = self.header.reason.val();

        // Who writes: the plaintext cannot wait; headers are written before they are changed.
        self.out.d.next = self.text.write.val();
        self.mask.next = self.text.write.val().mask;
        self.mover.head_ready.next = !self.mask.val().get_bit(0);
        self.header.write_ready.next = !self.mask.val().get_bit(0) & !self.mover.head_valid.val();
        if !self.mask.val().get_bit(0) & self.mover.head_valid.val() {
            self.out.d.next = self.mover.head.val();
        }
        if !self.mask.val().get_bit(0) & !self.mover.head_valid.val() & self.header.write_valid.val() {
            self.out.d.next = self.header.write.val();
        }
        self.write.next = self.out.q.val().mask;
        self.offset.next = self.out.q.val().at - (bit_cast::<12, 10>(self.first.val()) << 2);
        self.write_data.next = self.out.q.val().data;

        // Replay, counters, events.
        self.check.next = self.finish.check.val();
        self.check_authentic.next = self.finish.check_authentic.val();
        self.check_sa.next = self.finish.packet.val().sa;
        self.check_size.next = self.finish.packet.val().window;
        self.check_low.next = self.finish.packet.val().low;
        self.finish.checked.next = self.checked.val();
        self.finish.checked_fresh.next = self.checked_fresh.val();
        self.finish.checked_frozen.next = self.checked_frozen.val();
        self.finish.verdict_valid.next = self.verdict_valid.val();
        self.finish.authentic.next = self.authentic.val();
        self.drop_valid.next = self.finish.drop_valid.val();
        self.drop_reason.next = self.finish.drop_reason.val();
        self.finish.drop_ready.next = self.drop_ready.val();
        self.sa_valid.next = self.finish.sa_valid.val();
        self.sa_index.next = self.finish.sa_index.val();
        self.sa_bytes.next = self.finish.sa_bytes.val();
        self.finish.sa_ready.next = self.sa_ready.val();
        self.fragment_valid.next = self.finish.fragment_valid.val();
        self.finish.fragment_ready.next = self.fragment_ready.val();
        self.event_valid.next = self.finish.event_valid.val();
        self.finish.event_ready.next = self.event_ready.val();
        self.event_head.next = self.finish.event_head.val();
        self.event_detail.next = self.finish.event_detail.val();
        self.source.next = self.finish.event_address.val();
        self.event_address[0].next = self.source.val().get_bits::<32>(0);
        self.event_address[1].next = self.source.val().get_bits::<32>(32);
        self.event_address[2].next = self.source.val().get_bits::<32>(64);
        self.event_address[3].next = self.source.val().get_bits::<32>(96);

        // The end of a packet.
        self.commit.next = self.finish.commit.val();
        self.commit_length.next = self.finish.commit_length.val();
        self.commit_note.next = self.finish.commit_note.val();
        self.commit_skip.next = self.skip.q.val();
        self.commit_blocks.next = self.finish.commit_blocks.val() + self.skip.q.val();
        self.skip.d.next = self.finish.packet.val().start - self.first.val();
        self.ended.next = self.finish.commit.val() | self.finish.dropped.val();
        if self.finish.commit.val() {
            self.front.d.next = self.front.q.val() + bit_cast::<11, 10>(self.commit_blocks.val());
        }
        if self.mover.accept.val() & !self.ended.val() {
            self.under_way.d.next = self.under_way.q.val() + 1;
        }
        if self.ended.val() & !self.mover.accept.val() {
            self.under_way.d.next = self.under_way.q.val() - 1;
        }

        // Where the next begins, with a block of its own. The blocks of a packet are added a clock after it is taken; the next one comes two clocks later at the earliest.
        self.cipher.next = self.intake.val().cipher_bytes;
        self.base.next = bit_cast::<12, 10>(self.intake.val().upper_word);
        if self.intake.val().tunnel {
            self.base.next = bit_cast::<12, 3>(self.intake.val().ip_word);
        }
        self.grown.next = (self.base.val() + self.cipher.val().get_bits::<12>(2)) + 3;
        self.grow.d.next = 0.into();
        if self.mover.accept.val() {
            self.grow.d.next = self.intake.val().words;
            if self.intake.val().esp {
                self.grow.d.next = self.grown.val().get_bits::<10>(2);
            }
            if self.intake.val().reason != 0 {
                self.grow.d.next = 0.into();
            }
        }
        self.next_frame.d.next = self.next_frame.q.val() + bit_cast::<11, 10>(self.grow.q.val());
        // What was kept for packets that were dropped last of all is given back.
        if self.finish.dropped.val() & (self.under_way.q.val() == 1) & !self.mover.accept.val() {
            self.next_frame.d.next = self.front.q.val();
        }
    }
}
