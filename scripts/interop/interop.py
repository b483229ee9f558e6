#!/usr/bin/env python3
"""Holdfast against ESP stacks that are not ours.

1. `holdfast seal` seals a capture; scapy opens it, and what it finds must be the plaintext. ESP must also be, byte for byte, what scapy makes of the plaintext.
2. tshark decrypts the same capture, and must find the same packets.
3. scapy seals; `holdfast open` opens, and what it delivers must be the plaintext. A wrong ICV, a replay, an unknown SPI,
   clear text where a rule demands protection, and a congestion mark on a packet that cannot carry it are sent along, and must be dropped under these names.

Sixteen security associations cover tunnel and transport mode, IPv4 and IPv6 inside and outside, both key lengths, extended sequence
numbers (also across 2^32) and UDP encapsulation.

usage: interop.py HOLDFAST [--profile P] [--backend B] [--keep FOLDER]
Exits 1 when something differs. A peer that is not installed is skipped, and said so.
"""

import argparse
import collections
import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile
import time


def note(text):
    print(f"interop: {text}", flush=True)


# The repository stays as it is.
sys.dont_write_bytecode = True

try:
    import scapy.config

    scapy.config.conf.ipv6_enabled = True
    from cases import cases, link_length, packet_length, packets, with_family
    import peers
    from scapy.layers.l2 import Ether
    from scapy.utils import rdpcap, wrpcap
except ImportError as error:
    note(f"skipped: {error}; scripts/setup.sh installs what is missing, run me with .venv/bin/python")
    sys.exit(0)


class Checks:
    """Counts what was compared and keeps the first differences."""

    def __init__(self, title):
        self.title, self.passed, self.failures = title, 0, []

    def equal(self, what, found, expected):
        if found == expected:
            self.passed += 1
            return True
        show = [value.hex() if isinstance(value, bytes) else repr(value) for value in (found, expected)]
        self.failures.append(f"{what}:\n    found    {show[0]}\n    expected {show[1]}")
        return False

    def fail(self, what, error):
        self.failures.append(f"{what}: {error}")

    def conclude(self):
        note(f"{self.title}: {self.passed} passed, {len(self.failures)} failed")
        for failure in self.failures[:5]:
            note(f"  {failure}")
        if len(self.failures) > 5:
            note(f"  and {len(self.failures) - 5} more")
        return not self.failures


class Holdfast:
    """The command under test."""

    def __init__(self, options, folder):
        self.options, self.folder = options, folder

    def run(self, verb, side, all_cases, frames):
        """Sends frames through `holdfast seal` or `holdfast open`; answers the frames that came out, and the report."""
        station, source, sink, report = (self.folder / f"{verb}.{what}" for what in ("toml", "in.pcap", "out.pcap", "json"))
        station.write_text("\n".join(case.station(side) for case in all_cases))
        wrpcap(str(source), [Ether(frame) for frame in frames], linktype=1)
        command = [self.options.holdfast, verb, "--config", station, "--report", report]
        for name in ("profile", "backend"):
            if getattr(self.options, name):
                command += [f"--{name}", getattr(self.options, name)]
        start = time.monotonic()
        done = subprocess.run([*map(str, command), str(source), str(sink)], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"interop: {' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        out = [bytes(packet) for packet in rdpcap(str(sink))]
        note(f"holdfast {verb}: {len(frames)} frames in, {len(out)} out ({time.monotonic() - start:.1f} s)")
        return out, json.loads(report.read_text())


def split(frame):
    """Link header and IP packet of a frame, without link padding."""
    at = link_length(frame)
    return frame[:at], frame[at : at + packet_length(frame[at:])]


# Values of the ECN field (RFC 3168).
NOT_ECT, ECT1, ECT0, CE = range(4)


def class_of(ip):
    """Type of service or traffic class of an IP packet."""
    header = peers.parsed(ip)
    return header.tos if header.version == 4 else header.tc


def ecn(ip):
    return class_of(ip) & 3


def with_ecn(ip, value):
    """The packet with another ECN field, and the header checksum that belongs to it."""
    header = peers.parsed(ip)
    if header.version == 4:
        header.tos = header.tos & ~3 | value
        del header.chksum
    else:
        header.tc = header.tc & ~3 | value
    return bytes(header)


def check_outer(checks, packet, sealed):
    """What the outer header of tunnel mode must say, apart from the addresses, which scapy's own packet has too."""
    inner, outer = peers.parsed(packet.ip), peers.parsed(sealed)
    checks.equal(f"{packet.name}: DSCP and ECN (RFC 6040)", class_of(sealed), class_of(packet.ip))
    checks.equal(f"{packet.name}: addresses", (outer.src, outer.dst), (packet.case.outer_address(1), packet.case.outer_address(2)))
    if outer.version == 4:
        fragmentable = inner.version == 4 and not inner.flags.DF
        checks.equal(f"{packet.name}: don't fragment", bool(outer.flags.DF), not fragmentable)
        checks.equal(f"{packet.name}: identification", outer.id, packet.sequence & 0xFFFF)


def check_checksum(checks, packet, ip):
    if ip[0] >> 4 == 4:
        again = peers.parsed(ip)
        del again.chksum
        checks.equal(f"{packet.name}: header checksum", ip[10:12], bytes(again)[10:12])


def check_seal(sent, sealed):
    checks = Checks("sealed by holdfast, opened by scapy")
    checks.equal("frames", len(sealed), len(sent))
    for packet, frame in zip(sent, sealed):
        try:
            link, ip = split(frame)
            checks.equal(f"{packet.name}: link header", link, with_family(packet.link, packet.case.outer))
            checks.equal(f"{packet.name}: ESP", peers.esp(ip), peers.esp(peers.seal(packet)))
            check_checksum(checks, packet, ip)
            if packet.case.mode == "tunnel":
                check_outer(checks, packet, ip)
            checks.equal(f"{packet.name}: opened", peers.unseal(packet.case, packet.sequence, ip), packet.ip)
        except Exception as error:  # whatever scapy makes of bytes that are not what they should be
            checks.fail(packet.name, repr(error))
    return checks.conclude()


def check_tshark(capture, sent, all_cases):
    version = peers.tshark_version()
    if version is None:
        note("sealed by holdfast, decrypted by tshark: skipped: tshark is not installed; scripts/setup.sh installs it")
        return True
    checks = Checks("sealed by holdfast, decrypted by tshark")
    found = peers.tshark(capture, all_cases)
    checks.equal("frames", len(found), len(sent))
    for packet, (decrypted, icv_is_right) in zip(sent, found):
        if decrypted is None:
            checks.fail(packet.name, "not decrypted")
            continue
        # The ESP payload is the packet, or in transport mode its end; behind it stand padding, pad length and next header.
        pad = decrypted[-2]
        carried = decrypted[: len(decrypted) - 2 - pad]
        expected = packet.ip if packet.case.mode == "tunnel" else packet.ip[-len(carried) :]
        checks.equal(f"{packet.name}: decrypted", carried, expected)
        checks.equal(f"{packet.name}: padding", decrypted[len(carried) : -2], bytes(range(1, pad + 1)))
        if not packet.case.esn:
            # tshark does not put the upper half of an extended number under the ICV.
            checks.equal(f"{packet.name}: ICV", icv_is_right, True)
    return checks.conclude()


def intruders(sent):
    """Frames that must not get through, each with the place to send it (after that packet) and the reason that must be counted."""
    found = {}
    for n in (0, 4, 11):
        packet = sent[n]
        link, sealed = with_family(packet.link, packet.case.outer), peers.seal(packet)
        found[n] = [
            ("replay", link + sealed),
            ("icv", link + peers.with_wrong_icv(sealed)),
            ("unknown_spi", link + peers.with_spi(sealed, 0x4242)),
            ("unprotected", packet.frame),
        ]
    return found


def check_open(holdfast, sent, all_cases):
    checks = Checks("sealed by scapy, opened by holdfast")
    wrong, frames, reasons = intruders(sent), [], collections.Counter()
    # Congestion on the way (RFC 6040): a router has marked these outer headers, and the mark must reach the inner one.
    marked = [packet for packet in sent if packet.case.mode == "tunnel" and ecn(packet.ip) in (ECT0, ECT1)]
    for n, packet in enumerate(sent):
        frames.append(with_family(packet.link, packet.case.outer) + peers.seal(packet, CE if packet in marked else 0))
        for reason, frame in wrong.get(n, ()):
            frames.append(frame)
            reasons[reason] += 1
    # A mark on a packet whose sender does not know of ECN: to be dropped. Sent at the end, under a number of its own.
    packet = next(packet for packet in sent if packet.case.mode == "tunnel" and ecn(packet.ip) == NOT_ECT)
    unaware = dataclasses.replace(packet, sequence=packet.sequence + len(sent))
    frames.append(with_family(packet.link, packet.case.outer) + peers.seal(unaware, CE))
    reasons["ecn"] += 1
    opened, report = holdfast.run("open", 2, all_cases, frames)
    checks.equal("frames", len(opened), len(sent))
    checks.equal("marked packets", len(marked) > 0, True)
    for packet, frame in zip(sent, opened):
        expected = with_ecn(packet.ip, CE) if packet in marked else packet.ip
        checks.equal(f"{packet.name}: delivered", frame, packet.link + expected)
        check_checksum(checks, packet, split(frame)[1])
    dropped = {reason: count for reason, count in report["dropped"].items() if count}
    checks.equal("dropped", dropped, dict(reasons))
    checks.equal("frames_in", report["frames_in"], len(frames))
    checks.equal("frames_out", report["frames_out"], len(sent))
    return checks.conclude()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("holdfast", type=pathlib.Path, metavar="HOLDFAST", help="the holdfast command")
    parser.add_argument("--profile", help="handed to holdfast")
    parser.add_argument("--backend", help="handed to holdfast")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for captures and reports (default: a temporary one, removed)")
    options = parser.parse_args()
    if not options.holdfast.is_file():
        parser.error(f"{options.holdfast}: no such file; cargo build -p holdfast-testbench makes it")
    options.holdfast = options.holdfast.resolve()
    all_cases = cases()
    sent = packets(all_cases)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        holdfast = Holdfast(options, folder)
        sealed, _ = holdfast.run("seal", 1, all_cases, [packet.frame for packet in sent])
        results = [
            check_seal(sent, sealed),
            check_tshark(folder / "seal.out.pcap", sent, all_cases),
            check_open(holdfast, sent, all_cases),
        ]
    sys.exit(0 if all(results) else 1)


main()
