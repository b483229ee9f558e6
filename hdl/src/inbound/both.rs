use crate::cell::{row, Reg, Settle};
use crate::parse::{Facts, Parse};
use crate::prelude::*;
use crate::stream::Frame;

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct BothState {
    /// The parser is at the inner frame, or would be if there were one.
    pub inner: Bit,
    pub active: Bit,
    pub outer_ready: Bit,
    pub inner_ready: Bit,
}

/// One parser for both stores of the inbound direction: for the oldest frame from the network (`outer`) and for the oldest one for the host (`inner`).
///
/// Either side holds `valid` and its frame until `take`; what the parser found of it stands from `ready` to `take`. The sides take turns where both wait, so a frame waits
/// for one other at most, and neither waits for who uses what was found of the other: the parser is given back at once. Latency: that of [`Parse`] and two clocks, and one more where the
/// turn changes. The stores answer `address` two clocks later.
#[derive(LogicBlock, Ports)]
pub struct ParseBoth {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub address: Signal<Out, Bits<10>>,
    pub outer_valid: Signal<In, Bit>,
    pub outer_frame: Signal<In, Frame>,
    pub outer_data: Signal<In, Bits<32>>,
    pub outer_ready: Signal<Out, Bit>,
    pub outer_take: Signal<In, Bit>,
    pub outer_facts: Signal<Out, Facts>,
    pub outer_source: [Signal<Out, Bits<32>>; 4],
    pub outer_destination: [Signal<Out, Bits<32>>; 4],
    pub outer_upper: [Signal<Out, Bits<32>>; 6],
    pub inner_valid: Signal<In, Bit>,
    pub inner_frame: Signal<In, Frame>,
    pub inner_data: Signal<In, Bits<32>>,
    pub inner_ready: Signal<Out, Bit>,
    pub inner_take: Signal<In, Bit>,
    pub inner_facts: Signal<Out, Facts>,
    pub inner_source: [Signal<Out, Bits<32>>; 4],
    pub inner_destination: [Signal<Out, Bits<32>>; 4],
    /// The first word of the upper protocol.
    pub inner_ports: Signal<Out, Bits<32>>,
    parse: Settle<Parse>,
    s: Reg<BothState>,
    outer: Reg<Facts>,
    outer_from: [Reg<Bits<32>>; 4],
    outer_to: [Reg<Bits<32>>; 4],
    outer_words: [Reg<Bits<32>>; 6],
    inner: Reg<Facts>,
    inner_from: [Reg<Bits<32>>; 4],
    inner_to: [Reg<Bits<32>>; 4],
    inner_word: Reg<Bits<32>>,
    outer_wants: Signal<Local, Bit>,
    inner_wants: Signal<Local, Bit>,
    wants: Signal<Local, Bit>,
    other_wants: Signal<Local, Bit>,
    outer_done: Signal<Local, Bit>,
    inner_done: Signal<Local, Bit>,
}

impl Default for ParseBoth {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            address: Default::default(),
            outer_valid: Default::default(),
            outer_frame: Default::default(),
            outer_data: Default::default(),
            outer_ready: Default::default(),
            outer_take: Default::default(),
            outer_facts: Default::default(),
            outer_source: row(),
            outer_destination: row(),
            outer_upper: row(),
            inner_valid: Default::default(),
            inner_frame: Default::default(),
            inner_data: Default::default(),
            inner_ready: Default::default(),
            inner_take: Default::default(),
            inner_facts: Default::default(),
            inner_source: row(),
            inner_destination: row(),
            inner_ports: Default::default(),
            parse: Default::default(),
            s: Default::default(),
            outer: Default::default(),
            outer_from: row(),
            outer_to: row(),
            outer_words: row(),
            inner: Default::default(),
            inner_from: row(),
            inner_to: row(),
            inner_word: Default::default(),
            outer_wants: Default::default(),
            inner_wants: Default::default(),
            wants: Default::default(),
            other_wants: Default::default(),
            outer_done: Default::default(),
            inner_done: Default::default(),
        }
    }
}

impl Logic for ParseBoth {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, outer, inner, inner_word);
        clock!(self, clock, parse);
        self.parse.reset.next = self.reset.val();
        self.s.reset.next = self.reset.val();
        self.outer.reset.next = self.reset.val();
        self.inner.reset.next = self.reset.val();
        self.inner_word.reset.next = self.reset.val();

        // Whose turn it is.
        self.outer_wants.next = self.outer_valid.val() & !self.s.q.val().outer_ready;
        self.inner_wants.next = self.inner_valid.val() & !self.s.q.val().inner_ready;
        self.wants.next = self.outer_wants.val();
        self.other_wants.next = self.inner_wants.val();
        self.parse.frame.next = self.outer_frame.val();
        self.parse.data.next = self.outer_data.val();
        if self.s.q.val().inner {
            self.wants.next = self.inner_wants.val();
            self.other_wants.next = self.outer_wants.val();
            self.parse.frame.next = self.inner_frame.val();
            self.parse.data.next = self.inner_data.val();
        }
        self.address.next = self.parse.address.val();
        self.parse.go.next = self.wants.val() & !self.s.q.val().active;
        self.parse.take.next = self.parse.ready.val();
        if self.wants.val() {
            self.s.d.next.active = true;
        }
        if self.parse.ready.val() {
            self.s.d.next.active = false;
        }
        if self.other_wants.val() & (self.parse.ready.val() | (!self.s.q.val().active & !self.wants.val())) {
            self.s.d.next.inner = !self.s.q.val().inner;
        }

        // What was found is kept beside the parser.
        self.outer_done.next = self.parse.ready.val() & !self.s.q.val().inner;
        self.inner_done.next = self.parse.ready.val() & self.s.q.val().inner;
        if self.outer_take.val() {
            self.s.d.next.outer_ready = false;
        }
        if self.inner_take.val() {
            self.s.d.next.inner_ready = false;
        }
        if self.outer_done.val() {
            self.s.d.next.outer_ready = true;
            self.outer.d.next = self.parse.facts.val();
        }
        if self.inner_done.val() {
            self.s.d.next.inner_ready = true;
            self.inner.d.next = self.parse.facts.val();
            self.inner_word.d.next = self.parse.upper[0].val();
        }
        for i in 0..4 {
            self.outer_from[i].clock.next = self.clock.val();
            self.outer_from[i].reset.next = self.reset.val();
            self.outer_from[i].d.next = self.outer_from[i].q.val();
            self.outer_to[i].clock.next = self.clock.val();
            self.outer_to[i].reset.next = self.reset.val();
            self.outer_to[i].d.next = self.outer_to[i].q.val();
            self.inner_from[i].clock.next = self.clock.val();
            self.inner_from[i].reset.next = self.reset.val();
            self.inner_from[i].d.next = self.inner_from[i].q.val();
            self.inner_to[i].clock.next = self.clock.val();
            self.inner_to[i].reset.next = self.reset.val();
            self.inner_to[i].d.next = self.inner_to[i].q.val();
            if self.outer_done.val() {
                self.outer_from[i].d.next = self.parse.source[i].val();
                self.outer_to[i].d.next = self.parse.destination[i].val();
            }
            if self.inner_done.val() {
                self.inner_from[i].d.next = self.parse.source[i].val();
                self.inner_to[i].d.next = self.parse.destination[i].val();
            }
            self.outer_source[i].next = self.outer_from[i].q.val();
            self.outer_destination[i].next = self.outer_to[i].q.val();
            self.inner_source[i].next = self.inner_from[i].q.val();
            self.inner_destination[i].next = self.inner_to[i].q.val();
        }
        for i in 0..6 {
            self.outer_words[i].clock.next = self.clock.val();
            self.outer_words[i].reset.next = self.reset.val();
            self.outer_words[i].d.next = self.outer_words[i].q.val();
            if self.outer_done.val() {
                self.outer_words[i].d.next = self.parse.upper[i].val();
            }
            self.outer_upper[i].next = self.outer_words[i].q.val();
        }
        self.outer_ready.next = self.s.q.val().outer_ready;
        self.outer_facts.next = self.outer.q.val();
        self.inner_ready.next = self.s.q.val().inner_ready;
        self.inner_facts.next = self.inner.q.val();
        self.inner_ports.next = self.inner_word.q.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{check::Bench, traffic};
    use rand::{rngs::StdRng, Rng, SeedableRng};

    /// Facts, addresses, first word of the upper protocol.
    type Found = (Facts, Vec<u64>, u64);

    /// A store's side of a test: frames one after the other in a ring of 1024 words, and the words on their way.
    #[derive(Default)]
    struct Side {
        frames: Vec<(Frame, Vec<u32>)>,
        at: usize,
        pipe: u32,
        answer: u32,
    }

    impl Side {
        fn new(random: &mut StdRng) -> Self {
            let frames = (0..60).map(|n| {
                let frame = traffic::frame(random, 60);
                let words = traffic::words(&frame);
                let reason = if n % 20 == 19 { 3u64 } else { 0 };
                let described = Frame {
                    start: random.gen_range(0..1024u64).into(),
                    words: (words.len() as u64).into(),
                    length: (frame.len() as u64).into(),
                    reason: reason.into(),
                    note: 0.into(),
                };
                (described, words)
            });
            Self { frames: frames.collect(), ..Default::default() }
        }

        fn clock(&mut self, address: usize) {
            self.answer = self.pipe;
            let Some((frame, words)) = self.frames.get(self.at) else { return };
            self.pipe = words.get((address + 1024 - frame.start.index()) % 1024).copied().unwrap_or(0xdead_beef);
        }
    }

    /// What the parser says when it has the frame for itself.
    fn alone(bench: &mut Bench<Parse>, side: &Side, at: usize) -> Found {
        let mut memory = Side { frames: vec![side.frames[at].clone()], ..Default::default() };
        bench.dut.frame.next = side.frames[at].0;
        bench.dut.go.next = true;
        bench.dut.take.next = false;
        bench.settle();
        while !bench.dut.ready.val() {
            let address = bench.dut.address.val().index();
            bench.cycle();
            memory.clock(address);
            bench.dut.data.next = (memory.answer as u64).into();
            bench.settle();
        }
        let addresses = bench.dut.source.iter().chain(&bench.dut.destination).map(|w| w.val().into()).collect();
        let found = (bench.dut.facts.val(), addresses, bench.dut.upper[0].val().into());
        bench.dut.go.next = false;
        bench.dut.take.next = true;
        bench.cycle();
        found
    }

    #[test]
    fn each_side_gets_what_the_parser_says_of_its_frame() {
        let mut random = StdRng::seed_from_u64(11);
        let mut sides = [Side::new(&mut random), Side::new(&mut random)];
        let mut plain = Bench::new("parse_alone", Parse::default(), |d| &mut d.clock);
        plain.dut.reset.next = true;
        plain.cycle();
        plain.dut.reset.next = false;
        let mut bench = Bench::new("parse_both", ParseBoth::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let mut together = 0;
        for n in 0..20_000 {
            if sides.iter().all(|side| side.at == side.frames.len()) {
                break;
            }
            let d = &mut bench.dut;
            d.outer_valid.next = sides[0].at < sides[0].frames.len();
            d.inner_valid.next = sides[1].at < sides[1].frames.len() && n > 100;
            if let Some((frame, _)) = sides[0].frames.get(sides[0].at) {
                d.outer_frame.next = *frame;
            }
            if let Some((frame, _)) = sides[1].frames.get(sides[1].at) {
                d.inner_frame.next = *frame;
            }
            d.outer_data.next = (sides[0].answer as u64).into();
            d.inner_data.next = (sides[1].answer as u64).into();
            d.outer_take.next = false;
            d.inner_take.next = false;
            bench.settle();
            let (outer, inner) = (bench.dut.outer_ready.val(), bench.dut.inner_ready.val());
            together += (outer && inner) as u32;
            for (i, ready) in [outer, inner].into_iter().enumerate() {
                if !ready || random.gen_bool(0.9) {
                    continue;
                }
                let expected = alone(&mut plain, &sides[i], sides[i].at);
                let d = &mut bench.dut;
                let lanes = |a: &[Signal<Out, Bits<32>>; 4], b: &[Signal<Out, Bits<32>>; 4]| {
                    a.iter().chain(b).map(|w| w.val().into()).collect::<Vec<u64>>()
                };
                let found: Found = if i == 0 {
                    d.outer_take.next = true;
                    (d.outer_facts.val(), lanes(&d.outer_source, &d.outer_destination), d.outer_upper[0].val().into())
                } else {
                    d.inner_take.next = true;
                    (d.inner_facts.val(), lanes(&d.inner_source, &d.inner_destination), d.inner_ports.val().into())
                };
                assert_eq!(found.0.reason, expected.0.reason, "side {i}, frame {}", sides[i].at);
                if expected.0.reason == 0u64 && expected.0.ip {
                    assert_eq!(
                        (found.0.finish, found.0.upper_word, found.0.protocol),
                        (expected.0.finish, expected.0.upper_word, expected.0.protocol)
                    );
                    assert_eq!(found.1, expected.1, "side {i}, frame {}", sides[i].at);
                    assert!(expected.0.later || found.2 == expected.2, "side {i}, frame {}", sides[i].at);
                }
                sides[i].at += 1;
            }
            let address = bench.dut.address.val().index();
            bench.cycle();
            // The frame that was taken is still the one whose words are on their way: of the next nothing is asked before the next clock.
            sides.iter_mut().for_each(|side| side.clock(address));
        }
        assert!(sides.iter().all(|side| side.at == side.frames.len()), "a side is stuck: {} and {}", sides[0].at, sides[1].at);
        assert!(together > 50, "both sides are ready at once");
        plain.finish();
        bench.finish();
    }
}
