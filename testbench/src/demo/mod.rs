//! The shipped scenario: a client and a server behind a device each, recorded traffic between them, and somebody on the wire who
//! replays, forges and alters.

mod attack;
mod choose;
mod exchange;
mod traffic;
mod twin;
mod wire;

pub use attack::{attack, Attack};
pub use exchange::{exchange, Exchange, Side};
pub use traffic::{load, Traffic};
pub use twin::{twin, Twin};
pub use wire::{on_the_wire, OnTheWire};

use crate::config::{compact, ConfigError, Station};

/// The client's configuration.
pub fn client() -> Result<Station, ConfigError> {
    Station::parse("testbench/stations/client.toml", include_str!("../../stations/client.toml"), &compact())
}

/// The server's configuration.
pub fn server() -> Result<Station, ConfigError> {
    Station::parse("testbench/stations/server.toml", include_str!("../../stations/server.toml"), &compact())
}

#[cfg(test)]
mod tests;
