"""Every decoder of the collector with good bodies to begin from, and how bodies are changed."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from typing import Any

import msgpack  # type: ignore[import-untyped]  # it has no types
from spanwise_collector.errors import Refused
from spanwise_collector.receive import fluent, jaeger, lines, loki, syslog, zipkin_json, zipkin_proto, zipkin_v1
from spanwise_collector.receive.body import Budget, inflate
from spanwise_collector.receive.check import check
from spanwise_collector.receive.declared import loki_push, zipkin_spans
from spanwise_collector.receive.log_batch import Decoded
from spanwise_collector.receive.log_fields import Reading
from spanwise_collector.receive.otlp_json import from_json
from spanwise_collector.spool import Signal

from tests.collector.receive import thrift_writer as write
from tests.collector.receive.factories import json_span, json_traces, logs, record, span, traces
from tests.collector.receive.test_jaeger_cases import batch, proto_request, span_fields
from tests.collector.receive.test_zipkin_cases import FULL, V1, v1_thrift

Decode = Callable[[bytes], Any]

READING = Reading()
LIMITS = loki.Limits(max_age=1e9, max_ahead=600.0, max_labels=30, max_label_bytes=2048, max_records=1000)
CALL: write.Fields = {1: (write.STRUCT, batch(span_fields()))}
VALUES = [{"stringValue": "x"}, {"intValue": "1"}, {"arrayValue": {"values": [{}]}}, {"kvlistValue": {"values": []}}]
RICH = json_span(attributes=[{"key": str(n), "value": value} for n, value in enumerate(VALUES)], status={"code": 2})
LINES = b'{"level": "warn", "msg": "slow", "time": "2026-11-21T08:00:00Z"}\nlevel=info msg="ok" n=1\nplain text\n'
# The shapes in which loggers write a time as more than one value.
NESTED: dict[str, dict[str, Any]] = {
    "a nested time": {"timestamp": {"seconds": 1, "nanos": 1}},
    "a time in two": {"timestampSeconds": 1, "timestampNanos": 1},
    "loguru": {"text": "x", "record": {"message": "x", "level": {"name": "INFO", "no": 2}, "time": {"timestamp": 1}}},
}
SYSLOG = b'<34>1 2026-11-21T08:00:00.003Z host app 12 ID47 [x@1 a="b\\"c" d="e"] hello'
SYSLOG_OLD = b"<13>Nov 21 08:00:00 host app[12]: hello"


def lines_of(body: bytes) -> Any:
    """The records of lines."""
    return lines.decode(body, {"service.name": "x"}, READING, 1000, b"key")


def forwarded(body: bytes) -> list[Any]:
    """What becomes of Fluent's messages."""
    limits = fluent.Limits(2**16, 1000)
    messages = [fluent.message_of(raw, limits, Budget(2**24).hold()) for raw in fluent.Stream(2**16).feed(body)]
    return [fluent.to_batch(message, READING).decoded(b"key") for message in messages if message is not None]


def _loki_json() -> bytes:
    values = [[str(time.time_ns()), "level=warn slow"], [str(time.time_ns()), "b", {"trace_id": "1" * 32}]]
    values.append([str(time.time_ns()), json.dumps(NESTED["a nested time"]), {"level": "warn"}])
    return json.dumps({"streams": [{"stream": {"app": "shop", "level": "info"}, "values": values}]}).encode()


def _loki_proto() -> bytes:
    push = loki_push()()
    stream = push.streams.add(labels='{app="shop"}')
    stream.entries.add(line="slow").timestamp.seconds = time.time_ns() // 10**9
    return bytes(push.SerializeToString())


def _zipkin_proto() -> bytes:
    made = zipkin_spans()()
    made.spans.add(trace_id=bytes(15) + b"1", id=bytes(7) + b"1", name="get", timestamp=1, duration=2)
    return bytes(made.SerializeToString())


def _fluent() -> bytes:
    event: list[object] = [1_795_232_696.5, {"log": "level=warn slow", "n": 1}]
    packed = msgpack.packb(event)
    return bytes(
        msgpack.packb(["tag", *event])
        + msgpack.packb(["tag", [event]])
        + msgpack.packb(["tag", packed, {"chunk": "c"}])
        + b"".join(msgpack.packb(["tag", 1, each]) for each in NESTED.values())
    )


DECODERS: dict[str, tuple[Decode, bytes]] = {
    "otlp traces": (lambda body: check(Signal.TRACES, body), traces(span(1), span(2)).SerializeToString()),
    "otlp logs": (lambda body: check(Signal.LOGS, body), logs(record("a"), record("b")).SerializeToString()),
    "otlp json": (lambda body: check(Signal.TRACES, from_json(Signal.TRACES, body)), json_traces(RICH).encode()),
    "zipkin v2 json": (zipkin_json.decode_v2, json.dumps([FULL]).encode()),
    "zipkin v2 protobuf": (zipkin_proto.decode_proto, _zipkin_proto()),
    "zipkin v1 json": (zipkin_v1.decode_v1_json, json.dumps([V1]).encode()),
    "zipkin v1 thrift": (zipkin_v1.decode_v1_thrift, v1_thrift()),
    "jaeger thrift": (jaeger.decode_thrift, write.binary((write.STRUCT, batch(span_fields())))),
    "jaeger compact": (jaeger.decode_compact_packet, write.compact_call("emitBatch", CALL)),
    "jaeger binary": (jaeger.decode_binary_packet, write.binary_call("emitBatch", CALL)),
    "jaeger protobuf": (jaeger.decode_post_spans, proto_request().SerializeToString()),
    "loki json": (lambda body: loki.decode_json(body, READING, LIMITS), _loki_json()),
    "loki protobuf": (lambda body: loki.decode_proto(body, READING, LIMITS), _loki_proto()),
    "lines": (lines_of, LINES),
    **{f"lines, {name}": (lines_of, json.dumps(each).encode()) for name, each in NESTED.items()},
    "syslog, new": (lambda body: syslog.parse(body, READING), SYSLOG),
    "syslog, old": (lambda body: syslog.parse(body, READING), SYSLOG_OLD),
    "fluent": (forwarded, _fluent()),
    "gzip": (lambda body: inflate(body, "gzip", 1000), b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"),
    "deflate": (lambda body: inflate(body, "deflate", 1000), b"\x78\x9c\x4b\x04\x00"),
    "zstd": (lambda body: inflate(body, "zstd", 1000), b"\x28\xb5\x2f\xfd\x20\x01\x09\x00\x00a"),
    "snappy": (lambda body: inflate(body, "snappy", 1000), b"\x01\x00a"),
}


_EXTREMES = (
    *(b"\x00", b"\xff", b"\x7f\xff\xff\xff"),
    *(b"-1", b"null", b"[", b"{}", b"[1]", b"NaN", b"1e999", b'"x"'),
)


def mutated(seed: bytes, chance: random.Random) -> bytes:
    """A few bytes of a good body flipped, cut out, doubled or replaced by an extreme."""
    data = bytearray(seed)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0 if at < len(data):
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                del data[at : at + chance.randint(1, 8)]
            case 2:
                data[at:at] = data[at : at + chance.randint(1, 16)]
            case 3:
                data[at : at + 1] = chance.choice(_EXTREMES)
            case _:
                del data[at:]
    return bytes(data)


_ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1.5,
    2**64,
    10**30,
    "",
    "x",
    "-1",
    "NaN",
    "1_0",
    "inf",
    " 1",
    "0" * 16,
    "00000000000000000000123",
    [],
    [None],
    {},
    {"a": []},
)


def replaced(body: bytes, chance: random.Random) -> bytes:
    """JSON with one of its values replaced by another one, or taken out."""
    document = json.loads(body)
    holders: list[Any] = [found for found in _inside(document) if isinstance(found, dict | list) and found]
    if not holders:
        return json.dumps(chance.choice(_ODD)).encode()
    holder = chance.choice(holders)
    place = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    if chance.randrange(6):
        holder[place] = chance.choice(_ODD)
    else:
        del holder[place]
    return json.dumps(document).encode()


def _inside(value: Any) -> list[Any]:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value, *(found for item in items for found in _inside(item))]


def changed(body: bytes, other: bytes, chance: random.Random, as_json: bool) -> bytes:
    """A body with bytes changed, spliced with another one, or with one of its values changed where it is JSON."""
    match chance.randrange(4):
        case 0:
            return body[: chance.randrange(len(body) + 1)] + other[chance.randrange(len(other) + 1) :]
        case 1 | 2 if as_json:
            return replaced(body, chance)
        case 1 | 2 if body:
            at = chance.randrange(len(body))
            return (
                body[:at]
                + bytes([chance.choice((0, 1, 0x7F, 0xFF, body[at] ^ 1 << chance.randrange(8)))])
                + body[at + 1 :]
            )
    return mutated(body, chance)


def tried(decode: Decode, body: bytes) -> bool:
    """Whether it was decoded; a refusal is the only other answer that is allowed."""
    try:
        found = decode(body)
    except Refused:
        return False
    for each in found if isinstance(found, list) else [found]:
        without_fault(each, body)
    return True


def without_fault(found: object, body: bytes) -> None:
    """Raises where a record of the body was rejected for a fault of the collector's own."""
    if isinstance(found, Decoded) and "a fault of its own" in found.message:
        raise AssertionError(f"not read and not refused for what it is: {body!r}")
