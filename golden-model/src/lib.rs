//! The golden model of Holdfast: what the device does to every frame, in plain Rust.
//!
//! Sans-io: [`Device`] takes a frame as bytes and answers with a frame or the one reason it was dropped for. There is no
//! clock, no socket and no thread. The contract it implements is the page "What happens to a frame" of the book; the
//! hardware implements the same page without sharing code, and the lock-step tests compare the two.
//!
//! Modules stand in the order in which a packet meets them:
//!
//! ```text
//!            outbound                                  inbound
//!  frame ─► wire::frame ─► wire::parse     frame ─► wire::frame ─► wire::parse ─► wire::esp
//!        ─► spd (first matching rule)            ─► sad (SPI, family, address, UDP)
//!        ─► sad ─► sequence                      ─► sequence (ESN) ─► gcm ─► window
//!        ─► wire::ip, wire::esp ─► gcm           ─► wire::ecn ─► wire::parse ─► spd (selector check)
//! ```
//!
//! Beside them stand [`resync`], which lets SAs survive a loss of power and finds the peer again, and [`fram`], the memory it is kept in.
//!
//! ```
//! use holdfast_model::{Device, Direction, Settings, Sizes, Verdict};
//! use holdfast_registers::Reason;
//!
//! let mut device = Device::new(Sizes::COMPACT);
//! device.set_settings(Settings { enable: true, ..Settings::RESET });
//! assert_eq!(device.outbound(&[0; 9]), Verdict::Dropped(Reason::Runt));
//! assert_eq!(device.counters(Direction::Outbound).dropped(Reason::Runt), 1);
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod control;
pub mod counters;
pub mod device;
pub mod event;
pub mod fram;
pub mod gcm;
mod inbound;
mod outbound;
pub mod resync;
pub mod sad;
pub mod sequence;
pub mod spd;
pub mod window;
pub mod wire;

pub use control::Control;
pub use counters::Counters;
pub use device::{Device, Kind, Settings, Sizes, Verdict};
pub use event::Event;
pub use fram::Fram;
pub use gcm::Key;
pub use resync::counter::Counter;
pub use resync::detector::Limits;
pub use resync::nvram::Nvram;
pub use resync::parameters::{Link, Parameters};
pub use resync::record::DeviceKey;
pub use sad::{Endpoints, Mode, Role, SaConfig, UdpPorts};
pub use spd::{Action, PortRange, Prefix, RuleAddresses, RuleConfig};

/// Which way a frame goes; also selects the SAD, the SPD and the counters of that way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the host port (plaintext) to the network port.
    Outbound,
    /// From the network port to the host port.
    Inbound,
}

impl Direction {
    /// Both, outbound first.
    pub const ALL: [Direction; 2] = [Direction::Outbound, Direction::Inbound];
}
