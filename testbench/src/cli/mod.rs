//! The `holdfast` command: arguments, errors and exit codes. Each subcommand has a file of its own.

mod demo;
mod open_seal;
mod progress;
mod reference;
mod registers;
mod run;
mod sweep;
mod vectors;
mod verilog;

use crate::backend::Kind;
use crate::engine::{Profile, Sizes};
use crate::report::Report;
use clap::{Args, Parser, Subcommand};
use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;

/// Real packets through a simulated Holdfast ESP engine.
///
/// Exit codes: 0 all is well, 1 a run failed its checks, 2 bad usage or input.
#[derive(Parser)]
#[command(name = "holdfast", version, max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the shipped scenario, start to finish, and explain what happened
    Demo(demo::Arguments),
    /// Run a scenario: stations, links, traffic, and what goes wrong; then check that nothing was repeated and everything came back
    Run(run::Arguments),
    /// Run a scenario with a power cut at every clock cycle, each in a run of its own
    Sweep(sweep::Arguments),
    /// Send the plaintext frames of a capture through the host port and write what leaves the network port
    Seal(open_seal::Arguments),
    /// Send the frames of a capture through the network port and write what leaves the host port
    Open(open_seal::Arguments),
    /// Run AES-GCM test vectors through the hardware's GCM core
    Vectors(vectors::Arguments),
    /// Export the design as Verilog, with constraints and register reference
    Verilog(verilog::Arguments),
    /// Print the register map
    Registers(registers::Arguments),
}

/// Flags that all simulating subcommands have.
#[derive(Args, Clone)]
struct Common {
    /// Profile of the device
    #[arg(long, default_value = "compact", value_parser = parse_profile, value_name = "compact|pipelined")]
    profile: Profile,
    /// Simulator: rust-hdl needs nothing else, verilator is several hundred times faster
    #[arg(long, default_value = "rust-hdl", value_parser = parse_kind, value_name = "rust-hdl|verilator")]
    backend: Kind,
    /// Write a waveform of all signals
    #[arg(long, value_name = "FILE")]
    vcd: Option<PathBuf>,
    /// Write the results as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Pauses and back-pressure at random, from this seed; without it every port is always ready
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// Sizes of the device.
#[derive(Args, Clone)]
struct SizeArguments {
    /// SAs per direction: a power of two, 2 to 1024, in profile compact to 32
    #[arg(long, default_value_t = Sizes::default().sas, value_name = "N")]
    sas: usize,
    /// Rules per direction: a power of two, 2 to 128
    #[arg(long, default_value_t = Sizes::default().rules, value_name = "N")]
    rules: usize,
    /// Largest anti-replay window in packets: a power of two, 64 to 1024
    #[arg(long, default_value_t = Sizes::default().window, value_name = "N")]
    window: usize,
}

impl SizeArguments {
    fn sizes(&self, profile: Profile) -> Result<Sizes, Failure> {
        let sizes = Sizes { sas: self.sas, rules: self.rules, window: self.window, ..profile.sizes() };
        profile.check(sizes).map_err(Failure::Input)?;
        Ok(sizes)
    }
}

fn parse_profile(text: &str) -> Result<Profile, String> {
    text.parse()
}

fn parse_kind(text: &str) -> Result<Kind, String> {
    text.parse()
}

/// Why a command ended early.
enum Failure {
    /// Bad usage or input: exit code 2.
    Input(String),
    /// A run that failed: exit code 1.
    Run(String),
}

impl Failure {
    fn input(error: impl Display) -> Self {
        Failure::Input(error.to_string())
    }
    fn run(error: impl Display) -> Self {
        Failure::Run(error.to_string())
    }
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::Sweep(arguments) => sweep::run(&arguments),
        Command::Seal(arguments) => open_seal::run(&arguments, true),
        Command::Open(arguments) => open_seal::run(&arguments, false),
        Command::Vectors(arguments) => vectors::run(&arguments),
        Command::Verilog(arguments) => verilog::run(&arguments),
        Command::Registers(arguments) => registers::run(&arguments),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(Failure::Run(text)) => {
            eprintln!("holdfast: {text}");
            ExitCode::from(1)
        }
        Err(Failure::Input(text)) => {
            eprintln!("holdfast: {text}");
            ExitCode::from(2)
        }
    }
}

/// Writes the report where one is asked for.
fn write_report(report: &Report, common: &Common) -> Result<(), Failure> {
    match &common.report {
        Some(path) => report.write(path).map_err(|error| Failure::Input(format!("{}: {error}", path.display()))),
        None => Ok(()),
    }
}
