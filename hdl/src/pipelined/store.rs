//! Whole frames in a ring of 1024 blocks of four words, as [`crate::stream::FrameStore`] keeps them in words, but a block a clock in and out.
//!
//! **Frames.** A frame begins with a block: `frame.start` is the number of its first one, and `frame.words` of how many it has. The next frame to be committed begins at block `place`. The writer writes its words at any offset and in any order, and then either commits it, at the earliest with its last write, or begins
//! another in its place. It may write frames behind that one meanwhile: they will begin where those before them end. Readers see committed frames only: the oldest is `frame` while `valid`, two clocks after its
//! commit. `take` goes on to the next frame, `free` gives blocks of the oldest frame that still has some back, all of them or one part after the other; frames are released in order.
//!
//! **Writing.** Bit i of `write` writes word i of `data` to word `base` + `offset` + i, modulo 4096. Words that are not written stay as they are.
//!
//! **Reading.** Port A: `data_a` is the word at `address_a` two clocks ago, `block_a` the four words from `address_a` on, modulo 4096, three clocks ago. Port B: `data_b` are the four words from `address_b` on three clocks
//! ago. The ports are independent and take an address every clock. The first address that shows what was written is that of the third clock after the write; every word of a frame
//! can be read from the clock after it is first seen `valid` on. What is read of a word while it is being written, that is two clocks after its `write`, is undefined.
//!
//! **Room.** `room` promises that a frame of [`LONGEST`] blocks fits, `room_for_another` that one does behind one of [`BRIEF`] blocks, and that they are at most eight with those that wait: who asks for it counts frames no further. Both look at what is
//! committed only, the frame whose `commit` is up included: they are low then and in the clock after, and right from then on. After `free` and `take` they are right two clocks later, and till then too careful.
//! A writer that begins a frame on this promise never has to wait in the middle of it. One that has several under way counts for itself (`Room`): blocks may be written up to, but not at, `bound`, modulo 2048, of which `place` are the lower ten bits;
//! `held` frames are committed and not taken, sixteen at most.
//!
//! ```text
//!              t          t+1          t+2          t+3
//! write   base + offset   rotate       memory       first address
//! read A  memory          register     data_a
//!                                      rotate       block_a
//! read B  memory          register     rotate       data_b
//! commit  front           queue        valid
//! ```
//!
//! Four banks of 1024 words twice, once for each port: word n lies in bank n mod 4.
use super::Backlog;
use crate::cell::{row, Block128, Delay, JoinWords, Ram, Reg};
use crate::prelude::*;
use crate::stream::Frame;

/// Blocks of the longest frame that may be stored, 570: its bytes, what sealing adds to them, and the shift of two.
pub const LONGEST: u64 = (crate::Sizes::JUMBO + holdfast_registers::wire::OVERHEAD + 2).div_ceil(16) as u64;
/// Blocks of the longest frame behind which another may begin before it is committed: 2 KiB. A longer one is worth the few clocks.
pub const BRIEF: u64 = 128;

/// A write, its address known.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct WideWrite {
    pub write: Bits<4>,
    pub target: Bits<12>,
    pub data: Block128,
}

/// The store; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct WideStore {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub write: Signal<In, Bits<4>>,
    /// Where the frame that is written begins, and a word of it.
    pub base: Signal<In, Bits<12>>,
    pub offset: Signal<In, Bits<12>>,
    pub data: Signal<In, Block128>,
    pub commit: Signal<In, Bit>,
    /// So many of the blocks committed lie in front of the frame and belong to nobody; they are given back with it.
    pub commit_skip: Signal<In, Bits<10>>,
    pub commit_blocks: Signal<In, Bits<10>>,
    pub commit_length: Signal<In, Bits<16>>,
    pub commit_reason: Signal<In, Bits<5>>,
    pub commit_note: Signal<In, Bits<13>>,
    pub place: Signal<Out, Bits<10>>,
    pub bound: Signal<Out, Bits<11>>,
    pub held: Signal<Out, Bits<5>>,
    pub room: Signal<Out, Bit>,
    pub room_for_another: Signal<Out, Bit>,
    pub valid: Signal<Out, Bit>,
    pub frame: Signal<Out, Frame>,
    pub take: Signal<In, Bit>,
    pub free: Signal<In, Bit>,
    pub free_blocks: Signal<In, Bits<10>>,
    pub address_a: Signal<In, Bits<12>>,
    pub data_a: Signal<Out, Bits<32>>,
    pub block_a: Signal<Out, Block128>,
    pub address_b: Signal<In, Bits<12>>,
    pub data_b: Signal<Out, Block128>,
    copy_a: [Ram<Bits<32>, 10>; 4],
    copy_b: [Ram<Bits<32>, 10>; 4],
    placed: Reg<WideWrite>,
    bank_write: [Reg<Bit>; 4],
    bank_address: [Reg<Bits<10>>; 4],
    bank_data: [Reg<Bits<32>>; 4],
    word_a: [Reg<Bits<32>>; 4],
    word_b: [Reg<Bits<32>>; 4],
    low_a: Delay<Bits<2>, 2>,
    low_b: Delay<Bits<2>, 2>,
    turned: [Reg<Bits<32>>; 4],
    joined: JoinWords,
    turned_a: [Reg<Bits<32>>; 4],
    joined_a: JoinWords,
    /// The frame that has just been committed, on its way into the queue, where it is when its words are.
    entry: Reg<Frame>,
    entered: Reg<Bit>,
    frames: Backlog<Frame, 4>,
    /// Frames committed and not taken.
    waiting: Reg<Bits<5>>,
    /// Start of the frame being written, with one bit more to see how much is in use.
    front: Reg<Bits<11>>,
    /// How far `front` may go for no frame more, for one, and for one behind a brief one.
    ends: [Reg<Bits<11>>; 3],
    rooms: Reg<Bits<2>>,
    number: [Constant<Bits<2>>; 4],
    wanted: [Signal<Local, Bits<32>>; 4],
    origin: Signal<Local, Bits<10>>,
    target: Signal<Local, Bits<12>>,
    late: Signal<Local, Block128>,
    /// Four and the first three of them once more, so that a rotation is an offset.
    lanes: [Signal<Local, Bits<32>>; 7],
    asked: Signal<Local, Bits<4>>,
    asks: [Signal<Local, Bit>; 7],
    words: [Signal<Local, Bits<32>>; 7],
    words_a: [Signal<Local, Bits<32>>; 7],
    wanted_a: [Signal<Local, Bits<32>>; 4],
    turn_a: Signal<Local, Bits<2>>,
    first_a: Signal<Local, Bits<10>>,
    next_a: Signal<Local, Bits<10>>,
    low_read_a: Signal<Local, Bits<2>>,
    low: Signal<Local, Bits<2>>,
    first_row: Signal<Local, Bits<10>>,
    next_row: Signal<Local, Bits<10>>,
    low_read: Signal<Local, Bits<2>>,
    first_read: Signal<Local, Bits<10>>,
    next_read: Signal<Local, Bits<10>>,
    turn: Signal<Local, Bits<2>>,
    taken: Signal<Local, Bit>,
    left: Signal<Local, Bits<11>>,
    left_another: Signal<Local, Bits<11>>,
}

impl Default for WideStore {
    fn default() -> Self {
        // What is in use beyond this leaves no room for so many.
        let end = |blocks: u64| Reg::new((1023 - blocks).into());
        Self {
            clock: Default::default(),
            reset: Default::default(),
            write: Default::default(),
            base: Default::default(),
            offset: Default::default(),
            data: Default::default(),
            commit: Default::default(),
            commit_skip: Default::default(),
            commit_blocks: Default::default(),
            commit_length: Default::default(),
            commit_reason: Default::default(),
            commit_note: Default::default(),
            place: Default::default(),
            bound: Default::default(),
            held: Default::default(),
            room: Default::default(),
            room_for_another: Default::default(),
            valid: Default::default(),
            frame: Default::default(),
            take: Default::default(),
            free: Default::default(),
            free_blocks: Default::default(),
            address_a: Default::default(),
            data_a: Default::default(),
            block_a: Default::default(),
            address_b: Default::default(),
            data_b: Default::default(),
            copy_a: row(),
            copy_b: row(),
            placed: Default::default(),
            bank_write: row(),
            bank_address: row(),
            bank_data: row(),
            word_a: row(),
            word_b: row(),
            low_a: Default::default(),
            low_b: Default::default(),
            turned: row(),
            joined: Default::default(),
            turned_a: row(),
            joined_a: Default::default(),
            entry: Default::default(),
            entered: Default::default(),
            frames: Default::default(),
            waiting: Default::default(),
            front: Default::default(),
            ends: [end(0), end(LONGEST), end(LONGEST + BRIEF)],
            rooms: Default::default(),
            number: std::array::from_fn(|i| Constant::new((i as u64).into())),
            wanted: row(),
            origin: Default::default(),
            target: Default::default(),
            late: Default::default(),
            lanes: row(),
            asked: Default::default(),
            asks: row(),
            words: row(),
            words_a: row(),
            wanted_a: row(),
            turn_a: Default::default(),
            first_a: Default::default(),
            next_a: Default::default(),
            low_read_a: Default::default(),
            low: Default::default(),
            first_row: Default::default(),
            next_row: Default::default(),
            low_read: Default::default(),
            first_read: Default::default(),
            next_read: Default::default(),
            turn: Default::default(),
            taken: Default::default(),
            left: Default::default(),
            left_another: Default::default(),
        }
    }
}

impl Logic for WideStore {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, placed, entry, entered, waiting, front, rooms);
        clock!(self, clock, low_a, low_b, frames);
        self.placed.reset.next = self.reset.val();
        self.entry.reset.next = self.reset.val();
        self.entered.reset.next = self.reset.val();
        self.waiting.reset.next = self.reset.val();
        self.front.reset.next = self.reset.val();
        self.rooms.reset.next = self.reset.val();
        self.frames.reset.next = self.reset.val();
        for i in 0..3 {
            self.ends[i].clock.next = self.clock.val();
            self.ends[i].reset.next = self.reset.val();
            self.ends[i].d.next = self.ends[i].q.val();
        }

        // Where to, then to which bank.
        self.origin.next = self.front.q.val().get_bits::<10>(0);
        self.place.next = self.origin.val();
        self.bound.next = self.ends[0].q.val();
        self.held.next = self.waiting.q.val();
        self.target.next = self.base.val() + self.offset.val();
        self.placed.d.next.write = self.write.val();
        self.placed.d.next.target = self.target.val();
        self.placed.d.next.data = self.data.val();
        self.asked.next = self.placed.q.val().write;
        self.late.next = self.placed.q.val().data;
        self.lanes[0].next = self.late.val().get_bits::<32>(0);
        self.lanes[1].next = self.late.val().get_bits::<32>(32);
        self.lanes[2].next = self.late.val().get_bits::<32>(64);
        self.lanes[3].next = self.late.val().get_bits::<32>(96);
        self.low.next = bit_cast::<2, 12>(self.placed.q.val().target & 3);
        self.first_row.next = bit_cast::<10, 12>(self.placed.q.val().target >> 2);
        self.next_row.next = self.first_row.val() + 1;
        for i in 0..4 {
            self.asks[i].next = self.asked.val().get_bit(i);
            self.words[i].next = self.word_b[i].q.val();
            self.words_a[i].next = self.word_a[i].q.val();
        }
        for i in 0..3 {
            self.asks[i + 4].next = self.asks[i].val();
            self.lanes[i + 4].next = self.lanes[i].val();
            self.words[i + 4].next = self.words[i].val();
            self.words_a[i + 4].next = self.words_a[i].val();
        }
        for i in 0..4 {
            self.bank_write[i].clock.next = self.clock.val();
            self.bank_write[i].reset.next = self.reset.val();
            self.bank_address[i].clock.next = self.clock.val();
            self.bank_address[i].reset.next = self.reset.val();
            self.bank_data[i].clock.next = self.clock.val();
            self.bank_data[i].reset.next = self.reset.val();
            self.bank_write[i].d.next = self.asks[i].val();
            self.bank_data[i].d.next = self.lanes[i].val();
            if self.low.val() == 1 {
                self.bank_write[i].d.next = self.asks[i + 3].val();
                self.bank_data[i].d.next = self.lanes[i + 3].val();
            }
            if self.low.val() == 2 {
                self.bank_write[i].d.next = self.asks[i + 2].val();
                self.bank_data[i].d.next = self.lanes[i + 2].val();
            }
            if self.low.val() == 3 {
                self.bank_write[i].d.next = self.asks[i + 1].val();
                self.bank_data[i].d.next = self.lanes[i + 1].val();
            }
            self.bank_address[i].d.next = self.first_row.val();
        }
        for i in 0..3 {
            if self.number[i].val() < self.low.val() {
                self.bank_address[i].d.next = self.next_row.val();
            }
        }

        // The two ports.
        self.low_read.next = self.address_b.val().get_bits::<2>(0);
        self.first_read.next = self.address_b.val().get_bits::<10>(2);
        self.next_read.next = self.first_read.val() + 1;
        self.low_read_a.next = self.address_a.val().get_bits::<2>(0);
        self.first_a.next = self.address_a.val().get_bits::<10>(2);
        self.next_a.next = self.first_a.val() + 1;
        self.low_a.d.next = self.low_read_a.val();
        self.turn_a.next = self.low_a.q.val();
        self.low_b.d.next = self.low_read.val();
        self.turn.next = self.low_b.q.val();
        for i in 0..4 {
            self.copy_a[i].clock.next = self.clock.val();
            self.copy_a[i].write.next = self.bank_write[i].q.val();
            self.copy_a[i].write_address.next = self.bank_address[i].q.val();
            self.copy_a[i].write_data.next = self.bank_data[i].q.val();
            self.copy_a[i].read_address.next = self.first_a.val();
            self.word_a[i].clock.next = self.clock.val();
            self.word_a[i].d.next = self.copy_a[i].read_data.val();
            self.word_a[i].reset.next = self.reset.val();
            self.turned_a[i].clock.next = self.clock.val();
            self.turned_a[i].reset.next = self.reset.val();
            self.wanted_a[i].next = self.words_a[i].val();
            if self.turn_a.val() == 1 {
                self.wanted_a[i].next = self.words_a[i + 1].val();
            }
            if self.turn_a.val() == 2 {
                self.wanted_a[i].next = self.words_a[i + 2].val();
            }
            if self.turn_a.val() == 3 {
                self.wanted_a[i].next = self.words_a[i + 3].val();
            }
            self.turned_a[i].d.next = self.wanted_a[i].val();
            self.joined_a.word[i].next = self.turned_a[i].q.val();
            self.copy_b[i].clock.next = self.clock.val();
            self.copy_b[i].write.next = self.bank_write[i].q.val();
            self.copy_b[i].write_address.next = self.bank_address[i].q.val();
            self.copy_b[i].write_data.next = self.bank_data[i].q.val();
            self.copy_b[i].read_address.next = self.first_read.val();
            self.word_b[i].clock.next = self.clock.val();
            self.word_b[i].reset.next = self.reset.val();
            self.word_b[i].d.next = self.copy_b[i].read_data.val();
            self.turned[i].clock.next = self.clock.val();
            self.turned[i].reset.next = self.reset.val();
            self.wanted[i].next = self.words[i].val();
            if self.turn.val() == 1 {
                self.wanted[i].next = self.words[i + 1].val();
            }
            if self.turn.val() == 2 {
                self.wanted[i].next = self.words[i + 2].val();
            }
            if self.turn.val() == 3 {
                self.wanted[i].next = self.words[i + 3].val();
            }
            self.turned[i].d.next = self.wanted[i].val();
            self.joined.word[i].next = self.turned[i].q.val();
        }
        for i in 0..3 {
            if self.number[i].val() < self.low_read.val() {
                self.copy_b[i].read_address.next = self.next_read.val();
            }
            if self.number[i].val() < self.low_read_a.val() {
                self.copy_a[i].read_address.next = self.next_a.val();
            }
        }
        self.data_a.next = self.wanted_a[0].val();
        self.block_a.next = self.joined_a.block.val();
        self.data_b.next = self.joined.block.val();

        // The frames.
        self.entered.d.next = self.commit.val();
        self.entry.d.next.start = self.origin.val() + self.commit_skip.val();
        self.entry.d.next.words = self.commit_blocks.val();
        self.entry.d.next.length = self.commit_length.val();
        self.entry.d.next.reason = self.commit_reason.val();
        self.entry.d.next.note = self.commit_note.val();
        self.frames.push.next = self.entered.q.val();
        self.frames.item.next = self.entry.q.val();
        self.frames.pop.next = self.take.val();
        self.valid.next = self.frames.valid.val();
        self.frame.next = self.frames.head.val();
        self.taken.next = self.take.val() & self.frames.valid.val();
        if self.commit.val() {
            self.front.d.next = self.front.q.val() + bit_cast::<11, 10>(self.commit_blocks.val());
        }
        if self.commit.val() & !self.taken.val() {
            self.waiting.d.next = self.waiting.q.val() + 1;
        }
        if self.taken.val() & !self.commit.val() {
            self.waiting.d.next = self.waiting.q.val() - 1;
        }
        if self.free.val() {
            for i in 0..3 {
                self.ends[i].d.next = self.ends[i].q.val() + bit_cast::<11, 10>(self.free_blocks.val());
            }
        }

        // One cycle old, so a commit in this very cycle closes the door by itself.
        self.left.next = self.ends[1].q.val() - self.front.q.val();
        self.left_another.next = self.ends[2].q.val() - self.front.q.val();
        self.rooms.d.next = 0.into();
        if !self.commit.val() & (self.waiting.q.val() <= 7) & !self.left.val().get_bit(10) {
            self.rooms.d.next = 1.into();
            if (self.waiting.q.val() <= 6) & !self.left_another.val().get_bit(10) {
                self.rooms.d.next = 3.into();
            }
        }
        self.room.next = self.rooms.q.val().get_bit(0) & !self.commit.val();
        self.room_for_another.next = self.rooms.q.val().get_bit(1) & !self.commit.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Lanes;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};
    use std::collections::VecDeque;

    /// What the store should hold, clock by clock.
    #[derive(Default)]
    struct Model {
        /// Words by address, `None` while they are being written or were never written.
        words: Vec<Option<u32>>,
        /// Writes by the clocks until they are in memory.
        writes: VecDeque<Vec<(usize, u32)>>,
        a: VecDeque<[Option<u32>; 4]>,
        b: VecDeque<[Option<u32>; 4]>,
    }

    impl Model {
        /// A clock: writes and reads of this clock. Returns what the ports show after it, as far as that is defined.
        fn clock(&mut self, write: Vec<(usize, u32)>, a: usize, b: usize) -> (Option<u32>, [[Option<u32>; 4]; 2]) {
            self.writes.push_back(write);
            let landing = if self.writes.len() > 2 { self.writes.pop_front().unwrap() } else { vec![] };
            let seen = |address: usize| {
                let address = address % 4096;
                let busy = landing.iter().any(|w| w.0 == address);
                if busy {
                    None
                } else {
                    self.words[address]
                }
            };
            self.a.push_back(std::array::from_fn(|i| seen(a + i)));
            self.b.push_back(std::array::from_fn(|i| seen(b + i)));
            for (address, word) in landing {
                self.words[address] = Some(word);
            }
            let word = if self.a.len() > 1 { self.a[self.a.len() - 2][0] } else { None };
            (word, [&self.a, &self.b].map(|port| if port.len() > 2 { port[port.len() - 3] } else { [None; 4] }))
        }
    }

    #[test]
    fn words_go_where_they_belong_and_come_back_when_promised() {
        let mut random = StdRng::seed_from_u64(21);
        let mut bench = Bench::new("wide_store_words", WideStore::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let mut model = Model { words: vec![None; 4096], ..Default::default() };
        let (mut front, mut checked, mut held) = (0, [0; 3], 0);
        for n in 0..1500usize {
            let (mask, offset): (u64, usize) =
                (random.gen_range(0..16), if n % 100 < 50 { random.gen_range(0..24) } else { random.gen_range(0..4096) });
            let data: [u32; 4] = random.gen();
            // Half of the addresses are near what is being written.
            let near =
                |random: &mut StdRng| if random.gen() { (4 * front + random.gen_range(0..24)) % 4096 } else { random.gen_range(0..4096) };
            let (a, b) = (near(&mut random), near(&mut random));
            let write = (0..4).filter(|i| mask >> i & 1 == 1).map(|i| ((4 * front + offset + i) % 4096, data[i])).collect();
            bench.dut.write.next = mask.into();
            bench.settle();
            assert_eq!(bench.dut.place.val().index(), front);
            bench.dut.base.next = (4 * front as u64).into();
            bench.dut.offset.next = (offset as u64).into();
            bench.dut.data.next = Lanes(data);
            bench.dut.address_a.next = (a as u64).into();
            bench.dut.address_b.next = (b as u64).into();
            // The start moves, so that every rotation meets every offset; the frame goes at once.
            bench.settle();
            let blocks = random.gen_range(0..=LONGEST);
            let commit = bench.dut.room.val() && random.gen_bool(0.2);
            bench.dut.commit.next = commit;
            bench.dut.commit_blocks.next = blocks.into();
            let take = bench.dut.valid.val();
            bench.dut.take.next = take;
            bench.dut.free.next = take;
            bench.dut.free_blocks.next = bench.dut.frame.val().words;
            held += commit as usize;
            held -= take as usize;
            let (a, rows) = model.clock(write, a, b);
            bench.cycle();
            if commit {
                front = (front + blocks as usize) % 1024;
            }
            if let Some(a) = a {
                assert_eq!(bench.dut.data_a.val(), a as u64, "clock {n}");
                checked[0] += 1;
            }
            for (port, block) in [bench.dut.block_a.val(), bench.dut.data_b.val()].iter().enumerate() {
                for (seen, word) in block.0.iter().zip(rows[port]) {
                    if let Some(word) = word {
                        assert_eq!(*seen, word, "clock {n}");
                        checked[1 + port] += 1;
                    }
                }
            }
        }
        assert!(held < 8 && checked[0] > 300 && checked[1] > 1500 && checked[2] > 1500, "{checked:?}");
        bench.finish();
    }

    fn blocks(words: &[u32]) -> usize {
        words.len().div_ceil(4)
    }

    /// Frames written at full rate, committed with their last write, read from the first clock that the contract allows.
    #[test]
    fn frames_come_back_whole_and_in_order() {
        let mut random = StdRng::seed_from_u64(22);
        let mut bench = Bench::new("wide_store_frames", WideStore::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        bench.cycle();
        let mut stored: VecDeque<Vec<u32>> = VecDeque::new();
        let (mut fullest, mut most) = (0, 0);
        for n in 0..120usize {
            bench.cycle();
            bench.cycle();
            let used: usize = stored.iter().map(|words| blocks(words)).sum();
            assert_eq!(bench.dut.held.val().index(), stored.len());
            let left = (bench.dut.bound.val().index() + 1024 - bench.dut.place.val().index()) % 1024;
            assert_eq!(left, 1023 - used, "blocks that may be written");
            for (frames, more, room) in [(1, LONGEST, bench.dut.room.val()), (2, LONGEST + BRIEF, bench.dut.room_for_another.val())] {
                assert_eq!(room, stored.len() + frames <= 8 && used + more as usize <= 1023, "{used} blocks in {}", stored.len());
            }
            // Short frames are also written by one who counts for himself, beyond what `room` says.
            let short = n % 40 < 20;
            if bench.dut.room.val() || (n >= 40 && short && stored.len() < 16 && left >= 8) {
                bench.dut.base.next = (4 * bench.dut.place.val().index() as u64).into();
                let count = if short { random.gen_range(4..30) } else { random.gen_range(4..=4 * LONGEST as usize) };
                let words: Vec<u32> = (0..count).map(|_| random.gen()).collect();
                for (i, group) in words.chunks(4).enumerate() {
                    bench.dut.write.next = ((1u64 << group.len()) - 1).into();
                    bench.dut.offset.next = (4 * i as u64).into();
                    bench.dut.data.next = Lanes(std::array::from_fn(|k| group.get(k).copied().unwrap_or(0)));
                    let last = 4 * i + 4 >= count;
                    bench.dut.commit.next = last;
                    bench.dut.commit_blocks.next = (count.div_ceil(4) as u64).into();
                    bench.dut.commit_length.next = (4 * count as u64 - 2).into();
                    bench.dut.commit_reason.next = (n as u64 % 32).into();
                    bench.dut.commit_note.next = (n as u64).into();
                    bench.settle();
                    assert!(!last || !bench.dut.room.val());
                    bench.cycle();
                }
                bench.dut.write.next = 0.into();
                bench.dut.commit.next = false;
                assert!(!bench.dut.room.val() && (!stored.is_empty() || !bench.dut.valid.val()));
                bench.cycle();
                assert!(bench.dut.valid.val());
                if stored.is_empty() {
                    let frame = bench.dut.frame.val();
                    assert_eq!((frame.reason.index(), frame.note.index()), (n % 32, n));
                }
                stored.push_back(words);
                most = most.max(stored.len());
                fullest = fullest.max(stored.iter().map(|words| blocks(words)).sum());
            }
            if stored.len() > 15 || (!bench.dut.room.val() && (n < 40 || !short)) || random.gen_bool(if n < 40 { 0.4 } else { 0.1 }) {
                let words = stored.pop_front().unwrap();
                let frame = bench.dut.frame.val();
                assert!(bench.dut.valid.val());
                assert_eq!((frame.words.index(), frame.length.index()), (blocks(&words), 4 * words.len() - 2));
                // The first address is out in the clock after `valid`, then one each clock.
                for clock in 1..words.len() + 4 {
                    bench.cycle();
                    let at = |i: usize| ((4 * frame.start.index() + i) as u64 % 4096).into();
                    bench.dut.address_a.next = at(clock - 1);
                    bench.dut.address_b.next = at(clock - 1);
                    bench.settle();
                    if let Some(word) = clock.checked_sub(3).and_then(|i| words.get(i)) {
                        assert_eq!(bench.dut.data_a.val(), *word as u64);
                    }
                    if let Some(rest) = clock.checked_sub(4).and_then(|i| words.get(i..)) {
                        let seen = bench.dut.data_b.val().0;
                        assert_eq!(seen[..rest.len().min(4)], rest[..rest.len().min(4)]);
                    }
                }
                // A long one is given back in parts.
                let mut held = blocks(&words) as u64;
                bench.dut.free.next = true;
                while held > 64 {
                    bench.dut.free_blocks.next = 64.into();
                    bench.cycle();
                    held -= 64;
                }
                bench.dut.take.next = true;
                bench.dut.free_blocks.next = held.into();
                bench.cycle();
                bench.dut.take.next = false;
                bench.dut.free.next = false;
            }
        }
        assert!(most == 16 && fullest > 700, "{most} frames, {fullest} blocks");
        bench.finish();
    }
}
