//! AES-GCM for the profile `pipelined`: one block of 16 bytes per clock, every packet under another key, both directions through the same pipeline.
mod cipher;
mod key_step;

pub use cipher::Cipher;
pub use key_step::KeyStep;
