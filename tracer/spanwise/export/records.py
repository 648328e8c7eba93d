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
    size = 800 + len(span.name) + attributes_size(span.attributes) + 300 * len(span.links)
    for event in span.events:
        size += 200 + attributes_size(event.attributes)
    return size


def attributes_size(pairs: Mapping[str, object] | None) -> int:
    """Roughly the bytes that attributes hold: cheap, and never far too small."""
    return sum([100 + _length(value) for value in pairs.values()]) if pairs else 0


def _length(value: object) -> int:
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, Mapping):
        return sum(64 + _length(member) for member in value.values())
    if isinstance(value, Sequence):
        return sum(32 + _length(member) for member in value)
    return 8
