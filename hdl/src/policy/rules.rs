//! The rules of one direction, in order: the first that matches decides (RFC 4301 section 4.4.1). What matching means stands in
//! `holdfast_registers::rule`: family bit, prefixes, protocol or any, port ranges, of which 0 to 65535 takes packets without ports too.
use crate::cell::{row, Ram, Reg, Slots};
use crate::prelude::*;

/// Finds the first rule that matches a packet.
///
/// Search: `start` for one cycle while not `busy`, with the packet's selectors held from then until `done`, which is on for one cycle;
/// `hit`, `action` and `sa` hold from `done` to the next start, which may come with `done`. It takes one cycle for each rule that is not
/// valid and three for each that is, up to the one that hits, and four more: with 16 rules 52 cycles at most, 20 where none is valid.
///
/// Writing: word `write_word` of a staged rule goes to rule `write_rule`, one word per cycle, while not `busy`; words beyond the 12 of a rule are
/// ignored. A rule is valid as its word 0 says from the cycle after that was written; to replace one between two searches, write word 0
/// without VALID first and as it shall be last. Which rules are valid is undefined as the memory is until their words 0 are written, which the clearing after reset does.
#[derive(LogicBlock, Ports)]
pub struct Rules {
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
    s: Reg<RulesState>,
    valid: Slots<Bit, 7>,
    /// The last rule, whose bits are those that a rule's index has.
    last: Constant<Bits<7>>,
    next_rule: Signal<Local, Bits<7>>,
    /// A rule in the pipeline: bit n is on n + 1 cycles after the address of its first row.
    stage: Reg<Bits<5>>,
    /// Four words a row, three rows a rule, read in the order 2, 0, 1: 2 is words 0 to 3, 0 the source, 1 the destination.
    memory: [Ram<Bits<32>, 9>; 4],
    held: [Reg<Bits<32>>; 4],
    /// Where the packet's address and the rule's differ.
    differ: [Reg<Bits<32>>; 4],
    /// Words of the address that the prefix covers wholly, and the one that it covers in part (bit n: lane n), with the bits it covers there.
    whole: Reg<Bits<4>>,
    part: Reg<Bits<4>>,
    mask: Reg<Bits<32>>,
    write_row: Signal<Local, Bits<2>>,
    write_lane: Signal<Local, Bits<2>>,
    write_one: [Signal<Local, Bit>; 4],
    words: Signal<Local, Bit>,
    length: Signal<Local, Bits<8>>,
    lanes: Signal<Local, Bits<3>>,
    bytes: Signal<Local, Bits<2>>,
    rest: Signal<Local, Bits<3>>,
    beyond: Signal<Local, Bits<4>>,
    uncovered: Signal<Local, Bits<8>>,
    edge_byte: Signal<Local, Bits<8>>,
    mask_byte: [Signal<Local, Bits<8>>; 4],
    covered: [Signal<Local, Bits<32>>; 4],
    outside: [Signal<Local, Bit>; 4],
    contained: Signal<Local, Bit>,
    family: Signal<Local, Bit>,
    source_range: Signal<Local, Bit>,
    destination_range: Signal<Local, Bit>,
    present: Signal<Local, Bit>,
}

/// Most rules per direction: an index has seven bits.
pub const MOST_RULES: usize = 128;

impl Rules {
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
            s: Default::default(),
            valid: Slots::of(rules - 1),
            last: Constant::new((rules as u64 - 1).into()),
            next_rule: Default::default(),
            stage: Default::default(),
            memory: [(); 4].map(|()| Ram::of((rules - 1) << 2 | 3)),
            held: row(),
            differ: row(),
            whole: Default::default(),
            part: Default::default(),
            mask: Default::default(),
            write_row: Default::default(),
            write_lane: Default::default(),
            write_one: row(),
            words: Default::default(),
            length: Default::default(),
            lanes: Default::default(),
            bytes: Default::default(),
            rest: Default::default(),
            beyond: Default::default(),
            uncovered: Default::default(),
            edge_byte: Default::default(),
            mask_byte: row(),
            covered: row(),
            outside: row(),
            contained: Default::default(),
            family: Default::default(),
            source_range: Default::default(),
            destination_range: Default::default(),
            present: Default::default(),
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::new(16)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct RulesState {
    busy: Bit,
    done: Bit,
    hit: Bit,
    action: Bits<2>,
    sa: SaIndex,
    /// The row to read next, and whether none is left.
    rule: Bits<7>,
    row: Bits<2>,
    exhausted: Bit,
    /// Of the rule in the pipeline: its verdict, prefixes, and what is known to match.
    rule_action: Bits<2>,
    rule_sa: SaIndex,
    source_length: Bits<8>,
    destination_length: Bits<8>,
    plain: Bit,
    source: Bit,
}

impl Logic for Rules {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, stage, whole, part, mask);
        clock!(self, clock, valid);
        self.s.reset.next = self.reset.val();
        self.stage.reset.next = self.reset.val();
        self.whole.reset.next = self.reset.val();
        self.part.reset.next = self.reset.val();
        self.mask.reset.next = self.reset.val();
        self.busy.next = self.s.q.val().busy;
        self.done.next = self.s.q.val().done;
        self.hit.next = self.s.q.val().hit;
        self.action.next = self.s.q.val().action;
        self.sa.next = self.s.q.val().sa;

        // Writing.
        self.write_lane.next = self.write_word.val().get_bits::<2>(0);
        self.write_row.next = self.write_word.val().get_bits::<2>(2) - 1;
        self.words.next = self.write.val() & (self.write_word.val() < 12);
        if self.write_word.val() < 4 {
            self.write_row.next = 2.into();
        }
        self.valid.write.next = self.words.val() & (self.write_word.val() == 0);
        self.valid.write_address.next = self.write_rule.val();
        self.valid.write_data.next = self.write_data.val().get_bit(0);
        self.valid.read_address.next = self.s.q.val().rule;
        self.write_one[0].next = self.words.val() & (self.write_lane.val() == 0);
        self.write_one[1].next = self.words.val() & (self.write_lane.val() == 1);
        self.write_one[2].next = self.words.val() & (self.write_lane.val() == 2);
        self.write_one[3].next = self.words.val() & (self.write_lane.val() == 3);
        for i in 0..4 {
            self.memory[i].clock.next = self.clock.val();
            self.memory[i].write.next = self.write_one[i].val();
            self.memory[i].write_address.next = (bit_cast::<9, 7>(self.write_rule.val()) << 2) | bit_cast::<9, 2>(self.write_row.val());
            self.memory[i].write_data.next = self.write_data.val();
            self.memory[i].read_address.next = (bit_cast::<9, 7>(self.s.q.val().rule) << 2) | bit_cast::<9, 2>(self.s.q.val().row);
            self.held[i].clock.next = self.clock.val();
            self.held[i].reset.next = self.reset.val();
            self.held[i].d.next = self.memory[i].read_data.val();
        }

        // Reading: invalid rules are stepped over.
        self.next_rule.next = self.s.q.val().rule + 1;
        self.present.next = self.valid.read_data.val();
        self.stage.d.next = self.stage.q.val() << 1;
        if self.s.q.val().busy & !self.s.q.val().exhausted {
            if (self.s.q.val().row == 2) & self.present.val() {
                self.stage.d.next = (self.stage.q.val() << 1) | 1;
                self.s.d.next.row = 0.into();
            } else if self.s.q.val().row == 0 {
                self.s.d.next.row = 1.into();
            } else {
                self.s.d.next.row = 2.into();
                self.s.d.next.rule = self.next_rule.val() & self.last.val();
                self.s.d.next.exhausted = self.s.q.val().rule == self.last.val();
            }
        }

        // Row 2 is held in stage 1: everything but the addresses is decided at once.
        self.family.next = self.held[0].q.val().get_bit(1);
        if self.ipv6.val() {
            self.family.next = self.held[0].q.val().get_bit(2);
        }
        self.source_range.next = (self.source_port_known.val()
            & (self.source_port.val() >= self.held[2].q.val().get_bits::<16>(0))
            & (self.source_port.val() <= self.held[2].q.val().get_bits::<16>(16)))
            | (self.held[2].q.val() == 0xffff_0000u64);
        self.destination_range.next = (self.destination_port_known.val()
            & (self.destination_port.val() >= self.held[3].q.val().get_bits::<16>(0))
            & (self.destination_port.val() <= self.held[3].q.val().get_bits::<16>(16)))
            | (self.held[3].q.val() == 0xffff_0000u64);
        if self.stage.q.val().get_bit(1) {
            self.s.d.next.plain = self.family.val()
                & (self.held[0].q.val().get_bit(3) | (self.held[0].q.val().get_bits::<8>(8) == self.protocol.val()))
                & self.source_range.val()
                & self.destination_range.val();
            self.s.d.next.rule_action = self.held[0].q.val().get_bits::<2>(4);
            self.s.d.next.rule_sa = self.held[0].q.val().get_bits::<10>(16);
            self.s.d.next.source_length = self.held[1].q.val().get_bits::<8>(0);
            self.s.d.next.destination_length = self.held[1].q.val().get_bits::<8>(8);
        }

        // The source is held in stage 2 and compared in stage 3, the destination one stage later; both share what follows.
        self.length.next = self.s.q.val().source_length;
        for i in 0..4 {
            self.differ[i].clock.next = self.clock.val();
            self.differ[i].reset.next = self.reset.val();
            self.differ[i].d.next = self.held[i].q.val() ^ self.source[i].val();
        }
        if self.stage.q.val().get_bit(3) {
            self.length.next = self.s.q.val().destination_length;
            for i in 0..4 {
                self.differ[i].d.next = self.held[i].q.val() ^ self.destination[i].val();
            }
        }
        self.lanes.next = self.length.val().get_bits::<3>(5);
        self.bytes.next = self.length.val().get_bits::<2>(3);
        self.rest.next = self.length.val().get_bits::<3>(0);
        self.beyond.next = bits::<4>(15) << self.lanes.val();
        self.whole.d.next = !self.beyond.val();
        self.part.d.next = bits::<4>(1) << self.lanes.val();
        // Byte by byte, because one shift of 32 bits would be three times as large.
        self.uncovered.next = bits::<8>(255) >> self.rest.val();
        self.edge_byte.next = !self.uncovered.val();
        for i in 0..4 {
            self.mask_byte[i].next = 0.into();
        }
        if self.bytes.val() == 0 {
            self.mask_byte[0].next = self.edge_byte.val();
        } else if self.bytes.val() > 0 {
            self.mask_byte[0].next = 255.into();
        }
        if self.bytes.val() == 1 {
            self.mask_byte[1].next = self.edge_byte.val();
        } else if self.bytes.val() > 1 {
            self.mask_byte[1].next = 255.into();
        }
        if self.bytes.val() == 2 {
            self.mask_byte[2].next = self.edge_byte.val();
        } else if self.bytes.val() > 2 {
            self.mask_byte[2].next = 255.into();
        }
        if self.bytes.val() == 3 {
            self.mask_byte[3].next = self.edge_byte.val();
        }
        self.mask.d.next = (bit_cast::<32, 8>(self.mask_byte[0].val()) << 24)
            | (bit_cast::<32, 8>(self.mask_byte[1].val()) << 16)
            | (bit_cast::<32, 8>(self.mask_byte[2].val()) << 8)
            | bit_cast::<32, 8>(self.mask_byte[3].val());
        for i in 0..4 {
            self.covered[i].next = self.differ[i].q.val() & self.mask.q.val();
            self.outside[i].next = (self.whole.q.val().get_bit(i) & self.differ[i].q.val().any())
                | (self.part.q.val().get_bit(i) & self.covered[i].val().any());
        }
        self.contained.next = !(self.outside[0].val() | self.outside[1].val() | self.outside[2].val() | self.outside[3].val());
        self.s.d.next.source = self.contained.val();

        // The verdict falls in stage 4.
        self.s.d.next.done = false;
        if self.s.q.val().busy {
            if self.stage.q.val().get_bit(4) & self.s.q.val().plain & self.s.q.val().source & self.contained.val() {
                self.s.d.next.hit = true;
                self.s.d.next.action = self.s.q.val().rule_action;
                self.s.d.next.sa = self.s.q.val().rule_sa;
                self.s.d.next.busy = false;
                self.s.d.next.done = true;
                self.stage.d.next = 0.into();
            } else if self.s.q.val().exhausted & !self.stage.q.val().get_bits::<4>(0).any() {
                self.s.d.next.busy = false;
                self.s.d.next.done = true;
            }
        } else if self.start.val() {
            self.s.d.next.busy = true;
            self.s.d.next.hit = false;
            self.s.d.next.rule = 0.into();
            self.s.d.next.row = 2.into();
            self.s.d.next.exhausted = false;
        }
    }
}

#[cfg(test)]
mod tests;
