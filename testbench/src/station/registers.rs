//! The register bus: an AXI4-Lite master with a queue of transactions.

use super::pace::Pace;
use crate::device::{Inputs, Outputs};
use std::collections::VecDeque;

/// A transaction to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transaction {
    /// Read a register.
    Read { address: u16 },
    /// Write a register; `strobes` has a bit per byte.
    Write { address: u16, value: u32, strobes: u8 },
}

/// The device's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What was asked.
    pub transaction: Transaction,
    /// The value read; zero for writes.
    pub value: u32,
    /// RRESP or BRESP: 0 is OKAY, 2 is SLVERR.
    pub response: u8,
    /// Cycle of the answer.
    pub cycle: u64,
}

/// A transaction under way: which of its channels are done.
struct Current {
    transaction: Transaction,
    address_done: bool,
    data_done: bool,
}

/// The master: one transaction at a time, in order.
pub struct Master {
    queue: VecDeque<Transaction>,
    current: Option<Current>,
    answers: VecDeque<Answer>,
    pace: Pace,
    /// Valid lines that are up must stay up.
    address_up: bool,
    data_up: bool,
    ready: bool,
    count: u64,
}

impl Master {
    /// `pace` delays each channel on its own.
    pub fn new(pace: Pace) -> Self {
        Self {
            queue: VecDeque::new(),
            current: None,
            answers: VecDeque::new(),
            pace,
            address_up: false,
            data_up: false,
            ready: false,
            count: 0,
        }
    }

    /// Appends a transaction.
    pub fn start(&mut self, transaction: Transaction) {
        self.queue.push_back(transaction);
    }

    /// Transactions begun so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The oldest answer.
    pub fn answer(&mut self) -> Option<Answer> {
        self.answers.pop_front()
    }

    /// The power fails: transactions are forgotten, and nobody gets an answer.
    pub fn clear(&mut self) {
        self.queue.clear();
        self.answers.clear();
        (self.current, self.address_up, self.data_up) = (None, false, false);
    }

    /// Nothing is waiting or under way.
    pub fn idle(&self) -> bool {
        self.queue.is_empty() && self.current.is_none()
    }

    pub(super) fn drive(&mut self, inputs: &mut Inputs) {
        if self.current.is_none() {
            let next = self.queue.pop_front();
            self.count += u64::from(next.is_some());
            self.current = next.map(|transaction| Current { transaction, address_done: false, data_done: false });
        }
        let Some(current) = &self.current else { return };
        self.ready = !self.pace.pauses();
        if !current.address_done {
            self.address_up |= !self.pace.pauses();
        }
        match current.transaction {
            Transaction::Read { address } => {
                inputs.s_axi_araddr = address;
                inputs.s_axi_arvalid = self.address_up;
                inputs.s_axi_rready = self.ready;
            }
            Transaction::Write { address, value, strobes } => {
                if !current.data_done {
                    self.data_up |= !self.pace.pauses();
                }
                inputs.s_axi_awaddr = address;
                inputs.s_axi_awvalid = self.address_up;
                inputs.s_axi_wdata = value;
                inputs.s_axi_wstrb = strobes;
                inputs.s_axi_wvalid = self.data_up;
                inputs.s_axi_bready = self.ready;
            }
        }
    }

    pub(super) fn observe(&mut self, outputs: &Outputs, cycle: u64) {
        let Some(current) = &mut self.current else { return };
        let read = matches!(current.transaction, Transaction::Read { .. });
        let (address_ready, valid, value, response) = if read {
            (outputs.s_axi_arready, outputs.s_axi_rvalid, outputs.s_axi_rdata, outputs.s_axi_rresp)
        } else {
            (outputs.s_axi_awready, outputs.s_axi_bvalid, 0, outputs.s_axi_bresp)
        };
        if self.address_up && address_ready {
            self.address_up = false;
            current.address_done = true;
        }
        if self.data_up && outputs.s_axi_wready {
            self.data_up = false;
            current.data_done = true;
        }
        if valid && self.ready {
            self.answers.push_back(Answer { transaction: current.transaction, value, response, cycle });
            self.current = None;
        }
    }
}
