//! Policy rules as the caller describes them, and the words they become.

use crate::error::Table;
use crate::{Capabilities, Direction, End, Family, FieldError};
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use holdfast_registers::{rule, Refusal};

/// What to do with a packet that a rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Drop it.
    Discard,
    /// Pass it unchanged.
    Bypass,
    /// Outbound: seal it under the SA with this index; inbound: accept it only from that SA.
    Protect {
        /// Index into the SA table of the rule's direction.
        sa: u16,
    },
}

/// The leading `length` bits of an address. What follows them is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix<A> {
    /// The address.
    pub address: A,
    /// Bits that count: 0 to 32 (IPv4) or 128 (IPv6).
    pub length: u8,
}

impl<A: fmt::Display> fmt::Display for Prefix<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

/// The addresses that a rule matches. A rule cannot mix families, hence one variant for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Addresses {
    /// Every IPv4 and IPv6 packet.
    Any,
    /// IPv4 packets.
    Ipv4 {
        /// Where from.
        source: Prefix<Ipv4Addr>,
        /// Where to.
        destination: Prefix<Ipv4Addr>,
    },
    /// IPv6 packets.
    Ipv6 {
        /// Where from.
        source: Prefix<Ipv6Addr>,
        /// Where to.
        destination: Prefix<Ipv6Addr>,
    },
}

impl Addresses {
    /// From prefixes of which either or both may be missing (any address, of the other one's family). [`FieldError::RuleFamily`] if
    /// they differ in family.
    pub fn from_prefixes(source: Option<Prefix<IpAddr>>, destination: Option<Prefix<IpAddr>>) -> Result<Self, FieldError> {
        let v4 = |p: Option<Prefix<IpAddr>>| match p {
            None => Some(Prefix { address: Ipv4Addr::UNSPECIFIED, length: 0 }),
            Some(Prefix { address: IpAddr::V4(address), length }) => Some(Prefix { address, length }),
            Some(_) => None,
        };
        let v6 = |p: Option<Prefix<IpAddr>>| match p {
            None => Some(Prefix { address: Ipv6Addr::UNSPECIFIED, length: 0 }),
            Some(Prefix { address: IpAddr::V6(address), length }) => Some(Prefix { address, length }),
            Some(_) => None,
        };
        let Some(first) = source.or(destination) else { return Ok(Addresses::Any) };
        if let (Some(source), Some(destination)) = (v4(source), v4(destination)) {
            return Ok(Addresses::Ipv4 { source, destination });
        }
        if let (Some(source), Some(destination)) = (v6(source), v6(destination)) {
            return Ok(Addresses::Ipv6 { source, destination });
        }
        let family = Family::of(first.address);
        Err(FieldError::RuleFamily { found: if family == Family::Ipv4 { Family::Ipv6 } else { Family::Ipv4 }, accepted: family })
    }
}

/// Ports from `low` to `high`, both included. For ICMP and ICMPv6 the source ports are `type × 256 + code`
/// (RFC 4301 section 4.4.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortRange {
    /// First port.
    pub low: u16,
    /// Last port.
    pub high: u16,
}

impl PortRange {
    /// All ports, and packets that have none. The only range that matches those.
    pub const ANY: PortRange = PortRange { low: 0, high: u16::MAX };

    /// A single port.
    pub const fn one(port: u16) -> Self {
        PortRange { low: port, high: port }
    }

    fn word(self) -> u32 {
        u32::from(self.high) << 16 | u32::from(self.low)
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.low, self.high)
    }
}

/// A rule of the security policy database. The first rule of its direction that matches a packet decides; none: the packet is
/// dropped as `no_policy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Source and destination, as they stand in the packet (inbound: after opening).
    pub addresses: Addresses,
    /// Upper protocol, `None` = any.
    pub protocol: Option<u8>,
    /// Source ports, or ICMP type and code.
    pub source_ports: PortRange,
    /// Destination ports.
    pub destination_ports: PortRange,
    /// What to do.
    pub action: Action,
}

impl Rule {
    /// A rule that matches every IP packet.
    pub const fn any(action: Action) -> Self {
        Rule { addresses: Addresses::Any, protocol: None, source_ports: PortRange::ANY, destination_ports: PortRange::ANY, action }
    }

    /// The words to stage, see `holdfast_registers::rule`.
    pub fn words(&self) -> [u32; rule::WORDS] {
        use rule::{action, flags};
        let mut words = [0; rule::WORDS];
        let (action, sa) = match self.action {
            Action::Discard => (action::DISCARD, 0),
            Action::Bypass => (action::BYPASS, 0),
            Action::Protect { sa } => (action::PROTECT, sa),
        };
        let protocol = match self.protocol {
            None => flags::ANY_PROTOCOL,
            Some(number) => u32::from(number) << flags::PROTOCOL_SHIFT,
        };
        let families = match self.addresses {
            Addresses::Any => flags::IPV4 | flags::IPV6,
            Addresses::Ipv4 { .. } => flags::IPV4,
            Addresses::Ipv6 { .. } => flags::IPV6,
        };
        words[rule::FLAGS] = flags::VALID | families | protocol | action << flags::ACTION_SHIFT | u32::from(sa) << flags::SA_SHIFT;
        let [(source, from), (destination, to)] = self.prefixes();
        words[rule::PREFIXES] = u32::from(to) << 8 | u32::from(from);
        words[rule::SOURCE_PORTS] = self.source_ports.word();
        words[rule::DESTINATION_PORTS] = self.destination_ports.word();
        crate::sa::set_address(&mut words[rule::SOURCE..], source);
        crate::sa::set_address(&mut words[rule::DESTINATION..], destination);
        words
    }

    /// Whether a device with these capabilities takes the rule in a direction.
    pub fn check(&self, direction: Direction, capabilities: &Capabilities) -> Result<(), FieldError> {
        let family = match self.addresses {
            Addresses::Any => None,
            Addresses::Ipv4 { .. } => Some(Family::Ipv4),
            Addresses::Ipv6 { .. } => Some(Family::Ipv6),
        };
        if let Some(found) = family.filter(|&family| !capabilities.family(family)) {
            return Err(FieldError::Family { found, accepted: capabilities.features });
        }
        let most = if family == Some(Family::Ipv6) { 128 } else { 32 };
        for (end, (_, found)) in [End::Source, End::Destination].into_iter().zip(self.prefixes()) {
            if found > most {
                return Err(FieldError::PrefixLength { end, found, accepted: 0..=most });
            }
        }
        for (end, found) in [(End::Source, self.source_ports), (End::Destination, self.destination_ports)] {
            if found.low > found.high {
                return Err(FieldError::Ports { end, found, accepted: found.low..=u16::MAX });
            }
        }
        if let Action::Protect { sa } = self.action {
            capabilities.check_index(Table::Sa(direction), sa)?;
        }
        Ok(())
    }

    /// Addresses and prefix lengths of source and destination.
    fn prefixes(&self) -> [(IpAddr, u8); 2] {
        match self.addresses {
            Addresses::Any => [(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0); 2],
            Addresses::Ipv4 { source, destination } => [source, destination].map(|p| (IpAddr::V4(p.address), p.length)),
            Addresses::Ipv6 { source, destination } => [source, destination].map(|p| (IpAddr::V6(p.address), p.length)),
        }
    }

    /// The field that a refusal means.
    pub(crate) fn refused(refusal: Refusal, direction: Direction, index: u16, capabilities: &Capabilities) -> FieldError {
        match refusal {
            Refusal::Index => FieldError::Index { table: Table::Rule(direction), found: index, accepted: capabilities.rules(direction) },
            // `check` has passed every part of the rule: which one the device dislikes it does not say.
            _ => FieldError::Contract { found: refusal },
        }
    }
}
