use crate::cell::{row, Block128, JoinWords, Ram, Reg};
use crate::prelude::*;

/// Brings the device's own datagram, which the composer shows word by word, into reach of a [`WideReader`](crate::pipelined::WideReader): up to 32 words.
///
/// While `collect` is held the words 0 to `words` - 1 are copied, one per clock, and then `gathered` is high. The composer answers `address` two clocks later. `read_address` (in words) is answered by
/// the four words from there on three clocks later, as a [`WideStore`](crate::pipelined::WideStore) does it.
#[derive(LogicBlock, Ports)]
pub struct Gather {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub collect: Signal<In, Bit>,
    pub words: Signal<In, Bits<10>>,
    pub gathered: Signal<Out, Bit>,
    pub address: Signal<Out, Bits<10>>,
    pub data: Signal<In, Bits<32>>,
    pub read_address: Signal<In, Bits<10>>,
    pub block: Signal<Out, Block128>,
    lane: [Ram<Bits<32>, 3>; 4],
    /// What the lanes said; the four words.
    said: [Reg<Bits<32>>; 4],
    turned: [Reg<Bits<32>>; 4],
    joined: JoinWords,
    asked: Reg<Bits<10>>,
    /// The place whose word arrives now, and in the next clock.
    place: Reg<Bits<10>>,
    coming: Reg<Bits<10>>,
    /// A word arrives now; one in the next clock.
    arrives: Reg<Bits<2>>,
    done: Reg<Bit>,
    first: Reg<Bits<2>>,
    first_late: Reg<Bits<2>>,
    asks: Signal<Local, Bit>,
    at: Signal<Local, Bits<10>>,
    row_now: Signal<Local, Bits<3>>,
    row_next: Signal<Local, Bits<3>>,
}

impl Default for Gather {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            collect: Default::default(),
            words: Default::default(),
            gathered: Default::default(),
            address: Default::default(),
            data: Default::default(),
            read_address: Default::default(),
            block: Default::default(),
            lane: row(),
            said: row(),
            turned: row(),
            joined: Default::default(),
            asked: Default::default(),
            place: Default::default(),
            coming: Default::default(),
            arrives: Default::default(),
            done: Default::default(),
            first: Default::default(),
            first_late: Default::default(),
            asks: Default::default(),
            at: Default::default(),
            row_now: Default::default(),
            row_next: Default::default(),
        }
    }
}

impl Logic for Gather {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, asked, place, coming, arrives, done, first, first_late);
        self.asked.reset.next = self.reset.val();
        self.place.reset.next = self.reset.val();
        self.coming.reset.next = self.reset.val();
        self.arrives.reset.next = self.reset.val();
        self.done.reset.next = self.reset.val();
        self.first.reset.next = self.reset.val();
        self.first_late.reset.next = self.reset.val();

        // The copy.
        self.address.next = self.asked.q.val();
        self.asks.next = self.collect.val() & (self.asked.q.val() != self.words.val());
        self.coming.d.next = self.asked.q.val();
        self.place.d.next = self.coming.q.val();
        self.arrives.d.next = (self.arrives.q.val() << 1) & 2;
        if self.asks.val() {
            self.asked.d.next = self.asked.q.val() + 1;
            self.arrives.d.next = ((self.arrives.q.val() << 1) & 2) | 1;
        }
        self.done.d.next = self.collect.val() & !self.asks.val() & (self.arrives.q.val() == 0);
        self.gathered.next = self.done.q.val();
        if !self.collect.val() {
            self.asked.d.next = 0.into();
        }
        for i in 0..4 {
            self.lane[i].clock.next = self.clock.val();
            self.lane[i].write.next = false;
            self.lane[i].write_address.next = self.place.q.val().get_bits::<3>(2);
            self.lane[i].write_data.next = self.data.val();
        }
        if self.arrives.q.val().get_bit(1) {
            self.lane[0].write.next = self.place.q.val().get_bits::<2>(0) == 0;
            self.lane[1].write.next = self.place.q.val().get_bits::<2>(0) == 1;
            self.lane[2].write.next = self.place.q.val().get_bits::<2>(0) == 2;
            self.lane[3].write.next = self.place.q.val().get_bits::<2>(0) == 3;
        }

        // The reader: lanes before the first word are a row further.
        self.at.next = self.read_address.val();
        self.row_now.next = self.at.val().get_bits::<3>(2);
        self.row_next.next = self.row_now.val() + 1;
        for i in 0..4 {
            self.lane[i].read_address.next = self.row_now.val();
        }
        if self.at.val().get_bits::<2>(0) != 0 {
            self.lane[0].read_address.next = self.row_next.val();
        }
        if self.at.val().get_bits::<2>(0) > 1 {
            self.lane[1].read_address.next = self.row_next.val();
        }
        if self.at.val().get_bits::<2>(0) == 3 {
            self.lane[2].read_address.next = self.row_next.val();
        }
        self.first.d.next = self.at.val().get_bits::<2>(0);
        self.first_late.d.next = self.first.q.val();
        for i in 0..4 {
            self.said[i].clock.next = self.clock.val();
            self.said[i].reset.next = self.reset.val();
            self.said[i].d.next = self.lane[i].read_data.val();
            self.turned[i].clock.next = self.clock.val();
            self.turned[i].reset.next = self.reset.val();
            self.turned[i].d.next = self.said[i].q.val();
            self.joined.word[i].next = self.turned[i].q.val();
        }
        if self.first_late.q.val() == 1 {
            self.turned[0].d.next = self.said[1].q.val();
            self.turned[1].d.next = self.said[2].q.val();
            self.turned[2].d.next = self.said[3].q.val();
            self.turned[3].d.next = self.said[0].q.val();
        }
        if self.first_late.q.val() == 2 {
            self.turned[0].d.next = self.said[2].q.val();
            self.turned[1].d.next = self.said[3].q.val();
            self.turned[2].d.next = self.said[0].q.val();
            self.turned[3].d.next = self.said[1].q.val();
        }
        if self.first_late.q.val() == 3 {
            self.turned[0].d.next = self.said[3].q.val();
            self.turned[1].d.next = self.said[0].q.val();
            self.turned[2].d.next = self.said[1].q.val();
            self.turned[3].d.next = self.said[2].q.val();
        }
        self.block.next = self.joined.block.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};

    /// Datagrams of every length, then reads from anywhere; those behind the end may show anything there.
    #[test]
    fn words_can_be_read_from_anywhere_once_they_are_gathered() {
        println!("seed 1");
        let mut dice = StdRng::seed_from_u64(1);
        let mut bench = Bench::new("gather", Gather::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        (0..4).for_each(|_| bench.cycle());
        bench.dut.reset.next = false;
        for words in 1..=32usize {
            let datagram: Vec<u32> = (0..words).map(|_| dice.gen()).collect();
            bench.dut.words.next = (words as u64).into();
            bench.dut.collect.next = true;
            // The composer's answer of two clocks later.
            let mut asked = [0usize; 2];
            let mut clocks = 0;
            loop {
                bench.dut.data.next = (datagram.get(asked[0]).copied().unwrap_or_else(|| dice.gen()) as u64).into();
                bench.settle();
                if bench.dut.gathered.val() {
                    break;
                }
                asked = [asked[1], bench.dut.address.val().index()];
                bench.cycle();
                clocks += 1;
                assert!(clocks <= words + 4, "one word per clock");
            }
            let mut expected = [None; 3];
            for _ in 0..3 * words {
                let at = dice.gen_range(0..words);
                bench.dut.read_address.next = (at as u64).into();
                bench.dut.data.next = (dice.gen::<u32>() as u64).into();
                bench.settle();
                if let Some(at) = expected[0] {
                    let end = words.min(at + 4);
                    assert_eq!(bench.dut.block.val().0[..end - at], datagram[at..end], "word {at} of {words}");
                }
                bench.cycle();
                expected = [expected[1], expected[2], Some(at)];
            }
            bench.dut.collect.next = false;
            bench.cycle();
            bench.settle();
            assert!(!bench.dut.gathered.val());
        }
        bench.finish();
    }
}
