//! A capture through one direction of a device, with the golden model beside it.

use crate::backend::Backend;
use crate::capture::Frame;
use crate::config;
use crate::device::{Inputs, Outputs};
use crate::golden::Golden;
use crate::station::{account, start, Account, StationError, Stress};
use holdfast_model::{Direction, Settings, Sizes};
use holdfast_registers::Refusal;

/// Differences that are described; more are only counted.
const DESCRIBED: usize = 5;

/// The direction of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Host port to network port.
    Seal,
    /// Network port to host port.
    Open,
}

impl Way {
    fn direction(self) -> Direction {
        match self {
            Way::Seal => Direction::Outbound,
            Way::Open => Direction::Inbound,
        }
    }
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The frames that left, each with the time of the frame it came from.
    pub frames: Vec<Frame>,
    /// Cycles from entering the first byte to leaving the last, one per frame that left.
    pub latencies: Vec<u64>,
    /// Counters and events.
    pub account: Account,
    /// Clock cycles simulated.
    pub cycles: u64,
    /// What was compared with the golden model, and whether it was equal.
    pub checks: Vec<(&'static str, bool)>,
    /// The first differences, in words.
    pub differences: Vec<String>,
}

/// A golden device with a configuration.
pub fn golden(config: &config::Station) -> Result<Golden, Refusal> {
    let mut golden = Golden::new(Sizes::JUMBO);
    let nat_t_port = config.nat_t_port.unwrap_or(Settings::RESET.nat_t_port);
    let max_frame = config.max_frame.unwrap_or(Settings::RESET.max_frame);
    golden.device.set_settings(Settings { enable: true, nat_t_port, max_frame, ..Settings::RESET });
    for (index, named) in config.inbound.iter().enumerate() {
        golden.device.install_sa(Direction::Inbound, index, &named.sa.words())?;
    }
    for (index, named) in config.outbound.iter().enumerate() {
        golden.device.install_sa(Direction::Outbound, index, &named.sa.words())?;
    }
    for (direction, rules) in [(Direction::Outbound, &config.outbound_rules), (Direction::Inbound, &config.inbound_rules)] {
        for (index, rule) in rules.iter().enumerate() {
            golden.device.write_rule(direction, index, &rule.words())?;
        }
    }
    Ok(golden)
}

/// Sends all frames through; `progress` is told how many have entered.
pub fn pass(
    backend: Box<dyn Backend<Inputs, Outputs>>,
    stress: Stress,
    config: &config::Station,
    way: Way,
    frames: &[Frame],
    mut progress: impl FnMut(u64),
) -> Result<Outcome, StationError> {
    let mut station = start(backend, stress, config)?;
    let simulation = station.bus_mut();
    let source = if way == Way::Seal { &mut simulation.host_in } else { &mut simulation.net_in };
    for frame in frames {
        source.send(&frame.bytes);
    }
    let result = simulation.run_until_idle_with(|simulation| {
        if simulation.cycles() % 1024 == 0 {
            let source = if way == Way::Seal { &simulation.host_in } else { &simulation.net_in };
            progress((frames.len() - source.pending()) as u64);
        }
    });
    simulation.flush();
    result.map_err(|error| StationError::Bus { access: holdfast_driver::Access::Read, address: 0, error })?;
    let (monitor, other, source) = match way {
        Way::Seal => (&simulation.net_out, &simulation.host_out, &simulation.host_in),
        Way::Open => (&simulation.host_out, &simulation.net_out, &simulation.net_in),
    };
    let (received, stamps) = (monitor.frames().to_vec(), source.stamps().to_vec());
    let mut outcome = Outcome { cycles: simulation.cycles(), ..Outcome::default() };
    let quiet = other.frames().is_empty();
    outcome.account = account(&mut station)?;

    // The model says which frame each one that left came from: order is kept, and dropped frames are missing.
    let mut golden = golden(config).expect("the driver has checked what the model would refuse");
    let mut expected = Vec::new();
    for (i, frame) in frames.iter().enumerate() {
        if let Some(bytes) = golden.frame(way.direction(), &frame.bytes).frame() {
            expected.push((i, bytes.to_vec()));
        }
    }
    let mut different = received.len().abs_diff(expected.len());
    if different > 0 {
        outcome.differences.push(format!("{} frames left the device, {} the golden model", received.len(), expected.len()));
    }
    for ((i, bytes), got) in expected.iter().zip(&received) {
        if got.bytes != *bytes {
            different += 1;
            if outcome.differences.len() < DESCRIBED {
                outcome.differences.push(difference(*i, bytes, &got.bytes));
            }
        }
        outcome.frames.push(Frame { time: frames[*i].time, bytes: got.bytes.clone() });
        outcome.latencies.push(got.stamp.last - stamps[*i].first);
    }
    let counters = compare_account(&outcome.account, &golden, &mut outcome.differences);
    outcome.checks = vec![
        ("every byte as the golden model says", different == 0),
        ("every counter as the golden model says", counters),
        ("nothing leaves the other port", quiet),
    ];
    Ok(outcome)
}

/// Where two frames differ.
pub fn difference(number: usize, expected: &[u8], got: &[u8]) -> String {
    let number = number + 1;
    match expected.iter().zip(got).position(|(a, b)| a != b) {
        Some(at) => format!("packet {number}: byte {at} is {:#04x}, the golden model says {:#04x}", got[at], expected[at]),
        None => format!("packet {number}: {} bytes, the golden model says {}", got.len(), expected.len()),
    }
}

/// Compares what a device told with the model; differences are appended in words.
pub fn compare_account(account: &Account, golden: &Golden, differences: &mut Vec<String>) -> bool {
    use holdfast_registers::{counter, Reason};
    let before = differences.len();
    for (direction, counters) in [(Direction::Outbound, account.outbound), (Direction::Inbound, account.inbound)] {
        let counters = counters.unwrap_or_default();
        for (name, entry, got) in [
            ("frames_in", counter::FRAMES_IN, counters.frames_in),
            ("bytes_in", counter::BYTES_IN, counters.bytes_in),
            ("frames_out", counter::FRAMES_OUT, counters.frames_out),
            ("bytes_out", counter::BYTES_OUT, counters.bytes_out),
            ("fragments_to_host, control_sent", counter::FRAGMENTS_TO_HOST, counters.fragments_to_host + counters.control_sent),
        ] {
            let expected = golden.counter(direction, entry);
            if got != expected {
                differences.push(format!("{direction:?} {name} is {got}, the golden model says {expected}"));
            }
        }
    }
    for &reason in Reason::ALL {
        let entry = counter::DROPPED + usize::from(reason.code());
        let expected: u64 = Direction::ALL.iter().map(|direction| golden.counter(*direction, entry)).sum();
        let got = account.dropped.get(reason.name()).copied().unwrap_or(0);
        if got != expected {
            differences.push(format!("dropped {reason} is {got}, the golden model says {expected}"));
        }
    }
    differences.len() == before
}
