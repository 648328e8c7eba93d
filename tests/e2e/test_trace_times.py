"""Times of one trace in a real browser: hosts whose clocks disagree, and spans that have not ended."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsing import browsing
from tests.e2e.running import Collector, eventually
from tests.e2e.seeded import MILLISECOND, SECOND, send
from tests.factories import span, trace_ids, traces

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser, collector: Collector) -> Iterator[Page]:
    """A page of Debian's chromium; anything that the web view complains of on its console fails the test."""
    with browsing(browser, collector.address) as page:
        yield page


def _part(trace_id: str, number: int, parent: int, start: int, length: int, **fields: Any) -> Span:
    end = start + length * MILLISECOND if length else 0
    return span(trace_id, number, parent, start_time_unix_nano=start, end_time_unix_nano=end, **fields)


def _skewed(collector: Collector) -> str:
    """A trace of half a second through two hosts, of which the second's clock is three seconds behind."""
    (trace_id,) = trace_ids(1)
    began = time.time_ns() - 200 * SECOND
    caller = [
        _part(trace_id, 1, 0, began, 500, name="GET /slow", kind=2),
        _part(trace_id, 2, 1, began + 50 * MILLISECOND, 400, name="call", kind=3),
    ]
    callee = [_part(trace_id, 3, 2, began - 2940 * MILLISECOND, 380, name="work", kind=2)]
    send(collector, traces(caller, "web", **{"host.name": "one"}), traces(callee, "db", **{"host.name": "two"}))
    collector.wait_for(trace_id, 3)
    return trace_id


def test_clocks_are_corrected_on_demand_and_never_silently(page: Page, collector: Collector) -> None:
    trace_id = _skewed(collector)
    page.goto(f"/t/{trace_id}")
    facts = page.locator(".trace-head dl")
    expect(facts).to_contain_text("3.44")
    expect(page.get_by_role("button", name=re.compile("^1 clock off by up to 3"))).to_be_visible()
    correct = page.get_by_role("button", name="Correct", exact=True)
    expect(correct).to_have_attribute("aria-pressed", "false")
    work = page.get_by_role("treegrid", name="Spans").get_by_role("row").nth(3)
    expect(work).to_have_attribute("aria-label", re.compile("^db, work, .*, starts at 0"))
    correct.click()
    expect(page).to_have_url(f"/t/{trace_id}?clocks=corrected")
    expect(page.get_by_role("button", name=re.compile("^1 clock corrected by up to 3"))).to_be_visible()
    expect(facts).to_contain_text("500")
    expect(work).to_have_attribute("aria-label", re.compile("^db, work, .*, starts at 60"))
    page.reload()
    expect(correct).to_have_attribute("aria-pressed", "true")
    correct.click()
    expect(page).to_have_url(f"/t/{trace_id}")
    expect(work).to_have_attribute("aria-label", re.compile("^db, work, .*, starts at 0"))


def test_the_same_time_is_shown_by_corrected_clocks_and_links_are_not_looked_for_again(
    page: Page, collector: Collector
) -> None:
    trace_id = _skewed(collector)
    looked: list[str] = []
    page.on("request", lambda request: looked.append(request.url) if "link.trace_id" in request.url else None)
    with page.expect_request(re.compile("link.trace_id")):
        page.goto(f"/t/{trace_id}?sel={3:016x}&zoom=3000000000,3200000000")
    start, end = page.get_by_label("Show from"), page.get_by_label("Show to")
    expect(start).to_have_value("3s")
    page.get_by_role("button", name="Correct", exact=True).click()
    expect(start).to_have_value("60ms")
    expect(end).to_have_value("260ms")
    expect(page).to_have_url(f"/t/{trace_id}?sel={3:016x}&zoom=60000000,260000000&clocks=corrected")
    assert len(looked) == 1
    page.reload()
    expect(start).to_have_value("60ms")
    page.get_by_role("button", name="Correct", exact=True).click()
    expect(start).to_have_value("3s")
    expect(page).to_have_url(f"/t/{trace_id}?sel={3:016x}&zoom=3000000000,3200000000")


def test_the_shown_time_can_be_typed_while_a_span_runs(page: Page, collector: Collector) -> None:
    (running,) = trace_ids(1)
    send(collector, traces([_part(running, 1, 0, time.time_ns() - 20 * SECOND, 0, name="nightly import")], "batch"))
    collector.wait_for(running, 1)
    page.goto(f"/t/{running}?sel={1:016x}")
    said = page.get_by_role("region", name="Span detail").get_by_text(re.compile("so far$"))
    expect(said).to_be_visible()
    start, end = page.get_by_label("Show from"), page.get_by_label("Show to")
    start.fill("5")
    for _ in range(2):
        expect(said).not_to_have_text(said.inner_text())
    expect(start).to_have_value("5")
    start.press_sequentially("s")
    start.press("Enter")
    expect(page).to_have_url(re.compile("zoom=5000000000,"))
    expect(start).to_have_value("5s")
    end.fill("7s")
    page.get_by_role("region", name="Span detail").get_by_role("heading", level=2).click()
    expect(page).to_have_url(re.compile("zoom=5000000000,7000000000"))
    page.get_by_role("button", name="Whole trace").click()
    expect(start).to_have_value("0s")


def test_a_span_that_runs_grows_and_one_of_long_ago_has_no_end(page: Page, collector: Collector) -> None:
    running, left = trace_ids(2)
    now = time.time_ns()
    for trace_id, began in ((running, now - 20 * SECOND), (left, now - 3000 * SECOND)):
        spans = [
            _part(trace_id, 1, 0, began, 0, name="nightly import", kind=5),
            _part(trace_id, 2, 1, began + SECOND, 500, name="read file"),
        ]
        send(collector, traces(spans, "batch"))
        collector.wait_for(trace_id, 2)
    page.goto(f"/t/{running}?sel={1:016x}")
    detail = page.get_by_role("region", name="Span detail")
    said = detail.get_by_text(re.compile("so far$"))
    expect(said).to_be_visible()
    before = said.inner_text()
    expect(said).not_to_have_text(before)
    grid = page.get_by_role("treegrid", name="Spans")
    expect(grid.get_by_role("row").nth(1)).to_have_attribute("aria-label", re.compile(", nightly import, .*, no end, "))
    page.goto(f"/t/{left}?sel={1:016x}")
    expect(detail.get_by_text("no end")).to_be_visible()
    expect(page.get_by_label("Show to")).to_have_value("1.5s")


def test_a_flame_draws_a_span_without_an_end_as_far_as_it_was_heard_of(page: Page, collector: Collector) -> None:
    (left,) = trace_ids(1)
    began = time.time_ns() - 3000 * SECOND
    spans = [_part(left, 1, 0, began, 0, name="nightly import"), _part(left, 2, 1, began + SECOND, 500, name="read")]
    send(collector, traces(spans, "batch"))
    collector.wait_for(left, 2)
    page.goto(f"/t/{left}?view=flame")
    drawing = page.get_by_role("figure")
    expect(drawing).to_be_visible()
    tip = page.locator(".tip")
    places = cycle((100, 101))

    # What is under the pointer is known once the flame is packed; it is asked whenever the pointer moves.
    def pointed() -> int:
        drawing.hover(position={"x": next(places), "y": 10})
        return tip.count()

    eventually(pointed, lambda seen: seen == 1)
    expect(tip).to_contain_text("nightly import")
    expect(tip).to_contain_text("no end")


def test_more_spans_of_a_large_trace_are_counted_and_shown_on_demand(page: Page, collector: Collector) -> None:
    (large,) = trace_ids(1)
    # Without an end, so that it may still grow however slow the test is.
    spans = [_part(large, 1, 0, time.time_ns() - 20 * SECOND, 0, name="import")]
    spans += [_part(large, number, 1, time.time_ns() - 10 * SECOND, 1, name="row") for number in range(2, 5010)]
    send(collector, traces(spans, "batch"))
    collector.wait_for(large, len(spans))
    page.goto(f"/t/{large}?group=off")
    grid = page.get_by_role("treegrid", name="Spans")
    expect(grid).to_have_attribute("aria-rowcount", str(len(spans) + 1))
    more = [_part(large, number, 1, time.time_ns() - 9 * SECOND, 1, name="row") for number in (6001, 6002)]
    send(collector, traces(more, "batch"))
    arrived = page.get_by_role("status").filter(has_text="2 more spans of this trace arrived.")
    arrived.get_by_role("button", name="Show").click()
    expect(grid).to_have_attribute("aria-rowcount", str(len(spans) + 3))
    expect(arrived).to_have_count(0)
