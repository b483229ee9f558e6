use super::{AxiLite, Capabilities, Commit, Events, Registers, Tally};
use crate::cell::{Reg, Settle};
use crate::prelude::*;

/// The control plane: everything between the AXI4-Lite port and the datapath.
///
/// Arrays of two are per direction: 0 outbound, 1 inbound.
///
/// * AXI4-Lite (`awaddr` … `rready`): see [`AxiLite`]; a register answers within 12 cycles, a counter within 45.
/// * Settings (`enable`, `policy`, `nat_t_port`, `max_frame`): levels that change at any time; latch them per frame. `irq`: level.
/// * `lock`/`locked`, `table_*`, `valid_*`, `window_*`, `wipe_datapath`, `check*`: see [`Commit`].
/// * Counters (`in_*`, `out_*`, `drop_*`, `drop2_*`, `sa_*`, `fragment_*`): see [`Tally`].
/// * Events (`push_*`): see [`Events`].
///
/// Nothing here ever waits for the datapath except for `locked` (and that not for ever in a wipe) and `window_busy`.
#[derive(LogicBlock, Ports)]
pub struct Control {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Without the host's power the register bus is held in reset.
    pub host_up: Signal<In, Bit>,
    pub awaddr: Signal<In, Bits<12>>,
    pub awvalid: Signal<In, Bit>,
    pub awready: Signal<Out, Bit>,
    pub wdata: Signal<In, Bits<32>>,
    pub wstrb: Signal<In, Bits<4>>,
    pub wvalid: Signal<In, Bit>,
    pub wready: Signal<Out, Bit>,
    pub bresp: Signal<Out, Bits<2>>,
    pub bvalid: Signal<Out, Bit>,
    pub bready: Signal<In, Bit>,
    pub araddr: Signal<In, Bits<12>>,
    pub arvalid: Signal<In, Bit>,
    pub arready: Signal<Out, Bit>,
    pub rdata: Signal<Out, Bits<32>>,
    pub rresp: Signal<Out, Bits<2>>,
    pub rvalid: Signal<Out, Bit>,
    pub rready: Signal<In, Bit>,
    pub irq: Signal<Out, Bit>,
    pub enable: Signal<Out, Bit>,
    pub policy: Signal<Out, Bits<3>>,
    pub nat_t_port: Signal<Out, Bits<16>>,
    pub max_frame: Signal<Out, Bits<16>>,
    pub lock: [Signal<Out, Bit>; 2],
    pub locked: [Signal<In, Bit>; 2],
    pub table_write: Signal<Out, Bit>,
    pub table_select: Signal<Out, Bits<2>>,
    pub table_index: Signal<Out, SaIndex>,
    pub table_word: Signal<Out, Bits<5>>,
    pub table_data: Signal<Out, Bits<32>>,
    pub table_clear: Signal<Out, Bit>,
    pub valid_write: Signal<Out, Bit>,
    pub valid_value: Signal<Out, Bit>,
    pub window_clear: Signal<Out, Bit>,
    pub window_busy: Signal<In, Bit>,
    pub wipe_datapath: Signal<Out, Bit>,
    pub check: Signal<Out, Bit>,
    pub check_index: Signal<Out, SaIndex>,
    pub check_word: Signal<Out, Bits<5>>,
    pub check_data: Signal<In, Bits<32>>,
    pub check_valid: Signal<In, Bit>,
    pub in_valid: [Signal<In, Bit>; 2],
    pub in_bytes: [Signal<In, Bits<16>>; 2],
    pub in_ready: [Signal<Out, Bit>; 2],
    pub out_valid: [Signal<In, Bit>; 2],
    pub out_bytes: [Signal<In, Bits<16>>; 2],
    pub out_ready: [Signal<Out, Bit>; 2],
    pub drop_valid: [Signal<In, Bit>; 2],
    pub drop_reason: [Signal<In, Bits<5>>; 2],
    pub drop_ready: [Signal<Out, Bit>; 2],
    pub drop2_valid: [Signal<In, Bit>; 2],
    pub drop2_reason: [Signal<In, Bits<5>>; 2],
    pub drop2_ready: [Signal<Out, Bit>; 2],
    pub sa_valid: [Signal<In, Bit>; 2],
    pub sa_index: [Signal<In, SaIndex>; 2],
    pub sa_bytes: [Signal<In, Bits<16>>; 2],
    pub sa_ready: [Signal<Out, Bit>; 2],
    pub fragment_valid: [Signal<In, Bit>; 2],
    pub fragment_ready: [Signal<Out, Bit>; 2],
    pub push_valid: [Signal<In, Bit>; 2],
    pub push_ready: [Signal<Out, Bit>; 2],
    pub push_head: [Signal<In, Bits<32>>; 2],
    pub push_detail: [Signal<In, Bits<32>>; 2],
    pub push_address_outbound: [Signal<In, Bits<32>>; 4],
    pub push_address_inbound: [Signal<In, Bits<32>>; 4],
    /// Resync blocks: see `Commit`, `Registers`; `push2_*` as `push_*`, without an address.
    pub pair_write: Signal<Out, Bit>,
    pub c_want: Signal<In, Bit>,
    pub c_grant: Signal<Out, Bit>,
    pub c_write: Signal<In, Bit>,
    pub c_word: Signal<In, Bits<5>>,
    pub c_data: Signal<In, Bits<32>>,
    pub c_start: Signal<In, Bit>,
    pub c_operation: Signal<In, Bits<3>>,
    pub c_inbound: Signal<In, Bit>,
    pub c_index: Signal<In, Bits<5>>,
    pub c_done: Signal<Out, Bit>,
    pub c_refused: Signal<Out, Bit>,
    pub restoring: Signal<In, Bit>,
    pub r_install: Signal<Out, Bit>,
    pub r_delete: Signal<Out, Bit>,
    pub r_want: Signal<In, Bit>,
    pub r_inbound: Signal<Out, Bit>,
    pub r_index: Signal<Out, Bits<5>>,
    pub r_done: Signal<In, Bit>,
    pub r_ok: Signal<In, Bit>,
    pub r_word: Signal<In, Bits<5>>,
    pub r_data: Signal<Out, Bits<32>>,
    pub control_port: Signal<Out, Bits<16>>,
    pub authentication_limit: Signal<Out, Bits<8>>,
    pub replay_limit: Signal<Out, Bits<8>>,
    pub enable_set: Signal<In, Bit>,
    pub resync_status: Signal<In, Bits<5>>,
    pub quarantine: Signal<In, Bits<32>>,
    pub resync_command: Signal<Out, Bit>,
    pub command_word: Signal<Out, Bits<32>>,
    pub push2_valid: Signal<In, Bit>,
    pub push2_ready: Signal<Out, Bit>,
    pub push2_head: Signal<In, Bits<32>>,
    pub push2_detail: Signal<In, Bits<32>>,
    pub recorded: [Signal<In, Bits<32>>; 2],
    /// The event on offer is one of the resync blocks.
    turn: Reg<Bit>,
    /// A wipe was asked for in the clock before.
    wipes: Reg<Bit>,
    axi: Settle<AxiLite>,
    registers: Settle<Registers>,
    commit: Settle<Commit>,
    tally: [Settle<Tally>; 2],
    events: Settle<Events>,
}

impl Control {
    pub fn new(capabilities: Capabilities) -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            host_up: Default::default(),
            awaddr: Default::default(),
            awvalid: Default::default(),
            awready: Default::default(),
            wdata: Default::default(),
            wstrb: Default::default(),
            wvalid: Default::default(),
            wready: Default::default(),
            bresp: Default::default(),
            bvalid: Default::default(),
            bready: Default::default(),
            araddr: Default::default(),
            arvalid: Default::default(),
            arready: Default::default(),
            rdata: Default::default(),
            rresp: Default::default(),
            rvalid: Default::default(),
            rready: Default::default(),
            irq: Default::default(),
            enable: Default::default(),
            policy: Default::default(),
            nat_t_port: Default::default(),
            max_frame: Default::default(),
            lock: Default::default(),
            locked: Default::default(),
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
            wipe_datapath: Default::default(),
            check: Default::default(),
            check_index: Default::default(),
            check_word: Default::default(),
            check_data: Default::default(),
            check_valid: Default::default(),
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
            push_valid: Default::default(),
            push_ready: Default::default(),
            push_head: Default::default(),
            push_detail: Default::default(),
            push_address_outbound: Default::default(),
            push_address_inbound: Default::default(),
            pair_write: Default::default(),
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
            restoring: Default::default(),
            r_install: Default::default(),
            r_delete: Default::default(),
            r_want: Default::default(),
            r_inbound: Default::default(),
            r_index: Default::default(),
            r_done: Default::default(),
            r_ok: Default::default(),
            r_word: Default::default(),
            r_data: Default::default(),
            control_port: Default::default(),
            authentication_limit: Default::default(),
            replay_limit: Default::default(),
            enable_set: Default::default(),
            resync_status: Default::default(),
            quarantine: Default::default(),
            resync_command: Default::default(),
            command_word: Default::default(),
            push2_valid: Default::default(),
            push2_ready: Default::default(),
            push2_head: Default::default(),
            push2_detail: Default::default(),
            recorded: Default::default(),
            turn: Default::default(),
            wipes: Default::default(),
            axi: Default::default(),
            registers: Settle::new(Registers::new(capabilities)),
            commit: Settle::new(Commit::new(capabilities)),
            tally: std::array::from_fn(|i| Settle::new(Tally::new(capabilities.sas[i] as usize))),
            events: Default::default(),
        }
    }
}

impl Logic for Control {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, turn, wipes);
        self.wipes.reset.next = self.reset.val();
        self.turn.reset.next = self.reset.val();
        clock!(self, clock, axi, registers, commit, events);
        self.axi.reset.next = self.reset.val() | !self.host_up.val();
        self.registers.reset.next = self.reset.val();
        self.commit.reset.next = self.reset.val();
        self.events.reset.next = self.reset.val();

        self.axi.awaddr.next = self.awaddr.val();
        self.axi.awvalid.next = self.awvalid.val();
        self.awready.next = self.axi.awready.val();
        self.axi.wdata.next = self.wdata.val();
        self.axi.wstrb.next = self.wstrb.val();
        self.axi.wvalid.next = self.wvalid.val();
        self.wready.next = self.axi.wready.val();
        self.bresp.next = self.axi.bresp.val();
        self.bvalid.next = self.axi.bvalid.val();
        self.axi.bready.next = self.bready.val();
        self.axi.araddr.next = self.araddr.val();
        self.axi.arvalid.next = self.arvalid.val();
        self.arready.next = self.axi.arready.val();
        self.rdata.next = self.axi.rdata.val();
        self.rresp.next = self.axi.rresp.val();
        self.rvalid.next = self.axi.rvalid.val();
        self.axi.rready.next = self.rready.val();

        self.registers.write.next = self.axi.write.val();
        self.registers.read.next = self.axi.read.val();
        self.registers.address.next = self.axi.address.val();
        self.registers.write_data.next = self.axi.write_data.val();
        self.axi.ack.next = self.registers.ack.val();
        self.axi.error.next = self.registers.error.val();
        self.axi.read_data.next = self.registers.read_data.val();
        self.irq.next = self.registers.irq.val();
        self.enable.next = self.registers.enable.val();
        self.policy.next = self.registers.policy.val();
        self.nat_t_port.next = self.registers.nat_t_port.val();
        self.max_frame.next = self.registers.max_frame.val();
        self.registers.busy.next = self.commit.busy.val() | (self.tally[0].busy.val() | self.tally[1].busy.val());
        self.registers.refusal.next = self.commit.refusal.val();
        self.registers.event_data.next = self.events.read_data.val();
        self.registers.waiting.next = self.events.waiting.val();
        self.registers.overflow.next = self.events.overflow.val();

        self.commit.doorbell.next = self.registers.doorbell.val();
        self.wipes.d.next = self.registers.zeroize.val();
        self.commit.zeroize.next = self.wipes.q.val();
        self.commit.stage_write.next = self.registers.stage_write.val();
        self.commit.stage_word.next = self.axi.address.val().get_bits::<5>(2);
        self.commit.data.next = self.axi.write_data.val();
        self.commit.window_busy.next = self.window_busy.val();
        self.commit.check_data.next = self.check_data.val();
        self.commit.check_valid.next = self.check_valid.val();
        self.table_write.next = self.commit.table_write.val();
        self.table_select.next = self.commit.table_select.val();
        self.table_index.next = self.commit.table_index.val();
        self.table_word.next = self.commit.table_word.val();
        self.table_data.next = self.commit.table_data.val();
        self.table_clear.next = self.commit.table_clear.val();
        self.valid_write.next = self.commit.valid_write.val();
        self.valid_value.next = self.commit.valid_value.val();
        self.window_clear.next = self.commit.window_clear.val();
        self.wipe_datapath.next = self.commit.wipe_datapath.val();
        self.check.next = self.commit.check.val();
        self.check_index.next = self.commit.check_index.val();
        self.check_word.next = self.commit.check_word.val();

        self.events.time_low.next = self.registers.time_low.val();
        self.events.time_high.next = self.registers.time_high.val();
        self.events.read_word.next = self.axi.address.val().get_bits::<3>(2);
        self.events.pop.next = self.registers.pop.val();
        self.events.clear_overflow.next = self.registers.clear_overflow.val();
        for i in 0..4 {
            self.events.push_address_outbound[i].next = self.push_address_outbound[i].val();
            self.events.push_address_inbound[i].next = self.push_address_inbound[i].val();
        }

        for i in 0..2 {
            self.lock[i].next = self.commit.lock[i].val();
            self.commit.locked[i].next = self.locked[i].val();
            self.events.push_valid[i].next = self.push_valid[i].val();
            self.push_ready[i].next = self.events.push_ready[i].val();
            self.events.push_head[i].next = self.push_head[i].val();
            self.events.push_detail[i].next = self.push_detail[i].val();

            self.tally[i].clock.next = self.clock.val();
            self.tally[i].reset.next = self.reset.val();
            self.tally[i].in_valid.next = self.in_valid[i].val();
            self.tally[i].in_bytes.next = self.in_bytes[i].val();
            self.in_ready[i].next = self.tally[i].in_ready.val();
            self.tally[i].out_valid.next = self.out_valid[i].val();
            self.tally[i].out_bytes.next = self.out_bytes[i].val();
            self.out_ready[i].next = self.tally[i].out_ready.val();
            self.tally[i].drop_valid.next = self.drop_valid[i].val();
            self.tally[i].drop_reason.next = self.drop_reason[i].val();
            self.drop_ready[i].next = self.tally[i].drop_ready.val();
            self.tally[i].drop2_valid.next = self.drop2_valid[i].val();
            self.tally[i].drop2_reason.next = self.drop2_reason[i].val();
            self.drop2_ready[i].next = self.tally[i].drop2_ready.val();
            self.tally[i].sa_valid.next = self.sa_valid[i].val();
            self.tally[i].sa_index.next = self.sa_index[i].val();
            self.tally[i].sa_bytes.next = self.sa_bytes[i].val();
            self.sa_ready[i].next = self.tally[i].sa_ready.val();
            self.tally[i].fragment_valid.next = self.fragment_valid[i].val();
            self.fragment_ready[i].next = self.tally[i].fragment_ready.val();
            self.tally[i].read.next = self.registers.counter_read[i].val();
            self.tally[i].read_group.next = self.registers.counter_group.val();
            self.tally[i].read_address.next = self.axi.address.val().get_bits::<8>(2);
            self.registers.counter_ack[i].next = self.tally[i].read_ack.val();
            self.registers.counter_data[i].next = self.tally[i].read_data.val();
        }

        for i in 0..2 {
            self.commit.recorded[i].next = self.recorded[i].val();
        }
        self.pair_write.next = self.commit.pair_write.val();
        self.commit.c_want.next = self.c_want.val();
        self.c_grant.next = self.commit.c_grant.val();
        self.commit.c_write.next = self.c_write.val();
        self.commit.c_word.next = self.c_word.val();
        self.commit.c_data.next = self.c_data.val();
        self.commit.c_start.next = self.c_start.val();
        self.commit.c_operation.next = self.c_operation.val();
        self.commit.c_inbound.next = self.c_inbound.val();
        self.commit.c_index.next = self.c_index.val();
        self.c_done.next = self.commit.c_done.val();
        self.c_refused.next = self.commit.c_refused.val();
        self.commit.restoring.next = self.restoring.val();
        self.r_install.next = self.commit.r_install.val();
        self.commit.r_want.next = self.r_want.val();
        self.r_delete.next = self.commit.r_delete.val();
        self.r_inbound.next = self.commit.r_inbound.val();
        self.r_index.next = self.commit.r_index.val();
        self.commit.r_done.next = self.r_done.val();
        self.commit.r_ok.next = self.r_ok.val();
        self.commit.r_word.next = self.r_word.val();
        self.r_data.next = self.commit.r_data.val();
        self.control_port.next = self.registers.control_port.val();
        self.authentication_limit.next = self.registers.authentication_limit.val();
        self.replay_limit.next = self.registers.replay_limit.val();
        self.registers.enable_set.next = self.enable_set.val();
        self.registers.resync_status.next = self.resync_status.val();
        self.registers.quarantine.next = self.quarantine.val();
        self.resync_command.next = self.registers.resync_command.val();
        self.command_word.next = self.axi.write_data.val();
        self.registers.port_set.next = self.commit.pair_write.val() & (self.commit.table_word.val() == 0);
        self.registers.port.next = self.commit.table_data.val().get_bits::<16>(0);
        // The resync blocks' events go in as outbound ones, when the datapath has none.
        self.turn.d.next = (self.turn.q.val() & !self.events.push_ready[0].val())
            | (!self.turn.q.val() & self.push2_valid.val() & !self.push_valid[0].val());
        self.push2_ready.next = self.turn.q.val() & self.events.push_ready[0].val();
        if self.turn.q.val() {
            self.push_ready[0].next = false;
            self.events.push_valid[0].next = true;
            self.events.push_head[0].next = self.push2_head.val();
            self.events.push_detail[0].next = self.push2_detail.val();
            for i in 0..4 {
                self.events.push_address_outbound[i].next = 0.into();
            }
        }
    }
}
