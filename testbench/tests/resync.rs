//! The hardware loses its power and comes back by itself: the recorder, the exchange with the golden model at the other end, and traffic again.

use holdfast_driver::{Action, Direction, Driver, Ethernet, InboundSa, Key, Mode, OutboundSa, ResyncParameters, Rule, Salt};
use holdfast_model::fram::Tear;
use holdfast_model::DeviceKey as ModelKey;
use holdfast_model::{Device, Direction as Way, Sizes, Verdict};
use holdfast_registers::{counter, Reason};
use holdfast_testbench::backend::Kind;

use holdfast_testbench::engine::{create, Profile};
use holdfast_testbench::station::{nvram, Nvram, Simulation, Station, Stress};
use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};

const KEY: [u8; 32] = [0x5a; 32];
const OWN: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 90, 0, 2));
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 90, 0, 1));

/// A UDP datagram in an Ethernet frame, from the host's side (`out`) or the peer's.
fn frame(out: bool, number: u16) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 44];
    frame.extend(number.to_be_bytes());
    frame.extend([0x40, 0, 64, 17, 0, 0, 10, 90, 0, if out { 2 } else { 1 }, 10, 90, 0, if out { 1 } else { 2 }, 1, 2, 3, 4, 0, 24, 0, 0]);
    frame.extend([0xab; 16]);
    frame
}

/// An NVRAM that was formatted before, so that no test waits for that.
fn formatted() -> Nvram {
    let part = Nvram::default();
    let mut device = Device::power_up(Sizes::COMPACT, Box::new(part.clone()), Some(&ModelKey(KEY)), 0);
    device.format();
    drop(device.power_off());
    part
}

struct World {
    device: Station,
    peer: Device,
    /// Numbers seen on the wire from the device, and packets delivered to its host.
    numbers: HashSet<u64>,
    delivered: HashSet<Vec<u8>>,
    wire: Vec<Vec<u8>>,
    sent: u16,
}

impl World {
    fn new(profile: Profile, interval: u8) -> Self {
        Self::on(profile, formatted(), interval)
    }

    fn on(profile: Profile, part: Nvram, interval: u8) -> Self {
        let device = create(profile, Kind::Verilator, None).unwrap_or_else(|error| panic!("{error}"));
        let simulation = Simulation::with_nvram(device, Stress::default(), part, Some(ModelKey(KEY)));
        let mut device = Driver::probe(simulation).expect("a device");
        device.wait_recorder().expect("an empty NVRAM is read through");
        if device.resync_status().expect("a register").unformatted() {
            device.format_nvram().expect("formatted");
        }
        let key = |n: u8| Key::Aes256([n; 32]);
        let ethernet = Ethernet { destination: [2, 0, 0, 0, 0, 1], source: [2, 0, 0, 0, 0, 2], vlan: None };
        let mut parameters = ResyncParameters::new(OWN, PEER, ethernet);
        (parameters.interval, parameters.spread, parameters.timeout, parameters.ceiling) = (interval, 2, 8, 12);
        device.write_resync(0, &parameters).expect("parameters");
        let inbound = InboundSa::new(0x2000, key(2), Salt([2; 4]), Mode::Tunnel, OWN, PEER).recorded(true);
        let outbound = OutboundSa::new(0x1000, key(1), Salt([1; 4]), Mode::Tunnel, OWN, PEER).recorded(true);
        device.install_inbound(0, &inbound).expect("inbound SA");
        device.install_outbound(0, &outbound).expect("outbound SA");

        // The peer: the same SAs the other way round, recorded too.
        let mut peer = Device::power_up(Sizes::COMPACT, Box::new(formatted()), Some(&ModelKey(KEY)), 1);
        parameters.local = PEER;
        parameters.remote = OWN;
        (parameters.ethernet.destination, parameters.ethernet.source) = (ethernet.source, ethernet.destination);
        peer.write_resync(0, &parameters.words()).expect("parameters");
        let theirs = InboundSa::new(0x1000, key(1), Salt([1; 4]), Mode::Tunnel, PEER, OWN).recorded(true);
        let ours = OutboundSa::new(0x2000, key(2), Salt([2; 4]), Mode::Tunnel, PEER, OWN).recorded(true);
        peer.install_sa(Way::Inbound, 0, &theirs.words()).expect("inbound SA");
        peer.install_sa(Way::Outbound, 0, &ours.words()).expect("outbound SA");
        let mut settings = peer.settings();
        settings.enable = true;
        peer.set_settings(settings);
        let rule = Rule::any(Action::Protect { sa: 0 });
        for (direction, way) in [(Direction::Outbound, Way::Outbound), (Direction::Inbound, Way::Inbound)] {
            device.write_rule(direction, 0, &rule).expect("a rule");
            peer.write_rule(way, 0, &rule.words()).expect("a rule");
        }
        device.enable().expect("enabled");
        Self { device, peer, numbers: HashSet::new(), delivered: HashSet::new(), wire: vec![], sent: 0 }
    }

    fn simulation(&mut self) -> &mut Simulation {
        self.device.bus_mut()
    }

    /// One cycle; what leaves the device goes to the peer, whose answers come back at once. Verdicts of the peer.
    fn cycle(&mut self, verdicts: &mut Vec<Verdict>) {
        self.simulation().cycle();
        let ticks = self.simulation().cycles() / 256;
        self.peer.tick(ticks);
        for received in self.simulation().net_out.take() {
            let sealed = received.bytes;
            let number = u64::from_be_bytes(sealed[42..50].try_into().expect("an IV"));
            assert!(self.numbers.insert(number), "number {number} twice");
            verdicts.push(self.peer.inbound(&sealed));
            self.wire.push(sealed);
        }
        while let Some(control) = self.peer.take_control() {
            self.simulation().net_in.send(&control.frame);
        }
        for received in self.simulation().host_out.take() {
            assert!(self.delivered.insert(received.bytes), "delivered twice");
        }
    }

    /// Sends packets both ways and counts what arrives: at the peer, at the host.
    fn exchange(&mut self, count: usize) -> (usize, usize) {
        let before = self.delivered.len();
        let mut verdicts = vec![];
        for _ in 0..count {
            self.sent += 1;
            let (out, back) = (frame(true, self.sent), frame(false, self.sent));
            self.simulation().host_in.send(&out);
            let sealed = self.peer.outbound(&back);
            self.simulation().net_in.send(sealed.frame().expect("the peer seals"));
            for _ in 0..600 {
                self.cycle(&mut verdicts);
            }
        }
        for _ in 0..3000 {
            self.cycle(&mut verdicts);
        }
        (verdicts.iter().filter(|v| v.frame().is_some()).count(), self.delivered.len() - before)
    }

    /// Power away and back; the cycles until the pair is established again.
    fn outage(&mut self, tear: Tear) -> u64 {
        // What left until now is accounted for first.
        self.cycle(&mut vec![]);
        self.simulation().power_cut(tear);
        for _ in 0..1000 {
            self.simulation().cycle();
        }
        self.simulation().power_up();
        let start = self.simulation().cycles();
        let mut verdicts = vec![];
        let mut asked = None;
        while !verdicts.iter().any(|v: &Verdict| v.reason() == Some(Reason::Control)) {
            self.cycle(&mut verdicts);
            let now = self.simulation().cycles();
            assert!(now < start + 3_000_000, "no request: {verdicts:?}");
            asked.get_or_insert(now);
        }
        let asked = self.simulation().cycles() - start;
        for _ in 0..4000 {
            self.cycle(&mut verdicts);
        }
        let dropped = self.dropped();
        let status = self.device.resync_status().expect("a register");
        assert_eq!(self.device.quarantine().expect("a register"), 0, "established again: {dropped:?}, {status:?}");
        asked
    }

    /// Frames the device dropped on their way to the host, by reason.
    fn dropped(&mut self) -> Vec<(&'static str, u64)> {
        let count = |r: &Reason| (r.name(), self.device.dropped(Direction::Inbound, *r).expect("a counter"));
        Reason::ALL.iter().map(count).filter(|(_, n)| *n != 0).collect()
    }

    fn rules_again(&mut self) {
        let rule = Rule::any(Action::Protect { sa: 0 });
        for direction in [Direction::Outbound, Direction::Inbound] {
            self.device.write_rule(direction, 0, &rule).expect("a rule");
        }
    }
}

#[test]
fn a_pair_comes_back_after_the_power() {
    for profile in [Profile::Compact, Profile::Pipelined] {
        let mut world = World::new(profile, 5);
        assert_eq!(world.exchange(100), (100, 100));
        let written = nvram(&world.simulation().nvram().clone()).written();
        println!("{written} bytes written to the NVRAM");
        for outage in 0..4 {
            let last = *world.numbers.iter().max().expect("numbers");
            let cycles = world.outage(if outage % 2 == 0 { Tear::Old } else { Tear::Mixed(outage) });
            let first = world.numbers.iter().filter(|n| **n > last).min().expect("a request");
            println!("outage {outage}: request after {cycles} cycles, {} numbers skipped", first - last - 1);
            assert!(first - last <= 64, "skipped at most twice the interval");
            world.rules_again();
            assert_eq!(world.exchange(40), (40, 40), "outage {outage}");
        }
        let sent = world.simulation().counter(false, 0, counter::CONTROL_SENT).expect("a counter");
        assert_eq!(sent, 1, "one request in the last outage");
    }
}

/// The longest thing that a driver ever waits for: three million clocks.
#[test]
fn a_new_part_is_formatted_and_records() {
    let mut world = World::on(Profile::Compact, Nvram::default(), 5);
    assert_eq!(world.exchange(20), (20, 20));
    world.outage(Tear::Old);
    world.rules_again();
    assert_eq!(world.exchange(20), (20, 20));
}

#[test]
fn what_was_recorded_on_the_wire_is_not_delivered_again() {
    for profile in [Profile::Compact, Profile::Pipelined] {
        let mut world = World::new(profile, 4);
        let mut recorded = vec![];
        for n in 1..=40 {
            let sealed = world.peer.outbound(&frame(false, n)).frame().expect("sealed").to_vec();
            world.simulation().net_in.send(&sealed);
            recorded.push(sealed);
        }
        let mut verdicts = vec![];
        for _ in 0..40_000 {
            world.cycle(&mut verdicts);
        }
        assert_eq!(world.delivered.len(), 40);
        world.simulation().power_cut(Tear::Old);
        world.simulation().power_up();
        // In quarantine, and again afterwards.
        world.device.wait_recorder().expect("restored");
        world.rules_again();
        for sealed in &recorded {
            world.simulation().net_in.send(sealed);
        }
        world.outage(Tear::New);
        world.rules_again();
        for sealed in &recorded {
            world.simulation().net_in.send(sealed);
        }
        for _ in 0..40_000 {
            world.cycle(&mut verdicts);
        }
        assert_eq!(world.delivered.len(), 40);
        assert_eq!(world.dropped(), [("replay", 40), ("control", 1)]);
    }
}
