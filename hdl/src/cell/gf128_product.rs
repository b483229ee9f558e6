//! The product of any two elements of GF(2^128) every clock, and maps that are linear. Coefficients and order of bits as in GHASH, see [`crate::cell::Gf128Step`].
use crate::cell::gf128::{block, number, port, times_x, turned};
use crate::cell::Block128;
use crate::prelude::*;
use std::fmt::Write;

/// The product of SP 800-38D, section 6.3; the leftmost bit is the coefficient of x^0.
fn product(x: u128, y: u128) -> u128 {
    let (mut sum, mut shifted) = (0, y);
    for i in (0..128).rev() {
        sum ^= shifted & (x >> i & 1).wrapping_neg();
        shifted = times_x(shifted);
    }
    sum
}

/// `product` is `x`·`y` of three clocks ago. A product every clock.
///
/// Karatsuba's way, four times over, down to products of eight coefficients: 81 of them. Registers stand behind the sums of the operands, behind
/// the small products, and behind three levels of putting them together; the last level and the reduction follow.
#[derive(Clone, Debug, Default, LogicBlock, Ports)]
pub struct Gf128Product {
    pub clock: Signal<In, Clock>,
    pub x: Signal<In, Block128>,
    pub y: Signal<In, Block128>,
    pub product: Signal<Out, Block128>,
    _line: [Block128; 2],
}

/// Levels of Karatsuba's method, and coefficients of a smallest product.
const LEVELS: u32 = 4;
const LEAF: usize = 128 >> LEVELS;

/// Digit `level` of a place in the tree of halves: 0 the low one, 1 the high one, 2 their sum.
fn digit(place: usize, level: u32) -> usize {
    place / 3usize.pow(level) % 3
}

/// A sum as a tree, so that synthesis finds the shallow way.
pub(super) fn tree(terms: &[String]) -> String {
    match terms {
        [] => "1'b0".into(),
        [term] => term.clone(),
        _ => {
            let (left, right) = terms.split_at(terms.len().next_power_of_two() / 2);
            format!("({} ^ {})", tree(left), tree(right))
        }
    }
}

/// The sum of the limbs of `name` that belong to `place`.
fn limbs(name: &str, place: usize) -> String {
    let chosen: Vec<_> = (0..1 << LEVELS)
        .filter(|limb| (0..LEVELS).all(|level| [0, 1].map(|bit| digit(place, level) == 2 || digit(place, level) == bit)[limb >> level & 1]))
        .map(|limb| format!("{name}[{} +: {LEAF}]", LEAF * limb))
        .collect();
    tree(&chosen)
}

/// The product of two polynomials of 2`n` coefficients, from those of their low halves, high halves and the sums of the halves.
fn joined(n: usize, low: &str, high: &str, both: &str) -> String {
    format!("{{{high}, 1'b0, {low}}} ^ {{{n}'d0, {low} ^ {high} ^ {both}, {n}'d0}}")
}

impl Logic for Gf128Product {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.product.next = self._line[1];
            self._line[1] = self._line[0];
            self._line[0] = block(product(number(self.x.val()), number(self.y.val())));
        }
    }
    fn connect(&mut self) {
        self.product.connect();
    }
    fn hdl(&self) -> Verilog {
        // Inside, bit k of a vector is the coefficient of x^k.
        let mut text = turned("a", "x") + &turned("b", "y");
        let (mut sums, mut cleared) = (String::new(), String::new());
        let (top, leaves) = (LEAF - 1, 3usize.pow(LEVELS));
        for n in 0..leaves {
            writeln!(text, "reg [{top}:0] a{n}, b{n};").unwrap();
            writeln!(sums, "  a{n} <= {}; b{n} <= {};", limbs("a", n), limbs("b", n)).unwrap();
            write!(cleared, "a{n} = 0; b{n} = 0; ").unwrap();
        }
        for n in 0..leaves {
            let terms: Vec<_> = (0..LEAF)
                .map(|i| {
                    format!("{{{}'d0, {{{LEAF}{{b{n}[{i}]}}}} & a{n}{}}}", top - i, if i > 0 { format!(", {i}'d0") } else { String::new() })
                })
                .collect();
            writeln!(text, "reg [{}:0] p0_{n};", 2 * top).unwrap();
            writeln!(sums, "  p0_{n} <= {};", tree(&terms).replace("{0'd0, ", "{")).unwrap();
            write!(cleared, "p0_{n} = 0; ").unwrap();
        }
        for level in 1..=LEVELS {
            let (n, wide) = (LEAF << (level - 1), (LEAF << (level + 1)) - 2);
            for m in 0..3usize.pow(LEVELS - level) {
                let part = |d: usize| format!("p{}_{}", level - 1, 3 * m + d);
                let value = joined(n, &part(0), &part(1), &part(2));
                if level == LEVELS - 1 {
                    writeln!(text, "reg [{wide}:0] p{level}_{m};").unwrap();
                    writeln!(sums, "  p{level}_{m} <= {value};").unwrap();
                    write!(cleared, "p{level}_{m} = 0; ").unwrap();
                } else {
                    writeln!(text, "wire [{wide}:0] p{level}_{m} = {value};").unwrap();
                }
            }
        }
        // x^128 = x^7 + x^2 + x + 1, and what that moves beyond x^127 once more.
        write!(
            text,
            "always @(posedge clock) begin\n{sums}end\n`ifdef HOLDFAST_CHECK\ninitial begin {cleared}end\n`endif\n\
             wire [127:0] w = {{1'b0, p{LEVELS}_0[254:128]}};\nwire [127:0] o = {{122'd0, w[126:121] ^ {{5'd0, w[126]}}}};\n\
             wire [127:0] r = p{LEVELS}_0[127:0] ^ w ^ (w << 1) ^ (w << 2) ^ (w << 7) ^ o ^ (o << 1) ^ (o << 2) ^ (o << 7);\n\
             {}always @(*) product = z;\n",
            turned("z", "r")
        )
        .unwrap();
        Verilog::Custom(text)
    }
    fn timing(&self) -> Vec<TimingInfo> {
        vec![TimingInfo {
            name: "product".into(),
            clock: "clock".into(),
            inputs: vec!["x".into(), "y".into()],
            outputs: vec!["product".into()],
        }]
    }
}

/// A map of GF(2^128) that is linear over GF(2), such as a power of two or a product with a constant. Combinational.
#[derive(Clone, Debug, LogicBlock, Ports)]
pub struct Gf128Map {
    pub x: Signal<In, Block128>,
    pub y: Signal<Out, Block128>,
    _map: fn(u128) -> u128,
}

impl Gf128Map {
    /// x^2.
    pub fn square() -> Self {
        Self::new(|x| product(x, x))
    }
    /// x^4.
    pub fn fourth_power() -> Self {
        Self::new(|x| product(product(x, x), product(x, x)))
    }
    /// The product with the constant x^`N`.
    pub fn shifted<const N: usize>() -> Self {
        Self::new(|x| (0..N).fold(x, |x, _| times_x(x)))
    }
    fn new(map: fn(u128) -> u128) -> Self {
        Self { x: Default::default(), y: Default::default(), _map: map }
    }
}

impl Logic for Gf128Map {
    fn update(&mut self) {
        self.y.next = block((self._map)(number(self.x.val())));
    }
    fn connect(&mut self) {
        self.y.connect();
    }
    fn hdl(&self) -> Verilog {
        // The image of x^j, by place in the port.
        let images: Vec<_> = (0..128).map(|j| (port(j), (self._map)(1 << (127 - j)))).collect();
        let mut rows = vec![String::new(); 128];
        for k in 0..128 {
            let terms: Vec<_> =
                images.iter().filter(|(_, image)| image >> (127 - k) & 1 == 1).map(|(place, _)| format!("x[{place}]")).collect();
            rows[127 - port(k)] = tree(&terms);
        }
        Verilog::Custom(format!("always @(*) y = {{{}}};\n", rows.join(",\n")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cell::Lanes, check::Bench};
    use ghash::universal_hash::UniversalHash;

    fn reference(x: Block128, y: Block128) -> Block128 {
        let mut hash = ghash::GHash::new(&number(y).to_be_bytes().into());
        hash.update(&[number(x).to_be_bytes().into()]);
        block(u128::from_be_bytes(hash.finalize().into()))
    }

    #[derive(LogicBlock, Ports)]
    struct Maps {
        pub clock: Signal<In, Clock>,
        pub x: Signal<In, Block128>,
        pub square: Signal<Out, Block128>,
        pub fourth: Signal<Out, Block128>,
        pub far: Signal<Out, Block128>,
        squares: Gf128Map,
        fourths: Gf128Map,
        moves: Gf128Map,
    }

    impl Logic for Maps {
        #[hdl_gen]
        fn update(&mut self) {
            self.squares.x.next = self.x.val();
            self.fourths.x.next = self.x.val();
            self.moves.x.next = self.x.val();
            self.square.next = self.squares.y.val();
            self.fourth.next = self.fourths.y.val();
            self.far.next = self.moves.y.val();
        }
    }

    #[test]
    fn products_are_those_of_ghash() {
        let mut seed = 0x2545f491u32;
        let mut word = || {
            seed = seed.wrapping_mul(1664525).wrapping_add(1013904223);
            seed ^ seed >> 16
        };
        let mut bench = Bench::new("gf128_product", Gf128Product::default(), |d| &mut d.clock);
        let mut expected = vec![];
        for n in 0..140 {
            let x = if n < 128 { block(1 << n) } else { Lanes(std::array::from_fn(|_| word())) };
            let y = Lanes(std::array::from_fn(|_| word()));
            bench.dut.x.next = x;
            bench.dut.y.next = y;
            expected.push(reference(x, y));
            bench.cycle();
            if n >= 2 {
                assert_eq!(bench.dut.product.val(), expected[n - 2]);
            }
        }
        bench.finish();
    }

    #[test]
    fn maps_are_products() {
        let maps = Maps {
            clock: Default::default(),
            x: Default::default(),
            square: Default::default(),
            fourth: Default::default(),
            far: Default::default(),
            squares: Gf128Map::square(),
            fourths: Gf128Map::fourth_power(),
            moves: Gf128Map::shifted::<111>(),
        };
        let mut bench = Bench::new("gf128_map", maps, |d| &mut d.clock);
        let mut x = block(0x66e94bd4ef8a2c3b884cfa59ca342b2e);
        for _ in 0..20 {
            bench.dut.x.next = x;
            bench.cycle();
            let square = reference(x, x);
            assert_eq!(bench.dut.square.val(), square);
            assert_eq!(bench.dut.fourth.val(), reference(square, square));
            assert_eq!(bench.dut.far.val(), reference(x, block(1 << (127 - 111))));
            x = square ^ block(5);
        }
        bench.finish();
    }
}
