//! Verdict and commit: decides on one packet after the other, in the order in which they came.
//!
//! A packet waits here for its ICV's verdict and for its headers, has its number checked, is counted, and is committed or dropped. What is wrong with its ICV is told to the
//! anti-replay service as well, which has it under way.
//!
//! Two answers of that service are sixteen clocks apart, and so are an event and the answer behind it: nobody who counts, records or watches is told of packets faster than that. Nor slower where nobody
//! waits: a packet every sixteen clocks.
use crate::cell::{Block128, Reg};
use crate::inbound::Intake;
use crate::pipelined::Backlog;
use crate::prelude::*;
use holdfast_registers::{map::event, EventCode, Reason};

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum FinishState {
    Idle,
    /// A frame that is not opened waits until it is copied.
    Clear,
    /// Its headers are begun.
    Start,
    /// For the verdict.
    Icv,
    /// For the number.
    Replay,
    Count,
    Judge,
    Event,
    Fragment,
    Drop,
    Commit,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct FinishWork {
    /// Clocks until the next question.
    pub pace: Bits<4>,
    pub authentic: Bit,
    /// The packet is being opened: it has headers that must be done before it can go.
    pub opened: Bit,
    pub reason: Bits<5>,
    pub code: Bits<8>,
}

/// What an SA is to be counted for.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct OpenCount {
    pub valid: Bit,
    pub sa: SaIndex,
    pub bytes: Bits<16>,
}

/// The block; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct OpenFinish {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// A packet that was taken, and its source; `intake.start` is that of the new frame.
    pub push: Signal<In, Bit>,
    pub intake: Signal<In, Intake>,
    pub peer: Signal<In, Block128>,
    /// The packet in hand.
    pub packet: Signal<Out, Intake>,
    pub starts: Signal<Out, Bit>,
    pub done: Signal<In, Bit>,
    pub bytes: Signal<In, Bits<16>>,
    pub blocks: Signal<In, Bits<10>>,
    pub reason: Signal<In, Bits<5>>,
    pub copied: Signal<In, Bit>,
    pub copied_take: Signal<Out, Bit>,
    pub verdict_valid: Signal<In, Bit>,
    pub authentic: Signal<In, Bit>,
    pub check: Signal<Out, Bit>,
    pub check_authentic: Signal<Out, Bit>,
    pub checked: Signal<In, Bit>,
    pub checked_fresh: Signal<In, Bit>,
    pub checked_frozen: Signal<In, Bit>,
    pub commit: Signal<Out, Bit>,
    pub commit_blocks: Signal<Out, Bits<10>>,
    pub commit_length: Signal<Out, Bits<16>>,
    pub commit_note: Signal<Out, Bits<13>>,
    /// The packet in hand is dropped.
    pub dropped: Signal<Out, Bit>,
    pub drop_valid: Signal<Out, Bit>,
    pub drop_reason: Signal<Out, Bits<5>>,
    pub drop_ready: Signal<In, Bit>,
    /// See `Tally`. The packet need not be the one in hand.
    pub sa_valid: Signal<Out, Bit>,
    pub sa_index: Signal<Out, SaIndex>,
    pub sa_bytes: Signal<Out, Bits<16>>,
    pub sa_ready: Signal<In, Bit>,
    pub fragment_valid: Signal<Out, Bit>,
    pub fragment_ready: Signal<In, Bit>,
    pub event_valid: Signal<Out, Bit>,
    pub event_ready: Signal<In, Bit>,
    pub event_head: Signal<Out, Bits<32>>,
    pub event_detail: Signal<Out, Bits<32>>,
    pub event_address: Signal<Out, Block128>,
    intakes: Backlog<Intake, 3>,
    peers: Backlog<Block128, 3>,
    verdicts: Backlog<Bit, 3>,
    state: Reg<FinishState>,
    work: Reg<FinishWork>,
    kept: Reg<Intake>,
    from: Reg<Block128>,
    /// A packet waits here to be counted while the next one is decided on: the counters take turns that last about as long as a packet does.
    count: Reg<OpenCount>,
    reason_unknown: Constant<Bits<5>>,
    reason_icv: Constant<Bits<5>>,
    reason_replay: Constant<Bits<5>>,
    code_unknown: Constant<Bits<8>>,
    code_icv: Constant<Bits<8>>,
    code_replay: Constant<Bits<8>>,
    code_fragment: Constant<Bits<8>>,
    head_inbound: Constant<Bits<32>>,
    head_ipv6: Constant<Bits<32>>,
    head_sa: Constant<Bits<32>>,
    /// With the six clocks until the answer it makes sixteen.
    rest: Constant<Bits<4>>,
    event_base: Signal<Local, Bits<32>>,
    noted: Signal<Local, Bits<13>>,
    opened_by: Signal<Local, SaIndex>,
    settled: Signal<Local, Bit>,
}

impl Default for OpenFinish {
    fn default() -> Self {
        let reason = |r: Reason| Constant::new((r.code() as u64).into());
        let code = |c: EventCode| Constant::new((c.code() as u64).into());
        Self {
            clock: Default::default(),
            reset: Default::default(),
            push: Default::default(),
            intake: Default::default(),
            peer: Default::default(),
            packet: Default::default(),
            starts: Default::default(),
            done: Default::default(),
            bytes: Default::default(),
            blocks: Default::default(),
            reason: Default::default(),
            copied: Default::default(),
            copied_take: Default::default(),
            verdict_valid: Default::default(),
            authentic: Default::default(),
            check: Default::default(),
            check_authentic: Default::default(),
            checked: Default::default(),
            checked_fresh: Default::default(),
            checked_frozen: Default::default(),
            commit: Default::default(),
            commit_blocks: Default::default(),
            commit_length: Default::default(),
            commit_note: Default::default(),
            dropped: Default::default(),
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
            event_address: Default::default(),
            intakes: Default::default(),
            peers: Default::default(),
            verdicts: Default::default(),
            state: Reg::new(FinishState::Idle),
            work: Default::default(),
            kept: Default::default(),
            from: Default::default(),
            count: Default::default(),
            reason_unknown: reason(Reason::UnknownSpi),
            reason_icv: reason(Reason::Icv),
            reason_replay: reason(Reason::Replay),
            code_unknown: code(EventCode::UnknownSpi),
            code_icv: code(EventCode::AuthenticationFailure),
            code_replay: code(EventCode::Replay),
            code_fragment: code(EventCode::FragmentToHost),
            head_inbound: Constant::new((event::INBOUND as u64).into()),
            head_ipv6: Constant::new((event::IPV6 as u64).into()),
            head_sa: Constant::new((event::SA_VALID as u64).into()),
            rest: Constant::new(9.into()),
            event_base: Default::default(),
            noted: Default::default(),
            opened_by: Default::default(),
            settled: Default::default(),
        }
    }
}

impl Logic for OpenFinish {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, work, kept, from, count);
        clock!(self, clock, intakes, peers, verdicts);
        self.state.reset.next = self.reset.val();
        self.work.reset.next = self.reset.val();
        self.kept.reset.next = self.reset.val();
        self.from.reset.next = self.reset.val();
        self.count.reset.next = self.reset.val();
        self.intakes.reset.next = self.reset.val();
        self.peers.reset.next = self.reset.val();
        self.verdicts.reset.next = self.reset.val();

        self.intakes.push.next = self.push.val();
        self.intakes.item.next = self.intake.val();
        self.peers.push.next = self.push.val();
        self.peers.item.next = self.peer.val();
        self.intakes.pop.next = false;
        self.peers.pop.next = false;
        self.verdicts.push.next = self.verdict_valid.val();
        self.verdicts.item.next = self.authentic.val();
        self.verdicts.pop.next = false;

        self.packet.next = self.kept.q.val();
        self.starts.next = false;
        self.copied_take.next = false;
        self.check.next = false;
        self.check_authentic.next = self.verdicts.head.val();
        self.commit.next = false;
        self.dropped.next = false;
        self.drop_valid.next = false;
        self.drop_reason.next = self.work.q.val().reason;
        self.sa_valid.next = self.count.q.val().valid;
        self.sa_index.next = self.count.q.val().sa;
        self.sa_bytes.next = self.count.q.val().bytes;
        if self.sa_ready.val() {
            self.count.d.next.valid = false;
        }
        self.fragment_valid.next = false;
        self.event_valid.next = false;
        self.event_address.next = self.from.q.val();
        self.event_detail.next = self.kept.q.val().spi;
        if self.work.q.val().code == self.code_replay.val() {
            self.event_detail.next = self.kept.q.val().low;
        }
        if self.work.q.val().code == self.code_fragment.val() {
            self.event_detail.next = 0.into();
        }
        self.event_base.next = bit_cast::<32, 8>(self.work.q.val().code) | self.head_inbound.val();
        if self.work.q.val().opened {
            self.event_base.next = bit_cast::<32, 8>(self.work.q.val().code)
                | (bit_cast::<32, 10>(self.kept.q.val().sa) << 8)
                | self.head_inbound.val()
                | self.head_sa.val();
        }
        self.event_head.next = self.event_base.val();
        if self.kept.q.val().ipv6 {
            self.event_head.next = self.event_base.val() | self.head_ipv6.val();
        }

        self.commit_length.next = self.bytes.val();
        self.commit_blocks.next = self.blocks.val();
        self.opened_by.next = self.kept.q.val().sa;
        self.noted.next =
            bit_cast::<13, 5>(self.opened_by.val().get_bits::<5>(0)) | (bit_cast::<13, 5>(self.opened_by.val().get_bits::<5>(5)) << 8);
        self.commit_note.next = self.noted.val() | 0x40;
        if self.checked_frozen.val() {
            self.commit_note.next = self.noted.val() | 0x60;
        }
        if !self.work.q.val().opened {
            self.commit_length.next = self.kept.q.val().length;
            self.commit_blocks.next = self.kept.q.val().words;
            self.commit_note.next = 0.into();
            if self.kept.q.val().to_host {
                self.commit_note.next = 0x80.into();
            }
        }
        self.settled.next = self.done.val() | !self.work.q.val().opened;
        if self.work.q.val().pace != 0 {
            self.work.d.next.pace = self.work.q.val().pace - 1;
        }

        match self.state.q.val() {
            FinishState::Idle => {
                self.work.d.next.reason = self.intakes.head.val().reason;
                self.work.d.next.code = 0.into();
                self.work.d.next.opened = self.intakes.head.val().esp & (self.intakes.head.val().reason == 0);
                if self.intakes.head.val().to_host {
                    self.work.d.next.code = self.code_fragment.val();
                }
                if self.intakes.valid.val() {
                    self.kept.d.next = self.intakes.head.val();
                    self.from.d.next = self.peers.head.val();
                    self.intakes.pop.next = true;
                    self.peers.pop.next = true;
                    self.state.d.next = FinishState::Clear;
                    if self.intakes.head.val().esp {
                        self.state.d.next = FinishState::Start;
                    }
                    if self.intakes.head.val().reason != 0 {
                        self.state.d.next = FinishState::Drop;
                    }
                    if self.intakes.head.val().reason == self.reason_unknown.val() {
                        self.work.d.next.code = self.code_unknown.val();
                        self.state.d.next = FinishState::Event;
                    }
                }
            }
            FinishState::Clear => {
                if self.copied.val() {
                    self.copied_take.next = true;
                    self.state.d.next = FinishState::Commit;
                    if self.kept.q.val().to_host {
                        self.state.d.next = FinishState::Event;
                    }
                }
            }
            FinishState::Start => {
                self.starts.next = true;
                self.state.d.next = FinishState::Icv;
            }
            FinishState::Icv => {
                self.work.d.next.authentic = self.verdicts.head.val();
                if self.verdicts.valid.val() & (self.work.q.val().pace == 0) {
                    self.verdicts.pop.next = true;
                    self.check.next = true;
                    self.state.d.next = FinishState::Replay;
                }
            }
            FinishState::Replay => {
                if self.checked.val() {
                    self.work.d.next.pace = self.rest.val();
                    self.state.d.next = FinishState::Count;
                    if !self.checked_fresh.val() {
                        self.work.d.next.reason = self.reason_replay.val();
                        self.work.d.next.code = self.code_replay.val();
                        self.state.d.next = FinishState::Event;
                    }
                    if !self.work.q.val().authentic {
                        self.work.d.next.reason = self.reason_icv.val();
                        self.work.d.next.code = self.code_icv.val();
                    }
                }
            }
            FinishState::Count => {
                if !self.count.q.val().valid | self.sa_ready.val() {
                    self.count.d.next.valid = true;
                    self.count.d.next.sa = self.kept.q.val().sa;
                    self.count.d.next.bytes = self.kept.q.val().cipher_bytes;
                    self.state.d.next = FinishState::Judge;
                }
            }
            FinishState::Judge => {
                self.work.d.next.reason = self.reason.val();
                if self.done.val() {
                    self.state.d.next = FinishState::Commit;
                    if self.reason.val() != 0 {
                        self.state.d.next = FinishState::Drop;
                    }
                }
            }
            FinishState::Event => {
                self.event_valid.next = true;
                if self.event_ready.val() {
                    self.work.d.next.pace = self.rest.val();
                    self.state.d.next = FinishState::Drop;
                    if self.kept.q.val().to_host {
                        self.state.d.next = FinishState::Fragment;
                    }
                }
            }
            FinishState::Fragment => {
                self.fragment_valid.next = true;
                if self.fragment_ready.val() {
                    self.state.d.next = FinishState::Commit;
                }
            }
            FinishState::Drop => {
                self.drop_valid.next = self.settled.val();
                if self.settled.val() & self.drop_ready.val() {
                    self.dropped.next = true;
                    self.state.d.next = FinishState::Idle;
                }
            }
            FinishState::Commit => {
                self.commit.next = true;
                self.state.d.next = FinishState::Idle;
            }
            _ => {}
        }
    }
}
