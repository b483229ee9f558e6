//! The two orders of a block in the tower. *Bytes*: as in a port, byte 0 at the top of lane 0. *Planes*: bit j of all sixteen bytes is plane j, bits 16j to 16j + 15 of the vector,
//! byte i at bit i of each plane. Within the pipeline blocks are planes, since a simulator then does with one word what it would otherwise do bit by bit; to a circuit the order is nothing.
use crate::cell::{Block128, Lanes};
use std::fmt::Write;

/// The steps of transposing eight by eight bits: (distance, bits that stay, bits that move up). Those that move down are the latter, where they arrive.
const STEPS: [(u32, u64, u64); 3] = [
    (7, 0xaa55_aa55_aa55_aa55, 0x00aa_00aa_00aa_00aa),
    (14, 0xcccc_3333_cccc_3333, 0x0000_cccc_0000_cccc),
    (28, 0xf0f0_f0f0_0f0f_0f0f, 0x0000_0000_f0f0_f0f0),
];

/// Bit j of byte i becomes bit i of byte j.
fn transposed(x: u64) -> u64 {
    STEPS.iter().fold(x, |x, &(by, stay, up)| x & stay | (x & up) << by | x >> by & up)
}

/// The sixteen bytes of a block in planes.
pub(super) fn bytes(planes: Block128) -> [u8; 16] {
    let half = |shift: u32| {
        transposed((0..8).fold(0, |x, j| x | (planes.0[j / 2] as u64 >> (16 * (j % 2) as u32 + shift) & 0xff) << (8 * j))).to_le_bytes()
    };
    let (low, high) = (half(0), half(8));
    std::array::from_fn(|i| if i < 8 { low[i] } else { high[i - 8] })
}

/// A block in planes.
pub(super) fn planes(bytes: [u8; 16]) -> Block128 {
    let half = |from: usize| transposed(u64::from_le_bytes(std::array::from_fn(|i| bytes[from + i]))).to_le_bytes();
    let (low, high) = (half(0), half(8));
    Lanes(std::array::from_fn(|k| u32::from_le_bytes([low[2 * k], high[2 * k], low[2 * k + 1], high[2 * k + 1]])))
}

/// The bytes of a block as a port has them.
pub(super) fn port_bytes(block: Block128) -> [u8; 16] {
    std::array::from_fn(|i| block.0[i / 4].to_be_bytes()[i % 4])
}

pub(super) fn port_block(bytes: [u8; 16]) -> Block128 {
    Lanes(std::array::from_fn(|k| u32::from_be_bytes(std::array::from_fn(|r| bytes[4 * k + r]))))
}

/// Where byte `i` begins in a port.
pub(super) fn port(i: usize) -> usize {
    32 * (i / 4) + 24 - 8 * (i % 4)
}

/// Verilog: `name`_0 and `name`_1 are the two `halves`, eight bytes each, first byte lowest, transposed.
pub(super) fn transposition(name: &str, halves: [String; 2]) -> String {
    let mut text = String::new();
    for (half, value) in halves.iter().enumerate() {
        let mut last = format!("{name}_{half}_0");
        writeln!(text, "wire [63:0] {last} = {value};").unwrap();
        for (step, (by, stay, up)) in STEPS.iter().enumerate() {
            let next = if step + 1 == STEPS.len() { format!("{name}_{half}") } else { format!("{name}_{half}_{}", step + 1) };
            writeln!(
                text,
                "wire [63:0] {next} = ({last} & 64'h{stay:x}) | (({last} & 64'h{up:x}) << {by}) | (({last} >> {by}) & 64'h{up:x});"
            )
            .unwrap();
            last = next;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_planes_and_planes_bytes() {
        for n in 0..128 {
            let block = |at: usize| Lanes(std::array::from_fn(|k| if at / 32 == k { 1u32 << (at % 32) } else { 0 }));
            // Bit n % 8 of byte n / 8.
            let one = std::array::from_fn(|i| if i == n / 8 { 1 << (n % 8) } else { 0 });
            assert_eq!(planes(one), block(16 * (n % 8) + n / 8));
            assert_eq!(bytes(planes(one)), one);
            assert_eq!(port_block(one), block(port(n / 8) + n % 8));
            assert_eq!(port_bytes(port_block(one)), one);
        }
    }
}
