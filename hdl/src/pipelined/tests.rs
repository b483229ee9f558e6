//! The core against `aes-gcm` and the vectors of Wycheproof, and its throughput.
use super::*;
use crate::cell::{Block128, Lanes};
use crate::check::Bench;
use crate::gcm::tests::{sealed, Dice};
use crate::prelude::*;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use ghash::universal_hash::UniversalHash;
use std::collections::VecDeque;

pub(super) fn block(bytes: &[u8]) -> Block128 {
    let mut all = [0; 16];
    all[..bytes.len()].copy_from_slice(bytes);
    Lanes(std::array::from_fn(|i| u32::from_be_bytes(all[4 * i..4 * i + 4].try_into().unwrap())))
}

pub(super) fn bytes(block: Block128) -> [u8; 16] {
    std::array::from_fn(|i| block.0[i / 4].to_be_bytes()[i % 4])
}

pub(super) fn hash_key(key: &[u8]) -> [u8; 16] {
    let mut block = [0; 16].into();
    match key.len() {
        16 => aes::Aes128::new_from_slice(key).unwrap().encrypt_block(&mut block),
        _ => aes::Aes256::new_from_slice(key).unwrap().encrypt_block(&mut block),
    }
    block.into()
}

/// H, H³, H⁵: the hash of a one and some blocks of zeros.
pub(super) fn powers(key: &[u8]) -> [Block128; 3] {
    [1, 3, 5].map(|n| {
        let mut hash = ghash::GHash::new(&hash_key(key).into());
        let mut blocks = vec![ghash::Block::default(); n];
        blocks[0][0] = 0x80;
        hash.update(&blocks);
        block(&hash.finalize())
    })
}

/// A packet and what must come of it.
#[derive(Clone, Default)]
pub(super) struct Packet {
    pub(super) key: Vec<u8>,
    pub(super) nonce: Vec<u8>,
    pub(super) aad: Vec<u8>,
    pub(super) input: Vec<u8>,
    pub(super) output: Vec<u8>,
    pub(super) tag: Vec<u8>,
    /// The tag that came with it, for a packet to be opened.
    pub(super) icv: Vec<u8>,
    pub(super) seal: bool,
}

/// A packet with random contents; of those to be opened every fourth comes with a tag one bit of which is wrong.
pub(super) fn packet(dice: &mut Dice, key_bytes: usize, aad_bytes: usize, text_bytes: usize, seal: bool) -> Packet {
    let (key, nonce, aad, text) = (dice.bytes(key_bytes), dice.bytes(12), dice.bytes(aad_bytes), dice.bytes(text_bytes));
    let (cipher, tag) = sealed(&key, &nonce, &aad, &text);
    let (input, output) = if seal { (text, cipher) } else { (cipher, text) };
    let mut icv = tag.clone();
    if dice.below(4) == 0 {
        let bit = dice.below(128) as usize;
        icv[bit / 8] ^= 1 << (bit % 8);
    }
    Packet { key, nonce, aad, input, output, tag, icv, seal }
}

fn mixed(dice: &mut Dice, text_bytes: usize) -> Packet {
    let (key, aad, seal) = ([16, 32][dice.below(2) as usize], [8, 12][dice.below(2) as usize], dice.below(2) == 0);
    packet(dice, key, aad, text_bytes, seal)
}

/// What the core does, one clock at a time.
trait Core {
    fn pipeline(&mut self) -> &mut Pipeline;
    fn cycle(&mut self);
}

impl Core for Bench<Pipeline> {
    fn pipeline(&mut self) -> &mut Pipeline {
        &mut self.dut
    }
    fn cycle(&mut self) {
        Bench::cycle(self)
    }
}

impl Core for Pipeline {
    fn pipeline(&mut self) -> &mut Pipeline {
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

/// Beats of a packet: the block, its bytes.
fn beats(packet: &Packet) -> Vec<(Block128, usize)> {
    let mut head = block(&packet.aad);
    head.0[3] = packet.input.len() as u32;
    let text = packet.input.chunks(16).map(|chunk| (block(chunk), chunk.len()));
    std::iter::once((head, packet.aad.len())).chain(text).collect()
}

/// Runs packets through the core; in `idle` of 100 cases there is a gap before a packet. Returns the clocks in which beats came, which is what packets cost.
fn run(core: &mut impl Core, packets: &[Packet], dice: &mut Dice, idle: u64) -> u64 {
    core.pipeline().reset.next = true;
    core.pipeline().in_valid.next = false;
    (0..4).for_each(|_| core.cycle());
    core.pipeline().reset.next = false;
    let mut todo: VecDeque<(usize, usize, Block128, usize)> = VecDeque::new();
    let (mut next, mut requested, mut texts, mut tags) = (0, 0, 0, 0);
    let mut answers = [None, None];
    let (mut came, mut expected_text) = (VecDeque::new(), VecDeque::new());
    let mut output: Vec<u8> = vec![];
    let (mut clock, mut first, mut last, mut rest) = (0u64, None, 0, 0);
    while tags < packets.len() {
        assert!(clock < 2000 + 200 * packets.len() as u64 + 110 * packets.len() as u64, "packet {tags} of {} hangs", packets.len());
        let d = core.pipeline();
        // What comes out in this clock.
        if d.request.val() {
            assert!(requested < packets.len());
        }
        let answer = answers[1];
        answers = [d.request.val().then_some(requested), answers[0]];
        requested += d.request.val() as usize;
        if let Some(n) = answer {
            let p: &Packet = &packets[n];
            let [h, h3, h5] = powers(&p.key);
            d.h.next = h;
            d.h3.next = h3;
            d.h5.next = h5;
            d.icv.next = block(&p.icv);
        }
        assert_eq!(d.out_valid.val(), expected_text.front() == Some(&clock), "a beat of text, clock {clock}");
        if d.out_valid.val() {
            expected_text.pop_front();
            while packets[texts].input.is_empty() {
                texts += 1;
            }
            let p = &packets[texts];
            let (all, n) = (bytes(d.out_block.val()), d.out_bytes.val().index());
            assert!(all[n..].iter().all(|&b| b == 0), "bytes beyond the text");
            output.extend(&all[..n]);
            assert_eq!((d.out_id.val().index(), d.out_seal.val()), (texts % 256, p.seal));
            assert_eq!(d.out_last.val(), output.len() == p.output.len());
            if d.out_last.val() {
                assert_eq!(output, p.output, "packet {texts}");
                output.clear();
                texts += 1;
            }
        }
        assert_eq!(d.tag_valid.val(), came.front() == Some(&clock), "a tag, clock {clock}");
        if d.tag_valid.val() {
            came.pop_front();
            let p = &packets[tags];
            assert_eq!((d.tag_id.val().index(), d.tag_seal.val()), (tags % 256, p.seal));
            let shown = if p.seal { p.tag.clone() } else { vec![0; 16] };
            assert_eq!(bytes(d.tag.val())[..], shown, "tag of packet {tags}, {} bytes of text", p.input.len());
            assert_eq!(d.authentic.val(), !p.seal && p.icv == p.tag, "verdict on packet {tags}, {} bytes of text", p.input.len());
            tags += 1;
        }
        // What goes in.
        if todo.is_empty() && next < packets.len() && rest == 0 && dice.below(100) >= idle {
            todo.extend(beats(&packets[next]).into_iter().enumerate().map(|(i, (block, n))| (next, i, block, n)));
            next += 1;
        }
        rest = 0;
        d.in_valid.next = !todo.is_empty();
        let noise = |dice: &mut Dice| Lanes(std::array::from_fn(|_| dice.roll() as u32));
        d.in_block.next = noise(dice);
        d.in_first.next = dice.below(2) == 0;
        d.in_last.next = dice.below(2) == 0;
        d.in_zero.next = false;
        if let Some((n, i, mut value, count)) = todo.pop_front() {
            let p = &packets[n];
            let ends = todo.is_empty();
            if i == 0 {
                d.in_aes256.next = p.key.len() == 32;
                d.in_key_low.next = block(&p.key[..16]);
                d.in_key_high.next = block(&p.key[p.key.len() - 16..]);
                d.in_nonce
                    .iter_mut()
                    .zip(p.nonce.chunks(4))
                    .for_each(|(port, w)| port.next = (u32::from_be_bytes(w.try_into().unwrap()) as u64).into());
                rest = ends as u32;
            } else {
                d.in_key_low.next = noise(dice);
                d.in_key_high.next = noise(dice);
                expected_text.push_back(clock + BEAT_LATENCY as u64);
            }
            // What stands beyond the bytes does not matter.
            let filler = bytes(noise(dice));
            let mut all = bytes(value);
            all[count..if i == 0 { 12 } else { 16 }].copy_from_slice(&filler[count..if i == 0 { 12 } else { 16 }]);
            value = block(&all);
            d.in_block.next = value;
            d.in_bytes.next = (count as u64).into();
            d.in_first.next = i == 0;
            d.in_last.next = ends;
            d.in_seal.next = p.seal;
            d.in_id.next = (n as u64 % 256).into();
            first = first.or(Some(clock));
            last = clock + rest as u64;
            if ends {
                came.push_back(clock + TAG_LATENCY as u64);
            }
        }
        core.cycle();
        clock += 1;
    }
    core.pipeline().in_valid.next = false;
    assert_eq!(texts + packets[texts..].len(), packets.len());
    last + 1 - first.unwrap_or(0)
}

#[test]
fn the_verilog_does_the_same() {
    let mut dice = Dice(6);
    let lengths = [0, 0, 1, 16, 17, 33, 64, 80, 0, 100, 5, 5, 160];
    let packets: Vec<_> = lengths.iter().map(|&text| mixed(&mut dice, text)).collect();
    let mut bench = Bench::new("pipeline", Pipeline::default(), |d| &mut d.clock);
    for idle in [0, 60] {
        run(&mut bench, &packets, &mut dice, idle);
    }
    bench.finish();
}

#[test]
fn random_packets_with_and_without_gaps() {
    let seed = 20;
    println!("seed {seed}");
    let mut dice = Dice(seed);
    let mut packets: Vec<_> = (0..=70).map(|text| mixed(&mut dice, text)).collect();
    packets.extend((0..40).map(|_| {
        let text = dice.below(1601) as usize;
        mixed(&mut dice, text)
    }));
    packets.push(mixed(&mut dice, 9000));
    let mut core = Pipeline::default();
    core.connect_all();
    for idle in [0, 50, 90] {
        run(&mut core, &packets, &mut dice, idle);
    }
}

#[test]
fn vectors_of_wycheproof() {
    use wycheproof::{aead, TestResult};
    let set = aead::TestSet::load(aead::TestName::AesGcm).expect("the vectors");
    let mut packets = vec![];
    let fits = |n: usize| n == 8 || n == 12;
    for group in set.test_groups.iter().filter(|g| g.nonce_size == 96 && g.tag_size == 128 && g.key_size != 192) {
        for test in group.tests.iter().filter(|t| fits(t.aad.len())) {
            let valid = test.result == TestResult::Valid;
            // A modified tag is refused; its text is what it is.
            let (output, tag) = if valid { (test.pt.to_vec(), test.tag.to_vec()) } else { (vec![], vec![]) };
            let (key, nonce, aad) = (test.key.to_vec(), test.nonce.to_vec(), test.aad.to_vec());
            if valid {
                let (input, output) = (test.pt.to_vec(), test.ct.to_vec());
                packets.push(Packet {
                    key: key.clone(),
                    nonce: nonce.clone(),
                    aad: aad.clone(),
                    input,
                    output,
                    tag: tag.clone(),
                    icv: tag.clone(),
                    seal: true,
                });
                packets.push(Packet {
                    key,
                    nonce,
                    aad,
                    input: test.ct.to_vec(),
                    output: test.pt.to_vec(),
                    tag: tag.clone(),
                    icv: tag,
                    seal: false,
                });
            } else {
                let _ = (output, tag);
                let mut text = test.ct.to_vec();
                text = sealed(&key, &nonce, &aad, &text).0;
                let (again, right) = sealed(&key, &nonce, &aad, &text);
                packets.push(Packet { key, nonce, aad, input: again, output: text, tag: right, icv: test.tag.to_vec(), seal: false });
            }
        }
    }
    println!("{} packets", packets.len());
    assert!(packets.len() >= 8, "{} vectors", packets.len());
    let mut core = Pipeline::default();
    core.connect_all();
    run(&mut core, &packets, &mut Dice(3), 10);
}

/// The value of every wire.
#[derive(Default)]
struct Wires(Vec<String>);

impl Probe for Wires {
    fn visit_start_scope(&mut self, _: &str, _: &dyn Block) {}
    fn visit_end_scope(&mut self, _: &str, _: &dyn Block) {}
    fn visit_start_namespace(&mut self, _: &str, _: &dyn Block) {}
    fn visit_end_namespace(&mut self, _: &str, _: &dyn Block) {}
    fn visit_atom(&mut self, name: &str, atom: &dyn Atom) {
        self.0.push(format!("{name} {}", atom.verilog()));
    }
}

/// Two cores with different secrets cannot be told apart after 64 clocks of reset, not by any wire in any later clock.
#[test]
fn reset_wipes() {
    let mut cores = [8, 9].map(|seed| {
        let mut dice = Dice(seed);
        let packets: Vec<_> = [100, 5, 64, 40].iter().map(|&text| mixed(&mut dice, text)).collect();
        let mut core = Pipeline::default();
        core.connect_all();
        run(&mut core, &packets, &mut dice, 0);
        core
    });
    for clock in 0..64 + 130 {
        let all = cores.each_mut().map(|core| {
            core.reset.next = clock < 64;
            for input in
                [&mut core.in_block, &mut core.in_key_low, &mut core.in_key_high, &mut core.h, &mut core.h3, &mut core.h5, &mut core.icv]
            {
                input.next = Lanes::default();
            }
            core.in_nonce.iter_mut().for_each(|word| word.next = 0u64.into());
            for input in
                [&mut core.in_valid, &mut core.in_first, &mut core.in_last, &mut core.in_zero, &mut core.in_seal, &mut core.in_aes256]
            {
                input.next = false;
            }
            core.in_id.next = 0u64.into();
            core.in_bytes.next = 0u64.into();
            core.cycle();
            let mut wires = Wires::default();
            core.accept("top", &mut wires);
            wires.0
        });
        if clock >= 64 {
            let [a, b] = &all;
            let different: Vec<_> = a.iter().zip(b).filter(|(a, b)| a != b).collect();
            assert!(different.is_empty(), "clock {clock}: {different:?}");
        }
    }
}

/// Where `scripts/core.py` wants its files.
fn folder() -> Option<std::path::PathBuf> {
    std::env::var_os("HOLDFAST_PIPELINE").map(Into::into)
}

#[test]
fn a_packet_takes_a_clock_per_block_and_one_more() {
    let mut dice = Dice(4);
    let mut core = Pipeline::default();
    core.connect_all();
    let mut rows = vec![];
    for text in [0usize, 16, 64, 256, 576, 1500] {
        let packets: Vec<_> = (0..12).map(|_| mixed(&mut dice, text)).collect();
        let clocks = run(&mut core, &packets, &mut dice, 0);
        println!("{text} bytes: {} clocks per packet, {:.1} bits per clock", clocks / 12, (12 * 8 * text) as f64 / clocks as f64);
        assert_eq!(clocks, 12 * (text.div_ceil(16) as u64 + 1).max(2));
        rows.push(format!("{{\"bytes\": {text}, \"packets\": 12, \"clocks\": {clocks}}}"));
    }
    if let Some(folder) = folder() {
        std::fs::write(folder.join("cycles.json"), format!("[{}]\n", rows.join(", "))).unwrap();
    }
}

#[test]
fn the_hash_key_comes_from_the_same_pipeline() {
    let mut dice = Dice(7);
    let mut core = Pipeline::default();
    core.connect_all();
    let keys: Vec<_> = [16, 32, 32].iter().map(|&n| dice.bytes(n)).collect();
    let mut seen = vec![];
    for clock in 0..60 {
        core.reset.next = clock < 4;
        core.in_valid.next = false;
        if let Some(key) = keys.get((clock as usize).wrapping_sub(4)) {
            core.in_valid.next = true;
            core.in_first.next = true;
            core.in_last.next = true;
            core.in_zero.next = true;
            core.in_aes256.next = key.len() == 32;
            core.in_key_low.next = block(&key[..16]);
            core.in_key_high.next = block(&key[key.len() - 16..]);
        }
        core.cycle();
        assert!(!core.tag_valid.val() && !core.request.val() && !core.out_valid.val());
        if core.hash_key_valid.val() {
            seen.push((clock, bytes(core.hash_key.val())));
        }
    }
    let expected: Vec<_> = keys.iter().enumerate().map(|(n, key)| (n as i32 + 3 + LATENCY as i32, hash_key(key))).collect();
    assert_eq!(seen, expected);
}

#[test]
fn verilog_of_the_pipeline() {
    for memory_rounds in [0, 8, 14, 27] {
        let mut core = Pipeline::new(memory_rounds);
        core.connect_all();
        let text = crate::export::verilog("holdfast_pipeline", &core);
        assert!(text.contains("module holdfast_pipeline("));
        if let Some(folder) = folder() {
            std::fs::write(folder.join(format!("pipeline_{memory_rounds}.v")), &text).unwrap();
        }
    }
}
