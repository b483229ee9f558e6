//! From the host to the network.
mod sequence;

pub use sequence::{Plan, Sequence};
