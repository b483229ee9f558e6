//! The high half of an extended sequence number. ESP sends only the low half; the receiver infers the other from the highest number it has
//! accepted and the size of its window (RFC 4303 section 2.2.1 and appendix A2.2).
use crate::cell::Reg;
use rust_hdl::prelude::*;

/// Infers the high half of a sequence number: `start` for one cycle, `done` for one cycle three cycles later, with `high` from then on until
/// the next `done`. `top` (T, the highest number accepted), `size` (W), `low` and `esn` are held from `start` to `done`; the next start may
/// come with `done`.
///
/// Without `esn` the answer is zero. The high half wraps in both directions: such a guess fails the ICV.
#[derive(LogicBlock, Default)]
pub struct Infer {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub start: Signal<In, Bit>,
    pub top_high: Signal<In, Bits<32>>,
    pub top_low: Signal<In, Bits<32>>,
    /// W in packets, 1 to 1024 where `esn` is set.
    pub size: Signal<In, Bits<16>>,
    pub low: Signal<In, Bits<32>>,
    pub esn: Signal<In, Bit>,
    pub done: Signal<Out, Bit>,
    pub high: Signal<Out, Bits<32>>,
    s: Reg<InferState>,
    answer: Reg<Bits<32>>,
    carry: Signal<Local, Bits<32>>,
}

/// What the two stages hand on, and where in them the request is.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct InferState {
    compare: Bit,
    select: Bit,
    done: Bit,
    /// T − W (mod 2^32): the number just below the window.
    below: Bits<32>,
    /// T − W has borrowed: the window begins in the previous 2^32 numbers, or exactly where the present ones begin.
    borrowed: Bit,
    up: Bit,
    down: Bit,
}

impl Logic for Infer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, answer);
        self.s.reset.next = self.reset.val();
        self.done.next = self.s.q.val().done;
        self.high.next = self.answer.q.val();
        self.s.d.next.compare = self.start.val();
        self.s.d.next.select = self.s.q.val().compare;
        self.s.d.next.done = self.s.q.val().select;
        self.s.d.next.below = self.top_low.val() - bit_cast::<32, 16>(self.size.val());
        self.s.d.next.borrowed = self.top_low.val() < bit_cast::<32, 16>(self.size.val());
        // `low >= bottom` is `low > below`, but for bottom = 0, which every number reaches. There T − W has borrowed and is
        // 2^32 − 1, so neither of the two holds: the answer is the present high half, as it should be. (It needs W > 0.)
        self.s.d.next.up = !self.s.q.val().borrowed & (self.low.val() <= self.s.q.val().below);
        self.s.d.next.down = self.s.q.val().borrowed & (self.low.val() > self.s.q.val().below);
        self.carry.next = 0.into();
        if self.s.q.val().up {
            self.carry.next = 1.into();
        }
        if self.s.q.val().down {
            self.carry.next = 0xffff_ffffu64.into();
        }
        if self.s.q.val().select {
            self.answer.d.next = self.top_high.val() + self.carry.val();
        }
        self.answer.reset.next = self.reset.val() | (self.s.q.val().select & !self.esn.val());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;

    /// SplitMix64.
    fn random(mut state: u64) -> impl FnMut() -> u64 {
        println!("seed {state:#x}");
        move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }
    }

    /// RFC 4303 appendix A2.2 in unbounded integers.
    fn reference(top: u64, size: u16, low: u32) -> u32 {
        let (high, size) = ((top >> 32) as u32, size as i64);
        let top_low = (top as u32) as i64;
        let bottom = (top_low - size + 1).rem_euclid(1 << 32);
        if top_low >= size - 1 {
            if low as i64 >= bottom {
                high
            } else {
                high.wrapping_add(1)
            }
        } else if low as i64 >= bottom {
            high.wrapping_sub(1)
        } else {
            high
        }
    }

    fn ask(bench: &mut Bench<Infer>, top: u64, size: u16, low: u32, esn: bool) {
        bench.dut.start.next = true;
        bench.dut.top_high.next = (top >> 32).into();
        bench.dut.top_low.next = (top & 0xffff_ffff).into();
        bench.dut.size.next = (size as u64).into();
        bench.dut.low.next = (low as u64).into();
        bench.dut.esn.next = esn;
        for n in 0..3 {
            bench.cycle();
            bench.dut.start.next = false;
            assert_eq!(bench.dut.done.val(), n == 2);
        }
        let expected = if esn { reference(top, size, low) } else { 0 };
        assert_eq!(bench.dut.high.val(), expected as u64, "top {top:#x} size {size} low {low:#x} esn {esn}");
    }

    #[test]
    fn high_half_is_that_of_rfc_4303() {
        let mut bench = Bench::new("infer", Infer::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let near = |center: u32| (-2i32..=2).map(move |n| center.wrapping_add_signed(n));
        for size in [1u16, 2, 3, 64, 1000, 1023, 1024] {
            for high in [0u32, 0x8000_0000, 0xffff_ffff] {
                for top_low in [0, size as u32 - 1, size as u32, 0x8000_0000, 0xffff_ffff].into_iter().flat_map(near) {
                    let top = (high as u64) << 32 | top_low as u64;
                    for low in near(top_low.wrapping_sub(size as u32)).chain([0, top_low, 0xffff_ffff]) {
                        ask(&mut bench, top, size, low, true);
                    }
                }
            }
        }
        let mut next = random(0x1f0a);
        for n in 0..2000 {
            let size = next() as u16 % 1024 + 1;
            let top_low = if n % 2 == 0 { next() as u32 } else { next() as u32 % 2048 };
            let low =
                if n % 3 == 0 { next() as u32 } else { top_low.wrapping_sub(size as u32).wrapping_add(next() as u32 % 8).wrapping_sub(4) };
            ask(&mut bench, (next() << 32) | top_low as u64, size, low, n % 16 != 0);
        }
        bench.finish();
    }

    /// The contract once more, in Verilog and for inputs that no one chose.
    const PROOF: &str = "
module proof(input clock, input start, input [63:0] top, input [15:0] size, input [31:0] low, input esn);
  reg [63:0] t; reg [15:0] w; reg [31:0] l; reg e, s1, s2, s3;
  wire done; wire [31:0] high;
  infer dut(.clock(clock), .reset(1'b0), .start(start), .top_high(top[63:32]), .top_low(top[31:0]), .size(size), .low(low), .esn(esn),
            .done(done), .high(high));
  always @(posedge clock) begin t <= top; w <= size; l <= low; e <= esn; s1 <= start; s2 <= s1; s3 <= s2; end
  wire [31:0] bottom = t[31:0] - w + 1;
  wire within_one = {2'b0, t[31:0]} + 1 >= {18'b0, w};
  wire [31:0] contract = !e ? 0 : within_one ? (l >= bottom ? t[63:32] : t[63:32] + 1) : (l >= bottom ? t[63:32] - 1 : t[63:32]);
  always @* begin
    assume(size >= 1);
    if (s1 | s2) assume({top, size, low, esn} == {t, w, l, e});
    assert(done == s3);
    if (s3) assert(high == contract);
  end
endmodule
";

    fn proves(name: &str, contract: &str) -> bool {
        let mut dut = Infer::default();
        dut.connect_all();
        let folder = std::env::temp_dir().join(format!("holdfast-proof-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("temporary folder");
        std::fs::write(folder.join("infer.v"), crate::export::verilog("infer", &dut)).expect("infer.v");
        std::fs::write(folder.join("proof.v"), contract).expect("proof.v");
        let script = "read_verilog infer.v; read_verilog -formal proof.v; hierarchy -check -top proof; proc; flatten; opt -full; \
                      sat -tempinduct -prove-asserts -set-assumes -seq 4 -maxsteps 8";
        let out = std::process::Command::new("yosys").args(["-p", script]).current_dir(&folder).output();
        let out = out.unwrap_or_else(|e| panic!("yosys: {e}; the proofs need it, `scripts/setup.sh` installs it"));
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.success(), "yosys in {}:\n{text}\n{}", folder.display(), String::from_utf8_lossy(&out.stderr));
        let _ = std::fs::remove_dir_all(&folder);
        text.contains("Induction step proven: SUCCESS!")
    }

    #[test]
    fn the_verilog_is_proven_for_all_inputs() {
        assert!(proves("infer", PROOF));
        // A window that begins one earlier is something else: the proof does say something.
        let wrong = PROOF.replace("t[31:0] - w + 1", "t[31:0] - w");
        assert!(wrong != PROOF && !proves("infer_wrong", &wrong));
    }
}
