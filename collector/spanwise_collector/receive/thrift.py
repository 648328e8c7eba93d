"""Thrift's two wire formats, read into plain values: a struct is a dict by field number, a list a list.

Written out here because what it must promise is bounds: no depth, no length and no count is believed before the
bytes for it are there. The packages that exist generate code and check none of it.
"""

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

from spanwise_collector.errors import BadData

_DEEPEST = 32
_ABOVE_64_BITS = 2**64
_DOUBLE_BE, _DOUBLE_LE = struct.Struct(">d"), struct.Struct("<d")

Struct = dict[int, Any]


class Call(NamedTuple):
    """A message of a service: the name of the method and its arguments."""

    method: str
    arguments: Struct


class _Reader:
    """A position in bytes that never passes their end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0
        # Every container costs memory, and a byte is enough to claim one.
        self._containers = len(data) // 4 + 64

    def take(self, count: int) -> bytes:
        end = self._position + count
        if count < 0 or end > len(self._data):
            raise BadData("The thrift is cut off, or a length in it is wrong.")
        taken = self._data[self._position : end]
        self._position = end
        return taken

    def byte(self) -> int:
        return self.take(1)[0]

    def container(self, depth: int, size: int = 0) -> None:
        """Account for one struct or list of `size` elements of a byte at least."""
        self._containers -= 1
        if depth > _DEEPEST or self._containers < 0:
            raise BadData("The thrift is nested too deeply, or holds too many structs.")
        if size < 0 or size > len(self._data) - self._position:
            raise BadData("The thrift is cut off, or the length of a list in it is wrong.")


_Read = Callable[[int], Any]


class Binary(_Reader):
    """The binary protocol."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._kinds: dict[int, _Read] = {
            2: lambda depth: self.byte() != 0,
            3: lambda depth: self._integer(1),
            4: lambda depth: _DOUBLE_BE.unpack(self.take(8))[0],
            6: lambda depth: self._integer(2),
            8: lambda depth: self._integer(4),
            10: lambda depth: self._integer(8),
            11: lambda depth: self.take(self._integer(4)),
            12: self.struct,
            13: self._map,
            14: self._list,
            15: self._list,
        }

    def struct(self, depth: int = 0) -> Struct:
        self.container(depth)
        found: Struct = {}
        while kind := self.byte():
            number = int.from_bytes(self.take(2))
            found[number] = self._value(kind, depth + 1)
        return found

    def structs(self) -> list[Struct]:
        """A list of structs that stands alone, as Zipkin v1 sends it."""
        found = self._list(0)
        if not all(isinstance(item, dict) for item in found):
            raise BadData("The thrift is no list of structs.")
        return found

    def call(self) -> Call:
        first = self._integer(4)
        if first < 0:  # a version and the kind of the message
            name = self.take(self._integer(4))
        else:
            name = self.take(first)
            self.byte()
        self.take(4)
        return Call(name.decode("utf-8", "replace"), self.struct())

    def _value(self, kind: int, depth: int) -> Any:
        if kind not in self._kinds:
            raise BadData("The thrift holds a type that does not exist.")
        return self._kinds[kind](depth)

    def _integer(self, size: int) -> int:
        return int.from_bytes(self.take(size), signed=True)

    def _list(self, depth: int) -> list[Any]:
        kind, size = self.byte(), self._integer(4)
        self.container(depth, size)
        return [self._value(kind, depth + 1) for _ in range(size)]

    def _map(self, depth: int) -> list[Any]:
        key, value, size = self.byte(), self.byte(), self._integer(4)
        self.container(depth, size)
        return [(self._value(key, depth + 1), self._value(value, depth + 1)) for _ in range(size)]


class Compact(_Reader):
    """The compact protocol."""

    _TRUE, _FALSE = 1, 2

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._kinds: dict[int, _Read] = {
            1: self._element_truth,
            2: self._element_truth,
            3: lambda depth: int.from_bytes(self.take(1), signed=True),
            4: self._zigzag,
            5: self._zigzag,
            6: self._zigzag,
            7: lambda depth: _DOUBLE_LE.unpack(self.take(8))[0],
            8: lambda depth: self.take(self._varint()),
            9: self._list,
            10: self._list,
            11: self._map,
            12: self.struct,
        }

    def struct(self, depth: int = 0) -> Struct:
        self.container(depth)
        found: Struct = {}
        number = 0
        while header := self.byte():
            kind, step = header & 0x0F, header >> 4
            number = number + step if step else self._zigzag(depth)
            # In a field the type itself says which truth value it is.
            found[number] = kind == self._TRUE if kind in (self._TRUE, self._FALSE) else self._value(kind, depth + 1)
        return found

    def call(self) -> Call:
        if self.byte() != 0x82:
            raise BadData("The packet is no message of thrift's compact protocol.")
        self.byte()
        self._varint()
        name = self.take(self._varint())
        return Call(name.decode("utf-8", "replace"), self.struct())

    def _value(self, kind: int, depth: int) -> Any:
        if kind not in self._kinds:
            raise BadData("The thrift holds a type that does not exist.")
        return self._kinds[kind](depth)

    def _element_truth(self, depth: int) -> bool:
        return self.byte() == self._TRUE

    def _list(self, depth: int) -> list[Any]:
        header = self.byte()
        size = header >> 4 if header >> 4 < 15 else self._varint()
        self.container(depth, size)
        return [self._value(header & 0x0F, depth + 1) for _ in range(size)]

    def _map(self, depth: int) -> list[Any]:
        size = self._varint()
        self.container(depth, size)
        kinds = self.byte() if size else 0
        return [(self._value(kinds >> 4, depth + 1), self._value(kinds & 0x0F, depth + 1)) for _ in range(size)]

    def _varint(self) -> int:
        number = byte = 0
        for shift in range(0, 70, 7):
            byte = self.byte()
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
        if number >= _ABOVE_64_BITS or byte >= 0x80:
            raise BadData("The thrift holds a number of more than 64 bits.")
        return number

    def _zigzag(self, depth: int) -> int:
        number = self._varint()
        return (number >> 1) ^ -(number & 1)
