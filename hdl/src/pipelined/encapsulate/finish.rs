use crate::cell::{Block128, Reg};
use crate::outbound::Plan;
use rust_hdl::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum SealFinishState {
    Idle,
    /// The text comes out of the cipher, and then its tag.
    Cipher,
    Tag,
    Count,
    Own,
    Commit,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct SealFinishWork {
    pub seal: Bit,
    pub control: Bit,
    pub sa: Bits<5>,
    pub cipher_bytes: Bits<16>,
    /// Where the next words of the text go, where the tag goes, words of the frame, bytes of it.
    pub text_at: Bits<10>,
    pub tag_at: Bits<10>,
    pub words: Bits<10>,
    pub length: Bits<16>,
}

/// The second part of [`WideEncapsulate`](super::WideEncapsulate): writes what comes out of the cipher behind the headers, counts the packet and commits the frame.
///
/// `take` with the plan and the words written so far (`headers`) while `idle`; for a frame to be sealed before its text enters the cipher. What comes out of the cipher cannot wait, so it is written at once
/// (`writes`), the tag in the clock after the last beat or later. A frame that passes is committed in the clock after `take`.
#[derive(LogicBlock)]
pub struct SealFinish {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub idle: Signal<Out, Bit>,
    pub take: Signal<In, Bit>,
    pub plan: Signal<In, Plan>,
    pub headers: Signal<In, Bits<10>>,
    pub out_valid: Signal<In, Bit>,
    pub out_bytes: Signal<In, Bits<5>>,
    pub out_block: Signal<In, Block128>,
    pub tag_valid: Signal<In, Bit>,
    pub tag: Signal<In, Block128>,
    pub writes: Signal<Out, Bit>,
    pub write: Signal<Out, Bits<4>>,
    pub offset: Signal<Out, Bits<10>>,
    pub write_data: Signal<Out, Block128>,
    pub commit: Signal<Out, Bit>,
    pub commit_words: Signal<Out, Bits<10>>,
    pub commit_length: Signal<Out, Bits<16>>,
    pub sa_valid: Signal<Out, Bit>,
    pub sa_index: Signal<Out, Bits<5>>,
    pub sa_bytes: Signal<Out, Bits<16>>,
    pub sa_ready: Signal<In, Bit>,
    /// Counts a control datagram.
    pub own_valid: Signal<Out, Bit>,
    pub own_ready: Signal<In, Bit>,
    state: Reg<SealFinishState>,
    work: Reg<SealFinishWork>,
    tag_kept: Reg<Block128>,
    lanes: Signal<Local, Bits<4>>,
    last_lane: Signal<Local, Bits<2>>,
    cipher_bytes: Signal<Local, Bits<16>>,
    cipher_words: Signal<Local, Bits<10>>,
    sealed_bytes: Signal<Local, Bits<16>>,
    one_less: Signal<Local, Bits<5>>,
}

impl Default for SealFinish {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            idle: Default::default(),
            take: Default::default(),
            plan: Default::default(),
            headers: Default::default(),
            out_valid: Default::default(),
            out_bytes: Default::default(),
            out_block: Default::default(),
            tag_valid: Default::default(),
            tag: Default::default(),
            writes: Default::default(),
            write: Default::default(),
            offset: Default::default(),
            write_data: Default::default(),
            commit: Default::default(),
            commit_words: Default::default(),
            commit_length: Default::default(),
            sa_valid: Default::default(),
            sa_index: Default::default(),
            sa_bytes: Default::default(),
            sa_ready: Default::default(),
            own_valid: Default::default(),
            own_ready: Default::default(),
            state: Reg::new(SealFinishState::Idle),
            work: Default::default(),
            tag_kept: Default::default(),
            lanes: Default::default(),
            last_lane: Default::default(),
            cipher_bytes: Default::default(),
            cipher_words: Default::default(),
            sealed_bytes: Default::default(),
            one_less: Default::default(),
        }
    }
}

impl Logic for SealFinish {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, work, tag_kept);
        self.state.reset.next = self.reset.val();
        self.work.reset.next = self.reset.val();
        self.tag_kept.reset.next = self.reset.val();

        self.idle.next = self.state.q.val() == SealFinishState::Idle;
        self.commit.next = false;
        self.commit_words.next = self.work.q.val().words;
        self.commit_length.next = self.work.q.val().length;
        self.sa_valid.next = false;
        self.sa_index.next = self.work.q.val().sa;
        self.sa_bytes.next = self.work.q.val().cipher_bytes;
        self.own_valid.next = false;

        // Whole words come out of the cipher, up to four at a time.
        self.one_less.next = self.out_bytes.val() - 1;
        self.last_lane.next = self.one_less.val().get_bits::<2>(2);
        self.lanes.next = 15.into();
        if self.last_lane.val() == 0 {
            self.lanes.next = 1.into();
        }
        if self.last_lane.val() == 1 {
            self.lanes.next = 3.into();
        }
        if self.last_lane.val() == 2 {
            self.lanes.next = 7.into();
        }
        self.writes.next = self.out_valid.val();
        self.write.next = 0.into();
        self.offset.next = self.work.q.val().text_at;
        self.write_data.next = self.out_block.val();
        if self.out_valid.val() {
            self.write.next = self.lanes.val();
            self.work.d.next.text_at = self.work.q.val().text_at + 4;
        }
        if self.tag_valid.val() {
            self.tag_kept.d.next = self.tag.val();
        }

        self.cipher_bytes.next = self.work.q.val().cipher_bytes;
        self.cipher_words.next = self.cipher_bytes.val().get_bits::<10>(2);
        self.sealed_bytes.next = (bit_cast::<16, 10>(self.work.q.val().words) << 2) - 2;
        match self.state.q.val() {
            SealFinishState::Idle => {
                self.work.d.next.seal = self.plan.val().seal;
                self.work.d.next.control = self.plan.val().control;
                self.work.d.next.sa = self.plan.val().sa;
                self.work.d.next.cipher_bytes = self.plan.val().cipher_bytes;
                self.work.d.next.text_at = self.headers.val();
                self.work.d.next.words = self.plan.val().words;
                self.work.d.next.length = self.plan.val().length;
                if self.take.val() {
                    self.state.d.next = SealFinishState::Commit;
                    if self.plan.val().seal {
                        self.work.d.next.tag_at = self.headers.val();
                        self.state.d.next = SealFinishState::Cipher;
                    }
                }
            }
            SealFinishState::Cipher => {
                if self.tag_valid.val() {
                    self.work.d.next.tag_at = self.work.q.val().tag_at + self.cipher_words.val();
                    self.state.d.next = SealFinishState::Tag;
                }
            }
            SealFinishState::Tag => {
                if !self.out_valid.val() {
                    self.writes.next = true;
                    self.write.next = 15.into();
                    self.offset.next = self.work.q.val().tag_at;
                    self.write_data.next = self.tag_kept.q.val();
                    self.work.d.next.words = self.work.q.val().tag_at + 4;
                    self.state.d.next = SealFinishState::Count;
                }
            }
            SealFinishState::Count => {
                self.work.d.next.length = self.sealed_bytes.val();
                self.sa_valid.next = true;
                if self.sa_ready.val() {
                    self.state.d.next = SealFinishState::Commit;
                    if self.work.q.val().control {
                        self.state.d.next = SealFinishState::Own;
                    }
                }
            }
            SealFinishState::Own => {
                self.own_valid.next = true;
                if self.own_ready.val() {
                    self.state.d.next = SealFinishState::Commit;
                }
            }
            SealFinishState::Commit => {
                self.commit.next = true;
                self.state.d.next = SealFinishState::Idle;
            }
            _ => {}
        }
    }
}
