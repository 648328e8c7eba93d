"""Spans and log records as the API shows them, one a line, back to OTLP.

Where the API's JSON cannot tell two values apart the likelier one is taken: the words NaN, Infinity and -Infinity are
doubles, {"base64": "…"} is bytes.
"""

import base64
from collections.abc import Mapping
from typing import Any, Final, Literal

from google.protobuf.message import DecodeError

from spanwise_collector.errors import BadData, excerpt
from spanwise_collector.model.log import LogRecord
from spanwise_collector.model.resource import EntityRef, Resource, Scope
from spanwise_collector.model.span import KINDS, STATUS_CODES, Event, Link, Span
from spanwise_collector.model.value import Attributes, Value
from spanwise_collector.receive.check import REQUESTS, Request
from spanwise_collector.spool import Signal
from spanwise_collector.store import wire

_NOT_FINITE: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_Object = Mapping[str, Any]


def message_of(line: _Object) -> tuple[Signal, bytes]:
    """The request of one line; raises BadData where it is neither a span nor a log record.

    A span needs its ids, its name and its start, a record its time; of all else what is left out is as in OTLP.
    """
    if "time_unix_nano" not in line and "start_time_unix_nano" not in line:
        raise BadData("it is neither a span, with start_time_unix_nano, nor a log record, with time_unix_nano.")
    signal = Signal.TRACES if "start_time_unix_nano" in line else Signal.LOGS
    try:
        request: Request = (
            wire.to_request([_span(line)]) if signal is Signal.TRACES else wire.to_logs_request([_record(line)])
        )
        body = request.SerializeToString()
        # What is nested deeper than any reader of protobuf goes would not be read from the spool either.
        REQUESTS[signal].FromString(body)
    except KeyError as error:
        raise BadData(f"it has no {excerpt(str(error), 40)}.") from None
    except (TypeError, ValueError, AttributeError, RecursionError, DecodeError) as error:
        raise BadData(f"a field is not as it should be: {excerpt(str(error))}.") from None
    return signal, body


def _span(line: _Object) -> Span:
    status = line.get("status") or {}
    return Span(
        trace_id=line["trace_id"],
        span_id=line["span_id"],
        parent_span_id=line.get("parent_span_id") or "",
        name=line["name"],
        kind=_number(line, "kind", KINDS),
        start=line["start_time_unix_nano"],
        end=line.get("end_time_unix_nano", 0),
        service="",
        instance="",
        status_code=_number(status, "code", STATUS_CODES),
        status_message=status.get("message", ""),
        trace_state=line.get("trace_state", ""),
        flags=line.get("flags", 0),
        events=tuple(_event(each) for each in line.get("events", ())),
        dropped_events_count=line.get("dropped_events_count", 0),
        links=tuple(_link(each) for each in line.get("links", ())),
        dropped_links_count=line.get("dropped_links_count", 0),
        **_attributes(line),
        **_origin(line),
    )


def _record(line: _Object) -> LogRecord:
    source: Literal["event", "observed", "received"] = line.get("time_source", "event")
    return LogRecord(
        time=line["time_unix_nano"],
        time_source=source,
        observed_time=line.get("observed_time_unix_nano", 0),
        service="",
        instance="",
        severity_number=line.get("severity_number", 0),
        severity_text=line.get("severity_text", ""),
        body=_value(line.get("body")),
        event_name=line.get("event_name", ""),
        # Ids that were found out for it are not its own.
        trace_id="" if line.get("inferred") else line.get("trace_id") or "",
        span_id="" if line.get("inferred") else line.get("span_id") or "",
        flags=line.get("flags", 0),
        **_attributes(line),
        **_origin(line),
    )


def _number(line: _Object, name: str, words: tuple[str, ...]) -> int:
    """A number that has a word too; the number counts, which is there for those without a word."""
    word, number = line.get(name), line.get(f"{name}_number")
    if number is not None or word is None:
        return number or 0
    if word not in words:
        raise ValueError(f"{name} is {word!r} and not one of {', '.join(words)}")
    return words.index(word)


def _origin(line: _Object) -> dict[str, Any]:
    resource, scope = line.get("resource") or {}, line.get("scope") or {}
    service = line.get("service")
    attributes = _attributes(resource)
    if service and not resource:
        attributes["attributes"] = {"service.name": service}
    entities = tuple(
        EntityRef(each["type"], tuple(each["id_keys"]), tuple(each["description_keys"]), each["schema_url"])
        for each in resource.get("entity_refs", ())
    )
    return {
        "resource": Resource(**attributes, entity_refs=entities, schema_url=resource.get("schema_url", "")),
        "scope": Scope(
            name=scope.get("name", ""),
            version=scope.get("version", ""),
            schema_url=scope.get("schema_url", ""),
            **_attributes(scope),
        ),
    }


def _event(given: _Object) -> Event:
    return Event(time=given["time_unix_nano"], name=given.get("name", ""), **_attributes(given))


def _link(given: _Object) -> Link:
    return Link(
        trace_id=given["trace_id"],
        span_id=given["span_id"],
        trace_state=given.get("trace_state", ""),
        flags=given.get("flags", 0),
        **_attributes(given),
    )


def _attributes(given: _Object) -> dict[str, Any]:
    values: Attributes = {key: _value(value) for key, value in (given.get("attributes") or {}).items()}
    return {"attributes": values, "dropped_attributes_count": given.get("dropped_attributes_count", 0)}


def _value(given: Any) -> Value:
    if isinstance(given, str):
        return _NOT_FINITE.get(given, given)
    if isinstance(given, dict):
        if list(given) == ["base64"] and isinstance(given["base64"], str):
            return base64.b64decode(given["base64"], validate=True)
        return {key: _value(value) for key, value in given.items()}
    if isinstance(given, list):
        return [_value(each) for each in given]
    return given  # type: ignore[no-any-return]  # what JSON has besides: a number, a truth value or null
