use super::{Acknowledger, Composer, Detector, Receiver, Requester, Verifier};
use crate::cell::{Reg, Settle};
use crate::parse::Facts;
use crate::prelude::*;
use crate::stream::Frame;
use crate::Sizes;

/// The exchange of REQUEST and ACK that brings an inbound SA back from quarantine, and the quarantine itself.
///
/// ```text
/// opened packets ─► receiver ─► mailbox ─┬► acknowledger ─► composer ─► outbound
///                      │                 └► verifier ─► Commit          ▲ │ V
///                      └── is it answered? ──► verifier ◄───────────────┼─┘
///  failures, recorder, driver ─► detector ─► quarantine ─► requester ───┘
/// ```
///
/// The verdict on a packet is there within 24 clocks, 30 more where the number of a request of its pair or an end of its quarantine comes in between, whatever else goes on; a message that nobody has time for is dropped as `control_limited`. A REQUEST is offered to the outbound direction at most 125 clocks after its wait is over and the composer is free.
/// Reset it with the outbound direction: a frame that was taken (`i_take`) and never ends (`i_done`) would keep the composer for ever.
#[derive(LogicBlock, Ports, Default)]
pub struct Exchange {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Behind the parser that looks at what was opened: its results stand from `r_go` to `r_take`, and so does the verdict from `r_ready` on.
    pub r_go: Signal<In, Bit>,
    pub r_facts: Signal<In, Facts>,
    /// Bits 7:6 `classify::kind`, bit 5 opened in quarantine, bits 4:0 SA.
    pub r_note: Signal<In, Bits<8>>,
    /// Where the frame begins in its store, and the store's port, which is the receiver's then: words two clocks later.
    pub r_start: Signal<In, Bits<10>>,
    pub r_address: Signal<Out, Bits<10>>,
    pub r_data: Signal<In, Bits<32>>,
    pub r_number_high: Signal<In, Bits<32>>,
    pub r_number_low: Signal<In, Bits<32>>,
    pub r_take: Signal<In, Bit>,
    pub r_ready: Signal<Out, Bit>,
    /// The frame is dropped under `r_reason`, whatever the classifier says.
    pub r_claim: Signal<Out, Bit>,
    pub r_reason: Signal<Out, Bits<5>>,
    pub port: Signal<In, Bits<16>>,
    pub recorded_inbound: Signal<In, Bits<32>>,
    /// In front of the outbound sequencer.
    pub i_go: Signal<Out, Bit>,
    pub i_sa: Signal<Out, Bits<5>>,
    pub i_facts: Signal<Out, Facts>,
    pub i_frame: Signal<Out, Frame>,
    pub i_take: Signal<In, Bit>,
    pub i_used: Signal<In, Bit>,
    pub i_used_high: Signal<In, Bits<32>>,
    pub i_used_low: Signal<In, Bits<32>>,
    /// Frame words as a `FrameStore` has them, two clocks later.
    pub i_address: Signal<In, Bits<10>>,
    pub i_data: Signal<Out, Bits<32>>,
    pub i_done: Signal<In, Bit>,
    /// Parameters of the pairs (`registers::pair`), two clocks later.
    pub p_index: Signal<Out, Bits<5>>,
    pub p_word: Signal<Out, Bits<4>>,
    pub p_data: Signal<In, Bits<32>>,
    /// Client port of `Commit`.
    pub c_want: Signal<Out, Bit>,
    pub c_grant: Signal<In, Bit>,
    pub c_write: Signal<Out, Bit>,
    pub c_word: Signal<Out, Bits<5>>,
    pub c_data: Signal<Out, Bits<32>>,
    pub c_start: Signal<Out, Bit>,
    pub c_operation: Signal<Out, Bits<3>>,
    pub c_inbound: Signal<Out, Bit>,
    pub c_index: Signal<Out, Bits<5>>,
    pub c_done: Signal<In, Bit>,
    pub c_refused: Signal<In, Bit>,
    /// What became of packets in inbound SAs.
    pub f_icv: Signal<In, Bit>,
    pub f_replay: Signal<In, Bit>,
    pub f_fresh: Signal<In, Bit>,
    pub f_index: Signal<In, Bits<5>>,
    pub authentication_limit: Signal<In, Bits<8>>,
    pub replay_limit: Signal<In, Bits<8>>,
    /// From the recorder.
    pub q_set: Signal<In, Bit>,
    pub q_clear: Signal<In, Bit>,
    pub q_index: Signal<In, Bits<5>>,
    pub q_cause: Signal<In, Bits<8>>,
    /// Driver command 1.
    pub desynchronise: Signal<In, Bit>,
    pub command_index: Signal<In, Bits<5>>,
    pub quarantine: Signal<Out, Bits<32>>,
    /// Mixed into the pseudo-random waits.
    pub seed: Signal<In, Bits<32>>,
    /// Suspended or restoring: no request is sent.
    pub still: Signal<In, Bit>,
    /// Events; no address.
    pub e_valid: Signal<Out, Bit>,
    pub e_head: Signal<Out, Bits<32>>,
    pub e_detail: Signal<Out, Bits<32>>,
    pub e_ready: Signal<In, Bit>,
    receiver: Settle<Receiver>,
    detector: Settle<Detector>,
    requester: Settle<Requester>,
    verifier: Settle<Verifier>,
    acknowledger: Settle<Acknowledger>,
    composer: Settle<Composer>,
    answering: Reg<Bit>,
}

impl Exchange {
    /// For so many SAs.
    pub fn new(sizes: Sizes) -> Self {
        Self {
            detector: Settle::new(Detector::new(sizes)),
            requester: Settle::new(Requester::new(sizes)),
            verifier: Settle::new(Verifier::new(sizes)),
            ..Self::default()
        }
    }
}

impl Logic for Exchange {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, receiver, detector, requester, verifier, acknowledger, composer);
        self.receiver.reset.next = self.reset.val();
        self.detector.reset.next = self.reset.val();
        self.requester.reset.next = self.reset.val();
        self.verifier.reset.next = self.reset.val();
        self.acknowledger.reset.next = self.reset.val();
        self.composer.reset.next = self.reset.val();

        // What was opened.
        self.receiver.port.next = self.port.val();
        self.receiver.recorded_inbound.next = self.recorded_inbound.val();
        self.receiver.go.next = self.r_go.val();
        self.receiver.facts.next = self.r_facts.val();
        self.receiver.note.next = self.r_note.val();
        self.receiver.start.next = self.r_start.val();
        self.receiver.data.next = self.r_data.val();
        self.r_address.next = self.receiver.address.val();
        self.receiver.number_high.next = self.r_number_high.val();
        self.receiver.number_low.next = self.r_number_low.val();
        self.receiver.take.next = self.r_take.val();
        self.r_ready.next = self.receiver.ready.val();
        self.r_claim.next = self.receiver.claim.val();
        self.r_reason.next = self.receiver.reason.val();
        self.receiver.wipe.next = self.detector.wipe.val();
        self.receiver.wipe_index.next = self.detector.wipe_index.val();
        self.receiver.v_busy.next = self.composer.v_busy.val();
        self.receiver.v_busy_index.next = self.composer.sa.val();
        self.receiver.v_word.next = self.requester.ask_word.val();
        self.receiver.phase.next = self.requester.clock_phase.val();
        self.receiver.v_known.next = self.verifier.known.val();
        self.receiver.allowed.next = self.acknowledger.allowed.val();
        self.receiver.mail_free.next = self.verifier.mail_free.val() | self.acknowledger.mail_free.val();
        self.receiver.mail_address.next = self.composer.mail_address.val();

        // Who is in quarantine.
        self.detector.recorded_inbound.next = self.recorded_inbound.val();
        self.detector.f_icv.next = self.f_icv.val();
        self.detector.f_replay.next = self.f_replay.val();
        self.detector.f_fresh.next = self.f_fresh.val();
        self.detector.f_index.next = self.f_index.val();
        self.detector.authentication_limit.next = self.authentication_limit.val();
        self.detector.replay_limit.next = self.replay_limit.val();
        self.detector.q_set.next = self.q_set.val();
        self.detector.q_clear.next = self.q_clear.val();
        self.detector.q_index.next = self.q_index.val();
        self.detector.q_cause.next = self.q_cause.val();
        self.detector.desynchronise.next = self.desynchronise.val();
        self.detector.command_index.next = self.command_index.val();
        self.detector.finish.next = self.verifier.finish.val();
        self.detector.finish_index.next = self.verifier.finish_index.val();
        self.detector.cause_index.next = self.requester.index.val();
        self.quarantine.next = self.detector.quarantine.val();

        // Requests.
        self.requester.still.next = self.still.val();
        self.requester.seed.next = self.seed.val();
        self.requester.wipe.next = self.detector.wipe.val();
        self.requester.wipe_index.next = self.detector.wipe_index.val();
        self.requester.cause.next = self.detector.cause.val();
        self.requester.cause_settled.next = self.detector.cause_settled.val();
        self.requester.p_data.next = self.p_data.val();
        self.requester.idle.next = self.composer.idle.val();
        // A clock old: where both ask at once, the composer lets the ACK go first and the request is made again.
        self.answering.clock.next = self.clock.val();
        self.answering.reset.next = self.reset.val();
        self.answering.d.next = self.acknowledger.compose.val();
        self.requester.busy.next = self.answering.q.val();
        self.requester.accepted.next = self.composer.request_accepted.val();
        self.requester.e_ready.next = self.verifier.other_ready.val();

        // Answers to them.
        self.verifier.still.next = self.still.val();
        self.verifier.wipe.next = self.detector.wipe.val();
        self.verifier.wipe_index.next = self.detector.wipe_index.val();
        self.verifier.ask_index.next = self.receiver.v_index.val();
        self.requester.ask_index.next = self.receiver.v_index.val();
        self.requester.ask_half.next = self.receiver.v_half.val();
        self.requester.v_busy.next = self.composer.v_busy.val() | self.i_used.val();
        self.requester.v_write.next = self.composer.v_write.val();
        self.requester.v_half.next = self.composer.v_half.val();
        self.requester.v_data.next = self.composer.v_data.val();
        self.requester.v_index.next = self.composer.sa.val();
        self.verifier.v_live.next = self.composer.v_live.val();
        self.verifier.v_index.next = self.composer.sa.val();
        self.verifier.mail.next = self.receiver.mail_ack.val();
        self.verifier.mail_stale.next = self.receiver.mail_stale.val();
        self.verifier.mail_index.next = self.receiver.mail_index.val();
        self.verifier.mail_high.next = self.receiver.mail_high.val();
        self.verifier.mail_low.next = self.receiver.mail_low.val();
        self.c_want.next = self.verifier.c_want.val();
        self.c_write.next = self.verifier.c_write.val();
        self.c_word.next = self.verifier.c_word.val();
        self.c_data.next = self.verifier.c_data.val();
        self.c_start.next = self.verifier.c_start.val();
        self.c_operation.next = self.verifier.c_operation.val();
        self.c_inbound.next = self.verifier.c_inbound.val();
        self.c_index.next = self.verifier.c_index.val();
        self.verifier.c_grant.next = self.c_grant.val();
        self.verifier.c_done.next = self.c_done.val();
        self.verifier.c_refused.next = self.c_refused.val();
        self.verifier.finish_taken.next = self.detector.finish_taken.val();
        self.verifier.other_valid.next = self.requester.e_valid.val();
        self.verifier.other_head.next = self.requester.e_head.val();
        self.verifier.other_detail.next = self.requester.e_detail.val();
        self.e_valid.next = self.verifier.e_valid.val();
        self.e_head.next = self.verifier.e_head.val();
        self.e_detail.next = self.verifier.e_detail.val();
        self.verifier.e_ready.next = self.e_ready.val();

        // Answers of ours.
        self.acknowledger.tick.next = self.requester.tick.val();
        self.acknowledger.took.next = self.receiver.took.val();
        self.acknowledger.mail.next = self.receiver.mail_request.val();
        self.acknowledger.mail_stale.next = self.receiver.mail_stale.val();
        self.acknowledger.accepted.next = self.composer.ack_accepted.val();
        self.acknowledger.built.next = self.composer.built.val();

        // The frames.
        self.composer.phase.next = self.requester.clock_phase.val();
        self.composer.port.next = self.port.val();
        self.composer.wipe.next = self.detector.wipe.val();
        self.composer.wipe_index.next = self.detector.wipe_index.val();
        self.composer.ack.next = self.acknowledger.compose.val();
        self.composer.mail_index.next = self.receiver.mail_index.val();
        self.composer.mail_ipv6.next = self.receiver.mail_ipv6.val();
        self.composer.mail_word.next = self.receiver.mail_word.val();
        self.composer.request.next = self.requester.request.val();
        self.composer.request_index.next = self.requester.index.val();
        self.composer.request_stale.next = self.requester.stale.val();
        self.composer.p_data.next = self.p_data.val();
        self.p_index.next = self.composer.p_index.val();
        self.p_word.next = self.composer.p_word.val();
        if self.requester.clock_phase.val().get_bit(1) {
            self.p_index.next = self.requester.index.val();
            self.p_word.next = 1.into();
        }
        self.i_go.next = self.composer.go.val();
        self.i_sa.next = self.composer.sa.val();
        self.i_facts.next = self.composer.facts.val();
        self.i_frame.next = self.composer.frame.val();
        self.i_data.next = self.composer.data.val();
        self.composer.take.next = self.i_take.val();
        self.composer.used.next = self.i_used.val();
        self.composer.used_high.next = self.i_used_high.val();
        self.composer.used_low.next = self.i_used_low.val();
        self.composer.address.next = self.i_address.val();
        self.composer.done.next = self.i_done.val();
    }
}

#[cfg(test)]
mod tests;
