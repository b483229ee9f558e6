//! A port that stalls for a long time: nothing is lost, nothing is wedged, and the device can still be configured. And a wipe in the middle of traffic. All of it on both profiles.

use holdfast_driver::Direction;
use holdfast_model::{Direction as Way, Verdict};
use holdfast_registers::Reason;
use holdfast_testbench::backend::Kind;
use holdfast_testbench::config::Station as Config;
use holdfast_testbench::engine::{capabilities, create, Profile};
use holdfast_testbench::run;
use holdfast_testbench::station::{self, Monitor, Pace, Station, Stress};

const STATION: &str = r#"
[[sa]]
name = "out"
direction = "outbound"
spi = 0x1000
algorithm = "aes-gcm-16"
key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
salt = "deadbeef"
mode = "tunnel"
local = "10.90.0.2"
remote = "10.90.0.1"

[[sa]]
name = "in"
direction = "inbound"
spi = 0x1000
algorithm = "aes-gcm-16"
key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
salt = "deadbeef"
mode = "tunnel"
local = "10.90.0.1"
remote = "10.90.0.2"

[[policy]]
direction = "outbound"
action = "protect"
sa = "out"

[[policy]]
direction = "inbound"
action = "protect"
sa = "in"
"#;

/// A UDP datagram of `bytes` in an Ethernet frame.
fn frame(bytes: usize, number: u8) -> Vec<u8> {
    let length = (bytes - 14) as u16;
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0];
    frame.extend(length.to_be_bytes());
    frame.extend([0, number, 0x40, 0, 64, 17, 0, 0, 10, 90, 0, 2, 10, 90, 0, 1, 1, 2, 3, 4]);
    frame.extend((length - 20).to_be_bytes());
    frame.extend((0..bytes - 40).map(|i| i as u8 ^ number));
    frame
}

fn start(profile: Profile) -> (Station, Config) {
    let sizes = profile.sizes();
    let text = format!("max_frame = {}\n{STATION}", sizes.frame);
    let config = Config::parse("stalls", &text, &capabilities(sizes)).expect("a sound configuration");
    let device = create(profile, Kind::Verilator, None).unwrap_or_else(|error| panic!("{error}"));
    (station::start(device, Stress::default(), &config).expect("a device that starts"), config)
}

/// Frames of many sizes, up to the longest that the profile takes, sealed by the golden model.
fn traffic(profile: Profile, config: &Config) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut golden = run::golden(config).expect("a sound configuration");
    let sizes = [60, 1514, 200, 777, profile.sizes().frame - 8, 60, profile.sizes().frame / 2];
    let plain: Vec<_> = (0..70u8).map(|n| frame(sizes[n as usize % sizes.len()], n)).collect();
    let sealed = plain
        .iter()
        .map(|frame| match golden.frame(Way::Outbound, frame) {
            Verdict::Delivered { frame, .. } => frame,
            Verdict::Dropped(reason) => panic!("dropped: {reason}"),
        })
        .collect();
    (plain, sealed)
}

/// A device both of whose sinks were never ready for so many cycles, with more frames at either port than it can hold; and these frames, plain and sealed.
fn stalled(profile: Profile, cycles: usize) -> (Station, Config, Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (mut device, config) = start(profile);
    let (plain, sealed) = traffic(profile, &config);
    let bus = device.bus_mut();
    bus.net_out = Monitor::new("m_axis_net", Pace::never());
    bus.host_out = Monitor::new("m_axis_host", Pace::never());
    for (plain, sealed) in plain.iter().zip(&sealed) {
        bus.host_in.send(plain);
        bus.net_in.send(sealed);
    }
    for _ in 0..cycles {
        bus.cycle();
    }
    (device, config, plain, sealed)
}

#[test]
fn a_stalled_sink_holds_frames_and_nothing_else() {
    for profile in [Profile::Compact, Profile::Pipelined] {
        let (mut device, config, _, _) = stalled(profile, 100_000);
        let bus = device.bus_mut();
        assert!(bus.host_in.pending() > 20 && bus.net_in.pending() > 20, "the sources wait");
        // With both sinks stalled, SAs and rules can be changed all the same.
        device.install_outbound(5, &config.outbound[0].sa).expect("a commit under a stall");
        device.install_inbound(0, &config.inbound[0].sa).expect("a replacement under a stall");
        device.install_inbound(1, &config.inbound[0].sa).expect_err("the same SPI and address at another index are refused");
    }
}

#[test]
fn after_the_stall_every_frame_arrives_in_order() {
    for profile in [Profile::Compact, Profile::Pipelined] {
        let (mut device, _, plain, sealed) = stalled(profile, 50_000);
        let bus = device.bus_mut();
        // A sink that was never ready and now is. The beat on offer is the first of the oldest frame.
        bus.net_out = Monitor::new("m_axis_net", Pace::steady());
        bus.host_out = Monitor::new("m_axis_host", Pace::steady());
        bus.run_until_idle().expect("nothing is stuck");
        let out: Vec<_> = bus.net_out.take().into_iter().map(|f| f.bytes).collect();
        assert_eq!(out, sealed);
        let host: Vec<_> = bus.host_out.take().into_iter().map(|f| f.bytes).collect();
        assert_eq!(host, plain);
    }
}

#[test]
fn a_wipe_in_the_middle_of_traffic_leaves_no_sa_and_no_wedge() {
    for profile in [Profile::Compact, Profile::Pipelined] {
        let (mut device, config) = start(profile);
        let (plain, sealed) = traffic(profile, &config);
        for (plain, sealed) in plain.iter().zip(&sealed) {
            device.bus_mut().host_in.send(plain);
            device.bus_mut().net_in.send(sealed);
        }
        // A quarter of the frames has left: the next ones are on their way, and others wait.
        for _ in 0..60_000 {
            if device.bus_mut().net_out.frames().len() >= sealed.len() / 4 {
                break;
            }
            device.bus_mut().cycle();
        }
        device.zeroize().expect("a wipe");
        device.enable().expect("enable");
        device.bus_mut().run_until_idle().expect("nothing is stuck");
        let out: Vec<_> = device.bus_mut().net_out.take().into_iter().map(|f| f.bytes).collect();
        assert!(!out.is_empty() && out.len() < sealed.len() && out[..] == sealed[..out.len()], "{} frames left", out.len());
        let mut lost = 0;
        for reason in [Reason::NoPolicy, Reason::NoSa, Reason::Disabled] {
            lost += device.dropped(Direction::Outbound, reason).expect("a counter");
        }
        assert_eq!(lost as usize, sealed.len() - out.len());
        // And it works again when it is configured again.
        station::install(&mut device, &config).expect("a configuration");
        let (plain, sealed) = traffic(profile, &config);
        device.bus_mut().host_in.send(&plain[0]);
        device.bus_mut().run_until_idle().expect("nothing is stuck");
        assert_eq!(device.bus_mut().net_out.take()[0].bytes, sealed[0]);
    }
}
