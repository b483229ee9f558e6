//! One step of the key schedule, in the three clocks of an AES round (FIPS 197, section 5.2). Everything is in the tower (see [`crate::cell::TowerRound`]).
//!
//! `older` and `newer` are two round keys: for AES-256 the one of this round and the next; for AES-128 only `newer` counts, and it is the one of this
//! round. One clock later `key` is the key of this round; after three clocks `older_out` and `newer_out` are the same for the next round, and
//! `aes256_out` goes with them. A new pair every clock.
use crate::cell::{Block128, BoxKind, Delay, SubWord, TowerKey};
use crate::prelude::*;

/// The step; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct KeyStep {
    pub clock: Signal<In, Clock>,
    pub older: Signal<In, Block128>,
    pub newer: Signal<In, Block128>,
    pub aes256: Signal<In, Bit>,
    pub key: Signal<Out, Block128>,
    pub older_out: Signal<Out, Block128>,
    pub newer_out: Signal<Out, Block128>,
    pub aes256_out: Signal<Out, Bit>,
    boxes: SubWord,
    mix: TowerKey,
    older_1: Delay<Block128, 1>,
    newer_1: Delay<Block128, 1>,
    older_2: Delay<Block128, 1>,
    newer_2: Delay<Block128, 1>,
    older_3: Delay<Block128, 1>,
    newer_3: Delay<Block128, 1>,
    aes256_2: Delay<Bit, 2>,
    aes256_3: Delay<Bit, 1>,
    /// No AES-128 key comes this far.
    only_256: Constant<Bit>,
}

impl KeyStep {
    /// Step 0 makes the third round key of AES-256, or the second of AES-128.
    pub fn new(step: usize, kind: BoxKind) -> Self {
        Self {
            clock: Default::default(),
            older: Default::default(),
            newer: Default::default(),
            aes256: Default::default(),
            key: Default::default(),
            older_out: Default::default(),
            newer_out: Default::default(),
            aes256_out: Default::default(),
            boxes: SubWord::new(kind),
            mix: TowerKey::new(step),
            older_1: Default::default(),
            newer_1: Default::default(),
            older_2: Default::default(),
            newer_2: Default::default(),
            older_3: Default::default(),
            newer_3: Default::default(),
            aes256_2: Default::default(),
            aes256_3: Default::default(),
            only_256: Constant::new(step > 10),
        }
    }
}

impl Logic for KeyStep {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, boxes, older_1, newer_1, older_2, newer_2, older_3, newer_3, aes256_2, aes256_3);
        self.older_1.d.next = self.newer.val();
        if self.aes256.val() | self.only_256.val() {
            self.older_1.d.next = self.older.val();
        }
        self.newer_1.d.next = self.newer.val();
        self.key.next = self.older_1.q.val();
        self.older_2.d.next = self.older_1.q.val();
        self.newer_2.d.next = self.newer_1.q.val();
        self.aes256_2.d.next = self.aes256.val();
        self.aes256_3.d.next = self.aes256_2.q.val();

        self.boxes.x.next = self.newer.val();
        self.mix.older.next = self.older_2.q.val();
        self.mix.word.next = self.boxes.y.val();
        self.mix.aes256.next = self.aes256_2.q.val() | self.only_256.val();
        self.older_3.d.next = self.newer_2.q.val();
        self.newer_3.d.next = self.mix.newer.val();
        self.older_out.next = self.older_3.q.val();
        self.newer_out.next = self.newer_3.q.val();
        self.aes256_out.next = self.aes256_3.q.val();
    }
}
