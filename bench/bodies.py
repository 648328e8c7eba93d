"""Ready-made OTLP bodies that differ in every id and time, for less than a microsecond a span.

A collector answers a body that it has seen before without storing it again, so no body may be sent twice;
and building and compressing half a thousand spans would take as long in the generator as in the collector.
So a body is compressed once, around gaps: what changes from body to body are ids and times (bench/patched.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy
from numpy.typing import NDArray

from bench import spans
from bench.ids import BodyIds, Shape
from bench.patched import PatchedStream, varint

# Fields 1, 2, 7, 8 and 4 of a span with their tags: what a gap holds. The parent is last: roots leave it out.
_IDS_AND_TIMES = bytes.fromhex(f"0a10{'00' * 16} 1208{'00' * 8} 39{'00' * 8} 41{'00' * 8} 2208{'00' * 8}")
_TRACE, _SPAN, _START, _END, _PARENT = (slice(*at) for at in ((2, 18), (20, 28), (29, 37), (38, 46), (48, 56)))
_ROOT_BYTES = 46


@dataclass(frozen=True, slots=True)
class Body:
    """One request: what goes over the wire, and what is in it."""

    ids: BodyIds
    plain: bytes
    gzip: bytes


class Bodies:
    """The bodies of one client: `body(n)` is the n-th, the same for the same arguments."""

    def __init__(self, client: int, run: int = 0, shape: Shape | None = None) -> None:
        self.shape = shape or Shape()
        self._client = client
        self._run = run
        self._durations = numpy.array([spans.duration(n) for n in range(self.shape.spans)], dtype=numpy.uint64)
        self._gaps = [self._gap(index) for index in range(self.shape.spans)]
        messages = [spans.span(client, index).SerializeToString() for index in range(self.shape.spans)]
        self._stream = PatchedStream(self._pieces(messages), self._gaps)

    def body(self, sequence: int, now: int) -> Body:
        """The body of that number; its spans start within the second before `now`."""
        ids = BodyIds(self.shape, self._run, self._client, sequence)
        return Body(ids, *self._stream.filled(self._filled(ids, now)))

    def _gap(self, index: int) -> int:
        root = self._client == 0 and index % self.shape.spans_of_trace == 0
        return _ROOT_BYTES if root else len(_IDS_AND_TIMES)

    def _filled(self, ids: BodyIds, now: int) -> list[bytes]:
        count = self.shape.spans
        rows = numpy.tile(numpy.frombuffer(_IDS_AND_TIMES, dtype=numpy.uint8), (count, 1))
        starts = numpy.uint64(now - 10**9) + numpy.arange(count, dtype=numpy.uint64) * numpy.uint64(1_000_003)
        rows[:, _TRACE] = ids.traces()
        rows[:, _SPAN] = ids.spans()
        rows[:, _START] = _little(starts)
        rows[:, _END] = _little(starts + self._durations)
        rows[:, _PARENT] = ids.parents()
        blob, width = rows.tobytes(), len(_IDS_AND_TIMES)
        return [blob[at * width : at * width + gap] for at, gap in enumerate(self._gaps)]

    def _pieces(self, messages: list[bytes]) -> list[bytes]:
        """What stands before, between and behind the gaps."""
        heads = [b"\x12" + varint(gap + len(message)) for gap, message in zip(self._gaps, messages, strict=True)]
        scope = spans.scope().SerializeToString()
        scope_field = b"\x0a" + varint(len(scope)) + scope
        listed = sum(map(len, heads)) + sum(self._gaps) + sum(map(len, messages))
        scope_spans = b"\x12" + varint(len(scope_field) + listed) + scope_field
        resource = spans.resource(self._client).SerializeToString()
        resource_field = b"\x0a" + varint(len(resource)) + resource
        inner = len(resource_field) + len(scope_spans) + listed
        first = b"\x0a" + varint(inner) + resource_field + scope_spans + heads[0]
        between = [message + head for message, head in zip(messages, heads[1:], strict=False)]
        return [first, *between, messages[-1]]


def _little(times: NDArray[numpy.uint64]) -> NDArray[numpy.uint8]:
    return times.astype("<u8").view(numpy.uint8).reshape(-1, 8)
