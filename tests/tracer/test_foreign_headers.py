"""Jaeger and X-Ray headers by setting, in both directions, and beside the others."""

from __future__ import annotations

import pytest
import spanwise
from opentelemetry.context import Context
from opentelemetry.trace import get_current_span
from spanwise import state
from spanwise.propagation.propagator import Propagator
from spanwise.request import begin
from spanwise.testing import capture

TRACE, SPAN = "5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
HEADERS = {
    "jaeger": {"uber-trace-id": f"{TRACE}:{SPAN}:0:1"},
    "xray": {"x-amzn-trace-id": f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={SPAN};Sampled=1"},
}


@pytest.mark.parametrize("kind", HEADERS)
def test_both_directions(kind: str) -> None:
    with capture(accept=f"tracecontext,{kind}", send=kind) as seen:
        assert state.active is not None
        fields = {name: [value] for name, value in HEADERS[kind].items()}
        request = begin(state.active, fields, "GET", "/")
        request.enter()
        sent = {name.lower(): value for name, value in state.active.propagator.headers().items()}
        request.leave()
        request.finish()
    (span,) = seen.spans
    assert (span.trace_id, span.parent_id) == (TRACE, SPAN)
    (value,) = sent.values()
    assert sent.keys() == HEADERS[kind].keys()
    assert span.span_id in value


@pytest.mark.parametrize("kind", HEADERS)
def test_broken_headers_and_those_of_an_earlier_format_are_passed_over(kind: str) -> None:
    propagator = Propagator(accept=("tracecontext", kind))
    broken = propagator.extract_fields({name: ["nonsense"] for name in HEADERS[kind]}, Context())
    assert not get_current_span(broken).get_span_context().is_valid
    fields = {name: [value] for name, value in HEADERS[kind].items()}
    fields["traceparent"] = [f"00-{'1' * 32}-{'2' * 16}-01"]
    found = get_current_span(propagator.extract_fields(fields, Context())).get_span_context()
    assert found.trace_id == int("1" * 32, 16)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spanwise.propagation.foreign.entry_points", lambda **_selection: [])
    with pytest.raises(spanwise.SettingsError, match="pip install opentelemetry-propagator-jaeger"):
        Propagator(accept=("jaeger",))
