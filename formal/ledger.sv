//: block    holdfast_compact$resync$recorder$ledger
//: types    LedgerStep LedgerState LedgerNews
//: watched  2
//: depth    40
//: property ledger_booked  Sixteen clocks after a number was reported, used, seen or told by commit, the ledger holds the next number of its SA, until the next report.
//: cover wraps             a number with all ones in its low half was used, and is booked
//: cover tells             a number that commit told is booked, while the other direction had news, too
//: fault ledger_booked     s$d{LedgerState.carry} = wraps; ==> s$d{LedgerState.carry} = 1'b0;
//: fault ledger_booked     words$write_address = row | 32'h5; ==> words$write_address = row | 32'h4;
//: fault ledger_booked     if (ask & keep) begin ==> if (ask) begin
//: fault ledger_booked     news$1$d{LedgerNews.index} = told_index; ==> news$1$d{LedgerNews.index} = seen_index;

// One arbitrary place `P`. Assumed of the two directions, of commit and of the recorder: a reset; `used` at most once in sixteen clocks, and so for everything that is seen or told; the halves of a told number come low first, with nothing seen
// in between; an access stays as it is until it is done, with `keep` only right after one without; a number is put in the place of the one reached only where nothing has been reported of it for sixteen clocks.
module proof(
  input clock, input reset, input used, input [4:0] used_index, input [31:0] used_high, input [31:0] used_low, input starving, input [4:0] starving_index,
  input seen, input [4:0] seen_index, input [31:0] seen_high, input [31:0] seen_low, input told_high, input told_low, input [4:0] told_index,
  input [31:0] told_data, input [1:0] taken, input ask, input put, input keep, input [5:0] place, input [2:0] word, input [31:0] data
);
  (* anyconst *) wire [5:0] P;
  reg started = 0;
  always @(posedge clock) started <= 1;
  always @* assume(started || reset);
  wire done;
  holdfast_compact$resync$recorder$ledger dut(
    .clock(clock), .reset(reset), .used(used), .used_index(used_index), .used_high(used_high), .used_low(used_low), .starving(starving),
    .starving_index(starving_index), .seen(seen), .seen_index(seen_index), .seen_high(seen_high), .seen_low(seen_low), .told_high(told_high),
    .told_low(told_low), .told_index(told_index), .told_data(told_data), .taken$0(taken[0]), .taken$1(taken[1]), .ask(ask), .put(put), .keep(keep),
    .place(place), .word(word), .data(data), .done(done)
  );
  LedgerState s;
  assign s = dut.s$q;
  LedgerNews out, in;
  assign out = dut.news$0$q;
  assign in = dut.news$1$q;
  always @* assume(dut.words.place0 == {P, 3'd5} && dut.words.place1 == {P, 3'd6});

  // Reports: clocks until the next may come, a half told; the last of the place, and since when.
  reg [3:0] u, v;
  reg half_told, has, just_done;
  reg [31:0] low_half;
  reg [63:0] latest;
  reg [4:0] since;
  wire of_out = used && !P[5] && used_index == P[4:0], of_in = seen && P[5] && seen_index == P[4:0], of_told = told_high && P[5] && told_index == P[4:0];
  wire puts = put && done && place == P;
  wire [3:0] count = P[5] ? v : u;
  wire resting = dut.state$q == `LedgerStep_Idle, busy = dut.state$q == `LedgerStep_Ask || dut.state$q == `LedgerStep_Answer;
  reg [41:0] was;
  always @(posedge clock) begin
    u <= used ? 15 : u ? u - 1 : 0;
    v <= seen || told_high ? 15 : v ? v - 1 : 0;
    if (told_low) begin half_told <= 1; low_half <= told_data; end
    if (told_high) half_told <= 0;
    since <= since == 31 ? 31 : since + 1;
    if (of_out || of_in || of_told) begin has <= 1; since <= 0; end
    if (of_out) latest <= {used_high, used_low} + 1;
    if (of_in) latest <= {seen_high, seen_low};
    if (of_told) latest <= {told_data, low_half};
    if (puts && word == 5) latest[63:32] <= data;
    if (puts && word == 6) latest[31:0] <= data;
    just_done <= done && ask && !keep;
    was <= {ask, keep, place, word};
    if (reset) begin u <= 0; v <= 0; half_told <= 0; has <= 0; just_done <= 0; end
  end
  always @* if (started) begin
    if (used) assume(u == 0);
    if (seen || told_low) assume(v == 0 && !half_told);
    if (seen) assume(!told_low && !told_high);
    if (told_high) assume(half_told && !told_low);
    assume(!(ask && put) && (!keep || ask));
    if (busy) assume(ask && {ask, keep, place, word} == was);
    if (resting && keep) assume(just_done);
    if (put && place == P && (word == 5 || word == 6)) assume(count == 0 && !of_out && !of_in && !of_told);
  end

  // The property, and what it follows from.
  wire [63:0] stored = {dut.words.word0, dut.words.word1};
  wire moving = P[5] ? in.pending && in.index == P[4:0] : out.pending && out.index == P[4:0];
  wire [63:0] target = P[5] ? {in.high, in.low} : {out.high, out.low} + 1;
  wire booking = dut.state$q == `LedgerStep_Low || dut.state$q == `LedgerStep_High || dut.state$q == `LedgerStep_Differ || dut.state$q == `LedgerStep_Decide;
  wire here = booking && s.inbound == P[5] && moving;
  wire [4:0] rest = dut.state$q == `LedgerStep_Low ? 4 : dut.state$q == `LedgerStep_High ? 3 : dut.state$q == `LedgerStep_Differ ? 2 : 1;
  wire [4:0] access = dut.state$q == `LedgerStep_Ask ? (keep ? 7 : 10) : keep ? 6 : 9;
  wire [4:0] left_out = booking ? rest + (s.inbound ? 5 : 0) : resting ? (keep ? 8 : 5) : access;
  wire [4:0] left_in = booking ? rest + (s.inbound ? 0 : 5) : resting ? (keep ? 13 : out.pending ? 10 : 5) : access + 5;
  always @* if (started) begin
    if (has && since >= 15) ledger_booked: assert(stored == latest);
    step_known: assert(dut.state$q <= `LedgerStep_Answer);
    if (out.pending) time_out: assert(u >= left_out);
    if (in.pending) time_in: assert(v >= left_in);
    if (booking) book_pending: assert(s.inbound ? in.pending : out.pending);
    if (dut.state$q == `LedgerStep_Low) book_low: assert(s.carry == !s.inbound);
    if (half_told) half: assert(!in.pending && in.low == low_half);
    if (has && moving) moves: assert(target == latest && since + count == 15);
    if (moving) moves_has: assert(has);
    if (has && !moving) rests: assert(stored == latest);
    if (here && dut.state$q == `LedgerStep_High) book_high: assert(stored[31:0] == target[31:0] && s.carry == (!P[5] && out.low == 32'hffffffff));
    if (here && (dut.state$q == `LedgerStep_Differ || dut.state$q == `LedgerStep_Decide)) book_done: assert(stored == target);
  end

`ifdef SCENARIO
  reg [5:0] cycle = 0;
  always @(posedge clock) cycle <= cycle + 1;
  always @* begin
    assume(reset == (cycle == 0));
    wraps: cover(has && since == 15 && !P[5] && latest == 64'h1_0000_0000);
    tells: cover(has && since == 15 && P[5] && latest == 64'h2_0000_bbbb && u == 2);
  end
`endif
endmodule
