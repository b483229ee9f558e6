//! Packets under way whose numbers depend on each other: the block with its anti-replay service ends each as the golden model says, one after the other.
use super::*;
use holdfast_model::{sequence, window::Window};

/// Three SAs: extended numbers with a small and a large window, from near 2³² on, and short numbers.
const SAS: [(bool, u16, u64); 3] = [(true, 32, 0xffff_fff0), (true, 1024, 0x5_0000_0400), (false, 64, 1000)];

fn service(packets: &[Packet]) -> Service {
    let mut bench = Bench::new("wide_open_replay", WideReplay::default(), |d| &mut d.clock);
    bench.dut.reset.next = true;
    bench.cycle();
    bench.dut.reset.next = false;
    for (index, (_, _, highest)) in SAS.iter().enumerate() {
        bench.dut.table_index.next = (index as u64).into();
        bench.dut.table_select.next = 1.into();
        bench.dut.window_clear.next = true;
        bench.cycle();
        bench.dut.window_clear.next = false;
        for (word, half) in [(20u64, (highest + 1) & 0xffff_ffff), (21, (highest + 1) >> 32)] {
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
    Service { real: Some(bench), ..Service::new(packets) }
}

/// Gives packets numbers, mostly in order, some with jumps of up to all that can be inferred. Returned is what the compact block is to see of them, which is told everything and asks the model nothing.
fn numbered(random: &mut StdRng, packets: &mut [Packet]) -> Vec<Packet> {
    let mut windows: Vec<Window> = SAS.iter().map(|(_, size, highest)| Window::new(*size, *highest)).collect();
    let mut last = 0u64;
    let mut sequential = vec![];
    for packet in packets.iter_mut() {
        let sa = random.gen_range(0..3usize);
        let (esn, size, _) = SAS[sa];
        let top = windows[sa].highest();
        let mut truth = match random.gen_range(0..12) {
            0..=5 => top + random.gen_range(1..4),
            6 => top - random.gen_range(0..size as u64 + 3),
            7 => top + random.gen_range(0..3000),
            8 => top + (1 << 32) - random.gen_range(0..2 * size as u64),
            9 => last + (1 << 32),
            _ => last + 1,
        };
        if !esn {
            truth &= 0xffff_ffff;
        }
        last = truth;
        (packet.intake.sa, packet.intake.esn, packet.intake.window) = ((sa as u64).into(), esn, (size as u64).into());
        packet.intake.low = (truth & 0xffff_ffff).into();
        packet.high = (truth >> 32) as u32;
        let mut seen = packet.clone();
        if packet.opened() {
            let number = if esn { sequence::infer(top, size, truth as u32) } else { truth };
            let at = packet.intake.text_word.index() + packet.text.len();
            let authentic = packet.words[at..at + 4] == packet.tag && number == truth;
            if number != truth {
                seen.tag[0] = !seen.words[at];
            }
            seen.fresh = !authentic || packet.frozen || windows[sa].accept(number);
        }
        sequential.push(seen);
    }
    sequential
}

#[test]
fn numbers_are_those_of_the_model() {
    println!("seed 91");
    let mut random = StdRng::seed_from_u64(91);
    let mut packets: Vec<Packet> = (0..260).map(|_| packet(&mut random)).collect();
    let sequential = numbered(&mut random, &mut packets);
    let (expected, _) = compact(&sequential);
    for eager in [true, false] {
        let (seen, _, times) = wide_with(service(&packets), "wide_open_numbers", &packets, 8, eager, false);
        assert_same(&seen, &expected, if eager { "ports always ready" } else { "ports ready at times" });
        println!("{} packets in {} clocks", packets.len(), times[packets.len() - 1][2] - times[0][0]);
    }
    let count = |reason: Reason| expected.iter().filter(|s| **s == Seen::Dropped(reason.code() as u64)).count();
    println!("{} replays, {} with a wrong ICV", count(Reason::Replay), count(Reason::Icv));
    assert!(count(Reason::Replay) > 10 && count(Reason::Icv) > 20);
}
