//! A link between two network ports: frames take time on it, get lost, come twice, overtake each other; all at random, from a seed.

use super::plan::Quality;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// A frame that is overtaken is later by up to so many times the delay.
const OVERTAKEN: u64 = 8;

/// A frame on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Station it goes to.
    pub to: usize,
    /// The frame.
    pub bytes: Vec<u8>,
    /// Somebody on the link sent it, not the station at the other end.
    pub replayed: bool,
}

/// Both directions of a link.
pub struct Link {
    /// Stations at its ends.
    pub ends: [usize; 2],
    /// As it behaves now.
    pub quality: Quality,
    usual: Quality,
    until: Option<u64>,
    random: ChaCha8Rng,
    /// Frames on their way, by the time of arrival and the order of departure.
    on_the_way: BTreeMap<(u64, u64), Frame>,
    sent: u64,
    /// Frames lost.
    pub lost: u64,
}

impl Link {
    /// A link without frames on it.
    pub fn new(ends: [usize; 2], quality: Quality, seed: u64) -> Self {
        let random = ChaCha8Rng::seed_from_u64(seed);
        Link { ends, quality, usual: quality, until: None, random, on_the_way: BTreeMap::new(), sent: 0, lost: 0 }
    }

    /// It behaves otherwise until a time.
    pub fn disturb(&mut self, quality: Quality, until: u64) {
        (self.quality, self.until) = (quality, Some(until));
    }

    /// Until when it behaves otherwise.
    pub fn disturbed(&self) -> Option<u64> {
        self.until
    }

    /// A station sends a frame into it. True where at least one copy is on its way.
    pub fn send(&mut self, now: u64, from: usize, frame: &[u8]) -> bool {
        let to = if self.ends[0] == from { self.ends[1] } else { self.ends[0] };
        // Always the same number of random choices, so that a change of quality does not change what comes after.
        let [lost, twice, late] = [0; 3].map(|_| self.random.gen::<f64>());
        let extra = self.random.gen_range(1..=OVERTAKEN * self.quality.delay.max(1));
        if self.quality.down || lost < self.quality.loss {
            self.lost += 1;
            return false;
        }
        let due = now + self.quality.delay + if late < self.quality.reorder { extra } else { 0 };
        let frame = Frame { to, bytes: frame.to_vec(), replayed: false };
        if twice < self.quality.duplicate {
            self.put(due + extra, frame.clone());
        }
        self.put(due, frame);
        true
    }

    /// Somebody who sits on the link sends a frame to a station.
    pub fn replay(&mut self, due: u64, to: usize, frame: &[u8]) {
        self.put(due, Frame { to, bytes: frame.to_vec(), replayed: true });
    }

    fn put(&mut self, due: u64, frame: Frame) {
        self.sent += 1;
        self.on_the_way.insert((due, self.sent), frame);
    }

    /// The next frame that arrives now.
    pub fn arrive(&mut self, now: u64) -> Option<Frame> {
        if self.until.is_some_and(|until| now >= until) {
            (self.quality, self.until) = (self.usual, None);
        }
        let first = self.on_the_way.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(first.remove())
    }

    /// Nothing is on its way.
    pub fn empty(&self) -> bool {
        self.on_the_way.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLEAR: Quality = Quality { delay: 10, loss: 0.0, duplicate: 0.0, reorder: 0.0, down: false };

    fn arrivals(quality: Quality) -> Vec<(u64, u8)> {
        let mut link = Link::new([3, 5], quality, 7);
        for n in 0..100u8 {
            link.send(u64::from(n), 5, &[n]);
        }
        let mut got = Vec::new();
        for now in 0..1000 {
            while let Some(frame) = link.arrive(now) {
                assert_eq!((frame.to, frame.replayed), (3, false));
                got.push((now, frame.bytes[0]));
            }
        }
        assert!(link.empty());
        got
    }

    #[test]
    fn a_clear_link_only_takes_time() {
        assert_eq!(arrivals(CLEAR), (0..100).map(|n| (u64::from(n) + 10, n)).collect::<Vec<_>>());
    }

    #[test]
    fn a_bad_link_does_all_of_it() {
        let lossy = arrivals(Quality { loss: 0.5, ..CLEAR });
        assert!((30..70).contains(&lossy.len()), "{}", lossy.len());
        let doubled = arrivals(Quality { duplicate: 0.5, ..CLEAR });
        assert!((130..170).contains(&doubled.len()), "{}", doubled.len());
        let mixed = arrivals(Quality { reorder: 0.5, ..CLEAR });
        assert!(mixed.len() == 100 && mixed.windows(2).any(|pair| pair[0].1 > pair[1].1));
        assert!(arrivals(Quality { down: true, ..CLEAR }).is_empty());
        assert_eq!(arrivals(Quality { loss: 0.5, ..CLEAR }), lossy, "the same seed gives the same run");
    }

    #[test]
    fn a_disturbance_ends() {
        let mut link = Link::new([0, 1], CLEAR, 1);
        link.disturb(Quality { down: true, ..CLEAR }, 50);
        assert!(!link.send(0, 0, &[1]));
        assert_eq!((link.arrive(50), link.lost), (None, 1));
        assert!(link.send(50, 0, &[2]));
        assert_eq!(link.arrive(60), Some(Frame { to: 1, bytes: vec![2], replayed: false }));
    }
}
