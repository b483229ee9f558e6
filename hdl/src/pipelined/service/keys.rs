//! The memory of H, H³, H⁵ of every SA of both directions.
//!
//! `asked` takes what stands for SA `read_index` of direction `read_open`, both given a clock before it, and shows it from the next clock on until the next `asked`. `write` takes a clock.
//! Under `reset` it shows zeros, and overwrites all its words with zeros, one a clock, two for each SA, while `h`, `h3`, `h5` are zero.
use crate::cell::{Block128, Delay, Ram, Reg};
use crate::prelude::*;
use crate::Sizes;

/// Of an SA.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct PowersOfH {
    pub h: Block128,
    pub h3: Block128,
    pub h5: Block128,
}

/// The memory; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct HashKeys {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub write: Signal<In, Bit>,
    pub write_open: Signal<In, Bit>,
    pub write_index: Signal<In, SaIndex>,
    pub h: Signal<In, Block128>,
    pub h3: Signal<In, Block128>,
    pub h5: Signal<In, Block128>,
    pub read_open: Signal<In, Bit>,
    pub read_index: Signal<In, SaIndex>,
    pub asked: Signal<In, Bit>,
    pub shown: Signal<Out, PowersOfH>,
    words: Ram<PowersOfH, 11>,
    kept: Reg<PowersOfH>,
    /// Goes round, for the wipe.
    round: Delay<Bits<11>, 1>,
    write_address: Signal<Local, Bits<11>>,
    read_address: Signal<Local, Bits<11>>,
}

impl HashKeys {
    pub fn new(sizes: Sizes) -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            write: Default::default(),
            write_open: Default::default(),
            write_index: Default::default(),
            h: Default::default(),
            h3: Default::default(),
            h5: Default::default(),
            read_open: Default::default(),
            read_index: Default::default(),
            asked: Default::default(),
            shown: Default::default(),
            words: Ram::of(1 | sizes.sa_bits(1)),
            kept: Default::default(),
            round: Default::default(),
            write_address: Default::default(),
            read_address: Default::default(),
        }
    }
}

impl Logic for HashKeys {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, kept);
        clock!(self, clock, words, round);
        self.kept.reset.next = self.reset.val();
        self.round.d.next = self.round.q.val() + 1;
        self.write_address.next = bit_cast::<11, 10>(self.write_index.val()) << 1;
        self.read_address.next = bit_cast::<11, 10>(self.read_index.val()) << 1;
        self.words.write.next = self.write.val() | self.reset.val();
        self.words.write_address.next = self.write_address.val();
        if self.write_open.val() {
            self.words.write_address.next = self.write_address.val() | 1;
        }
        if self.reset.val() {
            self.words.write_address.next = self.round.q.val();
        }
        self.words.write_data.next.h = self.h.val();
        self.words.write_data.next.h3 = self.h3.val();
        self.words.write_data.next.h5 = self.h5.val();
        self.words.read_address.next = self.read_address.val();
        if self.read_open.val() {
            self.words.read_address.next = self.read_address.val() | 1;
        }
        if self.asked.val() {
            self.kept.d.next = self.words.read_data.val();
        }
        self.shown.next = self.kept.q.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cell::Lanes, check::Bench, gcm::tests::Dice};

    #[test]
    fn every_sa_of_either_direction_has_its_own() {
        for sas in [32u64, 4, 1024] {
            let keys = HashKeys::new(Sizes { sas: sas as usize, ..Default::default() });
            let mut bench = Bench::new(&format!("hash_keys_{sas}"), keys, |d| &mut d.clock);
            let mut dice = Dice(8);
            let mut known = std::collections::HashMap::new();
            let zeros = [Block128::default(); 3];
            let mut any = || -> [Block128; 3] { std::array::from_fn(|_| Lanes(std::array::from_fn(|_| dice.roll() as u32))) };
            let set = |d: &mut HashKeys, all: [Block128; 3]| [d.h.next, d.h3.next, d.h5.next] = all;
            for pass in 0..2 {
                bench.dut.reset.next = true;
                set(&mut bench.dut, zeros);
                (0..2 * sas).for_each(|_| bench.cycle());
                bench.dut.reset.next = false;
                known.clear();
                for n in 0..2 * sas {
                    // In the second pass the wipe has left nothing of the first.
                    let all = any();
                    bench.dut.write.next = pass == 0;
                    bench.dut.write_open.next = n % 2 == 1;
                    bench.dut.write_index.next = (n / 2).into();
                    set(&mut bench.dut, all);
                    known.insert(n, if pass == 0 { all } else { zeros });
                    bench.cycle();
                }
                bench.dut.write.next = false;
                for n in (0..2 * sas).rev() {
                    bench.dut.read_open.next = n % 2 == 1;
                    bench.dut.read_index.next = (n / 2).into();
                    bench.cycle();
                    bench.dut.asked.next = true;
                    bench.dut.read_index.next = 0u64.into();
                    bench.cycle();
                    bench.dut.asked.next = false;
                    for _ in 0..2 {
                        let shown = bench.dut.shown.val();
                        assert_eq!([shown.h, shown.h3, shown.h5], known[&n], "{sas} SAs, word {n}");
                        bench.cycle();
                    }
                }
            }
            bench.finish();
        }
    }
}
