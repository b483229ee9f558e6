//! Multiplication in the field of GHASH (NIST SP 800-38D, section 6.3), some bits of one operand at a time.
use crate::cell::{Block128, Lanes};
use crate::prelude::*;

/// One Horner step of a product in GF(2^128), `D` bits (1 ..= 32) of the operand at once: `total` is `sum`·x^D + d·`h`, where d are the last `D` bits of
/// `operand`; `rest` is the operand with these bits shifted out. 128 / D steps from a sum of zero multiply `operand` by `h`.
/// The leftmost bit of a block is the coefficient of x^0. Combinational.
#[derive(Clone, Debug, Default, LogicBlock, Ports)]
pub struct Gf128Step<const D: usize> {
    pub sum: Signal<In, Block128>,
    pub h: Signal<In, Block128>,
    pub operand: Signal<In, Block128>,
    pub total: Signal<Out, Block128>,
    pub rest: Signal<Out, Block128>,
    _last: ([Block128; 3], [Block128; 2]),
}

/// Division by x^`N` in GF(2^128). Combinational.
#[derive(Clone, Debug, Default, LogicBlock, Ports)]
pub struct Gf128Divide<const N: usize> {
    pub value: Signal<In, Block128>,
    pub quotient: Signal<Out, Block128>,
}

impl<const N: usize> Logic for Gf128Divide<N> {
    fn update(&mut self) {
        self.quotient.next = block((0..N).fold(number(self.value.val()), |v, _| over_x(v)));
    }
    fn connect(&mut self) {
        self.quotient.connect();
    }
    fn hdl(&self) -> Verilog {
        // Inside, bit k of a vector is the coefficient of x^k; (x^128 + x^7 + x^2 + x) / x is what an odd value leaves.
        let mut text = turned("v0", "value");
        for n in 0..N {
            text += &format!("wire [127:0] v{} = {{1'b0, v{n}[127:1]}} ^ ({{128{{v{n}[0]}}}} & {{1'b1, 120'd0, 7'h43}});\n", n + 1);
        }
        Verilog::Custom(text + &turned("q", &format!("v{N}")) + "always @(*) quotient = q;\n")
    }
}

/// Place of the coefficient of x^k in a port, whose lanes are words with the first bit on the left.
pub(super) fn port(k: usize) -> usize {
    32 * (k / 32) + 31 - k % 32
}

/// Verilog: `to` is `from`, a port, in the order of a polynomial, or back: the order is its own inverse. In steps that a simulator does on whole words; to a circuit they are wires.
pub(super) fn turned(to: &str, from: &str) -> String {
    let mut text = String::new();
    let mut last = from.to_string();
    for (by, mask) in [(1, "55"), (2, "33"), (4, "0f")] {
        let mask = format!("128'h{}", mask.repeat(16));
        let next = format!("{to}_{by}");
        text += &format!("wire [127:0] {next} = (({last} & {mask}) << {by}) | (({last} >> {by}) & {mask});\n");
        last = next;
    }
    let bytes: Vec<_> = (0..16).rev().map(|i| format!("{last}[{} +: 8]", 32 * (i / 4) + 24 - 8 * (i % 4))).collect();
    text + &format!("wire [127:0] {to} = {{{}}};\n", bytes.join(", "))
}

pub(super) fn number(block: Block128) -> u128 {
    block.0.iter().fold(0, |n, &lane| n << 32 | lane as u128)
}

pub(super) fn block(number: u128) -> Block128 {
    Lanes(std::array::from_fn(|i| (number >> (96 - 32 * i)) as u32))
}

/// v·x: towards the right, x^128 = x^7 + x^2 + x + 1.
pub(super) fn times_x(v: u128) -> u128 {
    (v >> 1) ^ (v & 1).wrapping_neg() & 0xe1 << 120
}

/// v/x, the inverse of [`times_x`].
fn over_x(v: u128) -> u128 {
    let odd = v >> 127;
    ((v ^ odd.wrapping_neg() & 0xe1 << 120) << 1) | odd
}

impl<const D: usize> Logic for Gf128Step<D> {
    fn update(&mut self) {
        let now = [self.sum.val(), self.h.val(), self.operand.val()];
        if now != self._last.0 {
            let (mut sum, mut h, operand) = (number(now[0]), number(now[1]), number(now[2]));
            (0..D).for_each(|_| sum = times_x(sum));
            for j in 0..D {
                sum ^= h & (operand >> (D - 1 - j) & 1).wrapping_neg();
                h = times_x(h);
            }
            self._last = (now, [block(sum), block(operand >> D)]);
        }
        self.total.next = self._last.1[0];
        self.rest.next = self._last.1[1];
    }
    fn connect(&mut self) {
        self.total.connect();
        self.rest.connect();
    }
    fn hdl(&self) -> Verilog {
        assert!((1..=32).contains(&D));
        // Inside, bit k of a vector is the coefficient of x^k.
        let top = 127 + D;
        let mut text = turned("a", "sum") + &turned("b", "h") + &turned("o", "operand");
        text += &format!("wire [{top}:0] s = {{a, {D}'d0}};\nwire [{top}:0] f = {{{D}'d0, b}};\n");
        // Sums of two products fill a 4-input table. They are kept, because synthesis that restructures across them finds something larger.
        let product = |j: usize| format!("({{{}{{o[{}]}}}} & (f << {j}))", top + 1, 128 - D + j);
        let products: Vec<_> = (0..D).map(product).collect();
        for (i, pair) in products.chunks(2).enumerate() {
            text += &format!("(* keep *) wire [{top}:0] p{i};\nassign p{i} = {};\n", pair.join(" ^ "));
        }
        let pairs: Vec<_> = (0..D.div_ceil(2)).map(|i| format!("p{i}")).collect();
        text += &format!("wire [{top}:0] t = s ^ {};\n", pairs.join(" ^ "));
        text += &format!("wire [127:0] w = {{{}'d0, t[{top}:128]}};\n", 128 - D);
        text += "wire [127:0] r = t[127:0] ^ w ^ (w << 1) ^ (w << 2) ^ (w << 7);\n";
        text += &format!("wire [127:0] q = o << {D};\n");
        for (out, vector, turned_vector) in [("total", "r", "y"), ("rest", "q", "z")] {
            text += &(turned(turned_vector, vector) + &format!("always @(*) {out} = {turned_vector};\n"));
        }
        Verilog::Custom(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ghash::universal_hash::UniversalHash;

    /// The product of the standard, bit by bit (SP 800-38D, algorithm 1).
    fn product(x: u128, y: u128) -> u128 {
        let (mut z, mut v) = (0, y);
        for i in 0..128 {
            if x >> (127 - i) & 1 == 1 {
                z ^= v;
            }
            v = if v & 1 == 1 { v >> 1 ^ 0xe1 << 120 } else { v >> 1 };
        }
        z
    }

    fn by_steps<const D: usize>(x: u128, y: u128) -> u128 {
        let mut step = Gf128Step::<D>::default();
        step.connect_all();
        let mut operand = x;
        let mut sum = 0;
        for _ in 0..128 / D {
            step.sum.next = block(sum);
            step.h.next = block(y);
            step.operand.next = block(operand);
            assert!(simulate(&mut step, 10));
            (sum, operand) = (number(step.total.val()), number(step.rest.val()));
        }
        assert_eq!(operand, 0);
        sum
    }

    #[test]
    fn division_undoes_multiplication() {
        let mut v = 0x66e94bd4ef8a2c3b884cfa59ca342b2eu128;
        for _ in 0..200 {
            assert_eq!(over_x(times_x(v)), v);
            let mut divide = Gf128Divide::<2>::default();
            divide.connect_all();
            divide.value.next = block(times_x(times_x(v)));
            assert!(simulate(&mut divide, 10));
            assert_eq!(number(divide.quotient.val()), v);
            v = times_x(v) ^ (v & 1);
        }
    }

    #[test]
    fn steps_multiply_whatever_their_width() {
        let mut x = 0x66e94bd4ef8a2c3b884cfa59ca342b2eu128;
        let mut y = 0x0388dace60b6a392f328c2b971b2fe78u128;
        assert_eq!(product(x, y), 0x5e2ec746917062882c85b0685353deb7, "GCM specification, test case 2");
        for n in 0..40 {
            let expected = product(x, y);
            let mut reference = ghash::GHash::new(&y.to_be_bytes().into());
            reference.update(&[x.to_be_bytes().into()]);
            assert_eq!(expected, u128::from_be_bytes(reference.finalize().into()));
            assert_eq!(by_steps::<1>(x, y), expected);
            assert_eq!(by_steps::<8>(x, y), expected);
            assert_eq!(by_steps::<16>(x, y), expected);
            assert_eq!(by_steps::<32>(x, y), expected);
            (x, y) = (y.rotate_left(n) ^ n as u128, expected.wrapping_mul(0x9e3779b97f4a7c15));
        }
    }
}
