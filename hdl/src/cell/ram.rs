use super::fold::Fold;
use crate::prelude::*;

/// A memory of 2^`A` words with one write port and one read port, both synchronous: `read_data` shows the word at `read_address` of
/// the previous cycle. What a read returns while the same word is being written is undefined, so that block RAM needs no logic around it
/// (`no_rw_check`). The rust-hdl simulator returns zero then, Verilator the old word: where both agree on a
/// run, nobody has relied on either. Maps to block RAM, distributed RAM or an ASIC macro
/// by replacing this cell. Contents are undefined until written: nothing may rely on them, and secrets are wiped by writing.
#[derive(Clone, Debug, LogicBlock, Ports)]
pub struct Ram<D: Synth, const A: usize> {
    pub clock: Signal<In, Clock>,
    pub write: Signal<In, Bit>,
    pub write_address: Signal<In, Bits<A>>,
    pub write_data: Signal<In, D>,
    pub read_address: Signal<In, Bits<A>>,
    pub read_data: Signal<Out, D>,
    _words: Vec<D>,
    _fold: Fold,
    _block: bool,
}

impl<D: Synth, const A: usize> Ram<D, A> {
    /// A memory in whose addresses only the bits of `kept` count: 2^n words for n of them. Addresses that differ in other bits name the same word.
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
            _block: false,
        }
    }

    /// In block RAM even though it is small. Its answer is late there: it goes straight into a register.
    pub fn in_block() -> Self {
        Self::in_block_of((1 << A) - 1)
    }

    /// Both.
    pub fn in_block_of(kept: usize) -> Self {
        Self { _block: true, ..Self::of(kept) }
    }
}

impl<D: Synth, const A: usize> Default for Ram<D, A> {
    fn default() -> Self {
        Self::of((1 << A) - 1)
    }
}

impl<D: Synth, const A: usize> Logic for Ram<D, A> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            let (read, write) = (self._fold.word(self.read_address.val().index()), self._fold.word(self.write_address.val().index()));
            let collides = self.write.val() && write == read;
            self.read_data.next = if collides { D::default() } else { self._words[read] };
            if self.write.val() {
                self._words[write] = self.write_data.val();
            }
        }
    }
    fn connect(&mut self) {
        self.read_data.connect();
    }
    fn hdl(&self) -> Verilog {
        let (msb, last) = (D::BITS - 1, self._fold.words() - 1);
        let style = if self._block { ", ram_style = \"block\"" } else { "" };
        let (write, read) = (self._fold.verilog(A, "write_address"), self._fold.verilog(A, "read_address"));
        // The cross-checks have no undefined values: they begin with cleared memories and read zero where a word is being written, as `update` does.
        Verilog::Custom(format!(
            "(* no_rw_check{style} *) reg [{msb}:0] contents [0:{last}];\nalways @(posedge clock) begin\n  if (write) contents[{write}] <= write_data;\n  \
             read_data <= contents[{read}];\n`ifdef HOLDFAST_CHECK\n  if (write && {write} == {read}) read_data <= 0;\n`endif\nend\n\
             `ifdef HOLDFAST_CHECK\ninteger i;\ninitial begin for (i = 0; i <= {last}; i = i + 1) contents[i] = 0; read_data = 0; end\n`endif\n"
        ))
    }
    fn timing(&self) -> Vec<TimingInfo> {
        vec![TimingInfo {
            name: "ram".into(),
            clock: "clock".into(),
            inputs: vec!["write".into(), "write_address".into(), "write_data".into(), "read_address".into()],
            outputs: vec!["read_data".into()],
        }]
    }
}
