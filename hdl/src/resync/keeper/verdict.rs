use crate::cell::Reg;
use crate::prelude::*;

/// How a word of the record and what it is compared with are to be taken.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct VerdictTest {
    /// They must agree.
    pub agree: Bit,
    /// They must not.
    pub differ: Bit,
    /// Blank only if they agree.
    pub blank: Bit,
    /// Spent if they agree.
    pub spent: Bit,
}

#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct VerdictState {
    pub good: Bit,
    pub blank: Bit,
    pub spent: Bit,
}

/// Compares words and remembers what came of it. Every word of a tag is looked at whatever the others were: time tells nothing of it.
///
/// `fresh` begins anew: good and blank; `refuse` makes it bad, and wins. A `test` counts one clock later.
#[derive(LogicBlock, Ports, Default)]
pub struct Verdict {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub fresh: Signal<In, Bit>,
    pub refuse: Signal<In, Bit>,
    pub test: Signal<In, VerdictTest>,
    pub left: Signal<In, Bits<32>>,
    pub right: Signal<In, Bits<32>>,
    pub good: Signal<Out, Bit>,
    pub blank: Signal<Out, Bit>,
    pub spent: Signal<Out, Bit>,
    s: Reg<VerdictState>,
    equal: Signal<Local, Bit>,
}

impl Logic for Verdict {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s);
        self.s.reset.next = self.reset.val();
        self.equal.next = self.left.val() == self.right.val();
        if (self.test.val().agree & !self.equal.val()) | (self.test.val().differ & self.equal.val()) {
            self.s.d.next.good = false;
        }
        if self.test.val().blank & !self.equal.val() {
            self.s.d.next.blank = false;
        }
        if self.test.val().spent {
            self.s.d.next.spent = self.equal.val();
        }
        if self.fresh.val() {
            self.s.d.next.good = true;
            self.s.d.next.blank = true;
        }
        if self.refuse.val() {
            self.s.d.next.good = false;
        }
        self.good.next = self.s.q.val().good;
        self.blank.next = self.s.q.val().blank;
        self.spent.next = self.s.q.val().spent;
    }
}
