//! What happened in a run, for the figure and the report. Times are clock cycles since every station was configured.

use super::wiretap::SaId;

/// What a packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    /// What a host sent.
    Data,
    /// A REQUEST.
    Request,
    /// An ACK.
    Ack,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It did not arrive: lost on the link, or nobody was there.
    Lost,
    /// It arrived and was dropped, or taken by the device.
    Arrived,
    /// It was delivered to the host.
    Delivered(u64),
}

/// A sealed packet.
#[derive(Clone, Copy, Debug)]
pub struct Packet {
    /// When its last beat left the sender.
    pub cycle: u64,
    /// Under which SA.
    pub sa: SaId,
    /// Its number.
    pub number: u64,
    /// What it carries.
    pub carries: Carries,
    /// What became of it.
    pub fate: Fate,
}

/// Why a station was out of service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Its power failed.
    Power,
    /// It was reset.
    Reset,
    /// Its host was down; the device went on.
    Host,
    /// It was suspended in an orderly manner.
    Suspended,
    /// Its driver gave up an inbound SA.
    Desynchronised,
    /// A link behaved otherwise.
    Link,
    /// Its NVRAM did not answer.
    Deaf,
}

impl Cause {
    /// In words, for a figure.
    pub fn words(self) -> &'static str {
        match self {
            Cause::Power => "without power",
            Cause::Reset => "reset",
            Cause::Host => "without its host",
            Cause::Suspended => "suspended",
            Cause::Desynchronised => "out of step",
            Cause::Link => "link disturbed",
            Cause::Deaf => "NVRAM silent",
        }
    }
}

/// A time during which something was wrong.
#[derive(Clone, Debug)]
pub struct Outage {
    /// Index of the station; of a link's first end.
    pub station: usize,
    /// Why.
    pub cause: Cause,
    /// From.
    pub begin: u64,
    /// To; the same for what takes no time.
    pub end: Option<u64>,
    /// For each SA that the station seals under: the last number before.
    pub before: Vec<(SaId, u64)>,
    /// And numbers that were never used, because the outage began before the recorded limit was reached.
    pub skipped: Vec<(SaId, u64)>,
    /// When the last pair that asked after it was in step again.
    pub in_step: Option<u64>,
    /// When the station's packets were delivered again, in both directions.
    pub recovered: Option<u64>,
}

/// A value of a record, as of its last word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Persisted {
    /// When.
    pub cycle: u64,
    /// The SA: for an inbound SA that of its sender.
    pub sa: SaId,
    /// Inbound: a lower bound of the window edge; else the limit.
    pub inbound: bool,
    /// The newest value.
    pub value: u64,
}

/// Everything that happened.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// In the order in which they were sealed.
    pub packets: Vec<Packet>,
    /// Records.
    pub persisted: Vec<Persisted>,
    /// Window edges that a resynchronisation established: time, SA, number.
    pub edges: Vec<(u64, SaId, u64)>,
    /// Times at which an NVRAM was being written: station, from, to.
    pub writes: Vec<(usize, u64, u64)>,
    /// What was wrong, and when.
    pub outages: Vec<Outage>,
    /// Frames that an attacker sent: time, station they went to, how many.
    pub replays: Vec<(u64, usize, usize)>,
    /// NVRAMs that somebody put back to what they held: time, station.
    pub rewinds: Vec<(u64, usize)>,
    /// When the run ended.
    pub end: u64,
}

impl History {
    /// The newest packet under an SA with a number.
    pub fn packet(&mut self, sa: SaId, number: u64) -> Option<&mut Packet> {
        self.packets.iter_mut().rev().find(|packet| packet.sa == sa && packet.number == number)
    }
}
