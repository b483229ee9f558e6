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

fn outcome_of(text: &str) -> (Outcome, World) {
    let mut scenario = Scenario::parse("test", text).unwrap_or_else(|error| panic!("{error}"));
    let mut world = build(&mut scenario, Options::default()).unwrap_or_else(|error| panic!("{error}"));
    let outcome = run(&scenario, &mut world, |_| {});
    (outcome, world)
}

fn passes(text: &str) -> (Outcome, World) {
    let (outcome, world) = outcome_of(text);
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

/// What is wrong with a file is told with its line, what was found, and what is accepted.
#[test]
fn mistakes_are_named() {
    let refused = |from: &str, to: &str, words: &str| {
        let text = (TWO.to_owned() + EVENT).replacen(from, to, 1);
        assert_ne!(text, TWO.to_owned() + EVENT, "{from}");
        let error = Scenario::parse("s.toml", &text).expect_err(to).to_string();
        assert!(error.contains(words) && error.starts_with("s.toml:"), "{error}");
    };
    refused("name = \"b\"", "name = \"a\"", "found twice");
    refused("kind = \"model\"", "kind = \"toy\"", "kind: \"toy\" was found; accepted are \"device\" and \"model\"");
    refused("longest = \"1 s\"", "longest = \"1 hour\"", "accepted is a number of microseconds");
    refused("from = \"a\"", "from = \"c\"", "station \"c\" was found; accepted are \"a\", \"b\"");
    refused("\"10.1.0.1\", destination", "\"here\", destination", "accepted is an IPv4 or IPv6 address");
    refused("size = 900", "size = 9000", "size: 9000 was found; accepted are 64 to 1514");
    refused("at = \"500 us\"", "", "accepted is either at or after");
    refused("do = \"power-cut\"", "do = \"explode\"", "do: \"explode\" was found; accepted are \"power-cut\"");
    refused("do = \"power-cut\"", "do = \"reset\"", "for: found with do = \"reset\"; accepted with power-cut");
    refused("do = \"power-cut\"", "do = \"power-cut\"\ntear = \"up\"", "accepted are \"old\", \"new\" and \"mixed\"");
    refused("station = \"a\"\nfor", "for", "station: none was found");
    refused("settle", "settel", "unknown field `settel`");
    let link = "[[link]]\nbetween = [\"a\", \"b\"]\nloss = \"120 %\"\n[[event]]";
    refused("[[event]]", link, "loss: \"120 %\" was found; accepted are 0 to 1, or \"0 %\" to \"100 %\"");
    let error = Scenario::load(std::path::Path::new("absent.toml")).expect_err("no such file").to_string();
    assert!(error.starts_with("absent.toml: "), "{error}");
}

const EVENT: &str = "[[event]]\nat = \"500 us\"\ndo = \"power-cut\"\nstation = \"a\"\nfor = \"100 us\"\n";

/// The checker finds what it is there for: a device whose sequence state does not survive.
#[test]
fn a_device_that_forgets_is_found_out() {
    let mut scenario = Scenario::parse("test", &(TWO.to_owned() + EVENT)).unwrap_or_else(|error| panic!("{error}"));
    let mut world = build(&mut scenario, Options::default()).unwrap_or_else(|error| panic!("{error}"));
    // When the power is gone, somebody puts the NVRAM of the first second back: what an attacker with a soldering iron could do.
    let nvram = world.stations[0].simulation.nvram().clone();
    let mut early = None;
    world.hook = Some(Box::new(move |world: &mut World| match world.now() {
        1000 => early = Some(crate::station::nvram(&nvram).contents().to_owned()),
        70_000 => *crate::station::nvram(&nvram).contents_mut() = early.take().expect("kept"),
        _ => {}
    }));
    let outcome = run(&scenario, &mut world, |_| {});
    assert!(outcome.nonce_reuse > 0 && !outcome.passed(), "{:?}", outcome.checks);
    assert!(outcome.described.iter().any(|text| text.contains("sealed a second packet")), "{:?}", outcome.described);
}

const REWIND: &str = "[[event]]\nat = \"550 us\"\ndo = \"rewind\"\nstation = \"a\"\nto = \"100 us\"\n";

#[test]
fn the_counter_finds_the_rewind_out() {
    let text = (TWO.to_owned() + EVENT + REWIND).replacen("kind = \"model\"", "kind = \"model\"\ncounter = true", 1);
    let (outcome, world) = passes(&text);
    let skipped = outcome.outages[0].numbers_skipped["outbound-0"];
    assert!((1..=64).contains(&skipped), "{skipped}");
    let counter = world.stations[0].simulation.counter_part().expect("it has one").value();
    assert!((4..60).contains(&counter), "format, two power-ups and a limit now and then: {counter}");
    assert!(world.stations[1].simulation.counter_part().is_none());
    // One place alone, back to something that happened.
    let event = "to_after = { what = \"sealed\", station = \"a\", count = 20 }\nplace = 0\n";
    passes(&text.replace("to = \"100 us\"\n", event));
    let (outcome, _) = outcome_of(&text.replace("counter = true", ""));
    assert!(outcome.nonce_reuse > 0 && !outcome.passed(), "{:?}", outcome.checks);
}

/// A rewind that cannot be is told, and fails the run.
#[test]
fn an_nvram_is_rewound_without_power_only() {
    for (from, to, words) in [
        ("at = \"550 us\"", "at = \"300 us\"", "a: rewind: the power was on; accepted while it is off"),
        ("to = \"100 us\"", "to_after = { what = \"ack\", station = \"b\" }", "a: rewind: what it goes back to had not happened"),
    ] {
        let text = (TWO.to_owned() + EVENT + REWIND).replacen(from, to, 1);
        let (outcome, _) = outcome_of(&text);
        assert!(outcome.described.iter().any(|text| text.contains(words)), "{:?}", outcome.described);
        assert!(!outcome.passed());
    }
}

#[test]
fn mistakes_about_counters_and_rewinds_are_named() {
    let refused = |from: &str, to: &str, words: &str| {
        let text = (TWO.to_owned() + EVENT + REWIND).replacen(from, to, 1);
        assert_ne!(text, TWO.to_owned() + EVENT + REWIND, "{from}");
        let error = Scenario::parse("s.toml", &text).expect_err(to).to_string();
        assert!(error.contains(words) && error.starts_with("s.toml:"), "{error}");
    };
    let kind = "kind = \"model\"";
    refused(kind, "counter = 1", "expected a boolean");
    refused(kind, "counter_delay = 9", "counter_delay: found at a station without a counter; accepted with counter = true");
    refused(
        kind,
        "counter = true\ncounter_delay = \"1 s\"",
        "counter_delay: 125000000 cycles were found; accepted are 1 to 16777215 cycles",
    );
    refused(kind, "counter = true\ncounter_delay = \"soon\"", "counter_delay: \"soon\" was found");
    refused("to = \"100 us\"", "", "rewind: accepted is either to or to_after");
    refused("to = \"100 us\"", "to = \"550 us\"", "to: \"550 us\" was found, which is not before at; accepted is an earlier time");
    refused("to = \"100 us\"", "to_after = { what = \"rain\", station = \"a\" }", "what: \"rain\" was found");
    refused("to = \"100 us\"", "to = \"100 us\"\nplace = 64", "place: 64 was found; accepted are 0 to 63");
    refused("do = \"rewind\"", "do = \"reset\"", "to: found with do = \"reset\"; accepted with rewind");
}
