//! What stands behind Ethernet's addresses: the type, or a VLAN tag and the type behind it.
use crate::cell::Block128;
use crate::cell::Reg;
use crate::prelude::*;

/// What the words 3 to 6 of a frame say, for either place of the packet: `plain` if it begins at word 4, `tagged` at word 5.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct LinkSeen {
    /// There is a tag, so that what is told of the plain frame does not count.
    pub tag: Bit,
    pub plain_ipv4: Bit,
    pub plain_ipv6: Bit,
    pub plain_arp: Bit,
    pub tagged_ipv4: Bit,
    pub tagged_ipv6: Bit,
    pub tagged_arp: Bit,
    /// The packet's first byte.
    pub plain_first: Bits<8>,
    pub tagged_first: Bits<8>,
}

/// The link header of a frame: what it says stands one clock after the block of words 3 to 6.
#[derive(LogicBlock, Ports, Default)]
pub struct ParseLink {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub block: Signal<In, Block128>,
    pub tag: Signal<Out, Bit>,
    /// An IP packet begins at word 4.
    pub plain_ip: Signal<Out, Bit>,
    pub ip: Signal<Out, Bit>,
    pub ipv6: Signal<Out, Bit>,
    pub arp: Signal<Out, Bit>,
    /// First byte of the packet.
    pub first: Signal<Out, Bits<8>>,
    seen: Reg<LinkSeen>,
    plain: Signal<Local, Bits<16>>,
    behind: Signal<Local, Bits<16>>,
}

impl Logic for ParseLink {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, seen);
        self.seen.reset.next = self.reset.val();
        self.plain.next = self.block.val().get_bits::<16>(0);
        self.behind.next = self.block.val().get_bits::<16>(32);
        self.seen.d.next.tag = self.plain.val() == 0x8100;
        self.seen.d.next.plain_ipv4 = self.plain.val() == 0x0800;
        self.seen.d.next.plain_ipv6 = self.plain.val() == 0x86dd;
        self.seen.d.next.plain_arp = self.plain.val() == 0x0806;
        self.seen.d.next.tagged_ipv4 = self.behind.val() == 0x0800;
        self.seen.d.next.tagged_ipv6 = self.behind.val() == 0x86dd;
        self.seen.d.next.tagged_arp = self.behind.val() == 0x0806;
        self.seen.d.next.plain_first = self.block.val().get_bits::<8>(56);
        self.seen.d.next.tagged_first = self.block.val().get_bits::<8>(88);

        self.tag.next = self.seen.q.val().tag;
        self.plain_ip.next = self.seen.q.val().plain_ipv4 | self.seen.q.val().plain_ipv6;
        self.ip.next = self.seen.q.val().plain_ipv4 | self.seen.q.val().plain_ipv6;
        self.ipv6.next = self.seen.q.val().plain_ipv6;
        self.arp.next = self.seen.q.val().plain_arp;
        self.first.next = self.seen.q.val().plain_first;
        if self.seen.q.val().tag {
            self.ip.next = self.seen.q.val().tagged_ipv4 | self.seen.q.val().tagged_ipv6;
            self.ipv6.next = self.seen.q.val().tagged_ipv6;
            self.arp.next = self.seen.q.val().tagged_arp;
            self.first.next = self.seen.q.val().tagged_first;
        }
    }
}
