"""The tables as SQLAlchemy sees them; made by the `.sql` files, never from here."""

from typing import Any, Final

from clickhouse_connect.cc_sqlalchemy.datatypes.sqltypes import (
    Array,
    FixedString,
    Float64,
    Int32,
    Int64,
    LowCardinality,
    Map,
    String,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
)
from sqlalchemy import Column, ColumnElement, MetaData, Table, cast, func

_metadata = MetaData()
_Name: Final = LowCardinality(String)
_Texts: Final = Map(_Name, String)


def _origin() -> list[Column[Any]]:
    return [
        Column("resource_attributes", _Texts),
        Column("resource_attribute_types", Array(UInt8)),
        Column("resource_dropped_attributes_count", UInt32),
        Column("resource_entity_refs", Array(String)),
        Column("resource_schema_url", _Name),
        Column("scope_name", _Name),
        Column("scope_version", _Name),
        Column("scope_attributes", _Texts),
        Column("scope_attribute_types", Array(UInt8)),
        Column("scope_dropped_attributes_count", UInt32),
        Column("scope_schema_url", _Name),
    ]


spans: Final = Table(
    "spans",
    _metadata,
    Column("project", _Name),
    Column("service", _Name),
    Column("instance", _Name),
    Column("trace_id", FixedString(16)),
    Column("span_id", FixedString(8)),
    Column("parent_span_id", FixedString(8)),
    Column("trace_state", String),
    Column("flags", UInt32),
    Column("name", _Name),
    Column("kind", Int32),
    Column("start_time_unix_nano", UInt64),
    Column("duration", Int64),
    Column("status_code", Int32),
    Column("status_message", String),
    Column("failed", UInt8),
    Column("attributes", _Texts),
    Column("attribute_types", Array(UInt8)),
    Column("dropped_attributes_count", UInt32),
    Column("event_times", Array(UInt64)),
    Column("event_names", Array(_Name)),
    Column("event_attributes", Array(_Texts)),
    Column("event_attribute_types", Array(Array(UInt8))),
    Column("event_dropped_attributes_counts", Array(UInt32)),
    Column("dropped_events_count", UInt32),
    Column("link_trace_ids", Array(String)),
    Column("link_span_ids", Array(String)),
    Column("link_trace_states", Array(String)),
    Column("link_attributes", Array(_Texts)),
    Column("link_attribute_types", Array(Array(UInt8))),
    Column("link_dropped_attributes_counts", Array(UInt32)),
    Column("link_flags", Array(UInt32)),
    Column("dropped_links_count", UInt32),
    *_origin(),
    Column("received_time_unix_nano", UInt64),
)

span_sample: Final = Table(
    "span_sample",
    _metadata,
    Column("project", _Name),
    Column("service", _Name),
    Column("trace_id", FixedString(16)),
    Column("span_id", FixedString(8)),
    Column("parent_span_id", FixedString(8)),
    Column("kind", Int32),
    Column("start_time_unix_nano", UInt64),
    Column("duration", Int64),
    Column("status_code", Int32),
    Column("failed", UInt8),
    Column("attributes", _Texts),
    Column("link_trace_ids", Array(String)),
    Column("link_span_ids", Array(String)),
    Column("received_time_unix_nano", UInt64),
)

logs: Final = Table(
    "logs",
    _metadata,
    Column("project", _Name),
    Column("service", _Name),
    Column("instance", _Name),
    Column("time_unix_nano", UInt64),
    Column("time_source", UInt8),
    Column("observed_time_unix_nano", UInt64),
    Column("severity_number", Int32),
    Column("severity_text", _Name),
    Column("body", String),
    Column("body_type", UInt8),
    Column("event_name", _Name),
    Column("pattern", UInt64),
    Column("trace_id", FixedString(16)),
    Column("span_id", FixedString(8)),
    Column("flags", UInt32),
    Column("attributes", _Texts),
    Column("attribute_types", Array(UInt8)),
    Column("dropped_attributes_count", UInt32),
    *_origin(),
    Column("received_time_unix_nano", UInt64),
)

log_patterns: Final = Table(
    "log_patterns",
    _metadata,
    Column("project", _Name),
    Column("minute", UInt32),
    Column("service", _Name),
    Column("pattern", UInt64),
    Column("severity_number", Int32),
    Column("received_day", UInt32),
    Column("record_count", UInt64),
    Column("first_time_unix_nano", UInt64),
    Column("last_time_unix_nano", UInt64),
    Column("form", String),
    Column("example", String),
    Column("trace_id", FixedString(16)),
)

error_forms: Final = Table(
    "error_forms",
    _metadata,
    Column("project", _Name),
    Column("form", UInt64),
    Column("hour", UInt32),
    Column("service", _Name),
    Column("version", _Name),
    Column("source", UInt8),
    Column("counts", Map(UInt8, UInt64)),
    Column("first_time_unix_nano", UInt64),
    Column("last_time_unix_nano", UInt64),
    Column("last"),
    Column("example"),
)

traces: Final = Table(
    "traces",
    _metadata,
    Column("project", _Name),
    Column("minute", UInt32),
    Column("trace_id", FixedString(16)),
    Column("received_day", UInt32),
    Column("start_time_unix_nano", UInt64),
    Column("end_time_unix_nano", UInt64),
    Column("last_start_time_unix_nano", UInt64),
    Column("root"),
    Column("spans", Map(String, UInt64)),
    Column("errors", Map(String, UInt64)),
)

span_stats: Final = Table(
    "span_stats",
    _metadata,
    Column("project", _Name),
    Column("minute", UInt32),
    Column("service", _Name),
    Column("instance", _Name),
    Column("name", _Name),
    Column("kind", Int32),
    Column("entry", UInt8),
    Column("status_code", Int32),
    Column("received_day", UInt32),
    Column("span_count", UInt64),
    Column("failed_count", UInt64),
    Column("last_start_time_unix_nano", UInt64),
    Column("duration_bucket", UInt16),
    Column("duration_sum", UInt64),
)

attributes: Final = Table(
    "attributes",
    _metadata,
    Column("project", _Name),
    Column("signal", _Name),
    Column("scope", _Name),
    Column("key", _Name),
    Column("type", UInt8),
    Column("kept", UInt8),
    Column("value", String),
    Column("day", UInt32),
    Column("row_count", UInt64),
)

metric_points: Final = Table(
    "metric_points",
    _metadata,
    Column("project", _Name),
    Column("service", _Name),
    Column("instance", _Name),
    Column("name", _Name),
    Column("description", _Name),
    Column("unit", _Name),
    Column("kind", UInt8),
    Column("temporality", Int32),
    Column("monotonic", UInt8),
    Column("attributes", _Texts),
    Column("time_unix_nano", UInt64),
    Column("value", Float64),
    Column("count", UInt64),
    Column("sum", Float64),
)

NO_BUCKET: Final = 65535
"""`duration_bucket` of spans whose duration is not known."""

MINUTE: Final = 60_000_000_000
"""Nanoseconds in the buckets of `minute` columns."""


def lookup(column: ColumnElement[Any], key: str) -> ColumnElement[str]:
    """The text of an attribute, "" where it is absent; of equal keys the one that was sent last."""
    return func.arrayElement(column, key)


def trace_id_literal(trace_id: str) -> ColumnElement[bytes]:
    """A trace id in hex (32 digits) as the columns hold it."""
    return func.toFixedString(func.unhex(trace_id), 16)


def span_id_literal(span_id: str) -> ColumnElement[bytes]:
    """A span id in hex (16 digits) as the columns hold it."""
    return func.toFixedString(func.unhex(span_id), 8)


def hash_of(text: ColumnElement[str]) -> ColumnElement[int]:
    """64 bits of a text: of a million different ones two have the same once in 37 million times."""
    # As a plain number: the driver makes an object for each value of a LowCardinality column.
    return cast(func.sipHash64(text), UInt64)
