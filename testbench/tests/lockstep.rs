//! The device against its golden model: many seeds through the compiled Verilog, one through the rust-hdl simulator.
//!
//! A seed that fails is printed; `HOLDFAST_SEED=n` runs it alone. `HOLDFAST_SIZES=sas,rules,window` tries a device of these sizes where others are tried.

use holdfast_testbench::backend::Kind;
use holdfast_testbench::engine::{create_sized, Profile, Sizes};
use holdfast_testbench::lockstep::{run, Plan, Summary, EVENTS_OF_SCENARIOS, REASONS_OF_SCENARIOS};
use std::collections::{BTreeMap, BTreeSet};

/// Runs one plan on a device with the sizes it names.
fn check(profile: Profile, kind: Kind, plan: Plan) -> Result<Summary, String> {
    let device = create_sized(profile, plan.sizes, kind, None).unwrap_or_else(|error| panic!("{error}"));
    run(device, plan).map_err(|mismatch| format!("{mismatch}\nrepeat with HOLDFAST_SEED={}", plan.seed))
}

fn seeds(range: std::ops::Range<u64>) -> Vec<u64> {
    match std::env::var("HOLDFAST_SEED") {
        Ok(seed) => vec![seed.parse().expect("HOLDFAST_SEED is a number")],
        Err(_) => range.collect(),
    }
}

#[test]
fn verilog_agrees_with_the_golden_model() {
    agrees(Profile::Compact, seeds(0..24));
}

#[test]
fn pipelined_verilog_agrees_with_the_golden_model() {
    agrees(Profile::Pipelined, seeds(300..320));
}

/// Runs all seeds through the Verilog; together they meet every reason and every event.
fn agrees(profile: Profile, seeds: Vec<u64>) {
    let mut dropped: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut events, mut cycles, mut frames, mut protected) = (BTreeSet::new(), 0, 0, 0);
    let mut failures = Vec::new();
    for &seed in &seeds {
        let summary =
            match check(profile, Kind::Verilator, Plan { seed, sizes: profile.sizes(), phases: 4, frames: 120, stress: seed % 4 != 0 }) {
                Ok(summary) => summary,
                Err(text) => {
                    failures.push(text);
                    continue;
                }
            };
        println!("seed {seed}: {} frames, {} sealed or opened, {} cycles", summary.frames_in, summary.protected, summary.cycles);
        for (reason, count) in &summary.dropped {
            *dropped.entry(reason).or_default() += count;
        }
        events.extend(summary.events.keys().copied());
        cycles += summary.cycles;
        frames += summary.frames_in;
        protected += summary.protected;
    }
    println!("{frames} frames, {protected} sealed or opened, {cycles} cycles, events {events:?}, dropped {dropped:?}");
    assert!(failures.is_empty(), "{} of {} seeds failed\n{}", failures.len(), seeds.len(), failures.join("\n\n"));
    if seeds.len() > 1 {
        let missing: Vec<_> = holdfast_registers::Reason::ALL
            .iter()
            .filter(|reason| !REASONS_OF_SCENARIOS.contains(reason) && !dropped.contains_key(reason.name()))
            .collect();
        assert!(missing.is_empty(), "no frame met {missing:?}");
        assert_eq!(events.len(), holdfast_registers::EventCode::ALL.len() - EVENTS_OF_SCENARIOS.len());
    }
}

/// Few SAs, a short window, and more rules than a default device has.
#[test]
fn other_sizes_agree_with_the_golden_model() {
    let numbers: Vec<usize> = match std::env::var("HOLDFAST_SIZES") {
        Ok(text) => text.split(',').map(|number| number.parse().expect("three numbers in HOLDFAST_SIZES")).collect(),
        Err(_) => vec![4, 64, 128],
    };
    let sizes = Sizes { sas: numbers[0], rules: numbers[1], window: numbers[2], ..Default::default() };
    sizes.check().expect("possible sizes");
    for seed in seeds(200..206) {
        let plan = Plan { seed, sizes, phases: 3, frames: 100, stress: seed % 3 != 0 };
        let summary = check(Profile::Compact, Kind::Verilator, plan).unwrap_or_else(|text| panic!("{sizes:?}: {text}"));
        println!("{sizes:?}, seed {seed}: {} frames, {} sealed or opened", summary.frames_in, summary.protected);
    }
}

/// As many SAs as an index can name, most of them beyond those that can be recorded.
#[test]
fn a_thousand_sas_agree_with_the_golden_model() {
    let sizes = Sizes { sas: 1024, rules: 128, window: 64, ..Profile::Pipelined.sizes() };
    for seed in seeds(400..404) {
        let plan = Plan { seed, sizes, phases: 2, frames: 400, stress: seed % 2 != 0 };
        let summary = check(Profile::Pipelined, Kind::Verilator, plan).unwrap_or_else(|text| panic!("{sizes:?}: {text}"));
        println!("{sizes:?}, seed {seed}: {} frames, {} sealed or opened, {} cycles", summary.frames_in, summary.protected, summary.cycles);
        assert!(summary.protected > 100);
    }
}

#[test]
fn rust_hdl_agrees_with_the_golden_model() {
    for seed in seeds(100..101) {
        let summary = check(Profile::Compact, Kind::RustHdl, Plan { seed, sizes: Sizes::default(), phases: 1, frames: 25, stress: true })
            .unwrap_or_else(|text| panic!("{text}"));
        println!("seed {seed}: {} frames, {} cycles", summary.frames_in, summary.cycles);
    }
}
