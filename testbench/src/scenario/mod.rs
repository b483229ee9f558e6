//! Scenarios: stations, links and peers, what their hosts send, what happens to them, and whether everything is true afterwards that must be.
//!
//! A scenario is a file ([`Scenario::load`]) or a value ([`plan`]). [`build`] makes a [`World`] of it, [`run`] runs it and judges. A station is a
//! simulated device, or the golden model behind the same pins; everything else, the driver too, is the same for both.

mod checker;
mod flow;
mod history;
mod host;
mod link;
mod outcome;
pub mod plan;
mod raw;
mod read;
mod records;
mod tunnel;
mod wiretap;
mod world;

pub use checker::{Checker, Delivery};
pub use history::{Carries, Cause, Fate, History, Outage, Packet, Persisted};
pub use host::HostAction;
pub use outcome::{OutageReport, Outcome};
pub use plan::Scenario;
pub use wiretap::{Inside, Sa, SaId, Sealed, Wiretap};
pub use world::{Hook, Ports, Station, World};

use crate::backend::{Backend, BuildError, Kind};
use crate::device::{Inputs, Outputs};
use crate::engine::{self, Profile, Sizes};
use crate::golden::GoldenPins;
use crate::station::{Counter, Nvram, Simulation, Stress};
use holdfast_model::Device;
use std::path::Path;

/// Cycles in which nothing may move at the end of a run: longer than any frame is in a device.
const REST: u64 = 20_000;
/// How often a run asks whether it is at its end.
const ASK: u64 = 512;

/// How a scenario is simulated.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// Profile of the devices.
    pub profile: Profile,
    /// Sizes of the devices.
    pub sizes: Sizes,
    /// Simulator of the devices.
    pub backend: Kind,
    /// The golden model at the place of every device.
    pub model: bool,
    /// Another seed than the scenario's.
    pub seed: Option<u64>,
    /// Waveform of the first simulated device.
    pub vcd: Option<&'a Path>,
}

/// Everything of a scenario, just out of reset. Every NVRAM is formatted, as a part is that has been in use.
pub fn build(scenario: &mut Scenario, options: Options) -> Result<World, BuildError> {
    scenario.seed = options.seed.unwrap_or(scenario.seed);
    if options.model {
        scenario.stations.iter_mut().for_each(|station| station.kind = plan::Kind::Model);
    }
    let mut vcd = options.vcd;
    let mut simulations = Vec::new();
    for (at, station) in scenario.stations.iter().enumerate() {
        let (nvram, key) = (Nvram::default(), station.config.device_key.clone());
        let counter = station.config.counter.then(|| Counter::new(station.counter_delay));
        if let Some(key) = &key {
            let (sizes, part) = (engine::golden(options.sizes), Box::new(nvram.clone()));
            match counter.clone() {
                Some(counter) => Device::power_up_with_counter(sizes, part, Box::new(counter), Some(key), 0).format(),
                None => Device::power_up(sizes, part, Some(key), 0).format(),
            }
        }
        let seed = scenario.seed.wrapping_mul(64).wrapping_add(at as u64);
        let backend: Box<dyn Backend<Inputs, Outputs>> = match station.kind {
            plan::Kind::Device => engine::create_sized(options.profile, options.sizes, options.backend, vcd.take())?,
            plan::Kind::Model => {
                let sizes = engine::golden(options.sizes);
                Box::new(GoldenPins::with_counter(sizes, nvram.clone(), counter.clone(), key.clone(), seed))
            }
        };
        let stress = Stress { seed, idle: station.pauses, stall: station.pauses, bus: station.pauses / 2 };
        simulations.push(Simulation::with_nvram(backend, stress, nvram, key).with_counter(counter));
    }
    Ok(World::new(scenario, simulations))
}

/// Runs a scenario to its end. `progress` is told the cycles since the stations were configured.
pub fn run(scenario: &Scenario, world: &mut World, mut progress: impl FnMut(u64)) -> Outcome {
    for station in 0..world.stations.len() {
        world.host(HostAction::Configure(station));
    }
    if world.start_over() {
        for station in 0..world.stations.len() {
            world.host(HostAction::Replace(station));
        }
    }
    world.start();
    let finished = loop {
        if let Some(action) = world.hosts.pop_front() {
            world.host(action);
        } else if world.now() >= scenario.longest {
            break false;
        } else if world.now() % ASK == 0 && world.settled() && in_step(world) && world.settled() {
            // Asked again: the hosts' questions take cycles, and in any of them the power may fail.
            break true;
        }
        world.step();
        if world.now() % 4096 == 0 {
            progress(world.now());
        }
    };
    rest(world);
    world.finish();
    for station in 0..world.stations.len() {
        world.host(HostAction::Account(station));
    }
    world.stations.iter_mut().for_each(|station| station.simulation.flush());
    Outcome::new(scenario, world, finished)
}

/// Whether every pair is in step, as the stations tell it now.
fn in_step(world: &mut World) -> bool {
    for station in 0..world.stations.len() {
        world.host(HostAction::Look(station));
    }
    world.in_step()
}

/// Hosts send no more; what is under way comes to its end.
fn rest(world: &mut World) {
    world.drain();
    let mut quiet = 0;
    let limit = world.cycles() + 100 * REST;
    while quiet < REST && world.cycles() < limit {
        let before = world.ports;
        match world.hosts.pop_front() {
            Some(action) => world.host(action),
            None => world.step(),
        }
        let moved = world.ports.frames_in + world.ports.frames_out != before.frames_in + before.frames_out;
        quiet = if moved || !world.empty() { 0 } else { quiet + 1 };
    }
}

#[cfg(test)]
mod tests;
