//: block    holdfast_compact$resync$recorder
//: keep     s t number_high number_low limit_high limit_low kept$0 kept$1 inward
//: types    RecorderWork RecorderStatus ProgressState
//: watched  3
//: property N2_recorder_restore     An inbound SA that commit is told to install from records begins at or above everything delivered under its key before, and above the last resync's edge, or is in quarantine by then.
//: property N2_recorder_exact       While an exact record counts, and while one is being written, both directions are held.
//: property N2_recorder_edge        What is written as exact is at or above everything delivered, and the last resync's edge.
//: fault N2_recorder_restore  q_set = suspect & (step == 32'h0); ==> q_set = suspect & (step == 32'h1);
//: fault N2_recorder_restore  (recall$stale & inbound) ==> 1'b0
//: fault N2_recorder_exact    t$d{RecorderStatus.holding} = (s$q{RecorderWork.task} == RecorderTask$Suspend) | stays; ==> t$d{RecorderStatus.holding} = s$q{RecorderWork.task} == RecorderTask$Suspend;
//: fault N2_recorder_edge     if ((s$q{RecorderWork.task} == RecorderTask$Suspend) & ~(inbound & quarantined)) begin ==> if (s$q{RecorderWork.task} == RecorderTask$Suspend) begin

// One arbitrary inbound place `P`, through any number of power sessions, as in recorder.sv; what the ledger holds is anything. Assumed: the keeper and `recall` as there; an SA in quarantine
// delivers nothing; its quarantine ends with its words being overwritten, or with an ACK, whose edge commit has written (words 20 and 21) at least 16 clocks before, while nothing moved; the words of an SA
// that stays are written in no other case; what commit installs for the recorder is what was staged; a new SA of the host has its number in the tables when the recorder is granted commit after its answer, and before that nothing of it is delivered.
module proof(
  input clock, input reset, input key_valid, input k_busy, input k_done, input k_ok, input k_blank, input k_fault,
  input [31:0] k_generation_high, input [31:0] k_generation_low, input [31:0] k_buffer_word, input c_grant, input c_done, input c_refused,
  input r_install, input r_delete, input r_inbound, input [4:0] r_index, input [31:0] r_data, input [31:0] p_data, input used, input [4:0] used_index,
  input [31:0] used_high, input [31:0] used_low, input starving, input [4:0] starving_index, input seen, input [4:0] seen_index,
  input [31:0] seen_high, input [31:0] seen_low, input [31:0] quarantine, input table_write, input [1:0] table_select, input [4:0] table_index,
  input [4:0] table_word, input [31:0] table_data, input held_all, input command, input [2:0] command_operation, input e_ready
);
  (* anyconst *) wire [5:0] P;
  (* anyseq *) wire [3:0] fate;
  (* anyseq *) wire [1:0] choice;
  (* anyseq *) wire [1:0] matched;
  reg started = 0;
  always @(posedge clock) started <= 1;

  wire k_start, k_kind, k_slot, k_buffer_write, c_want, c_write, c_start, c_inbound, r_done, r_ok, hold_all;
  wire [2:0] k_operation, c_operation;
  wire q_set, q_clear;
  wire [4:0] q_index;
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
    .seen_high(seen_high), .seen_low(seen_low), .quarantine(quarantine), .q_set(q_set), .q_clear(q_clear), .q_index(q_index), .table_write(table_write), .table_select(table_select),
    .table_index(table_index), .table_word(table_word), .table_data(table_data), .hold_all(hold_all), .held_all(held_all),
    .command(command), .command_operation(command_operation), .e_ready(e_ready)
  );
  RecorderWork s;
  assign s = dut.s$q;
  RecorderStatus t;
  assign t = dut.t$q;
  ProgressState g;
  assign g = dut.inward.s$q;
  wire [63:0] num = {dut.number_high$q, dut.number_low$q}, lim = {dut.limit_high$q, dut.limit_low$q};
  wire [31:0] kept_all = dut.kept$1$q;
  wire kept = kept_all[P[4:0]];
  wire here = s.place == P;


  wire [31:0] prog_low = dut.inward.words.word0, prog_high = dut.inward.words.word1;
  always @* begin
    assume(P[5]);
    assume(dut.inward.words.place0 == {2'd0, P[4:0]} && dut.inward.words.place1 == {2'd1, P[4:0]} && dut.inward.words.place2 == {2'd2, P[4:0]});
  end

  // The dynamic records of the place: which SA each belongs to, as in recorder.sv.
  localparam NONE = 0, CURRENT = 1, BEFORE = 2, COMING = 3;
  reg [1:0] v = 0, exact;
  reg [1:0] id0, id1;
  reg [63:0] val0, val1;
  reg newest;
  // Above every number delivered, and the edge of the last resync, of those SAs.
  reg [63:0] floor, floor_before, floor_coming;
  // The SA is in the tables; the host has its answer, and the new SA is not there yet, but its number is.
  reg live, swap, there;
  reg kb = 0;
  reg [2:0] ko;
  reg kk, ks, kx;
  reg [5:0] kp;
  reg [63:0] kv;
  reg [1:0] ki;
  reg [31:0] b5, b6, b7;
  reg [63:0] staged_number;
  reg cb, held, faulty, active, low_told, acked;
  reg [31:0] low_data;
  reg [2:0] gap;
  reg [4:0] age;

  wire ack = kb && k_done && k_ok && !reset;
  wire ends = kb && (k_done || reset);
  wire writes = ko == 1 && !kk && kp == P, erases = ko == 2 && !kk && kp == P, wipes = ko == 4;
  wire lands = ends && writes && (ack || fate[1:0] == 1), torn = ends && writes && !ack && fate[1:0] >= 2;
  wire reported = s.phase == `RecorderPhase_Recalling && here && dut.recall$done && dut.recall$found && !reset;
  wire in_use_now = swap && c_grant && !reset;
  wire mine = c_start && c_inbound && c_index == P[4:0];
  wire installs = mine && c_operation == 1;
  wire delivers = seen && seen_index == P[4:0];
  wire [63:0] seen_number = {seen_high, seen_low};
  wire in_quarantine = quarantine[P[4:0]];
  wire tells = table_write && table_select == 1 && table_index == P[4:0] && (table_word == 20 || table_word == 21);
  wire resyncs = tells && live && !swap && s.phase != `RecorderPhase_Install;
  wire [63:0] told_number = {table_data, low_data};
  wire sets = q_set && q_index == P[4:0], clears = q_clear && q_index == P[4:0];
  wire [1:0] is = {v[1] && id1 == choice, v[0] && id0 == choice};
  wire [63:0] floor_chosen = choice == CURRENT ? floor : choice == BEFORE ? floor_before : choice == COMING ? floor_coming : 0;
  wire leaves = (v[0] && !matched[0] && id0 == CURRENT) || (v[1] && !matched[1] && id1 == CURRENT);
  function [1:0] renamed(input [1:0] id, input match);
    renamed = match ? CURRENT : id == CURRENT ? BEFORE : id == COMING ? NONE : id;
  endfunction
  // In quarantine since before the directions were held.
  reg lasting;
  reg was_quarantine, was_set, was_clear;
  always @(posedge clock) begin
    if (k_start) begin
      kb <= 1; ko <= k_operation; kk <= k_kind; kp <= k_place; ks <= k_slot; kv <= {b5, b6}; kx <= b7[0];
      ki <= s.task_ == `RecorderTask_Install ? COMING : CURRENT;
    end
    if (k_done || reset) kb <= 0;
    if (k_buffer_write && k_buffer_address == 5) b5 <= k_buffer_data;
    if (k_buffer_write && k_buffer_address == 6) b6 <= k_buffer_data;
    if (k_buffer_write && k_buffer_address == 7) b7 <= k_buffer_data;
    if (lands && !ks) begin v[0] <= 1; exact[0] <= kx; id0 <= ki; val0 <= kv; newest <= 0; end
    if (lands && ks) begin v[1] <= 1; exact[1] <= kx; id1 <= ki; val1 <= kv; newest <= 1; end
    if (torn || (ends && erases && (ack || fate[0]))) v[ks] <= 0;
    if (ends && wipes) v <= ack ? 0 : v & fate[1:0];
    if (s.phase == `RecorderPhase_Learn && here && s.step == 0) begin
      if (id0 == COMING) id0 <= NONE;
      if (id1 == COMING) id1 <= NONE;
    end
    if (s.phase == `RecorderPhase_Learn && here && s.step == 4) floor_coming <= {r_data, dut.number_low$q};
    if (reported) begin
      id0 <= renamed(id0, matched[0]);
      id1 <= renamed(id1, matched[1]);
      floor <= floor_chosen;
      if (leaves) floor_before <= floor;
    end
    if (swap && tells && table_word == 21) begin there <= 1; floor_coming <= told_number; end
    if (swap && there && delivers) floor_coming <= seen_number;
    if (delivers && !swap) floor <= seen_number;
    if (in_use_now) begin
      if (id0 == COMING) id0 <= CURRENT;
      if (id1 == COMING) id1 <= CURRENT;
      floor <= delivers ? seen_number : floor_coming; live <= 1; swap <= 0;
    end
    if (c_write && c_word == 20) staged_number[31:0] <= c_data;
    if (c_write && c_word == 21) staged_number[63:32] <= c_data;
    if (c_start && c_grant) cb <= 1;
    if (c_done) cb <= 0;
    active <= installs && !c_done && !reset && (delivers || active);
    if (installs) begin
      live <= 1;
      if (!live && !sets && !in_quarantine) floor <= staged_number;
      if (c_done && c_refused) live <= 0;
    end
    if (r_done && r_ok && s.task_ == `RecorderTask_Install && here) begin swap <= 1; there <= 0; end
    if (r_done && s.task_ == `RecorderTask_Delete && here && hold_all) live <= 0;
    // A resync: the edge is there, a while later the quarantine ends.
    if (tells && table_word == 20) begin low_told <= 1; low_data <= table_data; end
    if (tells && table_word == 21) low_told <= 0;
    age <= age == 31 ? 31 : age + 1;
    if (resyncs && table_word == 21) begin floor <= told_number; acked <= 1; age <= 0; end
    else if (!in_quarantine || resyncs || in_use_now || sets || installs) acked <= 0;
    if (reset) begin live <= 0; swap <= 0; cb <= 0; low_told <= 0; acked <= 0; there <= 0; end
    lasting <= in_quarantine && (lasting || !hold_all) && !reset;
    held <= hold_all && held_all && !reset;
    faulty <= k_fault && !reset;
    gap <= reset ? 0 : seen ? 7 : gap ? gap - 1 : 0;
    was_quarantine <= in_quarantine; was_set <= sets && !reset; was_clear <= clears && !reset;
  end

  always @* begin
    assume(started || reset);
    if (k_done) assume(kb);
    if (faulty) assume(k_fault);
    if (dut.recall$k_start) assume(s.phase == `RecorderPhase_Recalling && !kb && !dut.recall$done);
    if (dut.recall$done) assume(s.phase == `RecorderPhase_Recalling && !kb);
    if (kb) assume(dut.recall$k_kind == kk && dut.recall$k_slot == ks);
    if (reported) begin
      assume(choice == NONE ? (matched & ~is) == 0 : matched == is);
      assume(matched != 0 && dut.recall$both == (matched == 3));
      assume(dut.recall$dynamic_slot == (matched == 3 ? newest : matched[1]));
      assume({dut.recall$value_high, dut.recall$value_low} == (dut.recall$dynamic_slot ? val1 : val0));
      assume(dut.recall$orderly == exact[dut.recall$dynamic_slot] && dut.recall$stale == (matched == 3 && exact[!dut.recall$dynamic_slot]));
    end
    if (c_done) assume(cb && c_start);
    if (c_done && (active || delivers)) assume(!c_refused);
    // Numbers.
    if (delivers) assume(!in_quarantine && (live || swap) && (!swap || !there || seen_number >= floor_coming) && (swap || seen_number >= floor));
    if (seen) assume(gap == 0 && !(hold_all && held_all));
    if (held_all) assume(held || hold_all);
    if (held && hold_all) assume(held_all);
    // The quarantine.
    if (started && was_quarantine && !was_clear && !was_set && !(acked && age >= 16)) assume(in_quarantine);
    if (started && was_set) assume(in_quarantine);
    // Commit's writing.
    if (table_write && table_select == 1 && (table_word == 20 || table_word == 21)) assume(gap == 0 && !seen);
    if (tells) assume(table_word == 20 || low_told);
    if (tells && s.phase == `RecorderPhase_Install && here) assume(table_data == (table_word == 20 ? staged_number[31:0] : staged_number[63:32]));
    if (tells && s.phase == `RecorderPhase_Install) assume(here && !low_told || here);
    if (low_told) assume(!seen);
    if (swap && tells) assume(!there && told_number >= 0 && (table_word == 20 || told_number == floor_coming));
    if (in_use_now) assume(there);
    if (resyncs && hold_all) assume(lasting);
    if (resyncs && live) assume(in_quarantine && !c_grant && (table_word == 20 || told_number >= floor));
    if (table_write && table_select == 1 && table_index == P[4:0] && table_word <= 1 && kept) assume(swap && !there || s.phase == `RecorderPhase_Install);
  end

  wire [1:0] c = {v[1] && id1 == CURRENT, v[0] && id0 == CURRENT};
  wire settled = t.holding && s.phase != `RecorderPhase_Hold;

  // The properties.
  always @* if (started && !reset) begin
    if (installs && !live) N2_recorder_restore: assert(staged_number >= floor || sets);
    if (installs && live && !active) N2_recorder_restore__stays: assert(staged_number >= floor || in_quarantine);
    if (live || kept) N2_recorder_exact: assert((c & exact) == 0 || hold_all);
    if (k_start && k_operation == 1 && !k_kind && k_place == P) N2_recorder_exact__written: assert(!b7[0] || (hold_all && held));
    if (k_start && k_operation == 1 && !k_kind && k_place == P && b7[0]) N2_recorder_edge: assert({b5, b6} >= floor);
  end

  // What they follow from. The machine.
  wire [5:0] ph = s.phase;
  wire [2:0] tk = s.task_;
  wire work = ph > `RecorderPhase_Idle;
  wire restoring = work && tk == `RecorderTask_Restore;
  wire [5:0] order = {P[4:0], P[5]}, order_scan = {t.scan_place[4:0], t.scan_place[5]}, order_here = {s.place[4:0], s.place[5]};
  wire brought = restoring && here && (ph == `RecorderPhase_Install || ph == `RecorderPhase_Book || ph == `RecorderPhase_Answer);
  wire steps = ph == `RecorderPhase_Load || ph == `RecorderPhase_StageParameters || ph == `RecorderPhase_StageSa || ph == `RecorderPhase_Learn
    || ph == `RecorderPhase_Fill || ph == `RecorderPhase_Exact || ph == `RecorderPhase_StageNumbers || ph == `RecorderPhase_First
    || ph == `RecorderPhase_Second || ph == `RecorderPhase_Install || ph == `RecorderPhase_Book || ph == `RecorderPhase_Reached
    || ph == `RecorderPhase_LimitStage || ph == `RecorderPhase_Erase || ph == `RecorderPhase_Erasing || ph == `RecorderPhase_Format;
  wire T0 = tk == `RecorderTask_Restore, T1 = tk == `RecorderTask_Install, T2 = tk == `RecorderTask_Raise, T3 = tk == `RecorderTask_Edge;
  wire T4 = tk == `RecorderTask_Suspend, T5 = tk == `RecorderTask_Resume, T6 = tk == `RecorderTask_Delete;
  always @* if (!started) nothing_yet: assert(v == 0 && !kb);
  always @* if (started) begin
    sane: assert(ph <= `RecorderPhase_Format && tk <= `RecorderTask_Delete);
    step_none: assert(steps || s.step == 0);
    step_load: assert(ph != `RecorderPhase_Load || s.step <= 6);
    step_parameters: assert(ph != `RecorderPhase_StageParameters || s.step <= 17);
    step_sa: assert(ph != `RecorderPhase_StageSa || s.step <= 25);
    step_learn: assert(ph != `RecorderPhase_Learn || s.step <= 4);
    step_fill: assert(ph != `RecorderPhase_Fill || s.step <= 41);
    step_numbers: assert((ph != `RecorderPhase_Exact && ph != `RecorderPhase_StageNumbers) || s.step <= 3);
    step_record: assert((ph != `RecorderPhase_First && ph != `RecorderPhase_Second) || s.step <= 5);
    step_book: assert(ph != `RecorderPhase_Book || s.step <= 4);
    step_reached: assert(ph != `RecorderPhase_Reached || s.step <= 2);
    step_one: assert((ph != `RecorderPhase_Install && ph != `RecorderPhase_LimitStage && ph != `RecorderPhase_Format) || s.step <= 1);
    step_erase: assert((ph != `RecorderPhase_Erase && ph != `RecorderPhase_Erasing) || s.step <= 3);
    case (ph)
      `RecorderPhase_Hold: task_hold: assert(T4 && s.place == 0);
      `RecorderPhase_Next: task_next: assert(T4 || T5);
      `RecorderPhase_Load: task_load: assert(T1 || T2 || T3 || T4 || T5);
      `RecorderPhase_Need, `RecorderPhase_Needed: task_need: assert(T2);
      `RecorderPhase_Recall, `RecorderPhase_Recalling, `RecorderPhase_Reread, `RecorderPhase_Rereading, `RecorderPhase_Want, `RecorderPhase_StageParameters, `RecorderPhase_CommitParameters,
      `RecorderPhase_StageSa, `RecorderPhase_StageNumbers, `RecorderPhase_Install, `RecorderPhase_Refuse: task_restore: assert(T0);
      `RecorderPhase_Static, `RecorderPhase_StaticDone, `RecorderPhase_Wipe, `RecorderPhase_Wiping: task_static: assert(T0 || T1);
      `RecorderPhase_Learn, `RecorderPhase_Fill: task_learn: assert(T1);
      `RecorderPhase_Exact: task_exact: assert(T4);
      `RecorderPhase_AddLow, `RecorderPhase_AddHigh, `RecorderPhase_Again, `RecorderPhase_Clear, `RecorderPhase_Book, `RecorderPhase_Reached: task_any: assert(!T6);
      `RecorderPhase_First, `RecorderPhase_FirstDone: task_first: assert(!T4 && !T6);
      `RecorderPhase_Second, `RecorderPhase_SecondDone: task_second: assert(T0 || T1 || T4 || T5);
      `RecorderPhase_LimitWant, `RecorderPhase_LimitStage, `RecorderPhase_Limit: task_limit: assert(T1 || T2 || T5);
      `RecorderPhase_Erase, `RecorderPhase_Erasing: task_erase: assert(T6);
      default: ;
    endcase
    if (work && (T2 || T3) && ph == `RecorderPhase_Reached) raise_reached: assert(s.step == 2);
    if (work && T1 && s.place[5] && ph == `RecorderPhase_Reached) install_reached: assert(s.step == 2);
    if (ph == `RecorderPhase_LimitStage || ph == `RecorderPhase_Limit || (T5 && ph == `RecorderPhase_LimitWant)) limit_outbound: assert(!s.place[5]);
    if (work && T2) raise_outbound: assert(!s.place[5]);
    if (work && T3) edge_inbound: assert(s.place[5]);
    if (work && T1) install_double: assert(s.double);
    if (work && T5) resume_double: assert(s.double || ph == `RecorderPhase_Next);
    if (work && (T2 || T3)) raise_single: assert(!s.double);
    if (ph == `RecorderPhase_Second || ph == `RecorderPhase_SecondDone) second_double: assert(s.double || T4);
    if (work && T4) suspend_single: assert(!s.double);
    if (work && !T0) lost_only_restored: assert(!s.lost);
    if (work && !T0) heal_only_restored: assert(!s.heal && !s.skip);
    if (work && (T4 || T5) && ph != `RecorderPhase_Hold && ph != `RecorderPhase_Format) holding_command: assert(t.holding);
    if (work && T1 && (ph == `RecorderPhase_Wipe || ph == `RecorderPhase_Wiping)) wipe_ends: assert(s.ends);
    if (work && T0 && (ph == `RecorderPhase_Static || ph == `RecorderPhase_StaticDone)) static_heals: assert(s.heal);
    if (work && (T1 || T6)) host_restored: assert(!t.scanning);
    if (work && (T4 || T5)) command_restored: assert(!t.scanning && t.command != 0);
    if (held && !t.holding) held_before: assert(ph == `RecorderPhase_Idle && t.command == 0);
    if (t.holding) holding_restored: assert(!t.scanning && !restoring && !(work && (T2 || T3)));
    if (restoring && ph != `RecorderPhase_Format) scan: assert(t.scanning && s.place == t.scan_place);
    if (ph < `RecorderPhase_Idle) early: assert(T0 && s.place == 0 && !kept && !live && !swap && !t.holding && !t.scanning);
    if (t.scanning && (order > order_scan || (order == order_scan && !brought))) scan_before: assert(!kept && !live && !swap);
    if (brought) scan_here: assert(!kept);
    if (brought && ph == `RecorderPhase_Install && s.step == 0) install_first: assert(!installed);
    if (t.scanning || kept) formatted: assert(t.formatted);
    if (work && T1 && ph != `RecorderPhase_Answer) formatted_work: assert(t.formatted);
    if (work && T1 && ph == `RecorderPhase_Answer && s.good) formatted_answer: assert(t.formatted);
    if (ph == `RecorderPhase_Format) format_empty: assert(!kept && !t.holding && T4);
    if (swap) swap_when: assert(ph == `RecorderPhase_LimitWant && T1 && here);
    if (settled) settled_held: assert(held);

    // The keeper's operands are held, the buffer is left to it.
    if (kb) keeper_phase: assert(ph == `RecorderPhase_Opening || ph == `RecorderPhase_Recalling || ph == `RecorderPhase_Rereading || ph == `RecorderPhase_Wiping || ph == `RecorderPhase_StaticDone
      || ph == `RecorderPhase_FirstDone || ph == `RecorderPhase_SecondDone || ph == `RecorderPhase_Erasing || (ph == `RecorderPhase_Format && s.step == 1));
    if (kb) keeper_held: assert(k_operation == ko && k_kind == kk && k_place == kp && k_slot == ks && !k_start && !k_buffer_write);
    if (t.suspended) suspended_held: assert(t.holding);
  end


  wire [63:0] floor0 = id0 == CURRENT ? floor : id0 == BEFORE ? floor_before : id0 == COMING ? floor_coming : 0;
  wire [63:0] floor1 = id1 == CURRENT ? floor : id1 == BEFORE ? floor_before : id1 == COMING ? floor_coming : 0;
  wire deleted = here && T6 && ph == `RecorderPhase_Answer;
  wire visited = work && T5 && settled && order < order_here && !t.stuck && !k_fault;
  always @* if (started) begin
    if (v[0] && exact[0]) sound_0: assert(val0 >= floor0 && id0 != COMING);
    if (v[1] && exact[1]) sound_1: assert(val1 >= floor1 && id1 != COMING);
    if (kb && writes && kx) under_way: assert(ki == CURRENT && kv >= floor);
    if ((live || kept) && !settled) none_exact: assert((c & exact) == 0);
    if (live && settled && !kept && !deleted) none_exact_held: assert((c & exact) == 0);
    if (settled && live && (c & exact) != 0) lasting_none: assert(!lasting);
    if (kb && writes && kx) lasting_under_way: assert(!lasting);
    if (kept && visited) none_exact_again: assert((c & exact) == 0);
    if (kept && !swap && !brought) kept_live: assert(live);
  end

  // What each activity has done so far, where it is one of this place. `a`: the slot of the newest record.
  wire a = s.dynamic_newest, o = !s.dynamic_newest;
  wire [63:0] val_a = a ? val1 : val0;
  wire alone = c != 3;
  wire first_under_way = ph == `RecorderPhase_First || ph == `RecorderPhase_FirstDone;
  wire second_under_way = ph == `RecorderPhase_Second || ph == `RecorderPhase_SecondDone;
  wire writing = ph == `RecorderPhase_First || ph == `RecorderPhase_Second;
  wire adding = ph == `RecorderPhase_AddLow || ph == `RecorderPhase_AddHigh || ph == `RecorderPhase_Again;
  wire summed = ph == `RecorderPhase_StageNumbers || first_under_way || second_under_way || ph == `RecorderPhase_Reached || ph == `RecorderPhase_Install || ph == `RecorderPhase_Book;
  wire found = T0 && (ph == `RecorderPhase_Reread || ph == `RecorderPhase_Rereading || ph == `RecorderPhase_Static || ph == `RecorderPhase_StaticDone || ph == `RecorderPhase_Want
    || ph == `RecorderPhase_StageParameters || ph == `RecorderPhase_CommitParameters || ph == `RecorderPhase_StageSa
    || ((ph == `RecorderPhase_Wipe || ph == `RecorderPhase_Wiping) && !s.ends) || adding || ph == `RecorderPhase_StageNumbers || first_under_way);
  wire stale = !alone && exact[o];
  // Clocks since the number was read.
  wire reading = T4 && here && (ph == `RecorderPhase_Exact || adding || (ph == `RecorderPhase_Second && s.step <= 4));
  wire [4:0] since = ph == `RecorderPhase_Exact ? s.step : ph == `RecorderPhase_AddLow ? 4 : ph == `RecorderPhase_AddHigh ? 5 : ph == `RecorderPhase_Again ? 6 : 7 + s.step;
  wire unsure = in_quarantine && (!acked || age <= since);
  always @* if (started && here && work) begin
    if ((T3 || T4 || T5) && ph != `RecorderPhase_Hold && ph != `RecorderPhase_Next && ph != `RecorderPhase_Format) work_kept: assert(kept);
    if (kb && (ph == `RecorderPhase_FirstDone || ph == `RecorderPhase_SecondDone)) buffer_written: assert(kx == b7[0] && kv == {b5, b6} && ki == (T1 ? COMING : CURRENT));
    if (writing && s.step > 2) buffer_5: assert(!T4 || b5 == num[63:32]);
    if (writing && s.step > 3) buffer_6: assert(!T4 || b6 == num[31:0]);
    if (writing && s.step > 4) buffer_7: assert(T4 ? !b7[0] || (num >= floor && !lasting) : b7 == 0);
    if (kb && (ph == `RecorderPhase_FirstDone || ph == `RecorderPhase_SecondDone)) buffer_exact: assert(!kx || T4);
    if (found) begin
      found_newest: assert(c[a] && (alone || newest == a) && s.orderly == exact[a] && s.double == (exact[a] || stale) && s.skip == (!alone && !exact[a] && !stale) && !s.lost);
      found_number: assert(num == val_a);
    end
    if (T0 && ph == `RecorderPhase_Again) sum_none: assert(!s.carry);
    if (T0 && (first_under_way || second_under_way || ph == `RecorderPhase_Reached || ph == `RecorderPhase_Install)) restore_staged: assert(staged_number == num);
    if (ph == `RecorderPhase_StageNumbers && s.step > 0) staged_0: assert(staged_number[31:0] == num[31:0]);
    if (ph == `RecorderPhase_StageNumbers && s.step > 1) staged_1: assert(staged_number[63:32] == num[63:32]);
    if ((T0 || T5) && second_under_way) other_done: assert(!(c[o] && exact[o]));
    if (T0 && (second_under_way || ph == `RecorderPhase_Reached || (ph == `RecorderPhase_Install && !live))) restore_floor: assert(!s.orderly || num >= floor);
    if (T0 && (ph == `RecorderPhase_Reached || brought)) restore_done: assert((c & exact) == 0);
    if (T0 && ph == `RecorderPhase_Reached) restore_before: assert(!live);
    if (T0 && ph == `RecorderPhase_Install && live) restore_install: assert(s.step == 1 && !acked && (s.orderly ? active || staged_number >= floor : in_quarantine));
    if (brought && ph != `RecorderPhase_Install) restore_live: assert(live);
    if (T5 && (ph == `RecorderPhase_Book || ph == `RecorderPhase_Reached || (ph == `RecorderPhase_Answer && s.good))) resume_done: assert((c & exact) == 0);
    if (T4 && ph == `RecorderPhase_Exact) begin
      if (s.step == 1) exact_1: assert(unsure || {prog_high, dut.inward.words.read_data} >= floor);
      if (s.step == 2) exact_2: assert(unsure || {dut.inward.words.read_data, dut.inward.word$q} >= floor);
      if (s.step == 3) exact_3: assert(unsure || {dut.inward.word$q, num[31:0]} >= floor);
    end
    if (T4 && (adding || ph == `RecorderPhase_Second && s.step <= 4)) exact_number: assert(unsure || num >= floor);
    if (T1 && ((ph == `RecorderPhase_Learn && s.step > 0) || adding || first_under_way || ((ph == `RecorderPhase_Fill || ph == `RecorderPhase_Static || ph == `RecorderPhase_StaticDone) && !s.copied)))
      coming_none: assert(!(v[0] && id0 == COMING) && !(v[1] && id1 == COMING));
    if (T1 && ((ph == `RecorderPhase_Fill || ph == `RecorderPhase_Static || ph == `RecorderPhase_StaticDone) && s.copied || ph == `RecorderPhase_Book || (ph == `RecorderPhase_Answer && s.good) || ph == `RecorderPhase_LimitWant))
      coming_both: assert(v == 3 && id0 == COMING && id1 == COMING && exact == 0);
    if (T1 && second_under_way) coming_other: assert(v[o] && (o ? id1 : id0) == COMING);
    if (T1 && (ph == `RecorderPhase_Load || ph == `RecorderPhase_Learn || adding || first_under_way || second_under_way)) coming_once: assert(!s.copied);
    if (T1 && ph == `RecorderPhase_LimitWant) coming_swap: assert(swap && kept);
    if (T1 && ph == `RecorderPhase_Reached) came_both: assert(kept && exact == 0);
  end

  // The number reached is never behind, unless an SA in quarantine waits for its edge.
  wire moving = g.index == P[4:0] && (g.step == `ProgressStep_Carry || g.step == `ProgressStep_Low || g.step == `ProgressStep_High);
  wire [63:0] reached = !moving ? {prog_high, prog_low} : {g.high, g.low};
  always @* if (started) begin
    progress_step: assert(g.step <= `ProgressStep_Decide);
    progress_gap: assert(g.step == `ProgressStep_Idle || gap == 8 - g.step);
    if (settled) progress_held: assert(!T4 ? gap == 0 : ph == `RecorderPhase_Next ? gap <= (order_here < 6 ? 6 - order_here : 0) : ph == `RecorderPhase_Load ? gap <= (s.step < 5 ? 5 - s.step : 0) : gap == 0);
    if (g.step == `ProgressStep_Carry) progress_wraps: assert(!g.wraps);
    if (low_told) told_low: assert(gap == 0 && (!(live || swap) || prog_low == low_data));
    if (kept && live && !swap && (!in_quarantine || acked)) progress_reached: assert(reached >= floor);
    if (swap && there) progress_there: assert(reached >= floor_coming);
    if (moving && g.step == `ProgressStep_High) progress_low: assert(prog_low == g.low);
  end
endmodule
