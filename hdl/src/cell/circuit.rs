//! A circuit that is one list of gates over bit planes: the simulator runs the list, the Verilog prints the list, so the two cannot differ.
//! Made for bit-sliced S-boxes, where one gate of the list works on all bytes at once.
use crate::cell::{row, Lanes, Planes};
use crate::prelude::*;
use std::collections::HashMap;

/// The planes of [`Planes`], and the bits of each.
const PLANES: usize = 8;
const WIDTH: usize = 4;
const MASK: u32 = (1 << WIDTH) - 1;

/// A plane computed by a gate of the list, by its position.
pub type Net = usize;

/// A gate on whole planes. Operands stand earlier in the list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Gate {
    /// Plane `.1` of input `.0`.
    Input(usize, usize),
    Constant(u32),
    Xor(Net, Net),
    And(Net, Net),
    /// Bit i of the plane is bit `.1[i]` of plane `.0`, or zero.
    Wires(Net, [Option<u8>; WIDTH]),
}

/// A list of gates with its outputs. Equal gates are entered once.
#[derive(Clone, Debug, Default)]
pub struct Program {
    gates: Vec<Gate>,
    known: HashMap<Gate, Net>,
    outputs: Vec<[Net; PLANES]>,
    /// For each gate of kind `Wires` its table, so that a permutation costs one look-up.
    tables: Vec<[u32; 1 << WIDTH]>,
}

impl Program {
    fn push(&mut self, gate: Gate) -> Net {
        if let Some(&net) = self.known.get(&gate) {
            return net;
        }
        let table = match &gate {
            Gate::Wires(_, from) => std::array::from_fn(|plane| {
                from.iter().enumerate().fold(0, |out, (i, from)| out | from.map_or(0, |b| (plane as u32 >> b & 1) << i))
            }),
            _ => Default::default(),
        };
        self.known.insert(gate.clone(), self.gates.len());
        self.gates.push(gate);
        self.tables.push(table);
        self.gates.len() - 1
    }
    pub fn input(&mut self, port: usize) -> [Net; PLANES] {
        std::array::from_fn(|plane| self.push(Gate::Input(port, plane)))
    }
    pub fn constant(&mut self, value: u32) -> Net {
        self.push(Gate::Constant(value & MASK))
    }
    pub fn xor(&mut self, a: Net, b: Net) -> Net {
        self.push(Gate::Xor(a.min(b), a.max(b)))
    }
    pub fn and(&mut self, a: Net, b: Net) -> Net {
        self.push(Gate::And(a.min(b), a.max(b)))
    }
    pub fn wires(&mut self, a: Net, from: impl Fn(usize) -> Option<usize>) -> Net {
        self.push(Gate::Wires(a, std::array::from_fn(|i| from(i).map(|b| b as u8))))
    }
    /// The sum of some planes; zero of none.
    pub fn sum(&mut self, nets: &[Net]) -> Net {
        match nets.split_first() {
            None => self.constant(0),
            Some((&first, rest)) => rest.iter().fold(first, |sum, &net| self.xor(sum, net)),
        }
    }
    /// The linear map whose output bit i is the sum of the planes that row i selects.
    pub fn linear<const N: usize>(&mut self, rows: [u8; N], x: &[Net]) -> [Net; N] {
        rows.map(|r| {
            let picked: Vec<_> = (0..x.len()).filter(|j| r >> j & 1 == 1).map(|j| x[j]).collect();
            self.sum(&picked)
        })
    }
    pub fn output(&mut self, planes: [Net; PLANES]) {
        self.outputs.push(planes);
    }

    fn run(&self, x: &[Planes], value: &mut Vec<u32>) {
        value.clear();
        for (gate, table) in self.gates.iter().zip(&self.tables) {
            let plane = match gate {
                Gate::Input(port, plane) => x[*port].0[*plane],
                Gate::Constant(v) => *v,
                Gate::Xor(a, b) => value[*a] ^ value[*b],
                Gate::And(a, b) => value[*a] & value[*b],
                Gate::Wires(a, _) => table[value[*a] as usize],
            };
            value.push(plane);
        }
    }

    fn verilog(&self) -> String {
        let range = format!("[{}:0]", WIDTH - 1);
        let mut text = String::new();
        for (n, gate) in self.gates.iter().enumerate() {
            let value = match gate {
                Gate::Input(port, plane) => format!("x${port}[{}:{}]", WIDTH * plane + WIDTH - 1, WIDTH * plane),
                Gate::Constant(v) => format!("{WIDTH}'h{v:x}"),
                Gate::Xor(a, b) => format!("n{a} ^ n{b}"),
                Gate::And(a, b) => format!("n{a} & n{b}"),
                Gate::Wires(a, from) => {
                    let bits: Vec<_> = from.iter().rev().map(|b| b.map_or("1'b0".into(), |b| format!("n{a}[{b}]"))).collect();
                    format!("{{{}}}", bits.join(", "))
                }
            };
            text += &format!("wire {range} n{n} = {value};\n");
        }
        for (i, planes) in self.outputs.iter().enumerate() {
            let nets: Vec<_> = planes.iter().rev().map(|n| format!("n{n}")).collect();
            text += &format!("always @(*) y${i} = {{{}}};\n", nets.join(", "));
        }
        text
    }
}

/// A [`Program`] as a block: `I` inputs, `O` outputs. Combinational.
#[derive(Clone, Debug, LogicBlock, Ports)]
pub struct Circuit<const I: usize, const O: usize> {
    pub x: [Signal<In, Planes>; I],
    pub y: [Signal<Out, Planes>; O],
    _program: Program,
    _values: Vec<u32>,
    _last: Option<[Planes; I]>,
}

impl<const I: usize, const O: usize> Circuit<I, O> {
    pub fn new(program: Program) -> Self {
        assert_eq!(program.outputs.len(), O, "outputs of the circuit and of its list");
        Self { x: row(), y: row(), _program: program, _values: vec![], _last: None }
    }
}

impl<const I: usize, const O: usize> Logic for Circuit<I, O> {
    fn update(&mut self) {
        let now = std::array::from_fn(|i| self.x[i].val());
        if self._last.as_ref() == Some(&now) {
            return; // the outputs still hold what these inputs give
        }
        self._program.run(&now, &mut self._values);
        for (y, planes) in self.y.iter_mut().zip(&self._program.outputs) {
            y.next = Lanes(planes.map(|n| self._values[n]));
        }
        self._last = Some(now);
    }
    fn connect(&mut self) {
        for y in &mut self.y {
            y.connect();
        }
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom(self._program.verilog())
    }
}
