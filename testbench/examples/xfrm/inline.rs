//! What sits between the host and the kernel: the simulated device, or anything else with two ports.

use crate::Failure;
use holdfast_testbench::station::{account, Received, Station};
use std::collections::BTreeMap;

/// Frames that left.
#[derive(Default)]
pub struct Left {
    /// At the host port.
    pub host: Vec<Vec<u8>>,
    /// At the network port.
    pub network: Vec<Vec<u8>>,
}

/// What it tells the driver.
#[derive(Default)]
pub struct Told {
    /// Frames dropped since power-up, by reason; reasons that did not occur are not in it.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Names of the events that were not yet told, oldest first.
    pub events: Vec<&'static str>,
}

/// An ESP implementation in line.
pub trait Inline {
    /// A frame enters the host port.
    fn enter_host(&mut self, frame: &[u8]);
    /// A frame enters the network port.
    fn enter_network(&mut self, frame: &[u8]);
    /// Works until all that entered has left or was dropped, and does what is due by now.
    fn work(&mut self) -> Result<Left, Failure>;
    /// Counters and events.
    fn told(&mut self) -> Result<Told, Failure>;
}

/// One whose sequence state survives.
pub trait Survivor: Inline {
    /// The power fails, at once. Until it is back frames that enter are lost.
    fn power_off(&mut self);
    /// The power is back. Nobody configures anything.
    fn power_on(&mut self) -> Result<(), Failure>;
    /// The host is back, and its driver installs the rules again: they are not recorded.
    fn install_rules(&mut self) -> Result<(), Failure>;
    /// Whether an inbound SA is in quarantine.
    fn in_quarantine(&mut self) -> Result<bool, Failure>;
}

impl Inline for Station {
    fn enter_host(&mut self, frame: &[u8]) {
        self.bus_mut().host_in.send(frame);
    }

    fn enter_network(&mut self, frame: &[u8]) {
        self.bus_mut().net_in.send(frame);
    }

    fn work(&mut self) -> Result<Left, Failure> {
        let simulation = self.bus_mut();
        if simulation.host_in.pending() + simulation.net_in.pending() > 0 {
            simulation.run_until_idle()?;
        }
        let bytes = |frames: Vec<Received>| frames.into_iter().map(|frame| frame.bytes).collect();
        Ok(Left { host: bytes(simulation.host_out.take()), network: bytes(simulation.net_out.take()) })
    }

    fn told(&mut self) -> Result<Told, Failure> {
        let account = account(self).map_err(|error| error.to_string())?;
        let events = account.events.iter().map(|event| event.kind.code().name()).collect();
        Ok(Told { dropped: account.dropped, events })
    }
}
