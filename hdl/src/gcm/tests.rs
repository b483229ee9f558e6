//! The keystream against the crate `aes`, the core against `aes-gcm` and the vectors of Wycheproof.
use super::*;
use crate::cell::Lanes;
use crate::check::Bench;
use crate::prelude::*;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes_gcm::aead::{AeadInOut, Buffer};

/// A small generator, so that runs repeat.
pub(crate) struct Dice(pub u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        self.0 >> 33
    }
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.roll() % n
    }
    pub(crate) fn bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.roll() as u8).collect()
    }
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks(4).map(|c| (0..4).fold(0, |w, i| w << 8 | *c.get(i).unwrap_or(&0) as u32)).collect()
}

fn encrypted(key: &[u8], block: [u8; 16]) -> [u32; 4] {
    let mut block = block.into();
    match key.len() {
        16 => aes::Aes128::new_from_slice(key).unwrap().encrypt_block(&mut block),
        _ => aes::Aes256::new_from_slice(key).unwrap().encrypt_block(&mut block),
    }
    words(&block).try_into().unwrap()
}

/// The blocks of a job: H, E(J0), E(2), …
fn expected_blocks(key: &[u8], nonce: &[u8], blocks: usize) -> Vec<[u32; 4]> {
    (0..blocks as u32 + 2)
        .map(|n| {
            let mut block = [0; 16];
            if n > 0 {
                block[..12].copy_from_slice(nonce);
                block[12..].copy_from_slice(&n.to_be_bytes());
            }
            encrypted(key, block)
        })
        .collect()
}

#[test]
fn keystream_is_that_of_the_standard() {
    let mut dice = Dice(1);
    let mut bench = Bench::new("keystream", Keystream::default(), |d| &mut d.clock);
    bench.dut.reset.next = true;
    bench.cycle();
    bench.dut.reset.next = false;
    let mut expected = std::collections::VecDeque::new();
    let jobs: Vec<_> = [(16, 0), (32, 1), (32, 2), (16, 7), (32, 4), (16, 4), (16, 255)].to_vec();
    let mut jobs = jobs.into_iter();
    let mut pending: Option<(Vec<u8>, Vec<u8>, usize, usize)> = None;
    let mut done = false;
    for _ in 0..6000 {
        bench.settle();
        bench.dut.key_write.next = false;
        bench.dut.start.next = false;
        if bench.dut.ready.val() {
            if pending.is_none() {
                pending = jobs.next().map(|(size, blocks)| (dice.bytes(size), dice.bytes(12), blocks, 0));
                done = pending.is_none();
            }
            if let Some((key, nonce, blocks, written)) = &mut pending {
                // Eight words in any case, as the datapath has it.
                let word: Vec<_> = words(key).into_iter().chain(std::iter::repeat_with(|| dice.roll() as u32)).take(8).collect();
                bench.dut.aes256.next = key.len() == 32;
                if *written < word.len() {
                    bench.dut.key_write.next = true;
                    bench.dut.key_index.next = (*written as u64).into();
                    bench.dut.key_word.next = (word[*written] as u64).into();
                    *written += 1;
                } else {
                    expected.extend(expected_blocks(key, nonce, *blocks));
                    bench.dut.blocks.next = (*blocks as u64).into();
                    for (port, word) in bench.dut.nonce.iter_mut().zip(words(nonce)) {
                        port.next = (word as u64).into();
                    }
                    bench.dut.start.next = true;
                    pending = None;
                }
            }
        }
        let pop = bench.dut.valid.val() && dice.below(4) != 0;
        bench.dut.pop.next = pop;
        if pop {
            assert_eq!(bench.dut.block.val(), Lanes(expected.pop_front().expect("a block too many")));
        }
        bench.cycle();
    }
    assert!(done && expected.is_empty(), "{} blocks did not come", expected.len());
    bench.finish();
}

/// A packet and what must come of it.
#[derive(Clone)]
struct Packet {
    key: Vec<u8>,
    nonce: Vec<u8>,
    aad: Vec<u8>,
    input: Vec<u8>,
    output: Vec<u8>,
    tag: Vec<u8>,
    encrypt: bool,
}

/// The text, the tag: from the crate `aes-gcm`.
pub(crate) fn sealed(key: &[u8], nonce: &[u8], aad: &[u8], text: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let nonce: [u8; 12] = nonce.try_into().unwrap();
    let mut buffer = text.to_vec();
    match key.len() {
        16 => aes_gcm::Aes128Gcm::new_from_slice(key).unwrap().encrypt_in_place(&nonce.into(), aad, &mut buffer as &mut dyn Buffer),
        _ => aes_gcm::Aes256Gcm::new_from_slice(key).unwrap().encrypt_in_place(&nonce.into(), aad, &mut buffer as &mut dyn Buffer),
    }
    .unwrap();
    let tag = buffer.split_off(text.len());
    (buffer, tag)
}

fn packet(dice: &mut Dice, key_bytes: usize, aad_bytes: usize, text_bytes: usize, encrypt: bool) -> Packet {
    let (key, nonce, aad, text) = (dice.bytes(key_bytes), dice.bytes(12), dice.bytes(aad_bytes), dice.bytes(text_bytes));
    let (cipher, tag) = sealed(&key, &nonce, &aad, &text);
    let (input, output) = if encrypt { (text, cipher) } else { (cipher, text) };
    Packet { key, nonce, aad, input, output, tag, encrypt }
}

/// Kind, word, valid bytes.
fn script(packet: &Packet) -> Vec<(u64, u32, usize)> {
    let part = |kind, bytes: &[u8]| bytes.chunks(4).map(|c| (kind, words(c)[0], c.len())).collect::<Vec<_>>();
    let mut all = part(0, &packet.aad);
    all.extend(part(1, &packet.input));
    all.push((2, 0xdeadbeef, 4));
    all
}

/// What the core does, one clock at a time.
trait Core {
    fn gcm(&mut self) -> &mut Gcm;
    fn settle(&mut self);
    fn cycle(&mut self);
}

impl Core for Bench<Gcm> {
    fn gcm(&mut self) -> &mut Gcm {
        &mut self.dut
    }
    fn settle(&mut self) {
        Bench::settle(self)
    }
    fn cycle(&mut self) {
        Bench::cycle(self)
    }
}

impl Core for Gcm {
    fn gcm(&mut self) -> &mut Gcm {
        self
    }
    fn settle(&mut self) {
        assert!(simulate(self, 100));
    }
    fn cycle(&mut self) {
        for level in [true, false] {
            self.clock.next = level.into();
            Core::settle(self);
        }
    }
}

/// Runs packets through the core. `stall` in 100 clocks the text side does nothing, `idle` in 100 the job side. Returns the clocks taken.
fn run(core: &mut impl Core, packets: &[Packet], dice: &mut Dice, stall: u64, idle: u64) -> u64 {
    core.gcm().reset.next = true;
    core.cycle();
    core.gcm().reset.next = false;
    let (mut job, mut job_word, mut now, mut at) = (0, 0, 0, 0);
    let mut output = vec![];
    let mut clocks = 0;
    let mut steps = packets.first().map(script).unwrap_or_default();
    while now < packets.len() {
        clocks += 1;
        assert!(clocks < 3000 * packets.len() as u64 + 3000, "packet {now} hangs at word {at}");
        core.settle();
        let quiet_job = dice.below(100) < idle;
        let quiet = dice.below(100) < stall;
        let d = core.gcm();
        d.key_write.next = false;
        d.job_start.next = false;
        if d.job_ready.val() && job < packets.len() && !quiet_job {
            let p = &packets[job];
            let key = words(&p.key);
            d.job_aes256.next = p.key.len() == 32;
            if job_word < key.len() {
                d.key_write.next = true;
                d.key_index.next = (job_word as u64).into();
                d.key_word.next = (key[job_word] as u64).into();
                job_word += 1;
            } else {
                d.job_blocks.next = (p.input.len().div_ceil(16) as u64).into();
                for (port, word) in d.job_nonce.iter_mut().zip(words(&p.nonce)) {
                    port.next = (word as u64).into();
                }
                d.job_start.next = true;
                (job, job_word) = (job + 1, 0);
            }
        }
        d.in_valid.next = false;
        d.encrypt.next = packets[now].encrypt;
        if let (false, Some(&(kind, word, bytes))) = (quiet, steps.get(at)) {
            // what stands beyond the valid bytes does not matter
            let noise = if bytes < 4 { dice.roll() as u32 >> (8 * bytes) } else { 0 };
            d.in_valid.next = true;
            d.in_kind.next = kind.into();
            d.in_word.next = ((word | noise) as u64).into();
            d.in_bytes.next = (bytes as u64).into();
        }
        d.tag_take.next = false;
        if d.out_valid.val() {
            output.extend(d.out_word.val().to_u32().to_be_bytes());
        }
        if d.tag_valid.val() && !quiet {
            let p = &packets[now];
            let tag: Vec<u8> = d.tag.iter().flat_map(|t| t.val().to_u32().to_be_bytes()).collect();
            assert!(output.len() >= p.output.len() && output.len() - p.output.len() < 4, "packet {now}: {} bytes", output.len());
            assert!(output[p.output.len()..].iter().all(|&b| b == 0), "packet {now}: bytes beyond the text");
            assert_eq!(output[..p.output.len()], p.output, "packet {now}");
            assert_eq!(tag, p.tag, "tag of packet {now}");
            d.tag_take.next = true;
            now += 1;
            at = 0;
            output.clear();
            steps = packets.get(now).map(script).unwrap_or_default();
            d.in_valid.next = false;
        }
        core.settle();
        if core.gcm().in_valid.val() && core.gcm().in_ready.val() {
            at += 1;
        }
        core.cycle();
    }
    core.gcm().tag_take.next = false;
    clocks
}

const STALLS: [(u64, u64); 3] = [(0, 0), (40, 0), (10, 90)];

#[test]
fn packets_of_all_lengths_with_stalls() {
    let mut dice = Dice(2);
    let mut packets = vec![];
    for text in (0..=68).chain([100, 1400, 4080]) {
        for aad in [0, 8, 12, 16, 13 + text % 20] {
            let key = if dice.below(2) == 0 { 16 } else { 32 };
            let encrypt = dice.below(2) == 0;
            packets.push(packet(&mut dice, key, aad, text, encrypt));
        }
    }
    let mut core = Gcm::default();
    core.connect_all();
    for (stall, idle) in STALLS {
        run(&mut core, &packets, &mut dice, stall, idle);
    }
}

#[test]
fn the_verilog_does_the_same() {
    let mut dice = Dice(6);
    let lengths = [(0, 0), (12, 0), (0, 5), (8, 16), (12, 33), (17, 64)];
    let packets: Vec<_> =
        lengths.iter().enumerate().map(|(n, &(aad, text))| packet(&mut dice, [16, 32][n % 2], aad, text, n % 3 != 0)).collect();
    let mut bench = Bench::new("gcm", Gcm::default(), |d| &mut d.clock);
    for (stall, idle) in STALLS {
        run(&mut bench, &packets, &mut dice, stall, idle);
    }
    bench.finish();
}

#[test]
fn vectors_of_wycheproof() {
    use wycheproof::{aead, TestResult};
    let set = aead::TestSet::load(aead::TestName::AesGcm).expect("the vectors");
    let mut packets = vec![];
    for group in set.test_groups.iter().filter(|g| g.nonce_size == 96 && g.tag_size == 128 && g.key_size != 192) {
        for test in group.tests.iter().filter(|t| t.result == TestResult::Valid) {
            for encrypt in [true, false] {
                let (input, output) = if encrypt { (&test.pt, &test.ct) } else { (&test.ct, &test.pt) };
                packets.push(Packet {
                    key: test.key.to_vec(),
                    nonce: test.nonce.to_vec(),
                    aad: test.aad.to_vec(),
                    input: input.to_vec(),
                    output: output.to_vec(),
                    tag: test.tag.to_vec(),
                    encrypt,
                });
            }
        }
    }
    assert!(packets.len() > 100, "{} vectors", packets.len());
    let mut core = Gcm::default();
    core.connect_all();
    run(&mut core, &packets, &mut Dice(3), 10, 10);
}

#[test]
fn three_blocks_with_aes256_take_ninety_clocks() {
    let mut dice = Dice(4);
    let packets: Vec<_> = (0..21).map(|_| packet(&mut dice, 32, 12, 48, true)).collect();
    let mut core = Gcm::default();
    core.connect_all();
    let start = std::time::Instant::now();
    let few = run(&mut core, &packets[..1], &mut dice, 0, 0);
    let all = run(&mut core, &packets, &mut dice, 0, 0);
    println!("{} simulated cycles per second", ((few + all) as f64 / start.elapsed().as_secs_f64()) as u64);
    println!("one packet {few} clocks, {} per further packet", (all - few) as f64 / 20.0);
    assert!(all - few <= 20 * 100);
}

#[test]
fn verilog_of_the_core() {
    if let Ok(path) = std::env::var("HOLDFAST_GCM_VERILOG") {
        std::fs::write(path, gcm_verilog()).unwrap();
    }
    assert!(gcm_verilog().contains("module holdfast_gcm("));
}

#[test]
fn wipe_leaves_nothing() {
    let mut dice = Dice(5);
    let one = [packet(&mut dice, 32, 12, 48, true)];
    let mut bench = Bench::new("gcm_wipe", Gcm::default(), |d| &mut d.clock);
    run(&mut bench, &one, &mut dice, 0, 0);
    run(&mut bench, &one, &mut dice, 0, 0);
    for n in 0..40 {
        bench.dut.wipe.next = n < 8;
        bench.cycle();
    }
    assert!(bench.dut.tag.iter().all(|t| t.val() == 0u64));
    // No key was written since: the job runs under a key of zeros.
    let mut zero = packet(&mut dice, 32, 12, 48, true);
    zero.key = vec![0; 32];
    (zero.output, zero.tag) = sealed(&zero.key, &zero.nonce, &zero.aad, &zero.input);
    bench.dut.job_aes256.next = true;
    bench.dut.job_blocks.next = 3u64.into();
    bench.dut.job_nonce.iter_mut().zip(words(&zero.nonce)).for_each(|(port, w)| port.next = (w as u64).into());
    bench.dut.job_start.next = true;
    bench.cycle();
    bench.dut.job_start.next = false;
    for (kind, word, bytes) in script(&zero) {
        bench.dut.in_kind.next = kind.into();
        bench.dut.in_word.next = (word as u64).into();
        bench.dut.in_bytes.next = (bytes as u64).into();
        bench.dut.in_valid.next = true;
        bench.settle();
        while !bench.dut.in_ready.val() {
            bench.cycle();
        }
        bench.cycle();
        bench.dut.in_valid.next = false;
    }
    (0..60).for_each(|_| bench.cycle());
    let tag: Vec<u8> = bench.dut.tag.iter().flat_map(|t| t.val().to_u32().to_be_bytes()).collect();
    assert_eq!(tag, zero.tag);
    bench.finish();
}
