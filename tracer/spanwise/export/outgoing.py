"""What is about to leave the process: the parts of spans and log records that may still be changed or withheld."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan

from spanwise.export.records import Record


@dataclass(slots=True)
class OutgoingSpan:
    """A span before it is sent; `before_send` may change any field but the source. Of links it has the attributes."""

    name: str
    attributes: dict[str, Any]
    events: list[tuple[str, dict[str, Any]]]
    status_message: str
    source: ReadableSpan = field(repr=False)
    links: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class OutgoingRecord:
    """A log record before it is sent; `before_send` may change any field but the source."""

    body: Any
    attributes: dict[str, Any]
    source: Record = field(repr=False)


Outgoing = OutgoingSpan | OutgoingRecord
BeforeSend = Callable[[Outgoing], Outgoing | None]


def outgoing_span(span: ReadableSpan) -> OutgoingSpan:
    """The changeable parts of an ended span."""
    return OutgoingSpan(
        name=span.name,
        attributes=dict(span.attributes or {}),
        events=[(event.name, dict(event.attributes or {})) for event in span.events],
        status_message=span.status.description or "",
        source=span,
        links=[dict(link.attributes or {}) for link in span.links],
    )


def outgoing_record(record: Record) -> OutgoingRecord:
    """The changeable parts of a log record."""
    return OutgoingRecord(body=record.body, attributes=dict(record.attributes), source=record)
