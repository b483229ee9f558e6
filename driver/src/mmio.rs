//! The bus of memory-mapped hardware.
#![allow(unsafe_code)] // the only module that needs it: registers are reached through a raw pointer

use crate::Bus;
use core::fmt;
use core::mem::{offset_of, size_of};
use core::ptr::NonNull;
use holdfast_registers::{counter, map};
use volatile_register::{RO, RW, WO};

/// The device's 4 KiB as the processor sees them, for linker scripts, debuggers and pointer types.
///
/// Never make a reference to it, nor to a cell in it: a reference tells the compiler that the bytes behind it may be read
/// at any time, ahead of time or not at all, and registers change on their own and may react to being read. The cells'
/// own `read` and `write` take such a reference, so they are used here for what they say about layout and access, and
/// [`Mmio`] goes through raw pointers only.
#[repr(C)]
#[allow(missing_docs)] // named and described in `holdfast_registers::map::REGISTERS`
pub struct RegisterBlock {
    pub id: RO<u32>,
    pub version: RO<u32>,
    pub cap_sas: RO<u32>,
    pub cap_limits: RO<u32>,
    pub cap_features: RO<u32>,
    pub cap_rules: RO<u32>,
    pub counter_group: RW<u32>,
    reserved_01c: u32,
    pub control: RW<u32>,
    pub status: RO<u32>,
    pub irq_enable: RW<u32>,
    pub policy: RW<u32>,
    pub nat_t_port: RW<u32>,
    pub max_frame: RW<u32>,
    pub time_low: RO<u32>,
    pub time_high: RO<u32>,
    pub commit: WO<u32>,
    pub result: RO<u32>,
    reserved_048: [u32; 2],
    pub resync: RW<u32>,
    pub detect: RW<u32>,
    pub resync_command: WO<u32>,
    pub resync_status: RO<u32>,
    pub quarantine: RO<u32>,
    reserved_064: [u32; 7],
    pub event: [RO<u32>; map::event::WORDS as usize],
    pub event_pop: WO<u32>,
    reserved_0a4: [u32; 23],
    pub stage: [WO<u32>; map::STAGE_WORDS as usize],
    reserved_160: [u32; 168],
    pub counters_outbound: [RO<u32>; 2 * counter::COUNT],
    pub counters_inbound: [RO<u32>; 2 * counter::COUNT],
}

// The layout above is checked against the register map, which alone decides.
macro_rules! placed {
    ($($field:ident at $address:ident),* $(,)?) => { $(const _: () = assert!(offset_of!(RegisterBlock, $field) == map::$address as usize);)* };
}
placed!(
    id at ID, version at VERSION, cap_sas at CAP_SAS, cap_limits at CAP_LIMITS, cap_features at CAP_FEATURES, cap_rules at CAP_RULES, counter_group at COUNTER_GROUP,
    control at CONTROL, status at STATUS, irq_enable at IRQ_ENABLE, policy at POLICY, nat_t_port at NAT_T_PORT,
    max_frame at MAX_FRAME, time_low at TIME_LOW, time_high at TIME_HIGH, commit at COMMIT, result at RESULT,
    resync at RESYNC, detect at DETECT, resync_command at RESYNC_COMMAND, resync_status at RESYNC_STATUS, quarantine at QUARANTINE,
    event at EVENT, event_pop at EVENT_POP, stage at STAGE,
    counters_outbound at COUNTERS_OUTBOUND, counters_inbound at COUNTERS_INBOUND,
);

/// Bytes that [`Mmio`] reaches: up to the last counter.
const BYTES: usize = size_of::<RegisterBlock>();
const _: () = assert!(BYTES <= 1 << map::ADDRESS_BITS);

/// Registers mapped into the processor's address space.
///
/// Each access is one `read_volatile` or `write_volatile` of 32 bits through a raw pointer; no reference into the device ever
/// exists (see [`RegisterBlock`]). What the device answers with SLVERR ends where the processor sends bus errors, usually in a
/// fault handler; the driver never provokes one on a healthy device.
#[derive(Debug)]
pub struct Mmio {
    base: NonNull<RegisterBlock>,
}

// SAFETY: `Mmio` is the only user of the registers (contract of `new`), and they do not care which processor core asks.
unsafe impl Send for Mmio {}

impl Mmio {
    /// A bus to the device whose first register is at `base`.
    ///
    /// # Safety
    ///
    /// For as long as the `Mmio` lives, `base` is aligned to four bytes and the 4 KiB from there are the registers of a Holdfast
    /// device, mapped as device memory (uncached, not reordered), and nothing else reads or writes them.
    pub const unsafe fn new(base: NonNull<RegisterBlock>) -> Self {
        Mmio { base }
    }

    /// The cell at a byte address. Checked, so that no address makes the safe [`Bus`] functions leave the device.
    fn cell(&self, address: u32) -> Result<*mut u32, AddressError> {
        if address % 4 != 0 || address as usize >= BYTES {
            return Err(AddressError { found: address });
        }
        // SAFETY: within the block that `new` was promised, as just checked.
        Ok(unsafe { self.base.as_ptr().cast::<u32>().add(address as usize / 4) })
    }
}

impl Bus for Mmio {
    type Error = AddressError;
    fn read(&mut self, address: u32) -> Result<u32, AddressError> {
        let cell = self.cell(address)?;
        // SAFETY: mapped and aligned, by the contract of `new`; every bit pattern is a `u32`.
        Ok(unsafe { cell.read_volatile() })
    }
    fn write(&mut self, address: u32, value: u32) -> Result<(), AddressError> {
        let cell = self.cell(address)?;
        // SAFETY: as for reading; the device's registers are nobody's Rust objects.
        unsafe { cell.write_volatile(value) };
        Ok(())
    }
}

/// An address that is not a register's: [`Mmio`] leaves it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressError {
    /// The address asked for.
    pub found: u32,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "register address {:#x}: accepted are multiples of four below {BYTES:#x}", self.found)
    }
}

impl core::error::Error for AddressError {}
