//! What every description of hardware here begins with: rust-hdl's own prelude, the derive for what the simulator needs to know of a block, and a faster [`Cut`]; and the index of an SA, which goes everywhere.
pub use crate::cell::Cut;
pub use crate::sizes::SaIndex;
pub use holdfast_ports::Ports;
pub use rust_hdl::prelude::*;
