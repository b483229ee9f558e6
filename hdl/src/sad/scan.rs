use crate::cell::Reg;
use crate::prelude::*;
use crate::MOST_SAS;
use holdfast_registers::sa;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum ScanPhase {
    Idle,
    /// SPI words go by, one SA per clock.
    Sweep,
    /// The other words of one SA go by.
    Verify,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ScanState {
    pub issuing: Bit,
    /// Of an SA, or of a word of one.
    pub position: SaIndex,
    pub candidate: SaIndex,
    pub a_active: Bit,
    pub a_last: Bit,
    pub a_position: SaIndex,
    pub b_active: Bit,
    pub b_last: Bit,
    pub b_position: SaIndex,
    pub b_valid: Bit,
    pub done: Bit,
    pub found: Bit,
}

/// Walks a `SadTable` for the valid SA that agrees with a record in SPI, family, encapsulation flag and the four words of its local address
/// (RFC 4301 section 4.1).
///
/// The record is not held here: the block asks for word `read_word` of SA `read_index` and of the record at the same time, and expects
/// `table_data`, `table_valid` and `record_data` (of a flags word only the UDP and IPv6 bits matter) one cycle later. Both are registered before
/// they are compared.
///
/// `start` (a pulse; it also restarts) begins; `done` is a pulse, from it on `found` and `index` hold until the next start. SA `skip_index` is passed over
/// while `skip` is set. Of several that agree the lowest is found (the control plane lets none in). With 32 SAs, of which one agrees, `done` comes at most 43 cycles
/// after `start`; an SA that agrees in the SPI alone costs up to 10 more.
#[derive(LogicBlock, Ports)]
pub struct Scan {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub start: Signal<In, Bit>,
    pub skip: Signal<In, Bit>,
    pub skip_index: Signal<In, SaIndex>,
    pub busy: Signal<Out, Bit>,
    pub done: Signal<Out, Bit>,
    pub found: Signal<Out, Bit>,
    pub index: Signal<Out, SaIndex>,
    pub read_index: Signal<Out, SaIndex>,
    pub read_word: Signal<Out, Bits<5>>,
    pub table_data: Signal<In, Bits<32>>,
    pub table_valid: Signal<In, Bit>,
    pub record_data: Signal<In, Bits<32>>,
    s: Reg<ScanState>,
    state: Reg<ScanPhase>,
    word: Reg<Bits<32>>,
    record: Reg<Bits<32>>,
    difference: Signal<Local, Bits<32>>,
    differs: Signal<Local, Bit>,
    rests: Signal<Local, Bit>,
    skipped: Signal<Local, Bit>,
    last_index: Constant<SaIndex>,
    /// All ones in the bits that an index has.
    every_index: Constant<SaIndex>,
    spi: Constant<Bits<5>>,
    flags: Constant<SaIndex>,
    local_first: Constant<SaIndex>,
    local_last: Constant<SaIndex>,
    flags_compared: Constant<Bits<32>>,
}

impl Scan {
    /// A walk over the first `sas` SAs, 1 to 1024.
    pub fn new(sas: usize) -> Self {
        assert!((1..=MOST_SAS).contains(&sas), "{sas} SAs: 1 to {MOST_SAS} are possible");
        let word = |n: usize| Constant::new((n as u64).into());
        Self {
            clock: Default::default(),
            reset: Default::default(),
            start: Default::default(),
            skip: Default::default(),
            skip_index: Default::default(),
            busy: Default::default(),
            done: Default::default(),
            found: Default::default(),
            index: Default::default(),
            read_index: Default::default(),
            read_word: Default::default(),
            table_data: Default::default(),
            table_valid: Default::default(),
            record_data: Default::default(),
            s: Default::default(),
            state: Default::default(),
            word: Default::default(),
            record: Default::default(),
            difference: Default::default(),
            differs: Default::default(),
            rests: Default::default(),
            skipped: Default::default(),
            last_index: word(sas - 1),
            every_index: word(sas.next_power_of_two() - 1),
            spi: Constant::new((sa::SPI as u64).into()),
            flags: word(sa::FLAGS),
            local_first: word(sa::LOCAL),
            local_last: word(sa::LOCAL + 3),
            flags_compared: Constant::new(((sa::flags::UDP | sa::flags::IPV6) as u64).into()),
        }
    }
}

impl Logic for Scan {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, state, word, record);
        self.s.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();
        self.word.reset.next = self.reset.val();
        self.record.reset.next = self.reset.val();

        // What is asked for now is in stage a in the next cycle, when the memories answer, and compared in stage b after that.
        self.read_index.next = self.s.q.val().position;
        self.read_word.next = self.spi.val();
        if self.state.q.val() == ScanPhase::Verify {
            self.read_index.next = self.s.q.val().candidate;
            self.read_word.next = bit_cast::<5, 10>(self.s.q.val().position);
        }
        self.word.d.next = self.table_data.val();
        self.record.d.next = self.record_data.val();
        self.s.d.next.b_valid = self.table_valid.val();
        self.s.d.next.b_active = self.s.q.val().a_active;
        self.s.d.next.b_last = self.s.q.val().a_last;
        self.s.d.next.b_position = self.s.q.val().a_position;
        self.s.d.next.a_active = self.s.q.val().issuing;
        self.s.d.next.a_position = self.s.q.val().position;
        self.s.d.next.a_last = false;
        self.s.d.next.done = false;

        self.difference.next = self.word.q.val() ^ self.record.q.val();
        self.differs.next = self.difference.val() != 0;
        self.skipped.next = !self.s.q.val().b_valid | (self.skip.val() & (self.s.q.val().b_position == self.skip_index.val()));

        match self.state.q.val() {
            ScanPhase::Sweep => {
                self.s.d.next.position = self.s.q.val().position + 1;
                if self.s.q.val().position == self.last_index.val() {
                    self.s.d.next.a_last = true;
                    self.s.d.next.issuing = false;
                }
                if self.s.q.val().b_active {
                    if !self.differs.val() & !self.skipped.val() {
                        self.state.d.next = ScanPhase::Verify;
                        self.s.d.next.candidate = self.s.q.val().b_position & self.every_index.val();
                        self.s.d.next.position = self.flags.val();
                        self.s.d.next.issuing = true;
                        self.s.d.next.a_active = false;
                        self.s.d.next.b_active = false;
                    } else if self.s.q.val().b_last {
                        self.state.d.next = ScanPhase::Idle;
                        self.s.d.next.done = true;
                    }
                }
            }
            ScanPhase::Verify => {
                self.s.d.next.position = self.s.q.val().position + 1;
                if self.s.q.val().position == self.flags.val() {
                    self.s.d.next.position = self.local_first.val();
                }
                if self.s.q.val().position == self.local_last.val() {
                    self.s.d.next.a_last = true;
                    self.s.d.next.issuing = false;
                }
                if self.s.q.val().b_position == self.flags.val() {
                    self.differs.next = (self.difference.val() & self.flags_compared.val()) != 0;
                }
                if self.s.q.val().b_active {
                    if self.differs.val() {
                        self.state.d.next = ScanPhase::Sweep;
                        self.s.d.next.position = self.s.q.val().candidate + 1;
                        self.s.d.next.issuing = true;
                        self.s.d.next.a_active = false;
                        self.s.d.next.b_active = false;
                        if self.s.q.val().candidate == self.last_index.val() {
                            self.state.d.next = ScanPhase::Idle;
                            self.s.d.next.issuing = false;
                            self.s.d.next.done = true;
                        }
                    } else if self.s.q.val().b_last {
                        self.state.d.next = ScanPhase::Idle;
                        self.s.d.next.done = true;
                        self.s.d.next.found = true;
                    }
                }
            }
            _ => {}
        }
        if self.start.val() {
            self.state.d.next = ScanPhase::Sweep;
            self.s.d.next.position = 0.into();
            self.s.d.next.issuing = true;
            self.s.d.next.a_active = false;
            self.s.d.next.b_active = false;
            self.s.d.next.done = false;
            self.s.d.next.found = false;
        }

        // A comparison for equality: one for difference from zero keeps synthesisers from encoding the state anew.
        self.rests.next = self.state.q.val() == ScanPhase::Idle;
        self.busy.next = !self.rests.val();
        self.done.next = self.s.q.val().done;
        self.found.next = self.s.q.val().found;
        self.index.next = self.s.q.val().candidate;
    }
}

impl Default for Scan {
    fn default() -> Self {
        Self::new(MOST_SAS)
    }
}
