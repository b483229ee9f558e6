"""What the registers of the design hold: the `LogicStruct`s and `LogicState`s of the Rust sources as SystemVerilog types.

The exporter prints a struct as one vector, first field in the lowest bits, and an enum as a number of just enough bits. A property file
writes `WindowState s; assign s = dut.s$q;` and then names `s.step`, and a fault writes `{WindowState.step}` for `[(64'h0)+:(3)]`.
"""

import pathlib
import re

DERIVED = re.compile(r"derive\([^)]*(LogicStruct|LogicState)\)\]\s*(?:pub )?(?:struct|enum) (\w+) \{(.*?)\n\}", re.S)
COMMENT = re.compile(r"//[^\n]*")
ALIAS = re.compile(r"^pub type (\w+) = (?:rust_hdl::prelude::)?(Bits<\d+>);", re.M)
# Words of the language that are names of fields here: with an underscore behind.
WORDS = {"task", "bit"}


class Layout:
    def __init__(self, sources):
        self.enums, self.fields, self.aliases = {}, {}, {}
        for path in sorted(pathlib.Path(sources).rglob("*.rs")):
            self.aliases.update(ALIAS.findall(path.read_text()))
            for kind, name, body in DERIVED.findall(path.read_text()):
                parts = [part.strip() for part in COMMENT.sub("", body).split(",") if part.strip()]
                if kind == "LogicState":
                    self.enums[name] = parts
                else:
                    pairs = [part.split(":") for part in parts]
                    self.fields[name] = [(field.replace("pub ", "").strip(), kind.strip()) for field, kind in pairs]

    def width(self, kind):
        if kind == "Bit":
            return 1
        if match := re.fullmatch(r"Bits<(\d+)>", self.aliases.get(kind, kind)):
            return int(match[1])
        if kind in self.enums:
            return max(1, (len(self.enums[kind]) - 1).bit_length())
        if kind in self.fields:
            return sum(self.width(k) for _, k in self.fields[kind])
        raise ValueError(f"no width known for the type {kind}")

    def slice(self, name, field):
        """Where a field stands in its struct, as the exporter prints it."""
        at = 0
        for other, kind in self.fields[name]:
            if other == field:
                return f"[(64'h{at:x})+:({self.width(kind)})]"
            at += self.width(kind)
        raise ValueError(f"{name} has no field {field}")

    def systemverilog(self, names):
        """The types of these names, and constants `Enum_Variant` of the enums in them."""
        text, done = "", set()

        def add(name):
            nonlocal text
            if name in done or name not in self.fields | self.enums:
                return
            done.add(name)
            if name in self.enums:
                width = self.width(name)
                text += "".join(f"`define {name}_{v} {width}'d{i}\n" for i, v in enumerate(self.enums[name]))
                return
            for _, kind in self.fields[name]:
                add(kind)
            # The last field stands highest.
            lines = [f"  logic [{self.width(kind) - 1}:0] {field}{'_' * (field in WORDS)};" for field, kind in reversed(self.fields[name])]
            text += "typedef struct packed {\n" + "\n".join(lines) + f"\n}} {name};\n"

        for name in names:
            add(name)
        return text
