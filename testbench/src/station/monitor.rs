//! Receives frames from a stream port of the device and checks that it keeps to the rules of the stream.

use super::beat::Beat;
use super::pace::Pace;
use super::source::Stamp;

/// A frame that left the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The frame.
    pub bytes: Vec<u8>,
    /// When.
    pub stamp: Stamp,
}

/// A stream slave with random back-pressure.
pub struct Monitor {
    name: &'static str,
    pace: Pace,
    ready: bool,
    /// A beat that was offered and not taken: it must stay.
    waiting: Option<Beat>,
    partial: Vec<u8>,
    first: Option<u64>,
    frames: Vec<Received>,
    faults: Vec<String>,
}

impl Monitor {
    /// `name` is the port's, for messages.
    pub fn new(name: &'static str, pace: Pace) -> Self {
        Self { name, pace, ready: false, waiting: None, partial: Vec::new(), first: None, frames: Vec::new(), faults: Vec::new() }
    }

    /// Frames received so far.
    pub fn frames(&self) -> &[Received] {
        &self.frames
    }

    /// Takes the frames received so far.
    pub fn take(&mut self) -> Vec<Received> {
        std::mem::take(&mut self.frames)
    }

    /// The power fails: the bytes that have left of a frame that now never ends.
    pub fn cut(&mut self) -> Vec<u8> {
        (self.waiting, self.first) = (None, None);
        std::mem::take(&mut self.partial)
    }

    /// Violations of the stream's rules, in words.
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// True in the middle of a frame.
    pub fn busy(&self) -> bool {
        self.first.is_some() || self.waiting.is_some()
    }

    pub(super) fn drive(&mut self) -> bool {
        self.ready = !self.pace.pauses();
        self.ready
    }

    pub(super) fn observe(&mut self, offered: Option<Beat>, cycle: u64) {
        if let Some(waiting) = self.waiting {
            if offered != Some(waiting) {
                self.fault(cycle, &format!("a beat that waited was changed or withdrawn: {waiting:x?} became {offered:x?}"));
            }
        }
        self.waiting = offered.filter(|_| !self.ready);
        let Some(beat) = offered.filter(|_| self.ready) else { return };
        let first = *self.first.get_or_insert(cycle);
        match beat.bytes() {
            Some(bytes) => self.partial.extend(bytes),
            None => self.fault(cycle, &format!("tkeep {:#06x} with tlast {}", beat.keep, beat.last)),
        }
        if beat.last {
            let bytes = std::mem::take(&mut self.partial);
            self.frames.push(Received { bytes, stamp: Stamp { first, last: cycle } });
            self.first = None;
        }
    }

    fn fault(&mut self, cycle: u64, text: &str) {
        self.faults.push(format!("cycle {cycle}, {}: {text}", self.name));
    }
}
