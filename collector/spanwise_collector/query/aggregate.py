"""Groups of spans or log records with their figures, in all or by buckets of time."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, null, select, true

from spanwise_collector.errors import InvalidParameter
from spanwise_collector.model.span import kind_name, status_name
from spanwise_collector.query.conditions import TABLES, condition, value_of
from spanwise_collector.query.language.quantity import NUMBER
from spanwise_collector.query.language.tree import Key, Measure, Node, Pipeline, Signal
from spanwise_collector.query.patterns import widened
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import logs

MOST_ROWS: Final = 10_000
_SECOND: Final = 1_000_000_000
_TIME: Final = {"spans": "start_time_unix_nano", "logs": "time_unix_nano"}
_NUMBERS: Final = ("kind", "status", "failed", "duration", "start", "severity", "time")
_NAMES: Final[dict[str, Callable[[int], str]]] = {
    "kind": kind_name,
    "status": status_name,
    "failed": ("false", "true").__getitem__,
}
_IDS: Final = ("trace_id", "span_id", "parent_span_id", "pattern")
_if: Final = func.if_


@dataclass(frozen=True, slots=True)
class Aggregation:
    """Figures of the rows from `start` (inclusive) to `end` (exclusive) for which `where` holds."""

    project: str
    signal: Signal
    start: int
    end: int
    where: Node
    pipeline: Pipeline
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Group:
    """One group at one time (ns; None without buckets); a key that its rows lack is None."""

    time: int | None
    keys: list[str | None]
    values: list[float | int | None]


def aggregate(engine: Engine, asked: Aggregation) -> tuple[list[Group], bool]:
    """The groups, and whether there are more of them than the limit.

    Without buckets those with the highest first figure come first; with buckets all of them, by time. Raises
    InvalidParameter where that would be more than MOST_ROWS.
    """
    table, pipeline = TABLES[asked.signal], asked.pipeline
    time = table.c[_TIME[asked.signal]]
    keys = [_key(key, asked.signal).label(f"key_{n}") for n, key in enumerate(pipeline.group)]
    seconds = (pipeline.every or asked.end - asked.start) / _SECOND
    figures = [_figure(each, asked.signal, seconds).label(f"f_{n}") for n, each in enumerate(pipeline.measures)]
    bucket = [(func.intDiv(time, pipeline.every) * pipeline.every).label("bucket")] if pipeline.every else []
    within = (table.c.project == asked.project, time >= asked.start, time < asked.end)
    holds = condition(widened(engine, asked.project, asked.where), asked.signal)
    query = select(*bucket, *keys, *figures).where(*within, holds)
    if bucket or keys:
        query = query.group_by(*bucket, *keys).order_by(*bucket, *([] if bucket else [figures[0].desc()]), *keys)
    limit = MOST_ROWS if bucket else asked.limit
    rows = engine.read(query.limit(limit + 1))
    if bucket and len(rows) > limit:
        raise InvalidParameter("q", f"`q` makes more than {MOST_ROWS:,} groups and buckets: ask for longer or fewer.")
    return [_group(row, pipeline) for row in rows[:limit]], len(rows) > limit


def _group(row: Any, pipeline: Pipeline) -> Group:
    fields = list(row)
    time = fields.pop(0) if pipeline.every else None
    keys = [_shown(key, value) for key, value in zip(pipeline.group, fields, strict=False)]
    return Group(time, keys, [_finite(value) for value in fields[len(keys) :]])


def _shown(key: Key, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return _NAMES[key.name](value) if key.name in _NAMES else str(value)


def _finite(value: Any) -> float | int | None:
    return None if value is None or math.isnan(value) else value


def _key(key: Key, signal: Signal) -> ColumnElement[Any]:
    value, there = value_of(key, signal)
    if key.scope == "field":
        return func.lower(func.hex(_bytes(value))) if key.name in _IDS else value
    found: ColumnElement[Any] = _if(there, func.toNullable(func.toString(value)), null())
    return found


def _bytes(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """A number's bytes with its leading zeros; an id's are as they are."""
    return func.reverse(func.reinterpretAsFixedString(value)) if value is logs.c.pattern else value


def _figure(measure: Measure, signal: Signal, seconds: float) -> ColumnElement[Any]:
    if measure.key is None:
        return func.count() if measure.function == "count" else func.count() / seconds
    if measure.function == "distinct":
        return func.uniqExact(_key(measure.key, signal))
    number = _number(measure.key, signal)
    if measure.function == "percentile":
        ordered = func.arraySort(func.groupArray(number))
        place = func.greatest(1, func.toUInt64(func.ceil(func.length(ordered) * measure.fraction)))
        return _if(func.empty(ordered), null(), func.toNullable(func.arrayElement(ordered, place)))
    found: ColumnElement[Any] = getattr(func, f"{measure.function}OrNull")(number)
    return found


def _number(key: Key, signal: Signal) -> ColumnElement[Any]:
    """A key's number, NULL where it has none; measures leave NULL out."""
    value, there = value_of(key, signal)
    if key.scope == "field" and key.name in _NUMBERS:
        return func.toFloat64(value)
    text = func.toString(value)
    is_number = and_(true(), there, func.match(text, f"^(?:{NUMBER})$"))
    found: ColumnElement[Any] = _if(is_number, func.toFloat64OrNull(text), null())
    return found
