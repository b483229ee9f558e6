//! From the network to the host, 16 bytes a clock: `inbound::Inbound` with wide stores, and with its cipher outside, because both directions share it.
//!
//! ```text
//! s_axis_net ─► ingress ─► received ─► parse ─► triage ─► lookup ─► open ─► opened ─► parse ─► classify ─► deliver ─► egress ─► m_axis_host
//!                          (store)                        │  │       │ │    (store)                 │
//!                                                   search+sad └► open_* ◄┘ replay                 rules
//! ```
//!
//! Ports of prefix `open_` are those of `CipherService`; everything else is as the compact direction has it, except that `window_busy` also says that the search is not up to date with the
//! valid bit written last. Each parser, the lookup, the opener and the classifier have packets of their own: what was found of one stands for the next stage while the
//! next is being looked at. The exchange looks at the frame that is classified, through the port of the parser behind it; they have it in turns.
#[cfg(test)]
#[path = "inbound_tests.rs"]
mod tests;

use super::{
    Release, Room, WideClassify, WideEgress, WideIngress, WideLookup, WideNumbers, WideOpen, WideParse, WideReplay, WideRules, WideSad,
    WideSearch, WideStore,
};
use crate::cell::{row, Block128, Reg, Settle};
use crate::inbound::{Deliver, Triage};
use crate::parse::Facts;
use crate::prelude::*;
use crate::sad::TableBus;
use crate::Sizes;
use holdfast_registers::{wire, EventCode};

/// Packets that are being opened at a time: with fewer a short one would wait for the cipher's pipeline.
const OPENED_AT_ONCE: u64 = 8;

/// The inbound direction of `pipelined`. `hold` asks that no table be used any more, `locked` says that none is; see `Commit` for the table bus.
#[derive(LogicBlock, Ports)]
pub struct WideInbound {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub enable: Signal<In, Bit>,
    pub policy: Signal<In, Bits<3>>,
    pub max_frame: Signal<In, Bits<16>>,
    pub nat_t_port: Signal<In, Bits<16>>,
    pub hold: Signal<In, Bit>,
    pub locked: Signal<Out, Bit>,
    pub wipe: Signal<In, Bit>,
    pub table_write: Signal<In, Bit>,
    pub table_select: Signal<In, Bits<2>>,
    pub table_index: Signal<In, SaIndex>,
    pub table_word: Signal<In, Bits<5>>,
    pub table_data: Signal<In, Bits<32>>,
    pub table_clear: Signal<In, Bit>,
    pub valid_write: Signal<In, Bit>,
    pub valid_value: Signal<In, Bit>,
    pub window_clear: Signal<In, Bit>,
    pub window_busy: Signal<Out, Bit>,
    /// For the control plane's search for a duplicate, one clock later.
    pub check_index: Signal<In, SaIndex>,
    pub check_word: Signal<In, Bits<5>>,
    pub check_data: Signal<Out, Bits<32>>,
    pub check_valid: Signal<Out, Bit>,
    pub s_tdata: Signal<In, Bits<128>>,
    pub s_tkeep: Signal<In, Bits<16>>,
    pub s_tlast: Signal<In, Bit>,
    pub s_tvalid: Signal<In, Bit>,
    pub s_tready: Signal<Out, Bit>,
    pub m_tdata: Signal<Out, Bits<128>>,
    pub m_tkeep: Signal<Out, Bits<16>>,
    pub m_tlast: Signal<Out, Bit>,
    pub m_tvalid: Signal<Out, Bit>,
    pub m_tready: Signal<In, Bit>,
    pub in_valid: Signal<Out, Bit>,
    pub in_bytes: Signal<Out, Bits<16>>,
    pub in_ready: Signal<In, Bit>,
    pub out_valid: Signal<Out, Bit>,
    pub out_bytes: Signal<Out, Bits<16>>,
    pub out_ready: Signal<In, Bit>,
    pub drop_valid: Signal<Out, Bit>,
    pub drop_reason: Signal<Out, Bits<5>>,
    pub drop_ready: Signal<In, Bit>,
    pub drop2_valid: Signal<Out, Bit>,
    pub drop2_reason: Signal<Out, Bits<5>>,
    pub drop2_ready: Signal<In, Bit>,
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
    /// SAs in quarantine, and recorded ones. What the exchange says of the frame that is next for the host (`message_*`), see `resync::Receiver`; verdicts on numbers for
    /// the detector; how far numbers have come, for the recorder.
    pub quarantine: Signal<In, Bits<32>>,
    pub recorded: Signal<In, Bits<32>>,
    pub host_up: Signal<In, Bit>,
    pub claim_ready: Signal<In, Bit>,
    pub claim: Signal<In, Bit>,
    pub claim_reason: Signal<In, Bits<5>>,
    pub message_go: Signal<Out, Bit>,
    pub message_facts: Signal<Out, Facts>,
    pub message_note: Signal<Out, Bits<13>>,
    pub message_high: Signal<Out, Bits<32>>,
    pub message_low: Signal<Out, Bits<32>>,
    pub message_take: Signal<Out, Bit>,
    pub judged_index: Signal<Out, SaIndex>,
    pub judged_fresh: Signal<Out, Bit>,
    pub judged_replay: Signal<Out, Bit>,
    pub judged_icv: Signal<Out, Bit>,
    pub moved: Signal<Out, Bit>,
    pub moved_high: Signal<Out, Bits<32>>,
    pub moved_low: Signal<Out, Bits<32>>,
    pub message_start: Signal<Out, Bits<10>>,
    pub message_address: Signal<In, Bits<10>>,
    pub message_data: Signal<Out, Bits<32>>,
    /// The cipher service.
    pub open_key_write: Signal<Out, Bit>,
    pub open_key_index: Signal<Out, Bits<3>>,
    pub open_key_word: Signal<Out, Bits<32>>,
    pub open_job_aes256: Signal<Out, Bit>,
    pub open_job_nonce: [Signal<Out, Bits<32>>; 3],
    pub open_job_sa: Signal<Out, SaIndex>,
    pub open_job_start: Signal<Out, Bit>,
    pub open_job_ready: Signal<In, Bit>,
    pub open_text_valid: Signal<Out, Bit>,
    pub open_text_first: Signal<Out, Bit>,
    pub open_text_last: Signal<Out, Bit>,
    pub open_text_block: Signal<Out, Block128>,
    pub open_text_bytes: Signal<Out, Bits<5>>,
    pub open_text_ready: Signal<In, Bit>,
    pub open_icv: Signal<Out, Block128>,
    pub open_out_valid: Signal<In, Bit>,
    pub open_out_last: Signal<In, Bit>,
    pub open_out_bytes: Signal<In, Bits<5>>,
    pub open_out_block: Signal<In, Block128>,
    pub open_verdict_valid: Signal<In, Bit>,
    pub open_authentic: Signal<In, Bit>,
    ingress: Settle<WideIngress>,
    received: Settle<WideStore>,
    outer: Settle<WideParse>,
    triage: Settle<Triage>,
    lookup: Settle<WideLookup>,
    search: Settle<WideSearch>,
    sad: Settle<WideSad>,
    open: Settle<WideOpen>,
    replay: Settle<WideReplay>,
    promises: Settle<Room>,
    opened: Settle<WideStore>,
    inner: Settle<WideParse>,
    classify: Settle<WideClassify>,
    rules: Settle<WideRules>,
    deliver: Settle<Deliver>,
    returns: Release,
    egress: Settle<WideEgress>,
    /// Of the frames opened and not taken, in their order.
    numbers: Settle<WideNumbers>,
    judged: Signal<Local, SaIndex>,
    recordable: Signal<Local, Bit>,
    frozen: Reg<Bit>,
    watched: Reg<Bit>,
    looking: Signal<Local, Bit>,
    code: Signal<Local, Bits<8>>,
    icv: Constant<Bits<8>>,
    still: Reg<Bit>,
    /// `hold`, a clock late, for all: when it ends, what was written last has been in the tables for a clock.
    held: Reg<Bit>,
    bus: Reg<TableBus>,
    overhead: Constant<Bits<16>>,
    inbound_sad: Signal<Local, Bit>,
}

impl WideInbound {
    /// With tables of these sizes.
    pub fn new(sizes: Sizes) -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            enable: Default::default(),
            policy: Default::default(),
            max_frame: Default::default(),
            nat_t_port: Default::default(),
            hold: Default::default(),
            locked: Default::default(),
            wipe: Default::default(),
            table_write: Default::default(),
            table_select: Default::default(),
            table_index: Default::default(),
            table_word: Default::default(),
            table_data: Default::default(),
            table_clear: Default::default(),
            valid_write: Default::default(),
            valid_value: Default::default(),
            window_clear: Default::default(),
            window_busy: Default::default(),
            check_index: Default::default(),
            check_word: Default::default(),
            check_data: Default::default(),
            check_valid: Default::default(),
            s_tdata: Default::default(),
            s_tkeep: Default::default(),
            s_tlast: Default::default(),
            s_tvalid: Default::default(),
            s_tready: Default::default(),
            m_tdata: Default::default(),
            m_tkeep: Default::default(),
            m_tlast: Default::default(),
            m_tvalid: Default::default(),
            m_tready: Default::default(),
            in_valid: Default::default(),
            in_bytes: Default::default(),
            in_ready: Default::default(),
            out_valid: Default::default(),
            out_bytes: Default::default(),
            out_ready: Default::default(),
            drop_valid: Default::default(),
            drop_reason: Default::default(),
            drop_ready: Default::default(),
            drop2_valid: Default::default(),
            drop2_reason: Default::default(),
            drop2_ready: Default::default(),
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
            quarantine: Default::default(),
            recorded: Default::default(),
            host_up: Default::default(),
            claim_ready: Default::default(),
            claim: Default::default(),
            claim_reason: Default::default(),
            message_go: Default::default(),
            message_facts: Default::default(),
            message_note: Default::default(),
            message_high: Default::default(),
            message_low: Default::default(),
            message_take: Default::default(),
            judged_index: Default::default(),
            judged_fresh: Default::default(),
            judged_replay: Default::default(),
            judged_icv: Default::default(),
            moved: Default::default(),
            moved_high: Default::default(),
            moved_low: Default::default(),
            message_start: Default::default(),
            message_address: Default::default(),
            message_data: Default::default(),
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
            ingress: Default::default(),
            received: Default::default(),
            outer: Default::default(),
            triage: Default::default(),
            lookup: Default::default(),
            search: Settle::new(WideSearch::new(sizes)),
            sad: Settle::new(WideSad::new(1, sizes)),
            open: Settle::new(WideOpen::new(OPENED_AT_ONCE)),
            replay: Settle::new(WideReplay::new(sizes)),
            promises: Default::default(),
            opened: Default::default(),
            inner: Default::default(),
            classify: Settle::new(WideClassify::new(true)),
            rules: Settle::new(WideRules::new(sizes.rules)),
            deliver: Default::default(),
            returns: Default::default(),
            egress: Default::default(),
            numbers: Default::default(),
            judged: Default::default(),
            recordable: Default::default(),
            frozen: Default::default(),
            watched: Default::default(),
            looking: Default::default(),
            code: Default::default(),
            icv: Constant::new((EventCode::AuthenticationFailure.code() as u64).into()),
            still: Default::default(),
            held: Default::default(),
            bus: Default::default(),
            overhead: Constant::new((wire::OVERHEAD as u64).into()),
            inbound_sad: Default::default(),
        }
    }
}

impl Default for WideInbound {
    fn default() -> Self {
        Self::new(Sizes::default())
    }
}

impl Logic for WideInbound {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, bus, still, held, frozen, watched);
        self.frozen.reset.next = self.reset.val();
        self.watched.reset.next = self.reset.val();
        self.bus.reset.next = self.reset.val();
        self.bus.d.next.write = self.table_write.val();
        self.bus.d.next.select = self.table_select.val();
        self.bus.d.next.index = self.table_index.val();
        self.bus.d.next.word = self.table_word.val();
        self.bus.d.next.data = self.table_data.val();
        self.bus.d.next.valid_write = self.valid_write.val();
        self.bus.d.next.valid_value = self.valid_value.val();
        self.bus.d.next.wipe = self.wipe.val();
        self.bus.d.next.window_clear = self.window_clear.val();
        self.still.reset.next = self.reset.val();
        self.held.reset.next = self.reset.val();
        self.held.d.next = self.hold.val();
        clock!(self, clock, ingress, received, outer, inner, triage, lookup, search, sad);
        clock!(self, clock, numbers, open, replay, promises, opened, classify, rules, deliver, returns, egress);
        self.ingress.reset.next = self.reset.val();
        self.received.reset.next = self.reset.val();
        self.outer.reset.next = self.reset.val();
        self.inner.reset.next = self.reset.val();
        self.triage.reset.next = self.reset.val();
        self.lookup.reset.next = self.reset.val() | self.bus.q.val().wipe;
        self.search.reset.next = self.reset.val() | self.bus.q.val().wipe;
        self.sad.reset.next = self.reset.val();
        self.numbers.reset.next = self.reset.val();
        self.open.reset.next = self.reset.val();
        self.replay.reset.next = self.reset.val();
        self.promises.reset.next = self.reset.val();
        self.opened.reset.next = self.reset.val();
        self.classify.reset.next = self.reset.val();
        self.rules.reset.next = self.reset.val() | self.bus.q.val().wipe;
        self.deliver.reset.next = self.reset.val();
        self.returns.reset.next = self.reset.val();
        self.egress.reset.next = self.reset.val();

        // From the network into the store.
        self.ingress.enable.next = self.enable.val();
        self.ingress.limit.next = self.max_frame.val() + self.overhead.val();
        self.ingress.tdata.next = self.s_tdata.val();
        self.ingress.tkeep.next = self.s_tkeep.val();
        self.ingress.tlast.next = self.s_tlast.val();
        self.ingress.tvalid.next = self.s_tvalid.val();
        self.s_tready.next = self.ingress.tready.val();
        self.ingress.room.next = self.received.room.val();
        self.ingress.room_for_another.next = self.received.room_for_another.val();
        self.in_valid.next = self.ingress.count_valid.val();
        self.in_bytes.next = self.ingress.count_bytes.val();
        self.ingress.count_ready.next = self.in_ready.val();
        self.received.write.next = self.ingress.write.val();
        self.received.base.next = bit_cast::<12, 10>(self.received.place.val()) << 2;
        self.received.offset.next = self.ingress.offset.val();
        self.received.data.next = self.ingress.data.val();
        self.received.commit.next = self.ingress.commit.val();
        self.received.commit_skip.next = 0.into();
        self.received.commit_blocks.next = self.ingress.commit_blocks.val();
        self.received.commit_length.next = self.ingress.commit_length.val();
        self.received.commit_reason.next = self.ingress.commit_reason.val();
        self.received.commit_note.next = 0.into();

        // What it is.
        self.outer.go.next = self.received.valid.val();
        self.outer.frame.next = self.received.frame.val();
        self.received.take.next = self.outer.take_frame.val();
        self.received.address_a.next = self.outer.address.val();
        self.outer.data.next = self.received.block_a.val();
        self.triage.nat_t_port.next = self.nat_t_port.val();
        self.triage.go.next = self.outer.ready.val();
        self.triage.facts.next = self.outer.facts.val();
        for i in 0..6 {
            self.triage.upper[i].next = self.outer.upper[i].val();
        }

        // Whose it is.
        // What is being reset takes nothing.
        self.lookup.hold.next = self.held.q.val() | self.bus.q.val().wipe;
        self.promises.forget.next = self.bus.q.val().wipe;
        self.promises.promise.next = self.lookup.take.val();
        self.promises.blocks.next = self.outer.kept.val().words;
        self.promises.settle.next = self.open.settled.val();
        self.promises.settle_blocks.next = self.open.settled_blocks.val();
        self.promises.tail.next = self.open.tail.val();
        self.promises.flying.next = self.open.flying.val();
        self.promises.bound.next = self.opened.bound.val();
        self.promises.held.next = self.opened.held.val();
        self.lookup.room.next = self.promises.room.val();
        self.lookup.go.next = self.triage.ready.val();
        self.lookup.facts.next = self.outer.facts.val();
        self.lookup.frame.next = self.outer.kept.val();
        self.lookup.arrival.next = self.triage.arrival.val();
        self.outer.take.next = self.lookup.take.val();
        self.triage.take.next = self.lookup.take.val();
        self.search.start.next = self.lookup.search_start.val();
        self.search.spi.next = self.lookup.search_spi.val();
        self.search.ipv6.next = self.lookup.search_ipv6.val();
        self.search.udp.next = self.lookup.search_udp.val();
        self.lookup.search_ready.next = self.search.ready.val();
        self.lookup.search_done.next = self.search.done.val();
        self.lookup.search_found.next = self.search.found.val();
        self.lookup.search_index.next = self.search.index.val();
        self.lookup.search_flags.next = self.search.flags.val();
        self.lookup.search_salt.next = self.search.salt.val();
        self.lookup.search_idle.next = self.search.idle.val();
        self.search.read.next = self.lookup.read.val();
        self.search.read_index.next = self.lookup.read_index.val();
        self.search.read_row.next = self.lookup.read_row.val();
        self.search.table_valid.next = self.sad.valid.val();
        self.sad.read_index.next = self.search.table_read_index.val();
        self.sad.read_row.next = self.search.table_read_row.val();
        self.search.check_index.next = self.check_index.val();
        self.search.check_word.next = self.check_word.val();
        self.check_data.next = self.search.check_data.val();
        self.check_valid.next = self.search.check_valid.val();
        self.sad.table_write.next = self.bus.q.val().write;
        self.sad.table_select.next = self.bus.q.val().select;
        self.sad.table_index.next = self.bus.q.val().index;
        self.sad.table_word.next = self.bus.q.val().word;
        self.sad.table_data.next = self.bus.q.val().data;
        self.sad.table_clear.next = self.table_clear.val();
        self.sad.valid_write.next = self.bus.q.val().valid_write;
        self.sad.valid_value.next = self.bus.q.val().valid_value;
        self.inbound_sad.next = self.bus.q.val().select == 1;
        self.search.table_write.next = self.bus.q.val().write & self.inbound_sad.val();
        self.search.table_index.next = self.bus.q.val().index;
        self.search.table_word.next = self.bus.q.val().word;
        self.search.table_data.next = self.bus.q.val().data;
        self.search.table_clear.next = self.table_clear.val();
        self.search.valid_write.next = self.bus.q.val().valid_write & self.inbound_sad.val();
        self.search.valid_value.next = self.bus.q.val().valid_value;
        self.sad.engine_write.next = false;
        self.sad.engine_index.next = 0.into();
        self.sad.engine_word.next = 0.into();
        self.sad.engine_data.next = 0.into();
        for i in 0..4 {
            self.lookup.source[i].next = self.outer.source[i].val();
            self.lookup.destination[i].next = self.outer.destination[i].val();
            self.search.address[i].next = self.lookup.search_address[i].val();
            self.search.table_row[i].next = self.sad.row[i].val();
            self.lookup.row[i].next = self.search.row[i].val();
            self.open.peer[i].next = self.lookup.peer[i].val();
            self.event_address[i].next = self.open.event_address[i].val();
            self.classify.destination[i].next = self.inner.destination[i].val();
            self.rules.source[i].next = self.inner.source[i].val();
            self.rules.destination[i].next = self.inner.destination[i].val();
        }

        // The cipher.
        self.open_key_write.next = self.lookup.key_write.val();
        self.open_key_index.next = self.lookup.key_index.val();
        self.open_key_word.next = self.lookup.key_word.val();
        self.open_job_aes256.next = self.lookup.job_aes256.val();
        for i in 0..3 {
            self.open_job_nonce[i].next = self.lookup.job_nonce[i].val();
        }
        self.open_job_sa.next = self.lookup.job_sa.val();
        self.open_job_start.next = self.lookup.job_start.val();
        self.lookup.job_ready.next = self.open_job_ready.val();
        self.open_text_valid.next = self.open.text_valid.val();
        self.open_text_first.next = self.open.text_first.val();
        self.open_text_last.next = self.open.text_last.val();
        self.open_text_block.next = self.open.text_block.val();
        self.open_text_bytes.next = self.open.text_bytes.val();
        self.open.text_ready.next = self.open_text_ready.val();
        self.open_icv.next = self.open.icv.val();
        self.open.out_valid.next = self.open_out_valid.val();
        self.open.out_last.next = self.open_out_last.val();
        self.open.out_bytes.next = self.open_out_bytes.val();
        self.open.out_block.next = self.open_out_block.val();
        self.open.verdict_valid.next = self.open_verdict_valid.val();
        self.open.authentic.next = self.open_authentic.val();

        // Anti-replay.
        self.replay.table_write.next = self.bus.q.val().write;
        self.replay.table_select.next = self.bus.q.val().select;
        self.replay.table_index.next = self.bus.q.val().index;
        self.replay.table_word.next = self.bus.q.val().word;
        self.replay.table_data.next = self.bus.q.val().data;
        self.replay.window_clear.next = self.bus.q.val().window_clear;
        self.window_busy.next = self.replay.window_busy.val() | !self.search.idle.val();
        self.replay.infer.next = self.open.infer.val();
        self.replay.infer_sa.next = self.open.infer_sa.val();
        self.replay.infer_size.next = self.open.infer_size.val();
        self.replay.infer_esn.next = self.open.infer_esn.val();
        self.replay.infer_low.next = self.open.infer_low.val();
        self.open.inferred.next = self.replay.inferred.val();
        self.open.inferred_high.next = self.replay.high.val();
        self.replay.check.next = self.open.check.val();
        self.replay.authentic.next = self.open.check_authentic.val();
        self.replay.check_sa.next = self.open.check_sa.val();
        self.replay.check_size.next = self.open.check_size.val();
        self.replay.check_low.next = self.open.check_low.val();
        self.open.checked.next = self.replay.checked.val();
        self.open.checked_fresh.next = self.replay.fresh.val();
        self.open.checked_frozen.next = self.replay.was_frozen.val();
        // Of the packet that is being finished; those behind it have only been asked about.
        self.judged.next = self.open.check_sa.val();
        self.recordable.next = self.judged.val().get_bits::<5>(5) == 0;
        self.frozen.d.next = self.recordable.val() & self.quarantine.val().get_bit(self.judged.val().get_bits::<5>(0).index());
        self.watched.d.next = self.recordable.val() & self.recorded.val().get_bit(self.judged.val().get_bits::<5>(0).index());
        self.replay.frozen.next = self.frozen.q.val();
        self.judged_index.next = self.open.check_sa.val();
        self.judged_fresh.next = self.replay.judged.val() & self.replay.fresh.val();
        self.judged_replay.next = self.replay.judged.val() & !self.replay.fresh.val();
        self.moved.next = self.replay.moved.val() & self.watched.q.val();
        self.moved_high.next = self.replay.moved_high.val();
        self.moved_low.next = self.replay.moved_low.val();

        // The frame as the host will see it.
        self.open.go.next = self.lookup.ready.val();
        self.open.intake.next = self.lookup.intake.val();
        self.lookup.accept.next = self.open.accept.val();
        self.received.address_b.next = self.open.address.val();
        self.open.data.next = self.received.data_b.val();
        self.received.free.next = self.open.free.val();
        self.received.free_blocks.next = self.open.free_blocks.val();
        self.drop_valid.next = self.open.drop_valid.val();
        self.drop_reason.next = self.open.drop_reason.val();
        self.open.drop_ready.next = self.drop_ready.val();
        self.sa_valid.next = self.open.sa_valid.val();
        self.sa_index.next = self.open.sa_index.val();
        self.sa_bytes.next = self.open.sa_bytes.val();
        self.open.sa_ready.next = self.sa_ready.val();
        self.fragment_valid.next = self.open.fragment_valid.val();
        self.open.fragment_ready.next = self.fragment_ready.val();
        self.event_valid.next = self.open.event_valid.val();
        self.event_head.next = self.open.event_head.val();
        self.code.next = self.open.event_head.val().get_bits::<8>(0);
        self.judged_icv.next = self.open.event_valid.val() & self.event_ready.val() & (self.code.val() == self.icv.val());
        self.event_detail.next = self.open.event_detail.val();
        self.open.event_ready.next = self.event_ready.val();
        self.opened.write.next = self.open.write.val();
        self.opened.base.next = bit_cast::<12, 10>(self.opened.place.val()) << 2;
        self.opened.offset.next = self.open.offset.val();
        self.opened.data.next = self.open.write_data.val();
        self.opened.commit.next = self.open.commit.val();
        self.opened.commit_skip.next = self.open.commit_skip.val();
        self.opened.commit_blocks.next = self.open.commit_blocks.val();
        self.opened.commit_length.next = self.open.commit_length.val();
        self.opened.commit_reason.next = 0.into();
        self.opened.commit_note.next = self.open.commit_note.val();
        self.numbers.push.next = self.open.commit.val();
        self.numbers.new_high.next = self.replay.check_high.val();
        self.numbers.new_low.next = self.open.check_low.val();
        self.numbers.pop.next = self.deliver.take.val();

        // May it pass?
        // While the exchange looks at a frame that is classified no other is begun: it has the port.
        self.looking.next = self.classify.ready.val() & !self.claim_ready.val();
        self.inner.go.next = self.opened.valid.val() & !self.looking.val();
        self.inner.frame.next = self.opened.frame.val();
        self.opened.take.next = self.inner.take_frame.val();
        self.opened.address_a.next =
            (bit_cast::<12, 10>(self.classify.told_frame.val().start) << 2) + bit_cast::<12, 10>(self.message_address.val());
        if self.inner.reading.val() {
            self.opened.address_a.next = self.inner.address.val();
        }
        self.inner.data.next = self.opened.block_a.val();
        self.classify.hold.next = self.held.q.val() | self.bus.q.val().wipe;
        self.classify.policy.next = self.policy.val();
        self.classify.go.next = self.inner.ready.val();
        self.inner.take.next = self.classify.taken.val();
        self.classify.facts.next = self.inner.facts.val();
        self.classify.ports.next = self.inner.upper[0].val();
        self.classify.frame.next = self.inner.kept.val();
        self.rules.write.next = self.bus.q.val().write & (self.bus.q.val().select == 3);
        self.rules.write_rule.next = bit_cast::<7, 10>(self.bus.q.val().index);
        self.rules.write_word.next = self.bus.q.val().word;
        self.rules.write_data.next = self.bus.q.val().data;
        self.rules.start.next = self.classify.rules_start.val();
        self.rules.ipv6.next = self.inner.facts.val().ipv6;
        self.rules.protocol.next = self.inner.facts.val().protocol;
        self.rules.source_port.next = self.inner.upper[0].val().get_bits::<16>(16);
        self.rules.destination_port.next = self.inner.upper[0].val().get_bits::<16>(0);
        self.rules.source_port_known.next = self.inner.facts.val().source_port_known;
        self.rules.destination_port_known.next = self.inner.facts.val().destination_port_known;
        self.classify.rules_done.next = self.rules.done.val();
        self.classify.rules_hit.next = self.rules.hit.val() & !self.table_clear.val();
        self.classify.rules_action.next = self.rules.action.val();
        self.classify.rules_sa.next = self.rules.sa.val();

        // Is it for the device itself?
        self.message_go.next = self.classify.ready.val() & !self.inner.reading.val();
        self.message_facts.next = self.classify.told_facts.val();
        self.message_note.next = self.classify.told_frame.val().note;
        // The exchange counts from the frame's beginning.
        self.message_start.next = 0.into();
        self.message_data.next = self.opened.data_a.val();
        self.message_high.next = self.numbers.high.val();
        self.message_low.next = self.numbers.low.val();
        self.message_take.next = self.deliver.take.val();

        // To the host.
        self.deliver.host_up.next = self.host_up.val();
        self.deliver.go.next = self.classify.ready.val() & self.claim_ready.val();
        self.deliver.decision.next = self.classify.decision.val();
        if self.claim.val() {
            self.deliver.decision.next.reason = self.claim_reason.val();
        }
        self.deliver.facts.next = self.classify.told_facts.val();
        self.deliver.frame.next = self.classify.told_frame.val();
        self.classify.take.next = self.deliver.take.val();
        // It goes back while it is sent.
        self.returns.starts.next = self.deliver.take.val();
        self.returns.blocks.next = self.classify.told_frame.val().words;
        self.returns.reads.next = self.egress.reads.val();
        self.returns.ends.next = self.deliver.free.val();
        self.opened.free.next = self.returns.free.val();
        self.opened.free_blocks.next = self.returns.free_blocks.val();
        self.drop2_valid.next = self.deliver.drop_valid.val();
        self.drop2_reason.next = self.deliver.drop_reason.val();
        self.deliver.drop_ready.next = self.drop2_ready.val();
        self.egress.start.next = self.deliver.send.val();
        self.egress.first.next = self.deliver.first.val();
        self.egress.length.next = self.deliver.length.val();
        self.deliver.sent.next = self.egress.done.val();
        self.opened.address_b.next = self.egress.address.val();
        self.egress.data.next = self.opened.data_b.val();
        self.m_tdata.next = self.egress.tdata.val();
        self.m_tkeep.next = self.egress.tkeep.val();
        self.m_tlast.next = self.egress.tlast.val();
        self.m_tvalid.next = self.egress.tvalid.val();
        self.egress.tready.next = self.m_tready.val();
        self.out_valid.next = self.egress.count_valid.val();
        self.out_bytes.next = self.egress.count_bytes.val();
        self.egress.count_ready.next = self.out_ready.val();

        self.still.d.next =
            self.held.q.val() & self.lookup.idle.val() & self.open.idle.val() & !self.classify.busy.val() & !self.replay.recording.val();
        self.locked.next = self.still.q.val();
    }
}
