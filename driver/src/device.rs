//! The driver itself: finding the device, settings, and commits.

use crate::error::{Error, FieldError, PairError, Standing, Table};
use crate::register::{Commit, Control, Features, Interrupts, Limits, Policy, Status, Tables, Version};
use crate::{Access, Bus, Capabilities, Direction, InboundSa, OutboundSa, Rule};
use holdfast_registers::{map, rule, Refusal};

/// Reads of `STATUS` before the driver gives a busy device up. Clearing the memories after reset is what takes longest: some thousand
/// cycles, and no bus makes a read in less than a few.
pub const DEFAULT_POLLS: u32 = 100_000;

/// Shortest frame limit that the device takes: the shortest Ethernet frame.
/// The least that `MAX_FRAME` may be, in bytes.
pub const SHORTEST_FRAME: u16 = 64;

/// A Holdfast device behind a bus. It alone writes the device's registers; share it under a lock.
#[derive(Debug)]
pub struct Driver<B> {
    bus: B,
    capabilities: Capabilities,
    polls: u32,
    /// Words of a commit that failed may still be in the staging area.
    staged: bool,
}

/// A commit that did not succeed, and whether the device may have taken it nevertheless.
pub(crate) struct Failure<E> {
    pub(crate) error: Error<E>,
    unknown: bool,
}

impl<E> From<Error<E>> for Failure<E> {
    fn from(error: Error<E>) -> Self {
        Failure { error, unknown: false }
    }
}

impl<B: Bus> Driver<B> {
    /// Finds the device: checks `ID` and `VERSION`, waits until it is no longer busy (after reset it clears its memories), and asks for its
    /// capabilities. The bus is lost on error; lend it (`&mut bus` is a bus) to keep it.
    pub fn probe(bus: B) -> Result<Self, Error<B::Error>> {
        Self::probe_with_polls(bus, DEFAULT_POLLS)
    }

    /// As [`Driver::probe`], with a number of reads of `STATUS` after which a busy device is given up: here and in every later call.
    pub fn probe_with_polls(bus: B, polls: u32) -> Result<Self, Error<B::Error>> {
        let none = Capabilities { version: Version(0), sas: Tables(0), rules: Tables(0), limits: Limits(0), features: Features(0) };
        let mut driver = Driver { bus, capabilities: none, polls, staged: false };
        let found = driver.read(map::ID)?;
        if found != map::ID_VALUE {
            return Err(Error::Id { found, accepted: map::ID_VALUE });
        }
        let (version, accepted) = (Version(driver.read(map::VERSION)?), Version(map::VERSION_VALUE));
        if (version.major(), version.minor()) != (accepted.major(), accepted.minor()) {
            return Err(Error::Version { found: version, accepted });
        }
        driver.wait()?;
        driver.capabilities = Capabilities {
            version,
            sas: Tables(driver.read(map::CAP_SAS)?),
            rules: Tables(driver.read(map::CAP_RULES)?),
            limits: Limits(driver.read(map::CAP_LIMITS)?),
            features: Features(driver.read(map::CAP_FEATURES)?),
        };
        Ok(driver)
    }

    /// A driver for a device that was probed before and has not been reset since: what it answered then holds still. No transaction.
    pub fn attach(bus: B, capabilities: Capabilities) -> Self {
        // A commit of the driver before may have failed and left its words behind.
        Driver { bus, capabilities, polls: DEFAULT_POLLS, staged: true }
    }

    /// What the device can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// The bus, for what lies behind it: a simulation's clock, for example. Writing registers there goes behind the driver's back.
    pub fn bus_mut(&mut self) -> &mut B {
        &mut self.bus
    }

    /// Gives the bus back. The device goes on as it is.
    pub fn into_bus(self) -> B {
        self.bus
    }

    /// Lets frames in.
    pub fn enable(&mut self) -> Result<(), Error<B::Error>> {
        let mut control = Control::default();
        control.set_enable(true);
        self.write(map::CONTROL, control.0)
    }

    /// Drops every frame as `disabled`. SAs and rules stay.
    pub fn disable(&mut self) -> Result<(), Error<B::Error>> {
        self.write(map::CONTROL, Control::default().0)
    }

    /// Whether frames are let in.
    pub fn is_enabled(&mut self) -> Result<bool, Error<B::Error>> {
        Ok(Control(self.read(map::CONTROL)?).enable())
    }

    /// Disables the device and wipes all keys, SAs and rules; returns when they are gone.
    pub fn zeroize(&mut self) -> Result<(), Error<B::Error>> {
        // Not preceded by a wait: whatever the device is doing, this is more urgent.
        let mut control = Control::default();
        control.set_zeroize(true);
        self.write(map::CONTROL, control.0)?;
        // A commit overtaken by the wipe may have left its words behind.
        self.staged = true;
        self.wait()
    }

    /// Default rules.
    pub fn policy(&mut self) -> Result<Policy, Error<B::Error>> {
        Ok(Policy(self.read(map::POLICY)?))
    }

    /// Sets the default rules.
    pub fn set_policy(&mut self, policy: Policy) -> Result<(), Error<B::Error>> {
        self.write(map::POLICY, policy.0)
    }

    /// UDP destination port at which inbound ESP in UDP is recognised; 4500 after reset.
    pub fn set_nat_t_port(&mut self, port: u16) -> Result<(), Error<B::Error>> {
        if port == 0 {
            return Err(FieldError::NatTPort { found: port, accepted: 1..=u16::MAX }.into());
        }
        self.write(map::NAT_T_PORT, u32::from(port))
    }

    /// Longest frame at the host port in bytes, without FCS; at the network port 96 more are accepted. 64 to what the capabilities say.
    pub fn set_max_frame(&mut self, bytes: u16) -> Result<(), Error<B::Error>> {
        let accepted = SHORTEST_FRAME..=self.capabilities.longest_frame();
        if !accepted.contains(&bytes) {
            return Err(FieldError::MaxFrame { found: bytes, accepted }.into());
        }
        self.write(map::MAX_FRAME, u32::from(bytes))
    }

    /// State of the device.
    pub fn status(&mut self) -> Result<Status, Error<B::Error>> {
        Ok(Status(self.read(map::STATUS)?))
    }

    /// Clock cycles since reset, the time base of events.
    pub fn time(&mut self) -> Result<u64, Error<B::Error>> {
        self.read_u64(map::TIME_LOW)
    }

    /// Which states raise the interrupt line. It is a level: it falls when the events have been taken and the overflow has been taken.
    pub fn set_interrupts(&mut self, interrupts: Interrupts) -> Result<(), Error<B::Error>> {
        self.write(map::IRQ_ENABLE, interrupts.0)
    }

    /// Installs an inbound SA, or replaces the one at the index: it starts anew with the window and sequence number of `sa`.
    /// 28 transactions when the device is at once no longer busy.
    pub fn install_inbound(&mut self, index: u16, sa: &InboundSa) -> Result<(), Error<B::Error>> {
        self.check_inbound(index, sa)?;
        self.commit_inbound(index, sa).map_err(|failure| failure.error)
    }

    /// Installs an outbound SA, or replaces the one at the index. See [`Driver::install_inbound`].
    pub fn install_outbound(&mut self, index: u16, sa: &OutboundSa) -> Result<(), Error<B::Error>> {
        self.check_outbound(index, sa)?;
        self.commit_outbound(index, sa).map_err(|failure| failure.error)
    }

    /// Installs the two SAs of a rekey in the only safe order: the new SA receives before anything is sent that makes the peer use it.
    ///
    /// Both are checked before either is staged. If the second commit fails the first one stands, and [`PairError`] says so. Give the inbound SA an
    /// index of its own to go on receiving under the old one; delete that when the peer has moved.
    pub fn replace_pair(&mut self, inbound: (u16, &InboundSa), outbound: (u16, &OutboundSa)) -> Result<(), PairError<B::Error>> {
        let wrong = |side| move |error: FieldError| PairError { side, standing: Standing::Before, error: error.into() };
        self.check_inbound(inbound.0, inbound.1).map_err(wrong(Direction::Inbound))?;
        self.check_outbound(outbound.0, outbound.1).map_err(wrong(Direction::Outbound))?;
        let failed = |side, standing| {
            move |Failure { error, unknown }| PairError { side, standing: if unknown { Standing::Unknown } else { standing }, error }
        };
        self.commit_inbound(inbound.0, inbound.1).map_err(failed(Direction::Inbound, Standing::Before))?;
        self.commit_outbound(outbound.0, outbound.1).map_err(failed(Direction::Outbound, Standing::NewReceive))
    }

    /// Deletes an SA; its words are wiped. Deleting one that is not there is no error.
    pub fn delete(&mut self, direction: Direction, index: u16) -> Result<(), Error<B::Error>> {
        let table = Table::Sa(direction);
        self.capabilities.check_index(table, index)?;
        let accepted = self.capabilities.sas(direction);
        self.commit(&[], map::commit::DELETE_SA, direction, index, |_, refusal| match refusal {
            Refusal::Index => FieldError::Index { table, found: index, accepted },
            found => FieldError::Contract { found },
        })
        .map_err(|failure| failure.error)
    }

    /// Writes a rule. Rules are looked at in the order of their indices.
    pub fn write_rule(&mut self, direction: Direction, index: u16, rule: &Rule) -> Result<(), Error<B::Error>> {
        self.capabilities.check_index(Table::Rule(direction), index)?;
        rule.check(direction, &self.capabilities)?;
        self.commit_rule(direction, index, &rule.words())
    }

    /// Removes a rule; the others keep their indices.
    pub fn clear_rule(&mut self, direction: Direction, index: u16) -> Result<(), Error<B::Error>> {
        self.capabilities.check_index(Table::Rule(direction), index)?;
        self.commit_rule(direction, index, &[0; rule::WORDS])
    }

    pub(crate) fn polls(&self) -> u32 {
        self.polls
    }

    fn check_inbound(&self, index: u16, sa: &InboundSa) -> Result<(), FieldError> {
        self.capabilities.check_index(Table::Sa(Direction::Inbound), index)?;
        sa.check(&self.capabilities)
    }

    fn check_outbound(&self, index: u16, sa: &OutboundSa) -> Result<(), FieldError> {
        self.capabilities.check_index(Table::Sa(Direction::Outbound), index)?;
        sa.check(&self.capabilities)
    }

    fn commit_inbound(&mut self, index: u16, sa: &InboundSa) -> Result<(), Failure<B::Error>> {
        let words = sa.words();
        self.commit(&words[..], map::commit::INSTALL_SA, Direction::Inbound, index, |c, refusal| sa.refused(refusal, index, c))
    }

    fn commit_outbound(&mut self, index: u16, sa: &OutboundSa) -> Result<(), Failure<B::Error>> {
        let words = sa.words();
        self.commit(&words[..], map::commit::INSTALL_SA, Direction::Outbound, index, |c, refusal| sa.refused(refusal, index, c))
    }

    fn commit_rule(&mut self, direction: Direction, index: u16, words: &[u32]) -> Result<(), Error<B::Error>> {
        self.commit(words, map::commit::WRITE_RULE, direction, index, |c, refusal| Rule::refused(refusal, direction, index, c))
            .map_err(|failure| failure.error)
    }

    /// Stages words, rings the doorbell, and waits for the result.
    ///
    /// All words of a record are written, zeros too: what was in the staging area before never becomes part of an SA. After a failure they are
    /// overwritten, so that no key waits there for the next commit.
    pub(crate) fn commit(
        &mut self,
        words: &[u32],
        operation: u32,
        direction: Direction,
        index: u16,
        field: impl FnOnce(&Capabilities, Refusal) -> FieldError,
    ) -> Result<(), Failure<B::Error>> {
        self.wait()?;
        self.staged = !words.is_empty();
        let result = self.ring(words, operation, direction, index);
        let failure = match result {
            Ok(0) => {
                self.staged = false; // wiped by the device
                return Ok(());
            }
            Ok(code) => match u8::try_from(code).ok().and_then(Refusal::from_code) {
                Some(refusal) => Error::Field(field(&self.capabilities, refusal)).into(),
                None => {
                    let accepted = Refusal::ALL[0].code()..=Refusal::ALL[Refusal::ALL.len() - 1].code();
                    Error::Result { found: code, accepted }.into()
                }
            },
            Err(failure) => failure,
        };
        // What failed is reported; that overwriting fails too on a broken bus adds nothing, and the next call tries again.
        let _ = self.scrub();
        Err(failure)
    }

    /// The bus transactions of a commit; answers `RESULT`.
    fn ring(&mut self, words: &[u32], operation: u32, direction: Direction, index: u16) -> Result<u32, Failure<B::Error>> {
        for (address, &word) in (map::STAGE..).step_by(4).zip(words) {
            self.write(address, word)?;
        }
        let mut commit = Commit::default();
        commit.set_index(index);
        commit.set_inbound(direction == Direction::Inbound);
        commit.set_operation(operation as u8);
        let unknown = |error| Failure { error, unknown: true };
        self.write(map::COMMIT, commit.0).map_err(unknown)?;
        self.wait_idle().map_err(unknown)?;
        self.read(map::RESULT).map_err(unknown)
    }

    /// Waits until the device is not busy, and overwrites what a failed commit may have left.
    fn wait(&mut self) -> Result<(), Error<B::Error>> {
        self.wait_idle()?;
        if self.staged {
            self.overwrite()?;
        }
        Ok(())
    }

    /// Overwrites the staging area, unless the device is busy: then it may be reading the words, and an SA must not be made of half a key and
    /// half zeros. The next call that finds it idle does it.
    fn scrub(&mut self) -> Result<(), Error<B::Error>> {
        if self.staged && !self.status()?.busy() {
            self.overwrite()?;
        }
        Ok(())
    }

    fn overwrite(&mut self) -> Result<(), Error<B::Error>> {
        for n in 0..map::STAGE_WORDS {
            self.write(map::STAGE + 4 * n, 0)?;
        }
        self.staged = false;
        Ok(())
    }

    pub(crate) fn wait_idle(&mut self) -> Result<(), Error<B::Error>> {
        for _ in 0..self.polls {
            if !self.status()?.busy() {
                return Ok(());
            }
        }
        Err(Error::Busy { polls: self.polls })
    }

    /// A 64-bit value, low word first: reading it latches the high word.
    pub(crate) fn read_u64(&mut self, address: u32) -> Result<u64, Error<B::Error>> {
        let low = self.read(address)?;
        let high = self.read(address + 4)?;
        Ok(u64::from(high) << 32 | u64::from(low))
    }

    pub(crate) fn read(&mut self, address: u32) -> Result<u32, Error<B::Error>> {
        self.bus.read(address).map_err(|error| Error::Bus { access: Access::Read, address, error })
    }

    pub(crate) fn write(&mut self, address: u32, value: u32) -> Result<(), Error<B::Error>> {
        self.bus.write(address, value).map_err(|error| Error::Bus { access: Access::Write, address, error })
    }
}
