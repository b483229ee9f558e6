//! What `--report` writes.

use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Results of a run, as JSON.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The command that made it.
    pub command: String,
    /// Profile of the device.
    pub profile: String,
    /// Simulator.
    pub backend: String,
    /// Frames that entered the device or devices.
    pub frames_in: u64,
    /// Frames that left.
    pub frames_out: u64,
    /// Bytes that entered.
    pub bytes_in: u64,
    /// Bytes that left.
    pub bytes_out: u64,
    /// Frames dropped, reason by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Frames that wait in the device.
    pub held: u64,
    /// Clock cycles simulated.
    pub cycles: u64,
    /// Events, by code.
    pub events: BTreeMap<String, u64>,
    /// What was checked, and whether it held.
    pub checks: BTreeMap<String, bool>,
    /// Vectors not applicable to the hardware, by reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub not_applicable: BTreeMap<String, u64>,
    /// Vectors passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed: Option<u64>,
    /// Vectors failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<u64>,
    /// Requests of resynchronisation that were answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resyncs: Option<u64>,
    /// Pairs of key and number that sealed more than one packet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce_reuse: Option<u64>,
    /// Packets delivered more than once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicates_delivered: Option<u64>,
    /// What went wrong in a scenario, and when traffic was back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outages: Vec<crate::scenario::OutageReport>,
    /// Seed of the random choices, where there were any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Seconds on the clock on the wall.
    pub wall_seconds: f64,
}

impl Report {
    /// Records a check; the worst result of a name stays.
    pub fn check(&mut self, name: &str, passed: bool) {
        let entry = self.checks.entry(name.to_owned()).or_insert(true);
        *entry &= passed;
    }

    /// Every check held.
    pub fn passed(&self) -> bool {
        self.checks.values().all(|passed| *passed)
    }

    /// Adds what a device told.
    pub fn add(&mut self, account: &crate::station::Account) {
        for counters in account.outbound.iter().chain(&account.inbound) {
            self.frames_in += counters.frames_in;
            self.frames_out += counters.frames_out;
            self.bytes_in += counters.bytes_in;
            self.bytes_out += counters.bytes_out;
        }
        self.add_drops_and_events(account);
    }

    /// Adds what a device told, but for frames and bytes.
    pub fn add_drops_and_events(&mut self, account: &crate::station::Account) {
        for (reason, count) in &account.dropped {
            *self.dropped.entry((*reason).to_owned()).or_default() += count;
        }
        for event in &account.events {
            *self.events.entry(event.kind.code().name().to_owned()).or_default() += 1;
        }
    }

    /// Writes it as JSON.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(std::io::Error::other)?;
        std::fs::write(path, text + "\n")
    }
}
