"""What an instance says that it did not, and does not say that it did."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from spanwise_collector.diagnose.blame import Blame
from spanwise_collector.diagnose.claims import claim
from spanwise_collector.diagnose.log_counts import Logged
from spanwise_collector.diagnose.naming import Names
from spanwise_collector.diagnose.requests import requests
from spanwise_collector.diagnose.unusual_logs import unusual_logs
from spanwise_collector.diagnose.verdict import Culprit, judge

from tests.collector.diagnose.counted import calls
from tests.collector.diagnose.said import MINUTE, logged

SPANS = [*calls("shop/get", 100), *calls("stock/find", 100), *calls("edge/get", 100)]
USUAL = logged({"shop: order <*> placed": 100, "stock: found <*>": 100})
NAMES = Names({"shop", "stock", "edge"})


def found(before: Logged, now: Logged, spans: int = 100) -> list[tuple[str, str, float]]:
    of_now = [*calls("shop/get", spans), *calls("stock/find", spans), *calls("edge/get", spans)]
    blames = unusual_logs(before, now, requests(SPANS, of_now, before, now), NAMES)
    return [(each.culprit.service, each.rule, round(each.strength, 1)) for each in blames]


def test_new_trouble_counts_by_the_share_of_requests_that_have_it() -> None:
    now = {"shop: order <*> placed": 100, "stock: found <*>": 100}
    assert found(USUAL, logged(now)) == []
    assert found(USUAL, logged({**now, "stock: !disk <*> failed": 50})) == [("stock", "log_errors", 3.0)]
    assert found(USUAL, logged({**now, "stock: !disk <*> failed": 100})) == [("stock", "log_errors", 6.8)]


def test_trouble_that_was_there_before_and_a_few_records_are_no_news() -> None:
    now = {"shop: order <*> placed": 100, "stock: found <*>": 100}
    usual = logged({**now, "stock: !disk <*> failed": 30})
    assert found(usual, logged({**now, "stock: !disk <*> failed": 33})) == []
    assert found(USUAL, logged({**now, "stock: !disk <*> failed": 2})) == []


def test_more_requests_bring_more_records_and_are_no_finding() -> None:
    now = {"shop: order <*> placed": 300, "stock: found <*>": 300, "stock: !disk <*> failed": 30}
    usual = logged({"shop: order <*> placed": 100, "stock: found <*>": 100, "stock: !disk <*> failed": 10})
    assert found(usual, logged(now), spans=300) == []


def test_who_is_not_the_first_of_its_traces_to_tell_of_trouble_counts_less() -> None:
    now = {"shop: order <*> placed": 100, "stock: found <*>": 100, "stock: !disk full": 100, "edge: !gave up": 100}
    first = {"stock: !disk full": (100, 90), "edge: !gave up": (100, 10)}
    assert found(USUAL, logged(now, first=first)) == [("stock", "log_errors", 6.4), ("edge", "log_errors", 3.1)]


def test_who_complains_of_another_is_believed_in_the_main() -> None:
    now = logged({"shop: !call of stock timed out": 100, "edge: !shop answered <*>": 100, "edge: !gave up": 100})
    assert [each for each in found(USUAL, now) if each[1] != "log_gone"] == [
        ("shop", "log_errors", 2.0), ("edge", "log_errors", 2.0), ("stock", "log_named", 6.8),
    ]  # fmt: skip


def test_who_complains_again_and_again_in_one_trace_is_to_blame_itself() -> None:
    now = {"shop: order <*> placed": 100, "stock: found <*>": 100, "shop: !call of stock timed out": 300}
    first = {"shop: !call of stock timed out": (100, 100)}
    assert found(USUAL, logged(now, first=first)) == [("shop", "log_errors", 5.0), ("stock", "log_named", 2.1)]


def test_what_no_longer_comes_is_told_and_what_comes_more_seldom_with_less_requests_is_not() -> None:
    assert found(USUAL, logged({"stock: found <*>": 100})) == [("shop", "log_gone", 3.4)]
    assert found(USUAL, logged({"shop: order <*> placed": 30, "stock: found <*>": 30}), spans=30) == []


def test_a_new_record_that_tells_of_no_trouble_counts_little() -> None:
    now = logged({"shop: order <*> placed": 100, "stock: found <*>": 100, "shop: cache cold": 100})
    assert found(USUAL, now) == [("shop", "log_new", 2.0)]


def claims(before: Logged, now: Logged) -> list[str]:
    blames: list[Blame] = [each for culprit in judge(SPANS, SPANS, before, now) for each in culprit.blames]
    return sorted(claim(each) for each in blames)


def test_claims_quote_what_was_said_and_how_often() -> None:
    now = logged({"shop: !call of stock timed out": 80, "stock: found <*>": 100})
    assert claims(USUAL, now) == [
        "shop logs “call of stock timed out” 80 times in 100 requests, 0 in 100 in the baseline.",
        "shop logs “order <*> placed” not once in 100 requests, 100 in 100 in the baseline.",
        "shop says of stock: “call of stock timed out” 80 times in 100 requests, 0 in 100 in the baseline.",
    ]


def test_without_spans_requests_are_counted_by_traces_or_else_by_records() -> None:
    by_traces = requests(
        [], [], logged({"a: x": 9}, traces={("a", "a-1"): 4}), logged({"a: x": 9}, traces={("a", "a-1"): 3})
    )
    assert (by_traces.before, by_traces.now) == ({"a": 4}, {("a", "a-1"): 3})
    by_records = requests([], [], logged({"a: x": 9}), logged({"a: x": 12}, length=2 * MINUTE))
    assert (by_records.before, by_records.now, by_records.now_by_time) == (
        {"a": 9}, {("a", "a-1"): 12}, {("a", "a-1"): 18},
    )  # fmt: skip


def spread(counts: Logged, slices: int, trace_id: str = "") -> Logged:
    """The same records, of no trace, each as often in each of so many slices."""
    rows = [
        replace(row, bucket=at, n=row.n // slices, trace_id=trace_id) for row in counts.rows for at in range(slices)
    ]
    return Logged(rows=rows, length=MINUTE)


@pytest.mark.parametrize(
    ("slices", "trace_id", "rules"),
    [(1, "", []), (2, "", []), (3, "", ["log_new"]), (2, "ab" * 16, ["log_new"])],
    ids=["a burst", "a burst over a border", "again and again", "of requests"],
)
def test_what_a_process_says_when_it_starts_is_no_news(slices: int, trace_id: str, rules: list[str]) -> None:
    usual = spread(USUAL, 10, "ab" * 16)
    start = spread(logged({"shop: worker <*> booted": 60}), slices, trace_id)
    now = Logged(rows=[*usual.rows, *start.rows], length=MINUTE)
    assert [rule for _, rule, _ in found(usual, now)] == rules


def test_what_a_process_said_when_it_started_is_not_missed() -> None:
    usual = spread(USUAL, 10, "ab" * 16)
    start = spread(logged({"shop: worker <*> booted": 100}), 2)
    assert found(Logged(rows=[*usual.rows, *start.rows], length=MINUTE), usual) == []
    lasting = spread(logged({"shop: worker <*> booted": 100}), 4)
    assert [rule for _, rule, _ in found(Logged(rows=[*usual.rows, *lasting.rows], length=MINUTE), usual)] == [
        "log_gone"
    ]


def test_only_what_came_with_most_requests_is_missed() -> None:
    seldom = logged({"shop: order <*> placed": 100, "stock: found <*>": 100, "shop: cache filled": 49})
    assert found(seldom, USUAL) == []
    often = logged({"shop: order <*> placed": 100, "stock: found <*>": 100, "shop: cache filled": 60})
    assert [rule for _, rule, _ in found(often, USUAL)] == ["log_gone"]


def test_of_a_service_that_is_new_only_trouble_is_news() -> None:
    now = logged({"shop: order <*> placed": 100, "stock: found <*>": 100, "mail: sent <*>": 90, "mail: !no <*>": 50})
    assert [(service, rule) for service, rule, _ in found(USUAL, now)] == [("mail", "log_errors")]


RARE = {"nightly: !<*> rows rejected": 10}


def rarely(usual: Logged, earlier: dict[str, set[str]], **fields: Any) -> tuple[Culprit, str]:
    """What is made of a service that only logs, and of which the baseline knows little, beside a shop that is well."""
    usual.earlier = earlier
    now = logged({"shop: order <*> placed": 100, "stock: found <*>": 100, **RARE}, **fields)
    [culprit] = [each for each in judge(SPANS, SPANS, usual, now) if each.service == "nightly"]
    return culprit, claim(culprit.leading)


def test_of_a_service_that_only_logs_and_was_never_heard_of_its_way_of_speaking_is_not_known() -> None:
    culprit, said = rarely(logged({"shop: order <*> placed": 100, "stock: found <*>": 100}), {})
    assert round(culprit.score, 2) == 0.12
    assert said == (
        "nightly logs “<*> rows rejected” 10 times in 10 records, and the baseline has no records of nightly."
    )


@pytest.mark.parametrize(
    ("earlier", "score"),
    [({"<*> rows rejected"}, 0.12), (set[str](), 0.64), ({"disk full"}, 0.64)],
    ids=["said so before the baseline", "wrote before the baseline", "said something else before the baseline"],
)
def test_of_a_service_that_seldom_logs_trouble_is_news_where_it_never_said_so(earlier: set[str], score: float) -> None:
    usual = logged({"shop: order <*> placed": 100, "stock: found <*>": 100})
    assert round(rarely(usual, {"nightly": earlier})[0].score, 2) == score


def test_a_baseline_with_records_enough_of_a_service_says_what_is_usual_there() -> None:
    quiet = {"shop: order <*> placed": 100, "stock: found <*>": 100}
    known, said = rarely(logged({**quiet, "nightly: <*> rows taken": 30}), {"nightly": {"<*> rows rejected"}})
    assert said == "nightly logs “<*> rows rejected” 10 times in 10 records, 0 in 30 in the baseline."
    assert round(known.score, 2) == 0.22
    hardly, _ = rarely(logged({**quiet, "nightly: <*> rows taken": 29}), {"nightly": {"<*> rows rejected"}})
    assert round(hardly.score, 2) == 0.03


def test_records_of_a_new_service_are_held_against_all_traces_where_they_name_some() -> None:
    traces = {("shop", "shop-1"): 100, ("stock", "stock-1"): 90}
    usual = logged({"shop: order <*> placed": 100, "stock: found <*>": 100}, traces=traces)
    culprit, said = rarely(usual, {}, traces={**traces, ("nightly", "nightly-1"): 10})
    assert said == "nightly logs “<*> rows rejected” 10 times in 100 requests, 0 in 100 in the baseline."
    assert round(culprit.score, 2) == 0.06


@pytest.mark.parametrize(
    ("slices", "records", "rules"),
    [(12, 36, ["log_gone"]), (6, 36, ["log_gone"]), (5, 35, []), (12, 24, [])],
    ids=["all the time", "half of the time", "by turns", "hardly ever"],
)
def test_of_who_only_logs_what_came_all_the_time_is_missed(slices: int, records: int, rules: list[str]) -> None:
    usual = spread(logged({"nightly: <*> rows taken": records}), slices)
    now = Logged(rows=[*USUAL.rows, *spread(logged({"nightly: !<*> rows rejected": 30}), 12).rows], length=MINUTE)
    told = found(Logged(rows=[*USUAL.rows, *usual.rows], length=MINUTE), now)
    assert [rule for service, rule, _ in told if service == "nightly" and rule == "log_gone"] == rules


def test_a_complaint_that_is_no_longer_made_is_not_missed() -> None:
    now = {"shop: order <*> placed": 100, "stock: found <*>": 100}
    assert found(logged({**now, "stock: !cache is cold": 100}), logged(now)) == []


def mixed(get: int, put: int, now: Logged) -> list[tuple[str, str, float]]:
    """What is found where `get` and `put` were asked for a hundred times each, and each wrote its own record."""
    before = logged({"shop: got <*>": 100, "shop: put <*>": 100})
    then, later = ([*calls("shop/get", a), *calls("shop/put", b)] for a, b in ((100, 100), (get, put)))
    blames = unusual_logs(before, now, requests(then, later, before, now), NAMES)
    return [(each.culprit.service, each.rule, round(each.strength, 1)) for each in blames]


def test_more_of_one_operation_and_fewer_of_another_change_no_way_of_speaking() -> None:
    assert mixed(400, 30, logged({"shop: got <*>": 400, "shop: put <*>": 30})) == []


def test_a_record_that_no_mix_of_the_operations_explains_is_missed() -> None:
    assert mixed(400, 90, logged({"shop: got <*>": 400})) == [("shop", "log_gone", 3.4)]
