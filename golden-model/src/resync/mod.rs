//! Sequence state that survives, and what brings two ends together again: the page "Sequence state that survives" of the book.
//!
//! [`Resync`] is what a device has of it: events in, actions out, no clock and no packets of its own. It is put together from machines that
//! know nothing of each other:
//!
//! ```text
//!  numbers used, highest seen ─► recorder ─► plan, record ─► nvram         power-up ─► recorder ─► SAs come back
//!  failures ─► detector ─► quarantine ─► requester ─► REQUEST
//!  opened packets ─► receiver ─► REQUEST: acknowledger ─► ACK
//!                             └► ACK:     verifier ─► new window edge, end of quarantine
//! ```
//!
//! Time is in ticks since power-up and only ever comes in as an argument.

pub mod acknowledger;
pub mod counter;
pub mod detector;
pub mod nvram;
pub mod parameters;
mod plan;
pub mod receiver;
pub mod record;
pub mod recorder;
pub mod requester;
pub mod verifier;

use crate::wire::control::{Datagram, Message, Path};
use crate::wire::parse::Packet;
use crate::Direction;
use acknowledger::{Acknowledger, Reply};
use counter::{Counter, Silent};
use detector::{Detector, Limits};
use holdfast_registers::record::{CONTENTS_WORDS, INBOUND};
use holdfast_registers::{control, map, pair, sa, Cause, EventCode, Reason, Refusal};
use nvram::Nvram;
use parameters::Parameters;
use receiver::Received;
use record::{Contents, DeviceKey, Place, Secret};
use recorder::{Outcome, Recorder, Step};
use requester::{Requester, Spread};
use std::collections::{BTreeMap, VecDeque};
use verifier::Verifier;

/// What the device has to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Install an SA that came back. It may be used.
    Restore {
        /// Where.
        place: Place,
        /// The words it was staged with, but for the number, which is where it goes on.
        words: Secret<{ sa::WORDS }>,
        /// Outbound: numbers below this may be used.
        limit: u64,
    },
    /// The SA that was to be recorded is: install it. Outbound: with this limit.
    Install {
        /// Where.
        place: Place,
        /// Numbers below this may be used.
        limit: u64,
    },
    /// An outbound SA may use the numbers below `limit`.
    Limit {
        /// SA index.
        index: u8,
        /// The limit.
        limit: u64,
    },
    /// The window of an inbound SA starts anew: `number` and everything below counts as seen.
    Edge {
        /// SA index.
        index: u8,
        /// The edge.
        number: u64,
    },
    /// Tell the driver.
    Event {
        /// What.
        code: EventCode,
        /// At which SA.
        place: Option<Place>,
        /// Meaning by code.
        detail: u32,
    },
    /// An SA came back and there may be no host: process frames.
    Enable,
}

/// A control datagram that is to be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Outgoing {
    /// SA index: it goes under this outbound SA.
    pub index: u8,
    path: Path,
    /// The V of the request that is answered; `None`: a request.
    echo: Option<u64>,
}

impl Outgoing {
    /// The datagram, sealed under this number. Its length does not depend on it.
    pub fn datagram(&self, number: u64) -> Datagram {
        let message = match self.echo {
            Some(echo) => Message::Ack { echo, number: Some(number) },
            None => Message::Request { number },
        };
        Datagram { path: self.path, message }
    }
    /// It answers a request.
    pub fn is_reply(&self) -> bool {
        self.echo.is_some()
    }
}

/// The number of the pair that an SA belongs to, if it is one that can be recorded: there are places for the SAs of index 0 to 31.
fn recordable(index: u16) -> Option<u8> {
    u8::try_from(index).ok().filter(|index| u32::from(*index) < INBOUND)
}

/// One pair that has parameters: outbound and inbound SA of one index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Pair {
    parameters: Parameters,
    quarantine: bool,
    detector: Detector,
    requester: Requester,
    verifier: Verifier,
}

impl Pair {
    fn new(parameters: Parameters) -> Self {
        Pair {
            parameters,
            quarantine: false,
            detector: Detector::default(),
            requester: Requester::default(),
            verifier: Verifier::default(),
        }
    }
    /// The inbound SA is new, back in step, or gone.
    fn settle(&mut self) {
        self.quarantine = false;
        self.detector.fresh();
        self.requester.stop();
        self.verifier.forget();
    }
}

/// Resynchronisation of a device.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Resync {
    recorder: Recorder,
    pairs: BTreeMap<u8, Pair>,
    acknowledger: Acknowledger,
    limits: Limits,
    port: u16,
    spread: Spread,
    now: u64,
    /// Both directions are still, or are to become so.
    still: bool,
    actions: VecDeque<Action>,
}

impl Resync {
    /// As at power-up. [`Resync::step`] restores, if there is a device key. `seed` spreads the first requests of many devices.
    pub fn power_up(key: Option<&DeviceKey>, seed: u64) -> Self {
        Resync {
            recorder: Recorder::power_up(key),
            pairs: BTreeMap::new(),
            acknowledger: Acknowledger::default(),
            limits: Limits::default(),
            port: control::PORT,
            spread: Spread(seed),
            now: 0,
            still: false,
            actions: VecDeque::new(),
        }
    }

    /// The epoch is the value of a counter: to be said at power-up, before the first step.
    pub fn with_counter(mut self) -> Self {
        self.recorder = self.recorder.with_counter();
        self
    }

    /// Lets the recorder do its next thing, at most one word of NVRAM. `false`: it has nothing to do, or waits for the counter
    /// ([`Resync::raises`]). What comes of it are actions.
    pub fn step(&mut self, nvram: &mut impl Nvram) -> bool {
        match self.recorder.step(nvram) {
            Step::Idle | Step::Raise => return false,
            Step::Wrote => {}
            Step::Done(outcome) => self.recorded(outcome),
        }
        true
    }

    /// The counter is to be raised, and the recorder waits for it.
    pub fn raises(&self) -> bool {
        self.recorder.raises()
    }

    /// What the counter said when it was raised.
    pub fn raised(&mut self, answer: Result<u32, Silent>) {
        self.recorder.raised(answer);
    }

    /// Steps until there is nothing to do.
    pub fn settle(&mut self, nvram: &mut impl Nvram, counter: &mut impl Counter) {
        loop {
            while self.step(nvram) {}
            if !self.raises() {
                return;
            }
            self.raised(counter.raise());
        }
    }

    /// The next thing to do.
    pub fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// The recorder.
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }
    /// The recorder restores, executes a command, or writes.
    pub fn busy(&self) -> bool {
        self.recorder.busy()
    }
    /// Both directions are still: suspended, or about to be.
    pub fn still(&self) -> bool {
        self.still
    }
    /// The bits of `RESYNC_STATUS`.
    pub fn status(&self) -> u32 {
        use map::resync_status as bit;
        let recorder = &self.recorder;
        let flags = [
            (recorder.busy(), bit::BUSY),
            (recorder.fault(), bit::FAULT),
            (recorder.suspended(), bit::SUSPENDED),
            (recorder.unformatted(), bit::UNFORMATTED),
            (!recorder.has_key(), bit::NO_KEY),
        ];
        flags.into_iter().filter(|(set, _)| *set).fold(0, |word, (_, bit)| word | bit)
    }
    /// The control port.
    pub fn port(&self) -> u16 {
        self.port
    }
    /// Writes the register `RESYNC`.
    pub fn set_port(&mut self, port: u16) {
        self.port = port;
    }
    /// The register `DETECT`.
    pub fn limits(&self) -> Limits {
        self.limits
    }
    /// Writes the register `DETECT`.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }
    /// Inbound SAs in quarantine, one bit each.
    pub fn quarantine(&self) -> u32 {
        self.pairs.iter().filter(|(_, pair)| pair.quarantine).fold(0, |bits, (index, _)| bits | 1 << index)
    }
    /// Whether an SA is recorded.
    pub fn is_recorded(&self, direction: Direction, index: u16) -> bool {
        recordable(index).is_some_and(|index| self.recorder.is_recorded(Place::new(direction, index)))
    }
    /// The parameters of a pair.
    pub fn parameters(&self, index: u8) -> Option<&Parameters> {
        self.pairs.get(&index).map(|pair| &pair.parameters)
    }

    /// Writes the parameters of a pair (`COMMIT` operation `WRITE_RESYNC`).
    ///
    /// # Errors
    /// [`Refusal::Index`]; [`Refusal::Pair`] where an SA of the pair is recorded: its records hold for the interval they were made with.
    pub fn write_parameters(&mut self, index: usize, parameters: Parameters) -> Result<(), Refusal> {
        let index = u16::try_from(index).ok().and_then(recordable).ok_or(Refusal::Index)?;
        if Direction::ALL.iter().any(|direction| self.recorder.is_recorded(Place::new(*direction, index))) {
            return Err(Refusal::Pair);
        }
        self.pairs.insert(index, Pair::new(parameters));
        self.port = parameters.port;
        Ok(())
    }

    /// Begins to record an SA whose words passed all other checks. When [`Action::Install`] comes out it may take effect; if the recorder falls idle
    /// without it, the NVRAM failed.
    ///
    /// # Errors
    /// [`Refusal::Pair`]: no parameters. [`Refusal::Nvram`]: no device key, not formatted, at fault.
    pub fn install(&mut self, direction: Direction, index: u16, words: &[u32; sa::WORDS]) -> Result<(), Refusal> {
        let index = recordable(index).ok_or(Refusal::Pair)?;
        let (place, parameters) = (Place::new(direction, index), self.parameters(index).ok_or(Refusal::Pair)?.to_words());
        if !self.recorder.usable() {
            return Err(Refusal::Nvram);
        }
        let mut contents = Secret([0; CONTENTS_WORDS]);
        contents.0[..sa::WORDS].copy_from_slice(words);
        contents.0[sa::WORDS..].copy_from_slice(&parameters);
        let value = u64::from(words[sa::SEQUENCE + 1]) << 32 | u64::from(words[sa::SEQUENCE]);
        self.recorder.install(place, contents, value);
        Ok(())
    }

    /// An SA took effect: it starts anew.
    pub fn installed(&mut self, direction: Direction, index: u16) {
        if let Some(pair) = recordable(index).and_then(|index| self.pairs.get_mut(&index)) {
            match direction {
                Direction::Inbound => pair.settle(),
                // What is outstanding was asked under another SA's numbers.
                Direction::Outbound => pair.verifier.forget(),
            }
        }
    }

    /// An SA left the tables; its records, if any, are erased.
    pub fn deleted(&mut self, direction: Direction, index: u16) {
        self.installed(direction, index);
        let place = recordable(index).map(|index| Place::new(direction, index));
        if let Some(place) = place.filter(|place| self.recorder.is_recorded(*place)) {
            self.recorder.delete(place);
        }
    }

    /// All SAs left the tables.
    pub fn zeroized(&mut self) {
        Place::all().for_each(|place| self.deleted(place.direction(), place.index().into()));
    }

    /// An outbound SA has taken the numbers below `next`.
    pub fn used(&mut self, index: u16, next: u64) {
        if let Some(index) = recordable(index) {
            self.recorder.used(index, next);
        }
    }

    /// An inbound SA accepted a packet; `highest` is its highest number now.
    pub fn fresh(&mut self, index: u16, highest: u64) {
        let Some(index) = recordable(index) else { return };
        if let Some(pair) = self.pairs.get_mut(&index) {
            pair.detector.fresh();
        }
        self.recorder.seen(index, highest.saturating_add(1));
    }

    /// An ICV was wrong under an inbound SA.
    pub fn authentication_failed(&mut self, index: u16) {
        self.detect(index, Detector::authentication_failed);
    }

    /// A replay under an inbound SA.
    pub fn replayed(&mut self, index: u16) {
        self.detect(index, Detector::replayed);
    }

    /// Whether the inbound SA is in quarantine: its packets are not checked for replay, and move no window.
    pub fn in_quarantine(&self, index: u16) -> bool {
        recordable(index).and_then(|index| self.pairs.get(&index)).is_some_and(|pair| pair.quarantine)
    }

    /// A packet came out of an inbound SA under `number`: the reason to drop it, if there is one.
    pub fn judge(&mut self, index: u16, number: u64, packet: &Packet) -> Option<Reason> {
        let pair = recordable(index).filter(|_| self.is_recorded(Direction::Inbound, index))?;
        self.received(pair, receiver::receive(packet, self.port, number))
    }

    /// As [`Resync::judge`], for what the receiver found.
    pub fn received(&mut self, index: u8, received: Received) -> Option<Reason> {
        let pair = self.pairs.get_mut(&index)?;
        match received {
            Received::Ordinary => pair.quarantine.then_some(Reason::Quarantine),
            Received::Unknown => Some(Reason::ControlIgnored),
            Received::Request { number, path } => {
                let reply = Reply { index, echo: number, path: path.reversed() };
                Some(if self.acknowledger.request(self.now, reply) { Reason::Control } else { Reason::ControlLimited })
            }
            Received::Ack { echo, number } => {
                if !pair.quarantine || !pair.verifier.accepts(echo) {
                    return Some(Reason::ControlIgnored);
                }
                pair.settle();
                self.recorder.seen(index, number.saturating_add(1));
                self.actions.push_back(Action::Edge { index, number });
                self.event(EventCode::ResyncFinished, Some(Place::new(Direction::Inbound, index)), number as u32);
                Some(Reason::Control)
            }
        }
    }

    /// Time passed: `now` is ticks since power-up, and never goes back.
    pub fn tick(&mut self, now: u64) {
        self.now = self.now.max(now);
    }

    /// When the next control datagram is due; replies are at once.
    pub fn next_due(&self) -> Option<u64> {
        if self.still {
            return None;
        }
        let reply = self.acknowledger.pending().map(|_| self.now);
        reply.or_else(|| self.pairs.values().filter_map(|pair| pair.requester.due()).min())
    }

    /// The control datagram that is due now, replies first. It stays due until [`Resync::sent`].
    pub fn due(&self) -> Option<Outgoing> {
        if self.still {
            return None;
        }
        if let Some(Reply { index, echo, path }) = self.acknowledger.pending() {
            return Some(Outgoing { index, path, echo: Some(echo) });
        }
        let due = |pair: &Pair| pair.requester.due().is_some_and(|due| due <= self.now);
        let (index, pair) = self.pairs.iter().find(|(_, pair)| due(pair))?;
        let path = Path { endpoints: pair.parameters.endpoints, source_port: self.port, destination_port: self.port };
        Some(Outgoing { index: *index, path, echo: None })
    }

    /// The datagram was sealed under this number; `None`: there is no SA or no number for it, and it is given up.
    pub fn sent(&mut self, outgoing: &Outgoing, number: Option<u64>) {
        if outgoing.is_reply() {
            return self.acknowledger.done();
        }
        let (now, index) = (self.now, outgoing.index);
        let Some(pair) = self.pairs.get_mut(&index) else { return };
        match number {
            Some(number) => pair.verifier.asked(number),
            None => pair.verifier.forget(),
        }
        if let Some(failures) = pair.requester.sent(now, &pair.parameters) {
            self.event(EventCode::ResyncFailed, Some(Place::new(Direction::Inbound, index)), failures);
        }
    }

    /// The driver says that a pair has lost its peer (`RESYNC_COMMAND` desynchronise).
    pub fn desynchronise(&mut self, index: u8) {
        self.lose(index, Cause::Command);
    }

    /// Both directions stop, exact values are recorded (`RESYNC_COMMAND` suspend).
    pub fn suspend(&mut self) {
        if !self.still {
            self.still = true;
            self.recorder.suspend(self.quarantine());
        }
    }

    /// Both directions go on (`RESYNC_COMMAND` resume), where the exact records could be replaced.
    pub fn resume(&mut self) {
        if self.recorder.suspended() {
            self.recorder.resume();
        }
    }

    /// Clears the NVRAM (`RESYNC_COMMAND` format).
    pub fn format(&mut self) {
        self.recorder.format();
    }

    fn recorded(&mut self, outcome: Outcome) {
        let action = match outcome {
            Outcome::Restored { place, contents, value, limit, lost } => return self.restored(place, &contents, value, limit, lost),
            Outcome::Refused(place) => return self.event(EventCode::RecordRefused, Some(place), u32::from(place.number())),
            Outcome::Fault => return self.event(EventCode::NvramFault, None, 0),
            Outcome::Resumed => {
                self.still = false;
                return;
            }
            Outcome::Installed { place, limit } => Action::Install { place, limit },
            Outcome::Limit { index, limit } => Action::Limit { index, limit },
            Outcome::PoweredUp | Outcome::Edge(_) | Outcome::Deleted(_) | Outcome::Suspended | Outcome::Formatted => return,
        };
        self.actions.push_back(action);
    }

    fn restored(&mut self, place: Place, contents: &Contents, value: u64, limit: u64, lost: bool) {
        let mut words = Secret([0; sa::WORDS]);
        words.0.copy_from_slice(&contents.0[..sa::WORDS]);
        words.0[sa::SEQUENCE..sa::SEQUENCE + 2].copy_from_slice(&[value as u32, (value >> 32) as u32]);
        let mut parameters = [0; pair::WORDS];
        parameters.copy_from_slice(&contents.0[sa::WORDS..]);
        // Authentic, and checked when they were written.
        let parameters = Parameters::decode(&parameters);
        self.pairs.entry(place.index()).or_insert(Pair::new(parameters)).parameters = parameters;
        self.port = parameters.port;
        self.actions.extend([Action::Restore { place, words, limit }, Action::Enable]);
        if lost {
            self.lose(place.index(), Cause::Restore);
        }
    }

    fn detect(&mut self, index: u16, with: impl FnOnce(&mut Detector, Limits) -> Option<Cause>) {
        let (limits, Some(index)) = (self.limits, recordable(index)) else { return };
        let Some(pair) = self.pairs.get_mut(&index).filter(|pair| !pair.quarantine) else { return };
        if let Some(cause) = with(&mut pair.detector, limits) {
            self.lose(index, cause);
        }
    }

    /// A recorded inbound SA goes into quarantine.
    fn lose(&mut self, index: u8, cause: Cause) {
        let recorded = self.is_recorded(Direction::Inbound, index.into());
        let Some(pair) = self.pairs.get_mut(&index).filter(|pair| recorded && !pair.quarantine) else { return };
        pair.settle();
        pair.quarantine = true;
        let wait = self.spread.below(pair.parameters.spread);
        pair.requester.start(self.now.saturating_add(wait));
        self.event(EventCode::ResyncStarted, Some(Place::new(Direction::Inbound, index)), u32::from(cause.code()));
    }

    fn event(&mut self, code: EventCode, place: Option<Place>, detail: u32) {
        self.actions.push_back(Action::Event { code, place, detail });
    }
}
