//! The prepared job of one direction: key, key size, nonce, SA.
//!
//! Key words are written one a clock, in both halves where that is what AES-128 wants; a word is in its place two clocks later. `start`, not before the clock after the last word, takes nonce and SA,
//! and `prepared` is high from the next clock until the one after `take`. Writing may go on then at once: what `take` found is seen in that clock. The maker of powers writes keys as well (`maker_write`),
//! and needs no start.
use crate::cell::{row, Block128, JoinWords, Reg};
use crate::prelude::*;

/// What belongs to a job besides its words.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct CipherJobState {
    pub prepared: Bit,
    pub aes256: Bit,
    pub sa: SaIndex,
}

/// A word on its way: into one place of eight, or two, chosen without haste.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct CipherKeyWord {
    pub write: Bit,
    pub aes256: Bit,
    pub index: Bits<3>,
    pub word: Bits<32>,
}

/// The job; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct CipherJob {
    pub clock: Signal<In, Clock>,
    /// Forgets all.
    pub reset: Signal<In, Bit>,
    pub key_write: Signal<In, Bit>,
    pub key_index: Signal<In, Bits<3>>,
    pub key_word: Signal<In, Bits<32>>,
    /// With every key word.
    pub key_aes256: Signal<In, Bit>,
    pub maker_write: Signal<In, Bit>,
    pub maker_index: Signal<In, Bits<3>>,
    pub maker_word: Signal<In, Bits<32>>,
    pub maker_aes256: Signal<In, Bit>,
    pub nonce: [Signal<In, Bits<32>>; 3],
    pub sa: Signal<In, SaIndex>,
    pub start: Signal<In, Bit>,
    pub take: Signal<In, Bit>,
    pub prepared: Signal<Out, Bit>,
    pub aes256: Signal<Out, Bit>,
    pub low: Signal<Out, Block128>,
    pub high: Signal<Out, Block128>,
    pub job_nonce: [Signal<Out, Bits<32>>; 3],
    pub job_sa: Signal<Out, SaIndex>,
    s: Reg<CipherJobState>,
    entry: Reg<CipherKeyWord>,
    word: [Reg<Bits<32>>; 8],
    kept_nonce: [Reg<Bits<32>>; 3],
    low_words: JoinWords,
    high_words: JoinWords,
    half_index: Signal<Local, Bits<3>>,
    slot: [Constant<Bits<3>>; 8],
}

impl Default for CipherJob {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            key_write: Default::default(),
            key_index: Default::default(),
            key_word: Default::default(),
            key_aes256: Default::default(),
            maker_write: Default::default(),
            maker_index: Default::default(),
            maker_word: Default::default(),
            maker_aes256: Default::default(),
            nonce: row(),
            sa: Default::default(),
            start: Default::default(),
            take: Default::default(),
            prepared: Default::default(),
            aes256: Default::default(),
            low: Default::default(),
            high: Default::default(),
            job_nonce: row(),
            job_sa: Default::default(),
            s: Default::default(),
            entry: Default::default(),
            word: row(),
            kept_nonce: row(),
            low_words: Default::default(),
            high_words: Default::default(),
            half_index: Default::default(),
            slot: std::array::from_fn(|i| Constant::new((i as u64).into())),
        }
    }
}

impl Logic for CipherJob {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, entry);
        self.s.reset.next = self.reset.val();
        self.entry.reset.next = self.reset.val();
        if self.take.val() {
            self.s.d.next.prepared = false;
        }
        if self.start.val() {
            self.s.d.next.prepared = true;
            self.s.d.next.sa = self.sa.val();
        }
        for i in 0..3 {
            self.kept_nonce[i].clock.next = self.clock.val();
            self.kept_nonce[i].reset.next = self.reset.val();
            self.kept_nonce[i].d.next = self.kept_nonce[i].q.val();
            if self.start.val() {
                self.kept_nonce[i].d.next = self.nonce[i].val();
            }
            self.job_nonce[i].next = self.kept_nonce[i].q.val();
        }

        self.entry.d.next.write = self.key_write.val() | self.maker_write.val();
        self.entry.d.next.aes256 = self.key_aes256.val();
        self.entry.d.next.index = self.key_index.val();
        self.entry.d.next.word = self.key_word.val();
        if self.maker_write.val() {
            self.entry.d.next.aes256 = self.maker_aes256.val();
            self.entry.d.next.index = self.maker_index.val();
            self.entry.d.next.word = self.maker_word.val();
        }
        // Both halves of an AES-128 key are the key: its words go to the upper half as well, and what is written there does not.
        self.half_index.next = self.entry.q.val().index;
        if !self.entry.q.val().aes256 {
            self.half_index.next = self.entry.q.val().index ^ 4;
        }
        if self.entry.q.val().write {
            self.s.d.next.aes256 = self.entry.q.val().aes256;
        }
        for i in 0..8 {
            self.word[i].clock.next = self.clock.val();
            self.word[i].reset.next = self.reset.val();
            self.word[i].d.next = self.word[i].q.val();
        }
        for i in 0..4 {
            if self.entry.q.val().write & (self.entry.q.val().index == self.slot[i].val()) {
                self.word[i].d.next = self.entry.q.val().word;
            }
            if self.entry.q.val().write & (self.half_index.val() == self.slot[i + 4].val()) {
                self.word[i + 4].d.next = self.entry.q.val().word;
            }
            self.low_words.word[i].next = self.word[i].q.val();
            self.high_words.word[i].next = self.word[i + 4].q.val();
        }
        self.prepared.next = self.s.q.val().prepared;
        self.aes256.next = self.s.q.val().aes256;
        self.job_sa.next = self.s.q.val().sa;
        self.low.next = self.low_words.block.val();
        self.high.next = self.high_words.block.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{check::Bench, gcm::tests::Dice};

    #[test]
    fn a_job_holds_what_was_written() {
        let mut bench = Bench::new("cipher_job", CipherJob::default(), |d| &mut d.clock);
        let mut dice = Dice(11);
        bench.dut.reset.next = true;
        (0..4).for_each(|_| bench.cycle());
        bench.dut.reset.next = false;
        for round in 0..20u64 {
            let wide = round % 3 != 0;
            let words: Vec<u32> = (0..11).map(|_| dice.roll() as u32).collect();
            bench.dut.key_aes256.next = wide;
            for (i, &word) in words[..8].iter().enumerate() {
                // The job before is taken meanwhile, and seen as it was.
                bench.dut.take.next = i == 3;
                // Every other key is the maker's.
                bench.dut.key_write.next = round % 2 == 0;
                bench.dut.maker_write.next = round % 2 == 1;
                if round % 2 == 1 {
                    bench.dut.maker_aes256.next = wide;
                    bench.dut.maker_index.next = (i as u64).into();
                    bench.dut.maker_word.next = (word as u64).into();
                    bench.cycle();
                    assert_eq!(bench.dut.prepared.val(), round > 0 && i < 3);
                    continue;
                }
                bench.dut.key_index.next = (i as u64).into();
                bench.dut.key_word.next = (word as u64).into();
                bench.cycle();
                assert_eq!(bench.dut.prepared.val(), round > 0 && i < 3);
            }
            bench.dut.key_write.next = false;
            bench.dut.maker_write.next = false;
            bench.dut.start.next = true;
            bench.dut.sa.next = (round % 32).into();
            for i in 0..3 {
                bench.dut.nonce[i].next = (words[8 + i] as u64).into();
            }
            bench.cycle();
            bench.dut.start.next = false;
            bench.dut.key_word.next = dice.below(1 << 31).into();
            assert!(bench.dut.prepared.val());
            assert_eq!(bench.dut.aes256.val(), wide);
            assert_eq!(bench.dut.job_sa.val().index() as u64, round % 32);
            assert_eq!(bench.dut.low.val().0[..], words[..4]);
            assert_eq!(bench.dut.high.val().0[..], if wide { &words[4..8] } else { &words[..4] }[..]);
            (0..3).for_each(|i| assert_eq!(bench.dut.job_nonce[i].val().to_u32(), words[8 + i]));
        }
        bench.dut.reset.next = true;
        (0..2).for_each(|_| bench.cycle());
        assert_eq!((bench.dut.low.val().0, bench.dut.high.val().0, bench.dut.prepared.val()), ([0; 4], [0; 4], false));
        bench.finish();
    }
}
