use crate::cell::{Ram, Reg};
use crate::parse::Facts;
use crate::prelude::*;
use holdfast_registers::{control, wire::protocol, Reason};

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum ReceiverPhase {
    Idle,
    /// Its words come from the store, one per clock.
    Look,
    Done,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ReceiverState {
    pub claim: Bit,
    pub reason: Bits<5>,
    /// The word that the store is asked for, as the place in the mailbox where it goes.
    pub code: Bits<4>,
    /// What has been seen so far is right; its type.
    pub sound: Bit,
    pub request: Bit,
    pub ack: Bit,
    /// The mailbox was empty when it began.
    pub open: Bit,
    /// What is in the mailbox.
    pub full: Bit,
    pub holds_ack: Bit,
    pub ipv6: Bit,
    pub stale: Bit,
    pub index: Bits<5>,
}

/// Words on their way from the store: asked for a clock ago, in hand, and looked at a clock ago.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ReceiverPipe {
    pub asked: Bit,
    pub comes: Bit,
    pub seen: Bit,
    pub asked_code: Bits<4>,
    pub comes_code: Bits<4>,
    pub seen_code: Bits<4>,
}

/// What is seen of the packet, one clock after it stands, and of each of its words, whichever it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ReceiverSight {
    pub opened: Bit,
    pub quarantined: Bit,
    pub recorded: Bit,
    pub udp: Bit,
    /// The packet has room for the 24 bytes that are looked at, and so has the datagram.
    pub whole: Bit,
    pub long: Bit,
    pub port: Bit,
    pub magic: Bit,
    /// The datagram's length, version and length of the message are right; its type.
    pub datagram: Bit,
    pub version: Bit,
    pub request: Bit,
    pub ack: Bit,
    /// It is a word of the packet's own number, of the V that is outstanding.
    pub own: Bit,
    pub answer: Bit,
}

/// Looks at every packet that was opened: claims those in quarantine and the control messages, and puts a message that is taken into the mailbox, which holds one.
///
/// `go` with the parser's results held until `take`, and the words of the frame from the store: `data` two clocks after `address`. `ready` with `claim` and `reason` stays until then: 2 clocks where there can be nothing to take, 5 where the port is another's, at most 24 otherwise;
/// a V of the pair that is written meanwhile (`v_busy`, at most 11 clocks) or its `wipe` makes it begin anew. In the mailbox: words 12 to 15 the
/// destination, 0 to 3 the source of the message, 4 its ports, 8 and 9 its echo; `mail_word` answers two clocks after `mail_address`; `mail_high` and `mail_low`: its packet's number. `mail_free` empties it. A message that finds it full is dropped as
/// `control_limited`, so nothing here ever waits; a REQUEST also while `allowed` is not set. `took` tells that a REQUEST was taken.
///
/// `v_index` and `v_half` (0 high) are answered by `v_word` two clocks later, if they were asked in phases 0 and 1, and by `v_known` where a V is outstanding at all.
/// `wipe` of the SA whose message is in the mailbox makes it `mail_stale`.
#[derive(LogicBlock, Ports)]
pub struct Receiver {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub port: Signal<In, Bits<16>>,
    pub recorded_inbound: Signal<In, Bits<32>>,
    pub go: Signal<In, Bit>,
    pub facts: Signal<In, Facts>,
    pub note: Signal<In, Bits<8>>,
    /// Where the frame begins in the store.
    pub start: Signal<In, Bits<10>>,
    pub address: Signal<Out, Bits<10>>,
    pub data: Signal<In, Bits<32>>,
    pub number_high: Signal<In, Bits<32>>,
    pub number_low: Signal<In, Bits<32>>,
    pub take: Signal<In, Bit>,
    pub ready: Signal<Out, Bit>,
    pub claim: Signal<Out, Bit>,
    pub reason: Signal<Out, Bits<5>>,
    pub wipe: Signal<In, Bit>,
    pub wipe_index: Signal<In, Bits<5>>,
    pub v_busy: Signal<In, Bit>,
    pub v_busy_index: Signal<In, Bits<5>>,
    /// The two lowest bits of a count of clocks: V is asked for in 0 and 1.
    pub phase: Signal<In, Bits<2>>,
    pub v_index: Signal<Out, Bits<5>>,
    pub v_half: Signal<Out, Bit>,
    pub v_word: Signal<In, Bits<32>>,
    pub v_known: Signal<In, Bit>,
    pub allowed: Signal<In, Bit>,
    pub took: Signal<Out, Bit>,
    pub mail_request: Signal<Out, Bit>,
    pub mail_ack: Signal<Out, Bit>,
    pub mail_stale: Signal<Out, Bit>,
    pub mail_index: Signal<Out, Bits<5>>,
    pub mail_ipv6: Signal<Out, Bit>,
    pub mail_address: Signal<In, Bits<4>>,
    pub mail_word: Signal<Out, Bits<32>>,
    pub mail_high: Signal<Out, Bits<32>>,
    pub mail_low: Signal<Out, Bits<32>>,
    pub mail_free: Signal<In, Bit>,
    s: Reg<ReceiverState>,
    state: Reg<ReceiverPhase>,
    pipe: Reg<ReceiverPipe>,
    sight: Reg<ReceiverSight>,
    place: Reg<Bits<10>>,
    letters: Ram<Bits<32>, 4>,
    read: Reg<Bits<32>>,
    high: Reg<Bits<32>>,
    low: Reg<Bits<32>>,
    udp: Constant<Bits<8>>,
    magic: Constant<Bits<32>>,
    version: Constant<Bits<8>>,
    type_request: Constant<Bits<8>>,
    type_ack: Constant<Bits<8>>,
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
    /// The same a clock later: the packet has stood for a clock when it is looked at.
    here: Reg<Bits<5>>,
    /// It is the SA whose V may be written. A clock old too: V is asked for long after.
    written: Reg<Bit>,
    number: Signal<Local, Bits<32>>,
    addresses: Signal<Local, Bits<4>>,
    code: Signal<Local, Bits<4>>,
    comes: Signal<Local, Bits<4>>,
    seen: Signal<Local, Bits<4>>,
    loads: Signal<Local, Bit>,
    ended: Signal<Local, Bit>,
    stays: Signal<Local, Bit>,
    base: Signal<Local, Bits<10>>,
    more: Signal<Local, Bits<10>>,
    last: Signal<Local, Bit>,
    fits: Signal<Local, Bit>,
    again: Signal<Local, Bit>,
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
            start: Default::default(),
            address: Default::default(),
            data: Default::default(),
            number_high: Default::default(),
            number_low: Default::default(),
            take: Default::default(),
            ready: Default::default(),
            claim: Default::default(),
            reason: Default::default(),
            wipe: Default::default(),
            wipe_index: Default::default(),
            v_busy: Default::default(),
            v_busy_index: Default::default(),
            phase: Default::default(),
            v_index: Default::default(),
            v_half: Default::default(),
            v_word: Default::default(),
            v_known: Default::default(),
            allowed: Default::default(),
            took: Default::default(),
            mail_request: Default::default(),
            mail_ack: Default::default(),
            mail_stale: Default::default(),
            mail_index: Default::default(),
            mail_ipv6: Default::default(),
            mail_address: Default::default(),
            mail_word: Default::default(),
            mail_high: Default::default(),
            mail_low: Default::default(),
            mail_free: Default::default(),
            s: Default::default(),
            state: Default::default(),
            pipe: Default::default(),
            sight: Default::default(),
            place: Default::default(),
            letters: Default::default(),
            read: Default::default(),
            high: Default::default(),
            low: Default::default(),
            udp: Constant::new((protocol::UDP as u64).into()),
            magic: Constant::new((control::MAGIC as u64).into()),
            version: Constant::new((control::VERSION as u64).into()),
            type_request: Constant::new((control::REQUEST as u64).into()),
            type_ack: Constant::new((control::ACK as u64).into()),
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
            here: Default::default(),
            written: Default::default(),
            number: Default::default(),
            addresses: Default::default(),
            code: Default::default(),
            comes: Default::default(),
            seen: Default::default(),
            loads: Default::default(),
            ended: Default::default(),
            stays: Default::default(),
            base: Default::default(),
            more: Default::default(),
            last: Default::default(),
            fits: Default::default(),
            again: Default::default(),
            taking: Default::default(),
        }
    }
}

impl Logic for Receiver {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, state, pipe, sight, place, read, high, low, here, written);
        clock!(self, clock, letters);
        self.s.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();
        self.pipe.reset.next = self.reset.val() | (self.state.q.val() != ReceiverPhase::Look);
        self.sight.reset.next = self.reset.val();
        self.place.reset.next = self.reset.val();
        self.read.reset.next = self.reset.val();
        self.high.reset.next = self.reset.val();
        self.here.reset.next = self.reset.val();
        self.written.reset.next = self.reset.val();
        self.low.reset.next = self.reset.val();

        // What the packet is.
        self.sa.next = self.note.val().get_bits::<5>(0);
        self.here.d.next = self.sa.val();
        self.written.d.next = self.v_busy_index.val() == self.here.q.val();
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
        self.sight.d.next.whole = (self.held.val().get_bits::<7>(3) != 0) | (self.held.val().get_bit(2) & self.held.val().get_bit(1));

        // Its words: ports, the rest of the UDP header, the message up to the echo (4 to 9), then source and destination (0 to 3, 12 to 15; with IPv4 0 and 12).
        self.code.next = self.s.q.val().code;
        self.ended.next = (self.code.val() == 10) | (self.code.val() == 11);
        self.addresses.next = bit_cast::<4, 3>(self.facts.val().ip_word) + 3;
        if self.facts.val().ipv6 {
            self.addresses.next = bit_cast::<4, 3>(self.facts.val().ip_word) + 2;
        }
        self.loads.next = (self.state.q.val() != ReceiverPhase::Look) | (self.code.val() == 9);
        self.base.next = self.place.q.val();
        // V is asked for together with the echo, in the clocks that are meant for it.
        self.stays.next = (self.code.val() == 7) & (self.phase.val() != 3);
        self.more.next = 1.into();
        if self.stays.val() {
            self.more.next = 0.into();
        }
        if self.loads.val() {
            self.base.next = self.start.val();
            self.more.next = self.facts.val().upper_word;
            if self.state.q.val() == ReceiverPhase::Look {
                self.more.next = bit_cast::<10, 4>(self.addresses.val());
            }
        }
        self.place.d.next = self.base.val() + self.more.val();
        self.address.next = self.place.q.val();
        self.s.d.next.code = self.code.val() + 1;
        if self.stays.val() {
            self.s.d.next.code = 7.into();
        }
        if self.code.val() == 9 {
            self.s.d.next.code = 0.into();
        }
        if (self.code.val() == 3) | ((self.code.val() == 0) & !self.facts.val().ipv6) {
            self.s.d.next.code = 12.into();
        }
        if self.ended.val() | (self.code.val() == 15) | ((self.code.val() == 12) & !self.facts.val().ipv6) {
            self.s.d.next.code = 10.into();
        }
        if self.state.q.val() != ReceiverPhase::Look {
            self.s.d.next.code = 4.into();
        }
        self.pipe.d.next.asked = !self.ended.val();
        self.pipe.d.next.asked_code = self.code.val();
        self.pipe.d.next.comes = self.pipe.q.val().asked;
        self.pipe.d.next.comes_code = self.pipe.q.val().asked_code;
        self.pipe.d.next.seen = self.pipe.q.val().comes;
        self.pipe.d.next.seen_code = self.pipe.q.val().comes_code;

        // What each would say if it were the one.
        self.bytes.next = self.data.val().get_bits::<16>(16);
        self.sight.d.next.port = self.data.val().get_bits::<16>(0) == self.port.val();
        self.sight.d.next.long = (self.bytes.val().get_bits::<11>(5) != 0) | (self.bytes.val().get_bit(4) & self.bytes.val().get_bit(3));
        self.sight.d.next.datagram = self.bytes.val() == self.datagram.val();
        self.sight.d.next.magic = self.data.val() == self.magic.val();
        self.sight.d.next.version =
            (self.data.val().get_bits::<8>(24) == self.version.val()) & (self.data.val().get_bits::<16>(0) == self.length.val());
        self.sight.d.next.request = self.data.val().get_bits::<8>(16) == self.type_request.val();
        self.sight.d.next.ack = self.data.val().get_bits::<8>(16) == self.type_ack.val();
        self.comes.next = self.pipe.q.val().comes_code;
        self.number.next = self.number_high.val();
        if self.comes.val().get_bit(0) {
            self.number.next = self.number_low.val();
        }
        self.sight.d.next.own = self.data.val() == self.number.val();
        self.sight.d.next.answer = self.data.val() == self.v_word.val();
        self.v_index.next = self.here.q.val();
        self.v_half.next = self.code.val().get_bit(0);

        // The mailbox. What is looked at is written where there is room; it counts when the whole of it is taken.
        self.letters.write.next = self.pipe.q.val().comes & self.s.q.val().open;
        self.letters.write_address.next = self.comes.val();
        self.letters.write_data.next = self.data.val();
        self.letters.read_address.next = self.mail_address.val();
        self.read.d.next = self.letters.read_data.val();
        self.mail_word.next = self.read.q.val();
        self.mail_request.next = self.s.q.val().full & !self.s.q.val().holds_ack;
        self.mail_ack.next = self.s.q.val().full & self.s.q.val().holds_ack;
        self.mail_stale.next = self.s.q.val().stale;
        self.mail_index.next = self.s.q.val().index;
        self.mail_ipv6.next = self.s.q.val().ipv6;
        self.mail_high.next = self.high.q.val();
        self.mail_low.next = self.low.q.val();
        if self.wipe.val() & (self.wipe_index.val() == self.s.q.val().index) {
            self.s.d.next.stale = true;
        }
        if self.mail_free.val() {
            self.s.d.next.full = false;
        }

        self.ready.next = self.state.q.val() == ReceiverPhase::Done;
        self.claim.next = self.s.q.val().claim | (self.sight.q.val().opened & self.sight.q.val().quarantined);
        self.reason.next = self.s.q.val().reason;
        self.seen.next = self.pipe.q.val().seen_code;
        self.last.next = self.pipe.q.val().seen & ((self.seen.val() == 15) | ((self.seen.val() == 12) & !self.facts.val().ipv6));
        self.fits.next =
            (self.s.q.val().request & self.sight.q.val().own) | (self.s.q.val().ack & self.sight.q.val().answer & self.v_known.val());
        // What was judged may have changed.
        self.again.next = (self.wipe.val() & (self.wipe_index.val() == self.here.q.val())) | (self.v_busy.val() & self.written.q.val());
        self.taking.next =
            self.last.val() & self.s.q.val().sound & self.s.q.val().open & (self.allowed.val() | self.s.q.val().ack) & !self.again.val();
        self.took.next = self.taking.val() & self.s.q.val().request;
        match self.state.q.val() {
            ReceiverPhase::Idle => {
                self.s.d.next.claim = false;
                self.s.d.next.open = !self.s.q.val().full;
                if self.go.val() {
                    self.state.d.next = ReceiverPhase::Look;
                }
            }
            ReceiverPhase::Look => {
                self.s.d.next.reason = self.quarantine.val();
                if self.s.q.val().claim {
                    self.s.d.next.reason = self.control_ignored.val();
                    if self.s.q.val().sound {
                        self.s.d.next.reason = self.control_limited.val();
                    }
                }
                if self.taking.val() {
                    self.s.d.next.reason = self.control.val();
                    self.s.d.next.full = true;
                    self.s.d.next.stale = false;
                }
                // As long as there is room, what would be in the mailbox with the message is that already.
                if self.s.q.val().open {
                    self.s.d.next.holds_ack = self.s.q.val().ack;
                    self.s.d.next.ipv6 = self.facts.val().ipv6;
                    self.s.d.next.index = self.here.q.val();
                    self.high.d.next = self.number_high.val();
                    self.low.d.next = self.number_low.val();
                }
                if self.pipe.q.val().seen {
                    if self.seen.val() == 4 {
                        self.s.d.next.sound = true;
                        if !self.sight.q.val().port {
                            self.state.d.next = ReceiverPhase::Done;
                        }
                    }
                    if self.seen.val() == 5 {
                        self.s.d.next.sound = self.sight.q.val().datagram;
                        if !self.sight.q.val().long {
                            self.state.d.next = ReceiverPhase::Done;
                        }
                    }
                    if self.seen.val() == 6 {
                        self.s.d.next.claim = self.sight.q.val().magic;
                        if !self.sight.q.val().magic {
                            self.state.d.next = ReceiverPhase::Done;
                        }
                    }
                    if self.seen.val() == 7 {
                        self.s.d.next.request = self.sight.q.val().request;
                        self.s.d.next.ack = self.sight.q.val().ack;
                        if !self.sight.q.val().version {
                            self.s.d.next.sound = false;
                        }
                    }
                    if (self.seen.val().get_bits::<3>(1) == 4) & !self.fits.val() {
                        self.s.d.next.sound = false;
                    }
                }
                if self.last.val() {
                    self.state.d.next = ReceiverPhase::Done;
                }
                // Nothing to look for.
                if !self.sight.q.val().opened | !self.sight.q.val().recorded | !self.sight.q.val().udp | !self.sight.q.val().whole {
                    self.state.d.next = ReceiverPhase::Done;
                }
                if self.again.val() {
                    self.state.d.next = ReceiverPhase::Idle;
                }
            }
            ReceiverPhase::Done => {
                if self.take.val() {
                    self.state.d.next = ReceiverPhase::Idle;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::peer::{Message, Parsed, Pipe};
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};

    const NUMBER: u64 = 0x0123_4567_89ab_cdef;

    struct Wire {
        bench: Bench<Receiver>,
        /// The V that is outstanding, for the verifier's part, and the store's.
        outstanding: u64,
        words: Vec<u32>,
        start: usize,
        pipes: [Pipe; 2],
        phase: u64,
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
            bench.dut.v_known.next = true;
            Self { bench, outstanding: 1, words: vec![], start: 0, pipes: Default::default(), phase: 0, took: 0 }
        }
        fn clock(&mut self) {
            self.bench.settle();
            let dut = &self.bench.dut;
            self.took += dut.took.val() as u32;
            let asked = (dut.address.val().index() + 1024 - self.start) % 1024;
            let asked = self.words.get(asked).copied().unwrap_or(0xdead_beef);
            let v = if dut.v_half.val() { self.outstanding } else { self.outstanding >> 32 };
            let v = if self.phase < 2 { v } else { !v };
            self.bench.cycle();
            self.bench.dut.data.next = self.pipes[0].step(asked).into();
            self.phase = (self.phase + 1) % 4;
            self.bench.dut.phase.next = self.phase.into();
            self.bench.dut.v_word.next = self.pipes[1].step(v as u32).into();
        }
        fn offer(&mut self, parsed: &Parsed, note: u64, number: u64) {
            let dut = &mut self.bench.dut;
            dut.facts.next = parsed.facts;
            dut.note.next = note.into();
            self.words = parsed.words.clone();
            self.start = (self.start + 333) % 1024;
            dut.start.next = (self.start as u64).into();
            dut.number_high.next = (number >> 32).into();
            dut.number_low.next = (number & 0xffff_ffff).into();
            dut.go.next = true;
        }
        /// The verdict: reason to drop, or zero.
        fn verdict(&mut self, parsed: &Parsed, note: u64, number: u64) -> u64 {
            self.offer(parsed, note, number);
            let mut clocks = 0;
            loop {
                self.bench.settle();
                if self.bench.dut.ready.val() {
                    break;
                }
                self.clock();
                clocks += 1;
                assert!(clocks <= 24, "no verdict");
            }
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
            assert_eq!(wire.mail(4) >> 16, 1234);
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
        for _ in 0..3 {
            // None is outstanding.
            wire.bench.dut.v_known.next = false;
            let none = Parsed::of(&Message::new(control::ACK, true, 0x55));
            assert_eq!(wire.verdict(&none, QUARANTINED, NUMBER), code(Reason::ControlIgnored));
            wire.bench.dut.v_known.next = true;
            let right = Parsed::of(&Message::new(control::ACK, false, 0x55));
            assert_eq!(
                wire.verdict(&Parsed::of(&Message::new(control::ACK, true, 0x56)), QUARANTINED, NUMBER),
                code(Reason::ControlIgnored)
            );
            assert_eq!(wire.verdict(&right, QUARANTINED, NUMBER), code(Reason::Control));
            wire.bench.settle();
            assert!(wire.bench.dut.mail_ack.val());
            let number = |dut: &Receiver| u64::from(dut.mail_high.val()) << 32 | u64::from(dut.mail_low.val());
            assert_eq!(number(&wire.bench.dut), NUMBER);
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

    /// A wipe in any clock of the judgement, or a V that is written, begins it anew; what is then stored is not stale.
    #[test]
    fn a_wipe_begins_the_judgement_anew() {
        let mut wire = Wire::new("receiver_wipe");
        for kind in [control::REQUEST, control::ACK] {
            for at in 0..30 {
                wire.outstanding = 7;
                let parsed = Parsed::of(&Message::new(kind, at % 2 == 0, 7));
                wire.offer(&parsed, QUARANTINED, 7);
                let written = at % 3 == 2;
                for n in 0..60 {
                    let dut = &mut wire.bench.dut;
                    dut.wipe.next = n == at && !written;
                    dut.wipe_index.next = 4.into();
                    dut.v_busy.next = n >= at && n < at + 9 && written;
                    dut.v_busy_index.next = 4.into();
                    dut.v_known.next = n < at || written;
                    if n == at {
                        wire.outstanding = 8;
                    }
                    wire.clock();
                }
                wire.bench.settle();
                let dut = &wire.bench.dut;
                assert!(dut.ready.val() && dut.claim.val());
                let before = at > 24;
                assert!(before || at > 12 || kind == control::REQUEST || !dut.mail_ack.val(), "at {at}");
                if kind == control::ACK && dut.mail_ack.val() {
                    assert!(dut.mail_stale.val() || written, "stored before the wipe, at {at}, and not marked");
                }
                assert!(kind == control::ACK || dut.mail_request.val());
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
                parsed.words.pop();
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
            assert_eq!(wire.verdict(&parsed, note, number), expected, "{n}: {message:?} {note:x} {number:x}");
            wire.bench.settle();
            let full = wire.bench.dut.mail_request.val() || wire.bench.dut.mail_ack.val();
            assert_eq!(full, expected == code(Reason::Control));
            wire.empty();
        }
        wire.bench.finish();
    }
}
