//: block    holdfast_compact$resync$recorder
//: keep     s state activity t w kept$0 kept$1 ledger numbers
//: types    RecorderPhase RecorderTask LedgerStep NumbersAct RecorderWork RecorderPipe RecorderStatus NumbersState LedgerState LedgerNews
//: watched  5
//: property N1_recorder_limit    No limit is told to commit that the records do not cover: if power failed in this clock, the SA would come back at that number or above, even with any one of its records lost.
//: property N1_recorder_restore  An SA that commit is told to install from records begins at or above every number used under its key before, whatever was cut when.
//: property N1_recorder_exact    While an exact record counts, and while one is being written, both directions are held: from before the first one until both records of the SA are others.
//: property recorder_fault       A device that is suspended when the NVRAM fails stays held, for good.
//: property recorder_keeper      The keeper is given one operation at a time, and its operands and its buffer are left alone until it is done.
//: state possible_told        a limit is set, and commit has done so
//: state possible_came_back   an SA that was restored is installed
//: state possible_came_short  the same, where one of its records was lost
//: state possible_resumed     an SA whose record was exact has both records written anew
//: state possible_replaced    the host's new SA takes the place of the old one
//: fault N1_recorder_exact    t$d{RecorderStatus.holding} = (activity$q == RecorderTask$Suspend) | stays; ==> t$d{RecorderStatus.holding} = activity$q == RecorderTask$Suspend;
//: fault recorder_fault       (t$q{RecorderStatus.stuck} | fault) ==> t$q{RecorderStatus.stuck}
//: fault recorder_keeper      k_slot = s$q{RecorderWork.dynamic_newest} == second; ==> k_slot = s$q{RecorderWork.dynamic_newest} == (second & ~k_done);
//: fault N1_recorder_limit    in holdfast_compact$resync$recorder$numbers: result = 32'h1; ==> result = 32'h3;
//: fault N1_recorder_limit    | (activity$q == RecorderTask$Raise) | (( ==> | ((
//: fault N1_recorder_limit    newest_after = ~s$q{RecorderWork.dynamic_newest}; ==> newest_after = s$q{RecorderWork.dynamic_newest};
//: fault N1_recorder_restore  {RecorderWork.lost} = ~recall$orderly & ~recall$both & ~inbound & ~counted; ==> {RecorderWork.lost} = 1'b0;

// The device without an external counter. One arbitrary outbound place `P`, through any number of power sessions: `reset` is a power cut, at any clock, and only the dynamic records of the place survive. A write that was under way then leaves the old record, the new one or none.
// Which of two records is newer is the order of their writing (the keeper's generations). The interval and ESN are any, the same for all SAs of the place.
// Assumed: the keeper ends only operations that were begun; `recall` reports one of the SAs whose records are there, and its newest record (recall.sv); commit takes up what the client asks, and grants it nothing while the host's own operation is under way, so that a new SA is there,
// with limit 0, when the recorder is granted commit after its answer; numbers used of an SA are below the limit in force, rising, at least sixteen clocks apart, none while both directions are held; held directions stay held.
module proof(
  input clock, input reset, input key_valid, input k_busy, input k_done, input k_ok, input k_blank, input k_fault,
  input [31:0] k_generation_high, input [31:0] k_generation_low, input [31:0] k_buffer_word, input c_grant, input c_done, input c_refused,
  input r_install, input r_delete, input r_inbound, input [4:0] r_index, input [31:0] r_data, input [31:0] p_data, input used, input [4:0] used_index,
  input [31:0] used_high, input [31:0] used_low, input starving, input [4:0] starving_index, input seen, input [4:0] seen_index,
  input [31:0] seen_high, input [31:0] seen_low, input [31:0] quarantine, input table_write, input [1:0] table_select, input [4:0] table_index,
  input [4:0] table_word, input [31:0] table_data, input held_all, input command, input [2:0] command_operation, input e_ready
);
  (* anyconst *) wire [5:0] P;
  (* anyconst *) wire [4:0] E;
  (* anyconst *) wire ESN;
  (* anyseq *) wire [3:0] fate;
  (* anyseq *) wire [1:0] choice;
  (* anyseq *) wire [1:0] matched;
  reg started = 0;
  always @(posedge clock) started <= 1;

  wire k_start, k_kind, k_slot, k_buffer_write, c_want, c_write, c_start, c_inbound, r_done, r_ok, hold_all;
  wire [2:0] k_operation, c_operation;
  wire [5:0] k_place, k_buffer_address;
  wire [31:0] k_buffer_data, c_data;
  wire [4:0] c_word, c_index;
  holdfast_compact$resync$recorder dut(
    .clock(clock), .reset(reset), .key_valid(key_valid), .k_start(k_start), .k_operation(k_operation), .k_kind(k_kind), .k_place(k_place),
    .k_slot(k_slot), .k_busy(k_busy), .k_done(k_done), .k_ok(k_ok), .k_blank(k_blank), .k_fault(k_fault),
    .k_generation_high(k_generation_high), .k_generation_low(k_generation_low), .k_buffer_write(k_buffer_write),
    .k_buffer_address(k_buffer_address), .k_buffer_data(k_buffer_data), .k_buffer_word(k_buffer_word), .c_want(c_want), .c_grant(c_grant),
    .c_write(c_write), .c_word(c_word), .c_data(c_data), .c_start(c_start), .c_operation(c_operation), .c_inbound(c_inbound),
    .c_index(c_index), .c_done(c_done), .c_refused(c_refused), .r_install(r_install), .r_delete(r_delete), .r_inbound(r_inbound),
    .r_index(r_index), .r_done(r_done), .r_ok(r_ok), .r_data(r_data), .p_data(p_data), .used(used), .used_index(used_index),
    .used_high(used_high), .used_low(used_low), .starving(starving), .starving_index(starving_index), .seen(seen), .seen_index(seen_index),
    .seen_high(seen_high), .seen_low(seen_low), .quarantine(quarantine), .table_write(table_write), .table_select(table_select),
    .table_index(table_index), .table_word(table_word), .table_data(table_data), .hold_all(hold_all), .held_all(held_all),
    .command(command), .command_operation(command_operation), .e_ready(e_ready), .counted(1'b0)
  );
  RecorderWork s;
  assign s = dut.s$q;
  wire [5:0] ph = dut.state$q;
  RecorderStatus t;
  assign t = dut.t$q;
  RecorderPipe pipe;
  assign pipe = dut.w$q;
  // What the numbers are asked for is done a clock later: they are looked at as they will be, with what was asked for done.
  NumbersState n, asked_for;
  assign n = dut.numbers.s$d;
  assign asked_for = dut.numbers.s$q;
  // The keeper's answers as the recorder sees them, a clock late: what the keeper has done counts as done from then on, and until then as under way.
  wire seen_done = pipe.done, seen_ok = pipe.ok, seen_fault = pipe.fault;
  wire calm = asked_for.act == `NumbersAct_None;
  LedgerState g;
  assign g = dut.ledger.s$q;
  LedgerNews news;
  assign news = dut.ledger.news$0$q;
  wire [31:0] n5 = dut.numbers.words.word0, n6 = dut.numbers.words.word1, n2 = dut.numbers.words.word2, n3 = dut.numbers.words.word3;
  wire nw = dut.numbers.words.write;
  wire [2:0] na = dut.numbers.words.write_address;
  wire [31:0] nd = dut.numbers.words.write_data;
  wire [63:0] num = {nw && na == 5 ? nd : n5, nw && na == 6 ? nd : n6}, lim = {nw && na == 2 ? nd : n2, nw && na == 3 ? nd : n3};
  wire [31:0] kept_all = dut.kept$0$q;
  wire kept = kept_all[P[4:0]];
  wire here = s.place == P;
  // What the recorder knows of the place in hand, it learnt a clock ago.
  reg was_here = 0, was_kept;

  // What is followed of the ledger: the value booked of the place, its slots, the number reached.
  wire [63:0] led = {dut.ledger.words.word0, dut.ledger.words.word1}, stored = {dut.ledger.words.word3, dut.ledger.words.word4};
  wire [31:0] slots = dut.ledger.words.word2;
  wire ledA = slots[1];
  wire led_right = slots[2] == ESN && slots[7:3] == E;
  always @* begin
    assume(!P[5] && E >= 4 && E <= 24);
    assume(dut.ledger.words.place0 == {P, 3'd2} && dut.ledger.words.place1 == {P, 3'd3} && dut.ledger.words.place2 == {P, 3'd4});
    assume(dut.ledger.words.place3 == {P, 3'd5} && dut.ledger.words.place4 == {P, 3'd6});
    assume(dut.numbers.words.place0 == 5 && dut.numbers.words.place1 == 6 && dut.numbers.words.place2 == 2 && dut.numbers.words.place3 == 3 && dut.numbers.words.place4 == 0);
  end

  // An interval further, as far as there are numbers.
  wire [63:0] most = ESN ? ~64'd0 : 64'h1_0000_0000;
  function [63:0] further(input [63:0] n);
    reg [64:0] sum;
    sum = {1'b0, n} + (65'd1 << E);
    further = sum > {1'b0, most} ? most : sum[63:0];
  endfunction

  // The dynamic records of the place: which SA each belongs to, the one in the tables (or that was last), one before it, one that is being installed, or one that was never used.
  localparam NONE = 0, CURRENT = 1, BEFORE = 2, COMING = 3;
  reg [1:0] v = 0, exact;
  reg [1:0] id0, id1;
  reg [63:0] val0, val1;
  reg newest;
  // At or above every number used, + 1, of those SAs.
  reg [63:0] floor, floor_before, floor_coming;
  // The limit in force; the SA is in the tables; the host has its answer, and the new SA is not there yet.
  reg [63:0] bound;
  reg installed, swap;
  // The keeper: what is under way. Its buffer, where it counts; commit's stage.
  reg kb = 0;
  reg [2:0] ko;
  reg kk, ks, kx;
  reg [5:0] kp;
  reg [63:0] kv;
  reg [1:0] ki;
  reg [31:0] b5, b6, b7;
  reg [63:0] put_number, put_limit;
  // With the word that is on its way.
  wire [31:0] c5 = k_buffer_write && k_buffer_address == 5 ? k_buffer_data : b5;
  wire [31:0] c6 = k_buffer_write && k_buffer_address == 6 ? k_buffer_data : b6;
  wire [31:0] c7 = k_buffer_write && k_buffer_address == 7 ? k_buffer_data : b7;
  wire [63:0] staged_number = {c_write && c_word == 21 ? c_data : put_number[63:32], c_write && c_word == 20 ? c_data : put_number[31:0]};
  wire [63:0] staged_limit = {c_write && c_word == 23 ? c_data : put_limit[63:32], c_write && c_word == 22 ? c_data : put_limit[31:0]};
  reg cb, held, faulty, active, frozen;
  reg [3:0] gap;

  wire ack = kb && seen_done && seen_ok && !reset;
  wire ends = kb && (seen_done || reset);
  wire writes = ko == 1 && !kk && kp == P, erases = ko == 2 && !kk && kp == P, wipes = ko == 4;
  wire lands = ends && writes && (ack || fate[1:0] == 1), torn = ends && writes && !ack && fate[1:0] >= 2;
  wire reported = ph == `RecorderPhase_Recalling && here && dut.recall$done && dut.recall$found && !reset;
  wire in_use_now = swap && c_grant && !reset;
  wire mine = c_start && !c_inbound && c_index == P[4:0];
  wire installs = mine && c_operation == 1, limits = mine && c_operation == 6;
  wire moves = used && used_index == P[4:0];
  wire [63:0] used_number = {used_high, used_low};
  wire [1:0] is = {v[1] && id1 == choice, v[0] && id0 == choice};
  wire [63:0] floor_chosen = choice == CURRENT ? floor : choice == BEFORE ? floor_before : choice == COMING ? floor_coming : 0;
  wire leaves = (v[0] && !matched[0] && id0 == CURRENT) || (v[1] && !matched[1] && id1 == CURRENT);
  function [1:0] renamed(input [1:0] id, input match);
    renamed = match ? CURRENT : id == CURRENT ? BEFORE : id == COMING ? NONE : id;
  endfunction
  always @(posedge clock) begin
    // The keeper.
    if (k_start) begin
      kb <= 1; ko <= k_operation; kk <= k_kind; kp <= k_place; ks <= k_slot; kv <= {c5, c6}; kx <= c7[0];
      ki <= dut.activity$q == `RecorderTask_Install ? COMING : CURRENT;
    end
    if (seen_done || reset) kb <= 0;
    b5 <= c5; b6 <= c6; b7 <= c7;
    if (lands && !ks) begin v[0] <= 1; exact[0] <= kx; id0 <= ki; val0 <= kv; newest <= 0; end
    if (lands && ks) begin v[1] <= 1; exact[1] <= kx; id1 <= ki; val1 <= kv; newest <= 1; end
    if (torn || (ends && erases && (ack || fate[0]))) v[ks] <= 0;
    if (ends && wipes) v <= ack ? 0 : v & fate[1:0];
    // A new SA is taken in hand: what was left of one that never came is nobody's.
    if (ph == `RecorderPhase_Learn && here && s.step == 0) begin
      if (id0 == COMING) id0 <= NONE;
      if (id1 == COMING) id1 <= NONE;
    end
    if (ph == `RecorderPhase_Learn && here && s.step == 23) floor_coming <= {r_data, num[31:0]};
    if (reported) begin
      id0 <= renamed(id0, matched[0]);
      id1 <= renamed(id1, matched[1]);
      floor <= floor_chosen;
      if (leaves) floor_before <= floor;
    end
    if (in_use_now) begin
      if (id0 == COMING) id0 <= CURRENT;
      if (id1 == COMING) id1 <= CURRENT;
      floor <= floor_coming; bound <= 0; swap <= 0;
    end
    // Commit.
    put_number <= staged_number; put_limit <= staged_limit;
    if (c_start && c_grant) cb <= 1;
    if (c_done) cb <= 0;
    active <= installs && !c_done && !reset && (moves || active);
    if (moves && !swap) floor <= used_number + 1;
    if (installs) begin
      bound <= staged_limit; installed <= 1;
      if (!installed) floor <= staged_number;
      if (c_done && c_refused) begin bound <= 0; installed <= 0; end
    end
    // A lower limit is there when commit says so.
    if (limits && (c_done || staged_limit > bound)) bound <= staged_limit;
    if (r_done && r_ok && dut.activity$q == `RecorderTask_Install && here) swap <= 1;
    if (r_done && dut.activity$q == `RecorderTask_Delete && here && hold_all) bound <= 0;
    if (reset) begin bound <= 0; installed <= 0; swap <= 0; cb <= 0; end
    held <= hold_all && held_all && !reset;
    faulty <= k_fault && !reset;
    was_here <= here && !reset; was_kept <= kept;
    frozen <= !reset && (frozen || (t.suspended && seen_fault));
    gap <= reset ? 0 : used ? 15 : gap ? gap - 1 : 0;
  end

  always @* begin
    assume(started || reset);
    // The keeper; a fault stays.
    if (k_done) assume(kb && !seen_done);
    if (faulty) assume(k_fault);
    // Recall.
    assume(dut.recall$act <= `NumbersAct_BornLow);
    assume(dut.recall$age == 0 && !dut.recall$ancient);
    if (dut.recall$k_start) assume(ph == `RecorderPhase_Recalling && !kb && !dut.recall$done);
    if (dut.recall$done) assume(ph == `RecorderPhase_Recalling && !kb);
    if (kb) assume(dut.recall$k_kind == kk && dut.recall$k_slot == ks);
    if (reported) begin
      assume(choice == NONE ? (matched & ~is) == 0 : matched == is);
      assume(matched != 0 && dut.recall$both == (matched == 3));
      assume(dut.recall$dynamic_slot == (matched == 3 ? newest : matched[1]));
      assume(num == (dut.recall$dynamic_slot ? val1 : val0) && dut.recall$act == `NumbersAct_None);
      assume(dut.recall$orderly == exact[dut.recall$dynamic_slot] && dut.recall$stale == (matched == 3 && exact[!dut.recall$dynamic_slot]));
    end
    // What static records, parameters and the host's SA say.
    if (ph == `RecorderPhase_StageParameters && here && s.step == 2) assume(k_buffer_word[20:16] == E);
    if (ph == `RecorderPhase_StageSa && here && s.step == 2) assume(k_buffer_word[2] == ESN);
    if (ph == `RecorderPhase_Learn && here && s.step == 21) assume(r_data[2] == ESN && p_data[20:16] == E);
    if (ph == `RecorderPhase_Learn && here && s.step == 23) assume({r_data, num[31:0]} <= most);
    // Commit.
    if (c_done) assume(cb && c_start);
    if (c_done && (active || moves)) assume(!c_refused);
    // Numbers.
    if (moves) assume(used_number < bound && (swap || used_number >= floor));
    if (used) assume(gap == 0 && !(hold_all && held_all));
    if (held_all) assume(held || hold_all);
    if (held && hold_all) assume(held_all);
  end

  // The records as they are now: what they would bring back, and whether they allow a number.
  wire [1:0] c = {v[1] && id1 == CURRENT, v[0] && id0 == CURRENT};
  wire [63:0] val_newest = newest ? val1 : val0;
  wire [63:0] again0 = exact[0] ? val0 : further(val0), again1 = exact[1] ? val1 : further(val1);
  wire [63:0] again = c == 3 ? val_newest : c[1] ? again1 : again0;
  function covers(input [63:0] n);
    covers = (!c[0] || again0 >= n) && (!c[1] || again1 >= n) && (c != 3 || val_newest >= n);
  endfunction
  wire settled = t.holding && ph != `RecorderPhase_Hold;

  // The properties.
  always @* if (started && !reset) begin
    if (limits) N1_recorder_limit: assert(covers(staged_limit) && (c & exact) == 0);
    if (installs) N1_recorder_limit__installed: assert(covers(staged_limit) && (c & exact) == 0);
    if (installs && !installed) N1_recorder_restore: assert(staged_number >= floor);
    if (bound != 0 || kept) N1_recorder_exact: assert((c & exact) == 0 || hold_all);
    if (k_start && k_operation == 1 && !k_kind && k_place == P) N1_recorder_exact__written: assert(!c7[0] || (hold_all && held));
    if (frozen) recorder_fault: assert(hold_all);
    if (kb) recorder_keeper: assert(k_operation == ko && k_kind == kk && k_place == kp && k_slot == ks && !k_buffer_write && !k_start);
  end

  // What they follow from. The machine.
  wire [2:0] tk = dut.activity$q;
  // Between two places of restoring, suspending or resuming.
  wire step = ph == `RecorderPhase_Step;
  wire work = ph > `RecorderPhase_Idle;
  wire restoring = work && tk == `RecorderTask_Restore;
  wire [5:0] order = {P[4:0], P[5]}, order_scan = {t.scan_place[4:0], t.scan_place[5]}, order_here = {s.place[4:0], s.place[5]};
  wire brought = restoring && here && (ph == `RecorderPhase_Install || (ph == `RecorderPhase_Book && !s.ends) || ph == `RecorderPhase_Answer);
  wire steps = ph == `RecorderPhase_Load || ph == `RecorderPhase_StageParameters || ph == `RecorderPhase_StageSa || ph == `RecorderPhase_Learn
    || ph == `RecorderPhase_Fill || ph == `RecorderPhase_Need || ph == `RecorderPhase_Needed || ph == `RecorderPhase_StageNumbers || ph == `RecorderPhase_First
    || ph == `RecorderPhase_Second || ph == `RecorderPhase_Install || ph == `RecorderPhase_Book || ph == `RecorderPhase_Reached
    || ph == `RecorderPhase_LimitStage || ph == `RecorderPhase_Erase || ph == `RecorderPhase_Erasing || ph == `RecorderPhase_Format || ph == `RecorderPhase_Again
    || ph == `RecorderPhase_Loaded || ph == `RecorderPhase_Next;
  wire T0 = tk == `RecorderTask_Restore, T1 = tk == `RecorderTask_Install, T2 = tk == `RecorderTask_Raise, T3 = tk == `RecorderTask_Edge;
  wire T4 = tk == `RecorderTask_Suspend, T5 = tk == `RecorderTask_Resume, T6 = tk == `RecorderTask_Delete;
  always @* if (!started) nothing_yet: assert(v == 0 && !kb);
  always @* if (started) begin
    uncounted: assert(!t.owed && !s.owed && !s.dated && s.age == 0 && ph != `RecorderPhase_Advance && ph != `RecorderPhase_Advancing && ph != `RecorderPhase_Date);
    sane: assert(ph <= `RecorderPhase_Format && tk <= `RecorderTask_Delete);
    step_none: assert(steps || s.step == 0 || (ph == `RecorderPhase_Clear && T0));
    step_load: assert(ph != `RecorderPhase_Load || s.step <= 6);
    step_parameters: assert(ph != `RecorderPhase_StageParameters || s.step <= 17);
    step_sa: assert(ph != `RecorderPhase_StageSa || s.step <= 25);
    step_learn: assert(ph != `RecorderPhase_Learn || s.step == 0 || (s.step >= 20 && s.step <= 23));
    step_fill: assert(ph != `RecorderPhase_Fill || s.step <= 41);
    step_numbers: assert(ph != `RecorderPhase_StageNumbers || s.step <= 3);
    step_need: assert(ph != `RecorderPhase_Need || s.step == 6 || s.step == 7);
    step_record: assert((ph != `RecorderPhase_First && ph != `RecorderPhase_Second) || s.step <= 5);
    step_book: assert(ph != `RecorderPhase_Book || s.step <= 4);
    step_reached: assert(ph != `RecorderPhase_Reached || (s.step >= (T0 || T1 ? 5 : 7) && s.step <= 7));
    step_one: assert((ph != `RecorderPhase_Next && ph != `RecorderPhase_Again && ph != `RecorderPhase_Needed && ph != `RecorderPhase_Install && ph != `RecorderPhase_LimitStage && ph != `RecorderPhase_Format) || s.step <= 1);
    step_loaded: assert(ph != `RecorderPhase_Loaded || s.step == 7);
    step_erase: assert((ph != `RecorderPhase_Erase && ph != `RecorderPhase_Erasing) || s.step <= 3);
    case (ph)
      `RecorderPhase_Hold: task_hold: assert(T4 && s.place == 0);
      `RecorderPhase_Step: task_step: assert(T0 || T4 || T5);
      `RecorderPhase_Next: task_next: assert(T4 || T5);
      `RecorderPhase_Load: task_load: assert(T1 || T2 || T3 || T4 || T5);
      `RecorderPhase_Need, `RecorderPhase_Needed: task_need: assert(T2);
      `RecorderPhase_Recall, `RecorderPhase_Recalling, `RecorderPhase_Reread, `RecorderPhase_Rereading, `RecorderPhase_Want, `RecorderPhase_StageParameters, `RecorderPhase_CommitParameters,
      `RecorderPhase_StageSa, `RecorderPhase_StageNumbers, `RecorderPhase_Install, `RecorderPhase_Refuse: task_restore: assert(T0);
      `RecorderPhase_Static, `RecorderPhase_StaticDone, `RecorderPhase_Wipe, `RecorderPhase_Wiping: task_static: assert(T0 || T1);
      `RecorderPhase_Learn, `RecorderPhase_Fill: task_learn: assert(T1);
      `RecorderPhase_Loaded, `RecorderPhase_AddLow, `RecorderPhase_AddHigh, `RecorderPhase_Again, `RecorderPhase_Clear, `RecorderPhase_Book, `RecorderPhase_Reached: task_any: assert(!T6);
      `RecorderPhase_First, `RecorderPhase_FirstDone: task_first: assert(!T4 && !T6);
      `RecorderPhase_Second, `RecorderPhase_SecondDone: task_second: assert(T0 || T1 || T4 || T5);
      `RecorderPhase_LimitWant, `RecorderPhase_LimitStage, `RecorderPhase_Limit: task_limit: assert(T1 || T2 || T5);
      `RecorderPhase_Erase, `RecorderPhase_Erasing: task_erase: assert(T6);
      default: ;
    endcase
    if (s.ends && work) ends_when: assert((T0 || T1) && (ph == `RecorderPhase_Wipe || ph == `RecorderPhase_Wiping || ph == `RecorderPhase_Clear || (ph == `RecorderPhase_Refuse && T0)
      || (ph == `RecorderPhase_Answer && T1 && !s.good) || (ph == `RecorderPhase_Book && T0 && s.step == 4) || (step && T0)));
    if (T0 && ph == `RecorderPhase_Clear) ends_clear: assert(s.ends || s.good);
    if (work && T2) raise_outbound: assert(!s.place[5]);
    if (work && T3) edge_inbound: assert(s.place[5]);
    if (work && T1) install_double: assert(s.double);
    if (work && T5) resume_double: assert(s.double || ph == `RecorderPhase_Next);
    if (work && (T2 || T3)) raise_single: assert(!s.double);
    if (ph == `RecorderPhase_Second || ph == `RecorderPhase_SecondDone) second_double: assert(s.double || T4);
    if (work && T4) suspend_single: assert(!s.double);
    if (work && !T0) lost_only_restored: assert(!s.lost);
    if (work && !T0) heal_only_restored: assert(!s.heal && !s.skip);
    if (work && T0 && here && ph > `RecorderPhase_Recalling) skip_inbound: assert(!s.skip);
    if (work && (T4 || T5) && ph != `RecorderPhase_Hold && ph != `RecorderPhase_Format) holding_command: assert(t.holding);
    if (work && T1 && (ph == `RecorderPhase_Wipe || ph == `RecorderPhase_Wiping)) wipe_ends: assert(s.ends);
    if (work && T0 && (ph == `RecorderPhase_Static || ph == `RecorderPhase_StaticDone)) static_heals: assert(s.heal);
    if (work && (T1 || T6)) host_restored: assert(!t.scanning);
    if (work && (T4 || T5)) command_restored: assert(!t.scanning && t.command != 0);
    if (held && !t.holding) held_before: assert(ph == `RecorderPhase_Idle && t.command == 0);
    if (t.holding) holding_restored: assert(!t.scanning && !restoring && !(work && (T2 || T3)));
    if (restoring && ph != `RecorderPhase_Format) scan: assert(t.scanning && s.place == t.scan_place);
    if (ph < `RecorderPhase_Idle) early: assert(T0 && s.place == 0 && !kept && bound == 0 && !installed && !swap && !t.holding && !t.scanning);
    if (t.scanning && (order > order_scan || (order == order_scan && !brought && !(step && T0)))) scan_before: assert(!kept && bound == 0 && !installed && !swap);
    if (brought) scan_here: assert(!kept);
    if (brought && ph == `RecorderPhase_Install && s.step == 0) install_first: assert(bound == 0 && !installed);
    if (t.scanning || kept) formatted: assert(t.formatted);
    if (work && T1 && ph != `RecorderPhase_Answer) formatted_work: assert(t.formatted);
    if (work && T1 && ph == `RecorderPhase_Answer && s.good) formatted_answer: assert(t.formatted);
    if (ph == `RecorderPhase_Format) format_empty: assert(!kept && !t.holding && T4);
    if (was_here) known_place: assert(pipe.recorded == was_kept);
    if (ph == `RecorderPhase_Next && s.step == 1) next_place: assert(was_here == here && was_kept == kept);
    if (swap) swap_when: assert(ph == `RecorderPhase_LimitWant && T1 && here);
    if (settled) settled_held: assert(held);

    // The keeper's operands are held, the buffer is left to it.
    if (kb) keeper_phase: assert(ph == `RecorderPhase_Opening || ph == `RecorderPhase_Recalling || ph == `RecorderPhase_Rereading || ph == `RecorderPhase_Wiping || ph == `RecorderPhase_StaticDone
      || ph == `RecorderPhase_FirstDone || ph == `RecorderPhase_SecondDone || ph == `RecorderPhase_Erasing || (ph == `RecorderPhase_Format && s.step == 1));
    if (kb) keeper_held: assert(k_operation == ko && k_kind == kk && k_place == kp && k_slot == ks && !k_start && !k_buffer_write);
    if (t.suspended) suspended_held: assert(t.holding);
    if (frozen) frozen_held: assert(t.holding && seen_fault);
  end

  // The records, at any time: nothing that was used is forgotten, whatever happens to what is under way and to any one of them.
  wire [63:0] floor0 = id0 == CURRENT ? floor : id0 == BEFORE ? floor_before : id0 == COMING ? floor_coming : 0;
  wire [63:0] floor1 = id1 == CURRENT ? floor : id1 == BEFORE ? floor_before : id1 == COMING ? floor_coming : 0;
  always @* if (started) begin
    if (v[0]) sound_0: assert(again0 >= floor0 && val0 <= most);
    if (v[1]) sound_1: assert(again1 >= floor1 && val1 <= most);
    if (v == 3 && id0 == id1) sound_newest: assert(val_newest >= floor0);
    if (v[0] && (id0 == COMING || id0 == NONE)) coming_0: assert(!exact[0] || id0 == NONE);
    if (kb && writes) under_way: assert(kv <= most && (ki == CURRENT ? kv >= floor : ki == COMING && kv >= floor_coming && !kx));
  end

  // The records allow the limit in force, and where the SA is booked, what is booked.
  wire full = covers(led) && (c & exact) == 0 && (!c[ledA] || (ledA ? val1 : val0) >= led) && bound <= led && floor <= led && led_right && led <= most;
  wire booking = here && (ph == `RecorderPhase_Book || (T1 && ((ph == `RecorderPhase_Answer && s.good) || ph == `RecorderPhase_LimitWant)));
  wire deleted = here && T6 && ph == `RecorderPhase_Answer;
  wire visited = T5 && settled && work && (order < order_here || (step && order == order_here)) && !t.stuck && !seen_fault;
  always @* if (started) begin
    if (bound != 0 && !settled) bound_covered: assert(covers(bound) && (c & exact) == 0);
    if (bound != 0 && settled && !kept && !deleted) bound_covered_held: assert(covers(bound) && (c & exact) == 0);
    if (kept && !settled && !booking) booked: assert(full);
    if (kept && settled && !booking) booked_held: assert(led >= floor && led <= most && led_right);
    if (kept && visited) booked_again: assert(full);
    if (bound != 0 && !swap) bound_floor: assert(floor <= bound && bound <= most);
    if (swap) bound_swap: assert(bound <= most);
  end

  // What each activity has done so far, where it is one of this place. `a`: the slot of the newest record, as booked.
  wire a = s.dynamic_newest, o = !s.dynamic_newest;
  wire [63:0] val_a = a ? val1 : val0, val_o = o ? val1 : val0;
  wire [1:0] id_o = o ? id1 : id0;
  wire alone = c != 3;
  // What is being added: the interval to N, or to the value of a record, where one was lost.
  wire [63:0] sum = s.lost ? num : lim, raw = s.lost ? {n5, n6} : {n2, n3}, base = s.lost ? val_a : num;
  wire drawn = ph == `RecorderPhase_Loaded || ph == `RecorderPhase_AddLow || ph == `RecorderPhase_AddHigh || ph == `RecorderPhase_Again || ph == `RecorderPhase_StageNumbers
    || ph == `RecorderPhase_First || ph == `RecorderPhase_FirstDone || ph == `RecorderPhase_Second || ph == `RecorderPhase_SecondDone || ph == `RecorderPhase_Reached
    || ph == `RecorderPhase_Install || (ph == `RecorderPhase_Book && !s.ends) || ph == `RecorderPhase_LimitWant || ph == `RecorderPhase_LimitStage || ph == `RecorderPhase_Limit;
  wire known = (T2 || T4 || T5) ? ph > `RecorderPhase_Load && ph != `RecorderPhase_Hold && ph != `RecorderPhase_Format
    : T1 ? ph == `RecorderPhase_Fill || ph == `RecorderPhase_Static || ph == `RecorderPhase_StaticDone || (ph == `RecorderPhase_Answer && s.good) || drawn
    : T0 && drawn;
  wire summed = (ph == `RecorderPhase_StageNumbers || ph == `RecorderPhase_First || ph == `RecorderPhase_FirstDone || ph == `RecorderPhase_Second || ph == `RecorderPhase_SecondDone
    || ph == `RecorderPhase_Install || (ph == `RecorderPhase_Book && !s.ends) || (ph == `RecorderPhase_Reached && !T2)
    || (T1 && (((ph == `RecorderPhase_Fill || ph == `RecorderPhase_Static || ph == `RecorderPhase_StaticDone) && s.copied) || (ph == `RecorderPhase_Answer && s.good)
      || ph == `RecorderPhase_LimitWant || ph == `RecorderPhase_LimitStage || ph == `RecorderPhase_Limit)));
  wire writing = ph == `RecorderPhase_First || ph == `RecorderPhase_Second;
  wire [63:0] value = ph == `RecorderPhase_Second || ph == `RecorderPhase_SecondDone ? (T4 ? num : lim) : T2 || (T0 && !s.double) ? lim : num;
  wire first_under_way = ph == `RecorderPhase_First || ph == `RecorderPhase_FirstDone;
  wire second_under_way = ph == `RecorderPhase_Second || ph == `RecorderPhase_SecondDone;
  wire adding = ph == `RecorderPhase_Loaded || ph == `RecorderPhase_AddLow || ph == `RecorderPhase_AddHigh || ph == `RecorderPhase_Again;
  wire found = T0 && (ph == `RecorderPhase_Reread || ph == `RecorderPhase_Rereading || ph == `RecorderPhase_Static || ph == `RecorderPhase_StaticDone || ph == `RecorderPhase_Want
    || ph == `RecorderPhase_StageParameters || ph == `RecorderPhase_CommitParameters || ph == `RecorderPhase_StageSa
    || ((ph == `RecorderPhase_Wipe || ph == `RecorderPhase_Wiping) && !s.ends) || adding || ph == `RecorderPhase_StageNumbers || first_under_way);
  wire told = ph == `RecorderPhase_Reached || ph == `RecorderPhase_Answer || ph == `RecorderPhase_LimitWant || ph == `RecorderPhase_LimitStage || ph == `RecorderPhase_Limit;
  wire booked_slot = s.double || T4 ? a : o;
  wire [63:0] booked_value = T4 ? num : lim;
  always @* if (started && here && work) begin
    if (ph == `RecorderPhase_Load) begin
      if (s.step == 3) load_3: assert(num[63:32] == led[63:32]);
      if (s.step == 4) load_4: assert(num == led);
      if (s.step == 6) load_6: assert(num[63:32] == stored[63:32]);
      if (s.step >= 5) load_slots: assert(s.exponent == E && s.esn == ESN);
    end
    if ((T2 || T4 || T5) && !(T2 && ph == `RecorderPhase_Load && s.step == 0) && ph != `RecorderPhase_Hold && !step && ph != `RecorderPhase_Next && ph != `RecorderPhase_Format) work_kept: assert(kept);
    if (known) work_known: assert(s.exponent == E && s.esn == ESN);
    if (T0 && (ph == `RecorderPhase_CommitParameters || ph == `RecorderPhase_StageSa || ((ph == `RecorderPhase_Wipe || ph == `RecorderPhase_Wiping) && !s.ends)
      || (ph == `RecorderPhase_StageParameters && s.step > 2))) work_exponent: assert(s.exponent == E);
    if (T0 && (((ph == `RecorderPhase_Wipe || ph == `RecorderPhase_Wiping) && !s.ends) || (ph == `RecorderPhase_StageSa && s.step > 2))) work_esn: assert(s.esn == ESN);
    if (T1 && ph == `RecorderPhase_Learn && s.step > 21) work_learn: assert(s.exponent == E && s.esn == ESN);
    if (ph == `RecorderPhase_AddHigh) sum_low: assert({n.carry, sum[31:0]} == {1'b0, base[31:0]} + (33'd1 << E) && (!s.lost || num[63:32] == base[63:32]));
    if (ph == `RecorderPhase_Again && s.step == 0) sum_high: assert({n.carry, sum} == {1'b0, base} + (65'd1 << E) && n.any == (sum[63:32] != 0 || n.carry));
    // Before its cap.
    if (ph == `RecorderPhase_Again && s.step == 1) sum_both: assert({asked_for.carry, raw} == {1'b0, base} + (65'd1 << E) && asked_for.any == (raw[63:32] != 0 || asked_for.carry));
    if (summed) sum_done: assert(lim == further(num));
    if (summed || (adding && !s.lost)) sum_most: assert(num <= most);
    if (writing && s.step > 2) buffer_5: assert(c5 == value[63:32]);
    if (writing && s.step > 3) buffer_6: assert(c6 == value[31:0]);
    if (writing && s.step > 4) buffer_7: assert(c7 == T4);
    if (kb && (ph == `RecorderPhase_FirstDone || ph == `RecorderPhase_SecondDone)) buffer_written: assert(kv == value && kx == T4 && ki == (T1 ? COMING : CURRENT));

    // Restored.
    if (found) begin
      found_newest: assert(c[a] && (alone || newest == a) && s.double == (exact[a] || alone));
      if (!(s.lost && (ph == `RecorderPhase_AddHigh || ph == `RecorderPhase_Again)))
        found_number: assert(s.lost || !(alone && !exact[a]) ? num == val_a : num == further(val_a) && (adding || summed));
      found_lost: assert(!s.lost || (alone && !exact[a] && !summed));
    end
    if (T0 && (first_under_way || second_under_way || ph == `RecorderPhase_Reached || ph == `RecorderPhase_Install)) restore_staged: assert(staged_number == num && staged_limit == lim);
    if (ph == `RecorderPhase_StageNumbers && s.step > 0) staged_0: assert(staged_number[31:0] == num[31:0]);
    if (ph == `RecorderPhase_StageNumbers && s.step > 1) staged_1: assert(staged_number[63:32] == num[63:32]);
    if (ph == `RecorderPhase_StageNumbers && s.step > 2) staged_2: assert(staged_limit[31:0] == lim[31:0]);
    if ((T0 || T5) && second_under_way) other_done: assert(c[o] && !exact[o] && val_o == num && (alone || newest == o) && num >= floor);
    if (T0 && (ph == `RecorderPhase_Reached || brought)) restore_done: assert(covers(lim) && (c & exact) == 0 && c[booked_slot] && (booked_slot ? val1 : val0) >= lim);
    if (T0 && (ph == `RecorderPhase_Reached || (ph == `RecorderPhase_Install && !installed))) restore_floor: assert(num >= floor && bound == 0);
    if (brought) restore_bound: assert(ph == `RecorderPhase_Install && !installed ? bound == 0 : installed && bound == lim);
    if (T0 && ph == `RecorderPhase_Answer) restore_good: assert(s.good && full);

    // A new SA.
    if (T1 && ((ph == `RecorderPhase_Learn && s.step > 0) || adding || first_under_way || ((ph == `RecorderPhase_Fill || ph == `RecorderPhase_Static || ph == `RecorderPhase_StaticDone) && !s.copied)))
      coming_none: assert(!(v[0] && id0 == COMING) && !(v[1] && id1 == COMING));
    if (T1 && (ph == `RecorderPhase_Load || ph == `RecorderPhase_Learn || adding || first_under_way || second_under_way)) coming_once: assert(!s.copied);
    if (T1 && (ph == `RecorderPhase_Fill || ph == `RecorderPhase_Static || ph == `RecorderPhase_StaticDone || drawn || (ph == `RecorderPhase_Answer && s.good))) coming_number: assert(num == floor_coming && num <= most);
    if (T1 && second_under_way) coming_other: assert(v[o] && id_o == COMING && val_o == num && !exact[o] && newest == o);
    if (T1 && summed && !first_under_way && !second_under_way && ph != `RecorderPhase_Reached && ph != `RecorderPhase_LimitStage && ph != `RecorderPhase_Limit)
      coming_both: assert(v == 3 && id0 == COMING && id1 == COMING && exact == 0 && newest == a && val_o == num && val_a == lim);
    if (T1 && (ph == `RecorderPhase_Reached || ph == `RecorderPhase_LimitStage || ph == `RecorderPhase_Limit))
      came_both: assert(kept && c == 3 && exact == 0 && newest == a && val_o == num && val_a == lim && led == lim && ledA == a);
    if (T1 && (ph == `RecorderPhase_Reached || ph == `RecorderPhase_LimitStage)) came_floor: assert(floor == num && bound == 0);
    if (T1 && ph == `RecorderPhase_Limit) came_bound: assert(bound == 0 ? floor == num : bound == lim);
    if (T1 && ((ph == `RecorderPhase_Answer && s.good) || ph == `RecorderPhase_LimitWant)) coming_booked: assert(led == lim && ledA == a && led_right);
    if (T1 && ph == `RecorderPhase_LimitWant) coming_swap: assert(swap && kept);

    // A limit raised; resumed; suspended.
    if (T2 && (ph == `RecorderPhase_Need || ph == `RecorderPhase_Needed || adding || first_under_way)) raise_number: assert(num == led && a == ledA);
    if (T2 && ph == `RecorderPhase_Needed && s.step == 1) raise_needed: assert(lim[31:0] == num[31:0] && !n.carry);
    if (T5 && (adding || first_under_way || second_under_way)) resume_number: assert(num == led);
    if ((T2 || T5) && told && (s.good || ph != `RecorderPhase_Answer)) told_booked: assert(led == lim);
    if ((T2 || T5) && ph == `RecorderPhase_Book) book_covers: assert(covers(lim) && (c & exact) == 0 && (!c[booked_slot] || (booked_slot ? val1 : val0) >= lim) && (T5 || bound <= lim) && floor <= lim);
    if (T5 && told && (s.good || ph != `RecorderPhase_Answer)) resume_covers: assert(floor <= led && covers(led) && (c & exact) == 0 && (!c[ledA] || (ledA ? val1 : val0) >= led));
    if ((T4 || T5) && (second_under_way || ph == `RecorderPhase_Book || ph == `RecorderPhase_Reached)) suspend_number: assert(num >= floor);
    if (T4 && adding) suspend_adding: assert(num >= floor);
    if (ph == `RecorderPhase_Book && !s.ends) begin
      if (s.step > 2) book_2: assert(led[63:32] == booked_value[63:32]);
      if (s.step > 3) book_3: assert(led[31:0] == booked_value[31:0]);
    end
    if (ph == `RecorderPhase_LimitStage && s.step == 1) limit_staged: assert(staged_limit[31:0] == lim[31:0]);
    if (ph == `RecorderPhase_Limit) limit_both: assert(staged_limit == lim);
  end
  always @* if (started && (ph == `RecorderPhase_LimitStage || ph == `RecorderPhase_Limit || (T5 && ph == `RecorderPhase_LimitWant))) limit_outbound: assert(!s.place[5]);

  // What is on its way: acts, words, answers.
  always @* if (started) begin
    late_act: assert(asked_for.act <= `NumbersAct_SameHigh);
    if (!calm) late_phase: assert(ph == `RecorderPhase_Recalling || ph == `RecorderPhase_Reread || ph == `RecorderPhase_Want || ph == `RecorderPhase_Static || ph == `RecorderPhase_Refuse || ph == `RecorderPhase_Clear
      || ph == `RecorderPhase_Load || ph == `RecorderPhase_Need || ph == `RecorderPhase_Idle || ph == `RecorderPhase_Needed || ph == `RecorderPhase_LimitWant || ph == `RecorderPhase_Learn || ph == `RecorderPhase_Fill
      || adding || ((writing || ph == `RecorderPhase_StageNumbers || ph == `RecorderPhase_Fill) && s.step == 0));
    if ((writing || ph == `RecorderPhase_StageNumbers) && !calm) late_cap: assert(asked_for.act == `NumbersAct_CapHigh && !asked_for.again);
    if (ph == `RecorderPhase_AddHigh) late_low: assert(asked_for.act == `NumbersAct_SumLow && asked_for.again == s.lost);
    if (ph == `RecorderPhase_Again) late_high: assert(asked_for.act == (s.step == 0 ? `NumbersAct_SumHigh : `NumbersAct_CapLow) && asked_for.again == s.lost);
    if (ph == `RecorderPhase_AddLow) late_add: assert(calm || asked_for.act == `NumbersAct_CapHigh);
    if (ph == `RecorderPhase_Needed) late_needed: assert(s.step == 0 ? calm : asked_for.act == `NumbersAct_SameLow && !asked_for.again);
    if ((writing || (ph == `RecorderPhase_Book && !s.ends)) && s.step != 0) late_limit: assert(pipe.limit == dut.limit);
    if ((ph == `RecorderPhase_StageNumbers && s.step != 0) || ph == `RecorderPhase_LimitStage) late_limit_staged: assert(pipe.limit);
    if (seen_done) late_done: assert(kb);
    if (seen_fault) late_fault: assert(faulty);
    if (s.primed) late_primed: assert(ph == `RecorderPhase_Book || ph == `RecorderPhase_Reached || ph == `RecorderPhase_Answer || ph == `RecorderPhase_Idle || step || ph == `RecorderPhase_Next);
    if (here && s.primed && ph == `RecorderPhase_Book && !s.ends) begin
      if (s.step == 2) late_book_2: assert(c_data == booked_value[63:32]);
      if (s.step == 3) late_book_3: assert(c_data == booked_value[31:0]);
      if (s.step == 4) late_book_4: assert(c_data == {24'd0, dut.rest});
    end
    if (here && s.primed && ph == `RecorderPhase_Reached) begin
      if (s.step == 5) late_reached_5: assert(c_data == num[63:32]);
      if (s.step == 6) late_reached_6: assert(c_data == num[31:0]);
    end
  end

  // The ledger's memory, while it is asked.
  wire asking = dut.ledger.state$q == `LedgerStep_Ask || dut.ledger.state$q == `LedgerStep_Answer;
  wire asks = (ph == `RecorderPhase_Load || ph == `RecorderPhase_Need) && here;
  wire [31:0] asked = s.step == 2 ? led[63:32] : s.step == 3 ? led[31:0] : s.step == 4 ? slots : s.step == 5 ? stored[63:32] : stored[31:0];
  wire followed = asks && s.step >= 2 && s.step <= 6;
  always @* if (started) begin
    ledger_step: assert(dut.ledger.state$q <= `LedgerStep_Answer);
    if (asking) ledger_asking: assert(ph == `RecorderPhase_Load || ph == `RecorderPhase_Need);
    if (asking) asking_place: assert(was_here == here && was_kept == kept);
    if (followed && dut.ledger.state$q == `LedgerStep_Ask) ledger_ask: assert(dut.ledger.words.read_data == asked);
    if (followed && dut.ledger.state$q == `LedgerStep_Answer) ledger_answer: assert(dut.ledger.read$q == asked);
  end

  // The number reached is never behind; where it is on its way, what it becomes. News are booked before the next can come.
  wire booking_step = dut.ledger.state$q == `LedgerStep_Low || dut.ledger.state$q == `LedgerStep_High || dut.ledger.state$q == `LedgerStep_Differ || dut.ledger.state$q == `LedgerStep_Decide;
  wire before_keep = (ph == `RecorderPhase_Load && s.step == 5) || (ph == `RecorderPhase_Need && s.step == 6);
  wire keeps = (ph == `RecorderPhase_Load && s.step == 6) || (ph == `RecorderPhase_Need && s.step == 7);
  wire [3:0] left = dut.ledger.state$q == `LedgerStep_Decide ? 1 : dut.ledger.state$q == `LedgerStep_Differ ? 2 : dut.ledger.state$q == `LedgerStep_High ? 3 : dut.ledger.state$q == `LedgerStep_Low ? 4
    : (dut.ledger.state$q == `LedgerStep_Idle ? 5 : dut.ledger.state$q == `LedgerStep_Answer ? 6 : 7) + (dut.ledger.state$q == `LedgerStep_Idle ? (keeps ? 3 : 0) : before_keep ? 3 : 0);
  wire moving = news.pending && news.index == P[4:0];
  wire [63:0] target = {news.high, news.low} + 1;
  wire [63:0] reached = moving ? target : stored;
  wire restarts = here && T1 && ph == `RecorderPhase_Reached && s.step <= 6;
  wire reached_counts = (kept && !restarts && !(here && T1 && ph == `RecorderPhase_LimitWant)) || brought;
  always @* if (started) begin
    if (booking_step && !g.inbound) progress_pending: assert(news.pending);
    if (dut.ledger.state$q == `LedgerStep_Low) progress_carry: assert(g.carry == !g.inbound);
    if (dut.ledger.state$q == `LedgerStep_High && !g.inbound) progress_high: assert(g.carry == (news.low == 32'hffffffff) && (!moving || stored[31:0] == target[31:0]));
    if ((dut.ledger.state$q == `LedgerStep_Differ || dut.ledger.state$q == `LedgerStep_Decide) && !g.inbound && moving) progress_stored: assert(stored == target);
    if (ph == `RecorderPhase_Load && s.step >= 5) load_5: assert(T3 || T4);
    if (keeps) progress_kept: assert(!booking_step);
    if (news.pending) progress_gap: assert(gap >= left + (booking_step && g.inbound ? 5 : 0));
    if (settled && news.pending) progress_held: assert(T4 && {4'd0, gap} + 3 * {2'd0, order_here} + (ph == `RecorderPhase_Next ? s.step : 2) <= 14
      && (step || ph == `RecorderPhase_Next || (ph == `RecorderPhase_Load && s.step == 0 && !asking)));
    if (reached_counts) progress_reached: assert(reached >= floor && reached <= most);
    if (ph < `RecorderPhase_Idle || (t.scanning && (order > order_scan || (order == order_scan && !brought && !(step && T0))))) progress_none: assert(!moving);
    if (brought && ph == `RecorderPhase_Install && !active) progress_inactive: assert(!moving);
    if (active) progress_active: assert(brought && ph == `RecorderPhase_Install && installed);
    if (here && work && ph == `RecorderPhase_Reached && s.step >= 6 && (T0 || T1)) progress_put: assert(!moving && stored[63:32] == num[63:32]);
    if (here && work && ph == `RecorderPhase_Reached && s.step >= 7 && (T0 || T1)) progress_put_low: assert(stored[31:0] == num[31:0]);
    if (brought && ph == `RecorderPhase_Install && !installed) progress_installs: assert(!moving && stored == num);
  end

`ifdef possible_told
  always @* possible_told: assert(!(started && limits && c_done && c_grant));
`elsif possible_came_back
  always @* possible_came_back: assert(!(started && here && installs && !installed && c_done && !c_refused && v == 3 && floor > 1000));
`elsif possible_came_short
  always @* possible_came_short: assert(!(started && here && T0 && s.lost && ph == `RecorderPhase_Again && floor > 1000));
`elsif possible_resumed
  always @* possible_resumed: assert(!(started && here && T5 && ph == `RecorderPhase_Book && s.step == 4 && v == 3));
`elsif possible_replaced
  always @* possible_replaced: assert(!(started && in_use_now && kept && floor > 1000));
`endif
endmodule
