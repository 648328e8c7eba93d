"""The services that were seen, with their rates, errors and durations and their log records, from the rollups."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, func, select

from spanwise_collector.model.severity import SEVERITY_OF_ERRORS
from spanwise_collector.model.summary import ServiceSummary
from spanwise_collector.query.page import Page, whole
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, NO_BUCKET, log_patterns, span_stats

_OPERATIONS: Final = 100
_columns: Final = span_stats.c
_logged: Final = log_patterns.c


@dataclass(frozen=True, slots=True)
class LogCount:
    """Log records of a service; `errors` are those of severity ERROR and above, `last` is the newest's time."""

    records: int = 0
    errors: int = 0
    last: int = 0


def services(engine: Engine, project: str, start: int, end: int) -> Page[ServiceSummary]:
    """Every service with a span or a log record in the minutes from `start` to `end`, by name."""
    in_range = (
        _columns.project == project,
        _columns.minute >= start // MINUTE,
        _columns.minute < -(-end // MINUTE),
    )
    entry = _columns.entry == 1
    count = func.sum(_columns.span_count)
    totals = engine.read(
        select(
            _columns.service,
            count.label("spans"),
            func.sum(_columns.failed_count).label("errors"),
            func.sumIf(_columns.span_count, entry).label("requests"),
            func.sumIf(_columns.failed_count, entry).label("request_errors"),
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
    logged = log_counts(engine, project, start, end)
    of_spans = {
        row.service: _summary(row, operations[row.service], logged.get(row.service, LogCount())) for row in totals
    }
    of_logs = {
        name: ServiceSummary(name, log_count=each.records, log_error_count=each.errors, last_seen=each.last)
        for name, each in logged.items()
    }
    return whole([each for _, each in sorted((of_logs | of_spans).items())])


def log_counts(engine: Engine, project: str, start: int, end: int, service: str | None = None) -> dict[str, LogCount]:
    """The log records of each service, or of one, in the minutes from `start` to `end`."""
    count = func.sum(_logged.record_count)
    query = (
        select(
            _logged.service,
            count.label("records"),
            func.sumIf(_logged.record_count, _logged.severity_number >= SEVERITY_OF_ERRORS).label("errors"),
            func.max(_logged.last_time_unix_nano).label("last"),
        )
        .where(
            _logged.project == project,
            _logged.minute >= start // MINUTE,
            _logged.minute < -(-end // MINUTE),
            *(() if service is None else (_logged.service == service,)),
        )
        .group_by(_logged.service)
    )
    return {row.service: LogCount(row.records, row.errors, row.last) for row in engine.read(query)}


def _summary(row: Row[Any], operations: Mapping[str, int], logged: LogCount) -> ServiceSummary:
    return ServiceSummary(
        name=row.service,
        span_count=row.spans,
        error_count=row.errors,
        request_count=row.requests,
        request_error_count=row.request_errors,
        p50=percentile(row.buckets, 0.50),
        p95=percentile(row.buckets, 0.95),
        p99=percentile(row.buckets, 0.99),
        log_count=logged.records,
        log_error_count=logged.errors,
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
