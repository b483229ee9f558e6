use crate::cell::{Ram, Reg};
use crate::parse::Facts;
use crate::prelude::*;
use crate::stream::Frame;
use holdfast_registers::{control, wire, wire::protocol};

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum ComposerPhase {
    Idle,
    Build,
    Offer,
    /// Taken, but without a number yet.
    Taken,
    Number,
    Sealing,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ComposerState {
    pub index: Bits<5>,
    pub ack: Bit,
    pub ipv6: Bit,
    pub vlan: Bit,
    /// The pair was wiped: its request is not to be sent any more.
    pub stale: Bit,
    /// What is being written, see the kernel; while the number is filled in, how far that is.
    pub step: Bits<5>,
    /// Words so far.
    pub words: Bits<5>,
    /// The word in hand is to be written in the next clock, the low half of the word is to be added to the sum.
    pub puts: Bit,
    pub adds: Bit,
    /// One's complement sum, its carry still to be added.
    pub sum: Bits<16>,
    pub carry: Bits<1>,
    pub ended: Bit,
    /// Of the step: there is no such word; it goes into the sum. Known from its second clock on, and asked in its last.
    pub skips: Bit,
    pub counts: Bit,
}

/// The sources of a half word; their bits are joined by OR with those of a constant.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ComposerPick {
    /// Either half of a parameter word, of a word of the mailbox.
    pub given_high: Bit,
    pub given_low: Bit,
    pub mailed_high: Bit,
    pub mailed_low: Bit,
}

/// Builds a control frame in its memory and hands it to the outbound direction: an ACK from the message in the mailbox, or a REQUEST from the parameters of a pair.
///
/// Composing begins when `phase` (two bits that count clocks) is 3, with `ack_accepted` or `request_accepted`; an ACK goes first. It takes 116 clocks, four per step. `built` tells that the mailbox is no longer needed. Then `go` until
/// `take`; with `used` the number is filled in, and the checksum of the IPv4 header or of the UDP datagram in IPv6, within 12 clocks; a half word per clock. `done` ends it, with or without a number. A REQUEST whose pair is wiped before `take` is withdrawn.
///
/// The parameters are asked for in phases 0 and 1 and answer in 2 and 3; the other two belong to the requester. While a REQUEST gets its number that is written to the verifier as the pair's V (`v_write`, then `v_live`; `v_busy` all the time).
#[derive(LogicBlock, Ports)]
pub struct Composer {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub phase: Signal<In, Bits<2>>,
    pub port: Signal<In, Bits<16>>,
    pub wipe: Signal<In, Bit>,
    pub wipe_index: Signal<In, Bits<5>>,
    pub idle: Signal<Out, Bit>,
    pub ack: Signal<In, Bit>,
    pub ack_accepted: Signal<Out, Bit>,
    pub mail_index: Signal<In, Bits<5>>,
    pub mail_ipv6: Signal<In, Bit>,
    pub mail_address: Signal<Out, Bits<4>>,
    pub mail_word: Signal<In, Bits<32>>,
    pub built: Signal<Out, Bit>,
    pub request: Signal<In, Bit>,
    pub request_index: Signal<In, Bits<5>>,
    /// Its pair is being wiped in this very clock, or was since it was asked for.
    pub request_stale: Signal<In, Bit>,
    pub request_accepted: Signal<Out, Bit>,
    pub p_index: Signal<Out, Bits<5>>,
    pub p_word: Signal<Out, Bits<4>>,
    pub p_data: Signal<In, Bits<32>>,
    pub v_busy: Signal<Out, Bit>,
    pub v_write: Signal<Out, Bit>,
    pub v_half: Signal<Out, Bit>,
    pub v_data: Signal<Out, Bits<32>>,
    pub v_live: Signal<Out, Bit>,
    pub go: Signal<Out, Bit>,
    pub sa: Signal<Out, Bits<5>>,
    pub facts: Signal<Out, Facts>,
    pub frame: Signal<Out, Frame>,
    pub take: Signal<In, Bit>,
    pub used: Signal<In, Bit>,
    pub used_high: Signal<In, Bits<32>>,
    pub used_low: Signal<In, Bits<32>>,
    pub address: Signal<In, Bits<10>>,
    pub data: Signal<Out, Bits<32>>,
    pub done: Signal<In, Bit>,
    s: Reg<ComposerState>,
    state: Reg<ComposerPhase>,
    pick: Reg<ComposerPick>,
    /// What does not come from parameters or mailbox; the half word in hand and the one before.
    fixed: Reg<Bits<16>>,
    number: Reg<Bits<16>>,
    half: Reg<Bits<16>>,
    earlier: Reg<Bits<16>>,
    /// The frame's number.
    high: Reg<Bits<32>>,
    low: Reg<Bits<32>>,
    memory: Ram<Bits<32>, 5>,
    shown: Reg<Bits<32>>,
    magic_high: Constant<Bits<16>>,
    magic_low: Constant<Bits<16>>,
    request_head: Constant<Bits<16>>,
    ack_head: Constant<Bits<16>>,
    length: Constant<Bits<16>>,
    flags: Constant<Bits<16>>,
    hop_udp: Constant<Bits<16>>,
    udp_hop: Constant<Bits<16>>,
    udp: Constant<Bits<8>>,
    datagram: Constant<Bits<16>>,
    total: Constant<Bits<16>>,
    pseudo: Constant<Bits<16>>,
    ipv4_type: Constant<Bits<16>>,
    ipv6_type: Constant<Bits<16>>,
    vlan_type: Constant<Bits<16>>,
    step: Signal<Local, Bits<5>>,
    skips: Signal<Local, Bit>,
    quad: Signal<Local, Bits<3>>,
    body: Signal<Local, Bit>,
    low_step: Signal<Local, Bits<4>>,
    building: Signal<Local, Bit>,
    numbering: Signal<Local, Bit>,
    filling: Signal<Local, Bit>,
    waits: Signal<Local, Bit>,
    /// The half word after the next is the low one of its word.
    second: Signal<Local, Bit>,
    picks: Signal<Local, Bit>,
    type_of: Signal<Local, Bits<16>>,
    checksum: Signal<Local, Bits<16>>,
    given: Signal<Local, Bits<16>>,
    given_low: Signal<Local, Bits<16>>,
    mailed: Signal<Local, Bits<16>>,
    mailed_low: Signal<Local, Bits<16>>,
    pair: Signal<Local, Bits<32>>,
    addresses: Signal<Local, Bit>,
    counted: Signal<Local, Bit>,
    ends: Signal<Local, Bit>,
    writes: Signal<Local, Bit>,
    numbers: Signal<Local, Bit>,
    gathers: Signal<Local, Bit>,
    place: Signal<Local, Bits<5>>,
    back: Signal<Local, Bits<5>>,
    left: Signal<Local, Bits<18>>,
    right: Signal<Local, Bits<18>>,
    added: Signal<Local, Bits<18>>,
    ip_word: Signal<Local, Bits<3>>,
    upper_word: Signal<Local, Bits<10>>,
    name_word: Signal<Local, Bits<10>>,
}

impl Default for Composer {
    fn default() -> Self {
        let (length, udp) = (control::LENGTH as u64, protocol::UDP as u64);
        let head = |kind: u8| Constant::new(((control::VERSION as u64) << 8 | kind as u64).into());
        let ethertype = |t: u16| Constant::new((t as u64).into());
        Self {
            clock: Default::default(),
            reset: Default::default(),
            phase: Default::default(),
            port: Default::default(),
            wipe: Default::default(),
            wipe_index: Default::default(),
            idle: Default::default(),
            ack: Default::default(),
            ack_accepted: Default::default(),
            mail_index: Default::default(),
            mail_ipv6: Default::default(),
            mail_address: Default::default(),
            mail_word: Default::default(),
            built: Default::default(),
            request: Default::default(),
            request_index: Default::default(),
            request_stale: Default::default(),
            request_accepted: Default::default(),
            p_index: Default::default(),
            p_word: Default::default(),
            p_data: Default::default(),
            v_busy: Default::default(),
            v_write: Default::default(),
            v_half: Default::default(),
            v_data: Default::default(),
            v_live: Default::default(),
            go: Default::default(),
            sa: Default::default(),
            facts: Default::default(),
            frame: Default::default(),
            take: Default::default(),
            used: Default::default(),
            used_high: Default::default(),
            used_low: Default::default(),
            address: Default::default(),
            data: Default::default(),
            done: Default::default(),
            s: Default::default(),
            state: Default::default(),
            pick: Default::default(),
            fixed: Default::default(),
            number: Default::default(),
            half: Default::default(),
            earlier: Default::default(),
            high: Default::default(),
            low: Default::default(),
            memory: Default::default(),
            shown: Default::default(),
            magic_high: Constant::new((control::MAGIC as u64 >> 16).into()),
            magic_low: Constant::new((control::MAGIC as u64 & 0xffff).into()),
            request_head: head(control::REQUEST),
            ack_head: head(control::ACK),
            length: Constant::new(length.into()),
            flags: Constant::new((control::NUMBER_GIVEN as u64).into()),
            hop_udp: Constant::new(((control::HOP_LIMIT as u64) << 8 | udp).into()),
            udp_hop: Constant::new((udp << 8 | control::HOP_LIMIT as u64).into()),
            udp: Constant::new(udp.into()),
            datagram: Constant::new((length + 8).into()),
            total: Constant::new((length + 28).into()),
            pseudo: Constant::new((length + 8 + udp).into()),
            ipv4_type: ethertype(wire::ETHERTYPE_IPV4),
            ipv6_type: ethertype(wire::ETHERTYPE_IPV6),
            vlan_type: ethertype(wire::ETHERTYPE_VLAN),
            step: Default::default(),
            skips: Default::default(),
            quad: Default::default(),
            body: Default::default(),
            low_step: Default::default(),
            building: Default::default(),
            numbering: Default::default(),
            filling: Default::default(),
            waits: Default::default(),
            second: Default::default(),
            picks: Default::default(),
            type_of: Default::default(),
            checksum: Default::default(),
            given: Default::default(),
            given_low: Default::default(),
            mailed: Default::default(),
            mailed_low: Default::default(),
            pair: Default::default(),
            addresses: Default::default(),
            counted: Default::default(),
            ends: Default::default(),
            writes: Default::default(),
            numbers: Default::default(),
            gathers: Default::default(),
            place: Default::default(),
            back: Default::default(),
            left: Default::default(),
            right: Default::default(),
            added: Default::default(),
            ip_word: Default::default(),
            upper_word: Default::default(),
            name_word: Default::default(),
        }
    }
}

impl Logic for Composer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, state, pick, fixed, number, half, earlier, high, low, shown);
        clock!(self, clock, memory);
        self.s.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();
        self.pick.reset.next = self.reset.val();
        self.fixed.reset.next = self.reset.val();
        self.half.reset.next = self.reset.val();
        self.earlier.reset.next = self.reset.val();
        self.high.reset.next = self.reset.val();
        self.low.reset.next = self.reset.val();
        self.shown.reset.next = self.reset.val();

        // Steps: 0 and 1 read the parameters' flags; 2 to 6 Ethernet; 7 to 9 IPv4, 10 and 11 IPv6; 12 to 15 and 16 to 19 the addresses (IPv4: 12 and 16); 20 and 21 UDP;
        // 22 to 28 the message. Those that come from the mailbox have its addresses in their low bits.
        self.step.next = self.s.q.val().step;
        self.low_step.next = self.step.val().get_bits::<4>(0);
        self.mail_address.next = self.low_step.val();
        self.p_index.next = self.s.q.val().index;
        self.p_word.next = self.low_step.val();
        if self.step.val() == 6 {
            self.p_word.next = 5.into();
        }
        if self.low_step.val().get_bit(3) {
            self.p_word.next = self.low_step.val() & 11;
        }
        if self.step.val().get_bit(4) {
            self.p_word.next = self.low_step.val() | 12;
        }
        self.quad.next = self.step.val().get_bits::<3>(2);
        self.addresses.next = (self.quad.val() == 3) | (self.quad.val() == 4);
        self.body.next = self.step.val().get_bit(4) | (self.quad.val() == 3);
        self.skips.next = ((self.quad.val() == 0) & !self.step.val().get_bit(1))
            | ((self.step.val() == 6) & !self.s.q.val().vlan)
            | (self.s.q.val().ipv6 & ((self.step.val() == 7) | (self.step.val() == 8) | (self.step.val() == 9)))
            | (!self.s.q.val().ipv6 & ((self.step.val() == 10) | (self.step.val() == 11)))
            | (!self.s.q.val().ipv6 & self.addresses.val() & (self.step.val().get_bits::<2>(0) != 0));

        self.building.next = self.state.q.val() == ComposerPhase::Build;
        self.filling.next = self.state.q.val() == ComposerPhase::Number;
        self.waits.next = (self.state.q.val() == ComposerPhase::Offer) | (self.state.q.val() == ComposerPhase::Taken);

        // Where the halves of a step's word come from; known in phases 1 and 2, taken a clock later.
        self.second.next = self.phase.val().get_bit(1);
        self.picks.next = self.building.val() & (self.phase.val().get_bit(0) != self.phase.val().get_bit(1));
        self.pick.d.next.given_high = false;
        self.pick.d.next.given_low = false;
        self.pick.d.next.mailed_high = false;
        self.pick.d.next.mailed_low = false;
        self.fixed.d.next = 0.into();
        self.type_of.next = self.ipv4_type.val();
        if self.s.q.val().ipv6 {
            self.type_of.next = self.ipv6_type.val();
        }
        if self.picks.val() {
            if self.addresses.val() | (self.quad.val() == 0) | (self.step.val() == 4) {
                self.pick.d.next.given_high = !self.second.val();
                self.pick.d.next.given_low = self.second.val();
            }
            if self.step.val() == 5 {
                self.pick.d.next.given_high = !self.second.val();
            }
            if self.step.val() == 6 {
                self.pick.d.next.given_low = !self.second.val();
            }
            if self.s.q.val().ack & self.body.val() {
                self.pick.d.next.given_high = false;
                self.pick.d.next.given_low = false;
                if self.addresses.val() | ((self.quad.val() == 6) & !self.step.val().get_bit(1)) {
                    self.pick.d.next.mailed_high = !self.second.val();
                    self.pick.d.next.mailed_low = self.second.val();
                }
                // Its source port is the destination port now.
                if self.step.val() == 20 {
                    self.pick.d.next.mailed_high = self.second.val();
                }
            }
            if self.second.val() {
                if (self.step.val() == 5) | (self.step.val() == 6) {
                    self.fixed.d.next = self.type_of.val();
                    if self.s.q.val().vlan & !self.step.val().get_bit(1) {
                        self.fixed.d.next = self.vlan_type.val();
                    }
                }
                if self.step.val() == 7 {
                    self.fixed.d.next = self.total.val();
                }
                if self.step.val() == 8 {
                    self.fixed.d.next = 0x4000.into();
                }
                if self.step.val() == 11 {
                    self.fixed.d.next = self.udp_hop.val();
                }
                if (self.step.val() == 20) & !self.s.q.val().ack {
                    self.fixed.d.next = self.port.val();
                }
                if self.step.val() == 22 {
                    self.fixed.d.next = self.magic_low.val();
                }
                if self.step.val() == 23 {
                    self.fixed.d.next = self.length.val();
                }
                if (self.step.val() == 26) & self.s.q.val().ack {
                    self.fixed.d.next = self.flags.val();
                }
            } else {
                if self.step.val() == 7 {
                    self.fixed.d.next = 0x4500.into();
                }
                if self.step.val() == 9 {
                    self.fixed.d.next = self.hop_udp.val();
                }
                if self.step.val() == 10 {
                    self.fixed.d.next = 0x6000.into();
                }
                if (self.step.val() == 11) | (self.step.val() == 21) {
                    self.fixed.d.next = self.datagram.val();
                }
                if self.step.val() == 20 {
                    self.fixed.d.next = self.port.val();
                }
                if self.step.val() == 22 {
                    self.fixed.d.next = self.magic_high.val();
                }
                if self.step.val() == 23 {
                    self.fixed.d.next = self.request_head.val();
                    if self.s.q.val().ack {
                        self.fixed.d.next = self.ack_head.val();
                    }
                }
            }
        }
        // While the number is filled in: it, then the word that the checksum is in.
        self.checksum.next = !self.s.q.val().sum;
        if self.filling.val() {
            if self.step.val() == 7 {
                self.fixed.d.next = self.hop_udp.val();
                if self.s.q.val().ipv6 {
                    self.fixed.d.next = self.datagram.val();
                }
            }
            if self.step.val() == 8 {
                self.fixed.d.next = self.checksum.val();
                // A UDP checksum of zero would mean none (RFC 8200 section 8.1).
                if self.s.q.val().ipv6 & (self.checksum.val() == 0) {
                    self.fixed.d.next = 0xffff.into();
                }
            }
        }
        self.numbering.next = self.filling.val() & (self.quad.val() == 0);
        self.number.reset.next = !self.numbering.val();
        self.number.d.next = self.high.q.val().get_bits::<16>(16);
        if self.step.val().get_bit(0) {
            self.number.d.next = self.high.q.val().get_bits::<16>(0);
        }
        if self.step.val().get_bit(1) {
            self.number.d.next = self.low.q.val().get_bits::<16>(16);
            if self.step.val().get_bit(0) {
                self.number.d.next = self.low.q.val().get_bits::<16>(0);
            }
        }
        if self.waits.val() {
            self.high.d.next = self.used_high.val();
            self.low.d.next = self.used_low.val();
        }
        self.given.next = 0.into();
        if self.pick.q.val().given_high {
            self.given.next = self.p_data.val().get_bits::<16>(16);
        }
        self.given_low.next = 0.into();
        if self.pick.q.val().given_low {
            self.given_low.next = self.p_data.val().get_bits::<16>(0);
        }
        self.mailed.next = 0.into();
        if self.pick.q.val().mailed_high {
            self.mailed.next = self.mail_word.val().get_bits::<16>(16);
        }
        self.mailed_low.next = 0.into();
        if self.pick.q.val().mailed_low {
            self.mailed_low.next = self.mail_word.val().get_bits::<16>(0);
        }
        self.half.d.next =
            self.fixed.q.val() | self.number.q.val() | self.given.val() | self.given_low.val() | self.mailed.val() | self.mailed_low.val();
        self.earlier.d.next = self.half.q.val();
        self.pair.next = (bit_cast::<32, 16>(self.earlier.q.val()) << 16) | bit_cast::<32, 16>(self.half.q.val());

        // The sum of the IPv4 header, or of the UDP datagram and its pseudo header in IPv6. Where nothing is in hand zero is added, and the carry.
        self.counted.next = (self.step.val() == 7) | (self.quad.val() == 2) | self.addresses.val();
        if self.s.q.val().ipv6 {
            self.counted.next = self.body.val();
        }
        self.ends.next = self.building.val() & (self.phase.val() == 3);
        self.gathers.next = self.s.q.val().adds | self.waits.val() | (self.filling.val() & self.s.q.val().ipv6);
        self.s.d.next.adds = false;
        self.s.d.next.puts = false;
        self.s.d.next.skips = self.skips.val();
        self.s.d.next.counts = self.counted.val();
        if self.ends.val() & !self.s.q.val().skips {
            self.s.d.next.puts = true;
            self.s.d.next.adds = self.s.q.val().counts;
            self.gathers.next = self.s.q.val().counts;
        }
        self.left.next = (bit_cast::<18, 16>(self.s.q.val().sum) << 1) | 1;
        self.right.next = (bit_cast::<18, 16>(self.half.q.val()) << 1) | bit_cast::<18, 1>(self.s.q.val().carry);
        self.added.next = self.left.val() + self.right.val();
        if self.gathers.val() {
            self.s.d.next.sum = self.added.val().get_bits::<16>(1);
            self.s.d.next.carry = self.added.val().get_bits::<1>(17);
        }

        // The word in hand goes behind those before it; while the number is filled in, into its place: the echo, or the number of an ACK.
        self.numbers.next = self.filling.val() & ((self.step.val() == 3) | (self.step.val() == 5));
        self.writes.next = self.s.q.val().puts | self.numbers.val() | (self.filling.val() & (self.step.val() == 10));
        self.back.next = 1.into();
        if self.filling.val() {
            self.back.next = 5.into();
            if self.s.q.val().ack {
                self.back.next = 2.into();
            }
            if self.step.val().get_bit(2) {
                self.back.next = 4.into();
                if self.s.q.val().ack {
                    self.back.next = 1.into();
                }
            }
            if self.step.val().get_bit(3) {
                self.back.next = 12.into();
                if self.s.q.val().ipv6 {
                    self.back.next = 8.into();
                }
            }
        }

        // The memory.
        self.memory.write.next = self.writes.val();
        self.place.next = self.s.q.val().words - self.back.val();
        self.memory.write_address.next = self.place.val();
        self.memory.write_data.next = self.pair.val();
        self.memory.read_address.next = self.address.val().get_bits::<5>(0);
        self.shown.d.next = self.memory.read_data.val();
        self.data.next = self.shown.q.val();

        // What the parser would say of it.
        self.ip_word.next = 4.into();
        if self.s.q.val().vlan {
            self.ip_word.next = 5.into();
        }
        self.name_word.next = bit_cast::<10, 3>(self.ip_word.val()) + 2;
        self.upper_word.next = bit_cast::<10, 3>(self.ip_word.val()) + 5;
        if self.s.q.val().ipv6 {
            self.name_word.next = bit_cast::<10, 3>(self.ip_word.val()) + 1;
            self.upper_word.next = bit_cast::<10, 3>(self.ip_word.val()) + 10;
        }
        self.facts.next.reason = 0.into();
        self.facts.next.ip = true;
        self.facts.next.ipv6 = self.s.q.val().ipv6;
        self.facts.next.arp = false;
        self.facts.next.ip_word = self.ip_word.val();
        self.facts.next.service = 0.into();
        self.facts.next.dont_fragment = !self.s.q.val().ipv6;
        self.facts.next.fragment = false;
        self.facts.next.later = false;
        self.facts.next.protocol = self.udp.val();
        self.facts.next.upper_word = self.upper_word.val();
        self.facts.next.name_word = self.name_word.val();
        self.facts.next.finish = bit_cast::<16, 5>(self.s.q.val().words) << 2;
        self.facts.next.insert_word = self.upper_word.val();
        self.facts.next.patch_word = self.name_word.val();
        self.facts.next.name_lane = 1.into();
        self.facts.next.patch_lane = 1.into();
        if self.s.q.val().ipv6 {
            self.facts.next.name_lane = 2.into();
            self.facts.next.patch_lane = 2.into();
        }
        self.facts.next.insert_protocol = self.udp.val();
        self.facts.next.source_port_known = true;
        self.facts.next.destination_port_known = true;
        self.frame.next.start = 0.into();
        self.frame.next.words = bit_cast::<10, 5>(self.s.q.val().words);
        self.frame.next.length = (bit_cast::<16, 5>(self.s.q.val().words) << 2) - 2;
        self.frame.next.reason = 0.into();
        self.frame.next.note = 0.into();
        self.sa.next = self.s.q.val().index;

        self.built.next = false;
        self.v_busy.next = self.filling.val() & !self.s.q.val().ack;
        self.v_write.next = self.v_busy.val() & self.numbers.val();
        self.v_half.next = self.step.val().get_bit(2);
        self.v_data.next = self.pair.val();
        self.v_live.next = self.v_busy.val() & self.step.val().get_bit(3) & !self.s.q.val().stale;
        self.go.next = (self.state.q.val() == ComposerPhase::Offer) & !self.s.q.val().stale;
        self.idle.next = self.state.q.val() == ComposerPhase::Idle;
        self.ack_accepted.next = false;
        self.request_accepted.next = false;
        if self.wipe.val() & (self.wipe_index.val() == self.s.q.val().index) & !self.s.q.val().ack {
            self.s.d.next.stale = true;
        }
        match self.state.q.val() {
            ComposerPhase::Idle => {
                self.s.d.next.step = 0.into();
                self.s.d.next.words = 0.into();
                self.s.d.next.stale = self.request_stale.val() & !self.ack.val();
                self.s.d.next.ended = false;
                self.s.d.next.ack = self.ack.val();
                self.s.d.next.ipv6 = self.mail_ipv6.val();
                self.s.d.next.index = self.request_index.val();
                if self.ack.val() {
                    self.s.d.next.index = self.mail_index.val();
                }
                if (self.phase.val() == 3) & (self.ack.val() | self.request.val()) {
                    self.ack_accepted.next = self.ack.val();
                    self.request_accepted.next = !self.ack.val();
                    self.state.d.next = ComposerPhase::Build;
                }
            }
            ComposerPhase::Build => {
                if self.phase.val() == 3 {
                    self.s.d.next.step = self.step.val() + 1;
                    if !self.s.q.val().skips {
                        self.s.d.next.words = self.s.q.val().words + 1;
                    }
                    if (self.step.val() == 0) & !self.s.q.val().ack {
                        self.s.d.next.ipv6 = self.p_data.val().get_bit(31);
                    }
                    if self.step.val() == 1 {
                        self.s.d.next.vlan = self.p_data.val().get_bit(31);
                        self.s.d.next.sum = 0.into();
                        self.s.d.next.carry = 0.into();
                        if self.s.q.val().ipv6 {
                            self.s.d.next.sum = self.pseudo.val();
                        }
                    }
                    if self.step.val() == 28 {
                        self.built.next = true;
                        self.state.d.next = ComposerPhase::Offer;
                    }
                }
            }
            ComposerPhase::Offer => {
                self.s.d.next.step = 0.into();
                if self.s.q.val().stale {
                    self.state.d.next = ComposerPhase::Idle;
                }
                if self.take.val() {
                    self.state.d.next = ComposerPhase::Taken;
                    if self.used.val() {
                        self.state.d.next = ComposerPhase::Number;
                    }
                    if self.done.val() {
                        self.state.d.next = ComposerPhase::Idle;
                    }
                }
            }
            ComposerPhase::Taken => {
                if self.done.val() {
                    self.state.d.next = ComposerPhase::Idle;
                }
                if self.used.val() {
                    self.state.d.next = ComposerPhase::Number;
                    self.s.d.next.ended = self.done.val();
                }
            }
            ComposerPhase::Number => {
                self.s.d.next.step = self.step.val() + 1;
                if self.done.val() {
                    self.s.d.next.ended = true;
                }
                if self.step.val() == 10 {
                    self.state.d.next = ComposerPhase::Sealing;
                    if self.done.val() | self.s.q.val().ended {
                        self.state.d.next = ComposerPhase::Idle;
                    }
                }
            }
            ComposerPhase::Sealing => {
                if self.done.val() {
                    self.state.d.next = ComposerPhase::Idle;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::peer::{Message, Parsed, Pipe};
    use super::*;
    use crate::check::Bench;
    use crate::parse::Parse;
    use holdfast_registers::pair;
    use rand::{rngs::StdRng, Rng, SeedableRng};

    struct Wire {
        bench: Bench<Composer>,
        random: StdRng,
        phase: u64,
        parameters: [u32; pair::WORDS],
        mailbox: [u32; 16],
        pipe: Pipe,
        mail: Pipe,
        /// What was written as V, and whether it became the outstanding one.
        v: [u32; 2],
        live: bool,
    }

    impl Wire {
        fn new(name: &str) -> Self {
            let mut bench = Bench::new(name, Composer::default(), |d| &mut d.clock);
            bench.dut.reset.next = true;
            bench.cycle();
            bench.dut.reset.next = false;
            let random = StdRng::seed_from_u64(14);
            Self {
                bench,
                random,
                phase: 0,
                parameters: [0; 16],
                mailbox: [0; 16],
                pipe: Pipe::default(),
                mail: Pipe::default(),
                v: [0; 2],
                live: false,
            }
        }
        fn clock(&mut self) {
            self.bench.settle();
            let dut = &self.bench.dut;
            // In the other two phases the parameters are somebody else's.
            let asked = if self.phase < 2 { self.parameters[dut.p_word.val().index()] } else { 0xdead_beef };
            let mail = self.mailbox[dut.mail_address.val().index()];
            if dut.v_write.val() {
                assert!(dut.v_busy.val());
                self.v[dut.v_half.val() as usize] = u64::from(dut.v_data.val()) as u32;
            }
            self.live |= dut.v_live.val();
            self.bench.cycle();
            self.bench.dut.p_data.next = self.pipe.step(asked).into();
            self.bench.dut.mail_word.next = self.mail.step(mail).into();
            self.phase = (self.phase + 1) % 4;
            self.bench.dut.phase.next = self.phase.into();
        }
        fn pulse(&mut self, port: fn(&mut Composer) -> &mut Signal<In, Bit>) {
            port(&mut self.bench.dut).next = true;
            self.clock();
            port(&mut self.bench.dut).next = false;
        }
        /// Composes: clocks until it is offered.
        fn compose(&mut self, ack: bool) -> u32 {
            (self.v, self.live) = ([0; 2], false);
            let (mut clocks, mut built) = (0, 0);
            self.bench.dut.ack.next = ack;
            self.bench.dut.request.next = !ack;
            loop {
                self.bench.settle();
                let dut = &self.bench.dut;
                built += dut.built.val() as u32;
                if dut.go.val() {
                    break;
                }
                let accepted = dut.ack_accepted.val() || dut.request_accepted.val();
                assert!(!accepted || dut.ack_accepted.val() == ack);
                self.clock();
                if accepted {
                    self.bench.dut.ack.next = false;
                    self.bench.dut.request.next = false;
                    clocks = 0;
                    // What comes later is somebody else's.
                    self.bench.dut.request_index.next = 0.into();
                }
                clocks += 1;
                assert!(clocks < 200, "nothing is offered");
            }
            assert_eq!(built, 1);
            clocks
        }
        fn word(&mut self, at: u64) -> u32 {
            self.bench.dut.address.next = at.into();
            self.clock();
            self.clock();
            self.bench.settle();
            u64::from(self.bench.dut.data.val()) as u32
        }
        /// The frame as the sequencer reads it.
        fn frame(&mut self) -> Vec<u8> {
            let frame = self.bench.dut.frame.val();
            assert_eq!(frame, Frame { words: frame.words, length: (4 * u64::from(frame.words) - 2).into(), ..Default::default() });
            let bytes: Vec<u8> = (0..u64::from(frame.words)).flat_map(|n| self.word(n).to_be_bytes()).collect();
            assert_eq!(bytes[..2], [0, 0]);
            bytes[2..].to_vec()
        }
        /// Random parameters, and the message that a REQUEST of them is.
        fn parameters(&mut self, ipv6: bool, vlan: bool) -> Message {
            let mut message = Message::new(control::REQUEST, ipv6, 0);
            let random = &mut self.random;
            message.ethernet = random.gen();
            message.vlan = vlan.then(|| random.gen());
            message.ports = [random.gen_range(1..=0xffff); 2];
            let words = if ipv6 { 4 } else { 1 };
            for i in 0..words {
                message.source[i] = random.gen();
                message.destination[i] = random.gen();
            }
            let e = message.ethernet;
            let p = &mut self.parameters;
            p[0] = (ipv6 as u32) << 31 | 20 << 16 | 0x1234;
            p[1] = (vlan as u32) << 31 | random.gen::<u32>() >> 1;
            p[2] = u32::from_be_bytes([0, 0, e[0], e[1]]);
            p[3] = u32::from_be_bytes([e[2], e[3], e[4], e[5]]);
            p[4] = u32::from_be_bytes([e[6], e[7], e[8], e[9]]);
            p[5] = u32::from_be_bytes([e[10], e[11], 0, 0]) | message.vlan.unwrap_or(0) as u32;
            p[8..12].copy_from_slice(&message.source);
            p[12..16].copy_from_slice(&message.destination);
            self.bench.dut.port.next = (message.ports[0] as u64).into();
            self.bench.dut.request_index.next = random.gen_range(1..32u64).into();
            message
        }
    }

    /// The facts are those that the parser itself finds in the frame.
    fn parsed_equals(frame: &[u8], facts: Facts, reference: &mut Bench<Parse>) {
        let memory = crate::traffic::words(frame);
        reference.dut.frame.next = Frame { length: (frame.len() as u64).into(), ..Default::default() };
        reference.dut.go.next = true;
        let mut pipe = Pipe::default();
        for _ in 0..100 {
            reference.settle();
            let asked = memory.get(reference.dut.address.val().index()).copied().unwrap_or(0);
            reference.cycle();
            reference.dut.data.next = pipe.step(asked).into();
        }
        assert!(reference.dut.ready.val());
        assert_eq!(facts, reference.dut.facts.val());
        reference.dut.take.next = true;
        reference.dut.go.next = false;
        reference.cycle();
        reference.dut.take.next = false;
        reference.cycle();
    }

    #[test]
    fn frames_are_right_to_the_last_byte() {
        let mut wire = Wire::new("composer");
        let mut reference = Bench::new("composer_parse", Parse::default(), |d| &mut d.clock);
        reference.dut.reset.next = true;
        reference.cycle();
        reference.dut.reset.next = false;
        for n in 0..48 {
            let (ipv6, vlan, ack) = (n & 1 == 1, n & 2 == 2, n & 4 == 4);
            let mut message = wire.parameters(ipv6, vlan);
            let number: u64 = match n / 8 {
                0 => u64::MAX,
                1 => 1,
                _ => wire.random.gen(),
            };
            if ack {
                // Everything but the Ethernet header comes from the mailbox; the parameters are of the other family.
                message.kind = control::ACK;
                message.ports[1] = wire.random.gen();
                message.echo = wire.random.gen();
                (message.flags, message.number) = (1, number);
                wire.parameters[0] ^= pair::IPV6;
                wire.mailbox[12..16].copy_from_slice(&message.source);
                wire.mailbox[..4].copy_from_slice(&message.destination);
                wire.mailbox[4] = (message.ports[1] as u32) << 16 | message.ports[0] as u32;
                wire.bench.dut.port.next = (message.ports[0] as u64).into();
                (wire.mailbox[8], wire.mailbox[9]) = ((message.echo >> 32) as u32, message.echo as u32);
                wire.bench.dut.mail_index.next = 21.into();
                wire.bench.dut.mail_ipv6.next = ipv6;
            } else {
                message.echo = number;
            }
            if ipv6 && n >= 40 {
                // A checksum that comes out as zero is sent as ffff (RFC 8200 section 8.1).
                message.destination[3] = 0;
                let sum = checksum_of(&message);
                message.destination[3] = sum as u32;
                let place = if ack { &mut wire.mailbox[3] } else { &mut wire.parameters[15] };
                *place = sum as u32;
            }
            let clocks = wire.compose(ack);
            assert!(clocks <= 117, "{clocks} clocks");
            wire.mailbox = [0; 16];
            let busy = wire.random.gen_range(0..20);
            (0..busy).for_each(|_| wire.clock());
            // Taken and numbered in one clock, or not.
            if n % 3 == 0 {
                wire.pulse(|d| &mut d.take);
                wire.clock();
            } else {
                wire.bench.dut.take.next = true;
            }
            wire.bench.dut.used_high.next = (number >> 32).into();
            wire.bench.dut.used_low.next = (number & 0xffff_ffff).into();
            wire.pulse(|d| &mut d.used);
            wire.bench.dut.take.next = false;
            wire.bench.dut.used_high.next = 0.into();
            wire.bench.dut.used_low.next = 0.into();
            (0..12).for_each(|_| wire.clock());
            let frame = wire.frame();
            assert_eq!(Message::read(&frame), message, "{n}");
            if ipv6 && n >= 40 {
                assert_eq!(frame[frame.len() - 30..frame.len() - 28], [0xff, 0xff]);
            }
            assert_eq!(wire.live, !ack);
            if ack {
                assert_eq!(wire.bench.dut.sa.val(), 21);
                assert_eq!(wire.v, [0; 2]);
            } else {
                assert_eq!(wire.v, [(number >> 32) as u32, number as u32]);
            }
            let facts = wire.bench.dut.facts.val();
            assert_eq!(facts, Parsed::of(&message).facts);
            parsed_equals(&frame, facts, &mut reference);
            assert!(!wire.bench.dut.idle.val());
            wire.pulse(|d| &mut d.done);
            wire.bench.settle();
            assert!(wire.bench.dut.idle.val());
        }
        wire.bench.finish();
        reference.finish();
    }

    /// The one's complement sum of the datagram of a message whose checksum is to become zero.
    fn checksum_of(message: &Message) -> u16 {
        let frame = message.frame();
        u16::from_be_bytes([frame[frame.len() - 30], frame[frame.len() - 29]])
    }

    /// Wiped, dropped without a number, ended while the number is still being filled in: it always comes to rest, and nothing wrong becomes outstanding.
    #[test]
    fn nothing_keeps_it_for_ever() {
        let mut wire = Wire::new("composer_ends");
        for n in 0..60 {
            wire.parameters(n % 2 == 0, false);
            let ack = n % 4 == 3;
            wire.mailbox = [7; 16];
            wire.bench.settle();
            let index = u64::from(wire.bench.dut.request_index.val());
            wire.bench.dut.mail_index.next = 3.into();
            if n < 30 {
                wire.compose(ack);
                let own = if ack { 3 } else { index };
                let wiped = n % 3 != 0;
                wire.bench.dut.wipe_index.next = (if n % 3 == 1 { own ^ 1 } else { own }).into();
                if n % 5 < 2 {
                    // Before it is taken: withdrawn.
                    if wiped {
                        wire.pulse(|d| &mut d.wipe);
                    }
                    (0..3).for_each(|_| wire.clock());
                    wire.bench.settle();
                    let gone = wiped && n % 3 == 2 && !ack;
                    assert_eq!((wire.bench.dut.idle.val(), wire.bench.dut.go.val()), (gone, !gone));
                    if gone {
                        continue;
                    }
                    wire.pulse(|d| &mut d.take);
                } else {
                    wire.pulse(|d| &mut d.take);
                    if wiped {
                        wire.pulse(|d| &mut d.wipe);
                    }
                    wire.pulse(|d| &mut d.used);
                    (0..n % 11).for_each(|_| wire.clock());
                    wire.pulse(|d| &mut d.done);
                    (0..12).for_each(|_| wire.clock());
                    wire.bench.settle();
                    assert!(wire.bench.dut.idle.val());
                    assert_eq!(wire.live, !ack && n % 3 != 2);
                    continue;
                }
            } else {
                wire.compose(ack);
                wire.bench.dut.take.next = true;
                wire.bench.dut.used.next = n % 3 == 1;
                wire.bench.dut.done.next = n % 3 == 2;
                wire.clock();
                wire.bench.dut.take.next = false;
                wire.bench.dut.used.next = false;
                wire.bench.dut.done.next = false;
                if n % 3 == 2 {
                    wire.bench.settle();
                    assert!(wire.bench.dut.idle.val());
                    continue;
                }
            }
            (0..12).for_each(|_| wire.clock());
            wire.pulse(|d| &mut d.done);
            wire.bench.settle();
            assert!(wire.bench.dut.idle.val());
        }
        // An ACK goes before a REQUEST.
        wire.bench.dut.ack.next = true;
        wire.bench.dut.request.next = true;
        while !wire.bench.dut.ack_accepted.val() {
            wire.clock();
            wire.bench.settle();
            assert!(!wire.bench.dut.request_accepted.val());
        }
        wire.bench.finish();
    }
}
