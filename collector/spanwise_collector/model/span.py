"""A span as it was sent, with its service and instance named."""

from dataclasses import dataclass, field
from typing import Final, Literal

from spanwise_collector.model.resource import NO_RESOURCE, NO_SCOPE, Resource, Scope
from spanwise_collector.model.value import Attributes

Kind = Literal["unspecified", "internal", "server", "client", "producer", "consumer"]
StatusCode = Literal["unset", "ok", "error"]
KINDS: Final[tuple[Kind, ...]] = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUS_CODES: Final[tuple[StatusCode, ...]] = ("unset", "ok", "error")
SERVER: Final = 2
CLIENT: Final = 3
PRODUCER: Final = 4
CONSUMER: Final = 5
ERROR: Final = 2


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at one moment of a span."""

    time: int
    name: str
    attributes: Attributes = field(default_factory=dict)
    dropped_attributes_count: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """A reference to a span elsewhere; its ids may have any length."""

    trace_id: str
    span_id: str
    trace_state: str = ""
    attributes: Attributes = field(default_factory=dict)
    dropped_attributes_count: int = 0
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """One span (opentelemetry-proto trace.v1.Span); ids are lower-case hex, `parent_span_id` is "" at a root.

    `pieces` is in how many parts it came, which only Zipkin's senders do.
    """

    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    kind: int
    start: int
    end: int
    service: str
    instance: str
    status_code: int = 0
    status_message: str = ""
    trace_state: str = ""
    flags: int = 0
    attributes: Attributes = field(default_factory=dict)
    dropped_attributes_count: int = 0
    events: tuple[Event, ...] = ()
    dropped_events_count: int = 0
    links: tuple[Link, ...] = ()
    dropped_links_count: int = 0
    resource: Resource = NO_RESOURCE
    scope: Scope = NO_SCOPE
    pieces: int = 1

    @property
    def unfinished(self) -> bool:
        """Whether the span was sent before it ended: its end is 0 on the wire."""
        return self.end == 0

    @property
    def duration(self) -> int:
        """Nanoseconds from start to end; 0 where the clock went back or the span has not ended."""
        return max(0, self.end - self.start)


def kind_word(kind: int) -> Kind | Literal["unknown"]:
    """The kind in one of few words, for readers that must know them all."""
    return KINDS[kind] if 0 <= kind < len(KINDS) else "unknown"


def kind_name(kind: int) -> str:
    """The kind in words; a number that OpenTelemetry does not define stays visible."""
    word = kind_word(kind)
    return f"unknown ({kind})" if word == "unknown" else word


def status_word(code: int) -> StatusCode | Literal["unknown"]:
    """The status in one of few words, for readers that must know them all."""
    return STATUS_CODES[code] if 0 <= code < len(STATUS_CODES) else "unknown"


def status_name(code: int) -> str:
    """The status in words; a number that OpenTelemetry does not define stays visible."""
    word = status_word(code)
    return f"unknown ({code})" if word == "unknown" else word
