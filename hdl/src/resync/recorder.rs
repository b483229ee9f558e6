//! The recorder: decides what is written to NVRAM and when, so that no number of a recorded SA is ever used twice, and brings SAs back. The rules, and why they
//! suffice, stand in `docs/src/resync.md`; this file follows its words.
//!
//! One activity at a time, in this order: an SA that the host installs or deletes (`r_*`), a limit that is to be raised, after reset the next place to be restored (outbound, then inbound SA of each
//! index; the host waits until all are), a driver command, a window edge that is to be recorded. Every activity computes two numbers, N and L = N + interval (inbound: L = N), writes one or two dynamic
//! records, books what it wrote, and then has commit change the tables:
//!
//! | activity | N | other slot ← | newest slot ← | then |
//! |---|---|---|---|---|
//! | restore, both records there | recorded | L | | commit installs N, L |
//! | restore, orderly or one lost | recorded (+ interval if lost) | N | L | the same |
//! | restore, inbound, neither orderly | recorded | | | the same, quarantine |
//! | restore, inbound, the older orderly | recorded | N | N | the same, quarantine |
//! | install | staged | L, last | N, first | commit installs; then it sets L, `r_done` |
//! | limit | old limit | L | | commit sets L |
//! | edge | number seen | N | | |
//! | suspend | exact | | N, orderly | |
//! | resume | recorded | N | L | commit sets L |
//!
//! With an external counter (`counted`) a limit is raised, and a suspension ended, in an epoch that no record of the SA carries yet: `Advance` has the keeper raise it. Every outbound record then says L, the recorded value and as many intervals as the epoch has
//! gone on since; a suspend and a resume write none. So that no record falls far behind, a raise that advanced is followed by one of the outbound SA whose index the epoch says (`owed`).
//!
//! What is in the NVRAM is always written before what it allows; a fault of the NVRAM ends the activity, and no limit is raised any more.
mod ledger;
#[cfg(test)]
mod moments;
mod numbers;
mod recall;
#[cfg(test)]
mod tests;

pub use ledger::Ledger;
pub use numbers::{Numbers, NumbersAct};
pub use recall::Recall;

use crate::cell::{Reg, Settle};
use crate::prelude::*;
use crate::Sizes;
use holdfast_registers::{map, record, sa, Cause, EventCode};

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum RecorderPhase {
    /// Waits for the device key.
    NoKey,
    Open,
    Opening,
    Idle,
    /// The place in hand is through.
    Step,
    /// Which place is next, when suspending or resuming.
    Next,
    /// What is booked of the place, and how far its numbers have come.
    Load,
    /// Is the limit really near? If not, commit was not told yet.
    Need,
    Needed,
    Recall,
    Recalling,
    Reread,
    Rereading,
    /// The static record is in the keeper's buffer, plain; commit is to be ours.
    Want,
    /// Parameters, then the SA, from the record to commit's stage.
    StageParameters,
    CommitParameters,
    StageSa,
    /// From the host's stage and the parameters to the record.
    Learn,
    Fill,
    Static,
    StaticDone,
    /// The number that was loaded is on its way into the memory.
    Loaded,
    AddLow,
    AddHigh,
    /// A record was lost, or is old: once more.
    Again,
    /// A new epoch.
    Advance,
    Advancing,
    /// How many steps are between the record and that.
    Date,
    StageNumbers,
    Wipe,
    Wiping,
    /// The dynamic record in the other slot, in the newest.
    First,
    FirstDone,
    Second,
    SecondDone,
    Install,
    Book,
    Reached,
    Answer,
    LimitWant,
    LimitStage,
    Limit,
    Erase,
    Erasing,
    Hold,
    /// Nothing of this place: commit's stage is cleared where it was used, and the refusal told.
    Clear,
    Refuse,
    Format,
}

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum RecorderTask {
    Restore,
    Install,
    Raise,
    Edge,
    Suspend,
    Resume,
    Delete,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct RecorderWork {
    pub step: Bits<6>,
    pub place: Bits<6>,
    /// Slots of the newest records.
    pub static_newest: Bit,
    pub dynamic_newest: Bit,
    pub exponent: Bits<5>,
    pub esn: Bit,
    /// Both slots are written; a record was lost; the records are orderly; the second copy of the static record is under way.
    pub double: Bit,
    pub lost: Bit,
    pub orderly: Bit,
    pub copied: Bit,
    pub staged: Bit,
    /// The epoch of the newest dynamic record of the place; and that the steps since are known.
    pub written: Bits<24>,
    pub dated: Bit,
    /// Intervals that are still to be added to N, because the counter has counted on since the record.
    pub age: Bits<24>,
    /// A raise that nobody needs but the records.
    pub owed: Bit,
    /// The other copy of the static record is to be written anew; the other inbound record is there too.
    pub heal: Bit,
    pub skip: Bit,
    /// The task has done what it should; in `Clear`: it began to, and a write failed.
    pub good: Bit,
    /// What is in the keeper's buffer is wiped because nothing comes of the place.
    pub ends: Bit,
    /// The word that goes to the ledger has come out of the numbers.
    pub primed: Bit,
}

/// Words on their way into the keeper's buffer and commit's stage, a clock after the step that sends them; the keeper's answer, a clock after it came; and what is known of the
/// place in hand, a clock after it became that.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct RecorderPipe {
    pub buffer: Bit,
    pub address: Bits<6>,
    pub staging: Bit,
    pub word: Bits<5>,
    pub done: Bit,
    pub ok: Bit,
    pub blank: Bit,
    pub fault: Bit,
    /// Of the place in hand: it is recorded; the outbound half of its pair is; it is in quarantine.
    pub recorded: Bit,
    pub paired: Bit,
    pub quarantined: Bit,
    /// The epoch of its record is that of now.
    pub current: Bit,
    /// Its number in the record is L.
    pub limit: Bit,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct RecorderStatus {
    pub restoring: Bit,
    pub formatted: Bit,
    pub unformatted: Bit,
    pub suspended: Bit,
    pub holding: Bit,
    pub told: Bit,
    pub fault_event: Bit,
    pub refused_event: Bit,
    pub refused_place: Bits<6>,
    /// Places are still to be looked at, from this one on.
    pub scanning: Bit,
    pub scan_place: Bits<6>,
    pub command: Bits<3>,
    /// A resume has failed.
    pub stuck: Bit,
    /// The epoch was raised for one SA; another is to follow.
    pub owed: Bit,
}

/// The recorder. Ports: `k_*` the keeper; `c_*` commit as its client; `r_*` commit's requests; `p_*` resync parameters, answered two clocks later; `used_*`, `starving_*`,
/// `seen_*` progress of the two directions, at most once in sixteen clocks each; `q_*` quarantine; `hold_all` asks both directions to keep still; `status` as `registers::map::resync_status`.
#[derive(LogicBlock, Ports)]
pub struct Recorder {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub key_valid: Signal<In, Bit>,
    pub k_start: Signal<Out, Bit>,
    pub k_operation: Signal<Out, Bits<3>>,
    pub k_kind: Signal<Out, Bit>,
    pub k_place: Signal<Out, Bits<6>>,
    pub k_slot: Signal<Out, Bit>,
    pub k_busy: Signal<In, Bit>,
    pub k_done: Signal<In, Bit>,
    pub k_ok: Signal<In, Bit>,
    pub k_blank: Signal<In, Bit>,
    pub k_fault: Signal<In, Bit>,
    /// There is an external counter.
    pub counted: Signal<In, Bit>,
    pub k_generation_high: Signal<In, Bits<32>>,
    pub k_generation_low: Signal<In, Bits<32>>,
    pub k_buffer_write: Signal<Out, Bit>,
    pub k_buffer_address: Signal<Out, Bits<6>>,
    pub k_buffer_data: Signal<Out, Bits<32>>,
    pub k_buffer_word: Signal<In, Bits<32>>,
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
    pub r_install: Signal<In, Bit>,
    pub r_delete: Signal<In, Bit>,
    pub r_inbound: Signal<In, Bit>,
    pub r_index: Signal<In, Bits<5>>,
    pub r_done: Signal<Out, Bit>,
    pub r_ok: Signal<Out, Bit>,
    pub r_word: Signal<Out, Bits<5>>,
    pub r_data: Signal<In, Bits<32>>,
    pub p_index: Signal<Out, Bits<5>>,
    pub p_word: Signal<Out, Bits<4>>,
    pub p_data: Signal<In, Bits<32>>,
    pub used: Signal<In, Bit>,
    pub used_index: Signal<In, Bits<5>>,
    pub used_high: Signal<In, Bits<32>>,
    pub used_low: Signal<In, Bits<32>>,
    pub starving: Signal<In, Bit>,
    pub starving_index: Signal<In, Bits<5>>,
    pub seen: Signal<In, Bit>,
    pub seen_index: Signal<In, Bits<5>>,
    pub seen_high: Signal<In, Bits<32>>,
    pub seen_low: Signal<In, Bits<32>>,
    pub may_wait: Signal<Out, Bit>,
    pub recorded: Signal<Out, Bits<32>>,
    pub recorded_inbound: Signal<Out, Bits<32>>,
    pub q_set: Signal<Out, Bit>,
    pub q_clear: Signal<Out, Bit>,
    pub q_index: Signal<Out, Bits<5>>,
    pub q_cause: Signal<Out, Bits<8>>,
    /// SAs in quarantine: their edge is not exact, and no suspend makes it so.
    pub quarantine: Signal<In, Bits<32>>,
    /// Table bus: the words of inbound SAs as commit writes them.
    pub table_write: Signal<In, Bit>,
    pub table_select: Signal<In, Bits<2>>,
    pub table_index: Signal<In, Bits<5>>,
    pub table_word: Signal<In, Bits<5>>,
    pub table_data: Signal<In, Bits<32>>,
    pub hold_all: Signal<Out, Bit>,
    pub held_all: Signal<In, Bit>,
    pub enable_set: Signal<Out, Bit>,
    pub status: Signal<Out, Bits<5>>,
    pub command: Signal<In, Bit>,
    pub command_operation: Signal<In, Bits<3>>,
    pub e_valid: Signal<Out, Bit>,
    pub e_head: Signal<Out, Bits<32>>,
    pub e_detail: Signal<Out, Bits<32>>,
    pub e_ready: Signal<In, Bit>,
    recall: Settle<Recall>,
    ledger: Settle<Ledger>,
    numbers: Settle<Numbers>,
    s: Reg<RecorderWork>,
    activity: Reg<RecorderTask>,
    state: Reg<RecorderPhase>,
    w: Reg<RecorderPipe>,
    fetch: Signal<Local, Bits<6>>,
    pass: Signal<Local, Bit>,
    done: Signal<Local, Bit>,
    ok: Signal<Local, Bit>,
    fault: Signal<Local, Bit>,
    t: Reg<RecorderStatus>,
    kept: [Reg<Bits<32>>; 2],
    inbound: Signal<Local, Bit>,
    index: Signal<Local, Bits<5>>,
    back: Signal<Local, Bits<6>>,
    one: Constant<Bits<32>>,
    mask: Signal<Local, Bits<32>>,
    others: Signal<Local, Bits<32>>,
    rest: Signal<Local, Bits<8>>,
    /// The epoch of power-up: what was recorded before is as old as that.
    first_epoch: Reg<Bits<32>>,
    epoch: Signal<Local, Bits<24>>,
    turn: Signal<Local, Bits<5>>,
    old: Signal<Local, Bit>,
    told: Signal<Local, Bits<32>>,
    since: Signal<Local, Bits<32>>,
    gone: Signal<Local, Bits<24>>,
    dates: Signal<Local, Bit>,
    exact: Signal<Local, Bit>,
    counts: Signal<Local, Bit>,
    shown: Signal<Local, Bits<3>>,
    act: Signal<Local, NumbersAct>,
    word: Signal<Local, Bits<32>>,
    keep: Signal<Local, Bit>,
    raise_taken: Signal<Local, Bit>,
    edge_taken: Signal<Local, Bit>,
    limit: Signal<Local, Bit>,
    recording: Signal<Local, Bit>,
    booked: Signal<Local, Bit>,
    look: Signal<Local, Bits<8>>,
    second: Signal<Local, Bit>,
    newest_after: Signal<Local, Bit>,
    step: Signal<Local, Bits<6>>,
    few: Signal<Local, Bits<3>>,
    place: Signal<Local, Bits<6>>,
    late: Signal<Local, Bits<6>>,
    refused_place: Signal<Local, Bits<6>>,
    waits: Signal<Local, Bit>,
    state_bits: Signal<Local, Bits<5>>,
    none_recorded: Signal<Local, Bit>,
    suspect: Signal<Local, Bit>,
    replaces: Signal<Local, Bit>,
    stays: Signal<Local, Bit>,
    recorded_here: Signal<Local, Bits<32>>,
    install_sa: Constant<Bits<3>>,
    write_resync: Constant<Bits<3>>,
    set_limit: Constant<Bits<3>>,
    no_operation: Constant<Bits<3>>,
    suspend: Constant<Bits<3>>,
    resume: Constant<Bits<3>>,
    format: Constant<Bits<3>>,
    restored: Constant<Bits<8>>,
    head_refused: Constant<Bits<32>>,
    head_fault: Constant<Bits<32>>,
    head_inbound: Constant<Bits<32>>,
    contents: Constant<Bits<6>>,
    parameters: Constant<Bits<6>>,
    at_sequence: Constant<Bits<5>>,
    last_index: Constant<Bits<5>>,
    /// All ones in the bits that a place has.
    every_place: Constant<Bits<6>>,
}

impl Recorder {
    /// For so many SAs.
    pub fn new(sizes: Sizes) -> Self {
        let operation = |n: u32| Constant::new((n as u64).into());
        assert_eq!((record::CONTENTS, sa::SEQUENCE, record::VALUE, record::FLAGS), (5, 20, 5, 7), "the steps below count on it");
        Self {
            clock: Default::default(),
            reset: Default::default(),
            key_valid: Default::default(),
            k_start: Default::default(),
            k_operation: Default::default(),
            k_kind: Default::default(),
            k_place: Default::default(),
            k_slot: Default::default(),
            k_busy: Default::default(),
            k_done: Default::default(),
            k_ok: Default::default(),
            k_blank: Default::default(),
            k_fault: Default::default(),
            counted: Default::default(),
            k_generation_high: Default::default(),
            k_generation_low: Default::default(),
            k_buffer_write: Default::default(),
            k_buffer_address: Default::default(),
            k_buffer_data: Default::default(),
            k_buffer_word: Default::default(),
            c_want: Default::default(),
            c_grant: Default::default(),
            c_write: Default::default(),
            c_word: Default::default(),
            c_data: Default::default(),
            c_start: Default::default(),
            c_operation: Default::default(),
            c_inbound: Default::default(),
            c_index: Default::default(),
            c_done: Default::default(),
            c_refused: Default::default(),
            r_install: Default::default(),
            r_delete: Default::default(),
            r_inbound: Default::default(),
            r_index: Default::default(),
            r_done: Default::default(),
            r_ok: Default::default(),
            r_word: Default::default(),
            r_data: Default::default(),
            p_index: Default::default(),
            p_word: Default::default(),
            p_data: Default::default(),
            used: Default::default(),
            used_index: Default::default(),
            used_high: Default::default(),
            used_low: Default::default(),
            starving: Default::default(),
            starving_index: Default::default(),
            seen: Default::default(),
            seen_index: Default::default(),
            seen_high: Default::default(),
            seen_low: Default::default(),
            may_wait: Default::default(),
            recorded: Default::default(),
            recorded_inbound: Default::default(),
            q_set: Default::default(),
            q_clear: Default::default(),
            q_index: Default::default(),
            q_cause: Default::default(),
            quarantine: Default::default(),
            table_write: Default::default(),
            table_select: Default::default(),
            table_index: Default::default(),
            table_word: Default::default(),
            table_data: Default::default(),
            hold_all: Default::default(),
            held_all: Default::default(),
            enable_set: Default::default(),
            status: Default::default(),
            command: Default::default(),
            command_operation: Default::default(),
            e_valid: Default::default(),
            e_head: Default::default(),
            e_detail: Default::default(),
            e_ready: Default::default(),
            recall: Default::default(),
            ledger: Settle::new(Ledger::new(sizes)),
            numbers: Default::default(),
            w: Default::default(),
            fetch: Default::default(),
            pass: Default::default(),
            done: Default::default(),
            ok: Default::default(),
            fault: Default::default(),
            s: Default::default(),
            activity: Default::default(),
            state: Default::default(),
            t: Reg::new(RecorderStatus { restoring: true, ..Default::default() }),
            kept: Default::default(),
            inbound: Default::default(),
            index: Default::default(),
            back: Default::default(),
            one: Constant::new(1.into()),
            mask: Default::default(),
            others: Default::default(),
            rest: Default::default(),
            first_epoch: Default::default(),
            epoch: Default::default(),
            turn: Default::default(),
            old: Default::default(),
            told: Default::default(),
            since: Default::default(),
            gone: Default::default(),
            dates: Default::default(),
            exact: Default::default(),
            counts: Default::default(),
            shown: Default::default(),
            act: Signal::default(),
            word: Default::default(),
            keep: Default::default(),
            raise_taken: Default::default(),
            edge_taken: Default::default(),
            limit: Default::default(),
            recording: Default::default(),
            booked: Default::default(),
            look: Default::default(),
            second: Default::default(),
            newest_after: Default::default(),
            step: Default::default(),
            few: Default::default(),
            place: Default::default(),
            late: Default::default(),
            refused_place: Default::default(),
            waits: Default::default(),
            state_bits: Default::default(),
            none_recorded: Default::default(),
            suspect: Default::default(),
            replaces: Default::default(),
            stays: Default::default(),
            recorded_here: Default::default(),
            install_sa: operation(map::commit::INSTALL_SA),
            write_resync: operation(map::commit::WRITE_RESYNC),
            set_limit: Constant::new(crate::bus::SET_LIMIT.into()),
            no_operation: operation(7),
            suspend: operation(map::resync_command::SUSPEND),
            resume: operation(map::resync_command::RESUME),
            format: operation(map::resync_command::FORMAT),
            restored: Constant::new((Cause::Restore.code() as u64).into()),
            head_refused: Constant::new((EventCode::RecordRefused.code() as u64 | map::event::SA_VALID as u64).into()),
            head_fault: Constant::new((EventCode::NvramFault.code() as u64).into()),
            head_inbound: Constant::new((map::event::INBOUND as u64).into()),
            contents: Constant::new((record::CONTENTS as u64).into()),
            parameters: Constant::new(((record::CONTENTS + sa::WORDS) as u64).into()),
            at_sequence: Constant::new((sa::SEQUENCE as u64).into()),
            last_index: Constant::new((sizes.sas as u64 - 1).into()),
            every_place: Constant::new((sizes.sas as u64 + 31).into()),
        }
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new(Sizes::default())
    }
}

impl Logic for Recorder {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, activity, state, t, w, first_epoch);
        clock!(self, clock, recall, ledger, numbers);
        self.recall.reset.next = self.reset.val();
        self.ledger.reset.next = self.reset.val();
        self.numbers.reset.next = self.reset.val();
        self.s.reset.next = self.reset.val();
        self.activity.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();
        self.t.reset.next = self.reset.val();
        self.w.reset.next = self.reset.val();
        self.first_epoch.reset.next = self.reset.val();
        self.w.d.next.done = self.k_done.val();
        self.w.d.next.ok = self.k_ok.val();
        self.w.d.next.blank = self.k_blank.val();
        self.w.d.next.fault = self.k_fault.val();
        self.w.d.next.buffer = false;
        self.w.d.next.staging = false;
        self.done.next = self.w.q.val().done;
        self.ok.next = self.w.q.val().ok;
        self.fault.next = self.w.q.val().fault;
        for i in 0..2 {
            self.kept[i].clock.next = self.clock.val();
            self.kept[i].reset.next = self.reset.val();
            self.kept[i].d.next = self.kept[i].q.val();
        }
        self.recorded.next = self.kept[0].q.val();
        self.recorded_inbound.next = self.kept[1].q.val();

        // Where we are.
        self.step.next = self.s.q.val().step;
        // Most phases have eight steps at most.
        self.few.next = self.step.val().get_bits::<3>(0);
        self.place.next = self.s.q.val().place & self.every_place.val();
        self.late.next = self.step.val() - 24;
        self.refused_place.next = self.t.q.val().refused_place;
        self.waits.next = self.t.q.val().formatted & !self.fault.val();
        self.inbound.next = self.place.val().get_bit(5);
        self.index.next = self.place.val().get_bits::<5>(0);
        self.recorded_here.next = self.kept[0].q.val();
        if self.inbound.val() {
            self.recorded_here.next = self.kept[1].q.val();
        }
        self.w.d.next.recorded = self.recorded_here.val().get_bit(self.index.val().index());
        self.w.d.next.paired = self.inbound.val() & self.kept[0].q.val().get_bit(self.index.val().index());
        self.mask.next = self.one.val() << bit_cast::<32, 5>(self.index.val());
        self.others.next = !self.mask.val();
        self.none_recorded.next = !self.kept[0].q.val().any() & !self.kept[1].q.val().any();
        self.stays.next = (self.activity.q.val() == RecorderTask::Resume) & (self.t.q.val().stuck | self.fault.val());
        self.counts.next = self.counted.val() & !self.inbound.val();
        self.suspect.next = self.inbound.val() & !self.s.q.val().orderly;
        self.w.d.next.quarantined = self.quarantine.val().get_bit(self.index.val().index());
        self.back.next = self.step.val() - 2;

        // The numbers of the place, and which word of them is wanted: the step says it, as the ledger and a dynamic record have them.
        self.numbers.exponent.next = self.s.q.val().exponent;
        self.numbers.esn.next = self.s.q.val().esn;
        self.numbers.inbound.next = self.inbound.val();
        self.old.next = self.s.q.val().age != 0;
        self.numbers.again.next = self.s.q.val().lost | self.old.val();
        self.act.next = NumbersAct::None;
        self.word.next = self.ledger.look.val();
        self.shown.next = self.step.val().get_bits::<3>(0);
        self.second.next = (self.state.q.val() == RecorderPhase::Second) | (self.state.q.val() == RecorderPhase::SecondDone);
        self.recording.next =
            self.second.val() | (self.state.q.val() == RecorderPhase::First) | (self.state.q.val() == RecorderPhase::FirstDone);
        self.booked.next = self.state.q.val() == RecorderPhase::Book;

        // What a dynamic record says: in the first of two, or alone, N, but L where a limit is raised or both records were there. Booked is what the newest says.
        self.limit.next = !self.inbound.val()
            & (self.activity.q.val() != RecorderTask::Suspend)
            & (self.second.val()
                | self.booked.val()
                | (self.activity.q.val() == RecorderTask::Raise)
                | ((self.activity.q.val() == RecorderTask::Restore) & !self.s.q.val().double)
                | self.counted.val());
        // The numbers come behind the birth, so that is known a clock before; on their way to commit they are L.
        self.w.d.next.limit = self.limit.val()
            | (self.state.q.val() == RecorderPhase::StageNumbers)
            | (self.state.q.val() == RecorderPhase::LimitWant)
            | (self.state.q.val() == RecorderPhase::LimitStage)
            | (self.state.q.val() == RecorderPhase::Reached);
        self.newest_after.next = self.s.q.val().dynamic_newest;
        if !self.s.q.val().double
            & (self.activity.q.val() != RecorderTask::Suspend)
            & !((self.activity.q.val() == RecorderTask::Restore) & self.s.q.val().skip)
        {
            self.newest_after.next = !self.s.q.val().dynamic_newest;
        }
        self.rest.next = 0.into();
        if (self.activity.q.val() == RecorderTask::Suspend) & !(self.inbound.val() & self.w.q.val().quarantined) {
            self.rest.next = 1.into();
        }
        if self.booked.val() {
            self.rest.next = bit_cast::<8, 5>(self.s.q.val().exponent) << 3;
            if self.s.q.val().static_newest {
                self.rest.next = self.rest.val() | 1;
            }
            if self.newest_after.val() {
                self.rest.next = self.rest.val() | 2;
            }
            if self.s.q.val().esn {
                self.rest.next = self.rest.val() | 4;
            }
        }
        // Behind it the epoch, as much of it as there is room for: no record falls so far behind that it would matter.
        self.epoch.next = self.k_generation_high.val().get_bits::<24>(0);
        self.turn.next = self.epoch.val().get_bits::<5>(0);
        self.told.next = bit_cast::<32, 8>(self.rest.val());
        if self.booked.val() & self.counted.val() {
            self.told.next = bit_cast::<32, 8>(self.rest.val()) | (bit_cast::<32, 24>(self.epoch.val()) << 8);
        }
        // Steps of the counter since the record.
        self.gone.next = self.epoch.val() - self.s.q.val().written;
        self.w.d.next.current = self.epoch.val() == self.s.q.val().written;
        self.dates.next = self.counts.val() & !self.s.q.val().dated & (self.activity.q.val() == RecorderTask::Raise);
        self.recall.counted.next = self.counted.val();
        self.since.next = self.first_epoch.q.val();
        if !self.inbound.val() {
            self.since.next = self.k_generation_high.val();
        }
        self.exact.next = self.recall.orderly.val() & !self.counts.val();

        // The ledger, and news of the two directions.
        self.ledger.used.next = self.used.val();
        self.ledger.used_index.next = self.used_index.val();
        self.ledger.used_high.next = self.used_high.val();
        self.ledger.used_low.next = self.used_low.val();
        self.ledger.starving.next = self.starving.val();
        self.ledger.starving_index.next = self.starving_index.val();
        self.ledger.seen.next = self.seen.val();
        self.ledger.seen_index.next = self.seen_index.val();
        self.ledger.seen_high.next = self.seen_high.val();
        self.ledger.seen_low.next = self.seen_low.val();
        self.raise_taken.next = false;
        self.edge_taken.next = false;
        self.ledger.ask.next = (self.state.q.val() == RecorderPhase::Load) | (self.state.q.val() == RecorderPhase::Need);
        self.s.d.next.primed = (self.booked.val() | (self.state.q.val() == RecorderPhase::Reached)) & !self.ledger.done.val();
        self.ledger.put.next = self.s.q.val().primed;
        self.keep.next = false;
        self.ledger.place.next = self.place.val();
        self.ledger.word.next = self.step.val().get_bits::<3>(0);
        self.ledger.data.next = self.numbers.out.val();
        self.look.next = self.ledger.look.val().get_bits::<8>(0);

        // The keeper.
        self.recall.k_done.next = self.done.val();
        self.recall.k_ok.next = self.ok.val();
        self.recall.k_blank.next = self.w.q.val().blank;
        self.recall.k_buffer_word.next = self.k_buffer_word.val();
        self.recall.start.next = self.state.q.val() == RecorderPhase::Recall;
        self.k_start.next = self.recall.k_start.val();
        self.k_operation.next = 0.into();
        self.k_kind.next = false;
        self.k_place.next = self.place.val();
        self.k_slot.next = false;
        self.fetch.next = self.recall.k_buffer_address.val();
        self.pass.next = false;
        if self.state.q.val() == RecorderPhase::Recalling {
            self.act.next = self.recall.act.val();
            self.word.next = self.recall.passing.val();
            self.k_kind.next = self.recall.k_kind.val();
            self.k_slot.next = self.recall.k_slot.val();
        }

        // Commit.
        self.c_want.next = self.s.q.val().staged;
        self.w.d.next.word = self.back.val().get_bits::<5>(0);
        self.c_start.next = false;
        self.c_operation.next = self.install_sa.val();
        self.c_inbound.next = self.inbound.val();
        self.c_index.next = self.index.val();
        self.r_done.next = false;
        self.r_ok.next = false;
        self.r_word.next = self.step.val().get_bits::<5>(0);
        self.p_index.next = self.index.val();
        self.p_word.next = 0.into();

        // The quarantine of an inbound SA ends when its words are overwritten, not when that is decided; and numbers that commit writes are numbers reached.
        self.replaces.next = self.table_write.val() & (self.table_select.val() == 1);
        self.ledger.told_low.next = self.replaces.val() & (self.table_word.val() == 20);
        self.ledger.told_high.next = self.replaces.val() & (self.table_word.val() == 21);
        self.ledger.told_index.next = self.table_index.val();
        self.ledger.told_data.next = self.table_data.val();

        // Everybody else.
        self.may_wait.next = self.waits.val();
        self.q_set.next = false;
        self.q_clear.next = self.replaces.val() & (self.table_word.val() == 1);
        self.q_index.next = self.table_index.val();
        if self.state.q.val() == RecorderPhase::Install {
            self.q_clear.next = false;
            self.q_index.next = self.index.val();
        }
        self.q_cause.next = self.restored.val();
        self.hold_all.next = self.t.q.val().holding;
        self.enable_set.next = false;

        match self.state.q.val() {
            RecorderPhase::NoKey => {
                self.t.d.next.restoring = self.key_valid.val();
                self.t.d.next.command = 0.into();
                self.r_done.next = self.r_install.val() | self.r_delete.val();
                self.r_ok.next = self.r_delete.val();
                if self.key_valid.val() {
                    self.r_done.next = false;
                    self.state.d.next = RecorderPhase::Open;
                }
            }
            RecorderPhase::Open => {
                self.k_operation.next = 3.into();
                self.k_start.next = true;
                self.state.d.next = RecorderPhase::Opening;
            }
            RecorderPhase::Opening => {
                self.k_operation.next = 3.into();
                self.activity.d.next = RecorderTask::Restore;
                self.s.d.next.place = 0.into();
                if self.done.val() {
                    self.t.d.next.formatted = self.ok.val();
                    self.t.d.next.unformatted = !self.ok.val() & !self.fault.val();
                    self.t.d.next.scanning = self.ok.val();
                    self.first_epoch.d.next = self.k_generation_high.val();
                    self.state.d.next = RecorderPhase::Idle;
                }
            }
            // What is to be done.
            RecorderPhase::Idle => {
                self.t.d.next.restoring = (self.t.q.val().command != 0) | self.t.q.val().scanning;
                self.s.d.next.staged = false;
                self.s.d.next.double = false;
                self.s.d.next.lost = false;
                self.s.d.next.copied = false;
                self.s.d.next.heal = false;
                self.s.d.next.skip = false;
                self.s.d.next.good = false;
                self.s.d.next.ends = false;
                self.s.d.next.age = 0.into();
                self.s.d.next.dated = false;
                self.s.d.next.owed = false;
                if (self.r_install.val() | self.r_delete.val()) & !self.t.q.val().scanning {
                    self.s.d.next.place = bit_cast::<6, 5>(self.r_index.val());
                    if self.r_inbound.val() {
                        self.s.d.next.place = bit_cast::<6, 5>(self.r_index.val()) | 32;
                    }
                    self.activity.d.next = RecorderTask::Install;
                    self.s.d.next.double = true;
                    self.state.d.next = RecorderPhase::Load;
                    if self.r_delete.val() {
                        self.activity.d.next = RecorderTask::Delete;
                        self.state.d.next = RecorderPhase::Erase;
                    }
                    if !self.t.q.val().formatted | self.fault.val() {
                        self.state.d.next = RecorderPhase::Answer;
                    }
                } else if self.t.q.val().owed & !self.t.q.val().holding {
                    self.t.d.next.owed = false;
                    self.s.d.next.owed = true;
                    self.s.d.next.place = bit_cast::<6, 5>(self.turn.val());
                    self.activity.d.next = RecorderTask::Raise;
                    self.state.d.next = RecorderPhase::Load;
                    // In a small device it is not always somebody's turn.
                    if (self.turn.val() & self.last_index.val()) != self.turn.val() {
                        self.state.d.next = RecorderPhase::Idle;
                    }
                } else if self.ledger.due[0].val() & !self.t.q.val().holding {
                    self.raise_taken.next = true;
                    self.s.d.next.place = bit_cast::<6, 5>(self.ledger.due_index[0].val());
                    self.activity.d.next = RecorderTask::Raise;
                    self.state.d.next = RecorderPhase::Load;
                } else if self.t.q.val().scanning {
                    self.activity.d.next = RecorderTask::Restore;
                    self.s.d.next.place = self.t.q.val().scan_place;
                    self.state.d.next = RecorderPhase::Recall;
                    if self.fault.val() {
                        self.t.d.next.scanning = false;
                        self.state.d.next = RecorderPhase::Idle;
                    }
                } else if self.t.q.val().command != 0 {
                    self.s.d.next.place = 0.into();
                    self.activity.d.next = RecorderTask::Suspend;
                    self.t.d.next.stuck = false;
                    if (self.t.q.val().command == self.suspend.val()) & !self.t.q.val().holding {
                        self.state.d.next = RecorderPhase::Hold;
                    } else if (self.t.q.val().command == self.resume.val()) & self.t.q.val().holding {
                        self.activity.d.next = RecorderTask::Resume;
                        self.state.d.next = RecorderPhase::Next;
                        if self.counted.val() {
                            self.state.d.next = RecorderPhase::Advance;
                        }
                    } else if (self.t.q.val().command == self.format.val())
                        & self.none_recorded.val()
                        & !self.t.q.val().holding
                        & !self.fault.val()
                    {
                        // For an empty device only.
                        self.state.d.next = RecorderPhase::Format;
                    } else {
                        self.t.d.next.command = 0.into();
                    }
                } else if self.ledger.due[1].val() & !self.t.q.val().holding {
                    self.edge_taken.next = true;
                    self.s.d.next.place = bit_cast::<6, 5>(self.ledger.due_index[1].val()) | 32;
                    self.activity.d.next = RecorderTask::Edge;
                    self.state.d.next = RecorderPhase::Load;
                }
            }
            RecorderPhase::Hold => {
                self.t.d.next.holding = true;
                if self.held_all.val() {
                    self.state.d.next = RecorderPhase::Next;
                }
            }
            // To the next place: restoring alternates between the directions of an index, so that a pair is back as early as can be.
            RecorderPhase::Step => {
                self.s.d.next.step = 0.into();
                self.s.d.next.good = false;
                self.state.d.next = RecorderPhase::Next;
                self.s.d.next.place = bit_cast::<6, 5>(self.index.val()) | 32;
                if self.inbound.val() {
                    self.s.d.next.place = bit_cast::<6, 5>(self.index.val()) + 1;
                }
                // Between two places that are restored there is room for what cannot wait.
                if self.activity.q.val() == RecorderTask::Restore {
                    self.t.d.next.scan_place = bit_cast::<6, 5>(self.index.val()) | 32;
                    if self.inbound.val() {
                        self.t.d.next.scan_place = bit_cast::<6, 5>(self.index.val()) + 1;
                    }
                    self.state.d.next = RecorderPhase::Idle;
                }
                if self.inbound.val() & (self.index.val() == self.last_index.val()) {
                    self.s.d.next.place = 0.into();
                    self.state.d.next = RecorderPhase::Idle;
                    self.t.d.next.scanning = false;
                    if self.activity.q.val() != RecorderTask::Restore {
                        self.t.d.next.command = 0.into();
                    }
                    // A resume that failed changes nothing: packets would make an exact record wrong that cannot be replaced.
                    self.t.d.next.suspended = (self.activity.q.val() == RecorderTask::Suspend) | self.stays.val();
                    self.t.d.next.holding = (self.activity.q.val() == RecorderTask::Suspend) | self.stays.val();
                }
            }
            // The place in hand, if something is recorded of it: that is known in the second clock.
            RecorderPhase::Next => {
                self.s.d.next.double = self.activity.q.val() == RecorderTask::Resume;
                self.s.d.next.step = 1.into();
                if self.few.val() == 1 {
                    self.s.d.next.step = 0.into();
                    self.state.d.next = RecorderPhase::Load;
                    if !self.w.q.val().recorded | !self.waits.val() | self.counts.val() {
                        self.state.d.next = RecorderPhase::Step;
                    }
                }
            }
            RecorderPhase::Load => {
                self.keep.next = self.few.val() == 6;
                if self.ledger.done.val() {
                    self.s.d.next.step = self.step.val() + 1;
                    if self.few.val() == 0 {
                        self.act.next = NumbersAct::BornHigh;
                        // What is due of an SA that is not recorded, or cannot be, is nothing.
                        if !self.w.q.val().recorded | !self.waits.val() {
                            if (self.activity.q.val() == RecorderTask::Raise) | (self.activity.q.val() == RecorderTask::Edge) {
                                self.s.d.next.step = 0.into();
                                self.state.d.next = RecorderPhase::Idle;
                            }
                        }
                    }
                    if self.few.val() == 1 {
                        self.act.next = NumbersAct::BornLow;
                    }
                    if (self.few.val() == 2) | (self.few.val() == 5) {
                        self.act.next = NumbersAct::NumberHigh;
                    }
                    if (self.few.val() == 3) | (self.few.val() == 6) {
                        self.act.next = NumbersAct::NumberLow;
                    }
                    if self.few.val() == 4 {
                        self.s.d.next.static_newest = self.look.val().get_bit(0);
                        // What an installation writes first replaces the newest record: torn, the older one and an interval are enough.
                        self.s.d.next.dynamic_newest = self.look.val().get_bit(1) ^ (self.activity.q.val() == RecorderTask::Install);
                        self.s.d.next.esn = self.look.val().get_bit(2);
                        self.s.d.next.exponent = self.look.val().get_bits::<5>(3);
                        self.s.d.next.written = self.ledger.look.val().get_bits::<24>(8);
                        if self.activity.q.val() == RecorderTask::Install {
                            self.s.d.next.step = 0.into();
                            self.state.d.next = RecorderPhase::Learn;
                        }
                        if self.activity.q.val() == RecorderTask::Resume {
                            self.s.d.next.step = 0.into();
                            self.state.d.next = RecorderPhase::AddLow;
                        }
                        if self.activity.q.val() == RecorderTask::Raise {
                            self.s.d.next.step = 6.into();
                            self.state.d.next = RecorderPhase::Need;
                            if self.s.q.val().owed {
                                self.s.d.next.step = 0.into();
                                self.state.d.next = RecorderPhase::AddLow;
                            }
                        }
                    }
                    if self.few.val() == 6 {
                        self.state.d.next = RecorderPhase::Loaded;
                    }
                }
            }
            RecorderPhase::Need => {
                self.keep.next = self.few.val() == 7;
                if self.ledger.done.val() {
                    self.s.d.next.step = 7.into();
                    if self.few.val() == 7 {
                        self.s.d.next.step = 0.into();
                        self.state.d.next = RecorderPhase::Needed;
                        if self.ledger.beyond.val() {
                            self.state.d.next = RecorderPhase::AddLow;
                        }
                    }
                }
            }
            RecorderPhase::Needed => {
                self.act.next = NumbersAct::SameLow;
                self.s.d.next.step = 1.into();
                if self.few.val() == 1 {
                    self.act.next = NumbersAct::SameHigh;
                    self.s.d.next.step = 0.into();
                    self.s.d.next.staged = true;
                    self.state.d.next = RecorderPhase::LimitWant;
                }
            }
            RecorderPhase::Recall => {
                self.s.d.next.staged = false;
                self.s.d.next.double = false;
                self.state.d.next = RecorderPhase::Recalling;
            }
            RecorderPhase::Recalling => {
                self.s.d.next.static_newest = self.recall.static_slot.val();
                self.s.d.next.dynamic_newest = self.recall.dynamic_slot.val();
                self.s.d.next.orderly = self.exact.val();
                // A record that is not exact any more must not be the newest one day, because a newer one is lost.
                self.s.d.next.double =
                    self.exact.val() | (!self.recall.both.val() & !self.inbound.val()) | (self.recall.stale.val() & self.inbound.val());
                self.s.d.next.heal = !self.recall.copies.val();
                self.s.d.next.skip = self.inbound.val() & self.recall.both.val() & !self.recall.orderly.val() & !self.recall.stale.val();
                self.s.d.next.lost = !self.recall.orderly.val() & !self.recall.both.val() & !self.inbound.val() & !self.counted.val();
                self.s.d.next.age = 0.into();
                if !self.inbound.val() {
                    self.s.d.next.age = bit_cast::<24, 16>(self.recall.age.val());
                }
                if self.recall.done.val() {
                    self.state.d.next = RecorderPhase::Reread;
                    if self.recall.at_hand.val() {
                        self.state.d.next = RecorderPhase::Want;
                        if !self.recall.copies.val() {
                            self.state.d.next = RecorderPhase::Static;
                        }
                    }
                    if !self.recall.found.val() | (self.recall.ancient.val() & !self.inbound.val()) {
                        // Nothing is known of the slots then, and any will do.
                        self.s.d.next.static_newest = false;
                        self.s.d.next.dynamic_newest = false;
                        self.state.d.next = RecorderPhase::Refuse;
                        if self.recall.blank.val() | self.fault.val() {
                            self.s.d.next.ends = true;
                            self.state.d.next = RecorderPhase::Clear;
                        }
                    }
                }
            }
            RecorderPhase::Reread => {
                self.k_start.next = true;
                self.k_kind.next = true;
                self.k_slot.next = self.s.q.val().static_newest;
                self.state.d.next = RecorderPhase::Rereading;
            }
            RecorderPhase::Rereading => {
                self.k_kind.next = true;
                self.k_slot.next = self.s.q.val().static_newest;
                if self.done.val() {
                    self.state.d.next = RecorderPhase::Want;
                    if self.s.q.val().heal {
                        self.state.d.next = RecorderPhase::Static;
                    }
                    if !self.ok.val() {
                        self.state.d.next = RecorderPhase::Refuse;
                    }
                }
            }
            RecorderPhase::Want => {
                self.s.d.next.staged = true;
                if self.c_grant.val() {
                    self.state.d.next = RecorderPhase::StageParameters;
                }
            }
            RecorderPhase::StageParameters => {
                self.fetch.next = self.parameters.val() + self.step.val();
                self.pass.next = true;
                self.word.next = self.k_buffer_word.val();
                self.w.d.next.staging = (self.step.val() >= 2) & !self.w.q.val().paired;
                self.s.d.next.step = self.step.val() + 1;
                if self.step.val() == 2 {
                    self.s.d.next.exponent = self.k_buffer_word.val().get_bits::<5>(16);
                    // The other half of the pair has brought them already.
                    if self.w.q.val().paired {
                        self.s.d.next.step = 0.into();
                        self.state.d.next = RecorderPhase::StageSa;
                    }
                }
                if self.step.val() == 17 {
                    self.s.d.next.step = 0.into();
                    self.state.d.next = RecorderPhase::CommitParameters;
                }
            }
            RecorderPhase::CommitParameters => {
                self.c_start.next = true;
                self.c_operation.next = self.write_resync.val();
                if self.c_done.val() {
                    self.state.d.next = RecorderPhase::StageSa;
                    if self.c_refused.val() {
                        self.state.d.next = RecorderPhase::Refuse;
                    }
                }
            }
            RecorderPhase::StageSa => {
                self.fetch.next = self.contents.val() + self.step.val();
                self.pass.next = true;
                self.word.next = self.k_buffer_word.val();
                self.w.d.next.staging = self.step.val() >= 2;
                self.s.d.next.step = self.step.val() + 1;
                if self.step.val() == 2 {
                    self.s.d.next.esn = self.k_buffer_word.val().get_bit(2);
                }
                if self.step.val() == 25 {
                    self.s.d.next.step = 0.into();
                    self.state.d.next = RecorderPhase::Wipe;
                }
            }
            RecorderPhase::Wipe => {
                self.k_operation.next = 5.into();
                self.k_start.next = true;
                self.state.d.next = RecorderPhase::Wiping;
            }
            RecorderPhase::Wiping => {
                self.k_operation.next = 5.into();
                if self.done.val() {
                    self.state.d.next = RecorderPhase::AddLow;
                    if self.s.q.val().ends {
                        self.state.d.next = RecorderPhase::Clear;
                    }
                }
            }
            // Of a new SA: where its numbers begin, how often it is recorded, and when it was born. The step is the word that is asked for: 0, 20, 21.
            RecorderPhase::Learn => {
                self.word.next = self.r_data.val();
                if self.step.val() == 0 {
                    self.word.next = self.k_generation_high.val();
                    self.act.next = NumbersAct::BornHigh;
                }
                if self.step.val() == 20 {
                    self.word.next = self.k_generation_low.val();
                    self.act.next = NumbersAct::BornLow;
                }
                if self.step.val() == 21 {
                    self.s.d.next.esn = self.r_data.val().get_bit(2);
                    self.s.d.next.exponent = self.p_data.val().get_bits::<5>(16);
                }
                if self.step.val() == 22 {
                    self.act.next = NumbersAct::NumberLow;
                }
                self.s.d.next.step = self.step.val() + 1;
                if self.step.val() == 0 {
                    self.s.d.next.step = 20.into();
                }
                if self.step.val() == 23 {
                    self.act.next = NumbersAct::NumberHigh;
                    self.s.d.next.step = 0.into();
                    self.state.d.next = RecorderPhase::Fill;
                }
            }
            // Words 2 and 3, then the SA's from 5 on, then the parameters.
            RecorderPhase::Fill => {
                self.p_word.next = self.late.val().get_bits::<4>(0);
                self.w.d.next.buffer = self.step.val() >= 2;
                self.w.d.next.address = self.contents.val() + self.back.val();
                self.pass.next = self.step.val() >= 2;
                self.word.next = self.r_data.val();
                if self.step.val() >= 26 {
                    self.word.next = self.p_data.val();
                }
                if self.step.val() < 2 {
                    self.w.d.next.buffer = true;
                    self.w.d.next.address = self.step.val() + 2;
                }
                self.s.d.next.step = self.step.val() + 1;
                if self.step.val() == 41 {
                    self.s.d.next.step = 0.into();
                    self.state.d.next = RecorderPhase::Static;
                }
            }
            // The slot that is not the newest first; the same again into the other when the dynamic records are there.
            RecorderPhase::Static => {
                self.k_start.next = true;
                self.k_operation.next = 1.into();
                self.k_kind.next = true;
                self.k_slot.next = self.s.q.val().static_newest == self.s.q.val().copied;
                self.state.d.next = RecorderPhase::StaticDone;
            }
            RecorderPhase::StaticDone => {
                self.k_operation.next = 1.into();
                self.k_kind.next = true;
                self.k_slot.next = self.s.q.val().static_newest == self.s.q.val().copied;
                if self.done.val() {
                    self.state.d.next = RecorderPhase::AddLow;
                    if self.s.q.val().copied {
                        self.state.d.next = RecorderPhase::Book;
                    }
                    if self.s.q.val().heal {
                        // Its contents are ciphertext now.
                        self.s.d.next.heal = false;
                        self.s.d.next.static_newest = !self.s.q.val().static_newest;
                        self.state.d.next = RecorderPhase::Reread;
                    }
                    if !self.ok.val() {
                        self.s.d.next.ends = true;
                        self.s.d.next.good = true;
                        self.state.d.next = RecorderPhase::Wipe;
                    }
                }
            }
            RecorderPhase::Loaded => {
                self.s.d.next.step = 0.into();
                self.state.d.next = RecorderPhase::AddLow;
            }
            RecorderPhase::AddLow => {
                self.act.next = NumbersAct::SumLow;
                self.state.d.next = RecorderPhase::AddHigh;
            }
            RecorderPhase::AddHigh => {
                self.act.next = NumbersAct::SumHigh;
                self.state.d.next = RecorderPhase::Again;
            }
            // The first sum makes L; where a record was lost it makes N, and the second makes L.
            RecorderPhase::Again => {
                self.act.next = NumbersAct::CapLow;
                self.s.d.next.step = 1.into();
                if self.few.val() == 1 {
                    self.act.next = NumbersAct::CapHigh;
                    self.s.d.next.step = 0.into();
                    self.state.d.next = RecorderPhase::First;
                    if self.activity.q.val() == RecorderTask::Suspend {
                        self.state.d.next = RecorderPhase::Second;
                    }
                    if self.activity.q.val() == RecorderTask::Restore {
                        self.state.d.next = RecorderPhase::StageNumbers;
                    }
                    if self.dates.val() {
                        self.state.d.next = RecorderPhase::Date;
                        if self.w.q.val().current {
                            self.state.d.next = RecorderPhase::Advance;
                        }
                    }
                    if self.s.q.val().lost {
                        self.s.d.next.lost = false;
                        self.state.d.next = RecorderPhase::AddLow;
                    } else if self.old.val() {
                        self.s.d.next.age = self.s.q.val().age - 1;
                        self.state.d.next = RecorderPhase::AddLow;
                    }
                    // Already at the end: there is nothing to raise.
                    if (self.activity.q.val() == RecorderTask::Raise) & self.numbers.at_end.val() & !self.s.q.val().dated {
                        self.state.d.next = RecorderPhase::Idle;
                    }
                    // Its record carries the epoch already: nothing is owed.
                    if self.s.q.val().owed & self.dates.val() & self.w.q.val().current {
                        self.state.d.next = RecorderPhase::Idle;
                    }
                }
            }
            RecorderPhase::Advance => {
                self.k_operation.next = 3.into();
                self.k_start.next = true;
                self.state.d.next = RecorderPhase::Advancing;
            }
            // What was to be written is written, or refused by the keeper: then no epoch is in force.
            RecorderPhase::Advancing => {
                self.k_operation.next = 3.into();
                if self.done.val() {
                    self.state.d.next = RecorderPhase::Date;
                    if self.activity.q.val() == RecorderTask::Resume {
                        self.state.d.next = RecorderPhase::Next;
                    } else {
                        self.t.d.next.owed = self.ok.val();
                    }
                    if !self.ok.val() {
                        self.t.d.next.formatted = false;
                        self.t.d.next.unformatted = !self.fault.val();
                        if self.activity.q.val() == RecorderTask::Raise {
                            self.state.d.next = RecorderPhase::First;
                        } else {
                            self.t.d.next.stuck = true;
                        }
                    }
                }
            }
            RecorderPhase::Date => {
                self.s.d.next.age = self.gone.val() - 1;
                self.s.d.next.dated = true;
                self.state.d.next = RecorderPhase::AddLow;
            }
            // Words 20 to 23 as they are to be now, over those of the record.
            RecorderPhase::StageNumbers => {
                self.w.d.next.staging = true;
                self.w.d.next.word = self.at_sequence.val() + self.step.val().get_bits::<5>(0);
                self.shown.next = 6.into();
                if self.few.val() == 1 {
                    self.shown.next = 5.into();
                }
                if self.few.val() == 2 {
                    self.shown.next = 3.into();
                }
                if self.few.val() == 3 {
                    self.shown.next = 2.into();
                }
                self.s.d.next.step = self.step.val() + 1;
                if self.few.val() == 3 {
                    self.s.d.next.step = 0.into();
                    self.state.d.next = RecorderPhase::First;
                    if self.s.q.val().skip {
                        self.s.d.next.step = 5.into();
                        self.state.d.next = RecorderPhase::Reached;
                    }
                }
            }
            // Born, value and flags; then the record is written.
            RecorderPhase::First => {
                self.s.d.next.step = self.step.val() + 1;
                if self.few.val() == 5 {
                    self.s.d.next.step = 0.into();
                    self.state.d.next = RecorderPhase::FirstDone;
                }
            }
            RecorderPhase::Second => {
                self.s.d.next.step = self.step.val() + 1;
                if self.few.val() == 5 {
                    self.s.d.next.step = 0.into();
                    self.state.d.next = RecorderPhase::SecondDone;
                }
            }
            RecorderPhase::FirstDone => {
                if self.done.val() {
                    self.state.d.next = RecorderPhase::Book;
                    if self.activity.q.val() == RecorderTask::Restore {
                        self.s.d.next.step = 5.into();
                        self.state.d.next = RecorderPhase::Reached;
                    }
                    if self.s.q.val().double {
                        self.s.d.next.step = 0.into();
                        self.state.d.next = RecorderPhase::Second;
                    }
                    if !self.ok.val() {
                        self.state.d.next = RecorderPhase::Clear;
                        self.s.d.next.good = true;
                    }
                }
            }
            RecorderPhase::SecondDone => {
                if self.done.val() {
                    self.state.d.next = RecorderPhase::Book;
                    if self.activity.q.val() == RecorderTask::Restore {
                        self.s.d.next.step = 5.into();
                        self.state.d.next = RecorderPhase::Reached;
                    }
                    if self.activity.q.val() == RecorderTask::Install {
                        self.s.d.next.copied = true;
                        self.state.d.next = RecorderPhase::Fill;
                    }
                    if !self.ok.val() {
                        self.state.d.next = RecorderPhase::Clear;
                        self.s.d.next.good = true;
                    }
                }
            }
            // In quarantine before it is there.
            RecorderPhase::Install => {
                self.c_start.next = true;
                self.q_set.next = self.suspect.val() & (self.few.val() == 0);
                self.s.d.next.step = 1.into();
                if self.c_done.val() {
                    self.s.d.next.step = 0.into();
                    self.s.d.next.staged = false;
                    self.state.d.next = RecorderPhase::Book;
                    if self.c_refused.val() {
                        self.q_clear.next = self.suspect.val();
                        self.state.d.next = RecorderPhase::Refuse;
                    }
                }
            }
            RecorderPhase::Book => {
                if self.ledger.done.val() {
                    self.s.d.next.step = self.step.val() + 1;
                    if self.few.val() == 4 {
                        self.s.d.next.good = true;
                        // How far the numbers have come stays: an answer that came before a suspend may have moved an edge since it was read, and ended the quarantine.
                        self.s.d.next.step = 7.into();
                        self.state.d.next = RecorderPhase::Reached;
                        if (self.activity.q.val() == RecorderTask::Restore) | (self.activity.q.val() == RecorderTask::Install) {
                            self.s.d.next.step = 0.into();
                            self.state.d.next = RecorderPhase::Answer;
                        }
                        if self.s.q.val().ends {
                            self.state.d.next = RecorderPhase::Step;
                        }
                    }
                }
            }
            // The number reached, where it begins anew, and the threshold. While it begins anew the SA takes none: a number noted here must never be one behind.
            RecorderPhase::Reached => {
                if self.ledger.done.val() {
                    self.s.d.next.step = self.step.val() + 1;
                    if self.few.val() == 7 {
                        self.s.d.next.step = 0.into();
                        self.state.d.next = RecorderPhase::Answer;
                        if self.activity.q.val() == RecorderTask::Restore {
                            self.state.d.next = RecorderPhase::Install;
                        }
                        if self.activity.q.val() == RecorderTask::Install {
                            self.state.d.next = RecorderPhase::LimitStage;
                            if self.inbound.val() {
                                self.s.d.next.staged = false;
                                self.state.d.next = RecorderPhase::Idle;
                            }
                        }
                    }
                }
            }
            // What else there is to say and do.
            RecorderPhase::Answer => {
                self.state.d.next = RecorderPhase::Idle;
                if (self.activity.q.val() == RecorderTask::Install) | (self.activity.q.val() == RecorderTask::Delete) {
                    self.r_done.next = true;
                    self.r_ok.next = self.s.q.val().good;
                }
                if self.s.q.val().good
                    & ((self.activity.q.val() == RecorderTask::Install) | (self.activity.q.val() == RecorderTask::Restore))
                {
                    if self.inbound.val() {
                        self.kept[1].d.next = self.kept[1].q.val() | self.mask.val();
                    } else {
                        self.kept[0].d.next = self.kept[0].q.val() | self.mask.val();
                    }
                }
                if self.activity.q.val() == RecorderTask::Restore {
                    self.enable_set.next = self.s.q.val().good;
                    self.state.d.next = RecorderPhase::Step;
                }
                if self.activity.q.val() == RecorderTask::Suspend {
                    self.state.d.next = RecorderPhase::Step;
                }
                if (self.activity.q.val() == RecorderTask::Resume) & (self.inbound.val() | !self.s.q.val().good) {
                    self.state.d.next = RecorderPhase::Step;
                }
                if (self.activity.q.val() == RecorderTask::Resume) & !self.s.q.val().good {
                    self.t.d.next.stuck = true;
                }
                // An inbound SA that was installed waits for commit, too: what is due until then is of the one before.
                if self.s.q.val().good
                    & ((!self.inbound.val()
                        & ((self.activity.q.val() == RecorderTask::Raise) | (self.activity.q.val() == RecorderTask::Resume)))
                        | (self.activity.q.val() == RecorderTask::Install))
                {
                    self.s.d.next.staged = true;
                    self.state.d.next = RecorderPhase::LimitWant;
                }
            }
            RecorderPhase::LimitWant => {
                if self.c_grant.val() {
                    self.state.d.next = RecorderPhase::LimitStage;
                    if self.activity.q.val() == RecorderTask::Install {
                        // The table bus has told the number of an inbound SA, and more may have been seen since.
                        self.s.d.next.step = 5.into();
                        if self.inbound.val() {
                            self.s.d.next.step = 7.into();
                        }
                        self.state.d.next = RecorderPhase::Reached;
                    }
                }
            }
            RecorderPhase::LimitStage => {
                self.w.d.next.staging = true;
                self.w.d.next.word = 22.into();
                self.shown.next = 3.into();
                self.s.d.next.step = 1.into();
                if self.few.val() == 1 {
                    self.w.d.next.word = 23.into();
                    self.shown.next = 2.into();
                    self.s.d.next.step = 0.into();
                    self.state.d.next = RecorderPhase::Limit;
                }
            }
            RecorderPhase::Limit => {
                self.c_start.next = true;
                self.c_operation.next = self.set_limit.val();
                if self.c_done.val() {
                    self.s.d.next.staged = false;
                    self.state.d.next = RecorderPhase::Idle;
                    if self.activity.q.val() == RecorderTask::Resume {
                        self.state.d.next = RecorderPhase::Step;
                    }
                }
            }
            // Static records first: what is left then is no SA any more.
            RecorderPhase::Erase => {
                self.k_start.next = true;
                self.k_operation.next = 2.into();
                self.k_kind.next = !self.step.val().get_bit(1);
                self.k_slot.next = self.step.val().get_bit(0);
                self.state.d.next = RecorderPhase::Erasing;
            }
            RecorderPhase::Erasing => {
                self.k_operation.next = 2.into();
                self.k_kind.next = !self.step.val().get_bit(1);
                self.k_slot.next = self.step.val().get_bit(0);
                if self.done.val() {
                    self.s.d.next.step = self.step.val() + 1;
                    self.state.d.next = RecorderPhase::Erase;
                    if (self.few.val() == 3) | !self.ok.val() {
                        self.s.d.next.step = 0.into();
                        self.s.d.next.good = self.ok.val();
                        if self.inbound.val() {
                            self.kept[1].d.next = self.kept[1].q.val() & self.others.val();
                        } else {
                            self.kept[0].d.next = self.kept[0].q.val() & self.others.val();
                        }
                        self.state.d.next = RecorderPhase::Answer;
                    }
                }
            }
            RecorderPhase::Refuse => {
                self.t.d.next.refused_event = true;
                self.t.d.next.refused_place = self.place.val();
                self.s.d.next.ends = true;
                if !self.t.q.val().refused_event {
                    self.state.d.next = RecorderPhase::Wipe;
                }
            }
            // Where something is staged, an operation that is none clears it. `good`: a write failed, and the task ends in a bad way.
            RecorderPhase::Clear => {
                self.c_start.next = self.s.q.val().staged;
                self.c_operation.next = self.no_operation.val();
                self.s.d.next.step = 0.into();
                if self.c_done.val() | !self.s.q.val().staged {
                    self.s.d.next.staged = false;
                    self.s.d.next.good = false;
                    self.state.d.next = RecorderPhase::Answer;
                    if self.activity.q.val() == RecorderTask::Restore {
                        if self.s.q.val().good {
                            self.state.d.next = RecorderPhase::Refuse;
                        } else {
                            // Where its records would be is booked, because nobody knows what a memory holds.
                            self.s.d.next.step = 4.into();
                            self.state.d.next = RecorderPhase::Book;
                        }
                    }
                }
            }
            RecorderPhase::Format => {
                self.k_operation.next = 4.into();
                self.k_start.next = !self.step.val().get_bit(0);
                self.s.d.next.step = 1.into();
                if self.done.val() {
                    self.s.d.next.step = 0.into();
                    self.t.d.next.command = 0.into();
                    self.t.d.next.formatted = self.ok.val();
                    self.t.d.next.unformatted = !self.ok.val();
                    self.state.d.next = RecorderPhase::Idle;
                }
            }
            _ => {}
        }
        // The words of a dynamic record, one per step, and the start of its writing.
        if (self.state.q.val() == RecorderPhase::First) | (self.state.q.val() == RecorderPhase::Second) {
            self.w.d.next.buffer = self.few.val() != 5;
            self.w.d.next.address = self.step.val() + 3;
            if self.few.val().get_bits::<2>(1) == 0 {
                self.w.d.next.address = self.step.val() + 2;
            }
            self.k_start.next = self.few.val() == 5;
        }
        if self.recording.val() {
            self.k_operation.next = 1.into();
            self.k_slot.next = self.s.q.val().dynamic_newest == self.second.val();
        }

        // What a sub-block answers at once is driven in one place: defaults that are overwritten above would have simulators of the Verilog ask again and again.
        self.numbers.act.next = self.act.val();
        self.numbers.pass.next = self.pass.val();
        self.k_buffer_write.next = self.w.q.val().buffer;
        self.k_buffer_address.next = self.fetch.val();
        if self.w.q.val().buffer {
            self.k_buffer_address.next = self.w.q.val().address;
        }
        self.k_buffer_data.next = self.numbers.out.val();
        self.c_write.next = self.w.q.val().staging;
        self.c_word.next = self.w.q.val().word;
        self.c_data.next = self.numbers.out.val();
        self.numbers.word.next = self.word.val();
        self.ledger.keep.next = self.keep.val();
        self.ledger.taken[0].next = self.raise_taken.val();
        self.ledger.taken[1].next = self.edge_taken.val();
        self.numbers.shown.next = self.shown.val();
        self.numbers.limit.next = self.w.q.val().limit;
        self.numbers.rest.next = self.told.val();
        self.recall.epoch.next = self.since.val();

        if self.command.val() & (self.t.q.val().command == 0) {
            self.t.d.next.command = self.command_operation.val();
            self.t.d.next.restoring = true;
        }

        // Events and status.
        if self.fault.val() & !self.t.q.val().told {
            self.t.d.next.told = true;
            self.t.d.next.fault_event = true;
        }
        self.e_valid.next = self.t.q.val().refused_event | self.t.q.val().fault_event;
        self.e_head.next = self.head_fault.val();
        self.e_detail.next = 0.into();
        if self.t.q.val().refused_event {
            self.e_head.next = self.head_refused.val() | (bit_cast::<32, 5>(self.refused_place.val().get_bits::<5>(0)) << 8);
            if self.refused_place.val().get_bit(5) {
                self.e_head.next =
                    self.head_refused.val() | (bit_cast::<32, 5>(self.refused_place.val().get_bits::<5>(0)) << 8) | self.head_inbound.val();
            }
            self.e_detail.next = bit_cast::<32, 6>(self.refused_place.val());
        }
        if self.e_ready.val() & (self.t.q.val().refused_event | self.t.q.val().fault_event) {
            if self.t.q.val().refused_event {
                self.t.d.next.refused_event = false;
            } else {
                self.t.d.next.fault_event = false;
            }
        }
        self.state_bits.next = 0.into();
        if self.t.q.val().restoring {
            self.state_bits.next = 1.into();
        }
        if self.fault.val() {
            self.state_bits.next = self.state_bits.val() | 2;
        }
        if self.t.q.val().suspended {
            self.state_bits.next = self.state_bits.val() | 4;
        }
        if self.t.q.val().unformatted {
            self.state_bits.next = self.state_bits.val() | 8;
        }
        if !self.key_valid.val() {
            self.state_bits.next = self.state_bits.val() | 16;
        }
        self.status.next = self.state_bits.val();
    }
}
