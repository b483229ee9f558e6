//! Finds the inbound SA of a packet, in ten clocks mostly, whatever stands where in the table.
//!
//! ```text
//!  SPI, address ─► chains ─► first SA ─► rows 0 and 3 of the table ─► compared ─► found
//!                     ▲         └─► next SA ─► rows 0 and 3 …
//!  valid bits ────────┘
//! ```
//!
//! Of the SAs of one chain (see [`SaChains`]) the rows with SPI, flags and local address are compared with the packet's (RFC 4301 section 4.1), one SA after the other, two clocks each. So nothing is found that the table itself does not have, and a
//! packet with an unknown SPI is as quick as any other: `done` comes four clocks after `start` where the chain is empty, otherwise at most 7 + 2n for n SAs in it, and one more for each clock in which somebody else has the port.
//! With the 32 SAs of this table and SPIs drawn at random a chain of four or more is met twice in a thousand tables, and costs its packets 15 clocks or more.
//!
//! **Search.** `start` (a pulse, only while `ready`) with `spi`, `ipv6`, `udp` and `address` (most significant word first; IPv4 in lane 0, the others zero), all held until `done`, a pulse. From it on `found`,
//! and if so `index`, `flags` and `salt` (words 0 and 2 of the SA) hold until the next `start`. `ready` is low while the chains are brought up to date.
//!
//! **Rows of keys.** The read port of the table goes to who asks by `read` for row `read_row` of SA `read_index`, in a clock in which the search waits; `row` has it two clocks later, for one clock. Not while the chains are brought up to date.
//!
//! **Table.** The bus is that of the inbound SAD, as that gets it (`table_write` and `valid_write` for this table only). Valid bits are written while no packet is under way, and not before `idle`: the chains follow the last
//! one, or are being emptied.
//! `check_*`: see [`CheckCopy`].
//!
//! **More SAs.** The time depends on the chains alone, of which there are eight per SA. See [`SaChains`] for what grows.
mod chains;
mod copy;
#[cfg(test)]
mod tests;

pub use chains::{ChainPhase, ChainState, SaChains, SaHome, SaLink};
pub use copy::CheckCopy;

use crate::cell::{row, Reg, Settle};
use crate::prelude::*;
use crate::Sizes;
use holdfast_registers::sa;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum WideSearchPhase {
    Idle,
    /// Which SA is the first of the chain?
    Head,
    /// Row 0 of the candidate is asked for.
    First,
    /// Row 3, and who follows.
    Second,
    /// What was asked for last is on its way.
    Last,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct WideSearchState {
    pub step: Bits<2>,
    pub candidate: SaIndex,
    /// SAs looked at: a chain is never longer than the table.
    pub count: SaIndex,
    /// What the table answers in this clock, what stands in the row, what has been compared: row 0 or row 3, of which SA, and whether it is the last.
    pub a_first: Bit,
    pub a_second: Bit,
    pub a_last: Bit,
    pub a_sa: SaIndex,
    pub b_first: Bit,
    pub b_second: Bit,
    pub b_last: Bit,
    pub b_sa: SaIndex,
    pub b_valid: Bit,
    pub c_second: Bit,
    pub c_last: Bit,
    pub c_sa: SaIndex,
    pub done: Bit,
    pub found: Bit,
    pub index: SaIndex,
    pub flags: Bits<32>,
    pub salt: Bits<32>,
}

/// The search; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct WideSearch {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub start: Signal<In, Bit>,
    pub ready: Signal<Out, Bit>,
    pub spi: Signal<In, Bits<32>>,
    pub ipv6: Signal<In, Bit>,
    pub udp: Signal<In, Bit>,
    pub address: [Signal<In, Bits<32>>; 4],
    pub done: Signal<Out, Bit>,
    pub found: Signal<Out, Bit>,
    pub index: Signal<Out, SaIndex>,
    pub flags: Signal<Out, Bits<32>>,
    pub salt: Signal<Out, Bits<32>>,
    pub read: Signal<In, Bit>,
    pub read_index: Signal<In, SaIndex>,
    pub read_row: Signal<In, Bits<3>>,
    pub row: [Signal<Out, Bits<32>>; 4],
    /// To the table, and its answer a clock later.
    pub table_read_index: Signal<Out, SaIndex>,
    pub table_read_row: Signal<Out, Bits<3>>,
    pub table_row: [Signal<In, Bits<32>>; 4],
    pub table_valid: Signal<In, Bit>,
    pub table_write: Signal<In, Bit>,
    pub table_index: Signal<In, SaIndex>,
    pub table_word: Signal<In, Bits<5>>,
    pub table_data: Signal<In, Bits<32>>,
    pub valid_write: Signal<In, Bit>,
    pub valid_value: Signal<In, Bit>,
    pub table_clear: Signal<In, Bit>,
    pub idle: Signal<Out, Bit>,
    pub check_index: Signal<In, SaIndex>,
    pub check_word: Signal<In, Bits<5>>,
    pub check_data: Signal<Out, Bits<32>>,
    pub check_valid: Signal<Out, Bit>,
    chains: Settle<SaChains>,
    copy: CheckCopy,
    s: Reg<WideSearchState>,
    state: Reg<WideSearchPhase>,
    words: [Reg<Bits<32>>; 4],
    /// Flags and SPI agree, words of the address agree.
    named: Reg<Bit>,
    same: [Reg<Bit>; 4],
    agrees: Signal<Local, Bit>,
    granted: Signal<Local, Bit>,
    word: [Signal<Local, Bits<32>>; 4],
    last: Signal<Local, Bit>,
    /// All ones in the bits that an index has.
    every_index: Constant<SaIndex>,
    address_row: Constant<Bits<3>>,
}

/// Where the flags stand that a search compares.
const UDP_BIT: u32 = sa::flags::UDP.trailing_zeros();
const IPV6_BIT: u32 = sa::flags::IPV6.trailing_zeros();

impl WideSearch {
    /// A search over a table of these sizes.
    pub fn new(sizes: Sizes) -> Self {
        const { assert!(UDP_BIT == 3 && IPV6_BIT == 4 && sa::FLAGS == 0 && sa::SPI == 1 && sa::SALT == 2 && sa::LOCAL == 12) };
        Self {
            clock: Default::default(),
            reset: Default::default(),
            start: Default::default(),
            ready: Default::default(),
            spi: Default::default(),
            ipv6: Default::default(),
            udp: Default::default(),
            address: row(),
            done: Default::default(),
            found: Default::default(),
            index: Default::default(),
            flags: Default::default(),
            salt: Default::default(),
            read: Default::default(),
            read_index: Default::default(),
            read_row: Default::default(),
            row: row(),
            table_read_index: Default::default(),
            table_read_row: Default::default(),
            table_row: row(),
            table_valid: Default::default(),
            table_write: Default::default(),
            table_index: Default::default(),
            table_word: Default::default(),
            table_data: Default::default(),
            valid_write: Default::default(),
            valid_value: Default::default(),
            table_clear: Default::default(),
            idle: Default::default(),
            check_index: Default::default(),
            check_word: Default::default(),
            check_data: Default::default(),
            check_valid: Default::default(),
            chains: Settle::new(SaChains::new(sizes)),
            copy: CheckCopy::new(sizes),
            s: Default::default(),
            state: Default::default(),
            words: row(),
            named: Default::default(),
            same: row(),
            agrees: Default::default(),
            granted: Default::default(),
            word: row(),
            last: Default::default(),
            every_index: Constant::new((sizes.sa_bits(0) as u64).into()),
            address_row: Constant::new((sa::LOCAL as u64 / 4).into()),
        }
    }
}

impl Default for WideSearch {
    fn default() -> Self {
        Self::new(Sizes::default())
    }
}

impl Logic for WideSearch {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, state, named);
        clock!(self, clock, chains, copy);
        self.s.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();
        self.named.reset.next = self.reset.val();
        self.chains.reset.next = self.reset.val();
        self.copy.reset.next = self.reset.val();

        // The port of the table: what is asked for now is in stage a in the next clock, in `words` and stage b after that, and compared in stage c.
        self.granted.next = !self.read.val() & !self.chains.read.val();
        self.table_read_index.next = self.s.q.val().candidate;
        self.table_read_row.next = 0.into();
        if self.state.q.val() == WideSearchPhase::Second {
            self.table_read_row.next = self.address_row.val();
        }
        if self.read.val() {
            self.table_read_index.next = self.read_index.val();
            self.table_read_row.next = self.read_row.val();
        }
        if self.chains.read.val() {
            self.table_read_index.next = self.chains.read_index.val();
            self.table_read_row.next = self.chains.read_row.val();
        }
        for i in 0..4 {
            self.words[i].clock.next = self.clock.val();
            self.words[i].reset.next = self.reset.val();
            self.words[i].d.next = self.table_row[i].val();
            self.row[i].next = self.words[i].q.val();
            self.word[i].next = self.words[i].q.val();
            self.chains.row[i].next = self.words[i].q.val();
            self.chains.address[i].next = self.address[i].val();
            self.same[i].clock.next = self.clock.val();
            self.same[i].reset.next = self.reset.val();
            self.same[i].d.next = self.words[i].q.val() == self.address[i].val();
        }
        self.s.d.next.b_valid = self.table_valid.val();
        if self.s.q.val().b_first {
            // Kept until row 3 has come, which is later where somebody else has the port.
            self.named.d.next = self.s.q.val().b_valid
                & (self.word[1].val() == self.spi.val())
                & (self.word[0].val().get_bit(3) == self.udp.val())
                & (self.word[0].val().get_bit(4) == self.ipv6.val());
        }
        self.agrees.next = self.s.q.val().c_second
            & self.named.q.val()
            & self.same[0].q.val()
            & self.same[1].q.val()
            & self.same[2].q.val()
            & self.same[3].q.val();

        self.chains.start.next = self.start.val();
        self.chains.spi.next = self.spi.val();
        self.chains.at.next = self.s.q.val().candidate;
        self.chains.quiet.next = self.state.q.val() == WideSearchPhase::Idle;
        self.chains.valid_write.next = self.valid_write.val();
        self.chains.valid_value.next = self.valid_value.val();
        self.chains.valid_index.next = self.table_index.val() & self.every_index.val();
        self.chains.clear.next = self.table_clear.val();

        self.s.d.next.a_first = false;
        self.s.d.next.a_second = false;
        self.s.d.next.a_sa = self.s.q.val().candidate;
        self.last.next = !self.chains.follower.val().there | (self.s.q.val().count == self.every_index.val());
        self.s.d.next.a_last = self.last.val();
        self.s.d.next.b_first = self.s.q.val().a_first;
        self.s.d.next.b_second = self.s.q.val().a_second;
        self.s.d.next.b_last = self.s.q.val().a_last;
        self.s.d.next.b_sa = self.s.q.val().a_sa;
        self.s.d.next.c_second = self.s.q.val().b_second;
        self.s.d.next.c_last = self.s.q.val().b_last;
        self.s.d.next.c_sa = self.s.q.val().b_sa;
        self.s.d.next.done = false;
        self.s.d.next.step = self.s.q.val().step + 1;
        match self.state.q.val() {
            WideSearchPhase::Head => {
                self.s.d.next.candidate = self.chains.head.val().sa;
                if self.s.q.val().step == 2 {
                    self.state.d.next = WideSearchPhase::First;
                    if !self.chains.head.val().there {
                        self.s.d.next.done = true;
                        self.state.d.next = WideSearchPhase::Idle;
                    }
                }
            }
            WideSearchPhase::First => {
                if self.granted.val() {
                    self.s.d.next.a_first = true;
                    self.state.d.next = WideSearchPhase::Second;
                }
            }
            WideSearchPhase::Second => {
                if self.granted.val() {
                    self.s.d.next.a_second = true;
                    self.s.d.next.count = self.s.q.val().count + 1;
                    self.s.d.next.candidate = self.chains.follower.val().sa;
                    self.state.d.next = WideSearchPhase::First;
                    if self.last.val() {
                        self.state.d.next = WideSearchPhase::Last;
                    }
                }
            }
            _ => {}
        }
        if self.s.q.val().b_first & !self.agrees.val() {
            self.s.d.next.flags = self.word[0].val();
            self.s.d.next.salt = self.word[2].val();
        }
        if self.agrees.val() | (self.s.q.val().c_second & self.s.q.val().c_last) {
            self.state.d.next = WideSearchPhase::Idle;
            self.s.d.next.a_first = false;
            self.s.d.next.a_second = false;
            self.s.d.next.b_first = false;
            self.s.d.next.b_second = false;
            self.s.d.next.c_second = false;
            self.s.d.next.done = true;
            self.s.d.next.found = self.agrees.val();
            self.s.d.next.index = self.s.q.val().c_sa;
        }
        if self.start.val() {
            self.state.d.next = WideSearchPhase::Head;
            self.s.d.next.step = 0.into();
            self.s.d.next.count = 0.into();
            self.s.d.next.found = false;
        }
        self.ready.next = (self.state.q.val() == WideSearchPhase::Idle) & !self.chains.busy.val();
        self.idle.next = self.chains.idle.val();
        self.done.next = self.s.q.val().done;
        self.found.next = self.s.q.val().found;
        self.index.next = self.s.q.val().index;
        self.flags.next = self.s.q.val().flags;
        self.salt.next = self.s.q.val().salt;

        self.copy.write.next = self.table_write.val();
        self.copy.index.next = self.table_index.val();
        self.copy.word.next = self.table_word.val();
        self.copy.value.next = self.table_data.val();
        self.copy.valid_write.next = self.valid_write.val();
        self.copy.valid_value.next = self.valid_value.val();
        self.copy.clear.next = self.table_clear.val();
        self.copy.check_index.next = self.check_index.val();
        self.copy.check_word.next = self.check_word.val();
        self.check_data.next = self.copy.data.val();
        self.check_valid.next = self.copy.valid.val();
    }
}
