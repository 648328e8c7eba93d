"""Search and logs in the web view, on telemetry whose figures are known: 40 requests, of which 8 are slow and fail."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from playwright.sync_api import Browser, Page, expect

from tests.e2e.accessible import violations
from tests.e2e.browsing import browsing
from tests.e2e.running import Collector, eventually, running_collector
from tests.factories import logs, record, span, trace_ids, traces

pytestmark = pytest.mark.browser

REQUESTS = 40
SLOW = 8
MILLISECOND = 1_000_000
SECOND = 1000 * MILLISECOND


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """A collector with the requests of the last minutes."""
    with running_collector(tmp_path_factory.mktemp("search") / "data") as collector:
        began = time.time_ns() - 300 * SECOND
        requests = [
            _Request(trace_id, began + number * SECOND, slow=number % 5 == 4)
            for number, trace_id in enumerate(trace_ids(REQUESTS))
        ]
        _send(
            collector,
            traces([each.root() for each in requests], "api"),
            traces([each.query() for each in requests], "db"),
            logs([each.line() for each in requests], "api"),
        )
        eventually(lambda: collector.get("/status"), lambda now: now["span_count"] == 2 * REQUESTS)
        eventually(lambda: collector.get("/status"), lambda now: now["log_count"] == REQUESTS)
        yield collector


@dataclass(frozen=True, slots=True)
class _Request:
    trace_id: str
    start: int
    slow: bool

    @property
    def _length(self) -> int:
        return (2000 if self.slow else 20) * MILLISECOND

    @property
    def _attributes(self) -> dict[str, str]:
        return {"region": "eu" if self.slow else "us"}

    def root(self) -> Span:
        return span(
            self.trace_id,
            1,
            name="GET /pay",
            kind=2,
            status=2 if self.slow else 0,
            attributes=self._attributes,
            start_time_unix_nano=self.start,
            end_time_unix_nano=self.start + self._length,
        )

    def query(self) -> Span:
        end = self.start + self._length // 2
        times = {"start_time_unix_nano": self.start, "end_time_unix_nano": end}
        return span(self.trace_id, 2, 1, name="SELECT", kind=3, **times)

    def line(self) -> LogRecord:
        return record(
            f"card {self.start % 1000} {'declined' if self.slow else 'charged'}",
            time=self.start,
            severity_number=17 if self.slow else 9,
            trace_id=self.trace_id,
            span_id=f"{1:016x}",
            attributes=self._attributes,
        )


def _send(collector: Collector, *messages: ExportTraceServiceRequest | ExportLogsServiceRequest) -> None:
    for message in messages:
        signal = "logs" if isinstance(message, ExportLogsServiceRequest) else "traces"
        answer = httpx.post(
            f"{collector.address}/v1/{signal}",
            content=message.SerializeToString(),
            headers={"Content-Type": "application/x-protobuf"},
        )
        assert answer.status_code == 200, answer.text


@pytest.fixture
def page(browser: Browser, shop: Collector) -> Iterator[Page]:
    """A page of its own; refused searches are expected, and nothing else on its console."""
    with browsing(browser, shop.address, expected="responded with a status of 400") as page:
        yield page


def field(page: Page) -> Page:
    """The page, with the focus in the search field."""
    page.get_by_role("searchbox", name="Search").click()
    return page


def found(page: Page, text: str) -> None:
    """Wait for the line that says how many are shown."""
    expect(page.get_by_role("region", name="Results").get_by_role("status").filter(has_text=text).first).to_be_visible()


def test_a_search_is_completed_run_shown_as_chips_and_taken_back(page: Page) -> None:
    page.goto("/traces")
    found(page, f"{REQUESTS} of {REQUESTS} traces")
    box = page.get_by_role("searchbox", name="Search")
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")

    field(page).keyboard.type("serv")
    expect(options.first).to_contain_text("service")
    page.keyboard.press("Enter")
    expect(box).to_have_value("service:")
    expect(options.filter(has_text="db")).to_be_visible()
    page.keyboard.type("ap")
    expect(options.first).to_contain_text("api")
    page.keyboard.press("Enter")
    expect(box).to_have_value("service:api ")
    page.keyboard.type("status:error")
    page.keyboard.press("Control+Enter")
    found(page, f"{SLOW} of {SLOW} traces")

    page.get_by_role("button", name="Remove status:error").click()
    found(page, f"{REQUESTS} of {REQUESTS} traces")
    expect(box).to_have_value("service:api")
    page.go_back()
    found(page, f"{SLOW} of {SLOW} traces")
    box.fill("")
    page.keyboard.press("ArrowUp")
    expect(options).to_have_text([re.compile("service:api status:error")])


def test_a_mistake_is_marked_in_the_text_and_mended_by_what_was_meant(page: Page) -> None:
    page.goto("/traces?q=service:api+status:eror")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("'eror' is none of them")
    expect(page.locator("u")).to_have_text("eror")
    alert.get_by_role("button", name="error", exact=True).click()
    found(page, f"{SLOW} of {SLOW} traces")
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("service:api status:error")


def test_where_nothing_is_found_each_term_is_counted_and_the_nearest_is_offered(page: Page) -> None:
    page.goto("/traces?q=service:apii+status:error")
    nothing = page.get_by_role("status").filter(has_text="No trace matches")
    expect(nothing.get_by_role("listitem").filter(has_text="status:error")).to_contain_text(f"{SLOW} traces")
    nothing.get_by_role("listitem").filter(has_text="service:apii").get_by_role("button", name="service:api").click()
    found(page, f"{SLOW} of {SLOW} traces")

    page.goto("/traces?q=service:api&from=now-48h&to=now-24h")
    page.get_by_role("button", name="Jump there").click()
    found(page, f"{REQUESTS} of {REQUESTS} traces")


def test_facets_include_and_leave_out_and_groups_are_part_of_the_text(page: Page) -> None:
    page.goto("/traces?view=spans")
    found(page, f"of {2 * REQUESTS} spans")
    filters = page.get_by_role("complementary", name="Filters")
    region = filters.get_by_role("region", name="region")
    expect(region.get_by_role("button", name=re.compile("^eu"))).to_contain_text(str(SLOW))
    region.get_by_role("button", name=re.compile("^eu")).click()
    found(page, f"{SLOW} of {SLOW} spans")
    region.get_by_role("button", name="Without region eu").click()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("-region:eu")
    found(page, f"of {2 * REQUESTS - SLOW} spans")

    page.get_by_role("button", name="Groups").click()
    groups = page.get_by_role("table", name="Groups")
    expect(groups.get_by_role("row").nth(1)).to_contain_text(re.compile(f"db.*SELECT.*{REQUESTS}"))
    groups.get_by_role("button", name="api").click()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value('-region:eu service:api name:"GET /pay"')


def test_a_part_of_the_heat_map_is_marked_by_numbers_explained_and_zoomed_into(page: Page) -> None:
    page.goto("/traces")
    chart = page.get_by_role("region", name="Chart")
    expect(chart.get_by_role("img", name=f"{REQUESTS} traces, {SLOW} with errors")).to_be_visible()
    chart.get_by_role("button", name="Mark by numbers").click()
    chart.get_by_label("At least").fill("1s")
    chart.get_by_role("button", name="Mark", exact=True).click()
    expect(chart.get_by_role("status")).to_contain_text(f"{SLOW} traces, 100 % with errors")

    chart.get_by_role("button", name="Explain").click()
    different = page.get_by_role("region", name="What is different")
    expect(different.get_by_role("listitem").filter(has_text="region")).to_contain_text("against")

    chart.get_by_role("button", name="Zoom in").click()
    found(page, f"{SLOW} of {SLOW} traces")
    expect(page).to_have_url(re.compile("trace.duration"))

    chart.get_by_role("button", name="As table").click()
    expect(chart.get_by_role("table", name="Over time")).to_contain_text("with errors")


def test_two_traces_are_chosen_with_the_keyboard_for_a_comparison(page: Page) -> None:
    page.goto("/traces")
    found(page, f"{REQUESTS} of {REQUESTS} traces")
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Last hour", expanded=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Last hour", expanded=False)).to_be_focused()
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(page.get_by_role("link", name="Compare")).to_have_attribute(
        "href", re.compile("compare\\?a=[0-9a-f]{32}&b=[0-9a-f]{32}")
    )


def test_a_record_is_found_by_its_pattern_and_shown_with_what_was_around_it(page: Page) -> None:
    page.goto("/logs")
    found(page, f"{REQUESTS} of {REQUESTS} records")
    page.get_by_role("button", name="Patterns").click()
    patterns = page.get_by_role("list", name="Patterns")
    patterns.get_by_role("button", name=re.compile("declined")).click()
    found(page, f"{SLOW} of {SLOW} records")
    lines = page.get_by_role("listbox", name="Log records").get_by_role("option")
    lines.nth(3).click()
    page.get_by_role("button", name="Lines around it").click()
    around = page.get_by_role("list", name="Lines around it").get_by_role("listitem")
    expect(around).to_have_count(REQUESTS)
    expect(around.and_(page.locator("[aria-current]"))).to_contain_text("declined")
    page.get_by_role("link", name="Open its trace").click()
    expect(page).to_have_url(re.compile(r"/t/[0-9a-f]{32}"))


def test_the_live_tail_shows_what_arrives_and_holds_it_while_it_is_paused(page: Page, shop: Collector) -> None:
    page.goto("/logs?view=tail&q=service:tailed")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    _send(shop, logs([record("first line", time=time.time_ns())], "tailed"))
    lines = page.get_by_role("listbox", name="Live log records").get_by_role("option")
    expect(lines).to_have_count(1, timeout=20_000)

    page.keyboard.press("Space")
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    _send(shop, logs([record(f"line {number}", time=time.time_ns()) for number in (2, 3)], "tailed"))
    waiting = page.get_by_role("button", name="2 new lines")
    expect(waiting).to_be_visible(timeout=20_000)
    expect(lines).to_have_count(1)
    waiting.click()
    expect(lines).to_have_count(3)
    expect(lines.last).to_contain_text("line 3")


ADDRESSES = (
    "/traces",
    "/traces?view=spans&chart=rate&q=service:api",
    "/traces?q=service:api+|+group+name+|+count",
    "/traces?q=service:none",
    "/traces?q=status:eror",
    "/logs?cols=region",
    "/logs?view=patterns",
    "/logs?view=tail",
)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_pages_are_accessible_in_every_view_and_fit_narrow_and_wide(page: Page, theme: str) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    wrong: dict[str, list[Any]] = {}
    for address in ADDRESSES:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(address)
        page.get_by_role("region", name="Results").wait_for()
        if "tail" not in address:
            page.wait_for_load_state("networkidle")
        wrong[address] = violations(page)
        for width in (320, 2560):
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong[address].append(f"wider than {width} px")
    assert {address: each for address, each in wrong.items() if each} == {}
