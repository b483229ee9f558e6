use crate::prelude::*;

/// A register with synchronous, active-high reset: `q` takes `d` at the rising edge, one cycle later it is seen. The only storage
/// outside of memories; the Verilog has no `initial`, so that an ASIC resets exactly as an FPGA does. In a kernel `dff_setup!(self, clock, r)` wires its
/// clock and lets it hold its value; `self.r.reset.next = self.reset.val()` stands beside it.
#[derive(Clone, Debug, LogicBlock, Ports)]
pub struct Reg<T: Synth> {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub d: Signal<In, T>,
    pub q: Signal<Out, T>,
    _reset_value: T,
}

impl<T: Synth> Reg<T> {
    /// A register that resets to `reset_value`.
    pub fn new(reset_value: T) -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            d: Default::default(),
            q: Signal::default(),
            _reset_value: reset_value,
        }
    }
}

impl<T: Synth> Default for Reg<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: Synth> Logic for Reg<T> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.q.next = if self.reset.val() { self._reset_value } else { self.d.val() };
        }
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        let value = self._reset_value.verilog();
        Verilog::Custom(format!("always @(posedge clock) q <= reset ? {value} : d;\n"))
    }
    fn timing(&self) -> Vec<TimingInfo> {
        vec![TimingInfo { name: "reg".into(), clock: "clock".into(), inputs: vec!["d".into(), "reset".into()], outputs: vec!["q".into()] }]
    }
}
