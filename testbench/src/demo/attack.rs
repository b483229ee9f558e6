//! Somebody on the wire: frames that a server must not take, each sent after the exchange.

use super::exchange::{fault, Side};
use crate::capture::Frame;
use crate::run::compare_account;
use crate::station::{account, Account, Station, StationError};
use holdfast_model::Direction;
use holdfast_registers::Reason;

/// One kind of attack and what became of it.
#[derive(Clone, Debug)]
pub struct Attack {
    /// What the attacker does.
    pub what: &'static str,
    /// Frames sent.
    pub sent: u64,
    /// The reason they are to be dropped for.
    pub reason: Reason,
    /// Frames dropped for it.
    pub dropped: u64,
    /// Frames that reached the host: none, if all is well.
    pub delivered: u64,
}

/// Attacks of each kind.
const EACH: usize = 3;

/// Attacks a station whose traffic was recorded; `plain` is what its peer sent before it was sealed. The second result tells whether every
/// counter and event was the model's.
pub fn attack(
    station: &mut Station,
    side: &mut Side,
    recorded: &[Frame],
    plain: &[Frame],
) -> Result<(Vec<Attack>, Account, bool), StationError> {
    let esp: Vec<&Frame> = recorded.iter().filter(|frame| is_esp(&frame.bytes)).collect();
    // The latest ones: with extended sequence numbers an older one is taken for one of the next 2^32, and fails already at the ICV.
    let sample: Vec<Vec<u8>> = esp.iter().rev().take(EACH).map(|frame| frame.bytes.clone()).collect();
    let altered = |change: fn(&mut Vec<u8>)| -> Vec<Vec<u8>> {
        sample
            .iter()
            .cloned()
            .map(|mut frame| {
                change(&mut frame);
                frame
            })
            .collect()
    };
    let clear: Vec<Vec<u8>> = plain.iter().filter(|frame| frame.bytes.len() > 200).take(EACH).map(|frame| frame.bytes.clone()).collect();
    let plans: [(&'static str, Reason, Vec<Vec<u8>>); 4] = [
        ("replays recorded frames", Reason::Replay, sample.clone()),
        ("flips one bit of the last byte of the ICV", Reason::Icv, altered(|frame| *frame.last_mut().expect("not empty") ^= 1)),
        (
            "changes the SPI",
            Reason::UnknownSpi,
            altered(|frame| {
                let at = spi_at(frame);
                frame[at] ^= 0x80
            }),
        ),
        ("sends the same packets in the clear", Reason::Unprotected, clear),
    ];
    let mut attacks = Vec::new();
    for (what, reason, frames) in plans {
        let before = station.dropped(holdfast_driver::Direction::Inbound, reason)?;
        let simulation = station.bus_mut();
        simulation.host_out.take();
        for frame in &frames {
            simulation.net_in.send(frame);
            side.golden.frame(Direction::Inbound, frame);
        }
        simulation.run_until_idle().map_err(fault)?;
        let delivered = simulation.host_out.take().len() as u64;
        let dropped = station.dropped(holdfast_driver::Direction::Inbound, reason)? - before;
        attacks.push(Attack { what, sent: frames.len() as u64, reason, dropped, delivered });
    }
    let account = account(station)?;
    let mut differences = Vec::new();
    let counters = compare_account(&account, &side.golden, &mut differences);
    let events = account.events.iter().all(|event| {
        let expected = side.golden.device.take_event();
        expected.is_some_and(|expected| (expected.code, expected.address, expected.sa) == (event.kind.code(), event.address, event.sa))
    }) && side.golden.device.take_event().is_none();
    Ok((attacks, account, counters && events))
}

/// ESP directly behind an IPv4 or IPv6 header.
fn is_esp(frame: &[u8]) -> bool {
    frame.len() > 70 && (frame[12..14] == [8, 0] && frame[23] == 50 || frame[12..14] == [0x86, 0xdd] && frame[20] == 50)
}

fn spi_at(frame: &[u8]) -> usize {
    14 + if frame[12] == 8 { 20 } else { 40 }
}
