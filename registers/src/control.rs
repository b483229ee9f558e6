//! Control messages inside an SA: constants of the wire, big-endian, offsets in bytes from the start of the UDP payload.

/// The letters HFST.
pub const MAGIC: u32 = 0x4846_5354;
pub const VERSION: u8 = 1;
/// Types.
pub const REQUEST: u8 = 1;
pub const ACK: u8 = 2;
/// Bytes of a message; REQUEST and ACK have the same layout.
pub const LENGTH: usize = 28;
/// Offsets of the fields.
pub const AT_VERSION: usize = 4;
pub const AT_TYPE: usize = 5;
pub const AT_LENGTH: usize = 6;
pub const AT_ECHO: usize = 8;
pub const AT_FLAGS: usize = 16;
pub const AT_NUMBER: usize = 20;
/// Flag: `number` is given.
pub const NUMBER_GIVEN: u32 = 1 << 0;
/// Reset value of the control port (`RESYNC.port`), from the range for private use (RFC 6335 section 6).
pub const PORT: u16 = 51847;
/// Clocks per tick.
pub const TICK: u32 = 256;
/// At most one reply per so many ticks, given as exponent of two.
pub const REPLY_SPACING: u32 = 4;
/// TTL or hop limit of a control datagram.
pub const HOP_LIMIT: u8 = 64;
