//! AES-GCM on packets: takes additional data and text word by word, gives the processed text two clocks after it was taken at the earliest, and the tag at the end.
//!
//! A packet needs a job (key, nonce, number of 16-byte text blocks) on the job side and its words on the text side; jobs and packets match in order, and
//! the job side runs ahead by one job. Words come in the order AAD (`in_kind` 0), text (1), finish (2, its word is not looked at); each part may be
//! empty. `in_kind` 3 may stand between the two (its word is not looked at either): it sets GHASH to work on the last additional data, before there is text. `in_bytes` is 4
//! but in the last word of a part. The number of blocks of the text must be that of the job, else the packets that follow are undefined. A word that is
//! taken waits in a register until the core has use for it, so that a user's long paths end there, and the next is taken when it has gone: a word in two clocks at most.
//!
//! Clocks: text is limited by the keystream, 15 per block with AES-256 and 11 with AES-128 (see [`Keystream`]), and by GHASH, 14 per block, like AAD. `tag_valid` rises
//! at most 50 clocks after finish was taken, and stays until `tag_take`.
//!
//! `wipe` clears all keys and data; hold it for eight clocks.
use crate::cell::{row, Block128, Gf128Divide, JoinWords, Reg, Settle};
use crate::gcm::{Ghash, Keystream, EXCESS};
use crate::prelude::*;

/// Where a packet is.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
pub enum GcmPhase {
    /// Waits for H.
    Hash,
    /// Waits for E(J0), which masks the tag.
    Mask,
    /// Takes words.
    Words,
    /// The block of lengths is on its way.
    Lengths,
    /// The tag stands.
    Tag,
}

/// The packet in hand.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct GcmState {
    /// Words in the block under construction, modulo 4; the same with a bit for each, which chooses with fewer gates.
    pub position: Bits<2>,
    pub spot: Bits<4>,
    /// The block waits for GHASH.
    pub full: Bit,
    /// The words of the block are text.
    pub is_text: Bit,
    pub aad_bytes: Bits<16>,
    pub text_bytes: Bits<16>,
    pub out_valid: Bit,
}

/// A word on its way into the core.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct GcmInput {
    pub valid: Bit,
    pub kind: Bits<2>,
    pub word: Bits<32>,
    pub bytes: Bits<3>,
}

/// The core; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct Gcm {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub wipe: Signal<In, Bit>,
    /// Key words may be written, and a job started, while `job_ready`. Word 0 holds the first four bytes of the key; with AES-128 words 4 to 7 are
    /// ignored. `job_aes256` is held from the first word to the start.
    pub key_write: Signal<In, Bit>,
    pub key_index: Signal<In, Bits<3>>,
    pub key_word: Signal<In, Bits<32>>,
    pub job_aes256: Signal<In, Bit>,
    /// Salt, IV high, IV low (RFC 4106, section 4).
    pub job_nonce: [Signal<In, Bits<32>>; 3],
    /// Blocks of 16 bytes in the text, the last one counted though partial.
    pub job_blocks: Signal<In, Bits<8>>,
    pub job_start: Signal<In, Bit>,
    pub job_ready: Signal<Out, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_kind: Signal<In, Bits<2>>,
    /// First byte most significant.
    pub in_word: Signal<In, Bits<32>>,
    pub in_bytes: Signal<In, Bits<3>>,
    /// Held during a packet: the tag is over the output (seal) rather than the input (open).
    pub encrypt: Signal<In, Bit>,
    pub out_valid: Signal<Out, Bit>,
    /// Bytes beyond `in_bytes` are zero.
    pub out_word: Signal<Out, Bits<32>>,
    /// First byte of the tag most significant in word 0.
    pub tag: [Signal<Out, Bits<32>>; 4],
    pub tag_valid: Signal<Out, Bit>,
    pub tag_take: Signal<In, Bit>,
    s: Reg<GcmState>,
    state: Reg<GcmPhase>,
    entry: Reg<GcmInput>,
    h: Reg<Block128>,
    mask: Reg<Block128>,
    word: [Reg<Bits<32>>; 4],
    out: Reg<Bits<32>>,
    joined: JoinWords,
    keystream: Settle<Keystream>,
    /// What GHASH wants is not H itself.
    divide: Gf128Divide<EXCESS>,
    ghash: Settle<Ghash>,
    tag_block: Signal<Local, Block128>,
    stop: Signal<Local, Bit>,
    in_valid_here: Signal<Local, Bit>,
    accepts: Signal<Local, Bit>,
    announces: Signal<Local, Bit>,
    wants_text: Signal<Local, Bit>,
    finishes: Signal<Local, Bit>,
    flush: Signal<Local, Bit>,
    take: Signal<Local, Bit>,
    last_of_block: Signal<Local, Bit>,
    stream_block: Signal<Local, Block128>,
    part: [Signal<Local, Bits<32>>; 4],
    spot: Signal<Local, Bits<4>>,
    next_spot: Signal<Local, Bits<4>>,
    key: Signal<Local, Bits<32>>,
    bytes: Signal<Local, Bits<32>>,
    added: Signal<Local, Bits<32>>,
    hand_over: Signal<Local, Bit>,
    changed: Signal<Local, Bits<32>>,
    hashed: Signal<Local, Bits<32>>,
    first_bytes: [Constant<Bits<32>>; 4],
}

impl Default for Gcm {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            wipe: Default::default(),
            key_write: Default::default(),
            key_index: Default::default(),
            key_word: Default::default(),
            job_aes256: Default::default(),
            job_nonce: row(),
            job_blocks: Default::default(),
            job_start: Default::default(),
            job_ready: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_kind: Default::default(),
            in_word: Default::default(),
            in_bytes: Default::default(),
            encrypt: Default::default(),
            out_valid: Default::default(),
            out_word: Default::default(),
            tag: row(),
            tag_valid: Default::default(),
            tag_take: Default::default(),
            s: Reg::new(GcmState { spot: 1.into(), ..Default::default() }),
            state: Default::default(),
            entry: Default::default(),
            h: Default::default(),
            mask: Default::default(),
            word: row(),
            out: Default::default(),
            joined: Default::default(),
            keystream: Default::default(),
            divide: Default::default(),
            ghash: Default::default(),
            tag_block: Default::default(),
            stop: Default::default(),
            in_valid_here: Default::default(),
            accepts: Default::default(),
            announces: Default::default(),
            wants_text: Default::default(),
            finishes: Default::default(),
            flush: Default::default(),
            take: Default::default(),
            last_of_block: Default::default(),
            stream_block: Default::default(),
            part: row(),
            spot: Default::default(),
            next_spot: Default::default(),
            key: Default::default(),
            bytes: Default::default(),
            added: Default::default(),
            hand_over: Default::default(),
            changed: Default::default(),
            hashed: Default::default(),
            first_bytes: [0xff00_0000u64, 0xffff_0000, 0xffff_ff00, 0xffff_ffff].map(|mask| Constant::new(mask.into())),
        }
    }
}

// A kernel has no match guards.
#[allow(clippy::collapsible_match)]
impl Logic for Gcm {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, state, entry, h, mask, out);
        self.stop.next = self.reset.val() | self.wipe.val();
        self.s.reset.next = self.stop.val();
        self.state.reset.next = self.stop.val();
        self.entry.reset.next = self.stop.val();
        self.h.reset.next = self.stop.val();
        self.mask.reset.next = self.stop.val();
        self.out.reset.next = self.stop.val();
        // The words of a block are zero again when GHASH has it, so that a short block is padded.
        self.hand_over.next = self.s.q.val().full & self.ghash.ready.val();
        for i in 0..4 {
            self.word[i].clock.next = self.clock.val();
            self.word[i].reset.next = self.stop.val() | self.hand_over.val();
            self.word[i].d.next = self.word[i].q.val();
            self.joined.word[i].next = self.word[i].q.val();
        }

        self.keystream.clock.next = self.clock.val();
        self.keystream.reset.next = self.reset.val();
        self.keystream.wipe.next = self.wipe.val();
        self.keystream.key_write.next = self.key_write.val();
        self.keystream.key_index.next = self.key_index.val();
        self.keystream.key_word.next = self.key_word.val();
        self.keystream.aes256.next = self.job_aes256.val();
        for i in 0..3 {
            self.keystream.nonce[i].next = self.job_nonce[i].val();
        }
        self.keystream.blocks.next = self.job_blocks.val();
        self.keystream.start.next = self.job_start.val();
        self.job_ready.next = self.keystream.ready.val();
        self.keystream.pop.next = false;
        self.ghash.clock.next = self.clock.val();
        self.ghash.reset.next = self.stop.val();
        self.divide.value.next = self.keystream.block.val();
        self.ghash.h.next = self.h.q.val();
        self.ghash.block.next = self.joined.block.val();
        self.ghash.clear.next = false;
        self.ghash.mask.next = self.mask.q.val();
        self.ghash.last.next = self.state.q.val() == GcmPhase::Lengths;
        self.ghash.start.next = self.s.q.val().full;

        // The word: cut to its bytes, and with the keystream added.
        self.spot.next = self.s.q.val().spot;
        self.stream_block.next = self.keystream.block.val();
        for i in 0..4 {
            self.part[i].next = 0.into();
        }
        if self.spot.val().get_bit(0) {
            self.part[0].next = self.stream_block.val().get_bits::<32>(0);
        }
        if self.spot.val().get_bit(1) {
            self.part[1].next = self.stream_block.val().get_bits::<32>(32);
        }
        if self.spot.val().get_bit(2) {
            self.part[2].next = self.stream_block.val().get_bits::<32>(64);
        }
        if self.spot.val().get_bit(3) {
            self.part[3].next = self.stream_block.val().get_bits::<32>(96);
        }
        self.key.next = self.part[0].val() | self.part[1].val() | self.part[2].val() | self.part[3].val();
        self.bytes.next = self.first_bytes[3].val();
        if self.entry.q.val().bytes == 1 {
            self.bytes.next = self.first_bytes[0].val();
        }
        if self.entry.q.val().bytes == 2 {
            self.bytes.next = self.first_bytes[1].val();
        }
        if self.entry.q.val().bytes == 3 {
            self.bytes.next = self.first_bytes[2].val();
        }
        self.changed.next = (self.entry.q.val().word ^ self.key.val()) & self.bytes.val();
        self.wants_text.next = self.entry.q.val().kind == 1;
        self.finishes.next = self.entry.q.val().kind == 2;
        self.announces.next = self.entry.q.val().kind == 3;
        self.in_valid_here.next = self.entry.q.val().valid;
        self.added.next = 0.into();
        if self.wants_text.val() & self.encrypt.val() {
            self.added.next = self.key.val();
        }
        self.hashed.next = (self.entry.q.val().word ^ self.added.val()) & self.bytes.val();

        // A part that ends within a block is handed over before anything else is taken.
        self.flush.next = (self.s.q.val().position != 0)
            & (self.finishes.val() | self.announces.val() | (self.wants_text.val() != self.s.q.val().is_text));
        self.accepts.next = (self.state.q.val() == GcmPhase::Words)
            & !self.s.q.val().full
            & !self.flush.val()
            & (!self.wants_text.val() | self.keystream.valid.val());
        self.take.next = self.in_valid_here.val() & self.accepts.val();
        // A word in two clocks at most, twice what the cipher takes: so the next need not know at once whether this one is taken.
        self.in_ready.next = !self.in_valid_here.val();
        if self.take.val() {
            self.entry.d.next.valid = false;
        }
        if self.in_ready.val() {
            self.entry.d.next.valid = self.in_valid.val();
            self.entry.d.next.kind = self.in_kind.val();
            self.entry.d.next.word = self.in_word.val();
            self.entry.d.next.bytes = self.in_bytes.val();
        }
        self.last_of_block.next = self.spot.val().get_bit(3);
        self.next_spot.next = self.spot.val() << 1;
        if self.last_of_block.val() {
            self.next_spot.next = 1.into();
        }

        self.s.d.next.out_valid = false;
        if self.hand_over.val() {
            self.s.d.next.full = false;
        }
        match self.state.q.val() {
            GcmPhase::Hash => {
                self.ghash.clear.next = true;
                if self.keystream.valid.val() {
                    self.h.d.next = self.divide.quotient.val();
                    self.keystream.pop.next = true;
                    self.state.d.next = GcmPhase::Mask;
                }
            }
            GcmPhase::Mask => {
                self.s.d.next.aad_bytes = 0.into();
                self.s.d.next.text_bytes = 0.into();
                if self.keystream.valid.val() {
                    self.mask.d.next = self.keystream.block.val();
                    self.keystream.pop.next = true;
                    self.state.d.next = GcmPhase::Words;
                }
            }
            GcmPhase::Words => {
                if self.in_valid_here.val() & self.flush.val() & !self.s.q.val().full {
                    self.s.d.next.full = true;
                    self.s.d.next.position = 0.into();
                    self.s.d.next.spot = 1.into();
                    self.keystream.pop.next = self.s.q.val().is_text;
                }
                if self.take.val() & self.finishes.val() {
                    // Lengths in bits, 64 each: the AAD's, the text's.
                    self.word[1].d.next = bit_cast::<32, 16>(self.s.q.val().aad_bytes) << 3;
                    self.word[3].d.next = bit_cast::<32, 16>(self.s.q.val().text_bytes) << 3;
                    self.s.d.next.full = true;
                    self.state.d.next = GcmPhase::Lengths;
                }
                if self.take.val() & !self.finishes.val() & !self.announces.val() {
                    if self.spot.val().get_bit(0) {
                        self.word[0].d.next = self.hashed.val();
                    }
                    if self.spot.val().get_bit(1) {
                        self.word[1].d.next = self.hashed.val();
                    }
                    if self.spot.val().get_bit(2) {
                        self.word[2].d.next = self.hashed.val();
                    }
                    if self.spot.val().get_bit(3) {
                        self.word[3].d.next = self.hashed.val();
                    }
                    self.s.d.next.position = self.s.q.val().position + 1;
                    self.s.d.next.spot = self.next_spot.val();
                    self.s.d.next.full = self.last_of_block.val();
                    self.s.d.next.is_text = self.wants_text.val();
                    if self.wants_text.val() {
                        self.out.d.next = self.changed.val();
                        self.s.d.next.out_valid = true;
                        self.s.d.next.text_bytes = self.s.q.val().text_bytes + bit_cast::<16, 3>(self.entry.q.val().bytes);
                        self.keystream.pop.next = self.last_of_block.val();
                    } else {
                        self.s.d.next.aad_bytes = self.s.q.val().aad_bytes + bit_cast::<16, 3>(self.entry.q.val().bytes);
                    }
                }
            }
            GcmPhase::Lengths => {
                if !self.s.q.val().full & self.ghash.ready.val() {
                    self.state.d.next = GcmPhase::Tag;
                }
            }
            GcmPhase::Tag => {
                if self.tag_take.val() {
                    self.state.d.next = GcmPhase::Hash;
                }
            }
            _ => {}
        }

        self.out_valid.next = self.s.q.val().out_valid;
        self.out_word.next = self.out.q.val();
        self.tag_valid.next = self.state.q.val() == GcmPhase::Tag;
        self.tag_block.next = self.ghash.digest.val();
        self.tag[0].next = self.tag_block.val().get_bits::<32>(0);
        self.tag[1].next = self.tag_block.val().get_bits::<32>(32);
        self.tag[2].next = self.tag_block.val().get_bits::<32>(64);
        self.tag[3].next = self.tag_block.val().get_bits::<32>(96);
    }
}

/// The core as Verilog, its top module `holdfast_gcm`.
pub fn gcm_verilog() -> String {
    let mut core = Gcm::default();
    core.connect_all();
    crate::export::verilog("holdfast_gcm", &core)
}
