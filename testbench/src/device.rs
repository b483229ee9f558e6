//! The device's pins, and the device as a design for the two simulators.

use crate::backend::{design, pins, Key256};
use holdfast_hdl::{export, pipelined::Pipelined, Compact, Sizes};
use std::collections::HashMap;
use std::sync::Mutex;

/// The Verilog of a profile and its sizes, printed once: that takes seconds, and a test makes many devices.
fn text(profile: &'static str, sizes: Sizes, export: fn(Sizes) -> String) -> String {
    static TEXTS: Mutex<Option<HashMap<(&str, Sizes), String>>> = Mutex::new(None);
    let mut texts = TEXTS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    texts.get_or_insert_default().entry((profile, sizes)).or_insert_with(|| export(sizes)).clone()
}

/// Calls a macro with the ports of the device's top module, in the order of the packed words.
macro_rules! device_ports {
    ($with:ident! { $($arguments:tt)* }) => {
        $with! {
            $($arguments)*
            inputs Inputs {
                /// Synchronous reset, active high.
                reset: bool = 1,
                /// Plaintext frames from the host; the first byte on the wire is in bits 7:0.
                s_axis_host_tdata: u128 = 128,
                s_axis_host_tkeep: u16 = 16,
                s_axis_host_tlast: bool = 1,
                s_axis_host_tvalid: bool = 1,
                /// Frames from the network.
                s_axis_net_tdata: u128 = 128,
                s_axis_net_tkeep: u16 = 16,
                s_axis_net_tlast: bool = 1,
                s_axis_net_tvalid: bool = 1,
                m_axis_net_tready: bool = 1,
                m_axis_host_tready: bool = 1,
                /// Register bus; byte addresses.
                s_axi_awaddr: u16 = 12,
                s_axi_awvalid: bool = 1,
                s_axi_wdata: u32 = 32,
                s_axi_wstrb: u8 = 4,
                s_axi_wvalid: bool = 1,
                s_axi_bready: bool = 1,
                s_axi_araddr: u16 = 12,
                s_axi_arvalid: bool = 1,
                s_axi_rready: bool = 1,
                /// The host is powered.
                host_up: bool = 1,
                /// Key of the records, and whether it is there.
                device_key: Key256 = 256,
                device_key_valid: bool = 1,
                /// Serial FRAM.
                nvram_miso: bool = 1,
                /// External monotonic counter.
                counter_present: bool = 1,
                counter_done: bool = 1,
                counter_value: u32 = 32,
            }
            outputs Outputs {
                s_axis_host_tready: bool = 1,
                s_axis_net_tready: bool = 1,
                /// Frames to the network.
                m_axis_net_tdata: u128 = 128,
                m_axis_net_tkeep: u16 = 16,
                m_axis_net_tlast: bool = 1,
                m_axis_net_tvalid: bool = 1,
                /// Frames to the host.
                m_axis_host_tdata: u128 = 128,
                m_axis_host_tkeep: u16 = 16,
                m_axis_host_tlast: bool = 1,
                m_axis_host_tvalid: bool = 1,
                s_axi_awready: bool = 1,
                s_axi_wready: bool = 1,
                s_axi_bresp: u8 = 2,
                s_axi_bvalid: bool = 1,
                s_axi_arready: bool = 1,
                s_axi_rdata: u32 = 32,
                s_axi_rresp: u8 = 2,
                s_axi_rvalid: bool = 1,
                /// Level interrupt.
                irq: bool = 1,
                nvram_cs_n: bool = 1,
                nvram_sck: bool = 1,
                nvram_mosi: bool = 1,
                counter_raise: bool = 1,
            }
        }
    };
}
#[cfg(test)]
pub(crate) use device_ports;

device_ports! {
    design! {
        /// The device of profile `compact`.
        CompactDesign(Sizes), block: Compact, new: Compact::new, top: "holdfast_compact", verilog: |sizes| text("compact", sizes, export::compact),
    }
}

device_ports! {
    design! {
        /// The device of profile `pipelined`.
        PipelinedDesign(Sizes), block: Pipelined, new: Pipelined::new, top: "holdfast_pipelined", verilog: |sizes| text("pipelined", sizes, export::pipelined),
    }
}

macro_rules! declare {
    (inputs $inputs:ident { $($in:tt)* } outputs $outputs:ident { $($out:tt)* }) => {
        pins! {
            /// Pins driven by the testbench.
            $inputs { $($in)* }
        }
        pins! {
            /// Pins driven by the device.
            $outputs { $($out)* }
        }
    };
}
device_ports! { declare! {} }
