//! Counters of one direction, laid out as `registers::counter` numbers them.

use holdfast_registers::{counter, Reason};

/// 128 counters. They never wrap in practice and nothing but a new device clears them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters([u64; counter::COUNT]);

impl Counters {
    pub(crate) fn new() -> Self {
        Counters([0; counter::COUNT])
    }
    /// All of them, in the order of the register map.
    pub fn all(&self) -> &[u64; counter::COUNT] {
        &self.0
    }
    /// The counter of an index from `registers::counter`; 0 beyond the last.
    pub fn get(&self, index: usize) -> u64 {
        self.0.get(index).copied().unwrap_or(0)
    }
    /// Frames dropped under a reason.
    pub fn dropped(&self, reason: Reason) -> u64 {
        self.get(counter::DROPPED + usize::from(reason.code()))
    }
    /// Frames dropped under any reason.
    pub fn dropped_total(&self) -> u64 {
        self.0[counter::DROPPED..counter::FRAMES_IN].iter().sum()
    }
    /// Packets sealed or opened under an SA.
    pub fn sa_packets(&self, sa: u8) -> u64 {
        self.get(counter::SA_PACKETS + usize::from(sa))
    }
    /// Bytes of ciphertext sealed or opened under an SA.
    pub fn sa_bytes(&self, sa: u8) -> u64 {
        self.get(counter::SA_BYTES + usize::from(sa))
    }

    pub(crate) fn frame_in(&mut self, bytes: usize) {
        self.0[counter::FRAMES_IN] += 1;
        self.0[counter::BYTES_IN] += bytes as u64;
    }
    pub(crate) fn frame_out(&mut self, bytes: usize) {
        self.0[counter::FRAMES_OUT] += 1;
        self.0[counter::BYTES_OUT] += bytes as u64;
    }
    pub(crate) fn drop_frame(&mut self, reason: Reason) {
        self.0[counter::DROPPED + usize::from(reason.code())] += 1;
    }
    pub(crate) fn fragment_to_host(&mut self) {
        self.0[counter::FRAGMENTS_TO_HOST] += 1;
    }
    pub(crate) fn control_sent(&mut self) {
        self.0[counter::CONTROL_SENT] += 1;
    }
    /// `sa` is below 32: tables are no longer than that.
    pub(crate) fn sa(&mut self, sa: u8, ciphertext: usize) {
        self.0[counter::SA_PACKETS + usize::from(sa)] += 1;
        self.0[counter::SA_BYTES + usize::from(sa)] += ciphertext as u64;
    }
}
