"""Ways to look at one trace, in a real browser: a job that waited long in a queue, with links in it and out of it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsing import browsing
from tests.e2e.running import Collector, eventually
from tests.e2e.seeded import MILLISECOND, SECOND, send
from tests.factories import span, trace_ids, traces

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def waited(collector: Collector) -> str:
    """A trace in which a message lies in a queue for 20 seconds; its consumer has links in this trace and out of it."""
    trace_id, other = trace_ids(2)
    began = time.time_ns() - 120 * SECOND

    def part(number: int, parent: int, start: int, length: int, **fields: Any) -> Span:
        at = began + start * MILLISECOND
        end = at + length * MILLISECOND
        return span(trace_id, number, parent, start_time_unix_nano=at, end_time_unix_nano=end, **fields)

    web = [
        part(1, 0, 0, 60, name="POST /jobs", kind=2),
        part(2, 1, 10, 20, name="jobs publish", kind=4),
        part(3, 1, 35, 20, name="audit publish", kind=4),
    ]
    worker = [
        part(4, 2, 20_000, 400, name="jobs process", kind=5),
        part(5, 4, 20_100, 200, name="resize", kind=1),
    ]
    for target, number in ((trace_id, 3), (other, 9)):
        worker[0].links.add(trace_id=bytes.fromhex(target), span_id=number.to_bytes(8))
    send(collector, traces(web, "web"), traces(worker, "worker"))
    collector.wait_for(trace_id, spans=5)
    return trace_id


@pytest.fixture(scope="module")
def broken(collector: Collector) -> str:
    """A trace of which a caller of two services has not arrived, and one more span's parent."""
    # One that begins with zeros would have been cut.
    trace_id = f"4bf92f3577b34da6{trace_ids(1)[0][16:]}"
    began = time.time_ns() - 240 * SECOND

    def part(number: int, parent: int, start: int, **fields: Any) -> Span:
        at = began + start * MILLISECOND
        return span(
            trace_id, number, parent, start_time_unix_nano=at, end_time_unix_nano=at + 50 * MILLISECOND, **fields
        )

    api = [part(1, 0, 0, name="GET /shelf", kind=2), part(2, 9, 10, name="GET /books", kind=2)]
    store = [part(3, 9, 20, name="GET /prices", kind=2), part(4, 3, 25, name="SELECT", kind=3)]
    send(collector, traces(api, "api"), traces([*store, part(5, 8, 60, name="flush", kind=1)], "store"))
    collector.wait_for(trace_id, spans=5)
    return trace_id


@pytest.fixture
def page(browser: Browser, collector: Collector) -> Iterator[Page]:
    """A page of Debian's chromium; anything that the web view complains of on its console fails the test."""
    with browsing(browser, collector.address) as page:
        yield page


def test_idle_time_is_left_out_on_demand_and_in_the_address(page: Page, waited: str) -> None:
    page.goto(f"/t/{waited}")
    collapse = page.get_by_role("button", name="Collapse idle")
    expect(collapse).to_have_attribute("aria-pressed", "false")
    expect(collapse).to_have_attribute("title", "1 stretch in which no span runs, 19.9 s in all")
    collapse.click()
    expect(collapse).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(f"/t/{waited}?gaps=collapsed")
    # Of what is drawn to a scale, 60 ms are before the gap and 400 ms after it: half of the strip is behind it.
    start = page.get_by_role("slider", name="Start of the shown time")
    start.focus()
    for _ in range(5):
        page.keyboard.press("Shift+ArrowRight")
    expect(start).to_have_attribute("aria-valuetext", re.compile(r"^20\.[12]"))
    page.reload()
    expect(collapse).to_have_attribute("aria-pressed", "true")


def test_the_spans_of_each_service_stand_in_a_lane_that_keys_shut_and_open(page: Page, waited: str) -> None:
    page.goto(f"/t/{waited}")
    page.get_by_role("button", name="By service").click()
    grid = page.get_by_role("treegrid", name="Spans")
    expect(grid).to_have_attribute("aria-rowcount", "8")
    rows = grid.get_by_role("row")
    expect(rows.nth(1)).to_have_attribute("aria-label", re.compile("^web, 3 spans, "))
    expect(rows.nth(5)).to_have_attribute("aria-label", re.compile("^worker, 2 spans, "))
    rows.nth(6).click()
    focused = page.locator("[role=row]:focus")
    expect(focused).to_have_attribute("aria-label", re.compile("^worker, jobs process, .*, 1 link to other traces$"))
    expect(focused).to_have_attribute("aria-level", "2")
    page.keyboard.press("ArrowLeft")
    expect(focused).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowLeft")
    expect(focused).to_have_attribute("aria-expanded", "false")
    expect(grid).to_have_attribute("aria-rowcount", "6")
    expect(page).to_have_url(re.compile("lanes=service.*shut=worker"))


def test_what_is_shown_is_saved_as_markdown_and_as_a_picture(page: Page, waited: str) -> None:
    page.goto(f"/t/{waited}?gaps=collapsed")
    for kind, ending in (("Markdown", "md"), ("PNG", "png")):
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as download:
            page.get_by_role("button", name=re.compile(f"^{kind} ")).click()
        assert download.value.suggested_filename == f"{waited}.{ending}"
        saved = download.value.path().read_bytes()
        if kind == "PNG":
            # The width and height of a PNG stand behind its signature.
            assert (saved[:8], int.from_bytes(saved[20:24]) // 2) == (b"\x89PNG\r\n\x1a\n", 216)
        else:
            assert saved.decode().startswith("## web POST /jobs: 20.4")


def test_a_row_says_its_kind_and_how_many_stand_below_it_or_are_folded(page: Page, waited: str) -> None:
    page.goto(f"/t/{waited}")
    first = page.get_by_role("treegrid", name="Spans").get_by_role("row").nth(1)
    expect(first).to_have_attribute("aria-label", re.compile("^web, POST /jobs, server, .*, 2 children"))
    expect(first.locator(".count")).to_have_text("2")
    first.click()
    page.keyboard.press("ArrowLeft")
    expect(first).to_have_attribute("aria-label", re.compile("^web, POST /jobs, server, .*, 4 spans folded"))
    expect(first.locator(".count")).to_have_text("+4")


def test_the_shown_time_can_be_typed(page: Page, waited: str) -> None:
    page.goto(f"/t/{waited}")
    start, end = page.get_by_label("Show from"), page.get_by_label("Show to")
    expect(start).to_have_value("0s")
    expect(end).to_have_value("20.4s")
    start.fill("20s")
    start.press("Enter")
    expect(page).to_have_url(f"/t/{waited}?zoom=20000000000,20400000000")
    expect(page.get_by_role("slider", name="Start of the shown time")).to_have_attribute("aria-valuenow", "20000000000")
    end.fill("19s")
    end.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("The start has to be before the end.")
    end.fill("1h")
    end.press("Enter")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(end).to_have_value("20.4s")
    page.get_by_role("button", name="Whole trace").click()
    expect(start).to_have_value("0s")
    expect(page).to_have_url(f"/t/{waited}")


def test_the_header_leads_to_the_operation_as_it_was_then(page: Page, waited: str) -> None:
    page.goto(f"/t/{waited}")
    page.get_by_role("heading", level=1).get_by_role("link", name="POST /jobs").click()
    expect(page).to_have_url(re.compile(r"/services/web\?op=POST\+/jobs&from=.*&to="))
    expect(page.get_by_role("heading", level=1)).to_contain_text("POST /jobs")


def test_a_lost_parent_has_a_row_of_its_own_with_the_likely_reason(page: Page, broken: str) -> None:
    page.goto(f"/t/{broken}")
    grid = page.get_by_role("treegrid", name="Spans")
    # Five spans, two ghosts and the heading.
    expect(grid).to_have_attribute("aria-rowcount", "8")
    rows = grid.get_by_role("row")
    lost = f"missing parent {9:016x}, of 2 spans, most likely not instrumented"
    expect(rows.nth(2)).to_have_attribute("aria-label", lost)
    expect(rows.nth(2)).to_have_attribute("title", re.compile("Most likely its caller sends no spans here"))
    expect(rows.nth(3)).to_have_attribute("aria-level", "2")
    expect(rows.nth(5)).to_have_attribute("aria-level", "3")
    expect(rows.nth(6)).to_have_attribute("aria-label", re.compile("never received$"))
    rows.nth(4).click()
    focused = page.locator("[role=row]:focus")
    expect(focused).to_have_attribute("aria-label", re.compile("^store, GET /prices, .*, parent missing"))
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    expect(focused).to_have_attribute("aria-label", lost)
    page.keyboard.press("ArrowRight")
    expect(focused).to_have_attribute("aria-label", re.compile("^api, GET /books, "))
    page.get_by_role("button", name="By service").click()
    # Without a tree there is nothing to stand above: the spans say it themselves.
    expect(grid).to_have_attribute("aria-rowcount", "8")
    expect(grid.get_by_text("parent missing")).to_have_count(3)


def test_the_strip_of_the_home_page_leads_to_traces_that_miss_spans(page: Page, broken: str) -> None:
    page.goto("/")
    page.get_by_label("The collector").get_by_role("link", name=re.compile("with missing spans$")).click()
    expect(page).to_have_url(re.compile(f"trace_id:{broken}"))
    expect(page.get_by_role("main")).to_contain_text("GET /shelf")


def test_a_span_leads_to_those_of_other_traces_that_link_to_it(page: Page, collector: Collector) -> None:
    sender, taker = trace_ids(2)
    at = time.time_ns() - 100 * SECOND
    sent = span(sender, 1, 0, name="letters publish", kind=4, start_time_unix_nano=at, end_time_unix_nano=at + SECOND)
    later = at + 30 * SECOND
    taken = span(
        taker, 2, 0, name="letters process", kind=5, start_time_unix_nano=later, end_time_unix_nano=later + SECOND
    )
    taken.links.add(trace_id=bytes.fromhex(sender), span_id=(1).to_bytes(8))
    send(collector, traces([sent], "web"), traces([taken], "post"))
    collector.wait_for(sender, spans=1)
    eventually(
        lambda: collector.get("/spans", q=f"link.trace_id:{sender}", start=at)["returned"], lambda found: found == 1
    )
    page.goto(f"/t/{sender}?sel={1:016x}")
    detail = page.get_by_role("region", name="Span detail")
    expect(detail.get_by_text("Linked from")).to_be_visible()
    detail.get_by_role("link", name="letters process").click()
    expect(page).to_have_url(f"/t/{taker}?sel={2:016x}")
    expect(detail.get_by_role("heading", name="letters process")).to_be_visible()


def test_a_span_is_read_where_links_to_it_cannot_be_looked_for(
    browser: Browser, collector: Collector, waited: str
) -> None:
    with browsing(browser, collector.address, expected="status of 500") as page:
        page.route(re.compile("link.trace_id"), lambda route: route.fulfill(status=500, json={"detail": "no"}))
        page.goto(f"/t/{waited}?sel={5:016x}")
        detail = page.get_by_role("region", name="Span detail")
        expect(detail.get_by_text("Who links to this span could not be looked for.")).to_be_visible()
        expect(detail.get_by_role("heading", name="resize")).to_be_visible()
        page.unroute_all()
        detail.get_by_role("button", name="Try again").click()
        expect(detail.get_by_text("could not be looked for")).to_have_count(0)
        expect(detail.get_by_text("Attributes")).to_be_visible()


def test_the_operations_are_merged_with_the_heaviest_at_the_left(page: Page, waited: str) -> None:
    page.goto(f"/t/{waited}?view=operations")
    page.get_by_role("button", name="Left-heavy").click()
    expect(page).to_have_url(f"/t/{waited}?view=operations&merged=on")
    drawing = page.get_by_role("figure", name="5 merged calls")
    drawing.focus()
    told = page.locator(".told")
    # Alt, Ctrl and Meta make them keys of the browser: the first of this view's own is still to come.
    for key in ("Control+ArrowDown", "Meta+ArrowDown", "Control+Enter"):
        page.keyboard.press(key)
    for name in ("POST /jobs", "jobs publish", "jobs process"):
        page.keyboard.press("ArrowDown")
        expect(told.get_by_text(name, exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Span detail").get_by_role("heading", name="jobs process")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"[?&]near=0000000000000004"))
    page.reload()
    page.get_by_role("button", name="All calls").click()
    expect(page).to_have_url(f"/t/{waited}?view=operations&merged=on&sel={4:016x}")
