use super::*;
use crate::cell::Lanes;
use crate::parse::Parse;
use crate::{check::Bench, traffic};
use rand::{rngs::StdRng, Rng, SeedableRng};
use std::collections::VecDeque;

/// What is found of a frame: facts, addresses, words of the upper protocol.
type Found = (Facts, Vec<u64>, Vec<u64>);

/// Frames one behind the other in the store's ring, as the ingress leaves them; `front` counts blocks.
struct Ring {
    words: Vec<u32>,
    front: usize,
}

impl Ring {
    fn put(&mut self, bytes: &[u8], reason: u64, note: u64) -> Frame {
        let words = traffic::words(bytes);
        let start = self.front;
        for (i, word) in words.iter().enumerate() {
            self.words[(4 * start + i) % 4096] = *word;
        }
        let blocks = words.len().div_ceil(4);
        self.front = (start + blocks) % 1024;
        Frame {
            start: (start as u64).into(),
            words: (blocks as u64).into(),
            length: (bytes.len() as u64).into(),
            reason: reason.into(),
            note: note.into(),
        }
    }

    fn word(&self, at: usize) -> u32 {
        self.words[at % 4096]
    }
}

/// What `Parse` says of the frame, which it finds at the beginning of its store.
fn plain(bench: &mut Bench<Parse>, ring: &Ring, frame: Frame) -> Found {
    bench.dut.frame.next = Frame { start: 0.into(), ..frame };
    bench.dut.go.next = true;
    bench.dut.take.next = false;
    let mut pipe = 0;
    bench.settle();
    while !bench.dut.ready.val() {
        let address = bench.dut.address.val().index();
        bench.cycle();
        bench.dut.data.next = (pipe as u64).into();
        pipe = ring.word(4 * frame.start.index() + address);
        bench.settle();
    }
    let addresses = bench.dut.source.iter().chain(&bench.dut.destination).map(|w| w.val().into()).collect();
    let found = (bench.dut.facts.val(), addresses, bench.dut.upper.iter().map(|w| w.val().into()).collect());
    bench.dut.go.next = false;
    bench.dut.take.next = true;
    bench.cycle();
    found
}

fn compare(wide: &Found, plain: &Found, bytes: &[u8]) {
    let (facts, expected) = (wide.0, plain.0);
    assert_eq!(facts.reason, expected.reason, "{bytes:02x?}");
    if expected.reason != 0u64 {
        return;
    }
    assert_eq!((facts.ip, facts.ipv6, facts.arp, facts.ip_word), (expected.ip, expected.ipv6, expected.arp, expected.ip_word));
    assert_eq!(wide.1, plain.1, "{bytes:02x?}");
    if !expected.ip {
        return;
    }
    assert_eq!(facts, expected, "{bytes:02x?}");
    if !expected.later {
        // Behind the packet's end there is whatever the store holds.
        let first = if expected.protocol == 50u64 { 2 } else { 0 };
        let last = (first + expected.finish.index().div_ceil(4) - expected.upper_word.index()).min(6);
        assert_eq!(wide.2[first..last], plain.2[first..last], "{bytes:02x?}");
    }
}

/// The parser with a store behind its port, and with `Parse` beside it.
struct Rig {
    bench: Bench<WideParse>,
    plain: Bench<Parse>,
    ring: Ring,
    pipe: VecDeque<usize>,
    clock: u64,
}

impl Rig {
    fn new(name: &str) -> Self {
        let mut plain = Bench::new(&format!("{name}_plain"), Parse::default(), |d| &mut d.clock);
        plain.dut.reset.next = true;
        plain.cycle();
        plain.dut.reset.next = false;
        let mut bench = Bench::new(name, WideParse::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        Self { bench, plain, ring: Ring { words: vec![0xdead_beef; 4096], front: 1000 }, pipe: [0; 2].into(), clock: 0 }
    }

    /// A clock; answers whether the frame that is offered was taken.
    fn cycle(&mut self) -> bool {
        self.bench.settle();
        let taken = self.bench.dut.take_frame.val();
        self.pipe.push_back(self.bench.dut.address.val().index());
        let at = self.pipe.pop_front().expect("an address");
        self.bench.cycle();
        self.bench.dut.data.next = Lanes(std::array::from_fn(|i| self.ring.word(at + i)));
        self.clock += 1;
        taken
    }

    fn found(&self) -> Found {
        let dut = &self.bench.dut;
        let addresses = dut.source.iter().chain(&dut.destination).map(|w| w.val().into()).collect();
        (dut.facts.val(), addresses, dut.upper.iter().map(|w| w.val().into()).collect())
    }

    /// Sends frames through with waiting at random on both sides; what was found is compared with what `Parse` finds. Reasons that were met.
    fn run(&mut self, frames: &[Vec<u8>], random: &mut StdRng, go: f64, take: f64) -> std::collections::BTreeMap<u64, usize> {
        let mut reasons = std::collections::BTreeMap::new();
        let (mut next, mut offered, mut under_way) = (0, None, VecDeque::new());
        let mut done = 0;
        while done < frames.len() {
            if offered.is_none() && next < frames.len() && random.gen_bool(go) {
                let reason = if random.gen_bool(0.02) { 3 } else { 0 };
                let frame = self.ring.put(&frames[next], reason, random.gen_range(0..256));
                offered = Some((frame, next));
                next += 1;
            }
            self.bench.dut.go.next = offered.is_some();
            self.bench.dut.frame.next = offered.map_or(Frame { start: random.gen_range(0..1024u64).into(), ..Default::default() }, |o| o.0);
            self.bench.settle();
            let takes = self.bench.dut.ready.val() && random.gen_bool(take);
            self.bench.dut.take.next = takes;
            if takes {
                let (frame, expected, index): (Frame, Found, usize) = under_way.pop_front().expect("a frame");
                assert_eq!(self.bench.dut.kept.val(), frame);
                compare(&self.found(), &expected, &frames[index]);
                *reasons.entry(expected.0.reason.into()).or_default() += 1;
                done += 1;
            }
            if self.cycle() {
                let (frame, index) = offered.take().expect("nothing was offered");
                let expected = plain(&mut self.plain, &self.ring, frame);
                under_way.push_back((frame, expected, index));
            }
        }
        self.bench.dut.take.next = false;
        reasons
    }

    /// Clocks from a frame to the next where nothing waits.
    fn period(&mut self, bytes: &[u8], reason: u64) -> u64 {
        let mut times = vec![];
        self.bench.dut.take.next = true;
        self.bench.dut.go.next = true;
        let frame = self.ring.put(bytes, reason, 0);
        self.bench.dut.frame.next = frame;
        while times.len() < 8 {
            let now = self.clock;
            if self.cycle() {
                times.push(now);
            }
        }
        self.bench.dut.go.next = false;
        for _ in 0..60 {
            self.cycle();
        }
        times[7] - times[6]
    }
}

#[test]
fn it_finds_what_the_parser_of_one_word_a_clock_finds() {
    let mut random = StdRng::seed_from_u64(61);
    let mut rig = Rig::new("wide_parse");
    let mut reasons = std::collections::BTreeMap::new();
    for (go, take) in [(1.0, 1.0), (0.1, 1.0), (1.0, 0.05), (0.3, 0.3)] {
        let frames: Vec<Vec<u8>> = (0..400).map(|_| traffic::frame(&mut random, 60)).collect();
        for (reason, count) in rig.run(&frames, &mut random, go, take) {
            *reasons.entry(reason).or_insert(0) += count;
        }
    }
    println!("reasons {reasons:?}");
    // Sound, runt, malformed, extension header, and what the ingress refused.
    assert!([0, 2, 3, 5, 6].iter().all(|r| reasons.get(r).is_some_and(|n| *n > 5)), "{reasons:?}");
    rig.plain.finish();
    rig.bench.finish();
}

/// Every length from nothing to more than the packet needs, and every length that the packet may claim.
#[test]
fn lengths_at_their_edges() {
    let mut random = StdRng::seed_from_u64(62);
    let mut rig = Rig::new("wide_parse_edges");
    let mut frames = vec![];
    for (ethertype, packet) in [(0x0800u16, traffic::ipv4(&mut random, 8)), (0x86dd, traffic::ipv6(&mut random, 8))] {
        for tag in [&[][..], &[0x81, 0, 0, 7]] {
            let whole = [&[2u8; 12][..], tag, &ethertype.to_be_bytes(), &packet].concat();
            frames.extend((1..=whole.len() + 3).map(|n| whole.iter().chain(&[0; 3]).take(n).copied().collect::<Vec<u8>>()));
            let at = whole.len() - packet.len() + if ethertype == 0x0800 { 2 } else { 4 };
            let told = u16::from_be_bytes([whole[at], whole[at + 1]]);
            for other in (0..8).map(|d| told.wrapping_add(d).wrapping_sub(4)).chain([0, 19, 20, 21, 0x7fff, 0xffe0, 0xffff]) {
                let mut frame = whole.clone();
                frame[at..at + 2].copy_from_slice(&other.to_be_bytes());
                frames.push(frame);
            }
        }
    }
    let reasons = rig.run(&frames, &mut random, 1.0, 1.0);
    assert!([0, 2, 5].iter().all(|r| reasons.get(r).is_some_and(|n| *n > 5)), "{reasons:?}");
    rig.plain.finish();
    rig.bench.finish();
}

#[test]
fn clocks_for_each_frame() {
    let mut rig = Rig::new("wide_parse_rate");
    let link = |kind: u16| [&[2u8; 12][..], &kind.to_be_bytes()].concat();
    let tagged = |kind: u16| [&[2u8; 12][..], &[0x81, 0, 0, 7], &kind.to_be_bytes()].concat();
    let v4 = |protocol: u8, options: u8| {
        let header = [0x45 + options, 0, 0, 50, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
        header.iter().copied().chain([0; 30]).collect::<Vec<u8>>()
    };
    let v6 = |next: &[u8]| {
        let body: Vec<u8> = next.iter().skip(1).flat_map(|n| [*n, 0, 0, 0, 0, 0, 0, 0]).chain([0; 20]).collect();
        [&[0x60, 0, 0, 0, 0, body.len() as u8, next[0], 64][..], &[0xfd; 32], &body].concat()
    };
    let (options, tcp, esp) = (60, 6, 50);
    for (name, frame, reason, most) in [
        ("IPv4, TCP", [link(0x0800), v4(tcp, 0)].concat(), 0, 13),
        ("IPv4, ESP", [link(0x0800), v4(esp, 0)].concat(), 0, 13),
        ("IPv4 with options, tagged", [tagged(0x0800), v4(tcp, 5)].concat(), 0, 13),
        ("IPv6, TCP", [link(0x86dd), v6(&[tcp])].concat(), 0, 13),
        ("IPv6, TCP, tagged", [tagged(0x86dd), v6(&[tcp])].concat(), 0, 13),
        ("IPv6, one extension header", [link(0x86dd), v6(&[options, tcp])].concat(), 0, 18),
        ("IPv6, three", [link(0x86dd), v6(&[options, 43, options, tcp])].concat(), 0, 28),
        ("ARP", [link(0x0806), vec![0; 46]].concat(), 0, 8),
        ("refused by the ingress", vec![0; 60], 3, 2),
    ] {
        let clocks = rig.period(&frame, reason);
        println!("{name}: {clocks} clocks");
        assert!(clocks <= most, "{name}: {clocks} clocks");
    }
    rig.plain.finish();
    rig.bench.finish();
}

/// Behind extension headers a protocol is found as deep as a place of ten bits says, and no deeper: there is room for more in a frame.
#[test]
fn a_chain_that_reaches_too_deep_is_refused() {
    println!("seed 63");
    let mut random = StdRng::seed_from_u64(63);
    let mut rig = Rig::new("wide_parse_deep");
    // Destination options of so many words each, TCP behind them.
    let packet = |options: &[usize]| {
        let mut body: Vec<u8> = vec![];
        for (n, words) in options.iter().enumerate() {
            let end = body.len() + 4 * words;
            body.extend([if n + 1 == options.len() { 6 } else { 60 }, (words / 2 - 1) as u8]);
            body.resize(end, 0);
        }
        body.extend([0; 40]);
        let header = [&[0x60, 0, 0, 0][..], &(body.len() as u16).to_be_bytes(), &[60, 64], &[0xfd; 32]].concat();
        [&[2u8; 12][..], &[0x86, 0xdd], &header, &body].concat()
    };
    // The first upper header would begin at word 14; 1008 is the first that is too deep.
    for (options, reason) in [(vec![512, 480], 0), (vec![512, 482], 6), (vec![512, 512, 512], 6), (vec![512, 490], 6)] {
        let frame = packet(&options);
        let offered = rig.ring.put(&frame, 0, random.gen_range(0..256));
        rig.bench.dut.frame.next = offered;
        rig.bench.dut.go.next = true;
        while !rig.cycle() {}
        rig.bench.dut.go.next = false;
        while !rig.bench.dut.ready.val() {
            rig.cycle();
            rig.bench.settle();
        }
        let facts = rig.bench.dut.facts.val();
        assert_eq!(facts.reason, reason as u64, "{options:?}");
        if reason == 0 {
            let place = 14 + options.iter().sum::<usize>();
            assert_eq!((facts.upper_word.index(), facts.protocol.index()), (place, 6));
        }
        rig.bench.dut.take.next = true;
        rig.cycle();
        rig.bench.dut.take.next = false;
    }
    rig.plain.finish();
    rig.bench.finish();
}
