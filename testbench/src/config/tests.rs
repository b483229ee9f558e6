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
