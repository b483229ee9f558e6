//! Every run of two ends up to the bounds of the arguments: what `cargo test --test model_check` does with small ones.
//!
//! ```text
//! cargo run --release -p holdfast-model --example model_check -- [interval=1] [window=4] [packets=4] [cuts=2] [suspends=1] [torn=6]
//! ```

#[path = "../tests/model/mod.rs"]
mod model;

use model::{Bounds, Mistake, Search, N1, N2, N3, N4};
use stateright::report::WriteReporter;
use stateright::{Checker, Model};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut bounds = Bounds { interval: 1, window: 4, packets: 3, cuts: 2, suspends: 1, torn: 6 };
    for argument in std::env::args().skip(1) {
        if set(&mut bounds, &argument).is_none() {
            eprintln!("model_check: \"{argument}\" was found; accepted are interval=, window=, packets=, cuts=, suspends= and torn= with a number");
            return ExitCode::from(2);
        }
    }
    println!("{bounds:?}");
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let search = Search::new(bounds, Mistake::None);
    let checker = search.checker().threads(threads).spawn_dfs().report(&mut WriteReporter::new(&mut std::io::stderr()));
    println!("{} states, {} unique, depth {}", checker.state_count(), checker.unique_state_count(), checker.max_depth());
    let wrong: Vec<_> = checker.discoveries().into_iter().filter(|(name, _)| [N1, N2, N3, N4].contains(name)).collect();
    for (name, path) in &wrong {
        println!("{name}: violated by {:?}", path.clone().into_actions());
    }
    if !wrong.is_empty() {
        return ExitCode::from(1);
    }
    println!("N1 to N4 hold in all of them");
    ExitCode::SUCCESS
}

fn set(bounds: &mut Bounds, argument: &str) -> Option<()> {
    let (name, value) = argument.split_once('=')?;
    match name {
        "interval" => bounds.interval = value.parse().ok().filter(|exponent| (1..=24).contains(exponent))?,
        "window" => bounds.window = value.parse().ok().filter(|window| (1..=1024).contains(window))?,
        "packets" => bounds.packets = value.parse().ok()?,
        "cuts" => bounds.cuts = value.parse().ok()?,
        "suspends" => bounds.suspends = value.parse().ok()?,
        "torn" => bounds.torn = value.parse().ok().filter(|words| (1..12).contains(words))?,
        _ => return None,
    }
    Some(())
}
