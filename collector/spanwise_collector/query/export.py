"""What is exported: every row asked for, as the store reads it, in memory that does not grow with their number."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, func, or_, select

from spanwise_collector.model.log import LogRecord
from spanwise_collector.model.span import Span
from spanwise_collector.query.conditions import condition
from spanwise_collector.query.language.parse import DEFAULT_LIMITS
from spanwise_collector.query.language.tree import EVERYTHING, Node
from spanwise_collector.query.patterns import widened
from spanwise_collector.query.traces import TraceSearch, search
from spanwise_collector.store import Engine
from spanwise_collector.store.rows import LOG_COLUMNS, SPAN_COLUMNS, RowReader
from spanwise_collector.store.tables import MINUTE, logs, spans, trace_id_literal, traces

# Traces whose spans are fetched by one query.
_TRACES: Final = 500
Signal = Literal["traces", "spans", "logs"]
Rows = Generator[Sequence[Any], None, None]


@dataclass(frozen=True, slots=True)
class Export:
    """What arrived before `until` and lies from `start` (inclusive) to `end` (exclusive), as `where` says.

    `traces` are all spans of the traces that are so, whichever minute they lie in, the newest trace first; `spans` and
    `logs` are rows by themselves, the oldest minute first. `structure_spans` is that of TraceSearch.
    """

    project: str
    signal: Signal
    start: int
    end: int
    until: int
    where: Node = EVERYTHING
    structure_spans: int = DEFAULT_LIMITS.structure_spans


def rows(engine: Engine, wanted: Export) -> Rows:
    """Blocks of rows of SPAN_COLUMNS or LOG_COLUMNS; close it to end the query. Raises as Engine.stream."""
    if wanted.signal == "traces":
        yield from _of_traces(engine, wanted)
        return
    table, columns, time = (
        (spans, SPAN_COLUMNS, spans.c.start_time_unix_nano)
        if wanted.signal == "spans"
        else (logs, LOG_COLUMNS, logs.c.time_unix_nano)
    )
    where = condition(widened(engine, wanted.project, wanted.where), wanted.signal)
    query = select(*columns).where(
        table.c.project == wanted.project,
        wanted.start <= time,
        time < wanted.end,
        table.c.received_time_unix_nano < wanted.until,
        where,
    )
    # The order of the primary key: the store reads on and sorts nothing.
    yield from engine.stream(query.order_by(func.intDiv(time, MINUTE)))


def _of_traces(engine: Engine, wanted: Export) -> Rows:
    cursor: str | None = None
    while True:
        page = search(
            engine,
            TraceSearch(
                wanted.project,
                wanted.start,
                wanted.end,
                wanted.where,
                limit=_TRACES,
                cursor=cursor,
                structure_spans=wanted.structure_spans,
            ),
        )
        if page.items:
            yield from engine.stream(_spans_of(engine, wanted, [each.trace_id for each in page.items]))
        cursor = page.next_cursor
        if cursor is None:
            return


def _spans_of(engine: Engine, wanted: Export, ids: Sequence[str]) -> Select[*tuple[Any, ...]]:
    def of_page(column: ColumnElement[Any]) -> ColumnElement[bool]:
        return column.in_([trace_id_literal(each) for each in ids])

    bounds = engine.read(
        select(
            func.min(traces.c.start_time_unix_nano).label("first"),
            func.max(traces.c.last_start_time_unix_nano).label("last"),
        ).where(traces.c.project == wanted.project, of_page(traces.c.trace_id))
    )[0]
    time = spans.c.start_time_unix_nano
    return select(*SPAN_COLUMNS).where(
        spans.c.project == wanted.project,
        # Late pieces may have come without a start.
        or_(time.between(bounds.first, bounds.last), time == 0),
        of_page(spans.c.trace_id),
        spans.c.received_time_unix_nano < wanted.until,
    )


def items(signal: Signal, block: Sequence[Any]) -> list[Span] | list[LogRecord]:
    """A block of rows as the model has them."""
    reader = RowReader()
    return [reader.log_record(row) for row in block] if signal == "logs" else [reader.span(row) for row in block]
