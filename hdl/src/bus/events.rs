use crate::cell::{row, Ram, Reg};
use crate::prelude::*;
use holdfast_registers::map::event;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum EventsPhase {
    Idle,
    Write,
    /// The source sees `push_ready` and takes its offer away.
    Done,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct EventsState {
    pub inbound: Bit,
    pub word: Bits<3>,
    pub oldest: Bits<4>,
    pub newest: Bits<4>,
    pub count: Bits<5>,
    /// The last word of an event is on its way.
    pub whole: Bit,
    pub overflow: Bit,
    pub high_before: Bits<32>,
    pub read_data: Bits<32>,
}

/// A word on its way into the memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct EventsWrite {
    pub write: Bit,
    pub address: Bits<7>,
    pub data: Bits<32>,
}

/// The event FIFO: 16 events of 8 words (`registers::map::event`).
///
/// Two sources, 0 outbound, 1 inbound: each holds `push_valid` with head, detail and address (most significant word first) until `push_ready`, one cycle. An event takes 9
/// cycles, so a source is served within 20 whatever the other does; when both wait they take turns. The time stamp is that of the writing. With 16 events waiting a new
/// one is lost: `push_ready` comes as always and `overflow` is set, until `clear_overflow`.
///
/// `read_data` is word `read_word` of the oldest event, two cycles later; zero when none waits. `pop` removes it; one that finds nothing does nothing.
#[derive(LogicBlock, Ports)]
pub struct Events {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub time_low: Signal<In, Bits<32>>,
    pub time_high: Signal<In, Bits<32>>,
    pub push_valid: [Signal<In, Bit>; 2],
    pub push_ready: [Signal<Out, Bit>; 2],
    pub push_head: [Signal<In, Bits<32>>; 2],
    pub push_detail: [Signal<In, Bits<32>>; 2],
    pub push_address_outbound: [Signal<In, Bits<32>>; 4],
    pub push_address_inbound: [Signal<In, Bits<32>>; 4],
    pub read_word: Signal<In, Bits<3>>,
    pub read_data: Signal<Out, Bits<32>>,
    pub pop: Signal<In, Bit>,
    pub clear_overflow: Signal<In, Bit>,
    pub waiting: Signal<Out, Bit>,
    pub overflow: Signal<Out, Bit>,
    s: Reg<EventsState>,
    state: Reg<EventsPhase>,
    late: Reg<EventsWrite>,
    words: Ram<Bits<32>, 7>,
    full: Signal<Local, Bit>,
    popped: Signal<Local, Bit>,
    pushed: Signal<Local, Bit>,
    word: Signal<Local, Bits<3>>,
    odd: Signal<Local, Bit>,
    which: Signal<Local, Bits<2>>,
    /// Words 2n and 2n + 1.
    pair: [Signal<Local, Bits<32>>; 4],
}

impl Default for Events {
    fn default() -> Self {
        assert_eq!([event::HEAD, event::DETAIL, event::TIME_LOW, event::TIME_HIGH, event::ADDRESS], [0, 1, 2, 3, 4]);
        Self {
            clock: Default::default(),
            reset: Default::default(),
            time_low: Default::default(),
            time_high: Default::default(),
            push_valid: Default::default(),
            push_ready: Default::default(),
            push_head: Default::default(),
            push_detail: Default::default(),
            push_address_outbound: Default::default(),
            push_address_inbound: Default::default(),
            read_word: Default::default(),
            read_data: Default::default(),
            pop: Default::default(),
            clear_overflow: Default::default(),
            waiting: Default::default(),
            overflow: Default::default(),
            s: Default::default(),
            state: Default::default(),
            words: Default::default(),
            late: Default::default(),
            full: Default::default(),
            popped: Default::default(),
            pushed: Default::default(),
            word: Default::default(),
            odd: Default::default(),
            which: Default::default(),
            pair: row(),
        }
    }
}

impl Logic for Events {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, state, late);
        self.late.reset.next = self.reset.val();
        clock!(self, clock, words);
        self.s.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();

        self.full.next = self.s.q.val().count == 16;
        self.waiting.next = self.s.q.val().count != 0;
        self.overflow.next = self.s.q.val().overflow;
        self.push_ready[0].next = (self.state.q.val() == EventsPhase::Done) & !self.s.q.val().inbound;
        self.push_ready[1].next = (self.state.q.val() == EventsPhase::Done) & self.s.q.val().inbound;
        self.pushed.next = self.s.q.val().whole;
        self.s.d.next.whole = false;
        self.popped.next = self.pop.val() & (self.s.q.val().count != 0);

        // The low word is written one cycle before the high word, which must not have moved on.
        self.s.d.next.high_before = self.time_high.val();
        // As a tree, the two sources first: a chain of comparisons would be twice as large.
        self.word.next = self.s.q.val().word;
        self.odd.next = self.word.val().get_bit(0);
        self.pair[0].next = self.push_head[0].val();
        self.pair[1].next = self.time_low.val();
        self.pair[2].next = self.push_address_outbound[0].val();
        self.pair[3].next = self.push_address_outbound[2].val();
        if self.s.q.val().inbound {
            self.pair[0].next = self.push_head[1].val();
            self.pair[2].next = self.push_address_inbound[0].val();
            self.pair[3].next = self.push_address_inbound[2].val();
        }
        if self.odd.val() {
            self.pair[0].next = self.push_detail[0].val();
            self.pair[1].next = self.s.q.val().high_before;
            self.pair[2].next = self.push_address_outbound[1].val();
            self.pair[3].next = self.push_address_outbound[3].val();
            if self.s.q.val().inbound {
                self.pair[0].next = self.push_detail[1].val();
                self.pair[2].next = self.push_address_inbound[1].val();
                self.pair[3].next = self.push_address_inbound[3].val();
            }
        }
        self.which.next = self.word.val().get_bits::<2>(1);
        // Chosen in one clock, written in the next; the event counts when the last word is written.
        self.late.d.next.data = self.pair[3].val();
        if self.which.val() == 0 {
            self.late.d.next.data = self.pair[0].val();
        } else if self.which.val() == 1 {
            self.late.d.next.data = self.pair[1].val();
        } else if self.which.val() == 2 {
            self.late.d.next.data = self.pair[2].val();
        }
        self.late.d.next.write = self.state.q.val() == EventsPhase::Write;
        self.late.d.next.address = (bit_cast::<7, 4>(self.s.q.val().newest) << 3) | bit_cast::<7, 3>(self.s.q.val().word);
        self.words.write.next = self.late.q.val().write;
        self.words.write_address.next = self.late.q.val().address;
        self.words.write_data.next = self.late.q.val().data;
        self.words.read_address.next = (bit_cast::<7, 4>(self.s.q.val().oldest) << 3) | bit_cast::<7, 3>(self.read_word.val());
        self.s.d.next.read_data = self.words.read_data.val();
        if self.s.q.val().count == 0 {
            self.s.d.next.read_data = 0.into();
        }
        self.read_data.next = self.s.q.val().read_data;

        if self.clear_overflow.val() {
            self.s.d.next.overflow = false;
        }
        match self.state.q.val() {
            EventsPhase::Idle => {
                self.s.d.next.word = 0.into();
                if self.push_valid[0].val() | self.push_valid[1].val() {
                    // The other one than last time, where both wait.
                    self.s.d.next.inbound = self.push_valid[1].val() & (!self.push_valid[0].val() | !self.s.q.val().inbound);
                    self.state.d.next = EventsPhase::Write;
                    if self.full.val() {
                        self.state.d.next = EventsPhase::Done;
                        self.s.d.next.overflow = true;
                    }
                }
            }
            EventsPhase::Write => {
                self.s.d.next.word = self.s.q.val().word + 1;
                if self.s.q.val().word == 7 {
                    self.state.d.next = EventsPhase::Done;
                    self.s.d.next.newest = self.s.q.val().newest + 1;
                    self.s.d.next.whole = true;
                }
            }
            EventsPhase::Done => {
                self.state.d.next = EventsPhase::Idle;
            }
            _ => {}
        }
        if self.popped.val() {
            self.s.d.next.oldest = self.s.q.val().oldest + 1;
        }
        if self.pushed.val() & !self.popped.val() {
            self.s.d.next.count = self.s.q.val().count + 1;
        }
        if self.popped.val() & !self.pushed.val() {
            self.s.d.next.count = self.s.q.val().count - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use crate::sad::tests::Random;
    use std::collections::VecDeque;

    struct Wire {
        bench: Bench<Events>,
        random: Random,
        time: u64,
        offer: [Option<(u32, [u32; 6])>; 2],
        longest: u32,
        queue: VecDeque<[u32; 6]>,
        lost: bool,
    }

    impl Wire {
        /// One cycle with the given sources allowed to offer.
        fn cycle(&mut self, offering: [bool; 2]) {
            for (source, offers) in offering.into_iter().enumerate() {
                if self.offer[source].is_none() && offers {
                    self.offer[source] = Some((0, std::array::from_fn(|_| self.random.next() | 1)));
                }
                let words = self.offer[source].map_or([0; 6], |o| o.1);
                let dut = &mut self.bench.dut;
                dut.push_valid[source].next = self.offer[source].is_some();
                dut.push_head[source].next = (words[0] as u64).into();
                dut.push_detail[source].next = (words[1] as u64).into();
                let lanes = if source == 0 { &mut dut.push_address_outbound } else { &mut dut.push_address_inbound };
                for (lane, word) in lanes.iter_mut().zip(&words[2..]) {
                    lane.next = (*word as u64).into();
                }
            }
            self.time += 1;
            self.bench.dut.time_low.next = (self.time & 0xffff_ffff).into();
            self.bench.dut.time_high.next = (self.time >> 32).into();
            self.bench.settle();
            for source in 0..2 {
                if let Some((waited, words)) = &mut self.offer[source] {
                    *waited += 1;
                    self.longest = self.longest.max(*waited);
                    if self.bench.dut.push_ready[source].val() {
                        if self.queue.len() < 16 {
                            self.queue.push_back(*words);
                        } else {
                            self.lost = true;
                        }
                        self.offer[source] = None;
                    }
                } else {
                    assert!(!self.bench.dut.push_ready[source].val());
                }
            }
            self.bench.cycle();
            self.bench.dut.pop.next = false;
            self.bench.dut.clear_overflow.next = false;
        }
        fn read(&mut self) -> [u32; 8] {
            std::array::from_fn(|word| {
                self.bench.dut.read_word.next = (word as u64).into();
                self.cycle([false; 2]);
                self.cycle([false; 2]);
                self.bench.dut.read_data.val().index() as u32
            })
        }
    }

    #[test]
    fn events_leave_in_order_with_their_time_or_are_lost_and_flagged() {
        let mut bench = Bench::new("events", Events::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let time = 0x1_ffff_ff80;
        let mut wire = Wire { bench, random: Random(0xe7e7_0001), time, offer: [None; 2], longest: 0, queue: VecDeque::new(), lost: false };
        assert_eq!(wire.read(), [0; 8]);
        wire.bench.dut.pop.next = true;
        wire.cycle([false; 2]);
        assert!(!wire.bench.dut.waiting.val());
        for round in 0..6 {
            let events = [3, 16, 20, 1, 9, 17][round];
            let mut offered = 0;
            while offered < events || wire.offer != [None; 2] {
                let free = [wire.offer[0].is_none() && offered < events, wire.offer[1].is_none() && offered + 1 < events];
                offered += free[0] as usize + free[1] as usize;
                wire.cycle(free);
            }
            assert_eq!((wire.bench.dut.waiting.val(), wire.bench.dut.overflow.val()), (true, wire.lost), "round {round}");
            assert_eq!(wire.lost, events > 16);
            let mut last = 0;
            while let Some(expected) = wire.queue.front().copied() {
                let words = wire.read();
                assert_eq!(words[..2], expected[..2]);
                assert_eq!(words[4..], expected[2..]);
                let stamp = (words[3] as u64) << 32 | words[2] as u64;
                assert!(stamp > time && stamp > last && stamp < wire.time, "stamp {stamp:#x} at {:#x}", wire.time);
                last = stamp;
                wire.bench.dut.pop.next = true;
                wire.cycle([false; 2]);
                wire.queue.pop_front();
            }
            wire.bench.dut.clear_overflow.next = true;
            wire.cycle([false; 2]);
            wire.lost = false;
            assert_eq!((wire.bench.dut.waiting.val(), wire.bench.dut.overflow.val()), (false, false), "round {round}");
            assert_eq!(wire.read(), [0; 8]);
        }
        assert!(wire.longest <= 20, "a source waited {} cycles", wire.longest);
        wire.bench.finish();
    }
}
