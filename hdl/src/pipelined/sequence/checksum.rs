use crate::cell::Reg;
use crate::prelude::*;

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct HeaderSumWork {
    pub adds: Bit,
    pub first: Bit,
    pub term: Bits<32>,
    pub sum: Bits<32>,
    pub around: Bits<1>,
    pub halves: Bits<17>,
    pub folded: Bits<16>,
}

/// The checksum of an IPv4 header (RFC 1071) of which one word comes a clock: `add` with `term`, `first` with the first of them. It is right four clocks after the last one.
///
/// Whole words are added: the one's complement sum of their halves is that of the words, folded. The last word must have a zero in its upper half, as a header's first word has, so that folding ends.
#[derive(LogicBlock, Ports, Default)]
pub struct HeaderSum {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub add: Signal<In, Bit>,
    pub first: Signal<In, Bit>,
    pub term: Signal<In, Bits<32>>,
    pub checksum: Signal<Out, Bits<16>>,
    w: Reg<HeaderSumWork>,
    augend: Signal<Local, Bits<34>>,
    addend: Signal<Local, Bits<34>>,
    total: Signal<Local, Bits<34>>,
    now: Signal<Local, Bits<32>>,
    added: Signal<Local, Bits<17>>,
    halves: Signal<Local, Bits<17>>,
    folded: Signal<Local, Bits<16>>,
    inverse: Signal<Local, Bits<16>>,
}

impl Logic for HeaderSum {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, w);
        self.w.reset.next = self.reset.val();
        self.w.d.next.adds = self.add.val();
        self.w.d.next.first = self.first.val();
        self.w.d.next.term = self.term.val();

        // The lowest bit brings the carry of the addition before in.
        self.augend.next = (bit_cast::<34, 32>(self.w.q.val().sum) << 1) | bit_cast::<34, 1>(self.w.q.val().around);
        self.addend.next = (bit_cast::<34, 32>(self.w.q.val().term) << 1) | 1;
        if self.w.q.val().first {
            self.augend.next = 0.into();
        }
        self.total.next = self.augend.val() + self.addend.val();
        if self.w.q.val().adds {
            self.w.d.next.sum = self.total.val().get_bits::<32>(1);
            self.w.d.next.around = self.total.val().get_bits::<1>(33);
        }

        self.now.next = self.w.q.val().sum;
        self.added.next = bit_cast::<17, 16>(self.now.val().get_bits::<16>(16))
            + bit_cast::<17, 16>(self.now.val().get_bits::<16>(0))
            + bit_cast::<17, 1>(self.w.q.val().around);
        self.w.d.next.halves = self.added.val();
        self.halves.next = self.w.q.val().halves;
        self.folded.next = self.halves.val().get_bits::<16>(0) + bit_cast::<16, 1>(self.halves.val().get_bits::<1>(16));
        self.w.d.next.folded = self.folded.val();
        self.inverse.next = !self.w.q.val().folded;
        self.checksum.next = self.inverse.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};

    /// Headers of five words in any order, the first word last, many of them with words in which a carry runs all the way.
    #[test]
    fn checksums_are_those_of_rfc_1071() {
        let mut random = StdRng::seed_from_u64(1);
        let mut bench = Bench::new("header_sum", HeaderSum::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        for n in 0..300 {
            let mut words: [u32; 5] = random.gen();
            for word in &mut words[..4] {
                let any = *word;
                *word = [any, u32::MAX, 0, any | 0xffff, any | 0xffff_0000][random.gen_range(0..5)];
            }
            words[4] = words[4] & 0x00ff_ffff | 0x4500_0000;
            for (i, word) in words.iter().enumerate() {
                bench.dut.add.next = true;
                bench.dut.first.next = i == 0;
                bench.dut.term.next = (*word as u64).into();
                bench.cycle();
            }
            bench.dut.add.next = false;
            for _ in 0..3 {
                bench.cycle();
            }
            let mut sum: u32 = words.iter().map(|word| (word >> 16) + (word & 0xffff)).sum();
            while sum > 0xffff {
                sum = (sum >> 16) + (sum & 0xffff);
            }
            bench.settle();
            assert_eq!(u64::from(bench.dut.checksum.val()), (!sum & 0xffff) as u64, "header {n}: {words:08x?}");
        }
        bench.finish();
    }
}
