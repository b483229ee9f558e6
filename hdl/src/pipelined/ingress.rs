//! Takes frames from AXI4-Stream into a [`super::WideStore`], a beat of 16 bytes every clock, and counts them. What is committed and counted is what [`crate::stream::Ingress`] commits and counts
//! of the same frame.
//!
//! **Rate.** Frames of four beats or more follow each other without a gap as long as the store has room; one whose length is 15 or 0 modulo 16 costs one clock more, because
//! the shift by two bytes makes its words one group of four more than its beats. A shorter frame may wait up to two clocks for the room to be known, one behind a frame of 2 KiB or more up to seven.
//!
//! **Room.** A frame is begun only when the store has room for the longest and there is a place to count it; as long as the frame before is not committed, only when that one is brief (fewer than 128 beats) and there is room behind it. So the source waits
//! between frames, and nothing is lost.
//!
//! **Latency.** Three clocks from a beat to its `write` and from the last beat to `commit`, which comes with the frame's last write; four to both where the frame is one group longer. `count_valid` one clock
//! later. Up to four frames wait to be counted.
//!
//! **Refused.** A frame with a hole in `tkeep`, over `limit` or met while not `enable`d is committed without words, under the first of these three reasons. Nothing of it is written beyond the limit. `limit` is that of the time before the frame,
//! `enable` that of its end.
//!
//! ```text
//! t          t+1               t+2                t+3
//! beat ────► tkeep is read ──► limit, length ───► write, commit ──► count
//!            two bytes wait
//! ```
use crate::cell::{row, Block128, JoinWords, Reg, Split};
use crate::prelude::*;
use crate::stream::Queue;
use holdfast_registers::Reason;

/// A beat as it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct WideArrival {
    pub valid: Bit,
    pub first: Bit,
    pub last: Bit,
    pub keep: Bits<16>,
}

/// What its `tkeep` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct WideExtent {
    pub valid: Bit,
    /// The frame's last group of words.
    pub ends: Bit,
    pub hole: Bit,
    pub bytes: Bits<5>,
    /// Words of the group that hold a byte of the frame.
    pub mask: Bits<4>,
}

/// The frame so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct WideIngressBooks {
    /// In bytes, stuck at the top.
    pub length: Bits<16>,
    /// Groups before the next one.
    pub groups: Bits<10>,
    /// What the limit leaves.
    pub left: Bits<16>,
    pub hole: Bit,
    pub long: Bit,
    /// In the middle of a frame.
    pub open: Bit,
}

/// What the store is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct WideDeposit {
    pub write: Bits<4>,
    pub offset: Bits<12>,
    pub commit: Bit,
    pub blocks: Bits<10>,
    pub length: Bits<16>,
    pub reason: Bits<5>,
}

/// The ingress; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct WideIngress {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub enable: Signal<In, Bit>,
    /// Longest frame accepted, in bytes.
    pub limit: Signal<In, Bits<16>>,
    pub tdata: Signal<In, Bits<128>>,
    pub tkeep: Signal<In, Bits<16>>,
    pub tlast: Signal<In, Bit>,
    pub tvalid: Signal<In, Bit>,
    pub tready: Signal<Out, Bit>,
    pub room: Signal<In, Bit>,
    pub room_for_another: Signal<In, Bit>,
    pub write: Signal<Out, Bits<4>>,
    pub offset: Signal<Out, Bits<12>>,
    pub data: Signal<Out, Block128>,
    pub commit: Signal<Out, Bit>,
    pub commit_blocks: Signal<Out, Bits<10>>,
    pub commit_length: Signal<Out, Bits<16>>,
    pub commit_reason: Signal<Out, Bits<5>>,
    pub count_valid: Signal<Out, Bit>,
    pub count_bytes: Signal<Out, Bits<16>>,
    pub count_ready: Signal<In, Bit>,
    split: Split<4, 32, 128>,
    joined: JoinWords,
    counts: Queue<Bits<16>>,
    begun: Reg<Bit>,
    /// Beats of the frame that is begun, those beyond 128 not counted; whether the last one that ended had fewer.
    beats: Reg<Bits<8>>,
    brief: Reg<Bit>,
    /// Frames that have come to their end and are not committed.
    closing: Reg<Bits<2>>,
    arrival: Reg<WideArrival>,
    word: [Reg<Bits<32>>; 4],
    /// The last two bytes of the beat before.
    carry: Reg<Bits<16>>,
    /// They are a group of their own.
    flush: Reg<Bit>,
    extent: Reg<WideExtent>,
    shifted: [Reg<Bits<32>>; 4],
    books: Reg<WideIngressBooks>,
    deposit: Reg<WideDeposit>,
    placed: [Reg<Bits<32>>; 4],
    number: [Constant<Bits<5>>; 16],
    stream: Constant<Bits<5>>,
    too_long: Constant<Bits<5>>,
    disabled: Constant<Bits<5>>,
    little: [Signal<Local, Bits<32>>; 4],
    accepted: Signal<Local, Bit>,
    keep: Signal<Local, Bits<16>>,
    spills: Signal<Local, Bit>,
    /// What tkeep lacks, one bit further up: shares no bit with tkeep exactly when that has no hole.
    missing: Signal<Local, Bits<16>>,
    after_missing: Signal<Local, Bits<16>>,
    leading: Signal<Local, Bits<32>>,
    total: Signal<Local, Bits<17>>,
    spare: Signal<Local, Bits<16>>,
    over: Signal<Local, Bit>,
    hole: Signal<Local, Bit>,
    many: Signal<Local, Bits<8>>,
    grown: Signal<Local, Bits<8>>,
}

impl Default for WideIngress {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            enable: Default::default(),
            limit: Default::default(),
            tdata: Default::default(),
            tkeep: Default::default(),
            tlast: Default::default(),
            tvalid: Default::default(),
            tready: Default::default(),
            room: Default::default(),
            room_for_another: Default::default(),
            write: Default::default(),
            offset: Default::default(),
            data: Default::default(),
            commit: Default::default(),
            commit_blocks: Default::default(),
            commit_length: Default::default(),
            commit_reason: Default::default(),
            count_valid: Default::default(),
            count_bytes: Default::default(),
            count_ready: Default::default(),
            split: Default::default(),
            joined: Default::default(),
            counts: Default::default(),
            begun: Default::default(),
            beats: Default::default(),
            brief: Default::default(),
            closing: Default::default(),
            arrival: Default::default(),
            word: row(),
            carry: Default::default(),
            flush: Default::default(),
            extent: Default::default(),
            shifted: row(),
            books: Default::default(),
            deposit: Default::default(),
            placed: row(),
            number: std::array::from_fn(|i| Constant::new((i as u64 + 1).into())),
            stream: Constant::new((Reason::Stream.code() as u64).into()),
            too_long: Constant::new((Reason::TooLong.code() as u64).into()),
            disabled: Constant::new((Reason::Disabled.code() as u64).into()),
            little: row(),
            accepted: Default::default(),
            keep: Default::default(),
            spills: Default::default(),
            missing: Default::default(),
            after_missing: Default::default(),
            leading: Default::default(),
            total: Default::default(),
            spare: Default::default(),
            over: Default::default(),
            hole: Default::default(),
            many: Default::default(),
            grown: Default::default(),
        }
    }
}

impl Logic for WideIngress {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, begun, beats, brief, closing, arrival, carry, flush, extent, books, deposit);
        clock!(self, clock, counts);
        self.begun.reset.next = self.reset.val();
        self.beats.reset.next = self.reset.val();
        self.brief.reset.next = self.reset.val();
        self.closing.reset.next = self.reset.val();
        self.arrival.reset.next = self.reset.val();
        self.carry.reset.next = self.reset.val();
        self.flush.reset.next = self.reset.val();
        self.extent.reset.next = self.reset.val();
        self.books.reset.next = self.reset.val();
        self.deposit.reset.next = self.reset.val();
        self.counts.reset.next = self.reset.val();

        // The beat. The bus is little-endian.
        self.keep.next = self.arrival.q.val().keep;
        self.spills.next = self.arrival.q.val().valid & self.arrival.q.val().last & self.keep.val().get_bit(14);
        self.tready.next = false;
        if !self.spills.val() {
            self.tready.next = self.begun.q.val()
                | ((self.closing.q.val() == 0) & self.room.val() & !self.counts.full.val())
                | ((self.closing.q.val() == 1) & self.brief.q.val() & self.room_for_another.val() & self.counts.spare_two.val());
        }
        self.accepted.next = self.tready.val() & self.tvalid.val();
        self.many.next = self.beats.q.val();
        self.grown.next = self.many.val() + 1;
        if self.many.val().get_bit(7) {
            self.grown.next = self.many.val();
        }
        if self.accepted.val() {
            self.begun.d.next = !self.tlast.val();
            self.beats.d.next = self.grown.val();
            if self.tlast.val() {
                self.beats.d.next = 0.into();
                self.brief.d.next = !self.grown.val().get_bit(7);
            }
        }
        if self.accepted.val() & self.tlast.val() & !self.deposit.q.val().commit {
            self.closing.d.next = self.closing.q.val() + 1;
        }
        if self.deposit.q.val().commit & !(self.accepted.val() & self.tlast.val()) {
            self.closing.d.next = self.closing.q.val() - 1;
        }
        self.arrival.d.next.valid = self.accepted.val();
        self.arrival.d.next.first = !self.begun.q.val();
        self.arrival.d.next.last = self.tlast.val();
        self.arrival.d.next.keep = self.tkeep.val();
        self.split.word.next = self.tdata.val();
        self.little[0].next = self.split.lane[3].val();
        self.little[1].next = self.split.lane[2].val();
        self.little[2].next = self.split.lane[1].val();
        self.little[3].next = self.split.lane[0].val();
        for i in 0..4 {
            self.word[i].clock.next = self.clock.val();
            self.word[i].reset.next = self.reset.val();
            self.word[i].d.next = (self.little[i].val() << 24)
                | ((self.little[i].val() & 0xff00) << 8)
                | ((self.little[i].val() >> 8) & 0xff00)
                | (self.little[i].val() >> 24);
        }

        // How far it reaches, and its bytes two places further on.
        self.missing.next = !self.keep.val();
        self.after_missing.next = self.missing.val() << 1;
        self.extent.d.next.valid = self.arrival.q.val().valid;
        self.extent.d.next.ends = self.arrival.q.val().valid & self.arrival.q.val().last & !self.keep.val().get_bit(14);
        self.extent.d.next.hole = self.arrival.q.val().valid
            & (((self.keep.val() & self.after_missing.val()) != 0)
                | !self.keep.val().get_bit(0)
                | (!self.arrival.q.val().last & !self.keep.val().get_bit(15)));
        self.extent.d.next.bytes = 0.into();
        if self.arrival.q.val().valid {
            for i in 0..16 {
                if self.keep.val().get_bit(i) {
                    self.extent.d.next.bytes = self.number[i].val();
                }
            }
        }
        self.extent.d.next.mask = 1.into();
        if self.arrival.q.val().valid {
            if self.keep.val().get_bit(2) {
                self.extent.d.next.mask = 3.into();
            }
            if self.keep.val().get_bit(6) {
                self.extent.d.next.mask = 7.into();
            }
            if self.keep.val().get_bit(10) {
                self.extent.d.next.mask = 15.into();
            }
            self.carry.d.next = self.word[3].q.val().get_bits::<16>(0);
        }
        self.leading.next = bit_cast::<32, 16>(self.carry.q.val());
        if self.arrival.q.val().valid & self.arrival.q.val().first {
            self.leading.next = 0.into();
        }
        self.flush.d.next = self.spills.val();
        if self.flush.q.val() {
            self.extent.d.next.valid = true;
            self.extent.d.next.ends = true;
        }
        self.shifted[0].d.next = (self.leading.val() << 16) | (self.word[0].q.val() >> 16);
        self.shifted[1].d.next = (self.word[0].q.val() << 16) | (self.word[1].q.val() >> 16);
        self.shifted[2].d.next = (self.word[1].q.val() << 16) | (self.word[2].q.val() >> 16);
        self.shifted[3].d.next = (self.word[2].q.val() << 16) | (self.word[3].q.val() >> 16);
        for i in 0..4 {
            self.shifted[i].clock.next = self.clock.val();
            self.shifted[i].reset.next = self.reset.val();
            self.placed[i].clock.next = self.clock.val();
            self.placed[i].reset.next = self.reset.val();
            self.placed[i].d.next = self.shifted[i].q.val();
            self.joined.word[i].next = self.placed[i].q.val();
        }

        // Where it goes, and whether it may. All beats but the last are full or a hole, so the limit is counted down in whole beats.
        self.total.next = bit_cast::<17, 16>(self.books.q.val().length) + bit_cast::<17, 5>(self.extent.q.val().bytes);
        self.spare.next = self.books.q.val().left;
        self.over.next = self.books.q.val().long;
        if !self.spare.val().get_bits::<12>(4).any() {
            if self.extent.q.val().bytes > self.spare.val().get_bits::<5>(0) {
                self.over.next = true;
            }
        }
        self.hole.next = self.books.q.val().hole | self.extent.q.val().hole;
        self.deposit.d.next.write = 0.into();
        self.deposit.d.next.offset = bit_cast::<12, 10>(self.books.q.val().groups) << 2;
        self.deposit.d.next.commit = self.extent.q.val().ends;
        self.deposit.d.next.blocks = self.books.q.val().groups + 1;
        self.deposit.d.next.length = self.total.val().get_bits::<16>(0);
        if self.total.val().get_bit(16) {
            self.deposit.d.next.length = 0xffff.into();
        }
        self.deposit.d.next.reason = 0.into();
        if !self.enable.val() {
            self.deposit.d.next.reason = self.disabled.val();
        }
        if self.over.val() {
            self.deposit.d.next.reason = self.too_long.val();
        }
        if self.hole.val() {
            self.deposit.d.next.reason = self.stream.val();
        }
        if !self.enable.val() | self.over.val() | self.hole.val() {
            self.deposit.d.next.blocks = 0.into();
        }
        if self.extent.q.val().valid {
            if !self.over.val() & !self.hole.val() {
                self.deposit.d.next.write = self.extent.q.val().mask;
            }
            self.books.d.next.length = self.total.val().get_bits::<16>(0);
            if self.total.val().get_bit(16) {
                self.books.d.next.length = 0xffff.into();
            }
            self.books.d.next.groups = self.books.q.val().groups + 1;
            if self.spare.val().get_bits::<12>(4).any() {
                self.books.d.next.left = self.books.q.val().left - 16;
            }
            self.books.d.next.long = self.over.val();
            self.books.d.next.hole = self.hole.val();
            self.books.d.next.open = true;
        }
        if self.extent.q.val().ends | (!self.extent.q.val().valid & !self.books.q.val().open) {
            self.books.d.next.length = 0.into();
            self.books.d.next.groups = 0.into();
            self.books.d.next.left = self.limit.val();
            self.books.d.next.long = false;
            self.books.d.next.hole = false;
            self.books.d.next.open = false;
        }

        self.write.next = self.deposit.q.val().write;
        self.offset.next = self.deposit.q.val().offset;
        self.data.next = self.joined.block.val();
        self.commit.next = self.deposit.q.val().commit;
        self.commit_blocks.next = self.deposit.q.val().blocks;
        self.commit_length.next = self.deposit.q.val().length;
        self.commit_reason.next = self.deposit.q.val().reason;
        self.counts.push.next = self.deposit.q.val().commit;
        self.counts.item.next = self.deposit.q.val().length;
        self.counts.pop.next = self.count_ready.val();
        self.count_valid.next = self.counts.valid.val();
        self.count_bytes.next = self.counts.head.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use crate::pipelined::WideStore;
    use crate::stream::Ingress;
    use rand::{rngs::StdRng, Rng, SeedableRng};
    use std::collections::VecDeque;

    /// A beat: data, tkeep, tlast.
    type Beat = (u128, u64, bool);

    /// A frame as it goes in, and which rule it breaks.
    struct Sent {
        bytes: Vec<u8>,
        beats: Vec<Beat>,
        enable: bool,
    }

    impl Sent {
        /// `hole`: how to spoil one beat, if at all.
        fn new(random: &mut StdRng, length: usize, hole: Option<u64>, enable: bool) -> Self {
            let bytes: Vec<u8> = (0..length).map(|_| random.gen()).collect();
            let mut beats: Vec<Beat> = bytes
                .chunks(16)
                .map(|beat| (beat.iter().rev().fold(0u128, |w, b| w << 8 | *b as u128), (1 << beat.len()) - 1, false))
                .collect();
            beats.last_mut().unwrap().2 = true;
            if let Some(hole) = hole {
                let at = random.gen_range(0..beats.len());
                beats[at].1 = hole;
            }
            Self { bytes, beats, enable }
        }
    }

    /// What is committed of a frame: blocks of four words, length, reason; and the words.
    type Committed = (u64, u64, u64, Vec<u32>);

    /// What the ingress of the profile `compact` makes of it, frame after frame, and what it counts.
    fn compact(frames: &[Sent], limit: u64) -> (Vec<Committed>, Vec<u64>) {
        let mut bench = Bench::new("ingress_compared", Ingress::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        bench.dut.limit.next = limit.into();
        bench.dut.room.next = true;
        bench.dut.count_ready.next = true;
        let (mut committed, mut counted) = (vec![], vec![]);
        for frame in frames {
            let (mut sent, mut words) = (0, vec![0; 1024]);
            bench.dut.enable.next = frame.enable;
            loop {
                let beat = frame.beats.get(sent).copied();
                bench.dut.tvalid.next = beat.is_some();
                let (data, keep, last) = beat.unwrap_or_default();
                bench.dut.tdata.next = data.to_bits();
                bench.dut.tkeep.next = keep.into();
                bench.dut.tlast.next = last;
                bench.settle();
                sent += (beat.is_some() && bench.dut.tready.val()) as usize;
                if bench.dut.write.val() {
                    words[bench.dut.offset.val().index()] = u64::from(bench.dut.data.val()) as u32;
                }
                if bench.dut.commit.val() {
                    let dut = &bench.dut;
                    words.truncate(dut.commit_words.val().index());
                    committed.push((
                        dut.commit_words.val().index().div_ceil(4) as u64,
                        dut.commit_length.val().into(),
                        dut.commit_reason.val().into(),
                        std::mem::take(&mut words),
                    ));
                }
                let count = bench.dut.count_valid.val().then(|| u64::from(bench.dut.count_bytes.val()));
                bench.cycle();
                counted.extend(count);
                if count.is_some() {
                    break;
                }
            }
        }
        bench.finish();
        (committed, counted)
    }

    /// The same frames through this ingress, with stalls on all sides, frames on each other's heels.
    #[test]
    fn frames_become_the_words_that_compact_makes_of_them() {
        let mut random = StdRng::seed_from_u64(25);
        let limit = 100;
        let frames: Vec<Sent> = (0..230usize)
            .map(|n| {
                let length = if n < 110 { n + 1 } else { random.gen_range(1..180) };
                // A hole inside, at the front, nothing at all, a beat that ends too soon.
                let hole = (n % 11 == 10).then(|| [0xfff7, 0x7fff, 0xfffe, 0, 1, 0x8000][n / 11 % 6]);
                Sent::new(&mut random, length, hole, n % 23 != 22)
            })
            .collect();
        let (expected, counts) = compact(&frames, limit);
        let reasons: Vec<_> = expected.iter().map(|frame| frame.2).collect();
        for reason in [0, Reason::Stream.code() as u64, Reason::TooLong.code() as u64, Reason::Disabled.code() as u64] {
            assert!(reasons.contains(&reason), "reason {reason} never seen");
        }
        let mut bench = Bench::new("wide_ingress", WideIngress::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        bench.dut.limit.next = limit.into();
        let (mut frame, mut sent, mut words) = (0, 0, vec![0; 1024]);
        let (mut committed, mut counted, mut begun) = (vec![], vec![], 0);
        let mut quiet = 0;
        while counted.len() < frames.len() {
            // A frame that is to meet a closed door comes alone.
            let alone =
                frames.get(frame).is_some_and(|next| sent == 0 && committed.len() < frame && next.enable != frames[frame - 1].enable);
            let beat = frames.get(frame).map(|frame| frame.beats[sent]).filter(|_| !alone && random.gen_bool(0.8));
            if let Some(next) = frames.get(frame).filter(|_| !alone) {
                bench.dut.enable.next = next.enable;
            }
            let (data, keep, last) = beat.unwrap_or_default();
            bench.dut.tvalid.next = beat.is_some();
            bench.dut.tdata.next = data.to_bits();
            bench.dut.tkeep.next = keep.into();
            bench.dut.tlast.next = last;
            // The store's promise: it holds for as many frames as are begun and not committed.
            let places = [0, 1, 2, 2][random.gen_range(0..4)];
            bench.dut.room.next = places > 0;
            bench.dut.room_for_another.next = places > 1;
            bench.dut.count_ready.next = random.gen_bool(0.3);
            bench.settle();
            if beat.is_some() && bench.dut.tready.val() {
                if sent == 0 {
                    begun += 1;
                    assert!(begun - committed.len() <= places, "frame {frame} has no place");
                    assert!(begun - counted.len() <= 4 + bench.dut.count_valid.val() as usize, "frame {frame} cannot be counted");
                }
                sent += 1;
                if sent == frames[frame].beats.len() {
                    (frame, sent) = (frame + 1, 0);
                }
            }
            for i in (0..4).filter(|i| bench.dut.write.val().get_bit(*i)) {
                let at = bench.dut.offset.val().index() + i;
                assert!(at < (limit as usize + 5) / 4, "word {at} is beyond the limit");
                words[at] = bench.dut.data.val().0[i];
            }
            if bench.dut.commit.val() {
                let dut = &bench.dut;
                words.truncate(4 * dut.commit_blocks.val().index());
                let words = std::mem::replace(&mut words, vec![0; 1024]);
                committed.push((
                    u64::from(dut.commit_blocks.val()),
                    u64::from(dut.commit_length.val()),
                    u64::from(dut.commit_reason.val()),
                    words,
                ));
            }
            if bench.dut.count_valid.val() && bench.dut.count_ready.val() {
                counted.push(u64::from(bench.dut.count_bytes.val()));
            }
            bench.cycle();
            quiet += 1;
            assert!(quiet < 40_000, "stuck at frame {frame}");
        }
        assert_eq!(counted, counts);
        assert_eq!(committed.len(), expected.len());
        for (n, (got, wanted)) in committed.iter().zip(&expected).enumerate() {
            assert_eq!((got.0, got.1, got.2), (wanted.0, wanted.1, wanted.2), "frame {n}: blocks, length, reason");
            let bytes = |words: &[u32]| words.iter().flat_map(|w| w.to_be_bytes()).take(frames[n].bytes.len() + 2).collect::<Vec<_>>();
            assert_eq!(bytes(&got.3), bytes(&wanted.3), "frame {n}");
            if got.2 == 0 {
                assert_eq!(bytes(&got.3)[2..], frames[n].bytes, "frame {n}");
            }
        }
        bench.finish();
    }

    /// Far beyond what 16 bits and the offset can say.
    #[test]
    fn an_endless_frame_does_no_harm() {
        let mut bench = Bench::new("wide_ingress_endless", WideIngress::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        bench.dut.limit.next = 0xffff.into();
        bench.dut.enable.next = true;
        bench.dut.room.next = true;
        bench.dut.tkeep.next = 0xffff.into();
        bench.dut.tvalid.next = true;
        bench.cycle();
        for n in 0..4100 {
            bench.dut.tlast.next = n == 4099;
            bench.settle();
            assert!(bench.dut.tready.val());
            bench.cycle();
        }
        bench.dut.tvalid.next = false;
        bench.cycle();
        bench.cycle();
        bench.cycle();
        assert!(bench.dut.commit.val());
        assert_eq!(
            (u64::from(bench.dut.commit_length.val()), bench.dut.commit_reason.val().index()),
            (0xffff, Reason::TooLong.code() as usize)
        );
        bench.cycle();
        assert!(bench.dut.count_valid.val() && bench.dut.count_bytes.val() == 0xffff);
        bench.finish();
    }

    /// The ingress and its store.
    #[derive(LogicBlock, Ports, Default)]
    struct Entrance {
        pub clock: Signal<In, Clock>,
        pub reset: Signal<In, Bit>,
        pub tdata: Signal<In, Bits<128>>,
        pub tkeep: Signal<In, Bits<16>>,
        pub tlast: Signal<In, Bit>,
        pub tvalid: Signal<In, Bit>,
        pub tready: Signal<Out, Bit>,
        pub limit: Signal<In, Bits<16>>,
        pub valid: Signal<Out, Bit>,
        pub blocks: Signal<Out, Bits<10>>,
        pub length: Signal<Out, Bits<16>>,
        pub give_back: Signal<In, Bit>,
        ingress: WideIngress,
        store: WideStore,
    }

    impl Logic for Entrance {
        #[hdl_gen]
        fn update(&mut self) {
            clock!(self, clock, ingress, store);
            self.ingress.reset.next = self.reset.val();
            self.store.reset.next = self.reset.val();
            self.ingress.enable.next = true;
            self.ingress.limit.next = self.limit.val();
            self.ingress.tdata.next = self.tdata.val();
            self.ingress.tkeep.next = self.tkeep.val();
            self.ingress.tlast.next = self.tlast.val();
            self.ingress.tvalid.next = self.tvalid.val();
            self.tready.next = self.ingress.tready.val();
            self.ingress.room.next = self.store.room.val();
            self.ingress.room_for_another.next = self.store.room_for_another.val();
            self.ingress.count_ready.next = true;
            self.store.base.next = bit_cast::<12, 10>(self.store.place.val()) << 2;
            self.store.write.next = self.ingress.write.val();
            self.store.offset.next = self.ingress.offset.val();
            self.store.data.next = self.ingress.data.val();
            self.store.commit.next = self.ingress.commit.val();
            self.store.commit_blocks.next = self.ingress.commit_blocks.val();
            self.store.commit_length.next = self.ingress.commit_length.val();
            self.store.commit_reason.next = self.ingress.commit_reason.val();
            self.store.commit_note.next = 0.into();
            self.store.commit_skip.next = 0.into();
            self.valid.next = self.store.valid.val();
            self.blocks.next = self.store.frame.val().words;
            self.length.next = self.store.frame.val().length;
            self.store.take.next = self.give_back.val();
            self.store.free.next = self.give_back.val();
            self.store.free_blocks.next = self.store.frame.val().words;
            self.store.address_a.next = 0.into();
            self.store.address_b.next = 0.into();
        }
    }

    /// A source that never pauses: one beat every clock, and a clock more where the words are one group more than the beats.
    #[test]
    fn frames_enter_at_a_beat_every_clock() {
        let mut bench = Bench::new("wide_entrance", Entrance::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        bench.dut.limit.next = 9118.into();
        for _ in 0..4 {
            bench.cycle();
        }
        let sizes = (60..80)
            .chain([64, 64, 64, 60, 60, 60, 60, 200, 60, 1, 2, 17, 33, 60, 400, 64, 790, 62, 1500, 60, 1522, 60, 2000, 60, 2040, 9118, 60]);
        let mut out: VecDeque<usize> = VecDeque::new();
        let (mut short, mut previous) = (0, 0);
        for (n, size) in sizes.enumerate() {
            let (mut sent, mut clocks) = (0, 0);
            while sent < size {
                let beat = (size - sent).min(16);
                bench.dut.tvalid.next = true;
                bench.dut.tlast.next = sent + beat == size;
                bench.dut.tkeep.next = ((1u64 << beat) - 1).into();
                bench.settle();
                bench.dut.give_back.next = bench.dut.valid.val();
                if bench.dut.valid.val() {
                    let length = out.pop_front().expect("a frame that came in");
                    assert_eq!((bench.dut.length.val().index(), bench.dut.blocks.val().index()), (length, (length + 2).div_ceil(16)));
                }
                sent += if bench.dut.tready.val() { beat } else { 0 };
                bench.cycle();
                clocks += 1;
            }
            out.push_back(size);
            let last = std::mem::replace(&mut previous, size);
            // The extra clock shows at the frame after.
            let beats = size.div_ceil(16);
            let extra = clocks - beats;
            let before = if out.len() > 1 { out[out.len() - 2] } else { 0 };
            let spilled = n > 0 && matches!(before % 16, 15 | 0);
            short = if beats < 4 { 3 } else { short - (short > 0) as usize };
            // Behind a long one the room is looked at anew.
            let long = last > 127 * 16;
            if short == 0 && n > 0 && before != 0 && !long {
                assert_eq!(extra, spilled as usize, "frame {n} of {size} bytes behind {before}");
            }
            assert!(extra <= if long { 7 } else { 5 }, "frame {n} of {size} bytes: {extra} clocks");
        }
        bench.finish();
    }
}
