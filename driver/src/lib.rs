//! Register-level driver of the Holdfast ESP engine: `no_std`, no allocation, no dependency on how the registers are
//! reached. The code that runs on a processor beside the device is the code that the testbench runs on its simulation.
//!
//! In the order in which a caller meets them:
//!
//! * [`Bus`] reads and writes 32-bit registers; [`Mmio`] is the one for memory-mapped hardware.
//! * [`Driver::probe`] finds the device and asks it what it can do ([`Capabilities`]).
//! * [`OutboundSa`], [`InboundSa`] and [`Rule`] say what to install. Every field is checked against the capabilities before
//!   the first bus transaction; a [`FieldError`] tells the field, what was found and what is accepted.
//! * [`Driver::install_inbound`], [`Driver::install_outbound`], [`Driver::replace_pair`] and [`Driver::write_rule`] stage the
//!   words and commit them as a whole: an SA or rule is either there completely or not at all.
//! * [`ResyncParameters`] and [`Driver::write_resync`] say how a pair of SAs finds its peer again after a loss of power; with them an SA may be
//!   [`OutboundSa::recorded`]. [`Driver::suspend`], [`Driver::resume`] and [`Driver::desynchronise`] command the recorder.
//! * [`Driver::next_event`], [`Driver::counters`] and [`Driver::drops`] tell what happened since.
//!
//! ```no_run
//! use core::net::{IpAddr, Ipv4Addr};
//! use core::ptr::NonNull;
//! use holdfast_driver::{Action, Direction, Driver, InboundSa, Key, Mmio, Mode, OutboundSa, RegisterBlock, Rule, Salt};
//!
//! # fn keys() -> ([u8; 16], [u8; 16]) { ([1; 16], [2; 16]) }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // SAFETY: the device's 4 KiB of registers are mapped here, uncached, and nobody else uses them.
//! let bus = unsafe { Mmio::new(NonNull::new(0x4000_0000 as *mut RegisterBlock).unwrap()) };
//! let mut driver = Driver::probe(bus)?;
//! let (own, peer) = (IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)));
//! let (receive, transmit) = keys();
//! driver.install_inbound(0, &InboundSa::new(0x1001, Key::Aes128(receive), Salt([1; 4]), Mode::Tunnel, own, peer))?;
//! driver.install_outbound(0, &OutboundSa::new(0x1002, Key::Aes128(transmit), Salt([2; 4]), Mode::Tunnel, own, peer))?;
//! for direction in [Direction::Inbound, Direction::Outbound] {
//!     driver.write_rule(direction, 0, &Rule::any(Action::Protect { sa: 0 }))?;
//! }
//! driver.enable()?;
//! while let Some(event) = driver.next_event()? {
//!     // log it
//! #   let _ = event;
//! }
//! # Ok(())
//! # }
//! ```
#![no_std]
#![deny(missing_docs, unsafe_code)]

mod bus;
mod capabilities;
mod device;
mod error;
mod event;
mod key;
mod mmio;
pub mod register;
mod resync;
mod rule;
mod sa;
mod statistics;

pub use bus::{Access, Bus};
pub use capabilities::Capabilities;
pub use device::{Driver, DEFAULT_POLLS, SHORTEST_FRAME};
pub use error::{Error, FieldError, PairError, Standing, Table};
pub use event::{Event, EventKind, Events};
pub use key::{Algorithm, Key, Salt};
pub use mmio::{AddressError, Mmio, RegisterBlock};
pub use resync::{Command, Ethernet, ResyncParameters, DEFAULT_CONTROL_PORT, RECORDER_PATIENCE};
pub use rule::{Action, Addresses, PortRange, Prefix, Rule};
pub use sa::{InboundSa, Mode, OutboundSa};
pub use statistics::{Counters, Drops, SaCounters};

pub use holdfast_registers::{Cause, EventCode, Reason, Refusal};

/// Way of a packet through the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Host to network: plaintext in, ESP out.
    Outbound,
    /// Network to host: ESP in, plaintext out.
    Inbound,
}

impl core::fmt::Display for Direction {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Direction::Outbound => "outbound",
            Direction::Inbound => "inbound",
        })
    }
}

/// IP version of an address or rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4, 32-bit addresses.
    Ipv4,
    /// IPv6, 128-bit addresses.
    Ipv6,
}

impl Family {
    /// Family of an address.
    pub const fn of(address: core::net::IpAddr) -> Self {
        match address {
            core::net::IpAddr::V4(_) => Family::Ipv4,
            core::net::IpAddr::V6(_) => Family::Ipv6,
        }
    }
}

impl core::fmt::Display for Family {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Family::Ipv4 => "IPv4",
            Family::Ipv6 => "IPv6",
        })
    }
}

/// Which end of a packet a field of a rule or SA describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// The sender.
    Source,
    /// The receiver.
    Destination,
}

impl core::fmt::Display for End {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            End::Source => "source",
            End::Destination => "destination",
        })
    }
}
