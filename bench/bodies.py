"""Ready-made OTLP bodies that differ in every id and time, for less than a microsecond a span.

A collector answers a body that it has seen before without storing it again, so no body may be sent twice;
and building and compressing half a thousand spans would take as long in the generator as in the collector.
So a body is compressed once, around gaps: what changes from body to body (ids and times) lies in *stored*
blocks of the deflate stream, which hold their bytes as they are. Sending the next body means filling the
gaps and computing the checksum.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy
from numpy.typing import NDArray

from bench import spans
from bench.ids import BodyIds, Shape

LEVEL = 6

# Fields 1, 2, 7, 8 and 4 of a span with their tags: what a gap holds. The parent is last: roots leave it out.
_IDS_AND_TIMES = bytes.fromhex(f"0a10{'00' * 16} 1208{'00' * 8} 39{'00' * 8} 41{'00' * 8} 2208{'00' * 8}")
_TRACE, _SPAN, _START, _END, _PARENT = (slice(*at) for at in ((2, 18), (20, 28), (29, 37), (38, 46), (48, 56)))
_ROOT_BYTES = 46

_GZIP_HEADER = bytes.fromhex("1f8b0800000000000003")
# A byte that no text and no tag of these messages has: no match can reach into a gap and copy what was there.
_NEVER = b"\xff"
_WINDOW = 32 * 1024


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
        pieces = self._pieces(messages)
        self._plain = _with_gaps(pieces)
        self._gzip = _with_gaps(_compressed(pieces, self._gaps))

    def body(self, sequence: int, now: int) -> Body:
        """The body of that number; its spans start within the second before `now`."""
        ids = BodyIds(self.shape, self._run, self._client, sequence)
        gaps = self._filled(ids, now)
        self._plain[1::2] = gaps
        self._gzip[1::2] = gaps
        plain = b"".join(self._plain)
        trailer = struct.pack("<II", zlib.crc32(plain), len(plain))
        return Body(ids, plain, b"".join((_GZIP_HEADER, *self._gzip, trailer)))

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
        heads = [b"\x12" + _varint(gap + len(message)) for gap, message in zip(self._gaps, messages, strict=True)]
        scope = spans.scope().SerializeToString()
        scope_field = b"\x0a" + _varint(len(scope)) + scope
        listed = sum(map(len, heads)) + sum(self._gaps) + sum(map(len, messages))
        scope_spans = b"\x12" + _varint(len(scope_field) + listed) + scope_field
        resource = spans.resource(self._client).SerializeToString()
        resource_field = b"\x0a" + _varint(len(resource)) + resource
        inner = len(resource_field) + len(scope_spans) + listed
        first = b"\x0a" + _varint(inner) + resource_field + scope_spans + heads[0]
        between = [message + head for message, head in zip(messages, heads[1:], strict=False)]
        return [first, *between, messages[-1]]


def _compressed(pieces: list[bytes], gaps: list[int]) -> list[bytes]:
    """The pieces as deflate blocks that end at a byte, each but the last followed by a stored block's head.

    Each may repeat what stands in the window before it, as in one stream, but never the content of a gap.
    """
    before, blocks = b"", []
    for piece, gap in zip(pieces, [*gaps, 0], strict=True):
        packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -15, zdict=before) if before else _fresh()
        block = packer.compress(piece)
        if gap:
            # A sync flush closes with an empty stored block; giving it a length makes it the gap's own.
            block += packer.flush(zlib.Z_SYNC_FLUSH)[:-4] + struct.pack("<HH", gap, gap ^ 0xFFFF)
        else:
            block += packer.flush()
        blocks.append(block)
        before = (before + piece + _NEVER * gap)[-_WINDOW:]
    return blocks


def _fresh() -> zlib._Compress:
    return zlib.compressobj(LEVEL, zlib.DEFLATED, -15)


def _with_gaps(pieces: list[bytes]) -> list[bytes]:
    """Room for a gap after each piece but the last."""
    slots = [b""] * (2 * len(pieces) - 1)
    slots[0::2] = pieces
    return slots


def _little(times: NDArray[numpy.uint64]) -> NDArray[numpy.uint8]:
    return times.astype("<u8").view(numpy.uint8).reshape(-1, 8)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
