//! AES-GCM for both directions through one [`Pipeline`]: a packet of n blocks of text takes n + 1 clocks, and the next one, of either direction, follows at once if its job is prepared.
//!
//! Ports are those of the outbound direction (`seal_`), of the inbound one (`open_`), and of the control plane.
//!
//! **Job**, as `gcm::Gcm` has it: while `job_ready` the key words, one a clock, then `job_start`, not in the clock of the last word, with nonce and SA. `job_aes256` is held from the first word to the start; with AES-128 words 4 to 7 are
//! ignored, but words 0 to 3 come before them. `job_ready` is back one clock after the first beat of the packet was taken: one job is prepared ahead of the packet in hand.
//!
//! **Text.** A beat is taken in a clock with `text_valid` and `text_ready`. Beat 0 is the additional data (8 bytes, or 12 with extended sequence numbers; the last word of the block is the length of
//! the text in bytes, below 2^14), then the text, all but the last beat with 16 bytes; see [`Pipeline`]. `text_first` and `text_last` mark the ends; a packet without text is one beat with both.
//!
//! * `text_ready` comes when a job is prepared and it is this direction's turn. It does not wait for `text_valid`, and **before beat 0 is taken it may fall again**, when the other direction was faster.
//! * `text_valid` does not wait for `text_ready`, and stays, with everything else, until beat 0 is taken. That is how a direction comes by its turn.
//! * From beat 0 on `text_ready` stays until `text_last` was taken, and `text_valid` must stay: no gap, neither before the last beat nor for want of a job.
//! * After `text_last` `text_ready` falls, unless the next job is prepared already and the other direction has nothing: then the next beat 0 may follow in the next clock.
//! * `open_icv`, the tag that came with the packet, is held with beat 0 and looked at in the clock in which that is taken.
//!
//! **Out.** Each beat of text comes out [`OUT_LATENCY`] clocks after it was taken, without gaps as it went in; bytes beyond `out_bytes` are zero. Nobody can stop it. `seal_tag_valid` or `open_verdict_valid`, pulses, come
//! [`VERDICT_LATENCY`] clocks after the last beat was taken, so after all of the text; `seal_tag` counts in that clock only, and `open_authentic` is 0 in all others. Packets of a direction come out in the order in which they went in.
//!
//! **Powers of the hash key.** `table_*` is the bus of the control plane ([`crate::bus::Control`]), as the SADs get it, so one clock late. When the key of an SA has been written (its words 4 to 11, then word 0,
//! which has the size), H comes out of the pipeline, between packets of whatever direction; H³ and H⁵ take 259 clocks more. `powers_busy` is high from the first key word until the three are stored. The SA must not be used until
//! then, and its direction must not have a job prepared: it is locked. `Commit` waits in its last step for `window_busy`, whatever the direction; the device gives it
//! `window_busy | powers_busy`, and nothing in `Commit` changes. A deleted SA is overwritten with zeros on this bus: its powers become those of the key of zeros, and so does all in the service that could
//! remember it (a packet of nothing passes at the end).
//!
//! **Wipe.** `wipe`, and `reset`, held for 64 clocks: two clocks later no key, no power and nothing of a packet is left. From the clock after it came no job and no beat is taken, and nothing comes out; packets in flight are lost. The same holds for [`QUIET`] clocks after
//! its end, however short it was: what the stages of the pipeline held has passed then, so one clock of `reset` is enough, even after power-up, when they hold anything. `table_clear` gives up a key that is being installed.
mod job;
mod keys;
mod maker;
#[cfg(test)]
mod tests;
mod tickets;
mod turn;

pub use job::{CipherJob, CipherJobState, CipherKeyWord};
pub use keys::{HashKeys, PowersOfH};
pub use maker::{MakerPhase, MakerState, PowersMaker};
pub use tickets::{CipherTicket, Tickets};
pub use turn::{Turn, TurnBeat, TurnState};

use super::{Pipeline, BEAT_LATENCY, TAG_LATENCY};
use crate::cell::{row, Block128, Delay, Reg, Settle};
use crate::prelude::*;
use crate::Sizes;

/// Clocks from taking a beat of text to its way out, and from the last one to the tag or verdict.
pub const OUT_LATENCY: usize = BEAT_LATENCY + 1;
pub const VERDICT_LATENCY: usize = TAG_LATENCY + 1;

/// Clocks without a packet after `wipe` or `reset`.
pub const QUIET: usize = VERDICT_LATENCY + 2;

/// The service; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct CipherService {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub wipe: Signal<In, Bit>,
    /// A packet is in the pipeline, a job is prepared, or powers are being made.
    pub busy: Signal<Out, Bit>,

    // Outbound: packets to be sealed.
    /// Word 0 holds the first four bytes of the key.
    pub seal_key_write: Signal<In, Bit>,
    pub seal_key_index: Signal<In, Bits<3>>,
    pub seal_key_word: Signal<In, Bits<32>>,
    pub seal_job_aes256: Signal<In, Bit>,
    /// Salt, IV high, IV low (RFC 4106, section 4).
    pub seal_job_nonce: [Signal<In, Bits<32>>; 3],
    pub seal_job_sa: Signal<In, SaIndex>,
    pub seal_job_start: Signal<In, Bit>,
    pub seal_job_ready: Signal<Out, Bit>,
    pub seal_text_valid: Signal<In, Bit>,
    pub seal_text_first: Signal<In, Bit>,
    pub seal_text_last: Signal<In, Bit>,
    pub seal_text_block: Signal<In, Block128>,
    /// 1 to 16; of beat 0 8 or 12.
    pub seal_text_bytes: Signal<In, Bits<5>>,
    pub seal_text_ready: Signal<Out, Bit>,
    pub seal_out_valid: Signal<Out, Bit>,
    pub seal_out_last: Signal<Out, Bit>,
    pub seal_out_bytes: Signal<Out, Bits<5>>,
    pub seal_out_block: Signal<Out, Block128>,
    pub seal_tag_valid: Signal<Out, Bit>,
    pub seal_tag: Signal<Out, Block128>,

    // Inbound: packets to be opened.
    pub open_key_write: Signal<In, Bit>,
    pub open_key_index: Signal<In, Bits<3>>,
    pub open_key_word: Signal<In, Bits<32>>,
    pub open_job_aes256: Signal<In, Bit>,
    pub open_job_nonce: [Signal<In, Bits<32>>; 3],
    pub open_job_sa: Signal<In, SaIndex>,
    pub open_job_start: Signal<In, Bit>,
    pub open_job_ready: Signal<Out, Bit>,
    pub open_text_valid: Signal<In, Bit>,
    pub open_text_first: Signal<In, Bit>,
    pub open_text_last: Signal<In, Bit>,
    pub open_text_block: Signal<In, Block128>,
    pub open_text_bytes: Signal<In, Bits<5>>,
    pub open_text_ready: Signal<Out, Bit>,
    pub open_icv: Signal<In, Block128>,
    pub open_out_valid: Signal<Out, Bit>,
    pub open_out_last: Signal<Out, Bit>,
    pub open_out_bytes: Signal<Out, Bits<5>>,
    pub open_out_block: Signal<Out, Block128>,
    pub open_verdict_valid: Signal<Out, Bit>,
    pub open_authentic: Signal<Out, Bit>,

    // The control plane.
    pub table_write: Signal<In, Bit>,
    pub table_select: Signal<In, Bits<2>>,
    pub table_index: Signal<In, SaIndex>,
    pub table_word: Signal<In, Bits<5>>,
    pub table_data: Signal<In, Bits<32>>,
    pub table_clear: Signal<In, Bit>,
    pub powers_busy: Signal<Out, Bit>,
    pipeline: Settle<Pipeline>,
    seal_job: CipherJob,
    open_job: CipherJob,
    turn: Settle<Turn>,
    maker: Settle<PowersMaker>,
    keys: HashKeys,
    tickets: Tickets,
    /// `wipe` or `reset` one clock ago, or two; two clocks ago; one clock ago, or `table_clear`.
    clears: Reg<Bit>,
    first_gone: Reg<Bit>,
    gives_up: Reg<Bit>,
    /// The context that goes with the beat.
    brings: Reg<CipherContext>,
    low: Delay<Block128, 1>,
    high: Delay<Block128, 1>,
    nonce: [Delay<Bits<32>, 1>; 3],
    asked: Delay<Bit, 1>,
    /// Clocks until the last verdict is out.
    under_way: Reg<Bits<6>>,
    /// Clocks for which nothing is taken or shown yet.
    quiet: Reg<Bits<6>>,
    /// `clears`, or not yet `quiet`.
    still: Reg<Bit>,
    stops: Signal<Local, Bit>,
    verdict: Signal<Local, Bit>,
    once: Reg<Bit>,
    drains: Constant<Bits<6>>,
}

/// What a beat brings besides its block.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct CipherContext {
    pub aes256: Bit,
    pub zero: Bit,
    pub open: Bit,
    pub sa: SaIndex,
}

impl CipherService {
    /// For SAs of these sizes; `memory_rounds`: see [`super::Cipher::new`].
    pub fn new(sizes: Sizes, memory_rounds: usize) -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            wipe: Default::default(),
            busy: Default::default(),
            seal_key_write: Default::default(),
            seal_key_index: Default::default(),
            seal_key_word: Default::default(),
            seal_job_aes256: Default::default(),
            seal_job_nonce: row(),
            seal_job_sa: Default::default(),
            seal_job_start: Default::default(),
            seal_job_ready: Default::default(),
            seal_text_valid: Default::default(),
            seal_text_first: Default::default(),
            seal_text_last: Default::default(),
            seal_text_block: Default::default(),
            seal_text_bytes: Default::default(),
            seal_text_ready: Default::default(),
            seal_out_valid: Default::default(),
            seal_out_last: Default::default(),
            seal_out_bytes: Default::default(),
            seal_out_block: Default::default(),
            seal_tag_valid: Default::default(),
            seal_tag: Default::default(),
            open_key_write: Default::default(),
            open_key_index: Default::default(),
            open_key_word: Default::default(),
            open_job_aes256: Default::default(),
            open_job_nonce: row(),
            open_job_sa: Default::default(),
            open_job_start: Default::default(),
            open_job_ready: Default::default(),
            open_text_valid: Default::default(),
            open_text_first: Default::default(),
            open_text_last: Default::default(),
            open_text_block: Default::default(),
            open_text_bytes: Default::default(),
            open_text_ready: Default::default(),
            open_icv: Default::default(),
            open_out_valid: Default::default(),
            open_out_last: Default::default(),
            open_out_bytes: Default::default(),
            open_out_block: Default::default(),
            open_verdict_valid: Default::default(),
            open_authentic: Default::default(),
            table_write: Default::default(),
            table_select: Default::default(),
            table_index: Default::default(),
            table_word: Default::default(),
            table_data: Default::default(),
            table_clear: Default::default(),
            powers_busy: Default::default(),
            pipeline: Settle::new(Pipeline::new(memory_rounds)),
            seal_job: Default::default(),
            open_job: Default::default(),
            turn: Default::default(),
            maker: Default::default(),
            keys: HashKeys::new(sizes),
            tickets: Default::default(),
            clears: Default::default(),
            first_gone: Default::default(),
            gives_up: Default::default(),
            brings: Default::default(),
            low: Default::default(),
            high: Default::default(),
            nonce: row(),
            asked: Default::default(),
            under_way: Default::default(),
            quiet: Reg::new((QUIET as u64).into()),
            still: Reg::new(true),
            stops: Default::default(),
            verdict: Default::default(),
            once: Default::default(),
            drains: Constant::new((QUIET as u64).into()),
        }
    }
}

impl Default for CipherService {
    fn default() -> Self {
        Self::new(Sizes::default(), 0)
    }
}

impl Logic for CipherService {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, clears, once, first_gone, gives_up, brings, under_way, quiet, still);
        clock!(self, clock, pipeline, seal_job, open_job, turn, maker, keys, tickets, low, high, asked);
        // What a wipe clears it clears from registers, for the sake of the clock. The memory of powers follows when the maker has none any more.
        self.stops.next = self.wipe.val() | self.reset.val();
        self.once.reset.next = false;
        self.once.d.next = self.stops.val();
        self.clears.reset.next = false;
        self.clears.d.next = self.stops.val() | self.once.q.val();
        self.first_gone.reset.next = false;
        self.first_gone.d.next = self.once.q.val();
        self.gives_up.reset.next = false;
        self.gives_up.d.next = self.stops.val() | self.once.q.val() | self.table_clear.val();
        self.pipeline.reset.next = self.clears.q.val();
        self.turn.reset.next = self.clears.q.val();
        self.maker.reset.next = self.gives_up.q.val();
        self.keys.reset.next = self.first_gone.q.val();
        self.tickets.reset.next = self.clears.q.val();
        self.brings.reset.next = self.clears.q.val();
        self.under_way.reset.next = self.clears.q.val();
        self.quiet.reset.next = self.clears.q.val();
        self.still.reset.next = false;
        self.still.d.next = self.stops.val() | self.once.q.val() | self.clears.q.val() | (self.quiet.q.val() > 1);
        if self.quiet.q.val() != 0 {
            self.quiet.d.next = self.quiet.q.val() - 1;
        }
        self.seal_job.reset.next = self.clears.q.val();
        self.open_job.reset.next = self.clears.q.val();

        // Jobs. The maker of powers writes its key where the direction that is locked would.
        self.seal_job.key_write.next = self.seal_key_write.val();
        self.seal_job.key_index.next = self.seal_key_index.val();
        self.seal_job.key_word.next = self.seal_key_word.val();
        self.seal_job.key_aes256.next = self.seal_job_aes256.val();
        self.seal_job.sa.next = self.seal_job_sa.val();
        self.seal_job.start.next = self.seal_job_start.val();
        self.seal_job.take.next = self.turn.seal_take.val();
        self.seal_job_ready.next = !self.seal_job.prepared.val() & !self.still.q.val();
        self.open_job.key_write.next = self.open_key_write.val();
        self.open_job.key_index.next = self.open_key_index.val();
        self.open_job.key_word.next = self.open_key_word.val();
        self.open_job.key_aes256.next = self.open_job_aes256.val();
        self.open_job.sa.next = self.open_job_sa.val();
        self.open_job.start.next = self.open_job_start.val();
        self.open_job.take.next = self.turn.open_take.val();
        self.open_job_ready.next = !self.open_job.prepared.val() & !self.still.q.val();
        for i in 0..3 {
            self.seal_job.nonce[i].next = self.seal_job_nonce[i].val();
            self.open_job.nonce[i].next = self.open_job_nonce[i].val();
        }
        self.seal_job.maker_write.next = self.maker.key_write.val() & !self.maker.open.val();
        self.seal_job.maker_index.next = self.maker.key_index.val();
        self.seal_job.maker_word.next = self.maker.key_word.val();
        self.seal_job.maker_aes256.next = self.maker.key_aes256.val();
        self.open_job.maker_write.next = self.maker.key_write.val() & self.maker.open.val();
        self.open_job.maker_index.next = self.maker.key_index.val();
        self.open_job.maker_word.next = self.maker.key_word.val();
        self.open_job.maker_aes256.next = self.maker.key_aes256.val();

        // The turn.
        // A job that is just being started will be there in the next clock, and that is what the turn decides on.
        self.turn.seal_job.next = self.seal_job.prepared.val() | self.seal_job_start.val();
        self.turn.seal_valid.next = self.seal_text_valid.val();
        self.turn.seal_first.next = self.seal_text_first.val();
        self.turn.seal_last.next = self.seal_text_last.val();
        self.turn.seal_block.next = self.seal_text_block.val();
        self.turn.seal_bytes.next = self.seal_text_bytes.val();
        self.seal_text_ready.next = self.turn.seal_ready.val();
        self.turn.open_job.next = self.open_job.prepared.val() | self.open_job_start.val();
        self.turn.open_valid.next = self.open_text_valid.val();
        self.turn.open_first.next = self.open_text_first.val();
        self.turn.open_last.next = self.open_text_last.val();
        self.turn.open_block.next = self.open_text_block.val();
        self.turn.open_bytes.next = self.open_text_bytes.val();
        self.open_text_ready.next = self.turn.open_ready.val();
        self.turn.maker.next = self.maker.beat.val();
        self.turn.maker_side.next = self.maker.open.val();
        self.maker.goes.next = self.turn.maker_goes.val();

        // Into the pipeline, with the context of whose turn it was.
        self.brings.d.next.open = self.turn.side.val();
        self.brings.d.next.zero = self.turn.maker_goes.val() & self.maker.zero.val();
        self.brings.d.next.aes256 = self.seal_job.aes256.val();
        self.brings.d.next.sa = self.seal_job.job_sa.val();
        self.low.d.next = self.seal_job.low.val();
        self.high.d.next = self.seal_job.high.val();
        for i in 0..3 {
            self.nonce[i].clock.next = self.clock.val();
            self.nonce[i].d.next = self.seal_job.job_nonce[i].val();
        }
        if self.turn.side.val() {
            self.brings.d.next.aes256 = self.open_job.aes256.val();
            self.brings.d.next.sa = self.open_job.job_sa.val();
            self.low.d.next = self.open_job.low.val();
            self.high.d.next = self.open_job.high.val();
            for i in 0..3 {
                self.nonce[i].d.next = self.open_job.job_nonce[i].val();
            }
        }
        if self.turn.maker_goes.val() {
            self.brings.d.next.sa = self.maker.index.val();
        }
        self.pipeline.in_valid.next = self.turn.beat.val().valid;
        self.pipeline.in_first.next = self.turn.beat.val().first;
        self.pipeline.in_last.next = self.turn.beat.val().last;
        self.pipeline.in_zero.next = self.brings.q.val().zero;
        // The maker's packet of nothing has no tag that somebody could see.
        self.pipeline.in_seal.next = !self.turn.beat.val().open & !self.turn.beat.val().maker;
        self.pipeline.in_id.next = 0.into();
        if self.turn.beat.val().maker {
            self.pipeline.in_id.next = 1.into();
        }
        self.pipeline.in_bytes.next = self.turn.beat.val().bytes;
        self.pipeline.in_block.next = self.turn.beat.val().block;
        self.pipeline.in_aes256.next = self.brings.q.val().aes256;
        self.pipeline.in_key_low.next = self.low.q.val();
        self.pipeline.in_key_high.next = self.high.q.val();
        for i in 0..3 {
            self.pipeline.in_nonce[i].next = self.nonce[i].q.val();
        }

        // What the hash asks for.
        self.tickets.icv.next = self.open_icv.val();
        self.tickets.open.next = self.brings.q.val().open;
        self.tickets.sa.next = self.brings.q.val().sa;
        self.asked.d.next = self.pipeline.request.val();
        self.tickets.asked.next = self.asked.q.val();
        self.keys.asked.next = self.asked.q.val();
        self.keys.read_open.next = self.tickets.waited_open.val();
        self.keys.read_index.next = self.tickets.waited_sa.val();
        self.pipeline.h.next = self.keys.shown.val().h;
        self.pipeline.h3.next = self.keys.shown.val().h3;
        self.pipeline.h5.next = self.keys.shown.val().h5;
        self.pipeline.icv.next = self.tickets.waited_icv.val();

        // Powers.
        self.maker.table_write.next = self.table_write.val();
        self.maker.table_select.next = self.table_select.val();
        self.maker.table_index.next = self.table_index.val();
        self.maker.table_word.next = self.table_word.val();
        self.maker.table_data.next = self.table_data.val();
        self.powers_busy.next = self.maker.busy.val();
        self.maker.hash_key_valid.next = self.pipeline.hash_key_valid.val();
        self.maker.hash_key.next = self.pipeline.hash_key.val();
        self.keys.write.next = self.maker.store.val();
        self.keys.write_open.next = self.maker.open.val();
        self.keys.write_index.next = self.maker.index.val();
        self.keys.h.next = self.maker.first.val();
        self.keys.h3.next = self.maker.third.val();
        self.keys.h5.next = self.maker.fifth.val();

        // Out; what a wipe interrupts must not leave.
        self.seal_out_valid.next = self.pipeline.out_valid.val() & self.pipeline.out_seal.val() & !self.still.q.val();
        self.seal_out_last.next = self.pipeline.out_last.val() & self.pipeline.out_seal.val() & !self.still.q.val();
        self.seal_out_bytes.next = self.pipeline.out_bytes.val();
        self.seal_out_block.next = self.pipeline.out_block.val();
        self.open_out_valid.next = self.pipeline.out_valid.val() & !self.pipeline.out_seal.val() & !self.still.q.val();
        self.open_out_last.next = self.pipeline.out_last.val() & !self.pipeline.out_seal.val() & !self.still.q.val();
        self.open_out_bytes.next = self.pipeline.out_bytes.val();
        self.open_out_block.next = self.pipeline.out_block.val();
        self.seal_tag_valid.next = self.pipeline.tag_valid.val() & self.pipeline.tag_seal.val() & !self.still.q.val();
        self.seal_tag.next = self.pipeline.tag.val();
        self.verdict.next =
            self.pipeline.tag_valid.val() & !self.pipeline.tag_seal.val() & (self.pipeline.tag_id.val() == 0) & !self.still.q.val();
        self.open_verdict_valid.next = self.verdict.val();
        self.open_authentic.next = self.verdict.val() & self.pipeline.authentic.val();

        if self.turn.beat.val().valid {
            self.under_way.d.next = self.drains.val();
        } else if self.under_way.q.val() != 0 {
            self.under_way.d.next = self.under_way.q.val() - 1;
        }
        self.busy.next = (self.under_way.q.val() != 0)
            | self.turn.beat.val().valid
            | self.seal_job.prepared.val()
            | self.open_job.prepared.val()
            | self.maker.busy.val()
            | self.still.q.val();
    }
}
