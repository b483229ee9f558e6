//! Host to network: find the rule, take a number, seal.

use crate::device::{pass, Device, Kind};
use crate::event::Event;
use crate::sad::{Endpoints, Mode, OutboundSa};
use crate::spd::Action;
use crate::wire::bytes::put;
use crate::wire::parse::{Content, Fragment, Packet};
use crate::wire::{esp, ip};
use crate::Direction;
use holdfast_registers::wire::{protocol, ESP_HEADER, ESP_ICV, ESP_IV};
use holdfast_registers::{EventCode, Reason};

/// Bytes ESP adds around the ciphertext.
const ESP_FIXED: usize = ESP_HEADER + ESP_IV + ESP_ICV;

impl Device {
    pub(crate) fn seal_or_pass(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Result<Kind, Reason> {
        let content = Content::parse(self.admit(frame, 0)?)?;
        let Some(packet) = self.before_rules(&content)? else { return pass(frame, out) };
        match self.spd_outbound.classify(packet.selectors()) {
            None => Err(Reason::NoPolicy),
            Some(Action::Discard) => Err(Reason::PolicyDiscard),
            Some(Action::Bypass) => pass(frame, out),
            Some(Action::Protect { sa }) => self.seal(packet, sa, out),
        }
    }

    fn seal(&mut self, packet: &Packet, index: u16, out: &mut Vec<u8>) -> Result<Kind, Reason> {
        let sa = self.sad.outbound.get_mut(usize::from(index)).and_then(Option::as_deref_mut).ok_or(Reason::NoSa)?;
        let layout = Layout::new(packet, sa)?;
        let address = match sa.mode {
            Mode::Tunnel => sa.endpoints.remote(),
            Mode::Transport => packet.destination(),
        };
        let event = |code, detail| Event { code, direction: Direction::Outbound, sa: Some(index), detail, address };
        if !layout.fits(sa.mtu) {
            self.events.push(event(EventCode::TooBig, layout.largest(sa.mtu)));
            return Err(Reason::TooBig);
        }
        let Some(number) = sa.sequence.take() else {
            self.events.push(event(EventCode::SequenceLimit, sa.spi));
            return Err(Reason::SequenceLimit);
        };
        layout.write(packet, sa, number, out);
        self.resync.used(index, sa.sequence.next());
        self.counters_outbound.sa(index, layout.ciphertext);
        Ok(Kind::Sealed { sa: index, sequence: number })
    }
}

/// Where the bytes of a sealed packet go.
pub(crate) struct Layout {
    /// Offset of the payload in the frame.
    payload: usize,
    /// What the trailer calls it.
    next_header: u8,
    /// Bytes of the packet that stay in the clear in front of ESP: none in tunnel mode.
    kept: usize,
    /// Bytes of the sealed IP packet without the ciphertext.
    fixed: usize,
    /// Bytes of the ciphertext.
    pub(crate) ciphertext: usize,
}

impl Layout {
    pub(crate) fn new(packet: &Packet, sa: &OutboundSa) -> Result<Self, Reason> {
        let family = packet.selectors().family;
        let udp = if sa.udp.is_some() { esp::UDP_HEADER } else { 0 };
        let (payload, next_header, kept, header) = match sa.mode {
            Mode::Tunnel => (packet.l3(), family.protocol(), 0, sa.endpoints.family().header()),
            Mode::Transport if family != sa.endpoints.family() => return Err(Reason::NoSa),
            // RFC 4301 section 7: transport mode is for whole packets.
            Mode::Transport if packet.fragment() != Fragment::Whole => return Err(Reason::Fragment),
            Mode::Transport => {
                let kept = packet.insertion() - packet.l3();
                (packet.insertion(), packet.frame()[packet.insertion_named_at()], kept, kept)
            }
        };
        let ciphertext = esp::ciphertext_length(packet.end() - payload);
        Ok(Layout { payload, next_header, kept, fixed: header + udp + ESP_FIXED, ciphertext })
    }

    /// Whether the sealed packet is within an MTU; 0: any is.
    pub(crate) fn fits(&self, mtu: usize) -> bool {
        mtu == 0 || self.fixed + self.ciphertext <= mtu
    }

    /// The largest IP packet that fits an MTU before encapsulation; 0: none does.
    fn largest(&self, mtu: usize) -> u32 {
        let room = mtu.saturating_sub(self.fixed) / 4 * 4;
        if room < 2 {
            0
        } else {
            (room - 2 + self.kept) as u32
        }
    }

    pub(crate) fn write(&self, packet: &Packet, sa: &OutboundSa, number: u64, out: &mut Vec<u8>) {
        let l3 = packet.l3();
        let protocol = if sa.udp.is_some() { protocol::UDP } else { protocol::ESP };
        out.extend_from_slice(&packet.frame()[..l3 + self.kept]);
        if sa.mode == Mode::Tunnel {
            put(out, l3 - 2, sa.endpoints.family().ethertype().to_be_bytes());
            let behind = self.fixed - sa.endpoints.family().header() + self.ciphertext;
            let outer = ip::Outer { traffic_class: packet.traffic_class(), protocol, hop_limit: sa.hop_limit, payload: behind as u16 };
            match sa.endpoints {
                Endpoints::V4 { local, remote } => {
                    ip::append_ipv4(out, outer, number as u16, packet.do_not_fragment(), local, remote);
                }
                Endpoints::V6 { local, remote } => ip::append_ipv6(out, outer, local, remote),
            }
        }
        if let Some(ports) = sa.udp {
            let length = esp::UDP_HEADER + ESP_FIXED + self.ciphertext;
            ip::append_udp(out, ports.source, ports.destination, length as u16);
        }
        out.extend_from_slice(&sa.spi.to_be_bytes());
        out.extend_from_slice(&(number as u32).to_be_bytes());
        out.extend_from_slice(&number.to_be_bytes());
        let text = out.len();
        let payload = &packet.frame()[self.payload..packet.end()];
        out.extend_from_slice(payload);
        esp::append_trailer(out, payload.len(), self.next_header);
        let icv = sa.cipher.seal(number, &mut out[text..]);
        out.extend_from_slice(&icv);
        if sa.mode == Mode::Transport {
            ip::rewrite(out, l3, packet.selectors().family, packet.insertion_named_at(), protocol);
        }
    }
}
