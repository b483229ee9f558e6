//! From the network to the host.
mod lookup;
mod open;
mod replay;
mod triage;

pub use lookup::{Intake, Lookup};
pub use open::Open;
pub use replay::Replay;
pub use triage::{Arrival, Triage};
