"""The exported Verilog as text, cut into modules: what a proof sees of it, and deliberate faults."""

import re

MODULE = re.compile(r"^module ([\w$]+)\(.*?^endmodule\n", re.S | re.M)
SIGNAL = re.compile(r"^\s*(?:\(\* \w+ \*\) )?(?:input |output )?(?:wire|reg)\s+(?:\[(\d+):0\]\s+)?([\w$]+);", re.M)
INSTANCE = re.compile(r"^\s*([\w$]+) ([\w$]+)\(\n", re.M)
MEMORY = re.compile(r"\(\* no_rw_check[^*]* \*\) reg \[(\d+):0\] contents \[0:(\d+)\];")
SLOTS = re.compile(r"\(\* ram_style = \"distributed\" \*\) reg \[(\d+):0\] contents \[0:(\d+)\];")
PEEK = re.compile(r"\bdut\.([\w$.]+[\w$])")
CONDITION = re.compile(r"\s*if \(.*\) begin\s*$")


class Netlist:
    def __init__(self, text):
        self.modules = {m[1]: m[0] for m in MODULE.finditer(text)}

    def with_fault(self, module, old, new):
        """The same with one text replaced in one module, in which it must stand once; but a condition is printed in the process of each wire that it decides on, and replaced in all of them."""
        found = self.modules[module].count(old)
        if found == 0 or (found > 1 and not CONDITION.match(old)):
            raise ValueError(f"fault: {module} has {found} times, not once: {old}")
        other = Netlist("")
        other.modules = self.modules | {module: self.modules[module].replace(old, new)}
        return other

    def kept(self, module, keep):
        """The same with only some of a module's instances: the outputs of all others are anything at any time."""
        text, stubs = self.modules[module], {}

        def instance(match):
            if match[2] in keep:
                return match[0]
            stubs["free$" + match[1]] = free("free$" + match[1], self.modules[match[1]])
            return match[0].replace(match[1], "free$" + match[1], 1)

        other = Netlist("")
        other.modules = self.modules | {module: INSTANCE.sub(instance, text)} | stubs
        missing = set(keep) - {m[2] for m in INSTANCE.finditer(text)}
        if missing:
            raise ValueError(f"{module} has no instance {sorted(missing)}")
        return other

    def below(self, top):
        """The names of a module and of all it contains."""
        names, todo = [], [top]
        while todo:
            name = todo.pop()
            if name in self.modules and name not in names:
                names.append(name)
                todo += [m[1] for m in INSTANCE.finditer(self.modules[name])]
        return names

    def text(self, name, watched):
        """A module; if it is a memory, one of which only some words are followed, see `memory`; if it is one of a few words that answers at once
        (hdl/src/cell/slots.rs), as it is, and each word has a name, `word0` and so on."""
        if match := MEMORY.search(self.modules[name]):
            return memory(name, int(match[1]) + 1, int(match[2]) + 1, watched)
        if match := SLOTS.search(self.modules[name]):
            words = "".join(f"wire [{match[1]}:0] word{i};\nassign word{i} = contents[{i}];\n" for i in range(int(match[2]) + 1))
            return self.modules[name].replace("endmodule\n", words + "endmodule\n")
        return self.modules[name]

    def width(self, top, path, watched):
        """Bits of a signal inside a module, by its path of instances."""
        *instances, signal = path.split(".")
        module = top
        for instance in instances:
            of = {m[2]: m[1] for m in INSTANCE.finditer(self.modules[module])}
            if instance not in of:
                raise ValueError(f"dut.{path}: no instance {instance}")
            module = of[instance]
        for match in SIGNAL.finditer(self.text(module, watched)):
            if match[2] == signal:
                return int(match[1] or 0) + 1
        raise ValueError(f"dut.{path}: no such signal")

    def peeked(self, top, property_text, watched):
        """Property text in which `dut.a.b` may be written for a signal inside: Yosys joins the names when it flattens."""
        paths = sorted(set(PEEK.findall(property_text)))
        wires = "".join(f"(* hierconn *) wire [{self.width(top, p, watched) - 1}:0] \\dut.{p} ;\n" for p in paths)
        return PEEK.sub(lambda m: f"\\dut.{m[1]} ", property_text), wires


def free(name, text):
    """A module with the ports of another and outputs that are anything."""
    ports = re.search(r"\(.*?\);", text)[0]
    body = "".join(m[0] + "\n" for m in re.finditer(r"^\s*input wire .*?;", text, re.M))
    for wide, port in re.findall(r"^\s*output (?:reg|wire)\s+(\[\d+:0\])?\s*([\w$]+);", text, re.M):
        body += f"output wire {wide} {port};\n(* anyseq *) wire {wide} any${port};\nassign {port} = any${port};\n"
    return f"module {name}{ports}\n{body}endmodule\n"


def memory(name, bits, words, watched):
    """A memory of which `watched` words are followed, at addresses that a proof may choose. All other words read as anything at any time, and
    so does a word that is being written: what is proven holds for every memory that keeps what was written."""
    a = (words - 1).bit_length() - 1
    d = bits - 1
    text = f"module {name}(clock,write,write_address,write_data,read_address,read_data);\n"
    text += f"input wire clock;\ninput wire write;\ninput wire [{a}:0] write_address;\ninput wire [{d}:0] write_data;\n"
    text += f"input wire [{a}:0] read_address;\noutput reg [{d}:0] read_data;\n(* anyseq *) wire [{d}:0] anything;\n"
    for i in range(watched):
        text += f"(* anyconst *) wire [{a}:0] place{i};\nreg [{d}:0] word{i};\n"
        text += f"always @(posedge clock) if (write && write_address == place{i}) word{i} <= write_data;\n"
    text += "always @(posedge clock)\n  read_data <= write && write_address == read_address ? anything :\n"
    text += "".join(f"    read_address == place{i} ? word{i} :\n" for i in range(watched))
    return text + "    anything;\nendmodule\n"
