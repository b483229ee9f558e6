//! What an NVRAM holds, read from outside: the values of the newest records, as the figure shows them. Nothing is verified but the CRC, as
//! somebody without the device key would do it.

use holdfast_model::fram::{Fram, BYTES};
use holdfast_registers::record;

/// CRC-32 of IEEE 802.3 over words, most significant byte first.
fn crc(words: &[u32]) -> u32 {
    let bytes = words.iter().flat_map(|word| word.to_be_bytes());
    !bytes
        .fold(!0u32, |crc, byte| (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 != 0 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }))
}

/// The value of the newest dynamic record of a place (SA index, + 32 if inbound).
pub fn newest(part: &Fram, place: u32) -> Option<u64> {
    let slot = |slot: u32| {
        let at = record::DYNAMIC + record::DYNAMIC_PLACE * place + record::DYNAMIC_SLOT * slot;
        let words: [u32; record::DYNAMIC_WORDS as usize] = std::array::from_fn(|i| part.word((at + i as u32) as u16));
        let wide = |at: usize| u64::from(words[at]) << 32 | u64::from(words[at + 1]);
        let valid = words[record::DYNAMIC_CRC] == crc(&words[..record::DYNAMIC_CRC]) && wide(record::GENERATION) != 0;
        valid.then(|| (wide(record::GENERATION), wide(record::VALUE)))
    };
    slot(0).max(slot(1)).map(|(_, value)| value)
}

/// Puts back what the part once held: all of it, or the records of a place.
pub fn put_back(part: &mut Fram, contents: &[u8; BYTES], place: Option<u8>) {
    let Some(place) = place.map(u32::from) else {
        *part.contents_mut() = *contents;
        return;
    };
    let dynamic = (record::DYNAMIC + record::DYNAMIC_PLACE * place, record::DYNAMIC_PLACE);
    let fixed = (record::STATIC + record::STATIC_PLACE * place, record::STATIC_PLACE);
    for (at, words) in [dynamic, fixed] {
        let bytes = 4 * at as usize..4 * (at + words) as usize;
        part.contents_mut()[bytes.clone()].copy_from_slice(&contents[bytes]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_of_the_check_string() {
        // "12345678" as two words, and the CRC that every implementation gives for it.
        assert_eq!(crc(&[0x3132_3334, 0x3536_3738]), 0x9ae0_daaf);
    }

    #[test]
    fn a_place_is_put_back_and_no_other() {
        let (mut part, old) = (Fram::new(), Box::new([0x55; BYTES]));
        put_back(&mut part, &old, Some(33));
        let of_place = |a: u16| (0x0800 + 32 * 33..0x0800 + 32 * 34).contains(&a) || (0x2000 + 128 * 33..0x2000 + 128 * 34).contains(&a);
        assert!((0..1 << 14).all(|a| part.word(a) == if of_place(a) { 0x5555_5555 } else { 0 }));
        put_back(&mut part, &old, None);
        assert_eq!(part.contents(), &*old);
    }

    #[test]
    fn the_newer_of_two_valid_slots() {
        let mut part = Fram::new();
        assert_eq!(newest(&part, 33), None);
        let mut put = |slot: u32, generation: u32, value: u32| {
            let mut words = [1, generation, 0, 0, 0, 0, value, 0, 0, 0, 0, 0];
            words[record::DYNAMIC_CRC] = crc(&words[..record::DYNAMIC_CRC]);
            let at = record::DYNAMIC + record::DYNAMIC_PLACE * 33 + record::DYNAMIC_SLOT * slot;
            words.iter().zip(at as u16..).for_each(|(word, at)| part.set_word(at, *word));
            newest(&part, 33)
        };
        assert_eq!((put(1, 5, 100), put(0, 6, 200), put(1, 7, 300)), (Some(100), Some(200), Some(300)));
        let at = record::DYNAMIC + record::DYNAMIC_PLACE * 33 + record::DYNAMIC_SLOT;
        part.set_word(at as u16 + 6, 301);
        assert_eq!(newest(&part, 33), Some(200), "torn");
    }
}
