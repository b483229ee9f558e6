use crate::cell::{Ram, Reg};
use crate::prelude::*;
use crate::Sizes;
use holdfast_registers::{map::event, EventCode};

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum RequesterPhase {
    Rest,
    // A visit of one SA, in clock phases 2, 3, 0 and 1.
    Ask,
    Wait,
    Judge,
    Act,
    // What some visits lead to.
    Send,
    Announce,
    Draw,
    Store,
    StoreCount,
    Align,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct RequesterState {
    pub index: Bits<5>,
    /// Visits of this walk still to come, less one; who is visited first in the next, so that nobody is always served last.
    pub rest: Bits<5>,
    pub first: Bits<5>,
    /// The SA was wiped since the visit began.
    pub stale: Bit,
    pub due: Bit,
    /// First visit in this quarantine.
    pub opening: Bit,
    /// Of the event: the cause, or how many requests were in vain.
    pub detail: Bits<8>,
    pub failed: Bit,
    /// Doublings or random bits still to be drawn.
    pub draws: Bits<5>,
    /// To be stored: requests sent, 256 where more; exponent of the wait after the next one.
    pub count: Bits<9>,
    pub exponent: Bits<5>,
}

/// Sends the requests of the SAs in quarantine, as the pair's parameters say: visits all once per tick and counts down how long each is to wait. Makes the `tick` (256 clocks) and the `phase` (the two lowest bits of their count) for its neighbours.
///
/// First visit: event `resync_started`, and a wait of 0 to 2^s − 1 ticks is drawn. Wait over: a REQUEST, if the composer is `idle` and nobody else wants it (`busy`), otherwise in the next tick; one per tick, in turn. From its sending on 2^t ticks, then doubling, up to 2^c. Where the configured number of
/// requests went unanswered event `resync_failed` is offered with the next one.
///
/// Ticks that pass while a visit takes longer (an event waits) are made up for, 15 at most; those that pass while `still` are not counted. `wipe` ends the matter of an SA: nothing of it is sent or remembered.
/// Parameter word 1 of SA `p_index` is asked for in phases 2 and 3 and seen in 0 and 1.
///
/// It also keeps the V of each pair, last written, for the verifier's judgement: `ask_index` and `ask_half` of phases 0 and 1 are answered by `ask_word` in 2 and 3. V is written under `v_busy`, at most 12 clocks, from its fifth clock on.
#[derive(LogicBlock, Ports)]
pub struct Requester {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub still: Signal<In, Bit>,
    /// Its four lowest bits are mixed in, in turn.
    pub seed: Signal<In, Bits<32>>,
    pub wipe: Signal<In, Bit>,
    pub wipe_index: Signal<In, Bits<5>>,
    /// The SA that is visited, answered by `cause` (zero: not in quarantine; only where `cause_settled`) and `p_data`.
    pub index: Signal<Out, Bits<5>>,
    pub cause: Signal<In, Bits<3>>,
    pub cause_settled: Signal<In, Bit>,
    pub p_data: Signal<In, Bits<32>>,
    pub tick: Signal<Out, Bit>,
    pub clock_phase: Signal<Out, Bits<2>>,
    pub idle: Signal<In, Bit>,
    pub busy: Signal<In, Bit>,
    pub request: Signal<Out, Bit>,
    /// With `request`: its pair was wiped, it must not go out.
    pub stale: Signal<Out, Bit>,
    pub accepted: Signal<In, Bit>,
    pub v_busy: Signal<In, Bit>,
    pub v_write: Signal<In, Bit>,
    pub v_index: Signal<In, Bits<5>>,
    /// 0 high, 1 low word.
    pub v_half: Signal<In, Bit>,
    pub v_data: Signal<In, Bits<32>>,
    pub ask_index: Signal<In, Bits<5>>,
    pub ask_half: Signal<In, Bit>,
    pub ask_word: Signal<Out, Bits<32>>,
    pub e_valid: Signal<Out, Bit>,
    pub e_head: Signal<Out, Bits<32>>,
    pub e_detail: Signal<Out, Bits<32>>,
    pub e_ready: Signal<In, Bit>,
    s: Reg<RequesterState>,
    state: Reg<RequesterPhase>,
    clocks: Reg<Bits<8>>,
    /// Ticks that have passed, less those walked for.
    owed: Reg<Bits<4>>,
    noise: Reg<Bits<32>>,
    left: Reg<Bits<32>>,
    /// Two words per SA: ticks to wait; exponent of the next wait 13:9, requests sent 8:0. Behind them V of each pair, high word first. Block RAM, so a register follows.
    memory: Ram<Bits<32>, 7>,
    word: Reg<Bits<32>>,
    /// The words of this SA are those of this quarantine.
    begun: Ram<Bit, 5>,
    started: Constant<Bits<32>>,
    gave_up: Constant<Bits<32>>,
    place: Signal<Local, Bits<7>>,
    own: Signal<Local, Bits<32>>,
    now: Signal<Local, Bits<2>>,
    hit: Signal<Local, Bit>,
    ends: Signal<Local, Bit>,
    walks: Signal<Local, Bit>,
    following: Signal<Local, Bits<5>>,
    next_index: Signal<Local, Bits<5>>,
    /// All ones in the bits that an index has.
    last_index: Constant<Bits<5>>,
    fresh: Signal<Local, Bit>,
    sent: Signal<Local, Bits<9>>,
    reached: Signal<Local, Bits<5>>,
    ceiling: Signal<Local, Bits<5>>,
    failures: Signal<Local, Bits<8>>,
    acts: Signal<Local, Bit>,
    draws: Signal<Local, Bit>,
    longer: Signal<Local, Bit>,
    loads: Signal<Local, Bit>,
    lowest: Signal<Local, Bits<32>>,
    reduced: Signal<Local, Bits<32>>,
    doubled: Signal<Local, Bits<32>>,
    fed: Signal<Local, Bit>,
}

impl Requester {
    /// For so many SAs.
    pub fn new(sizes: Sizes) -> Self {
        let head = |code: EventCode| Constant::new(((event::INBOUND | event::SA_VALID | code.code() as u32) as u64).into());
        Self {
            clock: Default::default(),
            reset: Default::default(),
            still: Default::default(),
            seed: Default::default(),
            wipe: Default::default(),
            wipe_index: Default::default(),
            index: Default::default(),
            cause: Default::default(),
            cause_settled: Default::default(),
            p_data: Default::default(),
            tick: Default::default(),
            clock_phase: Default::default(),
            idle: Default::default(),
            busy: Default::default(),
            request: Default::default(),
            stale: Default::default(),
            accepted: Default::default(),
            v_busy: Default::default(),
            v_write: Default::default(),
            v_index: Default::default(),
            v_half: Default::default(),
            v_data: Default::default(),
            ask_index: Default::default(),
            ask_half: Default::default(),
            ask_word: Default::default(),
            e_valid: Default::default(),
            e_head: Default::default(),
            e_detail: Default::default(),
            e_ready: Default::default(),
            s: Default::default(),
            state: Default::default(),
            clocks: Default::default(),
            owed: Default::default(),
            noise: Reg::new(1u64.into()),
            left: Default::default(),
            memory: Ram::of(64 | sizes.sa_bits(1) | 1),
            word: Default::default(),
            begun: Ram::of(sizes.sa_bits(0)),
            started: head(EventCode::ResyncStarted),
            gave_up: head(EventCode::ResyncFailed),
            place: Default::default(),
            own: Default::default(),
            now: Default::default(),
            hit: Default::default(),
            ends: Default::default(),
            walks: Default::default(),
            following: Default::default(),
            next_index: Default::default(),
            last_index: Constant::new((sizes.sas as u64 - 1).into()),
            fresh: Default::default(),
            sent: Default::default(),
            reached: Default::default(),
            ceiling: Default::default(),
            failures: Default::default(),
            acts: Default::default(),
            draws: Default::default(),
            longer: Default::default(),
            loads: Default::default(),
            lowest: Default::default(),
            reduced: Default::default(),
            doubled: Default::default(),
            fed: Default::default(),
        }
    }
}

impl Default for Requester {
    fn default() -> Self {
        Self::new(Sizes::default())
    }
}

impl Logic for Requester {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, state, clocks, owed, noise, left, word);
        clock!(self, clock, memory, begun);
        self.s.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();
        self.clocks.reset.next = self.reset.val();
        self.owed.reset.next = self.reset.val();
        self.noise.reset.next = self.reset.val();
        self.left.reset.next = self.reset.val();
        self.word.reset.next = self.reset.val();

        self.clocks.d.next = self.clocks.q.val() + 1;
        self.now.next = self.clocks.q.val().get_bits::<2>(0);
        self.clock_phase.next = self.now.val();
        self.tick.next = self.clocks.q.val() == 255;
        // A shift register over x^32 + x^22 + x^2 + x + 1 that also takes in a bit of the seed per clock.
        self.fed.next = self.noise.q.val().get_bit(31)
            ^ self.noise.q.val().get_bit(21)
            ^ self.noise.q.val().get_bit(1)
            ^ self.noise.q.val().get_bit(0)
            ^ self.seed.val().get_bit(self.now.val().index());
        self.noise.d.next = self.noise.q.val() << 1;
        if self.fed.val() {
            self.noise.d.next = (self.noise.q.val() << 1) | 1;
        }

        self.following.next = self.s.q.val().index + 1;
        self.next_index.next = self.following.val() & self.last_index.val();
        self.walks.next = false;
        self.ends.next = false;
        self.place.next = bit_cast::<7, 5>(self.s.q.val().index) << 1;
        self.index.next = self.s.q.val().index;
        self.memory.read_address.next = self.place.val() | 1;
        self.memory.write.next = false;
        self.memory.write_address.next = self.place.val();
        self.own.next = self.left.q.val();
        self.word.d.next = self.memory.read_data.val();
        self.hit.next = self.wipe.val() & (self.wipe_index.val() == self.s.q.val().index);
        if self.hit.val() {
            self.s.d.next.stale = true;
        }
        self.begun.read_address.next = self.s.q.val().index;
        self.begun.write.next = self.wipe.val();
        self.begun.write_address.next = self.wipe_index.val();
        self.begun.write_data.next = false;
        self.fresh.next = !self.begun.read_data.val();
        self.sent.next = self.word.q.val().get_bits::<9>(0);
        self.reached.next = self.word.q.val().get_bits::<5>(9);
        self.ceiling.next = self.p_data.val().get_bits::<5>(10);
        self.failures.next = self.p_data.val().get_bits::<8>(16);
        self.request.next = self.state.q.val() == RequesterPhase::Send;
        self.stale.next = self.s.q.val().stale | self.hit.val();
        self.e_valid.next = self.state.q.val() == RequesterPhase::Announce;
        self.e_head.next = self.gave_up.val() | (bit_cast::<32, 5>(self.s.q.val().index) << 8);
        self.e_detail.next = bit_cast::<32, 8>(self.s.q.val().detail);
        if self.s.q.val().opening {
            self.e_head.next = self.started.val() | (bit_cast::<32, 5>(self.s.q.val().index) << 8);
        }

        // What the visit of an SA in quarantine would lead to. The wait is made in a shift register: for the first one random bits, then a one and zeros.
        self.acts.next = self.state.q.val() == RequesterPhase::Act;
        self.draws.next = self.state.q.val() == RequesterPhase::Draw;
        self.longer.next = self.reached.val() < self.ceiling.val();
        if self.acts.val() {
            self.s.d.next.opening = self.fresh.val();
            self.s.d.next.detail = self.sent.val().get_bits::<8>(0);
            if self.fresh.val() {
                self.s.d.next.detail = bit_cast::<8, 3>(self.cause.val());
            }
            self.s.d.next.failed =
                (self.failures.val() != 0) & (self.failures.val() == self.sent.val().get_bits::<8>(0)) & !self.sent.val().get_bit(8);
            self.s.d.next.draws = self.ceiling.val();
            self.s.d.next.exponent = self.reached.val();
            if self.longer.val() {
                self.s.d.next.draws = self.reached.val();
                self.s.d.next.exponent = self.reached.val() + 1;
            }
            self.s.d.next.count = self.sent.val();
            if !self.sent.val().get_bit(8) {
                self.s.d.next.count = self.sent.val() + 1;
            }
            if self.fresh.val() {
                self.s.d.next.draws = self.p_data.val().get_bits::<5>(0);
                self.s.d.next.exponent = self.p_data.val().get_bits::<5>(5);
                self.s.d.next.count = 0.into();
            }
        }
        if self.draws.val() {
            self.s.d.next.draws = self.s.q.val().draws - 1;
        }
        self.lowest.next = 0.into();
        if (self.acts.val() & !self.fresh.val()) | (self.draws.val() & self.s.q.val().opening & self.noise.q.val().get_bit(0)) {
            self.lowest.next = 1.into();
        }
        self.reduced.next = 0.into();
        if self.state.q.val() == RequesterPhase::Judge {
            self.reduced.next = self.word.q.val() - 1;
        }
        self.doubled.next = 0.into();
        if self.draws.val() {
            self.doubled.next = self.left.q.val() << 1;
        }
        self.loads.next = (self.state.q.val() == RequesterPhase::Judge)
            | (self.acts.val() & (self.fresh.val() | self.s.q.val().due))
            | (self.draws.val() & (self.s.q.val().draws != 0));
        if self.loads.val() {
            self.left.d.next = self.reduced.val() | self.doubled.val() | self.lowest.val();
        }

        match self.state.q.val() {
            RequesterPhase::Rest => {
                self.s.d.next.index = self.s.q.val().first;
                self.s.d.next.rest = self.last_index.val();
                if (self.owed.q.val() != 0) & (self.now.val() == 1) & !self.still.val() & !self.v_busy.val() {
                    self.walks.next = true;
                    self.state.d.next = RequesterPhase::Ask;
                }
            }
            RequesterPhase::Ask => {
                self.memory.read_address.next = self.place.val();
                self.s.d.next.stale = self.hit.val();
                self.state.d.next = RequesterPhase::Wait;
            }
            RequesterPhase::Wait => {
                self.state.d.next = RequesterPhase::Judge;
            }
            RequesterPhase::Judge => {
                // The last tick of the wait is this one: between a visit that sets 2^t and the one that sends lie 2^t ticks.
                self.s.d.next.due = self.word.q.val().get_bits::<31>(1) == 0;
                self.state.d.next = RequesterPhase::Act;
            }
            RequesterPhase::Act => {
                self.ends.next = true;
                self.state.d.next = RequesterPhase::Ask;
                if self.v_busy.val() {
                    self.state.d.next = RequesterPhase::Align;
                }
                if (self.cause.val() != 0) & self.cause_settled.val() & !self.s.q.val().stale {
                    if self.fresh.val() {
                        self.ends.next = false;
                        self.state.d.next = RequesterPhase::Announce;
                    }
                    if !self.fresh.val() {
                        if !self.s.q.val().due {
                            self.memory.write.next = true;
                        } else if self.idle.val() & !self.busy.val() & !self.still.val() {
                            self.ends.next = false;
                            self.state.d.next = RequesterPhase::Send;
                        }
                    }
                }
            }
            RequesterPhase::Send => {
                // The composer accepts in phase 3. If it did not, somebody went before: again in the next tick.
                if self.now.val() == 3 {
                    self.ends.next = true;
                    self.state.d.next = RequesterPhase::Align;
                    if self.accepted.val() {
                        self.s.d.next.first = self.next_index.val();
                        self.ends.next = false;
                        self.state.d.next = RequesterPhase::Draw;
                        if self.s.q.val().failed {
                            self.state.d.next = RequesterPhase::Announce;
                        }
                    }
                }
            }
            RequesterPhase::Announce => {
                if self.e_ready.val() {
                    self.state.d.next = RequesterPhase::Draw;
                }
            }
            RequesterPhase::Draw => {
                if self.s.q.val().draws == 0 {
                    self.state.d.next = RequesterPhase::Store;
                }
            }
            RequesterPhase::Store => {
                if !self.v_busy.val() {
                    self.memory.write.next = true;
                    self.state.d.next = RequesterPhase::StoreCount;
                }
            }
            RequesterPhase::StoreCount => {
                self.memory.write.next = !self.v_busy.val();
                self.memory.write_address.next = self.place.val() | 1;
                self.own.next = (bit_cast::<32, 5>(self.s.q.val().exponent) << 9) | bit_cast::<32, 9>(self.s.q.val().count);
                // While another SA is wiped this one waits; if it was itself wiped, it never begun.
                if !self.wipe.val() & !self.v_busy.val() {
                    self.begun.write.next = !self.s.q.val().stale;
                    self.begun.write_address.next = self.s.q.val().index;
                    self.begun.write_data.next = true;
                    self.ends.next = true;
                    self.state.d.next = RequesterPhase::Align;
                }
            }
            RequesterPhase::Align => {
                if (self.now.val() == 1) & !self.v_busy.val() {
                    self.state.d.next = RequesterPhase::Ask;
                    if self.s.q.val().rest == 31 {
                        self.state.d.next = RequesterPhase::Rest;
                    }
                }
            }
            _ => {}
        }
        if self.ends.val() {
            self.s.d.next.index = self.next_index.val();
            self.s.d.next.rest = self.s.q.val().rest - 1;
            if (self.s.q.val().rest == 0) & (self.state.q.val() == RequesterPhase::Act) {
                self.state.d.next = RequesterPhase::Rest;
            }
        }

        // The other half of the memory. A visit does not begin, and nothing is stored, while a V may be written.
        self.memory.write_data.next = self.own.val();
        if self.v_write.val() {
            self.memory.write.next = true;
            self.memory.write_address.next = (bit_cast::<7, 5>(self.v_index.val()) << 1) | 64;
            if self.v_half.val() {
                self.memory.write_address.next = (bit_cast::<7, 5>(self.v_index.val()) << 1) | 65;
            }
            self.memory.write_data.next = self.v_data.val();
        }
        if !self.now.val().get_bit(1) {
            self.memory.read_address.next = (bit_cast::<7, 5>(self.ask_index.val()) << 1) | 64;
            if self.ask_half.val() {
                self.memory.read_address.next = (bit_cast::<7, 5>(self.ask_index.val()) << 1) | 65;
            }
        }
        self.ask_word.next = self.word.q.val();

        if self.walks.val() & !self.tick.val() {
            self.owed.d.next = self.owed.q.val() - 1;
        }
        if self.tick.val() & !self.walks.val() & (self.owed.q.val() != 15) {
            self.owed.d.next = self.owed.q.val() + 1;
        }
        if self.still.val() {
            self.owed.d.next = 0.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::peer::Pipe;
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};

    /// Word 1 of the parameters.
    fn retry(spread: u32, timeout: u32, ceiling: u32, failures: u32) -> u32 {
        spread | timeout << 5 | ceiling << 10 | failures << 16
    }

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Seen {
        Request(usize),
        Event(u64, usize, u64),
    }

    struct Wire {
        bench: Bench<Requester>,
        parameters: [u32; 32],
        causes: [u64; 32],
        quarantine: u32,
        pipe: Pipe,
        ticks: u32,
        /// Clocks that the composer is busy with a request.
        composing: u32,
        compose_for: u32,
        event_for: u32,
        waits: u32,
        /// With the tick in which it happened.
        seen: Vec<(u32, Seen)>,
    }

    impl Wire {
        fn new(name: &str) -> Self {
            let mut bench = Bench::new(name, Requester::default(), |d| &mut d.clock);
            bench.dut.reset.next = true;
            bench.cycle();
            bench.dut.reset.next = false;
            bench.dut.cause_settled.next = true;
            let mut wire = Self {
                bench,
                parameters: [retry(3, 1, 4, 3); 32],
                causes: [1; 32],
                quarantine: 0,
                pipe: Pipe::default(),
                ticks: 0,
                composing: 0,
                compose_for: 90,
                event_for: 10,
                waits: 0,
                seen: vec![],
            };
            (0..32).for_each(|index| wire.wipe(index));
            wire
        }
        fn clock(&mut self) {
            self.bench.settle();
            let index = self.bench.dut.index.val().index();
            let phase = u64::from(self.bench.dut.clock_phase.val());
            let dut = &mut self.bench.dut;
            dut.idle.next = self.composing == 0;
            dut.accepted.next = dut.request.val() && phase == 3 && self.composing == 0;
            self.waits = if dut.e_valid.val() { self.waits + 1 } else { 0 };
            dut.e_ready.next = self.waits > self.event_for;
            self.bench.settle();
            let dut = &self.bench.dut;
            self.composing = self.composing.saturating_sub(1);
            if dut.accepted.val() {
                if !dut.stale.val() {
                    self.seen.push((self.ticks, Seen::Request(index)));
                }
                self.composing = self.compose_for;
            }
            if dut.e_ready.val() {
                let head = u64::from(dut.e_head.val());
                assert_eq!((head >> 18, head >> 8 & 0x3ff), (3, index as u64));
                self.seen.push((self.ticks, Seen::Event(head & 0xff, index, dut.e_detail.val().into())));
            }
            self.ticks += dut.tick.val() as u32;
            let asked = if phase >= 2 { self.parameters[index] } else { 0xdead_beef };
            self.bench.cycle();
            self.bench.dut.p_data.next = self.pipe.step(asked).into();
            self.bench.dut.cause.next = (if self.quarantine >> index & 1 == 1 { self.causes[index] } else { 0 }).into();
        }
        fn wipe(&mut self, index: usize) {
            self.bench.dut.wipe.next = true;
            self.bench.dut.wipe_index.next = (index as u64).into();
            self.clock();
            self.bench.dut.wipe.next = false;
        }
        /// Until tick `to`.
        fn run(&mut self, to: u32) {
            while self.ticks < to {
                self.clock();
            }
        }
        fn requests(&self, index: usize) -> Vec<u32> {
            self.seen.iter().filter(|s| s.1 == Seen::Request(index)).map(|s| s.0).collect()
        }
        fn quarantine(&mut self, bits: u32) {
            self.quarantine = bits;
        }
    }

    #[test]
    fn waits_double_up_to_the_ceiling() {
        let mut wire = Wire::new("requester");
        wire.bench.dut.seed.next = 0x1357_9bdfu64.into();
        wire.run(2);
        wire.causes[5] = 4;
        wire.parameters[31] = retry(0, 0, 0, 0);
        wire.quarantine(1 << 5 | 1 << 31);
        wire.run(60);
        let times = wire.requests(5);
        assert!((3..=12).contains(&times[0]), "{times:?}");
        let waits: Vec<u32> = times.windows(2).map(|w| w[1] - w[0]).collect();
        assert_eq!(waits, [2, 4, 8, 16, 16].iter().copied().take(waits.len()).collect::<Vec<_>>(), "{times:?}");
        assert!(waits.len() >= 4);
        let other = wire.requests(31);
        assert!(other.len() >= 56 && other.windows(2).all(|w| w[1] - w[0] == 1), "{other:?}");
        let events: Vec<(u32, Seen)> = wire.seen.iter().copied().filter(|s| matches!(s.1, Seen::Event(..))).collect();
        let started = EventCode::ResyncStarted.code() as u64;
        let failed = EventCode::ResyncFailed.code() as u64;
        assert_eq!(
            events.iter().map(|s| s.1).collect::<Vec<_>>(),
            [Seen::Event(started, 5, 4), Seen::Event(started, 31, 1), Seen::Event(failed, 5, 3)]
        );
        // With the third repetition, once.
        assert_eq!(events[2].0, times[3]);
        // Wiped: silence. Anew: from the beginning.
        wire.quarantine(1 << 31);
        wire.wipe(5);
        wire.seen.clear();
        wire.run(80);
        assert!(wire.requests(5).is_empty());
        wire.quarantine(1 << 5);
        wire.wipe(31);
        wire.seen.clear();
        wire.run(125);
        assert!(wire.requests(31).is_empty());
        let times = wire.requests(5);
        assert_eq!(times.windows(2).map(|w| w[1] - w[0]).take(3).collect::<Vec<_>>(), [2, 4, 8]);
        wire.bench.finish();
    }

    /// All at once: each draws its own wait, the waits fill the range, one at a time through the composer.
    #[test]
    fn many_requests_are_spread() {
        let mut wire = Wire::new("requester_spread");
        wire.parameters = [retry(6, 10, 10, 0); 32];
        wire.run(1);
        wire.quarantine(0xffff_ffff);
        let mut noise = StdRng::seed_from_u64(15);
        while wire.ticks < 75 {
            wire.bench.dut.seed.next = (noise.gen::<u32>() as u64).into();
            wire.clock();
        }
        let mut times = vec![];
        for index in 0..32 {
            let requests = wire.requests(index);
            assert_eq!(requests.len(), 1, "{index}");
            assert!((2..=68).contains(&requests[0]));
            times.push(requests[0]);
        }
        times.sort_unstable();
        let halves = times.iter().filter(|t| **t < 34).count();
        assert!((8..=24).contains(&halves), "{times:?}");
        times.dedup();
        assert!(times.len() >= 18, "{times:?}");
        wire.bench.finish();
    }

    /// V of any pair is written at any time and read in its phases, and disturbs no wait.
    #[test]
    fn v_lies_beside_the_waits() {
        let mut random = StdRng::seed_from_u64(17);
        let mut wire = Wire::new("requester_v");
        let run = |wire: &mut Wire, mut v: Option<&mut StdRng>| {
            wire.seen.clear();
            let from = wire.ticks;
            wire.parameters = [retry(0, 1, 3, 2); 32];
            wire.quarantine(0x8000_0201);
            let mut known = [0u64; 32];
            while wire.ticks < from + 40 {
                let Some(random) = v.as_deref_mut() else {
                    wire.clock();
                    continue;
                };
                let index = random.gen_range(0..32usize);
                (0..random.gen_range(0..40)).for_each(|_| wire.clock());
                known[index] = random.gen();
                for n in 0..12 {
                    let dut = &mut wire.bench.dut;
                    dut.v_busy.next = true;
                    dut.v_write.next = n == 4 || n == 6;
                    dut.v_half.next = n > 4;
                    dut.v_index.next = (index as u64).into();
                    dut.v_data.next = (if n > 4 { known[index] & 0xffff_ffff } else { known[index] >> 32 }).into();
                    wire.clock();
                }
                wire.bench.dut.v_busy.next = false;
                let index = if random.gen() { index } else { random.gen_range(0..32usize) };
                while u64::from(wire.bench.dut.clock_phase.val()) != 0 {
                    wire.clock();
                    wire.bench.settle();
                }
                wire.bench.dut.ask_index.next = (index as u64).into();
                let mut words = [0; 2];
                for n in 0..4 {
                    wire.bench.dut.ask_half.next = n == 1;
                    wire.bench.settle();
                    if n >= 2 {
                        words[n - 2] = u64::from(wire.bench.dut.ask_word.val());
                    }
                    wire.clock();
                }
                if known[index] != 0 {
                    assert_eq!(words[0] << 32 | words[1], known[index]);
                }
            }
            let seen: Vec<(u32, Seen)> = wire.seen.iter().map(|s| (s.0 - from, s.1)).collect();
            wire.quarantine(0);
            for index in [0, 9, 31] {
                wire.wipe(index);
            }
            wire.run(from + 60);
            seen
        };
        wire.run(2);
        let alone = run(&mut wire, None);
        let beside = run(&mut wire, Some(&mut random));
        let of = |seen: &[(u32, Seen)]| seen.iter().filter(|s| matches!(s.1, Seen::Request(_))).count();
        assert!(of(&alone) >= 9);
        assert_eq!(of(&alone), of(&beside), "{alone:?} {beside:?}");
        wire.bench.finish();
    }

    /// A composer that is busy, or suspension, delays; slow events are made up for.
    #[test]
    fn what_cannot_be_sent_is_sent_later() {
        let mut wire = Wire::new("requester_busy");
        wire.parameters = [retry(0, 2, 2, 0); 32];
        wire.run(1);
        wire.quarantine(0b110);
        wire.run(4);
        assert_eq!((wire.requests(1).len(), wire.requests(2).len()), (1, 1));
        wire.composing = 256 * 10;
        wire.run(14);
        let before = wire.requests(1).len();
        wire.run(20);
        assert!(wire.requests(1).len() > before && wire.requests(2).len() > before);
        wire.bench.dut.busy.next = true;
        let before = wire.seen.len();
        wire.run(28);
        assert_eq!(wire.seen.len(), before);
        wire.bench.dut.busy.next = false;
        wire.bench.dut.still.next = true;
        wire.run(36);
        assert_eq!(wire.seen.len(), before);
        wire.bench.dut.still.next = false;
        // Events that take more than a tick each: the count of ticks does not suffer.
        wire.event_for = 400;
        wire.quarantine(0b111_1000_0110);
        wire.wipe(1);
        wire.wipe(2);
        wire.seen.clear();
        wire.run(44);
        wire.event_for = 2;
        wire.run(70);
        for index in [1, 2, 7, 8, 9, 10] {
            let times = wire.requests(index);
            let waits: Vec<u32> = times.windows(2).map(|w| w[1] - w[0]).collect();
            assert!(waits.len() >= 3 && waits.iter().rev().take(2).all(|w| *w == 4), "{index}: {times:?}");
        }
        wire.bench.finish();
    }

    /// A wipe in any clock of a visit: no request and no memory of the old matter afterwards.
    #[test]
    fn a_wipe_meets_a_visit_anywhere() {
        let mut wire = Wire::new("requester_wipe");
        wire.parameters = [retry(1, 0, 3, 0); 32];
        for lead in 0..140 {
            wire.quarantine(1 << 3);
            let from = wire.ticks;
            wire.run(from + 1);
            (0..lead % 70).for_each(|_| wire.clock());
            if lead >= 70 {
                wire.run(from + 4);
                (0..lead % 70).for_each(|_| wire.clock());
            }
            wire.quarantine(0);
            wire.wipe(3);
            wire.seen.retain(|s| matches!(s.1, Seen::Request(_)));
            let sent = wire.seen.len();
            wire.run(wire.ticks + 2);
            assert_eq!(wire.requests(3).len(), sent, "lead {lead}");
            wire.seen.clear();
        }
        // The next one begins with its event.
        wire.quarantine(1 << 3);
        wire.run(wire.ticks + 3);
        assert_eq!(wire.seen[0].1, Seen::Event(EventCode::ResyncStarted.code() as u64, 3, 1));
        wire.bench.finish();
    }
}
