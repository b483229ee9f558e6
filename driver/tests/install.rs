//! SAs and rules: the words that arrive, their order on the bus, and what happens when something fails on the way.

mod common;
use common::{Device, SlvErr};
use holdfast_driver::*;
use holdfast_registers::{map, rule, sa};
use std::net::IpAddr;

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn inbound() -> InboundSa {
    InboundSa::new(0x1001, Key::Aes128([0x11; 16]), Salt([1, 2, 3, 4]), Mode::Tunnel, address("10.90.0.2"), address("10.90.0.1"))
}

fn outbound() -> OutboundSa {
    let key = Key::Aes256(core::array::from_fn(|i| i as u8));
    OutboundSa::new(0x1002, key, Salt([0xde, 0xad, 0xbe, 0xef]), Mode::Tunnel, address("10.90.0.2"), address("10.90.0.1"))
}

#[test]
fn outbound_words() {
    let sa = outbound().udp_encapsulation(Some((4500, 4501))).mtu(1400).sequence(0x1_0000_0007).limit(0x2_0000_0000).hop_limit(32);
    let mut driver = Device::new().probed();
    driver.install_outbound(3, &sa).unwrap();
    let key = (0..8).map(|n| u32::from_be_bytes([4 * n, 4 * n + 1, 4 * n + 2, 4 * n + 3]));
    let mut expected = vec![1400 << 16 | 32 << 8 | 0b01111, 0x1002, 0xdead_beef, 4500 << 16 | 4501];
    expected.extend(key);
    expected.extend([0x0a5a_0002, 0, 0, 0, 0x0a5a_0001, 0, 0, 0, 7, 1, 0, 2]);
    assert_eq!(driver.bus_mut().sa(Direction::Outbound, 3).unwrap()[..], expected[..]);
}

#[test]
fn inbound_words() {
    let sa =
        InboundSa::new(0xffff_ffff, Key::Aes128([0xa5; 16]), Salt([1, 2, 3, 4]), Mode::Transport, address("fd90::2"), address("fd90::1"));
    let mut driver = Device::new().probed();
    driver.install_inbound(31, &sa.esn(false).window(1024).sequence(9)).unwrap();
    let mut expected = vec![1024 << 16 | 0b10000, 0xffff_ffff, 0x0102_0304, 0];
    expected.extend([0xa5a5_a5a5; 4]);
    expected.extend([0, 0, 0, 0, 0xfd90_0000, 0, 0, 2, 0xfd90_0000, 0, 0, 1, 9, 0, 0, 0]);
    assert_eq!(driver.bus_mut().sa(Direction::Inbound, 31).unwrap()[..], expected[..]);
}

#[test]
fn limits_by_default_are_what_the_number_holds() {
    let mut driver = Device::new().probed();
    driver.install_outbound(0, &outbound()).unwrap();
    driver.install_outbound(1, &outbound().esn(false)).unwrap();
    let limit = |words: &[u32; 24]| (words[sa::LIMIT], words[sa::LIMIT + 1]);
    assert_eq!(limit(driver.bus_mut().sa(Direction::Outbound, 0).unwrap()), (u32::MAX, u32::MAX));
    assert_eq!(limit(driver.bus_mut().sa(Direction::Outbound, 1).unwrap()), (0, 1), "2^32");
}

/// What an installation costs on the bus: STATUS, 24 words, COMMIT, STATUS until idle, RESULT.
#[test]
fn an_installation_takes_28_transactions() {
    let mut device = Device::new();
    device.busy_after_commit = 0;
    let mut driver = device.probed();
    driver.install_outbound(0, &outbound()).unwrap();
    assert_eq!(driver.bus_mut().log.len(), 28);
    assert_eq!(driver.bus_mut().log.iter().filter(|t| t.0 == Access::Write).count(), 25);
}

#[test]
fn receive_side_precedes_transmit() {
    let mut driver = Device::new().probed();
    driver.replace_pair((4, &inbound()), (5, &outbound())).unwrap();
    let install = map::commit::INSTALL_SA << 16;
    assert_eq!(driver.bus_mut().written(map::COMMIT), [install | map::commit::INBOUND | 4, install | 5]);
    // The transmit side is not even staged before the receive side's result is there.
    let log = &driver.bus_mut().log;
    let result = log.iter().position(|t| t.1 == map::RESULT).unwrap();
    let staged = log.iter().position(|t| t.1 == map::STAGE + 4 && t.2 == 0x1002).unwrap();
    assert!(result < staged);
}

#[test]
fn a_pair_with_a_wrong_side_touches_nothing() {
    let mut driver = Device::new().probed();
    let error = driver.replace_pair((4, &inbound()), (5, &outbound().hop_limit(0))).unwrap_err();
    assert_eq!((error.side, error.standing), (Direction::Outbound, Standing::Before));
    assert_eq!(error.to_string(), "outbound SA: hop limit 0: accepted are 1 to 255 (both directions are as before)");
    assert!(driver.bus_mut().log.is_empty());
}

#[test]
fn a_pair_that_fails_half_way_tells_what_stands() {
    let mut driver = Device::new().probed();
    driver.install_inbound(1, &inbound()).unwrap();
    // Refused on the receive side: same SPI, destination and encapsulation at another index.
    let error = driver.replace_pair((2, &inbound()), (5, &outbound())).unwrap_err();
    assert_eq!((error.side, error.standing), (Direction::Inbound, Standing::Before));
    assert!(driver.bus_mut().sa(Direction::Outbound, 5).is_none());

    // The bus fails while the transmit side is being staged.
    driver.bus_mut().fault = Some(|access, at, value| access == Access::Write && at == map::STAGE + 4 && value == 0x1002);
    let error = driver.replace_pair((1, &inbound().sequence(8)), (5, &outbound())).unwrap_err();
    assert_eq!((error.side, error.standing), (Direction::Outbound, Standing::NewReceive));
    assert_eq!(driver.bus_mut().sa(Direction::Inbound, 1).unwrap()[sa::SEQUENCE], 8);
    assert!(driver.bus_mut().sa(Direction::Outbound, 5).is_none());
    assert!(error.to_string().ends_with("SLVERR (the new SA receives, transmission is as before)"), "{error}");

    // The result of the transmit side's commit cannot be read.
    driver.bus_mut().fault = Some(|_, at, _| at == map::RESULT);
    let error = driver.replace_pair((1, &inbound()), (5, &outbound())).unwrap_err();
    assert_eq!((error.side, error.standing), (Direction::Inbound, Standing::Unknown));
}

#[test]
fn staged_words_are_overwritten_after_a_refusal() {
    let mut driver = Device::new().probed();
    driver.bus_mut().answer = Some(u32::from(Refusal::Flags.code()));
    let error = driver.install_outbound(0, &outbound()).unwrap_err();
    let Error::Field(FieldError::Flags { found, accepted }) = error else { panic!("{error}") };
    assert_eq!((found, accepted), (64 << 8 | 0b00111, !sa::flags::RESERVED));
    let log = &driver.bus_mut().log;
    let zeros: Vec<_> = (0..24).map(|n| (Access::Write, map::STAGE + 4 * n, 0)).collect();
    assert_eq!(log[log.len() - 24..], zeros);
}

#[test]
fn staged_words_are_overwritten_after_a_bus_error() {
    let mut driver = Device::new().probed();
    driver.bus_mut().fault = Some(|access, at, value| access == Access::Write && at == map::STAGE + 4 * 10 && value != 0);
    let error = driver.install_outbound(0, &outbound()).unwrap_err();
    assert_eq!(error, Error::Bus { access: Access::Write, address: map::STAGE + 40, error: SlvErr });
    assert_eq!(error.to_string(), "writing STAGE at 0x128: SLVERR");
    assert_eq!(driver.bus_mut().stage, [0; 24]);
}

/// A device that does not come back keeps its staging area to itself: it may be reading it. It is wiped when the device is found idle.
#[test]
fn staged_words_are_left_alone_while_the_device_is_busy() {
    let mut device = Device::new();
    device.busy_after_commit = 30;
    let mut driver = device.probed();
    assert_eq!(driver.install_outbound(0, &outbound()).unwrap_err(), Error::Busy { polls: 20 });
    driver.bus_mut().stage = [0x55; 24]; // as a device that had not read them yet would hold them
    driver.bus_mut().log.clear();
    driver.delete(Direction::Inbound, 0).unwrap_err(); // waits, wipes, commits; too slow again
    assert_eq!(driver.bus_mut().stage, [0; 24]);
    let log = &driver.bus_mut().log;
    let wiped = log.iter().position(|t| t.1 == map::STAGE + 4 * 23).unwrap();
    assert!(wiped < log.iter().position(|t| t.1 == map::COMMIT).unwrap());
}

#[test]
fn rules() {
    let mut driver = Device::new().probed();
    let prefix = |text: &str, length| Some(Prefix { address: address(text), length });
    let addresses = Addresses::from_prefixes(prefix("10.90.0.0", 24), prefix("10.90.0.1", 32)).unwrap();
    let ports = PortRange { low: 1024, high: 65535 };
    let rule = Rule {
        addresses,
        protocol: Some(17),
        source_ports: ports,
        destination_ports: PortRange::one(53),
        action: Action::Protect { sa: 7 },
    };
    driver.write_rule(Direction::Outbound, 2, &rule).unwrap();
    let flags = 7 << rule::flags::SA_SHIFT | 17 << 8 | rule::action::PROTECT << 4 | rule::flags::IPV4 | rule::flags::VALID;
    let expected = [flags, 32 << 8 | 24, 0xffff_0400, 53 << 16 | 53, 0x0a5a_0000, 0, 0, 0, 0x0a5a_0001, 0, 0, 0];
    assert_eq!(driver.bus_mut().rule(Direction::Outbound, 2), Some(&expected));

    let addresses = Addresses::from_prefixes(None, prefix("fd90::", 16)).unwrap();
    driver.write_rule(Direction::Inbound, 15, &Rule { addresses, ..Rule::any(Action::Bypass) }).unwrap();
    let flags = rule::flags::ANY_PROTOCOL | rule::action::BYPASS << 4 | rule::flags::IPV6 | rule::flags::VALID;
    let expected = [flags, 16 << 8, 0xffff_0000, 0xffff_0000, 0, 0, 0, 0, 0xfd90_0000, 0, 0, 0];
    assert_eq!(driver.bus_mut().rule(Direction::Inbound, 15), Some(&expected));

    driver.write_rule(Direction::Inbound, 0, &Rule::any(Action::Discard)).unwrap();
    assert_eq!(driver.bus_mut().rule(Direction::Inbound, 0).unwrap()[0], 0b1111);
    driver.clear_rule(Direction::Outbound, 2).unwrap();
    assert_eq!(driver.bus_mut().rules.len(), 2);
}

#[test]
fn delete() {
    let mut driver = Device::new().probed();
    driver.install_inbound(0, &inbound()).unwrap();
    driver.install_outbound(0, &outbound()).unwrap();
    driver.delete(Direction::Inbound, 0).unwrap();
    driver.delete(Direction::Inbound, 0).unwrap();
    assert_eq!(driver.bus_mut().sas.keys().collect::<Vec<_>>(), [&(false, 0)]);
}

#[test]
fn keys_do_not_show() {
    let key = [0xab; 16]; // 171
    let (inbound, outbound) = (
        InboundSa::new(0x1001, Key::Aes128(key), Salt([0xab; 4]), Mode::Tunnel, address("10.90.0.2"), address("10.90.0.1")),
        OutboundSa::new(0x1002, Key::Aes256([0xab; 32]), Salt([0xab; 4]), Mode::Tunnel, address("10.90.0.2"), address("10.90.0.1")),
    );
    for text in [format!("{:?}", Key::Aes128(key)), format!("{:?}", Salt([0xab; 4])), format!("{inbound:#?}"), format!("{outbound:#?}")] {
        for sign in ["171", "ab", "AB"] {
            assert!(!text.contains(sign), "{text}");
        }
    }
    assert_eq!(format!("{:?} {:?}", Key::Aes256([0; 32]), Salt([0; 4])), "Aes256(..) Salt(..)");
}

#[test]
fn keys_are_wiped() {
    use zeroize::Zeroize;
    let (mut key, mut salt) = (Key::Aes256([0xab; 32]), Salt([0xab; 4]));
    key.zeroize(); // what drop does
    salt.zeroize();
    assert!(matches!(&key, Key::Aes256(bytes) if bytes == &[0; 32]));
    assert_eq!(salt.0, [0; 4]);
}
