use crate::cell::{Block128, Reg, Settle};
use crate::outbound::Plan;
use crate::pipelined::Backlog;
use crate::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum SealFinishState {
    /// The oldest packet's tag is waited for, if it is to have one.
    Tag,
    /// It is written as soon as nothing comes out of the cipher.
    Write,
    Count,
    Own,
    Commit,
}

/// A packet between its headers and its commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct SealPacket {
    pub seal: Bit,
    pub control: Bit,
    pub sa: SaIndex,
    pub cipher_bytes: Bits<16>,
    /// Where the tag goes in the store, blocks of the frame, bytes of it.
    pub tag_at: Bits<12>,
    pub blocks: Bits<10>,
    pub length: Bits<16>,
}

/// A frame that is committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct SealCommit {
    pub commit: Bit,
    pub blocks: Bits<10>,
    pub length: Bits<16>,
}

/// The second part of [`WideEncapsulate`](super::WideEncapsulate): writes what comes out of the cipher behind the headers, counts the packets and commits their frames, up to [`UNDER_WAY`] of them at a time.
///
/// `take` while `ready`, with the plan, the words written so far (`headers`) and where the frame begins in the store (`start`); for a frame to be sealed before its text enters the cipher. `blocks` are those of the whole frame, of a plan that
/// stands there. What comes out of the cipher cannot wait, so it is written at once (`writes`); a tag when nothing else comes out, which is at least one clock per packet; `tag_next` says a clock before that one will. Places count words from the start of the store. A frame that
/// passes is committed in the fourth clock after `take` or later; counting and committing a sealed one takes six and what the counter asks for. The plan stands for two clocks before `take`.
#[derive(LogicBlock, Ports)]
pub struct SealFinish {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// No packet is under way; one more may come; how many there are.
    pub idle: Signal<Out, Bit>,
    pub ready: Signal<Out, Bit>,
    pub flying: Signal<Out, Bits<4>>,
    pub take: Signal<In, Bit>,
    pub plan: Signal<In, Plan>,
    pub headers: Signal<In, Bits<12>>,
    pub start: Signal<In, Bits<12>>,
    pub blocks: Signal<Out, Bits<10>>,
    pub out_valid: Signal<In, Bit>,
    pub out_last: Signal<In, Bit>,
    pub out_bytes: Signal<In, Bits<5>>,
    pub out_block: Signal<In, Block128>,
    pub tag_valid: Signal<In, Bit>,
    pub tag: Signal<In, Block128>,
    pub writes: Signal<Out, Bit>,
    /// In the next clock a tag waits to be written.
    pub tag_next: Signal<Out, Bit>,
    pub write: Signal<Out, Bits<4>>,
    pub place: Signal<Out, Bits<12>>,
    pub write_data: Signal<Out, Block128>,
    pub commit: Signal<Out, Bit>,
    pub commit_blocks: Signal<Out, Bits<10>>,
    pub commit_length: Signal<Out, Bits<16>>,
    pub sa_valid: Signal<Out, Bit>,
    pub sa_index: Signal<Out, SaIndex>,
    pub sa_bytes: Signal<Out, Bits<16>>,
    pub sa_ready: Signal<In, Bit>,
    /// Counts a control datagram.
    pub own_valid: Signal<Out, Bit>,
    pub own_ready: Signal<In, Bit>,
    state: Reg<SealFinishState>,
    count: Reg<Bits<4>>,
    /// All packets; of those to be sealed where their text begins; tags that have come.
    packets: Settle<Backlog<SealPacket, 3>>,
    texts: Settle<Backlog<Bits<12>, 3>>,
    tags: Settle<Backlog<Block128, 3>>,
    /// Within a packet that is coming out: where its next words go.
    partway: Reg<Bit>,
    next_at: Reg<Bits<12>>,
    /// Words of text and tag of the plan, and three more.
    behind: Reg<Bits<12>>,
    rounded: Reg<Bits<12>>,
    committed: Reg<SealCommit>,
    limit: Constant<Bits<4>>,
    oldest: Signal<Local, SealPacket>,
    lanes: Signal<Local, Bits<4>>,
    last_lane: Signal<Local, Bits<2>>,
    at: Signal<Local, Bits<12>>,
    text_at: Signal<Local, Bits<12>>,
    cipher_bytes: Signal<Local, Bits<16>>,
    cipher_words: Signal<Local, Bits<12>>,
    sealed_words: Signal<Local, Bits<12>>,
    sealed_up: Signal<Local, Bits<12>>,
    sealed_bytes: Signal<Local, Bits<16>>,
    one_less: Signal<Local, Bits<5>>,
    ended: Signal<Local, Bit>,
}

/// Packets under way at a time: the cipher's latency is that of three of the shortest.
pub const UNDER_WAY: u64 = 6;

impl Default for SealFinish {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            idle: Default::default(),
            ready: Default::default(),
            flying: Default::default(),
            take: Default::default(),
            plan: Default::default(),
            headers: Default::default(),
            start: Default::default(),
            blocks: Default::default(),
            out_valid: Default::default(),
            out_last: Default::default(),
            out_bytes: Default::default(),
            out_block: Default::default(),
            tag_valid: Default::default(),
            tag: Default::default(),
            writes: Default::default(),
            tag_next: Default::default(),
            write: Default::default(),
            place: Default::default(),
            write_data: Default::default(),
            commit: Default::default(),
            commit_blocks: Default::default(),
            commit_length: Default::default(),
            sa_valid: Default::default(),
            sa_index: Default::default(),
            sa_bytes: Default::default(),
            sa_ready: Default::default(),
            own_valid: Default::default(),
            own_ready: Default::default(),
            state: Reg::new(SealFinishState::Tag),
            count: Default::default(),
            packets: Default::default(),
            texts: Default::default(),
            tags: Default::default(),
            partway: Default::default(),
            next_at: Default::default(),
            behind: Default::default(),
            rounded: Default::default(),
            committed: Default::default(),
            limit: Constant::new(UNDER_WAY.into()),
            oldest: Default::default(),
            lanes: Default::default(),
            last_lane: Default::default(),
            at: Default::default(),
            text_at: Default::default(),
            cipher_bytes: Default::default(),
            cipher_words: Default::default(),
            sealed_words: Default::default(),
            sealed_up: Default::default(),
            sealed_bytes: Default::default(),
            one_less: Default::default(),
            ended: Default::default(),
        }
    }
}

impl Logic for SealFinish {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, count, partway, next_at, behind, rounded, committed);
        clock!(self, clock, packets, texts, tags);
        self.state.reset.next = self.reset.val();
        self.count.reset.next = self.reset.val();
        self.partway.reset.next = self.reset.val();
        self.next_at.reset.next = self.reset.val();
        self.behind.reset.next = self.reset.val();
        self.rounded.reset.next = self.reset.val();
        self.committed.reset.next = self.reset.val();
        self.packets.reset.next = self.reset.val();
        self.texts.reset.next = self.reset.val();
        self.tags.reset.next = self.reset.val();

        // A packet comes.
        self.idle.next = self.count.q.val() == 0;
        self.ready.next = self.count.q.val() < self.limit.val();
        self.flying.next = self.count.q.val();
        self.text_at.next = self.start.val() + self.headers.val();
        self.cipher_bytes.next = self.plan.val().cipher_bytes;
        self.cipher_words.next = self.cipher_bytes.val().get_bits::<12>(2);
        self.behind.d.next = self.cipher_words.val() + 4;
        self.rounded.d.next = self.cipher_words.val() + 7;
        self.sealed_words.next = self.headers.val() + self.behind.q.val();
        self.sealed_up.next = self.headers.val() + self.rounded.q.val();
        self.sealed_bytes.next = (bit_cast::<16, 12>(self.sealed_words.val()) << 2) - 2;
        self.texts.push.next = self.take.val() & self.plan.val().seal;
        self.texts.item.next = self.text_at.val();
        self.packets.push.next = self.take.val();
        self.packets.item.next.seal = self.plan.val().seal;
        self.packets.item.next.control = self.plan.val().control;
        self.packets.item.next.sa = self.plan.val().sa;
        self.packets.item.next.cipher_bytes = self.plan.val().cipher_bytes;
        self.packets.item.next.tag_at = self.text_at.val() + self.cipher_words.val();
        self.blocks.next = self.plan.val().words;
        self.packets.item.next.length = self.plan.val().length;
        if self.plan.val().seal {
            self.blocks.next = self.sealed_up.val().get_bits::<10>(2);
            self.packets.item.next.length = self.sealed_bytes.val();
        }
        self.packets.item.next.blocks = self.blocks.val();

        // Whole words come out of the cipher, up to four at a time.
        self.one_less.next = self.out_bytes.val() - 1;
        self.last_lane.next = self.one_less.val().get_bits::<2>(2);
        self.lanes.next = 15.into();
        if self.last_lane.val() == 0 {
            self.lanes.next = 1.into();
        }
        if self.last_lane.val() == 1 {
            self.lanes.next = 3.into();
        }
        if self.last_lane.val() == 2 {
            self.lanes.next = 7.into();
        }
        self.at.next = self.next_at.q.val();
        if !self.partway.q.val() {
            self.at.next = self.texts.head.val();
        }
        self.texts.pop.next = self.out_valid.val() & !self.partway.q.val();
        if self.out_valid.val() {
            self.partway.d.next = !self.out_last.val();
        }
        self.next_at.d.next = self.at.val() + 4;
        if !self.out_valid.val() {
            self.next_at.d.next = self.next_at.q.val();
        }
        self.writes.next = self.out_valid.val();
        self.tag_next.next = false;
        self.write.next = 0.into();
        self.place.next = self.at.val();
        self.write_data.next = self.out_block.val();
        if self.out_valid.val() {
            self.write.next = self.lanes.val();
        }
        self.tags.push.next = self.tag_valid.val();
        self.tags.item.next = self.tag.val();
        self.tags.pop.next = false;

        // The oldest packet.
        self.oldest.next = self.packets.head.val();
        self.packets.pop.next = false;
        self.commit.next = self.committed.q.val().commit;
        self.commit_blocks.next = self.committed.q.val().blocks;
        self.commit_length.next = self.committed.q.val().length;
        self.committed.d.next.commit = false;
        self.committed.d.next.blocks = self.oldest.val().blocks;
        self.committed.d.next.length = self.oldest.val().length;
        self.sa_valid.next = false;
        self.sa_index.next = self.oldest.val().sa;
        self.sa_bytes.next = self.oldest.val().cipher_bytes;
        self.own_valid.next = false;
        self.ended.next = self.committed.q.val().commit;
        match self.state.q.val() {
            SealFinishState::Tag => {
                if self.packets.valid.val() & !self.oldest.val().seal {
                    self.state.d.next = SealFinishState::Commit;
                }
                if self.packets.valid.val() & self.oldest.val().seal & self.tags.valid.val() {
                    self.tag_next.next = true;
                    self.state.d.next = SealFinishState::Write;
                }
            }
            SealFinishState::Write => {
                self.writes.next = true;
                self.tag_next.next = self.out_valid.val();
                if !self.out_valid.val() {
                    self.write.next = 15.into();
                    self.place.next = self.oldest.val().tag_at;
                    self.write_data.next = self.tags.head.val();
                    self.tags.pop.next = true;
                    self.state.d.next = SealFinishState::Count;
                }
            }
            SealFinishState::Count => {
                self.sa_valid.next = true;
                if self.sa_ready.val() {
                    self.state.d.next = SealFinishState::Commit;
                    if self.oldest.val().control {
                        self.state.d.next = SealFinishState::Own;
                    }
                }
            }
            SealFinishState::Own => {
                self.own_valid.next = true;
                if self.own_ready.val() {
                    self.state.d.next = SealFinishState::Commit;
                }
            }
            SealFinishState::Commit => {
                self.committed.d.next.commit = true;
                self.packets.pop.next = true;
                self.state.d.next = SealFinishState::Tag;
            }
            _ => {}
        }
        if self.take.val() & !self.ended.val() {
            self.count.d.next = self.count.q.val() + 1;
        }
        if !self.take.val() & self.ended.val() {
            self.count.d.next = self.count.q.val() - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cell::Lanes, check::Bench};
    use rand::{rngs::StdRng, Rng, SeedableRng};
    use std::collections::VecDeque;

    /// A plan, and what its frame shall be.
    #[derive(Clone)]
    struct Sent {
        plan: Plan,
        headers: u64,
        start: usize,
        text: Vec<u32>,
        tag: [u32; 4],
        blocks: usize,
        length: u64,
    }

    fn sent(dice: &mut StdRng, start: usize) -> Sent {
        let (seal, control) = (dice.gen_bool(0.8), dice.gen_bool(0.2));
        let headers = dice.gen_range(4..40u64);
        let most = if dice.gen_bool(0.1) { 2000 } else { 30 };
        let words = dice.gen_range(1..most);
        let (passed, length) = (dice.gen_range(1..100u64), dice.gen_range(14..1500u64));
        let whole = headers as usize + words + 4;
        Sent {
            plan: Plan {
                seal,
                control: seal && control,
                sa: dice.gen_range(0..32u64).into(),
                words: passed.into(),
                length: length.into(),
                cipher_bytes: (4 * words as u64).into(),
                ..Default::default()
            },
            headers,
            start,
            text: if seal { (0..words).map(|_| dice.gen()).collect() } else { vec![] },
            tag: dice.gen(),
            blocks: if seal { whole.div_ceil(4) } else { passed as usize },
            length: if seal { 4 * whole as u64 - 2 } else { length },
        }
    }

    /// Frames that pass and frames that are sealed, short ones and long ones, from a cipher and before counters that take their time: text and tag stand behind the headers, everything is counted once,
    /// and frames are committed in their order, with their blocks and lengths.
    #[test]
    fn text_and_tag_stand_behind_the_headers_and_frames_go_in_order() {
        println!("seed 51");
        let mut dice = StdRng::seed_from_u64(51);
        let mut bench = Bench::new("seal_finish", SealFinish::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        (0..4).for_each(|_| bench.cycle());
        bench.dut.reset.next = false;
        let mut memory = vec![0u32; 4096];
        let (mut next, mut stood, mut start) = (sent(&mut dice, 0), 0, 0);
        let mut under_way: VecDeque<Sent> = VecDeque::new();
        // What is to come out of the cipher: not before which clock, the words, whether they are the packet's last; then its tag, when.
        let mut beats: VecDeque<(usize, Vec<u32>, Option<[u32; 4]>)> = VecDeque::new();
        let mut tags: VecDeque<(usize, [u32; 4])> = VecDeque::new();
        let (mut pause, mut tag_next, mut counted, mut owned) = (false, false, VecDeque::new(), 0);
        let (mut committed, mut most) = (0, 0);
        for clock in 0.. {
            assert!(clock < 60_000, "stuck behind {committed} frames");
            if committed == 150 {
                break;
            }
            let d = &mut bench.dut;
            (d.plan.next, d.headers.next, d.start.next) = (next.plan, next.headers.into(), (4 * next.start as u64).into());
            d.take.next = false;
            (d.sa_ready.next, d.own_ready.next) = (dice.gen_bool(0.3), dice.gen_bool(0.3));
            let due = !pause && beats.front().is_some_and(|beat| beat.0 <= clock) && dice.gen_bool(0.9);
            let beat = if due { beats.pop_front() } else { None };
            d.out_valid.next = beat.is_some();
            // There is a clock without a beat behind every packet.
            pause = false;
            if let Some((_, words, last)) = &beat {
                d.out_last.next = last.is_some();
                d.out_bytes.next = (4 * words.len() as u64).into();
                d.out_block.next = Lanes(std::array::from_fn(|i| words.get(i).copied().unwrap_or(0)));
                if let Some(tag) = last {
                    tags.push_back((clock + 7, *tag));
                    pause = true;
                }
            }
            let tag = tags.front().filter(|tag| tag.0 <= clock).copied();
            d.tag_valid.next = tag.is_some();
            if let Some((_, tag)) = tag {
                d.tag.next = Lanes(tag);
                tags.pop_front();
            }
            bench.settle();
            // The store has room for what is under way.
            let held: usize = under_way.iter().map(|frame| frame.blocks).sum();
            let takes = stood >= 2 && bench.dut.ready.val() && held + next.blocks < 1000 && dice.gen_bool(0.5);
            bench.dut.take.next = takes;
            bench.settle();
            let d = &bench.dut;
            let write = d.write.val();
            assert!(!write.any() || d.writes.val());
            assert!(!write.any() || beat.is_some() || tag_next, "clock {clock}: a tag that was not announced");
            for i in (0..4).filter(|i| write.get_bit(*i)) {
                memory[(d.place.val().index() + i) % 4096] = d.write_data.val().0[i];
            }
            tag_next = d.tag_next.val();
            if d.sa_valid.val() && d.sa_ready.val() {
                counted.push_back((d.sa_index.val(), d.sa_bytes.val()));
            }
            owned += (d.own_valid.val() && d.own_ready.val()) as usize;
            assert_eq!(d.flying.val().index(), under_way.len(), "clock {clock}");
            assert_eq!(d.idle.val(), under_way.is_empty());
            most = most.max(under_way.len());
            if d.commit.val() {
                let frame = under_way.pop_front().expect("a frame");
                assert_eq!(
                    (d.commit_blocks.val().index(), u64::from(d.commit_length.val())),
                    (frame.blocks, frame.length),
                    "frame {committed}"
                );
                if frame.plan.seal {
                    let at = 4 * frame.start + frame.headers as usize;
                    let words: Vec<u32> = frame.text.iter().chain(&frame.tag).copied().collect();
                    let found: Vec<u32> = (0..words.len()).map(|i| memory[(at + i) % 4096]).collect();
                    assert_eq!(found, words, "frame {committed}");
                    assert_eq!(counted.pop_front(), Some((frame.plan.sa, frame.plan.cipher_bytes)), "frame {committed}");
                    owned -= frame.plan.control as usize;
                }
                assert!(owned == 0 && counted.is_empty(), "frame {committed}: something is counted twice");
                committed += 1;
            }
            if takes {
                assert_eq!(d.blocks.val().index(), next.blocks);
                start = (start + next.blocks) % 1024;
                let chunks: Vec<_> = next.text.chunks(4).map(<[u32]>::to_vec).collect();
                let last = chunks.len();
                for (i, words) in chunks.into_iter().enumerate() {
                    beats.push_back((clock + 5, words, (i + 1 == last).then_some(next.tag)));
                }
                under_way.push_back(next);
                next = sent(&mut dice, start);
                stood = 0;
            } else {
                stood += 1;
            }
            bench.cycle();
        }
        assert_eq!(most, UNDER_WAY as usize);
        bench.finish();
    }
}
