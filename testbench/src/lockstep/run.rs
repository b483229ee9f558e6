//! One run: phases of configuring, traffic and comparing.

use super::compare::{self, Judged, Mismatch};
use super::configuration::{configuration, damage, Configuration};
use super::inbound::Peers;
use super::outbound;
use super::registers::Traffic;
use crate::backend::Backend;
use crate::device::{Inputs, Outputs};
use crate::engine;
use crate::golden::Golden;
use crate::station::{Simulation, Stress, Transaction};
use holdfast_driver::Bus;
use holdfast_model::{Direction, Settings, Sizes};
use holdfast_registers::map::{self, commit, control, status};
use holdfast_registers::{counter, pair, rule, wire, Reason};
use rand::{seq::SliceRandom, Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// Reads of STATUS before a busy device is given up.
const POLLS: u32 = 100_000;

/// Shortest MAX_FRAME that the device takes.
const LEAST_MAX_FRAME: u16 = 64;
const SLVERR: u8 = 2;

/// How much to do.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Everything follows from it.
    pub seed: u64,
    /// Those of the device.
    pub sizes: engine::Sizes,
    /// Times that the configuration changes.
    pub phases: usize,
    /// Frames per direction and phase.
    pub frames: usize,
    /// Pauses, back-pressure and register traffic; without it the device runs at full speed.
    pub stress: bool,
}

/// What a run covered.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Clock cycles.
    pub cycles: u64,
    /// Frames that entered, both directions.
    pub frames_in: u64,
    /// Frames that left.
    pub frames_out: u64,
    /// Packets sealed and opened.
    pub protected: u64,
    /// Frames dropped, by reason.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Events, by code number.
    pub events: BTreeMap<u8, u64>,
    /// Commits refused, by refusal code; 0 counts those that took effect.
    pub commits: BTreeMap<u32, u64>,
    /// Phases in which the event queue overflowed.
    pub overflows: u64,
}

/// Runs a plan on a fresh device.
pub fn run(backend: Box<dyn Backend<Inputs, Outputs>>, plan: Plan) -> Result<Summary, Mismatch> {
    let mut random = ChaCha8Rng::seed_from_u64(plan.seed);
    let share = |random: &mut ChaCha8Rng| if plan.stress { *[0u8, 30, 100, 200].get(random.gen_range(0..4)).unwrap_or(&0) } else { 0 };
    let stress = Stress { seed: plan.seed, idle: share(&mut random), stall: share(&mut random), bus: share(&mut random) / 2 };
    let mut run = Run {
        simulation: Simulation::new(backend, stress),
        golden: Golden::new(Sizes { events: 1 << 20, ..engine::golden(plan.sizes) }),
        random,
        plan,
        summary: Summary::default(),
    };
    let mut old_peers = None;
    for phase in 0..plan.phases {
        run.phase(phase, &mut old_peers).map_err(|text| Mismatch { seed: plan.seed, phase, text })?;
    }
    run.summarise();
    Ok(run.summary)
}

struct Run {
    simulation: Simulation,
    golden: Golden,
    random: ChaCha8Rng,
    plan: Plan,
    summary: Summary,
}

impl Run {
    fn phase(&mut self, phase: usize, peers: &mut Option<Peers>) -> Result<(), String> {
        self.wait()?;
        let zeroize = phase > 0 && self.random.gen();
        let settings = self.settings(zeroize)?;
        let keep = phase > 0 && !zeroize && self.random.gen_ratio(1, 3);
        if !keep {
            let configuration = configuration(&mut self.random, self.plan.sizes);
            self.install(&configuration)?;
            *peers = Some(Peers::new(&configuration.inbound));
        }
        let peers = peers.as_mut().expect("the first phase installs");

        let longest = usize::from(settings.max_frame).min(self.plan.sizes.frame);
        let mut outbound = Vec::new();
        let mut inbound = Vec::new();
        for _ in 0..self.plan.frames {
            let frame = outbound::frame(&mut self.random, longest);
            outbound.push(self.send(Direction::Outbound, frame));
            let frame = peers.frame(&mut self.random, longest + wire::OVERHEAD);
            inbound.push(self.send(Direction::Inbound, frame));
        }
        let share = if self.plan.stress { 128 } else { 16 };
        let mut traffic = Traffic::new(ChaCha8Rng::seed_from_u64(self.random.gen()), share, engine::capabilities(self.plan.sizes));
        let result = self.simulation.run_until_idle_with(|simulation| traffic.cycle(simulation));
        if result.is_ok() {
            traffic.finish(&mut self.simulation);
        }
        let (net, host) = (self.simulation.net_out.take(), self.simulation.host_out.take());
        let frames =
            compare::frames(Direction::Outbound, &outbound, &net).and_then(|()| compare::frames(Direction::Inbound, &inbound, &host));
        result.map_err(|fault| with(&frames, fault.to_string()))?;
        if let Some(wrong) = traffic.wrong {
            return Err(format!("register traffic: {wrong}"));
        }
        self.events(&traffic.events).map_err(|text| with(&frames, text))?;
        compare::counters(&mut self.simulation, &self.golden).map_err(|text| with(&frames, text))?;
        frames?;
        if self.simulation.irq() {
            return Err("the interrupt line is high, and no event waits".to_owned());
        }
        for judged in outbound.iter().chain(&inbound) {
            if let Some(reason) = judged.reason {
                *self.summary.dropped.entry(reason.name()).or_default() += 1;
            }
        }
        Ok(())
    }

    /// Random settings, written and read back.
    fn settings(&mut self, zeroize: bool) -> Result<Settings, String> {
        let most = self.plan.sizes.frame as u16;
        let random = &mut self.random;
        let settings = Settings {
            enable: !random.gen_ratio(1, 12),
            policy: if random.gen() { map::policy::RESET } else { random.gen_range(0..8) },
            nat_t_port: if random.gen_ratio(1, 8) { random.gen() } else { wire::NAT_T_PORT },
            max_frame: if random.gen_ratio(1, 5) {
                random.gen_range(LEAST_MAX_FRAME..1522)
            } else if most > 1522 && random.gen_ratio(1, 3) {
                *[most, random.gen_range(1523..most)].choose(random).expect("one of two")
            } else {
                1522
            },
        };
        // What the register does not take answers SLVERR and changes nothing.
        for value in [random.gen_range(u32::from(most) + 1..0x1_0000), random.gen_range(0..u32::from(LEAST_MAX_FRAME))] {
            let write = Transaction::Write { address: map::MAX_FRAME as u16, value, strobes: 0xf };
            let answer = self.simulation.transact(write).map_err(|fault| fault.to_string())?;
            if answer.response != SLVERR {
                return Err(format!("{write:x?} was accepted"));
            }
        }
        let wipe = if zeroize { control::ZEROIZE } else { 0 };
        for (address, value, back) in [
            (map::POLICY, settings.policy, settings.policy),
            (map::NAT_T_PORT, settings.nat_t_port.into(), settings.nat_t_port.into()),
            (map::MAX_FRAME, settings.max_frame.into(), settings.max_frame.into()),
            (map::IRQ_ENABLE, 1, 1),
            (map::CONTROL, settings.enable as u32 | wipe, settings.enable as u32),
        ] {
            self.write(address, value)?;
            let found = self.read(address)?;
            if found != back {
                return Err(format!("register {address:#05x}: {value:#x} was written, {found:#x} is read"));
            }
        }
        self.golden.device.set_settings(settings);
        if zeroize {
            self.golden.device.zeroize();
            self.wait()?;
        }
        Ok(settings)
    }

    /// Installs everything, with damaged records in between, and compares what each commit answers.
    fn install(&mut self, configuration: &Configuration) -> Result<(), String> {
        for (direction, sas, rules) in [
            (Direction::Outbound, &configuration.outbound, &configuration.outbound_rules),
            (Direction::Inbound, &configuration.inbound, &configuration.inbound_rules),
        ] {
            for (index, words) in sas {
                self.damaged(direction, commit::INSTALL_SA, *index, words)?;
                self.commit(direction, commit::INSTALL_SA, *index, words)?;
            }
            if self.random.gen_ratio(1, 4) {
                let index = self.random.gen_range(0..40);
                self.commit(direction, commit::DELETE_SA, index, &[])?;
            }
            for (index, words) in rules.iter().enumerate() {
                self.damaged(direction, commit::WRITE_RULE, index, words)?;
                self.commit(direction, commit::WRITE_RULE, index, words)?;
            }
        }
        Ok(())
    }

    /// Sometimes a damaged record before the right one, or an operation that does not exist.
    fn damaged(&mut self, direction: Direction, operation: u32, index: usize, words: &[u32]) -> Result<(), String> {
        if !self.random.gen_ratio(1, 4) {
            return Ok(());
        }
        let mut words = words.to_vec();
        damage(&mut self.random, &mut words);
        let index = if self.random.gen_ratio(1, 4) { self.random.gen_range(0..256) } else { index };
        let operation = if self.random.gen_ratio(1, 10) { self.random.gen_range(4..8) } else { operation };
        self.commit(direction, operation, index, &words)
    }

    fn commit(&mut self, direction: Direction, operation: u32, index: usize, words: &[u32]) -> Result<(), String> {
        for (i, word) in words.iter().enumerate() {
            self.write(map::STAGE + 4 * i as u32, *word)?;
        }
        let inbound = if direction == Direction::Inbound { commit::INBOUND } else { 0 };
        self.write(map::COMMIT, (index as u32) << commit::INDEX_SHIFT | inbound | operation << commit::OPERATION_SHIFT)?;
        self.wait()?;
        let got = self.read(map::RESULT)?;
        let device = &mut self.golden.device;
        let expected = match operation {
            commit::INSTALL_SA => device.install_sa(direction, index, words.try_into().expect("an SA")),
            commit::DELETE_SA => device.delete_sa(direction, index),
            commit::WRITE_RULE => {
                let words: &[u32; rule::WORDS] = words.try_into().expect("a rule");
                device.write_rule(direction, index, words)
            }
            commit::WRITE_RESYNC => {
                // What is not staged is zero.
                let words: [u32; pair::WORDS] = std::array::from_fn(|n| words.get(n).copied().unwrap_or(0));
                device.write_resync(index, &words)
            }
            _ => Err(holdfast_registers::Refusal::Operation),
        };
        let expected = expected.map_or_else(|refusal| refusal.code().into(), |()| 0);
        *self.summary.commits.entry(got).or_default() += 1;
        if got != expected {
            return Err(format!("{direction:?} commit {operation} at {index} of {words:08x?}: RESULT is {got}, the model says {expected}"));
        }
        Ok(())
    }

    fn send(&mut self, direction: Direction, frame: Vec<u8>) -> Judged {
        let beats = outbound::as_beats(&mut self.random, &frame);
        let verdict = self.golden.beats(direction, &beats);
        match direction {
            Direction::Outbound => self.simulation.host_in.send_beats(beats),
            Direction::Inbound => self.simulation.net_in.send_beats(beats),
        }
        Judged { input: frame, output: verdict.frame().map(<[u8]>::to_vec), reason: verdict.reason() }
    }

    fn events(&mut self, got: &[compare::EventWords]) -> Result<(), String> {
        let lost = self.read(map::STATUS)? & status::OVERFLOW != 0;
        if lost {
            self.summary.overflows += 1;
            self.write(map::EVENT_POP, 2)?;
        }
        let mut expected = Vec::new();
        while let Some(event) = self.golden.device.take_event() {
            *self.summary.events.entry(event.code.code()).or_default() += 1;
            expected.push(event);
        }
        compare::events(got, &expected, lost)
    }

    fn wait(&mut self) -> Result<(), String> {
        for _ in 0..POLLS {
            if self.read(map::STATUS)? & status::BUSY == 0 {
                return Ok(());
            }
        }
        Err(format!("the device is still busy after {POLLS} reads of STATUS"))
    }

    fn read(&mut self, address: u32) -> Result<u32, String> {
        self.simulation.read(address).map_err(|fault| fault.to_string())
    }

    fn write(&mut self, address: u32, value: u32) -> Result<(), String> {
        self.simulation.write(address, value).map_err(|fault| fault.to_string())
    }

    fn summarise(&mut self) {
        self.summary.cycles = self.simulation.cycles();
        for direction in Direction::ALL {
            self.summary.frames_in += self.golden.counter(direction, counter::FRAMES_IN);
            self.summary.frames_out += self.golden.counter(direction, counter::FRAMES_OUT);
            self.summary.protected += (0..1024).map(|sa| self.golden.device.counters(direction).sa_packets(sa)).sum::<u64>();
        }
        debug_assert!(Reason::ALL.len() < counter::FRAMES_IN);
    }
}

/// A difference in the frames explains one in the counters: both are told.
fn with(frames: &Result<(), String>, text: String) -> String {
    match frames {
        Ok(()) => text,
        Err(first) => format!("{first}\n{text}"),
    }
}
