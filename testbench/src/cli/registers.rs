//! `holdfast registers`: the register map, made from the table that the hardware and the driver use.

use super::{reference, Failure};
use clap::{Args, ValueEnum};

#[derive(Args)]
pub struct Arguments {
    /// Format of the output
    #[arg(long, default_value = "markdown")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// CMSIS-SVD, for debuggers and code generators
    Svd,
    /// For people
    Markdown,
    /// For programs
    Json,
}

pub fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let text = match arguments.format {
        Format::Svd => reference::svd(),
        Format::Markdown => reference::markdown(),
        Format::Json => reference::json(),
    };
    print!("{text}");
    Ok(true)
}
