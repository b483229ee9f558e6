//! The security policy: which rule of a direction a packet meets, and what it says.
mod rules;
pub use rules::{Rules, MOST_RULES};
