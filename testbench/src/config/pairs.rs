//! Recorded SAs: which of them form pairs, and their resync parameters.
//!
//! The outbound and the inbound SA of one index are a pair. Interval and control datagrams belong to the pair; they stand with its outbound SA.

use super::address::address;
use super::error::Problems;
use super::raw::{Control, Sa, Word};
use crate::units;
use holdfast_driver::{Capabilities, Ethernet, FieldError, ResyncParameters, DEFAULT_CONTROL_PORT};
use holdfast_registers::{control, pair};
use std::net::IpAddr;
use std::ops::Range;
use toml::Spanned;

/// Waits are powers of two of this, up to 2^31 of it.
const TICK: u64 = control::TICK as u64;
const LONGEST: u64 = TICK << 31;
/// Waits unless the file says otherwise, in cycles: 1 ms, 8 ms and 1 s.
const SPREAD: u64 = 125_000;
const TIMEOUT: u64 = 1_000_000;
const CEILING: u64 = 125_000_000;
const FAILURES: u8 = 8;
/// Packets between two records unless the file says otherwise.
const INTERVAL: i64 = 1024;

/// The resync parameters of each pair by index; `None` for pairs that are not recorded. Mistakes are added to `problems`.
pub(super) fn read(list: &[Sa], capabilities: &Capabilities, problems: &mut Problems) -> Vec<Option<ResyncParameters>> {
    let of = |direction: &str| list.iter().filter(|sa| sa.direction.get_ref() == direction).collect::<Vec<_>>();
    let (outbound, inbound) = (of("outbound"), of("inbound"));
    for (index, sa) in inbound.iter().enumerate() {
        let fields = [("interval", sa.interval.as_ref().map(Spanned::span)), ("control", sa.control.as_ref().map(Spanned::span))];
        for (name, span) in fields {
            if let Some(span) = span {
                problems.at(span, format!("{name}: found in an inbound SA; accepted only in the outbound one of its pair"));
            }
        }
        let partner = outbound.get(index);
        if is_recorded(sa) && !partner.is_some_and(|sa| is_recorded(sa)) {
            let name = partner.map_or("which does not exist".to_owned(), |sa| format!("\"{}\"", sa.name.get_ref()));
            let number = index + 1;
            let text = format!("record: true was found in inbound SA number {number}; accepted only where outbound SA number {number} ({name}) is recorded too");
            problems.add(sa.record.as_ref().map(Spanned::span), text);
        }
    }
    let pairs = usize::from(capabilities.pairs());
    for (index, sa) in outbound.iter().enumerate().skip(pairs).filter(|(_, sa)| is_recorded(sa)) {
        let text = format!("record: true was found in outbound SA number {}; the NVRAM has places for the first {pairs}", index + 1);
        problems.add(sa.record.as_ref().map(Spanned::span), text);
    }
    outbound.iter().map(|sa| parameters(sa, capabilities, problems)).collect()
}

/// Whether the SA is to be recorded.
pub(super) fn is_recorded(sa: &Sa) -> bool {
    sa.record.as_ref().is_some_and(|record| *record.get_ref())
}

fn parameters(sa: &Sa, capabilities: &Capabilities, problems: &mut Problems) -> Option<ResyncParameters> {
    if !is_recorded(sa) {
        let fields = [("interval", sa.interval.as_ref().map(Spanned::span)), ("control", sa.control.as_ref().map(Spanned::span))];
        for (name, span) in fields {
            if let Some(span) = span {
                problems.at(span, format!("{name}: found in an SA that is not recorded; accepted with record = true"));
            }
        }
        return None;
    }
    let Some(table) = &sa.control else {
        let text = "record: true was found without a table [sa.control]; accepted is one with at least source and destination";
        problems.add(sa.record.as_ref().map(Spanned::span), text);
        return None;
    };
    let raw = table.get_ref();
    let interval = interval(sa, problems);
    let ethernet = ethernet(raw, problems);
    let mut place = |name: &str, field: &Option<Spanned<String>>, default: &Spanned<String>| -> Option<IpAddr> {
        let field = field.as_ref().unwrap_or(default);
        // A mistake in the SA's own addresses is reported there.
        let silent = std::ptr::eq(field, default);
        address(field.get_ref())
            .map_err(|text| {
                if !silent {
                    problems.at(field.span(), format!("control.{name}: {text}"))
                }
            })
            .ok()
    };
    let (local, remote) = (place("local", &raw.local, &sa.local), place("remote", &raw.remote, &sa.remote));
    let port = match &raw.port {
        None => Some(DEFAULT_CONTROL_PORT),
        Some(field) => number("port", field, 1, u16::MAX.into(), problems).map(|port| port as u16),
    };
    let failures = match &raw.failures {
        None => Some(FAILURES),
        Some(field) => number("failures", field, 0, u8::MAX.into(), problems).map(|count| count as u8),
    };
    let spread = exponent("spread", &raw.spread, SPREAD, problems);
    let timeout = exponent("timeout", &raw.timeout, TIMEOUT, problems);
    let ceiling = exponent("ceiling", &raw.ceiling, CEILING.max(TICK << timeout.unwrap_or(0)), problems);
    let parameters = ResyncParameters {
        port: port?,
        interval: interval?,
        spread: spread?,
        timeout: timeout?,
        ceiling: ceiling?,
        failures: failures?,
        ethernet: ethernet?,
        local: local?,
        remote: remote?,
    };
    if let Err(error) = parameters.check(capabilities) {
        refused(raw, sa, error, table.span(), problems);
    }
    Some(parameters)
}

/// What the driver has to say, at the line of the field it means.
fn refused(raw: &Control, sa: &Sa, error: FieldError, table: Range<usize>, problems: &mut Problems) {
    let line = |field: Option<Range<usize>>| field.unwrap_or(table.clone());
    match error {
        FieldError::Ceiling { .. } => {
            let span = line(raw.ceiling.as_ref().or(raw.timeout.as_ref()).map(Spanned::span));
            problems.at(span, "control.ceiling: a time shorter than control.timeout was found; accepted is one not shorter");
        }
        FieldError::ControlRemote { .. } => {
            problems.at(line(raw.remote.as_ref().or(raw.local.as_ref()).map(Spanned::span)), format!("control.remote: {error}"));
        }
        FieldError::Recorded { .. } => problems.add(sa.record.as_ref().map(Spanned::span), format!("record: {error}")),
        error => problems.at(table, format!("control: {error}")),
    }
}

/// The exponent of a number of packets.
fn interval(sa: &Sa, problems: &mut Problems) -> Option<u8> {
    let found = sa.interval.as_ref().map_or(INTERVAL, |field| *field.get_ref());
    let accepted = 1i64 << pair::INTERVAL.start()..=1 << pair::INTERVAL.end();
    if accepted.contains(&found) && found.count_ones() == 1 {
        return Some(found.trailing_zeros() as u8);
    }
    let span = sa.interval.as_ref().map(Spanned::span);
    problems.add(span, format!("interval: {found} was found; accepted are powers of two from {} to {}", accepted.start(), accepted.end()));
    None
}

/// The exponent of the shortest wait of the device that is not shorter than the file's.
fn exponent(name: &str, field: &Option<Spanned<Word>>, default: u64, problems: &mut Problems) -> Option<u8> {
    let cycles = match field {
        None => default,
        Some(field) => match units::cycles(&field.get_ref().text()) {
            Ok(cycles) if cycles <= LONGEST => cycles,
            Ok(_) => {
                problems.at(field.span(), format!("control.{name}: more than {} was found", units::show(LONGEST)));
                return None;
            }
            Err(text) => {
                problems.at(field.span(), format!("control.{name}: {text}"));
                return None;
            }
        },
    };
    Some(cycles.div_ceil(TICK).max(1).next_power_of_two().trailing_zeros() as u8)
}

fn ethernet(raw: &Control, problems: &mut Problems) -> Option<Ethernet> {
    let mut mac = |name: &str, field: &Spanned<String>| {
        let found = ethernet_address(field.get_ref());
        if found.is_none() {
            let text =
                format!("control.{name}: \"{}\" was found; accepted is an Ethernet address like \"02:00:00:00:00:0a\"", field.get_ref());
            problems.at(field.span(), text);
        }
        found
    };
    let (destination, source) = (mac("destination", &raw.destination), mac("source", &raw.source));
    let vlan = match &raw.vlan {
        None => None,
        Some(field) => Some(number("vlan", field, 1, 4094, problems)? as u16),
    };
    Some(Ethernet { destination: destination?, source: source?, vlan })
}

/// Six bytes in hexadecimal, with colons between them.
pub(crate) fn ethernet_address(text: &str) -> Option<[u8; 6]> {
    let bytes: Option<Vec<u8>> = text.split(':').map(|digits| u8::from_str_radix(digits, 16).ok()).collect();
    bytes?.try_into().ok()
}

fn number(name: &str, field: &Spanned<i64>, low: i64, high: i64, problems: &mut Problems) -> Option<i64> {
    let found = *field.get_ref();
    if (low..=high).contains(&found) {
        return Some(found);
    }
    problems.at(field.span(), format!("control.{name}: {found} was found; accepted are {low} to {high}"));
    None
}
