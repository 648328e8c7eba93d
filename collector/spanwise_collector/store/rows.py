"""Rows of `spans` and `logs` back to the model: what to select, and how to read it."""

import base64
from typing import Any, Final, Literal

from opentelemetry.proto.common.v1.common_pb2 import EntityRef as WireEntityRef
from sqlalchemy import Column, ColumnElement, Row, Table, func, literal_column

from spanwise_collector.model.log import LogRecord
from spanwise_collector.model.resource import EntityRef, Resource, Scope
from spanwise_collector.model.span import Event, Link, Span
from spanwise_collector.store import tables
from spanwise_collector.store.values import attributes, value

LEFT_OUT: Final = ("project", "received_time_unix_nano", "failed")
"""Columns that are no part of a span or record as it was sent."""
_NO_TRACE: Final = bytes(16)
_NO_SPAN: Final = bytes(8)
_TIME_SOURCES: Final[dict[int, Literal["event", "observed", "received"]]] = {1: "event", 2: "observed", 3: "received"}


def _columns(table: Table) -> list[ColumnElement[Any]]:
    """A map may hold a key twice, which a dict cannot: it is read as two arrays, the values under its own name."""
    selected: list[ColumnElement[Any]] = []
    for column in table.columns:
        if column.name in ("event_attributes", "link_attributes"):
            selected.append(_each("mapKeys", column).label(f"{column.name}_keys"))
            selected.append(_each("mapValues", column).label(column.name))
        elif column.name.endswith("attributes"):
            selected.append(func.mapKeys(column).label(f"{column.name}_keys"))
            selected.append(func.mapValues(column).label(column.name))
        elif column.name not in LEFT_OUT:
            selected.append(column)
    return selected


def _each(function: str, column: Column[Any]) -> ColumnElement[Any]:
    return func.arrayMap(literal_column(f"m -> {function}(m)"), column)


SPAN_COLUMNS: Final = _columns(tables.spans)
EVENT_COLUMNS: Final = [each for each in SPAN_COLUMNS if each.name.startswith("event_")]
LOG_COLUMNS: Final = _columns(tables.logs)


class RowReader:
    """Reads the rows of one answer; equal resources and scopes, of which a trace has few, become one object."""

    def __init__(self) -> None:
        self._resources: dict[tuple[Any, ...], Resource] = {}
        self._scopes: dict[tuple[Any, ...], Scope] = {}

    def span(self, row: Row[Any]) -> Span:
        """A row of SPAN_COLUMNS as a span."""
        start = row.start_time_unix_nano
        parent = row.parent_span_id
        return Span(
            trace_id=row.trace_id.hex(),
            span_id=row.span_id.hex(),
            parent_span_id="" if parent == _NO_SPAN else parent.hex(),
            name=row.name,
            kind=row.kind,
            start=start,
            end=(start + row.duration) % (1 << 64),
            service=row.service,
            instance=row.instance,
            status_code=row.status_code,
            status_message=row.status_message,
            trace_state=row.trace_state,
            flags=row.flags,
            attributes=attributes(row.attributes_keys, row.attributes, row.attribute_types),
            dropped_attributes_count=row.dropped_attributes_count,
            events=events(row) if row.event_times else (),
            dropped_events_count=row.dropped_events_count,
            links=_links(row) if row.link_flags else (),
            dropped_links_count=row.dropped_links_count,
            resource=self._resource(row),
            scope=self._scope(row),
        )

    def log_record(self, row: Row[Any]) -> LogRecord:
        """A row of LOG_COLUMNS as a log record."""
        return LogRecord(
            time=row.time_unix_nano,
            time_source=_TIME_SOURCES[row.time_source],
            observed_time=row.observed_time_unix_nano,
            service=row.service,
            instance=row.instance,
            severity_number=row.severity_number,
            severity_text=row.severity_text,
            body=value(row.body, row.body_type),
            event_name=row.event_name,
            pattern=f"{row.pattern:016x}" if row.pattern else "",
            trace_id="" if row.trace_id == _NO_TRACE else row.trace_id.hex(),
            span_id="" if row.span_id == _NO_SPAN else row.span_id.hex(),
            flags=row.flags,
            attributes=attributes(row.attributes_keys, row.attributes, row.attribute_types),
            dropped_attributes_count=row.dropped_attributes_count,
            resource=self._resource(row),
            scope=self._scope(row),
        )

    def _resource(self, row: Row[Any]) -> Resource:
        key = (
            tuple(row.resource_attributes_keys),
            tuple(row.resource_attributes),
            tuple(row.resource_attribute_types),
            row.resource_dropped_attributes_count,
            tuple(row.resource_entity_refs),
            row.resource_schema_url,
        )
        if key not in self._resources:
            entities = tuple(_entity(each) for each in row.resource_entity_refs)
            self._resources[key] = Resource(attributes(*key[:3]), key[3], entities, row.resource_schema_url)
        return self._resources[key]

    def _scope(self, row: Row[Any]) -> Scope:
        key = (
            tuple(row.scope_attributes_keys),
            tuple(row.scope_attributes),
            tuple(row.scope_attribute_types),
            row.scope_dropped_attributes_count,
            row.scope_schema_url,
            row.scope_name,
            row.scope_version,
        )
        if key not in self._scopes:
            self._scopes[key] = Scope(
                row.scope_name, row.scope_version, attributes(*key[:3]), key[3], row.scope_schema_url
            )
        return self._scopes[key]


def events(row: Row[Any]) -> tuple[Event, ...]:
    """The events of a row with EVENT_COLUMNS."""
    columns = zip(
        row.event_times,
        row.event_names,
        row.event_attributes_keys,
        row.event_attributes,
        row.event_attribute_types,
        row.event_dropped_attributes_counts,
        strict=True,
    )
    return tuple(
        Event(time, name, attributes(keys, texts, types), dropped)
        for time, name, keys, texts, types, dropped in columns
    )


def _links(row: Row[Any]) -> tuple[Link, ...]:
    columns = zip(
        row.link_trace_ids,
        row.link_span_ids,
        row.link_trace_states,
        row.link_attributes_keys,
        row.link_attributes,
        row.link_attribute_types,
        row.link_dropped_attributes_counts,
        row.link_flags,
        strict=True,
    )
    return tuple(
        Link(trace_id, span_id, state, attributes(keys, texts, types), dropped, flags)
        for trace_id, span_id, state, keys, texts, types, dropped, flags in columns
    )


def _entity(text: str) -> EntityRef:
    wire = WireEntityRef.FromString(base64.b64decode(text))
    return EntityRef(wire.type, tuple(wire.id_keys), tuple(wire.description_keys), wire.schema_url)
