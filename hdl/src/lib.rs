//! The synthesizable description of Holdfast.
pub mod cell;
pub mod export;
pub mod infer;
pub mod lint;
pub mod policy;
pub mod stream;
pub mod window;

#[cfg(test)]
pub mod check;
