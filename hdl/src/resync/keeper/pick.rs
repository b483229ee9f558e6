//! One word of many. The choice is made by a chain: what is handed from one pair to the next is either the word chosen already, or, in all of its bits,
//! which of a pair is to be chosen further on. So every pair costs one four-input table per bit, where a tree of multiplexers costs half as much again.
use crate::cell::row;
use rust_hdl::prelude::*;

/// One of five pairs of words, or zero. Combinational.
///
/// `pair` 0 to 4 gives word 2·`pair` + `second`; any other `pair` gives zero without `second` and all ones with it.
#[derive(LogicBlock)]
pub struct PickOfTen {
    pub word: [Signal<In, Bits<32>>; 10],
    pub pair: Signal<In, Bits<3>>,
    pub second: Signal<In, Bit>,
    pub picked: Signal<Out, Bits<32>>,
    chosen: [Signal<Local, Bits<32>>; 5],
    unchosen: [Signal<Local, Bits<32>>; 4],
    ones: Constant<Bits<32>>,
}

impl Default for PickOfTen {
    fn default() -> Self {
        Self {
            word: row(),
            pair: Default::default(),
            second: Default::default(),
            picked: Default::default(),
            chosen: row(),
            unchosen: row(),
            ones: Constant::new(0xffff_ffffu64.into()),
        }
    }
}

impl Logic for PickOfTen {
    #[hdl_gen]
    fn update(&mut self) {
        self.chosen[0].next = 0.into();
        if self.second.val() {
            self.chosen[0].next = self.ones.val();
        }
        if self.pair.val() == 0 {
            self.chosen[0].next = self.word[0].val();
            if self.second.val() {
                self.chosen[0].next = self.word[1].val();
            }
        }
        self.unchosen[0].next = !self.chosen[0].val();
        self.chosen[1].next = self.chosen[0].val();
        if self.pair.val() == 1 {
            self.chosen[1].next = (self.chosen[0].val() & self.word[3].val()) | (self.unchosen[0].val() & self.word[2].val());
        }
        self.unchosen[1].next = !self.chosen[1].val();
        self.chosen[2].next = self.chosen[1].val();
        if self.pair.val() == 2 {
            self.chosen[2].next = (self.chosen[1].val() & self.word[5].val()) | (self.unchosen[1].val() & self.word[4].val());
        }
        self.unchosen[2].next = !self.chosen[2].val();
        self.chosen[3].next = self.chosen[2].val();
        if self.pair.val() == 3 {
            self.chosen[3].next = (self.chosen[2].val() & self.word[7].val()) | (self.unchosen[2].val() & self.word[6].val());
        }
        self.unchosen[3].next = !self.chosen[3].val();
        self.chosen[4].next = self.chosen[3].val();
        if self.pair.val() == 4 {
            self.chosen[4].next = (self.chosen[3].val() & self.word[9].val()) | (self.unchosen[3].val() & self.word[8].val());
        }
        self.picked.next = self.chosen[4].val();
    }
}

/// One of the eight words of a key. Combinational.
#[derive(LogicBlock)]
pub struct PickOfEight {
    pub word: [Signal<In, Bits<32>>; 8],
    pub at: Signal<In, Bits<3>>,
    pub picked: Signal<Out, Bits<32>>,
    pair: Signal<Local, Bits<2>>,
    second: Signal<Local, Bit>,
    chosen: [Signal<Local, Bits<32>>; 4],
    unchosen: [Signal<Local, Bits<32>>; 3],
    ones: Constant<Bits<32>>,
}

impl Default for PickOfEight {
    fn default() -> Self {
        Self {
            word: row(),
            at: Default::default(),
            picked: Default::default(),
            pair: Default::default(),
            second: Default::default(),
            chosen: row(),
            unchosen: row(),
            ones: Constant::new(0xffff_ffffu64.into()),
        }
    }
}

impl Logic for PickOfEight {
    #[hdl_gen]
    fn update(&mut self) {
        self.pair.next = self.at.val().get_bits::<2>(1);
        self.second.next = self.at.val().get_bit(0);
        self.chosen[0].next = 0.into();
        if self.second.val() {
            self.chosen[0].next = self.ones.val();
        }
        if self.pair.val() == 0 {
            self.chosen[0].next = self.word[0].val();
            if self.second.val() {
                self.chosen[0].next = self.word[1].val();
            }
        }
        self.unchosen[0].next = !self.chosen[0].val();
        self.chosen[1].next = self.chosen[0].val();
        if self.pair.val() == 1 {
            self.chosen[1].next = (self.chosen[0].val() & self.word[3].val()) | (self.unchosen[0].val() & self.word[2].val());
        }
        self.unchosen[1].next = !self.chosen[1].val();
        self.chosen[2].next = self.chosen[1].val();
        if self.pair.val() == 2 {
            self.chosen[2].next = (self.chosen[1].val() & self.word[5].val()) | (self.unchosen[1].val() & self.word[4].val());
        }
        self.unchosen[2].next = !self.chosen[2].val();
        self.chosen[3].next = self.chosen[2].val();
        if self.pair.val() == 3 {
            self.chosen[3].next = (self.chosen[2].val() & self.word[7].val()) | (self.unchosen[2].val() & self.word[6].val());
        }
        self.picked.next = self.chosen[3].val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;

    /// Cross-checks need a clock.
    #[derive(LogicBlock, Default)]
    struct Both {
        pub clock: Signal<In, Clock>,
        pub seed: Signal<In, Bits<32>>,
        pub pair: Signal<In, Bits<3>>,
        pub second: Signal<In, Bit>,
        pub at: Signal<In, Bits<3>>,
        pub ten: Signal<Out, Bits<32>>,
        pub eight: Signal<Out, Bits<32>>,
        pub step: [Signal<In, Bits<32>>; 10],
        of_ten: PickOfTen,
        of_eight: PickOfEight,
    }

    impl Logic for Both {
        #[hdl_gen]
        fn update(&mut self) {
            self.of_ten.pair.next = self.pair.val();
            self.of_ten.second.next = self.second.val();
            self.of_eight.at.next = self.at.val();
            for i in 0..10 {
                self.of_ten.word[i].next = self.seed.val() ^ self.step[i].val();
            }
            for i in 0..8 {
                self.of_eight.word[i].next = self.seed.val() ^ self.step[i].val();
            }
            self.ten.next = self.of_ten.picked.val();
            self.eight.next = self.of_eight.picked.val();
        }
    }

    #[test]
    fn every_word_can_be_picked() {
        let step = |i: usize| (i as u32 + 1).wrapping_mul(0x9e37_79b9);
        let mut bench = Bench::new("pick", Both::default(), |d| &mut d.clock);
        bench.dut.step.iter_mut().enumerate().for_each(|(i, port)| port.next = (step(i) as u64).into());
        for n in 0..128usize {
            let seed = (n as u32).wrapping_mul(0x1234_5677) ^ 0xa5a5_0f0f;
            let (pair, second, at) = (n % 8, n / 8 % 2, n / 3 % 8);
            bench.dut.seed.next = (seed as u64).into();
            bench.dut.pair.next = (pair as u64).into();
            bench.dut.second.next = second == 1;
            bench.dut.at.next = (at as u64).into();
            bench.cycle();
            let ten = if pair < 5 { seed ^ step(2 * pair + second) } else { 0u32.wrapping_sub(second as u32) };
            assert_eq!(bench.dut.ten.val(), ten as u64, "pair {pair}, {second}");
            assert_eq!(bench.dut.eight.val(), (seed ^ step(at)) as u64, "word {at}");
        }
        bench.finish();
    }
}
