use crate::cell::{Ram, Reg};
use crate::prelude::*;
use crate::Sizes;
use holdfast_registers::{map::event, sa, EventCode};

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum VerifierPhase {
    Idle,
    Ask,
    Low,
    High,
    Start,
    Wait,
    Finish,
    Report,
    Free,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct VerifierState {
    pub carry: Bit,
    /// S has no successor.
    pub none: Bit,
    /// Whose event is being offered.
    pub reporting: Bit,
    pub passing: Bit,
}

/// Knows the V that is outstanding in each pair, and ends the quarantine of the pair whose ACK is in the mailbox.
///
/// `known` tells whether a V of `ask_index` is outstanding, a clock after it; `v_live` makes that of `v_index` so. The words of V are in the requester's memory.
/// `wipe` takes it away.
///
/// An ACK in the mailbox: S + 1 goes to the tables by `Commit` (SET_SEQUENCE); only when that is done the quarantine ends (`finish`), and event `resync_finished` is offered. If `Commit` refuses, nothing has happened.
/// If the pair was wiped while the ACK waited (`mail_stale`) it is thrown away, and so it is if S is the last number there is; where `Commit` was asked already it is given an operation that it refuses, since its client must not retreat.
///
/// The events of the requester pass through here, because the port is one; those of the verifier go first.
#[derive(LogicBlock, Ports)]
pub struct Verifier {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub still: Signal<In, Bit>,
    pub wipe: Signal<In, Bit>,
    pub wipe_index: Signal<In, Bits<5>>,
    pub ask_index: Signal<In, Bits<5>>,
    pub known: Signal<Out, Bit>,
    pub v_index: Signal<In, Bits<5>>,
    pub v_live: Signal<In, Bit>,
    /// An ACK waits.
    pub mail: Signal<In, Bit>,
    pub mail_stale: Signal<In, Bit>,
    pub mail_index: Signal<In, Bits<5>>,
    pub mail_high: Signal<In, Bits<32>>,
    pub mail_low: Signal<In, Bits<32>>,
    pub mail_free: Signal<Out, Bit>,
    pub c_want: Signal<Out, Bit>,
    pub c_grant: Signal<In, Bit>,
    pub c_write: Signal<Out, Bit>,
    pub c_word: Signal<Out, Bits<5>>,
    pub c_data: Signal<Out, Bits<32>>,
    pub c_start: Signal<Out, Bit>,
    pub c_operation: Signal<Out, Bits<3>>,
    pub c_inbound: Signal<Out, Bit>,
    pub c_index: Signal<Out, Bits<5>>,
    pub c_done: Signal<In, Bit>,
    pub c_refused: Signal<In, Bit>,
    pub finish: Signal<Out, Bit>,
    pub finish_index: Signal<Out, Bits<5>>,
    pub finish_taken: Signal<In, Bit>,
    pub other_valid: Signal<In, Bit>,
    pub other_head: Signal<In, Bits<32>>,
    pub other_detail: Signal<In, Bits<32>>,
    pub other_ready: Signal<Out, Bit>,
    pub e_valid: Signal<Out, Bit>,
    pub e_head: Signal<Out, Bits<32>>,
    pub e_detail: Signal<Out, Bits<32>>,
    pub e_ready: Signal<In, Bit>,
    s: Reg<VerifierState>,
    state: Reg<VerifierPhase>,
    live: Ram<Bit, 5>,
    set_sequence: Constant<Bits<3>>,
    word_low: Constant<Bits<5>>,
    word_high: Constant<Bits<5>>,
    head: Constant<Bits<32>>,
    half: Signal<Local, Bits<32>>,
    increment: Signal<Local, Bits<32>>,
    ones: Signal<Local, Bit>,
}

/// Operation of `Commit` that only this block uses: the window of an inbound SA is forgotten, everything below the staged number counts as seen.
pub const SET_SEQUENCE: u64 = 5;

impl Verifier {
    /// For so many SAs.
    pub fn new(sizes: Sizes) -> Self {
        let head = event::INBOUND | event::SA_VALID | EventCode::ResyncFinished.code() as u32;
        Self {
            clock: Default::default(),
            reset: Default::default(),
            still: Default::default(),
            wipe: Default::default(),
            wipe_index: Default::default(),
            ask_index: Default::default(),
            known: Default::default(),
            v_index: Default::default(),
            v_live: Default::default(),
            mail: Default::default(),
            mail_stale: Default::default(),
            mail_index: Default::default(),
            mail_high: Default::default(),
            mail_low: Default::default(),
            mail_free: Default::default(),
            c_want: Default::default(),
            c_grant: Default::default(),
            c_write: Default::default(),
            c_word: Default::default(),
            c_data: Default::default(),
            c_start: Default::default(),
            c_operation: Default::default(),
            c_inbound: Default::default(),
            c_index: Default::default(),
            c_done: Default::default(),
            c_refused: Default::default(),
            finish: Default::default(),
            finish_index: Default::default(),
            finish_taken: Default::default(),
            other_valid: Default::default(),
            other_head: Default::default(),
            other_detail: Default::default(),
            other_ready: Default::default(),
            e_valid: Default::default(),
            e_head: Default::default(),
            e_detail: Default::default(),
            e_ready: Default::default(),
            s: Default::default(),
            state: Default::default(),
            live: Ram::of(sizes.sa_bits(0)),
            set_sequence: Constant::new(SET_SEQUENCE.into()),
            word_low: Constant::new((sa::SEQUENCE as u64).into()),
            word_high: Constant::new((sa::SEQUENCE as u64 + 1).into()),
            head: Constant::new((head as u64).into()),
            half: Default::default(),
            increment: Default::default(),
            ones: Default::default(),
        }
    }
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new(Sizes::default())
    }
}

impl Logic for Verifier {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, state);
        clock!(self, clock, live);
        self.s.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();

        // What is outstanding. A wipe goes before a V that becomes the outstanding one: then that answer is lost, and the next request follows.
        self.live.write.next = self.wipe.val() | self.v_live.val();
        self.live.write_address.next = self.v_index.val();
        self.live.write_data.next = !self.wipe.val();
        if self.wipe.val() {
            self.live.write_address.next = self.wipe_index.val();
        }

        self.live.read_address.next = self.ask_index.val();
        self.known.next = self.live.read_data.val();

        // The ACK in the mailbox.
        self.mail_free.next = self.state.q.val() == VerifierPhase::Free;
        self.c_want.next = (self.state.q.val() == VerifierPhase::Ask)
            | (self.state.q.val() == VerifierPhase::Low)
            | (self.state.q.val() == VerifierPhase::High)
            | (self.state.q.val() == VerifierPhase::Start)
            | (self.state.q.val() == VerifierPhase::Wait);
        self.c_write.next = (self.state.q.val() == VerifierPhase::Low) | (self.state.q.val() == VerifierPhase::High);
        self.c_word.next = self.word_low.val();
        self.half.next = self.mail_low.val();
        if self.state.q.val() == VerifierPhase::High {
            self.half.next = self.mail_high.val();
        }
        self.ones.next = self.half.val() == 0xffffffffu64;
        self.increment.next = 1.into();
        if self.state.q.val() == VerifierPhase::High {
            self.c_word.next = self.word_high.val();
            if !self.s.q.val().carry {
                self.increment.next = 0.into();
            }
        }
        self.c_data.next = self.half.val() + self.increment.val();
        self.c_start.next = self.state.q.val() == VerifierPhase::Start;
        self.c_operation.next = self.set_sequence.val();
        if self.mail_stale.val() | self.s.q.val().none {
            self.c_operation.next = 0.into();
        }
        self.c_inbound.next = true;
        self.c_index.next = self.mail_index.val();
        self.finish.next = (self.state.q.val() == VerifierPhase::Finish) & !self.mail_stale.val();
        self.finish_index.next = self.mail_index.val();
        match self.state.q.val() {
            VerifierPhase::Idle => {
                if self.mail.val() & !self.still.val() {
                    self.state.d.next = VerifierPhase::Ask;
                }
                if self.mail.val() & self.mail_stale.val() {
                    self.state.d.next = VerifierPhase::Free;
                }
            }
            VerifierPhase::Ask => {
                if self.c_grant.val() {
                    self.state.d.next = VerifierPhase::Low;
                }
            }
            VerifierPhase::Low => {
                self.s.d.next.carry = self.ones.val();
                self.state.d.next = VerifierPhase::High;
            }
            VerifierPhase::High => {
                self.s.d.next.none = self.ones.val() & self.s.q.val().carry;
                self.state.d.next = VerifierPhase::Start;
            }
            VerifierPhase::Start => {
                self.state.d.next = VerifierPhase::Wait;
            }
            VerifierPhase::Wait => {
                if self.c_done.val() {
                    self.state.d.next = VerifierPhase::Finish;
                    if self.c_refused.val() {
                        self.state.d.next = VerifierPhase::Free;
                    }
                }
            }
            VerifierPhase::Finish => {
                if self.finish_taken.val() {
                    self.state.d.next = VerifierPhase::Report;
                }
                if self.mail_stale.val() {
                    self.state.d.next = VerifierPhase::Free;
                }
            }
            VerifierPhase::Report => {
                if self.s.q.val().reporting & self.e_ready.val() {
                    self.state.d.next = VerifierPhase::Free;
                }
            }
            VerifierPhase::Free => {
                self.state.d.next = VerifierPhase::Idle;
            }
            _ => {}
        }

        // One event port: who has it keeps it until the event is taken.
        self.e_valid.next = self.s.q.val().reporting | self.s.q.val().passing;
        self.e_head.next = self.head.val() | (bit_cast::<32, 5>(self.mail_index.val()) << 8);
        self.e_detail.next = self.mail_low.val();
        self.other_ready.next = self.s.q.val().passing & self.e_ready.val();
        if self.s.q.val().passing {
            self.e_head.next = self.other_head.val();
            self.e_detail.next = self.other_detail.val();
        }
        if self.s.q.val().reporting | self.s.q.val().passing {
            if self.e_ready.val() {
                self.s.d.next.reporting = false;
                self.s.d.next.passing = false;
            }
        } else {
            self.s.d.next.reporting = self.state.q.val() == VerifierPhase::Report;
            self.s.d.next.passing = self.other_valid.val() & (self.state.q.val() != VerifierPhase::Report);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};

    /// What happened at the ports in one clock.
    #[derive(Debug, PartialEq)]
    enum Seen {
        Stage(u64, u64),
        Start(u64, u64),
        Finish(u64),
        Event(u64, u64),
        Free,
    }

    struct Wire {
        bench: Bench<Verifier>,
        /// S of the ACK in the mailbox.
        number: u64,
        grant_in: u32,
        done_in: u32,
        refuses: bool,
        event_in: u32,
        seen: Vec<Seen>,
    }

    impl Wire {
        fn new(name: &str) -> Self {
            let mut bench = Bench::new(name, Verifier::default(), |d| &mut d.clock);
            bench.dut.reset.next = true;
            bench.cycle();
            bench.dut.reset.next = false;
            Self { bench, number: 0, grant_in: 3, done_in: 9, refuses: false, event_in: 5, seen: vec![] }
        }
        fn clock(&mut self) {
            let dut = &mut self.bench.dut;
            dut.e_ready.next = false;
            dut.c_done.next = false;
            self.bench.settle();
            let dut = &mut self.bench.dut;
            if dut.c_want.val() {
                self.grant_in = self.grant_in.saturating_sub(1);
            }
            dut.c_grant.next = dut.c_want.val() && self.grant_in == 0;
            if self.done_in > 0 && self.done_in < 9 {
                self.done_in -= 1;
                dut.c_done.next = self.done_in == 0;
                dut.c_refused.next = self.refuses;
            }
            if dut.e_valid.val() {
                self.event_in = self.event_in.saturating_sub(1);
                dut.e_ready.next = self.event_in == 0;
            }
            self.bench.settle();
            let dut = &mut self.bench.dut;
            if dut.c_write.val() {
                assert!(dut.c_grant.val() && dut.c_want.val());
                self.seen.push(Seen::Stage(dut.c_word.val().into(), dut.c_data.val().into()));
            }
            if dut.c_start.val() {
                assert!(dut.c_grant.val() && dut.c_want.val() && dut.c_inbound.val());
                self.seen.push(Seen::Start(dut.c_operation.val().into(), dut.c_index.val().into()));
                self.done_in = 8;
                self.refuses |= dut.c_operation.val() != SET_SEQUENCE;
            }
            dut.finish_taken.next = dut.finish.val();
            if dut.finish.val() {
                self.seen.push(Seen::Finish(dut.finish_index.val().into()));
            }
            if dut.e_ready.val() {
                self.seen.push(Seen::Event(dut.e_head.val().into(), dut.e_detail.val().into()));
            }
            if dut.mail_free.val() {
                self.seen.push(Seen::Free);
            }
            let free = dut.mail_free.val();
            self.bench.cycle();
            let dut = &mut self.bench.dut;
            dut.mail_high.next = (self.number >> 32).into();
            dut.mail_low.next = (self.number & 0xffff_ffff).into();
            dut.finish_taken.next = false;
            if free {
                dut.mail.next = false;
                dut.mail_stale.next = false;
                (self.grant_in, self.done_in, self.event_in, self.refuses) = (3, 9, 5, false);
            }
        }
        /// Puts an ACK into the mailbox; `stale_at`: clocks until its pair is wiped.
        fn ack(&mut self, index: u64, number: u64, refuses: bool, stale_at: Option<u32>) -> Vec<Seen> {
            (self.number, self.refuses) = (number, refuses);
            self.bench.dut.mail.next = true;
            self.bench.dut.mail_index.next = index.into();
            for n in 0..60 {
                if stale_at == Some(n) {
                    self.bench.dut.mail_stale.next = true;
                }
                self.clock();
                if self.seen.last() == Some(&Seen::Free) {
                    break;
                }
            }
            assert_eq!(self.seen.last(), Some(&Seen::Free));
            self.clock();
            std::mem::take(&mut self.seen)
        }
        fn wipe(&mut self, index: u64) {
            self.bench.dut.wipe.next = true;
            self.bench.dut.wipe_index.next = index.into();
            self.clock();
            self.bench.dut.wipe.next = false;
        }
        fn live(&mut self, index: u64) {
            self.bench.dut.v_index.next = index.into();
            self.bench.dut.v_live.next = true;
            (0..4).for_each(|_| self.clock());
            self.bench.dut.v_live.next = false;
        }
        fn known(&mut self, index: u64) -> bool {
            self.bench.dut.ask_index.next = index.into();
            self.clock();
            self.bench.settle();
            self.bench.dut.known.val()
        }
    }

    #[test]
    fn a_wipe_takes_v_away() {
        let mut random = StdRng::seed_from_u64(12);
        let mut wire = Wire::new("verifier_v");
        (0..32).for_each(|index| wire.wipe(index));
        let mut known = 0u32;
        for _ in 0..300 {
            let index = random.gen_range(0..32u64);
            match random.gen_range(0..3) {
                0 => {
                    wire.live(index);
                    known |= 1 << index;
                }
                1 => {
                    wire.wipe(index);
                    known &= !(1 << index);
                }
                _ => assert_eq!(wire.known(index), known >> index & 1 == 1),
            }
        }
        wire.bench.finish();
    }

    #[test]
    fn an_ack_moves_the_edge_and_then_ends_the_quarantine() {
        let mut wire = Wire::new("verifier_ack");
        for (index, number) in [(7u64, 0x1234_5678_9abc_def0u64), (31, 0xffff_ffff), (0, 0xffff_ffff_ffff_fffe), (1, 0)] {
            let next = number + 1;
            let staged = [Seen::Stage(20, next & 0xffff_ffff), Seen::Stage(21, next >> 32), Seen::Start(SET_SEQUENCE, index)];
            let head = 0xc0000 | index << 8 | EventCode::ResyncFinished.code() as u64;
            let mut expected: Vec<Seen> = staged.into();
            expected.extend([Seen::Finish(index), Seen::Event(head, number & 0xffff_ffff), Seen::Free]);
            assert_eq!(wire.ack(index, number, false, None), expected);
            // Refused: it stays in quarantine.
            let seen = wire.ack(index, number, true, None);
            assert_eq!((seen.len(), seen.last()), (4, Some(&Seen::Free)));
        }
        // No number comes after this one, so no edge either.
        let seen = wire.ack(3, u64::MAX, false, None);
        assert!(seen.contains(&Seen::Start(0, 3)) && !seen.contains(&Seen::Finish(3)), "{seen:?}");
        // Wiped while it waits, at any time: never anything that takes effect after the wipe, and always an end.
        for clocks in 0..40 {
            let seen = wire.ack(5, 77, false, Some(clocks));
            let started = seen.contains(&Seen::Start(SET_SEQUENCE, 5));
            assert!(started == (clocks > 7) || clocks == 7, "{clocks}: {seen:?}");
            assert!(started || !seen.contains(&Seen::Finish(5)));
        }
        // Not while suspended.
        wire.bench.dut.still.next = true;
        wire.number = 1;
        wire.bench.dut.mail.next = true;
        (0..20).for_each(|_| wire.clock());
        assert!(wire.seen.is_empty() && !wire.bench.dut.c_want.val());
        wire.bench.dut.still.next = false;
        (0..60).for_each(|_| wire.clock());
        assert_eq!(wire.seen.last(), Some(&Seen::Free));
        wire.bench.finish();
    }

    /// Two sources, one port: each event leaves once, and never mixed with the other's.
    #[test]
    fn events_of_the_requester_pass() {
        let mut wire = Wire::new("verifier_events");
        for lead in 0..30 {
            wire.number = 99;
            wire.bench.dut.mail.next = true;
            wire.bench.dut.mail_index.next = 2.into();
            wire.bench.dut.other_head.next = 0x1234.into();
            wire.bench.dut.other_detail.next = 0x5678.into();
            let mut taken = false;
            for n in 0..80 {
                wire.event_in = if wire.event_in == 0 { 4 } else { wire.event_in };
                if n == lead {
                    wire.bench.dut.other_valid.next = true;
                }
                wire.clock();
                if wire.seen.last() == Some(&Seen::Event(0x1234, 0x5678)) && !taken {
                    taken = true;
                    wire.bench.dut.other_valid.next = false;
                }
            }
            let events: Vec<Seen> = std::mem::take(&mut wire.seen).into_iter().filter(|s| matches!(s, Seen::Event(..))).collect();
            let own = Seen::Event(0xc0000 | 2 << 8 | EventCode::ResyncFinished.code() as u64, 99);
            assert_eq!(events.len(), 2, "{lead}: {events:?}");
            assert!(events.contains(&own) && events.contains(&Seen::Event(0x1234, 0x5678)));
        }
        wire.bench.finish();
    }
}
