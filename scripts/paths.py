#!/usr/bin/env python3
"""The longest register-to-register paths of a synthesised core, estimated in seconds, before anything is placed.

Reads the netlist (JSON) that `scripts/measure.py --keep FOLDER` leaves. Delays of cells are those that nextpnr reports for an ECP5 of speed grade 6; a route is guessed
from its fan-out, so the figures say which paths to look at and not what the clock will be. One line per pair of blocks, the slowest first; --steps shows the cells of the
first few.
"""
import argparse
import collections
import json
import pathlib
import re
import sys

# Nanoseconds.
CLOCK_TO_OUTPUT = {"TRELLIS_FF": 0.52, "DP16KD": 5.7, "PDPW16KD": 5.7}
LUT, CARRY_IN, CARRY_STEP, CARRY_OUT = 0.24, 0.45, 0.08, 0.44
ROUTES = ((4, 0.75), (12, 0.95), (40, 1.25), (sys.maxsize, 1.8))
# Where a path may end: these inputs only.
CLOCKS = {"CLK", "CLKA", "CLKB", "CLKR", "CLKW", "WCK", "RAD"}


class Netlist:
    def __init__(self, path):
        modules = json.loads(path.read_text())["modules"].values()
        module = max(modules, key=lambda module: len(module["cells"]))
        self.cells = module["cells"]
        self.names, self.drivers, self.fan_out = {}, {}, collections.Counter()
        for name, net in module["netnames"].items():
            for bit in net["bits"]:
                if isinstance(bit, int) and len(name) < len(self.names.get(bit, name + "x")):
                    self.names[bit] = name
        for name, cell in self.cells.items():
            for port, bits in cell["connections"].items():
                for bit in bits:
                    if not isinstance(bit, int):
                        continue
                    if cell["port_directions"][port] == "output":
                        self.drivers[bit] = (cell, port)
                    else:
                        self.fan_out[bit] += 1
        self.arrivals, self.before = {}, {}

    def route(self, bit):
        return next(ns for below, ns in ROUTES if self.fan_out[bit] < below)

    def inputs(self, cell, port):
        """The inputs that this output depends on at once, and how long that takes."""
        kind = cell["type"]
        if kind == "CCU2C":
            halves = "0" if port == "S0" else "01"
            return [(x + half, CARRY_IN) for half in halves for x in "ABCD"] + [("CIN", CARRY_STEP if port == "COUT" else CARRY_OUT)]
        if kind == "TRELLIS_DPR16X4":
            return [("RAD", LUT)]
        return [(name, LUT) for name, direction in cell["port_directions"].items() if direction == "input"]

    def arrival(self, bit):
        """When a bit is there after the clock edge."""
        if bit in self.arrivals:
            return self.arrivals[bit]
        # Of a loop the part that is looked at first.
        self.arrivals[bit], self.before[bit] = 0.0, None
        if bit in self.drivers:
            cell, port = self.drivers[bit]
            latest = CLOCK_TO_OUTPUT.get(cell["type"], 0.0)
            if cell["type"] not in CLOCK_TO_OUTPUT:
                for name, delay in self.inputs(cell, port):
                    for source in cell["connections"].get(name, []):
                        if isinstance(source, int):
                            ns = self.arrival(source) + delay + (0 if name == "CIN" else self.route(source))
                            if ns > latest:
                                latest, self.before[bit] = ns, source
            self.arrivals[bit] = latest
        return self.arrivals[bit]

    def ends(self):
        for name, cell in self.cells.items():
            if cell["type"] in CLOCK_TO_OUTPUT or cell["type"] == "TRELLIS_DPR16X4":
                for port, bits in cell["connections"].items():
                    if cell["port_directions"][port] == "input" and port not in CLOCKS:
                        for bit in bits:
                            if isinstance(bit, int):
                                yield self.arrival(bit) + self.route(bit), f"{name}.{port}", bit

    def path(self, bit):
        steps = [bit]
        while self.before.get(steps[-1]) is not None:
            steps.append(self.before[steps[-1]])
        return steps[::-1]


def block(name):
    """The block that a cell or net belongs to: the first three names of its path, without numbers."""
    return re.sub(r"_TRELLIS.*|\d+", "", ".".join(name.split(".")[1:4]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("netlist", type=pathlib.Path, metavar="BENCH.json")
    parser.add_argument("--paths", type=int, default=30, help="lines (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=0, help="paths of which every cell is shown (default: %(default)s)")
    options = parser.parse_args()
    if not options.netlist.is_file():
        parser.error(f"{options.netlist}: no such file")
    sys.setrecursionlimit(100_000)
    netlist = Netlist(options.netlist)
    seen = set()
    for ns, end, bit in sorted(netlist.ends(), reverse=True):
        steps = netlist.path(bit)
        name = lambda bit: netlist.names.get(bit, "?")
        pair = (block(name(steps[0])), block(end))
        if pair in seen:
            continue
        seen.add(pair)
        print(f"{ns:6.2f} ns, {len(steps) - 1:2} levels: {name(steps[0])} -> {end}")
        if len(seen) <= options.steps:
            for step in steps:
                kind = netlist.drivers[step][0]["type"] if step in netlist.drivers else "input"
                print(f"       {netlist.arrivals[step]:6.2f} ns, fan-out {netlist.fan_out[step]:3}: {kind} {name(step)}")
        if len(seen) >= options.paths:
            break


main()
