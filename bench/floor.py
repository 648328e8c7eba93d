"""What cannot be saved: parsing the same bodies with protobuf's C code, in one thread, and nothing else."""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.bodies import Bodies, Body
from bench.ids import Shape

_BODIES = 100
_GZIP_WINDOW = 31


@dataclass(frozen=True, slots=True)
class Floor:
    """Processor time a span, in microseconds."""

    parse: float
    inflate: float


def measure(shape: Shape) -> Floor:
    """Parse and inflate a hundred bodies. The first ones, which warm the caches, do not count."""
    maker = Bodies(client=0, run=0xFFFF, shape=shape)
    bodies = [maker.body(number, time.time_ns()) for number in range(_BODIES)]
    _parse(bodies[:5])
    _inflate(bodies[:5])
    spans = _BODIES * shape.spans
    return Floor(parse=_parse(bodies) / spans * 1e6, inflate=_inflate(bodies) / spans * 1e6)


def _parse(bodies: list[Body]) -> float:
    began = time.process_time()
    for body in bodies:
        ExportTraceServiceRequest.FromString(body.plain)
    return time.process_time() - began


def _inflate(bodies: list[Body]) -> float:
    began = time.process_time()
    for body in bodies:
        zlib.decompress(body.gzip, _GZIP_WINDOW)
    return time.process_time() - began
