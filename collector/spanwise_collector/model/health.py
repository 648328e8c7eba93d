"""How the collector itself is doing."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Health:
    """Figures of one moment; counts are since the start, keys are (signal, protocol) or (signal, protocol, reason)."""

    started: int
    accepted: Mapping[tuple[str, str], int]
    """Spans, log records and metric points that were acknowledged."""
    rejected: Mapping[tuple[str, str], int]
    """Those taken out of requests that were accepted, because they were invalid."""
    repeated: Mapping[tuple[str, str], int]
    """Those in requests that had been stored before and were sent again."""
    refused: Mapping[tuple[str, str, str], int]
    """Requests that got a negative answer."""
    waiting_bytes: int
    waiting_limit: int
    waiting_segments: int
    lag_seconds: float
    """Age of the oldest segment that is acknowledged and not yet searchable; 0 where there is none."""
    spool_error: str | None
    segments_loaded: int
    insert_seconds: float
    store_error: str | None
    set_aside: Mapping[str, str]
    """Segments that the store would not take, with its reason."""
    stored_bytes: int
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """An instance that sent spans in the last minutes."""

    service: str
    instance: str
    span_count: int
    error_count: int
    last_seen: int
