//! An attacker who rewinds the NVRAM at every outage, whole or record by record, to whatever it ever held: with the external counter no number of a key
//! is used twice, no packet is delivered twice, and no nonce of the device key is used twice. Without the counter the same attacker succeeds.

mod common;

use common::ends::*;
use common::*;
use holdfast_model::resync::counter::{Counter, Silent};
use holdfast_model::resync::nvram::{Fault, Nvram};
use holdfast_model::{Action, Device, DeviceKey, Direction, Fram, Kind, RuleConfig, SaConfig, Settings, Sizes, Verdict};
use holdfast_registers::{map, record};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};

/// Pairs that a run installs at most, each at an index of its own.
const PAIRS: usize = 16;

/// splitmix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) % end
    }
    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// A record slot: first word and length.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Slot {
    base: u16,
    words: u16,
    /// Its place; epoch slots have none.
    place: Option<u32>,
}

/// Every slot, epochs first.
fn slots() -> Vec<Slot> {
    let epochs = (0..2).map(|slot| Slot { base: (record::EPOCH_STRIDE * slot) as u16, words: 4, place: None });
    let records = (0..record::PLACES).flat_map(|place| {
        (0..2)
            .flat_map(move |slot| {
                let dynamic = record::DYNAMIC + record::DYNAMIC_PLACE * place + record::DYNAMIC_SLOT * slot;
                let fixed = record::STATIC + record::STATIC_PLACE * place + record::STATIC_SLOT * slot;
                [(dynamic, record::DYNAMIC_WORDS), (fixed, record::STATIC_WORDS)]
            })
            .map(move |(base, words)| Slot { base: base as u16, words: words as u16, place: Some(place) })
    });
    epochs.chain(records).collect()
}

/// NVRAM and counter of A, with somebody who remembers every record that ever stood in them.
struct Board {
    nvram: Fram,
    slots: Vec<Slot>,
    /// What each slot held, and from when on.
    history: Vec<Vec<(u64, Vec<u32>)>>,
    /// Words written so far, and before the first pair was installed.
    time: u64,
    begin: u64,
    counter: u32,
    raises: u64,
    powered: bool,
    /// Words that can still be written, and which bits of the next one are new all the same.
    fuse: Option<(u64, u32)>,
    /// Raises that are still answered, and whether the counter counts when it is asked once more.
    raise_fuse: Option<(u64, bool)>,
    /// Slots and generations.
    nonces: HashSet<(u16, u64)>,
    wrong: Option<String>,
}

impl Board {
    fn new() -> Self {
        let slots = slots();
        let history = slots.iter().map(|slot| vec![(0, vec![0; slot.words.into()])]).collect();
        let (nvram, nonces) = (Fram::new(), HashSet::new());
        let (time, begin, counter, raises) = (0, 0, 40, 0);
        Board { nvram, slots, history, time, begin, counter, raises, powered: true, fuse: None, raise_fuse: None, nonces, wrong: None }
    }

    fn read_slot(&self, slot: Slot) -> Vec<u32> {
        (slot.base..slot.base + slot.words).map(|at| self.nvram.word(at)).collect()
    }

    fn set(&mut self, address: u16, word: u32) {
        self.nvram.set_word(address, word);
        self.time += 1;
    }

    /// What stands in the slot of a word now is remembered.
    fn remember(&mut self, address: u16) {
        let Some(at) = self.slots.iter().position(|slot| (slot.base..slot.base + slot.words).contains(&address)) else { return };
        let words = self.read_slot(self.slots[at]);
        self.history[at].push((self.time, words));
    }

    /// The slot holds what it held at a time.
    fn rewind(&mut self, at: usize, time: u64) {
        let versions = &self.history[at];
        let version = versions.partition_point(|(since, _)| *since <= time) - 1;
        let (slot, words) = (self.slots[at], versions[version].1.clone());
        (slot.base..).zip(words).for_each(|(address, word)| self.nvram.set_word(address, word));
    }

    /// A moment: since the beginning, lately, or, now and then, before the NVRAM was formatted.
    fn earlier(&self, random: &mut Random) -> u64 {
        match random.below(400) {
            0 => random.below(self.time + 1),
            1..200 => self.begin + random.below(self.time + 1 - self.begin),
            _ => self.time - random.below(400.min(self.time + 1 - self.begin)),
        }
    }

    /// Power is off: the attacker puts back what he likes. What he did, for the count.
    fn attack(&mut self, random: &mut Random) -> usize {
        let kind = random.below(6) as usize;
        let (all, time) = (0..self.slots.len(), self.earlier(random));
        match kind {
            // The whole NVRAM as it was.
            0 | 1 => all.for_each(|at| self.rewind(at, time)),
            // Each place as it was at a time of its own, the epochs at another.
            2 => {
                let times: Vec<u64> = (0..=record::PLACES).map(|_| self.earlier(random)).collect();
                all.for_each(|at| self.rewind(at, times[self.slots[at].place.unwrap_or(record::PLACES) as usize]));
            }
            // Each record at a time of its own.
            3 => all.for_each(|at| {
                let time = self.earlier(random);
                self.rewind(at, time);
            }),
            // Some of the records.
            4 => {
                let share = 5 + random.below(60);
                for at in all {
                    let time = self.earlier(random);
                    if random.chance(share) {
                        self.rewind(at, time);
                    }
                }
            }
            _ => {}
        }
        kind.max(1) - 1
    }
}

#[derive(Clone)]
struct Part(Arc<Mutex<Board>>);

impl Part {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.lock().unwrap()
    }
}

impl Nvram for Part {
    fn read(&mut self, address: u16) -> Result<u32, Fault> {
        let board = self.board();
        board.powered.then(|| board.nvram.word(address)).ok_or(Fault)
    }

    fn write(&mut self, address: u16, word: u32) -> Result<(), Fault> {
        let board = &mut *self.board();
        if !board.powered {
            return Err(Fault);
        }
        if let Some((left, tear)) = &mut board.fuse {
            if *left == 0 {
                let torn = board.nvram.word(address) & !*tear | word & *tear;
                board.powered = false;
                board.set(address, torn);
                board.remember(address);
                return Err(Fault);
            }
            *left -= 1;
        }
        board.set(address, word);
        let slot = board.slots.iter().copied().find(|slot| (slot.base..slot.base + slot.words).contains(&address));
        let Some(slot) = slot else { return Ok(()) };
        if address + 1 == slot.base + slot.words {
            board.remember(address);
        }
        // The nonce is identity and generation; a slot has one identity.
        if slot.place.is_some() && address == slot.base + 1 {
            let generation = u64::from(board.nvram.word(slot.base)) << 32 | u64::from(word);
            if generation != 0 && !board.nonces.insert((slot.base, generation)) {
                board.wrong.get_or_insert(format!("generation {generation:#x} is used twice in the slot at {:#x}", slot.base));
            }
        }
        Ok(())
    }
}

impl Counter for Part {
    fn raise(&mut self) -> Result<u32, Silent> {
        let board = &mut *self.board();
        if !board.powered {
            return Err(Silent);
        }
        if let Some((left, counts)) = &mut board.raise_fuse {
            if *left == 0 {
                board.powered = false;
                board.counter += u32::from(*counts);
                return Err(Silent);
            }
            *left -= 1;
        }
        // Parts need not count by one.
        board.counter += 1 + u32::from(board.raises % 16 == 7);
        board.raises += 1;
        Ok(board.counter)
    }
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    outages: u64,
    cuts: u64,
    cuts_at_raise: u64,
    /// Whole, by place, by record, some records, nothing.
    attacks: [u64; 5],
    formats: u64,
    raises: u64,
    records: u64,
    sealed: u64,
    /// In sessions that began with a rewound NVRAM.
    sealed_after_attack: u64,
    delivered: u64,
    requests: u64,
    replayed: u64,
    resumes: u64,
    installs: u64,
    deletes: u64,
}

impl Counts {
    fn add(&mut self, other: &Counts) {
        let pairs = [
            (&mut self.outages, other.outages),
            (&mut self.cuts, other.cuts),
            (&mut self.cuts_at_raise, other.cuts_at_raise),
            (&mut self.formats, other.formats),
            (&mut self.raises, other.raises),
            (&mut self.records, other.records),
            (&mut self.sealed, other.sealed),
            (&mut self.sealed_after_attack, other.sealed_after_attack),
            (&mut self.delivered, other.delivered),
            (&mut self.requests, other.requests),
            (&mut self.replayed, other.replayed),
            (&mut self.resumes, other.resumes),
            (&mut self.installs, other.installs),
            (&mut self.deletes, other.deletes),
        ];
        pairs.into_iter().for_each(|(sum, count)| *sum += count);
        self.attacks.iter_mut().zip(other.attacks).for_each(|(sum, count)| *sum += count);
    }
}

/// A, whose NVRAM is rewound, its peer B, and an observer.
struct Run {
    random: Random,
    part: Part,
    counter: bool,
    a: Device,
    b: Device,
    now: u64,
    /// Pairs ever installed, the index is that of the SAs.
    pairs: usize,
    rewound: bool,
    used: HashSet<(u32, u64)>,
    delivered: HashSet<Vec<u8>>,
    /// Everything that B ever sealed.
    air: Vec<Vec<u8>>,
    /// The only thing that is looked at, if not at all.
    only: Option<Wrong>,
    counts: Counts,
}

/// What must not happen, and the words for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Number,
    Delivery,
    Generation,
}

type Checked = Result<(), (Wrong, String)>;

fn spi(index: usize) -> u32 {
    SPI + 2 * index as u32
}

impl Run {
    fn new(seed: u64, counter: bool) -> Self {
        let mut b = End::new(2);
        for index in 0..PAIRS {
            b.device.set_parameters(index, &parameters(B4, A4)).unwrap();
            let back = recorded(spi(index) + 1, true);
            b.device.install(index, &SaConfig { endpoints: back.endpoints.reversed(), ..back }).unwrap();
            b.device.install(index, &opener(&recorded(spi(index), true))).unwrap();
        }
        let mut run = Run {
            random: Random(seed),
            part: Part(Arc::new(Mutex::new(Board::new()))),
            counter,
            a: Device::new(Sizes::COMPACT),
            b: b.device,
            now: 0,
            pairs: 0,
            rewound: false,
            used: HashSet::new(),
            delivered: HashSet::new(),
            air: Vec::new(),
            only: None,
            counts: Counts::default(),
        };
        rules(&mut run.b);
        run.power_up();
        run.a.format();
        let begin = run.part.board().time;
        run.part.board().begin = begin;
        (0..2 + run.random.below(3)).for_each(|_| run.install());
        run
    }

    fn power_up(&mut self) {
        let (nvram, key) = (Box::new(self.part.clone()), DeviceKey([7; 32]));
        let seed = self.random.below(1000);
        self.a = match self.counter {
            true => Device::power_up_with_counter(Sizes::COMPACT, nvram, Box::new(self.part.clone()), Some(&key), seed),
            false => Device::power_up(Sizes::COMPACT, nvram, Some(&key), seed),
        };
        self.now = 0;
        rules(&mut self.a);
    }

    /// The next pair, at an index that never had one.
    fn install(&mut self) {
        let index = self.pairs;
        if index == PAIRS {
            return;
        }
        self.pairs += 1;
        let out = recorded(spi(index), true);
        let back = recorded(spi(index) + 1, true);
        let into = opener(&SaConfig { endpoints: back.endpoints.reversed(), ..back });
        // Refused where the power fails meanwhile, or a fault has been found.
        if self.a.set_parameters(index, &parameters(A4, B4)).is_ok() {
            let done = self.a.install(index, &out).is_ok() && self.a.install(index, &into).is_ok();
            self.counts.installs += u64::from(done);
        }
    }

    fn sealed(&mut self, spi: u32, number: u64) -> Checked {
        self.counts.sealed += 1;
        self.counts.sealed_after_attack += u64::from(self.rewound);
        match self.used.insert((spi, number)) {
            true => Ok(()),
            false => self.report(Wrong::Number, format!("number {number} of SA {spi:08x} is used twice")),
        }
    }

    fn report(&self, wrong: Wrong, words: String) -> Checked {
        match self.only {
            Some(only) if only != wrong => Ok(()),
            _ => Err((wrong, words)),
        }
    }

    /// A frame reaches A.
    fn arrive(&mut self, frame: &[u8]) -> Checked {
        if self.a.inbound(frame).frame().is_some() {
            self.counts.delivered += 1;
            if !self.delivered.insert(frame.to_vec()) {
                self.report(Wrong::Delivery, "a packet is delivered twice".into())?;
            }
        }
        Ok(())
    }

    fn send(&mut self, index: usize, packets: u64) -> Checked {
        for _ in 0..packets {
            let verdict = self.a.outbound(&frame(&ipv4(200 + index as u8, b"outbound")));
            let Verdict::Delivered { frame, kind: Kind::Sealed { sa, sequence } } = verdict else { return Ok(()) };
            self.sealed(spi(sa.into()), sequence)?;
            if self.random.chance(20) {
                self.b.inbound(&frame);
            }
        }
        Ok(())
    }

    fn receive(&mut self, index: usize, packets: u64) -> Checked {
        for _ in 0..packets {
            let (sealed, _) = expect_out(&mut self.b, Direction::Outbound, &frame(&ipv4(200 + index as u8, b"inbound")));
            self.air.push(sealed.clone());
            if self.random.chance(80) {
                self.arrive(&sealed)?;
            }
        }
        Ok(())
    }

    /// Old packets and old answers.
    fn replay(&mut self) -> Checked {
        for _ in 0..self.random.below(8) {
            let Some(last) = self.air.len().checked_sub(1) else { return Ok(()) };
            let at = if self.random.chance(50) {
                self.random.below(last as u64 + 1)
            } else {
                last as u64 - self.random.below(last.min(30) as u64 + 1)
            };
            let frame = self.air[at as usize].clone();
            self.counts.replayed += 1;
            self.arrive(&frame)?;
        }
        Ok(())
    }

    /// A request leaves, if one is due; it need not arrive, and nor need its answer.
    fn exchange(&mut self) -> Checked {
        self.now += 70;
        self.a.tick(self.now);
        let Some(request) = self.a.take_control() else { return Ok(()) };
        self.counts.requests += 1;
        self.sealed(spi(request.sa.into()), request.sequence)?;
        if self.random.chance(80) {
            let due = self.counts.requests * 1000;
            self.b.tick(due);
            self.b.inbound(&request.frame);
            if let Some(answer) = self.b.take_control() {
                self.air.push(answer.frame.clone());
                if self.random.chance(80) {
                    self.arrive(&answer.frame)?;
                }
            }
        }
        Ok(())
    }

    /// One thing happens while A has power.
    fn step(&mut self) -> Checked {
        let index = self.random.below(self.pairs.max(1) as u64) as usize;
        // The first pair is busy, the others are not.
        let busy = if self.random.chance(40) { 0 } else { index };
        match self.random.below(100) {
            0..35 => {
                let packets = 1 + self.random.below(if busy == 0 { 40 } else { 6 });
                self.send(busy, packets)?;
            }
            35..55 => {
                let packets = 1 + self.random.below(12);
                self.receive(index, packets)?;
            }
            55..67 => self.replay()?,
            67..82 => self.exchange()?,
            82..85 => self.a.suspend(),
            85..95 => {
                self.counts.resumes += u64::from(self.a.resync_status() & map::resync_status::SUSPENDED != 0);
                self.a.resume();
            }
            95 => self.a.desynchronise(index as u8),
            96 => self.install(),
            97 if self.random.chance(30) => {
                for direction in Direction::ALL {
                    self.a.delete_sa(direction, index).unwrap();
                }
                self.counts.deletes += 1;
            }
            _ => {}
        }
        Ok(())
    }

    /// Power-up with whatever stands in the NVRAM, until the power fails or is taken away.
    fn session(&mut self) -> Checked {
        let fuse = self.random.chance(40).then(|| (self.random.below(300), 0xffff_ffff_u32 << self.random.below(33).min(31)));
        let raise_fuse = self.random.chance(15).then(|| (self.random.below(6), self.random.chance(50)));
        {
            let mut board = self.part.board();
            (board.powered, board.fuse, board.raise_fuse) = (true, fuse, raise_fuse);
        }
        self.power_up();
        if self.a.resync_status() & map::resync_status::UNFORMATTED != 0 && self.random.chance(60) {
            self.counts.formats += 1;
            self.a.format();
            self.install();
        }
        for _ in 0..5 + self.random.below(60) {
            self.step()?;
            if let Some(words) = self.part.board().wrong.take() {
                self.report(Wrong::Generation, words)?;
            }
            let board = self.part.board();
            if !board.powered {
                self.counts.cuts += 1;
                self.counts.cuts_at_raise += u64::from(board.raise_fuse.is_some_and(|(left, _)| left == 0));
                break;
            }
        }
        Ok(())
    }

    /// Sessions, and the attacker between them.
    fn run(&mut self, sessions: usize) -> Checked {
        for _ in 0..sessions {
            self.session()?;
            self.counts.outages += 1;
            let kind = self.part.board().attack(&mut self.random);
            self.counts.attacks[kind] += 1;
            self.rewound = kind < 4;
        }
        let board = self.part.board();
        (self.counts.raises, self.counts.records) = (board.raises, board.nonces.len() as u64);
        Ok(())
    }
}

fn rules(device: &mut Device) {
    device.set_settings(Settings { enable: true, ..device.settings() });
    for index in 0..PAIRS {
        let rule = RuleConfig { protocol: Some(200 + index as u8), ..RuleConfig::any(Action::Protect { sa: index as u16 }) };
        Direction::ALL.iter().for_each(|direction| device.set_rule(*direction, index, &rule).unwrap());
    }
}

/// Seeds of the runs; `REWIND_SEED` chooses others, `REWIND_RUNS` how many.
fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str, other: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(other);
    let first = number("REWIND_SEED", 1);
    first..first + number("REWIND_RUNS", 40)
}

const SESSIONS: usize = 60;

#[test]
fn with_the_counter_nothing_is_used_twice() {
    let mut counts = Counts::default();
    for seed in seeds() {
        let mut run = Run::new(seed, true);
        run.run(SESSIONS).unwrap_or_else(|(_, wrong)| panic!("seed {seed}: {wrong}; {:?}", run.counts));
        counts.add(&run.counts);
    }
    println!("seeds {:?}: {counts:?}", seeds());
    assert!(counts.sealed_after_attack > 1000 && counts.delivered > 1000 && counts.cuts_at_raise > 10, "{counts:?}");
}

/// The same attacker, the same runs.
#[test]
fn without_the_counter_the_attacker_succeeds() {
    for only in [Wrong::Number, Wrong::Delivery, Wrong::Generation] {
        let mut found = 0;
        for seed in seeds() {
            let mut run = Run { only: Some(only), ..Run::new(seed, false) };
            if let Err((_, words)) = run.run(SESSIONS) {
                println!("seed {seed}: {words}");
                found += 1;
            }
        }
        assert!(8 * found > seeds().count(), "{only:?} was found in {found} of {:?}", seeds());
    }
}
