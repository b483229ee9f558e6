//! From the host to the network.
mod encapsulate;
mod sequence;

pub use encapsulate::Encapsulate;
pub use sequence::{Plan, Sequence};
