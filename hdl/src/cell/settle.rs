use rust_hdl::prelude::*;
use std::ops::{Deref, DerefMut};

/// A block that settles by itself before its neighbours look again. It changes nothing but simulation speed: the simulator repeats
/// the *whole* design until nothing moves, so a block with a chain of locals would make everybody else wait for each link of the chain.
/// Invisible in the Verilog.
#[derive(Clone, Debug, Default)]
pub struct Settle<B: Block> {
    block: B,
    moved: bool,
}

/// More rounds than any chain of locals in this crate; beyond it the block oscillates.
const ROUNDS: usize = 64;

impl<B: Block> Settle<B> {
    pub fn new(block: B) -> Self {
        Self { block, moved: false }
    }
}

impl<B: Block> Deref for Settle<B> {
    type Target = B;
    fn deref(&self) -> &B {
        &self.block
    }
}

impl<B: Block> DerefMut for Settle<B> {
    fn deref_mut(&mut self) -> &mut B {
        &mut self.block
    }
}

impl<B: Block> Logic for Settle<B> {
    fn update(&mut self) {}
    fn connect(&mut self) {}
    fn hdl(&self) -> Verilog {
        self.block.hdl()
    }
    fn timing(&self) -> Vec<TimingInfo> {
        self.block.timing()
    }
}

impl<B: Block> Block for Settle<B> {
    fn connect_all(&mut self) {
        self.block.connect_all();
    }
    fn update_all(&mut self) {
        self.moved = false;
        for _ in 0..ROUNDS {
            self.block.update_all();
            if !self.block.has_changed() {
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
