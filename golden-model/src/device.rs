//! The device: settings, tables, counters and events around the two directions.

use crate::counters::Counters;
use crate::event::{Event, Events};
use crate::resync::counter::{Counter, Silent};
use crate::resync::nvram::{Absent, Nvram};
use crate::resync::record::DeviceKey;
use crate::resync::Resync;
use crate::sad::{SaConfig, Sad};
use crate::spd::{RuleConfig, Spd};
use crate::window::WINDOW_MAX;
use crate::wire::frame::Frame;
use crate::wire::parse::{Content, Packet};
use crate::Direction;
use holdfast_registers::{map, rule, sa, wire, Reason, Refusal};

/// Most SAs per direction.
const MOST_SAS: usize = 1024;

/// Sizes fixed when a device is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Outbound SAs, at most 1024: an index has ten bits. More acts as 1024.
    pub sa_outbound: usize,
    /// Inbound SAs, at most 1024.
    pub sa_inbound: usize,
    /// Outbound rules.
    pub rules_outbound: usize,
    /// Inbound rules.
    pub rules_inbound: usize,
    /// Largest anti-replay window in packets, at most 1024.
    pub window: u16,
    /// Longest host frame in bytes without FCS (`CAP_LIMITS.frame`), at most 65,439, so that every sealed length fits its field.
    pub frame: u16,
    /// Events that wait at most.
    pub events: usize,
}

impl Sizes {
    /// Profile compact.
    pub const COMPACT: Sizes =
        Sizes { sa_outbound: 32, sa_inbound: 32, rules_outbound: 16, rules_inbound: 16, window: WINDOW_MAX, frame: 1522, events: 1024 };

    /// As [`Sizes::COMPACT`] with frames of up to 9,022 bytes.
    pub const JUMBO: Sizes = Sizes { frame: 9022, ..Sizes::COMPACT };

    fn limited(self) -> Self {
        Sizes {
            sa_outbound: self.sa_outbound.min(MOST_SAS),
            sa_inbound: self.sa_inbound.min(MOST_SAS),
            window: self.window.min(WINDOW_MAX),
            frame: self.frame.min(u16::MAX - wire::OVERHEAD as u16),
            ..self
        }
    }
}

/// What the registers `CONTROL`, `POLICY`, `NAT_T_PORT` and `MAX_FRAME` hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Frames are processed; otherwise each is dropped as `disabled`.
    pub enable: bool,
    /// Bits of `registers::map::policy`.
    pub policy: u32,
    /// UDP destination port of inbound ESP in UDP.
    pub nat_t_port: u16,
    /// Longest host frame in bytes without FCS; above [`Sizes::frame`] it acts as that.
    pub max_frame: u16,
}

impl Settings {
    /// As after reset: disabled, ARP and neighbour discovery pass, port 4500, 1522 bytes.
    pub const RESET: Settings = Settings { enable: false, policy: map::policy::RESET, nat_t_port: wire::NAT_T_PORT, max_frame: 1522 };
}

/// How a frame was delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Unchanged.
    Bypassed,
    /// Sealed under an outbound SA.
    Sealed {
        /// Index of the SA.
        sa: u16,
        /// The number it took.
        sequence: u64,
    },
    /// Opened under an inbound SA.
    Opened {
        /// Index of the SA.
        sa: u16,
        /// The number it carried.
        sequence: u64,
    },
}

/// What became of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It left at the other port.
    Delivered {
        /// The bytes that left.
        frame: Vec<u8>,
        /// How.
        kind: Kind,
    },
    /// It was dropped, for this reason.
    Dropped(Reason),
}

impl Verdict {
    /// The frame that left, if it did.
    pub fn frame(&self) -> Option<&[u8]> {
        match self {
            Verdict::Delivered { frame, .. } => Some(frame),
            Verdict::Dropped(_) => None,
        }
    }
    /// Why it was dropped, if it was.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Verdict::Delivered { .. } => None,
            Verdict::Dropped(reason) => Some(*reason),
        }
    }
}

/// The engine as a value: frames in, verdicts out.
pub struct Device {
    pub(crate) sizes: Sizes,
    pub(crate) settings: Settings,
    pub(crate) sad: Sad,
    pub(crate) spd_outbound: Spd,
    pub(crate) spd_inbound: Spd,
    pub(crate) counters_outbound: Counters,
    pub(crate) counters_inbound: Counters,
    pub(crate) events: Events,
    pub(crate) resync: Resync,
    pub(crate) nvram: Box<dyn Nvram + Send>,
    pub(crate) counter: Box<dyn Counter + Send>,
}

impl Device {
    /// A device as after reset, with neither NVRAM nor device key.
    pub fn new(sizes: Sizes) -> Self {
        Self::power_up(sizes, Box::new(Absent), None, 0)
    }

    /// A device as at power-up: what is recorded in the NVRAM under the device key is back when this returns. `seed` spreads its first requests.
    pub fn power_up(sizes: Sizes, nvram: Box<dyn Nvram + Send>, key: Option<&DeviceKey>, seed: u64) -> Self {
        Self::start(sizes, nvram, Box::new(NoCounter), Resync::power_up(key, seed))
    }

    /// As [`Device::power_up`], with an external monotonic counter: the epoch is its value.
    pub fn power_up_with_counter(
        sizes: Sizes,
        nvram: Box<dyn Nvram + Send>,
        counter: Box<dyn Counter + Send>,
        key: Option<&DeviceKey>,
        seed: u64,
    ) -> Self {
        Self::start(sizes, nvram, counter, Resync::power_up(key, seed).with_counter())
    }

    fn start(sizes: Sizes, nvram: Box<dyn Nvram + Send>, counter: Box<dyn Counter + Send>, resync: Resync) -> Self {
        let sizes = sizes.limited();
        let mut device = Device {
            sizes,
            settings: Settings::RESET,
            sad: Sad::new(sizes.sa_outbound, sizes.sa_inbound),
            spd_outbound: Spd::new(sizes.rules_outbound),
            spd_inbound: Spd::new(sizes.rules_inbound),
            counters_outbound: Counters::new(sizes.sa_outbound),
            counters_inbound: Counters::new(sizes.sa_inbound),
            events: Events::new(sizes.events),
            resync,
            nvram,
            counter,
        };
        device.settle();
        device
    }

    /// The sizes, as limited.
    pub fn sizes(&self) -> Sizes {
        self.sizes
    }
    /// The settings.
    pub fn settings(&self) -> Settings {
        self.settings
    }
    /// Writes the settings.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Installs or replaces an SA from its staged words. Counters stay.
    ///
    /// # Errors
    /// As the page "What happens to a frame", section Commits; nothing changes then.
    pub fn install_sa(&mut self, direction: Direction, index: usize, words: &[u32; sa::WORDS]) -> Result<(), Refusal> {
        let mut config = self.sad.check(direction, index, words, self.sizes.window)?;
        let at = index as u16;
        if config.recorded {
            let limit = self.record(direction, at, words)?;
            config.allow(limit);
        }
        self.sad.install(index, &config);
        match config.recorded {
            true => self.resync.installed(direction, at),
            false => self.resync.deleted(direction, at),
        }
        self.settle();
        Ok(())
    }

    /// As [`Device::install_sa`], in the direction the SA is for.
    ///
    /// # Errors
    /// As [`Device::install_sa`].
    pub fn install(&mut self, index: usize, config: &SaConfig) -> Result<(), Refusal> {
        self.install_sa(config.direction(), index, &config.to_words())
    }

    /// Deletes an SA and wipes its key. It need not be there.
    ///
    /// # Errors
    /// [`Refusal::Index`].
    pub fn delete_sa(&mut self, direction: Direction, index: usize) -> Result<(), Refusal> {
        self.sad.delete(direction, index)?;
        self.resync.deleted(direction, index as u16);
        self.settle();
        Ok(())
    }

    /// Writes a rule from its staged words; without VALID it is removed.
    ///
    /// # Errors
    /// [`Refusal::Index`], [`Refusal::Rule`]; nothing changes then.
    pub fn write_rule(&mut self, direction: Direction, index: usize, words: &[u32; rule::WORDS]) -> Result<(), Refusal> {
        let sas = self.sad.size(direction);
        self.spd_mut(direction).write(index, words, sas)
    }

    /// Writes a rule.
    ///
    /// # Errors
    /// As [`Device::write_rule`].
    pub fn set_rule(&mut self, direction: Direction, index: usize, config: &RuleConfig) -> Result<(), Refusal> {
        self.write_rule(direction, index, &config.to_words())
    }

    /// Wipes all keys, SAs and rules (`CONTROL.zeroize`), records included. Settings, resync parameters, counters and events stay.
    pub fn zeroize(&mut self) {
        self.sad.clear();
        self.resync.zeroized();
        self.settle();
        self.spd_outbound.clear();
        self.spd_inbound.clear();
    }

    /// The next sequence number of an outbound SA.
    pub fn next_sequence(&self, sa: usize) -> Option<u64> {
        Some(self.sad.outbound.get(sa)?.as_ref()?.sequence.next())
    }
    /// The highest sequence number an inbound SA has accepted.
    pub fn highest(&self, sa: usize) -> Option<u64> {
        Some(self.sad.inbound.get(sa)?.as_ref()?.window.highest())
    }
    /// The rules of a direction.
    pub fn spd(&self, direction: Direction) -> &Spd {
        match direction {
            Direction::Outbound => &self.spd_outbound,
            Direction::Inbound => &self.spd_inbound,
        }
    }
    /// The counters of a direction.
    pub fn counters(&self, direction: Direction) -> &Counters {
        match direction {
            Direction::Outbound => &self.counters_outbound,
            Direction::Inbound => &self.counters_inbound,
        }
    }
    /// Removes the oldest event.
    pub fn take_event(&mut self) -> Option<Event> {
        self.events.take()
    }
    /// Whether an event was lost since the last call.
    pub fn take_overflow(&mut self) -> bool {
        self.events.take_overflow()
    }

    /// A frame at the host port, on its way to the network.
    pub fn outbound(&mut self, frame: &[u8]) -> Verdict {
        let mut out = Vec::with_capacity(frame.len() + wire::OVERHEAD);
        verdict(self.outbound_into(frame, &mut out), out)
    }

    /// A frame at the network port, on its way to the host.
    pub fn inbound(&mut self, frame: &[u8]) -> Verdict {
        let mut out = Vec::with_capacity(frame.len());
        verdict(self.inbound_into(frame, &mut out), out)
    }

    /// As [`Device::outbound`], into a buffer that can be used again. What was in it is gone; after a drop it is empty.
    ///
    /// # Errors
    /// The reason it was dropped for.
    pub fn outbound_into(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Result<Kind, Reason> {
        out.clear();
        let outcome = self.seal_or_pass(frame, out);
        self.settle();
        account(&mut self.counters_outbound, frame.len(), out, outcome)
    }

    /// As [`Device::inbound`], into a buffer that can be used again. What was in it is gone; after a drop it is empty.
    ///
    /// # Errors
    /// The reason it was dropped for.
    pub fn inbound_into(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Result<Kind, Reason> {
        out.clear();
        let outcome = self.open_or_pass(frame, out);
        self.settle();
        account(&mut self.counters_inbound, frame.len(), out, outcome)
    }

    fn spd_mut(&mut self, direction: Direction) -> &mut Spd {
        match direction {
            Direction::Outbound => &mut self.spd_outbound,
            Direction::Inbound => &mut self.spd_inbound,
        }
    }

    /// The checks both directions begin with. `extra` bytes above `MAX_FRAME` are accepted.
    pub(crate) fn admit<'a>(&self, frame: &'a [u8], extra: usize) -> Result<Frame<'a>, Reason> {
        if frame.len() > usize::from(self.settings.max_frame.min(self.sizes.frame)) + extra {
            return Err(Reason::TooLong);
        }
        // The hardware lets frames wait while it is suspended; here nothing waits.
        if !self.settings.enable || self.resync.still() {
            return Err(Reason::Disabled);
        }
        Frame::new(frame)
    }

    /// What the policy bits let pass before any rule is asked.
    ///
    /// # Errors
    /// [`Reason::NoPolicy`] for what is no IP packet and has no bit. `Ok(Some(..))`: an IP packet the rules decide on.
    pub(crate) fn before_rules<'p, 'a>(&self, content: &'p Content<'a>) -> Result<Option<&'p Packet<'a>>, Reason> {
        let allowed = |bit| self.settings.policy & bit != 0;
        match content {
            Content::Arp if allowed(map::policy::BYPASS_ARP) => Ok(None),
            Content::NonIp if allowed(map::policy::BYPASS_NON_IP) => Ok(None),
            Content::Arp | Content::NonIp => Err(Reason::NoPolicy),
            Content::Packet(packet) if allowed(map::policy::BYPASS_NEIGHBOUR_DISCOVERY) && packet.is_neighbour_discovery() => Ok(None),
            Content::Packet(packet) => Ok(Some(packet)),
        }
    }
}

/// There is no counter, and nobody asks for one.
struct NoCounter;

impl Counter for NoCounter {
    fn raise(&mut self) -> Result<u32, Silent> {
        Err(Silent)
    }
}

/// Lets a frame pass unchanged.
pub(crate) fn pass(frame: &[u8], out: &mut Vec<u8>) -> Result<Kind, Reason> {
    out.extend_from_slice(frame);
    Ok(Kind::Bypassed)
}

fn account(counters: &mut Counters, bytes_in: usize, out: &mut Vec<u8>, outcome: Result<Kind, Reason>) -> Result<Kind, Reason> {
    counters.frame_in(bytes_in);
    match outcome {
        Ok(_) => counters.frame_out(out.len()),
        Err(reason) => {
            out.clear();
            counters.drop_frame(reason);
        }
    }
    outcome
}

fn verdict(outcome: Result<Kind, Reason>, frame: Vec<u8>) -> Verdict {
    match outcome {
        Ok(kind) => Verdict::Delivered { frame, kind },
        Err(reason) => Verdict::Dropped(reason),
    }
}
