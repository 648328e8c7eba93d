"""Thrift's binary and compact protocols read slowly and plainly, by their specifications
(github.com/apache/thrift: doc/specs/thrift-binary-protocol.md, thrift-compact-protocol.md).

A value is a pair of its type and itself, so that a reader can tell, as generated code does, whether a field has the
type that it was declared with. A struct is a dict by the numbers of its fields.
"""

from __future__ import annotations

import struct
from typing import Any

BOOL, BYTE, DOUBLE, I16, I32, I64, STRING, STRUCT, MAP, SET, LIST = 2, 3, 4, 6, 8, 10, 11, 12, 13, 14, 15
_COMPACT = {1: BOOL, 2: BOOL, 3: BYTE, 4: I16, 5: I32, 6: I64, 7: DOUBLE, 8: STRING, 9: LIST, 10: SET, 11: MAP}
_COMPACT |= {12: STRUCT}
_SIZES = {BYTE: 1, I16: 2, I32: 4, I64: 8}

Typed = tuple[int, Any]
Struct = dict[int, Typed]


class Broken(Exception):
    """The bytes are no thrift."""


class Binary:
    """The binary protocol."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        if count < 0 or self.at + count > len(self.data):
            raise Broken("the data end too early")
        self.at += count
        return self.data[self.at - count : self.at]

    def integer(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big", signed=True)

    def value(self, kind: int) -> Any:  # noqa: PLR0911 - one for each type
        if kind == BOOL:
            return self.take(1) != b"\0"
        if kind in _SIZES:
            return self.integer(_SIZES[kind])
        if kind == DOUBLE:
            return struct.unpack(">d", self.take(8))[0]
        if kind == STRING:
            return self.take(self.integer(4))
        if kind == STRUCT:
            return self.struct()
        if kind in (LIST, SET):
            return self.list()
        if kind == MAP:
            key, value, size = self.integer(1), self.integer(1), self.integer(4)
            return [(self.value(key), self.value(value)) for _ in range(self.counted(size))]
        raise Broken("no such type")

    def counted(self, size: int) -> int:
        # No element of either protocol has less than a byte.
        if not 0 <= size <= len(self.data) - self.at:
            raise Broken("more elements than there are bytes")
        return size

    def list(self) -> tuple[int, list[Any]]:
        kind = self.integer(1)
        return kind, [self.value(kind) for _ in range(self.counted(self.integer(4)))]

    def struct(self) -> Struct:
        found: Struct = {}
        while kind := self.integer(1):
            number = self.integer(2)
            found[number] = (kind, self.value(kind))
        return found

    def call(self) -> tuple[str, Struct]:
        first = self.integer(4)
        if first < 0:
            name = self.take(self.integer(4))
        else:
            name = self.take(first)
            self.take(1)
        self.take(4)
        return name.decode("utf-8", "replace"), self.struct()


class Compact(Binary):
    """The compact protocol."""

    def varint(self) -> int:
        number = 0
        for place in range(10):
            byte = self.take(1)[0]
            number |= (byte & 0x7F) << 7 * place
            if byte < 0x80 and number < 2**64:
                return number
        raise Broken("a number of more than 64 bits")

    def zigzag(self, bits: int = 64) -> int:
        number = self.varint()
        return number // 2 if number % 2 == 0 else -(number // 2) - 1

    def value(self, kind: int) -> Any:
        if kind in (I16, I32, I64):
            return self.zigzag()
        if kind == BOOL:
            return self.take(1) == b"\1"
        if kind == DOUBLE:
            return struct.unpack("<d", self.take(8))[0]
        if kind == STRING:
            return self.take(self.varint())
        if kind == MAP:
            size = self.counted(self.varint())
            kinds = self.take(1)[0] if size else 0
            key, value = self.named(kinds >> 4), self.named(kinds & 15)
            return [(self.value(key), self.value(value)) for _ in range(size)] if size else []
        return super().value(kind)

    def named(self, nibble: int) -> int:
        return _COMPACT.get(nibble, -1)

    def list(self) -> tuple[int, list[Any]]:
        head = self.take(1)[0]
        size = head >> 4 if head >> 4 != 15 else self.varint()
        kind = self.named(head & 15)
        return kind, [self.value(kind) for _ in range(self.counted(size))]

    def struct(self) -> Struct:
        found: Struct = {}
        number = 0
        while head := self.take(1)[0]:
            number = number + (head >> 4) if head >> 4 else self.zigzag()
            kind = self.named(head & 15)
            found[number] = (kind, head & 15 == 1 if kind == BOOL else self.value(kind))
        return found

    def call(self) -> tuple[str, Struct]:
        if self.take(1) != b"\x82":
            raise Broken("no compact protocol")
        self.take(1)
        self.varint()
        name = self.take(self.varint())
        return name.decode("utf-8", "replace"), self.struct()


class Fields:
    """A struct as generated code reads it: a field of another type than declared is as if it were not there.

    But integers are read whatever their width, and sets as lists: nothing else can be meant.
    """

    def __init__(self, fields: Struct) -> None:
        self.fields = fields

    def get(self, number: int, kinds: tuple[int, ...], default: Any) -> Any:
        kind, value = self.fields.get(number, (0, None))
        return value if kind in kinds else default

    def integer(self, number: int) -> int:
        return int(self.get(number, (BYTE, I16, I32, I64), 0))

    def text(self, number: int) -> str:
        return bytes(self.get(number, (STRING,), b"")).decode("utf-8", "replace")

    def struct(self, number: int) -> Fields | None:
        found = self.get(number, (STRUCT,), None)
        return None if found is None else Fields(found)

    def structs(self, number: int) -> list[Fields]:
        kind, items = self.get(number, (LIST, SET), (STRUCT, []))
        return [Fields(item) for item in items] if kind == STRUCT else []
