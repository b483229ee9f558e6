//! Search, chains and copy on a table, against a list in plain Rust.
use super::chains::chain;
use super::*;
use crate::check::Bench;
use crate::pipelined::WideSad;
use rand::{rngs::StdRng, Rng, SeedableRng};

/// The inbound SAD as the direction wires it.
#[derive(LogicBlock, Ports)]
struct Table {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub table_write: Signal<In, Bit>,
    pub table_index: Signal<In, SaIndex>,
    pub table_word: Signal<In, Bits<5>>,
    pub table_data: Signal<In, Bits<32>>,
    pub valid_write: Signal<In, Bit>,
    pub valid_value: Signal<In, Bit>,
    pub table_clear: Signal<In, Bit>,
    pub start: Signal<In, Bit>,
    pub ready: Signal<Out, Bit>,
    pub spi: Signal<In, Bits<32>>,
    pub ipv6: Signal<In, Bit>,
    pub udp: Signal<In, Bit>,
    pub address: [Signal<In, Bits<32>>; 4],
    pub done: Signal<Out, Bit>,
    pub found: Signal<Out, Bit>,
    pub index: Signal<Out, SaIndex>,
    pub flags: Signal<Out, Bits<32>>,
    pub salt: Signal<Out, Bits<32>>,
    pub read: Signal<In, Bit>,
    pub read_index: Signal<In, SaIndex>,
    pub read_row: Signal<In, Bits<3>>,
    pub row: [Signal<Out, Bits<32>>; 4],
    pub idle: Signal<Out, Bit>,
    pub check_index: Signal<In, SaIndex>,
    pub check_word: Signal<In, Bits<5>>,
    pub check_data: Signal<Out, Bits<32>>,
    pub check_valid: Signal<Out, Bit>,
    sad: Settle<WideSad>,
    search: Settle<WideSearch>,
}

impl Table {
    fn new(sizes: Sizes) -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            table_write: Default::default(),
            table_index: Default::default(),
            table_word: Default::default(),
            table_data: Default::default(),
            valid_write: Default::default(),
            valid_value: Default::default(),
            table_clear: Default::default(),
            start: Default::default(),
            ready: Default::default(),
            spi: Default::default(),
            ipv6: Default::default(),
            udp: Default::default(),
            address: row(),
            done: Default::default(),
            found: Default::default(),
            index: Default::default(),
            flags: Default::default(),
            salt: Default::default(),
            read: Default::default(),
            read_index: Default::default(),
            read_row: Default::default(),
            row: row(),
            idle: Default::default(),
            check_index: Default::default(),
            check_word: Default::default(),
            check_data: Default::default(),
            check_valid: Default::default(),
            sad: Settle::new(WideSad::new(1, sizes)),
            search: Settle::new(WideSearch::new(sizes)),
        }
    }
}

impl Logic for Table {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, sad, search);
        self.sad.reset.next = self.reset.val();
        self.search.reset.next = self.reset.val();
        self.sad.table_write.next = self.table_write.val();
        self.sad.table_select.next = 1.into();
        self.sad.table_index.next = self.table_index.val();
        self.sad.table_word.next = self.table_word.val();
        self.sad.table_data.next = self.table_data.val();
        self.sad.valid_write.next = self.valid_write.val();
        self.sad.valid_value.next = self.valid_value.val();
        self.sad.table_clear.next = self.table_clear.val();
        self.sad.engine_write.next = false;
        self.sad.engine_index.next = 0.into();
        self.sad.engine_word.next = 0.into();
        self.sad.engine_data.next = 0.into();
        self.search.table_write.next = self.table_write.val();
        self.search.table_index.next = self.table_index.val();
        self.search.table_word.next = self.table_word.val();
        self.search.table_data.next = self.table_data.val();
        self.search.valid_write.next = self.valid_write.val();
        self.search.valid_value.next = self.valid_value.val();
        self.search.table_clear.next = self.table_clear.val();
        self.sad.read_index.next = self.search.table_read_index.val();
        self.sad.read_row.next = self.search.table_read_row.val();
        self.search.table_valid.next = self.sad.valid.val();
        self.search.start.next = self.start.val();
        self.search.spi.next = self.spi.val();
        self.search.ipv6.next = self.ipv6.val();
        self.search.udp.next = self.udp.val();
        for i in 0..4 {
            self.search.table_row[i].next = self.sad.row[i].val();
            self.search.address[i].next = self.address[i].val();
            self.row[i].next = self.search.row[i].val();
        }
        self.ready.next = self.search.ready.val();
        self.done.next = self.search.done.val();
        self.found.next = self.search.found.val();
        self.index.next = self.search.index.val();
        self.flags.next = self.search.flags.val();
        self.salt.next = self.search.salt.val();
        self.search.read.next = self.read.val();
        self.search.read_index.next = self.read_index.val();
        self.search.read_row.next = self.read_row.val();
        self.idle.next = self.search.idle.val();
        self.search.check_index.next = self.check_index.val();
        self.search.check_word.next = self.check_word.val();
        self.check_data.next = self.search.check_data.val();
        self.check_valid.next = self.search.check_valid.val();
    }
}

/// What a search compares.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Named {
    spi: u32,
    ipv6: bool,
    udp: bool,
    address: [u32; 4],
}

/// The bench and what the table should hold.
struct Rig {
    bench: Bench<Table>,
    random: StdRng,
    words: Vec<[u32; 32]>,
    names: Vec<Option<Named>>,
    /// What the row asked for in the clock before is.
    row: Option<[u32; 4]>,
}

impl Rig {
    fn new(name: &str, seed: u64, sas: usize) -> Self {
        let bench = Bench::new(name, Table::new(Sizes { sas, ..Sizes::default() }), |d| &mut d.clock);
        let mut rig = Self { bench, random: StdRng::seed_from_u64(seed), words: vec![[0; 32]; sas], names: vec![None; sas], row: None };
        rig.bench.dut.reset.next = true;
        rig.bench.cycle();
        rig.bench.dut.reset.next = false;
        while !rig.bench.dut.ready.val() {
            rig.clock(false);
        }
        rig
    }

    /// A clock, in which the datapath may ask for a row. What was asked for before is compared.
    fn clock(&mut self, asks: bool) {
        let d = &mut self.bench.dut;
        let (index, at) = (self.random.gen_range(0..self.words.len()), self.random.gen_range(0..6));
        d.read.next = asks;
        d.read_index.next = (index as u64).into();
        d.read_row.next = (at as u64).into();
        let quiet = !d.table_write.next && !d.valid_write.next && !d.table_clear.next;
        let (checked, word) = (self.random.gen_range(0..self.words.len()), [0, 1, 12, 13, 14, 15][self.random.gen_range(0..6)]);
        d.check_index.next = (checked as u64).into();
        d.check_word.next = (word as u64).into();
        self.bench.cycle();
        let d = &self.bench.dut;
        if let Some(row) = self.row {
            assert_eq!(std::array::from_fn(|i| d.row[i].val().to_u32()), row);
        }
        self.row = asks.then(|| std::array::from_fn(|i| self.words[index][4 * at + i]));
        if quiet {
            assert_eq!((d.check_data.val().to_u32(), d.check_valid.val()), (self.words[checked][word], self.names[checked].is_some()));
        }
    }

    fn word(&mut self, index: usize, word: usize, data: u32) {
        let d = &mut self.bench.dut;
        d.table_write.next = true;
        d.table_index.next = (index as u64).into();
        d.table_word.next = (word as u64).into();
        d.table_data.next = (data as u64).into();
        self.clock(false);
        self.bench.dut.table_write.next = false;
        self.words[index][word] = data;
    }

    fn mark(&mut self, index: usize, named: Option<Named>) {
        let d = &mut self.bench.dut;
        d.valid_write.next = true;
        d.valid_value.next = named.is_some();
        d.table_index.next = (index as u64).into();
        self.clock(false);
        self.bench.dut.valid_write.next = false;
        self.names[index] = named;
        // Some of the time the control plane goes on at once.
        if self.random.gen_bool(0.7) {
            self.settle();
        }
    }

    fn settle(&mut self) {
        while !self.bench.dut.idle.val() {
            self.clock(false);
        }
    }

    /// As a commit does it: not valid, all words, first as zero and then the flags as they are, valid.
    fn install(&mut self, index: usize, named: Named) {
        let mut words: [u32; 32] = std::array::from_fn(|_| self.random.gen());
        let mask = sa::flags::UDP | sa::flags::IPV6;
        words[sa::FLAGS] = (words[sa::FLAGS] & !mask) | (named.udp as u32 * sa::flags::UDP) | (named.ipv6 as u32 * sa::flags::IPV6);
        words[sa::SPI] = named.spi;
        words[sa::LOCAL..][..4].copy_from_slice(&named.address);
        self.mark(index, None);
        self.word(index, 0, 0);
        (1..32).for_each(|at| self.word(index, at, words[at]));
        self.word(index, 0, words[0]);
        self.settle();
        self.mark(index, Some(named));
    }

    fn delete(&mut self, index: usize) {
        self.mark(index, None);
        (0..32).for_each(|at| self.word(index, at, 0));
    }

    /// All words become zero; nothing is valid from the first clock on.
    fn wipe(&mut self) {
        self.bench.dut.table_clear.next = true;
        let none = Named { spi: self.words[0][sa::SPI], ..Named::default() };
        self.names.fill(None);
        for index in 0..self.words.len() {
            (0..32).for_each(|at| self.word(index, at, 0));
        }
        self.bench.dut.table_clear.next = false;
        self.settle();
        assert_eq!(self.search(none, 0.0).0, None);
    }

    /// Searches while the datapath asks for rows now and then; what was found, and the clocks it took.
    fn search(&mut self, named: Named, others: f64) -> (Option<usize>, usize) {
        while !self.bench.dut.ready.val() {
            self.clock(false);
        }
        let d = &mut self.bench.dut;
        d.start.next = true;
        d.spi.next = (named.spi as u64).into();
        d.ipv6.next = named.ipv6;
        d.udp.next = named.udp;
        (0..4).for_each(|i| d.address[i].next = (named.address[i] as u64).into());
        let mut asked = 0;
        for clocks in 1..300 {
            let asks = self.random.gen_bool(others);
            asked += asks as usize;
            self.clock(asks);
            let d = &mut self.bench.dut;
            d.start.next = false;
            if d.done.val() {
                let sizes = Sizes { sas: self.names.len(), ..Sizes::default() };
                let place = |named: Named| chain(sizes, named.spi, named.address);
                let longest = match self.names.iter().flatten().filter(|other| place(**other) == place(named)).count() {
                    0 => 4,
                    n => 7 + 2 * n,
                };
                assert!(clocks <= longest + asked, "{clocks} clocks, chain makes {longest}, {asked} rows for others");
                let index = d.found.val().then(|| d.index.val().index());
                if let Some(index) = index {
                    let words = [d.flags.val(), d.salt.val()].map(|word| word.to_u32());
                    assert_eq!(words, [self.words[index][sa::FLAGS], self.words[index][sa::SALT]]);
                }
                return (index, clocks);
            }
        }
        panic!("a search does not end");
    }

    fn expected(&self, named: Named) -> Option<usize> {
        self.names.iter().position(|other| *other == Some(named))
    }

    /// One of few, so that most differ in one thing only and chains are long; now and then any.
    fn name(&mut self) -> Named {
        let random = &mut self.random;
        let ipv6 = random.gen_bool(0.4);
        let spi = if random.gen_bool(0.9) { 0x100 * random.gen_range(1..3u32) + random.gen_range(0..3u32) } else { random.gen() };
        let mut address = [random.gen_range(7..9), 0, 0, 0];
        if ipv6 {
            address[random.gen_range(1..4)] = 7;
        }
        Named { spi, ipv6, udp: random.gen_bool(0.3), address }
    }
}

#[test]
fn the_search_finds_what_agrees_in_all_and_nothing_else() {
    for (seed, sas) in [(1, 32), (2, 4), (3, 32)] {
        let mut rig = Rig::new("wide_search", seed, sas);
        let mut met = [0; 2];
        let mut most = 0;
        for _ in 0..if sas == 32 { 120 } else { 40 } {
            let index = rig.random.gen_range(0..sas);
            match rig.random.gen_range(0..100) {
                0..=70 => {
                    let named = rig.name();
                    // The control plane lets no other SA of this name in, but the same one may be replaced by itself.
                    if rig.expected(named).is_none_or(|at| at == index) {
                        rig.install(index, named);
                    }
                }
                71..=97 => rig.delete(index),
                _ => rig.wipe(),
            }
            for _ in 0..4 {
                let named = match rig.names[rig.random.gen_range(0..sas)] {
                    Some(named) if rig.random.gen_bool(0.7) => named,
                    _ => rig.name(),
                };
                let others = [0.0, 0.3, 0.7][rig.random.gen_range(0..3)];
                let (found, clocks) = rig.search(named, others);
                assert_eq!(found, rig.expected(named), "seed {seed}: {named:x?}");
                met[found.is_some() as usize] += 1;
                if others == 0.0 {
                    most = most.max(clocks);
                }
            }
        }
        println!("seed {seed}, {sas} SAs: {} found, {} not; at most {most} clocks", met[1], met[0]);
        assert!(met.iter().all(|&n| n > 20));
        rig.bench.finish();
    }
}

#[test]
fn a_full_table_of_random_spis_is_searched_quickly() {
    for sas in [32, 1024] {
        full_of_random_spis(sas);
    }
}

fn full_of_random_spis(sas: usize) {
    let mut rig = Rig::new(&format!("wide_search_full_{sas}"), 7, sas);
    let address = [0xc0a8_0101, 0, 0, 0];
    for index in 0..sas {
        let spi = rig.random.gen_range(256..u32::MAX);
        rig.install(index, Named { spi, ipv6: false, udp: false, address });
    }
    let (mut known, mut unknown) = (vec![], vec![]);
    // All of them where they are few, otherwise some from everywhere.
    for index in (0..sas).step_by(sas / 32) {
        let named = rig.names[index].expect("installed");
        let (found, clocks) = rig.search(named, 0.0);
        assert_eq!(found, Some(index));
        known.push(clocks);
        let spi = rig.random.gen();
        let (found, clocks) = rig.search(Named { spi, ..named }, 0.0);
        assert_eq!(found, None);
        unknown.push(clocks);
    }
    let print = |what: &str, clocks: &[usize]| {
        println!(
            "{what}: {:?} clocks at most, {} on average",
            clocks.iter().max(),
            clocks.iter().sum::<usize>() as f64 / clocks.len() as f64
        )
    };
    print("known", &known);
    print("unknown", &unknown);
    rig.bench.finish();
}

#[test]
fn neighbouring_spis_have_chains_of_their_own() {
    for sas in [2, 32, 64, 128, 256, 512, 1024] {
        let sizes = Sizes { sas, ..Sizes::default() };
        for base in [0x1000u32, 0xc000_0000, 0x1234_5678 & !0x3ff] {
            let mut chains: Vec<usize> = (0..sas as u32).map(|n| chain(sizes, base + n, [1, 2, 3, 4])).collect();
            chains.sort_unstable();
            chains.dedup();
            assert_eq!(chains.len(), sas);
        }
        let mut chains: Vec<usize> = (1..256u32).map(|n| chain(sizes, n * 0x0101_0101, [0; 4])).collect();
        chains.sort_unstable();
        chains.dedup();
        assert_eq!(chains.len(), 255, "{sas} SAs");
    }
}
