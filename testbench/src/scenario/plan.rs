//! A checked scenario: what there is, and what happens when. Times are clock cycles of 125 MHz; they count from the moment at which every
//! station is configured.

use crate::config;
use holdfast_model::fram::Tear;

/// A scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Title of the report and of the figure.
    pub name: String,
    /// What it shows, in a sentence or two.
    pub about: String,
    /// All random choices follow from it.
    pub seed: u64,
    /// The run is given up after so long.
    pub longest: u64,
    /// Packets that must arrive under every SA in use after the last disturbance before the run ends.
    pub settle: u64,
    /// The stations.
    pub stations: Vec<Station>,
    /// Links between network ports.
    pub links: Vec<Link>,
    /// What hosts send.
    pub flows: Vec<Flow>,
    /// What happens.
    pub events: Vec<Event>,
    /// The first installation may be cut off: then every station is given its spare SAs.
    pub unsure: bool,
}

/// What stands at a station's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A simulated device.
    Device,
    /// The golden model behind the device's pins.
    Model,
}

/// A station: device, driver, NVRAM, host.
#[derive(Clone, Debug)]
pub struct Station {
    /// Unique.
    pub name: String,
    /// Device or model.
    pub kind: Kind,
    /// SAs and rules.
    pub config: config::Station,
    /// The same with other keys, for a host whose installation was cut off: what was written of an SA may bring it back, so its key must not be
    /// used again.
    pub spare: Option<config::Station>,
    /// Time from the power's return until the host's driver comes.
    pub boot: u64,
    /// Pauses of the ports, a share of 256 cycles.
    pub pauses: u8,
    /// Clocks in which the external counter answers, where there is one (`config.counter`).
    pub counter_delay: u64,
}

/// What a link does to frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// Time from leaving one port to entering the other.
    pub delay: u64,
    /// Probability that a frame is lost.
    pub loss: f64,
    /// Probability that a frame arrives twice.
    pub duplicate: f64,
    /// Probability that a frame is overtaken by later ones.
    pub reorder: f64,
    /// Nothing gets through.
    pub down: bool,
}

/// A link between the network ports of two stations.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    /// Indices of the stations.
    pub ends: [usize; 2],
    /// As long as no event changes it.
    pub quality: Quality,
}

/// Where the frames of a flow come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A capture, over and over.
    Capture(Vec<Vec<u8>>),
    /// UDP datagrams that are made, each with a number of its own.
    Made(Made),
}

/// UDP datagrams.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    /// Addresses, of one family.
    pub source: std::net::IpAddr,
    /// As `source`.
    pub destination: std::net::IpAddr,
    /// First destination port.
    pub port: u16,
    /// So many ports from there on, one after the other.
    pub ports: u16,
    /// Bytes of the frame.
    pub size: usize,
}

/// What a host sends, for as long as the run lasts.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Index of the station whose host sends.
    pub from: usize,
    /// What.
    pub source: Source,
    /// First frame.
    pub start: u64,
    /// Time between two frames.
    pub gap: u64,
    /// No frame after it.
    pub stop: Option<u64>,
}

/// What an event may wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// A packet left the network port sealed, control messages included.
    Sealed,
    /// A frame left the host port.
    Delivered,
    /// A REQUEST left the network port.
    Request,
    /// An ACK left the network port.
    Ack,
    /// A byte was written into the NVRAM.
    Nvram,
}

impl Sight {
    /// By the name it has in files.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "sealed" => Sight::Sealed,
            "delivered" => Sight::Delivered,
            "request" => Sight::Request,
            "ack" => Sight::Ack,
            "nvram" => Sight::Nvram,
            _ => return None,
        })
    }
}

/// When an event happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At a time.
    At(u64),
    /// So long after the `count`-th sight at a station.
    After {
        /// Of what.
        sight: Sight,
        /// Index of the station.
        station: usize,
        /// 1: the first.
        count: u64,
        /// Time from then on.
        plus: u64,
    },
}

/// Frames that an attacker sends again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// Everything.
    All,
    /// Packets with traffic of hosts.
    Data,
    /// REQUESTs.
    Requests,
    /// ACKs.
    Acks,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// Device, NVRAM and host lose their power.
    PowerCut { station: usize, lasts: u64, tear: Tear },
    /// The device is reset; the NVRAM keeps its power, the host notices.
    Reset { station: usize },
    /// The host suspends the device in an orderly manner; with `power_off` the power goes meanwhile.
    Suspend { station: usize, lasts: u64, power_off: bool },
    /// The driver puts an inbound SA into quarantine.
    Desynchronise { station: usize, pair: u16 },
    /// The host loses its power, or hangs; the device goes on alone.
    HostDown { station: usize, lasts: u64 },
    /// A bit of the NVRAM flips; `None`: anywhere.
    Flip { station: usize, bit: Option<u32> },
    /// The NVRAM does not answer.
    Deaf { station: usize, lasts: u64 },
    /// A link behaves otherwise for a while.
    Link { link: usize, quality: Quality, lasts: u64 },
    /// An attacker sends frames again that once were on their way to a station: the last ones, oldest first.
    Replay { station: usize, frames: Recorded, last: usize, gap: u64 },
    /// An attacker notes what an NVRAM holds.
    Image { station: usize, image: usize },
    /// And puts it back while the power is off: all of it, or only the records of a place (SA index, + 32 if inbound).
    Rewind { station: usize, image: usize, place: Option<u8> },
}

/// An event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// When.
    pub when: When,
    /// What.
    pub action: Action,
}
