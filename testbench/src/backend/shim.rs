//! The C++ that stands between the compiled model and Rust: five C functions over packed words.

use super::{Design, Pins, Port};
use std::fmt::Write;

/// The shim's text for design `D`.
pub fn text<D: Design>() -> String {
    let mut drive = String::new();
    let mut at = 0;
    for port in D::Inputs::PORTS {
        drive.push_str(&assign(port, at, true));
        at += port.words();
    }
    let mut sample = String::new();
    at = 0;
    for port in D::Outputs::PORTS {
        sample.push_str(&assign(port, at, false));
        at += port.words();
    }
    TEMPLATE.replace("@clock@", D::CLOCK).replace("@drive@", &drive).replace("@sample@", &sample)
}

/// Ports up to 64 bits are integers in the model, wider ones arrays of 32-bit words.
fn assign(port: &Port, at: usize, drive: bool) -> String {
    // Verilator's spelling of what C++ does not allow in a name.
    let name = port.name.replace('$', "__024");
    let mut text = String::new();
    match (port.width, drive) {
        (0..=32, true) => writeln!(text, "    m->top.{name} = in[{at}];"),
        (0..=32, false) => writeln!(text, "    out[{at}] = m->top.{name};"),
        (33..=64, true) => writeln!(text, "    m->top.{name} = in[{at}] | (uint64_t)in[{}] << 32;", at + 1),
        (33..=64, false) => writeln!(text, "    out[{at}] = (uint32_t)m->top.{name}; out[{}] = m->top.{name} >> 32;", at + 1),
        (_, true) => writeln!(text, "    for (int i = 0; i < {}; i++) m->top.{name}[i] = in[{at} + i];", port.words()),
        (_, false) => writeln!(text, "    for (int i = 0; i < {}; i++) out[{at} + i] = m->top.{name}[i];", port.words()),
    }
    .expect("writing to a string");
    text
}

const TEMPLATE: &str = r#"#include "Vdut.h"
#include "verilated.h"
#if VM_TRACE
#include "verilated_vcd_c.h"
#endif
#include <stdint.h>

struct Model {
    VerilatedContext context;
    Vdut top{&context, "dut"};
    uint64_t cycle = 0;
#if VM_TRACE
    VerilatedVcdC trace;
    bool tracing = false;
    bool recording = true;
#endif
};

extern "C" Model* holdfast_create(const char* vcd) {
    Model* m = new Model;
#if VM_TRACE
    if (vcd) {
        m->context.traceEverOn(true);
        m->top.trace(&m->trace, 99);
        m->trace.open(vcd);
        m->tracing = m->trace.isOpen();
        if (!m->tracing) {
            delete m;
            return nullptr;
        }
    }
#else
    (void)vcd;
#endif
    return m;
}

extern "C" void holdfast_step(Model* m, const uint32_t* in, uint32_t* out) {
    m->top.@clock@ = 0;
@drive@    m->top.eval();
@sample@#if VM_TRACE
    if (m->tracing && m->recording) m->trace.dump(m->cycle * 8000);
#endif
    m->top.@clock@ = 1;
    m->top.eval();
#if VM_TRACE
    if (m->tracing && m->recording) m->trace.dump(m->cycle * 8000 + 4000);
#endif
    m->cycle++;
}

extern "C" void holdfast_record(Model* m, int on) {
#if VM_TRACE
    m->recording = on;
#else
    (void)m, (void)on;
#endif
}

extern "C" void holdfast_flush(Model* m) {
#if VM_TRACE
    if (m->tracing) m->trace.flush();
#else
    (void)m;
#endif
}

extern "C" void holdfast_destroy(Model* m) {
#if VM_TRACE
    if (m->tracing) m->trace.close();
#endif
    m->top.final();
    delete m;
}
"#;
