//! GHASH (NIST SP 800-38D, section 6.4), one block per clock, and from it the tag.
//!
//! A packet of n text blocks gives n + 1 blocks without a gap, the additional data first. Its tag is
//!
//! ```text
//!   A·H^(n+2) + C1·H^(n+1) + … + Cn·H² + lengths·H + E(J0)
//! ```
//! A product takes four clocks, so a block is added to the product of the block four clocks before it, and that sum is multiplied by H⁴; but the last
//! four blocks are multiplied by H⁵, H⁴, H³, H², which is what is still missing from each of the four threads. So the four last products need only be added, and one multiplier
//! does all. The lengths do not take a turn: 14 bits times H is little, and is made in two steps of seven bits while the first blocks pass. Hence a packet takes
//! max(n + 1, 2) clocks, and the next one may follow at once.
//!
//! Clocks, counted from the one in which the keystream of the additional data's place, E(J0), is at `stream`, called clock 0:
//!
//! | clock | what is looked at |
//! |---|---|
//! | -1 | `first`; `h`; `extended` (12 bytes of additional data, otherwise 8) |
//! | 0 | `h`, `h3`, `h5`, `icv`, `opens`, `stream`, `length` |
//! | 1 + i | `block` i (0: the additional data, padded with zeros), `chain` (i ≥ 4), `odd` and `other`: 1, 0 the last block, 0, 1 the one before it, 1, 1 the one three before it, else 0, 0 |
//! | 1 + i | `fresh`: i is 0 or the last but three; `last` |
//! | i + 7 | for the last i: `done`, and `sum` is the tag, or for a packet that `opens` tag + `icv` |
use crate::cell::{row, Block128, Delay, Gf128Map, Gf128Product, Gf128Step, JoinWords, Pick};
use crate::prelude::*;

/// Clocks from the last block to `done`.
pub const HASH_LATENCY: usize = 6;

/// The hash engine; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct Hash {
    pub clock: Signal<In, Clock>,
    /// Clears the powers of H.
    pub reset: Signal<In, Bit>,
    pub first: Signal<In, Bit>,
    pub extended: Signal<In, Bit>,
    pub h: Signal<In, Block128>,
    pub h3: Signal<In, Block128>,
    pub h5: Signal<In, Block128>,
    pub icv: Signal<In, Block128>,
    pub opens: Signal<In, Bit>,
    pub stream: Signal<In, Block128>,
    /// Bytes of text.
    pub length: Signal<In, Bits<14>>,
    pub block: Signal<In, Block128>,
    pub chain: Signal<In, Bit>,
    pub odd: Signal<In, Bit>,
    pub other: Signal<In, Bit>,
    pub fresh: Signal<In, Bit>,
    pub last: Signal<In, Bit>,
    pub done: Signal<Out, Bit>,
    pub sum: Signal<Out, Block128>,
    // What comes of `first`, one clock later each.
    first_0: Delay<Bit, 1>,
    first_1: Delay<Bit, 1>,
    first_2: Delay<Bit, 1>,
    first_3: Delay<Bit, 1>,
    /// H², H³, H⁴, H⁵ of the packet.
    powers: [Delay<Block128, 1>; 4],
    square: Gf128Map,
    fourth: Gf128Map,
    pick: Pick,
    power: Delay<Block128, 1>,
    operand: Delay<Block128, 1>,
    multiplier: Gf128Product,
    result: Delay<Block128, 1>,
    fresh_6: Delay<Bit, 5>,
    last_6: Delay<Bit, 5>,
    last_7: Delay<Bit, 1>,
    total: Delay<Block128, 1>,
    // The lengths times H: x^111·H for those of the text, and the whole for the additional data.
    far: Gf128Map,
    near: Gf128Map,
    turn: Gf128Map,
    text_h: Delay<Block128, 1>,
    data_h: Delay<Block128, 1>,
    rest: Delay<Bits<7>, 1>,
    digit: Delay<Bits<7>, 1>,
    digits: JoinWords,
    step: Gf128Step<7>,
    lengths: Delay<Block128, 1>,
    // What is added at last, passed on once per packet.
    mask: Delay<Block128, 1>,
    mask_2: Delay<Block128, 1>,
    mask_4: Delay<Block128, 1>,
    mask_6: Delay<Block128, 2>,
    carried: Signal<Local, Block128>,
    checked: Signal<Local, Block128>,
    kept: Signal<Local, Block128>,
    added: Signal<Local, Block128>,
    zeros: Constant<Block128>,
}

impl Default for Hash {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            first: Default::default(),
            extended: Default::default(),
            h: Default::default(),
            h3: Default::default(),
            h5: Default::default(),
            icv: Default::default(),
            opens: Default::default(),
            stream: Default::default(),
            length: Default::default(),
            block: Default::default(),
            chain: Default::default(),
            odd: Default::default(),
            other: Default::default(),
            fresh: Default::default(),
            last: Default::default(),
            done: Default::default(),
            sum: Default::default(),
            first_0: Default::default(),
            first_1: Default::default(),
            first_2: Default::default(),
            first_3: Default::default(),
            powers: row(),
            square: Gf128Map::square(),
            fourth: Gf128Map::fourth_power(),
            pick: Default::default(),
            power: Default::default(),
            operand: Default::default(),
            multiplier: Default::default(),
            result: Default::default(),
            fresh_6: Default::default(),
            last_6: Default::default(),
            last_7: Default::default(),
            total: Default::default(),
            far: Gf128Map::shifted::<111>(),
            near: Gf128Map::shifted::<57>(),
            turn: Gf128Map::shifted::<1>(),
            text_h: Default::default(),
            data_h: Default::default(),
            rest: Default::default(),
            digit: Default::default(),
            digits: Default::default(),
            step: Default::default(),
            lengths: Default::default(),
            mask: Default::default(),
            mask_2: Default::default(),
            mask_4: Default::default(),
            mask_6: Default::default(),
            carried: Default::default(),
            checked: Default::default(),
            kept: Default::default(),
            added: Default::default(),
            zeros: Constant::new(Block128::default()),
        }
    }
}

impl Logic for Hash {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(
            self, clock, first_0, first_1, first_2, first_3, power, operand, multiplier, result, fresh_6, last_6, last_7, total, rest,
            digit, lengths
        );
        clock!(self, clock, text_h, data_h, mask, mask_2, mask_4, mask_6);
        self.text_h.d.next = self.text_h.q.val();
        self.data_h.d.next = self.data_h.q.val();
        self.mask.d.next = self.mask.q.val();
        self.mask_4.d.next = self.mask_4.q.val();
        self.first_0.d.next = self.first.val();
        self.first_1.d.next = self.first_0.q.val();
        self.first_2.d.next = self.first_1.q.val();
        self.first_3.d.next = self.first_2.q.val();

        // The powers.
        self.square.x.next = self.h.val();
        self.fourth.x.next = self.h.val();
        for i in 0..4 {
            self.powers[i].clock.next = self.clock.val();
            self.powers[i].d.next = self.powers[i].q.val();
        }
        if self.first_0.q.val() {
            self.powers[0].d.next = self.square.y.val();
            self.powers[1].d.next = self.h3.val();
            self.powers[2].d.next = self.fourth.y.val();
            self.powers[3].d.next = self.h5.val();
        }
        self.pick.a.next = self.powers[2].q.val();
        self.pick.b.next = self.powers[0].q.val();
        self.pick.c.next = self.powers[1].q.val();
        self.pick.d.next = self.powers[3].q.val();
        self.pick.odd.next = self.odd.val();
        self.pick.other.next = self.other.val();
        self.power.d.next = self.pick.picked.val();

        // The four threads, and the sum of their ends.
        self.operand.d.next = self.block.val();
        if self.chain.val() {
            self.operand.d.next = self.block.val() ^ self.multiplier.product.val();
        }
        self.multiplier.x.next = self.operand.q.val();
        self.multiplier.y.next = self.power.q.val();
        self.result.d.next = self.multiplier.product.val();
        self.fresh_6.d.next = self.fresh.val();
        self.last_6.d.next = self.last.val();
        self.last_7.d.next = self.last_6.q.val();
        self.kept.next = self.total.q.val();
        if self.fresh_6.q.val() | self.reset.val() {
            self.kept.next = self.zeros.val();
        }
        self.added.next = self.zeros.val();
        if self.last_6.q.val() {
            self.added.next = self.mask_6.q.val();
        }
        self.total.d.next = self.result.q.val() ^ self.kept.val() ^ self.added.val();
        self.sum.next = self.total.q.val();
        self.done.next = self.last_7.q.val();

        // The lengths: that of the additional data stands in the first half of the block, that of the text in the second.
        self.far.x.next = self.h.val();
        self.near.x.next = self.h.val();
        self.turn.x.next = self.near.y.val();
        if self.first.val() {
            self.data_h.d.next = self.near.y.val();
            if self.extended.val() {
                self.data_h.d.next = self.near.y.val() ^ self.turn.y.val();
            }
        }
        if self.first_0.q.val() {
            self.text_h.d.next = self.far.y.val();
        }
        self.rest.d.next = self.length.val().get_bits::<7>(7);
        self.digit.d.next = self.rest.q.val();
        if self.first_0.q.val() {
            self.digit.d.next = self.length.val().get_bits::<7>(0);
        }
        self.carried.next = self.zeros.val();
        if self.first_2.q.val() {
            self.carried.next = self.lengths.q.val();
        }
        for i in 0..3 {
            self.digits.word[i].next = 0.into();
        }
        self.digits.word[3].next = bit_cast::<32, 7>(self.digit.q.val());
        self.step.operand.next = self.digits.block.val();
        self.step.h.next = self.text_h.q.val();
        self.step.sum.next = self.carried.val();
        self.lengths.d.next = self.step.total.val();

        // The mask: E(J0), the lengths, and for the comparison the tag that came.
        self.checked.next = self.zeros.val();
        if self.opens.val() {
            self.checked.next = self.icv.val();
        }
        if self.first_0.q.val() {
            self.mask.d.next = self.stream.val() ^ self.data_h.q.val() ^ self.checked.val();
        }
        self.mask_2.d.next = self.mask.q.val();
        if self.first_3.q.val() {
            self.mask_4.d.next = self.mask_2.q.val() ^ self.lengths.q.val();
        }
        self.mask_6.d.next = self.mask_4.q.val();
        if self.reset.val() {
            self.text_h.d.next = self.zeros.val();
            self.data_h.d.next = self.zeros.val();
            self.mask.d.next = self.zeros.val();
            self.mask_4.d.next = self.zeros.val();
            for i in 0..4 {
                self.powers[i].d.next = self.zeros.val();
            }
        }
    }
}
