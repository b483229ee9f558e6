//! Sequence state that survives: what a recorded SA needs to come back, and the exchange that makes both ends agree again.
//!
//! ```text
//!   commit ──► recorder ──► keeper ──► fram ──► NVRAM           (records: limit, window edge, the SA itself)
//!     ▲  ▲        │ ▲         └─► gcm (leased from the outbound direction)
//!     │  │        │ └── numbers used and seen
//!     │  └─────┐  ▼ quarantine
//!     │        exchange ── receiver ◄── opened frames
//!     │           │   └── detector, requester, verifier, acknowledger
//!     └───────────┘           composer ──► sequence (the device's own datagrams)
//! ```
//!
//! The contract, with formats and proofs of why nothing is used twice, is the page *Sequence state that survives* of the book.
mod acknowledger;
mod composer;
mod detector;
mod exchange;
mod fram;
mod keeper;
mod receiver;
mod recorder;
mod requester;
mod verifier;

#[cfg(test)]
mod peer;

pub use acknowledger::Acknowledger;
pub use composer::Composer;
pub use detector::Detector;
pub use exchange::Exchange;
pub use fram::Fram;
pub use keeper::Keeper;
pub use receiver::Receiver;
pub use recorder::Recorder;
pub use requester::Requester;
pub use verifier::Verifier;

use crate::cell::{row, Ram, Reg, Settle};
use crate::parse::Facts;
use crate::prelude::*;
use crate::stream::Frame;
use crate::Sizes;
use holdfast_registers::map::{resync_command, resync_status};

/// What the recorder says of the quarantine, a clock late: commit's answer comes from afar.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ResyncMark {
    pub set: Bit,
    pub clear: Bit,
    pub index: Bits<5>,
}

/// A command of the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ResyncOrder {
    pub given: Bit,
    pub operation: Bits<3>,
    pub index: Bits<5>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ResyncBus {
    pub pair: Bit,
    pub write: Bit,
    pub select: Bits<2>,
    pub index: Bits<5>,
    pub word: Bits<5>,
}

/// What the keeper tells the cipher, a clock late.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ResyncKey {
    pub write: Bit,
    pub index: Bits<3>,
    pub start: Bit,
}

/// The resync blocks put together; nothing but wiring, the choice between recorder and exchange where both use one thing, and the resync parameters.
#[derive(LogicBlock, Ports)]
pub struct Resync {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Pins: the device key, first byte most significant; a serial FRAM.
    pub device_key: Signal<In, Bits<256>>,
    pub device_key_valid: Signal<In, Bit>,
    pub nvram_cs_n: Signal<Out, Bit>,
    pub nvram_sck: Signal<Out, Bit>,
    pub nvram_mosi: Signal<Out, Bit>,
    pub nvram_miso: Signal<In, Bit>,
    pub counter_present: Signal<In, Bit>,
    pub counter_raise: Signal<Out, Bit>,
    pub counter_done: Signal<In, Bit>,
    pub counter_value: Signal<In, Bits<32>>,
    /// Register bus: settings, status, commands.
    pub control_port: Signal<In, Bits<16>>,
    pub authentication_limit: Signal<In, Bits<8>>,
    pub replay_limit: Signal<In, Bits<8>>,
    pub command: Signal<In, Bit>,
    pub command_word: Signal<In, Bits<32>>,
    pub status: Signal<Out, Bits<5>>,
    pub quarantine: Signal<Out, Bits<32>>,
    pub enable_set: Signal<Out, Bit>,
    /// Events, see `Control::push2_valid`.
    pub e_valid: Signal<Out, Bit>,
    pub e_head: Signal<Out, Bits<32>>,
    pub e_detail: Signal<Out, Bits<32>>,
    pub e_ready: Signal<In, Bit>,
    /// Table bus: resync parameters as they are committed, and the words of inbound SAs.
    pub pair_write: Signal<In, Bit>,
    pub table_write: Signal<In, Bit>,
    pub table_select: Signal<In, Bits<2>>,
    pub table_index: Signal<In, Bits<5>>,
    pub table_word: Signal<In, Bits<5>>,
    pub table_data: Signal<In, Bits<32>>,
    /// Commit: as its client, and at its service, see `Commit`.
    pub c_want: Signal<Out, Bit>,
    pub c_grant: Signal<In, Bit>,
    pub c_write: Signal<Out, Bit>,
    pub c_word: Signal<Out, Bits<5>>,
    pub c_data: Signal<Out, Bits<32>>,
    pub c_start: Signal<Out, Bit>,
    pub c_operation: Signal<Out, Bits<3>>,
    pub c_inbound: Signal<Out, Bit>,
    pub c_index: Signal<Out, Bits<5>>,
    pub c_done: Signal<In, Bit>,
    pub c_refused: Signal<In, Bit>,
    pub recorded: [Signal<Out, Bits<32>>; 2],
    pub r_install: Signal<In, Bit>,
    pub r_delete: Signal<In, Bit>,
    pub r_want: Signal<Out, Bit>,
    pub r_inbound: Signal<In, Bit>,
    pub r_index: Signal<In, Bits<5>>,
    pub r_done: Signal<Out, Bit>,
    pub r_ok: Signal<Out, Bit>,
    pub r_word: Signal<Out, Bits<5>>,
    pub r_data: Signal<In, Bits<32>>,
    /// Locks of the two directions.
    pub lock: [Signal<Out, Bit>; 2],
    pub locked: [Signal<In, Bit>; 2],
    /// The outbound cipher, while leased.
    pub lease: Signal<Out, Bit>,
    pub key_write: Signal<Out, Bit>,
    pub key_index: Signal<Out, Bits<3>>,
    pub key_word: Signal<Out, Bits<32>>,
    pub job_nonce: [Signal<Out, Bits<32>>; 3],
    pub job_blocks: Signal<Out, Bits<8>>,
    pub job_start: Signal<Out, Bit>,
    pub job_ready: Signal<In, Bit>,
    pub in_valid: Signal<Out, Bit>,
    pub in_kind: Signal<Out, Bits<2>>,
    pub in_word: Signal<Out, Bits<32>>,
    pub in_ready: Signal<In, Bit>,
    pub encrypt: Signal<Out, Bit>,
    pub out_valid: Signal<In, Bit>,
    pub out_word: Signal<In, Bits<32>>,
    pub tag: [Signal<In, Bits<32>>; 4],
    pub tag_valid: Signal<In, Bit>,
    pub tag_take: Signal<Out, Bit>,
    /// The device's own datagrams, on their way out.
    pub i_go: Signal<Out, Bit>,
    pub i_sa: Signal<Out, Bits<5>>,
    pub i_facts: Signal<Out, Facts>,
    pub i_frame: Signal<Out, Frame>,
    pub i_take: Signal<In, Bit>,
    pub i_used: Signal<In, Bit>,
    pub i_address: Signal<In, Bits<10>>,
    pub i_data: Signal<Out, Bits<32>>,
    pub i_done: Signal<In, Bit>,
    /// Numbers that recorded SAs have used, packets that wait for more; how far inbound numbers have come.
    pub may_wait: Signal<Out, Bit>,
    pub used: Signal<In, Bit>,
    pub used_index: Signal<In, Bits<5>>,
    pub used_high: Signal<In, Bits<32>>,
    pub used_low: Signal<In, Bits<32>>,
    pub starving: Signal<In, Bit>,
    pub seen: Signal<In, Bit>,
    pub seen_index: Signal<In, Bits<5>>,
    pub seen_high: Signal<In, Bits<32>>,
    pub seen_low: Signal<In, Bits<32>>,
    /// What was decided on inbound packets.
    pub f_icv: Signal<In, Bit>,
    pub f_replay: Signal<In, Bit>,
    pub f_fresh: Signal<In, Bit>,
    pub f_index: Signal<In, Bits<5>>,
    /// The frame that is next for the host.
    pub m_go: Signal<In, Bit>,
    pub m_facts: Signal<In, Facts>,
    pub m_note: Signal<In, Bits<8>>,
    pub m_start: Signal<In, Bits<10>>,
    pub m_address: Signal<Out, Bits<10>>,
    pub m_data: Signal<In, Bits<32>>,
    pub m_number_high: Signal<In, Bits<32>>,
    pub m_number_low: Signal<In, Bits<32>>,
    pub m_take: Signal<In, Bit>,
    pub m_ready: Signal<Out, Bit>,
    pub m_claim: Signal<Out, Bit>,
    pub m_reason: Signal<Out, Bits<5>>,
    fram: Settle<Fram>,
    keeper: Settle<Keeper>,
    recorder: Settle<Recorder>,
    exchange: Settle<Exchange>,
    /// The parameters, once for each reader: 16 words per pair.
    parameters: [Ram<Bits<32>, 9>; 2],
    parameter: [Reg<Bits<32>>; 2],
    /// Commit works for the exchange, not for the recorder; the event on offer is the exchange's.
    client: Reg<Bit>,
    /// The table bus, a clock late: nobody here needs it at once.
    bus: Reg<ResyncBus>,
    key: Reg<ResyncKey>,
    key_data: Reg<Bits<32>>,
    /// The frame that was taken has its number.
    given_out: Reg<Bit>,
    order: Reg<ResyncOrder>,
    mark: Reg<ResyncMark>,
    bus_data: Reg<Bits<32>>,
    bus_index: Signal<Local, Bits<5>>,
    bus_word: Signal<Local, Bits<5>>,
    speaker: Reg<Bit>,
    busy: Signal<Local, Bit>,
    desynchronises: Signal<Local, Bit>,
    desynchronise: Constant<Bits<3>>,
}

impl Resync {
    /// For so many SAs.
    pub fn new(sizes: Sizes) -> Self {
        let bit = |b: u32| b.trailing_zeros();
        assert!(bit(resync_status::SUSPENDED) == 2, "the exchange waits on this bit");
        Self {
            clock: Default::default(),
            reset: Default::default(),
            device_key: Default::default(),
            device_key_valid: Default::default(),
            nvram_cs_n: Default::default(),
            nvram_sck: Default::default(),
            nvram_mosi: Default::default(),
            nvram_miso: Default::default(),
            counter_present: Default::default(),
            counter_raise: Default::default(),
            counter_done: Default::default(),
            counter_value: Default::default(),
            control_port: Default::default(),
            authentication_limit: Default::default(),
            replay_limit: Default::default(),
            command: Default::default(),
            command_word: Default::default(),
            status: Default::default(),
            quarantine: Default::default(),
            enable_set: Default::default(),
            e_valid: Default::default(),
            e_head: Default::default(),
            e_detail: Default::default(),
            e_ready: Default::default(),
            pair_write: Default::default(),
            table_write: Default::default(),
            table_select: Default::default(),
            table_index: Default::default(),
            table_word: Default::default(),
            table_data: Default::default(),
            c_want: Default::default(),
            c_grant: Default::default(),
            c_write: Default::default(),
            c_word: Default::default(),
            c_data: Default::default(),
            c_start: Default::default(),
            c_operation: Default::default(),
            c_inbound: Default::default(),
            c_index: Default::default(),
            c_done: Default::default(),
            c_refused: Default::default(),
            recorded: row(),
            r_install: Default::default(),
            r_delete: Default::default(),
            r_want: Default::default(),
            r_inbound: Default::default(),
            r_index: Default::default(),
            r_done: Default::default(),
            r_ok: Default::default(),
            r_word: Default::default(),
            r_data: Default::default(),
            lock: row(),
            locked: row(),
            lease: Default::default(),
            key_write: Default::default(),
            key_index: Default::default(),
            key_word: Default::default(),
            job_nonce: row(),
            job_blocks: Default::default(),
            job_start: Default::default(),
            job_ready: Default::default(),
            in_valid: Default::default(),
            in_kind: Default::default(),
            in_word: Default::default(),
            in_ready: Default::default(),
            encrypt: Default::default(),
            out_valid: Default::default(),
            out_word: Default::default(),
            tag: row(),
            tag_valid: Default::default(),
            tag_take: Default::default(),
            i_go: Default::default(),
            i_sa: Default::default(),
            i_facts: Default::default(),
            i_frame: Default::default(),
            i_take: Default::default(),
            i_used: Default::default(),
            i_address: Default::default(),
            i_data: Default::default(),
            i_done: Default::default(),
            may_wait: Default::default(),
            used: Default::default(),
            used_index: Default::default(),
            used_high: Default::default(),
            used_low: Default::default(),
            starving: Default::default(),
            seen: Default::default(),
            seen_index: Default::default(),
            seen_high: Default::default(),
            seen_low: Default::default(),
            f_icv: Default::default(),
            f_replay: Default::default(),
            f_fresh: Default::default(),
            f_index: Default::default(),
            m_go: Default::default(),
            m_facts: Default::default(),
            m_note: Default::default(),
            m_start: Default::default(),
            m_address: Default::default(),
            m_data: Default::default(),
            m_number_high: Default::default(),
            m_number_low: Default::default(),
            m_take: Default::default(),
            m_ready: Default::default(),
            m_claim: Default::default(),
            m_reason: Default::default(),
            fram: Default::default(),
            keeper: Default::default(),
            recorder: Settle::new(Recorder::new(sizes)),
            exchange: Settle::new(Exchange::new(sizes)),
            parameters: [(); 2].map(|()| Ram::of(sizes.sa_bits(4) | 15)),
            parameter: row(),
            client: Default::default(),
            bus: Default::default(),
            key: Default::default(),
            key_data: Default::default(),
            given_out: Default::default(),
            order: Default::default(),
            mark: Default::default(),
            bus_data: Default::default(),
            bus_index: Default::default(),
            bus_word: Default::default(),
            speaker: Default::default(),
            busy: Default::default(),
            desynchronises: Default::default(),
            desynchronise: Constant::new((resync_command::DESYNCHRONISE as u64).into()),
        }
    }
}

impl Default for Resync {
    fn default() -> Self {
        Self::new(Sizes::default())
    }
}

impl Logic for Resync {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, client, speaker, bus, bus_data, order, mark, given_out, key, key_data);
        self.given_out.reset.next = self.reset.val();
        clock!(self, clock, fram, keeper, recorder, exchange);
        self.client.reset.next = self.reset.val();
        self.speaker.reset.next = self.reset.val();
        self.fram.reset.next = self.reset.val();
        self.keeper.reset.next = self.reset.val();
        self.recorder.reset.next = self.reset.val();
        self.exchange.reset.next = self.reset.val();

        // The NVRAM.
        self.nvram_cs_n.next = self.fram.cs_n.val();
        self.nvram_sck.next = self.fram.sck.val();
        self.nvram_mosi.next = self.fram.mosi.val();
        self.fram.miso.next = self.nvram_miso.val();
        self.fram.request.next = self.keeper.nv_request.val();
        self.fram.write.next = self.keeper.nv_write.val();
        self.fram.address.next = self.keeper.nv_address.val();
        self.fram.data.next = self.keeper.nv_data.val();
        self.keeper.nv_ack.next = self.fram.ack.val();
        self.keeper.nv_answer.next = self.fram.answer.val();
        self.keeper.nv_fault.next = self.fram.fault.val();
        self.keeper.nv_idle.next = self.fram.idle.val();
        self.keeper.counter_present.next = self.counter_present.val();
        self.counter_raise.next = self.keeper.counter_raise.val();
        self.keeper.counter_done.next = self.counter_done.val();
        self.keeper.counter_value.next = self.counter_value.val();
        self.recorder.counted.next = self.counter_present.val();

        // One record.
        self.keeper.key_valid.next = self.device_key_valid.val();
        self.keeper.device_key[0].next = self.device_key.val().get_bits::<32>(224);
        self.keeper.device_key[1].next = self.device_key.val().get_bits::<32>(192);
        self.keeper.device_key[2].next = self.device_key.val().get_bits::<32>(160);
        self.keeper.device_key[3].next = self.device_key.val().get_bits::<32>(128);
        self.keeper.device_key[4].next = self.device_key.val().get_bits::<32>(96);
        self.keeper.device_key[5].next = self.device_key.val().get_bits::<32>(64);
        self.keeper.device_key[6].next = self.device_key.val().get_bits::<32>(32);
        self.keeper.device_key[7].next = self.device_key.val().get_bits::<32>(0);
        self.keeper.start.next = self.recorder.k_start.val();
        self.keeper.operation.next = self.recorder.k_operation.val();
        self.keeper.kind.next = self.recorder.k_kind.val();
        self.keeper.place.next = self.recorder.k_place.val();
        self.keeper.slot.next = self.recorder.k_slot.val();
        self.recorder.k_busy.next = self.keeper.busy.val();
        self.recorder.k_done.next = self.keeper.done.val();
        self.recorder.k_ok.next = self.keeper.ok.val();
        self.recorder.k_blank.next = self.keeper.blank.val();
        self.recorder.k_fault.next = self.keeper.fault.val();
        self.recorder.k_generation_high.next = self.keeper.generation_high.val();
        self.recorder.k_generation_low.next = self.keeper.generation_low.val();
        self.keeper.buffer_write.next = self.recorder.k_buffer_write.val();
        self.keeper.buffer_address.next = self.recorder.k_buffer_address.val();
        self.keeper.buffer_data.next = self.recorder.k_buffer_data.val();
        self.recorder.k_buffer_word.next = self.keeper.buffer_word.val();
        self.recorder.key_valid.next = self.device_key_valid.val();

        // The cipher.
        self.lock[0].next = self.keeper.lock.val() | self.recorder.hold_all.val();
        self.lock[1].next = self.recorder.hold_all.val();
        self.keeper.locked.next = self.locked[0].val();
        self.recorder.held_all.next = self.locked[0].val() & self.locked[1].val();
        self.lease.next = self.keeper.lease.val();
        self.key.reset.next = self.reset.val();
        self.key.d.next.write = self.keeper.key_write.val();
        self.key.d.next.index = self.keeper.key_index.val();
        self.key.d.next.start = self.keeper.job_start.val();
        // Nothing of the device key stays behind.
        self.key_data.reset.next = self.reset.val() | !self.keeper.key_write.val();
        self.key_data.d.next = self.keeper.key_word.val();
        self.key_write.next = self.key.q.val().write;
        self.key_index.next = self.key.q.val().index;
        self.key_word.next = self.key_data.q.val();
        for i in 0..3 {
            self.job_nonce[i].next = self.keeper.job_nonce[i].val();
        }
        self.job_blocks.next = self.keeper.job_blocks.val();
        self.job_start.next = self.key.q.val().start;
        self.keeper.job_ready.next = self.job_ready.val();
        self.in_valid.next = self.keeper.in_valid.val();
        self.in_kind.next = self.keeper.in_kind.val();
        self.in_word.next = self.keeper.in_word.val();
        self.keeper.in_ready.next = self.in_ready.val();
        self.encrypt.next = self.keeper.encrypt.val();
        self.keeper.out_valid.next = self.out_valid.val();
        self.keeper.out_word.next = self.out_word.val();
        for i in 0..4 {
            self.keeper.tag[i].next = self.tag[i].val();
        }
        self.keeper.tag_valid.next = self.tag_valid.val();
        self.tag_take.next = self.keeper.tag_take.val();

        // Commit, for one of the two at a time.
        self.client.d.next = self.exchange.c_want.val() & (self.client.q.val() | !self.recorder.c_want.val());
        self.c_want.next = self.recorder.c_want.val() & !self.client.q.val();
        self.c_write.next = self.recorder.c_write.val() & !self.client.q.val();
        self.c_start.next = self.recorder.c_start.val() & !self.client.q.val();
        self.c_word.next = self.recorder.c_word.val();
        self.c_data.next = self.recorder.c_data.val();
        self.c_operation.next = self.recorder.c_operation.val();
        self.c_inbound.next = self.recorder.c_inbound.val();
        self.c_index.next = self.recorder.c_index.val();
        if self.client.q.val() {
            self.c_want.next = self.exchange.c_want.val();
            self.c_write.next = self.exchange.c_write.val();
            self.c_start.next = self.exchange.c_start.val();
            self.c_word.next = self.exchange.c_word.val();
            self.c_data.next = self.exchange.c_data.val();
            self.c_operation.next = self.exchange.c_operation.val();
            self.c_inbound.next = self.exchange.c_inbound.val();
            self.c_index.next = self.exchange.c_index.val();
        }
        self.recorder.c_grant.next = self.c_grant.val() & !self.client.q.val();
        self.recorder.c_done.next = self.c_done.val() & !self.client.q.val();
        self.recorder.c_refused.next = self.c_refused.val();
        self.exchange.c_grant.next = self.c_grant.val() & self.client.q.val();
        self.exchange.c_done.next = self.c_done.val() & self.client.q.val();
        self.exchange.c_refused.next = self.c_refused.val();
        self.r_want.next = self.recorder.c_want.val();
        self.recorder.r_install.next = self.r_install.val();
        self.recorder.r_delete.next = self.r_delete.val();
        self.recorder.r_inbound.next = self.r_inbound.val();
        self.recorder.r_index.next = self.r_index.val();
        self.recorder.r_data.next = self.r_data.val();
        self.r_done.next = self.recorder.r_done.val();
        self.r_ok.next = self.recorder.r_ok.val();
        self.r_word.next = self.recorder.r_word.val();
        self.recorded[0].next = self.recorder.recorded.val();
        self.recorded[1].next = self.recorder.recorded_inbound.val();

        self.bus.reset.next = self.reset.val();
        self.bus_data.reset.next = self.reset.val();
        self.bus.d.next.pair = self.pair_write.val();
        self.bus.d.next.write = self.table_write.val();
        self.bus.d.next.select = self.table_select.val();
        self.bus.d.next.index = self.table_index.val();
        self.bus.d.next.word = self.table_word.val();
        self.bus_data.d.next = self.table_data.val();
        self.bus_index.next = self.bus.q.val().index;
        self.bus_word.next = self.bus.q.val().word;

        // Parameters.
        for i in 0..2 {
            self.parameters[i].clock.next = self.clock.val();
            self.parameters[i].write.next = self.bus.q.val().pair;
            self.parameters[i].write_address.next =
                (bit_cast::<9, 5>(self.bus_index.val()) << 4) | bit_cast::<9, 4>(self.bus_word.val().get_bits::<4>(0));
            self.parameters[i].write_data.next = self.bus_data.q.val();
            self.parameter[i].clock.next = self.clock.val();
            self.parameter[i].reset.next = self.reset.val();
            self.parameter[i].d.next = self.parameters[i].read_data.val();
        }
        self.parameters[0].read_address.next =
            (bit_cast::<9, 5>(self.recorder.p_index.val()) << 4) | bit_cast::<9, 4>(self.recorder.p_word.val());
        self.parameters[1].read_address.next =
            (bit_cast::<9, 5>(self.exchange.p_index.val()) << 4) | bit_cast::<9, 4>(self.exchange.p_word.val());
        self.recorder.p_data.next = self.parameter[0].q.val();
        self.exchange.p_data.next = self.parameter[1].q.val();

        // News of the numbers.
        self.may_wait.next = self.recorder.may_wait.val();
        self.recorder.used.next = self.used.val();
        self.recorder.used_index.next = self.used_index.val();
        self.recorder.used_high.next = self.used_high.val();
        self.recorder.used_low.next = self.used_low.val();
        self.recorder.starving.next = self.starving.val();
        self.recorder.starving_index.next = self.used_index.val();
        self.recorder.seen.next = self.seen.val();
        self.recorder.seen_index.next = self.seen_index.val();
        self.recorder.seen_high.next = self.seen_high.val();
        self.recorder.seen_low.next = self.seen_low.val();
        self.recorder.quarantine.next = self.exchange.quarantine.val();
        self.recorder.table_write.next = self.bus.q.val().write;
        self.recorder.table_select.next = self.bus.q.val().select;
        self.recorder.table_index.next = self.bus_index.val();
        self.recorder.table_word.next = self.bus_word.val();
        self.recorder.table_data.next = self.bus_data.q.val();

        // Commands and status.
        self.order.reset.next = self.reset.val();
        self.order.d.next.given = self.command.val();
        self.order.d.next.operation = self.command_word.val().get_bits::<3>(16);
        self.order.d.next.index = self.command_word.val().get_bits::<5>(0);
        self.desynchronises.next = self.order.q.val().operation == self.desynchronise.val();
        self.recorder.command.next = self.order.q.val().given & !self.desynchronises.val();
        self.recorder.command_operation.next = self.order.q.val().operation;
        self.exchange.desynchronise.next = self.order.q.val().given & self.desynchronises.val();
        self.exchange.command_index.next = self.order.q.val().index;
        self.status.next = self.recorder.status.val();
        self.enable_set.next = self.recorder.enable_set.val();
        self.quarantine.next = self.exchange.quarantine.val();
        self.exchange.still.next = self.recorder.status.val().get_bit(2);
        self.exchange.seed.next = self.tag[0].val();
        self.exchange.port.next = self.control_port.val();
        self.exchange.recorded_inbound.next = self.recorder.recorded_inbound.val();
        self.mark.reset.next = self.reset.val();
        self.mark.d.next.set = self.recorder.q_set.val();
        self.mark.d.next.clear = self.recorder.q_clear.val();
        self.mark.d.next.index = self.recorder.q_index.val();
        self.exchange.q_set.next = self.mark.q.val().set;
        self.exchange.q_clear.next = self.mark.q.val().clear;
        self.exchange.q_index.next = self.mark.q.val().index;
        self.exchange.q_cause.next = self.recorder.q_cause.val();
        self.exchange.authentication_limit.next = self.authentication_limit.val();
        self.exchange.replay_limit.next = self.replay_limit.val();
        self.exchange.f_icv.next = self.f_icv.val();
        self.exchange.f_replay.next = self.f_replay.val();
        self.exchange.f_fresh.next = self.f_fresh.val();
        self.exchange.f_index.next = self.f_index.val();

        // Events.
        self.busy.next = self.recorder.e_valid.val() & !self.speaker.q.val();
        self.speaker.d.next = self.exchange.e_valid.val() & !self.busy.val() & !self.e_ready.val();
        self.e_valid.next = self.busy.val() | (self.speaker.q.val() & self.exchange.e_valid.val());
        self.e_head.next = self.recorder.e_head.val();
        self.e_detail.next = self.recorder.e_detail.val();
        if self.speaker.q.val() {
            self.e_head.next = self.exchange.e_head.val();
            self.e_detail.next = self.exchange.e_detail.val();
        }
        self.recorder.e_ready.next = self.e_ready.val() & !self.speaker.q.val();
        self.exchange.e_ready.next = self.e_ready.val() & self.speaker.q.val();

        // The exchange's two sides.
        self.i_go.next = self.exchange.i_go.val();
        self.i_sa.next = self.exchange.i_sa.val();
        self.i_facts.next = self.exchange.i_facts.val();
        self.i_frame.next = self.exchange.i_frame.val();
        self.exchange.i_take.next = self.i_take.val();
        // A clock late; the number stands for as long as its frame is under way.
        self.given_out.d.next = self.i_used.val();
        self.exchange.i_used.next = self.given_out.q.val();
        self.exchange.i_used_high.next = self.used_high.val();
        self.exchange.i_used_low.next = self.used_low.val();
        self.exchange.i_address.next = self.i_address.val();
        self.i_data.next = self.exchange.i_data.val();
        self.exchange.i_done.next = self.i_done.val();
        self.exchange.r_go.next = self.m_go.val();
        self.exchange.r_facts.next = self.m_facts.val();
        self.exchange.r_note.next = self.m_note.val();
        self.exchange.r_start.next = self.m_start.val();
        self.exchange.r_data.next = self.m_data.val();
        self.m_address.next = self.exchange.r_address.val();
        self.exchange.r_number_high.next = self.m_number_high.val();
        self.exchange.r_number_low.next = self.m_number_low.val();
        self.exchange.r_take.next = self.m_take.val();
        self.m_ready.next = self.exchange.r_ready.val();
        self.m_claim.next = self.exchange.r_claim.val();
        self.m_reason.next = self.exchange.r_reason.val();
    }
}
