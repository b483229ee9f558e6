use crate::cell::row;
use crate::prelude::*;

/// Joins `N` lanes of `W` bits to one word, lane 0 most significant. Combinational.
#[derive(Clone, Debug, LogicBlock, Ports)]
pub struct Concat<const N: usize, const W: usize, const BITS: usize> {
    pub lane: [Signal<In, Bits<W>>; N],
    pub word: Signal<Out, Bits<BITS>>,
    _last: Option<[Bits<W>; N]>,
}

impl<const N: usize, const W: usize, const BITS: usize> Default for Concat<N, W, BITS> {
    fn default() -> Self {
        assert_eq!(N * W, BITS);
        Self { lane: row(), word: Default::default(), _last: None }
    }
}

impl<const N: usize, const W: usize, const BITS: usize> Logic for Concat<N, W, BITS> {
    fn update(&mut self) {
        let now = std::array::from_fn(|i| self.lane[i].val());
        if self._last == Some(now) {
            return; // the word is still that of these lanes
        }
        let mut word = Bits::<BITS>::default();
        for (i, lane) in now.into_iter().enumerate() {
            word.set_bits(W * (N - 1 - i), lane);
        }
        self.word.next = word;
        self._last = Some(now);
    }
    fn connect(&mut self) {
        self.word.connect();
    }
    fn hdl(&self) -> Verilog {
        let lanes: Vec<_> = (0..N).map(|i| format!("lane${i}")).collect();
        Verilog::Custom(format!("always @(*) word = {{{}}};\n", lanes.join(", ")))
    }
}

/// Cuts a word into `N` lanes of `W` bits, lane 0 most significant. Combinational.
#[derive(Clone, Debug, LogicBlock, Ports)]
pub struct Split<const N: usize, const W: usize, const BITS: usize> {
    pub word: Signal<In, Bits<BITS>>,
    pub lane: [Signal<Out, Bits<W>>; N],
    _last: Option<Bits<BITS>>,
}

impl<const N: usize, const W: usize, const BITS: usize> Default for Split<N, W, BITS> {
    fn default() -> Self {
        assert_eq!(N * W, BITS);
        Self { lane: row(), word: Default::default(), _last: None }
    }
}

impl<const N: usize, const W: usize, const BITS: usize> Logic for Split<N, W, BITS> {
    fn update(&mut self) {
        let word = self.word.val();
        if self._last == Some(word) {
            return; // the lanes are still those of this word
        }
        for (i, lane) in self.lane.iter_mut().enumerate() {
            lane.next = word.get_bits::<W>(W * (N - 1 - i));
        }
        self._last = Some(word);
    }
    fn connect(&mut self) {
        for lane in &mut self.lane {
            lane.connect();
        }
    }
    fn hdl(&self) -> Verilog {
        let lines: Vec<_> = (0..N).map(|i| format!("always @(*) lane${i} = word[{}:{}];", W * (N - i) - 1, W * (N - 1 - i))).collect();
        Verilog::Custom(lines.join("\n") + "\n")
    }
}
