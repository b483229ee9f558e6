//! `holdfast verilog`: the design as files for other tools.

use super::{reference, Failure};
use crate::engine::{self, Profile};
use clap::Args;
use std::fs;
use std::path::PathBuf;

#[derive(Args)]
pub struct Arguments {
    /// Profile of the device
    #[arg(long, default_value = "compact", value_parser = super::parse_profile, value_name = "compact|pipelined")]
    profile: Profile,
    #[command(flatten)]
    sizes: super::SizeArguments,
    /// Folder to write to; made where it does not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// The clock of the profile in nanoseconds; SDC, which Quartus, Vivado (as XDC) and ASIC tools read.
const CONSTRAINTS: &str = "\
# Clock of the design: 125 MHz fills 1 Gbit/s in both directions. All ports are synchronous to it.
create_clock -name clock -period 8.000 [get_ports clock]
";

pub fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let sizes = arguments.sizes.sizes(arguments.profile)?;
    let folder = &arguments.out;
    fs::create_dir_all(folder).map_err(|error| Failure::Input(format!("{}: {error}", folder.display())))?;
    let top = engine::top(arguments.profile);
    let files = [
        (format!("{top}.v"), engine::verilog(arguments.profile, sizes)),
        (format!("{top}.sdc"), CONSTRAINTS.to_owned()),
        (format!("{top}.xdc"), CONSTRAINTS.to_owned()),
        ("registers.svd".to_owned(), reference::svd()),
        ("registers.md".to_owned(), reference::markdown()),
        ("registers.json".to_owned(), reference::json()),
    ];
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| Failure::Input(format!("{}: {error}", path.display())))?;
        println!("{}", path.display());
    }
    Ok(true)
}
