//! The SAD (RFC 4301 section 4.4.2): what an SA is on the bus, and what it becomes when it is installed.

use crate::gcm::{Gcm, Key};
use crate::sequence::{self, Sequence};
use crate::spd::{join, split};
use crate::window::Window;
use crate::wire::parse::{left_aligned, Family};
use crate::Direction;
use holdfast_registers::sa::{self, flags};
use holdfast_registers::Refusal;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use zeroize::{Zeroize, Zeroizing};

/// Tunnel or transport mode (RFC 4303 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// The whole packet is sealed behind a new header.
    Tunnel,
    /// What follows the packet's own header is sealed.
    Transport,
}

/// Outer addresses, of one family. In transport mode the packets' own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoints {
    /// IPv4.
    V4 {
        /// Own address.
        local: Ipv4Addr,
        /// The peer's address.
        remote: Ipv4Addr,
    },
    /// IPv6.
    V6 {
        /// Own address.
        local: Ipv6Addr,
        /// The peer's address.
        remote: Ipv6Addr,
    },
}

impl Endpoints {
    /// The family of both.
    pub fn family(&self) -> Family {
        match self {
            Endpoints::V4 { .. } => Family::V4,
            Endpoints::V6 { .. } => Family::V6,
        }
    }
    /// Own address.
    pub fn local(&self) -> IpAddr {
        match *self {
            Endpoints::V4 { local, .. } => local.into(),
            Endpoints::V6 { local, .. } => local.into(),
        }
    }
    /// The peer's address.
    pub fn remote(&self) -> IpAddr {
        match *self {
            Endpoints::V4 { remote, .. } => remote.into(),
            Endpoints::V6 { remote, .. } => remote.into(),
        }
    }
    /// The same path seen from the other end.
    pub fn reversed(self) -> Self {
        match self {
            Endpoints::V4 { local, remote } => Endpoints::V4 { local: remote, remote: local },
            Endpoints::V6 { local, remote } => Endpoints::V6 { local: remote, remote: local },
        }
    }
}

/// Ports of UDP encapsulation, written when sealing. When opening, the ports are not compared: a NAT may change them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UdpPorts {
    /// Source port.
    pub source: u16,
    /// Destination port.
    pub destination: u16,
}

/// What differs by direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Seals.
    Outbound {
        /// Path MTU: bytes of the largest sealed IP packet; 0: no limit.
        mtu: u16,
        /// Next sequence number, at least 1.
        next: u64,
        /// Only numbers below this are used; without ESN at most 2^32.
        limit: u64,
    },
    /// Opens.
    Inbound {
        /// Anti-replay window in packets, at most 1024; 0: none.
        window: u16,
        /// Highest number accepted so far, below 2^64 - 1; without ESN below 2^32.
        highest: u64,
    },
}

/// An SA as it is installed. The key is wiped on drop and not printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaConfig {
    /// Security parameters index, at least 256.
    pub spi: u32,
    /// Tunnel or transport.
    pub mode: Mode,
    /// AES key.
    pub key: Key,
    /// First part of the nonce (RFC 4106 section 4).
    pub salt: [u8; 4],
    /// Extended sequence numbers.
    pub esn: bool,
    /// UDP encapsulation (RFC 3948).
    pub udp: Option<UdpPorts>,
    /// Outer addresses.
    pub endpoints: Endpoints,
    /// TTL or hop limit of the header tunnel mode builds.
    pub hop_limit: u8,
    /// Direction and what belongs to it.
    pub role: Role,
    /// Recorded in NVRAM and resynchronised. An outbound SA's limit is then the device's affair and staged as zero.
    pub recorded: bool,
}

impl SaConfig {
    /// The direction whose table this SA belongs to.
    pub fn direction(&self) -> Direction {
        match self.role {
            Role::Outbound { .. } => Direction::Outbound,
            Role::Inbound { .. } => Direction::Inbound,
        }
    }

    /// Sets the limit of an outbound SA.
    pub(crate) fn allow(&mut self, numbers_below: u64) {
        if let Role::Outbound { limit, .. } = &mut self.role {
            *limit = numbers_below;
        }
    }

    /// Reads and checks staged words (`registers::sa`), with everything but the index and duplicates. `window_max` is the largest window in packets.
    ///
    /// # Errors
    /// [`Refusal::Flags`], [`Refusal::Spi`], [`Refusal::Window`], [`Refusal::Sequence`], in this order.
    pub fn from_words(direction: Direction, words: &[u32; sa::WORDS], window_max: u16) -> Result<Self, Refusal> {
        let head = words[sa::FLAGS];
        let set = |flag| head & flag != 0;
        let word64 = |at: usize| u64::from(words[at + 1]) << 32 | u64::from(words[at]);
        let inbound = direction == Direction::Inbound;
        let recorded = set(flags::RECORDED);
        let (esn, udp, sequence, limit) = (set(flags::ESN), set(flags::UDP), word64(sa::SEQUENCE), word64(sa::LIMIT));
        let window_or_mtu = (head >> flags::WINDOW_SHIFT) as u16;

        let nonzero = |from: usize, to: usize| words[from..to].iter().any(|word| *word != 0);
        let unused_address = !set(flags::IPV6) && (nonzero(sa::LOCAL + 1, sa::LOCAL + 4) || nonzero(sa::REMOTE + 1, sa::REMOTE + 4));
        let unused_key = !set(flags::AES256) && nonzero(sa::KEY + 4, sa::KEY + 8);
        let unused_ports = !udp && words[sa::PORTS] != 0;
        if set(flags::RESERVED) || unused_address || unused_key || unused_ports || (inbound && limit != 0) {
            return Err(Refusal::Flags);
        }
        if words[sa::SPI] < 256 {
            return Err(Refusal::Spi);
        }
        if inbound && (window_or_mtu > window_max || ((esn || recorded) && window_or_mtu == 0)) {
            return Err(Refusal::Window);
        }
        const LAST_SHORT: u64 = 1 << 32;
        let beyond = if inbound || recorded { sequence > LAST_SHORT } else { limit > LAST_SHORT };
        let limit_fits = if recorded { limit == 0 } else { sequence <= limit };
        if sequence == 0 || (!inbound && !limit_fits) || (!esn && beyond) {
            return Err(Refusal::Sequence);
        }

        let mut key = Zeroizing::new([0u8; 32]);
        for (bytes, word) in key.chunks_exact_mut(4).zip(&words[sa::KEY..]) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        let address = |at: usize| [0, 1, 2, 3].map(|i| words[at + i]);
        Ok(SaConfig {
            spi: words[sa::SPI],
            mode: if set(flags::TUNNEL) { Mode::Tunnel } else { Mode::Transport },
            key: match key.first_chunk() {
                Some(short) if !set(flags::AES256) => Key::Aes128(*short),
                _ => Key::Aes256(*key),
            },
            salt: words[sa::SALT].to_be_bytes(),
            esn,
            udp: udp.then_some(UdpPorts { source: (words[sa::PORTS] >> 16) as u16, destination: words[sa::PORTS] as u16 }),
            endpoints: if set(flags::IPV6) {
                Endpoints::V6 { local: join(address(sa::LOCAL)).into(), remote: join(address(sa::REMOTE)).into() }
            } else {
                Endpoints::V4 { local: words[sa::LOCAL].into(), remote: words[sa::REMOTE].into() }
            },
            hop_limit: (head >> flags::HOP_LIMIT_SHIFT) as u8,
            recorded,
            role: if inbound {
                Role::Inbound { window: window_or_mtu, highest: sequence - 1 }
            } else {
                Role::Outbound { mtu: window_or_mtu, next: sequence, limit }
            },
        })
    }

    /// The words to stage, wiped on drop.
    pub fn to_words(&self) -> Zeroizing<[u32; sa::WORDS]> {
        let mut words = Zeroizing::new([0; sa::WORDS]);
        let (key, key_flag): (&[u8], u32) = match &self.key {
            Key::Aes128(key) => (key, 0),
            Key::Aes256(key) => (key, flags::AES256),
        };
        let (window_or_mtu, sequence, limit) = match self.role {
            Role::Outbound { mtu, next, limit } => (mtu, next, limit),
            // Wraps to 0, which is refused: after 2^64 - 1 there is no number left to accept.
            Role::Inbound { window, highest } => (window, highest.wrapping_add(1), 0),
        };
        let flag = |condition: bool, flag: u32| if condition { flag } else { 0 };
        words[sa::FLAGS] = key_flag
            | flag(self.mode == Mode::Tunnel, flags::TUNNEL)
            | flag(self.esn, flags::ESN)
            | flag(self.udp.is_some(), flags::UDP)
            | flag(self.endpoints.family() == Family::V6, flags::IPV6)
            | flag(self.recorded, flags::RECORDED)
            | u32::from(self.hop_limit) << flags::HOP_LIMIT_SHIFT
            | u32::from(window_or_mtu) << flags::WINDOW_SHIFT;
        words[sa::SPI] = self.spi;
        words[sa::SALT] = u32::from_be_bytes(self.salt);
        words[sa::PORTS] = self.udp.map_or(0, |ports| u32::from(ports.source) << 16 | u32::from(ports.destination));
        for (word, bytes) in words[sa::KEY..].iter_mut().zip(key.chunks_exact(4)) {
            *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
        }
        words[sa::LOCAL..sa::LOCAL + 4].copy_from_slice(&split(left_aligned(self.endpoints.local())));
        words[sa::REMOTE..sa::REMOTE + 4].copy_from_slice(&split(left_aligned(self.endpoints.remote())));
        words[sa::SEQUENCE..sa::SEQUENCE + 2].copy_from_slice(&[sequence as u32, (sequence >> 32) as u32]);
        words[sa::LIMIT..sa::LIMIT + 2].copy_from_slice(&[limit as u32, (limit >> 32) as u32]);
        words
    }
}

/// What sealing and opening have in common: the expanded key and the salt.
pub(crate) struct Cipher {
    gcm: Gcm,
    salt: [u8; 4],
    spi: u32,
    esn: bool,
}

impl Drop for Cipher {
    fn drop(&mut self) {
        self.salt.zeroize();
    }
}

impl Cipher {
    fn new(config: &SaConfig) -> Self {
        Cipher { gcm: Gcm::new(&config.key), salt: config.salt, spi: config.spi, esn: config.esn }
    }

    fn nonce(&self, iv: &[u8; 8]) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce[..4].copy_from_slice(&self.salt);
        nonce[4..].copy_from_slice(iv);
        nonce
    }

    /// Runs `with` on the AAD: SPI and sequence number, which with ESN is all 64 bits (RFC 4106 section 5).
    fn with_aad<R>(&self, number: u64, with: impl FnOnce(&[u8]) -> R) -> R {
        let mut aad = [0; 12];
        aad[..4].copy_from_slice(&self.spi.to_be_bytes());
        if self.esn {
            aad[4..].copy_from_slice(&number.to_be_bytes());
            with(&aad)
        } else {
            aad[4..8].copy_from_slice(&(number as u32).to_be_bytes());
            with(&aad[..8])
        }
    }

    pub(crate) fn seal(&self, number: u64, text: &mut [u8]) -> [u8; 16] {
        let nonce = self.nonce(&number.to_be_bytes());
        self.with_aad(number, |aad| self.gcm.seal(&nonce, aad, text))
    }

    pub(crate) fn open(&self, number: u64, iv: &[u8; 8], text: &mut [u8], icv: &[u8; 16]) -> bool {
        let nonce = self.nonce(iv);
        self.with_aad(number, |aad| self.gcm.open(&nonce, aad, text, icv)).is_ok()
    }
}

/// An installed outbound SA.
pub(crate) struct OutboundSa {
    pub(crate) spi: u32,
    pub(crate) mode: Mode,
    pub(crate) endpoints: Endpoints,
    pub(crate) udp: Option<UdpPorts>,
    pub(crate) hop_limit: u8,
    pub(crate) mtu: usize,
    pub(crate) sequence: Sequence,
    pub(crate) cipher: Cipher,
}

/// How an inbound SA is found: everything must be equal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct InboundKey {
    pub(crate) spi: u32,
    pub(crate) family: Family,
    /// Left-aligned, as in `Selectors`.
    pub(crate) local: u128,
    pub(crate) udp: bool,
}

impl InboundKey {
    fn new(config: &SaConfig) -> Self {
        InboundKey {
            spi: config.spi,
            family: config.endpoints.family(),
            local: left_aligned(config.endpoints.local()),
            udp: config.udp.is_some(),
        }
    }
}

/// An installed inbound SA.
pub(crate) struct InboundSa {
    pub(crate) key: InboundKey,
    pub(crate) mode: Mode,
    pub(crate) esn: bool,
    pub(crate) window: Window,
    pub(crate) cipher: Cipher,
}

impl InboundSa {
    /// The number a packet's low half stands for.
    pub(crate) fn number(&self, low: u32) -> u64 {
        match self.esn {
            true => sequence::infer(self.window.highest(), self.window.size(), low),
            false => u64::from(low),
        }
    }
}

/// Both tables.
pub(crate) struct Sad {
    pub(crate) outbound: Vec<Option<Box<OutboundSa>>>,
    pub(crate) inbound: Vec<Option<Box<InboundSa>>>,
}

impl Sad {
    pub(crate) fn new(outbound: usize, inbound: usize) -> Self {
        Sad { outbound: (0..outbound).map(|_| None).collect(), inbound: (0..inbound).map(|_| None).collect() }
    }

    pub(crate) fn size(&self, direction: Direction) -> usize {
        match direction {
            Direction::Outbound => self.outbound.len(),
            Direction::Inbound => self.inbound.len(),
        }
    }

    /// Checks staged words as a whole.
    pub(crate) fn check(
        &mut self,
        direction: Direction,
        index: usize,
        words: &[u32; sa::WORDS],
        window_max: u16,
    ) -> Result<SaConfig, Refusal> {
        if index >= self.size(direction) {
            return Err(Refusal::Index);
        }
        let config = SaConfig::from_words(direction, words, window_max)?;
        let elsewhere = direction == Direction::Inbound && self.find(&InboundKey::new(&config)).is_some_and(|(at, _)| at != index);
        if elsewhere {
            return Err(Refusal::Duplicate);
        }
        Ok(config)
    }

    /// Installs an SA that passed [`Sad::check`] at this index.
    pub(crate) fn install(&mut self, index: usize, config: &SaConfig) {
        match config.role {
            Role::Outbound { mtu, next, limit } => {
                self.outbound[index] = Some(Box::new(OutboundSa {
                    spi: config.spi,
                    mode: config.mode,
                    endpoints: config.endpoints,
                    udp: config.udp,
                    hop_limit: config.hop_limit,
                    mtu: usize::from(mtu),
                    sequence: Sequence::new(next, limit),
                    cipher: Cipher::new(config),
                }));
            }
            Role::Inbound { window, highest } => {
                self.inbound[index] = Some(Box::new(InboundSa {
                    key: InboundKey::new(config),
                    mode: config.mode,
                    esn: config.esn,
                    window: Window::new(window, highest),
                    cipher: Cipher::new(config),
                }));
            }
        }
    }

    pub(crate) fn delete(&mut self, direction: Direction, index: usize) -> Result<(), Refusal> {
        match direction {
            Direction::Outbound => *self.outbound.get_mut(index).ok_or(Refusal::Index)? = None,
            Direction::Inbound => *self.inbound.get_mut(index).ok_or(Refusal::Index)? = None,
        }
        Ok(())
    }

    pub(crate) fn find(&mut self, key: &InboundKey) -> Option<(usize, &mut InboundSa)> {
        self.inbound.iter_mut().enumerate().find_map(|(at, sa)| match sa {
            Some(sa) if sa.key == *key => Some((at, &mut **sa)),
            _ => None,
        })
    }

    pub(crate) fn clear(&mut self) {
        self.outbound.iter_mut().for_each(|sa| *sa = None);
        self.inbound.iter_mut().for_each(|sa| *sa = None);
    }
}
