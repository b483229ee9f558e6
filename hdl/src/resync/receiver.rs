use crate::cell::{row, Ram, Reg};
use crate::parse::Facts;
use holdfast_registers::{control, wire::protocol, Reason};
use rust_hdl::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum ReceiverPhase {
    Idle,
    Look,
    /// An ACK: the verifier compares.
    Judge,
    Store,
    Done,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ReceiverState {
    pub phase: ReceiverPhase,
    pub claim: Bit,
    pub reason: Bits<5>,
    /// Word of the mailbox that is written.
    pub place: Bits<4>,
    /// What is in the mailbox.
    pub full: Bit,
    pub ack: Bit,
    pub ipv6: Bit,
    pub stale: Bit,
    pub index: Bits<5>,
}

/// What is seen of the packet, one clock after it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ReceiverSight {
    pub opened: Bit,
    pub quarantined: Bit,
    pub recorded: Bit,
    pub udp: Bit,
    pub port: Bit,
    pub magic: Bit,
    /// The datagram has room for the 24 bytes that are looked at, and so has the packet.
    pub long: Bit,
    pub whole: Bit,
    /// Version and lengths are those of a message; its type.
    pub sound: Bit,
    pub request: Bit,
    pub ack: Bit,
    /// The echo is the packet's own number.
    pub own_high: Bit,
    pub own_low: Bit,
}

/// Whose turn it is to be written to the mailbox; one at most, `destination` chooses between the two addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ReceiverTurn {
    pub destination: Bit,
    pub first: Bit,
    pub second: Bit,
    pub third: Bit,
    pub fourth: Bit,
    pub high: Bit,
    pub low: Bit,
    pub port: Bit,
}

/// Looks at every packet that was opened: claims those in quarantine and the control messages, and puts a message that is taken into the mailbox, which holds one.
///
/// `go` with the parser's results held until `take`; `ready` with `claim` and `reason` stays until then: 2 clocks where there is nothing to take, at most 24 otherwise (an ACK while a V is being written). In the mailbox: words 12 to 15 the
/// destination, 0 to 3 the source of the message, 4 its source port, 8 and 9 its number; `mail_word` answers two clocks after `mail_address`. `mail_free` empties it. A message that finds it full is dropped as
/// `control_limited`, so nothing here ever waits; a REQUEST also while `allowed` is not set. `took` tells that a REQUEST was taken.
///
/// `wipe` of the SA whose message is in the mailbox makes it `mail_stale`; during the judgement it begins anew.
#[derive(LogicBlock)]
pub struct Receiver {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub port: Signal<In, Bits<16>>,
    pub recorded_inbound: Signal<In, Bits<32>>,
    pub go: Signal<In, Bit>,
    pub facts: Signal<In, Facts>,
    pub note: Signal<In, Bits<8>>,
    pub upper: [Signal<In, Bits<32>>; 6],
    pub source: [Signal<In, Bits<32>>; 4],
    pub destination: [Signal<In, Bits<32>>; 4],
    pub number_high: Signal<In, Bits<32>>,
    pub number_low: Signal<In, Bits<32>>,
    pub take: Signal<In, Bit>,
    pub ready: Signal<Out, Bit>,
    pub claim: Signal<Out, Bit>,
    pub reason: Signal<Out, Bits<5>>,
    pub wipe: Signal<In, Bit>,
    pub wipe_index: Signal<In, Bits<5>>,
    pub judge: Signal<Out, Bit>,
    pub judged: Signal<In, Bit>,
    pub right: Signal<In, Bit>,
    pub allowed: Signal<In, Bit>,
    pub took: Signal<Out, Bit>,
    pub mail_request: Signal<Out, Bit>,
    pub mail_ack: Signal<Out, Bit>,
    pub mail_stale: Signal<Out, Bit>,
    pub mail_index: Signal<Out, Bits<5>>,
    pub mail_ipv6: Signal<Out, Bit>,
    pub mail_address: Signal<In, Bits<4>>,
    pub mail_word: Signal<Out, Bits<32>>,
    pub mail_free: Signal<In, Bit>,
    s: Reg<ReceiverState>,
    sight: Reg<ReceiverSight>,
    turn: Reg<ReceiverTurn>,
    /// 16 words of block RAM (logic is dearer), so a register follows.
    letters: Ram<Bits<32>, 6>,
    read: Reg<Bits<32>>,
    udp: Constant<Bits<8>>,
    magic: Constant<Bits<32>>,
    version: Constant<Bits<8>>,
    request: Constant<Bits<8>>,
    ack: Constant<Bits<8>>,
    length: Constant<Bits<16>>,
    datagram: Constant<Bits<16>>,
    quarantine: Constant<Bits<5>>,
    control: Constant<Bits<5>>,
    control_ignored: Constant<Bits<5>>,
    control_limited: Constant<Bits<5>>,
    bytes: Signal<Local, Bits<16>>,
    finish: Signal<Local, Bits<16>>,
    held: Signal<Local, Bits<10>>,
    sa: Signal<Local, Bits<5>>,
    message: Signal<Local, Bit>,
    coming: Signal<Local, Bits<4>>,
    quarter: Signal<Local, Bits<2>>,
    addresses: Signal<Local, Bit>,
    first: Signal<Local, Bits<32>>,
    second: Signal<Local, Bits<32>>,
    third: Signal<Local, Bits<32>>,
    fourth: Signal<Local, Bits<32>>,
    high: Signal<Local, Bits<32>>,
    low: Signal<Local, Bits<32>>,
    back: Signal<Local, Bits<32>>,
    complete: Signal<Local, Bit>,
    taking: Signal<Local, Bit>,
}

impl Default for Receiver {
    fn default() -> Self {
        let reason = |r: Reason| Constant::new((r.code() as u64).into());
        Self {
            clock: Default::default(),
            reset: Default::default(),
            port: Default::default(),
            recorded_inbound: Default::default(),
            go: Default::default(),
            facts: Default::default(),
            note: Default::default(),
            upper: row(),
            source: row(),
            destination: row(),
            number_high: Default::default(),
            number_low: Default::default(),
            take: Default::default(),
            ready: Default::default(),
            claim: Default::default(),
            reason: Default::default(),
            wipe: Default::default(),
            wipe_index: Default::default(),
            judge: Default::default(),
            judged: Default::default(),
            right: Default::default(),
            allowed: Default::default(),
            took: Default::default(),
            mail_request: Default::default(),
            mail_ack: Default::default(),
            mail_stale: Default::default(),
            mail_index: Default::default(),
            mail_ipv6: Default::default(),
            mail_address: Default::default(),
            mail_word: Default::default(),
            mail_free: Default::default(),
            s: Default::default(),
            sight: Default::default(),
            turn: Default::default(),
            letters: Default::default(),
            read: Default::default(),
            udp: Constant::new((protocol::UDP as u64).into()),
            magic: Constant::new((control::MAGIC as u64).into()),
            version: Constant::new((control::VERSION as u64).into()),
            request: Constant::new((control::REQUEST as u64).into()),
            ack: Constant::new((control::ACK as u64).into()),
            length: Constant::new((control::LENGTH as u64).into()),
            datagram: Constant::new((control::LENGTH as u64 + 8).into()),
            quarantine: reason(Reason::Quarantine),
            control: reason(Reason::Control),
            control_ignored: reason(Reason::ControlIgnored),
            control_limited: reason(Reason::ControlLimited),
            bytes: Default::default(),
            finish: Default::default(),
            held: Default::default(),
            sa: Default::default(),
            message: Default::default(),
            coming: Default::default(),
            quarter: Default::default(),
            addresses: Default::default(),
            first: Default::default(),
            second: Default::default(),
            third: Default::default(),
            fourth: Default::default(),
            high: Default::default(),
            low: Default::default(),
            back: Default::default(),
            complete: Default::default(),
            taking: Default::default(),
        }
    }
}

impl Logic for Receiver {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, sight, turn, read);
        clock!(self, clock, letters);
        self.s.reset.next = self.reset.val();
        self.sight.reset.next = self.reset.val();
        self.turn.reset.next = self.reset.val();
        self.read.reset.next = self.reset.val();

        // What it is.
        self.sa.next = self.note.val().get_bits::<5>(0);
        self.bytes.next = self.upper[1].val().get_bits::<16>(16);
        self.finish.next = self.facts.val().finish;
        self.held.next = self.finish.val().get_bits::<10>(2) - self.facts.val().upper_word;
        self.sight.d.next.opened = self.note.val().get_bits::<2>(6) == 1;
        self.sight.d.next.quarantined = self.note.val().get_bit(5);
        self.sight.d.next.recorded = self.recorded_inbound.val().get_bit(self.sa.val().index());
        self.sight.d.next.udp = self.facts.val().ip
            & (self.facts.val().reason == 0)
            & (self.facts.val().protocol == self.udp.val())
            & !self.facts.val().fragment
            & self.facts.val().destination_port_known;
        self.sight.d.next.port = self.upper[0].val().get_bits::<16>(0) == self.port.val();
        self.sight.d.next.magic = self.upper[2].val() == self.magic.val();
        self.sight.d.next.long = (self.bytes.val().get_bits::<11>(5) != 0) | (self.bytes.val().get_bit(4) & self.bytes.val().get_bit(3));
        self.sight.d.next.whole = (self.held.val().get_bits::<7>(3) != 0) | (self.held.val().get_bit(2) & self.held.val().get_bit(1));
        self.sight.d.next.sound = (self.upper[3].val().get_bits::<8>(24) == self.version.val())
            & (self.upper[3].val().get_bits::<16>(0) == self.length.val())
            & (self.bytes.val() == self.datagram.val());
        self.sight.d.next.request = self.upper[3].val().get_bits::<8>(16) == self.request.val();
        self.sight.d.next.ack = self.upper[3].val().get_bits::<8>(16) == self.ack.val();
        self.sight.d.next.own_high = self.upper[4].val() == self.number_high.val();
        self.sight.d.next.own_low = self.upper[5].val() == self.number_low.val();
        self.message.next = self.sight.q.val().recorded
            & self.sight.q.val().udp
            & self.sight.q.val().port
            & self.sight.q.val().magic
            & self.sight.q.val().long
            & self.sight.q.val().whole;

        // The mailbox. Each of the many sources has a select of its own that is known a clock ahead, so that a bit of one costs half a LUT.
        self.coming.next = 8.into();
        if self.s.q.val().phase == ReceiverPhase::Store {
            self.coming.next = self.s.q.val().place + 1;
        }
        self.s.d.next.place = self.coming.val();
        self.quarter.next = self.coming.val().get_bits::<2>(0);
        self.addresses.next = (self.coming.val().get_bits::<2>(2) == 3) | (self.coming.val().get_bits::<2>(2) == 0);
        self.turn.d.next.destination = self.coming.val().get_bit(3);
        self.turn.d.next.first = self.addresses.val() & (self.quarter.val() == 0);
        self.turn.d.next.second = self.addresses.val() & (self.quarter.val() == 1);
        self.turn.d.next.third = self.addresses.val() & (self.quarter.val() == 2);
        self.turn.d.next.fourth = self.addresses.val() & (self.quarter.val() == 3);
        self.turn.d.next.high = self.coming.val() == 8;
        self.turn.d.next.low = self.coming.val() == 9;
        self.turn.d.next.port = self.coming.val() == 4;
        self.first.next = 0.into();
        if self.turn.q.val().first {
            self.first.next = self.source[0].val();
            if self.turn.q.val().destination {
                self.first.next = self.destination[0].val();
            }
        }
        self.second.next = 0.into();
        if self.turn.q.val().second {
            self.second.next = self.source[1].val();
            if self.turn.q.val().destination {
                self.second.next = self.destination[1].val();
            }
        }
        self.third.next = 0.into();
        if self.turn.q.val().third {
            self.third.next = self.source[2].val();
            if self.turn.q.val().destination {
                self.third.next = self.destination[2].val();
            }
        }
        self.fourth.next = 0.into();
        if self.turn.q.val().fourth {
            self.fourth.next = self.source[3].val();
            if self.turn.q.val().destination {
                self.fourth.next = self.destination[3].val();
            }
        }
        self.high.next = 0.into();
        if self.turn.q.val().high {
            self.high.next = self.number_high.val();
        }
        self.low.next = 0.into();
        if self.turn.q.val().low {
            self.low.next = self.number_low.val();
        }
        self.back.next = 0.into();
        if self.turn.q.val().port {
            self.back.next = bit_cast::<32, 16>(self.upper[0].val().get_bits::<16>(16));
        }
        self.letters.write.next = self.s.q.val().phase == ReceiverPhase::Store;
        self.letters.write_address.next = bit_cast::<6, 4>(self.s.q.val().place);
        self.letters.write_data.next = self.first.val()
            | self.second.val()
            | self.third.val()
            | self.fourth.val()
            | self.high.val()
            | self.low.val()
            | self.back.val();
        self.letters.read_address.next = bit_cast::<6, 4>(self.mail_address.val());
        self.read.d.next = self.letters.read_data.val();
        self.mail_word.next = self.read.q.val();
        self.mail_request.next = self.s.q.val().full & !self.s.q.val().ack;
        self.mail_ack.next = self.s.q.val().full & self.s.q.val().ack;
        self.mail_stale.next = self.s.q.val().stale;
        self.mail_index.next = self.s.q.val().index;
        self.mail_ipv6.next = self.s.q.val().ipv6;
        if self.wipe.val() & (self.wipe_index.val() == self.s.q.val().index) {
            self.s.d.next.stale = true;
        }
        if self.mail_free.val() {
            self.s.d.next.full = false;
        }

        self.ready.next = self.s.q.val().phase == ReceiverPhase::Done;
        self.claim.next = self.s.q.val().claim;
        self.reason.next = self.s.q.val().reason;
        self.judge.next = self.s.q.val().phase == ReceiverPhase::Judge;
        self.complete.next = (self.s.q.val().place == 4) | (self.sight.q.val().ack & (self.s.q.val().place == 9));
        self.taking.next = (self.s.q.val().phase == ReceiverPhase::Store) & self.complete.val() & !self.wipe.val();
        self.took.next = self.taking.val() & !self.sight.q.val().ack;
        match self.s.q.val().phase {
            ReceiverPhase::Idle => {
                if self.go.val() {
                    self.s.d.next.phase = ReceiverPhase::Look;
                }
            }
            ReceiverPhase::Look => {
                self.s.d.next.claim = self.sight.q.val().opened & (self.message.val() | self.sight.q.val().quarantined);
                self.s.d.next.reason = self.quarantine.val();
                self.s.d.next.phase = ReceiverPhase::Done;
                if self.sight.q.val().opened & self.message.val() {
                    self.s.d.next.reason = self.control_ignored.val();
                    if self.sight.q.val().sound & self.sight.q.val().request & self.sight.q.val().own_high & self.sight.q.val().own_low {
                        self.s.d.next.reason = self.control_limited.val();
                        if self.allowed.val() & !self.s.q.val().full {
                            self.s.d.next.phase = ReceiverPhase::Store;
                        }
                    }
                    if self.sight.q.val().sound & self.sight.q.val().ack {
                        self.s.d.next.phase = ReceiverPhase::Judge;
                    }
                }
            }
            ReceiverPhase::Judge => {
                if self.judged.val() {
                    self.s.d.next.phase = ReceiverPhase::Done;
                    if self.right.val() {
                        self.s.d.next.reason = self.control_limited.val();
                        if !self.s.q.val().full {
                            self.s.d.next.phase = ReceiverPhase::Store;
                        }
                    }
                }
            }
            ReceiverPhase::Store => {
                self.s.d.next.reason = self.control.val();
                if self.taking.val() {
                    self.s.d.next.full = true;
                    self.s.d.next.stale = false;
                    self.s.d.next.ack = self.sight.q.val().ack;
                    self.s.d.next.ipv6 = self.facts.val().ipv6;
                    self.s.d.next.index = self.sa.val();
                    self.s.d.next.phase = ReceiverPhase::Done;
                }
            }
            ReceiverPhase::Done => {
                if self.take.val() {
                    self.s.d.next.phase = ReceiverPhase::Idle;
                }
            }
            _ => {}
        }
        // What was judged may have changed.
        if self.wipe.val() & !self.ready.val() {
            self.s.d.next.phase = ReceiverPhase::Idle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::peer::{Message, Parsed};
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};

    const NUMBER: u64 = 0x0123_4567_89ab_cdef;

    struct Wire {
        bench: Bench<Receiver>,
        /// The V that is outstanding, for the verifier's part.
        outstanding: u64,
        /// Clocks the verifier takes.
        judging: u32,
        took: u32,
    }

    impl Wire {
        fn new(name: &str) -> Self {
            let mut bench = Bench::new(name, Receiver::default(), |d| &mut d.clock);
            bench.dut.reset.next = true;
            bench.cycle();
            bench.dut.reset.next = false;
            bench.dut.port.next = (control::PORT as u64).into();
            bench.dut.recorded_inbound.next = 0x8000_0010u64.into();
            bench.dut.allowed.next = true;
            Self { bench, outstanding: 1, judging: 13, took: 0 }
        }
        fn clock(&mut self) {
            self.bench.settle();
            self.took += self.bench.dut.took.val() as u32;
            self.bench.cycle();
        }
        fn offer(&mut self, parsed: &Parsed, note: u64, number: u64) {
            let dut = &mut self.bench.dut;
            dut.facts.next = parsed.facts;
            dut.note.next = note.into();
            for i in 0..4 {
                dut.source[i].next = (parsed.source[i] as u64).into();
                dut.destination[i].next = (parsed.destination[i] as u64).into();
            }
            for i in 0..6 {
                dut.upper[i].next = (parsed.upper[i] as u64).into();
            }
            dut.number_high.next = (number >> 32).into();
            dut.number_low.next = (number & 0xffff_ffff).into();
            dut.go.next = true;
        }
        /// The verdict: reason to drop, or zero.
        fn verdict(&mut self, parsed: &Parsed, note: u64, number: u64) -> u64 {
            self.offer(parsed, note, number);
            let echo = (parsed.upper[4] as u64) << 32 | parsed.upper[5] as u64;
            let (mut clocks, mut judged) = (0, 0);
            loop {
                self.bench.settle();
                if self.bench.dut.ready.val() {
                    break;
                }
                judged = if self.bench.dut.judge.val() { judged + 1 } else { 0 };
                self.bench.dut.judged.next = judged > self.judging;
                self.bench.dut.right.next = echo == self.outstanding;
                self.clock();
                clocks += 1;
                assert!(clocks <= 24, "no verdict");
            }
            self.bench.dut.judged.next = false;
            let dut = &mut self.bench.dut;
            let reason = if dut.claim.val() { dut.reason.val().into() } else { 0 };
            self.clock();
            self.bench.settle();
            assert!(self.bench.dut.ready.val());
            self.bench.dut.take.next = true;
            self.clock();
            self.bench.dut.take.next = false;
            self.bench.dut.go.next = false;
            self.clock();
            reason
        }
        fn mail(&mut self, place: u64) -> u32 {
            self.bench.dut.mail_address.next = place.into();
            self.clock();
            self.clock();
            u64::from(self.bench.dut.mail_word.val()) as u32
        }
        fn empty(&mut self) {
            self.bench.dut.mail_free.next = true;
            self.clock();
            self.bench.dut.mail_free.next = false;
        }
    }

    /// Opened under SA 4, established or in quarantine.
    const ESTABLISHED: u64 = 1 << 6 | 4;
    const QUARANTINED: u64 = 1 << 6 | 1 << 5 | 4;

    fn code(reason: Reason) -> u64 {
        reason.code() as u64
    }

    #[test]
    fn a_request_fills_the_mailbox() {
        let mut wire = Wire::new("receiver_request");
        for (ipv6, note) in [(false, ESTABLISHED), (true, QUARANTINED), (true, ESTABLISHED | 31)] {
            let mut message = Message::new(control::REQUEST, ipv6, NUMBER);
            message.ports[0] = 1234;
            let parsed = Parsed::of(&message);
            wire.took = 0;
            assert_eq!(wire.verdict(&parsed, note, NUMBER), code(Reason::Control));
            assert_eq!(wire.took, 1);
            wire.bench.settle();
            let dut = &wire.bench.dut;
            assert!(dut.mail_request.val() && !dut.mail_ack.val() && !dut.mail_stale.val());
            assert_eq!((u64::from(dut.mail_index.val()), dut.mail_ipv6.val()), (note & 31, ipv6));
            for i in 0..4u64 {
                assert_eq!(wire.mail(12 + i), message.destination[i as usize]);
                assert_eq!(wire.mail(i), message.source[i as usize]);
            }
            assert_eq!(wire.mail(4), 1234);
            assert_eq!((wire.mail(8) as u64) << 32 | wire.mail(9) as u64, NUMBER);
            // A second one has no place, an ordinary packet is not touched, one in quarantine is dropped.
            assert_eq!(wire.verdict(&parsed, note, NUMBER), code(Reason::ControlLimited));
            wire.empty();
            wire.bench.dut.allowed.next = false;
            assert_eq!(wire.verdict(&parsed, note, NUMBER), code(Reason::ControlLimited));
            wire.bench.dut.allowed.next = true;
            assert_eq!(wire.took, 1);
        }
        wire.bench.finish();
    }

    #[test]
    fn an_ack_must_answer_what_is_outstanding() {
        let mut wire = Wire::new("receiver_ack");
        wire.outstanding = 0x55;
        wire.bench.dut.allowed.next = false;
        for judging in [1, 5, 13] {
            wire.judging = judging;
            let right = Parsed::of(&Message::new(control::ACK, false, 0x55));
            assert_eq!(
                wire.verdict(&Parsed::of(&Message::new(control::ACK, true, 0x56)), QUARANTINED, NUMBER),
                code(Reason::ControlIgnored)
            );
            assert_eq!(wire.verdict(&right, QUARANTINED, NUMBER), code(Reason::Control));
            wire.bench.settle();
            assert!(wire.bench.dut.mail_ack.val());
            assert_eq!((wire.mail(8) as u64) << 32 | wire.mail(9) as u64, NUMBER);
            assert_eq!(wire.verdict(&right, QUARANTINED, NUMBER), code(Reason::ControlLimited));
            // Its pair is wiped, another's is not.
            wire.bench.dut.wipe.next = true;
            wire.bench.dut.wipe_index.next = 5.into();
            wire.clock();
            assert!(!wire.bench.dut.mail_stale.val());
            wire.bench.dut.wipe_index.next = 4.into();
            wire.clock();
            wire.bench.dut.wipe.next = false;
            wire.bench.settle();
            assert!(wire.bench.dut.mail_stale.val());
            wire.empty();
        }
        assert_eq!(wire.took, 0);
        wire.bench.finish();
    }

    /// A wipe in any clock of the judgement begins it anew; what is then stored is not stale.
    #[test]
    fn a_wipe_begins_the_judgement_anew() {
        let mut wire = Wire::new("receiver_wipe");
        (wire.outstanding, wire.judging) = (7, 3);
        for kind in [control::REQUEST, control::ACK] {
            for at in 0..20 {
                let parsed = Parsed::of(&Message::new(kind, false, 7));
                wire.offer(&parsed, QUARANTINED, 7);
                let mut judged = 0;
                for n in 0..45 {
                    wire.bench.settle();
                    judged = if wire.bench.dut.judge.val() { judged + 1 } else { 0 };
                    wire.bench.dut.judged.next = judged > 3;
                    wire.bench.dut.right.next = n < at;
                    wire.bench.dut.wipe.next = n == at;
                    wire.bench.dut.wipe_index.next = 4.into();
                    wire.clock();
                }
                wire.bench.settle();
                let dut = &wire.bench.dut;
                assert!(dut.ready.val() && dut.claim.val());
                if kind == control::ACK && dut.mail_ack.val() {
                    assert!(dut.mail_stale.val(), "stored before the wipe, at {at}, and not marked");
                }
                wire.bench.dut.take.next = true;
                wire.clock();
                wire.bench.dut.take.next = false;
                wire.bench.dut.go.next = false;
                wire.empty();
            }
        }
        wire.bench.finish();
    }

    /// Every field wrong, one at a time and several at once, against the words of the contract.
    #[test]
    fn every_field_counts() {
        let mut random = StdRng::seed_from_u64(13);
        let mut wire = Wire::new("receiver_fields");
        wire.outstanding = NUMBER;
        for n in 0..1200u32 {
            let ipv6 = random.gen();
            let kind = random.gen_range(1..=2);
            let mut message = Message::new(kind, ipv6, NUMBER);
            (message.flags, message.number) = (random.gen(), random.gen());
            message.vlan = random.gen_bool(0.3).then(|| random.gen());
            message.ports[0] = random.gen();
            let mut note = if random.gen() { QUARANTINED } else { ESTABLISHED };
            let (mut number, mut cut, mut fragment, mut malformed) = (NUMBER, false, false, false);
            let faults = if n < 400 { 1 } else { random.gen_range(0..3) };
            for f in 0..faults {
                let bit = random.gen_range(0..32u32);
                match if n < 400 && f == 0 { n % 18 } else { random.gen_range(0..18) } {
                    0 => message.protocol = [6, 17, 136, 1][bit as usize % 4],
                    1 => message.ports[1] ^= 1 << (bit % 16),
                    2 => message.udp_length ^= 1 << (bit % 16),
                    3 => message.udp_length = 20 + bit as u16 % 24,
                    4 => message.magic ^= 1 << bit,
                    5 => message.version ^= 1 << (bit % 8),
                    6 => message.kind ^= 1 << (bit % 8),
                    7 => message.length ^= 1 << (bit % 16),
                    8 => message.echo ^= 1 << bit,
                    9 => message.echo ^= 1 << (32 + bit),
                    10 => number ^= 1 << bit,
                    11 => number ^= 1 << (32 + bit),
                    12 => note ^= 1 << (bit % 5),
                    13 => note = (note & 0x3f) | u64::from(bit % 4) << 6,
                    14 => fragment = true,
                    15 => malformed = true,
                    16 => cut = true,
                    _ => number = [u64::MAX, u64::MAX - 1, 0xffff_ffff, u64::MAX << 32][bit as usize % 4],
                }
            }
            let mut parsed = Parsed::of(&message);
            if cut {
                parsed.facts.finish = (4 * (u64::from(parsed.facts.upper_word) + 5) + 3).into();
            }
            parsed.facts.fragment = fragment;
            if malformed {
                parsed.facts.reason = 5.into();
            }
            parsed.facts.destination_port_known = message.protocol != 1;
            let opened = note >> 6 & 3 == 1;
            let addressed = 0x8000_0010u32 >> (note & 31) & 1 == 1
                && message.protocol == 17
                && !fragment
                && !malformed
                && !cut
                && message.ports[1] == control::PORT
                && message.udp_length >= 24
                && message.magic == control::MAGIC;
            let sound = message.version == 1 && message.length == 28 && message.udp_length == 36;
            let fits = match message.kind {
                1 => message.echo == number,
                2 => message.echo == NUMBER,
                _ => false,
            };
            let expected = match (opened, addressed, sound && fits) {
                (true, true, true) => code(Reason::Control),
                (true, true, false) => code(Reason::ControlIgnored),
                (true, false, _) if note >> 5 & 1 == 1 => code(Reason::Quarantine),
                _ => 0,
            };
            wire.judging = random.gen_range(1..=13);
            assert_eq!(wire.verdict(&parsed, note, number), expected, "{n}: {message:?} {note:x} {number:x}");
            wire.bench.settle();
            let full = wire.bench.dut.mail_request.val() || wire.bench.dut.mail_ack.val();
            assert_eq!(full, expected == code(Reason::Control));
            wire.empty();
        }
        wire.bench.finish();
    }
}
