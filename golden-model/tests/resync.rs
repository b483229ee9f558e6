//! Two golden devices that lose each other and find each other again.

mod common;

use common::ends::*;
use common::*;
use holdfast_model::wire::control::{Datagram, Message, Path};
use holdfast_model::{Control, Device, Direction, Endpoints, Event, Fram, Kind, Limits, Mode, Role, SaConfig, Sizes, Verdict};
use holdfast_registers::{control, counter, map, Cause, EventCode, Reason, Refusal};
use proptest::prelude::*;

fn plain() -> Vec<u8> {
    frame(&ipv4(PLAIN, &[1, 2, 3, 4]))
}

/// A packet from one end to the other, which must get through; the number it took.
#[track_caller]
fn send(from: &mut End, to: &mut End) -> u64 {
    let (sealed, kind) = expect_out(&mut from.device, Direction::Outbound, &plain());
    let (_, opened) = expect_out(&mut to.device, Direction::Inbound, &sealed);
    match (kind, opened) {
        (Kind::Sealed { sequence, .. }, Kind::Opened { sequence: same, .. }) => {
            assert_eq!(sequence, same);
            sequence
        }
        other => panic!("{other:?}"),
    }
}

fn drop_reason(device: &mut Device, bytes: &[u8]) -> Reason {
    device.inbound(bytes).reason().expect("it is dropped")
}

/// The control frame that is due at the next moment something is.
#[track_caller]
fn next_control(device: &mut Device) -> Control {
    let due = device.next_due().expect("something is due");
    device.tick(due);
    device.take_control().expect("a control frame")
}

#[test]
fn established_again_after_one_round_trip_without_a_host() {
    for esn in [false, true] {
        let (mut a, mut b) = ends(esn);
        let last = (0..40).map(|_| send(&mut a, &mut b)).last().unwrap();
        for _ in 0..40 {
            send(&mut b, &mut a);
        }
        let old = b.device.outbound(&plain()).frame().unwrap().to_vec();

        a.power_up();
        assert!(a.device.settings().enable, "there may be no host");
        assert_eq!(a.device.quarantine(), 1 << INDEX);
        assert_eq!(a.events(), [(EventCode::ResyncStarted, u32::from(Cause::Restore.code()))]);
        let next = a.device.next_sequence(INDEX).unwrap();
        assert!(next > last && next <= last + 1 + 2 * INTERVAL, "{last} then {next}");
        assert_eq!(a.device.control_port(), 5000);
        assert_eq!(drop_reason(&mut a.device, &old), Reason::Quarantine);

        let request = next_control(&mut a.device);
        assert_eq!(request.sequence, next);
        assert_eq!(request.datagram.message, Message::Request { number: next });
        assert_eq!(drop_reason(&mut b.device, &request.frame), Reason::Control);
        assert_eq!(b.device.highest(INDEX), Some(next), "an established peer's window moves");
        let ack = b.device.take_control().unwrap();
        assert_eq!(ack.datagram.message, Message::Ack { echo: next, number: Some(ack.sequence) });
        assert_eq!(ack.datagram.path, request.datagram.path.reversed());
        assert_eq!(drop_reason(&mut a.device, &ack.frame), Reason::Control);
        assert_eq!((a.device.quarantine(), a.device.highest(INDEX)), (0, Some(ack.sequence)));
        assert_eq!(a.events(), [(EventCode::ResyncFinished, ack.sequence as u32)]);
        assert_eq!(a.device.next_due(), None);

        assert_eq!(drop_reason(&mut a.device, &old), Reason::Replay);
        assert_eq!(drop_reason(&mut a.device, &ack.frame), Reason::Replay);
        assert_eq!(drop_reason(&mut b.device, &request.frame), Reason::Replay);
        a.rules();
        send(&mut a, &mut b);
        send(&mut b, &mut a);
        let sent = [&a, &b].map(|end| end.device.counters(Direction::Outbound).get(counter::CONTROL_SENT));
        assert_eq!(sent, [1, 1]);
    }
}

#[test]
fn both_ends_at_once() {
    let (mut a, mut b) = ends(true);
    for _ in 0..20 {
        send(&mut a, &mut b);
        send(&mut b, &mut a);
    }
    a.power_up();
    b.power_up();
    let (ask_a, ask_b) = (next_control(&mut a.device), next_control(&mut b.device));
    assert_eq!(drop_reason(&mut b.device, &ask_a.frame), Reason::Control);
    assert_eq!(drop_reason(&mut a.device, &ask_b.frame), Reason::Control);
    let edge = b.device.highest(INDEX);
    let (ack_b, ack_a) = (b.device.take_control().unwrap(), a.device.take_control().unwrap());
    assert_eq!(b.device.highest(INDEX), edge, "in quarantine no window moves");
    assert_eq!(drop_reason(&mut a.device, &ack_b.frame), Reason::Control);
    assert_eq!(drop_reason(&mut b.device, &ack_a.frame), Reason::Control);
    assert_eq!((a.device.quarantine(), b.device.quarantine()), (0, 0));
    a.rules();
    b.rules();
    send(&mut a, &mut b);
    send(&mut b, &mut a);
}

#[test]
fn requests_are_repeated_and_only_the_last_is_outstanding() {
    let (mut a, mut b) = ends(true);
    send(&mut b, &mut a);
    a.power_up();
    a.events();
    let start = a.device.next_due().unwrap();
    assert!(start < 8, "spread");
    let mut due = Vec::new();
    let requests: Vec<Control> = (0..5)
        .map(|_| {
            due.push(a.device.next_due().unwrap() - start);
            assert_eq!(a.device.take_control(), None, "not yet");
            next_control(&mut a.device)
        })
        .collect();
    assert_eq!(due, [0, 16, 48, 112, 176]);
    assert_eq!(a.events(), [(EventCode::ResyncFailed, 2)]);
    // The answer to an earlier one comes late.
    b.device.tick(1000);
    assert_eq!(drop_reason(&mut b.device, &requests[3].frame), Reason::Control);
    let late = b.device.take_control().unwrap();
    assert_eq!(drop_reason(&mut a.device, &late.frame), Reason::ControlIgnored);
    assert_eq!(a.device.quarantine(), 1 << INDEX);
    // Replies are not given more often than every sixteen ticks.
    assert_eq!(drop_reason(&mut b.device, &requests[4].frame), Reason::ControlLimited);
    b.device.tick(1016);
    let last = next_control(&mut a.device);
    assert_eq!(drop_reason(&mut b.device, &last.frame), Reason::Control);
    let ack = b.device.take_control().unwrap();
    assert_eq!(drop_reason(&mut a.device, &ack.frame), Reason::Control);
    assert_eq!(a.device.quarantine(), 0);
}

#[test]
fn an_orderly_suspend_skips_nothing_and_needs_no_exchange() {
    let (mut a, mut b) = ends(true);
    let last = (0..21).map(|_| send(&mut a, &mut b)).last().unwrap();
    for _ in 0..21 {
        send(&mut b, &mut a);
    }
    a.device.suspend();
    assert_eq!(a.device.resync_status(), map::resync_status::SUSPENDED);
    assert_eq!(a.device.outbound(&plain()), Verdict::Dropped(Reason::Disabled));
    a.power_up();
    a.rules();
    assert_eq!((a.device.quarantine(), a.device.resync_status()), (0, 0));
    assert_eq!(send(&mut a, &mut b), last + 1);
    send(&mut b, &mut a);
    // And without loss of power.
    a.device.suspend();
    a.device.resume();
    assert_eq!(send(&mut a, &mut b), last + 2);
    // What was exact once is not taken for true again.
    a.power_up();
    assert_eq!(a.device.quarantine(), 1 << INDEX);
    assert!(a.device.next_sequence(INDEX).unwrap() > last + 2);
}

#[test]
fn a_quarantine_survives_an_orderly_suspend() {
    let (mut a, mut b) = ends(true);
    let replayable: Vec<Vec<u8>> = (0..5).map(|_| b.device.outbound(&plain()).frame().unwrap().to_vec()).collect();
    replayable.iter().for_each(|frame| drop(expect_out(&mut a.device, Direction::Inbound, frame)));
    a.power_up();
    assert_eq!(a.device.quarantine(), 1 << INDEX);
    a.device.suspend();
    a.power_up();
    a.rules();
    assert_eq!(a.device.quarantine(), 1 << INDEX, "its edge was never known");
    for frame in &replayable {
        assert_eq!(drop_reason(&mut a.device, frame), Reason::Quarantine);
    }
    let request = next_control(&mut a.device);
    assert_eq!(drop_reason(&mut b.device, &request.frame), Reason::Control);
}

#[test]
fn runs_of_failures_raise_desynchronisation() {
    let (mut a, mut b) = ends(false);
    a.device.set_detect(Limits { authentication: 3, replay: 2 });
    let frames: Vec<Vec<u8>> = (0..3).map(|_| b.device.outbound(&plain()).frame().unwrap().to_vec()).collect();
    let mut forged = frames[2].clone();
    *forged.last_mut().unwrap() ^= 1;
    for bytes in [&forged, &forged, &frames[0], &forged, &forged, &frames[0]] {
        a.device.inbound(bytes);
        assert_eq!(a.device.quarantine(), 0);
    }
    a.events();
    assert_eq!(drop_reason(&mut a.device, &forged), Reason::Icv);
    assert_eq!(a.events()[1..], [(EventCode::ResyncStarted, u32::from(Cause::Authentication.code()))]);
    let request = next_control(&mut a.device);
    b.device.inbound(&request.frame);
    let ack = b.device.take_control().unwrap();
    assert_eq!(drop_reason(&mut a.device, &ack.frame), Reason::Control);
    send(&mut b, &mut a);
    a.events();
    assert_eq!(drop_reason(&mut a.device, &frames[0]), Reason::Replay);
    assert_eq!(drop_reason(&mut a.device, &frames[0]), Reason::Replay);
    assert_eq!(a.events()[2..], [(EventCode::ResyncStarted, u32::from(Cause::Replay.code()))]);
    a.device.desynchronise(INDEX as u8);
    assert_eq!(a.events(), [], "it is in quarantine already");
}

#[test]
fn commits_of_recorded_sas() {
    let mut end = End::new(1);
    let sa = recorded(SPI, false);
    let install = |device: &mut Device, sa: &SaConfig| device.install(INDEX, sa);
    assert_eq!(install(&mut end.device, &sa), Err(Refusal::Pair), "no parameters");
    end.device.set_parameters(INDEX, &parameters(A4, B4)).unwrap();
    assert_eq!(end.device.control_port(), 5000);
    let limited = SaConfig { role: Role::Outbound { mtu: 0, next: 1, limit: 1 }, ..sa.clone() };
    assert_eq!(install(&mut end.device, &limited), Err(Refusal::Sequence));
    let beyond = SaConfig { role: Role::Outbound { mtu: 0, next: (1 << 32) + 1, limit: 0 }, ..sa.clone() };
    assert_eq!(install(&mut end.device, &beyond), Err(Refusal::Sequence));
    let windowless = SaConfig { role: Role::Inbound { window: 0, highest: 0 }, ..opener(&sa) };
    assert_eq!(install(&mut end.device, &windowless), Err(Refusal::Window));
    install(&mut end.device, &sa).unwrap();
    assert_eq!((end.device.next_sequence(INDEX), end.device.limit(INDEX)), (Some(1), Some(1 + INTERVAL)));
    assert_eq!(end.device.set_parameters(INDEX, &parameters(A4, B4)), Err(Refusal::Pair), "its records hold for these");
    end.device.delete_sa(Direction::Outbound, INDEX).unwrap();
    end.device.set_parameters(INDEX, &parameters(A4, B4)).unwrap();
    assert_eq!(end.device.set_parameters(32, &parameters(A4, B4)), Err(Refusal::Index));

    let mut without_key = Device::power_up(Sizes::COMPACT, Box::new(end.part.clone()), None, 0);
    without_key.set_parameters(INDEX, &parameters(A4, B4)).unwrap();
    assert_eq!(without_key.resync_status(), map::resync_status::NO_KEY);
    assert_eq!(install(&mut without_key, &sa), Err(Refusal::Nvram));
    assert_eq!(
        install(&mut without_key, &SaConfig { role: Role::Outbound { mtu: 0, next: 0, limit: 0 }, ..sa.clone() }),
        Err(Refusal::Sequence)
    );
    let mut unformatted = Device::power_up(Sizes::COMPACT, Box::new(Fram::new()), Some(&end.key), 0);
    unformatted.set_parameters(INDEX, &parameters(A4, B4)).unwrap();
    assert_eq!(install(&mut unformatted, &sa), Err(Refusal::Nvram));
}

#[test]
fn without_esn_the_limit_ends_at_2_to_the_32() {
    let mut end = End::new(1);
    end.device.set_parameters(INDEX, &parameters(A4, B4)).unwrap();
    let near = SaConfig { role: Role::Outbound { mtu: 0, next: (1 << 32) - 20, limit: 0 }, ..recorded(SPI, false) };
    end.device.install(INDEX, &near).unwrap();
    end.rules();
    for _ in 0..20 {
        expect_out(&mut end.device, Direction::Outbound, &plain());
    }
    expect_drop(&mut end.device, Direction::Outbound, &plain(), Reason::SequenceLimit);
    assert_eq!(end.device.limit(INDEX), Some(1 << 32));
    end.power_up();
    end.rules();
    assert_eq!(end.device.next_sequence(INDEX), Some(1 << 32));
    expect_drop(&mut end.device, Direction::Outbound, &plain(), Reason::SequenceLimit);
}

#[test]
fn deleted_and_replaced_sas_leave_no_records() {
    let (mut a, _) = ends(true);
    a.device.delete_sa(Direction::Inbound, INDEX).unwrap();
    a.device
        .install(INDEX, &SaConfig { recorded: false, role: Role::Outbound { mtu: 0, next: 1, limit: 9 }, ..recorded(SPI, true) })
        .unwrap();
    a.power_up();
    assert_eq!((a.device.next_sequence(INDEX), a.device.highest(INDEX)), (None, None));
    assert!(!a.device.settings().enable);
    assert_eq!(a.events(), []);
    let (mut a, _) = ends(true);
    a.device.zeroize();
    a.power_up();
    assert_eq!((a.device.next_sequence(INDEX), a.device.highest(INDEX)), (None, None));
    let left = a.part.lock().unwrap().nvram.contents().iter().skip(32).filter(|byte| **byte != 0).count();
    assert_eq!(left, 0, "nothing but the epochs");
}

#[test]
fn a_part_that_does_not_answer() {
    let (mut a, mut b) = ends(true);
    a.events();
    let limit = a.device.limit(INDEX).unwrap();
    a.part.lock().unwrap().cut_after(0, 0);
    let mut numbers = 0;
    loop {
        match a.device.outbound(&plain()) {
            Verdict::Delivered { kind: Kind::Sealed { sequence, .. }, .. } => {
                numbers += 1;
                assert!(sequence < limit);
            }
            Verdict::Dropped(reason) => {
                assert_eq!(reason, Reason::SequenceLimit);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(numbers, limit - 1, "SAs go on until their limit");
    assert_eq!(a.device.resync_status(), map::resync_status::FAULT);
    assert_eq!(a.events().iter().filter(|(code, _)| *code == EventCode::NvramFault).count(), 1);
    send(&mut b, &mut a);
    assert_eq!(a.device.install(4, &SaConfig { spi: SPI + 9, ..recorded(SPI, true) }), Err(Refusal::Pair));
    a.device.set_parameters(4, &parameters(A4, B4)).unwrap();
    assert_eq!(a.device.install(4, &SaConfig { spi: SPI + 9, ..recorded(SPI, true) }), Err(Refusal::Nvram));
}

#[test]
fn a_resume_that_cannot_replace_the_exact_records_stays_suspended() {
    let (mut a, mut b) = ends(true);
    send(&mut a, &mut b);
    a.device.suspend();
    a.part.lock().unwrap().cut_after(5, 0);
    a.device.resume();
    assert_eq!(a.device.resync_status(), map::resync_status::SUSPENDED | map::resync_status::FAULT);
    assert_eq!(a.device.outbound(&plain()), Verdict::Dropped(Reason::Disabled), "or the exact record would lie");
    a.device.resume();
    assert_eq!(a.device.resync_status(), map::resync_status::SUSPENDED | map::resync_status::FAULT);
    assert_eq!(a.events().iter().filter(|(code, _)| *code == EventCode::NvramFault).count(), 1, "it is told once");
}

/// A frame that comes out of B's outbound SA with this packet in it.
fn from_peer(b: &mut End, packet: &[u8]) -> Vec<u8> {
    b.device.outbound(&frame(packet)).frame().unwrap().to_vec()
}

#[test]
fn what_is_a_control_message_and_what_is_not() {
    let (mut a, mut b) = ends(true);
    a.device.tick(100);
    let path = Path { endpoints: Endpoints::V4 { local: B4.into(), remote: A4.into() }, source_port: 5000, destination_port: 5000 };
    let number = |b: &End| b.device.next_sequence(INDEX).unwrap();
    let request = |v| Datagram { path, message: Message::Request { number: v } }.to_packet();
    let good = request(number(&b));
    let sealed = from_peer(&mut b, &good);
    assert_eq!(drop_reason(&mut a.device, &sealed), Reason::Control);
    assert!(a.device.take_control().is_some());

    let wrong = request(number(&b) + 1);
    let sealed = from_peer(&mut b, &wrong);
    assert_eq!(drop_reason(&mut a.device, &sealed), Reason::ControlIgnored, "another number");
    let sealed = from_peer(&mut b, &Datagram { path, message: Message::Ack { echo: 1, number: None } }.to_packet());
    assert_eq!(drop_reason(&mut a.device, &sealed), Reason::ControlIgnored, "nothing is outstanding");
    for (at, name) in [(32, "version"), (33, "type"), (35, "length")] {
        let mut other = request(number(&b));
        other[at] ^= 0x40;
        let sealed = from_peer(&mut b, &other);
        assert_eq!(drop_reason(&mut a.device, &sealed), Reason::ControlIgnored, "{name}");
    }
    for (at, name) in [(22, "port"), (28, "magic")] {
        let mut other = request(number(&b));
        other[at] ^= 0x40;
        let sealed = from_peer(&mut b, &other);
        assert!(a.device.inbound(&sealed).frame().is_some(), "{name}");
    }
    // The port is that of the register.
    a.device.set_control_port(5001);
    let other = request(number(&b));
    let sealed = from_peer(&mut b, &other);
    assert!(a.device.inbound(&sealed).frame().is_some());
    a.device.set_control_port(5000);
    // An SA that is not recorded has no control messages.
    let (mut c, mut d) = pair(&sealer(Mode::Tunnel, false));
    c.set_control_port(control::PORT);
    let plain = frame(
        &Datagram {
            path: Path { source_port: control::PORT, destination_port: control::PORT, ..path },
            ..Datagram { path, message: Message::Request { number: 1 } }
        }
        .to_packet(),
    );
    let (sealed, _) = expect_out(&mut c, Direction::Outbound, &plain);
    expect_out(&mut d, Direction::Inbound, &sealed);
}

proptest! {
    #![proptest_config(cases(200))]
    /// Whatever the peer, or a friend of its, seals: it is delivered or dropped under one reason, and nothing panics.
    #[test]
    fn every_text_is_accounted_for(
        texts in proptest::collection::vec((proptest::collection::vec(any::<u8>(), 0..80), any::<u8>(), any::<bool>(), 0..40usize, any::<u8>()), 1..6),
        quarantine in any::<bool>(),
    ) {
        let (mut a, _) = ends(false);
        let peer = SaConfig { endpoints: sealer(Mode::Tunnel, false).endpoints.reversed(), ..recorded(SPI + 1, false) };
        if quarantine {
            a.device.desynchronise(INDEX as u8);
        }
        for (number, (noise, next_header, nearly, at, flip)) in (1..).zip(texts) {
            // Half of them are nearly a message: one byte of it is different.
            let path = Path { endpoints: peer.endpoints, source_port: 1, destination_port: 5000 };
            let mut message = Datagram { path, message: Message::Request { number } }.to_packet();
            message[16 + at] ^= flip;
            let packet = if nearly { text(&message, 4) } else { text(&noise, next_header) };
            let verdict = run(&mut a.device, Direction::Inbound, &carrying(&peer, number, &packet));
            if quarantine {
                prop_assert!(verdict.frame().is_none());
            }
            if let Some(Control { frame, .. }) = a.device.take_control() {
                prop_assert_eq!(frame.len(), 14 + 20 + 92);
            }
        }
    }
}

#[test]
fn events_name_the_sa() {
    let (mut a, _) = ends(true);
    a.power_up();
    let event = a.device.take_event().unwrap();
    let wanted = Event {
        code: EventCode::ResyncStarted,
        direction: Direction::Inbound,
        sa: Some(INDEX as u16),
        detail: 1,
        address: [0, 0, 0, 0].into(),
    };
    assert_eq!(event, wanted);
    // Both static records of the outbound SA are lost.
    for slot in [0, 64] {
        a.part.lock().unwrap().nvram.flip(32 * (0x2000 + 128 * INDEX as u32 + slot) + 77);
    }
    a.power_up();
    let refused =
        Event { code: EventCode::RecordRefused, direction: Direction::Outbound, sa: Some(INDEX as u16), detail: INDEX as u32, ..wanted };
    assert_eq!(a.device.take_event(), Some(refused));
    assert_eq!(a.device.next_sequence(INDEX), None);
    assert_eq!(a.device.quarantine(), 1 << INDEX, "the inbound SA is back");
    let due = a.device.next_due().unwrap();
    a.device.tick(due);
    assert_eq!(a.device.take_control(), None, "nothing to seal the request with");
    assert!(a.device.next_due().unwrap() > due, "it tries again");
}
