//: block    holdfast_compact$outbound
//: keep     sequencer sad bus still
//: types    Decision SequenceState SequenceWork Plan HeaderLine HeaderKind TableBus
//: watched  7
//: depth    106
//: property N1_sequence_once    No number is given to the cipher twice for one SA: each is larger than all before.
//: property N1_sequence_stored  When the cipher starts, the SAD holds the number + 1 in the SA's record.
//: property N1_sequence_limit   No number at or above the SA's limit is given to the cipher.
//: property N1_sequence_told    The recorder has been told of the number of a recorded SA when the cipher starts.
//: property N1_sequence_key     The cipher has the key and the salt of the SA whose number it is given, every word of them.
//: property N1_sequence_header  The ESP header and the IV written for the frame carry that number and no other.
//: property sequence_plan       A frame goes on to be sealed exactly when one cipher job was started for it, under the same SA.
//: property sequence_lock       No number is taken while the tables are locked.
//: cover two                    two frames of one SA are sealed, and both go on
//: cover limit                  a frame is refused because the number has reached the limit
//: fault N1_sequence_once       in holdfast_compact$outbound$sequencer: + ((work$q{SequenceWork.borrow}) & 33'h1ffffffff); ==> + 33'h0;
//: fault N1_sequence_once       in holdfast_compact$outbound$sad: words$write = engine_write; ==> words$write = engine_write & ~engine_data[0];
//: fault N1_sequence_stored     in holdfast_compact$outbound$sequencer: sad_write_word = 32'h15; ==> sad_write_word = 32'h14;
//: fault N1_sequence_stored     sad$engine_index = sequencer$sad_index; ==> sad$engine_index = sequencer$sad_index | 5'h10;
//: fault N1_sequence_stored     in holdfast_compact$outbound$sequencer: work$d{SequenceWork.borrow} = advanced[(32'h20)+:(1)]; ==> work$d{SequenceWork.borrow} = 1'b0;
//: fault N1_sequence_limit      in holdfast_compact$outbound$sequencer: if (work$q{SequenceWork.borrow} == 32'h0) begin ==> if (1'b0) begin
//: fault N1_sequence_limit      in holdfast_compact$outbound$sequencer: | ((work$q{SequenceWork.borrow}) & 34'h3ffffffff)); ==> );
//: fault N1_sequence_told       in holdfast_compact$outbound$sequencer: used = is_recorded; ==> used = is_recorded & may_wait;
//: fault N1_sequence_key        in holdfast_compact$outbound$sequencer: key_step = step - 32'h2; ==> key_step = step - 32'h1;
//: fault N1_sequence_header     in holdfast_compact$outbound$sequencer: header_data$d = next_high$q; ==> header_data$d = next_low$q;
//: fault sequence_plan          in holdfast_compact$outbound$sequencer: job_start = 1'b1; ==> job_start = ~made$q{Plan.bank};
//: fault sequence_lock          sequencer$hold = holds$q | ==> sequencer$hold = 

// One arbitrary SA `sa` of the outbound datapath: the sequencer and the SAD as they are connected, everything else around them free. Assumed of the commit block: a reset;
// words and valid bits are written under the lock (held and locked) or in a wipe, which also resets the sequencer; after a reset and from a wipe on all is cleared until the words of every SA have been written; an SA becomes valid after its words 20
// and 21 (next number) are written. Of the keeper: it leases the cipher under the lock only. Nothing is assumed of power: the words are lost with it, and N1 across that is the recorder's part.
module proof(
  input clock, input reset, input hold, input wipe, input table_write, input [1:0] table_select, input [6:0] table_index, input [4:0] table_word,
  input [31:0] table_data, input table_clear, input valid_write, input valid_value, input lease
);
  (* anyconst *) wire [4:0] sa;
  (* anyconst *) wire [2:0] key_place;
  reg started = 0;
  always @(posedge clock) started <= 1;

  wire locked;
  holdfast_compact$outbound dut(
    .clock(clock), .reset(reset), .hold(hold), .locked(locked), .wipe(wipe), .table_write(table_write), .table_select(table_select),
    .table_index(table_index), .table_word(table_word), .table_data(table_data), .table_clear(table_clear), .valid_write(valid_write),
    .valid_value(valid_value), .lease(lease)
  );
  wire [3:0] state = dut.sequencer.state$q;
  SequenceWork work;
  assign work = dut.sequencer.work$q;
  Plan made;
  assign made = dut.sequencer.made$q;
  HeaderLine line;
  assign line = dut.sequencer.line$q;
  wire mine = made.sa == sa;
  Decision decision;
  assign decision = dut.sequencer$decision;
  wire [4:0] k = work.step;

  // The SA's record: words 20 and 21 next, 22 and 23 limit, a word of the key, the salt, the flags.
  wire [63:0] next = {dut.sad.words.word1, dut.sad.words.word0}, bound = {dut.sad.words.word3, dut.sad.words.word2};
  wire [31:0] key_word = dut.sad.words.word4, salt = dut.sad.words.word5, flags = dut.sad.words.word6;
  always @* begin
    assume(dut.sad.words.place0 == {sa, 5'd20} && dut.sad.words.place1 == {sa, 5'd21});
    assume(dut.sad.words.place2 == {sa, 5'd22} && dut.sad.words.place3 == {sa, 5'd23});
    assume(dut.sad.words.place4 == {sa, 2'd0, key_place} + 5'd4 && dut.sad.words.place5 == {sa, 5'd2});
    assume(dut.sad.words.place6 == {sa, 5'd0});
  end

  // What happened to it: its number written by the commit block, numbers given to the cipher since.
  TableBus bus;
  assign bus = dut.bus$q;
  wire writes = bus.write && bus.select == 0;
  wire begins = dut.gcm$job_start && !lease;
  wire starts = begins && mine;
  wire [63:0] number = {dut.gcm$job_nonce$1, dut.gcm$job_nonce$2};
  reg low_written, high_written, used, told, unsure, wiped, was_reset;
  reg [63:0] last, given, told_number;
  reg [31:0] fed_word;
  reg [1:0] jobs, tail1, tail2;
  reg [3:0] place1, place2;
  reg [4:0] job_sa;
  always @(posedge clock) begin
    if (starts) begin used <= 1; last <= number; end
    if (writes && bus.index[4:0] == sa && bus.word == 20) begin low_written <= 1; used <= 0; end
    if (writes && bus.index[4:0] == sa && bus.word == 21) begin high_written <= 1; used <= 0; end
    if (reset || bus.wipe) begin low_written <= 0; high_written <= 0; end
    // The valid bit is not what it should be, so that all must read as not valid.
    wiped <= bus.wipe; was_reset <= reset;
    unsure <= reset || (!(writes && table_clear && bus.index[4:0] == sa) && (unsure || (bus.wipe && !wiped)));
    // The key as the cipher has it; the jobs since the frame was taken, and what the recorder was told.
    if (dut.gcm$key_write && !lease && dut.gcm$key_index == key_place) fed_word <= dut.gcm$key_word;
    if (dut.sequencer$take) begin jobs <= 0; told <= 0; end
    if (begins) begin
      jobs <= jobs == 3 ? 3 : jobs + 1;
      given <= number; job_sa <= dut.sequencer$sad_index;
    end
    if (dut.sequencer$used && dut.sequencer$used_index == made.sa) begin told <= 1; told_number <= {dut.used_high, dut.used_low}; end
    // The words of ESP's header and IV, two clocks before they are written: 1 and 3 the low half, 2 the high one.
    tail1 <= state == `SequenceState_Tail && k >= 5 ? k - 4 : 0;
    place1 <= work.filled;
    tail2 <= tail1; place2 <= place1;
    if (dut.sequencer$reset) begin tail1 <= 0; tail2 <= 0; end
  end
  wire written = low_written && high_written;

  always @* begin
    assume(started || reset);
    // The classifier and the exchange give indices of five bits with zeros above.
    if (dut.sequencer$take) assume((!decision.protect || decision.reason == 0) && decision.sa[9:5] == 0);
    if (table_write || valid_write) assume(wipe || (hold && locked));
    if (wipe || (started && (unsure || was_reset))) assume(table_clear);
    if (lease) assume(hold && locked);
    if (bus.valid_write && bus.valid_value && bus.select == 0 && bus.index[4:0] == sa) assume(written && !bus.wipe);
    assume(dut.sad.valids.place0 == sa);
  end

  // The properties.
  always @* if (started) begin
    if (starts) begin
      N1_sequence_once: assert(!used || number > last);
      N1_sequence_stored: assert(written && next == number + 1);
      N1_sequence_limit: assert(number < bound);
      N1_sequence_told: assert(!flags[5] || (told && told_number == number));
      N1_sequence_key: assert(fed_word == key_word && dut.gcm$job_nonce$0 == salt);
    end
    if (tail2 != 0) begin
      N1_sequence_header: assert(dut.sequencer.header$write && dut.sequencer.header$write_address[3:0] == place2);
      N1_sequence_header__number: assert(dut.sequencer.header$write_data == (tail2 == 2 ? given[63:32] : given[31:0]));
    end
    if (dut.sequencer$ready) sequence_plan: assert(made.seal ? jobs == 1 && made.sa == job_sa && made.reason == 0 : jobs == 0);
    if (locked && hold && !reset) sequence_lock: assert(dut.sequencer$idle && !dut.sequencer$take && !dut.sequencer$sad_write && !begins);
  end

  // What they follow from.
  wire [63:0] taken = {dut.sequencer.next_high$q, dut.sequencer.next_low$q};
  wire resting = state == `SequenceState_Idle || state == `SequenceState_Starved;
  wire reading = state == `SequenceState_Read, advancing = state == `SequenceState_Advance;
  wire keying = state == `SequenceState_Keys, beginning = state == `SequenceState_Begin;
  wire heading = state == `SequenceState_Head4 || state == `SequenceState_Head6 || state == `SequenceState_Tail;
  wire known = work.known && (advancing || keying || beginning || heading || (reading && k >= 3));
  wire [31:0] answer = dut.sad.words.read_data, data = dut.sequencer.data$q;
  always @* if (started) begin
    step_known: assert(state <= `SequenceState_Offer);
    if (locked) step_locked: assert(resting);
    sound_valid: assert(!dut.sad.valids.word0 || written || unsure);
    if (wiped) sound_wiped: assert(!low_written);
    if (writes || bus.valid_write) sound_write: assert(resting || bus.wipe);
    if (reading && k >= 1 && k <= 2 && mine) sound_reads: assert(!dut.sad$valid || written);
    if (known && mine) sound_known: assert(written);
    if (written && used && !(advancing && mine)) sound_used: assert(next > last);
    if (written && used && advancing && mine) sound_advance: assert(taken > last);

    if (reading) step_read: assert(k <= 23);
    if (reading && mine) begin
      if (k == 1) read_1: assert(answer == flags);
      if (k == 2) read_2: assert(data == flags && answer == salt);
      if (k == 3) read_3: assert(data == salt && answer == next[31:0]);
      if (k == 4) read_4: assert(data == next[31:0] && answer == next[63:32]);
      if (k == 5) read_5: assert(data == next[63:32] && answer == bound[31:0]);
      if (k == 6) read_6: assert(data == bound[31:0] && answer == bound[63:32] && !work.upper && work.borrow == 0);
      if (k == 7) read_7: assert(data == bound[63:32] && work.upper && work.borrow == (next[31:0] < bound[31:0]));
      if (k >= 8) read_8: assert(work.borrow == (next < bound));
      if (k >= 3) read_flags: assert(dut.sequencer.flags$q == flags);
      if (k >= 4) read_salt: assert(dut.sequencer.salt$q == salt);
      if (k >= 5) read_low: assert(taken[31:0] == next[31:0]);
      if (k >= 6) read_high: assert(taken[63:32] == next[63:32]);
    end
    if ((advancing || keying || beginning) && mine) begin
      kept_words: assert(dut.sequencer.salt$q == salt && dut.sequencer.flags$q == flags && taken < bound);
      if (!advancing || k >= 2) kept_told: assert(!flags[5] || (told && told_number == taken));
    end
    if (advancing) advance_step: assert(k <= 4);
    if (advancing && mine) begin
      if (k == 0) advance_0: assert(next == taken && !work.upper && work.borrow == 1);
      if (k == 1) advance_1: assert(next == {taken[63:32], taken[31:0] + 32'd1} && work.upper && work.borrow == (taken[31:0] == 32'hffffffff));
      if (k >= 2) advance_2: assert(next == taken + 1);
    end
    if (advancing || keying || beginning || heading) advanced_known: assert(work.known);
    if ((keying || beginning) && mine) advanced: assert(next == taken + 1 && (!used || taken > last));

    if (keying) key_steps: assert(k <= 9);
    if (keying && k >= 1 && mine) begin
      if (k == key_place + 1) key_read: assert(answer == key_word);
      if (k == key_place + 2) key_data: assert(data == key_word);
      if (k >= key_place + 3) key_fed: assert(fed_word == key_word);
    end
    if (beginning && mine) key_done: assert(fed_word == key_word);

    if (reading || state == `SequenceState_Starved || advancing || keying || beginning) jobs_none: assert(jobs == 0);
    if (reading || state == `SequenceState_Starved || advancing || keying || beginning || heading) jobs_seal: assert(made.seal && made.reason == 0);
    if (started) index_small: assert(made.sa[9:5] == 0);
    if (heading) jobs_one: assert(jobs == 1 && job_sa == made.sa && given == taken);
    if (state == `SequenceState_Address || state == `SequenceState_Event) jobs_dropped: assert(jobs == 0 && !made.seal);
    if (state == `SequenceState_Tail) tail_step: assert(k <= 7);
    if (tail1 != 0) tail_line: assert(line.write && line.place[3:0] == place1 && line.kind == (tail1 == 2 ? `HeaderKind_High : `HeaderKind_Low) && given == taken
      && (state == `SequenceState_Tail || state == `SequenceState_Offer));
    if (tail2 != 0) tail_given: assert(state == `SequenceState_Tail || state == `SequenceState_Offer || state == `SequenceState_Idle);
  end

`ifdef SCENARIO
  reg [6:0] cycle = 0;
  reg [1:0] sealed = 0;
  always @(posedge clock) begin
    cycle <= cycle + 1;
    if (dut.sequencer$ready && made.seal && dut.sequencer$accept && mine) sealed <= sealed + 1;
  end
  always @* begin
    assume(reset == (cycle == 0) && hold == (cycle < 10) && !wipe && !lease && table_write == (cycle >= 4 && cycle < 8) && table_select == 0 && table_index == sa);
    assume(table_word == 20 + cycle[1:0] && valid_write == (cycle == 8) && valid_value && table_clear == (cycle < 8));
    assume(dut.sequencer$go && dut.sequencer$room && dut.gcm$job_ready && dut.sequencer$accept && dut.encapsulate$idle && !dut.classify$busy);
    // Always the same SA, in transport mode, and the plainest frame there is: so the solver need not look for the way.
    assume(decision.protect && decision.reason == 0 && decision.sa == sa && dut.sequencer$facts == 0 && (flags & ~32'h20) == 0);
    two: cover(sealed == 2);
    limit: cover(dut.sequencer$ready && !made.seal && made.reason == 11 && mine && sealed == 1);
  end
`endif
endmodule
