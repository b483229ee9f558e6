//! What sits between the host and the kernel: the simulated device, or anything else with two ports.

use crate::Failure;
use holdfast_testbench::station::{account, Account, Station};

/// Frames that left.
#[derive(Default)]
pub struct Left {
    /// At the host port.
    pub host: Vec<Vec<u8>>,
    /// At the network port.
    pub network: Vec<Vec<u8>>,
}

/// An ESP implementation in line.
pub trait Inline {
    /// A frame enters the host port.
    fn enter_host(&mut self, frame: &[u8]);
    /// A frame enters the network port.
    fn enter_network(&mut self, frame: &[u8]);
    /// Works until all that entered has left or was dropped.
    fn work(&mut self) -> Result<Left, Failure>;
    /// Counters and events since the last call of this, for events, and since the beginning, for counters.
    fn account(&mut self) -> Result<Account, Failure>;
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
        let bytes = |frames: Vec<holdfast_testbench::station::Received>| frames.into_iter().map(|frame| frame.bytes).collect();
        Ok(Left { host: bytes(simulation.host_out.take()), network: bytes(simulation.net_out.take()) })
    }

    fn account(&mut self) -> Result<Account, Failure> {
        account(self).map_err(|error| error.to_string().into())
    }
}
