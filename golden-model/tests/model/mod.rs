//! Two ends and a network, for exhaustive search: the machines of `holdfast_model::resync`, the number counter and the window are the real ones, and
//! so are the records in the NVRAM; only the cipher of the packets is left out, since a packet that is not authentic never gets this far.
//!
//! * A packet that was sealed once stays in the network for ever and may arrive at any moment, any number of times, or never: that is loss,
//!   duplication, reordering and replay.
//! * The power of either end fails at any moment: between two records, in the middle of one, while it restarts, while it suspends.
//! * Time is abstract: whatever waits for time to pass may happen at any moment after it could.

use holdfast_model::resync::nvram::{Fault, Nvram};
use holdfast_model::resync::receiver::{self, Received};
use holdfast_model::resync::{Action, Outgoing, Resync};
use holdfast_model::sequence::Sequence;
use holdfast_model::window::Window;
use holdfast_model::wire::control::{Datagram, Message};
use holdfast_model::{DeviceKey, Direction, Endpoints, Link, Parameters};
use holdfast_registers::{control, record, sa, Reason};
use stateright::{Model, Property};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How far the search goes.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Exponent of the interval; below what the registers take.
    pub interval: u8,
    /// Window in packets.
    pub window: u16,
    /// Packets that each end seals, control messages included.
    pub packets: usize,
    /// Power cuts, of both ends together.
    pub cuts: u8,
    /// Suspends, of both ends together.
    pub suspends: u8,
    /// Words of a record that are written when the power fails in the middle of it.
    pub torn: usize,
}

/// A mistake put in on purpose, to see that it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// None.
    None,
    /// After a restart the numbers go on one interval below the recorded limit.
    RestoreBelowLimit,
    /// Numbers are used before the NVRAM has the limit that allows them.
    IgnoreLimit,
    /// Any ACK is taken for the answer to the outstanding request.
    AcceptOldEcho,
    /// After a restart packets are delivered at once, above the recorded edge.
    SkipQuarantine,
    /// An ACK is accepted, but the window stays where it was.
    KeepEdge,
    /// The last record is never written when the device restarts.
    NeverAnswer,
}

/// What is inside a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Body {
    Data,
    Control(Datagram),
}

/// The NVRAM of one end: what is written after the SAs are installed, over what no longer changes.
#[derive(Clone, Debug)]
struct Words {
    fixed: Arc<Vec<u32>>,
    live: [u32; LIVE],
    /// The word written last was the last of a record.
    whole: bool,
}

const LIVE: usize = 8 + 2 * 32;

impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        self.live == other.live
    }
}

impl Words {
    /// Epochs, then the dynamic records of place 0 and of place 32.
    fn live(address: u16) -> Option<usize> {
        let at = u32::from(address);
        let second = record::DYNAMIC + record::DYNAMIC_PLACE * record::INBOUND;
        match at {
            0..8 => Some(at as usize),
            _ if (record::DYNAMIC..record::DYNAMIC + 32).contains(&at) => Some((at - record::DYNAMIC) as usize + 8),
            _ if (second..second + 32).contains(&at) => Some((at - second) as usize + 8 + 32),
            _ => None,
        }
    }
}

impl Nvram for Words {
    fn read(&mut self, address: u16) -> Result<u32, Fault> {
        Ok(Words::live(address).map_or(self.fixed[usize::from(address)], |at| self.live[at]))
    }
    fn write(&mut self, address: u16, word: u32) -> Result<(), Fault> {
        let at = Words::live(address).expect("static records are not written here");
        self.live[at] = word;
        self.whole = if at < 8 { at % 4 == 3 } else { (at - 8) % 16 == record::DYNAMIC_CRC };
        Ok(())
    }
}

/// An end that has power.
#[derive(Clone, PartialEq)]
struct Up {
    resync: Resync,
    outbound: Option<Sequence>,
    inbound: Option<Window>,
    /// Packets sealed since power-up; it stands for the time.
    sealed: u64,
}

/// An end.
#[derive(Clone, PartialEq)]
struct End {
    words: Words,
    up: Option<Up>,
    /// What an observer remembers: numbers delivered, the edge of the last resync, requests taken that were not answered, the last V.
    delivered: BTreeSet<u64>,
    edge: u64,
    owed: u8,
    asked: u64,
}

/// Everything.
#[derive(Clone, PartialEq)]
pub struct World {
    ends: [End; 2],
    /// Every packet ever sealed, by sender and number.
    network: BTreeMap<(usize, u64), Body>,
    cuts: u8,
    suspends: u8,
    wrong: Option<&'static str>,
    /// An end was established again by an exchange.
    finished: bool,
}

impl std::hash::Hash for World {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for end in &self.ends {
            end.words.live.hash(state);
            end.up.as_ref().map(|up| (&up.resync, up.outbound, &up.inbound, up.sealed)).hash(state);
            (&end.delivered, end.edge, end.owed, end.asked).hash(state);
        }
        (&self.network, self.cuts, self.suspends, self.wrong, self.finished).hash(state);
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (name, end) in ["A", "B"].iter().zip(&self.ends) {
            match &end.up {
                None => write!(f, "{name} off; ")?,
                Some(up) => {
                    let (next, limit) = up.outbound.map_or((0, 0), |s| (s.next(), s.limit()));
                    let highest = up.inbound.as_ref().map_or(0, Window::highest);
                    let state = (up.resync.in_quarantine(0), up.resync.busy(), up.resync.still());
                    write!(f, "{name} next {next} limit {limit} highest {highest} quarantine/busy/still {state:?}; ")?;
                }
            }
        }
        let sent = |from| self.network.keys().filter(|(end, _)| *end == from).map(|(_, number)| *number).collect::<Vec<_>>();
        write!(f, "sent {:?} and {:?}; {:?}", sent(0), sent(1), self.wrong)
    }
}

/// What may happen next. Ends are 0 (A) and 1 (B).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    PowerUp(usize),
    /// The recorder writes its next record, or finishes what needs no writing.
    Record(usize),
    /// The power fails behind this many words of the next record.
    Cut(usize, usize),
    Send(usize),
    SendControl(usize),
    /// The packet of this number from the other end arrives.
    Arrive(usize, u64),
    Suspend(usize),
    Resume(usize),
}

/// The search.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    pub bounds: Bounds,
    pub mistake: Mistake,
}

impl Up {
    fn power_up(end: usize) -> Self {
        Up { resync: Resync::power_up(Some(&key(end)), 0), outbound: None, inbound: None, sealed: 0 }
    }

    /// Packets may pass out; while it restarts, each SA as soon as it is back.
    fn sends(&self) -> bool {
        !self.resync.still() && self.outbound.is_some()
    }
    /// Packets may pass in.
    fn receives(&self) -> bool {
        !self.resync.still() && self.inbound.is_some()
    }
}

fn key(end: usize) -> DeviceKey {
    DeviceKey([end as u8 + 1; 32])
}

impl End {
    fn apply(&mut self, mistake: Mistake, interval: u64) -> bool {
        let mut finished = false;
        let Some(up) = &mut self.up else { return false };
        while let Some(action) = up.resync.next_action() {
            match action {
                Action::Restore { place, words, limit } => {
                    let value = u64::from(words.0[sa::SEQUENCE + 1]) << 32 | u64::from(words.0[sa::SEQUENCE]);
                    let window = (words.0[sa::FLAGS] >> sa::flags::WINDOW_SHIFT) as u16;
                    match place.direction() {
                        Direction::Outbound if mistake == Mistake::RestoreBelowLimit => {
                            up.outbound = Some(Sequence::new(value.saturating_sub(interval).max(1), limit));
                        }
                        Direction::Outbound => up.outbound = Some(Sequence::new(value, limit)),
                        Direction::Inbound => up.inbound = Some(Window::new(window, value - 1)),
                    }
                }
                Action::Limit { limit, .. } => up.outbound.iter_mut().for_each(|sequence| sequence.set_limit(limit)),
                Action::Edge { number, .. } => {
                    if mistake != Mistake::KeepEdge {
                        up.inbound.iter_mut().for_each(|window| *window = Window::new(window.size(), number));
                    }
                    (self.edge, finished) = (number, true);
                }
                Action::Install { .. } | Action::Event { .. } | Action::Enable => {}
            }
        }
        finished
    }
}

impl World {
    /// Lets the recorder write up to `words` words, or one record.
    fn record(&mut self, end: usize, words: usize, search: &Search) {
        let End { words: nvram, up: Some(up), .. } = &mut self.ends[end] else { return };
        for _ in 0..words {
            nvram.whole = false;
            if !up.resync.step(nvram) || nvram.whole {
                break;
            }
        }
        self.apply(end, search);
    }

    fn apply(&mut self, end: usize, search: &Search) {
        self.finished |= self.ends[end].apply(search.mistake, 1 << search.bounds.interval);
    }

    /// Seals what `body` makes of the number. `None`: no number is free.
    fn seal(&mut self, end: usize, body: impl FnOnce(u64) -> Body, search: &Search) -> Option<u64> {
        let up = self.ends[end].up.as_mut()?;
        let sequence = up.outbound.as_mut()?;
        if search.mistake == Mistake::IgnoreLimit {
            sequence.set_limit(u64::MAX);
        }
        let number = sequence.take()?;
        up.sealed += 1;
        up.resync.used(0, sequence.next());
        if self.network.insert((end, number), body(number)).is_some() {
            self.wrong = Some(N1);
        }
        Some(number)
    }

    fn send_control(&mut self, end: usize, outgoing: Outgoing, search: &Search) -> Option<u64> {
        let number = self.seal(end, |number| Body::Control(outgoing.datagram(number)), search)?;
        let End { up: Some(up), owed, asked, .. } = &mut self.ends[end] else { return None };
        up.resync.sent(&outgoing, Some(number));
        // Time for the next reply, and the next request.
        up.resync.tick(16 * up.sealed);
        match (outgoing.is_reply(), owed.checked_sub(1)) {
            (true, Some(left)) => *owed = left,
            (true, None) => self.wrong = Some(N4),
            (false, _) => *asked = number,
        }
        self.apply(end, search);
        Some(number)
    }

    /// A packet of the other end arrives. `false`: nothing came of it.
    fn arrive(&mut self, end: usize, number: u64, search: &Search) -> bool {
        let Some(body) = self.network.get(&(1 - end, number)).copied() else { return false };
        let End { up: Some(up), delivered, edge, owed, asked, .. } = &mut self.ends[end] else { return false };
        let Some(window) = up.inbound.as_mut() else { return false };
        let free = search.mistake == Mistake::SkipQuarantine;
        if free || !up.resync.in_quarantine(0) {
            if !window.accept(number) {
                up.resync.replayed(0);
                return false;
            }
            up.resync.fresh(0, window.highest());
        }
        let received = match body {
            Body::Data => Received::Ordinary,
            Body::Control(Datagram { message: Message::Ack { .. }, .. }) if search.mistake == Mistake::AcceptOldEcho => {
                Received::Ack { echo: *asked, number }
            }
            Body::Control(datagram) => receiver::classify(datagram, number),
        };
        let reason = up.resync.received(0, received);
        if matches!(received, Received::Request { .. }) && reason == Some(Reason::Control) {
            *owed += 1;
        }
        let delivers = received == Received::Ordinary && (reason.is_none() || free);
        if delivers && (!delivered.insert(number) || number <= *edge) {
            self.wrong = Some(N2);
        }
        self.apply(end, search);
        true
    }

    fn cut(&mut self, end: usize, words: usize, search: &Search) {
        self.record(end, words, search);
        self.ends[end].up = None;
        self.ends[end].owed = 0;
    }

    fn power_up(&mut self, end: usize) {
        self.ends[end].up = Some(Up::power_up(end));
    }

    /// Whether both ends become established from here, if power stays and messages get through.
    fn settles(&self, search: &Search) -> bool {
        let mut world = self.clone();
        for end in 0..2 {
            if world.ends[end].up.is_none() {
                world.power_up(end);
            }
            world.drain(end, search);
            if let Some(up) = world.ends[end].up.as_mut().filter(|up| up.resync.still()) {
                up.resync.resume();
            }
            world.drain(end, search);
        }
        // Two rounds: what is in hand already may be of no use any more.
        for end in [0, 1, 0, 1, 0, 1] {
            while let Some(outgoing) = world.ends[end].up.as_ref().and_then(|up| up.resync.due()) {
                let Some(number) = world.send_control(end, outgoing, search) else { return false };
                world.drain(end, search);
                if search.mistake == Mistake::NeverAnswer && outgoing.is_reply() {
                    continue;
                }
                world.arrive(1 - end, number, search);
                world.drain(1 - end, search);
                if !outgoing.is_reply() {
                    // The next request would be due again at once; the answer comes first.
                    break;
                }
            }
        }
        (0..2).all(|end| {
            let quarantined = world.ends[1 - end].up.as_ref().is_none_or(|up| up.resync.in_quarantine(0));
            let number = world.seal(end, |_| Body::Data, search);
            world.drain(end, search);
            let delivered = number.is_some_and(|number| {
                world.arrive(1 - end, number, search);
                world.ends[1 - end].delivered.contains(&number)
            });
            !quarantined && delivered
        }) && world.wrong.is_none()
    }

    fn drain(&mut self, end: usize, search: &Search) {
        while self.ends[end].up.as_ref().is_some_and(|up| up.resync.busy()) {
            self.record(end, usize::MAX, search);
        }
    }

    fn sealed(&self, end: usize) -> usize {
        self.network.range((end, 0)..=(end, u64::MAX)).count()
    }
}

/// Why a state is wrong; also the names of the properties.
pub const N1: &str = "N1: no number of a key is used twice";
pub const N2: &str = "N2: no packet is delivered twice, nor at or below the edge of the last resync";
pub const N3: &str = "N3: from here both ends can be established again";
pub const N4: &str = "N4: no reply without a request";

impl Search {
    pub fn new(bounds: Bounds, mistake: Mistake) -> Self {
        Search { bounds, mistake }
    }

    fn parameters(&self, end: usize) -> Parameters {
        let endpoints = Endpoints::V4 { local: [10, 0, 0, 1].into(), remote: [10, 0, 0, 2].into() };
        Parameters {
            port: control::PORT,
            interval: self.bounds.interval,
            spread: 0,
            timeout: 0,
            ceiling: 0,
            failures: 0,
            link: Link { destination: [0; 6], source: [0; 6], vlan: None },
            endpoints: if end == 0 { endpoints } else { endpoints.reversed() },
        }
    }

    /// An end with a formatted NVRAM and a recorded pair, all of it written by the recorder.
    fn end(&self, end: usize) -> End {
        let mut nvram = vec![0; record::NVRAM_WORDS as usize];
        let mut resync = Up::power_up(end).resync;
        while resync.step(&mut Whole(&mut nvram)) {}
        resync.format();
        while resync.step(&mut Whole(&mut nvram)) {}
        resync.write_parameters(0, self.parameters(end)).expect("nothing is recorded");
        let mut limits = Vec::new();
        for direction in Direction::ALL {
            let mut words = [0; sa::WORDS];
            words[sa::FLAGS] = sa::flags::ESN | sa::flags::RECORDED | u32::from(self.bounds.window) << sa::flags::WINDOW_SHIFT;
            words[sa::SEQUENCE] = 1;
            resync.install(direction, 0, &words).expect("the NVRAM is usable");
            while resync.step(&mut Whole(&mut nvram)) {}
            while let Some(action) = resync.next_action() {
                if let Action::Install { limit, .. } = action {
                    limits.push(limit);
                }
            }
            resync.installed(direction, 0);
        }
        let live = std::array::from_fn(|at| {
            let address = (0..=u16::MAX).find(|address| Words::live(*address) == Some(at)).expect("every live word has an address");
            nvram[usize::from(address)]
        });
        let up = Up { resync, outbound: Some(Sequence::new(1, limits[0])), inbound: Some(Window::new(self.bounds.window, 0)), sealed: 0 };
        let words = Words { fixed: Arc::new(nvram), live, whole: false };
        End { words, up: Some(up), delivered: BTreeSet::new(), edge: 0, owed: 0, asked: 0 }
    }
}

/// All words, while the SAs are installed.
struct Whole<'a>(&'a mut Vec<u32>);

impl Nvram for Whole<'_> {
    fn read(&mut self, address: u16) -> Result<u32, Fault> {
        Ok(self.0[usize::from(address)])
    }
    fn write(&mut self, address: u16, word: u32) -> Result<(), Fault> {
        self.0[usize::from(address)] = word;
        Ok(())
    }
}

impl Model for Search {
    type State = World;
    type Action = Event;

    fn init_states(&self) -> Vec<World> {
        let ends = [self.end(0), self.end(1)];
        vec![World { ends, network: BTreeMap::new(), cuts: 0, suspends: 0, wrong: None, finished: false }]
    }

    fn actions(&self, world: &World, events: &mut Vec<Event>) {
        for end in 0..2 {
            let Some(up) = &world.ends[end].up else {
                events.push(Event::PowerUp(end));
                continue;
            };
            if up.resync.busy() {
                events.push(Event::Record(end));
            }
            if world.cuts < self.bounds.cuts {
                events.push(Event::Cut(end, 0));
                if up.resync.busy() {
                    events.push(Event::Cut(end, self.bounds.torn));
                }
            }
            if world.sealed(end) < self.bounds.packets && up.sends() {
                events.push(Event::Send(end));
                if up.resync.due().is_some() {
                    events.push(Event::SendControl(end));
                }
            }
            if up.receives() {
                events.extend(world.network.range((1 - end, 0)..=(1 - end, u64::MAX)).map(|((_, number), _)| Event::Arrive(end, *number)));
            }
            if up.sends() && up.receives() && !up.resync.busy() && world.suspends < self.bounds.suspends {
                events.push(Event::Suspend(end));
            }
            if up.resync.recorder().suspended() && !up.resync.busy() {
                events.push(Event::Resume(end));
            }
        }
    }

    fn next_state(&self, last: &World, event: Event) -> Option<World> {
        let mut world = last.clone();
        match event {
            Event::PowerUp(end) => world.power_up(end),
            Event::Record(end) => world.record(end, usize::MAX, self),
            Event::Cut(end, words) => {
                world.cuts += 1;
                world.cut(end, words, self);
            }
            Event::Send(end) => {
                world.seal(end, |_| Body::Data, self)?;
            }
            Event::SendControl(end) => {
                let outgoing = world.ends[end].up.as_ref()?.resync.due()?;
                world.send_control(end, outgoing, self)?;
            }
            Event::Arrive(end, number) => return world.arrive(end, number, self).then_some(world),
            Event::Suspend(end) => {
                world.suspends += 1;
                world.ends[end].up.as_mut()?.resync.suspend();
            }
            Event::Resume(end) => world.ends[end].up.as_mut()?.resync.resume(),
        }
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(N1, |_, world: &World| world.wrong != Some(N1)),
            Property::always(N2, |_, world: &World| world.wrong != Some(N2)),
            Property::always(N3, |search: &Search, world: &World| world.settles(search)),
            Property::always(N4, |_, world: &World| world.wrong != Some(N4)),
            // The search reaches what it is about, where the bounds allow it.
            Property::sometimes("an exchange is finished", |_, world: &World| world.finished),
            Property::sometimes("both ends are in quarantine", |_, world: &World| {
                world.ends.iter().all(|end| end.up.as_ref().is_some_and(|up| up.resync.in_quarantine(0)))
            }),
            Property::sometimes("a packet is delivered after an exchange", |_, world: &World| {
                world.ends.iter().any(|end| end.edge != 0 && end.delivered.last().is_some_and(|last| *last > end.edge))
            }),
            Property::sometimes("a number waits for its limit", |_, world: &World| {
                let waits = |up: &Up| up.outbound.is_some_and(|s| s.next() == s.limit()) && up.resync.busy();
                world.ends.iter().any(|end| end.up.as_ref().is_some_and(waits))
            }),
        ]
    }
}
