#!/usr/bin/env python3
"""Area, clock and throughput of the AES-GCM core of the profile `pipelined`, alone.

The clocks per packet are counted in simulation, in a test that checks every byte and every tag; the same test run writes the Verilog. Area and clock come from
measure.py: the core between shift registers that are not counted. Throughput is the product, bits of text per clock times clocks per second.

usage: core.py [--seeds N] [--minutes M] [--memory-rounds N ...] [--work FOLDER] [--no-route] [--docs]
--memory-rounds: rounds whose S-boxes are block RAM; 27 is all of them with the key schedule's. With --docs the table goes into docs/src/performance.md.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

from performance import ROOT, put, table

SIZES = (64, 1500)


def simulate(folder):
    """Runs the tests that count clocks and write the Verilog; returns bits per clock by size of text."""
    command = [os.environ.get("CARGO", "cargo"), "test", "-p", "holdfast-hdl", "--lib", "pipelined::tests::", "--", "verilog_of", "a_packet"]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "HOLDFAST_PIPELINE": str(folder)}, stdout=sys.stderr)
    rows = json.loads((folder / "cycles.json").read_text())
    return {row["bytes"]: 8 * row["bytes"] * row["packets"] / row["clocks"] for row in rows}


def measure(options, rounds, folder):
    """The report of measure.py for one variant; an old one is used if the Verilog is older still."""
    verilog, report = folder / f"pipeline_{rounds}.v", folder / f"area_{rounds}.json"
    known = folder / f"measured_{rounds}.v"
    if not (report.exists() and known.exists() and known.read_text() == verilog.read_text()):
        command = [sys.executable, ROOT / "scripts/measure.py", "--top", "holdfast_pipeline", "--device", "85k", "--speed", "8", "--freq", "250"]
        command += ["--flow", "nowidelut", "--seeds", str(options.seeds), "--minutes", str(options.minutes), "--out", report, "--keep", folder / f"work_{rounds}"]
        subprocess.run(command + (["--no-route"] if options.no_route else []) + [verilog], check=False, stdout=subprocess.DEVNULL)
        known.write_text(verilog.read_text())
    return json.loads(report.read_text())


def row(rounds, area, bits):
    """A line of the table. Gbit/s with the slowest of the seeds."""
    mhz = (area.get("mhz") or {}).get("worst")
    seeds = ", ".join(f"{value:.0f}" for value in area.get("seeds", {}).values()) or "not routed"
    cells = [rounds, f"{area['lut4']:,}", f"{area['ff']:,}", area["bram"], f"{area['ccu2c']} / {area['dpr16']}", seeds]
    for size in SIZES:
        rate = mhz and bits[size] * mhz / 1000
        cells += [f"{bits[size]:.1f}", f"{rate:.1f}" if rate else "–", f"{rate * 1000 / area['lut4']:.2f}" if rate else "–"]
    return cells


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--minutes", type=int, default=60, help="for one place and route (default: %(default)s)")
    parser.add_argument("--memory-rounds", type=int, nargs="+", default=[0, 14, 27], choices=[0, 8, 14, 27])
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "target/core")
    parser.add_argument("--no-route", action="store_true")
    parser.add_argument("--docs", action="store_true")
    options = parser.parse_args()
    folder = options.work.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    bits = simulate(folder)
    head = ["rounds with S-boxes in memory", "LUT4", "flip-flops", "block RAM", "carry / distributed RAM cells", "MHz by seed"]
    head += [f"{size} B: {what}" for size in SIZES for what in ("bits per clock", "Gbit/s", "Gbit/s per 1000 LUT4")]
    text = "\n" + table(head, [row(rounds, measure(options, rounds, folder), bits) for rounds in options.memory_rounds]) + "\n"
    print(text)
    if options.docs:
        put(ROOT / "docs/src/performance.md", text, "core")


main()
