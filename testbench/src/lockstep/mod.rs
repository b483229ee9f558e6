//! Device and golden model side by side: random configurations, random good and bad traffic in both directions, random pauses on
//! every port, random register traffic meanwhile; every byte, counter, event and refusal is compared.
//!
//! One seed is one run, and the same run every time.

mod compare;
mod configuration;
mod esp;
mod inbound;
mod outbound;
mod packet;
mod registers;
mod run;

pub use compare::Mismatch;
pub use run::{run, Plan, Summary};

#[cfg(test)]
mod tests;
