use super::Plan;
use crate::cell::{row, Reg};
use crate::prelude::*;
use crate::stream::Reader;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum EncapsulateState {
    Idle,
    Drop,
    Copy,
    Link,
    Head,
    Outer,
    Aad,
    Payload,
    Finish,
    Tag,
    Count,
    Own,
    Commit,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct EncapsulateWork {
    /// Words written to the new frame.
    pub offset: Bits<10>,
    /// Words done within the state.
    pub count: Bits<10>,
    /// Words of payload and trailer done, and what is known of the next: the first that is not full, one beyond that, the last.
    pub text: Bits<10>,
    pub first_short: Bit,
    pub beyond: Bit,
    pub last: Bit,
    /// The comparisons below are those of this very word.
    pub settled: Bit,
    pub at_payload: Bit,
    pub at_packet: Bit,
    pub at_end: Bit,
    pub at_patch: Bit,
    /// It is the first, the second, the third of the state.
    pub at_first: Bit,
    pub at_second: Bit,
    pub at_third: Bit,
    pub step: Bits<3>,
    /// One's complement sum for the checksum of a rewritten IPv4 header, its carry, and what is added to it in this clock, or to nothing.
    pub sum: Bits<16>,
    pub around: Bits<1>,
    pub term: Bits<16>,
    pub adds: Bit,
    pub fresh: Bit,
    /// The word of the tag in hand has been picked.
    pub picked: Bit,
}

/// Carries out a [`Plan`]: builds the new frame in the store behind, through the cipher where it is to be sealed, and releases the old one.
///
/// One clock per word of headers, as the cipher allows for the payload (four words per 14 clocks at best). Never waits for the sink: the
/// plan was made only when there was room. `idle` says that no plan is under way.
#[derive(LogicBlock, Ports)]
pub struct Encapsulate {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub idle: Signal<Out, Bit>,
    pub go: Signal<In, Bit>,
    pub plan: Signal<In, Plan>,
    pub accept: Signal<Out, Bit>,
    pub header_address: Signal<Out, Bits<5>>,
    pub header_word: Signal<In, Bits<32>>,
    pub address: Signal<Out, Bits<10>>,
    pub data: Signal<In, Bits<32>>,
    /// The frame is read from the composer; a pulse when that is done with.
    pub control: Signal<Out, Bit>,
    pub control_done: Signal<Out, Bit>,
    /// Counts a control datagram.
    pub own_valid: Signal<Out, Bit>,
    pub own_ready: Signal<In, Bit>,
    pub free: Signal<Out, Bit>,
    pub free_words: Signal<Out, Bits<10>>,
    pub in_valid: Signal<Out, Bit>,
    pub in_ready: Signal<In, Bit>,
    pub in_kind: Signal<Out, Bits<2>>,
    pub in_word: Signal<Out, Bits<32>>,
    pub out_valid: Signal<In, Bit>,
    pub out_word: Signal<In, Bits<32>>,
    pub tag: [Signal<In, Bits<32>>; 4],
    pub tag_valid: Signal<In, Bit>,
    pub tag_take: Signal<Out, Bit>,
    pub write: Signal<Out, Bit>,
    pub offset: Signal<Out, Bits<10>>,
    pub write_data: Signal<Out, Bits<32>>,
    pub commit: Signal<Out, Bit>,
    pub commit_words: Signal<Out, Bits<10>>,
    pub commit_length: Signal<Out, Bits<16>>,
    pub drop_valid: Signal<Out, Bit>,
    pub drop_reason: Signal<Out, Bits<5>>,
    pub drop_ready: Signal<In, Bit>,
    pub sa_valid: Signal<Out, Bit>,
    pub sa_index: Signal<Out, Bits<5>>,
    pub sa_bytes: Signal<Out, Bits<16>>,
    pub sa_ready: Signal<In, Bit>,
    reader: Reader,
    state: Reg<EncapsulateState>,
    work: Reg<EncapsulateWork>,
    kept: Reg<Plan>,
    tag_word: Reg<Bits<32>>,
    /// The last four prepared words: SPI, low, high, low.
    esp: [Reg<Bits<32>>; 4],
    word: Signal<Local, Bits<32>>,
    patched: Signal<Local, Bits<32>>,
    count: Signal<Local, Bits<10>>,
    few: Signal<Local, Bits<2>>,
    next_count: Signal<Local, Bits<10>>,
    at: Signal<Local, Bits<10>>,
    next_at: Signal<Local, Bits<10>>,
    cipher: Signal<Local, Bits<16>>,
    ip_word: Signal<Local, Bits<10>>,
    full_words: Signal<Local, Bits<10>>,
    cipher_words: Signal<Local, Bits<10>>,
    rest: Signal<Local, Bits<2>>,
    bytes: Signal<Local, Bits<16>>,
    text: Signal<Local, Bits<10>>,
    next_text: Signal<Local, Bits<10>>,
    next_text2: Signal<Local, Bits<10>>,
    taken: Signal<Local, Bit>,
    copies: Signal<Local, Bit>,
    augend: Signal<Local, Bits<18>>,
    addend: Signal<Local, Bits<18>>,
    total: Signal<Local, Bits<18>>,
    inverse_total: Signal<Local, Bits<16>>,
    inverse_checksum: Signal<Local, Bits<16>>,
    inverse_named: Signal<Local, Bits<16>>,
    checksum: Signal<Local, Bits<16>>,
    next_header: Signal<Local, Bits<32>>,
    is_checksum: Signal<Local, Bit>,
    written_bytes: Signal<Local, Bits<16>>,
}

impl Default for Encapsulate {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            idle: Default::default(),
            go: Default::default(),
            plan: Default::default(),
            accept: Default::default(),
            header_address: Default::default(),
            header_word: Default::default(),
            address: Default::default(),
            data: Default::default(),
            control: Default::default(),
            control_done: Default::default(),
            own_valid: Default::default(),
            own_ready: Default::default(),
            free: Default::default(),
            free_words: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_kind: Default::default(),
            in_word: Default::default(),
            out_valid: Default::default(),
            out_word: Default::default(),
            tag: row(),
            tag_valid: Default::default(),
            tag_take: Default::default(),
            write: Default::default(),
            offset: Default::default(),
            write_data: Default::default(),
            commit: Default::default(),
            commit_words: Default::default(),
            commit_length: Default::default(),
            drop_valid: Default::default(),
            drop_reason: Default::default(),
            drop_ready: Default::default(),
            sa_valid: Default::default(),
            sa_index: Default::default(),
            sa_bytes: Default::default(),
            sa_ready: Default::default(),
            reader: Default::default(),
            state: Reg::new(EncapsulateState::Idle),
            work: Default::default(),
            kept: Default::default(),
            tag_word: Default::default(),
            esp: row(),
            word: Default::default(),
            patched: Default::default(),
            count: Default::default(),
            few: Default::default(),
            next_count: Default::default(),
            at: Default::default(),
            next_at: Default::default(),
            cipher: Default::default(),
            ip_word: Default::default(),
            full_words: Default::default(),
            cipher_words: Default::default(),
            rest: Default::default(),
            bytes: Default::default(),
            text: Default::default(),
            next_text: Default::default(),
            next_text2: Default::default(),
            taken: Default::default(),
            copies: Default::default(),
            augend: Default::default(),
            addend: Default::default(),
            total: Default::default(),
            inverse_total: Default::default(),
            inverse_checksum: Default::default(),
            inverse_named: Default::default(),
            checksum: Default::default(),
            next_header: Default::default(),
            is_checksum: Default::default(),
            written_bytes: Default::default(),
        }
    }
}

impl Logic for Encapsulate {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, work, kept, tag_word);
        self.tag_word.reset.next = self.reset.val();
        clock!(self, clock, reader);
        self.state.reset.next = self.reset.val();
        self.work.reset.next = self.reset.val();
        self.kept.reset.next = self.reset.val();
        self.reader.reset.next = self.reset.val();
        for i in 0..4 {
            self.esp[i].clock.next = self.clock.val();
            self.esp[i].reset.next = self.reset.val();
            self.esp[i].d.next = self.esp[i].q.val();
        }

        self.idle.next = self.state.q.val() == EncapsulateState::Idle;
        self.accept.next = false;
        self.address.next = self.reader.address.val();
        self.reader.data.next = self.data.val();
        self.reader.start.next = false;
        self.reader.first.next = self.plan.val().start;
        self.reader.ready.next = false;
        self.free.next = false;
        self.control.next = self.kept.q.val().control;
        self.control_done.next = false;
        self.own_valid.next = false;
        self.free_words.next = self.kept.q.val().words;
        self.in_valid.next = false;
        self.in_kind.next = 0.into();
        self.tag_take.next = false;
        self.commit.next = false;
        self.commit_words.next = self.work.q.val().offset;
        self.drop_valid.next = false;
        self.drop_reason.next = self.kept.q.val().reason;
        self.sa_valid.next = false;
        self.sa_index.next = bit_cast::<5, 10>(self.kept.q.val().sa);
        self.sa_bytes.next = self.kept.q.val().cipher_bytes;

        self.count.next = self.work.q.val().count;
        self.next_count.next = self.count.val() + 1;
        // Of additional data and of the tag there are four words at most.
        self.few.next = self.count.val().get_bits::<2>(0);
        self.at.next = self.work.q.val().offset;
        self.next_at.next = self.at.val() + 1;
        self.ip_word.next = bit_cast::<10, 3>(self.kept.q.val().ip_word);
        self.written_bytes.next = (bit_cast::<16, 10>(self.work.q.val().offset) << 2) - 2;
        self.commit_length.next = self.written_bytes.val();
        self.header_address.next = self.count.val().get_bits::<5>(0);
        if self.kept.q.val().bank {
            self.header_address.next = self.count.val().get_bits::<5>(0) | 16;
        }

        // The word from the old frame, with what transport mode changes in an IP header.
        self.word.next = self.reader.word.val();
        self.inverse_total.next = !self.kept.q.val().old_total;
        self.inverse_checksum.next = !self.word.val().get_bits::<16>(0);
        self.inverse_named.next = !self.word.val().get_bits::<16>(16);
        self.augend.next = (bit_cast::<18, 16>(self.work.q.val().sum) << 1) | 1;
        self.addend.next = (bit_cast::<18, 16>(self.work.q.val().term) << 1) | bit_cast::<18, 1>(self.work.q.val().around);
        if self.work.q.val().fresh {
            self.augend.next = 0.into();
        }
        self.total.next = self.augend.val() + self.addend.val();
        if self.work.q.val().adds {
            self.work.d.next.sum = self.total.val().get_bits::<16>(1);
            self.work.d.next.around = self.total.val().get_bits::<1>(17);
        }
        self.checksum.next = !self.work.q.val().sum;
        self.work.d.next.adds = false;
        self.work.d.next.fresh = false;
        self.work.d.next.term = 0.into();
        self.is_checksum.next = !self.kept.q.val().ipv6 & self.work.q.val().at_third;
        self.patched.next = self.word.val();
        if !self.kept.q.val().ipv6 & self.work.q.val().at_first {
            self.patched.next = (self.word.val() & 0xffff0000u64) | bit_cast::<32, 16>(self.kept.q.val().new_total);
        }
        if self.is_checksum.val() {
            self.patched.next = (self.word.val() & 0xff000000u64)
                | (bit_cast::<32, 8>(self.kept.q.val().protocol) << 16)
                | bit_cast::<32, 16>(self.checksum.val());
        }
        if self.kept.q.val().ipv6 & self.work.q.val().at_second {
            self.patched.next = (self.word.val() & 0x0000ffff) | (bit_cast::<32, 16>(self.kept.q.val().new_total) << 16);
            if self.work.q.val().at_patch {
                self.patched.next = (self.word.val() & 0x000000ff)
                    | (bit_cast::<32, 8>(self.kept.q.val().protocol) << 8)
                    | (bit_cast::<32, 16>(self.kept.q.val().new_total) << 16);
            }
        }
        if self.kept.q.val().ipv6 & !self.work.q.val().at_second & self.work.q.val().at_patch {
            self.patched.next = (self.word.val() & 0x00ffffff) | (bit_cast::<32, 8>(self.kept.q.val().protocol) << 24);
        }

        // Payload, padding and trailer, word by word; `rest` bytes of payload are in the first word that is not full.
        self.bytes.next = self.kept.q.val().payload_bytes;
        self.rest.next = self.bytes.val().get_bits::<2>(0);
        self.full_words.next = self.bytes.val().get_bits::<10>(2);
        self.cipher.next = self.kept.q.val().cipher_bytes;
        self.cipher_words.next = self.cipher.val().get_bits::<10>(2);
        self.text.next = self.work.q.val().text;
        self.next_text.next = self.text.val() + 1;
        self.next_text2.next = self.text.val() + 2;

        // Copied words take two clocks: one in which the word's place is compared with everything it may be, one to act on that.
        self.copies.next = self.work.q.val().settled & self.reader.valid.val();
        self.work.d.next.settled = !self.work.q.val().settled | !self.reader.valid.val();
        self.work.d.next.at_payload = self.next_at.val() == self.kept.q.val().payload_word;
        self.work.d.next.at_packet = self.next_at.val() == self.ip_word.val();
        self.work.d.next.at_end = self.next_at.val() == self.kept.q.val().words;
        self.work.d.next.at_patch = self.kept.q.val().patch_word == self.at.val();
        self.work.d.next.at_first = self.count.val() == 0;
        self.work.d.next.at_second = self.count.val() == 1;
        self.work.d.next.at_third = self.count.val() == 2;
        self.next_header.next = bit_cast::<32, 8>(self.kept.q.val().next_header);
        self.in_word.next = self.word.val();

        // The cipher's output arrives by itself, one clock after its input; everything else is written by the states below.
        self.offset.next = self.at.val();
        self.write.next = self.out_valid.val();
        self.write_data.next = self.out_word.val();
        // The words of the tag are picked a clock before they are written; the last is written in the next state.
        self.tag_word.d.next = self.tag[0].val();
        if self.few.val() == 1 {
            self.tag_word.d.next = self.tag[1].val();
        }
        if self.few.val() == 2 {
            self.tag_word.d.next = self.tag[2].val();
        }
        if self.few.val() == 3 {
            self.tag_word.d.next = self.tag[3].val();
        }
        self.work.d.next.picked = false;
        if self.work.q.val().picked {
            self.write.next = true;
            self.write_data.next = self.tag_word.q.val();
        }

        self.taken.next = false;
        match self.state.q.val() {
            EncapsulateState::Idle => {
                self.work.d.next.offset = 0.into();
                self.work.d.next.count = 0.into();
                self.work.d.next.step = 0.into();
                self.work.d.next.text = 0.into();
                self.work.d.next.settled = false;
                if self.go.val() {
                    self.accept.next = true;
                    self.kept.d.next = self.plan.val();
                    self.reader.start.next = true;
                    self.state.d.next = EncapsulateState::Copy;
                    if self.plan.val().seal {
                        self.state.d.next = EncapsulateState::Link;
                    }
                    if self.plan.val().reason != 0 {
                        self.state.d.next = EncapsulateState::Drop;
                    }
                }
            }
            EncapsulateState::Drop => {
                // The device's own frames never came in, so they are not counted as dropped either.
                self.drop_valid.next = !self.kept.q.val().control;
                if self.drop_ready.val() | self.kept.q.val().control {
                    self.free.next = !self.kept.q.val().control;
                    self.control_done.next = self.kept.q.val().control;
                    self.state.d.next = EncapsulateState::Idle;
                }
            }
            EncapsulateState::Copy => {
                self.reader.ready.next = self.work.q.val().settled;
                self.write.next = self.copies.val();
                self.write_data.next = self.word.val();
                if self.copies.val() & self.work.q.val().at_end {
                    self.state.d.next = EncapsulateState::Commit;
                }
            }
            EncapsulateState::Link => {
                self.reader.ready.next = self.work.q.val().settled;
                self.write.next = self.copies.val();
                self.write_data.next = self.word.val();
                // ~m + m' of the length field, for later.
                if self.work.q.val().step == 0 {
                    self.work.d.next.adds = true;
                    self.work.d.next.fresh = true;
                    self.work.d.next.term = self.inverse_total.val();
                    self.work.d.next.step = 1.into();
                }
                if self.work.q.val().step == 1 {
                    self.work.d.next.adds = true;
                    self.work.d.next.term = self.kept.q.val().new_total;
                    self.work.d.next.step = 2.into();
                }
                if self.work.q.val().at_packet & self.kept.q.val().tunnel {
                    self.write_data.next = (self.word.val() & 0xffff0000u64) | 0x0800;
                    if self.kept.q.val().ipv6 {
                        self.write_data.next = (self.word.val() & 0xffff0000u64) | 0x86dd;
                    }
                }
                if self.copies.val() & self.work.q.val().at_packet {
                    self.work.d.next.count = 0.into();
                    self.work.d.next.step = 0.into();
                    self.state.d.next = EncapsulateState::Head;
                    if self.kept.q.val().tunnel {
                        self.state.d.next = EncapsulateState::Outer;
                    }
                }
            }
            EncapsulateState::Head => {
                self.write_data.next = self.patched.val();
                if self.copies.val() {
                    self.reader.ready.next = true;
                    self.write.next = true;
                    self.work.d.next.count = self.next_count.val();
                    if self.work.q.val().at_payload {
                        self.work.d.next.count = 0.into();
                        self.state.d.next = EncapsulateState::Outer;
                    }
                    // The checksum takes five clocks more: three additions, one of the carry, and each is named a clock before.
                    if self.is_checksum.val() & (self.work.q.val().step != 5) {
                        self.reader.ready.next = false;
                        self.write.next = false;
                        self.work.d.next.settled = true;
                        self.work.d.next.count = self.count.val();
                        self.work.d.next.step = self.work.q.val().step + 1;
                        self.state.d.next = EncapsulateState::Head;
                        self.work.d.next.adds = true;
                        if self.work.q.val().step == 0 {
                            self.work.d.next.term = self.inverse_checksum.val();
                        }
                        if self.work.q.val().step == 1 {
                            self.work.d.next.term = self.inverse_named.val();
                        }
                        if self.work.q.val().step == 2 {
                            self.work.d.next.term =
                                (bit_cast::<16, 8>(self.word.val().get_bits::<8>(24)) << 8) | bit_cast::<16, 8>(self.kept.q.val().protocol);
                        }
                        if self.work.q.val().step == 4 {
                            self.work.d.next.adds = false;
                        }
                    }
                }
            }
            EncapsulateState::Outer => {
                // Word `count` is asked for, word `count - 1` is here.
                self.write.next = self.count.val() != 0;
                self.write_data.next = self.header_word.val();
                self.work.d.next.count = self.count.val() + 1;
                self.esp[0].d.next = self.esp[1].q.val();
                self.esp[1].d.next = self.esp[2].q.val();
                self.esp[2].d.next = self.esp[3].q.val();
                self.esp[3].d.next = self.header_word.val();
                if self.count.val().get_bits::<5>(0) == self.kept.q.val().header_words {
                    self.work.d.next.count = 0.into();
                    self.state.d.next = EncapsulateState::Aad;
                }
            }
            EncapsulateState::Aad => {
                self.in_valid.next = true;
                self.in_word.next = self.esp[0].q.val();
                if self.few.val() == 1 {
                    self.in_word.next = self.esp[2].q.val();
                }
                if self.few.val() == 2 {
                    self.in_word.next = self.esp[1].q.val();
                }
                if self.in_ready.val() {
                    self.work.d.next.count = self.count.val() + 1;
                    if (self.few.val() == 0) & !self.kept.q.val().esn {
                        self.work.d.next.count = 2.into();
                    }
                    if self.few.val() == 2 {
                        self.work.d.next.count = 0.into();
                        self.state.d.next = EncapsulateState::Payload;
                    }
                }
            }
            EncapsulateState::Payload => {
                self.in_kind.next = 1.into();
                self.in_valid.next =
                    self.reader.valid.val() | self.work.q.val().beyond | (self.work.q.val().first_short & (self.rest.val() == 0));
                if self.work.q.val().first_short {
                    if self.rest.val() == 0 {
                        self.in_word.next = self.next_header.val() | 0x01020200;
                    }
                    if self.rest.val() == 1 {
                        self.in_word.next = (self.word.val() & 0xff000000u64) | self.next_header.val() | 0x00010100;
                    }
                    if self.rest.val() == 2 {
                        self.in_word.next = (self.word.val() & 0xffff0000u64) | self.next_header.val();
                    }
                    if self.rest.val() == 3 {
                        self.in_word.next = (self.word.val() & 0xffffff00u64) | 0x00000001;
                    }
                }
                if self.work.q.val().beyond {
                    self.in_word.next = self.next_header.val() | 0x02030300;
                }
                self.taken.next = self.in_valid.val() & self.in_ready.val();
                if self.taken.val() {
                    self.reader.ready.next = true;
                    self.work.d.next.text = self.next_text.val();
                    if self.work.q.val().last {
                        self.state.d.next = EncapsulateState::Finish;
                    }
                }
            }
            EncapsulateState::Finish => {
                self.in_valid.next = true;
                self.in_kind.next = 2.into();
                if self.in_ready.val() {
                    self.work.d.next.count = 0.into();
                    self.state.d.next = EncapsulateState::Tag;
                }
            }
            EncapsulateState::Tag => {
                if self.tag_valid.val() {
                    self.work.d.next.picked = true;
                    self.work.d.next.count = self.next_count.val();
                    if self.few.val() == 3 {
                        self.tag_take.next = true;
                        self.state.d.next = EncapsulateState::Count;
                    }
                }
            }
            EncapsulateState::Count => {
                self.sa_valid.next = true;
                if self.sa_ready.val() {
                    self.state.d.next = EncapsulateState::Commit;
                    if self.kept.q.val().control {
                        self.state.d.next = EncapsulateState::Own;
                    }
                }
            }
            EncapsulateState::Own => {
                self.own_valid.next = true;
                if self.own_ready.val() {
                    self.state.d.next = EncapsulateState::Commit;
                }
            }
            EncapsulateState::Commit => {
                self.commit.next = true;
                if !self.kept.q.val().seal {
                    self.commit_length.next = self.kept.q.val().length;
                }
                self.free.next = !self.kept.q.val().control;
                self.control_done.next = self.kept.q.val().control;
                self.state.d.next = EncapsulateState::Idle;
            }
            _ => {}
        }
        // What the next word of the payload will be, known before it comes.
        self.work.d.next.first_short = self.text.val() == self.full_words.val();
        self.work.d.next.last = self.next_text.val() == self.cipher_words.val();
        if self.taken.val() {
            self.work.d.next.first_short = self.next_text.val() == self.full_words.val();
            self.work.d.next.beyond = self.work.q.val().first_short;
            self.work.d.next.last = self.next_text2.val() == self.cipher_words.val();
        }
        if self.state.q.val() == EncapsulateState::Idle {
            self.work.d.next.beyond = false;
        }
        if self.write.val() {
            self.work.d.next.offset = self.next_at.val();
        }
    }
}
