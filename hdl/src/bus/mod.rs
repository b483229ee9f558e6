//! The control plane: AXI4-Lite registers, commits of SAs and rules, counters and events. [`Control`] is the whole of it.

mod axi_lite;
mod decode;
mod registers;

pub use axi_lite::AxiLite;
pub use decode::Decode;
pub use registers::{Capabilities, Registers};
