//! The rules of the external counter, one by one; `rewind.rs` is the attacker that they are there for.

mod common;

use common::ends::*;
use common::*;
use holdfast_model::resync::counter::Count;
use holdfast_model::{Device, DeviceKey, Direction, Fram, Kind, Role, SaConfig, Sizes, Verdict};
use holdfast_registers::{map, record, EventCode, Refusal};
use std::sync::{Arc, Mutex};

const KEY: DeviceKey = DeviceKey([9; 32]);

/// A device with a counter, and what outlives it.
struct Station {
    device: Device,
    part: Arc<Mutex<Fram>>,
    counter: Arc<Mutex<Count>>,
}

impl Station {
    /// Formatted when the counter stood at 100.
    fn new() -> Self {
        let mut station = Station { device: Device::new(Sizes::COMPACT), part: Arc::default(), counter: Arc::new(Mutex::new(Count(100))) };
        station.power_up();
        assert_eq!(station.device.resync_status(), map::resync_status::UNFORMATTED);
        assert_eq!(station.value(), 100, "nothing to raise");
        station.device.format();
        assert_eq!((station.epochs(), station.value()), ([101, 0], 101));
        station
    }

    fn power_up(&mut self) {
        let (part, counter) = (Box::new(self.part.clone()), Box::new(self.counter.clone()));
        self.device = Device::power_up_with_counter(Sizes::COMPACT, part, counter, Some(&KEY), 0);
    }

    /// With the pair [`INDEX`], and one more for each further index.
    fn with_pairs(further: &[usize]) -> Self {
        let mut station = Station::new();
        for index in [&[INDEX], further].concat() {
            let (out, back) = (recorded(SPI + 2 * index as u32, true), recorded(SPI + 2 * index as u32 + 1, true));
            let into = opener(&SaConfig { endpoints: back.endpoints.reversed(), ..back });
            station.device.set_parameters(index, &parameters(A4, B4)).unwrap();
            station.device.install(index, &out).unwrap();
            station.device.install(index, &into).unwrap();
        }
        station.rules();
        station
    }

    fn rules(&mut self) {
        self.device.set_settings(holdfast_model::Settings { enable: true, ..self.device.settings() });
        let rule = holdfast_model::RuleConfig::any(holdfast_model::Action::Protect { sa: INDEX as u16 });
        self.device.set_rule(Direction::Outbound, 0, &rule).unwrap();
    }

    fn value(&self) -> u32 {
        self.counter.lock().unwrap().0
    }

    fn epochs(&self) -> [u32; 2] {
        let part = self.part.lock().unwrap();
        [part.word(1), part.word(5)]
    }

    /// Epoch and value of the dynamic records of a place.
    fn records(&self, place: usize) -> [(u32, u64); 2] {
        let part = self.part.lock().unwrap();
        [0, 1].map(|slot| {
            let at = record::DYNAMIC + record::DYNAMIC_PLACE * place as u32 + record::DYNAMIC_SLOT * slot;
            let word = |i: usize| part.word(at as u16 + i as u16);
            (word(record::GENERATION), u64::from(word(record::VALUE)) << 32 | u64::from(word(record::VALUE + 1)))
        })
    }

    /// Seals packets; the last number.
    fn send(&mut self, packets: u64) -> u64 {
        let seal = |_| match self.device.outbound(&frame(&ipv4(PLAIN, b"counted"))) {
            Verdict::Delivered { kind: Kind::Sealed { sequence, .. }, .. } => sequence,
            other => panic!("{other:?}"),
        };
        (0..packets).map(seal).last().unwrap()
    }

    fn events(&mut self) -> Vec<(EventCode, u32)> {
        std::iter::from_fn(|| self.device.take_event()).map(|event| (event.code, event.detail)).collect()
    }
}

#[test]
fn the_epoch_is_the_value_of_the_counter() {
    let mut station = Station::new();
    station.power_up();
    // One slot was valid: the other is written first, then this one.
    assert_eq!((station.epochs(), station.value()), ([103, 102], 103));
    station.counter.lock().unwrap().0 = 500;
    station.power_up();
    assert_eq!(station.epochs(), [103, 501]);
    station.part.lock().unwrap().set_word(4, 0);
    station.power_up();
    assert_eq!((station.epochs(), station.value()), ([503, 502], 503));
    station.device.format();
    assert_eq!((station.epochs(), station.device.resync_status()), ([504, 0], 0));
}

#[test]
fn a_counter_that_is_behind_or_silent_is_a_fault() {
    for value in [50, 100, u32::MAX] {
        let mut station = Station::with_pairs(&[]);
        station.power_up();
        let before = *station.part.lock().unwrap().contents();
        station.counter.lock().unwrap().0 = value;
        station.power_up();
        assert_eq!(station.device.resync_status(), map::resync_status::FAULT, "{value}");
        assert_eq!(station.events(), [(EventCode::NvramFault, 0)]);
        assert_eq!((station.device.next_sequence(INDEX), station.device.highest(INDEX)), (None, None));
        assert_eq!(*station.part.lock().unwrap().contents(), before, "nothing is written");
        station.device.set_parameters(5, &parameters(A4, B4)).unwrap();
        assert_eq!(station.device.install(5, &recorded(SPI + 40, true)), Err(Refusal::Nvram));
    }
}

#[test]
fn a_limit_rises_by_one_interval_per_step() {
    let mut station = Station::with_pairs(&[]);
    assert_eq!(station.records(INDEX), [(101, 1 + INTERVAL); 2], "both copies hold the limit");
    let begin = station.value();
    let last = station.send(20 * INTERVAL);
    let steps = u64::from(station.value() - begin);
    let limit = station.device.limit(INDEX).unwrap();
    assert_eq!(limit, 1 + (steps + 1) * INTERVAL);
    assert!(last < limit && limit <= last + 2 * INTERVAL, "{last} below {limit}");
}

/// Whatever is brought back, the SA goes on at the same number.
#[test]
fn every_image_leads_to_the_same_number() {
    let mut station = Station::with_pairs(&[7]);
    let mut images = Vec::new();
    for round in 0..6 {
        station.send(30 + 7 * round);
        images.push(station.part.lock().unwrap().clone());
        if round % 2 == 1 {
            station.device.suspend();
            images.push(station.part.lock().unwrap().clone());
            station.device.resume();
        }
        if round == 3 {
            station.power_up();
            station.rules();
        }
    }
    let (last, limit) = (station.device.next_sequence(INDEX).unwrap(), station.device.limit(INDEX).unwrap());
    let value = station.value();
    let records = [INDEX, 7].map(|place| record::DYNAMIC + record::DYNAMIC_PLACE * place as u32);
    for (at, image) in images.iter().enumerate() {
        // Whole, without one slot, without the other.
        for lost in [None, Some(0), Some(record::DYNAMIC_SLOT)] {
            *station.part.lock().unwrap() = image.clone();
            for at in records.iter().flat_map(|record| Some(record + lost?)) {
                station.part.lock().unwrap().set_word(at as u16 + 5, 99);
            }
            // The epoch of the image with two raises or one.
            station.part.lock().unwrap().set_word(4, 0);
            station.counter.lock().unwrap().0 = value;
            station.power_up();
            let next = [INDEX, 7].map(|index| station.device.next_sequence(index).unwrap());
            let line = 1 + u64::from(value + 2 - 101) * INTERVAL;
            assert_eq!(next, [line; 2], "image {at}, lost {lost:?}");
            assert!(next[0] >= last && next[0] >= limit);
        }
    }
}

#[test]
fn what_is_too_old_is_refused() {
    for (age, refused) in [(65_535, false), (65_536, true)] {
        let mut station = Station::with_pairs(&[]);
        station.power_up();
        station.events();
        let epoch = station.value();
        station.counter.lock().unwrap().0 += age;
        station.power_up();
        assert_eq!(station.value() - epoch, age + 1);
        assert_eq!(station.events().contains(&(EventCode::RecordRefused, INDEX as u32)), refused);
        assert_eq!(station.device.next_sequence(INDEX).is_none(), refused);
        assert_eq!(station.device.quarantine(), 1 << INDEX, "the inbound SA is asked for, not believed");
    }
}

#[test]
fn an_orderly_record_is_good_until_the_counter_steps() {
    for steps in [0, 1] {
        let mut station = Station::with_pairs(&[]);
        station.power_up();
        station.rules();
        // The first power-up found one epoch only; from now on there are two.
        station.device.delete_sa(Direction::Inbound, INDEX).unwrap();
        let back = recorded(SPI + 7, true);
        let into = opener(&SaConfig { endpoints: back.endpoints.reversed(), ..back });
        station.device.install(INDEX, &SaConfig { role: Role::Inbound { window: 64, highest: 40 }, ..into }).unwrap();
        station.send(5);
        station.device.suspend();
        station.counter.lock().unwrap().0 += steps;
        station.power_up();
        assert_eq!(station.device.quarantine(), steps << INDEX);
        assert_eq!(station.device.highest(INDEX), Some(40));
    }
    // A resume steps by itself: what was exact before it is not, after it.
    let mut station = Station::with_pairs(&[]);
    station.power_up();
    station.device.suspend();
    let image = station.part.lock().unwrap().clone();
    let value = station.value();
    station.device.resume();
    assert_eq!(station.value(), value + 1);
    *station.part.lock().unwrap() = image;
    station.power_up();
    assert_eq!(station.device.quarantine(), 1 << INDEX);
}

/// An SA that nobody uses keeps up with one that is busy.
#[test]
fn idle_records_are_carried_along() {
    let mut station = Station::with_pairs(&[0, 11, 31]);
    station.send(70 * INTERVAL);
    for index in [0, 11, 31] {
        let (epoch, value) = station.records(index).into_iter().max().unwrap();
        let age = station.value() - epoch;
        assert!(age < 32, "index {index}: {age} steps behind");
        assert_eq!(value, 1 + u64::from(epoch - 101 + 1) * INTERVAL);
        assert_eq!(station.device.limit(index), Some(value));
        assert_eq!(station.device.next_sequence(index), Some(1), "no number is skipped while there is power");
    }
}
