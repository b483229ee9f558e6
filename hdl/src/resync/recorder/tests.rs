//! Random histories of recorded SAs with power cuts at every moment: a keeper whose slots survive, a commit with tables that do not, a host, and traffic.
use super::*;
use crate::bus::SET_LIMIT;
use crate::check::{rounds, Bench};
use holdfast_registers::pair;
use rand::{rngs::StdRng, Rng, SeedableRng};
use std::collections::{HashMap, HashSet, VecDeque};

/// A slot of the NVRAM as the keeper sees it.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Slot {
    Blank,
    Torn,
    Good(Vec<u32>),
}

/// What survives.
#[derive(Clone, PartialEq)]
pub(super) struct Nvram {
    /// By place, kind (0 dynamic), slot.
    pub(super) slots: HashMap<(u64, u64, u64), Slot>,
    /// Where there is a counter outside, it is that: what the slots are put back to, this is not.
    pub(super) epoch: u32,
}

impl Nvram {
    pub(super) fn slot(&self, place: u64, kind: u64, slot: u64) -> Slot {
        self.slots.get(&(place, kind, slot)).cloned().unwrap_or(Slot::Blank)
    }
}

/// An SA in the tables: its key's name, the next number (inbound: the highest + 1), the limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) key: u32,
    pub(super) next: u64,
    pub(super) limit: u64,
    pub(super) esn: bool,
    pub(super) exponent: u32,
}

/// What the host asks of commit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Service {
    Install,
    Delete,
}

/// Clocks in which commit clears the stage after an operation.
pub(super) const SCRUB: u32 = 32;

enum Sim {
    Checked(Box<Bench<Recorder>>),
    Plain(Box<Recorder>),
}

pub(super) struct World {
    sim: Sim,
    pub(super) nvram: Nvram,
    generation: u64,
    buffer: [u32; 64],
    /// Clocks left of the keeper's operation.
    keeper: Option<(u32, u64, u64, u64, u64)>,
    fault: bool,
    /// There is a counter outside.
    counted: bool,
    /// By how much the epoch goes up.
    step: u32,
    /// SAs below this index have traffic.
    busy_below: usize,
    stage: [u32; 32],
    commit: Option<(u32, u64, bool, u64)>,
    granted: bool,
    /// Words on their way over the table bus: direction, index, word, data.
    bus: VecDeque<(u64, u64, u64, u32)>,
    host_stage: [u32; 32],
    pub(super) service: Option<(Service, u64)>,
    /// Clocks until what the recorder has agreed to changes the tables; until then the SA before is in use.
    pub(super) changing: Option<(u32, Service, u64)>,
    /// Above every number that was delivered, by key.
    pub(super) delivered: HashMap<u32, u64>,
    answered: Option<bool>,
    parameters: [[u32; 16]; 32],
    pub(super) tables: [[Option<Entry>; 32]; 2],
    pub(super) used: HashSet<(u32, u64)>,
    pub(super) quarantine: u32,
    enabled: bool,
    pub(super) events: Vec<(u32, u32)>,
    /// Answers that come two clocks late.
    late: [[u32; 3]; 3],
    busy_traffic: u32,
    pub(super) traffic: bool,
    random: StdRng,
    pub(super) cycles: u64,
    /// The greatest index that the recorder has looked at.
    pub(super) furthest: u64,
}

/// What of an SA's words goes over the table bus, as far as somebody listens.
fn write_table(bus: &mut VecDeque<(u64, u64, u64, u32)>, inbound: bool, index: u64, words: &[u32; 32]) {
    for word in [0, 1, sa::SEQUENCE, sa::SEQUENCE + 1, sa::LIMIT, sa::LIMIT + 1, 0] {
        bus.push_back((inbound as u64, index, word as u64, words[word]));
    }
}

/// The SA on the host's stage.
fn staged(words: &[u32; 32], parameters: &[u32; pair::WORDS]) -> Entry {
    Entry {
        key: words[sa::KEY],
        next: (words[sa::SEQUENCE + 1] as u64) << 32 | words[sa::SEQUENCE] as u64,
        limit: 0,
        esn: words[sa::FLAGS] & sa::flags::ESN != 0,
        exponent: parameters[pair::CONTROL] >> pair::INTERVAL_SHIFT & 31,
    }
}

impl World {
    pub(super) fn dut(&mut self) -> &mut Recorder {
        match &mut self.sim {
            Sim::Checked(bench) => &mut bench.dut,
            Sim::Plain(dut) => dut,
        }
    }

    pub(super) fn start(&mut self, checked: Option<&str>) {
        self.sim = match checked {
            Some(name) => Sim::Checked(Box::new(Bench::new(name, Recorder::default(), |d| &mut d.clock))),
            None => {
                let mut dut = Box::new(Recorder::default());
                dut.connect_all();
                Sim::Plain(dut)
            }
        };
        self.keeper = None;
        self.commit = None;
        self.granted = false;
        self.bus.clear();
        self.service = None;
        self.changing = None;
        self.fault = false;
        self.tables = [[None; 32]; 2];
        self.parameters = [[0; 16]; 32];
        self.quarantine = 0;
        self.enabled = false;
        self.generation = 0;
        self.busy_traffic = 0;
        self.furthest = 0;
        let counted = self.counted;
        let dut = self.dut();
        dut.counted.next = counted;
        dut.reset.next = true;
        dut.key_valid.next = true;
        self.edge();
        self.dut().reset.next = false;
    }

    pub(super) fn new(seed: u64, checked: Option<&str>) -> Self {
        println!("seed {seed:#x}");
        let mut this = Self {
            sim: Sim::Plain(Box::default()),
            nvram: Nvram { slots: HashMap::new(), epoch: 1 },
            generation: 0,
            buffer: [0; 64],
            keeper: None,
            fault: false,
            counted: false,
            step: 1,
            busy_below: 32,
            stage: [0; 32],
            commit: None,
            granted: false,
            bus: VecDeque::new(),
            host_stage: [0; 32],
            service: None,
            changing: None,
            delivered: HashMap::new(),
            answered: None,
            parameters: [[0; 16]; 32],
            tables: [[None; 32]; 2],
            used: HashSet::new(),
            quarantine: 0,
            enabled: false,
            events: vec![],
            late: [[0; 3]; 3],
            busy_traffic: 0,
            traffic: false,
            random: StdRng::seed_from_u64(seed),
            cycles: 0,
            furthest: 0,
        };
        this.start(checked);
        this
    }

    fn edge(&mut self) {
        match &mut self.sim {
            Sim::Checked(bench) => bench.cycle(),
            Sim::Plain(dut) => {
                for level in [true, false] {
                    dut.clock.next = level.into();
                    assert!(simulate(dut.as_mut(), 100));
                }
            }
        }
    }

    fn settle(&mut self) {
        match &mut self.sim {
            Sim::Checked(bench) => bench.settle(),
            Sim::Plain(dut) => assert!(simulate(dut.as_mut(), 100)),
        }
    }

    pub(super) fn cycle(&mut self) {
        self.cycles += 1;
        self.settle();
        let locked = self.locked();
        let dut = match &mut self.sim {
            Sim::Checked(bench) => &mut bench.dut,
            Sim::Plain(dut) => dut,
        };
        let bits = |b: Bits<32>| b.to_u64() as u32;
        // What it asks for.
        let (k_start, k_op, k_kind, k_place, k_slot) = (
            dut.k_start.val(),
            dut.k_operation.val().to_u64(),
            dut.k_kind.val() as u64,
            dut.k_place.val().to_u64(),
            dut.k_slot.val() as u64,
        );
        if dut.k_buffer_write.val() {
            assert!(self.keeper.is_none(), "the buffer is the keeper's while it works");
            self.buffer[dut.k_buffer_address.val().index()] = bits(dut.k_buffer_data.val());
        }
        let asked = [
            self.buffer[dut.k_buffer_address.val().index()],
            self.host_stage[dut.r_word.val().index()],
            self.parameters[dut.p_index.val().index()][dut.p_word.val().index()],
        ];
        if dut.c_write.val() && self.granted {
            self.stage[dut.c_word.val().index()] = bits(dut.c_data.val());
        }
        let (c_want, c_start) = (dut.c_want.val(), dut.c_start.val());
        let request = (dut.c_operation.val().to_u64(), dut.c_inbound.val(), dut.c_index.val().to_u64());
        let (r_done, r_ok) = (dut.r_done.val(), dut.r_ok.val());
        let q_index = dut.q_index.val().to_u64();
        if dut.q_set.val() {
            self.quarantine |= 1 << q_index;
        }
        if dut.q_clear.val() {
            self.quarantine &= !(1 << q_index);
        }
        self.enabled |= dut.enable_set.val();
        // What is set here is what the coming edge sees.
        if dut.e_valid.val() && self.cycles % 3 == 0 {
            self.events.push((bits(dut.e_head.val()), bits(dut.e_detail.val())));
        }
        let (hold, may_wait) = (dut.hold_all.val(), dut.may_wait.val());
        dut.e_ready.next = self.cycles % 3 == 0;
        dut.held_all.next = hold;
        dut.quarantine.next = (self.quarantine as u64).into();
        dut.used.next = false;
        dut.starving.next = false;
        dut.seen.next = false;
        dut.k_done.next = false;
        dut.c_done.next = false;
        dut.k_fault.next = self.fault;
        dut.quarantine.next = (self.quarantine as u64).into();
        let told = self.bus.pop_front();
        let (direction, index, word, data) = told.unwrap_or_default();
        dut.table_write.next = told.is_some();
        dut.table_select.next = direction.into();
        dut.table_index.next = index.into();
        dut.table_word.next = word.into();
        dut.table_data.next = (data as u64).into();

        // Traffic: at most one number per direction in sixteen clocks.
        if self.busy_traffic > 0 {
            self.busy_traffic -= 1;
        } else if self.traffic && !hold && self.random.gen_bool(0.7) {
            self.busy_traffic = 16;
            let index = self.random.gen_range(0..self.busy_below);
            // Commit has the lock of the tables while it works on them.
            if !locked {
                if let Some(entry) = &mut self.tables[0][index] {
                    if entry.next < entry.limit {
                        assert!(self.used.insert((entry.key, entry.next)), "number {:#x} of key {:#x} used twice", entry.next, entry.key);
                        dut.used.next = true;
                        dut.used_index.next = (index as u64).into();
                        dut.used_high.next = (entry.next >> 32).into();
                        dut.used_low.next = (entry.next & 0xffff_ffff).into();
                        entry.next += 1;
                    } else if may_wait && (entry.esn || entry.limit >> 32 == 0) {
                        dut.starving.next = true;
                        dut.starving_index.next = (index as u64).into();
                    }
                }
                let index = self.random.gen_range(0..self.busy_below);
                if let Some(entry) = self.tables[1][index].as_mut().filter(|_| self.quarantine >> index & 1 == 0) {
                    entry.next += self.random.gen_range(1..4);
                    self.delivered.insert(entry.key, entry.next);
                    dut.seen.next = true;
                    dut.seen_index.next = (index as u64).into();
                    dut.seen_high.next = (entry.next >> 32).into();
                    dut.seen_low.next = (entry.next & 0xffff_ffff).into();
                }
            }
        }

        // The keeper.
        if k_start {
            assert!(self.keeper.is_none());
            self.furthest = self.furthest.max(k_place % 32);
            self.keeper = Some((self.random.gen_range(3..12), k_op, k_kind, k_place, k_slot));
            if matches!(k_op, 1 | 2) {
                self.nvram.slots.insert((k_place, k_kind, k_slot), Slot::Torn);
            }
        } else if let Some((left, op, kind, place, slot)) = &mut self.keeper {
            assert_eq!((*op, *kind, *place, *slot), (k_op, k_kind, k_place, k_slot), "operands are held");
            *left -= 1;
            if *left == 0 {
                let (op, kind, place, slot) = (*op, *kind, *place, *slot);
                self.keeper = None;
                let mut ok = !self.fault;
                let mut blank = false;
                match op {
                    0 => match self.nvram.slot(place, kind, slot) {
                        Slot::Good(words) if ok => self.buffer[..words.len()].copy_from_slice(&words),
                        other => {
                            ok = false;
                            blank = other == Slot::Blank;
                            self.buffer = std::array::from_fn(|_| self.random.gen());
                        }
                    },
                    1 if ok => {
                        self.buffer[0] = self.nvram.epoch;
                        self.buffer[1] = self.generation as u32;
                        self.generation += 1;
                        let length = if kind == 1 { 45 } else { 8 };
                        self.nvram.slots.insert((place, kind, slot), Slot::Good(self.buffer[..length].to_vec()));
                        if kind == 1 {
                            self.buffer[5..45].fill(0xeeee_eeee);
                        }
                    }
                    2 if ok => {
                        self.nvram.slots.insert((place, kind, slot), Slot::Blank);
                    }
                    3 => {
                        ok &= self.nvram.epoch != 0;
                        if ok {
                            self.nvram.epoch += self.step;
                            self.generation = 1;
                        }
                    }
                    4 => {
                        self.nvram.slots.clear();
                        self.nvram.epoch = 1;
                        self.generation = 1;
                    }
                    5 => self.buffer.fill(0),
                    _ => {}
                }
                dut.k_done.next = true;
                dut.k_ok.next = ok;
                dut.k_blank.next = blank;
            }
        }
        dut.k_generation_high.next = (self.nvram.epoch as u64).into();
        dut.k_generation_low.next = self.generation.into();

        // Commit, at the client's wish.
        if let Some((left, operation, inbound, index)) = &mut self.commit {
            *left -= 1;
            // The SA is in use again; then the stage is cleared.
            if *left == SCRUB {
                let (operation, direction, index) = (*operation as u32, *inbound as usize, *index as usize);
                let number = |at: usize| (self.stage[at + 1] as u64) << 32 | self.stage[at] as u64;
                match operation {
                    map::commit::WRITE_RESYNC => self.parameters[index] = self.stage[..16].try_into().unwrap(),
                    map::commit::INSTALL_SA => {
                        assert!(self.tables[direction][index].is_none());
                        assert!(self.stage[sa::FLAGS] & sa::flags::RECORDED != 0);
                        let entry = Entry {
                            key: self.stage[sa::KEY],
                            next: number(sa::SEQUENCE),
                            limit: number(sa::LIMIT),
                            esn: self.stage[sa::FLAGS] & sa::flags::ESN != 0,
                            exponent: self.parameters[index][0] >> 16 & 31,
                        };
                        assert_eq!(entry.limit == 0, direction == 1);
                        if direction == 1 {
                            let delivered = self.delivered.get(&entry.key).copied().unwrap_or(0).max(entry.next);
                            assert!(
                                self.quarantine >> index & 1 == 1 || entry.next >= delivered,
                                "{:#x} of key {:#x} may be delivered again: {delivered:#x} was",
                                entry.next,
                                entry.key
                            );
                        }
                        self.tables[direction][index] = Some(entry);
                    }
                    n if n as u64 == SET_LIMIT => {
                        if let Some(entry) = &mut self.tables[0][index] {
                            entry.limit = number(sa::LIMIT);
                        }
                    }
                    _ => {}
                }
            }
            if *left == 0 {
                let refused = *operation == 7;
                self.commit = None;
                self.stage.fill(0);
                dut.c_done.next = true;
                dut.c_refused.next = refused;
            }
        } else if c_start && self.granted && !dut.c_done.val() {
            self.commit = Some((self.random.gen_range(12..20) + SCRUB, request.0, request.1, request.2));
            if request.0 as u32 == map::commit::INSTALL_SA {
                write_table(&mut self.bus, request.1, request.2, &self.stage);
            }
        }
        // What the recorder itself commits goes before what the host waits for: commit takes its request back meanwhile.
        self.granted = c_want && self.changing.is_none() && (self.granted || self.random.gen_bool(0.3));
        dut.c_grant.next = self.granted;

        // Its service to the host.
        if r_done {
            self.answered = Some(r_ok);
            if let Some((service, place)) = self.service.take().filter(|(service, _)| r_ok || *service == Service::Delete) {
                self.changing = Some((self.random.gen_range(12..80) + SCRUB, service, place));
            }
        }
        if let Some((left, service, place)) = &mut self.changing {
            *left -= 1;
            let (left, service, direction, index) = (*left, *service, *place as usize / 32, *place as usize % 32);
            if left == SCRUB + 10 {
                let stage = if service == Service::Install { self.host_stage } else { [0; 32] };
                write_table(&mut self.bus, direction == 1, index as u64, &stage);
                self.tables[direction][index] = None;
            }
            if left == SCRUB && service == Service::Install {
                self.tables[direction][index] = Some(staged(&self.host_stage, &self.parameters[index]));
            }
            if left == 0 {
                self.changing = None;
            }
        }
        let (install, delete, place) = match self.service.filter(|_| !c_want) {
            Some((Service::Install, place)) => (true, false, place),
            Some((Service::Delete, place)) => (false, true, place),
            None => (false, false, 0),
        };
        dut.r_install.next = install;
        dut.r_delete.next = delete;
        dut.r_inbound.next = place >= 32;
        dut.r_index.next = (place % 32).into();

        self.edge();
        for (line, asked) in self.late.iter_mut().zip(asked) {
            line[0] = line[1];
            line[1] = asked;
        }
        let late = self.late;
        let dut = self.dut();
        dut.k_buffer_word.next = (late[0][0] as u64).into();
        dut.r_data.next = (late[1][0] as u64).into();
        dut.p_data.next = (late[2][0] as u64).into();
    }

    /// Commit keeps both directions from the tables.
    fn locked(&self) -> bool {
        let changes = self.changing.is_some_and(|(left, ..)| (SCRUB..SCRUB + 20).contains(&left));
        changes || self.commit.is_some_and(|(left, ..)| left >= SCRUB)
    }

    /// An ACK came: the window edge is `next`, and the quarantine ends.
    pub(super) fn resynchronise(&mut self, index: usize, next: u64) {
        while self.commit.is_some() || self.granted || self.changing.is_some() || !self.bus.is_empty() {
            self.cycle();
        }
        let (traffic, wants) = (self.traffic, self.dut().c_want.val());
        assert!(!wants || !self.granted);
        self.traffic = false;
        for _ in 0..9 {
            self.cycle();
        }
        if let Some(entry) = &mut self.tables[1][index] {
            entry.next = next;
            let key = entry.key;
            self.delivered.insert(key, next);
            self.bus.push_back((1, index as u64, sa::SEQUENCE as u64, next as u32));
            self.bus.push_back((1, index as u64, sa::SEQUENCE as u64 + 1, (next >> 32) as u32));
            for _ in 0..9 {
                self.cycle();
            }
            self.quarantine &= !(1 << index);
        }
        self.traffic = traffic;
    }

    pub(super) fn status(&mut self) -> u64 {
        self.settle();
        self.dut().status.val().to_u64()
    }

    pub(super) fn until_restored(&mut self) {
        for _ in 0..40_000 {
            self.cycle();
            if self.status() & 1 == 0 {
                return;
            }
        }
        panic!("restoring for ever");
    }

    fn serve(&mut self, service: Service, place: u64) -> bool {
        self.answered = None;
        self.service = Some((service, place));
        for _ in 0..5000 {
            self.cycle();
            if let Some(ok) = self.answered {
                return ok;
            }
        }
        panic!("no answer to {service:?} of place {place}");
    }

    /// Puts an SA on the host's stage.
    pub(super) fn put_on_stage(&mut self, place: u64, entry: Entry) {
        self.host_stage.fill(0);
        self.host_stage[sa::FLAGS] = sa::flags::RECORDED | if entry.esn { sa::flags::ESN } else { 0 };
        self.host_stage[sa::KEY] = entry.key;
        self.host_stage[sa::SEQUENCE] = entry.next as u32;
        self.host_stage[sa::SEQUENCE + 1] = (entry.next >> 32) as u32;
        // They are the pair's: with the other half in the tables commit would not take others.
        let (direction, index) = (place as usize / 32, place as usize % 32);
        let exponent = self.tables[1 - direction][index].map_or(entry.exponent, |other| other.exponent);
        self.parameters[index] = [0; pair::WORDS];
        self.parameters[index][0] = exponent << 16 | 51847;
    }

    /// What the host does for an SA.
    pub(super) fn install(&mut self, place: u64, entry: Entry) -> bool {
        self.put_on_stage(place, entry);
        self.request(Service::Install, place)
    }

    /// A request of the host, to its end.
    pub(super) fn request(&mut self, service: Service, place: u64) -> bool {
        let ok = self.serve(service, place);
        while self.changing.is_some() || self.dut().c_want.val() {
            self.cycle();
        }
        ok
    }

    /// Everything that should be in the tables after the cut, by place.
    fn expected(&self) -> Vec<(u64, Entry)> {
        let entry = |place: u64| self.tables[place as usize / 32][place as usize % 32].map(|e| (place, e));
        (0..64).filter_map(entry).collect()
    }

    pub(super) fn command(&mut self, operation: u32) {
        self.dut().command.next = true;
        self.dut().command_operation.next = (operation as u64).into();
        self.cycle();
        self.dut().command.next = false;
        self.until_restored();
    }

    pub(super) fn run(&mut self, cycles: u32) {
        self.traffic = true;
        for _ in 0..cycles {
            self.cycle();
        }
    }

    pub(super) fn fresh(&mut self) -> Entry {
        let esn = self.random.gen_bool(0.8);
        let next = match self.random.gen_range(0..4) {
            0 => 1,
            1 => 0xffff_ffc0,
            2 if esn => 0x1_ffff_fff0,
            _ => self.random.gen_range(1..1 << 31),
        };
        Entry { key: self.random.gen(), next, limit: 0, esn, exponent: self.random.gen_range(4..7) }
    }
}

/// After a cut: all SAs are back, above what they used and not too far; inbound ones in quarantine.
fn check_back(world: &World, before: &[(u64, Entry)], orderly: bool, lost: bool) {
    for (place, old) in before {
        let (direction, index) = (*place as usize / 32, *place as usize % 32);
        let new = world.tables[direction][index].unwrap_or_else(|| panic!("place {place} is not back: {:x?}", world.events));
        assert_eq!((new.key, new.esn, new.exponent), (old.key, old.esn, old.exponent));
        if direction == 0 {
            assert!(new.next >= old.next, "place {place}: {:#x} after {:#x}", new.next, old.next);
            let most = (2 + lost as u64) << old.exponent;
            assert!(new.next - old.next <= most, "place {place}: {} skipped", new.next - old.next);
            if orderly {
                assert_eq!(new.next, old.next);
            }
            assert!(new.limit > new.next || (!new.esn && new.limit == 1 << 32));
            assert!(new.esn || (new.limit <= 1 << 32 && new.next <= new.limit));
        } else {
            assert!(new.next <= old.next, "an edge above what was seen");
            assert_eq!(world.quarantine >> index & 1 == 0, orderly, "place {place}");
            if orderly {
                assert_eq!(new.next, old.next);
            }
        }
    }
    assert_eq!(world.expected().len(), before.len(), "an SA came back that was gone");
    assert_eq!(world.enabled, !before.is_empty());
}

fn populate(world: &mut World, places: &[u64]) {
    for place in places {
        let entry = world.fresh();
        assert!(world.install(*place, entry));
    }
}

#[test]
fn sas_come_back_above_every_number_used() {
    let mut world = World::new(0x5eed_0001, Some("recorder"));
    world.until_restored();
    assert_eq!(world.status(), 0);
    populate(&mut world, &[0, 32, 5, 37]);
    world.run(4000);
    let before = world.expected();
    assert!(before.iter().all(|(_, e)| e.limit != 0 || e.next > 0));
    if let Sim::Checked(bench) = std::mem::replace(&mut world.sim, Sim::Plain(Box::default())) {
        bench.finish();
    }
    world.start(None);
    world.traffic = false;
    world.until_restored();
    check_back(&world, &before, false, false);
}

#[test]
fn a_cut_at_any_moment_repeats_no_number() {
    for seed in rounds(2, 12) {
        let mut world = World::new(0xc07_0000 + seed, None);
        world.until_restored();
        populate(&mut world, &[1, 33, 2, 34, 31]);
        for cut in 0..60 {
            // Long enough for several limits, or cut while restoring.
            let cycles = if cut % 4 == 3 { world.random.gen_range(1..9000) } else { world.random.gen_range(9000..16000) };
            world.run(cycles);
            let before = world.expected();
            let restored = world.status() & 1 == 0;
            world.start(None);
            if cut % 2 == 0 {
                world.traffic = false;
                world.until_restored();
                if restored {
                    check_back(&world, &before, false, true);
                }
            }
        }
        world.run(9000);
        assert_eq!(world.expected().len(), 5, "all came back in the end");
        assert!(world.used.len() > 2000, "{} numbers", world.used.len());
    }
}

#[test]
fn one_lost_slot_never_leads_back() {
    let mut world = World::new(0x1057, None);
    world.until_restored();
    populate(&mut world, &[0, 32, 3, 35]);
    for _ in rounds(24, 120) {
        let cycles = world.random.gen_range(9000..14000);
        world.run(cycles);
        let before = world.expected();
        // One of the four slots of each place is destroyed.
        for place in [0, 32, 3, 35] {
            let (kind, slot) = (world.random.gen_range(0..2u64), world.random.gen_range(0..2u64));
            world.nvram.slots.insert((place, kind, slot), Slot::Torn);
        }
        world.start(None);
        world.traffic = false;
        world.until_restored();
        check_back(&world, &before, false, true);
    }
}

#[test]
fn an_orderly_suspend_skips_nothing_and_only_once() {
    let mut world = World::new(0x0de7, None);
    world.until_restored();
    populate(&mut world, &[7, 39, 8, 40]);
    for round in 0..12 {
        world.run(9000);
        world.command(map::resync_command::SUSPEND);
        assert_eq!(world.status(), map::resync_status::SUSPENDED as u64);
        let before = world.expected();
        if round % 3 == 0 {
            world.command(map::resync_command::RESUME);
            assert_eq!(world.status(), 0);
            world.run(3000);
            let before = world.expected();
            // The newest records are lost: the orderly ones of before must not count any more.
            for place in [7u64, 39, 8, 40] {
                let generation = |slot| match world.nvram.slot(place, 0, slot) {
                    Slot::Good(words) => (words[0], words[1]),
                    _ => (0, 0),
                };
                let newest = (generation(1) > generation(0)) as u64;
                world.nvram.slots.insert((place, 0, newest), Slot::Torn);
            }
            world.start(None);
            world.traffic = false;
            world.until_restored();
            check_back(&world, &before, false, true);
        } else {
            world.start(None);
            world.traffic = false;
            world.until_restored();
            check_back(&world, &before, true, false);
        }
        world.quarantine = 0;
    }
}

#[test]
fn a_suspend_in_quarantine_does_not_end_it() {
    let mut world = World::new(0x9a7a, None);
    world.until_restored();
    populate(&mut world, &[7, 39]);
    world.run(3000);
    world.start(None);
    world.traffic = false;
    world.until_restored();
    assert_eq!(world.quarantine, 1 << 7);
    world.command(map::resync_command::SUSPEND);
    let before = world.expected();
    world.start(None);
    world.until_restored();
    assert_eq!(world.quarantine, 1 << 7, "what came while it was away is still unknown");
    assert_eq!(world.tables[0][7].unwrap().next, before[0].1.next, "the outbound one skips nothing");
}

/// The answer to a request that came just before a suspend may be committed when the device is still already.
#[test]
fn an_edge_that_moves_while_suspended_stays_moved() {
    let mut world = World::new(0x57a1, None);
    world.until_restored();
    populate(&mut world, &[7, 39]);
    world.run(3000);
    world.start(None);
    world.traffic = false;
    world.until_restored();
    assert_eq!(world.quarantine, 1 << 7);
    world.command(map::resync_command::SUSPEND);
    let edge = world.tables[1][7].unwrap().next + 300;
    world.resynchronise(7, edge);
    assert_eq!(world.quarantine, 0);
    world.command(map::resync_command::RESUME);
    world.command(map::resync_command::SUSPEND);
    let before = world.expected();
    world.start(None);
    world.until_restored();
    check_back(&world, &before, true, false);
}

#[test]
fn what_is_deleted_or_replaced_or_damaged_does_not_come_back() {
    let mut world = World::new(0xde1e7e, None);
    world.until_restored();
    populate(&mut world, &[0, 32, 9, 41]);
    world.run(3000);
    // Replaced: the new one counts, and no number of the old one is used again.
    let entry = world.fresh();
    assert!(world.install(9, entry));
    world.run(6000);
    assert!(world.request(Service::Delete, 0));
    assert!(world.tables[0][0].is_none());
    let before = world.expected();
    world.start(None);
    world.traffic = false;
    world.until_restored();
    check_back(&world, &before, false, false);
    assert_eq!(world.tables[0][9].unwrap().key, entry.key);
    // A cut in the middle of replacing: the old one or the new one.
    for cut in (10..400).step_by(7) {
        world.quarantine = 0;
        world.run(500);
        let old = world.tables[0][9].unwrap();
        let new = world.fresh();
        world.traffic = false;
        world.put_on_stage(9, new);
        world.service = Some((Service::Install, 9));
        for _ in 0..cut {
            world.cycle();
        }
        world.start(None);
        world.until_restored();
        let back = world.tables[0][9].unwrap_or_else(|| {
            panic!("cut {cut}: neither; {:x?}, {:?}", world.events, world.nvram.slots.iter().filter(|(k, _)| k.0 == 9).collect::<Vec<_>>())
        });
        assert!(back.key == new.key || (back.key == old.key && back.next >= old.next), "{back:x?}");
    }
    // All slots of a place are damaged: refused and told, the others come.
    for kind in 0..2 {
        for slot in 0..2 {
            world.nvram.slots.insert((41, kind, slot), Slot::Torn);
        }
    }
    world.events.clear();
    world.start(None);
    world.until_restored();
    assert!(world.tables[1][9].is_none() && world.tables[0][9].is_some() && world.tables[1][0].is_some());
    assert!(
        world.events.iter().any(|(head, detail)| head & 0xff == EventCode::RecordRefused as u32 && *detail == 41),
        "{:x?}",
        world.events
    );
}

#[test]
fn without_a_working_nvram_nothing_is_recorded_and_nothing_wedges() {
    let mut world = World::new(0xfa017, None);
    world.until_restored();
    populate(&mut world, &[4, 36]);
    world.run(2000);
    world.fault = true;
    world.run(3000);
    let entry = world.fresh();
    assert!(!world.install(6, entry));
    assert_eq!(world.status() & 2, 2);
    assert!(world.events.iter().any(|(head, _)| head & 0xff == EventCode::NvramFault as u32), "{:x?}", world.events);
    assert!(!world.dut().may_wait.val());
    let used = world.used.len();
    world.run(5000);
    assert!(world.used.len() < used + 200, "up to the limit and no further");

    // Exact records that cannot be replaced: a resume leaves everything still, for ever, whether the NVRAM fails before it or during it.
    for moment in [0, 25, 60, 100] {
        world.start(None);
        world.until_restored();
        world.command(map::resync_command::SUSPEND);
        let used = world.used.len();
        world.dut().command.next = true;
        world.dut().command_operation.next = (map::resync_command::RESUME as u64).into();
        world.fault = moment == 0;
        world.cycle();
        world.dut().command.next = false;
        world.run(moment);
        world.fault = true;
        world.until_restored();
        world.run(500);
        assert_eq!(world.status() & map::resync_status::SUSPENDED as u64, map::resync_status::SUSPENDED as u64, "{moment}");
        assert_eq!(world.used.len(), used, "{moment}");
        world.command(map::resync_command::RESUME);
        assert_eq!(world.status() & map::resync_status::SUSPENDED as u64, map::resync_status::SUSPENDED as u64, "{moment}");
    }

    // Not formatted: refused, until it is.
    world.nvram = Nvram { slots: HashMap::new(), epoch: 0 };
    world.start(None);
    world.traffic = false;
    world.until_restored();
    assert_eq!(world.status(), map::resync_status::UNFORMATTED as u64);
    assert!(!world.install(6, entry));
    world.command(map::resync_command::FORMAT);
    assert_eq!(world.status(), 0);
    assert!(world.install(6, entry));
    // With something recorded, a format is not for now.
    world.command(map::resync_command::FORMAT);
    assert!(world.nvram.slots.values().any(|s| matches!(s, Slot::Good(_))));

    // No device key.
    world.start(None);
    world.dut().key_valid.next = false;
    world.run(100);
    assert_eq!(world.status(), map::resync_status::NO_KEY as u64);
    assert!(!world.install(6, entry));
}

/// Who has the NVRAM in his hands puts back at every outage what he likes of what it ever held: all of it, or slot by slot. SAs that he breaks are installed anew, under other keys.
fn rewound(seed: u64, counted: bool) -> World {
    let mut world = World::new(seed, None);
    world.counted = counted;
    world.start(None);
    world.until_restored();
    world.busy_below = 4;
    let places = [1, 33, 2, 34, 3, 35];
    populate(&mut world, &places);
    let mut images = vec![world.nvram.slots.clone()];
    for cut in 0..40 {
        for _ in 0..world.random.gen_range(1..4) {
            let cycles = world.random.gen_range(500..5000);
            world.run(cycles);
            images.push(world.nvram.slots.clone());
        }
        if cut % 5 == 1 {
            world.command(map::resync_command::SUSPEND);
            images.push(world.nvram.slots.clone());
            if cut % 2 == 0 {
                world.command(map::resync_command::RESUME);
                images.push(world.nvram.slots.clone());
                world.run(3000);
            }
        }
        let old = |random: &mut StdRng| random.gen_range(0..images.len());
        match cut % 4 {
            // Nobody was there.
            0 => {}
            1 => world.nvram.slots = images[old(&mut world.random)].clone(),
            2 => {
                // Slot by slot from two moments.
                let (a, b) = (old(&mut world.random), old(&mut world.random));
                world.nvram.slots = images[a].clone();
                for (at, slot) in &images[b] {
                    if world.random.gen() {
                        world.nvram.slots.insert(*at, slot.clone());
                    }
                }
            }
            _ => {
                // From any moment, or nothing there.
                let all: Vec<_> = world.nvram.slots.keys().copied().collect();
                for at in all {
                    let image = old(&mut world.random);
                    let slot = images[image].get(&at).cloned().unwrap_or(Slot::Blank);
                    let slot = if world.random.gen_bool(0.1) { Slot::Torn } else { slot };
                    world.nvram.slots.insert(at, slot);
                }
            }
        }
        world.start(None);
        world.traffic = world.random.gen();
        world.until_restored();
        for place in places {
            if world.tables[place as usize / 32][place as usize % 32].is_none() {
                populate(&mut world, &[place]);
            }
        }
        images.push(world.nvram.slots.clone());
    }
    world
}

#[test]
fn with_a_counter_no_rewound_record_repeats_a_number() {
    for seed in rounds(2, 8) {
        let world = rewound(0xc0_047e + seed, true);
        assert!(world.used.len() > 2000, "{} numbers", world.used.len());
    }
}

/// The same without one: so the test above can fail.
#[test]
#[should_panic(expected = "used twice")]
fn without_a_counter_it_does() {
    rewound(0xc0_047e, false);
}

/// Nobody was there, but the counter counts: SAs come back where the counter says, all their outages on one line; inbound ones without quarantine after a suspend.
#[test]
fn with_a_counter_the_numbers_follow_it() {
    let mut world = World::new(0xc0_04ff, Some("recorder_counted"));
    world.counted = true;
    world.dut().counted.next = true;
    world.busy_below = 9;
    world.until_restored();
    populate(&mut world, &[7, 39, 8, 40]);
    world.run(3000);
    if let Sim::Checked(bench) = std::mem::replace(&mut world.sim, Sim::Plain(Box::default())) {
        bench.finish();
    }
    let mut lines: HashMap<u32, u64> = HashMap::new();
    for round in 0..16 {
        let orderly = round % 3 == 2;
        if orderly {
            world.command(map::resync_command::SUSPEND);
            if round % 2 == 0 {
                world.command(map::resync_command::RESUME);
                world.run(500);
                world.command(map::resync_command::SUSPEND);
            }
        }
        let (before, epoch) = (world.expected(), world.nvram.epoch);
        world.start(None);
        world.traffic = false;
        world.until_restored();
        assert_eq!(world.nvram.epoch, epoch + 1);
        for (place, old) in before {
            let new = world.tables[place as usize / 32][place as usize % 32].expect("back");
            if place < 32 {
                assert!(new.next >= old.next && new.limit == new.next + (1 << old.exponent), "{old:x?} {new:x?}");
                let line = new.next.wrapping_sub(u64::from(epoch) << old.exponent);
                assert_eq!(*lines.entry(old.key).or_insert(line), line, "round {round}: {new:x?}");
            } else {
                assert_eq!(world.quarantine >> (place - 32) & 1 == 0, orderly, "round {round}");
                assert!(!orderly || new.next == old.next);
            }
        }
        world.quarantine = 0;
        // One of them alone is busy.
        let quiet = world.tables[0][8].take();
        world.run(30_000);
        assert!(world.nvram.epoch > epoch + 2);
        world.tables[0][8] = quiet;
    }
    // A counter that jumps in the middle of a session: a limit of that epoch, not of some bits of it.
    world.step = 70_000;
    let (old, epoch) = (world.tables[0][7].expect("there"), world.nvram.epoch);
    while world.nvram.epoch == epoch {
        world.run(100);
    }
    world.step = 1;
    while world.tables[0][7].expect("there").limit == old.limit {
        world.run(1000);
    }
    let new = world.tables[0][7].expect("there");
    assert_eq!(new.limit.wrapping_sub(u64::from(world.nvram.epoch) << new.exponent), lines[&new.key], "{new:x?}");
    // No new epoch: the exact edges stay in force, and so does the suspension.
    world.command(map::resync_command::SUSPEND);
    let used = world.used.len();
    world.nvram.epoch = 0;
    world.command(map::resync_command::RESUME);
    world.run(1000);
    assert_eq!(world.status(), (map::resync_status::SUSPENDED | map::resync_status::UNFORMATTED) as u64);
    assert_eq!(world.used.len(), used);
}
