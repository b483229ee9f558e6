use super::*;
use crate::cell::Lanes;
use crate::{check::Bench, gcm::tests::sealed, rig, traffic};
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use holdfast_model::{Device, Direction, Settings, Sizes, Verdict};
use holdfast_registers::{rule::action, sa, Reason};
use rand::{rngs::StdRng, seq::SliceRandom, Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Clocks of the pipeline, see `CipherService`.
const OUT: usize = 48;
const VERDICT: usize = 55;

/// The cipher service as the inbound direction sees it: one job ahead, the text of a packet in one go, its plaintext and verdict so many clocks later.
#[derive(Default)]
struct Service {
    clock: usize,
    key: [u32; 8],
    prepared: Option<Job>,
    job: Option<Job>,
    turn: bool,
    outs: VecDeque<(usize, bool, u64, Block128)>,
    verdicts: VecDeque<(usize, bool)>,
}

#[derive(Default)]
struct Job {
    key: Vec<u8>,
    nonce: Vec<u8>,
    additional: Vec<u8>,
    text: Vec<u8>,
    icv: Vec<u8>,
}

fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|w| w.to_be_bytes()).collect()
}

impl Job {
    /// What a block becomes, the text's first one being number 0.
    fn opened(&self, number: u32, block: [u32; 4]) -> [u32; 4] {
        let mut stream: [u8; 16] = std::array::from_fn(|i| self.nonce.get(i).copied().unwrap_or(0));
        stream[12..].copy_from_slice(&(number + 2).to_be_bytes());
        let mut stream = stream.into();
        match self.key.len() {
            16 => aes::Aes128::new_from_slice(&self.key).unwrap().encrypt_block(&mut stream),
            _ => aes::Aes256::new_from_slice(&self.key).unwrap().encrypt_block(&mut stream),
        }
        std::array::from_fn(|i| block[i] ^ u32::from_be_bytes(std::array::from_fn(|b| stream[4 * i + b])))
    }
    fn authentic(&self) -> bool {
        let plain: Vec<u8> = self
            .text
            .chunks(16)
            .enumerate()
            .flat_map(|(n, chunk)| {
                let block = std::array::from_fn(|i| (0..4).fold(0, |w, b| w << 8 | chunk.get(4 * i + b).copied().unwrap_or(0) as u32));
                bytes(&self.opened(n as u32, block))[..chunk.len()].to_vec()
            })
            .collect();
        sealed(&self.key, &self.nonce, &self.additional, &plain).1 == self.icv
    }
}

impl Service {
    /// Its outputs for this clock.
    fn drive(&mut self, d: &mut WideInbound, random: &mut StdRng) {
        d.open_job_ready.next = self.prepared.is_none();
        self.turn = self.job.is_some() || (self.prepared.is_some() && random.gen_bool(0.7));
        d.open_text_ready.next = self.turn;
        let clock = self.clock;
        let out = self.outs.front().filter(|o| o.0 == clock).copied();
        d.open_out_valid.next = out.is_some();
        if let Some((_, last, bytes, block)) = out {
            self.outs.pop_front();
            d.open_out_last.next = last;
            d.open_out_bytes.next = bytes.into();
            d.open_out_block.next = block;
        }
        let verdict = self.verdicts.front().filter(|v| v.0 == clock).copied();
        if verdict.is_some() {
            self.verdicts.pop_front();
        }
        d.open_verdict_valid.next = verdict.is_some();
        d.open_authentic.next = verdict.is_some_and(|v| v.1);
    }
    /// Takes what is there in this clock.
    fn take(&mut self, d: &WideInbound) {
        let taken = d.open_text_valid.val() && self.turn;
        assert!(self.job.is_none() || taken, "a gap in the text");
        if taken {
            let (block, count) = (d.open_text_block.val().0, d.open_text_bytes.val().index());
            if d.open_text_first.val() {
                let mut job = self.prepared.take().expect("a job");
                job.additional = bytes(&block)[..count].to_vec();
                job.icv = bytes(&d.open_icv.val().0);
                self.job = Some(job);
            } else if let Some(job) = &mut self.job {
                let plain = job.opened(job.text.len() as u32 / 16, block);
                let plain = Lanes(std::array::from_fn(|i| if 4 * i < count { plain[i] } else { 0 }));
                job.text.extend(&bytes(&block)[..count]);
                let last = d.open_text_last.val();
                self.outs.push_back((self.clock + OUT, last, count as u64, plain));
                if last {
                    self.verdicts.push_back((self.clock + VERDICT, job.authentic()));
                    self.job = None;
                }
            }
        }
        if d.open_key_write.val() {
            self.key[d.open_key_index.val().index()] = u64::from(d.open_key_word.val()) as u32;
        }
        if d.open_job_start.val() {
            let words = if d.open_job_aes256.val() { 8 } else { 4 };
            let nonce: Vec<u32> = d.open_job_nonce.iter().map(|w| u64::from(w.val()) as u32).collect();
            self.prepared = Some(Job { key: bytes(&self.key[..words]), nonce: bytes(&nonce), ..Default::default() });
        }
        self.clock += 1;
    }
}

/// The exchange as the inbound direction sees it: looks at some words of a frame, or at none, before it lets it pass. They must be those of the frame that then goes to the host.
#[derive(Default)]
struct Looker {
    looks: bool,
    done: bool,
    left: usize,
    start: usize,
    asked: Option<usize>,
    /// Words on their way, then those that came.
    pipe: VecDeque<Option<usize>>,
    words: Vec<(usize, u32)>,
    taken: bool,
    sent: VecDeque<Vec<(usize, u32)>>,
}

impl Looker {
    fn drive(&mut self, d: &mut WideInbound, random: &mut StdRng) {
        self.asked = (self.looks && self.left > 0).then(|| random.gen_range(1..12));
        d.message_address.next = (self.asked.map_or(random.gen_range(0..1024), |word| (self.start + word) % 1024) as u64).into();
        d.claim_ready.next = self.done;
    }
    fn take(&mut self, d: &WideInbound, random: &mut StdRng) {
        if std::mem::take(&mut self.taken) {
            let words = std::mem::take(&mut self.words);
            if !d.drop2_valid.val() {
                self.sent.push_back(words);
            }
        }
        if self.looks {
            if let Some(Some(word)) = self.pipe.pop_front() {
                self.words.push((word, u64::from(d.message_data.val()) as u32));
            }
            self.pipe.push_back(self.asked);
            self.left = self.left.saturating_sub(1);
            self.done = self.left == 0 && self.pipe.iter().all(Option::is_none);
            self.looks = !self.done;
        } else if !self.done && d.message_go.val() {
            self.looks = true;
            self.left = if random.gen_bool(0.7) { 0 } else { random.gen_range(1..25) };
            self.start = d.message_start.val().index();
            self.pipe = [None, None].into();
        }
        if d.message_take.val() {
            assert!(self.done);
            self.done = false;
            self.taken = true;
        }
    }
    /// A frame has reached the host; how many of its words had been looked at.
    fn check(&mut self, frame: &[u8]) -> usize {
        let (words, looked) = (traffic::words(frame), self.sent.pop_front().expect("a frame that nobody looked at"));
        // In the last word there may be bytes behind the frame.
        looked.iter().filter(|(at, _)| at + 1 < words.len()).inspect(|(at, word)| assert_eq!(*word, words[*at], "word {at}")).count()
    }
}

/// Writes words of a record over the table bus, as a commit does: an SA's window is cleared first, and ready before the SA becomes valid.
fn table(bench: &mut Bench<WideInbound>, select: u64, index: usize, words: &[u32]) {
    bench.dut.table_index.next = (index as u64).into();
    bench.dut.window_clear.next = select == 1;
    bench.cycle();
    bench.dut.window_clear.next = false;
    for (word, value) in words.iter().enumerate() {
        bench.dut.table_write.next = true;
        bench.dut.table_select.next = select.into();
        bench.dut.table_index.next = (index as u64).into();
        bench.dut.table_word.next = (word as u64).into();
        bench.dut.table_data.next = (*value as u64).into();
        bench.cycle();
    }
    bench.dut.table_write.next = false;
    if select == 1 {
        while bench.dut.window_busy.val() {
            bench.cycle();
        }
        bench.dut.valid_write.next = true;
        bench.dut.valid_value.next = true;
        bench.cycle();
        bench.dut.valid_write.next = false;
    }
}

/// A sealing peer: the same SA seen from the other side.
fn mirrored(words: &[u32; sa::WORDS]) -> [u32; sa::WORDS] {
    let mut peer = *words;
    peer[sa::FLAGS] &= 0xffff;
    for lane in 0..4 {
        peer.swap(sa::LOCAL + lane, sa::REMOTE + lane);
    }
    let high = if peer[sa::FLAGS] & sa::flags::ESN != 0 { u32::MAX } else { 0 };
    peer[sa::LIMIT..].copy_from_slice(&[u32::MAX, high]);
    peer
}

#[test]
fn every_frame_is_opened_or_dropped_as_the_model_says() {
    let (mut total, mut looked, mut met) = (0, 0, BTreeSet::<u64>::new());
    for seed in 0..4 {
        let mut random = StdRng::seed_from_u64(200 + seed);
        let mut bench = Bench::new("wide_inbound", WideInbound::default(), |d| &mut d.clock).deep();
        let (mut service, mut looker) = (Service::default(), Looker::default());
        let (mut model, mut peer) = (Device::new(Sizes::JUMBO), Device::new(Sizes::JUMBO));
        // The last one with frames of up to 9 KB.
        let (max_frame, long) = if seed == 3 { (Sizes::JUMBO.frame, 8500) } else { (Sizes::COMPACT.frame, 300) };
        for device in [&mut model, &mut peer] {
            device.set_settings(Settings { enable: true, max_frame, ..Settings::RESET });
        }
        // What stands in registers without a reset is known only after some clocks.
        bench.dut.reset.next = true;
        (0..8).for_each(|_| bench.cycle());
        bench.dut.reset.next = false;
        bench.dut.enable.next = true;
        bench.dut.host_up.next = true;
        bench.dut.policy.next = (rig::POLICY as u64).into();
        bench.dut.max_frame.next = (max_frame as u64).into();
        bench.dut.nat_t_port.next = 4500.into();
        let protocols = [6, 17, 58, 1];
        for (index, protocol) in protocols.into_iter().enumerate() {
            let words = rig::sa(&mut random, true, 0x1000 + index as u32);
            model.install_sa(Direction::Inbound, index, &words).expect("a sound SA");
            peer.install_sa(Direction::Outbound, index, &mirrored(&words)).expect("a sound SA");
            table(&mut bench, 1, index, &words);
            peer.write_rule(Direction::Outbound, index, &rig::protocol_rule(action::PROTECT, index as u32, protocol)).expect("a rule");
            // The third SA carries what its rule does not name.
            let rule = rig::protocol_rule(action::PROTECT, if index == 2 { 0 } else { index as u32 }, protocol);
            model.write_rule(Direction::Inbound, index, &rule).expect("a rule");
            table(&mut bench, 3, index, &rule);
        }
        for (index, rule) in [rig::protocol_rule(action::BYPASS, 0, 89), rig::protocol_rule(action::DISCARD, 0, 132)].iter().enumerate() {
            model.write_rule(Direction::Inbound, 4 + index, rule).expect("a rule");
            table(&mut bench, 3, 4 + index, rule);
        }
        // Sealed traffic, much of it disturbed, between clear traffic.
        let mut frames: Vec<Vec<u8>> = vec![];
        while frames.len() < 60 {
            let frame = traffic::frame(&mut random, if frames.len() % 10 == 0 { long } else { 60 });
            if random.gen_bool(0.15) {
                frames.push(frame);
            } else if let Verdict::Delivered { mut frame, .. } = peer.outbound(&frame) {
                if random.gen_bool(0.1) {
                    let at = random.gen_range(12..frame.len());
                    frame[at] ^= 1 << random.gen_range(0..8);
                }
                if frame[12..14] == [8, 0] && random.gen_bool(0.3) {
                    frame[15] |= 3;
                }
                if random.gen_bool(0.1) {
                    frame.extend([0; 7]);
                }
                if random.gen_bool(0.05) {
                    frame.truncate(frame.len() - 4);
                }
                frames.push(frame);
            }
        }
        for _ in 0..8 {
            let (copy, place) = (frames.choose(&mut random).cloned().unwrap_or_default(), random.gen_range(0..frames.len()));
            frames.insert(place, copy);
        }
        let (mut expected, mut drops, mut events) = (VecDeque::new(), BTreeMap::<u64, u64>::new(), VecDeque::new());
        let mut beats = VecDeque::new();
        for frame in &frames {
            match model.inbound(frame) {
                Verdict::Delivered { frame, .. } => expected.push_back(frame),
                Verdict::Dropped(reason) => *drops.entry(reason.code() as u64).or_default() += 1,
            }
            beats.extend(rig::beats(frame));
        }
        while let Some(event) = model.take_event() {
            events.push_back(event.to_words(0));
        }
        let (mut frame, mut left, mut idle) = (vec![], frames.len(), 0);
        let (mut dropped, mut sent) = (BTreeMap::<u64, u64>::new(), 0u64);
        while left > 0 || idle < 20 {
            let offer = !beats.is_empty() && random.gen_bool(0.8);
            if offer {
                let beat: &rig::Beat = &beats[0];
                bench.dut.s_tdata.next = beat.data;
                bench.dut.s_tkeep.next = beat.keep.into();
                bench.dut.s_tlast.next = beat.last;
            }
            bench.dut.s_tvalid.next = offer;
            bench.dut.m_tready.next = random.gen_bool(0.7);
            bench.dut.in_ready.next = random.gen_bool(0.3);
            bench.dut.out_ready.next = random.gen_bool(0.3);
            bench.dut.drop_ready.next = random.gen_bool(0.3);
            bench.dut.drop2_ready.next = random.gen_bool(0.3);
            bench.dut.sa_ready.next = random.gen_bool(0.3);
            bench.dut.fragment_ready.next = random.gen_bool(0.3);
            bench.dut.event_ready.next = random.gen_bool(0.3);
            service.drive(&mut bench.dut, &mut random);
            looker.drive(&mut bench.dut, &mut random);
            bench.settle();
            service.take(&bench.dut);
            looker.take(&bench.dut, &mut random);
            if offer && bench.dut.s_tready.val() {
                beats.pop_front();
            }
            if bench.dut.m_tvalid.val() && bench.dut.m_tready.val() {
                rig::append(&mut frame, bench.dut.m_tdata.val(), bench.dut.m_tkeep.val().into());
                if bench.dut.m_tlast.val() {
                    looked += looker.check(&frame);
                    assert_eq!(Some(std::mem::take(&mut frame)), expected.pop_front(), "seed {seed}, frame {sent} out");
                    left -= 1;
                    sent += 1;
                }
            }
            for (valid, reason) in [
                (bench.dut.drop_valid.val() && bench.dut.drop_ready.val(), bench.dut.drop_reason.val()),
                (bench.dut.drop2_valid.val() && bench.dut.drop2_ready.val(), bench.dut.drop2_reason.val()),
            ] {
                if valid {
                    *dropped.entry(reason.into()).or_default() += 1;
                    left -= 1;
                }
            }
            if bench.dut.event_valid.val() && bench.dut.event_ready.val() {
                let words: [u32; 8] = events.pop_front().expect("an event too many");
                let got = [bench.dut.event_head.val(), bench.dut.event_detail.val()].map(|w| u64::from(w) as u32);
                assert_eq!(got, words[..2], "seed {seed}");
                let address: Vec<u32> = bench.dut.event_address.iter().map(|w| u64::from(w.val()) as u32).collect();
                assert_eq!(address, words[4..]);
            }
            idle = if left == 0 { idle + 1 } else { 0 };
            bench.cycle();
        }
        assert_eq!(dropped, drops, "seed {seed}");
        assert!(expected.is_empty() && events.is_empty());
        total += sent;
        met.extend(drops.keys());
        // The Verilog is slow, and once is enough.
        if seed == 0 {
            bench.finish();
        } else {
            std::mem::forget(bench);
        }
    }
    let wanted = [Reason::Replay, Reason::Icv, Reason::Selector, Reason::UnknownSpi, Reason::Unprotected];
    assert!(
        total > 25 && looked > 50 && wanted.iter().all(|r| met.contains(&(r.code() as u64))),
        "{total} frames opened, {looked} words looked at, reasons {met:?}"
    );
}
