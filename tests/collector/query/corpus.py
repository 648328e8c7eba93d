"""Generated spans and records with what makes lists go wrong: ties, late pieces, many minutes, lost roots."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from spanwise_collector.model.summary import TraceSummary
from spanwise_collector.query.language.tree import EVERYTHING, Equals, Key, Node, Number, Spans, Term, all_of

from tests.contract.query_definition import text_of
from tests.factories import MINUTE, START, span, traces

SERVICES = ("api", "db", "cart's", "mail")
NAMES = ("GET /", "POST /pay", "SELECT 'x'", "{x:String}", "50%", "\\")
VALUES: dict[str, tuple[Any, ...]] = {
    "http.route": ("/", "/pay", "/it's", "a\\'b", "%", "é\U0001f600", "\x00", ""),
    "http.status": (200, 404, -1),
    "cached": (True, False),
    "ratio": (0.5, 1.0, 1e300),
    "k'ey=\\": ("v", "="),
}
RESOURCES: dict[str, tuple[Any, ...]] = {"zone": ("a", "b"), "http.route": ("/", "/from-resource")}
HOURS = 9
LAST = START + HOURS * 60 * MINUTE


@dataclass(frozen=True)
class SpanFilter:
    """The parameters of a search besides `q`; durations are nanoseconds, both ends included."""

    service: str | None = None
    operation: str | None = None
    status_code: int | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    attributes: tuple[tuple[str, str], ...] = ()

    def where(self) -> Node:
        """The same as a condition on traces."""
        numbers = {
            "status": (self.status_code, "="),
            "min": (self.min_duration, ">="),
            "max": (self.max_duration, "<="),
        }
        terms: list[Node] = [
            Term(Key("field", name), Equals(text))
            for name, text in (("service", self.service), ("name", self.operation))
            if text is not None
        ]
        terms += [
            Term(Key("field", "status" if name == "status" else "duration"), Number(operator, number))  # type: ignore[arg-type]
            for name, (number, operator) in numbers.items()
            if number is not None
        ]
        terms += [Term(Key("plain", key), Equals(text)) for key, text in self.attributes]
        return Spans(all_of(*terms)) if terms else EVERYTHING


EVERY_SPAN = SpanFilter()


@dataclass
class SentSpan:
    """A span with the origin that it was sent with."""

    service: str
    resource: dict[str, Any]
    wire: Span
    attributes: dict[str, Any]

    @property
    def duration(self) -> int:
        return max(0, self.wire.end_time_unix_nano - self.wire.start_time_unix_nano)

    def passes(self, wanted: SpanFilter) -> bool:
        """The plain definition of a filter."""
        return (
            (wanted.service is None or self.service == wanted.service)
            and (wanted.operation is None or self.wire.name == wanted.operation)
            and (wanted.status_code is None or self.wire.status.code == wanted.status_code)
            and (wanted.min_duration is None or self.duration >= wanted.min_duration)
            and (wanted.max_duration is None or self.duration <= wanted.max_duration)
            and all(
                [text] == [text_of(each[key]) for each in (self.attributes, self.resource) if key in each][:1]
                for key, text in wanted.attributes
            )
        )


@dataclass
class Corpus:
    """Spans in the pieces in which they are sent, one insert each."""

    pieces: list[list[SentSpan]] = field(default_factory=list)

    @property
    def spans(self) -> list[SentSpan]:
        return [each for piece in self.pieces for each in piece]

    def requests(self) -> list[ExportTraceServiceRequest]:
        return [_request(piece) for piece in self.pieces]

    def find(self, wanted: SpanFilter, start: int, end: int, sort: str) -> list[TraceSummary]:
        """The whole list that a search must walk through: the plain definition."""
        by_trace: dict[bytes, list[SentSpan]] = defaultdict(list)
        for each in self.spans:
            by_trace[each.wire.trace_id].append(each)
        found = [
            summary
            for spans in by_trace.values()
            if start <= (summary := _summary(spans)).start < end and any(each.passes(wanted) for each in spans)
        ]
        if sort == "newest":
            return sorted(found, key=lambda each: (each.start, each.trace_id), reverse=True)
        return sorted(found, key=lambda each: (each.end - each.start, each.trace_id), reverse=True)


def generate(chance: random.Random, count: int, pieces: int) -> Corpus:
    """`count` traces, each in up to `pieces` inserts."""
    made = Corpus([[] for _ in range(pieces)])
    ids = [chance.getrandbits(128) or 1 for _ in range(count)]
    for trace_id in ids:
        began = START + chance.choice([0, chance.randrange(10 * MINUTE), chance.randrange(LAST - START)])
        # 10 ns: spans of one start are frequent then.
        spread = chance.choice([10, MINUTE, 30 * MINUTE])
        lost_root = chance.random() < 0.2
        for number in range(1, chance.randint(1, 5) + 1):
            # Of two roots of one start either may be the one that is shown: there is none such.
            start = began + chance.randrange(spread) // 5 * 5 + (number if spread > MINUTE else 0)
            sent = _span(chance, f"{trace_id:032x}", number, start, lost_root, spread > MINUTE)
            chance.choice(made.pieces).append(sent)
    return made


def _span(chance: random.Random, trace_id: str, number: int, start: int, lost_root: bool, many_roots: bool) -> SentSpan:
    duration = chance.choice([0, 1000, chance.randrange(10**9), chance.randrange(10**11)])
    end = 0 if chance.random() < 0.05 else start - 5 if chance.random() < 0.05 else start + duration
    attributes = {key: chance.choice(VALUES[key]) for key in chance.sample(sorted(VALUES), chance.randint(0, 3))}
    wire = span(
        trace_id,
        number,
        parent=99 if lost_root else 0 if number == 1 or (many_roots and chance.random() < 0.5) else 1,
        name=chance.choice(NAMES),
        kind=chance.randint(0, 5),
        start_time_unix_nano=start,
        end_time_unix_nano=end,
        status=chance.choice([0, 0, 1, 2]),
        attributes=attributes,
    )
    resource = {key: chance.choice(RESOURCES[key]) for key in chance.sample(sorted(RESOURCES), chance.randint(0, 2))}
    return SentSpan(chance.choice(SERVICES), resource, wire, attributes)


def _request(piece: Iterable[SentSpan]) -> ExportTraceServiceRequest:
    made = ExportTraceServiceRequest()
    for each in piece:
        made.MergeFrom(traces([each.wire], each.service, **each.resource))
    return made


def _summary(spans: list[SentSpan]) -> TraceSummary:
    roots = [
        (each.wire.start_time_unix_nano, each.service, each.wire.name) for each in spans if not each.wire.parent_span_id
    ]
    root = min(roots, default=None)
    counts: dict[str, int] = {}
    errors: dict[str, int] = {}
    for each in spans:
        counts[each.service] = counts.get(each.service, 0) + 1
        if each.wire.status.code == 2:
            errors[each.service] = errors.get(each.service, 0) + 1
    return TraceSummary(
        trace_id=spans[0].wire.trace_id.hex(),
        start=min(each.wire.start_time_unix_nano for each in spans),
        end=max(each.wire.start_time_unix_nano + each.duration for each in spans),
        root_service=root[1] if root else None,
        root_name=root[2] if root else None,
        spans=counts,
        errors=errors,
    )
