"""What is different between two sets, over a shop whose faults are known, and over generated spans."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from spanwise_collector.api import compare as compare_route
from spanwise_collector.api import failures
from spanwise_collector.model.span import kind_name, status_name
from spanwise_collector.query.compare import Asked, Compared, compare
from spanwise_collector.query.compare_sample import MOST, sample
from spanwise_collector.query.compare_sets import others
from spanwise_collector.query.extent import Rows
from spanwise_collector.query.language.parse import Limits, parse
from spanwise_collector.query.language.tree import Key
from starlette.requests import Request

from tests.collector.inside import Inside
from tests.contract import query_definition
from tests.contract.query_corpus import make_spans
from tests.contract.query_wire import span_request
from tests.factories import MINUTE, START, span, traces
from tests.generated import seed

MS = 1_000_000
BEGIN = START // MINUTE * MINUTE
PROJECT = "compare"
N = 120
RANGE = {"start": str(BEGIN), "end": str(BEGIN + MINUTE)}
BEFORE = {"baseline_start": str(BEGIN - MINUTE), "baseline_end": str(BEGIN)}


def trace_id(number: int, minute: int = 0) -> str:
    return f"{0xC03BA5E + minute:024x}{number:08x}"


def is_slow(number: int) -> bool:
    return number % 6 == 0


def requests(minute: int = 0) -> list[tuple[str, str, Span]]:
    """(service, instance, span): every sixth request goes to the slow stock-2, every tenth fails where it is paid.

    In the minute before, none fails, and all go to stock-1.
    """
    made = []
    for number in range(N):
        slow, failed = minute == 0 and is_slow(number), minute == 0 and number % 10 == 1
        start = BEGIN + minute * MINUTE + number * 100 * MS
        find = (200 if slow else 10 + number % 3) * MS
        ids = trace_id(number, minute)
        item: dict[str, Any] = {
            "item": f"item-{number * 7919 % 1009}",
            "request": f"{number:016x}",
            "tier": "abc"[number // 6 % 3],
        }
        # Slow ones read from 1,000 rows on, others up to 479.
        item["rows"] = 1000 + number if slow else 4 * number
        shard = {"shard": "7" if slow else "1"}
        spans = [
            ("shop", "shop-1", 1, 0, "GET /item", start, start + find + 20 * MS, 2, item),
            ("stock", "stock-2" if slow else "stock-1", 2, 1, "find", start + MS, start + MS + find, 0, shard),
            ("pay", "pay-1", 3, 1, "charge", start + find + 2 * MS, start + find + 8 * MS, 2, {}),
        ]  # fmt: skip
        for service, instance, span_id, parent, name, began, ended, status, attributes in spans:
            made.append((
                service,
                instance,
                span(ids, span_id, parent, name=name, kind=2, start_time_unix_nano=began, end_time_unix_nano=ended,
                     status=status if failed else 0, attributes=attributes),
            ))  # fmt: skip
    return made


def wire(spans: Iterable[tuple[str, str, Span]]) -> list[ExportTraceServiceRequest]:
    by_origin: dict[tuple[str, str], list[Span]] = {}
    for service, instance, each in spans:
        by_origin.setdefault((service, instance), []).append(each)
    return [
        traces(each, service, **{"service.instance.id": instance, "service.version": f"{instance}.0"})
        for (service, instance), each in by_origin.items()
    ]


def project_of(request: Request) -> str:
    return PROJECT


@pytest.fixture(scope="module")
def api(collector: Inside) -> Iterator[TestClient]:
    collector.send(PROJECT, *wire(requests()), *wire(requests(-1)))
    app = FastAPI()
    made = APIRouter(prefix="/api/v1")
    compare_route.add(made, collector.engine, project_of, 1000, Limits())
    app.include_router(made)
    failures.install(app, print)
    with TestClient(app) as client:
        yield client


def ask(api: TestClient, **parameters: str) -> Any:
    answer = api.get("/api/v1/compare", params=RANGE | parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def best(answer: Any) -> list[tuple[Any, ...]]:
    """The keys that are no chance, with their best value."""
    return [
        (each["where"], each["service"], each["values"][0]["term"], each["values"][0]["a"], each["values"][0]["b"])
        for each in answer["attributes"]["keys"]
        if each["score"]
    ]


def changed(answer: Any) -> list[tuple[str, str, list[str], float]]:
    return [
        (each["service"], each["operation"], each["changes"], round(each["share"], 2))
        for each in answer["calls"]["places"]
        if each["changes"]
    ]


def left_out(answer: Any) -> dict[str, str]:
    return {each["key"]: each["reason"] for each in answer["attributes"]["left_out"]}


def test_slow_and_normal_of_one_operation(api: TestClient) -> None:
    found = ask(api, split="slow", operation="GET /item", threshold="100ms")
    assert (found["split"], found["threshold"], found["usual"]) == ("slow", 100 * MS, "mean")
    assert [(found[each]["matched"], found[each]["looked_at"], found[each]["trees"]) for each in "ab"] == [
        (20, 20, 20),
        (100, 100, 100),
    ]
    assert best(found) == [
        ("span", None, "rows>476", 20, 0),
        ("trace", "stock", "instance:stock-2", 20, 0),
        ("trace", "stock", "service.version:stock-2.0", 20, 0),
        ("trace", "stock", "shard:7", 20, 0),
    ]
    assert changed(found) == [("stock", "find", ["slower"], 1.0)]
    assert found["summary"] == (
        "20 spans against 100. 100% of A have rows>476, 0% of B."
        " find of stock takes 200 ms a call by itself in A, 11.2 ms in B. That is 100% of the difference."
    )
    # The tree with its figures, by hand: of the others `find` takes 10 ms in 20, 11 ms in 40 and 12 ms in 40.
    find, top = found["calls"]["places"][0], found["calls"]["places"][1]
    assert (find["id"], find["parent"], find["depth"], top["id"], top["parent"]) == (2, 0, 1, 0, None)
    assert find["a"] == {"present": 1, "calls": 1, "duration": 200 * MS, "self_time": 200 * MS, "failed": 0}
    assert find["b"] == {"present": 1, "calls": 1, "duration": 11_200_000, "self_time": 11_200_000, "failed": 0}
    assert (top["a"]["duration"], top["a"]["self_time"]) == (220 * MS, 14 * MS)


def test_what_cannot_separate_is_named(api: TestClient) -> None:
    found = ask(api, split="slow", operation="GET /item", threshold="100ms")
    assert left_out(found) == {
        "item": "many values",
        "request": "ids",
        "name": "asked for",
        "service.instance.id": "repeats another",
        "service.name": "repeats another",
    }
    assert found["attributes"]["left_out_total"] == len(found["attributes"]["left_out"])


def test_the_threshold_is_a_percentile_of_the_operation(api: TestClient) -> None:
    found = ask(api, split="slow", operation="GET /item", threshold="p80")
    # p80 is the 96th of 120, one of the 40 whose `find` takes 12 ms; 20 take longer.
    assert (found["threshold"], found["a"]["matched"], found["b"]["matched"]) == (32 * MS, 60, 60)


def test_failed_and_ok_requests(api: TestClient) -> None:
    found = ask(api, split="failed")
    assert [(found[each]["matched"], found[each]["failed"]) for each in "ab"] == [(12, 12), (108, 0)]
    assert changed(found)[0] == ("pay", "charge", ["failing more"], 1.0)
    assert left_out(found)["status"] == "asked for"


def test_a_window_against_the_time_before_it(api: TestClient) -> None:
    found = ask(api)
    assert (found["split"], found["a"]["matched"], found["b"]["matched"]) == ("windows", N, N)
    assert found["b"]["start_time_unix_nano"] == BEGIN - MINUTE
    assert ("trace", "stock", "instance:stock-2", 20, 0) in best(found)
    assert found == ask(api, **BEFORE) | {key: found[key] for key in ("rows_scanned", "time")}


def test_two_versions_of_a_service(api: TestClient) -> None:
    found = ask(api, split="version", service="stock", a="stock-2.0", b="stock-1.0")
    assert (found["a"]["matched"], found["b"]["matched"]) == (20, 100)
    assert changed(found) == [("stock", "find", ["slower"], 1.0)]
    assert left_out(found)["service.version"] == "asked for"


def test_two_queries(api: TestClient) -> None:
    found = ask(api, a="service:stock shard:7", b="service:stock -shard:7", **BEFORE)
    assert (found["split"], found["a"]["matched"], found["b"]["matched"]) == ("queries", 20, N)
    assert left_out(found)["shard"] == "asked for"
    rest = ask(api, q="service:stock", a="shard:7")
    assert (rest["a"]["matched"], rest["b"]["matched"]) == (20, 100)


def test_two_traces(api: TestClient) -> None:
    found = ask(api, a=trace_id(0), b=trace_id(1))
    assert (found["split"], found["a"]["trees"], found["b"]["trees"]) == ("traces", 1, 1)
    assert changed(found) == [
        ("pay", "charge", ["failing less"], 1.0),
        ("stock", "find", ["slower"], 1.0),
        ("shop", "GET /item", ["failing less"], 0.0),
    ]
    # Of two single traces nothing is sure, and what differs is still told.
    assert best(found) == []
    told = {(each["service"], each["key"]) for each in found["attributes"]["keys"]}
    assert {("stock", "shard"), ("stock", "instance"), (None, "status"), (None, "item")} <= told
    same = ask(api, a=trace_id(2), b=trace_id(2))
    assert (changed(same), same["attributes"]["keys"]) == ([], [])
    assert same["summary"] == "1 span against 1. Nothing tells them apart that may not be chance."


def test_a_trace_against_its_like(api: TestClient) -> None:
    found = ask(api, a=trace_id(0), b="baseline", **BEFORE)
    assert (found["split"], found["usual"], found["a"]["matched"], found["b"]["matched"]) == (
        "baseline", "median", 1, N,
    )  # fmt: skip
    assert changed(found) == [("stock", "find", ["slower"], 1.0)]
    # Without a time of its own the baseline is the hour before the trace: those that did not fail.
    assert ask(api, a=trace_id(N - 1))["b"]["matched"] == 200
    ordinary = ask(api, a=trace_id(3), b="baseline", **BEFORE)
    assert changed(ordinary) == []


def test_an_empty_set_is_said_to_be_empty(api: TestClient) -> None:
    found = ask(api, q="service:nobody", a="x:1")
    assert found["summary"] == "There is nothing in A, so nothing can be compared."
    assert (found["attributes"]["keys"], found["calls"]["places"], found["a"]["duration"]) == ([], [], None)


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [
        ({"b": "service:x"}, "a"),
        ({"a": "f" * 32, "b": "service:x"}, "b"),
        ({"a": "f" * 32, "service": "x"}, "a"),
        ({"split": "slow"}, "operation"),
        ({"split": "slow", "operation": "x", "threshold": "very"}, "threshold"),
        ({"split": "failed", "a": "x"}, "a"),
        ({"split": "version", "service": "x", "a": "1"}, "b"),
        ({"a": "service:", "b": "x"}, None),
        ({"baseline_start": "1"}, "baseline_end"),
        ({"start": "2", "end": "1"}, "end"),
        ({"split": "failed", "baseline_start": "1", "baseline_end": "2"}, "baseline_start"),
        ({"a": "x:1", "baseline_start": "1", "baseline_end": "2"}, "baseline_start"),
        ({"a": "f" * 32, "b": "e" * 32, "baseline_start": "1", "baseline_end": "2"}, "baseline_start"),
    ],
)
def test_what_cannot_be_compared_is_refused(api: TestClient, parameters: dict[str, str], parameter: str | None) -> None:
    answer = api.get("/api/v1/compare", params=RANGE | parameters)
    assert (answer.status_code, answer.json()["error"].get("parameter")) == (400, parameter or "q")


def test_a_trace_that_is_not_there_is_not_found(api: TestClient) -> None:
    assert api.get("/api/v1/compare", params={"a": "f" * 32}).status_code == 404
    nothing = {"split": "slow", "operation": "nothing"}
    assert api.get("/api/v1/compare", params=RANGE | nothing).status_code == 404


def test_fewer_places_come_with_all_that_is_above_them(api: TestClient) -> None:
    found = ask(api, split="slow", operation="GET /item", threshold="100ms", places="2", limit="1")
    calls, attributes = found["calls"], found["attributes"]
    assert (calls["returned"], calls["total"], calls["reason"]) == (2, 3, "limit")
    assert [each["operation"] for each in calls["places"]] == ["find", "GET /item"]
    assert (attributes["returned"], attributes["reason"]) == (1, "limit")
    assert attributes["total"] > 1


def test_the_order_of_arrival_makes_no_difference(collector: Inside, api: TestClient) -> None:
    mixed = requests()
    random.Random(seed()).shuffle(mixed)
    half = len(mixed) // 2
    collector.send("compare-mixed", *wire(mixed[:half])[::-1], *wire(mixed[half:]))
    slow = parse("service:shop duration>100ms", "spans").where
    rows = Rows(PROJECT, "spans", BEGIN, BEGIN + MINUTE, parse("service:shop", "spans").where)
    one = compare(collector.engine, others(rows, slow))
    other = compare(collector.engine, others(replace(rows, project="compare-mixed"), slow))
    assert judged(one) == judged(other)


def judged(found: Compared) -> list[Any]:
    places = [
        (each.spot.service, each.spot.operation, each.a, each.b, each.kinds, each.share) for each in found.changes
    ]
    return [found.separated, places, found.subjects, found.a.cutoff, found.b.cutoff]


def test_shares_are_those_of_a_plain_count(collector: Inside) -> None:
    spans = make_spans(random.Random(seed()), 80)
    collector.send("compare-generated", span_request(spans))
    rows = Rows("compare-generated", "spans", START, START + 20 * MINUTE)
    where = parse("status:error", "spans").where
    found = compare(collector.engine, others(rows, where))
    sides = [[each for each in spans if query_definition.holds(where, each) is side] for side in (True, False)]
    assert (found.a.matched, found.b.matched) == (len(sides[0]), len(sides[1]))
    shown = {each.counted.place.key: each for each in found.separated.ranked if each.counted.place.where == "span"}
    assert shown
    for name, each in shown.items():
        counts = [Counter(texts(name, each.counted.place.field, side)) for side in sides]
        assert (each.counted.a, each.counted.b) == tuple(count.total() for count in counts), name
        for value in each.values:
            if value.text is None:
                absent = tuple(len(side) - count.total() for side, count in zip(sides, counts, strict=True))
                assert (value.a, value.b) == absent, name
            elif value.operator == "=" and not value.long:
                assert (value.a, value.b) == tuple(count[value.text] for count in counts), (name, value)


def texts(name: str, field: bool, spans: Iterable[Any]) -> Iterator[str]:
    for each in spans:
        if field:
            words = {"status": status_name(each.status_code), "kind": kind_name(each.kind)}
            yield from filter(None, [words.get(name) or getattr(each, name)])
        else:
            yield from map(str, query_definition.values(Key("plain", name), each))


def test_numbers_are_cut_where_the_sets_are_furthest_apart(collector: Inside) -> None:
    chance = random.Random(seed())
    numbers = [(chance.gauss(50 if number % 3 else 80, 20), number % 3 == 0) for number in range(300)]
    wires = [
        span(f"{0xC07:024x}{number:08x}", 1, start_time_unix_nano=BEGIN + number, attributes={"n": value, "in": inside})
        for number, (value, inside) in enumerate(numbers)
    ]
    collector.send("compare-cut", traces(wires))
    rows = Rows("compare-cut", "spans", BEGIN, BEGIN + MINUTE)
    found = compare(collector.engine, others(rows, parse("in:true", "spans").where))
    (best,) = [each for each in found.separated.ranked if each.counted.place.key == "n"]
    (above,) = [each for each in best.values if each.operator == ">"]
    # The statistic of Kolmogorov and Smirnov, in plain Python.
    a, b = ([value for value, inside in numbers if inside is side] for side in (True, False))

    def shares(cut: float) -> float:
        return abs(sum(each > cut for each in a) / len(a) - sum(each > cut for each in b) / len(b))

    cut = float(above.text or "")
    assert (above.a, above.b) == (sum(each > cut for each in a), sum(each > cut for each in b))
    assert shares(cut) == pytest.approx(max(shares(value) for value, _ in numbers))
    assert best.score > 0


def test_of_many_spans_the_same_sample_is_looked_at_each_time(collector: Inside) -> None:
    many = [
        span(f"{0x5A3B1E:024x}{number:08x}", 1, start_time_unix_nano=BEGIN + number, attributes={"n": number % 2})
        for number in range(MOST + 1000)
    ]
    collector.send("compare-many", traces(many[::2]), traces(many[1::2]))
    rows = Rows("compare-many", "spans", BEGIN, BEGIN + MINUTE)
    drawn = sample(collector.engine, rows)
    assert (drawn.matched, drawn.heads, drawn.trees) == (MOST + 1000, MOST, MOST)
    assert sample(collector.engine, rows) == drawn
    found = compare(collector.engine, Asked(rows, replace(rows, where=parse("n:1", "spans").where)))
    key = next(each for each in found.separated.left_out if each.counted.place.key == "n")
    assert (key.counted.a, key.counted.b, key.reason) == (MOST, (MOST + 1000) // 2, "asked for")
