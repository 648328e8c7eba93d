"""The examples of the B3 specification, single and multi, in both directions."""

from __future__ import annotations

from typing import Any

import pytest
import spanwise
from spanwise import state
from spanwise.propagation import b3
from spanwise.propagation.b3 import B3, Decision
from spanwise.request import begin
from spanwise.testing import capture

TRACE, SPAN, PARENT = "80f198ee56343ba864fe8b2a57d3eff7", "e457b5a2e4d86bd1", "05e3ac9a4f6e3b90"
SHORT = "64fe8b2a57d3eff7"


def ids(decision: Decision, trace: str = TRACE, span: str = SPAN) -> B3:
    return B3(int(trace, 16), int(span, 16), decision)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f"{TRACE}-{SPAN}-1-{PARENT}", ids(Decision.ACCEPT)),
        (f"{TRACE}-{SPAN}-1", ids(Decision.ACCEPT)),
        (f"{TRACE}-{SPAN}-0", ids(Decision.DENY)),
        (f"{TRACE}-{SPAN}-d", ids(Decision.DEBUG)),
        (f"{TRACE}-{SPAN}", ids(Decision.DEFER)),
        (f"{SHORT}-{SPAN}-1", ids(Decision.ACCEPT, SHORT)),
        (f"{TRACE.upper()}-{SPAN}-1", ids(Decision.ACCEPT)),
        ("0", B3(None, None, Decision.DENY)),
        ("1", B3(None, None, Decision.ACCEPT)),
        ("d", B3(None, None, Decision.DEBUG)),
        ("", None),
        ("2", None),
        (TRACE, None),
        (f"{TRACE[1:]}-{SPAN}-1", None),
        (f"{TRACE}-{SPAN[1:]}-1", None),
        (f"{TRACE}-{SPAN}-x", None),
        (f"{TRACE}-{SPAN}-1-{PARENT[1:]}", None),
        (f"{TRACE}-{SPAN}-1-{PARENT}-1", None),
        (f"{'0' * 32}-{SPAN}-1", None),
        (f"{TRACE}-{'0' * 16}-1", None),
        (f"{TRACE}-{SPAN}-1\r\nx: y", None),
        ("1" * 70_000, None),
    ],
)
def test_case_90_single_header(value: str, expected: B3 | None) -> None:
    assert b3.parse_single([value]) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"traceid": TRACE, "spanid": SPAN, "parentspanid": PARENT, "sampled": "1"}, ids(Decision.ACCEPT)),
        ({"traceid": TRACE, "spanid": SPAN, "sampled": "0"}, ids(Decision.DENY)),
        ({"traceid": TRACE, "spanid": SPAN, "sampled": "true"}, ids(Decision.ACCEPT)),
        ({"traceid": TRACE, "spanid": SPAN, "sampled": "false"}, ids(Decision.DENY)),
        ({"traceid": TRACE, "spanid": SPAN}, ids(Decision.DEFER)),
        ({"traceid": TRACE, "spanid": SPAN, "flags": "1"}, ids(Decision.DEBUG)),
        ({"traceid": TRACE, "spanid": SPAN, "flags": "1", "sampled": "0"}, ids(Decision.DEBUG)),
        ({"traceid": TRACE, "spanid": SPAN, "flags": "0", "sampled": "1"}, ids(Decision.ACCEPT)),
        ({"traceid": SHORT, "spanid": SPAN, "sampled": "1"}, ids(Decision.ACCEPT, SHORT)),
        ({"sampled": "0"}, B3(None, None, Decision.DENY)),
        ({"sampled": "1"}, B3(None, None, Decision.ACCEPT)),
        ({"flags": "1"}, B3(None, None, Decision.DEBUG)),
        ({"traceid": TRACE}, None),
        ({"spanid": SPAN}, None),
        ({"traceid": TRACE[1:], "spanid": SPAN}, None),
        ({}, None),
    ],
)
def test_case_90_multiple_headers(headers: dict[str, str], expected: B3 | None) -> None:
    assert b3.parse_multi({f"x-b3-{name}": [value] for name, value in headers.items()}) == expected


def test_the_first_value_of_a_repeated_header_wins() -> None:
    fields = {"x-b3-traceid": [TRACE, "1" * 32], "x-b3-spanid": [SPAN, "2" * 16], "x-b3-sampled": ["1", "0"]}
    assert b3.parse_multi(fields) == ids(Decision.ACCEPT)


def served(fields: dict[str, str], send: str = "b3", **settings: Any) -> tuple[dict[str, str], int]:
    """Headers that a call made inside a request carries, and how many spans were recorded."""
    with capture(send=send, **settings) as seen:
        assert state.active is not None
        request = begin(state.active, {name: [value] for name, value in fields.items()}, "GET", "/")
        request.enter()
        headers = state.active.propagator.headers()
        request.leave()
        request.finish()
    return headers, len(seen.spans)


@pytest.mark.parametrize(
    ("fields", "single", "multi", "spans"),
    [
        ({"b3": f"{TRACE}-{SPAN}-1"}, f"{TRACE}-{1:016x}-1", {"X-B3-Sampled": "1"}, 1),
        ({"b3": f"{TRACE}-{SPAN}-0"}, f"{TRACE}-{1:016x}-0", {"X-B3-Sampled": "0"}, 0),
        ({"b3": f"{TRACE}-{SPAN}-d"}, f"{TRACE}-{1:016x}-d", {"X-B3-Flags": "1"}, 1),
        ({"b3": f"{TRACE}-{SPAN}"}, f"{TRACE}-{1:016x}-1", {"X-B3-Sampled": "1"}, 1),
    ],
)
def test_the_decision_is_sent_on_in_both_forms(
    fields: dict[str, str], single: str, multi: dict[str, str], spans: int
) -> None:
    assert served(fields) == ({"b3": single}, spans)
    expected = {"X-B3-TraceId": TRACE, "X-B3-SpanId": f"{1:016x}", **multi}
    assert served(fields, send="b3multi") == (expected, spans)


@pytest.mark.parametrize(("value", "sent", "spans"), [("0", "0", 0), ("1", "1", 1), ("d", "d", 1)])
def test_a_decision_without_ids_holds_for_the_new_trace(value: str, sent: str, spans: int) -> None:
    assert served({"b3": value}) == ({"b3": f"{1:032x}-{1:016x}-{sent}"}, spans)


def test_a_deferred_decision_is_made_here() -> None:
    assert served({"b3": f"{TRACE}-{SPAN}"}, sample=0.0) == ({"b3": f"{TRACE}-{1:016x}-0"}, 0)


def test_case_90_single_wins_over_multi_and_w3c_over_both() -> None:
    multi = {"x-b3-traceid": "1" * 32, "x-b3-spanid": SPAN, "x-b3-sampled": "1"}
    headers, _ = served({"b3": f"{TRACE}-{SPAN}-1", **multi})
    assert headers["b3"].startswith(TRACE)
    headers, _ = served({"traceparent": f"00-{'2' * 32}-{SPAN}-01", "b3": f"{TRACE}-{SPAN}-1"})
    assert headers["b3"].startswith("2" * 32)


def test_a_broken_format_falls_back_to_the_next_one() -> None:
    headers, _ = served({"traceparent": "00-broken", "b3": f"{TRACE}-{SPAN}-1"})
    assert headers["b3"].startswith(TRACE)


def test_formats_that_are_not_accepted_are_ignored() -> None:
    headers, _ = served({"b3": f"{TRACE}-{SPAN}-1"}, accept="tracecontext")
    assert not headers["b3"].startswith(TRACE)


def test_an_unknown_format_is_refused_by_name() -> None:
    known = "b3, b3multi, baggage, jaeger, tracecontext, xray"
    with pytest.raises(spanwise.SettingsError, match=f"send: 'zipkin' is not one of {known}"):
        served({}, send="zipkin")
