use super::*;
use crate::cell::Lanes;
use crate::pipelined::{OUT_LATENCY, VERDICT_LATENCY};
use crate::{check::Bench, rig, traffic};
use aes_gcm::{aead::AeadInOut, Aes128Gcm, Aes256Gcm, KeyInit};
use holdfast_model::{Device, Direction, Settings, Sizes, Verdict};
use holdfast_registers::{rule::action, sa, Reason};
use rand::{rngs::StdRng, Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Key, whether all of it counts, nonce.
type Job = ([u8; 32], bool, [u8; 12]);

/// A packet that is being taken: its job, additional data, length, text.
type Packet = (Job, Vec<u8>, usize, Vec<u8>);

/// The cipher as its contract has it, with the other direction in the way at random: see [`crate::pipelined::CipherService`].
#[derive(Default)]
struct Cipher {
    key: [u8; 32],
    job: Option<Job>,
    packet: Option<Packet>,
    ready: bool,
    /// What comes out, and when.
    text: VecDeque<(usize, Vec<u8>, bool)>,
    tags: VecDeque<(usize, [u8; 16])>,
    now: usize,
}

fn seal((key, aes256, nonce): &Job, aad: &[u8], text: &[u8]) -> (Vec<u8>, [u8; 16]) {
    let mut text = text.to_vec();
    let tag = if *aes256 {
        Aes256Gcm::new(key.into()).encrypt_inout_detached(nonce.into(), aad, text.as_mut_slice().into())
    } else {
        let cipher = Aes128Gcm::new_from_slice(&key[..16]).expect("a key");
        cipher.encrypt_inout_detached(nonce.into(), aad, text.as_mut_slice().into())
    };
    (text, tag.expect("within bounds").into())
}

fn block(bytes: &[u8]) -> Lanes<4, 32> {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    Lanes(std::array::from_fn(|i| u32::from_be_bytes(std::array::from_fn(|j| byte(4 * i + j)))))
}

impl Cipher {
    /// Before the clock: what the service shows.
    fn show(&mut self, bench: &mut Bench<WideOutbound>, random: &mut StdRng) {
        self.ready = self.packet.is_some() || (self.job.is_some() && random.gen_bool(0.3));
        let dut = &mut bench.dut;
        dut.seal_job_ready.next = self.job.is_none();
        dut.seal_text_ready.next = self.ready;
        let due = self.text.front().is_some_and(|(when, ..)| *when == self.now);
        let beat = due.then(|| self.text.pop_front().expect("a beat"));
        let last = beat.as_ref().is_some_and(|(.., last)| *last);
        let beat = beat.map(|(_, bytes, _)| bytes);
        dut.seal_out_valid.next = due;
        dut.seal_out_last.next = last;
        dut.seal_out_bytes.next = (beat.as_ref().map_or(0, Vec::len) as u64).into();
        dut.seal_out_block.next = block(&beat.unwrap_or_default());
        let due = self.tags.front().is_some_and(|(when, _)| *when == self.now);
        dut.seal_tag_valid.next = due;
        dut.seal_tag.next = block(&if due { self.tags.pop_front().expect("a tag").1 } else { [0; 16] });
    }

    /// With the clock: what it takes.
    fn take(&mut self, bench: &mut Bench<WideOutbound>) {
        let dut = &bench.dut;
        if dut.seal_key_write.val() {
            assert!(self.job.is_none(), "a key word without room");
            let at = 4 * dut.seal_key_index.val().index();
            self.key[at..at + 4].copy_from_slice(&(u64::from(dut.seal_key_word.val()) as u32).to_be_bytes());
        }
        let mut started = None;
        if dut.seal_job_start.val() {
            let mut nonce = [0; 12];
            for i in 0..3 {
                nonce[4 * i..][..4].copy_from_slice(&(u64::from(dut.seal_job_nonce[i].val()) as u32).to_be_bytes());
            }
            started = Some((self.key, dut.seal_job_aes256.val(), nonce));
        }
        if let Some((_, _, length, text)) = &self.packet {
            assert!(dut.seal_text_valid.val(), "a gap after {} of {length} bytes", text.len());
        }
        if self.ready && dut.seal_text_valid.val() {
            let bytes = dut.seal_text_bytes.val().index();
            let words = dut.seal_text_block.val().0;
            let block: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
            match &mut self.packet {
                None => {
                    assert!(dut.seal_text_first.val() && !dut.seal_text_last.val() && (bytes == 8 || bytes == 12));
                    self.packet = Some((self.job.take().expect("a job"), block[..bytes].to_vec(), words[3] as usize, vec![]));
                }
                Some((job, aad, length, text)) => {
                    assert!(!dut.seal_text_first.val() && (1..=16).contains(&bytes));
                    text.extend(&block[..bytes]);
                    let last = text.len() == *length;
                    assert_eq!(dut.seal_text_last.val(), last);
                    // What is known of the text so far does not change with what follows.
                    let (sealed, tag) = seal(job, aad, text);
                    self.text.push_back((self.now + OUT_LATENCY, sealed[text.len() - bytes..].to_vec(), last));
                    if last {
                        self.tags.push_back((self.now + VERDICT_LATENCY, tag));
                    }
                }
            }
        }
        if self.packet.as_ref().is_some_and(|(_, _, length, text)| text.len() == *length) {
            self.packet = None;
        }
        if started.is_some() {
            self.job = started;
        }
        self.now += 1;
    }
}

/// Writes words of a record over the table bus.
fn table(bench: &mut Bench<WideOutbound>, select: u64, index: usize, words: &[u32]) {
    for (word, value) in words.iter().enumerate() {
        bench.dut.table_write.next = true;
        bench.dut.table_select.next = select.into();
        bench.dut.table_index.next = (index as u64).into();
        bench.dut.table_word.next = (word as u64).into();
        bench.dut.table_data.next = (*value as u64).into();
        bench.cycle();
    }
    bench.dut.table_write.next = false;
    bench.dut.valid_write.next = select == 0;
    bench.dut.valid_value.next = true;
    bench.cycle();
    bench.dut.valid_write.next = false;
}

#[test]
fn every_frame_leaves_as_the_model_says() {
    let (mut total, mut met) = (0, BTreeSet::<u64>::new());
    for seed in 0..4 {
        let mut random = StdRng::seed_from_u64(100 + seed);
        let mut bench = Bench::new("wide_outbound", WideOutbound::default(), |d| &mut d.clock).deep();
        // The last one with frames of up to 9 KB.
        let (max_frame, long) = if seed == 3 { (Sizes::JUMBO.frame, 8500) } else { (Sizes::COMPACT.frame, 900) };
        let mut model = Device::new(Sizes::JUMBO);
        model.set_settings(Settings { enable: true, max_frame, ..Settings::RESET });
        // What stands in registers without a reset is known only after some clocks.
        bench.dut.reset.next = true;
        (0..8).for_each(|_| bench.cycle());
        bench.dut.reset.next = false;
        bench.dut.enable.next = true;
        bench.dut.policy.next = (rig::POLICY as u64).into();
        bench.dut.max_frame.next = (max_frame as u64).into();
        for index in 0..4 {
            let words = rig::sa(&mut random, false, 0x1000 + index as u32);
            model.install_sa(Direction::Outbound, index, &words).expect("a sound SA");
            table(&mut bench, 0, index, &words[..sa::WORDS]);
        }
        let rules = [
            rig::protocol_rule(action::BYPASS, 0, 89),
            rig::protocol_rule(action::DISCARD, 0, 132),
            rig::protocol_rule(action::PROTECT, 7, 136),
            rig::protocol_rule(action::PROTECT, 1, 17),
            rig::protocol_rule(action::PROTECT, 2, 6),
            rig::protocol_rule(action::PROTECT, 3, 50),
            rig::any_rule(action::PROTECT, 0),
        ];
        for (index, words) in rules.iter().enumerate() {
            model.write_rule(Direction::Outbound, index, words).expect("a sound rule");
            table(&mut bench, 2, index, words);
        }
        let (mut expected, mut drops, mut events) = (VecDeque::new(), BTreeMap::<u64, u64>::new(), VecDeque::new());
        let mut beats = VecDeque::new();
        let count = 50;
        for n in 0..count {
            let longest = if n % 10 == 0 { long } else { 60 };
            let frame = traffic::frame(&mut random, longest);
            match model.outbound(&frame) {
                Verdict::Delivered { frame, .. } => expected.push_back(frame),
                Verdict::Dropped(reason) => *drops.entry(reason.code() as u64).or_default() += 1,
            }
            beats.extend(rig::beats(&frame));
        }
        while let Some(event) = model.take_event() {
            events.push_back(event.to_words(0));
        }
        let (mut frame, mut left, mut idle, mut cipher) = (vec![], count, 0, Cipher::default());
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
            bench.dut.sa_ready.next = random.gen_bool(0.3);
            bench.dut.event_ready.next = random.gen_bool(0.3);
            cipher.show(&mut bench, &mut random);
            bench.settle();
            cipher.take(&mut bench);
            if offer && bench.dut.s_tready.val() {
                beats.pop_front();
            }
            if bench.dut.m_tvalid.val() && bench.dut.m_tready.val() {
                rig::append(&mut frame, bench.dut.m_tdata.val(), bench.dut.m_tkeep.val().into());
                if bench.dut.m_tlast.val() {
                    assert_eq!(Some(std::mem::take(&mut frame)), expected.pop_front(), "seed {seed}, frame {sent} out");
                    left -= 1;
                    sent += 1;
                }
            }
            if bench.dut.drop_valid.val() && bench.dut.drop_ready.val() {
                *dropped.entry(bench.dut.drop_reason.val().into()).or_default() += 1;
                left -= 1;
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
        bench.finish();
    }
    let wanted = [Reason::NoSa, Reason::TooBig, Reason::SequenceLimit, Reason::Fragment, Reason::PolicyDiscard, Reason::Malformed];
    assert!(total > 50 && wanted.iter().all(|r| met.contains(&(r.code() as u64))), "{total} frames out, reasons {met:?}");
}
