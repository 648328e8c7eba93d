"""A file of traces as Jaeger's UI and its query API write it: `{"data": [{"spans": […], "processes": {…}}]}`."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span

from spanwise_collector.errors import BadData, excerpt
from spanwise_collector.receive.jaeger import Attribute, add_event, new_resource, refer, set_tags
from spanwise_collector.receive.zipkin_json import micros_of, object_of, objects_of, text_of

_REFERENCES = {"CHILD_OF": 0, "FOLLOWS_FROM": 1}


def decode_jaeger_json(body: bytes) -> ExportTraceServiceRequest:
    """The spans of all traces of a file. Raises BadData naming the first that is wrong."""
    try:
        document = json.loads(body)
        traces = objects_of(object_of(document, "the document").get("data"), "data")
    except RecursionError:
        raise BadData("The file is nested too deeply.") from None
    except ValueError as error:
        raise BadData(f"The file is no JSON of Jaeger's: {excerpt(str(error))}.") from None
    request = ExportTraceServiceRequest()
    for index, trace in enumerate(traces):
        try:
            _read(request, trace)
        except (ValueError, TypeError, OverflowError) as error:
            raise BadData(f"data[{index}]: {excerpt(str(error))}.") from None
    return request


def _read(request: ExportTraceServiceRequest, trace: Mapping[str, Any]) -> None:
    processes = object_of(trace.get("processes"), "processes")
    resources: dict[str, ResourceSpans] = {}
    for item in objects_of(trace.get("spans"), "spans"):
        named = text_of(item.get("processID"), "processID")
        if named not in resources:
            process = object_of(processes.get(named) or item.get("process"), "process")
            name = text_of(process.get("serviceName"), "serviceName")
            resources[named] = new_resource(request, name, _attributes(process.get("tags")))
        _fill(resources[named].scope_spans[0].spans.add(), item)


def _fill(made: Span, item: Mapping[str, Any]) -> None:
    made.trace_id, made.span_id = _id(item.get("traceID"), 16), _id(item.get("spanID"), 8)
    made.name, made.flags = text_of(item.get("operationName"), "operationName"), int(item.get("flags") or 0) & 0xFF
    start = micros_of(item.get("startTime"), "startTime") or 0
    made.start_time_unix_nano = start * 1000
    made.end_time_unix_nano = (start + (micros_of(item.get("duration"), "duration") or 0)) * 1000
    references = [
        (_id(each.get("traceID"), 16), _id(each.get("spanID"), 8), _REFERENCES.get(each.get("refType", ""), 1))
        for each in objects_of(item.get("references"), "references")
    ]
    refer(made, references)
    set_tags(made, _attributes(item.get("tags")))
    for log in objects_of(item.get("logs"), "logs"):
        add_event(made, (micros_of(log.get("timestamp"), "timestamp") or 0) * 1000, _attributes(log.get("fields")))
    for warning in item.get("warnings") or ():
        made.attributes.append(
            KeyValue(key="jaeger.warning", value=AnyValue(string_value=text_of(warning, "warnings")))
        )


def _attributes(tags: Any) -> Iterable[Attribute]:
    for tag in objects_of(tags, "tags"):
        yield text_of(tag.get("key"), "key"), _value(tag.get("type"), tag.get("value"))


def _value(kind: Any, value: Any) -> AnyValue:
    if kind == "bool" and isinstance(value, bool | str):
        return AnyValue(bool_value=value in (True, "true"))
    if kind == "int64":
        return AnyValue(int_value=int(value))
    if kind == "float64":
        return AnyValue(double_value=float(value))
    if kind == "binary" and isinstance(value, str):
        return AnyValue(bytes_value=base64.b64decode(value))
    return AnyValue(string_value=value if isinstance(value, str) else json.dumps(value))


def _id(value: Any, length: int) -> bytes:
    """Jaeger leaves out the zeros in front."""
    return bytes.fromhex(text_of(value, "id").rjust(2 * length, "0"))
