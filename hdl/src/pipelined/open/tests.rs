//! The wide block does what the compact one does: the same packets, valid and broken in every way, through both.
#[path = "number_tests.rs"]
mod numbers;

use super::*;
use crate::cell::Lanes;
use crate::check::Bench;
use crate::inbound::Open;
use crate::pipelined::WideReplay;
use holdfast_registers::Reason;
use rand::{rngs::StdRng, Rng, SeedableRng};
use std::collections::{BTreeMap, VecDeque};

/// Clocks of the pipeline, see `CipherService`.
const OUT: usize = 48;
const VERDICT: usize = 55;

/// A packet as the lookup hands it over, and what the blocks around will say of it.
#[derive(Clone)]
struct Packet {
    intake: Intake,
    peer: [u32; 4],
    words: Vec<u32>,
    /// What its ciphertext becomes, and its right ICV.
    text: Vec<u32>,
    tag: [u32; 4],
    high: u32,
    fresh: bool,
    frozen: bool,
}

impl Packet {
    fn opened(&self) -> bool {
        self.intake.esp && self.intake.reason == 0
    }
    fn additional(&self) -> Vec<u32> {
        let low = u64::from(self.intake.low) as u32;
        let spi = u64::from(self.intake.spi) as u32;
        if self.intake.esn {
            vec![spi, self.high, low]
        } else {
            vec![spi, low]
        }
    }
    fn cipher(&self) -> &[u32] {
        let at = self.intake.text_word.index();
        &self.words[at..at + self.text.len()]
    }
}

/// Plaintext of so many words: an inner packet or not, padding and trailer right or not.
fn plaintext(random: &mut StdRng, tunnel: bool) -> Vec<u32> {
    let next = *[4, 41, 4, 41, 6, 59, 17].get(random.gen_range(0..if tunnel { 7 } else { 30 })).unwrap_or(&6) as u8;
    let length = match random.gen_range(0..4) {
        0 => random.gen_range(0..20),
        1 => random.gen_range(20..60),
        _ => random.gen_range(0..200),
    };
    let mut bytes: Vec<u8> = (0..length).map(|_| random.gen()).collect();
    if let Some(byte) = bytes.first_mut() {
        let version = if next == 41 { 6 } else { 4 };
        *byte = *byte & 15 | if random.gen_bool(0.9) { version << 4 } else { random.gen::<u8>() & 0xf0 };
    }
    let mut pad = (4 - (bytes.len() + 2) % 4) % 4;
    if random.gen_bool(0.3) {
        pad += 4 * random.gen_range(0..63);
    }
    bytes.extend((1..=pad as u8).collect::<Vec<_>>());
    if pad > 0 && random.gen_bool(0.15) {
        let at = bytes.len() - random.gen_range(1..=pad);
        bytes[at] ^= 1 << random.gen_range(0..8);
    }
    let said = if random.gen_bool(0.1) { random.gen() } else { pad as u8 };
    bytes.extend([said, next]);
    bytes.chunks(4).map(|c| c.iter().fold(0, |w, b| w << 8 | *b as u32)).collect()
}

fn packet(random: &mut StdRng) -> Packet {
    let ip_word = if random.gen_bool(0.3) { 5u64 } else { 4 };
    let (ipv6, tunnel): (bool, bool) = (random.gen(), random.gen());
    let extensions = if ipv6 && random.gen_bool(0.4) { random.gen_range(1..5) } else { 0 };
    let options = if random.gen_bool(0.3) { random.gen_range(0..=10) } else { 0 };
    let upper = ip_word + if ipv6 { 10 + 2 * extensions } else { 5 + options };
    let text_word = upper + 4 + if random.gen_bool(0.3) { 2 } else { 0 };
    let text = plaintext(random, tunnel);
    let mut words: Vec<u32> = (0..text_word as usize + text.len() + 4).map(|_| random.gen()).collect();
    let mut tag: [u32; 4] = std::array::from_fn(|i| words[text_word as usize + text.len() + i]);
    if random.gen_bool(0.1) {
        tag[random.gen_range(0..4)] ^= 1 << random.gen_range(0..32);
    }
    words.extend((0..random.gen_range(0..9)).map(|_| random.gen::<u32>()));
    let kind = random.gen_range(0..20);
    let reason = match kind {
        0 => Reason::UnknownSpi.code() as u64,
        1 => Reason::Malformed.code() as u64,
        _ => 0,
    };
    let esp = kind != 1 && kind != 2 && kind != 3;
    Packet {
        intake: Intake {
            reason: reason.into(),
            esp,
            to_host: kind == 3,
            sa: random.gen_range(0..32u64).into(),
            start: 0.into(),
            words: (words.len() as u64).into(),
            length: (4 * words.len() as u64 - 2 - random.gen_range(0..4u64)).into(),
            ip_word: ip_word.into(),
            tunnel,
            esn: random.gen(),
            window: random.gen_range(0..1025u64).into(),
            ipv6,
            service: random.gen_range(0..256u64).into(),
            spi: (random.gen::<u32>() as u64).into(),
            low: (random.gen::<u32>() as u64).into(),
            text_word: text_word.into(),
            cipher_bytes: (4 * text.len() as u64).into(),
            upper_word: upper.into(),
            name_word: if extensions > 0 { ip_word + 10 + 2 * random.gen_range(0..extensions) } else { ip_word + 1 }.into(),
            name_lane: if extensions > 0 { 0 } else { 2 }.into(),
            old_total: (4 * (text_word - ip_word + text.len() as u64 + 4)).into(),
        },
        peer: random.gen(),
        words,
        text,
        tag,
        high: random.gen(),
        fresh: random.gen_bool(0.85),
        frozen: random.gen_bool(0.1),
    }
}

/// What leaves a block, in the order in which it does.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Event { head: u64, detail: u64, address: Vec<u64> },
    Counted { sa: u64, bytes: u64 },
    Dropped(u64),
    Fragment,
    Committed { length: u64, note: u64, bytes: Vec<u8> },
}

/// The two stores around, as rings of words; frames begin with a unit of so many words.
struct Stores {
    unit: usize,
    old: Vec<u32>,
    new: Vec<u32>,
    front: usize,
    /// Where the next old frame goes, and units that were not given back.
    next: usize,
    held: VecDeque<usize>,
}

impl Stores {
    fn new(unit: usize) -> Self {
        Self { unit, old: vec![0xdead_beef; 1024 * unit], new: vec![0; 1024 * unit], front: 0, next: 900, held: VecDeque::new() }
    }
    fn put(&mut self, packet: &mut Packet) {
        packet.intake.start = (self.next as u64).into();
        for (i, word) in packet.words.iter().enumerate() {
            let at = (self.unit * self.next + i) % self.old.len();
            self.old[at] = *word;
        }
        let units = packet.words.len().div_ceil(self.unit);
        packet.intake.words = (units as u64).into();
        self.next = (self.next + units) % 1024;
        self.held.push_back(units);
        assert!(self.held.iter().sum::<usize>() < 1024);
    }
    fn four(&self, address: usize) -> Block128 {
        Lanes(std::array::from_fn(|i| self.old[(address + i) % self.old.len()]))
    }
    fn frame(&self, skip: usize, length: u64) -> Vec<u8> {
        let bytes = (0..length.div_ceil(4) as usize + 1)
            .flat_map(|i| self.new[(self.unit * (self.front + skip) + i) % self.new.len()].to_be_bytes());
        bytes.skip(2).take(length as usize).collect()
    }
}

/// The replay service: answers questions about the packets that are opened, in their order, after some clocks.
#[derive(Default)]
struct Numbers {
    packet: Option<Packet>,
    wait: usize,
    checks: bool,
    high: u32,
}

impl Numbers {
    /// `done`, after a clock.
    fn clock(&mut self, infer: bool, check: bool, random: &mut StdRng, queue: &mut VecDeque<Packet>) -> bool {
        if infer {
            self.packet = queue.pop_front();
            self.wait = random.gen_range(7..10);
            self.checks = false;
        } else if check {
            self.wait = random.gen_range(2..5);
            self.checks = true;
        } else if self.wait > 0 {
            self.wait -= 1;
            if self.wait == 1 && !self.checks {
                self.high = self.packet.as_ref().map(|p| p.high).unwrap_or(0);
            }
            return self.wait == 1;
        }
        false
    }
}

/// The anti-replay service of the wide block, which has packets under way: one question before the text, one after the verdict.
struct Service {
    infers: VecDeque<Packet>,
    checks: VecDeque<Packet>,
    inferred: Option<(usize, Packet)>,
    checked: Option<(usize, Packet, bool)>,
    clock: usize,
    /// When something was last told that may be told every sixteen clocks only.
    told: usize,
    /// The block itself instead.
    real: Option<Bench<WideReplay>>,
}

impl Service {
    fn new(packets: &[Packet]) -> Self {
        let opened: VecDeque<Packet> = packets.iter().filter(|p| p.opened()).cloned().collect();
        Self { infers: opened.clone(), checks: opened, inferred: None, checked: None, clock: 16, told: 0, real: None }
    }
    fn drive(&mut self, d: &mut WideOpen) {
        self.clock += 1;
        let clock = self.clock;
        if let Some(real) = &self.real {
            let r = &real.dut;
            (d.inferred.next, d.inferred_high.next) = (r.inferred.val(), r.high.val());
            (d.checked.next, d.checked_fresh.next, d.checked_frozen.next) = (r.checked.val(), r.fresh.val(), r.was_frozen.val());
            return;
        }
        d.inferred.next = false;
        if let Some((at, packet)) = &self.inferred {
            d.inferred.next = *at == clock;
            d.inferred_high.next = (packet.high as u64).into();
        }
        d.checked.next = false;
        if let Some((at, packet, authentic)) = &self.checked {
            d.checked.next = *at == clock;
            d.checked_fresh.next = *authentic && packet.fresh;
            d.checked_frozen.next = packet.frozen;
            if *at == clock {
                assert!(clock - self.told >= 16, "{} clocks after the one before", clock - self.told);
                self.told = clock;
            }
        }
    }
    fn take(&mut self, d: &WideOpen, eager: bool, random: &mut StdRng) {
        if d.event_valid.val() && d.event_ready.val() {
            self.told = self.clock;
        }
        if let Some(real) = &mut self.real {
            let r = &mut real.dut;
            (r.infer.next, r.infer_sa.next, r.infer_size.next) = (d.infer.val(), d.infer_sa.val(), d.infer_size.val());
            (r.infer_esn.next, r.infer_low.next) = (d.infer_esn.val(), d.infer_low.val());
            (r.check.next, r.authentic.next, r.check_sa.next) = (d.check.val(), d.check_authentic.val(), d.check_sa.val());
            (r.check_size.next, r.check_low.next) = (d.check_size.val(), d.check_low.val());
            if d.check.val() {
                r.frozen.next = self.checks.pop_front().expect("a packet is asked about").frozen;
            }
            real.cycle();
            return;
        }
        if d.infer.val() {
            let packet = self.infers.pop_front().expect("a packet is asked about");
            assert_eq!(
                (d.infer_sa.val(), d.infer_size.val(), d.infer_low.val(), d.infer_esn.val()),
                (packet.intake.sa, packet.intake.window, packet.intake.low, packet.intake.esn)
            );
            let wait = if eager { 6 } else { random.gen_range(1..20) };
            self.inferred = Some((self.clock + wait, packet));
        }
        if d.check.val() {
            let packet = self.checks.pop_front().expect("a packet is asked about");
            assert_eq!(
                (d.check_sa.val(), d.check_size.val(), d.check_low.val()),
                (packet.intake.sa, packet.intake.window, packet.intake.low)
            );
            let at = packet.intake.text_word.index() + packet.text.len();
            assert_eq!(d.check_authentic.val(), packet.words[at..at + 4] == packet.tag);
            let wait = if eager { 6 } else { random.gen_range(6..12) };
            self.checked = Some((self.clock + wait, packet, d.check_authentic.val()));
        }
    }
}

/// Who takes what leaves.
macro_rules! ports {
    ($d:expr, $random:expr, $eager:expr) => {{
        let d = &mut $d;
        d.drop_ready.next = $eager || $random.gen_bool(0.3);
        d.sa_ready.next = $eager || $random.gen_bool(0.3);
        d.fragment_ready.next = $eager || $random.gen_bool(0.3);
        d.event_ready.next = $eager || $random.gen_bool(0.3);
    }};
}

/// What leaves in this clock.
macro_rules! leaves {
    ($d:expr, $seen:expr) => {{
        let d = &$d;
        if d.event_valid.val() && d.event_ready.val() {
            $seen.push(Seen::Event {
                head: d.event_head.val().into(),
                detail: d.event_detail.val().into(),
                address: d.event_address.iter().map(|w| w.val().into()).collect(),
            });
        }
        if d.sa_valid.val() && d.sa_ready.val() {
            $seen.push(Seen::Counted { sa: d.sa_index.val().into(), bytes: d.sa_bytes.val().into() });
        }
        if d.fragment_valid.val() && d.fragment_ready.val() {
            $seen.push(Seen::Fragment);
        }
        if d.drop_valid.val() && d.drop_ready.val() {
            $seen.push(Seen::Dropped(d.drop_reason.val().into()));
        }
    }};
}

/// What the compact block makes of them.
fn compact(packets: &[Packet]) -> (Vec<Seen>, Vec<Vec<u32>>) {
    let mut random = StdRng::seed_from_u64(1);
    let mut bench = Bench::new("open_compact", Open::default(), |d| &mut d.clock);
    let (mut stores, mut numbers, mut seen, mut additional) = (Stores::new(1), Numbers::default(), vec![], vec![]);
    let mut waiting: VecDeque<Packet> = packets.iter().cloned().collect();
    let mut opened: VecDeque<Packet> = packets.iter().filter(|p| p.opened()).cloned().collect();
    let mut cipher: Option<(Packet, usize)> = None;
    let mut ciphers = opened.clone();
    let mut pipe = [0usize; 2];
    let mut offered = false;
    let (mut out, mut tag, mut said, mut done) = (None, false, vec![], false);
    bench.dut.reset.next = true;
    bench.cycle();
    bench.dut.reset.next = false;
    let mut ends = 0;
    while ends < packets.len() {
        if !offered {
            if let Some(packet) = waiting.front_mut() {
                stores.put(packet);
                bench.dut.intake.next = packet.intake;
                bench.dut.peer.iter_mut().zip(packet.peer).for_each(|(port, w)| port.next = (w as u64).into());
                offered = true;
            }
        }
        bench.dut.go.next = offered;
        ports!(bench.dut, random, true);
        bench.dut.data.next = (stores.old[pipe[0]] as u64).into();
        bench.dut.in_ready.next = !tag;
        bench.dut.out_valid.next = out.is_some();
        bench.dut.out_word.next = (out.take().unwrap_or(0u32) as u64).into();
        bench.dut.tag_valid.next = tag;
        if let Some((packet, _)) = &cipher {
            bench.dut.tag.iter_mut().zip(packet.tag).for_each(|(port, w)| port.next = (w as u64).into());
        }
        bench.dut.replay_done.next = done;
        bench.dut.replay_high.next = (numbers.high as u64).into();
        let answers = numbers.packet.as_ref();
        bench.dut.replay_fresh.next = answers.is_some_and(|p| p.fresh);
        bench.dut.replay_frozen.next = answers.is_some_and(|p| p.frozen);
        bench.settle();
        let d = &bench.dut;
        if offered && d.accept.val() {
            waiting.pop_front();
            offered = false;
        }
        leaves!(d, seen);
        let (infer, check) = (d.replay_infer.val(), d.replay_check.val());
        if d.write.val() {
            stores.new[(stores.front + d.offset.val().index()) % 1024] = u64::from(d.write_data.val()) as u32;
        }
        if d.commit.val() {
            let length = d.commit_length.val().into();
            seen.push(Seen::Committed { length, note: d.commit_note.val().into(), bytes: stores.frame(0, length) });
            stores.front = (stores.front + d.commit_words.val().index()) % 1024;
        }
        if d.free.val() {
            assert_eq!(stores.held.pop_front(), Some(d.free_words.val().index()));
            ends += 1;
        }
        if d.in_valid.val() && d.in_ready.val() {
            let word = u64::from(d.in_word.val()) as u32;
            match u64::from(d.in_kind.val()) {
                0 => {
                    cipher.get_or_insert_with(|| (ciphers.pop_front().expect("a packet"), 0));
                    said.push(word);
                }
                1 => {
                    let (packet, at) = cipher.as_mut().expect("additional data first");
                    assert_eq!(word, packet.cipher()[*at]);
                    out = Some(packet.text[*at]);
                    *at += 1;
                }
                2 => {
                    additional.push(std::mem::take(&mut said));
                    tag = true;
                }
                _ => {}
            }
        }
        if d.tag_take.val() {
            tag = false;
            cipher = None;
        }
        pipe = [pipe[1], d.address.val().index()];
        bench.cycle();
        done = numbers.clock(infer, check, &mut random, &mut opened);
    }
    std::mem::forget(bench);
    (seen, additional)
}

/// What the wide block makes of them; and for each packet the clocks in which it was taken, its last beat was taken, and it was committed or dropped.
#[allow(clippy::type_complexity)]
fn wide(name: &str, packets: &[Packet], limit: u64, eager: bool, verilog: bool) -> (Vec<Seen>, Vec<Vec<u32>>, Vec<[usize; 3]>) {
    wide_with(Service::new(packets), name, packets, limit, eager, verilog)
}

#[allow(clippy::type_complexity)]
fn wide_with(
    mut service: Service,
    name: &str,
    packets: &[Packet],
    limit: u64,
    eager: bool,
    verilog: bool,
) -> (Vec<Seen>, Vec<Vec<u32>>, Vec<[usize; 3]>) {
    let mut random = StdRng::seed_from_u64(77);
    let mut bench = Bench::new(name, WideOpen::new(limit), |d| &mut d.clock);
    let (mut stores, mut seen, mut additional) = (Stores::new(4), vec![], vec![]);
    let mut waiting: VecDeque<Packet> = packets.iter().cloned().collect();
    let mut ciphers: VecDeque<Packet> = packets.iter().filter(|p| p.opened()).cloned().collect();
    let mut cipher: Option<(Packet, usize)> = None;
    let mut pipe = [0usize; 3];
    let (mut offered, mut pause, mut turn, mut most) = (false, 0, false, 0);
    let mut outs: VecDeque<(usize, bool, u64, Block128)> = VecDeque::new();
    let mut verdicts: VecDeque<(usize, bool)> = VecDeque::new();
    let mut times: Vec<[usize; 3]> = vec![];
    let (mut taken, mut texts) = (vec![], VecDeque::new());
    bench.dut.reset.next = true;
    bench.cycle();
    bench.dut.reset.next = false;
    for clock in 0.. {
        if times.len() == packets.len() && bench.dut.idle.val() {
            break;
        }
        assert!(clock < 2000 * packets.len(), "stuck at packet {}", times.len());
        if pause > 0 {
            pause -= 1;
        } else if !offered && stores.held.len() < 8 {
            let held: usize = stores.held.iter().sum();
            if let Some(packet) = waiting.front_mut().filter(|p| held + p.words.len().div_ceil(4) < 1000) {
                stores.put(packet);
                bench.dut.intake.next = packet.intake;
                bench.dut.peer.iter_mut().zip(packet.peer).for_each(|(port, w)| port.next = (w as u64).into());
                offered = true;
            }
        }
        bench.dut.go.next = offered;
        ports!(bench.dut, random, eager);
        bench.dut.data.next = stores.four(pipe[0]);
        // The other direction may come between before the first beat.
        let within = cipher.is_some();
        turn = within || (!ciphers.is_empty() && (eager || random.gen_bool(if turn { 0.9 } else { 0.2 })));
        bench.dut.text_ready.next = turn;
        let out = outs.front().filter(|o| o.0 == clock).copied();
        bench.dut.out_valid.next = out.is_some();
        if let Some((_, last, bytes, block)) = out {
            outs.pop_front();
            bench.dut.out_last.next = last;
            bench.dut.out_bytes.next = bytes.into();
            bench.dut.out_block.next = block;
        }
        let verdict = verdicts.front().filter(|v| v.0 == clock).copied();
        bench.dut.verdict_valid.next = verdict.is_some();
        bench.dut.authentic.next = verdict.is_some_and(|v| v.1);
        if verdict.is_some() {
            verdicts.pop_front();
        }
        service.drive(&mut bench.dut);
        bench.settle();
        let d = &bench.dut;
        if offered && d.accept.val() {
            waiting.pop_front();
            offered = false;
            pause = if eager { 1 } else { random.gen_range(1..100) };
            taken.push(clock);
        }
        leaves!(d, seen);
        service.take(d, eager, &mut random);
        most = most.max(d.flying.val().index());
        for i in 0..4 {
            if d.write.val().get_bit(i) {
                stores.new[(4 * stores.front + d.offset.val().index() + i) % 4096] = d.write_data.val().0[i];
            }
        }
        if d.commit.val() {
            let length = d.commit_length.val().into();
            let skip = d.commit_skip.val().index();
            assert!(limit > 1 || skip == 0);
            seen.push(Seen::Committed { length, note: d.commit_note.val().into(), bytes: stores.frame(skip, length) });
            let blocks = d.commit_blocks.val().index();
            assert!(4 * (blocks - skip) > length as usize / 4, "{blocks} blocks for {length} bytes, {skip} of them before");
            stores.front = (stores.front + blocks) % 1024;
        }
        if d.free.val() {
            let held = stores.held.front_mut().expect("a frame");
            *held -= d.free_blocks.val().index();
            if *held == 0 {
                stores.held.pop_front();
            }
        }
        if d.commit.val() || (d.drop_valid.val() && d.drop_ready.val()) {
            let opened = packets[times.len()].opened();
            times.push([taken[times.len()], if opened { texts.pop_front().expect("its text has gone") } else { 0 }, clock]);
        }
        assert!(!within || d.text_valid.val(), "a gap");
        if d.text_valid.val() && turn {
            let block = d.text_block.val().0;
            if d.text_first.val() {
                let packet = ciphers.pop_front().expect("a packet");
                let bytes = if packet.intake.esn { 12 } else { 8 };
                assert_eq!(d.text_bytes.val(), bytes);
                assert_eq!(block[3] as u64, u64::from(packet.intake.cipher_bytes));
                additional.push(block[..bytes as usize / 4].to_vec());
                let at = packet.intake.text_word.index() + packet.text.len();
                assert_eq!(d.icv.val().0, packet.words[at..at + 4]);
                cipher = Some((packet, 0));
            } else {
                let (packet, at) = cipher.as_mut().expect("a first beat");
                let count = (packet.text.len() - *at).min(4);
                assert_eq!(block[..count], packet.cipher()[*at..*at + count]);
                assert_eq!(d.text_bytes.val(), 4 * count as u64);
                let plain = std::array::from_fn(|i| packet.text.get(*at + i).copied().unwrap_or(0));
                *at += count;
                let last = *at == packet.text.len();
                assert_eq!(d.text_last.val(), last);
                outs.push_back((clock + OUT, last, 4 * count as u64, Lanes(plain)));
                if last {
                    let icv = &packet.words[packet.intake.text_word.index() + packet.text.len()..][..4];
                    let said: &Vec<u32> = additional.last().expect("its additional data");
                    verdicts.push_back((clock + VERDICT, *icv == packet.tag && *said == packet.additional()));
                    texts.push_back(clock);
                    cipher = None;
                }
            }
        }
        pipe = [pipe[1], pipe[2], d.address.val().index()];
        bench.cycle();
    }
    assert_eq!(bench.dut.tail.val().index() % 1024, stores.front, "nothing is kept for nobody");
    assert!(stores.held.is_empty(), "every old frame went back");
    assert!(most <= limit as usize);
    if let Some(real) = service.real.take() {
        std::mem::forget(real);
    }
    // The Verilog is slow, and once is enough.
    if verilog {
        bench.finish();
    } else {
        std::mem::forget(bench);
    }
    (seen, additional, times)
}

/// What leaves does so in the same order, counts apart: a packet may be counted while the next one is decided on.
fn assert_same(seen: &[Seen], expected: &[Seen], what: &str) {
    for counted in [true, false] {
        let those = |all: &[Seen]| -> Vec<Seen> { all.iter().filter(|s| matches!(s, Seen::Counted { .. }) == counted).cloned().collect() };
        let (seen, expected) = (those(seen), those(expected));
        for (n, (seen, expected)) in seen.iter().zip(&expected).enumerate() {
            assert_eq!(seen, expected, "{what}, {n}");
        }
        assert_eq!(seen.len(), expected.len(), "{what}");
    }
}

#[test]
fn every_packet_ends_as_in_the_compact_block() {
    let mut reasons = BTreeMap::<u64, usize>::new();
    let mut committed = 0;
    for seed in 0..2 {
        let mut random = StdRng::seed_from_u64(40 + seed);
        let packets: Vec<Packet> = (0..120).map(|_| packet(&mut random)).collect();
        let (expected, said) = compact(&packets);
        let wanted: Vec<_> = packets.iter().filter(|p| p.opened()).map(|p| p.additional()).collect();
        assert_eq!(said, wanted);
        for (limit, eager) in [(1, false), (2, true), (8, true), (8, false)] {
            let (seen, additional, _) = wide("wide_open", &packets, limit, eager, false);
            assert_same(&seen, &expected, &format!("seed {seed}, limit {limit}"));
            assert_eq!(additional, wanted);
        }
        if seed == 0 {
            wide("wide_open", &packets[..50], 6, false, true);
        }
        for seen in expected {
            match seen {
                Seen::Dropped(reason) => *reasons.entry(reason).or_default() += 1,
                Seen::Committed { .. } => committed += 1,
                _ => {}
            }
        }
    }
    println!("{committed} committed, dropped {reasons:?}");
    for reason in [Reason::Icv, Reason::Replay, Reason::Padding, Reason::NextHeader, Reason::Ecn, Reason::Dummy, Reason::UnknownSpi] {
        assert!(reasons.contains_key(&(reason.code() as u64)), "{reason:?} was not met: {reasons:?}");
    }
    assert!(committed > 60);
}

/// Clocks a packet takes besides a clock per beat of text.
#[test]
fn clocks_per_packet() {
    for (mode, tunnel, esn) in [("tunnel", true, false), ("transport, IPv4", false, false), ("tunnel, extended numbers", true, true)] {
        for blocks in [1, 3, 4, 20] {
            let mut random = StdRng::seed_from_u64(7);
            let mut one = loop {
                let packet = packet(&mut random);
                if packet.opened() && packet.intake.ip_word == 4 && !packet.intake.ipv6 && packet.intake.upper_word == 9 {
                    break packet;
                }
            };
            one.intake.tunnel = tunnel;
            one.intake.esn = esn;
            one.fresh = true;
            let begin = one.intake.text_word.index();
            one.words.truncate(begin);
            one.text = vec![0x4500_0000; 4 * blocks];
            one.words.extend(&one.text);
            one.words.extend(one.tag);
            one.intake.cipher_bytes = (16 * blocks as u64).into();
            one.intake.words = (one.words.len() as u64).into();
            if let Some(last) = one.text.last_mut() {
                *last = 4;
            }
            for limit in [1, 2, 6, 8] {
                let packets = vec![one.clone(); 20];
                let (seen, _, times) = wide("wide_open_clocks", &packets, limit, true, false);
                assert_eq!(seen.len(), 40, "all are counted and committed");
                let apart: Vec<_> = times.windows(2).map(|t| t[1][0] - t[0][0]).collect();
                println!(
                    "{mode}, {blocks} blocks of text, {limit} under way: {} from taking it to the last beat, {} from there to the commit; six packets in {} clocks",
                    times[4][1] - times[4][0],
                    times[4][2] - times[4][1],
                    times[18][0] - times[12][0],
                );
                // The mover: ten clocks, a beat more of headers in transport mode; and at the end of the pipeline the verdict and what follows from it.
                assert!(times[0][1] - times[0][0] <= blocks + if tunnel { 10 } else { 12 });
                assert!(times[0][2] - times[0][1] <= VERDICT + 12);
                if limit == 8 && blocks <= 4 {
                    assert!(apart[6..].iter().all(|clocks| *clocks <= 18), "a short packet takes at most eighteen clocks");
                }
            }
        }
    }
}
