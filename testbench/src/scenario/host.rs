//! Host software: what a station's driver does, while time passes for everybody.

use super::history::Cause;
use super::world::World;
use crate::station::{account, install, install_rules, Fault, Transaction};
use holdfast_driver::register::Interrupts;
use holdfast_driver::{Bus, Direction, Driver, Error};
use holdfast_model::fram::Tear;

/// Cycles a register may take to answer before the bus counts as dead.
const BUS_LIMIT: u64 = 10_000;

/// What a host is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostAction {
    /// First start: everything is installed.
    Configure(usize),
    /// Everything that may be there is deleted, then everything is installed.
    Replace(usize),
    /// The host is back: what is recorded is there, rules are not.
    Boot(usize),
    /// The interrupt line is up: events are taken.
    Serve(usize),
    /// Suspend in an orderly manner, for a time.
    Suspend { station: usize, lasts: u64, power_off: bool },
    /// Go on after that.
    Resume(usize),
    /// Give up an inbound SA.
    Desynchronise { station: usize, pair: u16 },
    /// Quarantine is read.
    Look(usize),
    /// The end: counters and quarantine are read.
    Account(usize),
}

impl HostAction {
    /// Whose host.
    pub fn station(self) -> usize {
        match self {
            HostAction::Configure(station)
            | HostAction::Replace(station)
            | HostAction::Boot(station)
            | HostAction::Serve(station)
            | HostAction::Suspend { station, .. }
            | HostAction::Resume(station)
            | HostAction::Desynchronise { station, .. }
            | HostAction::Look(station)
            | HostAction::Account(station) => station,
        }
    }
}

/// The register bus of one station: a transaction takes the time it takes.
pub struct WorldBus<'a> {
    world: &'a mut World,
    station: usize,
    starts: u64,
}

impl WorldBus<'_> {
    fn transact(&mut self, transaction: Transaction) -> Result<u32, Fault> {
        let alive = |bus: &Self| {
            let simulation = &bus.world.stations[bus.station].simulation;
            simulation.powered() && simulation.starts() == bus.starts
        };
        if !alive(self) {
            return Err(Fault::Power);
        }
        self.world.stations[self.station].simulation.registers.start(transaction);
        for _ in 0..BUS_LIMIT {
            self.world.step();
            if !alive(self) {
                return Err(Fault::Power);
            }
            if let Some(answer) = self.world.stations[self.station].simulation.registers.answer() {
                return if answer.response == 0 { Ok(answer.value) } else { Err(Fault::Refused(transaction)) };
            }
        }
        Err(Fault::NoAnswer(transaction))
    }
}

impl Bus for WorldBus<'_> {
    type Error = Fault;
    fn read(&mut self, address: u32) -> Result<u32, Fault> {
        self.transact(Transaction::Read { address: address as u16 })
    }
    fn write(&mut self, address: u32, value: u32) -> Result<(), Fault> {
        self.transact(Transaction::Write { address: address as u16, value, strobes: 0xf }).map(drop)
    }
}

type Outcome = Result<(), Error<Fault>>;

impl World {
    /// Does what a host is to do. What the power or a reset interrupts is no fault.
    pub fn host(&mut self, action: HostAction) {
        let station = action.station();
        let result = match action {
            HostAction::Configure(_) => self.configure(station, false),
            HostAction::Replace(_) => self.configure(station, true),
            HostAction::Boot(_) => self.boot(station),
            HostAction::Serve(_) => self.serve(station),
            HostAction::Suspend { lasts, power_off, .. } => self.suspend(station, lasts, power_off),
            HostAction::Resume(_) => self.resume(station),
            HostAction::Desynchronise { pair, .. } => self.desynchronise(station, pair),
            HostAction::Look(_) => self.look(station),
            HostAction::Account(_) => self.account(station),
        };
        match result {
            Ok(()) | Err(Error::Bus { error: Fault::Power, .. }) => {}
            Err(error) => {
                let name = self.stations[station].name.clone();
                self.fault(format!("{name}: {error} ({action:?})"));
            }
        }
    }

    fn driver(&mut self, station: usize) -> Result<Driver<WorldBus<'_>>, Error<Fault>> {
        let (starts, capabilities) = (self.stations[station].simulation.starts(), self.stations[station].capabilities);
        let bus = WorldBus { world: self, station, starts };
        match capabilities {
            Some(capabilities) => Ok(Driver::attach(bus, capabilities)),
            None => Driver::probe(bus),
        }
    }

    fn configure(&mut self, station: usize, replace: bool) -> Outcome {
        let config = self.stations[station].config.clone();
        let mut driver = self.driver(station)?;
        if replace {
            driver.wait_recorder()?;
            for (direction, sas) in [(Direction::Outbound, config.outbound.len()), (Direction::Inbound, config.inbound.len())] {
                for index in 0..sas as u16 {
                    driver.delete(direction, index)?;
                }
            }
        }
        install(&mut driver, &config)?;
        let capabilities = *driver.capabilities();
        Self::let_in(driver)?;
        self.stations[station].capabilities = Some(capabilities);
        self.stations[station].host_up = true;
        Ok(())
    }

    fn boot(&mut self, station: usize) -> Outcome {
        // The device may be another one, as far as the host knows: it asks again, and that waits until the memories are cleared.
        self.stations[station].capabilities = None;
        let config = self.stations[station].config.clone();
        let mut driver = self.driver(station)?;
        let capabilities = *driver.capabilities();
        // Neither waits until every SA is back: what is back is used, and what arrives under it has somewhere to go.
        install_rules(&mut driver, &config)?;
        Self::let_in(driver)?;
        let station = &mut self.stations[station];
        station.capabilities = Some(capabilities);
        station.host_up = true;
        Ok(())
    }

    fn let_in(mut driver: Driver<WorldBus<'_>>) -> Outcome {
        let mut interrupts = Interrupts::default();
        interrupts.set_event(true);
        driver.set_interrupts(interrupts)?;
        driver.enable()
    }

    fn serve(&mut self, station: usize) -> Outcome {
        let mut driver = self.driver(station)?;
        let mut taken = Vec::new();
        let result = loop {
            match driver.next_event() {
                Ok(Some(event)) => taken.push(event),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.stations[station].account.events.extend(taken);
        result
    }

    fn suspend(&mut self, station: usize, lasts: u64, power_off: bool) -> Outcome {
        self.stations[station].host_up = false;
        self.outage(station, Cause::Suspended, None);
        self.driver(station)?.suspend()?;
        if power_off {
            self.darken(station, lasts, Tear::Old);
        } else {
            self.resume_later(station, lasts);
        }
        Ok(())
    }

    fn resume(&mut self, station: usize) -> Outcome {
        self.driver(station)?.resume()?;
        self.over(station, Cause::Suspended);
        self.stations[station].host_up = true;
        Ok(())
    }

    fn desynchronise(&mut self, station: usize, pair: u16) -> Outcome {
        self.outage(station, Cause::Desynchronised, None);
        let result = self.driver(station)?.desynchronise(pair);
        self.over(station, Cause::Desynchronised);
        result
    }

    fn look(&mut self, station: usize) -> Outcome {
        let mut driver = self.driver(station)?;
        let (quarantine, restoring) = (driver.quarantine()?, driver.resync_status()?.busy());
        (self.stations[station].quarantine, self.stations[station].restoring) = (quarantine, restoring);
        Ok(())
    }

    fn account(&mut self, station: usize) -> Outcome {
        let mut driver = self.driver(station)?;
        let (quarantine, restoring) = (driver.quarantine()?, driver.resync_status()?.busy());
        let mut told = account(&mut driver)?;
        let station = &mut self.stations[station];
        (station.quarantine, station.restoring) = (quarantine, restoring);
        let events = std::mem::take(&mut station.account.events);
        told.events.splice(0..0, events);
        station.account = told;
        Ok(())
    }
}
