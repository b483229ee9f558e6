//: block    holdfast_compact$control$axi
//: splice   axil.svh
//: types    AxiLiteState AxiLitePhase
//: depth    20
//: property axil_write_stays   A write's answer, once offered, stays until it is taken.
//: property axil_read_stays    A read's answer, once offered, stays until it is taken, with its data.
//: property axil_write_answer  A write is answered once, after its address and its data, with OKAY or SLVERR.
//: property axil_read_answer   A read is answered once, after its address, with OKAY or SLVERR.
//: property axi_lite_access    The register file sees one access per request that is whole and aligned, with the address and data that came; others never reach it.
//: property axi_lite_error     Partial or unaligned requests are answered SLVERR, others as the register file says; a read brings its word.
//: property axi_lite_steady    Address and word hold from the pulse until the register file has answered, and no other access begins before.
//: property axi_lite_turns     A request waits for at most one of the other kind.
//: cover both                  a read and a write that came at once are both answered
//: cover refused               a partial write is refused, a whole one accepted after it
//: fault axil_write_stays      if (bready) begin ==> if (bready | rready) begin
//: fault axil_read_stays       if (rready) begin ==> if (rready | bready) begin
//: fault axil_write_answer     if ((s$q{AxiLiteState.aw_held} & s$q{AxiLiteState.w_held}) & (~s$q{AxiLiteState.ar_held} | ~s$q{AxiLiteState.read_turn})) begin ==> if (s$q{AxiLiteState.aw_held} & (~s$q{AxiLiteState.ar_held} | ~s$q{AxiLiteState.read_turn})) begin
//: fault axil_read_answer      rvalid = state$q == AxiLitePhase$ReadAnswer; ==> rvalid = state$q >= AxiLitePhase$ReadWait;
//: fault axi_lite_access       s$d{AxiLiteState.partial} = wstrb != 32'hf; ==> s$d{AxiLiteState.partial} = wstrb == 32'h0;
//: fault axi_lite_error        s$d{AxiLiteState.answer} = read_data; ==> s$d{AxiLiteState.answer} = write_data;
//: fault axi_lite_steady       if (awvalid & ~s$q{AxiLiteState.aw_held}) begin ==> if (awvalid) begin
//: fault axi_lite_turns        if ((s$q{AxiLiteState.aw_held} & s$q{AxiLiteState.w_held}) & (~s$q{AxiLiteState.ar_held} | ~s$q{AxiLiteState.read_turn})) begin ==> if (s$q{AxiLiteState.aw_held} & s$q{AxiLiteState.w_held}) begin ;; if (s$q{AxiLiteState.ar_held}) begin ==> if (s$q{AxiLiteState.ar_held} & ~awvalid) begin

// The register bus. Assumed: a reset; a master as axil.svh says; a register file that answers a pulse once, at least a cycle later.
module proof(
  input clock, input reset, input [11:0] awaddr, input awvalid, input [31:0] wdata, input [3:0] wstrb, input wvalid, input bready, input [11:0] araddr,
  input arvalid, input rready, input ack, input error, input [31:0] read_data
);
  reg started = 0;
  always @(posedge clock) started <= 1;
  always @* assume(started || reset);
  wire awready, wready, bvalid, arready, rvalid, write, read;
  wire [1:0] bresp, rresp;
  wire [31:0] rdata, write_data;
  wire [11:0] address;
  holdfast_compact$control$axi dut(
    .clock(clock), .reset(reset), .awaddr(awaddr), .awvalid(awvalid), .awready(awready), .wdata(wdata), .wstrb(wstrb), .wvalid(wvalid), .wready(wready),
    .bresp(bresp), .bvalid(bvalid), .bready(bready), .araddr(araddr), .arvalid(arvalid), .arready(arready), .rdata(rdata), .rresp(rresp), .rvalid(rvalid),
    .rready(rready), .write(write), .read(read), .address(address), .write_data(write_data), .ack(ack), .error(error), .read_data(read_data)
  );
`splice
  AxiLiteState s;
  assign s = dut.s$q;
  wire [2:0] phase = dut.state$q;

  // The requests as they came, the access under way, what the register file said.
  reg [11:0] w_address, r_address, at;
  reg [31:0] word, put, got;
  reg [3:0] strobe;
  reg waits, was_write, w_done, r_done, w_error, r_error, w_passed, r_passed;
  wire w_good = w_address[1:0] == 0 && strobe == 15, r_good = r_address[1:0] == 0;
  always @(posedge clock) begin
    if (awvalid && awready) begin w_address <= awaddr; w_done <= 0; w_passed <= 0; end
    if (wvalid && wready) begin word <= wdata; strobe <= wstrb; w_done <= 0; end
    if (arvalid && arready) begin r_address <= araddr; r_done <= 0; r_passed <= 0; end
    if (write || read) begin waits <= 1; was_write <= write; at <= address; put <= write_data; end
    if (ack && waits) begin
      waits <= 0;
      if (was_write) begin w_done <= 1; w_error <= error; end else begin r_done <= 1; r_error <= error; got <= read_data; end
    end
    // A whole request of the other kind was answered while this one was whole.
    if (bvalid && bready && axil_ar_open != 0) r_passed <= 1;
    if (rvalid && rready && axil_aw_open != 0 && axil_w_open != 0) w_passed <= 1;
    if (bvalid && bready) w_passed <= 0;
    if (rvalid && rready) r_passed <= 0;
    if (reset) begin waits <= 0; w_passed <= 0; r_passed <= 0; w_done <= 0; r_done <= 0; end
  end
  always @* if (started && !waits) assume(!ack);

  // The properties.
  always @* if (started) begin
    if (write) axi_lite_access: assert(!read && axil_aw_open == 1 && axil_w_open == 1 && w_good && address == w_address && write_data == word && !w_done);
    if (read) axi_lite_access__read: assert(!write && axil_ar_open == 1 && r_good && address == r_address && !r_done);
    if (bvalid) axi_lite_error: assert(w_done == w_good && bresp == (w_good && !w_error ? 0 : 2));
    if (rvalid) axi_lite_error__read: assert(r_done == r_good && rresp == (r_good && !r_error ? 0 : 2) && (!r_good || rdata == got));
    if (waits) axi_lite_steady: assert(!write && !read && address == at && (!was_write || write_data == put));
    if (rvalid && rready) axi_lite_turns: assert(!w_passed);
    if (bvalid && bready) axi_lite_turns__read: assert(!r_passed);
  end

  // What they follow from.
  wire writes = phase >= `AxiLitePhase_Write && phase <= `AxiLitePhase_WriteAnswer, reads = phase >= `AxiLitePhase_Read;
  always @* if (started) begin
    held: assert(axil_aw_open == s.aw_held && axil_w_open == s.w_held && axil_ar_open == s.ar_held && phase <= `AxiLitePhase_ReadAnswer);
    if (s.aw_held) held_address: assert(s.w_address == w_address && s.w_unaligned == (w_address[1:0] != 0));
    if (s.w_held) held_word: assert(s.data == word && s.partial == (strobe != 15));
    if (s.ar_held) held_read: assert(s.r_address == r_address && s.r_unaligned == (r_address[1:0] != 0));
    if (writes) phase_write: assert(s.aw_held && s.w_held && (w_good || phase == `AxiLitePhase_WriteAnswer));
    if (reads) phase_read: assert(s.ar_held && (r_good || phase == `AxiLitePhase_ReadAnswer));
    phase_waits: assert(waits == (phase == `AxiLitePhase_WriteWait || phase == `AxiLitePhase_ReadWait));
    if (waits) phase_kind: assert(was_write == (phase == `AxiLitePhase_WriteWait) && at == (was_write ? w_address : r_address) && (!was_write || put == word));
    if (s.aw_held || s.w_held) done_write: assert(w_done == (phase == `AxiLitePhase_WriteAnswer && w_good));
    if (s.ar_held) done_read: assert(r_done == (phase == `AxiLitePhase_ReadAnswer && r_good));
    if (phase == `AxiLitePhase_WriteAnswer) answer_write: assert(s.error == !(w_good && !w_error));
    if (phase == `AxiLitePhase_ReadAnswer) answer_read: assert(s.error == !(r_good && !r_error) && (!r_good || s.answer == got));
    if (w_passed) turn_write: assert(s.aw_held && s.w_held && !s.read_turn && !reads);
    if (r_passed) turn_read: assert(s.ar_held && s.read_turn && !writes);
  end

`ifdef SCENARIO
  reg [3:0] cycle = 0;
  reg b1 = 0, r1 = 0, bad = 0;
  always @(posedge clock) begin
    cycle <= cycle + 1;
    if (bvalid && bready && bresp == 0) b1 <= 1;
    if (bvalid && bready && bresp == 2 && strobe == 3) bad <= 1;
    if (rvalid && rready && rresp == 0) r1 <= 1;
  end
  always @* begin
    assume(reset == (cycle == 0));
    both: cover(b1 && r1 && cycle == 12);
    refused: cover(bad && b1);
  end
`endif
endmodule
