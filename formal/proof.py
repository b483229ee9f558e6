"""One property file: what it says about itself, the models made of it, and the solver's answers.

The head of a property file, lines of `//: word rest`:

    block NAME            the module of the export the file is about; in the property module it is the instance `dut` (more lines: others it uses)
    keep NAME …           only these instances of the block are taken as they are, of the others the outputs are anything; unless told, all are taken
    types NAME …          the LogicStructs and LogicStates it names
    splice FILE A=B …     puts that text, B for every A, where a line "`splice" stands: properties that several files use
    watched N             words followed in each memory, 1 unless told; see netlist.memory
    steps N               states in a row the induction looks at, 1 unless told; 0: the block has no state, so that one step is everything
    bounded N             instead: what the file is about ends after N states; these, from the first on, are everything
    depth N               steps of the scenario, the part under `ifdef SCENARIO`: inputs at fixed times, where it is shown that the assumptions can be
                          met and that faults are found
    property LABEL text   the assert of that label, and those of LABEL__something; all other asserts are steps towards them
    cover LABEL text      what the scenario reaches
    state LABEL text      a situation that the induction must not exclude: with the assert of that label, the part under `ifdef LABEL`, the proof must fail, in that assert
    fault LABEL OLD ==> NEW            a deliberate fault that the property must find: a text of the block, replaced
    fault LABEL in MODULE: OLD ==> NEW the same in another module; `{Struct.field}` stands for the field's bits, and ` ;; ` between two replacements
"""

import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
HEAD = re.compile(r"^//: (\w+)\s+(.*?)\s*$", re.M)
# Steps of a scenario from which on a run takes longer than an induction.
LONG = 60
FIELD = re.compile(r"\{(\w+)\.(\w+)\}")


@dataclasses.dataclass
class Fault:
    label: str
    module: str
    edits: list


class Proof:
    def __init__(self, path, layout, netlist, out):
        self.name, self.source, self.layout, self.netlist = path.stem, path.read_text(), layout, netlist
        self.out = out / self.name
        self.out.mkdir(parents=True, exist_ok=True)
        head = {}
        for word, rest in HEAD.findall(self.source):
            head.setdefault(word, []).append(rest)
        self.blocks = head["block"]
        self.keep = " ".join(head.get("keep", [])).split()
        self.types = " ".join(head.get("types", [])).split()
        self.watched, self.steps, self.bounded = (int(head.get(k, [d])[0]) for k, d in (("watched", 1), ("steps", 1), ("bounded", 0)))
        self.depth = int(head.get("depth", [self.bounded])[0])
        self.properties = dict(line.split(maxsplit=1) for line in head["property"])
        self.covers = dict(line.split(maxsplit=1) for line in head.get("cover", []))
        self.states = dict(line.split(maxsplit=1) for line in head.get("state", []))
        self.faults = [self.fault(line) for line in head.get("fault", [])]
        self.splices = [line.split() for line in head.get("splice", [])]
        unknown = {f.label for f in self.faults} - set(self.properties)
        without = set(self.properties) - {f.label for f in self.faults}
        if unknown or without:
            raise ValueError(f"{path.name}: faults of no property {sorted(unknown)}, properties without fault {sorted(without)}")

    def fault(self, line):
        label, rest = line.split(maxsplit=1)
        module = self.blocks[0]
        if match := re.match(r"in (\S+): ", rest):
            module, rest = match[1], rest[match.end() :]
        rest = FIELD.sub(lambda m: self.layout.slice(m[1], m[2]), rest)
        edits = [[part.strip() for part in edit.split("==>")] for edit in rest.split(" ;; ")]
        return Fault(label, module, edits)

    def spliced(self):
        text = self.source
        for file, *words in self.splices:
            part = (HERE / file).read_text()
            for old, new in (word.split("=") for word in words):
                part = part.replace(old, new)
            text = text.replace("`splice\n", part, 1)
        return text

    def model(self, name, netlist=None, scenario=False, only=None, state=None):
        """The SMT-LIB text of the block and its properties, of all or of `only` one."""
        netlist = netlist or self.netlist
        if self.keep:
            netlist = netlist.kept(self.blocks[0], self.keep)
        design = {m: netlist.text(m, self.watched) for b in self.blocks for m in netlist.below(b)}
        body, wires = netlist.peeked(self.blocks[0], re.sub(r"//[^\n]*", "", self.spliced()), self.watched)
        ports = body.index(");", body.index("module proof(")) + 2
        files = [self.out / f"{name}{end}" for end in (".v", ".sv", ".ys", ".smt2")]
        files[0].write_text("".join(design.values()))
        files[1].write_text(self.layout.systemverilog(self.types) + body[:ports] + "\n" + wires + body[ports:])
        defines = "-DSCENARIO " if scenario else f"-D{state} " if state else ""
        script = f"read_verilog -formal {files[0]}\nread_verilog -sv -formal -I {HERE} {defines}{files[1]}\nprep -flatten -top proof\nmemory_map\nopt_clean\n"
        script += "select -assert-none proof/a:hierconn\nasync2sync\ndffunmap\nopt_clean\nsetundef -undriven -anyseq\n"
        if only:
            script += f"select -set kept proof/t:$assert proof/{only} proof/{only}__* %u %i\ndelete proof/t:$assert @kept %d\ndelete proof/t:$cover\nopt_clean -purge\n"
        files[2].write_text(script + f"write_smt2 -wires {files[3]}\n")
        run = subprocess.run(["yosys", "-q", files[2]], capture_output=True, text=True)
        if run.returncode:
            raise RuntimeError(f"yosys {files[2]}:\n{run.stdout}{run.stderr}")
        return files[3]

    def ask(self, model, *options, seconds=1800, trace=False):
        """What yosys-smtbmc says: "PASSED", "FAILED" or "TIMEOUT"; its text; seconds taken. With `trace` a run that breaks an assert is written beside the model."""
        # The solver is a package of the Python that runs this, and yosys-smtbmc looks for its command.
        path = f"{HERE / 'solver'}:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
        dump = ["--dump-vcd", model.with_suffix(".vcd")] if trace else []
        command = ["yosys-smtbmc", "-s", "bitwuzla", "--noprogress", *dump, *options, model]
        begin = time.monotonic()
        try:
            run = subprocess.run(command, capture_output=True, text=True, timeout=seconds, env=os.environ | {"PATH": path})
        except subprocess.TimeoutExpired:
            return "TIMEOUT", "", time.monotonic() - begin
        text = run.stdout + run.stderr
        answer = "PASSED" if "Status: PASSED" in text else "FAILED" if "Status: FAILED" in text else None
        if answer is None:
            raise RuntimeError(f"{' '.join(map(str, command))}:\n{text}")
        return answer, text, time.monotonic() - begin

    def prove(self, model, trace=False):
        """Whether the asserts hold in the first states, and in every state after ones where they do."""
        if self.steps == 0 or self.bounded:
            return self.ask(model, "-t", str(self.bounded or 1), trace=trace)
        answer, text, first = self.ask(model, "-t", str(self.steps + 1), trace=trace)
        if answer != "PASSED":
            return answer, text, first
        answer, text, then = self.ask(model, "-i", "-t", str(self.steps), trace=trace)
        return answer, text, first + then

    def by(self):
        """What kind of proof it is."""
        return f"all {self.bounded} steps" if self.bounded else f"{self.steps}-induction" if self.steps else "SAT"

    def properties_proven(self):
        model = self.model("all")
        labels = re.findall(r"^; yosys-smt2-assert \d+ (\S+)", model.read_text(), re.M)
        missing = [p for p in self.properties if not any(a == p or a.startswith(p + "__") for a in labels)]
        if missing:
            raise ValueError(f"{self.name}: no assert {missing}; there are {labels}")
        answer, text, seconds = self.prove(model, trace=True)
        failed = re.findall(r"Assert failed in proof: (\S+)", text)
        return {"answer": answer, "failed": failed, "asserts": len(labels), "seconds": round(seconds, 1), "model": str(model)}

    def covers_reached(self):
        if not self.covers:
            return self.states_possible()
        answer, text, seconds = self.ask(self.model("scenario", scenario=True), "-c", "-t", str(self.depth))
        reached = re.findall(r"Reached cover statement at (\S+) in step", text)
        return {"answer": answer, "missed": sorted(set(self.covers) - set(reached)), "seconds": round(seconds, 1)}

    def states_possible(self):
        """Whether the situations of the head are within what the induction looks at."""
        missed, total = [], 0
        for state in self.states:
            answer, text, seconds = self.ask(self.model(f"state_{state}", state=state), "-i", "-t", str(self.steps))
            total += seconds
            if re.findall(r"Assert failed in proof: (\S+)", text) != [state]:
                missed.append(state)
        return {"answer": "FAILED" if missed else "PASSED", "missed": missed, "seconds": round(total, 1)}

    def faulty(self, fault):
        """The design with a fault put in; an error where the text to be changed does not stand there."""
        netlist = self.netlist
        for old, new in fault.edits:
            netlist = netlist.with_fault(fault.module, old, new)
        return netlist

    def faults_apply(self):
        for fault in self.faults:
            self.faulty(fault)

    def fault_found(self, number):
        """How a fault is found: by a run (or an input) that breaks this very property, or because the induction of the file no longer holds; where runs are long, the other way round."""
        fault = self.faults[number]
        faulty = self.faulty(fault)

        def run():
            model = self.model(f"fault{number}", faulty, scenario=self.depth > 0, only=fault.label)
            depth = max(self.depth, 1)
            answer, _, seconds = self.ask(model, "-t", f"0:{depth}:{depth}", seconds=300)
            return ("run" if self.steps else "input") if answer == "FAILED" else None, seconds

        def induction():
            if not self.steps or self.bounded:
                return None, 0
            answer, _, seconds = self.prove(self.model(f"fault{number}", faulty))
            return "induction" if answer == "FAILED" else None, seconds

        how, seconds = None, 0
        for search in (run, induction) if self.depth < LONG else (induction, run):
            if not how:
                how, more = search()
                seconds += more
        return {"property": fault.label, "fault": " ;; ".join(" ==> ".join(edit) for edit in fault.edits), "found": how, "seconds": round(seconds, 1)}
