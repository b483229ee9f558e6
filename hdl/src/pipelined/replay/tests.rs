//! Against the golden model's inference and window, one packet after the other; the block has several under way.
use super::*;
use crate::check::Bench;
use holdfast_model::{sequence, window};
use rand::{rngs::StdRng, Rng, SeedableRng};
use std::collections::VecDeque;

/// An inbound SA as the model has it.
struct Sa {
    esn: bool,
    window: window::Window,
}

/// A packet, and what the model says of it.
#[derive(Clone, Debug)]
struct Packet {
    sa: u64,
    size: u16,
    esn: bool,
    number: u64,
    authentic: bool,
    frozen: bool,
    fresh: bool,
    moved: Option<u64>,
}

/// A packet that its sender has given `truth` (a forger none), as the model sees it after all before it.
fn arrives(sas: &mut [Sa], sa: usize, low: u32, truth: Option<u64>, frozen: bool) -> Packet {
    let Sa { esn, window } = &mut sas[sa];
    let (esn, size, before) = (*esn, window.size(), window.highest());
    let number = if esn { sequence::infer(before, size, low) } else { low as u64 };
    let authentic = truth.is_some_and(|t| t == number);
    let fresh = authentic && (frozen || window.accept(number));
    let moved = (window.highest() != before).then(|| window.highest().wrapping_add(1));
    Packet { sa: sa as u64, size, esn, number, authentic, frozen, fresh, moved }
}

/// Numbers in order, jumps of all lengths, old ones, those at the bottom of the window and at the end of what can be inferred, and those that only the next 2³² tell apart.
fn walk(random: &mut StdRng, sas: &mut [Sa], count: usize, calm: bool) -> Vec<Packet> {
    let mut recent: VecDeque<u64> = VecDeque::from([1]);
    (0..count)
        .map(|_| {
            let sa = random.gen_range(0..sas.len());
            let (top, size, esn) = (sas[sa].window.highest(), sas[sa].window.size() as u64, sas[sa].esn);
            let step = [2, 4, 40, 200, 2200, 5000, 1 << 31][random.gen_range(0..7)];
            let mut truth = match random.gen_range(0..if calm { 5 } else { 12 }) {
                0..=3 => top.wrapping_add(random.gen_range(1..4)),
                4 => top.wrapping_sub(random.gen_range(0..size / 2 + 1)),
                5 => top.wrapping_add(random.gen_range(0..step)),
                6 => top.wrapping_sub(random.gen_range(0..step)),
                7 => top.wrapping_sub(size).wrapping_add(random.gen_range(0..5)).wrapping_sub(2),
                8 => top.wrapping_add((1 << 32) - size).wrapping_add(random.gen_range(0..2 * size + 1)).wrapping_sub(size),
                9 => recent[random.gen_range(0..recent.len())].wrapping_add(1 << 32),
                10 => recent[random.gen_range(0..recent.len())],
                _ => random.gen_range(0..1 << 33),
            };
            if !esn {
                truth &= 0xffff_ffff;
            }
            recent.push_back(truth);
            if recent.len() > 8 {
                recent.pop_front();
            }
            let forged = !calm && random.gen_bool(0.1);
            arrives(sas, sa, truth as u32, (!forged).then_some(truth), random.gen_bool(0.05))
        })
        .collect()
}

fn install(bench: &mut Bench<WideReplay>, index: usize, next: u64) {
    bench.dut.table_index.next = (index as u64).into();
    bench.dut.table_select.next = 1.into();
    bench.dut.window_clear.next = true;
    bench.cycle();
    bench.dut.window_clear.next = false;
    for (word, half) in [(20u64, next & 0xffff_ffff), (21, next >> 32), (22, 7)] {
        bench.dut.table_write.next = true;
        bench.dut.table_word.next = word.into();
        bench.dut.table_data.next = half.into();
        bench.cycle();
    }
    bench.dut.table_write.next = false;
    while bench.dut.window_busy.val() {
        bench.cycle();
    }
}

fn bench(name: &str) -> Bench<WideReplay> {
    let mut bench = Bench::new(name, WideReplay::default(), |d| &mut d.clock);
    bench.dut.reset.next = true;
    (0..4).for_each(|_| bench.cycle());
    bench.dut.reset.next = false;
    bench
}

/// All of them through the block, up to eight under way, each `wait` clocks at least. How many were under way at most, and when each was inferred and checked.
fn run(bench: &mut Bench<WideReplay>, packets: &[Packet], wait: std::ops::Range<usize>, random: &mut StdRng) -> (usize, Vec<[usize; 2]>) {
    let (mut asked, mut inferred, mut checked, mut most) = (0, 0, 0, 0);
    let (mut asks, mut checks) = (false, false);
    let mut due = VecDeque::new();
    let mut times: Vec<[usize; 2]> = vec![];
    for clock in 0.. {
        if checked == packets.len() {
            break;
        }
        assert!(clock < 400 * packets.len(), "stuck: {inferred} inferred, {checked} checked");
        let d = &mut bench.dut;
        let infer = !asks && asked < packets.len() && asked - checked < 8 && (wait.len() == 1 || random.gen_bool(0.3));
        d.infer.next = infer;
        if infer {
            let packet = &packets[asked];
            d.infer_sa.next = packet.sa.into();
            d.infer_size.next = (packet.size as u64).into();
            d.infer_esn.next = packet.esn;
            d.infer_low.next = (packet.number & 0xffff_ffff).into();
            asked += 1;
            asks = true;
        }
        let check = !checks && due.front().is_some_and(|at| *at <= clock);
        d.check.next = check;
        if check {
            let packet = &packets[checked];
            d.check_sa.next = packet.sa.into();
            d.check_size.next = (packet.size as u64).into();
            d.check_low.next = (packet.number & 0xffff_ffff).into();
            d.authentic.next = packet.authentic;
            d.frozen.next = packet.frozen;
            due.pop_front();
            checks = true;
        }
        bench.settle();
        let d = &bench.dut;
        if d.inferred.val() {
            let packet = &packets[inferred];
            assert_eq!(u64::from(d.high.val()), packet.number >> 32, "packet {inferred}: {packet:?}");
            times.push([clock, 0]);
            due.push_back(clock + random.gen_range(wait.clone()));
            inferred += 1;
            asks = false;
            most = most.max(inferred - checked);
        }
        assert_eq!(d.checked.val(), d.checked.val() & checks);
        assert!(d.checked.val() || !(d.judged.val() || d.moved.val()));
        if d.checked.val() {
            let packet = &packets[checked];
            let moved = d.moved.val().then(|| u64::from(d.moved_high.val()) << 32 | u64::from(d.moved_low.val()));
            assert_eq!(
                (d.judged.val(), d.fresh.val(), moved, u64::from(d.check_high.val())),
                (packet.authentic, packet.fresh, packet.moved, packet.number >> 32),
                "packet {checked}: {packet:?}"
            );
            assert_eq!(d.was_frozen.val(), packet.frozen);
            times[checked][1] = clock;
            checked += 1;
            checks = false;
        }
        bench.cycle();
    }
    bench.dut.check.next = false;
    bench.dut.infer.next = false;
    bench.cycle();
    while bench.dut.recording.val() {
        bench.cycle();
    }
    (most, times)
}

#[test]
fn every_number_is_as_in_sequence() {
    println!("seed 81");
    let mut random = StdRng::seed_from_u64(81);
    let mut bench = bench("wide_replay");
    let highest = [
        0,
        1,
        63,
        2047,
        0xffff_ffef,
        0xffff_fffe,
        0xffff_ffff,
        0x1_0000_03ff,
        (1 << 42) - 6,
        (1 << 63) - 10,
        u64::MAX - 3001,
        u64::MAX - 4,
    ];
    let sizes = [32u16, 64, 33, 1024, 1, 1023, 512, 2, 127, 1000, 16, 0];
    let (mut fresh, mut total) = (0, 0);
    for n in 0..14 {
        // One SA, or several; windows of all sizes, from everywhere.
        let count = [1, 2, 5][n % 3];
        let mut sas: Vec<Sa> = (0..count)
            .map(|i| {
                let (size, highest) = (sizes[(n + 5 * i) % 12], highest[(5 * n + 7 * i) % 12]);
                let esn = size != 0 && (highest > 0xffff_fffe || (n + i) % 4 != 3);
                let highest = if esn { highest } else { highest.min(0xffff_fffe) };
                Sa { esn, window: window::Window::new(size, highest) }
            })
            .collect();
        for (index, sa) in sas.iter().enumerate() {
            install(&mut bench, index, sa.window.highest() + 1);
        }
        let packets = walk(&mut random, &mut sas, 120, n % 4 == 0);
        let (most, times) = run(&mut bench, &packets, [0..80, 40..70, 0..3][n % 3].clone(), &mut random);
        let apart = times.windows(2).map(|t| t[1][1] - t[0][1]).sum::<usize>() / (times.len() - 1);
        println!("{count} SAs: up to {most} under way, a packet every {apart} clocks");
        fresh += packets.iter().filter(|p| p.fresh).count();
        total += packets.len();
    }
    assert!(fresh > total / 4, "{fresh} of {total} were fresh");
    bench.finish();
}

/// The sender jumps by nearly all that can be inferred, and on: the second packet's number is not sure until the first one is decided on.
#[test]
fn a_number_waits_for_those_it_depends_on() {
    let mut random = StdRng::seed_from_u64(5);
    let mut bench = bench("wide_replay_waits");
    let mut sas = [Sa { esn: true, window: window::Window::new(64, 1000) }];
    install(&mut bench, 0, 1001);
    let truths = [2000, (1 << 32) + 1500, (1 << 32) + 1501, (1 << 32) + 1502, (1 << 33) + 1400, (1 << 33) + 1430];
    let mut packets: Vec<Packet> = truths.iter().map(|t| arrives(&mut sas, 0, *t as u32, Some(*t), false)).collect();
    // A forger's number far ahead, and what it would have hidden.
    packets.push(arrives(&mut sas, 0, 0x7000_0000, None, false));
    packets.push(arrives(&mut sas, 0, 1431, Some((1 << 33) + 1431), false));
    assert!(packets.iter().filter(|p| p.fresh).count() == 7, "{packets:?}");
    run(&mut bench, &packets, 60..61, &mut random);
    bench.finish();
}

#[test]
fn clocks_per_packet() {
    let mut random = StdRng::seed_from_u64(6);
    let mut bench = bench("wide_replay_clocks");
    for (esn, size) in [(true, 64), (true, 1024), (true, 32), (false, 64)] {
        let mut sas = [Sa { esn, window: window::Window::new(size, 0xffff_ffc0) }];
        install(&mut bench, 0, 0xffff_ffc1);
        let numbers = (0xffff_ffc1u64..).take(if esn { 120 } else { 60 });
        let packets: Vec<Packet> = numbers.map(|t| arrives(&mut sas, 0, t as u32, Some(t), false)).collect();
        assert!(packets.iter().all(|p| p.fresh));
        let (most, times) = run(&mut bench, &packets, 70..71, &mut random);
        let steady: Vec<usize> = times.windows(7).skip(6).map(|t| t[6][1] - t[0][1]).collect();
        println!("extended {esn}, window {size}: {most} under way, six packets in {:?} clocks", steady.iter().max());
        let (mut sas, mut lone) = ([Sa { esn, window: window::Window::new(size, 7) }], vec![]);
        install(&mut bench, 0, 8);
        lone.extend((8u64..48).map(|t| arrives(&mut sas, 0, t as u32, Some(t), false)));
        let (_, times) = run(&mut bench, &lone, 0..1, &mut random);
        println!("  at once: {} clocks from inferred to checked, a packet every {}", times[9][1] - times[9][0], times[10][1] - times[9][1]);
        // Eight under way for 70 clocks each and an answer: the questions cost nothing.
        assert!(steady.iter().all(|clocks| *clocks <= 6 * 18));
    }
    bench.finish();
}

/// As long as few numbers were used the bottom of the window lies below zero, where the highest of all numbers are: one of these moves the window by almost 2⁶⁴, and whoever comes behind it has to wait.
#[test]
fn a_number_below_zero_is_far_above_all_others() {
    let mut random = StdRng::seed_from_u64(5);
    let mut bench = bench("wide_replay_below_zero");
    install(&mut bench, 0, 1);
    let mut sas = [Sa { esn: true, window: window::Window::new(1024, 0) }];
    let truths = [1, u64::MAX, u64::MAX - 1023, u64::MAX - 500, u64::MAX - 1, 1, 2];
    let packets: Vec<_> = truths.iter().map(|truth| arrives(&mut sas, 0, *truth as u32, Some(*truth), false)).collect();
    assert!(packets[1].fresh && packets[2].fresh && packets[2].number == u64::MAX - 1023);
    run(&mut bench, &packets, 60..61, &mut random);
    bench.finish();
}
