"""Zipkin v1 read slowly and plainly, by zipkinCore.thrift, zipkin-api.yaml and docs/protocols.md."""

from __future__ import annotations

from typing import Any

from tests.fuzz.plain_otlp import Broken, Tree
from tests.fuzz.plain_thrift import STRING, STRUCT, Binary, Fields
from tests.fuzz.plain_zipkin import (
    NOBODY,
    array_of,
    base_of,
    endpoint_of,
    in_time,
    micros_of,
    objects_of,
    otlp,
    packed_address,
    tag_of,
    text_of,
)


def v1_json(body: bytes) -> Tree:
    spans = []
    for item in array_of(body):
        if {"localEndpoint", "tags", "kind"} & set(item):
            raise Broken("v2")
        base = base_of(item)
        annotations = [
            (micros_of(a.get("timestamp")) or 0, text_of(a.get("value")), endpoint_of(a.get("endpoint")))
            for a in objects_of(item.get("annotations"))
        ]
        binary = []
        for each in objects_of(item.get("binaryAnnotations")):
            key, value = text_of(each.get("key")), each.get("value")
            # The address of a peer has the value true.
            peer = key in ("sa", "ca", "ma") and value is True
            binary.append((key, None if peer else tag_of(value), endpoint_of(each.get("endpoint"))))
        spans += sides(base, annotations, binary)
    return otlp(spans)


def v1_thrift(body: bytes) -> Tree:
    if not body:
        return otlp([])
    kind, items = Binary(body).list()
    if kind != STRUCT and items:
        raise Broken("no structs")
    spans = []
    for item in map(Fields, items):
        trace, own, parent = (
            (item.integer(12) % 2**64 << 64) + item.integer(1) % 2**64,
            item.integer(4),
            item.integer(5),
        )
        if not trace or not own:
            raise Broken("no ids")
        base = {
            "trace_id": trace.to_bytes(16, "big"),
            "id": (own % 2**64).to_bytes(8, "big"),
            "parent": (parent % 2**64).to_bytes(8, "big") if parent else b"",
            "name": item.text(3),
            "timestamp": in_time(item.integer(10)),
            "duration": in_time(item.integer(11)) if 11 in item.fields else None,
            "debug": item.get(9, (2,), False) is True,
        }
        annotations = [(in_time(a.integer(1)), a.text(2), _host(a.struct(3))) for a in item.structs(6)]
        binary = [(b.text(1), _binary_value(b), _host(b.struct(4))) for b in item.structs(8)]
        spans += sides(base, annotations, binary)
    return otlp(spans)


def sides(base: Tree, annotations: list[Any], binary: list[Any]) -> list[Tree]:  # noqa: C901 - in the order of the text
    """What a span of v1 is made of: one span for each side that its annotations name."""
    at: dict[str, tuple[int, Tree]] = {}
    for time, name, host in annotations:
        at.setdefault(name, (time, host))
    found = []
    for kind, first, last in (
        ("CLIENT", "cs", "cr"),
        ("SERVER", "sr", "ss"),
        ("PRODUCER", "ms", "ws"),
        ("CONSUMER", "mr", "wr"),
    ):
        if first in at or last in at:
            begin = at[first][0] if first in at else 0
            took = at[last][0] - begin if first in at and last in at and at[last][0] >= begin else None
            found.append({"kind": kind, "begin": begin, "took": took, "local": (at.get(first) or at[last])[1]})
    rest: Tree = {"remote": NOBODY, "dropped": 0}
    made = []
    for side in found:
        # The span's own times are those of the side that began it.
        own = len(found) == 1 or side["kind"] == "CLIENT"
        made.append(base | rest | {
            "annotations": [], "tags": [], "kind": side["kind"], "local": side["local"],
            "timestamp": (base["timestamp"] if own else 0) or side["begin"],
            "duration": base["duration"] if own and base["duration"] is not None else side["took"],
            "shared": side["kind"] == "SERVER" and (len(found) > 1 or base["timestamp"] == 0),
        })  # fmt: skip
    if not made:
        hosts = [each[2] for each in [*annotations, *binary] if each[2]["service"]] or [NOBODY]
        made = [base | rest | {"annotations": [], "tags": [], "kind": None, "local": hosts[0], "shared": False}]

    def owner(host: Tree) -> Tree:
        return ([side for side in made if side["local"]["service"] == host["service"]] or made)[0]

    for time, name, host in annotations:
        if name not in ("cs", "cr", "sr", "ss", "ms", "ws", "mr", "wr"):
            owner(host)["annotations"].append((time, name))
    for key, value, host in binary:
        if value is not None:
            owner(host)["tags"].append((key, value))
        elif key in ("sa", "ca", "ma"):
            wanted = {"sa": "CLIENT", "ca": "SERVER"}.get(key)
            ([side for side in made if wanted in (None, side["kind"])] or made)[0]["remote"] = host
        else:
            made[0]["dropped"] += 1
    return made


def _host(host: Fields | None) -> Tree:
    if host is None:
        return NOBODY
    packed = bytes(host.get(4, (STRING,), b"")) or (host.integer(1) % 2**32).to_bytes(4, "big")
    return {"service": host.text(3), "address": packed_address(packed), "port": host.integer(2) % 2**16}


def _binary_value(item: Fields) -> str | None:
    """By the annotation's own type: BOOL, BYTES, I16, I32, I64, DOUBLE and STRING are 0 to 6."""
    key, value, kind = item.text(1), item.get(2, (STRING,), None), item.get(3, (3, 6, 8, 10), None)
    if value is None or kind is None or kind == 5 or (kind == 0 and key in ("sa", "ca", "ma")):
        return None
    if kind == 0:
        return "true" if any(value) else "false"
    if len(value) == {2: 2, 3: 4, 4: 8}.get(kind):
        return str(int.from_bytes(value, "big", signed=True))
    return bytes(value).decode("utf-8", "replace")
