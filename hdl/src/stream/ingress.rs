use crate::cell::{row, Reg, Split};
use crate::prelude::*;
use holdfast_registers::Reason;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum IngressState {
    Beat,
    Words,
    Flush,
    Commit,
    Count,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct IngressBooks {
    /// Bytes so far, stuck at the top.
    pub length: Bits<16>,
    /// Words written.
    pub words: Bits<10>,
    /// The two bytes that wait for the next word.
    pub carry: Bits<16>,
    /// Valid bytes of the beat from `phase` on.
    pub left: Bits<5>,
    /// What the limit leaves for the beat: so many bytes, 31 for more; or less than none.
    pub few: Bits<5>,
    pub over: Bit,
    pub phase: Bits<2>,
    pub last: Bit,
    pub begun: Bit,
    pub hole: Bit,
    pub long: Bit,
}

/// Takes frames from AXI4-Stream into a store, and counts them. Writes one word per clock; a beat of 16 bytes takes five clocks, so a frame enters at
/// 3.2 bytes per clock. Not ready between frames until the store has room for the longest, so the source waits and nothing is lost. A frame
/// with a hole in `tkeep`, over `limit`, or met while not `enable`d is committed without words, under its reason.
#[derive(LogicBlock, Ports)]
pub struct Ingress {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub enable: Signal<In, Bit>,
    /// Longest frame accepted, in bytes.
    pub limit: Signal<In, Bits<16>>,
    pub tdata: Signal<In, Bits<128>>,
    pub tkeep: Signal<In, Bits<16>>,
    pub tlast: Signal<In, Bit>,
    pub tvalid: Signal<In, Bit>,
    pub tready: Signal<Out, Bit>,
    pub room: Signal<In, Bit>,
    pub write: Signal<Out, Bit>,
    pub offset: Signal<Out, Bits<10>>,
    pub data: Signal<Out, Bits<32>>,
    pub commit: Signal<Out, Bit>,
    pub commit_words: Signal<Out, Bits<10>>,
    pub commit_length: Signal<Out, Bits<16>>,
    pub commit_reason: Signal<Out, Bits<5>>,
    pub count_valid: Signal<Out, Bit>,
    pub count_bytes: Signal<Out, Bits<16>>,
    pub count_ready: Signal<In, Bit>,
    split: Split<4, 32, 128>,
    lane: [Reg<Bits<32>>; 4],
    state: Reg<IngressState>,
    books: Reg<IngressBooks>,
    number: [Constant<Bits<5>>; 16],
    stream: Constant<Bits<5>>,
    too_long: Constant<Bits<5>>,
    disabled: Constant<Bits<5>>,
    /// What tkeep lacks, one bit further up: shares no bit with tkeep exactly when that has no hole.
    missing: Signal<Local, Bits<16>>,
    after_missing: Signal<Local, Bits<16>>,
    valid_bytes: Signal<Local, Bits<5>>,
    little: Signal<Local, Bits<32>>,
    big: Signal<Local, Bits<32>>,
    joined: Signal<Local, Bits<32>>,
    total: Signal<Local, Bits<17>>,
    spare: Signal<Local, Bits<17>>,
    few: Signal<Local, Bits<5>>,
    first: Signal<Local, Bit>,
    beyond: Signal<Local, Bit>,
    writes: Signal<Local, Bit>,
}

impl Default for Ingress {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            enable: Default::default(),
            limit: Default::default(),
            tdata: Default::default(),
            tkeep: Default::default(),
            tlast: Default::default(),
            tvalid: Default::default(),
            tready: Default::default(),
            room: Default::default(),
            write: Default::default(),
            offset: Default::default(),
            data: Default::default(),
            commit: Default::default(),
            commit_words: Default::default(),
            commit_length: Default::default(),
            commit_reason: Default::default(),
            count_valid: Default::default(),
            count_bytes: Default::default(),
            count_ready: Default::default(),
            split: Default::default(),
            lane: row(),
            state: Reg::new(IngressState::Beat),
            books: Default::default(),
            number: std::array::from_fn(|i| Constant::new((i as u64 + 1).into())),
            stream: Constant::new((Reason::Stream.code() as u64).into()),
            too_long: Constant::new((Reason::TooLong.code() as u64).into()),
            disabled: Constant::new((Reason::Disabled.code() as u64).into()),
            missing: Default::default(),
            after_missing: Default::default(),
            valid_bytes: Default::default(),
            little: Default::default(),
            big: Default::default(),
            joined: Default::default(),
            total: Default::default(),
            spare: Default::default(),
            few: Default::default(),
            first: Default::default(),
            beyond: Default::default(),
            writes: Default::default(),
        }
    }
}

impl Logic for Ingress {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, books);
        self.state.reset.next = self.reset.val();
        self.books.reset.next = self.reset.val();
        self.split.word.next = self.tdata.val();
        for i in 0..4 {
            self.lane[i].clock.next = self.clock.val();
            self.lane[i].reset.next = self.reset.val();
            self.lane[i].d.next = self.lane[i].q.val();
        }

        // How many bytes of the beat on the bus are valid.
        self.missing.next = !self.tkeep.val();
        self.after_missing.next = self.missing.val() << 1;
        self.valid_bytes.next = 0.into();
        for i in 0..16 {
            if self.tkeep.val().get_bit(i) {
                self.valid_bytes.next = self.number[i].val();
            }
        }
        // They count with the first word of the beat, and against what the limit left the clock before.
        self.total.next = bit_cast::<17, 16>(self.books.q.val().length) + bit_cast::<17, 5>(self.books.q.val().left);
        self.spare.next = bit_cast::<17, 16>(self.limit.val()) - bit_cast::<17, 16>(self.books.q.val().length);
        self.few.next = self.spare.val().get_bits::<5>(0);
        if self.spare.val().get_bits::<11>(5).any() {
            self.few.next = 31.into();
        }
        self.books.d.next.few = self.few.val();
        self.books.d.next.over = self.spare.val().get_bit(16);
        self.first.next = (self.state.q.val() == IngressState::Words) & (self.books.q.val().phase == 0);
        self.beyond.next = self.first.val() & (self.books.q.val().over | (self.books.q.val().left > self.books.q.val().few));

        // The word under way: the two bytes carried, then the first two of this group of four. The bus is little-endian.
        self.little.next = self.lane[0].q.val();
        self.big.next = (self.little.val() << 24)
            | ((self.little.val() & 0xff00) << 8)
            | ((self.little.val() >> 8) & 0xff00)
            | (self.little.val() >> 24);
        self.joined.next = (bit_cast::<32, 16>(self.books.q.val().carry) << 16) | (self.big.val() >> 16);
        self.writes.next = !self.books.q.val().long & !self.books.q.val().hole & !self.beyond.val();

        self.tready.next = false;
        self.write.next = false;
        self.offset.next = self.books.q.val().words;
        self.data.next = self.joined.val();
        self.commit.next = false;
        self.commit_words.next = self.books.q.val().words;
        self.commit_length.next = self.books.q.val().length;
        self.commit_reason.next = 0.into();
        self.count_valid.next = false;
        self.count_bytes.next = self.books.q.val().length;
        if !self.enable.val() {
            self.commit_reason.next = self.disabled.val();
        }
        if self.books.q.val().long {
            self.commit_reason.next = self.too_long.val();
        }
        if self.books.q.val().hole {
            self.commit_reason.next = self.stream.val();
        }
        if !self.enable.val() | self.books.q.val().long | self.books.q.val().hole {
            self.commit_words.next = 0.into();
        }

        match self.state.q.val() {
            IngressState::Beat => {
                self.tready.next = self.books.q.val().begun | self.room.val();
                if self.tready.val() & self.tvalid.val() {
                    self.books.d.next.begun = true;
                    self.books.d.next.last = self.tlast.val();
                    self.books.d.next.left = self.valid_bytes.val();
                    self.books.d.next.phase = 0.into();
                    if ((self.tkeep.val() & self.after_missing.val()) != 0)
                        | (self.tkeep.val() == 0)
                        | (!self.tlast.val() & (self.tkeep.val() != 0xffff))
                    {
                        self.books.d.next.hole = true;
                    }
                    self.lane[0].d.next = self.split.lane[3].val();
                    self.lane[1].d.next = self.split.lane[2].val();
                    self.lane[2].d.next = self.split.lane[1].val();
                    self.lane[3].d.next = self.split.lane[0].val();
                    self.state.d.next = IngressState::Words;
                }
            }
            IngressState::Words => {
                self.write.next = self.writes.val();
                if self.first.val() {
                    self.books.d.next.length = self.total.val().get_bits::<16>(0);
                    if self.total.val().get_bit(16) {
                        self.books.d.next.length = 0xffff.into();
                    }
                }
                if self.beyond.val() {
                    self.books.d.next.long = true;
                }
                if self.writes.val() {
                    self.books.d.next.words = self.books.q.val().words + 1;
                }
                self.books.d.next.carry = self.big.val().get_bits::<16>(0);
                self.books.d.next.phase = self.books.q.val().phase + 1;
                self.books.d.next.left = self.books.q.val().left - 4;
                self.lane[0].d.next = self.lane[1].q.val();
                self.lane[1].d.next = self.lane[2].q.val();
                self.lane[2].d.next = self.lane[3].q.val();
                if (self.books.q.val().left <= 4) | (self.books.q.val().phase == 3) {
                    self.state.d.next = IngressState::Beat;
                    if self.books.q.val().last {
                        self.state.d.next = IngressState::Commit;
                        // Bytes three and four of the group are still in the carry.
                        if (self.books.q.val().left > 2) & self.writes.val() {
                            self.state.d.next = IngressState::Flush;
                        }
                    }
                }
            }
            IngressState::Flush => {
                self.write.next = true;
                self.data.next = bit_cast::<32, 16>(self.books.q.val().carry) << 16;
                self.books.d.next.words = self.books.q.val().words + 1;
                self.state.d.next = IngressState::Commit;
            }
            IngressState::Commit => {
                self.commit.next = true;
                self.state.d.next = IngressState::Count;
            }
            IngressState::Count => {
                self.count_valid.next = true;
                if self.count_ready.val() {
                    self.state.d.next = IngressState::Beat;
                    self.books.d.next.length = 0.into();
                    self.books.d.next.words = 0.into();
                    self.books.d.next.carry = 0.into();
                    self.books.d.next.begun = false;
                    self.books.d.next.hole = false;
                    self.books.d.next.long = false;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};

    #[test]
    fn frames_become_words_and_bad_ones_reasons() {
        let mut random = StdRng::seed_from_u64(3);
        let mut bench = Bench::new("ingress", Ingress::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        bench.dut.limit.next = 100.into();
        for n in 0..200usize {
            let length = if n < 60 { n + 1 } else { random.gen_range(1..140) };
            let (hole, enable) = (n % 17 == 16, n % 23 != 22);
            let bytes: Vec<u8> = (0..length).map(|_| random.gen()).collect();
            bench.dut.enable.next = enable;
            let (mut sent, mut words, mut committed) = (0, vec![0u64; 64], None);
            for _ in 0..400 {
                let beat: Vec<u8> = bytes[sent..].iter().take(16).copied().collect();
                let valid = !beat.is_empty() && random.gen_bool(0.7);
                let mut keep = (1u64 << beat.len()) - 1;
                if hole && sent == 0 {
                    keep &= !1;
                }
                bench.dut.tvalid.next = valid;
                bench.dut.tlast.next = sent + 16 >= length;
                bench.dut.tkeep.next = keep.into();
                bench.dut.tdata.next = beat.iter().rev().fold(0u128, |w, b| (w << 8) | *b as u128).to_bits();
                bench.dut.room.next = random.gen_bool(0.5);
                bench.dut.count_ready.next = random.gen_bool(0.3);
                bench.settle();
                if bench.dut.write.val() {
                    words[bench.dut.offset.val().index()] = bench.dut.data.val().into();
                }
                if bench.dut.commit.val() {
                    committed = Some((bench.dut.commit_words.val(), bench.dut.commit_reason.val(), bench.dut.commit_length.val()));
                }
                let counted = bench.dut.count_valid.val() && bench.dut.count_ready.val();
                if valid && bench.dut.tready.val() {
                    sent += beat.len();
                }
                bench.cycle();
                if counted {
                    break;
                }
            }
            let (count, reason, total) = committed.expect("frame not committed");
            let expected = match () {
                _ if hole => Reason::Stream.code(),
                _ if length > 100 => Reason::TooLong.code(),
                _ if !enable => Reason::Disabled.code(),
                _ => 0,
            };
            assert_eq!(reason, expected as u64, "frame {n}");
            if expected != 0 {
                assert_eq!(count, 0);
                continue;
            }
            assert_eq!(total, length as u64);
            assert_eq!(count, (length as u64 + 5) / 4);
            let got: Vec<u8> = words.iter().flat_map(|w| (*w as u32).to_be_bytes()).skip(2).take(length).collect();
            assert_eq!(got, bytes, "frame {n}");
        }
        bench.finish();
    }
}
