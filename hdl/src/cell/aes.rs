//! What AES does to the sixteen bytes of its state (FIPS 197), byte i of the state being byte i of the block.
use crate::cell::{row, Block128, Lanes};
use crate::prelude::*;

/// Product in GF(2^8) of AES: x^8 = x^4 + x^3 + x + 1.
pub const fn product256(mut a: u8, mut b: u8) -> u8 {
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

/// The affine map of the S-box without its constant, on a byte.
pub const fn affine(x: u8) -> u8 {
    x ^ x.rotate_left(1) ^ x.rotate_left(2) ^ x.rotate_left(3) ^ x.rotate_left(4)
}

/// The constant of the affine map.
pub const AFFINE_CONSTANT: u8 = 0x63;

/// The S-box by its definition: x^254, which is the inverse or zero, then the affine map.
const fn substitute(x: u8) -> u8 {
    let (mut power, mut n) = (1, 0);
    while n < 254 {
        power = product256(power, x);
        n += 1;
    }
    affine(power) ^ AFFINE_CONSTANT
}

const SBOX: [u8; 256] = {
    let (mut table, mut i) = ([0; 256], 0);
    while i < 256 {
        table[i] = substitute(i as u8);
        i += 1;
    }
    table
};

/// Sixteen S-boxes as memory that is only read: `y` shows the S-box of every byte of `x` of the previous cycle. Two bytes share a memory with two read
/// ports; on an ECP5 that is eight block RAMs. Block RAM is slow to answer, so `y` goes straight into a register. The `initial` is
/// the content that an FPGA loads with its configuration; where there is no such thing this cell is replaced by read-only memories or gates.
#[derive(Clone, Debug, Default, LogicBlock, Ports)]
pub struct Substitute {
    pub clock: Signal<In, Clock>,
    pub x: Signal<In, Block128>,
    pub y: Signal<Out, Block128>,
}

impl Logic for Substitute {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.y.next = Lanes(self.x.val().0.map(|word| u32::from_be_bytes(word.to_be_bytes().map(|byte| SBOX[byte as usize]))));
        }
    }
    fn connect(&mut self) {
        self.y.connect();
    }
    fn hdl(&self) -> Verilog {
        let table: String = SBOX.iter().rev().map(|byte| format!("{byte:02x}")).collect();
        let mut text = format!("localparam [2047:0] TABLE = 2048'h{table};\ninteger i;\n");
        for memory in 0..8 {
            let (a, b) = (16 * memory, 16 * memory + 8);
            text += &format!(
                "(* ram_style = \"block\" *) reg [7:0] contents{memory} [0:255];\n\
                 initial for (i = 0; i < 256; i = i + 1) contents{memory}[i] = TABLE[8*i +: 8];\n\
                 always @(posedge clock) begin\n  y[{a} +: 8] <= contents{memory}[x[{a} +: 8]];\n  y[{b} +: 8] <= contents{memory}[x[{b} +: 8]];\nend\n"
            );
        }
        Verilog::Custom(text)
    }
    fn timing(&self) -> Vec<TimingInfo> {
        vec![TimingInfo { name: "substitute".into(), clock: "clock".into(), inputs: vec!["x".into()], outputs: vec!["y".into()] }]
    }
}

/// The end of a round, after the S-boxes: `last` is ShiftRows plus the round key, as in the last round, `mixed` is MixColumns of ShiftRows plus the round key plus
/// `block`, which brings in a new block where `bytes` is zero. Combinational.
#[derive(Clone, Debug, LogicBlock, Ports)]
pub struct RoundEnd {
    pub bytes: Signal<In, Block128>,
    pub key: [Signal<In, Bits<32>>; 4],
    pub block: Signal<In, Block128>,
    pub last: Signal<Out, Block128>,
    pub mixed: Signal<Out, Block128>,
}

impl Default for RoundEnd {
    fn default() -> Self {
        Self { bytes: Default::default(), key: row(), block: Default::default(), last: Default::default(), mixed: Default::default() }
    }
}

impl Logic for RoundEnd {
    fn update(&mut self) {
        let s = self.bytes.val().0;
        let mut last = [0; 4];
        let mut mixed = self.block.val().0;
        for c in 0..4 {
            // byte r of a column comes from r columns further
            let rows = (0..4).fold(0, |word, r| word | (s[(c + r) % 4] & 0xff00_0000 >> (8 * r)));
            // 2·(a_r + a_{r+1}) + a_{r+1} + a_{r+2} + a_{r+3}
            let pairs = rows ^ rows.rotate_left(8);
            let high = (pairs >> 7) & 0x0101_0101;
            let doubled = ((pairs & 0x7f7f_7f7f) << 1) ^ (high * 0x1b);
            let key = self.key[c].val().to_u32();
            last[c] = rows ^ key;
            mixed[c] ^= doubled ^ rows.rotate_left(8) ^ pairs.rotate_left(16) ^ key;
        }
        self.last.next = Lanes(last);
        self.mixed.next = Lanes(mixed);
    }
    fn connect(&mut self) {
        self.last.connect();
        self.mixed.connect();
    }
    fn hdl(&self) -> Verilog {
        let byte = |c: usize, r: usize| format!("bytes[{} +: 8]", 32 * c + 24 - 8 * r);
        let rows: Vec<_> = (0..4).rev().flat_map(|c| (0..4).map(move |r| byte((c + r) % 4, r))).collect();
        let turned = |name: &str, by: usize| {
            let words: Vec<_> = (0..4)
                .rev()
                .map(|c| format!("{name}[{} +: {}], {name}[{} +: {}]", 32 * c, 32 - 8 * by, 32 * c + 32 - 8 * by, 8 * by))
                .collect();
            format!("{{{}}}", words.join(", "))
        };
        Verilog::Custom(format!(
            "wire [127:0] keys = {{key$3, key$2, key$1, key$0}};\nwire [127:0] rows = {{{}}};\nwire [127:0] turned = {};\nwire [127:0] pairs = rows ^ turned;\n\
             wire [127:0] far = {};\nwire [127:0] high = (pairs >> 7) & {{16{{8'h01}}}};\n\
             wire [127:0] doubled = ((pairs & {{16{{8'h7f}}}}) << 1) ^ high ^ (high << 1) ^ (high << 3) ^ (high << 4);\n\
             always @(*) last = rows ^ keys;\nalways @(*) mixed = doubled ^ turned ^ far ^ keys ^ block;\n",
            rows.join(", "),
            turned("rows", 1),
            turned("pairs", 2),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;

    #[derive(LogicBlock, Ports, Default)]
    struct Round {
        pub clock: Signal<In, Clock>,
        pub state: Signal<In, Block128>,
        pub key: Signal<In, Block128>,
        pub block: Signal<In, Block128>,
        pub last: Signal<Out, Block128>,
        pub mixed: Signal<Out, Block128>,
        boxes: Substitute,
        round_end: RoundEnd,
    }

    impl Logic for Round {
        #[hdl_gen]
        fn update(&mut self) {
            clock!(self, clock, boxes);
            self.boxes.x.next = self.state.val();
            self.round_end.bytes.next = self.boxes.y.val();
            self.round_end.key[0].next = self.key.val().get_bits::<32>(0);
            self.round_end.key[1].next = self.key.val().get_bits::<32>(32);
            self.round_end.key[2].next = self.key.val().get_bits::<32>(64);
            self.round_end.key[3].next = self.key.val().get_bits::<32>(96);
            self.round_end.block.next = self.block.val();
            self.last.next = self.round_end.last.val();
            self.mixed.next = self.round_end.mixed.val();
        }
    }

    #[test]
    fn a_round_is_the_one_of_the_standard() {
        assert_eq!([0x00, 0x01, 0x53, 0xff].map(|x: usize| SBOX[x]), [0x63, 0x7c, 0xed, 0x16]);
        let mut bench = Bench::new("aes_round", Round::default(), |d| &mut d.clock);
        for n in 0..260u32 {
            let byte = u32::from_be_bytes([n as u8; 4]);
            bench.dut.state.next = Lanes([byte; 4]);
            bench.dut.key.next = Lanes([n, n << 9, !n, n << 20]);
            bench.dut.block.next = Lanes([n << 24, n, n << 3, 0]);
            bench.cycle();
            let substituted = u32::from_be_bytes([SBOX[n as usize % 256]; 4]);
            let key = bench.dut.key.val();
            assert_eq!(bench.dut.last.val(), Lanes([substituted; 4]) ^ key);
            assert_eq!(bench.dut.mixed.val(), Lanes([substituted; 4]) ^ key ^ bench.dut.block.val(), "a column of equal bytes stays");
        }
        // FIPS 197, appendix B, round 1
        let key = Lanes([0xa0fafe17, 0x88542cb1, 0x23a33939, 0x2a6c7605]);
        bench.dut.state.next = Lanes([0x193de3be, 0xa0f4e22b, 0x9ac68d2a, 0xe9f84808]);
        bench.dut.key.next = key;
        bench.dut.block.next = Lanes::default();
        bench.cycle();
        assert_eq!(bench.dut.mixed.val(), Lanes([0xa49c7ff2, 0x689f352b, 0x6b5bea43, 0x026a5049]));
        assert_eq!(bench.dut.last.val() ^ key, Lanes([0xd4bf5d30, 0xe0b452ae, 0xb84111f1, 0x1e2798e5]));
        bench.finish();
    }
}
