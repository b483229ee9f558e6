//! What the device can do, as it says itself.

use crate::error::{FieldError, Table};
use crate::register::{Features, Limits, Tables, Version};
use crate::{Algorithm, Direction, Family, Mode};
use holdfast_registers::record;

/// Answer of the capability registers. Everything that is installed is checked against it first, so that a device refuses
/// nothing without saying what it would have taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Version of the hardware.
    pub version: Version,
    /// Sizes of the SA tables.
    pub sas: Tables,
    /// Sizes of the rule tables.
    pub rules: Tables,
    /// Largest window and frame.
    pub limits: Limits,
    /// Algorithms, modes and families.
    pub features: Features,
}

impl Capabilities {
    /// Number of SAs in a direction; indices run from zero.
    pub fn sas(&self, direction: Direction) -> u16 {
        match direction {
            Direction::Outbound => self.sas.outbound(),
            Direction::Inbound => self.sas.inbound(),
        }
    }

    /// Number of rules in a direction; the rule with index zero is looked at first.
    pub fn rules(&self, direction: Direction) -> u16 {
        match direction {
            Direction::Outbound => self.rules.outbound(),
            Direction::Inbound => self.rules.inbound(),
        }
    }

    /// Number of pairs of SAs that can be recorded: those of the indices from zero on for which the NVRAM has places.
    pub fn pairs(&self) -> u16 {
        self.sas.outbound().min(self.sas.inbound()).min(record::INBOUND as u16)
    }

    /// Largest anti-replay window in packets.
    pub fn largest_window(&self) -> u16 {
        self.limits.window()
    }

    /// Longest frame at the host port in bytes, without FCS.
    pub fn longest_frame(&self) -> u16 {
        self.limits.frame()
    }

    /// Whether the device has an algorithm.
    pub fn algorithm(&self, algorithm: Algorithm) -> bool {
        match algorithm {
            Algorithm::Aes128Gcm16 => self.features.aes128_gcm16(),
            Algorithm::Aes256Gcm16 => self.features.aes256_gcm16(),
        }
    }

    /// Whether the device has a mode.
    pub fn mode(&self, mode: Mode) -> bool {
        match mode {
            Mode::Tunnel => self.features.tunnel(),
            Mode::Transport => self.features.transport(),
        }
    }

    /// Whether the device speaks an IP version.
    pub fn family(&self, family: Family) -> bool {
        match family {
            Family::Ipv4 => self.features.ipv4(),
            Family::Ipv6 => self.features.ipv6(),
        }
    }

    pub(crate) fn check_index(&self, table: Table, index: u16) -> Result<(), FieldError> {
        let accepted = match table {
            Table::Sa(direction) => self.sas(direction),
            Table::Rule(direction) => self.rules(direction),
        };
        within(table, index, accepted)
    }

    /// Whether `index` is one of a pair that can be recorded.
    pub(crate) fn check_pair(&self, index: u16) -> Result<(), FieldError> {
        within(Table::Sa(Direction::Outbound), index, self.pairs())
    }
}

fn within(table: Table, index: u16, accepted: u16) -> Result<(), FieldError> {
    if index < accepted {
        return Ok(());
    }
    Err(FieldError::Index { table, found: index, accepted })
}
