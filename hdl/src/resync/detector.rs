use crate::cell::{row, Concat, Ram, Reg};
use crate::prelude::*;
use crate::Sizes;
use holdfast_registers::Cause;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum DetectorPhase {
    /// After reset: everything that is remembered per SA is wiped, one SA per clock.
    Init,
    Idle,
    Look,
    Read,
    Count,
    Judge,
    Mark,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct DetectorState {
    /// The SA that is looked at, and why.
    pub index: Bits<5>,
    pub command: Bit,
    pub fresh: Bit,
    pub replay: Bit,
    pub recorded: Bit,
    /// The run with this failure in it, and how long it may be.
    pub run: Bits<8>,
    pub limit: Bits<8>,
    pub other: Bits<8>,
    /// What waits to be looked at.
    pub asked: Bit,
    pub changed: Bit,
    pub wipe: Bit,
    pub wipe_index: Bits<5>,
    pub asked_index: Bits<5>,
    pub noticed: Bit,
    pub noticed_fresh: Bit,
    pub noticed_replay: Bit,
    pub noticed_index: Bits<5>,
}

/// Says which inbound SAs are in quarantine, and finds out itself when one has to be: a run of authentication failures or of replays without a fresh packet in between, as long as the limits
/// say (0: off). A run that has led to quarantine, or an end of quarantine, starts from zero again.
///
/// `q_set` and `q_clear` (pulses of the recorder) act at once. `finish` (held, with `finish_index`) ends a quarantine; `finish_taken` answers, in the same clock unless the recorder speaks. `desynchronise` and the pulses
/// `f_icv`, `f_replay`, `f_fresh` concern recorded SAs only and act within 12 clocks, or after the recorder is silent; each kind must not come more often than that, or one is lost.
///
/// `wipe` with `wipe_index` tells everyone who remembers something about an SA to forget it: a clock after each end of a quarantine, and for all SAs in the 33 clocks after reset. `cause` is the
/// last reason for the quarantine of SA `cause_index` a clock ago, zero where it is not in quarantine; not `cause_settled` in a clock in which that may have changed. No `q_set` in the 33 clocks after reset.
#[derive(LogicBlock, Ports)]
pub struct Detector {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub recorded_inbound: Signal<In, Bits<32>>,
    pub f_icv: Signal<In, Bit>,
    pub f_replay: Signal<In, Bit>,
    pub f_fresh: Signal<In, Bit>,
    pub f_index: Signal<In, Bits<5>>,
    pub authentication_limit: Signal<In, Bits<8>>,
    pub replay_limit: Signal<In, Bits<8>>,
    pub q_set: Signal<In, Bit>,
    pub q_clear: Signal<In, Bit>,
    pub q_index: Signal<In, Bits<5>>,
    pub q_cause: Signal<In, Bits<8>>,
    pub desynchronise: Signal<In, Bit>,
    pub command_index: Signal<In, Bits<5>>,
    pub finish: Signal<In, Bit>,
    pub finish_index: Signal<In, Bits<5>>,
    pub finish_taken: Signal<Out, Bit>,
    pub quarantine: Signal<Out, Bits<32>>,
    pub wipe: Signal<Out, Bit>,
    pub wipe_index: Signal<Out, Bits<5>>,
    pub cause_index: Signal<In, Bits<5>>,
    pub cause: Signal<Out, Bits<3>>,
    pub cause_settled: Signal<Out, Bit>,
    s: Reg<DetectorState>,
    state: Reg<DetectorPhase>,
    /// Eight SAs each.
    marked: [Reg<Bits<8>>; 4],
    joined: Concat<4, 8, 32>,
    /// Failures in a row: replays 15:8, of authentication 7:0.
    runs: Ram<Bits<16>, 5>,
    run_word: Reg<Bits<16>>,
    causes: Ram<Bits<3>, 5>,
    by_command: Constant<Bits<3>>,
    by_authentication: Constant<Bits<3>>,
    by_replay: Constant<Bits<3>>,
    /// All ones in the bits that an index has. What is asked of an SA that is not there finds that it is not recorded.
    every_index: Constant<Bits<5>>,
    recorder: Signal<Local, Bit>,
    sets: Signal<Local, Bit>,
    clears: Signal<Local, Bit>,
    index: Signal<Local, Bits<5>>,
    why: Signal<Local, Bits<8>>,
    wipes: Signal<Local, Bit>,
    seen: Signal<Local, Bits<8>>,
    over: Signal<Local, Bit>,
    kept: Signal<Local, Bits<8>>,
    looking: Signal<Local, Bit>,
    column: Signal<Local, Bits<8>>,
    line: Signal<Local, Bits<4>>,
    others: Signal<Local, Bits<8>>,
}

impl Detector {
    /// For so many SAs.
    pub fn new(sizes: Sizes) -> Self {
        let cause = |c: Cause| Constant::new((c.code() as u64).into());
        Self {
            clock: Default::default(),
            reset: Default::default(),
            recorded_inbound: Default::default(),
            f_icv: Default::default(),
            f_replay: Default::default(),
            f_fresh: Default::default(),
            f_index: Default::default(),
            authentication_limit: Default::default(),
            replay_limit: Default::default(),
            q_set: Default::default(),
            q_clear: Default::default(),
            q_index: Default::default(),
            q_cause: Default::default(),
            desynchronise: Default::default(),
            command_index: Default::default(),
            finish: Default::default(),
            finish_index: Default::default(),
            finish_taken: Default::default(),
            quarantine: Default::default(),
            wipe: Default::default(),
            wipe_index: Default::default(),
            cause_index: Default::default(),
            cause: Default::default(),
            cause_settled: Default::default(),
            s: Default::default(),
            state: Default::default(),
            marked: row(),
            joined: Default::default(),
            runs: Ram::of(sizes.sa_bits(0)),
            causes: Ram::of(sizes.sa_bits(0)),
            by_command: cause(Cause::Command),
            by_authentication: cause(Cause::Authentication),
            by_replay: cause(Cause::Replay),
            every_index: Constant::new((sizes.sas as u64 - 1).into()),
            recorder: Default::default(),
            sets: Default::default(),
            clears: Default::default(),
            index: Default::default(),
            why: Default::default(),
            wipes: Default::default(),
            seen: Default::default(),
            over: Default::default(),
            kept: Default::default(),
            run_word: Default::default(),
            looking: Default::default(),
            column: Default::default(),
            line: Default::default(),
            others: Default::default(),
        }
    }
}

impl Default for Detector {
    fn default() -> Self {
        Self::new(Sizes::default())
    }
}

impl Logic for Detector {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, state, run_word);
        clock!(self, clock, runs, causes);
        self.s.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();
        self.run_word.reset.next = self.reset.val();
        self.quarantine.next = self.joined.word.val();

        // One change per clock: the recorder's, else the end of a quarantine, else what was found here.
        self.recorder.next = self.q_set.val() | self.q_clear.val();
        self.sets.next = self.q_set.val();
        self.clears.next = self.q_clear.val();
        self.index.next = self.q_index.val() & self.every_index.val();
        self.why.next = self.q_cause.val();
        self.finish_taken.next = false;
        if !self.recorder.val() {
            self.index.next = self.s.q.val().index & self.every_index.val();
            self.why.next = bit_cast::<8, 3>(self.by_authentication.val());
            if self.s.q.val().replay {
                self.why.next = bit_cast::<8, 3>(self.by_replay.val());
            }
            if self.s.q.val().command {
                self.why.next = bit_cast::<8, 3>(self.by_command.val());
            }
            self.sets.next = self.state.q.val() == DetectorPhase::Mark;
            if self.finish.val() {
                self.index.next = self.finish_index.val() & self.every_index.val();
                self.sets.next = false;
                self.clears.next = true;
                self.finish_taken.next = true;
            }
        }
        // Nobody takes the turn of the first clocks but the recorder; then it is made up for.
        self.wipes.next = self.clears.val();
        if (self.state.q.val() == DetectorPhase::Init) & !self.sets.val() {
            self.wipes.next = true;
        }
        self.column.next = bits::<8>(1) << self.index.val().get_bits::<3>(0);
        self.line.next = 0.into();
        if self.sets.val() | self.clears.val() {
            self.line.next = bits::<4>(1) << self.index.val().get_bits::<2>(3);
        }
        self.others.next = !self.column.val();
        for i in 0..4 {
            self.marked[i].clock.next = self.clock.val();
            self.marked[i].reset.next = self.reset.val();
            self.marked[i].d.next = self.marked[i].q.val();
            self.joined.lane[3 - i].next = self.marked[i].q.val();
        }
        if self.line.val().get_bit(0) {
            self.marked[0].d.next = self.marked[0].q.val() | self.column.val();
            if self.clears.val() {
                self.marked[0].d.next = self.marked[0].q.val() & self.others.val();
            }
        }
        if self.line.val().get_bit(1) {
            self.marked[1].d.next = self.marked[1].q.val() | self.column.val();
            if self.clears.val() {
                self.marked[1].d.next = self.marked[1].q.val() & self.others.val();
            }
        }
        if self.line.val().get_bit(2) {
            self.marked[2].d.next = self.marked[2].q.val() | self.column.val();
            if self.clears.val() {
                self.marked[2].d.next = self.marked[2].q.val() & self.others.val();
            }
        }
        if self.line.val().get_bit(3) {
            self.marked[3].d.next = self.marked[3].q.val() | self.column.val();
            if self.clears.val() {
                self.marked[3].d.next = self.marked[3].q.val() & self.others.val();
            }
        }
        self.causes.write.next = self.sets.val() | self.wipes.val();
        self.causes.write_address.next = self.index.val();
        self.causes.write_data.next = 0.into();
        if self.sets.val() {
            self.causes.write_data.next = self.why.val().get_bits::<3>(0);
        }
        self.causes.read_address.next = self.cause_index.val();
        self.cause.next = self.causes.read_data.val();
        self.s.d.next.changed = self.sets.val() | self.wipes.val();
        self.cause_settled.next = !self.s.q.val().changed;

        self.s.d.next.wipe = self.wipes.val();
        self.s.d.next.wipe_index = self.index.val();
        self.wipe.next = self.s.q.val().wipe;
        self.wipe_index.next = self.s.q.val().wipe_index;

        // The run that the failure belongs to, as it would be with it.
        self.run_word.d.next = self.runs.read_data.val();
        self.seen.next = self.run_word.q.val().get_bits::<8>(0);
        self.s.d.next.other = self.run_word.q.val().get_bits::<8>(8);
        self.s.d.next.limit = self.authentication_limit.val();
        if self.s.q.val().replay {
            self.seen.next = self.run_word.q.val().get_bits::<8>(8);
            self.s.d.next.other = self.run_word.q.val().get_bits::<8>(0);
            self.s.d.next.limit = self.replay_limit.val();
        }
        self.s.d.next.run = self.seen.val() + 1;
        self.over.next = (self.s.q.val().run >= self.s.q.val().limit) & (self.s.q.val().limit != 0) & !self.s.q.val().fresh;
        self.kept.next = self.s.q.val().run;
        if self.over.val() | (self.s.q.val().limit == 0) {
            self.kept.next = 0.into();
        }
        self.runs.read_address.next = self.s.q.val().index;
        self.runs.write.next = self.wipes.val();
        self.runs.write_address.next = self.index.val();
        self.runs.write_data.next = 0.into();
        if (self.state.q.val() == DetectorPhase::Judge) & !self.wipes.val() {
            self.runs.write.next = true;
            self.runs.write_address.next = self.s.q.val().index;
            self.runs.write_data.next = (bit_cast::<16, 8>(self.s.q.val().other) << 8) | bit_cast::<16, 8>(self.kept.val());
            if self.s.q.val().replay {
                self.runs.write_data.next = (bit_cast::<16, 8>(self.kept.val()) << 8) | bit_cast::<16, 8>(self.s.q.val().other);
            }
            if self.s.q.val().fresh {
                self.runs.write_data.next = 0.into();
            }
        }

        match self.state.q.val() {
            DetectorPhase::Init => {
                if !self.recorder.val() & !self.finish.val() {
                    self.s.d.next.index = self.s.q.val().index + 1;
                    if self.s.q.val().index == 31 {
                        self.state.d.next = DetectorPhase::Idle;
                    }
                }
            }
            DetectorPhase::Idle => {
                self.s.d.next.index = self.s.q.val().noticed_index;
                self.s.d.next.fresh = self.s.q.val().noticed_fresh;
                self.s.d.next.replay = self.s.q.val().noticed_replay;
                self.s.d.next.command = false;
                if self.s.q.val().noticed {
                    self.state.d.next = DetectorPhase::Look;
                }
                if self.s.q.val().asked {
                    self.s.d.next.index = self.s.q.val().asked_index;
                    self.s.d.next.command = true;
                    self.state.d.next = DetectorPhase::Look;
                    self.s.d.next.asked = false;
                } else {
                    self.s.d.next.noticed = false;
                }
            }
            DetectorPhase::Look => {
                self.s.d.next.recorded = self.recorded_inbound.val().get_bit(self.s.q.val().index.index());
                self.state.d.next = DetectorPhase::Read;
            }
            DetectorPhase::Read => {
                self.state.d.next = DetectorPhase::Count;
            }
            DetectorPhase::Count => {
                self.state.d.next = DetectorPhase::Judge;
                if self.s.q.val().command {
                    self.state.d.next = DetectorPhase::Mark;
                }
                if !self.s.q.val().recorded {
                    self.state.d.next = DetectorPhase::Idle;
                }
            }
            DetectorPhase::Judge => {
                self.state.d.next = DetectorPhase::Idle;
                if self.over.val() {
                    self.state.d.next = DetectorPhase::Mark;
                }
            }
            DetectorPhase::Mark => {
                if !self.recorder.val() & !self.finish.val() {
                    self.state.d.next = DetectorPhase::Idle;
                }
            }
            _ => {}
        }
        // Somebody's runs are being wiped, perhaps these: look again.
        self.looking.next = (self.state.q.val() == DetectorPhase::Look)
            | (self.state.q.val() == DetectorPhase::Read)
            | (self.state.q.val() == DetectorPhase::Count)
            | (self.state.q.val() == DetectorPhase::Judge);
        if self.wipes.val() & self.looking.val() {
            self.state.d.next = DetectorPhase::Look;
        }
        if self.desynchronise.val() {
            self.s.d.next.asked = true;
            self.s.d.next.asked_index = self.command_index.val();
        }
        if self.f_icv.val() | self.f_replay.val() | self.f_fresh.val() {
            self.s.d.next.noticed = true;
            self.s.d.next.noticed_fresh = self.f_fresh.val();
            self.s.d.next.noticed_replay = self.f_replay.val();
            self.s.d.next.noticed_index = self.f_index.val();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};

    /// One clock with what is asked for in it; answers what was wiped.
    fn clock(bench: &mut Bench<Detector>) -> Option<u64> {
        bench.cycle();
        let wiped = bench.dut.wipe.val().then(|| u64::from(bench.dut.wipe_index.val()));
        let dut = &mut bench.dut;
        for pulse in [&mut dut.f_icv, &mut dut.f_replay, &mut dut.f_fresh, &mut dut.q_set, &mut dut.q_clear, &mut dut.desynchronise] {
            pulse.next = false;
        }
        wiped
    }

    /// Random causes and ends against a model, those of the recorder and of a finish in any clock of the detector's own work.
    #[test]
    fn quarantine_begins_and_ends_as_the_model_says() {
        let mut random = StdRng::seed_from_u64(11);
        let mut bench = Bench::new("detector", Detector::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let wiped: Vec<u64> = (0..40).filter_map(|_| clock(&mut bench)).collect();
        assert_eq!(wiped, (0..32).collect::<Vec<_>>());
        let (mut quarantine, mut runs, mut causes) = (0u32, [[0u64; 2]; 32], [0u64; 32]);
        let recorded = 0x5555_0fffu32;
        bench.dut.recorded_inbound.next = (recorded as u64).into();
        for n in 0..1500u32 {
            let limits = if n / 300 % 2 == 0 { [3u64, 2] } else { [0, 255] };
            bench.dut.authentication_limit.next = limits[0].into();
            bench.dut.replay_limit.next = limits[1].into();
            let index = random.gen_range(0..6) + 10 * random.gen_range(0..2usize);
            let known = recorded >> index & 1 == 1;
            let mut began = None;
            match random.gen_range(0..12) {
                0 => {
                    bench.dut.desynchronise.next = true;
                    bench.dut.command_index.next = (index as u64).into();
                    began = known.then_some((index, 2));
                }
                1..=4 => {
                    bench.dut.f_icv.next = true;
                    if known {
                        runs[index][0] += 1;
                        if limits[0] == 0 {
                            runs[index][0] = 0;
                        } else if runs[index][0] >= limits[0] {
                            runs[index][0] = 0;
                            began = Some((index, 3));
                        }
                    }
                }
                5..=7 => {
                    bench.dut.f_replay.next = true;
                    if known {
                        runs[index][1] += 1;
                        if runs[index][1] >= limits[1] {
                            runs[index][1] = 0;
                            began = Some((index, 4));
                        }
                    }
                }
                8 => {
                    bench.dut.f_fresh.next = true;
                    if known {
                        runs[index] = [0; 2];
                    }
                }
                _ => {}
            }
            bench.dut.f_index.next = (index as u64).into();
            // Somebody else speaks, at any time; of another SA, so that the order does not matter.
            let (other, at) = ((index + 1) % 32, random.gen_range(0..10));
            let action = random.gen_range(0..8);
            for t in 0..14 {
                if t == at {
                    bench.dut.q_index.next = (other as u64).into();
                    match action {
                        0 => {
                            bench.dut.q_set.next = true;
                            bench.dut.q_cause.next = 1.into();
                            quarantine |= 1 << other;
                            causes[other] = 1;
                        }
                        1 => {
                            bench.dut.q_clear.next = true;
                            quarantine &= !(1 << other);
                            runs[other] = [0; 2];
                        }
                        2 => {
                            bench.dut.finish.next = true;
                            bench.dut.finish_index.next = (other as u64).into();
                            quarantine &= !(1 << other);
                            runs[other] = [0; 2];
                        }
                        _ => {}
                    }
                }
                bench.settle();
                let taken = bench.dut.finish_taken.val();
                assert_eq!(taken, bench.dut.finish.val(), "nobody else speaks");
                let ends = t == at && matches!(action, 1 | 2);
                assert_eq!(clock(&mut bench), ends.then_some(other as u64));
                if taken {
                    bench.dut.finish.next = false;
                }
            }
            if let Some((index, cause)) = began {
                quarantine |= 1 << index;
                causes[index] = cause;
            }
            assert_eq!(bench.dut.quarantine.val(), quarantine as u64, "round {n}");
            bench.dut.cause_index.next = (index as u64).into();
            bench.cycle();
            assert!(bench.dut.cause_settled.val());
            assert_eq!(bench.dut.cause.val(), if quarantine >> index & 1 == 1 { causes[index] } else { 0 });
        }
        bench.finish();
    }

    /// The recorder goes before a finish, and a finish before the walk after reset.
    #[test]
    fn the_recorder_goes_first() {
        let mut bench = Bench::new("detector_first", Detector::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        bench.cycle();
        bench.cycle();
        bench.dut.q_clear.next = true;
        bench.dut.q_index.next = 9.into();
        bench.dut.finish.next = true;
        bench.dut.finish_index.next = 7.into();
        bench.settle();
        assert!(!bench.dut.finish_taken.val());
        assert_eq!(clock(&mut bench), Some(9));
        bench.settle();
        assert!(bench.dut.finish_taken.val());
        assert_eq!(clock(&mut bench), Some(7));
        bench.dut.finish.next = false;
        let wiped: Vec<u64> = (0..40).filter_map(|_| clock(&mut bench)).collect();
        assert_eq!(wiped, (2..32).collect::<Vec<_>>());
        bench.dut.q_set.next = true;
        bench.dut.q_index.next = 9.into();
        bench.dut.q_cause.next = 1.into();
        bench.dut.finish.next = true;
        bench.dut.finish_index.next = 9.into();
        bench.settle();
        assert!(!bench.dut.finish_taken.val());
        assert_eq!(clock(&mut bench), None);
        assert_eq!(bench.dut.quarantine.val(), 1 << 9);
        assert_eq!(clock(&mut bench), Some(9));
        bench.dut.finish.next = false;
        bench.settle();
        assert_eq!(bench.dut.quarantine.val(), 0);
        bench.finish();
    }
}
