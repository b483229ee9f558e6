//! The `[[policy]]` tables.

use super::address::prefix;
use super::error::Problems;
use super::raw::{self, Policy, Word};
use super::Station;
use holdfast_driver::{Action, Addresses, Capabilities, Direction, PortRange, Prefix, Rule};
use holdfast_registers::wire::protocol;
use std::net::IpAddr;
use std::ops::Range;
use toml::Spanned;

/// Protocols with source and destination port.
const WITH_PORTS: [u8; 4] = [protocol::TCP, protocol::UDP, protocol::SCTP, protocol::UDP_LITE];

pub(super) fn read(raw: &raw::Station, capabilities: &Capabilities, station: &mut Station, problems: &mut Problems) {
    for policy in &raw.policy {
        let directions: &[Direction] = match policy.direction.get_ref().as_str() {
            "outbound" => &[Direction::Outbound],
            "inbound" => &[Direction::Inbound],
            "both" => &[Direction::Outbound, Direction::Inbound],
            other => {
                let accepted = "accepted are \"outbound\", \"inbound\" and \"both\"";
                problems.at(policy.direction.span(), format!("direction: \"{other}\" was found; {accepted}"));
                continue;
            }
        };
        let Some(selectors) = selectors(policy, problems) else { continue };
        for &direction in directions {
            let Some(action) = action(policy, direction, raw, station, problems) else { break };
            let list = match direction {
                Direction::Outbound => &mut station.outbound_rules,
                Direction::Inbound => &mut station.inbound_rules,
            };
            list.push(Rule { action, ..selectors });
            let most = capabilities.rules(direction);
            if list.len() == usize::from(most) + 1 {
                let text = format!("{direction} rule number {} was found; accepted are at most {most} in this direction", list.len());
                problems.at(policy.direction.span(), text);
            }
        }
    }
}

/// The rule but for its action.
fn selectors(policy: &Policy, problems: &mut Problems) -> Option<Rule> {
    let mut of = |name: &str, field: &Option<Spanned<String>>| -> Option<Option<Prefix<IpAddr>>> {
        let Some(field) = field else { return Some(None) };
        prefix(field.get_ref()).map_err(|text| problems.at(field.span(), format!("{name}: {text}"))).ok()
    };
    let (source, destination) = (of("source", &policy.source), of("destination", &policy.destination));
    let (source, destination) = (source?, destination?);
    let addresses = match Addresses::from_prefixes(source, destination) {
        Ok(addresses) => addresses,
        Err(error) => {
            problems.add(policy.destination.as_ref().map(Spanned::span), format!("destination: {error}"));
            return None;
        }
    };
    let protocol = upper_protocol(policy, addresses, problems)?;
    let source_ports = ports("source_ports", &policy.source_ports, problems)?;
    let destination_ports = ports("destination_ports", &policy.destination_ports, problems)?;
    for (name, range, field) in
        [("source_ports", source_ports, &policy.source_ports), ("destination_ports", destination_ports, &policy.destination_ports)]
    {
        // ICMP's type and code stand in the place of the source port.
        let has = protocol.is_none_or(|number| {
            WITH_PORTS.contains(&number) || name == "source_ports" && [protocol::ICMP, protocol::ICMPV6].contains(&number)
        });
        if !has && range != PortRange::ANY {
            let text = format!("{name}: {range} was found, and packets of this rule's protocol have none; accepted is \"any\"");
            problems.add(field.as_ref().map(Spanned::span), text);
        }
    }
    Some(Rule { addresses, protocol, source_ports, destination_ports, action: Action::Discard })
}

fn upper_protocol(policy: &Policy, addresses: Addresses, problems: &mut Problems) -> Option<Option<u8>> {
    let Some(field) = &policy.protocol else { return Some(None) };
    let text = field.get_ref().text();
    let number = match text.as_str() {
        "any" => return Some(None),
        "tcp" => protocol::TCP,
        "udp" => protocol::UDP,
        "icmp" => protocol::ICMP,
        "icmpv6" => protocol::ICMPV6,
        other => match other.parse() {
            Ok(number) => number,
            Err(_) => {
                let accepted = "accepted are \"any\", \"tcp\", \"udp\", \"icmp\", \"icmpv6\" and 0 to 255";
                problems.at(field.span(), format!("protocol: \"{other}\" was found; {accepted}"));
                return None;
            }
        },
    };
    let (family, wrong) = match addresses {
        Addresses::Any => return Some(Some(number)),
        Addresses::Ipv4 { .. } => ("IPv4", protocol::ICMPV6),
        Addresses::Ipv6 { .. } => ("IPv6", protocol::ICMP),
    };
    if number == wrong {
        let other = if wrong == protocol::ICMP { "icmpv6" } else { "icmp" };
        problems.at(field.span(), format!("protocol: \"{text}\" was found with {family} addresses; accepted there is \"{other}\""));
    }
    Some(Some(number))
}

fn ports(name: &str, field: &Option<Spanned<Word>>, problems: &mut Problems) -> Option<PortRange> {
    let Some(field) = field else { return Some(PortRange::ANY) };
    let text = field.get_ref().text();
    if text == "any" {
        return Some(PortRange::ANY);
    }
    let (low, high) = text.split_once('-').unwrap_or((&text, &text));
    match (low.trim().parse(), high.trim().parse()) {
        (Ok(low), Ok(high)) if low <= high => Some(PortRange { low, high }),
        _ => {
            let accepted = "accepted are \"any\", a port, or a range like \"1024-65535\", 0 to 65535";
            problems.at(field.span(), format!("{name}: \"{text}\" was found; {accepted}"));
            None
        }
    }
}

fn action(policy: &Policy, direction: Direction, raw: &raw::Station, station: &Station, problems: &mut Problems) -> Option<Action> {
    let plain = match policy.action.get_ref().as_str() {
        "protect" => return protect(policy, direction, raw, station, problems),
        "bypass" => Action::Bypass,
        "discard" => Action::Discard,
        other => {
            let accepted = "accepted are \"protect\", \"bypass\" and \"discard\"";
            problems.at(policy.action.span(), format!("action: \"{other}\" was found; {accepted}"));
            return None;
        }
    };
    if let Some(sa) = &policy.sa {
        problems.at(sa.span(), "sa: found with an action that names none; accepted only with action = \"protect\"");
    }
    Some(plain)
}

fn protect(policy: &Policy, direction: Direction, raw: &raw::Station, station: &Station, problems: &mut Problems) -> Option<Action> {
    let mut refuse = |span: Range<usize>, text: String| {
        problems.at(span, text);
        None
    };
    if policy.direction.get_ref() == "both" {
        let accepted = "accepted is one direction per rule, since an SA has one";
        return refuse(policy.direction.span(), format!("direction: \"both\" was found with action = \"protect\"; {accepted}"));
    }
    let Some(sa) = &policy.sa else {
        return refuse(policy.action.span(), "sa: missing; action = \"protect\" needs the name of an SA".to_owned());
    };
    let wanted = sa.get_ref();
    let index = match direction {
        Direction::Outbound => station.outbound.iter().position(|named| named.name == *wanted),
        Direction::Inbound => station.inbound.iter().position(|named| named.name == *wanted),
    };
    if let Some(index) = index {
        return Some(Action::Protect { sa: index as u16 });
    }
    let opposite = if direction == Direction::Inbound { Direction::Outbound } else { Direction::Inbound };
    match raw.sa.iter().find(|sa| sa.name.get_ref() == wanted) {
        None => refuse(sa.span(), format!("sa: \"{wanted}\" was found; accepted is the name of an SA of this file")),
        Some(other) if *other.direction.get_ref() == opposite.to_string() => {
            refuse(sa.span(), format!("sa: \"{wanted}\" is not an {direction} SA; accepted is the name of one that is"))
        }
        // The SA itself is wrong, and reported at its own lines.
        Some(_) => None,
    }
}
