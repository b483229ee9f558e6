//! What changes in the header of the new frame: its lengths, the type of what follows the link header, a checksum, the byte that named ESP. And what the trailer says
//! about the packet as a whole.
//!
//! `starts` starts it on a packet that is being opened. What does not depend on the plaintext takes four clocks; from `found_valid` on it is another five to the first write, where
//! that is taken at once, and `done` a clock later, or two where an extension header named ESP. `done`, `bytes`, `blocks` and `reason` stand until the next `starts`.
//!
//! In transport mode the sum of an IPv4 header grows by what the header does (RFC 1624): of every word that changes what it was is taken away, what it will be added. In tunnel mode
//! the sum of the inner header grows by what ECN has changed.
use super::mover::{OpenSaved, OpenWrite};
use super::text::OpenFound;
use crate::cell::{Block128, JoinWords, Reg};
use crate::inbound::Intake;
use crate::prelude::*;
use holdfast_registers::Reason;

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct HeaderWork {
    pub step: Bits<4>,
    pub base: Bits<10>,
    /// Words between the packet's start and its text.
    pub span: Bits<10>,
    pub before: Bits<10>,
    /// Plaintext without its last two bytes; then, without padding, the payload. Bytes of the frame, and of the length field, of a payload of this size.
    pub room: Bits<16>,
    pub head: Bits<16>,
    pub bytes: Bits<16>,
    pub total: Bits<16>,
    pub blocks: Bits<10>,
    pub first_at: Bits<12>,
    pub name_at: Bits<12>,
    /// One's complement sum, its carry, and what is added next.
    pub sum: Bits<16>,
    pub around: Bits<1>,
    pub term: Bits<16>,
    pub pad_long: Bit,
    /// No room for a header of the inner packet.
    pub short: Bit,
    pub reason: Bits<5>,
    pub done: Bit,
}

/// The block; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct OpenHeader {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub starts: Signal<In, Bit>,
    /// The packet; `start` is that of the new frame. Held from `starts` to `done`.
    pub packet: Signal<In, Intake>,
    pub saved_valid: Signal<In, Bit>,
    pub saved: Signal<In, OpenSaved>,
    pub saved_take: Signal<Out, Bit>,
    pub found_valid: Signal<In, Bit>,
    pub found: Signal<In, OpenFound>,
    pub found_take: Signal<Out, Bit>,
    /// The header is there and may be changed.
    pub copied: Signal<In, Bit>,
    pub copied_take: Signal<Out, Bit>,
    pub write_valid: Signal<Out, Bit>,
    pub write: Signal<Out, OpenWrite>,
    pub write_ready: Signal<In, Bit>,
    pub done: Signal<Out, Bit>,
    /// Length of the new frame, and the blocks kept for it, at least as many.
    pub bytes: Signal<Out, Bits<16>>,
    pub blocks: Signal<Out, Bits<10>>,
    /// To drop the packet, or zero: of padding, next header and ECN (steps 5 to 7 of opening).
    pub reason: Signal<Out, Bits<5>>,
    work: Reg<HeaderWork>,
    got: Reg<OpenFound>,
    joined: JoinWords,
    reason_padding: Constant<Bits<5>>,
    reason_next: Constant<Bits<5>>,
    reason_ecn: Constant<Bits<5>>,
    reason_dummy: Constant<Bits<5>>,
    cipher: Signal<Local, Bits<16>>,
    cipher_words: Signal<Local, Bits<12>>,
    grown: Signal<Local, Bits<12>>,
    origin: Signal<Local, Bits<12>>,
    ip_word: Signal<Local, Bits<10>>,
    span_bytes: Signal<Local, Bits<16>>,
    fixed: Signal<Local, Block128>,
    word0: Signal<Local, Bits<32>>,
    word1: Signal<Local, Bits<32>>,
    word2: Signal<Local, Bits<32>>,
    word3: Signal<Local, Bits<32>>,
    name: Signal<Local, Bits<32>>,
    third: Signal<Local, Bits<32>>,
    old_total: Signal<Local, Bits<16>>,
    old_sum: Signal<Local, Bits<16>>,
    old_protocol: Signal<Local, Bits<16>>,
    inner_sum: Signal<Local, Bits<16>>,
    hops: Signal<Local, Bits<8>>,
    pad: Signal<Local, Bits<16>>,
    payload: Signal<Local, Bits<17>>,
    added: Signal<Local, Bits<17>>,
    checksum: Signal<Local, Bits<16>>,
    changes: Signal<Local, Bit>,
    names: Signal<Local, Bit>,
    few: Signal<Local, Bits<6>>,
    many: Signal<Local, Bit>,
    room: Signal<Local, Bits<16>>,
    is_ipv4: Signal<Local, Bit>,
    is_ipv6: Signal<Local, Bit>,
}

impl Default for OpenHeader {
    fn default() -> Self {
        let reason = |r: Reason| Constant::new((r.code() as u64).into());
        Self {
            clock: Default::default(),
            reset: Default::default(),
            starts: Default::default(),
            packet: Default::default(),
            saved_valid: Default::default(),
            saved: Default::default(),
            saved_take: Default::default(),
            found_valid: Default::default(),
            found: Default::default(),
            found_take: Default::default(),
            copied: Default::default(),
            copied_take: Default::default(),
            write_valid: Default::default(),
            write: Default::default(),
            write_ready: Default::default(),
            done: Default::default(),
            bytes: Default::default(),
            blocks: Default::default(),
            reason: Default::default(),
            work: Default::default(),
            got: Default::default(),
            joined: Default::default(),
            reason_padding: reason(Reason::Padding),
            reason_next: reason(Reason::NextHeader),
            reason_ecn: reason(Reason::Ecn),
            reason_dummy: reason(Reason::Dummy),
            cipher: Default::default(),
            cipher_words: Default::default(),
            grown: Default::default(),
            origin: Default::default(),
            ip_word: Default::default(),
            span_bytes: Default::default(),
            fixed: Default::default(),
            word0: Default::default(),
            word1: Default::default(),
            word2: Default::default(),
            word3: Default::default(),
            name: Default::default(),
            third: Default::default(),
            old_total: Default::default(),
            old_sum: Default::default(),
            old_protocol: Default::default(),
            inner_sum: Default::default(),
            hops: Default::default(),
            pad: Default::default(),
            payload: Default::default(),
            added: Default::default(),
            checksum: Default::default(),
            changes: Default::default(),
            names: Default::default(),
            few: Default::default(),
            many: Default::default(),
            room: Default::default(),
            is_ipv4: Default::default(),
            is_ipv6: Default::default(),
        }
    }
}

impl Logic for OpenHeader {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, work, got);
        self.work.reset.next = self.reset.val();
        self.got.reset.next = self.reset.val();

        self.saved_take.next = false;
        self.found_take.next = false;
        self.copied_take.next = false;
        self.write_valid.next = false;
        self.done.next = self.work.q.val().done;
        self.bytes.next = self.work.q.val().bytes;
        self.blocks.next = self.work.q.val().blocks;
        self.reason.next = self.work.q.val().reason;

        self.cipher.next = self.packet.val().cipher_bytes;
        self.cipher_words.next = self.cipher.val().get_bits::<12>(2);
        self.grown.next = (bit_cast::<12, 10>(self.work.q.val().base) + self.cipher_words.val()) + 3;
        self.origin.next = bit_cast::<12, 10>(self.packet.val().start) << 2;
        self.ip_word.next = bit_cast::<10, 3>(self.packet.val().ip_word);
        self.span_bytes.next = bit_cast::<16, 10>(self.work.q.val().span) << 2;
        self.fixed.next = self.saved.val().fixed;
        self.word0.next = self.fixed.val().get_bits::<32>(0);
        self.word1.next = self.fixed.val().get_bits::<32>(32);
        self.word2.next = self.fixed.val().get_bits::<32>(64);
        self.word3.next = self.fixed.val().get_bits::<32>(96);
        self.name.next = self.saved.val().name;
        self.third.next = self.got.q.val().third;
        self.old_total.next = !self.packet.val().old_total;
        self.old_sum.next = !self.word3.val().get_bits::<16>(0);
        self.old_protocol.next = !self.word3.val().get_bits::<16>(16);
        self.inner_sum.next = !self.third.val().get_bits::<16>(0);
        self.hops.next = self.word3.val().get_bits::<8>(24);
        self.pad.next = bit_cast::<16, 8>(self.found.val().pad_length);
        self.payload.next = bit_cast::<17, 16>(self.work.q.val().room) - bit_cast::<17, 16>(self.pad.val());
        self.changes.next = self.got.q.val().delta != 0;
        self.names.next = !self.packet.val().tunnel & self.packet.val().ipv6 & (self.packet.val().name_lane != 2);
        self.is_ipv4.next = self.got.q.val().next_header == 4;
        self.is_ipv6.next = self.got.q.val().next_header == 41;

        // The sum takes whatever the clock before has named, and its own carry.
        self.added.next = bit_cast::<17, 16>(self.work.q.val().sum)
            + bit_cast::<17, 16>(self.work.q.val().term)
            + bit_cast::<17, 1>(self.work.q.val().around);
        self.work.d.next.sum = self.added.val().get_bits::<16>(0);
        self.work.d.next.around = self.added.val().get_bits::<1>(16);
        self.work.d.next.term = 0.into();
        self.checksum.next = !self.work.q.val().sum;
        // Less than 20, less than 40.
        self.room.next = self.work.q.val().room;
        self.many.next = self.room.val().get_bits::<10>(6).any();
        self.few.next = self.room.val().get_bits::<6>(0);

        // The words as they shall be.
        self.joined.word[0].next = (self.word0.val() & 0xffff0000u64) | 0x0800;
        if self.is_ipv6.val() {
            self.joined.word[0].next = (self.word0.val() & 0xffff0000u64) | 0x86dd;
        }
        self.joined.word[1].next = (self.word1.val() & 0xffff0000u64) | bit_cast::<32, 16>(self.work.q.val().total);
        self.joined.word[2].next = (self.word2.val() & 0x0000ffff) | (bit_cast::<32, 16>(self.work.q.val().total) << 16);
        if self.packet.val().name_lane == 2 {
            self.joined.word[2].next = (self.word2.val() & 0x000000ff)
                | (bit_cast::<32, 8>(self.got.q.val().next_header) << 8)
                | (bit_cast::<32, 16>(self.work.q.val().total) << 16);
        }
        self.joined.word[3].next = (self.word3.val() & 0xff000000u64)
            | (bit_cast::<32, 8>(self.got.q.val().next_header) << 16)
            | bit_cast::<32, 16>(self.checksum.val());
        self.write.next.last = false;
        self.write.next.at = self.work.q.val().first_at;
        self.write.next.mask = 10.into();
        if self.packet.val().ipv6 {
            self.write.next.mask = 4.into();
        }
        if self.packet.val().tunnel {
            self.joined.word[3].next = (self.third.val() & 0xffff0000u64) | bit_cast::<32, 16>(self.checksum.val());
            self.write.next.mask = 1.into();
            if self.changes.val() {
                self.write.next.mask = 9.into();
            }
        }
        if self.work.q.val().step == 10 {
            self.joined.word[0].next = (self.name.val() & 0x00ffffff) | (bit_cast::<32, 8>(self.got.q.val().next_header) << 24);
            self.write.next.at = self.work.q.val().name_at;
            self.write.next.mask = 1.into();
        }
        self.write.next.data = self.joined.block.val();

        if self.work.q.val().step != 0 {
            self.work.d.next.step = self.work.q.val().step + 1;
        }
        if self.starts.val() {
            self.work.d.next.step = 1.into();
            self.work.d.next.done = false;
        }
        if self.work.q.val().step == 1 {
            self.work.d.next.base = self.packet.val().upper_word;
            if self.packet.val().tunnel {
                self.work.d.next.base = self.ip_word.val();
            }
            self.work.d.next.room = self.cipher.val() - 2;
            self.work.d.next.span = self.packet.val().upper_word - self.ip_word.val();
            self.work.d.next.before = self.ip_word.val() - 1;
            self.work.d.next.name_at = self.origin.val() + bit_cast::<12, 10>(self.packet.val().name_word);
            self.work.d.next.sum = 0.into();
            self.work.d.next.around = 0.into();
            if !self.packet.val().tunnel {
                self.work.d.next.term = self.old_total.val();
            }
        }
        if self.work.q.val().step == 2 {
            // An IPv6 header does not count itself.
            self.work.d.next.head = self.span_bytes.val();
            if self.packet.val().ipv6 {
                self.work.d.next.head = self.span_bytes.val() - 40;
            }
            self.work.d.next.blocks = self.grown.val().get_bits::<10>(2);
            self.work.d.next.base = self.work.q.val().base - 1;
            self.work.d.next.first_at = self.origin.val() + bit_cast::<12, 10>(self.work.q.val().before);
            if !self.saved_valid.val() {
                self.work.d.next.step = 2.into();
                self.work.d.next.base = self.work.q.val().base;
            } else if !self.packet.val().tunnel {
                self.work.d.next.term = self.old_sum.val();
            }
        }
        if self.work.q.val().step == 3 {
            // Word 0 holds two bytes that are not the frame's.
            self.work.d.next.bytes = self.work.q.val().room + ((bit_cast::<16, 10>(self.work.q.val().base) << 2) | 2);
            self.work.d.next.total = self.work.q.val().room + self.work.q.val().head;
            if !self.packet.val().tunnel {
                self.work.d.next.term = self.old_protocol.val();
            }
        }
        if self.work.q.val().step == 5 {
            self.got.d.next = self.found.val();
            if self.found_valid.val() {
                self.found_take.next = true;
                self.work.d.next.bytes = self.work.q.val().bytes - self.pad.val();
                self.work.d.next.total = self.work.q.val().total - self.pad.val();
                self.work.d.next.room = self.payload.val().get_bits::<16>(0);
                self.work.d.next.pad_long = self.payload.val().get_bit(16);
                self.work.d.next.term = (bit_cast::<16, 8>(self.hops.val()) << 8) | bit_cast::<16, 8>(self.found.val().next_header);
                if self.packet.val().tunnel {
                    self.work.d.next.term = bit_cast::<16, 2>(self.found.val().delta);
                    if self.found.val().delta == 3 {
                        self.work.d.next.term = 0xfffe.into();
                    }
                }
            } else {
                self.work.d.next.step = 5.into();
            }
        }
        if self.work.q.val().step == 6 {
            self.work.d.next.term = self.work.q.val().total;
            if self.packet.val().tunnel {
                self.work.d.next.term = self.inner_sum.val();
            }
            self.work.d.next.short = !self.many.val() & (self.few.val() < 20);
            if self.is_ipv6.val() {
                self.work.d.next.short = !self.many.val() & (self.few.val() < 40);
            }
        }
        if self.work.q.val().step == 7 {
            self.work.d.next.reason = 0.into();
            if self.packet.val().tunnel {
                if self.got.q.val().ecn
                    & !self.work.q.val().short
                    & ((self.is_ipv4.val() & (self.got.q.val().version == 4)) | (self.is_ipv6.val() & (self.got.q.val().version == 6)))
                {
                    self.work.d.next.reason = self.reason_ecn.val();
                }
                if !self.is_ipv4.val() & !self.is_ipv6.val() {
                    self.work.d.next.reason = self.reason_next.val();
                }
            }
            if self.got.q.val().next_header == 59 {
                self.work.d.next.reason = self.reason_dummy.val();
            }
            if self.work.q.val().pad_long | !self.got.q.val().padded {
                self.work.d.next.reason = self.reason_padding.val();
            }
        }
        if self.work.q.val().step == 9 {
            self.write_valid.next = self.copied.val();
            self.work.d.next.step = 9.into();
            if self.copied.val() & self.write_ready.val() {
                self.copied_take.next = true;
                self.work.d.next.step = 10.into();
                if !self.names.val() {
                    self.saved_take.next = true;
                    self.work.d.next.done = true;
                    self.work.d.next.step = 0.into();
                }
            }
        }
        if self.work.q.val().step == 10 {
            self.write_valid.next = true;
            self.work.d.next.step = 10.into();
            if self.write_ready.val() {
                self.saved_take.next = true;
                self.work.d.next.done = true;
                self.work.d.next.step = 0.into();
            }
        }
    }
}
