//! Register traffic while frames are moving: events are taken as they come, and between them registers are read and written at
//! random, each with its expected answer.

use super::compare::EventWords;
use crate::station::{Answer, Simulation, Transaction};
use holdfast_driver::Capabilities;
use holdfast_registers::map::{self, status, Access};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::collections::VecDeque;

const SLVERR: u8 = 2;

/// What an answer is for.
enum Purpose {
    /// Compare it: value (if known) and response.
    Check(Option<u32>, u8),
    /// Tells whether an event waits.
    Status,
    /// Word of the oldest event.
    Word(usize),
}

/// The traffic's state.
pub struct Traffic {
    random: ChaCha8Rng,
    purposes: VecDeque<Purpose>,
    current: EventWords,
    /// Events taken so far.
    pub events: Vec<EventWords>,
    /// The first wrong answer.
    pub wrong: Option<String>,
    /// Of 256 idle cycles so many begin a transaction.
    share: u8,
    /// What the capability registers say.
    capabilities: Capabilities,
}

impl Traffic {
    pub fn new(random: ChaCha8Rng, share: u8, capabilities: Capabilities) -> Self {
        Self { random, purposes: VecDeque::new(), current: EventWords::default(), events: Vec::new(), wrong: None, share, capabilities }
    }

    /// To be called after every cycle.
    pub fn cycle(&mut self, simulation: &mut Simulation) {
        while let Some(answer) = simulation.registers.answer() {
            self.take(&answer, simulation);
        }
        if simulation.registers.idle() && self.random.gen::<u8>() < self.share {
            if self.random.gen_ratio(1, 3) {
                self.start(simulation, Transaction::Read { address: map::STATUS as u16 }, Purpose::Status);
            } else {
                let (transaction, purpose) = self.any();
                self.start(simulation, transaction, purpose);
            }
        }
    }

    /// Waits for what is under way and takes the events that are left.
    pub fn finish(&mut self, simulation: &mut Simulation) {
        loop {
            while !simulation.registers.idle() || !self.purposes.is_empty() {
                simulation.cycle();
                while let Some(answer) = simulation.registers.answer() {
                    self.take(&answer, simulation);
                }
            }
            let before = self.events.len();
            self.start(simulation, Transaction::Read { address: map::STATUS as u16 }, Purpose::Status);
            while !simulation.registers.idle() || !self.purposes.is_empty() {
                simulation.cycle();
                while let Some(answer) = simulation.registers.answer() {
                    self.take(&answer, simulation);
                }
            }
            if self.events.len() == before {
                return;
            }
        }
    }

    fn start(&mut self, simulation: &mut Simulation, transaction: Transaction, purpose: Purpose) {
        simulation.registers.start(transaction);
        self.purposes.push_back(purpose);
    }

    fn take(&mut self, answer: &Answer, simulation: &mut Simulation) {
        match self.purposes.pop_front() {
            // Asked for by the simulation itself, which waits for its own answers.
            None => {}
            Some(Purpose::Check(value, response)) => {
                let right = answer.response == response && value.is_none_or(|value| value == answer.value);
                if !right {
                    self.wrong.get_or_insert(format!("{answer:x?}: value {value:x?} and response {response} are right"));
                }
            }
            Some(Purpose::Status) => self.take_event(answer.value, simulation),
            Some(Purpose::Word(word)) => {
                self.current[word] = answer.value;
                if word + 1 == self.current.len() {
                    self.events.push(self.current);
                }
            }
        }
    }

    /// Reads the oldest event and removes it, if STATUS says that there is one.
    fn take_event(&mut self, state: u32, simulation: &mut Simulation) {
        if state & status::EVENT == 0 {
            return;
        }
        for word in 0..map::event::WORDS {
            self.start(simulation, Transaction::Read { address: (map::EVENT + 4 * word) as u16 }, Purpose::Word(word as usize));
        }
        let pop = Transaction::Write { address: map::EVENT_POP as u16, value: 1, strobes: 0xf };
        self.start(simulation, pop, Purpose::Check(None, 0));
    }

    /// A transaction that changes nothing, and what is to be answered.
    fn any(&mut self) -> (Transaction, Purpose) {
        let random = &mut self.random;
        let register = &map::REGISTERS[random.gen_range(0..map::REGISTERS.len())];
        let address = (register.offset + 4 * random.gen_range(0..register.count)) as u16;
        let value = random.gen();
        match random.gen_range(0..8) {
            // Anything at all in the 4 KiB, which is mostly reserved.
            0 => {
                let address = random.gen_range(0..1 << map::ADDRESS_BITS);
                match map::at(u32::from(address)) {
                    None => (Transaction::Read { address }, Purpose::Check(Some(0), SLVERR)),
                    Some(_) => (Transaction::Read { address }, Purpose::Check(None, 0)),
                }
            }
            1 => {
                let address = random.gen_range(0..1 << map::ADDRESS_BITS);
                let strobes = if map::at(u32::from(address)).is_some() { random.gen_range(0..15) } else { 15 };
                (Transaction::Write { address, value, strobes }, Purpose::Check(None, SLVERR))
            }
            2 => (Transaction::Write { address, value, strobes: random.gen_range(0..15) }, Purpose::Check(None, SLVERR)),
            3 if register.access == Access::ReadOnly => (Transaction::Write { address, value, strobes: 15 }, Purpose::Check(None, SLVERR)),
            3 if register.offset == map::STAGE => (Transaction::Write { address, value, strobes: 15 }, Purpose::Check(None, 0)),
            _ if register.access == Access::WriteOnly => (Transaction::Read { address }, Purpose::Check(Some(0), 0)),
            _ => {
                let constant = match register.offset {
                    map::ID | map::VERSION | map::CAP_FEATURES => Some(register.reset),
                    map::CAP_SAS => Some(self.capabilities.sas.0),
                    map::CAP_RULES => Some(self.capabilities.rules.0),
                    map::CAP_LIMITS => Some(self.capabilities.limits.0),
                    _ => None,
                };
                (Transaction::Read { address }, Purpose::Check(constant, 0))
            }
        }
    }
}
