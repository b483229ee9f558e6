//: block    holdfast_compact$inbound$egress
//: splice   axis.svh NAME=axis_egress VALID=tvalid READY=tready PAYLOAD=beat RULE=assert
//: splice   axis.svh NAME=axis_egress_count VALID=count_valid READY=count_ready PAYLOAD=count_bytes RULE=assert
//: types    EgressState EgressBooks
//: depth    36
//: property axis_egress_valid   tvalid, once raised, stays until tready.
//: property axis_egress_stable  tdata, tkeep and tlast do not change while they wait.
//: property axis_egress_count_valid  The count, once offered, stays until it is taken.
//: property egress_beats        A frame leaves in as many beats as its length asks for, full but for the last, which has tlast and the bytes that remain, from the lowest on.
//: property egress_data         Every byte of the frame leaves in its place, as it stands in the store.
//: property egress_done         `done` comes once per frame, after its last beat, with its length counted.
//: cover two                    two frames of different length leave, over more than one beat, with waiting
//: fault axis_egress_valid      tvalid = 1'b1; ==> tvalid = count_ready;
//: fault axis_egress_stable     lane0$d = lane0$q; ==> lane0$d = lane1$q;
//: fault axis_egress_count_valid  if (count_ready) begin ==> if (count_ready | tready) begin
//: fault egress_beats           is_last = books$q{EgressBooks.left} <= 32'h10; ==> is_last = books$q{EgressBooks.left} < 32'h10;
//: fault egress_beats           present = ones >> absent; ==> present = ones << absent;
//: fault egress_data            in holdfast_compact$inbound$egress$reader: ask = ~owed$q[32'h2]; ==> ask = 1'b1;
//: fault egress_data            concat$lane$1 = lane2$q; ==> concat$lane$1 = lane1$q;
//: fault egress_data            in holdfast_compact$inbound$egress$reader: next$d = first; ==> next$d = first & 10'h1ff;
//: fault egress_done            count_bytes = books$q{EgressBooks.length}; ==> count_bytes = books$q{EgressBooks.left};

// A frame of any length from any place of the store, of which one arbitrary word `m` with its value `v` is followed. Assumed of the environment: a reset; frame and `start` stay until
// `done`, and a frame has a byte at least; the store answers two clocks after the address.
module proof(
  input clock, input reset, input start, input [9:0] first, input [15:0] length, input [31:0] data, input tready, input count_ready
);
  (* anyconst *) wire [9:0] m;
  (* anyconst *) wire [31:0] v;
  (* anyconst *) wire [15:0] j;
  reg started = 0;
  always @(posedge clock) started <= 1;
  always @* assume(started || reset);
  wire done, tlast, tvalid, count_valid;
  wire [9:0] address;
  wire [127:0] tdata;
  wire [15:0] tkeep, count_bytes;
  holdfast_compact$inbound$egress dut(
    .clock(clock), .reset(reset), .start(start), .first(first), .length(length), .done(done), .address(address), .data(data), .tdata(tdata),
    .tkeep(tkeep), .tlast(tlast), .tvalid(tvalid), .tready(tready), .count_valid(count_valid), .count_bytes(count_bytes), .count_ready(count_ready)
  );
  wire [144:0] beat = {tdata, tkeep, tlast};
`splice
`splice
  wire [2:0] state = dut.state$q;
  EgressBooks books;
  assign books = dut.books$q;
  wire idle = state == `EgressState_Idle;

  // The frame under way, the beats of it that have left, the words taken from the store.
  reg [9:0] k_first, a1, a2;
  reg [15:0] k_length;
  reg [12:0] beats;
  reg [15:0] taken;
  wire takes = dut.reader$valid && dut.reader$ready && !idle;
  always @(posedge clock) begin
    a1 <= address; a2 <= a1;
    if (idle) begin
      k_first <= first; k_length <= length; beats <= 0; taken <= 0;
    end else begin
      beats <= beats + (tvalid && tready);
      taken <= taken + takes;
    end
  end
  always @* if (started) begin
    if (idle && start) assume(length != 0);
    if (!idle) assume(start && first == k_first && length == k_length);
    if (a2 == m) assume(data == v);
  end

  // The properties.
  wire [16:0] sent = {beats, 4'd0};
  wire [16:0] rest = k_length - sent;
  wire [15:0] low = ~(16'hffff << rest[3:0]);
  wire [15:0] at = j + 2;
  wire [9:0] word_of_j = k_first + at[11:2];
  wire [31:0] lane_of_j = v << {at[1:0], 3'd0};
  wire [127:0] byte_of_j = tdata >> {j[3:0], 3'd0};
  always @* if (started) begin
    if (tvalid) egress_beats: assert(sent < k_length && tlast == (rest <= 16) && tkeep == (rest < 16 ? low : 16'hffff));
    if (tvalid && j[15:4] == beats && j < k_length && word_of_j == m) egress_data: assert(byte_of_j[7:0] == lane_of_j[31:24]);
    if (done) egress_done: assert(count_valid && count_bytes == k_length && sent >= k_length && sent < k_length + 16);
    if (count_valid) egress_done__all: assert(sent >= k_length && sent < k_length + 16 && !tvalid);
  end

  // What they follow from: the words on their way,
  wire [2:0] held = dut.reader.queue.count$q;
  wire [1:0] asked = dut.reader.asked$q, oldest = dut.reader.queue.oldest$q;
  wire [1:0] p1 = oldest + 1, p2 = oldest + 2, p3 = oldest + 3;
  wire [127:0] slots = {dut.reader.queue.slots.word3, dut.reader.queue.slots.word2, dut.reader.queue.slots.word1, dut.reader.queue.slots.word0};
  wire [31:0] q0 = slots >> {oldest, 5'd0}, q1 = slots >> {p1, 5'd0}, q2 = slots >> {p2, 5'd0}, q3 = slots >> {p3, 5'd0};
  wire [9:0] here = k_first + taken[9:0];
  wire [31:0] swapped = {v[7:0], v[15:8], v[23:16], v[31:24]};
  always @* if (started && !idle) begin
    read_held: assert(held <= 4);
    read_owed: assert(dut.reader.owed$q == held + asked[0] + asked[1] && dut.reader.owed$q <= 4);
    read_next: assert(dut.reader.next$q == here + held + asked[0] + asked[1]);
    if (asked[1]) read_answer: assert(a2 == here + held);
    if (asked[0]) read_asked: assert(a1 == here + held + asked[1]);
    if (held > 0 && here == m) read_q0: assert(q0 == v);
    if (held > 1 && here + 10'd1 == m) read_q1: assert(q1 == v);
    if (held > 2 && here + 10'd2 == m) read_q2: assert(q2 == v);
    if (held > 3 && here + 10'd3 == m) read_q3: assert(q3 == v);
  end
  // and the beat that is made of them.
  wire [2:0] filled = state == `EgressState_Beat ? 4 : books.phase;
  wire [127:0] lanes = {dut.lane3$q, dut.lane2$q, dut.lane1$q, dut.lane0$q} >> {3'd4 - filled, 5'd0};
  wire [9:0] base = k_first + {beats[7:0], 2'd0};
  always @* if (started) begin
    step_known: assert(state <= `EgressState_Count);
    if (!idle) step_length: assert(books.length == k_length && k_length != 0);
    if (state == `EgressState_Carry) step_carry: assert(taken == 0 && beats == 0 && books.phase == 0 && books.left == k_length);
    if (state == `EgressState_Words) step_words: assert(taken == {beats, 2'd0} + books.phase + 1 && books.left == rest[15:0] && sent < k_length);
    if (state == `EgressState_Words && here - 10'd1 == m) step_carried: assert(books.carry == v[15:0]);
    if (state == `EgressState_Beat) step_beat: assert(taken == {beats, 2'd0} + 5 && books.left == rest[15:0] && sent < k_length && books.phase == 0);
    if (state == `EgressState_Beat && here - 10'd1 == m) step_carries: assert(books.carry == v[15:0]);
    if (state == `EgressState_Beat) step_keep: assert(tkeep == (rest < 16 ? low : 16'hffff));
    if (state == `EgressState_Words || state == `EgressState_Beat) begin
      if (filled > 0 && base == m) lane_0: assert(lanes[15:0] == swapped[31:16]);
      if (filled > 0 && base + 10'd1 == m) lane_0h: assert(lanes[31:16] == swapped[15:0]);
      if (filled > 1 && base + 10'd1 == m) lane_1: assert(lanes[47:32] == swapped[31:16]);
      if (filled > 1 && base + 10'd2 == m) lane_1h: assert(lanes[63:48] == swapped[15:0]);
      if (filled > 2 && base + 10'd2 == m) lane_2: assert(lanes[79:64] == swapped[31:16]);
      if (filled > 2 && base + 10'd3 == m) lane_2h: assert(lanes[95:80] == swapped[15:0]);
      if (filled > 3 && base + 10'd3 == m) lane_3: assert(lanes[111:96] == swapped[31:16]);
      if (filled > 3 && base + 10'd4 == m) lane_3h: assert(lanes[127:112] == swapped[15:0]);
    end
  end

`ifdef SCENARIO
  reg [5:0] cycle = 0;
  reg [1:0] frames = 0;
  reg [1:0] waits = 0;
  always @(posedge clock) begin
    cycle <= cycle + 1;
    frames <= frames + done;
    if (tvalid && !tready) waits <= waits + 1;
  end
  always @* begin
    assume(reset == (cycle == 0));
    assume(length <= 24);
    two: cover(frames == 1 && done && beats == 2 && waits == 2);
  end
`endif
endmodule
