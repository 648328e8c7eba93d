"""The services that were seen, with their rates, errors and durations, from the rollup."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Row, func, select

from spanwise_collector.model.span import ERROR
from spanwise_collector.model.summary import ServiceSummary
from spanwise_collector.query.page import Page, whole
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, NO_BUCKET, span_stats

_OPERATIONS: Final = 100
_columns: Final = span_stats.c


def services(engine: Engine, project: str, start: int, end: int) -> Page[ServiceSummary]:
    """Every service with a span in the minutes from `start` to `end`, by name."""
    in_range = (
        _columns.project == project,
        _columns.minute >= start // MINUTE,
        _columns.minute < -(-end // MINUTE),
    )
    failed = _columns.status_code == ERROR
    entry = _columns.entry == 1
    count = func.sum(_columns.span_count)
    totals = engine.read(
        select(
            _columns.service,
            count.label("spans"),
            func.sumIf(_columns.span_count, failed).label("errors"),
            func.sumIf(_columns.span_count, entry).label("requests"),
            func.sumIf(_columns.span_count, entry & failed).label("request_errors"),
            func.sumMapIf(
                func.map(_columns.duration_bucket, _columns.span_count), entry & (_columns.duration_bucket != NO_BUCKET)
            ).label("buckets"),
            func.max(_columns.last_start_time_unix_nano).label("last_seen"),
        )
        .where(*in_range)
        .group_by(_columns.service)
        .order_by(_columns.service)
    )
    operations: dict[str, dict[str, int]] = defaultdict(dict)
    for row in engine.read(
        select(_columns.service, _columns.name, count.label("spans"))
        .where(*in_range)
        .group_by(_columns.service, _columns.name)
        .order_by(count.desc(), _columns.name)
        .suffix_with(f"LIMIT {_OPERATIONS} BY service")
    ):
        operations[row.service][row.name] = row.spans
    return whole([_summary(row, operations[row.service]) for row in totals])


def _summary(row: Row[Any], operations: Mapping[str, int]) -> ServiceSummary:
    return ServiceSummary(
        name=row.service,
        span_count=row.spans,
        error_count=row.errors,
        request_count=row.requests,
        request_error_count=row.request_errors,
        p50=percentile(row.buckets, 0.50),
        p95=percentile(row.buckets, 0.95),
        p99=percentile(row.buckets, 0.99),
        last_seen=row.last_seen,
        operations=operations,
    )


def percentile(buckets: Mapping[int, int], fraction: float) -> int | None:
    """The duration below which `fraction` of a histogram's spans lie, in ns; None where it is empty.

    The middle, on the scale of logarithms, of the bucket that holds it: off by 9 % at most (010_functions.sql).
    """
    wanted = fraction * sum(buckets.values())
    reached = 0
    for bucket in sorted(buckets):
        reached += buckets[bucket]
        if reached >= wanted:
            return round(2 ** ((bucket + 0.5) / 4))
    return None
