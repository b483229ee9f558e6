//: block    holdfast_compact$inbound$egress$reader$queue
//: depth    8
//: property queue_order    What is pushed comes out once, unchanged and in the order of the pushes.
//: property queue_count    It never holds more than four; `valid`, `full` and `spare_two` say how many there are.
//: cover round             an item comes out after four others were pushed
//: fault queue_order       place = oldest$q + count$q[(32'h0)+:(2)]; ==> place = count$q[(32'h0)+:(2)];
//: fault queue_order       pushed = push & ~count$q[32'h2]; ==> pushed = push;
//: fault queue_count       popped = pop & (count$q != 32'h0); ==> popped = pop;
//: fault queue_count       spare_two = count$q <= 32'h2; ==> spare_two = count$q <= 32'h3;

// One arbitrary push, the marked one: how many stand before it, and what it was. Assumed of the environment: a reset.
module proof(input clock, input reset, input push, input [31:0] item, input pop, input mark);
  reg started = 0;
  always @(posedge clock) started <= 1;
  always @* assume(started || reset);
  wire full, spare_two, valid;
  wire [31:0] head;
  holdfast_compact$inbound$egress$reader$queue dut(
    .clock(clock), .reset(reset), .push(push), .item(item), .full(full), .spare_two(spare_two), .valid(valid), .head(head), .pop(pop)
  );

  wire pushed = push && !full, popped = pop && valid;
  reg marked;
  reg [2:0] inside, before;
  reg [31:0] value;
  always @(posedge clock) begin
    inside <= inside + pushed - popped;
    if (marked) before <= before - popped;
    if (marked && popped && before == 0) marked <= 0;
    if (pushed && mark && !marked) begin
      marked <= 1; before <= inside - popped; value <= item;
    end
    if (reset) begin marked <= 0; inside <= 0; end
  end

  wire [1:0] place = dut.oldest$q + before[1:0];
  wire [31:0] slot = place == 0 ? dut.slots.word0 : place == 1 ? dut.slots.word1 : place == 2 ? dut.slots.word2 : dut.slots.word3;
  always @* if (started) begin
    if (marked && before == 0) queue_order: assert(valid && head == value);
    queue_count: assert(inside <= 4 && valid == (inside != 0) && full == (inside == 4) && spare_two == (inside <= 2));
    count: assert(dut.count$q == inside);
    if (marked) held: assert(before < inside && slot == value);
  end

`ifdef SCENARIO
  reg [3:0] cycle = 0;
  reg [2:0] after = 0;
  always @(posedge clock) begin
    cycle <= cycle + 1;
    if (marked && pushed) after <= after + 1;
  end
  always @* begin
    assume(reset == (cycle == 0));
    round: cover(marked && popped && before == 0 && after == 4 && value != 0);
  end
`endif
endmodule
