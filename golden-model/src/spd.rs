//! The SPD of one direction (RFC 4301 section 4.4.1): ordered rules, the first that matches decides.

use crate::wire::parse::{left_aligned, Family, Selectors};
use holdfast_registers::rule::{self, action, flags};
use holdfast_registers::Refusal;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address prefix. Address bits beyond `length` are ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix<A> {
    /// The address.
    pub address: A,
    /// Leading bits that must be equal: 0 to 32 or 128.
    pub length: u8,
}

/// Which packets a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleAddresses {
    /// IPv4 packets between two prefixes.
    Ipv4 {
        /// Prefix of the source.
        source: Prefix<Ipv4Addr>,
        /// Prefix of the destination.
        destination: Prefix<Ipv4Addr>,
    },
    /// IPv6 packets between two prefixes.
    Ipv6 {
        /// Prefix of the source.
        source: Prefix<Ipv6Addr>,
        /// Prefix of the destination.
        destination: Prefix<Ipv6Addr>,
    },
    /// Packets of both families, whatever their addresses.
    Any,
}

/// A range of ports, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortRange {
    /// Lowest port.
    pub low: u16,
    /// Highest port.
    pub high: u16,
}

impl PortRange {
    /// Matches every packet, also those without ports.
    pub const ANY: PortRange = PortRange { low: 0, high: u16::MAX };

    /// One port.
    pub const fn single(port: u16) -> Self {
        PortRange { low: port, high: port }
    }
    /// Whether a packet's port, or its having none, is in the range.
    pub fn contains(&self, port: Option<u16>) -> bool {
        *self == Self::ANY || port.is_some_and(|port| (self.low..=self.high).contains(&port))
    }
    fn to_word(self) -> u32 {
        u32::from(self.high) << 16 | u32::from(self.low)
    }
    fn from_word(word: u32) -> Self {
        PortRange { low: word as u16, high: (word >> 16) as u16 }
    }
}

/// What a rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Drop the packet.
    Discard,
    /// Let it pass unchanged.
    Bypass,
    /// Outbound: seal it; inbound: accept it only if it was opened under this SA.
    Protect {
        /// Index of the SA in the table of the same direction.
        sa: u16,
    },
}

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RuleConfig {
    /// Families and prefixes.
    pub addresses: RuleAddresses,
    /// Upper protocol; `None`: any.
    pub protocol: Option<u8>,
    /// Source ports; for ICMP and ICMPv6 type × 256 + code.
    pub source_ports: PortRange,
    /// Destination ports.
    pub destination_ports: PortRange,
    /// What to do.
    pub action: Action,
}

impl RuleConfig {
    /// A rule for every IP packet.
    pub const fn any(action: Action) -> Self {
        RuleConfig {
            addresses: RuleAddresses::Any,
            protocol: None,
            source_ports: PortRange::ANY,
            destination_ports: PortRange::ANY,
            action,
        }
    }

    /// Reads staged words (`registers::rule`). `sas` is the size of the SA table the rule may name. `None`: a record without VALID, which removes.
    ///
    /// # Errors
    /// [`Refusal::Rule`].
    pub fn from_words(words: &[u32; rule::WORDS], sas: usize) -> Result<Option<Self>, Refusal> {
        let head = words[rule::FLAGS];
        if head & flags::VALID == 0 {
            return Ok(None);
        }
        if head & flags::RESERVED != 0 || words[rule::PREFIXES] >> 16 != 0 {
            return Err(Refusal::Rule);
        }
        let lengths = words[rule::PREFIXES].to_le_bytes();
        let v4 = |at: usize, length: u8| Prefix { address: Ipv4Addr::from(words[at]), length };
        let v6 = |at: usize, length: u8| Prefix { address: Ipv6Addr::from(join([0, 1, 2, 3].map(|i| words[at + i]))), length };
        let addresses = match (head & flags::IPV4 != 0, head & flags::IPV6 != 0) {
            (false, false) => return Err(Refusal::Rule),
            (true, false) => RuleAddresses::Ipv4 { source: v4(rule::SOURCE, lengths[0]), destination: v4(rule::DESTINATION, lengths[1]) },
            (false, true) => RuleAddresses::Ipv6 { source: v6(rule::SOURCE, lengths[0]), destination: v6(rule::DESTINATION, lengths[1]) },
            (true, true) if lengths[0] == 0 && lengths[1] == 0 => RuleAddresses::Any,
            (true, true) => return Err(Refusal::Rule),
        };
        let action = match head >> flags::ACTION_SHIFT & 3 {
            action::DISCARD => Action::Discard,
            action::BYPASS => Action::Bypass,
            action::PROTECT => Action::Protect { sa: (head >> flags::SA_SHIFT) as u16 & 0x3ff },
            _ => return Err(Refusal::Rule),
        };
        let config = RuleConfig {
            addresses,
            protocol: (head & flags::ANY_PROTOCOL == 0).then_some((head >> flags::PROTOCOL_SHIFT) as u8),
            source_ports: PortRange::from_word(words[rule::SOURCE_PORTS]),
            destination_ports: PortRange::from_word(words[rule::DESTINATION_PORTS]),
            action,
        };
        config.check(sas).map(|()| Some(config))
    }

    fn check(&self, sas: usize) -> Result<(), Refusal> {
        let prefixes = match &self.addresses {
            RuleAddresses::Ipv4 { source, destination } => source.length <= 32 && destination.length <= 32,
            RuleAddresses::Ipv6 { source, destination } => source.length <= 128 && destination.length <= 128,
            RuleAddresses::Any => true,
        };
        let ports = [self.source_ports, self.destination_ports].iter().all(|range| range.low <= range.high);
        let sa = match self.action {
            Action::Protect { sa } => usize::from(sa) < sas,
            _ => true,
        };
        if prefixes && ports && sa {
            Ok(())
        } else {
            Err(Refusal::Rule)
        }
    }

    /// The words to stage.
    pub fn to_words(&self) -> [u32; rule::WORDS] {
        let mut words = [0; rule::WORDS];
        let mut put = |families: u32, source: (IpAddr, u8), destination: (IpAddr, u8)| {
            words[rule::FLAGS] = flags::VALID | families;
            words[rule::PREFIXES] = u32::from(destination.1) << 8 | u32::from(source.1);
            words[rule::SOURCE..rule::SOURCE + 4].copy_from_slice(&split(left_aligned(source.0)));
            words[rule::DESTINATION..rule::DESTINATION + 4].copy_from_slice(&split(left_aligned(destination.0)));
        };
        match self.addresses {
            RuleAddresses::Ipv4 { source, destination } => {
                put(flags::IPV4, (source.address.into(), source.length), (destination.address.into(), destination.length));
            }
            RuleAddresses::Ipv6 { source, destination } => {
                put(flags::IPV6, (source.address.into(), source.length), (destination.address.into(), destination.length));
            }
            RuleAddresses::Any => {
                let all = (Ipv4Addr::UNSPECIFIED.into(), 0);
                put(flags::IPV4 | flags::IPV6, all, all);
            }
        }
        words[rule::FLAGS] |= match self.protocol {
            None => flags::ANY_PROTOCOL,
            Some(protocol) => u32::from(protocol) << flags::PROTOCOL_SHIFT,
        };
        words[rule::FLAGS] |= match self.action {
            Action::Discard => action::DISCARD << flags::ACTION_SHIFT,
            Action::Bypass => action::BYPASS << flags::ACTION_SHIFT,
            Action::Protect { sa } => action::PROTECT << flags::ACTION_SHIFT | u32::from(sa) << flags::SA_SHIFT,
        };
        words[rule::SOURCE_PORTS] = self.source_ports.to_word();
        words[rule::DESTINATION_PORTS] = self.destination_ports.to_word();
        words
    }
}

/// Four words as one number, first word most significant.
pub(crate) fn join(words: [u32; 4]) -> u128 {
    words.iter().fold(0, |bits, word| bits << 32 | u128::from(*word))
}

/// A number as four words, most significant first.
pub(crate) fn split(bits: u128) -> [u32; 4] {
    [96, 64, 32, 0].map(|shift| (bits >> shift) as u32)
}

/// A prefix ready for comparison, aligned as [`Selectors`] are.
#[derive(Clone, Copy)]
struct Masked {
    value: u128,
    mask: u128,
}

impl Masked {
    fn new(address: IpAddr, length: u8) -> Self {
        let mask = u128::MAX.checked_shl(128 - u32::from(length.min(128))).unwrap_or(0);
        Masked { value: left_aligned(address) & mask, mask }
    }
    fn contains(&self, address: u128) -> bool {
        address & self.mask == self.value
    }
}

/// A rule ready for comparison.
struct Rule {
    family: Option<Family>,
    source: Masked,
    destination: Masked,
    config: RuleConfig,
}

impl Rule {
    fn new(config: RuleConfig) -> Self {
        let any = Masked { value: 0, mask: 0 };
        let (family, source, destination) = match config.addresses {
            RuleAddresses::Ipv4 { source, destination } => (
                Some(Family::V4),
                Masked::new(source.address.into(), source.length),
                Masked::new(destination.address.into(), destination.length),
            ),
            RuleAddresses::Ipv6 { source, destination } => (
                Some(Family::V6),
                Masked::new(source.address.into(), source.length),
                Masked::new(destination.address.into(), destination.length),
            ),
            RuleAddresses::Any => (None, any, any),
        };
        Rule { family, source, destination, config }
    }

    fn matches(&self, packet: &Selectors) -> bool {
        self.family.is_none_or(|family| family == packet.family)
            && self.source.contains(packet.source)
            && self.destination.contains(packet.destination)
            && self.config.protocol.is_none_or(|protocol| protocol == packet.protocol)
            && self.config.source_ports.contains(packet.ports.source())
            && self.config.destination_ports.contains(packet.ports.destination())
    }
}

/// The rules of one direction, in order.
pub struct Spd {
    rules: Vec<Option<Rule>>,
}

impl Spd {
    /// A table of `size` empty places.
    pub fn new(size: usize) -> Self {
        Spd { rules: (0..size).map(|_| None).collect() }
    }

    /// Writes or removes a rule from its staged words; `sas` is the size of the direction's SA table.
    ///
    /// # Errors
    /// [`Refusal::Index`], [`Refusal::Rule`]; nothing changes then.
    pub fn write(&mut self, index: usize, words: &[u32; rule::WORDS], sas: usize) -> Result<(), Refusal> {
        let place = self.rules.get_mut(index).ok_or(Refusal::Index)?;
        *place = RuleConfig::from_words(words, sas)?.map(Rule::new);
        Ok(())
    }

    /// The rule at an index.
    pub fn get(&self, index: usize) -> Option<&RuleConfig> {
        self.rules.get(index)?.as_ref().map(|rule| &rule.config)
    }

    /// What the first matching rule says.
    pub fn classify(&self, packet: &Selectors) -> Option<Action> {
        self.rules.iter().flatten().find(|rule| rule.matches(packet)).map(|rule| rule.config.action)
    }

    pub(crate) fn clear(&mut self) {
        self.rules.iter_mut().for_each(|rule| *rule = None);
    }
}
