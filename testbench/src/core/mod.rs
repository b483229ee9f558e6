//! The hardware's AES-GCM core on its own: one message at a time, as the test vectors want it.

mod design;

pub use design::{CoreDesign, Inputs, Outputs};

use crate::backend::{create, Backend, BuildError, Kind};
use crate::vectors::{Aead, Vector};
use std::fmt;
use std::path::Path;

/// Most text of one message: the core counts blocks in eight bits, and the longest frame needs half of that.
const MOST_TEXT: usize = 255 * 16;
/// Most additional data: its length register has 16 bits.
const MOST_AAD: usize = 0xffff;
/// Cycles in which the core must react.
const PATIENCE: u64 = 1000;

/// The core in a simulator.
pub struct Core {
    backend: Box<dyn Backend<Inputs, Outputs>>,
    inputs: Inputs,
    cycles: u64,
    collected: Vec<u32>,
}

/// The core did not react.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAnswer {
    /// What it was to do.
    waiting_for: &'static str,
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the GCM core did not raise {} within {PATIENCE} cycles", self.waiting_for)
    }
}

impl std::error::Error for NoAnswer {}

impl Core {
    /// A core just out of reset.
    pub fn new(kind: Kind, vcd: Option<&Path>) -> Result<Self, BuildError> {
        let mut core = Self { backend: create(&CoreDesign, kind, vcd)?, inputs: Inputs::default(), cycles: 0, collected: Vec::new() };
        core.inputs.reset = true;
        for _ in 0..8 {
            core.step();
        }
        core.inputs.reset = false;
        Ok(core)
    }

    /// Clock cycles simulated.
    pub fn cycles(&self) -> u64 {
        self.cycles
    }

    fn step(&mut self) -> Outputs {
        let outputs = self.backend.step(&self.inputs);
        self.cycles += 1;
        if outputs.out_valid {
            self.collected.push(outputs.out_word);
        }
        outputs
    }

    fn wait(&mut self, waiting_for: &'static str, done: impl Fn(&Outputs) -> bool) -> Result<Outputs, NoAnswer> {
        for _ in 0..PATIENCE {
            let outputs = self.step();
            if done(&outputs) {
                return Ok(outputs);
            }
        }
        Err(NoAnswer { waiting_for })
    }

    /// Processes a message: the other text, and the tag over the ciphertext.
    fn process(&mut self, key: &[u8], iv: &[u8; 12], aad: &[u8], text: &[u8], seal: bool) -> Result<(Vec<u8>, [u8; 16]), NoAnswer> {
        self.wait("job_ready", |o| o.job_ready)?;
        self.inputs.job_aes256 = key.len() == 32;
        self.inputs.key_write = true;
        for (index, word) in words(key).into_iter().enumerate() {
            self.inputs.key_index = index as u8;
            self.inputs.key_word = word;
            self.step();
        }
        self.inputs.key_write = false;
        self.inputs.key_word = 0;
        let nonce = words(iv);
        (self.inputs.job_nonce_0, self.inputs.job_nonce_1, self.inputs.job_nonce_2) = (nonce[0], nonce[1], nonce[2]);
        self.inputs.job_blocks = text.len().div_ceil(16) as u8;
        self.inputs.job_start = true;
        self.step();
        self.inputs.job_start = false;

        self.collected.clear();
        self.inputs.encrypt = seal;
        self.inputs.in_valid = true;
        for (kind, part) in [(0, aad), (1, text)] {
            for chunk in part.chunks(4) {
                self.word(kind, words(chunk)[0], chunk.len() as u8)?;
            }
        }
        self.word(2, 0, 4)?;
        self.inputs.in_valid = false;
        let outputs = self.wait("tag_valid", |o| o.tag_valid)?;
        self.inputs.tag_take = true;
        self.step();
        self.inputs.tag_take = false;

        let mut other: Vec<u8> = self.collected.iter().flat_map(|word| word.to_be_bytes()).collect();
        other.truncate(text.len());
        let mut tag = [0; 16];
        for (bytes, word) in tag.chunks_mut(4).zip([outputs.tag_0, outputs.tag_1, outputs.tag_2, outputs.tag_3]) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        Ok((other, tag))
    }

    fn word(&mut self, kind: u8, word: u32, bytes: u8) -> Result<(), NoAnswer> {
        self.inputs.in_kind = kind;
        self.inputs.in_word = word;
        self.inputs.in_bytes = bytes;
        self.wait("in_ready", |o| o.in_ready).map(|_| ())
    }
}

/// Words with the first byte most significant; the last one is filled up with zeros.
fn words(bytes: &[u8]) -> Vec<u32> {
    let word = |chunk: &[u8]| (0..4).fold(0, |word, i| word << 8 | u32::from(*chunk.get(i).unwrap_or(&0)));
    bytes.chunks(4).map(word).collect()
}

impl Aead for Core {
    type Error = NoAnswer;

    fn seal(&mut self, key: &[u8], iv: &[u8; 12], aad: &[u8], plaintext: &[u8]) -> Result<(Vec<u8>, [u8; 16]), NoAnswer> {
        self.process(key, iv, aad, plaintext, true)
    }

    fn open(&mut self, key: &[u8], iv: &[u8; 12], aad: &[u8], ciphertext: &[u8], tag: &[u8; 16]) -> Result<Option<Vec<u8>>, NoAnswer> {
        // The core gives the tag; comparing it is the business of the block around it.
        let (text, computed) = self.process(key, iv, aad, ciphertext, false)?;
        Ok((computed == *tag).then_some(text))
    }

    fn limitation(&self, vector: &Vector) -> Option<&'static str> {
        if vector.plaintext.len().max(vector.ciphertext.len()) > MOST_TEXT {
            return Some("text of more than 255 blocks");
        }
        (vector.aad.len() > MOST_AAD).then_some("additional data of more than 65535 bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::GoldenGcm;
    use crate::vectors::{parse, run, Expect, Tally};
    use rand::{Rng, SeedableRng};

    fn random_vectors(count: usize, most: usize) -> Vec<Vector> {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(9);
        let mut bytes = |n: usize| -> Vec<u8> { (0..n).map(|_| random.gen()).collect() };
        (0..count)
            .map(|i| {
                let (key, iv, aad) = (bytes(if i % 2 == 0 { 16 } else { 32 }), bytes(12), bytes(i * 5 % 31));
                let plaintext = bytes(i * i % most);
                let nonce = iv.as_slice().try_into().unwrap();
                let (ciphertext, tag) = GoldenGcm.seal(&key, nonce, &aad, &plaintext).unwrap();
                let expect = if i % 5 == 4 { Expect::Fails } else { Expect::Both };
                let mut tag = tag.to_vec();
                tag[i % 16] ^= (expect == Expect::Fails) as u8;
                Vector { place: format!("random {i}"), key: key.into(), iv, aad, plaintext, ciphertext, tag, expect }
            })
            .collect()
    }

    fn check(kind: Kind, vectors: &[Vector]) -> Tally {
        let mut tally = Tally::default();
        run(&mut Core::new(kind, None).unwrap(), vectors, &mut tally, || {}).unwrap();
        assert_eq!(tally.failures, [] as [&str; 0]);
        tally
    }

    #[test]
    fn both_simulators_run_messages_of_many_sizes() {
        assert_eq!(check(Kind::RustHdl, &random_vectors(12, 70)).passed, 12);
        assert_eq!(check(Kind::Verilator, &random_vectors(300, 600)).passed, 300);
    }

    #[test]
    fn wycheproof_passes() {
        let text = std::fs::read_to_string(wycheproof_file()).unwrap();
        let tally = check(Kind::Verilator, &parse("aes_gcm_test.json", &text).unwrap());
        assert_eq!((tally.passed, tally.total()), (133, 316), "{:?}", tally.not_applicable);
    }

    /// The crate carries the file; cargo knows where it is unpacked.
    fn wycheproof_file() -> std::path::PathBuf {
        // Only this platform's packages: those of others need not be here.
        let version = std::process::Command::new("rustc").arg("-vV").output().unwrap();
        let version = String::from_utf8(version.stdout).unwrap();
        let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        let output = std::process::Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", host])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let package = metadata["packages"].as_array().unwrap().iter().find(|package| package["name"] == "wycheproof").unwrap();
        let manifest = std::path::PathBuf::from(package["manifest_path"].as_str().unwrap());
        manifest.with_file_name("src").join("data").join("aes_gcm_test.json")
    }
}
