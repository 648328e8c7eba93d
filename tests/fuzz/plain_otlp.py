"""What the plain readers of all formats make: OTLP as plain values, in the form of plain_protobuf."""

from __future__ import annotations

import struct
from typing import Any

from tests.fuzz.plain_protobuf import Broken as BrokenProtobuf
from tests.fuzz.plain_protobuf import Tree

__all__ = ["Broken", "Tree", "any_value", "attribute", "pruned"]


class Broken(BrokenProtobuf):
    """The bytes are none of that format."""


def any_value(value: Any) -> Tree:
    """A value of Python as AnyValue."""
    if isinstance(value, bool):
        return {"bool_value": value}
    if isinstance(value, int):
        return {"int_value": value}
    if isinstance(value, float):
        return {"double_value": struct.pack("<d", value)}
    if isinstance(value, bytes):
        return {"bytes_value": value}
    return {} if value is None else {"string_value": value}


def attribute(key: str, value: Any) -> Tree:
    return {"key": key, "value": any_value(value)}


def pruned(tree: Tree) -> Tree:
    """Without fields that say nothing: what is empty or zero, but for the values of attributes."""
    found = {name: _pruned(value) for name, value in tree.items()}
    return {
        name: value for name, value in found.items() if name.endswith("_value") or value not in (0, "", b"", [], {})
    }


def _pruned(value: Any) -> Any:
    if isinstance(value, list):
        return [_pruned(each) for each in value]
    return pruned(value) if isinstance(value, dict) else value
