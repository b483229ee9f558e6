//! Events: what the driver should hear about.

use crate::Direction;
use holdfast_registers::{map, EventCode};
use std::collections::VecDeque;
use std::net::IpAddr;

/// Something happened. The time stamp is the hardware's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// What.
    pub code: EventCode,
    /// At which side.
    pub direction: Direction,
    /// Index of the SA, where there is one.
    pub sa: Option<u16>,
    /// Meaning by code, see [`EventCode`].
    pub detail: u32,
    /// The peer's address.
    pub address: IpAddr,
}

impl Event {
    /// The words the register row `EVENT` shows, with `time` in cycles.
    pub fn to_words(&self, time: u64) -> [u32; map::event::WORDS as usize] {
        let mut words = [0; map::event::WORDS as usize];
        let inbound = if self.direction == Direction::Inbound { map::event::INBOUND } else { 0 };
        let sa = self.sa.map_or(0, |sa| map::event::SA_VALID | u32::from(sa) << 8);
        let ipv6 = if self.address.is_ipv6() { map::event::IPV6 } else { 0 };
        words[map::event::HEAD as usize] = u32::from(self.code.code()) | inbound | sa | ipv6;
        words[map::event::DETAIL as usize] = self.detail;
        words[map::event::TIME_LOW as usize] = time as u32;
        words[map::event::TIME_HIGH as usize] = (time >> 32) as u32;
        let bits = crate::wire::parse::left_aligned(self.address);
        for (word, shift) in words[map::event::ADDRESS as usize..].iter_mut().zip([96, 64, 32, 0]) {
            *word = (bits >> shift) as u32;
        }
        words
    }
}

/// Events in order. Full, it loses new ones and remembers that it did.
pub(crate) struct Events {
    queue: VecDeque<Event>,
    capacity: usize,
    overflow: bool,
}

impl Events {
    pub(crate) fn new(capacity: usize) -> Self {
        Events { queue: VecDeque::new(), capacity, overflow: false }
    }
    pub(crate) fn push(&mut self, event: Event) {
        if self.queue.len() < self.capacity {
            self.queue.push_back(event);
        } else {
            self.overflow = true;
        }
    }
    pub(crate) fn take(&mut self) -> Option<Event> {
        self.queue.pop_front()
    }
    pub(crate) fn take_overflow(&mut self) -> bool {
        std::mem::take(&mut self.overflow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_as_the_bus_shows_them() {
        let event = Event {
            code: EventCode::Replay,
            direction: Direction::Inbound,
            sa: Some(0x207),
            detail: 0x1234,
            address: "10.1.2.3".parse().unwrap(),
        };
        assert_eq!(event.to_words(0x5_0000_0006), [0x000e_0703, 0x1234, 6, 5, 0x0a01_0203, 0, 0, 0]);
        let event = Event {
            code: EventCode::TooBig,
            direction: Direction::Outbound,
            sa: None,
            detail: 1400,
            address: "2001:db8::1".parse().unwrap(),
        };
        assert_eq!(event.to_words(0), [0x0010_0005, 1400, 0, 0, 0x2001_0db8, 0, 0, 1]);
    }

    #[test]
    fn a_full_queue_loses_the_newest_and_says_so() {
        let event = |detail| Event {
            code: EventCode::Replay,
            direction: Direction::Inbound,
            sa: None,
            detail,
            address: "10.0.0.1".parse().unwrap(),
        };
        let mut events = Events::new(2);
        (0..3).for_each(|detail| events.push(event(detail)));
        assert!(events.take_overflow());
        assert!(!events.take_overflow());
        assert_eq!([events.take(), events.take(), events.take()].map(|e| e.map(|e| e.detail)), [Some(0), Some(1), None]);
    }
}
