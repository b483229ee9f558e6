//: block    holdfast_compact$inbound$replay$window
//: splice   window.svh DUT=dut CONTRACT=assume
//: types    WindowState WindowStep WindowWrite
//: depth    86
//: property N2_window_once    A number of the window that was marked is seen, until its SA is cleared.
//: property N2_window_floor   Every number of the window below the one that the SA was seeded with is seen.
//: property window_exact      No other number of the window is.
//: property window_time       Every request is done within 66 clocks.
//: cover again                a number is marked, and seen when it is looked up again
//: cover moved                a number that was not marked is not seen after one above it was, in another word
//: fault N2_window_once       others = ~taken; ==> others = ~8'h0;
//: fault N2_window_once       else if (s$q{WindowState.at} == s$q{WindowState.till}) begin ==> else if (1'b0) begin
//: fault N2_window_once       here = (s$q{WindowState.step} != WindowStep$Sweep) | (s$q{WindowState.at} == s$q{WindowState.place}); ==> here = s$q{WindowState.step} != WindowStep$Sweep;
//: fault N2_window_floor      all_below = spot_bit - 32'h1; ==> all_below = spot_bit - 32'h2;
//: fault N2_window_floor      killed$1 = clears | (seeds & group[32'h1]); ==> killed$1 = clears;
//: fault N2_window_floor      s$d{WindowState.at} = 32'h0; ==> s$d{WindowState.at} = 32'h1;
//: fault window_exact         s$d{WindowState.at} = s$q{WindowState.till} + 32'h1; ==> s$d{WindowState.at} = next_at;
//: fault window_exact         if (s$q{WindowState.bit} == 32'h1f) begin ==> if (s$q{WindowState.bit} == 32'h1e) begin
//: fault window_exact         late$d{WindowWrite.target} = (((s$q{WindowState.index}) & 16'hffff) << 32'h6) ==> late$d{WindowWrite.target} = (((s$q{WindowState.index}) & 16'hffff) << 32'h5)
//: fault window_time          if (s$q{WindowState.at} == 32'h3f) begin ==> if (s$q{WindowState.at} == 32'h40) begin

// Assumed: a reset, and the rules of window.svh; that the replay service keeps them is proven in replay.sv.
module proof(
  input clock, input reset, input load, input mark, input clear, input seed, input [4:0] index, input [63:0] number, input ahead, input far,
  input [5:0] from, input lapses
);
  (* anyconst *) wire [4:0] sa;
  (* anyconst *) wire [63:0] n;
  (* anyconst *) wire [15:0] w;
  reg started = 0;
  always @(posedge clock) started <= 1;
  always @* assume(started || reset);
  wire [63:0] first = number;
  holdfast_compact$inbound$replay$window dut(
    .clock(clock), .reset(reset), .index(index), .number(number[10:0]), .load(load), .mark(mark), .ahead(ahead), .far(far), .from(from), .clear(clear),
    .seed(seed)
  );
`splice

  // That there is something to prove: a run with requests at fixed times, so that the solver need not search for them.
`ifdef SCENARIO
  reg [6:0] cycle = 0;
  reg [1:0] story = 0;
  always @(posedge clock) begin
    cycle <= cycle + 1;
    if (mark) story <= q_number == n ? 1 : 2;
  end
  always @* begin
    assume(reset == (cycle == 0) && !lapses && clear == (cycle == 1) && seed == (cycle == 2) && (cycle > 2 || index == sa));
    assume(load == (cycle == 68 || cycle == 80) && mark == (cycle == 72));
    again: cover(cycle == 84 && tells && story == 1 && !dut.unseen);
    moved: cover(cycle == 84 && tells && story == 2 && dut.unseen && q_number[10:5] != base[10:5] && next[10:5] != q_number[10:5]);
  end
`endif
endmodule
