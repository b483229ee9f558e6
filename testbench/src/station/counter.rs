//! The external monotonic counter at the device's pins: a part that counts when it is asked to, takes its time, and keeps its value whatever happens
//! to the power and to the NVRAM.

use holdfast_model::fram::Tear;
use holdfast_model::resync::counter::Silent;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the device sees of the part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Pin `counter_done`: it has counted.
    pub done: bool,
    /// Pin `counter_value`: its value, when it is done.
    pub value: u32,
}

/// What the part is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    /// It is done after so many clocks more.
    Counting(u64),
    /// It has answered and waits until it is no longer asked.
    Done,
}

struct Part {
    value: u32,
    delay: u64,
    state: State,
}

/// The part. A clone is the same one.
#[derive(Clone)]
pub struct Counter(Arc<Mutex<Part>>);

impl Counter {
    /// Clocks from being asked to being done, unless a scenario says otherwise.
    pub const DELAY: u64 = 1_000;

    /// A part at zero, that answers after so many clocks.
    pub fn new(delay: u64) -> Self {
        Counter(Arc::new(Mutex::new(Part { value: 0, delay: delay.max(1), state: State::Idle })))
    }

    /// Its value.
    pub fn value(&self) -> u32 {
        self.part().value
    }

    /// A clock: what the device sees after it, where it asked or not (pin `counter_raise`) before. Who no longer asks before the answer finds that it has counted where
    /// more than half of the time was over.
    pub fn step(&self, raise: bool) -> Answer {
        let mut part = self.part();
        part.state = match (part.state, raise) {
            (State::Idle, true) => State::Counting(part.delay),
            (State::Counting(left), false) => {
                part.value += u32::from(2 * left < part.delay);
                State::Idle
            }
            (_, false) => State::Idle,
            (state, true) => state,
        };
        if let State::Counting(left) = &mut part.state {
            *left -= 1;
            if *left == 0 {
                part.value += 1;
                part.state = State::Done;
                return Answer { done: true, value: part.value };
            }
        }
        Answer::default()
    }

    /// The power fails. A raise under way is whole or has not happened: as a byte of the NVRAM is old, new or either.
    pub fn power_cut(&self, tear: Tear) {
        let mut part = self.part();
        let counted = match tear {
            Tear::Old => false,
            Tear::New => true,
            Tear::Mixed(seed) => seed.count_ones() % 2 == 1,
        };
        part.value += u32::from(counted && matches!(part.state, State::Counting(_)));
        part.state = State::Idle;
    }

    fn part(&self) -> MutexGuard<'_, Part> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Behind the pins, at once.
impl holdfast_model::Counter for Counter {
    fn raise(&mut self) -> Result<u32, Silent> {
        let mut part = self.part();
        part.value = part.value.checked_add(1).ok_or(Silent)?;
        Ok(part.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks until it is done; the clocks it took.
    fn raise(counter: &Counter) -> (u64, u32) {
        for clocks in 1.. {
            let answer = counter.step(true);
            if answer.done {
                return (clocks, answer.value);
            }
            assert_eq!(answer, Answer::default());
        }
        unreachable!("it answers")
    }

    #[test]
    fn it_counts_once_each_time_it_is_asked() {
        let counter = Counter::new(5);
        assert_eq!(raise(&counter), (5, 1));
        assert_eq!([counter.step(true), counter.step(true)], [Answer::default(); 2], "still asked");
        counter.step(false);
        assert_eq!((raise(&counter), counter.value()), ((5, 2), 2));
    }

    #[test]
    fn a_cut_raise_has_happened_or_not() {
        for (tear, value) in [(Tear::Old, 0), (Tear::New, 1), (Tear::Mixed(1), 1), (Tear::Mixed(3), 0)] {
            let counter = Counter::new(4);
            counter.power_cut(tear);
            assert_eq!(counter.value(), 0, "nothing was under way");
            counter.step(true);
            counter.power_cut(tear);
            assert_eq!(counter.value(), value, "{tear:?}");
            assert_eq!(raise(&counter), (4, value + 1));
            counter.power_cut(tear);
            assert_eq!(counter.value(), value + 1, "it was done");
        }
        let given_up = |clocks: usize| {
            let counter = Counter::new(10);
            for clock in 1..=clocks {
                assert_eq!(counter.step(true).done, clock == 10);
            }
            counter.step(false);
            counter.value()
        };
        assert_eq!((0..=10).map(given_up).collect::<Vec<_>>(), [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    }
}
