"""A log record as it was sent."""

from dataclasses import dataclass, field
from typing import Final, Literal

from spanwise_collector.model.resource import NO_RESOURCE, NO_SCOPE, Resource, Scope
from spanwise_collector.model.value import Attributes, Value

Severity = Literal["trace", "debug", "info", "warn", "error", "fatal", "unset", "unknown"]
_RANGES: Final[dict[int, Severity]] = {1: "trace", 5: "debug", 9: "info", 13: "warn", 17: "error", 21: "fatal"}
SEVERITIES: Final = {name.upper(): number for number, name in _RANGES.items()}


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One log record (opentelemetry-proto logs.v1.LogRecord); `trace_id` and `span_id` are "" where it has none.

    `pattern` names its form (16 hex digits), "" in records that were stored before there were patterns.

    `time` is when it happened, else when it was observed, else when it arrived; `time_source` says which
    ("event", "observed" or "received"). The ids of an `inferred` record are not its own (query/inferred.py).
    """

    time: int
    time_source: Literal["event", "observed", "received"]
    observed_time: int
    service: str
    instance: str
    severity_number: int = 0
    severity_text: str = ""
    body: Value = None
    event_name: str = ""
    pattern: str = ""
    trace_id: str = ""
    span_id: str = ""
    flags: int = 0
    attributes: Attributes = field(default_factory=dict)
    dropped_attributes_count: int = 0
    resource: Resource = NO_RESOURCE
    scope: Scope = NO_SCOPE
    inferred: bool = False


def severity_word(number: int) -> Severity:
    """The name of a severity's range of four, for readers that must know them all."""
    return _RANGES.get((number - 1) // 4 * 4 + 1, "unknown") if number else "unset"


def severity_name(number: int) -> str:
    """The name of a severity's range of four; a number that OpenTelemetry does not define stays visible."""
    word = severity_word(number)
    return f"unknown ({number})" if word == "unknown" else word
