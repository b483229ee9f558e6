#!/usr/bin/env python3
"""How the device grows with its tables: exports both profiles with several sizes, has measure.py count each, and writes the tables of docs/src/performance.md.

usage: sizes.py --work FOLDER [--profile NAME] -- HOLDFAST…      HOLDFAST is how the command `holdfast` is called

A size that was measured before is not measured again while its Verilog is the same. Progress goes to standard error.
"""
import argparse
import json
import pathlib
import subprocess
import sys

from performance import ROOT, put, table

# SAs and rules per direction, window. The last is the default.
SIZES = {
    "compact": [(4, 4, 64), (8, 32, 256), (32, 128, 1024), (32, 16, 1024)],
    "pipelined": [(1024, 128, 1024), (1024, 128, 64), (256, 128, 64), (32, 16, 1024)],
}
# How measure.py maps each.
FLOW = {
    "compact": ["--flow", "packed"],
    "pipelined": ["--flow", "nowidelut", "--device", "85k", "--speed", "8", "--freq", "165"],
}


def measured(options, profile, sas, rules, window):
    folder = options.work / f"{profile}-{sas}-{rules}-{window}"
    top = f"holdfast_{profile}"
    verilog, result, known = folder / f"{top}.v", folder / "area.json", folder / "measured.v"
    export = ["verilog", "--profile", profile, "--sas", sas, "--rules", rules, "--window", window, "--out", folder]
    subprocess.run([*options.holdfast, *map(str, export)], check=True, stdout=sys.stderr)
    if not (result.exists() and known.exists() and known.read_text() == verilog.read_text()):
        measure = ["--no-route", *FLOW[profile], "--top", top, "--out", result, verilog]
        subprocess.run([sys.executable, ROOT / "scripts/measure.py", *map(str, measure)], check=True, stdout=sys.stderr)
        known.write_text(verilog.read_text())
    return json.loads(result.read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True, help="where exports and results go")
    parser.add_argument("--profile", action="append", choices=sorted(SIZES), help="(default: both)")
    parser.add_argument("holdfast", nargs="+", help="the command")
    options = parser.parse_args()
    head = ["SAs", "rules", "window", "LUT4 places", "LUT4", "carry cells", "distributed RAM cells", "flip-flops", "block RAM (18 kbit)"]
    for profile in options.profile or SIZES:
        rows = []
        for sas, rules, window in SIZES[profile]:
            area = measured(options, profile, sas, rules, window)
            rows.append([sas, rules, window] + [f"{area[what]:,}" for what in ("places", "lut4", "ccu2c", "dpr16", "ff", "bram")])
        put(ROOT / "docs/src/performance.md", table(head, rows), "sizes" if profile == "compact" else f"{profile}-sizes")


main()
