//! Every shipped scenario: with the golden model at the place of the devices, and what each of them is there to show; a choice of them on the
//! hardware, as Verilog. `make scenarios` runs all of them on it.

use holdfast_testbench::backend::Kind;
use holdfast_testbench::engine::{Profile, Sizes};
use holdfast_testbench::scenario::{build, run, Carries, Options, Outcome, Scenario, World};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn run_model(path: &Path, seed: Option<u64>) -> (Outcome, World) {
    let mut scenario = Scenario::load(path).unwrap_or_else(|error| panic!("{error}"));
    let options = Options { model: true, seed, ..Options::default() };
    let mut world = build(&mut scenario, options).unwrap_or_else(|error| panic!("{error}"));
    let outcome = run(&scenario, &mut world, |_| {});
    let failed: Vec<_> = outcome.checks.iter().filter(|(_, passed)| !passed).collect();
    assert!(failed.is_empty(), "{}, seed {}: {failed:?}\n{}", path.display(), scenario.seed, outcome.described.join("\n"));
    (outcome, world)
}

fn shown(name: &str) -> (Outcome, World) {
    run_model(&folder().join(name).with_extension("toml"), None)
}

#[test]
fn every_shipped_scenario_passes_under_several_seeds() {
    let mut files: Vec<_> = std::fs::read_dir(folder()).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    assert!(files.len() >= 12, "{files:?}");
    for file in files {
        for seed in 1..4 {
            println!("{}, seed {seed}", file.display());
            run_model(&file, Some(seed));
        }
    }
}

#[test]
fn a_power_cut_costs_one_round_trip_and_a_few_numbers() {
    let (outcome, world) = shown("power-cut");
    let outage = &outcome.outages[0];
    assert_eq!(outcome.resyncs, 2, "two pairs");
    assert!(outage.numbers_skipped.values().all(|skipped| (1..=64).contains(skipped)), "{outage:?}");
    let requests = world.history.packets.iter().filter(|packet| packet.carries == Carries::Request).count();
    assert!((2..=3).contains(&requests), "{requests}: the second pair may be asked to wait");
}

#[test]
fn an_orderly_suspend_skips_nothing_and_asks_nobody() {
    let (outcome, _) = shown("suspend");
    assert_eq!(outcome.outages.iter().map(|outage| outage.numbers_skipped.len()).collect::<Vec<_>>(), [0, 0, 2]);
    assert_eq!(outcome.outages.iter().map(|outage| outage.in_step_after_us.is_some()).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(outcome.resyncs, 2);
}

#[test]
fn a_device_without_its_host_answers() {
    let (outcome, world) = shown("host-down");
    let (host, power) = (&outcome.outages[0], &outcome.outages[1]);
    let in_step = power.at_us + power.for_us + power.in_step_after_us.expect("answered");
    assert!(in_step < host.at_us + host.for_us, "while the host was down");
    assert!(world.stations[1].account.dropped["host_down"] > 0);
}

#[test]
fn what_an_attacker_replays_is_counted_and_dropped() {
    let (_, world) = shown("replay");
    let dropped = &world.stations[0].account.dropped;
    assert!(dropped["quarantine"] > 20 && dropped["replay"] > 20, "{dropped:?}");
    assert!(dropped["control_ignored"] > 0, "old answers: {dropped:?}");
}

#[test]
fn a_stampede_is_spread_and_limited() {
    let (outcome, world) = shown("stampede");
    assert_eq!(outcome.resyncs, 64, "32 pairs at both ends");
    let mut times: Vec<u64> =
        world.history.packets.iter().filter(|packet| packet.carries == Carries::Request).map(|packet| packet.cycle).collect();
    times.sort_unstable();
    let at_once = times.iter().filter(|time| **time < times[0] + 1250).count();
    assert!(at_once < times.len() / 4, "{at_once} of {} within 10 µs", times.len());
}

#[test]
fn with_the_counter_a_rewound_nvram_repeats_nothing() {
    let (outcome, world) = shown("rewound");
    assert_eq!((outcome.nonce_reuse, outcome.duplicates_delivered, outcome.outages.len()), (0, 0, 3));
    let counter = world.stations[0].simulation.counter_part().expect("it has one").value();
    println!("the counter stands at {counter}; {:?}", outcome.outages.iter().map(|outage| &outage.numbers_skipped).collect::<Vec<_>>());
    // One step for each limit of the busier SA, and each power-up.
    assert!((10..200).contains(&counter), "{counter}");
}

/// The checker finds it out: the same scenario, the same device, but for the counter.
fn without_the_counter(options: Options) -> Outcome {
    let path = folder().join("rewound.toml");
    let mut scenario = Scenario::load(&path).unwrap_or_else(|error| panic!("{error}"));
    scenario.stations.iter_mut().for_each(|station| station.config.counter = false);
    let mut world = build(&mut scenario, options).unwrap_or_else(|error| panic!("{error}"));
    run(&scenario, &mut world, |_| {})
}

#[test]
fn without_the_counter_a_rewound_nvram_is_found_out() {
    for seed in 1..4 {
        let outcome = without_the_counter(Options { model: true, seed: Some(seed), ..Options::default() });
        assert!(outcome.nonce_reuse > 100, "{}", outcome.nonce_reuse);
        let failed: Vec<_> = outcome.checks.iter().filter(|(_, passed)| !passed).map(|(name, _)| *name).collect();
        assert!(failed.contains(&"no nonce used twice"), "{failed:?}");
    }
}

/// The same files on the hardware.
fn run_device(name: &str) -> (Outcome, World) {
    run_as(name, Profile::Compact, Sizes::default())
}

fn run_sized(name: &str, sizes: Sizes) -> (Outcome, World) {
    run_as(name, Profile::Compact, sizes)
}

fn run_as(name: &str, profile: Profile, sizes: Sizes) -> (Outcome, World) {
    let path = folder().join(name).with_extension("toml");
    let mut scenario = Scenario::load_sized(&path, sizes).unwrap_or_else(|error| panic!("{error}"));
    let options = Options { profile, backend: Kind::Verilator, sizes, ..Options::default() };
    let mut world = build(&mut scenario, options).unwrap_or_else(|error| panic!("{error}"));
    let outcome = run(&scenario, &mut world, |_| {});
    let failed: Vec<_> = outcome.checks.iter().filter(|(_, passed)| !passed).collect();
    assert!(failed.is_empty(), "{name}: {failed:?}\n{}", outcome.described.join("\n"));
    (outcome, world)
}

#[test]
fn the_hardware_comes_back_after_torn_records() {
    let (outcome, _) = run_device("torn-record");
    let skipped = outcome.outages.iter().flat_map(|outage| outage.numbers_skipped.values());
    assert!(skipped.clone().count() > 0 && skipped.clone().all(|skipped| *skipped <= 4 * 32), "{:?}", outcome.outages);
}

#[test]
fn pipelined_hardware_comes_back_as_well() {
    let (outcome, _) = run_as("power-cut", Profile::Pipelined, Profile::Pipelined.sizes());
    assert_eq!(outcome.resyncs, 2, "two pairs");
}

#[test]
fn smaller_hardware_comes_back_as_well() {
    let (outcome, _) = run_sized("torn-record", Sizes { sas: 4, rules: 64, window: 128, ..Default::default() });
    assert!(outcome.outages.iter().any(|outage| !outage.numbers_skipped.is_empty()), "{:?}", outcome.outages);
}

#[test]
fn the_hardware_takes_no_old_answer_for_a_new_one() {
    let (_, world) = run_device("request-in-flight");
    assert!(world.stations[0].account.dropped["control_ignored"] >= 1, "the answer to the request before the second cut");
}

#[test]
fn the_hardware_suspends_in_order() {
    let (outcome, _) = run_device("suspend");
    assert_eq!(outcome.outages.iter().map(|outage| outage.numbers_skipped.len()).collect::<Vec<_>>(), [0, 0, 2]);
}

#[test]
fn the_hardware_answers_without_its_host() {
    let (outcome, world) = run_device("host-down");
    let (host, power) = (&outcome.outages[0], &outcome.outages[1]);
    let in_step = power.at_us + power.for_us + power.in_step_after_us.expect("answered");
    assert!(in_step < host.at_us + host.for_us, "while the host was down");
    assert!(world.stations[1].account.dropped["host_down"] > 0);
}

#[test]
fn the_hardware_repeats_nothing_when_its_nvram_is_rewound() {
    let (outcome, _) = run_device("rewound");
    assert_eq!((outcome.nonce_reuse, outcome.outages.len()), (0, 3));
    let caught = without_the_counter(Options { backend: Kind::Verilator, ..Options::default() });
    assert!(caught.nonce_reuse > 100 && !caught.passed(), "{}", caught.nonce_reuse);
}

/// The same seed gives the same run.
#[test]
fn runs_can_be_repeated() {
    let packets =
        || shown("lossy-link").1.history.packets.iter().map(|packet| (packet.cycle, packet.sa, packet.number)).collect::<Vec<_>>();
    assert_eq!(packets(), packets());
}
