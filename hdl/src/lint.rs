//! The kernel lint: finds arithmetic that the simulator and the emitted Verilog read differently. A kernel is simulated as Rust, whose
//! `Bits<N>` wrap at N bits, but printed from an untyped tree, whose widths are Verilog's. Every block's test runs this.
use crate::prelude::*;
use rust_hdl::core::ast::{
    Verilog, VerilogBlockOrConditional as Else, VerilogExpression as E, VerilogOp as Op, VerilogOpUnary as Unary, VerilogStatement as S,
};
use std::collections::BTreeMap;

/// Findings in a block and everything below it, one line each: path, then what is wrong.
pub fn findings<B: Block>(name: &str, block: &B) -> Vec<String> {
    let mut lint = Lint::default();
    block.accept(name, &mut lint);
    lint.found
}

/// Words of Verilog and SystemVerilog that rust-hdl would happily use as names.
const RESERVED: &[&str] = &[
    "always",
    "and",
    "assert",
    "assume",
    "before",
    "begin",
    "bind",
    "bit",
    "break",
    "buf",
    "byte",
    "case",
    "cell",
    "checker",
    "class",
    "clocking",
    "config",
    "const",
    "context",
    "continue",
    "cover",
    "default",
    "design",
    "disable",
    "do",
    "edge",
    "else",
    "end",
    "event",
    "expect",
    "export",
    "extends",
    "extern",
    "final",
    "first_match",
    "for",
    "force",
    "forever",
    "fork",
    "forkjoin",
    "function",
    "generate",
    "global",
    "iff",
    "import",
    "initial",
    "inout",
    "input",
    "inside",
    "instance",
    "int",
    "integer",
    "interface",
    "intersect",
    "join",
    "large",
    "let",
    "library",
    "local",
    "logic",
    "longint",
    "matches",
    "medium",
    "module",
    "nand",
    "new",
    "nexttime",
    "nor",
    "not",
    "null",
    "or",
    "output",
    "package",
    "packed",
    "parameter",
    "posedge",
    "priority",
    "program",
    "property",
    "protected",
    "pure",
    "rand",
    "real",
    "ref",
    "reg",
    "reject_on",
    "release",
    "repeat",
    "restrict",
    "return",
    "scalared",
    "mailbox",
    "process",
    "semaphore",
    "sequence",
    "signed",
    "small",
    "solve",
    "specify",
    "static",
    "string",
    "strong",
    "struct",
    "super",
    "table",
    "tagged",
    "task",
    "this",
    "throughout",
    "time",
    "type",
    "typedef",
    "union",
    "unique",
    "unsigned",
    "until",
    "use",
    "var",
    "vectored",
    "virtual",
    "void",
    "wait",
    "weak",
    "while",
    "wildcard",
    "wire",
    "with",
    "within",
    "wor",
    "xnor",
    "xor",
];

#[derive(Default)]
struct Lint {
    path: Vec<String>,
    enums: BTreeMap<String, Vec<String>>,
    locals: Vec<Vec<String>>,
    found: Vec<String>,
}

impl Probe for Lint {
    fn visit_start_scope(&mut self, name: &str, node: &dyn Block) {
        self.path.push(name.into());
        self.locals.push(vec![]);
        self.name(name);
        if let Verilog::Combinatorial(block) = node.hdl() {
            self.block(&block);
        }
    }
    fn visit_end_scope(&mut self, _: &str, node: &dyn Block) {
        let locals = self.locals.pop().unwrap_or_default();
        if let Verilog::Combinatorial(block) = node.hdl() {
            let mut order = Order { locals, assigned: vec![], late: vec![] };
            order.block(&block);
            for name in order.late {
                self.note(format!("local `{name}` is read above its first assignment: Verilog would see the old value"));
            }
        }
        self.path.pop();
    }
    fn visit_start_namespace(&mut self, name: &str, _: &dyn Block) {
        self.name(name);
    }
    fn visit_end_namespace(&mut self, _: &str, _: &dyn Block) {}
    fn visit_atom(&mut self, name: &str, atom: &dyn Atom) {
        self.name(name);
        self.descriptor(&atom.descriptor());
        if atom.kind() == rust_hdl::core::atom::AtomKind::LocalSignal {
            if let Some(locals) = self.locals.last_mut() {
                locals.push(name.to_string());
            }
        }
    }
}

impl Lint {
    fn note(&mut self, what: String) {
        let place = self.path.join(".");
        self.found.push(format!("{place}: {what}"));
    }
    fn name(&mut self, name: &str) {
        if RESERVED.contains(&name) {
            self.note(format!("`{name}` is a Verilog word"));
        }
    }
    fn descriptor(&mut self, d: &TypeDescriptor) {
        match &d.kind {
            TypeKind::Enum(variants) => {
                let seen = self.enums.entry(d.name.clone()).or_insert_with(|| variants.clone()).clone();
                if &seen != variants {
                    self.note(format!("two enums are named {}", d.name));
                }
            }
            TypeKind::Composite(fields) => fields.iter().for_each(|f| self.descriptor(&f.kind)),
            _ => {}
        }
    }
    fn block(&mut self, block: &[S]) {
        block.iter().for_each(|s| self.statement(s));
    }
    fn statement(&mut self, s: &S) {
        match s {
            S::Assignment(_, e) => self.expression(e),
            S::SliceAssignment { offset, replacement, .. } => {
                self.expression(offset);
                self.expression(replacement);
            }
            S::If(c) => {
                self.expression(&c.test);
                self.block(&c.then);
                match &c.otherwise {
                    Else::Block(b) => self.block(b),
                    Else::Conditional(s) => self.statement(s),
                    Else::None => {}
                }
            }
            S::Match(m) => {
                self.expression(&m.test);
                m.cases.iter().for_each(|c| self.block(&c.block));
            }
            S::Loop(l) => self.block(&l.block),
            S::Macro(b) => self.block(b),
            _ => {}
        }
    }
    fn expression(&mut self, e: &E) {
        match e {
            E::Signal(s) => {
                if s.contains('(') || s.starts_with("Self") {
                    self.note(format!("`{s}` is not a wire"));
                }
            }
            E::Binary(l, op, r) => {
                for side in [l, r] {
                    if let E::Binary(_, inner, _) = &**side {
                        if compares(op) != compares(inner) && (compares(inner) || bitwise(inner)) {
                            self.note(format!("unbracketed {inner:?} beside {op:?}"));
                        }
                    }
                }
                if compares(op) && (grows(l) || grows(r)) {
                    self.note(format!("{op:?} on an unsized sum, shift or complement"));
                }
                if matches!(op, Op::Shr) && grows(l) {
                    self.note("right shift of an unsized sum, shift or complement".into());
                }
                self.expression(l);
                self.expression(r);
            }
            E::Cast(e, _) => {
                if grows(e) {
                    self.note("bit_cast of an unsized sum, shift or complement".into());
                }
                self.expression(e);
            }
            E::Slice(e, _, o) | E::Index(e, o) => {
                if !matches!(**e, E::Signal(_)) {
                    self.note("slice or bit of an expression".into());
                }
                self.expression(o);
            }
            E::Paren(e) | E::Unary(_, e) | E::Signed(e) | E::Unsigned(e) => self.expression(e),
            _ => {}
        }
    }
}

/// Walks a kernel in text order and notes locals that are read before anything was assigned to them.
struct Order {
    locals: Vec<String>,
    assigned: Vec<String>,
    late: Vec<String>,
}

impl Order {
    /// `self.x.val()` and `self.x.next` reach the tree as `x` and `x$next` or `x.next`; indexes and fields follow.
    fn base(name: &str) -> &str {
        name.trim_start_matches('.').split(['.', '$', '[']).next().unwrap_or_default()
    }
    fn block(&mut self, block: &[S]) {
        block.iter().for_each(|s| self.statement(s));
    }
    fn statement(&mut self, s: &S) {
        match s {
            S::Assignment(l, e) => {
                self.read(e);
                self.write(l);
            }
            S::SliceAssignment { base, offset, replacement, .. } => {
                self.read(offset);
                self.read(replacement);
                self.write(base);
            }
            S::If(c) => {
                self.read(&c.test);
                self.block(&c.then);
                match &c.otherwise {
                    Else::Block(b) => self.block(b),
                    Else::Conditional(s) => self.statement(s),
                    Else::None => {}
                }
            }
            S::Match(m) => {
                self.read(&m.test);
                m.cases.iter().for_each(|c| self.block(&c.block));
            }
            S::Loop(l) => self.block(&l.block),
            S::Macro(b) => self.block(b),
            _ => {}
        }
    }
    fn write(&mut self, e: &E) {
        match e {
            E::Signal(s) => self.assigned.push(Self::base(s).to_string()),
            E::Paren(e) | E::Slice(e, _, _) | E::Index(e, _) => self.write(e),
            _ => {}
        }
    }
    fn read(&mut self, e: &E) {
        match e {
            E::Signal(s) => {
                let name = Self::base(s).to_string();
                if self.locals.contains(&name) && !self.assigned.contains(&name) && !self.late.contains(&name) {
                    self.late.push(name);
                }
            }
            E::Binary(l, _, r) => {
                self.read(l);
                self.read(r);
            }
            E::Slice(e, _, o) | E::Index(e, o) => {
                self.read(e);
                self.read(o);
            }
            E::Cast(e, _) | E::Paren(e) | E::Unary(_, e) | E::Signed(e) | E::Unsigned(e) => self.read(e),
            _ => {}
        }
    }
}

fn compares(o: &Op) -> bool {
    matches!(o, Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge)
}
fn bitwise(o: &Op) -> bool {
    matches!(o, Op::BitAnd | Op::BitOr | Op::BitXor)
}
fn grows(e: &E) -> bool {
    match e {
        E::Paren(e) => grows(e),
        E::Binary(l, o, r) => matches!(o, Op::Add | Op::Sub | Op::Mul | Op::Shl) || (!compares(o) && (grows(l) || grows(r))),
        // A complement grows where it is compared or widened; of a single bit it does too, but `!bit` is only ever used as a condition.
        E::Unary(u, e) => matches!(u, Unary::Not | Unary::Neg) && !matches!(**e, E::Paren(ref p) if boolean(p)),
        _ => false,
    }
}
fn boolean(e: &E) -> bool {
    match e {
        E::Binary(_, o, _) => compares(o),
        E::Paren(e) => boolean(e),
        _ => false,
    }
}
