use super::Scan;
use crate::cell::{row, Reg, Settle};
use crate::prelude::*;
use holdfast_registers::sa;

/// Finds the inbound SA of a packet, and lends the read port of the inbound `SadTable` to whose turn it is.
///
/// `start` (a pulse) with `spi`, `ipv6`, `udp` and `address` (most significant word first; IPv4 in lane 0, the others zero), all held until `done`.
/// Latency and `found`/`index` as in [`Scan`].
///
/// The read port (`table_read_index`, `table_read_word`, to the table) belongs to the search while it is `busy`, to the duplicate check of the control plane while
/// `check` is set (only under the inbound lock), otherwise to the datapath (`read_index`, `read_word`). Everybody reads the answer at the table.
#[derive(LogicBlock, Ports)]
pub struct Search {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub start: Signal<In, Bit>,
    pub spi: Signal<In, Bits<32>>,
    pub ipv6: Signal<In, Bit>,
    pub udp: Signal<In, Bit>,
    pub address: [Signal<In, Bits<32>>; 4],
    pub busy: Signal<Out, Bit>,
    pub done: Signal<Out, Bit>,
    pub found: Signal<Out, Bit>,
    pub index: Signal<Out, Bits<5>>,
    pub read_index: Signal<In, Bits<5>>,
    pub read_word: Signal<In, Bits<5>>,
    pub check: Signal<In, Bit>,
    pub check_index: Signal<In, Bits<5>>,
    pub check_word: Signal<In, Bits<5>>,
    pub table_read_index: Signal<Out, Bits<5>>,
    pub table_read_word: Signal<Out, Bits<5>>,
    pub table_data: Signal<In, Bits<32>>,
    pub table_valid: Signal<In, Bit>,
    scan: Settle<Scan>,
    record: Reg<Bits<32>>,
    flags: Signal<Local, Bits<32>>,
    at_spi: Constant<Bits<5>>,
    at_address: [Constant<Bits<5>>; 4],
    flag_udp: Constant<Bits<32>>,
    flag_ipv6: Constant<Bits<32>>,
}

impl Search {
    /// A search over the first `sas` SAs of the table, 1 to 32.
    pub fn new(sas: usize) -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            start: Default::default(),
            spi: Default::default(),
            ipv6: Default::default(),
            udp: Default::default(),
            address: row(),
            busy: Default::default(),
            done: Default::default(),
            found: Default::default(),
            index: Default::default(),
            read_index: Default::default(),
            read_word: Default::default(),
            check: Default::default(),
            check_index: Default::default(),
            check_word: Default::default(),
            table_read_index: Default::default(),
            table_read_word: Default::default(),
            table_data: Default::default(),
            table_valid: Default::default(),
            scan: Settle::new(Scan::new(sas)),
            record: Default::default(),
            flags: Default::default(),
            at_spi: Constant::new((sa::SPI as u64).into()),
            at_address: [0, 1, 2, 3].map(|n| Constant::new(((sa::LOCAL + n) as u64).into())),
            flag_udp: Constant::new((sa::flags::UDP as u64).into()),
            flag_ipv6: Constant::new((sa::flags::IPV6 as u64).into()),
        }
    }
}

impl Logic for Search {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, record);
        clock!(self, clock, scan);
        self.record.reset.next = self.reset.val();
        self.scan.reset.next = self.reset.val();

        self.scan.start.next = self.start.val();
        self.scan.skip.next = false;
        self.scan.skip_index.next = 0.into();
        self.scan.table_data.next = self.table_data.val();
        self.scan.table_valid.next = self.table_valid.val();
        self.scan.record_data.next = self.record.q.val();

        // The packet as if it were a memory of SA words, so that it answers at the same time as the table.
        self.flags.next = 0.into();
        if self.udp.val() {
            self.flags.next = self.flag_udp.val();
        }
        if self.ipv6.val() {
            self.flags.next = self.flags.val() | self.flag_ipv6.val();
        }
        self.record.d.next = self.flags.val();
        if self.scan.read_word.val() == self.at_spi.val() {
            self.record.d.next = self.spi.val();
        }
        for i in 0..4 {
            if self.scan.read_word.val() == self.at_address[i].val() {
                self.record.d.next = self.address[i].val();
            }
        }

        self.table_read_index.next = self.read_index.val();
        self.table_read_word.next = self.read_word.val();
        if self.check.val() {
            self.table_read_index.next = self.check_index.val();
            self.table_read_word.next = self.check_word.val();
        }
        if self.scan.busy.val() {
            self.table_read_index.next = self.scan.read_index.val().get_bits::<5>(0);
            self.table_read_word.next = self.scan.read_word.val();
        }
        self.busy.next = self.scan.busy.val();
        self.done.next = self.scan.done.val();
        self.found.next = self.scan.found.val();
        self.index.next = self.scan.index.val().get_bits::<5>(0);
    }
}
