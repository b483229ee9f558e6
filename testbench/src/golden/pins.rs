//! The golden model behind the device's pins, NVRAM included: what it records leaves bit by bit, and what depends on it waits.

use super::spi::Spi;
use super::{Golden, RegisterFile};
use crate::backend::{Backend, Kind};
use crate::device::{Inputs, Outputs};
use crate::station::{beats, Beat, Counter, Nvram};
use holdfast_model::{DeviceKey, Direction, Sizes};
use holdfast_registers::control::TICK;
use holdfast_registers::map::resync_status;
use std::collections::VecDeque;

/// Behaves as the device does, without its timing: what is decided about a frame leaves a few cycles after its last beat.
pub struct GoldenPins {
    golden: Golden,
    sizes: Sizes,
    spi: Spi,
    /// There is a counter.
    counter: bool,
    key: Option<DeviceKey>,
    seed: u64,
    /// In reset: the device begins when it ends.
    reset: bool,
    registers: RegisterFile,
    time: u64,
    entering: [Vec<Beat>; 2],
    leaving: [VecDeque<Beat>; 2],
    write_address: Option<u16>,
    write_data: Option<(u32, u8)>,
    written: Option<u8>,
    read: Option<(u32, u8)>,
}

impl GoldenPins {
    /// As after reset, without records.
    pub fn new() -> Self {
        Self::with_nvram(Nvram::default(), None, 0)
    }

    /// With an NVRAM; what is recorded in it under the device key comes back after reset. `seed` spreads first requests.
    pub fn with_nvram(nvram: Nvram, key: Option<DeviceKey>, seed: u64) -> Self {
        Self::with_sizes(Sizes::COMPACT, nvram, key, seed)
    }

    /// As [`GoldenPins::with_nvram`], with tables of other sizes.
    pub fn with_sizes(sizes: Sizes, nvram: Nvram, key: Option<DeviceKey>, seed: u64) -> Self {
        Self::with_counter(sizes, nvram, None, key, seed)
    }

    /// With tables of other sizes, an NVRAM, and an external monotonic counter or none.
    pub fn with_counter(sizes: Sizes, nvram: Nvram, counter: Option<Counter>, key: Option<DeviceKey>, seed: u64) -> Self {
        let (present, spi) = (counter.is_some(), Spi::new(nvram, counter));
        Self {
            sizes,
            golden: power_up(sizes, &spi, present, key.as_ref(), seed),
            spi,
            counter: present,
            key,
            seed,
            reset: false,
            registers: RegisterFile::new(),
            time: 0,
            entering: Default::default(),
            leaving: Default::default(),
            write_address: None,
            write_data: None,
            written: None,
            read: None,
        }
    }

    /// The model, to be tampered with.
    pub fn golden(&mut self) -> &mut Golden {
        &mut self.golden
    }

    /// Reset ends: the device begins with what is recorded.
    fn start(&mut self) {
        self.seed = self.seed.wrapping_add(1);
        self.golden = power_up(self.sizes, &self.spi, self.counter, self.key.as_ref(), self.seed);
        self.registers = RegisterFile::new();
        self.entering = Default::default();
        self.leaving = Default::default();
        (self.time, self.reset) = (0, false);
        (self.write_address, self.write_data, self.written, self.read) = (None, None, None, None);
    }

    fn take(&mut self, direction: Direction, beat: Beat, host_up: bool) {
        let side = direction as usize;
        self.entering[side].push(beat);
        if beat.last {
            let frame = std::mem::take(&mut self.entering[side]);
            let verdict = self.golden.beats(direction, &frame);
            if !host_up {
                self.golden.nobody_there(&verdict);
            } else if let Some(out) = verdict.frame() {
                self.leaving[side].extend(beats(out));
            }
        }
    }
}

fn power_up(sizes: Sizes, spi: &Spi, counter: bool, key: Option<&DeviceKey>, seed: u64) -> Golden {
    match counter {
        true => Golden::power_up_with_counter(sizes, spi.clone(), spi.clone(), key, seed),
        false => Golden::power_up(sizes, spi.clone(), key, seed),
    }
}

impl Default for GoldenPins {
    fn default() -> Self {
        Self::new()
    }
}

const SLVERR: u8 = 2;

impl Backend<Inputs, Outputs> for GoldenPins {
    fn step(&mut self, i: &Inputs) -> Outputs {
        if i.reset {
            self.spi.clear();
            self.reset = true;
            return Outputs { nvram_cs_n: true, ..Outputs::default() };
        }
        if self.reset {
            self.start();
        }
        // The model has done everything at once; here the NVRAM takes its time, and nothing begins that could depend on it.
        let counter_raise = self.spi.raises();
        let (nvram_cs_n, nvram_sck, nvram_mosi) = self.spi.cycle(i.counter_done);
        let recording = self.spi.busy();
        let still = recording || self.golden.device.resync_status() & resync_status::SUSPENDED != 0;
        let leaving = |side: Direction| self.leaving[side as usize].front().copied();
        let (net, host) = (leaving(Direction::Outbound), leaving(Direction::Inbound));
        let shown = |beat: Option<Beat>| beat.unwrap_or_default();
        let outputs = Outputs {
            s_axis_host_tready: self.leaving[0].is_empty() && !still,
            s_axis_net_tready: self.leaving[1].is_empty() && !still,
            m_axis_net_tdata: shown(net).data,
            m_axis_net_tkeep: shown(net).keep,
            m_axis_net_tlast: shown(net).last,
            m_axis_net_tvalid: net.is_some(),
            m_axis_host_tdata: shown(host).data,
            m_axis_host_tkeep: shown(host).keep,
            m_axis_host_tlast: shown(host).last,
            m_axis_host_tvalid: host.is_some(),
            s_axi_awready: self.write_address.is_none(),
            s_axi_wready: self.write_data.is_none(),
            s_axi_bresp: self.written.unwrap_or(0),
            s_axi_bvalid: self.written.is_some(),
            s_axi_arready: self.read.is_none(),
            s_axi_rdata: self.read.map_or(0, |(value, _)| value),
            s_axi_rresp: self.read.map_or(0, |(_, response)| response),
            s_axi_rvalid: self.read.is_some(),
            irq: self.registers.irq(),
            nvram_cs_n,
            nvram_sck,
            nvram_mosi,
            counter_raise,
        };

        // The rising edge.
        if i.m_axis_net_tready {
            self.leaving[0].pop_front();
        }
        if i.m_axis_host_tready {
            self.leaving[1].pop_front();
        }
        if !i.host_up {
            self.entering[0].clear();
        }
        if i.host_up && i.s_axis_host_tvalid && outputs.s_axis_host_tready {
            let beat = Beat { data: i.s_axis_host_tdata, keep: i.s_axis_host_tkeep, last: i.s_axis_host_tlast };
            self.take(Direction::Outbound, beat, true);
        }
        if i.s_axis_net_tvalid && outputs.s_axis_net_tready {
            let beat = Beat { data: i.s_axis_net_tdata, keep: i.s_axis_net_tkeep, last: i.s_axis_net_tlast };
            self.take(Direction::Inbound, beat, i.host_up);
        }
        self.registers.refresh(&mut self.golden, self.time, recording);
        // Of a host without power nothing counts, and nobody waits for an answer.
        let bus = i.host_up;
        if !bus {
            (self.written, self.write_address, self.write_data, self.read) = (None, None, None, None);
        }
        if i.s_axi_bready && self.written.is_some() {
            (self.written, self.write_address, self.write_data) = (None, None, None);
        }
        if i.s_axi_rready {
            self.read = None;
        }
        if bus && i.s_axi_awvalid && outputs.s_axi_awready {
            self.write_address = Some(i.s_axi_awaddr);
        }
        if bus && i.s_axi_wvalid && outputs.s_axi_wready {
            self.write_data = Some((i.s_axi_wdata, i.s_axi_wstrb));
        }
        if let (Some(address), Some((value, strobes)), None) = (self.write_address, self.write_data, self.written) {
            let done = self.registers.write(&mut self.golden, address.into(), value, strobes);
            self.written = Some(if done { 0 } else { SLVERR });
        }
        if bus && i.s_axi_arvalid && outputs.s_axi_arready {
            let value = self.registers.read(&self.golden, i.s_axi_araddr.into(), self.time);
            self.read = Some(value.map_or((0, SLVERR), |value| (value, 0)));
        }
        self.time += 1;
        self.golden.device.tick(self.time / u64::from(TICK));
        if !still && self.leaving[0].is_empty() && self.time % u64::from(TICK) == 0 {
            if let Some(control) = self.golden.device.take_control() {
                self.leaving[0].extend(beats(&control.frame));
            }
        }
        outputs
    }

    fn kind(&self) -> Kind {
        Kind::RustHdl
    }
}
