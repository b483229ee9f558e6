use crate::cell::Reg;
use crate::prelude::*;

/// What the keeper is doing. Each phase but the first goes over some words of the buffer, one at a time; [`Span`](super::Span) says which. Sixteen, so that a phase is known
/// from four bits.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum KeeperPhase {
    /// The buffer is the caller's.
    Idle,
    /// Words come from the NVRAM.
    Fetch,
    /// The newer epoch, and one, goes into the other slot's words.
    Raise,
    /// What the record begins with: generation and identity, or magic, epoch and zero.
    Head,
    /// The users of the cipher finish.
    Lock,
    /// The key, and the job.
    Key,
    /// Additional data, text, and the end of it.
    Feed,
    Tag,
    /// The cipher forgets.
    Release,
    /// Words go through the CRC; then the CRC itself.
    Sum,
    /// What was found is looked at.
    Judge,
    /// Words go to the NVRAM.
    Store,
    /// The NVRAM finishes; the generation of the next record.
    Adopt,
    /// Words become zero.
    Wipe,
    /// The generation of the next record is shown.
    Reload,
    Done,
}

/// The phase, and what it is about.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct KeeperRun {
    pub phase: KeeperPhase,
    /// The record in hand is that of an epoch.
    pub epochal: Bit,
    /// Words are put into the record rather than compared.
    pub building: Bit,
    /// The epoch slot in hand.
    pub turn: Bit,
    /// One epoch slot only is valid, and what is built goes into the other. That one may have held a newer epoch, so both get a new one.
    pub single: Bit,
    /// All of the NVRAM is in hand.
    pub sweeping: Bit,
}

#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct KeeperFlags {
    pub epochal: Bit,
    pub building: Bit,
    pub turn: Bit,
    pub single: Bit,
    pub sweeping: Bit,
    /// Epoch slot 0 is valid.
    pub found: Bit,
    /// An epoch is in force.
    pub opened: Bit,
}

/// The order of phases for each operation of [`Keeper`](super::Keeper): which follows when the last word of one is done (`leave`).
///
/// Read: `Fetch Head Sum Judge`, `Lock` to `Release`, `Wipe`. Write: `Head`, `Lock` to `Release`, `Sum Store Adopt`. Erase: `Store Adopt`. Open: `Fetch Head Sum Judge` for each epoch slot, then
/// `Raise Head Sum Store Adopt`, twice where one slot only was valid; format: `Store`, then from `Raise`. All end with `Reload Done`. When a write has used up the generations of an epoch, it goes on with open. What is found
/// wrong goes from `Judge` to `Wipe`.
///
/// `moved`: another phase begins in the next clock. `fresh`: what follows is judged anew; `refuse`: the operation cannot be.
#[derive(LogicBlock, Ports, Default)]
pub struct Steps {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub start: Signal<In, Bit>,
    pub operation: Signal<In, Bits<3>>,
    pub key_valid: Signal<In, Bit>,
    pub leave: Signal<In, Bit>,
    /// Nothing was wrong since `fresh`.
    pub good: Signal<In, Bit>,
    /// The generations of the epoch are used up.
    pub spent: Signal<In, Bit>,
    /// Epoch slot 1 is newer than slot 0.
    pub later: Signal<In, Bit>,
    pub fault: Signal<In, Bit>,
    pub run: Signal<Out, KeeperRun>,
    pub done: Signal<Out, Bit>,
    pub moved: Signal<Out, Bit>,
    pub fresh: Signal<Out, Bit>,
    pub refuse: Signal<Out, Bit>,
    phase: Reg<KeeperPhase>,
    r: Reg<KeeperFlags>,
    writes: Signal<Local, Bit>,
    records: Signal<Local, Bit>,
    admitted: Signal<Local, Bit>,
    slot_1: Signal<Local, Bit>,
    raises: Signal<Local, Bit>,
}

impl Logic for Steps {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, phase, r);
        self.phase.reset.next = self.reset.val();
        self.r.reset.next = self.reset.val();
        self.run.next.phase = self.phase.q.val();
        self.run.next.epochal = self.r.q.val().epochal;
        self.run.next.building = self.r.q.val().building;
        self.run.next.turn = self.r.q.val().turn;
        self.run.next.single = self.r.q.val().single;
        self.run.next.sweeping = self.r.q.val().sweeping;

        self.writes.next = self.operation.val() == 1;
        self.records.next = self.writes.val() | (self.operation.val() == 0);
        self.admitted.next =
            !self.fault.val() & (self.key_valid.val() | !self.records.val()) & (self.r.q.val().opened | !self.writes.val());
        self.slot_1.next = self.good.val() & (!self.r.q.val().found | self.later.val());
        self.raises.next = self.spent.val() & self.r.q.val().opened;
        self.moved.next = self.leave.val();
        self.done.next = false;
        self.fresh.next = false;
        self.refuse.next = self.fault.val();

        // Flags are set where that does no harm, not only where it matters: fewer conditions.
        if self.r.q.val().sweeping | ((self.phase.q.val() == KeeperPhase::Fetch) & self.r.q.val().epochal) {
            self.r.d.next.opened = false;
        }
        if self.phase.q.val() == KeeperPhase::Idle {
            self.fresh.next = true;
            self.r.d.next.epochal = self.operation.val() == 3;
            self.r.d.next.building = self.writes.val();
            self.r.d.next.turn = false;
            self.r.d.next.single = false;
            // Only with the start: the operation may stay a little longer than it takes, and a sweep has no epoch in force.
            self.r.d.next.sweeping = self.start.val() & (self.operation.val() == 4);
            if self.start.val() {
                self.phase.d.next = KeeperPhase::Wipe;
                if (self.operation.val() == 0) | (self.operation.val() == 3) {
                    self.phase.d.next = KeeperPhase::Fetch;
                }
                if self.operation.val() == 1 {
                    self.phase.d.next = KeeperPhase::Head;
                }
                if (self.operation.val() == 2) | (self.operation.val() == 4) {
                    self.phase.d.next = KeeperPhase::Store;
                }
                if !self.admitted.val() {
                    self.refuse.next = true;
                    self.phase.d.next = KeeperPhase::Reload;
                }
            }
        }
        if self.leave.val() {
            match self.phase.q.val() {
                KeeperPhase::Fetch => {
                    self.phase.d.next = KeeperPhase::Head;
                }
                KeeperPhase::Raise => {
                    self.phase.d.next = KeeperPhase::Head;
                }
                KeeperPhase::Head => {
                    self.phase.d.next = KeeperPhase::Sum;
                    if self.r.q.val().building & !self.r.q.val().epochal {
                        self.phase.d.next = KeeperPhase::Lock;
                    }
                }
                KeeperPhase::Lock => {
                    self.phase.d.next = KeeperPhase::Key;
                }
                KeeperPhase::Key => {
                    self.phase.d.next = KeeperPhase::Feed;
                }
                KeeperPhase::Feed => {
                    self.phase.d.next = KeeperPhase::Tag;
                }
                KeeperPhase::Tag => {
                    self.phase.d.next = KeeperPhase::Release;
                }
                KeeperPhase::Release => {
                    self.phase.d.next = KeeperPhase::Wipe;
                    if self.r.q.val().building {
                        self.phase.d.next = KeeperPhase::Sum;
                    }
                }
                KeeperPhase::Sum => {
                    // What was built is stored, unless epochs are used up or none was found.
                    self.phase.d.next = KeeperPhase::Judge;
                    if self.r.q.val().building & self.good.val() {
                        self.phase.d.next = KeeperPhase::Store;
                    }
                }
                KeeperPhase::Judge => {
                    self.r.d.next.found = self.good.val();
                    self.r.d.next.single = self.good.val() != self.r.q.val().found;
                    self.r.d.next.turn = !self.r.q.val().turn | !self.slot_1.val();
                    self.r.d.next.building = self.r.q.val().turn;
                    self.phase.d.next = KeeperPhase::Wipe;
                    if self.good.val() {
                        self.phase.d.next = KeeperPhase::Lock;
                    }
                    if self.r.q.val().epochal & !self.r.q.val().building {
                        self.fresh.next = !self.r.q.val().turn | self.good.val() | self.r.q.val().found;
                        self.phase.d.next = KeeperPhase::Fetch;
                        if self.r.q.val().turn {
                            self.phase.d.next = KeeperPhase::Raise;
                        }
                    }
                }
                KeeperPhase::Store => {
                    self.phase.d.next = KeeperPhase::Adopt;
                    self.r.d.next.sweeping = false;
                    if self.r.q.val().sweeping {
                        self.r.d.next.epochal = true;
                        self.r.d.next.building = true;
                        self.phase.d.next = KeeperPhase::Raise;
                    }
                }
                KeeperPhase::Adopt => {
                    if self.r.q.val().epochal & self.good.val() & !self.r.q.val().single {
                        self.r.d.next.opened = true;
                    }
                    self.r.d.next.turn = !self.r.q.val().turn;
                    self.r.d.next.single = false;
                    self.phase.d.next = KeeperPhase::Reload;
                    if self.r.q.val().single {
                        self.phase.d.next = KeeperPhase::Raise;
                    }
                }
                KeeperPhase::Wipe => {
                    self.phase.d.next = KeeperPhase::Reload;
                }
                KeeperPhase::Reload => {
                    self.phase.d.next = KeeperPhase::Done;
                }
                KeeperPhase::Done => {
                    self.fresh.next = true;
                    self.r.d.next.epochal = true;
                    self.r.d.next.building = false;
                    self.r.d.next.turn = false;
                    self.done.next = !self.raises.val();
                    self.phase.d.next = KeeperPhase::Idle;
                    if self.raises.val() {
                        self.phase.d.next = KeeperPhase::Fetch;
                    }
                }
                _ => {}
            }
        }
    }
}
