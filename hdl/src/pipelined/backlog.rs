use crate::cell::{Reg, Slots};
use crate::prelude::*;

/// A queue of 2^`N`, oldest at `head`, for who knows by counting that it is not full. An item pushed into an empty queue is seen one clock later; pop when not `valid` is ignored.
/// Eight places cover the way from an address to the data of a [`super::WideStore`] and back, so that whoever reads ahead keeps up with a block every clock.
#[derive(LogicBlock, Ports)]
pub struct Backlog<T: Synth, const N: usize> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub push: Signal<In, Bit>,
    pub item: Signal<In, T>,
    pub valid: Signal<Out, Bit>,
    pub head: Signal<Out, T>,
    pub pop: Signal<In, Bit>,
    slots: Slots<T, N>,
    /// There is an item: tells an empty queue from a full one.
    some: Reg<Bit>,
    oldest: Reg<Bits<N>>,
    newest: Reg<Bits<N>>,
    after: Signal<Local, Bits<N>>,
    popped: Signal<Local, Bit>,
}

impl<T: Synth, const N: usize> Default for Backlog<T, N> {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            push: Default::default(),
            item: Default::default(),
            valid: Default::default(),
            head: Default::default(),
            pop: Default::default(),
            slots: Default::default(),
            some: Default::default(),
            oldest: Default::default(),
            newest: Default::default(),
            after: Default::default(),
            popped: Default::default(),
        }
    }
}

impl<T: Synth, const N: usize> Logic for Backlog<T, N> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, some, oldest, newest);
        clock!(self, clock, slots);
        self.some.reset.next = self.reset.val();
        self.oldest.reset.next = self.reset.val();
        self.newest.reset.next = self.reset.val();

        self.valid.next = self.some.q.val();
        self.popped.next = self.pop.val() & self.some.q.val();
        self.slots.write.next = self.push.val();
        self.slots.write_address.next = self.newest.q.val();
        self.slots.write_data.next = self.item.val();
        self.slots.read_address.next = self.oldest.q.val();
        self.head.next = self.slots.read_data.val();
        self.after.next = self.oldest.q.val() + 1;
        if self.popped.val() {
            self.oldest.d.next = self.after.val();
            self.some.d.next = self.after.val() != self.newest.q.val();
        }
        if self.push.val() {
            self.newest.d.next = self.newest.q.val() + 1;
            self.some.d.next = true;
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
        filled_and_emptied::<3>("backlog_8");
        filled_and_emptied::<4>("backlog_16");
    }

    fn filled_and_emptied<const N: usize>(name: &str) {
        let mut random = StdRng::seed_from_u64(23);
        let mut bench = Bench::new(name, Backlog::<Bits<8>, N>::default(), |d| &mut d.clock);
        let mut model: VecDeque<u64> = VecDeque::new();
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let mut most = 0;
        for n in 0..800u64 {
            let (push, pop) = (model.len() < 1 << N && random.gen_bool(0.6), random.gen_bool(if n % 100 < 50 { 0.3 } else { 0.8 }));
            bench.dut.push.next = push;
            bench.dut.pop.next = pop;
            bench.dut.item.next = (n % 256).into();
            bench.settle();
            assert_eq!(bench.dut.valid.val(), !model.is_empty());
            if let Some(front) = model.front() {
                assert_eq!(bench.dut.head.val(), *front);
            }
            bench.cycle();
            if pop {
                model.pop_front();
            }
            if push {
                model.push_back(n % 256);
            }
            most = most.max(model.len());
        }
        assert_eq!(most, 1 << N);
        bench.finish();
    }
}
