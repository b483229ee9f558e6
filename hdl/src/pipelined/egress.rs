//! Sends frames out of a [`super::WideStore`] over AXI4-Stream, a beat of 16 bytes every clock, and counts them, as [`crate::stream::Egress`] does.
//!
//! **Rate.** A frame takes as many clocks as it has beats, and one more; two more if its length is 15 or 0 modulo 16, because the shift by two bytes makes its words one group of four
//! more than its beats. From `start` to the first beat six clocks, which overlap with the frame before.
//!
//! **Frames.** `start` is held with the frame's first block and its length (1 or more) until `done`, which says that all of the frame is read: its words may be given back, and the next may be
//! offered in the next clock. It is not yet sent then: up to eight beats are on their way. It is counted when it is: `count_valid` with the length of the oldest that has been sent and not yet counted. Up to
//! four frames are begun and not counted; only a row of frames of one beat ever waits for that if `count_ready` stays.
//!
//! **Sink.** `tvalid` once raised stays, with everything of the beat, until `tready`. Bytes of `tdata` beyond `tkeep` are not the frame's. `tready` may come late in the clock: only the
//! queue's places hang on it.
//!
//! ```text
//! t        t+1              t+4       t+5                   t+6
//! start    address (store)  data ───► held ───────────────► queue, beat
//!                                     2 bytes of the next ──┘
//! ```
use super::Backlog;
use crate::cell::{row, Block128, Concat, Delay, JoinWords, Reg};
use crate::prelude::*;
use crate::stream::Queue;

/// The frame that is being read.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct WideErrand {
    pub busy: Bit,
    pub address: Bits<12>,
    /// Blocks still to be read behind this one, and whether there are none.
    pub blocks: Bits<12>,
    pub at_last: Bit,
    pub short: Bit,
    pub bytes: Bits<4>,
}

/// What a block is.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct WideLabel {
    /// The frame's last block, with bytes that make a beat of their own.
    pub tail: Bit,
    /// The frame's last block, with nothing but the end of the beat before.
    pub short: Bit,
    /// Bytes in the frame's last beat, less one.
    pub bytes: Bits<4>,
}

/// The block whose bytes go next.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct WideHeld {
    pub valid: Bit,
    pub tail: Bit,
    pub bytes: Bits<4>,
}

/// A beat, as AXI4-Stream has it but for the order of its bytes: word 0 has the first four, first byte most significant.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct WideBeat {
    pub block: Block128,
    pub last: Bit,
    pub keep: Bits<16>,
}

/// The egress; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct WideEgress {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub start: Signal<In, Bit>,
    pub first: Signal<In, Bits<10>>,
    pub length: Signal<In, Bits<16>>,
    pub done: Signal<Out, Bit>,
    /// The frame that is offered is begun, and another block of it is read, see [`super::Release`].
    pub begins: Signal<Out, Bit>,
    pub reads: Signal<Out, Bit>,
    pub address: Signal<Out, Bits<12>>,
    /// The store's answer, three clocks after `address`.
    pub data: Signal<In, Block128>,
    pub tdata: Signal<Out, Bits<128>>,
    pub tkeep: Signal<Out, Bits<16>>,
    pub tlast: Signal<Out, Bit>,
    pub tvalid: Signal<Out, Bit>,
    pub tready: Signal<In, Bit>,
    pub count_valid: Signal<Out, Bit>,
    pub count_bytes: Signal<Out, Bits<16>>,
    pub count_ready: Signal<In, Bit>,
    errand: Reg<WideErrand>,
    /// Reads under way: bit 0 asked in the last clock, bit 2 answered now.
    asked: Reg<Bits<3>>,
    label: Delay<WideLabel, 3>,
    /// Beats in the queue or under way.
    owed: Reg<Bits<4>>,
    held: Reg<WideHeld>,
    held_word: [Reg<Bits<32>>; 4],
    joined: JoinWords,
    queue: Backlog<WideBeat, 3>,
    /// A beat has left; its place is free.
    popped: Reg<Bit>,
    concat: Concat<4, 32, 128>,
    /// Lengths of the frames that are begun and not counted, and how many of them have been sent.
    lengths: Queue<Bits<16>>,
    sent: Reg<Bits<3>>,
    reach: Signal<Local, Bits<16>>,
    less: Signal<Local, Bits<4>>,
    under_way: Signal<Local, Bits<3>>,
    ask: Signal<Local, Bit>,
    owes: Signal<Local, Bit>,
    arrives: Signal<Local, Bit>,
    ends: Signal<Local, Bit>,
    block: Signal<Local, Block128>,
    bytes: Signal<Local, Bits<4>>,
    absent: Signal<Local, Bits<4>>,
    ones: Signal<Local, Bits<16>>,
    keep: Signal<Local, Bits<16>>,
    seen: Signal<Local, Block128>,
    big: [Signal<Local, Bits<32>>; 4],
    leaves: Signal<Local, Bit>,
    counted: Signal<Local, Bit>,
}

impl Default for WideEgress {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            start: Default::default(),
            first: Default::default(),
            length: Default::default(),
            done: Default::default(),
            begins: Default::default(),
            reads: Default::default(),
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
            errand: Default::default(),
            asked: Default::default(),
            label: Default::default(),
            owed: Default::default(),
            held: Default::default(),
            held_word: row(),
            joined: Default::default(),
            queue: Default::default(),
            popped: Default::default(),
            concat: Default::default(),
            lengths: Default::default(),
            sent: Default::default(),
            reach: Default::default(),
            less: Default::default(),
            under_way: Default::default(),
            ask: Default::default(),
            owes: Default::default(),
            arrives: Default::default(),
            ends: Default::default(),
            block: Default::default(),
            bytes: Default::default(),
            absent: Default::default(),
            ones: Default::default(),
            keep: Default::default(),
            seen: Default::default(),
            big: row(),
            leaves: Default::default(),
            counted: Default::default(),
        }
    }
}

impl Logic for WideEgress {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, errand, asked, owed, held, popped, sent);
        clock!(self, clock, label, queue, lengths);
        self.errand.reset.next = self.reset.val();
        self.asked.reset.next = self.reset.val();
        self.owed.reset.next = self.reset.val();
        self.held.reset.next = self.reset.val();
        self.popped.reset.next = self.reset.val();
        self.sent.reset.next = self.reset.val();
        self.queue.reset.next = self.reset.val();
        self.lengths.reset.next = self.reset.val();

        // Reading: the frame and the two bytes before it, in blocks. A block is asked for when there is a place for its beat.
        self.reach.next = self.length.val() + 1;
        self.less.next = self.length.val().get_bits::<4>(0) - 1;
        self.lengths.push.next = false;
        self.lengths.item.next = self.length.val();
        self.done.next = false;
        self.begins.next = false;
        self.address.next = self.errand.q.val().address;
        self.ask.next = self.errand.q.val().busy & !self.owed.q.val().get_bit(3);
        self.reads.next = self.ask.val();
        self.owes.next = self.ask.val() & !(self.errand.q.val().at_last & self.errand.q.val().short);
        self.under_way.next = self.asked.q.val() << 1;
        self.asked.d.next = self.under_way.val();
        self.label.d.next.tail = self.errand.q.val().at_last & !self.errand.q.val().short;
        self.label.d.next.short = self.errand.q.val().at_last & self.errand.q.val().short;
        self.label.d.next.bytes = self.errand.q.val().bytes;
        if self.ask.val() {
            self.asked.d.next = self.under_way.val() | 1;
            self.errand.d.next.address = self.errand.q.val().address + 4;
            self.errand.d.next.blocks = self.errand.q.val().blocks - 1;
            self.errand.d.next.at_last = self.errand.q.val().blocks == 1;
            if self.errand.q.val().at_last {
                self.done.next = true;
                self.errand.d.next.busy = false;
            }
        }
        if !self.errand.q.val().busy {
            self.begins.next = self.start.val() & !self.lengths.full.val();
            self.errand.d.next.busy = self.begins.val();
            self.lengths.push.next = self.start.val();
            self.errand.d.next.address = bit_cast::<12, 10>(self.first.val()) << 2;
            self.errand.d.next.blocks = self.reach.val().get_bits::<12>(4);
            self.errand.d.next.at_last = self.length.val() < 15;
            self.errand.d.next.short = (self.less.val() >= 14) & (self.length.val() >= 15);
            self.errand.d.next.bytes = self.less.val();
        }
        if self.owes.val() & !self.popped.q.val() {
            self.owed.d.next = self.owed.q.val() + 1;
        }
        if self.popped.q.val() & !self.owes.val() {
            self.owed.d.next = self.owed.q.val() - 1;
        }

        // A beat: the fourteen bytes held, and two of the block behind them. Nothing here ever waits.
        self.arrives.next = self.asked.q.val().get_bit(2);
        self.block.next = self.data.val();
        for i in 0..4 {
            self.held_word[i].clock.next = self.clock.val();
            self.held_word[i].reset.next = self.reset.val();
            self.held_word[i].d.next = self.held_word[i].q.val();
        }
        self.queue.push.next = self.held.q.val().valid & (self.held.q.val().tail | self.arrives.val());
        self.ends.next = self.held.q.val().tail | self.label.q.val().short;
        self.bytes.next = self.label.q.val().bytes;
        if self.held.q.val().tail {
            self.held.d.next.valid = false;
            self.bytes.next = self.held.q.val().bytes;
        }
        if self.arrives.val() {
            self.held_word[0].d.next = self.block.val().get_bits::<32>(0);
            self.held_word[1].d.next = self.block.val().get_bits::<32>(32);
            self.held_word[2].d.next = self.block.val().get_bits::<32>(64);
            self.held_word[3].d.next = self.block.val().get_bits::<32>(96);
            self.held.d.next.valid = !self.label.q.val().short;
            self.held.d.next.tail = self.label.q.val().tail;
            self.held.d.next.bytes = self.label.q.val().bytes;
        }
        self.absent.next = !self.bytes.val();
        self.ones.next = 0xffff.into();
        self.keep.next = 0xffff.into();
        if self.ends.val() {
            self.keep.next = self.ones.val() >> self.absent.val();
        }
        self.joined.word[0].next = (self.held_word[0].q.val() << 16) | (self.held_word[1].q.val() >> 16);
        self.joined.word[1].next = (self.held_word[1].q.val() << 16) | (self.held_word[2].q.val() >> 16);
        self.joined.word[2].next = (self.held_word[2].q.val() << 16) | (self.held_word[3].q.val() >> 16);
        self.joined.word[3].next = (self.held_word[3].q.val() << 16) | (self.block.val().get_bits::<32>(0) >> 16);
        self.queue.item.next.block = self.joined.block.val();
        self.queue.item.next.last = self.ends.val();
        self.queue.item.next.keep = self.keep.val();

        // The bus is little-endian.
        self.seen.next = self.queue.head.val().block;
        self.big[0].next = self.seen.val().get_bits::<32>(0);
        self.big[1].next = self.seen.val().get_bits::<32>(32);
        self.big[2].next = self.seen.val().get_bits::<32>(64);
        self.big[3].next = self.seen.val().get_bits::<32>(96);
        for i in 0..4 {
            self.concat.lane[3 - i].next = (self.big[i].val() << 24)
                | ((self.big[i].val() & 0xff00) << 8)
                | ((self.big[i].val() >> 8) & 0xff00)
                | (self.big[i].val() >> 24);
        }
        self.tdata.next = self.concat.word.val();
        self.tvalid.next = self.queue.valid.val();
        self.tlast.next = self.queue.head.val().last;
        self.tkeep.next = self.queue.head.val().keep;
        self.queue.pop.next = self.tready.val();
        self.popped.d.next = self.queue.valid.val() & self.tready.val();

        // Counting.
        self.leaves.next = self.queue.valid.val() & self.queue.head.val().last & self.tready.val();
        self.count_valid.next = self.sent.q.val() != 0;
        self.counted.next = (self.sent.q.val() != 0) & self.count_ready.val();
        self.count_bytes.next = self.lengths.head.val();
        self.lengths.pop.next = self.counted.val();
        if self.leaves.val() & !self.counted.val() {
            self.sent.d.next = self.sent.q.val() + 1;
        }
        if self.counted.val() & !self.leaves.val() {
            self.sent.d.next = self.sent.q.val() - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Lanes;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};
    use std::collections::VecDeque;

    /// Sends frames of these lengths; `pace`: how likely a clock is to be one in which the sink, the counter and the source are ready. Returns the clocks from each frame's first beat to
    /// the next one's.
    fn run(name: &str, seed: u64, lengths: &[usize], pace: [f64; 3]) -> Vec<usize> {
        let mut random = StdRng::seed_from_u64(seed);
        let mut bench = Bench::new(name, WideEgress::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        bench.cycle();
        let memory: Vec<u32> = (0..4096).map(|_| random.gen()).collect();
        let mut pipe = VecDeque::from([0; 3]);
        let (mut offered, mut first, mut begins) = (None, 0, 0);
        let mut expected: VecDeque<Vec<u8>> = VecDeque::new();
        let (mut out, mut waiting, mut counted) = (vec![], None, 0);
        let (mut read, mut sent, mut begun, mut starts, mut started) = (0, 0, true, vec![], None);
        for clock in 0.. {
            assert!(clock < 60_000, "stuck after {sent} frames");
            if offered.is_none() && begins < lengths.len() && random.gen_bool(pace[2]) {
                first = random.gen_range(0..1024usize);
                let bytes = (0..2290).flat_map(|i| memory[(4 * first + i) % 4096].to_be_bytes()).skip(2).take(lengths[begins]).collect();
                expected.push_back(bytes);
                offered = Some(lengths[begins]);
                started = started.or(Some(clock));
                begins += 1;
            }
            bench.dut.start.next = offered.is_some();
            bench.dut.first.next = (first as u64).into();
            bench.dut.length.next = (offered.unwrap_or(0) as u64).into();
            let at = pipe[0];
            bench.dut.data.next = Lanes(std::array::from_fn(|i| memory[(at + i) % 4096]));
            bench.dut.tready.next = random.gen_bool(pace[0]);
            bench.dut.count_ready.next = random.gen_bool(pace[1]);
            bench.settle();
            pipe.push_back(bench.dut.address.val().index());
            pipe.pop_front();
            if bench.dut.tvalid.val() {
                let seen = (bench.dut.tdata.val(), bench.dut.tkeep.val(), bench.dut.tlast.val());
                assert!(waiting.is_none_or(|w| w == seen), "a beat changed while it waited");
                waiting = Some(seen);
                if begun {
                    assert!(!starts.is_empty() || Some(clock) == started.map(|at| at + 6), "first beat in clock {clock}");
                    starts.push(clock);
                    begun = false;
                }
                if bench.dut.tready.val() {
                    waiting = None;
                    let (data, keep) = (seen.0.to_u128(), u64::from(seen.1));
                    assert!((keep + 1).is_power_of_two() && (seen.2 || keep == 0xffff) && keep > 0);
                    out.extend((0..16).filter(|i| keep >> i & 1 == 1).map(|i| (data >> (8 * i)) as u8));
                    if seen.2 {
                        assert_eq!(Some(std::mem::take(&mut out)), expected.pop_front(), "frame {sent}");
                        sent += 1;
                        begun = true;
                    }
                }
            } else {
                assert!(waiting.is_none(), "a beat went away while it waited");
            }
            if bench.dut.count_valid.val() {
                assert!(counted < sent, "frame {counted} is counted before it is sent");
                assert_eq!(bench.dut.count_bytes.val(), lengths[counted] as u64);
                counted += bench.dut.count_ready.val() as usize;
            }
            if bench.dut.done.val() {
                assert!(offered.take().is_some(), "done without a frame");
                read += 1;
            }
            assert!(begins - counted <= 5, "too many frames under way");
            bench.cycle();
            if counted == lengths.len() {
                break;
            }
        }
        assert_eq!((read, sent), (lengths.len(), lengths.len()));
        bench.finish();
        starts.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    #[test]
    fn words_become_beats_whatever_the_sink_does() {
        let mut random = StdRng::seed_from_u64(26);
        let lengths: Vec<usize> = (0..120).map(|n| if n < 70 { n + 1 } else { random.gen_range(1..300) }).collect();
        run("wide_egress", 27, &lengths, [0.6, 0.3, 0.5]);
        run("wide_egress_slow_counter", 28, &lengths[60..100], [0.9, 0.02, 1.0]);
        run("wide_egress_slow_sink", 29, &lengths[50..80], [0.2, 1.0, 1.0]);
    }

    /// A sink that is always ready: one beat every clock, and one clock more for each frame, or two.
    #[test]
    fn frames_leave_at_a_beat_every_clock() {
        let lengths: Vec<usize> =
            (60..80).chain([64, 64, 60, 60, 1518, 1522, 9118, 1, 64, 14, 60, 15, 16, 30, 31, 32, 1616, 64, 60]).collect();
        let clocks = run("wide_egress_rate", 30, &lengths, [1.0; 3]);
        for (n, clocks) in clocks.iter().enumerate() {
            let extra = clocks - lengths[n].div_ceil(16);
            let spills = matches!(lengths[n] % 16, 15 | 0) as usize;
            assert_eq!(extra, 1 + spills, "frame {n} of {} bytes", lengths[n]);
        }
        assert_eq!(clocks.len(), lengths.len() - 1);
    }
}
