use super::HeaderSum;
use crate::cell::{row, Reg, Settle};
use crate::prelude::*;

/// Which words are written in this clock, and added to the checksum: at most one of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct HeaderPart {
    pub hops: Bit,
    pub local: Bit,
    pub remote: Bit,
    pub udp: Bit,
    pub esp: Bit,
    pub first: Bit,
}

/// Where what goes: UDP behind the outer header, ESP behind that.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct HeaderPlaces {
    pub udp: Bits<4>,
    pub esp: Bits<4>,
    pub count: Bits<5>,
}

/// Makes the headers in front of a ciphertext, in up to five parts, each in one clock and written at once: the outer addresses, which come as rows of the SAD, UDP, ESP with its IV, and the first words of the outer
/// header with the checksum.
///
/// `step` is that of [`WideSequence`](crate::pipelined::WideSequence): 5 the own address is in `row`, 6 the peer's, 7 UDP, 8 ESP, 12 the first words. Flags must stand from step 4 on, the number from step 5, `datagram` from 7, `new_total` from 8.
///
/// ```text
/// tunnel, IPv4:  first  identification  hops  local  remote  [ports  length]  SPI  low  high  low
/// tunnel, IPv6:  first  hops            local ×4   remote ×4  [ports  length]  SPI  low  high  low
/// transport:                                                  [ports  length]  SPI  low  high  low
/// ```
#[derive(LogicBlock, Ports)]
pub struct OuterHeader {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub step: Signal<In, Bits<4>>,
    pub tunnel: Signal<In, Bit>,
    pub ipv6: Signal<In, Bit>,
    pub udp: Signal<In, Bit>,
    pub hop: Signal<In, Bits<8>>,
    pub protocol: Signal<In, Bits<8>>,
    pub service: Signal<In, Bits<8>>,
    pub dont_fragment: Signal<In, Bit>,
    pub row: [Signal<In, Bits<32>>; 4],
    pub ports: Signal<In, Bits<32>>,
    pub spi: Signal<In, Bits<32>>,
    pub low: Signal<In, Bits<32>>,
    pub high: Signal<In, Bits<32>>,
    pub new_total: Signal<In, Bits<16>>,
    pub datagram: Signal<In, Bits<16>>,
    /// To [`HeaderRows`](super::HeaderRows).
    pub write: Signal<Out, Bits<4>>,
    pub place: Signal<Out, Bits<4>>,
    pub word: [Signal<Out, Bits<32>>; 4],
    /// Words of all headers.
    pub count: Signal<Out, Bits<5>>,
    part: Reg<HeaderPart>,
    places: Reg<HeaderPlaces>,
    /// The first words of the outer header.
    start: [Reg<Bits<32>>; 2],
    sum: Settle<HeaderSum>,
    address_words: Signal<Local, Bits<4>>,
    behind: Signal<Local, Bits<4>>,
    esp: Signal<Local, Bits<4>>,
    version: Signal<Local, Bits<32>>,
    identification: Signal<Local, Bits<32>>,
    hops: Signal<Local, Bits<32>>,
    low_half: Signal<Local, Bits<16>>,
}

impl Default for OuterHeader {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            step: Default::default(),
            tunnel: Default::default(),
            ipv6: Default::default(),
            udp: Default::default(),
            hop: Default::default(),
            protocol: Default::default(),
            service: Default::default(),
            dont_fragment: Default::default(),
            row: row(),
            ports: Default::default(),
            spi: Default::default(),
            low: Default::default(),
            high: Default::default(),
            new_total: Default::default(),
            datagram: Default::default(),
            write: Default::default(),
            place: Default::default(),
            word: row(),
            count: Default::default(),
            part: Default::default(),
            places: Default::default(),
            start: row(),
            sum: Default::default(),
            address_words: Default::default(),
            behind: Default::default(),
            esp: Default::default(),
            version: Default::default(),
            identification: Default::default(),
            hops: Default::default(),
            low_half: Default::default(),
        }
    }
}

impl Logic for OuterHeader {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, part, places);
        clock!(self, clock, sum);
        self.part.reset.next = self.reset.val();
        self.places.reset.next = self.reset.val();
        self.sum.reset.next = self.reset.val();

        for i in 0..2 {
            self.start[i].clock.next = self.clock.val();
            self.start[i].reset.next = self.reset.val();
        }
        // Which part comes next is known a clock before.
        self.part.d.next.hops = self.step.val() == 3;
        self.part.d.next.local = self.step.val() == 4;
        self.part.d.next.remote = self.step.val() == 5;
        self.part.d.next.udp = self.step.val() == 6;
        self.part.d.next.esp = self.step.val() == 7;
        self.part.d.next.first = self.step.val() == 11;

        self.address_words.next = 0.into();
        self.behind.next = 0.into();
        if self.tunnel.val() {
            self.address_words.next = 1.into();
            self.behind.next = 5.into();
            if self.ipv6.val() {
                self.address_words.next = 15.into();
                self.behind.next = 10.into();
            }
        }
        self.places.d.next.udp = self.behind.val();
        self.esp.next = self.behind.val();
        if self.udp.val() {
            self.esp.next = self.behind.val() + 2;
        }
        self.places.d.next.esp = self.esp.val();
        self.places.d.next.count = bit_cast::<5, 4>(self.esp.val()) + 4;
        self.count.next = self.places.q.val().count;

        // The words of the outer header that are not addresses; flow label zero, checksum zero still.
        self.low_half.next = self.low.val().get_bits::<16>(0);
        self.version.next = (bit_cast::<32, 8>(self.service.val()) << 16) | bit_cast::<32, 16>(self.new_total.val()) | 0x45000000;
        self.identification.next = bit_cast::<32, 16>(self.low_half.val()) << 16;
        if self.dont_fragment.val() {
            self.identification.next = (bit_cast::<32, 16>(self.low_half.val()) << 16) | 0x4000;
        }
        self.hops.next = (bit_cast::<32, 8>(self.hop.val()) << 24) | (bit_cast::<32, 8>(self.protocol.val()) << 16);

        self.start[0].d.next = self.version.val();
        self.start[1].d.next = self.identification.val();
        if self.ipv6.val() {
            self.start[0].d.next = (bit_cast::<32, 8>(self.service.val()) << 20) | 0x60000000;
            self.start[1].d.next = (bit_cast::<32, 16>(self.new_total.val()) << 16)
                | (bit_cast::<32, 8>(self.protocol.val()) << 8)
                | bit_cast::<32, 8>(self.hop.val());
        }

        // Four words, and one for the checksum, the header's first one last.
        self.sum.add.next =
            self.part.q.val().hops | self.part.q.val().local | self.part.q.val().remote | self.part.q.val().udp | self.part.q.val().esp;
        self.sum.first.next = self.part.q.val().hops;
        self.sum.term.next = self.row[0].val();
        self.write.next = 0.into();
        self.place.next = 0.into();
        for i in 0..4 {
            self.word[i].next = self.row[i].val();
        }
        if self.part.q.val().hops {
            self.sum.term.next = self.hops.val();
        }
        if self.part.q.val().local {
            self.write.next = self.address_words.val();
            self.place.next = 3.into();
            if self.ipv6.val() {
                self.place.next = 2.into();
            }
        }
        if self.part.q.val().remote {
            self.write.next = self.address_words.val();
            self.place.next = 4.into();
            if self.ipv6.val() {
                self.place.next = 6.into();
            }
        }
        if self.part.q.val().udp {
            self.place.next = self.places.q.val().udp;
            if self.udp.val() {
                self.write.next = 3.into();
            }
            self.word[0].next = self.ports.val();
            self.word[1].next = bit_cast::<32, 16>(self.datagram.val()) << 16;
            self.sum.term.next = self.identification.val();
        }
        if self.part.q.val().esp {
            self.place.next = self.places.q.val().esp;
            self.write.next = 15.into();
            self.word[0].next = self.spi.val();
            self.word[1].next = self.low.val();
            self.word[2].next = self.high.val();
            self.word[3].next = self.low.val();
            self.sum.term.next = self.version.val();
        }
        if self.part.q.val().first {
            if self.tunnel.val() {
                self.write.next = 7.into();
                if self.ipv6.val() {
                    self.write.next = 3.into();
                }
            }
            self.word[0].next = self.start[0].q.val();
            self.word[1].next = self.start[1].q.val();
            self.word[2].next = self.hops.val() | bit_cast::<32, 16>(self.sum.checksum.val());
        }
    }
}
