//! What is to be done with a packet: default rules, then the policy rules of the direction.
use crate::cell::Reg;
use crate::parse::Facts;
use crate::prelude::*;
use holdfast_registers::{rule::action, Reason};

/// What a frame is when it reaches the classifier (the `note` of the store in front of it, bits 7:6).
pub mod kind {
    /// As it came in.
    pub const CLEAR: u64 = 0;
    /// Opened under the SA in bits 4:0.
    pub const OPENED: u64 = 1;
    /// To be handed to the host unchanged.
    pub const TO_HOST: u64 = 2;
}

/// What to do with a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct Decision {
    /// Reason to drop it, or zero.
    pub reason: Bits<5>,
    /// To be sealed under `sa`.
    pub protect: Bit,
    pub sa: SaIndex,
}

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum ClassifyState {
    Idle,
    Ask,
    Search,
    Done,
}

/// Decides on a parsed frame: `go` with the parser's results held until `take`; `ready` and `decision` stay until then. Two clocks where no rule is needed,
/// otherwise the rule search and two more. While `hold` is set no search begins (the tables are being changed); `busy` while one is under way.
#[derive(LogicBlock, Ports)]
pub struct Classify {
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
    pub note: Signal<In, Bits<13>>,
    pub rules_start: Signal<Out, Bit>,
    pub rules_done: Signal<In, Bit>,
    pub rules_hit: Signal<In, Bit>,
    pub rules_action: Signal<In, Bits<2>>,
    pub rules_sa: Signal<In, SaIndex>,
    pub ready: Signal<Out, Bit>,
    pub take: Signal<In, Bit>,
    pub decision: Signal<Out, Decision>,
    state: Reg<ClassifyState>,
    made: Reg<Decision>,
    /// 1: these are frames on their way to the host.
    inbound: Constant<Bit>,
    discard: Constant<Bits<2>>,
    protect: Constant<Bits<2>>,
    reasons: [Constant<Bits<5>>; 5],
    opened: Signal<Local, Bit>,
    to_host: Signal<Local, Bit>,
    discovery: Signal<Local, Bit>,
    kind: Signal<Local, Bits<8>>,
}

/// Places in `reasons`; kernels take literals only.
const INNER: usize = 0;
const NO_POLICY: usize = 1;
const POLICY_DISCARD: usize = 2;
const UNPROTECTED: usize = 3;
const SELECTOR: usize = 4;

impl Classify {
    /// A classifier for frames on their way to the host (`inbound`) or to the network.
    pub fn new(inbound: bool) -> Self {
        let mut reasons = [Reason::Inner; 5];
        reasons[INNER] = Reason::Inner;
        reasons[NO_POLICY] = Reason::NoPolicy;
        reasons[POLICY_DISCARD] = Reason::PolicyDiscard;
        reasons[UNPROTECTED] = Reason::Unprotected;
        reasons[SELECTOR] = Reason::Selector;
        Self {
            clock: Default::default(),
            reset: Default::default(),
            hold: Default::default(),
            busy: Default::default(),
            policy: Default::default(),
            go: Default::default(),
            facts: Default::default(),
            ports: Default::default(),
            note: Default::default(),
            rules_start: Default::default(),
            rules_done: Default::default(),
            rules_hit: Default::default(),
            rules_action: Default::default(),
            rules_sa: Default::default(),
            ready: Default::default(),
            take: Default::default(),
            decision: Default::default(),
            state: Reg::new(ClassifyState::Idle),
            made: Default::default(),
            inbound: Constant::new(inbound),
            discard: Constant::new((action::DISCARD as u64).into()),
            protect: Constant::new((action::PROTECT as u64).into()),
            reasons: reasons.map(|r| Constant::new((r.code() as u64).into())),
            opened: Default::default(),
            to_host: Default::default(),
            discovery: Default::default(),
            kind: Default::default(),
        }
    }
}

impl Logic for Classify {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, made);
        self.state.reset.next = self.reset.val();
        self.made.reset.next = self.reset.val();

        self.ready.next = self.state.q.val() == ClassifyState::Done;
        self.busy.next = self.state.q.val() == ClassifyState::Search;
        self.decision.next = self.made.q.val();
        self.rules_start.next = false;
        self.kind.next = self.ports.val().get_bits::<8>(24);
        self.opened.next = self.inbound.val() & self.note.val().get_bit(6);
        self.to_host.next = self.inbound.val() & self.note.val().get_bit(7);
        self.discovery.next = self.facts.val().ipv6
            & (self.facts.val().protocol == 58)
            & self.facts.val().source_port_known
            & (self.kind.val() >= 133)
            & (self.kind.val() <= 137);

        match self.state.q.val() {
            ClassifyState::Idle => {
                self.made.d.next.reason = 0.into();
                self.made.d.next.protect = false;
                self.made.d.next.sa = 0.into();
                if self.go.val() {
                    self.state.d.next = ClassifyState::Ask;
                    if self.discovery.val() & self.policy.val().get_bit(1) & !self.opened.val() {
                        self.state.d.next = ClassifyState::Done;
                    }
                    if !self.facts.val().ip {
                        self.state.d.next = ClassifyState::Done;
                        self.made.d.next.reason = self.reasons[1].val();
                        if self.facts.val().arp & self.policy.val().get_bit(0) {
                            self.made.d.next.reason = 0.into();
                        }
                        if !self.facts.val().arp & self.policy.val().get_bit(2) {
                            self.made.d.next.reason = 0.into();
                        }
                    }
                    if self.facts.val().reason != 0 {
                        self.state.d.next = ClassifyState::Done;
                        self.made.d.next.reason = self.facts.val().reason;
                        if self.opened.val() {
                            self.made.d.next.reason = self.reasons[0].val();
                        }
                    }
                    if self.to_host.val() {
                        self.state.d.next = ClassifyState::Done;
                        self.made.d.next.reason = 0.into();
                    }
                }
            }
            ClassifyState::Ask => {
                if !self.hold.val() {
                    self.rules_start.next = true;
                    self.state.d.next = ClassifyState::Search;
                }
            }
            ClassifyState::Search => {
                if self.rules_done.val() {
                    self.state.d.next = ClassifyState::Done;
                    self.made.d.next.sa = bit_cast::<10, 5>(self.rules_sa.val().get_bits::<5>(0));
                    if !self.rules_hit.val() {
                        self.made.d.next.reason = self.reasons[1].val();
                    }
                    if self.rules_hit.val() & (self.rules_action.val() == self.discard.val()) {
                        self.made.d.next.reason = self.reasons[2].val();
                    }
                    if self.rules_hit.val() & (self.rules_action.val() == self.protect.val()) {
                        if self.inbound.val() {
                            self.made.d.next.reason = self.reasons[3].val();
                        } else {
                            self.made.d.next.protect = true;
                        }
                    }
                    if self.opened.val() {
                        self.made.d.next.reason = self.reasons[4].val();
                        if self.rules_hit.val()
                            & (self.rules_action.val() == self.protect.val())
                            & (self.rules_sa.val().get_bits::<5>(0) == self.note.val().get_bits::<5>(0))
                        {
                            self.made.d.next.reason = 0.into();
                        }
                    }
                }
            }
            ClassifyState::Done => {
                if self.take.val() {
                    self.state.d.next = ClassifyState::Idle;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};

    /// The decision as the contract words it.
    fn expected(inbound: bool, policy: u64, facts: &Facts, ports: u64, note: u64, rule: (bool, u64, u64)) -> (u64, bool, u64) {
        let (hit, action, sa) = rule;
        let drop = |r: Reason| (r.code() as u64, false, sa);
        let (opened, to_host) = (inbound && note >> 6 & 1 == 1, inbound && note >> 7 & 1 == 1);
        if to_host {
            return (0, false, 0);
        }
        if facts.reason != 0 {
            return (if opened { Reason::Inner.code() as u64 } else { u64::from(facts.reason) }, false, 0);
        }
        if !facts.ip {
            let passes = if facts.arp { policy & 1 == 1 } else { policy >> 2 & 1 == 1 };
            return (if passes { 0 } else { Reason::NoPolicy.code() as u64 }, false, 0);
        }
        let discovery = facts.ipv6 && facts.protocol == 58 && facts.source_port_known && (133..=137).contains(&(ports >> 24));
        if discovery && policy >> 1 & 1 == 1 && !opened {
            return (0, false, 0);
        }
        match (hit, action) {
            (true, 2) if opened && sa == note & 31 => (0, false, sa),
            _ if opened => drop(Reason::Selector),
            (false, _) => drop(Reason::NoPolicy),
            (true, 0) => drop(Reason::PolicyDiscard),
            (true, 1) => (0, false, sa),
            _ if inbound => drop(Reason::Unprotected),
            _ => (0, true, sa),
        }
    }

    #[test]
    fn every_case_of_both_directions() {
        for inbound in [false, true] {
            let mut random = StdRng::seed_from_u64(7);
            let mut bench = Bench::new(if inbound { "classify_in" } else { "classify_out" }, Classify::new(inbound), |d| &mut d.clock);
            bench.dut.reset.next = true;
            bench.cycle();
            bench.dut.reset.next = false;
            for _ in 0..600 {
                let facts = Facts {
                    reason: if random.gen_bool(0.1) { 5.into() } else { 0.into() },
                    ip: random.gen_bool(0.8),
                    ipv6: random.gen(),
                    arp: random.gen(),
                    protocol: if random.gen() { 58u64.into() } else { 6u64.into() },
                    source_port_known: random.gen_bool(0.9),
                    ..Default::default()
                };
                let (policy, ports) = (random.gen_range(0..8u64), random.gen_range(131..140u64) << 24);
                let (hit, action, sa) = (random.gen_bool(0.8), random.gen_range(0..3u64), random.gen_range(0..3u64));
                let note = random.gen_range(0..3u64) << 6 | random.gen_range(0..3u64);
                bench.dut.facts.next = facts;
                bench.dut.policy.next = policy.into();
                bench.dut.ports.next = ports.into();
                bench.dut.note.next = note.into();
                bench.dut.rules_hit.next = hit;
                bench.dut.rules_action.next = action.into();
                bench.dut.rules_sa.next = sa.into();
                bench.dut.go.next = true;
                let mut started = false;
                for _ in 0..40 {
                    bench.dut.hold.next = random.gen();
                    bench.dut.rules_done.next = started && random.gen_bool(0.3);
                    bench.settle();
                    started |= bench.dut.rules_start.val();
                    if bench.dut.ready.val() {
                        break;
                    }
                    bench.cycle();
                }
                assert!(bench.dut.ready.val());
                let made = bench.dut.decision.val();
                let got = (u64::from(made.reason), made.protect, u64::from(made.sa));
                assert_eq!(got, expected(inbound, policy, &facts, ports, note, (hit, action, sa)), "{facts:?} {note}");
                bench.dut.go.next = false;
                bench.dut.take.next = true;
                bench.cycle();
                bench.dut.take.next = false;
            }
            bench.finish();
        }
    }
}
