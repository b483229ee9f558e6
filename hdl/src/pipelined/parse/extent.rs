//! Whether what a packet says of its lengths is true.
use crate::cell::Reg;
use crate::prelude::*;

/// All in bytes from the start of word 0, where nothing else is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ExtentWork {
    /// End of the frame, end of the packet; 17 bits, for the latter may be anything.
    pub limit: Bits<17>,
    pub reach: Bits<17>,
    /// Bytes from the upper protocol's header to the end of the packet; negative if the header begins behind it.
    pub left: Bits<17>,
    pub beyond: Bit,
    pub runt: Bit,
    pub runt_tagged: Bit,
}

/// Compares the length of a frame with the lengths in its packet. The inputs are registers; `finish` follows them after one clock, `runt` after one, everything else after two.
#[derive(LogicBlock, Ports, Default)]
pub struct ParseExtent {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Bytes of the frame.
    pub length: Signal<In, Bits<16>>,
    pub ipv6: Signal<In, Bit>,
    /// The packet begins at word 5.
    pub tag: Signal<In, Bit>,
    /// Total length (IPv4) or payload length (IPv6).
    pub total: Signal<In, Bits<16>>,
    /// Where the upper protocol or an extension header begins.
    pub upper_word: Signal<In, Bits<10>>,
    /// Less than Ethernet's header, with the tag if there is one.
    pub runt: Signal<Out, Bit>,
    /// The packet ends behind the frame.
    pub beyond: Signal<Out, Bit>,
    /// The upper protocol begins behind the packet's end.
    pub short: Signal<Out, Bit>,
    /// It has less than four bytes.
    pub few: Signal<Out, Bit>,
    pub finish: Signal<Out, Bits<16>>,
    work: Reg<ExtentWork>,
    /// What stands before the counted part of the packet.
    ahead: Signal<Local, Bits<17>>,
    reach: Signal<Local, Bits<17>>,
    spare: Signal<Local, Bits<17>>,
    left: Signal<Local, Bits<17>>,
}

impl Logic for ParseExtent {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, work);
        self.work.reset.next = self.reset.val();
        self.ahead.next = 16.into();
        if self.tag.val() {
            self.ahead.next = 20.into();
        }
        if self.ipv6.val() {
            self.ahead.next = 56.into();
            if self.tag.val() {
                self.ahead.next = 60.into();
            }
        }
        self.work.d.next.limit = bit_cast::<17, 16>(self.length.val()) + 2;
        self.work.d.next.reach = self.ahead.val() + bit_cast::<17, 16>(self.total.val());
        self.spare.next = self.work.q.val().limit - self.work.q.val().reach;
        self.work.d.next.beyond = self.spare.val().get_bit(16);
        // Only where the packet ends within the frame; then 17 bits are enough for the sign.
        self.work.d.next.left = self.work.q.val().reach - (bit_cast::<17, 10>(self.upper_word.val()) << 2);
        self.work.d.next.runt = self.length.val() < 14;
        self.work.d.next.runt_tagged = self.length.val() < 18;

        self.runt.next = self.work.q.val().runt | (self.tag.val() & self.work.q.val().runt_tagged);
        self.beyond.next = self.work.q.val().beyond;
        self.left.next = self.work.q.val().left;
        self.short.next = self.left.val().get_bit(16);
        self.few.next = !self.left.val().get_bits::<14>(2).any();
        self.reach.next = self.work.q.val().reach;
        self.finish.next = self.reach.val().get_bits::<16>(0);
    }
}
