"""Messages made from their descriptors: every field that OTLP has, whatever it comes to have."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

_DEEPEST_VALUE = 3
_ID_SIZES = {"trace_id": 16, "span_id": 8, "parent_span_id": 8}


def fields(message: Descriptor) -> Iterator[FieldDescriptor]:
    """Every field of a message and of the messages in it, each once."""
    seen: set[str] = set()
    waiting = [message]
    while waiting:
        current = waiting.pop()
        if current.full_name not in seen:
            seen.add(current.full_name)
            yield from current.fields
            waiting += [field.message_type for field in current.fields if field.message_type is not None]


class Filler:
    """Fills messages: no field is left at its default, and no two fields that can differ are equal."""

    def __init__(self, without: set[str]) -> None:
        self.filled: set[str] = set()
        self._without = without
        self._numbers = itertools.count(1)

    def fill(self, message: Message, depth: int = 0) -> None:
        """Set every field but those that are named in `without`."""
        for field in message.DESCRIPTOR.fields:
            if field.full_name in self._without:
                continue
            self.filled.add(field.full_name)
            if field.message_type is None:
                self._fill_plain(message, field)
            elif field.message_type is KeyValue.DESCRIPTOR and field.is_repeated:
                self._fill_attributes(getattr(message, field.name), depth)
            elif field.message_type is AnyValue.DESCRIPTOR:
                self._fill_values(message, field, depth)
            else:
                target = getattr(message, field.name)
                for each in [target.add(), target.add()] if field.is_repeated else [target]:
                    self.fill(each, depth)

    def _fill_plain(self, message: Message, field: Any) -> None:
        if field.is_repeated:
            getattr(message, field.name).extend([self._plain(field), self._plain(field)])
        else:
            setattr(message, field.name, self._plain(field))

    def _plain(self, field: FieldDescriptor) -> Any:
        number = next(self._numbers)
        if field.type == FieldDescriptor.TYPE_BYTES:
            return number.to_bytes(_ID_SIZES.get(field.name, 5))
        if field.enum_type is not None:
            return field.enum_type.values[-1].number
        return {
            FieldDescriptor.TYPE_STRING: f"{field.name} {number}",
            FieldDescriptor.TYPE_BOOL: True,
            FieldDescriptor.TYPE_DOUBLE: number + 0.5,
        }.get(field.type, number)

    def _fill_attributes(self, target: Any, depth: int) -> None:
        """One for each kind of value."""
        for value in self._values(depth):
            made = target.add()
            for field in made.DESCRIPTOR.fields:
                if field.full_name in self._without:
                    continue
                self.filled.add(field.full_name)
                if field.message_type is AnyValue.DESCRIPTOR:
                    getattr(made, field.name).CopyFrom(value)
                else:
                    self._fill_plain(made, field)

    def _fill_values(self, message: Message, field: FieldDescriptor, depth: int) -> None:
        if field.is_repeated:
            getattr(message, field.name).extend(self._values(depth))
        else:
            getattr(message, field.name).CopyFrom(self._values(depth)[-1])

    def _values(self, depth: int) -> list[AnyValue]:
        made = [AnyValue()]
        for field in AnyValue.DESCRIPTOR.fields:
            if field.full_name in self._without or (field.message_type is not None and depth == _DEEPEST_VALUE):
                continue
            self.filled.add(field.full_name)
            value = AnyValue()
            if field.message_type is None:
                self._fill_plain(value, field)
            else:
                self.fill(getattr(value, field.name), depth + 1)
            made.append(value)
        return made
