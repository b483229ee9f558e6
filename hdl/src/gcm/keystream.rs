//! The keystream of AES-GCM: for each job E(0) = H, E(J0), then E of the counter blocks 2, 3, …, three blocks at a time through one round of AES in
//! three pipeline stages, two of them the S-boxes, which are memories. Round keys are computed on the way.
//!
//! A group of three blocks takes 3·(rounds + 1) clocks: 33 (AES-128) or 45 (AES-256), and the next group follows without a gap. Blocks come out
//! through a queue of eight: `block` is valid with `valid` until `pop`; the next one
//! follows two clocks later. A group starts only when the queue has room for all it keeps.
//!
//! `ready`: the key may be written (word by word, word 0 first in the key; `aes256` is held meanwhile, and without it words 4 to 7 are
//! ignored) and a job be started. It returns once the last group of the job is in the
//! pipeline, so keys are changed under running blocks. A job gives 2 + `blocks` blocks. `wipe` resets everything but the queue's memory, whose words
//! it overwrites one per clock: hold it for eight clocks.
use crate::cell::{row, Block128, Circuit, FromPlanes, JoinWords, Planes, Ram, Reg, RoundEnd, Substitute, ToPlanes};
use crate::gcm::sbox;
use crate::prelude::*;

/// What the generator is doing.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct KeystreamState {
    /// The job has groups that are not started yet: blocks left, and the number of the next block (0 is H, n the block with counter n).
    pub active: Bit,
    /// The next block is H.
    pub first: Bit,
    /// The clock before a group's first, its first, and these with its second: what fans out wide comes straight from a register.
    pub enter: Bit,
    pub entered: Bit,
    pub loading: Bit,
    pub aes256: Bit,
    pub left: Bits<9>,
    pub number: Bits<9>,
    /// Derived from `left` a clock before they are used: the next group is the last, and the blocks it keeps.
    pub few_left: Bit,
    pub share: Bits<2>,
    /// The group in the pipeline: its clock is 3·round + phase, round 0 loads the counter blocks.
    pub running: Bit,
    pub phase: Bits<2>,
    pub round: Bits<4>,
    pub last_round: Bit,
    pub group_aes256: Bit,
    pub keep: Bits<2>,
    pub rcon: Bits<8>,
    pub rotates: Bit,
    /// The queue: slots promised to groups, written words.
    pub promised: Bits<4>,
    pub written: Bits<4>,
    pub valid: Bit,
    pub popped: Bit,
}

/// The generator; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct Keystream {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub wipe: Signal<In, Bit>,
    pub key_write: Signal<In, Bit>,
    pub key_index: Signal<In, Bits<3>>,
    pub key_word: Signal<In, Bits<32>>,
    pub aes256: Signal<In, Bit>,
    pub nonce: [Signal<In, Bits<32>>; 3],
    pub blocks: Signal<In, Bits<8>>,
    pub start: Signal<In, Bit>,
    pub ready: Signal<Out, Bit>,
    pub block: Signal<Out, Block128>,
    pub valid: Signal<Out, Bit>,
    pub pop: Signal<In, Bit>,
    s: Reg<KeystreamState>,
    write_at: Reg<Bits<3>>,
    read_at: Reg<Bits<3>>,
    base: [Reg<Bits<32>>; 8],
    salted: [Reg<Bits<32>>; 3],
    counter: JoinWords,
    load: Reg<Block128>,
    state: Reg<Block128>,
    boxes: Substitute,
    substituted: Reg<Block128>,
    round_end: RoundEnd,
    older: [Reg<Bits<32>>; 4],
    newer: [Reg<Bits<32>>; 4],
    key_planes: ToPlanes,
    key_head: Circuit<1, 2>,
    key_pair: Reg<Planes>,
    key_norm: Reg<Planes>,
    key_middle: Circuit<2, 1>,
    key_inverse: Reg<Planes>,
    key_tail: Circuit<1, 1>,
    key_word_out: FromPlanes,
    queue: Ram<Block128, 3>,
    decide: Signal<Local, Bit>,
    put: Signal<Local, Bit>,
    write: Signal<Local, Bit>,
    stop: Signal<Local, Bit>,
    promise: Signal<Local, Bits<4>>,
    doubled: Signal<Local, Bits<8>>,
    half_index: Signal<Local, Bits<3>>,
    turned: Signal<Local, Bits<32>>,
    constant: Signal<Local, Bits<32>>,
    mixed: Signal<Local, Bits<32>>,
    step: [Signal<Local, Bits<32>>; 4],
    last_before: Signal<Local, Bits<4>>,
    left: Signal<Local, Bits<9>>,
    rcon: Signal<Local, Bits<8>>,
    slot: [Constant<Bits<3>>; 8],
}

impl Default for Keystream {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            wipe: Default::default(),
            key_write: Default::default(),
            key_index: Default::default(),
            key_word: Default::default(),
            aes256: Default::default(),
            nonce: row(),
            blocks: Default::default(),
            start: Default::default(),
            ready: Default::default(),
            block: Default::default(),
            valid: Default::default(),
            pop: Default::default(),
            s: Default::default(),
            write_at: Default::default(),
            read_at: Default::default(),
            base: row(),
            salted: row(),
            counter: Default::default(),
            load: Default::default(),
            state: Default::default(),
            boxes: Default::default(),
            substituted: Default::default(),
            round_end: Default::default(),
            older: row(),
            newer: row(),
            key_planes: Default::default(),
            key_head: sbox::head(),
            key_pair: Default::default(),
            key_norm: Default::default(),
            key_middle: sbox::middle(),
            key_inverse: Default::default(),
            key_tail: sbox::tail(),
            key_word_out: Default::default(),
            queue: Default::default(),
            decide: Default::default(),
            put: Default::default(),
            write: Default::default(),
            stop: Default::default(),
            promise: Default::default(),
            doubled: Default::default(),
            half_index: Default::default(),
            turned: Default::default(),
            constant: Default::default(),
            mixed: Default::default(),
            step: row(),
            last_before: Default::default(),
            left: Default::default(),
            rcon: Default::default(),
            slot: std::array::from_fn(|i| Constant::new((i as u64).into())),
        }
    }
}

impl Logic for Keystream {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, write_at, read_at, load, state, substituted, key_pair, key_norm, key_inverse);
        clock!(self, clock, boxes, queue);
        self.stop.next = self.reset.val() | self.wipe.val();
        self.s.reset.next = self.stop.val();
        self.write_at.reset.next = self.reset.val();
        self.read_at.reset.next = self.reset.val();
        self.state.reset.next = self.stop.val();
        self.key_pair.reset.next = self.stop.val();
        self.key_norm.reset.next = self.stop.val();
        self.key_inverse.reset.next = self.stop.val();
        for i in 0..4 {
            self.older[i].clock.next = self.clock.val();
            self.older[i].reset.next = self.stop.val();
            self.older[i].d.next = self.older[i].q.val();
            self.newer[i].clock.next = self.clock.val();
            self.newer[i].reset.next = self.stop.val();
            self.newer[i].d.next = self.newer[i].q.val();
        }
        // The second half of an AES-128 key is its first half once more, so that `newer` begins as the second half of any key.
        self.half_index.next = self.key_index.val();
        if !self.aes256.val() {
            self.half_index.next = self.key_index.val() ^ 4;
        }
        for i in 0..8 {
            self.base[i].clock.next = self.clock.val();
            self.base[i].reset.next = self.stop.val();
            self.base[i].d.next = self.base[i].q.val();
        }
        for i in 0..4 {
            if self.key_write.val() & (self.key_index.val() == self.slot[i].val()) {
                self.base[i].d.next = self.key_word.val();
            }
            if self.key_write.val() & (self.half_index.val() == self.slot[i + 4].val()) {
                self.base[i + 4].d.next = self.key_word.val();
            }
        }
        for i in 0..3 {
            self.salted[i].clock.next = self.clock.val();
            self.salted[i].reset.next = self.stop.val();
            self.salted[i].d.next = self.salted[i].q.val();
            if self.start.val() {
                self.salted[i].d.next = self.nonce[i].val();
            }
        }

        // Groups: a new one enters when the old one leaves.
        self.decide.next = self.s.q.val().active
            & !self.s.q.val().enter
            & (!self.s.q.val().running | (self.s.q.val().last_round & (self.s.q.val().phase == 1)))
            & (self.s.q.val().promised < 6);
        self.s.d.next.enter = self.decide.val();
        self.s.d.next.entered = self.s.q.val().enter;
        self.s.d.next.loading = self.decide.val() | self.s.q.val().enter | self.s.q.val().entered;
        self.ready.next = !self.s.q.val().active & !self.s.q.val().loading;
        self.left.next = self.s.q.val().left;
        self.s.d.next.few_left = self.left.val() < 4;
        self.s.d.next.share = 3.into();
        if self.left.val() < 4 {
            self.s.d.next.share = self.left.val().get_bits::<2>(0);
        }
        self.last_before.next = 9.into();
        if self.s.q.val().group_aes256 {
            self.last_before.next = 13.into();
        }
        if self.s.q.val().phase == 2 {
            self.s.d.next.phase = 0.into();
            self.s.d.next.round = self.s.q.val().round + 1;
            self.s.d.next.last_round = self.s.q.val().running & (self.s.q.val().round == self.last_before.val());
        } else {
            self.s.d.next.phase = self.s.q.val().phase + 1;
        }
        if self.s.q.val().last_round & (self.s.q.val().phase == 2) {
            self.s.d.next.running = false;
        }
        self.promise.next = 0.into();
        if self.s.q.val().enter {
            self.s.d.next.running = true;
            self.s.d.next.phase = 0.into();
            self.s.d.next.round = 0.into();
            self.s.d.next.last_round = false;
            self.s.d.next.group_aes256 = self.s.q.val().aes256;
            self.s.d.next.left = self.s.q.val().left - 3;
            self.s.d.next.keep = self.s.q.val().share;
            self.promise.next = bit_cast::<4, 2>(self.s.q.val().share);
            if self.s.q.val().few_left {
                self.s.d.next.active = false;
            }
        }
        if self.start.val() {
            self.s.d.next.active = true;
            self.s.d.next.aes256 = self.aes256.val();
            self.s.d.next.left = bit_cast::<9, 8>(self.blocks.val()) + 2;
            self.s.d.next.number = 0.into();
            self.s.d.next.first = true;
        } else if self.s.q.val().loading {
            self.s.d.next.number = self.s.q.val().number + 1;
            self.s.d.next.first = false;
        }

        // Counter blocks. What `load` holds is added to a round whose bytes are zero, so that it is the state. H is the block of zeros.
        self.counter.word[0].next = self.salted[0].q.val();
        self.counter.word[1].next = self.salted[1].q.val();
        self.counter.word[2].next = self.salted[2].q.val();
        self.counter.word[3].next = bit_cast::<32, 9>(self.s.q.val().number);
        self.load.d.next = self.counter.block.val();
        self.load.reset.next = self.stop.val() | !self.s.q.val().loading | self.s.q.val().first;
        self.substituted.reset.next = self.stop.val() | self.s.q.val().loading;

        // The round.
        self.boxes.x.next = self.state.q.val();
        self.substituted.d.next = self.boxes.y.val();
        self.round_end.bytes.next = self.substituted.q.val();
        self.round_end.block.next = self.load.q.val();
        self.state.d.next = self.round_end.mixed.val();

        // Round keys (FIPS 197, section 5.2): `older` is the key of the round; `newer` the one after it (AES-256) or the same one (AES-128).
        self.turned.next = self.newer[3].q.val();
        self.constant.next = 0.into();
        if self.s.q.val().rotates {
            self.turned.next = (self.newer[3].q.val() << 8) | (self.newer[3].q.val() >> 24);
            self.constant.next = bit_cast::<32, 8>(self.s.q.val().rcon) << 24;
        }
        self.key_planes.word.next = self.turned.val();
        self.key_head.x[0].next = self.key_planes.planes.val();
        self.key_pair.d.next = self.key_head.y[0].val();
        self.key_norm.d.next = self.key_head.y[1].val();
        self.key_middle.x[0].next = self.key_pair.q.val();
        self.key_middle.x[1].next = self.key_norm.q.val();
        self.key_inverse.d.next = self.key_middle.y[0].val();
        self.key_tail.x[0].next = self.key_inverse.q.val();
        self.key_word_out.planes.next = self.key_tail.y[0].val();
        self.mixed.next = self.key_word_out.word.val() ^ self.constant.val();
        self.step[0].next = self.older[0].q.val() ^ self.mixed.val();
        self.step[1].next = self.older[0].q.val() ^ self.older[1].q.val() ^ self.mixed.val();
        self.step[2].next = self.older[0].q.val() ^ self.older[1].q.val() ^ self.older[2].q.val() ^ self.mixed.val();
        self.step[3].next =
            self.older[0].q.val() ^ self.older[1].q.val() ^ self.older[2].q.val() ^ self.older[3].q.val() ^ self.mixed.val();
        for i in 0..4 {
            self.round_end.key[i].next = self.older[i].q.val();
            if self.s.q.val().enter {
                self.older[i].d.next = self.base[i].q.val();
                self.newer[i].d.next = self.base[i + 4].q.val();
            } else if self.s.q.val().phase == 2 {
                self.older[i].d.next = self.step[i].val();
                self.newer[i].d.next = self.step[i].val();
                if self.s.q.val().group_aes256 {
                    self.older[i].d.next = self.newer[i].q.val();
                }
            }
        }
        self.rcon.next = self.s.q.val().rcon;
        self.doubled.next = self.rcon.val() << 1;
        if self.s.q.val().enter {
            self.s.d.next.rcon = 1.into();
            self.s.d.next.rotates = true;
        } else if self.s.q.val().phase == 2 {
            if self.s.q.val().group_aes256 {
                self.s.d.next.rotates = !self.s.q.val().rotates;
            }
            if self.s.q.val().rotates {
                self.s.d.next.rcon = self.doubled.val();
                if self.rcon.val().get_bit(7) {
                    self.s.d.next.rcon = self.doubled.val() ^ 0x1b;
                }
            }
        }

        // The queue.
        self.put.next = self.s.q.val().last_round & (self.s.q.val().phase < self.s.q.val().keep);
        self.write.next = self.put.val() | self.wipe.val();
        self.queue.write.next = self.write.val();
        self.queue.write_address.next = self.write_at.q.val();
        self.queue.write_data.next = self.round_end.last.val();
        self.queue.read_address.next = self.read_at.q.val();
        self.s.d.next.popped = self.pop.val();
        self.s.d.next.valid = !self.pop.val() & (self.s.q.val().written != 0);
        if self.write.val() {
            self.write_at.d.next = self.write_at.q.val() + 1;
        }
        if self.s.q.val().popped {
            self.queue.read_address.next = self.read_at.q.val() + 1;
            self.read_at.d.next = self.read_at.q.val() + 1;
            self.s.d.next.valid = self.s.q.val().written > 1;
            self.s.d.next.promised = self.s.q.val().promised + self.promise.val() - 1;
        } else {
            self.s.d.next.promised = self.s.q.val().promised + self.promise.val();
        }
        if self.put.val() & !self.s.q.val().popped {
            self.s.d.next.written = self.s.q.val().written + 1;
        }
        if self.s.q.val().popped & !self.put.val() {
            self.s.d.next.written = self.s.q.val().written - 1;
        }
        if self.wipe.val() {
            self.read_at.d.next = self.write_at.q.val() + 1;
        }
        if self.reset.val() {
            self.queue.read_address.next = 0.into();
        }
        self.block.next = self.queue.read_data.val();
        self.valid.next = self.s.q.val().valid;
    }
}
