//: block    holdfast_compact$inbound$replay
//: splice   window.svh DUT=dut.window CONTRACT=assert
//: types    WindowState WindowStep InferState ReplayState
//: watched  2
//: depth    84
//: property N2_replay_once    A number that was accepted is not accepted again until its SA is installed anew.
//: property N2_replay_floor   No number below the one the SA was installed with is accepted.
//: property N2_replay_bottom  No number is accepted that the window has left (number + size <= highest accepted).
//: property replay_exact      Any other number but zero is accepted.
//: property replay_next       What is stored for the next packet is the highest number accepted + 1.
//: property replay_high       The high half is inferred as RFC 4303 appendix A2.2 has it, from the highest number accepted.
//: property replay_contract   The window is asked as its own proof (window.sv) assumes it.
//: cover again                a number is accepted, and refused when it comes again
//: cover raised               a number below the one the SA was installed with is refused, one above it accepted
//: fault N2_replay_once       in holdfast_compact$inbound$replay$window: others = ~s$q{WindowState.one}; ==> others = ~32'h0;
//: fault N2_replay_floor      low_below$d = low < floor_low$q; ==> low_below$d = 1'b0;
//: fault N2_replay_floor      floor$write = installs; ==> floor$write = installs | stores;
//: fault N2_replay_bottom     next$write_data = top_high$q; ==> next$write_data = top_low$q;
//: fault replay_exact         (high_equal$q & low_below$q) ==> high_equal$q
//: fault replay_next          top_low$d = window$new_top_low + 32'h1; ==> top_low$d = window$new_top_low;
//: fault replay_high          inference$size = size; ==> inference$size = size + 16'h1;
//: fault replay_contract      window$top_low = top_low$q; ==> window$top_low = low;

// One arbitrary number `n` of one arbitrary SA `sa`. Assumed of the environment, `Open` and `Commit`: a reset; the contract of `Replay`, that a request holds while it is
// under way and that one SA has one size; that the window of an SA is cleared under the datapath's lock, and that the SA is published when it is cleared and its words 20 and 21
// are written. Table writes may come at any time: where they meet a request under way (a wipe without lock), the SA they write is no longer valid.
module proof(
  input clock, input reset, input table_write, input [1:0] table_select, input [4:0] table_index, input [4:0] table_word, input [31:0] table_data,
  input window_clear, input [4:0] r_sa, input [15:0] r_size, input r_esn, input [31:0] r_low, input infer, input check, input publish
);
  (* anyconst *) wire [4:0] sa;
  (* anyconst *) wire [63:0] n;
  (* anyconst *) wire [15:0] w;
  reg started = 0;
  always @(posedge clock) started <= 1;
  always @* assume(started || reset);

  wire r_done, r_fresh, window_busy;
  wire [31:0] high;
  holdfast_compact$inbound$replay dut(
    .clock(clock), .reset(reset), .table_write(table_write), .table_select(table_select), .table_index(table_index), .table_word(table_word),
    .table_data(table_data), .window_clear(window_clear), .window_busy(window_busy), .sa(r_sa), .size(r_size), .esn(r_esn), .low(r_low), .infer(infer),
    .check(check), .done(r_done), .high(high), .fresh(r_fresh)
  );

  // The window inside, with what it is asked.
  wire start = dut.window$start, clear = dut.window$clear;
  wire [4:0] index = dut.window$index;
  wire [63:0] number = {dut.window$number_high, dut.window$number_low}, top = {dut.window$top_high, dut.window$top_low};
  wire [15:0] size = dut.window$size;
  reg prepared;
  wire lapses = !prepared;
`splice

  // The request, from `infer` to the end of the check or to the next `infer`.
  wire [4:0] state = dut.state$q;
  wire rests = state == `ReplayState_Idle || state == `ReplayState_Loaded;
  reg [4:0] k_sa;
  reg [15:0] k_size;
  reg k_esn, stale;
  reg [31:0] k_low, k_high;
  always @(posedge clock) begin
    if (rests && infer) begin
      k_sa <= r_sa; k_size <= r_size; k_esn <= r_esn; k_low <= r_low;
      stale <= 0;
    end
    if (window_clear) stale <= 1;
    if (state == `ReplayState_Wait) k_high <= high;
  end
  wire held = k_sa == r_sa && k_size == r_size && k_esn == r_esn && k_low == r_low;
  wire [63:0] k_number = {k_high, k_low};
  wire mine_r = k_sa == sa && valid;

  // The SA: cleared, filled, published; the number it was installed with, the highest accepted, whether `n` was.
  wire writes = table_write && table_select == 1 && table_index == sa && table_word[4:1] == 10;
  reg low_written, high_written, valid, seen;
  reg [63:0] origin, highest;
  wire answered = state == `ReplayState_Done && mine_r;
  always @(posedge clock) begin
    if (answered && r_fresh) begin
      if (k_number > highest) highest <= k_number;
      if (k_number == n) seen <= 1;
    end
    if (publish) begin
      valid <= 1; seen <= 0; highest <= origin - 1;
    end
    if (writes) begin
      valid <= 0;
      if (table_word[0]) begin high_written <= 1; origin[63:32] <= table_data; end
      else begin low_written <= 1; origin[31:0] <= table_data; end
      if (!rests || valid) prepared <= 0;
    end
    if (window_clear && table_index == sa) begin
      prepared <= 1; low_written <= 0; high_written <= 0; valid <= 0;
    end
    if (reset) begin prepared <= 0; valid <= 0; end
  end

  always @* if (started) begin
    assume(r_size <= 1024);
    if (!rests || check) assume(held);
    if (rests && infer) assume(!window_busy && !window_clear && !check && (r_sa != sa || (r_size == w && (valid || !prepared))));
    if (check) assume(!stale && !window_clear && !window_busy);
    if (window_clear) assume(rests && !window_busy);
    if (publish) assume(!valid && rests && !infer && !check && !writes && !window_busy && !window_clear && prepared && low_written && high_written);
    assume(dut.next.place0 == {sa, 1'b0} && dut.next.place1 == {sa, 1'b1} && dut.floor.place0 == {sa, 1'b0} && dut.floor.place1 == {sa, 1'b1});
  end

  // The properties.
  wire [63:0] stored = {dut.next.word1, dut.next.word0}, lowest = {dut.floor.word1, dut.floor.word0};
  wire [64:0] k_bottom = {1'b0, k_number} + k_size;
  wire [31:0] h_bottom = highest[31:0] - k_size + 1;
  wire within_one = {1'b0, highest[31:0]} + 1 >= k_size;
  wire [31:0] h_step = within_one ? (k_low >= h_bottom ? 0 : 1) : (k_low >= h_bottom ? 32'hffff_ffff : 0);
  always @* if (started) begin
    if (answered && r_fresh) begin
      if (k_number == n) N2_replay_once: assert(!seen);
      N2_replay_floor: assert(k_number >= origin);
      N2_replay_bottom: assert(k_bottom > {1'b0, highest});
    end
    if (answered && k_number == n) replay_exact: assert(r_fresh == (n != 0 && n >= origin && !seen && bottom > {1'b0, highest}));
    if (valid && rests) replay_next: assert(stored == highest + 1);
    if (state == `ReplayState_Wait && r_done && mine_r) replay_high: assert(high == (k_esn ? highest[63:32] + h_step : 0));
    if (take && !clear && index == sa && valid) replay_contract: assert(is_cleared && top >= is_top && size == w);
  end

  // What they follow from: the SA,
  wire pending = mine_r && dut.accepted$q && (state >= `ReplayState_Step);
  wire [63:0] higher = k_number > highest ? k_number : highest;
  wire [63:0] tops = {dut.top_high$q, dut.top_low$q};
  always @* if (started) begin
    if (prepared || valid) sa_clears: assert(is_cleared || (asked && q_clear && mine && busy));
    if (asked && q_clear) sa_clearing: assert(q_number == 0 && q_top == 0);
    if (prepared && !valid && is_cleared) sa_new: assert(is_floor == 0 && is_top == 0 && !is_seen);
    if (valid) begin
      sa_settled: assert(!(mine && q_clear && (busy || done)));
      sa_valid: assert(is_cleared && prepared && low_written && high_written && lowest == origin);
      sa_top: assert(pending ? was_top == higher : was_top <= highest);
      sa_seen: assert(was_seen == (seen || (pending && k_number == n)));
      sa_window: assert(floor == 0);
      if (!pending || state <= `ReplayState_Store) sa_next: assert(stored == highest + 1);
    end
    if (prepared && low_written && !valid) sa_low: assert(dut.next.word0 == origin[31:0] && dut.floor.word0 == origin[31:0]);
    if (prepared && high_written && !valid) sa_high: assert(dut.next.word1 == origin[63:32] && dut.floor.word1 == origin[63:32]);
    if (prepared && !valid && !rests) sa_alone: assert(k_sa != sa);
    if (prepared && !valid && k_sa == sa && state == `ReplayState_Loaded) sa_stale: assert(stale);
  end

  // and the request in its steps.
  InferState i;
  assign i = dut.inference.s$q;
  wire reading = state >= `ReplayState_Borrow && state < `ReplayState_Step;
  always @* if (started) begin
    path_known: assert(state <= `ReplayState_Done);
    path_window: assert(state == `ReplayState_Check ? asked && !q_clear && (busy || done) : !((busy || done) && !q_clear) && (rests || !busy));
    path_infer: assert({i.compare, i.select, i.done} == 0 || (state == `ReplayState_Wait && (i.compare + i.select + i.done == 2'd1)));
    if (state == `ReplayState_Wait) path_wait: assert({i.compare, i.select, i.done} != 0);
    if (state == `ReplayState_Wait) begin
      infer_below: assert(i.below == tops[31:0] - k_size && i.borrowed == (tops[31:0] < k_size));
      if (!i.compare) infer_carry: assert(i.up == (!i.borrowed && k_low <= i.below) && i.down == (i.borrowed && k_low > i.below));
      if (i.done) infer_high: assert(high == (k_esn ? tops[63:32] + (i.up ? 1 : i.down ? 32'hffff_ffff : 0) : 0));
    end
    if (state >= `ReplayState_Loaded) path_high: assert(k_high == high);
    if (state != `ReplayState_Idle && state != `ReplayState_Loaded || !stale) path_size: assert(k_size <= 1024 || state == `ReplayState_Idle);
    if (k_sa == sa && state != `ReplayState_Idle) path_w: assert(k_size == w);
    if (mine_r && state == `ReplayState_LoadHigh) path_load: assert(dut.next.read_data == dut.next.word0 && dut.floor.read_data == dut.floor.word0);
    if (mine_r && state == `ReplayState_Top) path_top: assert(dut.next.read_data == dut.next.word1 && dut.floor.read_data == dut.floor.word1);
    if (mine_r && state == `ReplayState_Top) path_half: assert(dut.top_low$q == dut.next.word0 && dut.floor_low$q == dut.floor.word0);
    if (mine_r && state == `ReplayState_Borrow) path_borrow: assert(tops == stored);
    if (mine_r && reading && !(state == `ReplayState_Loaded && stale)) begin
      path_floor: assert({dut.floor_high$q, dut.floor_low$q} == origin);
      if (state != `ReplayState_Borrow) path_tops: assert(tops == highest);
    end
    if (mine_r && state == `ReplayState_Floor2) begin
      path_below: assert(dut.low_below$q == (k_low < origin[31:0]) && dut.high_below$q == (k_high < origin[63:32]) && dut.high_equal$q == (k_high == origin[63:32]));
    end
    if (mine_r && state >= `ReplayState_Window && (state != `ReplayState_Done || dut.accepted$q)) path_above: assert(k_number >= origin);
    if (state == `ReplayState_Check) path_asked: assert(q_index == k_sa && q_number == k_number && q_top == tops && q_size == k_size);
    if (state == `ReplayState_Window || state == `ReplayState_Check) path_undecided: assert(!dut.accepted$q);
    if (state >= `ReplayState_Step && state < `ReplayState_Done) path_accepted: assert(dut.accepted$q);
    if (pending) begin
      if (state == `ReplayState_Step) path_step: assert(new_top == higher);
      if (state == `ReplayState_Carry) path_carry: assert(dut.top_low$q == higher[31:0] + 1 && dut.top_high$q == higher[63:32]);
      if (state == `ReplayState_Store || state == `ReplayState_StoreHigh) path_store: assert(tops == higher + 1);
      if (state == `ReplayState_StoreHigh) path_stored: assert(dut.next.word0 == tops[31:0]);
      if (state == `ReplayState_Done) path_done: assert(stored == higher + 1);
      path_fresh: assert(k_number != 0 && k_bottom > {1'b0, highest} && (k_number != n || !seen));
    end
    if (answered && !r_fresh && k_number == n) path_refused: assert(n == 0 || n < origin || seen || bottom <= {1'b0, highest});
  end

`ifdef SCENARIO
  reg [6:0] cycle = 0;
  reg first;
  always @(posedge clock) begin
    cycle <= cycle + 1;
    if (answered) first <= r_fresh;
  end
  always @* begin
    assume(reset == (cycle == 0) && window_clear == (cycle == 1) && table_write == (cycle == 2 || cycle == 3) && publish == (cycle == 36));
    assume(table_index == sa && table_select == 1 && table_word == (cycle == 2 ? 20 : 21) && r_sa == sa && r_esn);
    assume(infer == (cycle > 36 && state == `ReplayState_Idle) && check == (state == `ReplayState_Loaded));
    again: cover(cycle == 78 && answered && first && seen && k_number == n && !r_fresh);
    raised: cover(cycle == 72 && answered && !first && highest == origin - 1 && r_fresh);
  end
`endif
endmodule
