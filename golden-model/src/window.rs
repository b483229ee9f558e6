//! The anti-replay window (RFC 4303 section 3.4.3): a ring of 64-bit words, each tagged with the block of numbers it stands for, so
//! that advancing never clears anything (in the spirit of RFC 6479, whose ring is cleared while it advances).

/// Largest window in packets.
pub const WINDOW_MAX: u16 = 1024;

/// Words of the ring: the window may straddle 17 blocks of 64 numbers; the next power of two indexes by a mask.
const WORDS: usize = 32;

/// A word of the ring: numbers `64 * block` to `64 * block + 63`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Word {
    block: u64,
    seen: u64,
}

/// Which sequence numbers were accepted, within `size` of the highest. Numbers are 64 bits, so nothing here wraps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    size: u16,
    /// Every number up to here was possibly seen before the SA came to this device.
    floor: u64,
    highest: u64,
    words: [Word; WORDS],
}

impl Window {
    /// A window over `size` packets, at most [`WINDOW_MAX`] (more acts as that), that continues after `highest`: it and every number
    /// below count as seen. With size 0 every number is accepted.
    pub fn new(size: u16, highest: u64) -> Self {
        Window { size: size.min(WINDOW_MAX), floor: highest, highest, words: [Word::default(); WORDS] }
    }

    /// Size in packets; 0: no anti-replay.
    pub fn size(&self) -> u16 {
        self.size
    }

    /// The highest number accepted so far.
    pub fn highest(&self) -> u64 {
        self.highest
    }

    /// Whether `number` would be accepted: not zero, not below the window, not seen.
    pub fn would_accept(&self, number: u64) -> bool {
        if self.size == 0 {
            return true;
        }
        let below = number < self.highest && self.highest - number >= u64::from(self.size);
        let word = &self.words[Self::index(number)];
        let seen = number <= self.floor || (word.block == number / 64 && word.seen >> (number % 64) & 1 != 0);
        number != 0 && !below && !seen
    }

    /// Accepts and records `number`, or answers `false` and changes nothing.
    pub fn accept(&mut self, number: u64) -> bool {
        if !self.would_accept(number) {
            return false;
        }
        if self.size != 0 {
            let word = &mut self.words[Self::index(number)];
            // A word of another block is at least 2048 numbers older, thus below the window.
            if word.block != number / 64 {
                *word = Word { block: number / 64, seen: 0 };
            }
            word.seen |= 1 << (number % 64);
        }
        self.highest = self.highest.max(number);
        true
    }

    fn index(number: u64) -> usize {
        (number / 64) as usize % WORDS
    }
}
