//! What the pipeline wants to know of a packet 43 clocks after its beat 0: whose it is, and the ICV that came with it.
//!
//! Two memories that are written every clock, and read so many clocks later: no packet is counted, and what is 64 clocks old is overwritten. With beat 0 in the pipeline's input in clock 0:
//!
//! | clock | |
//! |---|---|
//! | -1 | `icv` |
//! | 0 | `open`, `sa` |
//! | 43 | `waited_open`, `waited_sa`, for that clock; the pipeline's `request` |
//! | 44 | `asked`; and from 45 on `waited_icv`, until the clock after the next `asked` |
use crate::cell::{Block128, Delay, Ram, Reg};
use crate::prelude::*;

/// Whose a packet is.
#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct CipherTicket {
    pub open: Bit,
    pub sa: SaIndex,
}

/// The memories; their contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct Tickets {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub icv: Signal<In, Block128>,
    pub open: Signal<In, Bit>,
    pub sa: Signal<In, SaIndex>,
    pub waited_open: Signal<Out, Bit>,
    pub waited_sa: Signal<Out, SaIndex>,
    pub asked: Signal<In, Bit>,
    pub waited_icv: Signal<Out, Block128>,
    owners: Ram<CipherTicket, 6>,
    icvs: Ram<Block128, 6>,
    write_at: Delay<Bits<6>, 1>,
    owner_at: Delay<Bits<6>, 1>,
    icv_at: Delay<Bits<6>, 1>,
    owner: Delay<CipherTicket, 1>,
    kept: Reg<Block128>,
}

impl Default for Tickets {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            icv: Default::default(),
            open: Default::default(),
            sa: Default::default(),
            waited_open: Default::default(),
            waited_sa: Default::default(),
            asked: Default::default(),
            waited_icv: Default::default(),
            owners: Default::default(),
            // Not in the registers of a memory of LUT4, which wide words would cost dearly.
            icvs: Ram::in_block(),
            write_at: Default::default(),
            owner_at: Default::default(),
            icv_at: Default::default(),
            owner: Default::default(),
            kept: Default::default(),
        }
    }
}

impl Logic for Tickets {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, kept);
        clock!(self, clock, owners, icvs, write_at, owner_at, icv_at, owner);
        self.kept.reset.next = self.reset.val();
        self.write_at.d.next = self.write_at.q.val() + 1;
        self.owners.write.next = true;
        self.owners.write_address.next = self.write_at.q.val();
        self.owners.write_data.next.open = self.open.val();
        self.owners.write_data.next.sa = self.sa.val();
        self.icvs.write.next = true;
        self.icvs.write_address.next = self.write_at.q.val();
        self.icvs.write_data.next = self.icv.val();
        // Read 41 and 44 clocks after it was written: 23 and 20 places further than is written now. Wherever these begin: they need no reset.
        self.owner_at.d.next = self.write_at.q.val() + 24;
        self.icv_at.d.next = self.write_at.q.val() + 21;
        self.owners.read_address.next = self.owner_at.q.val();
        self.icvs.read_address.next = self.icv_at.q.val();
        self.owner.d.next = self.owners.read_data.val();
        self.waited_open.next = self.owner.q.val().open;
        self.waited_sa.next = self.owner.q.val().sa;
        if self.asked.val() {
            self.kept.d.next = self.icvs.read_data.val();
        }
        self.waited_icv.next = self.kept.q.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cell::Lanes, check::Bench, gcm::tests::Dice};

    #[test]
    fn tickets_come_back_when_they_are_wanted() {
        let mut bench = Bench::new("tickets", Tickets::default(), |d| &mut d.clock);
        let mut dice = Dice(3);
        bench.dut.reset.next = true;
        (0..64).for_each(|_| bench.cycle());
        bench.dut.reset.next = false;
        let (mut owners, mut icvs) = (vec![], vec![]);
        let mut kept = Block128::default();
        for clock in 0..300usize {
            let icv: Block128 = Lanes(std::array::from_fn(|_| dice.roll() as u32));
            let owner = (dice.below(2) == 1, dice.below(32));
            bench.dut.icv.next = icv;
            bench.dut.open.next = owner.0;
            bench.dut.sa.next = owner.1.into();
            icvs.push(icv);
            owners.push(owner);
            let asked = clock > 45 && dice.below(2) == 0;
            bench.dut.asked.next = asked;
            bench.settle();
            if clock >= 43 {
                assert_eq!((bench.dut.waited_open.val(), bench.dut.waited_sa.val().index() as u64), owners[clock - 43], "clock {clock}");
            }
            assert_eq!(bench.dut.waited_icv.val(), kept, "clock {clock}");
            bench.cycle();
            if asked {
                // Beat 0 was 44 clocks ago, and its ICV came a clock before it.
                kept = icvs[clock - 45];
            }
        }
        bench.finish();
    }
}
