use crate::cell::{row, Reg};
use crate::prelude::*;

/// What a prefix covers of an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct PrefixSpan {
    /// Words that it covers wholly, and the one that it covers in part (bit n: lane n), with the bits it covers there.
    pub whole: Bits<4>,
    pub part: Bits<4>,
    pub mask: Bits<32>,
}

/// Whether an address lies in a prefix of `length` bits, 0 to 128: `contains` one clock after the inputs. First word of both in lane 0; IPv4 uses it alone.
#[derive(LogicBlock, Ports)]
pub struct Prefix {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub prefix: [Signal<In, Bits<32>>; 4],
    pub length: Signal<In, Bits<8>>,
    pub address: [Signal<In, Bits<32>>; 4],
    pub contains: Signal<Out, Bit>,
    differ: [Reg<Bits<32>>; 4],
    span: Reg<PrefixSpan>,
    lanes: Signal<Local, Bits<3>>,
    bytes: Signal<Local, Bits<2>>,
    rest: Signal<Local, Bits<3>>,
    beyond: Signal<Local, Bits<4>>,
    uncovered: Signal<Local, Bits<8>>,
    edge_byte: Signal<Local, Bits<8>>,
    mask_byte: [Signal<Local, Bits<8>>; 4],
    whole: Signal<Local, Bits<4>>,
    part: Signal<Local, Bits<4>>,
    covered: [Signal<Local, Bits<32>>; 4],
    outside: [Signal<Local, Bit>; 4],
}

impl Default for Prefix {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            prefix: row(),
            length: Default::default(),
            address: row(),
            contains: Default::default(),
            differ: row(),
            span: Default::default(),
            lanes: Default::default(),
            bytes: Default::default(),
            rest: Default::default(),
            beyond: Default::default(),
            uncovered: Default::default(),
            edge_byte: Default::default(),
            mask_byte: row(),
            whole: Default::default(),
            part: Default::default(),
            covered: row(),
            outside: row(),
        }
    }
}

impl Logic for Prefix {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, span);
        self.span.reset.next = self.reset.val();
        self.lanes.next = self.length.val().get_bits::<3>(5);
        self.bytes.next = self.length.val().get_bits::<2>(3);
        self.rest.next = self.length.val().get_bits::<3>(0);
        self.beyond.next = bits::<4>(15) << self.lanes.val();
        self.span.d.next.whole = !self.beyond.val();
        self.span.d.next.part = bits::<4>(1) << self.lanes.val();
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
        self.span.d.next.mask = (bit_cast::<32, 8>(self.mask_byte[0].val()) << 24)
            | (bit_cast::<32, 8>(self.mask_byte[1].val()) << 16)
            | (bit_cast::<32, 8>(self.mask_byte[2].val()) << 8)
            | bit_cast::<32, 8>(self.mask_byte[3].val());

        self.whole.next = self.span.q.val().whole;
        self.part.next = self.span.q.val().part;
        for i in 0..4 {
            self.differ[i].clock.next = self.clock.val();
            self.differ[i].reset.next = self.reset.val();
            self.differ[i].d.next = self.prefix[i].val() ^ self.address[i].val();
            self.covered[i].next = self.differ[i].q.val() & self.span.q.val().mask;
            self.outside[i].next =
                (self.whole.val().get_bit(i) & self.differ[i].q.val().any()) | (self.part.val().get_bit(i) & self.covered[i].val().any());
        }
        self.contains.next = !(self.outside[0].val() | self.outside[1].val() | self.outside[2].val() | self.outside[3].val());
    }
}
