//! The power is cut in every clock of every activity, and what was in the NVRAM then is restored: as it was, and with any one slot lost as well. Only the NVRAM survives a cut, so that all
//! clocks between two changes of it are one moment, and the last of them, when most numbers have been used, stands for all.
use super::tests::{Entry, Nvram, Service, Slot, World};
use super::*;
use std::collections::HashMap;

/// What there was at the last clock before the NVRAM changed.
struct Moment {
    nvram: Nvram,
    tables: [[Option<Entry>; 32]; 2],
    delivered: HashMap<u32, u64>,
    quarantine: u32,
}

/// The places in use; the others are blank.
const PLACES: [u64; 4] = [0, 32, 1, 33];

fn moment(world: &World) -> Moment {
    Moment { nvram: world.nvram.clone(), tables: world.tables, delivered: world.delivered.clone(), quarantine: world.quarantine }
}

/// Clocks the world until `done`, and returns every moment on the way.
fn moments(world: &mut World, mut done: impl FnMut(&mut World) -> bool) -> Vec<Moment> {
    let mut found = vec![];
    for _ in 0..20_000 {
        let before = moment(world);
        world.cycle();
        if world.nvram != before.nvram {
            found.push(before);
        }
        if done(world) {
            found.push(moment(world));
            return found;
        }
    }
    panic!("it does not end");
}

/// Restores what was there at a moment, `outages` after the SAs were last used, without `lost`. What comes back must be as the contract says; `changing`: a place whose SA is being replaced (by this one) or deleted.
fn comes_back(at: &Moment, seed: u64, lost: Option<(u64, u64, u64)>, changing: Option<(u64, Option<Entry>)>, orderly: bool, outages: u64) {
    let mut world = World::new(seed, None);
    world.nvram = at.nvram.clone();
    world.delivered = at.delivered.clone();
    if let Some((place, kind, slot)) = lost {
        world.nvram.lose(place, kind, slot);
    }
    let left = world.nvram.clone();
    world.start(None);
    // The blank places behind need no look.
    while world.furthest < 2 && world.status() & 1 == 1 {
        world.cycle();
    }
    for place in PLACES {
        let (direction, index) = (place as usize / 32, place as usize % 32);
        let (old, back) = (at.tables[direction][index], world.tables[direction][index]);
        let told = || {
            format!("before {:x?} ", at.nvram.of(place))
                + &format!("place {place} without {lost:?}, {changing:x?}: {back:x?} after {old:x?}; {:x?}", world.nvram.of(place))
        };
        let (replaced, new) = changing.filter(|c| c.0 == place).map_or((false, None), |c| (true, c.1));
        let Some(back) = back else {
            // One that was whole is never refused: of both kinds a good record is left. (A write that the cut tore and a slot that is lost besides may be both.)
            let whole = left.of(place).chunks(2).all(|kind| kind.iter().any(|slot| matches!(slot, Slot::Good(_))));
            let touched = lost.is_some_and(|l| l.0 == place);
            assert!(old.is_none() || !whole || replaced && (new.is_none() || touched), "{}", told());
            continue;
        };
        let Some(old) = old.filter(|old| old.key == back.key) else {
            assert!(replaced && new.is_some_and(|new| new.key == back.key), "{}", told());
            assert!(back.next >= new.map_or(0, |new| new.next), "{}", told());
            continue;
        };
        assert_eq!((back.esn, back.exponent), (old.esn, old.exponent));
        if direction == 0 {
            let most = (2 * outages + lost.is_some() as u64) << old.exponent;
            assert!(back.next >= old.next && back.next - old.next <= most, "{}", told());
            assert!(!orderly || lost.is_some() || back.next == old.next, "{}", told());
            assert!(back.limit > back.next || back.limit == if back.esn { u64::MAX } else { 1 << 32 }, "{}", told());
        } else {
            assert!(back.next <= old.next, "{}", told());
            let quarantine = world.quarantine >> index & 1 == 1;
            assert!(quarantine || back.next == old.next && at.quarantine >> index & 1 == 0, "{}", told());
            assert!(!orderly || lost.is_some() || !quarantine || at.quarantine >> index & 1 == 1, "{}", told());
        }
    }
}

fn check(found: &[Moment], seed: u64, changing: Option<(u64, Option<Entry>)>, orderly: bool) {
    for (n, at) in found.iter().enumerate() {
        let seed = seed << 16 | (n as u64) << 8;
        comes_back(at, seed, None, changing, orderly && n + 1 == found.len(), 1);
        for (p, place) in PLACES.into_iter().enumerate() {
            for slot in 0..4 {
                comes_back(at, seed | (p as u64 * 4 + slot + 1), Some((place, slot / 2, slot % 2)), changing, false, 1);
            }
        }
    }
}

/// Four SAs that have been used for a while.
fn used(seed: u64) -> World {
    let mut world = World::new(seed, None);
    world.until_restored();
    for place in PLACES {
        let entry = world.fresh();
        assert!(world.install(place, entry));
    }
    world.run(2500);
    world
}

fn replacing(place: u64, seed: u64) {
    let mut world = used(seed);
    let new = world.fresh();
    world.put_on_stage(place, new);
    world.service = Some((Service::Install, place));
    let found = moments(&mut world, |w| w.service.is_none() && w.changing.is_none() && !w.dut().c_want.val());
    check(&found, seed, Some((place, Some(new))), false);
}

#[test]
fn of_replacing_an_outbound_sa() {
    replacing(0, 0x3001);
}

#[test]
fn of_replacing_an_inbound_sa() {
    replacing(33, 0x3002);
}

#[test]
fn of_deleting() {
    for place in [1, 32] {
        let mut world = used(0x3100 + place);
        world.service = Some((Service::Delete, place));
        let found = moments(&mut world, |w| w.service.is_none() && w.changing.is_none());
        check(&found, 0x3100 + place, Some((place, None)), false);
    }
}

#[test]
fn of_traffic() {
    let mut world = used(0x3200);
    let end = world.cycles + 12_000;
    let found = moments(&mut world, |w| w.cycles > end);
    assert!(found.len() > 4);
    check(&found, 0x3200, None, false);
}

#[test]
fn of_suspending_and_resuming() {
    let mut world = used(0x3300);
    for operation in [map::resync_command::SUSPEND, map::resync_command::RESUME] {
        world.dut().command.next = true;
        world.dut().command_operation.next = (operation as u64).into();
        world.cycle();
        world.dut().command.next = false;
        let found = moments(&mut world, |w| w.status() & 1 == 0);
        check(&found, 0x3300 + operation as u64, None, operation == map::resync_command::SUSPEND);
    }
}

/// Restoring, too: after a cut, after an orderly suspend, and with a slot lost before.
#[test]
fn of_restoring() {
    for case in 0..4 {
        let seed = 0x3400 + case;
        let mut world = used(seed);
        if case % 2 == 1 {
            world.command(map::resync_command::SUSPEND);
        }
        if case >= 2 {
            for place in PLACES {
                world.nvram.lose(place, place & 1, case & 1);
            }
        }
        let before = moment(&world);
        world.start(None);
        world.traffic = true;
        // What is not back yet is as it was.
        let mut found = moments(&mut world, |w| w.furthest > 1);
        for at in &mut found {
            for (now, then) in at.tables.iter_mut().flatten().zip(before.tables.iter().flatten()) {
                *now = now.or(*then);
            }
        }
        for (n, at) in found.iter().enumerate() {
            comes_back(at, seed << 16 | n as u64, None, None, false, 2);
        }
    }
}

/// An exact record that was overtaken must not come to count again when the newer one is lost: the second of two cuts leaves it as the older one.
#[test]
fn of_restoring_what_was_orderly() {
    let mut world = used(0x3500);
    world.command(map::resync_command::SUSPEND);
    let before = moment(&world);
    world.start(None);
    let first = moments(&mut world, |w| w.furthest > 1);
    for (n, at) in first.iter().enumerate() {
        let mut world = World::new(0x3500_0000 | n as u64, None);
        (world.nvram, world.delivered) = (at.nvram.clone(), before.delivered.clone());
        world.start(None);
        while world.furthest < 2 {
            world.cycle();
        }
        for index in 0..2 {
            if world.quarantine >> index & 1 == 1 {
                let next = world.tables[1][index].map_or(0, |entry| entry.next + 3);
                world.resynchronise(index, next);
            }
        }
        world.run(400);
        check(&[moment(&world)], 0x3501 << 8 | n as u64, None, false);
    }
}

impl Nvram {
    /// One slot holds nothing that is valid any more.
    pub(super) fn lose(&mut self, place: u64, kind: u64, slot: u64) {
        if self.slot(place, kind, slot) != Slot::Blank {
            self.slots.insert((place, kind, slot), Slot::Torn);
        }
    }
    fn of(&self, place: u64) -> [Slot; 4] {
        [0, 1, 2, 3].map(|n| self.slot(place, n / 2, n % 2))
    }
}
