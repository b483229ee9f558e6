//: block    holdfast_compact$inbound$replay
//: keep     next state work word result guess
//: types    ReplayWork
//: watched  2
//: bounded  12
//: property rfc4303_high  With any highest number, window size and received low half, the high half is the one of RFC 4303 appendix A2.2; without ESN it is zero.
//: property rfc4303_time  The answer comes six clocks after the question, and not before.
//: fault rfc4303_high     if (~work$q{ReplayWork.before} & ~work$q{ReplayWork.borrow}) begin ==> if (~work$q{ReplayWork.borrow}) begin
//: fault rfc4303_high     if (work$q{ReplayWork.before} & work$q{ReplayWork.borrow}) begin ==> if (work$q{ReplayWork.before}) begin
//: fault rfc4303_high     guess$reset = reset | ==> guess$reset = reset & 
//: fault rfc4303_high     half = 32'h1; ==> half = 32'h0;
//: fault rfc4303_time     done = (state$q == ReplayState$Known) ==> done = (state$q == ReplayState$Guess)

// The whole life of one question: reset, next = highest number + 1 written as it is when an SA is installed, then asked. Nothing is chosen, so these twelve clocks are every case.
// Assumed of `Open`: the question stays as it is; a size of at most 1024, and not 0 with ESN. The window and all that comes after the answer are left out.
module proof(input clock);
  (* anyconst *) wire [4:0] sa;
  (* anyconst *) wire [63:0] top;
  (* anyconst *) wire [15:0] size;
  (* anyconst *) wire [31:0] low;
  (* anyconst *) wire esn;
  reg [3:0] c = 0;
  always @(posedge clock) if (c != 15) c <= c + 1;
  wire done;
  wire [31:0] high;
  wire [63:0] next = top + 1;
  holdfast_compact$inbound$replay dut(
    .clock(clock), .reset(c == 0), .table_write(c == 1 || c == 2), .table_select(2'd1), .table_index(sa), .table_word(c == 1 ? 5'd20 : 5'd21),
    .table_data(c == 1 ? next[31:0] : next[63:32]), .window_clear(1'b0), .sa(sa), .size(size), .esn(esn), .low(low), .infer(c == 4), .check(1'b0),
    .frozen(1'b0), .done(done), .high(high)
  );

  // Appendix A2.2: case A, the window lies within one subspace of 2^32 numbers; case B, it spans two.
  wire [31:0] bottom = top[31:0] - size + 1;
  wire case_a = {1'b0, top[31:0]} + 1 >= size;
  wire [31:0] contract = case_a ? (low >= bottom ? top[63:32] : top[63:32] + 1) : (low >= bottom ? top[63:32] - 1 : top[63:32]);
  always @* begin
    assume(size <= 1024 && (size != 0 || !esn));
    assume(dut.next.place0 == {sa, 1'b0} && dut.next.place1 == {sa, 1'b1});
    if (c != 0) rfc4303_time: assert(done == (c == 10));
    if (c == 10) rfc4303_high: assert(high == (esn ? contract : 0));
  end
endmodule
