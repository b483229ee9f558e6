//! The keeper: reads and writes one record of the NVRAM, or the epoch. What a record is stands in `docs/src/resync.md` and `holdfast_registers::record`.
//!
//! **Operations.** `start` (a pulse while not `busy`) begins `operation`; `operation`, `kind` (0 dynamic, 1 static), `place` and `slot` are held until `done` (a pulse, the last clock of `busy`), with
//! which `ok`, and `blank` after a read, are valid.
//!
//! | | | `ok` means | clocks, with w clocks per word of the NVRAM |
//! |---|---|---|---|
//! | 0 | read | CRC, identity and tag are right | dynamic 460 + 12w, static 760 + 50w |
//! | 1 | write | the NVRAM has the record | dynamic 370 + 12w, static 1170 + 50w |
//! | 2 | erase | the NVRAM has zero words in the slot | 12w or 50w |
//! | 3 | open: read both epoch slots, write epoch + 1 into the older, take it in force; where one slot only is valid, epoch + 1 into the other, then epoch + 2 into it | it is in force; writes are refused before | 200 + 16w |
//! | 4 | format: all words of the NVRAM zero, then epoch 1 into slot 0, in force | it is in force | 16,400w |
//! | 5, 6, 7 | wipe the buffer | always | 180 |
//!
//! With an external monotonic counter (`counter_present`) the epoch is its value, raised wherever the table says + 1: see [`NextEpoch`]. A counter that does not answer or has a wrong value is a fault.
//!
//! A write takes its generation whether or not it ends well. If that was the last of an epoch, it goes on with an open, and `ok` is the open's.
//!
//! **Buffer.** Between operations words 0 to 49 are the caller's: `buffer_write` puts `buffer_data` to `buffer_address`; the word at `buffer_address` is in `buffer_word` two clocks later, of one that was written,
//! three clocks after the write. A write fills in generation, identity, tag and CRC; the caller's are born, and value and flags or the contents. The contents of a static record are enciphered where they
//! stand: before another write they are to be given again. A good read leaves the record there, its contents plain; the caller should wipe it when it has them. Every read begins with a wipe, and a bad one ends with it,
//! so that nobody sees what no tag vouches for. Words 56 to 63 are the keeper's own (the last two hold the generation), hands off.
//!
//! **Cipher.** `lock` asks its users to finish (`locked`), `lease` connects it to the ports here; see [`Crypt`]. NVRAM transfers never happen under the lock.
//!
//! **NVRAM.** Word port: `nv_request` holds with address and data until `nv_ack`, which comes no sooner than in the clock after the request's first; the next word of a record is asked for in the clock
//! after it. Between two words that are read there are 12 clocks at least: that long the CRC is busy with one. `done` waits for `nv_idle`: the part holds everything that was acknowledged. No answer within 2^16 clocks, or `nv_fault`, ends the operation and sets `fault` until reset; with `fault` every operation but the wipe fails at once.
mod crc;
mod crypt;
mod next_epoch;
mod pick;
mod span;
mod steps;
#[cfg(test)]
mod tests;
mod transfer;
mod verdict;

pub use crc::Crc;
pub use crypt::Crypt;
pub use next_epoch::NextEpoch;
pub use pick::{PickKey, PickWord};
pub use span::Span;
pub use steps::{KeeperPhase, KeeperRun, Steps};
pub use transfer::Transfer;
pub use verdict::{Verdict, VerdictTest};

use crate::cell::{row, Ram, Reg, Settle};
use crate::prelude::*;
use holdfast_registers::record;

/// The word in hand. It is looked at in three clocks (address, memory, register), then it is settled until it is through.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct KeeperWork {
    pub index: Bits<6>,
    /// 0: a phase begins; 3: settled.
    pub beat: Bits<2>,
    pub last: Bit,
    pub carry: Bits<1>,
    /// The CRC stands since a clock.
    pub summed: Bit,
    /// It goes into the CRC.
    pub summand: Bit,
    pub put: Bit,
    pub put_at: Bits<6>,
    /// It becomes the low half of the generation, and that the high one.
    pub loads: Bit,
}

/// What is to be done, and with which record: a clock after the caller said so, and while he does.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct KeeperGiven {
    pub operation: Bits<3>,
    pub kind: Bit,
    pub place: Bits<6>,
    pub slot: Bit,
}

/// The keeper; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct Keeper {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub start: Signal<In, Bit>,
    pub operation: Signal<In, Bits<3>>,
    pub kind: Signal<In, Bit>,
    pub place: Signal<In, Bits<6>>,
    pub slot: Signal<In, Bit>,
    pub busy: Signal<Out, Bit>,
    pub done: Signal<Out, Bit>,
    pub ok: Signal<Out, Bit>,
    pub blank: Signal<Out, Bit>,
    pub fault: Signal<Out, Bit>,
    /// The generation of the next record to be written, while not `busy`.
    pub generation_high: Signal<Out, Bits<32>>,
    pub generation_low: Signal<Out, Bits<32>>,
    pub buffer_write: Signal<In, Bit>,
    pub buffer_address: Signal<In, Bits<6>>,
    pub buffer_data: Signal<In, Bits<32>>,
    pub buffer_word: Signal<Out, Bits<32>>,
    pub lock: Signal<Out, Bit>,
    pub locked: Signal<In, Bit>,
    pub lease: Signal<Out, Bit>,
    pub key_write: Signal<Out, Bit>,
    pub key_index: Signal<Out, Bits<3>>,
    pub key_word: Signal<Out, Bits<32>>,
    pub job_nonce: [Signal<Out, Bits<32>>; 3],
    pub job_blocks: Signal<Out, Bits<8>>,
    pub job_start: Signal<Out, Bit>,
    pub job_ready: Signal<In, Bit>,
    pub in_valid: Signal<Out, Bit>,
    pub in_kind: Signal<Out, Bits<2>>,
    pub in_word: Signal<Out, Bits<32>>,
    pub in_ready: Signal<In, Bit>,
    pub encrypt: Signal<Out, Bit>,
    pub out_valid: Signal<In, Bit>,
    pub out_word: Signal<In, Bits<32>>,
    pub tag: [Signal<In, Bits<32>>; 4],
    pub tag_valid: Signal<In, Bit>,
    pub tag_take: Signal<Out, Bit>,
    /// Word 0 holds the first four bytes, the first most significant.
    pub device_key: [Signal<In, Bits<32>>; 8],
    pub key_valid: Signal<In, Bit>,
    pub nv_request: Signal<Out, Bit>,
    pub nv_write: Signal<Out, Bit>,
    pub nv_address: Signal<Out, Bits<14>>,
    pub nv_data: Signal<Out, Bits<32>>,
    pub nv_ack: Signal<In, Bit>,
    pub nv_answer: Signal<In, Bits<32>>,
    pub nv_idle: Signal<In, Bit>,
    pub nv_fault: Signal<In, Bit>,
    pub counter_present: Signal<In, Bit>,
    pub counter_raise: Signal<Out, Bit>,
    pub counter_done: Signal<In, Bit>,
    pub counter_value: Signal<In, Bits<32>>,
    w: Reg<KeeperWork>,
    given: Reg<KeeperGiven>,
    test: Reg<VerdictTest>,
    word: Reg<Bits<32>>,
    high: Reg<Bits<32>>,
    low: Reg<Bits<32>>,
    buffer: Ram<Bits<32>, 6>,
    steps: Settle<Steps>,
    span: Settle<Span>,
    crypt: Settle<Crypt>,
    transfer: Settle<Transfer>,
    crc: Settle<Crc>,
    /// What is written, or compared with `word`: a clock after the word is through.
    pick: Settle<PickWord>,
    verdict: Settle<Verdict>,
    next_epoch: Settle<NextEpoch>,
    raising: Signal<Local, Bit>,
    run: Signal<Local, KeeperRun>,
    rests: Signal<Local, Bit>,
    index: Signal<Local, Bits<6>>,
    has_text: Signal<Local, Bit>,
    own: Signal<Local, Bits<32>>,
    total: Signal<Local, Bits<32>>,
    tag_index: Signal<Local, Bits<2>>,
    settled: Signal<Local, Bit>,
    waits_nvram: Signal<Local, Bit>,
    waits_counter: Signal<Local, Bit>,
    waits_crc: Signal<Local, Bit>,
    ready: Signal<Local, Bit>,
    through: Signal<Local, Bit>,
    next_index: Signal<Local, Bits<6>>,
    moves: Signal<Local, Bit>,
    zeroes: Signal<Local, Bit>,
    names: Signal<Local, Bit>,
    puts: Signal<Local, Bit>,
    checks: Signal<Local, Bit>,
    loads: Signal<Local, Bit>,
    dynamic_identity: Constant<Bits<32>>,
    static_identity: Constant<Bits<32>>,
    slot_1: Constant<Bits<32>>,
    magic: Constant<Bits<32>>,
}

impl Default for Keeper {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            start: Default::default(),
            operation: Default::default(),
            kind: Default::default(),
            place: Default::default(),
            slot: Default::default(),
            busy: Default::default(),
            done: Default::default(),
            ok: Default::default(),
            blank: Default::default(),
            fault: Default::default(),
            generation_high: Default::default(),
            generation_low: Default::default(),
            buffer_write: Default::default(),
            buffer_address: Default::default(),
            buffer_data: Default::default(),
            buffer_word: Default::default(),
            lock: Default::default(),
            locked: Default::default(),
            lease: Default::default(),
            key_write: Default::default(),
            key_index: Default::default(),
            key_word: Default::default(),
            job_nonce: row(),
            job_blocks: Default::default(),
            job_start: Default::default(),
            job_ready: Default::default(),
            in_valid: Default::default(),
            in_kind: Default::default(),
            in_word: Default::default(),
            in_ready: Default::default(),
            encrypt: Default::default(),
            out_valid: Default::default(),
            out_word: Default::default(),
            tag: row(),
            tag_valid: Default::default(),
            tag_take: Default::default(),
            device_key: row(),
            key_valid: Default::default(),
            nv_request: Default::default(),
            nv_write: Default::default(),
            nv_address: Default::default(),
            nv_data: Default::default(),
            nv_ack: Default::default(),
            nv_answer: Default::default(),
            nv_idle: Default::default(),
            nv_fault: Default::default(),
            counter_present: Default::default(),
            counter_raise: Default::default(),
            counter_done: Default::default(),
            counter_value: Default::default(),
            w: Default::default(),
            given: Default::default(),
            test: Default::default(),
            word: Default::default(),
            high: Default::default(),
            low: Default::default(),
            buffer: Default::default(),
            steps: Default::default(),
            span: Default::default(),
            crypt: Default::default(),
            transfer: Default::default(),
            crc: Default::default(),
            pick: Default::default(),
            verdict: Default::default(),
            next_epoch: Default::default(),
            raising: Default::default(),
            run: Default::default(),
            rests: Default::default(),
            index: Default::default(),
            has_text: Default::default(),
            own: Default::default(),
            total: Default::default(),
            tag_index: Default::default(),
            settled: Default::default(),
            waits_nvram: Default::default(),
            waits_counter: Default::default(),
            waits_crc: Default::default(),
            ready: Default::default(),
            through: Default::default(),
            next_index: Default::default(),
            moves: Default::default(),
            zeroes: Default::default(),
            names: Default::default(),
            puts: Default::default(),
            checks: Default::default(),
            loads: Default::default(),
            dynamic_identity: Constant::new((record::DYNAMIC_IDENTITY as u64).into()),
            static_identity: Constant::new((record::STATIC_IDENTITY as u64).into()),
            slot_1: Constant::new(0x100u64.into()),
            magic: Constant::new((record::EPOCH_MAGIC as u64).into()),
        }
    }
}

impl Logic for Keeper {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, w, given, test, word, high, low);
        clock!(self, clock, buffer, steps, crypt, transfer, crc, pick, verdict, next_epoch);
        self.w.reset.next = self.reset.val();
        self.test.reset.next = self.reset.val();
        self.given.reset.next = self.reset.val();
        self.pick.reset.next = self.reset.val();
        self.high.reset.next = self.reset.val();
        self.low.reset.next = self.reset.val();
        self.steps.reset.next = self.reset.val();
        self.crypt.reset.next = self.reset.val();
        self.transfer.reset.next = self.reset.val();
        self.crc.reset.next = self.reset.val();
        self.verdict.reset.next = self.reset.val();
        self.next_epoch.reset.next = self.reset.val();

        self.given.d.next.operation = self.operation.val();
        self.given.d.next.kind = self.kind.val();
        self.given.d.next.place = self.place.val();
        self.given.d.next.slot = self.slot.val();

        self.run.next = self.steps.run.val();
        self.index.next = self.w.q.val().index;
        // A comparison for equality: one for difference from zero keeps synthesisers from encoding the phase anew.
        self.rests.next = self.run.val().phase == KeeperPhase::Idle;
        self.busy.next = !self.rests.val();
        self.has_text.next = self.given.q.val().kind & !self.run.val().epochal;
        self.settled.next = self.w.q.val().beat == 3;

        // What follows what.
        self.steps.start.next = self.start.val();
        self.steps.operation.next = self.operation.val();
        self.steps.key_valid.next = self.key_valid.val();
        self.steps.good.next = self.verdict.good.val();
        self.steps.spent.next = self.verdict.spent.val();
        self.steps.later.next = self.high.q.val() < self.low.q.val();
        self.steps.fault.next = self.transfer.fault.val();
        self.done.next = self.steps.done.val();
        self.ok.next = self.verdict.good.val();
        self.blank.next = self.verdict.blank.val();
        self.fault.next = self.transfer.fault.val();
        self.span.run.next = self.run.val();
        self.span.has_text.next = self.has_text.val();
        self.span.index.next = self.index.val();
        self.span.swept.next = self.transfer.swept.val();

        // The cipher.
        self.crypt.run.next = self.run.val();
        self.crypt.settled.next = self.settled.val();
        self.crypt.index.next = self.index.val();
        self.crypt.last.next = self.w.q.val().last;
        self.crypt.has_text.next = self.has_text.val();
        for i in 0..8 {
            self.crypt.device_key[i].next = self.device_key[i].val();
        }
        self.lock.next = self.crypt.lock.val();
        self.crypt.locked.next = self.locked.val();
        self.lease.next = self.crypt.lease.val();
        self.key_write.next = self.crypt.key_write.val();
        self.key_index.next = self.crypt.key_index.val();
        self.key_word.next = self.crypt.key_word.val();
        self.job_blocks.next = self.crypt.job_blocks.val();
        self.job_start.next = self.crypt.job_start.val();
        self.crypt.job_ready.next = self.job_ready.val();
        self.in_valid.next = self.crypt.in_valid.val();
        self.in_kind.next = self.crypt.in_kind.val();
        self.crypt.in_ready.next = self.in_ready.val();
        self.crypt.out_valid.next = self.out_valid.val();
        self.encrypt.next = self.crypt.encrypt.val();
        self.crypt.tag_valid.next = self.tag_valid.val();
        self.tag_take.next = self.crypt.tag_take.val();
        self.in_word.next = self.word.q.val();

        // The NVRAM.
        self.transfer.run.next = self.run.val();
        self.transfer.settled.next = self.settled.val();
        self.transfer.index.next = self.index.val();
        self.transfer.kind.next = self.given.q.val().kind;
        self.transfer.place.next = self.given.q.val().place;
        self.transfer.slot.next = self.given.q.val().slot;
        self.transfer.nv_ack.next = self.nv_ack.val();
        self.transfer.nv_idle.next = self.nv_idle.val();
        self.transfer.nv_fault.next = self.nv_fault.val();
        self.nv_request.next = self.transfer.nv_request.val();
        self.nv_write.next = self.transfer.nv_write.val();
        self.nv_address.next = self.transfer.nv_address.val();
        self.nv_data.next = self.word.q.val();

        // The counter.
        self.raising.next = self.run.val().phase == KeeperPhase::Raise;
        self.next_epoch.present.next = self.counter_present.val();
        self.next_epoch.wanted.next = self.raising.val() & self.settled.val() & !self.transfer.fault.val();
        self.next_epoch.newest.next = self.word.q.val();
        self.next_epoch.raised.next = self.counter_done.val();
        self.next_epoch.count.next = self.counter_value.val();
        self.counter_raise.next = self.next_epoch.raise.val();
        self.transfer.counter_bad.next = self.next_epoch.wrong.val();

        // When the word in hand is through, the next one is.
        self.moves.next = (self.run.val().phase == KeeperPhase::Fetch) | (self.run.val().phase == KeeperPhase::Store);
        // Each phase waits for its own; those that are not named here, and those of the cipher for everything but the cipher, wait for nothing.
        self.waits_nvram.next = (self.moves.val() | (self.run.val().phase == KeeperPhase::Adopt)) & !self.transfer.done.val();
        self.waits_counter.next = self.raising.val() & !self.next_epoch.ready.val() & !self.transfer.fault.val();
        self.waits_crc.next = (self.run.val().phase == KeeperPhase::Sum) & (!self.w.q.val().summed | self.crc.busy.val());
        self.ready.next = self.crypt.done.val() & !self.waits_nvram.val() & !self.waits_counter.val() & !self.waits_crc.val();
        self.through.next = self.settled.val() & self.ready.val();
        self.steps.leave.next = self.through.val() & self.w.q.val().last;
        self.w.d.next.last = self.span.last.val();
        self.w.d.next.summed = !self.crc.busy.val();
        self.next_index.next = self.index.val() + 1;
        if !self.settled.val() {
            self.w.d.next.beat = self.w.q.val().beat + 1;
        }
        if self.through.val() {
            self.w.d.next.index = self.next_index.val();
            if (self.run.val().phase == KeeperPhase::Feed) & self.w.q.val().last {
                self.w.d.next.index = self.index.val();
            }
            if !self.moves.val() {
                self.w.d.next.beat = 1.into();
            }
        }
        if (self.w.q.val().beat == 0) & self.span.sets.val() {
            self.w.d.next.index = self.span.first.val();
        }
        if self.steps.moved.val() | !self.busy.val() {
            self.w.d.next.beat = 0.into();
        }

        // The word. While one is on its way to the NVRAM, the next is read already.
        self.names.next = (self.run.val().phase == KeeperPhase::Head) & !self.run.val().epochal & (self.index.val().get_bits::<2>(1) == 0);
        self.buffer.read_address.next = self.index.val();
        if self.settled.val() {
            self.buffer.read_address.next = self.next_index.val();
        }
        if self.names.val() & self.run.val().building {
            self.buffer.read_address.next = self.index.val() | 62;
        }
        if self.run.val().phase == KeeperPhase::Raise {
            self.buffer.read_address.next = self.index.val() ^ 4;
        }
        if (self.run.val().phase == KeeperPhase::Adopt) & self.run.val().epochal {
            self.buffer.read_address.next = 57.into();
            if self.run.val().turn {
                self.buffer.read_address.next = 61.into();
            }
        }
        if !self.busy.val() {
            self.buffer.read_address.next = self.buffer_address.val();
        }
        if !self.settled.val() | (self.moves.val() & self.through.val()) {
            self.word.d.next = self.buffer.read_data.val();
        }
        self.zeroes.next = (self.run.val().phase == KeeperPhase::Fetch)
            | ((self.run.val().phase == KeeperPhase::Store) & (self.run.val().sweeping | (self.given.q.val().operation == 2)))
            | ((self.run.val().phase == KeeperPhase::Raise) & (self.given.q.val().operation == 4))
            | ((self.run.val().phase == KeeperPhase::Adopt) & self.run.val().epochal & self.index.val().get_bit(0));
        self.word.reset.next = self.reset.val() | self.zeroes.val();
        self.buffer_word.next = self.word.q.val();
        // What is fetched goes through the CRC as it comes, what is built when it is complete; both a clock after the word is through.
        self.crc.clear.next = (self.run.val().phase != KeeperPhase::Fetch)
            & (self.run.val().phase != KeeperPhase::Head)
            & (self.run.val().phase != KeeperPhase::Sum);
        self.w.d.next.summand = self.through.val()
            & !self.w.q.val().last
            & ((self.run.val().phase == KeeperPhase::Fetch) | (self.run.val().phase == KeeperPhase::Sum));
        self.crc.feed.next = self.w.q.val().summand;
        self.crc.word.next = self.pick.data.val();

        // What it is compared with, or what takes its place.
        self.own.next = self.dynamic_identity.val() | bit_cast::<32, 6>(self.given.q.val().place);
        if self.given.q.val().kind {
            self.own.next = self.static_identity.val() | bit_cast::<32, 6>(self.given.q.val().place);
        }
        if self.given.q.val().slot {
            self.own.next = self.dynamic_identity.val() | self.slot_1.val() | bit_cast::<32, 6>(self.given.q.val().place);
            if self.given.q.val().kind {
                self.own.next = self.static_identity.val() | self.slot_1.val() | bit_cast::<32, 6>(self.given.q.val().place);
            }
        }
        self.job_nonce[0].next = self.own.val();
        self.job_nonce[1].next = self.high.q.val();
        self.job_nonce[2].next = self.low.q.val();
        self.generation_high.next = self.high.q.val();
        self.generation_low.next = self.low.q.val();
        self.total.next = self.word.q.val() + bit_cast::<32, 1>(self.w.q.val().carry);
        for i in 0..4 {
            self.pick.word[i].next = self.tag[i].val();
        }
        self.pick.word[4].next = self.own.val();
        if self.run.val().epochal {
            self.pick.word[4].next = self.magic.val();
        }
        self.pick.word[5].next = self.crc.value.val();
        self.pick.word[6].next = self.total.val();
        if self.raising.val() & self.counter_present.val() {
            self.pick.word[6].next = self.next_epoch.value.val();
        }
        self.pick.word[7].next = self.out_word.val();
        self.pick.word[8].next = self.buffer_data.val();
        self.pick.word[9].next = self.nv_answer.val();
        self.buffer.write.next = self.w.q.val().put;
        self.buffer.write_address.next = self.w.q.val().put_at;
        self.buffer.write_data.next = self.pick.data.val();

        self.tag_index.next = self.index.val().get_bits::<2>(0);
        if self.has_text.val() {
            self.tag_index.next = self.index.val().get_bits::<2>(0) - 1;
        }
        self.puts.next = false;
        self.checks.next = false;
        self.loads.next = false;
        self.test.d.next.differ = false;
        self.test.d.next.blank = false;
        self.test.d.next.spent = false;
        self.pick.choice.next.pair = 0.into();
        self.pick.choice.next.second = false;
        self.w.d.next.carry = 0.into();
        match self.run.val().phase {
            KeeperPhase::Idle => {
                self.puts.next = self.buffer_write.val();
                self.pick.choice.next.pair = 16.into();
            }
            KeeperPhase::Fetch => {
                self.puts.next = self.through.val();
                self.test.d.next.blank = self.through.val();
                self.pick.choice.next.pair = 16.into();
                self.pick.choice.next.second = true;
            }
            KeeperPhase::Raise => {
                self.puts.next = self.through.val();
                self.pick.choice.next.pair = 8.into();
                self.w.d.next.carry = 1.into();
            }
            KeeperPhase::Head => {
                if self.run.val().epochal {
                    // Magic, epoch, zero.
                    self.checks.next = self.through.val() & !self.index.val().get_bit(0);
                    self.test.d.next.differ = self.through.val() & self.index.val().get_bit(0);
                    self.loads.next = self.through.val() & self.index.val().get_bit(0);
                    if !self.index.val().get_bit(1) & !self.index.val().get_bit(0) {
                        self.pick.choice.next.pair = 4.into();
                    }
                } else {
                    // Generation, born, identity.
                    self.puts.next = self.through.val() & self.names.val() & self.run.val().building;
                    self.loads.next = self.through.val() & self.names.val();
                    self.checks.next = self.through.val() & self.index.val().get_bit(2);
                    self.pick.choice.next.pair = 8.into();
                    if self.index.val().get_bit(2) {
                        self.pick.choice.next.pair = 4.into();
                    }
                }
            }
            KeeperPhase::Feed => {
                self.puts.next = self.through.val() & self.crypt.text.val();
                self.pick.choice.next.pair = 8.into();
                self.pick.choice.next.second = true;
            }
            KeeperPhase::Tag => {
                self.checks.next = self.through.val();
                self.pick.choice.next.pair = 1.into();
                if self.tag_index.val().get_bit(1) {
                    self.pick.choice.next.pair = 2.into();
                }
                self.pick.choice.next.second = self.tag_index.val().get_bit(0);
            }
            KeeperPhase::Sum => {
                self.checks.next = self.through.val() & self.w.q.val().last;
                self.pick.choice.next.pair = 8.into();
                // The choice takes its time; the last word waits for the CRC anyway.
                if !self.run.val().building | (self.w.q.val().last & self.settled.val()) {
                    self.pick.choice.next.pair = 4.into();
                    self.pick.choice.next.second = true;
                }
            }
            KeeperPhase::Adopt => {
                // The epoch and one, or the generation after that of the record.
                self.puts.next = self.through.val() & !self.run.val().single & (self.run.val().building);
                if self.run.val().epochal & !self.verdict.good.val() {
                    self.puts.next = false;
                }
                self.pick.choice.next.pair = 8.into();
                self.w.d.next.carry = bit_cast::<1, 1>(self.index.val().get_bits::<1>(0));
            }
            KeeperPhase::Wipe => {
                // After a good read the contents stay.
                self.puts.next = self.through.val() & ((self.given.q.val().operation != 0) | !self.verdict.good.val());
            }
            KeeperPhase::Reload => {
                self.loads.next = self.through.val();
                self.test.d.next.spent = self.through.val();
            }
            KeeperPhase::Done => {
                self.pick.choice.next.pair = 16.into();
            }
            _ => {}
        }
        self.w.d.next.put = self.puts.val() | (self.checks.val() & self.run.val().building);
        self.w.d.next.put_at = self.index.val();
        if !self.busy.val() {
            self.w.d.next.put_at = self.buffer_address.val();
        }
        self.test.d.next.agree = self.checks.val() & !self.run.val().building;
        // A clock after the word is through it still stands.
        self.w.d.next.loads = self.loads.val();
        if self.w.q.val().loads {
            self.high.d.next = self.low.q.val();
            self.low.d.next = self.word.q.val();
        }
        self.verdict.fresh.next = self.steps.fresh.val();
        self.verdict.refuse.next = self.steps.refuse.val();
        self.verdict.test.next = self.test.q.val();
        self.verdict.left.next = self.pick.data.val();
        self.verdict.right.next = self.word.q.val();
    }
}
