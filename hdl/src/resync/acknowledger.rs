use crate::cell::Reg;
use crate::prelude::*;
use holdfast_registers::control;

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct AcknowledgerState {
    /// Ticks until the next reply.
    pub wait: Bits<5>,
    pub composing: Bit,
}

/// Answers the REQUEST in the mailbox: asks the composer for an ACK (`compose` until `accepted`), and empties the mailbox when that is `built`. Sees to it that a device answers at most one request
/// in 2^4 ticks: `allowed` falls with `took` and comes back with the sixteenth tick.
#[derive(LogicBlock, Ports)]
pub struct Acknowledger {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub tick: Signal<In, Bit>,
    pub took: Signal<In, Bit>,
    pub allowed: Signal<Out, Bit>,
    /// A REQUEST waits; its SA is no more.
    pub mail: Signal<In, Bit>,
    pub mail_stale: Signal<In, Bit>,
    pub mail_free: Signal<Out, Bit>,
    pub compose: Signal<Out, Bit>,
    pub accepted: Signal<In, Bit>,
    pub built: Signal<In, Bit>,
    s: Reg<AcknowledgerState>,
    spacing: Constant<Bits<5>>,
}

impl Default for Acknowledger {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            tick: Default::default(),
            took: Default::default(),
            allowed: Default::default(),
            mail: Default::default(),
            mail_stale: Default::default(),
            mail_free: Default::default(),
            compose: Default::default(),
            accepted: Default::default(),
            built: Default::default(),
            s: Default::default(),
            spacing: Constant::new((1u64 << control::REPLY_SPACING).into()),
        }
    }
}

impl Logic for Acknowledger {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s);
        self.s.reset.next = self.reset.val();

        self.allowed.next = self.s.q.val().wait == 0;
        if self.tick.val() & (self.s.q.val().wait != 0) {
            self.s.d.next.wait = self.s.q.val().wait - 1;
        }
        if self.took.val() {
            self.s.d.next.wait = self.spacing.val();
        }

        self.compose.next = self.mail.val() & !self.mail_stale.val() & !self.s.q.val().composing;
        if self.accepted.val() {
            self.s.d.next.composing = true;
        }
        self.mail_free.next = false;
        if self.s.q.val().composing {
            if self.built.val() {
                self.s.d.next.composing = false;
                self.mail_free.next = true;
            }
        } else if self.mail_stale.val() {
            self.mail_free.next = self.mail.val();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;

    #[test]
    fn one_reply_in_sixteen_ticks() {
        let mut bench = Bench::new("acknowledger", Acknowledger::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        for stale in [false, true, false] {
            bench.settle();
            assert!(bench.dut.allowed.val() && !bench.dut.compose.val());
            bench.dut.took.next = true;
            bench.cycle();
            bench.dut.took.next = false;
            bench.dut.mail.next = true;
            bench.dut.mail_stale.next = stale;
            bench.settle();
            assert_eq!((bench.dut.compose.val(), bench.dut.mail_free.val()), (!stale, stale));
            if !stale {
                bench.cycle();
                bench.dut.accepted.next = true;
                bench.cycle();
                bench.dut.accepted.next = false;
                bench.settle();
                assert!(!bench.dut.compose.val());
                bench.cycle();
                // Wiped while it is composed: the end of that counts.
                bench.dut.mail_stale.next = true;
                bench.settle();
                assert!(!bench.dut.mail_free.val());
                bench.dut.built.next = true;
                bench.settle();
                assert!(bench.dut.mail_free.val());
            }
            bench.cycle();
            bench.dut.mail.next = false;
            bench.dut.built.next = false;
            bench.settle();
            assert!(!bench.dut.compose.val());
            for _ in 0..16 {
                assert!(!bench.dut.allowed.val());
                bench.cycle();
                bench.dut.tick.next = true;
                bench.cycle();
                bench.dut.tick.next = false;
                bench.settle();
            }
        }
        bench.finish();
    }
}
