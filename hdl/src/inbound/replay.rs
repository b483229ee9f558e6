use crate::cell::{Ram, Reg};
use crate::infer::Infer;
use crate::window::Window;
use rust_hdl::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum ReplayState {
    Idle,
    Load,
    LoadHigh,
    Top,
    Borrow,
    Infer,
    Wait,
    Loaded,
    Floor,
    Floor2,
    Window,
    Check,
    Step,
    Carry,
    Store,
    StoreHigh,
    Done,
}

/// The anti-replay service of all inbound SAs, in one place: remembers for each the highest number accepted and the number it was installed with, infers
/// the high half of a number (`infer`, 8 clocks to `done`), and then decides on that number and records it (`check`, at most 18 clocks to `done`, `fresh` tells).
/// `infer` comes first for every packet; `check` only after the ICV was found right. `sa`, `size`, `esn` and `low` are held from `infer` to the end of `check`.
///
/// What is stored is the highest number + 1, as the SA record has it; installing an SA writes it through the table bus, and that also is the floor:
/// no number below it is ever accepted, because nobody knows which of those were seen before.
#[derive(LogicBlock)]
pub struct Replay {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub table_write: Signal<In, Bit>,
    pub table_select: Signal<In, Bits<2>>,
    pub table_index: Signal<In, Bits<5>>,
    pub table_word: Signal<In, Bits<5>>,
    pub table_data: Signal<In, Bits<32>>,
    pub window_clear: Signal<In, Bit>,
    pub window_busy: Signal<Out, Bit>,
    pub sa: Signal<In, Bits<5>>,
    pub size: Signal<In, Bits<16>>,
    pub esn: Signal<In, Bit>,
    pub low: Signal<In, Bits<32>>,
    pub infer: Signal<In, Bit>,
    pub check: Signal<In, Bit>,
    /// The SA is in quarantine: `check` says fresh, and nothing moves. `was_frozen` tells, from `done` to the next `check`.
    pub frozen: Signal<In, Bit>,
    pub was_frozen: Signal<Out, Bit>,
    /// A packet was decided on (a pulse; `fresh` tells how).
    pub judged: Signal<Out, Bit>,
    /// The highest number accepted + 1 was written anew (a pulse).
    pub moved: Signal<Out, Bit>,
    pub moved_high: Signal<Out, Bits<32>>,
    pub moved_low: Signal<Out, Bits<32>>,
    pub done: Signal<Out, Bit>,
    pub high: Signal<Out, Bits<32>>,
    pub fresh: Signal<Out, Bit>,
    /// Two words per SA, low and high: the number after the highest accepted, and the one it was installed with.
    next: Ram<Bits<32>, 6>,
    floor: Ram<Bits<32>, 6>,
    inference: Infer,
    window: Window,
    state: Reg<ReplayState>,
    top_low: Reg<Bits<32>>,
    top_high: Reg<Bits<32>>,
    floor_low: Reg<Bits<32>>,
    floor_high: Reg<Bits<32>>,
    accepted: Reg<Bit>,
    was: Reg<Bit>,
    low_below: Reg<Bit>,
    high_below: Reg<Bit>,
    high_equal: Reg<Bit>,
    installs: Signal<Local, Bit>,
    installed: Signal<Local, Bits<6>>,
    place: Signal<Local, Bits<6>>,
    half: Signal<Local, Bits<6>>,
    stores: Signal<Local, Bit>,
    below: Signal<Local, Bit>,
}

impl Default for Replay {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            table_write: Default::default(),
            table_select: Default::default(),
            table_index: Default::default(),
            table_word: Default::default(),
            table_data: Default::default(),
            window_clear: Default::default(),
            window_busy: Default::default(),
            sa: Default::default(),
            size: Default::default(),
            esn: Default::default(),
            low: Default::default(),
            infer: Default::default(),
            check: Default::default(),
            frozen: Default::default(),
            was_frozen: Default::default(),
            judged: Default::default(),
            moved: Default::default(),
            moved_high: Default::default(),
            moved_low: Default::default(),
            done: Default::default(),
            high: Default::default(),
            fresh: Default::default(),
            next: Default::default(),
            floor: Default::default(),
            floor_low: Default::default(),
            floor_high: Default::default(),
            inference: Default::default(),
            window: Default::default(),
            state: Reg::new(ReplayState::Idle),
            top_low: Default::default(),
            top_high: Default::default(),
            accepted: Default::default(),
            was: Default::default(),
            low_below: Default::default(),
            high_below: Default::default(),
            high_equal: Default::default(),
            installs: Default::default(),
            installed: Default::default(),
            place: Default::default(),
            half: Default::default(),
            stores: Default::default(),
            below: Default::default(),
        }
    }
}

impl Logic for Replay {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, top_low, top_high, floor_low, floor_high, accepted, was, low_below, high_below, high_equal);
        clock!(self, clock, next, floor, inference, window);
        self.floor_low.reset.next = self.reset.val();
        self.floor_high.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();
        self.top_low.reset.next = self.reset.val();
        self.top_high.reset.next = self.reset.val();
        self.accepted.reset.next = self.reset.val();
        self.was.reset.next = self.reset.val();
        self.low_below.reset.next = self.reset.val();
        self.high_below.reset.next = self.reset.val();
        self.high_equal.reset.next = self.reset.val();
        self.inference.reset.next = self.reset.val();
        self.window.reset.next = self.reset.val();

        // Installing an SA writes both memories, accepting a number only `next`.
        self.stores.next = (self.state.q.val() == ReplayState::Store) | (self.state.q.val() == ReplayState::StoreHigh);
        self.installs.next = self.table_write.val() & (self.table_select.val() == 1) & (self.table_word.val().get_bits::<4>(1) == 10);
        self.installed.next = (bit_cast::<6, 5>(self.table_index.val()) << 1) | bit_cast::<6, 1>(self.table_word.val().get_bits::<1>(0));
        self.half.next = 0.into();
        if (self.state.q.val() == ReplayState::LoadHigh) | (self.state.q.val() == ReplayState::StoreHigh) {
            self.half.next = 1.into();
        }
        self.place.next = (bit_cast::<6, 5>(self.sa.val()) << 1) | self.half.val();
        self.next.write.next = self.installs.val() | self.stores.val();
        self.next.write_address.next = self.installed.val();
        self.next.write_data.next = self.table_data.val();
        self.floor.write.next = self.installs.val();
        self.floor.write_address.next = self.installed.val();
        self.floor.write_data.next = self.table_data.val();
        if self.stores.val() {
            self.next.write_address.next = self.place.val();
            self.next.write_data.next = self.top_low.q.val();
        }
        if self.state.q.val() == ReplayState::StoreHigh {
            self.next.write_data.next = self.top_high.q.val();
        }
        self.next.read_address.next = self.place.val();
        self.floor.read_address.next = self.place.val();

        self.inference.start.next = false;
        self.inference.top_high.next = self.top_high.q.val();
        self.inference.top_low.next = self.top_low.q.val();
        self.inference.size.next = self.size.val();
        self.inference.low.next = self.low.val();
        self.inference.esn.next = self.esn.val();
        self.high.next = self.inference.high.val();

        self.window.start.next = self.window_clear.val();
        self.window.clear.next = self.window_clear.val();
        self.window.index.next = self.sa.val();
        self.window.number_high.next = self.inference.high.val();
        self.window.number_low.next = self.low.val();
        self.window.top_high.next = self.top_high.q.val();
        self.window.top_low.next = self.top_low.q.val();
        if self.window_clear.val() {
            self.window.index.next = self.table_index.val();
            self.window.number_high.next = 0.into();
            self.window.number_low.next = 0.into();
            self.window.top_high.next = 0.into();
            self.window.top_low.next = 0.into();
        }
        self.window.size.next = self.size.val();
        self.window_busy.next = self.window.busy.val();

        self.fresh.next = self.accepted.q.val();
        self.was_frozen.next = self.was.q.val();
        self.judged.next = self.state.q.val() == ReplayState::Done;
        self.moved.next = self.state.q.val() == ReplayState::StoreHigh;
        self.moved_high.next = self.top_high.q.val();
        self.moved_low.next = self.top_low.q.val();
        self.done.next = false;
        self.below.next = (self.size.val() != 0) & (self.high_below.q.val() | (self.high_equal.q.val() & self.low_below.q.val()));

        match self.state.q.val() {
            ReplayState::Idle => {
                if self.infer.val() {
                    self.state.d.next = ReplayState::Load;
                }
            }
            ReplayState::Load => {
                self.state.d.next = ReplayState::LoadHigh;
            }
            ReplayState::LoadHigh => {
                self.top_low.d.next = self.next.read_data.val();
                self.floor_low.d.next = self.floor.read_data.val();
                self.state.d.next = ReplayState::Top;
            }
            ReplayState::Top => {
                self.top_high.d.next = self.next.read_data.val();
                self.floor_high.d.next = self.floor.read_data.val();
                self.state.d.next = ReplayState::Borrow;
            }
            ReplayState::Borrow => {
                self.top_low.d.next = self.top_low.q.val() - 1;
                if self.top_low.q.val() == 0 {
                    self.top_high.d.next = self.top_high.q.val() - 1;
                }
                self.state.d.next = ReplayState::Infer;
            }
            ReplayState::Infer => {
                self.inference.start.next = true;
                self.state.d.next = ReplayState::Wait;
            }
            ReplayState::Wait => {
                if self.inference.done.val() {
                    self.done.next = true;
                    self.state.d.next = ReplayState::Loaded;
                }
            }
            ReplayState::Loaded => {
                // The packet that was asked about may turn out to be false; then the next one comes with a question of its own.
                if self.infer.val() {
                    self.state.d.next = ReplayState::Load;
                }
                if self.check.val() {
                    self.was.d.next = self.frozen.val();
                    self.state.d.next = ReplayState::Floor;
                    if self.frozen.val() {
                        self.accepted.d.next = true;
                        self.state.d.next = ReplayState::Done;
                    }
                }
            }
            ReplayState::Floor => {
                self.low_below.d.next = self.low.val() < self.floor_low.q.val();
                self.high_below.d.next = self.inference.high.val() < self.floor_high.q.val();
                self.high_equal.d.next = self.inference.high.val() == self.floor_high.q.val();
                self.state.d.next = ReplayState::Floor2;
            }
            ReplayState::Floor2 => {
                self.accepted.d.next = false;
                self.state.d.next = ReplayState::Window;
                if self.below.val() {
                    self.state.d.next = ReplayState::Done;
                }
            }
            ReplayState::Window => {
                self.window.start.next = true;
                self.state.d.next = ReplayState::Check;
            }
            ReplayState::Check => {
                if self.window.done.val() {
                    self.accepted.d.next = self.window.fresh.val();
                    self.state.d.next = ReplayState::Done;
                    if self.window.fresh.val() {
                        self.state.d.next = ReplayState::Step;
                    }
                }
            }
            ReplayState::Step => {
                self.top_low.d.next = self.window.new_top_low.val() + 1;
                self.top_high.d.next = self.window.new_top_high.val();
                self.state.d.next = ReplayState::Carry;
            }
            ReplayState::Carry => {
                if self.top_low.q.val() == 0 {
                    self.top_high.d.next = self.top_high.q.val() + 1;
                }
                self.state.d.next = ReplayState::Store;
            }
            ReplayState::Store => {
                self.state.d.next = ReplayState::StoreHigh;
            }
            ReplayState::StoreHigh => {
                self.state.d.next = ReplayState::Done;
            }
            ReplayState::Done => {
                self.done.next = true;
                self.state.d.next = ReplayState::Idle;
            }
            _ => {}
        }
    }
}
