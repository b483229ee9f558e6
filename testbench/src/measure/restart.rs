//! How long a device takes from power good until it has asked for all its pairs, and how much of that the NVRAM takes.

use crate::backend::{Backend, Kind};
use crate::config::{compact, Station as Config};
use crate::device::{Inputs, Outputs};
use crate::station::{Nvram, Simulation, Stress};
use holdfast_model::{Device, DeviceKey, Direction, Sizes};
use serde::Serialize;
use std::collections::BTreeSet;
use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

/// Numbers of pairs that are measured.
pub const PAIRS: [usize; 6] = [1, 2, 4, 8, 16, 32];
/// Clocks after which a device that has not asked for all its pairs counts as stuck.
const LIMIT: u64 = 20_000_000;
/// SPI of the first outbound SA.
const SPI: u32 = 0x1000;

/// A restart. Clocks count from the end of reset.
#[derive(Clone, Debug, Serialize)]
pub struct Restart {
    /// Pairs of SAs in the NVRAM.
    pub pairs: usize,
    /// The last beat of the first pair's first REQUEST leaves.
    pub first: u64,
    /// Of these, clocks in which the NVRAM was selected.
    pub first_nvram: u64,
    /// The same for the pair that asks last.
    pub last: u64,
    /// Of these, clocks in which the NVRAM was selected.
    pub last_nvram: u64,
}

/// Restarts a device with so many pairs, the requests not spread over time.
pub fn restart(backend: Box<dyn Backend<Inputs, Outputs>>, pairs: usize) -> Result<Restart, Box<dyn Error>> {
    let config = config(pairs)?;
    let (nvram, key) = (Nvram::default(), config.device_key.as_ref().map(|key| DeviceKey(key.0)));
    install(&config, &nvram, key.as_ref())?;
    let selected = Arc::new(AtomicU64::new(0));
    let watched = Watched { backend, selected: selected.clone() };
    let mut simulation = Simulation::with_nvram(Box::new(watched), Stress::default(), nvram, key);
    let (begin, before) = (simulation.cycles(), selected.load(Ordering::Relaxed));
    let mut asked = BTreeSet::new();
    let mut times = Vec::new();
    while asked.len() < pairs {
        simulation.cycle();
        let now = simulation.cycles() - begin;
        if now > LIMIT {
            return Err(format!("{} of {pairs} pairs asked within {LIMIT} clocks", asked.len()).into());
        }
        for frame in simulation.net_out.take() {
            // Ethernet, IPv4, SPI.
            let spi = frame.bytes.get(34..38).ok_or("a frame without an SPI left")?;
            if asked.insert(spi.to_vec()) {
                times.push((now, selected.load(Ordering::Relaxed) - before));
            }
        }
    }
    let ((first, first_nvram), (last, last_nvram)) = (times[0], times[times.len() - 1]);
    Ok(Restart { pairs, first, first_nvram, last, last_nvram })
}

/// Pairs in tunnel mode, AES-256.
fn config(pairs: usize) -> Result<Config, Box<dyn Error>> {
    let mut text = format!("device_key = \"{}\"\n", "3c".repeat(32));
    for pair in 0..pairs {
        for (name, direction, spi) in [("out", "outbound", SPI), ("in", "inbound", 2 * SPI)] {
            text += &format!(
                "[[sa]]\nname = \"{name}-{pair}\"\ndirection = \"{direction}\"\nspi = {}\nalgorithm = \"aes-gcm-16\"\nkey = \"{}\"\n\
                 salt = \"01020304\"\nmode = \"tunnel\"\nlocal = \"10.90.0.2\"\nremote = \"10.90.0.1\"\nrecord = true\n",
                spi as usize + pair,
                format!("{:02x}", pair + if name == "in" { 64 } else { 0 }).repeat(32)
            );
            if name == "out" {
                text += "[sa.control]\nsource = \"02:00:00:00:00:02\"\ndestination = \"02:00:00:00:00:01\"\nspread = 0\ntimeout = \"1 s\"\nceiling = \"1 s\"\n";
            }
        }
    }
    Ok(Config::parse("measurement", &text, &compact())?)
}

/// The golden model writes what a device in use would have written: the records have one format.
fn install(config: &Config, nvram: &Nvram, key: Option<&DeviceKey>) -> Result<(), Box<dyn Error>> {
    let mut model = Device::power_up(Sizes::COMPACT, Box::new(nvram.clone()), key, 0);
    model.format();
    for (index, pair) in config.pairs.iter().enumerate() {
        if let Some(pair) = pair {
            model.write_resync(index, &pair.words()).map_err(|refusal| refusal.to_string())?;
        }
    }
    for (direction, list) in [
        (Direction::Outbound, config.outbound.iter().map(|named| named.sa.words()).collect::<Vec<_>>()),
        (Direction::Inbound, config.inbound.iter().map(|named| named.sa.words()).collect()),
    ] {
        for (index, words) in list.iter().enumerate() {
            model.install_sa(direction, index, words).map_err(|refusal| refusal.to_string())?;
        }
    }
    Ok(())
}

/// Counts clocks in which the NVRAM is selected.
struct Watched {
    backend: Box<dyn Backend<Inputs, Outputs>>,
    selected: Arc<AtomicU64>,
}

impl Backend<Inputs, Outputs> for Watched {
    fn step(&mut self, inputs: &Inputs) -> Outputs {
        let outputs = self.backend.step(inputs);
        self.selected.fetch_add(u64::from(!outputs.nvram_cs_n), Ordering::Relaxed);
        outputs
    }

    fn kind(&self) -> Kind {
        self.backend.kind()
    }
}
