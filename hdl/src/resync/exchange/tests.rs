//! The whole exchange, against models of what surrounds it and a peer in plain Rust.
use super::super::peer::{Message, Parsed, Pipe};
use super::*;
use crate::check::Bench;
use holdfast_registers::{control, pair, Cause, EventCode, Reason};
use rand::{rngs::StdRng, Rng, SeedableRng};
use std::collections::VecDeque;

/// A packet that was opened, on its way to the receiver.
#[derive(Clone, Debug)]
struct Opened {
    sa: usize,
    number: u64,
    message: Message,
}

/// A control frame that was sealed.
#[derive(Clone, Debug)]
struct Sealed {
    clock: u32,
    sa: usize,
    number: u64,
    message: Message,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Injection {
    Idle,
    Take(u32),
    Number(u32),
    Read(u32),
}

struct Rig {
    bench: Bench<Exchange>,
    random: StdRng,
    clock: u32,
    parameters: [[u32; pair::WORDS]; 32],
    pipes: [Pipe; 2],
    words: Vec<u32>,
    injection: Injection,
    frame_words: Vec<u32>,
    /// Outbound: next number, and whether there is an SA at all.
    next: [u64; 32],
    installed: u32,
    sealing: (usize, u64),
    sealed: Vec<Sealed>,
    inbound: VecDeque<Opened>,
    waited: Option<u32>,
    /// Reason of each verdict, with the packet; zero: the classifier decides.
    verdicts: Vec<(Opened, u64)>,
    commit_in: u32,
    stage: [u32; 2],
    refuse: bool,
    /// Window edge (highest number + 1) of each inbound SA, as Commit set it.
    edges: [u64; 32],
    edges_set: u32,
    event_in: u32,
    events: Vec<(u64, usize, u64)>,
}

/// Both ends of pair `sa` as the parameters say; the device's own end first.
fn addresses(sa: usize, ipv6: bool) -> [[u32; 4]; 2] {
    if ipv6 {
        [[0xfd90_0000, 0, 1, sa as u32], [0xfd90_0000, 0, 2, sa as u32]]
    } else {
        [[0x0a5a_0000 | sa as u32, 0, 0, 0], [0x0a5b_0000 | sa as u32, 0, 0, 0]]
    }
}

impl Rig {
    fn new(name: &str, seed: u64) -> Self {
        println!("seed {seed}");
        let mut bench = Bench::new(name, Exchange::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        bench.dut.port.next = (control::PORT as u64).into();
        bench.dut.recorded_inbound.next = 0xffff_ffffu64.into();
        let mut rig = Self {
            bench,
            random: StdRng::seed_from_u64(seed),
            clock: 0,
            parameters: [[0; 16]; 32],
            pipes: Default::default(),
            words: vec![],
            injection: Injection::Idle,
            frame_words: vec![],
            next: [1; 32],
            installed: 0xffff_ffff,
            sealing: (0, 0),
            sealed: vec![],
            inbound: VecDeque::new(),
            waited: None,
            verdicts: vec![],
            commit_in: 0,
            stage: [0; 2],
            refuse: false,
            edges: [0; 32],
            edges_set: 0,
            event_in: 0,
            events: vec![],
        };
        for sa in 0..32 {
            rig.next[sa] = 0xffff_fff0 + 1000 * sa as u64;
            let (ipv6, vlan) = (sa % 2 == 1, sa % 3 == 2);
            let own = addresses(sa, ipv6);
            let p = &mut rig.parameters[sa];
            p[pair::CONTROL] = control::PORT as u32 | 8 << pair::INTERVAL_SHIFT | if ipv6 { pair::IPV6 } else { 0 };
            p[pair::RETRY] =
                1 | 2 << pair::TIMEOUT_SHIFT | 5 << pair::CEILING_SHIFT | 3 << pair::FAILURES_SHIFT | if vlan { pair::VLAN } else { 0 };
            p[pair::ETHERNET..pair::ETHERNET + 4].copy_from_slice(&[
                0x0200,
                0x0000_0001,
                0x0200_0000,
                0x0002_0000 | if vlan { 7 } else { 0 },
            ]);
            p[pair::LOCAL..pair::LOCAL + 4].copy_from_slice(&own[0]);
            p[pair::REMOTE..pair::REMOTE + 4].copy_from_slice(&own[1]);
        }
        (0..40).for_each(|_| rig.clock());
        rig
    }

    fn quarantined(&self, sa: usize) -> bool {
        u64::from(self.bench.dut.quarantine.val()) >> sa & 1 == 1
    }

    fn clock(&mut self) {
        self.bench.settle();
        let quarantine = u64::from(self.bench.dut.quarantine.val());
        let dut = &self.bench.dut;
        let parameter = self.parameters[dut.p_index.val().index()][dut.p_word.val().index()];
        let word = self.words.get(dut.r_address.val().index()).copied().unwrap_or(0);
        let (go, sa) = (dut.i_go.val(), dut.i_sa.val().index());
        let frame = dut.i_frame.val();
        let ready = dut.r_ready.val();
        let verdict = if dut.r_claim.val() { u64::from(dut.r_reason.val()) } else { 0 };
        let (want, start) = (dut.c_want.val(), dut.c_start.val());
        if dut.c_write.val() {
            assert!(dut.c_grant.val());
            self.stage[dut.c_word.val().index() - 20] = u64::from(dut.c_data.val()) as u32;
        }
        if start && dut.c_operation.val() == 5 {
            let index = dut.c_index.val().index();
            assert!(dut.c_inbound.val() && dut.c_grant.val());
            assert!(quarantine >> index & 1 == 1, "an edge is set while packets are delivered");
            if !self.refuse {
                self.edges[index] = (self.stage[1] as u64) << 32 | self.stage[0] as u64;
                self.edges_set += 1;
            }
        }
        let refused = self.refuse || dut.c_operation.val() != 5;
        let event = dut.e_valid.val().then(|| (u64::from(dut.e_head.val()), u64::from(dut.e_detail.val())));
        if dut.e_ready.val() {
            let (head, detail) = event.unwrap_or((0, 0));
            assert_eq!(head >> 18, 3);
            self.events.push((head & 0xff, (head >> 8 & 0x3ff) as usize, detail));
        }
        let taken = dut.e_ready.val();
        if let (Injection::Read(n), true) = (self.injection, dut.i_address.val().index() < 32) {
            if n >= 3 {
                self.frame_words.push(u64::from(dut.i_data.val()) as u32);
            }
        }
        self.bench.cycle();
        self.clock += 1;

        let dut = &mut self.bench.dut;
        dut.seed.next = (self.random.gen::<u32>() as u64).into();
        for pulse in [&mut dut.q_set, &mut dut.q_clear, &mut dut.desynchronise, &mut dut.f_icv, &mut dut.f_replay, &mut dut.f_fresh] {
            pulse.next = false;
        }
        dut.p_data.next = self.pipes[0].step(parameter).into();
        dut.r_data.next = self.pipes[1].step(word).into();
        // Sequence and Encapsulate.
        (dut.i_take.next, dut.i_used.next, dut.i_done.next) = (false, false, false);
        dut.i_used_high.next = (self.random.gen::<u32>() as u64).into();
        dut.i_used_low.next = (self.random.gen::<u32>() as u64).into();
        self.injection = match self.injection {
            Injection::Idle if go => Injection::Take(self.random.gen_range(0..30)),
            Injection::Take(_) if !go => Injection::Idle,
            Injection::Take(0) => {
                dut.i_take.next = true;
                self.sealing.0 = sa;
                Injection::Number(self.random.gen_range(1..30))
            }
            Injection::Take(n) => Injection::Take(n - 1),
            Injection::Number(0) => {
                if self.installed >> self.sealing.0 & 1 == 1 {
                    let number = self.next[self.sealing.0];
                    self.next[self.sealing.0] += 1;
                    self.sealing.1 = number;
                    dut.i_used.next = true;
                    dut.i_used_high.next = (number >> 32).into();
                    dut.i_used_low.next = (number & 0xffff_ffff).into();
                    self.frame_words.clear();
                    // The first words are asked for 12 clocks from now.
                    Injection::Number(100 + 12)
                } else {
                    dut.i_done.next = true;
                    Injection::Idle
                }
            }
            Injection::Number(100) => {
                dut.i_address.next = 0.into();
                Injection::Read(1)
            }
            Injection::Number(n) => Injection::Number(n - 1),
            Injection::Read(n) if self.frame_words.len() == u64::from(frame.words) as usize => {
                let bytes: Vec<u8> = self.frame_words.iter().flat_map(|w| w.to_be_bytes()).skip(2).collect();
                assert_eq!((bytes.len() as u64, n > 0), (frame.length.into(), true));
                let message = Message::read(&bytes);
                self.sealed.push(Sealed { clock: self.clock, sa: self.sealing.0, number: self.sealing.1, message });
                dut.i_done.next = true;
                Injection::Idle
            }
            Injection::Read(n) => {
                dut.i_address.next = (n as u64).into();
                Injection::Read(n + 1)
            }
            idle => idle,
        };
        // The parser and what is behind.
        dut.r_take.next = false;
        if let Some(waited) = self.waited {
            self.waited = Some(waited + 1);
            if dut.r_go.val() && ready {
                if waited > 60 || self.random.gen_bool(0.5) {
                    if let Some(opened) = self.inbound.pop_front() {
                        self.verdicts.push((opened, verdict));
                    }
                    dut.r_take.next = true;
                    self.waited = None;
                }
            } else {
                assert!(waited <= 50, "no verdict");
            }
        } else if dut.r_go.val() {
            dut.r_go.next = false;
        } else if let Some(opened) = self.inbound.front() {
            let parsed = Parsed::of(&opened.message);
            dut.r_facts.next = parsed.facts;
            dut.r_note.next = (1 << 6 | (quarantine >> opened.sa & 1) << 5 | opened.sa as u64).into();
            self.words = parsed.words;
            dut.r_number_high.next = (opened.number >> 32).into();
            dut.r_number_low.next = (opened.number & 0xffff_ffff).into();
            dut.r_go.next = true;
            self.waited = Some(0);
        }
        // Commit.
        dut.c_done.next = false;
        if !want {
            self.commit_in = self.random.gen_range(1..60);
            dut.c_grant.next = false;
        } else if start {
            self.commit_in = self.random.gen_range(1..90);
        } else if self.commit_in > 0 {
            self.commit_in -= 1;
            if self.commit_in == 0 {
                dut.c_done.next = dut.c_grant.val();
                dut.c_refused.next = refused;
                dut.c_grant.next = true;
            }
        }
        // Events.
        dut.e_ready.next = false;
        if event.is_some() && !taken {
            self.event_in = if self.event_in == 0 { self.random.gen_range(2..30) } else { self.event_in - 1 };
            dut.e_ready.next = self.event_in == 1;
        } else {
            self.event_in = 0;
        }
    }

    fn run(&mut self, clocks: u32) {
        (0..clocks).for_each(|_| self.clock());
    }
    /// Until the condition holds; panics after `clocks`.
    fn until(&mut self, clocks: u32, what: &str, holds: impl Fn(&Self) -> bool) {
        for _ in 0..clocks {
            if holds(self) {
                return;
            }
            self.clock();
        }
        panic!("{what} did not happen in {clocks} clocks");
    }
    fn set(&mut self, sa: usize) {
        self.bench.dut.q_set.next = true;
        self.bench.dut.q_index.next = (sa as u64).into();
        self.bench.dut.q_cause.next = (Cause::Restore.code() as u64).into();
        self.clock();
    }
    fn clear(&mut self, sa: usize) {
        self.bench.dut.q_clear.next = true;
        self.bench.dut.q_index.next = (sa as u64).into();
        self.clock();
    }
    fn desynchronise(&mut self, sa: usize) {
        self.bench.dut.desynchronise.next = true;
        self.bench.dut.command_index.next = (sa as u64).into();
        self.run(16);
    }
    /// The next REQUEST of a pair, checked.
    fn request(&mut self, sa: usize) -> Sealed {
        let from = self.sealed.len();
        self.until(40_000, "a request", |rig| rig.sealed[from..].iter().any(|s| s.sa == sa && s.message.kind == control::REQUEST));
        let sealed = self.sealed[from..].iter().rev().find(|s| s.sa == sa).cloned().unwrap_or_else(|| panic!("sealed"));
        let [own, peer] = addresses(sa, sa % 2 == 1);
        let mut expected = Message::new(control::REQUEST, sa % 2 == 1, sealed.number);
        (expected.source, expected.destination, expected.vlan) = (own, peer, (sa % 3 == 2).then_some(7));
        assert_eq!(sealed.message, expected);
        sealed
    }
    /// A packet of the peer: the verdict on it.
    fn receive(&mut self, sa: usize, number: u64, message: Message) -> u64 {
        self.inbound.push_back(Opened { sa, number, message });
        let count = self.verdicts.len() + self.inbound.len();
        self.until(200, "a verdict", |rig| rig.verdicts.len() == count);
        self.verdicts[count - 1].1
    }
    fn event(&self, code: EventCode, sa: usize) -> usize {
        self.events.iter().filter(|e| e.0 == code.code() as u64 && e.1 == sa).count()
    }
}

/// The peer's answer.
fn ack(request: &Sealed, number: u64) -> Message {
    let mut message = Message::new(control::ACK, request.message.ipv6, request.message.echo);
    (message.source, message.destination) = (request.message.destination, request.message.source);
    (message.flags, message.number) = (1, number);
    message
}

fn code(reason: Reason) -> u64 {
    reason.code() as u64
}

#[test]
fn one_round_trip_ends_the_quarantine() {
    let mut rig = Rig::new("exchange_round_trip", 21);
    for (n, sa) in [0, 1, 2, 5, 31].into_iter().enumerate() {
        let other = Message { ports: [control::PORT, 9], ..Message::new(control::REQUEST, false, 7) };
        assert_eq!(rig.receive(sa, 7, other.clone()), 0);
        let since = rig.clock;
        rig.set(sa);
        assert_eq!(rig.receive(sa, 7, other.clone()), code(Reason::Quarantine));
        let request = rig.request(sa);
        assert!(request.clock - since < 256 * 5);
        // Nothing else ends it: not an answer to another V, not one in another SA.
        let number = [1, 0xffff_ffff, 0x1_0000_0000, 0x1234_5678_9abc_def0, u64::MAX - 1][n];
        for bit in [0, 31, 32, 63] {
            let mut wrong = ack(&request, number);
            wrong.echo ^= 1 << bit;
            assert_eq!(rig.receive(sa, number, wrong), code(Reason::ControlIgnored));
        }
        assert_eq!(rig.receive((sa + 1) % 32, number, ack(&request, number)), code(Reason::ControlIgnored));
        rig.run(300);
        assert!(rig.quarantined(sa) && rig.edges_set == n as u32);
        assert_eq!(rig.receive(sa, number, ack(&request, number)), code(Reason::Control));
        rig.until(300, "the end", |rig| !rig.quarantined(sa));
        assert_eq!((rig.edges[sa], rig.edges_set), (number + 1, n as u32 + 1));
        rig.run(100);
        assert_eq!(rig.events.split_off(0), [(7, sa, 1), (8, sa, number & 0xffff_ffff)]);
        // Once is enough.
        assert_eq!(rig.receive(sa, number + 1, ack(&request, number + 1)), code(Reason::ControlIgnored));
        assert_eq!(rig.receive(sa, 7, other), 0);
        let sealed = rig.sealed.len();
        rig.run(256 * 6);
        assert_eq!(rig.sealed.len(), sealed);
    }
    rig.bench.finish();
}

/// Everything that is recorded on the wire and played again, and every field of the right answer bent, one at a time.
#[test]
fn old_and_bent_answers_are_worth_nothing() {
    let mut rig = Rig::new("exchange_replay", 22);
    let sa = 4;
    rig.set(sa);
    let first = rig.request(sa);
    let second = rig.request(sa);
    assert!(second.number > first.number);
    assert_eq!(rig.receive(sa, 50, ack(&first, 50)), code(Reason::ControlIgnored));
    assert_eq!(rig.receive(sa, 51, ack(&second, 51)), code(Reason::Control));
    rig.until(300, "the end", |rig| !rig.quarantined(sa));
    // Again in quarantine: before the new request is out, and after.
    rig.desynchronise(sa);
    assert!(rig.quarantined(sa));
    assert_eq!(rig.receive(sa, 51, ack(&second, 51)), code(Reason::ControlIgnored));
    let third = rig.request(sa);
    for old in [&first, &second] {
        assert_eq!(rig.receive(sa, 51, ack(old, 51)), code(Reason::ControlIgnored));
    }
    let good = ack(&third, 60);
    let mut verdicts = vec![];
    for n in 0..24u32 {
        let (mut bent, mut number) = (good.clone(), 60);
        let bit = rig.random.gen_range(0..16);
        match n {
            0 => bent.protocol = 136,
            1 => bent.ports[1] ^= 1 << bit,
            2 => bent.magic ^= 1 << bit,
            3 => bent.udp_length = 23,
            4 => bent.version ^= 1 << (bit % 8),
            5 => bent.kind = 3,
            6 => bent.kind = 0,
            7 => bent.length ^= 1 << bit,
            8 => bent.udp_length = 35,
            9 => bent.udp_length = 37,
            10 => number = u64::MAX,
            11 => bent.kind = control::REQUEST,
            _ => bent.echo ^= 1 << rig.random.gen_range(0..64),
        }
        let reason = rig.receive(sa, number, bent);
        let expected = match n {
            0..=3 => Reason::Quarantine,
            // The answer is right, its number is of no use.
            10 => Reason::Control,
            _ => Reason::ControlIgnored,
        };
        assert_eq!(reason, code(expected), "{n}");
        verdicts.push(reason);
    }
    rig.run(200);
    assert!(rig.quarantined(sa));
    assert_eq!(rig.edges[sa], 52);
    // The flags and the courtesy number are not looked at; nor is who sent it.
    let mut last = good;
    (last.flags, last.number, last.ports[0], last.source[0]) = (!0, !0, 1, 1);
    let fourth = rig.request(sa);
    last.echo = fourth.number;
    // Refused by Commit: it goes on; the answer may come again.
    rig.refuse = true;
    assert_eq!(rig.receive(sa, 61, last.clone()), code(Reason::Control));
    rig.run(400);
    assert!(rig.quarantined(sa));
    assert_eq!(rig.event(EventCode::ResyncFinished, sa), 1);
    rig.refuse = false;
    assert_eq!(rig.receive(sa, 62, last), code(Reason::Control));
    rig.until(300, "the end", |rig| !rig.quarantined(sa));
    assert_eq!(rig.edges[sa], 63);
    rig.bench.finish();
}

/// As responder: established or not, one reply per 16 ticks, to where the request came from; and both roles at once.
#[test]
fn requests_are_answered_with_measure() {
    let mut rig = Rig::new("exchange_responder", 23);
    for (n, sa) in [6, 9, 8].into_iter().enumerate() {
        let number = 0xffff_ffff + n as u64;
        let mut request = Message::new(control::REQUEST, n != 2, number);
        (request.source[0], request.ports[0]) = (0x0b01_0203, 999);
        if n > 0 {
            rig.set(sa);
        }
        // Back to back: one is answered.
        for k in 0..6 {
            let reason = rig.receive(sa, number, request.clone());
            assert_eq!(reason, code(if k == 0 { Reason::Control } else { Reason::ControlLimited }));
        }
        let since = rig.clock;
        // Not its own number: nobody can have somebody else's request answered.
        assert_eq!(rig.receive(sa, number + 1, request.clone()), code(Reason::ControlIgnored));
        rig.until(2_000, "an answer", |rig| rig.sealed.iter().any(|s| s.message.kind == control::ACK));
        let answers: Vec<Sealed> = rig.sealed.iter().filter(|s| s.message.kind == control::ACK).cloned().collect();
        assert_eq!((answers.len(), answers[0].sa), (1, sa));
        let mut expected = request.clone();
        (expected.kind, expected.flags, expected.number) = (control::ACK, 1, answers[0].number);
        (expected.source, expected.destination) = (request.destination, request.source);
        (expected.ports, expected.vlan) = ([control::PORT, 999], (sa % 3 == 2).then_some(7));
        assert_eq!(answers[0].message, expected);
        if n > 0 {
            assert!(rig.quarantined(sa));
            let own = match rig.sealed.iter().rev().find(|s| s.message.kind == control::REQUEST) {
                Some(own) if own.sa == sa => own.clone(),
                _ => rig.request(sa),
            };
            let answer = ack(&own, number + 9);
            let last = rig.sealed.iter().rev().find(|s| s.message.kind == control::REQUEST && s.sa == sa).map(|s| s.number);
            assert_eq!(last, Some(own.number));
            assert_eq!(rig.receive(sa, number + 9, answer), code(Reason::Control));
            rig.until(300, "the end", |rig| !rig.quarantined(sa));
        }
        while rig.clock < since + 16 * 256 {
            rig.run(1);
        }
        rig.sealed.clear();
    }
    rig.bench.finish();
}

/// All pairs at once, a peer that answers each: all come back, requests spread over the ticks.
#[test]
fn thirty_two_pairs_come_back() {
    let mut rig = Rig::new("exchange_all", 24);
    for sa in 0..32 {
        rig.parameters[sa][pair::RETRY] = (rig.parameters[sa][pair::RETRY] & !31) | 5;
        rig.set(sa);
        rig.run(3);
    }
    assert_eq!(rig.bench.dut.quarantine.val(), 0xffff_ffff);
    let (mut answered, mut number) = (0, 100);
    let mut first = [None; 32];
    for _ in 0..70 * 256 {
        if u64::from(rig.bench.dut.quarantine.val()) == 0 {
            break;
        }
        rig.clock();
        while answered < rig.sealed.len() {
            let request = rig.sealed[answered].clone();
            assert_eq!(request.message.kind, control::REQUEST);
            first[request.sa].get_or_insert(request.clock);
            number += 1;
            rig.inbound.push_back(Opened { sa: request.sa, number, message: ack(&request, number) });
            answered += 1;
        }
    }
    assert_eq!(rig.bench.dut.quarantine.val(), 0);
    assert_eq!(rig.edges_set, 32);
    let mut ticks: Vec<u32> = first.iter().map(|c| c.expect("asked") / 256).collect();
    ticks.sort_unstable();
    ticks.dedup();
    assert!(ticks.len() >= 16, "{ticks:?}");
    rig.run(100);
    for sa in 0..32 {
        assert_eq!((rig.event(EventCode::ResyncStarted, sa), rig.event(EventCode::ResyncFinished, sa)), (1, 1));
    }
    rig.bench.finish();
}

/// Failures of a run lead to quarantine; an SA that is not there leads to events, never to a standstill.
#[test]
fn nobody_answers() {
    let mut rig = Rig::new("exchange_alone", 25);
    rig.bench.dut.authentication_limit.next = 2.into();
    rig.installed = !(1 << 3);
    for _ in 0..2 {
        rig.bench.dut.f_icv.next = true;
        rig.bench.dut.f_index.next = 3.into();
        rig.run(30);
    }
    assert!(rig.quarantined(3));
    rig.until(256 * 40, "the failure", |rig| rig.event(EventCode::ResyncFailed, 3) == 1);
    assert!(rig.sealed.is_empty());
    assert_eq!(rig.events, [(7, 3, 3), (9, 3, 3)]);
    // Without a number nothing is outstanding.
    assert_eq!(rig.receive(3, 5, Message::new(control::ACK, true, 0)), code(Reason::ControlIgnored));
    rig.installed = !0;
    let request = rig.request(3);
    assert_eq!(rig.receive(3, 5, ack(&request, 5)), code(Reason::Control));
    rig.until(300, "the end", |rig| !rig.quarantined(3));
    // Suspended: silence.
    rig.bench.dut.still.next = true;
    rig.set(3);
    let sealed = rig.sealed.len();
    rig.run(256 * 12);
    assert_eq!(rig.sealed.len(), sealed);
    rig.bench.dut.still.next = false;
    rig.request(3);
    rig.bench.finish();
}

/// A bad network, deletions and commands at any moment. Whatever comes: an edge is only ever set to the number of an answer to the last request of this very quarantine (the rig asserts that it is one), and when the network is
/// good again all come back.
#[test]
fn any_weather() {
    let mut rig = Rig::new("exchange_weather", 26);
    let mut wire: VecDeque<Opened> = VecDeque::new();
    let mut recorded: Vec<Opened> = vec![];
    // Per pair: the numbers of the answers to the last two requests of this quarantine.
    let mut last: [Option<Vec<u64>>; 8] = Default::default();
    let (mut seen, mut number, mut edges) = (0, 1000, rig.edges);
    for n in 0..36_000u32 {
        let storm = n < 18_000;
        let sa = rig.random.gen_range(0..8);
        match rig.random.gen_range(0..1500) {
            20..=34 if storm => rig.set(sa),
            3 if storm => {
                rig.clear(sa);
                last[sa] = None;
            }
            4 if storm => {
                rig.bench.dut.desynchronise.next = true;
                rig.bench.dut.command_index.next = (sa as u64).into();
            }
            5..=8 if storm && !recorded.is_empty() => {
                let again = rig.random.gen_range(0..recorded.len());
                wire.push_back(recorded[again].clone());
            }
            9..=12 => {
                number += 1;
                wire.push_back(Opened { sa, number, message: Message::new(control::REQUEST, sa % 2 == 1, number) });
            }
            13..=15 if storm => rig.refuse = !rig.refuse,
            16 => rig.installed ^= if storm { 1 << sa } else { 0 },
            _ => {}
        }
        if !storm {
            (rig.refuse, rig.installed) = (false, !0);
        }
        let before = u64::from(rig.bench.dut.quarantine.val());
        rig.clock();
        let ended = before & !u64::from(rig.bench.dut.quarantine.val());
        while seen < rig.sealed.len() {
            let request = rig.sealed[seen].clone();
            seen += 1;
            if request.message.kind == control::ACK {
                continue;
            }
            number += 1;
            let answer = Opened { sa: request.sa, number, message: ack(&request, number) };
            // An answer may have been taken in before the next request is out.
            let mut answers: Vec<u64> = last[request.sa].iter().flatten().last().copied().into_iter().collect();
            answers.push(number);
            last[request.sa] = Some(answers);
            recorded.push(answer.clone());
            if !storm || rig.random.gen_bool(0.6) {
                wire.push_back(answer);
            }
        }
        for sa in 0..8 {
            if rig.edges[sa] != edges[sa] {
                edges[sa] = rig.edges[sa];
                let numbers = last[sa].clone().unwrap_or_default();
                assert!(numbers.contains(&(edges[sa] - 1)), "clock {n}: the edge of {sa} is {}, answers {numbers:?}", edges[sa]);
            }
            if ended >> sa & 1 == 1 {
                last[sa] = None;
            }
        }
        if rig.inbound.is_empty() && rig.random.gen_bool(0.01) {
            rig.inbound.extend(wire.pop_front());
        }
    }
    assert_eq!(rig.bench.dut.quarantine.val(), 0, "somebody did not come back");
    println!("{} sealed, {} edges, {} verdicts", rig.sealed.len(), rig.edges_set, rig.verdicts.len());
    assert!(rig.edges_set >= 12);
    for reason in [Reason::Control, Reason::ControlIgnored, Reason::ControlLimited] {
        assert!(rig.verdicts.iter().any(|v| v.1 == code(reason)), "{reason} never came");
    }
    rig.bench.finish();
}
