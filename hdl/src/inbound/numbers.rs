use crate::cell::{Ram, Reg};
use crate::prelude::*;

/// The sequence numbers of the frames in the store behind [`super::Open`], in their order: `push` with each frame that is committed there, `pop` with each
/// that is taken. `high` and `low` are those of the oldest, from two clocks after it became the oldest. At most four, as many as the store holds.
#[derive(LogicBlock, Ports, Default)]
pub struct Numbers {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub push: Signal<In, Bit>,
    pub new_high: Signal<In, Bits<32>>,
    pub new_low: Signal<In, Bits<32>>,
    pub pop: Signal<In, Bit>,
    pub high: Signal<Out, Bits<32>>,
    pub low: Signal<Out, Bits<32>>,
    highs: Ram<Bits<32>, 2>,
    lows: Ram<Bits<32>, 2>,
    newest: Reg<Bits<2>>,
    oldest: Reg<Bits<2>>,
}

impl Logic for Numbers {
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
    use std::collections::VecDeque;

    #[test]
    fn numbers_come_in_order() {
        let mut bench = Bench::new("numbers", Numbers::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let mut queue = VecDeque::new();
        for n in 0..60u64 {
            // Runs of one to four, then as many out.
            let run = n % 4 + 1;
            for k in 0..run {
                let number = (n * 4 + k) * 0x1_0000_0001;
                queue.push_back(number);
                bench.dut.push.next = true;
                bench.dut.new_high.next = (number >> 32).into();
                bench.dut.new_low.next = (number & 0xffff_ffff).into();
                bench.cycle();
            }
            bench.dut.push.next = false;
            while let Some(number) = queue.pop_front() {
                bench.cycle();
                bench.cycle();
                assert_eq!((bench.dut.high.val().to_u64(), bench.dut.low.val().to_u64()), (number >> 32, number & 0xffff_ffff));
                bench.dut.pop.next = true;
                bench.cycle();
                bench.dut.pop.next = false;
            }
        }
        bench.finish();
    }
}
