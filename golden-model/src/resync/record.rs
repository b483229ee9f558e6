//! Records: what stands in the NVRAM, word for word, and whether it is to be believed.
//!
//! Words are big-endian in the NVRAM. A record is valid if its CRC, its identity and its tag are right. The CRC finds torn writes without a
//! key; the tag (AES-256-GCM under the device key) finds everything else, a record at another place included.

use crate::gcm::{Gcm, Key, ICV, NONCE};
use crate::resync::nvram::{read_words, Fault, Nvram};
use crate::Direction;
use holdfast_registers::record::{self, CONTENTS_WORDS, DYNAMIC_WORDS, STATIC_WORDS};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The device key, first byte first. Wiped on drop, not printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DeviceKey(pub [u8; 32]);

impl core::fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("DeviceKey(..)")
    }
}

/// Epoch in the upper half, records written in this epoch in the lower: larger is newer. It also is the nonce, so none is used twice.
pub type Generation = u64;

/// The epoch of a generation.
pub fn epoch_of(generation: Generation) -> u32 {
    (generation >> 32) as u32
}

/// The place of an SA in the NVRAM: SA index, + 32 if inbound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(u8);

impl Place {
    /// The place of an SA; the index wraps at 32.
    pub fn new(direction: Direction, index: u8) -> Self {
        Place(index % record::INBOUND as u8 + if direction == Direction::Inbound { record::INBOUND as u8 } else { 0 })
    }
    /// All places, outbound first.
    pub fn all() -> impl Iterator<Item = Place> {
        (0..record::PLACES as u8).map(Place)
    }
    /// The number, 0 to 63.
    pub fn number(self) -> u8 {
        self.0
    }
    /// Which SA table.
    pub fn direction(self) -> Direction {
        if u32::from(self.0) < record::INBOUND {
            Direction::Outbound
        } else {
            Direction::Inbound
        }
    }
    /// Index in that table.
    pub fn index(self) -> u8 {
        self.0 % record::INBOUND as u8
    }
}

/// One of the two slots a record alternates between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The lower address.
    First,
    /// The higher address.
    Second,
}

impl Slot {
    /// Both.
    pub const BOTH: [Slot; 2] = [Slot::First, Slot::Second];

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Slot::First => Slot::Second,
            Slot::Second => Slot::First,
        }
    }
    fn number(self) -> u32 {
        self as u32
    }
}

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<T> {
    /// Zero throughout.
    Blank,
    /// Not to be believed.
    Invalid,
    /// A record.
    Valid(T),
}

impl<T> Found<T> {
    /// The record, where there is one.
    pub fn valid(self) -> Option<T> {
        match self {
            Found::Valid(record) => Some(record),
            _ => None,
        }
    }
}

/// A dynamic record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dynamic {
    /// When it was written.
    pub generation: Generation,
    /// The generation the installation of its SA began with.
    pub born: Generation,
    /// Outbound: above every number used. Inbound: highest number accepted + 1, as of then.
    pub value: u64,
    /// Written by an orderly suspend: the value is exact.
    pub orderly: bool,
}

/// Words that hold a key. Wiped on drop, not printed.
#[derive(Clone, PartialEq, Eq, Hash, Zeroize, ZeroizeOnDrop)]
pub struct Secret<const N: usize>(pub [u32; N]);

impl<const N: usize> core::fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The words of the SA and of its pair's parameters.
pub type Contents = Secret<CONTENTS_WORDS>;

/// A static record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Static {
    /// When it was written.
    pub generation: Generation,
    /// As in [`Dynamic`].
    pub born: Generation,
    /// What the SA needs to come back.
    pub contents: Contents,
}

/// The words of a dynamic record.
pub type DynamicRecord = [u32; DYNAMIC_WORDS as usize];
/// The words of a static record.
pub type StaticRecord = [u32; STATIC_WORDS as usize];

/// Where a dynamic record stands, in words.
pub fn dynamic_address(place: Place, slot: Slot) -> u16 {
    (record::DYNAMIC + record::DYNAMIC_PLACE * u32::from(place.0) + record::DYNAMIC_SLOT * slot.number()) as u16
}

/// Where a static record stands, in words.
pub fn static_address(place: Place, slot: Slot) -> u16 {
    (record::STATIC + record::STATIC_PLACE * u32::from(place.0) + record::STATIC_SLOT * slot.number()) as u16
}

/// The device key in use: makes and believes records.
pub struct Vault(Gcm);

impl Vault {
    /// Expands the device key.
    pub fn new(key: &DeviceKey) -> Self {
        Vault(Gcm::new(&Key::Aes256(key.0)))
    }

    /// The words of a dynamic record at a place.
    pub fn seal_dynamic(&self, place: Place, slot: Slot, dynamic: &Dynamic) -> DynamicRecord {
        let mut words = [0; DYNAMIC_WORDS as usize];
        head(&mut words, dynamic.generation, dynamic.born, record::DYNAMIC_IDENTITY, place, slot);
        put64(&mut words, record::VALUE, dynamic.value);
        words[record::FLAGS] = if dynamic.orderly { record::ORDERLY } else { 0 };
        let tag = self.0.seal(&nonce(&words), &bytes(&words[..record::DYNAMIC_TAG]), &mut []);
        for (word, bytes) in words[record::DYNAMIC_TAG..record::DYNAMIC_CRC].iter_mut().zip(tag.chunks_exact(4)) {
            *word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        words[record::DYNAMIC_CRC] = crc(&words[..record::DYNAMIC_CRC]);
        words
    }

    /// What a dynamic record's words say.
    pub fn open_dynamic(&self, place: Place, slot: Slot, words: &DynamicRecord) -> Found<Dynamic> {
        if *words == [0; DYNAMIC_WORDS as usize] {
            return Found::Blank;
        }
        if !plausible(words, record::DYNAMIC_CRC, record::DYNAMIC_IDENTITY, place, slot) {
            return Found::Invalid;
        }
        // The tag is cut to 96 bits.
        let tag = self.0.seal(&nonce(words), &bytes(&words[..record::DYNAMIC_TAG]), &mut []);
        if !bool::from(tag[..12].ct_eq(&bytes(&words[record::DYNAMIC_TAG..record::DYNAMIC_CRC]))) {
            return Found::Invalid;
        }
        Found::Valid(Dynamic {
            generation: get64(words, record::GENERATION),
            born: get64(words, record::BORN),
            value: get64(words, record::VALUE),
            orderly: words[record::FLAGS] & record::ORDERLY != 0,
        })
    }

    /// The words of a static record at a place.
    pub fn seal_static(&self, place: Place, slot: Slot, record: &Static) -> StaticRecord {
        let mut words = [0; STATIC_WORDS as usize];
        head(&mut words, record.generation, record.born, record::STATIC_IDENTITY, place, slot);
        let mut text = Zeroizing::new(bytes(&record.contents.0));
        let tag = self.0.seal(&nonce(&words), &bytes(&words[..record::CONTENTS]), &mut text);
        for (word, bytes) in words[record::CONTENTS..].iter_mut().zip(text.chunks_exact(4).chain(tag.chunks_exact(4))) {
            *word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        words[record::STATIC_CRC] = crc(&words[..record::STATIC_CRC]);
        words
    }

    /// What a static record's words say.
    pub fn open_static(&self, place: Place, slot: Slot, words: &StaticRecord) -> Found<Static> {
        if *words == [0; STATIC_WORDS as usize] {
            return Found::Blank;
        }
        let mut tag = [0; ICV];
        tag.copy_from_slice(&bytes(&words[record::STATIC_TAG..record::STATIC_CRC]));
        let mut text = Zeroizing::new(bytes(&words[record::CONTENTS..record::STATIC_TAG]));
        if !plausible(words, record::STATIC_CRC, record::STATIC_IDENTITY, place, slot)
            || self.0.open(&nonce(words), &bytes(&words[..record::CONTENTS]), &mut text, &tag).is_err()
        {
            return Found::Invalid;
        }
        let mut contents = Secret([0; CONTENTS_WORDS]);
        for (word, bytes) in contents.0.iter_mut().zip(text.chunks_exact(4)) {
            *word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        Found::Valid(Static { generation: get64(words, record::GENERATION), born: get64(words, record::BORN), contents })
    }

    /// Both dynamic slots of a place.
    pub(crate) fn dynamics(&self, nvram: &mut impl Nvram, place: Place) -> Result<[Found<Dynamic>; 2], Fault> {
        let read = |slot: Slot, nvram: &mut _| Ok(self.open_dynamic(place, slot, &read_words(nvram, dynamic_address(place, slot))?));
        Ok([read(Slot::First, nvram)?, read(Slot::Second, nvram)?])
    }

    /// Both static slots of a place.
    pub(crate) fn statics(&self, nvram: &mut impl Nvram, place: Place) -> Result<[Found<Static>; 2], Fault> {
        let read = |slot: Slot, nvram: &mut _| Ok(self.open_static(place, slot, &read_words(nvram, static_address(place, slot))?));
        Ok([read(Slot::First, nvram)?, read(Slot::Second, nvram)?])
    }
}

/// Where an epoch slot stands, in words.
pub fn epoch_address(slot: Slot) -> u16 {
    (record::EPOCH_STRIDE * slot.number()) as u16
}

/// The words of an epoch slot.
pub fn seal_epoch(epoch: u32) -> [u32; 4] {
    let mut words = [record::EPOCH_MAGIC, epoch, 0, 0];
    words[3] = crc(&words[..3]);
    words
}

/// The epoch an epoch slot holds, if it is valid: not zero, and the CRC right.
pub fn open_epoch(words: &[u32; 4]) -> Option<u32> {
    (words[1] != 0 && *words == seal_epoch(words[1])).then_some(words[1])
}

/// Both epoch slots.
pub(crate) fn epochs(nvram: &mut impl Nvram) -> Result<[Option<u32>; 2], Fault> {
    let first = read_words(nvram, epoch_address(Slot::First))?;
    let second = read_words(nvram, epoch_address(Slot::Second))?;
    Ok([open_epoch(&first), open_epoch(&second)])
}

fn head(words: &mut [u32], generation: Generation, born: Generation, kind: u32, place: Place, slot: Slot) {
    put64(words, record::GENERATION, generation);
    put64(words, record::BORN, born);
    words[record::IDENTITY] = identity(kind, place, slot);
}

fn identity(kind: u32, place: Place, slot: Slot) -> u32 {
    kind + 256 * slot.number() + u32::from(place.0)
}

fn plausible(words: &[u32], crc_at: usize, kind: u32, place: Place, slot: Slot) -> bool {
    words[crc_at] == crc(&words[..crc_at]) && words[record::IDENTITY] == identity(kind, place, slot)
}

/// Identity, then generation.
fn nonce(words: &[u32]) -> [u8; NONCE] {
    let mut nonce = [0; NONCE];
    nonce[..4].copy_from_slice(&words[record::IDENTITY].to_be_bytes());
    nonce[4..].copy_from_slice(&get64(words, record::GENERATION).to_be_bytes());
    nonce
}

/// CRC-32 of IEEE 802.3 over words in NVRAM order.
fn crc(words: &[u32]) -> u32 {
    crc32fast::hash(&bytes(words))
}

fn bytes(words: &[u32]) -> Vec<u8> {
    // Never grows: no copy is left behind where the text is secret.
    let mut bytes = Vec::with_capacity(4 * words.len());
    words.iter().for_each(|word| bytes.extend_from_slice(&word.to_be_bytes()));
    bytes
}

/// Two words, high first.
fn get64(words: &[u32], at: usize) -> u64 {
    u64::from(words[at]) << 32 | u64::from(words[at + 1])
}

fn put64(words: &mut [u32], at: usize, value: u64) {
    words[at] = (value >> 32) as u32;
    words[at + 1] = value as u32;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> Vault {
        Vault::new(&DeviceKey(core::array::from_fn(|i| i as u8)))
    }
    const DYNAMIC: Dynamic = Dynamic { generation: 0x7_0000_0009, born: 0x6_0000_0001, value: 0x1_0000_2000, orderly: true };

    fn fixed() -> Static {
        let contents = Secret(core::array::from_fn(|i| i as u32 * 0x0101_0101));
        Static { generation: 0x7_0000_0001, born: 0x7_0000_0001, contents }
    }

    #[test]
    fn records_read_as_written_at_their_place_only() {
        let vault = vault();
        for place in Place::all() {
            assert_eq!(Place::new(place.direction(), place.index()), place);
            for slot in Slot::BOTH {
                let (dynamic, fixed_words) = (vault.seal_dynamic(place, slot, &DYNAMIC), vault.seal_static(place, slot, &fixed()));
                assert_eq!(vault.open_dynamic(place, slot, &dynamic), Found::Valid(DYNAMIC));
                assert_eq!(vault.open_static(place, slot, &fixed_words), Found::Valid(fixed()));
                assert_eq!(vault.open_dynamic(place, slot.other(), &dynamic), Found::Invalid);
                assert_eq!(vault.open_static(Place((place.0 + 1) % 64), slot, &fixed_words), Found::Invalid);
            }
        }
    }

    #[test]
    fn every_bit_counts() {
        let (vault, place, slot) = (vault(), Place(33), Slot::Second);
        let dynamic = vault.seal_dynamic(place, slot, &DYNAMIC);
        for bit in 0..32 * dynamic.len() {
            let mut other = dynamic;
            other[bit / 32] ^= 1 << (bit % 32);
            assert_eq!(vault.open_dynamic(place, slot, &other), Found::Invalid, "bit {bit}");
            // With the CRC mended it is the tag that finds it.
            other[11] = crc(&other[..11]);
            assert_eq!(vault.open_dynamic(place, slot, &other).valid().is_some(), bit / 32 == 11, "bit {bit}");
        }
        let words = vault.seal_static(place, slot, &fixed());
        for bit in 0..32 * words.len() {
            let mut other = words;
            other[bit / 32] ^= 1 << (bit % 32);
            assert_eq!(vault.open_static(place, slot, &other), Found::Invalid, "bit {bit}");
            other[49] = crc(&other[..49]);
            assert_eq!(vault.open_static(place, slot, &other).valid().is_some(), bit / 32 == 49, "bit {bit}");
        }
    }

    #[test]
    fn another_key_believes_nothing_and_zero_is_blank() {
        let other = Vault::new(&DeviceKey([9; 32]));
        let dynamic = vault().seal_dynamic(Place(1), Slot::First, &DYNAMIC);
        assert_eq!(other.open_dynamic(Place(1), Slot::First, &dynamic), Found::Invalid);
        assert_eq!(other.open_dynamic(Place(1), Slot::First, &[0; 12]), Found::Blank);
        assert_eq!(other.open_static(Place(1), Slot::First, &[0; 50]), Found::Blank);
    }

    #[test]
    fn epochs() {
        assert_eq!(open_epoch(&seal_epoch(7)), Some(7));
        assert_eq!(open_epoch(&seal_epoch(0)), None);
        assert_eq!(open_epoch(&[0; 4]), None);
        for bit in 0..128 {
            let mut words = seal_epoch(7);
            words[bit / 32] ^= 1 << (bit % 32);
            assert_eq!(open_epoch(&words), None, "bit {bit}");
        }
    }

    #[test]
    fn nothing_overlaps() {
        let mut used = vec![false; record::NVRAM_WORDS as usize];
        let mut take = |at: u16, words: u32| {
            for word in &mut used[usize::from(at)..usize::from(at) + words as usize] {
                assert!(!std::mem::replace(word, true));
            }
        };
        for slot in Slot::BOTH {
            take(epoch_address(slot), 4);
            for place in Place::all() {
                take(dynamic_address(place, slot), DYNAMIC_WORDS);
                take(static_address(place, slot), STATIC_WORDS);
            }
        }
    }
}
