use crate::cell::{Ram, Reg};
use crate::prelude::*;
use crate::Sizes;

/// What the control plane does to a direction's tables, as a direction takes it: one clock late, so that neither end reaches far into the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct TableBus {
    pub write: Bit,
    pub select: Bits<2>,
    /// Of an SA or a rule.
    pub index: SaIndex,
    pub word: Bits<5>,
    pub data: Bits<32>,
    pub valid_write: Bit,
    pub valid_value: Bit,
    pub window_clear: Bit,
    /// All is being wiped.
    pub wipe: Bit,
}

/// The SAD of one direction: 32 words and a valid bit for each SA.
///
/// * Read: `read_data` and `valid` answer `read_index`/`read_word` of the cycle before. What a word written in that very cycle reads as is undefined.
/// * Write, words: by the commit bus (`table_*`, obeyed when `table_select` is this table's number) or by the engine (`engine_*`).
///   The datapath lock keeps them apart; where they collide all the same (a wipe that no longer waits), the commit bus wins.
/// * Write, valid bits: `valid_write` sets the bit of `table_index` to `valid_value`. While `table_clear` holds, all SAs read as not valid, and a word that is
///   written takes the valid bit of its SA away for good: who wipes walks over all of them. Words and valid bits are undefined until they are first written, which
///   the clearing after reset does.
#[derive(LogicBlock, Ports)]
pub struct SadTable {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub table_write: Signal<In, Bit>,
    pub table_select: Signal<In, Bits<2>>,
    pub table_index: Signal<In, Bits<5>>,
    pub table_word: Signal<In, Bits<5>>,
    pub table_data: Signal<In, Bits<32>>,
    pub valid_write: Signal<In, Bit>,
    pub valid_value: Signal<In, Bit>,
    pub table_clear: Signal<In, Bit>,
    pub engine_write: Signal<In, Bit>,
    pub engine_index: Signal<In, Bits<5>>,
    pub engine_word: Signal<In, Bits<5>>,
    pub engine_data: Signal<In, Bits<32>>,
    pub read_index: Signal<In, Bits<5>>,
    pub read_word: Signal<In, Bits<5>>,
    pub read_data: Signal<Out, Bits<32>>,
    pub valid: Signal<Out, Bit>,
    words: Ram<Bits<32>, 10>,
    /// A memory as well: 32 registers with a decoder in front and a multiplexer behind would be six times as large.
    valids: Ram<Bit, 5>,
    cleared: Reg<Bit>,
    selected: Signal<Local, Bit>,
    erases: Signal<Local, Bit>,
    select: Constant<Bits<2>>,
}

impl SadTable {
    /// The table of a direction: 0 outbound, 1 inbound.
    pub fn new(direction: usize, sizes: Sizes) -> Self {
        assert!(direction < 2, "direction {direction}: 0 is outbound, 1 is inbound");
        Self {
            clock: Default::default(),
            reset: Default::default(),
            table_write: Default::default(),
            table_select: Default::default(),
            table_index: Default::default(),
            table_word: Default::default(),
            table_data: Default::default(),
            valid_write: Default::default(),
            valid_value: Default::default(),
            table_clear: Default::default(),
            engine_write: Default::default(),
            engine_index: Default::default(),
            engine_word: Default::default(),
            engine_data: Default::default(),
            read_index: Default::default(),
            read_word: Default::default(),
            read_data: Default::default(),
            valid: Default::default(),
            words: Ram::of(sizes.sa_bits(5) | 31),
            valids: Ram::of(sizes.sa_bits(0)),
            cleared: Reg::new(true),
            selected: Default::default(),
            erases: Default::default(),
            select: Constant::new((direction as u64).into()),
        }
    }
}

impl Logic for SadTable {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, cleared);
        clock!(self, clock, words, valids);
        self.cleared.reset.next = self.reset.val();

        self.selected.next = self.table_select.val() == self.select.val();
        self.words.write.next = self.engine_write.val();
        self.words.write_address.next = (bit_cast::<10, 5>(self.engine_index.val()) << 5) | bit_cast::<10, 5>(self.engine_word.val());
        self.words.write_data.next = self.engine_data.val();
        if self.table_write.val() & self.selected.val() {
            self.words.write.next = true;
            self.words.write_address.next = (bit_cast::<10, 5>(self.table_index.val()) << 5) | bit_cast::<10, 5>(self.table_word.val());
            self.words.write_data.next = self.table_data.val();
        }
        self.erases.next = self.table_write.val() & self.table_clear.val();
        self.valids.write.next = (self.valid_write.val() | self.erases.val()) & self.selected.val();
        self.valids.write_address.next = self.table_index.val();
        self.valids.write_data.next = self.valid_value.val() & !self.table_clear.val();
        self.cleared.d.next = self.table_clear.val();

        self.words.read_address.next = (bit_cast::<10, 5>(self.read_index.val()) << 5) | bit_cast::<10, 5>(self.read_word.val());
        self.valids.read_address.next = self.read_index.val();
        self.read_data.next = self.words.read_data.val();
        self.valid.next = self.valids.read_data.val() & !self.cleared.q.val();
    }
}
