use crate::cell::{row, Reg};
use crate::prelude::*;

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct KeyJobWork {
    pub active: Bit,
    pub step: Bits<4>,
    pub aes256: Bit,
    pub sa: SaIndex,
    /// What the cipher sees.
    pub write: Bit,
    pub index: Bits<3>,
    pub word: Bits<32>,
    pub start: Bit,
}

/// Gives the cipher a job: eight key words, one a clock, and `job_start` in the clock after the last; see [`CipherService`](crate::pipelined::CipherService).
///
/// While `idle`: `load_low` with the first half of the key in `row`, later `load_high` with the second one, with nonce, SA and key size; then it waits for `job_ready`. `job_start` comes ten clocks after `load_high` at the
/// earliest, `idle` a clock later. The key is forgotten as soon as the cipher has it.
#[derive(LogicBlock, Ports)]
pub struct KeyJob {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub idle: Signal<Out, Bit>,
    pub load_low: Signal<In, Bit>,
    pub load_high: Signal<In, Bit>,
    pub row: [Signal<In, Bits<32>>; 4],
    pub aes256: Signal<In, Bit>,
    pub nonce: [Signal<In, Bits<32>>; 3],
    pub sa: Signal<In, SaIndex>,
    pub key_write: Signal<Out, Bit>,
    pub key_index: Signal<Out, Bits<3>>,
    pub key_word: Signal<Out, Bits<32>>,
    pub job_aes256: Signal<Out, Bit>,
    pub job_nonce: [Signal<Out, Bits<32>>; 3],
    pub job_sa: Signal<Out, SaIndex>,
    pub job_start: Signal<Out, Bit>,
    pub job_ready: Signal<In, Bit>,
    w: Reg<KeyJobWork>,
    low: [Reg<Bits<32>>; 4],
    high: [Reg<Bits<32>>; 4],
    kept_nonce: [Reg<Bits<32>>; 3],
    step: Signal<Local, Bits<4>>,
    word: [Signal<Local, Bits<32>>; 4],
    pair: [Signal<Local, Bits<32>>; 2],
}

impl Default for KeyJob {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            idle: Default::default(),
            load_low: Default::default(),
            load_high: Default::default(),
            row: row(),
            aes256: Default::default(),
            nonce: row(),
            sa: Default::default(),
            key_write: Default::default(),
            key_index: Default::default(),
            key_word: Default::default(),
            job_aes256: Default::default(),
            job_nonce: row(),
            job_sa: Default::default(),
            job_start: Default::default(),
            job_ready: Default::default(),
            w: Default::default(),
            low: row(),
            high: row(),
            kept_nonce: row(),
            step: Default::default(),
            word: row(),
            pair: row(),
        }
    }
}

impl Logic for KeyJob {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, w);
        self.w.reset.next = self.reset.val();
        self.idle.next = !self.w.q.val().active;
        self.key_write.next = self.w.q.val().write;
        self.key_index.next = self.w.q.val().index;
        self.key_word.next = self.w.q.val().word;
        self.job_aes256.next = self.w.q.val().aes256;
        self.job_sa.next = self.w.q.val().sa;
        self.job_start.next = self.w.q.val().start;

        for i in 0..4 {
            self.low[i].clock.next = self.clock.val();
            self.low[i].reset.next = self.reset.val() | self.w.q.val().start;
            self.low[i].d.next = self.low[i].q.val();
            self.high[i].clock.next = self.clock.val();
            self.high[i].reset.next = self.reset.val() | self.w.q.val().start;
            self.high[i].d.next = self.high[i].q.val();
            if self.load_low.val() {
                self.low[i].d.next = self.row[i].val();
            }
            if self.load_high.val() {
                self.high[i].d.next = self.row[i].val();
            }
        }
        for i in 0..3 {
            self.kept_nonce[i].clock.next = self.clock.val();
            self.kept_nonce[i].reset.next = self.reset.val();
            self.kept_nonce[i].d.next = self.kept_nonce[i].q.val();
            if self.load_high.val() {
                self.kept_nonce[i].d.next = self.nonce[i].val();
            }
            self.job_nonce[i].next = self.kept_nonce[i].q.val();
        }

        // The word of this step.
        self.step.next = self.w.q.val().step;
        for i in 0..4 {
            self.word[i].next = self.low[i].q.val();
            if self.step.val().get_bit(2) {
                self.word[i].next = self.high[i].q.val();
            }
        }
        self.pair[0].next = self.word[0].val();
        self.pair[1].next = self.word[2].val();
        if self.step.val().get_bit(0) {
            self.pair[0].next = self.word[1].val();
            self.pair[1].next = self.word[3].val();
        }
        self.w.d.next.word = self.pair[0].val();
        if self.step.val().get_bit(1) {
            self.w.d.next.word = self.pair[1].val();
        }
        self.w.d.next.index = self.step.val().get_bits::<3>(0);
        self.w.d.next.write = false;
        self.w.d.next.start = false;
        if self.w.q.val().active & !self.w.q.val().start {
            if self.job_ready.val() {
                self.w.d.next.step = self.step.val() + 1;
                self.w.d.next.write = !self.step.val().get_bit(3);
                self.w.d.next.start = self.step.val().get_bit(3);
            } else {
                self.w.d.next.step = 0.into();
            }
        }
        if self.w.q.val().start {
            self.w.d.next.active = false;
        }
        if self.load_high.val() {
            self.w.d.next.active = true;
            self.w.d.next.step = 0.into();
            self.w.d.next.aes256 = self.aes256.val();
            self.w.d.next.sa = self.sa.val();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};

    /// A cipher that is ready at some time, and sometimes is not any more before it has the whole key.
    #[test]
    fn a_job_is_eight_words_and_a_start() {
        let mut random = StdRng::seed_from_u64(3);
        let mut bench = Bench::new("key_job", KeyJob::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let mut least = usize::MAX;
        for n in 0..60 {
            let (key, nonce): ([u32; 8], [u32; 3]) = (random.gen(), random.gen());
            let (aes256, sa) = (random.gen(), random.gen_range(0..32u64));
            for half in 0..2 {
                for i in 0..4 {
                    bench.dut.row[i].next = (key[4 * half + i] as u64).into();
                }
                for (port, word) in bench.dut.nonce.iter_mut().zip(nonce) {
                    port.next = (word as u64 * half as u64).into();
                }
                (bench.dut.load_low.next, bench.dut.load_high.next) = (half == 0, half == 1);
                (bench.dut.aes256.next, bench.dut.sa.next) = (aes256, sa.into());
                bench.dut.job_ready.next = n % 3 == 0;
                bench.settle();
                assert!(bench.dut.idle.val());
                bench.cycle();
            }
            bench.dut.load_high.next = false;
            let (mut got, mut clocks, mut before) = ([0; 8], 1, false);
            loop {
                bench.dut.job_ready.next = n % 3 == 0 || random.gen_bool(0.9);
                bench.settle();
                let dut = &bench.dut;
                assert!(!dut.idle.val());
                if dut.key_write.val() {
                    assert_eq!(dut.job_aes256.val(), aes256);
                    got[dut.key_index.val().index()] = u64::from(dut.key_word.val()) as u32;
                }
                if dut.job_start.val() {
                    let seen: [u32; 3] = std::array::from_fn(|i| u64::from(dut.job_nonce[i].val()) as u32);
                    assert!(before && !dut.key_write.val() && got == key && seen == nonce, "job {n}");
                    assert_eq!((dut.job_aes256.val(), u64::from(dut.job_sa.val())), (aes256, sa));
                    break;
                }
                before = dut.key_write.val();
                clocks += 1;
                bench.cycle();
            }
            bench.cycle();
            bench.settle();
            assert!(bench.dut.idle.val());
            least = least.min(clocks);
        }
        println!("{least} clocks from the key's second half to the start");
        assert_eq!(least, 10);
        bench.finish();
    }
}
