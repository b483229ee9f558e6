//: block    holdfast_compact$inbound$open
//: types    OpenState OpenWork
//: depth    60
//: property open_asks    A question is asked once per packet, when all before are answered and what the one before them has changed is stored.
//: property open_checks  A number is checked once, after its question was answered.
//: property open_holds   SA, size, ESN and number stay from the question to its answer, and until four clocks after the check's answer.
//: property open_idle    Open is idle only where no answer is awaited, and not within four clocks after a number was accepted.
//: cover again           a second packet is asked about, after one that was accepted
//: fault open_asks       replay_infer = work$q{OpenWork.step} == 32'h0; ==> replay_infer = 1'b1;
//: fault open_checks     replay_check = work$q{OpenWork.step} == 32'h0; ==> replay_check = 1'b1;
//: fault open_holds      replay_low = kept$q[(64'h6e)+:(32)]; ==> replay_low = (state$q == OpenState$Judge) ? 32'h0 : kept$q[(64'h6e)+:(32)];
//: fault open_idle       idle = state$q == OpenState$Idle; ==> idle = (state$q == OpenState$Idle) | (state$q == OpenState$Judge);

// What replay.sv assumes of `Open`. Assumed of the replay service: a reset; it answers what was asked, not in the same clock. All else is free.
module proof(
  input clock, input reset, input go, input [205:0] intake, input [31:0] data, input in_ready, input out_valid, input [31:0] out_word,
  input tag_valid, input replay_done, input [31:0] replay_high, input replay_fresh, input replay_frozen, input drop_ready, input sa_ready, input fragment_ready, input event_ready
);
  reg started = 0;
  always @(posedge clock) started <= 1;
  always @* assume(started || reset);
  wire idle, esn, infer, check;
  wire [4:0] sa;
  wire [15:0] size;
  wire [31:0] low;
  holdfast_compact$inbound$open dut(
    .clock(clock), .reset(reset), .idle(idle), .go(go), .intake(intake), .data(data), .in_ready(in_ready), .out_valid(out_valid), .out_word(out_word),
    .tag_valid(tag_valid), .replay_sa(sa), .replay_size(size), .replay_esn(esn), .replay_low(low), .replay_infer(infer), .replay_check(check),
    .replay_done(replay_done), .replay_high(replay_high), .replay_fresh(replay_fresh), .replay_frozen(replay_frozen), .drop_ready(drop_ready),
    .sa_ready(sa_ready), .fragment_ready(fragment_ready), .event_ready(event_ready)
  );
  wire [4:0] state = dut.state$q;
  OpenWork work;
  assign work = dut.work$q;

  // The question, and clocks since a number was accepted.
  localparam NONE = 0, ASKED = 1, ANSWERED = 2, CHECKED = 3, DECIDED = 4;
  reg [2:0] question, since;
  reg [53:0] k;
  wire [53:0] now = {sa, size, esn, low};
  always @(posedge clock) begin
    since <= since == 7 ? 7 : since + 1;
    if (infer) begin question <= ASKED; k <= now; end
    else if (check) question <= CHECKED;
    else if (replay_done && question == ASKED) question <= ANSWERED;
    else if (replay_done && question == CHECKED) begin question <= DECIDED; if (replay_fresh) since <= 1; end
    else if (state == `OpenState_Idle) question <= NONE;
    if (reset) begin question <= NONE; since <= 7; end
  end
  always @* if (replay_done) assume((question == ASKED || question == CHECKED) && !infer && !check);

  // The properties, and what they follow from.
  always @* if (started) begin
    if (infer) open_asks: assert(question == NONE && since > 4);
    if (check) open_checks: assert(question == ANSWERED);
    if ((question != NONE && question != DECIDED) || since <= 4) open_holds: assert(now == k);
    if (idle) open_idle: assert(question != ASKED && question != CHECKED && since >= 4);
    state_known: assert(state <= `OpenState_Commit);
    if (state == `OpenState_Infer) state_infer: assert(work.step <= 1 && question == work.step && since > 4);
    if (state > `OpenState_Infer && state < `OpenState_Replay) state_answered: assert(question == ANSWERED && since > 4);
    if (state == `OpenState_Replay) state_replay: assert(work.step <= 1 && question == (work.step == 0 ? ANSWERED : CHECKED) && since > 4);
    if (state == `OpenState_Count) state_count: assert(question == DECIDED && since >= 1);
    if (state == `OpenState_Judge) state_judge: assert(question == DECIDED && since >= 2);
    if (state == `OpenState_Patch || state == `OpenState_Drop) state_end: assert((question != ASKED && question != CHECKED) && since >= 3);
    if (state == `OpenState_Event || state == `OpenState_Fragment) state_event: assert((question != ASKED && question != CHECKED) && since > 4);
    if (state == `OpenState_Commit) state_commit: assert(question != ASKED && question != CHECKED && since >= 4);
    if (state == `OpenState_Copy) state_copy: assert(question == NONE && since > 4);
    if (question == NONE) none: assert(state <= `OpenState_Infer || state > `OpenState_Judge);
  end

`ifdef SCENARIO
  reg [5:0] cycle = 0;
  reg accepted = 0;
  always @(posedge clock) begin
    cycle <= cycle + 1;
    if (since == 1) accepted <= 1;
  end
  always @* begin
    assume(reset == (cycle == 0));
    again: cover(infer && accepted);
  end
`endif
endmodule
