//: block    holdfast_compact$inbound$replay$window
//: splice   window.svh DUT=dut CONTRACT=assume
//: types    WindowState WindowStep
//: depth    51
//: property N2_window_once    A number that was accepted is not accepted again until its SA is cleared.
//: property N2_window_floor   No number at or below the one the SA was cleared with is accepted.
//: property N2_window_bottom  No number is accepted that the window has left (number + size <= top).
//: property N2_window_zero    Zero is never accepted.
//: property window_exact      A number is fresh exactly where the contract says so, so none is refused without need either.
//: property window_top        The new top is the larger of the old one and an accepted number.
//: property window_off        Without anti-replay (size 0) every number is fresh and nothing is written.
//: property window_time       An answer comes 5 cycles after the start, 34 after that of a clear, and at no other time.
//: cover again                a number is accepted, and refused when it comes again
//: cover left                 a number that was never seen is refused because the window has left it
//: cover overwritten          a number is accepted, its block given to another number, and it is refused when it comes again
//: fault N2_window_once       others = ~s$q{WindowState.one}; ==> others = ~32'h0;
//: fault window_exact         same = (label$0$q == high$q) & (label$1$q == tag); ==> same = label$1$q == tag;
//: fault N2_window_once       tag = (low$q & 64'hfffff800) | 32'h1; ==> tag = (low$q & 64'hfffff000) | 32'h1;
//: fault N2_window_bottom     (gap_low$q[(32'h0)+:(11)] < s$q{WindowState.size}) ==> (gap_low$q[(32'h0)+:(11)] <= s$q{WindowState.size})
//: fault N2_window_floor      spot_byte = ~above; ==> spot_byte = above;
//: fault N2_window_floor      block$0$reset = reset | s$q{WindowState.clear}; ==> block$0$reset = reset;
//: fault N2_window_bottom     ~|gap_low$q[(32'hb)+:(21)] ==> ~|gap_low$q[(32'hc)+:(20)]
//: fault N2_window_bottom     less = (high$q[32'h1f] & ~peak_high$q[32'h1f]) ==> less = (high$q[32'h1f] | ~peak_high$q[32'h1f])
//: fault N2_window_zero       s$d{WindowState.zero} = ~|low$q & high_zero; ==> s$d{WindowState.zero} = 1'b0;
//: fault window_exact         kept$0 = 64'hffffffff; ==> kept$0 = 64'hfffffffe;
//: fault N2_window_floor      high$d = high$q - 32'h1; ==> high$d = high$q;
//: fault window_top           peak_low$d = low$q; ==> peak_low$d = peak_low$q;
//: fault window_off           accept = (s$q{WindowState.size} == 32'h0) ==> accept = (s$q{WindowState.size} == 32'h1)
//: fault window_time          if (s$q{WindowState.count} == 32'h1f) begin ==> if (s$q{WindowState.count} == 32'h1e) begin

module proof(
  input clock, input reset, input start, input clear, input [4:0] index, input [63:0] number, input [63:0] top, input [15:0] size,
  input lapses
);
  (* anyconst *) wire [4:0] sa;
  (* anyconst *) wire [63:0] n;
  (* anyconst *) wire [15:0] w;
  reg started = 0;
  always @(posedge clock) started <= 1;
  always @* assume(started || reset);
  holdfast_compact$inbound$replay$window dut(
    .clock(clock), .reset(reset), .start(start), .clear(clear), .index(index), .number_high(number[63:32]), .number_low(number[31:0]),
    .top_high(top[63:32]), .top_low(top[31:0]), .size(size)
  );
`splice

  // That there is something to prove: a run with requests at fixed times, so that the solver need not search for them.
`ifdef SCENARIO
  reg [6:0] cycle = 0;
  reg [1:0] story = 0;
  always @(posedge clock) begin
    cycle <= cycle + 1;
    if (answers && fresh && q_number == n) story[0] <= 1;
    if (answers && fresh && q_number != n && q_place == n[10:6]) story[1] <= 1;
  end
  always @* begin
    assume(reset == (cycle == 0) && !lapses);
    assume(start == (cycle == 1 || cycle == 35 || cycle == 40 || cycle == 45) && clear == (cycle == 1));
    again: cover(cycle == 45 && answers && !fresh && story == 1 && q_number == n);
    left: cover(cycle == 45 && answers && !fresh && story == 2 && q_number == n && n > floor);
    overwritten: cover(cycle == 50 && answers && !fresh && story == 3 && q_number == n);
  end
`endif
endmodule
