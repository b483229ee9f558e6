//! `holdfast seal` and `holdfast open`: a capture through one direction of the device.

use super::{progress, write_report, Common, Failure, SizeArguments};
use crate::capture;
use crate::config::Station;
use crate::engine;
use crate::report::Report;
use crate::run::{pass, Outcome, Way};
use crate::station::Stress;
use clap::Args;
use std::path::PathBuf;
use std::time::Instant;

#[derive(Args)]
pub struct Arguments {
    /// SAs and rules of the station
    #[arg(long, value_name = "STATION.toml")]
    config: PathBuf,
    /// Capture to read: pcap or pcapng, also .gz
    input: PathBuf,
    /// Capture to write; the ending chooses pcap or pcapng, .gz compresses
    output: PathBuf,
    #[command(flatten)]
    sizes: SizeArguments,
    #[command(flatten)]
    common: Common,
}

pub fn run(arguments: &Arguments, seal: bool) -> Result<bool, Failure> {
    let start = Instant::now();
    let common = &arguments.common;
    let sizes = arguments.sizes.sizes(common.profile)?;
    let config = Station::load(&arguments.config, &engine::capabilities(sizes)).map_err(Failure::input)?;
    let frames = capture::read(&arguments.input).map_err(Failure::input)?;
    let backend = engine::create_sized(common.profile, sizes, common.backend, common.vcd.as_deref()).map_err(Failure::input)?;
    let stress = common.seed.map_or(Stress::default(), |seed| Stress { seed, idle: 60, stall: 60, bus: 30 });

    let way = if seal { Way::Seal } else { Way::Open };
    let bar = progress::bar(frames.len() as u64, if seal { "sealing" } else { "opening" });
    let outcome = pass(backend, stress, &config, way, &frames, |done| bar.set_position(done)).map_err(Failure::run)?;
    bar.finish_and_clear();
    capture::write(&arguments.output, &outcome.frames).map_err(Failure::input)?;

    let mut report = Report {
        command: if seal { "seal" } else { "open" }.to_owned(),
        profile: common.profile.name().to_owned(),
        backend: common.backend.name().to_owned(),
        cycles: outcome.cycles,
        seed: common.seed,
        ..Report::default()
    };
    report.add(&outcome.account);
    for (name, passed) in &outcome.checks {
        report.check(name, *passed);
    }
    report.wall_seconds = start.elapsed().as_secs_f64();
    write_report(&report, common)?;
    print(&report, &outcome, arguments);
    Ok(report.passed())
}

fn print(report: &Report, outcome: &Outcome, arguments: &Arguments) {
    println!(
        "{}: {} frames in, {} out, {} dropped, {} cycles ({})",
        arguments.output.display(),
        report.frames_in,
        report.frames_out,
        report.dropped.values().sum::<u64>(),
        report.cycles,
        report.backend
    );
    for (reason, count) in &report.dropped {
        println!("  dropped {reason}: {count}");
    }
    for (event, count) in &report.events {
        println!("  event {event}: {count}");
    }
    for (name, _) in report.checks.iter().filter(|(_, passed)| !**passed) {
        eprintln!("holdfast: check failed: {name}");
    }
    for difference in &outcome.differences {
        eprintln!("holdfast: {difference}");
    }
}
