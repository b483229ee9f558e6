//! The cells: the few primitives whose Verilog is written by hand, because kernels cannot express them. Each is
//! cross-checked against its `update`; everything else in this crate is a kernel.

mod concat;
mod ram;
mod reg;
mod settle;
#[cfg(test)]
mod tests;

pub use concat::{Concat, Split};
pub use ram::Ram;
pub use reg::Reg;
pub use settle::Settle;

/// `N` default blocks or signals in a row.
pub fn row<B: Default, const N: usize>() -> [B; N] {
    array_init::array_init(|_| B::default())
}
