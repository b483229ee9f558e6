//! Settings, events and counters.

mod common;
use common::Device;
use holdfast_driver::register::{Interrupts, Policy};
use holdfast_driver::*;
use holdfast_registers::{counter, map};

#[test]
fn capabilities_of_the_compact_profile() {
    let driver = Device::new().probed();
    let c = driver.capabilities();
    assert_eq!((c.version.major(), c.version.minor(), c.version.patch()), (0, 2, 0));
    assert_eq!((c.sas(Direction::Outbound), c.sas(Direction::Inbound)), (32, 32));
    assert_eq!((c.rules(Direction::Outbound), c.rules(Direction::Inbound)), (16, 16));
    assert_eq!((c.largest_window(), c.longest_frame()), (1024, 1522));
    assert!(c.algorithm(Algorithm::Aes128Gcm16) && c.algorithm(Algorithm::Aes256Gcm16));
    assert!(c.mode(Mode::Tunnel) && c.mode(Mode::Transport) && c.family(Family::Ipv4) && c.family(Family::Ipv6));
}

#[test]
fn enable_and_zeroize() {
    let mut driver = Device::new().probed();
    driver.enable().unwrap();
    assert!(driver.is_enabled().unwrap());
    driver.write_rule(Direction::Inbound, 0, &Rule::any(Action::Bypass)).unwrap();
    driver.zeroize().unwrap();
    assert!(!driver.is_enabled().unwrap());
    assert!(driver.bus_mut().rules.is_empty());
    assert!(!driver.status().unwrap().busy(), "returns when the wipe is done");
    driver.enable().unwrap();
    driver.disable().unwrap();
    assert!(!driver.is_enabled().unwrap());
}

#[test]
fn settings() {
    let mut driver = Device::new().probed();
    assert_eq!(driver.policy().unwrap(), Policy::default());
    let mut policy = Policy(0);
    policy.set_bypass_non_ip(true);
    driver.set_policy(policy).unwrap();
    driver.set_nat_t_port(4501).unwrap();
    driver.set_max_frame(1400).unwrap();
    let mut interrupts = Interrupts::default();
    interrupts.set_overflow(true);
    driver.set_interrupts(interrupts).unwrap();
    let device = driver.bus_mut();
    let values = [map::POLICY, map::NAT_T_PORT, map::MAX_FRAME, map::IRQ_ENABLE].map(|at| device.register(at));
    assert_eq!(values, [map::policy::BYPASS_NON_IP, 4501, 1400, 2]);
    let before = driver.time().unwrap();
    assert!(driver.time().unwrap() > before);
}

#[test]
fn events() {
    let mut driver = Device::new().probed();
    assert_eq!(driver.next_event().unwrap(), None);
    driver.bus_mut().log.clear();
    let replay = 3 | 5 << 8 | map::event::INBOUND | map::event::SA_VALID;
    driver.bus_mut().events.push_back([replay, 77, 8, 1, 0x0a5a_0001, 0, 0, 0]);
    let too_big = 5 | 6 << 8 | map::event::SA_VALID | map::event::IPV6;
    driver.bus_mut().events.push_back([too_big, 1280, 9, 1, 0xfd90_0000, 0, 0, 1]);
    let first = driver.next_event().unwrap().unwrap();
    assert_eq!(driver.bus_mut().log.len(), 6);
    let expected = Event {
        kind: EventKind::Replay { sequence_low: 77 },
        direction: Direction::Inbound,
        sa: Some(5),
        address: "10.90.0.1".parse().unwrap(),
        time: 0x1_0000_0008,
    };
    assert_eq!(first, expected);
    let rest: Vec<_> = driver.events().collect::<Result<_, _>>().unwrap();
    let expected = Event {
        kind: EventKind::TooBig { largest: 1280 },
        direction: Direction::Outbound,
        sa: Some(6),
        address: "fd90::1".parse().unwrap(),
        time: 0x1_0000_0009,
    };
    assert_eq!(rest, [expected]);
}

#[test]
fn every_event_code_has_its_kind() {
    let mut driver = Device::new().probed();
    for &code in EventCode::ALL {
        driver.bus_mut().events.push_back([u32::from(code.code()), 4, 0, 0, 0, 0, 0, 0]);
        let event = driver.next_event().unwrap().unwrap();
        assert_eq!((event.kind.code(), event.sa), (code, None));
    }
}

/// An event of a newer device is reported once and does not block those behind it.
#[test]
fn unknown_event_codes() {
    let mut driver = Device::new().probed();
    driver.bus_mut().events.push_back([0xee, 0, 0, 0, 0, 0, 0, 0]);
    driver.bus_mut().events.push_back([6, 0, 0, 0, 0, 0, 0, 0]);
    let error = driver.next_event().unwrap_err();
    assert_eq!(error.to_string(), "event code 238: accepted are 1 to 11");
    assert_eq!(driver.next_event().unwrap().unwrap().kind, EventKind::FragmentToHost);
}

#[test]
fn an_error_ends_the_events() {
    let mut driver = Device::new().probed();
    driver.bus_mut().events.push_back([1, 0, 0, 0, 0, 0, 0, 0]);
    driver.bus_mut().fault = Some(|_, at, _| at == map::EVENT_POP);
    assert_eq!(driver.events().count(), 1);
}

#[test]
fn overflow() {
    let mut driver = Device::new().probed();
    assert!(!driver.take_overflow().unwrap());
    driver.bus_mut().overflow = true;
    driver.bus_mut().events.push_back([1, 0, 0, 0, 0, 0, 0, 0]);
    assert!(driver.take_overflow().unwrap());
    assert!(!driver.take_overflow().unwrap());
    assert!(driver.status().unwrap().event(), "the waiting event stays");
}

#[test]
fn counters_are_exact_while_frames_move() {
    let mut driver = Device::new().probed();
    let device = driver.bus_mut();
    device.traffic = 1; // carries into the high word between the two reads
    for (n, value) in
        [(counter::FRAMES_IN, 0xffff_ffff), (counter::BYTES_IN, 0x1_ffff_ffff), (counter::FRAMES_OUT, 3), (counter::BYTES_OUT, 4)]
    {
        device.counters.insert((true, n as u32), value);
    }
    device.counters.insert((true, counter::FRAGMENTS_TO_HOST as u32), 5);
    let expected =
        Counters { frames_in: 0xffff_ffff, bytes_in: 0x1_ffff_ffff, frames_out: 3, bytes_out: 4, fragments_to_host: 5, control_sent: 0 };
    assert_eq!(driver.counters(Direction::Inbound).unwrap(), expected);
    assert_eq!(driver.bus_mut().log.len(), 10);
    assert_eq!(driver.counters(Direction::Inbound).unwrap().frames_in, 0x1_0000_0000);
    driver.bus_mut().counters.insert((false, counter::CONTROL_SENT as u32), 6);
    assert_eq!(driver.counters(Direction::Outbound).unwrap(), Counters { control_sent: 6, ..Counters::default() });
}

#[test]
fn sa_counters() {
    let mut driver = Device::new().probed();
    driver.bus_mut().counters.insert((false, 64 + 31), 10);
    driver.bus_mut().counters.insert((false, 96 + 31), 1000);
    assert_eq!(driver.sa_counters(Direction::Outbound, 31).unwrap(), SaCounters { packets: 10, bytes: 1000 });
    assert_eq!(driver.bus_mut().register(map::COUNTER_GROUP), 0);
    let mut large = Device::new().with(map::CAP_SAS, 0x0400_0400).probed();
    large.sa_counters(Direction::Outbound, 0x3e7).unwrap();
    assert_eq!(large.bus_mut().register(map::COUNTER_GROUP), 31);
}

#[test]
fn drops_by_reason() {
    let mut driver = Device::new().probed();
    driver.bus_mut().counters.insert((true, u32::from(Reason::Replay.code())), 9);
    driver.bus_mut().counters.insert((false, u32::from(Reason::Replay.code())), 8);
    assert_eq!(driver.dropped(Direction::Outbound, Reason::Replay).unwrap(), 8);
    let drops: Vec<_> = driver.drops(Direction::Inbound).map(Result::unwrap).collect();
    assert_eq!(drops.len(), Reason::ALL.len());
    assert_eq!(drops.into_iter().filter(|d| d.1 > 0).collect::<Vec<_>>(), [(Reason::Replay, 9)]);
    driver.bus_mut().fault = Some(|_, _, _| true);
    assert_eq!(driver.drops(Direction::Inbound).count(), 1, "an error ends the list");
}

/// A lent bus is a bus: the caller has it back when probing fails.
#[test]
fn a_bus_can_be_lent() {
    let mut device = Device::new().with(map::ID, 0);
    assert!(Driver::probe(&mut device).is_err());
    assert_eq!(device.log.len(), 1);
}
