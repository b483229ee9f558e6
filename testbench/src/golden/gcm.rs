//! The golden AES-GCM as something to run vectors through: it tests the readers of the vector files.

use crate::vectors::Aead;
use holdfast_model::gcm::Gcm;
use holdfast_model::Key;
use std::convert::Infallible;

/// The golden AES-GCM.
#[derive(Clone, Copy, Debug, Default)]
pub struct GoldenGcm;

fn gcm(key: &[u8]) -> Gcm {
    let key = match key.try_into() {
        Ok(key) => Key::Aes128(key),
        Err(_) => Key::Aes256(key.try_into().expect("keys have 16 or 32 bytes")),
    };
    Gcm::new(&key)
}

impl Aead for GoldenGcm {
    type Error = Infallible;

    fn seal(&mut self, key: &[u8], iv: &[u8; 12], aad: &[u8], plaintext: &[u8]) -> Result<(Vec<u8>, [u8; 16]), Infallible> {
        let mut text = plaintext.to_vec();
        let tag = gcm(key).seal(iv, aad, &mut text);
        Ok((text, tag))
    }

    fn open(&mut self, key: &[u8], iv: &[u8; 12], aad: &[u8], ciphertext: &[u8], tag: &[u8; 16]) -> Result<Option<Vec<u8>>, Infallible> {
        let mut text = ciphertext.to_vec();
        Ok(gcm(key).open(iv, aad, &mut text, tag).ok().map(|()| text))
    }
}
