//! Takes the plaintext as it comes: says where it goes in the new frame, combines the ECN of both headers, and finds the trailer.
//!
//! Whoever calls `place_push` before a packet's first beat names the word of the ring where its text begins. A beat leaves as a write two clocks after it came, its ECN
//! as RFC 6040 wants it; what was found of a packet stands in a queue five clocks after its last beat. Nothing ever waits but in this queue of eight.
//!
//! Padding is 1, 2, 3, …: of each word [`TextRows`] finds whether a row begins in it or goes through it; then words and beats are linked as carries are.
use super::mover::OpenWrite;
use super::rows::TextRows;
use crate::cell::{row, Block128, JoinWords, Reg};
use crate::pipelined::Backlog;
use crate::prelude::*;

/// Where the text of a packet goes, in which mode, and the ECN of its outer header.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct OpenPlace {
    pub at: Bits<12>,
    pub tunnel: Bit,
    pub ecn: Bits<2>,
}

/// What the plaintext of a packet says.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct OpenFound {
    pub next_header: Bits<8>,
    pub pad_length: Bits<8>,
    /// The padding is as it should be, if the packet has room for it.
    pub padded: Bit,
    /// The first nibble, whether the ECN behind it forbids what the outer header says, and what the sum of its header grows by (3: by −1, in one's complement).
    pub version: Bits<4>,
    pub ecn: Bit,
    pub delta: Bits<2>,
    /// The third word, which holds an IPv4 checksum.
    pub third: Bits<32>,
}

/// What is known of a beat.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct TextBeat {
    pub valid: Bit,
    pub first: Bit,
    pub last: Bit,
    /// Number of its last word.
    pub word: Bits<2>,
    pub at: Bits<12>,
    pub tunnel: Bit,
    pub ecn: Bits<2>,
}

/// The block; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct OpenText {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub place_push: Signal<In, Bit>,
    pub place_at: Signal<In, Bits<12>>,
    pub place_tunnel: Signal<In, Bit>,
    pub place_ecn: Signal<In, Bits<2>>,
    pub out_valid: Signal<In, Bit>,
    pub out_last: Signal<In, Bit>,
    /// A multiple of four.
    pub out_bytes: Signal<In, Bits<5>>,
    pub out_block: Signal<In, Block128>,
    pub write: Signal<Out, OpenWrite>,
    pub found_valid: Signal<Out, Bit>,
    pub found: Signal<Out, OpenFound>,
    pub found_take: Signal<In, Bit>,
    places: Backlog<OpenPlace, 3>,
    founds: Backlog<OpenFound, 3>,
    /// The beat that comes is not the first of its packet.
    midway: Reg<Bit>,
    beat: Reg<TextBeat>,
    block: Reg<Block128>,
    late: Reg<TextBeat>,
    later: Reg<TextBeat>,
    latest: Reg<TextBeat>,
    out: Reg<OpenWrite>,
    /// Of the packet's first beat, and the same when its last one has come.
    head: Reg<OpenFound>,
    made: Reg<OpenFound>,
    /// The last word of a beat; that of the packet.
    last: Reg<Bits<32>>,
    trailer: Reg<Bits<32>>,
    last_byte: Reg<Bits<8>>,
    rows: [TextRows; 4],
    row_end: Reg<Bit>,
    row_second: Reg<Bit>,
    pad_equal: Reg<Bit>,
    joined: JoinWords,
    came: Signal<Local, Block128>,
    came_bytes: Signal<Local, Bits<5>>,
    came_words: Signal<Local, Bits<3>>,
    words: Signal<Local, Bits<3>>,
    part: [Signal<Local, Bits<32>>; 4],
    version: Signal<Local, Bits<4>>,
    is_first: Signal<Local, Bit>,
    inner_ecn: Signal<Local, Bits<2>>,
    new_ecn: Signal<Local, Bits<2>>,
    delta: Signal<Local, Bits<2>>,
    final_word: Signal<Local, Bits<32>>,
    start: Signal<Local, Bit>,
    link: [Signal<Local, Bit>; 4],
    ends: [Signal<Local, Bit>; 4],
    ends_second: [Signal<Local, Bit>; 4],
    final_byte: Signal<Local, Bits<8>>,
    pad_byte: Signal<Local, Bits<8>>,
}

impl Default for OpenText {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            place_push: Default::default(),
            place_at: Default::default(),
            place_tunnel: Default::default(),
            place_ecn: Default::default(),
            out_valid: Default::default(),
            out_last: Default::default(),
            out_bytes: Default::default(),
            out_block: Default::default(),
            write: Default::default(),
            found_valid: Default::default(),
            found: Default::default(),
            found_take: Default::default(),
            places: Default::default(),
            founds: Default::default(),
            midway: Default::default(),
            beat: Default::default(),
            block: Default::default(),
            late: Default::default(),
            later: Default::default(),
            latest: Default::default(),
            out: Default::default(),
            head: Default::default(),
            made: Default::default(),
            last: Default::default(),
            trailer: Default::default(),
            last_byte: Default::default(),
            rows: row(),
            row_end: Default::default(),
            row_second: Default::default(),
            pad_equal: Default::default(),
            joined: Default::default(),
            came: Default::default(),
            came_bytes: Default::default(),
            came_words: Default::default(),
            words: Default::default(),
            part: row(),
            version: Default::default(),
            is_first: Default::default(),
            inner_ecn: Default::default(),
            new_ecn: Default::default(),
            delta: Default::default(),
            final_word: Default::default(),
            start: Default::default(),
            link: row(),
            ends: row(),
            ends_second: row(),
            final_byte: Default::default(),
            pad_byte: Default::default(),
        }
    }
}

impl Logic for OpenText {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, midway, beat, block, late, later, latest, out, head, made);
        dff_setup!(self, clock, last, trailer, last_byte, row_end, row_second, pad_equal);
        clock!(self, clock, places, founds);
        self.midway.reset.next = self.reset.val();
        self.beat.reset.next = self.reset.val();
        self.block.reset.next = self.reset.val();
        self.late.reset.next = self.reset.val();
        self.later.reset.next = self.reset.val();
        self.latest.reset.next = self.reset.val();
        self.out.reset.next = self.reset.val();
        self.head.reset.next = self.reset.val();
        self.made.reset.next = self.reset.val();
        self.last.reset.next = self.reset.val();
        self.trailer.reset.next = self.reset.val();
        self.last_byte.reset.next = self.reset.val();
        self.row_end.reset.next = self.reset.val();
        self.row_second.reset.next = self.reset.val();
        self.pad_equal.reset.next = self.reset.val();
        self.places.reset.next = self.reset.val();
        self.founds.reset.next = self.reset.val();

        // A beat comes.
        self.places.push.next = self.place_push.val();
        self.places.item.next.at = self.place_at.val();
        self.places.item.next.tunnel = self.place_tunnel.val();
        self.places.item.next.ecn = self.place_ecn.val();
        self.places.pop.next = self.out_valid.val() & self.out_last.val();
        if self.out_valid.val() {
            self.midway.d.next = !self.out_last.val();
        }
        self.came_bytes.next = self.out_bytes.val();
        self.came_words.next = self.came_bytes.val().get_bits::<3>(2);
        self.words.next = self.came_words.val() - 1;
        self.beat.d.next.valid = self.out_valid.val();
        self.beat.d.next.first = !self.midway.q.val();
        self.beat.d.next.last = self.out_last.val();
        self.beat.d.next.word = self.words.val().get_bits::<2>(0);
        self.beat.d.next.tunnel = self.places.head.val().tunnel;
        self.beat.d.next.ecn = self.places.head.val().ecn;
        if self.out_valid.val() {
            self.beat.d.next.at = self.beat.q.val().at + 4;
            if !self.midway.q.val() {
                self.beat.d.next.at = self.places.head.val().at;
            }
        }
        self.block.d.next = self.out_block.val();

        // Its words, and the rows in them.
        self.late.d.next = self.beat.q.val();
        self.came.next = self.block.q.val();
        self.part[0].next = self.came.val().get_bits::<32>(0);
        self.part[1].next = self.came.val().get_bits::<32>(32);
        self.part[2].next = self.came.val().get_bits::<32>(64);
        self.part[3].next = self.came.val().get_bits::<32>(96);
        self.final_byte.next = self.part[3].val().get_bits::<8>(0);
        if self.beat.q.val().valid {
            self.last_byte.d.next = self.final_byte.val();
        }
        for w in 0..4 {
            self.rows[w].clock.next = self.clock.val();
            self.rows[w].reset.next = self.reset.val();
            self.rows[w].word.next = self.part[w].val();
        }
        self.rows[0].prior.next = self.last_byte.q.val();
        for w in 0..3 {
            self.rows[w + 1].prior.next = self.part[w].val().get_bits::<8>(0);
        }
        self.final_word.next = self.part[3].val();
        if self.beat.q.val().word == 0 {
            self.final_word.next = self.part[0].val();
        }
        if self.beat.q.val().word == 1 {
            self.final_word.next = self.part[1].val();
        }
        if self.beat.q.val().word == 2 {
            self.final_word.next = self.part[2].val();
        }
        self.last.d.next = self.final_word.val();

        // The ECN of an inner packet (RFC 6040), and what it does to an IPv4 checksum two words later: the sum grows by the difference, in one's complement.
        self.is_first.next = self.beat.q.val().valid & self.beat.q.val().first;
        self.version.next = self.part[0].val().get_bits::<4>(28);
        self.inner_ecn.next = self.part[0].val().get_bits::<2>(16);
        if self.version.val().get_bit(1) {
            self.inner_ecn.next = self.part[0].val().get_bits::<2>(20);
        }
        self.new_ecn.next = self.inner_ecn.val();
        self.delta.next = 0.into();
        if (self.inner_ecn.val() == 2) & (self.beat.q.val().ecn == 1) {
            self.new_ecn.next = 1.into();
            self.delta.next = 3.into();
        }
        if (self.inner_ecn.val() == 2) & (self.beat.q.val().ecn == 3) {
            self.new_ecn.next = 3.into();
            self.delta.next = 1.into();
        }
        if (self.inner_ecn.val() == 1) & (self.beat.q.val().ecn == 3) {
            self.new_ecn.next = 3.into();
            self.delta.next = 2.into();
        }
        if self.is_first.val() {
            self.head.d.next.version = self.version.val();
            self.head.d.next.ecn = (self.inner_ecn.val() == 0) & (self.beat.q.val().ecn == 3);
            self.head.d.next.third = self.part[2].val();
            // Where there is no checksum, none is changed.
            self.head.d.next.delta = 0.into();
            if (self.version.val() == 4) & (self.beat.q.val().word != 0) & (self.beat.q.val().word != 1) {
                self.head.d.next.delta = self.delta.val();
            }
        }
        for w in 0..4 {
            self.joined.word[w].next = self.part[w].val();
        }
        if self.is_first.val() & self.beat.q.val().tunnel & (self.version.val() == 4) {
            self.joined.word[0].next = (self.part[0].val() & 0xfffcffffu64) | (bit_cast::<32, 2>(self.new_ecn.val()) << 16);
        }
        if self.is_first.val() & self.beat.q.val().tunnel & (self.version.val() == 6) {
            self.joined.word[0].next = (self.part[0].val() & 0xffcfffffu64) | (bit_cast::<32, 2>(self.new_ecn.val()) << 20);
        }
        self.out.d.next.data = self.joined.block.val();
        self.out.d.next.at = self.beat.q.val().at;
        self.out.d.next.last = false;
        self.out.d.next.mask = 0.into();
        if self.beat.q.val().valid {
            self.out.d.next.mask = 15.into();
            if self.beat.q.val().word == 0 {
                self.out.d.next.mask = 1.into();
            }
            if self.beat.q.val().word == 1 {
                self.out.d.next.mask = 3.into();
            }
            if self.beat.q.val().word == 2 {
                self.out.d.next.mask = 7.into();
            }
        }
        self.write.next = self.out.q.val();

        self.later.d.next = self.late.q.val();
        // The packet is complete: what its first beat said and its last word are put aside, where the next packet does not reach them.
        if self.late.q.val().last & self.late.q.val().valid {
            self.made.d.next = self.head.q.val();
            self.trailer.d.next = self.last.q.val();
        }

        // The words linked.
        self.latest.d.next = self.later.q.val();
        self.start.next = self.row_end.q.val() & !self.later.q.val().first;
        self.link[0].next = self.start.val();
        self.link[1].next = self.rows[0].begins.val() | (self.rows[0].goes.val() & self.start.val());
        self.link[2].next = self.rows[1].begins.val()
            | (self.rows[1].goes.val() & self.rows[0].begins.val())
            | (self.rows[1].goes.val() & self.rows[0].goes.val() & self.start.val());
        self.link[3].next = self.rows[2].begins.val() | (self.rows[2].goes.val() & self.link[2].val());
        for w in 0..4 {
            self.ends[w].next = self.rows[w].begins.val() | (self.rows[w].goes.val() & self.link[w].val());
            self.ends_second[w].next = self.rows[w].begins_second.val() | (self.rows[w].goes_second.val() & self.link[w].val());
        }
        if self.later.q.val().valid {
            self.row_end.d.next = self.ends[3].val();
        }
        self.row_second.d.next = self.ends_second[3].val();
        if self.later.q.val().word == 0 {
            self.row_second.d.next = self.ends_second[0].val();
        }
        if self.later.q.val().word == 1 {
            self.row_second.d.next = self.ends_second[1].val();
        }
        if self.later.q.val().word == 2 {
            self.row_second.d.next = self.ends_second[2].val();
        }
        self.pad_byte.next = self.trailer.q.val().get_bits::<8>(8);
        self.pad_equal.d.next = self.pad_byte.val() == self.trailer.q.val().get_bits::<8>(16);

        // What was found.
        self.founds.push.next = self.latest.q.val().valid & self.latest.q.val().last;
        self.founds.item.next = self.made.q.val();
        self.founds.item.next.next_header = self.trailer.q.val().get_bits::<8>(0);
        self.founds.item.next.pad_length = self.pad_byte.val();
        self.founds.item.next.padded = (self.row_second.q.val() & self.pad_equal.q.val()) | !self.pad_byte.val().any();
        self.founds.pop.next = self.found_take.val();
        self.found_valid.next = self.founds.valid.val();
        self.found.next = self.founds.head.val();
    }
}
