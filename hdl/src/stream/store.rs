use super::Queue;
use crate::cell::{Ram, Reg};
use crate::prelude::*;

/// A write under way, so that the memory's inputs come straight from registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct StoreWrite {
    pub write: Bit,
    pub target: Bits<10>,
    pub data: Bits<32>,
}

/// A frame in a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct Frame {
    /// Address of its word 0.
    pub start: Bits<10>,
    /// Words it occupies.
    pub words: Bits<10>,
    /// Bytes on the wire, without FCS.
    pub length: Bits<16>,
    /// Reason code if it is to be dropped (it then has no words), else zero.
    pub reason: Bits<5>,
    /// What the writer tells the reader; see the users.
    pub note: Bits<13>,
}

/// Whole frames in a ring of 1024 words. The writer writes words of one frame at any offset and in any order, and then either commits it or
/// begins another in its place. Readers see committed frames only: the oldest at `frame` while `valid`, its words through two independent read
/// ports, two cycles after the address, one cycle after `valid` at the earliest (block RAM is slow to answer, so its data goes straight into a register). `free` gives the oldest released frame's words back; frames are released in order.
///
/// `room` promises that a frame of `LONGEST` words fits, `room_for_two` that two do, their places in the queue included; both look at what is committed only.
/// A writer that begins a frame on this promise never has to wait in the middle of it.
#[derive(LogicBlock, Ports)]
pub struct FrameStore {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub write: Signal<In, Bit>,
    /// From the start of the frame being written.
    pub offset: Signal<In, Bits<10>>,
    pub data: Signal<In, Bits<32>>,
    pub commit: Signal<In, Bit>,
    pub commit_words: Signal<In, Bits<10>>,
    pub commit_length: Signal<In, Bits<16>>,
    pub commit_reason: Signal<In, Bits<5>>,
    pub commit_note: Signal<In, Bits<13>>,
    pub room: Signal<Out, Bit>,
    pub room_for_two: Signal<Out, Bit>,
    pub valid: Signal<Out, Bit>,
    pub frame: Signal<Out, Frame>,
    pub take: Signal<In, Bit>,
    pub free: Signal<In, Bit>,
    pub free_words: Signal<In, Bits<10>>,
    pub address_a: Signal<In, Bits<10>>,
    pub data_a: Signal<Out, Bits<32>>,
    pub address_b: Signal<In, Bits<10>>,
    pub data_b: Signal<Out, Bits<32>>,
    copy_a: Ram<Bits<32>, 10>,
    copy_b: Ram<Bits<32>, 10>,
    late: Reg<StoreWrite>,
    word_a: Reg<Bits<32>>,
    word_b: Reg<Bits<32>>,
    frames: Queue<Frame>,
    /// Start of the frame being written.
    front: Reg<Bits<10>>,
    used: Reg<Bits<11>>,
    rooms: Reg<Bits<2>>,
    longest: Constant<Bits<11>>,
    longest_two: Constant<Bits<11>>,
    target: Signal<Local, Bits<10>>,
    grown: Signal<Local, Bits<11>>,
}

/// Words of the longest frame that may be stored: 1522 + 96 bytes and the shift of two, rounded up.
pub const LONGEST: u64 = 405;

impl Default for FrameStore {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            write: Default::default(),
            offset: Default::default(),
            data: Default::default(),
            commit: Default::default(),
            commit_words: Default::default(),
            commit_length: Default::default(),
            commit_reason: Default::default(),
            commit_note: Default::default(),
            room: Default::default(),
            room_for_two: Default::default(),
            valid: Default::default(),
            frame: Default::default(),
            take: Default::default(),
            free: Default::default(),
            free_words: Default::default(),
            address_a: Default::default(),
            data_a: Default::default(),
            address_b: Default::default(),
            data_b: Default::default(),
            copy_a: Default::default(),
            copy_b: Default::default(),
            late: Default::default(),
            word_a: Default::default(),
            word_b: Default::default(),
            frames: Default::default(),
            front: Default::default(),
            used: Default::default(),
            rooms: Default::default(),
            longest: Constant::new((1023 - LONGEST).into()),
            longest_two: Constant::new((1023 - 2 * LONGEST).into()),
            target: Default::default(),
            grown: Default::default(),
        }
    }
}

impl Logic for FrameStore {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, front, used, rooms, late, word_a, word_b);
        self.late.reset.next = self.reset.val();
        self.word_a.reset.next = self.reset.val();
        self.word_b.reset.next = self.reset.val();
        clock!(self, clock, copy_a, copy_b, frames);
        self.front.reset.next = self.reset.val();
        self.used.reset.next = self.reset.val();
        self.rooms.reset.next = self.reset.val();
        self.frames.reset.next = self.reset.val();

        self.target.next = self.front.q.val() + self.offset.val();
        // A frame's words are written a clock after they came, and no reader is faster than that.
        self.late.d.next.write = self.write.val();
        self.late.d.next.target = self.target.val();
        self.late.d.next.data = self.data.val();
        self.copy_a.write.next = self.late.q.val().write;
        self.copy_a.write_address.next = self.late.q.val().target;
        self.copy_a.write_data.next = self.late.q.val().data;
        self.copy_a.read_address.next = self.address_a.val();
        self.word_a.d.next = self.copy_a.read_data.val();
        self.data_a.next = self.word_a.q.val();
        self.copy_b.write.next = self.late.q.val().write;
        self.copy_b.write_address.next = self.late.q.val().target;
        self.copy_b.write_data.next = self.late.q.val().data;
        self.copy_b.read_address.next = self.address_b.val();
        self.word_b.d.next = self.copy_b.read_data.val();
        self.data_b.next = self.word_b.q.val();

        self.frames.push.next = self.commit.val();
        self.frames.item.next.start = self.front.q.val();
        self.frames.item.next.words = self.commit_words.val();
        self.frames.item.next.length = self.commit_length.val();
        self.frames.item.next.reason = self.commit_reason.val();
        self.frames.item.next.note = self.commit_note.val();
        self.frames.pop.next = self.take.val();
        self.valid.next = self.frames.valid.val();
        self.frame.next = self.frames.head.val();

        self.grown.next = self.used.q.val();
        if self.commit.val() {
            self.front.d.next = self.front.q.val() + self.commit_words.val();
            self.grown.next = self.used.q.val() + bit_cast::<11, 10>(self.commit_words.val());
        }
        self.used.d.next = self.grown.val();
        if self.free.val() {
            self.used.d.next = self.grown.val() - bit_cast::<11, 10>(self.free_words.val());
        }

        // One cycle old, so a commit in this very cycle closes the door by itself.
        self.rooms.d.next = 0.into();
        if !self.frames.full.val() & !self.commit.val() & (self.used.q.val() <= self.longest.val()) {
            self.rooms.d.next = 1.into();
            if self.frames.spare_two.val() & (self.used.q.val() <= self.longest_two.val()) {
                self.rooms.d.next = 3.into();
            }
        }
        self.room.next = self.rooms.q.val().get_bit(0) & !self.commit.val();
        self.room_for_two.next = self.rooms.q.val().get_bit(1) & !self.commit.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};
    use std::collections::VecDeque;

    #[test]
    fn frames_come_back_whole_and_in_order() {
        let mut random = StdRng::seed_from_u64(2);
        let mut bench = Bench::new("frame_store", FrameStore::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        bench.cycle();
        let mut stored: VecDeque<Vec<u64>> = VecDeque::new();
        for n in 0..60u64 {
            bench.settle();
            let wanted = random.gen_range(4..=LONGEST as usize);
            for _ in 0..3 {
                bench.cycle();
            }
            if bench.dut.room.val() {
                let words: Vec<u64> = (0..wanted).map(|_| random.gen::<u32>() as u64).collect();
                for (i, word) in words.iter().enumerate().rev() {
                    bench.dut.write.next = true;
                    bench.dut.offset.next = (i as u64).into();
                    bench.dut.data.next = (*word).into();
                    bench.cycle();
                }
                bench.dut.write.next = false;
                bench.dut.commit.next = true;
                bench.dut.commit_words.next = (wanted as u64).into();
                bench.dut.commit_length.next = (4 * wanted as u64 - 2).into();
                bench.dut.commit_note.next = n.into();
                bench.cycle();
                bench.dut.commit.next = false;
                stored.push_back(words);
                bench.settle();
                assert!(!bench.dut.room.val());
            } else {
                let used: usize = stored.iter().map(Vec::len).sum();
                assert!(stored.len() == 4 || used + LONGEST as usize > 1023, "no room at {used} words");
            }
            if stored.len() > 2 || (!stored.is_empty() && random.gen()) {
                let words = stored.pop_front().unwrap_or_default();
                let frame = bench.dut.frame.val();
                assert!(bench.dut.valid.val());
                assert_eq!(frame.length, 4 * words.len() as u64 - 2);
                for (i, word) in words.iter().enumerate() {
                    let address = (frame.start.index() + i) as u64 % 1024;
                    bench.dut.address_a.next = address.into();
                    bench.dut.address_b.next = address.into();
                    bench.cycle();
                    bench.cycle();
                    assert_eq!(bench.dut.data_a.val(), *word);
                    assert_eq!(bench.dut.data_b.val(), *word);
                }
                bench.dut.take.next = true;
                bench.dut.free.next = true;
                bench.dut.free_words.next = (words.len() as u64).into();
                bench.cycle();
                bench.dut.take.next = false;
                bench.dut.free.next = false;
            }
        }
        bench.finish();
    }
}
