"""Rows of `spans` without what no rule of the diagnosis reads: a third of the time of whole ones."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, func

from spanwise_collector.model.resource import Scope
from spanwise_collector.model.span import Span
from spanwise_collector.store.rows import EVENT_COLUMNS, events
from spanwise_collector.store.tables import spans
from spanwise_collector.store.values import attributes

_NO_SPAN: Final = bytes(8)
_columns: Final = spans.c

BARE_COLUMNS: Final[Sequence[ColumnElement[Any]]] = (
    _columns.span_id,
    _columns.parent_span_id,
    _columns.service,
    _columns.instance,
    _columns.name,
    _columns.kind,
    _columns.start_time_unix_nano,
    _columns.duration,
    _columns.status_code,
    _columns.status_message,
    func.mapKeys(_columns.attributes).label("attributes_keys"),
    func.mapValues(_columns.attributes).label("attribute_values"),
    _columns.attribute_types,
    _columns.scope_name,
    func.length(_columns.event_times).label("event_count"),
)
BARE_COLUMNS_WITH_EVENTS: Final = (*BARE_COLUMNS, *EVENT_COLUMNS)


class BareReader:
    """Reads rows of one trace as spans without links, resource and flags; of their scope they have but the name."""

    def __init__(self, trace_id: str) -> None:
        self._trace_id = trace_id
        self._scopes: dict[str, Scope] = {}

    def span(self, row: Row[Any]) -> Span:
        """A row of BARE_COLUMNS or BARE_COLUMNS_WITH_EVENTS; without the latter's it has no events."""
        span_id, parent, service, instance, name, kind, start, duration, status, message, *others = tuple(row)
        keys, values, types, scope, event_count, *event_columns = others
        if scope not in self._scopes:
            self._scopes[scope] = Scope(scope)
        return Span(
            trace_id=self._trace_id,
            span_id=span_id.hex(),
            parent_span_id="" if parent == _NO_SPAN else parent.hex(),
            name=name,
            kind=kind,
            start=start,
            end=(start + duration) % (1 << 64),
            service=service,
            instance=instance,
            status_code=status,
            status_message=message,
            attributes=attributes(keys, values, types),
            events=events(row) if event_count and event_columns else (),
            scope=self._scopes[scope],
        )
