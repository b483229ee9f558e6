//! The rust-hdl simulator, stepped directly: no threads, no event queue, since there is one clock.

use super::{Backend, BuildError, Design, Kind};
use rust_hdl::core::vcd_probe::VCDProbe;
use rust_hdl::prelude::{write_vcd_change, write_vcd_dump, write_vcd_header, Block};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

/// Passes over the design after which combinational logic counts as a loop.
const SETTLE_LIMIT: usize = 1000;
/// Time units (picoseconds in the waveform) of one clock period: 125 MHz.
const PERIOD: u64 = 8000;

type Waveform = VCDProbe<BufWriter<File>>;

/// A design in the rust-hdl simulator.
pub struct RustHdl<D: Design> {
    block: Box<D::Block>,
    inputs: Option<D::Inputs>,
    cycle: u64,
    waveform: Option<Waveform>,
    recording: bool,
}

impl<D: Design> RustHdl<D> {
    /// A fresh design, all registers at their power-up value; the waveform goes to `vcd`.
    pub fn new(design: &D, vcd: Option<&Path>) -> Result<Self, BuildError> {
        let mut this = Self { block: design.block(), inputs: None, cycle: 0, waveform: None, recording: true };
        this.settle();
        if let Some(path) = vcd {
            let file = File::create(path).map_err(|error| BuildError::file(path, error))?;
            let header = write_vcd_header(BufWriter::new(file), this.block.as_ref());
            this.waveform = Some(write_vcd_dump(header, this.block.as_ref()));
        }
        Ok(this)
    }

    /// The block itself, for tests that look inside.
    pub fn block(&mut self) -> &mut D::Block {
        &mut self.block
    }

    fn settle(&mut self) {
        for _ in 0..SETTLE_LIMIT {
            self.block.update_all();
            if !self.block.has_changed() {
                return;
            }
        }
        panic!("{} does not settle within {SETTLE_LIMIT} passes: a combinational loop", D::TOP);
    }

    fn dump(&mut self, time: u64) {
        if !self.recording {
            return;
        }
        if let Some(mut waveform) = self.waveform.take() {
            // A full disk must not stop a simulation whose results are elsewhere; the file is then visibly cut short.
            let _ = waveform.timestamp(time);
            self.waveform = Some(write_vcd_change(waveform, self.block.as_ref()));
        }
    }
}

impl<D: Design> Backend<D::Inputs, D::Outputs> for RustHdl<D> {
    fn step(&mut self, inputs: &D::Inputs) -> D::Outputs {
        D::set_clock(&mut self.block, false);
        if self.inputs.as_ref() != Some(inputs) {
            D::drive(&mut self.block, inputs);
            self.inputs = Some(*inputs);
        }
        self.settle();
        let outputs = D::sample(&self.block);
        self.dump(self.cycle * PERIOD);
        D::set_clock(&mut self.block, true);
        self.settle();
        self.dump(self.cycle * PERIOD + PERIOD / 2);
        self.cycle += 1;
        outputs
    }

    fn kind(&self) -> Kind {
        Kind::RustHdl
    }

    fn record(&mut self, on: bool) {
        self.recording = on;
    }
}
