//! What a packet is: the parser reads a stored frame once, one word per clock, and tells what every later block needs to know.
use crate::cell::{row, Reg};
use crate::prelude::*;
use crate::stream::Frame;
use holdfast_registers::Reason;

/// What the parser found. Word numbers count from the start of the frame; lanes from the first byte of a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct Facts {
    /// Reason to drop the frame, or zero.
    pub reason: Bits<5>,
    pub ip: Bit,
    pub ipv6: Bit,
    pub arp: Bit,
    /// Word at which the IP packet begins: 4, or 5 behind a VLAN tag.
    pub ip_word: Bits<3>,
    /// Type of service or traffic class.
    pub service: Bits<8>,
    pub dont_fragment: Bit,
    pub fragment: Bit,
    pub later: Bit,
    /// The upper protocol, where it begins, and the byte that names it.
    pub protocol: Bits<8>,
    pub upper_word: Bits<10>,
    pub name_word: Bits<10>,
    pub name_lane: Bits<2>,
    /// The packet's end: bytes from the start of word 0.
    pub finish: Bits<16>,
    /// Where transport mode puts ESP, the byte that names what stands there, and its value.
    pub insert_word: Bits<10>,
    pub patch_word: Bits<10>,
    pub patch_lane: Bits<2>,
    pub insert_protocol: Bits<8>,
    pub source_port_known: Bit,
    pub destination_port_known: Bit,
}

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum ParseState {
    Idle,
    Prime,
    Prime2,
    Link,
    Tag,
    V4,
    V6,
    Skip,
    Header,
    Judge,
    Capture,
    Done,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ParseWork {
    /// Number of the word that is seen now.
    pub word: Bits<10>,
    /// Word within the header, words captured.
    pub count: Bits<4>,
    /// Bytes from here to the end of the frame, later of the packet.
    pub left: Bits<16>,
    /// Bytes of the packet (IPv4), of its payload (IPv6).
    pub total: Bits<16>,
    pub header: Bits<6>,
    /// Extension headers so far.
    pub headers: Bits<4>,
    pub bad: Bit,
    /// What is taken off `left` in this clock: known a clock before.
    pub taken: Bits<16>,
    /// There was less than was taken in the clock before; the header is bad then; so is the extension header.
    pub less: Bit,
    pub judges: Bit,
    pub judges_extension: Bit,
    /// A reason to drop the frame was found in the clock before.
    pub late: Bits<5>,
}

/// Parses the frame at `frame` when `go`; `ready` then stays until `take`. Latency: 3 clocks, one per word up to the sixth word of the upper
/// protocol's header (the whole of the longest frame at worst, which is less than its time on the wire), 1 clock. The store answers
/// `address` two clocks later. `upper` holds the first six words of the upper protocol, of ESP the first four in places 2 to 5, where they are if ESP
/// stands behind UDP; those beyond the packet's end are undefined.
#[derive(LogicBlock, Ports)]
pub struct Parse {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub go: Signal<In, Bit>,
    pub frame: Signal<In, Frame>,
    pub ready: Signal<Out, Bit>,
    pub take: Signal<In, Bit>,
    pub address: Signal<Out, Bits<10>>,
    pub data: Signal<In, Bits<32>>,
    pub facts: Signal<Out, Facts>,
    pub source: [Signal<Out, Bits<32>>; 4],
    pub destination: [Signal<Out, Bits<32>>; 4],
    pub upper: [Signal<Out, Bits<32>>; 6],
    state: Reg<ParseState>,
    found: Reg<Facts>,
    work: Reg<ParseWork>,
    /// Where the word lies that the store is asked for.
    place: Reg<Bits<10>>,
    source_word: [Reg<Bits<32>>; 4],
    destination_word: [Reg<Bits<32>>; 4],
    upper_words: [Reg<Bits<32>>; 6],
    runt: Constant<Bits<5>>,
    malformed: Constant<Bits<5>>,
    extension: Constant<Bits<5>>,
    length: Signal<Local, Bits<16>>,
    low: Signal<Local, Bits<16>>,
    high: Signal<Local, Bits<16>>,
    left: Signal<Local, Bits<16>>,
    word: Signal<Local, Bits<10>>,
    next_word: Signal<Local, Bits<10>>,
    next_count: Signal<Local, Bits<4>>,
    /// What is taken off `left`, what then remains, and whether there was less than that.
    taken: Signal<Local, Bits<16>>,
    remains: Signal<Local, Bits<17>>,
    /// Less than a word is left; less than a header of Ethernet.
    none: Signal<Local, Bit>,
    shorter: Signal<Local, Bit>,
    /// Words from here to the upper protocol, and where that is then.
    jump: Signal<Local, Bits<10>>,
    upper_word: Signal<Local, Bits<10>>,
    /// The next word is that of the upper protocol.
    arrives: Signal<Local, Bit>,
    header_start: Signal<Local, Bits<6>>,
    finish: Signal<Local, Bits<16>>,
    protocol: Signal<Local, Bits<8>>,
    /// Pairs of words of the extension header that begins here.
    extension_pairs: Signal<Local, Bits<9>>,
    short_header: Signal<Local, Bit>,
    is_extension: Signal<Local, Bit>,
    has_ports: Signal<Local, Bit>,
    is_icmp: Signal<Local, Bit>,
    ip4: Signal<Local, Bit>,
    ip6: Signal<Local, Bit>,
}

impl Default for Parse {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            go: Default::default(),
            frame: Default::default(),
            ready: Default::default(),
            take: Default::default(),
            address: Default::default(),
            data: Default::default(),
            facts: Default::default(),
            source: row(),
            destination: row(),
            upper: row(),
            state: Reg::new(ParseState::Idle),
            found: Default::default(),
            work: Default::default(),
            place: Default::default(),
            source_word: row(),
            destination_word: row(),
            upper_words: row(),
            runt: Constant::new((Reason::Runt.code() as u64).into()),
            malformed: Constant::new((Reason::Malformed.code() as u64).into()),
            extension: Constant::new((Reason::ExtensionHeader.code() as u64).into()),
            length: Default::default(),
            low: Default::default(),
            high: Default::default(),
            left: Default::default(),
            word: Default::default(),
            next_word: Default::default(),
            next_count: Default::default(),
            taken: Default::default(),
            remains: Default::default(),
            none: Default::default(),
            shorter: Default::default(),
            jump: Default::default(),
            upper_word: Default::default(),
            arrives: Default::default(),
            header_start: Default::default(),
            finish: Default::default(),
            protocol: Default::default(),
            extension_pairs: Default::default(),
            short_header: Default::default(),
            is_extension: Default::default(),
            has_ports: Default::default(),
            is_icmp: Default::default(),
            ip4: Default::default(),
            ip6: Default::default(),
        }
    }
}

impl Logic for Parse {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, found, work, place);
        self.place.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();
        self.found.reset.next = self.reset.val();
        self.work.reset.next = self.reset.val();
        for i in 0..4 {
            self.source_word[i].clock.next = self.clock.val();
            self.source_word[i].reset.next = self.reset.val();
            self.source_word[i].d.next = self.source_word[i].q.val();
            self.source[i].next = self.source_word[i].q.val();
            self.destination_word[i].clock.next = self.clock.val();
            self.destination_word[i].reset.next = self.reset.val();
            self.destination_word[i].d.next = self.destination_word[i].q.val();
            self.destination[i].next = self.destination_word[i].q.val();
        }
        for i in 0..6 {
            self.upper_words[i].clock.next = self.clock.val();
            self.upper_words[i].reset.next = self.reset.val();
            self.upper_words[i].d.next = self.upper_words[i].q.val();
            self.upper[i].next = self.upper_words[i].q.val();
        }
        self.facts.next = self.found.q.val();
        self.ready.next = (self.state.q.val() == ParseState::Done) & (self.work.q.val().late == 0);

        self.length.next = self.frame.val().length;
        self.high.next = self.data.val().get_bits::<16>(16);
        self.low.next = self.data.val().get_bits::<16>(0);
        self.left.next = self.work.q.val().left;
        self.word.next = self.work.q.val().word;
        self.address.next = self.place.q.val();
        self.place.d.next = self.place.q.val() + 1;
        self.next_word.next = self.word.val() + 1;
        self.next_count.next = self.work.q.val().count + 1;
        self.ip4.next = self.low.val() == 0x0800;
        self.ip6.next = self.low.val() == 0x86dd;

        self.protocol.next = self.found.q.val().protocol;
        self.is_extension.next = self.found.q.val().ipv6
            & ((self.protocol.val() == 0) | (self.protocol.val() == 43) | (self.protocol.val() == 44) | (self.protocol.val() == 60));
        self.has_ports.next =
            (self.protocol.val() == 6) | (self.protocol.val() == 17) | (self.protocol.val() == 132) | (self.protocol.val() == 136);
        self.is_icmp.next = (self.protocol.val() == 1) | (self.protocol.val() == 58);
        self.extension_pairs.next = 1.into();
        if self.protocol.val() != 44 {
            self.extension_pairs.next = bit_cast::<9, 8>(self.data.val().get_bits::<8>(16)) + 1;
        }
        self.short_header.next =
            !self.data.val().get_bit(27) & (!self.data.val().get_bit(26) | (!self.data.val().get_bit(25) & !self.data.val().get_bit(24)));

        // One subtraction for all states: it tells both what is left and, a clock later, whether there was enough.
        self.work.d.next.taken = 4.into();
        self.work.d.next.judges = false;
        self.work.d.next.judges_extension = false;
        self.jump.next = bit_cast::<10, 9>(self.extension_pairs.val()) << 1;
        match self.state.q.val() {
            ParseState::V4 => {
                self.jump.next = bit_cast::<10, 4>(self.data.val().get_bits::<4>(24));
            }
            ParseState::V6 => {
                self.jump.next = 10.into();
            }
            _ => {}
        }
        self.taken.next = self.work.q.val().taken;
        self.remains.next = bit_cast::<17, 16>(self.left.val()) - bit_cast::<17, 16>(self.taken.val());
        self.work.d.next.less = self.remains.val().get_bit(16);
        // The same without the subtraction, where what is taken off is fixed.
        self.none.next = !self.left.val().get_bits::<14>(2).any();
        self.shorter.next = !self.left.val().get_bits::<12>(4).any()
            & !(self.left.val().get_bit(3) & self.left.val().get_bit(2) & self.left.val().get_bit(1));
        self.upper_word.next = self.word.val() + self.jump.val();
        self.arrives.next = self.next_word.val() == self.found.q.val().upper_word;
        // What stands before the payload, from the start of word 0.
        self.header_start.next = 16.into();
        if self.found.q.val().ip_word == 5 {
            self.header_start.next = 20.into();
        }
        if self.found.q.val().ipv6 {
            self.header_start.next = 56.into();
            if self.found.q.val().ip_word == 5 {
                self.header_start.next = 60.into();
            }
        }

        self.finish.next = bit_cast::<16, 6>(self.header_start.val()) + self.work.q.val().total;

        self.work.d.next.word = self.next_word.val();
        self.work.d.next.late = 0.into();
        match self.state.q.val() {
            ParseState::Idle => {
                self.place.d.next = self.frame.val().start + 3;
                self.work.d.next.word = 1.into();
                self.work.d.next.count = 0.into();
                self.work.d.next.headers = 0.into();
                self.work.d.next.bad = false;
                self.work.d.next.left = self.length.val();
                self.work.d.next.taken = 14.into();
                if self.go.val() {
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
                        self.source_word[i].d.next = 0.into();
                        self.destination_word[i].d.next = 0.into();
                    }
                    self.state.d.next = ParseState::Prime;
                    if self.frame.val().reason != 0 {
                        self.state.d.next = ParseState::Done;
                    }
                }
            }
            ParseState::Prime => {
                self.work.d.next.left = self.remains.val().get_bits::<16>(0);
                self.state.d.next = ParseState::Prime2;
                if self.shorter.val() {
                    self.work.d.next.late = self.runt.val();
                }
            }
            ParseState::Prime2 => {
                self.state.d.next = ParseState::Link;
            }
            ParseState::Link => {
                self.work.d.next.taken = 20.into();
                if self.ip6.val() {
                    self.work.d.next.taken = 40.into();
                }
                self.found.d.next.ip = self.ip4.val() | self.ip6.val();
                self.found.d.next.ipv6 = self.ip6.val();
                self.found.d.next.arp = self.low.val() == 0x0806;
                self.state.d.next = ParseState::Done;
                if self.ip4.val() {
                    self.state.d.next = ParseState::V4;
                }
                if self.ip6.val() {
                    self.state.d.next = ParseState::V6;
                }
                if self.low.val() == 0x8100 {
                    self.found.d.next.ip_word = 5.into();
                    self.work.d.next.left = self.remains.val().get_bits::<16>(0);
                    self.state.d.next = ParseState::Tag;
                    if self.none.val() {
                        self.work.d.next.late = self.runt.val();
                    }
                }
            }
            ParseState::Tag => {
                self.work.d.next.taken = 20.into();
                if self.ip6.val() {
                    self.work.d.next.taken = 40.into();
                }
                self.found.d.next.ip = self.ip4.val() | self.ip6.val();
                self.found.d.next.ipv6 = self.ip6.val();
                self.found.d.next.arp = self.low.val() == 0x0806;
                self.state.d.next = ParseState::Done;
                if self.ip4.val() {
                    self.state.d.next = ParseState::V4;
                }
                if self.ip6.val() {
                    self.state.d.next = ParseState::V6;
                }
            }
            ParseState::V4 => {
                self.work.d.next.count = self.next_count.val();
                if self.work.q.val().count == 0 {
                    self.found.d.next.service = self.data.val().get_bits::<8>(16);
                    self.work.d.next.total = self.low.val();
                    self.work.d.next.header = bit_cast::<6, 4>(self.data.val().get_bits::<4>(24)) << 2;
                    self.found.d.next.upper_word = self.upper_word.val();
                    self.found.d.next.insert_word = self.upper_word.val();
                    self.work.d.next.taken = self.low.val();
                    self.work.d.next.judges = true;
                    if (self.data.val().get_bits::<4>(28) != 4) | self.short_header.val() {
                        self.work.d.next.bad = true;
                    }
                }
                if self.work.q.val().count == 1 {
                    self.found.d.next.dont_fragment = self.low.val().get_bit(14);
                    self.found.d.next.fragment = self.low.val().get_bit(13) | (self.low.val().get_bits::<13>(0) != 0);
                    self.found.d.next.later = self.low.val().get_bits::<13>(0) != 0;
                    self.work.d.next.left = self.work.q.val().total;
                    self.work.d.next.taken = bit_cast::<16, 6>(self.work.q.val().header);
                    self.work.d.next.judges = true;
                }
                if self.work.q.val().count == 2 {
                    self.found.d.next.protocol = self.data.val().get_bits::<8>(16);
                    self.found.d.next.insert_protocol = self.data.val().get_bits::<8>(16);
                    self.found.d.next.patch_word = self.word.val();
                    self.found.d.next.patch_lane = 1.into();
                    self.found.d.next.name_word = self.word.val();
                    self.found.d.next.name_lane = 1.into();
                    self.work.d.next.left = self.remains.val().get_bits::<16>(0);
                    self.work.d.next.judges = true;
                }
                if self.work.q.val().count == 3 {
                    self.source_word[0].d.next = self.data.val();
                    self.found.d.next.finish = self.finish.val();
                }
                if self.work.q.val().count == 4 {
                    self.destination_word[0].d.next = self.data.val();
                    self.work.d.next.count = 0.into();
                    self.state.d.next = ParseState::Skip;
                    if self.arrives.val() {
                        self.state.d.next = ParseState::Header;
                    }
                    if self.found.q.val().later {
                        self.state.d.next = ParseState::Done;
                    }
                    if self.work.q.val().bad {
                        self.found.d.next.reason = self.malformed.val();
                        self.state.d.next = ParseState::Done;
                    }
                }
            }
            ParseState::V6 => {
                self.work.d.next.count = self.next_count.val();
                if self.work.q.val().count == 0 {
                    self.found.d.next.service = self.data.val().get_bits::<8>(20);
                    self.work.d.next.left = self.remains.val().get_bits::<16>(0);
                    self.found.d.next.upper_word = self.upper_word.val();
                    self.found.d.next.insert_word = self.upper_word.val();
                    self.work.d.next.judges = true;
                    if self.data.val().get_bits::<4>(28) != 6 {
                        self.work.d.next.bad = true;
                    }
                }
                if self.work.q.val().count == 1 {
                    self.work.d.next.total = self.high.val();
                    self.work.d.next.taken = self.high.val();
                    self.found.d.next.protocol = self.data.val().get_bits::<8>(8);
                    self.found.d.next.insert_protocol = self.data.val().get_bits::<8>(8);
                    self.found.d.next.patch_word = self.word.val();
                    self.found.d.next.patch_lane = 2.into();
                    self.found.d.next.name_word = self.word.val();
                    self.found.d.next.name_lane = 2.into();
                }
                if self.work.q.val().count == 2 {
                    self.work.d.next.left = self.work.q.val().total;
                    self.source_word[0].d.next = self.data.val();
                    self.work.d.next.judges = true;
                }
                if self.work.q.val().count == 3 {
                    self.source_word[1].d.next = self.data.val();
                    self.found.d.next.finish = self.finish.val();
                }
                if self.work.q.val().count == 4 {
                    self.source_word[2].d.next = self.data.val();
                }
                if self.work.q.val().count == 5 {
                    self.source_word[3].d.next = self.data.val();
                }
                if self.work.q.val().count == 6 {
                    self.destination_word[0].d.next = self.data.val();
                }
                if self.work.q.val().count == 7 {
                    self.destination_word[1].d.next = self.data.val();
                }
                if self.work.q.val().count == 8 {
                    self.destination_word[2].d.next = self.data.val();
                }
                if self.work.q.val().count == 9 {
                    self.destination_word[3].d.next = self.data.val();
                    self.work.d.next.count = 0.into();
                    self.state.d.next = ParseState::Header;
                    if self.work.q.val().bad {
                        self.found.d.next.reason = self.malformed.val();
                        self.state.d.next = ParseState::Done;
                    }
                }
            }
            ParseState::Skip => {
                if self.arrives.val() {
                    self.state.d.next = ParseState::Header;
                }
                // Of a later fragment nothing more is read.
                if self.found.q.val().later {
                    self.state.d.next = ParseState::Done;
                }
            }
            ParseState::Header => {
                if self.is_extension.val() {
                    self.work.d.next.headers = self.work.q.val().headers + 1;
                    self.work.d.next.taken = bit_cast::<16, 9>(self.extension_pairs.val()) << 3;
                    self.work.d.next.bad =
                        ((self.protocol.val() == 0) & (self.work.q.val().headers != 0)) | (self.work.q.val().headers == 8);
                    self.found.d.next.protocol = self.data.val().get_bits::<8>(24);
                    self.found.d.next.upper_word = self.upper_word.val();
                    self.found.d.next.name_word = self.word.val();
                    self.found.d.next.name_lane = 0.into();
                    if self.protocol.val() != 60 {
                        self.found.d.next.insert_word = self.upper_word.val();
                        self.found.d.next.insert_protocol = self.data.val().get_bits::<8>(24);
                        self.found.d.next.patch_word = self.word.val();
                        self.found.d.next.patch_lane = 0.into();
                    }
                    self.state.d.next = ParseState::Judge;
                    if self.protocol.val() == 44 {
                        if self.data.val().get_bit(0) {
                            self.found.d.next.fragment = true;
                        }
                        if self.low.val().get_bits::<13>(3) != 0 {
                            self.found.d.next.fragment = true;
                            self.found.d.next.later = true;
                        }
                    }
                } else {
                    self.upper_words[0].d.next = self.upper_words[1].q.val();
                    self.upper_words[1].d.next = self.upper_words[2].q.val();
                    self.upper_words[2].d.next = self.upper_words[3].q.val();
                    self.upper_words[3].d.next = self.upper_words[4].q.val();
                    self.upper_words[4].d.next = self.upper_words[5].q.val();
                    self.upper_words[5].d.next = self.data.val();
                    self.found.d.next.source_port_known = self.has_ports.val() | self.is_icmp.val();
                    self.found.d.next.destination_port_known = self.has_ports.val();
                    if self.protocol.val() == 50 {
                        self.work.d.next.count = 2.into();
                    }
                    self.state.d.next = ParseState::Capture;
                    if (self.has_ports.val() | self.is_icmp.val()) & self.none.val() {
                        self.work.d.next.late = self.malformed.val();
                    }
                }
            }
            ParseState::Judge => {
                // The second word of the extension header passes by.
                self.work.d.next.left = self.remains.val().get_bits::<16>(0);
                self.state.d.next = ParseState::Skip;
                if self.arrives.val() & !self.found.q.val().later {
                    self.state.d.next = ParseState::Header;
                }
                self.work.d.next.judges_extension = true;
            }
            ParseState::Capture => {
                self.upper_words[0].d.next = self.upper_words[1].q.val();
                self.upper_words[1].d.next = self.upper_words[2].q.val();
                self.upper_words[2].d.next = self.upper_words[3].q.val();
                self.upper_words[3].d.next = self.upper_words[4].q.val();
                self.upper_words[4].d.next = self.upper_words[5].q.val();
                self.upper_words[5].d.next = self.data.val();
                self.work.d.next.count = self.next_count.val();
                if self.work.q.val().count == 4 {
                    self.state.d.next = ParseState::Done;
                }
            }
            ParseState::Done => {
                if self.take.val() {
                    self.state.d.next = ParseState::Idle;
                }
            }
            _ => {}
        }
        // What the subtraction found is looked at in the next clock, and what comes of it in the one after that, before anybody is told.
        if self.work.q.val().judges & self.work.q.val().less {
            self.work.d.next.bad = true;
        }
        if self.work.q.val().judges_extension & (self.work.q.val().less | self.work.q.val().bad) {
            self.work.d.next.late = self.extension.val();
        }
        if self.work.q.val().late != 0 {
            self.found.d.next.reason = self.work.q.val().late;
            self.work.d.next.late = 0.into();
            self.work.d.next.judges_extension = false;
            self.state.d.next = ParseState::Done;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{check::Bench, traffic};
    use holdfast_model::wire::frame::Frame as ModelFrame;
    use holdfast_model::wire::parse::{Content, Family, Fragment};
    use rand::{rngs::StdRng, Rng, SeedableRng};

    /// Runs one frame through the block; clocks it took.
    fn parse(bench: &mut Bench<Parse>, start: u64, frame: &[u8], reason: u64) -> u64 {
        let memory = traffic::words(frame);
        bench.dut.frame.next = Frame {
            start: start.into(),
            words: (memory.len() as u64).into(),
            length: (frame.len() as u64).into(),
            reason: reason.into(),
            note: 0.into(),
        };
        bench.dut.go.next = true;
        bench.dut.take.next = false;
        let (mut pipe, mut clocks) = (0u32, 0);
        loop {
            bench.settle();
            if bench.dut.ready.val() {
                break;
            }
            let address = bench.dut.address.val().index();
            bench.cycle();
            bench.dut.data.next = (pipe as u64).into();
            pipe = memory.get((address + 1024 - start as usize) % 1024).copied().unwrap_or(0xdead_beef);
            clocks += 1;
            assert!(clocks < 1000, "the parser does not end on {frame:02x?}");
        }
        clocks
    }

    fn check(bench: &mut Bench<Parse>, frame: &[u8]) {
        let facts = bench.dut.facts.val();
        let content = match ModelFrame::new(frame).and_then(Content::parse) {
            Err(reason) => {
                assert_eq!(facts.reason, reason.code() as u64, "{reason} expected of {frame:02x?}");
                return;
            }
            Ok(content) => content,
        };
        assert_eq!(facts.reason, 0, "{frame:02x?}");
        assert_eq!((facts.ip, facts.arp), (matches!(content, Content::Packet(_)), matches!(content, Content::Arp)));
        let Content::Packet(packet) = content else { return };
        let place = |offset: usize| ((offset as u64 + 2) / 4, (offset as u64 + 2) % 4);
        let selectors = packet.selectors();
        let insert_named = place(packet.insertion_named_at());
        let named = place(packet.upper_named_at());
        assert_eq!(u64::from(facts.ip_word) * 4, packet.l3() as u64 + 2);
        assert_eq!(facts.ipv6, selectors.family == Family::V6);
        assert_eq!(u64::from(facts.service), packet.traffic_class() as u64);
        assert!(facts.ipv6 || facts.dont_fragment == packet.do_not_fragment());
        assert_eq!((facts.fragment, facts.later), (packet.fragment() != Fragment::Whole, packet.fragment() == Fragment::Later));
        assert_eq!(u64::from(facts.protocol), selectors.protocol as u64, "{frame:02x?}");
        assert_eq!(u64::from(facts.finish), packet.end() as u64 + 2);
        assert_eq!(u64::from(facts.upper_word) * 4, packet.l4() as u64 + 2);
        assert_eq!((u64::from(facts.name_word), u64::from(facts.name_lane)), named);
        assert_eq!(u64::from(facts.insert_word) * 4, packet.insertion() as u64 + 2);
        assert_eq!((u64::from(facts.patch_word), u64::from(facts.patch_lane)), insert_named);
        assert_eq!(u64::from(facts.insert_protocol), frame[packet.insertion_named_at()] as u64);
        assert_eq!(facts.source_port_known, selectors.ports.source().is_some());
        assert_eq!(facts.destination_port_known, selectors.ports.destination().is_some());
        let ports = u64::from(bench.dut.upper[0].val());
        assert!(selectors.ports.source().is_none_or(|p| ports >> 16 == p as u64));
        assert!(selectors.ports.destination().is_none_or(|p| ports & 0xffff == p as u64));
        let join = |lanes: &[Signal<Out, Bits<32>>; 4]| lanes.iter().fold(0u128, |w, l| (w << 32) | u64::from(l.val()) as u128);
        assert_eq!(join(&bench.dut.source), selectors.source);
        assert_eq!(join(&bench.dut.destination), selectors.destination);
        if facts.later {
            return;
        }
        let first = if selectors.protocol == 50 { 2 } else { 0 };
        for (i, word) in packet.upper().chunks(4).take(6 - first).enumerate().filter(|(_, w)| w.len() == 4) {
            assert_eq!(u64::from(bench.dut.upper[first + i].val()), word.iter().fold(0, |w, b| (w << 8) | *b as u64));
        }
    }

    #[test]
    fn the_parser_finds_what_the_model_finds() {
        let mut random = StdRng::seed_from_u64(6);
        let mut bench = Bench::new("parse", Parse::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let mut reasons = std::collections::BTreeMap::<u64, usize>::new();
        for n in 0..1500 {
            let frame = traffic::frame(&mut random, 60);
            let start = random.gen_range(0..1024);
            let reason = if n % 50 == 49 { 3 } else { 0 };
            let clocks = parse(&mut bench, start, &frame, reason);
            assert!(clocks <= 14 + (frame.len() as u64 + 2) / 4, "{clocks} clocks for {} bytes", frame.len());
            *reasons.entry(bench.dut.facts.val().reason.into()).or_default() += 1;
            if reason == 0 {
                check(&mut bench, &frame);
            } else {
                assert_eq!(bench.dut.facts.val().reason, reason);
            }
            bench.dut.go.next = false;
            bench.dut.take.next = true;
            bench.cycle();
        }
        // Sound, runt, malformed and extension header have all been seen.
        assert!([0, 2, 5, 6].iter().all(|r| reasons.get(r).is_some_and(|n| *n > 5)), "{reasons:?}");
        bench.finish();
    }
}
