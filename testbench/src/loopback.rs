//! A stand-in with the device's pins: passes frames straight through and counts them. It lets the testbench be tested
//! without the engine.

use crate::backend::design;
use crate::device::{device_ports, Inputs, Outputs};
use holdfast_registers::{counter, map};
use rust_hdl::prelude::*;

#[derive(LogicBlock, Default)]
struct Slice {
    clock: Signal<In, Clock>,
    reset: Signal<In, Bit>,
    in_data: Signal<In, Bits<128>>,
    in_keep: Signal<In, Bits<16>>,
    in_last: Signal<In, Bit>,
    in_valid: Signal<In, Bit>,
    in_ready: Signal<Out, Bit>,
    out_data: Signal<Out, Bits<128>>,
    out_keep: Signal<Out, Bits<16>>,
    out_last: Signal<Out, Bit>,
    out_valid: Signal<Out, Bit>,
    out_ready: Signal<In, Bit>,
    frames_in: Signal<Out, Bits<32>>,
    frames_out: Signal<Out, Bits<32>>,
    data: DFF<Bits<128>>,
    keep: DFF<Bits<16>>,
    last: DFF<Bit>,
    full: DFF<Bit>,
    count_in: DFF<Bits<32>>,
    count_out: DFF<Bits<32>>,
}

impl Logic for Slice {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, data, keep, last, full, count_in, count_out);
        self.out_data.next = self.data.q.val();
        self.out_keep.next = self.keep.q.val();
        self.out_last.next = self.last.q.val();
        self.out_valid.next = self.full.q.val();
        self.frames_in.next = self.count_in.q.val();
        self.frames_out.next = self.count_out.q.val();
        self.in_ready.next = !self.full.q.val() | self.out_ready.val();
        if self.in_ready.val() {
            self.data.d.next = self.in_data.val();
            self.keep.d.next = self.in_keep.val();
            self.last.d.next = self.in_last.val();
            self.full.d.next = self.in_valid.val();
            if self.in_valid.val() & self.in_last.val() {
                self.count_in.d.next = self.count_in.q.val() + 1;
            }
        }
        if self.full.q.val() & self.out_ready.val() & self.last.q.val() {
            self.count_out.d.next = self.count_out.q.val() + 1;
        }
        if self.reset.val() {
            self.full.d.next = false;
            self.count_in.d.next = 0.into();
            self.count_out.d.next = 0.into();
        }
    }
}

#[derive(LogicBlock)]
pub struct Loopback {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub s_axis_host_tdata: Signal<In, Bits<128>>,
    pub s_axis_host_tkeep: Signal<In, Bits<16>>,
    pub s_axis_host_tlast: Signal<In, Bit>,
    pub s_axis_host_tvalid: Signal<In, Bit>,
    pub s_axis_host_tready: Signal<Out, Bit>,
    pub s_axis_net_tdata: Signal<In, Bits<128>>,
    pub s_axis_net_tkeep: Signal<In, Bits<16>>,
    pub s_axis_net_tlast: Signal<In, Bit>,
    pub s_axis_net_tvalid: Signal<In, Bit>,
    pub s_axis_net_tready: Signal<Out, Bit>,
    pub m_axis_net_tdata: Signal<Out, Bits<128>>,
    pub m_axis_net_tkeep: Signal<Out, Bits<16>>,
    pub m_axis_net_tlast: Signal<Out, Bit>,
    pub m_axis_net_tvalid: Signal<Out, Bit>,
    pub m_axis_net_tready: Signal<In, Bit>,
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
    pub host_up: Signal<In, Bit>,
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
    outbound: Slice,
    inbound: Slice,
    scratch: DFF<Bits<32>>,
    answer: DFF<Bits<32>>,
    read_error: DFF<Bit>,
    write_error: DFF<Bit>,
    read_valid: DFF<Bit>,
    write_valid: DFF<Bit>,
    write_taken: Signal<Local, Bit>,
    read_taken: Signal<Local, Bit>,
    scratch_at: Constant<Bits<12>>,
    outbound_in: Constant<Bits<12>>,
    outbound_out: Constant<Bits<12>>,
    inbound_in: Constant<Bits<12>>,
    inbound_out: Constant<Bits<12>>,
}

impl Default for Loopback {
    fn default() -> Self {
        let at = |base: u32, entry: usize| Constant::new((base as u64 + 8 * entry as u64).into());
        Self {
            clock: Default::default(),
            reset: Default::default(),
            s_axis_host_tdata: Default::default(),
            s_axis_host_tkeep: Default::default(),
            s_axis_host_tlast: Default::default(),
            s_axis_host_tvalid: Default::default(),
            s_axis_host_tready: Default::default(),
            s_axis_net_tdata: Default::default(),
            s_axis_net_tkeep: Default::default(),
            s_axis_net_tlast: Default::default(),
            s_axis_net_tvalid: Default::default(),
            s_axis_net_tready: Default::default(),
            m_axis_net_tdata: Default::default(),
            m_axis_net_tkeep: Default::default(),
            m_axis_net_tlast: Default::default(),
            m_axis_net_tvalid: Default::default(),
            m_axis_net_tready: Default::default(),
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
            outbound: Default::default(),
            inbound: Default::default(),
            scratch: Default::default(),
            answer: Default::default(),
            read_error: Default::default(),
            write_error: Default::default(),
            read_valid: Default::default(),
            write_valid: Default::default(),
            write_taken: Default::default(),
            read_taken: Default::default(),
            scratch_at: at(map::NAT_T_PORT, 0),
            outbound_in: at(map::COUNTERS_OUTBOUND, counter::FRAMES_IN),
            outbound_out: at(map::COUNTERS_OUTBOUND, counter::FRAMES_OUT),
            inbound_in: at(map::COUNTERS_INBOUND, counter::FRAMES_IN),
            inbound_out: at(map::COUNTERS_INBOUND, counter::FRAMES_OUT),
        }
    }
}

impl Logic for Loopback {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, scratch, answer, read_error, write_error, read_valid, write_valid);
        clock!(self, clock, outbound, inbound);
        self.outbound.reset.next = self.reset.val();
        self.outbound.in_data.next = self.s_axis_host_tdata.val();
        self.outbound.in_keep.next = self.s_axis_host_tkeep.val();
        self.outbound.in_last.next = self.s_axis_host_tlast.val();
        self.outbound.in_valid.next = self.s_axis_host_tvalid.val();
        self.s_axis_host_tready.next = self.outbound.in_ready.val();
        self.m_axis_net_tdata.next = self.outbound.out_data.val();
        self.m_axis_net_tkeep.next = self.outbound.out_keep.val();
        self.m_axis_net_tlast.next = self.outbound.out_last.val();
        self.m_axis_net_tvalid.next = self.outbound.out_valid.val();
        self.outbound.out_ready.next = self.m_axis_net_tready.val();
        self.inbound.reset.next = self.reset.val();
        self.inbound.in_data.next = self.s_axis_net_tdata.val();
        self.inbound.in_keep.next = self.s_axis_net_tkeep.val();
        self.inbound.in_last.next = self.s_axis_net_tlast.val();
        self.inbound.in_valid.next = self.s_axis_net_tvalid.val();
        self.s_axis_net_tready.next = self.inbound.in_ready.val();
        self.m_axis_host_tdata.next = self.inbound.out_data.val();
        self.m_axis_host_tkeep.next = self.inbound.out_keep.val();
        self.m_axis_host_tlast.next = self.inbound.out_last.val();
        self.m_axis_host_tvalid.next = self.inbound.out_valid.val();
        self.inbound.out_ready.next = self.m_axis_host_tready.val();

        self.write_taken.next = self.s_axi_awvalid.val() & self.s_axi_wvalid.val() & !self.write_valid.q.val();
        self.read_taken.next = self.s_axi_arvalid.val() & !self.read_valid.q.val();
        self.s_axi_awready.next = self.write_taken.val();
        self.s_axi_wready.next = self.write_taken.val();
        self.s_axi_arready.next = self.read_taken.val();
        self.s_axi_bvalid.next = self.write_valid.q.val();
        self.s_axi_rvalid.next = self.read_valid.q.val();
        self.s_axi_rdata.next = self.answer.q.val();
        self.s_axi_bresp.next = 0.into();
        self.s_axi_rresp.next = 0.into();
        if self.write_error.q.val() {
            self.s_axi_bresp.next = 2.into();
        }
        if self.read_error.q.val() {
            self.s_axi_rresp.next = 2.into();
        }
        self.nvram_cs_n.next = true;
        self.nvram_sck.next = false;
        self.counter_raise.next = self.counter_present.val() & self.counter_done.val() & self.counter_value.val().get_bit(31);
        self.nvram_mosi.next = self.nvram_miso.val() & self.device_key_valid.val() & self.host_up.val() & self.device_key.val().get_bit(0);
        self.irq.next = self.scratch.q.val().get_bit(0);

        if self.s_axi_bready.val() {
            self.write_valid.d.next = false;
        }
        if self.s_axi_rready.val() {
            self.read_valid.d.next = false;
        }
        if self.write_taken.val() {
            self.write_valid.d.next = true;
            self.write_error.d.next = true;
            if (self.s_axi_awaddr.val() == self.scratch_at.val()) & self.s_axi_wstrb.val().all() {
                self.write_error.d.next = false;
                self.scratch.d.next = self.s_axi_wdata.val();
            }
        }
        if self.read_taken.val() {
            self.read_valid.d.next = true;
            self.read_error.d.next = false;
            self.answer.d.next = 0.into();
            if self.s_axi_araddr.val() == self.scratch_at.val() {
                self.answer.d.next = self.scratch.q.val();
            } else if self.s_axi_araddr.val() == self.outbound_in.val() {
                self.answer.d.next = self.outbound.frames_in.val();
            } else if self.s_axi_araddr.val() == self.outbound_out.val() {
                self.answer.d.next = self.outbound.frames_out.val();
            } else if self.s_axi_araddr.val() == self.inbound_in.val() {
                self.answer.d.next = self.inbound.frames_in.val();
            } else if self.s_axi_araddr.val() == self.inbound_out.val() {
                self.answer.d.next = self.inbound.frames_out.val();
            } else {
                // The other counters read zero, everything else is refused.
                self.read_error.d.next = self.s_axi_araddr.val().get_bit(10) == self.s_axi_araddr.val().get_bit(11);
            }
        }
        if self.reset.val() {
            self.write_valid.d.next = false;
            self.read_valid.d.next = false;
            self.scratch.d.next = 0.into();
        }
    }
}

fn verilog() -> String {
    let mut block = Loopback::default();
    block.connect_all();
    check_all(&block).expect("the stand-in is well formed");
    let mut modules = ModuleDefines::default();
    block.accept("loopback", &mut modules);
    modules.defines()
}

device_ports! {
    design! {
        /// The stand-in as a design.
        LoopbackDesign(()), block: Loopback, new: |()| Loopback::default(), top: "loopback", verilog: |()| verilog(),
    }
}
