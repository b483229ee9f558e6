//! Sequence numbers: which one a sealed packet takes, and which one an arriving packet means.

/// The next number of an outbound SA, and the limit it must stay below. The IV is the number, so that using a number
/// twice would be using a nonce twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sequence {
    next: u64,
    limit: u64,
}

impl Sequence {
    /// Numbers from `next` to `limit - 1`.
    pub fn new(next: u64, limit: u64) -> Self {
        Sequence { next, limit }
    }
    /// The number the next packet will take.
    pub fn next(&self) -> u64 {
        self.next
    }
    /// The first number that may not be taken.
    pub fn limit(&self) -> u64 {
        self.limit
    }
    /// Gives numbers below `limit` free, or those from it on no longer.
    pub fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }
    /// Takes a number, where there is one left.
    pub fn take(&mut self) -> Option<u64> {
        let number = self.next;
        (number < self.limit).then(|| {
            self.next += 1;
            number
        })
    }
}

/// The 64-bit number of a packet with low half `low`, from the highest number accepted so far and the window size in packets (at least 1).
/// RFC 4303 appendix A2.2; the high half wraps, and a wrapped guess fails the ICV.
pub fn infer(highest: u64, window: u16, low: u32) -> u64 {
    let (high_half, low_half) = ((highest >> 32) as u32, highest as u32);
    let reach = u32::from(window).wrapping_sub(1);
    let bottom = low_half.wrapping_sub(reach);
    let guess = match (low_half >= reach, low >= bottom) {
        // The window lies within one 2^32 block of numbers.
        (true, true) => high_half,
        (true, false) => high_half.wrapping_add(1),
        // It reaches back into the block before.
        (false, true) => high_half.wrapping_sub(1),
        (false, false) => high_half,
    };
    u64::from(guess) << 32 | u64::from(low)
}
