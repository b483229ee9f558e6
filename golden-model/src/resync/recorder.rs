//! The recorder: keeps in the NVRAM, for every recorded SA, what it needs to come back without using a number twice.
//!
//! A machine whose every step writes at most one word ([`Recorder::step`]), so that the power can fail between any two of them. It never looks
//! at its own memory of a record where the NVRAM can be asked, except for which slot of a refreshed record is the newer.
//!
//! What it promises: [`Outcome::Limit`] and the limits of [`Outcome::Installed`] and [`Outcome::Restored`] are in the NVRAM when they come out. The
//! limit in the SAD is always the value of the newest record.

use crate::resync::counter::Silent;
use crate::resync::nvram::{Fault, Nvram};
use crate::resync::plan::{Plan, Writes};
use crate::resync::record::{epoch_of, epochs, Contents, DeviceKey, Generation, Place, Slot, Vault};
use crate::Direction;
use holdfast_registers::record;
use std::collections::{BTreeMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// What the recorder knows of a recorded place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Kept {
    pub(crate) born: Generation,
    /// Slot of the newest dynamic record.
    pub(crate) newest: Slot,
    /// Its value: the limit, or the edge.
    pub(crate) value: u64,
    /// Packets between records.
    pub(crate) interval: u64,
    /// No limit is above this: 2^32 without ESN.
    pub(crate) top: u64,
    /// Outbound: the next number. Inbound: the highest number accepted + 1.
    pub(crate) progress: u64,
    /// With a counter: the epoch of the newest dynamic record, where that was written since power-up. Zero without.
    pub(crate) epoch: u32,
}

impl Kept {
    /// The value the next record will have, where it is time for one.
    pub(crate) fn due(&self, direction: Direction) -> Option<u64> {
        match direction {
            Direction::Outbound => {
                let due = self.progress >= self.value.saturating_sub(self.interval / 2) && self.value < self.top;
                due.then(|| self.raised(self.value))
            }
            Direction::Inbound => (self.progress > self.value.saturating_add(self.interval).saturating_add(1)).then_some(self.progress),
        }
    }
    /// One interval above `value`.
    pub(crate) fn raised(&self, value: u64) -> u64 {
        self.further(value, 1)
    }
    /// This many intervals above `value`.
    pub(crate) fn further(&self, value: u64, intervals: u32) -> u64 {
        value.saturating_add(self.interval.saturating_mul(u64::from(intervals))).min(self.top)
    }
}

/// What there is to do, in order.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Task {
    Open,
    /// With a counter: the epoch is raised.
    Raise,
    Restore(Place),
    Restored,
    Install {
        place: Place,
        contents: Contents,
        value: u64,
    },
    Delete(Place),
    Exact {
        place: Place,
        orderly: bool,
    },
    Suspended,
    Again(Place),
    Resumed,
    Format,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// After power-up: this SA may be used.
    Restored {
        /// Which.
        place: Place,
        /// The words it and its pair were recorded with.
        contents: Contents,
        /// Outbound: the next number. Inbound: the highest number accepted + 1.
        value: u64,
        /// Outbound: numbers below this may be used. Inbound: zero.
        limit: u64,
        /// Inbound: its state was lost.
        lost: bool,
    },
    /// After power-up: something is recorded here, but nothing that is to be believed.
    Refused(Place),
    /// Power-up is over.
    PoweredUp,
    /// The SA is recorded and may be used.
    Installed {
        /// Which.
        place: Place,
        /// Outbound: numbers below this may be used.
        limit: u64,
    },
    /// Numbers of an outbound SA below this may be used.
    Limit {
        /// SA index.
        index: u8,
        /// The limit.
        limit: u64,
    },
    /// An edge was recorded.
    Edge(Place),
    /// The records are gone.
    Deleted(Place),
    /// Exact values are recorded.
    Suspended,
    /// Both directions may go on.
    Resumed,
    /// The NVRAM is ready for records.
    Formatted,
    /// The NVRAM failed; whatever was under way did not take effect.
    Fault,
}

/// What a step did.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// There is nothing to do.
    Idle,
    /// A word was written; there is more to write.
    Wrote,
    /// The counter is to be raised: nothing goes on until [`Recorder::raised`].
    Raise,
    /// The last word was written, or none was needed.
    Done(Outcome),
}

/// Words on their way, and what is true when the last one is durable.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Job {
    pub(crate) writes: Writes,
    pub(crate) kept: Option<(Place, Kept)>,
    pub(crate) outcome: Option<Outcome>,
}

/// An epoch that is to come from the counter.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Raise {
    /// Where it is written.
    slot: Slot,
    /// And the one after it.
    second: Option<Slot>,
    /// It must be above this.
    newest: u32,
    /// Everything else is cleared.
    format: bool,
    /// What the counter said.
    answer: Option<Result<u32, Silent>>,
}

/// The expanded device key: the same for the life of a recorder, so not part of its state.
#[derive(Clone)]
struct Keyed(Arc<Vault>);

impl PartialEq for Keyed {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Keyed {}
impl Hash for Keyed {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// The recorder of a device.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Recorder {
    vault: Option<Keyed>,
    fault: bool,
    suspended: bool,
    unformatted: bool,
    /// Epoch slot in force, and the generation that the next record will carry. Zero: no epoch is in force.
    epoch_slot: Slot,
    next: Generation,
    places: BTreeMap<Place, Kept>,
    /// Places whose value may be due.
    wanted: u64,
    tasks: VecDeque<Task>,
    job: Option<Job>,
    /// There is a counter.
    counter: bool,
    raise: Option<Raise>,
    /// The epoch was raised for a limit: the next limit record is followed by that of another place, and by which.
    raised_for_limit: bool,
    follows: Option<Place>,
}

impl Recorder {
    /// A recorder at power-up. Without a device key it restores and records nothing; with one, the steps that follow restore.
    pub fn power_up(key: Option<&DeviceKey>) -> Self {
        let mut tasks = VecDeque::new();
        if key.is_some() {
            tasks.push_back(Task::Open);
            tasks.extend(Place::all().map(Task::Restore));
        }
        tasks.push_back(Task::Restored);
        Recorder {
            vault: key.map(|key| Keyed(Arc::new(Vault::new(key)))),
            fault: false,
            suspended: false,
            unformatted: false,
            epoch_slot: Slot::First,
            next: 0,
            places: BTreeMap::new(),
            wanted: 0,
            tasks,
            job: None,
            counter: false,
            raise: None,
            raised_for_limit: false,
            follows: None,
        }
    }

    /// The epoch is the value of a counter: to be said at power-up, before the first step.
    pub fn with_counter(mut self) -> Self {
        self.counter = true;
        self
    }

    /// The counter is to be raised.
    pub fn raises(&self) -> bool {
        self.job.is_none() && self.raise.as_ref().is_some_and(|raise| raise.answer.is_none())
    }

    /// What the counter said when it was raised; ignored where it was not to be. [`Recorder::step`] goes on from there.
    pub fn raised(&mut self, answer: Result<u32, Silent>) {
        if let Some(raise) = self.raise.as_mut().filter(|raise| raise.answer.is_none()) {
            raise.answer = Some(answer);
        }
    }

    /// There is a device key.
    pub fn has_key(&self) -> bool {
        self.vault.is_some()
    }
    /// The NVRAM failed since power-up.
    pub fn fault(&self) -> bool {
        self.fault
    }
    /// Between [`Recorder::suspend`] having finished and [`Recorder::resume`] having finished.
    pub fn suspended(&self) -> bool {
        self.suspended
    }
    /// No epoch slot was valid.
    pub fn unformatted(&self) -> bool {
        self.unformatted
    }
    /// Something is under way or waits.
    pub fn busy(&self) -> bool {
        let waits = self.wanted != 0 || self.follows.is_some();
        self.job.is_some() || self.raise.is_some() || !self.tasks.is_empty() || (!self.fault && waits)
    }
    /// SAs can be recorded.
    pub fn usable(&self) -> bool {
        self.vault.is_some() && !self.fault && self.next != 0
    }
    /// Whether a place is recorded.
    pub fn is_recorded(&self, place: Place) -> bool {
        self.kept(place).is_some()
    }

    /// Records an SA: [`Outcome::Installed`], or [`Outcome::Fault`] and the SA must not take effect. `value` is its next number, or its highest + 1.
    pub fn install(&mut self, place: Place, contents: Contents, value: u64) {
        self.tasks.push_back(Task::Install { place, contents, value });
    }

    /// Erases the records of an SA that has left the tables.
    pub fn delete(&mut self, place: Place) {
        self.tasks.push_back(Task::Delete(place));
    }

    /// Numbers below `next` of an outbound SA are taken.
    pub fn used(&mut self, index: u8, next: u64) {
        self.progress(Place::new(Direction::Outbound, index), next);
    }

    /// `edge` is the highest number an inbound SA accepted, + 1.
    pub fn seen(&mut self, index: u8, edge: u64) {
        self.progress(Place::new(Direction::Inbound, index), edge);
    }

    /// Records exact values; both directions are still. The edge of an inbound SA in quarantine (bit *i*: SA *i*) is not to be relied on, so its
    /// record is not orderly.
    pub fn suspend(&mut self, quarantine: u32) {
        for place in self.recorded().collect::<Vec<_>>() {
            let lost = place.direction() == Direction::Inbound && quarantine >> place.index() & 1 != 0;
            self.tasks.push_back(Task::Exact { place, orderly: !lost });
        }
        self.tasks.push_back(Task::Suspended);
    }

    /// Replaces the exact records, so that nobody ever takes them for true again.
    pub fn resume(&mut self) {
        if self.counter {
            // An exact record is of use only until the counter's next step.
            self.tasks.push_back(Task::Raise);
        }
        self.tasks.extend(self.places.keys().copied().map(Task::Again));
        self.tasks.push_back(Task::Resumed);
    }

    /// Clears the NVRAM.
    pub fn format(&mut self) {
        self.tasks.push_back(Task::Format);
    }

    /// Does the next thing, of which writing one word is the largest.
    pub fn step(&mut self, nvram: &mut impl Nvram) -> Step {
        loop {
            if let Some(job) = &mut self.job {
                let write = job.writes.pop_front();
                let more = !job.writes.is_empty();
                if write.is_some_and(|(address, word)| nvram.write(address, word).is_err()) {
                    return Step::Done(self.failed());
                }
                if more {
                    return Step::Wrote;
                }
                match (self.finish(), write) {
                    (Some(outcome), _) => return Step::Done(outcome),
                    (None, Some(_)) => return Step::Wrote,
                    (None, None) => continue,
                }
            }
            match self.raise.take_if(|raise| raise.answer.is_some()) {
                Some(raise) => match self.counted(raise) {
                    Some(job) => self.job = Some(job),
                    None => return Step::Done(self.failed()),
                },
                None if self.raise.is_some() => return Step::Raise,
                None => {}
            }
            if self.job.is_some() {
                continue;
            }
            match self.next_job(nvram) {
                Ok(None) => return Step::Idle,
                Ok(job) => self.job = job,
                Err(Fault) => return Step::Done(self.failed()),
            }
        }
    }

    pub(crate) fn kept(&self, place: Place) -> Option<&Kept> {
        self.places.get(&place)
    }

    fn recorded(&self) -> impl Iterator<Item = Place> + '_ {
        self.places.keys().copied()
    }

    fn progress(&mut self, place: Place, progress: u64) {
        if let Some(kept) = self.places.get_mut(&place) {
            kept.progress = progress;
            if kept.due(place.direction()).is_some() {
                self.wanted |= 1 << place.number();
            }
        }
    }

    fn finish(&mut self) -> Option<Outcome> {
        let job = self.job.take()?;
        if let Some((place, kept)) = job.kept {
            // Numbers may have been taken while the words were on their way.
            let progress = self.kept(place).filter(|before| before.born == kept.born).map_or(kept.progress, |before| before.progress);
            self.places.insert(place, Kept { progress, ..kept });
        }
        match &job.outcome {
            Some(Outcome::Suspended) => self.suspended = true,
            Some(Outcome::Resumed) => self.suspended = false,
            _ => {}
        }
        job.outcome
    }

    /// The NVRAM failed: nothing more is tried. Power-up still ends, and so does a suspension, whose records are whole or not there; what is suspended
    /// stays so, because records that say "exact" cannot be replaced.
    fn failed(&mut self) -> Outcome {
        (self.fault, self.job, self.wanted) = (true, None, 0);
        (self.raise, self.follows) = (None, None);
        self.tasks.retain(|task| matches!(task, Task::Restored | Task::Suspended));
        Outcome::Fault
    }

    fn next_job(&mut self, nvram: &mut impl Nvram) -> Result<Option<Job>, Fault> {
        if self.fault {
            // Where nothing is recorded, nothing need be replaced to go on.
            let exact = self.tasks.iter().any(|task| matches!(task, Task::Again(_)));
            self.tasks.retain(|task| matches!(task, Task::Restored | Task::Suspended) || (!exact && matches!(task, Task::Resumed)));
        }
        // What is back already does not wait for what is not.
        if matches!(self.tasks.front(), None | Some(Task::Restore(_) | Task::Restored)) {
            let job = self.refresh()?;
            if job.is_some() || self.tasks.is_empty() {
                return Ok(job);
            }
        }
        if let Some(job) = self.raise_epoch(4) {
            return Ok(Some(job));
        }
        let Some(task) = self.tasks.pop_front() else { return Ok(None) };
        let nothing = |outcome| Ok(Some(Job { writes: Writes::new(), kept: None, outcome: Some(outcome) }));
        match task {
            Task::Open => self.open(nvram).map(Some),
            Task::Restored => nothing(Outcome::PoweredUp),
            Task::Suspended => nothing(Outcome::Suspended),
            Task::Resumed => nothing(Outcome::Resumed),
            Task::Delete(place) => {
                self.places.remove(&place);
                self.wanted &= !(1 << place.number());
                let mut writes = Writes::new();
                Plan::erase(&mut writes, place);
                Ok(Some(Job { writes, kept: None, outcome: Some(Outcome::Deleted(place)) }))
            }
            Task::Raise if self.next != 0 => {
                self.ask();
                Ok(Some(Job::nothing()))
            }
            Task::Raise => Ok(Some(Job::nothing())),
            Task::Format if self.counter => {
                self.raise = Some(Raise { slot: Slot::First, second: None, newest: 0, format: true, answer: None });
                Ok(Some(Job::nothing()))
            }
            Task::Format => {
                (self.next, self.epoch_slot, self.unformatted) = (1 << 32 | 1, Slot::First, false);
                Ok(Some(Job { writes: Plan::format(1), kept: None, outcome: Some(Outcome::Formatted) }))
            }
            Task::Restore(place) if self.next != 0 => self.plan(|plan| plan.restore(nvram, place)).map(|job| job.or(Some(Job::nothing()))),
            Task::Install { place, contents, value } if self.next != 0 => {
                self.plan(|plan| plan.install(nvram, place, &contents, value).map(Some))
            }
            Task::Exact { place, orderly } => {
                // A value that is due would only undo the exact one.
                self.wanted &= !(1 << place.number());
                let kept = self.kept(place).copied();
                self.plan(|plan| Ok(kept.map(|kept| plan.exact(place, kept, orderly))))
            }
            Task::Again(place) => {
                let kept = self.kept(place).copied();
                self.plan(|plan| Ok(kept.map(|kept| plan.again(place, kept))))
            }
            Task::Restore(_) => Ok(Some(Job::nothing())),
            Task::Install { .. } => nothing(Outcome::Fault),
        }
    }

    fn refresh(&mut self) -> Result<Option<Job>, Fault> {
        while !self.fault && (self.wanted != 0 || self.follows.is_some()) {
            if let Some(job) = self.raise_epoch(1) {
                return Ok(Some(job));
            }
            if let Some(place) = self.follows.take() {
                let kept = self.kept(place).copied().filter(|kept| kept.epoch != epoch_of(self.next));
                let Some(kept) = kept else { continue };
                return self.plan(|plan| Ok(Some(plan.refresh(place, kept, kept.value))));
            }
            let number = self.wanted.trailing_zeros() as u8;
            if self.spent(number) {
                self.raised_for_limit = true;
                self.ask();
                return Ok(Some(Job::nothing()));
            }
            self.wanted &= self.wanted - 1;
            let Some((place, kept)) = Place::all().nth(usize::from(number)).and_then(|place| Some((place, *self.kept(place)?))) else {
                continue;
            };
            if let Some(value) = kept.due(place.direction()) {
                if place.direction() == Direction::Outbound && std::mem::take(&mut self.raised_for_limit) {
                    self.follows = Some(Place::new(Direction::Outbound, (epoch_of(self.next) % record::INBOUND) as u8));
                }
                return self.plan(|plan| Ok(Some(plan.refresh(place, kept, value))));
            }
        }
        Ok(None)
    }

    /// With a counter: the limit that is due at a place was raised in this epoch already.
    fn spent(&self, number: u8) -> bool {
        let epoch = epoch_of(self.next);
        let spent = |kept: &Kept| kept.epoch == epoch && kept.due(Direction::Outbound).is_some();
        self.counter
            && self.places.iter().any(|(place, kept)| place.number() == number && place.direction() == Direction::Outbound && spent(kept))
    }

    /// Asks the counter for the next epoch.
    fn ask(&mut self) {
        self.raise = Some(Raise { slot: self.epoch_slot.other(), second: None, newest: epoch_of(self.next), format: false, answer: None });
    }

    /// The counter has answered: what is to be written. `None`: it is silent, or not the one that the records were written with.
    fn counted(&mut self, raise: Raise) -> Option<Job> {
        let Some(epoch) = raise.answer.and_then(Result::ok).filter(|epoch| *epoch > raise.newest) else {
            self.next = 0;
            return None;
        };
        if let Some(slot) = raise.second {
            self.raise = Some(Raise { slot, second: None, newest: epoch, answer: None, ..raise });
        } else {
            (self.epoch_slot, self.next) = (raise.slot, u64::from(epoch) << 32 | 1);
        }
        if raise.format {
            self.unformatted = false;
            return Some(Job { writes: Plan::format(epoch), kept: None, outcome: Some(Outcome::Formatted) });
        }
        Some(Job { writes: Plan::epochs(&[(raise.slot, Some(epoch))]), kept: None, outcome: None })
    }

    /// Reads the epoch and raises it; the new one is in force when the job is done.
    fn open(&mut self, nvram: &mut impl Nvram) -> Result<Job, Fault> {
        let epochs = epochs(nvram)?;
        if self.counter {
            let (slot, second) = match epochs {
                [None, None] => (None, None),
                [Some(first), Some(second)] => (Some(if first > second { Slot::Second } else { Slot::First }), None),
                [Some(_), None] => (Some(Slot::Second), Some(Slot::First)),
                [None, Some(_)] => (Some(Slot::First), Some(Slot::Second)),
            };
            let newest = epochs.into_iter().flatten().max().unwrap_or(0);
            self.raise = slot.map(|slot| Raise { slot, second, newest, format: false, answer: None });
            self.unformatted = self.raise.is_none();
            return Ok(Job::nothing());
        }
        let (writes, in_force) = match epochs {
            [None, None] => (Writes::new(), None),
            [Some(first), Some(second)] => {
                let (newest, other) = if first > second { (first, Slot::Second) } else { (second, Slot::First) };
                (Plan::epochs(&[(other, newest.checked_add(1))]), newest.checked_add(1).map(|epoch| (other, epoch)))
            }
            // The lost slot may have held the newer epoch. Both are written, so that the same is true of the next loss.
            [Some(epoch), None] => Self::open_single(Slot::First, epoch),
            [None, Some(epoch)] => Self::open_single(Slot::Second, epoch),
        };
        match in_force {
            // In force when the words are durable, and no record is planned before.
            Some((slot, epoch)) => (self.epoch_slot, self.next) = (slot, u64::from(epoch) << 32 | 1),
            None => self.unformatted = true,
        }
        Ok(Job { writes, kept: None, outcome: None })
    }

    fn open_single(slot: Slot, epoch: u32) -> (Writes, Option<(Slot, u32)>) {
        let (first, second) = (epoch.checked_add(1), epoch.checked_add(2));
        match second {
            Some(in_force) => (Plan::epochs(&[(slot.other(), first), (slot, second)]), Some((slot, in_force))),
            None => (Writes::new(), None),
        }
    }

    /// Where the generations of an epoch are used up but for fewer than `records`: the job that raises it.
    fn raise_epoch(&mut self, records: u32) -> Option<Job> {
        let (epoch, count) = (epoch_of(self.next), self.next as u32);
        if self.next == 0 || count <= u32::MAX - records {
            return None;
        }
        if self.counter {
            self.ask();
            return Some(Job::nothing());
        }
        self.epoch_slot = self.epoch_slot.other();
        match epoch.checked_add(1) {
            Some(raised) => {
                self.next = u64::from(raised) << 32 | 1;
                Some(Job { writes: Plan::epochs(&[(self.epoch_slot, Some(raised))]), kept: None, outcome: None })
            }
            None => {
                (self.next, self.fault) = (0, true);
                Some(Job { writes: Writes::new(), kept: None, outcome: Some(Outcome::Fault) })
            }
        }
    }

    fn plan(&mut self, with: impl FnOnce(&mut Plan) -> Result<Option<Job>, Fault>) -> Result<Option<Job>, Fault> {
        let Some(Keyed(vault)) = &self.vault else { return Ok(Some(Job::nothing())) };
        let mut plan = Plan { vault, next: self.next, counter: self.counter };
        let job = with(&mut plan);
        self.next = plan.next;
        job
    }
}

impl Job {
    pub(crate) fn nothing() -> Self {
        Job { writes: Writes::new(), kept: None, outcome: None }
    }
}
