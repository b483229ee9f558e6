//! The register map in front of the golden model.

use super::Golden;
use holdfast_model::{Direction, Event, Limits};
use holdfast_registers::map::{self, commit, control, resync_command, resync_status, status, Access};
use holdfast_registers::{pair, rule, sa, Refusal};

/// Registers that hold something, and the oldest event.
pub struct RegisterFile {
    stage: [u32; map::STAGE_WORDS as usize],
    result: u32,
    irq_enable: u32,
    latch: u32,
    event: Option<(Event, u64)>,
    overflow: bool,
    /// The NVRAM is being written.
    recording: bool,
    /// What was written to `COMMIT` or `RESYNC_COMMAND`, which waits for the NVRAM: it begins when no other record is being written.
    waiting: Option<(u32, u32)>,
    /// That, or its records are being written.
    busy: bool,
    /// `DETECT`: the model does not show it.
    detect: u32,
    counter_group: u32,
}

impl RegisterFile {
    pub fn new() -> Self {
        Self {
            stage: [0; map::STAGE_WORDS as usize],
            result: 0,
            irq_enable: 0,
            detect: 0,
            counter_group: 0,
            latch: 0,
            event: None,
            overflow: false,
            recording: false,
            waiting: None,
            busy: false,
        }
    }

    /// The interrupt line.
    pub fn irq(&self) -> bool {
        self.irq_enable & 1 != 0 && self.event.is_some() || self.irq_enable & 2 != 0 && self.overflow
    }

    /// Takes over events that arose. `recording`: the device is busy with its NVRAM.
    pub fn refresh(&mut self, golden: &mut Golden, time: u64, recording: bool) {
        self.recording = recording;
        if !recording {
            match self.waiting.take() {
                Some((map::COMMIT, value)) => self.commit(golden, value),
                Some((_, value)) => command(golden, value),
                None => self.busy = false,
            }
        }
        self.overflow |= golden.device.take_overflow();
        self.event = self.event.or_else(|| golden.device.take_event().map(|event| (event, time)));
    }

    /// A read; `None` is SLVERR.
    pub fn read(&mut self, golden: &Golden, address: u32, time: u64) -> Option<u32> {
        let register = map::at(address)?;
        let index = (address - register.offset) / 4;
        let settings = golden.device.settings();
        let wide = |latch: &mut u32, value: u64| {
            if index % 2 == 0 {
                *latch = (value >> 32) as u32;
                value as u32
            } else {
                *latch
            }
        };
        Some(match register.offset {
            map::CONTROL => settings.enable as u32,
            map::STATUS => {
                let flag = |set: bool, bit: u32| if set { bit } else { 0 };
                flag(self.busy, status::BUSY) | flag(self.event.is_some(), status::EVENT) | flag(self.overflow, status::OVERFLOW)
            }
            map::IRQ_ENABLE => self.irq_enable,
            map::POLICY => settings.policy,
            map::NAT_T_PORT => settings.nat_t_port.into(),
            map::MAX_FRAME => settings.max_frame.into(),
            map::TIME_LOW => {
                self.latch = (time >> 32) as u32;
                time as u32
            }
            map::TIME_HIGH => self.latch,
            map::RESULT => self.result,
            map::RESYNC => golden.device.control_port().into(),
            map::DETECT => self.detect,
            map::RESYNC_STATUS => golden.device.resync_status() | if self.recording || self.busy { resync_status::BUSY } else { 0 },
            map::QUARANTINE => golden.device.quarantine(),
            map::EVENT => self.event.map_or(0, |(event, time)| event.to_words(time)[index as usize]),
            map::COUNTERS_OUTBOUND => {
                wide(&mut self.latch, golden.counter_in(Direction::Outbound, self.counter_group as usize, index as usize / 2))
            }
            map::COUNTERS_INBOUND => {
                wide(&mut self.latch, golden.counter_in(Direction::Inbound, self.counter_group as usize, index as usize / 2))
            }
            map::CAP_SAS => pair(golden.device.sizes().sa_outbound, golden.device.sizes().sa_inbound),
            map::CAP_RULES => pair(golden.device.sizes().rules_outbound, golden.device.sizes().rules_inbound),
            map::COUNTER_GROUP => self.counter_group,
            map::CAP_LIMITS => u32::from(golden.device.sizes().frame) << 16 | u32::from(golden.device.sizes().window),
            _ if register.access == Access::WriteOnly => 0,
            _ => register.reset,
        })
    }

    /// A write; false is SLVERR.
    pub fn write(&mut self, golden: &mut Golden, address: u32, value: u32, strobes: u8) -> bool {
        let Some(register) = map::at(address).filter(|register| register.access != Access::ReadOnly && strobes == 0xf) else {
            return false;
        };
        let mut settings = golden.device.settings();
        match register.offset {
            map::CONTROL => {
                settings.enable = value & control::ENABLE != 0;
                if value & control::ZEROIZE != 0 {
                    golden.device.zeroize();
                    self.stage.fill(0);
                }
            }
            map::IRQ_ENABLE => self.irq_enable = value & 3,
            map::POLICY => settings.policy = value & 7,
            map::NAT_T_PORT => settings.nat_t_port = value as u16,
            map::MAX_FRAME if !(64..=u32::from(golden.device.sizes().frame)).contains(&value) => return false,
            map::MAX_FRAME => settings.max_frame = value as u16,
            map::COMMIT | map::RESYNC_COMMAND | map::STAGE if self.busy => return false,
            map::COMMIT | map::RESYNC_COMMAND => (self.waiting, self.busy) = (Some((register.offset, value)), true),
            map::RESYNC => golden.device.set_control_port(value as u16),
            map::COUNTER_GROUP => self.counter_group = value & 0x1f,
            map::DETECT => {
                self.detect = value & 0xffff;
                golden.device.set_detect(Limits::from_word(value));
            }
            map::EVENT_POP => {
                if value & 1 != 0 {
                    self.event = None;
                }
                if value & 2 != 0 {
                    self.overflow = false;
                }
            }
            map::STAGE => self.stage[((address - map::STAGE) / 4) as usize] = value,
            _ => {}
        }
        golden.device.set_settings(settings);
        true
    }

    fn commit(&mut self, golden: &mut Golden, value: u32) {
        let index = (value >> commit::INDEX_SHIFT & 0x3ff) as usize;
        let direction = if value & commit::INBOUND != 0 { Direction::Inbound } else { Direction::Outbound };
        let result = match value >> commit::OPERATION_SHIFT & 7 {
            commit::INSTALL_SA => {
                let words: &[u32; sa::WORDS] = &self.stage;
                golden.device.install_sa(direction, index, words)
            }
            commit::DELETE_SA => golden.device.delete_sa(direction, index),
            commit::WRITE_RULE => {
                let words: [u32; rule::WORDS] = std::array::from_fn(|i| self.stage[i]);
                golden.device.write_rule(direction, index, &words)
            }
            commit::WRITE_RESYNC => {
                let words: [u32; pair::WORDS] = std::array::from_fn(|i| self.stage[i]);
                golden.device.write_resync(index, &words)
            }
            _ => Err(Refusal::Operation),
        };
        self.result = result.map_or_else(|refusal| refusal.code().into(), |()| 0);
        self.stage.fill(0);
    }
}

/// Two counts in a word, the outbound one in the lower half.
fn pair(outbound: usize, inbound: usize) -> u32 {
    (inbound as u32) << 16 | outbound as u32
}

fn command(golden: &mut Golden, value: u32) {
    let device = &mut golden.device;
    match value >> resync_command::OPERATION_SHIFT & 7 {
        resync_command::DESYNCHRONISE => device.desynchronise((value >> resync_command::INDEX_SHIFT & 31) as u8),
        resync_command::SUSPEND => device.suspend(),
        resync_command::RESUME => device.resume(),
        resync_command::FORMAT => device.format(),
        _ => {}
    }
}
