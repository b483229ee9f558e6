//! The cells: the few primitives whose Verilog is written by hand, because kernels cannot express them. Each is
//! cross-checked against its `update`; everything else in this crate is a kernel.

mod aes;
mod circuit;
mod concat;
mod cut;
mod delay;
mod fold;
mod gf128;
mod gf128_product;
mod lanes;
mod pick;
mod ram;
mod reg;
mod settle;
mod slots;
#[cfg(test)]
mod tests;
mod tower;

pub use aes::{affine, product256, RoundEnd, Substitute, AFFINE_CONSTANT};
pub use circuit::{Circuit, Net, Program};
pub use concat::{Concat, Split};
pub use cut::Cut;
pub use delay::Delay;
pub use gf128::{Gf128Divide, Gf128Step};
pub use gf128_product::{Gf128Map, Gf128Product};
pub use lanes::{Block128, FromPlanes, JoinWords, Lanes, Planes, ToPlanes};
pub use pick::{ByteMask, KeepBytes, Pick};
pub use ram::Ram;
pub use reg::Reg;
pub use settle::{Ports, Settle};
pub use slots::Slots;
pub use tower::{to_tower, BoxKind, SubBlock, SubWord, TowerKey, TowerMap, TowerRound};

/// `N` default blocks or signals in a row.
pub fn row<B: Default, const N: usize>() -> [B; N] {
    array_init::array_init(|_| B::default())
}
