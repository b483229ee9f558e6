//! Comparing what the device did with what the golden model says.

use crate::golden::Golden;
use crate::station::{Received, Simulation};
use holdfast_model::{Direction, Event};
use holdfast_registers::{counter, map, Reason};
use std::fmt;

/// A difference between device and model: enough to repeat it and to see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The seed that shows it.
    pub seed: u64,
    /// Which part of the run.
    pub phase: usize,
    /// What differs.
    pub text: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}, phase {}: {}", self.seed, self.phase, self.text)
    }
}

impl std::error::Error for Mismatch {}

/// A frame that entered and what the model makes of it.
pub struct Judged {
    pub input: Vec<u8>,
    pub output: Option<Vec<u8>>,
    pub reason: Option<Reason>,
}

/// The frames that left a port against the model's.
pub fn frames(direction: Direction, judged: &[Judged], received: &[Received]) -> Result<(), String> {
    let mut got = received.iter();
    for (i, judged) in judged.iter().enumerate() {
        let Some(expected) = &judged.output else { continue };
        match got.next() {
            Some(frame) if frame.bytes == *expected => {}
            Some(frame) => return Err(describe(direction, i, judged, Some(&frame.bytes), expected)),
            None => return Err(describe(direction, i, judged, None, expected)),
        }
    }
    match got.next() {
        Some(frame) => Err(format!("{direction:?}: a frame left that the model dropped or never saw: {}", hex(&frame.bytes))),
        None => Ok(()),
    }
}

fn describe(direction: Direction, index: usize, judged: &Judged, got: Option<&Vec<u8>>, expected: &[u8]) -> String {
    let got = got.map_or("nothing more".to_owned(), |bytes| hex(bytes));
    format!("{direction:?} frame {index} differs\n  entered  {}\n  expected {}\n  left     {got}", hex(&judged.input), hex(expected))
}

/// Every counter of both directions.
pub fn counters(simulation: &mut Simulation, golden: &Golden) -> Result<(), String> {
    let mut wrong = Vec::new();
    for direction in Direction::ALL {
        let groups = golden.device.sizes().sa_outbound.div_ceil(counter::GROUP);
        for (group, entry) in (0..counter::SA_PACKETS).map(|entry| (0, entry)).chain(sa_counters(groups)) {
            let got = simulation.counter(direction == Direction::Inbound, group, entry).map_err(|fault| fault.to_string())?;
            let expected = golden.counter_in(direction, group, entry);
            if got != expected {
                wrong.push(format!("{direction:?} {} is {got}, the model says {expected}", counter_name(group, entry)));
            }
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

/// Groups and entries of the counters of SAs: all where there are few groups, else those of every eighth and of the last.
fn sa_counters(groups: usize) -> impl Iterator<Item = (usize, usize)> {
    let every = if groups > 4 { 8 } else { 1 };
    let chosen = (0..groups).filter(move |group| group % every == 0 || group + 1 == groups);
    chosen.flat_map(|group| (counter::SA_PACKETS..counter::COUNT).map(move |entry| (group, entry)))
}

fn counter_name(group: usize, entry: usize) -> String {
    match entry {
        0..=31 => Reason::from_code(entry as u8).map_or(format!("dropped[{entry}]"), |reason| format!("dropped[{reason}]")),
        counter::FRAMES_IN => "frames_in".to_owned(),
        counter::BYTES_IN => "bytes_in".to_owned(),
        counter::FRAMES_OUT => "frames_out".to_owned(),
        counter::BYTES_OUT => "bytes_out".to_owned(),
        counter::FRAGMENTS_TO_HOST => "fragments_to_host".to_owned(),
        64..=95 => format!("sa_packets[{}]", counter::GROUP * group + entry - 64),
        96..=127 => format!("sa_bytes[{}]", counter::GROUP * group + entry - 96),
        _ => format!("counter {entry}"),
    }
}

/// Words of an event as read from the device.
pub type EventWords = [u32; map::event::WORDS as usize];

/// The device's events against the model's, direction by direction: how the two interleave is the device's affair. Where the device says that
/// it lost some, the rest must still be in order.
pub fn events(got: &[EventWords], expected: &[Event], lost: bool) -> Result<(), String> {
    for direction in Direction::ALL {
        let inbound = |words: &EventWords| words[map::event::HEAD as usize] & map::event::INBOUND != 0;
        let got: Vec<_> = got.iter().filter(|words| inbound(words) == (direction == Direction::Inbound)).map(without_time).collect();
        let expected: Vec<_> =
            expected.iter().filter(|event| event.direction == direction).map(|event| without_time(&event.to_words(0))).collect();
        if lost {
            let mut rest = expected.iter();
            if let Some(event) = got.iter().find(|event| !rest.any(|e| e == *event)) {
                return Err(format!("{direction:?}: event {event:08x?} is out of order or not the model's"));
            }
        } else if got != expected {
            let at = got.iter().zip(&expected).position(|(a, b)| a != b).unwrap_or(got.len().min(expected.len()));
            return Err(format!(
                "{direction:?}: {} events, the model says {}; event {at} is {:08x?}, the model says {:08x?}",
                got.len(),
                expected.len(),
                got.get(at),
                expected.get(at)
            ));
        }
    }
    Ok(())
}

fn without_time(words: &EventWords) -> EventWords {
    let mut words = *words;
    words[map::event::TIME_LOW as usize] = 0;
    words[map::event::TIME_HIGH as usize] = 0;
    words
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
