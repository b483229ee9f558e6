//! Events: what the device saw and somebody should know.

use crate::device::Driver;
use crate::register::{EventHead, EventPop};
use crate::{Bus, Direction, Error};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use holdfast_registers::{map, record, Cause, EventCode};

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// In which direction.
    pub direction: Direction,
    /// Index of the SA concerned, where there is one.
    pub sa: Option<u16>,
    /// The peer's address.
    pub address: IpAddr,
    /// When, in clock cycles since reset.
    pub time: u64,
}

/// What an event reports, with its detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// Inbound ESP for which there is no SA.
    UnknownSpi {
        /// SPI of the packet.
        spi: u32,
    },
    /// Wrong ICV.
    AuthenticationFailure {
        /// SPI of the packet.
        spi: u32,
    },
    /// Replay: sequence number zero, below the window, or seen before.
    Replay {
        /// Low 32 bits of the sequence number.
        sequence_low: u32,
    },
    /// A packet was dropped because the SA's sequence number has reached its limit.
    SequenceLimit {
        /// SPI of the SA.
        spi: u32,
    },
    /// A packet was dropped because it would exceed the path MTU.
    TooBig {
        /// Largest IP packet in bytes that would fit before encapsulation.
        largest: u32,
    },
    /// An ESP fragment was handed to the host unchanged.
    FragmentToHost,
    /// An inbound SA went into quarantine: it authenticates, but delivers nothing until it is resynchronised.
    ResyncStarted {
        /// Why; `None` for a cause that this driver does not know.
        cause: Option<Cause>,
    },
    /// An inbound SA left quarantine.
    ResyncFinished {
        /// Low 32 bits of its new window edge: everything at or below counts as seen.
        edge_low: u32,
    },
    /// So many requests went unanswered. They go on; a key exchange may be quicker.
    ResyncFailed {
        /// Number of requests.
        requests: u32,
    },
    /// An SA that once was recorded has no usable record: it is not restored.
    RecordRefused {
        /// Direction of the SA.
        direction: Direction,
        /// Its index.
        sa: u16,
    },
    /// The NVRAM does not answer.
    NvramFault,
}

impl EventKind {
    /// The number under which the device reports it.
    pub fn code(self) -> EventCode {
        match self {
            EventKind::UnknownSpi { .. } => EventCode::UnknownSpi,
            EventKind::AuthenticationFailure { .. } => EventCode::AuthenticationFailure,
            EventKind::Replay { .. } => EventCode::Replay,
            EventKind::SequenceLimit { .. } => EventCode::SequenceLimit,
            EventKind::TooBig { .. } => EventCode::TooBig,
            EventKind::FragmentToHost => EventCode::FragmentToHost,
            EventKind::ResyncStarted { .. } => EventCode::ResyncStarted,
            EventKind::ResyncFinished { .. } => EventCode::ResyncFinished,
            EventKind::ResyncFailed { .. } => EventCode::ResyncFailed,
            EventKind::RecordRefused { .. } => EventCode::RecordRefused,
            EventKind::NvramFault => EventCode::NvramFault,
        }
    }

    fn new(code: EventCode, detail: u32) -> Self {
        match code {
            EventCode::UnknownSpi => EventKind::UnknownSpi { spi: detail },
            EventCode::AuthenticationFailure => EventKind::AuthenticationFailure { spi: detail },
            EventCode::Replay => EventKind::Replay { sequence_low: detail },
            EventCode::SequenceLimit => EventKind::SequenceLimit { spi: detail },
            EventCode::TooBig => EventKind::TooBig { largest: detail },
            EventCode::FragmentToHost => EventKind::FragmentToHost,
            EventCode::ResyncStarted => EventKind::ResyncStarted { cause: u8::try_from(detail).ok().and_then(Cause::from_code) },
            EventCode::ResyncFinished => EventKind::ResyncFinished { edge_low: detail },
            EventCode::ResyncFailed => EventKind::ResyncFailed { requests: detail },
            EventCode::RecordRefused => EventKind::RecordRefused {
                direction: if detail & record::INBOUND == 0 { Direction::Outbound } else { Direction::Inbound },
                sa: (detail % record::INBOUND) as u16,
            },
            EventCode::NvramFault => EventKind::NvramFault,
        }
    }
}

impl<B: Bus> Driver<B> {
    /// Takes the oldest event, if there is one: 1 transaction without, 6 (IPv4) or 9 (IPv6) with an event.
    ///
    /// [`Error::EventCode`] for a code that this driver does not know; that event is removed too, so the next call goes on.
    pub fn next_event(&mut self) -> Result<Option<Event>, Error<B::Error>> {
        let head = EventHead(self.event_word(map::event::HEAD)?);
        if head.0 == 0 {
            return Ok(None);
        }
        let detail = self.event_word(map::event::DETAIL)?;
        let low = self.event_word(map::event::TIME_LOW)?;
        let high = self.event_word(map::event::TIME_HIGH)?;
        let first = self.event_word(map::event::ADDRESS)?;
        let address = if head.ipv6() {
            let mut value = u128::from(first);
            for n in 1..4 {
                value = value << 32 | u128::from(self.event_word(map::event::ADDRESS + n)?);
            }
            IpAddr::V6(Ipv6Addr::from(value))
        } else {
            IpAddr::V4(Ipv4Addr::from(first))
        };
        let mut pop = EventPop::default();
        pop.set_pop(true);
        self.write(map::EVENT_POP, pop.0)?;
        let Some(code) = EventCode::from_code(head.code()) else {
            let last = EventCode::ALL[EventCode::ALL.len() - 1];
            return Err(Error::EventCode { found: head.code(), accepted: EventCode::ALL[0].code()..=last.code() });
        };
        Ok(Some(Event {
            kind: EventKind::new(code, detail),
            direction: if head.inbound() { Direction::Inbound } else { Direction::Outbound },
            sa: head.sa_valid().then(|| head.sa()),
            address,
            time: u64::from(high) << 32 | u64::from(low),
        }))
    }

    /// Takes events until none waits. An error ends it.
    pub fn events(&mut self) -> Events<'_, B> {
        Events { driver: Some(self) }
    }

    /// Whether an event was lost because nobody took the ones before it; forgets it.
    pub fn take_overflow(&mut self) -> Result<bool, Error<B::Error>> {
        let lost = self.status()?.overflow();
        if lost {
            let mut pop = EventPop::default();
            pop.set_clear_overflow(true);
            self.write(map::EVENT_POP, pop.0)?;
        }
        Ok(lost)
    }

    fn event_word(&mut self, n: u32) -> Result<u32, Error<B::Error>> {
        self.read(map::EVENT + 4 * n)
    }
}

/// See [`Driver::events`].
pub struct Events<'a, B> {
    driver: Option<&'a mut Driver<B>>,
}

impl<B: Bus> Iterator for Events<'_, B> {
    type Item = Result<Event, Error<B::Error>>;
    fn next(&mut self) -> Option<Self::Item> {
        let event = self.driver.as_mut()?.next_event().transpose();
        if !matches!(event, Some(Ok(_))) {
            self.driver = None;
        }
        event
    }
}

impl<B: Bus> core::iter::FusedIterator for Events<'_, B> {}
