"""OTLP messages in a form that can be compared, and as OTLP's own JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from google.protobuf import json_format
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import ResourceLogs, ScopeLogs
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans

Request = ExportTraceServiceRequest | ExportLogsServiceRequest
R = TypeVar("R", ExportTraceServiceRequest, ExportLogsServiceRequest)
_IDS = ("traceId", "spanId", "parentSpanId")


def items(request: Request) -> list[Message]:
    """Each span or record of a request in a message of its own, with its resource and scope, in the order sent."""
    return list(_spans(request) if isinstance(request, ExportTraceServiceRequest) else _records(request))


def _spans(request: ExportTraceServiceRequest) -> Iterator[Message]:
    for outer in request.resource_spans:
        for inner in outer.scope_spans:
            for span in inner.spans:
                scope = ScopeSpans(scope=inner.scope, schema_url=inner.schema_url, spans=[span])
                yield ResourceSpans(resource=outer.resource, schema_url=outer.schema_url, scope_spans=[scope])


def _records(request: ExportLogsServiceRequest) -> Iterator[Message]:
    for outer in request.resource_logs:
        for inner in outer.scope_logs:
            for record in inner.log_records:
                scope = ScopeLogs(scope=inner.scope, schema_url=inner.schema_url, log_records=[record])
                yield ResourceLogs(resource=outer.resource, schema_url=outer.schema_url, scope_logs=[scope])


def text(message: Message) -> str:
    """A message in words, equal for messages that mean the same.

    Of attributes with one key the last counts; a message without content is as good as none, but for an array or a
    map, where being empty is the content. NaN is NaN.
    """
    made = type(message)()
    made.CopyFrom(message)
    _normalize(made)
    return str(made)


def _normalize(message: Message) -> None:
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type is KeyValue.DESCRIPTOR:
            by_key = {each.key: each for each in value}
            if len(by_key) < len(value):
                kept = [type(each).FromString(each.SerializeToString()) for each in by_key.values()]
                del value[:]
                value.extend(kept)
        for each in value if field.is_repeated else [value]:
            _normalize(each)
        if not field.is_repeated and field.containing_oneof is None and not value.ByteSize():
            message.ClearField(field.name)


def to_json(request: Request) -> str:
    """A request as OTLP/JSON: ids in lower-case hex, enums as numbers."""
    message = json_format.MessageToDict(request, use_integers_for_enums=True)
    return json.dumps(_each_id(message, lambda text: base64.b64decode(text).hex()))


def from_json(text: str, kind: type[R]) -> R:
    """A request from OTLP/JSON."""
    message = _each_id(json.loads(text), lambda text: base64.b64encode(bytes.fromhex(text)).decode())
    return json_format.ParseDict(message, kind())


def _each_id(value: Any, turn: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_each_id(each, turn) for each in value]
    if isinstance(value, dict):
        return {key: turn(each) if key in _IDS else _each_id(each, turn) for key, each in value.items()}
    return value
