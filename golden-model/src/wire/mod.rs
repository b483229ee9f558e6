//! Packet formats in two levels: [`bytes`] reads fields at offsets and never judges nor panics; [`frame`], [`parse`] and [`esp`]
//! turn bytes into values that cannot be illegal, and [`control`] does both ways for control messages. [`ip`], [`checksum`] and [`ecn`] write headers.

pub mod bytes;
pub mod checksum;
pub mod control;
pub mod ecn;
pub mod esp;
pub mod frame;
pub mod ip;
pub mod parse;
