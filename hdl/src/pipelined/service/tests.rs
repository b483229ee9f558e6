//! The service with the core inside: packets of both directions at once against `aes-gcm`, keys installed meanwhile, deletion and wipe.
use super::super::tests::{block, bytes, Packet};
use super::*;
use crate::cell::Lanes;
use crate::check::Bench;
use crate::gcm::tests::{sealed, Dice};
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use std::collections::VecDeque;

/// A service that is clocked, alone or beside its Verilog.
trait Clocked {
    fn dut(&mut self) -> &mut CipherService;
    fn cycle(&mut self);
}

impl Clocked for Bench<CipherService> {
    fn dut(&mut self) -> &mut CipherService {
        &mut self.dut
    }
    fn cycle(&mut self) {
        Bench::cycle(self)
    }
}

impl Clocked for CipherService {
    fn dut(&mut self) -> &mut CipherService {
        self
    }
    fn cycle(&mut self) {
        assert!(simulate(self, 1000));
        for level in [true, false] {
            self.clock.next = level.into();
            assert!(simulate(self, 1000));
        }
    }
}

fn service() -> CipherService {
    let mut service = CipherService::default();
    service.connect_all();
    service
}

/// What one direction drives.
struct Inputs<'a> {
    key_write: &'a mut Signal<In, Bit>,
    key_index: &'a mut Signal<In, Bits<3>>,
    key_word: &'a mut Signal<In, Bits<32>>,
    aes256: &'a mut Signal<In, Bit>,
    nonce: &'a mut [Signal<In, Bits<32>>; 3],
    sa: &'a mut Signal<In, SaIndex>,
    start: &'a mut Signal<In, Bit>,
    valid: &'a mut Signal<In, Bit>,
    first: &'a mut Signal<In, Bit>,
    last: &'a mut Signal<In, Bit>,
    block: &'a mut Signal<In, Block128>,
    bytes: &'a mut Signal<In, Bits<5>>,
}

fn inputs(d: &mut CipherService, open: bool) -> Inputs<'_> {
    if open {
        Inputs {
            key_write: &mut d.open_key_write,
            key_index: &mut d.open_key_index,
            key_word: &mut d.open_key_word,
            aes256: &mut d.open_job_aes256,
            nonce: &mut d.open_job_nonce,
            sa: &mut d.open_job_sa,
            start: &mut d.open_job_start,
            valid: &mut d.open_text_valid,
            first: &mut d.open_text_first,
            last: &mut d.open_text_last,
            block: &mut d.open_text_block,
            bytes: &mut d.open_text_bytes,
        }
    } else {
        Inputs {
            key_write: &mut d.seal_key_write,
            key_index: &mut d.seal_key_index,
            key_word: &mut d.seal_key_word,
            aes256: &mut d.seal_job_aes256,
            nonce: &mut d.seal_job_nonce,
            sa: &mut d.seal_job_sa,
            start: &mut d.seal_job_start,
            valid: &mut d.seal_text_valid,
            first: &mut d.seal_text_first,
            last: &mut d.seal_text_last,
            block: &mut d.seal_text_block,
            bytes: &mut d.seal_text_bytes,
        }
    }
}

fn word(bytes: &[u8]) -> u64 {
    u32::from_be_bytes(bytes.try_into().unwrap()) as u64
}

/// A direction: its packets, and how far each part of them is.
#[derive(Default)]
struct Way {
    keys: Vec<Vec<u8>>,
    packets: Vec<(usize, Packet)>,
    /// The next job, and its next key word; the next packet of text, its next beat, and whether that is offered.
    job: usize,
    step: usize,
    text: usize,
    beat: usize,
    offered: bool,
    /// No job is begun.
    held: bool,
    /// What has to come out, and in which clock.
    texts: VecDeque<(u64, Vec<u8>, bool)>,
    verdicts: VecDeque<(u64, usize)>,
    done: usize,
}

impl Way {
    /// Nothing is under way.
    fn idle(&self) -> bool {
        self.step == 0 && self.text == self.job && self.done == self.text
    }
}

/// The users of both directions, the control plane, and the service.
struct Rig<C: Clocked> {
    core: C,
    clock: u64,
    dice: Dice,
    ways: [Way; 2],
    bus: VecDeque<(u64, u64, u64, u64)>,
    /// In so many of 100 clocks a user who could go on does not.
    pause: u64,
    /// Clocks in which beats were taken.
    first: Option<u64>,
    last: u64,
}

impl<C: Clocked> Rig<C> {
    fn new(core: C, seed: u64) -> Self {
        println!("seed {seed}");
        let mut rig =
            Self { core, clock: 0, dice: Dice(seed), ways: Default::default(), bus: Default::default(), pause: 0, first: None, last: 0 };
        rig.core.dut().reset.next = true;
        rig.core.cycle();
        rig.core.dut().reset.next = false;
        (0..2).for_each(|_| rig.core.cycle());
        rig
    }

    fn noise(&mut self) -> Block128 {
        Lanes(std::array::from_fn(|_| self.dice.roll() as u32))
    }

    /// Appends a packet of this SA; of those to be opened every fourth comes with a tag one bit of which is wrong.
    fn packet(&mut self, open: bool, sa: usize, text_bytes: usize) {
        let (key, dice) = (self.ways[open as usize].keys[sa].clone(), &mut self.dice);
        let aad = [8, 12][dice.below(2) as usize];
        let (nonce, aad, text) = (dice.bytes(12), dice.bytes(aad), dice.bytes(text_bytes));
        let (cipher, tag) = sealed(&key, &nonce, &aad, &text);
        let (input, output) = if open { (cipher, text) } else { (text, cipher) };
        let mut icv = tag.clone();
        if dice.below(4) == 0 {
            let bit = dice.below(128) as usize;
            icv[bit / 8] ^= 1 << (bit % 8);
        }
        self.ways[open as usize].packets.push((sa, Packet { key, nonce, aad, input, output, tag, icv, seal: !open }));
    }

    /// The job side, as the sequencer does it: eight words, then the start, all over again while there is no room.
    fn job(&mut self, open: bool) {
        let (noise, goes) = (self.noise(), self.dice.below(100) >= self.pause);
        let (size, sa) = (self.dice.below(2) == 0, self.dice.below(32));
        let d = self.core.dut();
        let ready = if open { d.open_job_ready.val() } else { d.seal_job_ready.val() };
        let way = &mut self.ways[open as usize];
        let port = inputs(d, open);
        port.key_write.next = false;
        port.start.next = false;
        port.key_word.next = (noise.0[0] as u64).into();
        port.key_index.next = (noise.0[1] as u64 % 8).into();
        port.nonce.iter_mut().zip(noise.0).for_each(|(n, lane)| n.next = (lane as u64).into());
        port.sa.next = sa.into();
        if way.step == 0 {
            port.aes256.next = size;
        }
        if way.job == way.packets.len() || !ready || (way.step == 0 && way.held) || !goes {
            return;
        }
        let (sa, p) = &way.packets[way.job];
        if way.step < 8 {
            port.aes256.next = p.key.len() == 32;
            port.key_write.next = true;
            port.key_index.next = (way.step as u64).into();
            // With AES-128 words 4 to 7 are ignored.
            if let Some(bytes) = p.key.get(4 * way.step..4 * way.step + 4) {
                port.key_word.next = word(bytes).into();
            }
            way.step += 1;
        } else {
            port.start.next = true;
            port.sa.next = (*sa as u64).into();
            port.nonce.iter_mut().zip(p.nonce.chunks(4)).for_each(|(n, w)| n.next = word(w).into());
            way.step = 0;
            way.job += 1;
        }
    }

    /// The text side: beat 0 may be offered before its job is there, and then there are no gaps.
    fn text(&mut self, open: bool) {
        let (noise, goes, clock) = (self.noise(), self.dice.below(100) >= self.pause, self.clock);
        let flags = self.dice.below(4);
        let d = self.core.dut();
        let ready = if open { d.open_text_ready.val() } else { d.seal_text_ready.val() };
        let way = &mut self.ways[open as usize];
        way.offered |= goes && way.text < way.packets.len() && (!way.held || way.text < way.job);
        if open {
            d.open_icv.next = noise;
            if way.offered && way.beat == 0 {
                d.open_icv.next = block(&way.packets[way.text].1.icv);
            }
        }
        let port = inputs(d, open);
        port.valid.next = way.offered;
        port.block.next = noise;
        port.first.next = flags & 1 == 1;
        port.last.next = flags & 2 == 2;
        port.bytes.next = (noise.0[2] as u64 % 32).into();
        if !way.offered {
            return;
        }
        let p = &way.packets[way.text].1;
        let mut chunk = match way.beat {
            0 => p.aad.clone(),
            n => p.input[16 * n - 16..p.input.len().min(16 * n)].to_vec(),
        };
        let (count, last) = (chunk.len(), way.beat == p.input.len().div_ceil(16));
        if way.beat == 0 {
            chunk.resize(12, 0xee);
            chunk.extend((p.input.len() as u32).to_be_bytes());
        }
        chunk.resize(16, 0xdd);
        port.block.next = block(&chunk);
        port.bytes.next = (count as u64).into();
        port.first.next = way.beat == 0;
        port.last.next = last;
        if !ready {
            assert!(way.beat == 0, "a gap that is the service's");
            return;
        }
        assert!(way.text < way.job, "a packet without a job");
        if way.beat > 0 {
            let output = p.output[16 * way.beat - 16..p.output.len().min(16 * way.beat)].to_vec();
            way.texts.push_back((clock + OUT_LATENCY as u64, output, last));
        }
        self.first = self.first.or(Some(clock));
        self.last = clock;
        way.beat += 1;
        if last {
            way.verdicts.push_back((clock + VERDICT_LATENCY as u64, way.text));
            way.text += 1;
            way.beat = 0;
            way.offered = false;
        }
    }

    /// What comes out, and when.
    fn results(&mut self, open: bool) {
        let d = self.core.dut();
        let (valid, last, count, out, tagged) = if open {
            (d.open_out_valid.val(), d.open_out_last.val(), d.open_out_bytes.val(), d.open_out_block.val(), d.open_verdict_valid.val())
        } else {
            (d.seal_out_valid.val(), d.seal_out_last.val(), d.seal_out_bytes.val(), d.seal_out_block.val(), d.seal_tag_valid.val())
        };
        let way = &mut self.ways[open as usize];
        let due = way.texts.front().is_some_and(|t| t.0 == self.clock);
        let expected = if due { way.texts.pop_front() } else { None };
        assert_eq!(valid, expected.is_some(), "text, clock {}", self.clock);
        if let Some((_, text, ends)) = expected {
            let all = bytes(out);
            assert_eq!((count.index(), last), (text.len(), ends));
            assert_eq!(all[..text.len()], text[..], "text, clock {}", self.clock);
            assert!(all[text.len()..].iter().all(|&b| b == 0), "bytes beyond the text");
        } else {
            assert!(!last);
        }
        let due = way.verdicts.front().is_some_and(|v| v.0 == self.clock);
        let expected = if due { way.verdicts.pop_front() } else { None };
        assert_eq!(tagged, expected.is_some(), "a verdict, clock {}", self.clock);
        if let Some((_, n)) = expected {
            let p = &way.packets[n].1;
            if open {
                assert_eq!(d.open_authentic.val(), p.icv == p.tag, "verdict on packet {n}, {} bytes of text", p.input.len());
            } else {
                assert_eq!(bytes(d.seal_tag.val())[..], p.tag, "tag of packet {n}, {} bytes of text", p.input.len());
            }
            way.done += 1;
        }
        if !way.idle() && way.job > way.done {
            assert!(d.busy.val(), "busy, clock {}", self.clock);
        }
    }

    fn step(&mut self) {
        for open in [false, true] {
            self.results(open);
            self.job(open);
            self.text(open);
        }
        let write = self.bus.pop_front();
        let d = self.core.dut();
        d.table_write.next = write.is_some();
        d.table_data.next = 0u64.into();
        if let Some((select, index, word, data)) = write {
            d.table_select.next = select.into();
            d.table_index.next = index.into();
            d.table_word.next = word.into();
            d.table_data.next = data.into();
        }
        self.core.cycle();
        self.clock += 1;
    }

    /// Puts all 32 words of an SA on the bus, as a commit does, its direction being at rest; then waits for its powers. An empty key is a deletion. Returns the clocks until the commit may end.
    fn install(&mut self, open: bool, sa: usize, key: &[u8]) -> u64 {
        self.ways[open as usize].held = true;
        while !self.ways[open as usize].idle() {
            self.step();
        }
        let other = |word: u64| if key.is_empty() { 0 } else { 0x0101_0101 * word };
        let words = (1..32u64).map(|w| {
            let at = (w as usize).wrapping_sub(4);
            (w, if at < 8 { key.get(4 * at..4 * at + 4).map_or(0, word) } else { other(w) })
        });
        let flags = if key.len() == 32 { 0x42 } else { 0 };
        let all: Vec<_> = std::iter::once((0, 0)).chain(words).chain([(0, flags)]).collect();
        self.bus.extend(all.into_iter().map(|(word, data)| (open as u64, sa as u64, word, data)));
        while !self.bus.is_empty() {
            self.step();
        }
        let began = self.clock;
        while self.core.dut().powers_busy.val() {
            self.step();
            assert!(self.clock - began < 1000, "powers do not come");
        }
        let way = &mut self.ways[open as usize];
        way.keys.resize(way.keys.len().max(sa + 1), vec![]);
        way.keys[sa] = key.to_vec();
        way.held = false;
        self.clock - began
    }

    fn install_some(&mut self, count: usize) {
        for sa in 0..count {
            for open in [false, true] {
                let key = self.dice.bytes([16, 32][(sa + open as usize) % 2]);
                self.install(open, sa, &key);
            }
        }
    }

    /// Until all packets are through.
    fn run(&mut self) {
        let started = self.clock;
        while self.ways.iter().any(|w| w.done < w.packets.len()) {
            self.step();
            assert!(self.clock - started < 100_000, "the service hangs");
        }
        (0..4).for_each(|_| self.step());
        assert!(!self.core.dut().busy.val());
    }
}

#[test]
fn the_verilog_does_the_same() {
    let bench = Bench::new("cipher_service", CipherService::default(), |d| &mut d.clock);
    let mut rig = Rig::new(bench, 1);
    rig.install_some(1);
    for (n, text) in [1, 16, 17, 48, 5, 70, 0, 160].into_iter().enumerate() {
        rig.packet(n % 3 == 0, 0, text);
        rig.packet(n % 2 == 0, 0, text + n);
    }
    rig.run();
    // A key that is given up, and then everything.
    rig.bus.extend((0..7).map(|word| (1, 0, word, 7)));
    (0..7).for_each(|_| rig.step());
    assert!(rig.core.dut().powers_busy.val());
    rig.core.dut().table_clear.next = true;
    (0..2).for_each(|_| rig.step());
    assert!(!rig.core.dut().powers_busy.val() && !rig.core.dut().busy.val());
    rig.core.dut().table_clear.next = false;
    rig.core.dut().wipe.next = true;
    (0..64).for_each(|_| rig.step());
    rig.core.dut().wipe.next = false;
    (0..QUIET + 4).for_each(|_| rig.step());
    assert!(rig.core.dut().seal_job_ready.val());
    rig.core.finish();
}

#[test]
fn random_packets_in_both_directions_at_once() {
    let mut rig = Rig::new(service(), 30);
    rig.install_some(4);
    for pause in [0, 30, 95] {
        rig.pause = pause;
        for open in [false, true] {
            // Short ones, to which overtaking and the ends of packets matter, and all lengths up to a hundred blocks.
            for _ in 0..40 {
                let (sa, text) = (rig.dice.below(4) as usize, rig.dice.below(100) as usize);
                rig.packet(open, sa, text);
            }
            for _ in 0..25 {
                let (sa, text) = (rig.dice.below(4) as usize, 1 + rig.dice.below(1600) as usize);
                rig.packet(open, sa, text);
            }
        }
        rig.run();
    }
}

#[test]
fn packets_of_one_sa_and_of_different_ones_follow_each_other() {
    let mut rig = Rig::new(service(), 31);
    rig.install_some(3);
    for text in [1, 16, 33, 64, 65] {
        for n in 0..12 {
            rig.packet(false, if n < 6 { 1 } else { n % 3 }, text);
            rig.packet(true, if n < 6 { 2 } else { n % 2 }, text);
        }
    }
    rig.run();
    // Only one direction, so that its own packets follow each other.
    for n in 0..10 {
        rig.packet(true, n % 3, 200);
    }
    rig.run();
}

#[test]
fn a_packet_takes_a_clock_per_block_and_hardly_more() {
    let mut rig = Rig::new(service(), 32);
    rig.install_some(2);
    // Blocks; clocks per packet in all with both directions, and with one alone. Short ones are limited by the nine clocks in which a key is written and started.
    for (blocks, both, alone) in [(3, 5.0, 10.0), (8, 9.0, 10.0), (20, 21.0, 21.0), (95, 96.0, 96.0)] {
        for (ways, expected) in [(vec![false, true], both), (vec![true], alone)] {
            for n in 0..16 {
                for &open in &ways {
                    rig.packet(open, n % 2, 16 * blocks);
                }
            }
            rig.first = None;
            rig.run();
            let packets = 16 * ways.len() as u64;
            let clocks = (rig.last + 1 - rig.first.unwrap()) as f64 / packets as f64;
            println!("{blocks} blocks, {} directions: {clocks:.2} clocks per packet", ways.len());
            assert!(clocks <= expected, "{blocks} blocks, {} directions: {clocks:.2} clocks per packet", ways.len());
        }
    }
}

/// The other direction goes on, and so does this one afterwards, under the new key and under the old ones.
#[test]
fn keys_are_installed_while_traffic_runs() {
    let mut rig = Rig::new(service(), 33);
    rig.install_some(2);
    for (round, blocks) in [(0, 95), (1, 2), (2, 20)] {
        let open = round % 2 == 0;
        for _ in 0..[10, 200, 60][round] {
            let sa = rig.dice.below(2) as usize;
            rig.packet(!open, sa, 16 * blocks);
        }
        let sent = rig.ways[!open as usize].done;
        let key = rig.dice.bytes([32, 16][round % 2]);
        let clocks = rig.install(open, 1, &key);
        println!("{blocks} blocks: {clocks} clocks until the powers are there");
        // Nine for the key, 48 for H, 260 for the powers; both beats wait for the end of a packet.
        assert!(clocks <= 330 + 2 * (blocks as u64 + 3));
        assert!(rig.ways[!open as usize].done > sent && rig.ways[!open as usize].done < rig.ways[!open as usize].packets.len());
        for n in 0..6 {
            rig.packet(open, n % 2, 40 * n);
        }
        rig.run();
    }
}

/// The value of every wire.
#[derive(Default)]
struct Wires(Vec<String>);

impl Probe for Wires {
    fn visit_start_scope(&mut self, name: &str, _: &dyn Block) {
        self.0.push(name.into());
    }
    fn visit_end_scope(&mut self, _: &str, _: &dyn Block) {}
    fn visit_start_namespace(&mut self, _: &str, _: &dyn Block) {}
    fn visit_end_namespace(&mut self, _: &str, _: &dyn Block) {}
    fn visit_atom(&mut self, name: &str, atom: &dyn Atom) {
        self.0.push(format!("{name} {}", atom.verilog()));
    }
}

/// Fails if the two can be told apart by any wire.
fn alike(rigs: &mut [Rig<CipherService>; 2], when: &str) {
    let [a, b] = rigs.each_mut().map(|rig| {
        let mut wires = Wires::default();
        rig.core.accept("top", &mut wires);
        wires.0
    });
    let different: Vec<_> = a.iter().zip(&b).enumerate().filter(|(_, (a, b))| a != b).collect();
    if let Some((n, _)) = different.first() {
        // The blocks that it stands in are the names before it without a value.
        let path: Vec<_> = a[..*n].iter().rev().filter(|name| !name.contains(' ')).take(3).collect();
        panic!("{when}: {} wires differ, first {:?} in {path:?}", different.len(), different[0]);
    }
}

/// Two services with different secrets cannot be told apart after a wipe, not by any wire in any later clock, not even when packets of the SAs that were there ask for their powers.
#[test]
fn nothing_is_left_after_a_wipe() {
    let mut rigs = [8u8, 9].map(|secret| {
        let mut rig = Rig::new(service(), 41);
        for (open, bytes) in [(false, 16), (true, 32)] {
            rig.install(open, 5, &vec![secret; bytes]);
            [100, 5, 64, 1000].iter().for_each(|&text| rig.packet(open, 5, text));
        }
        (0..110).for_each(|_| rig.step());
        // An installation has begun as well.
        rig.bus.extend((0..7).map(|word| (0, 9, word, word << 20 | secret as u64)));
        (0..7).for_each(|_| rig.step());
        assert!(rig.core.powers_busy.val() && rig.core.busy.val());
        // The last clock in which something may come out.
        rig.core.wipe.next = true;
        rig.step();
        rig.ways = Default::default();
        rig
    });
    for clock in 1..300 {
        for rig in &mut rigs {
            rig.core.wipe.next = clock < 64;
            if clock == 66 + QUIET {
                // With powers of zero the tag is the mask alone.
                let key = [6; 16];
                for way in &mut rig.ways {
                    way.keys = vec![key.to_vec(); 6];
                }
                for open in [false, true] {
                    rig.packet(open, 5, 40);
                    let p = &mut rig.ways[open as usize].packets[0].1;
                    let mut mask: Vec<u8> = p.nonce.iter().copied().chain([0, 0, 0, 1]).collect();
                    aes::Aes128::new(&key.into()).encrypt_block(mask.as_mut_slice().try_into().unwrap());
                    (p.tag, p.icv) = (mask.clone(), mask);
                }
            }
            rig.step();
            if clock < 66 + QUIET {
                let again = clock > 64 + QUIET;
                assert_eq!((rig.core.seal_job_ready.val(), rig.core.open_job_ready.val()), (again, again), "clock {clock}");
                assert!(rig.core.busy.val() || again, "clock {clock}");
            }
        }
        if clock >= 65 {
            alike(&mut rigs, &format!("clock {clock}"));
        }
    }
    assert!(rigs.iter().all(|rig| rig.ways.iter().all(|way| way.done == 1)));
}

/// The stages of the pipeline have no reset: what they hold when `reset` comes for one clock, at any moment of two packets, must neither come out nor disturb what follows.
#[test]
fn one_clock_of_reset_is_enough() {
    let mut rig = Rig::new(service(), 42);
    for moment in [1, 5, 12, 20, 29, 38, 47, 60, 80] {
        rig.install_some(2);
        for open in [false, true] {
            [100, 40].iter().for_each(|&text| rig.packet(open, 1, text));
        }
        (0..moment).for_each(|_| rig.step());
        rig.core.reset.next = true;
        rig.step();
        rig.core.reset.next = false;
        rig.ways = Default::default();
        rig.bus.clear();
        // Every clock of it is checked for what comes out.
        (0..QUIET).for_each(|_| rig.step());
        rig.install_some(2);
        for open in [false, true] {
            [64, 33, 1].iter().for_each(|&text| rig.packet(open, 0, text));
        }
        rig.run();
    }
}

/// Two services that differ in an SA cannot be told apart after that was deleted, though all else goes on.
#[test]
fn nothing_is_left_of_a_deleted_sa() {
    let secrets = [[3u8; 32], [4u8; 32]];
    let mut rigs = secrets.map(|secret| {
        let mut rig = Rig::new(service(), 40);
        rig.install_some(2);
        rig.install(false, 1, &secret);
        rig.packet(false, 1, 100);
        (0..3).for_each(|_| rig.packet(true, 1, 400));
        rig.run();
        rig.install(false, 1, &[]);
        rig
    });
    for clock in 0..200 {
        rigs.iter_mut().for_each(|rig| rig.step());
        // The packet of nothing has to pass.
        if clock > VERDICT_LATENCY + 8 {
            alike(&mut rigs, &format!("clock {clock}"));
        }
        if clock == 100 {
            for rig in &mut rigs {
                rig.ways[0].keys[1] = vec![0; 16];
                rig.packet(false, 1, 30);
            }
        }
    }
}

#[test]
fn verilog_of_the_service() {
    let core = service();
    let text = crate::export::verilog("holdfast_cipher_service", &core);
    assert!(text.contains("module holdfast_cipher_service("));
    if let Some(folder) = std::env::var_os("HOLDFAST_PIPELINE") {
        std::fs::write(std::path::PathBuf::from(folder).join("service.v"), &text).unwrap();
    }
}
