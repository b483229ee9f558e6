//! AES-GCM for the profile `pipelined`: one block of 16 bytes per clock, every packet under another key, both directions through the same pipeline.
mod backlog;
mod choice;
mod cipher;
mod classify;
mod core;
mod device;
mod egress;
mod encapsulate;
mod hash;
mod inbound;
mod ingress;
mod key_step;
mod lookup;
mod numbers;
mod open;
mod outbound;
mod parse;
mod powers;
mod reader;
mod release;
mod replay;
mod room;
mod rules;
mod sad;
mod search;
mod sequence;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use self::core::{
    Pipeline, PipelineBeat, PipelineLabel, PipelineMarks, PipelineTurn, PipelineVerdict, BEAT_LATENCY, REQUEST_LATENCY, TAG_LATENCY,
};
pub use backlog::Backlog;
pub use choice::{ChoiceState, WideChoice};
pub use cipher::{Cipher, LATENCY};
pub use classify::{WideClassify, WideClassifyState};
pub use device::Pipelined;
pub use egress::WideEgress;
pub use encapsulate::{
    Gather, Layout, LayoutSaid, LayoutState, LayoutWork, SealCommit, SealFinish, SealFinishState, SealPacket, SealText, SealTextEnds,
    SealTextWork, WideEncapsulate, UNDER_WAY,
};
pub use hash::{Hash, HASH_LATENCY};
pub use inbound::WideInbound;
pub use ingress::{WideArrival, WideDeposit, WideExtent, WideIngress, WideIngressBooks};
pub use key_step::KeyStep;
pub use lookup::{LookupJob, LookupJobPhase, LookupJobState, WideLookup, WideLookupState};
pub use numbers::WideNumbers;
pub use open::{
    FinishState, FinishWork, HeaderWork, MoverAsked, MoverState, MoverWork, OpenFinish, OpenFound, OpenHeader, OpenMover, OpenPlace,
    OpenSaved, OpenText, OpenWrite, TextBeat, TextBytes, TextLinks, TextRows, WideOpen,
};
pub use outbound::WideOutbound;
pub use parse::{ExtentWork, FindPhase, FindState, FindWork, LinkSeen, ParseExtent, ParseFind, ParseLink, WideParse};
pub use powers::{Powers, PowersPhase};
pub use reader::WideReader;
pub use release::{Release, ReleaseState};
pub use replay::{InferState, InferWork, ReplayFlight, ReplayInfer, ReplayWeigh, WeighState, WeighWork, WideReplay};
pub use room::{Room, RoomState, MARGIN};
pub use rules::{Prefix, PrefixSpan, RuleMatch, RuleSaid, RuleSeen, WideRules, WideRulesState};
pub use sad::WideSad;
pub use search::{ChainPhase, ChainState, CheckCopy, SaChains, SaHome, SaLink, WideSearch, WideSearchPhase, WideSearchState};
pub use sequence::{
    HeaderPart, HeaderPlaces, HeaderRows, HeaderSum, HeaderSumWork, HeaderWrite, KeyJob, KeyJobWork, NextNumber, NextNumberWork,
    OuterHeader, SealLengths, SealLengthsWork, WideSequence, WideSequenceOffer, WideSequenceState, WideSequenceWork,
};
pub use service::{
    CipherContext, CipherJob, CipherJobState, CipherKeyWord, CipherService, CipherTicket, HashKeys, MakerPhase, MakerState, PowersMaker,
    PowersOfH, Tickets, Turn, TurnBeat, TurnState, OUT_LATENCY, QUIET, VERDICT_LATENCY,
};
pub use store::{WideStore, WideWrite};
