//! Two simulators as one: both get the same inputs, and their outputs are compared in every cycle.

use super::{Backend, Kind};
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

/// The first difference between two simulators, in words; none so far.
pub type Difference = Arc<Mutex<Option<String>>>;

/// The first simulator's outputs are the ones that count; the second must agree with them.
pub struct Compared<I, O> {
    first: Box<dyn Backend<I, O>>,
    second: Box<dyn Backend<I, O>>,
    cycle: u64,
    difference: Difference,
}

impl<I, O> Compared<I, O> {
    /// Both simulators must be fresh. The second result tells whether they ever disagreed.
    pub fn new(first: Box<dyn Backend<I, O>>, second: Box<dyn Backend<I, O>>) -> (Self, Difference) {
        let difference = Difference::default();
        (Self { first, second, cycle: 0, difference: difference.clone() }, difference)
    }
}

impl<I: Debug, O: Debug + PartialEq> Backend<I, O> for Compared<I, O> {
    fn step(&mut self, inputs: &I) -> O {
        let (first, second) = (self.first.step(inputs), self.second.step(inputs));
        if first != second {
            let text = || {
                let (a, b) = (self.first.kind().name(), self.second.kind().name());
                format!("cycle {}: inputs {inputs:?}\n{a}: {first:?}\n{b}: {second:?}", self.cycle)
            };
            self.difference.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get_or_insert_with(text);
        }
        self.cycle += 1;
        first
    }

    fn kind(&self) -> Kind {
        self.first.kind()
    }

    fn record(&mut self, on: bool) {
        self.first.record(on);
        self.second.record(on);
    }

    fn flush(&mut self) {
        self.first.flush();
        self.second.flush();
    }
}
