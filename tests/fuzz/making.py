"""Valid messages of OTLP, drawn at random, with what breaks careless readers among their values."""

from __future__ import annotations

import random
import struct
from typing import Any

from tests.fuzz.plain_otlp_json import MESSAGES, ONE_OF
from tests.fuzz.plain_protobuf import Field, Kind, Tree

_TEXTS = ("", "a", "GET /cart", "é", "\x00", "\U0001f600", "\ufeffx", "null", "1", "\ud7ff\ue000", " ", "x" * 130)
_BITS = {"int32": 32, "enum": 32, "uint32": 32, "sint32": 32, "int64": 64, "uint64": 64, "sint64": 64}
_BITS |= {"fixed64": 64, "sfixed64": 64, "fixed32": 32, "sfixed32": 32}
DOUBLES = (0.0, -0.0, 1.5, -1e300, float("inf"), float("nan"), 5e-324)


def text(chance: random.Random) -> str:
    return chance.choice(_TEXTS) if chance.randrange(4) else "".join(chance.choices("abé.-_/ ", k=chance.randrange(9)))


def id_of(chance: random.Random, size: int) -> bytes:
    """An id that is not zero."""
    return bytes([chance.randrange(1, 256), *(chance.randrange(256) for _ in range(size - 1))])


def integer(chance: random.Random, kind: str) -> int:
    bits = _BITS[kind]
    low, high = (0, 2**bits - 1) if kind.startswith(("u", "fixed")) else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return chance.choice((0, 1, 2, low, high, chance.randint(low, high)))


def tree(kind: Kind, chance: random.Random, depth: int = 0) -> Tree:
    """A message of a kind with any of its fields, in any order; the ids of spans are mostly good."""
    chosen: dict[str, Field] = {}
    for each in kind.fields.values():
        if chance.random() < (0.9 if _leads_on(each) else 0.6 / (1 + depth / 3)):
            chosen[each.oneof or each.name] = each
    if kind.name == "Span":
        chosen |= {each.name: each for each in kind.fields.values() if each.name in ("trace_id", "span_id")}
    fields = list(chosen.values())
    chance.shuffle(fields)
    made: Tree = {}
    for each in fields:
        count = chance.randrange(1, 3) if _leads_on(each) else chance.randrange(3)
        many = [_value(each, kind, chance, depth) for _ in range(count if each.many else 1)]
        if many:
            made[each.name] = many if each.many else many[0]
    return made


def _leads_on(each: Field) -> bool:
    """Whether what is counted lies below."""
    return each.message is not None and each.message.name.startswith(("Resource", "Scope", "Span", "LogRec", "Metric"))


def _value(each: Field, kind: Kind, chance: random.Random, depth: int) -> Any:
    if each.message:
        return tree(each.message, chance, depth + 1)
    if each.type == "string":
        return text(chance)
    if each.type == "bytes":
        wanted = {"trace_id": 16, "span_id": 8, "parent_span_id": 8}.get(each.name, 0)
        good = wanted and chance.randrange(12)
        return id_of(chance, wanted) if good else chance.choice((b"", b"\0" * 16, b"\0" * 8, b"\xff", b"short"))
    if each.type == "bool":
        return bool(chance.randrange(2))
    if each.type == "double":
        return struct.pack("<d", chance.choice(DOUBLES))
    return integer(chance, each.type)


def otlp_json(kind: str, chance: random.Random, depth: int = 0) -> Tree:
    """A message of OTLP's JSON, with any of its fields in any order."""
    fields = [
        (key, declared) for key, declared in MESSAGES[kind].items() if _chosen(kind, key, declared, chance, depth)
    ]
    chance.shuffle(fields)
    only = [key for key, _ in fields if key in ONE_OF.get(kind, ())][:1]
    made: Tree = {}
    for key, declared in fields:
        if key in ONE_OF.get(kind, ()) and key not in only:
            continue
        one = declared.removesuffix("[]")
        items = [_json_value(one, key, chance, depth) for _ in range(chance.randrange(3) if one != declared else 1)]
        made[key] = items if one != declared else items[0]
    return made | ({"unknownField": [None, {"a": 1}]} if chance.randrange(20) == 0 else {})


def _chosen(kind: str, key: str, declared: str, chance: random.Random, depth: int) -> bool:
    if kind == "Span" and key in ("traceId", "spanId"):
        return True
    return depth == 0 or chance.random() < (0.85 if depth < 4 else 0.2) / (1 + depth / 8)


def _json_value(kind: str, key: str, chance: random.Random, depth: int) -> Any:
    if kind in MESSAGES:
        return otlp_json(kind, chance, depth + 1)
    number = integer(chance, {"u32": "uint32", "u64": "uint64", "i32": "int32", "i64": "int64"}.get(kind, "enum"))
    if kind in ("id", "loose"):
        good = id_of(chance, 16 if key == "traceId" else 8).hex()
        return (
            chance.choice((good, good.upper())) if chance.randrange(12) else chance.choice(("", "0" * 32, "xyz", "1"))
        )
    values: dict[str, tuple[Any, ...]] = {
        "text": (text(chance), "\ud800", "\udc00x"),
        "bool": (True, False),
        "double": (1.5, -0.0, 7, "NaN", "-Infinity", "1.25", 1e300, "1e5"),
        "base64": ("", "AP8=", "AP8", "-_8=", "+/8="),
        "enum": (number,),
    }
    return chance.choice(values.get(kind, (number, str(number))))
