//! Devices with NVRAM that can lose their power, and pairs of recorded SAs between them.

use super::*;
use holdfast_model::resync::nvram::Fuse;
use holdfast_model::{DeviceKey, Fram, Link, Parameters};
use holdfast_registers::{map, EventCode};
use std::sync::{Arc, Mutex};

pub type Part = Arc<Mutex<Fuse<Fram>>>;
pub const INDEX: usize = 3;
pub const INTERVAL: u64 = 16;

/// One end with its NVRAM, which outlives the device.
pub struct End {
    pub device: Device,
    pub part: Part,
    pub key: DeviceKey,
    pub boots: u64,
}

impl End {
    pub fn new(key: u8) -> Self {
        let part: Part = Arc::new(Mutex::new(Fuse::new(Fram::new())));
        let mut end = End { device: Device::new(Sizes::COMPACT), part, key: DeviceKey([key; 32]), boots: 0 };
        end.power_up();
        assert_eq!(end.device.resync_status(), map::resync_status::UNFORMATTED);
        end.device.format();
        assert_eq!(end.device.resync_status(), 0);
        end
    }

    /// The power was away.
    pub fn power_up(&mut self) {
        self.part.lock().unwrap().mend();
        self.boots += 1;
        self.device = Device::power_up(Sizes::COMPACT, Box::new(self.part.clone()), Some(&self.key), self.boots);
    }

    /// What the host does when it comes up: rules are not recorded.
    pub fn rules(&mut self) {
        self.device.set_settings(Settings { enable: true, ..self.device.settings() });
        for direction in Direction::ALL {
            self.device.set_rule(direction, 0, &RuleConfig::any(Action::Protect { sa: INDEX as u16 })).unwrap();
        }
    }

    pub fn events(&mut self) -> Vec<(EventCode, u32)> {
        std::iter::from_fn(|| self.device.take_event()).map(|event| (event.code, event.detail)).collect()
    }
}

pub fn parameters(local: [u8; 4], remote: [u8; 4]) -> Parameters {
    Parameters {
        port: 5000,
        interval: 4,
        spread: 3,
        timeout: 4,
        ceiling: 6,
        failures: 2,
        link: Link { destination: [2, 0, 0, 0, 0, 2], source: [2, 0, 0, 0, 0, 1], vlan: None },
        endpoints: Endpoints::V4 { local: local.into(), remote: remote.into() },
    }
}

pub fn recorded(spi: u32, esn: bool) -> SaConfig {
    // Nonces of two SAs differ, as a key exchange would make them.
    SaConfig {
        spi,
        salt: spi.to_be_bytes(),
        esn,
        recorded: true,
        role: Role::Outbound { mtu: 0, next: 1, limit: 0 },
        ..sealer(Mode::Tunnel, false)
    }
}

/// Two ends with a pair of recorded SAs.
pub fn ends(esn: bool) -> (End, End) {
    let (mut a, mut b) = (End::new(1), End::new(2));
    let there = recorded(SPI, esn);
    let back = SaConfig { endpoints: there.endpoints.reversed(), ..recorded(SPI + 1, esn) };
    for (end, out, into, local, remote) in [(&mut a, &there, &back, A4, B4), (&mut b, &back, &there, B4, A4)] {
        end.device.set_parameters(INDEX, &parameters(local, remote)).unwrap();
        end.device.install(INDEX, out).unwrap();
        end.device.install(INDEX, &opener(into)).unwrap();
        end.rules();
    }
    (a, b)
}
