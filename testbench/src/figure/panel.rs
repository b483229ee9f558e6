//! One SA: packets as points, the recorded limit, window edges.

use super::scale::Scale;
use super::{colour, line, microseconds, outages, round, text, LEFT, PANEL, RIGHT, WIDTH};
use crate::scenario::{Carries, Fate, Packet, Persisted, SaId, World};
use crate::units;
use svg::node::element::path::Data;
use svg::node::element::{Circle, Group, Path, Polygon, Rectangle, Title};

pub(super) fn draw(world: &World, sa: SaId, time: &Scale, top: f64) -> Group {
    let packets: Vec<&Packet> = world.history.packets.iter().filter(|packet| packet.sa == sa).collect();
    let numbers = range(&packets, world, sa);
    let number = Scale::new(numbers, (top + PANEL, top));
    let mut group = Group::new().add(heading(world, sa, top));
    group = group.add(outages(world, sa, time, top)).add(axes(time, &number, top));
    group = group.add(steps(world, sa, false, time, &number)).add(steps(world, sa, true, time, &number));
    for (cycle, _, edge) in world.history.edges.iter().filter(|(_, edged, _)| *edged == sa) {
        let (x, y) = (time.at(microseconds(*cycle)), number.clamped(*edge as f64));
        group = group.add(line(x, y, WIDTH - RIGHT, y, colour::EDGE).set("stroke-width", 1.5));
        group = group.add(
            text(WIDTH - RIGHT, y + 12.0, 10.0, &format!("{edge} and below: seen")).set("text-anchor", "end").set("fill", colour::EDGE),
        );
    }
    packets.into_iter().fold(group, |group, packet| group.add(point(packet, time, &number)))
}

/// What the vertical axis shows: the packets, and the limit above them unless it is far away.
fn range(packets: &[&Packet], world: &World, sa: SaId) -> (f64, f64) {
    let low = packets.iter().map(|packet| packet.number).min().unwrap_or(0);
    let high = packets.iter().map(|packet| packet.number).max().unwrap_or(1).max(low + 1);
    let span = high - low;
    let limits = world.history.persisted.iter().filter(|record| record.sa == sa && !record.inbound).map(|record| record.value);
    let limit = limits.filter(|limit| *limit <= high + 2 * span).max().unwrap_or(high);
    let (low, high) = (low as f64, high.max(limit) as f64);
    (low - 0.04 * (high - low), high + 0.06 * (high - low))
}

fn heading(world: &World, sa: SaId, top: f64) -> Group {
    let sa = &world.tap.sas[sa];
    let receiver = sa.receiver.map_or("nobody", |(station, _)| world.stations[station].name.as_str());
    let title = format!("{} to {receiver}: SA \"{}\"", world.stations[sa.sender].name, sa.name);
    Group::new().add(text(LEFT, top - 7.0, 13.0, &title).set("font-weight", "bold"))
}

fn axes(time: &Scale, number: &Scale, top: f64) -> Group {
    let mut group = Group::new();
    for tick in time.ticks(10) {
        let x = time.at(tick);
        group = group.add(line(x, top, x, top + PANEL, colour::GRID));
        group = group.add(text(x, top + PANEL + 14.0, 10.0, &format!("{tick}")).set("text-anchor", "middle"));
    }
    for tick in number.ticks(5) {
        let y = number.at(tick);
        group = group.add(line(LEFT, y, WIDTH - RIGHT, y, colour::GRID));
        group = group.add(text(LEFT - 6.0, y + 3.5, 10.0, &format!("{tick}")).set("text-anchor", "end"));
    }
    let (x, y) = (LEFT - 56.0, top + PANEL / 2.0);
    let label = text(x, y, 11.0, "sequence number").set("text-anchor", "middle").set("transform", format!("rotate(-90 {x} {y})"));
    let frame = Rectangle::new().set("x", LEFT).set("y", top).set("width", WIDTH - RIGHT - LEFT).set("height", PANEL);
    group
        .add(frame.set("fill", "none").set("stroke", colour::TEXT))
        .add(label)
        .add(text(WIDTH - RIGHT, top + PANEL + 28.0, 11.0, "time, µs").set("text-anchor", "end"))
}

/// What was recorded, as a line of steps: limits as the sender has them, edges as the receiver has them.
fn steps(world: &World, sa: SaId, inbound: bool, time: &Scale, number: &Scale) -> Path {
    let records: Vec<&Persisted> = world.history.persisted.iter().filter(|record| record.sa == sa && record.inbound == inbound).collect();
    let mut data = Data::new();
    for (n, record) in records.iter().enumerate() {
        let (x, y) = (round(time.at(microseconds(record.cycle))), round(number.clamped(record.value as f64)));
        data = if n == 0 { data.move_to((x, y)) } else { data.horizontal_line_to(x).vertical_line_to(y) };
    }
    if !records.is_empty() {
        data = data.horizontal_line_to(WIDTH - RIGHT);
    }
    let path = Path::new().set("d", data).set("fill", "none");
    match inbound {
        false => path.set("stroke", colour::LIMIT).set("stroke-width", 1.6),
        true => path.set("stroke", colour::EDGE).set("stroke-width", 1.2).set("stroke-dasharray", "5 3"),
    }
}

/// A packet, with its story for who points at it.
fn point(packet: &Packet, time: &Scale, number: &Scale) -> Group {
    let (x, y) = (round(time.at(microseconds(packet.cycle))), round(number.at(packet.number as f64)));
    let what = match packet.carries {
        Carries::Data => "packet",
        Carries::Request => "REQUEST",
        Carries::Ack => "ACK",
    };
    let end = match packet.fate {
        Fate::Lost => "lost".to_owned(),
        Fate::Arrived => "arrived, not delivered".to_owned(),
        Fate::Delivered(cycle) => format!("delivered at {}", units::show(cycle)),
    };
    let story = Title::new(format!("{what} {}: sealed at {}, {end}", packet.number, units::show(packet.cycle)));
    mark(packet.carries, packet.fate, x, y).add(story)
}

/// The sign of a kind of packet.
pub(super) fn mark(carries: Carries, fate: Fate, x: f64, y: f64) -> Group {
    let polygon = |points: &[(f64, f64)], fill: &str| {
        let text: Vec<String> = points.iter().map(|(dx, dy)| format!("{},{}", round(x + dx), round(y + dy))).collect();
        Polygon::new().set("points", text.join(" ")).set("fill", fill.to_owned()).set("stroke", "white").set("stroke-width", 0.6)
    };
    let circle = Circle::new().set("cx", x).set("cy", y);
    match (carries, fate) {
        (Carries::Request, _) => Group::new().add(polygon(&[(-6.0, 5.0), (6.0, 5.0), (0.0, -6.5)], colour::REQUEST)),
        (Carries::Ack, _) => Group::new().add(polygon(&[(-6.0, 0.0), (0.0, -6.5), (6.0, 0.0), (0.0, 6.5)], colour::ACK)),
        (Carries::Data, Fate::Delivered(_)) => Group::new().add(circle.set("r", 2.4).set("fill", colour::DATA)),
        (Carries::Data, Fate::Arrived) => {
            Group::new().add(circle.set("r", 2.6).set("fill", "white").set("stroke", colour::DATA).set("stroke-width", 1))
        }
        (Carries::Data, Fate::Lost) => Group::new()
            .add(line(x - 2.5, y - 2.5, x + 2.5, y + 2.5, colour::LOST).set("stroke-width", 1.3))
            .add(line(x - 2.5, y + 2.5, x + 2.5, y - 2.5, colour::LOST).set("stroke-width", 1.3)),
    }
}
