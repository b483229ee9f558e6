//! The circuits of AES, written down from the field definitions of FIPS 197. The S-box inverts in GF(2^8) seen as pairs over GF(2^4): for
//! a·Y + b with Y² = Y + λ the inverse is (a·e)·Y + (a + b)·e, where e = 1 / (λa² + b·(a + b)). That shape is cut where few wires cross:
//!
//! ```text
//!   state 16 bytes ─┐  head             middle           tail            ┌─ last round: ShiftRows + key
//!   key word ───────┴► a, a+b, 1/e ═R1═► a·e, (a+b)·e ═R2═► affine map ──┴─ else: ShiftRows, MixColumns + key
//!                      12 planes        8 planes           step: next round key
//! ```
//! Every plane is 20 bits: the sixteen state bytes and, in the same gates, the four bytes of a key word.
use crate::cell::{Circuit, Lanes, Net, Planes, Program};

/// Product in GF(2^8) of AES: x^8 = x^4 + x^3 + x + 1.
const fn product256(mut a: u8, mut b: u8) -> u8 {
    let mut sum = 0;
    while b != 0 {
        if b & 1 == 1 {
            sum ^= a;
        }
        a = a << 1 ^ if a & 0x80 != 0 { 0x1b } else { 0 };
        b >>= 1;
    }
    sum
}

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

/// The affine map of the S-box without its constant, on a byte.
fn affine(x: u8) -> u8 {
    x ^ x.rotate_left(1) ^ x.rotate_left(2) ^ x.rotate_left(3) ^ x.rotate_left(4)
}

const AFFINE_CONSTANT: u8 = 0x63;

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

/// First part of the S-box. Inputs: state planes, planes whose last word is the key word. Control bit 8: the bytes of that word are rotated. Outputs: (a, a + b) and (1/e, 0).
pub fn head() -> Circuit<2, 2> {
    let tower = Tower::cheapest();
    let mut p = Program::default();
    let (state, key, rotate) = (p.input(0), p.input(1), p.control(8));
    let bytes: Vec<_> = (0..8)
        .map(|i| {
            let straight = p.wires(key[i], |lane| (lane >= 16).then(|| lane - 4));
            let turned = p.wires(key[i], |lane| (lane >= 16).then(|| 12 + (lane + 1) % 4));
            let differ = p.xor(straight, turned);
            let choice = p.and(differ, rotate);
            p.sum(&[state[i], straight, choice])
        })
        .collect();
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

/// Second part. Inputs as the outputs of [`head`]. Outputs: the inverse ((a + b)·e, a·e) of the state bytes, and of the key word.
pub fn middle() -> Circuit<2, 2> {
    let mut p = Program::default();
    let (pair, norm) = (p.input(0), p.input(1));
    let inverse = |v: u8| (0..16).find(|&w| product16(v, w) == 1).unwrap_or(0);
    let e = table16(&mut p, &norm[..4], inverse);
    let (low, high) = (multiply(&mut p, &pair[4..], &e), multiply(&mut p, &pair[..4], &e));
    for lanes in [0..16, 16..20] {
        let planes = std::array::from_fn(|i| {
            let net = if i < 4 { low[i] } else { high[i - 4] };
            p.wires(net, |lane| lanes.contains(&lane).then_some(lane))
        });
        p.output(planes);
    }
    Circuit::new(p)
}

/// The planes between [`middle`] and the affine map of sixteen bytes whose S-box value is zero.
pub fn zero_products() -> Planes {
    let tower = Tower::cheapest();
    let map = |pair: u8| tower.outward.iter().enumerate().fold(0, |v, (i, row)| v | ((row & pair).count_ones() as u8 & 1) << i);
    let pair = (0..=255).find(|&pair| map(pair) == AFFINE_CONSTANT).expect("the affine map is invertible");
    Lanes(std::array::from_fn(|i| if pair >> i & 1 == 1 { 0xffff } else { 0 }))
}

/// The affine map on all bytes.
fn substituted(p: &mut Program, inverse: [Net; 8]) -> [Net; 8] {
    let linear = p.linear::<8>(Tower::cheapest().outward, &inverse);
    std::array::from_fn(|i| {
        let constant = p.constant(if AFFINE_CONSTANT >> i & 1 == 1 { !0 } else { 0 });
        p.xor(linear[i], constant)
    })
}

/// End of the round for the state. Inputs: state products, round key. Outputs: ShiftRows + key (the last round), and MixColumns of ShiftRows + key.
pub fn tail() -> Circuit<3, 2> {
    let mut p = Program::default();
    let (inverse, key, block) = (p.input(0), p.input(1), p.input(2));
    let s = substituted(&mut p, inverse);
    // state byte r + 4c: row r comes from r columns further
    let rows = s.map(|n| p.wires(n, |i| (i < 16).then(|| (i + 4 * (i % 4)) % 16)));
    let last = std::array::from_fn(|i| p.xor(rows[i], key[i]));
    p.output(last);
    let turn = |p: &mut Program, n: Net, by: usize| p.wires(n, |i| (i < 16).then(|| i / 4 * 4 + (i + by) % 4));
    let next = rows.map(|n| turn(&mut p, n, 1));
    let pairs: [Net; 8] = std::array::from_fn(|i| p.xor(rows[i], next[i]));
    let zero = p.constant(0);
    let mixed = std::array::from_fn(|i| {
        // 2·(a_r + a_{r+1}) + a_{r+1} + a_{r+2} + a_{r+3}
        let doubled = if i == 0 { zero } else { pairs[i - 1] };
        let carry = if 0x1b >> i & 1 == 1 { pairs[7] } else { zero };
        let far = turn(&mut p, pairs[i], 2);
        let mixed = p.sum(&[doubled, carry, next[i], far]);
        p.sum(&[mixed, key[i], block[i]])
    });
    p.output(mixed);
    Circuit::new(p)
}

/// The next round key (FIPS 197, section 5.2). Inputs: products of the last word of the newest round key, the round key before it (or itself, AES-128).
/// Control: bits 0..8 the round constant (zero for none).
pub fn key_step() -> Circuit<2, 1> {
    let mut p = Program::default();
    let (inverse, old) = (p.input(0), p.input(1));
    let s = substituted(&mut p, inverse);
    let first_bytes = p.constant(0x1111);
    let next = std::array::from_fn(|i| {
        let word = p.wires(s[i], |lane| (lane < 16).then(|| 16 + lane % 4));
        let constant = p.control(i);
        let constant = p.and(constant, first_bytes);
        let mut terms = vec![constant];
        terms.extend((0..4).map(|c| p.wires(old[i], |lane| (lane < 16 && lane >= 4 * c).then(|| lane - 4 * c))));
        let early = p.sum(&terms);
        p.xor(word, early)
    });
    p.output(next);
    Circuit::new(p)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::{from_planes, to_planes};
    use rust_hdl::prelude::*;

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
        let (mut head, mut middle, mut tail, mut step) = (head(), middle(), tail(), key_step());
        for x in 0..=255u8 {
            let all = Lanes([u32::from_be_bytes([x; 4]); 4]);
            let y = output(&mut head, [to_planes(all), to_planes(all)]);
            let [state, key] = output(&mut middle, y);
            let expected = Lanes([u32::from_be_bytes([definition(x); 4]); 4]);
            let [last, mixed] = output(&mut tail, [state, Planes::default(), Planes::default()]);
            assert_eq!(from_planes(last), expected, "{x:02x}");
            assert_eq!(from_planes(mixed), expected, "a column of equal bytes is not changed by MixColumns");
            let [next] = output(&mut step, [key, Planes::default()]);
            assert_eq!(from_planes(next), expected);
        }
        let [last, mixed] = output(&mut tail, [zero_products(), Planes::default(), Planes::default()]);
        assert_eq!((last, mixed), Default::default());
    }

    #[test]
    fn a_round_is_the_one_of_the_standard() {
        // FIPS 197, appendix B, round 1
        let start = Lanes([0x193de3be, 0xa0f4e22b, 0x9ac68d2a, 0xe9f84808]);
        let key = Lanes([0xa0fafe17, 0x88542cb1, 0x23a33939, 0x2a6c7605]);
        let y = output(&mut head(), [to_planes(start), Planes::default()]);
        let [state, _] = output(&mut middle(), y);
        let [last, mixed] = output(&mut tail(), [state, to_planes(key), Planes::default()]);
        assert_eq!(from_planes(mixed), Lanes([0xa49c7ff2, 0x689f352b, 0x6b5bea43, 0x026a5049]));
        assert_eq!(from_planes(last) ^ key, Lanes([0xd4bf5d30, 0xe0b452ae, 0xb84111f1, 0x1e2798e5]));
    }
}
