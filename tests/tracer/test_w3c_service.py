"""The W3C suite's own cases against the service built on each middleware, as processes, over raw sockets."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tracer.processes import Server, environment, free_port, serving
from tests.tracer.test_clients import Peer

ROOT = Path(__file__).parents[2]
TRACE, SPAN = "12345678901234567890123456789012", "1234567890123456"
GOOD = f"00-{TRACE}-{SPAN}-00"


@pytest.fixture(scope="module", params=["asgi", "wsgi"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, "-m", "tests.w3c_service", "--kind", request.param, "--port", str(port)]
    env = environment("http://127.0.0.1:9", PYTHONPATH=str(ROOT))
    with serving(command, port, tmp_path_factory.mktemp("w3c"), env) as server:
        yield server


class Harness(Peer):
    """Posts to the service and reads the headers that come back."""

    def __init__(self) -> None:
        super().__init__()
        handler = self._server.RequestHandlerClass
        handler.do_POST = handler.do_GET  # type: ignore[attr-defined]

    def ask(self, service: Server, headers: list[tuple[str, str]], count: int = 1) -> list[dict[str, str]]:
        """Send headers exactly as given, repeated ones too."""
        body = json.dumps([{"url": f"{self.url}/{number}", "arguments": []} for number in range(count)]).encode()
        lines = [f"{name}: {value}" for name, value in headers]
        head = "\r\n".join(
            ["POST /test HTTP/1.1", "Host: test", f"Content-Length: {len(body)}", "Connection: close", *lines, "", ""]
        )
        self.seen.clear()
        with socket.create_connection(("127.0.0.1", int(service.url.rpartition(":")[2])), timeout=10) as connection:
            connection.sendall(head.encode("latin-1") + body)
            while connection.recv(65536):
                pass
        assert [path for path, _ in self.seen] == [f"/{number}" for number in range(count)]
        return [headers for _, headers in self.seen]


@pytest.fixture
def harness() -> Iterator[Harness]:
    started = Harness()
    yield started
    started.close()


def trace_of(headers: dict[str, str]) -> str:
    version, trace_id, span_id, flags = headers["traceparent"].split("-")
    assert (version, len(trace_id), len(span_id), len(flags)) == ("00", 32, 16, 2)
    assert int(trace_id, 16)
    assert int(span_id, 16)
    return trace_id


@pytest.mark.parametrize("name", ["traceparent", "TraceParent", "TrAcEpArEnT", "TRACEPARENT"])
def test_traceparent_is_continued_in_any_casing(service: Server, harness: Harness, name: str) -> None:
    (headers,) = harness.ask(service, [(name, GOOD)])
    assert trace_of(headers) == TRACE
    assert headers["traceparent"].split("-")[2] != SPAN


@pytest.mark.parametrize("name", ["trace-parent", "trace.parent"])
def test_wrong_names_are_not_read(service: Server, harness: Harness, name: str) -> None:
    assert trace_of(harness.ask(service, [(name, GOOD)])[0]) != TRACE


@pytest.mark.parametrize(
    "value",
    [
        f"00-{TRACE}-{SPAN}-01.",
        f"00-{TRACE}-{SPAN}-01-what-the-future-will-be-like",
        f"cc-{TRACE}-{SPAN}-01.what",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{SPAN}-.0",
        f"00-{TRACE}-{SPAN}-1",
    ],
)
def test_invalid_values_restart(service: Server, harness: Harness, value: str) -> None:
    assert trace_of(harness.ask(service, [("traceparent", value), ("tracestate", "foo=1")])[0]) != TRACE
    assert "tracestate" not in harness.seen[0][1]


def test_a_repeated_traceparent_restarts(service: Server, harness: Harness) -> None:
    assert trace_of(harness.ask(service, [("traceparent", GOOD), ("traceparent", GOOD)])[0]) != TRACE


@pytest.mark.parametrize("value", [f" {GOOD}", f"\t{GOOD}", f"{GOOD} ", f"{GOOD}\t", f"\t {GOOD} \t"])
def test_whitespace_around_the_value_is_dropped(service: Server, harness: Harness, value: str) -> None:
    assert trace_of(harness.ask(service, [("traceparent", value)])[0]) == TRACE


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["foo=1,bar=2"], "foo=1,bar=2"),
        (["foo=1,bar=2", "rojo=1,congo=2", "baz=3"], "foo=1,bar=2,rojo=1,congo=2,baz=3"),
        (["foo=1", ""], "foo=1"),
        (["", "foo=1"], "foo=1"),
        (["foo=1 \t , \t bar=2, \t baz=3"], "foo=1,bar=2,baz=3"),
        (["foo=1,foo=2"], "foo=1"),
        (["foo =1"], None),
        (["FOO=1"], None),
        (["foo=bar=baz"], None),
        (["foo=,bar=3"], None),
        ([f"{'z' * 257}=1,foo=1"], None),
        ([",".join(f"bar{n:02d}={n:02d}" for n in range(33))], None),
        ([""], None),
    ],
)
def test_tracestate(service: Server, harness: Harness, values: list[str], expected: str | None) -> None:
    (headers,) = harness.ask(service, [("traceparent", GOOD), *(("tracestate", value) for value in values)])
    assert (trace_of(headers), headers.get("tracestate")) == (TRACE, expected)


def test_tracestate_alone_is_discarded(service: Server, harness: Harness) -> None:
    (headers,) = harness.ask(service, [("tracestate", "foo=1")])
    assert "tracestate" not in headers


@pytest.mark.parametrize("sent", [[("traceparent", GOOD)], [], [("traceparent", f"00-{'0' * 32}-{SPAN}-01")]])
def test_several_calls_share_the_trace_with_different_parents(
    service: Server, harness: Harness, sent: list[tuple[str, str]]
) -> None:
    answers = harness.ask(service, sent, count=3)
    assert len({trace_of(headers) for headers in answers}) == 1
    assert len({headers["traceparent"].split("-")[2] for headers in answers}) == 3
    assert (trace_of(answers[0]) == TRACE) is (sent == [("traceparent", GOOD)])


@pytest.mark.parametrize(("flags", "sent"), [("00", "00"), ("02", "02"), ("03", "03"), ("fd", "01")])
def test_the_sampled_and_random_flags_are_kept(service: Server, harness: Harness, flags: str, sent: str) -> None:
    (headers,) = harness.ask(service, [("traceparent", f"{GOOD[:-2]}{flags}")])
    assert headers["traceparent"].endswith(f"-{sent}")
