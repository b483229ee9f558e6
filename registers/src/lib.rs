//! What the hardware, the driver, the testbench and the docs must agree on, written once: register addresses and
//! fields ([`map`]), the words of a staged SA or rule ([`sa`], [`rule`]), reason codes ([`Reason`]), event codes
//! ([`EventCode`]), refusals of a commit ([`Refusal`]), counters ([`counter`]) and constants of the wire ([`wire`]).
//!
//! All registers are 32 bits wide, at byte addresses that are multiples of four. Multi-byte wire values (addresses,
//! keys, salt) are held in words whose most significant byte is the first byte on the wire.
#![no_std]

pub mod control;
pub mod counter;
pub mod map;
pub mod pair;
pub mod record;
pub mod rule;
pub mod sa;
pub mod wire;

mod codes;
pub use codes::{Cause, EventCode, Reason, Refusal};
