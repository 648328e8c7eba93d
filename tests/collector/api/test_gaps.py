"""Gaps of a trace in every form in which it is asked for."""

from __future__ import annotations

import re

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from spanwise_collector.query import span_details

from tests.collector.api.test_forms import ask
from tests.collector.inside import Inside
from tests.factories import START, key_values, span, trace_ids, traces

MS = 1_000_000


def waiting(trace_id: str) -> tuple[list[Span], list[Span]]:
    """Spans of shop, which waits for 40 ms for a connection and then calls, and of cart, which begins 30 ms later."""
    in_ms = [(1, 0, 2, 0, 200), (2, 1, 3, 60, 160), (3, 2, 2, 90, 160)]
    made = [
        span(
            trace_id, number, parent, kind=kind, name=f"span {number}",
            start_time_unix_nano=START + start * MS, end_time_unix_nano=START + end * MS,
        )
        for number, parent, kind, start, end in in_ms
    ]  # fmt: skip
    waited = key_values({"spanwise.wait.for": "connection", "spanwise.wait.duration": 40 * MS})
    made[0].events.add(time_unix_nano=START + 50 * MS, name="spanwise.wait", attributes=waited)
    return made[:2], made[2:]


EXPECTED = [
    (3, 90, 160, "not instrumented", "cart has no span below this one that tells what it did."),
    (1, 10, 50, "pool", "It waited for a connection."),
    (1, 160, 200, "not instrumented", "No span tells what shop did after span 2."),
    (2, 60, 90, "network", "Between the call and the start of cart's span: the network, or its queue."),
    (1, 0, 10, "not instrumented", "No span tells what shop did before it waited for a connection."),
    (
        1,
        50,
        60,
        "not instrumented",
        "No span tells what shop did after it had waited for a connection and before span 2.",
    ),
]


@pytest.fixture
def trace_id(collector: Inside) -> str:
    [one] = trace_ids(1)
    shop, cart = waiting(one)
    collector.send("default", traces(shop), traces(cart, "cart"))
    return one


def test_a_trace_lists_its_gaps_the_longest_first(collector: Inside, trace_id: str) -> None:
    answer = ask(collector, f"/api/v1/traces/{trace_id}").json()
    assert answer["gap_count"] == len(EXPECTED)
    assert answer["gaps"] == [
        {
            "span_id": f"{number:016x}",
            "service": "cart" if number == 3 else "shop",
            "name": f"span {number}",
            "start": start * MS,
            "end": end * MS,
            "kind": kind,
            "reason": reason,
        }
        for number, start, end, kind, reason in EXPECTED
    ]


def test_the_detail_of_a_span_has_its_own_as_the_whole_trace_has_them(collector: Inside, trace_id: str) -> None:
    whole = ask(collector, f"/api/v1/traces/{trace_id}").json()
    for number in (1, 2, 3):
        one = f"{number:016x}"
        [detail] = ask(collector, f"/api/v1/traces/{trace_id}/spans", "POST", json={"ids": [one]}).json()["spans"]
        mine = [gap for gap in whole["gaps"] if gap["span_id"] == one]
        assert detail["gaps"] == sorted(mine, key=lambda gap: gap["start"])
        assert detail["parent_missing_reason"] is None


def test_the_detail_of_a_span_says_why_its_parent_is_missing(collector: Inside) -> None:
    [one] = trace_ids(1)
    orphans = [
        span(one, 2, 9, kind=2, flags=0x300),
        span(one, 3, 9, kind=1, flags=0x101, start_time_unix_nano=START + 1),
        span(one, 4, 8, kind=2, flags=0x301, start_time_unix_nano=START + 2),
    ]
    collector.send("default", traces(orphans))
    whole = ask(collector, f"/api/v1/traces/{one}").json()
    ids = [f"{number:016x}" for number in (2, 3, 4)]
    details = ask(collector, f"/api/v1/traces/{one}/spans", "POST", json={"ids": ids}).json()["spans"]
    found = {each["span_id"]: each["parent_missing_reason"] for each in details}
    assert [found[each] for each in ids] == ["not sampled", "never received", "id cut"]
    assert found == {each["span_id"]: each["parent_missing_reason"] for each in whole["spans"]}


def test_of_a_span_with_too_many_around_it_no_gaps_are_told(
    collector: Inside, trace_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(span_details, "MOST_AROUND", 1)
    path = f"/api/v1/traces/{trace_id}/spans"
    told = [
        ask(collector, path, "POST", json={"ids": [f"{number:016x}"]}).json()["spans"][0]["gaps"] is not None
        for number in (1, 2, 3)
    ]
    assert told == [True, False, True]


def test_the_text_has_them_below_the_waterfall(collector: Inside, trace_id: str) -> None:
    lines = ask(collector, f"/api/v1/traces/{trace_id}.txt", params={"width": 140}).text.splitlines()
    first = lines.index("Where no span tells, the longest first (6 of 6):")
    assert [line.strip() for line in lines[first + 1 : first + 3]] == [
        "70 ms  not instrumented  cart span 3, at 90 ms: cart has no span below this one that tells what it did.",
        "40 ms  pool  shop span 1, at 10 ms: It waited for a connection.",
    ]


def test_the_page_has_them_as_a_table(collector: Inside, trace_id: str) -> None:
    content = ask(collector, f"/api/v1/traces/{trace_id}.html").text
    assert "<caption>The longest first, 6 of 6</caption>" in content
    cells = re.findall(r'<td [^>]*data-is="([^"]+)">([^<]*)</td>', content)
    row = [("Duration", "40 ms"), ("At", "10 ms"), ("What it is", "pool"), ("Span", "shop span 1")]
    first = cells.index(row[0])
    assert cells[first : first + 5] == [*row, ("Why", "It waited for a connection.")]
