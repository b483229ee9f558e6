use crate::cell::{Ram, Reg};
use crate::prelude::*;

/// The sequence numbers of the frames behind [`super::WideOpen`], in their order: `push` with each frame that is committed there, `pop` with each that is delivered. `high` and `low` are those of the oldest, from two
/// clocks after it became the oldest. At most 32: sixteen in the store, one in the parser, one in the classifier, one behind it, and some to spare.
#[derive(LogicBlock, Ports, Default)]
pub struct WideNumbers {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub push: Signal<In, Bit>,
    pub new_high: Signal<In, Bits<32>>,
    pub new_low: Signal<In, Bits<32>>,
    pub pop: Signal<In, Bit>,
    pub high: Signal<Out, Bits<32>>,
    pub low: Signal<Out, Bits<32>>,
    highs: Ram<Bits<32>, 5>,
    lows: Ram<Bits<32>, 5>,
    newest: Reg<Bits<5>>,
    oldest: Reg<Bits<5>>,
}

impl Logic for WideNumbers {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, newest, oldest);
        clock!(self, clock, highs, lows);
        self.newest.reset.next = self.reset.val();
        self.oldest.reset.next = self.reset.val();
        self.highs.write.next = self.push.val();
        self.highs.write_address.next = self.newest.q.val();
        self.highs.write_data.next = self.new_high.val();
        self.highs.read_address.next = self.oldest.q.val();
        self.lows.write.next = self.push.val();
        self.lows.write_address.next = self.newest.q.val();
        self.lows.write_data.next = self.new_low.val();
        self.lows.read_address.next = self.oldest.q.val();
        self.high.next = self.highs.read_data.val();
        self.low.next = self.lows.read_data.val();
        if self.push.val() {
            self.newest.d.next = self.newest.q.val() + 1;
        }
        if self.pop.val() {
            self.oldest.d.next = self.oldest.q.val() + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};
    use std::collections::VecDeque;

    #[test]
    fn numbers_come_in_order() {
        let mut random = StdRng::seed_from_u64(91);
        let mut bench = Bench::new("wide_numbers", WideNumbers::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        // The oldest, and for how many clocks it has been.
        let (mut queue, mut stood, mut fullest) = (VecDeque::<u64>::new(), 0, 0);
        for n in 0..1600 {
            if stood >= 2 {
                let seen = u64::from(bench.dut.high.val()) << 32 | u64::from(bench.dut.low.val());
                assert_eq!(seen, queue[0], "clock {n}");
            }
            let push = queue.len() < 32 && random.gen_bool(if n % 200 < 100 { 0.7 } else { 0.1 });
            let pop = stood >= 2 && random.gen_bool(0.3);
            let number: u64 = random.gen();
            bench.dut.push.next = push;
            bench.dut.new_high.next = (number >> 32).into();
            bench.dut.new_low.next = (number & 0xffff_ffff).into();
            bench.dut.pop.next = pop;
            bench.cycle();
            stood = if pop || queue.is_empty() { 0 } else { stood + 1 };
            if pop {
                queue.pop_front();
            }
            if push {
                queue.push_back(number);
            }
            fullest = fullest.max(queue.len());
        }
        assert_eq!(fullest, 32);
        bench.finish();
    }
}
