//! The requester: when a pair in quarantine asks.

use crate::resync::parameters::Parameters;

/// The clockwork of one pair. Times are ticks since power-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Requester {
    asking: Option<Asking>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Asking {
    due: u64,
    sent: u32,
}

impl Requester {
    /// Begins: the first request is due at `first`.
    pub fn start(&mut self, first: u64) {
        self.asking = Some(Asking { due: first, sent: 0 });
    }
    /// No more requests.
    pub fn stop(&mut self) {
        self.asking = None;
    }
    /// When the next request is due.
    pub fn due(&self) -> Option<u64> {
        self.asking.map(|asking| asking.due)
    }
    /// A request was sent, or could not be. `Some`: as many as the parameters say have gone unanswered now.
    pub fn sent(&mut self, now: u64, parameters: &Parameters) -> Option<u32> {
        let asking = self.asking.as_mut()?;
        let unanswered = asking.sent;
        asking.sent = unanswered.saturating_add(1);
        asking.due = now.saturating_add(parameters.wait(asking.sent));
        (unanswered != 0 && unanswered == u32::from(parameters.failures)).then_some(unanswered)
    }
}

/// Pseudo-random numbers for the spread, from a seed (splitmix64, Steele, Lea, Flood 2014).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Spread(pub(crate) u64);

impl Spread {
    /// 0 to 2^`exponent` − 1.
    pub(crate) fn below(&mut self, exponent: u8) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) & ((1 << exponent) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resync::parameters::Link;
    use crate::sad::Endpoints;

    fn parameters() -> Parameters {
        Parameters {
            port: 1,
            interval: 4,
            spread: 3,
            timeout: 2,
            ceiling: 4,
            failures: 3,
            link: Link { destination: [0; 6], source: [0; 6], vlan: None },
            endpoints: Endpoints::V4 { local: [0; 4].into(), remote: [0; 4].into() },
        }
    }

    #[test]
    fn asks_with_growing_pauses_for_ever_and_complains_once() {
        let (mut requester, p) = (Requester::default(), parameters());
        assert_eq!((requester.due(), requester.sent(0, &p)), (None, None));
        requester.start(5);
        let mut failed = Vec::new();
        let due: Vec<u64> = (0..8)
            .map(|_| {
                let now = requester.due().unwrap();
                failed.push(requester.sent(now, &p));
                now
            })
            .collect();
        assert_eq!(due, [5, 9, 17, 33, 49, 65, 81, 97]);
        assert_eq!(failed, [None, None, None, Some(3), None, None, None, None], "three unanswered when the fourth leaves");
        requester.stop();
        assert_eq!(requester.due(), None);
    }

    #[test]
    fn never_complains_where_failures_is_zero() {
        let (mut requester, p) = (Requester::default(), Parameters { failures: 0, ..parameters() });
        requester.start(0);
        assert!((0..300).all(|now| requester.sent(now, &p).is_none()));
    }

    #[test]
    fn the_spread_stays_inside_and_reaches_everything() {
        let mut spread = Spread(1);
        let seen: std::collections::BTreeSet<u64> = (0..200).map(|_| spread.below(3)).collect();
        assert_eq!(seen, (0..8).collect());
        assert_eq!(spread.below(0), 0);
        assert!((0..100).all(|_| spread.below(31) < 1 << 31));
    }
}
