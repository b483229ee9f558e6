//! AES in a basis that suits its S-box. GF(2^8) is seen as pairs over GF(2^4): a byte is a·u + b·v with a and b in GF(2^4), each written in the powers 1, ζ, ζ², ζ³ of
//! a generator. A byte *in the tower* has the coefficients of a in its bits 0..4 and those of b in its bits 4..8. All blocks and round keys
//! within the pipeline are in the tower, so the way there and back is paid once and not in every round, and in planes (see [`planes`]): bit j of byte i is bit 16j + i.
//!
//! The inverse of x is its conjugate times the inverse of its norm x^17, which lies in GF(2^4). With four-input tables that makes
//!
//! ```text
//!   x ─► norm: per bit two tables of two products each, and their sum ═► 1/norm: one table per bit ─► a/norm, b/norm: as the norm ═► affine map
//! ```
//! The products need the forms Tr(γ·ζ^k·e) of the inverse norm e for k from 0 to 6, each a table of four inputs. u, v, ζ and γ are those for which the affine map
//! and the doubling of MixColumns have the fewest terms; four rows of the latter are then single bits or nearly, and no stage needs more than three tables in a row.
mod planes;

use crate::cell::{affine, product256, Block128, Lanes, AFFINE_CONSTANT};
use crate::prelude::*;
use planes::{bytes, planes, port, port_block, port_bytes, transposition};
use std::fmt::Write;
use std::sync::{LazyLock, OnceLock};

/// The basis; found by trying all.
const U: u8 = 0x62;
const V: u8 = 0xaf;
/// The scale of the forms Tr(γ·ζ^k·e) of the inverse norm, and how many the products need.
const GAMMA: u8 = 0xe1;
const FORMS: usize = 7;

fn power(x: u8, n: u32) -> u8 {
    (0..n).fold(1, |p, _| product256(p, x))
}

fn zeta(k: usize) -> u8 {
    power(3, 34 * k as u32)
}

/// The trace of an element of GF(2^4), 0 or 1.
fn trace(x: u8) -> u8 {
    (0..4).fold(0, |sum, k| sum ^ power(x, 1 << k))
}

/// The rows of the linear map that takes bit j to `column(j)`.
fn rows(column: impl Fn(usize) -> u8) -> [u8; 8] {
    let columns: [u8; 8] = std::array::from_fn(column);
    std::array::from_fn(|i| (0..8).fold(0, |row, j| row | (columns[j] >> i & 1) << j))
}

fn apply(rows: &[u8; 8], x: u8) -> u8 {
    (0..8).fold(0, |y, i| y | ((rows[i] & x).count_ones() as u8 & 1) << i)
}

/// Everything that the cells need to know, derived from the basis.
struct Tower {
    inward: [u8; 256],
    /// Rows of the maps into the tower and out of it.
    inward_rows: [u8; 8],
    outward_rows: [u8; 8],
    /// The S-box in the tower.
    sbox: [u8; 256],
    /// Twice a byte, in the tower.
    double_rows: [u8; 8],
    /// From the products (a/norm, b/norm) through the affine map, without its constant.
    affine_rows: [u8; 8],
    /// The four scales c of the bits Tr(c·norm).
    scales: [u8; 4],
}

static TOWER: LazyLock<Tower> = LazyLock::new(|| {
    let byte = |x: u8| (0..8).filter(|j| x >> j & 1 == 1).fold(0, |sum, j| sum ^ product256([U, V][j / 4], zeta(j % 4)));
    let mut inward = [0; 256];
    (0..=255).for_each(|x| inward[byte(x) as usize] = x);
    let into = |x: u8| inward[x as usize];
    let inverse = |x: u8| power(x, 254);
    let table = |map: &dyn Fn(u8) -> u8| std::array::from_fn(|x| into(map(byte(x as u8))));
    let sbox = table(&|x| affine(inverse(x)) ^ AFFINE_CONSTANT);
    let double = table(&|x| product256(2, x));
    // A product w is known by Tr(γ·ζ^k·w) for k from 0 to 3: it is the sum of the elements dual to these.
    let product = |j: usize| {
        let form = |l: usize, w: u8| trace(product256(product256(GAMMA, zeta(l)), w));
        let dual = (1..=255).find(|&w| power(w, 16) == w && (0..4).all(|l| form(l, w) == (l == j % 4) as u8)).expect("a dual basis");
        product256(power([U, V][j / 4], 16), dual)
    };
    // Of all sets of four scales that follow each other by ζ the one whose forms are cheapest.
    let candidates = (0..15).map(|n| std::array::from_fn(|s| product256(power(3, 17 * n), zeta(s))));
    let scales = candidates.min_by_key(|scales: &[u8; 4]| {
        let mut forms: Vec<_> = scales.iter().flat_map(|&c| norm_bit(c, &byte).forms).filter(|f| f.count_ones() > 1).collect();
        forms.sort();
        forms.dedup();
        forms.len()
    });
    Tower {
        inward,
        inward_rows: rows(|j| into(1 << j)),
        outward_rows: rows(|j| byte(1 << j)),
        sbox,
        double_rows: rows(|j| double[1 << j]),
        affine_rows: rows(|j| into(affine(product(j)))),
        scales: scales.expect("fifteen candidates"),
    }
});

/// A bit Tr(c·norm): the sum over j of b_j·(`forms[j]` of a), and of the bits of a and b in `linear`.
struct NormBit {
    forms: [u8; 4],
    linear: u8,
}

fn norm_bit(c: u8, byte: &dyn Fn(u8) -> u8) -> NormBit {
    let value = |x: u8| trace(product256(c, power(byte(x), 17)));
    let linear = (0..8).fold(0, |mask, j| mask | value(1 << j) << j);
    let forms = std::array::from_fn(|j| (0..4).fold(0, |mask, i| mask | (value(1 << i | 16 << j) ^ value(1 << i) ^ value(16 << j)) << i));
    NormBit { forms, linear }
}

/// A byte in the tower.
pub fn to_tower(byte: u8) -> u8 {
    TOWER.inward[byte as usize]
}

/// Names of the planes in `mask`, added.
fn sum(mask: u8, name: &str) -> String {
    let terms: Vec<_> = (0..8).filter(|j| mask >> j & 1 == 1).map(|j| format!("{name}{j}")).collect();
    terms.join(" ^ ")
}

/// The S-boxes of `n` bytes, 16 at most, in gates: planes x0 to x7, one bit for each byte, become s0 to s7. Made once for each number: a circuit is asked for its text several times while it is checked and printed.
fn gates(n: usize) -> &'static str {
    static MADE: [OnceLock<String>; 17] = [const { OnceLock::new() }; 17];
    MADE[n].get_or_init(|| made_gates(n))
}

fn made_gates(n: usize) -> String {
    let t = &*TOWER;
    let range = format!("[{}:0]", n - 1);
    let mut text = String::new();
    for j in 0..8 {
        writeln!(text, "reg {range} h{j}, p{j};").unwrap();
    }
    let byte = |x: u8| (0..8).filter(|j| x >> j & 1 == 1).fold(0, |sum, j| sum ^ product256([U, V][j / 4], zeta(j % 4)));
    let bits = t.scales.map(|c| norm_bit(c, &byte));
    // The forms of a that are sums, once each.
    let mut named: Vec<u8> = bits.iter().flat_map(|bit| bit.forms).filter(|f| f.count_ones() > 1).collect();
    named.sort();
    named.dedup();
    for form in &named {
        writeln!(text, "wire {range} f{form} = {};", sum(*form, "x")).unwrap();
    }
    let name = |form: u8| if form.count_ones() == 1 { format!("x{}", form.trailing_zeros()) } else { format!("f{form}") };
    for (s, bit) in bits.iter().enumerate() {
        // What is linear in a is a sum of the four forms, so it costs no further input.
        let wanted = bit.linear & 15;
        let picked =
            (0..16u8).find(|p| (0..4).filter(|j| p >> j & 1 == 1).fold(0, |sum, j| sum ^ bit.forms[j]) == wanted).expect("a basis");
        let half = |pair: [usize; 2]| {
            let terms: Vec<_> = pair
                .iter()
                .flat_map(|&j| {
                    let f = name(bit.forms[j]);
                    let mut terms = vec![format!("(x{} & {f})", j + 4)];
                    terms.extend((picked >> j & 1 == 1).then(|| f.clone()));
                    terms.extend((bit.linear >> (j + 4) & 1 == 1).then(|| format!("x{}", j + 4)));
                    terms
                })
                .collect();
            terms.join(" ^ ")
        };
        writeln!(text, "reg {range} n{s};\nwire {range} n{s}a = {}, n{s}b = {};", half([0, 1]), half([2, 3])).unwrap();
    }
    // The inverse norm: functions of four bits.
    let norm =
        |v: usize| (0..=255).find(|&w| power(w, 16) == w && (0..4).all(|s| trace(product256(t.scales[s], w)) as usize == v >> s & 1));
    for m in (3..16usize).filter(|m| m.count_ones() > 1) {
        let top = m.ilog2();
        let rest = m ^ 1 << top;
        let rest = if rest.count_ones() == 1 { format!("n{}", rest.trailing_zeros()) } else { format!("m{rest}") };
        writeln!(text, "wire {range} m{m} = n{top} & {rest};").unwrap();
    }
    for k in 0..FORMS {
        let value = |v: usize| trace(product256(product256(GAMMA, zeta(k)), power(norm(v).expect("a norm"), 14)));
        // The sum of those products of bits whose coefficient, the sum of the values at all subsets, is one.
        let terms: Vec<_> = (1..16)
            .filter(|&m| (0..16).filter(|v| v & !m == 0).fold(0, |sum, v| sum ^ value(v)) == 1)
            .map(|m| if m.count_ones() == 1 { format!("n{}", m.trailing_zeros()) } else { format!("m{m}") })
            .collect();
        assert_eq!(value(0), 0, "the inverse of zero is zero");
        writeln!(text, "wire {range} e{k} = {};", terms.join(" ^ ")).unwrap();
    }
    let mut clocked = String::new();
    for j in 0..8 {
        let k = j % 4;
        let half = |i: usize| format!("(h{} & e{}) ^ (h{} & e{})", j / 4 * 4 + i, k + i, j / 4 * 4 + i + 1, k + i + 1);
        writeln!(text, "wire {range} p{j}a = {}, p{j}b = {};", half(0), half(2)).unwrap();
        writeln!(
            clocked,
            "  h{j} <= x{j}; p{j} <= p{j}a ^ p{j}b;{}",
            if j < 4 { format!(" n{j} <= n{j}a ^ n{j}b;") } else { String::new() }
        )
        .unwrap();
    }
    writeln!(text, "always @(posedge clock) begin\n{clocked}end").unwrap();
    let constant = to_tower(AFFINE_CONSTANT);
    for (k, row) in t.affine_rows.iter().enumerate() {
        writeln!(text, "wire {range} s{k} = {}({});", if constant >> k & 1 == 1 { "~" } else { "" }, sum(*row, "p")).unwrap();
    }
    let cleared: Vec<_> =
        (0..8).map(|j| format!("h{j} = 0; p{j} = 0;{}", if j < 4 { format!(" n{j} = 0;") } else { String::new() })).collect();
    writeln!(text, "`ifdef HOLDFAST_CHECK\ninitial begin {} end\n`endif", cleared.join(" ")).unwrap();
    text
}

/// The same in memories that are only read, two bytes each.
fn memories(n: usize) -> String {
    let table: String = TOWER.sbox.iter().rev().map(|byte| format!("{byte:02x}")).collect();
    let mut text = format!("localparam [2047:0] TABLE = 2048'h{table};\ninteger i;\nreg [{}:0] seen, held;\n", 8 * n - 1);
    let byte = |i: usize| (0..8).rev().map(|j| format!("x{j}[{i}]")).collect::<Vec<_>>().join(", ");
    for memory in 0..n / 2 {
        let (a, b) = (2 * memory, 2 * memory + 1);
        text += &format!(
            "(* ram_style = \"block\" *) reg [7:0] contents{memory} [0:255];\n\
             initial for (i = 0; i < 256; i = i + 1) contents{memory}[i] = TABLE[8*i +: 8];\n\
             always @(posedge clock) begin\n  seen[{} +: 8] <= contents{memory}[{{{}}}];\n  seen[{} +: 8] <= contents{memory}[{{{}}}];\nend\n",
            8 * a,
            byte(a),
            8 * b,
            byte(b)
        );
    }
    text += "always @(posedge clock) held <= seen;\n";
    for k in 0..8 {
        let bits: Vec<_> = (0..n).rev().map(|i| format!("held[{}]", 8 * i + k)).collect();
        text += &format!("wire [{}:0] s{k} = {{{}}};\n", n - 1, bits.join(", "));
    }
    let start = format!("{{{n}{{8'h{:02x}}}}}", TOWER.sbox[0]);
    text + &format!("`ifdef HOLDFAST_CHECK\ninitial begin seen = {start}; held = {start}; end\n`endif\n")
}

/// What the S-boxes are made of. Both kinds take the same clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BoxKind {
    #[default]
    Gates,
    /// Half a block RAM (18 kbit) per byte, whose content comes with the configuration of the FPGA.
    Memory,
}

impl BoxKind {
    /// S-boxes of the last `n` bytes of the port `x`.
    fn verilog(self, n: usize) -> Verilog {
        let mut text: String = (0..8).map(|j| format!("wire [{}:0] x{j} = x[{} +: {n}];\n", n - 1, 16 * j + 16 - n)).collect();
        match self {
            BoxKind::Gates => text += gates(n),
            BoxKind::Memory => text += &memories(n),
        }
        Verilog::Custom(text + "always @(*) y = {s7, s6, s5, s4, s3, s2, s1, s0};\n")
    }
}

/// The S-box for each byte of a block, in the tower: `y` shows it two clocks after `x`. A block every clock.
#[derive(Clone, Debug, LogicBlock, Ports)]
pub struct SubBlock {
    pub clock: Signal<In, Clock>,
    pub x: Signal<In, Block128>,
    pub y: Signal<Out, Block128>,
    _kind: BoxKind,
    _between: Block128,
}

impl SubBlock {
    pub fn new(kind: BoxKind) -> Self {
        let zero = planes([TOWER.sbox[0]; 16]);
        Self { clock: Default::default(), x: Default::default(), y: Default::default(), _kind: kind, _between: zero }
    }
}

impl Logic for SubBlock {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.y.next = self._between;
            self._between = planes(bytes(self.x.val()).map(|byte| TOWER.sbox[byte as usize]));
        }
    }
    fn connect(&mut self) {
        self.y.connect();
        self.y.next = self._between;
    }
    fn hdl(&self) -> Verilog {
        self._kind.verilog(16)
    }
    fn timing(&self) -> Vec<TimingInfo> {
        vec![TimingInfo { name: "boxes".into(), clock: "clock".into(), inputs: vec!["x".into()], outputs: vec!["y".into()] }]
    }
}

/// The S-box for each byte of the last word of a block, in the tower: as [`SubBlock`]. Bit j of byte i of the word is bit 4j + i of `y`.
#[derive(Clone, Debug, LogicBlock, Ports)]
pub struct SubWord {
    pub clock: Signal<In, Clock>,
    pub x: Signal<In, Block128>,
    pub y: Signal<Out, Bits<32>>,
    _kind: BoxKind,
    _between: u32,
}

/// Bit j of byte i at 4j + i.
fn word_planes(bytes: [u8; 4]) -> u32 {
    (0..32).fold(0, |word, at| word | (bytes[at % 4] as u32 >> (at / 4) & 1) << at)
}

impl SubWord {
    pub fn new(kind: BoxKind) -> Self {
        let zero = word_planes([TOWER.sbox[0]; 4]);
        Self { clock: Default::default(), x: Default::default(), y: Default::default(), _kind: kind, _between: zero }
    }
}

impl Logic for SubWord {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.y.next = (self._between as u64).into();
            let bytes = bytes(self.x.val());
            self._between = word_planes(std::array::from_fn(|i| TOWER.sbox[bytes[12 + i] as usize]));
        }
    }
    fn connect(&mut self) {
        self.y.connect();
        self.y.next = (self._between as u64).into();
    }
    fn hdl(&self) -> Verilog {
        self._kind.verilog(4)
    }
    fn timing(&self) -> Vec<TimingInfo> {
        vec![TimingInfo { name: "boxes".into(), clock: "clock".into(), inputs: vec!["x".into()], outputs: vec!["y".into()] }]
    }
}

/// The end of a round in the tower: `last` is ShiftRows of `bytes` plus `key`, `mixed` is MixColumns of ShiftRows plus `key` (FIPS 197, sections 5.1.2 to 5.1.4).
/// Combinational.
#[derive(Clone, Debug, Default, LogicBlock, Ports)]
pub struct TowerRound {
    pub bytes: Signal<In, Block128>,
    pub key: Signal<In, Block128>,
    pub last: Signal<Out, Block128>,
    pub mixed: Signal<Out, Block128>,
}

/// Bytes of row r, in a plane.
const ROW: [u16; 4] = [0x1111, 0x2222, 0x4444, 0x8888];

impl Logic for TowerRound {
    fn update(&mut self) {
        let plane = |block: Block128, j: usize| (block.0[j / 2] >> (16 * (j % 2))) as u16;
        let (b, key) = (self.bytes.val(), self.key.val());
        // Byte r of a column comes from r columns further.
        let q: [u16; 8] = std::array::from_fn(|j| (0..4).fold(0, |sum, r| sum | plane(b, j).rotate_right(4 * r as u32) & ROW[r]));
        // By one row: byte r shows byte r + 1 of its column.
        let turned = |x: u16| x >> 1 & !ROW[3] | (x & ROW[0]) << 3;
        let t: [u16; 8] = q.map(|x| x ^ turned(x));
        let mixed = |k: usize| {
            let twice = (0..8).filter(|j| TOWER.double_rows[k] >> j & 1 == 1).fold(0, |sum, j| sum ^ t[j]);
            twice ^ turned(q[k]) ^ turned(turned(t[k]))
        };
        let block = |f: &dyn Fn(usize) -> u16| Lanes(std::array::from_fn(|i| f(2 * i) as u32 | (f(2 * i + 1) as u32) << 16));
        self.last.next = block(&|k| q[k]) ^ key;
        self.mixed.next = block(&mixed) ^ key;
    }
    fn connect(&mut self) {
        self.last.connect();
        self.mixed.connect();
    }
    fn hdl(&self) -> Verilog {
        let mut text = String::new();
        let turned = |x: &str| format!("(({x} >> 1) & 16'h7777) | (({x} & 16'h1111) << 3)");
        for j in 0..8 {
            let at = 16 * j;
            writeln!(
                text,
                "wire [15:0] b{j} = bytes[{at} +: 16], k{j} = key[{at} +: 16];\n\
                 wire [15:0] q{j} = (b{j} & 16'h1111) | ({{b{j}[3:0], b{j}[15:4]}} & 16'h2222) | ({{b{j}[7:0], b{j}[15:8]}} & 16'h4444) | ({{b{j}[11:0], b{j}[15:12]}} & 16'h8888);\n\
                 wire [15:0] u{j} = {};\nwire [15:0] v{j} = {};\nwire [15:0] w{j} = {};\nwire [15:0] t{j} = q{j} ^ u{j}, z{j} = v{j} ^ w{j};",
                turned(&format!("q{j}")),
                turned(&format!("u{j}")),
                turned(&format!("v{j}")),
            )
            .unwrap();
        }
        for (k, row) in TOWER.double_rows.iter().enumerate() {
            let twice: Vec<_> = (0..8).filter(|j| row >> j & 1 == 1).map(|j| format!("t{j}")).collect();
            let pairs: Vec<_> = twice.chunks(2).map(|pair| format!("({})", pair.join(" ^ "))).collect();
            // The other rows of a column: where twice a byte is one bit, their sum is shared.
            let rest = if twice.len() == 1 { format!("u{k} ^ z{k} ^ k{k}") } else { format!("(u{k} ^ v{k} ^ w{k} ^ k{k})") };
            writeln!(text, "wire [15:0] m{k} = {rest} ^ {};", pairs.join(" ^ ")).unwrap();
        }
        let all = |name: &str| (0..8).rev().map(|k| format!("{name}{k}")).collect::<Vec<_>>().join(", ");
        Verilog::Custom(format!("{text}always @(*) last = {{{}}} ^ key;\nalways @(*) mixed = {{{}}};\n", all("q"), all("m")))
    }
}

/// The next round key in the tower (FIPS 197, section 5.2): `older` with `word`, which is the S-box of the last word before it. For AES-128 the word is
/// rotated; for AES-256 it is rotated in every other step. Combinational.
#[derive(Clone, Debug, LogicBlock, Ports)]
pub struct TowerKey {
    pub older: Signal<In, Block128>,
    pub word: Signal<In, Bits<32>>,
    pub aes256: Signal<In, Bit>,
    pub newer: Signal<Out, Block128>,
    /// Round constants for AES-128 and AES-256, in the tower; whether AES-256 rotates too.
    _constants: [u8; 2],
    _rotates: bool,
}

impl TowerKey {
    /// The step that makes round key `step` + 1 of AES-128 and round key `step` + 2 of AES-256, round key 0 being the first 16 bytes of the key.
    pub fn new(step: usize) -> Self {
        let constant = |n: usize| to_tower(power(2, n as u32 - 1));
        let rotates = step % 2 == 0;
        Self {
            older: Default::default(),
            word: Default::default(),
            aes256: Default::default(),
            newer: Default::default(),
            _constants: [constant(step + 1), if rotates { constant(step / 2 + 1) } else { 0 }],
            _rotates: rotates,
        }
    }
}

impl Logic for TowerKey {
    fn update(&mut self) {
        let (older, word, aes256) = (self.older.val().0, self.word.val().to_u32(), self.aes256.val());
        let constant = self._constants[aes256 as usize];
        let plane = |j: usize| {
            let nibble = (word >> (4 * j) & 15) as u16;
            let turned = if aes256 && !self._rotates { nibble } else { nibble >> 1 | (nibble & 1) << 3 };
            // Each word of the key is added to all that follow it.
            let sums = (older[j / 2] >> (16 * (j % 2))) as u16;
            let sums = sums ^ sums << 4;
            let sums = sums ^ sums << 8;
            sums ^ (0x1111 * (turned ^ (constant >> j & 1) as u16))
        };
        self.newer.next = Lanes(std::array::from_fn(|i| plane(2 * i) as u32 | (plane(2 * i + 1) as u32) << 16));
    }
    fn connect(&mut self) {
        self.newer.connect();
    }
    fn hdl(&self) -> Verilog {
        let [short, long] = self._constants;
        let mut text = format!("wire [7:0] constant = aes256 ? 8'h{long:02x} : 8'h{short:02x};\n");
        for j in 0..8 {
            let turned = format!("{{word[{}], word[{} +: 3]}}", 4 * j, 4 * j + 1);
            let turned = if self._rotates { turned } else { format!("(aes256 ? word[{} +: 4] : {turned})", 4 * j) };
            let at = |c: usize| format!("older[{} +: 4]", 16 * j + 4 * c);
            writeln!(
                text,
                "wire [3:0] a{j} = {} ^ {turned} ^ {{3'd0, constant[{j}]}};\nwire [15:0] w{j} = {{a{j} ^ ({} ^ {} ^ {}), a{j} ^ {} ^ {}, a{j} ^ {}, a{j}}};",
                at(0),
                at(1),
                at(2),
                at(3),
                at(1),
                at(2),
                at(1)
            )
            .unwrap();
        }
        Verilog::Custom(text + "always @(*) newer = {w7, w6, w5, w4, w3, w2, w1, w0};\n")
    }
}

/// A block into the tower and into planes, or out of both. Combinational.
#[derive(Clone, Debug, LogicBlock, Ports)]
pub struct TowerMap {
    pub x: Signal<In, Block128>,
    pub y: Signal<Out, Block128>,
    _inward: bool,
}

impl TowerMap {
    pub fn inward() -> Self {
        Self { x: Default::default(), y: Default::default(), _inward: true }
    }
    pub fn outward() -> Self {
        Self { _inward: false, ..Self::inward() }
    }
}

impl Logic for TowerMap {
    fn update(&mut self) {
        self.y.next = if self._inward {
            planes(port_bytes(self.x.val()).map(to_tower))
        } else {
            port_block(bytes(self.x.val()).map(|byte| apply(&TOWER.outward_rows, byte)))
        };
    }
    fn connect(&mut self) {
        self.y.connect();
    }
    fn hdl(&self) -> Verilog {
        let halves = |part: &dyn Fn(usize, usize) -> String| {
            [0, 1].map(|half| format!("{{{}}}", (0..8).rev().map(|i| part(half, i)).collect::<Vec<_>>().join(", ")))
        };
        let map = |rows: &[u8; 8]| -> String {
            rows.iter().enumerate().map(|(k, row)| format!("wire [15:0] m{k} = {};\n", sum(*row, "x"))).collect()
        };
        Verilog::Custom(if self._inward {
            let planes = transposition("t", halves(&|half, i| format!("x[{} +: 8]", port(8 * half + i))));
            let named: String = (0..8).map(|j| format!("wire [15:0] x{j} = {{t_1[{0} +: 8], t_0[{0} +: 8]}};\n", 8 * j)).collect();
            planes + &named + &map(&TOWER.inward_rows) + "always @(*) y = {m7, m6, m5, m4, m3, m2, m1, m0};\n"
        } else {
            let named: String = (0..8).map(|j| format!("wire [15:0] x{j} = x[{} +: 16];\n", 16 * j)).collect();
            let bytes = transposition("t", halves(&|half, j| format!("m{j}[{} +: 8]", 8 * half)));
            let mut place: Vec<_> = (0..16).collect();
            place.sort_by_key(|&i| std::cmp::Reverse(port(i)));
            let out: Vec<_> = place.iter().map(|i| format!("t_{}[{} +: 8]", i / 8, 8 * (i % 8))).collect();
            named + &map(&TOWER.outward_rows) + &bytes + &format!("always @(*) y = {{{}}};\n", out.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;

    /// Every byte through both kinds of S-box, and what their Verilog makes of it. The S-box of FIPS 197 is taken by its definition.
    #[test]
    fn every_byte_is_substituted_as_the_standard_defines() {
        let definition = |x: u8| affine((0..=255).find(|&y| product256(x, y) == 1).unwrap_or(0)) ^ 0x63;
        assert_eq!([0x00, 0x01, 0x53, 0xff].map(definition), [0x63, 0x7c, 0xed, 0x16]);
        for kind in [BoxKind::Gates, BoxKind::Memory] {
            let mut bench = Bench::new(&format!("sub_word_{kind:?}"), SubWord::new(kind), |d| &mut d.clock);
            for n in 0..66u32 {
                let bytes = [0, 64, 128, 192].map(|k| k + n as u8 % 64);
                bench.dut.x.next = planes(std::array::from_fn(|i| if i < 12 { n as u8 } else { to_tower(bytes[i - 12]) }));
                bench.cycle();
                if n > 0 {
                    let before = [0, 64, 128, 192].map(|k| k + (n - 1) as u8 % 64);
                    let expected = word_planes(before.map(|x| to_tower(definition(x))));
                    assert_eq!(bench.dut.y.val().to_u32(), expected, "bytes {before:x?}");
                }
            }
            bench.finish();
        }
    }

    #[test]
    fn the_maps_are_inverse_and_linear() {
        for x in 0..=255u8 {
            assert_eq!(apply(&TOWER.inward_rows, x), to_tower(x));
            assert_eq!(apply(&TOWER.outward_rows, to_tower(x)), x);
            assert_eq!(apply(&TOWER.double_rows, to_tower(x)), to_tower(product256(2, x)));
        }
    }
}
