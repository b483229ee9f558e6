#!/usr/bin/env python3
"""Proves the properties of formal/*.sv on the exported Verilog, and shows of each that it says something.

For each property file: the proof, by induction, with Yosys and the SMT solver Bitwuzla; the scenario, which shows that the assumptions can be met; and
the deliberate faults, each of which must be found by the property it is meant for. Ends with 0 only if all of that is so.

    formal/run.py --verilog target/verilog/holdfast_compact.v            everything
    formal/run.py --verilog … window sequence                           two files
    formal/run.py --list                                                what there is to prove
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import sys
import time

from layout import Layout
from netlist import Netlist
from proof import HERE, Proof

# A property file and what it is about. To add one: write the file (proof.py says what its head means), and its line here.
PROOFS = {
    "window": "anti-replay window, hdl/src/window.rs",
    "inference": "high half of extended sequence numbers, hdl/src/inbound/replay.rs",
    "replay": "anti-replay service of all SAs, hdl/src/inbound/replay.rs",
    "open": "what the anti-replay service is asked, hdl/src/inbound/open.rs",
    "queue": "queue of four, hdl/src/stream/queue.rs",
    "store": "frame store, hdl/src/stream/store.rs",
    "ingress": "AXI4-Stream to frame store, hdl/src/stream/ingress.rs",
    "egress": "frame store to AXI4-Stream, hdl/src/stream/egress.rs and reader.rs",
    "gf128": "one step of the product in GHASH's field, hdl/src/cell/gf128.rs",
    "axi_lite": "register bus, hdl/src/bus/axi_lite.rs",
    "recorder": "limits and records of outbound SAs, and power cuts, hdl/src/resync/recorder.rs",
    "ledger": "numbers booked by the recorder, hdl/src/resync/recorder/ledger.rs",
    "sequence": "outbound sequence numbers: sequencer and SAD as outbound.rs joins them",
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("proofs", nargs="*", help="files of formal/ without .sv; all unless told")
    parser.add_argument("--verilog", default="target/verilog/holdfast_compact.v", help="the export (default %(default)s)")
    parser.add_argument("--out", default="target/formal", help="where models, traces and report.json go (default %(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="solvers at a time (default %(default)s)")
    parser.add_argument("--no-faults", action="store_true", help="the proofs alone")
    parser.add_argument("--list", action="store_true", help="say what there is to prove and end")
    args = parser.parse_args()
    unknown = set(args.proofs) - set(PROOFS)
    if unknown:
        parser.error(f"no proof {', '.join(sorted(unknown))}; there are {', '.join(PROOFS)}")
    return args


def listed(proofs):
    for proof in proofs:
        print(f"\n{proof.name}.sv: {PROOFS[proof.name]}")
        for label, text in proof.properties.items():
            print(f"  {label:<26} {text}")


def table(proofs, results):
    """Prints a line per property; returns the report, and whether all is as it should be."""
    report, good = [], True
    print(f"\n{'property':<28} {'result':<8} {'by':<12} {'s':>6}  faults")
    for proof in proofs:
        proven = results[proof.name, "proof"]
        by = proof.by()
        for number, (label, text) in enumerate(proof.properties.items()):
            faults = [r for (name, what), r in sorted(results.items(), key=str) if name == proof.name and r.get("property") == label]
            missed = [f["fault"] for f in faults if not f["found"]]
            answer = "proven" if proven["answer"] == "PASSED" else "FAILED" if proven["answer"] == "FAILED" else "timeout"
            good &= answer == "proven" and not missed
            how = ", ".join(f["found"] or "NOT FOUND" for f in faults)
            print(f"{label:<28} {answer:<8} {by:<12} {proven['seconds'] if number == 0 else '':>6}  {how}")
            for fault in missed:
                print(f"    not found: {fault}")
            report.append({"file": proof.name, "property": label, "text": text, "result": answer, "by": by, "seconds": proven["seconds"], "faults": faults})
        if proven["answer"] != "PASSED":
            print(f"    {proof.name}: violated {proven['failed']}, trace {pathlib.Path(proven['model']).with_suffix('.vcd')}")
        if missed := results.get((proof.name, "cover"), {}).get("missed"):
            good = False
            print(f"    {proof.name}: not reached, or excluded by the induction: {missed}")
    return report, good


def main():
    args = arguments()
    netlist, layout = Netlist(pathlib.Path(args.verilog).read_text()), Layout(HERE.parent / "hdl" / "src")
    out = pathlib.Path(args.out)
    proofs = [Proof(HERE / f"{name}.sv", layout, netlist, out) for name in args.proofs or PROOFS]
    if args.list:
        return listed(proofs)
    if not args.no_faults:
        for proof in proofs:
            proof.faults_apply()
    begin, results = time.monotonic(), {}
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        tasks = {}
        for proof in proofs:
            tasks[pool.submit(proof.properties_proven)] = (proof.name, "proof")
            if not args.no_faults:
                tasks[pool.submit(proof.covers_reached)] = (proof.name, "cover")
                for number in range(len(proof.faults)):
                    tasks[pool.submit(proof.fault_found, number)] = (proof.name, number)
        for count, task in enumerate(concurrent.futures.as_completed(tasks), 1):
            results[tasks[task]] = task.result()
            print(f"\r{count} of {len(tasks)}", end="", file=sys.stderr, flush=True)
    report, good = table(proofs, results)
    seconds = round(time.monotonic() - begin)
    faults = sum(len(line["faults"]) for line in report)
    print(f"\n{len(report)} properties, {faults} faults, {seconds} s: {'all proven, all found' if good else 'NOT all as it should be'}")
    (out / "report.json").write_text(json.dumps({"good": good, "seconds": seconds, "properties": report}, indent=1) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
