//! Every cell against its own Verilog.
use super::*;
use crate::check::Bench;
use crate::prelude::*;

#[derive(LogicBlock, Ports, Default)]
struct Cells {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub write: Signal<In, Bit>,
    pub address: Signal<In, Bits<3>>,
    pub data: Signal<In, Bits<16>>,
    pub read: Signal<Out, Bits<16>>,
    pub seen: Signal<Out, Bits<16>>,
    pub folded: Signal<Out, Bits<16>>,
    pub folded_seen: Signal<Out, Bits<16>>,
    pub joined: Signal<Out, Bits<32>>,
    pub high: Signal<Out, Bits<4>>,
    pub low: Signal<Out, Bits<4>>,
    pub sum: Signal<Out, Bits<16>>,
    ram: Ram<Bits<16>, 3>,
    slots: Slots<Bits<16>, 3>,
    folded_ram: Ram<Bits<16>, 3>,
    folded_slots: Slots<Bits<16>, 3>,
    total: Reg<Bits<16>>,
    concat: Concat<2, 16, 32>,
    split: Settle<Split<4, 4, 16>>,
}

impl Logic for Cells {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, total);
        self.total.reset.next = self.reset.val();
        self.ram.clock.next = self.clock.val();
        self.ram.write.next = self.write.val();
        self.ram.write_address.next = self.address.val();
        self.ram.read_address.next = self.address.val();
        self.ram.write_data.next = self.data.val();
        self.read.next = self.ram.read_data.val();
        self.slots.clock.next = self.clock.val();
        self.slots.write.next = self.write.val();
        self.slots.write_address.next = self.address.val();
        self.slots.read_address.next = self.address.val();
        self.slots.write_data.next = self.data.val();
        self.seen.next = self.slots.read_data.val();
        self.folded_ram.clock.next = self.clock.val();
        self.folded_ram.write.next = self.write.val();
        self.folded_ram.write_address.next = self.address.val();
        self.folded_ram.read_address.next = self.address.val();
        self.folded_ram.write_data.next = self.data.val();
        self.folded.next = self.folded_ram.read_data.val();
        self.folded_slots.clock.next = self.clock.val();
        self.folded_slots.write.next = self.write.val();
        self.folded_slots.write_address.next = self.address.val();
        self.folded_slots.read_address.next = self.address.val();
        self.folded_slots.write_data.next = self.data.val();
        self.folded_seen.next = self.folded_slots.read_data.val();
        self.concat.lane[0].next = self.data.val();
        self.concat.lane[1].next = self.total.q.val();
        self.joined.next = self.concat.word.val();
        self.split.word.next = self.data.val();
        self.high.next = self.split.lane[0].val();
        self.low.next = self.split.lane[3].val();
        self.total.d.next = self.total.q.val() + self.data.val();
        self.sum.next = self.total.q.val();
    }
}

#[test]
fn cells_are_what_their_verilog_is() {
    // Of the folded ones only bits 2 and 0, and 2 and 1, of an address count.
    let cells = Cells { folded_ram: Ram::of(0b101), folded_slots: Slots::of(0b110), ..Default::default() };
    let mut bench = Bench::new("cells", cells, |d| &mut d.clock);
    let mut model = (0u16, [0u16; 8]);
    let mut folded = [[0u16; 8]; 2];
    for n in 0..200u64 {
        let data = (n * 0x9e37 + (n << 5)) as u16;
        let address = (n * 5 % 8) as usize;
        bench.dut.reset.next = n == 0 || n == 100;
        bench.dut.write.next = n % 3 == 0;
        bench.dut.address.next = (address as u64).into();
        bench.dut.data.next = (data as u64).into();
        bench.cycle();
        let read = if n % 3 == 0 { 0 } else { model.1[address] };
        let folded_read = if n % 3 == 0 { 0 } else { folded[0][address & 0b101] };
        if n % 3 == 0 {
            model.1[address] = data;
            folded[0][address & 0b101] = data;
            folded[1][address & 0b110] = data;
        }
        model.0 = if n == 0 || n == 100 { 0 } else { model.0.wrapping_add(data) };
        assert_eq!(bench.dut.sum.val(), model.0 as u64);
        assert_eq!(bench.dut.read.val(), read as u64);
        assert_eq!(bench.dut.seen.val(), model.1[address] as u64);
        assert_eq!(bench.dut.folded.val(), folded_read as u64);
        assert_eq!(bench.dut.folded_seen.val(), folded[1][address & 0b110] as u64);
        assert_eq!(bench.dut.high.val(), (data >> 12) as u64);
        assert_eq!(bench.dut.joined.val(), ((data as u64) << 16) | model.0 as u64);
    }
    bench.finish();
}
