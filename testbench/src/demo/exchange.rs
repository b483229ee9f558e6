//! Both stations side by side, each network port connected to the other's.

use super::traffic::Traffic;
use crate::capture::Frame;
use crate::config;
use crate::golden::Golden;
use crate::run::{compare_account, difference, golden};
use crate::station::{account, Account, Fault, Received, Station, StationError};
use holdfast_model::Direction;

/// Cycles without a frame on the way after which both devices are asked whether they are empty.
const QUIET: u64 = 4000;
/// Differences that are described; more are only counted.
const DESCRIBED: usize = 5;

/// One station after the exchange.
pub struct Side {
    /// What it sent into the network.
    pub sealed: Vec<Frame>,
    /// What it handed to its host.
    pub opened: Vec<Frame>,
    /// Cycles from the first beat in to the last beat out, for each sealed frame.
    pub latencies: Vec<u64>,
    /// Counters and events.
    pub account: Account,
    /// Its golden model, in the same state.
    pub golden: Golden,
}

/// What came of the exchange.
pub struct Exchange {
    /// The client.
    pub client: Side,
    /// The server.
    pub server: Side,
    /// Clock cycles of each device.
    pub cycles: u64,
    /// Every byte that left was the model's.
    pub bytes: bool,
    /// Every counter was the model's.
    pub counters: bool,
    /// Every frame that a host sent arrived at the other one unchanged.
    pub arrived: bool,
    /// What was different, in words.
    pub differences: Vec<String>,
}

/// Runs the traffic through both stations at once; `progress` is told how many frames have left.
pub fn exchange(
    client: &mut Station,
    server: &mut Station,
    configs: (&config::Station, &config::Station),
    traffic: &Traffic,
    mut progress: impl FnMut(u64),
) -> Result<Exchange, StationError> {
    for (station, frames) in [(&mut *client, &traffic.client), (&mut *server, &traffic.server)] {
        frames.iter().for_each(|frame| station.bus_mut().host_in.send(&frame.bytes));
    }
    connect(client, server, &mut progress).map_err(fault)?;
    client.bus_mut().run_until_idle().map_err(fault)?;
    server.bus_mut().run_until_idle().map_err(fault)?;

    let model = |config| golden(config).expect("the driver has checked what the model would refuse");
    let (mut a, mut b) = (model(configs.0), model(configs.1));
    let mut differences = Vec::new();
    let outbound = |golden: &mut Golden, frames: &[Frame]| -> Vec<(usize, Vec<u8>)> {
        let judge = |(i, frame): (usize, &Frame)| Some((i, golden.frame(Direction::Outbound, &frame.bytes).frame()?.to_vec()));
        frames.iter().enumerate().filter_map(judge).collect()
    };
    let inbound = |golden: &mut Golden, sealed: &[(usize, Vec<u8>)]| -> Vec<(usize, Vec<u8>)> {
        sealed.iter().filter_map(|(i, bytes)| Some((*i, golden.frame(Direction::Inbound, bytes).frame()?.to_vec()))).collect()
    };
    let (from_client, from_server) = (outbound(&mut a, &traffic.client), outbound(&mut b, &traffic.server));
    let (at_server, at_client) = (inbound(&mut b, &from_client), inbound(&mut a, &from_server));

    let (ca, sa) = (client.bus_mut(), server.bus_mut());
    let cycles = ca.cycles();
    let latencies = [(&*ca, &from_client), (&*sa, &from_server)].map(|(simulation, expected)| {
        let pairs = expected.iter().zip(simulation.net_out.frames());
        pairs.map(|((i, _), left)| left.stamp.last - simulation.host_in.stamps()[*i].first).collect::<Vec<u64>>()
    });
    let lists = [
        ("sealed by the client", &from_client, ca.net_out.take(), &traffic.client),
        ("sealed by the server", &from_server, sa.net_out.take(), &traffic.server),
        ("opened by the server", &at_server, sa.host_out.take(), &traffic.client),
        ("opened by the client", &at_client, ca.host_out.take(), &traffic.server),
    ];
    let mut bytes = true;
    let [client_sealed, server_sealed, server_opened, client_opened] =
        lists.map(|(what, expected, got, origin)| timed(what, expected, got, origin, &mut bytes, &mut differences));
    let arrived = same(&traffic.client, &server_opened) && same(&traffic.server, &client_opened);

    let (client_account, server_account) = (account(client)?, account(server)?);
    let counters =
        [(&client_account, &a), (&server_account, &b)].map(|(account, golden)| compare_account(account, golden, &mut differences));
    let [client_latencies, server_latencies] = latencies;
    Ok(Exchange {
        client: Side { sealed: client_sealed, opened: client_opened, latencies: client_latencies, account: client_account, golden: a },
        server: Side { sealed: server_sealed, opened: server_opened, latencies: server_latencies, account: server_account, golden: b },
        cycles,
        bytes,
        counters: counters.iter().all(|equal| *equal),
        arrived,
        differences,
    })
}

pub(super) fn fault(error: Fault) -> StationError {
    StationError::Bus { access: holdfast_driver::Access::Read, address: 0, error }
}

/// Steps both devices until nothing is on the way; a frame that leaves one network port enters the other.
fn connect(client: &mut Station, server: &mut Station, progress: &mut impl FnMut(u64)) -> Result<(), Fault> {
    let (mut from_client, mut from_server) = (0, 0);
    let mut quiet = 0;
    while quiet < QUIET {
        let (a, b) = (client.bus_mut(), server.bus_mut());
        a.cycle();
        b.cycle();
        a.check_streams()?;
        b.check_streams()?;
        quiet += 1;
        while let Some(frame) = a.net_out.frames().get(from_client) {
            b.net_in.send(&frame.bytes);
            from_client += 1;
            quiet = 0;
        }
        while let Some(frame) = b.net_out.frames().get(from_server) {
            a.net_in.send(&frame.bytes);
            from_server += 1;
            quiet = 0;
        }
        if a.cycles() % 4096 == 0 {
            progress((a.host_out.frames().len() + b.host_out.frames().len()) as u64);
        }
    }
    Ok(())
}

/// Received frames with the times of those they came from, compared with what was expected.
fn timed(
    what: &str,
    expected: &[(usize, Vec<u8>)],
    got: Vec<Received>,
    origin: &[Frame],
    equal: &mut bool,
    differences: &mut Vec<String>,
) -> Vec<Frame> {
    if got.len() != expected.len() {
        *equal = false;
        differences.push(format!("{what}: {} frames, the golden model says {}", got.len(), expected.len()));
    }
    let mut frames = Vec::new();
    for ((i, bytes), received) in expected.iter().zip(got) {
        if received.bytes != *bytes {
            *equal = false;
            if differences.len() < DESCRIBED {
                differences.push(format!("{what}: {}", difference(*i, bytes, &received.bytes)));
            }
        }
        frames.push(Frame { time: origin[*i].time, bytes: received.bytes });
    }
    frames
}

fn same(sent: &[Frame], arrived: &[Frame]) -> bool {
    sent.len() == arrived.len() && sent.iter().zip(arrived).all(|(a, b)| a.bytes == b.bytes)
}
