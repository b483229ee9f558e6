use crate::cell::{Reg, Slots};
use crate::prelude::*;

/// A queue of four, oldest at `head`. An item pushed into an empty queue is seen one cycle later. Push when `full` and pop when not `valid` are ignored.
/// `spare_two`: two more fit.
#[derive(LogicBlock, Ports)]
pub struct Queue<T: Synth> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub push: Signal<In, Bit>,
    pub item: Signal<In, T>,
    pub full: Signal<Out, Bit>,
    pub spare_two: Signal<Out, Bit>,
    pub valid: Signal<Out, Bit>,
    pub head: Signal<Out, T>,
    pub pop: Signal<In, Bit>,
    slots: Slots<T, 2>,
    count: Reg<Bits<3>>,
    /// Where the oldest is; the next goes `count` places further.
    oldest: Reg<Bits<2>>,
    pushed: Signal<Local, Bit>,
    popped: Signal<Local, Bit>,
    place: Signal<Local, Bits<2>>,
}

impl<T: Synth> Default for Queue<T> {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            push: Default::default(),
            item: Default::default(),
            full: Default::default(),
            spare_two: Default::default(),
            valid: Default::default(),
            head: Default::default(),
            pop: Default::default(),
            slots: Default::default(),
            count: Default::default(),
            oldest: Default::default(),
            pushed: Default::default(),
            popped: Default::default(),
            place: Default::default(),
        }
    }
}

impl<T: Synth> Logic for Queue<T> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, count, oldest);
        self.count.reset.next = self.reset.val();
        self.oldest.reset.next = self.reset.val();

        self.full.next = self.count.q.val().get_bit(2);
        self.spare_two.next = self.count.q.val() <= 2;
        self.valid.next = self.count.q.val() != 0;
        self.pushed.next = self.push.val() & !self.count.q.val().get_bit(2);
        self.popped.next = self.pop.val() & (self.count.q.val() != 0);
        self.place.next = self.oldest.q.val() + self.count.q.val().get_bits::<2>(0);

        self.slots.clock.next = self.clock.val();
        self.slots.write.next = self.pushed.val();
        self.slots.write_address.next = self.place.val();
        self.slots.write_data.next = self.item.val();
        self.slots.read_address.next = self.oldest.q.val();
        self.head.next = self.slots.read_data.val();
        if self.popped.val() {
            self.oldest.d.next = self.oldest.q.val() + 1;
        }
        if self.pushed.val() & !self.popped.val() {
            self.count.d.next = self.count.q.val() + 1;
        }
        if self.popped.val() & !self.pushed.val() {
            self.count.d.next = self.count.q.val() - 1;
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
            assert_eq!(bench.dut.spare_two.val(), model.len() <= 2);
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
