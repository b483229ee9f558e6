//! AEAD test vectors: the files of NIST's CAVP and of Wycheproof, and running them through an AES-GCM of one's choice.

mod nist;
mod run;
mod wycheproof;

pub use run::{run, Aead, Tally};

use std::fmt;
use zeroize::Zeroizing;

/// What a vector demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Sealing gives ciphertext and tag, and opening these gives the plaintext.
    Both,
    /// Opening gives the plaintext.
    Opens,
    /// Opening fails.
    Fails,
}

/// One test vector. Lengths are whatever the file says; what the hardware cannot do is told when it is run.
#[derive(Clone)]
pub struct Vector {
    /// File and place in it, for messages.
    pub place: String,
    /// Key.
    pub key: Zeroizing<Vec<u8>>,
    /// Initialisation vector.
    pub iv: Vec<u8>,
    /// Additional authenticated data.
    pub aad: Vec<u8>,
    /// Plaintext; empty where the file has none.
    pub plaintext: Vec<u8>,
    /// Ciphertext.
    pub ciphertext: Vec<u8>,
    /// Tag.
    pub tag: Vec<u8>,
    /// What is expected.
    pub expect: Expect,
}

/// A file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VectorError {
    /// The file's name.
    pub file: String,
    /// Line, from 1, where there is one.
    pub line: Option<usize>,
    /// What was found and what is accepted.
    pub text: String,
}

impl fmt::Display for VectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.text),
            None => write!(f, "{}: {}", self.file, self.text),
        }
    }
}

impl std::error::Error for VectorError {}

/// Reads the vectors of a file's text: Wycheproof if it is JSON, CAVP otherwise.
pub fn parse(file: &str, text: &str) -> Result<Vec<Vector>, VectorError> {
    if text.trim_start().starts_with('{') {
        wycheproof::parse(file, text)
    } else {
        nist::parse(file, text)
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests;
