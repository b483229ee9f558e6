//! The device between host and kernel, with a FRAM at its pins and a power switch.

use crate::inline::{Inline, Left, Survivor, Told};
use crate::Failure;
use holdfast_driver::Driver;
use holdfast_model::fram::Tear;
use holdfast_model::{Device, DeviceKey, Sizes};
use holdfast_testbench::backend::Backend;
use holdfast_testbench::config;
use holdfast_testbench::device::{Inputs, Outputs};
use holdfast_testbench::station::{install, install_rules, Nvram, Simulation, Station, Stress};

/// Cycles that pass whenever there is a chance: the device's own clocks go on while nothing moves.
const STEP: u64 = 500;
/// Cycles within which an SA must be back after the power.
const PATIENCE: u64 = 2_000_000;
/// Cycles without power.
const DARK: u64 = 1000;

/// The device, its configuration and its part of NVRAM.
pub struct Hardware {
    station: Station,
    config: config::Station,
    /// How often the power failed: what is left of a byte that was being written differs from time to time.
    cuts: u64,
}

impl Hardware {
    /// `backend` makes the device at a part of NVRAM that was formatted for the configuration's device key; then everything is installed.
    pub fn new(
        backend: impl FnOnce(Nvram) -> Result<Box<dyn Backend<Inputs, Outputs>>, Failure>,
        config: config::Station,
    ) -> Result<Self, Failure> {
        let (nvram, key) = (Nvram::default(), config.device_key.as_ref().map(|key| DeviceKey(key.0)));
        Device::power_up(Sizes::COMPACT, Box::new(nvram.clone()), key.as_ref(), 0).format();
        let simulation = Simulation::with_nvram(backend(nvram.clone())?, Stress::default(), nvram, key);
        let mut station = Driver::probe(simulation)?;
        install(&mut station, &config)?;
        station.enable()?;
        Ok(Self { station, config, cuts: 0 })
    }
}

impl Inline for Hardware {
    fn enter_host(&mut self, frame: &[u8]) {
        if self.station.bus_mut().powered() {
            self.station.enter_host(frame);
        }
    }

    fn enter_network(&mut self, frame: &[u8]) {
        if self.station.bus_mut().powered() {
            self.station.enter_network(frame);
        }
    }

    fn work(&mut self) -> Result<Left, Failure> {
        if !self.station.bus_mut().powered() {
            return Ok(Left::default());
        }
        for _ in 0..STEP {
            self.station.bus_mut().cycle();
        }
        self.station.work()
    }

    fn told(&mut self) -> Result<Told, Failure> {
        self.station.told()
    }
}

impl Survivor for Hardware {
    fn power_off(&mut self) {
        self.cuts += 1;
        self.station.bus_mut().power_cut(Tear::Mixed(self.cuts));
        for _ in 0..DARK {
            self.station.bus_mut().cycle();
        }
    }

    fn power_on(&mut self) -> Result<(), Failure> {
        self.station.bus_mut().power_up();
        // Only to look on: the SA is back when it is in quarantine.
        let begin = self.station.bus_mut().cycles();
        while !self.in_quarantine()? {
            if self.station.bus_mut().cycles() - begin > PATIENCE {
                return Err(format!("the inbound SA was not back {PATIENCE} cycles after the power").into());
            }
        }
        Ok(())
    }

    fn install_rules(&mut self) -> Result<(), Failure> {
        Ok(install_rules(&mut self.station, &self.config)?)
    }

    fn in_quarantine(&mut self) -> Result<bool, Failure> {
        Ok(self.station.quarantine()? != 0)
    }
}
