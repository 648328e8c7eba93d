"""Log records of about 200 bytes, for less than two microseconds each.

Each is of one span of the same shop: what the n-th body of a client says was logged in the spans of its n-th body of
spans, so that four records of each of eight services share a trace. All else differs in every record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy
from numpy.typing import NDArray
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import SEVERITY_NUMBER_ERROR, SEVERITY_NUMBER_INFO, LogRecord

from bench import spans
from bench.ids import BodyIds, Shape, scattered
from bench.patched import PatchedStream, field, varint

RECORDS = 512
_VERBS = ("reserved", "released", "charged", "refunded", "shipped", "returned")
_FAILS_EVERY = 37
_CLIENTS = 8
_WIDTHS = (8, 5, 5)
"""Digits of the numbers in a text: of the order, and two others."""
# A user's id as three bytes of protobuf, the time, the trace and the span with their tags.
_IDS = bytes.fromhex(f"{'00' * 3} 09{'00' * 8} 4a10{'00' * 16} 5208{'00' * 8}")
_TIME, _TRACE, _SPAN = (slice(*at) for at in ((4, 12), (14, 30), (32, 40)))


@dataclass(frozen=True, slots=True)
class LogBody:
    """One request; nothing of it is known again."""

    gzip: bytes


class LogBodies:
    """The bodies of one client, each of `RECORDS` records with a trace, a span, two attributes and a text."""

    def __init__(self, client: int, run: int) -> None:
        self._client, self._run = client, run
        sizes = [_size(index) for index in range(RECORDS)]
        heads = [field_head(2, size) for size in sizes]
        scope = field(1, spans.scope().SerializeToString())
        listed = len(scope) + sum(sizes) + sum(map(len, heads))
        resource = field(1, spans.resource(client).SerializeToString())
        of_scope = field_head(2, listed)
        # Between the last gap of a record and the first of the next there is one piece.
        pieces = [field_head(1, len(resource) + len(of_scope) + listed) + resource + of_scope + scope]
        for index, head in enumerate(heads):
            first, *others = _pieces(index)
            pieces[-1] += head + first
            pieces += others
        gaps = [len(_IDS), *_WIDTHS] * RECORDS
        self._stream = PatchedStream(pieces, gaps)

    def body(self, sequence: int, now: int) -> LogBody:
        """The body of that number; its records are of the second before `now`."""
        ids = numpy.tile(numpy.frombuffer(_IDS, dtype=numpy.uint8), (RECORDS, 1))
        words = _words(self._run, self._client, sequence)
        users = words % numpy.uint64(100_000) + numpy.uint64(1 << 14)
        for place, shift in enumerate((0, 7, 14)):
            more = numpy.uint64(0x80 if place < 2 else 0)
            ids[:, place] = (users >> numpy.uint64(shift) & numpy.uint64(0x7F) | more).astype(numpy.uint8)
        times = numpy.uint64(now) - numpy.arange(RECORDS, dtype=numpy.uint64) * numpy.uint64(1_000_003)
        ids[:, _TIME] = times.astype("<u8").view(numpy.uint8).reshape(-1, 8)
        of_spans = BodyIds(Shape(RECORDS), self._run, self._client, sequence)
        ids[:, _TRACE] = of_spans.traces()
        ids[:, _SPAN] = of_spans.spans()
        columns = [_cut(ids), *(_cut(each) for each in _numbers(self._run, self._client, sequence))]
        return LogBody(self._stream.filled([each for row in zip(*columns, strict=True) for each in row])[1])


def lines(client: int, run: int, sequence: int) -> bytes:
    """The texts of a body, a line each."""
    texts = [_text(index) for index in range(RECORDS)]
    columns = [_cut(each) for each in _numbers(run, client, sequence)]
    rows = zip(texts, *columns, strict=True)
    return b"".join(b"%b%b%b%b%b%b%b\n" % (a, x, b, y, c, z, d) for (a, b, c, d), x, y, z in rows)


def order(client: int, sequence: int, index: int) -> str:
    """The number by which a record's text differs from all others."""
    return f"{((sequence * RECORDS + index) * _CLIENTS + client) % 10**8:08}"


def plain_bytes() -> float:
    """How large a record is on the wire before it is compressed."""
    sizes = [_size(index) for index in range(RECORDS)]
    return sum(size + len(field_head(2, size)) for size in sizes) / RECORDS


def field_head(number: int, size: int) -> bytes:
    """What stands before the content of a field of bytes."""
    return bytes([number << 3 | 2]) + varint(size)


def _text(index: int) -> tuple[bytes, bytes, bytes, bytes]:
    """What stands before, between and behind the three numbers."""
    if index % _FAILS_EVERY == 0:
        return b"payment ", b" failed: upstream timed out after ", b" ms, account ", b", %d tries" % (index % 4)
    verb = _VERBS[index % len(_VERBS)].encode()
    tail = b" of warehouse %d, picked by shelf %d" % (index % 9, index * 7 % 97)
    return b"order ", b" " + verb + b" 3 of sku-", b" in basket ", tail


def _pieces(index: int) -> tuple[bytes, ...]:
    """A record around its four gaps."""
    route = KeyValue(key="http.route", value=AnyValue(string_value=f"/orders/{{id}}/{index % 12}"))
    severity = SEVERITY_NUMBER_INFO if index % _FAILS_EVERY else SEVERITY_NUMBER_ERROR
    record = LogRecord(severity_number=severity, attributes=[route]).SerializeToString()
    # The value of `user.id` is the gap's: three bytes of a varint behind its tag.
    value = field_head(2, 4) + b"\x18"
    key = field(1, b"user.id")
    user = field_head(6, len(key) + len(value) + 3) + key + value
    first, *between = _text(index)
    size = len(first) + sum(map(len, between)) + sum(_WIDTHS)
    text = field_head(5, len(field_head(1, size)) + size) + field_head(1, size)
    return (record + user, text + first, *between)


def _size(index: int) -> int:
    return sum(map(len, _pieces(index))) + len(_IDS) + sum(_WIDTHS)


def _words(run: int, client: int, sequence: int) -> NDArray[numpy.uint64]:
    base = (run & 0xFFFF) << 46 | (client & 0x3F) << 40 | (sequence & 0xFFFFFFF) << 12
    return scattered(numpy.arange(RECORDS, dtype=numpy.uint64) | numpy.uint64(base))


def _numbers(run: int, client: int, sequence: int) -> Iterator[NDArray[numpy.uint8]]:
    first = sequence * RECORDS * _CLIENTS + client
    words = _words(run, client, sequence)
    orders = (numpy.arange(RECORDS, dtype=numpy.uint64) * numpy.uint64(_CLIENTS) + numpy.uint64(first)) % numpy.uint64(
        10**8
    )
    for values, width in zip((orders, words >> numpy.uint64(7), words >> numpy.uint64(31)), _WIDTHS, strict=True):
        powers = numpy.array([10**place for place in reversed(range(width))], dtype=numpy.uint64)
        yield (values[:, None] // powers % numpy.uint64(10) + numpy.uint64(ord("0"))).astype(numpy.uint8)


def _cut(rows: NDArray[numpy.uint8]) -> list[bytes]:
    blob, width = numpy.ascontiguousarray(rows).tobytes(), rows.shape[1]
    return [blob[at : at + width] for at in range(0, len(blob), width)]
