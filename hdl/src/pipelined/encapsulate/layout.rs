use crate::cell::{row, Block128, JoinWords, Reg};
use crate::outbound::Plan;
use crate::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum LayoutState {
    Idle,
    /// The composer's words are brought into reach.
    Gather,
    Drop,
    Copy,
    /// What a block of the old headers is, is found out; the checksum is made; it is written.
    Look,
    Sum,
    Patch,
    /// The new headers.
    Outer,
    /// The cipher takes the text.
    Text,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct LayoutWork {
    /// Words written to the new frame.
    pub offset: Bits<12>,
    /// Blocks of the old frame that were written.
    pub block: Bits<10>,
    /// None of them was.
    pub first: Bit,
    /// The block looked at is the last of those to be written.
    pub last: Bit,
    /// Blocks of prepared words asked for.
    pub count: Bits<3>,
    pub step: Bits<3>,
    /// One's complement sum for the checksum of a rewritten IPv4 header, its carry, and what is added to it in this clock, or to nothing.
    pub sum: Bits<16>,
    pub around: Bits<1>,
    pub term: Bits<16>,
    pub adds: Bit,
    pub fresh: Bit,
}

/// What is told of the plan in hand, a clock after it came about: `plan_kept` and the words written stand that long.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct LayoutSaid {
    pub told: Bit,
    pub dropped: Bit,
    pub free: Bit,
    pub control_done: Bit,
}

/// The first part of [`WideEncapsulate`](super::WideEncapsulate): writes the headers of a new frame, or a whole frame that passes unchanged, and has [`SealText`](super::SealText) give the rest to the cipher.
///
/// A plan is taken when `ready` (whoever finishes the frame can take it). `told`, a pulse, when all of it that this block writes is written; for a frame to be sealed that is when its text begins. `kept` and `written` are those of
/// that plan in the clock of `told`, `dropped`, `free` and `control_done`, though the next plan may be accepted in it.
/// Every write waits for `may_write`. Clocks: a frame that passes one per 16 bytes and six more; a frame to be sealed ten and one per 16 bytes of the new headers; for each block of the old ones beyond the first two more, seven for the checksum of transport mode, and
/// five where the payload does not begin with a block.
#[derive(LogicBlock, Ports)]
pub struct Layout {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub idle: Signal<Out, Bit>,
    pub go: Signal<In, Bit>,
    pub plan: Signal<In, Plan>,
    pub accept: Signal<Out, Bit>,
    pub ready: Signal<In, Bit>,
    pub told: Signal<Out, Bit>,
    /// A plan ended without a frame, a pulse.
    pub dropped: Signal<Out, Bit>,
    /// Words written.
    pub written: Signal<Out, Bits<12>>,
    /// The plan in hand.
    pub kept: Signal<Out, Plan>,
    /// The prepared words of the plan in hand, four at a time, a clock after `header_row`; and those that go into the additional data, which stand as long as the plan does that is offered.
    pub header_row: Signal<Out, Bits<2>>,
    pub header_block: Signal<In, Block128>,
    pub header_spi: Signal<In, Bits<32>>,
    pub header_high: Signal<In, Bits<32>>,
    pub header_low: Signal<In, Bits<32>>,
    /// Of the old frame: where reading begins; its blocks.
    pub read_start: Signal<Out, Bit>,
    pub read_first: Signal<Out, Bits<12>>,
    pub read_valid: Signal<In, Bit>,
    pub read_block: Signal<In, Block128>,
    pub read_ready: Signal<Out, Bit>,
    /// The composer's frame is to be gathered, and is.
    pub gather: Signal<Out, Bit>,
    pub gathered: Signal<In, Bit>,
    /// The text, see [`SealText`](super::SealText); the additional data.
    pub text_start: Signal<Out, Bit>,
    pub text_done: Signal<In, Bit>,
    pub spi: Signal<Out, Bits<32>>,
    pub number_high: Signal<Out, Bits<32>>,
    pub number_low: Signal<Out, Bits<32>>,
    /// A block of the old frame that passes is read for the last time.
    pub copies: Signal<Out, Bit>,
    /// The old frame is done with.
    pub free: Signal<Out, Bit>,
    pub control_done: Signal<Out, Bit>,
    pub may_write: Signal<In, Bit>,
    pub write: Signal<Out, Bits<4>>,
    pub offset: Signal<Out, Bits<12>>,
    pub write_data: Signal<Out, Block128>,
    pub drop_valid: Signal<Out, Bit>,
    pub drop_ready: Signal<In, Bit>,
    state: Reg<LayoutState>,
    work: Reg<LayoutWork>,
    said: Reg<LayoutSaid>,
    plan_kept: Reg<Plan>,
    spi_kept: Reg<Bits<32>>,
    high_kept: Reg<Bits<32>>,
    low_kept: Reg<Bits<32>>,
    /// Of the block in hand: the words to be written, and those in which something changes: the type of the link header, the total length and the checksum of IPv4, the payload length of
    /// IPv6, the next header of IPv6 or of its last extension header.
    kept_lanes: Reg<Bits<4>>,
    type_lane: Reg<Bits<4>>,
    total_lane: Reg<Bits<4>>,
    sum_lane: Reg<Bits<4>>,
    length_lane: Reg<Bits<4>>,
    named_lane: Reg<Bits<4>>,
    joined: JoinWords,
    old: [Signal<Local, Bits<32>>; 4],
    new: [Signal<Local, Bits<32>>; 4],
    header_words: [Signal<Local, Bits<32>>; 4],
    /// Words of the old frame before the payload; of those the blocks before the one in hand; what is left.
    words: Signal<Local, Bits<12>>,
    passed: Signal<Local, Bits<12>>,
    left: Signal<Local, Bits<12>>,
    lanes: Signal<Local, Bits<4>>,
    ether_type: Signal<Local, Bits<32>>,
    ip_word: Signal<Local, Bits<3>>,
    patch_word: Signal<Local, Bits<10>>,
    has_tag: Signal<Local, Bit>,
    transport: Signal<Local, Bit>,
    named: Signal<Local, Bits<32>>,
    inverse_total: Signal<Local, Bits<16>>,
    inverse_checksum: Signal<Local, Bits<16>>,
    inverse_named: Signal<Local, Bits<16>>,
    augend: Signal<Local, Bits<18>>,
    addend: Signal<Local, Bits<18>>,
    total: Signal<Local, Bits<18>>,
    checksum: Signal<Local, Bits<16>>,
    /// The block of prepared words after that which is here, that which is here, and the words from it on.
    next_row: Signal<Local, Bits<3>>,
    this_row: Signal<Local, Bits<3>>,
    prepared: Signal<Local, Bits<5>>,
    patches: Signal<Local, Bit>,
    payload_at: Signal<Local, Bits<12>>,
    wrote: Signal<Local, Bits<12>>,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            idle: Default::default(),
            go: Default::default(),
            plan: Default::default(),
            accept: Default::default(),
            ready: Default::default(),
            told: Default::default(),
            dropped: Default::default(),
            written: Default::default(),
            kept: Default::default(),
            header_row: Default::default(),
            header_block: Default::default(),
            header_spi: Default::default(),
            header_high: Default::default(),
            header_low: Default::default(),
            read_start: Default::default(),
            read_first: Default::default(),
            read_valid: Default::default(),
            read_block: Default::default(),
            read_ready: Default::default(),
            gather: Default::default(),
            gathered: Default::default(),
            text_start: Default::default(),
            text_done: Default::default(),
            spi: Default::default(),
            number_high: Default::default(),
            number_low: Default::default(),
            copies: Default::default(),
            free: Default::default(),
            control_done: Default::default(),
            may_write: Default::default(),
            write: Default::default(),
            offset: Default::default(),
            write_data: Default::default(),
            drop_valid: Default::default(),
            drop_ready: Default::default(),
            state: Reg::new(LayoutState::Idle),
            work: Default::default(),
            said: Default::default(),
            plan_kept: Default::default(),
            spi_kept: Default::default(),
            high_kept: Default::default(),
            low_kept: Default::default(),
            kept_lanes: Default::default(),
            type_lane: Default::default(),
            total_lane: Default::default(),
            sum_lane: Default::default(),
            length_lane: Default::default(),
            named_lane: Default::default(),
            joined: Default::default(),
            old: row(),
            new: row(),
            header_words: row(),
            words: Default::default(),
            passed: Default::default(),
            left: Default::default(),
            lanes: Default::default(),
            ether_type: Default::default(),
            ip_word: Default::default(),
            patch_word: Default::default(),
            has_tag: Default::default(),
            transport: Default::default(),
            named: Default::default(),
            inverse_total: Default::default(),
            inverse_checksum: Default::default(),
            inverse_named: Default::default(),
            augend: Default::default(),
            addend: Default::default(),
            total: Default::default(),
            checksum: Default::default(),
            next_row: Default::default(),
            this_row: Default::default(),
            prepared: Default::default(),
            patches: Default::default(),
            payload_at: Default::default(),
            wrote: Default::default(),
        }
    }
}

impl Logic for Layout {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, work, said, plan_kept, kept_lanes, type_lane, total_lane, sum_lane, length_lane, named_lane);
        self.state.reset.next = self.reset.val();
        self.work.reset.next = self.reset.val();
        self.said.reset.next = self.reset.val();
        self.plan_kept.reset.next = self.reset.val();
        self.kept_lanes.reset.next = self.reset.val();
        self.type_lane.reset.next = self.reset.val();
        self.total_lane.reset.next = self.reset.val();
        self.sum_lane.reset.next = self.reset.val();
        self.length_lane.reset.next = self.reset.val();
        self.named_lane.reset.next = self.reset.val();
        dff_setup!(self, clock, spi_kept, high_kept, low_kept);
        self.spi_kept.reset.next = self.reset.val();
        self.high_kept.reset.next = self.reset.val();
        self.low_kept.reset.next = self.reset.val();

        self.idle.next = (self.state.q.val() == LayoutState::Idle) & !self.said.q.val().told;
        self.accept.next = false;
        self.told.next = self.said.q.val().told;
        self.dropped.next = self.said.q.val().dropped;
        self.free.next = self.said.q.val().free;
        self.control_done.next = self.said.q.val().control_done;
        self.said.d.next.told = false;
        self.said.d.next.dropped = false;
        self.said.d.next.free = false;
        self.said.d.next.control_done = false;
        self.kept.next = self.plan_kept.q.val();
        self.copies.next = false;
        self.gather.next = false;
        self.read_start.next = false;
        self.read_first.next = bit_cast::<12, 10>(self.plan_kept.q.val().start) << 2;
        self.read_ready.next = false;
        self.text_start.next = false;
        self.drop_valid.next = false;
        self.spi.next = self.spi_kept.q.val();
        self.number_low.next = self.low_kept.q.val();
        self.number_high.next = self.high_kept.q.val();
        self.next_row.next = self.work.q.val().count;
        self.this_row.next = self.work.q.val().count - 1;
        self.header_row.next = self.next_row.val().get_bits::<2>(0);
        self.prepared.next = self.plan_kept.q.val().header_words - (bit_cast::<5, 3>(self.this_row.val()) << 2);
        self.patches.next = false;
        self.payload_at.next =
            (bit_cast::<12, 10>(self.plan_kept.q.val().start) << 2) + bit_cast::<12, 10>(self.plan_kept.q.val().payload_word);

        // How much of the old frame is to be written, and how much of it is left with the block in hand.
        self.transport.next = self.plan_kept.q.val().seal & !self.plan_kept.q.val().tunnel;
        self.ip_word.next = self.plan_kept.q.val().ip_word;
        self.patch_word.next = self.plan_kept.q.val().patch_word;
        self.has_tag.next = self.ip_word.val().get_bit(0);
        self.words.next = bit_cast::<12, 10>(self.plan_kept.q.val().words) << 2;
        if self.plan_kept.q.val().seal {
            self.words.next = bit_cast::<12, 10>(self.plan_kept.q.val().payload_word);
        }
        self.passed.next = bit_cast::<12, 10>(self.work.q.val().block) << 2;
        self.left.next = self.words.val() - self.passed.val();
        self.lanes.next = 15.into();
        if self.left.val() == 3 {
            self.lanes.next = 7.into();
        }
        if self.left.val() == 2 {
            self.lanes.next = 3.into();
        }
        if self.left.val() == 1 {
            self.lanes.next = 1.into();
        }
        self.kept_lanes.d.next = self.lanes.val();
        self.work.d.next.last = self.left.val() <= 4;

        // What changes in it. Where the packet begins at word 5, everything is one word further.
        self.type_lane.d.next = 0.into();
        self.total_lane.d.next = 0.into();
        self.sum_lane.d.next = 0.into();
        self.length_lane.d.next = 0.into();
        self.named_lane.d.next = 0.into();
        if self.plan_kept.q.val().seal & self.plan_kept.q.val().tunnel {
            if !self.has_tag.val() & self.work.q.val().first {
                self.type_lane.d.next = 8.into();
            }
            if self.has_tag.val() & (self.work.q.val().block == 1) {
                self.type_lane.d.next = 1.into();
            }
        }
        if self.transport.val() & (self.work.q.val().block == 1) {
            if self.plan_kept.q.val().ipv6 {
                self.length_lane.d.next = 2.into();
                if self.has_tag.val() {
                    self.length_lane.d.next = 4.into();
                }
            } else {
                self.total_lane.d.next = 1.into();
                self.sum_lane.d.next = 4.into();
                if self.has_tag.val() {
                    self.total_lane.d.next = 2.into();
                    self.sum_lane.d.next = 8.into();
                }
            }
        }
        if self.transport.val()
            & self.plan_kept.q.val().ipv6
            & (self.work.q.val().block == bit_cast::<10, 8>(self.patch_word.val().get_bits::<8>(2)))
        {
            self.named_lane.d.next = 1.into();
            if self.patch_word.val().get_bits::<2>(0) == 1 {
                self.named_lane.d.next = 2.into();
            }
            if self.patch_word.val().get_bits::<2>(0) == 2 {
                self.named_lane.d.next = 4.into();
            }
            if self.patch_word.val().get_bits::<2>(0) == 3 {
                self.named_lane.d.next = 8.into();
            }
        }

        // The checksum of a rewritten IPv4 header: one addition per clock, named a clock before.
        self.header_words[0].next = self.header_block.val().get_bits::<32>(0);
        self.header_words[1].next = self.header_block.val().get_bits::<32>(32);
        self.header_words[2].next = self.header_block.val().get_bits::<32>(64);
        self.header_words[3].next = self.header_block.val().get_bits::<32>(96);
        self.old[0].next = self.read_block.val().get_bits::<32>(0);
        self.old[1].next = self.read_block.val().get_bits::<32>(32);
        self.old[2].next = self.read_block.val().get_bits::<32>(64);
        self.old[3].next = self.read_block.val().get_bits::<32>(96);
        self.named.next = self.old[2].val();
        if self.has_tag.val() {
            self.named.next = self.old[3].val();
        }
        self.inverse_total.next = !self.plan_kept.q.val().old_total;
        self.inverse_checksum.next = !self.named.val().get_bits::<16>(0);
        self.inverse_named.next = !self.named.val().get_bits::<16>(16);
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

        // The block as it leaves.
        self.ether_type.next = 0x0800.into();
        if self.plan_kept.q.val().ipv6 {
            self.ether_type.next = 0x86dd.into();
        }
        for i in 0..4 {
            self.new[i].next = self.old[i].val();
            if self.type_lane.q.val().get_bit(i) {
                self.new[i].next = (self.old[i].val() & 0xffff0000u64) | self.ether_type.val();
            }
            if self.total_lane.q.val().get_bit(i) {
                self.new[i].next = (self.old[i].val() & 0xffff0000u64) | bit_cast::<32, 16>(self.plan_kept.q.val().new_total);
            }
            if self.sum_lane.q.val().get_bit(i) {
                self.new[i].next = (self.old[i].val() & 0xff000000u64)
                    | (bit_cast::<32, 8>(self.plan_kept.q.val().protocol) << 16)
                    | bit_cast::<32, 16>(self.checksum.val());
            }
            if self.named_lane.q.val().get_bit(i) {
                self.new[i].next = (self.old[i].val() & 0x00ffffff) | (bit_cast::<32, 8>(self.plan_kept.q.val().protocol) << 24);
            }
            if self.length_lane.q.val().get_bit(i) {
                self.new[i].next = (self.old[i].val() & 0x0000ffff) | (bit_cast::<32, 16>(self.plan_kept.q.val().new_total) << 16);
                if self.named_lane.q.val().get_bit(i) {
                    self.new[i].next = (self.old[i].val() & 0x000000ff)
                        | (bit_cast::<32, 8>(self.plan_kept.q.val().protocol) << 8)
                        | (bit_cast::<32, 16>(self.plan_kept.q.val().new_total) << 16);
                }
            }
        }
        self.write.next = 0.into();
        self.wrote.next = self.work.q.val().offset;
        self.offset.next = self.work.q.val().offset;
        for i in 0..4 {
            self.joined.word[i].next = self.new[i].val();
        }

        match self.state.q.val() {
            LayoutState::Idle => {
                self.work.d.next.offset = 0.into();
                self.work.d.next.block = 0.into();
                self.work.d.next.first = true;
                self.work.d.next.count = 0.into();
                self.work.d.next.step = 0.into();
                self.read_first.next = bit_cast::<12, 10>(self.plan.val().start) << 2;
                if self.go.val() & self.ready.val() {
                    self.accept.next = true;
                    self.plan_kept.d.next = self.plan.val();
                    self.spi_kept.d.next = self.header_spi.val();
                    self.high_kept.d.next = self.header_high.val();
                    self.low_kept.d.next = self.header_low.val();
                    self.read_start.next = true;
                    self.state.d.next = LayoutState::Copy;
                    if self.plan.val().seal {
                        self.state.d.next = LayoutState::Look;
                    }
                    if self.plan.val().control {
                        self.state.d.next = LayoutState::Gather;
                    }
                    if self.plan.val().reason != 0 {
                        self.state.d.next = LayoutState::Drop;
                    }
                }
            }
            LayoutState::Gather => {
                self.gather.next = true;
                if self.gathered.val() {
                    self.read_start.next = true;
                    self.state.d.next = LayoutState::Look;
                }
            }
            LayoutState::Drop => {
                // The device's own frames never came in, so they are not counted as dropped either.
                self.drop_valid.next = !self.plan_kept.q.val().control;
                if self.drop_ready.val() | self.plan_kept.q.val().control {
                    self.said.d.next.free = !self.plan_kept.q.val().control;
                    self.said.d.next.control_done = self.plan_kept.q.val().control;
                    self.said.d.next.dropped = true;
                    self.state.d.next = LayoutState::Idle;
                }
            }
            LayoutState::Copy => {
                if self.read_valid.val() & self.may_write.val() {
                    self.read_ready.next = true;
                    self.copies.next = true;
                    self.write.next = self.lanes.val();
                    self.wrote.next = self.work.q.val().offset + 4;
                    self.work.d.next.block = self.work.q.val().block + 1;
                    self.work.d.next.first = false;
                    if self.left.val() <= 4 {
                        self.said.d.next.told = true;
                        self.said.d.next.free = true;
                        self.state.d.next = LayoutState::Idle;
                    }
                }
            }
            LayoutState::Look => {
                if self.read_valid.val() {
                    // What the first block is has been known since the frame was asked for.
                    self.patches.next = self.work.q.val().first;
                    self.state.d.next = LayoutState::Patch;
                    // ~m + m' of the length field comes first.
                    if self.transport.val() & !self.plan_kept.q.val().ipv6 & (self.work.q.val().block == 1) {
                        self.work.d.next.adds = true;
                        self.work.d.next.fresh = true;
                        self.work.d.next.term = self.inverse_total.val();
                        self.state.d.next = LayoutState::Sum;
                    }
                }
            }
            LayoutState::Sum => {
                self.work.d.next.adds = true;
                self.work.d.next.step = self.work.q.val().step + 1;
                if self.work.q.val().step == 0 {
                    self.work.d.next.term = self.plan_kept.q.val().new_total;
                }
                if self.work.q.val().step == 1 {
                    self.work.d.next.term = self.inverse_checksum.val();
                }
                if self.work.q.val().step == 2 {
                    self.work.d.next.term = self.inverse_named.val();
                }
                if self.work.q.val().step == 3 {
                    self.work.d.next.term =
                        (bit_cast::<16, 8>(self.named.val().get_bits::<8>(24)) << 8) | bit_cast::<16, 8>(self.plan_kept.q.val().protocol);
                }
                // Then the last carry.
                if self.work.q.val().step == 6 {
                    self.work.d.next.adds = false;
                    self.state.d.next = LayoutState::Patch;
                }
            }
            LayoutState::Patch => {
                self.patches.next = true;
            }
            LayoutState::Outer => {
                // Block `count` is asked for, the one before is here; while it cannot be written, it is asked for again.
                self.joined.word[0].next = self.header_words[0].val();
                self.joined.word[1].next = self.header_words[1].val();
                self.joined.word[2].next = self.header_words[2].val();
                self.joined.word[3].next = self.header_words[3].val();
                if self.may_write.val() {
                    self.write.next = 15.into();
                    self.wrote.next = self.work.q.val().offset + 4;
                    self.work.d.next.count = self.next_row.val() + 1;
                    if self.prepared.val() <= 4 {
                        self.wrote.next = self.work.q.val().offset + bit_cast::<12, 5>(self.prepared.val());
                        self.said.d.next.told = true;
                        self.text_start.next = true;
                        self.state.d.next = LayoutState::Text;
                    }
                    if self.prepared.val() == 3 {
                        self.write.next = 7.into();
                    }
                    if self.prepared.val() == 2 {
                        self.write.next = 3.into();
                    }
                    if self.prepared.val() == 1 {
                        self.write.next = 1.into();
                    }
                } else {
                    self.header_row.next = self.this_row.val().get_bits::<2>(0);
                }
            }
            LayoutState::Text => {
                if self.text_done.val() {
                    self.said.d.next.free = !self.plan_kept.q.val().control;
                    self.said.d.next.control_done = self.plan_kept.q.val().control;
                    self.state.d.next = LayoutState::Idle;
                }
            }
            _ => {}
        }
        if self.patches.val() & self.may_write.val() {
            self.read_ready.next = true;
            self.write.next = self.kept_lanes.q.val();
            self.wrote.next = self.work.q.val().offset + 4;
            self.work.d.next.block = self.work.q.val().block + 1;
            self.work.d.next.first = false;
            self.state.d.next = LayoutState::Look;
            if self.work.q.val().last {
                self.wrote.next = self.words.val();
                // Where the payload begins within a block, it is asked for while the new headers are written.
                self.read_start.next = self.words.val().get_bits::<2>(0) != 0;
                self.read_first.next = self.payload_at.val();
                self.work.d.next.count = 1.into();
                self.state.d.next = LayoutState::Outer;
            }
        }
        self.written.next = self.work.q.val().offset;
        self.work.d.next.offset = self.wrote.val();
        if self.state.q.val() == LayoutState::Idle {
            self.work.d.next.offset = 0.into();
        }
        self.write_data.next = self.joined.block.val();
    }
}
