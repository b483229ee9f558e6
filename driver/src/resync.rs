//! Sequence state that survives: parameters of a pair of SAs, and commands to the recorder.

use crate::device::Driver;
use crate::error::Table;
use crate::register::{Detect, ResyncCommand, ResyncStatus};
use crate::sa::{set_address, set_bytes};
use crate::{Bus, Capabilities, Direction, Error, Family, FieldError};
use core::fmt;
use core::net::IpAddr;
use core::ops::RangeInclusive;
use holdfast_registers::{control, map, pair, Refusal};

/// Control port unless the caller says otherwise, and after reset.
pub const DEFAULT_CONTROL_PORT: u16 = control::PORT;

/// So many times more reads than elsewhere before a busy recorder is given up: a format writes every word of the NVRAM over a serial line.
pub const RECORDER_PATIENCE: u32 = 16;

/// Exponents that fit their five bits; 2^31 ticks are more than an hour at any clock below 125 MHz.
const EXPONENTS: RangeInclusive<u8> = 0..=31;
/// Exponents of the interval.
const INTERVALS: RangeInclusive<u8> = *pair::INTERVAL.start() as u8..=*pair::INTERVAL.end() as u8;

/// The Ethernet header of control frames; the device asks nobody for addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ethernet {
    /// Of the next hop towards the peer.
    pub destination: [u8; 6],
    /// Of this interface.
    pub source: [u8; 6],
    /// Tag control information, where frames carry a VLAN tag (IEEE 802.1Q).
    pub vlan: Option<u16>,
}

/// How a pair finds its peer again: the outbound and the inbound SA of one index. Waits are counted in ticks of 256 clock cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResyncParameters {
    /// UDP port of control datagrams, source and destination. One for the whole device: the pair written last sets it.
    pub port: u16,
    /// The recorder writes every 2^interval packets, 4 to 24. At most twice as many numbers are skipped per outage.
    pub interval: u8,
    /// The first request waits at random for 0 to 2^spread − 1 ticks, so that many devices do not ask at once.
    pub spread: u8,
    /// The first repetition comes after 2^timeout ticks; each further wait is twice as long.
    pub timeout: u8,
    /// No wait is longer than 2^ceiling ticks; not below `timeout`.
    pub ceiling: u8,
    /// Unanswered requests before the event [`crate::EventKind::ResyncFailed`]; 0: never.
    pub failures: u8,
    /// Link header of control frames.
    pub ethernet: Ethernet,
    /// Own address in control datagrams.
    pub local: IpAddr,
    /// The peer's address in control datagrams, of the same family.
    pub remote: IpAddr,
}

impl ResyncParameters {
    /// Records every 1024 packets; asks within a millisecond at 125 MHz, again after 8 ms, at the latest every second; tells after 8 failures.
    pub fn new(local: IpAddr, remote: IpAddr, ethernet: Ethernet) -> Self {
        ResyncParameters {
            port: DEFAULT_CONTROL_PORT,
            interval: 10,
            spread: 9,
            timeout: 12,
            ceiling: 19,
            failures: 8,
            ethernet,
            local,
            remote,
        }
    }

    /// The words to stage, see `holdfast_registers::pair`.
    pub fn words(&self) -> [u32; pair::WORDS] {
        let flag = |set: bool, bit: u32| if set { bit } else { 0 };
        let mut words = [0; pair::WORDS];
        words[pair::CONTROL] =
            u32::from(self.port) | u32::from(self.interval) << pair::INTERVAL_SHIFT | flag(self.local.is_ipv6(), pair::IPV6);
        words[pair::RETRY] = u32::from(self.spread) << pair::SPREAD_SHIFT
            | u32::from(self.timeout) << pair::TIMEOUT_SHIFT
            | u32::from(self.ceiling) << pair::CEILING_SHIFT
            | u32::from(self.failures) << pair::FAILURES_SHIFT
            | flag(self.ethernet.vlan.is_some(), pair::VLAN);
        let Ethernet { destination, source, vlan } = self.ethernet;
        // Destination bytes 0 and 1 stand in the low half of their word, tag control information in the low half of the last.
        words[pair::ETHERNET] = u32::from(u16::from_be_bytes([destination[0], destination[1]]));
        set_bytes(&mut words[pair::ETHERNET + 1..], &destination[2..]);
        set_bytes(&mut words[pair::ETHERNET + 2..], &source[..4]);
        words[pair::ETHERNET + 3] = u32::from(u16::from_be_bytes([source[4], source[5]])) << 16 | u32::from(vlan.unwrap_or(0));
        set_address(&mut words[pair::LOCAL..], self.local);
        set_address(&mut words[pair::REMOTE..], self.remote);
        words
    }

    /// Whether a device with these capabilities takes them.
    pub fn check(&self, capabilities: &Capabilities) -> Result<(), FieldError> {
        if !capabilities.features.resync() {
            return Err(FieldError::Recorded { found: true, accepted: false });
        }
        if self.port == 0 {
            return Err(FieldError::ControlPort { found: 0, accepted: 1..=u16::MAX });
        }
        if !INTERVALS.contains(&self.interval) {
            return Err(FieldError::Interval { found: self.interval, accepted: INTERVALS });
        }
        if !EXPONENTS.contains(&self.spread) {
            return Err(FieldError::Spread { found: self.spread, accepted: EXPONENTS });
        }
        if !EXPONENTS.contains(&self.timeout) {
            return Err(FieldError::Timeout { found: self.timeout, accepted: EXPONENTS });
        }
        let accepted = self.timeout..=*EXPONENTS.end();
        if !accepted.contains(&self.ceiling) {
            return Err(FieldError::Ceiling { found: self.ceiling, accepted });
        }
        let family = Family::of(self.local);
        if !capabilities.family(family) {
            return Err(FieldError::Family { found: family, accepted: capabilities.features });
        }
        if Family::of(self.remote) != family {
            return Err(FieldError::ControlRemote { found: self.remote, accepted: family });
        }
        Ok(())
    }
}

/// What the recorder can be told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Put an inbound SA into quarantine, as if its state were lost.
    Desynchronise,
    /// Stop both directions and record exact values.
    Suspend,
    /// Go on after that.
    Resume,
    /// Clear the NVRAM.
    Format,
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Command::Desynchronise => "desynchronise",
            Command::Suspend => "suspend",
            Command::Resume => "resume",
            Command::Format => "format",
        })
    }
}

impl<B: Bus> Driver<B> {
    /// Writes the resync parameters of the pair with an index, one of [`Capabilities::pairs`](crate::Capabilities::pairs): before its first recorded SA is installed. Waits until the device has restored
    /// what it had recorded.
    pub fn write_resync(&mut self, index: u16, parameters: &ResyncParameters) -> Result<(), Error<B::Error>> {
        let table = Table::Sa(Direction::Outbound);
        self.capabilities().check_pair(index)?;
        parameters.check(self.capabilities())?;
        self.wait_recorder()?;
        let words = parameters.words();
        self.commit(&words, map::commit::WRITE_RESYNC, Direction::Outbound, index, |c, refusal| match refusal {
            Refusal::Index => FieldError::Index { table, found: index, accepted: c.pairs() },
            Refusal::Pair => FieldError::Parameters,
            found => FieldError::Contract { found },
        })
        .map_err(|failure| failure.error)
    }

    /// State of the recorder.
    pub fn resync_status(&mut self) -> Result<ResyncStatus, Error<B::Error>> {
        Ok(ResyncStatus(self.read(map::RESYNC_STATUS)?))
    }

    /// Waits until the recorder is idle: after reset, until every recorded SA is back.
    pub fn wait_recorder(&mut self) -> Result<(), Error<B::Error>> {
        let polls = self.polls().saturating_mul(RECORDER_PATIENCE);
        for _ in 0..polls {
            if !self.resync_status()?.busy() {
                return Ok(());
            }
        }
        Err(Error::RecorderBusy { polls })
    }

    /// Inbound SAs that wait for resynchronisation: bit *i* for index *i*.
    pub fn quarantine(&mut self) -> Result<u32, Error<B::Error>> {
        self.read(map::QUARANTINE)
    }

    /// Port of control datagrams in force.
    pub fn control_port(&mut self) -> Result<u16, Error<B::Error>> {
        Ok(self.read(map::RESYNC)? as u16)
    }

    /// Runs of failures that put a recorded inbound SA into quarantine.
    pub fn detection(&mut self) -> Result<Detect, Error<B::Error>> {
        Ok(Detect(self.read(map::DETECT)?))
    }

    /// Sets the runs of failures that put a recorded inbound SA into quarantine; 0: never, as after reset.
    pub fn set_detection(&mut self, detect: Detect) -> Result<(), Error<B::Error>> {
        self.write(map::DETECT, detect.0)
    }

    /// Puts the inbound SA of a pair into quarantine, and has it resynchronised.
    pub fn desynchronise(&mut self, index: u16) -> Result<(), Error<B::Error>> {
        self.capabilities().check_pair(index)?;
        self.command(Command::Desynchronise, index).map(drop)
    }

    /// Stops both directions and records the exact value of every recorded SA. After it power may go, and no number is skipped.
    pub fn suspend(&mut self) -> Result<(), Error<B::Error>> {
        let status = self.command(Command::Suspend, 0)?;
        Self::succeeded(Command::Suspend, status, status.suspended() && !status.fault())
    }

    /// Goes on after [`Driver::suspend`].
    pub fn resume(&mut self) -> Result<(), Error<B::Error>> {
        let status = self.command(Command::Resume, 0)?;
        Self::succeeded(Command::Resume, status, !status.suspended())
    }

    /// Clears the NVRAM, for a new part or a new device key only: what it recorded is gone, and with it the protection of every SA in it against
    /// numbers used twice. Never bring such an SA back with its old key.
    pub fn format_nvram(&mut self) -> Result<(), Error<B::Error>> {
        let status = self.command(Command::Format, 0)?;
        Self::succeeded(Command::Format, status, !status.unformatted() && !status.fault() && !status.no_key())
    }

    /// Gives a command and waits until it is done.
    fn command(&mut self, command: Command, index: u16) -> Result<ResyncStatus, Error<B::Error>> {
        self.wait_idle()?;
        self.wait_recorder()?;
        let mut word = ResyncCommand::default();
        word.set_index(index);
        let operation = match command {
            Command::Desynchronise => map::resync_command::DESYNCHRONISE,
            Command::Suspend => map::resync_command::SUSPEND,
            Command::Resume => map::resync_command::RESUME,
            Command::Format => map::resync_command::FORMAT,
        };
        word.set_operation(operation as u8);
        self.write(map::RESYNC_COMMAND, word.0)?;
        self.wait_recorder()?;
        self.resync_status()
    }

    fn succeeded(command: Command, status: ResyncStatus, success: bool) -> Result<(), Error<B::Error>> {
        if success {
            return Ok(());
        }
        Err(Error::Recorder { command, status })
    }
}
