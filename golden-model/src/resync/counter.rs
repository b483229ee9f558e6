//! The external monotonic counter as the recorder sees it: what it is raised to becomes the epoch, so that nobody who rewinds the NVRAM brings a
//! moment back that numbers or nonces were used in.

use std::sync::{Arc, Mutex, PoisonError};

/// The counter did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Silent;

impl core::fmt::Display for Silent {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the counter does not answer")
    }
}
impl std::error::Error for Silent {}

/// A part that counts only upwards, whatever is done to the NVRAM, and keeps its value without power.
pub trait Counter {
    /// Counts, and answers the new value: greater than every one before.
    ///
    /// # Errors
    /// [`Silent`]; it has then counted or not.
    fn raise(&mut self) -> Result<u32, Silent>;
}

/// A counter for simulation: its value. At its top it no longer answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count(pub u32);

impl Counter for Count {
    fn raise(&mut self) -> Result<u32, Silent> {
        self.0 = self.0.checked_add(1).ok_or(Silent)?;
        Ok(self.0)
    }
}

/// A counter that outlives the device.
impl<C: Counter> Counter for Arc<Mutex<C>> {
    fn raise(&mut self) -> Result<u32, Silent> {
        self.lock().unwrap_or_else(PoisonError::into_inner).raise()
    }
}

impl<C: Counter + ?Sized> Counter for Box<C> {
    fn raise(&mut self) -> Result<u32, Silent> {
        (**self).raise()
    }
}
