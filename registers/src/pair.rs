//! Resync parameters of a pair of SAs as staged on the bus: 16 words, committed with [`crate::map::commit::WRITE_RESYNC`].

/// Words of a staged parameter set.
pub const WORDS: usize = 16;
/// Word 0: control port 15:0 (not zero), interval exponent 20:16, IPv6 31.
pub const CONTROL: usize = 0;
/// Word 1: spread 4:0, timeout 9:5, ceiling 14:10, failures 23:16, VLAN 31.
pub const RETRY: usize = 1;
/// Words 2 to 5: the Ethernet header of control frames behind two bytes of zero: destination, source, tag control information (zero without tag).
pub const ETHERNET: usize = 2;
/// Words 8 to 11: own address in control datagrams; IPv4 uses the first alone, the others must be zero.
pub const LOCAL: usize = 8;
/// Words 12 to 15: the peer's address in control datagrams, as `LOCAL`.
pub const REMOTE: usize = 12;

/// Interval exponents that are accepted.
pub const INTERVAL: core::ops::RangeInclusive<u32> = 4..=24;
pub const INTERVAL_SHIFT: u32 = 16;
pub const IPV6: u32 = 1 << 31;
pub const CONTROL_RESERVED: u32 = 0x7fe0_0000;
pub const SPREAD_SHIFT: u32 = 0;
pub const TIMEOUT_SHIFT: u32 = 5;
pub const CEILING_SHIFT: u32 = 10;
pub const FAILURES_SHIFT: u32 = 16;
pub const VLAN: u32 = 1 << 31;
pub const RETRY_RESERVED: u32 = 0x7f00_8000;
