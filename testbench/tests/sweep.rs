//! Power cuts at sampled clock cycles, each in a process of its own; `make sweep` takes every cycle. Through the command, because a process that
//! forks must have one thread.

use holdfast_testbench::backend::available;
use std::path::Path;
use std::process::Command;

/// Sweeps a scenario, and expects that every cut was healed; the number of cuts.
fn sweep(name: &str, arguments: &[&str]) -> u64 {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name).with_extension("toml");
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    let output = command.arg("sweep").arg(scenario).args(["--station", "device"]).args(arguments).output().expect("the command runs");
    let (told, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}{errors}");
    let cuts = told.split(" power cuts").next().and_then(|text| text.rsplit(' ').next()?.parse().ok());
    println!("{told}");
    cuts.or_else(|| told.split(" resets").next()?.rsplit(' ').next()?.parse().ok()).unwrap_or_else(|| panic!("{told}"))
}

#[test]
fn the_model_survives_cuts_at_sampled_cycles() {
    assert!(sweep("sweep", &["--model", "--every", "211", "--to", "400 us"]) > 100);
    assert!(sweep("sweep", &["--model", "--every", "307", "--to", "400 us", "--reset"]) > 60);
    assert!(sweep("sweep-installation", &["--model", "--every", "701", "--installation"]) > 80);
    assert!(sweep("sweep-suspend", &["--model", "--every", "211"]) > 80);
    assert!(sweep("sweep-counter", &["--model", "--every", "211"]) > 80);
    // While the counter counts, closer.
    assert!(sweep("sweep-counter", &["--model", "--every", "23", "--from", "155 us", "--to", "165 us"]) > 50);
    // Around REQUEST and ACK, closer.
    assert!(sweep("sweep", &["--model", "--every", "23", "--after", "request", "--at", "device", "--to", "6 us"]) > 25);
}

#[test]
fn the_hardware_survives_cuts_at_sampled_cycles() {
    assert!(available(), "this test needs Verilator and a C++ compiler");
    assert!(sweep("sweep-installation", &["--every", "29989", "--installation", "--to", "90000 cycles"]) == 3);
    assert!(sweep("sweep-suspend", &["--every", "5003", "--from", "41 us", "--to", "160 us"]) == 3);
    // The counter counts at the power-up, and what depends on it is restored.
    assert!(sweep("sweep-counter", &["--every", "997", "--from", "155 us", "--to", "195 us"]) == 5);
    // Traffic and the first record; REQUEST on its way; ACK on its way.
    assert!(sweep("sweep", &["--every", "2503", "--to", "140 us"]) >= 6);
    assert!(sweep("sweep", &["--every", "97", "--after", "request", "--at", "device", "--to", "250 cycles"]) == 2);
    assert!(sweep("sweep", &["--every", "97", "--after", "ack", "--at", "peer", "--to", "450 cycles"]) == 4);
}

#[test]
fn bad_usage_ends_with_two() {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/sweep.toml");
    for (arguments, words) in [
        (&["--station", "nobody", "--model"][..], "accepted are \"device\", \"peer\""),
        (&["--station", "device", "--model", "--after", "rain", "--at", "peer"], "--after: \"rain\" was found"),
        (&["--station", "device", "--from", "tomorrow"], "tomorrow"),
        (&["--station", "device", "--changes=words"], "accepted are \"bits\" and \"bytes\""),
        (&[], "--station"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_holdfast")).arg("sweep").arg(&scenario).args(arguments).output().expect("runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && errors.contains(words), "{arguments:?}: {errors}");
    }
}
