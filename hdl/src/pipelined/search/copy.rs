use crate::cell::{Ram, Reg};
use crate::prelude::*;
use crate::Sizes;

/// What the control plane's search for a duplicate reads of the inbound SAD: flags, SPI and local address of each SA and its valid bit, in a memory of its own.
///
/// Written as the table is (`write`, `valid_write` and `clear` are those of the inbound SAD). `data` and `valid` answer `check_index` and `check_word`, one of the words 0, 1 and 12 to 15, one clock later, whatever the datapath
/// reads meanwhile. No word of a key is kept.
#[derive(LogicBlock, Ports)]
pub struct CheckCopy {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub write: Signal<In, Bit>,
    pub index: Signal<In, SaIndex>,
    pub word: Signal<In, Bits<5>>,
    pub value: Signal<In, Bits<32>>,
    pub valid_write: Signal<In, Bit>,
    pub valid_value: Signal<In, Bit>,
    pub clear: Signal<In, Bit>,
    pub check_index: Signal<In, SaIndex>,
    pub check_word: Signal<In, Bits<5>>,
    pub data: Signal<Out, Bits<32>>,
    pub valid: Signal<Out, Bit>,
    words: Ram<Bits<32>, 13>,
    valids: Ram<Bit, 10>,
    cleared: Reg<Bit>,
    quarter: Signal<Local, Bits<3>>,
    kept: Signal<Local, Bit>,
    place: Signal<Local, Bits<3>>,
    asked: Signal<Local, Bits<3>>,
}

impl CheckCopy {
    /// For tables of these sizes.
    pub fn new(sizes: Sizes) -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            write: Default::default(),
            index: Default::default(),
            word: Default::default(),
            value: Default::default(),
            valid_write: Default::default(),
            valid_value: Default::default(),
            clear: Default::default(),
            check_index: Default::default(),
            check_word: Default::default(),
            data: Default::default(),
            valid: Default::default(),
            words: Ram::of(sizes.sa_bits(3) | 7),
            valids: Ram::of(sizes.sa_bits(0)),
            cleared: Reg::new(true),
            quarter: Default::default(),
            kept: Default::default(),
            place: Default::default(),
            asked: Default::default(),
        }
    }
}

impl Logic for CheckCopy {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, cleared);
        clock!(self, clock, words, valids);
        self.cleared.reset.next = self.reset.val();

        // Row 0 of the record, and row 3 in the place of row 1.
        self.quarter.next = self.word.val().get_bits::<3>(2);
        self.kept.next = (self.quarter.val() == 0) | (self.quarter.val() == 3);
        self.place.next = (bit_cast::<3, 1>(self.word.val().get_bits::<1>(2)) << 2) | bit_cast::<3, 2>(self.word.val().get_bits::<2>(0));
        self.asked.next =
            (bit_cast::<3, 1>(self.check_word.val().get_bits::<1>(2)) << 2) | bit_cast::<3, 2>(self.check_word.val().get_bits::<2>(0));
        self.words.write.next = self.write.val() & self.kept.val();
        self.words.write_address.next = (bit_cast::<13, 10>(self.index.val()) << 3) | bit_cast::<13, 3>(self.place.val());
        self.words.write_data.next = self.value.val();
        self.words.read_address.next = (bit_cast::<13, 10>(self.check_index.val()) << 3) | bit_cast::<13, 3>(self.asked.val());
        self.data.next = self.words.read_data.val();

        self.valids.write.next = self.valid_write.val() | (self.write.val() & self.clear.val());
        self.valids.write_address.next = self.index.val();
        self.valids.write_data.next = self.valid_value.val() & !self.clear.val();
        self.valids.read_address.next = self.check_index.val();
        self.cleared.d.next = self.clear.val();
        self.valid.next = self.valids.read_data.val() & !self.cleared.q.val();
    }
}
