//! `holdfast demo`.
use super::{Common, Failure};
use clap::Args;
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
}
pub fn run(_arguments: &Arguments) -> Result<bool, Failure> {
    Err(Failure::Run("not yet".into()))
}
