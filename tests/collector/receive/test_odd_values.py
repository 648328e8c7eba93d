"""Whatever stands in any place of a body in JSON, it is read or refused with a reason: never a fault of our own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from spanwise_collector.errors import Refused
from spanwise_collector.receive import lines, loki
from spanwise_collector.receive.jaeger_json import decode_jaeger_json
from spanwise_collector.receive.log_fields import Reading
from spanwise_collector.receive.otlp_json import from_json
from spanwise_collector.receive.zipkin_json import decode_v2
from spanwise_collector.receive.zipkin_v1 import decode_v1_json
from spanwise_collector.spool import Signal

from tests.fuzz.decoders import NESTED, without_fault

ODD: list[Any] = [
    *(None, True, -1, 2**64, 10**400, 1.5, float("inf"), float("nan")),
    *("", "5", "99999999999999999999999", "\ud800", "a\ud800b", "\0", "fe80::1%\ud800", "9999-12-31T23:59:59Z"),
    *([], {}, [None], ["\ud800"], {"\ud800": "\ud800"}, {"stringValue": "\ud800"}, {"doubleValue": "1e999"}),
]
TRACE, SPAN, PARENT = "1" * 32, "2" * 16, "3" * 16
ENDPOINT = {"serviceName": "shop", "ipv4": "192.0.2.1", "ipv6": "::1", "port": 80}
VALUES = [{"stringValue": "a"}, {"intValue": "5"}, {"bytesValue": "AA=="}, {"kvlistValue": {"values": [{"key": "k"}]}}]
ATTRIBUTES = [{"key": "a", "value": {"arrayValue": {"values": VALUES}}}]
FORMATS: dict[str, tuple[Callable[[bytes], object], Any]] = {
    "otlp": (
        lambda body: from_json(Signal.TRACES, body),
        {
            "resourceSpans": [
                {
                    "resource": {"attributes": ATTRIBUTES, "entityRefs": [{"type": "t", "idKeys": ["a"]}]},
                    "scopeSpans": [
                        {
                            "scope": {"name": "n", "attributes": ATTRIBUTES},
                            "spans": [
                                {
                                    "traceId": TRACE,
                                    "spanId": SPAN,
                                    "parentSpanId": PARENT,
                                    "name": "n",
                                    "kind": 2,
                                    "startTimeUnixNano": "1",
                                    "events": [{"timeUnixNano": 1, "name": "e", "attributes": ATTRIBUTES}],
                                    "links": [{"traceId": TRACE, "spanId": SPAN}],
                                    "status": {"code": 2, "message": "m"},
                                }
                            ],
                        }
                    ],
                }
            ]
        },
    ),
    "zipkin v2": (
        decode_v2,
        [
            {
                "traceId": TRACE,
                "id": SPAN,
                "parentId": PARENT,
                "name": "n",
                "kind": "SERVER",
                "timestamp": 1,
                "duration": 2,
                "shared": True,
                "localEndpoint": ENDPOINT,
                "remoteEndpoint": ENDPOINT,
                "tags": {"error": "x", "otel.status_code": "ERROR"},
                "annotations": [{"timestamp": 1, "value": "x"}],
            }
        ],
    ),
    "zipkin v1": (
        decode_v1_json,
        [
            {
                "traceId": TRACE,
                "id": SPAN,
                "name": "n",
                "timestamp": 1,
                "annotations": [{"timestamp": 1, "value": "sr", "endpoint": ENDPOINT}],
                "binaryAnnotations": [{"key": "sa", "value": True, "type": "BOOL", "endpoint": ENDPOINT}],
            }
        ],
    ),
    "jaeger": (
        decode_jaeger_json,
        {
            "data": [
                {
                    "spans": [
                        {
                            "traceID": TRACE,
                            "spanID": SPAN,
                            "flags": 1,
                            "references": [{"refType": "CHILD_OF", "traceID": TRACE, "spanID": PARENT}],
                            "startTime": 1,
                            "tags": [
                                {"key": "a", "type": "int64", "value": 5},
                                {"key": "b", "type": "float64", "value": 5.5},
                                {"key": "c", "type": "binary", "value": "AA=="},
                            ],
                            "logs": [{"timestamp": 1, "fields": [{"key": "event", "type": "string", "value": "e"}]}],
                            "processID": "p",
                            "warnings": ["w"],
                        }
                    ],
                    "processes": {"p": {"serviceName": "shop", "tags": []}},
                }
            ]
        },
    ),
    "loki": (
        lambda body: loki.decode_json(body, Reading(), loki.Limits(1e9, 1e9, 15, 4096, 1000)),
        {"streams": [{"stream": {"app": "a"}, "values": [[str(time.time_ns()), "line", {"trace_id": TRACE}]]}]},
    ),
    "lines": (
        lambda body: lines.decode(body, {}, Reading(), 1000, b"key"),
        {
            "level": "info",
            "msg": "m",
            "time": "2026-11-21T00:00:00Z",
            "trace_id": TRACE,
            "service": "a",
            "x": {"y": [1]},
        },
    ),
    **{
        f"lines, {name}": (lambda body: lines.decode(body, {}, Reading(), 1000, b"key"), each)
        for name, each in NESTED.items()
    },
    "docker": (
        lambda body: lines.decode(body, {}, Reading(), 1000, b"key"),
        {"log": '{"a": 1}', "stream": "stdout", "time": "2026-11-21T00:00:00Z", "attrs": {"a": "b"}},
    ),
}


@pytest.mark.parametrize("name", FORMATS)
def test_an_odd_value_in_any_place_is_read_or_refused(name: str) -> None:
    decode, whole = FORMATS[name]
    decode(json.dumps(whole).encode())
    for body in with_each(whole):
        try:
            with suppress(Refused):
                text = json.dumps(body).encode()
                without_fault(decode(text), text)
        except Exception as error:
            raise AssertionError(f"not read and not refused: {json.dumps(body)}") from error


def with_each(value: Any) -> Iterator[Any]:
    """A document with each odd value in each place of it."""
    yield from ODD
    places = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for place, below in places:
        for made in with_each(below):
            if isinstance(value, dict):
                yield {**value, place: made}
            else:
                yield [*value[:place], made, *value[place + 1 :]]
