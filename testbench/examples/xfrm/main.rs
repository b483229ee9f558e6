//! Holdfast against the unmodified Linux kernel: a host, the simulated device, and a Linux guest in qemu whose XFRM is the peer.
//!
//! ```text
//! host (smoltcp) -- clear -- device -- ESP, one Ethernet frame per UDP datagram -- Linux (qemu)
//! ```
//!
//! `make interop-xfrm` builds the guest and runs this for every case of `case.rs`: pings from both ends, an ICMP error, a TCP
//! connection; then counters of both ends, which must show that nothing was dropped; then frames sent again and forged, which must show
//! that these counters count.
//!
//! Then the power fails on this side, again and again ([`outage`]). A small program behind the kernel (`golden-model/examples/responder.rs`)
//! answers the requests of resynchronisation; the kernel itself knows nothing of it. Captures of what was on the wire and the kernel's own words go to the folder `--out`.

mod case;
mod checks;
mod exchange;
mod guest;
mod host;
mod inline;
mod kernel;
mod link;
mod model;
mod outage;
mod verdict;

use case::{Case, LINK, PREFIX};
use checks::Checks;
use clap::{Parser, ValueEnum};
use guest::{Cable, Console};
use holdfast_registers::control;
use holdfast_testbench::backend::Kind;
use holdfast_testbench::config::{compact, Station};
use holdfast_testbench::engine::{self, Profile};
use holdfast_testbench::golden::GoldenPins;
use holdfast_testbench::station::{start, Stress};
use holdfast_testbench::{capture, station};
use host::Host;
use link::Link;
use model::Model;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Whatever went wrong, in words.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
struct Arguments {
    /// Folder with the guest, as scripts/xfrm/build.sh makes it
    #[arg(long, default_value = "target/xfrm")]
    guest: PathBuf,
    /// Folder for captures and the kernel's own words
    #[arg(long, default_value = "target/xfrm/run")]
    out: PathBuf,
    /// What stands in line
    #[arg(long, value_enum, default_value_t = Device::Verilator)]
    device: Device,
    /// Only the case of this number, as in the names of the files
    #[arg(long)]
    case: Option<u32>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Device {
    /// The exported Verilog, compiled
    Verilator,
    /// The Rust-HDL simulator
    RustHdl,
    /// The golden model behind the device's pins
    Golden,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xfrm: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let start = Instant::now();
    std::fs::create_dir_all(&arguments.out)?;
    let (mut console, cable) = guest::boot(&arguments.guest)?;
    println!("Linux {} in qemu is ready after {:.1} s", console.release, start.elapsed().as_secs_f64());
    for command in case::kernel_addresses() {
        console.run(&command, || Ok(()))?;
    }
    console.run(&format!("nc -ll -p {} -e /bin/cat >/dev/null &", exchange::ECHO_PORT), || Ok(()))?;

    let mut checks = Checks::default();
    let chosen = |case: &&Case| arguments.case.is_none_or(|number| number == case.number());
    for case in case::cases().iter().filter(chosen) {
        println!("{}", case.name());
        run_case(arguments, &mut console, &cable, case, &mut checks)?;
    }
    outages(arguments, &mut console, &cable, &mut checks)?;
    println!(
        "{} checks held, {} did not ({:.0} s); captures and the kernel's words are in {}",
        checks.passed,
        checks.failed,
        start.elapsed().as_secs_f64(),
        arguments.out.display()
    );
    Ok(checks.failed == 0)
}

fn run_case(arguments: &Arguments, console: &mut Console, cable: &Cable, case: &Case, checks: &mut Checks) -> Result<(), Failure> {
    for command in case.commands() {
        console.run(&command, || Ok(()))?;
    }
    // What the kernel sent while nobody was there is of no interest.
    while cable.receive()?.is_some() {}
    let config = Station::parse(&case.file(), &case.station(), &compact())?;
    let mut link = Link::new(host(case), device(arguments.device, &config)?, cable);

    let before = kernel::dropped(console, &mut link)?;
    exchange::traffic(&mut link, console, case, checks)?;
    let text = verdict::clean(&mut link, console, case, &before, checks)?;
    save(arguments, case, &text, &link.wire)?;
    verdict::disturbed(&mut link, console, case, checks)
}

/// The outages. What stands in line is the golden model.
fn outages(arguments: &Arguments, console: &mut Console, cable: &Cable, checks: &mut Checks) -> Result<(), Failure> {
    for command in case::lasting_neighbours() {
        console.run(&command, || Ok(()))?;
    }
    let chosen = |case: &&Case| arguments.case.is_none_or(|number| number == case.number());
    for case in case::recorded_cases().iter().filter(chosen) {
        println!("outages: {}", case.name());
        for command in case.commands() {
            console.run(&command, || Ok(()))?;
        }
        while cable.receive()?.is_some() {}
        let listen = SocketAddr::new(case.kernel(), control::PORT);
        console.run(&format!("responder {listen} 2>/tmp/responder & responder=$!"), || Ok(()))?;
        let config = Station::parse(&case.file(), &case.station(), &compact())?;
        let mut link = Link::new(host(case), Model::new(config)?, cable);
        let text = outage::outages(&mut link, console, case, checks)?;
        let answers = console.run("kill $responder; cat /tmp/responder", || Ok(()))?;
        save(arguments, case, &(text + &answers), &link.wire)?;
    }
    Ok(())
}

/// Keeps what the kernel said and what was on the wire.
fn save(arguments: &Arguments, case: &Case, text: &str, wire: &[capture::Frame]) -> Result<(), Failure> {
    std::fs::write(arguments.out.join(case.file()).with_extension("txt"), text)?;
    Ok(capture::write(&arguments.out.join(case.file()).with_extension("pcap"), wire)?)
}

fn device(device: Device, config: &Station) -> Result<station::Station, Failure> {
    let backend = match device {
        Device::Verilator => engine::create(Profile::Compact, Kind::Verilator, None)?,
        Device::RustHdl => engine::create(Profile::Compact, Kind::RustHdl, None)?,
        Device::Golden => Box::new(GoldenPins::new()),
    };
    start(backend, Stress::default(), config).map_err(|error| error.to_string().into())
}

fn host(case: &Case) -> Host {
    let mut link: Vec<(IpAddr, u8)> = vec![(LINK[0].v4.into(), PREFIX.0), (LINK[0].v6.into(), PREFIX.1)];
    link.retain(|(address, _)| *address != case.host());
    Host::new((case.host(), case.prefix()), &link, (LINK[1].v4, LINK[1].v6))
}
