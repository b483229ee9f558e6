//! The golden model in the testbench: as what the device is compared with ([`Golden`]), and behind the device's own pins
//! ([`GoldenPins`]), where it stands in for the hardware to test the tests.

mod gcm;
mod pins;
mod reference;
mod registers;
mod spi;

pub use gcm::GoldenGcm;
pub use pins::GoldenPins;
pub use reference::Golden;

pub(crate) use registers::RegisterFile;
