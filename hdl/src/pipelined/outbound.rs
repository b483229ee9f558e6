//! From the host to the network, 16 bytes a clock.
//!
//! ```text
//! s_axis_host ─► ingress ─► received ─► parse ─► classify ─► choice ─► sequence ─► encapsulate ─► sealed ─► egress ─► m_axis_net
//!                           (store)                │           ▲        │  │       ▲  │         (store)
//!                                                rules      exchange   sad └─────► cipher, shared with the other direction
//! ```
//!
//! Parser, classifier, choice and sequencer each have a packet of their own: what was found of one stands for the next stage while the next is being looked at.
#[cfg(test)]
#[path = "outbound_tests.rs"]
mod tests;

use super::{
    Release, Room, WideChoice, WideClassify, WideEgress, WideEncapsulate, WideIngress, WideParse, WideRules, WideSad, WideSequence,
    WideStore,
};
use crate::cell::{row, Block128, Reg, Settle};
use crate::parse::Facts;
use crate::prelude::*;
use crate::sad::TableBus;
use crate::stream::Frame;
use crate::Sizes;

/// The outbound direction. `hold` asks that no table be used any more, `locked` says that none is; see `Commit` for the table bus.
#[derive(LogicBlock, Ports)]
pub struct WideOutbound {
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
    pub sa_index: Signal<Out, SaIndex>,
    pub sa_bytes: Signal<Out, Bits<16>>,
    pub sa_ready: Signal<In, Bit>,
    pub event_valid: Signal<Out, Bit>,
    pub event_ready: Signal<In, Bit>,
    pub event_head: Signal<Out, Bits<32>>,
    pub event_detail: Signal<Out, Bits<32>>,
    pub event_address: [Signal<Out, Bits<32>>; 4],
    /// To the cipher, see `CipherService`: the job; the text; what comes out.
    pub seal_key_write: Signal<Out, Bit>,
    pub seal_key_index: Signal<Out, Bits<3>>,
    pub seal_key_word: Signal<Out, Bits<32>>,
    pub seal_job_aes256: Signal<Out, Bit>,
    pub seal_job_nonce: [Signal<Out, Bits<32>>; 3],
    pub seal_job_sa: Signal<Out, SaIndex>,
    pub seal_job_start: Signal<Out, Bit>,
    pub seal_job_ready: Signal<In, Bit>,
    pub seal_text_valid: Signal<Out, Bit>,
    pub seal_text_first: Signal<Out, Bit>,
    pub seal_text_last: Signal<Out, Bit>,
    pub seal_text_bytes: Signal<Out, Bits<5>>,
    pub seal_text_block: Signal<Out, Block128>,
    pub seal_text_ready: Signal<In, Bit>,
    pub seal_out_valid: Signal<In, Bit>,
    pub seal_out_last: Signal<In, Bit>,
    pub seal_out_bytes: Signal<In, Bits<5>>,
    pub seal_out_block: Signal<In, Block128>,
    pub seal_tag_valid: Signal<In, Bit>,
    pub seal_tag: Signal<In, Block128>,
    /// The device's own datagrams, see `resync::Exchange`; and which numbers recorded SAs have used, see `resync::Recorder`.
    pub control_go: Signal<In, Bit>,
    pub control_sa: Signal<In, SaIndex>,
    pub control_facts: Signal<In, Facts>,
    pub control_frame: Signal<In, Frame>,
    pub control_take: Signal<Out, Bit>,
    pub control_used: Signal<Out, Bit>,
    pub control_address: Signal<Out, Bits<10>>,
    pub control_data: Signal<In, Bits<32>>,
    pub control_done: Signal<Out, Bit>,
    pub may_wait: Signal<In, Bit>,
    pub used: Signal<Out, Bit>,
    pub used_index: Signal<Out, SaIndex>,
    pub used_high: Signal<Out, Bits<32>>,
    pub used_low: Signal<Out, Bits<32>>,
    pub starving: Signal<Out, Bit>,
    pub own_valid: Signal<Out, Bit>,
    pub own_ready: Signal<In, Bit>,
    ingress: Settle<WideIngress>,
    received: Settle<WideStore>,
    parse: Settle<WideParse>,
    classify: Settle<WideClassify>,
    rules: Settle<WideRules>,
    choice: Settle<WideChoice>,
    sequencer: Settle<WideSequence>,
    sad: Settle<WideSad>,
    encapsulate: Settle<WideEncapsulate>,
    promises: Settle<Room>,
    sealed: Settle<WideStore>,
    returns: Release,
    egress: Settle<WideEgress>,
    /// A datagram of the device's own is on its way to the sequencer.
    own_stands: Signal<Local, Bit>,
    still: Reg<Bit>,
    /// `hold`, a clock late, for all: when it ends, what was written last has been in the tables for a clock.
    held: Reg<Bit>,
    bus: Reg<TableBus>,
}

impl WideOutbound {
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
            seal_text_bytes: Default::default(),
            seal_text_block: Default::default(),
            seal_text_ready: Default::default(),
            seal_out_valid: Default::default(),
            seal_out_last: Default::default(),
            seal_out_bytes: Default::default(),
            seal_out_block: Default::default(),
            seal_tag_valid: Default::default(),
            seal_tag: Default::default(),
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
            classify: Settle::new(WideClassify::new(false)),
            rules: Settle::new(WideRules::new(sizes.rules)),
            choice: Default::default(),
            sequencer: Default::default(),
            sad: Settle::new(WideSad::new(0, sizes)),
            encapsulate: Default::default(),
            promises: Default::default(),
            sealed: Default::default(),
            returns: Default::default(),
            egress: Default::default(),
            own_stands: Default::default(),
            still: Default::default(),
            held: Default::default(),
            bus: Default::default(),
        }
    }
}

impl Default for WideOutbound {
    fn default() -> Self {
        Self::new(Sizes::default())
    }
}

impl Logic for WideOutbound {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, bus, still, held);
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
        self.still.reset.next = self.reset.val();
        self.held.reset.next = self.reset.val();
        self.held.d.next = self.hold.val();
        clock!(
            self,
            clock,
            ingress,
            received,
            parse,
            classify,
            rules,
            choice,
            sequencer,
            sad,
            encapsulate,
            promises,
            sealed,
            returns,
            egress
        );
        self.ingress.reset.next = self.reset.val();
        self.received.reset.next = self.reset.val();
        self.parse.reset.next = self.reset.val();
        self.classify.reset.next = self.reset.val();
        self.rules.reset.next = self.reset.val() | self.bus.q.val().wipe;
        self.choice.reset.next = self.reset.val();
        // A packet that waits for its limit is not lost by a wipe: it will find no SA.
        self.sequencer.reset.next = self.reset.val() | (self.bus.q.val().wipe & !self.sequencer.starved.val());
        self.sad.reset.next = self.reset.val();
        self.encapsulate.reset.next = self.reset.val();
        self.promises.reset.next = self.reset.val();
        self.sealed.reset.next = self.reset.val();
        self.returns.reset.next = self.reset.val();
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
        self.ingress.room_for_another.next = self.received.room_for_another.val();
        self.in_valid.next = self.ingress.count_valid.val();
        self.in_bytes.next = self.ingress.count_bytes.val();
        self.ingress.count_ready.next = self.in_ready.val();
        self.received.write.next = self.ingress.write.val();
        self.received.base.next = bit_cast::<12, 10>(self.received.place.val()) << 2;
        self.received.offset.next = self.ingress.offset.val();
        self.received.data.next = self.ingress.data.val();
        self.received.commit.next = self.ingress.commit.val();
        self.received.commit_blocks.next = self.ingress.commit_blocks.val();
        self.received.commit_length.next = self.ingress.commit_length.val();
        self.received.commit_reason.next = self.ingress.commit_reason.val();
        self.received.commit_note.next = 0.into();
        self.received.commit_skip.next = 0.into();

        // What it is.
        self.parse.go.next = self.received.valid.val();
        self.parse.frame.next = self.received.frame.val();
        self.received.address_a.next = self.parse.address.val();
        self.parse.data.next = self.received.block_a.val();
        self.received.take.next = self.parse.take_frame.val();

        // What is to be done with it.
        self.classify.hold.next = self.held.q.val() | self.bus.q.val().wipe;
        self.classify.policy.next = self.policy.val();
        self.classify.go.next = self.parse.ready.val();
        self.classify.facts.next = self.parse.facts.val();
        self.classify.ports.next = self.parse.upper[0].val();
        self.classify.frame.next = self.parse.kept.val();
        self.parse.take.next = self.classify.taken.val();
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
            self.classify.destination[i].next = self.parse.destination[i].val();
            self.choice.host_destination[i].next = self.classify.told_destination[i].val();
            self.sequencer.destination[i].next = self.choice.destination[i].val();
            self.event_address[i].next = self.sequencer.event_address[i].val();
        }
        self.classify.rules_done.next = self.rules.done.val();
        self.classify.rules_hit.next = self.rules.hit.val() & !self.table_clear.val();
        self.classify.rules_action.next = self.rules.action.val();
        self.classify.rules_sa.next = self.rules.sa.val();

        // Under which SA and number.
        // What is being reset takes nothing. A datagram of the device's own that stands is sealed before the tables change.
        self.choice.hold.next = self.held.q.val();
        self.choice.wipe.next = self.bus.q.val().wipe;
        self.choice.listens.next = self.sequencer.listens.val();
        self.choice.host.next = self.classify.ready.val();
        self.choice.host_facts.next = self.classify.told_facts.val();
        self.choice.host_frame.next = self.classify.told_frame.val();
        self.choice.host_decision.next = self.classify.decision.val();
        self.classify.take.next = self.choice.host_take.val();
        self.choice.control.next = self.control_go.val();
        self.choice.control_facts.next = self.control_facts.val();
        self.choice.control_frame.next = self.control_frame.val();
        self.choice.control_sa.next = self.control_sa.val();
        self.control_take.next = self.choice.control_take.val();
        self.choice.take.next = self.sequencer.take.val();
        self.own_stands.next = self.choice.ready.val() & self.choice.is_control.val();
        self.sequencer.hold.next = (self.held.q.val() & !self.own_stands.val()) | self.bus.q.val().wipe;
        self.sequencer.room.next = self.promises.room.val();
        self.sequencer.may_wait.next = self.may_wait.val();
        self.sequencer.control.next = self.choice.is_control.val();
        self.sequencer.go.next = self.choice.ready.val();
        self.sequencer.facts.next = self.choice.facts.val();
        self.sequencer.frame.next = self.choice.frame.val();
        self.sequencer.decision.next = self.choice.decision.val();
        self.promises.forget.next = self.bus.q.val().wipe & !self.sequencer.starved.val();
        self.promises.promise.next = self.sequencer.take.val();
        self.promises.blocks.next = self.choice.frame.val().words;
        self.promises.settle.next = self.encapsulate.settled.val();
        self.promises.settle_blocks.next = self.encapsulate.settled_blocks.val();
        self.promises.tail.next = self.encapsulate.tail.val();
        self.promises.flying.next = self.encapsulate.flying.val();
        self.promises.bound.next = self.sealed.bound.val();
        self.promises.held.next = self.sealed.held.val();
        self.used.next = self.sequencer.used.val();
        self.control_used.next = self.sequencer.used.val() & self.sequencer.used_control.val();
        self.used_index.next = self.sequencer.used_index.val();
        self.used_high.next = self.sequencer.used_high.val();
        self.used_low.next = self.sequencer.used_low.val();
        self.starving.next = self.sequencer.starving.val();
        self.sad.table_write.next = self.bus.q.val().write;
        self.sad.table_select.next = self.bus.q.val().select;
        self.sad.table_index.next = self.bus.q.val().index;
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
        self.sad.read_row.next = self.sequencer.sad_row.val();
        for i in 0..4 {
            self.sequencer.sad_data[i].next = self.sad.row[i].val();
        }
        self.sequencer.sad_valid.next = self.sad.valid.val();
        self.event_valid.next = self.sequencer.event_valid.val();
        self.event_head.next = self.sequencer.event_head.val();
        self.event_detail.next = self.sequencer.event_detail.val();
        self.sequencer.event_ready.next = self.event_ready.val();

        // The cipher.
        self.seal_key_write.next = self.sequencer.key_write.val();
        self.seal_key_index.next = self.sequencer.key_index.val();
        self.seal_key_word.next = self.sequencer.key_word.val();
        self.seal_job_aes256.next = self.sequencer.job_aes256.val();
        for i in 0..3 {
            self.seal_job_nonce[i].next = self.sequencer.job_nonce[i].val();
        }
        self.seal_job_sa.next = self.sequencer.job_sa.val();
        self.seal_job_start.next = self.sequencer.job_start.val();
        self.sequencer.job_ready.next = self.seal_job_ready.val();
        self.seal_text_valid.next = self.encapsulate.text_valid.val();
        self.seal_text_first.next = self.encapsulate.text_first.val();
        self.seal_text_last.next = self.encapsulate.text_last.val();
        self.seal_text_bytes.next = self.encapsulate.text_bytes.val();
        self.seal_text_block.next = self.encapsulate.text_block.val();
        self.encapsulate.text_ready.next = self.seal_text_ready.val();
        self.encapsulate.out_valid.next = self.seal_out_valid.val();
        self.encapsulate.out_last.next = self.seal_out_last.val();
        self.encapsulate.out_bytes.next = self.seal_out_bytes.val();
        self.encapsulate.out_block.next = self.seal_out_block.val();
        self.encapsulate.tag_valid.next = self.seal_tag_valid.val();
        self.encapsulate.tag.next = self.seal_tag.val();

        // The new frame.
        self.encapsulate.go.next = self.sequencer.ready.val();
        self.encapsulate.plan.next = self.sequencer.plan.val();
        self.sequencer.accept.next = self.encapsulate.accept.val();
        self.sequencer.header_row.next = self.encapsulate.header_row.val();
        self.encapsulate.header_block.next = self.sequencer.header_block.val();
        self.encapsulate.header_spi.next = self.sequencer.spi.val();
        self.encapsulate.header_high.next = self.sequencer.number_high.val();
        self.encapsulate.header_low.next = self.sequencer.number_low.val();
        self.received.address_b.next = self.encapsulate.address.val();
        self.control_address.next = self.encapsulate.control_address.val();
        self.encapsulate.control_data.next = self.control_data.val();
        self.control_done.next = self.encapsulate.control_done.val();
        self.own_valid.next = self.encapsulate.own_valid.val();
        self.encapsulate.own_ready.next = self.own_ready.val();
        self.encapsulate.data.next = self.received.data_b.val();
        self.received.free.next = self.encapsulate.free.val();
        self.received.free_blocks.next = self.encapsulate.free_blocks.val();
        self.drop_valid.next = self.encapsulate.drop_valid.val();
        self.drop_reason.next = self.encapsulate.drop_reason.val();
        self.encapsulate.drop_ready.next = self.drop_ready.val();
        self.sa_valid.next = self.encapsulate.sa_valid.val();
        self.sa_index.next = self.encapsulate.sa_index.val();
        self.sa_bytes.next = self.encapsulate.sa_bytes.val();
        self.encapsulate.sa_ready.next = self.sa_ready.val();
        self.sealed.write.next = self.encapsulate.write.val();
        self.sealed.base.next = self.encapsulate.place.val();
        self.sealed.offset.next = 0.into();
        self.sealed.data.next = self.encapsulate.write_data.val();
        self.sealed.commit.next = self.encapsulate.commit.val();
        self.sealed.commit_blocks.next = self.encapsulate.commit_blocks.val();
        self.sealed.commit_length.next = self.encapsulate.commit_length.val();
        self.sealed.commit_reason.next = 0.into();
        self.sealed.commit_note.next = 0.into();
        self.sealed.commit_skip.next = 0.into();

        // Out.
        self.egress.start.next = self.sealed.valid.val();
        self.egress.first.next = self.sealed.frame.val().start;
        self.egress.length.next = self.sealed.frame.val().length;
        self.sealed.take.next = self.egress.done.val();
        // It goes back while it is sent.
        self.returns.starts.next = self.egress.begins.val();
        self.returns.blocks.next = self.sealed.frame.val().words;
        self.returns.reads.next = self.egress.reads.val();
        self.returns.ends.next = self.egress.done.val();
        self.sealed.free.next = self.returns.free.val();
        self.sealed.free_blocks.next = self.returns.free_blocks.val();
        self.sealed.address_a.next = 0.into();
        self.sealed.address_b.next = self.egress.address.val();
        self.egress.data.next = self.sealed.data_b.val();
        self.m_tdata.next = self.egress.tdata.val();
        self.m_tkeep.next = self.egress.tkeep.val();
        self.m_tlast.next = self.egress.tlast.val();
        self.m_tvalid.next = self.egress.tvalid.val();
        self.egress.tready.next = self.m_tready.val();
        self.out_valid.next = self.egress.count_valid.val();
        self.out_bytes.next = self.egress.count_bytes.val();
        self.egress.count_ready.next = self.out_ready.val();

        self.still.d.next = self.held.q.val()
            & self.sequencer.idle.val()
            & self.encapsulate.idle.val()
            & !self.classify.busy.val()
            & !self.own_stands.val();
        self.locked.next = self.still.q.val();
    }
}
