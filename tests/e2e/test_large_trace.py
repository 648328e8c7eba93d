"""A trace too large to be drawn from objects: opened, walked, searched and drawn as a flame in a real browser."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from playwright.sync_api import Browser, Page, expect

from bench import ui_traces
from tests.e2e.browsing import browsing
from tests.e2e.running import Collector, eventually

pytestmark = pytest.mark.browser

# More than the page arranges in its own thread.
SPANS = 25_000


@pytest.fixture
def page(browser: Browser, collector: Collector) -> Iterator[Page]:
    """A page of Debian's chromium; anything that the web view complains of on its console fails the test."""
    with browsing(browser, collector.address) as page:
        yield page


@pytest.fixture(scope="module")
def spans(collector: Collector) -> list[Span]:
    """The spans of one large trace, all of which can be searched."""
    sent: list[Span] = []
    for request in ui_traces.requests(SPANS, time.time_ns()):
        headers = {"Content-Type": "application/x-protobuf"}
        answer = httpx.post(f"{collector.address}/v1/traces", content=request.SerializeToString(), headers=headers)
        assert answer.status_code == 200, answer.text
        sent += [span for group in request.resource_spans for span in group.scope_spans[0].spans]
    path = f"/traces/{ui_traces.trace_id(SPANS)}/matches"
    eventually(
        lambda: len(httpx.get(f"{collector.address}/api/v1{path}", timeout=30).content), lambda size: size > 16 * SPANS
    )
    return sent


def test_a_trace_of_25_000_spans_is_walked_searched_and_drawn(page: Page, spans: list[Span]) -> None:
    page.goto(f"/t/{ui_traces.trace_id(SPANS)}?group=off")
    grid = page.get_by_role("treegrid", name="Spans")
    expect(grid).to_have_attribute("aria-rowcount", str(SPANS + 1))
    first = grid.get_by_role("row").nth(1)
    expect(first).to_have_attribute("aria-rowindex", "2")
    first.click()
    page.keyboard.press("End")
    focused = page.locator("[role=row]:focus")
    expect(focused).to_have_attribute("aria-rowindex", str(SPANS + 1))
    expect(focused).to_have_attribute("aria-selected", "true")
    detail = page.get_by_role("region", name="Span detail")
    expect(detail.get_by_role("rowheader", name="user.tier").or_(detail.get_by_text("user.tier"))).to_be_visible()
    page.keyboard.press("Home")
    expect(focused).to_have_attribute("aria-level", "1")
    page.keyboard.press("ArrowLeft")
    expect(focused).to_have_attribute("aria-expanded", "false")
    expect(grid).to_have_attribute("aria-rowcount", "2")

    page.get_by_role("searchbox", name="Find in the trace").fill("user.tier:plus cart.items>=7")
    attributes = [{each.key: each.value for each in span.attributes} for span in spans]
    wanted = sum(each["user.tier"].string_value == "plus" and each["cart.items"].int_value >= 7 for each in attributes)
    expect(page.get_by_role("search", name="Find in the trace").get_by_role("status")).to_have_text(f"{wanted:,}")
    page.get_by_role("button", name="Next match").click()
    expect(page.get_by_role("search", name="Find in the trace").get_by_role("status")).to_have_text(f"1 of {wanted:,}")

    page.get_by_role("button", name="Flame", exact=True).click()
    expect(page.get_by_role("figure")).to_be_visible()
    expect(page.locator(".packing")).to_have_count(0)


# Of the work that is done off the thread that draws, all but the reading of the trace fails until it may be done.
_NO_WORKER = """
window.Worker = class extends Worker {
  postMessage(work, given) {
    if ('build' in work || window.mayWork) super.postMessage(work, given);
    else this.dispatchEvent(new Event('error'));
  }
};
"""


@pytest.mark.parametrize(
    ("view", "failed", "drawing"),
    [
        ("flame", "The spans could not be packed", re.compile("^Flame graph")),
        ("operations&merged=on", "The calls could not be merged", re.compile("merged calls")),
    ],
)
def test_a_worker_that_cannot_be_started_is_told_of_and_tried_again(
    page: Page, spans: list[Span], view: str, failed: str, drawing: re.Pattern[str]
) -> None:
    page.add_init_script(_NO_WORKER)
    page.goto(f"/t/{ui_traces.trace_id(len(spans))}?view={view}")
    expect(page.get_by_text(failed)).to_be_visible()
    expect(page.get_by_text("The browser could not start a worker for it.")).to_be_visible()
    page.evaluate("window.mayWork = true")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text(failed)).to_have_count(0)
    expect(page.get_by_role("figure", name=drawing)).to_be_visible()
    expect(page.get_by_text(re.compile("^(Packing|Merging) "))).to_have_count(0)
