use super::Intake;
use crate::cell::{row, Reg, Slots};
use crate::prelude::*;
use crate::stream::Reader;
use holdfast_registers::{map::event, EventCode, Reason};

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum OpenState {
    Idle,
    Copy,
    Infer,
    Aad,
    Close,
    Link,
    Head,
    Seek,
    Text,
    Finish,
    Icv,
    Verdict,
    Replay,
    Count,
    Judge,
    Patch,
    Event,
    Fragment,
    Drop,
    Commit,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct OpenWork {
    /// Words written to the new frame, and one more.
    pub offset: Bits<10>,
    pub following: Bits<10>,
    /// Words done within the state.
    pub count: Bits<4>,
    /// Words of ciphertext left, and whether the next is the last.
    pub left: Bits<10>,
    pub last: Bit,
    /// The ICV's words on their way: all taken; one is being compared, one has been; how all of them did.
    pub taken: Bit,
    pub compares: Bit,
    pub settled: Bit,
    /// What the next copied word is.
    pub at_packet: Bit,
    pub at_upper: Bit,
    pub at_end: Bit,
    pub at_name: Bit,
    pub unequal: Bit,
    pub step: Bits<4>,
    /// Words of plaintext that have arrived, as far as it matters.
    pub got: Bits<2>,
    /// The ICV differs in one of the words compared so far.
    pub differs: Bit,
    /// The last byte that arrived ends a row 1, 2, 3, … ; so does the second byte of that word.
    pub row_end: Bit,
    pub row_second: Bit,
    /// The first nibble of the plaintext, whether its ECN forbids what the outer header says, and what the sum of its header grows by (3: by −1, in one's complement).
    pub version: Bits<4>,
    pub ecn: Bit,
    pub delta: Bits<2>,
    /// The addition of this clock: to the sum of a header rather than to the last result, to nothing; of `term`, or its subtraction.
    pub sums: Bit,
    pub fresh: Bit,
    pub minus: Bit,
    pub term: Bits<16>,
    pub result: Bits<16>,
    /// One's complement sum for a header checksum, and its carry.
    pub sum: Bits<16>,
    pub around: Bits<1>,
    /// Bytes and words of the new frame.
    pub bytes: Bits<16>,
    pub words: Bits<10>,
    pub pad_long: Bit,
    pub short: Bit,
    pub reason: Bits<5>,
    pub code: Bits<8>,
}

/// Opens what [`super::Lookup`] has prepared: builds the frame as the host will see it in the store behind, decrypting on the way, and commits it only after
/// the ICV, the sequence number, the padding and the next header were found right. Everything else leaves no trace but a count and an event.
///
/// The number's high half is inferred when all earlier packets have been decided, so a verdict never depends on how frames follow each other. About
/// 40 clocks besides the cipher's. `idle` says that no packet is under way.
#[derive(LogicBlock, Ports)]
pub struct Open {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub idle: Signal<Out, Bit>,
    pub go: Signal<In, Bit>,
    pub intake: Signal<In, Intake>,
    pub peer: [Signal<In, Bits<32>>; 4],
    pub accept: Signal<Out, Bit>,
    pub address: Signal<Out, Bits<10>>,
    pub data: Signal<In, Bits<32>>,
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
    pub replay_sa: Signal<Out, Bits<5>>,
    pub replay_size: Signal<Out, Bits<16>>,
    pub replay_esn: Signal<Out, Bit>,
    pub replay_low: Signal<Out, Bits<32>>,
    pub replay_infer: Signal<Out, Bit>,
    pub replay_check: Signal<Out, Bit>,
    pub replay_done: Signal<In, Bit>,
    pub replay_high: Signal<In, Bits<32>>,
    pub replay_fresh: Signal<In, Bit>,
    /// The packet was opened in quarantine (bit 5 of the note).
    pub replay_frozen: Signal<In, Bit>,
    pub write: Signal<Out, Bit>,
    pub offset: Signal<Out, Bits<10>>,
    pub write_data: Signal<Out, Bits<32>>,
    pub commit: Signal<Out, Bit>,
    pub commit_words: Signal<Out, Bits<10>>,
    pub commit_length: Signal<Out, Bits<16>>,
    pub commit_note: Signal<Out, Bits<13>>,
    pub drop_valid: Signal<Out, Bit>,
    pub drop_reason: Signal<Out, Bits<5>>,
    pub drop_ready: Signal<In, Bit>,
    pub sa_valid: Signal<Out, Bit>,
    pub sa_index: Signal<Out, Bits<5>>,
    pub sa_bytes: Signal<Out, Bits<16>>,
    pub sa_ready: Signal<In, Bit>,
    pub fragment_valid: Signal<Out, Bit>,
    pub fragment_ready: Signal<In, Bit>,
    pub event_valid: Signal<Out, Bit>,
    pub event_ready: Signal<In, Bit>,
    pub event_head: Signal<Out, Bits<32>>,
    pub event_detail: Signal<Out, Bits<32>>,
    pub event_address: [Signal<Out, Bits<32>>; 4],
    reader: Reader,
    state: Reg<OpenState>,
    work: Reg<OpenWork>,
    kept: Reg<Intake>,
    from: [Reg<Bits<32>>; 4],
    /// Words that will be changed: the last of the link header; of the outer header the length, the IPv4 checksum (in tunnel mode the inner one), the naming byte.
    saved: Slots<Bits<32>, 2>,
    out_of_saved: Reg<Bits<32>>,
    /// A word of the ICV and what it should be.
    claimed: Reg<Bits<32>>,
    expected: Reg<Bits<32>>,
    /// The last word of plaintext.
    last: Reg<Bits<32>>,
    reason_unknown: Constant<Bits<5>>,
    reason_icv: Constant<Bits<5>>,
    reason_replay: Constant<Bits<5>>,
    reason_padding: Constant<Bits<5>>,
    reason_next: Constant<Bits<5>>,
    reason_ecn: Constant<Bits<5>>,
    reason_dummy: Constant<Bits<5>>,
    code_unknown: Constant<Bits<8>>,
    code_icv: Constant<Bits<8>>,
    code_replay: Constant<Bits<8>>,
    code_fragment: Constant<Bits<8>>,
    head_inbound: Constant<Bits<32>>,
    head_ipv6: Constant<Bits<32>>,
    head_sa: Constant<Bits<32>>,
    event_base: Signal<Local, Bits<32>>,
    word: Signal<Local, Bits<32>>,
    plain: Signal<Local, Bits<32>>,
    count: Signal<Local, Bits<4>>,
    next_count: Signal<Local, Bits<4>>,
    taken: Signal<Local, Bit>,
    at: Signal<Local, Bits<10>>,
    next_at: Signal<Local, Bits<10>>,
    ip_word: Signal<Local, Bits<10>>,
    cipher: Signal<Local, Bits<16>>,
    byte0: Signal<Local, Bits<8>>,
    byte1: Signal<Local, Bits<8>>,
    byte2: Signal<Local, Bits<8>>,
    byte3: Signal<Local, Bits<8>>,
    last_word: Signal<Local, Bits<32>>,
    follow0: Signal<Local, Bits<8>>,
    follow1: Signal<Local, Bits<8>>,
    follow2: Signal<Local, Bits<8>>,
    follow3: Signal<Local, Bits<8>>,
    row0: Signal<Local, Bit>,
    row1: Signal<Local, Bit>,
    row2: Signal<Local, Bit>,
    row3: Signal<Local, Bit>,
    service: Signal<Local, Bits<8>>,
    outer_ecn: Signal<Local, Bits<2>>,
    inner_ecn: Signal<Local, Bits<2>>,
    new_ecn: Signal<Local, Bits<2>>,
    version: Signal<Local, Bits<4>>,
    is_first: Signal<Local, Bit>,
    pad_length: Signal<Local, Bits<16>>,
    pad_byte: Signal<Local, Bits<8>>,
    next_header: Signal<Local, Bits<8>>,
    base: Signal<Local, Bits<10>>,
    left: Signal<Local, Bits<10>>,
    next_left: Signal<Local, Bits<10>>,
    next_following: Signal<Local, Bits<10>>,
    augend: Signal<Local, Bits<18>>,
    negative: Signal<Local, Bits<16>>,
    added: Signal<Local, Bits<16>>,
    carry_in: Signal<Local, Bits<1>>,
    addend: Signal<Local, Bits<18>>,
    total: Signal<Local, Bits<18>>,
    total_bits: Signal<Local, Bits<16>>,
    saved_word: Signal<Local, Bits<32>>,
    inverse_low: Signal<Local, Bits<16>>,
    inverse_high: Signal<Local, Bits<16>>,
    inverse_total: Signal<Local, Bits<16>>,
    slot: Signal<Local, Bits<2>>,
    saves: Signal<Local, Bit>,
    patched: Signal<Local, Bits<32>>,
    changes: Signal<Local, Bit>,
    checksum: Signal<Local, Bits<16>>,
}

impl Default for Open {
    fn default() -> Self {
        let reason = |r: Reason| Constant::new((r.code() as u64).into());
        let code = |c: EventCode| Constant::new((c.code() as u64).into());
        Self {
            clock: Default::default(),
            reset: Default::default(),
            idle: Default::default(),
            go: Default::default(),
            intake: Default::default(),
            peer: row(),
            accept: Default::default(),
            address: Default::default(),
            data: Default::default(),
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
            replay_sa: Default::default(),
            replay_size: Default::default(),
            replay_esn: Default::default(),
            replay_low: Default::default(),
            replay_infer: Default::default(),
            replay_check: Default::default(),
            replay_done: Default::default(),
            replay_high: Default::default(),
            replay_fresh: Default::default(),
            replay_frozen: Default::default(),
            write: Default::default(),
            offset: Default::default(),
            write_data: Default::default(),
            commit: Default::default(),
            commit_words: Default::default(),
            commit_length: Default::default(),
            commit_note: Default::default(),
            drop_valid: Default::default(),
            drop_reason: Default::default(),
            drop_ready: Default::default(),
            sa_valid: Default::default(),
            sa_index: Default::default(),
            sa_bytes: Default::default(),
            sa_ready: Default::default(),
            fragment_valid: Default::default(),
            fragment_ready: Default::default(),
            event_valid: Default::default(),
            event_ready: Default::default(),
            event_head: Default::default(),
            event_detail: Default::default(),
            event_address: row(),
            reader: Default::default(),
            state: Reg::new(OpenState::Idle),
            work: Default::default(),
            kept: Default::default(),
            from: row(),
            saved: Default::default(),
            out_of_saved: Default::default(),
            last: Default::default(),
            claimed: Default::default(),
            reason_unknown: reason(Reason::UnknownSpi),
            reason_icv: reason(Reason::Icv),
            reason_replay: reason(Reason::Replay),
            reason_padding: reason(Reason::Padding),
            reason_next: reason(Reason::NextHeader),
            reason_ecn: reason(Reason::Ecn),
            reason_dummy: reason(Reason::Dummy),
            code_unknown: code(EventCode::UnknownSpi),
            code_icv: code(EventCode::AuthenticationFailure),
            code_replay: code(EventCode::Replay),
            code_fragment: code(EventCode::FragmentToHost),
            head_inbound: Constant::new((event::INBOUND as u64).into()),
            head_ipv6: Constant::new((event::IPV6 as u64).into()),
            head_sa: Constant::new((event::SA_VALID as u64).into()),
            event_base: Default::default(),
            word: Default::default(),
            plain: Default::default(),
            count: Default::default(),
            next_count: Default::default(),
            taken: Default::default(),
            at: Default::default(),
            next_at: Default::default(),
            ip_word: Default::default(),
            cipher: Default::default(),
            expected: Default::default(),
            byte0: Default::default(),
            byte1: Default::default(),
            byte2: Default::default(),
            byte3: Default::default(),
            last_word: Default::default(),
            follow0: Default::default(),
            follow1: Default::default(),
            follow2: Default::default(),
            follow3: Default::default(),
            row0: Default::default(),
            row1: Default::default(),
            row2: Default::default(),
            row3: Default::default(),
            service: Default::default(),
            outer_ecn: Default::default(),
            inner_ecn: Default::default(),
            new_ecn: Default::default(),
            version: Default::default(),
            is_first: Default::default(),
            pad_length: Default::default(),
            pad_byte: Default::default(),
            next_header: Default::default(),
            base: Default::default(),
            left: Default::default(),
            next_left: Default::default(),
            next_following: Default::default(),
            augend: Default::default(),
            negative: Default::default(),
            added: Default::default(),
            carry_in: Default::default(),
            addend: Default::default(),
            total: Default::default(),
            total_bits: Default::default(),
            saved_word: Default::default(),
            inverse_low: Default::default(),
            inverse_high: Default::default(),
            inverse_total: Default::default(),
            slot: Default::default(),
            saves: Default::default(),
            patched: Default::default(),
            changes: Default::default(),
            checksum: Default::default(),
        }
    }
}

impl Logic for Open {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, work, kept, last, claimed, expected, out_of_saved);
        self.out_of_saved.reset.next = self.reset.val();
        self.claimed.reset.next = self.reset.val();
        self.expected.reset.next = self.reset.val();
        clock!(self, clock, reader, saved);
        self.state.reset.next = self.reset.val();
        self.work.reset.next = self.reset.val();
        self.kept.reset.next = self.reset.val();
        self.last.reset.next = self.reset.val();
        self.reader.reset.next = self.reset.val();
        for i in 0..4 {
            self.from[i].clock.next = self.clock.val();
            self.from[i].reset.next = self.reset.val();
            self.from[i].d.next = self.from[i].q.val();
            self.event_address[i].next = self.from[i].q.val();
        }

        self.idle.next = self.state.q.val() == OpenState::Idle;
        self.accept.next = false;
        self.address.next = self.reader.address.val();
        self.reader.data.next = self.data.val();
        self.reader.start.next = false;
        self.reader.first.next = self.kept.q.val().start + self.kept.q.val().text_word;
        self.reader.ready.next = false;
        self.free.next = false;
        self.free_words.next = self.kept.q.val().words;
        self.word.next = self.reader.word.val();
        self.count.next = self.work.q.val().count;
        self.next_count.next = self.count.val() + 1;
        self.at.next = self.work.q.val().offset;
        self.ip_word.next = bit_cast::<10, 3>(self.kept.q.val().ip_word);
        self.cipher.next = self.kept.q.val().cipher_bytes;
        self.taken.next = false;

        self.in_valid.next = false;
        self.in_kind.next = 0.into();
        self.in_word.next = self.word.val();
        self.tag_take.next = false;
        self.replay_sa.next = bit_cast::<5, 10>(self.kept.q.val().sa);
        self.replay_size.next = self.kept.q.val().window;
        self.replay_esn.next = self.kept.q.val().esn;
        self.replay_low.next = self.kept.q.val().low;
        self.replay_infer.next = false;
        self.replay_check.next = false;
        self.commit.next = false;
        self.drop_valid.next = false;
        self.drop_reason.next = self.work.q.val().reason;
        self.sa_valid.next = false;
        self.sa_index.next = bit_cast::<5, 10>(self.kept.q.val().sa);
        self.sa_bytes.next = self.cipher.val();
        self.fragment_valid.next = false;
        self.event_valid.next = false;
        self.event_detail.next = self.kept.q.val().spi;
        if self.work.q.val().code == self.code_replay.val() {
            self.event_detail.next = self.kept.q.val().low;
        }
        if self.work.q.val().code == self.code_fragment.val() {
            self.event_detail.next = 0.into();
        }
        self.event_base.next = bit_cast::<32, 8>(self.work.q.val().code) | self.head_inbound.val();
        if (self.work.q.val().code == self.code_icv.val()) | (self.work.q.val().code == self.code_replay.val()) {
            self.event_base.next = bit_cast::<32, 8>(self.work.q.val().code)
                | (bit_cast::<32, 10>(self.kept.q.val().sa) << 8)
                | self.head_inbound.val()
                | self.head_sa.val();
        }
        self.event_head.next = self.event_base.val();
        if self.kept.q.val().ipv6 {
            self.event_head.next = self.event_base.val() | self.head_ipv6.val();
        }

        // Plaintext arrives by itself, one clock after its ciphertext. First the ECN of an inner packet (RFC 6040), and what it does to an IPv4 checksum two
        // words later: the sum grows by the difference, in one's complement.
        self.plain.next = self.out_word.val();
        self.service.next = self.kept.q.val().service;
        self.outer_ecn.next = self.service.val().get_bits::<2>(0);
        self.version.next = self.plain.val().get_bits::<4>(28);
        self.is_first.next = self.out_valid.val() & self.kept.q.val().tunnel & (self.work.q.val().got == 0);
        self.inner_ecn.next = self.plain.val().get_bits::<2>(16);
        if self.version.val() == 6 {
            self.inner_ecn.next = self.plain.val().get_bits::<2>(20);
        }
        self.new_ecn.next = self.inner_ecn.val();
        if self.is_first.val() {
            self.work.d.next.delta = 0.into();
        }
        if (self.inner_ecn.val() == 2) & (self.outer_ecn.val() == 1) {
            self.new_ecn.next = 1.into();
            if self.is_first.val() {
                self.work.d.next.delta = 3.into();
            }
        }
        if (self.inner_ecn.val() == 2) & (self.outer_ecn.val() == 3) {
            self.new_ecn.next = 3.into();
            if self.is_first.val() {
                self.work.d.next.delta = 1.into();
            }
        }
        if (self.inner_ecn.val() == 1) & (self.outer_ecn.val() == 3) {
            self.new_ecn.next = 3.into();
            if self.is_first.val() {
                self.work.d.next.delta = 2.into();
            }
        }
        self.changes.next = (self.work.q.val().delta != 0) & (self.work.q.val().version == 4);

        // Does each byte end a row that began with 1?
        self.last_word.next = self.last.q.val();
        self.byte0.next = self.plain.val().get_bits::<8>(24);
        self.byte1.next = self.plain.val().get_bits::<8>(16);
        self.byte2.next = self.plain.val().get_bits::<8>(8);
        self.byte3.next = self.plain.val().get_bits::<8>(0);
        self.follow0.next = self.last_word.val().get_bits::<8>(0) + 1;
        self.follow1.next = self.byte0.val() + 1;
        self.follow2.next = self.byte1.val() + 1;
        self.follow3.next = self.byte2.val() + 1;
        self.row0.next = (self.byte0.val() == 1) | (self.work.q.val().row_end & (self.byte0.val() == self.follow0.val()));
        self.row1.next = (self.byte1.val() == 1) | (self.row0.val() & (self.byte1.val() == self.follow1.val()));
        self.row2.next = (self.byte2.val() == 1) | (self.row1.val() & (self.byte2.val() == self.follow2.val()));
        self.row3.next = (self.byte3.val() == 1) | (self.row2.val() & (self.byte3.val() == self.follow3.val()));

        // The trailer, once the last word is there, and the lengths that follow from it.
        self.next_header.next = self.last_word.val().get_bits::<8>(0);
        self.pad_length.next = bit_cast::<16, 8>(self.last_word.val().get_bits::<8>(8));
        self.pad_byte.next = self.last_word.val().get_bits::<8>(16);
        self.base.next = self.kept.q.val().upper_word;
        if self.kept.q.val().tunnel {
            self.base.next = self.ip_word.val();
        }
        self.commit_length.next = self.work.q.val().bytes;
        self.commit_words.next = self.work.q.val().words;
        self.commit_note.next = bit_cast::<13, 10>(self.kept.q.val().sa) | 0x40;
        if self.replay_frozen.val() {
            self.commit_note.next = bit_cast::<13, 10>(self.kept.q.val().sa) | 0x60;
        }
        if !self.kept.q.val().esp {
            self.commit_length.next = self.kept.q.val().length;
            self.commit_words.next = self.kept.q.val().words;
            self.commit_note.next = 0.into();
            if self.kept.q.val().to_host {
                self.commit_note.next = 0x80.into();
            }
        }

        // The addition: result or sum, and `term`. The lowest bit brings the carry in; to subtract is to add the complement and one. Unless a step says otherwise nothing is
        // added, and the result stays.
        self.augend.next = (bit_cast::<18, 16>(self.work.q.val().result) << 1) | 1;
        if self.work.q.val().sums {
            self.augend.next = (bit_cast::<18, 16>(self.work.q.val().sum) << 1) | 1;
        }
        if self.work.q.val().fresh {
            self.augend.next = 1.into();
        }
        self.negative.next = !self.work.q.val().term;
        self.added.next = self.work.q.val().term;
        if self.work.q.val().minus {
            self.added.next = self.negative.val();
        }
        self.carry_in.next = self.work.q.val().around;
        if !self.work.q.val().sums | self.work.q.val().fresh {
            self.carry_in.next = 0.into();
        }
        if self.work.q.val().minus {
            self.carry_in.next = 1.into();
        }
        self.addend.next = (bit_cast::<18, 16>(self.added.val()) << 1) | bit_cast::<18, 1>(self.carry_in.val());
        self.total.next = self.augend.val() + self.addend.val();
        self.total_bits.next = self.total.val().get_bits::<16>(1);
        if self.work.q.val().sums {
            self.work.d.next.sum = self.total_bits.val();
            self.work.d.next.around = self.total.val().get_bits::<1>(17);
        } else {
            self.work.d.next.result = self.total_bits.val();
        }
        self.checksum.next = !self.work.q.val().sum;
        self.work.d.next.sums = false;
        self.work.d.next.fresh = false;
        self.work.d.next.minus = false;
        self.work.d.next.term = 0.into();

        // The word that is changed last: 0 the end of the link header, 1 the length, 2 the checksum, 3 the naming byte. Taken out a clock before it is needed: that of the
        // first step in Judge, that of the second in the first.
        self.slot.next = 2.into();
        if self.state.q.val() == OpenState::Judge {
            self.slot.next = 1.into();
            if self.kept.q.val().tunnel {
                self.slot.next = 0.into();
            }
        }
        if (self.state.q.val() == OpenState::Patch) & !self.kept.q.val().tunnel & self.kept.q.val().ipv6 {
            self.slot.next = 3.into();
        }
        self.saved.read_address.next = self.slot.val();
        self.out_of_saved.d.next = self.saved.read_data.val();
        self.saved_word.next = self.out_of_saved.q.val();
        self.inverse_low.next = !self.saved_word.val().get_bits::<16>(0);
        self.inverse_high.next = !self.saved_word.val().get_bits::<16>(16);
        self.inverse_total.next = !self.kept.q.val().old_total;
        self.saves.next = self.kept.q.val().tunnel & self.out_valid.val() & (self.work.q.val().got == 2);
        self.saved.write_address.next = 2.into();
        if self.state.q.val() == OpenState::Link {
            self.saves.next = true;
            self.saved.write_address.next = 0.into();
        }
        if self.state.q.val() == OpenState::Head {
            self.saves.next = false;
            if self.kept.q.val().ipv6 & self.work.q.val().at_name {
                self.saves.next = true;
                self.saved.write_address.next = 3.into();
            }
            if !self.kept.q.val().ipv6 & (self.count.val() == 2) {
                self.saves.next = true;
                self.saved.write_address.next = 2.into();
            }
            if (self.kept.q.val().ipv6 & (self.count.val() == 1)) | (!self.kept.q.val().ipv6 & (self.count.val() == 0)) {
                self.saves.next = true;
                self.saved.write_address.next = 1.into();
            }
        }
        // As it shall be: the type of what follows, a length, a checksum, the next header.
        self.patched.next = (self.saved_word.val() & 0xffff0000u64) | bit_cast::<32, 16>(self.work.q.val().result);
        if self.kept.q.val().tunnel {
            self.patched.next = (self.saved_word.val() & 0xffff0000u64) | 0x0800;
            if self.next_header.val() == 41 {
                self.patched.next = (self.saved_word.val() & 0xffff0000u64) | 0x86dd;
            }
            if self.work.q.val().step == 1 {
                self.patched.next = (self.saved_word.val() & 0xffff0000u64) | bit_cast::<32, 16>(self.checksum.val());
            }
        } else if self.kept.q.val().ipv6 {
            self.patched.next = (self.saved_word.val() & 0x0000ffff) | (bit_cast::<32, 16>(self.work.q.val().result) << 16);
            if self.kept.q.val().name_lane == 2 {
                self.patched.next = (self.saved_word.val() & 0x000000ff)
                    | (bit_cast::<32, 8>(self.next_header.val()) << 8)
                    | (bit_cast::<32, 16>(self.work.q.val().result) << 16);
            }
            if self.work.q.val().step == 1 {
                self.patched.next = (self.saved_word.val() & 0x00ffffff) | (bit_cast::<32, 8>(self.next_header.val()) << 24);
            }
        } else if self.work.q.val().step == 1 {
            self.patched.next = (self.saved_word.val() & 0xff000000u64)
                | (bit_cast::<32, 8>(self.next_header.val()) << 16)
                | bit_cast::<32, 16>(self.checksum.val());
        }

        self.write.next = self.out_valid.val();
        self.offset.next = self.at.val();
        self.write_data.next = self.plain.val();
        if self.is_first.val() & (self.version.val() == 4) {
            self.write_data.next = (self.plain.val() & 0xfffcffffu64) | (bit_cast::<32, 2>(self.new_ecn.val()) << 16);
        }
        if self.is_first.val() & (self.version.val() == 6) {
            self.write_data.next = (self.plain.val() & 0xffcfffffu64) | (bit_cast::<32, 2>(self.new_ecn.val()) << 20);
        }
        if self.out_valid.val() {
            self.last.d.next = self.plain.val();
            self.work.d.next.row_end = self.row3.val();
            self.work.d.next.row_second = self.row1.val();
            if self.work.q.val().got != 3 {
                self.work.d.next.got = self.work.q.val().got + 1;
            }
            if self.is_first.val() {
                self.work.d.next.version = self.version.val();
                self.work.d.next.ecn = (self.inner_ecn.val() == 0) & (self.outer_ecn.val() == 3);
            }
        }

        // The ICV is compared word by word, one step per clock: take both words, compare, note.
        self.claimed.d.next = self.word.val();
        self.expected.d.next = self.tag[0].val();
        if self.count.val() == 1 {
            self.expected.d.next = self.tag[1].val();
        }
        if self.count.val() == 2 {
            self.expected.d.next = self.tag[2].val();
        }
        if self.count.val() == 3 {
            self.expected.d.next = self.tag[3].val();
        }
        self.work.d.next.compares = false;
        self.work.d.next.unequal = self.work.q.val().compares & (self.claimed.q.val() != self.expected.q.val());
        self.work.d.next.settled = self.work.q.val().taken & !self.work.q.val().compares;
        if self.work.q.val().unequal {
            self.work.d.next.differs = true;
        }

        match self.state.q.val() {
            OpenState::Idle => {
                self.reader.first.next = self.intake.val().start;
                self.work.d.next.offset = 0.into();
                self.work.d.next.count = 0.into();
                self.work.d.next.step = 0.into();
                self.work.d.next.following = 1.into();
                self.work.d.next.delta = 0.into();
                self.work.d.next.taken = false;
                self.work.d.next.got = 0.into();
                self.work.d.next.differs = false;
                self.work.d.next.row_end = false;
                self.work.d.next.ecn = false;
                self.work.d.next.version = 0.into();
                self.work.d.next.reason = self.intake.val().reason;
                self.work.d.next.code = 0.into();
                if self.go.val() {
                    self.accept.next = true;
                    self.kept.d.next = self.intake.val();
                    for i in 0..4 {
                        self.from[i].d.next = self.peer[i].val();
                    }
                    self.reader.start.next = true;
                    self.state.d.next = OpenState::Copy;
                    if self.intake.val().esp {
                        self.state.d.next = OpenState::Infer;
                    }
                    if self.intake.val().to_host {
                        self.work.d.next.code = self.code_fragment.val();
                    }
                    if self.intake.val().reason != 0 {
                        self.state.d.next = OpenState::Drop;
                    }
                    if self.intake.val().reason == self.reason_unknown.val() {
                        self.work.d.next.code = self.code_unknown.val();
                        self.state.d.next = OpenState::Event;
                    }
                }
            }
            OpenState::Copy => {
                self.reader.ready.next = true;
                self.write.next = self.reader.valid.val();
                self.write_data.next = self.word.val();
                if self.reader.valid.val() & self.work.q.val().at_end {
                    self.state.d.next = OpenState::Commit;
                    if self.kept.q.val().to_host {
                        self.state.d.next = OpenState::Event;
                    }
                }
            }
            OpenState::Infer => {
                self.work.d.next.step = 1.into();
                self.work.d.next.count = 0.into();
                self.replay_infer.next = self.work.q.val().step == 0;
                if self.replay_done.val() {
                    self.state.d.next = OpenState::Aad;
                }
            }
            OpenState::Aad => {
                self.in_valid.next = true;
                self.in_word.next = self.kept.q.val().spi;
                if self.count.val() == 1 {
                    self.in_word.next = self.replay_high.val();
                }
                if self.count.val() == 2 {
                    self.in_word.next = self.kept.q.val().low;
                }
                if self.in_ready.val() {
                    self.work.d.next.count = self.next_count.val();
                    if (self.count.val() == 0) & !self.kept.q.val().esn {
                        self.work.d.next.count = 2.into();
                    }
                    if self.count.val() == 2 {
                        self.work.d.next.count = 0.into();
                        self.state.d.next = OpenState::Close;
                    }
                }
            }
            OpenState::Close => {
                // GHASH is to work on the additional data while the headers are copied.
                self.in_valid.next = true;
                self.in_kind.next = 3.into();
                if self.in_ready.val() {
                    self.state.d.next = OpenState::Link;
                }
            }
            OpenState::Link => {
                self.reader.ready.next = true;
                self.write.next = self.reader.valid.val();
                self.write_data.next = self.word.val();
                if self.reader.valid.val() & self.work.q.val().at_packet {
                    self.state.d.next = OpenState::Head;
                    if self.kept.q.val().tunnel {
                        self.state.d.next = OpenState::Seek;
                    }
                }
            }
            OpenState::Head => {
                self.reader.ready.next = true;
                self.write.next = self.reader.valid.val();
                self.write_data.next = self.word.val();
                if self.reader.valid.val() {
                    // Only the first words of the header are told apart.
                    if self.count.val() != 15 {
                        self.work.d.next.count = self.next_count.val();
                    }
                    if self.work.q.val().at_upper {
                        self.state.d.next = OpenState::Seek;
                    }
                }
            }
            OpenState::Seek => {
                self.reader.start.next = true;
                self.state.d.next = OpenState::Text;
            }
            OpenState::Text => {
                self.in_kind.next = 1.into();
                self.in_valid.next = self.reader.valid.val();
                self.taken.next = self.reader.valid.val() & self.in_ready.val();
                if self.taken.val() {
                    self.reader.ready.next = true;
                    if self.work.q.val().last {
                        self.state.d.next = OpenState::Finish;
                    }
                }
            }
            OpenState::Finish => {
                self.in_valid.next = true;
                self.in_kind.next = 2.into();
                self.work.d.next.count = 0.into();
                self.work.d.next.step = 0.into();
                if self.in_ready.val() {
                    self.state.d.next = OpenState::Icv;
                }
            }
            OpenState::Icv => {
                // All four words, whatever the first says.
                if self.tag_valid.val() & self.reader.valid.val() & !self.work.q.val().taken {
                    self.reader.ready.next = true;
                    self.work.d.next.compares = true;
                    self.work.d.next.count = self.next_count.val();
                    if self.count.val() == 3 {
                        self.tag_take.next = true;
                        self.work.d.next.taken = true;
                    }
                }
                // Meanwhile the lengths that follow from the trailer: each step names what is added in the next, and takes what was added in this.
                self.work.d.next.step = self.work.q.val().step + 1;
                if self.work.q.val().step == 0 {
                    self.work.d.next.fresh = true;
                    self.work.d.next.term = self.cipher.val();
                }
                if self.work.q.val().step == 1 {
                    self.work.d.next.minus = true;
                    self.work.d.next.term = 2.into();
                }
                if self.work.q.val().step == 2 {
                    self.work.d.next.minus = true;
                    self.work.d.next.term = self.pad_length.val();
                }
                // The result is now the payload, unless the padding is too long.
                if self.work.q.val().step == 3 {
                    self.work.d.next.pad_long = !self.total.val().get_bit(17);
                    self.work.d.next.term = bit_cast::<16, 10>(self.base.val()) << 2;
                }
                if self.work.q.val().step == 4 {
                    self.work.d.next.minus = true;
                    self.work.d.next.term = 2.into();
                }
                if self.work.q.val().step == 5 {
                    self.work.d.next.bytes = self.total_bits.val();
                    self.work.d.next.term = 5.into();
                }
                if self.work.q.val().step == 6 {
                    self.work.d.next.words = self.total_bits.val().get_bits::<10>(2);
                    self.work.d.next.minus = true;
                    self.work.d.next.term = (bit_cast::<16, 10>(self.ip_word.val()) << 2) | 3;
                }
                // The packet's length (transport), or once more the payload (tunnel), which must have a header; an IPv6 header does not count itself.
                if self.work.q.val().step == 7 {
                    self.work.d.next.minus = true;
                    if self.kept.q.val().tunnel & (self.next_header.val() == 4) {
                        self.work.d.next.term = 20.into();
                    }
                    if (self.kept.q.val().tunnel & (self.next_header.val() == 41)) | (!self.kept.q.val().tunnel & self.kept.q.val().ipv6) {
                        self.work.d.next.term = 40.into();
                    }
                }
                // The checksum grows by what the header does (RFC 1624), or by what ECN has changed.
                if self.work.q.val().step == 8 {
                    self.work.d.next.short = !self.total.val().get_bit(17);
                    self.work.d.next.sums = true;
                    self.work.d.next.fresh = true;
                    self.work.d.next.term = bit_cast::<16, 2>(self.work.q.val().delta);
                    if self.work.q.val().delta == 3 {
                        self.work.d.next.term = 0xfffe.into();
                    }
                    if !self.kept.q.val().tunnel {
                        self.work.d.next.term = self.inverse_total.val();
                    }
                }
                if self.work.q.val().step == 9 {
                    self.work.d.next.sums = true;
                    if !self.kept.q.val().tunnel {
                        self.work.d.next.term = self.work.q.val().result;
                    }
                }
                if self.work.q.val().step == 10 {
                    self.work.d.next.sums = true;
                    self.work.d.next.term = self.inverse_low.val();
                }
                if self.work.q.val().step == 11 {
                    self.work.d.next.sums = true;
                    if !self.kept.q.val().tunnel {
                        self.work.d.next.term = self.inverse_high.val();
                    }
                }
                if self.work.q.val().step == 12 {
                    self.work.d.next.sums = true;
                    if !self.kept.q.val().tunnel {
                        self.work.d.next.term =
                            (bit_cast::<16, 8>(self.saved_word.val().get_bits::<8>(24)) << 8) | bit_cast::<16, 8>(self.next_header.val());
                    }
                }
                if self.work.q.val().step == 13 {
                    self.work.d.next.sums = true;
                }
                if self.work.q.val().step == 15 {
                    self.work.d.next.step = 15.into();
                    if self.work.q.val().settled {
                        self.state.d.next = OpenState::Verdict;
                    }
                }
            }
            OpenState::Verdict => {
                self.work.d.next.step = 0.into();
                self.state.d.next = OpenState::Replay;
                if self.work.q.val().differs {
                    self.work.d.next.reason = self.reason_icv.val();
                    self.work.d.next.code = self.code_icv.val();
                    self.state.d.next = OpenState::Event;
                }
            }
            OpenState::Replay => {
                self.work.d.next.step = 1.into();
                self.replay_check.next = self.work.q.val().step == 0;
                if self.replay_done.val() {
                    self.work.d.next.step = 0.into();
                    self.state.d.next = OpenState::Count;
                    if !self.replay_fresh.val() {
                        self.work.d.next.reason = self.reason_replay.val();
                        self.work.d.next.code = self.code_replay.val();
                        self.state.d.next = OpenState::Event;
                    }
                }
            }
            OpenState::Count => {
                self.sa_valid.next = true;
                if self.sa_ready.val() {
                    self.state.d.next = OpenState::Judge;
                }
            }
            OpenState::Judge => {
                self.work.d.next.step = 0.into();
                self.work.d.next.count = 0.into();
                self.state.d.next = OpenState::Patch;
                if self.kept.q.val().tunnel {
                    if self.work.q.val().ecn
                        & !self.work.q.val().short
                        & (((self.next_header.val() == 4) & (self.work.q.val().version == 4))
                            | ((self.next_header.val() == 41) & (self.work.q.val().version == 6)))
                    {
                        self.work.d.next.reason = self.reason_ecn.val();
                        self.state.d.next = OpenState::Drop;
                    }
                    if (self.next_header.val() != 4) & (self.next_header.val() != 41) {
                        self.work.d.next.reason = self.reason_next.val();
                        self.state.d.next = OpenState::Drop;
                    }
                }
                if self.next_header.val() == 59 {
                    self.work.d.next.reason = self.reason_dummy.val();
                    self.state.d.next = OpenState::Drop;
                }
                if self.work.q.val().pad_long
                    | ((self.pad_length.val() != 0)
                        & !(self.work.q.val().row_second & (self.pad_byte.val() == self.pad_length.val().get_bits::<8>(0))))
                {
                    self.work.d.next.reason = self.reason_padding.val();
                    self.state.d.next = OpenState::Drop;
                }
            }
            OpenState::Patch => {
                // What was not known when the headers were copied.
                self.work.d.next.step = self.work.q.val().step + 1;
                self.write.next = true;
                self.write_data.next = self.patched.val();
                self.offset.next = self.ip_word.val();
                self.state.d.next = OpenState::Commit;
                if self.kept.q.val().tunnel {
                    if self.work.q.val().step == 0 {
                        self.offset.next = self.ip_word.val() - 1;
                        if self.changes.val() {
                            self.state.d.next = OpenState::Patch;
                        }
                    } else {
                        self.offset.next = self.ip_word.val() + 2;
                    }
                } else if self.kept.q.val().ipv6 {
                    self.offset.next = self.ip_word.val() + 1;
                    if self.work.q.val().step == 1 {
                        self.offset.next = self.kept.q.val().name_word;
                    } else if self.kept.q.val().name_lane != 2 {
                        self.state.d.next = OpenState::Patch;
                    }
                } else if self.work.q.val().step == 1 {
                    self.offset.next = self.ip_word.val() + 2;
                } else {
                    self.state.d.next = OpenState::Patch;
                }
            }
            OpenState::Event => {
                self.event_valid.next = true;
                if self.event_ready.val() {
                    self.state.d.next = OpenState::Drop;
                    if self.kept.q.val().to_host {
                        self.state.d.next = OpenState::Fragment;
                    }
                }
            }
            OpenState::Fragment => {
                self.fragment_valid.next = true;
                if self.fragment_ready.val() {
                    self.state.d.next = OpenState::Commit;
                }
            }
            OpenState::Drop => {
                self.drop_valid.next = true;
                if self.drop_ready.val() {
                    self.free.next = true;
                    self.state.d.next = OpenState::Idle;
                }
            }
            OpenState::Commit => {
                self.commit.next = true;
                self.free.next = true;
                self.state.d.next = OpenState::Idle;
            }
            _ => {}
        }
        // What the next word is, known before it comes: the last of a header or of the frame, the one that names what follows, the last of the ciphertext.
        self.next_at.next = self.work.q.val().offset;
        self.next_following.next = self.work.q.val().following;
        if self.write.val() {
            self.next_at.next = self.work.q.val().following;
            self.next_following.next = self.work.q.val().following + 1;
        }
        // A comparison for equality: one for difference from zero keeps synthesisers from encoding the state anew.
        if !self.idle.val() {
            self.work.d.next.offset = self.next_at.val();
            self.work.d.next.following = self.next_following.val();
        }
        self.work.d.next.at_packet = self.next_following.val() == self.ip_word.val();
        self.work.d.next.at_upper = self.next_following.val() == self.kept.q.val().upper_word;
        self.work.d.next.at_end = self.next_following.val() == self.kept.q.val().words;
        self.work.d.next.at_name = self.next_at.val() == self.kept.q.val().name_word;
        self.left.next = self.work.q.val().left;
        self.next_left.next = self.left.val();
        if self.taken.val() {
            self.next_left.next = self.left.val() - 1;
        }
        if self.state.q.val() == OpenState::Infer {
            self.next_left.next = self.cipher.val().get_bits::<10>(2);
        }
        self.work.d.next.left = self.next_left.val();
        self.work.d.next.last = self.next_left.val() == 1;
        self.saved.write.next = self.saves.val();
        self.saved.write_data.next = self.write_data.val();
    }
}
