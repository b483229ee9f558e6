"""Whole Ethernet frames between a MAC (32 bits a word) and Holdfast's streams (128 bits a beat). First byte on the wire in bits 7:0 everywhere."""
from migen import READ_FIRST, If, Memory, Module, Mux, Signal

from litex.soc.interconnect import stream

MAC = [("data", 32), ("last_be", 4), ("error", 4)]
AXIS = [("data", 128), ("keep", 16)]


class FrameGate(Module):
    """Holds a frame until all of it is there. `drops`: a frame with an error, or without room, is forgotten and counted, and `sink` never waits; without it `sink` waits for
    room, and `depth` words must be more than the longest frame. Between the last word in and the first out there are two clocks."""

    def __init__(self, depth=1024, drops=True):
        self.sink, self.source = sink, source = stream.Endpoint(MAC), stream.Endpoint(MAC)
        self.dropped = Signal(32)
        bits = depth.bit_length()
        assert depth == 1 << (bits - 1), "a power of two"
        # Words written, words of whole frames, words read; one bit more than an address.
        written, whole, read = Signal(bits), Signal(bits), Signal(bits)
        full, bad, valid, fetch = Signal(), Signal(), Signal(), Signal()
        # What was read stays, though its place is written again.
        memory = Memory(37, depth)
        write_port, read_port = memory.get_port(write_capable=True), memory.get_port(has_re=True, mode=READ_FIRST)
        self.specials += memory, write_port, read_port
        take = Signal()
        self.comb += [
            full.eq((written[:-1] == read[:-1]) & (written[-1] != read[-1])),
            sink.ready.eq(1 if drops else ~full),
            take.eq(sink.valid & ~full),
            write_port.adr.eq(written[:-1]),
            write_port.dat_w.eq(sink.data | sink.last_be << 32 | sink.last << 36),
            write_port.we.eq(take),
        ]
        spoilt = bad | full | (sink.error != 0)
        self.sync += If(
            sink.valid & sink.ready,
            written.eq(written + take),
            bad.eq(spoilt & ~sink.last),
            If(sink.last, If(spoilt if drops else 0, written.eq(whole), self.dropped.eq(self.dropped + 1)).Else(whole.eq(written + take))),
        )
        self.comb += [
            fetch.eq((~valid | source.ready) & (read != whole)),
            read_port.adr.eq(read[:-1]),
            read_port.re.eq(fetch),
            source.valid.eq(valid),
            source.data.eq(read_port.dat_r[:32]),
            source.last_be.eq(read_port.dat_r[32:36]),
            source.last.eq(read_port.dat_r[36]),
        ]
        self.sync += [If(~valid | source.ready, valid.eq(fetch)), If(fetch, read.eq(read + 1))]


class Widen(Module):
    """Four words to a beat."""

    def __init__(self):
        self.sink, self.source = sink, source = stream.Endpoint(MAC), stream.Endpoint(AXIS)
        place, ready = Signal(2), Signal()
        # In the last word the last byte is marked, and none means all four.
        keep = Signal(4)
        self.comb += [
            keep.eq(0xF),
            If(sink.last & (sink.last_be != 0), keep.eq((sink.last_be << 1) - 1)),
            source.valid.eq(ready),
            sink.ready.eq(~ready | source.ready),
        ]
        self.sync += [
            If(source.ready, ready.eq(0)),
            If(
                sink.valid & sink.ready,
                If(place == 0, source.keep.eq(keep)).Else(source.keep.eq(source.keep | keep << (place << 2))),
                *[If(place == n, source.data[32 * n : 32 * n + 32].eq(sink.data)) for n in range(4)],
                source.last.eq(sink.last),
                place.eq(place + 1),
                If(sink.last, place.eq(0)),
                ready.eq(sink.last | (place == 3)),
            ),
        ]


class Narrow(Module):
    """A beat to as many words as it has bytes for."""

    def __init__(self):
        self.sink, self.source = sink, source = stream.Endpoint(AXIS), stream.Endpoint(MAC)
        place, here, after = Signal(2), Signal(4), Signal()
        nibbles = [sink.keep[4 * n : 4 * n + 4] for n in range(4)]
        self.comb += [
            source.valid.eq(sink.valid),
            *[If(place == n, source.data.eq(sink.data[32 * n : 32 * n + 32]), here.eq(nibbles[n])) for n in range(4)],
            *[If(place == n, after.eq(nibbles[n + 1] != 0)) for n in range(3)],
            source.last.eq(sink.last & ~after),
            If(source.last, source.last_be.eq(here & ~(here >> 1))),
            sink.ready.eq(source.ready & ~after),
        ]
        self.sync += If(source.valid & source.ready, place.eq(Mux(after, place + 1, 0)))
