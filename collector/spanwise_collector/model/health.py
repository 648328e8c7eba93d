"""How the collector itself is doing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

RECENT_MINUTES: Final = 60
"""How far back it is known what arrived and was refused lately."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What came in over some time; keys are (signal, protocol) or (signal, protocol, reason)."""

    accepted: Mapping[tuple[str, str], int]
    """Spans, log records and metric points that were acknowledged."""
    rejected: Mapping[tuple[str, str], int]
    """Those taken out of requests that were accepted, because they were invalid."""
    repeated: Mapping[tuple[str, str], int]
    """Those in requests that had been stored before and were sent again."""
    refused: Mapping[tuple[str, str, str], int]
    """Requests that got a negative answer."""
    senders: dict[tuple[str, str], int] = field(default_factory=dict)
    """Items that were acknowledged, repeated ones too, by project and address; the address is empty for those beyond
    the most that are told apart."""


@dataclass(frozen=True, slots=True)
class Recent:
    """What came in during the last `seconds`; `whole` where the collector is younger than what was asked for."""

    counts: Counts
    seconds: float
    whole: bool


@dataclass(frozen=True, slots=True)
class Health:
    """Figures of one moment."""

    started: int
    total: Counts
    """Since the start."""
    waiting_bytes: int
    waiting_limit: int
    waiting_segments: int
    lag_seconds: float
    """Age of the oldest segment that is acknowledged and not yet searchable; 0 where there is none."""
    spool_error: str | None
    cut_bytes: int
    """Bytes that were being written when the collector ended before, and that nobody had been told were safe."""
    spool_damaged: Sequence[str]
    """Files of the spool in which acknowledged data was no longer good at the start."""
    segments_loaded: int
    insert_seconds: float
    store_error: str | None
    queries_running: int
    queries_ended: int
    query_seconds: float
    """How long those that have ended took, all together."""
    queries_stopped: Mapping[str, int]
    """Queries that were ended early or not begun, by the setting that was hit, or because their client left."""
    set_aside: Mapping[str, str]
    """Segments that the store would not take, with its reason."""
    damaged: Sequence[str]
    """Parts of tables that are not what was written and are in no answer, in words."""
    undone_deletions: Sequence[str]
    """Deletions that were asked for and cannot be done, in words."""
    stored_bytes: int | None
    """Room taken on disk by what is stored; None while the store does not say."""
    memory_bytes: int
    catalogue_forgotten: int
    """Keys and values that completion has forgotten since the start, because they were too many."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An instance that sent spans in the last minutes."""

    service: str
    instance: str
    span_count: int
    error_count: int
    last_seen: int
