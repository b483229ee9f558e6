//! Recorded SAs: the words of their parameters, the order on the bus, commands, and what each refusal says.

mod common;
use common::{Device, SlvErr};
use holdfast_driver::register::{Detect, Features, ResyncStatus};
use holdfast_driver::*;
use holdfast_registers::{map, pair, sa};
use std::net::IpAddr;

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn parameters() -> ResyncParameters {
    let ethernet = Ethernet { destination: [2, 0, 0, 0, 0, 0xb], source: [2, 0, 0, 0, 0, 0xa], vlan: None };
    ResyncParameters::new(address("10.90.0.2"), address("10.90.0.1"), ethernet)
}

fn inbound() -> InboundSa {
    InboundSa::new(0x1001, Key::Aes128([0x11; 16]), Salt([1; 4]), Mode::Tunnel, address("10.90.0.2"), address("10.90.0.1")).recorded(true)
}

fn outbound() -> OutboundSa {
    OutboundSa::new(0x1002, Key::Aes256([0x22; 32]), Salt([2; 4]), Mode::Tunnel, address("10.90.0.2"), address("10.90.0.1")).recorded(true)
}

#[test]
fn parameter_words() {
    let mut driver = Device::new().probed();
    let plain = ResyncParameters { port: 0x1234, interval: 4, spread: 1, timeout: 2, ceiling: 3, failures: 5, ..parameters() };
    driver.write_resync(3, &plain).unwrap();
    let mut expected = [0; pair::WORDS];
    expected[..6].copy_from_slice(&[4 << 16 | 0x1234, 5 << 16 | 3 << 10 | 2 << 5 | 1, 0x0200, 0x0000_000b, 0x0200_0000, 0x000a_0000]);
    (expected[8], expected[12]) = (0x0a5a_0002, 0x0a5a_0001);
    assert_eq!(driver.bus_mut().pairs[&3], expected);
    assert_eq!(driver.control_port().unwrap(), 0x1234);

    let ethernet = Ethernet { vlan: Some(0x2005), ..plain.ethernet };
    let tagged = ResyncParameters { local: address("fd90::2"), remote: address("fd90::1"), ethernet, ..plain };
    driver.write_resync(31, &tagged).unwrap();
    let expected = [0xfd90_0000, 0, 0, 2, 0xfd90_0000, 0, 0, 1];
    let words = driver.bus_mut().pairs[&31];
    assert_eq!(words[8..], expected);
    assert_eq!((words[0] >> 31, words[1] >> 31, words[5]), (1, 1, 0x000a_2005));
}

/// The device takes both ends of every range that the driver accepts.
#[test]
fn the_ends_of_the_ranges_are_accepted() {
    let mut driver = Device::new().probed();
    for (interval, spread, timeout, ceiling) in [(4, 0, 0, 0), (24, 31, 31, 31), (4, 31, 0, 31)] {
        driver.write_resync(0, &ResyncParameters { interval, spread, timeout, ceiling, ..parameters() }).unwrap();
    }
}

#[test]
fn every_field_has_its_error() {
    let refused = |parameters: ResyncParameters, error: FieldError, text: &str| {
        let mut driver = Device::new().probed();
        assert_eq!(driver.write_resync(0, &parameters).unwrap_err(), Error::Field(error.clone()));
        assert_eq!(error.to_string(), text);
        assert!(driver.bus_mut().log.is_empty(), "the bus was touched: {text}");
    };
    let p = parameters();
    let zero = FieldError::ControlPort { found: 0, accepted: 1..=65535 };
    refused(ResyncParameters { port: 0, ..p }, zero, "control port 0: accepted are 1 to 65535");
    for found in [3, 25] {
        let error = FieldError::Interval { found, accepted: 4..=24 };
        refused(ResyncParameters { interval: found, ..p }, error, &format!("interval exponent {found}: accepted are 4 to 24"));
    }
    let error = FieldError::Spread { found: 32, accepted: 0..=31 };
    refused(ResyncParameters { spread: 32, ..p }, error, "spread exponent 32: accepted are 0 to 31");
    let error = FieldError::Timeout { found: 32, accepted: 0..=31 };
    refused(ResyncParameters { timeout: 32, ..p }, error, "timeout exponent 32: accepted are 0 to 31");
    let error = FieldError::Ceiling { found: 11, accepted: 12..=31 };
    refused(ResyncParameters { ceiling: 11, ..p }, error, "ceiling exponent 11: accepted are 12 to 31");
    let error = FieldError::ControlRemote { found: address("fd90::1"), accepted: Family::Ipv4 };
    let text = "remote control address fd90::1: accepted are IPv4 addresses, as the local one";
    refused(ResyncParameters { remote: address("fd90::1"), ..p }, error, text);
    let error = Device::new().probed().write_resync(32, &p).unwrap_err();
    assert_eq!(error.to_string(), "outbound SA index 32: accepted are 0 to 31");
}

#[test]
fn devices_without_a_recorder() {
    let mut driver = Device::new().with(map::CAP_FEATURES, 0xff).probed();
    assert_eq!(driver.capabilities().features, Features(0xff));
    let error = || Error::Field(FieldError::Recorded { found: true, accepted: false });
    assert_eq!(driver.write_resync(0, &parameters()).unwrap_err(), error());
    assert_eq!(driver.install_inbound(0, &inbound()).unwrap_err(), error());
    assert_eq!(driver.install_outbound(0, &outbound()).unwrap_err(), error());
    assert_eq!(error().to_string(), "recorded on: this device accepts off only");
}

#[test]
fn recorded_sas() {
    let mut driver = Device::new().probed();
    let error = driver.install_outbound(2, &outbound()).unwrap_err();
    assert_eq!(error, Error::Field(FieldError::NoParameters { found: 2 }));
    assert_eq!(error.to_string(), "recorded SA 2 of a pair without resync parameters: accepted is one that has them");
    driver.write_resync(2, &parameters()).unwrap();
    driver.install_inbound(2, &inbound().sequence(9)).unwrap();
    driver.install_outbound(2, &outbound().sequence(0x1_0000_0001)).unwrap();
    let words = *driver.bus_mut().sa(Direction::Outbound, 2).unwrap();
    assert_eq!(words[sa::FLAGS] & sa::flags::RECORDED, sa::flags::RECORDED);
    assert_eq!(words[sa::SEQUENCE..], [1, 1, 0, 0], "the device chooses the limit");
    assert_eq!(driver.bus_mut().sa(Direction::Inbound, 2).unwrap()[sa::FLAGS] & sa::flags::RECORDED, sa::flags::RECORDED);

    let error = driver.install_outbound(2, &outbound().limit(9)).unwrap_err();
    assert_eq!(error.to_string(), "sequence number limit 9 of a recorded SA: accepted is none, the device chooses it");
    let error = driver.install_inbound(2, &inbound().esn(false).window(0)).unwrap_err();
    assert_eq!(error.to_string(), "anti-replay window 0: accepted are 1 to 1024");
    driver.bus_mut().answer = Some(u32::from(Refusal::Nvram.code()));
    let error = driver.install_inbound(2, &inbound()).unwrap_err();
    assert_eq!(error, Error::Field(FieldError::Nvram));
}

/// A recorded SA waits until the device has restored its own: before that it could not tell whether the pair has parameters.
#[test]
fn parameters_wait_for_the_recorder() {
    let mut device = Device::new();
    device.recording = 1000;
    let mut driver = device.probed();
    let error = driver.write_resync(0, &parameters()).unwrap_err();
    assert_eq!(error, Error::RecorderBusy { polls: 20 * RECORDER_PATIENCE });
    assert_eq!(error.to_string(), "RESYNC_STATUS busy after 320 reads: accepted is idle");
    assert!(driver.bus_mut().written(map::COMMIT).is_empty());
}

#[test]
fn commands() {
    let mut driver = Device::new().with(map::RESYNC_STATUS, map::resync_status::UNFORMATTED).probed();
    driver.format_nvram().unwrap();
    driver.desynchronise(5).unwrap();
    assert_eq!(driver.quarantine().unwrap(), 1 << 5);
    driver.suspend().unwrap();
    assert!(driver.resync_status().unwrap().suspended());
    driver.resume().unwrap();
    assert_eq!(driver.resync_status().unwrap(), ResyncStatus(0));
    let words =
        [map::resync_command::FORMAT, map::resync_command::DESYNCHRONISE, map::resync_command::SUSPEND, map::resync_command::RESUME];
    let mut words = words.map(|operation| operation << map::resync_command::OPERATION_SHIFT);
    words[1] |= 5;
    assert_eq!(driver.bus_mut().written(map::RESYNC_COMMAND), words);
    assert!(driver.desynchronise(32).is_err());
    // However many SAs there are: the NVRAM has places for 32 pairs.
    let mut large = Device::new().with(map::CAP_SAS, 0x0400_0400).probed();
    let refused = large.write_resync(32, &parameters()).unwrap_err().to_string();
    assert_eq!(refused, "outbound SA index 32: accepted are 0 to 31");
}

#[test]
fn a_command_without_success_says_why() {
    use map::resync_status::*;
    for (status, text) in [
        (FAULT, "suspend: the recorder answers \"the NVRAM does not answer\""),
        (FAULT | UNFORMATTED, "suspend: the recorder answers \"the NVRAM does not answer\""),
    ] {
        let mut driver = Device::new().with(map::RESYNC_STATUS, status).probed();
        assert_eq!(driver.suspend().unwrap_err().to_string(), text);
    }
    let mut driver = Device::new().with(map::RESYNC_STATUS, NO_KEY | UNFORMATTED).probed();
    let error = driver.format_nvram().unwrap_err();
    assert_eq!(error, Error::Recorder { command: Command::Format, status: ResyncStatus(NO_KEY) });
    assert_eq!(error.to_string(), "format: the recorder answers \"no device key\"");
    let mut driver = Device::new().probed();
    driver.bus_mut().fault = Some(|_, at, _| at == map::RESYNC_COMMAND);
    let error = driver.resume().unwrap_err();
    assert_eq!(error, Error::Bus { access: Access::Write, address: map::RESYNC_COMMAND, error: SlvErr });
}

#[test]
fn detection() {
    let mut driver = Device::new().probed();
    let mut detect = Detect::default();
    detect.set_authentication(7);
    detect.set_replay(200);
    driver.set_detection(detect).unwrap();
    assert_eq!(driver.bus_mut().register(map::DETECT), 200 << 8 | 7);
    assert_eq!(driver.detection().unwrap(), detect);
}

#[test]
fn events_of_the_recorder() {
    let mut driver = Device::new().probed();
    let inbound = map::event::INBOUND | map::event::SA_VALID;
    for (head, detail) in [(7 | 4 << 8 | inbound, 1), (7 | inbound, 99), (8 | inbound, 77), (9 | inbound, 8), (10, 31), (10, 32), (11, 0)] {
        driver.bus_mut().events.push_back([head, detail, 0, 0, 0, 0, 0, 0]);
    }
    let kinds: Vec<_> = driver.events().map(|event| event.unwrap().kind).collect();
    let expected = [
        EventKind::ResyncStarted { cause: Some(Cause::Restore) },
        EventKind::ResyncStarted { cause: None },
        EventKind::ResyncFinished { edge_low: 77 },
        EventKind::ResyncFailed { requests: 8 },
        EventKind::RecordRefused { direction: Direction::Outbound, sa: 31 },
        EventKind::RecordRefused { direction: Direction::Inbound, sa: 0 },
        EventKind::NvramFault,
    ];
    assert_eq!(kinds, expected);
}
