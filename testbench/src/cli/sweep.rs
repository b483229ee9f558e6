//! `holdfast sweep`: a power cut at every clock cycle of a scenario.

use super::{progress, Failure};
use crate::backend::Kind;
use crate::engine::Profile;
use crate::scenario::plan::Sight;
use crate::scenario::{self, Options, Scenario};
use crate::sweep::{sweep, Blow, Changes, Sweep};
use crate::units;
use clap::Args;
use std::path::PathBuf;

/// Failures that are told in full.
const TOLD: usize = 5;

#[derive(Args)]
pub struct Arguments {
    /// The scenario
    #[arg(value_name = "SCENARIO.toml")]
    scenario: PathBuf,
    /// The station that loses its power
    #[arg(long, value_name = "NAME")]
    station: String,
    /// Cut while the stations are configured, before the scenario begins; moments count from the end of reset
    #[arg(long, conflicts_with_all = ["after", "reset"])]
    installation: bool,
    /// Count the moments from the first, or --count-th, of these at a station, for example "request"
    #[arg(long, value_name = "sealed|delivered|request|ack|nvram", requires = "at")]
    after: Option<String>,
    /// The station of --after
    #[arg(long, value_name = "NAME", requires = "after")]
    at: Option<String>,
    /// Which of them
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..), value_name = "N")]
    count: u64,
    /// First moment, such as "400 us" or "50000 cycles"
    #[arg(long, default_value = "0", value_parser = units::cycles, value_name = "TIME")]
    from: u64,
    /// The moment after the last; without it to the end of the scenario
    #[arg(long, value_parser = units::cycles, value_name = "TIME")]
    to: Option<u64>,
    /// One in so many cycles
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..), value_name = "N")]
    every: u64,
    /// Of cuts in a row that leave the same behind, in the NVRAM, on the wire and at the hosts, run only the first. A byte on its way into the NVRAM
    /// is torn at each of its bits, or once
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "bits", value_parser = parse_changes, value_name = "bits|bytes")]
    changes: Option<Changes>,
    /// Only count the cuts: nothing fails
    #[arg(long)]
    count_only: bool,
    /// How long the power is away
    #[arg(long = "for", default_value = "20", value_parser = units::cycles, value_name = "TIME")]
    lasts: u64,
    /// Reset the device instead; its NVRAM keeps its power
    #[arg(long)]
    reset: bool,
    /// Runs at a time
    #[arg(long, default_value_t = 2, value_name = "N")]
    jobs: usize,
    /// Profile of the devices
    #[arg(long, default_value = "compact", value_parser = super::parse_profile, value_name = "compact|pipelined")]
    profile: Profile,
    /// Simulator of the devices
    #[arg(long, default_value = "verilator", value_parser = super::parse_kind, value_name = "rust-hdl|verilator")]
    backend: Kind,
    #[command(flatten)]
    sizes: super::SizeArguments,
    /// Put the golden model in the place of every device
    #[arg(long)]
    model: bool,
    /// Another seed than the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

fn parse_changes(text: &str) -> Result<Changes, String> {
    match text {
        "bits" => Ok(Changes::Bits),
        "bytes" => Ok(Changes::Bytes),
        _ => Err("accepted are \"bits\" and \"bytes\"".to_owned()),
    }
}

pub fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let sizes = arguments.sizes.sizes(arguments.profile)?;
    let mut scenario = Scenario::load_sized(&arguments.scenario, sizes).map_err(Failure::input)?;
    let options =
        Options { sizes, profile: arguments.profile, backend: arguments.backend, model: arguments.model, seed: arguments.seed, vcd: None };
    let names: Vec<_> = scenario.stations.iter().map(|station| format!("\"{}\"", station.name)).collect();
    let find = |option: &str, name: &str| {
        let found = scenario.stations.iter().position(|station| station.name == name);
        found.ok_or_else(|| Failure::Input(format!("{option}: \"{name}\" was found; accepted are {}", names.join(", "))))
    };
    let station = find("--station", &arguments.station)?;
    let after = match (&arguments.after, &arguments.at) {
        (Some(what), Some(name)) => {
            let accepted = "accepted are \"sealed\", \"delivered\", \"request\", \"ack\" and \"nvram\"";
            let sight = Sight::from_name(what).ok_or_else(|| Failure::Input(format!("--after: \"{what}\" was found; {accepted}")))?;
            Some((sight, find("--at", name)?, arguments.count))
        }
        _ => None,
    };
    if arguments.installation && scenario.stations.iter().any(|station| station.spare.is_none()) {
        return Err(Failure::Input("--installation: a station with a config was found; accepted are scenarios of [[tunnel]]s".to_owned()));
    }
    scenario.unsure = arguments.installation;
    let world = scenario::build(&mut scenario, options).map_err(Failure::input)?;
    let plan = Sweep {
        station,
        blow: if arguments.reset { Blow::Reset } else { Blow::PowerCut(arguments.lasts) },
        installation: arguments.installation,
        after,
        from: arguments.from,
        to: arguments.to.unwrap_or(u64::MAX),
        every: arguments.every,
        changes: arguments.changes,
        count_only: arguments.count_only,
        jobs: arguments.jobs,
    };
    let bar = progress::bar(arguments.to.unwrap_or(scenario.longest), "cycle");
    let shown = bar.clone();
    let swept = sweep(&scenario, world, plan, move |cycle| shown.set_position(cycle));
    bar.finish_and_clear();

    if let Some(why) = &swept.undisturbed {
        eprintln!("holdfast: the run fails already without a cut:\n{why}");
    }
    for (cycle, why) in swept.failures.iter().take(TOLD) {
        eprintln!(
            "holdfast: cut at cycle {cycle} (again, without --after, with --from \"{cycle} cycles\" --to \"{} cycles\"):\n{why}",
            cycle + 1
        );
    }
    let what = if arguments.reset { "resets" } else { "power cuts" };
    let run = if arguments.changes.is_some() {
        format!(" ({} run, each of the others left what the one before it left)", swept.runs)
    } else {
        String::new()
    };
    let failed = if arguments.count_only { "only counted".to_owned() } else { format!("{} failed", swept.failures.len()) };
    println!("{}: {} {what} of {}{run}, {failed}", scenario.name, swept.cuts, arguments.station);
    if swept.cuts == 0 {
        return Err(Failure::Run("nothing was cut: the station has no power in these cycles, or the scenario ends before".to_owned()));
    }
    Ok(swept.failures.is_empty() && swept.undisturbed.is_none())
}
