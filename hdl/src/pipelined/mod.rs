//! AES-GCM for the profile `pipelined`: one block of 16 bytes per clock, every packet under another key, both directions through the same pipeline.
mod cipher;
mod core;
mod hash;
mod key_step;
mod powers;
#[cfg(test)]
mod tests;

pub use self::core::{
    Pipeline, PipelineBeat, PipelineLabel, PipelineMarks, PipelineTurn, PipelineVerdict, BEAT_LATENCY, REQUEST_LATENCY, TAG_LATENCY,
};
pub use cipher::{Cipher, LATENCY};
pub use hash::{Hash, HASH_LATENCY};
pub use key_step::KeyStep;
pub use powers::{Powers, PowersPhase};
