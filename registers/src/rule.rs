//! A policy rule as staged on the bus: 12 words, written to `STAGE[0..12]`, then committed as a whole.

/// Words of a staged rule.
pub const WORDS: usize = 12;

/// Word 0: flags, see [`flags`].
pub const FLAGS: usize = 0;
/// Word 1: prefix lengths in bits: source 7:0, destination 15:8.
pub const PREFIXES: usize = 1;
/// Word 2: source ports: low end 15:0, high end 31:16. For ICMP and ICMPv6: type × 256 + code (RFC 4301 section 4.4.1.1).
/// 0 to 65535 also matches packets that have no ports.
pub const SOURCE_PORTS: usize = 2;
/// Word 3: destination ports, as `SOURCE_PORTS`. ICMP has none.
pub const DESTINATION_PORTS: usize = 3;
/// Words 4 to 7: source address; IPv4 uses word 4.
pub const SOURCE: usize = 4;
/// Words 8 to 11: destination address; IPv4 uses word 8.
pub const DESTINATION: usize = 8;

/// Fields of word 0.
pub mod flags {
    /// The rule exists. A rule without it is skipped.
    pub const VALID: u32 = 1 << 0;
    /// Matches IPv4 packets.
    pub const IPV4: u32 = 1 << 1;
    /// Matches IPv6 packets. A rule for both families must have prefix lengths of zero.
    pub const IPV6: u32 = 1 << 2;
    /// Bit 3: any protocol; bits 15:8 are then ignored.
    pub const ANY_PROTOCOL: u32 = 1 << 3;
    /// Bits 5:4: what to do, see `action`.
    pub const ACTION_SHIFT: u32 = 4;
    /// Bits 15:8: upper protocol.
    pub const PROTOCOL_SHIFT: u32 = 8;
    /// Bits 25:16: index of the SA (action protect).
    pub const SA_SHIFT: u32 = 16;
    /// Bits 7:6 and 31:26 must be zero.
    pub const RESERVED: u32 = 0xfc00_00c0;
}

/// Values of the action field.
pub mod action {
    /// Drop the packet.
    pub const DISCARD: u32 = 0;
    /// Pass it unchanged.
    pub const BYPASS: u32 = 1;
    /// Outbound: seal it under the SA; inbound: accept it only from the SA.
    pub const PROTECT: u32 = 2;
}
