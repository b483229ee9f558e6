// The record of one arbitrary number `n` of one arbitrary SA `sa` in a `Window`, among any other requests. Where this text is spliced in there are: `started`, `sa`, `n`, `w`
// (the size of `sa`'s window), and the window's `reset`, `start`, `clear`, `index`, `number`, `top`, `size`, and `lapses`: the SA is given up, nothing is claimed until it is cleared again. What is asked of the environment goes by CONTRACT (assume or
// assert): a top not below the one of the last answer, and a size (1 to 1024) that does not change, from the clear of `sa` on. Before it nothing is claimed.

  WindowState s;
  assign s = DUT.s$q;
  wire busy = DUT.busy, done = DUT.done, fresh = DUT.fresh;
  wire [63:0] new_top = {DUT.new_top_high, DUT.new_top_low};


  // The request under way or just answered.
  reg asked, q_clear;
  reg [4:0] q_index;
  reg [63:0] q_number, q_top;
  reg [15:0] q_size;
  reg [5:0] clocks;
  wire take = start && !busy;
  always @(posedge clock) begin
    if (clocks != 63) clocks <= clocks + 1;
    if (take) begin
      asked <= 1;
      clocks <= 1;
      q_clear <= clear; q_index <= index; q_number <= number; q_top <= top; q_size <= size;
    end
    if (reset) begin asked <= 0; clocks <= 0; end
  end
  wire check_size0 = !q_clear && q_size == 0;

  // What the contract makes of `sa`: `was_…` before this cycle's answer, `is_…` with it.
  reg was_cleared, was_seen;
  reg [63:0] was_top, floor;
  wire mine = asked && q_index == sa;
  wire answers = done && mine && !q_clear && was_cleared;
  wire clears = done && mine && q_clear;
  wire is_cleared = (was_cleared || clears) && !lapses;
  wire [63:0] is_top = clears ? q_number : answers ? new_top : was_top;
  wire [63:0] is_floor = clears ? q_number : floor;
  wire is_seen = clears ? 0 : was_seen || (answers && fresh && q_number == n);
  always @(posedge clock) begin
    was_cleared <= is_cleared && !(take && clear && index == sa) && !reset;
    was_top <= take && !clear && index == sa ? top : is_top;
    floor <= is_floor; was_seen <= is_seen;
  end
  wire [64:0] bottom = {1'b0, n} + w;
  wire in_window = bottom > {1'b0, was_top};
  wire [64:0] q_bottom = {1'b0, q_number} + q_size;

  always @* if (started && take) begin
    contract_size: CONTRACT(size <= 1024);
    if (!clear && index == sa && is_cleared) contract_check: CONTRACT(top >= is_top && size == w);
  end
  always @* begin
    assume(w >= 1 && w <= 1024);
    assume(DUT.memory$0.place0 == {sa, n[10:6]});
    assume(DUT.memory$1.place0 == {sa, n[10:6]});
    assume(DUT.memory$2.place0 == {sa, n[10:6]});
    assume(DUT.memory$3.place0 == {sa, n[10:6]});
  end

  // The properties.
  always @* if (started) begin
    if (answers && fresh && q_number == n) begin
      N2_window_once: assert(!was_seen);
      N2_window_floor: assert(n > floor);
    end
    if (answers && fresh) begin
      N2_window_bottom: assert(q_bottom > {1'b0, was_top});
      N2_window_zero: assert(q_number != 0);
    end
    if (answers && q_number == n) window_exact: assert(fresh == (n != 0 && in_window && !was_seen && n > floor));
    if (answers) window_top: assert(new_top == (fresh && q_number > was_top ? q_number : was_top));
    if (done && check_size0) window_off: assert(fresh);
    if (asked && check_size0) window_off__write: assert(!DUT.write);
    window_time: assert(busy == (asked && clocks < (q_clear ? 34 : 5)) && done == (asked && clocks == (q_clear ? 34 : 5)));
  end

  // What the properties follow from. The block at n's place, and whether its tag is that of n's block.
  wire [63:0] bits = {DUT.memory$0.word0, DUT.memory$1.word0};
  wire [31:0] label_high = DUT.memory$2.word0, label_low = DUT.memory$3.word0;
  wire tagged = label_high == n[63:32] && label_low == {n[31:11], 11'd1};
  wire [4:0] q_place = q_number[10:6];
  wire near = q_place == n[10:6] && mine && !q_clear;
  wire q_tagged = label_high == q_number[63:32] && label_low == {q_number[31:11], 11'd1};
  wire [31:0] half = q_number[5] ? DUT.memory$0.word0 : DUT.memory$1.word0;

  always @* if (started && is_cleared) begin
    record_top: assert(is_top >= is_floor);
    if (is_seen) record_seen: assert(n <= is_top && n > is_floor && n != 0);
    if (is_seen || n <= is_floor) record_kept: assert(bottom <= {1'b0, is_top} || n == 0 || (tagged && !bits[n[5:0]]));
    if (!is_seen && n > is_floor && tagged) record_open: assert(bits[n[5:0]]);
  end

  // The request in its steps.
  always @* if (started) begin
    step_known: assert(s.step <= `WindowStep_Sweep);
    if (!asked) step_idle: assert(!busy && !done);
    if (busy) step_fresh: assert(!fresh);
    if (asked && clocks >= 1) step_request: assert(s.index == q_index && s.clear == q_clear && s.size == q_size[10:0] && q_size <= 1024);
    if (mine && !q_clear && (busy || done) && was_cleared) step_mine: assert(q_top == was_top && q_size == w);
    if (mine && q_clear && busy) step_mine_clear: assert(!was_cleared);
    if (busy && !q_clear) begin
      step_check: assert(s.step == clocks && s.step <= 4 && DUT.high$q == q_number[63:32] && DUT.low$q == q_number[31:0]);
      step_peak: assert(DUT.peak_high$q == q_top[63:32] && DUT.peak_low$q == q_top[31:0]);
    end
    if (busy && !q_clear && clocks >= 2) step_one: assert(s.one == 32'd1 << q_number[4:0] && s.zero == (q_number == 0));
    if (busy && !q_clear && clocks == 2) begin
      step_gap: assert(DUT.gap_low$q == q_top[31:0] - q_number[31:0] && DUT.gap_high$q == q_top[63:32] - q_number[63:32]);
    end
    if (near && busy && clocks >= 2) begin
      step_read: assert({DUT.memory$0.read_data, DUT.memory$1.read_data} == bits);
      step_read_label: assert(DUT.memory$2.read_data == label_high && DUT.memory$3.read_data == label_low);
    end
    if (busy && !q_clear && clocks >= 3) begin
      step_ahead: assert(s.ahead == (q_number > q_top) && (s.ahead || s.near == (q_bottom > {1'b0, q_top})));
      if (near) step_block: assert({DUT.block$0$q, DUT.block$1$q} == bits);
      if (near && clocks == 3) step_label: assert(DUT.label$0$q == label_high && DUT.label$1$q == label_low);
    end
    if (busy && !q_clear && clocks == 4) begin
      step_keep: assert(s.keep_high == s.keep_low);
      if (near) step_same: assert(s.keep_high == q_tagged && (!q_tagged || s.seen == !half[q_number[4:0]]));
    end
  end

  // The sweep of a clear: its k-th write is that of the block k below the number's.
  wire [63:0] swept = q_number - {52'd0, s.count, 6'd0};
  wire [4:0] distance = q_place - n[10:6];
  wire [58:0] distant = {1'b0, q_number[63:6]} - distance;
  wire [63:0] above = ~(64'hffff_ffff_ffff_ffff >> (63 - q_number[5:0]));
  wire reached = clears || (mine && q_clear && busy && s.step == `WindowStep_Sweep && distance < s.count);
  always @* if (started) begin
    if (busy && q_clear) begin
      sweep_step: assert((s.step == `WindowStep_Compare && clocks == 1) || (s.step == `WindowStep_Sweep && clocks == s.count + 2));
      sweep_number: assert({DUT.high$q, DUT.low$q} == (s.step == `WindowStep_Compare ? q_number : swept));
      sweep_peak: assert(DUT.peak_high$q == q_top[63:32] && DUT.peak_low$q == q_top[31:0]);
      if (s.step == `WindowStep_Sweep) begin
        sweep_block: assert(DUT.block$0$q == 0 && DUT.block$1$q == 0);
        sweep_zero: assert(s.zero == (q_number[63:6] < s.count));
        if (s.count == 0) sweep_half: assert(!s.keep_high && s.keep_low == q_number[5] && s.one == (q_number[5] ? ~above[63:32] : ~above[31:0]));
        if (s.count != 0) sweep_keep: assert(s.keep_high && s.keep_low);
      end
    end
    if (reached) begin
      sweep_bits: assert(bits == (distance == 0 ? above : 0));
      sweep_label: assert(label_low[0] == !distant[58] && label_low[10:1] == 0);
      if (!distant[58]) sweep_tag: assert({label_high, label_low[31:11]} == distant[57:5]);
    end
  end
