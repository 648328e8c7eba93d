"""Rows of a trace whose spans came in pieces, which only Zipkin's senders do, and few."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, or_, select

from spanwise_collector.model.span import Span
from spanwise_collector.query.trace_place import Place
from spanwise_collector.query.trace_texts import Texts
from spanwise_collector.store import Engine
from spanwise_collector.store.rows import SPAN_COLUMNS, RowReader
from spanwise_collector.store.tables import spans
from spanwise_collector.trace.clocks import host_of
from spanwise_collector.trace.failure import failed
from spanwise_collector.trace.pieces import SCOPE, join_pieces


def with_pieces_joined(engine: Engine, place: Place, rows: NDArray[np.void], texts: Texts) -> NDArray[np.void]:
    """The rows of a trace with those of one span made one, as join_pieces does it."""
    if not (_in_part(rows) & (rows["scope"] == texts.hash("scope", SCOPE))).any():
        return rows
    mine = [*place.within(), spans.c.scope_name == SCOPE]
    start = spans.c.start_time_unix_nano
    ids = select(spans.c.span_id).where(*mine).group_by(spans.c.span_id)
    ids = ids.having(func.count() > 1, func.countIf(or_(start == 0, start + spans.c.duration == 0)) > 0)
    reader = RowReader()
    found = [reader.span(row) for row in engine.read(select(*SPAN_COLUMNS).where(*mine, spans.c.span_id.in_(ids)))]
    joined = _as_rows(join_pieces(found), rows.dtype, texts)
    apart = np.isin(rows["id"], joined["id"]) & (rows["scope"] == texts.hash("scope", SCOPE))
    return np.concatenate((rows[~apart], joined))


def _in_part(rows: NDArray[np.void]) -> NDArray[np.bool_]:
    """Spans without a start or an end; others are never joined with each other."""
    in_part: NDArray[np.bool_] = (rows["start"] == 0) | (rows["start"] + rows["lasts"].view(np.uint64) == 0)
    return in_part


def _as_rows(whole: Sequence[Span], dtype: np.dtype[np.void], texts: Texts) -> NDArray[np.void]:
    made = np.zeros(len(whole), dtype=dtype)
    for row, span in zip(made, whole, strict=True):
        row["id"] = int.from_bytes(bytes.fromhex(span.span_id), "little")
        row["parent_id"] = int.from_bytes(bytes.fromhex(span.parent_span_id), "little")
        row["start"] = span.start
        row["lasts"] = (span.end - span.start + 2**63) % 2**64 - 2**63
        row["kind"] = span.kind
        row["status"] = span.status_code
        row["failed"] = failed(span)
        row["pieces"] = span.pieces
        row["has_events"] = bool(span.events)
        row["has_links"] = bool(span.links)
        row["service"] = texts.hash("service", span.service)
        row["instance"] = texts.hash("instance", span.instance)
        row["scope"] = texts.hash("scope", span.scope.name)
        row["name"] = texts.hash("name", span.name)
        row["host"] = texts.hash("host", host_of(span))
    return made
