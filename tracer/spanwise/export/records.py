"""What is queued: log records as they were taken, and how large queued things are. Loads no protobuf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from opentelemetry.sdk.trace import ReadableSpan


@dataclass(frozen=True, slots=True)
class Record:
    """One log record, taken from the application at the moment it was logged; ids are 0 outside a trace."""

    time_ns: int
    severity: int
    level: str
    body: object
    logger: str
    attributes: Mapping[str, object]
    trace_id: int
    span_id: int
    flags: int

    def size(self) -> int:
        """Roughly the bytes that it holds while it is queued."""
        return 500 + _length(self.body) + attributes_size(self.attributes)


def span_size(span: ReadableSpan) -> int:
    """Roughly the bytes that a queued span holds."""
    # Read without the SDK's properties, which copy: this runs in the application's own time.
    size = 1000 + _length(span._name) + _length(span._status.description)
    if span._attributes:
        size += _fields_size(span._attributes)
    for event in span._events:
        size += 300 + _length(event.name) + (_fields_size(event.attributes) if event.attributes else 0)
    for link in span._links:
        size += 300 + (_fields_size(link.attributes) if link.attributes else 0)
    return size


def attributes_size(pairs: Mapping[str, object] | None) -> int:
    """Roughly the bytes that attributes hold: cheap, and never far too small."""
    return _fields_size(pairs) if pairs else 0


def _fields_size(pairs: Mapping[str, object]) -> int:
    size = 100 * len(pairs)
    for value in pairs.values():
        kind = type(value)
        if kind is str:
            size += len(value)  # type: ignore[arg-type]
        elif kind is not int and kind is not float and kind is not bool:
            size += _length(value)
    return size


def _length(value: object) -> int:
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, Mapping):
        return sum(64 + _length(member) for member in value.values())
    if isinstance(value, Sequence):
        return sum(32 + _length(member) for member in value)
    return 8
