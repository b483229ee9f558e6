//! Which words are written in which order: the heart of what survives a power cut.

use crate::resync::nvram::{Fault, Nvram};
use crate::resync::record::{
    dynamic_address, epoch_address, epoch_of, seal_epoch, static_address, Contents, Dynamic, Found, Generation, Place, Slot, Static, Vault,
};
use crate::resync::recorder::{Job, Kept, Outcome};
use crate::Direction;
use holdfast_registers::{pair, record, sa};
use std::collections::VecDeque;

/// Words on their way: address and value.
pub(crate) type Writes = VecDeque<(u16, u32)>;

/// Records of outbound SAs that are older than this many steps of the counter are refused.
const AGE_LIMIT: u32 = 1 << 16;

/// Makes jobs out of records; each record takes the next generation.
pub(crate) struct Plan<'a> {
    pub(crate) vault: &'a Vault,
    pub(crate) next: Generation,
    /// The epoch is the value of a counter: outbound records have the value that belongs to it.
    pub(crate) counter: bool,
}

impl Plan<'_> {
    /// The four records of an installation. `value`: next number, or highest + 1. Of an SA that is replaced the newest static record is overwritten last, so that it can come
    /// back, but its newest dynamic record first: from the older one alone it comes back with fewer numbers skipped.
    pub(crate) fn install(&mut self, nvram: &mut impl Nvram, place: Place, contents: &Contents, value: u64) -> Result<Job, Fault> {
        let statics = self.vault.statics(nvram, place)?.map(|found| found.valid().map(|record| record.generation));
        let dynamics = self.vault.dynamics(nvram, place)?.map(|found| found.valid().map(|record| record.generation));
        let (first_static, first) = (not_newest(statics), not_newest(dynamics).other());
        let kept = Kept { epoch: self.epoch(), ..kept(place, contents, self.next, first.other(), value) };
        let limit = match place.direction() {
            Direction::Outbound => kept.raised(value),
            Direction::Inbound => value,
        };
        let below = if self.counter { limit } else { value };
        let mut writes = Writes::new();
        self.fixed(&mut writes, place, first_static, kept.born, contents);
        self.dynamic(&mut writes, place, first, kept.born, below, false);
        self.dynamic(&mut writes, place, first.other(), kept.born, limit, false);
        self.fixed(&mut writes, place, first_static.other(), kept.born, contents);
        let outcome = Outcome::Installed { place, limit };
        Ok(Job { writes, kept: Some((place, Kept { value: limit, ..kept })), outcome: Some(outcome) })
    }

    /// What a place's records say, and the records that must be written before the SA is usable. `None`: there is no SA.
    pub(crate) fn restore(&mut self, nvram: &mut impl Nvram, place: Place) -> Result<Option<Job>, Fault> {
        let dynamics = self.vault.dynamics(nvram, place)?;
        // An installation writes them last and a deletion erases them last, so there is no SA without.
        if dynamics.iter().all(|dynamic| *dynamic == Found::Blank) {
            return Ok(None);
        }
        let Some((contents, newest, dynamic)) = choose(self.vault.statics(nvram, place)?, dynamics) else {
            return Ok(Some(refused(place)));
        };
        let other = dynamics[newest.other() as usize].valid().filter(|other| other.born == dynamic.born);
        let orderly = dynamic.orderly || other.is_some_and(|other| other.orderly);
        let kept = kept(place, &contents, dynamic.born, newest, dynamic.value);
        let (mut writes, older) = (Writes::new(), newest.other());
        // Steps of the counter since the record; none without a counter, whatever the epoch.
        let age = self.age(&dynamic);
        let (kept, limit) = match place.direction() {
            Direction::Outbound => {
                let value = match age {
                    Some(age @ 0..AGE_LIMIT) => kept.further(dynamic.value, age),
                    Some(_) => return Ok(Some(refused(place))),
                    // Without the other slot the newest record may be the one that is lost.
                    None if other.is_some() || dynamic.orderly => dynamic.value,
                    None => kept.raised(dynamic.value),
                };
                let (limit, last) = (kept.raised(value), if other.is_some() && !orderly { older } else { newest });
                if last == newest {
                    self.dynamic(&mut writes, place, older, kept.born, if self.counter { limit } else { value }, false);
                }
                self.dynamic(&mut writes, place, last, kept.born, limit, false);
                (Kept { newest: last, value: limit, progress: value, epoch: self.epoch(), ..kept }, limit)
            }
            Direction::Inbound => {
                if orderly {
                    self.dynamic(&mut writes, place, older, kept.born, dynamic.value, false);
                    self.dynamic(&mut writes, place, newest, kept.born, dynamic.value, false);
                }
                (kept, 0)
            }
        };
        // What was exact before the counter's last step may have been left behind since.
        let exact = dynamic.orderly && age.is_none_or(|age| age == 0);
        let lost = place.direction() == Direction::Inbound && !exact;
        let outcome = Outcome::Restored { place, contents, value: kept.progress, limit, lost };
        Ok(Some(Job { writes, kept: Some((place, kept)), outcome: Some(outcome) }))
    }

    /// A new value into the other slot of the newest; with a counter, an outbound one is that of the epoch.
    pub(crate) fn refresh(&mut self, place: Place, kept: Kept, value: u64) -> Job {
        let value = self.of_epoch(place, &kept).unwrap_or(value);
        self.record(place, kept, kept.newest.other(), value, false)
    }

    /// The exact value, so that nothing is skipped: over the newest record, because the older one and an interval are enough should this one be torn.
    /// With a counter no outbound record is exact: numbers up to the value of the epoch are skipped.
    pub(crate) fn exact(&mut self, place: Place, kept: Kept, orderly: bool) -> Job {
        match self.of_epoch(place, &kept) {
            Some(value) => self.record(place, kept, kept.newest, value, false),
            None => self.record(place, kept, kept.newest, kept.progress, orderly),
        }
    }

    /// Both slots anew, as after an orderly restore.
    pub(crate) fn again(&mut self, place: Place, kept: Kept) -> Job {
        let mut writes = Writes::new();
        let (first, value) = match (self.of_epoch(place, &kept), place.direction()) {
            (Some(value), _) => (value, value),
            (None, Direction::Outbound) => (kept.progress, kept.raised(kept.progress)),
            (None, Direction::Inbound) => (kept.progress, kept.progress),
        };
        self.dynamic(&mut writes, place, kept.newest.other(), kept.born, first, false);
        self.dynamic(&mut writes, place, kept.newest, kept.born, value, false);
        Job { writes, kept: Some((place, Kept { value, epoch: self.epoch(), ..kept })), outcome: Some(recorded(place, value)) }
    }

    /// Zero words over all records of a place.
    pub(crate) fn erase(writes: &mut Writes, place: Place) {
        for slot in Slot::BOTH {
            let at = static_address(place, slot);
            writes.extend((at..at + record::STATIC_WORDS as u16).map(|at| (at, 0)));
        }
        for slot in Slot::BOTH {
            let at = dynamic_address(place, slot);
            writes.extend((at..at + record::DYNAMIC_WORDS as u16).map(|at| (at, 0)));
        }
    }

    /// Zero words over all slots, then the first epoch: cut short, the part is not formatted.
    pub(crate) fn format(epoch: u32) -> Writes {
        let mut writes: Writes = Slot::BOTH.into_iter().flat_map(|slot| (0..4).map(move |i| (epoch_address(slot) + i, 0))).collect();
        Place::all().for_each(|place| Self::erase(&mut writes, place));
        writes.extend(Self::epochs(&[(Slot::First, Some(epoch))]));
        writes
    }

    /// Epochs into their slots, in this order.
    pub(crate) fn epochs(slots: &[(Slot, Option<u32>)]) -> Writes {
        let words = slots.iter().filter_map(|(slot, epoch)| Some((epoch_address(*slot), seal_epoch((*epoch)?))));
        words.flat_map(|(at, words)| (at..).zip(words)).collect()
    }

    fn record(&mut self, place: Place, kept: Kept, newest: Slot, value: u64, orderly: bool) -> Job {
        let mut writes = Writes::new();
        self.dynamic(&mut writes, place, newest, kept.born, value, orderly);
        Job { writes, kept: Some((place, Kept { newest, value, epoch: self.epoch(), ..kept })), outcome: Some(recorded(place, value)) }
    }

    /// The epoch in force, where it matters: with a counter.
    fn epoch(&self) -> u32 {
        if self.counter {
            epoch_of(self.next)
        } else {
            0
        }
    }

    /// The value that belongs to the epoch in force, for an outbound SA with a counter: all records that an SA ever had lie on one line. With two lines, a record of the
    /// upper one brought back, and then one of the lower, would lead through the same numbers.
    fn of_epoch(&self, place: Place, kept: &Kept) -> Option<u64> {
        (self.counter && place.direction() == Direction::Outbound)
            .then(|| kept.further(kept.value, self.epoch().saturating_sub(kept.epoch)))
    }

    /// With a counter: the steps it has made since the epoch of a record, the last one excepted. What is not older than the epoch in force counts as too old.
    fn age(&self, dynamic: &Dynamic) -> Option<u32> {
        self.counter
            .then(|| self.epoch().checked_sub(epoch_of(dynamic.generation)).and_then(|steps| steps.checked_sub(1)).unwrap_or(u32::MAX))
    }

    fn dynamic(&mut self, writes: &mut Writes, place: Place, slot: Slot, born: Generation, value: u64, orderly: bool) {
        let dynamic = Dynamic { generation: self.take(), born, value, orderly };
        writes.extend((dynamic_address(place, slot)..).zip(self.vault.seal_dynamic(place, slot, &dynamic)));
    }

    fn fixed(&mut self, writes: &mut Writes, place: Place, slot: Slot, born: Generation, contents: &Contents) {
        let record = Static { generation: self.take(), born, contents: contents.clone() };
        writes.extend((static_address(place, slot)..).zip(self.vault.seal_static(place, slot, &record)));
    }

    fn take(&mut self) -> Generation {
        self.next += 1;
        self.next - 1
    }
}

fn refused(place: Place) -> Job {
    Job { writes: Writes::new(), kept: None, outcome: Some(Outcome::Refused(place)) }
}

fn recorded(place: Place, value: u64) -> Outcome {
    match place.direction() {
        Direction::Outbound => Outcome::Limit { index: place.index(), limit: value },
        Direction::Inbound => Outcome::Edge(place),
    }
}

/// The slot that does not hold the newest record; the second where there is none, so that the first has the newest afterwards and a reader can end with it.
fn not_newest(generations: [Option<Generation>; 2]) -> Slot {
    // No record is older than any.
    if generations[1] > generations[0] {
        Slot::First
    } else {
        Slot::Second
    }
}

/// The newest static record that has a dynamic record of the same birth, and the newest of those.
fn choose(statics: [Found<Static>; 2], dynamics: [Found<Dynamic>; 2]) -> Option<(Contents, Slot, Dynamic)> {
    let newest = |born: Generation| {
        let of_birth = Slot::BOTH.into_iter().zip(dynamics).filter_map(|(slot, found)| Some((slot, found.valid()?)));
        of_birth.filter(|(_, dynamic)| dynamic.born == born).max_by_key(|(_, dynamic)| dynamic.generation)
    };
    let usable = statics.into_iter().filter_map(Found::valid).filter_map(|record| {
        let (slot, dynamic) = newest(record.born)?;
        Some((record.generation, (record.contents, slot, dynamic)))
    });
    usable.max_by_key(|(generation, _)| *generation).map(|(_, chosen)| chosen)
}

/// What the words of an SA and its pair say about recording.
fn kept(place: Place, contents: &Contents, born: Generation, newest: Slot, value: u64) -> Kept {
    let (words, parameters) = contents.0.split_at(sa::WORDS);
    let interval = 1 << (parameters[pair::CONTROL] >> pair::INTERVAL_SHIFT & 31);
    let esn = words[sa::FLAGS] & sa::flags::ESN != 0;
    let top = if esn || place.direction() == Direction::Inbound { u64::MAX } else { 1 << 32 };
    Kept { born, newest, value, interval, top, progress: value, epoch: 0 }
}
