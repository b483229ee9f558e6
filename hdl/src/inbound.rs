//! From the network to the host.
//!
//! ```text
//! s_axis_net ─► ingress ─► received ─► parse ─► triage ─► lookup ─► open ─► opened ─► parse ─► classify ─► deliver ─► egress ─► m_axis_host
//!                          (store)                        │  │       │ │    (store)                 │
//!                                                   search+sad └► gcm ◄┘ replay                    rules
//! ```
//!
//! What was opened is stored as the frame that the host will see, and only then parsed and held against the rules, exactly as clear text is: there is
//! one parser and one classifier, and no second path for decapsulated packets. The parser that looks at what has arrived is the same one, see [`ParseBoth`].
mod both;
mod deliver;
mod lookup;
mod numbers;
mod open;
mod replay;
mod triage;

#[cfg(test)]
mod tests;

pub use both::ParseBoth;
pub use deliver::Deliver;
pub use lookup::{Intake, Lookup};
pub use numbers::Numbers;
pub use open::Open;
pub use replay::Replay;
pub use triage::{Arrival, Triage};

use crate::cell::{row, Reg, Settle};
use crate::classify::Classify;
use crate::gcm::Gcm;
use crate::parse::Facts;
use crate::policy::Rules;
use crate::prelude::*;
use crate::sad::{SadTable, Search, TableBus};
use crate::stream::{Egress, FrameStore, Ingress};
use crate::Sizes;
use holdfast_registers::{wire, EventCode};

/// The inbound direction. `hold` asks that no table be used any more, `locked` says that none is; see `Commit` for the table bus.
#[derive(LogicBlock, Ports)]
pub struct Inbound {
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
    pub check: Signal<In, Bit>,
    pub check_index: Signal<In, Bits<5>>,
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
    pub sa_index: Signal<Out, Bits<5>>,
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
    pub judged_index: Signal<Out, Bits<5>>,
    pub judged_fresh: Signal<Out, Bit>,
    pub judged_replay: Signal<Out, Bit>,
    pub judged_icv: Signal<Out, Bit>,
    pub moved: Signal<Out, Bit>,
    pub moved_high: Signal<Out, Bits<32>>,
    pub moved_low: Signal<Out, Bits<32>>,
    pub message_start: Signal<Out, Bits<10>>,
    pub message_address: Signal<In, Bits<10>>,
    pub message_data: Signal<Out, Bits<32>>,
    ingress: Settle<Ingress>,
    received: Settle<FrameStore>,
    both: Settle<ParseBoth>,
    triage: Settle<Triage>,
    lookup: Settle<Lookup>,
    search: Settle<Search>,
    sad: Settle<SadTable>,
    gcm: Settle<Gcm>,
    open: Settle<Open>,
    replay: Settle<Replay>,
    opened: Settle<FrameStore>,
    classify: Settle<Classify>,
    rules: Settle<Rules>,
    deliver: Settle<Deliver>,
    egress: Settle<Egress>,
    numbers: Settle<Numbers>,
    frozen: Reg<Bit>,
    watched: Reg<Bit>,
    code: Signal<Local, Bits<8>>,
    icv: Constant<Bits<8>>,
    /// The cipher forgets its key.
    forget: Reg<Bit>,
    roomy: Reg<Bit>,
    /// `hold`, a clock later.
    holds: Reg<Bit>,
    still: Reg<Bit>,
    bus: Reg<TableBus>,
    overhead: Constant<Bits<16>>,
}

impl Inbound {
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
            check: Default::default(),
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
            ingress: Default::default(),
            received: Default::default(),
            both: Default::default(),
            triage: Default::default(),
            lookup: Default::default(),
            search: Settle::new(Search::new(sizes.sas)),
            sad: Settle::new(SadTable::new(1, sizes)),
            gcm: Default::default(),
            open: Default::default(),
            replay: Settle::new(Replay::new(sizes)),
            opened: Default::default(),
            classify: Settle::new(Classify::new(true)),
            rules: Settle::new(Rules::new(sizes.rules)),
            deliver: Default::default(),
            egress: Default::default(),
            numbers: Default::default(),
            frozen: Default::default(),
            watched: Default::default(),
            code: Default::default(),
            icv: Constant::new((EventCode::AuthenticationFailure.code() as u64).into()),
            forget: Default::default(),
            roomy: Default::default(),
            holds: Default::default(),
            still: Default::default(),
            bus: Default::default(),
            overhead: Constant::new((wire::OVERHEAD as u64).into()),
        }
    }
}

impl Default for Inbound {
    fn default() -> Self {
        Self::new(Sizes::default())
    }
}

impl Logic for Inbound {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, forget, bus, roomy, holds, still, frozen, watched);
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
        self.roomy.reset.next = self.reset.val();
        self.holds.reset.next = self.reset.val();
        self.still.reset.next = self.reset.val();
        self.holds.d.next = self.hold.val();
        clock!(self, clock, ingress, received, both, triage, lookup, search, sad, gcm);
        clock!(self, clock, numbers, open, replay, opened, classify, rules, deliver, egress);
        self.ingress.reset.next = self.reset.val();
        self.received.reset.next = self.reset.val();
        self.both.reset.next = self.reset.val();
        self.triage.reset.next = self.reset.val();
        self.lookup.reset.next = self.reset.val() | self.bus.q.val().wipe;
        self.search.reset.next = self.reset.val();
        self.sad.reset.next = self.reset.val();
        self.gcm.reset.next = self.reset.val();
        self.numbers.reset.next = self.reset.val();
        self.open.reset.next = self.reset.val();
        self.replay.reset.next = self.reset.val();
        self.opened.reset.next = self.reset.val();
        self.classify.reset.next = self.reset.val();
        self.rules.reset.next = self.reset.val() | self.bus.q.val().wipe;
        self.deliver.reset.next = self.reset.val();
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
        self.in_valid.next = self.ingress.count_valid.val();
        self.in_bytes.next = self.ingress.count_bytes.val();
        self.ingress.count_ready.next = self.in_ready.val();
        self.received.write.next = self.ingress.write.val();
        self.received.offset.next = self.ingress.offset.val();
        self.received.data.next = self.ingress.data.val();
        self.received.commit.next = self.ingress.commit.val();
        self.received.commit_words.next = self.ingress.commit_words.val();
        self.received.commit_length.next = self.ingress.commit_length.val();
        self.received.commit_reason.next = self.ingress.commit_reason.val();
        self.received.commit_note.next = 0.into();

        // What it is.
        self.both.outer_valid.next = self.received.valid.val();
        self.both.outer_frame.next = self.received.frame.val();
        self.received.address_a.next = self.both.address.val();
        self.both.outer_data.next = self.received.data_a.val();
        self.triage.nat_t_port.next = self.nat_t_port.val();
        self.triage.go.next = self.both.outer_ready.val();
        self.triage.facts.next = self.both.outer_facts.val();
        for i in 0..6 {
            self.triage.upper[i].next = self.both.outer_upper[i].val();
        }

        // Whose it is.
        // What is being reset takes nothing.
        self.lookup.hold.next = self.holds.q.val() | self.bus.q.val().wipe;
        // Known a clock before; what is accepted in that clock counts as under way.
        self.roomy.d.next = self.opened.room_for_two.val() | (self.opened.room.val() & self.open.idle.val() & !self.lookup.ready.val());
        self.lookup.room.next = self.roomy.q.val();
        self.lookup.go.next = self.triage.ready.val();
        self.lookup.facts.next = self.both.outer_facts.val();
        self.lookup.frame.next = self.received.frame.val();
        self.lookup.arrival.next = self.triage.arrival.val();
        self.received.take.next = self.lookup.take.val();
        self.both.outer_take.next = self.lookup.take.val();
        self.triage.take.next = self.lookup.take.val();
        self.search.start.next = self.lookup.search_start.val();
        self.search.spi.next = self.lookup.search_spi.val();
        self.search.ipv6.next = self.lookup.search_ipv6.val();
        self.search.udp.next = self.lookup.search_udp.val();
        self.lookup.search_done.next = self.search.done.val();
        self.lookup.search_found.next = self.search.found.val();
        self.lookup.search_index.next = self.search.index.val();
        self.search.read_index.next = self.lookup.sad_index.val();
        self.search.read_word.next = self.lookup.sad_word.val();
        self.search.check.next = self.check.val();
        self.search.check_index.next = self.check_index.val();
        self.search.check_word.next = self.check_word.val();
        self.search.table_data.next = self.sad.read_data.val();
        self.search.table_valid.next = self.sad.valid.val();
        self.sad.read_index.next = self.search.table_read_index.val();
        self.sad.read_word.next = self.search.table_read_word.val();
        self.lookup.sad_data.next = self.sad.read_data.val();
        self.check_data.next = self.sad.read_data.val();
        self.check_valid.next = self.sad.valid.val();
        self.sad.table_write.next = self.bus.q.val().write;
        self.sad.table_select.next = self.bus.q.val().select;
        self.sad.table_index.next = bit_cast::<5, 10>(self.bus.q.val().index);
        self.sad.table_word.next = self.bus.q.val().word;
        self.sad.table_data.next = self.bus.q.val().data;
        self.sad.table_clear.next = self.table_clear.val();
        self.sad.valid_write.next = self.bus.q.val().valid_write;
        self.sad.valid_value.next = self.bus.q.val().valid_value;
        self.sad.engine_write.next = false;
        self.sad.engine_index.next = 0.into();
        self.sad.engine_word.next = 0.into();
        self.sad.engine_data.next = 0.into();
        for i in 0..4 {
            self.lookup.source[i].next = self.both.outer_source[i].val();
            self.lookup.destination[i].next = self.both.outer_destination[i].val();
            self.search.address[i].next = self.lookup.search_address[i].val();
            self.open.peer[i].next = self.lookup.peer[i].val();
            self.open.tag[i].next = self.gcm.tag[i].val();
            self.event_address[i].next = self.open.event_address[i].val();
            self.rules.source[i].next = self.both.inner_source[i].val();
            self.rules.destination[i].next = self.both.inner_destination[i].val();
        }

        // The cipher.
        self.forget.d.next = self.wipe.val() | self.still.q.val();
        self.forget.reset.next = self.reset.val();
        self.gcm.wipe.next = self.forget.q.val();
        self.gcm.encrypt.next = false;
        self.gcm.in_bytes.next = 4.into();
        self.gcm.key_write.next = self.lookup.key_write.val();
        self.gcm.key_index.next = self.lookup.key_index.val();
        self.gcm.key_word.next = self.lookup.key_word.val();
        self.gcm.job_aes256.next = self.lookup.job_aes256.val();
        for i in 0..3 {
            self.gcm.job_nonce[i].next = self.lookup.job_nonce[i].val();
        }
        self.gcm.job_blocks.next = self.lookup.job_blocks.val();
        self.gcm.job_start.next = self.lookup.job_start.val();
        self.lookup.job_ready.next = self.gcm.job_ready.val();
        self.gcm.in_valid.next = self.open.in_valid.val();
        self.gcm.in_kind.next = self.open.in_kind.val();
        self.gcm.in_word.next = self.open.in_word.val();
        self.open.in_ready.next = self.gcm.in_ready.val();
        self.open.out_valid.next = self.gcm.out_valid.val();
        self.open.out_word.next = self.gcm.out_word.val();
        self.open.tag_valid.next = self.gcm.tag_valid.val();
        self.gcm.tag_take.next = self.open.tag_take.val();

        // Anti-replay.
        self.replay.table_write.next = self.bus.q.val().write;
        self.replay.table_select.next = self.bus.q.val().select;
        self.replay.table_index.next = bit_cast::<5, 10>(self.bus.q.val().index);
        self.replay.table_word.next = self.bus.q.val().word;
        self.replay.table_data.next = self.bus.q.val().data;
        self.replay.window_clear.next = self.bus.q.val().window_clear;
        self.window_busy.next = self.replay.window_busy.val();
        self.replay.sa.next = self.open.replay_sa.val();
        self.replay.size.next = self.open.replay_size.val();
        self.replay.esn.next = self.open.replay_esn.val();
        self.replay.low.next = self.open.replay_low.val();
        self.replay.infer.next = self.open.replay_infer.val();
        self.replay.check.next = self.open.replay_check.val();
        self.open.replay_done.next = self.replay.done.val();
        self.open.replay_high.next = self.replay.high.val();
        self.open.replay_fresh.next = self.replay.fresh.val();
        self.open.replay_frozen.next = self.replay.was_frozen.val();
        self.frozen.d.next = self.quarantine.val().get_bit(self.open.replay_sa.val().index());
        self.watched.d.next = self.recorded.val().get_bit(self.open.replay_sa.val().index());
        self.replay.frozen.next = self.frozen.q.val();
        self.judged_index.next = self.open.replay_sa.val();
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
        self.received.free_words.next = self.open.free_words.val();
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
        self.opened.offset.next = self.open.offset.val();
        self.opened.data.next = self.open.write_data.val();
        self.opened.commit.next = self.open.commit.val();
        self.opened.commit_words.next = self.open.commit_words.val();
        self.opened.commit_length.next = self.open.commit_length.val();
        self.opened.commit_reason.next = 0.into();
        self.opened.commit_note.next = self.open.commit_note.val();
        self.numbers.push.next = self.open.commit.val();
        self.numbers.new_high.next = self.replay.high.val();
        self.numbers.new_low.next = self.open.replay_low.val();
        self.numbers.pop.next = self.deliver.take.val();

        // May it pass?
        self.both.inner_valid.next = self.opened.valid.val();
        self.both.inner_frame.next = self.opened.frame.val();
        // The parser is through with the frame when it is ready; then the exchange looks at its words.
        self.opened.address_a.next = self.both.address.val();
        if self.both.inner_ready.val() {
            self.opened.address_a.next = self.message_address.val();
        }
        self.both.inner_data.next = self.opened.data_a.val();
        self.classify.hold.next = self.holds.q.val() | self.bus.q.val().wipe;
        self.classify.policy.next = self.policy.val();
        self.classify.go.next = self.both.inner_ready.val();
        self.classify.facts.next = self.both.inner_facts.val();
        self.classify.ports.next = self.both.inner_ports.val();
        self.classify.note.next = self.opened.frame.val().note;
        self.rules.write.next = self.bus.q.val().write & (self.bus.q.val().select == 3);
        self.rules.write_rule.next = bit_cast::<7, 10>(self.bus.q.val().index);
        self.rules.write_word.next = self.bus.q.val().word;
        self.rules.write_data.next = self.bus.q.val().data;
        self.rules.start.next = self.classify.rules_start.val();
        self.rules.ipv6.next = self.both.inner_facts.val().ipv6;
        self.rules.protocol.next = self.both.inner_facts.val().protocol;
        self.rules.source_port.next = self.both.inner_ports.val().get_bits::<16>(16);
        self.rules.destination_port.next = self.both.inner_ports.val().get_bits::<16>(0);
        self.rules.source_port_known.next = self.both.inner_facts.val().source_port_known;
        self.rules.destination_port_known.next = self.both.inner_facts.val().destination_port_known;
        self.classify.rules_done.next = self.rules.done.val();
        self.classify.rules_hit.next = self.rules.hit.val() & !self.table_clear.val();
        self.classify.rules_action.next = self.rules.action.val();
        self.classify.rules_sa.next = self.rules.sa.val();

        // Is it for the device itself?
        self.message_go.next = self.both.inner_ready.val();
        self.message_facts.next = self.both.inner_facts.val();
        self.message_note.next = self.opened.frame.val().note;
        self.message_start.next = self.opened.frame.val().start;
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
        self.deliver.facts.next = self.both.inner_facts.val();
        self.deliver.frame.next = self.opened.frame.val();
        self.opened.take.next = self.deliver.take.val();
        self.both.inner_take.next = self.deliver.take.val();
        self.classify.take.next = self.deliver.take.val();
        self.opened.free.next = self.deliver.free.val();
        self.opened.free_words.next = self.deliver.free_words.val();
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
            self.holds.q.val() & self.lookup.idle.val() & self.open.idle.val() & !self.classify.busy.val() & !self.replay.recording.val();
        self.locked.next = self.still.q.val() & self.holds.q.val();
    }
}
