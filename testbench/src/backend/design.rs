//! What a simulator must know of a design.

use super::Pins;
use rust_hdl::prelude::Block;

/// A top-level block with one clock, its pins and its Verilog.
pub trait Design: 'static {
    /// Pins driven by the testbench, without the clock.
    type Inputs: Pins;
    /// Pins driven by the design.
    type Outputs: Pins;
    /// The rust-hdl block.
    type Block: Block + Send + 'static;
    /// Name of the top module in the Verilog.
    const TOP: &'static str;
    /// Name of the clock pin.
    const CLOCK: &'static str;
    /// A connected block.
    fn block(&self) -> Box<Self::Block>;
    /// The exported Verilog.
    fn verilog(&self) -> String;
    /// Sets the clock pin; nothing settles yet.
    fn set_clock(block: &mut Self::Block, level: bool);
    /// Sets the input pins; nothing settles yet.
    fn drive(block: &mut Self::Block, inputs: &Self::Inputs);
    /// Reads the output pins.
    fn sample(block: &Self::Block) -> Self::Outputs;
}

/// A running simulation. See the [module documentation](super) for what a step is.
pub trait Backend<I, O>: Send {
    /// One clock period: outputs as sampled at the rising edge, with `inputs` applied.
    fn step(&mut self, inputs: &I) -> O;
    /// Which simulator this is.
    fn kind(&self) -> super::Kind;
    /// Suspends the waveform or goes on with it.
    fn record(&mut self, on: bool) {
        let _ = on;
    }
    /// Writes what is buffered of the waveform.
    fn flush(&mut self) {}
}

/// Binds a rust-hdl block to its pins, field by field. The design is a value, the sizes of the block for one; block and Verilog are made from it.
macro_rules! design {
    ($(#[$doc:meta])* $name:ident($state:ty), block: $block:ty, new: $new:expr, top: $top:literal, verilog: $verilog:expr,
     inputs $inputs:ident { $($(#[$id:meta])* $in:ident: $in_type:ty = $iw:literal,)* }
     outputs $outputs:ident { $($(#[$od:meta])* $out:ident: $out_type:ty = $ow:literal,)* }) => {
        $(#[$doc])*
        pub struct $name(pub $state);
        impl $crate::backend::Design for $name {
            type Inputs = $inputs;
            type Outputs = $outputs;
            type Block = $block;
            const TOP: &'static str = $top;
            const CLOCK: &'static str = "clock";
            fn block(&self) -> Box<$block> {
                let new: fn($state) -> $block = $new;
                let mut block = Box::new(new(self.0));
                rust_hdl::prelude::Block::connect_all(block.as_mut());
                block
            }
            fn verilog(&self) -> String {
                let verilog: fn($state) -> String = $verilog;
                verilog(self.0)
            }
            fn set_clock(block: &mut $block, level: bool) {
                block.clock.next = level.into();
            }
            fn drive(block: &mut $block, inputs: &$inputs) {
                $(block.$in.next = $crate::backend::Level::level(inputs.$in);)*
            }
            fn sample(block: &$block) -> $outputs {
                $outputs { $($out: $crate::backend::Level::from_level(block.$out.val()),)* }
            }
        }
    };
}
pub(crate) use design;
