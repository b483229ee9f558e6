use crate::cell::{row, Reg};
use crate::prelude::*;

/// The reflected polynomial of IEEE 802.3.
const POLYNOMIAL: u64 = 0xedb8_8320;

/// What bit `n` of the register adds to it as the last four are shifted out.
const fn shifted_out(n: u32) -> u64 {
    let mut state = 1 << n;
    let mut step = 0;
    while step < 4 {
        state = if state & 1 == 1 { state >> 1 ^ POLYNOMIAL } else { state >> 1 };
        step += 1;
    }
    state
}

/// CRC-32 (IEEE 802.3, reflected) over words, first byte most significant, four bits per clock.
///
/// `feed` takes `word` while not `busy` (not checked); 9 clocks later `value` is the CRC of all words since `clear`, complement included, as the
/// record holds it. `clear` wins over everything.
#[derive(LogicBlock, Ports)]
pub struct Crc {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub clear: Signal<In, Bit>,
    pub feed: Signal<In, Bit>,
    pub word: Signal<In, Bits<32>>,
    pub busy: Signal<Out, Bit>,
    pub value: Signal<Out, Bits<32>>,
    state: Reg<Bits<32>>,
    steps: Reg<Bits<4>>,
    swapped: Signal<Local, Bits<32>>,
    digit: Signal<Local, Bits<4>>,
    added: [Signal<Local, Bits<32>>; 4],
    working: Signal<Local, Bit>,
    next_steps: Signal<Local, Bits<4>>,
    bits: [Constant<Bits<32>>; 4],
}

impl Default for Crc {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            clear: Default::default(),
            feed: Default::default(),
            word: Default::default(),
            busy: Default::default(),
            value: Default::default(),
            state: Reg::new(0xffff_ffffu64.into()),
            steps: Default::default(),
            swapped: Default::default(),
            digit: Default::default(),
            added: row(),
            working: Default::default(),
            next_steps: Default::default(),
            bits: std::array::from_fn(|n| Constant::new(shifted_out(n as u32).into())),
        }
    }
}

impl Logic for Crc {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, steps);
        self.state.reset.next = self.reset.val() | self.clear.val();
        self.steps.reset.next = self.reset.val() | self.clear.val();

        // The first byte of the record goes through the register first, its lowest bit ahead.
        self.swapped.next = (bit_cast::<32, 8>(self.word.val().get_bits::<8>(0)) << 24)
            | (bit_cast::<32, 8>(self.word.val().get_bits::<8>(8)) << 16)
            | (bit_cast::<32, 8>(self.word.val().get_bits::<8>(16)) << 8)
            | bit_cast::<32, 8>(self.word.val().get_bits::<8>(24));
        self.digit.next = self.state.q.val().get_bits::<4>(0);
        for i in 0..4 {
            self.added[i].next = 0.into();
        }
        if self.digit.val().get_bit(0) {
            self.added[0].next = self.bits[0].val();
        }
        if self.digit.val().get_bit(1) {
            self.added[1].next = self.bits[1].val();
        }
        if self.digit.val().get_bit(2) {
            self.added[2].next = self.bits[2].val();
        }
        if self.digit.val().get_bit(3) {
            self.added[3].next = self.bits[3].val();
        }
        self.working.next = self.steps.q.val().get_bit(3);
        self.next_steps.next = self.steps.q.val() + 1;
        if self.working.val() {
            self.state.d.next =
                (self.state.q.val() >> 4) ^ self.added[0].val() ^ self.added[1].val() ^ self.added[2].val() ^ self.added[3].val();
            self.steps.d.next = self.next_steps.val();
        }
        if self.feed.val() {
            self.state.d.next = self.state.q.val() ^ self.swapped.val();
            self.steps.d.next = 8.into();
        }
        self.busy.next = self.working.val();
        self.value.next = !self.state.q.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;

    #[test]
    fn sums_words_as_bytes_in_order() {
        let mut bench = Bench::new("crc", Crc::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        for words in [vec![], vec![0u32], vec![0x31323334, 0x35363738], vec![0xffff_ffff; 3], vec![0x8000_0001, 0xdead_beef, 0, 1, 2]] {
            bench.dut.clear.next = true;
            bench.cycle();
            bench.dut.clear.next = false;
            for &word in &words {
                bench.dut.feed.next = true;
                bench.dut.word.next = (word as u64).into();
                bench.cycle();
                bench.dut.feed.next = false;
                bench.dut.word.next = 0x5555_5555u64.into();
                for n in 0..8 {
                    assert!(bench.dut.busy.val(), "idle after {n} clocks");
                    bench.cycle();
                }
                assert!(!bench.dut.busy.val());
            }
            let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_be_bytes()).collect();
            assert_eq!(bench.dut.value.val(), crc32fast::hash(&bytes) as u64);
        }
        bench.finish();
    }
}
