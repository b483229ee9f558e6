use super::{KeeperPhase, KeeperRun};
use crate::prelude::*;
use holdfast_registers::record;

/// Which words of the buffer a phase goes over. Combinational.
///
/// `first` is where it begins, while `sets`; otherwise it goes on where the phase before ended. `last`: `index` is its last word. A record stands at word 0 of the buffer, that of
/// epoch slot *s* at 56 + 4·*s*; words 62 and 63 are the generation between operations.
///
/// As every phase counts upwards, a last word is known from those of its bits that are ones.
#[derive(LogicBlock, Ports, Default)]
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
    crc: Signal<Local, Bits<6>>,
    at_crc: Signal<Local, Bit>,
    at_seven: Signal<Local, Bit>,
}

/// The numbers that the bits in the kernel stand for.
const _: () = {
    assert!(record::DYNAMIC_CRC == 0b1011 && record::STATIC_CRC == 0b110001);
    assert!(record::DYNAMIC_TAG == 0b1000 && record::STATIC_TAG == 0b101101 && record::CONTENTS == 5);
    assert!(record::IDENTITY == 0b100);
};

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
        self.crc.next = 11.into();
        if self.has_text.val() {
            self.crc.next = 49.into();
        }
        if self.run.val().epochal {
            self.crc.next = self.base.val() | 3;
        }
        self.at_seven.next = self.index.val().get_bits::<3>(0) == 7;
        self.at_crc.next = self.index.val().get_bit(3) & self.index.val().get_bit(1) & self.index.val().get_bit(0);
        if self.has_text.val() {
            self.at_crc.next = self.index.val().get_bit(5) & self.index.val().get_bit(4) & self.index.val().get_bit(0);
        }
        if self.run.val().epochal {
            self.at_crc.next = self.index.val().get_bit(1) & self.index.val().get_bit(0);
        }

        self.first.next = self.base.val();
        self.sets.next = true;
        self.last.next = true;
        match self.run.val().phase {
            KeeperPhase::Fetch => {
                self.last.next = self.at_crc.val();
            }
            KeeperPhase::Raise => {
                self.first.next = self.base.val() | 1;
            }
            KeeperPhase::Head => {
                self.last.next = self.index.val().get_bit(2);
                if self.run.val().epochal {
                    self.last.next = self.index.val().get_bit(1);
                }
            }
            KeeperPhase::Lock => {
                self.last.next = self.at_seven.val();
            }
            KeeperPhase::Key => {
                // The key's eight words, and the job.
                self.last.next = self.index.val().get_bit(3);
            }
            KeeperPhase::Feed => {
                // Up to the tag's first word: it stands for the end.
                self.last.next = self.index.val().get_bit(3);
                if self.has_text.val() {
                    self.last.next = self.index.val().get_bit(5)
                        & self.index.val().get_bit(3)
                        & self.index.val().get_bit(2)
                        & self.index.val().get_bit(0);
                }
            }
            KeeperPhase::Tag => {
                self.sets.next = false;
                self.last.next = self.index.val().get_bit(1);
                if self.has_text.val() {
                    self.last.next = self.index.val().get_bit(4);
                }
            }
            KeeperPhase::Release => {
                self.last.next = self.at_seven.val();
            }
            KeeperPhase::Sum => {
                // The words of a record that was fetched have been through the CRC already.
                if !self.run.val().building {
                    self.first.next = self.crc.val();
                }
                self.last.next = self.at_crc.val();
            }
            KeeperPhase::Store => {
                self.last.next = self.at_crc.val();
                if self.run.val().sweeping {
                    self.last.next = self.swept.val() & self.at_seven.val() & (self.index.val().get_bits::<3>(3) == 7);
                }
            }
            KeeperPhase::Adopt => {
                self.first.next = 62.into();
                self.last.next = self.index.val().get_bit(0);
            }
            KeeperPhase::Wipe => {
                self.last.next = self.at_seven.val() & self.index.val().get_bit(5) & self.index.val().get_bit(4);
            }
            KeeperPhase::Reload => {
                self.first.next = 62.into();
                self.last.next = self.index.val().get_bit(0);
            }
            _ => {}
        }
    }
}
