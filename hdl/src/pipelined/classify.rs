//! What is to be done with a packet: decides as [`Classify`](crate::classify::Classify), and decides on the next frame while the decision on the one before is waiting.
//!
//! **In.** `go` with the parser's results (`facts`, `ports`, `frame`, `destination`) held until `taken`.
//!
//! **Out.** `decision`, with what the stages behind need of the packet (`told_facts`, `told_frame`, `told_destination`), stands from `ready` to `take`.
//!
//! **Rules.** While `hold` is set no search begins (the tables are being changed); `busy` while one is under way.
//!
//! **Rate.** From `go` to the next `go` two clocks where no rule is needed, otherwise the search and two: 13 where the last of 16 rules decides. More if the decision before is not taken.
use crate::cell::{row, Reg};
use crate::classify::Decision;
use crate::parse::Facts;
use crate::prelude::*;
use crate::stream::Frame;
use holdfast_registers::{rule::action, Reason};

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum WideClassifyState {
    Idle,
    Ask,
    Search,
    /// It is decided; the decision before may still be there.
    Tell,
}

/// The classifier; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct WideClassify {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub hold: Signal<In, Bit>,
    pub busy: Signal<Out, Bit>,
    /// Default rules: ARP, neighbour discovery, other non-IP (bits 0, 1, 2).
    pub policy: Signal<In, Bits<3>>,
    pub go: Signal<In, Bit>,
    pub facts: Signal<In, Facts>,
    /// First word of the upper protocol: the ports.
    pub ports: Signal<In, Bits<32>>,
    /// Of its note the bits are those of `classify::kind`; they count inbound.
    pub frame: Signal<In, Frame>,
    pub destination: [Signal<In, Bits<32>>; 4],
    pub taken: Signal<Out, Bit>,
    pub rules_start: Signal<Out, Bit>,
    pub rules_done: Signal<In, Bit>,
    pub rules_hit: Signal<In, Bit>,
    pub rules_action: Signal<In, Bits<2>>,
    pub rules_sa: Signal<In, SaIndex>,
    pub ready: Signal<Out, Bit>,
    pub take: Signal<In, Bit>,
    pub decision: Signal<Out, Decision>,
    pub told_facts: Signal<Out, Facts>,
    pub told_frame: Signal<Out, Frame>,
    pub told_destination: [Signal<Out, Bits<32>>; 4],
    state: Reg<WideClassifyState>,
    made: Reg<Decision>,
    stands: Reg<Bit>,
    told: Reg<Decision>,
    kept_facts: Reg<Facts>,
    kept_frame: Reg<Frame>,
    kept_destination: [Reg<Bits<32>>; 4],
    /// 1: these are frames on their way to the host.
    inbound: Constant<Bit>,
    discard: Constant<Bits<2>>,
    protect: Constant<Bits<2>>,
    inner: Constant<Bits<5>>,
    no_policy: Constant<Bits<5>>,
    policy_discard: Constant<Bits<5>>,
    unprotected: Constant<Bits<5>>,
    selector: Constant<Bits<5>>,
    note: Signal<Local, Bits<13>>,
    noted: Signal<Local, SaIndex>,
    opened: Signal<Local, Bit>,
    to_host: Signal<Local, Bit>,
    discovery: Signal<Local, Bit>,
    kind: Signal<Local, Bits<8>>,
    found: Signal<Local, Decision>,
    tells: Signal<Local, Bit>,
}

impl WideClassify {
    /// A classifier for frames on their way to the host (`inbound`) or to the network.
    pub fn new(inbound: bool) -> Self {
        let reason = |r: Reason| Constant::new((r.code() as u64).into());
        Self {
            clock: Default::default(),
            reset: Default::default(),
            hold: Default::default(),
            busy: Default::default(),
            policy: Default::default(),
            go: Default::default(),
            facts: Default::default(),
            ports: Default::default(),
            frame: Default::default(),
            destination: row(),
            taken: Default::default(),
            rules_start: Default::default(),
            rules_done: Default::default(),
            rules_hit: Default::default(),
            rules_action: Default::default(),
            rules_sa: Default::default(),
            ready: Default::default(),
            take: Default::default(),
            decision: Default::default(),
            told_facts: Default::default(),
            told_frame: Default::default(),
            told_destination: row(),
            state: Reg::new(WideClassifyState::Idle),
            made: Default::default(),
            stands: Default::default(),
            told: Default::default(),
            kept_facts: Default::default(),
            kept_frame: Default::default(),
            kept_destination: row(),
            inbound: Constant::new(inbound),
            discard: Constant::new((action::DISCARD as u64).into()),
            protect: Constant::new((action::PROTECT as u64).into()),
            inner: reason(Reason::Inner),
            no_policy: reason(Reason::NoPolicy),
            policy_discard: reason(Reason::PolicyDiscard),
            unprotected: reason(Reason::Unprotected),
            selector: reason(Reason::Selector),
            note: Default::default(),
            noted: Default::default(),
            opened: Default::default(),
            to_host: Default::default(),
            discovery: Default::default(),
            kind: Default::default(),
            found: Default::default(),
            tells: Default::default(),
        }
    }
}

impl Logic for WideClassify {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, made, stands, told, kept_facts, kept_frame);
        self.state.reset.next = self.reset.val();
        self.made.reset.next = self.reset.val();
        self.stands.reset.next = self.reset.val();
        self.told.reset.next = self.reset.val();
        self.kept_facts.reset.next = self.reset.val();
        self.kept_frame.reset.next = self.reset.val();

        self.note.next = self.frame.val().note;
        self.noted.next = bit_cast::<10, 5>(self.note.val().get_bits::<5>(0)) | (bit_cast::<10, 5>(self.note.val().get_bits::<5>(8)) << 5);
        self.opened.next = self.inbound.val() & self.note.val().get_bit(6);
        // What the rules say is told at once where there is a place for it.
        self.found.next = self.made.q.val();
        if self.state.q.val() == WideClassifyState::Search {
            self.found.next.sa = self.rules_sa.val();
            if !self.rules_hit.val() {
                self.found.next.reason = self.no_policy.val();
            }
            if self.rules_hit.val() & (self.rules_action.val() == self.discard.val()) {
                self.found.next.reason = self.policy_discard.val();
            }
            if self.rules_hit.val() & (self.rules_action.val() == self.protect.val()) {
                if self.inbound.val() {
                    self.found.next.reason = self.unprotected.val();
                } else {
                    self.found.next.protect = true;
                }
            }
            if self.opened.val() {
                self.found.next.reason = self.selector.val();
                if self.rules_hit.val() & (self.rules_action.val() == self.protect.val()) & (self.rules_sa.val() == self.noted.val()) {
                    self.found.next.reason = 0.into();
                }
            }
        }
        // What was told stays until it is taken.
        self.ready.next = self.stands.q.val();
        self.decision.next = self.told.q.val();
        self.told_facts.next = self.kept_facts.q.val();
        self.told_frame.next = self.kept_frame.q.val();
        self.tells.next = ((self.state.q.val() == WideClassifyState::Tell)
            | ((self.state.q.val() == WideClassifyState::Search) & self.rules_done.val()))
            & (!self.stands.q.val() | self.take.val());
        self.taken.next = self.tells.val();
        if self.take.val() {
            self.stands.d.next = false;
        }
        if self.tells.val() {
            self.stands.d.next = true;
            self.told.d.next = self.found.val();
            self.kept_facts.d.next = self.facts.val();
            self.kept_frame.d.next = self.frame.val();
        }
        for i in 0..4 {
            self.kept_destination[i].clock.next = self.clock.val();
            self.kept_destination[i].reset.next = self.reset.val();
            self.kept_destination[i].d.next = self.kept_destination[i].q.val();
            if self.tells.val() {
                self.kept_destination[i].d.next = self.destination[i].val();
            }
            self.told_destination[i].next = self.kept_destination[i].q.val();
        }

        self.busy.next = self.state.q.val() == WideClassifyState::Search;
        self.rules_start.next = false;
        self.kind.next = self.ports.val().get_bits::<8>(24);
        self.to_host.next = self.inbound.val() & self.note.val().get_bit(7);
        self.discovery.next = self.facts.val().ipv6
            & (self.facts.val().protocol == 58)
            & self.facts.val().source_port_known
            & (self.kind.val() >= 133)
            & (self.kind.val() <= 137);
        match self.state.q.val() {
            WideClassifyState::Idle => {
                self.made.d.next.reason = 0.into();
                self.made.d.next.protect = false;
                self.made.d.next.sa = 0.into();
                if self.go.val() {
                    self.state.d.next = WideClassifyState::Ask;
                    if self.discovery.val() & self.policy.val().get_bit(1) & !self.opened.val() {
                        self.state.d.next = WideClassifyState::Tell;
                    }
                    if !self.facts.val().ip {
                        self.state.d.next = WideClassifyState::Tell;
                        self.made.d.next.reason = self.no_policy.val();
                        if self.facts.val().arp & self.policy.val().get_bit(0) {
                            self.made.d.next.reason = 0.into();
                        }
                        if !self.facts.val().arp & self.policy.val().get_bit(2) {
                            self.made.d.next.reason = 0.into();
                        }
                    }
                    if self.facts.val().reason != 0 {
                        self.state.d.next = WideClassifyState::Tell;
                        self.made.d.next.reason = self.facts.val().reason;
                        if self.opened.val() {
                            self.made.d.next.reason = self.inner.val();
                        }
                    }
                    if self.to_host.val() {
                        self.state.d.next = WideClassifyState::Tell;
                        self.made.d.next.reason = 0.into();
                    }
                }
            }
            WideClassifyState::Ask => {
                if !self.hold.val() {
                    self.rules_start.next = true;
                    self.state.d.next = WideClassifyState::Search;
                }
            }
            WideClassifyState::Search => {
                if self.rules_done.val() {
                    self.made.d.next = self.found.val();
                    self.state.d.next = WideClassifyState::Tell;
                    if self.tells.val() {
                        self.state.d.next = WideClassifyState::Idle;
                    }
                }
            }
            WideClassifyState::Tell => {
                if self.tells.val() {
                    self.state.d.next = WideClassifyState::Idle;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;
