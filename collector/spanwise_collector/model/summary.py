"""What lists show of traces and services."""

from collections.abc import Mapping
from dataclasses import dataclass


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
    """A service over a time range; requests are spans by which work enters it; durations are nanoseconds."""

    name: str
    span_count: int
    error_count: int
    request_count: int
    request_error_count: int
    p50: int | None
    p95: int | None
    p99: int | None
    last_seen: int
    operations: Mapping[str, int]
    """Count of spans by operation, the most frequent first."""
