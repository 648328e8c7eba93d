"""Rates, errors and percentiles from the sums that are kept by minute."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from spanwise_collector.query.services import percentile
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, NO_BUCKET, span_stats

STATS: Final = span_stats.c
_FIGURES: Final = (
    func.sum(STATS.span_count).label("spans"),
    func.sum(STATS.failed_count).label("errors"),
    func.sumMapIf(func.map(STATS.duration_bucket, STATS.span_count), STATS.duration_bucket != NO_BUCKET).label(
        "buckets"
    ),
)
REQUESTS: Final[ColumnElement[bool]] = STATS.entry == 1


@dataclass(frozen=True, slots=True)
class Figures:
    """Of some spans: how many, how many failed, and the histogram of those whose duration is known."""

    spans: int = 0
    errors: int = 0
    buckets: Mapping[int, int] = field(default_factory=dict)

    def percentile(self, fraction: float) -> int | None:
        """A duration in ns, off by 9 % at most; None without any."""
        return percentile(self.buckets, fraction)

    def __add__(self, other: "Figures") -> "Figures":
        buckets = dict(self.buckets)
        for bucket, count in other.buckets.items():
            buckets[bucket] = buckets.get(bucket, 0) + count
        return Figures(self.spans + other.spans, self.errors + other.errors, buckets)

    def without(self, part: "Figures") -> "Figures":
        """What is left where a part of it is taken away."""
        left = {bucket: count - part.buckets.get(bucket, 0) for bucket, count in self.buckets.items()}
        buckets = {bucket: count for bucket, count in left.items() if count}
        return Figures(self.spans - part.spans, self.errors - part.errors, buckets)


@dataclass(frozen=True, slots=True)
class Minutes:
    """The whole minutes that a range touches, of a project."""

    project: str
    first: int
    end: int

    @classmethod
    def of(cls, project: str, start: int, end: int) -> "Minutes":
        """Those of `start` (inclusive) to `end` (exclusive), in ns."""
        return cls(project, start // MINUTE, -(-end // MINUTE))

    def before(self) -> "Minutes":
        """As many, right before; fewer where the epoch is in the way."""
        return Minutes(self.project, max(0, 2 * self.first - self.end), self.first)

    @property
    def bounds(self) -> tuple[int, int]:
        """In ns."""
        return self.first * MINUTE, self.end * MINUTE


def figures_by(
    engine: Engine, minutes: Minutes, keys: tuple[ColumnElement[Any], ...], *where: ColumnElement[bool]
) -> dict[tuple[Any, ...], Figures]:
    """Figures for each combination of keys, the most spans first, then by keys."""
    labels = [key.label(f"key_{number}") for number, key in enumerate(keys)]
    query = select(*labels, *_FIGURES).where(
        STATS.project == minutes.project, STATS.minute >= minutes.first, STATS.minute < minutes.end, *where
    )
    if labels:
        query = query.group_by(*labels)
    rows = engine.read(query)
    found = {tuple(row[: len(keys)]): Figures(row.spans, row.errors, row.buckets) for row in rows}
    return dict(sorted(found.items(), key=lambda item: (-item[1].spans, item[0])))
