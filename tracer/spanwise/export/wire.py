"""Python values to OTLP protobuf messages; any value can be encoded, none raises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    InstrumentationScope,
    KeyValue,
    KeyValueList,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from spanwise.values import safe_str

MAX_DEPTH = 8
_INT64 = range(-(2**63), 2**63)


def text(value: object) -> str:
    """A string that protobuf accepts: lone surrogates become `?`."""
    string = value if type(value) is str else safe_str(value)
    try:
        string.encode()
    except UnicodeEncodeError:
        return string.encode(errors="replace").decode()
    return string


def any_value(value: object, depth: int = 0) -> AnyValue:  # noqa: PLR0911 - one return a type
    """The OTLP value of a Python value; deeper than MAX_DEPTH and unknown types become text."""
    if isinstance(value, str):
        return AnyValue(string_value=text(value))
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value) if value in _INT64 else AnyValue(string_value=text(safe_str(value)))
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if value is None:
        return AnyValue()
    if isinstance(value, bytes | bytearray):
        return AnyValue(bytes_value=bytes(value))
    return _nested(value, depth)


def _nested(value: object, depth: int) -> AnyValue:
    if depth < MAX_DEPTH:
        if isinstance(value, Mapping):
            return AnyValue(kvlist_value=KeyValueList(values=attributes(value, depth + 1)))
        if isinstance(value, Sequence | set | frozenset):
            return AnyValue(array_value=ArrayValue(values=[any_value(member, depth + 1) for member in value]))
    return AnyValue(string_value=text(value))


def attributes(pairs: Mapping[str, object] | None, depth: int = 0) -> list[KeyValue]:
    """OTLP attributes of a mapping, in its order; keys that are no strings are shown as text."""
    if not pairs:
        return []
    return [KeyValue(key=text(key), value=any_value(value, depth)) for key, value in pairs.items()]


def resource(pairs: Mapping[str, object]) -> Resource:
    """The OTLP resource of its attributes."""
    return Resource(attributes=attributes(pairs))


def scope(name: str, version: str | None = None, pairs: Mapping[str, object] | None = None) -> InstrumentationScope:
    """The OTLP instrumentation scope."""
    return InstrumentationScope(name=text(name), version=text(version or ""), attributes=attributes(pairs))
