//! The figure of a run: for each SA the packets as points over time and sequence number, the recorded limit above them, what went wrong as
//! shaded bands, and when the NVRAMs were written. Made for somebody who has never seen one: the legend says what means what.

mod legend;
mod panel;
mod scale;

use crate::scenario::{Cause, SaId, Scenario, World};
use crate::units::CYCLES_PER_MICROSECOND;
use scale::Scale;
use svg::node::element::{Group, Line, Rectangle, Text};
use svg::Document;

/// Pixels.
const WIDTH: f64 = 1180.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 84.0;
const PANEL: f64 = 230.0;
const GAP: f64 = 46.0;
const STRIP: f64 = 22.0;
const FONT: &str = "DejaVu Sans, Verdana, Helvetica, sans-serif";
/// SAs that are shown; a figure of more is no figure.
const SHOWN: usize = 6;

/// Colours, told apart also by who sees few: by Okabe and Ito.
mod colour {
    pub const DATA: &str = "#0072b2";
    pub const LOST: &str = "#999999";
    pub const REQUEST: &str = "#d55e00";
    pub const ACK: &str = "#009e73";
    pub const LIMIT: &str = "#111111";
    pub const EDGE: &str = "#cc79a7";
    pub const OUTAGE: &str = "#f0c0a0";
    pub const LINK: &str = "#e8e0b8";
    pub const ATTACK: &str = "#aa0000";
    pub const GRID: &str = "#dddddd";
    pub const TEXT: &str = "#222222";
}

/// Draws a finished run.
pub fn draw(scenario: &Scenario, world: &World) -> Document {
    let shown = shown(world);
    let hidden = world.tap.sas.len() - shown.len();
    let strips = world.stations.len() as f64 * STRIP + GAP;
    let height = TOP + shown.len() as f64 * (PANEL + GAP) + strips + legend::HEIGHT;
    let time = Scale::new((0.0, microseconds(world.history.end)), (LEFT, WIDTH - RIGHT));

    let mut document = Document::new()
        .set("viewBox", (0, 0, WIDTH as i64, height.ceil() as i64))
        .set("width", WIDTH as i64)
        .set("height", height.ceil() as i64)
        .set("font-family", FONT)
        .add(Rectangle::new().set("width", "100%").set("height", "100%").set("fill", "white"))
        .add(text(LEFT, 30.0, 19.0, &scenario.name).set("font-weight", "bold"));
    for (n, line) in wrapped(&scenario.about, 150).iter().take(2).enumerate() {
        document = document.add(text(LEFT, 50.0 + 16.0 * n as f64, 12.0, line));
    }
    let mut top = TOP + 16.0;
    for sa in &shown {
        document = document.add(panel::draw(world, *sa, &time, top));
        top += PANEL + GAP;
    }
    document = document.add(nvrams(world, &time, top));
    top += strips;
    document.add(legend::draw(top, hidden))
}

/// SAs with packets of hosts first, then those with control messages only.
fn shown(world: &World) -> Vec<SaId> {
    let mut list: Vec<SaId> = world.in_use().collect();
    let rest: Vec<SaId> =
        (0..world.tap.sas.len()).filter(|sa| !list.contains(sa) && world.history.packets.iter().any(|packet| packet.sa == *sa)).collect();
    list.extend(rest);
    list.truncate(SHOWN);
    list.sort_unstable();
    list
}

/// When each station's NVRAM was written.
fn nvrams(world: &World, time: &Scale, top: f64) -> Group {
    let mut group = Group::new().add(text(LEFT, top - 6.0, 12.0, "NVRAM being written"));
    for (at, station) in world.stations.iter().enumerate() {
        let y = top + at as f64 * STRIP;
        group = group.add(text(LEFT - 8.0, y + 13.0, 11.0, &station.name).set("text-anchor", "end"));
        group = group.add(line(LEFT, y + 18.0, WIDTH - RIGHT, y + 18.0, colour::GRID));
        for (_, from, to) in world.history.writes.iter().filter(|(writer, _, _)| *writer == at) {
            let (x, end) = (time.at(microseconds(*from)), time.at(microseconds(*to)));
            let bar = Rectangle::new().set("x", round(x)).set("y", y + 4.0).set("height", 14.0).set("fill", colour::LIMIT);
            group = group.add(bar.set("width", round((end - x).max(0.6))));
        }
    }
    group
}

/// Bands of what went wrong with the stations at both ends of an SA.
fn outages(world: &World, sa: SaId, time: &Scale, top: f64) -> Group {
    let (mut group, mut labels) = (Group::new(), Group::new());
    let ends = [Some(world.tap.sas[sa].sender), world.tap.sas[sa].receiver.map(|(station, _)| station)];
    let mut label = 0;
    for outage in &world.history.outages {
        if !ends.contains(&Some(outage.station)) {
            continue;
        }
        let end = outage.end.unwrap_or(world.history.end);
        let (x, right) = (time.at(microseconds(outage.begin)), time.at(microseconds(end)));
        let fill = if outage.cause == Cause::Link { colour::LINK } else { colour::OUTAGE };
        let band = Rectangle::new().set("x", round(x)).set("y", top).set("height", PANEL).set("fill", fill).set("fill-opacity", 0.55);
        group = group.add(band.set("width", round((right - x).max(1.5))));
        let words = match outage.cause {
            Cause::Link => outage.cause.words().to_owned(),
            cause => format!("{} {}", world.stations[outage.station].name, cause.words()),
        };
        // Neighbours get lines of their own.
        labels = labels.add(text(x + 3.0, top + 12.0 + 12.0 * f64::from(label % 3), 10.0, &words));
        label += 1;
    }
    for (cycle, station, count) in &world.history.replays {
        if ends[1] != Some(*station) {
            continue;
        }
        let x = time.at(microseconds(*cycle));
        group = group.add(line(x, top, x, top + PANEL, colour::ATTACK).set("stroke-dasharray", "2 3"));
        let words = format!("attacker replays {count} frames");
        group = group.add(text(x + 3.0, top + PANEL - 6.0, 10.0, &words).set("fill", colour::ATTACK));
    }
    for (cycle, _) in world.history.rewinds.iter().filter(|(_, station)| ends.contains(&Some(*station))) {
        let x = time.at(microseconds(*cycle));
        group = group.add(line(x, top, x, top + PANEL, colour::ATTACK).set("stroke-dasharray", "2 3"));
        group = group.add(text(x + 3.0, top + PANEL - 6.0, 10.0, "attacker rewinds the NVRAM").set("fill", colour::ATTACK));
    }
    group.add(labels)
}

fn microseconds(cycles: u64) -> f64 {
    cycles as f64 / CYCLES_PER_MICROSECOND as f64
}

/// Hundredths of a pixel are enough.
fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn text(x: f64, y: f64, size: f64, content: &str) -> Text {
    Text::new(content).set("x", round(x)).set("y", round(y)).set("font-size", size).set("fill", colour::TEXT)
}

fn line(x1: f64, y1: f64, x2: f64, y2: f64, stroke: &str) -> Line {
    let line = Line::new().set("x1", round(x1)).set("y1", round(y1)).set("x2", round(x2)).set("y2", round(y2));
    line.set("stroke", stroke.to_owned()).set("stroke-width", 1)
}

/// Words in lines of at most so many characters.
fn wrapped(words: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
