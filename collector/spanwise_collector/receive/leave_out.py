"""An OTLP message without what is to be deleted."""

import base64
from collections.abc import Callable, Iterable
from typing import Any

from google.protobuf.message import Message
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from spanwise_collector.errors import BadData
from spanwise_collector.model.erasure import Erasure
from spanwise_collector.receive.check import Request, canonical, parse
from spanwise_collector.spool import Signal


def leaving_out(erasure: Erasure) -> Callable[[Signal, bytes], tuple[str, bytes] | None]:
    """What `spool.aside` asks of each message: its project and its body without what the erasure matches.

    None where nothing is left, or where it cannot be read and holds the value or id as bytes.
    """

    def leave(signal: Signal, message: bytes) -> tuple[str, bytes] | None:
        try:
            project, body = canonical(signal, message)
            request = parse(signal, body)
        except BadData:
            return None if any(needle in message for needle in erasure.needles) else ("", message)
        if project != erasure.project or not _take_out(request, erasure):
            # The sender's own bytes, up to our fields, which are written again.
            return project, body
        return (project, request.SerializeToString()) if request.ByteSize() else None

    return leave


def _take_out(request: Request, erasure: Erasure) -> int:
    """Remove every record that matches, and what is empty then; how many there were."""
    taken = 0
    resources = _lists(request)
    for resource in list(resources):
        about_resource = _about(resource.resource.attributes, erasure)
        scopes = _lists(resource)
        for scope in list(scopes):
            about_scope = about_resource or _holds(scope.scope.attributes, erasure)
            taken += _leave(_lists(scope), lambda each: about_scope or _matches(each, erasure), erasure)  # noqa: B023
            if not _lists(scope):
                scopes.remove(scope)
        if not scopes:
            resources.remove(resource)
    if isinstance(request, ExportTraceServiceRequest) and erasure.trace_id:
        taken += _forget_links(request, bytes.fromhex(erasure.trace_id))
    return taken


def _lists(message: Message) -> Any:
    """The list in which a request, a resource or a scope holds what is below it: the first repeated message field."""
    for field in message.DESCRIPTOR.fields:
        if field.is_repeated and field.message_type is not None:
            return getattr(message, field.name)
    raise TypeError(message.DESCRIPTOR.full_name)


def _leave(records: Any, matches: Callable[[Any], bool], erasure: Erasure) -> int:
    kept = [each for each in records if not (matches(each) and _in_time(each, erasure))]
    taken = len(records) - len(kept)
    if taken:
        del records[:]
        records.extend(kept)
    return taken


def _in_time(record: Any, erasure: Erasure) -> bool:
    own = getattr(record, "start_time_unix_nano", 0) or getattr(record, "time_unix_nano", 0)
    # Without a time of its own (a metric holds several) it goes: rather too much of what nobody can see.
    return not own or erasure.start <= own < erasure.end


def _matches(record: Any, erasure: Erasure) -> bool:
    if erasure.trace_id:
        return getattr(record, "trace_id", b"") == bytes.fromhex(erasure.trace_id)
    below = [*getattr(record, "events", ()), *getattr(record, "links", ()), *_points(record)]
    return any(_holds(getattr(each, "attributes", ()), erasure) for each in (record, *below))


def _points(record: Any) -> Iterable[Any]:
    kind = record.WhichOneof("data") if record.DESCRIPTOR.name == "Metric" else None
    return getattr(record, kind).data_points if kind else ()


def _about(attributes: Iterable[KeyValue], erasure: Erasure) -> bool:
    if erasure.key == "service":
        names = [_text(each.value) for each in attributes if each.key == "service.name"]
        return (names[-1] if names else "unknown_service") == erasure.value
    return _holds(attributes, erasure)


def _holds(attributes: Iterable[KeyValue], erasure: Erasure) -> bool:
    return bool(erasure.key) and any(
        each.key == erasure.key and _text(each.value) == erasure.value for each in attributes
    )


def _text(value: AnyValue) -> str:
    """A scalar as the store would write it."""
    kind = value.WhichOneof("value")
    if kind == "bool_value":
        return "true" if value.bool_value else "false"
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    if kind in ("string_value", "int_value", "double_value"):
        return str(getattr(value, kind))
    return ""


def _forget_links(request: ExportTraceServiceRequest, trace_id: bytes) -> int:
    links = [
        link
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
        for link in span.links
        if link.trace_id == trace_id
    ]
    for link in links:
        link.trace_id, link.span_id = bytes(16), bytes(8)
    return len(links)
