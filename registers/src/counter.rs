//! Counters: 64 bits each, low word first, 128 per direction at a time, read through `COUNTERS_OUTBOUND` and `COUNTERS_INBOUND`; of which 32 SAs those of SAs are says `COUNTER_GROUP`.
//! They never wrap in practice and are cleared by reset only.

/// Counters per direction that are read at a time.
pub const COUNT: usize = 128;
/// Entries 0 to 31: frames dropped, by [`crate::Reason`] code; entry 0 is not used.
pub const DROPPED: usize = 0;
/// Frames that entered (counted at their last beat).
pub const FRAMES_IN: usize = 32;
/// Bytes that entered.
pub const BYTES_IN: usize = 33;
/// Frames that left.
pub const FRAMES_OUT: usize = 34;
/// Bytes that left.
pub const BYTES_OUT: usize = 35;
/// ESP fragments handed to the host unchanged (inbound; also counted in `FRAMES_OUT`).
pub const FRAGMENTS_TO_HOST: usize = 36;
/// Control datagrams sealed by the device itself (outbound, the same entry; also counted in `FRAMES_OUT`, not in `FRAMES_IN`).
pub const CONTROL_SENT: usize = 36;
/// SAs of a group: group g are those of index 32 g to 32 g + 31.
pub const GROUP: usize = 32;
/// Entries 64 to 95: packets sealed or opened, by SA within the group.
pub const SA_PACKETS: usize = 64;
/// Entries 96 to 127: ESP payload bytes (plaintext with padding and trailer), by SA within the group.
pub const SA_BYTES: usize = 96;
