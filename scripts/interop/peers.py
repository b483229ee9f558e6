"""The two ESP stacks that are not ours: scapy seals and opens, tshark decrypts."""

import re
import subprocess

from cases import NAT_T_PORT
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.ipsec import ESP, SecurityAssociation


def parsed(ip):
    return (IP if ip[0] >> 4 == 4 else IPv6)(ip)


def association(case, sequence, tos=0):
    """scapy's security association for one packet. It neither carries into the upper half of an extended number nor takes zero for an
    argument, so each packet gets its own."""
    tunnel = None
    if case.mode == "tunnel":
        source, destination = case.outer_address(1), case.outer_address(2)
        tunnel = IP(src=source, dst=destination, tos=tos) if case.outer == 4 else IPv6(src=source, dst=destination, tc=tos)
    return SecurityAssociation(
        ESP,
        spi=case.spi,
        seq_num=sequence & 0xFFFF_FFFF,
        esn_en=case.esn,
        esn=sequence >> 32,
        crypt_algo="AES-GCM",
        crypt_key=case.key + case.salt,
        tunnel_header=tunnel,
        nat_t_header=UDP(sport=NAT_T_PORT, dport=NAT_T_PORT) if case.udp else None,
    )


def seal(packet, tos=0):
    """The sealed IP packet, with the sequence number as IV as Holdfast has it. `tos`: of the outer header of tunnel mode."""
    sealed = association(packet.case, packet.sequence, tos).encrypt(parsed(packet.ip), iv=packet.sequence.to_bytes(8, "big"))
    return bytes(sealed)


def unseal(case, sequence, ip):
    """The packet in a sealed IP packet; raises where scapy does, for example on a wrong ICV."""
    return bytes(association(case, sequence).decrypt(parsed(ip)))


def esp(ip):
    """ESP of a sealed IP packet, as bytes."""
    packet = parsed(ip)
    if not packet.haslayer(ESP):
        raise ValueError("no ESP in the packet")
    return bytes(packet[ESP])


def with_wrong_icv(ip):
    return ip[:-1] + bytes([ip[-1] ^ 1])


def with_spi(ip, spi):
    """The same packet under another SPI; checksums of headers do not cover it."""
    body = esp(ip)
    return ip[: len(ip) - len(body)] + spi.to_bytes(4, "big") + body[4:]


# ----------------------------------------------------------------------------------------------------------------------


def tshark_version():
    """First line of `tshark --version`, None where it is not installed."""
    try:
        done = subprocess.run(["tshark", "--version"], capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None
    return done.stdout.splitlines()[0]


def tshark(capture, all_cases):
    """What tshark decrypts: per frame the ESP payload with padding and trailer (None where it did not), and whether it calls the ICV right."""
    command = ["tshark", "-n", "-r", str(capture), "-o", "esp.enable_encryption_decode:TRUE", "-o", "esp.enable_authentication_check:TRUE"]
    for case in all_cases:
        fields = [f"IPv{case.outer}", "*", "*", f"{case.spi:#010x}", "AES-GCM with 16 octet ICV [RFC4106]"]
        fields += ["0x" + (case.key + case.salt).hex(), "NULL", ""]
        command += ["-o", "uat:esp_sa:" + ",".join(f'"{field}"' for field in fields)]

    def run(*arguments):
        done = subprocess.run([*command, *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"tshark failed: {done.stderr.strip()}")
        return done.stdout

    verdicts = [line.split("\t") for line in run("-T", "fields", "-e", "esp.icv_good", "-e", "esp.icv_bad").splitlines()]
    good = [row[0] in ("1", "True") for row in verdicts]
    decrypted = hex_dump(run("-x"))
    if len(good) != len(decrypted):
        raise RuntimeError(f"tshark dumped {len(decrypted)} of {len(good)} frames")
    return list(zip(decrypted, good))


def hex_dump(text):
    """The buffer with the decrypted data of each frame in the output of `tshark -x`."""
    found, buffer = [], None
    for line in text.splitlines():
        title = re.fullmatch(r"(.*) \((\d+) bytes\):?", line)
        if title:
            if title[1] == "Frame":
                found.append(None)
            buffer = bytearray() if "ecrypted" in title[1] else None
            if buffer is not None:
                found[-1] = buffer
        elif buffer is not None and (row := re.match(r"[0-9a-f]{4,}  ((?:[0-9a-f]{2} )+)", line + " ")):
            buffer += bytes.fromhex(row[1])
    return [None if buffer is None else bytes(buffer) for buffer in found]
