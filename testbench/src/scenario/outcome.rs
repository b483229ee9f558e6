//! What came of a run: the checks that every run must pass, and what is worth telling.

use super::history::Outage;
use super::plan::Scenario;
use super::world::World;
use crate::report::Report;
use crate::units;
use holdfast_driver::Counters;
use serde::Serialize;
use std::collections::BTreeMap;

/// An outage, as the report tells it. Times in microseconds at 125 MHz since the stations were configured.
#[derive(Clone, Debug, Serialize)]
pub struct OutageReport {
    /// Name of the station.
    pub station: String,
    /// What was wrong.
    pub cause: String,
    /// When it began.
    pub at_us: f64,
    /// How long it lasted; for what takes no time 0.
    pub for_us: f64,
    /// Time from its end until the last pair that had to ask was in step again; absent where none had to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_step_after_us: Option<f64>,
    /// Time from its end until packets of every SA concerned were delivered again; absent where they never were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_after_us: Option<f64>,
    /// Numbers that were left unused, by SA; SAs that lost none are left out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub numbers_skipped: BTreeMap<String, u64>,
}

/// What came of a run.
pub struct Outcome {
    /// What must be true, and whether it is.
    pub checks: Vec<(&'static str, bool)>,
    /// What was wrong with the run, in words.
    pub described: Vec<String>,
    /// Outages in the order in which they began.
    pub outages: Vec<OutageReport>,
    /// Requests that were answered.
    pub resyncs: u64,
    /// Pairs of key and number that sealed two packets.
    pub nonce_reuse: u64,
    /// Packets that were delivered twice.
    pub duplicates_delivered: u64,
}

impl Outcome {
    /// Judges a finished run.
    pub fn new(scenario: &Scenario, world: &World, finished: bool) -> Self {
        let checker = &world.checker;
        let mut described = checker.described.clone();
        described.extend(world.faults().iter().cloned());
        if !finished {
            described.push(format!("given up after {}: {}", units::show(scenario.longest), why(world)));
        }
        let sums: Vec<String> = world.stations.iter().flat_map(|station| sums(&station.name, &station.account)).collect();
        let add_up = sums.is_empty();
        described.extend(sums);
        let outages: Vec<OutageReport> = world.history.outages.iter().map(|outage| report(world, outage)).collect();
        let recovered = world.history.outages.iter().all(|outage| outage.recovered.is_some());
        let checks = vec![
            ("no nonce used twice", checker.nonce_reuse == 0),
            ("nothing delivered twice", checker.duplicates == 0),
            ("nothing delivered at or below an established edge", checker.below_edge == 0),
            ("everything delivered is what a host sent", checker.unexplained == 0),
            ("everything sealed opens", checker.broken == 0),
            ("every counter adds up", add_up),
            ("traffic flows again after every outage", recovered),
            ("every pair is in step at the end", world.in_step()),
            ("everything happened, and the run came to its end", finished && world.waiting() == 0),
            ("no device broke a rule of its ports", world.faults().is_empty()),
        ];
        Outcome {
            checks,
            described,
            outages,
            resyncs: checker.resyncs,
            nonce_reuse: checker.nonce_reuse,
            duplicates_delivered: checker.duplicates,
        }
    }

    /// Every check holds.
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|(_, passed)| *passed)
    }

    /// Adds the results to a report.
    pub fn tell(&self, world: &World, report: &mut Report) {
        for station in &world.stations {
            report.add_drops_and_events(&station.account);
        }
        let ports = world.ports;
        report.frames_in += ports.frames_in;
        report.frames_out += ports.frames_out;
        report.bytes_in += ports.bytes_in;
        report.bytes_out += ports.bytes_out;
        report.cycles += world.cycles();
        report.resyncs = Some(report.resyncs.unwrap_or(0) + self.resyncs);
        report.nonce_reuse = Some(report.nonce_reuse.unwrap_or(0) + self.nonce_reuse);
        report.duplicates_delivered = Some(report.duplicates_delivered.unwrap_or(0) + self.duplicates_delivered);
        report.outages.extend(self.outages.iter().cloned());
        for (name, passed) in &self.checks {
            report.check(name, *passed);
        }
    }
}

/// What a run that did not end was waiting for.
fn why(world: &World) -> String {
    let mut reasons = Vec::new();
    if world.waiting() > 0 {
        reasons.push(format!("{} events have not happened", world.waiting()));
    }
    for (at, station) in world.stations.iter().enumerate() {
        if world.owes(at) {
            reasons.push(format!("{} has not looked at all places of its NVRAM", station.name));
        }
        if station.quarantine != 0 {
            reasons.push(format!("{} has inbound SAs in quarantine ({:#x})", station.name, station.quarantine));
        }
        if !station.host_up {
            reasons.push(format!("the host of {} is not up", station.name));
        }
    }
    if reasons.is_empty() {
        reasons.push("packets did not arrive".to_owned());
    }
    reasons.join(", ")
}

/// Sums of counters that do not come out, in words. They count since the device's last start.
fn sums(name: &str, account: &crate::station::Account) -> Vec<String> {
    let mut wrong = Vec::new();
    let (Some(outbound), Some(inbound)) = (account.outbound, account.inbound) else { return vec![format!("{name} told no counters")] };
    let dropped: u64 = account.dropped.values().sum();
    let entered = |c: &Counters| c.frames_in + c.control_sent;
    let (into, out) = (entered(&outbound) + entered(&inbound), outbound.frames_out + inbound.frames_out + dropped);
    if into != out {
        wrong.push(format!("{name}: {into} frames entered or were made, {out} left or were dropped"));
    }
    wrong
}

fn report(world: &World, outage: &Outage) -> OutageReport {
    let us = |cycles: u64| cycles as f64 / units::CYCLES_PER_MICROSECOND as f64;
    let end = outage.end.unwrap_or(world.history.end);
    OutageReport {
        station: world.stations[outage.station].name.clone(),
        cause: outage.cause.words().to_owned(),
        at_us: us(outage.begin),
        for_us: us(end - outage.begin),
        in_step_after_us: outage.in_step.map(|cycle| us(cycle - end)),
        back_after_us: outage.recovered.map(|cycle| us(cycle.saturating_sub(end))),
        numbers_skipped: outage
            .skipped
            .iter()
            .filter(|(_, skipped)| *skipped > 0)
            .map(|(sa, skipped)| (world.tap.sas[*sa].name.clone(), *skipped))
            .collect(),
    }
}
