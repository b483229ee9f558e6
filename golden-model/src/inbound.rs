//! Network to host: find the SA, verify, check for replay, open, and check the packet against the SA's rule.

use crate::device::{pass, Device, Kind};
use crate::event::Event;
use crate::sad::{InboundKey, Mode};
use crate::spd::Action;
use crate::wire::bytes::put;
use crate::wire::esp::{self, Carried, Esp, Trailer};
use crate::wire::frame::Frame;
use crate::wire::parse::{Content, Family, Packet};
use crate::wire::{ecn, ip};
use crate::Direction;
use holdfast_registers::wire::{protocol, OVERHEAD};
use holdfast_registers::{EventCode, Reason};

impl Device {
    pub(crate) fn open_or_pass(&mut self, frame: &[u8], out: &mut Vec<u8>) -> Result<Kind, Reason> {
        let content = Content::parse(self.admit(frame, OVERHEAD)?)?;
        if let Content::Packet(packet) = &content {
            match esp::find(packet, self.settings.nat_t_port)? {
                Carried::Clear => {}
                Carried::Esp { esp, udp } => return self.open(packet, &esp, udp, out),
                Carried::Fragment => {
                    self.counters_inbound.fragment_to_host();
                    self.events.push(event(packet, EventCode::FragmentToHost, None, 0));
                    return pass(frame, out);
                }
            }
        }
        let Some(packet) = self.before_rules(&content)? else { return pass(frame, out) };
        match self.spd_inbound.classify(packet.selectors()) {
            None => Err(Reason::NoPolicy),
            Some(Action::Discard) => Err(Reason::PolicyDiscard),
            Some(Action::Protect { .. }) => Err(Reason::Unprotected),
            Some(Action::Bypass) => pass(frame, out),
        }
    }

    fn open(&mut self, packet: &Packet, esp: &Esp, udp: bool, out: &mut Vec<u8>) -> Result<Kind, Reason> {
        let selectors = packet.selectors();
        let key = InboundKey { spi: esp.spi, family: selectors.family, local: selectors.destination, udp };
        let Some((index, sa)) = self.sad.find(&key) else {
            self.events.push(event(packet, EventCode::UnknownSpi, None, esp.spi));
            return Err(Reason::UnknownSpi);
        };
        let index = index as u16;

        // What stays in front of the payload: in transport mode the header up to ESP or UDP.
        let l3 = packet.l3();
        let text = match sa.mode {
            Mode::Tunnel => l3,
            Mode::Transport => packet.l4(),
        };
        out.extend_from_slice(&packet.frame()[..text]);
        out.extend_from_slice(esp.ciphertext);

        let number = sa.number(esp.low);
        if !sa.cipher.open(number, &esp.iv, &mut out[text..], &esp.icv) {
            self.events.push(event(packet, EventCode::AuthenticationFailure, Some(index), esp.spi));
            self.resync.authentication_failed(index);
            return Err(Reason::Icv);
        }
        // In quarantine the window is of no use, and nothing is delivered.
        if !self.resync.in_quarantine(index) {
            if !sa.window.accept(number) {
                self.events.push(event(packet, EventCode::Replay, Some(index), esp.low));
                self.resync.replayed(index);
                return Err(Reason::Replay);
            }
            self.resync.fresh(index, sa.window.highest());
            self.counters_inbound.sa(index, esp.ciphertext.len());
        }

        let trailer = Trailer::parse(&out[text..])?;
        out.truncate(text + trailer.payload);
        let inner = match (trailer.next_header, sa.mode) {
            (protocol::NO_NEXT, _) => return Err(Reason::Dummy),
            (_, Mode::Transport) => None,
            (protocol::IPV4, Mode::Tunnel) => Some(Family::V4),
            (protocol::IPV6, Mode::Tunnel) => Some(Family::V6),
            (_, Mode::Tunnel) => return Err(Reason::NextHeader),
        };
        match inner {
            Some(family) => {
                ecn::decapsulate(&mut out[l3..], family, packet.traffic_class())?;
                put(out, l3 - 2, family.ethertype().to_be_bytes());
            }
            None => ip::rewrite(out, l3, selectors.family, packet.upper_named_at(), trailer.next_header),
        }

        let Ok(Content::Packet(inside)) = Frame::new(out).and_then(Content::parse) else { return Err(Reason::Inner) };
        if let Some(reason) = self.resync.judge(index, number, &inside) {
            return Err(reason);
        }
        // RFC 4301 section 5.2: the packet must be one this SA may carry.
        if self.spd_inbound.classify(inside.selectors()) != Some(Action::Protect { sa: index }) {
            return Err(Reason::Selector);
        }
        let end = inside.end();
        out.truncate(end);
        Ok(Kind::Opened { sa: index, sequence: number })
    }
}

fn event(packet: &Packet, code: EventCode, sa: Option<u16>, detail: u32) -> Event {
    Event { code, direction: Direction::Inbound, sa, detail, address: packet.source() }
}
