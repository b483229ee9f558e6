//! AES-GCM with a 96-bit nonce and a 16-byte ICV (NIST SP 800-38D, as RFC 4106 uses it), from a block cipher and GHASH.
//!
//! Key schedule and the powers of H are computed once per SA. Everything secret is wiped on drop: the key by [`Key`], the
//! schedule and H by the crates that hold them.

use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes256};
use ghash::universal_hash::UniversalHash;
use ghash::GHash;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Bytes of a nonce: salt, then IV.
pub const NONCE: usize = 12;
/// Bytes of an ICV.
pub const ICV: usize = 16;

/// An AES key, first byte first. Wiped on drop; its `Debug` tells the size only.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub enum Key {
    /// AES-128.
    Aes128([u8; 16]),
    /// AES-256.
    Aes256([u8; 32]),
}

impl core::fmt::Debug for Key {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Key::Aes128(_) => "Aes128(..)",
            Key::Aes256(_) => "Aes256(..)",
        })
    }
}

/// Compares in constant time.
impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Key::Aes128(a), Key::Aes128(b)) => a.ct_eq(b).into(),
            (Key::Aes256(a), Key::Aes256(b)) => a.ct_eq(b).into(),
            _ => false,
        }
    }
}
impl Eq for Key {}

/// The ICV is not that of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongIcv;

impl core::fmt::Display for WrongIcv {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the ICV is not that of the data")
    }
}
impl std::error::Error for WrongIcv {}

enum Aes {
    Aes128(Aes128),
    Aes256(Aes256),
}

impl Aes {
    fn encrypt(&self, blocks: &mut [Block]) {
        match self {
            Aes::Aes128(aes) => aes.encrypt_blocks(blocks),
            Aes::Aes256(aes) => aes.encrypt_blocks(blocks),
        }
    }
}

type Block = aes::Block;
/// Blocks handed to the cipher at once: as many as its widest implementation works on.
const BATCH: usize = 8;

/// AES-GCM under one key.
pub struct Gcm {
    aes: Aes,
    ghash: GHash,
}

impl Gcm {
    /// Expands a key.
    pub fn new(key: &Key) -> Self {
        let aes = match key {
            Key::Aes128(key) => Aes::Aes128(Aes128::new(key.into())),
            Key::Aes256(key) => Aes::Aes256(Aes256::new(key.into())),
        };
        let mut h = [Block::default()];
        aes.encrypt(&mut h);
        let ghash = GHash::new(&h[0]);
        h[0].0.zeroize();
        Gcm { aes, ghash }
    }

    /// Encrypts `text` in place and answers its ICV.
    pub fn seal(&self, nonce: &[u8; NONCE], aad: &[u8], text: &mut [u8]) -> [u8; ICV] {
        self.apply_key_stream(nonce, text);
        self.icv(nonce, aad, text)
    }

    /// Decrypts `text` in place where `icv` is right; otherwise leaves it encrypted.
    ///
    /// # Errors
    /// [`WrongIcv`].
    pub fn open(&self, nonce: &[u8; NONCE], aad: &[u8], text: &mut [u8], icv: &[u8; ICV]) -> Result<(), WrongIcv> {
        if !bool::from(self.icv(nonce, aad, text).ct_eq(icv)) {
            return Err(WrongIcv);
        }
        self.apply_key_stream(nonce, text);
        Ok(())
    }

    fn icv(&self, nonce: &[u8; NONCE], aad: &[u8], ciphertext: &[u8]) -> [u8; ICV] {
        let mut ghash = self.ghash.clone();
        ghash.update_padded(aad);
        ghash.update_padded(ciphertext);
        let bits = (aad.len() as u128 * 8) << 64 | (ciphertext.len() as u128 * 8);
        ghash.update(&[Array(bits.to_be_bytes())]);
        let mut mask = [counter_block(nonce, 1)];
        self.aes.encrypt(&mut mask);
        let mut icv = ghash.finalize().0;
        icv.iter_mut().zip(mask[0]).for_each(|(byte, mask)| *byte ^= mask);
        icv
    }

    fn apply_key_stream(&self, nonce: &[u8; NONCE], text: &mut [u8]) {
        let mut counter = 2u32;
        for piece in text.chunks_mut(16 * BATCH) {
            let mut stream = [Block::default(); BATCH];
            let blocks = &mut stream[..piece.len().div_ceil(16)];
            for block in blocks.iter_mut() {
                *block = counter_block(nonce, counter);
                counter = counter.wrapping_add(1);
            }
            self.aes.encrypt(blocks);
            for (bytes, mask) in piece.chunks_mut(16).zip(blocks.iter()) {
                bytes.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
            }
        }
    }
}

fn counter_block(nonce: &[u8; NONCE], counter: u32) -> Block {
    let mut block = Block::default();
    block[..NONCE].copy_from_slice(nonce);
    block[NONCE..].copy_from_slice(&counter.to_be_bytes());
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_not_printed() {
        assert_eq!(format!("{:?} {:?}", Key::Aes128([7; 16]), Key::Aes256([7; 32])), "Aes128(..) Aes256(..)");
    }

    #[test]
    fn keys_compare_by_content_and_size() {
        assert_eq!(Key::Aes128([7; 16]), Key::Aes128([7; 16]));
        assert_ne!(Key::Aes128([7; 16]), Key::Aes128([8; 16]));
        assert_ne!(Key::Aes128([7; 16]), Key::Aes256([7; 32]));
    }

    #[test]
    fn a_wrong_icv_leaves_the_text_encrypted() {
        let gcm = Gcm::new(&Key::Aes256([3; 32]));
        let mut text = *b"attack at dawn";
        let icv = gcm.seal(&[1; 12], b"aad", &mut text);
        let sealed = text;
        for bit in 0..128 {
            let mut wrong = icv;
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(gcm.open(&[1; 12], b"aad", &mut text, &wrong), Err(WrongIcv));
            assert_eq!(text, sealed);
        }
        gcm.open(&[1; 12], b"aad", &mut text, &icv).unwrap();
        assert_eq!(&text, b"attack at dawn");
    }
}
