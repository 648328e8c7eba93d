"""Log records without ids, joined to a trace where it was the only one at work in their instance."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, tuple_

from spanwise_collector.model.log import LogRecord
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, logs, spans, trace_id_literal, traces

LOOK_BACK: Final = 5 * MINUTE
"""Spans of others that began longer before the trace are not looked for; nor are records of a longer trace."""
MOST_SPANS: Final = 10_000
"""Of the trace, and of others in its instances meanwhile: where there are more, nothing is joined."""
# Each is a term of the one query for the records, which is read and planned in the time that people wait.
_MOST_STRETCHES: Final = 500
_NO_TRACE: Final = "0" * 32

Instance = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` to `end` (ns, both inclusive) one trace alone was active, `span_id` deepest, "" if several."""

    start: int
    end: int
    span_id: str


@dataclass(frozen=True, slots=True)
class Active:
    """A span at work from `start` to `end`, both inclusive; of other traces only the times count."""

    start: int
    end: int
    span_id: str = ""
    parent_span_id: str = ""


@dataclass(frozen=True, slots=True)
class Alone:
    """When a trace was alone in each of its instances."""

    trace_id: str
    stretches: Mapping[Instance, Sequence[Stretch]]

    def condition(self) -> ColumnElement[bool]:
        """Whether a record has no ids and came in one of the stretches; to be asked only where there are some."""
        within = [
            and_(
                logs.c.service == service,
                logs.c.instance == instance,
                or_(*(logs.c.time_unix_nano.between(start, end) for start, end in _joined(stretches))),
            )
            for (service, instance), stretches in self.stretches.items()
        ]
        return and_(logs.c.trace_id == trace_id_literal(_NO_TRACE), or_(*within))

    def joined(self, record: LogRecord) -> LogRecord:
        """The record with the ids that it must be of, said to be inferred; as it is where it has its own."""
        if record.trace_id:
            return record
        stretches = self.stretches[record.service, record.instance]
        place = bisect_right(stretches, record.time, key=lambda each: each.start) - 1
        span_id = record.span_id or stretches[place].span_id
        return replace(record, trace_id=self.trace_id, span_id=span_id, inferred=True)


def alone(engine: Engine, project: str, trace_id: str) -> Alone | None:
    """When the trace was alone in its instances; None where that can be known of no record.

    At most three queries, and the last two only where the ones before leave something to join.
    """
    own = _own(engine, project, trace_id)
    if not own or len(own) > MOST_SPANS:
        return None
    start, end = min(row.start for row in own), max(row.end for row in own)
    instances = sorted({(row.service, row.instance) for row in own})
    if end - start > LOOK_BACK or not _has_records(engine, project, instances, (start, end)):
        return None
    others = _others(engine, project, trace_id, instances, (start, end))
    if len(others) > MOST_SPANS:
        return None
    found: dict[Instance, Sequence[Stretch]] = {}
    for instance in instances:
        mine = [
            Active(row.start, row.end, row.span_id.hex(), row.parent_span_id.hex())
            for row in own
            if (row.service, row.instance) == instance
        ]
        theirs = [Active(row.start, row.end) for row in others if (row.service, row.instance) == instance]
        if stretches := when_alone(mine, theirs):
            found[instance] = stretches
    if not found or sum(len(_joined(each)) for each in found.values()) > _MOST_STRETCHES:
        return None
    return Alone(trace_id, found)


def when_alone(own: Iterable[Active], others: Iterable[Active]) -> list[Stretch]:
    """The stretches of one instance, in order, in which spans of `own` were active and none of `others`.

    The deepest span is the one active span that is no active span's parent.
    """
    changes: dict[int, list[tuple[int, Active]]] = defaultdict(list)
    for kind, actives in ((0, own), (1, others)):
        for each in actives:
            changes[each.start].append((kind, each))
            changes[each.end + 1].append((kind + 2, each))
    sweep = _Sweep()
    found: list[Stretch] = []
    times = sorted(changes)
    for time, until in pairwise(times):
        for kind, each in changes[time]:
            sweep.change(kind, each)
        span_id = sweep.deepest()
        if span_id is None:
            continue
        if found and found[-1].end == time - 1 and found[-1].span_id == span_id:
            found[-1] = replace(found[-1], end=until - 1)
        else:
            found.append(Stretch(time, until - 1, span_id))
    return found


class _Sweep:
    """What is active at a moment: changes by a start or an end cost the same however much is."""

    def __init__(self) -> None:
        self._others = 0
        self._active: Counter[str] = Counter()
        self._children: Counter[str] = Counter()
        self._leaves: set[str] = set()

    def change(self, kind: int, each: Active) -> None:
        step = 1 if kind < 2 else -1
        if kind % 2:
            self._others += step
            return
        self._active[each.span_id] += step
        self._children[each.parent_span_id] += step
        for span_id in (each.span_id, each.parent_span_id):
            if self._active[span_id] > 0 and not self._children[span_id]:
                self._leaves.add(span_id)
            else:
                self._leaves.discard(span_id)

    def deepest(self) -> str | None:
        """None where another trace is active or this is not."""
        if self._others or not self._leaves:
            return None
        return next(iter(self._leaves)) if len(self._leaves) == 1 else ""


def _joined(stretches: Sequence[Stretch]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for each in stretches:
        if found and found[-1][1] == each.start - 1:
            found[-1] = (found[-1][0], each.end)
        else:
            found.append((each.start, each.end))
    return found


_START: Final = spans.c.start_time_unix_nano
_END: Final = _START + spans.c.duration
_WHERE: Final = (spans.c.service, spans.c.instance, _START.label("start"), _END.label("end"))


def _own(engine: Engine, project: str, trace_id: str) -> Sequence[Row[Any]]:
    bounds = engine.read(
        select(
            func.min(traces.c.start_time_unix_nano).label("first"),
            func.max(traces.c.last_start_time_unix_nano).label("last"),
        ).where(traces.c.project == project, traces.c.trace_id == trace_id_literal(trace_id))
    )[0]
    mine = (spans.c.trace_id == trace_id_literal(trace_id), _START.between(bounds.first, bounds.last))
    query = select(*_WHERE, spans.c.span_id, spans.c.parent_span_id)
    return engine.read(query.where(spans.c.project == project, *mine, spans.c.duration >= 0).limit(MOST_SPANS + 1))


def _has_records(engine: Engine, project: str, instances: Sequence[Instance], within: tuple[int, int]) -> bool:
    query = select(logs.c.time_unix_nano).where(
        logs.c.project == project,
        logs.c.time_unix_nano.between(*within),
        tuple_(logs.c.service, logs.c.instance).in_(instances),
        logs.c.trace_id == trace_id_literal(_NO_TRACE),
    )
    return bool(engine.read(query.limit(1)))


def _others(
    engine: Engine, project: str, trace_id: str, instances: Sequence[Instance], within: tuple[int, int]
) -> Sequence[Row[Any]]:
    start, end = within
    query = select(*_WHERE).where(
        spans.c.project == project,
        _START.between(max(0, start - LOOK_BACK), end),
        start <= _END,
        spans.c.duration >= 0,
        tuple_(spans.c.service, spans.c.instance).in_(instances),
        spans.c.trace_id != trace_id_literal(trace_id),
    )
    return engine.read(query.limit(MOST_SPANS + 1))
