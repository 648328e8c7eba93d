"""Metrics: which there are, and one of them over time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, func, select

from spanwise_collector.errors import InvalidParameter
from spanwise_collector.model.metric import DELTA, KINDS, Metric, Point, Series
from spanwise_collector.query.page import Page, whole
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import metric_points

MAX_POINTS: Final = 100_000
_columns: Final = metric_points.c
_VALUED: Final = ("gauge", "sum")


@dataclass(frozen=True, slots=True)
class MetricSearch:
    """One metric from `start` (inclusive) to `end` (exclusive), a point for each `step` nanoseconds."""

    project: str
    name: str
    start: int
    end: int
    step: int
    service: str | None = None


def names(engine: Engine, project: str, start: int, end: int) -> Page[Metric]:
    """Every metric with a point in the time range, by name; the same name as two kinds is two metrics."""
    query = (
        select(
            _columns.name,
            _columns.kind,
            func.any(_columns.unit).label("unit"),
            func.any(_columns.description).label("description"),
            func.arraySort(func.groupUniqArray(_columns.service)).label("services"),
            func.count().label("points"),
        )
        .where(*_in_range(project, start, end))
        .group_by(_columns.name, _columns.kind)
        .order_by(_columns.name, _columns.kind)
    )
    return whole(
        [
            Metric(row.name, KINDS[row.kind], row.unit, row.description, row.services, row.points)
            for row in engine.read(query)
        ]
    )


def series(engine: Engine, request: MetricSearch) -> Page[Series]:
    """The series of a metric. In each step: a gauge's mean, a cumulative sum's highest, a delta's total.

    Raises InvalidParameter where that would be more than MAX_POINTS points.
    """
    time = (func.intDiv(_columns.time_unix_nano, request.step) * request.step).label("time")
    identity = (_columns.service, _columns.instance, _columns.attributes, _columns.kind, _columns.temporality)
    query = (
        select(
            *identity,
            time,
            func.avg(_columns.value).label("mean"),
            func.max(_columns.value).label("highest"),
            func.sum(_columns.value).label("total"),
            func.max(_columns["count"]).label("highest_count"),
            func.sum(_columns["count"]).label("total_count"),
            func.max(_columns.sum).label("highest_sum"),
            func.sum(_columns.sum).label("total_sum"),
        )
        .where(*_in_range(request.project, request.start, request.end), _columns.name == request.name)
        .group_by(*identity, time)
        .order_by(*identity, time)
    )
    if request.service is not None:
        query = query.where(_columns.service == request.service)
    rows = engine.read(query.limit(MAX_POINTS + 1))
    if len(rows) > MAX_POINTS:
        raise InvalidParameter(
            "step", f"`step` is too fine: more than {MAX_POINTS:,} points. Give a longer step, a service or less time."
        )
    return whole(list(_grouped(rows)))


def _in_range(project: str, start: int, end: int) -> list[ColumnElement[bool]]:
    return [_columns.project == project, _columns.time_unix_nano >= start, _columns.time_unix_nano < end]


def _grouped(rows: Iterable[Row[Any]]) -> Iterator[Series]:
    def identity(row: Row[Any]) -> tuple[object, ...]:
        return (row.service, row.instance, tuple(row.attributes.items()), row.kind, row.temporality)

    for (service, instance, attributes, _, _), found in groupby(rows, identity):
        yield Series(str(service), str(instance), dict(attributes), [_point(row) for row in found])  # type: ignore[call-overload]


def _point(row: Row[Any]) -> Point:
    delta = row.temporality == DELTA
    if KINDS[row.kind] not in _VALUED:
        count, total = (row.total_count, row.total_sum) if delta else (row.highest_count, row.highest_sum)
        return Point(row.time, None, count, total)
    if KINDS[row.kind] == "gauge":
        return Point(row.time, row.mean, None, None)
    return Point(row.time, row.total if delta else row.highest, None, None)
