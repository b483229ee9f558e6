use super::*;
use crate::{check::Bench, rig, traffic};
use holdfast_model::{Device, Direction, Settings, Sizes, Verdict};
use holdfast_registers::{rule::action, sa, Reason};
use rand::{rngs::StdRng, Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Writes words of a record over the table bus.
fn table(bench: &mut Bench<Outbound>, select: u64, index: usize, words: &[u32]) {
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
    for seed in 0..3 {
        let mut random = StdRng::seed_from_u64(100 + seed);
        let mut bench = Bench::new("outbound", Outbound::default(), |d| &mut d.clock).deep();
        let mut model = Device::new(Sizes::COMPACT);
        model.set_settings(Settings { enable: true, ..Settings::RESET });
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        bench.dut.enable.next = true;
        bench.dut.policy.next = (rig::POLICY as u64).into();
        bench.dut.max_frame.next = 1522.into();
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
            let longest = if n % 10 == 0 { 300 } else { 60 };
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
        let (mut frame, mut left, mut idle) = (vec![], count, 0);
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
            bench.settle();
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
