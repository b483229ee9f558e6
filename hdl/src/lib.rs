//! The synthesizable description of Holdfast.
pub mod cell;
pub mod export;
pub mod lint;

#[cfg(test)]
pub mod check;
