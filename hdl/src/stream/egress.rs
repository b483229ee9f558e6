use super::Reader;
use crate::cell::{Concat, Reg};
use crate::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum EgressState {
    Idle,
    Carry,
    Words,
    Beat,
    Count,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct EgressBooks {
    /// Bytes that have not yet left in a beat.
    pub left: Bits<16>,
    pub length: Bits<16>,
    /// The low half of the word before.
    pub carry: Bits<16>,
    pub phase: Bits<2>,
}

/// Sends a frame out of a store over AXI4-Stream, and counts it. Latency from `start` to the first beat ten clocks; then five clocks per beat
/// of 16 bytes (3.2 bytes per clock). `tvalid` once raised stays until `tready`. `done` pulses when the frame is counted; after it the
/// next may start.
#[derive(LogicBlock, Ports)]
pub struct Egress {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Held until `done`, with the frame's first word address and length in bytes.
    pub start: Signal<In, Bit>,
    pub first: Signal<In, Bits<10>>,
    pub length: Signal<In, Bits<16>>,
    pub done: Signal<Out, Bit>,
    pub address: Signal<Out, Bits<10>>,
    pub data: Signal<In, Bits<32>>,
    pub tdata: Signal<Out, Bits<128>>,
    pub tkeep: Signal<Out, Bits<16>>,
    pub tlast: Signal<Out, Bit>,
    pub tvalid: Signal<Out, Bit>,
    pub tready: Signal<In, Bit>,
    pub count_valid: Signal<Out, Bit>,
    pub count_bytes: Signal<Out, Bits<16>>,
    pub count_ready: Signal<In, Bit>,
    reader: Reader,
    concat: Concat<4, 32, 128>,
    lane0: Reg<Bits<32>>,
    lane1: Reg<Bits<32>>,
    lane2: Reg<Bits<32>>,
    lane3: Reg<Bits<32>>,
    keep: Reg<Bits<16>>,
    state: Reg<EgressState>,
    books: Reg<EgressBooks>,
    word: Signal<Local, Bits<32>>,
    big: Signal<Local, Bits<32>>,
    little: Signal<Local, Bits<32>>,
    sixteen: Constant<Bits<5>>,
    left: Signal<Local, Bits<16>>,
    ones: Signal<Local, Bits<16>>,
    absent: Signal<Local, Bits<5>>,
    /// `tkeep` of a last beat.
    present: Signal<Local, Bits<16>>,
    is_last: Signal<Local, Bit>,
}

impl Default for Egress {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            start: Default::default(),
            first: Default::default(),
            length: Default::default(),
            done: Default::default(),
            address: Default::default(),
            data: Default::default(),
            tdata: Default::default(),
            tkeep: Default::default(),
            tlast: Default::default(),
            tvalid: Default::default(),
            tready: Default::default(),
            count_valid: Default::default(),
            count_bytes: Default::default(),
            count_ready: Default::default(),
            reader: Default::default(),
            concat: Default::default(),
            lane0: Default::default(),
            lane1: Default::default(),
            lane2: Default::default(),
            lane3: Default::default(),
            keep: Default::default(),
            state: Reg::new(EgressState::Idle),
            books: Default::default(),
            word: Default::default(),
            big: Default::default(),
            little: Default::default(),
            sixteen: Constant::new(16.into()),
            left: Default::default(),
            ones: Default::default(),
            absent: Default::default(),
            present: Default::default(),
            is_last: Default::default(),
        }
    }
}

impl Logic for Egress {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, lane0, lane1, lane2, lane3, keep, state, books);
        self.lane0.reset.next = self.reset.val();
        self.lane1.reset.next = self.reset.val();
        self.lane2.reset.next = self.reset.val();
        self.lane3.reset.next = self.reset.val();
        self.keep.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();
        self.books.reset.next = self.reset.val();

        self.word.next = self.reader.word.val();
        // Four bytes of the frame: the carried half, then the upper half of the word that has just been read.
        self.big.next = (bit_cast::<32, 16>(self.books.q.val().carry) << 16) | (self.word.val() >> 16);
        self.little.next =
            (self.big.val() << 24) | ((self.big.val() & 0xff00) << 8) | ((self.big.val() >> 8) & 0xff00) | (self.big.val() >> 24);
        self.ones.next = 0xffff.into();
        self.left.next = self.books.q.val().left;
        self.absent.next = self.sixteen.val() - self.left.val().get_bits::<5>(0);
        self.present.next = self.ones.val() >> self.absent.val();
        self.is_last.next = self.books.q.val().left <= 16;

        clock!(self, clock, reader);
        self.reader.reset.next = self.reset.val();
        self.reader.start.next = false;
        self.reader.first.next = self.first.val();
        self.reader.data.next = self.data.val();
        self.reader.ready.next = false;
        self.address.next = self.reader.address.val();
        self.tvalid.next = false;
        self.tlast.next = self.is_last.val();
        self.done.next = false;
        self.count_valid.next = false;
        self.count_bytes.next = self.books.q.val().length;
        self.concat.lane[0].next = self.lane3.q.val();
        self.concat.lane[1].next = self.lane2.q.val();
        self.concat.lane[2].next = self.lane1.q.val();
        self.concat.lane[3].next = self.lane0.q.val();
        self.tdata.next = self.concat.word.val();
        self.tkeep.next = self.keep.q.val();

        match self.state.q.val() {
            EgressState::Idle => {
                self.reader.start.next = true;
                self.books.d.next.length = self.length.val();
                self.books.d.next.left = self.length.val();
                self.books.d.next.phase = 0.into();
                if self.start.val() {
                    self.state.d.next = EgressState::Carry;
                }
            }
            EgressState::Carry => {
                self.reader.ready.next = true;
                self.books.d.next.carry = self.word.val().get_bits::<16>(0);
                if self.reader.valid.val() {
                    self.state.d.next = EgressState::Words;
                }
            }
            EgressState::Words => {
                self.reader.ready.next = true;
                if self.reader.valid.val() {
                    self.books.d.next.carry = self.word.val().get_bits::<16>(0);
                    self.books.d.next.phase = self.books.q.val().phase + 1;
                    self.lane0.d.next = self.lane1.q.val();
                    self.lane1.d.next = self.lane2.q.val();
                    self.lane2.d.next = self.lane3.q.val();
                    self.lane3.d.next = self.little.val();
                    if self.books.q.val().phase == 3 {
                        self.keep.d.next = self.ones.val();
                        if self.is_last.val() {
                            self.keep.d.next = self.present.val();
                        }
                        self.state.d.next = EgressState::Beat;
                    }
                }
            }
            EgressState::Beat => {
                self.tvalid.next = true;
                if self.tready.val() {
                    self.books.d.next.left = self.books.q.val().left - 16;
                    self.state.d.next = EgressState::Words;
                    if self.is_last.val() {
                        self.state.d.next = EgressState::Count;
                    }
                }
            }
            EgressState::Count => {
                self.count_valid.next = true;
                if self.count_ready.val() {
                    self.done.next = true;
                    self.state.d.next = EgressState::Idle;
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
    use rand::{rngs::StdRng, Rng, SeedableRng};

    #[test]
    fn words_become_beats_whatever_the_sink_does() {
        let mut random = StdRng::seed_from_u64(4);
        let mut bench = Bench::new("egress", Egress::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        for n in 0..120usize {
            let length = if n < 50 { n + 1 } else { random.gen_range(1..200) };
            let memory: Vec<u32> = (0..1024).map(|_| random.gen()).collect();
            let first = random.gen_range(0..1024usize);
            let frame: Vec<u8> = (0..60).flat_map(|i| memory[(first + i) % 1024].to_be_bytes()).skip(2).take(length).collect();
            bench.dut.first.next = (first as u64).into();
            bench.dut.length.next = (length as u64).into();
            bench.dut.start.next = true;
            let (mut out, mut last, mut waiting, mut pipe) = (vec![], false, None, 0);
            for _ in 0..1000 {
                bench.dut.tready.next = random.gen_bool(0.4);
                bench.dut.count_ready.next = random.gen_bool(0.4);
                bench.settle();
                let address = bench.dut.address.val().index();
                if bench.dut.tvalid.val() {
                    let seen = (bench.dut.tdata.val(), bench.dut.tkeep.val(), bench.dut.tlast.val());
                    assert!(!last && waiting.is_none_or(|w| w == seen), "a beat changed while it waited");
                    waiting = Some(seen);
                    if bench.dut.tready.val() {
                        waiting = None;
                        let (data, keep) = (seen.0.to_u128(), u64::from(seen.1));
                        last = seen.2;
                        assert!((keep + 1).is_power_of_two() && (last || keep == 0xffff));
                        out.extend((0..16).filter(|i| keep >> i & 1 == 1).map(|i| (data >> (8 * i)) as u8));
                    }
                }
                let done = bench.dut.done.val();
                assert!(!done || bench.dut.count_bytes.val() == length as u64);
                bench.cycle();
                bench.dut.data.next = (pipe as u64).into();
                pipe = memory[address];
                if done {
                    break;
                }
            }
            bench.dut.start.next = false;
            assert!(last, "frame {n} did not end");
            assert_eq!(out, frame, "frame {n}");
            bench.cycle();
        }
        bench.finish();
    }
}
