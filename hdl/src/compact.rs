//! The device, profile `compact`: both directions and the control plane, behind plain port names.
use crate::bus::{Capabilities, Control};
use crate::cell::Settle;
use crate::inbound::Inbound;
use crate::isolate::Isolate;
use crate::outbound::Outbound;
use crate::prelude::*;
use crate::resync::Resync;
use crate::Sizes;

/// The device. One clock; `reset` is synchronous and active high, one cycle of it suffices. Streams are AXI4-Stream (first byte on the wire in
/// `tdata[7:0]`), whole Ethernet frames without preamble and FCS; registers are AXI4-Lite, see the register reference; `irq` is a level.
///
/// The clear side is `s_axis_host` → `m_axis_net` (sealing) and the protected side `s_axis_net` → `m_axis_host` (opening); they share nothing but the control plane.
#[derive(LogicBlock, Ports)]
pub struct Compact {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub s_axis_host_tdata: Signal<In, Bits<128>>,
    pub s_axis_host_tkeep: Signal<In, Bits<16>>,
    pub s_axis_host_tlast: Signal<In, Bit>,
    pub s_axis_host_tvalid: Signal<In, Bit>,
    pub s_axis_host_tready: Signal<Out, Bit>,
    pub m_axis_net_tdata: Signal<Out, Bits<128>>,
    pub m_axis_net_tkeep: Signal<Out, Bits<16>>,
    pub m_axis_net_tlast: Signal<Out, Bit>,
    pub m_axis_net_tvalid: Signal<Out, Bit>,
    pub m_axis_net_tready: Signal<In, Bit>,
    pub s_axis_net_tdata: Signal<In, Bits<128>>,
    pub s_axis_net_tkeep: Signal<In, Bits<16>>,
    pub s_axis_net_tlast: Signal<In, Bit>,
    pub s_axis_net_tvalid: Signal<In, Bit>,
    pub s_axis_net_tready: Signal<Out, Bit>,
    pub m_axis_host_tdata: Signal<Out, Bits<128>>,
    pub m_axis_host_tkeep: Signal<Out, Bits<16>>,
    pub m_axis_host_tlast: Signal<Out, Bit>,
    pub m_axis_host_tvalid: Signal<Out, Bit>,
    pub m_axis_host_tready: Signal<In, Bit>,
    pub s_axi_awaddr: Signal<In, Bits<12>>,
    pub s_axi_awvalid: Signal<In, Bit>,
    pub s_axi_awready: Signal<Out, Bit>,
    pub s_axi_wdata: Signal<In, Bits<32>>,
    pub s_axi_wstrb: Signal<In, Bits<4>>,
    pub s_axi_wvalid: Signal<In, Bit>,
    pub s_axi_wready: Signal<Out, Bit>,
    pub s_axi_bresp: Signal<Out, Bits<2>>,
    pub s_axi_bvalid: Signal<Out, Bit>,
    pub s_axi_bready: Signal<In, Bit>,
    pub s_axi_araddr: Signal<In, Bits<12>>,
    pub s_axi_arvalid: Signal<In, Bit>,
    pub s_axi_arready: Signal<Out, Bit>,
    pub s_axi_rdata: Signal<Out, Bits<32>>,
    pub s_axi_rresp: Signal<Out, Bits<2>>,
    pub s_axi_rvalid: Signal<Out, Bit>,
    pub s_axi_rready: Signal<In, Bit>,
    pub irq: Signal<Out, Bit>,
    /// The host is powered. Without it everything on its two streams and the register bus is ignored, and frames for it are dropped.
    pub host_up: Signal<In, Bit>,
    /// Key of the records in NVRAM, first byte in bits 255:248; stable while `device_key_valid`. Never leaves.
    pub device_key: Signal<In, Bits<256>>,
    pub device_key_valid: Signal<In, Bit>,
    /// Serial FRAM of 64 KiB, SPI mode 0.
    pub nvram_cs_n: Signal<Out, Bit>,
    pub nvram_sck: Signal<Out, Bit>,
    pub nvram_mosi: Signal<Out, Bit>,
    pub nvram_miso: Signal<In, Bit>,
    /// External monotonic counter, see `docs/src/resync.md`: there is one (stable); asks it to count, until `counter_done`, with which `counter_value` is its new value.
    pub counter_present: Signal<In, Bit>,
    pub counter_raise: Signal<Out, Bit>,
    pub counter_done: Signal<In, Bit>,
    pub counter_value: Signal<In, Bits<32>>,
    isolate: Settle<Isolate>,
    outbound: Settle<Outbound>,
    inbound: Settle<Inbound>,
    control: Settle<Control>,
    resync: Settle<Resync>,
}

impl Compact {
    /// With tables of these sizes.
    ///
    /// # Panics
    /// Where [`Sizes::check_compact`] refuses them, or `frame` is not [`Sizes::ETHERNET`].
    pub fn new(sizes: Sizes) -> Self {
        if let Err(why) = sizes.check_compact() {
            panic!("{why}");
        }
        assert_eq!(sizes.frame, Sizes::ETHERNET, "the stores of profile compact are made for Ethernet's longest frame");
        Self {
            clock: Default::default(),
            reset: Default::default(),
            s_axis_host_tdata: Default::default(),
            s_axis_host_tkeep: Default::default(),
            s_axis_host_tlast: Default::default(),
            s_axis_host_tvalid: Default::default(),
            s_axis_host_tready: Default::default(),
            m_axis_net_tdata: Default::default(),
            m_axis_net_tkeep: Default::default(),
            m_axis_net_tlast: Default::default(),
            m_axis_net_tvalid: Default::default(),
            m_axis_net_tready: Default::default(),
            s_axis_net_tdata: Default::default(),
            s_axis_net_tkeep: Default::default(),
            s_axis_net_tlast: Default::default(),
            s_axis_net_tvalid: Default::default(),
            s_axis_net_tready: Default::default(),
            m_axis_host_tdata: Default::default(),
            m_axis_host_tkeep: Default::default(),
            m_axis_host_tlast: Default::default(),
            m_axis_host_tvalid: Default::default(),
            m_axis_host_tready: Default::default(),
            s_axi_awaddr: Default::default(),
            s_axi_awvalid: Default::default(),
            s_axi_awready: Default::default(),
            s_axi_wdata: Default::default(),
            s_axi_wstrb: Default::default(),
            s_axi_wvalid: Default::default(),
            s_axi_wready: Default::default(),
            s_axi_bresp: Default::default(),
            s_axi_bvalid: Default::default(),
            s_axi_bready: Default::default(),
            s_axi_araddr: Default::default(),
            s_axi_arvalid: Default::default(),
            s_axi_arready: Default::default(),
            s_axi_rdata: Default::default(),
            s_axi_rresp: Default::default(),
            s_axi_rvalid: Default::default(),
            s_axi_rready: Default::default(),
            irq: Default::default(),
            host_up: Default::default(),
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
            isolate: Default::default(),
            outbound: Settle::new(Outbound::new(sizes)),
            inbound: Settle::new(Inbound::new(sizes)),
            control: Settle::new(Control::new(Capabilities::new(sizes))),
            resync: Settle::new(Resync::new(sizes)),
        }
    }
}

impl Default for Compact {
    fn default() -> Self {
        Self::new(Sizes::default())
    }
}

impl Logic for Compact {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, isolate, outbound, inbound, control, resync);
        self.isolate.reset.next = self.reset.val();
        self.resync.reset.next = self.reset.val();
        self.outbound.reset.next = self.reset.val();
        self.inbound.reset.next = self.reset.val();
        self.control.reset.next = self.reset.val();

        // The border to the host.
        self.control.host_up.next = self.host_up.val();
        self.isolate.host_up.next = self.host_up.val();
        self.isolate.from_valid.next = self.s_axis_host_tvalid.val();
        self.isolate.from_last.next = self.s_axis_host_tlast.val();
        self.isolate.from_keep.next = self.s_axis_host_tkeep.val();
        self.isolate.in_ready.next = self.outbound.s_tready.val();
        self.isolate.out_valid.next = self.inbound.m_tvalid.val();
        self.isolate.to_ready.next = self.m_axis_host_tready.val();

        // Host to network.
        self.outbound.s_tdata.next = self.s_axis_host_tdata.val();
        self.outbound.s_tkeep.next = self.isolate.in_keep.val();
        self.outbound.s_tlast.next = self.isolate.in_last.val();
        self.outbound.s_tvalid.next = self.isolate.in_valid.val();
        self.s_axis_host_tready.next = self.isolate.from_ready.val();
        self.m_axis_net_tdata.next = self.outbound.m_tdata.val();
        self.m_axis_net_tkeep.next = self.outbound.m_tkeep.val();
        self.m_axis_net_tlast.next = self.outbound.m_tlast.val();
        self.m_axis_net_tvalid.next = self.outbound.m_tvalid.val();
        self.outbound.m_tready.next = self.m_axis_net_tready.val();

        // Network to host.
        self.inbound.s_tdata.next = self.s_axis_net_tdata.val();
        self.inbound.s_tkeep.next = self.s_axis_net_tkeep.val();
        self.inbound.s_tlast.next = self.s_axis_net_tlast.val();
        self.inbound.s_tvalid.next = self.s_axis_net_tvalid.val();
        self.s_axis_net_tready.next = self.inbound.s_tready.val();
        self.m_axis_host_tdata.next = self.inbound.m_tdata.val();
        self.m_axis_host_tkeep.next = self.inbound.m_tkeep.val();
        self.m_axis_host_tlast.next = self.inbound.m_tlast.val();
        self.m_axis_host_tvalid.next = self.isolate.to_valid.val();
        self.inbound.m_tready.next = self.isolate.out_ready.val();

        // Registers.
        self.control.awaddr.next = self.s_axi_awaddr.val();
        self.control.awvalid.next = self.s_axi_awvalid.val();
        self.s_axi_awready.next = self.control.awready.val();
        self.control.wdata.next = self.s_axi_wdata.val();
        self.control.wstrb.next = self.s_axi_wstrb.val();
        self.control.wvalid.next = self.s_axi_wvalid.val();
        self.s_axi_wready.next = self.control.wready.val();
        self.s_axi_bresp.next = self.control.bresp.val();
        self.s_axi_bvalid.next = self.control.bvalid.val();
        self.control.bready.next = self.s_axi_bready.val();
        self.control.araddr.next = self.s_axi_araddr.val();
        self.control.arvalid.next = self.s_axi_arvalid.val();
        self.s_axi_arready.next = self.control.arready.val();
        self.s_axi_rdata.next = self.control.rdata.val();
        self.s_axi_rresp.next = self.control.rresp.val();
        self.s_axi_rvalid.next = self.control.rvalid.val();
        self.control.rready.next = self.s_axi_rready.val();
        self.irq.next = self.control.irq.val();

        // Settings, tables, and the lock that keeps them still.
        self.outbound.enable.next = self.control.enable.val();
        self.outbound.policy.next = self.control.policy.val();
        self.outbound.max_frame.next = self.control.max_frame.val();
        self.outbound.hold.next = self.control.lock[0].val() | self.resync.lock[0].val();
        self.control.locked[0].next = self.outbound.locked.val();
        self.outbound.wipe.next = self.control.wipe_datapath.val();
        self.outbound.table_write.next = self.control.table_write.val();
        self.outbound.table_select.next = self.control.table_select.val();
        self.outbound.table_index.next = self.control.table_index.val();
        self.outbound.table_word.next = self.control.table_word.val();
        self.outbound.table_data.next = self.control.table_data.val();
        self.outbound.table_clear.next = self.control.table_clear.val();
        self.outbound.valid_write.next = self.control.valid_write.val();
        self.outbound.valid_value.next = self.control.valid_value.val();
        self.inbound.enable.next = self.control.enable.val();
        self.inbound.policy.next = self.control.policy.val();
        self.inbound.max_frame.next = self.control.max_frame.val();
        self.inbound.nat_t_port.next = self.control.nat_t_port.val();
        self.inbound.hold.next = self.control.lock[1].val() | self.resync.lock[1].val();
        self.control.locked[1].next = self.inbound.locked.val();
        self.inbound.wipe.next = self.control.wipe_datapath.val();
        self.inbound.table_write.next = self.control.table_write.val();
        self.inbound.table_select.next = self.control.table_select.val();
        self.inbound.table_index.next = self.control.table_index.val();
        self.inbound.table_word.next = self.control.table_word.val();
        self.inbound.table_data.next = self.control.table_data.val();
        self.inbound.table_clear.next = self.control.table_clear.val();
        self.inbound.valid_write.next = self.control.valid_write.val();
        self.inbound.valid_value.next = self.control.valid_value.val();
        self.inbound.window_clear.next = self.control.window_clear.val();
        self.inbound.check.next = self.control.check.val();
        self.inbound.check_index.next = self.control.check_index.val().get_bits::<5>(0);
        self.inbound.check_word.next = self.control.check_word.val();
        self.control.window_busy.next = self.inbound.window_busy.val();
        self.control.check_data.next = self.inbound.check_data.val();
        self.control.check_valid.next = self.inbound.check_valid.val();

        // Sequence state that survives.
        self.resync.device_key.next = self.device_key.val();
        self.resync.device_key_valid.next = self.device_key_valid.val();
        self.resync.nvram_miso.next = self.nvram_miso.val();
        self.resync.counter_present.next = self.counter_present.val();
        self.counter_raise.next = self.resync.counter_raise.val();
        self.resync.counter_done.next = self.counter_done.val();
        self.resync.counter_value.next = self.counter_value.val();
        self.nvram_cs_n.next = self.resync.nvram_cs_n.val();
        self.nvram_sck.next = self.resync.nvram_sck.val();
        self.nvram_mosi.next = self.resync.nvram_mosi.val();
        self.resync.control_port.next = self.control.control_port.val();
        self.resync.authentication_limit.next = self.control.authentication_limit.val();
        self.resync.replay_limit.next = self.control.replay_limit.val();
        self.resync.command.next = self.control.resync_command.val();
        self.resync.command_word.next = self.control.command_word.val();
        self.control.resync_status.next = self.resync.status.val();
        self.control.quarantine.next = self.resync.quarantine.val();
        self.control.enable_set.next = self.resync.enable_set.val();
        self.control.restoring.next = self.resync.status.val().get_bit(0);
        self.control.push2_valid.next = self.resync.e_valid.val();
        self.control.push2_head.next = self.resync.e_head.val();
        self.control.push2_detail.next = self.resync.e_detail.val();
        self.resync.e_ready.next = self.control.push2_ready.val();
        self.resync.pair_write.next = self.control.pair_write.val();
        self.resync.table_write.next = self.control.table_write.val();
        self.resync.table_select.next = self.control.table_select.val();
        self.resync.table_index.next = self.control.table_index.val().get_bits::<5>(0);
        self.resync.table_word.next = self.control.table_word.val();
        self.resync.table_data.next = self.control.table_data.val();
        self.control.c_want.next = self.resync.c_want.val();
        self.control.c_write.next = self.resync.c_write.val();
        self.control.c_word.next = self.resync.c_word.val();
        self.control.c_data.next = self.resync.c_data.val();
        self.control.c_start.next = self.resync.c_start.val();
        self.control.c_operation.next = self.resync.c_operation.val();
        self.control.c_inbound.next = self.resync.c_inbound.val();
        self.control.c_index.next = self.resync.c_index.val();
        self.resync.c_grant.next = self.control.c_grant.val();
        self.resync.c_done.next = self.control.c_done.val();
        self.resync.c_refused.next = self.control.c_refused.val();
        self.resync.r_install.next = self.control.r_install.val();
        self.control.r_want.next = self.resync.r_want.val();
        self.resync.r_delete.next = self.control.r_delete.val();
        self.resync.r_inbound.next = self.control.r_inbound.val();
        self.resync.r_index.next = self.control.r_index.val();
        self.resync.r_data.next = self.control.r_data.val();
        self.control.r_done.next = self.resync.r_done.val();
        self.control.r_ok.next = self.resync.r_ok.val();
        self.control.r_word.next = self.resync.r_word.val();
        for i in 0..2 {
            self.control.recorded[i].next = self.resync.recorded[i].val();
        }
        self.resync.locked[0].next = self.outbound.locked.val();
        self.resync.locked[1].next = self.inbound.locked.val();
        self.outbound.lease.next = self.resync.lease.val();
        self.outbound.keeper_key_write.next = self.resync.key_write.val();
        self.outbound.keeper_key_index.next = self.resync.key_index.val();
        self.outbound.keeper_key_word.next = self.resync.key_word.val();
        self.outbound.keeper_job_blocks.next = self.resync.job_blocks.val();
        self.outbound.keeper_job_start.next = self.resync.job_start.val();
        self.outbound.keeper_in_valid.next = self.resync.in_valid.val();
        self.outbound.keeper_in_kind.next = self.resync.in_kind.val();
        self.outbound.keeper_in_word.next = self.resync.in_word.val();
        self.outbound.keeper_encrypt.next = self.resync.encrypt.val();
        self.outbound.keeper_tag_take.next = self.resync.tag_take.val();
        self.resync.job_ready.next = self.outbound.keeper_job_ready.val();
        self.resync.in_ready.next = self.outbound.keeper_in_ready.val();
        self.resync.out_valid.next = self.outbound.keeper_out_valid.val();
        self.resync.out_word.next = self.outbound.keeper_out_word.val();
        self.resync.tag_valid.next = self.outbound.keeper_tag_valid.val();
        for i in 0..3 {
            self.outbound.keeper_job_nonce[i].next = self.resync.job_nonce[i].val();
        }
        for i in 0..4 {
            self.resync.tag[i].next = self.outbound.keeper_tag[i].val();
        }
        self.outbound.control_go.next = self.resync.i_go.val();
        self.outbound.control_sa.next = self.resync.i_sa.val();
        self.outbound.control_facts.next = self.resync.i_facts.val();
        self.outbound.control_frame.next = self.resync.i_frame.val();
        self.outbound.control_data.next = self.resync.i_data.val();
        self.resync.i_take.next = self.outbound.control_take.val();
        self.resync.i_used.next = self.outbound.control_used.val();
        self.resync.i_address.next = self.outbound.control_address.val();
        self.resync.i_done.next = self.outbound.control_done.val();
        self.outbound.may_wait.next = self.resync.may_wait.val();
        self.resync.used.next = self.outbound.used.val();
        self.resync.used_index.next = self.outbound.used_index.val();
        self.resync.used_high.next = self.outbound.used_high.val();
        self.resync.used_low.next = self.outbound.used_low.val();
        self.resync.starving.next = self.outbound.starving.val();
        self.resync.seen.next = self.inbound.moved.val();
        self.resync.seen_index.next = self.inbound.judged_index.val();
        self.resync.seen_high.next = self.inbound.moved_high.val();
        self.resync.seen_low.next = self.inbound.moved_low.val();
        self.resync.f_icv.next = self.inbound.judged_icv.val();
        self.resync.f_replay.next = self.inbound.judged_replay.val();
        self.resync.f_fresh.next = self.inbound.judged_fresh.val();
        self.resync.f_index.next = self.inbound.judged_index.val();
        self.resync.m_go.next = self.inbound.message_go.val();
        self.resync.m_facts.next = self.inbound.message_facts.val();
        self.resync.m_note.next = self.inbound.message_note.val().get_bits::<8>(0);
        self.resync.m_start.next = self.inbound.message_start.val();
        self.inbound.message_address.next = self.resync.m_address.val();
        self.resync.m_data.next = self.inbound.message_data.val();
        self.resync.m_number_high.next = self.inbound.message_high.val();
        self.resync.m_number_low.next = self.inbound.message_low.val();
        self.resync.m_take.next = self.inbound.message_take.val();
        self.inbound.claim_ready.next = self.resync.m_ready.val();
        self.inbound.claim.next = self.resync.m_claim.val();
        self.inbound.claim_reason.next = self.resync.m_reason.val();
        self.inbound.quarantine.next = self.resync.quarantine.val();
        self.inbound.recorded.next = self.resync.recorded[1].val();
        self.inbound.host_up.next = self.host_up.val();

        // Counters and events.
        self.control.in_valid[0].next = self.outbound.in_valid.val();
        self.control.in_bytes[0].next = self.outbound.in_bytes.val();
        self.outbound.in_ready.next = self.control.in_ready[0].val();
        self.control.out_valid[0].next = self.outbound.out_valid.val();
        self.control.out_bytes[0].next = self.outbound.out_bytes.val();
        self.outbound.out_ready.next = self.control.out_ready[0].val();
        self.control.drop_valid[0].next = self.outbound.drop_valid.val();
        self.control.drop_reason[0].next = self.outbound.drop_reason.val();
        self.outbound.drop_ready.next = self.control.drop_ready[0].val();
        self.control.drop2_valid[0].next = false;
        self.control.drop2_reason[0].next = 0.into();
        self.control.sa_valid[0].next = self.outbound.sa_valid.val();
        self.control.sa_index[0].next = bit_cast::<10, 5>(self.outbound.sa_index.val());
        self.control.sa_bytes[0].next = self.outbound.sa_bytes.val();
        self.outbound.sa_ready.next = self.control.sa_ready[0].val();
        self.control.fragment_valid[0].next = self.outbound.own_valid.val();
        self.outbound.own_ready.next = self.control.fragment_ready[0].val();
        self.control.push_valid[0].next = self.outbound.event_valid.val();
        self.control.push_head[0].next = self.outbound.event_head.val();
        self.control.push_detail[0].next = self.outbound.event_detail.val();
        self.outbound.event_ready.next = self.control.push_ready[0].val();
        self.control.in_valid[1].next = self.inbound.in_valid.val();
        self.control.in_bytes[1].next = self.inbound.in_bytes.val();
        self.inbound.in_ready.next = self.control.in_ready[1].val();
        self.control.out_valid[1].next = self.inbound.out_valid.val();
        self.control.out_bytes[1].next = self.inbound.out_bytes.val();
        self.inbound.out_ready.next = self.control.out_ready[1].val();
        self.control.drop_valid[1].next = self.inbound.drop_valid.val();
        self.control.drop_reason[1].next = self.inbound.drop_reason.val();
        self.inbound.drop_ready.next = self.control.drop_ready[1].val();
        self.control.drop2_valid[1].next = self.inbound.drop2_valid.val();
        self.control.drop2_reason[1].next = self.inbound.drop2_reason.val();
        self.inbound.drop2_ready.next = self.control.drop2_ready[1].val();
        self.control.sa_valid[1].next = self.inbound.sa_valid.val();
        self.control.sa_index[1].next = bit_cast::<10, 5>(self.inbound.sa_index.val());
        self.control.sa_bytes[1].next = self.inbound.sa_bytes.val();
        self.inbound.sa_ready.next = self.control.sa_ready[1].val();
        self.control.fragment_valid[1].next = self.inbound.fragment_valid.val();
        self.inbound.fragment_ready.next = self.control.fragment_ready[1].val();
        self.control.push_valid[1].next = self.inbound.event_valid.val();
        self.control.push_head[1].next = self.inbound.event_head.val();
        self.control.push_detail[1].next = self.inbound.event_detail.val();
        self.inbound.event_ready.next = self.control.push_ready[1].val();
        for i in 0..4 {
            self.control.push_address_outbound[i].next = self.outbound.event_address[i].val();
            self.control.push_address_inbound[i].next = self.inbound.event_address[i].val();
        }
    }
}
