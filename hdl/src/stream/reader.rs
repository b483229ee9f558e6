use super::Queue;
use crate::cell::Reg;
use crate::prelude::*;

/// Reads consecutive words of a store ahead of who needs them, one per clock, and hands them out with back-pressure. `start` drops what was read and
/// starts at `first`; the first word is there four clocks later. It reads on past the end of the frame; the user knows when to stop taking.
#[derive(LogicBlock, Ports, Default)]
pub struct Reader {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub start: Signal<In, Bit>,
    pub first: Signal<In, Bits<10>>,
    pub address: Signal<Out, Bits<10>>,
    /// The store's answer, two clocks after `address`.
    pub data: Signal<In, Bits<32>>,
    pub valid: Signal<Out, Bit>,
    pub word: Signal<Out, Bits<32>>,
    pub ready: Signal<In, Bit>,
    queue: Queue<Bits<32>>,
    next: Reg<Bits<10>>,
    /// Reads under way: bit 0 asked in the last clock, bit 1 answered now.
    asked: Reg<Bits<2>>,
    /// Words in the queue or under way.
    owed: Reg<Bits<3>>,
    ask: Signal<Local, Bit>,
    given: Signal<Local, Bit>,
}

impl Logic for Reader {
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
        self.word.next = self.queue.head.val();
        self.queue.pop.next = self.ready.val();
        self.queue.push.next = self.asked.q.val().get_bit(1);
        self.queue.item.next = self.data.val();

        self.given.next = self.queue.valid.val() & self.ready.val();
        // A place that is given back is asked for in the next clock, so that a user's long path ends at the count. The four places and the way there and back take as long.
        self.ask.next = !self.owed.q.val().get_bit(2);
        self.asked.d.next = (self.asked.q.val() << 1) & 2;
        if self.ask.val() {
            self.asked.d.next = ((self.asked.q.val() << 1) & 2) | 1;
            self.next.d.next = self.next.q.val() + 1;
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
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};

    #[test]
    fn words_arrive_once_and_in_order() {
        let mut random = StdRng::seed_from_u64(5);
        let mut bench = Bench::new("reader", Reader::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        for n in 0..20u64 {
            let first = random.gen_range(0..1024u64);
            let eager = n % 2 == 0;
            let (mut expected, mut pipe, mut taken, mut cycles) = (first, 0u64, 0, 0);
            bench.dut.start.next = true;
            bench.dut.first.next = first.into();
            bench.dut.ready.next = false;
            bench.cycle();
            bench.dut.start.next = false;
            while taken < 40 {
                bench.dut.ready.next = eager || random.gen_bool(0.3);
                bench.settle();
                let asked = u64::from(bench.dut.address.val());
                if bench.dut.valid.val() && bench.dut.ready.val() {
                    assert_eq!(bench.dut.word.val(), expected * 3 + 7);
                    expected = (expected + 1) % 1024;
                    taken += 1;
                }
                bench.cycle();
                bench.dut.data.next = (pipe * 3 + 7).into();
                pipe = asked;
                cycles += 1;
            }
            assert!(!eager || cycles <= 40 + 4, "{cycles} cycles for 40 words");
        }
        bench.finish();
    }
}
