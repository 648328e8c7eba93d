"""The 41 cases of the W3C suite, by its names for them, against the service on each middleware, over raw sockets."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.ports import free_port
from tests.tracer.processes import Server, environment, serving
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


Headers = list[tuple[str, str]]


class Case(NamedTuple):
    """Headers to send; whether the trace is continued; the tracestate that is sent on, None for none at all."""

    headers: Headers
    continued: bool = True
    state: str | None = None


def parents(*values: str, continued: bool) -> list[Case]:
    return [Case([("traceparent", value)], continued) for value in values]


def states(expected: str | None, *values: str) -> Case:
    return Case([("traceparent", GOOD), *(("tracestate", value) for value in values)], state=expected)


def members(count: int) -> list[str]:
    return [f"bar{number:02d}={number:02d}" for number in range(1, count + 1)]


LEGAL_KEY = "abcdefghijklmnopqrstuvwxyz0123456789_-*/"
LEGAL_VALUE = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in ",=")

# One request a case and entry. The rules are those of the suite at STRICT_LEVEL=2 and SPEC_LEVEL=2.
CASES: dict[str, list[Case]] = {
    "both_traceparent_and_tracestate_missing": [Case([], continued=False)],
    "traceparent_included_tracestate_missing": parents(GOOD, continued=True),
    "traceparent_duplicated": [Case([("traceparent", f"00-{TRACE[:-1]}1-{SPAN}-01"), ("traceparent", GOOD)], False)],
    "traceparent_header_name": [Case([(name, GOOD)], False) for name in ("trace-parent", "trace.parent")],
    "traceparent_header_name_valid_casing": [
        Case([(name, GOOD)]) for name in ("TraceParent", "TrAcEpArEnT", "TRACEPARENT")
    ],
    "traceparent_version_0x00": parents(f"{GOOD}.", f"{GOOD}-what-the-future-will-be-like", continued=False),
    "traceparent_version_0xcc": [
        *parents(f"cc{GOOD[2:]}", f"cc{GOOD[2:]}-what-the-future-will-be-like", continued=True),
        *parents(f"cc{GOOD[2:]}.what-the-future-will-be-like", continued=False),
    ],
    "traceparent_version_0xff": parents(f"ff{GOOD[2:]}", continued=False),
    "traceparent_version_illegal_characters": parents(f".0{GOOD[2:]}", f"0.{GOOD[2:]}", continued=False),
    "traceparent_version_too_long": parents(f"0{GOOD}", f"00{GOOD}", continued=False),
    "traceparent_version_too_short": parents(GOOD[1:], continued=False),
    "traceparent_trace_id_all_zero": parents(f"00-{'0' * 32}-{SPAN}-01", continued=False),
    "traceparent_trace_id_illegal_characters": parents(
        f"00-.{TRACE[1:]}-{SPAN}-01", f"00-{TRACE[:-1]}.-{SPAN}-01", continued=False
    ),
    "traceparent_trace_id_too_long": parents(f"00-{TRACE}3-{SPAN}-01", continued=False),
    "traceparent_trace_id_too_short": parents(f"00-{TRACE[:-1]}-{SPAN}-01", continued=False),
    "traceparent_parent_id_all_zero": parents(f"00-{TRACE}-{'0' * 16}-01", continued=False),
    "traceparent_parent_id_illegal_characters": parents(
        f"00-{TRACE}-.{SPAN[1:]}-01", f"00-{TRACE}-{SPAN[:-1]}.-01", continued=False
    ),
    "traceparent_parent_id_too_long": parents(f"00-{TRACE}-{SPAN}7-01", continued=False),
    "traceparent_parent_id_too_short": parents(f"00-{TRACE}-{SPAN[:-1]}-01", continued=False),
    "traceparent_trace_flags_illegal_characters": parents(
        f"00-{TRACE}-{SPAN}-.0", f"00-{TRACE}-{SPAN}-0.", continued=False
    ),
    "traceparent_trace_flags_too_long": parents(f"00-{TRACE}-{SPAN}-001", continued=False),
    "traceparent_trace_flags_too_short": parents(f"00-{TRACE}-{SPAN}-1", continued=False),
    "traceparent_ows_handling": parents(
        f" {GOOD}", f"\t{GOOD}", f"{GOOD} ", f"{GOOD}\t", f"\t {GOOD} \t", continued=True
    ),
    "tracestate_included_traceparent_missing": [
        Case([("tracestate", value)], continued=False) for value in ("foo=1", "foo=1,bar=2")
    ],
    "tracestate_included_traceparent_included": [states("foo=1,bar=2", "foo=1,bar=2")],
    "tracestate_header_name": [
        Case([("traceparent", GOOD), (name, "foo=1")]) for name in ("trace-state", "trace.state")
    ],
    "tracestate_header_name_valid_casing": [
        Case([("traceparent", GOOD), (name, "foo=1")], state="foo=1")
        for name in ("TraceState", "TrAcEsTaTe", "TRACESTATE")
    ],
    "tracestate_empty_header": [states(None, ""), states("foo=1", "foo=1", ""), states("foo=1", "", "foo=1")],
    "tracestate_multiple_headers_different_keys": [
        states("foo=1,bar=2,rojo=1,congo=2,baz=3", "foo=1,bar=2", "rojo=1,congo=2", "baz=3")
    ],
    # The suite allows both, or one of the two: ours keeps the first, which is the newest.
    "tracestate_duplicated_keys": [
        states("foo=1", *values) for values in (["foo=1,foo=1"], ["foo=1,foo=2"], ["foo=1"] * 2, ["foo=1", "foo=2"])
    ],
    "tracestate_all_allowed_characters": [
        states(f"{key}={LEGAL_VALUE}", f"{key}={LEGAL_VALUE}") for key in (LEGAL_KEY, f"{LEGAL_KEY}@a-z0-9_-*/")
    ],
    "tracestate_ows_handling": [
        *(
            states("foo=1,bar=2,baz=3", value)
            for value in ("foo=1 \t , \t bar=2, \t baz=3", "foo=1\t \t,\t \tbar=2,\t \tbaz=3")
        ),
        *(states("foo=1", value) for value in (" foo=1", "\tfoo=1", "foo=1 ", "foo=1\t", "\t foo=1 \t")),
    ],
    "tracestate_key_illegal_characters": [states(None, value) for value in ("foo =1", "FOO=1", "foo.bar=1")],
    "tracestate_key_illegal_vendor_format": [states(None, "@foo=1,bar=2")],
    "tracestate_member_count_limit": [
        states(",".join(members(32)), ",".join(members(32)[:20]), ",".join(members(32)[20:])),
        states(None, ",".join(members(33)[:20]), ",".join(members(33)[20:])),
    ],
    "tracestate_key_length_limit": [
        states(f"foo=1,{'z' * 256}=1", "foo=1", f"{'z' * 256}=1"),
        states(None, "foo=1", f"{'z' * 257}=1"),
    ],
    "tracestate_value_illegal_characters": [states(None, "foo=bar=baz"), states(None, "foo=,bar=3")],
}


@pytest.mark.parametrize("name", CASES)
def test_single(service: Server, harness: Harness, name: str) -> None:
    for case in CASES[name]:
        (headers,) = harness.ask(service, case.headers)
        assert (trace_of(headers) == TRACE, headers.get("tracestate")) == (case.continued, case.state), case.headers
        assert headers["traceparent"].split("-")[2] != SPAN


ADVANCED: dict[str, tuple[Headers, bool]] = {
    "multiple_requests_with_valid_traceparent": ([("traceparent", GOOD)], True),
    "multiple_requests_without_traceparent": ([], False),
    "multiple_requests_with_illegal_traceparent": ([("traceparent", f"00-{'0' * 32}-{SPAN}-01")], False),
}


@pytest.mark.parametrize("name", ADVANCED)
def test_several_calls(service: Server, harness: Harness, name: str) -> None:
    sent, continued = ADVANCED[name]
    answers = harness.ask(service, sent, count=3)
    assert len({trace_of(headers) for headers in answers}) == 1
    assert len({headers["traceparent"].split("-")[2] for headers in answers}) == 3
    assert (trace_of(answers[0]) == TRACE) is continued


# The suite's case is the second; the others are ours.
@pytest.mark.parametrize(("flags", "sent"), [("00", "00"), ("02", "02"), ("03", "03"), ("fd", "01")])
def test_propagates_random_flag(service: Server, harness: Harness, flags: str, sent: str) -> None:
    (headers,) = harness.ask(service, [("traceparent", f"{GOOD[:-2]}{flags}")])
    assert headers["traceparent"].endswith(f"-{sent}")


def test_case_87_all_cases_of_the_suite_are_here() -> None:
    assert len(CASES) + len(ADVANCED) + len(["propagates_random_flag"]) == 41
