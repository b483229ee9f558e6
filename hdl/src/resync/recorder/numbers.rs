use crate::cell::{Ram, Reg};
use crate::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum NumbersAct {
    None,
    /// `word` becomes a half of N or of the birth.
    NumberHigh,
    NumberLow,
    BornHigh,
    BornLow,
    /// L = N + interval, in four clocks: the low half, the high half, then the cap of both. With `again` the sum becomes N. Inbound: L = 0, N stays.
    SumLow,
    SumHigh,
    CapLow,
    CapHigh,
    /// L = N, in two.
    SameLow,
    SameHigh,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct NumbersState {
    /// What was asked for a clock ago.
    pub act: NumbersAct,
    pub again: Bit,
    pub carry: Bits<1>,
    /// The high half of the sum is not zero; the low half of N is all ones, the high half not zero.
    pub any: Bit,
    pub low_all: Bit,
    pub high_any: Bit,
    /// `out` is what came in a clock ago; it is the threshold.
    pub passes: Bit,
    /// The interval is added; half of it is subtracted.
    pub adds: Bit,
    pub subtracts: Bit,
}

/// The numbers of the place in hand: the one it goes on with (N), the limit an interval above (L), and when it was born. 64 bits each, a word at a time through one adder.
///
/// `interval` = 2^`exponent`, 4 to 24; the exponent stands two clocks before an interval is asked for. No limit is above 2^32 without `esn`, nor above 2^64 - 1 with it. `at_end`, two clocks after `SumHigh` was asked for and until something else is done: N is at that end already.
/// What `act` asks for is done a clock later; a word that is written then is not asked for in the same clock. `out` is, a clock later, the word that `shown` names, as the ledger numbers them (while nothing is being done): 0, 1 the birth, 2, 3 N, or L with `limit`, 4 `rest`, which is handed through,
/// 5, 6 N, high halves first; 7 the low half of the threshold, L - interval/2 outbound, N + interval inbound.
#[derive(LogicBlock, Ports)]
pub struct Numbers {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub exponent: Signal<In, Bits<5>>,
    pub esn: Signal<In, Bit>,
    pub inbound: Signal<In, Bit>,
    pub act: Signal<In, NumbersAct>,
    pub again: Signal<In, Bit>,
    pub word: Signal<In, Bits<32>>,
    pub shown: Signal<In, Bits<3>>,
    pub limit: Signal<In, Bit>,
    pub rest: Signal<In, Bits<32>>,
    /// `out` is to be `word` instead.
    pub pass: Signal<In, Bit>,
    pub out: Signal<Out, Bits<32>>,
    pub at_end: Signal<Out, Bit>,
    /// 0, 1 the birth, 2, 3 L, 5, 6 N.
    words: Ram<Bits<32>, 3>,
    s: Reg<NumbersState>,
    taken: Reg<Bits<32>>,
    interval: Reg<Bits<32>>,
    asks_threshold: Signal<Local, Bit>,
    act_now: Signal<Local, NumbersAct>,
    one: Constant<Bits<32>>,
    ones: Constant<Bits<32>>,
    half: Signal<Local, Bits<32>>,
    less: Signal<Local, Bits<32>>,
    asked: Signal<Local, Bits<3>>,
    read: Signal<Local, Bits<32>>,
    b: Signal<Local, Bits<32>>,
    carry_in: Signal<Local, Bits<1>>,
    total: Signal<Local, Bits<34>>,
    sum: Signal<Local, Bits<32>>,
    caps: Signal<Local, Bit>,
    result: Signal<Local, Bits<32>>,
}

impl Default for Numbers {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            exponent: Default::default(),
            esn: Default::default(),
            inbound: Default::default(),
            act: Signal::default(),
            again: Default::default(),
            word: Default::default(),
            shown: Default::default(),
            limit: Default::default(),
            rest: Default::default(),
            pass: Default::default(),
            out: Default::default(),
            at_end: Default::default(),
            words: Default::default(),
            s: Reg::new(NumbersState { act: NumbersAct::None, ..Default::default() }),
            taken: Default::default(),
            interval: Default::default(),
            asks_threshold: Default::default(),
            act_now: Signal::default(),
            one: Constant::new(1.into()),
            ones: Constant::new(0xffff_ffffu64.into()),
            half: Default::default(),
            less: Default::default(),
            asked: Default::default(),
            read: Default::default(),
            b: Default::default(),
            carry_in: Default::default(),
            total: Default::default(),
            sum: Default::default(),
            caps: Default::default(),
            result: Default::default(),
        }
    }
}

impl Logic for Numbers {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, taken, interval);
        self.interval.reset.next = self.reset.val();
        clock!(self, clock, words);
        self.s.reset.next = self.reset.val();
        self.taken.reset.next = self.reset.val();
        self.s.d.next.act = self.act.val();
        self.s.d.next.again = self.again.val();
        self.s.d.next.passes = self.pass.val() | (self.shown.val() == 4);
        self.asks_threshold.next = (self.shown.val() == 7) & (self.act.val() == NumbersAct::None);
        self.s.d.next.adds = self.asks_threshold.val() | (self.act.val() == NumbersAct::SumLow);
        self.s.d.next.subtracts = self.asks_threshold.val() & !self.inbound.val();
        self.act_now.next = self.s.q.val().act;
        self.taken.d.next = self.word.val();
        if (self.shown.val() == 4) & !self.pass.val() & (self.act.val() == NumbersAct::None) {
            self.taken.d.next = self.rest.val();
        }

        // Which word is read: an operand of what is asked for, or what is to be shown.
        self.asked.next = self.shown.val();
        if self.shown.val() == 7 {
            self.asked.next = 3.into();
        }
        if ((self.shown.val() == 2) | (self.shown.val() == 3)) & !self.limit.val() {
            self.asked.next = self.shown.val() + 3;
        }
        if (self.shown.val() == 7) & self.inbound.val() {
            self.asked.next = 6.into();
        }
        if (self.act.val() == NumbersAct::SumLow) | (self.act.val() == NumbersAct::SameLow) {
            self.asked.next = 6.into();
        }
        if (self.act.val() == NumbersAct::SumHigh) | (self.act.val() == NumbersAct::SameHigh) {
            self.asked.next = 5.into();
        }
        self.words.read_address.next = self.asked.val();
        self.read.next = self.words.read_data.val();

        // The interval, or less half of one, or what the low half carries, or nothing. The lowest bit brings the carry in; to subtract is to add the complement and one.
        self.interval.d.next = self.one.val() << bit_cast::<32, 5>(self.exponent.val());
        self.half.next = self.interval.q.val() >> 1;
        self.less.next = !self.half.val();
        self.b.next = 0.into();
        self.carry_in.next = 0.into();
        if self.s.q.val().adds {
            self.b.next = self.interval.q.val();
            if self.s.q.val().subtracts {
                self.b.next = self.less.val();
                self.carry_in.next = 1.into();
            }
        }
        if self.act_now.val() == NumbersAct::SumHigh {
            self.carry_in.next = self.s.q.val().carry;
        }
        self.total.next = ((bit_cast::<34, 32>(self.read.val()) << 1) | 1)
            + ((bit_cast::<34, 32>(self.b.val()) << 1) | bit_cast::<34, 1>(self.carry_in.val()));
        self.sum.next = self.total.val().get_bits::<32>(1);

        // What becomes of it. The cap: all ones where 64 bits do not suffice, 2^32 where 32 do not.
        self.caps.next = ((self.act_now.val() == NumbersAct::CapLow) | (self.act_now.val() == NumbersAct::CapHigh))
            & (((self.s.q.val().carry == 1) & self.esn.val()) | (self.s.q.val().any & !self.esn.val()))
            & !self.inbound.val();
        self.result.next = self.taken.q.val();
        self.words.write.next = self.caps.val();
        self.words.write_address.next = 2.into();
        if self.s.q.val().again {
            self.words.write_address.next = 5.into();
        }
        if (self.act_now.val() == NumbersAct::SumLow)
            | (self.act_now.val() == NumbersAct::SameLow)
            | (self.act_now.val() == NumbersAct::CapLow)
        {
            self.words.write_address.next = 3.into();
            if self.s.q.val().again {
                self.words.write_address.next = 6.into();
            }
        }
        if (self.act_now.val() == NumbersAct::SumLow) | (self.act_now.val() == NumbersAct::SameLow) {
            self.words.write.next = true;
            self.s.d.next.low_all = self.read.val().all();
        }
        if (self.act_now.val() == NumbersAct::SumHigh) | (self.act_now.val() == NumbersAct::SameHigh) {
            self.words.write.next = true;
            self.s.d.next.high_any = self.read.val().any();
            // Without ESN, for which it counts, no high half is all ones: what is carried into it does not make it zero.
            self.s.d.next.any = self.read.val().any() | ((self.act_now.val() == NumbersAct::SumHigh) & (self.s.q.val().carry == 1));
        }
        if (self.act_now.val() == NumbersAct::SumLow)
            | (self.act_now.val() == NumbersAct::SameLow)
            | (self.act_now.val() == NumbersAct::SumHigh)
            | (self.act_now.val() == NumbersAct::SameHigh)
        {
            self.s.d.next.carry = self.total.val().get_bits::<1>(33);
            self.result.next = self.sum.val();
            if self.inbound.val() {
                self.result.next = 0.into();
            }
        }
        if self.act_now.val() == NumbersAct::CapLow {
            self.result.next = 0.into();
        }
        if self.act_now.val() == NumbersAct::CapHigh {
            self.result.next = 1.into();
        }
        if ((self.act_now.val() == NumbersAct::CapLow) | (self.act_now.val() == NumbersAct::CapHigh)) & self.esn.val() {
            self.result.next = self.ones.val();
        }
        self.at_end.next = (self.s.q.val().carry == 1) & self.s.q.val().low_all;
        if !self.esn.val() {
            self.at_end.next = self.s.q.val().high_any;
        }
        if self.act_now.val() == NumbersAct::NumberHigh {
            self.words.write.next = true;
            self.words.write_address.next = 5.into();
        }
        if self.act_now.val() == NumbersAct::NumberLow {
            self.words.write.next = true;
            self.words.write_address.next = 6.into();
        }
        if self.act_now.val() == NumbersAct::BornHigh {
            self.words.write.next = true;
            self.words.write_address.next = 0.into();
        }
        if self.act_now.val() == NumbersAct::BornLow {
            self.words.write.next = true;
            self.words.write_address.next = 1.into();
        }
        self.words.write_data.next = self.result.val();

        // Where nothing is added the sum is the word itself.
        self.out.next = self.sum.val();
        if self.s.q.val().passes {
            self.out.next = self.taken.q.val();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};

    fn run(bench: &mut Bench<Numbers>, acts: &[NumbersAct]) {
        for act in acts {
            bench.dut.act.next = *act;
            bench.cycle();
        }
        bench.dut.act.next = NumbersAct::None;
        bench.cycle();
        bench.settle();
    }

    fn load(bench: &mut Bench<Numbers>, high: NumbersAct, low: NumbersAct, number: u64) {
        bench.dut.word.next = (number >> 32).into();
        run(bench, &[high]);
        bench.dut.word.next = (number & 0xffff_ffff).into();
        run(bench, &[low]);
    }

    fn show(bench: &mut Bench<Numbers>, what: u64, limit: bool) -> u64 {
        bench.dut.shown.next = what.into();
        bench.dut.limit.next = limit;
        bench.cycle();
        bench.settle();
        bench.dut.out.val().to_u64()
    }

    #[test]
    fn limits_are_an_interval_above_and_never_beyond_the_end() {
        use NumbersAct::*;
        let mut bench = Bench::new("numbers", Numbers::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let seed = 0x4e0b_0001;
        println!("seed {seed:#x}");
        let mut random = StdRng::seed_from_u64(seed);
        for n in 0..200 {
            let (esn, exponent) = (random.gen_bool(0.5), random.gen_range(4..=24u32));
            let top: u64 = if esn { u64::MAX } else { 1 << 32 };
            let near = random.gen_range(0..3u64 << exponent);
            let number = match n % 4 {
                0 => top - near.min(top),
                1 => 0xffff_ffff - near.min(0xffff_ffff),
                2 => top,
                _ => random.gen::<u64>() & if esn { u64::MAX >> random.gen_range(1..64) } else { 0xffff_ffff },
            };
            let born: u64 = random.gen();
            let raised = |n: u64| n.saturating_add(1 << exponent).min(top);
            bench.dut.esn.next = esn;
            bench.dut.exponent.next = (exponent as u64).into();
            bench.dut.inbound.next = false;
            bench.dut.again.next = false;
            load(&mut bench, NumberHigh, NumberLow, number);
            load(&mut bench, BornHigh, BornLow, born);
            run(&mut bench, &[SumLow, SumHigh]);
            assert_eq!(bench.dut.at_end.val(), number == top, "{number:#x} {exponent} {esn}");
            run(&mut bench, &[CapLow, CapHigh]);
            let whole = |bench: &mut Bench<Numbers>, limit| show(bench, 2, limit) << 32 | show(bench, 3, limit);
            assert_eq!(whole(&mut bench, true), raised(number), "{number:#x} {exponent} {esn}");
            assert_eq!(whole(&mut bench, false), number);
            assert_eq!(show(&mut bench, 5, true) << 32 | show(&mut bench, 6, true), number);
            assert_eq!(show(&mut bench, 0, true) << 32 | show(&mut bench, 1, true), born);
            assert_eq!(show(&mut bench, 7, true), (raised(number) - (1 << exponent) / 2) & 0xffff_ffff);
            // One sum after the other, without a pause.
            for again in [true, false] {
                bench.dut.again.next = again;
                for act in [SumLow, SumHigh, CapLow, CapHigh] {
                    bench.dut.act.next = act;
                    bench.cycle();
                }
            }
            run(&mut bench, &[]);
            assert_eq!(whole(&mut bench, false), raised(number));
            assert_eq!(whole(&mut bench, true), raised(raised(number)));
            run(&mut bench, &[SameLow, SameHigh]);
            assert_eq!(whole(&mut bench, true), raised(number));
            bench.dut.inbound.next = true;
            load(&mut bench, NumberHigh, NumberLow, number);
            run(&mut bench, &[SumLow, SumHigh, CapLow, CapHigh]);
            assert_eq!((whole(&mut bench, false), whole(&mut bench, true)), (number, 0));
            assert_eq!(show(&mut bench, 7, true), ((number & 0xffff_ffff) + (1 << exponent)) & 0xffff_ffff);
            bench.dut.rest.next = 0x1234_56a5.into();
            assert_eq!(show(&mut bench, 4, false), 0x1234_56a5);
        }
        bench.finish();
    }
}
