#!/usr/bin/env python3
"""Writes the measured tables between the markers of docs/src/performance.md and of README.md.

usage: performance.py AREA.json CYCLES.json | performance.py CYCLES.json
AREA.json comes from measure.py, CYCLES.json from the example `measure` of the testbench: of profile compact, or alone of profile pipelined.
"""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLOCK = 125.0


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(c) for c in row) + " |" for row in rows]) + "\n"


def put(path, text, name="measured"):
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    page = path.read_text()
    if begin not in page:
        sys.exit(f"{path}: no line {begin}")
    head, rest = page.split(begin, 1)
    path.write_text(head + begin + "\n" + text + end + rest.split(end, 1)[1])


def area_table(area):
    mhz, placed = area.get("mhz"), area.get("mhz_after_placement") or []
    clock = f"{mhz['worst']} / {mhz['median']} / {mhz['best']}" if mhz else "not routed"
    estimate = f"{min(placed):.1f}" if placed else "–"
    rows = [
        ["device", f"{area['device']}-{area['speed']} {area['package']}"],
        ["LUT4", f"{area['lut4']:,}"],
        ["carry cells (two LUT4 places each)", f"{area['ccu2c']:,}"],
        ["distributed RAM cells", area["dpr16"]],
        ["flip-flops", f"{area['ff']:,}"],
        ["block RAM (18 kbit)", area["bram"]],
        ["MHz routed, worst / median / best", clock],
        ["MHz estimated after placement, worst", estimate],
    ]
    return table(["profile compact", ""], rows)


def rate_tables(data):
    out = []
    settings = list(dict.fromkeys(r["setting"] for r in data["throughput"]))
    frames = list(dict.fromkeys(r["frame"] for r in data["throughput"]))
    find = {(r["setting"], r["frame"]): r for r in data["throughput"]}
    for setting in settings:
        rows = []
        for frame in frames:
            r = find[setting, frame]
            slow = max(r["sealing"], r["opening"])
            rows.append([frame, f"{r['wire']:.0f}", f"{r['sealing']:.0f}", f"{r['opening']:.0f}", f"{slow / r['wire']:.2f}", f"{8 * r['wire'] * CLOCK / max(slow, 1) / 1000:.2f}"])
        out.append(f"\n{setting}:\n\n" + table(["host frame", "cycles on the wire", "cycles sealing", "cycles opening", "share of the line", "Gbit/s possible"], rows))
    return "".join(out)


def restart_table(data):
    """From power good to the REQUESTs, by number of pairs."""
    parts = lambda r, way: [f"{r[way]:,}", f"{r[way + '_nvram']:,}", f"{r[way] - r[way + '_nvram']:,}", f"{r[way] / CLOCK:,.0f}"]
    head = ["pairs"] + [f"{way}: {what}" for way in ("first", "last") for what in ("clocks", "NVRAM selected", "the rest", "µs at 125 MHz")]
    return table(head, [[r["pairs"]] + parts(r, "first") + parts(r, "last") for r in data["restart"]])


def recording_table(data):
    """What recording costs, by interval."""
    rows = [
        [r["interval"] or "not recorded", f"{r['wire']:.0f}", f"{r['sealing']:.1f}", f"{r['opening']:.1f}", r["sealing_longest"], r["opening_longest"], f"{r['written']:,}"]
        for r in data["recording"]
    ]
    return table(["packets between records", "cycles on the wire", "cycles sealing", "cycles opening", "longest between two: sealing", "opening", "bytes written"], rows)


def pipelined(data):
    """What 10 GbE asks of the clock, and what the floor of 165 MHz gives."""
    rows = []
    for r in data["throughput"]:
        slow = max(r["sealing"], r["opening"])
        # A byte takes 0.8 ns on the wire.
        rows.append([r["setting"], r["frame"], f"{0.8 * r['wire'] * 0.165:.1f}", f"{r['sealing']:.1f}", f"{r['opening']:.1f}", f"{slow / (0.8 * r['wire']) * 1000:.0f}", f"{min(10, 8 * r['wire'] / slow * 0.165):.1f}"])
    head = ["setting", "host frame", "clocks of 165 MHz on a 10 GbE wire", "clocks sealing", "clocks opening", "MHz that would fill 10 GbE", "Gbit/s of the wire at 165 MHz"]
    text = "\n" + table(head, rows)
    rows = [[f["frame"], f["kind"], f"{f['sealing']:.0f}", f"{f['opening']:.0f}"] for f in data["flood"]]
    text += "\nAfter every frame a shortest frame that is not for the device, clocks per pair:\n\n" + table(["frame", "flood inbound", "clocks sealing", "clocks opening"], rows)
    rows = [[r["setting"], r["frame"], r["sealing"], r["opening"], f"{r['opening'] / 165:.2f}"] for r in data["latency"]]
    text += "\nLatency of an idle device, first beat in to first beat out:\n\n" + table(["setting", "host frame", "clocks sealing", "clocks opening", "opening, µs at 165 MHz"], rows)
    speeds = data["simulated_cycles_per_second"]
    text += f"\nSimulated: {speeds['rust-hdl']:,.0f} cycles a second in the rust-hdl simulator, {speeds['verilator']:,.0f} Verilated.\n\n"
    put(ROOT / "docs/src/performance.md", text, "pipelined")


def main():
    if len(sys.argv) == 2:
        return pipelined(json.loads(pathlib.Path(sys.argv[1]).read_text()))
    area = json.loads(pathlib.Path(sys.argv[1]).read_text())
    data = json.loads(pathlib.Path(sys.argv[2]).read_text())
    tunnel = [r for r in data["throughput"] if r["setting"] == data["throughput"][0]["setting"]]
    latency = {r["frame"]: r for r in data["latency"] if r["setting"] == data["latency"][0]["setting"]}
    speeds = data["simulated_cycles_per_second"]
    text = "\n## Area and clock\n\n`make measure`; Yosys and nextpnr.\n\n" + area_table(area)
    text += (
        "\n## Cycles per frame\n\nSteady state, both directions at once, counted in simulation. *Cycles on the wire* is the time of the sealed frame with preamble, FCS and gap at "
        "1 Gbit/s and 125 MHz, one cycle per byte: what the device may take. Frame sizes include the FCS; 15 rules stand before the one that matches.\n" + rate_tables(data)
    )
    rows = [[f["frame"], f["kind"], f"{f['wire']:.0f}", f"{f['sealing']:.0f}", f"{f['opening']:.0f}"] for f in data["flood"]]
    text += "\n## Under a flood\n\nAfter every frame a shortest frame that is not for the device; cycles per pair.\n\n"
    text += table(["frame", "flood inbound", "cycles on the wire", "cycles sealing", "cycles opening"], rows)
    rows = [[r["setting"], r["frame"], r["sealing"], r["opening"], f"{r['opening'] / CLOCK:.2f}"] for r in data["latency"]]
    text += "\n## Latency\n\nFirst beat in to first beat out of an idle device; the whole frame is stored on the way, so its own length is included.\n\n"
    text += table(["setting", "host frame", "cycles sealing", "cycles opening", "opening, µs at 125 MHz"], rows)
    rows = [[c["operation"], c["transactions"], c["cycles"]] for c in data["driver"]]
    text += "\n## Driver\n\n" + table(["operation", "bus transactions", "cycles"], rows)
    text += "\n## Simulation\n\nWhole device under traffic in both directions, per second of processor time of the machine that made this page: "
    text += f"{speeds['rust-hdl']:,.0f} cycles in the rust-hdl simulator, {speeds['verilator']:,.0f} Verilated (×{speeds['verilator'] / speeds['rust-hdl']:.0f}).\n\n"
    put(ROOT / "docs/src/performance.md", text)
    put(ROOT / "docs/src/performance.md", restart_table(data), "restart")
    put(ROOT / "docs/src/performance.md", recording_table(data), "recording")

    short = area_table(area) + "\n" + table(
        ["host frame, bytes"] + [r["frame"] for r in tunnel],
        [
            ["cycles it takes on a 1 GbE wire, sealed"] + [f"{r['wire']:.0f}" for r in tunnel],
            ["cycles the device takes, sealing"] + [f"{r['sealing']:.0f}" for r in tunnel],
            ["cycles the device takes, opening"] + [f"{r['opening']:.0f}" for r in tunnel],
            ["latency in cycles, sealing"] + [latency[int(r["frame"])]["sealing"] if r["frame"].isdigit() else "" for r in tunnel],
            ["latency in cycles, opening"] + [latency[int(r["frame"])]["opening"] if r["frame"].isdigit() else "" for r in tunnel],
        ],
    )
    put(ROOT / "README.md", short)


if __name__ == "__main__":
    main()
