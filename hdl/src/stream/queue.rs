use crate::cell::Reg;
use rust_hdl::prelude::*;

/// A queue of four, oldest at `head`. A word pushed into an empty queue is seen one cycle later. Push when `full` and pop when not `valid` are ignored.
#[derive(LogicBlock, Default)]
pub struct Queue<T: Synth> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub push: Signal<In, Bit>,
    pub item: Signal<In, T>,
    pub full: Signal<Out, Bit>,
    pub valid: Signal<Out, Bit>,
    pub head: Signal<Out, T>,
    pub pop: Signal<In, Bit>,
    slot0: Reg<T>,
    slot1: Reg<T>,
    slot2: Reg<T>,
    slot3: Reg<T>,
    count: Reg<Bits<3>>,
    pushed: Signal<Local, Bit>,
    popped: Signal<Local, Bit>,
    /// Where the next item goes: the count after the pop.
    place: Signal<Local, Bits<3>>,
}

impl<T: Synth> Logic for Queue<T> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, slot0, slot1, slot2, slot3, count);
        self.slot0.reset.next = self.reset.val();
        self.slot1.reset.next = self.reset.val();
        self.slot2.reset.next = self.reset.val();
        self.slot3.reset.next = self.reset.val();
        self.count.reset.next = self.reset.val();

        self.full.next = self.count.q.val().get_bit(2);
        self.valid.next = self.count.q.val() != 0;
        self.head.next = self.slot0.q.val();
        self.pushed.next = self.push.val() & !self.count.q.val().get_bit(2);
        self.popped.next = self.pop.val() & (self.count.q.val() != 0);

        self.place.next = self.count.q.val();
        if self.popped.val() {
            self.place.next = self.count.q.val() - 1;
            self.slot0.d.next = self.slot1.q.val();
            self.slot1.d.next = self.slot2.q.val();
            self.slot2.d.next = self.slot3.q.val();
        }
        self.count.d.next = self.place.val();
        if self.pushed.val() {
            self.count.d.next = self.place.val() + 1;
            if self.place.val() == 0 {
                self.slot0.d.next = self.item.val();
            }
            if self.place.val() == 1 {
                self.slot1.d.next = self.item.val();
            }
            if self.place.val() == 2 {
                self.slot2.d.next = self.item.val();
            }
            if self.place.val() == 3 {
                self.slot3.d.next = self.item.val();
            }
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
    fn first_in_first_out() {
        let mut random = StdRng::seed_from_u64(1);
        let mut bench = Bench::new("queue", Queue::<Bits<8>>::default(), |d| &mut d.clock);
        let mut model: VecDeque<u64> = VecDeque::new();
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        for n in 0..500u64 {
            let (push, pop) = (random.gen_bool(0.5), random.gen_bool(0.45));
            bench.dut.push.next = push;
            bench.dut.pop.next = pop;
            bench.dut.item.next = (n % 256).into();
            bench.settle();
            assert_eq!(bench.dut.valid.val(), !model.is_empty());
            assert_eq!(bench.dut.full.val(), model.len() == 4);
            if let Some(front) = model.front() {
                assert_eq!(bench.dut.head.val(), *front);
            }
            let full = model.len() == 4;
            bench.cycle();
            if pop {
                model.pop_front();
            }
            if push && !full {
                model.push_back(n % 256);
            }
        }
        bench.finish();
    }
}
