"""Rows of a trace whose spans came in pieces, which only Zipkin's senders do, and few."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

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

# By what they are in Texts.
_TEXTS: Final[Mapping[str, Callable[[Span], str]]] = {
    "service": lambda span: span.service,
    "instance": lambda span: span.instance,
    "scope": lambda span: span.scope.name,
    "name": lambda span: span.name,
    "host": host_of,
}


def with_pieces_joined(
    engine: Engine, place: Place, rows: NDArray[np.void], texts: Texts
) -> tuple[NDArray[np.void], Texts]:
    """The rows of a trace with those of one span made one, as join_pieces does it, and the texts of these rows.

    A span of `rows` is joined with pieces that they lack too, beyond a limit or come since; `texts` are of all `rows`.
    """
    scope = texts.hash("scope", SCOPE)
    if not (_in_part(rows) & (rows["scope"] == scope)).any():
        return rows, texts
    mine = [*place.within(), spans.c.scope_name == SCOPE]
    start = spans.c.start_time_unix_nano
    ids = select(spans.c.span_id).where(*mine).group_by(spans.c.span_id)
    ids = ids.having(func.count() > 1, func.countIf(or_(start == 0, start + spans.c.duration == 0)) > 0)
    reader = RowReader()
    found = [reader.span(row) for row in engine.read(select(*SPAN_COLUMNS).where(*mine, spans.c.span_id.in_(ids)))]
    there = set(rows["id"][rows["scope"] == scope].tolist())
    whole = [span for span in join_pieces(found) if _id(span.span_id) in there]
    texts = texts.knowing({what: [_TEXTS[what](span) for span in whole] for what in _TEXTS})
    joined = _as_rows(whole, rows.dtype, texts)
    apart = np.isin(rows["id"], joined["id"]) & (rows["scope"] == scope)
    return np.concatenate((rows[~apart], joined)), texts


def _in_part(rows: NDArray[np.void]) -> NDArray[np.bool_]:
    """Spans without a start or an end; others are never joined with each other."""
    in_part: NDArray[np.bool_] = (rows["start"] == 0) | (rows["start"] + rows["lasts"].view(np.uint64) == 0)
    return in_part


def _as_rows(whole: Sequence[Span], dtype: np.dtype[np.void], texts: Texts) -> NDArray[np.void]:
    made = np.zeros(len(whole), dtype=dtype)
    for row, span in zip(made, whole, strict=True):
        row["id"] = _id(span.span_id)
        row["parent_id"] = _id(span.parent_span_id)
        row["start"] = span.start
        row["lasts"] = (span.end - span.start + 2**63) % 2**64 - 2**63
        row["kind"] = span.kind
        row["status"] = span.status_code
        row["failed"] = failed(span)
        row["pieces"] = span.pieces
        row["has_events"] = bool(span.events)
        row["has_links"] = bool(span.links)
        for what, text_of in _TEXTS.items():
            row[what] = texts.hash(what, text_of(span))
    return made


def _id(text: str) -> int:
    return int.from_bytes(bytes.fromhex(text), "little")
