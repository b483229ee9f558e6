//! Reads consecutive blocks of four words from port B of a [`super::WideStore`] ahead of who needs them, and hands them out with back-pressure.
//!
//! `start` drops what was read and starts at the word `first`, anywhere; the first block is `valid` five clocks later, and from then on there is one every clock as long as `ready`.
//! After a pause of any length up to eight blocks wait. A block goes when both `valid` and `ready` are high; `ready` may come late in the clock, nothing but the queue hangs on it. It
//! reads on past the end of the frame; the user knows when to stop taking.
use super::Backlog;
use crate::cell::{Block128, Reg};
use crate::prelude::*;

/// The reader; its contract stands at the head of the file.
#[derive(LogicBlock, Ports, Default)]
pub struct WideReader {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub start: Signal<In, Bit>,
    pub first: Signal<In, Bits<12>>,
    pub address: Signal<Out, Bits<12>>,
    /// The store's answer, three clocks after `address`.
    pub data: Signal<In, Block128>,
    pub valid: Signal<Out, Bit>,
    pub block: Signal<Out, Block128>,
    pub ready: Signal<In, Bit>,
    queue: Backlog<Block128, 3>,
    next: Reg<Bits<12>>,
    /// Reads under way: bit 0 asked in the last clock, bit 2 answered now.
    asked: Reg<Bits<3>>,
    /// Blocks in the queue or under way.
    owed: Reg<Bits<4>>,
    ask: Signal<Local, Bit>,
    given: Signal<Local, Bit>,
    under_way: Signal<Local, Bits<3>>,
}

impl Logic for WideReader {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, next, asked, owed);
        self.next.reset.next = self.reset.val();
        self.asked.reset.next = self.reset.val();
        self.owed.reset.next = self.reset.val();
        self.queue.clock.next = self.clock.val();
        self.queue.reset.next = self.reset.val() | self.start.val();

        self.address.next = self.next.q.val();
        self.valid.next = self.queue.valid.val();
        self.block.next = self.queue.head.val();
        self.queue.pop.next = self.ready.val();
        self.queue.push.next = self.asked.q.val().get_bit(2);
        self.queue.item.next = self.data.val();

        self.given.next = self.queue.valid.val() & self.ready.val();
        // A place that is given back is asked for in the next clock, so that a user's long path ends at the count.
        self.ask.next = !self.owed.q.val().get_bit(3);
        self.under_way.next = self.asked.q.val() << 1;
        self.asked.d.next = self.under_way.val();
        if self.ask.val() {
            self.asked.d.next = self.under_way.val() | 1;
            self.next.d.next = self.next.q.val() + 4;
        }
        if self.ask.val() & !self.given.val() {
            self.owed.d.next = self.owed.q.val() + 1;
        }
        if self.given.val() & !self.ask.val() {
            self.owed.d.next = self.owed.q.val() - 1;
        }
        if self.start.val() {
            self.next.d.next = self.first.val();
            self.asked.d.next = 0.into();
            self.owed.d.next = 0.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Lanes;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};
    use std::collections::VecDeque;

    /// The store's port B: any four words, told from their address, three clocks later.
    fn words(address: usize) -> Block128 {
        Lanes(std::array::from_fn(|i| (((address + i) % 4096) as u32).wrapping_mul(0x0400_4013) + 7))
    }

    #[test]
    fn blocks_arrive_once_in_order_and_every_clock() {
        let mut random = StdRng::seed_from_u64(24);
        let mut bench = Bench::new("wide_reader", WideReader::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let mut pipe = VecDeque::from([0; 3]);
        for n in 0..40usize {
            let first = random.gen_range(0..4096usize);
            let eager = n % 2 == 0;
            let (mut expected, mut taken) = (first, 0);
            // What is left of the reads before must not be seen: some starts come soon after the one before.
            let wanted = [30, 1, 2, 3, 20][n % 5];
            let mut arrived = None;
            for clock in 0.. {
                bench.dut.start.next = clock == 0;
                bench.dut.first.next = (first as u64).into();
                bench.dut.ready.next = clock > 0 && (eager || random.gen_bool(0.3));
                bench.dut.data.next = words(pipe[0]);
                bench.settle();
                pipe.push_back(bench.dut.address.val().index());
                pipe.pop_front();
                if clock > 0 && bench.dut.valid.val() {
                    arrived = arrived.or(Some(clock));
                    if bench.dut.ready.val() {
                        assert_eq!(bench.dut.block.val(), words(expected));
                        expected = (expected + 4) % 4096;
                        taken += 1;
                    }
                }
                bench.cycle();
                if taken == wanted {
                    assert_eq!(arrived, Some(5), "first block");
                    assert!(!eager || clock == 4 + wanted, "{clock} clocks for {wanted} blocks");
                    break;
                }
            }
        }
        bench.finish();
    }

    /// After a long pause eight blocks are there and the flow goes on without a gap.
    #[test]
    fn a_pause_costs_nothing() {
        let mut bench = Bench::new("wide_reader_pause", WideReader::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let mut pipe = VecDeque::from([0; 3]);
        let mut taken = 0;
        for clock in 0..100 {
            bench.dut.start.next = clock == 0;
            bench.dut.first.next = 77.into();
            bench.dut.ready.next = (20..40).contains(&clock) || clock >= 55;
            bench.dut.data.next = words(pipe[0]);
            bench.settle();
            pipe.push_back(bench.dut.address.val().index());
            pipe.pop_front();
            if bench.dut.ready.val() {
                assert!(bench.dut.valid.val(), "gap in clock {clock}");
                assert_eq!(bench.dut.block.val(), words(77 + 4 * taken));
                taken += 1;
            }
            bench.cycle();
        }
        assert_eq!(taken, 65);
        bench.finish();
    }
}
