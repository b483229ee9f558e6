//! Counts cycles per frame, latency and driver cost on the Verilated device and prints them as JSON: `cargo run -p holdfast-testbench --example measure [-- PROFILE [SIZE …]]`.
//! With frame sizes nothing but the cycles per frame of these, in tunnel mode with AES-256, and the speed of the simulator: for who works at one of them.

use holdfast_testbench::backend::Kind;
use holdfast_testbench::engine::{create, Profile, Sizes};
use holdfast_testbench::measure::{
    driver_costs, flood, latency, recording, restart, throughput, Loaded, INTERVALS, JUMBO_SIZES, PAIRS, SETTINGS, SIZES,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let profile: Profile = std::env::args().nth(1).map_or(Ok(Profile::default()), |name| name.parse())?;
    let device = || create(profile, Kind::Verilator, None);
    let only = std::env::args().skip(2).map(|size| size.parse()).collect::<Result<Vec<usize>, _>>()?;
    if !only.is_empty() {
        for size in only {
            println!("{}", serde_json::to_string(&throughput(device()?, SETTINGS[0], &size.to_string(), &[size])?)?);
        }
        println!("{:.0} cycles a second", Loaded::new(device()?)?.speed(20_000, 10.0)?);
        return Ok(());
    }
    let (mut rates, mut latencies, mut floods) = (vec![], vec![], vec![]);
    let jumbo = if profile.sizes().frame > Sizes::ETHERNET { &JUMBO_SIZES[..] } else { &[] };
    let sizes: Vec<usize> = SIZES.iter().chain(jumbo).copied().collect();
    for setting in SETTINGS {
        for &size in &sizes {
            rates.push(throughput(device()?, setting, &size.to_string(), &[size])?);
            latencies.push(latency(device()?, setting, size)?);
        }
        rates.push(throughput(device()?, setting, "IMIX 7:4:1", &[64, 64, 64, 64, 64, 64, 64, 594, 594, 594, 594, 1518])?);
    }
    for &size in &sizes {
        for esp in [false, true] {
            floods.push(flood(device()?, size, esp)?);
        }
    }
    let costs = driver_costs(device()?)?;
    let recordings = INTERVALS.into_iter().map(|interval| recording(device()?, interval)).collect::<Result<Vec<_>, _>>()?;
    let restarts = PAIRS.into_iter().map(|pairs| restart(device()?, pairs)).collect::<Result<Vec<_>, _>>()?;
    let speeds = serde_json::json!({
        "rust-hdl": Loaded::new(create(profile, Kind::RustHdl, None)?)?.speed(500, 10.0)?,
        "verilator": Loaded::new(device()?)?.speed(20_000, 10.0)?,
    });
    let all = serde_json::json!({
        "profile": profile.name(), "throughput": rates, "latency": latencies, "flood": floods, "driver": costs, "recording": recordings, "restart": restarts, "simulated_cycles_per_second": speeds
    });
    println!("{}", serde_json::to_string_pretty(&all)?);
    Ok(())
}
