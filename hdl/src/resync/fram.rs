use crate::cell::Reg;
use crate::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum FramPhase {
    /// Deselected: for as long as the part wants, and then until there is something to do.
    Gap,
    Shift,
    /// A word is through: does another follow?
    More,
    /// Selected for half a period more.
    Hold,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct FramState {
    /// What is being sent, or will be next: 0 WREN, 1 RDSR, 2 READ or WRITE.
    pub stage: Bits<2>,
    /// Clocks left of the half period, or of the gap.
    pub half: Bits<4>,
    /// Bits sent: the opcode, then 16 of address or 8 of status, then words, at 24 again and again.
    pub count: Bits<6>,
    pub selected: Bit,
    pub high: Bit,
    pub output: Bit,
    pub sampled: Bit,
    pub done: Bit,
    pub fault: Bit,
    pub resting: Bit,
}

/// A word port in front of a serial FRAM of 64 KiB (SPI mode 0; WREN, RDSR, READ, WRITE with 16 bits of address; words big-endian, word *a* at byte 4*a*).
///
/// `request` with `write`, `address` and `data` holds until `ack`, one clock, in which `answer` is the word read; a word written has been clocked in by then. A request in the clock after that **is** for the next address
/// in the same direction, and the burst goes on; without one the part is deselected, and what was written is in force when `idle` says that it is.
///
/// Every burst begins with WREN and RDSR, reads as well: the write latch that reads back as set shows that a part is there. If it does not (no part, or a protected one), `fault` rises and stays until reset, and nothing is answered any more.
///
/// A bit takes twice `half_period` clocks, a word 32 bits, the beginning of a burst 48 bits and 64 clocks. The part is given 16 clocks between two selections and half a period between selection and clock. After power-up it is to be given its time by holding `reset`.
///
/// Part: any with this set of opcodes, for instance FM25V05 or MB85RS512T.
#[derive(LogicBlock, Ports)]
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
    state: Reg<FramPhase>,
    shift: Reg<Bits<32>>,
    half_period: Constant<Bits<4>>,
    count: Signal<Local, Bits<6>>,
    tick: Signal<Local, Bit>,
    falls: Signal<Local, Bit>,
    ends_byte: Signal<Local, Bit>,
    in_opcode: Signal<Local, Bit>,
    loads_address: Signal<Local, Bit>,
    loads_data: Signal<Local, Bit>,
}

impl Fram {
    /// A controller whose bits take twice `half_period` clocks, 2 to 15.
    pub fn new(half_period: u64) -> Self {
        assert!((2..=15).contains(&half_period), "half period of {half_period} clocks: 2 to 15");
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
            s: Reg::new(FramState { half: 15u64.into(), ..Default::default() }),
            state: Default::default(),
            shift: Default::default(),
            half_period: Constant::new((half_period - 1).into()),
            count: Default::default(),
            tick: Default::default(),
            falls: Default::default(),
            ends_byte: Default::default(),
            in_opcode: Default::default(),
            loads_address: Default::default(),
            loads_data: Default::default(),
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
        dff_setup!(self, clock, s, state, shift);
        self.s.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();
        self.shift.reset.next = self.reset.val();

        self.cs_n.next = !self.s.q.val().selected;
        self.sck.next = self.s.q.val().high;
        self.mosi.next = self.s.q.val().output;
        self.s.d.next.sampled = self.miso.val();
        self.ack.next = self.s.q.val().done;
        self.answer.next = self.shift.q.val();
        self.fault.next = self.s.q.val().fault;

        self.tick.next = self.s.q.val().half == 0;
        self.idle.next = self.s.q.val().resting;
        self.s.d.next.half = self.s.q.val().half - 1;
        if self.tick.val() {
            self.s.d.next.half = self.half_period.val();
        }

        // A bit is out before the clock rises and in when it falls.
        self.count.next = self.s.q.val().count;
        self.in_opcode.next = self.count.val().get_bits::<3>(3) == 0;
        self.ends_byte.next = self.count.val().get_bits::<3>(0) == 7;
        self.falls.next = (self.state.q.val() == FramPhase::Shift) & self.tick.val() & self.s.q.val().high;
        self.s.d.next.output = self.shift.q.val().get_bit(31);
        if self.in_opcode.val() {
            // 0x06, 0x05, 0x03 or 0x02.
            self.s.d.next.output = false;
            if self.count.val() == 5 {
                self.s.d.next.output = self.s.q.val().stage != 2;
            }
            if self.count.val() == 6 {
                self.s.d.next.output = self.s.q.val().stage != 1;
            }
            if self.count.val() == 7 {
                self.s.d.next.output = (self.s.q.val().stage == 1) | ((self.s.q.val().stage == 2) & !self.write.val());
            }
        }
        self.loads_address.next = self.falls.val() & self.in_opcode.val();
        self.loads_data.next = self.falls.val() & (self.s.q.val().stage == 2) & (self.count.val() == 23);

        self.s.d.next.done = false;
        self.s.d.next.resting = false;
        match self.state.q.val() {
            FramPhase::Gap => {
                self.s.d.next.count = 0.into();
                if self.tick.val() {
                    self.s.d.next.resting = self.s.q.val().stage == 0;
                    self.s.d.next.half = 0.into();
                    if (self.s.q.val().stage != 0) | (self.request.val() & !self.s.q.val().fault) {
                        self.s.d.next.half = self.half_period.val();
                        self.s.d.next.resting = false;
                        self.s.d.next.selected = true;
                        self.state.d.next = FramPhase::Shift;
                    }
                }
            }
            FramPhase::Shift => {
                if self.tick.val() {
                    self.s.d.next.high = !self.s.q.val().high;
                }
                if self.falls.val() {
                    self.s.d.next.count = self.count.val() + 1;
                    if self.ends_byte.val() {
                        if self.s.q.val().stage == 0 {
                            self.s.d.next.stage = 1.into();
                            self.state.d.next = FramPhase::Hold;
                        }
                        if (self.s.q.val().stage == 1) & !self.in_opcode.val() {
                            self.s.d.next.stage = 2.into();
                            self.state.d.next = FramPhase::Hold;
                        }
                        if (self.s.q.val().stage == 2) & (self.count.val().get_bits::<3>(3) == 6) {
                            self.s.d.next.done = true;
                            self.state.d.next = FramPhase::More;
                        }
                    }
                }
            }
            FramPhase::More => {
                // Not in the clock of the answer, in which the old request still stands.
                self.s.d.next.count = 24.into();
                self.s.d.next.half = self.half_period.val();
                if !self.s.q.val().done {
                    self.loads_data.next = true;
                    self.state.d.next = FramPhase::Shift;
                    if !self.request.val() {
                        self.s.d.next.stage = 0.into();
                        self.state.d.next = FramPhase::Hold;
                    }
                }
            }
            FramPhase::Hold => {
                if self.tick.val() {
                    self.s.d.next.half = 15.into();
                    self.s.d.next.selected = false;
                    self.state.d.next = FramPhase::Gap;
                    // Behind RDSR: the latch is set, and not just a line pulled up.
                    if (self.s.q.val().stage == 2) & (self.shift.q.val().get_bits::<2>(0) != 2) {
                        self.s.d.next.fault = true;
                        self.s.d.next.stage = 0.into();
                    }
                }
            }
            _ => {}
        }
        if self.falls.val() {
            self.shift.d.next = self.shift.q.val() << 1;
            if self.s.q.val().sampled {
                self.shift.d.next = (self.shift.q.val() << 1) | 1;
            }
        }
        if self.loads_address.val() {
            self.shift.d.next = bit_cast::<32, 14>(self.address.val()) << 18;
        }
        if self.loads_data.val() {
            self.shift.d.next = self.data.val();
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
        /// CS, SCK, MOSI a clock ago, and for how many clocks each has stood.
        pins: [bool; 3],
        stood: [u32; 3],
    }

    impl Rig {
        fn new(name: &str, half_period: u64) -> Self {
            let bench = Bench::new(name, Fram::new(half_period), |d| &mut d.clock);
            let mut rig = Self { bench, part: fram::Fram::default(), pins: [true, false, false], stood: [100; 3] };
            rig.reset();
            rig
        }

        fn reset(&mut self) {
            self.bench.dut.request.next = false;
            self.bench.dut.reset.next = true;
            for _ in 0..4 {
                self.bench.cycle();
            }
            self.bench.dut.reset.next = false;
            (self.pins, self.stood) = ([true, false, false], [100; 3]);
        }

        fn cycle(&mut self) {
            self.bench.settle();
            let dut = &self.bench.dut;
            let pins = [dut.cs_n.val(), dut.sck.val(), dut.mosi.val()];
            let half = dut.half_period.val().to_u64() as u32 + 1;
            let changed: Vec<bool> = pins.iter().zip(self.pins).map(|(now, then)| *now != then).collect();
            if changed[0] {
                assert!(!pins[1] && self.stood[1] >= half, "CS while the clock is high, or has just been");
                assert!(pins[0] || self.stood[0] >= 16, "{} clocks between selections", self.stood[0]);
            }
            if changed[1] {
                assert!(!pins[0] && self.stood[0] >= half && self.stood[1] >= half, "the clock is too fast");
                assert!(!pins[1] || !changed[2] && self.stood[2] >= half - 1, "data change with the clock");
            }
            assert!(!(changed[2] && pins[1]) || changed[1], "data change under the clock");
            for ((stood, changed), _) in self.stood.iter_mut().zip(changed).zip(pins) {
                *stood = if changed { 1 } else { *stood + 1 };
            }
            self.pins = pins;
            let miso = self.part.step(pins[0], pins[1], pins[2]);
            self.bench.dut.miso.next = miso;
            self.bench.cycle();
        }

        fn ask(&mut self, write: bool, address: u64, data: u32) {
            let dut = &mut self.bench.dut;
            dut.request.next = true;
            dut.write.next = write;
            dut.address.next = address.into();
            dut.data.next = (data as u64).into();
        }

        /// One word; the clocks it took, none if it is never answered.
        fn word(&mut self, write: bool, address: u64, data: u32) -> Option<(u32, u32)> {
            self.ask(write, address, data);
            for n in 0..2000 {
                self.bench.settle();
                let (ack, answer) = (self.bench.dut.ack.val(), self.bench.dut.answer.val().to_u64() as u32);
                assert!(!self.bench.dut.idle.val() || self.bench.dut.cs_n.val(), "idle while selected");
                self.cycle();
                if ack {
                    self.bench.dut.request.next = false;
                    return Some((answer, n));
                }
            }
            self.bench.dut.request.next = false;
            None
        }

        fn rest(&mut self) {
            for _ in 0..40 {
                self.cycle();
            }
            assert!(self.bench.dut.idle.val() && self.bench.dut.cs_n.val());
        }
    }

    #[test]
    fn words_are_written_and_read_in_bursts_and_alone() {
        for half in [2, 3] {
            let mut rig = Rig::new(&format!("fram_{half}"), half);
            let place = |n: u64| (n * 5461) % 16384;
            let value = |n: u64, k: u64| 0x0102_0304 * (n as u32 + 1) + k as u32;
            for n in 0..3 {
                for k in 0..4 {
                    let (_, took) = rig.word(true, place(n) + k, value(n, k)).unwrap();
                    assert!(took > 64 * half as u32 && (k == 0) == (took > 64 * half as u32 + 4), "a burst goes on: {took}");
                }
                rig.cycle();
                if n == 1 {
                    rig.rest();
                }
            }
            rig.rest();
            assert_eq!(rig.part.written(), 48);
            for n in (0..3).rev() {
                for k in 0..4 {
                    assert_eq!(rig.word(false, place(n) + k, 0x5555_5555).unwrap().0, value(n, k));
                }
                assert_eq!(rig.part.contents()[4 * place(n) as usize], n as u8 + 1, "big-endian");
                rig.cycle();
            }
            // From reading to writing and back, at the next address.
            assert!(rig.word(true, place(0) + 4, 9).is_some());
            rig.cycle();
            assert_eq!(rig.word(false, place(0) + 4, 0).unwrap().0, 9);
            rig.rest();
            assert_eq!(rig.part.written(), 52);
            rig.bench.finish();
        }
    }

    #[test]
    fn a_part_that_does_not_answer_is_a_fault() {
        for (n, stuck) in [fram::Stuck::Low, fram::Stuck::High].into_iter().enumerate() {
            let mut rig = Rig::new(&format!("fram_stuck_{n}"), 2);
            rig.part.set_stuck(Some(stuck));
            assert_eq!(rig.word(n == 0, 5, 1), None);
            assert!(rig.bench.dut.fault.val() && rig.bench.dut.cs_n.val());
            rig.part.set_stuck(None);
            assert_eq!(rig.word(true, 5, 1), None, "a fault stays");
            rig.reset();
            assert!(rig.word(true, 5, 1).is_some() && !rig.bench.dut.fault.val());
            rig.bench.finish();
        }
    }

    /// What was acknowledged is there, what was not yet begun is not, whatever becomes of the byte in between.
    #[test]
    fn power_fails_between_any_two_bits() {
        let mut rig = Rig::new("fram_power", 2);
        let seed = 20_231_107u64;
        println!("seed {seed}");
        let old = |k: u64| 0xa5a5_5a5a ^ k as u32;
        let new = |n: u64, k: u64| (seed as u32).wrapping_mul((8 * n + k + 1) as u32) ^ 0x0f0f_f0f0;
        for n in 0..24u64 {
            for k in 0..3 {
                rig.part.set_word(100 + k as u16, old(k));
            }
            let mut left = n * 27;
            let (mut acknowledged, mut asked) = (0, 0);
            rig.ask(true, 100, new(n, 0));
            while left > 0 && acknowledged < 3 {
                rig.bench.settle();
                let ack = rig.bench.dut.ack.val();
                rig.cycle();
                if ack {
                    acknowledged += 1;
                    asked = acknowledged;
                    match acknowledged < 3 {
                        true => rig.ask(true, 100 + acknowledged, new(n, acknowledged)),
                        false => rig.bench.dut.request.next = false,
                    }
                }
                left -= 1;
            }
            rig.part.power_cut([fram::Tear::Old, fram::Tear::New, fram::Tear::Mixed(seed + n)][n as usize % 3]);
            rig.reset();
            rig.part.power_up();
            for k in 0..3 {
                let found = rig.word(false, 100 + k, 0).unwrap().0;
                if k < acknowledged {
                    assert_eq!(found, new(n, k), "round {n}, word {k}");
                } else if k > asked {
                    assert_eq!(found, old(k), "round {n}, word {k}");
                }
            }
            rig.rest();
        }
        rig.bench.finish();
    }

    #[test]
    fn verilog() {
        if let Ok(path) = std::env::var("HOLDFAST_FRAM_VERILOG") {
            let mut fram = Fram::default();
            fram.connect_all();
            std::fs::write(path, crate::export::verilog("fram", &fram)).unwrap();
        }
    }
}
