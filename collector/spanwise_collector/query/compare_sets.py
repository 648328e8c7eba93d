"""Pairs of sets to compare: slow and normal, failed and ok, two versions, two traces, a trace and its like."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import select

from spanwise_collector.diagnose.thresholds import DEFAULTS
from spanwise_collector.query.compare import Asked
from spanwise_collector.query.diagnosis import Window
from spanwise_collector.query.extent import Rows
from spanwise_collector.query.language.tree import (
    Equals,
    Exists,
    Key,
    Node,
    Not,
    Number,
    Term,
    all_of,
    any_of,
)
from spanwise_collector.query.trace import Trace, load
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import spans
from spanwise_collector.trace.tree import Node as Placed

BASELINE_TRACES: Final = 200
_HOUR: Final = 3_600_000_000_000
_LOOK_BACK: Final = (_HOUR, 7 * 24 * _HOUR)
_MOST_ROOTS: Final = 50
_VERSION: Final = Key("resource", "service.version")
_FAILED: Final = Term(Key("field", "failed"), Number("=", 1))
ROOTS: Final[Node] = Not(Term(Key("field", "parent_span_id"), Exists()))
"""Spans without a parent: whole traces."""


def others(rows: Rows, where: Node) -> Asked:
    """The rows for which `where` holds, and the rest of them."""
    return Asked(_and(rows, where), _and(rows, Not(where)))


def failed(rows: Rows) -> Asked:
    """The rows that failed, and the others."""
    return others(rows, _FAILED)


def versions(rows: Rows, a: str, b: str) -> Asked:
    """The rows of two values of service.version."""
    return Asked(_and(rows, Term(_VERSION, Equals(a))), _and(rows, Term(_VERSION, Equals(b))))


def slow(rows: Rows, threshold: int) -> Asked:
    """The rows that lasted `threshold` ns or longer, and the others."""
    asked = others(rows, Term(Key("field", "duration"), Number(">=", threshold)))
    return replace(asked, threshold=threshold)


def traces(engine: Engine, project: str, ids: tuple[str, str], limit: int) -> Asked:
    """Two traces, whole; raises NotFound."""
    a, b = (_rows(project, load(engine, project, each, limit)) for each in ids)
    return Asked(a, b)


def against_baseline(engine: Engine, project: str, trace_id: str, limit: int, given: Window | None) -> Asked:
    """A trace, and the newest 200 of the same root operation that did not fail; raises NotFound.

    Of the baseline's window; where none is given of the hour before the trace, or of the week before where that has
    less than 30.
    """
    trace = load(engine, project, trace_id, limit)
    root = _roots(trace)[0]
    like_it = all_of(
        Term(Key("field", "service"), Equals(root.span.service)),
        Term(Key("field", "name"), Equals(root.span.name)),
        *([] if root.span.parent_span_id else [ROOTS]),
        Not(_FAILED),
        Not(Term(Key("field", "trace_id"), Equals(trace.trace_id))),
    )
    before = (Window(max(0, trace.start - length), trace.start) for length in _LOOK_BACK)
    usual = Rows(project, "spans", trace.start, trace.start + 1, like_it)
    for window in (given,) if given is not None else before:
        usual = Rows(project, "spans", window.start, max(window.end, window.start + 1), like_it)
        newest = _newest(engine, usual)
        usual = replace(usual, start=newest[-1] if newest else usual.start)
        if len(newest) >= DEFAULTS.history_traces:
            break
    return Asked(_rows(project, trace), usual, "median")


def _newest(engine: Engine, rows: Rows) -> list[int]:
    start = spans.c.start_time_unix_nano
    query = select(start.label("start")).where(*rows.found()).order_by(start.desc()).limit(BASELINE_TRACES)
    return [row.start for row in engine.read(query)]


def _rows(project: str, trace: Trace) -> Rows:
    """The spans of a trace that nothing is above."""
    starts = [node.span.start for node in trace.nodes]
    ids = {node.span.trace_id for node in trace.nodes}
    where = all_of(
        any_of(*(Term(Key("field", "trace_id"), Equals(each)) for each in sorted(ids))),
        any_of(*(Term(Key("field", "span_id"), Equals(node.span.span_id)) for node in _roots(trace))),
    )
    return Rows(project, "spans", min(starts), max(starts) + 1, where)


def _roots(trace: Trace) -> Sequence[Placed]:
    tops = [node for node in trace.nodes if node.parent is None]
    return ([node for node in tops if not node.parent_missing] or tops)[:_MOST_ROOTS]


def _and(rows: Rows, where: Node) -> Rows:
    return replace(rows, where=all_of(rows.where, where))
