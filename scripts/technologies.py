#!/usr/bin/env python3
"""Cells of an exported core in other technologies than the one it is built for, by Yosys: Xilinx 7 series, and gates of an ASIC flow.

Gates are counted without the memories, which an ASIC takes from a compiler: their bits are told beside. One gate equivalent is a NAND of two inputs; it has four
transistors, and Yosys estimates the transistors (`stat -tech cmos`). Flip-flops count as what they are.

usage: technologies.py --top TOP [--out FILE.json] [--only NAME] FILE.v...
Progress goes to standard error, the result as JSON to --out and to standard output.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

# Until memories are found, as `synth` does it; then gates of plain libraries.
GATES = """
hierarchy -check -top {top}
proc
flatten
opt -full
wreduce
peepopt
opt_clean
alumacc
share
opt -full
tee -q -o {folder}/memories.json stat -json
memory -nomap
opt_clean
opt -fast -full
techmap
opt -fast
dfflegalize -cell $_DFF_P_ x
opt_expr
opt_merge
opt_clean
abc -g NAND,NOR,XOR,XNOR,AOI3,OAI3,MUX
opt_clean
tee -q -o {folder}/gates.txt stat -tech cmos
tee -q -o {folder}/gates.json stat -json
"""

FLOWS = {
    "xilinx7": "synth_xilinx -family xc7 -flatten -top {top}\ntee -q -o {folder}/xilinx7.json stat -json\n",
    "gates": GATES,
}


def work(job):
    """In a process of its own: Yosys writes its log to standard output, and keeps its memory."""
    from pyosys import libyosys

    design = libyosys.Design()
    for file in job["files"]:
        libyosys.run_pass(f'read_verilog {"-sv " if file.endswith(".sv") else ""}"{file}"', design)
    for command in FLOWS[job["flow"]].format(top=job["top"], folder=job["folder"]).strip().splitlines():
        libyosys.run_pass(command, design)


def cells(path):
    """Cells of the flattened design by type."""
    design = json.loads(path.read_text())["design"]
    number = lambda value: value if isinstance(value, int) else value["count"]
    return {name.lstrip("\\"): number(value) for name, value in design["num_cells_by_type"].items()}


def xilinx7(folder):
    found = cells(folder / "xilinx7.json")
    total = lambda pattern: sum(number for name, number in found.items() if re.fullmatch(pattern, name))
    return {
        "lut": total(r"LUT[1-6]|INV"),
        "muxf7_muxf8": total(r"MUXF[78]"),
        "carry4": total(r"CARRY4"),
        "distributed_ram": total(r"RAM\d+.*"),
        "shift_registers": total(r"SRL.*"),
        "ff": total(r"FD[RSCP]E(_1)?"),
        "bram36": total(r"RAMB36E1") + total(r"RAMB18E1") / 2,
    }


def gates(folder):
    found = cells(folder / "gates.json")
    memories = json.loads((folder / "memories.json").read_text())["design"]
    transistors = re.findall(r"Estimated number of transistors:\s+(\d+)", (folder / "gates.txt").read_text())[-1]
    return {
        "gate_equivalents": round(int(transistors) / 4),
        "ff": found.get("$_DFF_P_", 0),
        "memories": memories["num_memories"],
        "memory_bits": memories["num_memory_bits"],
    }


def main():
    if sys.argv[1:2] == ["--work"]:
        return work(json.loads(sys.argv[2]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE.v")
    parser.add_argument("--top", required=True, help="module to measure")
    parser.add_argument("--only", choices=FLOWS, help="one technology (default: all)")
    parser.add_argument("--out", type=pathlib.Path, help="JSON file")
    options = parser.parse_args()
    from importlib.metadata import version

    result = {"top": options.top, "yosys": version("pyosys")}
    with tempfile.TemporaryDirectory() as folder:
        for flow in [options.only] if options.only else FLOWS:
            start = time.monotonic()
            job = {"files": [str(pathlib.Path(file).resolve()) for file in options.files], "top": options.top, "flow": flow, "folder": folder}
            log = pathlib.Path(folder) / f"{flow}.log"
            with open(log, "w") as out:
                done = subprocess.run([sys.executable, __file__, "--work", json.dumps(job)], stdout=out, stderr=subprocess.STDOUT)
            if done.returncode != 0:
                sys.exit(f"technologies: {flow}: Yosys failed:\n" + "".join(log.read_text().splitlines(keepends=True)[-20:]))
            result[flow] = {"xilinx7": xilinx7, "gates": gates}[flow](pathlib.Path(folder))
            print(f"technologies: {flow}: {result[flow]} ({time.monotonic() - start:.0f} s)", file=sys.stderr, flush=True)
    text = json.dumps(result, indent=2)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(text + "\n")
    print(text)


main()
