"""All rules on one trace: what comes first, and that order of arrival plays no part."""

from __future__ import annotations

from spanwise_collector.diagnose.explain import RULES, explain
from spanwise_collector.model.span import ERROR

from tests.collector.diagnose.counted import self_time
from tests.collector.diagnose.subjects import in_ms, subject

SPANS = [
    in_ms(1, 0, 0, 100, "shop/page"),
    *(in_ms(n, 1, n * 10, n * 10 + 9, "db/find", attributes={"id": n}) for n in range(2, 7)),
    in_ms(8, 1, 80, 99, "ads/get", status_code=ERROR),
]
HISTORY = self_time("ads/get", [1] * 40)


def test_failures_come_before_delays_and_these_before_what_could_be_better() -> None:
    assert [each.rule for each in explain(subject(SPANS, HISTORY))] == ["error", "repeated", "slow"]


def test_the_same_spans_in_another_order_give_the_same_findings() -> None:
    assert explain(subject(SPANS[::-1], HISTORY[::-1])) == explain(subject(SPANS, HISTORY))


def test_a_trace_like_all_others_has_no_findings() -> None:
    assert explain(subject([in_ms(1, 0, 0, 10, "shop/page")], self_time("shop/page", [9, 10, 11] * 20))) == []


def test_every_finding_names_a_rule_that_is_listed_as_checked() -> None:
    assert {each.rule for each in explain(subject(SPANS, HISTORY))} <= set(RULES)
