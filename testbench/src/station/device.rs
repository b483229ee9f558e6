//! A simulated device and its driver, configured.

use super::counter::Counter;
use super::simulation::{Fault, Nvram, Simulation, Stress};
use crate::backend::Backend;
use crate::config;
use crate::device::{Inputs, Outputs};
use holdfast_driver::{Bus, Counters, Direction, Driver, Error, Event};
use holdfast_registers::Reason;
use std::collections::BTreeMap;

/// A driver on a simulated device; the ports are reached through [`Driver::bus_mut`].
pub type Station = Driver<Simulation>;

/// What can go wrong with a station.
pub type StationError = Error<Fault>;

/// Starts a device, waits until it is ready, installs a configuration and lets frames in.
pub fn start(backend: Box<dyn Backend<Inputs, Outputs>>, stress: Stress, config: &config::Station) -> Result<Station, StationError> {
    let simulation = Simulation::with_nvram(backend, stress, Nvram::default(), config.device_key.clone())
        .with_counter(config.counter.then(|| Counter::new(Counter::DELAY)));
    let mut station = Driver::probe(simulation)?;
    install(&mut station, config)?;
    station.enable()?;
    Ok(station)
}

/// Installs SAs and rules, as the driver would on real hardware.
pub fn install<B: Bus>(station: &mut Driver<B>, config: &config::Station) -> Result<(), Error<B::Error>> {
    if config.pairs.iter().any(Option::is_some) {
        format_new_part(station)?;
    }
    for (index, pair) in config.pairs.iter().enumerate() {
        if let Some(parameters) = pair {
            station.write_resync(index as u16, parameters)?;
        }
    }
    for (index, named) in config.inbound.iter().enumerate() {
        station.install_inbound(index as u16, &named.sa)?;
    }
    for (index, named) in config.outbound.iter().enumerate() {
        station.install_outbound(index as u16, &named.sa)?;
    }
    install_rules(station, config)
}

/// Formats an NVRAM that was never formatted. One that holds records is left as it is.
fn format_new_part<B: Bus>(station: &mut Driver<B>) -> Result<(), Error<B::Error>> {
    station.wait_recorder()?;
    if station.resync_status()?.unformatted() {
        station.format_nvram()?;
    }
    Ok(())
}

/// Writes the rules: they are not recorded, and are gone after a loss of power.
pub fn install_rules<B: Bus>(station: &mut Driver<B>, config: &config::Station) -> Result<(), Error<B::Error>> {
    if let Some(port) = config.nat_t_port {
        station.set_nat_t_port(port)?;
    }
    if let Some(bytes) = config.max_frame {
        station.set_max_frame(bytes)?;
    }
    for (direction, rules) in [(Direction::Outbound, &config.outbound_rules), (Direction::Inbound, &config.inbound_rules)] {
        for (index, rule) in rules.iter().enumerate() {
            station.write_rule(direction, index as u16, rule)?;
        }
    }
    Ok(())
}

/// Everything a device tells about what it did.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Frames and bytes, outbound.
    pub outbound: Option<Counters>,
    /// Frames and bytes, inbound.
    pub inbound: Option<Counters>,
    /// Frames dropped in either direction, by reason; reasons that did not occur are not in it.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Events, oldest first.
    pub events: Vec<Event>,
}

/// Reads counters and takes events.
pub fn account<B: Bus>(station: &mut Driver<B>) -> Result<Account, Error<B::Error>> {
    let mut account = Account {
        outbound: Some(station.counters(Direction::Outbound)?),
        inbound: Some(station.counters(Direction::Inbound)?),
        ..Account::default()
    };
    for direction in [Direction::Outbound, Direction::Inbound] {
        for &reason in Reason::ALL {
            let count = station.dropped(direction, reason)?;
            if count > 0 {
                *account.dropped.entry(reason.name()).or_default() += count;
            }
        }
    }
    while let Some(event) = station.next_event()? {
        account.events.push(event);
    }
    Ok(account)
}
