//! The S-boxes of the key schedule as gates, written down from the field definitions of FIPS 197. The S-box inverts in GF(2^8) seen as pairs over GF(2^4): for
//! a·Y + b with Y² = Y + λ the inverse is (a·e)·Y + (a + b)·e, where e = 1 / (λa² + b·(a + b)). That shape is cut where few wires cross:
//!
//! ```text
//!   key word ─► head: a, a+b, 1/e ═R1═► middle: a·e, (a+b)·e ═R2═► tail: the affine map
//!                    12 planes              8 planes
//! ```
//! Every plane is four bits, one of each byte of the word: the gates of an S-box are written once. The sixteen bytes of the state go through memories instead,
//! see [`crate::cell::Substitute`].
use crate::cell::{affine, product256, Circuit, Net, Program, AFFINE_CONSTANT};
#[cfg(test)]
use crate::cell::{Lanes, Planes};

/// Product in GF(2^4): z^4 = z + 1.
const fn product16(a: u8, b: u8) -> u8 {
    let (mut sum, mut shifted, mut i) = (0, a, 0);
    while i < 4 {
        if b >> i & 1 == 1 {
            sum ^= shifted;
        }
        shifted = (shifted << 1 ^ if shifted & 8 != 0 { 3 } else { 0 }) & 15;
        i += 1;
    }
    sum
}

/// A way to see GF(2^8) as pairs over GF(2^4): λ, the map from bytes to (b, a), and from the inverse's (b, a) through the affine map. Matrices
/// by rows; bits 0..4 are b, bits 4..8 are a.
struct Tower {
    lambda: u8,
    inward: [u8; 8],
    outward: [u8; 8],
}

/// Rows of the matrix of a linear map.
fn rows(map: impl Fn(u8) -> u8) -> [u8; 8] {
    std::array::from_fn(|i| (0..8).fold(0, |row, j| row | (map(1 << j) >> i & 1) << j))
}

impl Tower {
    /// Of all isomorphisms the one whose matrices need the fewest 4-input sums.
    fn cheapest() -> Self {
        let mut best: Option<(u32, Tower)> = None;
        for lambda in (1..16).filter(|&l| (0..16).all(|y| product16(y, y) ^ y != l)) {
            for z in (2..=255).filter(|&z| power(z, 4) ^ z ^ 1 == 0) {
                let embed = |v: u8| (0..4).filter(|i| v >> i & 1 == 1).fold(0, |sum, i| sum ^ power(z, i));
                for y in (2..=255).filter(|&y| power(y, 2) ^ y ^ embed(lambda) == 0) {
                    let to_byte = |pair: u8| embed(pair & 15) ^ product256(embed(pair >> 4), y);
                    let from_byte = |byte: u8| (0..=255).find(|&pair| to_byte(pair) == byte).expect("an isomorphism");
                    let tower = Tower { lambda, inward: rows(from_byte), outward: rows(|pair| affine(to_byte(pair))) };
                    let cost = tower.cost();
                    if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                        best = Some((cost, tower));
                    }
                }
            }
        }
        best.expect("GF(2^8) contains GF(2^4)").1
    }

    fn cost(&self) -> u32 {
        let sums = |row: u8| 4 * row.count_ones().saturating_sub(1).div_ceil(3) + row.count_ones();
        let both = (0..4).map(|i| sums(self.inward[i] ^ self.inward[i + 4])).sum::<u32>();
        both + self.inward.iter().chain(&self.outward).map(|&r| sums(r)).sum::<u32>()
    }
}

fn power(x: u8, n: u32) -> u8 {
    (0..n).fold(1, |p, _| product256(p, x))
}

/// Product of two elements of GF(2^4). The sums of `b` are formed before the products, the cheaper way round when `b` comes early.
fn multiply(p: &mut Program, a: &[Net], b: &[Net]) -> [Net; 4] {
    std::array::from_fn(|i| {
        let terms: Vec<_> = (0..4)
            .map(|j| {
                let picked: Vec<_> = (0..4).filter(|&k| product16(1 << j, 1 << k) >> i & 1 == 1).map(|k| b[k]).collect();
                let sum = p.sum(&picked);
                p.and(a[j], sum)
            })
            .collect();
        p.sum(&terms)
    })
}

/// Any function of four planes, from its table, as a sum of products.
fn table16(p: &mut Program, x: &[Net], table: impl Fn(u8) -> u8) -> [Net; 4] {
    std::array::from_fn(|bit| {
        let mut terms = vec![];
        for monomial in 0..16u8 {
            // the coefficient of a monomial is the sum of the function over all inputs below it
            if (0..16).filter(|v| v & !monomial == 0).fold(0, |sum, v| sum ^ table(v) >> bit & 1) == 1 {
                let one = p.constant(!0);
                terms.push((0..4).filter(|j| monomial >> j & 1 == 1).fold(one, |term, j| p.and(term, x[j])));
            }
        }
        p.sum(&terms)
    })
}

/// First part of the S-box. Input: the bytes. Outputs: (a, a + b) and (1/e, 0).
pub fn head() -> Circuit<1, 2> {
    let tower = Tower::cheapest();
    let mut p = Program::default();
    let bytes = p.input(0);
    let b = p.linear::<4>(std::array::from_fn(|i| tower.inward[i]), &bytes);
    let a = p.linear::<4>(std::array::from_fn(|i| tower.inward[i + 4]), &bytes);
    let both = p.linear::<4>(std::array::from_fn(|i| tower.inward[i] ^ tower.inward[i + 4]), &bytes);
    let square = |v: u8| product16(tower.lambda, product16(v, v));
    let squares = p.linear::<4>(std::array::from_fn(|i| rows(square)[i] & 15), &a);
    let products = multiply(&mut p, &b, &both);
    let zero = p.constant(0);
    p.output(std::array::from_fn(|i| if i < 4 { a[i] } else { both[i - 4] }));
    let norm: [Net; 4] = std::array::from_fn(|i| p.xor(squares[i], products[i]));
    p.output(std::array::from_fn(|i| if i < 4 { norm[i] } else { zero }));
    Circuit::new(p)
}

/// Second part. Inputs as the outputs of [`head`]. Output: the inverse ((a + b)·e, a·e).
pub fn middle() -> Circuit<2, 1> {
    let mut p = Program::default();
    let (pair, norm) = (p.input(0), p.input(1));
    let inverse = |v: u8| (0..16).find(|&w| product16(v, w) == 1).unwrap_or(0);
    let e = table16(&mut p, &norm[..4], inverse);
    let (low, high) = (multiply(&mut p, &pair[4..], &e), multiply(&mut p, &pair[..4], &e));
    p.output(std::array::from_fn(|i| if i < 4 { low[i] } else { high[i - 4] }));
    Circuit::new(p)
}

/// Third part: the affine map of the output of [`middle`].
pub fn tail() -> Circuit<1, 1> {
    let mut p = Program::default();
    let inverse = p.input(0);
    let linear = p.linear::<8>(Tower::cheapest().outward, &inverse);
    let substituted = std::array::from_fn(|i| {
        let constant = p.constant(if AFFINE_CONSTANT >> i & 1 == 1 { !0 } else { 0 });
        p.xor(linear[i], constant)
    });
    p.output(substituted);
    Circuit::new(p)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    fn output<const I: usize, const O: usize>(circuit: &mut Circuit<I, O>, x: [Planes; I]) -> [Planes; O] {
        circuit.connect_all();
        for (port, value) in circuit.x.iter_mut().zip(x) {
            port.next = value;
        }
        assert!(simulate(circuit, 10));
        std::array::from_fn(|i| circuit.y[i].val())
    }

    /// The S-box of FIPS 197 by its definition: the inverse by search, then the affine map.
    fn definition(x: u8) -> u8 {
        affine((0..=255).find(|&y| product256(x, y) == 1).unwrap_or(0)) ^ 0x63
    }

    #[test]
    fn every_byte_is_substituted_as_the_standard_defines() {
        assert_eq!([0x00, 0x01, 0x53, 0xff].map(definition), [0x63, 0x7c, 0xed, 0x16]);
        let (mut head, mut middle, mut tail) = (head(), middle(), tail());
        let planes = |byte: u8| Lanes(std::array::from_fn(|p| if byte >> p & 1 == 1 { 15 } else { 0 }));
        for x in 0..=255u8 {
            let first = output(&mut head, [planes(x)]);
            let second = output(&mut middle, first);
            assert_eq!(output(&mut tail, second), [planes(definition(x))], "{x:02x}");
        }
    }
}
