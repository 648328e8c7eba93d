"""Every field that a query can name besides attributes: the one table for the parser, completion and the manual."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from spanwise_collector.model.log import SEVERITIES
from spanwise_collector.model.span import KINDS, STATUS_CODES
from spanwise_collector.query.language.tree import Level


class Kind(Enum):
    """How the values of a field are written and compared."""

    TEXT = "text"
    DURATION = "duration"
    TIME = "time"
    ID = "id"
    COUNT = "count"
    CHOICE = "choice"
    SEVERITY = "severity"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a span, a log record or, with `trace.` before its name, a trace.

    `choices` gives the number of each word of a CHOICE or SEVERITY.
    """

    name: str
    levels: tuple[Level, ...]
    kind: Kind
    description: str
    example: str
    aliases: tuple[str, ...] = ()
    choices: tuple[tuple[str, int], ...] = ()
    digits: int = 0


def _numbered(words: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    return tuple((word, number) for number, word in enumerate(words))


_SEVERITIES: Final = (("unset", 0), *((name.lower(), number) for name, number in SEVERITIES.items()))
_BOTH: Final[tuple[Level, ...]] = ("spans", "logs")
_ID: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
_SPANS: Final[tuple[Level, ...]] = ("spans",)
_LOGS: Final[tuple[Level, ...]] = ("logs",)
_TRACES: Final[tuple[Level, ...]] = ("traces",)

FIELDS: Final = (
    Field("service", _BOTH, Kind.TEXT, "The service that sent it.", "service:checkout", ("svc",)),
    Field("instance", _BOTH, Kind.TEXT, "The running copy of the service.", "instance:pod-7", ("node",)),
    Field("name", _SPANS, Kind.TEXT, "The span's name, its operation.", 'name:"GET /pay"', ("operation", "op")),
    Field("kind", _SPANS, Kind.CHOICE, "What the span does for its trace.", "kind:server", (), _numbered(KINDS)),
    Field("status", _SPANS, Kind.CHOICE, "How it ended.", "status:error", (), _numbered(STATUS_CODES)),
    Field(
        "failed",
        _SPANS,
        Kind.CHOICE,
        "Whether it failed: by its status, or where that is unset by its answer.",
        "failed:true",
        (),
        _numbered(("false", "true")),
    ),
    Field("status_message", _SPANS, Kind.TEXT, "What its status says in words.", "status_message:*refused*"),
    Field("duration", _SPANS, Kind.DURATION, "From its start to its end; 0 before it ended.", "duration>500ms"),
    Field("start", _SPANS, Kind.TIME, "When it began.", "start>=now-5m", ("time",)),
    Field("parent_span_id", _SPANS, Kind.ID, "Its parent; none at a root.", "-parent_span_id:*", ("parent",), (), 16),
    Field("trace_state", _SPANS, Kind.TEXT, "W3C's tracestate.", "trace_state:*rojo=1*"),
    Field("time", _LOGS, Kind.TIME, "When it happened, else was observed, else arrived.", "time>=now-5m"),
    Field("severity", _LOGS, Kind.SEVERITY, "How bad it is.", "severity>=warn", ("level",), _SEVERITIES),
    Field("severity_text", _LOGS, Kind.TEXT, "The severity as its sender writes it.", "severity_text:WARNING"),
    Field("body", _LOGS, Kind.TEXT, "The message as a whole.", 'body:"payment * failed"', ("message", "msg")),
    Field("event_name", _LOGS, Kind.TEXT, "The name of an event record.", "event_name:login", ("event.name",)),
    Field(
        "pattern",
        _LOGS,
        Kind.ID,
        "Its template, by the id of any of its forms.",
        f"pattern:{'4b' * 8}",
        (),
        (),
        16,
    ),
    Field("trace_id", _BOTH, Kind.ID, "Its trace.", f"trace_id:{_ID}", ("trace.id",), (), 32),
    Field(
        "span_id", _BOTH, Kind.ID, "The span; of a record the one it was logged in.", f"span_id:{'4b' * 8}", (), (), 16
    ),
    Field("duration", _TRACES, Kind.DURATION, "From its first start to its last end.", "trace.duration>2s"),
    Field("start", _TRACES, Kind.TIME, "When its first span began.", "trace.start>=now-5m"),
    Field("spans", _TRACES, Kind.COUNT, "How many spans it has.", "trace.spans>100"),
    Field("errors", _TRACES, Kind.COUNT, "How many of them failed.", "trace.errors>0"),
    Field("services", _TRACES, Kind.COUNT, "How many services took part.", "trace.services>=3"),
    Field("service", _TRACES, Kind.TEXT, "One of its services.", "trace.service:payments"),
    Field("root.service", _TRACES, Kind.TEXT, "The service of its first root.", "trace.root.service:web"),
    Field("root.name", _TRACES, Kind.TEXT, "The name of its root.", "trace.root.name:GET*", ("root.operation",)),
    Field("id", _TRACES, Kind.ID, "Its id.", f"trace.id:{_ID}", (), (), 32),
)

_BY_NAME: Final = {
    (level, name): field for field in FIELDS for level in field.levels for name in (field.name, *field.aliases)
}

PREFIXES: Final[dict[Level, dict[str, str]]] = {
    "spans": {
        "attribute.": "an attribute of the span, also one that is called like a field",
        "resource.": "an attribute of its resource",
        "scope.": "`scope.name`, `scope.version` or an attribute of its instrumentation scope",
        "event.": "`event.name` or an attribute, of one of its events",
        "link.": "`link.trace_id`, `link.span_id` or an attribute, of one of its links",
    },
    "logs": {
        "attribute.": "an attribute of the record, also one that is called like a field",
        "resource.": "an attribute of its resource",
        "scope.": "`scope.name`, `scope.version` or an attribute of its instrumentation scope",
    },
}

HAS: Final[dict[Level, dict[str, str]]] = {
    "spans": {
        "error": "status:error",
        "parent": "parent_span_id:*",
        "event": "event.name:*",
        "exception": "event.name:exception",
        "link": "link.span_id:*",
    },
    "logs": {"error": "severity>=error", "trace": "trace_id:*", "exception": "exception.type:*"},
}
"""What `has:…` is short for."""


def field_of(level: Level, name: str) -> Field | None:
    """The field that is called so."""
    return _BY_NAME.get((level, name))


def names(level: Level) -> list[str]:
    """Every name of a field, aliases included."""
    return [name for at, name in _BY_NAME if at == level]
