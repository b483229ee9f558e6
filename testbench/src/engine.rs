//! The device's profiles, and how to get a simulation of one.

use crate::backend::{self, Backend, BuildError, Design, Kind};
use crate::device::{CompactDesign, Inputs, Outputs, PipelinedDesign};
use holdfast_driver::register::{Features, Limits, Tables, Version};
use holdfast_driver::Capabilities;
use holdfast_registers::map;
use std::path::Path;
use std::str::FromStr;

pub use holdfast_hdl::Sizes;

/// A profile of the design.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Profile {
    /// One AES round per clock, for 1 Gbit/s and small FPGAs.
    #[default]
    Compact,
    /// A block of 16 bytes per clock, one cipher for both directions, for 10 Gbit/s.
    Pipelined,
}

impl Profile {
    /// The name used on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Compact => "compact",
            Profile::Pipelined => "pipelined",
        }
    }

    /// The sizes it has where nothing else is said.
    pub fn sizes(self) -> Sizes {
        match self {
            Profile::Compact => Sizes::default(),
            Profile::Pipelined => Sizes { frame: Sizes::JUMBO, ..Sizes::default() },
        }
    }

    /// Says which of the sizes the profile cannot have, and what would be possible.
    pub fn check(self, sizes: Sizes) -> Result<(), String> {
        match self {
            Profile::Compact => sizes.check_compact(),
            Profile::Pipelined => sizes.check(),
        }
    }
}

impl FromStr for Profile {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "compact" => Ok(Profile::Compact),
            "pipelined" => Ok(Profile::Pipelined),
            _ => Err(format!("profile `{text}` is not known; accepted are `compact` and `pipelined`")),
        }
    }
}

/// A simulation of a profile with its own sizes, fresh; the waveform goes to `vcd`.
pub fn create(profile: Profile, kind: Kind, vcd: Option<&Path>) -> Result<Box<dyn Backend<Inputs, Outputs>>, BuildError> {
    create_sized(profile, profile.sizes(), kind, vcd)
}

/// A simulation of a profile with tables of other sizes, which [`Sizes::check`] must have found possible.
pub fn create_sized(
    profile: Profile,
    sizes: Sizes,
    kind: Kind,
    vcd: Option<&Path>,
) -> Result<Box<dyn Backend<Inputs, Outputs>>, BuildError> {
    match profile {
        Profile::Compact => backend::create(&CompactDesign(sizes), kind, vcd),
        Profile::Pipelined => backend::create(&PipelinedDesign(sizes), kind, vcd),
    }
}

/// The Verilog of a profile with tables of these sizes; the top module is [`top`].
pub fn verilog(profile: Profile, sizes: Sizes) -> String {
    match profile {
        Profile::Compact => CompactDesign(sizes).verilog(),
        Profile::Pipelined => PipelinedDesign(sizes).verilog(),
    }
}

/// The golden model's sizes for a device of these.
pub fn golden(sizes: Sizes) -> holdfast_model::Sizes {
    holdfast_model::Sizes {
        sa_outbound: sizes.sas,
        sa_inbound: sizes.sas,
        rules_outbound: sizes.rules,
        rules_inbound: sizes.rules,
        window: sizes.window as u16,
        frame: sizes.frame as u16,
        ..holdfast_model::Sizes::COMPACT
    }
}

/// What a device of these sizes says of itself.
pub fn capabilities(sizes: Sizes) -> Capabilities {
    let said = holdfast_hdl::bus::Capabilities::new(sizes);
    let reset = |offset| map::at(offset).map_or(0, |register| register.reset);
    Capabilities {
        version: Version(reset(map::VERSION)),
        sas: Tables(said.sas_word()),
        rules: Tables(said.rules_word()),
        limits: Limits(said.limits_word()),
        features: Features(said.features),
    }
}

/// Name of the top module.
pub fn top(profile: Profile) -> &'static str {
    match profile {
        Profile::Compact => CompactDesign::TOP,
        Profile::Pipelined => PipelinedDesign::TOP,
    }
}
