//! One process per wire. rust-hdl prints what a block computes as a single `always @(*)`. To a tool that orders processes and not bits, two blocks that shake hands
//! (valid one way, ready the other) then look like a loop, and a simulator goes around it until nothing changes. So the process is taken apart: each wire gets those statements that
//! assign it, with the conditions around them, and a wire that is assigned once and always becomes an `assign`. What a statement reads of other wires is then their final
//! value; so a kernel that reads a wire and later assigns it again is refused.
use std::collections::{HashMap, HashSet};

const HEAD: &str = "    always @(*) begin";
const TAIL: &str = "    end";

/// What may stand in a process.
#[derive(Debug)]
enum Statement<'a> {
    /// The wire, and the whole line.
    Assign { wire: &'a str, line: &'a str },
    /// `if (…) begin`, `else if (…) begin`, `else begin`, with what follows each.
    If(Vec<(&'a str, Vec<Statement<'a>>)>),
    /// `case (…)`, and the labels.
    Case(&'a str, Vec<(&'a str, Vec<Statement<'a>>)>),
}

/// A module's lines, the process of rust-hdl taken apart.
///
/// # Panics
/// Where the process is not of the form that rust-hdl prints, or reads a wire before its last assignment.
pub(super) fn divided(lines: Vec<String>) -> Vec<String> {
    let Some(head) = lines.iter().position(|line| line == HEAD) else { return lines };
    let length = lines[head..].iter().position(|line| line == TAIL).expect("a process that ends");
    let mut body = lines[head + 1..head + length].iter().map(|line| line.trim()).peekable();
    let statements = block(&mut body);
    assert!(body.peek().is_none(), "a process has more ends than beginnings, at {:?}", body.peek());
    in_order(&statements, &HashSet::new(), lines[0].split('(').next().unwrap_or_default());

    let mut wires = vec![];
    statements.iter().for_each(|statement| statement.wires(&mut wires));
    let mut times: HashMap<&str, usize> = HashMap::new();
    wires.iter().for_each(|wire| *times.entry(wire).or_default() += 1);
    let whole = |statement: &Statement| match statement {
        Statement::Assign { wire, line } if times[wire] == 1 && line.starts_with(&format!("{wire} = ")) => Some((*wire).to_string()),
        _ => None,
    };
    let nets: HashSet<_> = statements.iter().filter_map(whole).collect();

    let mut divided: Vec<_> = lines[..head].iter().map(|line| declared(line, &nets)).collect();
    let mut seen = HashSet::new();
    for wire in wires.into_iter().filter(|wire| seen.insert(*wire)) {
        let mut text = vec![];
        statements.iter().for_each(|statement| statement.print(wire, 2, &mut text));
        if nets.contains(wire) {
            divided.push(format!("    assign {}", text[0].trim()));
        } else {
            divided.push(HEAD.into());
            divided.append(&mut text);
            divided.push(TAIL.into());
        }
    }
    divided.extend_from_slice(&lines[head + length + 1..]);
    divided
}

/// Statements up to the end of the block, which is left to the caller.
fn block<'a>(lines: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>) -> Vec<Statement<'a>> {
    let mut found = vec![];
    while let Some(line) = lines.next_if(|line| *line != "end" && *line != "endcase") {
        found.push(if line.starts_with("if (") {
            let mut branches = vec![(line, ended(lines))];
            while let Some(next) = lines.next_if(|line| line.starts_with("else")) {
                branches.push((next, ended(lines)));
            }
            Statement::If(branches)
        } else if line.starts_with("case (") {
            let mut arms = vec![];
            while let Some(label) = lines.next_if(|line| *line != "endcase") {
                assert!(label.ends_with(':') && lines.next() == Some("begin"), "not a label of a case: {label}");
                arms.push((label, ended(lines)));
            }
            assert_eq!(lines.next(), Some("endcase"));
            Statement::Case(line, arms)
        } else {
            let (left, _) = line.split_once(" = ").filter(|_| line.ends_with(';')).unwrap_or_else(|| panic!("not a statement: {line}"));
            let wire = left.split('[').next().unwrap_or_default();
            assert!(wire.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$'), "not an assignment to a wire: {line}");
            Statement::Assign { wire, line }
        });
    }
    found
}

/// Statements, and the `end` behind them.
fn ended<'a>(lines: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>) -> Vec<Statement<'a>> {
    let found = block(lines);
    assert_eq!(lines.next(), Some("end"));
    found
}

/// Panics where a statement reads what one after it, or one in `after`, assigns; a wire may depend on its own former value.
fn in_order(statements: &[Statement], after: &HashSet<&str>, module: &str) {
    let mut after = after.clone();
    for statement in statements.iter().rev() {
        let own = statement.targets();
        let check = |text: &str, target: Option<&str>, after: &HashSet<&str>| {
            let early = names(text).find(|name| after.contains(name) && target != Some(*name));
            assert!(
                early.is_none(),
                "{module}: `{text}` reads {early:?}, which is assigned again further down: give the two values wires of their own"
            );
        };
        match statement {
            Statement::Assign { wire, line } => check(line, Some(*wire), &after),
            Statement::If(parts) | Statement::Case(_, parts) => {
                // A condition that only decides on its own wire is part of that wire's process.
                let target = own.iter().copied().next().filter(|_| own.len() == 1);
                let later = &after | &own;
                match statement {
                    Statement::Case(head, _) => check(head, target, &later),
                    _ => {
                        for n in 0..parts.len() {
                            let bodies: HashSet<_> = parts[n..].iter().flat_map(|(_, body)| body).flat_map(|part| part.targets()).collect();
                            check(parts[n].0, target, &(&after | &bodies));
                        }
                    }
                }
                parts.iter().for_each(|(_, body)| in_order(body, &after, module));
            }
        }
        after.extend(own);
    }
}

/// The names in a piece of Verilog; a literal like `4'h1` is one word.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || "_$'".contains(c)))
        .filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_'))
}

impl<'a> Statement<'a> {
    fn targets(&self) -> HashSet<&'a str> {
        let mut wires = vec![];
        self.wires(&mut wires);
        wires.into_iter().collect()
    }

    /// The wires that are assigned, in the order of the text, each as often as it is.
    fn wires(&self, into: &mut Vec<&'a str>) {
        match self {
            Self::Assign { wire, .. } => into.push(wire),
            Self::If(parts) | Self::Case(_, parts) => parts.iter().flat_map(|(_, body)| body).for_each(|part| part.wires(into)),
        }
    }

    fn assigns(&self, wanted: &str) -> bool {
        match self {
            Self::Assign { wire, .. } => *wire == wanted,
            Self::If(parts) | Self::Case(_, parts) => parts.iter().flat_map(|(_, body)| body).any(|part| part.assigns(wanted)),
        }
    }

    /// What of the statement assigns `wire`, `depth` steps of four spaces from the left.
    fn print(&self, wire: &str, depth: usize, into: &mut Vec<String>) {
        if !self.assigns(wire) {
            return;
        }
        let indent = |depth: usize| "    ".repeat(depth);
        let reaches = |body: &[Statement]| body.iter().any(|part| part.assigns(wire));
        match self {
            Self::Assign { line, .. } => into.push(indent(depth) + line),
            Self::If(branches) => {
                let last = branches.iter().rposition(|(_, body)| reaches(body)).unwrap_or(0);
                for (head, body) in &branches[..=last] {
                    into.push(indent(depth) + head);
                    body.iter().for_each(|part| part.print(wire, depth + 1, into));
                    into.push(indent(depth) + "end");
                }
            }
            Self::Case(head, arms) => {
                into.push(indent(depth) + head);
                // An arm that does nothing still keeps its value from the default.
                let default = arms.iter().any(|(label, body)| *label == "default:" && reaches(body));
                for (label, body) in arms.iter().filter(|(_, body)| default || reaches(body)) {
                    into.push(format!("{}{label} begin", indent(depth + 1)));
                    body.iter().for_each(|part| part.print(wire, depth + 2, into));
                    into.push(indent(depth + 1) + "end");
                }
                into.push(indent(depth) + "endcase");
            }
        }
    }
}

/// A declaration; what an `assign` drives is a net.
fn declared(line: &str, nets: &HashSet<String>) -> String {
    let name = line.trim_end_matches([',', ';']).rsplit(' ').next().unwrap_or_default();
    let words: Vec<_> = line.split_whitespace().take(2).collect();
    match words[..] {
        ["reg", _] | ["output", "reg"] if nets.contains(name) => line.replacen("reg", "wire", 1),
        _ => line.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wire_gets_the_statements_that_assign_it() {
        let text = "\
m(a, b, x, y);
    input wire [3:0] a;
    input wire  b;
    output reg  [3:0] x;
    output reg  y;
    reg  z;
    reg  w;
    // Update code
    always @(*) begin
        x = a;
        z = b & a[0];
        y = 1'b0;
        w = 1'b0;
        if (b) begin
            y = a == 3;
        end
        else if (z) begin
            w = 1'b1;
            case (a)
                4'h1:
                    begin
                        y = 1'b1;
                    end
                4'h2:
                    begin
                    end
                default:
                    begin
                        w = 1'b0;
                    end
            endcase
        end
        else begin
            w = a == 4;
        end
        p[(32'h0)+:(1)] = b;
    end
endmodule";
        let lines: Vec<String> = text.lines().map(str::to_string).collect();
        let expected = "\
m(a, b, x, y);
    input wire [3:0] a;
    input wire  b;
    output wire  [3:0] x;
    output reg  y;
    wire  z;
    reg  w;
    // Update code
    assign x = a;
    assign z = b & a[0];
    always @(*) begin
        y = 1'b0;
        if (b) begin
            y = a == 3;
        end
        else if (z) begin
            case (a)
                4'h1: begin
                    y = 1'b1;
                end
            endcase
        end
    end
    always @(*) begin
        w = 1'b0;
        if (b) begin
        end
        else if (z) begin
            w = 1'b1;
            case (a)
                4'h1: begin
                end
                4'h2: begin
                end
                default: begin
                    w = 1'b0;
                end
            endcase
        end
        else begin
            w = a == 4;
        end
    end
    always @(*) begin
        p[(32'h0)+:(1)] = b;
    end
endmodule";
        assert_eq!(divided(lines).join("\n"), expected);
    }

    fn process(body: &[&str]) -> Vec<String> {
        [&["m();", HEAD], body, &[TAIL]].concat().into_iter().map(String::from).collect()
    }

    #[test]
    #[should_panic]
    fn a_block_that_does_not_end_is_refused() {
        divided(process(&["        if (b) begin", "            x = 1;"]));
    }

    #[test]
    #[should_panic(expected = "reads Some(\"x\"), which is assigned again")]
    fn a_value_in_between_is_refused() {
        divided(process(&["        x = a;", "        y = x;", "        if (b) begin", "            x = c;", "        end"]));
    }

    #[test]
    fn branches_that_exclude_each_other_are_no_order() {
        let body = ["if (b) begin", "y = x;", "end", "else begin", "x = x ^ c;", "z = d;", "end"];
        assert_eq!(divided(process(&[&["x = a;", "y = 0;", "z = 0;"][..], &body].concat())).iter().filter(|line| *line == HEAD).count(), 3);
    }

    #[test]
    #[should_panic(expected = "not a statement: x <= 1;")]
    fn what_is_not_a_statement_is_refused() {
        divided(process(&["        x <= 1;"]));
    }
}
