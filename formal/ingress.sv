//: block    holdfast_compact$inbound$ingress
//: splice   axis.svh NAME=axis_ingress_count VALID=count_valid READY=count_ready PAYLOAD=count_bytes RULE=assert
//: types    IngressState IngressBooks
//: depth    20
//: property ingress_data        A frame that is committed without a reason stands in the store as it came: every byte in its place, behind two bytes of padding.
//: property ingress_words       Its length and its number of words are those of the bytes that came, and every write is within the room promised (405 words).
//: property ingress_reason      A frame has a reason exactly if it had a hole in tkeep, was longer than the limit, or the port is not enabled; then it has no words.
//: property ingress_once        Each frame is committed once and counted once, before a beat of the next is taken: none is lost, none doubled.
//: property ingress_room        The first beat of a frame is taken only while the store has room.
//: property axis_ingress_count_valid  The count, once offered, stays until it is taken, unchanged.
//: cover long                   a frame of three beats is committed without reason, another one before it
//: fault ingress_data           books$d{IngressBooks.carry} = big[(32'h0)+:(16)]; ==> books$d{IngressBooks.carry} = big[(32'h10)+:(16)];
//: fault ingress_data           lane$2$d = split$lane$1; ==> lane$2$d = split$lane$0;
//: fault ingress_data           (books$q{IngressBooks.left} > 32'h2) & writes ==> (books$q{IngressBooks.left} > 32'h3) & writes
//: fault ingress_data           if ((books$q{IngressBooks.left} <= 32'h4) | (books$q{IngressBooks.phase} == 32'h3)) begin ==> if ((books$q{IngressBooks.left} <= 32'h5) | (books$q{IngressBooks.phase} == 32'h3)) begin
//: fault ingress_words          valid_bytes = number$3; ==> valid_bytes = number$2;
//: fault ingress_words          writes = ~books$q{IngressBooks.long} & ==> writes = ~&books$q{IngressBooks.length} &
//: fault ingress_reason         ((tkeep & after_missing) != 32'h0) | (tkeep == 32'h0) ==> (tkeep == 32'h0)
//: fault ingress_once           commit = 1'b0; ==> commit = count_valid;
//: fault ingress_room           tready = books$q{IngressBooks.begun} | room; ==> tready = books$q{IngressBooks.begun} | room | tlast;
//: fault axis_ingress_count_valid  count_valid = 1'b1; ==> count_valid = enable;

// One arbitrary byte `j` of any frame, and the word of the store it belongs to. Assumed of the environment: a reset, and a limit (which may change at any time) for which the longest
// frame fits the room promised: 1618 bytes. Of the source nothing is assumed.
module proof(
  input clock, input reset, input enable, input [15:0] limit, input [127:0] tdata, input [15:0] tkeep, input tlast, input tvalid, input room,
  input count_ready
);
  (* anyconst *) wire [15:0] j;
  reg started = 0;
  always @(posedge clock) started <= 1;
  always @* assume(started || reset);
  always @* assume(limit <= 1618);
  wire tready, write, commit, count_valid;
  wire [9:0] offset, commit_words;
  wire [31:0] data;
  wire [15:0] commit_length, count_bytes;
  wire [4:0] commit_reason;
  holdfast_compact$inbound$ingress dut(
    .clock(clock), .reset(reset), .enable(enable), .limit(limit), .tdata(tdata), .tkeep(tkeep), .tlast(tlast), .tvalid(tvalid), .tready(tready), .room(room),
    .write(write), .offset(offset), .data(data), .commit(commit), .commit_words(commit_words), .commit_length(commit_length),
    .commit_reason(commit_reason), .count_valid(count_valid), .count_bytes(count_bytes), .count_ready(count_ready)
  );
`splice
  wire [2:0] state = dut.state$q;
  IngressBooks books;
  assign books = dut.books$q;

  // The frame as it comes: bytes of a beat without hole, by the bit above its tkeep.
  wire [4:0] bytes = $countones(tkeep);
  wire straight = tkeep == ~(16'hffff << bytes) && bytes != 0 && (tlast || bytes == 16);
  wire beat = tvalid && tready;
  reg begun, hole, over, ended, committed, caught;
  reg [11:0] beats;
  reg [4:0] last_bytes;
  reg [15:0] was_limit;
  reg [16:0] total;
  reg [7:0] value;
  reg [31:0] word;
  wire [16:0] sum = total + bytes;
  wire [16:0] place = j + 2;
  wire [127:0] picked = tdata >> {j[3:0], 3'd0};
  always @(posedge clock) begin
    was_limit <= limit;
    if (beat) begin
      begun <= 1;
      beats <= begun ? (&beats ? beats : beats + 1) : 1;
      last_bytes <= bytes;
      hole <= (begun && hole) || !straight;
      total <= begun ? sum : bytes;
      over <= (begun && over) || (begun ? sum : bytes) > limit;
      ended <= tlast;
      if (!begun) caught <= 0;
      if (j[15:4] == (begun ? beats : 0) && j[3:0] < bytes) begin caught <= 1; value <= picked[7:0]; end
    end
    if (write && offset == place[11:2]) word <= data;
    if (commit) committed <= 1;
    if (count_valid && count_ready) begin begun <= 0; ended <= 0; committed <= 0; caught <= 0; total <= 0; hole <= 0; over <= 0; beats <= 0; end
    if (reset) begin begun <= 0; ended <= 0; committed <= 0; caught <= 0; total <= 0; hole <= 0; over <= 0; beats <= 0; end
  end
  wire fine = !hole && !over;

  // The properties.
  wire [16:0] words = (total + 5) >> 2;
  wire [31:0] lane = word << {place[1:0], 3'd0};
  always @* if (started) begin
    if (commit && commit_reason == 0 && j < commit_length) ingress_data: assert(lane[31:24] == value);
    if (commit && commit_reason == 0) ingress_words: assert(commit_length == total && commit_words == words);
    if (commit) ingress_words__room: assert(commit_words <= 405);
    if (write) ingress_words__write: assert(offset < 405);
    if (commit) ingress_reason: assert(commit_reason == (hole ? 4 : over ? 3 : enable ? 0 : 1) && (commit_reason == 0 || commit_words == 0));
    if (commit) ingress_once: assert(ended && !committed);
    if (tready) ingress_once__ready: assert(!ended);
    if (count_valid) ingress_once__count: assert(ended && committed);
    if (tready && !begun) ingress_room: assert(room);
  end

  // What they follow from: how far the frame is,
  wire work = state == `IngressState_Words;
  // With the first word of a beat its bytes count, and are held against what was left the clock before.
  wire first = work && books.phase == 0;
  wire [16:0] left = {1'b0, was_limit} - {1'b0, books.length};
  wire [16:0] length = books.length + (first ? last_bytes : 0);
  wire too_long = books.long || (first && (books.over || books.left > books.few));
  wire [9:0] group = j[11:2];
  wire [4:0] done = {books.phase, 2'd0};
  wire [1:0] ahead = group - books.words;
  wire [31:0] waiting = ahead == 0 ? dut.lane$0$q : ahead == 1 ? dut.lane$1$q : ahead == 2 ? dut.lane$2$q : dut.lane$3$q;
  wire [31:0] shifted = waiting >> {j[1:0], 3'd0};
  always @* if (started) begin
    step_known: assert(state <= `IngressState_Count);
    step_begun: assert(books.begun == begun && (state == `IngressState_Beat || begun));
    step_ended: assert(ended == (state != `IngressState_Beat && (state != `IngressState_Words || books.last)) && committed == (state == `IngressState_Count));
    step_flags: assert(books.hole == hole && (hole || too_long == over));
    if (first) step_few: assert(books.over == left[16] && (left[16] || books.few == (left > 31 ? 31 : left)));
    if (!begun) step_none: assert(books.words == 0 && books.length == 0 && !books.long && !hole && !over && total == 0 && beats == 0 && !caught);
    if (!hole && !over && begun) begin
      step_length: assert(length == total && total <= 1618 && last_bytes >= 1 && last_bytes <= 16 && total == {beats, 4'd0} - 16 + last_bytes && beats >= 1);
      if (!ended) step_full: assert(last_bytes == 16);
      step_caught: assert(caught == (j < total));
      if (work) step_words: assert(books.words == {beats, 2'd0} - 4 + books.phase && books.left == last_bytes - done && last_bytes > done);
      if (state == `IngressState_Beat) step_beat: assert(books.words == {beats, 2'd0});
      if (state == `IngressState_Flush) step_flush: assert(books.words == words - 1 && books.words == (total + 3) >> 2);
      if (state == `IngressState_Commit || state == `IngressState_Count) step_commit: assert(books.words == words);
    end
    if (state == `IngressState_Flush) step_flushes: assert(!hole && !over);
  end
  // and where the byte is: before its group was written in a lane, its second half then in the carry, at last in the store.
  always @* if (started && begun && fine && caught) begin
    if (group >= books.words && (work || state == `IngressState_Beat)) byte_lane: assert(work && group - books.words < 4 - books.phase && shifted[7:0] == value);
    else if (j[1] && group + 10'd1 == books.words && (work || state == `IngressState_Beat)) byte_carry: assert((j[0] ? books.carry[7:0] : books.carry[15:8]) == value);
    else if (j[1] && group + 10'd1 == books.words && state == `IngressState_Flush) byte_flush: assert((j[0] ? books.carry[7:0] : books.carry[15:8]) == value);
    else byte_word: assert(lane[31:24] == value);
  end

`ifdef SCENARIO
  reg [4:0] cycle = 0;
  reg [1:0] frames = 0;
  always @(posedge clock) begin
    cycle <= cycle + 1;
    frames <= frames + commit;
  end
  always @* begin
    assume(reset == (cycle == 0));
    assume(limit == 40);
    long: cover(commit && commit_reason == 0 && beats == 3 && frames == 1 && !tlast);
  end
`endif
endmodule
