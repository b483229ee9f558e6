//! The synthesizable description of Holdfast, profile `compact`. Read it as a packet does:
//!
//! ```text
//!                     stream ─► parse ─► classify (policy) ─► outbound::{sequence, encapsulate} ─► stream
//!   host side                                                    sad  gcm                              network side
//!                     stream ◄─ classify ◄─ parse ◄─ inbound::{open, replay, lookup, triage} ◄─ parse ◄─ stream
//!
//!   bus: AXI4-Lite ─► registers ─► commit ─► the tables (sad, policy), events, counters
//! ```
//!
//! [`compact`](Compact) is the top; [`outbound`] and [`inbound`] show how the blocks are put together and contain nothing else.
// Kernels have no match guards, and their ifs are the structure of the hardware.
#![allow(clippy::collapsible_match, clippy::collapsible_if, clippy::collapsible_else_if)]

pub mod bus;
pub mod cell;
pub mod classify;
mod compact;
pub mod export;
pub mod gcm;
pub mod inbound;
pub mod isolate;
pub mod lint;
pub mod outbound;
pub mod parse;
pub mod pipelined;
pub mod policy;
pub mod prelude;
pub mod resync;
pub mod sad;
mod sizes;
pub mod stream;
pub mod window;

#[cfg(test)]
pub mod check;
#[cfg(test)]
mod rig;
#[cfg(test)]
mod traffic;

pub use compact::Compact;
pub use sizes::{SaIndex, Sizes, MOST_SAS, RECORDABLE_SAS};
