"""The verdict on a window, from spans that were sent to the answer of the API."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from spanwise_collector.api import diagnosis
from spanwise_collector.diagnose.thresholds import Thresholds

from tests.collector.diagnose.conftest import project_of
from tests.collector.diagnose.minutes import BEGIN, TRACES
from tests.collector.inside import Inside
from tests.factories import MINUTE


def ask(api: TestClient, **given: Any) -> Any:
    return api.get("/api/v1/diagnosis", params=given).json()


def test_the_service_behind_a_slow_network_is_named_with_spans_that_show_it(api: TestClient) -> None:
    answer = ask(api, start=BEGIN + MINUTE, end=BEGIN + 2 * MINUTE, baseline_start=BEGIN, baseline_end=BEGIN + MINUTE)
    assert answer["verdict"] == "culprit"
    (culprit,) = answer["culprits"]
    assert (culprit["rank"], culprit["service"], culprit["instance"], culprit["operation"], culprit["kind"]) == (
        1, "stock", "stock-7", "find", "slow",
    )  # fmt: skip
    assert culprit["since"] == BEGIN + MINUTE
    assert culprit["notable"]
    keys = ("rank", "service", "operation", "score", "notable", "kind", "claim", "since", "evidence")
    told = {key: culprit[key] for key in keys}
    assert answer["services"] == [{**told, "instance": ""}]
    assert answer["instances"] == answer["operations"] == [{**told, "instance": "stock-7"}]
    assert [each["operation"] for each in culprit["evidence"]] == ["call stock"] * 5
    assert culprit["claim"].startswith("shop gets on 20")
    assert answer["checked"]["window"] == {
        "start_time_unix_nano": BEGIN + MINUTE,
        "end_time_unix_nano": BEGIN + 2 * MINUTE,
        "trace_count": TRACES,
        "span_count": 3 * TRACES,
        "record_count": 0,
    }


def test_what_stands_out_is_what_reaches_the_threshold_that_is_set(api: TestClient, collector: Inside) -> None:
    strict = FastAPI()
    diagnosis.add(strict.router, collector.engine, project_of, thresholds=Thresholds.of([("notable_score", 1.0)]))
    given = {"start": BEGIN + MINUTE, "end": BEGIN + 2 * MINUTE}
    answer = TestClient(strict).get("/diagnosis", params=given).json()
    usual = ask(api, **given)
    assert (answer["verdict"], answer["checked"]["thresholds"]) == ("nothing unusual", {"notable_score": 1.0})
    for ranked in ("culprits", "services", "instances", "operations"):
        assert [each["service"] for each in answer[ranked]] == ["stock"]
        assert [each["notable"] for each in (answer[ranked] + usual[ranked])] == [False, True]


def test_without_a_baseline_the_time_before_is_taken(api: TestClient) -> None:
    answer = ask(api, start=BEGIN + MINUTE, end=BEGIN + 2 * MINUTE)
    assert answer["checked"]["baseline_source"] == "before"
    assert answer["checked"]["baseline"]["start_time_unix_nano"] == BEGIN
    assert [each["service"] for each in answer["culprits"]] == ["stock"]


def test_a_window_against_itself_has_nothing_unusual(api: TestClient) -> None:
    answer = ask(api, start=BEGIN, end=BEGIN + MINUTE, baseline_start=BEGIN, baseline_end=BEGIN + MINUTE)
    assert (answer["verdict"], answer["culprits"]) == ("nothing unusual", [])


def test_a_query_chooses_the_traces_that_are_judged(api: TestClient) -> None:
    window = {
        "start": BEGIN + MINUTE,
        "end": BEGIN + 2 * MINUTE,
        "baseline_start": BEGIN,
        "baseline_end": BEGIN + MINUTE,
    }
    answer = ask(api, q="service:stock duration>1ms", **window)
    assert [each["service"] for each in answer["culprits"]] == ["stock"]
    assert (answer["checked"]["window"]["trace_count"], answer["checked"]["complete"]) == (TRACES, True)
    nobody = ask(api, q="service:elsewhere", **window)
    assert (nobody["verdict"], nobody["checked"]["window"]["span_count"]) == ("no traces", 0)
    assert ask(api, q="service:", **window)["error"]["code"] == "invalid_query"


def test_a_thin_baseline_is_said(api: TestClient) -> None:
    answer = ask(api, start=BEGIN, end=BEGIN + MINUTE)
    assert (answer["verdict"], answer["checked"]["baseline_source"]) == ("not enough history", "none")
    one = ask(api, start=BEGIN, end=BEGIN + 1)
    assert one["summary"] == (
        "The baseline has 0 traces and 0 log records; "
        "1 trace of 2 instances and 3 operations and 0 log records were looked at."
    )


def test_a_window_without_traces_is_said(api: TestClient) -> None:
    assert ask(api, start=BEGIN - MINUTE, end=BEGIN)["verdict"] == "no traces"


@pytest.mark.parametrize(
    ("given", "parameter"),
    [
        ({"baseline_start": 1}, "baseline_end"),
        ({"baseline_start": 2, "baseline_end": 1}, "baseline_end"),
        ({"start": 2, "end": 1}, "end"),
    ],
)
def test_ranges_that_make_no_sense_are_refused(api: TestClient, given: dict[str, int], parameter: str) -> None:
    assert ask(api, **given)["error"]["parameter"] == parameter


def test_a_version_that_only_the_window_has_is_told_beside_its_service(api: TestClient) -> None:
    window = {
        "start": BEGIN + MINUTE,
        "end": BEGIN + 2 * MINUTE,
        "baseline_start": BEGIN,
        "baseline_end": BEGIN + MINUTE,
    }
    (culprit,) = ask(api, **window)["culprits"]
    (new,) = culprit["coincides"]
    assert (new["key"], new["value"]) == ("service.version", "1.1")
    assert BEGIN + MINUTE <= new["since_unix_nano"] < BEGIN + MINUTE + 1_000_000_000
    back = {"start": BEGIN, "end": BEGIN + MINUTE, "baseline_start": BEGIN + MINUTE, "baseline_end": BEGIN + 2 * MINUTE}
    assert ask(api, **back)["culprits"] == []
