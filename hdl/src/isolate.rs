//! The border to the host's power domain.
use crate::cell::Reg;
use crate::prelude::*;

/// What comes from the host counts only while `host_up`: behind it stand frames, and nothing else of the host, whatever its wires do when its power goes. A frame from the
/// host that was under way when it went is ended with a beat that no frame may have, so that it is dropped as `stream` and counted; what is on its way to the host is let go. Combinational, no latency.
#[derive(LogicBlock, Ports, Default)]
pub struct Isolate {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub host_up: Signal<In, Bit>,
    pub from_valid: Signal<In, Bit>,
    pub from_last: Signal<In, Bit>,
    pub from_keep: Signal<In, Bits<16>>,
    pub from_ready: Signal<Out, Bit>,
    pub to_valid: Signal<Out, Bit>,
    pub to_ready: Signal<In, Bit>,
    /// The device's side of the two streams.
    pub in_valid: Signal<Out, Bit>,
    pub in_last: Signal<Out, Bit>,
    pub in_keep: Signal<Out, Bits<16>>,
    pub in_ready: Signal<In, Bit>,
    pub out_valid: Signal<In, Bit>,
    pub out_ready: Signal<Out, Bit>,
    /// A frame from the host is under way.
    open: Reg<Bit>,
}

impl Logic for Isolate {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, open);
        self.open.reset.next = self.reset.val();

        self.in_valid.next = self.from_valid.val();
        self.in_last.next = self.from_last.val();
        self.in_keep.next = self.from_keep.val();
        self.from_ready.next = self.in_ready.val();
        self.to_valid.next = self.out_valid.val();
        self.out_ready.next = self.to_ready.val();
        if !self.host_up.val() {
            self.in_valid.next = self.open.q.val();
            self.in_last.next = true;
            self.in_keep.next = 0x8000.into();
            self.from_ready.next = false;
            self.to_valid.next = false;
            self.out_ready.next = true;
        }
        if self.in_valid.val() & self.in_ready.val() {
            self.open.d.next = !self.in_last.val();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;

    #[test]
    fn a_host_that_goes_leaves_no_half_frame() {
        let mut bench = Bench::new("isolate", Isolate::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        bench.dut.in_ready.next = true;
        for (up, valid, last, expected) in [
            (true, true, false, (true, false, 0xffff)),
            (true, false, false, (false, false, 0xffff)),
            (true, true, true, (true, true, 0xffff)),
            (false, true, false, (false, true, 0x8000)),
            (true, true, false, (true, false, 0xffff)),
            (false, true, false, (true, true, 0x8000)),
            (false, true, false, (false, true, 0x8000)),
        ] {
            let dut = &mut bench.dut;
            dut.host_up.next = up;
            dut.from_valid.next = valid;
            dut.from_last.next = last;
            dut.from_keep.next = 0xffff.into();
            dut.out_valid.next = true;
            dut.to_ready.next = false;
            bench.settle();
            let dut = &bench.dut;
            assert_eq!((dut.in_valid.val(), dut.in_last.val(), dut.in_keep.val().index()), expected, "up {up}, valid {valid}, last {last}");
            assert_eq!((dut.to_valid.val(), dut.out_ready.val(), dut.from_ready.val()), (up, !up, up));
            bench.cycle();
        }
        bench.finish();
    }
}
