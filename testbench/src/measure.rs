//! What the device reaches, counted in simulated cycles: steady-state cycles per frame in both directions at once, the cost of a flood that is
//! not for it, latency, what recording costs, the cost of driver operations, and the time of a restart. Nothing here is a test; `make measure` puts the figures into the docs.

mod recording;
mod restart;

pub use recording::{recording, Recording, INTERVALS};
pub use restart::{restart, Restart, PAIRS};

use crate::config::{compact, Station as Config};
use crate::device::{Inputs, Outputs};
use crate::engine::{capabilities, Profile, Sizes};
use crate::station::{self, Station, Stress};
use crate::{backend::Backend, golden::Golden, run};
use holdfast_model::{Direction, Verdict};
use nix::time::{clock_gettime, ClockId};
use serde::Serialize;
use std::error::Error;

/// Bytes of a frame on the wire that the device does not see: FCS 4, preamble and delimiter 8, gap 12.
const WIRE: usize = 24;
/// FCS.
const FCS: usize = 4;
/// Host frame sizes, FCS included, as benchmarks quote them (RFC 2544), and the longest.
pub const SIZES: [usize; 6] = [64, 128, 256, 512, 1024, 1518];
/// Those beyond Ethernet's longest, where the profile takes them: 9018 is an IP packet of 9000 bytes.
pub const JUMBO_SIZES: [usize; 2] = [4096, 9018];

/// What is between the two hosts.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub name: &'static str,
    tunnel: bool,
    ipv6_outer: bool,
    key_bytes: usize,
    udp: bool,
}

/// The settings that are measured.
pub const SETTINGS: [Setting; 5] = [
    Setting { name: "tunnel, IPv4 in IPv4, AES-256", tunnel: true, ipv6_outer: false, key_bytes: 32, udp: false },
    Setting { name: "tunnel, IPv4 in IPv4, AES-128", tunnel: true, ipv6_outer: false, key_bytes: 16, udp: false },
    Setting { name: "tunnel, IPv4 in IPv6, AES-256", tunnel: true, ipv6_outer: true, key_bytes: 32, udp: false },
    Setting { name: "tunnel, IPv4 in IPv4, UDP, AES-256", tunnel: true, ipv6_outer: false, key_bytes: 32, udp: true },
    Setting { name: "transport, IPv4, AES-256", tunnel: false, ipv6_outer: false, key_bytes: 32, udp: false },
];

/// Steady state of one frame size, or mix of sizes, in both directions at once.
#[derive(Clone, Debug, Serialize)]
pub struct Throughput {
    pub setting: String,
    /// Host frame in bytes with FCS; for a mix its name.
    pub frame: String,
    /// Bytes of time on the wire that the sealed frames take on average: what 1 GbE allows at 125 MHz, in cycles.
    pub wire: f64,
    /// Cycles per frame that the device needs, sealing and opening at the same time.
    pub sealing: f64,
    pub opening: f64,
}

/// Time from the first beat in to the first beat out of an idle device, in cycles.
#[derive(Clone, Debug, Serialize)]
pub struct Latency {
    pub setting: String,
    pub frame: usize,
    pub sealing: u64,
    pub opening: u64,
}

/// A flood of shortest frames that are not for the device, one between every two frames that are, in both directions.
#[derive(Clone, Debug, Serialize)]
pub struct Flood {
    pub kind: String,
    pub frame: usize,
    /// Cycles that a pair takes on the wire, and that the device needs.
    pub wire: f64,
    pub sealing: f64,
    pub opening: f64,
}

/// A configuration as text, so that it takes the way of every other one. Fifteen rules that do not match stand before the one that does. With an
/// interval the SAs are recorded.
fn config(setting: Setting, interval: Option<u64>, jumbo: bool) -> Config {
    let mut text = interval.map_or(String::new(), |_| format!("device_key = \"{}\"\n", "3c".repeat(32)));
    if jumbo {
        text += &format!("max_frame = {}\n", Sizes::JUMBO);
    }
    let (local, remote) = if setting.ipv6_outer { ("fd90::2", "fd90::1") } else { ("10.90.0.2", "10.90.0.1") };
    let key: String = (0..setting.key_bytes).map(|i| format!("{:02x}", 17 * i % 251)).collect();
    let mode = if setting.tunnel { "tunnel" } else { "transport" };
    let udp = if setting.udp { "udp_encapsulation = 4500\n" } else { "" };
    for (name, direction, local, remote) in [("out", "outbound", local, remote), ("in", "inbound", local, remote)] {
        let window = if direction == "inbound" { "window = 1024\n" } else { "" };
        text += &format!(
            "[[sa]]\nname = \"{name}\"\ndirection = \"{direction}\"\nspi = 0x1000\nalgorithm = \"aes-gcm-16\"\nkey = \"{key}\"\nsalt = \"01020304\"\n\
             mode = \"{mode}\"\nlocal = \"{local}\"\nremote = \"{remote}\"\n{window}{udp}"
        );
        if let Some(interval) = interval {
            text += "record = true\n";
            if direction == "outbound" {
                text += &format!("interval = {interval}\n");
                text += "[sa.control]\nsource = \"02:00:00:00:00:02\"\ndestination = \"02:00:00:00:00:01\"\n";
            }
        }
    }
    for other in 0..15 {
        text += &format!("[[policy]]\ndirection = \"both\"\nsource = \"10.90.{}.0/24\"\nprotocol = \"udp\"\nsource_ports = \"1-9\"\naction = \"discard\"\n", other + 1);
    }
    text += "[[policy]]\ndirection = \"outbound\"\nsource = \"10.90.0.2/32\"\naction = \"protect\"\nsa = \"out\"\n";
    text += "[[policy]]\ndirection = \"inbound\"\nsource = \"10.90.0.1/32\"\naction = \"protect\"\nsa = \"in\"\n";
    let profile = if jumbo { Profile::Pipelined } else { Profile::Compact };
    Config::parse("measurement", &text, &capabilities(profile.sizes())).expect("a sound configuration")
}

/// A UDP datagram in an Ethernet frame of `bytes` without FCS.
fn datagram(bytes: usize, source: u8, destination: u8) -> Vec<u8> {
    let length = (bytes - 14) as u16;
    let mut frame = vec![2, 0, 0, 0, 0, destination, 2, 0, 0, 0, 0, source, 8, 0, 0x45, 0];
    frame.extend(length.to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, 17, 0, 0, 10, 90, 0, source, 10, 90, 0, destination, 0x30, 0x39, 0x30, 0x3a]);
    frame.extend((length - 20).to_be_bytes());
    frame.extend((0..bytes - 40).map(|i| i as u8));
    frame
}

/// The same packet sealed by a peer with these SAs.
fn sealed(peer: &mut Golden, frame: &[u8]) -> Vec<u8> {
    match peer.frame(Direction::Outbound, frame) {
        Verdict::Delivered { frame, .. } => frame,
        Verdict::Dropped(reason) => panic!("the peer drops its own frame: {reason}"),
    }
}

/// The peer: the addresses of `config` the other way round.
fn peer(setting: Setting) -> Golden {
    let mut text = format!("max_frame = {}\n", Sizes::JUMBO);
    let (local, remote) = if setting.ipv6_outer { ("fd90::1", "fd90::2") } else { ("10.90.0.1", "10.90.0.2") };
    let key: String = (0..setting.key_bytes).map(|i| format!("{:02x}", 17 * i % 251)).collect();
    let mode = if setting.tunnel { "tunnel" } else { "transport" };
    let udp = if setting.udp { "udp_encapsulation = 4500\n" } else { "" };
    text += &format!(
        "[[sa]]\nname = \"out\"\ndirection = \"outbound\"\nspi = 0x1000\nalgorithm = \"aes-gcm-16\"\nkey = \"{key}\"\nsalt = \"01020304\"\n\
         mode = \"{mode}\"\nlocal = \"{local}\"\nremote = \"{remote}\"\n{udp}[[policy]]\ndirection = \"outbound\"\naction = \"protect\"\nsa = \"out\"\n"
    );
    run::golden(&Config::parse("peer", &text, &capabilities(Profile::Pipelined.sizes())).expect("a sound configuration"))
        .expect("a sound configuration")
}

/// A station for frames of up to so many bytes with FCS.
fn start(backend: Box<dyn Backend<Inputs, Outputs>>, setting: Setting, longest: usize) -> Result<Station, Box<dyn Error>> {
    Ok(station::start(backend, Stress::default(), &config(setting, None, longest > Sizes::ETHERNET))?)
}

/// Cycles per frame between the frames that left, the first quarter left out.
fn period(stamps: &[u64]) -> f64 {
    let skip = stamps.len() / 4;
    (stamps[stamps.len() - 1] - stamps[skip]) as f64 / (stamps.len() - 1 - skip) as f64
}

/// Measures one mix of sizes (with FCS) in both directions at once.
pub fn throughput(
    backend: Box<dyn Backend<Inputs, Outputs>>,
    setting: Setting,
    name: &str,
    mix: &[usize],
) -> Result<Throughput, Box<dyn Error>> {
    let mut station = start(backend, setting, mix.iter().copied().max().unwrap_or(0))?;
    let mut peer = peer(setting);
    let rounds = (48 / mix.len()).max(4);
    let (mut wire, mut count) = (0, 0);
    for size in (0..rounds).flat_map(|_| mix) {
        let inbound = sealed(&mut peer, &datagram(size - FCS, 1, 2));
        wire += inbound.len() + WIRE;
        count += 1;
        station.bus_mut().host_in.send(&datagram(size - FCS, 2, 1));
        station.bus_mut().net_in.send(&inbound);
    }
    station.bus_mut().run_until_idle()?;
    let leave = |frames: &[station::Received]| frames.iter().map(|f| f.stamp.last).collect::<Vec<_>>();
    let (out, host) = (leave(station.bus_mut().net_out.frames()), leave(station.bus_mut().host_out.frames()));
    assert_eq!((out.len(), host.len()), (count, count), "frames were lost");
    Ok(Throughput {
        setting: setting.name.into(),
        frame: name.into(),
        wire: wire as f64 / count as f64,
        sealing: period(&out),
        opening: period(&host),
    })
}

/// Measures one frame through an idle device.
pub fn latency(backend: Box<dyn Backend<Inputs, Outputs>>, setting: Setting, size: usize) -> Result<Latency, Box<dyn Error>> {
    let mut station = start(backend, setting, size)?;
    let inbound = sealed(&mut peer(setting), &datagram(size - FCS, 1, 2));
    station.bus_mut().host_in.send(&datagram(size - FCS, 2, 1));
    station.bus_mut().run_until_idle()?;
    station.bus_mut().net_in.send(&inbound);
    station.bus_mut().run_until_idle()?;
    let bus = station.bus_mut();
    Ok(Latency {
        setting: setting.name.into(),
        frame: size,
        sealing: bus.net_out.frames()[0].stamp.first - bus.host_in.stamps()[0].first,
        opening: bus.host_out.frames()[0].stamp.first - bus.net_in.stamps()[0].first,
    })
}

/// Measures frames of `size` with a shortest frame of somebody else after each. Inbound these are ESP of an unknown SPI or clear text that no rule lets in;
/// outbound, packets that no rule knows.
pub fn flood(backend: Box<dyn Backend<Inputs, Outputs>>, size: usize, esp: bool) -> Result<Flood, Box<dyn Error>> {
    let setting = SETTINGS[0];
    let mut station = start(backend, setting, size)?;
    let mut peer = peer(setting);
    let mut foreign = datagram(60, 1, 2);
    foreign[29] = 77;
    if esp {
        foreign = datagram(60, 1, 2);
        foreign[23] = 50;
    }
    let count = 40;
    let mut wire = 0;
    for _ in 0..count {
        let inbound = sealed(&mut peer, &datagram(size - FCS, 1, 2));
        wire += inbound.len() + WIRE + foreign.len() + WIRE;
        station.bus_mut().net_in.send(&inbound);
        station.bus_mut().net_in.send(&foreign);
        station.bus_mut().host_in.send(&datagram(size - FCS, 2, 1));
        station.bus_mut().host_in.send(&datagram(60, 77, 1));
    }
    station.bus_mut().run_until_idle()?;
    let leave = |frames: &[station::Received]| frames.iter().map(|f| f.stamp.last).collect::<Vec<_>>();
    let (out, host) = (leave(station.bus_mut().net_out.frames()), leave(station.bus_mut().host_out.frames()));
    assert_eq!((out.len(), host.len()), (count, count), "legitimate frames were lost");
    let kind = if esp { "ESP of an unknown SPI" } else { "clear text that no rule knows" };
    Ok(Flood { kind: kind.into(), frame: size, wire: wire as f64 / count as f64, sealing: period(&out), opening: period(&host) })
}

/// A device under steady traffic in both directions, for timing its simulation.
pub struct Loaded {
    station: Station,
    peer: Golden,
}

impl Loaded {
    /// Configures the device; frames of 512 bytes.
    pub fn new(backend: Box<dyn Backend<Inputs, Outputs>>) -> Result<Self, Box<dyn Error>> {
        Ok(Self { station: start(backend, SETTINGS[0], 512)?, peer: peer(SETTINGS[0]) })
    }

    /// Simulates so many cycles; the ports never run dry.
    pub fn run(&mut self, cycles: u64) {
        for _ in 0..cycles {
            let bus = self.station.bus_mut();
            if bus.host_in.pending() < 2 {
                bus.host_in.send(&datagram(512 - FCS, 2, 1));
            }
            if bus.net_in.pending() < 2 {
                bus.net_in.send(&sealed(&mut self.peer, &datagram(512 - FCS, 1, 2)));
            }
            bus.cycle();
        }
        self.station.bus_mut().net_out.take();
        self.station.bus_mut().host_out.take();
    }

    /// Device cycles per second of processor time, over about `seconds` of it: other work on the machine counts as little as it can.
    pub fn speed(&mut self, step: u64, seconds: f64) -> Result<f64, Box<dyn Error>> {
        let now = || clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map(|time| time.tv_sec() as f64 + time.tv_nsec() as f64 / 1e9);
        let (begin, mut cycles) = (now()?, 0);
        while now()? - begin < seconds {
            self.run(step);
            cycles += step;
        }
        Ok(cycles as f64 / (now()? - begin))
    }
}

/// What the driver pays for its operations on an idle device.
#[derive(Clone, Debug, Serialize)]
pub struct DriverCost {
    pub operation: String,
    pub transactions: u64,
    pub cycles: u64,
}

/// Counts bus transactions and cycles per operation.
pub fn driver_costs(backend: Box<dyn Backend<Inputs, Outputs>>) -> Result<Vec<DriverCost>, Box<dyn Error>> {
    let config = config(SETTINGS[0], None, false);
    let mut station = start(backend, SETTINGS[0], 512)?;
    let mut costs = vec![];
    let mut cost = |station: &mut Station,
                    operation: &str,
                    act: &mut dyn FnMut(&mut Station) -> Result<(), station::StationError>|
     -> Result<(), Box<dyn Error>> {
        let (cycles, transactions) = (station.bus_mut().cycles(), station.bus_mut().registers.count());
        act(station)?;
        costs.push(DriverCost {
            operation: operation.into(),
            transactions: station.bus_mut().registers.count() - transactions,
            cycles: station.bus_mut().cycles() - cycles,
        });
        Ok(())
    };
    cost(&mut station, "install an inbound SA", &mut |s| s.install_inbound(1, &spare(&config).1))?;
    cost(&mut station, "install an outbound SA", &mut |s| s.install_outbound(1, &spare(&config).0))?;
    cost(&mut station, "write a rule", &mut |s| s.write_rule(holdfast_driver::Direction::Outbound, 15, &config.outbound_rules[15]))?;
    let mut stray = datagram(60, 1, 2);
    stray[23] = 50;
    station.bus_mut().net_in.send(&stray);
    station.bus_mut().run_until_idle()?;
    cost(&mut station, "take an event", &mut |s| s.next_event().map(|_| ()))?;
    Ok(costs)
}

/// Another pair of SAs than those installed.
fn spare(_: &Config) -> (holdfast_driver::OutboundSa, holdfast_driver::InboundSa) {
    let mut text = String::new();
    for direction in ["outbound", "inbound"] {
        text += &format!(
            "[[sa]]\nname = \"{direction}\"\ndirection = \"{direction}\"\nspi = 0x2000\nalgorithm = \"aes-gcm-16\"\nkey = \"{}\"\nsalt = \"01020304\"\nmode = \"tunnel\"\nlocal = \"10.90.0.2\"\nremote = \"10.90.0.1\"\n",
            "5a".repeat(32)
        );
    }
    let mut config = Config::parse("spare", &text, &compact()).expect("a sound configuration");
    (config.outbound.remove(0).sa, config.inbound.remove(0).sa)
}
