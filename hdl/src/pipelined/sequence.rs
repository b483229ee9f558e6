//! Under which SA and number a packet is sealed: two packets are worked on at once, the second by [`KeyJob`].
mod checksum;
mod header;
mod key_job;
mod lengths;
mod number;
mod rows;
#[cfg(test)]
mod tests;

pub use checksum::{HeaderSum, HeaderSumWork};
pub use header::{HeaderPart, HeaderPlaces, OuterHeader};
pub use key_job::{KeyJob, KeyJobWork};
pub use lengths::{SealLengths, SealLengthsWork};
pub use number::{NextNumber, NextNumberWork};
pub use rows::{HeaderRows, HeaderWrite};

use crate::cell::{row, Block128, Reg, Settle};
use crate::classify::Decision;
use crate::outbound::Plan;
use crate::parse::Facts;
use crate::prelude::*;
use crate::stream::Frame;
use holdfast_registers::{map::event, EventCode, Reason};

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum WideSequenceState {
    Idle,
    Fetch,
    Starved,
    Event,
    Hand,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct WideSequenceWork {
    /// Step of the table in [`WideSequence`], from 1 on; else 0.
    pub step: Bits<4>,
    pub known: Bit,
    /// What is said in step 7, but for the length: the packet may not use this SA; is a fragment; the number is not below the limit; the packet may wait for a higher one.
    pub unknown: Bit,
    pub partial: Bit,
    pub exhausted: Bit,
    pub waits: Bit,
    /// The peer's address is in the row, and an event would name it.
    pub names: Bit,
    /// The event is about the length rather than the number.
    pub big: Bit,
    /// Of the packet.
    pub reason: Bits<5>,
    pub seal: Bit,
    pub control: Bit,
    pub sa: SaIndex,
    pub start: Bits<10>,
    pub words: Bits<10>,
    pub length: Bits<16>,
    /// Where its headers go.
    pub bank: Bits<2>,
}

/// The packet that is offered, besides its plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct WideSequenceOffer {
    pub ready: Bit,
    pub bank: Bits<2>,
    /// The bank of the plan accepted last.
    pub accepted: Bits<2>,
    pub spi: Bits<32>,
    pub number_high: Bits<32>,
    pub number_low: Bits<32>,
}

/// As [`outbound::Sequence`](crate::outbound::Sequence) it takes the SA of a packet that is to be protected, checks that the packet may use it, takes the next sequence number, gives key and nonce to the cipher, and prepares the
/// outer headers; but it reads the SAD and writes headers four words at a time, and fetches the next SA while the cipher gets the key for this one. A packet that is sealed takes 14 clocks, whatever its form, if
/// nobody waits; one that passes or is dropped two; one that may not use its SA nine, and with an event ten. The number is written back in step 9, so before anything of the next SA is read.
///
/// ```text
/// step  asks for row    answered     lengths           number           header
///    0  (the packet is taken)
///    1  0 flags                      whole, rest
///    2  5 number, limit
///    3  3 own address   flags
///    4  4 peer's        number       payload, fixed    against limit
///    5                  own address  cipher, left      low half + 1     own address
///    6                  peer's       total, too long?  high half        peer's address
///    7  the verdict                  as header has it                   UDP
///    8                                                 low written      ESP, IV
///    9                                                 high written, `used`
///   10  1 key, low; waits for `KeyJob`
///   11  2 key, high
///   12                  key, low                                        first words, with the checksum
/// Hand                  key, high; waits until the plan before this one is accepted
/// ```
///
/// **Plans.** `plan` stays while `ready`, until `accept`; `spi`, `number_high`, `number_low` likewise, and until the next plan is ready. `header_block` are the words 4 `header_row` to 4 `header_row` + 3 of the headers, one clock
/// later, of the plan accepted last, one that is accepted in this clock included. The job of a plan may begin before or after the plan is accepted; plans that are sealed and jobs have the same order, and no plan waits for its
/// own job, but the next one for the job of this one. With each job come `job_sa` and `job_nonce`, with `used` and `starving` `used_index`, with `used` the number in `used_high` and `used_low`.
///
/// **Room.** A packet is begun when `room` says that the store behind has room for it, besides all that were begun before; a frame that is to be dropped needs none. So a packet begun is a packet finished, whatever the sink does.
///
/// **Tables.** No packet is begun while `hold`; `idle` says that none is under way, but perhaps one that waits for a higher limit, and for that the tables may change. `starved` says that it is this packet which is left: a wipe
/// need not reset the block then, the packet will find no SA.
#[derive(LogicBlock, Ports)]
pub struct WideSequence {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub hold: Signal<In, Bit>,
    pub idle: Signal<Out, Bit>,
    /// What `go` offers is taken now or, for want of room or because of `hold`, next.
    pub listens: Signal<Out, Bit>,
    pub room: Signal<In, Bit>,
    pub go: Signal<In, Bit>,
    /// What `go` offers is a control datagram of the device's own.
    pub control: Signal<In, Bit>,
    /// A packet of a recorded SA may wait for a higher limit.
    pub may_wait: Signal<In, Bit>,
    /// A recorded SA has given a number away (a pulse). `used_control`: to a control datagram.
    pub used: Signal<Out, Bit>,
    pub used_control: Signal<Out, Bit>,
    pub used_index: Signal<Out, SaIndex>,
    pub used_high: Signal<Out, Bits<32>>,
    pub used_low: Signal<Out, Bits<32>>,
    /// A packet waits for a higher limit: a pulse each time it looks (`used_index`), and a level.
    pub starving: Signal<Out, Bit>,
    pub starved: Signal<Out, Bit>,
    pub facts: Signal<In, Facts>,
    pub frame: Signal<In, Frame>,
    pub decision: Signal<In, Decision>,
    pub destination: [Signal<In, Bits<32>>; 4],
    pub take: Signal<Out, Bit>,
    /// See [`WideSad`](super::WideSad).
    pub sad_index: Signal<Out, SaIndex>,
    pub sad_row: Signal<Out, Bits<3>>,
    pub sad_data: [Signal<In, Bits<32>>; 4],
    pub sad_valid: Signal<In, Bit>,
    pub sad_write: Signal<Out, Bit>,
    pub sad_write_word: Signal<Out, Bits<5>>,
    pub sad_write_data: Signal<Out, Bits<32>>,
    pub key_write: Signal<Out, Bit>,
    pub key_index: Signal<Out, Bits<3>>,
    pub key_word: Signal<Out, Bits<32>>,
    pub job_aes256: Signal<Out, Bit>,
    pub job_nonce: [Signal<Out, Bits<32>>; 3],
    pub job_sa: Signal<Out, SaIndex>,
    pub job_start: Signal<Out, Bit>,
    pub job_ready: Signal<In, Bit>,
    pub event_valid: Signal<Out, Bit>,
    pub event_ready: Signal<In, Bit>,
    pub event_head: Signal<Out, Bits<32>>,
    pub event_detail: Signal<Out, Bits<32>>,
    pub event_address: [Signal<Out, Bits<32>>; 4],
    pub ready: Signal<Out, Bit>,
    pub plan: Signal<Out, Plan>,
    pub spi: Signal<Out, Bits<32>>,
    pub number_high: Signal<Out, Bits<32>>,
    pub number_low: Signal<Out, Bits<32>>,
    pub accept: Signal<In, Bit>,
    pub header_row: Signal<In, Bits<2>>,
    pub header_block: Signal<Out, Block128>,
    lengths: Settle<SealLengths>,
    numbers: Settle<NextNumber>,
    outer: Settle<OuterHeader>,
    rows: Settle<HeaderRows>,
    key_job: Settle<KeyJob>,
    state: Reg<WideSequenceState>,
    w: Reg<WideSequenceWork>,
    facts_kept: Reg<Facts>,
    /// The row that came; that of step 3.
    row: [Reg<Bits<32>>; 4],
    flags: Reg<Bits<32>>,
    spi_kept: Reg<Bits<32>>,
    salt: Reg<Bits<32>>,
    ports: Reg<Bits<32>>,
    /// Where the packet goes, in tunnel mode its SA: what an event names.
    address: [Reg<Bits<32>>; 4],
    made: Reg<Plan>,
    offer: Reg<WideSequenceOffer>,
    no_sa: Constant<Bits<5>>,
    fragment: Constant<Bits<5>>,
    sequence_limit: Constant<Bits<5>>,
    too_big: Constant<Bits<5>>,
    code_limit: Constant<Bits<32>>,
    code_big: Constant<Bits<32>>,
    sa_valid_bit: Constant<Bits<32>>,
    ipv6_bit: Constant<Bits<32>>,
    is_tunnel: Signal<Local, Bit>,
    is_udp: Signal<Local, Bit>,
    is_ipv6: Signal<Local, Bit>,
    is_recorded: Signal<Local, Bit>,
    protocol: Signal<Local, Bits<8>>,
    step: Signal<Local, Bits<4>>,
    hands: Signal<Local, Bit>,
    /// Nothing but the packet that is being fetched is under way.
    alone: Signal<Local, Bit>,
    head: Signal<Local, Bits<32>>,
}

impl Default for WideSequence {
    fn default() -> Self {
        let reason = |r: Reason| Constant::new((r.code() as u64).into());
        let code = |c: EventCode| Constant::new((c.code() as u64).into());
        Self {
            clock: Default::default(),
            reset: Default::default(),
            hold: Default::default(),
            idle: Default::default(),
            listens: Default::default(),
            room: Default::default(),
            go: Default::default(),
            control: Default::default(),
            may_wait: Default::default(),
            used: Default::default(),
            used_control: Default::default(),
            used_index: Default::default(),
            used_high: Default::default(),
            used_low: Default::default(),
            starving: Default::default(),
            starved: Default::default(),
            facts: Default::default(),
            frame: Default::default(),
            decision: Default::default(),
            destination: row(),
            take: Default::default(),
            sad_index: Default::default(),
            sad_row: Default::default(),
            sad_data: row(),
            sad_valid: Default::default(),
            sad_write: Default::default(),
            sad_write_word: Default::default(),
            sad_write_data: Default::default(),
            key_write: Default::default(),
            key_index: Default::default(),
            key_word: Default::default(),
            job_aes256: Default::default(),
            job_nonce: row(),
            job_sa: Default::default(),
            job_start: Default::default(),
            job_ready: Default::default(),
            event_valid: Default::default(),
            event_ready: Default::default(),
            event_head: Default::default(),
            event_detail: Default::default(),
            event_address: row(),
            ready: Default::default(),
            plan: Default::default(),
            spi: Default::default(),
            number_high: Default::default(),
            number_low: Default::default(),
            accept: Default::default(),
            header_row: Default::default(),
            header_block: Default::default(),
            lengths: Default::default(),
            numbers: Default::default(),
            outer: Default::default(),
            rows: Default::default(),
            key_job: Default::default(),
            state: Reg::new(WideSequenceState::Idle),
            w: Default::default(),
            facts_kept: Default::default(),
            row: row(),
            flags: Default::default(),
            spi_kept: Default::default(),
            salt: Default::default(),
            ports: Default::default(),
            address: row(),
            made: Default::default(),
            offer: Default::default(),
            no_sa: reason(Reason::NoSa),
            fragment: reason(Reason::Fragment),
            sequence_limit: reason(Reason::SequenceLimit),
            too_big: reason(Reason::TooBig),
            code_limit: code(EventCode::SequenceLimit),
            code_big: code(EventCode::TooBig),
            sa_valid_bit: Constant::new((event::SA_VALID as u64).into()),
            ipv6_bit: Constant::new((event::IPV6 as u64).into()),
            is_tunnel: Default::default(),
            is_udp: Default::default(),
            is_ipv6: Default::default(),
            is_recorded: Default::default(),
            protocol: Default::default(),
            step: Default::default(),
            hands: Default::default(),
            alone: Default::default(),
            head: Default::default(),
        }
    }
}

impl Logic for WideSequence {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, w, facts_kept, flags, spi_kept, salt, ports, made, offer);
        clock!(self, clock, lengths, numbers, outer, rows, key_job);
        self.state.reset.next = self.reset.val();
        self.w.reset.next = self.reset.val();
        self.facts_kept.reset.next = self.reset.val();
        self.flags.reset.next = self.reset.val();
        self.spi_kept.reset.next = self.reset.val();
        self.salt.reset.next = self.reset.val();
        self.ports.reset.next = self.reset.val();
        self.made.reset.next = self.reset.val();
        self.offer.reset.next = self.reset.val();
        self.lengths.reset.next = self.reset.val();
        self.numbers.reset.next = self.reset.val();
        self.outer.reset.next = self.reset.val();
        self.rows.reset.next = self.reset.val();
        self.key_job.reset.next = self.reset.val();
        for i in 0..4 {
            self.row[i].clock.next = self.clock.val();
            self.row[i].reset.next = self.reset.val();
            self.row[i].d.next = self.sad_data[i].val();
            self.address[i].clock.next = self.clock.val();
            self.address[i].reset.next = self.reset.val();
            self.address[i].d.next = self.address[i].q.val();
            self.event_address[i].next = self.address[i].q.val();
        }

        // The SA.
        self.step.next = self.w.q.val().step;
        self.is_tunnel.next = self.flags.q.val().get_bit(0);
        self.is_udp.next = self.flags.q.val().get_bit(3);
        self.is_ipv6.next = self.flags.q.val().get_bit(4);
        self.is_recorded.next = self.flags.q.val().get_bit(5);
        self.protocol.next = 50.into();
        if self.is_udp.val() {
            self.protocol.next = 17.into();
        }
        if self.step.val() == 2 {
            self.w.d.next.known = self.sad_valid.val();
        }
        if self.step.val() == 3 {
            self.flags.d.next = self.row[0].q.val();
            self.spi_kept.d.next = self.row[1].q.val();
            self.salt.d.next = self.row[2].q.val();
            self.ports.d.next = self.row[3].q.val();
        }
        self.w.d.next.names = (self.step.val() == 5) & self.is_tunnel.val();
        if self.w.q.val().names {
            for i in 0..4 {
                self.address[i].d.next = self.row[i].q.val();
            }
        }
        self.sad_index.next = self.w.q.val().sa;
        self.sad_row.next = 0.into();
        if self.step.val() == 2 {
            self.sad_row.next = 5.into();
        }
        if self.step.val() == 3 {
            self.sad_row.next = 3.into();
        }
        if self.step.val() == 4 {
            self.sad_row.next = 4.into();
        }
        if self.step.val() == 10 {
            self.sad_row.next = 1.into();
        }
        if (self.step.val() == 11) | (self.step.val() == 12) | (self.state.q.val() == WideSequenceState::Hand) {
            self.sad_row.next = 2.into();
        }

        // Lengths, number, headers.
        self.lengths.finish.next = self.facts_kept.q.val().finish;
        self.lengths.ip_word.next = self.facts_kept.q.val().ip_word;
        self.lengths.insert_word.next = self.facts_kept.q.val().insert_word;
        self.lengths.tunnel.next = self.is_tunnel.val();
        self.lengths.ipv6.next = self.is_ipv6.val();
        self.lengths.udp.next = self.is_udp.val();
        self.lengths.mtu.next = self.flags.q.val().get_bits::<16>(16);
        self.numbers.load.next = self.step.val() == 4;
        self.numbers.esn.next = self.flags.q.val().get_bit(2);
        self.outer.step.next = self.step.val();
        self.outer.tunnel.next = self.is_tunnel.val();
        self.outer.ipv6.next = self.is_ipv6.val();
        self.outer.udp.next = self.is_udp.val();
        self.outer.hop.next = self.flags.q.val().get_bits::<8>(8);
        self.outer.protocol.next = self.protocol.val();
        self.outer.service.next = self.facts_kept.q.val().service;
        // An IPv6 packet is never to be fragmented on the way, so the IPv4 header around it says so.
        self.outer.dont_fragment.next = self.facts_kept.q.val().dont_fragment | self.facts_kept.q.val().ipv6;
        self.outer.ports.next = self.ports.q.val();
        self.outer.spi.next = self.spi_kept.q.val();
        self.outer.low.next = self.numbers.low.val();
        self.outer.high.next = self.numbers.high.val();
        self.outer.new_total.next = self.lengths.new_total.val();
        self.outer.datagram.next = self.lengths.datagram.val();
        self.rows.write.next = self.outer.write.val();
        self.rows.bank.next = self.w.q.val().bank;
        self.rows.place.next = self.outer.place.val();
        self.rows.read_row.next = self.header_row.val();
        self.rows.read_bank.next = self.offer.q.val().accepted;
        if self.accept.val() {
            self.rows.read_bank.next = self.offer.q.val().bank;
        }
        self.header_block.next = self.rows.read_block.val();
        for i in 0..4 {
            self.numbers.row[i].next = self.row[i].q.val();
            self.outer.row[i].next = self.row[i].q.val();
            self.rows.word[i].next = self.outer.word[i].val();
            self.key_job.row[i].next = self.row[i].q.val();
        }

        // The number is taken.
        self.sad_write.next = (self.step.val() == 8) | (self.step.val() == 9);
        self.sad_write_word.next = 20.into();
        self.sad_write_data.next = self.numbers.next_low.val();
        if self.step.val() == 9 {
            self.sad_write_word.next = 21.into();
            self.sad_write_data.next = self.numbers.next_high.val();
        }
        self.used.next = (self.step.val() == 9) & self.is_recorded.val();
        self.used_control.next = self.w.q.val().control;
        self.used_index.next = self.w.q.val().sa;
        self.used_high.next = self.numbers.high.val();
        self.used_low.next = self.numbers.low.val();

        // The job.
        self.key_job.load_low.next = self.step.val() == 12;
        self.key_job.load_high.next = false;
        self.key_job.aes256.next = self.flags.q.val().get_bit(1);
        self.key_job.sa.next = self.w.q.val().sa;
        self.key_job.nonce[0].next = self.salt.q.val();
        self.key_job.nonce[1].next = self.numbers.high.val();
        self.key_job.nonce[2].next = self.numbers.low.val();
        self.key_write.next = self.key_job.key_write.val();
        self.key_index.next = self.key_job.key_index.val();
        self.key_word.next = self.key_job.key_word.val();
        self.job_aes256.next = self.key_job.job_aes256.val();
        self.job_sa.next = self.key_job.job_sa.val();
        self.job_start.next = self.key_job.job_start.val();
        self.key_job.job_ready.next = self.job_ready.val();
        for i in 0..3 {
            self.job_nonce[i].next = self.key_job.job_nonce[i].val();
        }

        // What is said about a packet that may not use its SA.
        self.head.next = self.code_limit.val();
        self.event_detail.next = self.spi_kept.q.val();
        if self.w.q.val().big {
            self.head.next = self.code_big.val();
            self.event_detail.next = bit_cast::<32, 16>(self.lengths.largest.val());
        }
        self.event_head.next = self.head.val() | (bit_cast::<32, 10>(self.w.q.val().sa) << 8) | self.sa_valid_bit.val();
        if self.is_ipv6.val() {
            self.event_head.next =
                self.head.val() | (bit_cast::<32, 10>(self.w.q.val().sa) << 8) | self.sa_valid_bit.val() | self.ipv6_bit.val();
        }
        self.w.d.next.unknown = !self.w.q.val().known | (!self.is_tunnel.val() & (self.is_ipv6.val() != self.facts_kept.q.val().ipv6));
        self.w.d.next.partial = !self.is_tunnel.val() & self.facts_kept.q.val().fragment;
        // The limit of 32 bits, of 64 with ESN, is the end. A packet that is dropped for another reason asks for a higher one as well: the next will need it.
        self.w.d.next.exhausted = !self.numbers.below.val();
        self.w.d.next.waits = !self.numbers.below.val() & self.is_recorded.val() & self.may_wait.val() & !self.numbers.at_end.val();

        // The packet that is offered.
        self.ready.next = self.offer.q.val().ready;
        self.plan.next = self.made.q.val();
        self.spi.next = self.offer.q.val().spi;
        self.number_high.next = self.offer.q.val().number_high;
        self.number_low.next = self.offer.q.val().number_low;
        if self.accept.val() {
            self.offer.d.next.ready = false;
            self.offer.d.next.accepted = self.offer.q.val().bank;
        }
        self.listens.next = self.state.q.val() == WideSequenceState::Idle;
        self.alone.next = !self.offer.q.val().ready & self.key_job.idle.val();
        self.starved.next = (self.state.q.val() == WideSequenceState::Starved) & self.alone.val();
        self.idle.next =
            ((self.state.q.val() == WideSequenceState::Idle) | (self.state.q.val() == WideSequenceState::Starved)) & self.alone.val();

        self.take.next = false;
        self.starving.next = false;
        self.event_valid.next = false;
        self.hands.next = false;
        match self.state.q.val() {
            WideSequenceState::Idle => {
                if self.go.val() & (self.room.val() | (self.decision.val().reason != 0)) & !self.hold.val() {
                    self.take.next = true;
                    self.facts_kept.d.next = self.facts.val();
                    for i in 0..4 {
                        self.address[i].d.next = self.destination[i].val();
                    }
                    self.w.d.next.reason = self.decision.val().reason;
                    self.w.d.next.seal = self.decision.val().protect;
                    self.w.d.next.control = self.control.val();
                    self.w.d.next.sa = self.decision.val().sa;
                    self.w.d.next.start = self.frame.val().start;
                    self.w.d.next.words = self.frame.val().words;
                    self.w.d.next.length = self.frame.val().length;
                    self.state.d.next = WideSequenceState::Hand;
                    if self.decision.val().protect {
                        self.w.d.next.step = 1.into();
                        self.state.d.next = WideSequenceState::Fetch;
                    }
                }
            }
            WideSequenceState::Fetch => {
                self.w.d.next.step = self.step.val() + 1;
                if self.step.val() == 7 {
                    self.w.d.next.big = self.lengths.over.val();
                    if self.w.q.val().exhausted {
                        self.w.d.next.reason = self.sequence_limit.val();
                        self.w.d.next.seal = false;
                        self.w.d.next.step = 0.into();
                        self.state.d.next = WideSequenceState::Event;
                    }
                    if self.w.q.val().waits {
                        self.w.d.next.reason = 0.into();
                        self.w.d.next.seal = true;
                        self.starving.next = true;
                        self.state.d.next = WideSequenceState::Starved;
                    }
                    if self.lengths.over.val() {
                        self.w.d.next.reason = self.too_big.val();
                        self.w.d.next.seal = false;
                        self.w.d.next.step = 0.into();
                        self.state.d.next = WideSequenceState::Event;
                    }
                    if self.w.q.val().partial {
                        self.w.d.next.reason = self.fragment.val();
                        self.w.d.next.seal = false;
                        self.w.d.next.step = 0.into();
                        self.state.d.next = WideSequenceState::Hand;
                    }
                    if self.w.q.val().unknown {
                        self.w.d.next.reason = self.no_sa.val();
                        self.w.d.next.seal = false;
                        self.w.d.next.step = 0.into();
                        self.state.d.next = WideSequenceState::Hand;
                    }
                }
                if (self.step.val() == 10) & !self.key_job.idle.val() {
                    self.w.d.next.step = 10.into();
                }
                if self.step.val() == 12 {
                    self.w.d.next.step = 0.into();
                    self.state.d.next = WideSequenceState::Hand;
                }
            }
            // Nothing of the SA is in use here; then it is looked at again.
            WideSequenceState::Starved => {
                if !self.hold.val() {
                    self.w.d.next.step = 1.into();
                    self.state.d.next = WideSequenceState::Fetch;
                }
            }
            WideSequenceState::Event => {
                self.event_valid.next = true;
                if self.event_ready.val() {
                    self.state.d.next = WideSequenceState::Hand;
                }
            }
            WideSequenceState::Hand => {
                if !self.offer.q.val().ready {
                    self.hands.next = true;
                    self.key_job.load_high.next = self.w.q.val().seal;
                    self.w.d.next.bank = self.w.q.val().bank + 1;
                    self.state.d.next = WideSequenceState::Idle;
                }
            }
            _ => {}
        }

        // What is handed on.
        if self.hands.val() {
            self.offer.d.next.ready = true;
            self.offer.d.next.bank = self.w.q.val().bank;
            self.offer.d.next.spi = self.spi_kept.q.val();
            self.offer.d.next.number_high = self.numbers.high.val();
            self.offer.d.next.number_low = self.numbers.low.val();
            self.made.d.next.reason = self.w.q.val().reason;
            self.made.d.next.seal = self.w.q.val().seal;
            self.made.d.next.control = self.w.q.val().control;
            self.made.d.next.sa = self.w.q.val().sa;
            self.made.d.next.start = self.w.q.val().start;
            self.made.d.next.words = self.w.q.val().words;
            self.made.d.next.length = self.w.q.val().length;
            self.made.d.next.ip_word = self.facts_kept.q.val().ip_word;
            self.made.d.next.tunnel = self.is_tunnel.val();
            self.made.d.next.ipv6 = self.is_ipv6.val();
            self.made.d.next.esn = self.flags.q.val().get_bit(2);
            self.made.d.next.payload_word = self.facts_kept.q.val().insert_word;
            self.made.d.next.payload_bytes = self.lengths.payload.val();
            self.made.d.next.next_header = self.facts_kept.q.val().insert_protocol;
            self.made.d.next.cipher_bytes = self.lengths.cipher.val();
            self.made.d.next.header_words = self.outer.count.val();
            self.made.d.next.old_total = self.lengths.old_total.val();
            self.made.d.next.new_total = self.lengths.new_total.val();
            self.made.d.next.protocol = self.protocol.val();
            self.made.d.next.patch_word = self.facts_kept.q.val().patch_word;
            self.made.d.next.patch_lane = self.facts_kept.q.val().patch_lane;
            if self.is_tunnel.val() {
                self.made.d.next.payload_word = bit_cast::<10, 3>(self.facts_kept.q.val().ip_word);
                self.made.d.next.next_header = 4.into();
                if self.facts_kept.q.val().ipv6 {
                    self.made.d.next.next_header = 41.into();
                }
            }
        }
    }
}
