//! An SA as staged on the bus: 24 words, written to `STAGE[0..24]`, then committed as a whole.

/// Words of a staged SA.
pub const WORDS: usize = 24;

/// Word 0: flags, see [`flags`].
pub const FLAGS: usize = 0;
/// Word 1: SPI.
pub const SPI: usize = 1;
/// Word 2: salt (RFC 4106 section 4), first byte most significant.
pub const SALT: usize = 2;
/// Word 3: UDP source port in bits 31:16, destination port in 15:0 (UDP encapsulation only).
pub const PORTS: usize = 3;
/// Words 4 to 11: key, first byte in the most significant byte of word 4; AES-128 uses words 4 to 7.
pub const KEY: usize = 4;
/// Words 12 to 15: own outer address; IPv4 uses word 12 alone, the others must be zero.
pub const LOCAL: usize = 12;
/// Words 16 to 19: the peer's outer address, as `LOCAL`.
pub const REMOTE: usize = 16;
/// Words 20 (low) and 21 (high): outbound: next sequence number to use, at least 1; inbound: highest number seen + 1.
pub const SEQUENCE: usize = 20;
/// Words 22 (low) and 23 (high): outbound: only numbers below this may be used; inbound: must be zero.
pub const LIMIT: usize = 22;

/// Fields of word 0.
pub mod flags {
    /// Tunnel mode (1) or transport mode (0).
    pub const TUNNEL: u32 = 1 << 0;
    /// AES-256 (1) or AES-128 (0).
    pub const AES256: u32 = 1 << 1;
    /// Extended sequence numbers (RFC 4303 section 2.2.1).
    pub const ESN: u32 = 1 << 2;
    /// UDP encapsulation (RFC 3948).
    pub const UDP: u32 = 1 << 3;
    /// Outer addresses are IPv6 (1) or IPv4 (0). In transport mode: the family of the packets.
    pub const IPV6: u32 = 1 << 4;
    /// The SA is recorded in NVRAM and resynchronised (its limit is then the device's affair, and staged as zero).
    pub const RECORDED: u32 = 1 << 5;
    /// Bits 7:6 must be zero.
    pub const RESERVED: u32 = 0xc0;
    /// Bits 15:8: TTL or hop limit of the outer header that tunnel mode builds.
    pub const HOP_LIMIT_SHIFT: u32 = 8;
    /// Bits 31:16: inbound: window in packets, 0 = no anti-replay; outbound: path MTU (largest outer IP packet), 0 = no limit.
    pub const WINDOW_SHIFT: u32 = 16;
}
