//! Every run of two ends up to a small bound. `cargo run --release -p holdfast-model --example model_check` goes further.

mod model;

use model::{Bounds, Mistake, Search, N1, N2, N3, N4};
use stateright::{Checker, HasDiscoveries, Model};

const SMALL: Bounds = Bounds { interval: 1, window: 4, packets: 2, cuts: 2, suspends: 0, torn: 6 };

#[test]
fn nothing_is_wrong_up_to_a_small_bound() {
    let checker = Search::new(SMALL, Mistake::None).checker().threads(2).spawn_bfs().join();
    println!("{SMALL:?}: {} states, {} unique", checker.state_count(), checker.unique_state_count());
    checker.assert_properties();
}

#[test]
fn nothing_is_wrong_with_a_suspend_between_cuts() {
    let bounds = Bounds { packets: 1, suspends: 1, ..SMALL };
    let checker = Search::new(bounds, Mistake::None).checker().threads(2).spawn_bfs().join();
    println!("{bounds:?}: {} states, {} unique", checker.state_count(), checker.unique_state_count());
    [N1, N2, N3, N4].into_iter().for_each(|property| checker.assert_no_discovery(property));
}

/// The search finds `property` violated where `mistake` is made.
fn finds(mistake: Mistake, property: &'static str, bounds: Bounds) {
    let search = Search::new(bounds, mistake).checker().finish_when(HasDiscoveries::AnyOf([property].into()));
    let checker = search.threads(2).spawn_bfs().join();
    let path = checker.discovery(property).unwrap_or_else(|| panic!("{mistake:?} was not found"));
    println!("{mistake:?} breaks {property}: {:?}", path.into_actions());
}

#[test]
fn mistakes_are_found() {
    let one_cut = Bounds { packets: 3, cuts: 1, ..SMALL };
    finds(Mistake::RestoreBelowLimit, N1, one_cut);
    finds(Mistake::IgnoreLimit, N1, Bounds { packets: 4, ..one_cut });
    finds(Mistake::SkipQuarantine, N2, one_cut);
    finds(Mistake::KeepEdge, N2, one_cut);
    finds(Mistake::NeverAnswer, N3, one_cut);
    finds(Mistake::AcceptOldEcho, N2, SMALL);
}
