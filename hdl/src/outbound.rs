//! From the host to the network.
//!
//! ```text
//! s_axis_host ─► ingress ─► received ─► parse ─► classify ─► sequence ─► encapsulate ─► sealed ─► egress ─► m_axis_net
//!                           (store)                │            │  │          │        (store)
//!                                                rules         sad └─► gcm ◄──┘
//! ```
//!
//! While one packet is being sealed the next takes its number and starts the cipher, a third is parsed and classified, and a fourth comes in.
mod encapsulate;
mod sequence;

#[cfg(test)]
mod tests;

pub use encapsulate::Encapsulate;
pub use sequence::{Plan, Sequence};

use crate::cell::{row, Reg, Settle};
use crate::classify::Classify;
use crate::gcm::Gcm;
use crate::parse::{Facts, Parse};
use crate::policy::Rules;
use crate::prelude::*;
use crate::sad::{SadTable, TableBus};
use crate::stream::{Egress, Frame, FrameStore, Ingress};
use crate::Sizes;

/// The outbound direction. `hold` asks that no table be used any more, `locked` says that none is; see `Commit` for the table bus.
#[derive(LogicBlock, Ports)]
pub struct Outbound {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub enable: Signal<In, Bit>,
    pub policy: Signal<In, Bits<3>>,
    pub max_frame: Signal<In, Bits<16>>,
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
    pub sa_valid: Signal<Out, Bit>,
    pub sa_index: Signal<Out, Bits<5>>,
    pub sa_bytes: Signal<Out, Bits<16>>,
    pub sa_ready: Signal<In, Bit>,
    pub event_valid: Signal<Out, Bit>,
    pub event_ready: Signal<In, Bit>,
    pub event_head: Signal<Out, Bits<32>>,
    pub event_detail: Signal<Out, Bits<32>>,
    pub event_address: [Signal<Out, Bits<32>>; 4],
    /// The keeper has the cipher: only while `locked`, see `resync::Keeper`.
    pub lease: Signal<In, Bit>,
    pub keeper_key_write: Signal<In, Bit>,
    pub keeper_key_index: Signal<In, Bits<3>>,
    pub keeper_key_word: Signal<In, Bits<32>>,
    pub keeper_job_nonce: [Signal<In, Bits<32>>; 3],
    pub keeper_job_blocks: Signal<In, Bits<8>>,
    pub keeper_job_start: Signal<In, Bit>,
    pub keeper_in_valid: Signal<In, Bit>,
    pub keeper_in_kind: Signal<In, Bits<2>>,
    pub keeper_in_word: Signal<In, Bits<32>>,
    pub keeper_encrypt: Signal<In, Bit>,
    pub keeper_tag_take: Signal<In, Bit>,
    pub keeper_job_ready: Signal<Out, Bit>,
    pub keeper_in_ready: Signal<Out, Bit>,
    pub keeper_out_valid: Signal<Out, Bit>,
    pub keeper_out_word: Signal<Out, Bits<32>>,
    pub keeper_tag: [Signal<Out, Bits<32>>; 4],
    pub keeper_tag_valid: Signal<Out, Bit>,
    /// The device's own datagrams, see `resync::Exchange`; and which numbers recorded SAs have used, see `resync::Recorder`.
    pub control_go: Signal<In, Bit>,
    pub control_sa: Signal<In, Bits<5>>,
    pub control_facts: Signal<In, Facts>,
    pub control_frame: Signal<In, Frame>,
    pub control_take: Signal<Out, Bit>,
    pub control_used: Signal<Out, Bit>,
    pub control_address: Signal<Out, Bits<10>>,
    pub control_data: Signal<In, Bits<32>>,
    pub control_done: Signal<Out, Bit>,
    pub may_wait: Signal<In, Bit>,
    pub used: Signal<Out, Bit>,
    pub used_index: Signal<Out, Bits<5>>,
    pub used_high: Signal<Out, Bits<32>>,
    pub used_low: Signal<Out, Bits<32>>,
    pub starving: Signal<Out, Bit>,
    pub own_valid: Signal<Out, Bit>,
    pub own_ready: Signal<In, Bit>,
    ingress: Settle<Ingress>,
    received: Settle<FrameStore>,
    parse: Settle<Parse>,
    classify: Settle<Classify>,
    rules: Settle<Rules>,
    sequencer: Settle<Sequence>,
    sad: Settle<SadTable>,
    gcm: Settle<Gcm>,
    encapsulate: Settle<Encapsulate>,
    sealed: Settle<FrameStore>,
    egress: Settle<Egress>,
    /// A control datagram of the device's own goes before what the host sent.
    ours: Reg<Bit>,
    roomy: Reg<Bit>,
    /// `hold`, a clock later.
    holds: Reg<Bit>,
    still: Reg<Bit>,
    bus: Reg<TableBus>,
}

impl Outbound {
    /// With tables of these sizes.
    pub fn new(sizes: Sizes) -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            enable: Default::default(),
            policy: Default::default(),
            max_frame: Default::default(),
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
            sa_valid: Default::default(),
            sa_index: Default::default(),
            sa_bytes: Default::default(),
            sa_ready: Default::default(),
            event_valid: Default::default(),
            event_ready: Default::default(),
            event_head: Default::default(),
            event_detail: Default::default(),
            event_address: row(),
            lease: Default::default(),
            keeper_key_write: Default::default(),
            keeper_key_index: Default::default(),
            keeper_key_word: Default::default(),
            keeper_job_nonce: row(),
            keeper_job_blocks: Default::default(),
            keeper_job_start: Default::default(),
            keeper_in_valid: Default::default(),
            keeper_in_kind: Default::default(),
            keeper_in_word: Default::default(),
            keeper_encrypt: Default::default(),
            keeper_tag_take: Default::default(),
            keeper_job_ready: Default::default(),
            keeper_in_ready: Default::default(),
            keeper_out_valid: Default::default(),
            keeper_out_word: Default::default(),
            keeper_tag: row(),
            keeper_tag_valid: Default::default(),
            control_go: Default::default(),
            control_sa: Default::default(),
            control_facts: Default::default(),
            control_frame: Default::default(),
            control_take: Default::default(),
            control_used: Default::default(),
            control_address: Default::default(),
            control_data: Default::default(),
            control_done: Default::default(),
            may_wait: Default::default(),
            used: Default::default(),
            used_index: Default::default(),
            used_high: Default::default(),
            used_low: Default::default(),
            starving: Default::default(),
            own_valid: Default::default(),
            own_ready: Default::default(),
            ingress: Default::default(),
            received: Default::default(),
            parse: Default::default(),
            classify: Settle::new(Classify::new(false)),
            rules: Settle::new(Rules::new(sizes.rules)),
            sequencer: Default::default(),
            sad: Settle::new(SadTable::new(0, sizes)),
            gcm: Default::default(),
            encapsulate: Default::default(),
            sealed: Default::default(),
            egress: Default::default(),
            ours: Default::default(),
            roomy: Default::default(),
            holds: Default::default(),
            still: Default::default(),
            bus: Default::default(),
        }
    }
}

impl Default for Outbound {
    fn default() -> Self {
        Self::new(Sizes::default())
    }
}

impl Logic for Outbound {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, ours, bus, roomy, holds, still);
        self.bus.reset.next = self.reset.val();
        self.bus.d.next.write = self.table_write.val();
        self.bus.d.next.select = self.table_select.val();
        self.bus.d.next.index = self.table_index.val();
        self.bus.d.next.word = self.table_word.val();
        self.bus.d.next.data = self.table_data.val();
        self.bus.d.next.valid_write = self.valid_write.val();
        self.bus.d.next.valid_value = self.valid_value.val();
        self.bus.d.next.wipe = self.wipe.val();
        self.bus.d.next.window_clear = false;
        self.roomy.reset.next = self.reset.val();
        self.holds.reset.next = self.reset.val();
        self.still.reset.next = self.reset.val();
        self.holds.d.next = self.hold.val();
        clock!(self, clock, ingress, received, parse, classify, rules, sequencer, sad, gcm, encapsulate, sealed, egress);
        self.ingress.reset.next = self.reset.val();
        self.received.reset.next = self.reset.val();
        self.parse.reset.next = self.reset.val();
        self.classify.reset.next = self.reset.val();
        self.rules.reset.next = self.reset.val() | self.bus.q.val().wipe;
        // A packet that waits for its limit is not lost by a wipe: it will find no SA.
        self.sequencer.reset.next = self.reset.val() | (self.bus.q.val().wipe & !self.sequencer.starved.val());
        self.sad.reset.next = self.reset.val();
        self.gcm.reset.next = self.reset.val();
        self.encapsulate.reset.next = self.reset.val();
        self.sealed.reset.next = self.reset.val();
        self.egress.reset.next = self.reset.val();

        // From the host into the store.
        self.ingress.enable.next = self.enable.val();
        self.ingress.limit.next = self.max_frame.val();
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
        self.parse.go.next = self.received.valid.val();
        self.parse.frame.next = self.received.frame.val();
        self.received.address_a.next = self.parse.address.val();
        self.parse.data.next = self.received.data_a.val();

        // What is to be done with it.
        self.classify.hold.next = self.holds.q.val() | self.bus.q.val().wipe;
        self.classify.policy.next = self.policy.val();
        self.classify.go.next = self.parse.ready.val();
        self.classify.facts.next = self.parse.facts.val();
        self.classify.ports.next = self.parse.upper[0].val();
        self.classify.note.next = 0.into();
        self.rules.write.next = self.bus.q.val().write & (self.bus.q.val().select == 2);
        self.rules.write_rule.next = bit_cast::<7, 10>(self.bus.q.val().index);
        self.rules.write_word.next = self.bus.q.val().word;
        self.rules.write_data.next = self.bus.q.val().data;
        self.rules.start.next = self.classify.rules_start.val();
        self.rules.ipv6.next = self.parse.facts.val().ipv6;
        self.rules.protocol.next = self.parse.facts.val().protocol;
        self.rules.source_port.next = self.parse.upper[0].val().get_bits::<16>(16);
        self.rules.destination_port.next = self.parse.upper[0].val().get_bits::<16>(0);
        self.rules.source_port_known.next = self.parse.facts.val().source_port_known;
        self.rules.destination_port_known.next = self.parse.facts.val().destination_port_known;
        for i in 0..4 {
            self.rules.source[i].next = self.parse.source[i].val();
            self.rules.destination[i].next = self.parse.destination[i].val();
            self.sequencer.destination[i].next = self.parse.destination[i].val();
            self.event_address[i].next = self.sequencer.event_address[i].val();
            self.encapsulate.tag[i].next = self.gcm.tag[i].val();
        }
        self.classify.rules_done.next = self.rules.done.val();
        self.classify.rules_hit.next = self.rules.hit.val() & !self.table_clear.val();
        self.classify.rules_action.next = self.rules.action.val();
        self.classify.rules_sa.next = self.rules.sa.val();

        // Under which SA and number.
        // What is being reset takes nothing.
        self.sequencer.hold.next = self.holds.q.val() | self.bus.q.val().wipe;
        // Known a clock before; what is accepted in that clock counts as under way.
        self.roomy.d.next =
            self.sealed.room_for_two.val() | (self.sealed.room.val() & self.encapsulate.idle.val() & !self.sequencer.ready.val());
        self.sequencer.room.next = self.roomy.q.val();
        self.sequencer.may_wait.next = self.may_wait.val();
        // The choice is a clock old; what is offered is asked for as it is.
        self.ours.reset.next = self.reset.val();
        self.ours.d.next = self.control_go.val() & !(self.sequencer.take.val() & self.ours.q.val());
        self.sequencer.control.next = self.ours.q.val();
        self.sequencer.go.next = self.classify.ready.val();
        self.sequencer.facts.next = self.parse.facts.val();
        self.sequencer.frame.next = self.received.frame.val();
        self.sequencer.decision.next = self.classify.decision.val();
        self.received.take.next = self.sequencer.take.val() & !self.ours.q.val();
        self.parse.take.next = self.sequencer.take.val() & !self.ours.q.val();
        self.classify.take.next = self.sequencer.take.val() & !self.ours.q.val();
        self.control_take.next = self.sequencer.take.val() & self.ours.q.val();
        if self.ours.q.val() {
            self.sequencer.go.next = self.control_go.val();
            self.sequencer.facts.next = self.control_facts.val();
            self.sequencer.frame.next = self.control_frame.val();
            self.sequencer.decision.next.reason = 0.into();
            self.sequencer.decision.next.protect = true;
            self.sequencer.decision.next.sa = bit_cast::<10, 5>(self.control_sa.val());
        }
        self.used.next = self.sequencer.used.val();
        self.control_used.next = self.sequencer.used.val() & self.sequencer.used_control.val();
        self.used_index.next = self.sequencer.used_index.val();
        self.used_high.next = self.sequencer.job_nonce[1].val();
        self.used_low.next = self.sequencer.job_nonce[2].val();
        self.starving.next = self.sequencer.starving.val();
        self.sad.table_write.next = self.bus.q.val().write;
        self.sad.table_select.next = self.bus.q.val().select;
        self.sad.table_index.next = bit_cast::<5, 10>(self.bus.q.val().index);
        self.sad.table_word.next = self.bus.q.val().word;
        self.sad.table_data.next = self.bus.q.val().data;
        self.sad.table_clear.next = self.table_clear.val();
        self.sad.valid_write.next = self.bus.q.val().valid_write;
        self.sad.valid_value.next = self.bus.q.val().valid_value;
        self.sad.engine_write.next = self.sequencer.sad_write.val();
        self.sad.engine_index.next = self.sequencer.sad_index.val();
        self.sad.engine_word.next = self.sequencer.sad_write_word.val();
        self.sad.engine_data.next = self.sequencer.sad_write_data.val();
        self.sad.read_index.next = self.sequencer.sad_index.val();
        self.sad.read_word.next = self.sequencer.sad_word.val();
        self.sequencer.sad_data.next = self.sad.read_data.val();
        self.sequencer.sad_valid.next = self.sad.valid.val();
        self.event_valid.next = self.sequencer.event_valid.val();
        self.event_head.next = self.sequencer.event_head.val();
        self.event_detail.next = self.sequencer.event_detail.val();
        self.sequencer.event_ready.next = self.event_ready.val();

        // The cipher.
        // While tables change nothing is in flight, so the cipher can forget the last key each time: a deleted SA leaves none behind.
        // A lease of the keeper ends before `still` does, so its key goes the same way.
        self.gcm.wipe.next = self.bus.q.val().wipe | (self.still.q.val() & !self.lease.val());
        self.gcm.encrypt.next = true;
        self.gcm.in_bytes.next = 4.into();
        self.gcm.key_write.next = self.sequencer.key_write.val();
        self.gcm.key_index.next = self.sequencer.key_index.val();
        self.gcm.key_word.next = self.sequencer.key_word.val();
        self.gcm.job_aes256.next = self.sequencer.job_aes256.val();
        for i in 0..3 {
            self.gcm.job_nonce[i].next = self.sequencer.job_nonce[i].val();
        }
        self.gcm.job_blocks.next = self.sequencer.job_blocks.val();
        self.gcm.job_start.next = self.sequencer.job_start.val();
        self.sequencer.job_ready.next = self.gcm.job_ready.val();
        self.gcm.in_valid.next = self.encapsulate.in_valid.val();
        self.gcm.in_kind.next = self.encapsulate.in_kind.val();
        self.gcm.in_word.next = self.encapsulate.in_word.val();
        self.encapsulate.in_ready.next = self.gcm.in_ready.val();
        self.encapsulate.out_valid.next = self.gcm.out_valid.val() & !self.lease.val();
        self.encapsulate.out_word.next = self.gcm.out_word.val();
        self.encapsulate.tag_valid.next = self.gcm.tag_valid.val();
        self.gcm.tag_take.next = self.encapsulate.tag_take.val();
        if self.lease.val() {
            self.gcm.encrypt.next = self.keeper_encrypt.val();
            self.gcm.key_write.next = self.keeper_key_write.val();
            self.gcm.key_index.next = self.keeper_key_index.val();
            self.gcm.key_word.next = self.keeper_key_word.val();
            self.gcm.job_aes256.next = true;
            for i in 0..3 {
                self.gcm.job_nonce[i].next = self.keeper_job_nonce[i].val();
            }
            self.gcm.job_blocks.next = self.keeper_job_blocks.val();
            self.gcm.job_start.next = self.keeper_job_start.val();
            self.gcm.in_valid.next = self.keeper_in_valid.val();
            self.gcm.in_kind.next = self.keeper_in_kind.val();
            self.gcm.in_word.next = self.keeper_in_word.val();
            self.gcm.tag_take.next = self.keeper_tag_take.val();
        }
        self.keeper_job_ready.next = self.gcm.job_ready.val();
        self.keeper_in_ready.next = self.gcm.in_ready.val();
        self.keeper_out_valid.next = self.gcm.out_valid.val();
        self.keeper_out_word.next = self.gcm.out_word.val();
        self.keeper_tag_valid.next = self.gcm.tag_valid.val();
        for i in 0..4 {
            self.keeper_tag[i].next = self.gcm.tag[i].val();
        }

        // The new frame.
        self.encapsulate.go.next = self.sequencer.ready.val();
        self.encapsulate.plan.next = self.sequencer.plan.val();
        self.sequencer.accept.next = self.encapsulate.accept.val();
        self.sequencer.header_address.next = self.encapsulate.header_address.val();
        self.encapsulate.header_word.next = self.sequencer.header_word.val();
        self.received.address_b.next = self.encapsulate.address.val();
        self.control_address.next = self.encapsulate.address.val();
        self.control_done.next = self.encapsulate.control_done.val();
        self.own_valid.next = self.encapsulate.own_valid.val();
        self.encapsulate.own_ready.next = self.own_ready.val();
        self.encapsulate.data.next = self.received.data_b.val();
        if self.encapsulate.control.val() {
            self.encapsulate.data.next = self.control_data.val();
        }
        self.received.free.next = self.encapsulate.free.val();
        self.received.free_words.next = self.encapsulate.free_words.val();
        self.drop_valid.next = self.encapsulate.drop_valid.val();
        self.drop_reason.next = self.encapsulate.drop_reason.val();
        self.encapsulate.drop_ready.next = self.drop_ready.val();
        self.sa_valid.next = self.encapsulate.sa_valid.val();
        self.sa_index.next = self.encapsulate.sa_index.val();
        self.sa_bytes.next = self.encapsulate.sa_bytes.val();
        self.encapsulate.sa_ready.next = self.sa_ready.val();
        self.sealed.write.next = self.encapsulate.write.val();
        self.sealed.offset.next = self.encapsulate.offset.val();
        self.sealed.data.next = self.encapsulate.write_data.val();
        self.sealed.commit.next = self.encapsulate.commit.val();
        self.sealed.commit_words.next = self.encapsulate.commit_words.val();
        self.sealed.commit_length.next = self.encapsulate.commit_length.val();
        self.sealed.commit_reason.next = 0.into();
        self.sealed.commit_note.next = 0.into();

        // Out.
        self.egress.start.next = self.sealed.valid.val();
        self.egress.first.next = self.sealed.frame.val().start;
        self.egress.length.next = self.sealed.frame.val().length;
        self.sealed.take.next = self.egress.done.val();
        self.sealed.free.next = self.egress.done.val();
        self.sealed.free_words.next = self.sealed.frame.val().words;
        self.sealed.address_a.next = self.egress.address.val();
        self.sealed.address_b.next = 0.into();
        self.egress.data.next = self.sealed.data_a.val();
        self.m_tdata.next = self.egress.tdata.val();
        self.m_tkeep.next = self.egress.tkeep.val();
        self.m_tlast.next = self.egress.tlast.val();
        self.m_tvalid.next = self.egress.tvalid.val();
        self.egress.tready.next = self.m_tready.val();
        self.out_valid.next = self.egress.count_valid.val();
        self.out_bytes.next = self.egress.count_bytes.val();
        self.egress.count_ready.next = self.out_ready.val();

        self.still.d.next = self.holds.q.val() & self.sequencer.idle.val() & self.encapsulate.idle.val() & !self.classify.busy.val();
        self.locked.next = self.still.q.val() & self.holds.q.val();
    }
}
