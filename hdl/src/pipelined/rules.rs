//! The rules of one direction, two a clock: as [`Rules`](crate::policy::Rules), the first that matches decides.
//!
//! **Search.** `start` for one clock while not `busy`, with the packet's selectors held from then until `done`, which is on for one clock; `hit`, `action` and `sa` hold from `done` to the next start, which may come a clock after
//! `done`, not with it. `done` comes four clocks after `start` and one more for each pair of rules before the one that hits: with 16 rules eleven clocks at most, valid or not; with 128 rules 67. The first pair is read before anybody asks.
//!
//! **Writing.** As `Rules` has it: word `write_word` of a staged rule goes to rule `write_rule`, one word per clock, while not `busy`; words beyond the twelve of a rule are ignored. A rule is valid as its word 0 says from the clock after
//! that was written on, and no search may start before the clock after that. Which are valid is undefined as the memory is until their words 0 are written, which the clearing after reset does.
//!
//! Two a clock rather than one with the searches overlapping: a table of 128 rules takes half as long, the selectors are needed in one place only, and there is one packet in here at a time. Even and odd rules have memories of their own, a whole
//! rule in a row of them.
mod matcher;
mod prefix;

pub use matcher::{RuleMatch, RuleSaid, RuleSeen};
pub use prefix::{Prefix, PrefixSpan};

use crate::cell::{row, Ram, Reg, Settle};
use crate::policy::MOST_RULES;
use crate::prelude::*;

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct WideRulesState {
    pub busy: Bit,
    pub done: Bit,
    pub hit: Bit,
    pub action: Bits<2>,
    pub sa: SaIndex,
    /// The pair to be read, and whether none is left.
    pub pair: Bits<6>,
    pub exhausted: Bit,
    /// A pair under way, and whether it is the last: bit n is on n + 1 clocks after its address.
    pub stage: Bits<4>,
    pub final_stage: Bits<4>,
}

/// The rules; their contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct WideRules {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub write: Signal<In, Bit>,
    /// As many of the lower bits count as the number of rules has.
    pub write_rule: Signal<In, Bits<7>>,
    pub write_word: Signal<In, Bits<5>>,
    pub write_data: Signal<In, Bits<32>>,
    pub start: Signal<In, Bit>,
    pub ipv6: Signal<In, Bit>,
    /// First word of the address in lane 0; IPv4 uses it alone.
    pub source: [Signal<In, Bits<32>>; 4],
    pub destination: [Signal<In, Bits<32>>; 4],
    /// Upper protocol.
    pub protocol: Signal<In, Bits<8>>,
    pub source_port: Signal<In, Bits<16>>,
    pub destination_port: Signal<In, Bits<16>>,
    pub source_port_known: Signal<In, Bit>,
    pub destination_port_known: Signal<In, Bit>,
    pub busy: Signal<Out, Bit>,
    pub done: Signal<Out, Bit>,
    /// Whether any rule matched; the other two say nothing without it.
    pub hit: Signal<Out, Bit>,
    /// `holdfast_registers::rule::action`.
    pub action: Signal<Out, Bits<2>>,
    /// Index of the SA, where the action is protect.
    pub sa: Signal<Out, SaIndex>,
    even_words: [Ram<Bits<32>, 6>; 12],
    odd_words: [Ram<Bits<32>, 6>; 12],
    even: Settle<RuleMatch>,
    odd: Settle<RuleMatch>,
    s: Reg<WideRulesState>,
    /// The last rule, and the last pair: their bits are those that an index has.
    last: Constant<Bits<7>>,
    last_pair: Constant<Bits<6>>,
    /// There is one pair; there are no more than two.
    one_pair: Constant<Bit>,
    two_pairs: Constant<Bit>,
    number: [Constant<Bits<5>>; 12],
    rule: Signal<Local, Bits<7>>,
    place: Signal<Local, Bits<6>>,
    is_odd: Signal<Local, Bit>,
    starts: Signal<Local, Bit>,
    reads: Signal<Local, Bits<6>>,
    issues: Signal<Local, Bit>,
    at_last: Signal<Local, Bit>,
    stage: Signal<Local, Bits<4>>,
    shifted: Signal<Local, Bits<4>>,
    final_stage: Signal<Local, Bits<4>>,
    final_shifted: Signal<Local, Bits<4>>,
}

impl WideRules {
    /// So many rules, a power of two.
    pub fn new(rules: usize) -> Self {
        assert!(
            rules.is_power_of_two() && (2..=MOST_RULES).contains(&rules),
            "{rules} rules: a power of two up to {MOST_RULES} is possible"
        );
        Self {
            clock: Default::default(),
            reset: Default::default(),
            write: Default::default(),
            write_rule: Default::default(),
            write_word: Default::default(),
            write_data: Default::default(),
            start: Default::default(),
            ipv6: Default::default(),
            source: row(),
            destination: row(),
            protocol: Default::default(),
            source_port: Default::default(),
            destination_port: Default::default(),
            source_port_known: Default::default(),
            destination_port_known: Default::default(),
            busy: Default::default(),
            done: Default::default(),
            hit: Default::default(),
            action: Default::default(),
            sa: Default::default(),
            // Wide and shallow: as distributed RAM they would be larger than the comparison.
            even_words: [(); 12].map(|()| Ram::in_block()),
            odd_words: [(); 12].map(|()| Ram::in_block()),
            even: Default::default(),
            odd: Default::default(),
            s: Default::default(),
            last: Constant::new((rules as u64 - 1).into()),
            last_pair: Constant::new((rules as u64 / 2 - 1).into()),
            one_pair: Constant::new(rules == 2),
            two_pairs: Constant::new(rules <= 4),
            number: std::array::from_fn(|i| Constant::new((i as u64).into())),
            rule: Default::default(),
            place: Default::default(),
            is_odd: Default::default(),
            starts: Default::default(),
            reads: Default::default(),
            issues: Default::default(),
            at_last: Default::default(),
            stage: Default::default(),
            shifted: Default::default(),
            final_stage: Default::default(),
            final_shifted: Default::default(),
        }
    }
}

impl Default for WideRules {
    fn default() -> Self {
        Self::new(16)
    }
}

impl Logic for WideRules {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s);
        clock!(self, clock, even, odd);
        self.s.reset.next = self.reset.val();
        self.even.reset.next = self.reset.val();
        self.odd.reset.next = self.reset.val();
        self.busy.next = self.s.q.val().busy;
        self.done.next = self.s.q.val().done;
        self.hit.next = self.s.q.val().hit;
        self.action.next = self.s.q.val().action;
        self.sa.next = self.s.q.val().sa;

        // The memories. While nobody asks, the first pair is read; with `start` it is there, and the second is.
        self.starts.next = !self.s.q.val().busy & self.start.val();
        self.reads.next = self.s.q.val().pair;
        if self.starts.val() {
            self.reads.next = 1.into();
        }
        self.rule.next = self.write_rule.val() & self.last.val();
        self.is_odd.next = self.rule.val().get_bit(0);
        self.place.next = self.rule.val().get_bits::<6>(1);
        for i in 0..12 {
            self.even_words[i].clock.next = self.clock.val();
            self.even_words[i].write.next = self.write.val() & !self.is_odd.val() & (self.write_word.val() == self.number[i].val());
            self.even_words[i].write_address.next = self.place.val();
            self.even_words[i].write_data.next = self.write_data.val();
            self.even_words[i].read_address.next = self.reads.val();
            self.even.word[i].next = self.even_words[i].read_data.val();
            self.odd_words[i].clock.next = self.clock.val();
            self.odd_words[i].write.next = self.write.val() & self.is_odd.val() & (self.write_word.val() == self.number[i].val());
            self.odd_words[i].write_address.next = self.place.val();
            self.odd_words[i].write_data.next = self.write_data.val();
            self.odd_words[i].read_address.next = self.reads.val();
            self.odd.word[i].next = self.odd_words[i].read_data.val();
        }

        // The packet.
        self.even.ipv6.next = self.ipv6.val();
        self.even.protocol.next = self.protocol.val();
        self.even.source_port.next = self.source_port.val();
        self.even.destination_port.next = self.destination_port.val();
        self.even.source_port_known.next = self.source_port_known.val();
        self.even.destination_port_known.next = self.destination_port_known.val();
        self.odd.ipv6.next = self.ipv6.val();
        self.odd.protocol.next = self.protocol.val();
        self.odd.source_port.next = self.source_port.val();
        self.odd.destination_port.next = self.destination_port.val();
        self.odd.source_port_known.next = self.source_port_known.val();
        self.odd.destination_port_known.next = self.destination_port_known.val();
        for i in 0..4 {
            self.even.source[i].next = self.source[i].val();
            self.even.destination[i].next = self.destination[i].val();
            self.odd.source[i].next = self.source[i].val();
            self.odd.destination[i].next = self.destination[i].val();
        }

        // The pairs behind them.
        self.s.d.next.done = false;
        self.stage.next = self.s.q.val().stage;
        self.shifted.next = self.stage.val() << 1;
        self.final_stage.next = self.s.q.val().final_stage;
        self.final_shifted.next = self.final_stage.val() << 1;
        self.at_last.next = self.s.q.val().pair == self.last_pair.val();
        self.issues.next = self.s.q.val().busy & !self.s.q.val().exhausted;
        self.s.d.next.stage = self.shifted.val();
        self.s.d.next.final_stage = self.final_shifted.val();
        if self.issues.val() {
            self.s.d.next.stage = self.shifted.val() | 1;
            self.s.d.next.pair = self.s.q.val().pair + 1;
            self.s.d.next.exhausted = self.at_last.val();
            if self.at_last.val() {
                self.s.d.next.final_stage = self.final_shifted.val() | 1;
            }
        }
        if self.starts.val() {
            self.s.d.next.busy = true;
            self.s.d.next.hit = false;
            self.s.d.next.pair = 2.into();
            self.s.d.next.exhausted = self.two_pairs.val();
            self.s.d.next.stage = 3.into();
            if self.two_pairs.val() {
                self.s.d.next.final_stage = 1.into();
            }
            if self.one_pair.val() {
                self.s.d.next.stage = 2.into();
                self.s.d.next.final_stage = 2.into();
            }
        }
        if self.stage.val().get_bit(3) {
            if self.even.hits.val() | self.odd.hits.val() | self.final_stage.val().get_bit(3) {
                self.s.d.next.hit = self.even.hits.val() | self.odd.hits.val();
                self.s.d.next.action = self.odd.action.val();
                self.s.d.next.sa = self.odd.sa.val();
                if self.even.hits.val() {
                    self.s.d.next.action = self.even.action.val();
                    self.s.d.next.sa = self.even.sa.val();
                }
                self.s.d.next.busy = false;
                self.s.d.next.done = true;
                self.s.d.next.stage = 0.into();
                self.s.d.next.final_stage = 0.into();
                self.s.d.next.pair = 0.into();
                self.s.d.next.exhausted = false;
            }
        }
    }
}

#[cfg(test)]
mod tests;
