//! Makes the powers of the hash key of an SA that is installed.
//!
//! It watches the table bus: key words (4 to 11 of an SA) are kept; word 0 after them has the key size, and sets it going:
//!
//! 1. `key_write`: the key, to the job of direction `open`, a word a clock.
//! 2. `beat` with `zero`, until `goes`: the beat that makes H of it.
//! 3. `hash_key`, which [`Powers`] makes H³ and H⁵ of.
//! 4. `store`: the three of SA `index` are in `first`, `third`, `fifth`.
//! 5. `beat` without `zero`, until `goes`: a packet of nothing of this SA. After it neither cipher nor hash knows of an SA that was there before.
//!
//! `busy` from the first key word to the end: some 330 clocks and what the turns take, twice a packet at most. `reset` gives all up, and clears within eight clocks what is kept of a key.
use super::super::Powers;
use crate::cell::{Block128, Delay, Reg, Slots};
use crate::prelude::*;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum MakerPhase {
    Idle,
    Play,
    Beat,
    Hash,
    Raise,
    Store,
    Flush,
}

#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct MakerState {
    pub count: Bits<3>,
    /// Key words were written, word 0 not yet.
    pub loaded: Bit,
    pub aes256: Bit,
    pub open: Bit,
    pub index: SaIndex,
}

/// The block; its contract stands at the head of the file.
#[derive(LogicBlock, Ports, Default)]
pub struct PowersMaker {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub table_write: Signal<In, Bit>,
    pub table_select: Signal<In, Bits<2>>,
    pub table_index: Signal<In, SaIndex>,
    pub table_word: Signal<In, Bits<5>>,
    pub table_data: Signal<In, Bits<32>>,
    pub busy: Signal<Out, Bit>,
    pub open: Signal<Out, Bit>,
    pub index: Signal<Out, SaIndex>,
    pub key_write: Signal<Out, Bit>,
    pub key_index: Signal<Out, Bits<3>>,
    pub key_word: Signal<Out, Bits<32>>,
    pub key_aes256: Signal<Out, Bit>,
    pub beat: Signal<Out, Bit>,
    pub zero: Signal<Out, Bit>,
    pub goes: Signal<In, Bit>,
    pub hash_key_valid: Signal<In, Bit>,
    pub hash_key: Signal<In, Block128>,
    pub store: Signal<Out, Bit>,
    pub first: Signal<Out, Block128>,
    pub third: Signal<Out, Block128>,
    pub fifth: Signal<Out, Block128>,
    s: Reg<MakerState>,
    state: Reg<MakerPhase>,
    key: Slots<Bits<32>, 3>,
    /// Goes round, also under reset: then every word of the key is overwritten.
    round: Delay<Bits<3>, 1>,
    powers: Powers,
    place: Signal<Local, Bits<5>>,
    ours: Signal<Local, Bit>,
    is_key: Signal<Local, Bit>,
}

impl Logic for PowersMaker {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, state);
        clock!(self, clock, key, round, powers);
        self.s.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();
        self.powers.reset.next = self.reset.val();
        self.round.d.next = self.round.q.val() + 1;

        // The key, as it is written to a SAD.
        self.place.next = self.table_word.val() - 4;
        self.ours.next = self.table_write.val() & !self.table_select.val().get_bit(1) & (self.state.q.val() == MakerPhase::Idle);
        self.is_key.next = self.place.val().get_bits::<2>(3) == 0;
        self.key.write.next = self.ours.val() & self.is_key.val();
        self.key.write_address.next = self.place.val().get_bits::<3>(0);
        self.key.write_data.next = self.table_data.val();
        self.key.read_address.next = self.s.q.val().count;
        if self.reset.val() {
            self.key.write.next = true;
            self.key.write_address.next = self.round.q.val();
            self.key.write_data.next = 0.into();
        }
        if self.ours.val() & self.is_key.val() {
            self.s.d.next.loaded = true;
            self.s.d.next.open = self.table_select.val().get_bit(0);
            self.s.d.next.index = self.table_index.val();
        }

        self.busy.next = self.s.q.val().loaded | (self.state.q.val() != MakerPhase::Idle);
        self.open.next = self.s.q.val().open;
        self.index.next = self.s.q.val().index;
        self.key_write.next = self.state.q.val() == MakerPhase::Play;
        self.key_index.next = self.s.q.val().count;
        self.key_word.next = self.key.read_data.val();
        self.key_aes256.next = self.s.q.val().aes256;
        self.beat.next = (self.state.q.val() == MakerPhase::Beat) | (self.state.q.val() == MakerPhase::Flush);
        self.zero.next = self.state.q.val() == MakerPhase::Beat;
        self.store.next = self.state.q.val() == MakerPhase::Store;
        self.powers.start.next = self.hash_key_valid.val() & (self.state.q.val() == MakerPhase::Hash);
        self.powers.h.next = self.hash_key.val();
        self.first.next = self.powers.first.val();
        self.third.next = self.powers.third.val();
        self.fifth.next = self.powers.fifth.val();

        self.s.d.next.count = self.s.q.val().count + 1;
        match self.state.q.val() {
            MakerPhase::Idle => {
                self.s.d.next.count = 0.into();
                if self.ours.val() & self.s.q.val().loaded & (self.table_word.val() == 0) {
                    self.s.d.next.loaded = false;
                    self.s.d.next.aes256 = self.table_data.val().get_bit(1);
                    self.state.d.next = MakerPhase::Play;
                }
            }
            MakerPhase::Play => {
                if self.s.q.val().count == 7 {
                    self.state.d.next = MakerPhase::Beat;
                }
            }
            MakerPhase::Beat => {
                if self.goes.val() {
                    self.state.d.next = MakerPhase::Hash;
                }
            }
            MakerPhase::Hash => {
                if self.hash_key_valid.val() {
                    self.state.d.next = MakerPhase::Raise;
                }
            }
            MakerPhase::Raise => {
                if self.powers.ready.val() {
                    self.state.d.next = MakerPhase::Store;
                }
            }
            MakerPhase::Store => {
                self.state.d.next = MakerPhase::Flush;
            }
            MakerPhase::Flush => {
                if self.goes.val() {
                    self.state.d.next = MakerPhase::Idle;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use crate::gcm::tests::Dice;
    use crate::pipelined::tests::{block, hash_key, powers};

    fn write(bench: &mut Bench<PowersMaker>, select: u64, index: u64, word: u64, data: u64) {
        let d = &mut bench.dut;
        d.table_write.next = true;
        d.table_select.next = select.into();
        d.table_index.next = index.into();
        d.table_word.next = word.into();
        d.table_data.next = data.into();
        bench.cycle();
        bench.dut.table_write.next = false;
        bench.dut.table_data.next = 0x5555u64.into();
    }

    /// Waits for the maker's beat, and lets it wait as well.
    fn beat(bench: &mut Bench<PowersMaker>, zero: bool) {
        while !bench.dut.beat.val() {
            bench.cycle();
        }
        for _ in 0..3 {
            assert!(bench.dut.beat.val() && bench.dut.zero.val() == zero && bench.dut.busy.val());
            bench.cycle();
        }
        bench.dut.goes.next = true;
        bench.cycle();
        bench.dut.goes.next = false;
        bench.settle();
        assert!(!bench.dut.beat.val());
    }

    #[test]
    fn an_installed_key_gets_its_powers() {
        let mut dice = Dice(5);
        let mut bench = Bench::new("powers_maker", PowersMaker::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        (0..8).for_each(|_| bench.cycle());
        bench.dut.reset.next = false;
        for (select, index, bytes) in [(0, 3, 16), (1, 31, 32)] {
            let key = dice.bytes(bytes);
            let words: Vec<u64> =
                (0..8).map(|i| key.get(4 * i..4 * i + 4).map_or(0, |w| u32::from_be_bytes(w.try_into().unwrap()) as u64)).collect();
            // What is not an SA's key is nobody's affair here: a rule, a part of an SA, another word.
            write(&mut bench, 2, index, 4, 77);
            write(&mut bench, select, index, 0, 0);
            write(&mut bench, select, index, 20, 3);
            assert!(!bench.dut.busy.val());
            for word in 1..32u64 {
                write(&mut bench, select, index, word, *words.get((word as usize).wrapping_sub(4)).unwrap_or(&0x1234));
                assert_eq!(bench.dut.busy.val(), word > 3);
            }
            bench.cycle();
            write(&mut bench, select, index, 0, if bytes == 32 { 0x42 } else { 0x40 });
            for (i, &word) in words.iter().enumerate() {
                assert!(bench.dut.key_write.val() && bench.dut.key_aes256.val() == (bytes == 32));
                assert_eq!((bench.dut.key_index.val().index(), bench.dut.key_word.val().to_u32() as u64), (i, word));
                assert_eq!(bench.dut.open.val(), select == 1);
                bench.cycle();
            }
            beat(&mut bench, true);
            (0..5).for_each(|_| bench.cycle());
            bench.dut.hash_key_valid.next = true;
            bench.dut.hash_key.next = block(&hash_key(&key));
            bench.cycle();
            bench.dut.hash_key_valid.next = false;
            let mut clocks = 0;
            while !bench.dut.store.val() {
                bench.cycle();
                clocks += 1;
            }
            assert_eq!(clocks, 259);
            assert_eq!([bench.dut.first.val(), bench.dut.third.val(), bench.dut.fifth.val()], powers(&key));
            assert_eq!(bench.dut.index.val().index() as u64, index);
            beat(&mut bench, false);
            assert!(!bench.dut.busy.val());
        }
        bench.dut.reset.next = true;
        (0..8).for_each(|_| bench.cycle());
        assert_eq!([bench.dut.first.val().0, bench.dut.third.val().0, bench.dut.fifth.val().0], [[0; 4]; 3]);
        bench.finish();
    }
}
