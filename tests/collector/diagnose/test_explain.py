"""All rules on one trace: what comes first, and that order of arrival plays no part."""

from __future__ import annotations

from spanwise_collector.diagnose.explain import RULES, explain
from spanwise_collector.model.span import CLIENT, ERROR, Event

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


def test_a_trace_may_be_very_deep_or_very_wide() -> None:
    """What takes the square of their size would not end here."""
    size = 30_000
    waited = (Event(0, "spanwise.wait", {"spanwise.wait.for": "lock", "spanwise.wait.duration": 1}),)
    deep = [in_ms(n, n - 1, n, 2 * size - n, f"shop/{n // 4}", kind=2 + n % 2, events=waited) for n in range(1, size)]
    fan = [in_ms(n, 1, n, n + 1, f"shop/{n}", kind=CLIENT) for n in range(2, size)]
    assert explain(subject(deep)) == []
    assert [each.rule for each in explain(subject([in_ms(1, 0, 0, size, "shop/page"), *fan]))] == ["sequential"]


def test_every_finding_names_a_rule_that_is_listed_as_checked() -> None:
    assert {each.rule for each in explain(subject(SPANS, HISTORY))} <= set(RULES)
