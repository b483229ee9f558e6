//! The table and the search together, against a list in plain Rust.
use super::*;
use crate::cell::{row, Settle};
use crate::check::Bench;
use crate::prelude::*;
use crate::Sizes;
use holdfast_registers::sa;

/// The inbound SAD as the top wires it.
#[derive(LogicBlock, Ports)]
struct Sad {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub table_write: Signal<In, Bit>,
    pub table_select: Signal<In, Bits<2>>,
    pub table_index: Signal<In, Bits<5>>,
    pub table_word: Signal<In, Bits<5>>,
    pub table_data: Signal<In, Bits<32>>,
    pub valid_write: Signal<In, Bit>,
    pub valid_value: Signal<In, Bit>,
    pub table_clear: Signal<In, Bit>,
    pub engine_write: Signal<In, Bit>,
    pub engine_index: Signal<In, Bits<5>>,
    pub engine_word: Signal<In, Bits<5>>,
    pub engine_data: Signal<In, Bits<32>>,
    pub read_index: Signal<In, Bits<5>>,
    pub read_word: Signal<In, Bits<5>>,
    pub read_data: Signal<Out, Bits<32>>,
    pub valid: Signal<Out, Bit>,
    pub start: Signal<In, Bit>,
    pub spi: Signal<In, Bits<32>>,
    pub ipv6: Signal<In, Bit>,
    pub udp: Signal<In, Bit>,
    pub address: [Signal<In, Bits<32>>; 4],
    pub busy: Signal<Out, Bit>,
    pub done: Signal<Out, Bit>,
    pub found: Signal<Out, Bit>,
    pub index: Signal<Out, Bits<5>>,
    sad: SadTable,
    search: Settle<Search>,
}

impl Default for Sad {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            table_write: Default::default(),
            table_select: Default::default(),
            table_index: Default::default(),
            table_word: Default::default(),
            table_data: Default::default(),
            valid_write: Default::default(),
            valid_value: Default::default(),
            table_clear: Default::default(),
            engine_write: Default::default(),
            engine_index: Default::default(),
            engine_word: Default::default(),
            engine_data: Default::default(),
            read_index: Default::default(),
            read_word: Default::default(),
            read_data: Default::default(),
            valid: Default::default(),
            start: Default::default(),
            spi: Default::default(),
            ipv6: Default::default(),
            udp: Default::default(),
            address: row(),
            busy: Default::default(),
            done: Default::default(),
            found: Default::default(),
            index: Default::default(),
            sad: SadTable::new(1, Sizes::default()),
            search: Settle::new(Search::new(MOST_SAS)),
        }
    }
}

impl Logic for Sad {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, sad, search);
        self.sad.reset.next = self.reset.val();
        self.search.reset.next = self.reset.val();
        self.sad.table_write.next = self.table_write.val();
        self.sad.table_select.next = self.table_select.val();
        self.sad.table_index.next = self.table_index.val();
        self.sad.table_word.next = self.table_word.val();
        self.sad.table_data.next = self.table_data.val();
        self.sad.valid_write.next = self.valid_write.val();
        self.sad.valid_value.next = self.valid_value.val();
        self.sad.table_clear.next = self.table_clear.val();
        self.sad.engine_write.next = self.engine_write.val();
        self.sad.engine_index.next = self.engine_index.val();
        self.sad.engine_word.next = self.engine_word.val();
        self.sad.engine_data.next = self.engine_data.val();
        self.sad.read_index.next = self.search.table_read_index.val();
        self.sad.read_word.next = self.search.table_read_word.val();
        self.search.read_index.next = self.read_index.val();
        self.search.read_word.next = self.read_word.val();
        self.search.check.next = false;
        self.search.check_index.next = 0.into();
        self.search.check_word.next = 0.into();
        self.search.table_data.next = self.sad.read_data.val();
        self.search.table_valid.next = self.sad.valid.val();
        self.search.start.next = self.start.val();
        self.search.spi.next = self.spi.val();
        self.search.ipv6.next = self.ipv6.val();
        self.search.udp.next = self.udp.val();
        for i in 0..4 {
            self.search.address[i].next = self.address[i].val();
        }
        self.read_data.next = self.sad.read_data.val();
        self.valid.next = self.sad.valid.val();
        self.busy.next = self.search.busy.val();
        self.done.next = self.search.done.val();
        self.found.next = self.search.found.val();
        self.index.next = self.search.index.val();
    }
}

/// What a search compares.
#[derive(Clone, Copy, PartialEq)]
struct Key {
    spi: u32,
    ipv6: bool,
    udp: bool,
    address: [u32; 4],
}

/// A small generator, good enough to vary stimulus (xorshift).
pub(crate) struct Random(pub u32);
impl Random {
    pub fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }
}

fn word(bench: &mut Bench<Sad>, select: u64, index: usize, word: usize, data: u32) {
    bench.dut.table_write.next = true;
    bench.dut.table_select.next = select.into();
    bench.dut.table_index.next = (index as u64).into();
    bench.dut.table_word.next = (word as u64).into();
    bench.dut.table_data.next = (data as u64).into();
    bench.cycle();
    bench.dut.table_write.next = false;
}

fn install(bench: &mut Bench<Sad>, index: usize, key: &Key, noise: u32) {
    let flags = (key.udp as u32 * sa::flags::UDP) | (key.ipv6 as u32 * sa::flags::IPV6) | (noise & !(sa::flags::UDP | sa::flags::IPV6));
    word(bench, 1, index, sa::FLAGS, flags);
    word(bench, 1, index, sa::SPI, key.spi);
    for lane in 0..4 {
        word(bench, 1, index, sa::LOCAL + lane, key.address[lane]);
    }
    mark(bench, index, true);
}

fn mark(bench: &mut Bench<Sad>, index: usize, valid: bool) {
    bench.dut.valid_write.next = true;
    bench.dut.valid_value.next = valid;
    bench.dut.table_select.next = 1.into();
    bench.dut.table_index.next = (index as u64).into();
    bench.cycle();
    bench.dut.valid_write.next = false;
}

/// Runs a search; the answer and the cycles it took.
fn search(bench: &mut Bench<Sad>, key: &Key) -> (Option<u64>, u32) {
    bench.dut.spi.next = (key.spi as u64).into();
    bench.dut.ipv6.next = key.ipv6;
    bench.dut.udp.next = key.udp;
    for (lane, word) in bench.dut.address.iter_mut().zip(key.address) {
        lane.next = (word as u64).into();
    }
    bench.dut.start.next = true;
    for cycles in 1..500 {
        bench.cycle();
        bench.dut.start.next = false;
        if bench.dut.done.val() {
            return (bench.dut.found.val().then(|| bench.dut.index.val().index() as u64), cycles);
        }
    }
    panic!("a search does not end");
}

#[test]
fn the_search_finds_what_agrees_in_all_and_nothing_else() {
    let mut bench = Bench::new("sad", Sad::default(), |d| &mut d.clock);
    bench.dut.reset.next = true;
    bench.cycle();
    bench.dut.reset.next = false;
    let mut random = Random(0x0dd0_beef);
    // Nearly alike: SAs that differ in one thing only, which a sloppy comparison would mix up.
    let mut keys: Vec<Key> = (0..32).map(|n| Key { spi: 0x100 + n / 2, ipv6: n % 2 == 0, udp: false, address: [7, 0, 0, 0] }).collect();
    keys[9] = Key { spi: 0x104, ipv6: false, udp: true, address: [7, 0, 0, 0] };
    keys[31] = Key { spi: 0x8000_010f, ipv6: true, udp: true, address: [7, 1, 2, 3] };
    keys[30] = Key { address: [7, 1, 2, 4], ..keys[31] };
    let mut valid = [false; 32];
    let none = search(&mut bench, &keys[0]);
    assert_eq!(none.0, None, "an empty table has no SA");
    for (index, key) in keys.iter().enumerate() {
        install(&mut bench, index, key, random.next());
        valid[index] = true;
    }
    let model = |valid: &[bool; 32], key: &Key| (0..32).find(|&n| valid[n] && keys[n] == *key).map(|n| n as u64);
    for (index, key) in keys.iter().enumerate().step_by(3).chain([(30, &keys[30]), (31, &keys[31])]) {
        let (found, cycles) = search(&mut bench, key);
        assert_eq!(found, Some(index as u64));
        assert!(cycles <= 43 + 10, "SA {index}: {cycles} cycles");
    }
    let one = Key { spi: 0x8000_010f, ..keys[31] };
    mark(&mut bench, 30, false);
    valid[30] = false;
    let (found, cycles) = search(&mut bench, &one);
    assert_eq!((found, cycles <= 43), (Some(31), true), "{cycles} cycles");
    for lane in 0..4 {
        let mut key = keys[31];
        key.address[lane] ^= 1 << (7 * lane);
        assert_eq!(search(&mut bench, &key).0, None, "address lane {lane}");
    }
    for key in [Key { udp: false, ..keys[31] }, Key { ipv6: false, ..keys[31] }, Key { spi: 0x010f, ..keys[31] }] {
        assert_eq!(search(&mut bench, &key).0, model(&valid, &key));
    }
    mark(&mut bench, 31, false);
    assert_eq!(search(&mut bench, &keys[31]).0, None, "an SA that is not valid is not found");
    bench.dut.table_clear.next = true;
    assert_eq!(search(&mut bench, &keys[4]).0, None, "no SA is valid from the first clock of a clearing");
    for index in 0..32 {
        word(&mut bench, 1, index, 0, 0);
    }
    bench.dut.table_clear.next = false;
    assert_eq!(search(&mut bench, &keys[4]).0, None, "nor behind it");
    bench.finish();
}

#[test]
fn words_come_from_the_engine_and_from_the_commit_bus() {
    let mut bench = Bench::new("sad_words", Sad::default(), |d| &mut d.clock);
    bench.dut.reset.next = true;
    bench.cycle();
    bench.dut.reset.next = false;
    let mut random = Random(0x5eed_0001);
    let mut model = [0u32; 1024];
    for _ in 0..400 {
        let noise = random.next();
        let (at, from_bus, select, engine) = (noise as usize % 1024, noise & 0x400 != 0, (noise >> 11) & 3, (noise >> 13) & 1 != 0);
        let (data, other, read) = (random.next(), random.next(), random.next() as usize % 1024);
        bench.dut.table_write.next = from_bus;
        bench.dut.table_select.next = (select as u64).into();
        bench.dut.table_index.next = (at as u64 / 32).into();
        bench.dut.table_word.next = (at as u64 % 32).into();
        bench.dut.table_data.next = (data as u64).into();
        bench.dut.engine_write.next = engine;
        let engine_at = read ^ 1;
        bench.dut.engine_index.next = (engine_at as u64 / 32).into();
        bench.dut.engine_word.next = (engine_at as u64 % 32).into();
        bench.dut.engine_data.next = (other as u64).into();
        bench.dut.read_index.next = (read as u64 / 32).into();
        bench.dut.read_word.next = (read as u64 % 32).into();
        bench.cycle();
        // A word read while it is written is undefined; only the bus can hit the word that is read here.
        let collides = from_bus && select == 1 && at == read;
        assert!(collides || bench.dut.read_data.val() == model[read] as u64);
        if from_bus && select == 1 {
            model[at] = data;
        } else if engine {
            model[engine_at] = other;
        }
    }
    bench.finish();
}
