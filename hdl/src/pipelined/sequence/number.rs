use crate::cell::{row, Reg};
use crate::prelude::*;

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct NextNumberWork {
    pub low: Bits<32>,
    pub high: Bits<32>,
    /// Halves of the number against those of the limit.
    pub less_low: Bit,
    pub less_high: Bit,
    pub same_high: Bit,
    /// Of the limit.
    pub full_low: Bit,
    pub full_high: Bit,
    pub any_high: Bit,
    /// The number after it, one clock later; its upper half another one.
    pub next_low: Bits<32>,
    pub next_high: Bits<32>,
    pub carry: Bits<1>,
}

/// The number that a packet takes. `load` with the row of the SAD that has number and limit; the number and what the limit says about it are there one clock later, the number after it three.
#[derive(LogicBlock, Ports)]
pub struct NextNumber {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub load: Signal<In, Bit>,
    pub row: [Signal<In, Bits<32>>; 4],
    pub esn: Signal<In, Bit>,
    pub low: Signal<Out, Bits<32>>,
    pub high: Signal<Out, Bits<32>>,
    pub below: Signal<Out, Bit>,
    /// The limit is as high as limits go: all ones with ESN, not less than 2^32 without.
    pub at_end: Signal<Out, Bit>,
    pub next_low: Signal<Out, Bits<32>>,
    pub next_high: Signal<Out, Bits<32>>,
    w: Reg<NextNumberWork>,
    low_now: Signal<Local, Bits<32>>,
}

impl Default for NextNumber {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            load: Default::default(),
            row: row(),
            esn: Default::default(),
            low: Default::default(),
            high: Default::default(),
            below: Default::default(),
            at_end: Default::default(),
            next_low: Default::default(),
            next_high: Default::default(),
            w: Default::default(),
            low_now: Default::default(),
        }
    }
}

impl Logic for NextNumber {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, w);
        self.w.reset.next = self.reset.val();
        if self.load.val() {
            self.w.d.next.low = self.row[0].val();
            self.w.d.next.high = self.row[1].val();
            self.w.d.next.less_low = self.row[0].val() < self.row[2].val();
            self.w.d.next.less_high = self.row[1].val() < self.row[3].val();
            self.w.d.next.same_high = self.row[1].val() == self.row[3].val();
            self.w.d.next.full_low = self.row[2].val().all();
            self.w.d.next.full_high = self.row[3].val().all();
            self.w.d.next.any_high = self.row[3].val() != 0;
        }
        self.low_now.next = self.w.q.val().low;
        self.w.d.next.next_low = self.low_now.val() + 1;
        self.w.d.next.carry = 0.into();
        if self.low_now.val().all() {
            self.w.d.next.carry = 1.into();
        }
        self.w.d.next.next_high = self.w.q.val().high + bit_cast::<32, 1>(self.w.q.val().carry);

        self.low.next = self.w.q.val().low;
        self.high.next = self.w.q.val().high;
        self.below.next = self.w.q.val().less_high | (self.w.q.val().same_high & self.w.q.val().less_low);
        self.at_end.next = self.w.q.val().any_high;
        if self.esn.val() {
            self.at_end.next = self.w.q.val().full_high & self.w.q.val().full_low;
        }
        self.next_low.next = self.w.q.val().next_low;
        self.next_high.next = self.w.q.val().next_high;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};

    /// Numbers and limits near each other and near every border.
    #[test]
    fn no_number_at_or_above_the_limit() {
        let mut random = StdRng::seed_from_u64(2);
        let mut bench = Bench::new("next_number", NextNumber::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let borders = [0, 1 << 31, 1 << 32, 1 << 63, u64::MAX];
        for _ in 0..500 {
            let near = |random: &mut StdRng, number: u64| number.wrapping_add(random.gen_range(0..4)).wrapping_sub(2);
            let base = if random.gen_bool(0.3) { random.gen() } else { borders[random.gen_range(0..5)] };
            let number = near(&mut random, base);
            let limit = if random.gen_bool(0.2) { random.gen() } else { near(&mut random, base) };
            let esn = random.gen();
            for (i, word) in [number, number >> 32, limit, limit >> 32].into_iter().enumerate() {
                bench.dut.row[i].next = (word & 0xffff_ffff).into();
            }
            bench.dut.esn.next = esn;
            bench.dut.load.next = true;
            bench.cycle();
            bench.dut.load.next = false;
            bench.dut.row[0].next = random.gen_range(0..1u64 << 32).into();
            let pair = |low: Bits<32>, high: Bits<32>| u64::from(high) << 32 | u64::from(low);
            for clock in 0..3 {
                bench.settle();
                let dut = &bench.dut;
                assert_eq!(pair(dut.low.val(), dut.high.val()), number);
                assert_eq!(dut.below.val(), number < limit, "{number:x} below {limit:x}");
                assert_eq!(dut.at_end.val(), if esn { limit == u64::MAX } else { limit >> 32 != 0 });
                if clock == 2 {
                    assert_eq!(pair(dut.next_low.val(), dut.next_high.val()), number.wrapping_add(1));
                }
                bench.cycle();
            }
        }
        bench.finish();
    }
}
