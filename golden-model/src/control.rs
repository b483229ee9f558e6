//! The device and what of it survives: resync parameters, commands to the recorder, frames that it sends by itself.

use crate::device::Device;
use crate::event::Event;
use crate::outbound::Layout;
use crate::resync::detector::Limits;
use crate::resync::nvram::Nvram;
use crate::resync::parameters::Parameters;
use crate::resync::record::Place;
use crate::resync::{Action, Outgoing};
use crate::sad::SaConfig;
use crate::window::Window;
use crate::wire::control::Datagram;
use crate::wire::frame::Frame;
use crate::wire::parse::Content;
use crate::Direction;
use holdfast_registers::{pair, record, sa, Refusal};
use std::net::Ipv4Addr;

/// A frame that the device sends by itself at the network port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// The sealed frame.
    pub frame: Vec<u8>,
    /// What is in it.
    pub datagram: Datagram,
    /// Index of the outbound SA it was sealed under.
    pub sa: u16,
    /// The number it took.
    pub sequence: u64,
}

impl Device {
    /// Writes the resync parameters of a pair from its staged words, and the control port with them.
    ///
    /// # Errors
    /// [`Refusal::Index`], [`Refusal::Pair`].
    pub fn write_resync(&mut self, index: usize, words: &[u32; pair::WORDS]) -> Result<(), Refusal> {
        if index >= self.sizes.sa_outbound.min(self.sizes.sa_inbound).min(record::INBOUND as usize) {
            return Err(Refusal::Index);
        }
        self.resync.write_parameters(index, Parameters::from_words(words)?)
    }

    /// Writes the resync parameters of a pair.
    ///
    /// # Errors
    /// As [`Device::write_resync`].
    pub fn set_parameters(&mut self, index: usize, parameters: &Parameters) -> Result<(), Refusal> {
        self.write_resync(index, &parameters.to_words())
    }

    /// The time is `ticks` (of 256 clocks) since power-up; it never goes back.
    pub fn tick(&mut self, ticks: u64) {
        self.resync.tick(ticks);
    }

    /// When [`Device::take_control`] will have something, unless something else happens; replies are due at once.
    pub fn next_due(&self) -> Option<u64> {
        self.resync.next_due()
    }

    /// The next control frame that is due, sealed now: it takes the SA's next number. Replies come first, then requests by SA index.
    pub fn take_control(&mut self) -> Option<Control> {
        // Whatever cannot be sealed is given up, and a request comes again later: this ends.
        while let Some(outgoing) = self.resync.due() {
            let control = self.seal_control(&outgoing);
            self.resync.sent(&outgoing, control.as_ref().map(|control| control.sequence));
            self.settle();
            if control.is_some() {
                return control;
            }
        }
        None
    }

    /// Puts the inbound SA of a pair into quarantine, where it is recorded (`RESYNC_COMMAND` 1).
    pub fn desynchronise(&mut self, index: u8) {
        self.resync.desynchronise(index);
        self.settle();
    }

    /// Stops both directions and records exact values (`RESYNC_COMMAND` 2). Until [`Device::resume`] frames are dropped as `disabled`; the
    /// hardware lets them wait.
    pub fn suspend(&mut self) {
        self.resync.suspend();
        self.settle();
    }

    /// Goes on after [`Device::suspend`] (`RESYNC_COMMAND` 3).
    pub fn resume(&mut self) {
        self.resync.resume();
        self.settle();
    }

    /// Clears the NVRAM (`RESYNC_COMMAND` 4): for a new part or a new device key only.
    pub fn format(&mut self) {
        self.resync.format();
        self.settle();
    }

    /// The register `RESYNC_STATUS`. Never busy: every call here ends with the NVRAM written.
    pub fn resync_status(&self) -> u32 {
        self.resync.status()
    }
    /// The register `QUARANTINE`.
    pub fn quarantine(&self) -> u32 {
        self.resync.quarantine()
    }
    /// The register `RESYNC`: the control port.
    pub fn control_port(&self) -> u16 {
        self.resync.port()
    }
    /// Writes the register `RESYNC`.
    pub fn set_control_port(&mut self, port: u16) {
        self.resync.set_port(port);
    }
    /// Writes the register `DETECT`.
    pub fn set_detect(&mut self, limits: Limits) {
        self.resync.set_limits(limits);
    }
    /// The parameters of a pair.
    pub fn parameters(&self, index: u8) -> Option<&Parameters> {
        self.resync.parameters(index)
    }
    /// Whether an SA is recorded.
    pub fn is_recorded(&self, direction: Direction, index: u16) -> bool {
        self.resync.is_recorded(direction, index)
    }
    /// The limit of an outbound SA.
    pub fn limit(&self, sa: usize) -> Option<u64> {
        Some(self.sad.outbound.get(sa)?.as_ref()?.sequence.limit())
    }

    /// The power fails: what is left is the NVRAM.
    pub fn power_off(self) -> Box<dyn Nvram + Send> {
        self.nvram
    }

    /// Records an SA that is about to be installed, and answers its limit.
    pub(crate) fn record(&mut self, direction: Direction, index: u16, words: &[u32; sa::WORDS]) -> Result<u64, Refusal> {
        self.resync.install(direction, index, words)?;
        self.settle().ok_or(Refusal::Nvram)
    }

    /// Lets the recorder write whatever it has to, and does what comes of it. The limit of an SA that was recorded, if one was.
    pub(crate) fn settle(&mut self) -> Option<u64> {
        let mut installed = None;
        self.resync.settle(&mut self.nvram, &mut self.counter);
        while let Some(action) = self.resync.next_action() {
            match action {
                Action::Install { limit, .. } => installed = Some(limit),
                Action::Restore { place, words, limit } => self.restore(place, &words.0, limit),
                Action::Limit { index, limit } => {
                    if let Some(Some(sa)) = self.sad.outbound.get_mut(usize::from(index)) {
                        sa.sequence.set_limit(limit);
                    }
                }
                Action::Edge { index, number } => {
                    if let Some(Some(sa)) = self.sad.inbound.get_mut(usize::from(index)) {
                        sa.window = Window::new(sa.window.size(), number);
                    }
                }
                Action::Event { code, place, detail } => {
                    let direction = place.map_or(Direction::Outbound, Place::direction);
                    let sa = place.map(|place| place.index().into());
                    self.events.push(Event { code, direction, sa, detail, address: Ipv4Addr::UNSPECIFIED.into() });
                }
                Action::Enable => self.settings.enable = true,
            }
        }
        installed
    }

    fn restore(&mut self, place: Place, words: &[u32; sa::WORDS], limit: u64) {
        // It passed all checks when it was recorded, and is authentic; a device with smaller tables is another device.
        if let Ok(mut config) = SaConfig::from_words(place.direction(), words, self.sizes.window) {
            config.allow(limit);
            if usize::from(place.index()) < self.sad.size(place.direction()) {
                self.sad.install(usize::from(place.index()), &config);
            }
        }
    }

    /// Seals a control datagram as outbound traffic from step 4 on; what stops it there stops it here, unseen.
    fn seal_control(&mut self, outgoing: &Outgoing) -> Option<Control> {
        let link = self.resync.parameters(outgoing.index)?.link;
        let frame = |number| {
            let datagram = outgoing.datagram(number);
            let mut bytes = Vec::new();
            link.append(&mut bytes, datagram.path.endpoints.family().ethertype());
            datagram.append(&mut bytes);
            (bytes, datagram)
        };
        let sa = self.sad.outbound.get_mut(usize::from(outgoing.index))?.as_deref_mut()?;
        // The length decides whether it fits, and does not depend on the number.
        let (probe, _) = frame(0);
        let Ok(Content::Packet(packet)) = Frame::new(&probe).and_then(Content::parse) else { return None };
        let layout = Layout::new(&packet, sa).ok().filter(|layout| layout.fits(sa.mtu))?;
        let sequence = sa.sequence.take()?;
        let (bytes, datagram) = frame(sequence);
        let Ok(Content::Packet(packet)) = Frame::new(&bytes).and_then(Content::parse) else { return None };
        let mut out = Vec::new();
        layout.write(&packet, sa, sequence, &mut out);
        self.resync.used(outgoing.index.into(), sa.sequence.next());
        self.counters_outbound.sa(outgoing.index.into(), layout.ciphertext);
        self.counters_outbound.control_sent();
        self.counters_outbound.frame_out(out.len());
        Some(Control { frame: out, datagram, sa: outgoing.index.into(), sequence })
    }
}
