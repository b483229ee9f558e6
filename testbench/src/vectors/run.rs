//! Running vectors and counting what came of it.

use super::{Expect, Vector};
use std::collections::BTreeMap;

/// An AES-GCM with 96-bit IVs and 128-bit tags.
pub trait Aead {
    /// Why something would fail to run at all.
    type Error;
    /// Ciphertext and tag. `key` has 16 or 32 bytes.
    fn seal(&mut self, key: &[u8], iv: &[u8; 12], aad: &[u8], plaintext: &[u8]) -> Result<(Vec<u8>, [u8; 16]), Self::Error>;
    /// The plaintext; `None` where the tag is wrong.
    fn open(&mut self, key: &[u8], iv: &[u8; 12], aad: &[u8], ciphertext: &[u8], tag: &[u8; 16]) -> Result<Option<Vec<u8>>, Self::Error>;
    /// What it cannot do about a vector, in words.
    fn limitation(&self, vector: &Vector) -> Option<&'static str> {
        let _ = vector;
        None
    }
}

/// Counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Vectors whose demands were all met.
    pub passed: u64,
    /// Vectors with a wrong result.
    pub failed: u64,
    /// Vectors that do not apply, by reason.
    pub not_applicable: BTreeMap<&'static str, u64>,
    /// What failed, in words.
    pub failures: Vec<String>,
}

impl Tally {
    /// All vectors.
    pub fn total(&self) -> u64 {
        self.passed + self.failed + self.not_applicable.values().sum::<u64>()
    }
}

/// Why a vector does not apply to AES-GCM as ESP uses it (RFC 4106).
fn not_applicable(vector: &Vector) -> Option<&'static str> {
    match (vector.key.len(), vector.iv.len(), vector.tag.len()) {
        (24, _, _) => Some("192-bit key"),
        (16 | 32, 12, 16) => None,
        (16 | 32, 12, _) => Some("tag not of 128 bits"),
        (16 | 32, _, _) => Some("IV not of 96 bits"),
        _ => Some("key of another length"),
    }
}

/// Runs vectors; `each` is called after every one.
pub fn run<A: Aead>(aead: &mut A, vectors: &[Vector], tally: &mut Tally, mut each: impl FnMut()) -> Result<(), A::Error> {
    for vector in vectors {
        match not_applicable(vector).or_else(|| aead.limitation(vector)) {
            Some(reason) => *tally.not_applicable.entry(reason).or_default() += 1,
            None => match wrong(aead, vector)? {
                None => tally.passed += 1,
                Some(text) => {
                    tally.failed += 1;
                    tally.failures.push(format!("{}: {text}", vector.place));
                }
            },
        }
        each();
    }
    Ok(())
}

/// What is wrong about the result, if anything.
fn wrong<A: Aead>(aead: &mut A, vector: &Vector) -> Result<Option<&'static str>, A::Error> {
    let iv: [u8; 12] = vector.iv.as_slice().try_into().expect("checked to apply");
    let tag: [u8; 16] = vector.tag.as_slice().try_into().expect("checked to apply");
    if vector.expect == Expect::Both {
        let (ciphertext, sealed) = aead.seal(&vector.key, &iv, &vector.aad, &vector.plaintext)?;
        if ciphertext != vector.ciphertext {
            return Ok(Some("sealing gives another ciphertext"));
        }
        if sealed != tag {
            return Ok(Some("sealing gives another tag"));
        }
    }
    let opened = aead.open(&vector.key, &iv, &vector.aad, &vector.ciphertext, &tag)?;
    Ok(match (opened, vector.expect) {
        (Some(_), Expect::Fails) => Some("a forgery opens"),
        (None, Expect::Fails) => None,
        (None, _) => Some("a genuine message does not open"),
        (Some(text), _) if text != vector.plaintext => Some("opening gives another plaintext"),
        _ => None,
    })
}
