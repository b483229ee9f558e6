//! The keystream of AES-GCM: for each job E(0) = H, E(J0), then E of the counter blocks 2, 3, …, three blocks at a time through one round of AES in
//! three pipeline stages. Round keys are computed on the way; the key word uses the S-box lanes beside the state's.
//!
//! A group of three blocks takes 3·(rounds + 1) clocks: 33 (AES-128) or 45 (AES-256), and the next group follows without a gap. Blocks come out
//! through a queue of eight: `block` is valid with `valid` until `pop`; the next one
//! follows two clocks later. A group starts only when the queue has room for all it keeps.
//!
//! `ready`: the key may be written (word by word, word 0 first in the key) and a job be started. It returns once the last group of the job is in the
//! pipeline, so keys are changed under running blocks. A job gives 2 + `blocks` blocks. `wipe` resets everything but the queue's memory, whose words
//! it overwrites one per clock: hold it for eight clocks.
use crate::cell::{row, Block128, Circuit, FromPlanes, Planes, Ram, Reg, ToPlanes};
use crate::gcm::sbox;
use rust_hdl::prelude::*;

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
#[derive(LogicBlock)]
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
    low: ToPlanes,
    high: ToPlanes,
    counter: ToPlanes,
    load: Reg<Planes>,
    state: Reg<Planes>,
    pair: Reg<Planes>,
    norm: Reg<Planes>,
    inverse: Reg<Planes>,
    word_inverse: Reg<Planes>,
    older: Reg<Planes>,
    newer: Reg<Planes>,
    head: Circuit<2, 2>,
    middle: Circuit<2, 2>,
    tail: Circuit<3, 2>,
    key_step: Circuit<2, 1>,
    lanes: FromPlanes,
    queue: Ram<Block128, 3>,
    decide: Signal<Local, Bit>,
    put: Signal<Local, Bit>,
    write: Signal<Local, Bit>,
    stop: Signal<Local, Bit>,
    promise: Signal<Local, Bits<4>>,
    doubled: Signal<Local, Bits<8>>,
    step_control: Signal<Local, Bits<9>>,
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
            low: Default::default(),
            high: Default::default(),
            counter: Default::default(),
            load: Default::default(),
            state: Default::default(),
            pair: Default::default(),
            norm: Default::default(),
            inverse: Reg::new(sbox::zero_products()),
            word_inverse: Default::default(),
            older: Default::default(),
            newer: Default::default(),
            head: sbox::head(),
            middle: sbox::middle(),
            tail: sbox::tail(),
            key_step: sbox::key_step(),
            lanes: Default::default(),
            queue: Default::default(),
            decide: Default::default(),
            put: Default::default(),
            write: Default::default(),
            stop: Default::default(),
            promise: Default::default(),
            doubled: Default::default(),
            step_control: Default::default(),
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
        dff_setup!(self, clock, s, write_at, read_at, load, state, pair, norm, inverse, word_inverse, older, newer);
        self.stop.next = self.reset.val() | self.wipe.val();
        self.s.reset.next = self.stop.val();
        self.write_at.reset.next = self.reset.val();
        self.read_at.reset.next = self.reset.val();
        self.state.reset.next = self.stop.val();
        self.pair.reset.next = self.stop.val();
        self.norm.reset.next = self.stop.val();
        self.word_inverse.reset.next = self.stop.val();
        self.older.reset.next = self.stop.val();
        self.newer.reset.next = self.stop.val();
        for i in 0..8 {
            self.base[i].clock.next = self.clock.val();
            self.base[i].reset.next = self.stop.val();
            self.base[i].d.next = self.base[i].q.val();
            if self.key_write.val() & (self.key_index.val() == self.slot[i].val()) {
                self.base[i].d.next = self.key_word.val();
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

        // Counter blocks. What `load` holds is added to a round whose products are those of zero, so that it is the state. H is the block of zeros.
        self.counter.word[0].next = self.salted[0].q.val();
        self.counter.word[1].next = self.salted[1].q.val();
        self.counter.word[2].next = self.salted[2].q.val();
        self.counter.word[3].next = bit_cast::<32, 9>(self.s.q.val().number);
        self.load.d.next = self.counter.planes.val();
        self.load.reset.next = self.stop.val() | !self.s.q.val().loading | self.s.q.val().first;
        self.inverse.reset.next = self.stop.val() | self.s.q.val().loading;

        // The round.
        self.step_control.next = 0.into();
        if self.s.q.val().rotates {
            self.step_control.next = bit_cast::<9, 8>(self.s.q.val().rcon) | 0x100;
        }
        self.head.control.next = self.step_control.val();
        self.head.x[0].next = self.state.q.val();
        self.head.x[1].next = self.newer.q.val();
        self.pair.d.next = self.head.y[0].val();
        self.norm.d.next = self.head.y[1].val();
        self.middle.control.next = 0.into();
        self.middle.x[0].next = self.pair.q.val();
        self.middle.x[1].next = self.norm.q.val();
        self.inverse.d.next = self.middle.y[0].val();
        self.word_inverse.d.next = self.middle.y[1].val();
        self.tail.control.next = 0.into();
        self.tail.x[0].next = self.inverse.q.val();
        self.tail.x[1].next = self.older.q.val();
        self.tail.x[2].next = self.load.q.val();
        self.state.d.next = self.tail.y[1].val();

        // Round keys: `older` is the key of the round; `newer` the one after it (AES-256) or the same one (AES-128).
        for i in 0..4 {
            self.low.word[i].next = self.base[i].q.val();
            self.high.word[i].next = self.base[i + 4].q.val();
        }
        self.key_step.control.next = self.step_control.val();
        self.key_step.x[0].next = self.word_inverse.q.val();
        self.key_step.x[1].next = self.older.q.val();
        self.rcon.next = self.s.q.val().rcon;
        self.doubled.next = self.rcon.val() << 1;
        if self.s.q.val().enter {
            self.older.d.next = self.low.planes.val();
            self.newer.d.next = self.low.planes.val();
            if self.s.q.val().aes256 {
                self.newer.d.next = self.high.planes.val();
            }
            self.s.d.next.rcon = 1.into();
            self.s.d.next.rotates = true;
        } else if self.s.q.val().phase == 2 {
            self.older.d.next = self.key_step.y[0].val();
            self.newer.d.next = self.key_step.y[0].val();
            if self.s.q.val().group_aes256 {
                self.older.d.next = self.newer.q.val();
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
        self.lanes.planes.next = self.tail.y[0].val();
        self.queue.clock.next = self.clock.val();
        self.write.next = self.put.val() | self.wipe.val();
        self.queue.write.next = self.write.val();
        self.queue.write_address.next = self.write_at.q.val();
        self.queue.write_data.next = self.lanes.block.val();
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
