//! Sends frames into a stream port of the device.

use super::beat::{beats, Beat};
use super::pace::Pace;
use std::collections::VecDeque;

/// When a frame crossed a port: cycles of its first and last beat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Cycle of the first beat.
    pub first: u64,
    /// Cycle of the last beat.
    pub last: u64,
}

/// A stream master with a queue of frames. Once it has offered a beat it keeps it on offer until it is taken.
pub struct Source {
    queue: VecDeque<Vec<Beat>>,
    at: usize,
    offered: bool,
    pace: Pace,
    first: u64,
    stamps: Vec<Stamp>,
}

impl Source {
    /// An empty queue.
    pub fn new(pace: Pace) -> Self {
        Self { queue: VecDeque::new(), at: 0, offered: false, pace, first: 0, stamps: Vec::new() }
    }

    /// Appends a frame of at least one byte.
    pub fn send(&mut self, frame: &[u8]) {
        self.send_beats(beats(frame));
    }

    /// Appends beats as they are, also malformed ones.
    ///
    /// # Panics
    /// Unless exactly the last beat is marked as last.
    pub fn send_beats(&mut self, beats: Vec<Beat>) {
        assert!(beats.iter().position(|beat| beat.last) == beats.len().checked_sub(1), "a frame ends with its last beat");
        self.queue.push_back(beats);
    }

    /// The power fails: what has not completely entered is gone.
    pub fn clear(&mut self) {
        self.queue.clear();
        (self.at, self.offered) = (0, false);
    }

    /// Frames that have not completely entered.
    pub fn pending(&self) -> usize {
        self.queue.len()
    }

    /// When each frame entered, in order.
    pub fn stamps(&self) -> &[Stamp] {
        &self.stamps
    }

    /// The beat on offer in the coming cycle.
    pub(super) fn drive(&mut self) -> Option<Beat> {
        let beat = *self.queue.front()?.get(self.at)?;
        self.offered = self.offered || !self.pace.pauses();
        self.offered.then_some(beat)
    }

    /// What came of it.
    pub(super) fn observe(&mut self, ready: bool, cycle: u64) {
        if !(self.offered && ready) {
            return;
        }
        self.offered = false;
        if self.at == 0 {
            self.first = cycle;
        }
        self.at += 1;
        if self.queue.front().is_some_and(|frame| frame.len() == self.at) {
            self.queue.pop_front();
            self.at = 0;
            self.stamps.push(Stamp { first: self.first, last: cycle });
        }
    }
}
