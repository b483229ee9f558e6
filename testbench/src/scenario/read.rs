//! From the file to a checked scenario: all mistakes together, each with its line.

use super::plan::{Action, Event, Flow, Kind, Link, Made, Quality, Recorded, Scenario, Sight, Source, Station, When};
use super::raw;
use super::tunnel;
use crate::capture;
use crate::config::{self, ConfigError, Problem, Problems, Word};
use crate::engine::{capabilities, Sizes};
use crate::station::Counter;
use crate::units;
use holdfast_driver::Capabilities;
use holdfast_model::fram::{Tear, BYTES};
use holdfast_registers::record::PLACES;
use std::net::IpAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// Unless the file says otherwise.
const LONGEST: u64 = 12_500_000;
const SETTLE: i64 = 20;
const DELAY: u64 = 625;
const GAP: u64 = 2_500;
const REPLAY_GAP: u64 = 250;
const SIZE: i64 = 128;

/// Events that concern a station.
const EVENTS_OF_STATIONS: &[&str] = &["power-cut", "reset", "host-down", "suspend", "desynchronise", "flip", "deaf", "replay", "rewind"];
/// A counter that takes this many clocks to answer is a fault.
const COUNTER_LIMIT: u64 = 1 << 24;

impl Scenario {
    /// Reads and checks a file; other files are named relative to it.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::load_sized(path, Sizes::default())
    }

    /// As [`Scenario::load`], for devices of other sizes.
    pub fn load_sized(path: &Path, sizes: Sizes) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError { file: name.clone(), problems: vec![Problem { line: None, text: error.to_string() }] })?;
        Self::parse_sized(&name, &text, sizes)
    }

    /// Checks the text of a file; `file` is its name for messages, and where other files are looked for beside it.
    pub fn parse(file: &str, text: &str) -> Result<Self, ConfigError> {
        Self::parse_sized(file, text, Sizes::default())
    }

    fn parse_sized(file: &str, text: &str, sizes: Sizes) -> Result<Self, ConfigError> {
        let mut problems = Problems::new(file, text);
        let raw = match toml::from_str::<raw::Scenario>(text) {
            Ok(raw) => raw,
            Err(error) => {
                problems.add(error.span(), error.message());
                return Err(problems.all());
            }
        };
        let mut reader = Reader {
            folder: Path::new(file).parent().unwrap_or(Path::new("")).to_owned(),
            problems,
            names: Vec::new(),
            images: 0,
            capabilities: capabilities(sizes),
        };
        let scenario = reader.scenario(&raw)?;
        reader.problems.finish(scenario)
    }
}

struct Reader<'a> {
    folder: PathBuf,
    problems: Problems<'a>,
    names: Vec<String>,
    /// NVRAM images that somebody notes.
    images: usize,
    capabilities: Capabilities,
}

impl Reader<'_> {
    fn scenario(&mut self, raw: &raw::Scenario) -> Result<Scenario, ConfigError> {
        let seed = raw.seed.as_ref().map_or(1, |seed| *seed.get_ref());
        let mut stations = Vec::new();
        for station in &raw.station {
            let name = station.name.get_ref().clone();
            if self.names.contains(&name) {
                self.problems.at(station.name.span(), format!("name: \"{name}\" was found twice; accepted is a name of its own"));
            }
            self.names.push(name);
        }
        for (index, station) in raw.station.iter().enumerate() {
            stations.push(self.station(index, station, raw, seed)?);
        }
        if stations.is_empty() {
            self.problems.at(raw.name.span(), "no [[station]] was found; accepted are one and more");
        }
        let links = self.links(&raw.link, stations.len());
        let flows = raw.traffic.iter().filter_map(|traffic| self.flow(traffic)).collect();
        let events = raw.event.iter().flat_map(|event| self.event(event, &links, &stations)).collect();
        Ok(Scenario {
            name: raw.name.get_ref().clone(),
            about: raw.about.as_ref().map_or(String::new(), |about| about.get_ref().trim().to_owned()),
            seed,
            longest: self.time("longest", &raw.longest, LONGEST),
            settle: self.number("settle", &raw.settle, SETTLE, 0, 1 << 20) as u64,
            stations,
            links,
            flows,
            events,
            unsure: false,
        })
    }

    fn station(&mut self, index: usize, raw: &raw::Station, all: &raw::Scenario, seed: u64) -> Result<Station, ConfigError> {
        let kind = match raw.kind.as_ref().map_or("device", |kind| kind.get_ref()) {
            "device" => Kind::Device,
            "model" => Kind::Model,
            other => {
                let span = raw.kind.as_ref().map(Spanned::span);
                self.problems.add(span, format!("kind: \"{other}\" was found; accepted are \"device\" and \"model\""));
                Kind::Model
            }
        };
        let mut spare = None;
        let config = match &raw.config {
            // What is wrong there is told with that file's name and lines.
            Some(file) => config::Station::load(&self.folder.join(file.get_ref()), &self.capabilities)?,
            None => {
                let text = tunnel::configuration(&all.tunnel, &self.names, index, seed, false);
                if text.is_empty() {
                    self.problems
                        .at(raw.name.span(), "a station without config was found; accepted with config, or with a [[tunnel]] to it");
                }
                let name = format!("tunnels of {}", raw.name.get_ref());
                let other = tunnel::configuration(&all.tunnel, &self.names, index, seed, true);
                spare = config::Station::parse(&name, &other, &self.capabilities).ok();
                config::Station::parse(&name, &text, &self.capabilities)?
            }
        };
        let boot = self.time("boot", &raw.boot, 0);
        let pauses = self.number("pauses", &raw.pauses, 0, 0, 250) as u8;
        let (config, spare, counter_delay) = self.counter(raw, config, spare);
        Ok(Station { name: raw.name.get_ref().clone(), kind, config, spare, boot, pauses, counter_delay })
    }

    /// The external counter, which the scenario or the station's own file gives it.
    fn counter(
        &mut self,
        raw: &raw::Station,
        mut config: config::Station,
        mut spare: Option<config::Station>,
    ) -> (config::Station, Option<config::Station>, u64) {
        let delay = self.time("counter_delay", &raw.counter_delay, Counter::DELAY);
        if let Some(counter) = &raw.counter {
            config.counter = *counter.get_ref();
            if config.counter && config.device_key.is_none() {
                self.problems.at(counter.span(), "counter: true was found at a station without a device key; accepted with one");
            }
        }
        if let Some(field) = &raw.counter_delay {
            if !config.counter {
                self.problems.at(field.span(), "counter_delay: found at a station without a counter; accepted with counter = true");
            } else if !(1..COUNTER_LIMIT).contains(&delay) {
                let text = format!("counter_delay: {delay} cycles were found; accepted are 1 to {} cycles", COUNTER_LIMIT - 1);
                self.problems.at(field.span(), text);
            }
        }
        if let Some(spare) = &mut spare {
            spare.counter = config.counter;
        }
        (config, spare, delay)
    }

    fn links(&mut self, raw: &[raw::Link], stations: usize) -> Vec<Link> {
        let clear = Quality { delay: DELAY, loss: 0.0, duplicate: 0.0, reorder: 0.0, down: false };
        if raw.is_empty() && stations == 2 {
            return vec![Link { ends: [0, 1], quality: clear }];
        }
        let mut links = Vec::new();
        for link in raw {
            let quality = Quality {
                delay: self.time("delay", &link.delay, clear.delay),
                loss: self.share("loss", &link.loss, 0.0),
                duplicate: self.share("duplicate", &link.duplicate, 0.0),
                reorder: self.share("reorder", &link.reorder, 0.0),
                down: false,
            };
            let [a, b] = link.between.get_ref();
            let (a, b) = (self.find(a, link.between.span()), self.find(b, link.between.span()));
            let (Some(a), Some(b)) = (a, b) else { continue };
            if a == b {
                self.problems.at(link.between.span(), "between: one station twice was found; accepted are two");
            }
            links.push(Link { ends: [a, b], quality });
        }
        links
    }

    fn flow(&mut self, spanned: &Spanned<raw::Traffic>) -> Option<Flow> {
        let raw = spanned.get_ref();
        let from = self.find(raw.from.get_ref(), raw.from.span());
        let source = match (&raw.capture, &raw.packet) {
            (Some(file), None) => self.capture(file, raw).map(Source::Capture),
            (None, Some(packet)) => self.made(packet).map(Source::Made),
            _ => {
                self.problems.at(spanned.span(), "traffic: accepted is either capture or packet");
                None
            }
        };
        let (start, gap) = (self.time("start", &raw.start, 0), self.time("gap", &raw.gap, GAP));
        let stop = raw.stop.is_some().then(|| self.time("stop", &raw.stop, 0));
        Some(Flow { from: from?, source: source?, start, gap: gap.max(1), stop })
    }

    fn capture(&mut self, file: &Spanned<String>, raw: &raw::Traffic) -> Option<Vec<Vec<u8>>> {
        let frames = match capture::read(&self.folder.join(file.get_ref())) {
            Ok(frames) => frames,
            Err(error) => {
                self.problems.at(file.span(), format!("capture: {error}"));
                return None;
            }
        };
        let sender = match &raw.sender {
            None => None,
            Some(field) => match config::ethernet_address(field.get_ref()) {
                Some(address) => Some(address),
                None => {
                    let text =
                        format!("sender: \"{}\" was found; accepted is an Ethernet address like \"02:00:00:00:00:0a\"", field.get_ref());
                    self.problems.at(field.span(), text);
                    return None;
                }
            },
        };
        let most = self.number("frames", &raw.frames, i64::MAX, 1, i64::MAX) as usize;
        let from = |frame: &capture::Frame| sender.is_none_or(|sender| frame.bytes.get(6..12) == Some(&sender[..]));
        let frames: Vec<_> = frames.into_iter().filter(from).take(most).map(|frame| frame.bytes).collect();
        if frames.is_empty() {
            self.problems.at(file.span(), "capture: no frame of this sender was found; accepted are one and more");
            return None;
        }
        Some(frames)
    }

    fn made(&mut self, spanned: &Spanned<raw::Packet>) -> Option<Made> {
        let raw = spanned.get_ref();
        let mut address = |name: &str, field: &Spanned<String>| -> Option<IpAddr> {
            let found = field.get_ref().parse().ok();
            if found.is_none() {
                let text = format!("{name}: \"{}\" was found; accepted is an IPv4 or IPv6 address", field.get_ref());
                self.problems.at(field.span(), text);
            }
            found
        };
        let (source, destination) = (address("source", &raw.source), address("destination", &raw.destination));
        let (source, destination) = (source?, destination?);
        if source.is_ipv4() != destination.is_ipv4() {
            self.problems.at(raw.destination.span(), format!("destination: {destination} was found; accepted is the family of source"));
        }
        let least = if source.is_ipv4() { 64 } else { 84 };
        Some(Made {
            source,
            destination,
            port: self.number("port", &raw.port, 9, 1, u16::MAX.into()) as u16,
            ports: self.number("ports", &raw.ports, 1, 1, 1024) as u16,
            size: self.number("size", &raw.size, SIZE, least, 1514) as usize,
        })
    }

    fn event(&mut self, raw: &raw::Event, links: &[Link], stations: &[Station]) -> Vec<Event> {
        let Some(when) = self.when(raw) else { return Vec::new() };
        if raw.action.get_ref() == "rewind" {
            return self.rewind(raw, when);
        }
        let actions = self.actions(raw, links, stations);
        actions.into_iter().map(|action| Event { when, action }).collect()
    }

    /// Two events of each station: what its NVRAM holds is noted, and put back.
    fn rewind(&mut self, raw: &raw::Event, when: When) -> Vec<Event> {
        self.refuse_fields(raw);
        let to = match (&raw.to, &raw.to_after) {
            (Some(_), None) => Some(When::At(self.time("to", &raw.to, 0))),
            (None, Some(after)) => self.after(after.get_ref()),
            _ => {
                self.problems.at(raw.action.span(), "rewind: accepted is either to or to_after");
                None
            }
        };
        let Some(to) = to else { return Vec::new() };
        if let (When::At(to), When::At(at), Some(field)) = (to, when, &raw.to) {
            if to >= at {
                let text = format!("to: \"{}\" was found, which is not before at; accepted is an earlier time", field.get_ref().text());
                self.problems.at(field.span(), text);
            }
        }
        let place = raw.place.is_some().then(|| self.number("place", &raw.place, 0, 0, i64::from(PLACES) - 1) as u8);
        let mut events = Vec::new();
        for station in self.stations_of(raw) {
            let image = self.images;
            self.images += 1;
            events.push(Event { when: to, action: Action::Image { station, image } });
            events.push(Event { when, action: Action::Rewind { station, image, place } });
        }
        events
    }

    fn when(&mut self, raw: &raw::Event) -> Option<When> {
        match (&raw.at, &raw.after) {
            (Some(_), None) => Some(When::At(self.time("at", &raw.at, 0))),
            (None, Some(after)) => self.after(after.get_ref()),
            _ => {
                self.problems.at(raw.action.span(), "an event was found without a time, or with two; accepted is either at or after");
                None
            }
        }
    }

    fn after(&mut self, after: &raw::After) -> Option<When> {
        let Some(sight) = Sight::from_name(after.what.get_ref()) else {
            let accepted = "accepted are \"sealed\", \"delivered\", \"request\", \"ack\" and \"nvram\"";
            self.problems.at(after.what.span(), format!("what: \"{}\" was found; {accepted}", after.what.get_ref()));
            return None;
        };
        let count = self.number("count", &after.count, 1, 1, i64::MAX) as u64;
        let plus = self.time("plus", &after.plus, 0);
        Some(When::After { sight, station: self.find(after.station.get_ref(), after.station.span())?, count, plus })
    }

    fn actions(&mut self, raw: &raw::Event, links: &[Link], stations: &[Station]) -> Vec<Action> {
        self.refuse_fields(raw);
        let lasts = self.time("for", &raw.lasts, 0);
        let tear = match raw.tear.as_ref().map_or("mixed", |tear| tear.get_ref()) {
            "old" => Tear::Old,
            "new" => Tear::New,
            "mixed" => Tear::Mixed(0),
            other => {
                let span = raw.tear.as_ref().map(Spanned::span);
                self.problems.add(span, format!("tear: \"{other}\" was found; accepted are \"old\", \"new\" and \"mixed\""));
                Tear::Old
            }
        };
        if raw.action.get_ref() == "link" {
            return self.link(raw, links, lasts).into_iter().collect();
        }
        let pair = self.number("pair", &raw.pair, 0, 0, 31) as u16;
        let bit = raw.bit.is_some().then(|| self.number("bit", &raw.bit, 0, 0, 8 * BYTES as i64 - 1) as u32);
        let power_off = raw.power.as_ref().is_none_or(|power| !*power.get_ref());
        let (frames, last) = (self.recorded(raw), self.number("last", &raw.last, i64::MAX, 1, i64::MAX) as usize);
        let gap = self.time("gap", &raw.gap, REPLAY_GAP);
        let mut actions = Vec::new();
        for station in self.stations_of(raw) {
            actions.push(match raw.action.get_ref().as_str() {
                "power-cut" => Action::PowerCut { station, lasts, tear },
                "reset" => Action::Reset { station },
                "suspend" => Action::Suspend { station, lasts, power_off },
                "desynchronise" => {
                    let recorded = stations.get(station).is_some_and(|s| s.config.pairs.get(usize::from(pair)).is_some_and(Option::is_some));
                    if !recorded {
                        let span = raw.pair.as_ref().map_or(raw.action.span(), Spanned::span);
                        self.problems.at(span, format!("pair: {pair} was found, which is not recorded at this station; accepted is one that is"));
                    }
                    Action::Desynchronise { station, pair }
                }
                "host-down" => Action::HostDown { station, lasts },
                "flip" => Action::Flip { station, bit },
                "deaf" => Action::Deaf { station, lasts },
                "replay" => Action::Replay { station, frames, last, gap },
                other => {
                    let accepted =
                        "accepted are \"power-cut\", \"reset\", \"host-down\", \"suspend\", \"desynchronise\", \"flip\", \"deaf\", \"link\", \"replay\" and \"rewind\"";
                    self.problems.at(raw.action.span(), format!("do: \"{other}\" was found; {accepted}"));
                    return Vec::new();
                }
            });
        }
        actions
    }

    /// Fields that say nothing to this action.
    fn refuse_fields(&mut self, raw: &raw::Event) {
        let action = raw.action.get_ref().as_str();
        let span = |field: &Option<Spanned<Word>>| field.as_ref().map(Spanned::span);
        // Name, place in the file if it is there, actions that it means something to.
        type Meant<'a> = (&'a str, Option<Range<usize>>, &'a [&'a str]);
        let fields: [Meant; 18] = [
            ("station", raw.station.as_ref().map(Spanned::span), EVENTS_OF_STATIONS),
            ("for", span(&raw.lasts), &["power-cut", "host-down", "suspend", "deaf", "link"]),
            ("tear", raw.tear.as_ref().map(Spanned::span), &["power-cut"]),
            ("power", raw.power.as_ref().map(Spanned::span), &["suspend"]),
            ("pair", raw.pair.as_ref().map(Spanned::span), &["desynchronise"]),
            ("bit", raw.bit.as_ref().map(Spanned::span), &["flip"]),
            ("between", raw.between.as_ref().map(Spanned::span), &["link"]),
            ("down", raw.down.as_ref().map(Spanned::span), &["link"]),
            ("delay", span(&raw.delay), &["link"]),
            ("loss", span(&raw.loss), &["link"]),
            ("duplicate", span(&raw.duplicate), &["link"]),
            ("reorder", span(&raw.reorder), &["link"]),
            ("frames", raw.frames.as_ref().map(Spanned::span), &["replay"]),
            ("last", raw.last.as_ref().map(Spanned::span), &["replay"]),
            ("gap", span(&raw.gap), &["replay"]),
            ("to", span(&raw.to), &["rewind"]),
            ("to_after", raw.to_after.as_ref().map(Spanned::span), &["rewind"]),
            ("place", raw.place.as_ref().map(Spanned::span), &["rewind"]),
        ];
        for (name, span, accepted) in fields {
            if let Some(span) = span.filter(|_| !accepted.contains(&action)) {
                self.problems.at(span, format!("{name}: found with do = \"{action}\"; accepted with {}", accepted.join(", ")));
            }
        }
    }

    fn link(&mut self, raw: &raw::Event, links: &[Link], lasts: u64) -> Option<Action> {
        let Some(between) = &raw.between else {
            self.problems.at(raw.action.span(), "do: \"link\" was found without between; accepted with the names of two linked stations");
            return None;
        };
        let [a, b] = between.get_ref();
        let ends = [self.find(a, between.span())?, self.find(b, between.span())?];
        let Some(link) = links.iter().position(|link| link.ends == ends || link.ends == [ends[1], ends[0]]) else {
            self.problems
                .at(between.span(), format!("between: no link between \"{a}\" and \"{b}\" was found; accepted is one that exists"));
            return None;
        };
        let before = links[link].quality;
        let quality = Quality {
            delay: self.time("delay", &raw.delay, before.delay),
            loss: self.share("loss", &raw.loss, before.loss),
            duplicate: self.share("duplicate", &raw.duplicate, before.duplicate),
            reorder: self.share("reorder", &raw.reorder, before.reorder),
            down: raw.down.as_ref().is_some_and(|down| *down.get_ref()),
        };
        Some(Action::Link { link, quality, lasts })
    }

    fn recorded(&mut self, raw: &raw::Event) -> Recorded {
        match raw.frames.as_ref().map_or("all", |frames| frames.get_ref()) {
            "all" => Recorded::All,
            "data" => Recorded::Data,
            "requests" => Recorded::Requests,
            "acks" => Recorded::Acks,
            other => {
                let span = raw.frames.as_ref().map(Spanned::span);
                self.problems
                    .add(span, format!("frames: \"{other}\" was found; accepted are \"all\", \"data\", \"requests\" and \"acks\""));
                Recorded::All
            }
        }
    }

    fn stations_of(&mut self, raw: &raw::Event) -> Vec<usize> {
        let Some(field) = &raw.station else {
            self.problems.at(raw.action.span(), "station: none was found; accepted is the name of a station, or a list of names");
            return Vec::new();
        };
        let names = match field.get_ref() {
            raw::Names::One(name) => std::slice::from_ref(name),
            raw::Names::Many(names) => names,
        };
        names.iter().filter_map(|name| self.find(name, field.span())).collect()
    }

    fn find(&mut self, name: &str, span: Range<usize>) -> Option<usize> {
        let found = self.names.iter().position(|other| other == name);
        if found.is_none() {
            let known = self.names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
            self.problems.at(span, format!("station \"{name}\" was found; accepted are {known}"));
        }
        found
    }

    fn time(&mut self, name: &str, field: &Option<Spanned<Word>>, default: u64) -> u64 {
        let Some(field) = field else { return default };
        units::cycles(&field.get_ref().text()).unwrap_or_else(|text| {
            self.problems.at(field.span(), format!("{name}: {text}"));
            default
        })
    }

    fn share(&mut self, name: &str, field: &Option<Spanned<Word>>, default: f64) -> f64 {
        let Some(field) = field else { return default };
        let text = field.get_ref().text();
        let value = match text.strip_suffix('%') {
            Some(percent) => percent.trim().parse::<f64>().map(|value| value / 100.0),
            None => text.parse(),
        };
        value.ok().filter(|value| (0.0..=1.0).contains(value)).unwrap_or_else(|| {
            self.problems.at(field.span(), format!("{name}: \"{text}\" was found; accepted are 0 to 1, or \"0 %\" to \"100 %\""));
            default
        })
    }

    fn number(&mut self, name: &str, field: &Option<Spanned<i64>>, default: i64, low: i64, high: i64) -> i64 {
        let Some(field) = field else { return default };
        let found = *field.get_ref();
        if !(low..=high).contains(&found) {
            self.problems.at(field.span(), format!("{name}: {found} was found; accepted are {low} to {high}"));
            return default;
        }
        found
    }
}
