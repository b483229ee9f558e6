// The record of one arbitrary number `n` of one arbitrary SA `sa` in a `Window`, among any other requests. Where this text is spliced in there are: `started`, `sa`, `n`, `w`
// (the size of `sa`'s window; 0: it has none, nothing is claimed of it), and the window's `reset`, `load`, `mark`, `clear`, `seed`, `index`, `ahead`, `far`, `from`. `number`: the one loaded, of which the window
// is given the low end. `first`: the next number of the SA at its seed, of which it is given the low end as well. `lapses`: the rules below are broken (a wipe does so), the SA is given up, and nothing is claimed until it is cleared again.
// What is asked of the environment goes by CONTRACT (assume or assert).

  WindowState s;
  assign s = DUT.s$q;
  WindowWrite late;
  assign late = DUT.late$q;
  wire window_busy = DUT.busy;
  wire resting = s.step == `WindowStep_Rest, marking = s.step == `WindowStep_Mark, turning = s.step == `WindowStep_Turn, sweeping = s.step == `WindowStep_Sweep;

  // The request: the number loaded, and since when; what was said with its mark; clocks since the last mark, clear or seed.
  reg loaded, q_ahead, q_far;
  reg [4:0] q_index;
  reg [5:0] q_from;
  reg [63:0] q_number;
  reg [2:0] clocks;
  reg [6:0] lasts;
  always @(posedge clock) begin
    if (clocks != 7) clocks <= clocks + 1;
    if (lasts != 127) lasts <= lasts + 1;
    if (load) begin loaded <= 1; clocks <= 1; q_index <= index; q_number <= number; end
    if (mark) begin q_ahead <= ahead; q_far <= ahead && far; q_from <= from; end
    if (mark || clear || seed || reset) loaded <= 0;
    if (mark || clear || (seed && !window_busy)) lasts <= 1;
  end
  wire mine = q_index == sa;

  // What becomes of `sa`: cleared, then live from its seed on. `next`: one above the highest number; 2^64 where there is no other. `old`: as it was before the last mark.
  reg cleared, live, seen;
  reg [64:0] base, next, old;
  wire [64:0] first_65 = {first == 0, first};
  always @(posedge clock) begin
    if (mark && mine && live) begin
      old <= next;
      if (ahead) next <= q_number + 65'd1;
      if (q_number == n) seen <= 1;
    end
    if (clear && index == sa) begin cleared <= w != 0; live <= 0; seen <= 0; end
    if (seed && index == sa && cleared) begin live <= 1; base <= first_65; next <= first_65; end
    if (lapses || reset) begin cleared <= 0; live <= 0; end
  end

  // The rules. A request comes where the one before is done; a seed also while its SA is being cleared.
  wire [64:0] gap = {1'b0, q_number} - next;
  always @* if (started && !reset) begin
    if (load) window_contract__load: CONTRACT(!window_busy && !mark && !clear && (!seed || lapses));
    if (clear) window_contract__clear: CONTRACT(!window_busy && !mark && !seed);
    if (cleared && !lapses) begin
      if (mark) window_contract__mark: CONTRACT(!window_busy && loaded && clocks >= 4 && !seed);
      if (seed) window_contract__seed: CONTRACT(!clear && !s.seeded && (resting || (s.step == `WindowStep_Clear && index == s.index)) && (index != sa || !live));
      if (mark && mine) begin
        window_contract__number: CONTRACT(live && ahead == (q_number >= next) && (ahead ? far == (gap >= 1024) : {1'b0, q_number} + 1024 >= next) && from == next[10:5]);
      end
      if (marking) window_contract__held: CONTRACT(ahead == q_ahead && (!ahead || from == q_from));
      if (turning) window_contract__far: CONTRACT(far == q_far);
    end
  end
  always @* assume(w <= 1024 && DUT.ring.place0 == {sa, n[10:5]});

  // The properties, once the first SA that is followed was cleared.
  wire tells = loaded && clocks >= 4 && mine && live && q_number == n && n < next && {1'b0, n} + w >= next;
  always @* if (started && cleared) begin
    if (tells) begin
      if (seen) N2_window_once: assert(!DUT.unseen);
      if (n < base) N2_window_floor: assert(!DUT.unseen);
      if (!seen && n >= base) window_exact: assert(DUT.unseen);
    end
    if (window_busy) window_time: assert(lasts <= 66);
  end

  // What they follow from. The word at n's place, as it is or is just being written, and its bit; whether that is what it should be.
  wire lands = late.write && late.target[10:0] == {sa, n[10:5]};
  wire [31:0] word = lands ? late.data : DUT.ring.word0;
  wire right = word[n[4:0]] == (n >= base && !seen);
  wire [5:0] n_at = n[10:5];
  wire near = {1'b0, n} + 1024 >= next;
  wire in_old = n[63:5] <= old[64:5], in_next = n[63:5] <= next[64:5];
  // How far a sweep has come: the words made new, those to be made new, and where n's is among them.
  wire [5:0] begins = (q_far ? s.till : q_from) + 1;
  wire [5:0] done_words = s.at - begins, last_word = s.till - begins, n_word = n_at - begins;

  always @* if (started && cleared) begin
    sane: assert(s.step <= `WindowStep_Sweep);
    index_small: assert(s.index[9:5] == 0);
    if (loaded) loaded_rests: assert(resting && !s.seeded && s.index == q_index && s.place == q_number[10:5] && s.bit_ == q_number[4:0] && s.at == s.place && clocks >= 1 && !late.write);
    if (loaded && mine && s.place == n_at) begin
      if (clocks >= 2) loaded_read: assert(DUT.ring.read_data == DUT.ring.word0);
      if (clocks >= 3) loaded_word: assert(DUT.word$q == DUT.ring.word0);
      if (clocks >= 4) loaded_unseen: assert(DUT.unseen == DUT.ring.word0[s.bit_]);
    end
    if (marking || turning || sweeping) begin
      request: assert(s.index == q_index && s.place == q_number[10:5] && s.bit_ == q_number[4:0] && !s.seeded);
      request_old: assert(!(mine && live) || (q_number < next && seen == (q_number == n || (seen && n < old))));
      request_mine: assert(!mine || live);
      if (mine) begin
        request_next: assert(q_ahead ? q_number >= old && next == q_number + 65'd1 && q_from == old[10:5] && q_far == (next - old >= 1025)
          : next == old && {1'b0, q_number} + 1024 >= next && !q_far);
        request_base: assert(base <= old && old != 0);
      end
    end
    if (marking) mark_at: assert(s.at == s.place && !late.write && lasts == 1);
    if (marking && mine && s.place == n_at) mark_word: assert(DUT.word$q == DUT.ring.word0);
    if (turning) turn_at: assert(q_ahead && s.at == q_from && lasts == 2);
    if (turning || sweeping) turn_till: assert(q_ahead && s.till == s.place + (s.bit_ == 31));
    if (sweeping) sweep_at: assert(lasts == 3 + done_words && done_words <= last_word && DUT.word$q == 32'hffffffff);
    if (sweeping && mine && !q_far) sweep_few: assert(last_word < 32);
    if (s.step == `WindowStep_Clear) clear_at: assert(lasts == 1 + s.at);
    if (s.step == `WindowStep_Seed) seed_at: assert(lasts <= 66 && !s.seeded && s.at == s.place && DUT.word$q == 32'hffffffff);
    if (s.seeded) seed_waits: assert(resting ? lasts <= 65 : s.step == `WindowStep_Clear);

    // The SA: being cleared; cleared; seeded; live.
    if (s.index == sa && s.step == `WindowStep_Clear) begin
      if (n_at < s.at) clearing: assert(word == 0);
      clearing_seed: assert(live == s.seeded);
    end
    else if (!live || (s.index == sa && (s.seeded || s.step == `WindowStep_Seed))) clear_word: assert(word == 0);
    if (!live) clear_unseen: assert(!seen && !(s.index == sa && (s.seeded || s.step == `WindowStep_Seed)));
    if (live && s.index == sa && (s.seeded || s.step == `WindowStep_Seed)) seeding: assert(!seen && base == next && s.place == base[10:5] && s.bit_ == base[4:0]);
    if (live) live_next: assert(base != 0 && base <= next && next <= {1'b1, 64'd0} && (!seen || n < next));
    if (live && !(s.index == sa && (s.seeded || s.step == `WindowStep_Seed || s.step == `WindowStep_Clear)) && near) begin
      if (!mine || !(marking || turning || sweeping)) begin
        if (in_next) right_rest: assert(right);
      end else if (marking) begin
        if (!q_far && in_old && q_number != n) right_mark: assert(right);
      end else if (turning) begin
        if (!q_far && in_old) right_turn: assert(right);
      end else begin
        if (!q_far && in_old) right_sweep: assert(right);
        if (in_next && (q_far || !in_old) && n_word < done_words) right_swept: assert(right);
      end
    end
  end
