use rust_hdl::prelude::*;
use std::ops::{Deref, DerefMut};

/// Whether something stands at an input that has not been looked at. Derived for blocks from their input ports.
pub trait Ports {
    fn awaits(&self) -> bool;
}

impl<T: Synth> Ports for Signal<In, T> {
    fn awaits(&self) -> bool {
        self.next != self.val()
    }
}

impl<P: Ports, const N: usize> Ports for [P; N] {
    fn awaits(&self) -> bool {
        self.iter().any(Ports::awaits)
    }
}

/// A block that settles by itself before its neighbours look again, and that is left alone while nothing comes to its inputs, the clock among them. It changes nothing but simulation speed: the simulator repeats
/// the *whole* design until nothing moves, so a block with a chain of locals would make everybody else wait for each link of the chain, and be asked again for each link of theirs.
/// Invisible in the Verilog.
#[derive(Clone, Debug, Default)]
pub struct Settle<B: Block + Ports> {
    block: B,
    moved: bool,
    /// What is at the outputs is what comes of the inputs.
    settled: bool,
}

/// More rounds than any chain of locals in this crate; beyond it the block oscillates.
const ROUNDS: usize = 64;

impl<B: Block + Ports> Settle<B> {
    pub fn new(block: B) -> Self {
        Self { block, moved: false, settled: false }
    }
}

impl<B: Block + Ports> Deref for Settle<B> {
    type Target = B;
    fn deref(&self) -> &B {
        &self.block
    }
}

impl<B: Block + Ports> DerefMut for Settle<B> {
    fn deref_mut(&mut self) -> &mut B {
        &mut self.block
    }
}

impl<B: Block + Ports> Logic for Settle<B> {
    fn update(&mut self) {}
    fn connect(&mut self) {}
    fn hdl(&self) -> Verilog {
        self.block.hdl()
    }
    fn timing(&self) -> Vec<TimingInfo> {
        self.block.timing()
    }
}

impl<B: Block + Ports> Block for Settle<B> {
    fn connect_all(&mut self) {
        self.block.connect_all();
    }
    fn update_all(&mut self) {
        self.moved = false;
        if self.settled && !self.block.awaits() {
            return;
        }
        self.settled = false;
        for _ in 0..ROUNDS {
            self.block.update_all();
            if !self.block.has_changed() {
                self.settled = true;
                return;
            }
            self.moved = true;
        }
        panic!("a block does not settle within {ROUNDS} rounds: combinational loop");
    }
    fn has_changed(&self) -> bool {
        self.moved
    }
    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        self.block.accept(name, probe);
    }
}
