use super::{KeeperPhase, KeeperRun};
use crate::cell::Reg;
use crate::prelude::*;
use holdfast_registers::record;

#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct TransferState {
    /// Clocks since the NVRAM was asked; bit 16 is the end of patience.
    pub waited: Bits<17>,
    /// The upper address bits of a sweep.
    pub sweep: Bits<8>,
    pub fault: Bit,
}

/// The keeper's side of the NVRAM's word port: asks for the word at `index` of the record in hand while `settled`, `done` when it is there; in `Adopt`, waits until the part rests.
///
/// No answer within 2^16 clocks, or `nv_fault`, raises `fault`, which holds until reset; everything is `done` then, and nothing asked for.
#[derive(LogicBlock, Ports)]
pub struct Transfer {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub run: Signal<In, KeeperRun>,
    pub settled: Signal<In, Bit>,
    pub index: Signal<In, Bits<6>>,
    pub kind: Signal<In, Bit>,
    pub place: Signal<In, Bits<6>>,
    pub slot: Signal<In, Bit>,
    pub done: Signal<Out, Bit>,
    pub swept: Signal<Out, Bit>,
    pub fault: Signal<Out, Bit>,
    pub nv_request: Signal<Out, Bit>,
    pub nv_write: Signal<Out, Bit>,
    pub nv_address: Signal<Out, Bits<14>>,
    pub nv_ack: Signal<In, Bit>,
    pub nv_idle: Signal<In, Bit>,
    pub nv_fault: Signal<In, Bit>,
    /// The external counter is not the right one, or silent: as bad as an NVRAM that is.
    pub counter_bad: Signal<In, Bit>,
    s: Reg<TransferState>,
    waits: Signal<Local, Bit>,
    moves: Signal<Local, Bit>,
    rests: Signal<Local, Bit>,
    waited: Signal<Local, Bits<17>>,
    dynamic: Constant<Bits<14>>,
    dynamic_1: Constant<Bits<14>>,
    fixed: Constant<Bits<14>>,
    fixed_1: Constant<Bits<14>>,
}

impl Default for Transfer {
    fn default() -> Self {
        const { assert!(record::DYNAMIC_PLACE == 32 && record::DYNAMIC_SLOT == 16 && record::DYNAMIC % 2048 == 0) };
        const { assert!(record::STATIC_PLACE == 128 && record::STATIC_SLOT == 64 && record::STATIC % 8192 == 0) };
        const { assert!(record::EPOCH_STRIDE == 4) };
        Self {
            clock: Default::default(),
            reset: Default::default(),
            run: Default::default(),
            settled: Default::default(),
            index: Default::default(),
            kind: Default::default(),
            place: Default::default(),
            slot: Default::default(),
            done: Default::default(),
            swept: Default::default(),
            fault: Default::default(),
            nv_request: Default::default(),
            nv_write: Default::default(),
            nv_address: Default::default(),
            nv_ack: Default::default(),
            nv_idle: Default::default(),
            nv_fault: Default::default(),
            counter_bad: Default::default(),
            s: Default::default(),
            waits: Default::default(),
            moves: Default::default(),
            rests: Default::default(),
            waited: Default::default(),
            dynamic: Constant::new((record::DYNAMIC as u64).into()),
            dynamic_1: Constant::new(((record::DYNAMIC + record::DYNAMIC_SLOT) as u64).into()),
            fixed: Constant::new((record::STATIC as u64).into()),
            fixed_1: Constant::new(((record::STATIC + record::STATIC_SLOT) as u64).into()),
        }
    }
}

impl Logic for Transfer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s);
        self.s.reset.next = self.reset.val();
        self.nv_write.next = self.run.val().phase == KeeperPhase::Store;
        self.moves.next =
            self.settled.val() & ((self.run.val().phase == KeeperPhase::Fetch) | (self.run.val().phase == KeeperPhase::Store));
        self.rests.next = self.settled.val() & (self.run.val().phase == KeeperPhase::Adopt);
        self.nv_request.next = self.moves.val() & !self.s.q.val().fault;
        self.done.next = self.s.q.val().fault | (self.moves.val() & self.nv_ack.val()) | (self.rests.val() & self.nv_idle.val());
        self.waits.next = (self.moves.val() | self.rests.val()) & !self.done.val();

        // Bases and distances are powers of two: addresses are put together rather than added.
        self.nv_address.next = self.dynamic.val() | (bit_cast::<14, 6>(self.place.val()) << 5) | bit_cast::<14, 6>(self.index.val());
        if self.slot.val() {
            self.nv_address.next = self.dynamic_1.val() | (bit_cast::<14, 6>(self.place.val()) << 5) | bit_cast::<14, 6>(self.index.val());
        }
        if self.kind.val() {
            self.nv_address.next = self.fixed.val() | (bit_cast::<14, 6>(self.place.val()) << 7) | bit_cast::<14, 6>(self.index.val());
            if self.slot.val() {
                self.nv_address.next =
                    self.fixed_1.val() | (bit_cast::<14, 6>(self.place.val()) << 7) | bit_cast::<14, 6>(self.index.val());
            }
        }
        if self.run.val().epochal {
            self.nv_address.next = bit_cast::<14, 3>(self.index.val().get_bits::<3>(0));
        }
        if self.run.val().sweeping {
            self.nv_address.next = (bit_cast::<14, 8>(self.s.q.val().sweep) << 6) | bit_cast::<14, 6>(self.index.val());
        }

        self.s.d.next.sweep = 0.into();
        self.swept.next = self.s.q.val().sweep == 255;
        if self.run.val().sweeping {
            self.s.d.next.sweep = self.s.q.val().sweep;
            if self.done.val() & (self.index.val() == 63) {
                self.s.d.next.sweep = self.s.q.val().sweep + 1;
            }
        }
        self.s.d.next.waited = 0.into();
        if self.waits.val() {
            self.s.d.next.waited = self.s.q.val().waited + 1;
        }
        self.waited.next = self.s.q.val().waited;
        self.s.d.next.fault = self.s.q.val().fault | self.nv_fault.val() | self.counter_bad.val() | self.waited.val().get_bit(16);
        self.fault.next = self.s.q.val().fault;
    }
}
