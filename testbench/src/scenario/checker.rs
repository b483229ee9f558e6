//! What must be true of a run, whatever happens in it: the invariants N1 and N2 of the book's page on sequence state, and that what arrives is
//! what was sent. Everything is judged from the ports alone.

use super::wiretap::{Inside, Sa, SaId, Sealed, Wiretap};
use holdfast_model::wire::control::Message;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Violations that are described; more are only counted.
const DESCRIBED: usize = 10;

/// Packets under one SA that carry the same bytes.
#[derive(Clone, Debug, Default)]
struct Copies {
    /// Numbers under which they entered the receiver.
    numbers: HashSet<u64>,
    delivered: usize,
}

/// What became of a delivered frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It came under this SA. The number is known where only one packet carried these bytes.
    Opened { sa: SaId, number: Option<u64> },
    /// It entered in the clear.
    Clear,
    /// Nobody sent it.
    Unexplained,
}

/// Looks at every frame at every port.
#[derive(Default)]
pub struct Checker {
    /// Numbers used, by keying material.
    used: BTreeMap<SaId, HashSet<u64>>,
    /// By SA, what is in the packets that entered its receiver.
    entered: BTreeMap<SaId, HashMap<Vec<u8>, Copies>>,
    /// Frames that entered a station in the clear.
    clear: HashMap<(usize, Vec<u8>), u64>,
    /// What hosts sent.
    sent: HashSet<Vec<u8>>,
    /// The last REQUEST of an SA's sender.
    outstanding: BTreeMap<SaId, u64>,
    /// Window edges established by resynchronisation, by SA whose receiver asked.
    edges: BTreeMap<SaId, u64>,
    /// Pairs of key and number that sealed more than one packet.
    pub nonce_reuse: u64,
    /// Packets delivered more than once.
    pub duplicates: u64,
    /// Packets delivered although their number is at or below an established edge.
    pub below_edge: u64,
    /// Frames delivered that nobody sent.
    pub unexplained: u64,
    /// Packets that left a station and do not open: a defect of the device.
    pub broken: u64,
    /// Requests that were answered: the pair is in step again.
    pub resyncs: u64,
    /// The first violations, in words.
    pub described: Vec<String>,
}

impl Checker {
    /// A host sends a frame.
    pub fn sent(&mut self, frame: &[u8]) {
        for part in Wiretap::protected(frame).into_iter().flatten() {
            self.sent.insert(part);
        }
    }

    /// A sealed packet left a station's network port; `whole` is false where the power failed in the middle of it.
    pub fn sealed(&mut self, tap: &Wiretap, cycle: u64, sealed: &Sealed, whole: bool) {
        let sa = &tap.sas[sealed.sa];
        let fresh = self.used.entry(sa.material).or_default().insert(sealed.number);
        if !fresh {
            self.nonce_reuse += 1;
            self.describe(cycle, format!("number {} sealed a second packet under \"{}\"", sealed.number, sa.name));
        }
        match &sealed.inside {
            Inside::Broken if whole => {
                self.broken += 1;
                self.describe(cycle, format!("packet {} under \"{}\" does not open", sealed.number, sa.name));
            }
            Inside::Control(Message::Request { number }) => drop(self.outstanding.insert(sealed.sa, *number)),
            _ => {}
        }
    }

    /// The sender of an SA was reset: nothing is outstanding.
    pub fn forget_outstanding(&mut self, sa: SaId) {
        self.outstanding.remove(&sa);
    }

    /// A frame is about to enter a station's network port. An ACK that answers its request gives back the SA it came under.
    pub fn enters(&mut self, tap: &Wiretap, station: usize, frame: &[u8], sealed: Option<&Sealed>) -> Option<SaId> {
        let Some(sealed) = sealed else {
            *self.clear.entry((station, frame.to_vec())).or_default() += 1;
            return None;
        };
        match &sealed.inside {
            Inside::Data(payload) => {
                let copies = self.entered.entry(sealed.sa).or_default().entry(payload.clone()).or_default();
                copies.numbers.insert(sealed.number);
                None
            }
            Inside::Control(Message::Ack { echo, .. }) => {
                let answer = &tap.sas[sealed.sa];
                let pair = |sa: &Sa| sa.spare == answer.spare && sa.sender == station && Some((station, sa.index)) == answer.receiver;
                let asked = tap.sas.iter().position(pair)?;
                if self.outstanding.get(&asked) != Some(echo) {
                    return None;
                }
                self.outstanding.remove(&asked);
                self.edges.insert(sealed.sa, sealed.number);
                self.resyncs += 1;
                Some(sealed.sa)
            }
            _ => None,
        }
    }

    /// A frame left a station's host port.
    pub fn delivered(&mut self, tap: &Wiretap, station: usize, cycle: u64, frame: &[u8]) -> Delivery {
        let parts = Wiretap::protected(frame);
        for sa in 0..tap.sas.len() {
            if tap.sas[sa].receiver.is_none_or(|(receiver, _)| receiver != station) {
                continue;
            }
            for part in parts.iter().flatten() {
                let Some(copies) = self.entered.get_mut(&sa).and_then(|entered| entered.get_mut(part)) else { continue };
                copies.delivered += 1;
                let twice = copies.delivered > copies.numbers.len();
                let number = copies.numbers.iter().copied().next().filter(|_| copies.numbers.len() == 1);
                let foreign = !self.sent.contains(part);
                self.judge(tap, sa, cycle, number, twice, foreign);
                return Delivery::Opened { sa, number };
            }
        }
        if let Some(left) = self.clear.get_mut(&(station, frame.to_vec())).filter(|left| **left > 0) {
            *left -= 1;
            return Delivery::Clear;
        }
        self.unexplained += 1;
        self.describe(cycle, format!("a frame of {} bytes was delivered that nobody sent", frame.len()));
        Delivery::Unexplained
    }

    fn judge(&mut self, tap: &Wiretap, sa: SaId, cycle: u64, number: Option<u64>, twice: bool, foreign: bool) {
        let name = &tap.sas[sa].name;
        if twice {
            self.duplicates += 1;
            self.describe(cycle, format!("a packet under \"{name}\" was delivered twice (number {number:?})"));
        }
        if let (Some(number), Some(edge)) = (number, self.edges.get(&sa).copied()) {
            if number <= edge {
                self.below_edge += 1;
                self.describe(cycle, format!("packet {number} under \"{name}\" was delivered, at or below the edge {edge}"));
            }
        }
        if foreign {
            self.unexplained += 1;
            self.describe(cycle, format!("a packet under \"{name}\" was delivered that no host sent"));
        }
    }

    fn describe(&mut self, cycle: u64, text: String) {
        if self.described.len() < DESCRIBED {
            self.described.push(format!("cycle {cycle}: {text}"));
        }
    }
}
