"""Jaeger's model of a span, in thrift and protobuf, and what becomes of it in OTLP."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span, Status

from spanwise_collector.errors import BadData, excerpt
from spanwise_collector.receive.declared import bounded, jaeger_request
from spanwise_collector.receive.thrift import Binary, Call, Compact, Struct

_KINDS = {
    "client": Span.SPAN_KIND_CLIENT,
    "server": Span.SPAN_KIND_SERVER,
    "producer": Span.SPAN_KIND_PRODUCER,
    "consumer": Span.SPAN_KIND_CONSUMER,
    "internal": Span.SPAN_KIND_INTERNAL,
}
_STATUS = {"OK": Status.STATUS_CODE_OK, "ERROR": Status.STATUS_CODE_ERROR}
_RENAMED = {"hostname": "host.name", "ip": "host.ip"}
_U64 = 2**64
_CHILD_OF = 0

Attribute = tuple[str, AnyValue]
# The ids of a trace and of a span in it, and what that is to the one that refers to it.
Reference = tuple[bytes, bytes, int]


def decode_thrift(body: bytes) -> ExportTraceServiceRequest:
    """A `Batch` in thrift's binary protocol, as it comes over HTTP. Raises BadData where it is none."""
    return _from_batch(Binary(body).struct())


def decode_compact_packet(packet: bytes) -> ExportTraceServiceRequest:
    """An `emitBatch` call in thrift's compact protocol, as it comes over UDP. Raises BadData where it is none."""
    return _from_call(Compact(packet).call())


def decode_binary_packet(packet: bytes) -> ExportTraceServiceRequest:
    """An `emitBatch` call in thrift's binary protocol, as it comes over UDP. Raises BadData where it is none."""
    return _from_call(Binary(packet).call())


def decode_post_spans(message: bytes) -> ExportTraceServiceRequest:
    """A `PostSpansRequest` of Jaeger's gRPC service. Raises BadData where it is none."""
    try:
        batch = jaeger_request().FromString(bounded(message)).batch
    except DecodeError as error:
        raise BadData(f"The message is no PostSpansRequest of Jaeger: {excerpt(str(error))}.") from None
    # They would tell processes apart that are one.
    batch.DiscardUnknownFields()
    request = ExportTraceServiceRequest()
    resources: dict[bytes, ResourceSpans] = {}
    for span in batch.spans:
        process = span.process if span.HasField("process") else batch.process
        key = process.SerializeToString(deterministic=True)
        if key not in resources:
            tags = map(_proto_attribute, process.tags)
            resources[key] = new_resource(request, process.service_name, tags)
        _fill_from_proto(resources[key].scope_spans[0].spans.add(), span)
    return request


def _from_call(call: Call) -> ExportTraceServiceRequest:
    if call.method != "emitBatch":
        raise BadData(f"The packet calls '{excerpt(call.method, 40)}', and only emitBatch is known here.")
    return _from_batch(_struct(call.arguments.get(1)))


def _from_batch(batch: Struct) -> ExportTraceServiceRequest:
    process = _struct(batch.get(1))
    request = ExportTraceServiceRequest()
    try:
        resource = new_resource(request, _text(process.get(1)), map(_thrift_attribute, _structs(process.get(2))))
        for item in _structs(batch.get(2)):
            _fill_from_thrift(resource.scope_spans[0].spans.add(), item)
    # Thrift says of every value what it is, and a sender may say anything.
    except (TypeError, ValueError, AttributeError):
        raise BadData("The batch has a field of another type than Jaeger gives it, or out of range.") from None
    return request


def new_resource(request: ExportTraceServiceRequest, service: str, tags: Iterable[Attribute]) -> ResourceSpans:
    made = request.resource_spans.add()
    if service:
        made.resource.attributes.append(KeyValue(key="service.name", value=AnyValue(string_value=service)))
    for key, value in tags:
        made.resource.attributes.append(KeyValue(key=_RENAMED.get(key, key), value=value))
    made.scope_spans.add()
    return made


def _fill_from_thrift(made: Span, item: Struct) -> None:
    low, high, span_id, parent_id, start, duration = (_u64(item, number) for number in (1, 2, 3, 4, 8, 9))
    made.trace_id = high.to_bytes(8) + low.to_bytes(8)
    made.span_id = span_id.to_bytes(8)
    made.name, made.flags = _text(item.get(5)), _whole(item, 7) & 0xFF
    made.start_time_unix_nano = start * 1000
    made.end_time_unix_nano = (start + duration) * 1000
    references = [_reference(each) for each in _structs(item.get(6))]
    parent = made.trace_id, parent_id.to_bytes(8), _CHILD_OF
    if parent_id and parent not in references:
        references.insert(0, parent)
    refer(made, references)
    set_tags(made, map(_thrift_attribute, _structs(item.get(10))))
    for log in _structs(item.get(11)):
        add_event(made, _u64(log, 1) * 1000, map(_thrift_attribute, _structs(log.get(2))))


def _reference(item: Struct) -> Reference:
    low, high, target = (_u64(item, number) for number in (2, 3, 4))
    return high.to_bytes(8) + low.to_bytes(8), target.to_bytes(8), _whole(item, 1)


def _fill_from_proto(made: Span, span: Any) -> None:
    made.trace_id, made.span_id = span.trace_id.rjust(16, b"\0"), span.span_id
    made.name, made.flags = span.operation_name, span.flags & 0xFF
    start = _nanos(span.start_time)
    made.start_time_unix_nano, made.end_time_unix_nano = start, start + _nanos(span.duration)
    refer(made, [(each.trace_id.rjust(16, b"\0"), each.span_id, each.ref_type) for each in span.references])
    set_tags(made, map(_proto_attribute, span.tags))
    for log in span.logs:
        add_event(made, _nanos(log.timestamp), map(_proto_attribute, log.fields))
    for warning in span.warnings:
        made.attributes.append(KeyValue(key="jaeger.warning", value=AnyValue(string_value=warning)))


def refer(made: Span, references: Sequence[Reference]) -> None:
    """The first child-of reference into the same trace is the parent; every other becomes a link.

    Without one the first of those that it follows from in the same trace is the parent, and stays a link that says so.
    """
    for trace_id, span_id, kind in references:
        if kind == _CHILD_OF and trace_id == made.trace_id and not made.parent_span_id:
            made.parent_span_id = span_id
            continue
        link = made.links.add(trace_id=trace_id, span_id=span_id)
        name = "child_of" if kind == _CHILD_OF else "follows_from"
        link.attributes.append(KeyValue(key="opentracing.ref_type", value=AnyValue(string_value=name)))
    if not made.parent_span_id:
        made.parent_span_id = next(
            (
                span_id
                for trace_id, span_id, kind in references
                if kind != _CHILD_OF and trace_id == made.trace_id and _is_id(span_id)
            ),
            b"",
        )


def _is_id(span_id: bytes) -> bool:
    return len(span_id) == 8 and any(span_id)


def set_tags(made: Span, tags: Iterable[Attribute]) -> None:
    for key, value in tags:
        if key == "span.kind" and value.string_value in _KINDS:
            made.kind = _KINDS[value.string_value]
        elif key == "otel.status_code" and value.string_value in _STATUS:
            made.status.code = _STATUS[value.string_value]
        elif key == "otel.status_description":
            made.status.message = value.string_value
        else:
            made.attributes.append(KeyValue(key=key, value=value))
            failed = key == "error" and (value.bool_value or value.string_value.lower() not in ("", "false"))
            if failed and made.status.code == Status.STATUS_CODE_UNSET:
                made.status.code = Status.STATUS_CODE_ERROR


def add_event(made: Span, time: int, fields: Iterable[Attribute]) -> None:
    event = made.events.add(time_unix_nano=time)
    for key, value in fields:
        if key == "event" and not event.name:
            event.name = value.string_value
        else:
            event.attributes.append(KeyValue(key=key, value=value))
    event.name = event.name or "log"


# By the type that a tag says: the number of the field with its value, the type that this has, and how it is written.
_THRIFT_VALUES: dict[int, tuple[int, type, Callable[[Any], AnyValue]]] = {
    0: (3, bytes, lambda value: AnyValue(string_value=_text(value))),
    1: (4, float, lambda value: AnyValue(double_value=value)),
    2: (5, bool, lambda value: AnyValue(bool_value=value)),
    3: (6, int, lambda value: AnyValue(int_value=value)),
    4: (7, bytes, lambda value: AnyValue(bytes_value=value)),
}
_PROTO_VALUES: tuple[Callable[[Any], AnyValue], ...] = (
    lambda tag: AnyValue(string_value=tag.v_str),
    lambda tag: AnyValue(bool_value=tag.v_bool),
    lambda tag: AnyValue(int_value=tag.v_int64),
    lambda tag: AnyValue(double_value=tag.v_float64),
    lambda tag: AnyValue(bytes_value=tag.v_binary),
)


def _thrift_attribute(tag: Struct) -> Attribute:
    number, kind, make = _THRIFT_VALUES.get(_whole(tag, 2), _THRIFT_VALUES[0])
    if number not in tag:
        return _text(tag.get(1)), AnyValue()
    if type(tag[number]) is not kind:
        raise TypeError(f"field {number}")
    return _text(tag.get(1)), make(tag[number])


def _proto_attribute(tag: Any) -> Attribute:
    known = 0 <= tag.v_type < len(_PROTO_VALUES)
    return tag.key, _PROTO_VALUES[tag.v_type](tag) if known else AnyValue()


def _nanos(time: Any) -> int:
    nanos: int = time.seconds * 10**9 + time.nanos
    return max(0, min(nanos, 2**63 - 1))


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _whole(item: Struct, field: int) -> int:
    """A field that is an integer of any width; TypeError for anything else."""
    value = item.get(field, 0)
    if type(value) is not int:
        raise TypeError(f"field {field}")
    return value


def _u64(item: Struct, field: int) -> int:
    # i64 on the wire, and none is negative in meaning.
    return _whole(item, field) % _U64


def _struct(value: Any) -> Struct:
    return value if isinstance(value, dict) else {}


def _structs(value: Any) -> list[Struct]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
