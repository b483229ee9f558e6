//! Room in a store for packets that are on their way to it.
use crate::cell::Reg;
use crate::prelude::*;

/// What is remembered of promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct RoomState {
    /// Blocks and number of the packets that were promised room and have not got it.
    pub blocks: Bits<11>,
    pub packets: Bits<5>,
    /// A packet got its room in the clock before; what had been promised to it.
    pub settled: Bit,
    pub returned: Bits<11>,
    /// A packet was promised room in the clock before, and how much.
    pub promised: Bit,
    pub added: Bits<11>,
    /// Packets were promised room in the last four clocks: the newest in bit 0.
    pub recent: Bits<4>,
    /// Blocks of the packet on offer, a clock ago and two, and what it would be promised.
    pub asked: Bits<10>,
    pub judged: Bits<10>,
    pub wanted: Bits<11>,
    /// Blocks to the end of the store; the same without what is promised and is wanted, in two's complement.
    pub ahead: Bits<11>,
    pub left: Bits<12>,
    pub few: Bit,
}

/// Promises room in a [`WideStore`](super::WideStore) to packets before it is known how long they will be there: to each its blocks of four words and [`MARGIN`] more.
///
/// `room`: the packet on offer, of so many `blocks`, may be begun; low for two clocks when that changes. `promise`, a pulse while `room`: it is; `settle`, in the same order, with its blocks: from the next clock on
/// `tail`, the place behind the last block of the store that belongs to a packet, knows of it, and `flying` counts it as long as it is not committed; or it was dropped. `room` is low for four clocks after `promise`, and late by as much after all that gives room.
///
/// `bound` and `held` are those of the store; `forget` takes back all promises, and what is settled without one changes nothing.
#[derive(LogicBlock, Ports)]
pub struct Room {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub forget: Signal<In, Bit>,
    pub promise: Signal<In, Bit>,
    pub blocks: Signal<In, Bits<10>>,
    pub settle: Signal<In, Bit>,
    pub settle_blocks: Signal<In, Bits<10>>,
    pub tail: Signal<In, Bits<11>>,
    pub bound: Signal<In, Bits<11>>,
    pub flying: Signal<In, Bits<4>>,
    pub held: Signal<In, Bits<5>>,
    pub room: Signal<Out, Bit>,
    s: Reg<RoomState>,
    returns: Signal<Local, Bit>,
    left: Signal<Local, Bits<12>>,
    more: Signal<Local, Bits<11>>,
    less: Signal<Local, Bits<11>>,
    promised: Signal<Local, Bits<11>>,
    now_wanted: Signal<Local, Bits<11>>,
    packets: Signal<Local, Bits<5>>,
    frames: Signal<Local, Bits<5>>,
    needed: Signal<Local, Bits<12>>,
    margin: Constant<Bits<11>>,
}

/// Blocks that a packet may grow by, 24 words: an outer IPv6 header, UDP, ESP's header with IV, trailer and ICV, and where it begins.
pub const MARGIN: u64 = 6;

impl Default for Room {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            forget: Default::default(),
            promise: Default::default(),
            blocks: Default::default(),
            settle: Default::default(),
            settle_blocks: Default::default(),
            tail: Default::default(),
            bound: Default::default(),
            flying: Default::default(),
            held: Default::default(),
            room: Default::default(),
            s: Default::default(),
            returns: Default::default(),
            left: Default::default(),
            more: Default::default(),
            less: Default::default(),
            promised: Default::default(),
            now_wanted: Default::default(),
            packets: Default::default(),
            frames: Default::default(),
            needed: Default::default(),
            margin: Constant::new(MARGIN.into()),
        }
    }
}

impl Logic for Room {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s);
        self.s.reset.next = self.reset.val();

        // Promises, a clock later. What is settled is given back then too, when `tail` has taken it over.
        self.s.d.next.settled = self.settle.val();
        self.s.d.next.returned = bit_cast::<11, 10>(self.settle_blocks.val()) + self.margin.val();
        self.now_wanted.next = bit_cast::<11, 10>(self.blocks.val()) + self.margin.val();
        self.s.d.next.promised = self.promise.val();
        self.s.d.next.added = self.now_wanted.val();
        self.more.next = 0.into();
        self.less.next = 0.into();
        self.packets.next = self.s.q.val().packets;
        if self.s.q.val().promised {
            self.more.next = self.s.q.val().added;
        }
        self.returns.next = self.s.q.val().settled & (self.s.q.val().packets != 0);
        if self.returns.val() {
            self.less.next = self.s.q.val().returned;
        }
        if self.s.q.val().promised & !self.returns.val() {
            self.packets.next = self.s.q.val().packets + 1;
        }
        if !self.s.q.val().promised & self.returns.val() {
            self.packets.next = self.s.q.val().packets - 1;
        }
        self.promised.next = (self.s.q.val().blocks + self.more.val()) - self.less.val();
        self.s.d.next.blocks = self.promised.val();
        self.s.d.next.packets = self.packets.val();
        if self.forget.val() {
            self.s.d.next.blocks = 0.into();
            self.s.d.next.packets = 0.into();
            self.s.d.next.settled = false;
        }
        self.s.d.next.recent = (self.s.q.val().recent << 1) & 14;
        if self.promise.val() {
            self.s.d.next.recent = ((self.s.q.val().recent << 1) & 14) | 1;
        }

        // What is left.
        self.s.d.next.ahead = self.bound.val() - self.tail.val();
        self.s.d.next.asked = self.blocks.val();
        self.s.d.next.wanted = self.now_wanted.val();
        self.s.d.next.judged = self.s.q.val().asked;
        self.needed.next = bit_cast::<12, 11>(self.s.q.val().blocks) + bit_cast::<12, 11>(self.s.q.val().wanted);
        self.s.d.next.left = bit_cast::<12, 11>(self.s.q.val().ahead) - self.needed.val();
        self.frames.next = bit_cast::<5, 4>(self.flying.val()) + self.held.val() + self.s.q.val().packets;
        self.s.d.next.few = self.frames.val() <= 15;
        self.left.next = self.s.q.val().left;
        self.room.next =
            self.s.q.val().few & !self.left.val().get_bit(11) & (self.s.q.val().recent == 0) & (self.s.q.val().judged == self.blocks.val());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{check::Bench, pipelined::store::LONGEST};
    use rand::{rngs::StdRng, Rng, SeedableRng};
    use std::collections::VecDeque;

    /// Packets of all lengths that grow by up to the margin or are dropped, commits and releases at any time: the store never holds more than it has, and many short ones are under way at once.
    #[test]
    fn what_is_promised_is_there() {
        println!("seed 31");
        let mut dice = StdRng::seed_from_u64(31);
        let mut bench = Bench::new("room", Room::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        (0..4).for_each(|_| bench.cycle());
        bench.dut.reset.next = false;
        // Promised, under way, committed, and taken but not released: blocks of each. What is taken from a store is released in order.
        let (mut promised, mut flying, mut held, mut taken) = (VecDeque::new(), VecDeque::new(), VecDeque::new(), VecDeque::new());
        let mut blocks = 5usize;
        bench.dut.blocks.next = 5.into();
        let (mut tail, mut end, mut most, mut begun, mut waited) = (0usize, 1023usize, 0, 0, 0);
        for clock in 0..6000 {
            let short = clock % 2000 < 1000;
            let d = &mut bench.dut;
            (d.tail.next, d.bound.next) = ((tail as u64 % 2048).into(), (end as u64 % 2048).into());
            (d.flying.next, d.held.next) = ((flying.len() as u64).into(), (held.len() as u64).into());
            bench.settle();
            // Once in a while another packet is offered before the one before it was begun.
            if dice.gen_bool(0.05) {
                blocks = dice.gen_range(4..if short { 10 } else { LONGEST - MARGIN + 1 }) as usize;
                bench.dut.blocks.next = (blocks as u64).into();
                bench.settle();
            }
            let begin = bench.dut.room.val() && dice.gen_bool(0.5);
            waited = if bench.dut.room.val() || !promised.is_empty() || !flying.is_empty() || !held.is_empty() || !taken.is_empty() {
                0
            } else {
                waited + 1
            };
            assert!(waited < 8, "an empty store has room");
            let d = &mut bench.dut;
            d.promise.next = begin;
            let forget = promised.len() == 1 && dice.gen_bool(0.01);
            let settle = !forget && !promised.is_empty() && flying.len() < 8 && dice.gen_bool(0.2);
            d.forget.next = forget && !begin;
            d.settle.next = settle;
            d.settle_blocks.next = (promised.front().copied().unwrap_or(0usize) as u64).into();
            if forget && !begin {
                promised.clear();
            }
            bench.cycle();
            // Releases, takes, commits, in this order, so that each is seen by the block at least once as what it was.
            if dice.gen_bool(0.1) {
                end += taken.pop_front().unwrap_or(0);
            }
            if dice.gen_bool(0.1) {
                taken.extend(held.pop_front());
            }
            if dice.gen_bool(0.1) {
                held.extend(flying.pop_front());
            }
            if settle {
                let blocks = promised.pop_front().expect("a promise");
                if dice.gen_bool(0.8) {
                    let blocks = blocks - dice.gen_range(0..blocks) + dice.gen_range(0..=MARGIN as usize);
                    tail += blocks;
                    flying.push_back(blocks);
                }
            }
            if begin {
                promised.push_back(blocks);
                begun += 1;
                blocks = dice.gen_range(4..if short { 10 } else { LONGEST - MARGIN + 1 }) as usize;
                bench.dut.blocks.next = (blocks as u64).into();
            }
            assert!(tail <= end, "clock {clock}: {tail} blocks to write up to {end}");
            assert!(promised.len() + flying.len() + held.len() <= 16, "clock {clock}: more frames than places");
            most = most.max(promised.len() + flying.len() + held.len());
        }
        assert!(most == 16 && begun > 300, "{most} packets at once, {begun} in all");
        bench.finish();
    }
}
