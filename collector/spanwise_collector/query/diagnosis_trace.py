"""The verdict on one trace: the trace, what is usual for such traces, and what the rules find."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import func, select

from spanwise_collector.diagnose.counts import Counts
from spanwise_collector.diagnose.explain import explain
from spanwise_collector.diagnose.features import Row
from spanwise_collector.diagnose.finding import Finding, Subject
from spanwise_collector.diagnose.thresholds import DEFAULTS, Thresholds
from spanwise_collector.query.diagnosis import Window
from spanwise_collector.query.diagnosis_trace_logs import Said, counted, records
from spanwise_collector.query.diagnosis_window import Like, Selection, newest, pooled_rows
from spanwise_collector.query.known import NOTHING_KNOWN, Known
from spanwise_collector.query.quiet import quiet_time
from spanwise_collector.query.together import both
from spanwise_collector.query.trace_bare import bare_nodes
from spanwise_collector.query.trace_place import Place, find
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import MINUTE, span_stats
from spanwise_collector.trace.tree import Node

_HOUR: Final = 3_600_000_000_000
_LOOK_BACK: Final = (_HOUR, 7 * 24 * _HOUR)
_MOST_TRACES: Final = 500
_DAY_MINUTES: Final = 24 * 60
# Of times that are kept as signed numbers.
_MAX_TIME: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Explained:
    """A trace's findings, the weightiest first, and the traces that it was held against."""

    trace_id: str
    span_count: int
    findings: list[Finding]
    history: Window
    thresholds: Thresholds = DEFAULTS

    @property
    def enough_history(self) -> bool:
        """Whether there were traces enough to say what is usual."""
        return self.history.traces >= self.thresholds.history_traces


@dataclass(frozen=True, slots=True)
class _Read:
    """What there is of the trace itself."""

    nodes: Sequence[Node]
    records: Sequence[Any]
    first_seen: dict[tuple[str, str], int]

    @property
    def root(self) -> tuple[str, str]:
        """Service and name of its first span without a parent; where that is lost of its first."""
        root = next((node.span for node in self.nodes if not node.span.parent_span_id), self.nodes[0].span)
        return root.service, root.name


@dataclass(frozen=True, slots=True)
class _Usual:
    """What there is of the `traces` that have the root of the trace, from the window that they were looked for in."""

    window: Window
    traces: int
    rows: list[Row]
    counted: Sequence[Any]


@dataclass(frozen=True, slots=True)
class TraceQuestion:
    """Which trace is asked about, of which `limit` spans are read. `known`: when something was broken.

    Without a baseline: the newest 500 traces of the same root of the last hour before it in which nothing was known to
    be broken; where those are too few, of the hour before it whatever was, else of the week before.
    """

    trace_id: str
    limit: int
    baseline: Window | None = None
    thresholds: Thresholds = DEFAULTS
    known: Known = NOTHING_KNOWN


def diagnose(engine: Engine, project: str, question: TraceQuestion) -> Explained:
    """Explain a trace. Raises NotFound."""
    baseline, thresholds = question.baseline, question.thresholds
    place = find(engine, project, question.trace_id)
    troubled = question.known.troubled(project, 0, min(place.began, _MAX_TIME)) if baseline is None else ()
    looking = _Looking(engine, place, baseline, troubled, thresholds.history_traces)
    usual, read = both(
        lambda: looking.usual(place.root) if place.root is not None else None,
        lambda: _read(engine, place, question.limit),
    )
    if usual is None or place.root != read.root:
        # Pieces of spans that came without a parent make another root in the list of traces than in the tree.
        usual = looking.usual(read.root)
    said, usually_said = Said(read.records, usual.counted).of(engine, project, usual.traces)
    subject = Subject(
        read.nodes, Counts(usual.rows, pooled=True), usual.traces, said, usually_said, read.first_seen, thresholds
    )
    history = replace(usual.window, traces=usual.traces)
    return Explained(place.ids[0], len(read.nodes), explain(subject), history, thresholds)


def _read(engine: Engine, place: Place, limit: int) -> _Read:
    nodes = bare_nodes(engine, place, limit)
    return _Read(nodes, records(engine, place), _first_seen(engine, place, nodes))


def _first_seen(engine: Engine, place: Place, nodes: Sequence[Node]) -> dict[tuple[str, str], int]:
    """Since when the instances of a trace send, as far back as a day before it."""
    columns = span_stats.c
    last = place.began // MINUTE
    query = (
        select(columns.service, columns.instance, func.min(columns.minute).label("minute"))
        .where(columns.project == place.project, columns.minute.between(max(0, last - _DAY_MINUTES), last))
        .where(columns.service.in_(sorted({node.span.service for node in nodes})))
        .group_by(columns.service, columns.instance)
    )
    return {(row.service, row.instance): row.minute * MINUTE for row in engine.read(query)}


@dataclass(frozen=True, slots=True)
class _Looking:
    """For what is usual, in a window that is given or in those before a trace, until there is `enough` of it."""

    engine: Engine
    place: Place
    given: Window | None
    troubled: Sequence[tuple[int, int]]
    enough: int

    def usual(self, root: tuple[str, str]) -> _Usual:
        """What there is of traces of that root, a service and a name."""
        chosen, window = self._history(Like(*root, self.place.ids[0], _MOST_TRACES))
        if chosen is None:
            return _Usual(window, 0, [], [])
        engine, project = self.engine, self.place.project
        rows, said = both(lambda: pooled_rows(engine, project, chosen), lambda: counted(engine, project, chosen))
        return _Usual(window, chosen.count, rows, said)

    def _history(self, like: Like) -> tuple[Selection | None, Window]:
        """The traces that say what is usual, and the window that they were looked for in."""
        start = self.place.began
        before = [Window(max(0, start - length), start) for length in _LOOK_BACK]
        quiet = Window(*quiet_time(self.troubled, start, _HOUR))
        before = before if quiet == before[0] else [quiet, *before]
        window = Window(start, start)
        chosen: Selection | None = None
        for window in (self.given,) if self.given is not None else before:
            if window.end > window.start:
                chosen = newest(self.engine, self.place.project, window.start, window.end, like)
            if chosen is not None and chosen.count >= self.enough:
                break
        return chosen, window
