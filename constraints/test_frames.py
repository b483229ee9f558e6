#!/usr/bin/env python3
"""Frames of every length through gate, widening, narrowing and gate again, with pauses on both sides; damaged ones must not come through."""
import random
import unittest

from frames import FrameGate, Narrow, Widen
from migen import Module, passive, run_simulation


class Loop(Module):
    def __init__(self):
        self.submodules.gate, self.submodules.widen, self.submodules.narrow = FrameGate(512), Widen(), Narrow()
        self.submodules.out = FrameGate(512, drops=False)
        self.comb += [
            self.gate.source.connect(self.widen.sink, omit={"error"}),
            self.widen.source.connect(self.narrow.sink),
            self.narrow.source.connect(self.out.sink, omit={"error"}),
        ]


class Frames(unittest.TestCase):
    def through(self, frames, slow, seed):
        dut, random_in, random_out, got = Loop(), random.Random(seed), random.Random(seed + 1), []

        def feed():
            sink = dut.gate.sink
            for frame, damaged in frames:
                for at in range(0, len(frame), 4):
                    word, last = frame[at : at + 4], at + 4 >= len(frame)
                    yield sink.valid.eq(1)
                    yield sink.data.eq(int.from_bytes(word, "little"))
                    yield sink.last.eq(last)
                    yield sink.last_be.eq(1 << len(word) - 1 if last else 0)
                    yield sink.error.eq(15 if last and damaged else 0)
                    yield
                    while not (yield sink.ready):
                        yield
                    if random_in.random() < 0.3:
                        yield sink.valid.eq(0)
                        yield
                yield sink.valid.eq(0)
                for _ in range(slow):
                    yield

        @passive
        def take():
            source, frame = dut.out.source, bytearray()
            while True:
                yield source.ready.eq(random_out.random() < 0.7)
                yield
                if (yield source.valid) and (yield source.ready):
                    last, marked = (yield source.last), (yield source.last_be)
                    size = marked.bit_length() if last and marked else 4
                    frame += (yield source.data).to_bytes(4, "little")[:size]
                    if last:
                        got.append(bytes(frame))
                        frame.clear()

        def wait():
            yield from feed()
            for _ in range(4000):
                yield
            self.dropped = yield dut.gate.dropped

        run_simulation(dut, [wait(), take()])
        return got

    def test_good_ones_come_and_damaged_ones_do_not(self):
        draw = random.Random(1)
        frames = [(draw.randbytes(size), draw.random() < 0.2) for size in [*range(60, 110), 1514, 1613, 61]]
        self.assertEqual(self.through(frames, 150, 2), [frame for frame, damaged in frames if not damaged])
        self.assertEqual(self.dropped, sum(damaged for _, damaged in frames))

    def test_a_frame_without_room_is_dropped_whole(self):
        draw = random.Random(3)
        frames = [(draw.randbytes(1500), False) for _ in range(12)]
        got = self.through(frames, 0, 4)
        sent = [frame for frame, _ in frames]
        self.assertTrue(all(frame in sent for frame in got))
        self.assertEqual(len(got) + self.dropped, len(sent))
        self.assertGreater(self.dropped, 0)


if __name__ == "__main__":
    unittest.main()
