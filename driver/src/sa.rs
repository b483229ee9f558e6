//! Security associations as the caller describes them, and the words they become.

use crate::error::Table;
use crate::{Capabilities, Direction, End, Family, FieldError, Key, Salt};
use core::fmt;
use core::net::IpAddr;
use core::ops::RangeInclusive;
use holdfast_registers::{sa, Refusal};
use zeroize::Zeroizing;

/// SPIs that may be installed: 0 to 255 are reserved (RFC 4303 section 2.1).
const SPI: RangeInclusive<u32> = 256..=u32::MAX;
/// One more than the highest sequence number of 32 bits.
const WITHOUT_ESN: u64 = 1 << 32;
/// TTL or hop limit of an outer header unless the caller says otherwise (the recommendation of RFC 1700).
const HOP_LIMIT: u8 = 64;
/// Window unless the caller says otherwise: what RFC 4303 section 3.4.3 calls the default.
const WINDOW: u16 = 64;

/// What ESP carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// A whole IP packet, behind an outer IP header of the SA's addresses.
    Tunnel,
    /// The upper part of a packet, behind its own IP header.
    Transport,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mode::Tunnel => "tunnel",
            Mode::Transport => "transport",
        })
    }
}

/// What both directions have.
#[derive(Clone)]
struct Common {
    spi: u32,
    key: Key,
    salt: Salt,
    mode: Mode,
    local: IpAddr,
    remote: IpAddr,
    esn: bool,
    ports: Option<(u16, u16)>,
    sequence: u64,
    recorded: bool,
}

/// An SA for packets to the peer.
#[derive(Clone)]
pub struct OutboundSa {
    common: Common,
    mtu: u16,
    limit: Option<u64>,
    hop_limit: u8,
}

/// An SA for packets from the peer.
#[derive(Clone)]
pub struct InboundSa {
    common: Common,
    window: u16,
}

impl OutboundSa {
    /// An SA with extended sequence numbers from 1 on without limit, hop limit 64, no path MTU, no UDP encapsulation.
    ///
    /// `local` and `remote` are the outer addresses; transport mode takes only the family from them.
    pub fn new(spi: u32, key: Key, salt: Salt, mode: Mode, local: IpAddr, remote: IpAddr) -> Self {
        OutboundSa { common: Common::new(spi, key, salt, mode, local, remote), mtu: 0, limit: None, hop_limit: HOP_LIMIT }
    }

    /// Extended sequence numbers (RFC 4303 section 2.2.1). Without them the SA ends after 2^32 − 1 packets.
    pub fn esn(mut self, esn: bool) -> Self {
        self.common.esn = esn;
        self
    }

    /// UDP encapsulation (RFC 3948): source and destination port of the UDP header.
    pub fn udp_encapsulation(mut self, ports: Option<(u16, u16)>) -> Self {
        self.common.ports = ports;
        self
    }

    /// Largest outer IP packet in bytes, 0 = no limit. Longer ones are dropped with an event.
    pub fn mtu(mut self, bytes: u16) -> Self {
        self.mtu = bytes;
        self
    }

    /// Next sequence number to use, at least 1. It is also the IV: after a number has left the device under a key, never install
    /// that key again with it or a lower one.
    pub fn sequence(mut self, next: u64) -> Self {
        self.common.sequence = next;
        self
    }

    /// Only numbers below `limit` may be used; at the limit packets are dropped with an event. Default: as many as the
    /// sequence number holds.
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Recorded in NVRAM and resynchronised after a loss of power, together with the inbound SA of the same index. The limit is then the device's
    /// affair: [`OutboundSa::limit`] must not be given. [`crate::Driver::write_resync`] comes first.
    pub fn recorded(mut self, recorded: bool) -> Self {
        self.common.recorded = recorded;
        self
    }

    /// TTL or hop limit of the outer header that tunnel mode builds.
    pub fn hop_limit(mut self, hops: u8) -> Self {
        self.hop_limit = hops;
        self
    }

    /// The words to stage, see `holdfast_registers::sa`. They hold the key and are wiped on drop.
    pub fn words(&self) -> Zeroizing<[u32; sa::WORDS]> {
        let mut words = self.common.words(self.mtu, self.hop_limit);
        set_u64(&mut words, sa::LIMIT, if self.common.recorded { 0 } else { self.limit_value() });
        words
    }

    /// Whether a device with these capabilities takes the SA.
    pub fn check(&self, capabilities: &Capabilities) -> Result<(), FieldError> {
        let c = &self.common;
        c.check(capabilities)?;
        if c.mode == Mode::Tunnel && self.hop_limit == 0 {
            return Err(FieldError::HopLimit { found: 0, accepted: 1..=u8::MAX });
        }
        if let (true, Some(found)) = (c.recorded, self.limit) {
            return Err(FieldError::RecordedLimit { found });
        }
        // A limit beyond 32 bits without ESN would let the low half, and with it the nonce, come round again.
        let most = c.numbers();
        let limit = self.limit_value();
        if !(1..=most).contains(&limit) {
            return Err(FieldError::Limit { found: limit, accepted: 1..=most });
        }
        let accepted = self.sequences();
        if !accepted.contains(&c.sequence) {
            return Err(FieldError::Sequence { found: c.sequence, accepted });
        }
        Ok(())
    }

    fn limit_value(&self) -> u64 {
        self.limit.unwrap_or(self.common.numbers())
    }

    fn sequences(&self) -> RangeInclusive<u64> {
        1..=self.limit_value()
    }

    pub(crate) fn refused(&self, refusal: Refusal, index: u16, capabilities: &Capabilities) -> FieldError {
        self.common.refused(refusal, Direction::Outbound, index, capabilities, self.mtu, self.sequences(), self.words()[sa::FLAGS])
    }
}

impl InboundSa {
    /// An SA with extended sequence numbers, a window of 64 packets, no UDP encapsulation, and nothing received yet.
    ///
    /// `local` is the destination that the SA's packets carry; together with the SPI and the encapsulation it finds the SA.
    /// `remote` is not compared: a peer may change its address.
    pub fn new(spi: u32, key: Key, salt: Salt, mode: Mode, local: IpAddr, remote: IpAddr) -> Self {
        InboundSa { common: Common::new(spi, key, salt, mode, local, remote), window: WINDOW }
    }

    /// Extended sequence numbers (RFC 4303 section 2.2.1).
    pub fn esn(mut self, esn: bool) -> Self {
        self.common.esn = esn;
        self
    }

    /// UDP encapsulation (RFC 3948): the SA's packets come in UDP, otherwise they do not. The source and destination port are kept with the SA;
    /// which packets are taken for ESP in UDP is decided by [`crate::Driver::set_nat_t_port`].
    pub fn udp_encapsulation(mut self, ports: Option<(u16, u16)>) -> Self {
        self.common.ports = ports;
        self
    }

    /// Anti-replay window in packets, 0 = no anti-replay (not with ESN, whose upper half is inferred from the window).
    pub fn window(mut self, packets: u16) -> Self {
        self.window = packets;
        self
    }

    /// Recorded in NVRAM and resynchronised after a loss of power, see [`OutboundSa::recorded`]. Such an SA must have a window.
    pub fn recorded(mut self, recorded: bool) -> Self {
        self.common.recorded = recorded;
        self
    }

    /// Highest number seen + 1; 1 for a new SA.
    pub fn sequence(mut self, next: u64) -> Self {
        self.common.sequence = next;
        self
    }

    /// The words to stage, see `holdfast_registers::sa`. They hold the key and are wiped on drop.
    pub fn words(&self) -> Zeroizing<[u32; sa::WORDS]> {
        self.common.words(self.window, 0)
    }

    /// Whether a device with these capabilities takes the SA.
    pub fn check(&self, capabilities: &Capabilities) -> Result<(), FieldError> {
        let c = &self.common;
        c.check(capabilities)?;
        let accepted = c.windows(capabilities);
        if !accepted.contains(&self.window) {
            return Err(FieldError::Window { found: self.window, accepted });
        }
        let accepted = self.sequences();
        if !accepted.contains(&c.sequence) {
            return Err(FieldError::Sequence { found: c.sequence, accepted });
        }
        Ok(())
    }

    fn sequences(&self) -> RangeInclusive<u64> {
        1..=self.common.numbers()
    }

    pub(crate) fn refused(&self, refusal: Refusal, index: u16, capabilities: &Capabilities) -> FieldError {
        self.common.refused(refusal, Direction::Inbound, index, capabilities, self.window, self.sequences(), self.words()[sa::FLAGS])
    }
}

impl Common {
    fn new(spi: u32, key: Key, salt: Salt, mode: Mode, local: IpAddr, remote: IpAddr) -> Self {
        Common { spi, key, salt, mode, local, remote, esn: true, ports: None, sequence: 1, recorded: false }
    }

    fn words(&self, window_or_mtu: u16, hop_limit: u8) -> Zeroizing<[u32; sa::WORDS]> {
        use sa::flags;
        let flag = |set: bool, bit: u32| if set { bit } else { 0 };
        let mut words = Zeroizing::new([0; sa::WORDS]);
        words[sa::FLAGS] = flag(self.mode == Mode::Tunnel, flags::TUNNEL)
            | flag(matches!(self.key, Key::Aes256(_)), flags::AES256)
            | flag(self.esn, flags::ESN)
            | flag(self.ports.is_some(), flags::UDP)
            | flag(self.local.is_ipv6(), flags::IPV6)
            | flag(self.recorded, flags::RECORDED)
            | u32::from(hop_limit) << flags::HOP_LIMIT_SHIFT
            | u32::from(window_or_mtu) << flags::WINDOW_SHIFT;
        words[sa::SPI] = self.spi;
        set_bytes(&mut words[sa::SALT..], &self.salt.0);
        if let Some((source, destination)) = self.ports {
            words[sa::PORTS] = u32::from(source) << 16 | u32::from(destination);
        }
        set_bytes(&mut words[sa::KEY..], self.key.bytes());
        set_address(&mut words[sa::LOCAL..], self.local);
        set_address(&mut words[sa::REMOTE..], self.remote);
        set_u64(&mut words, sa::SEQUENCE, self.sequence);
        words
    }

    fn check(&self, capabilities: &Capabilities) -> Result<(), FieldError> {
        let features = capabilities.features;
        if !SPI.contains(&self.spi) {
            return Err(FieldError::Spi { found: self.spi, accepted: SPI });
        }
        let algorithm = self.key.algorithm();
        if !capabilities.algorithm(algorithm) {
            return Err(FieldError::Algorithm { found: algorithm, accepted: features });
        }
        if !capabilities.mode(self.mode) {
            return Err(FieldError::Mode { found: self.mode, accepted: features });
        }
        let family = Family::of(self.local);
        if !capabilities.family(family) {
            return Err(FieldError::Family { found: family, accepted: features });
        }
        if Family::of(self.remote) != family {
            return Err(FieldError::Remote { found: self.remote, accepted: family });
        }
        if self.esn && !features.esn() {
            return Err(FieldError::Esn { found: true, accepted: false });
        }
        if self.recorded && !features.resync() {
            return Err(FieldError::Recorded { found: true, accepted: false });
        }
        if let Some((source, destination)) = self.ports {
            if !features.udp() {
                return Err(FieldError::UdpEncapsulation { found: true, accepted: false });
            }
            for (end, port) in [(End::Source, source), (End::Destination, destination)] {
                if port == 0 {
                    return Err(FieldError::UdpPort { end, found: 0, accepted: 1..=u16::MAX });
                }
            }
        }
        Ok(())
    }

    /// Highest limit, and highest "number seen + 1": with it every number has been used.
    fn numbers(&self) -> u64 {
        if self.esn {
            u64::MAX
        } else {
            WITHOUT_ESN
        }
    }

    fn windows(&self, capabilities: &Capabilities) -> RangeInclusive<u16> {
        u16::from(self.esn || self.recorded)..=capabilities.largest_window()
    }

    /// The field that a refusal means. After `check` the device has little left to refuse, but it has the last word.
    #[allow(clippy::too_many_arguments)]
    fn refused(
        &self,
        refusal: Refusal,
        direction: Direction,
        index: u16,
        capabilities: &Capabilities,
        window: u16,
        sequences: RangeInclusive<u64>,
        flags: u32,
    ) -> FieldError {
        match refusal {
            Refusal::Index => FieldError::Index { table: Table::Sa(direction), found: index, accepted: capabilities.sas(direction) },
            Refusal::Spi => FieldError::Spi { found: self.spi, accepted: SPI },
            Refusal::Flags => FieldError::Flags { found: flags, accepted: !sa::flags::RESERVED },
            Refusal::Window => FieldError::Window { found: window, accepted: self.windows(capabilities) },
            Refusal::Sequence => FieldError::Sequence { found: self.sequence, accepted: sequences },
            Refusal::Duplicate => {
                FieldError::Duplicate { found: self.spi, destination: self.local, udp_encapsulation: self.ports.is_some() }
            }
            Refusal::Nvram => FieldError::Nvram,
            Refusal::Pair if self.recorded => FieldError::NoParameters { found: index },
            Refusal::Operation | Refusal::Rule | Refusal::Pair => FieldError::Contract { found: refusal },
        }
    }
}

/// Packs bytes into words, first byte most significant.
pub(crate) fn set_bytes(words: &mut [u32], bytes: &[u8]) {
    for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = u32::from_be_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
    }
}

/// Packs an address into four words; IPv4 uses the first.
pub(crate) fn set_address(words: &mut [u32], address: IpAddr) {
    match address {
        IpAddr::V4(address) => set_bytes(words, &address.octets()),
        IpAddr::V6(address) => set_bytes(words, &address.octets()),
    }
}

fn set_u64(words: &mut [u32; sa::WORDS], at: usize, value: u64) {
    words[at] = value as u32;
    words[at + 1] = (value >> 32) as u32;
}

impl fmt::Debug for OutboundSa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OutboundSa { common, mtu, hop_limit, .. } = self;
        common
            .debug(&mut f.debug_struct("OutboundSa"))
            .field("mtu", mtu)
            .field("limit", &self.limit_value())
            .field("hop_limit", hop_limit)
            .finish()
    }
}

impl fmt::Debug for InboundSa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.common.debug(&mut f.debug_struct("InboundSa")).field("window", &self.window).finish()
    }
}

impl Common {
    /// All but key and salt.
    fn debug<'a, 'b, 'c>(&self, f: &'c mut fmt::DebugStruct<'a, 'b>) -> &'c mut fmt::DebugStruct<'a, 'b> {
        f.field("spi", &format_args!("{:#x}", self.spi))
            .field("algorithm", &self.key.algorithm())
            .field("mode", &self.mode)
            .field("local", &self.local)
            .field("remote", &self.remote)
            .field("esn", &self.esn)
            .field("udp_encapsulation", &self.ports)
            .field("sequence", &self.sequence)
            .field("recorded", &self.recorded)
    }
}
