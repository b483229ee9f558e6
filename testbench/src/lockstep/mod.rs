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

use holdfast_registers::{EventCode, Reason};

#[cfg(test)]
mod tests;

/// Reasons that take recorded SAs, or a host without power: the device is not alone in the clock cycle that it acts in then, so scenarios check them, not lock-step.
pub const REASONS_OF_SCENARIOS: [Reason; 5] =
    [Reason::Quarantine, Reason::Control, Reason::ControlIgnored, Reason::ControlLimited, Reason::HostDown];

/// Events, likewise.
pub const EVENTS_OF_SCENARIOS: [EventCode; 5] =
    [EventCode::ResyncStarted, EventCode::ResyncFinished, EventCode::ResyncFailed, EventCode::RecordRefused, EventCode::NvramFault];
