use crate::cell::Reg;
use crate::classify::Decision;
use crate::parse::Facts;
use crate::prelude::*;
use crate::stream::Frame;
use holdfast_registers::Reason;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum DeliverState {
    Idle,
    Send,
    Drop,
}

/// Carries out a decision on a frame for the host: sends it, or counts the drop; then gives its words back. While it does, the next frame is
/// being classified. An opened frame ends with its packet; others keep their link padding.
#[derive(LogicBlock, Ports)]
pub struct Deliver {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Without a host, what is for it is dropped.
    pub host_up: Signal<In, Bit>,
    pub go: Signal<In, Bit>,
    pub decision: Signal<In, Decision>,
    pub facts: Signal<In, Facts>,
    pub frame: Signal<In, Frame>,
    pub take: Signal<Out, Bit>,
    pub send: Signal<Out, Bit>,
    pub first: Signal<Out, Bits<10>>,
    pub length: Signal<Out, Bits<16>>,
    pub sent: Signal<In, Bit>,
    pub drop_valid: Signal<Out, Bit>,
    pub drop_reason: Signal<Out, Bits<5>>,
    pub drop_ready: Signal<In, Bit>,
    pub free: Signal<Out, Bit>,
    pub free_words: Signal<Out, Bits<10>>,
    state: Reg<DeliverState>,
    kept: Reg<Frame>,
    note: Signal<Local, Bits<13>>,
    down: Constant<Bits<5>>,
}

impl Default for Deliver {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            host_up: Default::default(),
            go: Default::default(),
            decision: Default::default(),
            facts: Default::default(),
            frame: Default::default(),
            take: Default::default(),
            send: Default::default(),
            first: Default::default(),
            length: Default::default(),
            sent: Default::default(),
            drop_valid: Default::default(),
            drop_reason: Default::default(),
            drop_ready: Default::default(),
            free: Default::default(),
            free_words: Default::default(),
            state: Reg::new(DeliverState::Idle),
            kept: Default::default(),
            note: Default::default(),
            down: Constant::new((Reason::HostDown.code() as u64).into()),
        }
    }
}

impl Logic for Deliver {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, kept);
        self.state.reset.next = self.reset.val();
        self.kept.reset.next = self.reset.val();

        self.take.next = false;
        self.free.next = false;
        self.free_words.next = self.kept.q.val().words;
        self.first.next = self.kept.q.val().start;
        self.length.next = self.kept.q.val().length;
        self.send.next = self.state.q.val() == DeliverState::Send;
        self.drop_valid.next = self.state.q.val() == DeliverState::Drop;
        self.drop_reason.next = self.kept.q.val().reason;
        self.note.next = self.frame.val().note;

        match self.state.q.val() {
            DeliverState::Idle => {
                if self.go.val() {
                    self.take.next = true;
                    self.kept.d.next = self.frame.val();
                    if self.note.val().get_bit(6) {
                        self.kept.d.next.length = self.facts.val().finish - 2;
                    }
                    self.kept.d.next.reason = self.decision.val().reason;
                    self.state.d.next = DeliverState::Send;
                    if !self.host_up.val() {
                        self.state.d.next = DeliverState::Drop;
                        self.kept.d.next.reason = self.down.val();
                    }
                    if self.decision.val().reason != 0 {
                        self.kept.d.next.reason = self.decision.val().reason;
                        self.state.d.next = DeliverState::Drop;
                    }
                }
            }
            DeliverState::Send => {
                if self.sent.val() {
                    self.free.next = true;
                    self.state.d.next = DeliverState::Idle;
                }
            }
            DeliverState::Drop => {
                if self.drop_ready.val() {
                    self.free.next = true;
                    self.state.d.next = DeliverState::Idle;
                }
            }
            _ => {}
        }
    }
}
