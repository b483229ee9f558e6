//! `STATION.toml`: the SAs and rules of a station, as a person writes them.
//!
//! Reading goes in two steps: [`raw`] is the file's shape with the place of every field, [`Station::parse`] checks what the
//! fields say and makes of them what the driver installs. All mistakes of a file are reported together, each with its line.

mod address;
mod error;
mod pairs;
mod raw;
mod rules;
mod sas;
mod secret;

pub use error::{ConfigError, Problem};

pub(crate) use error::Problems;
pub(crate) use pairs::ethernet_address;
pub(crate) use raw::Word;

use crate::engine::{capabilities, Profile};
use holdfast_driver::{Capabilities, InboundSa, OutboundSa, ResyncParameters, Rule};
use holdfast_model::DeviceKey;
use std::path::Path;
use zeroize::Zeroizing;

/// An SA and the name under which rules refer to it.
#[derive(Clone, Debug)]
pub struct Named<T> {
    /// Unique in the file.
    pub name: String,
    /// The SA. Its index in the device is its place in the list.
    pub sa: T,
}

/// A checked configuration.
#[derive(Clone, Debug, Default)]
pub struct Station {
    /// Outbound SAs by index.
    pub outbound: Vec<Named<OutboundSa>>,
    /// Inbound SAs by index.
    pub inbound: Vec<Named<InboundSa>>,
    /// Outbound rules in order.
    pub outbound_rules: Vec<Rule>,
    /// Inbound rules in order.
    pub inbound_rules: Vec<Rule>,
    /// UDP port of inbound ESP in UDP, where an SA has one.
    pub nat_t_port: Option<u16>,
    /// Resync parameters by index of the pair; `None` for pairs that are not recorded.
    pub pairs: Vec<Option<ResyncParameters>>,
    /// The device key, where there is one.
    pub device_key: Option<DeviceKey>,
    /// There is an external monotonic counter.
    pub counter: bool,
    /// Longest host frame in bytes without FCS, where it is not that of the device after reset.
    pub max_frame: Option<u16>,
}

impl Station {
    /// Reads and checks a file.
    pub fn load(path: &Path, capabilities: &Capabilities) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| ConfigError {
            file: path.display().to_string(),
            problems: vec![Problem { line: None, text: error.to_string() }],
        })?;
        Self::parse(&path.display().to_string(), &text, capabilities)
    }

    /// Checks the text of a file; `file` is its name for messages, and where a device key file is looked for beside it.
    pub fn parse(file: &str, text: &str, capabilities: &Capabilities) -> Result<Self, ConfigError> {
        let mut problems = Problems::new(file, text);
        let mut station = Station::default();
        match toml::from_str::<raw::Station>(text) {
            Ok(raw) => {
                sas::read(&raw.sa, capabilities, &mut station, &mut problems);
                rules::read(&raw, capabilities, &mut station, &mut problems);
                station.pairs = pairs::read(&raw.sa, capabilities, &mut problems);
                station.device_key = secret::device_key(file, &raw, &mut problems);
                let counter = raw.counter.as_ref().filter(|counter| *counter.get_ref());
                if let Some(counter) = counter.filter(|_| raw.device_key.is_none() && raw.device_key_file.is_none()) {
                    let text = "counter: true was found in a file without a device key; accepted with device_key or device_key_file";
                    problems.at(counter.span(), text);
                }
                station.counter = counter.is_some();
                station.max_frame = raw.max_frame.as_ref().and_then(|frame| {
                    let accepted = holdfast_driver::SHORTEST_FRAME..=capabilities.longest_frame();
                    let found = u16::try_from(*frame.get_ref()).ok().filter(|found| accepted.contains(found));
                    if found.is_none() {
                        let text =
                            format!("max_frame: {} was found; accepted are {} to {}", frame.get_ref(), accepted.start(), accepted.end());
                        problems.at(frame.span(), text);
                    }
                    found
                });
            }
            // Only the message: the error's own display quotes the line, which may hold a key.
            Err(error) => problems.add(error.span(), error.message()),
        }
        problems.finish(station)
    }
}

/// What a device of profile `compact` says of itself; files are checked against it before there is a device.
pub fn compact() -> Capabilities {
    capabilities(Profile::Compact.sizes())
}

#[cfg(test)]
mod tests;
