use crate::cell::Reg;
use crate::prelude::*;

#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct NextEpochState {
    /// The counter has answered; a clock later, whether it is above.
    pub have: Bit,
    pub compared: Bit,
    pub above: Bit,
    /// It counts.
    pub asks: Bit,
    /// Clocks since it was asked.
    pub waited: Bits<25>,
    pub bad: Bit,
}

/// The epoch after `newest`, where there is an external monotonic counter (`present`, which does not change): the `value` to which that has been raised. Where there is none, nothing is to be waited for, and the epoch is one more.
///
/// `wanted` is a level until `ready`, with which `value` is valid. `raise` asks the counter, a level until `raised` (a pulse or a level; with it `count` is the new value). A value that is not above `newest`, or no answer within 2^24
/// clocks, is `wrong`, until it is wanted no more, together with `ready` or before: then the counter is not the one of these records, or there is none. A raise that was asked for and is not wanted any more is waited for no longer.
#[derive(LogicBlock, Ports)]
pub struct NextEpoch {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub present: Signal<In, Bit>,
    pub wanted: Signal<In, Bit>,
    pub newest: Signal<In, Bits<32>>,
    pub ready: Signal<Out, Bit>,
    pub value: Signal<Out, Bits<32>>,
    pub wrong: Signal<Out, Bit>,
    pub raise: Signal<Out, Bit>,
    pub raised: Signal<In, Bit>,
    pub count: Signal<In, Bits<32>>,
    s: Reg<NextEpochState>,
    told: Reg<Bits<32>>,
    tired: Signal<Local, Bit>,
    answers: Signal<Local, Bit>,
    patience: Constant<Bits<25>>,
}

impl NextEpoch {
    /// `patience`: how many clocks the counter may take.
    fn new(patience: u64) -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            present: Default::default(),
            wanted: Default::default(),
            newest: Default::default(),
            ready: Default::default(),
            value: Default::default(),
            wrong: Default::default(),
            raise: Default::default(),
            raised: Default::default(),
            count: Default::default(),
            s: Default::default(),
            told: Default::default(),
            tired: Default::default(),
            answers: Default::default(),
            patience: Constant::new(patience.into()),
        }
    }
}

impl Default for NextEpoch {
    fn default() -> Self {
        Self::new(1 << 24)
    }
}

impl Logic for NextEpoch {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, told);
        self.s.reset.next = self.reset.val();
        self.told.reset.next = self.reset.val();
        self.raise.next = self.s.q.val().asks;
        self.wrong.next = self.s.q.val().bad;
        self.tired.next = self.s.q.val().asks & (self.s.q.val().waited == self.patience.val());
        self.answers.next = self.s.q.val().asks & self.raised.val();
        self.value.next = self.told.q.val();
        // The answer, a clock to compare it, and one to judge.
        self.s.d.next.compared = self.s.q.val().have;
        self.s.d.next.above = self.newest.val() < self.told.q.val();
        self.s.d.next.asks = self.wanted.val() & self.present.val() & !self.s.q.val().have & !self.answers.val() & !self.tired.val();
        self.s.d.next.waited = 0.into();
        if self.s.q.val().asks {
            self.s.d.next.waited = self.s.q.val().waited + 1;
        }
        if self.answers.val() {
            self.told.d.next = self.count.val();
            self.s.d.next.have = true;
        }
        self.s.d.next.bad = self.s.q.val().bad | (self.s.q.val().compared & !self.s.q.val().above) | self.tired.val();
        if self.tired.val() {
            self.s.d.next.have = true;
        }
        if !self.wanted.val() {
            self.s.d.next.have = false;
            self.s.d.next.compared = false;
            self.s.d.next.bad = false;
        }
        self.ready.next = !self.present.val() | (self.s.q.val().compared & (self.s.q.val().bad | self.s.q.val().above));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;

    /// Asks for an epoch and lets the counter answer after some clocks; what came of it: the epoch, or nothing where it was bad, and the clocks.
    fn ask(bench: &mut Bench<NextEpoch>, newest: u64, count: u64, delay: u32) -> (Option<u64>, u32) {
        bench.dut.newest.next = newest.into();
        bench.dut.wanted.next = true;
        let (mut raised, mut bad) = (0, false);
        for clock in 0..1000 {
            bench.settle();
            bad |= bench.dut.wrong.val();
            if bench.dut.ready.val() {
                let value = bench.dut.value.val().to_u64();
                bench.cycle();
                bench.dut.wanted.next = false;
                bench.cycle();
                return ((!bad).then_some(value), clock);
            }
            raised += u32::from(bench.dut.raise.val());
            bench.dut.raised.next = raised > delay;
            bench.dut.count.next = if raised > delay { count } else { 0x5a5a_5a5a }.into();
            bench.cycle();
            bench.dut.raised.next = false;
        }
        panic!("no epoch");
    }

    #[test]
    fn the_epoch_is_what_the_counter_says() {
        let mut bench = Bench::new("next_epoch", NextEpoch::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        for newest in [0, 6, 0xffff_fffe] {
            assert_eq!(ask(&mut bench, newest, 0, 0).1, 0, "nothing to wait for");
        }
        bench.dut.present.next = true;
        for (n, (newest, count)) in [(0, 1), (6, 7), (6, 0x8000_0000), (0xffff_fffe, 0xffff_ffff)].into_iter().enumerate() {
            assert_eq!(ask(&mut bench, newest, count, 7 * n as u32).0, Some(count));
            // Not above what there was.
            assert_eq!(ask(&mut bench, count, count, n as u32).0, None);
            assert_eq!(ask(&mut bench, count, newest, n as u32).0, None);
        }
        bench.finish();
    }

    #[test]
    fn a_counter_that_never_answers_is_bad() {
        let mut bench = Bench::new("next_epoch_late", NextEpoch::new(100), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        bench.dut.present.next = true;
        // In time, then never, then in time again.
        assert_eq!(ask(&mut bench, 4, 5, 99).0, Some(5));
        let (epoch, clocks) = ask(&mut bench, 4, 6, 200);
        assert!(epoch.is_none() && clocks > 100, "{epoch:?} {clocks}");
        assert_eq!(ask(&mut bench, 4, 6, 0).0, Some(6));
        bench.finish();
    }
}
