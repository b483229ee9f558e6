use super::fold::Fold;
use crate::prelude::*;

/// A small memory of 2^`A` words with one write port and one read port that answers at once: `read_data` shows the word at `read_address` of this very cycle.
/// For queues of a few entries, up to 16: distributed RAM of an FPGA costs a third of registers and the multiplexer behind them. Contents are undefined until
/// written: nothing may rely on them.
#[derive(Clone, Debug, LogicBlock, Ports)]
pub struct Slots<D: Synth, const A: usize> {
    pub clock: Signal<In, Clock>,
    pub write: Signal<In, Bit>,
    pub write_address: Signal<In, Bits<A>>,
    pub write_data: Signal<In, D>,
    pub read_address: Signal<In, Bits<A>>,
    pub read_data: Signal<Out, D>,
    _words: Vec<D>,
    _fold: Fold,
}

impl<D: Synth, const A: usize> Slots<D, A> {
    /// A memory in whose addresses only the bits of `kept` count, as [`super::Ram::of`].
    pub fn of(kept: usize) -> Self {
        let fold = Fold::new(A, kept);
        Self {
            clock: Default::default(),
            write: Default::default(),
            write_address: Default::default(),
            write_data: Default::default(),
            read_address: Default::default(),
            read_data: Default::default(),
            _words: vec![D::default(); fold.words()],
            _fold: fold,
        }
    }
}

impl<D: Synth, const A: usize> Default for Slots<D, A> {
    fn default() -> Self {
        Self::of((1 << A) - 1)
    }
}

impl<D: Synth, const A: usize> Logic for Slots<D, A> {
    fn update(&mut self) {
        if self.clock.pos_edge() && self.write.val() {
            self._words[self._fold.word(self.write_address.val().index())] = self.write_data.val();
        }
        self.read_data.next = self._words[self._fold.word(self.read_address.val().index())];
    }
    fn connect(&mut self) {
        self.read_data.connect();
    }
    fn hdl(&self) -> Verilog {
        let (msb, last) = (D::BITS - 1, self._fold.words() - 1);
        let (write, read) = (self._fold.verilog(A, "write_address"), self._fold.verilog(A, "read_address"));
        // The cross-checks have no undefined values: they begin with cleared memories.
        Verilog::Custom(format!(
            "(* ram_style = \"distributed\" *) reg [{msb}:0] contents [0:{last}];\nalways @(posedge clock) if (write) contents[{write}] <= write_data;\n\
             wire [{msb}:0] seen = contents[{read}];\nalways @(*) read_data = seen;\n\
             `ifdef HOLDFAST_CHECK\ninteger i;\ninitial for (i = 0; i <= {last}; i = i + 1) contents[i] = 0;\n`endif\n"
        ))
    }
    fn timing(&self) -> Vec<TimingInfo> {
        vec![TimingInfo {
            name: "slots".into(),
            clock: "clock".into(),
            inputs: vec!["write".into(), "write_address".into(), "write_data".into()],
            outputs: vec![],
        }]
    }
}
