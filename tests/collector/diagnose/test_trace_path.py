"""Calls that normal traces do not make."""

from __future__ import annotations

from spanwise_collector.diagnose.trace_path import unusual_paths
from spanwise_collector.model.span import Span

from tests.collector.diagnose.counted import calls, ends
from tests.collector.diagnose.subjects import in_ms, subject, told

USUAL = [*calls("shop/get", 100), *ends("shop/get", "stock/find", 98, 98), *ends("shop/get", "audit/note", 2, 0)]


def called(*operations: str) -> list[Span]:
    spans = [in_ms(1, 0, 0, 100, "shop/get")]
    return spans + [in_ms(n + 2, 1, 10 * n, 10 * n + 9, each) for n, each in enumerate(operations)]


def test_a_call_that_next_to_nobody_makes_is_a_path_of_its_own() -> None:
    assert told(unusual_paths(subject(called("stock/find", "audit/note"), USUAL))) == [
        ("shop", 0.09, "get of shop called note of audit, which 2.0% of its calls do.")
    ]
    assert told(unusual_paths(subject(called("legacy/find"), USUAL))) == [
        ("shop", 0.09, "get of shop called find of legacy, which 0.0% of its calls do.")
    ]


def test_only_the_first_call_of_such_a_path_is_told() -> None:
    below = [*called("legacy/find"), in_ms(9, 2, 1, 2, "legacy/read")]
    assert len(unusual_paths(subject(below, [*USUAL, *calls("legacy/find", 50)]))) == 1


def test_usual_calls_and_unknown_callers_are_no_finding() -> None:
    assert unusual_paths(subject(called("stock/find"), USUAL)) == []
    assert unusual_paths(subject(called("legacy/find"), calls("shop/get", 29))) == []
