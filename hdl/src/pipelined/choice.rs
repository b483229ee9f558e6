//! Which packet the sequencer gets next: what the host sent, as the classifier decided on it, or a datagram of the device's own, which goes first.
//!
//! **In.** `host` with what the classifier tells of a packet until `host_take`; `control` with what the exchange tells of a datagram until `control_take`.
//!
//! **Out.** One of them (`is_control`, `facts`, `frame`, `decision`, `destination`) stands from `ready` to `take`. It is in registers, and the next one is looked for only when it is taken: so `take` goes no further back than here.
//!
//! **Hold.** While `hold` is set no datagram of the device's own is begun; one that stands is to be taken all the same. It is chosen only while the sequencer `listens`, so that it waits for nothing but room. A packet of the host stands as
//! long as it may. `wipe` gives up a datagram, not a packet.
//!
//! **Rate.** From `take` to the next `ready` two clocks.
use crate::cell::{row, Reg};
use crate::classify::Decision;
use crate::parse::Facts;
use crate::prelude::*;
use crate::stream::Frame;

/// What stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ChoiceState {
    pub ready: Bit,
    pub control: Bit,
    /// A datagram of the device's own was offered a clock ago: its turn.
    pub ours: Bit,
}

/// The choice; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct WideChoice {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub hold: Signal<In, Bit>,
    pub wipe: Signal<In, Bit>,
    pub listens: Signal<In, Bit>,
    pub host: Signal<In, Bit>,
    pub host_facts: Signal<In, Facts>,
    pub host_frame: Signal<In, Frame>,
    pub host_decision: Signal<In, Decision>,
    pub host_destination: [Signal<In, Bits<32>>; 4],
    pub host_take: Signal<Out, Bit>,
    pub control: Signal<In, Bit>,
    pub control_facts: Signal<In, Facts>,
    pub control_frame: Signal<In, Frame>,
    pub control_sa: Signal<In, SaIndex>,
    pub control_take: Signal<Out, Bit>,
    pub ready: Signal<Out, Bit>,
    pub is_control: Signal<Out, Bit>,
    pub facts: Signal<Out, Facts>,
    pub frame: Signal<Out, Frame>,
    pub decision: Signal<Out, Decision>,
    /// The packet's destination address, as `Parse` has it; of a datagram it has no meaning.
    pub destination: [Signal<Out, Bits<32>>; 4],
    pub take: Signal<In, Bit>,
    s: Reg<ChoiceState>,
    facts_kept: Reg<Facts>,
    frame_kept: Reg<Frame>,
    decided: Reg<Decision>,
    to: [Reg<Bits<32>>; 4],
    empty: Signal<Local, Bit>,
    rounded: Signal<Local, Bits<10>>,
    takes_host: Signal<Local, Bit>,
    takes_control: Signal<Local, Bit>,
}

impl Default for WideChoice {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            hold: Default::default(),
            wipe: Default::default(),
            listens: Default::default(),
            host: Default::default(),
            host_facts: Default::default(),
            host_frame: Default::default(),
            host_decision: Default::default(),
            host_destination: row(),
            host_take: Default::default(),
            control: Default::default(),
            control_facts: Default::default(),
            control_frame: Default::default(),
            control_sa: Default::default(),
            control_take: Default::default(),
            ready: Default::default(),
            is_control: Default::default(),
            facts: Default::default(),
            frame: Default::default(),
            decision: Default::default(),
            destination: row(),
            take: Default::default(),
            s: Default::default(),
            facts_kept: Default::default(),
            frame_kept: Default::default(),
            decided: Default::default(),
            to: row(),
            empty: Default::default(),
            rounded: Default::default(),
            takes_host: Default::default(),
            takes_control: Default::default(),
        }
    }
}

impl Logic for WideChoice {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, facts_kept, frame_kept, decided);
        self.s.reset.next = self.reset.val();
        self.facts_kept.reset.next = self.reset.val();
        self.frame_kept.reset.next = self.reset.val();
        self.decided.reset.next = self.reset.val();

        self.ready.next = self.s.q.val().ready;
        self.is_control.next = self.s.q.val().control;
        self.facts.next = self.facts_kept.q.val();
        self.frame.next = self.frame_kept.q.val();
        self.decision.next = self.decided.q.val();

        self.rounded.next = self.control_frame.val().words + 3;
        self.empty.next = !self.s.q.val().ready & !self.wipe.val();
        self.takes_host.next = self.empty.val() & self.host.val() & !self.s.q.val().ours;
        self.takes_control.next = self.empty.val() & self.control.val() & self.s.q.val().ours & self.listens.val() & !self.hold.val();
        self.host_take.next = self.takes_host.val();
        self.control_take.next = self.takes_control.val();
        self.s.d.next.ours = self.control.val() & !self.takes_control.val();
        if self.take.val() | (self.wipe.val() & self.s.q.val().control) {
            self.s.d.next.ready = false;
            self.s.d.next.control = false;
        }
        if self.takes_host.val() {
            self.s.d.next.ready = true;
            self.facts_kept.d.next = self.host_facts.val();
            self.frame_kept.d.next = self.host_frame.val();
            self.decided.d.next = self.host_decision.val();
        }
        if self.takes_control.val() {
            self.s.d.next.ready = true;
            self.s.d.next.control = true;
            self.facts_kept.d.next = self.control_facts.val();
            // The composer counts words.
            self.frame_kept.d.next = self.control_frame.val();
            self.frame_kept.d.next.words = self.rounded.val() >> 2;
            self.decided.d.next.reason = 0.into();
            self.decided.d.next.protect = true;
            self.decided.d.next.sa = self.control_sa.val();
        }
        for i in 0..4 {
            self.to[i].clock.next = self.clock.val();
            self.to[i].reset.next = self.reset.val();
            self.to[i].d.next = self.to[i].q.val();
            if self.takes_host.val() {
                self.to[i].d.next = self.host_destination[i].val();
            }
            self.destination[i].next = self.to[i].q.val();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};
    use std::collections::VecDeque;

    /// A packet of the host, or a datagram of the device's own: all that is told of it follows from a number.
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Packet {
        control: bool,
        number: u64,
    }

    fn frame(number: u64) -> Frame {
        Frame {
            start: (number & 0x3ff).into(),
            words: (4 * (number & 7)).into(),
            length: (number >> 3 & 0xffff).into(),
            ..Default::default()
        }
    }

    fn facts(number: u64) -> Facts {
        Facts { protocol: (number & 0xff).into(), insert_word: (number >> 2 & 0x3ff).into(), ..Default::default() }
    }

    #[test]
    fn everything_is_chosen_once_and_the_devices_own_goes_first() {
        let seed = 17;
        println!("seed {seed}");
        let mut dice = StdRng::seed_from_u64(seed);
        let mut bench = Bench::new("wide_choice", WideChoice::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let (mut waiting, mut own) = (VecDeque::from([1u64]), None::<u64>);
        let (mut stands, mut overtaken) = (None::<Packet>, 0);
        let (mut hosts, mut owns, mut given_up, mut held) = (0, 0, 0, 0);
        for clock in 0..6000u64 {
            let busy = clock % 600 < 450;
            if waiting.len() < 2 && dice.gen_bool(if busy { 0.5 } else { 0.05 }) {
                waiting.push_back(dice.gen());
            }
            if own.is_none() && dice.gen_bool(0.05) {
                own = Some(dice.gen());
            }
            let (hold, wipe, listens) = (dice.gen_bool(0.2), dice.gen_bool(0.02), dice.gen_bool(0.6));
            let d = &mut bench.dut;
            (d.hold.next, d.wipe.next, d.listens.next) = (hold, wipe, listens);
            let shown = waiting.front().copied();
            let number = shown.unwrap_or_else(|| dice.gen());
            d.host.next = shown.is_some();
            d.host_facts.next = facts(number);
            d.host_frame.next = frame(number);
            d.host_decision.next = Decision { reason: (number & 7).into(), protect: number & 8 != 0, sa: (number >> 4 & 31).into() };
            (0..4).for_each(|i| d.host_destination[i].next = (number >> i & 0xffff_ffff).into());
            let mine = own.unwrap_or_else(|| dice.gen());
            d.control.next = own.is_some();
            d.control_facts.next = facts(mine);
            d.control_frame.next = frame(mine);
            d.control_sa.next = (mine & 31).into();
            d.take.next = false;
            bench.settle();

            let d = &mut bench.dut;
            assert_eq!(d.ready.val(), stands.is_some(), "clock {clock}");
            if let Some(Packet { control, number }) = stands {
                let mut expected = frame(number);
                if control {
                    // The composer counts words, who comes behind blocks.
                    expected.words = (expected.words.index().div_ceil(4) as u64).into();
                }
                assert_eq!((d.is_control.val(), d.frame.val(), d.facts.val()), (control, expected, facts(number)), "clock {clock}");
                let decision = d.decision.val();
                if control {
                    assert_eq!(decision, Decision { reason: 0.into(), protect: true, sa: (number & 31).into() });
                } else {
                    assert_eq!(decision, Decision { reason: (number & 7).into(), protect: number & 8 != 0, sa: (number >> 4 & 31).into() });
                    (0..4).for_each(|i| assert_eq!(u64::from(d.destination[i].val()), number >> i & 0xffff_ffff));
                }
            }
            let take = stands.is_some() && !wipe && dice.gen_bool(0.4);
            d.take.next = take;
            bench.settle();
            let d = &bench.dut;
            let (host, control) = (d.host_take.val(), d.control_take.val());
            assert!(!(host && control) && !((host || control) && (stands.is_some() || wipe)), "clock {clock}");
            assert!(!control || (listens && !hold), "clock {clock}: a datagram is chosen that would have to wait");
            held += u64::from(own.is_some() && stands.is_none() && hold);
            if let Some(Packet { control: true, .. }) = stands.filter(|_| wipe && !take) {
                (stands, given_up) = (None, given_up + 1);
            }
            if take {
                stands = None;
            }
            // It is its turn a clock after it came: one packet may go before it.
            overtaken = if own.is_some() && !control { overtaken + u32::from(host) } else { 0 };
            assert!(overtaken <= 1, "clock {clock}: packets go before a datagram");
            if host {
                stands = Some(Packet { control: false, number: waiting.pop_front().expect("there is one") });
                hosts += 1;
            }
            if control {
                stands = Some(Packet { control: true, number: own.take().expect("there is one") });
                owns += 1;
            }
            bench.cycle();
        }
        assert!(hosts > 500 && owns > 100 && given_up > 5 && held > 20, "{hosts} {owns} {given_up} {held}");
        bench.finish();
    }
}
