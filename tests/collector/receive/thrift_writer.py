"""Writes thrift: the slow plain opposite of what is tested. A value is a (type, value) pair of the binary protocol."""

from __future__ import annotations

import struct
from typing import Any

BOOL, BYTE, DOUBLE, I16, I32, I64, STRING, STRUCT, LIST = 2, 3, 4, 6, 8, 10, 11, 12, 15
_COMPACT = {BOOL: 1, BYTE: 3, I16: 4, I32: 5, I64: 6, DOUBLE: 7, STRING: 8, LIST: 9, STRUCT: 12}
_INTEGERS = {BYTE: ">b", I16: ">h", I32: ">i", I64: ">q"}

Typed = tuple[int, Any]
Fields = dict[int, Typed]


def binary(typed: Typed) -> bytes:
    kind, value = typed
    if kind == BOOL:
        return bytes([value])
    if kind in _INTEGERS:
        return struct.pack(_INTEGERS[kind], value)
    if kind == DOUBLE:
        return struct.pack(">d", value)
    if kind == STRING:
        raw = value.encode() if isinstance(value, str) else value
        return struct.pack(">i", len(raw)) + raw
    if kind == LIST:
        element, items = value
        return struct.pack(">bi", element, len(items)) + b"".join(binary((element, item)) for item in items)
    fields = (struct.pack(">bh", field[0], number) + binary(field) for number, field in value.items())
    return b"".join(fields) + b"\0"


def binary_call(method: str, fields: Fields) -> bytes:
    name = binary((STRING, method))
    return struct.pack(">I", 0x80010004) + name + bytes(4) + binary((STRUCT, fields))


def compact(typed: Typed) -> bytes:
    kind, value = typed
    if kind in (BOOL, BYTE):
        return struct.pack(">b", 2 - value if kind == BOOL else value)
    if kind in _INTEGERS:
        return varint(value << 1 if value >= 0 else (-value << 1) - 1)
    if kind == DOUBLE:
        return struct.pack("<d", value)
    if kind == STRING:
        raw = value.encode() if isinstance(value, str) else value
        return varint(len(raw)) + raw
    if kind == LIST:
        element, items = value
        size = len(items)
        head = bytes([min(size, 15) << 4 | _COMPACT[element]]) + (varint(size) if size >= 15 else b"")
        return head + b"".join(compact((element, item)) for item in items)
    return _compact_struct(value)


def compact_call(method: str, fields: Fields) -> bytes:
    return b"\x82\x81\x00" + compact((STRING, method)) + compact((STRUCT, fields))


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _compact_struct(fields: Fields) -> bytes:
    out, last = b"", 0
    for number, field in fields.items():
        kind = (1 if field[1] else 2) if field[0] == BOOL else _COMPACT[field[0]]
        step = number - last
        head = bytes([step << 4 | kind]) if 0 < step < 16 else bytes([kind]) + compact((I16, number))
        out += head + (b"" if field[0] == BOOL else compact(field))
        last = number
    return out + b"\0"
