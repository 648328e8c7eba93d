"""Protobuf read slowly and plainly, by its specification (protobuf.dev/programming-guides/encoding)."""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

_VARINT, _FIXED64, _BYTES, _GROUP, _END, _FIXED32 = range(6)
_DEPTH = 100
_FIXED = {FieldDescriptor.CPPTYPE_DOUBLE: _FIXED64, FieldDescriptor.CPPTYPE_FLOAT: _FIXED32}
_BY_TYPE = {
    FieldDescriptor.TYPE_FIXED64: _FIXED64,
    FieldDescriptor.TYPE_SFIXED64: _FIXED64,
    FieldDescriptor.TYPE_FIXED32: _FIXED32,
    FieldDescriptor.TYPE_SFIXED32: _FIXED32,
    FieldDescriptor.TYPE_STRING: _BYTES,
    FieldDescriptor.TYPE_BYTES: _BYTES,
    FieldDescriptor.TYPE_MESSAGE: _BYTES,
}


class Broken(Exception):
    """The bytes are no message of that type."""


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
                    inner, kind = self.tag()
                    if kind == _END:
                        if inner != number:
                            raise Broken("the end of another group")
                        return
                    self.skip(inner, kind, depth + 1)
            case _:
                raise Broken("an end without a group, or an unknown type")

    def tag(self) -> tuple[int, int]:
        tag = self.varint(5)
        if tag >> 3 == 0 or tag >= 1 << 32:
            raise Broken("no number of a field")
        return tag >> 3, tag & 7


def read(kind: Descriptor | None, data: bytes, depth: int = 0) -> dict[str, list[Any]]:
    """Each field's values in order: messages as dicts, text and bytes as bytes, packed and other scalars as None."""
    assert kind is not None, "only fields that are messages are read as such"
    if depth > _DEPTH:
        raise Broken("nested too deeply")
    reader, found = _Reader(data), dict[str, list[Any]]()
    while reader.at < len(data):
        number, wire = reader.tag()
        field = kind.fields_by_number.get(number)
        if field is None or not _fits(field, wire):
            reader.skip(number, wire, depth)
        else:
            found.setdefault(field.name, []).append(_value(reader, field, wire, depth))
    return found


def _wire(field: FieldDescriptor) -> int:
    return _BY_TYPE.get(field.type, _FIXED.get(field.cpp_type, _VARINT))


def _fits(field: FieldDescriptor, wire: int) -> bool:
    packed = field.is_repeated and _wire(field) != _BYTES and wire == _BYTES
    return wire == _wire(field) or packed


def _value(reader: _Reader, field: FieldDescriptor, wire: int, depth: int) -> Any:
    if wire != _BYTES:
        reader.skip(field.number, wire, depth)
        return None
    data = reader.take(reader.varint())
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        return read(field.message_type, data, depth + 1)
    if field.type == FieldDescriptor.TYPE_STRING:
        try:
            data.decode()
        except UnicodeDecodeError as error:
            raise Broken("text that is not UTF-8") from error
    elif field.type != FieldDescriptor.TYPE_BYTES:
        packed = _Reader(data)
        while packed.at < len(data):
            packed.skip(field.number, _wire(field), depth)
    return data
