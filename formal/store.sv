//: block    holdfast_compact$inbound$opened
//: types    Frame StoreWrite
//: depth    14
//: property store_data      A word of a committed frame reads as it was written, at both ports, two clocks after its address, from the clock after the one in which it is offered until the frame is released.
//: property store_order     Frames are handed out in the order of their commits, each once, with what was said of them.
//: property store_keep      No write touches a word of a committed frame that is not released; every commit finds a place in the queue.
//: property store_room      `room` and `room_for_two` are raised exactly where one and two longest frames fit, their places in the queue included.
//: cover filled             four frames are in the store, and there is no room
//: cover reused             a frame is read that stands where a released one stood
//: fault store_data         in holdfast_compact$inbound$opened: copy_b$write_address = late$q{StoreWrite.target}; ==> copy_b$write_address = front$q;
//: fault store_data         word_a$d = copy_a$read_data; ==> word_a$d = data;
//: fault store_data         late$d{StoreWrite.target} = target; ==> late$d{StoreWrite.target} = front$q;
//: fault store_order        frames$item{Frame.length} = commit_length; ==> frames$item{Frame.length} = {commit_length[15:1], 1'b0};
//: fault store_order        frames$pop = take; ==> frames$pop = free;
//: fault store_keep         grown = used$q + ((commit_words) & 11'h7ff); ==> grown = ((commit_words) & 11'h7ff);
//: fault store_keep         if (frames$spare_two & (used$q <= longest_two)) begin ==> if (used$q <= longest_two) begin
//: fault store_room         room = rooms$q[32'h0] & ~commit; ==> room = rooms$q[32'h0];

// One arbitrary commit, the marked one, with one arbitrary word of its frame. Assumed of the environment: a reset; a writer that begins a frame on `room`, or two of them on
// `room_for_two`, and stays within 405 words each; a reader that releases frames in their order, each with its words.
module proof(
  input clock, input reset, input write, input [9:0] offset, input [31:0] data, input commit, input [9:0] commit_words, input [15:0] commit_length,
  input [4:0] commit_reason, input [12:0] commit_note, input take, input free, input [9:0] free_words, input [9:0] address_a, input [9:0] address_b,
  input mark
);
  (* anyconst *) wire [9:0] x;
  (* anyconst *) wire [9:0] o;
  reg started = 0;
  always @(posedge clock) started <= 1;
  always @* assume(started || reset);
  always @* assume(dut.copy_a.place0 == x && dut.copy_b.place0 == x);
  wire room, room_for_two, valid;
  wire [31:0] data_a, data_b;
  Frame frame;
  wire [53:0] frame_bits;
  assign frame = frame_bits;
  holdfast_compact$inbound$opened dut(
    .clock(clock), .reset(reset), .write(write), .offset(offset), .data(data), .commit(commit), .commit_words(commit_words), .commit_length(commit_length),
    .commit_reason(commit_reason), .commit_note(commit_note), .room(room), .room_for_two(room_for_two), .valid(valid), .frame(frame_bits), .take(take),
    .free(free), .free_words(free_words), .address_a(address_a), .data_a(data_a), .address_b(address_b), .data_b(data_b)
  );

  // The writer's promises, the words in use from `back` on, the frame being written and the marked one.
  reg [1:0] promised;
  reg [9:0] back;
  reg [2:0] inside, before;
  // `settled`: the marked one has been offered for a clock, so that its last word is in the memory.
  reg wrote, marked, settled, queued, f_wrote, was_fit, was_fit_two;
  reg [31:0] value, f_value;
  reg [53:0] f_frame;
  Frame f;
  assign f = f_frame;
  wire [10:0] used = dut.used$q;
  wire hits = write && offset == o;
  wire taken = take && valid;
  wire frees_marked = free && marked && back == f.start && free_words == f.words && (!queued || (taken && before == 0));
  always @(posedge clock) begin
    promised <= room_for_two ? 2 : room && promised == 0 ? 1 : commit ? promised - 1 : promised;
    inside <= inside + commit - taken;
    if (free) back <= back + free_words;
    if (hits) begin wrote <= 1; value <= data; end
    if (commit) wrote <= 0;
    if (queued) before <= before - taken;
    if (queued && taken && before == 0) queued <= 0;
    if (frees_marked) marked <= 0;
    settled <= marked && !frees_marked;
    if (commit && mark && !marked) begin
      marked <= 1; queued <= 1; before <= inside - taken;
      f_frame <= {commit_note, commit_reason, commit_length, commit_words, dut.front$q};
      f_wrote <= (wrote || hits) && o < commit_words; f_value <= hits ? data : value;
    end
    was_fit <= inside < 4 && used + 405 <= 1023 && !commit;
    was_fit_two <= inside < 3 && used + 810 <= 1023 && !commit;
    if (reset) begin promised <= 0; back <= 0; inside <= 0; wrote <= 0; marked <= 0; settled <= 0; queued <= 0; was_fit <= 0; was_fit_two <= 0; end
  end
  wire [9:0] ahead = f.start - back;
  always @* if (started && !reset) begin
    if (write || commit) assume(promised != 0);
    if (write) assume(offset < 405);
    if (commit) assume(commit_words <= 405);
    if (free) assume(free_words <= used);
    if (free && marked && !frees_marked) assume({1'b0, free_words} <= ahead);
  end

  // The properties.
  wire [9:0] offset_x = dut.target - back;
  wire live = marked && f_wrote && f.start + o == x;
  reg [1:0] reads_a, reads_b;
  reg [31:0] then1, then2;
  always @(posedge clock) begin
    reads_a <= {reads_a[0], live && settled && address_a == x};
    reads_b <= {reads_b[0], live && settled && address_b == x};
    then1 <= f_value; then2 <= then1;
    if (reset) begin reads_a <= 0; reads_b <= 0; end
  end
  always @* if (started) begin
    if (reads_a[1]) store_data: assert(data_a == then2);
    if (reads_b[1]) store_data__b: assert(data_b == then2);
    if (queued && before == 0) store_order: assert(valid && frame_bits == f_frame);
    store_order__valid: assert(valid == (inside != 0));
    if (write && !reset) store_keep: assert({1'b0, offset_x} >= used);
    if (commit && !reset) store_keep__queue: assert(inside < 4 && used + commit_words <= 1023);
    store_room: assert(room == (was_fit && !commit) && room_for_two == (was_fit_two && !commit));
  end

  // What they follow from.
  wire [1:0] place = dut.frames.oldest$q + before[1:0];
  wire [53:0] slot = place == 0 ? dut.frames.slots.word0 : place == 1 ? dut.frames.slots.word1 : place == 2 ? dut.frames.slots.word2 : dut.frames.slots.word3;
  StoreWrite late;
  assign late = dut.late$q;
  wire lands = late.write && late.target == x;
  wire [31:0] word_a = lands ? late.data : dut.copy_a.word0, word_b = lands ? late.data : dut.copy_b.word0;
  always @* if (started) begin
    ring: assert(used <= 1023 && back + used[9:0] == dut.front$q);
    promise: assert(promised <= 2 && used + (promised == 2 ? 810 : promised == 1 ? 405 : 0) <= 1023 && inside + promised <= 4);
    count: assert(dut.frames.count$q == inside && inside <= 4);
    fits: assert((!dut.rooms$q[0] || was_fit) && (!dut.rooms$q[1] || was_fit_two) && dut.rooms$q == {was_fit_two, was_fit});
    if (was_fit) fits_one: assert(used + 405 <= 1023 && inside < 4);
    if (was_fit_two) fits_two: assert(used + 810 <= 1023 && inside < 3 && was_fit);
    if (queued) queue: assert(marked && before < inside && slot == f_frame);
    if (marked) marked_in: assert(ahead + f.words <= used);
    if (marked && f_wrote) marked_word: assert(o < f.words);
    if (live) marked_kept: assert(word_a == f_value && word_b == f_value);
    if (settled) marked_settled: assert(marked);
    if (live && settled) marked_alone: assert(!lands);
    if (wrote && dut.front$q + o == x) written: assert(word_a == value && word_b == value && o < 405);
    if (wrote) written_o: assert(o < 405 && promised != 0);
    if (reads_a[0]) read_a: assert(dut.copy_a.read_data == then1);
    if (reads_b[0]) read_b: assert(dut.copy_b.read_data == then1);
  end

`ifdef SCENARIO
  reg [3:0] cycle = 0;
  reg again = 0;
  always @(posedge clock) begin
    cycle <= cycle + 1;
    if (free && free_words > 300) again <= 1;
  end
  always @* begin
    assume(reset == (cycle == 0));
    filled: cover(inside == 4 && !room && used < 400);
    reused: cover(again && reads_a[1] && f.start > 600 && data_a != 0);
  end
`endif
endmodule
