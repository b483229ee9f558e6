//! `holdfast demo`: the shipped scenario, and a summary for somebody who sees it for the first time.

use super::{progress, Failure};
use crate::backend::{available, Kind};
use crate::capture::{self, Frame};
use crate::config::Station;
use crate::demo::{self, Exchange, OnTheWire, Traffic, Twin};
use crate::engine::{self, Profile};
use crate::figure;
use crate::report::Report;
use crate::scenario::{self, Options, Scenario};
use crate::station::{start, Stress};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

#[derive(Args)]
pub struct Arguments {
    /// Profile of the devices
    #[arg(long, default_value = "compact", value_parser = super::parse_profile, value_name = "compact|pipelined")]
    profile: Profile,
    /// Folder for captures, waveform and report; made where it does not exist
    #[arg(long, default_value = "target/demo", value_name = "DIR")]
    out: PathBuf,
    /// Where to write the report instead of the folder
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Pauses and back-pressure at random, from this seed
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
}

pub fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let begin = Instant::now();
    let (client, server) = (demo::client().map_err(Failure::input)?, demo::server().map_err(Failure::input)?);
    let traffic = demo::load().map_err(Failure::input)?;
    fs::create_dir_all(&arguments.out).map_err(|error| Failure::Input(format!("{}: {error}", arguments.out.display())))?;
    let mut report = Report {
        command: "demo".to_owned(),
        profile: arguments.profile.name().to_owned(),
        seed: Some(arguments.seed),
        ..Report::default()
    };
    introduce(&client, &traffic);

    let verilator = available();
    report.backend = if verilator { "verilator, rust-hdl" } else { "rust-hdl" }.to_owned();
    if verilator {
        everything(arguments, &client, &server, &traffic, &mut report)?;
    } else {
        println!("\n1. All frames: left out, because Verilator or a C++ compiler is not installed. A choice follows.");
    }
    both_simulators(arguments, &client, &server, &traffic, verilator, &mut report)?;
    outage(arguments, verilator, &mut report)?;

    report.wall_seconds = begin.elapsed().as_secs_f64();
    let path = arguments.report.clone().unwrap_or(arguments.out.join("report.json"));
    report.write(&path).map_err(|error| Failure::Input(format!("{}: {error}", path.display())))?;
    conclude(&report, &arguments.out, &path);
    Ok(report.passed())
}

fn introduce(config: &Station, traffic: &Traffic) {
    println!("Holdfast encrypts and checks network traffic (IPsec ESP) in hardware, between a computer and its network port.");
    println!("Here two such devices are simulated, one at a client (10.90.0.2, fd90::2), one at a server (10.90.0.1, fd90::1).");
    println!(
        "Recorded traffic, {} frames of the client and {} of the server, goes through both; {} keys in each direction protect it.",
        traffic.client.len(),
        traffic.server.len(),
        config.outbound.len()
    );
    println!("Next to each device runs a model in software; every byte and counter of the hardware is compared with it.");
}

/// All frames, client and server at once, in the compiled Verilog.
fn everything(arguments: &Arguments, client: &Station, server: &Station, traffic: &Traffic, report: &mut Report) -> Result<(), Failure> {
    println!("\n1. All frames, through the Verilog compiled by Verilator");
    let stress = |side: u64| Stress { seed: 2 * arguments.seed + side, idle: 30, stall: 30, bus: 0 };
    let device = || engine::create(arguments.profile, Kind::Verilator, None).map_err(Failure::run);
    let mut a = start(device()?, stress(0), client).map_err(Failure::run)?;
    let mut b = start(device()?, stress(1), server).map_err(Failure::run)?;
    let bar = progress::bar((traffic.client.len() + traffic.server.len()) as u64, "frames");
    let result = demo::exchange(&mut a, &mut b, (client, server), traffic, |done| bar.set_position(done));
    bar.finish_and_clear();
    let mut exchange = result.map_err(Failure::run)?;

    let seen = demo::on_the_wire(exchange.client.sealed.iter().chain(&exchange.server.sealed));
    tell_exchange(&exchange, &seen);
    report.add(&exchange.client.account);
    report.cycles += 2 * exchange.cycles;
    report.check("every byte as the golden model says", exchange.bytes);
    report.check("every counter as the golden model says", exchange.counters);
    report.check("every frame arrives as it was sent", exchange.arrived);
    report.check("nothing readable on the wire", seen.readable == 0);
    report.check("no nonce used twice", seen.nonce_reuse == 0);
    save(&arguments.out, &exchange)?;

    println!("\n   Then somebody on the wire attacks the server:");
    let recorded = exchange.client.sealed.clone();
    let attacked = demo::attack(&mut b, &mut exchange.server, &recorded, &traffic.client);
    let (attacks, account, as_model) = attacked.map_err(Failure::run)?;
    for attack in &attacks {
        println!(
            "   - {}: {} frames sent, {} dropped as `{}`, {} reached the host",
            attack.what, attack.sent, attack.dropped, attack.reason, attack.delivered
        );
        report.check("every attack is dropped under its reason", attack.dropped == attack.sent && attack.delivered == 0);
    }
    println!("   The device reported {} events about it.", account.events.len());
    report.add(&account);
    report.check("attacks are counted and reported as the golden model says", as_model);
    exchange.differences.iter().for_each(|difference| eprintln!("holdfast: {difference}"));
    Ok(())
}

fn tell_exchange(exchange: &Exchange, seen: &OnTheWire) {
    let frames = exchange.client.sealed.len() + exchange.server.sealed.len();
    println!("   {frames} frames crossed the wire in {} clock cycles of each device, both directions at once.", exchange.cycles);
    println!(
        "   On the wire an observer saw {} sealed frames, {} ARP, {} neighbour discovery and link-local multicast, {} readable.",
        seen.esp, seen.arp, seen.link, seen.readable
    );
    println!(
        "   {}",
        if exchange.arrived {
            "Every frame arrived at the other host byte for byte as it was sent."
        } else {
            "Not every frame arrived as it was sent."
        }
    );
    let mut latencies: Vec<u64> = exchange.client.latencies.iter().chain(&exchange.server.latencies).copied().collect();
    latencies.sort_unstable();
    if let (Some(least), Some(median), Some(most)) = (latencies.first(), latencies.get(latencies.len() / 2), latencies.last()) {
        println!("   Sealing took {least} to {most} cycles per frame, half of them at most {median} (queues and random pauses included).");
    }
}

/// Captures of what was on the wire and of what arrived.
fn save(folder: &Path, exchange: &Exchange) -> Result<(), Failure> {
    for (name, a, b) in [
        ("sealed.pcap", &exchange.client.sealed, &exchange.server.sealed),
        ("opened.pcap", &exchange.server.opened, &exchange.client.opened),
    ] {
        let mut frames: Vec<Frame> = a.iter().chain(b).cloned().collect();
        frames.sort_by_key(|frame| frame.time);
        capture::write(&folder.join(name), &frames).map_err(Failure::input)?;
    }
    Ok(())
}

/// A choice of every kind, in the rust-hdl simulator and the Verilog at once.
fn both_simulators(
    arguments: &Arguments,
    client: &Station,
    server: &Station,
    traffic: &Traffic,
    verilator: bool,
    report: &mut Report,
) -> Result<(), Failure> {
    let what = if verilator { "both simulators, compared cycle by cycle" } else { "the rust-hdl simulator" };
    println!("\n2. A few frames of every kind, through {what}");
    let bar = progress::bar(1, "frames");
    let result = demo::twin(arguments.profile, (client, server), traffic, verilator, &arguments.out.join("waveform.vcd"), |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let twin: Twin = result.map_err(Failure::run)?;
    println!("   {} frames in {} cycles.", twin.frames, twin.cycles);
    match twin.agree {
        Some(true) => println!("   The Rust-HDL design and its Verilog agreed in every output of every cycle."),
        Some(false) => println!("   The Rust-HDL design and its Verilog disagreed."),
        None => println!("   Without Verilator there is nothing to compare its cycles with."),
    }
    report.add(&twin.account);
    report.cycles += twin.cycles;
    report.check("the choice is sealed and opened as the golden model says", twin.as_model);
    if let Some(agree) = twin.agree {
        report.check("both simulators agree in every cycle", agree);
    }
    twin.differences.iter().for_each(|difference| eprintln!("holdfast: {difference}"));
    Ok(())
}

/// The shipped scenario of a power cut, drawn.
const OUTAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/power-cut.toml");

/// The power fails in the middle of traffic.
fn outage(arguments: &Arguments, verilator: bool, report: &mut Report) -> Result<(), Failure> {
    println!("\n3. The power fails in the middle of recorded traffic, and nobody is there to negotiate new keys");
    if !verilator {
        println!("   Without Verilator the golden model takes the place of the hardware here.");
    }
    let mut scenario = Scenario::load(Path::new(OUTAGE)).map_err(Failure::input)?;
    let options = Options {
        profile: arguments.profile,
        backend: Kind::Verilator,
        model: !verilator,
        seed: Some(arguments.seed),
        vcd: None,
        ..Options::default()
    };
    let mut world = scenario::build(&mut scenario, options).map_err(Failure::input)?;
    let bar = progress::bar(scenario.longest, "cycles at most");
    let outcome = scenario::run(&scenario, &mut world, |cycles| bar.set_position(cycles));
    bar.finish_and_clear();
    for outage in &outcome.outages {
        println!(
            "   After {:.0} µs the device of the {} is without power for {:.0} µs. Its SAs come back from its NVRAM, it asks the other end where it is,",
            outage.at_us, outage.station, outage.for_us
        );
        if let Some(us) = outage.in_step_after_us {
            println!("   and {us:.0} µs after the power both agree again: a request and an answer inside each SA, no key exchange.");
        }
        for (sa, skipped) in &outage.numbers_skipped {
            println!("   {sa}: {skipped} numbers skipped, so that none is used twice.");
        }
    }
    println!(
        "   {} requests answered, {} nonces used twice, {} packets delivered twice; then traffic flows again.",
        outcome.resyncs, outcome.nonce_reuse, outcome.duplicates_delivered
    );
    let path = arguments.out.join("power-cut.svg");
    svg::save(&path, &figure::draw(&scenario, &world)).map_err(|error| Failure::Input(format!("{}: {error}", path.display())))?;
    outcome.tell(&world, report);
    outcome.described.iter().for_each(|text| eprintln!("holdfast: {text}"));
    Ok(())
}

fn conclude(report: &Report, folder: &Path, path: &Path) {
    println!("\nChecks:");
    for (name, passed) in &report.checks {
        println!("   [{}] {name}", if *passed { "ok" } else { "FAILED" });
    }
    println!("\nIn {}:", folder.display());
    if report.checks.contains_key("nothing readable on the wire") {
        println!("   sealed.pcap    what was on the wire; open it in Wireshark: nothing but ESP, ARP and neighbour discovery");
        println!("   opened.pcap    what arrived at the hosts");
    }
    println!("   power-cut.svg  the outage, drawn: packets, sequence numbers, limits, records, request and answer");
    println!("   waveform.vcd   the signals of the first frames, for a viewer such as GTKWave or Surfer");
    println!("{} has the numbers. {:.1} seconds.", path.display(), report.wall_seconds);
}
