//! The rows of padding in a word: a byte *ends a row* when it is 1, or one more than a byte before it that ends a row, so padding 1, 2, 3, … is right when its last byte ends a row
//! and is as large as the padding is long. Two clocks after a word came: whether a row ends with its second or last byte because it begins in the word (`begins`), or would if one
//! ended before it (`goes`).
use crate::cell::Reg;
use crate::prelude::*;

/// What follows of the bytes of a word: byte i is one more than the byte before it, or 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct TextBytes {
    pub follows_0: Bit,
    pub follows_1: Bit,
    pub follows_2: Bit,
    pub follows_3: Bit,
    pub one_0: Bit,
    pub one_1: Bit,
    pub one_2: Bit,
    pub one_3: Bit,
}

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct TextLinks {
    pub begins_second: Bit,
    pub goes_second: Bit,
    pub begins: Bit,
    pub goes: Bit,
}

/// The block; its contract stands at the head of the file.
#[derive(LogicBlock, Ports, Default)]
pub struct TextRows {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// The byte before the word.
    pub prior: Signal<In, Bits<8>>,
    pub word: Signal<In, Bits<32>>,
    pub begins_second: Signal<Out, Bit>,
    pub goes_second: Signal<Out, Bit>,
    pub begins: Signal<Out, Bit>,
    pub goes: Signal<Out, Bit>,
    bytes: Reg<TextBytes>,
    links: Reg<TextLinks>,
    byte0: Signal<Local, Bits<8>>,
    byte1: Signal<Local, Bits<8>>,
    byte2: Signal<Local, Bits<8>>,
    byte3: Signal<Local, Bits<8>>,
    after0: Signal<Local, Bits<8>>,
    after1: Signal<Local, Bits<8>>,
    after2: Signal<Local, Bits<8>>,
    after3: Signal<Local, Bits<8>>,
}

impl Logic for TextRows {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, bytes, links);
        self.bytes.reset.next = self.reset.val();
        self.links.reset.next = self.reset.val();
        self.byte0.next = self.word.val().get_bits::<8>(24);
        self.byte1.next = self.word.val().get_bits::<8>(16);
        self.byte2.next = self.word.val().get_bits::<8>(8);
        self.byte3.next = self.word.val().get_bits::<8>(0);
        self.after0.next = self.prior.val() + 1;
        self.after1.next = self.byte0.val() + 1;
        self.after2.next = self.byte1.val() + 1;
        self.after3.next = self.byte2.val() + 1;
        self.bytes.d.next.follows_0 = self.byte0.val() == self.after0.val();
        self.bytes.d.next.follows_1 = self.byte1.val() == self.after1.val();
        self.bytes.d.next.follows_2 = self.byte2.val() == self.after2.val();
        self.bytes.d.next.follows_3 = self.byte3.val() == self.after3.val();
        self.bytes.d.next.one_0 = self.byte0.val() == 1;
        self.bytes.d.next.one_1 = self.byte1.val() == 1;
        self.bytes.d.next.one_2 = self.byte2.val() == 1;
        self.bytes.d.next.one_3 = self.byte3.val() == 1;
        self.links.d.next.begins_second = self.bytes.q.val().one_1 | (self.bytes.q.val().follows_1 & self.bytes.q.val().one_0);
        self.links.d.next.goes_second = self.bytes.q.val().follows_1 & self.bytes.q.val().follows_0;
        self.links.d.next.begins = self.bytes.q.val().one_3
            | (self.bytes.q.val().follows_3 & self.bytes.q.val().one_2)
            | (self.bytes.q.val().follows_3 & self.bytes.q.val().follows_2 & self.bytes.q.val().one_1)
            | (self.bytes.q.val().follows_3 & self.bytes.q.val().follows_2 & self.bytes.q.val().follows_1 & self.bytes.q.val().one_0);
        self.links.d.next.goes =
            self.bytes.q.val().follows_3 & self.bytes.q.val().follows_2 & self.bytes.q.val().follows_1 & self.bytes.q.val().follows_0;
        self.begins_second.next = self.links.q.val().begins_second;
        self.goes_second.next = self.links.q.val().goes_second;
        self.begins.next = self.links.q.val().begins;
        self.goes.next = self.links.q.val().goes;
    }
}
