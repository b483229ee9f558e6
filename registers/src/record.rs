//! Records in NVRAM: where they stand and how they are laid out. Words of 32 bits, big-endian; offsets in words.

/// Words of the NVRAM.
pub const NVRAM_WORDS: u32 = 1 << 14;
/// Address bits of the word port.
pub const NVRAM_BITS: usize = 14;
/// Places: outbound SAs, then inbound SAs.
pub const PLACES: u32 = 64;
/// The place of inbound SA 0.
pub const INBOUND: u32 = 32;

/// Epoch slots, at 0 and [`EPOCH_STRIDE`]: magic, epoch, zero, CRC.
pub const EPOCH_MAGIC: u32 = 0x4846_4e56;
pub const EPOCH_STRIDE: u32 = 4;
/// Dynamic records: base, distance of places, distance of slots, words.
pub const DYNAMIC: u32 = 0x0800;
pub const DYNAMIC_PLACE: u32 = 32;
pub const DYNAMIC_SLOT: u32 = 16;
pub const DYNAMIC_WORDS: u32 = 12;
/// Static records, likewise.
pub const STATIC: u32 = 0x2000;
pub const STATIC_PLACE: u32 = 128;
pub const STATIC_SLOT: u32 = 64;
pub const STATIC_WORDS: u32 = 50;

/// Identity word, with 256 * slot + place added.
pub const DYNAMIC_IDENTITY: u32 = 0x4400_0000;
pub const STATIC_IDENTITY: u32 = 0x5300_0000;

/// Words of both kinds: generation (high, low), born (high, low), identity.
pub const GENERATION: usize = 0;
pub const BORN: usize = 2;
pub const IDENTITY: usize = 4;
/// Dynamic: value (high, low), flags, tag (3 words), CRC.
pub const VALUE: usize = 5;
pub const FLAGS: usize = 7;
pub const DYNAMIC_TAG: usize = 8;
pub const DYNAMIC_CRC: usize = 11;
/// Flag: written by an orderly suspend, the value is exact.
pub const ORDERLY: u32 = 1 << 0;
/// Static: contents (24 words of the SA, 16 of the parameters), tag (4 words), CRC.
pub const CONTENTS: usize = 5;
pub const CONTENTS_WORDS: usize = crate::sa::WORDS + crate::pair::WORDS;
pub const STATIC_TAG: usize = 45;
pub const STATIC_CRC: usize = 49;
