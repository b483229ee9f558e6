//! Counters.

use crate::device::Driver;
use crate::error::Table;
use crate::{Bus, Direction, Error};
use holdfast_registers::{counter, map, Reason};

/// Counters of a direction since reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames that entered.
    pub frames_in: u64,
    /// Bytes that entered.
    pub bytes_in: u64,
    /// Frames that left.
    pub frames_out: u64,
    /// Bytes that left.
    pub bytes_out: u64,
    /// ESP fragments handed to the host unchanged (inbound; also in `frames_out`).
    pub fragments_to_host: u64,
    /// Control datagrams that the device itself sealed (outbound; also in `frames_out`, not in `frames_in`).
    pub control_sent: u64,
}

/// Counters of an SA index since reset; they go on when the SA is replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaCounters {
    /// Packets sealed or opened.
    pub packets: u64,
    /// ESP payload bytes: plaintext with padding and trailer.
    pub bytes: u64,
}

impl<B: Bus> Driver<B> {
    /// Frames and bytes of a direction: 10 transactions. Each counter is exact; together they are not one instant if frames are moving.
    pub fn counters(&mut self, direction: Direction) -> Result<Counters, Error<B::Error>> {
        // One entry, read as what it is in this direction.
        const _: () = assert!(counter::FRAGMENTS_TO_HOST == counter::CONTROL_SENT);
        let special = self.counter(direction, counter::FRAGMENTS_TO_HOST)?;
        let (fragments_to_host, control_sent) = match direction {
            Direction::Outbound => (0, special),
            Direction::Inbound => (special, 0),
        };
        Ok(Counters {
            frames_in: self.counter(direction, counter::FRAMES_IN)?,
            bytes_in: self.counter(direction, counter::BYTES_IN)?,
            frames_out: self.counter(direction, counter::FRAMES_OUT)?,
            bytes_out: self.counter(direction, counter::BYTES_OUT)?,
            fragments_to_host,
            control_sent,
        })
    }

    /// Packets and bytes of an SA: 5 transactions.
    pub fn sa_counters(&mut self, direction: Direction, index: u16) -> Result<SaCounters, Error<B::Error>> {
        self.capabilities().check_index(Table::Sa(direction), index)?;
        // The map has room for the counters of one group.
        const _: () = assert!(counter::SA_BYTES - counter::SA_PACKETS == counter::GROUP);
        let (group, within) = (usize::from(index) / counter::GROUP, usize::from(index) % counter::GROUP);
        self.write(map::COUNTER_GROUP, group as u32)?;
        Ok(SaCounters {
            packets: self.counter(direction, counter::SA_PACKETS + within)?,
            bytes: self.counter(direction, counter::SA_BYTES + within)?,
        })
    }

    /// Frames dropped for a reason: 2 transactions.
    pub fn dropped(&mut self, direction: Direction, reason: Reason) -> Result<u64, Error<B::Error>> {
        self.counter(direction, counter::DROPPED + usize::from(reason.code()))
    }

    /// Frames dropped, reason by reason in the order of their codes. An error ends it.
    pub fn drops(&mut self, direction: Direction) -> Drops<'_, B> {
        Drops { driver: self, direction, reasons: Reason::ALL }
    }

    /// A 64-bit counter. The low word goes first: reading it latches the high word, so that a carry in between is not seen.
    fn counter(&mut self, direction: Direction, n: usize) -> Result<u64, Error<B::Error>> {
        let base = match direction {
            Direction::Outbound => map::COUNTERS_OUTBOUND,
            Direction::Inbound => map::COUNTERS_INBOUND,
        };
        self.read_u64(base + 8 * n as u32)
    }
}

/// See [`Driver::drops`].
pub struct Drops<'a, B> {
    driver: &'a mut Driver<B>,
    direction: Direction,
    reasons: &'static [Reason],
}

impl<B: Bus> Iterator for Drops<'_, B> {
    type Item = Result<(Reason, u64), Error<B::Error>>;
    fn next(&mut self) -> Option<Self::Item> {
        let (&reason, rest) = self.reasons.split_first()?;
        let count = self.driver.dropped(self.direction, reason);
        self.reasons = if count.is_ok() { rest } else { &[] };
        Some(count.map(|count| (reason, count)))
    }
}

impl<B: Bus> core::iter::FusedIterator for Drops<'_, B> {}
