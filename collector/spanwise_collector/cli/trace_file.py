"""A trace out of a file, drawn as the collector draws it, with no collector running."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanwise_collector.api import text
from spanwise_collector.errors import BadData
from spanwise_collector.model.span import Span
from spanwise_collector.query.trace import Trace
from spanwise_collector.receive.check import parse
from spanwise_collector.receive.import_files import reader_of
from spanwise_collector.receive.import_gzip import GZIP, Inflating
from spanwise_collector.store import wire
from spanwise_collector.trace.pieces import join_pieces
from spanwise_collector.trace.tree import build


def traces_of(file: Path) -> dict[str, list[Span]]:
    """The spans by trace of a file that `spanwise import` takes, but Parquet; raises BadData and OSError."""
    held = bytearray(file.read_bytes())
    if held.startswith(GZIP):
        held = bytearray(b"".join(Inflating().parts(bytes(held))))
    reader = reader_of(held, None, last=True)
    assert reader is not None
    found: dict[str, list[Span]] = defaultdict(list)
    while piece := reader.cut(held, True):
        decoded = reader.decode(piece)
        for signal, body in decoded.bodies:
            request = parse(signal, body)
            if isinstance(request, ExportTraceServiceRequest):
                for span in wire.from_request(request):
                    found[span.trace_id].append(span)
        if not decoded.bodies and decoded.rejected and not found:
            raise BadData(decoded.message)
    return found


def waterfall(trace_id: str, spans: list[Span], width: int) -> Iterator[str]:
    """The lines of one trace."""
    nodes = build(join_pieces(sorted(spans, key=lambda span: (span.start, span.span_id))))
    start = min((span.start for span in spans if span.start), default=0)
    end = max([start, *(span.start + span.duration for span in spans)])
    return text.waterfall(Trace(trace_id, nodes, start, end, len(nodes), 0), (), width)


def listed(found: Mapping[str, list[Span]]) -> Iterator[str]:
    """A line for each trace of a file."""
    for trace_id, spans in found.items():
        root = next((span for span in spans if not span.parent_span_id), spans[0])
        yield f"{trace_id}  {len(spans):>6,} spans  {root.service} {root.name}"
