"""Generated telemetry: everything that OTLP allows, and what breaks naive stores."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, EntityRef, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status
from spanwise_collector.model.severity import SPELLINGS

from tests.factories import any_value

# Words that a store, a query or a JSON reader may take for something else.
TROUBLE = (
    "", "\x00", "a\x00b", "'", '"', "\\", "\\'", "%", "%s", "{x:String}", "--", "/*", "; DROP TABLE spans", "null",
    "true", "\\N", "\\x41", "\u202e", "\U0001f600", "\ufeff", "\ufffd", "\r\n", "\t", "@double", "@array", "\ufb00",
    "\u0130", "nan", "[1]",
)  # fmt: skip

words = st.one_of(st.sampled_from(TROUBLE), st.text(max_size=12)).filter(
    # The API's JSON writes numbers that are not finite as these words.
    lambda text: text not in ("NaN", "Infinity", "-Infinity")
)
uint32 = st.one_of(st.sampled_from([0, 1, 2**31, 2**32 - 1]), st.integers(0, 2**32 - 1))
# 2^64 - 1 is the end of all time ranges, which is outside of them.
uint64 = st.one_of(st.sampled_from([0, 1, 2**63 - 1, 2**63, 2**64 - 2]), st.integers(0, 2**64 - 2))
int32 = st.one_of(st.integers(-1, 30), st.sampled_from([-(2**31), 2**31 - 1]))
_scalars = st.one_of(
    st.none(),
    words,
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.binary(max_size=8),
)
_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        # A map of nothing but "base64" looks like bytes in the API's JSON.
        st.dictionaries(words, inner, max_size=3).filter(lambda made: list(made) != ["base64"]),
    ),
    max_leaves=8,
)


@st.composite
def attributes(draw: st.DrawFn) -> list[KeyValue]:
    pairs: list[tuple[str, Any]] = draw(st.lists(st.tuples(words, _values), max_size=4))
    again: list[Any] = draw(st.lists(_values, max_size=1))
    pairs += [(pairs[0][0], value) for value in again if pairs]
    return [KeyValue(key=key, value=any_value(value)) for key, value in pairs]


@st.composite
def any_values(draw: st.DrawFn) -> AnyValue:
    return any_value(draw(_values))


def resources() -> st.SearchStrategy[Resource]:
    entities = st.builds(
        EntityRef,
        type=words,
        id_keys=st.lists(words, max_size=2),
        description_keys=st.lists(words, max_size=2),
        schema_url=words,
    )
    return st.builds(
        Resource,
        attributes=attributes(),
        dropped_attributes_count=uint32,
        entity_refs=st.lists(entities, max_size=2),
    )


def scopes() -> st.SearchStrategy[InstrumentationScope]:
    return st.builds(
        InstrumentationScope, name=words, version=words, attributes=attributes(), dropped_attributes_count=uint32
    )


# Of any length, as OTLP does not forbid. Not b"?": OTLP/JSON's reader takes the hex of it, "3f", for no hex at all.
_link_ids = st.binary(max_size=20).filter(lambda made: made != b"?")


def spans() -> st.SearchStrategy[Span]:
    event = st.builds(
        Span.Event, time_unix_nano=uint64, name=words, attributes=attributes(), dropped_attributes_count=uint32
    )
    link = st.builds(
        Span.Link,
        trace_id=_link_ids,
        span_id=_link_ids,
        trace_state=words,
        attributes=attributes(),
        dropped_attributes_count=uint32,
        flags=uint32,
    )
    return st.builds(
        Span,
        parent_span_id=st.one_of(st.just(b""), st.binary(min_size=8, max_size=8).filter(any)),
        trace_state=words,
        flags=uint32,
        name=words,
        kind=int32,
        start_time_unix_nano=uint64,
        end_time_unix_nano=uint64,
        attributes=attributes(),
        dropped_attributes_count=uint32,
        events=st.lists(event, max_size=2),
        dropped_events_count=uint32,
        links=st.lists(link, max_size=2),
        dropped_links_count=uint32,
        status=st.builds(Status, message=words, code=int32),
    )


def records() -> st.SearchStrategy[LogRecord]:
    return st.builds(
        LogRecord,
        time_unix_nano=uint64,
        observed_time_unix_nano=uint64,
        severity_number=int32,
        # Those words have numbers, which they would give to a record without one.
        severity_text=words.filter(lambda text: text.strip().lower() not in SPELLINGS),
        body=any_values(),
        attributes=attributes(),
        dropped_attributes_count=uint32,
        flags=uint32,
        event_name=words,
    )


def resource_spans() -> st.SearchStrategy[ResourceSpans]:
    inner = st.builds(ScopeSpans, scope=scopes(), schema_url=words, spans=st.lists(spans(), min_size=1, max_size=3))
    return st.builds(
        ResourceSpans, resource=resources(), schema_url=words, scope_spans=st.lists(inner, min_size=1, max_size=2)
    )


def resource_logs() -> st.SearchStrategy[ResourceLogs]:
    inner = st.builds(
        ScopeLogs, scope=scopes(), schema_url=words, log_records=st.lists(records(), min_size=1, max_size=3)
    )
    return st.builds(
        ResourceLogs, resource=resources(), schema_url=words, scope_logs=st.lists(inner, min_size=1, max_size=2)
    )
