//! Two simulators behind one interface: the rust-hdl simulator ([`RustHdl`]) and the exported Verilog compiled by
//! Verilator ([`Verilated`]).
//!
//! # What one step is
//!
//! [`Backend::step`] is one period of the clock, seen from just before its rising edge:
//!
//! 1. the clock is low, the inputs take their new values, and all combinational logic settles;
//! 2. the outputs are sampled: these are the values that a register outside the design would take at the edge;
//! 3. the clock rises, the design's registers take their new values, and everything settles again.
//!
//! So a handshake happens in a step exactly when `valid` and `ready` are both true among the inputs given to that step and
//! the outputs returned by it, whichever side drives which, and also where `ready` depends combinationally on an input.

mod compared;
mod design;
mod pins;
mod rust_hdl;
mod shim;
mod toolchain;
mod verilated;

pub use compared::{Compared, Difference};
pub use design::{Backend, Design};
pub use pins::{Key256, Level, Pin, Pins, Port};
pub use rust_hdl::RustHdl;
pub use toolchain::{available, BuildError, Built, Options};
pub use verilated::Verilated;

pub(crate) use design::design;
pub(crate) use pins::{pins, port_name};

use std::path::Path;
use std::str::FromStr;

/// Which simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Kind {
    /// The rust-hdl simulator, which needs nothing but this repository.
    #[default]
    RustHdl,
    /// The exported Verilog compiled by Verilator.
    Verilator,
}

impl Kind {
    /// The name used on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Kind::RustHdl => "rust-hdl",
            Kind::Verilator => "verilator",
        }
    }
}

impl FromStr for Kind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "rust-hdl" => Ok(Kind::RustHdl),
            "verilator" => Ok(Kind::Verilator),
            _ => Err(format!("backend `{text}` is not known; accepted are `rust-hdl` and `verilator`")),
        }
    }
}

/// Makes a simulation of a design, with a waveform written to `vcd` where one is named.
pub fn create<D: Design>(design: &D, kind: Kind, vcd: Option<&Path>) -> Result<Box<dyn Backend<D::Inputs, D::Outputs>>, BuildError> {
    Ok(match kind {
        Kind::RustHdl => Box::new(RustHdl::new(design, vcd)?),
        Kind::Verilator => Box::new(Verilated::new(design, vcd)?),
    })
}

#[cfg(test)]
mod tests;
