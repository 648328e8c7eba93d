"""Traces of any size for the web view: a tree of calls as a shop makes them, the same for the same number of spans."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span, Status

from bench import spans

_BATCH = 4000
_MOST_CHILDREN = 9
# A request of a thousand spans takes two seconds; a longer one as much longer.
_NANOSECONDS_A_SPAN = 2_000_000
_FAILS_EVERY = 211
_EVENT_EVERY = 47


class _Call(NamedTuple):
    parent: int
    spans: int
    start: int
    end: int
    depth: int


def trace_id(count: int) -> str:
    """The id of the trace of so many spans, in hex."""
    return f"{0xB1C0DE:016x}{count:016x}"


def requests(count: int, end: int) -> Iterator[ExportTraceServiceRequest]:
    """The spans of one trace that ends at `end` (ns since the epoch), in requests of some thousands."""
    trace = bytes.fromhex(trace_id(count))
    by_service: dict[int, list[Span]] = {}
    waiting = 0
    for number, call in enumerate(_calls(count, end), 1):
        by_service.setdefault((call.depth + number % 3) % len(spans.SERVICES), []).append(_span(trace, number, call))
        waiting += 1
        if waiting == _BATCH:
            yield _request(by_service)
            by_service, waiting = {}, 0
    if waiting:
        yield _request(by_service)


def _calls(count: int, end: int) -> Iterator[_Call]:
    """Calls in pre-order; a call shares its spans out among its children, which run one after the other or at once."""
    rng = random.Random(count)
    number = 0
    waiting = [_Call(0, count, end - count * _NANOSECONDS_A_SPAN, end, 0)]
    while waiting:
        call = waiting.pop()
        yield call
        number += 1
        left = call.spans - 1
        if not left:
            continue
        shares = _shares(rng, left)
        length = (call.end - call.start) * 9 // 10
        at, together = call.start + length // 50, rng.random() < 0.3
        children = []
        for share in shares:
            lasts = max(1, length * (8 if together else 9) * share // left // 10 * (len(shares) if together else 1))
            lasts = min(lasts, max(1, call.end - at))
            children.append(_Call(number, share, at, at + lasts, call.depth + 1))
            at += rng.randrange(1, 50_000) if together else lasts + 1
        waiting.extend(reversed(children))


def _shares(rng: random.Random, count: int) -> list[int]:
    if count > 60 and rng.random() < 0.02:
        # The same statement again and again, as a loop over rows makes it.
        return [1] * count if count < 2000 else [1] * 400 + [count - 400]
    parts = min(count, rng.randint(1, _MOST_CHILDREN))
    cuts = sorted(rng.sample(range(1, count), parts - 1)) if parts > 1 else []
    return [right - left for left, right in zip([0, *cuts], [*cuts, count], strict=True)]


def _span(trace: bytes, number: int, call: _Call) -> Span:
    made = spans.span(call.depth % len(spans.SERVICES), number % 512 if call.spans > 1 else call.parent % 512)
    made.trace_id = trace
    made.span_id = (number * 0x9E3779B97F4A7C15 % 2**64).to_bytes(8)
    made.parent_span_id = (call.parent * 0x9E3779B97F4A7C15 % 2**64).to_bytes(8) if call.parent else b""
    made.start_time_unix_nano = call.start
    made.end_time_unix_nano = call.end
    made.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR) if number % _FAILS_EVERY == 0 else Status())
    if number % _EVENT_EVERY == 0:
        made.events.add(name="retry", time_unix_nano=call.start + 1).attributes.append(
            KeyValue(key="attempt", value=AnyValue(int_value=number % 5))
        )
    return made


def _request(by_service: dict[int, list[Span]]) -> ExportTraceServiceRequest:
    made = ExportTraceServiceRequest()
    for service, own in by_service.items():
        group = ResourceSpans(resource=spans.resource(service))
        group.scope_spans.add(scope=InstrumentationScope(name=("asgi", "sql", "http")[service % 3])).spans.extend(own)
        made.resource_spans.append(group)
    return made
