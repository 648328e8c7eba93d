"""Why a parent is missing, told apart by what its child says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from spanwise_collector.model.span import CLIENT, CONSUMER, SERVER, Span
from spanwise_collector.trace.lost_parents import ON_ITS_WAY, likely_reasons
from spanwise_collector.trace.tree import build

from tests.collector.trace.spans import span

LATER = 10 * ON_ITS_WAY
SAMPLED, LOCAL, REMOTE = 0x1, 0x100, 0x300


def reasons(*spans: Span, now: int = LATER) -> list[str]:
    return list(likely_reasons(build(list(spans)), now).values())


def lost(**fields: object) -> Span:
    given: dict[str, Any] = {"trace_id": "ab" * 16, "service": "stock"} | fields
    return replace(span(2, 1, 5, 9), **given)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"kind": SERVER}, "not instrumented"),
        ({"kind": CONSUMER}, "not instrumented"),
        ({"kind": CLIENT}, "never received"),
        ({"kind": SERVER, "flags": LOCAL}, "never received"),
        ({"kind": CLIENT, "flags": REMOTE}, "not instrumented"),
        ({"kind": SERVER, "trace_id": "0" * 16 + "ab" * 8}, "id cut"),
        ({"kind": CLIENT, "trace_id": "0" * 16 + "ab" * 8}, "never received"),
    ],
)
def test_who_should_have_sent_the_parent_is_told_by_flags_or_else_by_kind(
    fields: dict[str, object], reason: str
) -> None:
    assert reasons(lost(**fields)) == [reason]


def test_a_span_that_was_kept_though_its_trace_is_not_sampled_says_so() -> None:
    other = span(3, 0, 0, 20, service="stock", flags=SAMPLED)
    assert reasons(other, lost(flags=REMOTE)) == ["not sampled"]
    assert reasons(other, lost(flags=REMOTE | SAMPLED)) == ["not instrumented"]


def test_a_service_that_never_sets_the_bit_does_not_say_that_it_was_not_sampled() -> None:
    other = span(3, 0, 0, 20, service="shop", flags=SAMPLED)
    assert reasons(other, lost(flags=REMOTE)) == ["not instrumented"]


def test_while_a_trace_is_young_its_parents_may_come_yet() -> None:
    assert reasons(lost(), now=9 + ON_ITS_WAY - 1) == ["on its way"]
    assert reasons(lost(kind=SERVER), now=9 + ON_ITS_WAY) == ["not instrumented"]
    assert reasons(lost(kind=SERVER), now=0) == ["not instrumented"]


def test_nothing_is_said_of_spans_whose_parent_is_there() -> None:
    root, child = span(1, 0, 0, 20), span(2, 1, 5, 9)
    assert likely_reasons(build([child, root]), LATER) == {}
    assert list(likely_reasons(build([root, child, span(7, 6, 21, 22, kind=SERVER)]), LATER)) == [2]
