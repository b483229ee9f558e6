use super::Prefix;
use crate::cell::{row, Reg, Settle};
use crate::prelude::*;

/// What is known of a rule two clocks after it was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct RuleSeen {
    /// Valid, the packet's family, its protocol.
    pub plain: Bit,
    /// The port is not below the range, not above it; the range is all there is.
    pub source_from: Bit,
    pub source_to: Bit,
    pub source_any: Bit,
    pub destination_from: Bit,
    pub destination_to: Bit,
    pub destination_any: Bit,
    pub action: Bits<2>,
    pub sa: SaIndex,
}

/// What it says, a clock later.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct RuleSaid {
    pub plain: Bit,
    pub source: Bit,
    pub destination: Bit,
    pub action: Bits<2>,
    pub sa: SaIndex,
}

/// Whether a packet matches a rule, three clocks after `word`, the twelve words of the rule as a memory has them; a rule a clock. The selectors are looked at one clock after `word`.
#[derive(LogicBlock, Ports)]
pub struct RuleMatch {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub word: [Signal<In, Bits<32>>; 12],
    pub ipv6: Signal<In, Bit>,
    pub source: [Signal<In, Bits<32>>; 4],
    pub destination: [Signal<In, Bits<32>>; 4],
    pub protocol: Signal<In, Bits<8>>,
    pub source_port: Signal<In, Bits<16>>,
    pub destination_port: Signal<In, Bits<16>>,
    pub source_port_known: Signal<In, Bit>,
    pub destination_port_known: Signal<In, Bit>,
    pub hits: Signal<Out, Bit>,
    pub action: Signal<Out, Bits<2>>,
    pub sa: Signal<Out, SaIndex>,
    held: [Reg<Bits<32>>; 12],
    from: Settle<Prefix>,
    to: Settle<Prefix>,
    seen: Reg<RuleSeen>,
    said: Reg<RuleSaid>,
    flags: Signal<Local, Bits<32>>,
    source_range: Signal<Local, Bits<32>>,
    destination_range: Signal<Local, Bits<32>>,
    family: Signal<Local, Bit>,
}

impl Default for RuleMatch {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            word: row(),
            ipv6: Default::default(),
            source: row(),
            destination: row(),
            protocol: Default::default(),
            source_port: Default::default(),
            destination_port: Default::default(),
            source_port_known: Default::default(),
            destination_port_known: Default::default(),
            hits: Default::default(),
            action: Default::default(),
            sa: Default::default(),
            held: row(),
            from: Default::default(),
            to: Default::default(),
            seen: Default::default(),
            said: Default::default(),
            flags: Default::default(),
            source_range: Default::default(),
            destination_range: Default::default(),
            family: Default::default(),
        }
    }
}

impl Logic for RuleMatch {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, seen, said);
        clock!(self, clock, from, to);
        self.seen.reset.next = self.reset.val();
        self.said.reset.next = self.reset.val();
        self.from.reset.next = self.reset.val();
        self.to.reset.next = self.reset.val();
        for i in 0..12 {
            self.held[i].clock.next = self.clock.val();
            self.held[i].reset.next = self.reset.val();
            self.held[i].d.next = self.word[i].val();
        }
        for i in 0..4 {
            self.from.prefix[i].next = self.held[i + 4].q.val();
            self.from.address[i].next = self.source[i].val();
            self.to.prefix[i].next = self.held[i + 8].q.val();
            self.to.address[i].next = self.destination[i].val();
        }
        self.from.length.next = self.held[1].q.val().get_bits::<8>(0);
        self.to.length.next = self.held[1].q.val().get_bits::<8>(8);
        self.flags.next = self.held[0].q.val();
        self.source_range.next = self.held[2].q.val();
        self.destination_range.next = self.held[3].q.val();
        self.family.next = self.flags.val().get_bit(1);
        if self.ipv6.val() {
            self.family.next = self.flags.val().get_bit(2);
        }
        self.seen.d.next.plain = self.flags.val().get_bit(0)
            & self.family.val()
            & (self.flags.val().get_bit(3) | (self.flags.val().get_bits::<8>(8) == self.protocol.val()));
        self.seen.d.next.source_from = self.source_port_known.val() & (self.source_port.val() >= self.source_range.val().get_bits::<16>(0));
        self.seen.d.next.source_to = self.source_port.val() <= self.source_range.val().get_bits::<16>(16);
        self.seen.d.next.source_any = self.source_range.val() == 0xffff_0000u64;
        self.seen.d.next.destination_from =
            self.destination_port_known.val() & (self.destination_port.val() >= self.destination_range.val().get_bits::<16>(0));
        self.seen.d.next.destination_to = self.destination_port.val() <= self.destination_range.val().get_bits::<16>(16);
        self.seen.d.next.destination_any = self.destination_range.val() == 0xffff_0000u64;
        self.seen.d.next.action = self.flags.val().get_bits::<2>(4);
        self.seen.d.next.sa = self.flags.val().get_bits::<10>(16);

        self.said.d.next.plain = self.seen.q.val().plain
            & ((self.seen.q.val().source_from & self.seen.q.val().source_to) | self.seen.q.val().source_any)
            & ((self.seen.q.val().destination_from & self.seen.q.val().destination_to) | self.seen.q.val().destination_any);
        self.said.d.next.source = self.from.contains.val();
        self.said.d.next.destination = self.to.contains.val();
        self.said.d.next.action = self.seen.q.val().action;
        self.said.d.next.sa = self.seen.q.val().sa;
        self.hits.next = self.said.q.val().plain & self.said.q.val().source & self.said.q.val().destination;
        self.action.next = self.said.q.val().action;
        self.sa.next = self.said.q.val().sa;
    }
}
