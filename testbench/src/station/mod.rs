//! A station: a simulated device, its driver, and something on every port.

mod beat;
mod counter;
mod device;
mod monitor;
mod pace;
mod registers;
mod simulation;
mod source;

pub use beat::{beats, Beat, BEAT};
pub use counter::{Answer as CounterAnswer, Counter};
pub use device::{account, install, install_rules, start, Account, Station, StationError};
pub use monitor::{Monitor, Received};
pub use pace::Pace;
pub use registers::{Answer, Master, Transaction};
pub use simulation::{nvram, Cut, Fault, Nvram, Simulation, Stress};
pub use source::{Source, Stamp};

#[cfg(test)]
mod tests;
