use crate::cell::{row, Block128, JoinWords, Ram, Reg};
use crate::prelude::*;

/// Words on their way into the memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct HeaderWrite {
    pub write: Bits<4>,
    pub bank: Bits<2>,
    pub place: Bits<4>,
}

/// The headers of four packets, 16 words each, written at any word, read four words a clock.
///
/// Bit i of `write` writes `word` i to word `place` + i of bank `bank`; the first address that shows it is that of two clocks later. `read_block` are the words 4 `read_row` to 4 `read_row` + 3 of
/// bank `read_bank` of the clock before.
#[derive(LogicBlock, Ports)]
pub struct HeaderRows {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub write: Signal<In, Bits<4>>,
    pub bank: Signal<In, Bits<2>>,
    pub place: Signal<In, Bits<4>>,
    pub word: [Signal<In, Bits<32>>; 4],
    pub read_bank: Signal<In, Bits<2>>,
    pub read_row: Signal<In, Bits<2>>,
    pub read_block: Signal<Out, Block128>,
    /// Words i, i + 4, i + 8 and i + 12 of every bank.
    lanes: [Ram<Bits<32>, 4>; 4],
    entry: Reg<HeaderWrite>,
    words: [Reg<Bits<32>>; 4],
    joined: JoinWords,
    asked: Signal<Local, Bits<4>>,
    /// Four and the first three of them once more, so that a rotation is an offset.
    asks: [Signal<Local, Bit>; 7],
    given: [Signal<Local, Bits<32>>; 7],
    low: Signal<Local, Bits<2>>,
    first_row: Signal<Local, Bits<2>>,
    next_row: Signal<Local, Bits<2>>,
    first: Signal<Local, Bits<4>>,
    next: Signal<Local, Bits<4>>,
    number: [Constant<Bits<2>>; 3],
}

impl Default for HeaderRows {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            write: Default::default(),
            bank: Default::default(),
            place: Default::default(),
            word: row(),
            read_bank: Default::default(),
            read_row: Default::default(),
            read_block: Default::default(),
            lanes: row(),
            entry: Default::default(),
            words: row(),
            joined: Default::default(),
            asked: Default::default(),
            asks: row(),
            given: row(),
            low: Default::default(),
            first_row: Default::default(),
            next_row: Default::default(),
            first: Default::default(),
            next: Default::default(),
            number: std::array::from_fn(|i| Constant::new((i as u64).into())),
        }
    }
}

impl Logic for HeaderRows {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, entry);
        self.entry.reset.next = self.reset.val();
        self.entry.d.next.write = self.write.val();
        self.entry.d.next.bank = self.bank.val();
        self.entry.d.next.place = self.place.val();

        // Where to; then each word to its lane.
        self.low.next = bit_cast::<2, 4>(self.entry.q.val().place & 3);
        self.first_row.next = bit_cast::<2, 4>(self.entry.q.val().place >> 2);
        self.next_row.next = self.first_row.val() + 1;
        self.first.next = (bit_cast::<4, 2>(self.entry.q.val().bank) << 2) | bit_cast::<4, 2>(self.first_row.val());
        self.next.next = (bit_cast::<4, 2>(self.entry.q.val().bank) << 2) | bit_cast::<4, 2>(self.next_row.val());
        self.asked.next = self.entry.q.val().write;
        for i in 0..4 {
            self.words[i].clock.next = self.clock.val();
            self.words[i].reset.next = self.reset.val();
            self.words[i].d.next = self.word[i].val();
            self.asks[i].next = self.asked.val().get_bit(i);
            self.given[i].next = self.words[i].q.val();
        }
        for i in 0..3 {
            self.asks[i + 4].next = self.asks[i].val();
            self.given[i + 4].next = self.given[i].val();
        }
        for i in 0..4 {
            self.lanes[i].clock.next = self.clock.val();
            self.lanes[i].write.next = self.asks[i].val();
            self.lanes[i].write_data.next = self.given[i].val();
            if self.low.val() == 1 {
                self.lanes[i].write.next = self.asks[i + 3].val();
                self.lanes[i].write_data.next = self.given[i + 3].val();
            }
            if self.low.val() == 2 {
                self.lanes[i].write.next = self.asks[i + 2].val();
                self.lanes[i].write_data.next = self.given[i + 2].val();
            }
            if self.low.val() == 3 {
                self.lanes[i].write.next = self.asks[i + 1].val();
                self.lanes[i].write_data.next = self.given[i + 1].val();
            }
            self.lanes[i].write_address.next = self.first.val();
            self.lanes[i].read_address.next = (bit_cast::<4, 2>(self.read_bank.val()) << 2) | bit_cast::<4, 2>(self.read_row.val());
            self.joined.word[i].next = self.lanes[i].read_data.val();
        }
        for i in 0..3 {
            if self.number[i].val() < self.low.val() {
                self.lanes[i].write_address.next = self.next.val();
            }
        }
        self.read_block.next = self.joined.block.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};

    /// Up to four words a clock to any place, four aligned ones from any other: what is read is what was written two clocks before or earlier.
    #[test]
    fn words_go_anywhere_and_come_back_in_fours() {
        println!("seed 62");
        let mut dice = StdRng::seed_from_u64(62);
        let mut bench = Bench::new("header_rows", HeaderRows::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        (0..4).for_each(|_| bench.cycle());
        bench.dut.reset.next = false;
        // What is known of each word; it is not while it is being written.
        let mut words: Vec<Option<u32>> = vec![None; 64];
        let (mut landing, mut compared) = (vec![], 0);
        for clock in 0..1500 {
            let (mask, bank, place) = (dice.gen_range(0..16u64), dice.gen_range(0..4usize), dice.gen_range(0..16usize));
            let given: [u32; 4] = dice.gen();
            let (read_bank, read_row) = (dice.gen_range(0..4usize), dice.gen_range(0..4usize));
            let d = &mut bench.dut;
            (d.write.next, d.bank.next, d.place.next) = (mask.into(), (bank as u64).into(), (place as u64).into());
            (0..4).for_each(|i| d.word[i].next = (given[i] as u64).into());
            (d.read_bank.next, d.read_row.next) = ((read_bank as u64).into(), (read_row as u64).into());
            for (at, _) in &landing {
                words[*at] = None;
            }
            let expected: [Option<u32>; 4] = std::array::from_fn(|i| words[16 * read_bank + 4 * read_row + i]);
            bench.cycle();
            for (i, (seen, word)) in bench.dut.read_block.val().0.iter().zip(expected).enumerate() {
                if let Some(word) = word {
                    assert_eq!(*seen, word, "clock {clock}, lane {i}");
                    compared += 1;
                }
            }
            for (at, word) in std::mem::take(&mut landing) {
                words[at] = Some(word);
            }
            landing = (0..4).filter(|i| mask >> i & 1 == 1).map(|i| (16 * bank + (place + i) % 16, given[i])).collect();
        }
        assert!(compared > 3000, "{compared} words compared");
        bench.finish();
    }
}
