//! Which number a packet has, told from its low half and the highest number accepted; see [`super::WideReplay`] for when that is sure.
//!
//! With *next* the highest number accepted + 1 and W the size of the window, the bottom of the window is B = next − W, and the distance d of the number from it is the difference of the low halves, modulo
//! 2³². The number has the high half of B, and one more where that difference borrows. It is calm where C ≤ d < W + C. A number between B and zero is one of the highest there are, as numbers are counted modulo 2⁶⁴: far above, hence
//! not calm.
//!
//! | clock after `infer` | |
//! |---|---|
//! | 1 | *next* is asked for, in a clock in which it does not change; who is under way |
//! | 2 | *next* comes |
//! | 3 | low half of B |
//! | 4 | d, high half of B |
//! | 5 | high half of the number; d is held against C and W + C |
//! | 6 | `inferred`, or once more from 1 on |
use crate::cell::Reg;
use crate::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum InferState {
    Idle,
    /// Not an extended number.
    Plain,
    Ask,
    Take,
    Bottom,
    Distance,
    Sum,
    Judge,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct InferWork {
    /// When *next* was read nobody was under way; nobody was wild.
    pub alone: Bit,
    pub calm: Bit,
    pub next_low: Bits<32>,
    pub next_high: Bits<32>,
    pub bottom_low: Bits<32>,
    pub bottom_high: Bits<32>,
    pub borrow: Bits<1>,
    pub distance: Bits<32>,
    pub carry: Bits<1>,
    /// C and W + C.
    pub least: Bits<11>,
    pub most: Bits<11>,
    /// B is below zero.
    pub under: Bit,
    /// Below C; not below W + C, or below zero.
    pub below: Bit,
    pub wild: Bit,
    pub high: Bits<32>,
}

/// The block; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct ReplayInfer {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub infer: Signal<In, Bit>,
    /// Held from `infer` to `inferred`.
    pub size: Signal<In, Bits<16>>,
    pub esn: Signal<In, Bit>,
    pub low: Signal<In, Bits<32>>,
    /// *Next* as it was read in the clock before; worth nothing where it changed in that clock.
    pub next_low: Signal<In, Bits<32>>,
    pub next_high: Signal<In, Bits<32>>,
    pub changes: Signal<In, Bit>,
    /// No packet is under way; none is wild.
    pub alone: Signal<In, Bit>,
    pub calm: Signal<In, Bit>,
    /// A pulse; `high` from then on, until the next `infer`; with the pulse, whether the packet is wild.
    pub inferred: Signal<Out, Bit>,
    pub high: Signal<Out, Bits<32>>,
    pub wild: Signal<Out, Bit>,
    state: Reg<InferState>,
    work: Reg<InferWork>,
    window: Signal<Local, Bits<11>>,
    half: Signal<Local, Bits<11>>,
    bottom: Signal<Local, Bits<33>>,
    difference: Signal<Local, Bits<33>>,
    distance: Signal<Local, Bits<32>>,
    close: Signal<Local, Bits<11>>,
    remote: Signal<Local, Bit>,
}

impl Default for ReplayInfer {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            infer: Default::default(),
            size: Default::default(),
            esn: Default::default(),
            low: Default::default(),
            next_low: Default::default(),
            next_high: Default::default(),
            changes: Default::default(),
            alone: Default::default(),
            calm: Default::default(),
            inferred: Default::default(),
            high: Default::default(),
            wild: Default::default(),
            state: Reg::new(InferState::Idle),
            work: Default::default(),
            window: Default::default(),
            half: Default::default(),
            bottom: Default::default(),
            difference: Default::default(),
            distance: Default::default(),
            close: Default::default(),
            remote: Default::default(),
        }
    }
}

impl Logic for ReplayInfer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, work);
        self.state.reset.next = self.reset.val();
        self.work.reset.next = self.reset.val();

        self.inferred.next = false;
        self.high.next = self.work.q.val().high;
        self.wild.next = self.work.q.val().wild;

        self.window.next = self.size.val().get_bits::<11>(0);
        self.half.next = self.window.val() >> 1;
        self.bottom.next = bit_cast::<33, 32>(self.work.q.val().next_low) - bit_cast::<33, 11>(self.window.val());
        self.difference.next = bit_cast::<33, 32>(self.low.val()) - bit_cast::<33, 32>(self.work.q.val().bottom_low);
        // W + C is less than 2048.
        self.distance.next = self.work.q.val().distance;
        self.close.next = self.distance.val().get_bits::<11>(0);
        self.remote.next = self.distance.val().get_bits::<21>(11).any();

        match self.state.q.val() {
            InferState::Idle => {
                if self.infer.val() {
                    self.state.d.next = InferState::Ask;
                    if !self.esn.val() {
                        self.work.d.next.high = 0.into();
                        self.work.d.next.wild = false;
                        self.state.d.next = InferState::Plain;
                    }
                }
            }
            InferState::Plain => {
                self.inferred.next = true;
                self.state.d.next = InferState::Idle;
            }
            InferState::Ask => {
                self.work.d.next.alone = self.alone.val();
                self.work.d.next.calm = self.calm.val();
                self.work.d.next.least = self.half.val();
                self.work.d.next.most = self.window.val() + self.half.val();
                if !self.changes.val() {
                    self.state.d.next = InferState::Take;
                }
            }
            InferState::Take => {
                self.work.d.next.next_low = self.next_low.val();
                self.work.d.next.next_high = self.next_high.val();
                self.state.d.next = InferState::Bottom;
            }
            InferState::Bottom => {
                self.work.d.next.bottom_low = self.bottom.val().get_bits::<32>(0);
                self.work.d.next.borrow = self.bottom.val().get_bits::<1>(32);
                self.state.d.next = InferState::Distance;
            }
            InferState::Distance => {
                self.work.d.next.bottom_high = self.work.q.val().next_high - bit_cast::<32, 1>(self.work.q.val().borrow);
                self.work.d.next.distance = self.difference.val().get_bits::<32>(0);
                self.work.d.next.carry = self.difference.val().get_bits::<1>(32);
                self.work.d.next.under = (self.work.q.val().borrow != 0) & (self.work.q.val().next_high == 0);
                self.state.d.next = InferState::Sum;
            }
            InferState::Sum => {
                self.work.d.next.high = self.work.q.val().bottom_high + bit_cast::<32, 1>(self.work.q.val().carry);
                self.work.d.next.below = !self.remote.val() & (self.close.val() < self.work.q.val().least);
                self.work.d.next.wild = self.remote.val()
                    | (self.close.val() >= self.work.q.val().most)
                    | (self.work.q.val().under & (self.work.q.val().carry == 0));
                self.state.d.next = InferState::Judge;
            }
            InferState::Judge => {
                self.state.d.next = InferState::Ask;
                if self.work.q.val().alone | (self.work.q.val().calm & !self.work.q.val().below) {
                    self.inferred.next = true;
                    self.state.d.next = InferState::Idle;
                }
            }
            _ => {}
        }
    }
}
