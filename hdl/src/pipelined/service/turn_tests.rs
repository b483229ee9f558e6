use super::*;
use crate::{cell::Lanes, check::Bench, gcm::tests::Dice};

/// A direction: beats still to come of the packet in hand, jobs as soon as they are used, packets as the dice fall.
#[derive(Default)]
struct Direction {
    left: usize,
    length: usize,
    job: bool,
    sent: Vec<(bool, bool, u32)>,
    got: Vec<(bool, bool, u32)>,
    number: u32,
    waited: usize,
}

impl Direction {
    fn offers(&mut self, dice: &mut Dice, idle: u64) {
        if self.left == 0 && dice.below(100) >= idle {
            self.length = [1, 2, 3, 4, 9][dice.below(5) as usize];
            self.left = self.length;
        }
        self.job |= dice.below(100) >= idle;
    }
    fn first(&self) -> bool {
        self.left == self.length
    }
    /// A beat was taken.
    fn taken(&mut self) {
        self.sent.push((self.first(), self.left == 1, self.number));
        if self.first() {
            assert!(self.job, "a packet without a job");
            self.job = false;
        }
        self.left -= 1;
        self.number += 1;
        self.waited = 0;
    }
}

/// Packets of both directions and the maker's beats: all arrive, each whole, none starves, and nothing is idle without need.
fn traffic(idle: u64, clocks: usize) {
    let mut bench = Bench::new(&format!("turn_{idle}"), Turn::default(), |d| &mut d.clock);
    let mut dice = Dice(idle + 1);
    bench.dut.reset.next = true;
    (0..4).for_each(|_| bench.cycle());
    bench.dut.reset.next = false;
    let mut ways = [Direction::default(), Direction::default()];
    let (mut wants, mut makers, mut made, mut lost) = (false, 0, 0, 0);
    let mut holder = None;
    for clock in 0..clocks {
        ways.iter_mut().for_each(|w| w.offers(&mut dice, idle));
        wants |= dice.below(40) == 0;
        let d = &mut bench.dut;
        let block = |n: u32, open: u32| Lanes([n, open, !n, n]);
        d.seal_job.next = ways[0].job;
        d.seal_valid.next = ways[0].left > 0;
        d.seal_first.next = ways[0].first();
        d.seal_last.next = ways[0].left == 1;
        d.seal_block.next = block(ways[0].number, 0);
        d.seal_bytes.next = (ways[0].number as u64 % 32).into();
        d.open_job.next = ways[1].job;
        d.open_valid.next = ways[1].left > 0;
        d.open_first.next = ways[1].first();
        d.open_last.next = ways[1].left == 1;
        d.open_block.next = block(ways[1].number, 1);
        d.open_bytes.next = (ways[1].number as u64 % 32).into();
        d.maker.next = wants;
        d.maker_side.next = true;
        bench.settle();
        let beat = bench.dut.beat.val();
        if beat.valid && !beat.maker {
            let [number, open, ..] = beat.block.0;
            assert_eq!((beat.open, beat.bytes.index() as u32), (open == 1, number % 32));
            ways[open as usize].got.push((beat.first, beat.last, number));
            assert!(holder.is_none_or(|h| h == open) && beat.first == holder.is_none(), "packets are mixed, clock {clock}");
            holder = (!beat.last).then_some(open);
        } else {
            assert!(holder.is_none(), "a gap in a packet, clock {clock}");
            made += beat.maker as usize;
            lost += !beat.maker as usize;
        }
        let (ready, takes) =
            ([bench.dut.seal_ready.val(), bench.dut.open_ready.val()], [bench.dut.seal_take.val(), bench.dut.open_take.val()]);
        for i in 0..2 {
            let first = ways[i].first();
            let goes = ready[i] && ways[i].left > 0;
            assert_eq!(takes[i], goes && first);
            ways[i].waited += (ways[i].left > 0 && ways[i].job) as usize;
            assert!(ways[i].waited < 2 * 12 + 4, "direction {i} starves, clock {clock}");
            if goes {
                assert_eq!(bench.dut.side.val(), i == 1);
                ways[i].taken();
            }
        }
        if bench.dut.maker_goes.val() {
            assert!(wants && bench.dut.side.val());
            wants = false;
            makers += 1;
        }
        bench.cycle();
    }
    for way in &ways {
        assert!(way.sent.len() > clocks / 40 && way.sent.len() - way.got.len() < 2);
        assert_eq!(way.sent[..way.got.len()], way.got[..]);
    }
    assert!(makers > clocks / 100 && makers - made < 2);
    // With everybody ready only packets of one beat and the maker cost a clock besides their own.
    let single = ways.iter().flat_map(|w| &w.sent).filter(|b| b.0 && b.1).count();
    if idle == 0 {
        assert!(lost <= single + makers + 8, "{lost} clocks lost, {single} packets of one beat, {makers} of the maker");
    }
    bench.finish();
}

#[test]
fn turns_are_taken() {
    traffic(0, 3000);
    traffic(50, 3000);
    traffic(95, 6000);
}
