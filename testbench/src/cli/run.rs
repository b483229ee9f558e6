//! `holdfast run`: any scenario, and whether everything was true that must be.

use super::{progress, Failure};
use crate::backend::Kind;
use crate::engine::Profile;
use crate::figure;
use crate::report::Report;
use crate::scenario::{self, Options, Outcome, Scenario, World};
use crate::units;
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Instant;

#[derive(Args)]
pub struct Arguments {
    /// The scenario
    #[arg(value_name = "SCENARIO.toml")]
    scenario: PathBuf,
    /// Profile of the devices
    #[arg(long, default_value = "compact", value_parser = super::parse_profile, value_name = "compact|pipelined")]
    profile: Profile,
    #[command(flatten)]
    sizes: super::SizeArguments,
    /// Simulator of the devices: rust-hdl needs nothing else, verilator is several hundred times faster
    #[arg(long, default_value = "rust-hdl", value_parser = super::parse_kind, value_name = "rust-hdl|verilator")]
    backend: Kind,
    /// Put the golden model in the place of every device: fast, and needs no simulator
    #[arg(long)]
    model: bool,
    /// Another seed than the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Write a figure of the run
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write a waveform of all signals of the first device
    #[arg(long, value_name = "FILE")]
    vcd: Option<PathBuf>,
    /// Write the results as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Folder for figure and report, named after the scenario; made where it does not exist
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let start = Instant::now();
    let sizes = arguments.sizes.sizes(arguments.profile)?;
    let mut scenario = Scenario::load_sized(&arguments.scenario, sizes).map_err(Failure::input)?;
    let options = Options {
        profile: arguments.profile,
        sizes,
        backend: arguments.backend,
        model: arguments.model,
        seed: arguments.seed,
        vcd: arguments.vcd.as_deref(),
    };
    let mut world = scenario::build(&mut scenario, options).map_err(Failure::input)?;
    let bar = progress::bar(scenario.longest, "cycles at most");
    let outcome = scenario::run(&scenario, &mut world, |cycles| bar.set_position(cycles));
    bar.finish_and_clear();

    let stem = arguments.scenario.file_stem().unwrap_or_default();
    let named = |ending: &str| arguments.out.as_ref().map(|folder| folder.join(stem).with_extension(ending));
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder).map_err(|error| Failure::Input(format!("{}: {error}", folder.display())))?;
    }
    let written = |path: &Path, result: std::io::Result<()>| result.map_err(|error| Failure::Input(format!("{}: {error}", path.display())));
    for path in arguments.svg.clone().into_iter().chain(named("svg")) {
        written(&path, svg::save(&path, &figure::draw(&scenario, &world)))?;
    }
    let mut report = report(arguments, &scenario, &world, &outcome);
    report.wall_seconds = start.elapsed().as_secs_f64();
    for path in arguments.report.clone().into_iter().chain(named("json")) {
        written(&path, report.write(&path))?;
    }
    print(&scenario, &world, &outcome, &report);
    Ok(outcome.passed())
}

fn report(arguments: &Arguments, scenario: &Scenario, world: &World, outcome: &Outcome) -> Report {
    let models = scenario.stations.iter().filter(|station| station.kind == scenario::plan::Kind::Model).count();
    let mut backends = Vec::new();
    if models < scenario.stations.len() {
        backends.push(arguments.backend.name());
    }
    if models > 0 {
        backends.push("golden model");
    }
    let mut report = Report {
        command: "run".to_owned(),
        profile: arguments.profile.name().to_owned(),
        backend: backends.join(", "),
        seed: Some(scenario.seed),
        ..Report::default()
    };
    outcome.tell(world, &mut report);
    report
}

fn print(scenario: &Scenario, world: &World, outcome: &Outcome, report: &Report) {
    println!("{} ({}, seed {})", scenario.name, report.backend, scenario.seed);
    println!("  {} frames in, {} out, {} of time simulated", report.frames_in, report.frames_out, units::show(world.history.end));
    for outage in &outcome.outages {
        let asked = outage.in_step_after_us.map_or(String::new(), |us| format!("in step {us:.0} µs later, "));
        let back = match outage.back_after_us {
            Some(us) => format!("{asked}packets under every SA again {us:.0} µs later"),
            None => format!("{asked}not every SA had traffic afterwards"),
        };
        println!("  {:.0} µs: {} {} for {:.0} µs; {back}", outage.at_us, outage.station, outage.cause, outage.for_us);
        for (sa, skipped) in &outage.numbers_skipped {
            println!("    {sa}: {skipped} numbers skipped");
        }
    }
    println!(
        "  {} requests answered, {} nonces reused, {} packets delivered twice",
        outcome.resyncs, outcome.nonce_reuse, outcome.duplicates_delivered
    );
    for (reason, count) in &report.dropped {
        println!("  dropped {reason}: {count}");
    }
    for (event, count) in &report.events {
        println!("  event {event}: {count}");
    }
    for (name, passed) in &outcome.checks {
        println!("  [{}] {name}", if *passed { "ok" } else { "FAILED" });
    }
    for text in &outcome.described {
        eprintln!("holdfast: {text}");
    }
}
