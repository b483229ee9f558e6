//! Counters of one direction, laid out as `registers::counter` numbers them.

use holdfast_registers::{counter, Reason};

/// The counters of the direction, and those of its SAs. They never wrap in practice and nothing but a new device clears them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    all: [u64; counter::SA_PACKETS],
    /// Packets and bytes by SA.
    sas: Vec<[u64; 2]>,
}

impl Counters {
    pub(crate) fn new(sas: usize) -> Self {
        Counters { all: [0; counter::SA_PACKETS], sas: vec![[0; 2]; sas.max(counter::GROUP)] }
    }
    /// The counter of an index from `registers::counter`, those of SAs being the ones of the first group; 0 beyond the last.
    pub fn get(&self, index: usize) -> u64 {
        self.in_group(0, index)
    }
    /// As [`Counters::get`], where `COUNTER_GROUP` is `group`.
    pub fn in_group(&self, group: usize, index: usize) -> u64 {
        let sa = |first: usize| self.sas[(group * counter::GROUP + index - first) % self.sas.len()];
        match index {
            ..counter::SA_PACKETS => self.all[index],
            counter::SA_PACKETS..counter::SA_BYTES => sa(counter::SA_PACKETS)[0],
            counter::SA_BYTES..counter::COUNT => sa(counter::SA_BYTES)[1],
            _ => 0,
        }
    }
    /// Frames dropped under a reason.
    pub fn dropped(&self, reason: Reason) -> u64 {
        self.get(counter::DROPPED + usize::from(reason.code()))
    }
    /// Frames dropped under any reason.
    pub fn dropped_total(&self) -> u64 {
        self.all[counter::DROPPED..counter::FRAMES_IN].iter().sum()
    }
    /// Packets sealed or opened under an SA.
    pub fn sa_packets(&self, sa: u16) -> u64 {
        self.sas.get(usize::from(sa)).map_or(0, |sa| sa[0])
    }
    /// Bytes of ciphertext sealed or opened under an SA.
    pub fn sa_bytes(&self, sa: u16) -> u64 {
        self.sas.get(usize::from(sa)).map_or(0, |sa| sa[1])
    }

    pub(crate) fn frame_in(&mut self, bytes: usize) {
        self.all[counter::FRAMES_IN] += 1;
        self.all[counter::BYTES_IN] += bytes as u64;
    }
    pub(crate) fn frame_out(&mut self, bytes: usize) {
        self.all[counter::FRAMES_OUT] += 1;
        self.all[counter::BYTES_OUT] += bytes as u64;
    }
    pub(crate) fn drop_frame(&mut self, reason: Reason) {
        self.all[counter::DROPPED + usize::from(reason.code())] += 1;
    }
    pub(crate) fn fragment_to_host(&mut self) {
        self.all[counter::FRAGMENTS_TO_HOST] += 1;
    }
    pub(crate) fn control_sent(&mut self) {
        self.all[counter::CONTROL_SENT] += 1;
    }
    /// `sa` is an SA of the table.
    pub(crate) fn sa(&mut self, sa: u16, ciphertext: usize) {
        let [packets, bytes] = &mut self.sas[usize::from(sa)];
        *packets += 1;
        *bytes += ciphertext as u64;
    }
}
