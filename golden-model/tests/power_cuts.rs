//! Power cuts after every word that is written, then after every word that the restart writes, then the loss of any one record:
//! no number of a key is used twice, no packet is delivered twice, and the ends find each other again.

mod common;

use common::ends::*;
use common::*;
use holdfast_model::{Action, Device, Direction, Fram, Kind, Role, RuleConfig, SaConfig, Settings, Sizes, Verdict};
use holdfast_registers::record;
use std::collections::BTreeSet;

/// The SPI of A's outbound SA of a generation; + 1: of its inbound SA.
fn spi(generation: u32) -> u32 {
    SPI + 16 * generation
}

/// The peer: recorded as well, with a pair per generation, and its power never fails.
fn peer() -> End {
    let mut b = End::new(2);
    for generation in 0..2 {
        let index = generation as usize;
        b.device.set_parameters(index, &parameters(B4, A4)).unwrap();
        let out = SaConfig { endpoints: recorded(0, true).endpoints.reversed(), ..recorded(spi(generation) + 1, true) };
        b.device.install(index, &out).unwrap();
        b.device.install(index, &opener(&recorded(spi(generation), true))).unwrap();
        let rule = RuleConfig { protocol: Some(PLAIN + generation as u8), ..RuleConfig::any(Action::Protect { sa: index as u16 }) };
        for direction in Direction::ALL {
            b.device.set_rule(direction, index, &rule).unwrap();
        }
    }
    b.device.set_settings(Settings { enable: true, ..b.device.settings() });
    b
}

/// What an omniscient observer knows.
#[derive(Clone, Default)]
struct Observer {
    /// SPI and number of every packet that A sealed.
    used: BTreeSet<(u32, u64)>,
    /// Frames that A delivered.
    delivered: BTreeSet<Vec<u8>>,
}

impl Observer {
    /// A sealed a frame.
    #[track_caller]
    fn sealed(&mut self, frame: &[u8], number: u64) {
        let spi = u32::from_be_bytes(frame[34..38].try_into().unwrap());
        assert!(self.used.insert((spi, number)), "number {number} of SA {spi:08x} was used before");
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Installs both SAs of a generation, outbound first.
    Install(u32),
    /// Packets out and in, under the generation.
    Traffic(u32, usize),
    Suspend,
    Resume,
    Delete(Direction),
}

const SCRIPT: [Step; 11] = [
    Step::Install(0),
    Step::Traffic(0, 40),
    Step::Suspend,
    Step::Resume,
    Step::Traffic(0, 9),
    Step::Install(1),
    Step::Traffic(1, 12),
    Step::Delete(Direction::Inbound),
    Step::Delete(Direction::Outbound),
    Step::Install(0),
    Step::Suspend,
];

/// A's part, the observer, and how many words A has written, when the power fails after `words` words; or at the end.
struct World {
    a: End,
    b: End,
    seen: Observer,
}

impl World {
    fn new() -> Self {
        let mut a = End::new(1);
        a.device.set_parameters(INDEX, &parameters(A4, B4)).unwrap();
        a.part.lock().unwrap().written = 0;
        World { a, b: peer(), seen: Observer::default() }
    }

    fn alive(&self) -> bool {
        self.a.part.lock().unwrap().left != Some(0)
    }

    /// Runs the script until the power fails.
    fn run(&mut self) {
        let mut installed = 0;
        for step in SCRIPT {
            match step {
                Step::Install(generation) => {
                    // The last installation of generation 0 is a new SA of the host's, with numbers above all it ever used.
                    let next = 1 + 1000 * installed;
                    let out = SaConfig { role: Role::Outbound { mtu: 0, next, limit: 0 }, ..recorded(spi(generation), true) };
                    let back = SaConfig { endpoints: out.endpoints.reversed(), ..recorded(spi(generation) + 1, true) };
                    let highest = self.b.device.next_sequence(generation as usize).unwrap() - 1;
                    let into = SaConfig { role: Role::Inbound { window: 64, highest }, ..opener(&back) };
                    for sa in [&out, &into] {
                        if self.alive() {
                            // Refused as `nvram` where the power fails meanwhile.
                            let _ = self.a.device.install(INDEX, sa);
                        }
                    }
                    self.a.rules();
                    installed += 1;
                }
                Step::Traffic(generation, packets) => {
                    for _ in 0..packets {
                        self.outbound();
                        self.inbound(generation);
                    }
                }
                Step::Suspend => self.a.device.suspend(),
                Step::Resume => self.a.device.resume(),
                Step::Delete(direction) => self.a.device.delete_sa(direction, INDEX).unwrap(),
            }
            if !self.alive() {
                return;
            }
        }
    }

    /// A packet from A; it need not get through.
    fn outbound(&mut self) {
        if !self.alive() {
            return;
        }
        let verdict = self.a.device.outbound(&frame(&ipv4(PLAIN, b"outbound")));
        if let Verdict::Delivered { frame, kind: Kind::Sealed { sequence, .. } } = verdict {
            self.seen.sealed(&frame, sequence);
        }
    }

    /// A packet to A under a generation; it need not get through. Every packet is different.
    fn inbound(&mut self, generation: u32) {
        if !self.alive() {
            return;
        }
        let (sealed, _) = expect_out(&mut self.b.device, Direction::Outbound, &frame(&ipv4(PLAIN + generation as u8, b"inbound")));
        if self.a.device.inbound(&sealed).frame().is_some() {
            assert!(self.seen.delivered.insert(sealed), "delivered twice");
        }
    }

    /// After power-up: the ends find each other again if they have SAs in common, traffic flows, nothing old is delivered.
    fn check(&mut self) -> bool {
        self.a.rules();
        let mut now = self.b.device.next_due().unwrap_or(0) + 1_000_000;
        self.b.device.tick(now);
        let old: Vec<Vec<u8>> = self.seen.delivered.iter().cloned().collect();
        let replay = |world: &mut World| old.iter().filter(|frame| world.a.device.inbound(frame).frame().is_some()).count();
        assert_eq!(replay(self), 0, "an old packet is delivered again");
        if self.a.device.quarantine() != 0 {
            now += self.a.device.next_due().unwrap();
            self.a.device.tick(now);
            if let Some(request) = self.a.device.take_control() {
                self.seen.sealed(&request.frame, request.sequence);
                self.b.device.inbound(&request.frame);
                let ack = self.b.device.take_control();
                ack.into_iter().for_each(|ack| drop(self.a.device.inbound(&ack.frame)));
                assert_eq!(replay(self), 0, "an old packet is delivered again after resynchronisation");
            }
        }
        (0..3 * INTERVAL).for_each(|_| self.outbound());
        let before = self.seen.delivered.len();
        (0..2).for_each(|generation| self.inbound(generation));
        self.seen.delivered.len() > before
    }
}

/// Words that a run of the script writes.
fn words() -> u64 {
    let mut world = World::new();
    world.run();
    let written = world.a.part.lock().unwrap().written;
    written
}

/// The world after a cut behind `words` words, the next one torn.
fn cut(words: u64) -> World {
    let mut world = World::new();
    world.a.part.lock().unwrap().cut_after(words, 0xffff_0000 >> (words % 3 * 8));
    world.run();
    assert!(!world.alive());
    world
}

/// A second end that starts from the same NVRAM, and knows what the first one did.
fn fork(world: &World, part: &Fram) -> World {
    let mut b = peer();
    // The peer is where it was.
    for generation in 0..2 {
        let next = world.b.device.next_sequence(generation).unwrap();
        for _ in b.device.next_sequence(generation).unwrap()..next {
            expect_out(&mut b.device, Direction::Outbound, &frame(&ipv4(PLAIN + generation as u8, b"inbound")));
        }
    }
    let mut a = End::new(1);
    a.part.lock().unwrap().nvram = part.clone();
    a.boots = world.a.boots;
    World { a, b, seen: world.seen.clone() }
}

#[test]
fn after_every_word() {
    let words = words();
    let mut established = 0;
    for cut_at in 0..words {
        let mut world = cut(cut_at);
        world.a.power_up();
        established += u64::from(world.check());
        // And once more.
        world.a.power_up();
        world.check();
    }
    println!("{words} words; traffic flowed again after {established} cuts, the others left no SA, or SAs of two generations");
    assert!(established > words / 3);
}

#[test]
fn after_every_word_of_the_restart() {
    // Cuts inside and between records of the same kind are alike: every seventh word meets every word of a record.
    let mut cases = 0;
    for cut_at in (0..words()).step_by(7) {
        let world = cut(cut_at);
        let part = world.a.part.lock().unwrap().nvram.clone();
        for again in (0..).step_by(5) {
            let mut second = fork(&world, &part);
            second.a.part.lock().unwrap().cut_after(again, 0x00ff_ff00);
            // Not End::power_up, which would mend the fuse.
            let key = second.a.key.clone();
            drop(Device::power_up(Sizes::COMPACT, Box::new(second.a.part.clone()), Some(&key), 0));
            let finished = second.alive();
            second.a.power_up();
            second.check();
            cases += 1;
            if finished {
                break;
            }
        }
    }
    println!("{cases} cuts of restarts");
}

#[test]
fn whichever_record_is_lost() {
    for cut_at in (0..words()).step_by(13) {
        let world = cut(cut_at);
        let part = world.a.part.lock().unwrap().nvram.clone();
        let places = [INDEX as u32, INDEX as u32 + record::INBOUND];
        let records = places.into_iter().flat_map(|place| {
            (0..2).flat_map(move |slot| {
                let dynamic = record::DYNAMIC + record::DYNAMIC_PLACE * place + record::DYNAMIC_SLOT * slot;
                [dynamic, record::STATIC + record::STATIC_PLACE * place + record::STATIC_SLOT * slot, record::EPOCH_STRIDE * slot]
            })
        });
        for word in records {
            let mut lost = fork(&world, &part);
            lost.a.part.lock().unwrap().nvram.flip(32 * word + 1);
            lost.a.power_up();
            lost.check();
            // Lost only now: after the restart has written its own.
            let mut later = fork(&world, &part);
            later.a.power_up();
            later.check();
            later.a.part.lock().unwrap().nvram.flip(32 * word + 1);
            later.a.power_up();
            later.check();
        }
    }
}

#[test]
fn at_most_two_intervals_are_skipped() {
    let (mut a, _) = ends(true);
    let mut next = 1;
    for packets in 0..3 * INTERVAL {
        for _ in 0..packets {
            expect_out(&mut a.device, Direction::Outbound, &frame(&ipv4(PLAIN, b"x")));
            next += 1;
        }
        a.power_up();
        a.rules();
        let restored = a.device.next_sequence(INDEX).unwrap();
        assert!(restored >= next && restored - next <= 2 * INTERVAL, "{next} then {restored}");
        next = restored;
    }
}
