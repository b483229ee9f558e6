use crate::cell::Reg;
use rust_hdl::prelude::*;

/// What the keeper is doing, in the order in which a record meets it. Each phase but the first goes over some words of the buffer, one at a time; [`Span`](super::Span) says which.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum KeeperPhase {
    /// The buffer is the caller's.
    Idle,
    /// Words become zero.
    Wipe,
    /// Every word of the NVRAM becomes zero.
    Sweep,
    /// Words come from the NVRAM.
    Fetch,
    /// The generation goes into the record, and into the nonce.
    Name,
    Identity,
    /// The next record's generation.
    Count,
    /// The cipher's users finish.
    Lock,
    Key,
    Job,
    Aad,
    Text,
    Finish,
    Tag,
    /// The cipher forgets.
    Release,
    /// The newer epoch, and one, goes into the other slot's words.
    Raise,
    Magic,
    Epoch,
    Zero,
    /// Words go through the CRC.
    Sum,
    /// The CRC itself.
    Close,
    /// What was found is looked at.
    Judge,
    /// Words go to the NVRAM.
    Store,
    /// The NVRAM finishes.
    Rest,
    /// The epoch is in force.
    Adopt,
    /// The next record's generation is shown.
    Reload,
    Done,
}

#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct KeeperRun {
    pub phase: KeeperPhase,
    /// The record in hand is that of an epoch.
    pub epochal: Bit,
    /// Words are put into the record rather than compared.
    pub building: Bit,
    /// The epoch slot in hand.
    pub turn: Bit,
}

#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct KeeperFlags {
    pub epochal: Bit,
    pub building: Bit,
    pub turn: Bit,
    /// Epoch slot 0 is valid.
    pub found: Bit,
    /// One epoch slot only is valid: the other may have held a newer one, so both get a new one.
    pub single: Bit,
    /// An epoch is in force.
    pub opened: Bit,
}

/// The order of phases for each operation of [`Keeper`](super::Keeper): which follows when the last word of one is done (`leave`).
///
/// Read: `Wipe Fetch Name Identity Sum Close Judge`, `Lock` to `Release`, and `Wipe` again if something was wrong. Write: `Name Identity Count`, `Lock` to `Release`, `Sum Close Store Rest`.
/// Erase: `Store Rest`. Open: `Fetch Magic Epoch Zero Sum Close Judge` for each epoch slot, then `Raise Magic Epoch Zero Sum Close Store Rest`, once more from `Raise` where one slot only was
/// valid, `Adopt`; format: `Sweep`, then from `Raise`.
/// All end with `Reload Done`. When a write has used up the generations of an epoch, it goes on with open.
///
/// `moved`: another phase begins in the next clock. `fresh`: what follows is judged anew; `refuse`: the operation cannot be.
#[derive(LogicBlock)]
pub struct Steps {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub start: Signal<In, Bit>,
    pub operation: Signal<In, Bits<3>>,
    pub has_text: Signal<In, Bit>,
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
    reads: Signal<Local, Bit>,
    writes: Signal<Local, Bit>,
    admitted: Signal<Local, Bit>,
    gives_up: Signal<Local, Bit>,
    slot_1: Signal<Local, Bit>,
}

impl Default for Steps {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            start: Default::default(),
            operation: Default::default(),
            has_text: Default::default(),
            key_valid: Default::default(),
            leave: Default::default(),
            good: Default::default(),
            spent: Default::default(),
            later: Default::default(),
            fault: Default::default(),
            run: Default::default(),
            done: Default::default(),
            moved: Default::default(),
            fresh: Default::default(),
            refuse: Default::default(),
            phase: Reg::new(KeeperPhase::Idle),
            r: Default::default(),
            reads: Default::default(),
            writes: Default::default(),
            admitted: Default::default(),
            gives_up: Default::default(),
            slot_1: Default::default(),
        }
    }
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
        self.reads.next = self.operation.val() == 0;
        self.writes.next = self.operation.val() == 1;
        self.admitted.next = !self.fault.val()
            & (self.key_valid.val() | (!self.reads.val() & !self.writes.val()))
            & (self.r.q.val().opened | !self.writes.val());
        self.gives_up.next = self.fault.val()
            & ((self.phase.q.val() == KeeperPhase::Fetch)
                | (self.phase.q.val() == KeeperPhase::Store)
                | (self.phase.q.val() == KeeperPhase::Sweep)
                | (self.phase.q.val() == KeeperPhase::Rest));
        self.moved.next = self.leave.val() | self.gives_up.val();
        self.done.next = false;
        self.fresh.next = false;
        self.refuse.next = self.gives_up.val();
        self.slot_1.next = self.good.val() & (!self.r.q.val().found | self.later.val());

        if self.phase.q.val() == KeeperPhase::Idle {
            self.r.d.next.epochal = false;
            self.r.d.next.turn = false;
            self.r.d.next.single = false;
            self.r.d.next.building = self.writes.val();
            if self.start.val() {
                self.fresh.next = self.admitted.val();
                self.refuse.next = !self.admitted.val();
                self.phase.d.next = KeeperPhase::Wipe;
                if self.operation.val() == 1 {
                    self.phase.d.next = KeeperPhase::Name;
                }
                if self.operation.val() == 2 {
                    self.phase.d.next = KeeperPhase::Store;
                }
                if (self.operation.val() == 3) | (self.operation.val() == 4) {
                    self.r.d.next.epochal = true;
                    self.r.d.next.opened = false;
                    self.phase.d.next = KeeperPhase::Fetch;
                    if self.operation.val() == 4 {
                        self.r.d.next.building = true;
                        self.phase.d.next = KeeperPhase::Sweep;
                    }
                }
                if !self.admitted.val() {
                    self.phase.d.next = KeeperPhase::Reload;
                }
            }
        }
        if self.leave.val() {
            match self.phase.q.val() {
                KeeperPhase::Wipe => {
                    self.phase.d.next = KeeperPhase::Reload;
                    if self.reads.val() & self.good.val() {
                        self.phase.d.next = KeeperPhase::Fetch;
                    }
                }
                KeeperPhase::Sweep => {
                    self.phase.d.next = KeeperPhase::Raise;
                }
                KeeperPhase::Fetch => {
                    self.phase.d.next = KeeperPhase::Name;
                    if self.r.q.val().epochal {
                        self.phase.d.next = KeeperPhase::Magic;
                    }
                }
                KeeperPhase::Name => {
                    self.phase.d.next = KeeperPhase::Identity;
                }
                KeeperPhase::Identity => {
                    self.phase.d.next = KeeperPhase::Sum;
                    if self.r.q.val().building {
                        self.phase.d.next = KeeperPhase::Count;
                    }
                }
                KeeperPhase::Count => {
                    self.phase.d.next = KeeperPhase::Lock;
                }
                KeeperPhase::Lock => {
                    self.phase.d.next = KeeperPhase::Key;
                }
                KeeperPhase::Key => {
                    self.phase.d.next = KeeperPhase::Job;
                }
                KeeperPhase::Job => {
                    self.phase.d.next = KeeperPhase::Aad;
                }
                KeeperPhase::Aad => {
                    self.phase.d.next = KeeperPhase::Finish;
                    if self.has_text.val() {
                        self.phase.d.next = KeeperPhase::Text;
                    }
                }
                KeeperPhase::Text => {
                    self.phase.d.next = KeeperPhase::Finish;
                }
                KeeperPhase::Finish => {
                    self.phase.d.next = KeeperPhase::Tag;
                }
                KeeperPhase::Tag => {
                    self.phase.d.next = KeeperPhase::Release;
                }
                KeeperPhase::Release => {
                    self.phase.d.next = KeeperPhase::Wipe;
                    if self.r.q.val().building {
                        self.phase.d.next = KeeperPhase::Sum;
                    } else if self.good.val() {
                        self.phase.d.next = KeeperPhase::Reload;
                    }
                }
                KeeperPhase::Raise => {
                    self.phase.d.next = KeeperPhase::Magic;
                }
                KeeperPhase::Magic => {
                    self.phase.d.next = KeeperPhase::Epoch;
                }
                KeeperPhase::Epoch => {
                    self.phase.d.next = KeeperPhase::Zero;
                }
                KeeperPhase::Zero => {
                    self.phase.d.next = KeeperPhase::Sum;
                }
                KeeperPhase::Sum => {
                    self.phase.d.next = KeeperPhase::Close;
                }
                KeeperPhase::Close => {
                    self.phase.d.next = KeeperPhase::Judge;
                    if self.r.q.val().building {
                        self.phase.d.next = KeeperPhase::Store;
                        // Epochs are used up: the slot stays as it is.
                        if !self.good.val() {
                            self.phase.d.next = KeeperPhase::Reload;
                        }
                    }
                }
                KeeperPhase::Judge => {
                    self.phase.d.next = KeeperPhase::Wipe;
                    if self.good.val() {
                        self.phase.d.next = KeeperPhase::Lock;
                    }
                    if self.r.q.val().epochal {
                        self.fresh.next = true;
                        self.r.d.next.turn = !self.slot_1.val();
                        self.r.d.next.single = self.good.val() != self.r.q.val().found;
                        self.r.d.next.building = true;
                        self.phase.d.next = KeeperPhase::Raise;
                        if !self.good.val() & !self.r.q.val().found {
                            self.fresh.next = false;
                            self.phase.d.next = KeeperPhase::Reload;
                        }
                        if !self.r.q.val().turn {
                            self.fresh.next = true;
                            self.r.d.next.found = self.good.val();
                            self.r.d.next.turn = true;
                            self.r.d.next.building = false;
                            self.phase.d.next = KeeperPhase::Fetch;
                        }
                    }
                }
                KeeperPhase::Store => {
                    self.phase.d.next = KeeperPhase::Rest;
                }
                KeeperPhase::Rest => {
                    self.phase.d.next = KeeperPhase::Reload;
                    if self.r.q.val().epochal {
                        self.phase.d.next = KeeperPhase::Adopt;
                        if self.r.q.val().single {
                            self.r.d.next.single = false;
                            self.r.d.next.turn = !self.r.q.val().turn;
                            self.phase.d.next = KeeperPhase::Raise;
                        }
                    }
                }
                KeeperPhase::Adopt => {
                    self.r.d.next.opened = true;
                    self.phase.d.next = KeeperPhase::Reload;
                }
                KeeperPhase::Reload => {
                    self.phase.d.next = KeeperPhase::Done;
                }
                KeeperPhase::Done => {
                    self.done.next = true;
                    self.phase.d.next = KeeperPhase::Idle;
                    if self.spent.val() & self.r.q.val().opened {
                        self.done.next = false;
                        self.fresh.next = true;
                        self.r.d.next.opened = false;
                        self.r.d.next.epochal = true;
                        self.r.d.next.building = false;
                        self.r.d.next.turn = false;
                        self.phase.d.next = KeeperPhase::Fetch;
                    }
                }
                _ => {}
            }
        }
        if self.gives_up.val() {
            self.phase.d.next = KeeperPhase::Reload;
        }
    }
}
