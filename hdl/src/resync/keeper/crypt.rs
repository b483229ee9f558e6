use super::{KeeperPhase, KeeperRun, PickKey};
use crate::cell::{row, Reg, Settle};
use crate::prelude::*;
use holdfast_registers::record;

#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct CryptState {
    pub lock: Bit,
    pub lease: Bit,
    pub kind: Bits<2>,
    /// The tag has stood for a clock, for two, since the word was settled.
    pub tagged: Bit,
    pub aged: Bit,
    /// The cipher has taken the word that was offered; of text, its answer has come.
    pub sent: Bit,
    pub taken: Bit,
}

/// The keeper's side of the cipher, for the phases from `Lock` to `Release`: the device key, one job, the record's words, the tag.
///
/// `done` says in each of these phases, while `settled`, that the word at `index` is through. Of text the processed word is at the cipher's output then: that is the clock after it came.
/// What the cipher is told comes from registers, and what it answers ends in one: it is shared, and its paths are long.
///
/// `lock` is there from `Lock` to `Release`, `lease` from `Key` to `Tag`, both one clock late: at both ends of a lease the lock stands for 20 clocks without it, time for
/// the cipher to forget the key of who had it before.
#[derive(LogicBlock, Ports)]
pub struct Crypt {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub run: Signal<In, KeeperRun>,
    pub settled: Signal<In, Bit>,
    pub index: Signal<In, Bits<6>>,
    pub last: Signal<In, Bit>,
    pub has_text: Signal<In, Bit>,
    pub done: Signal<Out, Bit>,
    pub device_key: [Signal<In, Bits<32>>; 8],
    pub lock: Signal<Out, Bit>,
    pub locked: Signal<In, Bit>,
    pub lease: Signal<Out, Bit>,
    pub key_write: Signal<Out, Bit>,
    pub key_index: Signal<Out, Bits<3>>,
    pub key_word: Signal<Out, Bits<32>>,
    pub job_blocks: Signal<Out, Bits<8>>,
    pub job_start: Signal<Out, Bit>,
    pub job_ready: Signal<In, Bit>,
    pub in_valid: Signal<Out, Bit>,
    pub in_kind: Signal<Out, Bits<2>>,
    pub in_ready: Signal<In, Bit>,
    pub out_valid: Signal<In, Bit>,
    pub encrypt: Signal<Out, Bit>,
    /// The word in hand is text: when it is `done`, the processed one is at the cipher's output.
    pub text: Signal<Out, Bit>,
    pub tag_valid: Signal<In, Bit>,
    pub tag_take: Signal<Out, Bit>,
    s: Reg<CryptState>,
    pick: Settle<PickKey>,
    offers: Signal<Local, Bit>,
    accepted: Signal<Local, Bit>,
    at_end: Signal<Local, Bit>,
    is_text: Signal<Local, Bit>,
    blocks: Constant<Bits<8>>,
}

impl Default for Crypt {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            run: Default::default(),
            settled: Default::default(),
            index: Default::default(),
            last: Default::default(),
            has_text: Default::default(),
            done: Default::default(),
            device_key: row(),
            lock: Default::default(),
            locked: Default::default(),
            lease: Default::default(),
            key_write: Default::default(),
            key_index: Default::default(),
            key_word: Default::default(),
            job_blocks: Default::default(),
            job_start: Default::default(),
            job_ready: Default::default(),
            in_valid: Default::default(),
            in_kind: Default::default(),
            in_ready: Default::default(),
            out_valid: Default::default(),
            encrypt: Default::default(),
            text: Default::default(),
            tag_valid: Default::default(),
            tag_take: Default::default(),
            s: Default::default(),
            pick: Default::default(),
            offers: Default::default(),
            accepted: Default::default(),
            at_end: Default::default(),
            is_text: Default::default(),
            blocks: Constant::new((record::CONTENTS_WORDS.div_ceil(4) as u64).into()),
        }
    }
}

impl Logic for Crypt {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s);
        clock!(self, clock, pick);
        self.s.reset.next = self.reset.val();
        self.pick.reset.next = self.reset.val();
        for i in 0..8 {
            self.pick.word[i].next = self.device_key[i].val();
        }
        self.pick.at.next = self.index.val().get_bits::<3>(0);
        self.key_index.next = self.index.val().get_bits::<3>(0);
        self.key_word.next = self.pick.picked.val();
        self.job_blocks.next = 0.into();
        if self.has_text.val() {
            self.job_blocks.next = self.blocks.val();
        }
        self.encrypt.next = self.run.val().building;
        self.lock.next = self.s.q.val().lock;
        self.lease.next = self.s.q.val().lease;
        self.in_kind.next = self.s.q.val().kind;
        self.offers.next = (self.run.val().phase == KeeperPhase::Feed) & self.settled.val() & !self.s.q.val().sent & !self.s.q.val().taken;
        self.in_valid.next = self.offers.val();
        self.accepted.next = self.offers.val() & self.in_ready.val();
        self.s.d.next.sent = (self.s.q.val().sent | self.accepted.val()) & !self.s.q.val().taken;
        self.s.d.next.taken = self.accepted.val();
        if self.s.q.val().kind == 1 {
            self.s.d.next.taken = self.s.q.val().sent & !self.s.q.val().taken & self.out_valid.val();
        }

        self.s.d.next.tagged = self.settled.val() & self.tag_valid.val();
        self.s.d.next.aged = self.settled.val() & self.s.q.val().tagged;

        // Additional data, text, end.
        self.at_end.next = self.index.val().get_bit(3);
        self.is_text.next = false;
        if self.has_text.val() {
            self.is_text.next = (self.index.val().get_bits::<3>(3) != 0)
                | (self.index.val().get_bit(2) & (self.index.val().get_bit(1) | self.index.val().get_bit(0)));
            self.at_end.next =
                self.index.val().get_bit(5) & self.index.val().get_bit(3) & self.index.val().get_bit(2) & self.index.val().get_bit(0);
        }
        self.s.d.next.kind = 0.into();
        if self.is_text.val() {
            self.s.d.next.kind = 1.into();
        }
        if self.at_end.val() {
            self.s.d.next.kind = 2.into();
        }
        self.text.next = self.s.q.val().kind == 1;

        self.done.next = true;
        self.key_write.next = false;
        self.job_start.next = false;
        self.tag_take.next = false;
        self.s.d.next.lock = false;
        self.s.d.next.lease = false;
        match self.run.val().phase {
            KeeperPhase::Lock => {
                self.s.d.next.lock = true;
                self.done.next = self.locked.val();
            }
            KeeperPhase::Key => {
                self.s.d.next.lock = true;
                self.s.d.next.lease = true;
                self.key_write.next = self.settled.val() & self.job_ready.val() & !self.index.val().get_bit(3);
                self.job_start.next = self.settled.val() & self.job_ready.val() & self.index.val().get_bit(3);
                self.done.next = self.job_ready.val();
            }
            KeeperPhase::Feed => {
                self.s.d.next.lock = true;
                self.s.d.next.lease = true;
                self.done.next = self.s.q.val().taken;
            }
            KeeperPhase::Tag => {
                self.s.d.next.lock = true;
                self.s.d.next.lease = true;
                self.tag_take.next = self.settled.val() & self.last.val() & self.s.q.val().aged;
                self.done.next = self.s.q.val().aged;
            }
            KeeperPhase::Release => {
                self.s.d.next.lock = true;
            }
            _ => {}
        }
    }
}
