use super::{KeeperPhase, KeeperRun};
use holdfast_registers::record;
use rust_hdl::prelude::*;

/// Which words of the buffer a phase goes over. Combinational.
///
/// `first` is where it begins, while `sets`; otherwise it goes on where the phase before ended. `last`: `index` is its last word. A record stands at word 0 of the buffer, that of
/// epoch slot *s* at 56 + 4·*s*; words 62 and 63 are the generation between operations.
#[derive(LogicBlock)]
pub struct Span {
    pub run: Signal<In, KeeperRun>,
    pub has_text: Signal<In, Bit>,
    pub index: Signal<In, Bits<6>>,
    /// The last 64 words of the NVRAM are being swept.
    pub swept: Signal<In, Bit>,
    pub first: Signal<Out, Bits<6>>,
    pub sets: Signal<Out, Bit>,
    pub last: Signal<Out, Bit>,
    base: Signal<Local, Bits<6>>,
    three: Signal<Local, Bits<3>>,
    four: Signal<Local, Bits<4>>,
    before_crc: Signal<Local, Bit>,
    at_crc: Signal<Local, Bit>,
    at_seven: Signal<Local, Bit>,
    identity: Constant<Bits<6>>,
    static_contents_last: Constant<Bits<6>>,
    static_before: Constant<Bits<6>>,
    static_crc: Constant<Bits<6>>,
    dynamic_before: Constant<Bits<4>>,
    dynamic_crc: Constant<Bits<4>>,
}

impl Default for Span {
    fn default() -> Self {
        Self {
            run: Default::default(),
            has_text: Default::default(),
            index: Default::default(),
            swept: Default::default(),
            first: Default::default(),
            sets: Default::default(),
            last: Default::default(),
            base: Default::default(),
            three: Default::default(),
            four: Default::default(),
            before_crc: Default::default(),
            at_crc: Default::default(),
            at_seven: Default::default(),
            identity: Constant::new((record::IDENTITY as u64).into()),
            static_contents_last: Constant::new((record::STATIC_TAG as u64 - 1).into()),
            static_before: Constant::new((record::STATIC_CRC as u64 - 1).into()),
            static_crc: Constant::new((record::STATIC_CRC as u64).into()),
            dynamic_before: Constant::new((record::DYNAMIC_CRC as u64 - 1).into()),
            dynamic_crc: Constant::new((record::DYNAMIC_CRC as u64).into()),
        }
    }
}

impl Logic for Span {
    #[hdl_gen]
    fn update(&mut self) {
        self.base.next = 0.into();
        if self.run.val().epochal {
            self.base.next = 56.into();
            if self.run.val().turn {
                self.base.next = 60.into();
            }
        }
        self.three.next = self.index.val().get_bits::<3>(0);
        self.four.next = self.index.val().get_bits::<4>(0);
        self.at_seven.next = self.three.val() == 7;
        self.before_crc.next = self.four.val() == self.dynamic_before.val();
        self.at_crc.next = self.four.val() == self.dynamic_crc.val();
        if self.has_text.val() {
            self.before_crc.next = self.index.val() == self.static_before.val();
            self.at_crc.next = self.index.val() == self.static_crc.val();
        }
        if self.run.val().epochal {
            self.before_crc.next = self.index.val().get_bits::<2>(0) == 2;
            self.at_crc.next = self.index.val().get_bits::<2>(0) == 3;
        }

        self.first.next = 0.into();
        self.sets.next = true;
        self.last.next = true;
        match self.run.val().phase {
            KeeperPhase::Wipe => {
                self.last.next = self.index.val() == 55;
            }
            KeeperPhase::Sweep => {
                self.last.next = self.swept.val() & (self.index.val() == 63);
            }
            KeeperPhase::Fetch => {
                self.first.next = self.base.val();
                self.last.next = self.at_crc.val();
            }
            KeeperPhase::Name => {
                self.last.next = self.index.val().get_bit(0);
            }
            KeeperPhase::Identity => {
                self.first.next = self.identity.val();
            }
            KeeperPhase::Count => {
                self.first.next = 63.into();
            }
            KeeperPhase::Lock => {
                self.last.next = self.at_seven.val();
            }
            KeeperPhase::Key => {
                self.last.next = self.at_seven.val();
            }
            KeeperPhase::Aad => {
                self.last.next = self.at_seven.val();
                if self.has_text.val() {
                    self.last.next = self.index.val() == self.identity.val();
                }
            }
            KeeperPhase::Text => {
                self.sets.next = false;
                self.last.next = self.index.val() == self.static_contents_last.val();
            }
            KeeperPhase::Finish => {
                self.sets.next = false;
            }
            KeeperPhase::Tag => {
                self.sets.next = false;
                self.last.next = self.before_crc.val();
            }
            KeeperPhase::Release => {
                self.last.next = self.at_seven.val();
            }
            KeeperPhase::Raise => {
                self.first.next = self.base.val() | 1;
            }
            KeeperPhase::Magic => {
                self.first.next = self.base.val();
            }
            KeeperPhase::Epoch => {
                self.sets.next = false;
            }
            KeeperPhase::Zero => {
                self.sets.next = false;
            }
            KeeperPhase::Sum => {
                self.first.next = self.base.val();
                self.last.next = self.before_crc.val();
            }
            KeeperPhase::Close => {
                self.sets.next = false;
            }
            KeeperPhase::Store => {
                self.first.next = self.base.val();
                self.last.next = self.at_crc.val();
            }
            KeeperPhase::Adopt => {
                self.first.next = 62.into();
                self.last.next = self.index.val().get_bit(0);
            }
            KeeperPhase::Reload => {
                self.first.next = 62.into();
                self.last.next = self.index.val().get_bit(0);
            }
            _ => {}
        }
    }
}
