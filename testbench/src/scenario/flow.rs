//! What hosts send.

use super::plan::{self, Made, Source};
use holdfast_model::wire::checksum;
use holdfast_registers::wire::{protocol, ETHERTYPE_IPV4, ETHERTYPE_IPV6};
use std::net::IpAddr;

const ETHERNET: usize = 14;
const UDP: usize = 8;
/// Frames that wait at a device before its host sends no more.
pub const WAITING: usize = 8;

/// A flow in progress.
pub struct Flow {
    plan: plan::Flow,
    next: u64,
    /// Frames sent so far.
    pub sent: u64,
}

impl Flow {
    /// Begins when its time comes.
    pub fn new(plan: plan::Flow) -> Self {
        Flow { next: plan.start, plan, sent: 0 }
    }

    /// The station whose host sends.
    pub fn from(&self) -> usize {
        self.plan.from
    }

    /// It sends no more.
    pub fn ended(&self, now: u64) -> bool {
        self.plan.stop.is_some_and(|stop| now >= stop)
    }

    /// The frame that is due now. `able`: the host is up and the device takes frames; a host that is down sends nothing, and nothing later instead.
    pub fn due(&mut self, now: u64, able: bool) -> Option<Vec<u8>> {
        if now < self.next || self.ended(now) {
            return None;
        }
        self.next = now + self.plan.gap;
        if !able {
            return None;
        }
        let number = self.sent;
        self.sent += 1;
        Some(match &self.plan.source {
            Source::Capture(frames) => frames[number as usize % frames.len()].clone(),
            Source::Made(made) => made.frame(number),
        })
    }
}

impl Made {
    /// The frame with a number, which stands in its payload.
    pub fn frame(&self, number: u64) -> Vec<u8> {
        let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
        let header = match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                frame.extend(ETHERTYPE_IPV4.to_be_bytes());
                let mut header = vec![0x45, 0];
                header.extend(((self.size - ETHERNET) as u16).to_be_bytes());
                // Identification may be anything where DF is set (RFC 6864).
                header.extend([0, 0, 0x40, 0, 64, protocol::UDP, 0, 0]);
                header.extend(source.octets());
                header.extend(destination.octets());
                let sum = checksum::compute(&header);
                header[10..12].copy_from_slice(&sum.to_be_bytes());
                header
            }
            (source, destination) => {
                frame.extend(ETHERTYPE_IPV6.to_be_bytes());
                let mut header = vec![0x60, 0, 0, 0];
                header.extend(((self.size - ETHERNET - 40) as u16).to_be_bytes());
                header.extend([protocol::UDP, 64]);
                for address in [source, destination] {
                    match address {
                        IpAddr::V6(address) => header.extend(address.octets()),
                        IpAddr::V4(address) => header.extend(address.to_ipv6_mapped().octets()),
                    }
                }
                header
            }
        };
        frame.extend(header);
        let port = self.port + (number % u64::from(self.ports)) as u16;
        let length = (self.size - frame.len()) as u16;
        frame.extend([self.port, port, length, 0].into_iter().flat_map(u16::to_be_bytes));
        let at = frame.len();
        frame.extend(number.to_be_bytes());
        frame.extend((at + UDP..self.size).map(|i| (i as u64 ^ number) as u8));
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::wire::frame::Frame;
    use holdfast_model::wire::parse::{Content, Ports};

    #[test]
    fn made_frames_are_packets_of_their_size() {
        for (source, destination) in [("10.0.0.1", "10.0.0.2"), ("fd90::1", "fd90::2")] {
            let made = Made { source: source.parse().unwrap(), destination: destination.parse().unwrap(), port: 9, ports: 3, size: 100 };
            for number in 0..6 {
                let frame = made.frame(number);
                let Ok(Content::Packet(packet)) = Frame::new(&frame).and_then(Content::parse) else { panic!("no packet") };
                assert_eq!((frame.len(), packet.end()), (100, 100));
                assert_eq!(packet.selectors().ports, Ports::Pair(9, 9 + (number % 3) as u16));
                assert_eq!(packet.source().to_string(), source);
            }
            assert_ne!(made.frame(0), made.frame(3));
        }
    }

    #[test]
    fn a_host_that_is_down_sends_nothing_later_instead() {
        let made = Made { source: [10, 0, 0, 1].into(), destination: [10, 0, 0, 2].into(), port: 9, ports: 1, size: 64 };
        let mut flow = Flow::new(plan::Flow { from: 0, source: Source::Made(made), start: 10, gap: 5, stop: Some(40) });
        let sent: Vec<u64> = (0..60).filter(|now| flow.due(*now, !(18..28).contains(now)).is_some()).collect();
        assert_eq!((sent, flow.sent), (vec![10, 15, 30, 35], 4));
    }
}
