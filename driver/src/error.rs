//! What can go wrong: each error names the field or register, what was found there, and what is accepted.

use crate::register::{Features, ResyncStatus, Version};
use crate::resync::Command;
use crate::{Access, Algorithm, Direction, End, Family, Mode, PortRange};
use core::fmt;
use core::net::IpAddr;
use core::ops::RangeInclusive;
use holdfast_registers::{map, Refusal};

/// A table of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// SAs of a direction.
    Sa(Direction),
    /// Rules of a direction.
    Rule(Direction),
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Table::Sa(direction) => write!(f, "{direction} SA"),
            Table::Rule(direction) => write!(f, "{direction} rule"),
        }
    }
}

/// A field of an SA, rule or setting that this device does not take. Nothing of the record has taken effect.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // `found` and `accepted` say the same everywhere
pub enum FieldError {
    /// Index beyond the table; `accepted` is the number of entries.
    Index { table: Table, found: u16, accepted: u16 },
    /// SPI of the reserved range (RFC 4303 section 2.1).
    Spi { found: u32, accepted: RangeInclusive<u32> },
    /// Key of neither length, in bytes.
    KeyLength { found: usize, accepted: [usize; 2] },
    /// Algorithm that the device does not have.
    Algorithm { found: Algorithm, accepted: Features },
    /// Mode that the device does not have.
    Mode { found: Mode, accepted: Features },
    /// IP version that the device does not speak.
    Family { found: Family, accepted: Features },
    /// Remote address that is not of the local address's family.
    Remote { found: IpAddr, accepted: Family },
    /// Extended sequence numbers, which the device does not have.
    Esn { found: bool, accepted: bool },
    /// UDP encapsulation, which the device does not have.
    UdpEncapsulation { found: bool, accepted: bool },
    /// UDP port zero.
    UdpPort { end: End, found: u16, accepted: RangeInclusive<u16> },
    /// Window in packets: too large, or zero with ESN.
    Window { found: u16, accepted: RangeInclusive<u16> },
    /// Sequence number: zero, above the limit, or beyond 32 bits without ESN.
    Sequence { found: u64, accepted: RangeInclusive<u64> },
    /// Limit: zero, or beyond 2^32 without ESN.
    Limit { found: u64, accepted: RangeInclusive<u64> },
    /// Hop limit zero in tunnel mode.
    HopLimit { found: u8, accepted: RangeInclusive<u8> },
    /// Another inbound SA has this SPI, destination and encapsulation. Only the device can tell.
    Duplicate { found: u32, destination: IpAddr, udp_encapsulation: bool },
    /// Prefix longer than the address, in bits.
    PrefixLength { end: End, found: u8, accepted: RangeInclusive<u8> },
    /// Source and destination prefix of a rule differ in family.
    RuleFamily { found: Family, accepted: Family },
    /// Port range upside down; `accepted` for its high end.
    Ports { end: End, found: PortRange, accepted: RangeInclusive<u16> },
    /// Longest frame in bytes.
    MaxFrame { found: u16, accepted: RangeInclusive<u16> },
    /// NAT traversal port zero.
    NatTPort { found: u16, accepted: RangeInclusive<u16> },
    /// A recorded SA, and a device that cannot record.
    Recorded { found: bool, accepted: bool },
    /// A limit of a recorded outbound SA: the device chooses it.
    RecordedLimit { found: u64 },
    /// A recorded SA of a pair without resync parameters.
    NoParameters { found: u16 },
    /// A recorded SA whose records could not be written: no device key, NVRAM not formatted or at fault. [`crate::Driver::resync_status`] tells which.
    Nvram,
    /// UDP port of control datagrams zero.
    ControlPort { found: u16, accepted: RangeInclusive<u16> },
    /// Remote control address that is not of the local one's family.
    ControlRemote { found: IpAddr, accepted: Family },
    /// Interval of the recorder, as exponent of two, in packets.
    Interval { found: u8, accepted: RangeInclusive<u8> },
    /// Spread of the first request, as exponent of two, in ticks.
    Spread { found: u8, accepted: RangeInclusive<u8> },
    /// Wait before the first repetition, as exponent of two, in ticks.
    Timeout { found: u8, accepted: RangeInclusive<u8> },
    /// Longest wait, as exponent of two, in ticks; not below the first.
    Ceiling { found: u8, accepted: RangeInclusive<u8> },
    /// Words of resync parameters that the device refuses, although the driver has checked them.
    Parameters,
    /// Bits of an SA's flags word that the device calls reserved, although the driver knows them: the versions differ.
    Flags { found: u32, accepted: u32 },
    /// Refused for a reason that cannot apply to what was staged: device and driver disagree about the register map.
    Contract { found: Refusal },
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// `n to m`, or that there is none.
        fn range<T: fmt::Display + PartialOrd>(
            f: &mut fmt::Formatter<'_>,
            field: &str,
            found: T,
            accepted: &RangeInclusive<T>,
        ) -> fmt::Result {
            if accepted.is_empty() {
                return write!(f, "{field} {found}: this device accepts none");
            }
            write!(f, "{field} {found}: accepted are {} to {}", accepted.start(), accepted.end())
        }
        match self {
            FieldError::Index { table, found, accepted: 0 } => write!(f, "{table} index {found}: the device has no such table"),
            FieldError::Index { table, found, accepted } => write!(f, "{table} index {found}: accepted are 0 to {}", accepted - 1),
            FieldError::Spi { found, accepted } => {
                write!(f, "SPI {found:#x}: accepted are {:#x} to {:#x}", accepted.start(), accepted.end())
            }
            FieldError::KeyLength { found, accepted: [short, long] } => {
                write!(f, "key of {found} bytes: accepted are {short} and {long}")
            }
            FieldError::Algorithm { found, accepted } => list(
                f,
                format_args!("algorithm {found}"),
                [(accepted.aes128_gcm16(), &Algorithm::Aes128Gcm16), (accepted.aes256_gcm16(), &Algorithm::Aes256Gcm16)],
            ),
            FieldError::Mode { found, accepted } => {
                list(f, format_args!("mode {found}"), [(accepted.tunnel(), &Mode::Tunnel), (accepted.transport(), &Mode::Transport)])
            }
            FieldError::Family { found, accepted } => {
                list(f, format_args!("address family {found}"), [(accepted.ipv4(), &Family::Ipv4), (accepted.ipv6(), &Family::Ipv6)])
            }
            FieldError::Remote { found, accepted } => {
                write!(f, "remote address {found}: accepted are {accepted} addresses, as the local one")
            }
            FieldError::Esn { .. } => f.write_str("extended sequence numbers on: this device accepts off only"),
            FieldError::UdpEncapsulation { .. } => f.write_str("UDP encapsulation on: this device accepts off only"),
            FieldError::UdpPort { end, found, accepted } => {
                write!(f, "UDP encapsulation {end} ")?;
                range(f, "port", *found, accepted)
            }
            FieldError::Window { found, accepted } => range(f, "anti-replay window", *found, accepted),
            FieldError::Sequence { found, accepted } => range(f, "sequence number", *found, accepted),
            FieldError::Limit { found, accepted } => range(f, "sequence number limit", *found, accepted),
            FieldError::HopLimit { found, accepted } => range(f, "hop limit", *found, accepted),
            FieldError::Duplicate { found, destination, udp_encapsulation } => write!(
                f,
                "SPI {found:#x} to {destination} {} UDP encapsulation: accepted is one that no other inbound SA has",
                if *udp_encapsulation { "with" } else { "without" }
            ),
            FieldError::PrefixLength { end, found, accepted } => {
                write!(f, "{end} ")?;
                range(f, "prefix length", *found, accepted)
            }
            FieldError::RuleFamily { found, accepted } => {
                write!(f, "destination prefix {found}: accepted is {accepted}, as the source prefix")
            }
            FieldError::Ports { end, found, accepted } => {
                write!(f, "{end} ports {found}: accepted as high end are {} to {}", accepted.start(), accepted.end())
            }
            FieldError::MaxFrame { found, accepted } => range(f, "longest frame", *found, accepted),
            FieldError::NatTPort { found, accepted } => range(f, "NAT traversal port", *found, accepted),
            FieldError::Recorded { .. } => f.write_str("recorded on: this device accepts off only"),
            FieldError::RecordedLimit { found } => {
                write!(f, "sequence number limit {found} of a recorded SA: accepted is none, the device chooses it")
            }
            FieldError::NoParameters { found } => {
                write!(f, "recorded SA {found} of a pair without resync parameters: accepted is one that has them")
            }
            FieldError::Nvram => {
                f.write_str("the SA's records could not be written: accepted with a device key and a formatted NVRAM that answers")
            }
            FieldError::ControlPort { found, accepted } => range(f, "control port", *found, accepted),
            FieldError::ControlRemote { found, accepted } => {
                write!(f, "remote control address {found}: accepted are {accepted} addresses, as the local one")
            }
            FieldError::Interval { found, accepted } => range(f, "interval exponent", *found, accepted),
            FieldError::Spread { found, accepted } => range(f, "spread exponent", *found, accepted),
            FieldError::Timeout { found, accepted } => range(f, "timeout exponent", *found, accepted),
            FieldError::Ceiling { found, accepted } => range(f, "ceiling exponent", *found, accepted),
            FieldError::Parameters => {
                f.write_str("resync parameters refused, which the driver has checked: device and driver disagree about them")
            }
            FieldError::Flags { found, accepted } => {
                write!(f, "flags word {found:#010x}: the device refuses it, although bits {accepted:#010x} are accepted")
            }
            FieldError::Contract { found } => {
                write!(f, "refused for \"{found}\", which the driver has checked: device and driver disagree about the register map")
            }
        }
    }
}

/// Writes what was found and which of two are accepted.
fn list(f: &mut fmt::Formatter<'_>, found: fmt::Arguments<'_>, accepted: [(bool, &dyn fmt::Display); 2]) -> fmt::Result {
    write!(f, "{found}: this device accepts ")?;
    match accepted {
        [(true, a), (true, b)] => write!(f, "{a} and {b}"),
        [(true, one), _] | [_, (true, one)] => write!(f, "{one}"),
        _ => f.write_str("none"),
    }
}

impl core::error::Error for FieldError {}

/// What a call to the driver can end with. `E` is the bus's error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // `found` and `accepted` say the same everywhere
pub enum Error<E> {
    /// The bus failed at a register.
    Bus { access: Access, address: u32, error: E },
    /// `ID` is not that of a Holdfast device.
    Id { found: u32, accepted: u32 },
    /// `VERSION` is one whose registers this driver does not know; accepted is any with its major and minor number.
    Version { found: Version, accepted: Version },
    /// The device is still busy after so many reads of `STATUS`.
    Busy { polls: u32 },
    /// The recorder is still busy after so many reads of `RESYNC_STATUS`.
    RecorderBusy { polls: u32 },
    /// A command to the recorder had no success; its state afterwards.
    Recorder { command: Command, status: ResyncStatus },
    /// A field that the device does not take.
    Field(FieldError),
    /// `RESULT` holds no refusal code.
    Result { found: u32, accepted: RangeInclusive<u8> },
    /// An event holds no event code. The event has been removed.
    EventCode { found: u8, accepted: RangeInclusive<u8> },
}

impl<E> From<FieldError> for Error<E> {
    fn from(error: FieldError) -> Self {
        Error::Field(error)
    }
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Bus { access, address, error } => {
                let verb = match access {
                    Access::Read => "reading",
                    Access::Write => "writing",
                };
                let name = map::at(*address).map_or("reserved space", |register| register.name);
                write!(f, "{verb} {name} at {address:#05x}: {error}")
            }
            Error::Id { found, accepted } => write!(f, "ID {found:#010x}: accepted is {accepted:#010x}"),
            Error::Version { found, accepted } => write!(
                f,
                "VERSION {}.{}.{}: accepted is {}.{} with any patch number",
                found.major(),
                found.minor(),
                found.patch(),
                accepted.major(),
                accepted.minor()
            ),
            Error::Busy { polls } => write!(f, "STATUS busy after {polls} reads: accepted is idle"),
            Error::RecorderBusy { polls } => write!(f, "RESYNC_STATUS busy after {polls} reads: accepted is idle"),
            Error::Recorder { command, status } => {
                write!(f, "{command}: the recorder answers")?;
                for (set, name) in [
                    (status.fault(), "the NVRAM does not answer"),
                    (status.no_key(), "no device key"),
                    (status.unformatted(), "the NVRAM is not formatted"),
                    (status.suspended(), "suspended"),
                ] {
                    if set {
                        return write!(f, " \"{name}\"");
                    }
                }
                f.write_str(" nothing of it")
            }
            Error::Field(error) => error.fmt(f),
            Error::Result { found, accepted } => {
                write!(f, "RESULT {found:#x}: accepted are 0 and {} to {}", accepted.start(), accepted.end())
            }
            Error::EventCode { found, accepted } => {
                write!(f, "event code {found}: accepted are {} to {}", accepted.start(), accepted.end())
            }
        }
    }
}

impl<E: core::error::Error + 'static> core::error::Error for Error<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Error::Bus { error, .. } => Some(error),
            Error::Field(error) => Some(error),
            _ => None,
        }
    }
}

/// Which SAs of a pair are in force after [`crate::Driver::replace_pair`] failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Both entries are as they were before.
    Before,
    /// The inbound SA is the new one, the outbound entry is as it was before.
    NewReceive,
    /// The device did not tell whether the commit of [`PairError::side`] took effect. If that is the outbound side, the inbound SA is the new one;
    /// if it is the inbound side, the outbound entry is as it was before.
    Unknown,
}

/// A pair of SAs that was not replaced as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairError<E> {
    /// The side that failed.
    pub side: Direction,
    /// What is in force now.
    pub standing: Standing,
    /// Why it failed.
    pub error: Error<E>,
}

impl<E: fmt::Display> fmt::Display for PairError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} SA: {} (", self.side, self.error)?;
        f.write_str(match (self.standing, self.side) {
            (Standing::Before, _) => "both directions are as before",
            (Standing::NewReceive, _) => "the new SA receives, transmission is as before",
            (Standing::Unknown, Direction::Inbound) => "reception is unknown, transmission is as before",
            (Standing::Unknown, Direction::Outbound) => "the new SA receives, transmission is unknown",
        })?;
        f.write_str(")")
    }
}

impl<E: core::error::Error + 'static> core::error::Error for PairError<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.error)
    }
}
