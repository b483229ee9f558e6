//! How often a stream pauses.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Pauses at random, from a seed: the same run every time. Pauses come in bursts, so that queues fill and drain.
#[derive(Clone, Debug)]
pub struct Pace {
    random: ChaCha8Rng,
    /// Of 256 cycles so many are pauses; 0: none.
    share: u8,
    left: u32,
}

impl Pace {
    /// Never pauses.
    pub fn steady() -> Self {
        Self::random(0, 0)
    }

    /// Pauses in about `share` of 256 cycles.
    pub fn random(seed: u64, share: u8) -> Self {
        Self { random: ChaCha8Rng::seed_from_u64(seed), share, left: 0 }
    }

    /// Always pauses: a port that is stalled for ever.
    pub fn never() -> Self {
        Self { left: u32::MAX, ..Self::random(0, 255) }
    }

    /// True when the coming cycle is a pause.
    pub fn pauses(&mut self) -> bool {
        if self.share == 0 {
            return false;
        }
        if self.left > 0 {
            self.left -= 1;
            return true;
        }
        let pause = self.random.gen::<u8>() < self.share / 2;
        if pause && self.random.gen_ratio(1, 4) {
            self.left = self.random.gen_range(1..12);
        }
        pause
    }
}
