"""Completion from the catalogue, and the catalogue against counting."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spanwise_collector.query.language.tree import Level
from spanwise_collector.query.suggest import Asked, Suggestions, suggest
from spanwise_collector.store.tables import attributes
from sqlalchemy import func, select

from tests import factories
from tests.collector.inside import Inside
from tests.factories import MINUTE, START, record, span, trace_ids

PROJECT = "catalogue"
UUID = "7b9c6f3e-1111-4222-8333-{:012x}"


@pytest.fixture(scope="module")
def filled(collector: Inside) -> Inside:
    (trace_id,) = trace_ids(1)
    spans = [
        span(
            trace_id,
            number,
            name=("GET /pay", "GET /cart", "POST /pay")[number % 3],
            attributes={
                "http.route": ("/pay", "/pay/back", "/cart")[number % 3],
                "http.response.status_code": 200 + number % 2,
                "status": "mine",
                "request": UUID.format(number),
                "user": f"user {number}",
                "long": "x" * 300,
                'k"ey \\': "a b*",
            },
        )
        for number in range(1, 301)
    ]
    collector.send(PROJECT, factories.traces(spans[:100], "checkout", zone="a"))
    collector.send(PROJECT, factories.traces(spans[100:], "payments", zone="b"))
    collector.send(PROJECT, factories.logs([record("a", attributes={"logger": "root"})], "checkout"))
    return collector


def ask(
    collector: Inside, text: str, level: Level = "spans", cursor: int | None = None, limit: int = 20
) -> Suggestions:
    at = len(text) if cursor is None else cursor
    asked = Asked(PROJECT, level, text, at, START - MINUTE, START + MINUTE, limit)
    return suggest(collector.engine, asked)


def texts(found: Suggestions) -> list[str]:
    return [each.text for each in found.found]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("http", ["http.response.status_code", "http.route"]),
        ("servi", ["service"]),
        ("zon", ["zone"]),
        ("dur", ["duration"]),
        ("htp.route", ["http.route"]),
        ("route", ["http.route"]),
        ("service:checkout -rout", ["http.route"]),
        ("(tru OR user", ["user:", "user:!="]),
        ("attribute.st", ["attribute.status"]),
        ("k", ["kind"]),
        ("has:err", ["error"]),
        ("status:e", ["error"]),
        ("service:c", ["checkout"]),
        ("service:", ["payments", "checkout"]),
        ('name:"GET /p', ['"GET /pay"']),
        ("http.route:/", ['"/pay"', '"/pay/back"', '"/cart"']),
        ("http.route:/cat", ['"/cart"']),
        ('"k\\"ey \\\\":', ['"a b\\*"']),
        ("body:/^retry [0-9]+/ status:e", ["error"]),
        ("name:/a b/ http.route:/cat", ['"/cart"']),
        ("duration>5", ["5ns", "5us", "5ms", "5s"]),
        ("zone!=b", ["b"]),
        ("zone:a | ", ["group", "count", "rate", "sum("]),
        ("zone:a|gro", ["group"]),
        ("zone:a || zon", ["zone"]),
        ('body:"a | b" zon', ["zone"]),
        ("| group zon", ["zone"]),
        ("| group service, http.rou", ["http.route"]),
        ("| group service | ", ["count", "rate"]),
        ("| group service | count, p", ["p95("]),
        ("| group service | p95(dur", ["duration"]),
        ('| group "a, b", zon', ["zone"]),
        ("| count ev", ["every"]),
        ("| group service every 5", ["5ns", "5us"]),
        ("| p95(duration) every 5", ["5ns", "5us", "5ms", "5s"]),
    ],
)
def test_what_can_stand_there_is_offered_best_first(filled: Inside, text: str, first: list[str]) -> None:
    found = texts(ask(filled, text))
    if first == ["user:", "user:!="]:
        assert found[:2] == ["user:", "user!="]
    elif text == "http":
        assert set(found[:2]) == set(first)
    elif text.startswith("http.route:/") and len(first) == 3:
        assert set(found) == set(first)
    else:
        assert found[: len(first)] == first


def test_what_is_replaced_is_the_word_or_the_value_at_the_cursor(filled: Inside) -> None:
    found = ask(filled, "service:che status:error", cursor=len("service:ch"))
    assert (found.start, found.length, found.what, found.key, texts(found)) == (8, 2, "value", "service", ["checkout"])
    found = ask(filled, 'name:"GET /pay" -zo')
    assert (found.start, found.length, found.what) == (len('name:"GET /pay" -'), 2, "key")
    found = ask(filled, "name:/GET [a-z]/ zo")
    assert (found.start, found.length, found.what) == (len("name:/GET [a-z]/ "), 2, "key")
    found = ask(filled, "zone:a | group service, http.rou")
    assert (found.start, found.length, found.what) == (len("zone:a | group service, "), 8, "key")
    assert ask(filled, "http", limit=1).more


def test_values_come_with_their_counts_and_types(filled: Inside) -> None:
    found = ask(filled, "http.response.status_code:")
    assert [(each.text, each.type, each.count) for each in found.found] == [("200", "int", 150), ("201", "int", 150)]


def test_ids_long_texts_and_what_is_new_on_every_span_are_counted_but_not_kept(filled: Inside) -> None:
    for key in ("request", "long", "user"):
        assert texts(ask(filled, f"{key}:")) == []
        columns = attributes.c
        query = select(func.sum(columns.row_count).label("n"), func.max(columns.kept).label("kept"))
        row = filled.engine.read(query.where(columns.project == PROJECT, columns.key == key))[0]
        assert (row.n, row.kept) == (300, 0)
        assert key in texts(ask(filled, key[:3]))


def test_logs_have_keys_of_their_own(filled: Inside) -> None:
    assert texts(ask(filled, "logg", "logs")) == ["logger"]
    assert "logger" not in texts(ask(filled, "logg"))
    assert texts(ask(filled, "logger:", "logs")) == ["root"]
    assert texts(ask(filled, "sev", "logs"))[:2] == ["severity", "severity_text"]
    assert "error" in texts(ask(filled, "severity:", "logs"))


def test_traces_have_fields_of_their_own(filled: Inside) -> None:
    assert "trace.duration" in texts(ask(filled, "trace.d", "traces"))
    assert texts(ask(filled, "{ service:pay", "traces")) == ["payments"]
    assert texts(ask(filled, "trace.root.service:pay", "traces")) == ["payments"]


def test_of_a_large_insert_a_sample_stands_for_the_rest(collector: Inside) -> None:
    (trace_id,) = trace_ids(1)
    kinds = ("a", "b", "b", "b")
    spans = [span(trace_id, number, attributes={"kind of": kinds[number % 4]}) for number in range(1, 6001)]
    collector.send("sampled", factories.traces(spans))
    columns = attributes.c
    query = select(columns.value, func.sum(columns.row_count).label("n")).group_by(columns.value)
    rows = collector.engine.read(query.where(columns.project == "sampled", columns.key == "kind of"))
    taken = [kinds[(row + 1) % 4] for row in range(6000) if row < 200 or row % 128 == 0]
    counts = Counter[str]()
    for row, value in zip((n for n in range(6000) if n < 200 or n % 128 == 0), taken, strict=True):
        counts[value] += 1 if row < 200 else 128
    assert sum(counts.values()) == pytest.approx(6000, rel=0.02)
    assert sum(row.n for row in rows) == sum(counts.values())
    assert {row.value for row in rows} == {"a", "b"}


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30), st.integers(0, 30), st.sampled_from(["spans", "logs", "traces"]))
def test_any_text_has_an_answer(filled: Inside, text: str, cursor: int, level: Level) -> None:
    found = ask(filled, text, level, min(cursor, len(text)))
    assert 0 <= found.start <= found.start + found.length <= len(text)
