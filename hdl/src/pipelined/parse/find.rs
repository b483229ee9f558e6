use super::{ParseExtent, ParseLink};
use crate::cell::{row, Block128, Reg};
use crate::parse::Facts;
use crate::prelude::*;
use crate::stream::Frame;
use holdfast_registers::{wire, Reason};

// Six bits of a word's number tell what is too deep.
const _: () = assert!(wire::DEEPEST == 4 * 1008 - 2);

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum FindState {
    Idle,
    /// Addresses go out, and three clocks later blocks come in, until one begins with the upper protocol's header.
    Read,
    /// That block is here, or one that begins with an extension header.
    Header,
    /// The block behind it.
    Rest,
    Full,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct FindWork {
    /// Clocks since the frame was taken.
    pub step: Bits<4>,
    /// Behind the IP header; extension headers so far.
    pub again: Bit,
    pub headers: Bits<4>,
    pub total: Bits<16>,
    /// Version or header length are wrong.
    pub bad: Bit,
    /// Of the protocol that was named last, a clock later.
    pub extension: Bit,
    pub ports: Bit,
    pub icmp: Bit,
    pub esp: Bit,
    pub first_only: Bit,
    pub fragment: Bit,
    pub options: Bit,
    pub enough: Bit,
    /// The word behind the shortest extension header.
    pub behind: Bits<11>,
}

/// Which step of the first pass it is, known a clock before.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct FindPhase {
    pub five: Bit,
    pub six: Bit,
    pub seven: Bit,
    pub eight: Bit,
    pub nine: Bit,
}

/// Finds the facts of a frame; see [`super::WideParse`] for what they are. A frame is begun on `go`, and `taken` in that clock; `full` then says that what was found stands, and stays until `empty`.
///
/// ```text
/// clock    1    2    3    4    5    6          7          8      9      10      11
/// address  3    4    5    8    9    12 or 13   upper      +4
/// block                   3    4    5          8          9      12/13  upper   +4
///                       link  plain tagged     plain      tagged        Header  Rest
/// ```
///
/// So a packet is read from word 4 on and from word 5 on until it is known where it begins. An extension header takes five clocks: from it on, what follows is as from clock 6.
#[derive(LogicBlock, Ports)]
pub struct ParseFind {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub go: Signal<In, Bit>,
    pub frame: Signal<In, Frame>,
    pub taken: Signal<Out, Bit>,
    pub reading: Signal<Out, Bit>,
    pub address: Signal<Out, Bits<12>>,
    pub data: Signal<In, Block128>,
    pub full: Signal<Out, Bit>,
    pub empty: Signal<In, Bit>,
    pub facts: Signal<Out, Facts>,
    pub kept: Signal<Out, Frame>,
    pub source: [Signal<Out, Bits<32>>; 4],
    pub destination: [Signal<Out, Bits<32>>; 4],
    pub upper: [Signal<Out, Bits<32>>; 6],
    link: ParseLink,
    extent: ParseExtent,
    state: Reg<FindState>,
    found: Reg<Facts>,
    work: Reg<FindWork>,
    phase: Reg<FindPhase>,
    copy: Reg<Frame>,
    /// Where the words lie that the store is asked for.
    place: Reg<Bits<12>>,
    from: [Reg<Bits<32>>; 4],
    to: [Reg<Bits<32>>; 4],
    words: [Reg<Bits<32>>; 6],
    runt: Constant<Bits<5>>,
    malformed: Constant<Bits<5>>,
    extension: Constant<Bits<5>>,
    lane: [Signal<Local, Bits<32>>; 4],
    low: Signal<Local, Bits<16>>,
    first: Signal<Local, Bits<8>>,
    step: Signal<Local, Bits<4>>,
    protocol: Signal<Local, Bits<8>>,
    begin_word: Signal<Local, Bits<3>>,
    tag: Signal<Local, Bit>,
    six: Signal<Local, Bit>,
    reads: Signal<Local, Bit>,
    /// The block begins with the packet, with its word 4, with its word 8.
    begins: Signal<Local, Bit>,
    second: Signal<Local, Bit>,
    third: Signal<Local, Bit>,
    base: Signal<Local, Bits<12>>,
    more: Signal<Local, Bits<12>>,
    ip_word: Signal<Local, Bits<10>>,
    header_words: Signal<Local, Bits<10>>,
    name_words: Signal<Local, Bits<10>>,
    beginning: Signal<Local, Bits<10>>,
    behind: Signal<Local, Bits<11>>,
    deep: Signal<Local, Bit>,
}

impl Default for ParseFind {
    fn default() -> Self {
        let reason = |r: Reason| Constant::new((r.code() as u64).into());
        Self {
            clock: Default::default(),
            reset: Default::default(),
            go: Default::default(),
            frame: Default::default(),
            taken: Default::default(),
            reading: Default::default(),
            address: Default::default(),
            data: Default::default(),
            full: Default::default(),
            empty: Default::default(),
            facts: Default::default(),
            kept: Default::default(),
            source: row(),
            destination: row(),
            upper: row(),
            link: Default::default(),
            extent: Default::default(),
            state: Reg::new(FindState::Idle),
            found: Default::default(),
            work: Default::default(),
            phase: Default::default(),
            copy: Default::default(),
            place: Default::default(),
            from: row(),
            to: row(),
            words: row(),
            runt: reason(Reason::Runt),
            malformed: reason(Reason::Malformed),
            extension: reason(Reason::ExtensionHeader),
            lane: row(),
            low: Default::default(),
            first: Default::default(),
            step: Default::default(),
            protocol: Default::default(),
            begin_word: Default::default(),
            tag: Default::default(),
            six: Default::default(),
            reads: Default::default(),
            begins: Default::default(),
            second: Default::default(),
            third: Default::default(),
            base: Default::default(),
            more: Default::default(),
            ip_word: Default::default(),
            header_words: Default::default(),
            name_words: Default::default(),
            beginning: Default::default(),
            behind: Default::default(),
            deep: Default::default(),
        }
    }
}

impl Logic for ParseFind {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, found, work, phase, copy, place);
        clock!(self, clock, link, extent);
        self.link.reset.next = self.reset.val();
        self.extent.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();
        self.found.reset.next = self.reset.val();
        self.work.reset.next = self.reset.val();
        self.phase.reset.next = self.reset.val() | (self.state.q.val() != FindState::Read);
        self.copy.reset.next = self.reset.val();
        self.place.reset.next = self.reset.val();
        for i in 0..4 {
            self.from[i].clock.next = self.clock.val();
            self.from[i].reset.next = self.reset.val();
            self.from[i].d.next = self.from[i].q.val();
            self.source[i].next = self.from[i].q.val();
            self.to[i].clock.next = self.clock.val();
            self.to[i].reset.next = self.reset.val();
            self.to[i].d.next = self.to[i].q.val();
            self.destination[i].next = self.to[i].q.val();
        }
        for i in 0..6 {
            self.words[i].clock.next = self.clock.val();
            self.words[i].reset.next = self.reset.val();
            self.words[i].d.next = self.words[i].q.val();
            self.upper[i].next = self.words[i].q.val();
        }
        self.facts.next = self.found.q.val();
        self.facts.next.finish = self.extent.finish.val();
        self.kept.next = self.copy.q.val();
        self.taken.next = (self.state.q.val() == FindState::Idle) & self.go.val();
        self.reading.next = (self.state.q.val() == FindState::Read) | (self.state.q.val() == FindState::Header);
        self.full.next = self.state.q.val() == FindState::Full;

        self.lane[0].next = self.data.val().get_bits::<32>(0);
        self.lane[1].next = self.data.val().get_bits::<32>(32);
        self.lane[2].next = self.data.val().get_bits::<32>(64);
        self.lane[3].next = self.data.val().get_bits::<32>(96);
        self.low.next = self.lane[0].val().get_bits::<16>(0);
        self.step.next = self.work.q.val().step;
        self.begin_word.next = self.found.q.val().ip_word;
        self.tag.next = self.begin_word.val().get_bit(0);
        self.link.block.next = self.data.val();
        self.extent.length.next = self.copy.q.val().length;
        self.extent.ipv6.next = self.found.q.val().ipv6;
        self.extent.tag.next = self.tag.val();
        self.extent.total.next = self.work.q.val().total;
        self.extent.upper_word.next = self.found.q.val().upper_word;

        // Where to read.
        self.address.next = self.place.q.val();
        self.base.next = self.place.q.val();
        self.more.next = 1.into();
        if self.step.val() == 3 {
            self.more.next = 3.into();
        }
        if self.step.val() == 5 {
            self.more.next = 3.into();
            if self.link.tag.val() {
                self.more.next = 4.into();
            }
        }
        if self.step.val() == 6 {
            self.base.next = bit_cast::<12, 10>(self.copy.q.val().start) << 2;
            self.more.next = bit_cast::<12, 10>(self.found.q.val().upper_word);
        }
        if self.step.val() == 7 {
            self.more.next = 4.into();
        }
        self.place.d.next = self.base.val() + self.more.val();

        // What kind of protocol it is that follows.
        self.protocol.next = self.found.q.val().protocol;
        self.work.d.next.extension = self.found.q.val().ipv6
            & ((self.protocol.val() == 0) | (self.protocol.val() == 43) | (self.protocol.val() == 44) | (self.protocol.val() == 60));
        self.work.d.next.ports =
            (self.protocol.val() == 6) | (self.protocol.val() == 17) | (self.protocol.val() == 132) | (self.protocol.val() == 136);
        self.work.d.next.icmp = (self.protocol.val() == 1) | (self.protocol.val() == 58);
        self.work.d.next.esp = self.protocol.val() == 50;
        self.work.d.next.first_only = self.protocol.val() == 0;
        self.work.d.next.fragment = self.protocol.val() == 44;
        self.work.d.next.options = self.protocol.val() == 60;
        self.work.d.next.enough = self.work.q.val().headers == 8;
        self.work.d.next.behind = bit_cast::<11, 10>(self.found.q.val().upper_word) + 2;
        self.behind.next = self.work.q.val().behind + (bit_cast::<11, 8>(self.lane[0].val().get_bits::<8>(16)) << 1);
        if self.work.q.val().fragment {
            self.behind.next = self.work.q.val().behind;
        }
        self.deep.next = self.behind.val().get_bit(10) | (self.behind.val().get_bits::<6>(4) == 63);

        // The IP header.
        self.first.next = self.link.first.val();
        self.ip_word.next = 4.into();
        if self.link.tag.val() {
            self.ip_word.next = 5.into();
        }
        self.header_words.next = bit_cast::<10, 4>(self.first.val().get_bits::<4>(0));
        self.name_words.next = 2.into();
        if self.link.ipv6.val() {
            self.header_words.next = 10.into();
            self.name_words.next = 1.into();
        }
        self.beginning.next = self.ip_word.val() + self.header_words.val();
        self.reads.next = (self.state.q.val() == FindState::Read) & !self.work.q.val().again;
        self.phase.d.next.five = self.reads.val() & (self.step.val() == 4);
        self.phase.d.next.six = self.phase.q.val().five;
        self.phase.d.next.seven = self.phase.q.val().six;
        self.phase.d.next.eight = self.phase.q.val().seven;
        self.phase.d.next.nine = self.phase.q.val().eight;
        // What began as a packet at word 4 is none with a tag.
        self.begins.next =
            (self.phase.q.val().five & self.link.plain_ip.val()) | (self.phase.q.val().six & self.found.q.val().ip & self.tag.val());
        self.second.next = (self.phase.q.val().seven & !self.tag.val()) | (self.phase.q.val().eight & self.tag.val());
        self.third.next = self.phase.q.val().nine;
        self.six.next = self.found.q.val().ipv6;
        if self.phase.q.val().five {
            self.six.next = self.link.ipv6.val();
        }

        self.work.d.next.step = self.step.val() + 1;
        match self.state.q.val() {
            FindState::Idle => {
                self.place.d.next = (bit_cast::<12, 10>(self.frame.val().start) << 2) + 3;
                self.copy.d.next = self.frame.val();
                self.work.d.next.step = 1.into();
                self.work.d.next.again = false;
                self.work.d.next.headers = 0.into();
                self.found.d.next.reason = self.frame.val().reason;
                self.found.d.next.ip = false;
                self.found.d.next.ipv6 = false;
                self.found.d.next.arp = false;
                self.found.d.next.ip_word = 4.into();
                self.found.d.next.dont_fragment = false;
                self.found.d.next.fragment = false;
                self.found.d.next.later = false;
                self.found.d.next.protocol = 0.into();
                self.found.d.next.source_port_known = false;
                self.found.d.next.destination_port_known = false;
                for i in 0..4 {
                    self.from[i].d.next = 0.into();
                    self.to[i].d.next = 0.into();
                }
                if self.go.val() {
                    self.state.d.next = FindState::Read;
                    if self.frame.val().reason != 0 {
                        self.state.d.next = FindState::Full;
                    }
                }
            }
            FindState::Read => {
                if self.phase.q.val().five {
                    self.found.d.next.ip = self.link.ip.val();
                    self.found.d.next.ipv6 = self.link.ipv6.val();
                    self.found.d.next.arp = self.link.arp.val();
                    self.found.d.next.ip_word = self.ip_word.val().get_bits::<3>(0);
                    self.found.d.next.upper_word = self.beginning.val();
                    self.found.d.next.insert_word = self.beginning.val();
                    self.found.d.next.patch_word = self.ip_word.val() + self.name_words.val();
                    self.found.d.next.name_word = self.ip_word.val() + self.name_words.val();
                    self.found.d.next.patch_lane = 1.into();
                    self.found.d.next.name_lane = 1.into();
                    self.work.d.next.bad = (self.first.val().get_bits::<4>(4) != 4) | (self.first.val().get_bits::<4>(0) < 5);
                    if self.link.ipv6.val() {
                        self.found.d.next.patch_lane = 2.into();
                        self.found.d.next.name_lane = 2.into();
                        self.work.d.next.bad = self.first.val().get_bits::<4>(4) != 6;
                    }
                }
                if self.phase.q.val().six {
                    if !self.found.q.val().ip {
                        self.state.d.next = FindState::Full;
                    }
                    if self.extent.runt.val() {
                        self.found.d.next.reason = self.runt.val();
                        self.state.d.next = FindState::Full;
                    }
                }
                if self.step.val() == 9 {
                    self.state.d.next = FindState::Header;
                }
                if self.begins.val() {
                    if self.six.val() {
                        self.found.d.next.service = self.lane[0].val().get_bits::<8>(20);
                        self.work.d.next.total = self.lane[1].val().get_bits::<16>(16);
                        self.found.d.next.protocol = self.lane[1].val().get_bits::<8>(8);
                        self.found.d.next.insert_protocol = self.lane[1].val().get_bits::<8>(8);
                        self.from[0].d.next = self.lane[2].val();
                        self.from[1].d.next = self.lane[3].val();
                    } else {
                        self.found.d.next.service = self.lane[0].val().get_bits::<8>(16);
                        self.work.d.next.total = self.low.val();
                        self.found.d.next.dont_fragment = self.lane[1].val().get_bit(14);
                        self.found.d.next.fragment = self.lane[1].val().get_bit(13) | self.lane[1].val().get_bits::<13>(0).any();
                        self.found.d.next.later = self.lane[1].val().get_bits::<13>(0).any();
                        self.found.d.next.protocol = self.lane[2].val().get_bits::<8>(16);
                        self.found.d.next.insert_protocol = self.lane[2].val().get_bits::<8>(16);
                        self.from[0].d.next = self.lane[3].val();
                    }
                }
                if self.second.val() {
                    if self.six.val() {
                        self.from[2].d.next = self.lane[0].val();
                        self.from[3].d.next = self.lane[1].val();
                        self.to[0].d.next = self.lane[2].val();
                        self.to[1].d.next = self.lane[3].val();
                    } else {
                        self.to[0].d.next = self.lane[0].val();
                    }
                }
                if self.third.val() & self.six.val() {
                    self.to[2].d.next = self.lane[0].val();
                    self.to[3].d.next = self.lane[1].val();
                }
            }
            FindState::Header => {
                self.work.d.next.step = 6.into();
                if self.found.q.val().later {
                    // Of a later fragment nothing more is read.
                    self.state.d.next = FindState::Full;
                } else if self.work.q.val().extension {
                    self.work.d.next.again = true;
                    self.work.d.next.headers = self.work.q.val().headers + 1;
                    self.found.d.next.protocol = self.lane[0].val().get_bits::<8>(24);
                    self.found.d.next.upper_word = self.behind.val().get_bits::<10>(0);
                    self.found.d.next.name_word = self.found.q.val().upper_word;
                    self.found.d.next.name_lane = 0.into();
                    if !self.work.q.val().options {
                        self.found.d.next.insert_word = self.behind.val().get_bits::<10>(0);
                        self.found.d.next.insert_protocol = self.lane[0].val().get_bits::<8>(24);
                        self.found.d.next.patch_word = self.found.q.val().upper_word;
                        self.found.d.next.patch_lane = 0.into();
                    }
                    if self.work.q.val().fragment {
                        if self.lane[0].val().get_bit(0) {
                            self.found.d.next.fragment = true;
                        }
                        if self.low.val().get_bits::<13>(3).any() {
                            self.found.d.next.fragment = true;
                            self.found.d.next.later = true;
                        }
                    }
                    self.state.d.next = FindState::Read;
                    if (self.work.q.val().first_only & (self.work.q.val().headers != 0)) | self.work.q.val().enough | self.deep.val() {
                        self.found.d.next.reason = self.extension.val();
                        self.state.d.next = FindState::Full;
                    }
                } else {
                    for i in 0..4 {
                        self.words[i].d.next = self.lane[i].val();
                    }
                    self.state.d.next = FindState::Rest;
                    // ESP stands where it does behind UDP.
                    if self.work.q.val().esp {
                        for i in 0..4 {
                            self.words[i + 2].d.next = self.lane[i].val();
                        }
                        self.state.d.next = FindState::Full;
                    }
                    self.found.d.next.source_port_known = self.work.q.val().ports | self.work.q.val().icmp;
                    self.found.d.next.destination_port_known = self.work.q.val().ports;
                    if (self.work.q.val().ports | self.work.q.val().icmp) & self.extent.few.val() {
                        self.found.d.next.reason = self.malformed.val();
                        self.state.d.next = FindState::Full;
                    }
                }
                // Nothing counts that stands behind the packet's end.
                if self.work.q.val().again & self.extent.short.val() {
                    self.found.d.next.reason = self.extension.val();
                    self.state.d.next = FindState::Full;
                }
                if !self.work.q.val().again & (self.work.q.val().bad | self.extent.beyond.val() | self.extent.short.val()) {
                    self.found.d.next.reason = self.malformed.val();
                    self.state.d.next = FindState::Full;
                }
            }
            FindState::Rest => {
                self.words[4].d.next = self.lane[0].val();
                self.words[5].d.next = self.lane[1].val();
                self.state.d.next = FindState::Full;
            }
            FindState::Full => {
                if self.empty.val() {
                    self.state.d.next = FindState::Idle;
                }
            }
            _ => {}
        }
    }
}
