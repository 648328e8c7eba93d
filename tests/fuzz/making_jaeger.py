"""Valid messages of Jaeger and Loki, drawn at random, with what breaks careless readers among their values."""

from __future__ import annotations

import random
import struct

from tests.collector.receive import thrift_writer as write
from tests.fuzz.making import DOUBLES, id_of, text
from tests.fuzz.making_zipkin import NOW, i64
from tests.fuzz.plain_protobuf import Tree


def _jaeger_tag(chance: random.Random) -> write.Fields:
    keys = (
        "span.kind",
        "error",
        "otel.status_code",
        "otel.status_description",
        "event",
        "n",
        "ip",
        "hostname",
        text(chance),
    )
    values = (
        {
            2: (write.I32, 0),
            3: (write.STRING, chance.choice(("server", "client", "OK", "ERROR", "false", "", "x", b"\xff"))),
        },
        {2: (write.I32, 1), 4: (write.DOUBLE, chance.choice(DOUBLES))},
        {2: (write.I32, 2), 5: (write.BOOL, bool(chance.randrange(2)))},
        {2: (write.I32, 3), 6: (write.I64, i64(chance))},
        {2: (write.I32, 4), 7: (write.STRING, b"\x00\xff")},
        {2: (write.I32, 4)},
    )
    return {1: (write.STRING, chance.choice(keys)), **chance.choice(values)}


def _jaeger_tags(chance: random.Random) -> write.Typed:
    return write.LIST, (write.STRUCT, [_jaeger_tag(chance) for _ in range(chance.randrange(4))])


def jaeger_batch(chance: random.Random) -> write.Fields:
    """A batch of Jaeger's thrift."""
    spans = []
    for _ in range(chance.randrange(4)):
        low, high = chance.choice((1, i64(chance) or 1)), i64(chance)
        references: list[write.Fields] = [
            {
                1: (write.I32, chance.randrange(2)),
                2: (write.I64, chance.choice((low, 5))),
                3: (write.I64, high),
                4: (write.I64, i64(chance)),
            }
            for _ in range(chance.randrange(3))
        ]
        logs: list[write.Fields] = [
            {1: (write.I64, NOW + n), 2: _jaeger_tags(chance)} for n in range(chance.randrange(3))
        ]
        fields: write.Fields = {
            1: (write.I64, low),
            2: (write.I64, high),
            3: (write.I64, i64(chance) or 1),
            4: (write.I64, chance.choice((0, i64(chance)))),
            5: (write.STRING, text(chance)),
            6: (write.LIST, (write.STRUCT, references)),
            7: (write.I32, chance.choice((0, 1, 3, 257))),
            8: (write.I64, chance.choice((NOW, 0))),
            9: (write.I64, chance.choice((0, 14))),
            10: _jaeger_tags(chance),
            11: (write.LIST, (write.STRUCT, logs)),
        }
        spans.append({number: value for number, value in fields.items() if number in (1, 3) or chance.randrange(5)})
    process: write.Fields = {1: (write.STRING, chance.choice(("shop", "", text(chance)))), 2: _jaeger_tags(chance)}
    return {1: (write.STRUCT, process), 2: (write.LIST, (write.STRUCT, spans))}


def jaeger_request(chance: random.Random) -> Tree:
    """A PostSpansRequest of Jaeger."""
    spans = [_jaeger_span(chance) for _ in range(chance.randrange(4))]
    return {"batch": {"spans": spans, "process": _process(chance)} if chance.randrange(8) else {"spans": spans}}


def _process(chance: random.Random) -> Tree:
    return {"service_name": chance.choice(("shop", "cart", "")), "tags": _proto_tags(chance)}


def _proto_tags(chance: random.Random) -> list[Tree]:
    keys = ("span.kind", "error", "otel.status_code", "otel.status_description", "event", "n", "ip", text(chance))
    values: tuple[Tree, ...] = (
        {"v_type": 0, "v_str": chance.choice(("server", "OK", "ERROR", "false", "", text(chance)))},
        {"v_type": 1, "v_bool": bool(chance.randrange(2))},
        {"v_type": 2, "v_int64": i64(chance)},
        {"v_type": 3, "v_float64": struct.pack("<d", chance.choice(DOUBLES))},
        {"v_type": 4, "v_binary": b"\x00\xff"},
        {"v_type": 9, "v_str": "unknown"},
    )
    return [{"key": chance.choice(keys), **chance.choice(values)} for _ in range(chance.randrange(4))]


def _jaeger_span(chance: random.Random) -> Tree:
    trace_id = id_of(chance, 16)
    made: Tree = {
        "trace_id": trace_id,
        "span_id": id_of(chance, 8),
        "operation_name": text(chance),
        "references": [
            {
                "trace_id": chance.choice((trace_id, id_of(chance, 8))),
                "span_id": id_of(chance, 8),
                "ref_type": chance.randrange(3),
            }
            for _ in range(chance.randrange(3))
        ],
        "flags": chance.choice((0, 1, 258)),
        "start_time": {"seconds": NOW // 10**6, "nanos": chance.choice((0, 5, -5))},
        "duration": chance.choice(({}, {"nanos": 14_000}, {"seconds": 2**40}, {"seconds": -1})),
        "tags": _proto_tags(chance),
        "logs": [{"timestamp": {"seconds": n}, "fields": _proto_tags(chance)} for n in range(chance.randrange(3))],
        "process": _process(chance),
        "process_id": "p1",
        "warnings": [text(chance) for _ in range(chance.randrange(3))],
    }
    return {name: value for name, value in made.items() if name in ("trace_id", "span_id") or chance.randrange(4)}


def loki_streams(chance: random.Random) -> list[tuple[dict[str, str], list[tuple[int, str, dict[str, str]]]]]:
    """Streams of labels and entries of time in nanoseconds, line and metadata."""
    names = ("app", "job", "pod", "namespace", "container", "filename", "host", "x_1", "_y", "__bad", "level_of")
    streams = []
    for _ in range(chance.randrange(4)):
        labels = {chance.choice(names): text(chance) for _ in range(chance.randrange(4))}
        entries = []
        for _ in range(chance.randrange(5)):
            metadata = {chance.choice(("pod", "user", text(chance))): text(chance) for _ in range(chance.randrange(3))}
            entries.append((NOW * 1000 + chance.randrange(4), chance.choice(("slow", "a b", text(chance))), metadata))
        streams.append((labels, entries))
    return streams


def loki_push(chance: random.Random) -> Tree:
    """A PushRequest of Loki's protobuf."""
    return {
        "streams": [
            {
                "labels": "{" + ", ".join(f"{name}={_quoted(value, chance)}" for name, value in labels.items()) + "}",
                "entries": [
                    {
                        "timestamp": {"seconds": time // 10**9, "nanos": time % 10**9},
                        "line": line,
                        "metadata": [{"name": name, "value": value} for name, value in metadata.items()],
                    }
                    for time, line, metadata in entries
                ],
            }
            for labels, entries in loki_streams(chance)
        ]
    }


def _quoted(value: str, chance: random.Random) -> str:
    """As Go quotes it."""
    if chance.randrange(4) == 0 and "`" not in value:
        return f"`{value}`"
    escaped = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\x00": "\\x00"}
    return '"' + "".join(escaped.get(letter, letter) for letter in value) + '"'


def loki_json(chance: random.Random) -> Tree:
    """A push of Loki's JSON."""
    return {
        "streams": [
            {
                "stream": labels,
                "values": [[str(time), line, *([pairs] if pairs else [])] for time, line, pairs in entries],
            }
            for labels, entries in loki_streams(chance)
        ]
    }
