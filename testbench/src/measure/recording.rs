//! What it costs in throughput that limits and window edges are recorded.

use super::{config, datagram, peer, period, sealed, FCS, SETTINGS, WIRE};
use crate::backend::Backend;
use crate::device::{Inputs, Outputs};
use crate::station::{self, nvram, Stress};
use serde::Serialize;
use std::error::Error;

/// Packets between two records that are measured; `None`: nothing is recorded.
pub const INTERVALS: [Option<u64>; 5] = [None, Some(1024), Some(256), Some(64), Some(16)];
/// Frames each way: more than two of the longest intervals.
const FRAMES: usize = 2600;
/// Bytes of a host frame with FCS: the shortest use up their numbers fastest.
const SIZE: usize = 64;

/// Steady state with the shortest frames, both directions at once, every port always ready: faster than a wire would bring them.
#[derive(Clone, Debug, Serialize)]
pub struct Recording {
    pub interval: Option<u64>,
    /// Cycles per frame: on the wire, sealing, opening.
    pub wire: f64,
    pub sealing: f64,
    pub opening: f64,
    /// The longest time between two frames that leave, in cycles.
    pub sealing_longest: u64,
    pub opening_longest: u64,
    /// Bytes written to the NVRAM meanwhile.
    pub written: u64,
}

/// Measures one interval.
pub fn recording(backend: Box<dyn Backend<Inputs, Outputs>>, interval: Option<u64>) -> Result<Recording, Box<dyn Error>> {
    let mut station = station::start(backend, Stress::default(), &config(SETTINGS[0], interval, false))?;
    let mut peer = peer(SETTINGS[0]);
    let part = station.bus_mut().nvram().clone();
    let before = nvram(&part).written();
    let mut wire = 0;
    for _ in 0..FRAMES {
        let inbound = sealed(&mut peer, &datagram(SIZE - FCS, 1, 2));
        wire += inbound.len() + WIRE;
        station.bus_mut().host_in.send(&datagram(SIZE - FCS, 2, 1));
        station.bus_mut().net_in.send(&inbound);
    }
    station.bus_mut().run_until_idle()?;
    let leave = |frames: &[station::Received]| frames.iter().map(|f| f.stamp.last).collect::<Vec<_>>();
    let longest = |stamps: &[u64]| stamps.windows(2).map(|two| two[1] - two[0]).max().unwrap_or(0);
    let (out, host) = (leave(station.bus_mut().net_out.frames()), leave(station.bus_mut().host_out.frames()));
    assert_eq!((out.len(), host.len()), (FRAMES, FRAMES), "frames were lost");
    let written = nvram(&part).written() - before;
    Ok(Recording {
        interval,
        wire: wire as f64 / FRAMES as f64,
        sealing: period(&out),
        opening: period(&host),
        sealing_longest: longest(&out),
        opening_longest: longest(&host),
        written,
    })
}
