//! The whole control plane with both SADs and the search, wired as in the top, behind a fake datapath that grants locks late.
use super::validate::tests::{good_pair, good_rule, good_sa};
use super::*;
use crate::cell::Settle;
use crate::check::Bench;
use crate::export;
use crate::prelude::*;
use crate::sad::tests::Random;
use crate::sad::{SadTable, Search};
use crate::Sizes;
use holdfast_registers::{counter, map, rule, sa, Reason, Refusal};

#[derive(LogicBlock, Ports)]
struct Plane {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub awaddr: Signal<In, Bits<12>>,
    pub awvalid: Signal<In, Bit>,
    pub awready: Signal<Out, Bit>,
    pub wdata: Signal<In, Bits<32>>,
    pub wstrb: Signal<In, Bits<4>>,
    pub wvalid: Signal<In, Bit>,
    pub wready: Signal<Out, Bit>,
    pub bresp: Signal<Out, Bits<2>>,
    pub bvalid: Signal<Out, Bit>,
    pub bready: Signal<In, Bit>,
    pub araddr: Signal<In, Bits<12>>,
    pub arvalid: Signal<In, Bit>,
    pub arready: Signal<Out, Bit>,
    pub rdata: Signal<Out, Bits<32>>,
    pub rresp: Signal<Out, Bits<2>>,
    pub rvalid: Signal<Out, Bit>,
    pub rready: Signal<In, Bit>,
    pub irq: Signal<Out, Bit>,
    pub enable: Signal<Out, Bit>,
    pub lock: [Signal<Out, Bit>; 2],
    pub locked: [Signal<In, Bit>; 2],
    pub window_busy: Signal<In, Bit>,
    pub window_clear: Signal<Out, Bit>,
    pub wipe_datapath: Signal<Out, Bit>,
    pub table_clear: Signal<Out, Bit>,
    pub table_write: Signal<Out, Bit>,
    pub table_select: Signal<Out, Bits<2>>,
    pub table_index: Signal<Out, Bits<5>>,
    pub table_word: Signal<Out, Bits<5>>,
    pub table_data: Signal<Out, Bits<32>>,
    pub in_valid: [Signal<In, Bit>; 2],
    pub in_bytes: [Signal<In, Bits<16>>; 2],
    pub in_ready: [Signal<Out, Bit>; 2],
    pub drop_valid: [Signal<In, Bit>; 2],
    pub drop_reason: [Signal<In, Bits<5>>; 2],
    pub drop_ready: [Signal<Out, Bit>; 2],
    pub push_valid: [Signal<In, Bit>; 2],
    pub push_ready: [Signal<Out, Bit>; 2],
    pub push_head: [Signal<In, Bits<32>>; 2],
    pub start: Signal<In, Bit>,
    pub spi: Signal<In, Bits<32>>,
    pub address: Signal<In, Bits<32>>,
    pub done: Signal<Out, Bit>,
    pub found: Signal<Out, Bit>,
    pub found_index: Signal<Out, Bits<5>>,
    pub read_index: Signal<In, Bits<5>>,
    pub read_word: Signal<In, Bits<5>>,
    pub read_data: [Signal<Out, Bits<32>>; 2],
    pub valid: [Signal<Out, Bit>; 2],
    pub pair_write: Signal<Out, Bit>,
    pub c_want: Signal<In, Bit>,
    pub c_grant: Signal<Out, Bit>,
    pub c_write: Signal<In, Bit>,
    pub c_word: Signal<In, Bits<5>>,
    pub c_data: Signal<In, Bits<32>>,
    pub c_start: Signal<In, Bit>,
    pub c_operation: Signal<In, Bits<3>>,
    pub c_inbound: Signal<In, Bit>,
    pub c_index: Signal<In, Bits<5>>,
    pub c_done: Signal<Out, Bit>,
    pub c_refused: Signal<Out, Bit>,
    pub restoring: Signal<In, Bit>,
    pub r_install: Signal<Out, Bit>,
    pub r_delete: Signal<Out, Bit>,
    pub r_want: Signal<In, Bit>,
    pub r_inbound: Signal<Out, Bit>,
    pub r_index: Signal<Out, Bits<5>>,
    pub r_done: Signal<In, Bit>,
    pub r_ok: Signal<In, Bit>,
    pub r_word: Signal<In, Bits<5>>,
    pub r_data: Signal<Out, Bits<32>>,
    pub enable_set: Signal<In, Bit>,
    pub resync_status: Signal<In, Bits<5>>,
    pub quarantine: Signal<In, Bits<32>>,
    pub push2_valid: Signal<In, Bit>,
    pub push2_ready: Signal<Out, Bit>,
    pub push2_head: Signal<In, Bits<32>>,
    pub push2_detail: Signal<In, Bits<32>>,
    pub host_up: Signal<In, Bit>,
    pub recorded: [Signal<In, Bits<32>>; 2],
    control: Settle<Control>,
    sad: [SadTable; 2],
    search: Settle<Search>,
}

impl Default for Plane {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            awaddr: Default::default(),
            awvalid: Default::default(),
            awready: Default::default(),
            wdata: Default::default(),
            wstrb: Default::default(),
            wvalid: Default::default(),
            wready: Default::default(),
            bresp: Default::default(),
            bvalid: Default::default(),
            bready: Default::default(),
            araddr: Default::default(),
            arvalid: Default::default(),
            arready: Default::default(),
            rdata: Default::default(),
            rresp: Default::default(),
            rvalid: Default::default(),
            rready: Default::default(),
            irq: Default::default(),
            enable: Default::default(),
            lock: Default::default(),
            locked: Default::default(),
            window_busy: Default::default(),
            window_clear: Default::default(),
            wipe_datapath: Default::default(),
            table_clear: Default::default(),
            table_write: Default::default(),
            table_select: Default::default(),
            table_index: Default::default(),
            table_word: Default::default(),
            table_data: Default::default(),
            in_valid: Default::default(),
            in_bytes: Default::default(),
            in_ready: Default::default(),
            drop_valid: Default::default(),
            drop_reason: Default::default(),
            drop_ready: Default::default(),
            push_valid: Default::default(),
            push_ready: Default::default(),
            push_head: Default::default(),
            start: Default::default(),
            spi: Default::default(),
            address: Default::default(),
            done: Default::default(),
            found: Default::default(),
            found_index: Default::default(),
            read_index: Default::default(),
            read_word: Default::default(),
            read_data: Default::default(),
            valid: Default::default(),
            pair_write: Default::default(),
            c_want: Default::default(),
            c_grant: Default::default(),
            c_write: Default::default(),
            c_word: Default::default(),
            c_data: Default::default(),
            c_start: Default::default(),
            c_operation: Default::default(),
            c_inbound: Default::default(),
            c_index: Default::default(),
            c_done: Default::default(),
            c_refused: Default::default(),
            restoring: Default::default(),
            r_install: Default::default(),
            r_delete: Default::default(),
            r_want: Default::default(),
            r_inbound: Default::default(),
            r_index: Default::default(),
            r_done: Default::default(),
            r_ok: Default::default(),
            r_word: Default::default(),
            r_data: Default::default(),
            enable_set: Default::default(),
            resync_status: Default::default(),
            quarantine: Default::default(),
            push2_valid: Default::default(),
            push2_ready: Default::default(),
            push2_head: Default::default(),
            push2_detail: Default::default(),
            host_up: Default::default(),
            recorded: Default::default(),
            control: Settle::new(Control::new(Capabilities::default())),
            sad: [SadTable::new(0, Sizes::default()), SadTable::new(1, Sizes::default())],
            search: Settle::new(Search::new(32)),
        }
    }
}

impl Logic for Plane {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, control, search);
        self.control.reset.next = self.reset.val();
        self.search.reset.next = self.reset.val();
        self.control.awaddr.next = self.awaddr.val();
        self.control.awvalid.next = self.awvalid.val();
        self.awready.next = self.control.awready.val();
        self.control.wdata.next = self.wdata.val();
        self.control.wstrb.next = self.wstrb.val();
        self.control.wvalid.next = self.wvalid.val();
        self.wready.next = self.control.wready.val();
        self.bresp.next = self.control.bresp.val();
        self.bvalid.next = self.control.bvalid.val();
        self.control.bready.next = self.bready.val();
        self.control.araddr.next = self.araddr.val();
        self.control.arvalid.next = self.arvalid.val();
        self.arready.next = self.control.arready.val();
        self.rdata.next = self.control.rdata.val();
        self.rresp.next = self.control.rresp.val();
        self.rvalid.next = self.control.rvalid.val();
        self.control.rready.next = self.rready.val();
        self.irq.next = self.control.irq.val();
        self.enable.next = self.control.enable.val();
        self.control.window_busy.next = self.window_busy.val();
        self.window_clear.next = self.control.window_clear.val();
        self.wipe_datapath.next = self.control.wipe_datapath.val();
        self.table_clear.next = self.control.table_clear.val();
        self.table_write.next = self.control.table_write.val();
        self.table_select.next = self.control.table_select.val();
        self.table_index.next = self.control.table_index.val().get_bits::<5>(0);
        self.table_word.next = self.control.table_word.val();
        self.table_data.next = self.control.table_data.val();
        self.control.check_data.next = self.sad[1].read_data.val();
        self.control.check_valid.next = self.sad[1].valid.val();
        self.search.check.next = self.control.check.val();
        self.search.check_index.next = self.control.check_index.val().get_bits::<5>(0);
        self.search.check_word.next = self.control.check_word.val();
        self.search.table_data.next = self.sad[1].read_data.val();
        self.search.table_valid.next = self.sad[1].valid.val();
        self.search.read_index.next = self.read_index.val();
        self.search.read_word.next = self.read_word.val();
        self.search.start.next = self.start.val();
        self.search.spi.next = self.spi.val();
        self.search.ipv6.next = false;
        self.search.udp.next = false;
        self.search.address[0].next = self.address.val();
        self.search.address[1].next = 0.into();
        self.search.address[2].next = 0.into();
        self.search.address[3].next = 0.into();
        self.done.next = self.search.done.val();
        self.found.next = self.search.found.val();
        self.found_index.next = self.search.index.val();
        self.sad[0].read_index.next = self.read_index.val();
        self.sad[0].read_word.next = self.read_word.val();
        self.sad[1].read_index.next = self.search.table_read_index.val();
        self.sad[1].read_word.next = self.search.table_read_word.val();
        for i in 0..4 {
            self.control.push_address_outbound[i].next = 0x0a00_0001.into();
            self.control.push_address_inbound[i].next = 0x0a00_0101.into();
        }
        for i in 0..2 {
            self.sad[i].clock.next = self.clock.val();
            self.sad[i].reset.next = self.reset.val();
            self.sad[i].table_write.next = self.control.table_write.val();
            self.sad[i].table_select.next = self.control.table_select.val();
            self.sad[i].table_index.next = self.control.table_index.val().get_bits::<5>(0);
            self.sad[i].table_word.next = self.control.table_word.val();
            self.sad[i].table_data.next = self.control.table_data.val();
            self.sad[i].table_clear.next = self.control.table_clear.val();
            self.sad[i].valid_write.next = self.control.valid_write.val();
            self.sad[i].valid_value.next = self.control.valid_value.val();
            self.sad[i].engine_write.next = false;
            self.sad[i].engine_index.next = 0.into();
            self.sad[i].engine_word.next = 0.into();
            self.sad[i].engine_data.next = 0.into();
            self.read_data[i].next = self.sad[i].read_data.val();
            self.valid[i].next = self.sad[i].valid.val();
            self.lock[i].next = self.control.lock[i].val();
            self.control.locked[i].next = self.locked[i].val();
            self.control.in_valid[i].next = self.in_valid[i].val();
            self.control.in_bytes[i].next = self.in_bytes[i].val();
            self.in_ready[i].next = self.control.in_ready[i].val();
            self.control.out_valid[i].next = false;
            self.control.out_bytes[i].next = 0.into();
            self.control.drop_valid[i].next = self.drop_valid[i].val();
            self.control.drop_reason[i].next = self.drop_reason[i].val();
            self.drop_ready[i].next = self.control.drop_ready[i].val();
            self.control.drop2_valid[i].next = false;
            self.control.drop2_reason[i].next = 0.into();
            self.control.sa_valid[i].next = false;
            self.control.sa_index[i].next = 0.into();
            self.control.sa_bytes[i].next = 0.into();
            self.control.fragment_valid[i].next = false;
            self.control.push_valid[i].next = self.push_valid[i].val();
            self.push_ready[i].next = self.control.push_ready[i].val();
            self.control.push_head[i].next = self.push_head[i].val();
            self.control.push_detail[i].next = 0x100.into();
        }
        self.pair_write.next = self.control.pair_write.val();
        self.control.c_want.next = self.c_want.val();
        self.c_grant.next = self.control.c_grant.val();
        self.control.c_write.next = self.c_write.val();
        self.control.c_word.next = self.c_word.val();
        self.control.c_data.next = self.c_data.val();
        self.control.c_start.next = self.c_start.val();
        self.control.c_operation.next = self.c_operation.val();
        self.control.c_inbound.next = self.c_inbound.val();
        self.control.c_index.next = self.c_index.val();
        self.c_done.next = self.control.c_done.val();
        self.c_refused.next = self.control.c_refused.val();
        self.control.restoring.next = self.restoring.val();
        self.r_install.next = self.control.r_install.val();
        self.control.r_want.next = self.r_want.val();
        self.r_delete.next = self.control.r_delete.val();
        self.r_inbound.next = self.control.r_inbound.val();
        self.r_index.next = self.control.r_index.val();
        self.control.r_done.next = self.r_done.val();
        self.control.r_ok.next = self.r_ok.val();
        self.control.r_word.next = self.r_word.val();
        self.r_data.next = self.control.r_data.val();
        self.control.enable_set.next = self.enable_set.val();
        self.control.resync_status.next = self.resync_status.val();
        self.control.quarantine.next = self.quarantine.val();
        self.control.push2_valid.next = self.push2_valid.val();
        self.push2_ready.next = self.control.push2_ready.val();
        self.control.push2_head.next = self.push2_head.val();
        self.control.push2_detail.next = self.push2_detail.val();
        self.control.host_up.next = self.host_up.val();
        for i in 0..2 {
            self.control.recorded[i].next = self.recorded[i].val();
        }
    }
}

const OKAY: u8 = 0;
const SLVERR: u8 = 2;

/// The plane, its AXI master, and a datapath that grants a lock after `patience` cycles and keeps the rules.
struct World {
    bench: Bench<Plane>,
    random: Random,
    patience: u32,
    held: [u32; 2],
    rules: [[[u32; 12]; 32]; 2],
    cleared: u32,
    wiped_for: u32,
    unlocked_writes: u32,
    window: u32,
    /// The recorder: whether its NVRAM works, how far it is, what it read, and what it was asked to erase.
    nvram: bool,
    recording: u32,
    staged: [u32; 24],
    erased: Vec<(bool, u32)>,
    pairs: Vec<(u32, u32, u32)>,
}

impl World {
    fn new(name: &str) -> Self {
        let mut bench = Bench::new(name, Plane::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        bench.dut.host_up.next = true;
        let random = Random(0xc047_0001);
        Self {
            bench,
            random,
            patience: 7,
            held: [0; 2],
            rules: [[[u32::MAX; 12]; 32]; 2],
            cleared: 0,
            wiped_for: 0,
            unlocked_writes: 0,
            window: 0,
            nvram: true,
            recording: 0,
            staged: [0; 24],
            erased: vec![],
            pairs: vec![],
        }
    }

    fn cycle(&mut self) {
        self.bench.settle();
        let dut = &mut self.bench.dut;
        let select = dut.table_select.val().index();
        if dut.table_write.val() {
            if !dut.locked[select % 2].val() && !dut.wipe_datapath.val() {
                self.unlocked_writes += 1;
            }
            if select >= 2 {
                self.rules[select - 2][dut.table_index.val().index()][dut.table_word.val().index()] = dut.table_data.val().index() as u32;
            }
        }
        self.wiped_for += dut.wipe_datapath.val() as u32;
        if dut.window_clear.val() {
            self.cleared += 1;
            self.window = 50;
        }
        self.window = self.window.saturating_sub(1);
        let lock = [dut.lock[0].val(), dut.lock[1].val()];
        assert!(lock[0] as u32 + lock[1] as u32 <= 1 || dut.table_clear.val(), "only a wipe holds both directions");
        let window = self.window > 0;
        if dut.pair_write.val() {
            self.pairs.push((
                dut.table_index.val().index() as u32,
                dut.table_word.val().index() as u32,
                dut.table_data.val().index() as u32,
            ));
        }
        // Word by word, each asked for in one cycle and here two later.
        dut.r_done.next = false;
        assert!(!(dut.r_install.val() && dut.r_delete.val()));
        if dut.r_install.val() || dut.r_delete.val() {
            assert!(!dut.lock[0].val() && !dut.lock[1].val(), "traffic flows while records are written");
            if dut.r_install.val() && (2..26).contains(&self.recording) {
                self.staged[self.recording as usize - 2] = dut.r_data.val().index() as u32;
            }
            dut.r_word.next = (self.recording.min(23) as u64).into();
            dut.r_done.next = self.recording == 40;
            dut.r_ok.next = self.nvram;
            if self.recording == 40 && dut.r_delete.val() {
                self.erased.push((dut.r_inbound.val(), dut.r_index.val().index() as u32));
            }
            self.recording = (self.recording + 1) % 42;
        }
        self.bench.cycle();
        for (d, lock) in lock.into_iter().enumerate() {
            self.held[d] = if lock { self.held[d] + 1 } else { 0 };
            self.bench.dut.locked[d].next = self.held[d] > self.patience;
        }
        self.bench.dut.window_busy.next = window;
    }

    /// A write; address and data come apart, the answer is taken late.
    fn write_with(&mut self, address: u32, data: u32, strobe: u64) -> u8 {
        let noise = self.random.next();
        let (a_from, d_from, b_from) = (noise & 3, (noise >> 2) & 3, (noise >> 4) & 15);
        let (mut sent_a, mut sent_d) = (false, false);
        for n in 0..100 {
            let dut = &mut self.bench.dut;
            dut.awaddr.next = (address as u64).into();
            dut.wdata.next = (data as u64).into();
            dut.wstrb.next = strobe.into();
            dut.awvalid.next = !sent_a && n >= a_from;
            dut.wvalid.next = !sent_d && n >= d_from;
            dut.bready.next = n >= b_from;
            self.bench.settle();
            let dut = &self.bench.dut;
            sent_a |= n >= a_from && dut.awready.val();
            sent_d |= n >= d_from && dut.wready.val();
            let answer = (dut.bvalid.val() && n >= b_from).then(|| dut.bresp.val().index() as u8);
            self.cycle();
            if let Some(answer) = answer {
                self.bench.dut.bready.next = false;
                return answer;
            }
        }
        panic!("write to {address:#x}: no answer");
    }

    fn write(&mut self, address: u32, data: u32) -> u8 {
        self.write_with(address, data, 15)
    }

    fn read(&mut self, address: u32) -> (u32, u8) {
        let mut sent = false;
        for _ in 0..400 {
            let dut = &mut self.bench.dut;
            dut.araddr.next = (address as u64).into();
            dut.arvalid.next = !sent;
            dut.rready.next = true;
            self.bench.settle();
            let dut = &self.bench.dut;
            sent |= dut.arready.val();
            let answer = dut.rvalid.val().then(|| (dut.rdata.val().index() as u32, dut.rresp.val().index() as u8));
            self.cycle();
            if let Some(answer) = answer {
                return answer;
            }
        }
        panic!("read of {address:#x}: no answer");
    }

    /// Polls STATUS until idle; the cycles that took.
    fn wait(&mut self) -> u32 {
        for n in 0..100_000 {
            if n % 50 == 0 && self.read(map::STATUS).0 & map::status::BUSY == 0 {
                return n;
            }
            self.cycle();
        }
        panic!("busy for ever");
    }

    fn commit(&mut self, operation: u32, inbound: bool, index: u32, words: &[u32]) -> Option<Refusal> {
        for (n, word) in words.iter().enumerate() {
            assert_eq!(self.write(map::STAGE + 4 * n as u32, *word), OKAY);
        }
        let doorbell = operation << map::commit::OPERATION_SHIFT | if inbound { map::commit::INBOUND } else { 0 } | index;
        assert_eq!(self.write(map::COMMIT, doorbell), OKAY);
        self.wait();
        let (result, _) = self.read(map::RESULT);
        assert!(result == 0 || Refusal::from_code(result as u8).is_some());
        Refusal::from_code(result as u8)
    }

    fn table(&mut self, direction: usize, index: usize) -> (bool, Vec<u32>) {
        let mut valid = false;
        let words = (0..32u64)
            .map(|word| {
                self.bench.dut.read_index.next = (index as u64).into();
                self.bench.dut.read_word.next = word.into();
                self.cycle();
                valid = self.bench.dut.valid[direction].val();
                self.bench.dut.read_data[direction].val().index() as u32
            })
            .collect();
        (valid, words)
    }

    fn search(&mut self, spi: u32, address: u32) -> Option<u32> {
        self.bench.dut.spi.next = (spi as u64).into();
        self.bench.dut.address.next = (address as u64).into();
        self.bench.dut.start.next = true;
        self.cycle();
        self.bench.dut.start.next = false;
        while !self.bench.dut.done.val() {
            self.cycle();
        }
        self.bench.dut.found.val().then(|| self.bench.dut.found_index.val().index() as u32)
    }

    fn finish(self) {
        assert_eq!(self.unlocked_writes, 0, "a table was written without its lock");
        self.bench.finish();
    }
}

const INSTALL: u32 = map::commit::INSTALL_SA;
const DELETE: u32 = map::commit::DELETE_SA;
const RULE: u32 = map::commit::WRITE_RULE;

fn padded(words: &[u32; 24]) -> Vec<u32> {
    words.iter().copied().chain([0; 8]).collect()
}

#[test]
fn a_driver_installs_replaces_and_deletes_and_is_refused() {
    let mut world = World::new("plane");
    assert_eq!(world.read(map::ID), (map::ID_VALUE, OKAY));
    assert_eq!(world.read(map::STATUS), (map::status::BUSY, OKAY), "the clearing after reset");
    assert_eq!(world.write(map::COMMIT, 0), SLVERR);
    assert_eq!(world.write(map::STAGE, 0), SLVERR);
    world.wait();
    assert!(world.wiped_for >= 2 * 32 * 32);
    assert!(world.rules.iter().flatten().flatten().all(|w| *w == 0), "rules are undefined until cleared");

    for (inbound, index) in [(false, 3), (true, 31), (true, 0)] {
        let mut words = good_sa(inbound, index == 3, false, index != 0, true);
        words[sa::SPI] += index;
        assert_eq!(world.commit(INSTALL, inbound, index, &words), None);
        assert_eq!(world.table(inbound as usize, index as usize), (true, padded(&words)));
        assert!(!world.table(!inbound as usize, index as usize).0);
    }
    assert_eq!(world.cleared, 2, "windows of inbound SAs only");
    assert_eq!(world.search(0x100, 0x0a00_0001), Some(0));
    assert_eq!(world.search(0x11f, 0x0a00_0001), Some(31));

    // The stage was wiped: what is not staged again is zero.
    assert_eq!(world.commit(INSTALL, false, 4, &[]), Some(Refusal::Spi));
    for n in 0..24 {
        assert_eq!(world.read(map::STAGE + 4 * n), (0, OKAY), "keys are not read back");
    }

    // Refusals, each of which changes nothing.
    let before = (world.table(1, 0), world.table(1, 31), world.rules[1]);
    let same = good_sa(true, false, false, true, true);
    let changed = |place: usize, value: u32| {
        let mut words = same;
        words[place] = value;
        words
    };
    assert_eq!(world.commit(INSTALL, true, 32, &same), Some(Refusal::Index));
    assert_eq!(world.commit(DELETE, true, 200, &[]), Some(Refusal::Index));
    assert_eq!(world.commit(RULE, true, 16, &good_rule()), Some(Refusal::Index));
    assert_eq!(world.commit(7, true, 0, &same), Some(Refusal::Operation));
    assert_eq!(world.commit(INSTALL, true, 0, &changed(sa::SPI, 255)), Some(Refusal::Spi));
    assert_eq!(world.commit(INSTALL, true, 0, &changed(sa::PORTS, 1)), Some(Refusal::Flags));
    assert_eq!(world.commit(INSTALL, true, 0, &changed(sa::FLAGS, 0x0401_4007)), Some(Refusal::Window));
    assert_eq!(world.commit(INSTALL, true, 0, &changed(sa::SEQUENCE, 0)), Some(Refusal::Sequence));
    assert_eq!(world.commit(INSTALL, true, 5, &same), Some(Refusal::Duplicate));
    assert_eq!(world.commit(INSTALL, true, 31, &same), Some(Refusal::Duplicate));
    let mut upside_down = good_rule();
    upside_down[rule::SOURCE_PORTS] = 1;
    assert_eq!(world.commit(RULE, true, 2, &upside_down), Some(Refusal::Rule));
    assert_eq!((world.table(1, 0), world.table(1, 31), world.rules[1]), before);
    assert!(!world.table(1, 5).0);

    // The same SA in its own place replaces itself; elsewhere with another address it is another one.
    let replaced = changed(sa::SEQUENCE, 77);
    assert_eq!(world.commit(INSTALL, true, 0, &replaced), None);
    assert_eq!(world.table(1, 0), (true, padded(&replaced)));
    assert_eq!(world.commit(INSTALL, true, 5, &changed(sa::LOCAL, 0x0a00_0002)), None);
    assert_eq!(world.search(0x100, 0x0a00_0002), Some(5));
    assert_eq!(world.commit(INSTALL, false, 5, &good_sa(false, false, true, false, false)), None, "outbound there are no duplicates");

    assert_eq!(world.commit(DELETE, true, 5, &same), None);
    assert_eq!(world.table(1, 5), (false, vec![0; 32]));
    assert_eq!(world.commit(DELETE, true, 6, &[]), None, "deleting what is not there is no error");
    assert_eq!(world.search(0x100, 0x0a00_0002), None);

    for (inbound, index) in [(false, 0), (true, 15)] {
        let words = good_rule();
        assert_eq!(world.commit(RULE, inbound, index, &words), None);
        assert_eq!(world.rules[inbound as usize][index as usize], words[..12]);
    }
    assert_eq!(world.commit(RULE, true, 15, &[]), None);
    assert_eq!(world.rules[1][15], [0; 12]);
    assert_eq!(world.rules[0][0], good_rule()[..12]);

    // A commit whose lock takes long: the device says busy and refuses the next, then does its work.
    world.patience = 600;
    for (n, word) in good_rule().iter().enumerate() {
        world.write(map::STAGE + 4 * n as u32, *word);
    }
    assert_eq!(world.write(map::COMMIT, RULE << 16 | 9), OKAY);
    for _ in 0..60 {
        world.cycle();
    }
    assert_eq!(world.write(map::STAGE, 0), SLVERR, "the record does not change between check and copy");
    assert_eq!(world.write(map::COMMIT, 0), SLVERR);
    assert_eq!(world.rules[0][9], [0; 12]);
    world.wait();
    assert_eq!(world.rules[0][9], good_rule()[..12]);

    // Zeroize in the middle of a commit that waits: SAs are gone at once, words as soon as the packets in flight have ended.
    assert_eq!(world.write(map::COMMIT, RULE << 16 | 9), OKAY);
    assert_eq!(world.write(map::CONTROL, map::control::ENABLE | map::control::ZEROIZE), OKAY);
    let (valid, words) = world.table(0, 3);
    assert!(!valid && words.iter().any(|w| *w != 0) && !world.bench.dut.wipe_datapath.val());
    assert_eq!(world.read(map::CONTROL), (map::control::ENABLE, OKAY));
    world.wait();
    for direction in 0..2 {
        for index in [0, 3, 31] {
            assert_eq!(world.table(direction, index), (false, vec![0; 32]));
        }
    }
    assert!(world.rules.iter().flatten().flatten().all(|w| *w == 0));
    world.finish();
}

#[test]
fn strange_accesses_counters_and_events() {
    let mut world = World::new("plane_registers");
    world.wait();
    // Partial strobes and unaligned addresses change nothing.
    for strobe in 0..15 {
        assert_eq!(world.write_with(map::NAT_T_PORT, 0xffff_ffff, strobe), SLVERR);
    }
    for offset in 1..4 {
        assert_eq!(world.write(map::NAT_T_PORT + offset, 1), SLVERR);
        assert_eq!(world.read(map::NAT_T_PORT + offset), (0, SLVERR));
    }
    assert_eq!(world.read(map::NAT_T_PORT), (4500, OKAY));
    for address in [0x01c, 0x048, 0x07c, 0x0a4, 0x0fc, 0x160, 0x3fc, 0xc00, 0xffc] {
        assert_eq!((world.read(address), world.write(address, 1)), ((0, SLVERR), SLVERR), "{address:#x}");
    }
    assert_eq!(world.write(map::COUNTERS_INBOUND, 1), SLVERR);

    let (mut frames, mut bytes) = (0u32, 0u32);
    for d in 0..2 {
        world.bench.dut.in_bytes[d].next = (1000 + d as u64).into();
        world.bench.dut.drop_reason[d].next = (Reason::Icv.code() as u64).into();
    }
    for direction in [0, 1, 1] {
        world.bench.dut.in_valid[direction].next = true;
        world.bench.dut.drop_valid[direction].next = direction == 1;
        let mut waiting = 2;
        while waiting > 0 {
            world.bench.settle();
            let (taken, dropped) = (world.bench.dut.in_ready[direction].val(), world.bench.dut.drop_ready[direction].val());
            world.cycle();
            if taken {
                world.bench.dut.in_valid[direction].next = false;
                waiting -= 1;
            }
            if dropped || (direction == 0 && taken) {
                world.bench.dut.drop_valid[direction].next = false;
                waiting -= 1;
            }
        }
        if direction == 1 {
            frames += 1;
            bytes += 1001;
        }
    }
    let at = |base: u32, counter: usize| base + 8 * counter as u32;
    assert_eq!(world.read(at(map::COUNTERS_OUTBOUND, counter::FRAMES_IN)), (1, OKAY));
    assert_eq!(world.read(at(map::COUNTERS_OUTBOUND, counter::BYTES_IN)), (1000, OKAY));
    assert_eq!(world.read(at(map::COUNTERS_INBOUND, counter::FRAMES_IN)), (frames, OKAY));
    assert_eq!(world.read(at(map::COUNTERS_INBOUND, counter::BYTES_IN)), (bytes, OKAY));
    assert_eq!(world.read(at(map::COUNTERS_INBOUND, counter::BYTES_IN) + 4), (0, OKAY));
    assert_eq!(world.read(at(map::COUNTERS_INBOUND, Reason::Icv.code() as usize)), (2, OKAY));
    assert_eq!(world.read(at(map::COUNTERS_OUTBOUND, Reason::Icv.code() as usize)), (0, OKAY));

    assert_eq!(world.write(map::IRQ_ENABLE, 1), OKAY);
    assert!(!world.bench.dut.irq.val());
    for (direction, head) in [(1, 0x2_0302u64), (0, 0x2_0704)] {
        world.bench.dut.push_head[direction].next = head.into();
        world.bench.dut.push_valid[direction].next = true;
        let mut ready = false;
        while !ready {
            world.bench.settle();
            ready = world.bench.dut.push_ready[direction].val();
            world.cycle();
        }
        world.bench.dut.push_valid[direction].next = false;
    }
    assert!(world.bench.dut.irq.val());
    let mut stamps = vec![];
    for (head, address) in [(0x2_0302, 0x0a00_0101), (0x2_0704, 0x0a00_0001)] {
        let words: Vec<u32> = (0..8).map(|n| world.read(map::EVENT + 4 * n).0).collect();
        assert_eq!((words[0], words[1], words[4], words[7]), (head, 0x100, address, address));
        stamps.push(words[2]);
        assert_eq!(world.read(map::STATUS), (map::status::EVENT, OKAY));
        assert_eq!(world.write(map::EVENT_POP, 1), OKAY);
    }
    let now = world.read(map::TIME_LOW).0;
    assert!(stamps[0] < stamps[1] && stamps[1] < now);
    assert_eq!(world.read(map::TIME_HIGH), (0, OKAY));
    assert_eq!(world.read(map::EVENT), (0, OKAY));
    assert_eq!(world.read(map::STATUS), (0, OKAY));
    assert!(!world.bench.dut.irq.val());
    world.finish();
}

/// One operation of the client: its words (place, value), then whether it was refused.
fn client(world: &mut World, operation: u64, inbound: bool, index: u64, words: &[(usize, u32)]) -> bool {
    world.bench.dut.c_want.next = true;
    while {
        world.cycle();
        !world.bench.dut.c_grant.val()
    } {}
    for (place, value) in words {
        world.bench.dut.c_write.next = true;
        world.bench.dut.c_word.next = (*place as u64).into();
        world.bench.dut.c_data.next = (*value as u64).into();
        world.cycle();
    }
    world.bench.dut.c_write.next = false;
    world.bench.dut.c_start.next = true;
    world.bench.dut.c_operation.next = operation.into();
    world.bench.dut.c_inbound.next = inbound;
    world.bench.dut.c_index.next = index.into();
    world.cycle();
    world.bench.dut.c_start.next = false;
    loop {
        world.bench.settle();
        if world.bench.dut.c_done.val() {
            let refused = world.bench.dut.c_refused.val();
            world.bench.dut.c_want.next = false;
            world.cycle();
            return refused;
        }
        world.cycle();
    }
}

#[test]
fn recorded_sas_are_recorded_before_they_take_effect() {
    let mut world = World::new("plane_recorded");
    world.wait();
    let mut words = good_sa(false, false, false, true, true);
    assert_eq!(world.commit(INSTALL, false, 5, &words), None, "one that is not recorded");
    let old = world.table(0, 5).1;
    words[sa::FLAGS] |= sa::flags::RECORDED;
    words[sa::LIMIT + 1] = 0;
    words[sa::SALT] = 0x1234_5678;
    assert_eq!(world.commit(INSTALL, false, 5, &words), Some(Refusal::Pair));
    assert_eq!(world.commit(map::commit::WRITE_RESYNC, false, 5, &good_pair()), None);
    assert_eq!(world.pairs.len(), 16);
    assert!((0..16).all(|n| world.pairs[n] == (5, n as u32, good_pair()[n])));
    assert_eq!(world.read(map::RESYNC), (good_pair()[0] & 0xffff, OKAY));

    world.nvram = false;
    assert_eq!(world.commit(INSTALL, false, 5, &words), Some(Refusal::Nvram));
    assert_eq!(world.table(0, 5), (true, old), "what was there stays");
    world.nvram = true;
    assert_eq!(world.commit(INSTALL, false, 5, &words), None);
    assert_eq!(world.staged, words, "the recorder reads what was staged");
    assert_eq!(world.table(0, 5).1[..24], words);
    world.bench.dut.recorded[0].next = (1u64 << 5).into();

    let mut inbound = good_sa(true, false, false, true, true);
    inbound[sa::FLAGS] |= sa::flags::RECORDED;
    assert_eq!(world.commit(INSTALL, true, 5, &inbound), None);
    assert_eq!(world.staged, inbound);
    world.bench.dut.recorded[1].next = (1u64 << 5).into();

    // What they were recorded with stays, as long as either is there; another pair may have any.
    let pairs = world.pairs.len();
    for recorded in [[1u64 << 5, 0], [0, 1 << 5], [1 << 5, 1 << 5]] {
        world.bench.dut.recorded.iter_mut().zip(recorded).for_each(|(port, bits)| port.next = bits.into());
        assert_eq!(world.commit(map::commit::WRITE_RESYNC, false, 5, &good_pair()), Some(Refusal::Pair));
        assert_eq!(world.pairs.len(), pairs);
    }
    assert_eq!(world.commit(map::commit::WRITE_RESYNC, false, 6, &good_pair()), None);

    // The client: a limit, a window edge, in the middle of the host's staging; the host's doorbell waits.
    assert_eq!(world.write(map::STAGE, 0xdead_0000), OKAY);
    assert!(!client(&mut world, SET_LIMIT, false, 5, &[(sa::LIMIT, 0x99), (sa::LIMIT + 1, 7)]));
    words[sa::LIMIT..sa::LIMIT + 2].copy_from_slice(&[0x99, 7]);
    assert_eq!(world.table(0, 5), (true, [&words[..], &[0; 8]].concat()));
    let cleared = world.cleared;
    assert!(!client(&mut world, SET_SEQUENCE, true, 5, &[(sa::SEQUENCE, 0x42), (sa::SEQUENCE + 1, 1)]));
    inbound[sa::SEQUENCE..sa::SEQUENCE + 2].copy_from_slice(&[0x42, 1]);
    assert_eq!(world.table(1, 5), (true, [&inbound[..], &[0; 8]].concat()));
    assert_eq!(world.cleared, cleared + 1, "the window is forgotten");
    assert!(client(&mut world, 7, false, 5, &[]), "an operation that is none");
    // A restored SA comes with its limit.
    assert!(!client(
        &mut world,
        map::commit::WRITE_RESYNC as u64,
        false,
        9,
        &good_pair().iter().copied().enumerate().collect::<Vec<_>>()[..16]
    ));
    let restored: Vec<_> = words.iter().copied().enumerate().collect();
    assert!(!client(&mut world, INSTALL as u64, false, 9, &restored));
    assert_eq!(world.table(0, 9).1[..24], words);

    // The host rings while the client has its turn.
    for (n, word) in good_rule().iter().enumerate() {
        assert_eq!(world.write(map::STAGE + 4 * n as u32, *word), OKAY);
    }
    world.bench.dut.c_want.next = true;
    world.cycle();
    world.cycle();
    assert!(world.bench.dut.c_grant.val());
    assert_eq!(world.write(map::COMMIT, RULE << 16 | 3), OKAY);
    assert_eq!(world.write(map::STAGE, 0), SLVERR, "a doorbell waits");
    assert!(!client(&mut world, SET_LIMIT, false, 5, &[(sa::LIMIT, 0x100)]));
    world.wait();
    assert_eq!(world.rules[0][3], good_rule()[..12]);

    // What is recorded is erased when the SA goes, and when it is replaced by one that is not recorded.
    assert_eq!(world.commit(DELETE, true, 5, &[]), None);
    assert_eq!(world.erased, [(true, 5)]);
    world.bench.dut.recorded[1].next = 0.into();
    assert_eq!(world.commit(DELETE, true, 6, &[]), None);
    assert_eq!(world.commit(INSTALL, false, 5, &good_sa(false, false, false, true, true)), None);
    assert_eq!(world.erased, [(true, 5), (false, 5)]);
    world.bench.dut.recorded[0].next = 0.into();

    // A wipe takes every record, but not before restoring has ended, and then wipes again.
    world.erased.clear();
    world.bench.dut.restoring.next = true;
    assert_eq!(world.write(map::CONTROL, map::control::ZEROIZE), OKAY);
    for _ in 0..3000 {
        world.cycle();
    }
    assert!(!client(
        &mut world,
        map::commit::WRITE_RESYNC as u64,
        false,
        9,
        &good_pair().iter().copied().enumerate().collect::<Vec<_>>()[..16]
    ));
    assert!(!client(&mut world, INSTALL as u64, false, 9, &restored), "restored meanwhile");
    world.bench.dut.restoring.next = false;
    world.wait();
    assert_eq!(world.erased.len(), 64);
    assert_eq!(world.table(0, 9), (false, vec![0; 32]));
    assert_eq!(world.commit(INSTALL, false, 9, &words), Some(Refusal::Sequence), "a limit that is staged");
    words[sa::LIMIT..].fill(0);
    assert_eq!(world.commit(INSTALL, false, 9, &words), Some(Refusal::Pair), "parameters are wiped too");
    world.finish();
}

/// Not even a datapath that never lets go keeps keys in the tables.
#[test]
fn a_wipe_does_not_wait_for_ever() {
    let mut dut = Commit::new(Capabilities::default());
    dut.connect_all();
    let cycle = |dut: &mut Commit| {
        for level in [true, false] {
            dut.clock.next = level.into();
            assert!(simulate(dut, 100));
        }
    };
    dut.reset.next = true;
    cycle(&mut dut);
    dut.reset.next = false;
    let (mut waited, mut written) = (0, 0);
    while dut.busy.val() {
        waited += !dut.wipe_datapath.val() as u32;
        written += dut.table_write.val() as u32;
        assert!(dut.lock[0].val() == dut.table_clear.val() && dut.lock[1].val() == dut.table_clear.val());
        cycle(&mut dut);
    }
    assert_eq!((waited, written), (65_536 + 32, 2 * 32 * 32 + 2 * 32 * 12));
}

/// Verilog of each block, for a look at its size.
#[test]
fn export_has_plain_ports() {
    let mut control = Control::new(Capabilities::default());
    control.connect_all();
    let text = export::verilog("control", &control);
    assert!(text.lines().any(|l| l.starts_with("module control(") && l.contains("awaddr") && l.contains("in_valid$1")));
    if let Ok(folder) = std::env::var("HOLDFAST_EXPORT") {
        let mut search = Search::new(32);
        search.connect_all();
        let mut sad = SadTable::new(1, Sizes::default());
        sad.connect_all();
        for (name, text) in
            [("control", text), ("search", export::verilog("search", &search)), ("sad_table", export::verilog("sad_table", &sad))]
        {
            std::fs::write(format!("{folder}/{name}.v"), text).expect("the folder exists");
        }
    }
}
