//! Two simulators as one: both get the same inputs, and their outputs are compared in every cycle.

use super::{Backend, Kind};
use std::fmt::Debug;

/// The first simulator's outputs are the ones that count; the second must agree with them.
pub struct Compared<I, O> {
    first: Box<dyn Backend<I, O>>,
    second: Box<dyn Backend<I, O>>,
    cycle: u64,
}

impl<I, O> Compared<I, O> {
    /// Both simulators must be fresh.
    pub fn new(first: Box<dyn Backend<I, O>>, second: Box<dyn Backend<I, O>>) -> Self {
        Self { first, second, cycle: 0 }
    }
}

impl<I: Debug, O: Debug + PartialEq> Backend<I, O> for Compared<I, O> {
    /// # Panics
    /// In the first cycle in which an output differs: from there on a comparison says nothing.
    fn step(&mut self, inputs: &I) -> O {
        let (first, second) = (self.first.step(inputs), self.second.step(inputs));
        if first != second {
            self.flush();
            panic!(
                "cycle {}: the simulators disagree\ninputs {inputs:?}\n{}: {first:?}\n{}: {second:?}",
                self.cycle,
                self.first.kind().name(),
                self.second.kind().name()
            );
        }
        self.cycle += 1;
        first
    }

    fn kind(&self) -> Kind {
        self.first.kind()
    }

    fn flush(&mut self) {
        self.first.flush();
        self.second.flush();
    }
}
