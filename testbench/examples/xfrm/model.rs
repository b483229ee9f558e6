//! The golden model between host and kernel, with NVRAM and a power switch.

use crate::inline::{Inline, Left, Survivor, Told};
use crate::Failure;
use holdfast_model::{Device, DeviceKey, Direction, Fram, Nvram, Settings, Sizes};
use holdfast_registers::{control, counter, Reason, Refusal};
use holdfast_testbench::config;
use std::time::Instant;

/// Clock cycles of a microsecond, as if the model had a clock: it makes ticks of the time on the wall.
const CYCLES_PER_MICROSECOND: u128 = 125;

/// The model, its configuration and its part of NVRAM.
pub struct Model {
    config: config::Station,
    power: Power,
    /// How often it was switched on: the spread of its first requests follows from it.
    times: u64,
    left: Left,
}

enum Power {
    /// With the time of power-up.
    On(Box<Device>, Instant),
    Off(Box<dyn Nvram + Send>),
    /// On the way between both.
    Between,
}

impl Model {
    /// A new part of NVRAM is formatted, then everything is installed.
    pub fn new(config: config::Station) -> Result<Self, Failure> {
        let mut model = Self { config, power: Power::Off(Box::new(Fram::new())), times: 0, left: Left::default() };
        model.power_on()?;
        let Power::On(device, _) = &mut model.power else { unreachable!("it was just switched on") };
        device.format();
        for (index, pair) in model.config.pairs.iter().enumerate() {
            if let Some(pair) = pair {
                device.write_resync(index, &pair.words()).map_err(refused("resync parameters"))?;
            }
        }
        for (index, named) in model.config.outbound.iter().enumerate() {
            device.install_sa(Direction::Outbound, index, &named.sa.words()).map_err(refused("an outbound SA"))?;
        }
        for (index, named) in model.config.inbound.iter().enumerate() {
            device.install_sa(Direction::Inbound, index, &named.sa.words()).map_err(refused("an inbound SA"))?;
        }
        device.set_settings(Settings { enable: true, ..Settings::RESET });
        model.install_rules()?;
        Ok(model)
    }

    fn device(&mut self) -> Option<&mut Device> {
        match &mut self.power {
            Power::On(device, _) => Some(device),
            _ => None,
        }
    }
}

impl Inline for Model {
    fn enter_host(&mut self, frame: &[u8]) {
        if let Some(device) = self.device() {
            if let Some(sealed) = device.outbound(frame).frame() {
                self.left.network.push(sealed.to_vec());
            }
        }
    }

    fn enter_network(&mut self, frame: &[u8]) {
        if let Some(device) = self.device() {
            if let Some(opened) = device.inbound(frame).frame() {
                self.left.host.push(opened.to_vec());
            }
        }
    }

    fn work(&mut self) -> Result<Left, Failure> {
        if let Power::On(device, since) = &mut self.power {
            let cycles = since.elapsed().as_micros() * CYCLES_PER_MICROSECOND;
            device.tick((cycles / u128::from(control::TICK)) as u64);
            while let Some(control) = device.take_control() {
                self.left.network.push(control.frame);
            }
        }
        Ok(std::mem::take(&mut self.left))
    }

    fn told(&mut self) -> Result<Told, Failure> {
        let mut told = Told::default();
        let Some(device) = self.device() else { return Ok(told) };
        for direction in Direction::ALL {
            for &reason in Reason::ALL {
                match device.counters(direction).get(counter::DROPPED + usize::from(reason.code())) {
                    0 => {}
                    count => *told.dropped.entry(reason.name()).or_default() += count,
                }
            }
        }
        while let Some(event) = device.take_event() {
            told.events.push(event.code.name());
        }
        Ok(told)
    }
}

impl Survivor for Model {
    fn power_off(&mut self) {
        self.left = Left::default();
        self.power = match std::mem::replace(&mut self.power, Power::Between) {
            Power::On(device, _) => Power::Off(device.power_off()),
            off => off,
        };
    }

    fn power_on(&mut self) -> Result<(), Failure> {
        let key = self.config.device_key.as_ref().map(|key| DeviceKey(key.0));
        self.power = match std::mem::replace(&mut self.power, Power::Between) {
            Power::Off(nvram) => {
                self.times += 1;
                Power::On(Box::new(Device::power_up(Sizes::COMPACT, nvram, key.as_ref(), self.times)), Instant::now())
            }
            on => on,
        };
        Ok(())
    }

    fn install_rules(&mut self) -> Result<(), Failure> {
        let Power::On(device, _) = &mut self.power else { return Err("rules for a device without power".into()) };
        let lists = [(Direction::Outbound, &self.config.outbound_rules), (Direction::Inbound, &self.config.inbound_rules)];
        for (direction, rules) in lists {
            for (index, rule) in rules.iter().enumerate() {
                device.write_rule(direction, index, &rule.words()).map_err(refused("a rule"))?;
            }
        }
        Ok(())
    }

    fn in_quarantine(&mut self) -> Result<bool, Failure> {
        Ok(self.device().is_some_and(|device| device.quarantine() != 0))
    }
}

fn refused(what: &'static str) -> impl Fn(Refusal) -> Failure {
    move |refusal| format!("the model refused {what}: {refusal}").into()
}
