//! AES-GCM for the profile `pipelined`: one block of 16 bytes per clock, every packet under another key, both directions through the same pipeline.
mod backlog;
mod cipher;
mod core;
mod device;
mod egress;
mod encapsulate;
mod hash;
mod inbound;
mod ingress;
mod key_step;
mod open;
mod outbound;
mod powers;
mod reader;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use self::core::{
    Pipeline, PipelineBeat, PipelineLabel, PipelineMarks, PipelineTurn, PipelineVerdict, BEAT_LATENCY, REQUEST_LATENCY, TAG_LATENCY,
};
pub use backlog::Backlog;
pub use cipher::{Cipher, LATENCY};
pub use device::Pipelined;
pub use egress::WideEgress;
pub use encapsulate::{
    Gather, Layout, LayoutState, LayoutWork, SealFinish, SealFinishState, SealFinishWork, SealText, SealTextWork, WideEncapsulate,
};
pub use hash::{Hash, HASH_LATENCY};
pub use inbound::WideInbound;
pub use ingress::{WideArrival, WideDeposit, WideExtent, WideIngress, WideIngressBooks};
pub use key_step::KeyStep;
pub use open::{
    FinishState, FinishWork, HeaderWork, MoverAsked, MoverState, MoverWork, OpenFinish, OpenFound, OpenHeader, OpenMover, OpenPlace,
    OpenSaved, OpenText, OpenWrite, TextBeat, TextBytes, TextLinks, TextRows, WideOpen,
};
pub use outbound::WideOutbound;
pub use powers::{Powers, PowersPhase};
pub use reader::WideReader;
pub use service::{
    CipherContext, CipherJob, CipherJobState, CipherKeyWord, CipherService, CipherTicket, HashKeys, MakerPhase, MakerState, PowersMaker,
    PowersOfH, Tickets, Turn, TurnBeat, TurnState, OUT_LATENCY, QUIET, VERDICT_LATENCY,
};
pub use store::{WideStore, WideWrite};
