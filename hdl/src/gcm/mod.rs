//! AES-GCM (NIST SP 800-38D) for one direction of traffic: keystream and H from AES, GHASH by digits, and the core that applies both
//! to packets.
mod core;
mod ghash;
mod keystream;
mod sbox;
#[cfg(test)]
pub(crate) mod tests;

pub use self::core::{gcm_verilog, Gcm, GcmPhase, GcmState};
pub use ghash::{Ghash, EXCESS};
pub use keystream::{Keystream, KeystreamState};
