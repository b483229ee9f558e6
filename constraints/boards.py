"""The boards, as data: device, pins, and what hangs on them. Only facts of the boards' documentation stand here; board.py builds."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Rgmii:
    """A Gigabit PHY. `rx`, `tx`: bit 0 first. The delays are what the FPGA adds to the clocks, in ns: two where neither PHY nor board do. `pull_up`: the PHY reads from its data outputs, at reset, which speeds it may offer."""

    tx_clock: str
    rx_clock: str
    rx_ctl: str
    rx: str
    tx_ctl: str
    tx: str
    tx_delay: float
    rx_delay: float
    rst_n: str | None = None
    pull_up: bool = False


@dataclass(frozen=True)
class Rmii:
    """A PHY of 100 Mbit/s, which gives the reference clock of 50 MHz."""

    ref_clock: str
    rx: str
    crs_dv: str
    tx: str
    tx_en: str


@dataclass(frozen=True)
class Board:
    """`host` and `net` are the clear and the protected side. `frames`: 32-bit words that a gate between MAC and engine holds, before it a frame that comes, behind it one that leaves; more than the longest frame."""

    about: str
    profile: str
    device: str
    # Of nextpnr-ecp5.
    place: list[str]
    # Of the engine, MHz, unless told otherwise.
    mhz: float
    clock: str
    clock_mhz: float
    reset_n: str
    led: str
    led_inverted: bool
    # RX and TX as the FPGA sees them.
    serial_rx: str
    serial_tx: str
    # CS, MOSI, MISO, SCK.
    fram: tuple[str, str, str, str]
    host: Rgmii | Rmii
    net: Rgmii | Rmii
    frames: tuple[int, int]


BOARDS = {
    "colorlight-i9": Board(
        about="""Colorlight i9 v7.2 on its extension board: an LFE5U-45F-6BG381C with two Gigabit Ethernet PHYs (Broadcom B50612D, RGMII, one reset for both). Clear side: PHY 0.
        Protected side: PHY 1. The FRAM is on PMOD E: pin 1 CS, 2 MOSI, 3 MISO, 4 SCK. Pins: the documentation of the module by wuxx (github.com/wuxx/Colorlight-FPGA-Projects, colorlight_i9_v7.2.md).""",
        profile="compact",
        device="LFE5U-45F-6BG381C",
        place=["--45k", "--package", "CABGA381", "--speed", "6"],
        mhz=40.0,
        clock="P3",
        clock_mhz=25.0,
        reset_n="K18",
        led="L2",
        led_inverted=True,
        serial_rx="H18",
        serial_tx="J17",
        fram=("C17", "B18", "B20", "F20"),
        host=Rgmii(tx_clock="G1", rx_clock="H2", rx_ctl="P2", rx="K2 L1 N1 P1", tx_ctl="K1", tx="G2 H1 J1 J3", tx_delay=0.0, rx_delay=2.0, rst_n="P4"),
        net=Rgmii(tx_clock="U19", rx_clock="L19", rx_ctl="M20", rx="P20 N19 N20 M19", tx_ctl="P19", tx="U20 T19 T20 R20", tx_delay=0.0, rx_delay=2.0),
        frames=(2048, 512),
    ),
    "ecpix-5": Board(
        about="""LambdaConcept ECPIX-5 with the larger device: an LFE5UM5G-85F-8BG554I with one Gigabit Ethernet PHY (Microchip KSZ9031RNX, RGMII), which is the protected side. Clear side: a module with a
        LAN8720A (RMII, 100 Mbit/s) on PMOD 0: pin 1 TX0, 2 TX1, 3 TX_EN, 4 RX0, 7 RX1, 8 CRS_DV, 9 the 50 MHz that the module makes. The FRAM is on PMOD 1: pin 1 CS, 2 MOSI, 3 MISO, 4 SCK. Pins: the board's
        schematic as LiteX-Boards has it (lambdaconcept_ecpix5.py). What the profile can do for 10 GbE no PHY of this board can; it shows the profile whole, on real pins.""",
        profile="pipelined",
        device="LFE5UM5G-85F-8BG554I",
        place=["--um5g-85k", "--package", "CABGA554", "--speed", "8"],
        mhz=40.0,
        clock="K23",
        clock_mhz=100.0,
        reset_n="N5",
        led="R23",
        led_inverted=True,
        serial_rx="R26",
        serial_tx="R24",
        fram=("U23", "V23", "U22", "V21"),
        host=Rmii(ref_clock="V26", rx="V24 T26", crs_dv="U26", tx="T25 U25", tx_en="U24"),
        net=Rgmii(
            tx_clock="A12",
            rx_clock="E11",
            rx_ctl="A11",
            rx="B11 A10 B10 A9",
            tx_ctl="C9",
            tx="D8 C8 B8 A8",
            tx_delay=2.0,
            rx_delay=0.0,
            rst_n="C13",
            pull_up=True,
        ),
        frames=(4096, 4096),
    ),
}
