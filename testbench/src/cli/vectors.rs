//! `holdfast vectors`: test vectors through the hardware's GCM core.

use super::{progress, write_report, Common, Failure};
use crate::report::Report;
use crate::vectors::{self, Tally, Vector};
use clap::Args;
use std::path::PathBuf;
use std::time::Instant;

#[derive(Args)]
pub struct Arguments {
    /// Vector files: NIST CAVP .rsp, or Wycheproof JSON
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    common: Common,
}

pub fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let start = Instant::now();
    let mut all: Vec<(String, Vec<Vector>)> = Vec::new();
    for path in &arguments.files {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| Failure::Input(format!("{name}: {error}")))?;
        let vectors = vectors::parse(&name, &text).map_err(Failure::input)?;
        all.push((name, vectors));
    }
    let common = &arguments.common;
    let mut core = crate::core::Core::new(common.backend, common.vcd.as_deref()).map_err(Failure::input)?;
    let bar = progress::bar(all.iter().map(|(_, vectors)| vectors.len() as u64).sum(), "vectors");
    let mut report = Report {
        command: "vectors".to_owned(),
        profile: common.profile.name().to_owned(),
        backend: common.backend.name().to_owned(),
        ..Report::default()
    };
    let mut sum = Tally::default();
    for (name, vectors) in &all {
        let mut tally = Tally::default();
        vectors::run(&mut core, vectors, &mut tally, || bar.inc(1)).map_err(Failure::run)?;
        bar.suspend(|| print(name, &tally));
        report.check(name, tally.failed == 0);
        sum.passed += tally.passed;
        sum.failed += tally.failed;
        for (reason, count) in tally.not_applicable {
            *sum.not_applicable.entry(reason).or_default() += count;
        }
    }
    bar.finish_and_clear();
    if all.len() > 1 {
        print("all files", &sum);
    }
    report.cycles = core.cycles();
    report.passed = Some(sum.passed);
    report.failed = Some(sum.failed);
    report.not_applicable = sum.not_applicable.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect();
    report.wall_seconds = start.elapsed().as_secs_f64();
    write_report(&report, common)?;
    Ok(sum.failed == 0)
}

fn print(name: &str, tally: &Tally) {
    let not_applicable: u64 = tally.not_applicable.values().sum();
    println!("{name}: {} passed, {} failed, {not_applicable} not applicable", tally.passed, tally.failed);
    for (reason, count) in &tally.not_applicable {
        println!("  not applicable, {reason}: {count}");
    }
    for failure in &tally.failures {
        println!("  failed: {failure}");
    }
}
