use crate::cell::{Ram, Reg};
use crate::prelude::*;
use crate::MOST_SAS;
use holdfast_registers::counter;

/// Whose turn it is; a source that has nothing costs one cycle. `Pause` is one between a fragment and the host, which may ask for the same counter.
#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum TallyTurn {
    InFrames,
    InBytes,
    OutFrames,
    OutBytes,
    Drop,
    SaPackets,
    SaBytes,
    Drop2,
    Fragment,
    Pause,
    Host,
}

/// A counter's way: chosen (`address`, `amount`, `host`), both halves read, the low half added (`low_*`), the high half added (`high_*`).
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct TallyState {
    pub cleared: Bit,
    pub turn: TallyTurn,
    /// The counter was chosen in the cycle before: its low half is read, and no other is chosen.
    pub read: Bit,
    /// Its high half is read, and the next one chosen.
    pub active: Bit,
    /// The counter, and its group of SAs above it.
    pub address: Bits<12>,
    pub amount: Bits<16>,
    pub host: Bit,
    pub low_active: Bit,
    pub low_host: Bit,
    pub low_address: Bits<12>,
    pub low_amount: Bits<16>,
    pub low: Bits<32>,
    pub high_active: Bit,
    pub high_host: Bit,
    pub high_address: Bits<12>,
    pub carry: Bit,
    pub high: Bits<32>,
    pub latched: Bits<32>,
}

/// The counters of one direction (`registers::counter`), 64 bits each, in one memory of 32-bit halves: 64 of the direction, and two of each SA.
///
/// A source holds `valid` and its operands until `ready`, which is high for the one cycle in which the last of its counters is taken. Sources take turns, an addition every other
/// cycle: a packet that was received, sealed or opened, and delivered (six additions) takes 16 cycles, and a source that waits is served within 24 cycles whatever the others do.
/// Low and high half are added one cycle apart, so that they share the memory's ports and neither carry chain shares a cycle with the other. A counter is written three cycles
/// after it was chosen, so the next but one may be the same one; the order of the turns sees to it that the next never is.
///
/// `read` (held, with `read_address`: counter × 2, + 1 for the high half, and `read_group`: of which 32 SAs) is answered by `read_data` with `read_ack`, one cycle, within 30 cycles; the low half
/// latches the high half. For the 257 cycles after reset (`busy`), and 256 more for each further group of SAs, counters are cleared and nothing is answered.
#[derive(LogicBlock, Ports)]
pub struct Tally {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_bytes: Signal<In, Bits<16>>,
    pub in_ready: Signal<Out, Bit>,
    pub out_valid: Signal<In, Bit>,
    pub out_bytes: Signal<In, Bits<16>>,
    pub out_ready: Signal<Out, Bit>,
    pub drop_valid: Signal<In, Bit>,
    pub drop_reason: Signal<In, Bits<5>>,
    pub drop_ready: Signal<Out, Bit>,
    pub drop2_valid: Signal<In, Bit>,
    pub drop2_reason: Signal<In, Bits<5>>,
    pub drop2_ready: Signal<Out, Bit>,
    pub sa_valid: Signal<In, Bit>,
    pub sa_index: Signal<In, SaIndex>,
    pub sa_bytes: Signal<In, Bits<16>>,
    pub sa_ready: Signal<Out, Bit>,
    pub fragment_valid: Signal<In, Bit>,
    pub fragment_ready: Signal<Out, Bit>,
    pub read: Signal<In, Bit>,
    pub read_group: Signal<In, Bits<5>>,
    pub read_address: Signal<In, Bits<8>>,
    pub read_ack: Signal<Out, Bit>,
    pub read_data: Signal<Out, Bits<32>>,
    pub busy: Signal<Out, Bit>,
    s: Reg<TallyState>,
    /// Counter × 2, + 1 for the high half; for each further group of SAs another 256, of which the lower half stays empty.
    halves: Ram<Bits<32>, 13>,
    last: Constant<Bits<12>>,
    group: Signal<Local, Bits<12>>,
    asked: Signal<Local, Bits<12>>,
    low: Signal<Local, Bits<32>>,
    sum: Signal<Local, Bits<32>>,
    high_sum: Signal<Local, Bits<32>>,
    taken: Signal<Local, Bit>,
    at_dropped: Constant<Bits<12>>,
    at_frames_in: Constant<Bits<12>>,
    at_bytes_in: Constant<Bits<12>>,
    at_frames_out: Constant<Bits<12>>,
    at_bytes_out: Constant<Bits<12>>,
    at_fragments: Constant<Bits<12>>,
    at_sa_packets: Constant<Bits<12>>,
    at_sa_bytes: Constant<Bits<12>>,
}

impl Tally {
    /// For so many SAs, a power of two: their counters are in groups of 32.
    pub fn new(sas: usize) -> Self {
        assert!(sas.is_power_of_two() && sas <= MOST_SAS, "{sas} SAs: powers of two up to {MOST_SAS} are possible");
        let last = 128 * sas.div_ceil(counter::GROUP) - 1;
        let place = |n: usize| Constant::new((n as u64).into());
        Self {
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_bytes: Default::default(),
            in_ready: Default::default(),
            out_valid: Default::default(),
            out_bytes: Default::default(),
            out_ready: Default::default(),
            drop_valid: Default::default(),
            drop_reason: Default::default(),
            drop_ready: Default::default(),
            drop2_valid: Default::default(),
            drop2_reason: Default::default(),
            drop2_ready: Default::default(),
            sa_valid: Default::default(),
            sa_index: Default::default(),
            sa_bytes: Default::default(),
            sa_ready: Default::default(),
            fragment_valid: Default::default(),
            fragment_ready: Default::default(),
            read: Default::default(),
            read_group: Default::default(),
            read_address: Default::default(),
            read_ack: Default::default(),
            read_data: Default::default(),
            busy: Default::default(),
            s: Default::default(),
            halves: Ram::of(2 * last + 1),
            last: place(last),
            group: Default::default(),
            asked: Default::default(),
            low: Default::default(),
            sum: Default::default(),
            high_sum: Default::default(),
            taken: Default::default(),
            at_dropped: place(counter::DROPPED),
            at_frames_in: place(counter::FRAMES_IN),
            at_bytes_in: place(counter::BYTES_IN),
            at_frames_out: place(counter::FRAMES_OUT),
            at_bytes_out: place(counter::BYTES_OUT),
            at_fragments: place(counter::FRAGMENTS_TO_HOST),
            at_sa_packets: place(counter::SA_PACKETS),
            at_sa_bytes: place(counter::SA_BYTES),
        }
    }
}

impl Default for Tally {
    /// For the SAs of one group.
    fn default() -> Self {
        Self::new(counter::GROUP)
    }
}

impl Logic for Tally {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s);
        clock!(self, clock, halves);
        self.s.reset.next = self.reset.val();
        self.in_ready.next = false;
        self.out_ready.next = false;
        self.drop_ready.next = false;
        self.drop2_ready.next = false;
        self.sa_ready.next = false;
        self.fragment_ready.next = false;
        self.read_ack.next = false;
        self.taken.next = false;
        self.read_data.next = self.s.q.val().low;
        if self.read_address.val().get_bit(0) {
            self.read_data.next = self.s.q.val().latched;
        }
        self.busy.next = !self.s.q.val().cleared;
        self.group.next = bit_cast::<12, 5>(self.sa_index.val().get_bits::<5>(5)) << 7;
        self.asked.next = bit_cast::<12, 7>(self.read_address.val().get_bits::<7>(1));
        if self.read_address.val().get_bit(7) {
            self.asked.next = bit_cast::<12, 7>(self.read_address.val().get_bits::<7>(1)) | (bit_cast::<12, 5>(self.read_group.val()) << 7);
        }

        // Both halves are read one after the other, while the two of the counter before are written. Reads and writes of one half of one counter never meet.
        self.halves.read_address.next = (bit_cast::<13, 12>(self.s.q.val().address) << 1) | 1;
        if self.s.q.val().read {
            self.halves.read_address.next = bit_cast::<13, 12>(self.s.q.val().address) << 1;
        }
        self.low.next = self.s.q.val().low;
        self.sum.next = self.low.val() + bit_cast::<32, 16>(self.s.q.val().low_amount);
        self.high_sum.next = self.s.q.val().high;
        if self.s.q.val().carry {
            self.high_sum.next = self.s.q.val().high + 1;
        }
        self.halves.write.next = self.s.q.val().low_active | self.s.q.val().high_active;
        self.halves.write_address.next = bit_cast::<13, 12>(self.s.q.val().low_address) << 1;
        self.halves.write_data.next = self.sum.val();
        if self.s.q.val().high_active {
            self.halves.write_address.next = (bit_cast::<13, 12>(self.s.q.val().high_address) << 1) | 1;
            self.halves.write_data.next = self.high_sum.val();
        }

        self.s.d.next.low_active = self.s.q.val().active & !self.s.q.val().host;
        self.s.d.next.low_host = self.s.q.val().active & self.s.q.val().host;
        if self.s.q.val().active {
            self.s.d.next.low = self.halves.read_data.val();
            self.s.d.next.low_address = self.s.q.val().address;
            self.s.d.next.low_amount = self.s.q.val().amount;
        }
        self.s.d.next.high_active = self.s.q.val().low_active;
        self.s.d.next.high_host = self.s.q.val().low_host;
        self.s.d.next.high_address = self.s.q.val().low_address;
        self.s.d.next.high = self.halves.read_data.val();
        self.s.d.next.carry = self.low.val().get_bit(31) & !self.sum.val().get_bit(31);
        if self.s.q.val().high_host {
            self.read_ack.next = true;
            self.s.d.next.latched = self.s.q.val().high;
        }

        self.s.d.next.read = false;
        self.s.d.next.active = self.s.q.val().read;
        if !self.s.q.val().cleared {
            // Zero is written: low halves and high halves in turn.
            self.halves.write_data.next = 0.into();
            self.s.d.next.low_active = !self.s.q.val().low_active;
            if self.s.q.val().high_active {
                self.s.d.next.low_address = self.s.q.val().low_address + 1;
                self.s.d.next.cleared = self.s.q.val().low_address == self.last.val();
                self.s.d.next.low_active = self.s.q.val().low_address != self.last.val();
            }
        } else if !self.s.q.val().read {
            self.s.d.next.host = false;
            self.s.d.next.amount = 1.into();
            match self.s.q.val().turn {
                TallyTurn::InFrames => {
                    self.s.d.next.turn = TallyTurn::OutFrames;
                    self.s.d.next.address = self.at_frames_in.val();
                    if self.in_valid.val() {
                        self.taken.next = true;
                        self.s.d.next.turn = TallyTurn::InBytes;
                    }
                }
                TallyTurn::InBytes => {
                    self.s.d.next.turn = TallyTurn::OutFrames;
                    self.s.d.next.address = self.at_bytes_in.val();
                    self.s.d.next.amount = self.in_bytes.val();
                    self.taken.next = true;
                    self.in_ready.next = true;
                }
                TallyTurn::OutFrames => {
                    self.s.d.next.turn = TallyTurn::Drop;
                    self.s.d.next.address = self.at_frames_out.val();
                    if self.out_valid.val() {
                        self.taken.next = true;
                        self.s.d.next.turn = TallyTurn::OutBytes;
                    }
                }
                TallyTurn::OutBytes => {
                    self.s.d.next.turn = TallyTurn::Drop;
                    self.s.d.next.address = self.at_bytes_out.val();
                    self.s.d.next.amount = self.out_bytes.val();
                    self.taken.next = true;
                    self.out_ready.next = true;
                }
                TallyTurn::Drop => {
                    self.s.d.next.turn = TallyTurn::SaPackets;
                    self.s.d.next.address = self.at_dropped.val() | bit_cast::<12, 5>(self.drop_reason.val());
                    self.taken.next = self.drop_valid.val();
                    self.drop_ready.next = self.drop_valid.val();
                }
                TallyTurn::SaPackets => {
                    self.s.d.next.turn = TallyTurn::Drop2;
                    self.s.d.next.address =
                        self.at_sa_packets.val() | self.group.val() | bit_cast::<12, 5>(self.sa_index.val().get_bits::<5>(0));
                    if self.sa_valid.val() {
                        self.taken.next = true;
                        self.s.d.next.turn = TallyTurn::SaBytes;
                    }
                }
                TallyTurn::SaBytes => {
                    self.s.d.next.turn = TallyTurn::Drop2;
                    self.s.d.next.address =
                        self.at_sa_bytes.val() | self.group.val() | bit_cast::<12, 5>(self.sa_index.val().get_bits::<5>(0));
                    self.s.d.next.amount = self.sa_bytes.val();
                    self.taken.next = true;
                    self.sa_ready.next = true;
                }
                TallyTurn::Drop2 => {
                    self.s.d.next.turn = TallyTurn::Fragment;
                    self.s.d.next.address = self.at_dropped.val() | bit_cast::<12, 5>(self.drop2_reason.val());
                    self.taken.next = self.drop2_valid.val();
                    self.drop2_ready.next = self.drop2_valid.val();
                }
                TallyTurn::Fragment => {
                    self.s.d.next.turn = TallyTurn::Host;
                    self.s.d.next.address = self.at_fragments.val();
                    if self.fragment_valid.val() {
                        self.s.d.next.turn = TallyTurn::Pause;
                    }
                    self.taken.next = self.fragment_valid.val();
                    self.fragment_ready.next = self.fragment_valid.val();
                }
                TallyTurn::Pause => {
                    self.s.d.next.turn = TallyTurn::Host;
                }
                TallyTurn::Host => {
                    self.s.d.next.turn = TallyTurn::InFrames;
                    self.s.d.next.address = self.asked.val();
                    self.taken.next = self.read.val() & !self.read_address.val().get_bit(0);
                    self.s.d.next.host = self.read.val() & !self.read_address.val().get_bit(0);
                    if self.read.val() & self.read_address.val().get_bit(0) {
                        self.read_ack.next = true;
                    }
                }
                _ => {}
            }
            self.s.d.next.read = self.taken.val();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use crate::sad::tests::Random;

    fn read(bench: &mut Bench<Tally>, counter: usize) -> u64 {
        let mut halves = [0u64; 2];
        for (half, value) in halves.iter_mut().enumerate() {
            bench.dut.read.next = true;
            bench.dut.read_address.next = ((2 * counter + half) as u64).into();
            bench.settle();
            let mut waited = 0;
            while !bench.dut.read_ack.val() {
                assert!(waited <= 30, "counter {counter} does not answer");
                waited += 1;
                bench.cycle();
            }
            *value = bench.dut.read_data.val().index() as u64;
            bench.cycle();
            bench.dut.read.next = false;
            bench.cycle();
        }
        halves[1] << 32 | halves[0]
    }

    #[test]
    fn every_source_adds_up_and_none_waits_long() {
        let mut bench = Bench::new("tally", Tally::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        bench.settle();
        let mut clearing = 0;
        while bench.dut.busy.val() {
            clearing += 1;
            bench.cycle();
        }
        assert_eq!(clearing, 257);
        let mut random = Random(0x7a11_1e57);
        let mut model = [0u64; 128];
        // Per source: waiting since, operand.
        let mut waiting: [Option<(u32, u32)>; 6] = [None; 6];
        let mut longest = 0;
        // The host reads all the time, most often what was just added to: the counter and what it was at least when it was asked for.
        let mut asked: Option<(usize, u64)> = None;
        for n in 0..4000u32 {
            if asked.is_none() && n < 3800 {
                let counter =
                    [counter::FRAGMENTS_TO_HOST, counter::FRAMES_IN, counter::BYTES_IN, counter::DROPPED + 1][random.next() as usize % 4];
                asked = Some((counter, model[counter]));
            }
            for slot in waiting.iter_mut() {
                // First everybody at once all the time, then now and then.
                if slot.is_none() && (n < 1500 || random.next() % 16 == 0) && n < 3800 {
                    *slot = Some((n, random.next()));
                }
            }
            let operand = waiting.map(|w| w.map_or(0, |w| w.1));
            let dut = &mut bench.dut;
            dut.in_valid.next = waiting[0].is_some();
            dut.in_bytes.next = (operand[0] as u64 & 0xffff).into();
            dut.out_valid.next = waiting[1].is_some();
            dut.out_bytes.next = (operand[1] as u64 & 0xffff).into();
            dut.drop_valid.next = waiting[2].is_some();
            dut.drop_reason.next = (operand[2] as u64 & 3).into();
            dut.drop2_valid.next = waiting[3].is_some();
            dut.drop2_reason.next = (operand[3] as u64 & 3).into();
            dut.sa_valid.next = waiting[4].is_some();
            dut.sa_index.next = (operand[4] as u64 & 31).into();
            dut.sa_bytes.next = (operand[4] as u64 >> 16).into();
            dut.fragment_valid.next = waiting[5].is_some();
            dut.read.next = asked.is_some();
            dut.read_address.next = (2 * asked.map_or(0, |(counter, _)| counter) as u64).into();
            bench.settle();
            let dut = &bench.dut;
            if dut.read_ack.val() {
                let (counter, least) = asked.take().expect("an answer to a question");
                let value = dut.read_data.val().index() as u64;
                // An addition may be on its way, and of a pair that is not yet taken the first may be done.
                let one = if counter == counter::BYTES_IN { 0xffff } else { 1 };
                assert!(
                    value + one >= least && value <= model[counter] + one,
                    "counter {counter}: {value}, {least} when asked for, now {}",
                    model[counter]
                );
            }
            let ready = [
                dut.in_ready.val(),
                dut.out_ready.val(),
                dut.drop_ready.val(),
                dut.drop2_ready.val(),
                dut.sa_ready.val(),
                dut.fragment_ready.val(),
            ];
            for (source, ready) in ready.into_iter().enumerate() {
                assert!(!ready || waiting[source].is_some(), "source {source} is served without having anything");
                if ready {
                    let (since, operand) = waiting[source].take().expect("a source that waits");
                    longest = longest.max(n - since);
                    let operand = operand as usize;
                    let pair = |model: &mut [u64; 128], first: usize, second: usize, bytes: usize| {
                        model[first] += 1;
                        model[second] += bytes as u64;
                    };
                    match source {
                        0 => pair(&mut model, counter::FRAMES_IN, counter::BYTES_IN, operand & 0xffff),
                        1 => pair(&mut model, counter::FRAMES_OUT, counter::BYTES_OUT, operand & 0xffff),
                        2 | 3 => model[counter::DROPPED + (operand & 3)] += 1,
                        4 => pair(&mut model, counter::SA_PACKETS + (operand & 31), counter::SA_BYTES + (operand & 31), operand >> 16),
                        _ => model[counter::FRAGMENTS_TO_HOST] += 1,
                    }
                }
            }
            bench.cycle();
        }
        assert!(waiting.iter().all(|w| w.is_none()));
        assert!(longest <= 24, "a source waited {longest} cycles");
        for (counter, expected) in model.iter().enumerate() {
            assert_eq!(read(&mut bench, counter), *expected, "counter {counter}");
        }
        bench.finish();
    }

    /// Each group of 32 SAs has counters of its own, and all see those of the direction.
    #[test]
    fn every_sa_of_a_large_table_is_counted() {
        let mut bench = Bench::new("tally_large", Tally::new(128), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        bench.settle();
        let mut clearing = 0;
        while bench.dut.busy.val() {
            clearing += 1;
            bench.cycle();
        }
        assert_eq!(clearing, 1025);
        let mut random = Random(0x6a11_1e57);
        let mut packets = [0u64; 128];
        for _ in 0..200 {
            let sa = random.next() as usize % 128;
            packets[sa] += 1;
            bench.dut.sa_valid.next = true;
            bench.dut.sa_index.next = (sa as u64).into();
            bench.dut.sa_bytes.next = (100 + sa as u64).into();
            bench.settle();
            while !bench.dut.sa_ready.val() {
                bench.cycle();
            }
            bench.cycle();
            bench.dut.sa_valid.next = false;
        }
        for (sa, packets) in packets.iter().enumerate() {
            bench.dut.read_group.next = (sa as u64 / 32).into();
            assert_eq!(read(&mut bench, counter::SA_PACKETS + sa % 32), *packets, "SA {sa}");
            assert_eq!(read(&mut bench, counter::SA_BYTES + sa % 32), *packets * (100 + sa as u64), "SA {sa}");
            assert_eq!(read(&mut bench, counter::FRAMES_IN), 0);
        }
        bench.finish();
    }

    /// Too many cycles for the cross-check, which has seen every other path: the block alone.
    #[test]
    fn the_carry_reaches_the_high_half_which_the_low_half_latches() {
        fn cycle(dut: &mut Tally) {
            for level in [true, false] {
                dut.clock.next = level.into();
                assert!(simulate(dut, 100));
            }
        }
        fn half(dut: &mut Tally, address: usize) -> u32 {
            dut.read.next = true;
            dut.read_address.next = (address as u64).into();
            assert!(simulate(dut, 100));
            while !dut.read_ack.val() {
                cycle(dut);
            }
            let data = dut.read_data.val().index() as u32;
            cycle(dut);
            dut.read.next = false;
            data
        }
        let mut dut = Tally::default();
        dut.connect_all();
        dut.reset.next = true;
        cycle(&mut dut);
        dut.reset.next = false;
        dut.in_bytes.next = 0xffffu64.into();
        dut.in_valid.next = true;
        let (mut total, mut before) = (0u64, 0);
        // 2^32 / 65,535 frames and a few more.
        while total < (1 << 32) + 0x2_0000 {
            cycle(&mut dut);
            total += 0xffff * dut.in_ready.val() as u64;
            if total > (1 << 32) - 0x1_0000 && total < (1 << 32) && before == 0 {
                before = half(&mut dut, 2 * counter::BYTES_IN);
                assert_eq!(half(&mut dut, 2 * counter::BYTES_IN + 1), 0);
                assert!(before >= 0xfffe_0000);
            }
        }
        assert!(before > 0);
        dut.in_valid.next = false;
        for _ in 0..20 {
            cycle(&mut dut);
        }
        let low = half(&mut dut, 2 * counter::BYTES_IN);
        let high = half(&mut dut, 2 * counter::BYTES_IN + 1);
        half(&mut dut, 2 * counter::FRAMES_OUT);
        assert_eq!(half(&mut dut, 2 * counter::FRAMES_OUT + 1), 0);
        let frames = half(&mut dut, 2 * counter::FRAMES_IN) as u64;
        assert_eq!((high as u64) << 32 | low as u64, frames * 0xffff);
        assert_eq!((high, frames > 65_537), (1, true));
    }
}
