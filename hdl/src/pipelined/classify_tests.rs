use super::*;
use crate::check::Bench;
use crate::classify::Classify;
use rand::{rngs::StdRng, Rng, SeedableRng};
use std::collections::VecDeque;

/// What the classifier is told of a packet.
#[derive(Clone, Copy)]
struct Case {
    facts: Facts,
    policy: u64,
    ports: u64,
    frame: Frame,
    destination: [u64; 4],
    /// What the rules will say: hit, action, SA.
    rule: (bool, u64, u64),
}

fn case(random: &mut StdRng) -> Case {
    let note = random.gen_range(0..3u64) << 6 | random.gen_range(0..3u64);
    Case {
        facts: Facts {
            reason: if random.gen_bool(0.1) { 5.into() } else { 0.into() },
            ip: random.gen_bool(0.8),
            ipv6: random.gen(),
            arp: random.gen(),
            protocol: if random.gen() { 58u64.into() } else { 6u64.into() },
            source_port_known: random.gen_bool(0.9),
            finish: random.gen_range(0..2000u64).into(),
            ..Default::default()
        },
        policy: random.gen_range(0..8u64),
        ports: random.gen_range(131..140u64) << 24,
        frame: Frame { start: random.gen_range(0..1024u64).into(), note: note.into(), ..Default::default() },
        destination: random.gen::<[u32; 4]>().map(u64::from),
        rule: (random.gen_bool(0.8), random.gen_range(0..3u64), random.gen_range(0..3u64)),
    }
}

/// What `Classify` decides: the reference.
fn plain(bench: &mut Bench<Classify>, case: &Case) -> Decision {
    bench.dut.facts.next = case.facts;
    bench.dut.policy.next = case.policy.into();
    bench.dut.ports.next = case.ports.into();
    bench.dut.note.next = case.frame.note;
    bench.dut.rules_hit.next = case.rule.0;
    bench.dut.rules_action.next = case.rule.1.into();
    bench.dut.rules_sa.next = case.rule.2.into();
    bench.dut.rules_done.next = true;
    bench.dut.go.next = true;
    bench.dut.take.next = false;
    bench.settle();
    while !bench.dut.ready.val() {
        bench.cycle();
    }
    let decision = bench.dut.decision.val();
    bench.dut.go.next = false;
    bench.dut.take.next = true;
    bench.cycle();
    decision
}

#[test]
fn it_decides_as_the_classifier_without_overlap() {
    for inbound in [false, true] {
        let mut random = StdRng::seed_from_u64(71);
        let name = if inbound { "wide_classify_in" } else { "wide_classify_out" };
        let mut reference = Bench::new(&format!("{name}_plain"), Classify::new(inbound), |d| &mut d.clock);
        reference.dut.reset.next = true;
        reference.cycle();
        reference.dut.reset.next = false;
        let mut bench = Bench::new(name, WideClassify::new(inbound), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let (mut asked, mut waiting, mut now, mut searching) = (VecDeque::new(), 0, None, 0);
        while waiting < 600 {
            if now.is_none() && random.gen_bool(0.7) {
                let case = case(&mut random);
                asked.push_back((case, plain(&mut reference, &case)));
                now = Some(case);
            }
            let d = &mut bench.dut;
            d.go.next = now.is_some();
            if let Some(case) = &now {
                d.facts.next = case.facts;
                d.policy.next = case.policy.into();
                d.ports.next = case.ports.into();
                d.frame.next = case.frame;
                for i in 0..4 {
                    d.destination[i].next = case.destination[i].into();
                }
                d.rules_hit.next = case.rule.0;
                d.rules_action.next = case.rule.1.into();
                d.rules_sa.next = case.rule.2.into();
            }
            d.hold.next = random.gen_bool(0.4);
            d.rules_done.next = searching == 1;
            bench.settle();
            assert_eq!(bench.dut.busy.val(), searching > 0);
            assert!(!bench.dut.rules_start.val() || (!bench.dut.hold.val() && searching == 0 && now.is_some()));
            searching = if bench.dut.rules_start.val() { random.gen_range(1..9) } else { searching.max(1) - 1 };
            let take = bench.dut.ready.val() && random.gen_bool(0.3);
            bench.dut.take.next = take;
            bench.settle();
            if take {
                let (case, decision) = asked.pop_front().expect("a decision");
                assert_eq!(bench.dut.decision.val(), decision, "{:?}", case.facts);
                assert_eq!((bench.dut.told_facts.val(), bench.dut.told_frame.val()), (case.facts, case.frame));
                assert_eq!(bench.dut.told_destination.iter().map(|w| w.val().into()).collect::<Vec<u64>>(), case.destination);
                waiting += 1;
            }
            if bench.dut.taken.val() {
                now = None;
            }
            bench.cycle();
        }
        reference.finish();
        bench.finish();
    }
}

/// Clocks from a packet to the next where nothing waits, with a search that takes what one of sixteen rules takes at most.
#[test]
fn clocks_for_each_packet() {
    let mut bench = Bench::new("wide_classify_rate", WideClassify::new(false), |d| &mut d.clock);
    bench.dut.go.next = true;
    bench.dut.take.next = true;
    bench.dut.rules_hit.next = true;
    for (ip, search, most) in [(true, 11, 13), (true, 4, 6), (false, 0, 2)] {
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        bench.dut.facts.next = Facts { ip, arp: true, ..Default::default() };
        let (mut times, mut left) = (vec![], 0);
        for clock in 0..100 {
            bench.dut.rules_done.next = left == 1;
            bench.settle();
            if bench.dut.taken.val() {
                times.push(clock);
            }
            left = if bench.dut.rules_start.val() { search } else { left.max(1) - 1 };
            bench.cycle();
        }
        let period = times[times.len() - 1] - times[times.len() - 2];
        println!("a search of {search} clocks: {period} for each packet");
        assert!(period <= most);
    }
    bench.finish();
}
