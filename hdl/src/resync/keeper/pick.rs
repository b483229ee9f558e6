//! One word of many. The choice is made along a chain: what is handed from one pair of words to the next is either the word chosen already or, in all of its bits, which of a
//! pair is to be chosen further on. So every pair costs one four-input table per bit, where a tree of multiplexers costs up to twice that. Registers stand in the chain: they fill
//! the flip-flops beside the tables, and synthesis, which would make a tree of it, does not look across.
use crate::cell::{row, Reg};
use crate::prelude::*;

/// Which of the words the keeper writes or compares. With one bit of `pair` set, word 2·i + `second` of [`PickWord`]; with none, zero.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct KeeperChoice {
    pub pair: Bits<5>,
    pub second: Bit,
}

/// Picks one of the words that go into a record or that its words are compared with: `data`, one clock late.
///
/// A choice is to stand for three clocks before it counts. Words 0 to 3, the tag, are to stand for two clocks before, 4 and 5 for one; 6 to 9 are taken in the very clock.
#[derive(LogicBlock, Ports)]
pub struct PickWord {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub word: [Signal<In, Bits<32>>; 10],
    pub choice: Signal<In, KeeperChoice>,
    pub data: Signal<Out, Bits<32>>,
    kept: Reg<KeeperChoice>,
    tag: Reg<Bits<32>>,
    early: Reg<Bits<32>>,
    late: Reg<Bits<32>>,
    pair: Signal<Local, Bits<5>>,
    chosen: [Signal<Local, Bits<32>>; 2],
    unchosen: [Signal<Local, Bits<32>>; 4],
    ones: Constant<Bits<32>>,
}

impl Default for PickWord {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            word: row(),
            choice: Default::default(),
            data: Default::default(),
            kept: Default::default(),
            tag: Default::default(),
            early: Default::default(),
            late: Default::default(),
            pair: Default::default(),
            chosen: row(),
            unchosen: row(),
            ones: Constant::new(0xffff_ffffu64.into()),
        }
    }
}

impl Logic for PickWord {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, kept, tag, early, late);
        self.kept.reset.next = self.reset.val();
        self.tag.reset.next = self.reset.val();
        self.early.reset.next = self.reset.val();
        self.late.reset.next = self.reset.val();
        self.kept.d.next = self.choice.val();
        self.pair.next = self.kept.q.val().pair;

        self.chosen[0].next = 0.into();
        if self.kept.q.val().second {
            self.chosen[0].next = self.ones.val();
        }
        if self.pair.val().get_bit(0) {
            self.chosen[0].next = self.word[0].val();
            if self.kept.q.val().second {
                self.chosen[0].next = self.word[1].val();
            }
        }
        self.unchosen[0].next = !self.chosen[0].val();
        self.tag.d.next = self.chosen[0].val();
        if self.pair.val().get_bit(1) {
            self.tag.d.next = (self.chosen[0].val() & self.word[3].val()) | (self.unchosen[0].val() & self.word[2].val());
        }

        self.unchosen[1].next = !self.tag.q.val();
        self.early.d.next = self.tag.q.val();
        if self.pair.val().get_bit(2) {
            self.early.d.next = (self.tag.q.val() & self.word[5].val()) | (self.unchosen[1].val() & self.word[4].val());
        }

        self.unchosen[2].next = !self.early.q.val();
        self.chosen[1].next = self.early.q.val();
        if self.pair.val().get_bit(3) {
            self.chosen[1].next = (self.early.q.val() & self.word[7].val()) | (self.unchosen[2].val() & self.word[6].val());
        }
        self.unchosen[3].next = !self.chosen[1].val();
        self.late.d.next = self.chosen[1].val();
        if self.pair.val().get_bit(4) {
            self.late.d.next = (self.chosen[1].val() & self.word[9].val()) | (self.unchosen[3].val() & self.word[8].val());
        }
        self.data.next = self.late.q.val();
    }
}

/// Where a word of the key stands: 2·i + `second`, i the bit of `pair` that is set.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct KeyChoice {
    pub pair: Bits<4>,
    pub second: Bit,
}

/// Picks word `at` of a key: `picked`, two clocks late.
#[derive(LogicBlock, Ports)]
pub struct PickKey {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub word: [Signal<In, Bits<32>>; 8],
    pub at: Signal<In, Bits<3>>,
    pub picked: Signal<Out, Bits<32>>,
    kept: Reg<KeyChoice>,
    half: Reg<Bits<32>>,
    pair: Signal<Local, Bits<4>>,
    chosen: [Signal<Local, Bits<32>>; 2],
    unchosen: [Signal<Local, Bits<32>>; 3],
    ones: Constant<Bits<32>>,
}

impl Default for PickKey {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            word: row(),
            at: Default::default(),
            picked: Default::default(),
            kept: Default::default(),
            half: Default::default(),
            pair: Default::default(),
            chosen: row(),
            unchosen: row(),
            ones: Constant::new(0xffff_ffffu64.into()),
        }
    }
}

impl Logic for PickKey {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, kept, half);
        self.kept.reset.next = self.reset.val();
        self.half.reset.next = self.reset.val();
        self.kept.d.next.second = self.at.val().get_bit(0);
        self.kept.d.next.pair = 1.into();
        if self.at.val().get_bits::<2>(1) == 1 {
            self.kept.d.next.pair = 2.into();
        }
        if self.at.val().get_bits::<2>(1) == 2 {
            self.kept.d.next.pair = 4.into();
        }
        if self.at.val().get_bits::<2>(1) == 3 {
            self.kept.d.next.pair = 8.into();
        }
        self.pair.next = self.kept.q.val().pair;

        self.chosen[0].next = 0.into();
        if self.kept.q.val().second {
            self.chosen[0].next = self.ones.val();
        }
        if self.pair.val().get_bit(0) {
            self.chosen[0].next = self.word[0].val();
            if self.kept.q.val().second {
                self.chosen[0].next = self.word[1].val();
            }
        }
        self.unchosen[0].next = !self.chosen[0].val();
        self.half.d.next = self.chosen[0].val();
        if self.pair.val().get_bit(1) {
            self.half.d.next = (self.chosen[0].val() & self.word[3].val()) | (self.unchosen[0].val() & self.word[2].val());
        }
        self.unchosen[1].next = !self.half.q.val();
        self.chosen[1].next = self.half.q.val();
        if self.pair.val().get_bit(2) {
            self.chosen[1].next = (self.half.q.val() & self.word[5].val()) | (self.unchosen[1].val() & self.word[4].val());
        }
        self.unchosen[2].next = !self.chosen[1].val();
        self.picked.next = self.chosen[1].val();
        if self.pair.val().get_bit(3) {
            self.picked.next = (self.chosen[1].val() & self.word[7].val()) | (self.unchosen[2].val() & self.word[6].val());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;

    fn words<const N: usize>(seed: u32) -> [u32; N] {
        std::array::from_fn(|i| seed.wrapping_mul(i as u32 + 1).rotate_left(i as u32) ^ 0x9e37_79b9)
    }

    #[test]
    fn every_word_can_be_picked() {
        let mut bench = Bench::new("pick_word", PickWord::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        for n in 0..24usize {
            let (pair, second) = (n % 6, n / 6 % 2);
            let choice = KeeperChoice { pair: (1u64 << pair & 31).into(), second: second == 1 && pair < 5 };
            let word = words::<10>(0x1234_5677 + n as u32);
            // Later words come later, and what stands there before does not matter.
            for clock in 0..4 {
                bench.dut.choice.next = choice;
                for (i, port) in bench.dut.word.iter_mut().enumerate() {
                    let there = clock >= [1, 1, 1, 1, 2, 2, 3, 3, 3, 3][i];
                    port.next = if there { word[i] as u64 } else { 0x5a5a_0000 + n as u64 }.into();
                }
                bench.cycle();
            }
            assert_eq!(bench.dut.data.val(), *word.get(2 * pair + second).unwrap_or(&0) as u64, "pair {pair}, {second}");
        }
        bench.finish();
    }

    #[test]
    fn every_word_of_a_key_can_be_picked() {
        let mut bench = Bench::new("pick_key", PickKey::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        for n in 0..24u64 {
            let word = words::<8>(0x0102_0305 + n as u32);
            bench.dut.word.iter_mut().zip(word).for_each(|(port, word)| port.next = (word as u64).into());
            bench.dut.at.next = (n * 3 % 8).into();
            bench.cycle();
            bench.cycle();
            assert_eq!(bench.dut.picked.val(), word[(n * 3 % 8) as usize] as u64);
        }
        bench.finish();
    }
}
