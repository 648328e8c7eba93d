"""Valid messages of Zipkin, drawn at random, with what breaks careless readers among their values."""

from __future__ import annotations

import random
from typing import Any

from tests.collector.receive import thrift_writer as write
from tests.fuzz.making import id_of, text
from tests.fuzz.plain_protobuf import Tree

NOW = 1_795_232_696_000_001


def address(chance: random.Random) -> dict[str, Any]:
    """An endpoint of Zipkin's JSON."""
    made: dict[str, Any] = {}
    if chance.randrange(4):
        made["serviceName"] = chance.choice(("front", "back", text(chance)))
    if chance.randrange(2):
        made["ipv4"] = chance.choice(("192.168.0.10", "10.0.0.1"))
    if chance.randrange(4) == 0:
        made["ipv6"] = chance.choice(("2001:db8::1", "::1"))
    if chance.randrange(2):
        made["port"] = chance.choice((0, 1, 80, 65535))
    return made


def _common(chance: random.Random) -> dict[str, Any]:
    hexed = id_of(chance, chance.choice((8, 16))).hex()
    made: dict[str, Any] = {
        "traceId": hexed.upper() if chance.randrange(4) == 0 else hexed,
        "id": id_of(chance, 8).hex(),
    }
    if chance.randrange(2):
        made["parentId"] = chance.choice((id_of(chance, 8).hex(), "0" * 16, "", None))
    if chance.randrange(4):
        made["timestamp"] = chance.choice((NOW, 0, str(NOW), "007", 2**63 // 1000 - 1))
    if chance.randrange(4):
        made["duration"] = chance.choice((0, 1, 14, "14"))
    if chance.randrange(2):
        made["name"] = chance.choice((text(chance), None, "\ud800"))
    if chance.randrange(3) == 0:
        made["debug"] = chance.choice((True, False))
    return made


def v2_span(chance: random.Random) -> dict[str, Any]:
    """A span of Zipkin v2."""
    made = _common(chance)
    if chance.randrange(2):
        made["kind"] = chance.choice(("CLIENT", "SERVER", "PRODUCER", "CONSUMER", None))
    for name in ("localEndpoint", "remoteEndpoint"):
        if chance.randrange(3):
            made[name] = chance.choice((address(chance), None))
    values = ("x", "", True, 1, 1.5, None, {"a": 1}, [1], "\udfff", "false", "OK", "error", "TRUE")
    names = ("http.path", "error", "otel.status_code", "otel.status_description", text(chance))
    if chance.randrange(2):
        made["tags"] = {chance.choice(names): chance.choice(values) for _ in range(chance.randrange(4))}
    if chance.randrange(2):
        made["annotations"] = [{"timestamp": NOW + n, "value": text(chance)} for n in range(chance.randrange(3))]
    if chance.randrange(3) == 0:
        made["shared"] = chance.choice((True, False, None))
    if chance.randrange(4) == 0:
        made["unknown"] = {"deep": [None]}
    return made


_CORE = ("cs", "cr", "sr", "ss", "ms", "ws", "mr", "wr", "cs", "cr", "sr", "ss")


def v1_span(chance: random.Random) -> dict[str, Any]:
    """A span of Zipkin v1."""
    made = _common(chance)
    hosts = [address(chance), address(chance)]
    made["annotations"] = [
        {"timestamp": NOW + chance.randrange(9), "value": value, "endpoint": chance.choice(hosts)}
        for value in chance.sample(_CORE, chance.randrange(5)) + [text(chance)] * chance.randrange(2)
    ]
    keys = ("http.path", "error", "sa", "ca", "ma", text(chance))
    made["binaryAnnotations"] = [
        {
            "key": chance.choice(keys),
            "value": chance.choice(("x", True, 7, None, "false")),
            "endpoint": chance.choice(hosts),
        }
        for _ in range(chance.randrange(4))
    ]
    return made


def v1_struct(chance: random.Random) -> write.Fields:
    """The same in thrift."""
    hosts = [_host(chance), _host(chance)]
    annotations: list[write.Fields] = [
        {1: (write.I64, NOW + chance.randrange(9)), 2: (write.STRING, value), 3: (write.STRUCT, chance.choice(hosts))}
        for value in chance.sample(_CORE, chance.randrange(5)) + [text(chance)] * chance.randrange(2)
    ]
    made: write.Fields = {
        1: (write.I64, i64(chance) or 1),
        3: (write.STRING, text(chance)),
        4: (write.I64, i64(chance) or 1),
        5: (write.I64, i64(chance)),
        6: (write.LIST, (write.STRUCT, annotations)),
        8: (write.LIST, (write.STRUCT, [_binary(chance, chance.choice(hosts)) for _ in range(chance.randrange(4))])),
        9: (write.BOOL, bool(chance.randrange(2))),
        10: (write.I64, chance.choice((0, NOW))),
        11: (write.I64, chance.choice((0, 1, 14))),
        12: (write.I64, i64(chance)),
    }
    return {number: value for number, value in made.items() if number in (1, 4) or chance.randrange(4)}


def i64(chance: random.Random) -> int:
    return chance.choice((0, 1, -1, -(2**63), 2**63 - 1, chance.randint(-(2**63), 2**63 - 1)))


def _host(chance: random.Random) -> write.Fields:
    made: write.Fields = {
        1: (write.I32, chance.choice((0, 0x0A000001, -1))),
        2: (write.I16, chance.choice((0, 80, -1))),
        3: (write.STRING, chance.choice(("front", "back", ""))),
        4: (write.STRING, chance.choice((b"", bytes(15) + b"\1", b"short"))),
    }
    return {number: value for number, value in made.items() if chance.randrange(3)}


def _binary(chance: random.Random, host: write.Fields) -> write.Fields:
    kind, value = chance.choice(
        (
            (0, b"\1"),
            (0, b"\0"),
            (1, b"raw"),
            (2, b"\xff\xff"),
            (3, bytes(3) + b"\7"),
            (4, bytes(8)),
            (5, bytes(8)),
            (6, b"x"),
            (6, b"\xff"),
        )
    )
    key = chance.choice(("http.path", "error", "sa", "ca", "ma"))
    return {1: (write.STRING, key), 2: (write.STRING, value), 3: (write.I32, kind), 4: (write.STRUCT, host)}


def zipkin_list(chance: random.Random) -> Tree:
    """A ListOfSpans of Zipkin's protobuf."""
    return {"spans": [_zipkin_span(chance) for _ in range(chance.randrange(4))]}


def _zipkin_span(chance: random.Random) -> Tree:
    made: Tree = {
        "trace_id": id_of(chance, chance.choice((8, 16))),
        "parent_id": chance.choice((b"", id_of(chance, 8))),
        "id": id_of(chance, 8),
        "kind": chance.randrange(5),
        "name": text(chance),
        "timestamp": chance.choice((0, NOW)),
        "duration": chance.choice((0, 1, 14)),
        "local_endpoint": _packed(chance),
        "remote_endpoint": _packed(chance),
        "annotations": [{"timestamp": NOW + n, "value": text(chance)} for n in range(chance.randrange(3))],
        "tags": [
            {
                "key": chance.choice(("error", "otel.status_code", text(chance))),
                "value": chance.choice(("ok", text(chance))),
            }
            for _ in range(chance.randrange(3))
        ],
        "debug": bool(chance.randrange(2)),
        "shared": bool(chance.randrange(2)),
    }
    return {name: value for name, value in made.items() if name in ("trace_id", "id") or chance.randrange(4)}


def _packed(chance: random.Random) -> Tree:
    return {
        "service_name": chance.choice(("front", "back", "")),
        "ipv4": chance.choice((b"", bytes((10, 0, 0, 1)), b"\1")),
        "ipv6": chance.choice((b"", bytes(15) + b"\1")),
        "port": chance.choice((0, 80, 65535, -1, 65536)),
    }
