"""The verdict on one trace: the trace, what is usual for such traces, and what the rules find."""

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import func, select

from spanwise_collector.diagnose.counts import Counts
from spanwise_collector.diagnose.explain import explain
from spanwise_collector.diagnose.features import Row
from spanwise_collector.diagnose.finding import Finding, Subject
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds
from spanwise_collector.query.diagnosis import Window
from spanwise_collector.query.diagnosis_trace_logs import said
from spanwise_collector.query.diagnosis_window import Like, Selection, newest, rows
from spanwise_collector.query.together import both
from spanwise_collector.query.trace import Trace, load
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, span_stats

_HOUR: Final = 3_600_000_000_000
_LOOK_BACK: Final = (_HOUR, 7 * 24 * _HOUR)
_MOST_TRACES: Final = 500
_DAY_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Explained:
    """A trace's findings, the weightiest first, and the traces that it was held against."""

    trace: Trace
    findings: list[Finding]
    history: Window
    thresholds: Thresholds = DEFAULTS

    @property
    def enough_history(self) -> bool:
        """Whether there were traces enough to say what is usual."""
        return self.history.traces >= self.thresholds.history_traces


def diagnose(
    engine: Engine,
    project: str,
    trace_id: str,
    limit: int,
    baseline: Window | None = None,
    thresholds: Thresholds = DEFAULTS,
) -> Explained:
    """Explain a trace, of which `limit` spans are read. Raises NotFound.

    Without a baseline: the newest 500 traces of the same root of the hour before it, else of the week before.
    """
    trace = load(engine, project, trace_id, limit)
    chosen, window = _history(engine, project, trace, baseline, thresholds.history_traces)
    usual_traces = chosen.count if chosen is not None else 0

    def counted() -> list[Row]:
        return rows(engine, project, chosen).rows if chosen is not None else []

    (usual, first_seen), (records, usual_logs) = both(
        lambda: both(counted, lambda: _first_seen(engine, project, trace)),
        lambda: said(engine, project, trace, chosen, usual_traces),
    )
    subject = Subject(
        trace.nodes, Counts(usual, pooled=True), usual_traces, records, usual_logs, first_seen, thresholds
    )
    return Explained(trace, explain(subject), replace(window, traces=usual_traces), thresholds)


def _first_seen(engine: Engine, project: str, trace: Trace) -> dict[tuple[str, str], int]:
    """Since when the instances of a trace send, as far back as a day before it."""
    columns = span_stats.c
    last = trace.start // MINUTE
    query = (
        select(columns.service, columns.instance, func.min(columns.minute).label("minute"))
        .where(columns.project == project, columns.minute.between(max(0, last - _DAY_MINUTES), last))
        .where(columns.service.in_(sorted({node.span.service for node in trace.nodes})))
        .group_by(columns.service, columns.instance)
    )
    return {(row.service, row.instance): row.minute * MINUTE for row in engine.read(query)}


def _history(
    engine: Engine, project: str, trace: Trace, given: Window | None, enough: int
) -> tuple[Selection | None, Window]:
    """The traces that say what is usual, and the window that they were looked for in."""
    root = next((node.span for node in trace.nodes if not node.span.parent_span_id), trace.nodes[0].span)
    start = trace.start
    before = (Window(max(0, start - length), start) for length in _LOOK_BACK)
    window = Window(start, start)
    like = Like(root.service, root.name, trace.trace_id, _MOST_TRACES)
    chosen: Selection | None = None
    for window in (given,) if given is not None else before:
        if window.end > window.start:
            chosen = newest(engine, project, window.start, window.end, like)
        if chosen is not None and chosen.count >= enough:
            break
    return chosen, window
