use crate::prelude::*;

/// `N` registers in a row (1 or more): `q` shows `d` of `N` clocks earlier. For what only passes through a pipeline. It has no reset: whoever wants it
/// empty lets `N` clocks of nothing pass, and nobody may look before that.
#[derive(Clone, Debug, LogicBlock, Ports)]
pub struct Delay<T: Synth, const N: usize> {
    pub clock: Signal<In, Clock>,
    pub d: Signal<In, T>,
    pub q: Signal<Out, T>,
    _line: [T; N],
    _at: usize,
}

impl<T: Synth, const N: usize> Default for Delay<T, N> {
    fn default() -> Self {
        assert!(N > 0);
        Self { clock: Default::default(), d: Default::default(), q: Signal::default(), _line: [T::default(); N], _at: 0 }
    }
}

impl<T: Synth, const N: usize> Logic for Delay<T, N> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self._line[self._at] = self.d.val();
            self._at = (self._at + 1) % N;
            self.q.next = self._line[self._at];
        }
    }
    fn connect(&mut self) {
        self.q.connect();
    }
    fn hdl(&self) -> Verilog {
        let bits = T::BITS * (N - 1);
        let (line, step) = match N {
            1 => (String::new(), "q <= d".to_string()),
            _ => (format!("reg [{}:0] line;\n", bits - 1), "{q, line} <= {line, d}".to_string()),
        };
        let cleared = if N == 1 { "q = 0;".to_string() } else { "begin q = 0; line = 0; end".to_string() };
        // The cross-checks have no undefined values: they begin with cleared registers.
        Verilog::Custom(format!("{line}always @(posedge clock) {step};\n`ifdef HOLDFAST_CHECK\ninitial {cleared}\n`endif\n"))
    }
    fn timing(&self) -> Vec<TimingInfo> {
        vec![TimingInfo { name: "delay".into(), clock: "clock".into(), inputs: vec!["d".into()], outputs: vec!["q".into()] }]
    }
}
