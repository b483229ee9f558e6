//: block    holdfast_compact$inbound$replay
//: splice   window.svh DUT=dut.window CONTRACT=assert
//: types    WindowState WindowStep WindowWrite ReplayState ReplayOperand ReplayWork
//: watched  2
//: depth    108
//: property N2_replay_once    A number that was accepted is not accepted again until its SA is installed anew.
//: property N2_replay_floor   No number below the one the SA was installed with is accepted.
//: property N2_replay_bottom  No number is accepted that the window has left (number + size <= highest accepted).
//: property replay_exact      Any other number is accepted, and every number where the size is 0.
//: property replay_next       What is stored for the next packet is the highest number accepted + 1, and the recorder is told just that.
//: property replay_high       The high half is inferred as RFC 4303 appendix A2.2 has it, from the highest number accepted.
//: property window_contract   The window is asked as its own proof (window.sv) assumes it.
//: cover again                a number is accepted, and refused when it comes again
//: cover raised               a number below the one the SA was installed with is refused, one above it accepted
//: fault N2_replay_once       in holdfast_compact$inbound$replay$window: others = ~taken; ==> others = ~8'h0;
//: fault N2_replay_once       window$mark = ~frozen & accepts; ==> window$mark = ~frozen & accepts & work$q{ReplayWork.ahead};
//: fault N2_replay_floor      in holdfast_compact$inbound$replay$window: all_below = spot_bit - 32'h1; ==> all_below = spot_bit - 32'h2;
//: fault N2_replay_bottom     work$d{ReplayWork.near} = work$q{ReplayWork.low_near} & ~|result$q; ==> work$d{ReplayWork.near} = work$q{ReplayWork.low_near};
//: fault N2_replay_bottom     operand = ((size[(32'h0)+:(11)]) & 32'hffffffff); ==> operand = ((size[(32'h0)+:(10)]) & 32'hffffffff);
//: fault replay_exact         window$mark = ~frozen & accepts; ==> window$mark = accepts;
//: fault replay_exact         accepts = (size == 32'h0) | ==> accepts = (size == 32'h1) |
//: fault replay_next          work$d{ReplayWork.carry} = after[(32'h20)+:(1)]; ==> work$d{ReplayWork.carry} = 1'b0;
//: fault replay_next          work$d{ReplayWork.ahead} = work$q{ReplayWork.borrow} & ~work$q{ReplayWork.zero}; ==> work$d{ReplayWork.ahead} = work$q{ReplayWork.borrow};
//: fault replay_high          if (work$q{ReplayWork.before} & work$q{ReplayWork.borrow}) begin ==> if (work$q{ReplayWork.before}) begin
//: fault window_contract      work$d{ReplayWork.from} = word$q[(32'h5)+:(6)]; ==> work$d{ReplayWork.from} = word$q[(32'h4)+:(6)];
//: fault window_contract      if (~window$busy) begin ==> if (1'b1) begin

// One arbitrary number `n` of one arbitrary SA `sa`. Assumed of the environment, `Open` and `Commit`: a reset; the contract of `Replay`: a question stays as it is until its
// answer, and from the check on until it is over; if it did not in between, there is no check; the next one and a check come after the answer and not while a number is being stored, and one SA has one size (open.sv); that the window of an SA is cleared while none is being worked on, and that an SA is published
// when it is cleared and its words 20 and 21 are written. Table writes may come at any time: where they do not keep to that (a wipe, which takes all valid bits), no SA is valid until it is cleared again.
module proof(
  input clock, input reset, input table_write, input [1:0] table_select, input [4:0] table_index, input [4:0] table_word, input [31:0] table_data,
  input window_clear, input [4:0] r_sa, input [15:0] r_size, input r_esn, input [31:0] r_low, input infer, input check, input frozen, input publish
);
  (* anyconst *) wire [4:0] sa;
  (* anyconst *) wire [63:0] n;
  (* anyconst *) wire [15:0] w;
  // What the number written will be when its high half has come, too.
  (* anyseq *) wire [63:0] first;
  reg started = 0;
  always @(posedge clock) started <= 1;
  always @* assume(started || reset);

  wire r_done, r_fresh, r_frozen, moved;
  wire [31:0] high, moved_high, moved_low;
  holdfast_compact$inbound$replay dut(
    .clock(clock), .reset(reset), .table_write(table_write), .table_select(table_select), .table_index(table_index), .table_word(table_word),
    .table_data(table_data), .window_clear(window_clear), .sa(r_sa), .size(r_size), .esn(r_esn), .low(r_low), .infer(infer),
    .check(check), .frozen(frozen), .was_frozen(r_frozen), .moved(moved), .moved_high(moved_high), .moved_low(moved_low), .done(r_done), .high(high),
    .fresh(r_fresh)
  );
  wire [4:0] state = dut.state$q;
  ReplayWork work;
  assign work = dut.work$q;
  wire rests = state == `ReplayState_Idle || state == `ReplayState_Settle || state == `ReplayState_Look || state == `ReplayState_Loaded;
  wire storing = state == `ReplayState_Store || state == `ReplayState_StoreHigh || state == `ReplayState_Wait || state == `ReplayState_Moved;
  wire asking = state >= `ReplayState_Low && state <= `ReplayState_Guess;

  // The question, until the next; whether it was checked, whether tables have changed since, whether it has been given up and something else stands there.
  reg [4:0] k_sa;
  reg [15:0] k_size;
  reg k_esn, k_checked, stale, abandoned;
  reg [31:0] k_low;
  wire installs = table_write && table_select == 1 && table_word[4:1] == 10;
  wire held = k_sa == r_sa && k_size == r_size && k_esn == r_esn && k_low == r_low;
  always @(posedge clock) begin
    if (infer) begin
      k_sa <= r_sa; k_size <= r_size; k_esn <= r_esn; k_low <= r_low;
      k_checked <= 0; stale <= 0;
    end
    if (check) k_checked <= 1;
    abandoned <= !infer && (abandoned || !held);
    if (window_clear || installs) stale <= 1;
  end
  wire [63:0] k_number = {high, k_low};

  // The window inside, with what it is asked.
  wire load = dut.window$load, mark = dut.window$mark, clear = window_clear, seed = dut.window$seed;
  wire ahead = dut.window$ahead, far = dut.window$far;
  wire [5:0] from = dut.window$from;
  wire [4:0] index = dut.window$index;
  wire [63:0] number = {high, r_low};
  reg valid;
  wire orderly_seed = !window_busy || (s.step == `WindowStep_Clear && table_index == s.index && !s.seeded);
  wire lapses = (installs && (!rests || work.asked || work.wanted || infer || check || load || dut.window$records || (table_index == sa && valid))) || (check && stale)
    || (seed && (!orderly_seed || window_clear || (table_index == sa && live)));
`splice

  // The SA: cleared, filled, published; `above`: one above the highest number accepted; whether `n` was.
  wire writes = installs && table_index == sa;
  reg prepared, low_written, high_written, taken;
  reg [64:0] above, origin;
  wire ours = k_sa == sa && valid;
  wire answered = state == `ReplayState_Done && ours;
  wire accepted = answered && r_fresh && !r_frozen;
  always @(posedge clock) begin
    if (accepted) begin
      if (k_number >= above) above <= k_number + 65'd1;
      if (k_number == n) taken <= 1;
    end
    if (publish) begin
      valid <= 1; taken <= 0; above <= origin;
    end
    if (writes) begin
      valid <= 0;
      if (table_word[0]) high_written <= 1;
      else begin low_written <= 1; origin <= first_65; end
      if (!table_word[0] && low_written) prepared <= 0;
    end
    if (window_clear && table_index == sa) begin
      prepared <= 1; low_written <= 0; high_written <= 0; valid <= 0;
    end
    if (lapses || reset) begin prepared <= 0; valid <= 0; end
  end

  wire [63:0] stored = {dut.next.word1, dut.next.word0};
  always @* if (started && !reset) begin
    assume(r_size <= 1024 && (r_size != 0 || !r_esn));
    // Open.
    if (infer) assume(!asking && !storing && state != `ReplayState_Done && !work.wanted && !check);
    if (infer && !lapses) assume(!window_clear && (r_sa != sa || (r_size == w && (valid || !prepared))));
    if (!infer && (asking || work.asked || state == `ReplayState_Known || state == `ReplayState_Done || storing || (k_checked && state != `ReplayState_Idle))) assume(held);
    if (check) assume(held && !abandoned && state > `ReplayState_Known && state <= `ReplayState_Loaded && !work.asked && !k_checked);
    // Commit.
    if (window_clear) assume(rests && state != `ReplayState_Settle && !work.asked && !work.wanted && !check && !window_busy && !installs);
    if (seed) assume(first[31:0] == table_data);
    if (publish) assume(!valid && rests && !work.asked && !work.wanted && !infer && !check && !installs && !window_busy && !window_clear && prepared && low_written && high_written && stored == origin[63:0]);
    assume(dut.next.place0 == {sa, 1'b0} && dut.next.place1 == {sa, 1'b1});
  end

  // The properties.
  wire [63:0] top = above - 1;
  wire [31:0] bottom = top[31:0] - k_size + 1;
  wire case_a = {1'b0, top[31:0]} + 1 >= k_size;
  wire [31:0] contract = case_a ? (k_low >= bottom ? top[63:32] : top[63:32] + 1) : (k_low >= bottom ? top[63:32] - 1 : top[63:32]);
  always @* if (started) begin
    if (accepted && w != 0) begin
      if (k_number == n) N2_replay_once: assert(!taken);
      if (k_number == n) N2_replay_floor: assert(n >= origin);
      N2_replay_bottom: assert({1'b0, k_number} + w >= above);
    end
    if (answered && !r_frozen && k_number == n) replay_exact: assert(r_fresh == (w == 0 || (n >= origin && !taken && {1'b0, n} + w >= above)));
    if (valid && !(storing && ours)) replay_next: assert(stored == above[63:0]);
    if (moved && ours) replay_next__moved: assert({moved_high, moved_low} == above[63:0]);
    if (state == `ReplayState_Known && ours && !stale) replay_high: assert(high == (k_esn ? contract : 0));
  end

  // What they follow from: the SA,
  wire marked = (mark && mine && live && cleared);
  wire due = state == `ReplayState_Done && ours && work.accepted && !work.was;
  wire [64:0] higher = k_number >= above ? k_number + 65'd1 : above;
  always @* if (started) begin
    if (cleared) sa_prepared: assert(prepared && w != 0);
    if (prepared && w != 0) sa_cleared: assert(cleared && live == low_written);
    if (prepared && low_written) sa_low: assert((valid || dut.next.word0 == origin[31:0]) && (w == 0 || base == origin));
    if (prepared && low_written && !valid && w != 0) sa_new: assert(next == origin && !seen);
    if (valid) begin
      sa_valid: assert(prepared && low_written && high_written && origin != 0 && origin <= above && above <= {1'b1, 64'd0} && (!taken || n < above));
      if (w != 0) begin
        sa_next: assert(next == (due ? higher : above));
        sa_seen: assert(seen == (taken || (due && k_number == n)));
        sa_settled: assert(!(s.index == sa && (s.seeded || s.step == `WindowStep_Seed || s.step == `WindowStep_Clear)));
      end
    end
    if (prepared && low_written) sa_origin: assert(origin != 0 && origin <= {1'b1, 64'd0});
    if (prepared && !valid && k_sa == sa) sa_alone: assert(!asking && !work.asked && (stale || state == `ReplayState_Idle) && !storing && state != `ReplayState_Done && !work.wanted);
    if (prepared && !valid && k_sa == sa && !rests) sa_alone_state: assert(stale);
  end

  // and the question in its steps. X: next; G: highest number - number.
  wire [63:0] X = above[63:0], G = X - 1 - k_number;
  wire [31:0] B = X[31:0] - k_size - 1;
  wire followed = ours && !stale && !abandoned;
  wire [32:0] guessed = {1'b0, X[63:32]} + (B >= k_low) - (X[31:0] <= k_size);
  wire judged = state == `ReplayState_Look || state == `ReplayState_Loaded || state == `ReplayState_Done;
  always @* if (started) begin
    path_known: assert(state <= `ReplayState_Moved);
    if (state == `ReplayState_Idle) path_idle: assert(!work.wanted);
    if (work.wanted) path_wanted: assert(k_checked && state > `ReplayState_Known && state <= `ReplayState_Loaded);
    if (prepared && work.wanted) path_wanted_now: assert(!stale);
    if (work.wanted || state == `ReplayState_Done || storing || asking || state == `ReplayState_Known || work.asked) path_held: assert(!abandoned);
    if (work.asked) path_asked: assert(!work.wanted && !k_checked && (state == `ReplayState_Settle || (state >= `ReplayState_Known && state <= `ReplayState_GapHigh)));
    if (asking || state == `ReplayState_Known) path_asking: assert(!k_checked || state == `ReplayState_Known);
    if (state != `ReplayState_Idle) path_size: assert(k_size <= 1024 && (k_size != 0 || !k_esn));
    if (followed && state != `ReplayState_Idle) path_w: assert(k_size == w);
    if (storing) path_stores: assert(k_checked && work.accepted && work.ahead && !work.was);
    if (state == `ReplayState_Done) path_done: assert(k_checked && work.operand == `ReplayOperand_Low && work.carry == 1);
    if (state == `ReplayState_Look) path_look: assert(work.looks <= 2);
    if (followed && !work.asked) begin
      if (state == `ReplayState_Low) step_low: assert(dut.next.read_data == X[31:0]);
      if (state == `ReplayState_Below) step_below: assert(dut.word$q == X[31:0] && dut.next.read_data == X[63:32] && !work.again && work.operand == `ReplayOperand_Size && work.less == 1);
      if (state == `ReplayState_Compare || state == `ReplayState_Weigh || state == `ReplayState_Guess) step_word: assert(dut.word$q == X[63:32] && work.low_zero == (X[31:0] == 0));
      if (state == `ReplayState_Compare || state == `ReplayState_Weigh) step_read: assert(dut.next.read_data == X[63:32]);
      if (state == `ReplayState_Compare) step_compare: assert(dut.result$q == B && work.borrow == (X[31:0] <= k_size) && work.again && work.operand == `ReplayOperand_Low && work.less == 0);
      if (state == `ReplayState_Weigh) step_weigh: assert(work.borrow == (B < k_low) && work.before == (X[31:0] <= k_size));
      if (state == `ReplayState_Guess) step_guess: assert(!work.again && dut.next.read_data == X[31:0] && dut.word$q - (work.operand == `ReplayOperand_Ones ? 32'hffffffff : 32'd0) - work.less == guessed[31:0]
        && (work.operand == `ReplayOperand_Zero || (work.operand == `ReplayOperand_Ones && work.less == 0)));
      if (state > `ReplayState_Compare && state <= `ReplayState_Loaded) step_from: assert(work.from == X[10:5]);
      if (state > `ReplayState_Below && state <= `ReplayState_Compare) step_from_compare: assert(work.from == X[10:5]);
      if (state > `ReplayState_Guess && state <= `ReplayState_Settle) begin
        step_high: assert(high == (k_esn ? guessed[31:0] : 0));
        step_zero: assert(work.zero == (X == 0));
      end
      if (state == `ReplayState_Known) step_known: assert(dut.word$q == X[31:0] && dut.next.read_data == X[31:0] && !work.again);
      if (state == `ReplayState_GapLow) step_gap_low: assert(dut.word$q == X[31:0] && dut.next.read_data == X[31:0] && !work.again && work.operand == `ReplayOperand_Low && work.less == 1);
      if (state == `ReplayState_Near) step_near: assert(dut.result$q == G[31:0] && work.borrow == (X[31:0] <= k_low) && dut.next.read_data == X[63:32] && work.again && work.operand == `ReplayOperand_Size && work.less == 0);
      if (state == `ReplayState_GapHigh) step_gap_high: assert(dut.word$q == X[63:32] && work.low_ones == (G[31:10] == 22'h3fffff) && work.borrow == (G[31:0] < k_size) && !work.again && work.operand == `ReplayOperand_High
        && work.less == (X[31:0] <= k_low));
      if (state == `ReplayState_Settle) step_settle: assert(dut.result$q == G[63:32] && work.borrow == (X <= k_number) && work.low_near == (G[31:0] < k_size) && work.low_ones == (G[31:10] == 22'h3fffff));
      if (judged && state != `ReplayState_Done) begin
        step_ahead: assert(work.ahead == (k_number >= above) && work.near == (G < k_size) && work.far == (G < 64'hffff_ffff_ffff_fc00));
        if (work.ahead || w != 0) step_near_ahead: assert(work.ahead || work.near == ({1'b0, k_number} + w >= above));
      end
    end
    if (state == `ReplayState_Done && ours && work.accepted && !work.was) step_done: assert(work.ahead == (k_number >= above));
    if (ours && storing) step_store: assert(above == k_number + 65'd1);
    if (storing) step_store_operand: assert(state == `ReplayState_Store ? work.operand == `ReplayOperand_Low && work.carry == 1 : work.operand == `ReplayOperand_High && work.carry == (k_low == 32'hffffffff));
    if (ours && state == `ReplayState_StoreHigh) step_store_low: assert(dut.next.word0 == X[31:0]);
    if (ours && state == `ReplayState_Wait) step_read_back: assert(stored == X && dut.next.read_data == X[31:0]);
    if (ours && state == `ReplayState_Moved) step_moved: assert(stored == X && dut.word$q == X[31:0]);

    // The window: what it has loaded is what is asked about.
    if (cleared && (state == `ReplayState_Look || state == `ReplayState_Loaded) && !stale && !abandoned) begin
      path_loaded: assert(loaded && q_index == k_sa && q_number == k_number && (state == `ReplayState_Look ? clocks == 1 + work.looks : clocks >= 4));
    end
    if (cleared && (state == `ReplayState_Done || storing) && work.accepted && !work.was)
      path_marked: assert(q_index == k_sa && (state != `ReplayState_Done || (s.step == `WindowStep_Mark && q_ahead == work.ahead && q_from == work.from && q_far == (work.ahead && work.far))));
    if (cleared && (marking || turning)) path_marking: assert(q_ahead == work.ahead && (!q_ahead || q_from == work.from) && (!q_ahead || q_far == work.far) && (marking ? state == `ReplayState_Done && work.accepted && !work.was : state == `ReplayState_Store));
    if (answered && !r_fresh && k_number == n && w != 0) path_refused: assert(n < origin || taken || {1'b0, n} + w < above);
    if (accepted && w != 0) path_accepted: assert({1'b0, k_number} + w >= above && (k_number != n || (n >= origin && !taken)));
    if (answered && !r_frozen && w == 0) path_open: assert(r_fresh);
    if (ours && (state == `ReplayState_Done || storing)) path_fresh_data: assert(!stale);
  end

`ifdef SCENARIO
  reg [6:0] cycle = 0;
  reg first_fresh;
  reg [1:0] answers = 0;
  always @(posedge clock) begin
    cycle <= cycle + 1;
    if (answered) begin first_fresh <= r_fresh; answers <= answers + 1; end
  end
  always @* begin
    assume(reset == (cycle == 0) && window_clear == (cycle == 1) && table_write == (cycle == 2 || cycle == 3) && publish == (cycle == 68) && !frozen);
    assume(table_index == sa && table_select == 1 && table_word == (cycle == 2 ? 20 : 21) && r_sa == sa && r_esn);
    assume(infer == (cycle > 68 && state == `ReplayState_Idle) && check == (state == `ReplayState_Loaded));
    again: cover(answers == 1 && answered && first_fresh && w != 0 && taken && k_number == n && !r_fresh);
    raised: cover(answers == 1 && answered && !first_fresh && above == origin && r_fresh);
  end
`endif
endmodule
