"""One trace as columns in display order, for as many spans as the web view can draw."""

import threading
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, func, literal, select

from spanwise_collector.query.conditions import condition
from spanwise_collector.query.language.tree import Node
from spanwise_collector.query.together import both
from spanwise_collector.query.trace_pieces import with_pieces_joined
from spanwise_collector.query.trace_place import Place, find
from spanwise_collector.query.trace_texts import Texts, hashes, in_rows, read_texts, texts_of
from spanwise_collector.store import Engine
from spanwise_collector.store.tables import logs, spans
from spanwise_collector.trace.clock_columns import clocks_of_columns
from spanwise_collector.trace.clocks import Clock
from spanwise_collector.trace.columns import U64, Mask, Rows, SpanColumns
from spanwise_collector.trace.forest import Forest, arrange
from spanwise_collector.trace.spent import critical, self_times

MOST_EVENTS: Final = 500_000
"""Events of a trace whose times are told: a picture of 4,000 pixels shows no more, and one span may have any number."""

# While a million spans are arranged they take half a gigabyte: large traces take turns.
_TURN: Final = threading.Lock()
_FEW: Final = 200_000

# Of up to so many spans the texts come with the rows: to ask for them again costs as much processor time as the rows.
_WITH_TEXTS: Final = 10_000

_COLUMNS: Final[Sequence[ColumnElement[Any]]] = (
    func.reinterpretAsUInt64(spans.c.span_id).label("id"),
    func.reinterpretAsUInt64(spans.c.parent_span_id).label("parent_id"),
    spans.c.start_time_unix_nano.label("start"),
    spans.c.duration.label("lasts"),
    spans.c.kind,
    spans.c.status_code.label("status"),
    spans.c.failed,
    (func.length(spans.c.event_times) > 0).label("has_events"),
    (func.length(spans.c.link_flags) > 0).label("has_links"),
    literal(1).label("pieces"),
    *hashes(),
)


@dataclass(frozen=True, slots=True)
class TraceColumns:
    """The spans of a trace in display order; all columns but those of events are as long.

    `began`, `ended` and `span_count` are as in Trace. `codes` are the places of each span's texts in `texts`, by what
    they are. `clocks` are those of the hosts. `event_rows` and `event_times` (ns since the epoch) are those of the
    first MOST_EVENTS events.
    """

    trace_id: str
    began: int
    ended: int
    span_count: int
    log_count: int
    spans: SpanColumns
    forest: Forest
    self_time: U64
    critical: Mask
    status: NDArray[np.int64]
    failed: Mask
    pieces: NDArray[np.int64]
    has_events: Mask
    has_links: Mask
    has_logs: Mask
    texts: Texts
    codes: dict[str, Rows]
    clocks: list[Clock]
    event_rows: Rows
    event_times: U64


def load(engine: Engine, project: str, trace_id: str, limit: int) -> TraceColumns:
    """The trace with that id, at most `limit` spans of it, the earliest; raises NotFound."""
    place = find(engine, project, trace_id)
    with _TURN if place.spans > _FEW else nullcontext():
        return _load(engine, place, limit)


def _load(engine: Engine, place: Place, limit: int) -> TraceColumns:
    columns_read = [*_COLUMNS, *in_rows()] if place.spans <= _WITH_TEXTS else _COLUMNS
    found, named = both(
        lambda: place.read(engine.read_numbers, columns_read, limit), lambda: _named_by_logs(engine, place)
    )
    dated = found["start"][found["start"] > 0]
    place = place.reaching(int(dated.min(initial=place.first)), int(dated.max(initial=place.last)))
    if place.spans <= _WITH_TEXTS:
        texts, found = texts_of(found), found[[column.name for column in _COLUMNS]]
    else:
        texts = read_texts(engine, place)
    rows, texts = with_pieces_joined(engine, place, found[:limit], texts)
    codes = {what: texts.codes(what, rows[what]) for what in texts.lists}
    unsorted = SpanColumns(
        rows["id"].byteswap(),
        rows["parent_id"].byteswap(),
        rows["start"],
        rows["start"] + rows["lasts"].view(np.uint64),
        rows["kind"],
        codes["name"],
        codes["service"],
        codes["instance"],
    )
    forest = arrange(unsorted)
    order = forest.order
    columns = unsorted.take(order)
    has_events = rows["has_events"][order] > 0
    events = _events(engine, place, columns, np.flatnonzero(has_events))
    return TraceColumns(
        place.ids[0],
        place.began,
        place.ended,
        len(rows) + place.beyond(len(found), limit),
        int(named["records"].sum()),
        columns,
        forest,
        self_times(columns, forest),
        critical(columns, forest),
        rows["status"][order],
        rows["failed"][order] > 0,
        rows["pieces"][order],
        has_events,
        rows["has_links"][order] > 0,
        np.isin(columns.id, named["id"].byteswap()),
        texts,
        {what: codes[what][order] for what in codes},
        clocks_of_columns(columns, forest, codes["host"][order], texts.lists["host"], texts.lists["service"]),
        *events,
    )


def matches(engine: Engine, project: str, trace_id: str, where: Node, limit: int) -> tuple[NDArray[np.void], int]:
    """`id` (as it was sent, first byte first) and `start` of spans of that trace that are as `where` says.

    At most `limit`, the earliest, and how many there are at least; raises NotFound.
    """
    place = find(engine, project, trace_id)
    query = select(*_COLUMNS[:1], _COLUMNS[2]).where(*place.within(), condition(where, "spans"))
    found = engine.read_numbers(query.order_by(spans.c.start_time_unix_nano, spans.c.span_id).limit(limit + 1))
    return found[:limit], len(found)


def _named_by_logs(engine: Engine, place: Place) -> NDArray[np.void]:
    """`id` of the spans that log records of the trace name, 0 where they name none, and how many `records` do."""
    named = func.reinterpretAsUInt64(logs.c.span_id).label("id")
    return engine.read_numbers(select(named, func.count().label("records")).where(*place.logs()).group_by(named))


def _events(engine: Engine, place: Place, columns: SpanColumns, owners: Rows) -> tuple[Rows, U64]:
    """Of the earliest events: the row of each, which is one of `owners`, and its time; by row, then by time."""
    if not len(owners):
        return owners, np.empty(0, dtype=np.uint64)
    time = func.arrayJoin(spans.c.event_times).label("time")
    owner = func.reinterpretAsUInt64(spans.c.span_id).label("id")
    start = spans.c.start_time_unix_nano.label("start")
    query = select(time, owner, start).where(*place.within()).order_by(time).limit(MOST_EVENTS)
    found = engine.read_numbers(query)
    ids = found["id"].byteswap()
    # Spans that share an id began at different times, or are drawn at the same place; a piece may have had no start.
    rows = _places(_span_keys(columns.id[owners], columns.start[owners]), _span_keys(ids, found["start"]))
    rows = np.where(rows < 0, _places(columns.id[owners], ids), rows)
    rows = np.append(owners, -1)[rows]
    there = np.flatnonzero(rows >= 0)
    there = there[np.argsort(rows[there], kind="stable")]
    return rows[there], found["time"][there]


def _span_keys(ids: U64, starts: U64) -> U64:
    # 2^64 over the golden ratio: spreads ids that count.
    return (ids * np.uint64(0x9E3779B97F4A7C15)) ^ starts


def _places(known: U64, wanted: U64) -> Rows:
    """Where each that is wanted stands among the known for the first time, -1 for others."""
    order = np.argsort(known, kind="stable")
    at = order[np.minimum(np.searchsorted(known[order], wanted), len(known) - 1)]
    return np.where(known[at] == wanted, at, -1)
