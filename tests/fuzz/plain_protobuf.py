"""Protobuf read and written slowly and plainly, by its specification (protobuf.dev/programming-guides/encoding).

A message is a dict of its fields: numbers, text, bytes, dicts and lists of these. As protobuf has it, a field that
knows no difference between its default and nothing is left out where it is the default. Doubles are their eight bytes,
so that NaN equals itself.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

Tree = dict[str, Any]

_VARINT, _FIXED64, _BYTES, _GROUP, _END, _FIXED32 = range(6)
_DEPTH = 100
_FIXED = {"fixed64": "<Q", "sfixed64": "<q", "double": "<d", "fixed32": "<I", "sfixed32": "<i", "float": "<f"}
_SIZED = ("string", "bytes", "message")
_BITS = {"int32": 32, "enum": 32, "uint32": 32, "sint32": 32, "int64": 64, "uint64": 64, "sint64": 64}
_NAMES = {
    number: name.removeprefix("TYPE_").lower()
    for name, number in vars(FieldDescriptor).items()
    if name.startswith("TYPE_")
}


class Broken(Exception):
    """The bytes are no message of that type."""


@dataclass
class Field:
    """What a .proto file says of a field. `presence`: it is known whether it was given."""

    name: str
    type: str
    many: bool = False
    presence: bool = False
    oneof: str = ""
    message: Kind | None = None

    @property
    def wire(self) -> int:
        if self.type in _SIZED:
            return _BYTES
        return {"<Q": 1, "<q": 1, "<d": 1, "<I": 5, "<i": 5, "<f": 5}.get(_FIXED.get(self.type, ""), _VARINT)

    def default(self) -> Any:
        if self.type in ("double", "float"):
            return struct.pack(_FIXED[self.type], 0)
        return {"string": "", "bytes": b"", "bool": False, "message": {}}.get(self.type, 0)


@dataclass
class Kind:
    """A type of message: its fields by their numbers."""

    name: str
    fields: dict[int, Field] = field(default_factory=dict)


def declared(messages: dict[str, dict[int, str]]) -> dict[str, Kind]:
    """Kinds by name from the lines of a .proto file: {"Span": {1: "bytes trace_id", 2: "repeated Tag tags"}}."""
    kinds = {name: Kind(name) for name in messages}
    for name, lines in messages.items():
        for number, line in lines.items():
            *label, kind, own = line.split()
            message = kinds.get(kind)
            made = Field(own, "message" if message else kind, label == ["repeated"], message is not None, "", message)
            kinds[name].fields[number] = made
    return kinds


@cache
def kind_of(descriptor: Descriptor) -> Kind:
    """The kind of a generated class."""
    return _kind_of(descriptor, {})


def _kind_of(descriptor: Descriptor, seen: dict[str, Kind]) -> Kind:
    if descriptor.full_name in seen:
        return seen[descriptor.full_name]
    made = seen[descriptor.full_name] = Kind(descriptor.name)
    for each in descriptor.fields:
        oneof = each.containing_oneof.name if each.containing_oneof else ""
        inner = _kind_of(each.message_type, seen) if each.message_type else None
        made.fields[each.number] = Field(
            each.name, _NAMES[each.type], each.is_repeated, each.has_presence, oneof, inner
        )
    return made


def tree_of(message: Message) -> Tree:
    """A message of the library in the same form."""
    return {each.name: _plain(each, value) for each, value in message.ListFields()}


def _plain(each: FieldDescriptor, value: Any) -> Any:
    def one(item: Any) -> Any:
        if isinstance(item, Message):
            return tree_of(item)
        return struct.pack(_FIXED[_NAMES[each.type]], item) if isinstance(item, float) else item

    return [one(item) for item in value] if each.is_repeated else one(value)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def varint(self, longest: int = 10) -> int:
        value = 0
        for place in range(longest):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                return value
        raise Broken("a varint that does not end")

    def take(self, count: int) -> bytes:
        if self.at + count > len(self.data):
            raise Broken("the data end too early")
        self.at += count
        return self.data[self.at - count : self.at]

    def skip(self, number: int, wire: int, depth: int) -> None:
        if depth > _DEPTH:
            raise Broken("nested too deeply")
        match wire:
            case 0:
                self.varint()
            case 1:
                self.take(8)
            case 2:
                self.take(self.varint())
            case 5:
                self.take(4)
            case 3:
                while True:
                    # The library takes a field 0 in a group that nobody knows, which is skipped anyway.
                    inner, kind = self.tag(least=0)
                    if kind == _END:
                        if inner != number:
                            raise Broken("the end of another group")
                        return
                    self.skip(inner, kind, depth + 1)
            case _:
                raise Broken("an end without a group, or an unknown type")

    def tag(self, least: int = 1) -> tuple[int, int]:
        tag = self.varint(5)
        if tag >> 3 < least or tag >= 1 << 32:
            raise Broken("no number of a field")
        return tag >> 3, tag & 7

    def scalar(self, kind: str) -> Any:
        if kind in _FIXED:
            raw = self.take(struct.calcsize(_FIXED[kind]))
            return raw if kind in ("double", "float") else struct.unpack(_FIXED[kind], raw)[0]
        value = self.varint() % 2**64
        if kind == "bool":
            return value != 0
        bits = _BITS[kind]
        value %= 2**bits
        if kind.startswith("sint"):
            return value // 2 if value % 2 == 0 else -(value // 2) - 1
        return value - 2**bits if value >= 2 ** (bits - 1) and not kind.startswith("u") else value


def read(
    kind: Kind, data: bytes, into: Tree | None = None, given_back: list[str] | None = None, depth: int = 0
) -> Tree:
    """The message of some bytes, added to `into`; raises Broken where they are none.

    `given_back` collects the names of fields that had a value and were given their default after that.
    """
    if depth > _DEPTH:
        raise Broken("nested too deeply")
    reader, found, back = _Reader(data), {} if into is None else into, [] if given_back is None else given_back
    while reader.at < len(data):
        number, wire = reader.tag()
        each = kind.fields.get(number)
        packed = each is not None and each.many and each.type not in _SIZED and wire == _BYTES
        if each is None or (wire != each.wire and not packed):
            reader.skip(number, wire, depth)
        elif each.many:
            items = found.get(each.name, [])
            if packed:
                inside = _Reader(reader.take(reader.varint()))
                while inside.at < len(inside.data):
                    items.append(inside.scalar(each.type))
            else:
                items.append(_value(reader, each, {}, back, depth))
            if items:
                found[each.name] = items
        else:
            _set(kind, found, each, _value(reader, each, found.get(each.name), back, depth), back)
    return found


def _value(reader: _Reader, each: Field, before: Tree | None, back: list[str], depth: int) -> Any:
    if each.type not in _SIZED:
        return reader.scalar(each.type)
    data = reader.take(reader.varint())
    if each.message is not None:
        # One that is there already is added to.
        return read(each.message, data, before, back, depth + 1)
    if each.type == "bytes":
        return data
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Broken("text that is not UTF-8") from error


def _set(kind: Kind, found: Tree, each: Field, value: Any, back: list[str]) -> None:
    for other in kind.fields.values():
        if each.oneof and other.oneof == each.oneof and other is not each:
            found.pop(other.name, None)
    if value == each.default() and not each.presence:
        back += [each.name] * (each.name in found)
        found.pop(each.name, None)
    else:
        found[each.name] = value


def varint(number: int) -> bytes:
    out = bytearray()
    number %= 2**64
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def write(kind: Kind, tree: Tree) -> bytes:
    """The bytes of a message, its fields in the order in which they stand in the dict."""
    numbers = {each.name: number for number, each in kind.fields.items()}
    out = bytearray()
    for name, value in tree.items():
        each = kind.fields[numbers[name]]
        for item in value if each.many else [value]:
            out += varint(numbers[name] << 3 | each.wire) + _written(each, item)
    return bytes(out)


def _written(each: Field, value: Any) -> bytes:
    if each.type in _FIXED:
        return bytes(value) if isinstance(value, bytes) else struct.pack(_FIXED[each.type], value)
    if each.type not in _SIZED:
        number = int(value)
        if each.type.startswith("sint"):
            number = number * 2 if number >= 0 else -number * 2 - 1
        return varint(number)
    raw = write(each.message, value) if each.message else value.encode() if isinstance(value, str) else value
    return varint(len(raw)) + raw
