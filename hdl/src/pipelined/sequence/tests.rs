//! The sequencer against a plain reference, random packets under random SAs, with every neighbour waiting at random.
use super::*;
use crate::{check::Bench, rig};
use holdfast_registers::sa;
use rand::{rngs::StdRng, Rng, SeedableRng};
use std::collections::{BTreeSet, VecDeque};

const SAS: usize = 8;

/// What `go` offers.
#[derive(Clone, Copy)]
struct Packet {
    facts: Facts,
    frame: Frame,
    decision: Decision,
    control: bool,
    destination: [u32; 4],
}

fn packet(random: &mut StdRng) -> Packet {
    let ip_word = random.gen_range(4..=5);
    let insert_word = ip_word + random.gen_range(5..15);
    let payload = if random.gen_bool(0.1) { random.gen_range(0..1400) } else { random.gen_range(0..120) };
    let facts = Facts {
        ipv6: random.gen(),
        ip_word: ip_word.into(),
        service: random.gen_range(0..256u64).into(),
        dont_fragment: random.gen(),
        fragment: random.gen_bool(0.1),
        finish: (4 * insert_word + payload).into(),
        insert_word: insert_word.into(),
        patch_word: random.gen_range(0..insert_word).into(),
        patch_lane: random.gen_range(0..4u64).into(),
        insert_protocol: random.gen_range(0..256u64).into(),
        ..Facts::default()
    };
    let frame = Frame {
        start: random.gen_range(0..1024u64).into(),
        words: random.gen_range(0..400u64).into(),
        length: random.gen_range(0..1600u64).into(),
        ..Frame::default()
    };
    let protect = random.gen_bool(0.8);
    let reason = if !protect && random.gen() { random.gen_range(1..32u64) } else { 0 };
    let decision = Decision { reason: reason.into(), protect, sa: random.gen_range(0..SAS as u64).into() };
    Packet { facts, frame, decision, control: random.gen_bool(0.1), destination: random.gen() }
}

/// What is done for a packet that waits for its limit.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Relief {
    Raise(u64),
    Remove,
}

/// The SAD.
#[derive(Clone, PartialEq)]
struct Table {
    words: Vec<[u32; 24]>,
    valid: Vec<bool>,
}

impl Table {
    fn pair(&self, sa: usize, word: usize) -> u64 {
        (self.words[sa][word + 1] as u64) << 32 | self.words[sa][word] as u64
    }

    fn set_pair(&mut self, sa: usize, word: usize, value: u64) {
        self.words[sa][word..word + 2].copy_from_slice(&[value as u32, (value >> 32) as u32]);
    }

    fn relieve(&mut self, sa: usize, relief: Relief) {
        match relief {
            Relief::Raise(by) => self.set_pair(sa, sa::LIMIT, self.pair(sa, sa::LIMIT) + by),
            Relief::Remove => {
                self.words[sa] = [0; 24];
                self.valid[sa] = false;
            }
        }
    }
}

/// Everything that is to be seen of a packet.
#[derive(Clone, Default)]
struct Outcome {
    plan: Plan,
    spi: u32,
    number: u64,
    headers: Vec<u32>,
    /// Key, AES-256, nonce, SA.
    job: Option<([u32; 8], bool, [u32; 3], u64)>,
    used: Option<(u64, u64, bool)>,
    event: Option<[u32; 6]>,
    starves: Option<Relief>,
    /// A higher limit is asked for, be the packet one that may be sealed or not.
    asks: bool,
}

/// Takes a packet's number and says what must come of it.
fn outcome(packet: &Packet, table: &mut Table, may_wait: bool, random: &mut StdRng) -> Outcome {
    let (facts, decision) = (packet.facts, packet.decision);
    let mut out = Outcome::default();
    out.plan.control = packet.control;
    (out.plan.start, out.plan.words, out.plan.length) = (packet.frame.start, packet.frame.words, packet.frame.length);
    out.plan.reason = decision.reason;
    if !decision.protect {
        return out;
    }
    let index = u64::from(decision.sa) as usize;
    let number = |bits: u64| bits as usize;
    let (finish, begin, place) = (number(facts.finish.into()), 4 * number(facts.ip_word.into()), 4 * number(facts.insert_word.into()));
    let flag = |table: &Table, bit| table.words[index][sa::FLAGS] & bit != 0;
    let reserve = |sa: &[u32; 24]| {
        let tunnel = sa[sa::FLAGS] & sa::flags::TUNNEL != 0;
        let own = if sa[sa::FLAGS] & sa::flags::IPV6 != 0 { 40 } else { 20 };
        let kept = if tunnel { 0 } else { place - begin };
        (kept, if tunnel { own } else { kept } + if sa[sa::FLAGS] & sa::flags::UDP != 0 { 40 } else { 32 })
    };
    let drop = |mut out: Outcome, reason: Reason, event: Option<(EventCode, u32)>, table: &Table| {
        out.plan.reason = (reason.code() as u64).into();
        let ipv6 = if flag(table, sa::flags::IPV6) { event::IPV6 } else { 0 };
        let mut address = packet.destination;
        if flag(table, sa::flags::TUNNEL) {
            address.copy_from_slice(&table.words[index][sa::REMOTE..sa::REMOTE + 4]);
        }
        out.event = event.map(|(code, detail)| {
            let head = code.code() as u32 | (index as u32) << 8 | event::SA_VALID | ipv6;
            [head, detail, address[0], address[1], address[2], address[3]]
        });
        out
    };
    loop {
        let words = table.words[index];
        let tunnel = flag(table, sa::flags::TUNNEL);
        let ipv6 = flag(table, sa::flags::IPV6);
        let udp = flag(table, sa::flags::UDP);
        let esn = flag(table, sa::flags::ESN);
        let (next, limit) = (table.pair(index, sa::SEQUENCE), table.pair(index, sa::LIMIT));
        let at_end = if esn { limit == u64::MAX } else { limit >> 32 != 0 };
        let waits = next >= limit && flag(table, sa::flags::RECORDED) && may_wait && !at_end;
        out.asks |= waits;
        if !table.valid[index] || (!tunnel && ipv6 != facts.ipv6) {
            return drop(out, Reason::NoSa, None, table);
        }
        if !tunnel && facts.fragment {
            return drop(out, Reason::Fragment, None, table);
        }
        let payload = finish - if tunnel { begin } else { place };
        let cipher = (payload + 2).next_multiple_of(4);
        let (kept, fixed) = reserve(&words);
        let (mtu, total) = ((words[sa::FLAGS] >> 16) as usize, fixed + cipher);
        if mtu != 0 && total > mtu {
            let room = mtu.saturating_sub(fixed) / 4 * 4;
            let largest = if room == 0 { 0 } else { room + kept - 2 };
            return drop(out, Reason::TooBig, Some((EventCode::TooBig, largest as u32)), table);
        }
        if waits {
            let relief = match random.gen_range(0..10) {
                0 | 1 => Relief::Remove,
                _ => Relief::Raise(random.gen_range(1..4)),
            };
            out.starves = Some(relief);
            table.relieve(index, relief);
            continue;
        }
        if next >= limit {
            return drop(out, Reason::SequenceLimit, Some((EventCode::SequenceLimit, words[sa::SPI])), table);
        }
        table.set_pair(index, sa::SEQUENCE, next.wrapping_add(1));
        let (low, high) = (next as u32, (next >> 32) as u32);
        if flag(table, sa::flags::RECORDED) {
            out.used = Some((index as u64, next, packet.control));
        }
        out.job = Some((
            words[sa::KEY..sa::KEY + 8].try_into().expect("eight words"),
            flag(table, sa::flags::AES256),
            [words[sa::SALT], high, low],
            index as u64,
        ));
        (out.spi, out.number) = (words[sa::SPI], next);
        let protocol = if udp { 17 } else { 50 };
        let hop = words[sa::FLAGS] >> 8 & 0xff;
        let class = u64::from(facts.service) as u32;
        if tunnel && ipv6 {
            out.headers.extend([0x6000_0000 | class << 20, ((total - 40) << 16) as u32 | protocol << 8 | hop]);
            out.headers.extend(&words[sa::LOCAL..sa::REMOTE + 4]);
        } else if tunnel {
            let whole = if facts.dont_fragment || facts.ipv6 { 0x4000 } else { 0 };
            let mut header = [0x4500_0000 | class << 16 | total as u32, low << 16 | whole, hop << 24 | protocol << 16, 0, 0];
            (header[3], header[4]) = (words[sa::LOCAL], words[sa::REMOTE]);
            let mut sum: u32 = header.iter().map(|word| (word >> 16) + (word & 0xffff)).sum();
            while sum > 0xffff {
                sum = (sum >> 16) + (sum & 0xffff);
            }
            header[2] |= !sum & 0xffff;
            out.headers.extend(header);
        }
        if udp {
            out.headers.extend([words[sa::PORTS], ((cipher + 40) << 16) as u32]);
        }
        out.headers.extend([words[sa::SPI], low, high, low]);
        let plan = &mut out.plan;
        plan.seal = true;
        plan.sa = decision.sa;
        plan.ip_word = facts.ip_word;
        (plan.tunnel, plan.ipv6, plan.esn) = (tunnel, ipv6, esn);
        plan.payload_word = (if tunnel { begin as u64 / 4 } else { place as u64 / 4 }).into();
        plan.payload_bytes = (payload as u64).into();
        plan.next_header = match (tunnel, facts.ipv6) {
            (true, true) => 41.into(),
            (true, false) => 4.into(),
            _ => facts.insert_protocol,
        };
        plan.cipher_bytes = (cipher as u64).into();
        plan.header_words = (out.headers.len() as u64).into();
        plan.old_total = ((finish - begin) as u64).into();
        plan.new_total = ((if ipv6 { total - 40 } else { total }) as u64).into();
        plan.protocol = (protocol as u64).into();
        (plan.patch_word, plan.patch_lane) = (facts.patch_word, facts.patch_lane);
        return out;
    }
}

/// Of a frame that is not sealed only this counts.
fn seen(plan: Plan) -> Plan {
    if plan.seal {
        return plan;
    }
    let mut seen = Plan::default();
    (seen.reason, seen.control, seen.start, seen.words, seen.length) = (plan.reason, plan.control, plan.start, plan.words, plan.length);
    seen
}

fn word(value: Bits<32>) -> u32 {
    u64::from(value) as u32
}

/// The neighbours: the SAD as it stands, what it was asked for, the cipher's job, and what is still expected.
struct World {
    bench: Bench<WideSequence>,
    table: Table,
    asked: (usize, usize),
    written: Option<(usize, usize)>,
    key: [u32; 8],
    /// Clocks until the cipher takes another job.
    busy: usize,
    header_asked: Option<(Vec<u32>, usize)>,
    current: Vec<u32>,
    plans: VecDeque<Outcome>,
    jobs: VecDeque<([u32; 8], bool, [u32; 3], u64)>,
    used: VecDeque<(u64, u64, bool)>,
    events: VecDeque<[u32; 6]>,
    relief: Option<(usize, Relief)>,
    asks: Option<usize>,
    taken: usize,
    accepted: usize,
    /// When plans were accepted.
    times: Vec<usize>,
    now: usize,
}

impl World {
    fn new(name: &str, table: Table) -> Self {
        let mut world = Self {
            bench: Bench::new(name, WideSequence::default(), |d| &mut d.clock).deep(),
            table,
            asked: (0, 0),
            written: None,
            key: [0; 8],
            busy: 0,
            header_asked: None,
            current: vec![],
            plans: VecDeque::new(),
            jobs: VecDeque::new(),
            used: VecDeque::new(),
            events: VecDeque::new(),
            relief: None,
            asks: None,
            taken: 0,
            accepted: 0,
            times: vec![],
            now: 0,
        };
        world.bench.dut.reset.next = true;
        world.bench.cycle();
        world.bench.cycle();
        world.bench.dut.reset.next = false;
        world
    }

    fn offer(&mut self, packet: &Packet) {
        let dut = &mut self.bench.dut;
        dut.facts.next = packet.facts;
        dut.frame.next = packet.frame;
        dut.decision.next = packet.decision;
        dut.control.next = packet.control;
        for i in 0..4 {
            dut.destination[i].next = (packet.destination[i] as u64).into();
        }
    }

    /// Answers what was asked for in the clock before.
    fn show(&mut self, random: &mut StdRng) {
        let (index, row) = self.asked;
        // A row that is being written, and those beyond the record, are undefined.
        let known = row < 6 && self.written != Some(self.asked);
        for i in 0..4 {
            let word = if known { self.table.words[index][4 * row + i] } else { random.gen() };
            self.bench.dut.sad_data[i].next = (word as u64).into();
        }
        self.bench.dut.sad_valid.next = self.table.valid[index];
        self.bench.dut.job_ready.next = self.busy == 0;
        self.bench.dut.header_row.next = random.gen_range(0..4u64).into();
    }

    /// Looks at what is to be seen in this clock, and ends it.
    fn clock(&mut self, random: &mut StdRng, delay: usize) {
        self.bench.settle();
        let dut = &self.bench.dut;
        let at = |value: u64| value as usize;
        if dut.idle.val() {
            assert_eq!(self.taken - self.accepted, dut.starved.val() as usize);
            // Of a packet that starves it is known already what will come of it.
            let known = dut.starved.val() as usize;
            assert!(self.jobs.len() <= known && self.events.len() <= known);
        }
        assert!(dut.idle.val() || !dut.starved.val());
        if let Some((headers, row)) = self.header_asked.take() {
            for (i, expected) in headers.iter().skip(4 * row).take(4).enumerate() {
                assert_eq!(dut.header_block.val().0[i], *expected, "header word {}", 4 * row + i);
            }
        }
        if dut.accept.val() && dut.ready.val() {
            let outcome = self.plans.pop_front().expect("a plan too many");
            assert_eq!(seen(dut.plan.val()), outcome.plan);
            if outcome.plan.seal {
                let number = (u64::from(dut.number_high.val()) << 32) | u64::from(dut.number_low.val());
                assert_eq!((word(dut.spi.val()), number), (outcome.spi, outcome.number));
            }
            self.current = outcome.headers;
            self.accepted += 1;
            self.times.push(self.now);
        }
        self.header_asked = Some((self.current.clone(), at(dut.header_row.val().into())));
        if dut.key_write.val() {
            assert!(self.busy == 0, "a key word without room");
            self.key[at(dut.key_index.val().into())] = word(dut.key_word.val());
        }
        self.busy = self.busy.saturating_sub(1);
        if dut.job_start.val() {
            assert!(!dut.key_write.val());
            let nonce = std::array::from_fn(|i| word(dut.job_nonce[i].val()));
            let job = (self.key, dut.job_aes256.val(), nonce, dut.job_sa.val().into());
            assert!(self.jobs.pop_front() == Some(job), "another job");
            self.busy = delay;
        }
        if dut.used.val() {
            let number = (u64::from(dut.used_high.val()) << 32) | u64::from(dut.used_low.val());
            assert_eq!(Some((dut.used_index.val().into(), number, dut.used_control.val())), self.used.pop_front());
        }
        if dut.starving.val() {
            assert_eq!(Some(at(dut.used_index.val().into())), self.asks.take(), "a limit that is high enough");
        }
        if dut.event_valid.val() && dut.event_ready.val() {
            let address = dut.event_address.iter().map(|w| word(w.val()));
            let event: Vec<u32> = [dut.event_head.val(), dut.event_detail.val()].map(word).into_iter().chain(address).collect();
            assert_eq!(Some(event.as_slice()), self.events.pop_front().as_ref().map(|event| event.as_slice()));
        }
        self.asked = (at(dut.sad_index.val().into()) % SAS, at(dut.sad_row.val().into()));
        self.written = None;
        if dut.sad_write.val() {
            let target = at(dut.sad_write_word.val().into());
            self.table.words[self.asked.0][target] = word(dut.sad_write_data.val());
            self.written = Some((self.asked.0, target / 4));
        }
        let _ = random;
        self.now += 1;
        self.bench.cycle();
    }

    fn expect(&mut self, index: usize, outcome: Outcome) {
        assert!(self.asks.is_none(), "nobody asked for a higher limit");
        self.asks = outcome.asks.then_some(index);
        self.relief = outcome.starves.map(|relief| (index, relief));
        self.jobs.extend(outcome.job);
        self.used.extend(outcome.used);
        self.events.extend(outcome.event);
        self.plans.push_back(outcome);
        self.taken += 1;
    }
}

fn table(random: &mut StdRng) -> Table {
    let mut table = Table { words: vec![[0; 24]; SAS], valid: vec![true; SAS] };
    for index in 0..SAS {
        install(&mut table, index, random);
    }
    table
}

fn install(table: &mut Table, index: usize, random: &mut StdRng) {
    let spi = random.gen_range(256..u32::MAX);
    table.words[index].copy_from_slice(&rig::sa(random, false, spi)[..24]);
    table.valid[index] = random.gen_bool(0.9);
    if random.gen() {
        table.words[index][sa::FLAGS] |= sa::flags::RECORDED;
    }
    if random.gen_bool(0.6) {
        // Soon at its limit, sometimes across the border of the lower word.
        let next = if random.gen() { 0xffff_fffe } else { random.gen_range(1..9) };
        table.set_pair(index, sa::SEQUENCE, next);
        table.set_pair(index, sa::LIMIT, next + random.gen_range(0..5));
    }
    if random.gen_bool(0.1) {
        let esn = table.words[index][sa::FLAGS] & sa::flags::ESN != 0;
        let limit = if esn { u64::MAX } else { 1 << 32 };
        table.set_pair(index, sa::SEQUENCE, limit - random.gen_range(0..2));
        table.set_pair(index, sa::LIMIT, limit);
    }
}

#[test]
fn plans_headers_numbers_and_jobs_are_those_of_the_reference() {
    let (mut reasons, mut sealed, mut reliefs) = (BTreeSet::<u64>::new(), 0, [0, 0]);
    for seed in 0..6 {
        let mut random = StdRng::seed_from_u64(seed);
        let random = &mut random;
        let mut model = table(random);
        let may_wait = seed % 3 != 0;
        let mut world = World::new("wide_sequence", model.clone());
        world.bench.dut.may_wait.next = may_wait;
        let (ready, count) = (if seed % 2 == 0 { 0.3 } else { 0.9 }, 150);
        let (mut next, mut relieving, mut changing) = (packet(random), false, false);
        while world.accepted < count {
            world.offer(&next);
            world.show(random);
            let hold = relieving || changing;
            let dut = &mut world.bench.dut;
            dut.go.next = world.taken < count && random.gen_bool(0.8);
            dut.room.next = random.gen_bool(ready);
            dut.hold.next = hold;
            dut.event_ready.next = random.gen_bool(ready);
            world.bench.settle();
            let accepts = world.bench.dut.ready.val() && random.gen_bool(ready);
            world.bench.dut.accept.next = accepts;
            world.bench.settle();
            let dut = &mut world.bench.dut;
            relieving |= dut.starving.val() && world.relief.is_some();
            if hold && dut.idle.val() {
                if let (true, Some((index, relief))) = (dut.starved.val(), world.relief.take()) {
                    world.table.relieve(index, relief);
                    relieving = false;
                    reliefs[(relief == Relief::Remove) as usize] += 1;
                }
                if changing && !dut.starved.val() {
                    let index = random.gen_range(0..SAS);
                    install(&mut model, index, random);
                    (world.table.words[index], world.table.valid[index]) = (model.words[index], model.valid[index]);
                }
                changing = false;
            } else {
                changing |= random.gen_bool(0.02);
            }
            let dut = &world.bench.dut;
            if dut.take.val() {
                assert!(dut.go.val() && !hold && (dut.room.val() || u64::from(next.decision.reason) != 0));
                let index = u64::from(next.decision.sa) as usize;
                let outcome = outcome(&next, &mut model, may_wait, random);
                reasons.insert(outcome.plan.reason.into());
                sealed += outcome.plan.seal as usize;
                // Counted from the next clock on.
                let (taken, accepted) = (world.taken, world.accepted);
                let delay = random.gen_range(1..25);
                world.clock(random, delay);
                assert!(world.taken == taken && world.accepted >= accepted);
                world.expect(index, outcome);
                next = packet(random);
                continue;
            }
            let delay = random.gen_range(1..25);
            world.clock(random, delay);
        }
        // The last job may still wait for the cipher.
        world.bench.dut.go.next = false;
        world.bench.dut.accept.next = false;
        for _ in 0..60 {
            world.show(random);
            world.clock(random, 1);
        }
        assert!(world.bench.dut.idle.val() && world.jobs.is_empty() && world.used.is_empty() && world.events.is_empty());
        assert!(world.table == model, "seed {seed}: the numbers in the SAD");
        world.bench.finish();
    }
    let wanted = [Reason::NoSa, Reason::TooBig, Reason::SequenceLimit, Reason::Fragment];
    assert!(sealed > 200 && wanted.iter().all(|r| reasons.contains(&(r.code() as u64))), "{sealed} sealed, reasons {reasons:?}");
    assert!(reliefs.iter().all(|n| *n > 0), "raised {}, removed {}", reliefs[0], reliefs[1]);
}

/// One packet after another, nobody waits: clocks from plan to plan, and the cipher asks for the next job as soon as it has one.
#[test]
fn every_form_takes_fourteen_clocks() {
    let mut random = StdRng::seed_from_u64(7);
    let random = &mut random;
    let mut world = World::new("wide_sequence_pace", Table { words: vec![[0; 24]; SAS], valid: vec![true; SAS] });
    let mut model = world.table.clone();
    for form in 0..32u32 {
        // Transport and tunnel, AES, ESN, UDP, family.
        let words = &mut model.words[0];
        *words = std::array::from_fn(|_| random.gen());
        words[sa::FLAGS] = form | 64 << sa::flags::HOP_LIMIT_SHIFT;
        model.set_pair(0, sa::SEQUENCE, 1);
        model.set_pair(0, sa::LIMIT, 1000);
        world.table = model.clone();
        world.times.clear();
        let dut = &mut world.bench.dut;
        (dut.room.next, dut.go.next, dut.event_ready.next) = (true, true, true);
        while world.times.len() < 6 {
            let mut next = packet(random);
            next.facts.ipv6 = form & sa::flags::IPV6 != 0;
            next.facts.fragment = false;
            (next.decision.protect, next.decision.reason, next.decision.sa) = (true, 0.into(), 0.into());
            world.offer(&next);
            let mut took = false;
            while !took {
                world.show(random);
                world.bench.settle();
                world.bench.dut.accept.next = world.bench.dut.ready.val();
                world.bench.settle();
                took = world.bench.dut.take.val();
                world.clock(random, 2);
            }
            world.expect(0, outcome(&next, &mut model, false, random));
        }
        world.bench.dut.go.next = false;
        while !world.bench.dut.idle.val() {
            world.show(random);
            world.bench.settle();
            world.bench.dut.accept.next = world.bench.dut.ready.val();
            world.clock(random, 2);
            world.bench.settle();
        }
        let clocks: Vec<usize> = world.times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        println!("flags {form:05b}: clocks from plan to plan {clocks:?}");
        assert!(clocks.iter().all(|clocks| *clocks == 14), "flags {form:05b}: {clocks:?}");
    }
    world.bench.finish();
}
