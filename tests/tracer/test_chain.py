"""Five services that speak different header formats by turns: one trace, one decision, right parents."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from bench.ports import free_port
from tests.tracer.processes import environment, serving
from tests.tracer.sink import Sink

ROOT = Path(__file__).parents[2]
TRACE, SPAN = "12345678901234567890123456789012", "1234567890123456"
DENIED = "2" * 32
# What each service accepts, and what it sends: the next one understands nothing else.
FORMATS = [
    ("tracecontext", "b3"),
    ("b3", "b3multi"),
    ("b3multi", "tracecontext"),
    ("tracecontext", "b3multi"),
    ("b3multi", "b3"),
]


@pytest.fixture
def first(sink: Sink, tmp_path: Path) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """The address of the first of five running services, and what makes it call the others in turn."""
    ports = [free_port() for _ in FORMATS]
    with ExitStack() as running:
        for number, (port, (accept, send)) in enumerate(zip(ports, FORMATS, strict=True)):
            kind = ("asgi", "wsgi")[number % 2]
            command = [sys.executable, "-m", "tests.w3c_service", "--kind", kind, "--port", str(port)]
            env = environment(sink.endpoint, PYTHONPATH=str(ROOT), SPANWISE_ACCEPT=accept, SPANWISE_SEND=send)
            running.enter_context(serving(command, port, tmp_path, env))
        arguments: list[dict[str, object]] = []
        for port in reversed(ports[1:]):
            arguments = [{"url": f"http://127.0.0.1:{port}/test", "arguments": arguments}]
        yield f"http://127.0.0.1:{ports[0]}/test", arguments


def test_a_chain_of_w3c_b3_single_and_b3_multi(sink: Sink, first: tuple[str, list[dict[str, object]]]) -> None:
    url, arguments = first
    for trace, flags in ((DENIED, "00"), (TRACE, "01")):
        headers = {"traceparent": f"00-{trace}-{SPAN}-{flags}"}
        assert httpx.post(url, json=arguments, headers=headers, timeout=20).status_code == 200
    sink.wait_for(lambda seen: sum(span.trace_id == TRACE for span in seen.spans) >= 9)
    assert [span for span in sink.spans if span.trace_id == DENIED] == []
    spans = {span.span_id: span for span in sink.spans if span.trace_id == TRACE}
    (last,) = set(spans) - {span.parent_id for span in spans.values()}
    kinds = []
    while last != SPAN:
        kinds.append(spans[last].kind)
        last = spans[last].parent_id
    assert kinds == ["server", *["client", "server"] * 4]
    assert len({span.resource["process.pid"] for span in spans.values()}) == 5
