//! The `[[sa]]` tables.

use super::address::address;
use super::error::Problems;
use super::pairs::is_recorded;
use super::raw::Sa;
use super::{Named, Station};
use holdfast_driver::{Capabilities, Direction, FieldError, InboundSa, Key, Mode, OutboundSa, Salt};
use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Range;
use toml::Spanned;

/// Words of the format that this device does not have.
const NOT_AVAILABLE: [&str; 3] = ["aes-gcm-16-iiv", "aes-gmac", "ah-aes-gmac"];

pub(super) fn read(list: &[Sa], capabilities: &Capabilities, station: &mut Station, problems: &mut Problems) {
    let mut names: HashMap<&str, ()> = HashMap::new();
    let mut inbound_port: Option<u16> = None;
    let mut selectors: HashMap<(bool, i64, &str, bool), &str> = HashMap::new();
    for raw in list {
        let name = raw.name.get_ref();
        if names.insert(name, ()).is_some() {
            problems.at(raw.name.span(), format!("name: \"{name}\" was found twice; accepted is a name that no other SA has"));
        }
        let Some(direction) = direction(raw, problems) else { continue };
        let inbound = direction == Direction::Inbound;
        // What the receiver finds the SA by; for outbound SAs that receiver is the peer.
        let end = if inbound { raw.local.get_ref() } else { raw.remote.get_ref() };
        let selector = (inbound, *raw.spi.get_ref(), end.as_str(), raw.udp_encapsulation.is_some());
        if let Some(other) = selectors.insert(selector, name) {
            problems.at(
                raw.spi.span(),
                format!("spi: {:#x} to {end} was found, as \"{other}\" has it; accepted is a pair of its own", raw.spi.get_ref()),
            );
        }
        let Some(common) = Common::read(raw, problems) else { continue };
        refuse_fields(raw, inbound, problems);
        if inbound {
            if let (Some(port), Some((_, found))) = (inbound_port, common.ports) {
                if port != found {
                    let span = raw.udp_encapsulation.as_ref().map(Spanned::span);
                    problems.add(span, format!("udp_encapsulation: {found} was found; accepted is {port}, as for the inbound SAs before: the device listens at one port"));
                }
            }
            inbound_port = inbound_port.or(common.ports.map(|(_, port)| port));
            if let Some(sa) = common.inbound(raw, problems) {
                check(raw, sa.check(capabilities), problems);
                station.inbound.push(Named { name: name.clone(), sa });
            }
        } else if let Some(sa) = common.outbound(raw, problems) {
            check(raw, sa.check(capabilities), problems);
            station.outbound.push(Named { name: name.clone(), sa });
        }
        let (count, most) = match direction {
            Direction::Inbound => (station.inbound.len(), capabilities.sas(direction)),
            Direction::Outbound => (station.outbound.len(), capabilities.sas(direction)),
        };
        if count == usize::from(most) + 1 {
            problems.at(raw.name.span(), format!("{direction} SA number {count} was found; accepted are at most {most} in this direction"));
        }
    }
    station.nat_t_port = inbound_port;
}

fn direction(raw: &Sa, problems: &mut Problems) -> Option<Direction> {
    match raw.direction.get_ref().as_str() {
        "outbound" => Some(Direction::Outbound),
        "inbound" => Some(Direction::Inbound),
        other => {
            problems.at(raw.direction.span(), format!("direction: \"{other}\" was found; accepted are \"outbound\" and \"inbound\""));
            None
        }
    }
}

/// Fields that have no meaning in the other direction.
fn refuse_fields(raw: &Sa, inbound: bool, problems: &mut Problems) {
    let fields: &[(&str, Option<Range<usize>>)] = if inbound {
        &[
            ("limit", raw.limit.as_ref().map(Spanned::span)),
            ("mtu", raw.mtu.as_ref().map(Spanned::span)),
            ("hop_limit", raw.hop_limit.as_ref().map(Spanned::span)),
        ]
    } else {
        &[("window", raw.window.as_ref().map(Spanned::span))]
    };
    let (this, other) = if inbound { ("inbound", "outbound") } else { ("outbound", "inbound") };
    for (name, span) in fields {
        if let Some(span) = span {
            problems.at(span.clone(), format!("{name}: found in an {this} SA; accepted only in an {other} one"));
        }
    }
}

/// What the driver has to say about the values, at the line of the field it means.
fn check(raw: &Sa, result: Result<(), FieldError>, problems: &mut Problems) {
    let Err(error) = result else { return };
    let of = |field: Option<Range<usize>>| field.unwrap_or(raw.name.span());
    let (name, span) = match &error {
        FieldError::Spi { .. } => ("spi", raw.spi.span()),
        FieldError::KeyLength { .. } => ("key", raw.key.span()),
        FieldError::Algorithm { .. } => ("algorithm", raw.algorithm.span()),
        FieldError::Mode { .. } => ("mode", raw.mode.span()),
        FieldError::Family { .. } => ("local", raw.local.span()),
        FieldError::Remote { .. } => ("remote", raw.remote.span()),
        FieldError::Esn { .. } => ("esn", of(raw.esn.as_ref().map(Spanned::span))),
        FieldError::UdpEncapsulation { .. } | FieldError::UdpPort { .. } => {
            ("udp_encapsulation", of(raw.udp_encapsulation.as_ref().map(Spanned::span)))
        }
        FieldError::Window { .. } => ("window", of(raw.window.as_ref().map(Spanned::span))),
        FieldError::Sequence { .. } => ("sequence", of(raw.sequence.as_ref().map(Spanned::span))),
        FieldError::Recorded { .. } => ("record", of(raw.record.as_ref().map(Spanned::span))),
        FieldError::Limit { .. } | FieldError::RecordedLimit { .. } => ("limit", of(raw.limit.as_ref().map(Spanned::span))),
        FieldError::HopLimit { .. } => ("hop_limit", of(raw.hop_limit.as_ref().map(Spanned::span))),
        _ => ("sa", raw.name.span()),
    };
    problems.at(span, format!("{name}: {error}"));
}

/// What both directions have.
struct Common {
    spi: u32,
    key: Key,
    salt: Salt,
    mode: Mode,
    local: IpAddr,
    remote: IpAddr,
    ports: Option<(u16, u16)>,
}

impl Common {
    fn read(raw: &Sa, problems: &mut Problems) -> Option<Self> {
        match raw.algorithm.get_ref().as_str() {
            "aes-gcm-16" => {}
            other if NOT_AVAILABLE.contains(&other) => problems.at(
                raw.algorithm.span(),
                format!("algorithm: \"{other}\" was found, which this device does not have; accepted is \"aes-gcm-16\""),
            ),
            other => problems.at(raw.algorithm.span(), format!("algorithm: \"{other}\" was found; accepted is \"aes-gcm-16\"")),
        }
        let spi = number::<u32>("spi", &raw.spi, 0x100..=u32::MAX, problems);
        let key = bytes("key", &raw.key, problems).and_then(|bytes| match Key::from_bytes(bytes) {
            Ok(key) => Some(key),
            Err(error) => {
                problems.at(raw.key.span(), format!("key: {error}"));
                None
            }
        });
        let salt = bytes("salt", &raw.salt, problems).and_then(|bytes| match bytes.try_into() {
            Ok(salt) => Some(Salt(salt)),
            Err(_) => {
                problems.at(raw.salt.span(), format!("salt: {} bytes were found; accepted are 4", bytes.len()));
                None
            }
        });
        let mode = match raw.mode.get_ref().as_str() {
            "tunnel" => Some(Mode::Tunnel),
            "transport" => Some(Mode::Transport),
            other => {
                problems.at(raw.mode.span(), format!("mode: \"{other}\" was found; accepted are \"tunnel\" and \"transport\""));
                None
            }
        };
        let mut parse = |name: &str, field: &Spanned<String>| match address(field.get_ref()) {
            Ok(address) => Some(address),
            Err(text) => {
                problems.at(field.span(), format!("{name}: {text}"));
                None
            }
        };
        let (local, remote) = (parse("local", &raw.local), parse("remote", &raw.remote));
        let ports = raw.udp_encapsulation.as_ref().map(|port| number::<u16>("udp_encapsulation", port, 1..=u16::MAX, problems));
        let ports = match ports {
            None => None,
            Some(port) => {
                let port = port?;
                Some((port, port))
            }
        };
        Some(Self { spi: spi?, key: key?, salt: salt?, mode: mode?, local: local?, remote: remote?, ports })
    }

    fn outbound(self, raw: &Sa, problems: &mut Problems) -> Option<OutboundSa> {
        let mut sa = OutboundSa::new(self.spi, self.key, self.salt, self.mode, self.local, self.remote)
            .esn(raw.esn.as_ref().is_none_or(|esn| *esn.get_ref()))
            .udp_encapsulation(self.ports)
            .recorded(is_recorded(raw));
        if let Some(next) = &raw.sequence {
            sa = sa.sequence(*next.get_ref());
        }
        if let Some(limit) = &raw.limit {
            sa = sa.limit(*limit.get_ref());
        }
        if let Some(mtu) = &raw.mtu {
            sa = sa.mtu(number("mtu", mtu, 0..=u16::MAX, problems)?);
        }
        if let Some(hops) = &raw.hop_limit {
            sa = sa.hop_limit(number("hop_limit", hops, 1..=u8::MAX, problems)?);
        }
        Some(sa)
    }

    fn inbound(self, raw: &Sa, problems: &mut Problems) -> Option<InboundSa> {
        let mut sa = InboundSa::new(self.spi, self.key, self.salt, self.mode, self.local, self.remote)
            .esn(raw.esn.as_ref().is_none_or(|esn| *esn.get_ref()))
            .udp_encapsulation(self.ports)
            .recorded(is_recorded(raw));
        if let Some(next) = &raw.sequence {
            sa = sa.sequence(*next.get_ref());
        }
        if let Some(window) = &raw.window {
            sa = sa.window(number("window", window, 0..=u16::MAX, problems)?);
        }
        Some(sa)
    }
}

fn bytes<'a>(name: &str, secret: &'a Spanned<super::secret::Secret>, problems: &mut Problems) -> Option<&'a [u8]> {
    match secret.get_ref().bytes() {
        Ok(bytes) => Some(bytes),
        Err(text) => {
            problems.at(secret.span(), format!("{name}: {text}"));
            None
        }
    }
}

fn number<T>(name: &str, field: &Spanned<i64>, accepted: std::ops::RangeInclusive<T>, problems: &mut Problems) -> Option<T>
where
    T: TryFrom<i64> + PartialOrd + std::fmt::Display,
{
    let found = *field.get_ref();
    let value = T::try_from(found).ok().filter(|value| accepted.contains(value));
    if value.is_none() {
        problems.at(field.span(), format!("{name}: {found} was found; accepted are {} to {}", accepted.start(), accepted.end()));
    }
    value
}
