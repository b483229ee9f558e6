//! The cross-check of a block against its Verilog: a bench that clocks the block in the rust-hdl simulator, writes down every port of
//! every cycle, and afterwards replays the inputs through Icarus Verilog, comparing every output of every cycle, undefined bits included.
//! The first four cycles belong to the reset and are not compared: before it registers of the Verilog are undefined, as on silicon, and what memories
//! read then takes two cycles more to pass.
use crate::prelude::*;
use crate::{export, lint};
use rust_hdl::core::atom::AtomKind;
use std::process::Command;

/// How often a long random history is repeated: `few` times, or `many` where `HOLDFAST_THOROUGH` is set, as `make thorough` does.
pub fn rounds(few: u64, many: u64) -> std::ops::Range<u64> {
    0..if std::env::var_os("HOLDFAST_THOROUGH").is_some() { many } else { few }
}

/// A block on the bench. Set inputs through `dut`, then [`Bench::cycle`]; [`Bench::finish`] lints and cross-checks.
pub struct Bench<B: Block> {
    pub dut: B,
    name: String,
    clock: fn(&mut B) -> &mut Signal<In, Clock>,
    /// Name, width and role of every signal that is compared.
    signals: Vec<(String, usize, Role)>,
    /// One row of binary digits per cycle, last signal first.
    rows: Vec<String>,
    deep: bool,
    /// Which scopes are cells, in the order in which they are visited. To ask a block for its Verilog takes longer than to simulate it for a clock.
    cells: Vec<bool>,
    finished: bool,
}

impl<B: Block> Bench<B> {
    /// Puts a block on the bench; `clock` picks its clock input.
    pub fn new(name: &str, mut dut: B, clock: fn(&mut B) -> &mut Signal<In, Clock>) -> Self {
        dut.connect_all();
        Self { dut, name: name.into(), clock, signals: vec![], rows: vec![], deep: false, cells: vec![], finished: false }
    }

    /// Compares the outputs of every block inside as well, not only those of the block on the bench.
    pub fn deep(mut self) -> Self {
        self.deep = true;
        self
    }

    /// Lets combinational outputs follow the inputs without a clock edge.
    pub fn settle(&mut self) {
        assert!(simulate(&mut self.dut, 1000), "{}: does not settle", self.name);
    }

    /// One clock cycle. Inputs set before it are sampled at its rising edge; what outputs showed before the edge is recorded.
    pub fn cycle(&mut self) {
        self.settle();
        let mut ports =
            Ports { deep: self.deep, names: self.rows.is_empty(), cells: std::mem::take(&mut self.cells), ..Default::default() };
        self.dut.accept("top", &mut ports);
        ports.values.reverse();
        self.rows.push(ports.values.concat());
        self.cells = ports.cells;
        if ports.names {
            self.signals = ports.signals;
        }
        (self.clock)(&mut self.dut).next = true.into();
        self.settle();
        (self.clock)(&mut self.dut).next = false.into();
        self.settle();
    }

    /// Lints the kernels, replays the recording through Icarus and compares.
    pub fn finish(mut self) {
        self.finished = true;
        let found = lint::findings(&self.name, &self.dut);
        assert!(found.is_empty(), "lint of {}:\n{}", self.name, found.join("\n"));
        let verilog = export::verilog(&self.name, &self.dut);
        self.replay(&verilog);
    }

    fn replay(&self, verilog: &str) {
        assert!(!self.rows.is_empty(), "no cycle was recorded");
        let (mut ports, mut lets, mut sets, mut checks) = (vec![], vec![], vec![], vec![]);
        let mut offset = 0;
        for (port, bits, role) in &self.signals {
            let range = if *bits == 1 { String::new() } else { format!("[{}:0]", bits - 1) };
            let mut seen = format!("\\{port} ");
            match role {
                Role::Input => {
                    lets.push(format!("reg {range} \\{port} ;"));
                    if port != "clock" {
                        sets.push(format!("\\{port} = row[{offset}+:{bits}];"));
                    }
                }
                Role::Output => lets.push(format!("wire {range} \\{port} ;")),
                Role::Inner => {
                    seen = format!("dut.{}", port.split('.').map(|part| format!("\\{part} ")).collect::<Vec<_>>().join("."));
                }
            }
            if *role != Role::Input {
                checks.push(format!(
                    "if (n > 3 && {seen} !== row[{offset}+:{bits}]) begin if (bad < 10) $display(\"cycle %0d {port}: rust-hdl %h, verilog %h\", n, row[{offset}+:{bits}], {seen}); bad = bad + 1; end"
                ));
            }
            if *role != Role::Inner {
                ports.push(format!(".\\{port} (\\{port} )"));
            }
            offset += bits;
        }
        let rows = self.rows.join("\n") + "\n";
        let folder = std::env::temp_dir().join(format!("holdfast-check-{}-{}", self.name, std::process::id()));
        std::fs::create_dir_all(&folder).expect("temporary folder");
        let bench = format!(
            "`define HOLDFAST_CHECK\n{verilog}\nmodule bench;\n{}\n{} dut({});\nreg [{}:0] rows [0:{}]; reg [{}:0] row; integer n, bad;\ninitial begin\n  bad = 0; clock = 0; $readmemb(\"rows.txt\", rows);\n  \
             for (n = 0; n < {}; n = n + 1) begin\n    row = rows[n];\n    {}\n    #1;\n    {}\n    clock = 1; #1; clock = 0; #1;\n  end\n  $display(\"bad %0d\", bad);\nend\nendmodule\n",
            lets.join("\n"), self.name, ports.join(", "), offset - 1, self.rows.len() - 1, offset - 1, self.rows.len(), sets.join("\n    "), checks.join("\n    "),
        );
        std::fs::write(folder.join("bench.v"), bench).expect("bench.v");
        std::fs::write(folder.join("rows.txt"), rows).expect("rows.txt");
        let run = |program: &str, arguments: &[&str]| {
            let out = Command::new(program).args(arguments).current_dir(&folder).output();
            let out =
                out.unwrap_or_else(|e| panic!("{program}: {e}; the cross-checks need Icarus Verilog, `scripts/setup.sh` installs it"));
            (out.status.success(), String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr))
        };
        let (ok, text) = run("iverilog", &["-g2005", "-o", "bench.vvp", "bench.v"]);
        assert!(ok, "{}: iverilog refuses {}:\n{text}", self.name, folder.display());
        let (ok, text) = run("vvp", &["-n", "bench.vvp"]);
        assert!(ok && text.lines().any(|l| l == "bad 0"), "{}: the Verilog disagrees (kept in {}):\n{text}", self.name, folder.display());
        let _ = std::fs::remove_dir_all(&folder);
    }
}

impl<B: Block> Drop for Bench<B> {
    fn drop(&mut self) {
        if !self.finished && !std::thread::panicking() {
            panic!("{}: the bench was not finished, so the Verilog was never compared", self.name);
        }
    }
}

/// What a recorded signal is to the testbench.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Role {
    Input,
    Output,
    /// An output of a block inside; its name is the path to it.
    Inner,
}

/// Collects the ports of the outermost block, and if `deep` the outputs of all kernels below it.
#[derive(Default)]
struct Ports {
    deep: bool,
    names: bool,
    /// Names of the open scopes, and whether each is a cell, whose outputs are seen through its users.
    scopes: Vec<(String, bool)>,
    /// The latter of all scopes, and how many were visited.
    cells: Vec<bool>,
    visited: usize,
    namespace: Vec<String>,
    signals: Vec<(String, usize, Role)>,
    values: Vec<String>,
}

impl Probe for Ports {
    fn visit_start_scope(&mut self, name: &str, node: &dyn Block) {
        if self.names {
            self.cells.push(self.deep && !self.scopes.is_empty() && matches!(node.hdl(), Verilog::Custom(_)));
        }
        let is_cell = self.cells[self.visited];
        self.visited += 1;
        self.scopes.push((name.into(), is_cell));
    }
    fn visit_end_scope(&mut self, _: &str, _: &dyn Block) {
        self.scopes.pop();
    }
    fn visit_start_namespace(&mut self, name: &str, _: &dyn Block) {
        self.namespace.push(name.into());
    }
    fn visit_end_namespace(&mut self, _: &str, _: &dyn Block) {
        self.namespace.pop();
    }
    fn visit_atom(&mut self, name: &str, atom: &dyn Atom) {
        let outermost = self.scopes.len() == 1;
        let role = match (atom.kind(), outermost) {
            (AtomKind::InputParameter, true) => Role::Input,
            (AtomKind::OutputParameter, true) => Role::Output,
            (AtomKind::OutputParameter, false) if self.deep && !self.scopes.last().is_some_and(|s| s.1) => Role::Inner,
            _ => return,
        };
        if self.names {
            let mut port = self.namespace.clone();
            port.push(name.into());
            let mut path: Vec<String> = self.scopes[1..].iter().map(|s| s.0.clone()).collect();
            path.push(port.join("$"));
            self.signals.push((path.join("."), atom.bits(), role));
        }
        self.values.push(binary(atom));
    }
}

/// The value's binary digits, most significant first.
fn binary(atom: &dyn Atom) -> String {
    // What a waveform shows is had faster than a literal; only the latter knows numbers for names, the order of fields, and values of what nobody drives.
    let quick = match (atom.vcd(), false.vcd(), true.vcd()) {
        (VCDValue::Single(value), VCDValue::Single(zero), VCDValue::Single(one)) => {
            (value == zero).then(|| "0".into()).or((value == one).then(|| "1".into()))
        }
        (VCDValue::Vector(values), VCDValue::Single(zero), VCDValue::Single(one)) => {
            values.iter().map(|value| if *value == one { Some('1') } else { (*value == zero).then_some('0') }).collect()
        }
        _ => None,
    };
    quick.unwrap_or_else(|| digits(atom.bits(), &atom.verilog()))
}

/// `bits` binary digits, most significant first. A literal prints as `width'h…`, or `width'b…` where the width is odd and small.
fn digits(bits: usize, literal: &VerilogLiteral) -> String {
    let text = literal.to_string();
    let digits = match text.split_once('\'').map(|(_, value)| value.split_at(1)) {
        Some(("h", hex)) => hex.chars().map(|c| format!("{:04b}", c.to_digit(16).expect("hexadecimal literal"))).collect(),
        Some(("b", digits)) => digits.to_string(),
        _ => panic!("literal {text}"),
    };
    let padded = format!("{digits:0>bits$}");
    padded[padded.len() - bits..].to_string()
}
