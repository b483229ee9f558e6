//! The anti-replay memory (RFC 4303 section 3.4.3): which sequence numbers near the highest one of an SA were accepted.
//!
//! Per SA a ring of 32 blocks of 64 bits. A number's bits 5:0 name the bit, 10:6 the place in the ring, and the rest is the tag
//! that the block carries: a block whose tag is not the number's belongs to the past and counts as empty. So the window moves
//! without clearing anything; the ring holds 2048 numbers, twice the largest window (the idea of RFC 6479). A bit is 1 while its number has
//! not been seen, so that a register of the block in reset means: all seen.
use crate::cell::{Ram, Reg};
use rust_hdl::prelude::*;

/// Checks a number against the window of an SA and records it, or makes the memory of an SA new.
///
/// Contract: `start` for one cycle while not `busy`; inputs are taken in that cycle. `done` for one cycle: 5 cycles later for a check,
/// 34 for `clear`; the next start may come with `done`. `fresh` and `new_top` hold from `done` to the next start.
///
/// * A check is fresh unless `number` is zero, `number + size <= top`, or it was seen. A fresh one is recorded. `size` = 0 (no anti-replay)
///   makes every number fresh and records none. `new_top` is the larger of `top` and `number` where fresh, else `top`.
/// * `clear` forgets what was recorded and makes every number up to `number` count as seen: it is what the SA is installed with. `fresh` is false
///   and `new_top` is `top`, for which the same number should be given. An SA is cleared before its first check: the memory begins undefined.
#[derive(LogicBlock, Default)]
pub struct Window {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub start: Signal<In, Bit>,
    pub clear: Signal<In, Bit>,
    /// Which of the 32 SAs.
    pub index: Signal<In, Bits<5>>,
    pub number_high: Signal<In, Bits<32>>,
    pub number_low: Signal<In, Bits<32>>,
    /// T, the highest number accepted so far; 0: none yet.
    pub top_high: Signal<In, Bits<32>>,
    pub top_low: Signal<In, Bits<32>>,
    /// W in packets, 0 to 1024.
    pub size: Signal<In, Bits<16>>,
    pub busy: Signal<Out, Bit>,
    pub done: Signal<Out, Bit>,
    pub fresh: Signal<Out, Bit>,
    pub new_top_high: Signal<Out, Bits<32>>,
    pub new_top_low: Signal<Out, Bits<32>>,
    s: Reg<WindowState>,
    high: Reg<Bits<32>>,
    low: Reg<Bits<32>>,
    peak_high: Reg<Bits<32>>,
    peak_low: Reg<Bits<32>>,
    /// top − number, half by half.
    gap_high: Reg<Bits<32>>,
    gap_low: Reg<Bits<32>>,
    /// Bits 63:32, bits 31:0, the number's high half, and its bits 31:11 with the valid mark in bit 0.
    memory: [Ram<Bits<32>, 10>; 4],
    /// The block read, in reset while an SA is cleared, and its tag.
    block: [Reg<Bits<32>>; 2],
    label: [Reg<Bits<32>>; 2],
    place: Signal<Local, Bits<5>>,
    upper: Signal<Local, Bit>,
    group: Signal<Local, Bits<2>>,
    spot: Signal<Local, Bits<3>>,
    above: Signal<Local, Bits<8>>,
    spot_byte: Signal<Local, Bits<8>>,
    bytes: [Signal<Local, Bits<8>>; 4],
    tag: Signal<Local, Bits<32>>,
    hit: Signal<Local, Bits<32>>,
    kept: [Signal<Local, Bits<32>>; 2],
    others: Signal<Local, Bits<32>>,
    same: Signal<Local, Bit>,
    first_block: Signal<Local, Bit>,
    high_zero: Signal<Local, Bit>,
    borrow: Signal<Local, Bit>,
    less: Signal<Local, Bit>,
    alike: Signal<Local, Bit>,
    accept: Signal<Local, Bit>,
    write: Signal<Local, Bit>,
}

#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum WindowStep {
    Idle,
    Compare,
    Order,
    Decide,
    Finish,
    Sweep,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct WindowState {
    step: WindowStep,
    done: Bit,
    fresh: Bit,
    clear: Bit,
    index: Bits<5>,
    size: Bits<11>,
    /// Blocks swept.
    count: Bits<5>,
    /// The number is zero; in a sweep: it has passed below zero.
    zero: Bit,
    /// number > top.
    ahead: Bit,
    /// top − number < size.
    near: Bit,
    /// Which halves of the block stay as they are: both where it carries the number's tag.
    keep_high: Bit,
    keep_low: Bit,
    seen: Bit,
    /// The number's bit within its half of the block; when clearing: this one and all below.
    one: Bits<32>,
}

impl Logic for Window {
    // A kernel's match has no guards.
    #[allow(clippy::collapsible_match)]
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, high, low, peak_high, peak_low, gap_high, gap_low);
        self.s.reset.next = self.reset.val();
        self.high.reset.next = self.reset.val();
        self.low.reset.next = self.reset.val();
        self.peak_high.reset.next = self.reset.val();
        self.peak_low.reset.next = self.reset.val();
        self.gap_high.reset.next = self.reset.val();
        self.gap_low.reset.next = self.reset.val();
        self.busy.next = self.s.q.val().step != WindowStep::Idle;
        self.done.next = self.s.q.val().done;
        self.fresh.next = self.s.q.val().fresh;
        self.new_top_high.next = self.peak_high.q.val();
        self.new_top_low.next = self.peak_low.q.val();

        // The number's place, bit and tag.
        self.place.next = self.low.q.val().get_bits::<5>(6);
        self.upper.next = self.low.q.val().get_bit(5);
        self.group.next = self.low.q.val().get_bits::<2>(3);
        self.spot.next = self.low.q.val().get_bits::<3>(0);
        self.above.next = bits::<8>(254) << self.spot.val();
        self.spot_byte.next = bits::<8>(1) << self.spot.val();
        if self.s.q.val().clear {
            self.spot_byte.next = !self.above.val();
        }
        for i in 0..4 {
            self.bytes[i].next = 0.into();
        }
        if self.group.val() == 0 {
            self.bytes[0].next = self.spot_byte.val();
        } else if self.s.q.val().clear & (self.group.val() > 0) {
            self.bytes[0].next = 255.into();
        }
        if self.group.val() == 1 {
            self.bytes[1].next = self.spot_byte.val();
        } else if self.s.q.val().clear & (self.group.val() > 1) {
            self.bytes[1].next = 255.into();
        }
        if self.group.val() == 2 {
            self.bytes[2].next = self.spot_byte.val();
        } else if self.s.q.val().clear & (self.group.val() > 2) {
            self.bytes[2].next = 255.into();
        }
        if self.group.val() == 3 {
            self.bytes[3].next = self.spot_byte.val();
        }
        self.tag.next = self.low.q.val() & 0xffff_f800u64;
        if !(self.s.q.val().clear & self.s.q.val().zero) {
            self.tag.next = (self.low.q.val() & 0xffff_f800u64) | 1;
        }
        self.same.next = (self.label[0].q.val() == self.high.q.val()) & (self.label[1].q.val() == self.tag.val());
        self.first_block.next = !self.low.q.val().get_bits::<26>(6).any();
        self.high_zero.next = !self.high.q.val().any();

        // The block that is written: what is kept of the one read, without the number's bit.
        self.others.next = !self.s.q.val().one;
        self.kept[0].next = 0xffff_ffffu64.into();
        self.kept[1].next = 0xffff_ffffu64.into();
        if self.s.q.val().keep_high {
            self.kept[0].next = self.block[0].q.val();
        }
        if self.s.q.val().keep_low {
            self.kept[1].next = self.block[1].q.val();
        }
        self.memory[0].write_data.next = self.kept[0].val();
        self.memory[1].write_data.next = self.kept[1].val();
        self.memory[2].write_data.next = self.high.q.val();
        self.memory[3].write_data.next = self.tag.val();
        if self.upper.val() {
            self.hit.next = self.block[0].q.val() & self.s.q.val().one;
            self.memory[0].write_data.next = self.kept[0].val() & self.others.val();
        } else {
            self.hit.next = self.block[1].q.val() & self.s.q.val().one;
            self.memory[1].write_data.next = self.kept[1].val() & self.others.val();
        }

        // Borrows of the two differences, from their top bits, which is smaller than comparing again.
        self.borrow.next = (self.low.q.val().get_bit(31) & !self.peak_low.q.val().get_bit(31))
            | (self.gap_low.q.val().get_bit(31) & (self.low.q.val().get_bit(31) | !self.peak_low.q.val().get_bit(31)));
        self.less.next = (self.high.q.val().get_bit(31) & !self.peak_high.q.val().get_bit(31))
            | (self.gap_high.q.val().get_bit(31) & (self.high.q.val().get_bit(31) | !self.peak_high.q.val().get_bit(31)));
        self.alike.next = !self.gap_high.q.val().get_bits::<31>(1).any();
        self.accept.next = (self.s.q.val().size == 0)
            | (!self.s.q.val().zero & (self.s.q.val().ahead | self.s.q.val().near) & !(self.s.q.val().keep_high & self.s.q.val().seen));
        self.write.next = false;

        self.s.d.next.done = false;
        match self.s.q.val().step {
            WindowStep::Idle => {
                if self.start.val() {
                    self.s.d.next.step = WindowStep::Compare;
                    self.s.d.next.fresh = false;
                    self.s.d.next.clear = self.clear.val();
                    self.s.d.next.index = self.index.val();
                    self.s.d.next.size = self.size.val().get_bits::<11>(0);
                    self.peak_high.d.next = self.top_high.val();
                    self.peak_low.d.next = self.top_low.val();
                    self.high.d.next = self.number_high.val();
                    self.low.d.next = self.number_low.val();
                }
            }
            // The block is read while the numbers are compared.
            WindowStep::Compare => {
                self.s.d.next.step = WindowStep::Order;
                self.gap_low.d.next = self.peak_low.q.val() - self.low.q.val();
                self.gap_high.d.next = self.peak_high.q.val() - self.high.q.val();
                self.s.d.next.one = (bit_cast::<32, 8>(self.bytes[3].val()) << 24)
                    | (bit_cast::<32, 8>(self.bytes[2].val()) << 16)
                    | (bit_cast::<32, 8>(self.bytes[1].val()) << 8)
                    | bit_cast::<32, 8>(self.bytes[0].val());
                self.s.d.next.zero = !self.low.q.val().any() & self.high_zero.val();
                if self.s.q.val().clear {
                    self.s.d.next.step = WindowStep::Sweep;
                    self.s.d.next.zero = false;
                    self.s.d.next.count = 0.into();
                    self.s.d.next.keep_high = false;
                    self.s.d.next.keep_low = self.upper.val();
                }
            }
            WindowStep::Order => {
                self.s.d.next.step = WindowStep::Decide;
                self.s.d.next.ahead = self.less.val() | (self.borrow.val() & self.alike.val() & !self.gap_high.q.val().get_bit(0));
                // The high halves differ by the borrow alone, so that the low difference is the whole one.
                self.s.d.next.near = self.alike.val()
                    & (self.gap_high.q.val().get_bit(0) == self.borrow.val())
                    & !self.gap_low.q.val().get_bits::<21>(11).any()
                    & (self.gap_low.q.val().get_bits::<11>(0) < self.s.q.val().size);
            }
            WindowStep::Decide => {
                self.s.d.next.step = WindowStep::Finish;
                self.s.d.next.keep_high = self.same.val();
                self.s.d.next.keep_low = self.same.val();
                self.s.d.next.seen = !self.hit.val().any();
            }
            WindowStep::Finish => {
                self.s.d.next.step = WindowStep::Idle;
                self.s.d.next.done = true;
                if self.accept.val() {
                    self.s.d.next.fresh = true;
                    self.write.next = self.s.q.val().size != 0;
                    if self.s.q.val().ahead {
                        self.peak_high.d.next = self.high.q.val();
                        self.peak_low.d.next = self.low.q.val();
                    }
                }
            }
            // From the number's block downwards, once around the ring; blocks below zero are made invalid.
            WindowStep::Sweep => {
                self.write.next = true;
                self.s.d.next.keep_high = true;
                self.s.d.next.keep_low = true;
                self.low.d.next = self.low.q.val() - 64;
                if self.first_block.val() {
                    self.high.d.next = self.high.q.val() - 1;
                    self.s.d.next.zero = self.s.q.val().zero | self.high_zero.val();
                }
                self.s.d.next.count = self.s.q.val().count + 1;
                if self.s.q.val().count == 31 {
                    self.s.d.next.step = WindowStep::Idle;
                    self.s.d.next.done = true;
                }
            }
            _ => {}
        }
        for i in 0..4 {
            self.memory[i].clock.next = self.clock.val();
            self.memory[i].write.next = self.write.val();
            self.memory[i].write_address.next = (bit_cast::<10, 5>(self.s.q.val().index) << 5) | bit_cast::<10, 5>(self.place.val());
            self.memory[i].read_address.next = (bit_cast::<10, 5>(self.s.q.val().index) << 5) | bit_cast::<10, 5>(self.place.val());
        }
        for i in 0..2 {
            self.block[i].clock.next = self.clock.val();
            self.block[i].reset.next = self.reset.val() | self.s.q.val().clear;
            self.block[i].d.next = self.memory[i].read_data.val();
            self.label[i].clock.next = self.clock.val();
            self.label[i].reset.next = self.reset.val();
        }
        self.label[0].d.next = self.memory[2].read_data.val();
        self.label[1].d.next = self.memory[3].read_data.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use std::collections::HashSet;

    /// SplitMix64.
    fn random(mut state: u64) -> impl FnMut() -> u64 {
        println!("seed {state:#x}");
        move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }
    }

    /// An SA as the contract has it: everything accepted is remembered for ever.
    #[derive(Default, Clone)]
    struct Sa {
        installed: u64,
        top: u64,
        size: u16,
        seen: HashSet<u64>,
    }

    impl Sa {
        fn new(top: u64, size: u16) -> Self {
            Self { installed: top, top, size, seen: HashSet::new() }
        }
        fn check(&mut self, number: u64) -> bool {
            let fresh = self.size == 0
                || !(number == 0
                    || number as u128 + self.size as u128 <= self.top as u128
                    || number <= self.installed
                    || self.seen.contains(&number));
            if fresh {
                self.seen.insert(number);
                self.top = self.top.max(number);
            }
            fresh
        }
    }

    struct Rig {
        bench: Bench<Window>,
        sas: Vec<Sa>,
    }

    impl Rig {
        fn new(name: &str) -> Self {
            let mut bench = Bench::new(name, Window::default(), |d| &mut d.clock);
            bench.dut.reset.next = true;
            bench.cycle();
            bench.dut.reset.next = false;
            Self { bench, sas: vec![Sa::default(); 32] }
        }
        fn ask(&mut self, index: usize, number: u64, clear: bool) -> (bool, u64) {
            let top = self.sas[index].top;
            let dut = &mut self.bench.dut;
            dut.start.next = true;
            dut.clear.next = clear;
            dut.index.next = (index as u64).into();
            dut.size.next = (self.sas[index].size as u64).into();
            for (half, shift) in [(&mut dut.number_high, 32), (&mut dut.number_low, 0)] {
                half.next = (number >> shift & 0xffff_ffff).into();
            }
            for (half, shift) in [(&mut dut.top_high, 32), (&mut dut.top_low, 0)] {
                half.next = (top >> shift & 0xffff_ffff).into();
            }
            assert!(!dut.busy.val());
            self.bench.cycle();
            // The inputs were taken.
            let dut = &mut self.bench.dut;
            dut.start.next = false;
            dut.number_low.next = 0x5555_5555.into();
            dut.top_low.next = 0xaaaa_aaaa.into();
            dut.index.next = (31 - index as u64).into();
            let mut cycles = 1;
            while !self.bench.dut.done.val() {
                assert!(self.bench.dut.busy.val());
                self.bench.cycle();
                cycles += 1;
            }
            assert_eq!(cycles, if clear { 34 } else { 5 });
            let dut = &self.bench.dut;
            (dut.fresh.val(), dut.new_top_high.val().to_u64() << 32 | dut.new_top_low.val().to_u64())
        }
        fn install(&mut self, index: usize, top: u64, size: u16) {
            self.sas[index] = Sa::new(top, size);
            assert_eq!(self.ask(index, top, true), (false, top));
        }
        fn check(&mut self, index: usize, number: u64) -> bool {
            let (fresh, top) = self.ask(index, number, false);
            let sa = &mut self.sas[index];
            let before = sa.top;
            let expected = sa.check(number);
            assert_eq!((fresh, top), (expected, sa.top), "SA {index} size {} top {before:#x} number {number:#x}", sa.size);
            fresh
        }
    }

    /// A number worth asking: mostly near the top or near the bottom of the window, now and then a jump.
    fn pick(sa: &Sa, next: &mut impl FnMut() -> u64) -> u64 {
        let (kind, step) = (next() % 16, next());
        match kind {
            0..=4 => sa.top.saturating_add(step % 4),
            5..=8 => sa.top.saturating_sub(step % 40),
            9..=11 => sa.top.saturating_sub(sa.size as u64).saturating_add(step % 5).saturating_sub(2),
            12 => sa.top.saturating_sub(step % 2200),
            13 => sa.top.saturating_add(step % 200),
            14 => sa.top.saturating_add(step % 5000),
            _ => match step % 8 {
                0 => step >> 32,
                1 => sa.top ^ (1 << (step >> 58)),
                2 => sa.top.saturating_add(2048 * (step >> 60)),
                3 => 0,
                _ => sa.top,
            },
        }
    }

    #[test]
    fn walks_agree_with_the_set_of_all_numbers() {
        let mut rig = Rig::new("window_walk");
        let mut next = random(0x71d0);
        let tops = [0, 1, 63, 64, 2047, 2048, 0xffff_fff0, 0xffff_ffff, 0x1_0000_0000, (1 << 42) - 5, (1 << 63) - 9, u64::MAX - 3000];
        let sizes = [1u16, 2, 31, 32, 33, 63, 64, 65, 127, 500, 1000, 1023, 1024];
        let mut counts = [0; 2];
        for round in 0..60 {
            // Five SAs at a time, side by side in the memory and far apart, interleaved.
            let indexes = [0, 1, 15, 16, 31];
            for index in indexes {
                let near = tops[next() as usize % tops.len()].wrapping_add(next() % 3);
                let size = if round % 2 == 0 { sizes[next() as usize % sizes.len()] } else { next() as u16 % 1025 };
                rig.install(index, near, size);
            }
            for _ in 0..120 {
                let index = indexes[next() as usize % indexes.len()];
                let number = pick(&rig.sas[index], &mut next);
                counts[rig.check(index, number) as usize] += 1;
            }
        }
        assert!(counts.iter().all(|c| *c > 1000), "{counts:?}");
        rig.bench.finish();
    }

    #[test]
    fn every_number_of_the_window_is_fresh_once() {
        let mut rig = Rig::new("window_once");
        for (index, size, top) in [(3, 1024u16, 5000u64), (4, 1000, 0xffff_ff00), (5, 64, 0x7fff_ffff_ffff_ff80)] {
            rig.install(index, top, size);
            assert!(!rig.check(index, top));
            let new = top + 3 * size as u64 / 2;
            assert!(rig.check(index, new));
            // Downwards to the bottom and beyond, then again.
            for back in 1..size as u64 + 3 {
                assert_eq!(rig.check(index, new - back), back < size as u64);
            }
            for back in (0..size as u64 + 3).step_by(7) {
                assert!(!rig.check(index, new - back));
            }
        }
        rig.bench.finish();
    }

    #[test]
    fn numbers_up_to_the_installed_top_count_as_seen() {
        let mut rig = Rig::new("window_install");
        for top in [0u64, 1, 62, 63, 64, 100, 2046, 2047, 2048, 4096, 0xffff_ffff, 0x1_0000_0000, 0x1_0000_07ff, 1 << 62] {
            // What an earlier SA of this index recorded, at the same numbers, is gone.
            rig.install(9, top.saturating_sub(1), 1024);
            rig.check(9, top + 5);
            rig.install(9, top, 1024);
            for back in [0, 1, 31, 32, 63, 64, 65, 1000, 1023, 1024] {
                assert!(!rig.check(9, top.saturating_sub(back)));
            }
            assert!(rig.check(9, top + 5));
            for ahead in 1..5 {
                assert!(rig.check(9, top + ahead));
            }
            assert!(!rig.check(9, top + 5));
        }
        rig.bench.finish();
    }

    #[test]
    fn without_anti_replay_everything_is_fresh_and_nothing_recorded() {
        let mut rig = Rig::new("window_off");
        rig.install(7, 10, 0);
        for number in [0, 12, 12, 3, 0, u64::MAX, 5] {
            assert!(rig.check(7, number));
        }
        rig.install(7, 10, 0);
        assert!(rig.check(7, 30));
        rig.sas[7] = Sa::new(10, 64);
        assert!(rig.check(7, 30));
        rig.bench.finish();
    }
}
