//! The lookup with search and table, against a list in plain Rust.
use super::*;
use crate::cell::Settle;
use crate::check::Bench;
use crate::pipelined::{WideSad, WideSearch};
use crate::Sizes;
use holdfast_registers::sa;
use rand::{rngs::StdRng, Rng, SeedableRng};
use std::collections::VecDeque;

/// As the direction wires them.
#[derive(LogicBlock, Ports)]
struct Look {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub table_write: Signal<In, Bit>,
    pub table_index: Signal<In, SaIndex>,
    pub table_word: Signal<In, Bits<5>>,
    pub table_data: Signal<In, Bits<32>>,
    pub valid_write: Signal<In, Bit>,
    pub valid_value: Signal<In, Bit>,
    pub hold: Signal<In, Bit>,
    pub idle: Signal<Out, Bit>,
    pub room: Signal<In, Bit>,
    pub go: Signal<In, Bit>,
    pub facts: Signal<In, Facts>,
    pub frame: Signal<In, Frame>,
    pub arrival: Signal<In, Arrival>,
    pub source: [Signal<In, Bits<32>>; 4],
    pub destination: [Signal<In, Bits<32>>; 4],
    pub take: Signal<Out, Bit>,
    pub key_write: Signal<Out, Bit>,
    pub key_index: Signal<Out, Bits<3>>,
    pub key_word: Signal<Out, Bits<32>>,
    pub job_aes256: Signal<Out, Bit>,
    pub job_nonce: [Signal<Out, Bits<32>>; 3],
    pub job_sa: Signal<Out, SaIndex>,
    pub job_start: Signal<Out, Bit>,
    pub job_ready: Signal<In, Bit>,
    pub ready: Signal<Out, Bit>,
    pub intake: Signal<Out, Intake>,
    pub peer: [Signal<Out, Bits<32>>; 4],
    pub accept: Signal<In, Bit>,
    lookup: Settle<WideLookup>,
    search: Settle<WideSearch>,
    sad: Settle<WideSad>,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            table_write: Default::default(),
            table_index: Default::default(),
            table_word: Default::default(),
            table_data: Default::default(),
            valid_write: Default::default(),
            valid_value: Default::default(),
            hold: Default::default(),
            idle: Default::default(),
            room: Default::default(),
            go: Default::default(),
            facts: Default::default(),
            frame: Default::default(),
            arrival: Default::default(),
            source: row(),
            destination: row(),
            take: Default::default(),
            key_write: Default::default(),
            key_index: Default::default(),
            key_word: Default::default(),
            job_aes256: Default::default(),
            job_nonce: row(),
            job_sa: Default::default(),
            job_start: Default::default(),
            job_ready: Default::default(),
            ready: Default::default(),
            intake: Default::default(),
            peer: row(),
            accept: Default::default(),
            lookup: Default::default(),
            search: Default::default(),
            sad: Settle::new(WideSad::new(1, Sizes::default())),
        }
    }
}

impl Logic for Look {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, lookup, search, sad);
        self.lookup.reset.next = self.reset.val();
        self.search.reset.next = self.reset.val();
        self.sad.reset.next = self.reset.val();
        self.sad.table_write.next = self.table_write.val();
        self.sad.table_select.next = 1.into();
        self.sad.table_index.next = self.table_index.val();
        self.sad.table_word.next = self.table_word.val();
        self.sad.table_data.next = self.table_data.val();
        self.sad.valid_write.next = self.valid_write.val();
        self.sad.valid_value.next = self.valid_value.val();
        self.sad.table_clear.next = false;
        self.sad.engine_write.next = false;
        self.sad.engine_index.next = 0.into();
        self.sad.engine_word.next = 0.into();
        self.sad.engine_data.next = 0.into();
        self.sad.read_index.next = self.search.table_read_index.val();
        self.sad.read_row.next = self.search.table_read_row.val();
        self.search.table_valid.next = self.sad.valid.val();
        self.search.table_write.next = self.table_write.val();
        self.search.table_index.next = self.table_index.val();
        self.search.table_word.next = self.table_word.val();
        self.search.table_data.next = self.table_data.val();
        self.search.valid_write.next = self.valid_write.val();
        self.search.valid_value.next = self.valid_value.val();
        self.search.table_clear.next = false;
        self.search.check_index.next = 0.into();
        self.search.check_word.next = 0.into();
        self.search.start.next = self.lookup.search_start.val();
        self.search.spi.next = self.lookup.search_spi.val();
        self.search.ipv6.next = self.lookup.search_ipv6.val();
        self.search.udp.next = self.lookup.search_udp.val();
        self.search.read.next = self.lookup.read.val();
        self.search.read_index.next = self.lookup.read_index.val();
        self.search.read_row.next = self.lookup.read_row.val();
        self.lookup.search_ready.next = self.search.ready.val();
        self.lookup.search_done.next = self.search.done.val();
        self.lookup.search_found.next = self.search.found.val();
        self.lookup.search_index.next = self.search.index.val();
        self.lookup.search_flags.next = self.search.flags.val();
        self.lookup.search_salt.next = self.search.salt.val();
        self.lookup.search_idle.next = self.search.idle.val();
        for i in 0..4 {
            self.search.table_row[i].next = self.sad.row[i].val();
            self.search.address[i].next = self.lookup.search_address[i].val();
            self.lookup.row[i].next = self.search.row[i].val();
            self.lookup.source[i].next = self.source[i].val();
            self.lookup.destination[i].next = self.destination[i].val();
            self.peer[i].next = self.lookup.peer[i].val();
        }
        for i in 0..3 {
            self.job_nonce[i].next = self.lookup.job_nonce[i].val();
        }
        self.lookup.hold.next = self.hold.val();
        self.lookup.room.next = self.room.val();
        self.lookup.go.next = self.go.val();
        self.lookup.facts.next = self.facts.val();
        self.lookup.frame.next = self.frame.val();
        self.lookup.arrival.next = self.arrival.val();
        self.lookup.job_ready.next = self.job_ready.val();
        self.lookup.accept.next = self.accept.val();
        self.idle.next = self.lookup.idle.val();
        self.take.next = self.lookup.take.val();
        self.key_write.next = self.lookup.key_write.val();
        self.key_index.next = self.lookup.key_index.val();
        self.key_word.next = self.lookup.key_word.val();
        self.job_aes256.next = self.lookup.job_aes256.val();
        self.job_sa.next = self.lookup.job_sa.val();
        self.job_start.next = self.lookup.job_start.val();
        self.ready.next = self.lookup.ready.val();
        self.intake.next = self.lookup.intake.val();
    }
}

/// What the triage says of a frame.
#[derive(Clone, Default)]
struct Seen {
    facts: Facts,
    frame: Frame,
    arrival: Arrival,
    source: [u32; 4],
    destination: [u32; 4],
}

#[derive(Clone, Debug, PartialEq)]
struct Job {
    sa: u64,
    aes256: bool,
    key: Vec<u32>,
    nonce: [u32; 3],
}

/// How the neighbours behave, as probabilities.
struct Manners {
    go: f64,
    room: f64,
    accept: f64,
    /// The cipher wants the next job so many clocks after the last began, or with this probability, whatever comes first.
    job_after: usize,
    job: f64,
}

const EAGER: Manners = Manners { go: 1.0, room: 1.0, accept: 1.0, job_after: 1, job: 1.0 };
const MOODY: Manners = Manners { go: 0.6, room: 0.5, accept: 0.2, job_after: 60, job: 0.1 };

struct Rig {
    bench: Bench<Look>,
    random: StdRng,
    sas: Vec<Option<[u32; sa::WORDS]>>,
    waiting: VecDeque<Seen>,
    intakes: VecDeque<(Intake, [u32; 4])>,
    jobs: VecDeque<Job>,
    key: [Option<u32>; 8],
    job_ready: bool,
    since: usize,
    clocks: usize,
    accepted: usize,
}

impl Rig {
    fn new(name: &str, seed: u64) -> Self {
        let mut rig = Self {
            bench: Bench::new(name, Look::default(), |d| &mut d.clock),
            random: StdRng::seed_from_u64(seed),
            sas: vec![None; 32],
            waiting: VecDeque::new(),
            intakes: VecDeque::new(),
            jobs: VecDeque::new(),
            key: [None; 8],
            job_ready: true,
            since: 0,
            clocks: 0,
            accepted: 0,
        };
        rig.bench.dut.reset.next = true;
        rig.bench.cycle();
        rig.bench.dut.reset.next = false;
        while !rig.bench.dut.idle.val() {
            rig.bench.cycle();
        }
        rig
    }

    /// The tables change, as under the lock: while nothing is under way.
    fn install(&mut self, index: usize, words: Option<[u32; sa::WORDS]>) {
        assert!(self.bench.dut.idle.val());
        let mark = |bench: &mut Bench<Look>, valid: bool| {
            bench.dut.valid_write.next = true;
            bench.dut.valid_value.next = valid;
            bench.dut.table_index.next = (index as u64).into();
            bench.cycle();
            bench.dut.valid_write.next = false;
            while !bench.dut.idle.val() {
                bench.cycle();
            }
        };
        mark(&mut self.bench, false);
        for (at, word) in words.unwrap_or_default().iter().enumerate() {
            self.bench.dut.table_write.next = true;
            self.bench.dut.table_word.next = (at as u64).into();
            self.bench.dut.table_data.next = (*word as u64).into();
            self.bench.cycle();
        }
        self.bench.dut.table_write.next = false;
        if words.is_some() {
            mark(&mut self.bench, true);
        }
        self.sas[index] = words;
    }

    /// A clock.
    fn clock(&mut self, manners: &Manners) {
        let random = &mut self.random;
        let d = &mut self.bench.dut;
        let go = !self.waiting.is_empty() && random.gen_bool(manners.go);
        if let Some(seen) = self.waiting.front() {
            d.facts.next = seen.facts;
            d.frame.next = seen.frame;
            d.arrival.next = seen.arrival;
            (0..4).for_each(|i| d.source[i].next = (seen.source[i] as u64).into());
            (0..4).for_each(|i| d.destination[i].next = (seen.destination[i] as u64).into());
        }
        let room = random.gen_bool(manners.room);
        let accept = random.gen_bool(manners.accept);
        self.since += 1;
        self.job_ready |= self.since > manners.job_after || random.gen_bool(manners.job);
        if self.since == 1 {
            self.job_ready = false;
        }
        d.go.next = go;
        d.room.next = room;
        d.job_ready.next = self.job_ready;
        self.bench.settle();
        self.bench.dut.accept.next = accept && self.bench.dut.ready.val();
        self.bench.settle();
        let d = &self.bench.dut;
        // To the store and the opener.
        let accepts = d.accept.val();
        if d.ready.val() {
            let (intake, peer) = self.intakes.front().expect("an intake too many");
            assert_eq!(d.intake.val(), *intake);
            assert_eq!(std::array::from_fn(|i| d.peer[i].val().to_u32()), *peer);
        }
        if accepts {
            self.intakes.pop_front();
            self.accepted += 1;
        }
        // To the cipher.
        if d.key_write.val() {
            assert!(self.job_ready && !d.job_start.val());
            self.key[d.key_index.val().index()] = Some(d.key_word.val().to_u32());
            assert_eq!(Some(d.job_aes256.val()), self.jobs.front().map(|job| job.aes256));
        }
        if d.job_start.val() {
            let job = self.jobs.pop_front().expect("a job too many");
            let key: Vec<u32> = self.key.iter().take(if job.aes256 { 8 } else { 4 }).flatten().copied().collect();
            let nonce = std::array::from_fn(|i| d.job_nonce[i].val().to_u32());
            assert_eq!(Job { sa: d.job_sa.val().into(), aes256: d.job_aes256.val(), key, nonce }, job);
            self.key = [None; 8];
            self.job_ready = false;
            self.since = 0;
        }
        // From the triage.
        if d.take.val() {
            assert!(go);
            let seen = self.waiting.pop_front().expect("a frame");
            assert!(room || seen.arrival.reason != 0);
            self.begin(seen);
        }
        self.bench.cycle();
        self.clocks += 1;
    }

    /// What becomes of a frame.
    fn begin(&mut self, seen: Seen) {
        let (facts, arrival, frame) = (seen.facts, seen.arrival, seen.frame);
        let mut intake = Intake {
            reason: arrival.reason,
            esp: arrival.esp,
            to_host: arrival.to_host,
            start: frame.start,
            words: frame.words,
            length: frame.length,
            ip_word: facts.ip_word,
            ipv6: facts.ipv6,
            service: facts.service,
            spi: arrival.spi,
            low: arrival.low,
            text_word: arrival.esp_word + 4,
            cipher_bytes: arrival.esp_bytes - 32,
            upper_word: facts.upper_word,
            name_word: facts.name_word,
            name_lane: facts.name_lane,
            old_total: facts.finish - 4 * facts.ip_word.index() as u64,
            ..Intake::default()
        };
        if arrival.esp && arrival.reason == 0 {
            let agrees = |words: &[u32; sa::WORDS]| {
                words[sa::SPI] == arrival.spi.to_u32()
                    && (words[sa::FLAGS] & sa::flags::UDP != 0) == arrival.udp
                    && (words[sa::FLAGS] & sa::flags::IPV6 != 0) == facts.ipv6
                    && words[sa::LOCAL..][..4] == seen.destination
            };
            match self.sas.iter().position(|words| words.as_ref().is_some_and(agrees)) {
                None => intake.reason = (Reason::UnknownSpi.code() as u64).into(),
                Some(index) => {
                    let words = self.sas[index].unwrap_or_default();
                    let aes256 = words[sa::FLAGS] & sa::flags::AES256 != 0;
                    intake.sa = (index as u64).into();
                    intake.tunnel = words[sa::FLAGS] & sa::flags::TUNNEL != 0;
                    intake.esn = words[sa::FLAGS] & sa::flags::ESN != 0;
                    intake.window = ((words[sa::FLAGS] >> sa::flags::WINDOW_SHIFT) as u64).into();
                    self.jobs.push_back(Job {
                        sa: index as u64,
                        aes256,
                        key: words[sa::KEY..][..if aes256 { 8 } else { 4 }].to_vec(),
                        nonce: [words[sa::SALT], arrival.iv_high.to_u32(), arrival.iv_low.to_u32()],
                    });
                }
            }
        }
        self.intakes.push_back((intake, seen.source));
    }

    /// Until all frames are through.
    fn run(&mut self, manners: &Manners) {
        let until = self.clocks + 100_000;
        while !self.waiting.is_empty() || !self.bench.dut.idle.val() {
            self.clock(manners);
            assert!(self.clocks < until, "{} frames wait", self.waiting.len());
        }
        assert!(self.intakes.is_empty() && self.jobs.is_empty());
    }

    /// Words of an SA: one of few SPIs, so that some are shared.
    fn words(&mut self) -> [u32; sa::WORDS] {
        let random = &mut self.random;
        let mut words: [u32; sa::WORDS] = std::array::from_fn(|_| random.gen());
        words[sa::SPI] = 0x100 + random.gen_range(0..12u32);
        words[sa::LOCAL..][..4].copy_from_slice(&[random.gen_range(1..4), 0, 0, 0]);
        if words[sa::FLAGS] & sa::flags::IPV6 != 0 {
            words[sa::LOCAL + 3] = 9;
        }
        words
    }

    fn seen(&mut self) -> Seen {
        let known: Vec<_> = self.sas.iter().flatten().copied().collect();
        let random = &mut self.random;
        let mut bits = |below: u64| random.gen_range(0..below);
        let mut seen = Seen {
            facts: Facts {
                ipv6: bits(2) == 1,
                ip_word: (4 + bits(2)).into(),
                service: bits(256).into(),
                upper_word: bits(400).into(),
                name_word: bits(400).into(),
                name_lane: bits(4).into(),
                finish: (100 + bits(1400)).into(),
                ..Facts::default()
            },
            frame: Frame { start: bits(1024).into(), words: bits(400).into(), length: bits(1518).into(), ..Frame::default() },
            arrival: Arrival {
                esp: bits(8) != 0,
                udp: bits(2) == 1,
                spi: (0x100 + bits(14)).into(),
                low: bits(1 << 32).into(),
                iv_high: bits(1 << 32).into(),
                iv_low: bits(1 << 32).into(),
                esp_word: bits(400).into(),
                esp_bytes: (36 + 4 * bits(300)).into(),
                ..Arrival::default()
            },
            source: std::array::from_fn(|_| bits(1 << 32) as u32),
            destination: [1 + bits(3) as u32, 0, 0, 0],
        };
        if bits(10) == 0 {
            seen.arrival.reason = (1 + bits(20)).into();
        }
        seen.arrival.to_host = !seen.arrival.esp && bits(3) == 0;
        if !known.is_empty() && bits(6) != 0 {
            let words = &known[bits(known.len() as u64) as usize];
            seen.arrival.spi = (words[sa::SPI] as u64).into();
            seen.arrival.udp = words[sa::FLAGS] & sa::flags::UDP != 0;
            seen.facts.ipv6 = words[sa::FLAGS] & sa::flags::IPV6 != 0;
            seen.destination.copy_from_slice(&words[sa::LOCAL..][..4]);
        }
        seen
    }
}

#[test]
fn every_frame_gets_what_the_table_says_in_its_turn() {
    for seed in 0..2 {
        let mut rig = Rig::new("wide_lookup", 20 + seed);
        for round in 0..12 {
            for _ in 0..if round == 0 { 24 } else { 3 } {
                let (index, words) = (rig.random.gen_range(0..32), rig.words());
                let mask = sa::flags::UDP | sa::flags::IPV6;
                let twin = rig.sas.iter().enumerate().any(|(at, other)| {
                    at != index
                        && other.is_some_and(|other| {
                            other[sa::SPI] == words[sa::SPI]
                                && (other[sa::FLAGS] ^ words[sa::FLAGS]) & mask == 0
                                && other[sa::LOCAL..][..4] == words[sa::LOCAL..][..4]
                        })
                });
                // The control plane lets no twin in.
                let deleted = rig.random.gen_bool(0.2);
                rig.install(index, (!twin && !deleted).then_some(words));
            }
            for _ in 0..20 {
                let seen = rig.seen();
                rig.waiting.push_back(seen);
            }
            match rig.random.gen_range(0..3) {
                0 => rig.run(&EAGER),
                1 => rig.run(&MOODY),
                _ => {
                    // In the midst of it nothing more is to be begun.
                    (0..100).for_each(|_| rig.clock(&MOODY));
                    rig.bench.dut.hold.next = true;
                    let waiting = rig.waiting.len();
                    let mut held = 0;
                    while held < 10 {
                        rig.clock(&MOODY);
                        held = if rig.bench.dut.idle.val() { held + 1 } else { 0 };
                    }
                    assert!(rig.waiting.len() == waiting && rig.intakes.is_empty() && rig.jobs.is_empty());
                    rig.bench.dut.hold.next = false;
                    rig.run(&MOODY);
                }
            }
        }
        println!("seed {seed}: {} frames in {} clocks", rig.accepted, rig.clocks);
        rig.bench.finish();
    }
}

/// Only prints: 40 frames one behind the other, and how many clocks each takes when nobody waits but the lookup itself.
#[test]
fn the_pace_of_a_flood() {
    let mut rig = Rig::new("wide_lookup_pace", 3);
    for index in 0..32 {
        let mut words = rig.words();
        words[sa::SPI] = 0x1000 + rig.random.gen_range(0..1 << 30);
        rig.install(index, Some(words));
    }
    for (what, of_sa, esp) in
        [("AES-128", Some(false), true), ("AES-256", Some(true), true), ("unknown SPI", None, true), ("clear", None, false)]
    {
        let chosen: Vec<_> = rig.sas.iter().flatten().filter(|w| of_sa == Some(w[sa::FLAGS] & sa::flags::AES256 != 0)).copied().collect();
        let begin = (rig.clocks, rig.accepted);
        for n in 0..40 {
            let mut seen = rig.seen();
            seen.arrival.reason = 0.into();
            seen.arrival.esp = esp;
            seen.arrival.spi = rig.random.gen_range(256..1u64 << 32).into();
            if let Some(words) = chosen.get(n % chosen.len().max(1)) {
                seen.arrival.spi = (words[sa::SPI] as u64).into();
                seen.arrival.udp = words[sa::FLAGS] & sa::flags::UDP != 0;
                seen.facts.ipv6 = words[sa::FLAGS] & sa::flags::IPV6 != 0;
                seen.destination.copy_from_slice(&words[sa::LOCAL..][..4]);
            }
            rig.waiting.push_back(seen);
        }
        rig.run(&EAGER);
        println!("{what}: {} clocks per packet", (rig.clocks - begin.0) as f64 / (rig.accepted - begin.1) as f64);
    }
    rig.bench.finish();
}
