"""Attribute values on their way out of the store: text and wire type (010_functions.sql) back to what was sent."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValueList

from spanwise_collector.model.value import Attributes, Value


def value(text: str, wire_type: int) -> Value:
    """The value that the engine kept as `text`, given the number of its field in AnyValue (0: no value)."""
    return _READERS[wire_type](text)


def attributes(keys: Sequence[str], texts: Sequence[str], wire_types: Sequence[int]) -> Attributes:
    """Attributes in the order they were sent, of equal keys the last; the columns hold them last first."""
    result: dict[str, Value] = {}
    for key, text, wire_type in zip(reversed(keys), reversed(texts), reversed(wire_types), strict=True):
        result[key] = text if wire_type == 1 else _READERS[wire_type](text)
    return result


def _unwrap(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    ((kind, content),) = item.items()
    if kind == "@double":
        return float(content)
    raw = base64.b64decode(content)
    if kind == "@bytes":
        return raw
    if kind == "@array":
        return [from_wire(each) for each in ArrayValue.FromString(raw).values]
    return {each.key: from_wire(each.value) for each in KeyValueList.FromString(raw).values}


def from_wire(wire: AnyValue) -> Any:
    """A value of the wire, however deep."""
    kind = wire.WhichOneof("value")
    if kind == "array_value":
        return [from_wire(each) for each in wire.array_value.values]
    if kind == "kvlist_value":
        return {each.key: from_wire(each.value) for each in wire.kvlist_value.values}
    return None if kind is None else getattr(wire, kind)


def _array(text: str) -> Value:
    return [_unwrap(item) for item in json.loads(text)]


def _map(text: str) -> Value:
    return {key: _unwrap(item) for key, item in json.loads(text).items()}


_READERS: Final[Sequence[Callable[[str], Value]]] = (
    lambda text: None,
    lambda text: text,
    lambda text: text == "true",
    int,
    float,
    _array,
    _map,
    base64.b64decode,
)
