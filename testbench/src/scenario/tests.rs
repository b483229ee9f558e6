use super::*;

/// Two models, one pair, traffic both ways.
const TWO: &str = r#"
name = "two"
settle = 10
longest = "1 s"

[[station]]
name = "a"
kind = "model"

[[station]]
name = "b"
kind = "model"

[[tunnel]]
between = ["a", "b"]
addresses = ["10.9.0.1", "10.9.0.2"]
spi = 0x1000
interval = 16
spread = "20 us"
timeout = "200 us"

[[traffic]]
from = "a"
packet = { source = "10.1.0.1", destination = "10.2.0.1", port = 9000 }

[[traffic]]
from = "b"
packet = { source = "10.2.0.1", destination = "10.1.0.1", port = 9000, size = 900 }
"#;

fn outcome(text: &str) -> (Outcome, World) {
    let mut scenario = Scenario::parse("test", text).unwrap_or_else(|error| panic!("{error}"));
    let mut world = build(&mut scenario, Options::default()).unwrap_or_else(|error| panic!("{error}"));
    let outcome = run(&scenario, &mut world, |_| {});
    (outcome, world)
}

fn passes(text: &str) -> (Outcome, World) {
    let (outcome, world) = outcome(text);
    assert!(outcome.passed(), "{:#?}\n{:#?}", outcome.checks, outcome.described);
    (outcome, world)
}

#[test]
fn without_events_everything_arrives() {
    let (outcome, world) = passes(TWO);
    assert_eq!((outcome.resyncs, outcome.outages.len()), (0, 0));
    assert!(world.history.packets.len() >= 20);
    assert!(world.history.packets.iter().all(|packet| matches!(packet.fate, Fate::Delivered(_))));
    assert!(world.history.persisted.iter().any(|record| !record.inbound && record.value >= 33), "{:?}", world.history.persisted);
}

#[test]
fn a_power_cut_is_healed_in_one_round_trip() {
    let text = TWO.to_owned() + "[[event]]\nat = \"500 us\"\ndo = \"power-cut\"\nstation = \"a\"\nfor = \"100 us\"\n";
    let (outcome, world) = passes(&text);
    assert_eq!(outcome.resyncs, 1);
    let outage = &outcome.outages[0];
    assert!(outage.back_after_us.unwrap() < 400.0, "{outage:?}");
    let skipped = outage.numbers_skipped["outbound-0"];
    assert!((1..=32).contains(&skipped), "{skipped}");
    let of = |carries| world.history.packets.iter().filter(|packet| packet.carries == carries).count();
    assert_eq!((of(Carries::Request), of(Carries::Ack)), (1, 1));
}
