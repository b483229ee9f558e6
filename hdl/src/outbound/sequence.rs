use crate::cell::{row, Ram, Reg, Slots};
use crate::classify::Decision;
use crate::parse::Facts;
use crate::prelude::*;
use crate::stream::Frame;
use holdfast_registers::{map::event, EventCode, Reason};

/// What is to be done with a frame, complete: all that [`super::Encapsulate`] needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct Plan {
    /// Drop it for this reason, if not zero.
    pub reason: Bits<5>,
    /// Seal it; else, without a reason, it passes unchanged.
    pub seal: Bit,
    /// The frame is one of the device's own, read from the composer and not from the store.
    pub control: Bit,
    pub sa: SaIndex,
    pub start: Bits<10>,
    pub words: Bits<10>,
    pub length: Bits<16>,
    pub ip_word: Bits<3>,
    pub tunnel: Bit,
    /// Family of the outer header.
    pub ipv6: Bit,
    pub esn: Bit,
    /// Where the payload begins, its bytes, what it is.
    pub payload_word: Bits<10>,
    pub payload_bytes: Bits<16>,
    pub next_header: Bits<8>,
    /// Payload, padding and trailer.
    pub cipher_bytes: Bits<16>,
    /// Prepared words: which half of the header memory, how many.
    pub bank: Bit,
    pub header_words: Bits<5>,
    /// Transport mode: the packet's old and new length (IPv4: total, IPv6: payload), the protocol and where it is named.
    pub old_total: Bits<16>,
    pub new_total: Bits<16>,
    pub protocol: Bits<8>,
    pub patch_word: Bits<10>,
    pub patch_lane: Bits<2>,
}

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum SequenceState {
    Idle,
    Read,
    Starved,
    Advance,
    Keys,
    Begin,
    Head4,
    Head6,
    Tail,
    Address,
    Event,
    Offer,
}

/// A word of the outer headers.
#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum HeaderKind {
    /// As it came from the SAD.
    Data,
    First4,
    Identification,
    Hops4,
    First6,
    Hops6,
    UdpLength,
    Low,
    High,
}

/// A word of the outer headers that is to be made: whether, which, and where it goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct HeaderLine {
    pub write: Bit,
    pub kind: HeaderKind,
    pub place: Bits<5>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct SequenceWork {
    /// Step within the state.
    pub step: Bits<5>,
    /// Prepared words written so far.
    pub filled: Bits<4>,
    /// The addition of this clock: to the sum of the IPv4 header rather than to the last result, to nothing; of what was kept at `place` rather than of `term`; or its
    /// subtraction. The result is kept at `place`.
    pub sums: Bit,
    pub fresh: Bit,
    pub kept: Bit,
    pub minus: Bit,
    pub keeps: Bit,
    pub place: Bits<2>,
    pub term: Bits<16>,
    pub result: Bits<16>,
    /// One's complement sum of the outer IPv4 header, and its carry.
    pub sum: Bits<16>,
    pub around: Bits<1>,
    /// The sealed packet is longer than the MTU; not even an empty one would fit.
    pub over: Bit,
    pub nothing: Bit,
    /// The half of the next number that is looked at; a borrow or carry from the lower half; the number is below the limit.
    pub upper: Bit,
    pub borrow: Bits<1>,
    /// The limit is as high as limits go: all ones with ESN, not less than 2^32 without.
    pub at_end: Bit,
    pub known: Bit,
}

/// Takes the SA of a packet that is to be protected: fetches it, checks that the packet may use it, takes the next sequence number, gives key and
/// nonce to the cipher, and writes the outer headers into the header memory, so that nothing but copying is left to do.
///
/// The number is written back before the cipher is started, and no number at or above the limit is ever used. About 40 clocks to the start of the
/// cipher, 50 to 75 to `ready`; frames that are not to be sealed pass in two. A frame is begun only when the store behind has `room` for it and for one
/// still under way, so a frame begun is a frame finished, whatever the sink does; and not while `hold` (tables are being changed); `idle` says
/// that none is under way. A packet of a recorded SA whose limit has been reached waits for the recorder to raise it (`starved`), in a state in which tables may change.
/// `plan` stays while `ready`, until `accept`.
///
/// All lengths and the checksum of the outer header come from one adder of 16 bits, one addition per step: what it adds is put into a register a step before.
#[derive(LogicBlock, Ports)]
pub struct Sequence {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub hold: Signal<In, Bit>,
    pub idle: Signal<Out, Bit>,
    pub room: Signal<In, Bit>,
    pub go: Signal<In, Bit>,
    /// What `go` offers is a control datagram of the device's own.
    pub control: Signal<In, Bit>,
    /// A packet of a recorded SA may wait for a higher limit.
    pub may_wait: Signal<In, Bit>,
    /// A recorded SA has given a number away (a pulse): `used_index`, and the number in `job_nonce` 1 and 2. `used_control`: to a control datagram.
    pub used: Signal<Out, Bit>,
    pub used_control: Signal<Out, Bit>,
    pub used_index: Signal<Out, Bits<5>>,
    /// A packet waits for a higher limit: a pulse each time it looks, and a level.
    pub starving: Signal<Out, Bit>,
    pub starved: Signal<Out, Bit>,
    pub facts: Signal<In, Facts>,
    pub frame: Signal<In, Frame>,
    pub decision: Signal<In, Decision>,
    pub destination: [Signal<In, Bits<32>>; 4],
    pub take: Signal<Out, Bit>,
    pub sad_index: Signal<Out, Bits<5>>,
    pub sad_word: Signal<Out, Bits<5>>,
    pub sad_data: Signal<In, Bits<32>>,
    pub sad_valid: Signal<In, Bit>,
    pub sad_write: Signal<Out, Bit>,
    pub sad_write_word: Signal<Out, Bits<5>>,
    pub sad_write_data: Signal<Out, Bits<32>>,
    pub key_write: Signal<Out, Bit>,
    pub key_index: Signal<Out, Bits<3>>,
    pub key_word: Signal<Out, Bits<32>>,
    pub job_aes256: Signal<Out, Bit>,
    pub job_nonce: [Signal<Out, Bits<32>>; 3],
    pub job_blocks: Signal<Out, Bits<8>>,
    pub job_start: Signal<Out, Bit>,
    pub job_ready: Signal<In, Bit>,
    pub event_valid: Signal<Out, Bit>,
    pub event_ready: Signal<In, Bit>,
    pub event_head: Signal<Out, Bits<32>>,
    pub event_detail: Signal<Out, Bits<32>>,
    pub event_address: [Signal<Out, Bits<32>>; 4],
    /// Bank, then word; answered one clock later.
    pub header_address: Signal<In, Bits<5>>,
    pub header_word: Signal<Out, Bits<32>>,
    pub ready: Signal<Out, Bit>,
    pub plan: Signal<Out, Plan>,
    pub accept: Signal<In, Bit>,
    header: Ram<Bits<32>, 5>,
    /// Lengths: of the payload, the ciphertext, the packet that came, the packet that leaves.
    lengths: Slots<Bits<16>, 2>,
    /// The word on its way into the header memory: what the step before asked for, with the SAD's word of that step; then the word itself.
    line: Reg<HeaderLine>,
    late: Reg<Bits<32>>,
    header_write: Reg<Bit>,
    header_place: Reg<Bits<5>>,
    header_data: Reg<Bits<32>>,
    state: Reg<SequenceState>,
    work: Reg<SequenceWork>,
    made: Reg<Plan>,
    facts_kept: Reg<Facts>,
    data: Reg<Bits<32>>,
    flags: Reg<Bits<32>>,
    salt: Reg<Bits<32>>,
    next_low: Reg<Bits<32>>,
    next_high: Reg<Bits<32>>,
    code: Reg<Bits<8>>,
    address: [Reg<Bits<32>>; 4],
    no_sa: Constant<Bits<5>>,
    fragment: Constant<Bits<5>>,
    sequence_limit: Constant<Bits<5>>,
    too_big: Constant<Bits<5>>,
    code_limit: Constant<Bits<8>>,
    code_big: Constant<Bits<8>>,
    sa_valid_bit: Constant<Bits<32>>,
    ipv6_bit: Constant<Bits<32>>,
    is_tunnel: Signal<Local, Bit>,
    is_ipv6: Signal<Local, Bit>,
    is_udp: Signal<Local, Bit>,
    is_recorded: Signal<Local, Bit>,
    full: Signal<Local, Bit>,
    mtu: Signal<Local, Bits<16>>,
    hop: Signal<Local, Bits<8>>,
    protocol: Signal<Local, Bits<8>>,
    step: Signal<Local, Bits<5>>,
    writes_header: Signal<Local, Bit>,
    key_step: Signal<Local, Bits<5>>,
    blocks: Reg<Bits<8>>,
    sad_step: Signal<Local, Bits<5>>,
    dont_fragment: Signal<Local, Bit>,
    first_half: Signal<Local, Bits<16>>,
    inner: Signal<Local, Bits<16>>,
    from_start: Signal<Local, Bits<16>>,
    most: Signal<Local, Bits<16>>,
    augend: Signal<Local, Bits<18>>,
    positive: Signal<Local, Bits<16>>,
    negative: Signal<Local, Bits<16>>,
    added: Signal<Local, Bits<16>>,
    addend: Signal<Local, Bits<18>>,
    total: Signal<Local, Bits<18>>,
    total_bits: Signal<Local, Bits<16>>,
    carry_in: Signal<Local, Bits<1>>,
    rounded: Signal<Local, Bits<16>>,
    checksum: Signal<Local, Bits<16>>,
    number: Signal<Local, Bits<32>>,
    advanced: Signal<Local, Bits<33>>,
    limited: Signal<Local, Bits<34>>,
}

impl Default for Sequence {
    fn default() -> Self {
        let reason = |r: Reason| Constant::new((r.code() as u64).into());
        let code = |c: EventCode| Constant::new((c.code() as u64).into());
        Self {
            clock: Default::default(),
            reset: Default::default(),
            hold: Default::default(),
            idle: Default::default(),
            room: Default::default(),
            go: Default::default(),
            control: Default::default(),
            may_wait: Default::default(),
            used: Default::default(),
            used_control: Default::default(),
            used_index: Default::default(),
            starving: Default::default(),
            starved: Default::default(),
            facts: Default::default(),
            frame: Default::default(),
            decision: Default::default(),
            destination: row(),
            take: Default::default(),
            sad_index: Default::default(),
            sad_word: Default::default(),
            sad_data: Default::default(),
            sad_valid: Default::default(),
            sad_write: Default::default(),
            sad_write_word: Default::default(),
            sad_write_data: Default::default(),
            key_write: Default::default(),
            key_index: Default::default(),
            key_word: Default::default(),
            job_aes256: Default::default(),
            job_nonce: row(),
            job_blocks: Default::default(),
            job_start: Default::default(),
            job_ready: Default::default(),
            event_valid: Default::default(),
            event_ready: Default::default(),
            event_head: Default::default(),
            event_detail: Default::default(),
            event_address: row(),
            header_address: Default::default(),
            header_word: Default::default(),
            ready: Default::default(),
            plan: Default::default(),
            accept: Default::default(),
            header: Default::default(),
            lengths: Default::default(),
            line: Default::default(),
            late: Default::default(),
            header_write: Default::default(),
            header_place: Default::default(),
            header_data: Default::default(),
            state: Reg::new(SequenceState::Idle),
            work: Default::default(),
            made: Default::default(),
            facts_kept: Default::default(),
            data: Default::default(),
            flags: Default::default(),
            salt: Default::default(),
            next_low: Default::default(),
            next_high: Default::default(),
            code: Default::default(),
            address: row(),
            no_sa: reason(Reason::NoSa),
            fragment: reason(Reason::Fragment),
            sequence_limit: reason(Reason::SequenceLimit),
            too_big: reason(Reason::TooBig),
            code_limit: code(EventCode::SequenceLimit),
            code_big: code(EventCode::TooBig),
            sa_valid_bit: Constant::new((event::SA_VALID as u64).into()),
            ipv6_bit: Constant::new((event::IPV6 as u64).into()),
            is_tunnel: Default::default(),
            is_ipv6: Default::default(),
            is_udp: Default::default(),
            is_recorded: Default::default(),
            full: Default::default(),
            mtu: Default::default(),
            hop: Default::default(),
            protocol: Default::default(),
            step: Default::default(),
            writes_header: Default::default(),
            key_step: Default::default(),
            blocks: Default::default(),
            sad_step: Default::default(),
            dont_fragment: Default::default(),
            first_half: Default::default(),
            inner: Default::default(),
            from_start: Default::default(),
            most: Default::default(),
            augend: Default::default(),
            positive: Default::default(),
            negative: Default::default(),
            added: Default::default(),
            addend: Default::default(),
            total: Default::default(),
            total_bits: Default::default(),
            carry_in: Default::default(),
            rounded: Default::default(),
            checksum: Default::default(),
            number: Default::default(),
            advanced: Default::default(),
            limited: Default::default(),
        }
    }
}

impl Logic for Sequence {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, work, made, facts_kept, data, flags, salt, next_low, next_high, code, blocks);
        self.blocks.reset.next = self.reset.val();
        dff_setup!(self, clock, header_write, header_place, header_data, line, late);
        self.line.reset.next = self.reset.val();
        self.late.reset.next = self.reset.val();
        clock!(self, clock, header, lengths);
        self.header_write.reset.next = self.reset.val();
        self.header_place.reset.next = self.reset.val();
        self.header_data.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();
        self.work.reset.next = self.reset.val();
        self.made.reset.next = self.reset.val();
        self.facts_kept.reset.next = self.reset.val();
        self.data.reset.next = self.reset.val();
        self.flags.reset.next = self.reset.val();
        self.salt.reset.next = self.reset.val();
        self.next_low.reset.next = self.reset.val();
        self.next_high.reset.next = self.reset.val();
        self.code.reset.next = self.reset.val();
        for i in 0..4 {
            self.address[i].clock.next = self.clock.val();
            self.address[i].reset.next = self.reset.val();
            self.address[i].d.next = self.address[i].q.val();
            self.event_address[i].next = self.address[i].q.val();
        }

        // The SA, as far as it has been read.
        self.is_tunnel.next = self.flags.q.val().get_bit(0);
        self.is_udp.next = self.flags.q.val().get_bit(3);
        self.is_ipv6.next = self.flags.q.val().get_bit(4);
        self.is_recorded.next = self.flags.q.val().get_bit(5);
        self.full.next = self.data.q.val().all();
        self.hop.next = self.flags.q.val().get_bits::<8>(8);
        self.mtu.next = self.flags.q.val().get_bits::<16>(16);
        self.protocol.next = 50.into();
        if self.is_udp.val() {
            self.protocol.next = 17.into();
        }
        self.step.next = self.work.q.val().step;

        // The addition: result or sum, and what stands in `term` or was kept. The lowest bit brings the carry in; to subtract is to add the complement and one.
        self.augend.next = (bit_cast::<18, 16>(self.work.q.val().result) << 1) | 1;
        if self.work.q.val().sums {
            self.augend.next = (bit_cast::<18, 16>(self.work.q.val().sum) << 1) | 1;
        }
        if self.work.q.val().fresh {
            self.augend.next = 1.into();
        }
        self.positive.next = self.work.q.val().term;
        if self.work.q.val().kept {
            self.positive.next = self.lengths.read_data.val();
        }
        self.negative.next = !self.positive.val();
        self.added.next = self.positive.val();
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
        self.rounded.next = self.total_bits.val() & 0xfffc;
        self.lengths.write.next = self.work.q.val().keeps;
        self.lengths.write_address.next = self.work.q.val().place;
        self.lengths.write_data.next = self.total_bits.val();
        if self.work.q.val().place == 1 {
            self.lengths.write_data.next = self.rounded.val();
        }
        self.lengths.read_address.next = self.work.q.val().place;
        if self.work.q.val().sums {
            self.work.d.next.sum = self.total_bits.val();
            self.work.d.next.around = self.total.val().get_bits::<1>(17);
        } else {
            self.work.d.next.result = self.total_bits.val();
        }
        self.checksum.next = !self.work.q.val().sum;
        // Unless a step says otherwise nothing is added, and the result stays.
        self.work.d.next.sums = false;
        self.work.d.next.fresh = false;
        self.work.d.next.kept = false;
        self.work.d.next.minus = false;
        self.work.d.next.keeps = false;
        self.work.d.next.term = 0.into();

        // Bytes from the start of the frame to the packet, to what is to be sealed.
        self.from_start.next = bit_cast::<16, 3>(self.facts_kept.q.val().ip_word) << 2;
        self.inner.next = bit_cast::<16, 10>(self.facts_kept.q.val().insert_word) << 2;
        if self.is_tunnel.val() {
            self.inner.next = self.from_start.val();
        }
        // What is left of the MTU comes in whole words.
        self.most.next = self.work.q.val().result;
        self.first_half.next = bit_cast::<16, 8>(self.facts_kept.q.val().service) | 0x4500;
        // An IPv6 packet is never to be fragmented on the way, so the IPv4 header around it says so.
        self.dont_fragment.next = self.facts_kept.q.val().dont_fragment | self.facts_kept.q.val().ipv6;

        // The next number: one half of it less a half of the limit, or one more.
        self.number.next = self.next_low.q.val();
        if self.work.q.val().upper {
            self.number.next = self.next_high.q.val();
        }
        self.advanced.next = bit_cast::<33, 32>(self.number.val()) + bit_cast::<33, 1>(self.work.q.val().borrow);
        self.limited.next = (bit_cast::<34, 32>(self.number.val()) << 1)
            - ((bit_cast::<34, 32>(self.data.q.val()) << 1) | bit_cast::<34, 1>(self.work.q.val().borrow));

        // What everybody sees.
        self.starved.next = self.state.q.val() == SequenceState::Starved;
        self.idle.next = (self.state.q.val() == SequenceState::Idle) | (self.state.q.val() == SequenceState::Starved);
        self.starving.next = false;
        self.used.next = false;
        self.used_control.next = self.made.q.val().control;
        self.used_index.next = bit_cast::<5, 10>(self.made.q.val().sa);
        self.take.next = false;
        self.ready.next = self.state.q.val() == SequenceState::Offer;
        self.plan.next = self.made.q.val();
        self.sad_index.next = bit_cast::<5, 10>(self.made.q.val().sa);
        self.sad_word.next = 1.into();
        self.sad_step.next = self.step.val() + 18;
        self.data.d.next = self.sad_data.val();
        self.sad_write.next = false;
        self.sad_write_word.next = 20.into();
        self.sad_write_data.next = self.advanced.val().get_bits::<32>(0);
        self.key_write.next = false;
        self.key_step.next = self.step.val() - 2;
        self.key_index.next = self.key_step.val().get_bits::<3>(0);
        self.key_word.next = self.data.q.val();
        self.job_aes256.next = self.flags.q.val().get_bit(1);
        self.job_nonce[0].next = self.salt.q.val();
        self.job_nonce[1].next = self.next_high.q.val();
        self.job_nonce[2].next = self.next_low.q.val();
        self.job_blocks.next = self.blocks.q.val();
        self.job_start.next = false;
        self.event_valid.next = false;
        self.event_detail.next = self.data.q.val();
        if self.code.q.val() == self.code_big.val() {
            self.event_detail.next = bit_cast::<32, 16>(self.work.q.val().result);
            if self.work.q.val().nothing {
                self.event_detail.next = 0.into();
            }
        }
        self.event_head.next =
            bit_cast::<32, 8>(self.code.q.val()) | (bit_cast::<32, 10>(self.made.q.val().sa) << 8) | self.sa_valid_bit.val();
        if self.made.q.val().ipv6 {
            self.event_head.next = bit_cast::<32, 8>(self.code.q.val())
                | (bit_cast::<32, 10>(self.made.q.val().sa) << 8)
                | self.sa_valid_bit.val()
                | self.ipv6_bit.val();
        }

        // The header memory: one word per step of the Head, Udp and Esp states.
        self.writes_header.next = false;
        self.line.d.next.kind = HeaderKind::Data;
        self.header.read_address.next = self.header_address.val();
        self.header_word.next = self.header.read_data.val();

        self.work.d.next.step = self.step.val() + 1;
        match self.state.q.val() {
            SequenceState::Idle => {
                self.work.d.next.step = 0.into();
                self.work.d.next.filled = 0.into();
                if self.go.val() & (self.room.val() | (self.decision.val().reason != 0)) & !self.hold.val() {
                    self.take.next = true;
                    self.facts_kept.d.next = self.facts.val();
                    for i in 0..4 {
                        self.address[i].d.next = self.destination[i].val();
                    }
                    self.made.d.next.reason = self.decision.val().reason;
                    self.made.d.next.seal = self.decision.val().protect;
                    self.made.d.next.control = self.control.val();
                    self.made.d.next.sa = self.decision.val().sa;
                    self.made.d.next.start = self.frame.val().start;
                    self.made.d.next.words = self.frame.val().words;
                    self.made.d.next.length = self.frame.val().length;
                    self.made.d.next.ip_word = self.facts.val().ip_word;
                    self.made.d.next.patch_word = self.facts.val().patch_word;
                    self.made.d.next.patch_lane = self.facts.val().patch_lane;
                    self.state.d.next = SequenceState::Offer;
                    if self.decision.val().protect {
                        self.state.d.next = SequenceState::Read;
                    }
                }
            }
            SequenceState::Read => {
                // Asked for in steps 0 to 10: flags, salt, next, limit, twice the first word of each address, next once more; the answers come two steps later.
                self.sad_word.next = self.sad_step.val();
                if self.step.val() == 0 {
                    self.sad_word.next = 0.into();
                }
                if self.step.val() == 1 {
                    self.sad_word.next = 2.into();
                }
                if (self.step.val() == 6) | (self.step.val() == 7) {
                    self.sad_word.next = 12.into();
                }
                if (self.step.val() == 8) | (self.step.val() == 9) {
                    self.sad_word.next = 16.into();
                }
                if self.step.val() == 10 {
                    self.sad_word.next = 20.into();
                }
                // What is to be added in the next step, and what has been.
                if self.step.val() == 2 {
                    self.flags.d.next = self.data.q.val();
                    self.work.d.next.known = self.sad_valid.val();
                }
                if self.step.val() == 3 {
                    self.salt.d.next = self.data.q.val();
                    self.work.d.next.fresh = true;
                    self.work.d.next.term = self.facts_kept.q.val().finish;
                }
                if self.step.val() == 4 {
                    self.next_low.d.next = self.data.q.val();
                    self.work.d.next.minus = true;
                    self.work.d.next.term = self.inner.val();
                    self.work.d.next.keeps = true;
                    self.work.d.next.place = 0.into();
                }
                if self.step.val() == 5 {
                    self.next_high.d.next = self.data.q.val();
                    self.work.d.next.upper = false;
                    self.work.d.next.borrow = 0.into();
                    self.made.d.next.payload_bytes = self.total_bits.val();
                    self.work.d.next.term = 5.into();
                    self.work.d.next.keeps = true;
                    self.work.d.next.place = 1.into();
                }
                if self.step.val() == 6 {
                    self.work.d.next.at_end = self.full.val();
                    self.work.d.next.upper = true;
                    self.work.d.next.borrow = self.limited.val().get_bits::<1>(33);
                    self.made.d.next.cipher_bytes = self.rounded.val();
                    self.work.d.next.term = 12.into();
                }
                if self.step.val() == 7 {
                    self.work.d.next.at_end = self.data.q.val() != 0;
                    if self.flags.q.val().get_bit(2) {
                        self.work.d.next.at_end = self.work.q.val().at_end & self.full.val();
                    }
                    self.work.d.next.borrow = self.limited.val().get_bits::<1>(33);
                    self.blocks.d.next = self.total_bits.val().get_bits::<8>(4);
                    self.work.d.next.fresh = true;
                    self.work.d.next.term = self.facts_kept.q.val().finish;
                }
                // The addresses and the identification of an outer IPv4 header.
                if (self.step.val() == 8) | (self.step.val() == 10) {
                    self.work.d.next.sums = true;
                    self.work.d.next.fresh = self.step.val() == 8;
                    self.work.d.next.term = self.data.q.val().get_bits::<16>(16);
                }
                if (self.step.val() == 9) | (self.step.val() == 11) | (self.step.val() == 12) {
                    self.work.d.next.sums = true;
                    self.work.d.next.term = self.data.q.val().get_bits::<16>(0);
                }
                if self.step.val() == 13 {
                    self.work.d.next.minus = true;
                    self.work.d.next.term = self.from_start.val();
                    self.work.d.next.keeps = true;
                    self.work.d.next.place = 2.into();
                }
                // The outer header: what stands before the payload (transport), or its own length (tunnel); with UDP, ESP's header, trailer and ICV.
                if self.step.val() == 14 {
                    self.made.d.next.old_total = self.total_bits.val();
                    self.work.d.next.minus = true;
                    self.work.d.next.kept = true;
                    self.work.d.next.place = 0.into();
                }
                if self.step.val() == 15 {
                    self.work.d.next.term = 32.into();
                    if self.is_udp.val() {
                        self.work.d.next.term = 40.into();
                    }
                }
                if self.step.val() == 16 {
                    if self.is_tunnel.val() {
                        self.work.d.next.term = 20.into();
                        if self.is_ipv6.val() {
                            self.work.d.next.term = 40.into();
                        }
                    }
                }
                if self.step.val() == 17 {
                    self.work.d.next.kept = true;
                    self.work.d.next.place = 1.into();
                }
                if self.step.val() == 18 {
                    self.work.d.next.keeps = true;
                    self.work.d.next.place = 3.into();
                }
                if self.step.val() == 19 {
                    self.made.d.next.new_total = self.total_bits.val();
                    self.work.d.next.minus = true;
                    if self.made.q.val().ipv6 {
                        self.work.d.next.term = 40.into();
                    }
                }
                if self.step.val() == 20 {
                    self.made.d.next.new_total = self.total_bits.val();
                    self.work.d.next.fresh = true;
                    self.work.d.next.term = self.mtu.val();
                }
                if self.step.val() == 21 {
                    self.work.d.next.minus = true;
                    self.work.d.next.kept = true;
                    self.work.d.next.place = 3.into();
                }
                if self.step.val() == 22 {
                    self.work.d.next.over = (self.mtu.val() != 0) & !self.total.val().get_bit(17);
                    self.work.d.next.kept = true;
                    self.work.d.next.place = 1.into();
                }
                if self.step.val() == 3 {
                    self.made.d.next.payload_word = self.facts_kept.q.val().insert_word;
                    self.made.d.next.next_header = self.facts_kept.q.val().insert_protocol;
                    self.made.d.next.tunnel = self.is_tunnel.val();
                    self.made.d.next.ipv6 = self.facts_kept.q.val().ipv6;
                    self.made.d.next.esn = self.flags.q.val().get_bit(2);
                    self.made.d.next.protocol = self.protocol.val();
                    if self.is_tunnel.val() {
                        self.made.d.next.payload_word = bit_cast::<10, 3>(self.facts_kept.q.val().ip_word);
                        self.made.d.next.ipv6 = self.is_ipv6.val();
                        self.made.d.next.next_header = 4.into();
                        if self.facts_kept.q.val().ipv6 {
                            self.made.d.next.next_header = 41.into();
                        }
                    }
                }
                if self.step.val() == 23 {
                    self.work.d.next.step = 0.into();
                    self.work.d.next.upper = false;
                    self.work.d.next.borrow = 1.into();
                    self.state.d.next = SequenceState::Advance;
                    self.code.d.next = self.code_limit.val();
                    // What is left of the MTU, if the packet is too long: below zero where nothing carries.
                    self.work.d.next.nothing = !self.total.val().get_bit(17) | (self.rounded.val() == 0);
                    // The first of what is added while the number is advanced.
                    self.work.d.next.sums = true;
                    self.work.d.next.term = self.first_half.val();
                    if self.work.q.val().borrow == 0 {
                        self.made.d.next.reason = self.sequence_limit.val();
                        self.made.d.next.seal = false;
                        self.work.d.next.sums = false;
                        self.state.d.next = SequenceState::Address;
                        // The limit of 32 bits, of 64 with ESN, is the end.
                        if self.is_recorded.val() & self.may_wait.val() & !self.work.q.val().at_end {
                            self.made.d.next.reason = 0.into();
                            self.made.d.next.seal = true;
                            self.starving.next = true;
                            self.state.d.next = SequenceState::Starved;
                        }
                    }
                    if self.work.q.val().over {
                        self.made.d.next.reason = self.too_big.val();
                        self.made.d.next.seal = false;
                        self.code.d.next = self.code_big.val();
                        self.work.d.next.sums = false;
                        self.work.d.next.term = 0.into();
                        self.state.d.next = SequenceState::Address;
                    }
                    if !self.is_tunnel.val() & self.facts_kept.q.val().fragment {
                        self.made.d.next.reason = self.fragment.val();
                        self.made.d.next.seal = false;
                        self.state.d.next = SequenceState::Offer;
                    }
                    if !self.work.q.val().known | (!self.is_tunnel.val() & (self.is_ipv6.val() != self.facts_kept.q.val().ipv6)) {
                        self.made.d.next.reason = self.no_sa.val();
                        self.made.d.next.seal = false;
                        self.state.d.next = SequenceState::Offer;
                    }
                }
            }
            // Nothing is in flight here, so tables may change; then the SA is looked at again.
            SequenceState::Starved => {
                self.work.d.next.step = 0.into();
                if !self.hold.val() {
                    self.state.d.next = SequenceState::Read;
                }
            }
            SequenceState::Advance => {
                self.sad_write.next = (self.step.val() == 0) | (self.step.val() == 1);
                self.work.d.next.upper = true;
                self.work.d.next.borrow = self.advanced.val().get_bits::<1>(32);
                self.work.d.next.sums = true;
                if self.step.val() == 0 {
                    self.work.d.next.term = (bit_cast::<16, 8>(self.hop.val()) << 8) | bit_cast::<16, 8>(self.protocol.val());
                }
                if self.step.val() == 1 {
                    self.used.next = self.is_recorded.val();
                    self.sad_write_word.next = 21.into();
                    if self.dont_fragment.val() {
                        self.work.d.next.term = 0x4000.into();
                    }
                    if !self.is_tunnel.val() | self.is_ipv6.val() {
                        self.work.d.next.step = 0.into();
                        self.state.d.next = SequenceState::Keys;
                    }
                }
                if self.step.val() == 2 {
                    self.work.d.next.kept = true;
                    self.work.d.next.place = 3.into();
                }
                if self.step.val() == 4 {
                    self.work.d.next.sums = false;
                    self.work.d.next.step = 0.into();
                    self.state.d.next = SequenceState::Keys;
                }
            }
            SequenceState::Keys => {
                self.sad_word.next = self.step.val() + 4;
                self.key_write.next = self.step.val() >= 2;
                if self.step.val() == 9 {
                    self.state.d.next = SequenceState::Begin;
                }
                if !self.job_ready.val() {
                    self.key_write.next = false;
                    self.work.d.next.step = 0.into();
                    self.state.d.next = SequenceState::Keys;
                }
            }
            SequenceState::Begin => {
                self.job_start.next = true;
                self.made.d.next.bank = !self.made.q.val().bank;
                self.work.d.next.step = 0.into();
                self.state.d.next = SequenceState::Tail;
                if self.is_tunnel.val() {
                    self.state.d.next = SequenceState::Head4;
                    if self.is_ipv6.val() {
                        self.state.d.next = SequenceState::Head6;
                    }
                }
            }
            SequenceState::Head4 => {
                // Words 3 and 4 are the addresses, asked for two steps before.
                self.writes_header.next = true;
                if self.step.val() == 0 {
                    self.line.d.next.kind = HeaderKind::First4;
                }
                if self.step.val() == 1 {
                    self.sad_word.next = 12.into();
                    self.line.d.next.kind = HeaderKind::Identification;
                }
                if self.step.val() == 2 {
                    self.sad_word.next = 16.into();
                    self.line.d.next.kind = HeaderKind::Hops4;
                }
                if self.step.val() == 4 {
                    self.work.d.next.step = 0.into();
                    self.state.d.next = SequenceState::Tail;
                }
            }
            SequenceState::Head6 => {
                // Words 2 to 9 are the addresses, SA words 12 to 19, asked for two steps before.
                self.sad_word.next = self.step.val() + 12;
                self.writes_header.next = true;
                if self.step.val() == 0 {
                    self.line.d.next.kind = HeaderKind::First6;
                }
                if self.step.val() == 1 {
                    self.line.d.next.kind = HeaderKind::Hops6;
                }
                if self.step.val() == 9 {
                    self.work.d.next.step = 0.into();
                    self.state.d.next = SequenceState::Tail;
                }
            }
            SequenceState::Tail => {
                // UDP's ports and length, then SPI, number and IV. Ports and SPI are asked for two steps before.
                if self.step.val() == 0 {
                    self.sad_word.next = 3.into();
                }
                if self.step.val() == 1 {
                    self.work.d.next.fresh = true;
                    self.work.d.next.kept = true;
                    self.work.d.next.place = 1.into();
                }
                if self.step.val() == 2 {
                    self.writes_header.next = self.is_udp.val();
                    self.work.d.next.term = 40.into();
                }
                if self.step.val() == 3 {
                    self.writes_header.next = self.is_udp.val();
                    self.line.d.next.kind = HeaderKind::UdpLength;
                }
                if self.step.val().get_bit(2) {
                    self.writes_header.next = true;
                }
                if (self.step.val() == 5) | (self.step.val() == 7) {
                    self.line.d.next.kind = HeaderKind::Low;
                }
                if self.step.val() == 6 {
                    self.line.d.next.kind = HeaderKind::High;
                }
                if self.step.val() == 7 {
                    self.made.d.next.header_words = bit_cast::<5, 4>(self.work.q.val().filled) + 1;
                    self.state.d.next = SequenceState::Offer;
                }
            }
            SequenceState::Address => {
                // An event names the peer: in tunnel mode that of the SA.
                if self.step.val() < 4 {
                    self.sad_word.next = self.step.val() + 16;
                }
                // The largest packet that fits: what is left of the MTU in whole words, less the trailer's two bytes, and in transport mode the header.
                if self.step.val() == 0 {
                    self.work.d.next.minus = true;
                    self.work.d.next.term = bit_cast::<16, 2>(self.most.val().get_bits::<2>(0)) + 2;
                }
                if self.step.val() == 1 {
                    self.work.d.next.kept = true;
                    self.work.d.next.place = 2.into();
                }
                if self.step.val() == 2 {
                    self.work.d.next.minus = true;
                    self.work.d.next.kept = true;
                    self.work.d.next.place = 0.into();
                }
                if self.is_tunnel.val() & (self.step.val() >= 2) {
                    self.address[0].d.next = self.address[1].q.val();
                    self.address[1].d.next = self.address[2].q.val();
                    self.address[2].d.next = self.address[3].q.val();
                    self.address[3].d.next = self.data.q.val();
                }
                if self.step.val() == 5 {
                    self.state.d.next = SequenceState::Event;
                }
            }
            SequenceState::Event => {
                self.event_valid.next = true;
                if self.event_ready.val() {
                    self.state.d.next = SequenceState::Offer;
                }
            }
            SequenceState::Offer => {
                if self.accept.val() {
                    self.state.d.next = SequenceState::Idle;
                }
            }
            _ => {}
        }
        self.late.d.next = self.data.q.val();
        self.line.d.next.write = self.writes_header.val();
        self.line.d.next.place = bit_cast::<5, 4>(self.work.q.val().filled);
        if self.made.q.val().bank {
            self.line.d.next.place = bit_cast::<5, 4>(self.work.q.val().filled) | 16;
        }
        self.header_write.d.next = self.line.q.val().write;
        self.header_place.d.next = self.line.q.val().place;
        self.header_data.d.next = self.late.q.val();
        match self.line.q.val().kind {
            HeaderKind::First4 => {
                self.header_data.d.next =
                    (bit_cast::<32, 16>(self.first_half.val()) << 16) | bit_cast::<32, 16>(self.made.q.val().new_total);
            }
            HeaderKind::Identification => {
                self.header_data.d.next = bit_cast::<32, 16>(self.next_low.q.val().get_bits::<16>(0)) << 16;
                if self.dont_fragment.val() {
                    self.header_data.d.next = (bit_cast::<32, 16>(self.next_low.q.val().get_bits::<16>(0)) << 16) | 0x4000;
                }
            }
            HeaderKind::Hops4 => {
                self.header_data.d.next = (bit_cast::<32, 8>(self.hop.val()) << 24)
                    | (bit_cast::<32, 8>(self.protocol.val()) << 16)
                    | bit_cast::<32, 16>(self.checksum.val());
            }
            HeaderKind::First6 => {
                self.header_data.d.next = (bit_cast::<32, 8>(self.facts_kept.q.val().service) << 20) | 0x60000000;
            }
            HeaderKind::Hops6 => {
                self.header_data.d.next = (bit_cast::<32, 16>(self.made.q.val().new_total) << 16)
                    | (bit_cast::<32, 8>(self.protocol.val()) << 8)
                    | bit_cast::<32, 8>(self.hop.val());
            }
            // The sum of the step before is in the result by now.
            HeaderKind::UdpLength => {
                self.header_data.d.next = bit_cast::<32, 16>(self.work.q.val().result) << 16;
            }
            HeaderKind::Low => {
                self.header_data.d.next = self.next_low.q.val();
            }
            HeaderKind::High => {
                self.header_data.d.next = self.next_high.q.val();
            }
            _ => {}
        }
        self.header.write.next = self.header_write.q.val();
        self.header.write_address.next = self.header_place.q.val();
        self.header.write_data.next = self.header_data.q.val();
        if self.writes_header.val() {
            self.work.d.next.filled = self.work.q.val().filled + 1;
        }
    }
}
