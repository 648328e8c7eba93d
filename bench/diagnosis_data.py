"""Recordings of a real shop under injected faults, as OTLP (data of Nezha, MIT)."""

from __future__ import annotations

import csv
import gzip
import json
import lzma
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.client import Client
from bench.collector import HOST, Collector

FOLDER: Final = Path(__file__).resolve().parents[2] / "shared" / "data" / "onlineboutique"
NORMAL: Final = "normal.csv.xz"
_A_REQUEST: Final = 4_000


@dataclass(frozen=True, slots=True)
class Recorded:
    """One span of a recording; `parent` is "" at a root."""

    trace: str
    span: str
    parent: str
    pod: str
    operation: str
    start: int
    end: int

    @property
    def service(self) -> str:
        return self.pod.rsplit("-", 2)[0]


@dataclass(frozen=True, slots=True)
class Fault:
    """A recording and what was injected in it."""

    file: str
    kind: str
    service: str
    pod: str


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` (inclusive) to `end` (exclusive), in the recordings' own time."""

    start: int
    end: int


def faults(folder: Path) -> list[Fault]:
    """The faulty recordings, in their own order."""
    listed = json.loads((folder / "faults.json").read_text(encoding="utf-8"))
    return [Fault(each["file"], each["fault"], each["service"], each["pod"]) for each in listed]


def recording(path: Path) -> list[Recorded]:
    """The spans of a file."""
    with lzma.open(path, "rt", encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        next(rows)
        return [
            Recorded(trace, span, "" if parent == "root" else parent, pod, operation, int(start), int(end))
            for trace, span, parent, pod, operation, start, end in rows
        ]


def window(spans: Sequence[Recorded]) -> Window:
    """The shortest window with every start of the spans in it."""
    return Window(min(each.start for each in spans), max(each.start for each in spans) + 1)


def send(collector: Collector, spans: Sequence[Recorded], shift: int) -> None:
    """Send a recording with its times shifted, whole traces together, and wait until it can be searched."""
    wanted = collector.span_count() + len(spans)
    with Client(HOST, collector.http, timeout=120.0) as client:
        for request in _requests(spans, shift):
            answer = client.post("/v1/traces", gzip.compress(request.SerializeToString(), 1))
            if not answer.accepted:
                raise RuntimeError(f"the collector answered {answer.status}: {answer.body[:200]!r}")
    deadline = time.monotonic() + 120
    while collector.span_count() < wanted:
        if time.monotonic() > deadline:
            raise TimeoutError("not searchable after two minutes")
        time.sleep(0.05)


def _requests(spans: Sequence[Recorded], shift: int) -> Iterator[ExportTraceServiceRequest]:
    for first in range(0, len(spans), _A_REQUEST):
        by_pod = defaultdict(list)
        for each in spans[first : first + _A_REQUEST]:
            by_pod[each.pod].append(each)
        request = ExportTraceServiceRequest()
        for pod, recorded in by_pod.items():
            group = request.resource_spans.add()
            for key, value in (("service.name", recorded[0].service), ("service.instance.id", pod)):
                group.resource.attributes.add(key=key).value.string_value = value
            scope = group.scope_spans.add()
            for each in recorded:
                scope.spans.add(
                    trace_id=bytes.fromhex(each.trace),
                    span_id=bytes.fromhex(each.span),
                    parent_span_id=bytes.fromhex(each.parent),
                    name=each.operation,
                    start_time_unix_nano=each.start + shift,
                    end_time_unix_nano=each.end + shift,
                )
        yield request
