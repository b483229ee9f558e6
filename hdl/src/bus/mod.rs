//! The control plane: AXI4-Lite registers, commits of SAs and rules, counters and events. [`Control`] is the whole of it.

mod axi_lite;
mod commit;
mod control;
mod decode;
mod events;
mod registers;
mod tally;
#[cfg(test)]
mod tests;
mod validate;

pub use axi_lite::AxiLite;
pub use commit::Commit;
pub use control::Control;
pub use decode::Decode;
pub use events::Events;
pub use registers::{Capabilities, Registers};
pub use tally::Tally;
pub use validate::{Validate, SET_LIMIT, SET_SEQUENCE};
