//! The bench: every station and link at one clock, what hosts send, what happens, and who watches.
//!
//! [`World::step`] is one clock of everything. Host software runs on top of it: a register transaction of one station's driver steps the whole
//! world until it is answered, so that time passes for all alike. Host actions of all stations are done one after the other.

use super::checker::{Checker, Delivery};
use super::flow::{Flow, WAITING};
use super::history::{Carries, Cause, Fate, History, Outage, Packet, Persisted};
use super::host::HostAction;
use super::link::Link;
use super::plan::{Action, Event, Recorded, Scenario, Sight, When};
use super::records;
use super::wiretap::{Inside, SaId, Sealed, Wiretap};
use crate::config;
use crate::station::{nvram, Account, Cut, Fault, Simulation};
use holdfast_driver::Capabilities;
use holdfast_model::fram::{Stuck, Tear, BYTES};
use holdfast_model::wire::control::Message;
use holdfast_registers::record;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Cycles without an NVRAM byte after which a write counts as over.
const QUIET_NVRAM: u64 = 400;

/// A station of the bench.
pub struct Station {
    /// Its name.
    pub name: String,
    /// Device, NVRAM and ports.
    pub simulation: Simulation,
    /// SAs and rules.
    pub config: config::Station,
    /// The device's capabilities, once its driver has asked.
    pub capabilities: Option<Capabilities>,
    /// The host's software is there.
    pub host_up: bool,
    /// What the driver has read last.
    pub account: Account,
    /// Inbound SAs in quarantine at the end.
    pub quarantine: u32,
    /// Its recorder had not looked at all places of the NVRAM yet.
    pub restoring: bool,
    boot: u64,
    /// When the power comes back.
    dark_until: Option<u64>,
    /// When the host's power comes back.
    hostless_until: Option<u64>,
    /// When the host's driver comes.
    boots_at: Option<u64>,
    /// When the host resumes a suspended device.
    resumes_at: Option<u64>,
    /// When the NVRAM answers again.
    deaf_until: Option<u64>,
    written: u64,
    writing: Option<(u64, u64)>,
    values: BTreeMap<u32, u64>,
    /// Frames that were on their way to this station, for somebody who sends them again.
    recorded: Vec<(Carries, Vec<u8>)>,
}

/// Counts of frames at all ports of all stations.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ports {
    /// Frames that entered.
    pub frames_in: u64,
    /// Frames that left.
    pub frames_out: u64,
    /// Bytes that entered.
    pub bytes_in: u64,
    /// Bytes that left.
    pub bytes_out: u64,
}

/// Something that looks at the world after every clock and may change it.
pub type Hook = Box<dyn FnMut(&mut World)>;

/// Everything.
pub struct World {
    /// The stations.
    pub stations: Vec<Station>,
    /// Who has all keys.
    pub tap: Wiretap,
    /// Who judges.
    pub checker: Checker,
    /// What happened.
    pub history: History,
    /// Frames at the ports.
    pub ports: Ports,
    /// What the hosts are to do next.
    pub hosts: VecDeque<HostAction>,
    /// Looks on after every clock.
    pub hook: Option<Hook>,
    links: Vec<Link>,
    flows: Vec<Flow>,
    events: Vec<(Event, bool)>,
    sights: BTreeMap<(Sight, usize), Vec<u64>>,
    /// Sights that an event waits for.
    wanted: BTreeSet<(Sight, usize)>,
    /// Hosts send, and events happen.
    running: bool,
    /// Hosts send no more.
    drained: bool,
    cycle: u64,
    /// When every station was configured.
    begin: u64,
    settle: u64,
    random: ChaCha8Rng,
    deliveries: BTreeMap<SaId, Vec<u64>>,
    faults: Vec<String>,
    /// What NVRAMs held, for somebody who puts it back.
    images: BTreeMap<usize, Box<[u8; BYTES]>>,
    /// Configurations with other keys, where the first installation may be cut off.
    spares: Vec<config::Station>,
}

impl World {
    /// Stations just out of reset, unconfigured.
    pub fn new(scenario: &Scenario, simulations: Vec<Simulation>) -> Self {
        let configs = scenario.stations.iter().map(|station| &station.config);
        let spares: Option<Vec<_>> = scenario.stations.iter().map(|station| station.spare.clone()).collect();
        let spares = spares.filter(|_| scenario.unsure).unwrap_or_default();
        let tap = Wiretap::new(configs, &spares);
        let station = |(plan, simulation): (&super::plan::Station, Simulation)| Station {
            name: plan.name.clone(),
            simulation,
            config: plan.config.clone(),
            capabilities: None,
            host_up: false,
            account: Account::default(),
            quarantine: 0,
            restoring: false,
            boot: plan.boot,
            dark_until: None,
            hostless_until: None,
            boots_at: None,
            resumes_at: None,
            deaf_until: None,
            written: 0,
            writing: None,
            values: BTreeMap::new(),
            recorded: Vec::new(),
        };
        let link = |(at, link): (usize, &super::plan::Link)| Link::new(link.ends, link.quality, scenario.seed ^ (at as u64 + 1) << 40);
        let sight = |event: &Event| match event.when {
            When::After { sight, station, .. } => Some((sight, station)),
            When::At(_) => None,
        };
        World {
            stations: scenario.stations.iter().zip(simulations).map(station).collect(),
            tap,
            checker: Checker::default(),
            history: History::default(),
            ports: Ports::default(),
            hosts: VecDeque::new(),
            hook: None,
            links: scenario.links.iter().enumerate().map(link).collect(),
            flows: scenario.flows.iter().cloned().map(Flow::new).collect(),
            events: scenario.events.iter().map(|event| (*event, false)).collect(),
            sights: BTreeMap::new(),
            wanted: scenario.events.iter().filter_map(sight).collect(),
            running: false,
            drained: false,
            cycle: 0,
            begin: 0,
            settle: scenario.settle,
            random: ChaCha8Rng::seed_from_u64(scenario.seed),
            deliveries: BTreeMap::new(),
            faults: Vec::new(),
            images: BTreeMap::new(),
            spares,
        }
    }

    /// Where the power failed before every station was configured: waits until it is back and gives every station its spare SAs, which are still to
    /// be installed.
    pub fn start_over(&mut self) -> bool {
        if self.spares.is_empty() || self.stations.iter().all(|station| station.host_up) {
            return false;
        }
        while self.stations.iter().any(|station| station.dark_until.is_some() || station.boots_at.is_some()) {
            self.step();
        }
        self.hosts.clear();
        for (station, spare) in self.stations.iter_mut().zip(std::mem::take(&mut self.spares)) {
            (station.config, station.capabilities, station.host_up) = (spare, None, false);
        }
        true
    }

    /// The scenario's clock starts: every station is configured.
    pub fn start(&mut self) {
        self.begin = self.cycle;
        self.running = true;
        for at in 0..self.stations.len() {
            self.stations[at].writing = None;
            self.records(at, 0);
        }
    }

    /// The scenario's clock has been started.
    pub fn has_started(&self) -> bool {
        self.running
    }

    /// The scenario's clock runs.
    pub fn is_running(&self) -> bool {
        self.running && !self.drained
    }

    /// Hosts send no more; what is under way comes to its end.
    pub fn drain(&mut self) {
        self.drained = true;
    }

    /// Cycles since [`World::start`].
    pub fn now(&self) -> u64 {
        self.cycle - self.begin
    }

    /// Cycles since the stations came out of reset.
    pub fn cycles(&self) -> u64 {
        self.cycle
    }

    /// Broken rules of a stream, and host actions that failed.
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// Something went wrong that no scenario asks for.
    pub fn fault(&mut self, text: String) {
        self.faults.push(text);
    }

    /// From now on it is noted when something is seen at a station.
    pub fn want(&mut self, sight: Sight, station: usize) {
        self.wanted.insert((sight, station));
    }

    /// When something that is wanted was seen for the `count`-th time (1: the first) at a station.
    pub fn seen(&self, sight: Sight, station: usize, count: u64) -> Option<u64> {
        let at = usize::try_from(count).ok()?.checked_sub(1)?;
        self.sights.get(&(sight, station))?.get(at).copied()
    }

    /// Events that have not happened.
    pub fn waiting(&self) -> usize {
        self.events.iter().filter(|(_, done)| !done).count()
    }

    /// One clock of everything.
    pub fn step(&mut self) {
        if self.running {
            self.happen();
            self.send();
        }
        self.power();
        self.arrive();
        for station in &mut self.stations {
            station.simulation.cycle();
        }
        for at in 0..self.stations.len() {
            self.leave(at);
            self.watch_nvram(at);
            if self.stations[at].host_up && self.stations[at].simulation.irq() && !self.hosts.contains(&HostAction::Serve(at)) {
                self.hosts.push_back(HostAction::Serve(at));
            }
        }
        self.cycle += 1;
        if let Some(mut hook) = self.hook.take() {
            hook(self);
            self.hook = self.hook.take().or(Some(hook));
        }
    }

    /// The power of a station fails. What follows is for [`World::step`].
    pub fn power_cut(&mut self, at: usize, lasts: u64, tear: Tear) {
        self.darken(at, lasts, tear);
        self.outage(at, Cause::Power, None);
    }

    /// The power of a station goes, for a reason that is known.
    pub fn darken(&mut self, at: usize, lasts: u64, tear: Tear) {
        let cut = self.stations[at].simulation.power_cut(tear);
        self.interrupted(at, cut);
        self.stations[at].dark_until = Some(self.cycle + lasts.max(1));
    }

    /// The device of a station is reset.
    pub fn reset(&mut self, at: usize) {
        let cut = self.stations[at].simulation.reset();
        self.interrupted(at, cut);
        self.outage(at, Cause::Reset, Some(self.now()));
        self.stations[at].boots_at = Some(self.cycle + self.stations[at].boot);
    }

    /// The host of a station loses its power; the device keeps its own.
    pub fn host_down(&mut self, at: usize, lasts: u64) {
        self.outage(at, Cause::Host, None);
        self.stations[at].simulation.set_host(false);
        self.host_gone(at);
        self.stations[at].hostless_until = Some(self.cycle + lasts.max(1));
    }

    /// The host of a station resumes its device later.
    pub fn resume_later(&mut self, at: usize, lasts: u64) {
        self.stations[at].resumes_at = Some(self.cycle + lasts);
    }

    /// Something begins to be wrong.
    pub fn outage(&mut self, station: usize, cause: Cause, end: Option<u64>) {
        let last = |sa: SaId| self.history.packets.iter().rev().find(|packet| packet.sa == sa).map_or(0, |packet| packet.number);
        let under = (0..self.tap.sas.len()).filter(|sa| self.tap.sas[*sa].sender == station);
        let before = under.map(|sa| (sa, last(sa))).collect();
        let begin = self.now();
        self.history.outages.push(Outage { station, cause, begin, end, before, skipped: Vec::new(), in_step: None, recovered: None });
    }

    /// What was wrong with a station no longer is.
    pub fn over(&mut self, station: usize, cause: Cause) {
        let now = self.now();
        let open = |outage: &&mut Outage| outage.station == station && outage.cause == cause && outage.end.is_none();
        if let Some(outage) = self.history.outages.iter_mut().rev().find(open) {
            outage.end = Some(now);
        }
    }

    /// Every event has happened, nothing is wrong any more, and enough packets have arrived since under every SA in use.
    pub fn settled(&self) -> bool {
        let calm = self.waiting() == 0
            && self.hosts.is_empty()
            && self.stations.iter().all(|station| station.host_up && station.simulation.powered() && station.deaf_until.is_none())
            && self.links.iter().all(|link| link.disturbed().is_none());
        let since = self.history.outages.iter().map(|outage| outage.end.unwrap_or(u64::MAX)).max().unwrap_or(0);
        let events = self.history.replays.iter().map(|replay| replay.0).max().unwrap_or(0);
        let sent = self.flows.iter().all(|flow| flow.sent >= self.settle || flow.ended(self.now()));
        calm && sent && self.in_use().all(|sa| self.deliveries_since(sa, since.max(events)) >= self.settle)
    }

    /// No inbound SA of any station is in quarantine, and none is still to be restored: what is to come is not in quarantine yet. An SA that is in
    /// use is back, for `settled` waits for packets under it; for any other the recorder has to be through with its NVRAM.
    pub fn in_step(&self) -> bool {
        self.stations.iter().enumerate().all(|(at, station)| station.quarantine == 0 && !self.owes(at))
    }

    /// The recorder of a station has not come to all its places, and hosts do not use all SAs that may be there.
    pub fn owes(&self, at: usize) -> bool {
        let ours = |sa: &SaId| self.tap.sas[*sa].sender == at || self.tap.sas[*sa].receiver.is_some_and(|(receiver, _)| receiver == at);
        self.stations[at].restoring && (0..self.tap.sas.len()).filter(ours).any(|sa| !self.deliveries.contains_key(&sa))
    }

    /// SAs under which hosts have sent something.
    pub fn in_use(&self) -> impl Iterator<Item = SaId> + '_ {
        (0..self.tap.sas.len()).filter(|sa| self.deliveries.contains_key(sa))
    }

    /// Nothing is under way on any link, nor at any port.
    pub fn empty(&self) -> bool {
        let still = |station: &Station| station.simulation.host_in.pending() + station.simulation.net_in.pending() == 0;
        self.links.iter().all(Link::empty) && self.stations.iter().all(still)
    }

    /// Completes the history.
    pub fn finish(&mut self) {
        self.history.end = self.now();
        for at in 0..self.history.outages.len() {
            let (station, end) = (self.history.outages[at].station, self.history.outages[at].end.unwrap_or(u64::MAX));
            let next =
                self.history.outages[at + 1..].iter().find(|outage| outage.station == station).map_or(u64::MAX, |outage| outage.begin);
            let own = |edge: &&(u64, SaId, u64)| self.tap.sas[edge.1].receiver.is_some_and(|(at, _)| at == station);
            let answered = |edge: &&(u64, SaId, u64)| (end..next).contains(&edge.0);
            let in_step = self.history.edges.iter().filter(own).filter(answered).map(|edge| edge.0).max();
            self.history.outages[at].in_step = in_step;
            let touches =
                |sa: &SaId| self.tap.sas[*sa].sender == station || self.tap.sas[*sa].receiver.is_some_and(|(at, _)| at == station);
            let again = |sa: SaId| self.deliveries[&sa].iter().copied().find(|cycle| *cycle >= end);
            let times: Option<Vec<u64>> = self.in_use().filter(touches).map(again).collect();
            self.history.outages[at].recovered = times.map(|times| times.into_iter().max().unwrap_or(end));
        }
        self.skipped();
    }

    /// Numbers that an outage left unused, for each SA that was in use before and after.
    fn skipped(&mut self) {
        let History { packets, outages, .. } = &mut self.history;
        for outage in outages.iter_mut().filter(|outage| outage.cause != Cause::Link) {
            let first = |sa: SaId| packets.iter().find(|packet| packet.sa == sa && packet.cycle > outage.begin);
            let skipped = |(sa, last): &(SaId, u64)| Some((*sa, first(*sa)?.number.checked_sub(last + 1)?));
            outage.skipped = outage.before.iter().filter(|(_, last)| *last > 0).filter_map(skipped).collect();
        }
    }

    fn deliveries_since(&self, sa: SaId, since: u64) -> u64 {
        self.deliveries.get(&sa).map_or(0, |times| times.iter().rev().take_while(|time| **time > since).count() as u64)
    }

    /// What is due now happens.
    fn happen(&mut self) {
        for at in 0..self.events.len() {
            let (event, done) = self.events[at];
            if done || !self.is_due(event.when) {
                continue;
            }
            self.events[at].1 = true;
            self.act(event.action);
        }
    }

    fn is_due(&self, when: When) -> bool {
        match when {
            When::At(time) => self.now() >= time,
            When::After { sight, station, count, plus } => self.seen(sight, station, count).is_some_and(|time| self.now() >= time + plus),
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::PowerCut { station, .. } | Action::Reset { station } if !self.stations[station].simulation.powered() => {}
            Action::PowerCut { station, lasts, tear } => {
                let tear = if matches!(tear, Tear::Mixed(_)) { Tear::Mixed(self.random.gen()) } else { tear };
                self.power_cut(station, lasts, tear);
            }
            Action::Reset { station } => self.reset(station),
            Action::Suspend { station, lasts, power_off } => self.hosts.push_back(HostAction::Suspend { station, lasts, power_off }),
            Action::Desynchronise { station, pair } => self.hosts.push_back(HostAction::Desynchronise { station, pair }),
            Action::HostDown { station, lasts } => self.host_down(station, lasts),
            Action::Flip { station, bit } => {
                let bit = bit.unwrap_or_else(|| self.random.gen_range(0..8 * BYTES as u32));
                nvram(self.stations[station].simulation.nvram()).flip(bit);
            }
            Action::Deaf { station, lasts } => {
                nvram(self.stations[station].simulation.nvram()).set_stuck(Some(Stuck::High));
                self.stations[station].deaf_until = Some(self.cycle + lasts);
                self.outage(station, Cause::Deaf, None);
            }
            Action::Link { link, quality, lasts } => {
                let until = self.now() + lasts;
                self.links[link].disturb(quality, self.cycle + lasts);
                self.outage(self.links[link].ends[0], Cause::Link, Some(until));
            }
            Action::Replay { station, frames, last, gap } => self.replay(station, frames, last, gap),
            Action::Image { station, image } => {
                let contents = Box::new(*nvram(self.stations[station].simulation.nvram()).contents());
                self.images.insert(image, contents);
            }
            Action::Rewind { station, image, place } => self.rewind(station, image, place),
        }
    }

    /// Somebody puts back what an NVRAM held.
    fn rewind(&mut self, station: usize, image: usize, place: Option<u8>) {
        let simulation = &self.stations[station].simulation;
        let words = |text: &str| format!("{}: rewind: {text}", self.stations[station].name);
        match self.images.get(&image) {
            _ if simulation.powered() => self.faults.push(words("the power was on; accepted while it is off")),
            None => self.faults.push(words("what it goes back to had not happened; accepted is something earlier")),
            Some(contents) => {
                records::put_back(&mut nvram(simulation.nvram()), contents, place);
                self.history.rewinds.push((self.now(), station));
            }
        }
    }

    fn replay(&mut self, station: usize, frames: Recorded, last: usize, gap: u64) {
        let wanted = |carries: Carries| match frames {
            Recorded::All => true,
            Recorded::Data => carries == Carries::Data,
            Recorded::Requests => carries == Carries::Request,
            Recorded::Acks => carries == Carries::Ack,
        };
        let chosen: Vec<Vec<u8>> =
            self.stations[station].recorded.iter().filter(|(carries, _)| wanted(*carries)).map(|(_, frame)| frame.clone()).collect();
        let chosen = &chosen[chosen.len().saturating_sub(last)..];
        let now = self.now();
        self.history.replays.push((now + gap * chosen.len() as u64, station, chosen.len()));
        let (cycle, Some(link)) = (self.cycle, self.links.iter_mut().find(|link| link.ends.contains(&station))) else { return };
        for (n, frame) in chosen.iter().enumerate() {
            link.replay(cycle + gap * n as u64, station, frame);
        }
    }

    /// Hosts send what is due.
    fn send(&mut self) {
        if self.drained {
            return;
        }
        let now = self.cycle - self.begin;
        for flow in &mut self.flows {
            let station = &mut self.stations[flow.from()];
            let able = station.host_up && station.simulation.powered() && station.simulation.host_in.pending() < WAITING;
            if let Some(frame) = flow.due(now, able) {
                self.checker.sent(&frame);
                self.ports.frames_in += 1;
                self.ports.bytes_in += frame.len() as u64;
                station.simulation.host_in.send(&frame);
            }
        }
    }

    /// Power comes back, hosts boot, NVRAMs answer again.
    fn power(&mut self) {
        for at in 0..self.stations.len() {
            let station = &mut self.stations[at];
            if station.dark_until.is_some_and(|until| self.cycle >= until) {
                station.dark_until = None;
                station.simulation.power_up();
                station.boots_at = Some(self.cycle + station.boot);
                self.over(at, Cause::Power);
                self.over(at, Cause::Suspended);
            }
            let station = &mut self.stations[at];
            if station.hostless_until.is_some_and(|until| self.cycle >= until) {
                station.hostless_until = None;
                station.simulation.set_host(true);
                station.boots_at = Some(self.cycle + station.boot);
                self.over(at, Cause::Host);
            }
            let station = &mut self.stations[at];
            if station.boots_at.is_some_and(|time| self.cycle >= time) {
                station.boots_at = None;
                self.hosts.push_back(HostAction::Boot(at));
            }
            if station.resumes_at.is_some_and(|time| self.cycle >= time) {
                station.resumes_at = None;
                self.hosts.push_back(HostAction::Resume(at));
            }
            if station.deaf_until.is_some_and(|until| self.cycle >= until) {
                station.deaf_until = None;
                nvram(station.simulation.nvram()).set_stuck(None);
                self.over(at, Cause::Deaf);
            }
        }
    }

    /// Frames come off the links.
    fn arrive(&mut self) {
        for at in 0..self.links.len() {
            while let Some(super::link::Frame { to, bytes: frame, replayed }) = self.links[at].arrive(self.cycle) {
                if !self.stations[to].simulation.powered() {
                    continue;
                }
                let sealed = self.tap.look(&frame);
                self.ports.frames_in += 1;
                self.ports.bytes_in += frame.len() as u64;
                let edge = self.checker.enters(&self.tap, to, &frame, sealed.as_ref());
                let now = self.cycle.saturating_sub(self.begin);
                if let Some(sealed) = &sealed {
                    if let Some(sa) = edge {
                        self.history.edges.push((now, sa, sealed.number));
                    }
                    if let Some(packet) =
                        self.history.packet(sealed.sa, sealed.number).filter(|packet| packet.fate == Fate::Lost && !replayed)
                    {
                        packet.fate = Fate::Arrived;
                    }
                }
                self.stations[to].simulation.net_in.send(&frame);
            }
        }
    }

    /// Frames leave the ports of a station.
    fn leave(&mut self, at: usize) {
        if let Err(Fault::Stream(text)) = self.stations[at].simulation.check_streams() {
            if self.faults.is_empty() {
                self.faults.push(format!("{}: {text}", self.stations[at].name));
            }
        }
        for frame in self.stations[at].simulation.net_out.take() {
            self.ports.frames_out += 1;
            self.ports.bytes_out += frame.bytes.len() as u64;
            let sealed = self.tap.look(&frame.bytes);
            let carries = sealed.as_ref().map_or(Carries::Data, |sealed| self.sealed(at, sealed, true));
            for link in 0..self.links.len() {
                if !self.links[link].ends.contains(&at) {
                    continue;
                }
                let to = if self.links[link].ends[0] == at { self.links[link].ends[1] } else { self.links[link].ends[0] };
                self.links[link].send(self.cycle, at, &frame.bytes);
                self.stations[to].recorded.push((carries, frame.bytes.clone()));
            }
        }
        for frame in self.stations[at].simulation.host_out.take() {
            self.ports.frames_out += 1;
            self.ports.bytes_out += frame.bytes.len() as u64;
            self.delivered(at, &frame.bytes);
        }
    }

    fn sealed(&mut self, at: usize, sealed: &Sealed, whole: bool) -> Carries {
        let cycle = self.cycle.saturating_sub(self.begin);
        self.checker.sealed(&self.tap, cycle, sealed, whole);
        let carries = match sealed.inside {
            Inside::Control(Message::Request { .. }) => Carries::Request,
            Inside::Control(Message::Ack { .. }) => Carries::Ack,
            Inside::Data(_) | Inside::Broken => Carries::Data,
        };
        self.history.packets.push(Packet { cycle, sa: sealed.sa, number: sealed.number, carries, fate: Fate::Lost });
        self.see(Sight::Sealed, at);
        match carries {
            Carries::Request => self.see(Sight::Request, at),
            Carries::Ack => self.see(Sight::Ack, at),
            Carries::Data => {
                self.deliveries.entry(sealed.sa).or_default();
            }
        }
        carries
    }

    fn delivered(&mut self, at: usize, frame: &[u8]) {
        let now = self.cycle.saturating_sub(self.begin);
        let delivery = self.checker.delivered(&self.tap, at, now, frame);
        self.see(Sight::Delivered, at);
        if let Delivery::Opened { sa, number } = delivery {
            self.deliveries.entry(sa).or_default().push(now);
            if let Some(packet) = number.and_then(|number| self.history.packet(sa, number)) {
                packet.fate = Fate::Delivered(now);
            }
        }
    }

    fn see(&mut self, sight: Sight, station: usize) {
        if self.running && self.wanted.contains(&(sight, station)) {
            let now = self.now();
            self.sights.entry((sight, station)).or_default().push(now);
        }
    }

    /// The device of a station forgot everything.
    fn interrupted(&mut self, at: usize, cut: Cut) {
        self.host_gone(at);
        if let Some(sealed) = self.tap.look_at_part(&cut.net) {
            self.sealed(at, &sealed, false);
        }
        for sa in 0..self.tap.sas.len() {
            if self.tap.sas[sa].sender == at {
                self.checker.forget_outstanding(sa);
            }
        }
    }

    /// The host software of a station is gone, and with it what it was about to do.
    fn host_gone(&mut self, at: usize) {
        let station = &mut self.stations[at];
        station.host_up = false;
        (station.boots_at, station.resumes_at) = (None, None);
        self.hosts.retain(|action| action.station() != at);
    }

    /// Follows what is written into a station's NVRAM.
    fn watch_nvram(&mut self, at: usize) {
        let now = self.cycle.saturating_sub(self.begin);
        let written = nvram(self.stations[at].simulation.nvram()).written();
        if written != self.stations[at].written {
            let station = &mut self.stations[at];
            station.written = written;
            station.writing = Some((station.writing.map_or(now, |(from, _)| from), now));
            self.see(Sight::Nvram, at);
            return;
        }
        let Some((from, to)) = self.stations[at].writing.filter(|(_, to)| now >= to + QUIET_NVRAM) else { return };
        self.stations[at].writing = None;
        if !self.running {
            return;
        }
        self.history.writes.push((at, from, to));
        self.records(at, to);
    }

    /// What the records of a station say now.
    fn records(&mut self, at: usize, cycle: u64) {
        for sa in 0..self.tap.sas.len() {
            let (sender, receiver) = (self.tap.sas[sa].sender, self.tap.sas[sa].receiver);
            if sender == at {
                self.persisted(at, sa, false, self.tap.sas[sa].index as u32, cycle);
            }
            if let Some((_, index)) = receiver.filter(|(receiver, _)| *receiver == at) {
                self.persisted(at, sa, true, index as u32 + record::INBOUND, cycle);
            }
        }
    }

    fn persisted(&mut self, at: usize, sa: SaId, inbound: bool, place: u32, cycle: u64) {
        let Some(value) = records::newest(&nvram(self.stations[at].simulation.nvram()), place) else { return };
        if self.stations[at].values.insert(place, value) != Some(value) {
            self.history.persisted.push(Persisted { cycle, sa, inbound, value });
        }
    }
}
