//! The synthesizable description of Holdfast.
pub mod bus;
pub mod cell;
pub mod classify;
mod compact;
pub mod export;
pub mod gcm;
pub mod inbound;
pub mod infer;
pub mod lint;
pub mod outbound;
pub mod parse;
pub mod policy;
pub mod sad;
pub mod stream;
pub mod window;

#[cfg(test)]
pub mod check;
#[cfg(test)]
mod rig;
#[cfg(test)]
mod traffic;

pub use compact::Compact;
