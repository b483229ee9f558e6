use crate::cell::{row, Block128, JoinWords, Reg};
use crate::prelude::*;

/// The packet under way, and the beat at hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct SealTextWork {
    pub busy: Bit,
    /// The additional data was taken.
    pub streaming: Bit,
    /// Beats of text made so far; all of them.
    pub made: Bits<10>,
    pub complete: Bit,
    /// The next one is the last.
    pub last: Bit,
    /// A beat is at hand; it is the last.
    pub full: Bit,
    pub final_beat: Bit,
}

/// Of the packet: one word beyond the payload, and one byte less than the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct SealTextEnds {
    pub beyond: Bits<16>,
    pub less: Bits<16>,
}

/// Gives a packet to the cipher: its additional data, then payload, padding and trailer (RFC 4303 section 2.4: the bytes 1, 2, 3, their number, the next header).
///
/// `start` (a pulse while not `busy`); what the packet is stands from the clock before until `done`. Payload comes from a [`WideReader`](crate::pipelined::WideReader) that stands at its first word and never makes a gap. The additional data is
/// offered when the first beat of text is at hand; from there on a beat every clock, so the user of this block must know that the reader's blocks are one per clock. `begun`, a pulse: the cipher has taken the
/// additional data; `done`, a pulse: the last beat. A beat is made from a block in the clock before it is offered.
#[derive(LogicBlock, Ports)]
pub struct SealText {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub start: Signal<In, Bit>,
    pub busy: Signal<Out, Bit>,
    pub begun: Signal<Out, Bit>,
    pub done: Signal<Out, Bit>,
    pub payload_bytes: Signal<In, Bits<16>>,
    /// Of payload and trailer: a multiple of four, at least four.
    pub cipher_bytes: Signal<In, Bits<16>>,
    pub next_header: Signal<In, Bits<8>>,
    pub esn: Signal<In, Bit>,
    pub spi: Signal<In, Bits<32>>,
    pub number_high: Signal<In, Bits<32>>,
    pub number_low: Signal<In, Bits<32>>,
    pub payload_valid: Signal<In, Bit>,
    pub payload: Signal<In, Block128>,
    pub payload_ready: Signal<Out, Bit>,
    pub text_valid: Signal<Out, Bit>,
    pub text_first: Signal<Out, Bit>,
    pub text_last: Signal<Out, Bit>,
    pub text_bytes: Signal<Out, Bits<5>>,
    pub text_block: Signal<Out, Block128>,
    pub text_ready: Signal<In, Bit>,
    w: Reg<SealTextWork>,
    ends: Reg<SealTextEnds>,
    beat: [Reg<Bits<32>>; 4],
    /// Which words of the next beat are the one in which the payload ends, and the one after that.
    end_lane: [Reg<Bit>; 4],
    beyond_lane: [Reg<Bit>; 4],
    joined: JoinWords,
    word: [Signal<Local, Bits<32>>; 4],
    end_word: [Signal<Local, Bits<32>>; 4],
    take: Signal<Local, Bit>,
    now: Signal<Local, Bits<10>>,
    at_end: Signal<Local, Bit>,
    at_beyond: Signal<Local, Bit>,
    rest: Signal<Local, Bits<2>>,
    trailer: Signal<Local, Bits<32>>,
    one_beyond: Signal<Local, Bits<16>>,
    one_less: Signal<Local, Bits<16>>,
    size: Signal<Local, Bits<5>>,
    length: Signal<Local, Bits<32>>,
}

impl Default for SealText {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            start: Default::default(),
            busy: Default::default(),
            begun: Default::default(),
            done: Default::default(),
            payload_bytes: Default::default(),
            cipher_bytes: Default::default(),
            next_header: Default::default(),
            esn: Default::default(),
            spi: Default::default(),
            number_high: Default::default(),
            number_low: Default::default(),
            payload_valid: Default::default(),
            payload: Default::default(),
            payload_ready: Default::default(),
            text_valid: Default::default(),
            text_first: Default::default(),
            text_last: Default::default(),
            text_bytes: Default::default(),
            text_block: Default::default(),
            text_ready: Default::default(),
            w: Default::default(),
            ends: Default::default(),
            beat: row(),
            end_lane: row(),
            beyond_lane: row(),
            joined: Default::default(),
            word: row(),
            end_word: row(),
            take: Default::default(),
            now: Default::default(),
            at_end: Default::default(),
            at_beyond: Default::default(),
            rest: Default::default(),
            trailer: Default::default(),
            one_beyond: Default::default(),
            one_less: Default::default(),
            size: Default::default(),
            length: Default::default(),
        }
    }
}

impl Logic for SealText {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, w, ends);
        self.w.reset.next = self.reset.val();
        self.ends.reset.next = self.reset.val();
        self.busy.next = self.w.q.val().busy;
        self.begun.next = false;
        self.done.next = false;

        // A beat is made from each block of payload; the first waits until the additional data was taken.
        self.payload_ready.next = self.w.q.val().busy & !self.w.q.val().complete & (!self.w.q.val().full | self.w.q.val().streaming);
        self.take.next = self.payload_ready.val() & self.payload_valid.val();
        self.now.next = self.w.q.val().made;
        if self.take.val() {
            self.now.next = self.w.q.val().made + 1;
        }
        if !self.w.q.val().busy {
            self.now.next = 0.into();
        }
        self.w.d.next.made = self.now.val();

        // Where the payload ends, and where the text does.
        self.ends.d.next.beyond = self.payload_bytes.val() + 4;
        self.ends.d.next.less = self.cipher_bytes.val() - 1;
        self.one_beyond.next = self.ends.q.val().beyond;
        self.one_less.next = self.ends.q.val().less;
        self.at_end.next = self.payload_bytes.val().get_bits::<10>(4) == self.now.val();
        self.at_beyond.next = self.one_beyond.val().get_bits::<10>(4) == self.now.val();
        self.w.d.next.last = self.one_less.val().get_bits::<10>(4) == self.now.val();
        for i in 0..4 {
            self.end_lane[i].clock.next = self.clock.val();
            self.end_lane[i].reset.next = self.reset.val();
            self.beyond_lane[i].clock.next = self.clock.val();
            self.beyond_lane[i].reset.next = self.reset.val();
        }
        self.end_lane[0].d.next = self.at_end.val() & (self.payload_bytes.val().get_bits::<2>(2) == 0);
        self.end_lane[1].d.next = self.at_end.val() & (self.payload_bytes.val().get_bits::<2>(2) == 1);
        self.end_lane[2].d.next = self.at_end.val() & (self.payload_bytes.val().get_bits::<2>(2) == 2);
        self.end_lane[3].d.next = self.at_end.val() & (self.payload_bytes.val().get_bits::<2>(2) == 3);
        self.beyond_lane[0].d.next = self.at_beyond.val() & (self.one_beyond.val().get_bits::<2>(2) == 0);
        self.beyond_lane[1].d.next = self.at_beyond.val() & (self.one_beyond.val().get_bits::<2>(2) == 1);
        self.beyond_lane[2].d.next = self.at_beyond.val() & (self.one_beyond.val().get_bits::<2>(2) == 2);
        self.beyond_lane[3].d.next = self.at_beyond.val() & (self.one_beyond.val().get_bits::<2>(2) == 3);

        // The word in which the payload ends has `rest` bytes of it.
        self.rest.next = self.payload_bytes.val().get_bits::<2>(0);
        self.trailer.next = bit_cast::<32, 8>(self.next_header.val());
        self.word[0].next = self.payload.val().get_bits::<32>(0);
        self.word[1].next = self.payload.val().get_bits::<32>(32);
        self.word[2].next = self.payload.val().get_bits::<32>(64);
        self.word[3].next = self.payload.val().get_bits::<32>(96);
        for i in 0..4 {
            self.end_word[i].next = self.trailer.val() | 0x01020200;
            if self.rest.val() == 1 {
                self.end_word[i].next = (self.word[i].val() & 0xff000000u64) | self.trailer.val() | 0x00010100;
            }
            if self.rest.val() == 2 {
                self.end_word[i].next = (self.word[i].val() & 0xffff0000u64) | self.trailer.val();
            }
            if self.rest.val() == 3 {
                self.end_word[i].next = (self.word[i].val() & 0xffffff00u64) | 0x00000001;
            }
            self.beat[i].clock.next = self.clock.val();
            self.beat[i].reset.next = self.reset.val();
            self.beat[i].d.next = self.beat[i].q.val();
            if self.take.val() {
                self.beat[i].d.next = self.word[i].val();
                if self.end_lane[i].q.val() {
                    self.beat[i].d.next = self.end_word[i].val();
                }
                if self.beyond_lane[i].q.val() {
                    self.beat[i].d.next = self.trailer.val() | 0x02030300;
                }
            }
        }
        if self.take.val() {
            self.w.d.next.full = true;
            self.w.d.next.final_beat = self.w.q.val().last;
            self.w.d.next.complete = self.w.q.val().last;
        }

        // To the cipher: additional data, then text without a gap.
        self.length.next = bit_cast::<32, 16>(self.cipher_bytes.val());
        self.size.next = 16.into();
        if self.w.q.val().final_beat {
            self.size.next = bit_cast::<5, 4>(self.one_less.val().get_bits::<4>(0)) + 1;
        }
        self.text_valid.next = self.w.q.val().busy & self.w.q.val().full;
        self.text_first.next = !self.w.q.val().streaming;
        self.text_last.next = self.w.q.val().streaming & self.w.q.val().final_beat;
        self.text_bytes.next = self.size.val();
        self.joined.word[0].next = self.beat[0].q.val();
        self.joined.word[1].next = self.beat[1].q.val();
        self.joined.word[2].next = self.beat[2].q.val();
        self.joined.word[3].next = self.beat[3].q.val();
        if !self.w.q.val().streaming {
            self.text_bytes.next = 8.into();
            self.joined.word[0].next = self.spi.val();
            self.joined.word[1].next = self.number_low.val();
            self.joined.word[2].next = 0.into();
            self.joined.word[3].next = self.length.val();
            if self.esn.val() {
                self.text_bytes.next = 12.into();
                self.joined.word[1].next = self.number_high.val();
                self.joined.word[2].next = self.number_low.val();
            }
            if self.text_valid.val() & self.text_ready.val() {
                self.begun.next = true;
                self.w.d.next.streaming = true;
            }
        }
        self.text_block.next = self.joined.block.val();

        if self.w.q.val().streaming {
            self.w.d.next.full = self.take.val();
            if self.w.q.val().final_beat {
                self.done.next = true;
                self.w.d.next.busy = false;
            }
        }
        if !self.w.q.val().busy {
            self.w.d.next.busy = self.start.val();
            self.w.d.next.streaming = false;
            self.w.d.next.complete = false;
            self.w.d.next.full = false;
            self.w.d.next.final_beat = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cell::Lanes, check::Bench};
    use rand::{rngs::StdRng, Rng, SeedableRng};

    fn block(bytes: &[u8]) -> Block128 {
        Lanes(std::array::from_fn(|i| u32::from_be_bytes(std::array::from_fn(|r| bytes[4 * i + r]))))
    }

    fn bytes(block: Block128) -> Vec<u8> {
        block.0.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    /// Every length of payload up to seventy bytes and some longer ones, both kinds of numbers; the cipher takes the additional data when it likes, the rest it must take.
    #[test]
    fn payload_padding_and_trailer_follow_the_additional_data() {
        println!("seed 2");
        let mut dice = StdRng::seed_from_u64(2);
        let mut bench = Bench::new("seal_text", SealText::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        (0..4).for_each(|_| bench.cycle());
        bench.dut.reset.next = false;
        for length in (0..70usize).chain([255, 256, 1019, 1500, 4090, 9004]) {
            let payload: Vec<u8> = (0..length).map(|_| dice.gen()).collect();
            let (esn, spi, high, low, next): (bool, u32, u32, u32, u8) = dice.gen();
            // RFC 4303, section 2.4: pad to four bytes with 1, 2, 3.
            let padding = (4 - (length + 2) % 4) % 4;
            let mut text = payload.clone();
            text.extend(1..=padding as u8);
            text.extend([padding as u8, next]);
            let numbers: Vec<u32> = if esn { vec![spi, high, low] } else { vec![spi, low, 0] };
            let mut aad: Vec<u8> = numbers.iter().flat_map(|word| word.to_be_bytes()).collect();
            aad.extend((text.len() as u32).to_be_bytes());

            let d = &mut bench.dut;
            d.payload_bytes.next = (length as u64).into();
            d.cipher_bytes.next = (text.len() as u64).into();
            (d.esn.next, d.next_header.next) = (esn, (next as u64).into());
            (d.spi.next, d.number_high.next, d.number_low.next) = ((spi as u64).into(), (high as u64).into(), (low as u64).into());
            bench.cycle();
            bench.dut.start.next = true;
            bench.cycle();
            bench.dut.start.next = false;

            let (mut given, mut taken, mut begun, mut patience) = (0, 0, false, dice.gen_range(0..6));
            let beats = text.len().div_ceil(16);
            for clock in 0.. {
                assert!(clock < beats + 20, "{length} bytes: the packet hangs");
                patience -= (patience > 0) as i32;
                let mut shown: Vec<u8> = payload.iter().skip(16 * given).take(16).copied().collect();
                shown.resize_with(16, || dice.gen());
                let d = &mut bench.dut;
                d.payload_valid.next = clock > 1;
                d.payload.next = block(&shown);
                d.text_ready.next = begun || patience == 0;
                bench.settle();
                let d = &bench.dut;
                assert!(d.busy.val());
                given += (d.payload_valid.val() && d.payload_ready.val()) as usize;
                assert!(!begun || d.text_valid.val(), "{length} bytes: a gap before beat {taken}");
                let (first, last, out, count) =
                    (d.text_first.val(), d.text_last.val(), bytes(d.text_block.val()), d.text_bytes.val().index());
                let takes = d.text_valid.val() && d.text_ready.val();
                assert_eq!(d.begun.val(), takes && !begun);
                assert_eq!(d.done.val(), takes && begun && taken + 1 == beats, "{length} bytes, beat {taken}");
                if takes && !begun {
                    assert_eq!((first, last, count, &out), (true, false, if esn { 12 } else { 8 }, &aad));
                    begun = true;
                } else if takes {
                    let expected = &text[16 * taken..text.len().min(16 * taken + 16)];
                    assert_eq!((first, last, count), (false, taken + 1 == beats, expected.len()), "{length} bytes, beat {taken}");
                    assert_eq!(&out[..count], expected, "{length} bytes, beat {taken}");
                    taken += 1;
                }
                bench.cycle();
                if taken == beats {
                    break;
                }
            }
            assert_eq!(given, beats, "as many blocks as beats");
            bench.settle();
            assert!(!bench.dut.busy.val());
        }
        bench.finish();
    }
}
