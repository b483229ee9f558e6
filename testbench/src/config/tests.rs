use super::*;
use holdfast_driver::{Action, PortRange};

const GOOD: &str = r#"[[sa]]
name      = "to-server"
direction = "outbound"
spi       = 0x1000
algorithm = "aes-gcm-16"
key       = "000102030405060708090a0b0c0d0e0f"
salt      = "deadbeef"
mode      = "tunnel"
local     = "10.90.0.2"
remote    = "10.90.0.1"

[[sa]]
name      = "from-server"
direction = "inbound"
spi       = 0x2000
algorithm = "aes-gcm-16"
key       = "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f"
salt      = "deadbeef"
mode      = "tunnel"
local     = "10.90.0.2"
remote    = "10.90.0.1"
esn       = true
sequence  = 1
window    = 64
udp_encapsulation = 4500

[[policy]]
direction   = "outbound"
source      = "10.90.0.0/24"
destination = "10.90.0.1/32"
protocol    = "tcp"
source_ports = "any"
destination_ports = "80-90"
action      = "protect"
sa          = "to-server"

[[policy]]
direction = "both"
protocol  = 89
action    = "bypass"
"#;

#[test]
fn the_example_is_read() {
    let station = Station::parse("s.toml", GOOD, &compact()).unwrap();
    assert_eq!(station.outbound[0].name, "to-server");
    assert_eq!(station.nat_t_port, Some(4500));
    assert_eq!(station.outbound_rules.len(), 2);
    assert_eq!(station.inbound_rules.len(), 1);
    let rule = station.outbound_rules[0];
    assert_eq!((rule.action, rule.destination_ports), (Action::Protect { sa: 0 }, PortRange { low: 80, high: 90 }));
    assert_eq!(station.inbound_rules[0].protocol, Some(89));
    let words = station.outbound[0].sa.words();
    assert_eq!(words[holdfast_registers::sa::LIMIT..][..2], [u32::MAX, u32::MAX]);
    let without = GOOD.replace("remote    = \"10.90.0.1\"\n\n[[sa]]", "remote    = \"10.90.0.1\"\nesn = false\n\n[[sa]]");
    let words = Station::parse("s.toml", &without, &compact()).unwrap().outbound[0].sa.words();
    assert_eq!(words[holdfast_registers::sa::LIMIT..][..2], [0, 1], "2^32 without ESN");
}

/// Replaces `from` with `to` and expects one problem at `line` that contains `text`.
fn refused(from: &str, to: &str, line: usize, text: &str) {
    assert!(GOOD.contains(from), "{from}");
    let error = Station::parse("s.toml", &GOOD.replacen(from, to, 1), &compact()).expect_err(to);
    assert_eq!(error.problems.len(), 1, "{error}");
    assert_eq!(error.problems[0].line, Some(line), "{error}");
    assert!(error.to_string().contains(text), "{error}");
    assert!(error.to_string().starts_with(&format!("s.toml:{line}: ")), "{error}");
    assert!(!error.to_string().contains("0001020304"), "a key was printed");
}

#[test]
fn every_mistake_is_named_with_its_line() {
    refused("0c0d0e0f\"\nsalt", "0c0d0e\"\nsalt", 6, "accepted are 16 and 32");
    refused("\"000102030405060708090a0b0c0d0e0f\"", "\"xyz\"", 6, "hexadecimal");
    refused("\"000102030405060708090a0b0c0d0e0f\"", "\"000\"", 6, "odd");
    refused("\"000102030405060708090a0b0c0d0e0f\"", "1234567", 6, "in quotes");
    refused("\"deadbeef\"", "\"deadbeef00\"", 7, "salt: 5 bytes were found; accepted are 4");
    refused("\"tunnel\"", "\"tunel\"", 8, "accepted are \"tunnel\" and \"transport\"");
    refused("\"aes-gcm-16\"", "\"aes-gmac\"", 5, "does not have");
    refused("\"aes-gcm-16\"", "\"aes-cbc\"", 5, "accepted is \"aes-gcm-16\"");
    refused("0x1000", "255", 4, "255 was found");
    refused("0x1000", "0x100000000", 4, "accepted are 256 to 4294967295");
    refused("\"outbound\"\nspi", "\"out\"\nspi", 3, "\"out\" was found");
    refused("local     = \"10.90.0.2\"", "local     = \"fd90::2\"", 10, "remote");
    refused("local     = \"10.90.0.2\"", "local     = \"host\"", 9, "IPv4 or IPv6 address");
    refused("window    = 64", "window    = 2000", 24, "1024");
    refused("window    = 64", "window    = 0", 24, "window");
    refused("window    = 64", "mtu    = 1400", 24, "accepted only in an outbound");
    refused("sequence  = 1", "sequence  = 0", 23, "sequence number 0");
    refused("udp_encapsulation = 4500", "udp_encapsulation = 70000", 25, "accepted are 1 to 65535");
    refused("\"10.90.0.0/24\"", "\"10.90.0.0/33\"", 29, "accepted are 0 to 32");
    refused("\"10.90.0.0/24\"", "\"10.90.0.2/24\"", 29, "accepted is \"10.90.0.0/24\"");
    refused("\"10.90.0.0/24\"", "\"fd90::/64\"", 30, "destination");
    refused("\"tcp\"\nsource_ports = \"any\"\ndestination_ports = \"80-90\"", "\"icmpv6\"", 31, "accepted there is \"icmp\"");
    refused("\"80-90\"", "\"90-80\"", 33, "a range like");
    refused("\"80-90\"", "80000", 33, "a range like");
    refused("\"protect\"", "\"encrypt\"", 34, "accepted are \"protect\"");
    refused("sa          = \"to-server\"", "sa = \"nowhere\"", 35, "name of an SA of this file");
    refused("sa          = \"to-server\"", "sa = \"from-server\"", 35, "not an outbound SA");
    refused("sa          = \"to-server\"", "", 34, "needs the name of an SA");
    refused("\"from-server\"", "\"to-server\"", 13, "found twice");
    refused("direction   = \"outbound\"", "direction = \"both\"", 28, "one direction per rule");
    refused("action    = \"bypass\"", "action = \"bypass\"\nsa = \"to-server\"", 41, "accepted only with action");
    refused("action    = \"bypass\"", "action = \"bypass\"\ncolour = 3", 41, "unknown field `colour`");
    refused("protocol  = 89", "protocol  = 89\nsource_ports = 5", 40, "have none");
}

#[test]
fn tables_are_not_overfilled_and_pairs_not_doubled() {
    let rule = "[[policy]]\ndirection = \"both\"\naction = \"discard\"\n";
    Station::parse("s.toml", &rule.repeat(16), &compact()).unwrap();
    let error = Station::parse("s.toml", &rule.repeat(17), &compact()).unwrap_err();
    assert_eq!(error.problems.len(), 2, "{error}");
    assert!(error.to_string().contains("outbound rule number 17 was found; accepted are at most 16"), "{error}");

    let sa = GOOD.split("[[sa]]").nth(1).unwrap();
    let doubled = format!("{GOOD}\n[[sa]]{}", sa.replace("to-server", "again"));
    let error = Station::parse("s.toml", &doubled, &compact()).unwrap_err();
    assert!(error.to_string().contains("spi: 0x1000 to 10.90.0.1 was found, as \"to-server\" has it"), "{error}");
}

#[test]
fn all_mistakes_are_reported_together() {
    let text = GOOD.replace("0x1000", "1").replace("\"deadbeef\"", "\"\"").replace("80-90", "x");
    let error = Station::parse("s.toml", &text, &compact()).unwrap_err();
    assert!(error.problems.len() >= 4, "{error}");
    assert!(error.problems.windows(2).all(|pair| pair[0].line <= pair[1].line));
}

const RECORDED: &str = r#"device_key = "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"

[[sa]]
name      = "to-server"
direction = "outbound"
spi       = 0x1000
algorithm = "aes-gcm-16"
key       = "000102030405060708090a0b0c0d0e0f"
salt      = "deadbeef"
mode      = "tunnel"
local     = "10.90.0.2"
remote    = "10.90.0.1"
record    = true
interval  = 64

[sa.control]
port        = 4000
local       = "fd90::2"
remote      = "fd90::1"
source      = "02:00:00:00:00:0a"
destination = "02:00:00:00:00:0B"
vlan        = 7
spread      = 0
timeout     = "100 us"
ceiling     = 2.5
failures    = 3

[[sa]]
name      = "from-server"
direction = "inbound"
spi       = 0x2000
algorithm = "aes-gcm-16"
key       = "000102030405060708090a0b0c0d0e0f"
salt      = "deadbeef"
mode      = "tunnel"
local     = "10.90.0.2"
remote    = "10.90.0.1"
record    = true
"#;

/// Replaces `from` with `to` in the recorded example and expects one problem at `line` that contains `text`.
fn refused_recorded(from: &str, to: &str, line: usize, text: &str) {
    let good = RECORDED.replace("ceiling     = 2.5", "ceiling     = \"1 ms\"");
    assert!(good.contains(from), "{from}");
    let error = Station::parse("s.toml", &good.replacen(from, to, 1), &compact()).expect_err(to);
    assert_eq!((error.problems.len(), error.problems[0].line), (1, Some(line)), "{error}");
    assert!(error.to_string().contains(text), "{error}");
    assert!(!error.to_string().contains("2021222324"), "a key was printed");
}

#[test]
fn recorded_pairs_are_read() {
    let station = Station::parse("s.toml", &RECORDED.replace("ceiling     = 2.5\n", ""), &compact()).unwrap();
    let pair = station.pairs[0].unwrap();
    assert_eq!((pair.port, pair.interval, pair.spread, pair.failures), (4000, 6, 0, 3));
    // 100 us are 12,500 cycles or 48.8 ticks: the next wait of the device is 64 ticks. A second is 488,281 ticks.
    assert_eq!((pair.timeout, pair.ceiling), (6, 19));
    assert_eq!((pair.ethernet.source, pair.ethernet.destination, pair.ethernet.vlan), ([2, 0, 0, 0, 0, 10], [2, 0, 0, 0, 0, 11], Some(7)));
    assert_eq!((pair.local.to_string(), pair.remote.to_string()), ("fd90::2".to_owned(), "fd90::1".to_owned()));
    let recorded = holdfast_registers::sa::flags::RECORDED;
    assert_eq!(station.outbound[0].sa.words()[0] & recorded, recorded);
    assert_eq!(station.inbound[0].sa.words()[0] & recorded, recorded);
    let key = station.device_key.unwrap();
    assert_eq!((key.0[0], key.0[31], format!("{key:?}").as_str()), (0x20, 0x3f, "DeviceKey(..)"));

    let short: String = RECORDED
        .lines()
        .filter(|line| {
            ["port", "local       ", "remote      ", "vlan", "spread", "timeout", "ceiling", "failures", "interval"]
                .iter()
                .all(|word| !line.starts_with(word))
        })
        .map(|line| line.to_owned() + "\n")
        .collect();
    let pair = Station::parse("s.toml", &short, &compact()).unwrap().pairs[0].unwrap();
    assert_eq!((pair.port, pair.interval, pair.spread, pair.timeout, pair.ceiling, pair.failures), (51847, 10, 9, 12, 19, 8));
    assert_eq!(pair.local.to_string(), "10.90.0.2");
    assert!(Station::parse("s.toml", GOOD, &compact()).unwrap().pairs.iter().all(Option::is_none));
}

#[test]
fn mistakes_about_recorded_pairs_are_named() {
    refused_recorded("interval  = 64", "interval  = 100", 14, "powers of two from 16 to 16777216");
    refused_recorded("interval  = 64", "interval  = 8", 14, "powers of two");
    refused_recorded("= 4000", "= 0", 17, "control.port: 0 was found; accepted are 1 to 65535");
    refused_recorded("\"fd90::1\"", "\"10.0.0.1\"", 19, "control.remote: remote control address 10.0.0.1: accepted are IPv6");
    refused_recorded("\"fd90::2\"", "\"here\"", 18, "control.local: \"here\" was found");
    refused_recorded("00:00:0a\"", "00:0a\"", 20, "control.source: \"02:00:00:00:0a\" was found; accepted is an Ethernet address");
    refused_recorded("00:0B\"", "00:0g\"", 21, "control.destination");
    refused_recorded("vlan        = 7", "vlan        = 4095", 22, "accepted are 1 to 4094");
    refused_recorded(
        "spread      = 0",
        "spread      = \"1 week\"",
        23,
        "control.spread: \"1 week\" was found; accepted is a number of microseconds",
    );
    refused_recorded("spread      = 0", "spread      = \"5000 s\"", 23, "more than 4398");
    refused_recorded("\"1 ms\"", "\"50 us\"", 25, "control.ceiling: a time shorter than control.timeout was found");
    refused_recorded("failures    = 3", "failures    = 256", 26, "accepted are 0 to 255");
    refused_recorded("failures", "successes", 26, "unknown field `successes`");
    refused_recorded("interval  = 64", "limit     = 64", 14, "the device chooses it");
    let key = "device_key = \"202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f\"";
    refused_recorded(key, "", 13, "accepted with device_key or device_key_file");
    let without = "counter: true was found in a file without a device key";
    let error = Station::parse("s.toml", &format!("counter = true\n{GOOD}"), &compact()).unwrap_err();
    assert!(error.to_string().starts_with("s.toml:1: ") && error.to_string().contains(without), "{error}");
    assert!(
        Station::parse("s.toml", &format!("counter = true\n{RECORDED}").replace("ceiling     = 2.5\n", ""), &compact()).unwrap().counter
    );
    refused_recorded(key, "device_key = \"2021\"", 1, "device_key: 2 bytes were found; accepted are 32");
    refused_recorded(key, "device_key_file = \"absent.key\"", 1, "absent.key");
    refused_recorded(key, &format!("device_key_file = \"a\"\n{key}"), 1, "found together with device_key");
    // Two mistakes follow from this one: the table stands with an SA that is not recorded, and its partner is.
    let text = RECORDED.replacen("record    = true", "record    = false", 1);
    let error = Station::parse("s.toml", &text, &compact()).unwrap_err();
    assert!(error.to_string().contains("accepted only where outbound SA number 1 (\"to-server\") is recorded too"), "{error}");
    assert!(error.to_string().contains("interval: found in an SA that is not recorded; accepted with record = true"), "{error}");
    let text = RECORDED.replace("[sa.control]", "[[sa]]");
    assert!(Station::parse("s.toml", &text, &compact()).is_err());
    let mut text = RECORDED.to_owned();
    text.push_str("interval = 64\n");
    let error = Station::parse("s.toml", &text, &compact()).unwrap_err();
    assert!(error.to_string().contains("accepted only in the outbound one of its pair"), "{error}");
}

#[test]
fn the_longest_frame_is_that_of_the_profile_at_most() {
    let text = |bytes: &str| format!("max_frame = {bytes}\n{GOOD}");
    let jumbo = capabilities(Profile::Pipelined.sizes());
    assert_eq!(Station::parse("s.toml", GOOD, &compact()).unwrap().max_frame, None);
    assert_eq!(Station::parse("s.toml", &text("1000"), &compact()).unwrap().max_frame, Some(1000));
    assert_eq!(Station::parse("s.toml", &text("9022"), &jumbo).unwrap().max_frame, Some(9022));
    for (bytes, capabilities, most) in [("1523", compact(), 1522), ("9023", jumbo, 9022), ("63", jumbo, 9022), ("-1", jumbo, 9022)] {
        let error = Station::parse("s.toml", &text(bytes), &capabilities).unwrap_err().to_string();
        assert!(error.starts_with("s.toml:1: ") && error.contains(&format!("{bytes} was found; accepted are 64 to {most}")), "{error}");
    }
}
