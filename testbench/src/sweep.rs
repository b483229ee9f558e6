//! A power cut at every clock cycle of a scenario. The process itself is the snapshot: at each cycle it forks, the child's station loses its
//! power there and then, and the child runs on to its end and is judged; the parent goes on to the next cycle as if nothing had been.

use crate::scenario::plan::Sight;
use crate::scenario::{run, Outcome, Scenario, World};
use crate::station::nvram;
use holdfast_model::fram::Tear;
use nix::sys::wait::{waitpid, WaitStatus};
use nix::unistd::{fork, pipe, ForkResult, Pid};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::rc::Rc;

/// What fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// Device, NVRAM and host lose their power for so many cycles.
    PowerCut(u64),
    /// The device is reset.
    Reset,
}

/// What counts as a change of what a cut leaves of a byte that is on its way into the NVRAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    /// Each of its bits: the byte is torn in seven ways, one for each number of bits that had arrived.
    Bits,
    /// The byte: it is torn once, at its first bit, when most of it may become anything.
    Bytes,
}

/// Where and when.
#[derive(Clone, Copy, Debug)]
pub struct Sweep {
    /// Index of the station.
    pub station: usize,
    /// What happens to it.
    pub blow: Blow,
    /// The power fails before the scenario begins, while the stations are configured; cycles are counted from the end of reset. The scenario must be
    /// [`unsure`](Scenario::unsure).
    pub installation: bool,
    /// Cycles are counted from the `count`-th sight at a station; `None`: as the scenario counts.
    pub after: Option<(Sight, usize, u64)>,
    /// First cycle.
    pub from: u64,
    /// The cycle after the last.
    pub to: u64,
    /// Every so many cycles; 1: every one.
    pub every: u64,
    /// Cuts that leave behind what the one before left are counted, and not run; `None`: all are run.
    pub changes: Option<Changes>,
    /// Cuts are only counted.
    pub count_only: bool,
    /// Children at a time.
    pub jobs: usize,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Swept {
    /// Cycles with a cut.
    pub cuts: u64,
    /// Cuts that were run to the end; the others left behind what the one before them left.
    pub runs: u64,
    /// Runs that failed: the cycle, and why.
    pub failures: Vec<(u64, String)>,
    /// The run without a cut failed already.
    pub undisturbed: Option<String>,
}

/// A byte on its way into the NVRAM.
#[derive(PartialEq, Eq)]
struct Torn {
    address: u16,
    /// How many of its bits had arrived, and which; `None` where that does not count.
    arrived: Option<(u8, u16)>,
}

/// What a cut leaves of the station, as seen from outside of it: nothing else can matter afterwards, but for registers and memories that the
/// device's reset should have cleared, and for the time.
#[derive(PartialEq, Eq)]
struct Remains {
    /// Bytes in the NVRAM so far, and the one that is torn.
    written: u64,
    torn: Option<Torn>,
    /// Frames that entered and left any station.
    frames: (u64, u64),
    /// A packet of which so much has left that its number is known.
    begun: Option<(usize, u64)>,
    /// What is still to happen, and what hosts are about to do.
    plans: (usize, usize, bool),
}

impl Remains {
    fn of(world: &World, at: usize, changes: Changes) -> Self {
        let station = &world.stations[at];
        let part = nvram(station.simulation.nvram());
        Remains {
            written: part.written(),
            torn: part
                .under_way()
                .map(|(address, count, bits)| Torn { address, arrived: (changes == Changes::Bits).then_some((count, bits)) }),
            frames: (world.ports.frames_in, world.ports.frames_out),
            begun: world.tap.look_at_part(station.simulation.net_out.part()).map(|sealed| (sealed.sa, sealed.number)),
            plans: (world.waiting(), world.hosts.len(), station.host_up),
        }
    }
}

/// A child at work.
struct Child {
    pid: Pid,
    answer: OwnedFd,
    cycle: u64,
}

#[derive(Default)]
struct State {
    children: VecDeque<Child>,
    swept: Swept,
    /// Of the last cut.
    remains: Option<Remains>,
    /// In a child: where its answer goes.
    answer: Option<OwnedFd>,
}

/// Runs the scenario and all its cuts. The process must have one thread. `progress` is told the cycle.
pub fn sweep(scenario: &Scenario, mut world: World, plan: Sweep, mut progress: impl FnMut(u64) + 'static) -> Swept {
    if let Some((sight, station, _)) = plan.after {
        world.want(sight, station);
    }
    let state = Rc::new(RefCell::new(State::default()));
    let shared = state.clone();
    world.hook = Some(Box::new(move |world: &mut World| {
        let now = world.now();
        let begin = plan.after.map_or(Some(0), |(sight, station, count)| world.seen(sight, station, count));
        let since = begin.and_then(|begin| now.checked_sub(begin)).filter(|since| (plan.from..plan.to).contains(since));
        let phase = if plan.installation { !world.has_started() } else { world.is_running() };
        let wanted = phase && since.is_some_and(|since| (since - plan.from) % plan.every == 0);
        if !wanted || shared.borrow().answer.is_some() || !world.stations[plan.station].simulation.powered() {
            return;
        }
        progress(now);
        shared.borrow_mut().swept.cuts += 1;
        if let Some(changes) = plan.changes {
            let remains = Some(Remains::of(world, plan.station, changes));
            if shared.borrow().remains == remains {
                return;
            }
            shared.borrow_mut().remains = remains;
        }
        if plan.count_only {
            shared.borrow_mut().swept.runs += 1;
            return;
        }
        branch(&mut shared.borrow_mut(), plan.jobs, now);
        if shared.borrow().answer.is_some() {
            match plan.blow {
                // What the bits of a torn byte become differs from cut to cut.
                Blow::PowerCut(lasts) if plan.installation => world.darken(plan.station, lasts, Tear::Mixed(now)),
                Blow::PowerCut(lasts) => world.power_cut(plan.station, lasts, Tear::Mixed(now)),
                Blow::Reset => world.reset(plan.station),
            }
        }
    }));
    let outcome = run(scenario, &mut world, |_| {});
    let mut state = state.borrow_mut();
    if let Some(answer) = state.answer.take() {
        // Nothing of the parent's is to be flushed or dropped twice.
        let mut pipe = File::from(answer);
        let _ = pipe.write_all(text(&outcome).as_bytes());
        drop(pipe);
        // SAFETY: ends this process at once, which is what is wanted.
        unsafe { nix::libc::_exit(i32::from(!outcome.passed())) };
    }
    while !state.children.is_empty() {
        state.reap();
    }
    let mut swept = std::mem::take(&mut state.swept);
    swept.undisturbed = (!outcome.passed()).then(|| text(&outcome));
    swept
}

/// Forks. In the child `answer` is set.
fn branch(state: &mut State, jobs: usize, cycle: u64) {
    while state.children.len() >= jobs.max(1) {
        state.reap();
    }
    let Ok((read, write)) = pipe() else { return state.lost(cycle, "no pipe") };
    // SAFETY: there is one thread, and the child goes on as this one would.
    match unsafe { fork() } {
        Ok(ForkResult::Child) => {
            state.children.clear();
            state.answer = Some(write);
        }
        Ok(ForkResult::Parent { child }) => {
            state.swept.runs += 1;
            state.children.push_back(Child { pid: child, answer: read, cycle });
        }
        Err(error) => state.lost(cycle, error.desc()),
    }
}

impl State {
    /// Waits for the oldest child.
    fn reap(&mut self) {
        let Some(Child { pid, answer, cycle }) = self.children.pop_front() else { return };
        let mut text = String::new();
        // Read to the end first: a child that has much to say waits for its reader.
        let _ = File::from(answer).read_to_string(&mut text);
        match waitpid(pid, None) {
            Ok(WaitStatus::Exited(_, 0)) => {}
            Ok(WaitStatus::Exited(_, 1)) => self.lost(cycle, &text),
            other => self.lost(cycle, &format!("the child ended with {other:?}; {text}")),
        }
    }

    fn lost(&mut self, cycle: u64, why: &str) {
        self.swept.failures.push((cycle, why.to_owned()));
    }
}

/// What failed, in words.
fn text(outcome: &Outcome) -> String {
    let failed = outcome.checks.iter().filter(|(_, passed)| !passed).map(|(name, _)| format!("not so: {name}"));
    failed.chain(outcome.described.iter().cloned()).collect::<Vec<_>>().join("\n")
}
