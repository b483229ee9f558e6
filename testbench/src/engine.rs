//! The device's profiles, and how to get a simulation of one.

use crate::backend::{self, Backend, BuildError, Design, Kind};
use crate::device::{CompactDesign, Inputs, Outputs};
use std::path::Path;
use std::str::FromStr;

/// A profile of the design.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Profile {
    /// One AES round per clock, for 1 Gbit/s and small FPGAs.
    #[default]
    Compact,
}

impl Profile {
    /// The name used on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Compact => "compact",
        }
    }
}

impl FromStr for Profile {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "compact" => Ok(Profile::Compact),
            "pipelined" => Err("profile `pipelined` is not in this version; accepted is `compact`".to_owned()),
            _ => Err(format!("profile `{text}` is not known; accepted is `compact`")),
        }
    }
}

/// A simulation of a profile, fresh; the waveform goes to `vcd`.
pub fn create(profile: Profile, kind: Kind, vcd: Option<&Path>) -> Result<Box<dyn Backend<Inputs, Outputs>>, BuildError> {
    match profile {
        Profile::Compact => backend::create::<CompactDesign>(kind, vcd),
    }
}

/// The Verilog of a profile; the top module is [`top`].
pub fn verilog(profile: Profile) -> String {
    match profile {
        Profile::Compact => CompactDesign::verilog(),
    }
}

/// Name of the top module.
pub fn top(profile: Profile) -> &'static str {
    match profile {
        Profile::Compact => CompactDesign::TOP,
    }
}
