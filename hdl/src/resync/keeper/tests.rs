//! The keeper with the real cipher and a memory that is slow, stops, or loses power, against records made by the golden model's GCM.
use super::*;
use crate::check::Bench;
use crate::gcm::Gcm;
use holdfast_model::gcm as model;

/// Keeper and cipher, wired as the outbound direction does it.
#[derive(LogicBlock, Ports)]
struct Bed {
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
    pub generation_high: Signal<Out, Bits<32>>,
    pub generation_low: Signal<Out, Bits<32>>,
    pub buffer_write: Signal<In, Bit>,
    pub buffer_address: Signal<In, Bits<6>>,
    pub buffer_data: Signal<In, Bits<32>>,
    pub buffer_word: Signal<Out, Bits<32>>,
    pub lock: Signal<Out, Bit>,
    pub locked: Signal<In, Bit>,
    pub lease: Signal<Out, Bit>,
    pub key: [Signal<In, Bits<32>>; 8],
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
    keeper: Settle<Keeper>,
    gcm: Settle<Gcm>,
}

impl Default for Bed {
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
            key: row(),
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
            keeper: Default::default(),
            gcm: Default::default(),
        }
    }
}

impl Logic for Bed {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, keeper, gcm);
        self.keeper.reset.next = self.reset.val();
        self.gcm.reset.next = self.reset.val();
        self.keeper.start.next = self.start.val();
        self.keeper.operation.next = self.operation.val();
        self.keeper.kind.next = self.kind.val();
        self.keeper.place.next = self.place.val();
        self.keeper.slot.next = self.slot.val();
        self.busy.next = self.keeper.busy.val();
        self.done.next = self.keeper.done.val();
        self.ok.next = self.keeper.ok.val();
        self.blank.next = self.keeper.blank.val();
        self.fault.next = self.keeper.fault.val();
        self.generation_high.next = self.keeper.generation_high.val();
        self.generation_low.next = self.keeper.generation_low.val();
        self.keeper.buffer_write.next = self.buffer_write.val();
        self.keeper.buffer_address.next = self.buffer_address.val();
        self.keeper.buffer_data.next = self.buffer_data.val();
        self.buffer_word.next = self.keeper.buffer_word.val();
        self.lock.next = self.keeper.lock.val();
        self.lease.next = self.keeper.lease.val();
        self.keeper.locked.next = self.locked.val();
        for i in 0..8 {
            self.keeper.device_key[i].next = self.key[i].val();
        }
        self.keeper.key_valid.next = self.key_valid.val();
        self.nv_request.next = self.keeper.nv_request.val();
        self.nv_write.next = self.keeper.nv_write.val();
        self.nv_address.next = self.keeper.nv_address.val();
        self.nv_data.next = self.keeper.nv_data.val();
        self.keeper.nv_ack.next = self.nv_ack.val();
        self.keeper.nv_answer.next = self.nv_answer.val();
        self.keeper.nv_idle.next = self.nv_idle.val();
        self.keeper.nv_fault.next = self.nv_fault.val();
        self.keeper.counter_present.next = self.counter_present.val();
        self.counter_raise.next = self.keeper.counter_raise.val();
        self.keeper.counter_done.next = self.counter_done.val();
        self.keeper.counter_value.next = self.counter_value.val();

        self.gcm.wipe.next = self.locked.val() & !self.keeper.lease.val();
        self.gcm.job_aes256.next = true;
        self.gcm.in_bytes.next = 4.into();
        self.gcm.key_write.next = self.keeper.key_write.val();
        self.gcm.key_index.next = self.keeper.key_index.val();
        self.gcm.key_word.next = self.keeper.key_word.val();
        for i in 0..3 {
            self.gcm.job_nonce[i].next = self.keeper.job_nonce[i].val();
        }
        self.gcm.job_blocks.next = self.keeper.job_blocks.val();
        self.gcm.job_start.next = self.keeper.job_start.val();
        self.keeper.job_ready.next = self.gcm.job_ready.val();
        self.gcm.in_valid.next = self.keeper.in_valid.val();
        self.gcm.in_kind.next = self.keeper.in_kind.val();
        self.gcm.in_word.next = self.keeper.in_word.val();
        self.keeper.in_ready.next = self.gcm.in_ready.val();
        self.gcm.encrypt.next = self.keeper.encrypt.val();
        self.keeper.out_valid.next = self.gcm.out_valid.val();
        self.keeper.out_word.next = self.gcm.out_word.val();
        for i in 0..4 {
            self.keeper.tag[i].next = self.gcm.tag[i].val();
        }
        self.keeper.tag_valid.next = self.gcm.tag_valid.val();
        self.gcm.tag_take.next = self.keeper.tag_take.val();
    }
}

/// A simulation that can be clocked: with the cross-check, or faster without.
trait Clocked {
    fn bed(&mut self) -> &mut Bed;
    fn settle(&mut self);
    fn cycle(&mut self);
}

impl Clocked for Bench<Bed> {
    fn bed(&mut self) -> &mut Bed {
        &mut self.dut
    }
    fn settle(&mut self) {
        Bench::settle(self)
    }
    fn cycle(&mut self) {
        Bench::cycle(self)
    }
}

impl Clocked for Bed {
    fn bed(&mut self) -> &mut Bed {
        self
    }
    fn settle(&mut self) {
        assert!(simulate(self, 100));
    }
    fn cycle(&mut self) {
        for level in [true, false] {
            self.clock.next = level.into();
            Clocked::settle(self);
        }
    }
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 32) as u32
    }
    fn below(&mut self, n: u32) -> u32 {
        self.roll() % n
    }
    fn words<const N: usize>(&mut self) -> [u32; N] {
        std::array::from_fn(|_| self.roll())
    }
}

const READ: u64 = 0;
const WRITE: u64 = 1;
const ERASE: u64 = 2;
const OPEN: u64 = 3;
const FORMAT: u64 = 4;
const WIPE: u64 = 5;

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq)]
struct At {
    fixed: bool,
    place: u32,
    slot: u32,
}

impl At {
    fn address(&self) -> usize {
        (match self.fixed {
            true => record::STATIC + record::STATIC_PLACE * self.place + record::STATIC_SLOT * self.slot,
            false => record::DYNAMIC + record::DYNAMIC_PLACE * self.place + record::DYNAMIC_SLOT * self.slot,
        }) as usize
    }
    fn words(&self) -> usize {
        if self.fixed {
            record::STATIC_WORDS as usize
        } else {
            record::DYNAMIC_WORDS as usize
        }
    }
    fn identity(&self) -> u32 {
        256 * self.slot + self.place + if self.fixed { record::STATIC_IDENTITY } else { record::DYNAMIC_IDENTITY }
    }
    /// Words the caller gives: from, to.
    fn given(&self) -> std::ops::Range<usize> {
        if self.fixed {
            record::CONTENTS..record::STATIC_TAG
        } else {
            record::VALUE..record::DYNAMIC_TAG
        }
    }
}

fn fixed(place: u32, slot: u32) -> At {
    At { fixed: true, place, slot }
}
fn dynamic(place: u32, slot: u32) -> At {
    At { fixed: false, place, slot }
}

fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|w| w.to_be_bytes()).collect()
}
fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks(4).map(|c| u32::from_be_bytes(c.try_into().unwrap())).collect()
}

/// The record by the book: generation, born, and the plain words the caller gives.
fn sealed(key: &[u32; 8], at: At, generation: u64, born: u64, given: &[u32]) -> Vec<u32> {
    let halves = |x: u64| [(x >> 32) as u32, x as u32];
    let mut head = [halves(generation), halves(born)].concat();
    head.push(at.identity());
    let nonce: [u8; 12] = bytes(&[&[at.identity()], &halves(generation)[..]].concat()).try_into().unwrap();
    let gcm = model::Gcm::new(&model::Key::Aes256(bytes(key).try_into().unwrap()));
    let mut all = head.clone();
    if at.fixed {
        let mut text = bytes(given);
        let tag = gcm.seal(&nonce, &bytes(&head), &mut text);
        all.extend(words(&text));
        all.extend(words(&tag));
    } else {
        all.extend(given);
        let tag = gcm.seal(&nonce, &bytes(&all), &mut []);
        all.extend(&words(&tag)[..3]);
    }
    all.push(crc32fast::hash(&bytes(&all)));
    assert_eq!(all.len(), at.words());
    all
}

fn epoch_record(epoch: u32) -> [u32; 4] {
    let head = [record::EPOCH_MAGIC, epoch, 0];
    [head[0], head[1], head[2], crc32fast::hash(&bytes(&head))]
}

/// What came of an operation.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Outcome {
    ok: bool,
    blank: bool,
    clocks: u32,
}

/// The bed, a memory at its word port, and the users of the cipher.
struct Board<C: Clocked> {
    c: C,
    dice: Dice,
    key: [u32; 8],
    memory: Vec<u32>,
    /// Answers take up to this many clocks more than they must; 0 is a memory that never answers.
    latency: u32,
    /// Clocks until the power fails; a write under way then leaves a torn word.
    power: Option<u32>,
    waiting: Option<(u32, bool, usize, u32)>,
    answer: Option<u32>,
    idle: bool,
    locked: bool,
    resting: u32,
    locking: u32,
    released: u32,
    clocks: u32,
    transfers: u32,
    /// A request must follow in this very clock: the address after the one that was acknowledged.
    expects: Option<usize>,
    gaps: u32,
    /// An external counter, and by how much it goes up.
    counter: Option<u32>,
    counter_step: u32,
}

impl<C: Clocked> Board<C> {
    fn new(c: C, seed: u64) -> Self {
        println!("seed {seed}");
        let mut dice = Dice(seed);
        let key = dice.words();
        let memory = vec![0; record::NVRAM_WORDS as usize];
        let mut board = Self {
            c,
            dice,
            key,
            memory,
            latency: 3,
            power: None,
            waiting: None,
            answer: None,
            idle: true,
            locked: false,
            resting: 0,
            locking: 0,
            released: 0,
            clocks: 0,
            transfers: 0,
            expects: None,
            gaps: 0,
            counter: None,
            counter_step: 1,
        };
        board.set_key(key);
        board.reset();
        board
    }

    fn set_key(&mut self, key: [u32; 8]) {
        self.key = key;
        self.c.bed().key.iter_mut().zip(key).for_each(|(port, word)| port.next = (word as u64).into());
        self.c.bed().key_valid.next = true;
    }

    fn reset(&mut self) {
        (self.waiting, self.answer, self.resting, self.locking, self.expects, self.power) = (None, None, 0, 0, None, None);
        (self.idle, self.locked) = (true, false);
        let d = self.c.bed();
        d.reset.next = true;
        d.start.next = false;
        d.buffer_write.next = false;
        d.nv_ack.next = false;
        d.nv_idle.next = true;
        d.locked.next = false;
        for _ in 0..4 {
            self.c.cycle();
        }
        self.c.bed().reset.next = false;
    }

    /// A clock of everything. False when the power has failed. What memory and users of the cipher say follows from what they saw a clock before.
    fn clock(&mut self) -> bool {
        let answer = self.answer.take();
        let (idle, locked) = (self.idle, self.locked);
        let d = self.c.bed();
        d.nv_ack.next = answer.is_some();
        d.nv_answer.next = (answer.unwrap_or(0x5555_5555) as u64).into();
        d.nv_idle.next = idle;
        d.locked.next = locked;
        d.counter_present.next = self.counter.is_some();
        d.counter_done.next = false;
        self.c.settle();
        // The counter takes its time, too.
        if self.c.bed().counter_raise.val() && self.dice.below(8) == 0 {
            let count = self.counter.expect("nobody asks a counter that is not there") + self.counter_step;
            self.counter = Some(count);
            let d = self.c.bed();
            d.counter_done.next = true;
            d.counter_value.next = (count as u64).into();
            self.c.settle();
        }
        if self.power == Some(0) {
            if let Some((_, true, address, _)) = self.waiting {
                // Whatever bits were on their way.
                let torn = self.dice.roll();
                self.memory[address] = torn;
            }
            return false;
        }
        self.power = self.power.map(|n| n - 1);
        self.clocks += 1;
        let d = self.c.bed();
        let (request, ack) = (d.nv_request.val(), d.nv_ack.val());
        let asked = (d.nv_write.val(), d.nv_address.val().to_u32() as usize, d.nv_data.val().to_u32());
        assert!(!(request && (d.lock.val() || d.locked.val() && d.lease.val())), "a transfer under the lock");
        assert!(!d.lease.val() || (d.lock.val() && d.locked.val()), "a lease without the lock");
        let (lock, lease) = (d.lock.val(), d.lease.val());
        // The users of the cipher need their time.
        self.locking = if lock { self.locking + 1 } else { 0 };
        let users = 5 + self.dice.below(20);
        if lock && self.locking > users {
            self.locked = true;
        }
        if !lock {
            assert!(!self.locked || self.released >= 10, "the lock goes {} clocks after the lease", self.released);
            self.locked = false;
        }
        self.released = if lease { 0 } else { self.released + 1 };

        self.idle = self.resting == 0 && !request;
        self.resting = if request { 4 } else { self.resting.saturating_sub(1) };
        if let Some(next) = self.expects.take() {
            if !(request && asked.1 == next) {
                self.gaps += 1;
            }
        }
        if ack {
            assert!(request, "a request goes before its answer");
            self.expects = Some(asked.1 + 1);
            self.transfers += 1;
            self.waiting = None;
        } else if request && self.latency != 0 {
            let wait = if asked.0 { 1 } else { 12 } + self.dice.below(self.latency);
            let (mut left, write, address, data) = self.waiting.unwrap_or((wait, asked.0, asked.1, asked.2));
            assert_eq!((write, address), (asked.0, asked.1), "a request changes");
            assert!(!write || data == asked.2, "data of a request change");
            left -= 1;
            self.waiting = Some((left, write, address, data));
            if left == 0 {
                if write {
                    self.memory[address] = data;
                }
                self.answer = Some(if write { self.dice.roll() } else { self.memory[address] });
            }
        } else {
            assert!(self.waiting.is_none() || self.latency == 0, "a request is withdrawn");
        }
        self.c.cycle();
        true
    }

    fn give(&mut self, words: impl IntoIterator<Item = (usize, u32)>) {
        for (address, word) in words {
            let d = self.c.bed();
            d.buffer_write.next = true;
            d.buffer_address.next = (address as u64).into();
            d.buffer_data.next = (word as u64).into();
            self.clock();
        }
        self.c.bed().buffer_write.next = false;
    }

    fn buffer(&mut self, words: std::ops::Range<usize>) -> Vec<u32> {
        let mut seen = vec![];
        for n in words.start..words.end + 2 {
            self.c.bed().buffer_address.next = (n as u64 % 64).into();
            self.clock();
            seen.push(self.c.bed().buffer_word.val().to_u32());
        }
        // What is asked for in a clock stands two clocks later: after two edges.
        seen[1..seen.len() - 1].to_vec()
    }

    fn begin(&mut self, operation: u64, at: At) -> bool {
        let d = self.c.bed();
        assert!(!d.busy.val());
        d.operation.next = operation.into();
        d.kind.next = at.fixed;
        d.place.next = (at.place as u64).into();
        d.slot.next = at.slot == 1;
        d.start.next = true;
        let powered = self.clock();
        self.c.bed().start.next = false;
        powered
    }

    /// None when the power failed.
    fn run(&mut self, operation: u64, at: At) -> Option<Outcome> {
        let began = self.clocks;
        if !self.begin(operation, at) {
            return None;
        }
        loop {
            self.c.settle();
            let d = self.c.bed();
            assert!(d.busy.val());
            let (done, ok, blank) = (d.done.val(), d.ok.val(), d.blank.val());
            if !self.clock() {
                return None;
            }
            if done {
                self.c.settle();
                assert!(!self.c.bed().busy.val() && !self.c.bed().done.val() && !self.c.bed().lock.val());
                self.expects = None;
                return Some(Outcome { ok, blank, clocks: self.clocks - began });
            }
            assert!(self.clocks - began < 200_000, "no end");
        }
    }

    fn must(&mut self, operation: u64, at: At) -> Outcome {
        let outcome = self.run(operation, at).expect("power");
        assert!(outcome.ok, "operation {operation} on {at:?}: {outcome:?}");
        outcome
    }

    fn generation(&mut self) -> u64 {
        self.c.settle();
        let d = self.c.bed();
        (d.generation_high.val().to_u32() as u64) << 32 | d.generation_low.val().to_u32() as u64
    }

    fn give_record(&mut self, at: At, born: u64, given: &[u32]) {
        self.give([(2, (born >> 32) as u32), (3, born as u32)]);
        self.give(at.given().zip(given.iter().copied()));
    }

    /// Writes a record and compares the memory with one made by the book.
    fn write(&mut self, at: At) -> (Vec<u32>, Outcome) {
        let given: Vec<u32> = at.given().map(|_| self.dice.roll()).collect();
        let born = (self.dice.roll() as u64) << 32 | self.dice.roll() as u64;
        let generation = self.generation();
        self.give_record(at, born, &given);
        let outcome = self.must(WRITE, at);
        assert_eq!(self.stored(at), sealed(&self.key.clone(), at, generation, born, &given));
        if self.generation() >> 32 == generation >> 32 {
            assert_eq!(self.generation(), generation + 1);
        }
        (given, outcome)
    }

    fn stored(&self, at: At) -> Vec<u32> {
        self.memory[at.address()..at.address() + at.words()].to_vec()
    }

    fn put_epoch(&mut self, slot: usize, epoch: u32) {
        self.memory[4 * slot..4 * slot + 4].copy_from_slice(&epoch_record(epoch));
    }
}

fn fast() -> Bed {
    let mut bed = Bed::default();
    bed.connect_all();
    bed
}

/// A board whose keeper has an epoch.
fn opened(seed: u64) -> Board<Bed> {
    let mut board = Board::new(fast(), seed);
    board.put_epoch(0, 6);
    board.put_epoch(1, 7);
    board.must(OPEN, NOWHERE);
    board
}

const NOWHERE: At = At { fixed: false, place: 0, slot: 0 };

#[test]
fn records_go_and_come_back_in_verilog_too() {
    let mut board = Board::new(Bench::new("keeper_bed", Bed::default(), |d| &mut d.clock), 1);
    board.put_epoch(0, 6);
    let open = board.must(OPEN, NOWHERE);
    assert_eq!(board.generation(), 8 << 32 | 1);
    println!("open {}", open.clocks);
    for at in [dynamic(37, 1), fixed(5, 0)] {
        let (given, written) = board.write(at);
        let read = board.must(READ, at);
        assert!(!read.blank);
        assert_eq!(board.buffer(at.given()), given);
        let wiped = board.must(WIPE, at);
        let erased = board.must(ERASE, at);
        println!("{at:?}: write {}, read {}, wipe {}, erase {}", written.clocks, read.clocks, wiped.clocks, erased.clocks);
    }
    board.memory[dynamic(1, 0).address() + 3] = 1;
    assert!(!board.run(READ, dynamic(1, 0)).unwrap().ok);
    board.c.finish();
}

#[test]
fn every_place_has_its_records() {
    let mut board = opened(2);
    let all: Vec<At> = [0, 1, 31, 32, 42, 63].iter().flat_map(|&p| [dynamic(p, 0), dynamic(p, 1), fixed(p, p % 2)]).collect();
    let mut given = vec![];
    for (n, &at) in all.iter().enumerate() {
        board.latency = [1, 2, 9][n % 3];
        let (transfers, gaps) = (board.transfers, board.gaps);
        given.push(board.write(at).0);
        assert_eq!((board.transfers - transfers, board.gaps - gaps), (at.words() as u32, 1), "one burst");
    }
    for (n, &at) in all.iter().enumerate().rev() {
        board.latency = [3, 1, 2][n % 3];
        let (transfers, gaps) = (board.transfers, board.gaps);
        assert!(!board.must(READ, at).blank);
        assert_eq!((board.transfers - transfers, board.gaps - gaps), (at.words() as u32, 1), "one burst");
        assert_eq!(board.buffer(0..at.given().start)[4], at.identity());
        assert_eq!(board.buffer(at.given()), given[n]);
    }
    let before = board.memory.clone();
    let (transfers, gaps) = (board.transfers, board.gaps);
    board.must(ERASE, fixed(63, 1));
    assert_eq!((board.transfers - transfers, board.gaps - gaps), (record::STATIC_WORDS, 1), "one burst");
    let erased = fixed(63, 1).address()..fixed(63, 1).address() + record::STATIC_WORDS as usize;
    for (n, (&now, &then)) in board.memory.iter().zip(&before).enumerate() {
        assert_eq!(now, if erased.contains(&n) { 0 } else { then }, "word {n}");
    }
}

#[test]
fn contents_do_not_stay_in_the_buffer() {
    let mut board = opened(3);
    let at = fixed(9, 1);
    let (given, _) = board.write(at);
    assert_eq!(board.buffer(0..50), board.stored(at), "after a write: what the memory has");
    board.must(READ, at);
    assert_eq!(board.buffer(at.given()), given);
    board.must(READ, at);
    board.must(WIPE, NOWHERE);
    assert_eq!(board.buffer(0..56), [0; 56], "after a wipe");
    board.must(READ, at);
    assert!(board.run(READ, dynamic(3, 0)).unwrap().blank);
    assert_eq!(board.buffer(0..56), [0; 56], "after a bad read");
}

/// Reads a record that is not to be accepted.
fn refused(board: &mut Board<Bed>, at: At, what: &str) {
    let outcome = board.run(READ, at).unwrap();
    assert!(!outcome.ok && !outcome.blank, "{at:?}, {what}: {outcome:?}");
    assert_eq!(board.buffer(0..56), [0; 56], "{at:?}, {what}: the buffer");
}

#[test]
fn a_wrong_bit_anywhere_is_found() {
    let mut board = opened(4);
    board.latency = 1;
    for (at, step) in [(dynamic(50, 0), 1), (fixed(2, 1), 3)] {
        board.write(at);
        let right = board.stored(at);
        for n in (0..at.words()).step_by(step) {
            let bit = 1 << board.dice.below(32);
            board.memory[at.address() + n] ^= bit;
            refused(&mut board, at, &format!("word {n} bit {bit:#x}"));
            board.memory[at.address()..at.address() + at.words()].copy_from_slice(&right);
        }
        board.must(READ, at);
    }
}

#[test]
fn a_wrong_bit_under_a_right_crc_is_found() {
    let mut board = opened(5);
    board.latency = 1;
    for (at, step) in [(dynamic(50, 0), 1), (fixed(2, 1), 6)] {
        board.write(at);
        let right = board.stored(at);
        let crc = at.words() - 1;
        for n in (0..crc).step_by(step).chain([crc - 1]) {
            let mut wrong = right.clone();
            wrong[n] ^= 1 << board.dice.below(32);
            wrong[crc] = crc32fast::hash(&bytes(&wrong[..crc]));
            board.memory[at.address()..at.address() + at.words()].copy_from_slice(&wrong);
            refused(&mut board, at, &format!("word {n}"));
        }
    }
}

#[test]
fn a_record_counts_in_its_place_and_under_its_key_only() {
    let mut board = opened(6);
    board.latency = 1;
    let at = dynamic(20, 0);
    board.write(at);
    let record = board.stored(at);
    for other in [dynamic(20, 1), dynamic(21, 0), dynamic(52, 0)] {
        let mut moved = record.clone();
        board.memory[other.address()..][..12].copy_from_slice(&moved);
        refused(&mut board, other, "as it was");
        moved[record::IDENTITY] = other.identity();
        moved[11] = crc32fast::hash(&bytes(&moved[..11]));
        board.memory[other.address()..][..12].copy_from_slice(&moved);
        refused(&mut board, other, "under another identity");
    }
    board.must(READ, at);
    let right = board.key;
    for n in 0..8 {
        let mut key = right;
        key[n] ^= 1 << board.dice.below(32);
        board.set_key(key);
        refused(&mut board, at, "under another key");
    }
    board.set_key(right);
    board.must(READ, at);
    board.c.bed().key_valid.next = false;
    let transfers = board.transfers;
    assert!(!board.run(READ, at).unwrap().ok && !board.run(WRITE, at).unwrap().ok);
    assert_eq!(board.transfers, transfers, "without a key");
}

#[test]
fn opening_takes_the_newer_epoch_and_writes_the_next() {
    let mut wrong = [epoch_record(9); 4];
    wrong[0][3] ^= 0x10;
    wrong[1][0] ^= 1;
    wrong[2][2] = 1;
    wrong[3][1] = 0;
    for w in &mut wrong[1..] {
        w[3] = crc32fast::hash(&bytes(&w[..3]));
    }
    let (blank, none) = ([0; 4], None);
    // Two slots, and what they are afterwards; the larger epoch is in force.
    let both = |a: u32, b: u32| Some([epoch_record(a), epoch_record(b)]);
    let mut cases = vec![
        (epoch_record(5), epoch_record(6), both(7, 6)),
        (epoch_record(6), epoch_record(5), both(6, 7)),
        (epoch_record(0x8000_0000), epoch_record(0x7fff_ffff), both(0x8000_0000, 0x8000_0001)),
        (epoch_record(0x00ff_ffff), epoch_record(0x0100_0000), both(0x0100_0001, 0x0100_0000)),
        (epoch_record(9), epoch_record(2), both(9, 10)),
        (epoch_record(u32::MAX), epoch_record(u32::MAX - 1), none),
        (blank, blank, none),
        // The slot that is lost may have held the newer one.
        (epoch_record(5), blank, both(7, 6)),
        (blank, epoch_record(5), both(6, 7)),
        (epoch_record(u32::MAX - 2), blank, both(u32::MAX, u32::MAX - 1)),
        (epoch_record(u32::MAX), blank, none),
    ];
    for w in wrong {
        cases.extend([(w, blank, none), (w, epoch_record(3), both(4, 5)), (epoch_record(3), w, both(5, 4))]);
    }
    let mut board = Board::new(fast(), 7);
    for (a, b, expected) in cases {
        board.memory[..4].copy_from_slice(&a);
        board.memory[4..8].copy_from_slice(&b);
        let outcome = board.run(OPEN, NOWHERE).unwrap();
        assert_eq!(outcome.ok, expected.is_some(), "{a:x?} {b:x?}");
        let writes = |board: &mut Board<Bed>| board.run(WRITE, dynamic(0, 0)).unwrap().ok;
        match expected {
            Some(after) => {
                assert_eq!(board.memory[..8], after.concat());
                assert_eq!(board.generation(), (after[0][1].max(after[1][1]) as u64) << 32 | 1);
                board.write(dynamic(0, 0));
            }
            None => {
                assert_eq!(board.memory[..8], [a, b].concat());
                assert!(!writes(&mut board), "a write without an epoch");
            }
        }
    }
    board.reset();
    assert!(!board.run(WRITE, dynamic(0, 0)).unwrap().ok, "a write before anything was opened");
}

#[test]
fn format_leaves_an_epoch_and_nothing_else() {
    let mut board = Board::new(fast(), 8);
    board.latency = 1;
    board.memory = (0..record::NVRAM_WORDS).map(|n| n | 0x100).collect();
    board.must(FORMAT, fixed(63, 1));
    assert_eq!(board.memory[..4], epoch_record(1));
    assert!(board.memory[4..].iter().all(|&w| w == 0));
    assert_eq!(board.generation(), 1 << 32 | 1);
    assert!(board.run(READ, fixed(63, 1)).unwrap().blank);
    board.write(fixed(63, 1));
}

#[test]
fn used_up_generations_raise_the_epoch() {
    let mut board = opened(9);
    // Hands off, says the contract. Only so can a test write four thousand million records.
    board.give([(63, u32::MAX - 1)]);
    board.must(WIPE, NOWHERE);
    assert_eq!(board.generation(), 8 << 32 | 0xffff_fffe);
    board.write(dynamic(0, 0));
    assert_eq!(board.generation(), 8 << 32 | 0xffff_ffff);
    board.write(dynamic(0, 1));
    assert_eq!(board.generation(), 9 << 32 | 1);
    assert_eq!(board.memory[..8], [epoch_record(8), epoch_record(9)].concat());
    board.write(dynamic(0, 0));
    assert_eq!(board.generation(), 9 << 32 | 2);
}

#[test]
fn a_memory_that_does_not_answer_is_a_fault() {
    let mut board = opened(10);
    board.latency = 0;
    let outcome = board.run(WRITE, dynamic(4, 0)).unwrap();
    assert!(!outcome.ok && (65_536..67_000).contains(&outcome.clocks), "{outcome:?}");
    assert!(board.c.bed().fault.val());
    board.latency = 1;
    board.waiting = None;
    let transfers = board.transfers;
    for operation in [READ, WRITE, ERASE, OPEN, FORMAT] {
        let outcome = board.run(operation, dynamic(4, 0)).unwrap();
        assert!(!outcome.ok && outcome.clocks < 50, "operation {operation}: {outcome:?}");
    }
    assert_eq!(board.transfers, transfers);
    board.reset();
    assert!(!board.c.bed().fault.val());
    board.must(OPEN, NOWHERE);
    board.write(dynamic(4, 0));
    board.c.bed().nv_fault.next = true;
    assert!(!board.run(READ, dynamic(4, 0)).unwrap().ok && board.c.bed().fault.val());
}

/// Power fails at any clock of writing: the other slot's record is there as it was, and no generation comes twice.
#[test]
fn power_may_fail_at_any_time() {
    let mut board = opened(11);
    board.latency = 2;
    let mut newest = [None, None];
    let mut last = 0;
    for n in 0..40 {
        let at = dynamic(7, n % 2);
        let generation = board.generation();
        assert!(generation > last, "generation {generation:#x} after {last:#x}");
        last = generation;
        let given: Vec<u32> = at.given().map(|_| board.dice.roll()).collect();
        board.give_record(at, 1, &given);
        board.power = Some(board.dice.below(if n % 3 == 0 { 60 } else { 700 }));
        let before = board.stored(at);
        let outcome = board.run(WRITE, at);
        let slot = at.slot as usize;
        match outcome {
            Some(outcome) => {
                assert!(outcome.ok);
                newest[slot] = Some(given);
                last = board.generation() - 1;
            }
            None if board.stored(at) != before => newest[slot] = None,
            None => {}
        }
        // What is left of it comes up again, perhaps not at once, and perhaps without one of the epoch slots.
        if n % 4 == 3 {
            let at = board.dice.below(8) as usize;
            board.memory[at] ^= 1 << board.dice.below(32);
        }
        board.reset();
        board.power = Some(board.dice.below(1000));
        if board.run(OPEN, NOWHERE).is_none() {
            board.reset();
            board.must(OPEN, NOWHERE);
        }
        board.power = None;
        for slot in 0..2 {
            let at = dynamic(7, slot);
            let outcome = board.run(READ, at).unwrap();
            if let Some(given) = &newest[slot as usize] {
                assert!(outcome.ok, "round {n}, slot {slot}");
                assert_eq!(&board.buffer(at.given()), given);
            }
        }
    }
}

#[test]
fn verilog() {
    if let Ok(path) = std::env::var("HOLDFAST_KEEPER_VERILOG") {
        let mut keeper = Keeper::default();
        keeper.connect_all();
        std::fs::write(path, crate::export::verilog("keeper", &keeper)).unwrap();
    }
}

/// With a counter outside the epoch is its value, wherever it is raised; what it cannot be is a fault.
#[test]
fn the_epoch_is_the_counter() {
    let mut board = Board::new(Bench::new("keeper_counter", Bed::default(), |d| &mut d.clock), 23);
    board.counter = Some(40);
    board.put_epoch(0, 6);
    board.put_epoch(1, 7);
    board.must(OPEN, NOWHERE);
    assert_eq!((board.generation(), board.counter), (41 << 32 | 1, Some(41)));
    assert_eq!(board.memory[..8], [epoch_record(41), epoch_record(7)].concat());
    board.write(dynamic(37, 1));
    // In the middle of a session, from any step of the counter.
    board.counter_step = 1000;
    board.must(OPEN, NOWHERE);
    assert_eq!(board.generation(), 1041 << 32 | 1);
    assert_eq!(board.memory[..8], [epoch_record(41), epoch_record(1041)].concat());
    // One slot is lost: both get a new one.
    board.counter_step = 1;
    board.memory[5] ^= 1;
    board.must(OPEN, NOWHERE);
    assert_eq!(board.generation(), 1043 << 32 | 1);
    assert_eq!(board.memory[..8], [epoch_record(1043), epoch_record(1042)].concat());
    // A counter that stands at what the NVRAM has already, or below it.
    for counter in [999, 1041, 1042] {
        board.counter = Some(counter);
        board.reset();
        let opened = board.run(OPEN, NOWHERE).expect("power");
        board.c.settle();
        assert!(!opened.ok && board.c.bed().fault.val(), "{counter}");
        assert!(!board.run(WRITE, dynamic(1, 0)).expect("power").ok);
        assert_eq!(board.memory[..8], [epoch_record(1043), epoch_record(1042)].concat());
    }
    // The counter goes on, and so does the device.
    board.reset();
    board.must(OPEN, NOWHERE);
    assert_eq!(board.generation(), 1044 << 32 | 1);
    board.c.finish();
}

/// The operation may stand for some clocks after the end, as it does in the device.
#[test]
fn a_format_begins_with_the_counter() {
    for (counter, epoch) in [(None, 1), (Some(70), 71)] {
        let mut board = Board::new(fast(), 24);
        board.counter = counter;
        board.latency = 1;
        board.must(FORMAT, NOWHERE);
        assert_eq!(board.generation(), epoch << 32 | 1);
        assert_eq!(board.memory[..8], [epoch_record(epoch as u32), [0; 4]].concat());
        for _ in 0..5 {
            board.clock();
        }
        board.write(fixed(3, 0));
    }
}
