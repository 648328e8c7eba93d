"""The spans of a window as numbers, for the diagnosis: no object is made for a span."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, func, literal, or_, select

from spanwise_collector.diagnose.counts import Operation
from spanwise_collector.diagnose.span_numbers import SpanNumbers
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, lookup, span_stats, spans

_columns: Final = spans.c
_NO_PARENT: Final = func.toFixedString("", 8)
# No span lasts longer (ns, some thirty years): sums of what is on the wire must not overflow.
_LONGEST: Final = 10**18


@dataclass(frozen=True, slots=True)
class Known:
    """An operation as the rollups know it; `n` of its spans began in a window, of which `failed` did."""

    code: int
    operation: Operation
    n: int
    failed: int


def operations(engine: Engine, project: str, start: int, end: int, longest: int) -> list[Known]:
    """Those with spans from the minute of `start` to that of `end` or `longest` minutes later, counted to `end`."""
    columns = span_stats.c
    counted = columns.minute <= end // MINUTE
    query = (
        select(
            columns.service,
            columns.instance,
            columns.name,
            func.cityHash64(columns.service, columns.instance, columns.name).label("code"),
            func.sumIf(columns.span_count, counted).label("n"),
            func.sumIf(columns.failed_count, counted).label("failed"),
        )
        .where(columns.project == project, columns.minute.between(start // MINUTE, end // MINUTE + longest))
        .group_by(columns.service, columns.instance, columns.name)
    )
    return [
        Known(row.code, Operation(row.service, row.instance, row.name), int(row.n), int(row.failed))
        for row in engine.read(query)
    ]


def named(ids: str) -> Select[*tuple[Any, ...]]:
    """Trace ids, given as hex one after the other, as the columns hold them."""
    return select(func.toFixedString(func.unhex(func.arrayJoin(func.extractAll(literal(ids), ".{32}"))), 16))


def read(
    engine: Engine, where: Sequence[ColumnElement[bool]], known: Sequence[Known], *, by_attributes: bool
) -> SpanNumbers:
    """The spans for which all of `where` holds; failed by status or answer, and by what else says so if asked."""
    found = engine.read_numbers(select(*_numbers(by_attributes=by_attributes)).where(*where))
    texts = {each.code: each.operation for each in known}
    codes = np.unique(found["operation"]).tolist()
    if missing := [code for code in codes if code not in texts]:
        texts |= _unknown(engine, where, missing)
    return _as_numbers(found, {code: texts[code] for code in codes})


def read_named(engine: Engine, where: Sequence[ColumnElement[bool]]) -> SpanNumbers:
    """As `read`, failed by status or answer: of few spans, each of which comes with what its operation is called."""
    names = (_columns.service, _columns.instance, _columns.name)
    found = engine.read_numbers(select(*_numbers(by_attributes=False), *names).where(*where))
    codes, first = np.unique(found["operation"], return_index=True)
    called = zip(*(found[each.name][first].tolist() for each in names), strict=True)
    return _as_numbers(found, dict(zip(codes.tolist(), (Operation(*each) for each in called), strict=True)))


def _as_numbers(found: NDArray[np.void], texts: Mapping[int, Operation]) -> SpanNumbers:
    """What the columns say, given what each code among them stands for."""
    codes, place = np.unique(found["operation"], return_inverse=True)
    ordered = sorted(set(texts.values()))
    at = {operation: number for number, operation in enumerate(ordered)}
    began = found["start"].astype(np.int64)
    return SpanNumbers(
        operations=ordered,
        key=_plain(found["key"]),
        parent=_plain(found["parent"]),
        kind=np.ascontiguousarray(found["kind"]),
        began=began,
        ended=began + np.clip(found["lasts"].astype(np.int64), 0, _LONGEST),
        operation=np.array([at[texts[code]] for code in codes.tolist()], dtype=np.int64)[place],
        failed=found["failed"] > 0,
        trace_id=(_plain(found["trace_first"]), _plain(found["trace_second"])),
        span_id=_plain(found["span"]),
    )


def _plain(column: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A column side by side, and not as it lies in its rows: it is gone through several times."""
    return np.ascontiguousarray(column)


def _unknown(engine: Engine, where: Sequence[ColumnElement[bool]], codes: Sequence[int]) -> dict[int, Operation]:
    """Operations that the rollups do not have yet, or any more."""
    code = func.cityHash64(_columns.service, _columns.instance, _columns.name)
    columns = (_columns.service, _columns.instance, _columns.name, code.label("code"))
    query = select(*columns).where(*where, code.in_(codes)).distinct()
    return {row.code: Operation(row.service, row.instance, row.name) for row in engine.read(query)}


def _numbers(*, by_attributes: bool) -> list[ColumnElement[Any]]:
    columns = _columns
    failed: ColumnElement[bool] = columns.failed == 1
    return [
        func.reinterpretAsUInt64(columns.trace_id).label("trace_first"),
        func.reinterpretAsUInt64(func.substring(columns.trace_id, 9)).label("trace_second"),
        func.reinterpretAsUInt64(columns.span_id).label("span"),
        func.cityHash64(columns.trace_id, columns.span_id).label("key"),
        func.if_(
            columns.parent_span_id == _NO_PARENT, 0, func.cityHash64(columns.trace_id, columns.parent_span_id)
        ).label("parent"),
        columns.kind,
        columns.start_time_unix_nano.label("start"),
        columns.duration.label("lasts"),
        func.cityHash64(columns.service, columns.instance, columns.name).label("operation"),
        func.toUInt8(or_(failed, *_told_otherwise()) if by_attributes else failed).label("failed"),
    ]


def _told_otherwise() -> list[ColumnElement[bool]]:
    """Where nothing failed by status or answer, what else says that a span failed."""
    return [
        lookup(_columns.attributes, "error.type") != "",
        func.has(_columns.event_names, "exception"),
    ]
