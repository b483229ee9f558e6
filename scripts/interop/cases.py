"""What is tried: security associations in all shapes, and packets for each of them.

Everything travels from a left host to a right one. Each association has addresses of its own, so that a rule can tell its
packets apart; sixteen fit the rules of profile `compact`.
"""

import dataclasses
import hashlib

from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_NOP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6, IPv6ExtHdrHopByHop
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Raw

NAT_T_PORT = 4500
WRAP = 1 << 32


@dataclasses.dataclass(frozen=True)
class Case:
    """One security association."""

    index: int
    mode: str  # tunnel or transport
    outer: int  # IP version of the outer header; transport mode: of the packet
    inner: int  # IP version of the packet
    key_bytes: int
    esn: bool
    udp: bool
    sequence: int  # of the first packet

    @property
    def name(self):
        sequence = "ESN" if self.esn else "32-bit"
        return f"{self.mode}-{self.inner}in{self.outer} AES-{8 * self.key_bytes} {sequence}{' UDP' if self.udp else ''}"

    @property
    def spi(self):
        return 0x1000_0000 + 0x101 * self.index

    def material(self, label, length):
        """Keys that look random and are the same every time."""
        return hashlib.sha256(f"{label} {self.index}".encode()).digest()[:length]

    @property
    def key(self):
        return self.material("key", self.key_bytes)

    @property
    def salt(self):
        return self.material("salt", 4)

    def packet_address(self, side):
        """Address of the packet itself; `side` is 1 (left) or 2 (right)."""
        return f"10.{self.index}.{side}.7" if self.inner == 4 else f"fd00:{self.index:x}:{side}::7"

    def packet_prefix(self, side):
        return f"10.{self.index}.{side}.0/24" if self.inner == 4 else f"fd00:{self.index:x}:{side}::/48"

    def outer_address(self, side):
        """Address in the header that the network sees."""
        if self.mode == "transport":
            return self.packet_address(side)
        return f"192.0.2.{16 * side + self.index % 16}" if self.outer == 4 else f"2001:db8:{side}::{self.index + 1:x}"

    def station(self, side):
        """The association and its rule as STATION.toml has them, for the host at a side."""
        seals = side == 1
        direction = "outbound" if seals else "inbound"
        lines = [
            "[[sa]]",
            f'name = "sa{self.index}"',
            f'direction = "{direction}"',
            f"spi = {self.spi:#x}",
            'algorithm = "aes-gcm-16"',
            f'key = "{self.key.hex()}"',
            f'salt = "{self.salt.hex()}"',
            f'mode = "{self.mode}"',
            f'local = "{self.outer_address(side)}"',
            f'remote = "{self.outer_address(3 - side)}"',
            f"esn = {str(self.esn).lower()}",
            f"sequence = {self.sequence}",
        ]
        if not seals:
            lines.append("window = 64")
        if self.udp:
            lines.append(f"udp_encapsulation = {NAT_T_PORT}")
        lines += [
            "",
            "[[policy]]",
            f'direction = "{direction}"',
            f'source = "{self.packet_prefix(1)}"',
            f'destination = "{self.packet_prefix(2)}"',
            'action = "protect"',
            f'sa = "sa{self.index}"',
        ]
        return "\n".join(lines) + "\n"

    def ip(self, **fields):
        """Header of a packet from left to right."""
        source, destination = self.packet_address(1), self.packet_address(2)
        if self.inner == 4:
            return IP(src=source, dst=destination, ttl=61, id=0x4000 + self.index, **fields)
        return IPv6(src=source, dst=destination, hlim=61, fl=0x12345, **fields)


SHAPES = [("tunnel", 4, 4), ("tunnel", 4, 6), ("tunnel", 6, 4), ("tunnel", 6, 6), ("transport", 4, 4), ("transport", 6, 6)]


def cases():
    """Each shape with every value of each option, and in pairs that cover the combinations of options."""
    # Key length, extended sequence numbers, UDP encapsulation: a row and its complement for each shape.
    options = [(16, True, False), (32, True, True), (16, False, True), (32, False, False)]
    rows = []
    for n, shape in enumerate(SHAPES):
        first = options[n % 4]
        rows += [(shape, first), (shape, (48 - first[0], not first[1], not first[2]))]
    rows += [(SHAPES[n], options[(n + 1) % 4]) for n in (0, 3, 4, 5)]
    found = []
    for index, ((mode, outer, inner), (key_bytes, esn, udp)) in enumerate(rows):
        # With extended numbers half of the associations cross 2^32, where the upper half has to follow, and the others are far beyond it.
        sequence = (WRAP - 2 if index % 2 else 0x12_0000_0001) if esn else (1 if index % 2 else 0xFFFF_FF00)
        found.append(Case(index, mode, outer, inner, key_bytes, esn, udp, sequence))
    return found


@dataclasses.dataclass
class Packet:
    """One frame under test."""

    case: Case
    sequence: int
    link: bytes  # Ethernet header, with its VLAN tag where there is one, and the packet's EtherType
    ip: bytes  # the packet
    padding: bytes  # link padding behind it

    @property
    def frame(self):
        return self.link + self.ip + self.padding

    @property
    def name(self):
        return f"{self.case.name}, number {self.sequence:#x}, {len(self.ip)} bytes"


def payload(length, case):
    return bytes((17 * case.index + 3 * n) & 0xFF for n in range(length))


def contents(case):
    """Packets of a case: each padding length once, and by turns one that is special."""
    n = case.index

    def datagram(length, **fields):
        return case.ip(**fields) / UDP(sport=5000 + n, dport=5001) / Raw(payload(length, case))

    plain = [datagram(20 + residue) for residue in range(4)]
    v4 = case.inner == 4
    special = [
        case.ip(**({"tos": 0xB9} if v4 else {"tc": 0xB9})) / TCP(sport=80, dport=40000 + n, flags="SA", seq=77),
        datagram(1300),
        case.ip() / (ICMP(id=n, seq=1) if v4 else ICMPv6EchoRequest(id=n, seq=1)) / Raw(payload(56, case)),
        case.ip() / UDP(sport=1, dport=2),
        datagram(333),
    ]
    packets = plain + [special[n % len(special)]]
    if v4 and n % 3 == 0:
        packets.append(datagram(5, options=[IPOption_NOP()] * 4, flags="DF"))
    # scapy itself does not bring a hop-by-hop header, transport mode and UDP together: it leaves ESP in the next-header field.
    if not v4 and not case.udp:
        packets.append(case.ip() / IPv6ExtHdrHopByHop() / UDP(sport=3, dport=4) / Raw(payload(9, case)))
    return packets


def packets(all_cases):
    """The frames, the associations' packets interleaved."""
    rows = [contents(case) for case in all_cases]
    found = []
    for turn in range(max(map(len, rows))):
        for case, row in zip(all_cases, rows):
            if turn >= len(row):
                continue
            ip = bytes(row[turn])
            tagged = (turn + case.index) % 4 == 1
            ethertype = 0x0800 if case.inner == 4 else 0x86DD
            ether = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02", type=0x8100 if tagged else ethertype)
            link = bytes(ether / Dot1Q(vlan=100, prio=3, type=ethertype)) if tagged else bytes(ether)
            padding = bytes(max(0, 60 - len(link) - len(ip)))
            found.append(Packet(case, case.sequence + turn, link, ip, padding))
    return found


def with_family(link, version):
    """A link header with the EtherType of an IP version."""
    return link[:-2] + (b"\x08\x00" if version == 4 else b"\x86\xdd")


def link_length(frame):
    return 18 if frame[12:14] == b"\x81\x00" else 14


def packet_length(ip):
    """Length of an IP packet as its header states it."""
    if ip[0] >> 4 == 4:
        return int.from_bytes(ip[2:4], "big")
    return 40 + int.from_bytes(ip[4:6], "big")
