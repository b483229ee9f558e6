use crate::cell::{Ram, Reg};
use holdfast_registers::{map::event, EventCode};
use rust_hdl::prelude::*;

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
    pub phase: RequesterPhase,
    pub index: Bits<5>,
    /// The SA is in quarantine; it was wiped since the visit began.
    pub here: Bit,
    pub stale: Bit,
    pub due: Bit,
    /// First visit in this quarantine.
    pub opening: Bit,
    pub why: Bits<3>,
    pub failed: Bit,
    /// Doublings or random bits still to be drawn.
    pub draws: Bits<5>,
    /// To be stored: requests sent, 256 where more; exponent of the wait after the next one.
    pub count: Bits<9>,
    pub exponent: Bits<5>,
}

/// Sends the requests of the SAs in quarantine, as the pair's parameters say: visits all 32 once per tick and counts down how long each is to wait. Makes the `tick` (256 clocks) and the `phase` (the two lowest bits of their count) for its neighbours.
///
/// First visit: event `resync_started`, and a wait of 0 to 2^s − 1 ticks is drawn. Wait over: a REQUEST, if the composer is `idle` and nobody else wants it (`busy`), otherwise in the next tick; from its sending on 2^t ticks, then doubling, up to 2^c. Where the configured number of
/// requests went unanswered event `resync_failed` is offered with the next one.
///
/// Ticks that pass while a visit takes longer (an event waits) are made up for, 15 at most; those that pass while `still` are not counted. `wipe` ends the matter of an SA: nothing of it is sent or remembered.
/// Parameter word 1 of SA `p_index` is asked for in phases 2 and 3 and seen in 0 and 1.
#[derive(LogicBlock)]
pub struct Requester {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub still: Signal<In, Bit>,
    pub seed: Signal<In, Bits<32>>,
    pub quarantine: Signal<In, Bits<32>>,
    pub wipe: Signal<In, Bit>,
    pub wipe_index: Signal<In, Bits<5>>,
    /// The SA that is visited, answered by `cause` (where `cause_settled`) and `p_data`.
    pub index: Signal<Out, Bits<5>>,
    pub cause: Signal<In, Bits<3>>,
    pub cause_settled: Signal<In, Bit>,
    pub p_data: Signal<In, Bits<32>>,
    pub tick: Signal<Out, Bit>,
    pub clock_phase: Signal<Out, Bits<2>>,
    pub idle: Signal<In, Bit>,
    pub busy: Signal<In, Bit>,
    pub request: Signal<Out, Bit>,
    pub accepted: Signal<In, Bit>,
    pub e_valid: Signal<Out, Bit>,
    pub e_head: Signal<Out, Bits<32>>,
    pub e_detail: Signal<Out, Bits<32>>,
    pub e_ready: Signal<In, Bit>,
    s: Reg<RequesterState>,
    clocks: Reg<Bits<8>>,
    /// Ticks that have passed, less those walked for.
    owed: Reg<Bits<4>>,
    noise: Reg<Bits<32>>,
    wait: Reg<Bits<32>>,
    /// Two words per SA: ticks to wait; exponent of the next wait 13:9, requests sent 8:0. Block RAM, so a register follows.
    memory: Ram<Bits<32>, 6>,
    word: Reg<Bits<32>>,
    /// The words of this SA are those of this quarantine.
    begun: Ram<Bit, 5>,
    started: Constant<Bits<32>>,
    gave_up: Constant<Bits<32>>,
    place: Signal<Local, Bits<6>>,
    now: Signal<Local, Bits<2>>,
    hit: Signal<Local, Bit>,
    ends: Signal<Local, Bit>,
    walks: Signal<Local, Bit>,
    fresh: Signal<Local, Bit>,
    sent: Signal<Local, Bits<9>>,
    reached: Signal<Local, Bits<5>>,
    ceiling: Signal<Local, Bits<5>>,
    bit: Signal<Local, Bit>,
}

impl Default for Requester {
    fn default() -> Self {
        let head = |code: EventCode| Constant::new(((event::INBOUND | event::SA_VALID | code.code() as u32) as u64).into());
        Self {
            clock: Default::default(),
            reset: Default::default(),
            still: Default::default(),
            seed: Default::default(),
            quarantine: Default::default(),
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
            accepted: Default::default(),
            e_valid: Default::default(),
            e_head: Default::default(),
            e_detail: Default::default(),
            e_ready: Default::default(),
            s: Default::default(),
            clocks: Default::default(),
            owed: Default::default(),
            noise: Reg::new(1u64.into()),
            wait: Default::default(),
            memory: Default::default(),
            word: Default::default(),
            begun: Default::default(),
            started: head(EventCode::ResyncStarted),
            gave_up: head(EventCode::ResyncFailed),
            place: Default::default(),
            now: Default::default(),
            hit: Default::default(),
            ends: Default::default(),
            walks: Default::default(),
            fresh: Default::default(),
            sent: Default::default(),
            reached: Default::default(),
            ceiling: Default::default(),
            bit: Default::default(),
        }
    }
}

impl Logic for Requester {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, clocks, owed, noise, wait, word);
        clock!(self, clock, memory, begun);
        self.s.reset.next = self.reset.val();
        self.clocks.reset.next = self.reset.val();
        self.owed.reset.next = self.reset.val();
        self.noise.reset.next = self.reset.val();
        self.wait.reset.next = self.reset.val();
        self.word.reset.next = self.reset.val();

        self.clocks.d.next = self.clocks.q.val() + 1;
        self.now.next = self.clocks.q.val().get_bits::<2>(0);
        self.clock_phase.next = self.now.val();
        self.tick.next = self.clocks.q.val() == 255;
        // A shift register over x^32 + x^22 + x^2 + x + 1 that also takes in one bit of the seed per clock.
        self.bit.next = self.noise.q.val().get_bit(31)
            ^ self.noise.q.val().get_bit(21)
            ^ self.noise.q.val().get_bit(1)
            ^ self.noise.q.val().get_bit(0)
            ^ self.seed.val().get_bit(self.clocks.q.val().get_bits::<5>(0).index());
        self.noise.d.next = self.noise.q.val() << 1;
        if self.bit.val() {
            self.noise.d.next = (self.noise.q.val() << 1) | 1;
        }

        self.walks.next = false;
        self.ends.next = false;
        self.place.next = bit_cast::<6, 5>(self.s.q.val().index) << 1;
        self.index.next = self.s.q.val().index;
        self.memory.read_address.next = self.place.val() | 1;
        self.memory.write.next = false;
        self.memory.write_address.next = self.place.val();
        self.memory.write_data.next = self.wait.q.val();
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
        self.request.next = (self.s.q.val().phase == RequesterPhase::Send) & !self.s.q.val().stale & !self.hit.val();
        self.e_valid.next = self.s.q.val().phase == RequesterPhase::Announce;
        self.e_head.next = self.gave_up.val() | (bit_cast::<32, 5>(self.s.q.val().index) << 8);
        self.e_detail.next = bit_cast::<32, 9>(self.sent.val());
        if self.s.q.val().opening {
            self.e_head.next = self.started.val() | (bit_cast::<32, 5>(self.s.q.val().index) << 8);
            self.e_detail.next = bit_cast::<32, 3>(self.s.q.val().why);
        }

        match self.s.q.val().phase {
            RequesterPhase::Rest => {
                self.s.d.next.index = 0.into();
                if (self.owed.q.val() != 0) & (self.now.val() == 1) & !self.still.val() {
                    self.walks.next = true;
                    self.s.d.next.phase = RequesterPhase::Ask;
                }
            }
            RequesterPhase::Ask => {
                self.memory.read_address.next = self.place.val();
                self.s.d.next.here = self.quarantine.val().get_bit(self.s.q.val().index.index());
                self.s.d.next.stale = self.hit.val();
                self.s.d.next.phase = RequesterPhase::Wait;
            }
            RequesterPhase::Wait => {
                self.s.d.next.phase = RequesterPhase::Judge;
            }
            RequesterPhase::Judge => {
                // The last tick of the wait is this one: between a visit that sets 2^t and the one that sends lie 2^t ticks.
                self.s.d.next.due = self.word.q.val().get_bits::<31>(1) == 0;
                self.wait.d.next = self.word.q.val() - 1;
                self.s.d.next.phase = RequesterPhase::Act;
            }
            RequesterPhase::Act => {
                self.ends.next = true;
                self.s.d.next.phase = RequesterPhase::Ask;
                self.s.d.next.opening = self.fresh.val();
                self.s.d.next.failed = (self.p_data.val().get_bits::<8>(16) != 0)
                    & (bit_cast::<9, 8>(self.p_data.val().get_bits::<8>(16)) == self.sent.val());
                self.s.d.next.draws = self.ceiling.val();
                self.s.d.next.exponent = self.ceiling.val();
                if self.reached.val() < self.ceiling.val() {
                    self.s.d.next.draws = self.reached.val();
                    self.s.d.next.exponent = self.reached.val() + 1;
                }
                self.s.d.next.count = self.sent.val();
                if !self.sent.val().get_bit(8) {
                    self.s.d.next.count = self.sent.val() + 1;
                }
                self.s.d.next.why = self.cause.val();
                if self.s.q.val().here & !self.s.q.val().stale {
                    if self.fresh.val() & self.cause_settled.val() {
                        self.wait.d.next = 0.into();
                        self.s.d.next.draws = self.p_data.val().get_bits::<5>(0);
                        self.s.d.next.exponent = self.p_data.val().get_bits::<5>(5);
                        self.s.d.next.count = 0.into();
                        self.ends.next = false;
                        self.s.d.next.phase = RequesterPhase::Announce;
                    }
                    if !self.fresh.val() {
                        if !self.s.q.val().due {
                            self.memory.write.next = true;
                        } else if self.idle.val() & !self.busy.val() & !self.still.val() {
                            self.wait.d.next = 1.into();
                            self.ends.next = false;
                            self.s.d.next.phase = RequesterPhase::Send;
                        }
                    }
                }
            }
            RequesterPhase::Send => {
                // The composer accepts in phase 3. If it did not, somebody went before: again in the next tick.
                if self.now.val() == 3 {
                    self.ends.next = true;
                    self.s.d.next.phase = RequesterPhase::Align;
                    if self.accepted.val() {
                        self.ends.next = false;
                        self.s.d.next.phase = RequesterPhase::Draw;
                        if self.s.q.val().failed {
                            self.s.d.next.phase = RequesterPhase::Announce;
                        }
                    }
                }
            }
            RequesterPhase::Announce => {
                if self.e_ready.val() {
                    self.s.d.next.phase = RequesterPhase::Draw;
                }
            }
            RequesterPhase::Draw => {
                self.s.d.next.draws = self.s.q.val().draws - 1;
                self.wait.d.next = self.wait.q.val() << 1;
                if self.s.q.val().opening & self.noise.q.val().get_bit(0) {
                    self.wait.d.next = (self.wait.q.val() << 1) | 1;
                }
                if self.s.q.val().draws == 0 {
                    self.wait.d.next = self.wait.q.val();
                    self.s.d.next.phase = RequesterPhase::Store;
                }
            }
            RequesterPhase::Store => {
                self.memory.write.next = true;
                self.s.d.next.phase = RequesterPhase::StoreCount;
            }
            RequesterPhase::StoreCount => {
                self.memory.write.next = true;
                self.memory.write_address.next = self.place.val() | 1;
                self.memory.write_data.next = (bit_cast::<32, 5>(self.s.q.val().exponent) << 9) | bit_cast::<32, 9>(self.s.q.val().count);
                // While another SA is wiped this one waits; if it was itself wiped, it never begun.
                if !self.wipe.val() {
                    self.begun.write.next = !self.s.q.val().stale;
                    self.begun.write_address.next = self.s.q.val().index;
                    self.begun.write_data.next = true;
                    self.ends.next = true;
                    self.s.d.next.phase = RequesterPhase::Align;
                }
            }
            RequesterPhase::Align => {
                if self.now.val() == 1 {
                    self.s.d.next.phase = RequesterPhase::Ask;
                    if self.s.q.val().index == 0 {
                        self.s.d.next.phase = RequesterPhase::Rest;
                    }
                }
            }
            _ => {}
        }
        if self.ends.val() {
            self.s.d.next.index = self.s.q.val().index + 1;
            if (self.s.q.val().index == 31) & (self.s.q.val().phase == RequesterPhase::Act) {
                self.s.d.next.phase = RequesterPhase::Rest;
            }
        }

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
