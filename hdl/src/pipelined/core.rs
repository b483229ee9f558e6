//! AES-GCM on packets in both directions (NIST SP 800-38D, RFC 4106): a beat of 16 bytes every clock, every packet under another key.
//!
//! **In.** A packet of n blocks of text is n + 1 beats in n + 1 clocks without a gap; between packets any number of clocks may pass, but none need to, except that a packet
//! without text is followed by one clock of nothing. Nothing ever waits inside: who cannot take what comes out must not put it in.
//!
//! | beat | `in_first` | `in_last` | `in_block` | `in_bytes` |
//! |---|---|---|---|---|
//! | 0 | 1 | n = 0 | additional data, 8 or 12 bytes; the last four bytes of the block are the length of the text in bytes, below 2^14 | 8, or 12 with extended sequence numbers |
//! | 1 … n - 1 | 0 | 0 | text | 16 |
//! | n | 0 | 1 | text | 1 … 16 |
//!
//! Beat 0 brings key, key size and nonce; every beat the direction (`in_seal`) and `in_id`, which comes out again with everything of the packet. For AES-128 both halves
//! of the key are the key. Bytes beyond `in_bytes` do not matter.
//!
//! **The context of the hash** is asked for when it is needed: `request` is high 43 clocks after beat 0, packets in their order; two clocks later, and in the
//! clock after that, `h`, `h3`, `h5` (H, H³, H⁵) and for a packet to be opened `icv` (the tag that came) are looked at. That is what a memory with an output register
//! does, and what saves 600 bits per packet in flight. The SA must not change until then.
//!
//! **Out.** A beat of text 47 clocks after it came in; bytes beyond `out_bytes` are zero. Opened text comes before its verdict: whoever takes it holds it back.
//! `tag_valid` 54 clocks after the last beat: `tag` (zero for a packet that was opened),
//! or `authentic`. The comparison adds what came to what should have come and looks at all 128 bits at once.
//!
//! **H.** A beat alone with `in_first`, `in_last` and `in_zero` gives H of its key: `hash_key_valid` 46 clocks later; no `request`, no tag. [`super::Powers`] makes the rest.
//!
//! **Order of bytes**: first byte of a block in bits 31..24 of word 0, see [`Block128`]. `reset` with all other inputs zero for 64 clocks clears everything, memories included.
use super::{Cipher, Hash};
use crate::cell::{row, Block128, ByteMask, Delay, KeepBytes, Ram, Reg};
use crate::prelude::*;

/// Clocks from a beat at the input to the same beat at the output, from the last beat to the tag, and from the first to `request`.
pub const BEAT_LATENCY: usize = 47;
pub const TAG_LATENCY: usize = 54;
pub const REQUEST_LATENCY: usize = 43;

/// What a beat is; travels in registers.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct PipelineMarks {
    pub first: Bit,
    pub text: Bit,
    pub last: Bit,
    pub zero: Bit,
    pub seal: Bit,
    /// One less than there are.
    pub bytes: Bits<4>,
}

/// A beat in the memory where it waits for its keystream.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct PipelineBeat {
    pub block: Block128,
    pub id: Bits<8>,
}

/// What accompanies the block at the output.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct PipelineLabel {
    pub valid: Bit,
    pub last: Bit,
    pub bytes: Bits<4>,
    pub seal: Bit,
    pub id: Bits<8>,
}

/// What the hash is told about a block.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct PipelineTurn {
    pub chain: Bit,
    pub odd: Bit,
    pub other: Bit,
    pub fresh: Bit,
    pub last: Bit,
}

/// The verdict, its words still apart.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct PipelineVerdict {
    pub valid: Bit,
    pub seal: Bit,
    pub id: Bits<8>,
    pub same_0: Bit,
    pub same_1: Bit,
    pub same_2: Bit,
    pub same_3: Bit,
}

/// The core; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct Pipeline {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_first: Signal<In, Bit>,
    pub in_last: Signal<In, Bit>,
    pub in_zero: Signal<In, Bit>,
    pub in_seal: Signal<In, Bit>,
    pub in_id: Signal<In, Bits<8>>,
    pub in_bytes: Signal<In, Bits<5>>,
    pub in_block: Signal<In, Block128>,
    pub in_aes256: Signal<In, Bit>,
    pub in_key_low: Signal<In, Block128>,
    pub in_key_high: Signal<In, Block128>,
    /// Salt, IV high, IV low (RFC 4106, section 4).
    pub in_nonce: [Signal<In, Bits<32>>; 3],
    pub request: Signal<Out, Bit>,
    pub h: Signal<In, Block128>,
    pub h3: Signal<In, Block128>,
    pub h5: Signal<In, Block128>,
    pub icv: Signal<In, Block128>,
    pub out_valid: Signal<Out, Bit>,
    pub out_last: Signal<Out, Bit>,
    pub out_seal: Signal<Out, Bit>,
    pub out_id: Signal<Out, Bits<8>>,
    /// 1 to 16.
    pub out_bytes: Signal<Out, Bits<5>>,
    pub out_block: Signal<Out, Block128>,
    pub tag_valid: Signal<Out, Bit>,
    pub tag_seal: Signal<Out, Bit>,
    pub tag_id: Signal<Out, Bits<8>>,
    pub tag: Signal<Out, Block128>,
    pub authentic: Signal<Out, Bit>,
    pub hash_key_valid: Signal<Out, Bit>,
    pub hash_key: Signal<Out, Block128>,
    cipher: Cipher,
    hash: Hash,
    /// Marks by the clocks since the beat came in; the keystream comes with 46.
    marks_43: Delay<PipelineMarks, 43>,
    marks_44: Delay<PipelineMarks, 1>,
    marks_45: Delay<PipelineMarks, 1>,
    marks_46: Delay<PipelineMarks, 1>,
    first_47: Delay<Bit, 1>,
    first_48: Delay<Bit, 1>,
    first_49: Delay<Bit, 1>,
    /// The hash sees the text with its keystream.
    adds: Delay<Bit, 1>,
    waiting: Ram<PipelineBeat, 6>,
    write_at: Delay<Bits<6>, 1>,
    read_at: Delay<Bits<6>, 1>,
    beat: Delay<PipelineBeat, 1>,
    turn: Delay<PipelineTurn, 1>,
    label: Delay<PipelineLabel, 1>,
    bytes: ByteMask,
    kept: Delay<Bits<16>, 1>,
    last_byte: Signal<Local, Bits<4>>,
    changed: KeepBytes,
    hashed: KeepBytes,
    out: Delay<Block128, 1>,
    block: Delay<Block128, 1>,
    tail_label: Delay<PipelineLabel, 6>,
    verdict: Delay<PipelineVerdict, 1>,
    result: Reg<Block128>,
    plain: Signal<Local, Block128>,
    sum: Signal<Local, Block128>,
    stored: Signal<Local, Block128>,
    less: Signal<Local, Bits<5>>,
    part: [Signal<Local, Bits<32>>; 4],
}

impl Pipeline {
    /// `memory_rounds`: see [`Cipher::new`].
    pub fn new(memory_rounds: usize) -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_first: Default::default(),
            in_last: Default::default(),
            in_zero: Default::default(),
            in_seal: Default::default(),
            in_id: Default::default(),
            in_bytes: Default::default(),
            in_block: Default::default(),
            in_aes256: Default::default(),
            in_key_low: Default::default(),
            in_key_high: Default::default(),
            in_nonce: row(),
            request: Default::default(),
            h: Default::default(),
            h3: Default::default(),
            h5: Default::default(),
            icv: Default::default(),
            out_valid: Default::default(),
            out_last: Default::default(),
            out_seal: Default::default(),
            out_id: Default::default(),
            out_bytes: Default::default(),
            out_block: Default::default(),
            tag_valid: Default::default(),
            tag_seal: Default::default(),
            tag_id: Default::default(),
            tag: Default::default(),
            authentic: Default::default(),
            hash_key_valid: Default::default(),
            hash_key: Default::default(),
            cipher: Cipher::new(memory_rounds),
            hash: Default::default(),
            marks_43: Default::default(),
            marks_44: Default::default(),
            marks_45: Default::default(),
            marks_46: Default::default(),
            first_47: Default::default(),
            first_48: Default::default(),
            first_49: Default::default(),
            adds: Default::default(),
            waiting: Default::default(),
            write_at: Default::default(),
            read_at: Default::default(),
            beat: Default::default(),
            turn: Default::default(),
            label: Default::default(),
            bytes: Default::default(),
            kept: Default::default(),
            last_byte: Default::default(),
            changed: Default::default(),
            hashed: Default::default(),
            out: Default::default(),
            block: Default::default(),
            tail_label: Default::default(),
            verdict: Default::default(),
            result: Default::default(),
            plain: Default::default(),
            sum: Default::default(),
            stored: Default::default(),
            less: Default::default(),
            part: row(),
        }
    }
}

impl Default for Pipeline {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Logic for Pipeline {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, result);
        clock!(self, clock, write_at, read_at);
        clock!(self, clock, cipher, hash, marks_43, marks_44, marks_45, marks_46, first_47, first_48, first_49, adds);
        clock!(self, clock, waiting, beat, turn, label, out, block, tail_label, verdict, kept);
        self.cipher.reset.next = self.reset.val();
        self.hash.reset.next = self.reset.val();

        // In: the context to the cipher, the beat to its memory, the marks to their line.
        self.cipher.load.next = self.in_valid.val() & self.in_first.val();
        self.cipher.zero.next = self.in_zero.val();
        self.cipher.aes256.next = self.in_aes256.val();
        self.cipher.low.next = self.in_key_low.val();
        self.cipher.high.next = self.in_key_high.val();
        for i in 0..3 {
            self.cipher.nonce[i].next = self.in_nonce[i].val();
        }
        self.less.next = self.in_bytes.val() - 1;
        self.write_at.d.next = self.write_at.q.val() + 1;
        // What is read was written 44 clocks ago, 20 places further. Wherever the two begin: they need no reset, and go on under it, so that it wipes every place.
        self.read_at.d.next = self.write_at.q.val() + 21;
        self.waiting.write.next = true;
        self.waiting.write_address.next = self.write_at.q.val();
        self.waiting.write_data.next.block = self.in_block.val();
        self.waiting.write_data.next.id = self.in_id.val();
        self.waiting.read_address.next = self.read_at.q.val();
        self.beat.d.next = self.waiting.read_data.val();
        self.marks_43.d.next.first = self.in_valid.val() & self.in_first.val() & !self.in_zero.val() & !self.reset.val();
        self.marks_43.d.next.text = self.in_valid.val() & !self.in_first.val() & !self.reset.val();
        self.marks_43.d.next.last = self.in_valid.val() & self.in_last.val() & !self.in_zero.val() & !self.reset.val();
        self.marks_43.d.next.zero = self.in_valid.val() & self.in_first.val() & self.in_zero.val() & !self.reset.val();
        self.marks_43.d.next.seal = self.in_seal.val();
        self.marks_43.d.next.bytes = self.less.val().get_bits::<4>(0);
        self.marks_44.d.next = self.marks_43.q.val();
        self.marks_45.d.next = self.marks_44.q.val();
        self.marks_46.d.next = self.marks_45.q.val();
        self.first_47.d.next = self.marks_46.q.val().first;
        self.first_48.d.next = self.first_47.q.val();
        self.first_49.d.next = self.first_48.q.val();

        // The keystream meets the text.
        self.stored.next = self.beat.q.val().block;
        self.sum.next = self.stored.val() ^ self.cipher.block.val();
        self.adds.d.next = self.marks_45.q.val().seal & self.marks_45.q.val().text;
        self.plain.next = self.stored.val();
        if self.adds.q.val() {
            self.plain.next = self.stored.val() ^ self.cipher.block.val();
        }
        self.changed.x.next = self.sum.val();
        self.changed.mask.next = self.kept.q.val();
        self.hashed.x.next = self.plain.val();
        self.hashed.mask.next = self.kept.q.val();
        self.out.d.next = self.changed.y.val();
        self.block.d.next = self.hashed.y.val();
        self.label.d.next.valid = self.marks_46.q.val().text;
        self.label.d.next.last = self.marks_46.q.val().last;
        self.label.d.next.bytes = self.marks_46.q.val().bytes;
        self.label.d.next.seal = self.marks_46.q.val().seal;
        self.label.d.next.id = self.beat.q.val().id;
        self.out_block.next = self.out.q.val();
        self.out_valid.next = self.label.q.val().valid;
        self.out_last.next = self.label.q.val().last & self.label.q.val().valid;
        self.out_seal.next = self.label.q.val().seal;
        self.out_id.next = self.label.q.val().id;
        self.out_bytes.next = bit_cast::<5, 4>(self.label.q.val().bytes) + 1;
        self.hash_key_valid.next = self.marks_46.q.val().zero;
        self.hash_key.next = self.cipher.block.val();

        // The hash: where the last beat is, marks that came later tell.
        self.request.next = self.marks_43.q.val().first;
        self.hash.first.next = self.marks_45.q.val().first;
        self.last_byte.next = self.marks_45.q.val().bytes;
        self.hash.extended.next = self.last_byte.val().get_bit(3);
        self.bytes.last.next = self.last_byte.val();
        self.kept.d.next = self.bytes.mask.val();
        self.hash.h.next = self.h.val();
        self.hash.h3.next = self.h3.val();
        self.hash.h5.next = self.h5.val();
        self.hash.icv.next = self.icv.val();
        self.hash.opens.next = !self.marks_46.q.val().seal;
        self.hash.stream.next = self.cipher.block.val();
        self.hash.length.next = self.stored.val().get_bits::<14>(96);
        self.turn.d.next.chain = !(self.marks_46.q.val().first | self.first_47.q.val() | self.first_48.q.val() | self.first_49.q.val());
        self.turn.d.next.odd = false;
        self.turn.d.next.other = false;
        self.turn.d.next.fresh = self.marks_46.q.val().first;
        self.turn.d.next.last = self.marks_46.q.val().last;
        if self.marks_46.q.val().last {
            self.turn.d.next.odd = true;
        } else if self.marks_45.q.val().last {
            self.turn.d.next.other = true;
        } else if self.marks_43.q.val().last & !self.marks_44.q.val().last {
            self.turn.d.next.odd = true;
            self.turn.d.next.other = true;
            self.turn.d.next.fresh = true;
        }
        self.hash.block.next = self.block.q.val();
        self.hash.chain.next = self.turn.q.val().chain;
        self.hash.odd.next = self.turn.q.val().odd;
        self.hash.other.next = self.turn.q.val().other;
        self.hash.fresh.next = self.turn.q.val().fresh;
        self.hash.last.next = self.turn.q.val().last;

        // The verdict. A packet to be opened shows no tag, so that nobody learns the right one.
        self.tail_label.d.next = self.label.q.val();
        self.result.d.next = self.hash.sum.val();
        self.result.reset.next = self.reset.val() | !self.tail_label.q.val().seal;
        self.part[0].next = self.hash.sum.val().get_bits::<32>(0);
        self.part[1].next = self.hash.sum.val().get_bits::<32>(32);
        self.part[2].next = self.hash.sum.val().get_bits::<32>(64);
        self.part[3].next = self.hash.sum.val().get_bits::<32>(96);
        self.verdict.d.next.valid = self.hash.done.val();
        self.verdict.d.next.seal = self.tail_label.q.val().seal;
        self.verdict.d.next.id = self.tail_label.q.val().id;
        self.verdict.d.next.same_0 = self.part[0].val() == 0;
        self.verdict.d.next.same_1 = self.part[1].val() == 0;
        self.verdict.d.next.same_2 = self.part[2].val() == 0;
        self.verdict.d.next.same_3 = self.part[3].val() == 0;
        self.tag.next = self.result.q.val();
        self.tag_valid.next = self.verdict.q.val().valid;
        self.tag_seal.next = self.verdict.q.val().seal;
        self.tag_id.next = self.verdict.q.val().id;
        self.authentic.next = self.verdict.q.val().same_0
            & self.verdict.q.val().same_1
            & self.verdict.q.val().same_2
            & self.verdict.q.val().same_3
            & !self.verdict.q.val().seal;
    }
}
