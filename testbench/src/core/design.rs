//! Pins of the GCM core.

use crate::backend::{pins, Design, Level};
use holdfast_hdl::gcm::{gcm_verilog, Gcm};
use rust_hdl::prelude::Block;

pins! {
    /// Pins driven by the testbench; their meaning stands at the head of the core's own file.
    Inputs {
        reset: bool = 1,
        wipe: bool = 1,
        key_write: bool = 1,
        key_index: u8 = 3,
        key_word: u32 = 32,
        job_aes256: bool = 1,
        job_nonce_0 @ "job_nonce$0": u32 = 32,
        job_nonce_1 @ "job_nonce$1": u32 = 32,
        job_nonce_2 @ "job_nonce$2": u32 = 32,
        job_blocks: u8 = 8,
        job_start: bool = 1,
        in_valid: bool = 1,
        in_kind: u8 = 2,
        in_word: u32 = 32,
        in_bytes: u8 = 3,
        encrypt: bool = 1,
        tag_take: bool = 1,
    }
}

pins! {
    /// Pins driven by the core.
    Outputs {
        job_ready: bool = 1,
        in_ready: bool = 1,
        out_valid: bool = 1,
        out_word: u32 = 32,
        tag_0 @ "tag$0": u32 = 32,
        tag_1 @ "tag$1": u32 = 32,
        tag_2 @ "tag$2": u32 = 32,
        tag_3 @ "tag$3": u32 = 32,
        tag_valid: bool = 1,
    }
}

/// The core as a design.
pub struct CoreDesign;

impl Design for CoreDesign {
    type Inputs = Inputs;
    type Outputs = Outputs;
    type Block = Gcm;
    const TOP: &'static str = "holdfast_gcm";
    const CLOCK: &'static str = "clock";

    fn block(&self) -> Box<Gcm> {
        let mut block = Box::new(Gcm::default());
        block.connect_all();
        block
    }

    fn verilog(&self) -> String {
        gcm_verilog()
    }

    fn set_clock(block: &mut Gcm, level: bool) {
        block.clock.next = level.into();
    }

    fn drive(block: &mut Gcm, i: &Inputs) {
        block.reset.next = i.reset;
        block.wipe.next = i.wipe;
        block.key_write.next = i.key_write;
        block.key_index.next = i.key_index.level();
        block.key_word.next = i.key_word.level();
        block.job_aes256.next = i.job_aes256;
        for (port, word) in block.job_nonce.iter_mut().zip([i.job_nonce_0, i.job_nonce_1, i.job_nonce_2]) {
            port.next = word.level();
        }
        block.job_blocks.next = i.job_blocks.level();
        block.job_start.next = i.job_start;
        block.in_valid.next = i.in_valid;
        block.in_kind.next = i.in_kind.level();
        block.in_word.next = i.in_word.level();
        block.in_bytes.next = i.in_bytes.level();
        block.encrypt.next = i.encrypt;
        block.tag_take.next = i.tag_take;
    }

    fn sample(block: &Gcm) -> Outputs {
        let [tag_0, tag_1, tag_2, tag_3] = std::array::from_fn(|i| u32::from_level(block.tag[i].val()));
        Outputs {
            job_ready: block.job_ready.val(),
            in_ready: block.in_ready.val(),
            out_valid: block.out_valid.val(),
            out_word: u32::from_level(block.out_word.val()),
            tag_0,
            tag_1,
            tag_2,
            tag_3,
            tag_valid: block.tag_valid.val(),
        }
    }
}
