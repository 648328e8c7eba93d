"""The verdict on a trace, from spans that were sent to the answer of the API."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from spanwise_collector.query.diagnosis_trace import TraceQuestion, diagnose
from spanwise_collector.query.known import Known

from tests.collector.diagnose.minutes import BEGIN, PROJECT, TRACES, trace_id
from tests.collector.inside import Inside
from tests.factories import MINUTE

USUAL = {"baseline_start": BEGIN, "baseline_end": BEGIN + MINUTE}


def ask(api: TestClient, trace: str, **given: Any) -> Any:
    return api.get(f"/api/v1/traces/{trace}/diagnosis", params=given).json()


def test_a_slow_trace_names_who_was_called_with_share_deviation_and_evidence(api: TestClient) -> None:
    answer = ask(api, trace_id(1, 0), **USUAL)
    (finding,) = answer["findings"]
    assert (answer["verdict"], answer["summary"]) == ("findings", finding["claim"])
    assert finding["claim"] == "find of stock lost 198 ms after it ended: 200 ms where 2.48 ms is usual."
    assert finding["culprit"] == {
        "service": "stock",
        "instance": "stock-7",
        "operation": "find",
        "span_ids": ["0000000000000002"],
    }
    assert (round(finding["share"], 2), finding["deviation"]["n"]) == (0.89, TRACES)
    assert finding["evidence"] == [
        {
            "kind": "span",
            "trace_id": trace_id(1, 0),
            "span_id": "0000000000000002",
            "text": "200 ms after it ended",
            "time_unix_nano": None,
        }
    ]


def test_a_trace_like_all_others_has_nothing_unusual(api: TestClient) -> None:
    answer = ask(api, trace_id(0, TRACES - 1), **USUAL)
    assert (answer["verdict"], answer["findings"]) == ("nothing unusual", [])
    assert answer["checked"]["history_traces"] == TRACES - 1, "the trace itself is no part of what is usual"


def test_without_a_baseline_traces_before_it_are_taken(api: TestClient) -> None:
    answer = ask(api, trace_id(1, 0))
    assert (answer["verdict"], answer["checked"]["history_traces"]) == ("findings", TRACES)


@pytest.mark.usefixtures("api")
def test_a_trace_within_a_fault_that_lasts_is_held_against_the_time_before_it(collector: Inside) -> None:
    late = trace_id(1, TRACES - 1)

    def troubled(project: str, start: int, end: int) -> list[tuple[int, int]]:
        return [(BEGIN + MINUTE, end)]

    asked = TraceQuestion(late, 1000, known=Known(troubled=troubled))
    found = diagnose(collector.engine, PROJECT, asked)
    assert [finding.rule for finding in found.findings] == ["slow"]
    assert (found.history.traces, found.history.end) == (TRACES, BEGIN + MINUTE)
    # Where nobody looked, most of what came before it is like it.
    unknown = diagnose(collector.engine, PROJECT, TraceQuestion(late, 1000))
    assert (unknown.findings, unknown.history.traces) == ([], 2 * TRACES - 1)


def test_a_trace_with_hardly_any_before_it_says_so(api: TestClient) -> None:
    answer = ask(api, trace_id(0, 5))
    assert (answer["verdict"], answer["checked"]["history_traces"]) == ("not enough history", 5)


def test_an_unknown_trace_is_not_found(api: TestClient) -> None:
    assert ask(api, "f" * 32)["error"]["code"] == "not_found"
