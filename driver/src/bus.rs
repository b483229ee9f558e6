//! The one thing the driver asks of its surroundings.

/// A 32-bit register bus: memory-mapped hardware ([`crate::Mmio`]), or a simulated device, or a probe on a cable.
///
/// Addresses are byte addresses from the device's first register, multiples of four. The driver relies on the order of the
/// calls being the order of the transactions, and on a write having reached the device before the next call returns.
pub trait Bus {
    /// What can go wrong with a transaction, for example an AXI4-Lite SLVERR.
    type Error;
    /// Reads the register at a byte address.
    fn read(&mut self, address: u32) -> Result<u32, Self::Error>;
    /// Writes the register at a byte address.
    fn write(&mut self, address: u32, value: u32) -> Result<(), Self::Error>;
}

impl<B: Bus + ?Sized> Bus for &mut B {
    type Error = B::Error;
    fn read(&mut self, address: u32) -> Result<u32, Self::Error> {
        (**self).read(address)
    }
    fn write(&mut self, address: u32, value: u32) -> Result<(), Self::Error> {
        (**self).write(address, value)
    }
}

/// Kind of a bus transaction, for error messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The register was being read.
    Read,
    /// The register was being written.
    Write,
}
