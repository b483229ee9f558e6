use crate::cell::Reg;
use crate::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum AxiLitePhase {
    Idle,
    Write,
    WriteWait,
    WriteAnswer,
    Read,
    ReadWait,
    ReadAnswer,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct AxiLiteState {
    pub aw_held: Bit,
    pub w_held: Bit,
    pub ar_held: Bit,
    pub read_turn: Bit,
    pub w_unaligned: Bit,
    pub r_unaligned: Bit,
    pub partial: Bit,
    pub error: Bit,
    pub w_address: Bits<12>,
    pub r_address: Bits<12>,
    pub data: Bits<32>,
    pub answer: Bits<32>,
}

/// AXI4-Lite slave (AMBA IHI 0022), 12 address bits, 32 data bits, towards the simple bus of the register file.
///
/// Each channel has room for one transfer, so write address and write data come in any order and any distance; the answers wait for their `ready` for any time. One
/// access at a time is under way; where a read and a write wait they take turns. A partial strobe or an address that is no multiple of four is answered SLVERR and
/// never reaches the simple bus.
///
/// The simple bus: `write` or `read` is a pulse with `address` (and `write_data`), which hold until `ack`, at least one cycle later; with it come `error` (SLVERR) and,
/// for a read, `read_data`. An access takes 4 cycles plus the register file's.
#[derive(LogicBlock, Ports)]
pub struct AxiLite {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
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
    pub write: Signal<Out, Bit>,
    pub read: Signal<Out, Bit>,
    pub address: Signal<Out, Bits<12>>,
    pub write_data: Signal<Out, Bits<32>>,
    pub ack: Signal<In, Bit>,
    pub error: Signal<In, Bit>,
    pub read_data: Signal<In, Bits<32>>,
    s: Reg<AxiLiteState>,
    state: Reg<AxiLitePhase>,
    okay: Constant<Bits<2>>,
    slverr: Constant<Bits<2>>,
}

impl Default for AxiLite {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
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
            write: Default::default(),
            read: Default::default(),
            address: Default::default(),
            write_data: Default::default(),
            ack: Default::default(),
            error: Default::default(),
            read_data: Default::default(),
            s: Default::default(),
            state: Default::default(),
            okay: Constant::new(0.into()),
            slverr: Constant::new(2.into()),
        }
    }
}

impl Logic for AxiLite {
    // Kernels have no match guards.
    #[allow(clippy::collapsible_match)]
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, state);
        self.s.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();

        self.awready.next = !self.s.q.val().aw_held;
        self.wready.next = !self.s.q.val().w_held;
        self.arready.next = !self.s.q.val().ar_held;
        if self.awvalid.val() & !self.s.q.val().aw_held {
            self.s.d.next.aw_held = true;
            self.s.d.next.w_address = self.awaddr.val();
            self.s.d.next.w_unaligned = self.awaddr.val().get_bits::<2>(0) != 0;
        }
        if self.wvalid.val() & !self.s.q.val().w_held {
            self.s.d.next.w_held = true;
            self.s.d.next.data = self.wdata.val();
            self.s.d.next.partial = self.wstrb.val() != 15;
        }
        if self.arvalid.val() & !self.s.q.val().ar_held {
            self.s.d.next.ar_held = true;
            self.s.d.next.r_address = self.araddr.val();
            self.s.d.next.r_unaligned = self.araddr.val().get_bits::<2>(0) != 0;
        }

        self.write.next = self.state.q.val() == AxiLitePhase::Write;
        self.read.next = self.state.q.val() == AxiLitePhase::Read;
        self.write_data.next = self.s.q.val().data;
        self.address.next = self.s.q.val().r_address;
        if (self.state.q.val() == AxiLitePhase::Write) | (self.state.q.val() == AxiLitePhase::WriteWait) {
            self.address.next = self.s.q.val().w_address;
        }
        self.bvalid.next = self.state.q.val() == AxiLitePhase::WriteAnswer;
        self.rvalid.next = self.state.q.val() == AxiLitePhase::ReadAnswer;
        self.rdata.next = self.s.q.val().answer;
        self.bresp.next = self.okay.val();
        self.rresp.next = self.okay.val();
        if self.s.q.val().error {
            self.bresp.next = self.slverr.val();
            self.rresp.next = self.slverr.val();
        }

        match self.state.q.val() {
            AxiLitePhase::Idle => {
                self.s.d.next.answer = 0.into();
                if (self.s.q.val().aw_held & self.s.q.val().w_held) & (!self.s.q.val().ar_held | !self.s.q.val().read_turn) {
                    self.state.d.next = AxiLitePhase::Write;
                    self.s.d.next.error = self.s.q.val().partial | self.s.q.val().w_unaligned;
                    if self.s.q.val().partial | self.s.q.val().w_unaligned {
                        self.state.d.next = AxiLitePhase::WriteAnswer;
                    }
                } else if self.s.q.val().ar_held {
                    self.state.d.next = AxiLitePhase::Read;
                    self.s.d.next.error = self.s.q.val().r_unaligned;
                    if self.s.q.val().r_unaligned {
                        self.state.d.next = AxiLitePhase::ReadAnswer;
                    }
                }
            }
            AxiLitePhase::Write => {
                self.state.d.next = AxiLitePhase::WriteWait;
            }
            AxiLitePhase::Read => {
                self.state.d.next = AxiLitePhase::ReadWait;
            }
            AxiLitePhase::WriteWait => {
                if self.ack.val() {
                    self.s.d.next.error = self.error.val();
                    self.state.d.next = AxiLitePhase::WriteAnswer;
                }
            }
            AxiLitePhase::ReadWait => {
                if self.ack.val() {
                    self.s.d.next.error = self.error.val();
                    self.s.d.next.answer = self.read_data.val();
                    self.state.d.next = AxiLitePhase::ReadAnswer;
                }
            }
            AxiLitePhase::WriteAnswer => {
                if self.bready.val() {
                    self.state.d.next = AxiLitePhase::Idle;
                    self.s.d.next.aw_held = false;
                    self.s.d.next.w_held = false;
                    self.s.d.next.read_turn = true;
                }
            }
            AxiLitePhase::ReadAnswer => {
                if self.rready.val() {
                    self.state.d.next = AxiLitePhase::Idle;
                    self.s.d.next.ar_held = false;
                    self.s.d.next.read_turn = false;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use crate::sad::tests::Random;

    /// A register file of 1024 words behind the simple bus, answering after a varying time, SLVERR above 0x800; and a master whose five channels stall at random.
    #[test]
    fn every_order_and_stall_of_the_channels_gives_the_same_accesses() {
        let mut bench = Bench::new("axi_lite", AxiLite::default(), |d| &mut d.clock);
        let mut random = Random(0x1234_5679);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let mut memory = vec![0u32; 1024];
        for _ in 0..150 {
            let noise = random.next();
            let (is_write, data) = (noise & 1 != 0, random.next());
            let address = (noise >> 8) as usize & if noise & 2 != 0 { 0xffc } else { 0xfff };
            let strobe = if noise & 0xc == 0 { (noise >> 4) as u64 & 15 } else { 15 };
            let legal = address % 4 == 0 && (!is_write || strobe == 15);
            let (mut sent_a, mut sent_d, mut accesses, mut wait, mut answer) = (false, !is_write, 0, 0, None);
            let (aw_from, w_from, answer_from) = (random.next() % 4, random.next() % 6, random.next() % 12);
            let expected = memory[address / 4];
            for n in 0..60 {
                let dut = &mut bench.dut;
                dut.awvalid.next = is_write && !sent_a && n >= aw_from;
                dut.arvalid.next = !is_write && !sent_a && n >= aw_from;
                dut.wvalid.next = !sent_d && n >= w_from;
                dut.awaddr.next = (address as u64).into();
                dut.araddr.next = (address as u64).into();
                dut.wdata.next = (data as u64).into();
                dut.wstrb.next = strobe.into();
                dut.bready.next = n >= answer_from;
                dut.rready.next = n >= answer_from;
                dut.ack.next = wait == 1;
                dut.error.next = address >= 0x800;
                dut.read_data.next = (expected as u64).into();
                bench.settle();
                let dut = &mut bench.dut;
                assert!(!(dut.bvalid.val() && !(sent_a && sent_d)), "an answer to an unfinished write");
                sent_a |= (is_write && dut.awvalid.val() && dut.awready.val()) || (!is_write && dut.arvalid.val() && dut.arready.val());
                sent_d |= dut.wvalid.val() && dut.wready.val();
                wait = if wait > 0 { wait - 1 } else { 0 };
                if dut.write.val() || dut.read.val() {
                    assert_eq!((dut.write.val(), dut.address.val().index()), (is_write, address));
                    accesses += 1;
                    wait = 1 + random.next() % 4;
                    if is_write {
                        memory[address / 4] = dut.write_data.val().index() as u32;
                    }
                }
                let answered = if is_write { dut.bvalid.val() && dut.bready.val() } else { dut.rvalid.val() && dut.rready.val() };
                if answered {
                    let response = if is_write { dut.bresp.val() } else { dut.rresp.val() };
                    answer = Some((response.index(), dut.rdata.val().index() as u32));
                }
                bench.cycle();
                if answer.is_some() {
                    break;
                }
            }
            let (response, read) = answer.expect("an answer");
            assert_eq!(accesses, legal as u32);
            assert_eq!(response, if legal && address < 0x800 { 0 } else { 2 });
            if !is_write {
                assert_eq!(read, if legal { expected } else { 0 });
            } else if legal {
                assert_eq!(memory[address / 4], data);
            }
        }
        bench.finish();
    }

    #[test]
    fn a_stream_of_writes_does_not_starve_a_read() {
        let mut bench = Bench::new("axi_lite_turns", AxiLite::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        bench.dut.ack.next = true;
        for valid in [&mut bench.dut.awvalid, &mut bench.dut.wvalid, &mut bench.dut.arvalid, &mut bench.dut.bready, &mut bench.dut.rready] {
            valid.next = true;
        }
        bench.dut.wstrb.next = 15.into();
        let (mut writes, mut reads) = (0, 0);
        for _ in 0..100 {
            bench.settle();
            writes += bench.dut.bvalid.val() as u32;
            reads += bench.dut.rvalid.val() as u32;
            bench.cycle();
        }
        assert!(writes >= 10 && reads >= 10 && writes.abs_diff(reads) <= 1, "{writes} writes, {reads} reads");
        bench.finish();
    }
}
