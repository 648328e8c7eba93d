"""What lists show of traces and services."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """A trace in a list; `root_service` and `root_name` are None while no span without a parent has come."""

    trace_id: str
    start: int
    end: int
    root_service: str | None
    root_name: str | None
    spans: Mapping[str, int]
    """Count of spans by service."""
    errors: Mapping[str, int]
    """Count of spans with status error by service."""


@dataclass(frozen=True, slots=True)
class ServiceSummary:
    """A service over a time range; requests are spans by which work enters it; durations are nanoseconds.

    `last_seen` is the time of its newest span; of one that sent no span, of its newest log record.
    """

    name: str
    span_count: int = 0
    error_count: int = 0
    request_count: int = 0
    request_error_count: int = 0
    p50: int | None = None
    p95: int | None = None
    p99: int | None = None
    log_count: int = 0
    log_error_count: int = 0
    """Log records of severity ERROR and above."""
    last_seen: int = 0
    operations: Mapping[str, int] = field(default_factory=dict)
    """Count of spans by operation, the most frequent first."""
