//! A simulated device with something on each of its ports.

use super::beat::Beat;
use super::counter::{Answer as CounterAnswer, Counter};
use super::monitor::Monitor;
use super::pace::Pace;
use super::registers::{Answer, Master, Transaction};
use super::source::Source;
use crate::backend::{Backend, Key256, Kind};
use crate::device::{Inputs, Outputs};
use holdfast_driver::Bus;
use holdfast_model::fram::{Fram, Tear};
use holdfast_model::DeviceKey;
use holdfast_registers::{counter, map};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Cycles of reset.
const RESET: u64 = 8;
/// Cycles a register may take to answer before the bus counts as dead.
const BUS_LIMIT: u64 = 10_000;
/// Cycles in which no beat moves after which the counters are asked whether the device is empty.
const QUIET: u64 = 100;
/// Cycles without a moving beat after which frames in the device count as stuck.
const STUCK: u64 = 100_000;

/// Why a simulation cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The device answered with SLVERR.
    Refused(Transaction),
    /// The device did not answer.
    NoAnswer(Transaction),
    /// Frames neither left nor were dropped.
    Stuck { direction: &'static str, frames: u64 },
    /// The device broke the rules of a stream.
    Stream(String),
    /// The power failed, or the device was reset, before it answered.
    Power,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Refused(transaction) => write!(f, "the device answered SLVERR to {transaction:x?}"),
            Fault::NoAnswer(transaction) => write!(f, "no answer within {BUS_LIMIT} cycles to {transaction:x?}"),
            Fault::Stuck { direction, frames } => {
                write!(f, "{frames} {direction} frames neither left nor were counted as dropped within {STUCK} cycles")
            }
            Fault::Stream(text) => f.write_str(text),
            Fault::Power => f.write_str("the power failed before the device answered"),
        }
    }
}

impl std::error::Error for Fault {}

/// How busy the surroundings of the device are: shares of 256 cycles, see [`Pace`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Stress {
    /// All random choices follow from it.
    pub seed: u64,
    /// Pauses of the frames that enter.
    pub idle: u8,
    /// Back-pressure on the frames that leave.
    pub stall: u8,
    /// Pauses of the register bus.
    pub bus: u8,
}

/// The NVRAM of a device: it outlives the device's power, and the testbench looks at it from outside.
pub type Nvram = Arc<Mutex<Fram>>;

/// The NVRAM, whoever holds it.
pub fn nvram(nvram: &Nvram) -> MutexGuard<'_, Fram> {
    nvram.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What was under way at the ports when the power failed or the device was reset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// First bytes of a frame that was leaving the network port.
    pub net: Vec<u8>,
    /// First bytes of a frame that was leaving the host port.
    pub host: Vec<u8>,
}

/// A device, its clock, and what is connected to its ports.
pub struct Simulation {
    backend: Box<dyn Backend<Inputs, Outputs>>,
    cycle: u64,
    last_beat: u64,
    irq: bool,
    powered: bool,
    host_up: bool,
    /// What the host's wires do while it has no power.
    floating: StdRng,
    miso: bool,
    /// Cycles of reset still to come.
    reset: u64,
    /// Power-ups and resets so far.
    starts: u64,
    nvram: Nvram,
    device_key: Option<DeviceKey>,
    counter: Option<Counter>,
    /// What the counter answers.
    counted: CounterAnswer,
    /// Plaintext frames in.
    pub host_in: Source,
    /// Frames in from the network.
    pub net_in: Source,
    /// Plaintext frames out.
    pub host_out: Monitor,
    /// Frames out to the network.
    pub net_out: Monitor,
    /// The register bus.
    pub registers: Master,
}

impl Simulation {
    /// A device just out of reset.
    pub fn new(backend: Box<dyn Backend<Inputs, Outputs>>, stress: Stress) -> Self {
        Self::with_nvram(backend, stress, Nvram::default(), None)
    }

    /// A device just out of reset, with an NVRAM and a device key.
    pub fn with_nvram(backend: Box<dyn Backend<Inputs, Outputs>>, stress: Stress, nvram: Nvram, device_key: Option<DeviceKey>) -> Self {
        let pace = |port: u64, share: u8| Pace::random(stress.seed.wrapping_mul(8).wrapping_add(port), share);
        let mut this = Self {
            backend,
            cycle: 0,
            last_beat: 0,
            irq: false,
            powered: true,
            host_up: true,
            floating: StdRng::seed_from_u64(stress.seed),
            miso: true,
            reset: RESET,
            starts: 1,
            nvram,
            device_key,
            counter: None,
            counted: CounterAnswer::default(),
            host_in: Source::new(pace(0, stress.idle)),
            net_in: Source::new(pace(1, stress.idle)),
            host_out: Monitor::new("m_axis_host", pace(2, stress.stall)),
            net_out: Monitor::new("m_axis_net", pace(3, stress.stall)),
            registers: Master::new(pace(4, stress.bus)),
        };
        for _ in 0..RESET {
            this.cycle();
        }
        this
    }

    /// With an external monotonic counter, or none: to be said before the first clock.
    pub fn with_counter(mut self, counter: Option<Counter>) -> Self {
        self.counter = counter;
        self
    }

    /// The power fails now, between two clock edges; a byte on its way into the NVRAM is torn. Time goes on.
    pub fn power_cut(&mut self, tear: Tear) -> Cut {
        self.powered = false;
        nvram(&self.nvram).power_cut(tear);
        if let Some(counter) = &self.counter {
            counter.power_cut(tear);
            self.counted = CounterAnswer::default();
        }
        self.forget()
    }

    /// The power is back: the device's registers and memories hold anything (here: what they held before), and reset is raised.
    pub fn power_up(&mut self) {
        self.powered = true;
        nvram(&self.nvram).power_up();
        self.start_over();
    }

    /// Resets the device; the NVRAM keeps its power.
    pub fn reset(&mut self) -> Cut {
        self.start_over();
        self.forget()
    }

    /// The host's power goes or comes back; the device keeps its own. Without power the host's wires do anything.
    pub fn set_host(&mut self, up: bool) -> Cut {
        if up == self.host_up {
            return Cut::default();
        }
        self.host_up = up;
        self.host_in.clear();
        self.registers.clear();
        self.starts += 1;
        Cut { net: Vec::new(), host: self.host_out.cut() }
    }

    /// Whether the device has power.
    pub fn powered(&self) -> bool {
        self.powered
    }

    /// Power-ups and resets of device and host so far: what was asked before the last one is never answered.
    pub fn starts(&self) -> u64 {
        self.starts
    }

    /// The NVRAM.
    pub fn nvram(&self) -> &Nvram {
        &self.nvram
    }

    /// The counter, where there is one.
    pub fn counter_part(&self) -> Option<&Counter> {
        self.counter.as_ref()
    }

    fn start_over(&mut self) {
        self.reset = RESET;
        self.starts += 1;
    }

    fn forget(&mut self) -> Cut {
        self.host_in.clear();
        self.net_in.clear();
        self.registers.clear();
        self.irq = false;
        Cut { net: self.net_out.cut(), host: self.host_out.cut() }
    }

    /// Cycles since the beginning, reset included.
    pub fn cycles(&self) -> u64 {
        self.cycle
    }

    /// The interrupt line, as of the last cycle.
    pub fn irq(&self) -> bool {
        self.irq
    }

    /// Which simulator runs the device.
    pub fn kind(&self) -> Kind {
        self.backend.kind()
    }

    /// Suspends the waveform or goes on with it.
    pub fn record(&mut self, on: bool) {
        self.backend.record(on);
    }

    /// Completes the waveform file.
    pub fn flush(&mut self) {
        self.backend.flush();
    }

    /// One clock cycle.
    pub fn cycle(&mut self) {
        if !self.powered {
            self.cycle += 1;
            return;
        }
        let key = self.device_key.as_ref();
        let mut inputs = Inputs {
            host_up: self.host_up,
            device_key: key.map_or(Key256::default(), |key| Key256(key.0)),
            device_key_valid: key.is_some(),
            nvram_miso: self.miso,
            counter_present: self.counter.is_some(),
            counter_done: self.counted.done,
            counter_value: self.counted.value,
            ..Inputs::default()
        };
        if self.reset > 0 {
            self.reset -= 1;
            let o = self.backend.step(&Inputs { reset: true, ..inputs });
            self.step_parts(&o);
            self.cycle += 1;
            return;
        }
        if let Some(beat) = self.host_in.drive() {
            inputs.s_axis_host_tdata = beat.data;
            inputs.s_axis_host_tkeep = beat.keep;
            inputs.s_axis_host_tlast = beat.last;
            inputs.s_axis_host_tvalid = true;
        }
        if let Some(beat) = self.net_in.drive() {
            inputs.s_axis_net_tdata = beat.data;
            inputs.s_axis_net_tkeep = beat.keep;
            inputs.s_axis_net_tlast = beat.last;
            inputs.s_axis_net_tvalid = true;
        }
        inputs.m_axis_host_tready = self.host_out.drive();
        inputs.m_axis_net_tready = self.net_out.drive();
        self.registers.drive(&mut inputs);
        if !self.host_up {
            self.float(&mut inputs);
        }

        let o = self.backend.step(&inputs);
        let host = Beat { data: o.m_axis_host_tdata, keep: o.m_axis_host_tkeep, last: o.m_axis_host_tlast };
        let net = Beat { data: o.m_axis_net_tdata, keep: o.m_axis_net_tkeep, last: o.m_axis_net_tlast };
        self.host_in.observe(o.s_axis_host_tready, self.cycle);
        self.net_in.observe(o.s_axis_net_tready, self.cycle);
        self.host_out.observe(o.m_axis_host_tvalid.then_some(host), self.cycle);
        self.net_out.observe(o.m_axis_net_tvalid.then_some(net), self.cycle);
        self.registers.observe(&o, self.cycle);
        self.step_parts(&o);
        self.irq = o.irq;
        let moved = inputs.s_axis_host_tvalid && o.s_axis_host_tready
            || inputs.s_axis_net_tvalid && o.s_axis_net_tready
            || inputs.m_axis_host_tready && o.m_axis_host_tvalid
            || inputs.m_axis_net_tready && o.m_axis_net_tvalid;
        if moved {
            self.last_beat = self.cycle;
        }
        self.cycle += 1;
    }

    /// The wires of a host without power: anything.
    fn float(&mut self, inputs: &mut Inputs) {
        let any = &mut self.floating;
        inputs.s_axis_host_tdata = any.gen();
        (inputs.s_axis_host_tkeep, inputs.s_axis_host_tlast, inputs.s_axis_host_tvalid) = (any.gen(), any.gen(), any.gen());
        inputs.m_axis_host_tready = any.gen();
        (inputs.s_axi_awaddr, inputs.s_axi_awvalid) = (any.gen_range(0..1 << 12), any.gen());
        (inputs.s_axi_wdata, inputs.s_axi_wstrb, inputs.s_axi_wvalid) = (any.gen(), any.gen_range(0..16), any.gen());
        (inputs.s_axi_araddr, inputs.s_axi_arvalid) = (any.gen_range(0..1 << 12), any.gen());
        (inputs.s_axi_bready, inputs.s_axi_rready) = (any.gen(), any.gen());
    }

    /// What the parts answer is seen by the device a clock later.
    fn step_parts(&mut self, o: &Outputs) {
        self.miso = nvram(&self.nvram).step(o.nvram_cs_n, o.nvram_sck, o.nvram_mosi);
        if let Some(counter) = &self.counter {
            self.counted = counter.step(o.counter_raise);
        }
    }

    /// Runs until every frame has left or was counted as dropped.
    pub fn run_until_idle(&mut self) -> Result<(), Fault> {
        self.run_until_idle_with(|_| {})
    }

    /// As [`Self::run_until_idle`], calling `each` after every cycle.
    pub fn run_until_idle_with(&mut self, mut each: impl FnMut(&mut Self)) -> Result<(), Fault> {
        self.last_beat = self.cycle;
        let mut ask = self.cycle + QUIET;
        loop {
            self.cycle();
            each(self);
            self.check_streams()?;
            let quiet = self.cycle - self.last_beat;
            let pending = self.host_in.pending() + self.net_in.pending();
            if pending == 0 && quiet >= QUIET && self.cycle >= ask && self.registers.idle() {
                if self.inside()?.is_none() {
                    return Ok(());
                }
                ask = self.cycle + QUIET;
            }
            if quiet > STUCK {
                let (direction, frames) = match self.inside()? {
                    Some(inside) => inside,
                    None => ("entering", pending as u64),
                };
                return Err(Fault::Stuck { direction, frames });
            }
        }
    }

    /// Reports a broken rule of a stream.
    pub fn check_streams(&self) -> Result<(), Fault> {
        let faults = self.host_out.faults().iter().chain(self.net_out.faults());
        faults.into_iter().next().map_or(Ok(()), |text| Err(Fault::Stream(text.clone())))
    }

    /// A counter's 64 bits. `inbound` selects the direction, `entry` is as in [`counter`]; those of SAs are of `group`.
    pub fn counter(&mut self, inbound: bool, group: usize, entry: usize) -> Result<u64, Fault> {
        if entry >= counter::SA_PACKETS {
            self.write(map::COUNTER_GROUP, group as u32)?;
        }
        let base = if inbound { map::COUNTERS_INBOUND } else { map::COUNTERS_OUTBOUND };
        let low = self.read(base + 8 * entry as u32)?;
        let high = self.read(base + 8 * entry as u32 + 4)?;
        Ok(u64::from(high) << 32 | u64::from(low))
    }

    /// The direction with frames in the device, and how many. Low words are enough for a difference.
    fn inside(&mut self) -> Result<Option<(&'static str, u64)>, Fault> {
        for (name, base) in [("outbound", map::COUNTERS_OUTBOUND), ("inbound", map::COUNTERS_INBOUND)] {
            let mut low = |entry: usize| self.read(base + 8 * entry as u32);
            let mut left = low(counter::FRAMES_IN)?.wrapping_sub(low(counter::FRAMES_OUT)?);
            if base == map::COUNTERS_OUTBOUND {
                left = left.wrapping_add(low(counter::CONTROL_SENT)?);
            }
            for reason in 1..counter::FRAMES_IN {
                if left == 0 {
                    break;
                }
                left = left.wrapping_sub(low(counter::DROPPED + reason)?);
            }
            if left != 0 {
                return Ok(Some((name, u64::from(left))));
            }
        }
        Ok(None)
    }

    /// Makes a transaction and waits for its answer; what was queued before goes first, and its answers are lost.
    pub fn transact(&mut self, transaction: Transaction) -> Result<Answer, Fault> {
        self.registers.start(transaction);
        for _ in 0..BUS_LIMIT {
            self.cycle();
            if self.registers.idle() {
                let mut last = None;
                while let Some(answer) = self.registers.answer() {
                    last = Some(answer);
                }
                return last.ok_or(Fault::NoAnswer(transaction));
            }
        }
        Err(Fault::NoAnswer(transaction))
    }
}

impl Bus for Simulation {
    type Error = Fault;

    fn read(&mut self, address: u32) -> Result<u32, Fault> {
        let transaction = Transaction::Read { address: address as u16 };
        let answer = self.transact(transaction)?;
        if answer.response != 0 {
            return Err(Fault::Refused(transaction));
        }
        Ok(answer.value)
    }

    fn write(&mut self, address: u32, value: u32) -> Result<(), Fault> {
        let transaction = Transaction::Write { address: address as u16, value, strobes: 0xf };
        match self.transact(transaction)?.response {
            0 => Ok(()),
            _ => Err(Fault::Refused(transaction)),
        }
    }
}
