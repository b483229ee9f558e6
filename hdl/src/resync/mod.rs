//! Sequence state that survives: what is recorded, and how both ends agree again.
mod acknowledger;
mod composer;
mod detector;
mod exchange;
mod receiver;
mod requester;
mod verifier;

#[cfg(test)]
mod peer;

pub use acknowledger::Acknowledger;
pub use composer::Composer;
pub use detector::Detector;
pub use exchange::Exchange;
pub use receiver::Receiver;
pub use requester::Requester;
pub use verifier::Verifier;
