//! The same cycles through both simulators: the rust-hdl design and its Verilog must agree in every output of every cycle.

use super::choose::choose;
use super::exchange::fault;
use super::traffic::Traffic;
use crate::backend::{Backend, BuildError, Compared, Difference, Kind};
use crate::config;
use crate::device::{Inputs, Outputs};
use crate::engine::{self, Profile};
use crate::run::{compare_account, golden};
use crate::station::{account, start, Account, StationError, Stress};
use holdfast_model::Direction;
use std::path::Path;

/// Frames of each kind and direction.
const EACH: usize = 1;
/// Cycles in the waveform, from the first frame on.
const WAVEFORM: u64 = 3000;

/// What came of it.
pub struct Twin {
    /// Frames that entered, both directions.
    pub frames: u64,
    /// Clock cycles.
    pub cycles: u64,
    /// Counters and events.
    pub account: Account,
    /// Bytes and counters were the model's.
    pub as_model: bool,
    /// The simulators agreed in every cycle; `None` where only one ran.
    pub agree: Option<bool>,
    /// The first difference, in words.
    pub differences: Vec<String>,
}

/// Errors of the part.
pub enum TwinError {
    /// No simulation could be made.
    Build(BuildError),
    /// A simulation failed.
    Station(StationError),
}

/// Runs a choice of the traffic through the client's device: its own frames outbound, the server's sealed ones inbound. `both` adds the compiled
/// Verilog. The waveform of the rust-hdl design goes to `vcd`.
pub fn twin(
    profile: Profile,
    configs: (&config::Station, &config::Station),
    traffic: &Traffic,
    both: bool,
    vcd: &Path,
    mut progress: impl FnMut(u64, u64),
) -> Result<Twin, TwinError> {
    let model = |config| golden(config).expect("the driver has checked what the model would refuse");
    let (mut client, mut server) = (model(configs.0), model(configs.1));
    let outbound = choose(&traffic.client, EACH);
    let inbound: Vec<Vec<u8>> = choose(&traffic.server, EACH)
        .iter()
        .filter_map(|frame| Some(server.frame(Direction::Outbound, &frame.bytes).frame()?.to_vec()))
        .collect();

    let (backend, difference) = simulators(profile, both, vcd).map_err(TwinError::Build)?;
    let stress = Stress { seed: 1, idle: 40, stall: 40, bus: 0 };
    let mut station = start(backend, stress, configs.0).map_err(TwinError::Station)?;
    let simulation = station.bus_mut();
    let (mut net, mut host) = (Vec::new(), Vec::new());
    for frame in &outbound {
        simulation.host_in.send(&frame.bytes);
        net.extend(client.frame(Direction::Outbound, &frame.bytes).frame().map(<[u8]>::to_vec));
    }
    for frame in &inbound {
        simulation.net_in.send(frame);
        host.extend(client.frame(Direction::Inbound, frame).frame().map(<[u8]>::to_vec));
    }
    let total = (outbound.len() + inbound.len()) as u64;
    let first = simulation.cycles();
    simulation.record(true);
    let result = simulation.run_until_idle_with(|simulation| {
        if simulation.cycles() == first + WAVEFORM {
            simulation.record(false);
        }
        if simulation.cycles() % 64 == 0 {
            progress(total - (simulation.host_in.pending() + simulation.net_in.pending()) as u64, total);
        }
    });
    simulation.flush();
    result.map_err(|error| TwinError::Station(fault(error)))?;

    let left =
        [simulation.net_out.take(), simulation.host_out.take()].map(|list| list.into_iter().map(|frame| frame.bytes).collect::<Vec<_>>());
    let cycles = simulation.cycles();
    let account = account(&mut station).map_err(TwinError::Station)?;
    let mut differences = Vec::new();
    let counters = compare_account(&account, &client, &mut differences);
    let as_model = left == [net, host] && counters;
    let agree = difference.map(|difference| {
        let found = difference.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        let agree = found.is_none();
        differences.extend(found);
        agree
    });
    Ok(Twin { frames: total, cycles, account, as_model, agree, differences })
}

type Device = Box<dyn Backend<Inputs, Outputs>>;

fn simulators(profile: Profile, both: bool, vcd: &Path) -> Result<(Device, Option<Difference>), BuildError> {
    let mut design = engine::create(profile, Kind::RustHdl, Some(vcd))?;
    // The waveform begins with the first frame; before it there is only the installation of SAs.
    design.record(false);
    if !both {
        return Ok((design, None));
    }
    let verilog = engine::create(profile, Kind::Verilator, None)?;
    let (compared, difference) = Compared::new(design, verilog);
    Ok((Box::new(compared), Some(difference)))
}

impl std::fmt::Display for TwinError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TwinError::Build(error) => error.fmt(f),
            TwinError::Station(error) => error.fmt(f),
        }
    }
}
