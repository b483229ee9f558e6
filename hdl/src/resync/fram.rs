use crate::cell::Reg;
use rust_hdl::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum FramPhase {
    /// Deselected, for at least as long as the part wants.
    Gap,
    Idle,
    /// WREN, then RDSR, which must show that it took.
    Enable,
    Rest,
    Status,
    Rest2,
    /// Opcode and address, then words as long as they follow each other.
    Command,
    Word,
    More,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct FramState {
    pub phase: FramPhase,
    /// Clocks left of the half period, bits left of the transfer.
    pub half: Bits<4>,
    pub bits: Bits<6>,
    pub high: Bit,
    pub writing: Bit,
    pub wait: Bits<3>,
    pub address: Bits<14>,
    pub fault: Bit,
    pub done: Bit,
}

/// A word port in front of a serial FRAM of 64 KiB (SPI mode 0; WREN, RDSR, READ, WRITE with 16 bits of address; words big-endian, word *a* at byte 4*a*).
///
/// `request` with `write`, `address` and `data` holds until `ack`, one clock, in which `answer` is the word read; a word written has been clocked in by then. When the next request comes within four clocks,
/// for the next address and in the same direction, the burst goes on; otherwise the part is deselected, and what was written is in force when `idle` says that it is. A bit takes twice `half_period` clocks; a word of a burst 32 bits, its beginning 24 more, and
/// a write 24 before that, to set the write latch and see that it is set. If it is not (no part, or a protected one), `fault` rises and stays until reset, and nothing is answered any more.
///
/// Part: any with this set of opcodes, for instance FM25V05 or MB85RS512T.
#[derive(LogicBlock)]
pub struct Fram {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub request: Signal<In, Bit>,
    pub write: Signal<In, Bit>,
    pub address: Signal<In, Bits<14>>,
    pub data: Signal<In, Bits<32>>,
    pub ack: Signal<Out, Bit>,
    pub answer: Signal<Out, Bits<32>>,
    pub fault: Signal<Out, Bit>,
    pub idle: Signal<Out, Bit>,
    pub cs_n: Signal<Out, Bit>,
    pub sck: Signal<Out, Bit>,
    pub mosi: Signal<Out, Bit>,
    pub miso: Signal<In, Bit>,
    s: Reg<FramState>,
    shift: Reg<Bits<32>>,
    selected: Reg<Bit>,
    sampled: Reg<Bit>,
    half_period: Constant<Bits<4>>,
    moves: Signal<Local, Bit>,
    ends: Signal<Local, Bit>,
    command: Signal<Local, Bits<32>>,
    next_address: Signal<Local, Bits<14>>,
    goes_on: Signal<Local, Bit>,
}

impl Fram {
    /// A controller whose bits take twice `half_period` clocks, 1 to 15.
    pub fn new(half_period: u64) -> Self {
        assert!((1..=15).contains(&half_period), "half period of {half_period} clocks: 1 to 15");
        Self {
            clock: Default::default(),
            reset: Default::default(),
            request: Default::default(),
            write: Default::default(),
            address: Default::default(),
            data: Default::default(),
            ack: Default::default(),
            answer: Default::default(),
            fault: Default::default(),
            idle: Default::default(),
            cs_n: Default::default(),
            sck: Default::default(),
            mosi: Default::default(),
            miso: Default::default(),
            s: Reg::new(FramState { phase: FramPhase::Gap, half: 15.into(), ..Default::default() }),
            shift: Default::default(),
            selected: Default::default(),
            sampled: Default::default(),
            half_period: Constant::new((half_period - 1).into()),
            moves: Default::default(),
            ends: Default::default(),
            command: Default::default(),
            next_address: Default::default(),
            goes_on: Default::default(),
        }
    }
}

impl Default for Fram {
    /// 20.8 MHz at a clock of 125 MHz.
    fn default() -> Self {
        Self::new(3)
    }
}

impl Logic for Fram {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, shift, selected, sampled);
        self.s.reset.next = self.reset.val();
        self.shift.reset.next = self.reset.val();
        self.selected.reset.next = self.reset.val();
        self.sampled.reset.next = self.reset.val();

        self.cs_n.next = !self.selected.q.val();
        self.sck.next = self.s.q.val().high;
        self.mosi.next = self.shift.q.val().get_bit(31);
        self.sampled.d.next = self.miso.val();
        self.ack.next = self.s.q.val().done;
        self.answer.next = self.shift.q.val();
        self.fault.next = self.s.q.val().fault;
        self.idle.next = self.s.q.val().phase == FramPhase::Idle;

        // The clock of the part runs while bits are left; a bit is out before it rises and in when it falls.
        self.moves.next = self.s.q.val().half == 0;
        self.ends.next = self.moves.val() & self.s.q.val().high & (self.s.q.val().bits == 1);
        self.s.d.next.half = self.s.q.val().half - 1;
        self.s.d.next.done = false;
        if self.moves.val() {
            self.s.d.next.half = self.half_period.val();
            if self.s.q.val().bits != 0 {
                self.s.d.next.high = !self.s.q.val().high;
                if self.s.q.val().high {
                    self.shift.d.next = self.shift.q.val() << 1;
                    if self.sampled.q.val() {
                        self.shift.d.next = (self.shift.q.val() << 1) | 1;
                    }
                    self.s.d.next.bits = self.s.q.val().bits - 1;
                }
            }
        }
        // Opcode and byte address, in bits 31:8.
        self.command.next = (bit_cast::<32, 14>(self.address.val()) << 10) | 0x03000000;
        if self.write.val() {
            self.command.next = (bit_cast::<32, 14>(self.address.val()) << 10) | 0x02000000;
        }
        self.next_address.next = self.s.q.val().address + 1;
        self.goes_on.next =
            self.request.val() & (self.write.val() == self.s.q.val().writing) & (self.address.val() == self.next_address.val());

        match self.s.q.val().phase {
            FramPhase::Gap => {
                if self.moves.val() {
                    self.s.d.next.phase = FramPhase::Idle;
                }
            }
            FramPhase::Idle => {
                self.s.d.next.half = self.half_period.val();
                self.s.d.next.writing = self.write.val();
                if self.request.val() & !self.s.q.val().fault & !self.s.q.val().done {
                    self.selected.d.next = true;
                    self.shift.d.next = self.command.val();
                    self.s.d.next.bits = 24.into();
                    self.s.d.next.phase = FramPhase::Command;
                    if self.write.val() {
                        self.shift.d.next = 0x06000000.into();
                        self.s.d.next.bits = 8.into();
                        self.s.d.next.phase = FramPhase::Enable;
                    }
                }
            }
            FramPhase::Enable => {
                if self.ends.val() {
                    self.selected.d.next = false;
                    self.s.d.next.phase = FramPhase::Rest;
                }
            }
            FramPhase::Rest => {
                if self.moves.val() {
                    self.selected.d.next = true;
                    self.shift.d.next = 0x05000000.into();
                    self.s.d.next.bits = 16.into();
                    self.s.d.next.phase = FramPhase::Status;
                }
            }
            FramPhase::Status => {
                if self.ends.val() {
                    self.selected.d.next = false;
                    self.s.d.next.phase = FramPhase::Rest2;
                }
            }
            FramPhase::Rest2 => {
                // Write latch set, and not just a line that is pulled up.
                if (self.shift.q.val() & 0x03) != 2 {
                    self.s.d.next.fault = true;
                    self.s.d.next.phase = FramPhase::Gap;
                } else if self.moves.val() {
                    self.selected.d.next = true;
                    self.shift.d.next = self.command.val();
                    self.s.d.next.bits = 24.into();
                    self.s.d.next.phase = FramPhase::Command;
                }
            }
            FramPhase::Command => {
                self.s.d.next.address = self.address.val();
                if self.ends.val() {
                    self.shift.d.next = self.data.val();
                    self.s.d.next.bits = 32.into();
                    self.s.d.next.phase = FramPhase::Word;
                }
            }
            FramPhase::Word => {
                if self.ends.val() {
                    self.s.d.next.done = true;
                    self.s.d.next.wait = 4.into();
                    self.s.d.next.phase = FramPhase::More;
                }
            }
            FramPhase::More => {
                // Not in the clock of the answer, in which the old request still stands.
                self.s.d.next.half = self.half_period.val();
                if !self.s.q.val().done {
                    self.s.d.next.wait = self.s.q.val().wait - 1;
                    if self.goes_on.val() {
                        self.s.d.next.address = self.address.val();
                        self.shift.d.next = self.data.val();
                        self.s.d.next.bits = 32.into();
                        self.s.d.next.phase = FramPhase::Word;
                    } else if self.s.q.val().wait == 0 {
                        self.selected.d.next = false;
                        self.s.d.next.half = 15.into();
                        self.s.d.next.phase = FramPhase::Gap;
                    }
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
    use holdfast_model::fram;

    struct Rig {
        bench: Bench<Fram>,
        part: fram::Fram,
    }

    impl Rig {
        fn new(name: &str, half_period: u64) -> Self {
            let mut bench = Bench::new(name, Fram::new(half_period), |d| &mut d.clock);
            bench.dut.reset.next = true;
            bench.cycle();
            bench.dut.reset.next = false;
            Self { bench, part: fram::Fram::default() }
        }

        fn cycle(&mut self) {
            self.bench.settle();
            let dut = &self.bench.dut;
            let miso = self.part.step(dut.cs_n.val(), dut.sck.val(), dut.mosi.val());
            self.bench.dut.miso.next = miso;
            self.bench.cycle();
        }

        /// One word; the clocks it took, none if it is never answered.
        fn word(&mut self, write: bool, address: u64, data: u32) -> Option<(u32, u32)> {
            let dut = &mut self.bench.dut;
            dut.request.next = true;
            dut.write.next = write;
            dut.address.next = address.into();
            dut.data.next = (data as u64).into();
            for n in 0..2000 {
                self.bench.settle();
                if self.bench.dut.ack.val() {
                    let answer = self.bench.dut.answer.val().to_u64() as u32;
                    self.cycle();
                    self.bench.dut.request.next = false;
                    return Some((answer, n));
                }
                self.cycle();
            }
            self.bench.dut.request.next = false;
            None
        }

        fn rest(&mut self) {
            for _ in 0..60 {
                self.cycle();
            }
            assert!(self.bench.dut.idle.val() && self.bench.dut.cs_n.val());
        }
    }

    #[test]
    fn words_are_written_and_read_in_bursts_and_alone() {
        for half in [1, 3] {
            let mut rig = Rig::new(&format!("fram_{half}"), half);
            let place = |n: u64| (n * 5461) % 16384;
            for n in 0..3u64 {
                for k in 0..4 {
                    let (_, took) = rig.word(true, place(n) + k, 0x0102_0304 * (n as u32 + 1) + k as u32).unwrap();
                    assert_eq!(took < 32 * 2 * half as u32 + 10, k > 0, "a burst goes on: {took}");
                }
                if n == 1 {
                    rig.rest();
                }
            }
            rig.rest();
            for n in (0..3u64).rev() {
                for k in 0..4 {
                    assert_eq!(rig.word(false, place(n) + k, 0).unwrap().0, 0x0102_0304 * (n as u32 + 1) + k as u32);
                }
                assert_eq!(rig.part.contents()[4 * place(n) as usize], n as u8 + 1, "big-endian");
            }
            // From reading to writing and back, at the next address.
            assert!(rig.word(true, place(0) + 4, 9).is_some());
            assert_eq!(rig.word(false, place(0) + 4, 0).unwrap().0, 9);
            rig.bench.finish();
        }
    }

    #[test]
    fn a_part_that_does_not_answer_is_a_fault() {
        for stuck in [fram::Stuck::Low, fram::Stuck::High] {
            let mut rig = Rig::new(&format!("fram_stuck_{stuck:?}"), 1);
            rig.part.set_stuck(Some(stuck));
            assert_eq!(rig.word(true, 5, 1), None);
            assert!(rig.bench.dut.fault.val() && rig.bench.dut.cs_n.val());
            rig.bench.finish();
        }
    }
}
