//! Holders of keying material: they show nothing and leave nothing behind.

use crate::FieldError;
use core::fmt;
use zeroize::Zeroize;

/// AEAD algorithms for ESP (RFC 4106), both with the 16-byte ICV.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// AES-128-GCM.
    Aes128Gcm16,
    /// AES-256-GCM.
    Aes256Gcm16,
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Algorithm::Aes128Gcm16 => "AES-128-GCM-16",
            Algorithm::Aes256Gcm16 => "AES-256-GCM-16",
        })
    }
}

/// An SA's key, first byte on the wire first; without the four bytes of [`Salt`].
///
/// `Debug` names the length only, there is no comparison, and the bytes are overwritten on drop. A move is a copy to the
/// compiler: build a key where it stays, and lend it.
#[derive(Clone)]
pub enum Key {
    /// AES-128.
    Aes128([u8; 16]),
    /// AES-256.
    Aes256([u8; 32]),
}

impl Key {
    /// A key from 16 or 32 bytes; [`FieldError::KeyLength`] for any other number.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FieldError> {
        if let Ok(key) = bytes.try_into() {
            return Ok(Key::Aes128(key));
        }
        match bytes.try_into() {
            Ok(key) => Ok(Key::Aes256(key)),
            Err(_) => Err(FieldError::KeyLength { found: bytes.len(), accepted: [16, 32] }),
        }
    }

    /// The algorithm that the key's length selects.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Key::Aes128(_) => Algorithm::Aes128Gcm16,
            Key::Aes256(_) => Algorithm::Aes256Gcm16,
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Key::Aes128(key) => key,
            Key::Aes256(key) => key,
        }
    }
}

impl Zeroize for Key {
    fn zeroize(&mut self) {
        match self {
            Key::Aes128(key) => key.zeroize(),
            Key::Aes256(key) => key.zeroize(),
        }
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Key::Aes128(_) => "Aes128(..)",
            Key::Aes256(_) => "Aes256(..)",
        })
    }
}

/// The four bytes before the IV in the nonce (RFC 4106 section 4). Part of the keying material, and treated like [`Key`].
#[derive(Clone)]
pub struct Salt(pub [u8; 4]);

impl Zeroize for Salt {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl Drop for Salt {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}
