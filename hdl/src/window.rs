//! The anti-replay memory (RFC 4303 section 3.4.3): which sequence numbers near the highest one of an SA were accepted.
//!
//! Per SA a ring of words of 32 bits, twice the largest window (the idea of RFC 6479): 64 words for 1024 numbers. A number's bits 4:0 name the bit and 10:5 the word, of which
//! the upper ones do not count where the ring is smaller: what walks over 64 words goes round it several times then, in the same order, and leaves it as one round would. A bit is 1 while its
//! number has not been seen. Where the ring is to be used next is always clean: every word from the window's bottom up to that of *next* (the number after the highest
//! accepted) holds its own numbers, and all from *next* on read as not seen. So when *next* moves on, the words it has passed are made new, one per clock, after the answer.
use crate::cell::{row, Concat, Ram, Reg, Split};
use crate::prelude::*;
use crate::Sizes;

/// Looks a number up, records it, or makes the memory of an SA new. One request at a time, each a pulse while not `busy`:
///
/// * `load`: picks SA `index` and `number`; three clocks later `unseen` tells of it, until the next request.
/// * `mark`: records the number loaded. With `ahead` it is the highest so far: the words behind *next*'s old word `from` are made new up to that of the number + 1, the
///   whole ring where the step is `far` (more than 1024 numbers). `ahead` and `from` are held with `mark` and one clock longer, `far` two. Busy for 1 to 66 clocks.
/// * `clear`: makes every number of SA `index` count as seen; 64 clocks.
/// * `seed`, after `clear`, also while that is under way: *next* of SA `index` is `number`; this and higher ones are not seen. Two clocks.
///
/// `records` says that a `mark` is under way.
#[derive(LogicBlock, Ports)]
pub struct Window {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Which of the SAs.
    pub index: Signal<In, SaIndex>,
    /// The low end of a sequence number.
    pub number: Signal<In, Bits<11>>,
    pub load: Signal<In, Bit>,
    pub mark: Signal<In, Bit>,
    pub ahead: Signal<In, Bit>,
    pub far: Signal<In, Bit>,
    pub from: Signal<In, Bits<6>>,
    pub clear: Signal<In, Bit>,
    pub seed: Signal<In, Bit>,
    pub busy: Signal<Out, Bit>,
    pub records: Signal<Out, Bit>,
    pub unseen: Signal<Out, Bit>,
    ring: Ram<Bits<32>, 16>,
    s: Reg<WindowState>,
    late: Reg<WindowWrite>,
    /// The word read; in reset, which is all ones, while words are made new.
    word: Reg<Bits<32>>,
    bytes: Split<4, 8, 32>,
    kept: Concat<4, 8, 32>,
    next_at: Signal<Local, Bits<6>>,
    /// The write is that of the number's word; of a seed.
    here: Signal<Local, Bit>,
    seeds: Signal<Local, Bit>,
    clears: Signal<Local, Bit>,
    place: Signal<Local, Bits<5>>,
    group: Signal<Local, Bits<2>>,
    spot: Signal<Local, Bits<3>>,
    spot_bit: Signal<Local, Bits<8>>,
    all_below: Signal<Local, Bits<8>>,
    taken: Signal<Local, Bits<8>>,
    others: Signal<Local, Bits<8>>,
    /// Of the word's bytes, the least significant first: the one with the number's bit, those that are seen altogether, what is left, whether the bit is still 1.
    picked: [Signal<Local, Bit>; 4],
    killed: [Signal<Local, Bit>; 4],
    left: [Signal<Local, Bits<8>>; 4],
    found: [Signal<Local, Bit>; 4],
}

/// A write under way, so that the memory's inputs come straight from registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct WindowWrite {
    write: Bit,
    target: Bits<16>,
    data: Bits<32>,
}

#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum WindowStep {
    Rest,
    Clear,
    Seed,
    Mark,
    Turn,
    Sweep,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct WindowState {
    step: WindowStep,
    index: SaIndex,
    /// The number loaded: its word and bit.
    place: Bits<6>,
    bit: Bits<5>,
    /// The word that is written, and the last one to be made new.
    at: Bits<6>,
    till: Bits<6>,
    /// A seed waits.
    seeded: Bit,
    unseen: Bit,
}

impl Window {
    /// Rings for so many SAs and numbers.
    pub fn new(sizes: Sizes) -> Self {
        Self {
            word: Reg::new(0xffff_ffffu64.into()),
            clock: Default::default(),
            reset: Default::default(),
            index: Default::default(),
            number: Default::default(),
            load: Default::default(),
            mark: Default::default(),
            ahead: Default::default(),
            far: Default::default(),
            from: Default::default(),
            clear: Default::default(),
            seed: Default::default(),
            busy: Default::default(),
            records: Default::default(),
            unseen: Default::default(),
            ring: Ram::of(sizes.sa_bits(6) | (2 * sizes.window / 32 - 1)),
            s: Default::default(),
            late: Default::default(),
            bytes: Default::default(),
            kept: Default::default(),
            next_at: Default::default(),
            here: Default::default(),
            seeds: Default::default(),
            clears: Default::default(),
            place: Default::default(),
            group: Default::default(),
            spot_bit: Default::default(),
            all_below: Default::default(),
            taken: Default::default(),
            others: Default::default(),
            spot: Default::default(),
            picked: row(),
            killed: row(),
            left: row(),
            found: row(),
        }
    }
}

impl Default for Window {
    fn default() -> Self {
        Self::new(Sizes::default())
    }
}

impl Logic for Window {
    // A kernel's match has no guards.
    #[allow(clippy::collapsible_match)]
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, word, late);
        self.late.reset.next = self.reset.val();
        clock!(self, clock, ring);
        self.s.reset.next = self.reset.val();
        self.busy.next = (self.s.q.val().step != WindowStep::Rest) | self.s.q.val().seeded;
        self.records.next = (self.s.q.val().step == WindowStep::Mark)
            | (self.s.q.val().step == WindowStep::Turn)
            | (self.s.q.val().step == WindowStep::Sweep);
        self.unseen.next = self.s.q.val().unseen;

        // What is written: the word without the number's bit; of a seed, without all below it.
        self.clears.next = self.s.q.val().step == WindowStep::Clear;
        self.seeds.next = self.s.q.val().step == WindowStep::Seed;
        self.here.next = (self.s.q.val().step != WindowStep::Sweep) | (self.s.q.val().at == self.s.q.val().place);
        self.place.next = self.s.q.val().bit;
        self.group.next = self.place.val().get_bits::<2>(3);
        self.spot.next = self.place.val().get_bits::<3>(0);
        self.spot_bit.next = bits::<8>(1) << self.spot.val();
        self.all_below.next = self.spot_bit.val() - 1;
        self.taken.next = self.spot_bit.val();
        if self.seeds.val() {
            self.taken.next = self.all_below.val();
        }
        self.others.next = !self.taken.val();
        self.picked[0].next = self.group.val() == 0;
        self.picked[1].next = self.group.val() == 1;
        self.picked[2].next = self.group.val() == 2;
        self.picked[3].next = self.group.val() == 3;
        self.killed[0].next = self.clears.val() | (self.seeds.val() & (self.group.val() != 0));
        self.killed[1].next = self.clears.val() | (self.seeds.val() & self.group.val().get_bit(1));
        self.killed[2].next = self.clears.val() | (self.seeds.val() & (self.group.val() == 3));
        self.killed[3].next = self.clears.val();
        self.bytes.word.next = self.word.q.val();
        for i in 0..4 {
            self.found[i].next = self.picked[i].val() & ((self.bytes.lane[3 - i].val() & self.taken.val()) != 0);
            self.left[i].next = self.bytes.lane[3 - i].val();
            if self.picked[i].val() & self.here.val() {
                self.left[i].next = self.bytes.lane[3 - i].val() & self.others.val();
            }
            self.kept.lane[3 - i].next = self.left[i].val();
            if self.killed[i].val() {
                self.kept.lane[3 - i].next = 0.into();
            }
        }
        self.s.d.next.unseen = self.found[0].val() | self.found[1].val() | self.found[2].val() | self.found[3].val();
        self.late.d.next.write = false;
        self.late.d.next.target = (bit_cast::<16, 10>(self.s.q.val().index) << 6) | bit_cast::<16, 6>(self.s.q.val().at);
        self.late.d.next.data = self.kept.word.val();
        self.ring.write.next = self.late.q.val().write;
        self.ring.write_address.next = self.late.q.val().target;
        self.ring.write_data.next = self.late.q.val().data;
        self.ring.read_address.next = (bit_cast::<16, 10>(self.s.q.val().index) << 6) | bit_cast::<16, 6>(self.s.q.val().at);
        self.word.d.next = self.ring.read_data.val();
        self.word.reset.next = false;

        self.next_at.next = self.s.q.val().at + 1;
        match self.s.q.val().step {
            WindowStep::Rest => {
                if self.load.val() {
                    self.s.d.next.index = self.index.val();
                    self.s.d.next.place = self.number.val().get_bits::<6>(5);
                    self.s.d.next.bit = self.number.val().get_bits::<5>(0);
                    self.s.d.next.at = self.number.val().get_bits::<6>(5);
                }
                if self.mark.val() {
                    self.s.d.next.step = WindowStep::Mark;
                }
                if self.s.q.val().seeded {
                    self.word.reset.next = true;
                    self.s.d.next.at = self.s.q.val().place;
                    self.s.d.next.seeded = false;
                    self.s.d.next.step = WindowStep::Seed;
                }
                if self.clear.val() {
                    self.s.d.next.index = self.index.val();
                    self.s.d.next.at = 0.into();
                    self.s.d.next.step = WindowStep::Clear;
                }
            }
            WindowStep::Clear => {
                self.late.d.next.write = true;
                self.s.d.next.at = self.next_at.val();
                if self.s.q.val().at == 63 {
                    self.s.d.next.step = WindowStep::Rest;
                }
            }
            WindowStep::Seed => {
                self.late.d.next.write = true;
                self.s.d.next.step = WindowStep::Rest;
            }
            WindowStep::Mark => {
                self.late.d.next.write = true;
                // *Next* is one further than the number, which may be in the word behind.
                self.s.d.next.till = self.s.q.val().place;
                if self.s.q.val().bit == 31 {
                    self.s.d.next.till = self.next_at.val();
                }
                self.s.d.next.at = self.from.val();
                self.s.d.next.step = WindowStep::Rest;
                if self.ahead.val() {
                    self.s.d.next.step = WindowStep::Turn;
                }
            }
            WindowStep::Turn => {
                self.word.reset.next = true;
                self.s.d.next.at = self.next_at.val();
                self.s.d.next.step = WindowStep::Sweep;
                if self.far.val() {
                    self.s.d.next.at = self.s.q.val().till + 1;
                } else if self.s.q.val().at == self.s.q.val().till {
                    self.s.d.next.step = WindowStep::Rest;
                }
            }
            WindowStep::Sweep => {
                self.late.d.next.write = true;
                self.word.reset.next = true;
                self.s.d.next.at = self.next_at.val();
                if self.s.q.val().at == self.s.q.val().till {
                    self.s.d.next.step = WindowStep::Rest;
                }
            }
            _ => {}
        }
        if self.seed.val() {
            self.s.d.next.seeded = true;
            self.s.d.next.index = self.index.val();
            self.s.d.next.place = self.number.val().get_bits::<6>(5);
            self.s.d.next.bit = self.number.val().get_bits::<5>(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};

    /// A ring without a word: which of the last 2048 numbers below the top were seen.
    #[test]
    fn remembers_what_was_marked() {
        remembers(Sizes::default());
    }

    #[test]
    fn a_smaller_ring_does_as_well() {
        remembers(Sizes { sas: 4, window: 64, ..Default::default() });
        remembers(Sizes { sas: 32, window: 256, ..Default::default() });
    }

    fn remembers(sizes: Sizes) {
        let mut random = StdRng::seed_from_u64(0x71d0);
        let width = sizes.window as u64;
        let mut bench = Bench::new(&format!("window_{width}"), Window::new(sizes), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        for index in 0..4u64 {
            let mut next: u64 = random.gen_range(1..5000);
            bench.dut.index.next = index.into();
            bench.dut.number.next = (next % 2048).into();
            bench.dut.clear.next = true;
            bench.cycle();
            bench.dut.clear.next = false;
            // The seed comes while the ring is being cleared, or after.
            for _ in 0..[0, 20, 63, 64, 80][random.gen_range(0..5)] {
                bench.cycle();
            }
            bench.dut.seed.next = true;
            bench.cycle();
            bench.dut.seed.next = false;
            bench.dut.index.next = 31.into();
            let mut seen: std::collections::HashSet<u64> = (0..next).collect();
            for _ in 0..400 {
                let step = [1, 2, 40, 1024, 1500, 4000][random.gen_range(0..6)];
                let number = if random.gen() { next + random.gen_range(0..step) } else { next.saturating_sub(random.gen_range(1..width)) };
                while bench.dut.busy.val() {
                    bench.cycle();
                }
                bench.dut.index.next = index.into();
                bench.dut.number.next = (number % 2048).into();
                bench.dut.load.next = true;
                bench.cycle();
                bench.dut.load.next = false;
                bench.dut.number.next = random.gen_range(0..2048u64).into();
                for _ in 0..3 {
                    bench.cycle();
                }
                let ahead = number >= next;
                assert!(ahead || bench.dut.unseen.val() != seen.contains(&number), "SA {index}: {number} of {next}");
                if random.gen() {
                    bench.dut.mark.next = true;
                    bench.dut.ahead.next = ahead;
                    bench.dut.far.next = ahead && number - next >= 1024;
                    bench.dut.from.next = (next / 32 % 64).into();
                    bench.cycle();
                    bench.dut.mark.next = false;
                    bench.cycle();
                    seen.insert(number);
                    next = next.max(number + 1);
                    bench.cycle();
                }
            }
        }
        bench.finish();
    }
}
