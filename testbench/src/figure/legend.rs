//! What means what.

use super::panel::mark;
use super::{colour, line, text, LEFT, WIDTH};
use crate::scenario::{Carries, Fate};
use svg::node::element::{Group, Rectangle};

/// Pixels.
pub(super) const HEIGHT: f64 = 108.0;
const COLUMN: f64 = (WIDTH - LEFT) / 3.0;
const ROW: f64 = 19.0;

pub(super) fn draw(top: f64, hidden: usize) -> Group {
    let entries: [(Group, &str); 10] = [
        (mark(Carries::Data, Fate::Delivered(0), 0.0, 0.0), "packet, delivered to the host"),
        (mark(Carries::Data, Fate::Arrived, 0.0, 0.0), "packet, arrived but not delivered (quarantine, host down)"),
        (mark(Carries::Data, Fate::Lost, 0.0, 0.0), "packet, lost on the way, or nobody there"),
        (mark(Carries::Request, Fate::Arrived, 0.0, 0.0), "REQUEST: \"my state is lost; this is my number\""),
        (mark(Carries::Ack, Fate::Arrived, 0.0, 0.0), "ACK: \"and this is mine\" – in step again"),
        (stroke(colour::LIMIT, 1.6, ""), "recorded limit: only numbers below it are used"),
        (stroke(colour::EDGE, 1.2, "5 3"), "recorded window edge of the receiver"),
        (stroke(colour::EDGE, 1.5, ""), "window edge that an ACK established"),
        (band(colour::OUTAGE), "something is out of service"),
        (band(colour::LINK), "the link loses, doubles or delays frames"),
    ];
    let mut group = Group::new();
    for (n, (sign, words)) in entries.into_iter().enumerate() {
        let (x, y) = (LEFT + (n % 3) as f64 * COLUMN, top + (n / 3) as f64 * ROW);
        group = group.add(sign.set("transform", format!("translate({} {})", x + 8.0, y))).add(text(x + 24.0, y + 4.0, 11.0, words));
    }
    if hidden > 0 {
        group = group.add(text(LEFT + COLUMN, top + 3.0 * ROW + 4.0, 11.0, &format!("SAs not shown: {hidden}")));
    }
    group
}

fn stroke(colour: &str, width: f64, dashes: &str) -> Group {
    Group::new().add(line(-9.0, 0.0, 9.0, 0.0, colour).set("stroke-width", width).set("stroke-dasharray", dashes.to_owned()))
}

fn band(colour: &str) -> Group {
    let band = Rectangle::new().set("x", -9.0).set("y", -6.0).set("width", 18.0).set("height", 12.0);
    Group::new().add(band.set("fill", colour.to_owned()).set("fill-opacity", 0.55))
}
