use crate::cell::Reg;
use rust_hdl::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum NumbersAct {
    None,
    /// `word` becomes a half of N or of the birth.
    NumberHigh,
    NumberLow,
    BornHigh,
    BornLow,
    /// L = N + interval, in three clocks: the low half, the high half, the cap. With `again` the sum becomes N. Inbound: L = 0, N stays.
    SumLow,
    SumHigh,
    Cap,
    /// L = N, in two.
    SameLow,
    SameHigh,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct NumbersState {
    /// What was asked for a clock ago.
    pub act: NumbersAct,
    pub again: Bit,
    pub carry: Bit,
    pub any: Bit,
}

/// The numbers of the place in hand: the one it goes on with (N), the limit an interval above (L), and when it was born. 64 bits each, a word at a time.
///
/// `interval` = 2^`exponent`, 4 to 24. No limit is above 2^32 without `esn`, nor above 2^64 - 1 with it. `at_end`, two clocks after `SumHigh` was asked for and until something else is done: N is at that end already.
/// What `act` asks for is done a clock later. `out` is, a clock later, the word that `shown` names, as the ledger numbers them (while nothing is being done): 0, 1 the birth, 2, 3 N, or L with `limit`, 4 `rest`, which is handed through,
/// 5, 6 N, high halves first; 7 the low half of the threshold, L - interval/2 outbound, N + interval inbound.
#[derive(LogicBlock)]
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
    /// `out` is to be `passing` instead.
    pub pass: Signal<In, Bit>,
    pub passing: Signal<In, Bits<32>>,
    pub out: Signal<Out, Bits<32>>,
    pub at_end: Signal<Out, Bit>,
    number_high: Reg<Bits<32>>,
    number_low: Reg<Bits<32>>,
    limit_high: Reg<Bits<32>>,
    limit_low: Reg<Bits<32>>,
    born_high: Reg<Bits<32>>,
    born_low: Reg<Bits<32>>,
    s: Reg<NumbersState>,
    taken: Reg<Bits<32>>,
    held: Reg<Bits<32>>,
    act_now: Signal<Local, NumbersAct>,
    picked: Signal<Local, Bits<32>>,
    one: Constant<Bits<32>>,
    ones: Constant<Bits<32>>,
    top: Constant<Bits<32>>,
    above: Signal<Local, Bits<32>>,
    interval: Signal<Local, Bits<32>>,
    less: Signal<Local, Bits<32>>,
    a: Signal<Local, Bits<32>>,
    b: Signal<Local, Bits<32>>,
    sum: Signal<Local, Bits<32>>,
    carry: Signal<Local, Bit>,
    caps: Signal<Local, Bit>,
    result: Signal<Local, Bits<32>>,
    result_high: Signal<Local, Bits<32>>,
    writes_low: Signal<Local, Bit>,
    writes_high: Signal<Local, Bit>,
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
            passing: Default::default(),
            out: Default::default(),
            at_end: Default::default(),
            number_high: Default::default(),
            number_low: Default::default(),
            limit_high: Default::default(),
            limit_low: Default::default(),
            born_high: Default::default(),
            born_low: Default::default(),
            s: Reg::new(NumbersState { act: NumbersAct::None, ..Default::default() }),
            taken: Default::default(),
            held: Default::default(),
            act_now: Signal::default(),
            picked: Default::default(),
            one: Constant::new(1.into()),
            ones: Constant::new(0xffff_ffffu64.into()),
            top: Constant::new(0x8000_0000u64.into()),
            above: Default::default(),
            interval: Default::default(),
            less: Default::default(),
            a: Default::default(),
            b: Default::default(),
            sum: Default::default(),
            carry: Default::default(),
            caps: Default::default(),
            result: Default::default(),
            result_high: Default::default(),
            writes_low: Default::default(),
            writes_high: Default::default(),
        }
    }
}

impl Logic for Numbers {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, number_high, number_low, limit_high, limit_low, born_high, born_low, s, taken, held);
        self.number_high.reset.next = self.reset.val();
        self.number_low.reset.next = self.reset.val();
        self.limit_high.reset.next = self.reset.val();
        self.limit_low.reset.next = self.reset.val();
        self.born_high.reset.next = self.reset.val();
        self.born_low.reset.next = self.reset.val();
        self.s.reset.next = self.reset.val();
        self.taken.reset.next = self.reset.val();
        self.held.reset.next = self.reset.val();
        self.s.d.next.act = self.act.val();
        self.s.d.next.again = self.again.val();
        self.act_now.next = self.s.q.val().act;
        self.taken.d.next = self.word.val();

        // One adder. Minus half an interval is all ones from bit e - 1 on.
        self.interval.next = self.one.val() << bit_cast::<32, 5>(self.exponent.val());
        self.above.next = self.ones.val() << bit_cast::<32, 5>(self.exponent.val());
        self.less.next = (self.above.val() >> 1) | self.top.val();
        self.a.next = self.number_low.q.val();
        self.b.next = self.interval.val();
        if self.act_now.val() == NumbersAct::None {
            if !self.inbound.val() {
                self.a.next = self.limit_low.q.val();
                self.b.next = self.less.val();
            }
        }
        if (self.act_now.val() == NumbersAct::SumHigh) | (self.act_now.val() == NumbersAct::SameHigh) {
            self.a.next = self.number_high.q.val();
            self.b.next = 0.into();
            if self.s.q.val().carry {
                self.b.next = 1.into();
            }
        }
        if self.act_now.val() == NumbersAct::SameLow {
            self.b.next = 0.into();
        }
        self.sum.next = self.a.val() + self.b.val();
        self.carry.next = (self.a.val().get_bit(31) | self.b.val().get_bit(31)) & !self.sum.val().get_bit(31);

        // The cap: all ones where 64 bits do not suffice, 2^32 where 32 do not.
        self.caps.next = (self.act_now.val() == NumbersAct::Cap) & self.s.q.val().carry & self.esn.val();
        self.result.next = self.sum.val();
        if (self.act_now.val() == NumbersAct::Cap) | self.inbound.val() {
            self.result.next = 0.into();
        }
        if self.caps.val() {
            self.result.next = self.ones.val();
        }
        self.result_high.next = self.result.val();
        if self.act_now.val() == NumbersAct::Cap {
            self.result_high.next = self.result.val() | 1;
        }
        self.writes_low.next = (self.act_now.val() == NumbersAct::SumLow) | (self.act_now.val() == NumbersAct::SameLow);
        self.writes_high.next = (self.act_now.val() == NumbersAct::SumHigh) | (self.act_now.val() == NumbersAct::SameHigh);
        if self.writes_low.val() | self.writes_high.val() {
            self.s.d.next.carry = self.carry.val();
        }
        if self.writes_high.val() {
            self.s.d.next.any = self.sum.val().any();
        }
        if (self.act_now.val() == NumbersAct::Cap)
            & ((self.s.q.val().carry & self.esn.val()) | (self.s.q.val().any & !self.esn.val()))
            & !self.inbound.val()
        {
            self.writes_low.next = true;
            self.writes_high.next = true;
        }
        if self.writes_low.val() {
            if self.s.q.val().again {
                self.number_low.d.next = self.result.val();
            } else {
                self.limit_low.d.next = self.result.val();
            }
        }
        if self.writes_high.val() {
            if self.s.q.val().again {
                self.number_high.d.next = self.result_high.val();
            } else {
                self.limit_high.d.next = self.result_high.val();
            }
        }
        self.at_end.next = self.s.q.val().carry & self.number_low.q.val().all();
        if !self.esn.val() {
            self.at_end.next = self.number_high.q.val().any();
        }
        if self.act_now.val() == NumbersAct::NumberHigh {
            self.number_high.d.next = self.taken.q.val();
        }
        if self.act_now.val() == NumbersAct::NumberLow {
            self.number_low.d.next = self.taken.q.val();
        }
        if self.act_now.val() == NumbersAct::BornHigh {
            self.born_high.d.next = self.taken.q.val();
        }
        if self.act_now.val() == NumbersAct::BornLow {
            self.born_low.d.next = self.taken.q.val();
        }

        self.picked.next = self.sum.val();
        if self.shown.val() == 0 {
            self.picked.next = self.born_high.q.val();
        }
        if self.shown.val() == 1 {
            self.picked.next = self.born_low.q.val();
        }
        if (self.shown.val() == 2) | (self.shown.val() == 5) {
            self.picked.next = self.number_high.q.val();
        }
        if (self.shown.val() == 3) | (self.shown.val() == 6) {
            self.picked.next = self.number_low.q.val();
        }
        if (self.shown.val() == 2) & self.limit.val() {
            self.picked.next = self.limit_high.q.val();
        }
        if (self.shown.val() == 3) & self.limit.val() {
            self.picked.next = self.limit_low.q.val();
        }
        if self.shown.val() == 4 {
            self.picked.next = self.rest.val();
        }
        self.held.d.next = self.picked.val();
        if self.pass.val() {
            self.held.d.next = self.passing.val();
        }
        self.out.next = self.held.q.val();
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
            run(&mut bench, &[Cap]);
            let whole = |bench: &mut Bench<Numbers>, limit| show(bench, 2, limit) << 32 | show(bench, 3, limit);
            assert_eq!(whole(&mut bench, true), raised(number), "{number:#x} {exponent} {esn}");
            assert_eq!(whole(&mut bench, false), number);
            assert_eq!(show(&mut bench, 5, true) << 32 | show(&mut bench, 6, true), number);
            assert_eq!(show(&mut bench, 0, true) << 32 | show(&mut bench, 1, true), born);
            assert_eq!(show(&mut bench, 7, true), (raised(number) - (1 << exponent) / 2) & 0xffff_ffff);
            // One sum after the other, without a pause.
            for again in [true, false] {
                bench.dut.again.next = again;
                for act in [SumLow, SumHigh, None, Cap] {
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
            run(&mut bench, &[SumLow, SumHigh, Cap]);
            assert_eq!((whole(&mut bench, false), whole(&mut bench, true)), (number, 0));
            assert_eq!(show(&mut bench, 7, true), ((number & 0xffff_ffff) + (1 << exponent)) & 0xffff_ffff);
            bench.dut.rest.next = 0x1234_56a5.into();
            assert_eq!(show(&mut bench, 4, false), 0x1234_56a5);
        }
        bench.finish();
    }
}
