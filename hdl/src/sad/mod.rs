//! The SAD: the words of the SAs of one direction, and the search by SPI, destination and encapsulation.

mod scan;
mod search;
mod table;
#[cfg(test)]
pub(crate) mod tests;

pub use scan::Scan;
pub use search::Search;
pub use table::{SadTable, TableBus};

/// Most SAs per direction in profile compact, where an SA index has five bits.
pub const MOST_SAS: usize = 32;
/// Words reserved per SA: 24 staged ones (`registers::sa`), the rest is cleared on installation.
pub const SA_SPACE: usize = 32;
