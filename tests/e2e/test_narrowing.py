"""What is read becomes a search that finds it, and a view that was asked for is found again."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsing import visiting
from tests.e2e.running import running_collector
from tests.e2e.seeded import FAILED, REQUESTS, SECOND, Seeded, seed, send
from tests.factories import span, trace_ids, traces

pytestmark = pytest.mark.browser

# As a number and as a name these are written otherwise in a search than in the browser.
ODD = {"size": 1e300, "balance": -0.0, "status": "mine", "order": 2**60 + 1}


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    """A collector with the requests of the last minutes."""
    with running_collector(tmp_path_factory.mktemp("narrowing") / "data") as collector:
        yield seed(collector)


@pytest.fixture
def page(browser: Browser, seeded: Seeded) -> Iterator[Page]:
    """A page that knows nothing of the others; a trace that has not come yet is no complaint."""
    with visiting(browser, seeded.collector.address, expected="status of 404") as context:
        yield context.new_page()


def test_an_attribute_of_any_name_and_number_becomes_the_search_for_its_trace(page: Page, seeded: Seeded) -> None:
    (odd,) = trace_ids(1)
    # So long ago that the usual range does not reach it.
    began = seeded.began - 7200 * SECOND
    times = {"start_time_unix_nano": began, "end_time_unix_nano": began + SECOND}
    send(seeded.collector, traces([span(odd, 1, name="odd", attributes=ODD, **times)], "odd"))
    for key in ODD:
        page.goto(f"/t/{odd}?sel={1:016x}")
        # A trace that has not come yet is asked for again by the page itself.
        found = page.get_by_role("link", name=f"Search traces with {key} = this value")
        found.click()
        expect(page.get_by_role("region", name="Results").get_by_text(re.compile(r"^1 of 1 trace\b"))).to_be_visible()


def test_a_value_of_a_pattern_becomes_the_search_for_its_records(page: Page) -> None:
    page.goto("/logs?view=patterns")
    patterns = page.get_by_role("list", name="Patterns")
    declined = patterns.get_by_role("listitem").filter(has_text=re.compile("card .* declined"))
    declined.get_by_role("button", name="values").click()
    values = page.get_by_role("region", name="Values of card \u2217 declined")
    expect(values).to_contain_text(f"{FAILED} values, 4 … {REQUESTS - 1}")
    expect(page).to_have_url(re.compile("pattern=[0-9a-f]{16}"))
    page.reload()
    values.get_by_role("button", name="14", exact=True).click()
    expect(page.get_by_text(re.compile(r"^1 of 1 record\b"))).to_be_visible()
    lines = page.get_by_role("listbox", name="Log records").get_by_role("option")
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("card 14 declined")


def test_a_value_of_a_log_record_narrows_the_search_that_is_there(page: Page) -> None:
    page.goto("/logs?q=severity>=error")
    page.get_by_role("listbox", name="Log records").get_by_role("option").first.click()
    page.get_by_role("link", name="Search these records with service.name = this value").click()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("severity>=error service.name:api")
    expect(page.get_by_text(f"{FAILED} of {FAILED} records")).to_be_visible()


def test_a_time_range_that_was_asked_for_is_offered_again_and_can_be_doubled(page: Page) -> None:
    page.goto("/logs?from=now-37m")
    ranges = page.get_by_role("group", name="Time range")
    opened = ranges.locator("[data-range]")
    opened.click()
    ranges.get_by_role("button", name="Last 5 minutes").click()
    opened.click()
    ranges.get_by_role("button", name="Last 37 minutes").click()
    expect(page).to_have_url(re.compile("from=now-37m"))
    opened.click()
    ranges.get_by_role("button", name="Twice as long").click()
    expect(page).to_have_url(re.compile("from=now-74m"))


def test_a_time_that_is_typed_is_of_the_zone_that_is_shown(page: Page) -> None:
    page.add_init_script("localStorage.setItem('spanwise.zone', JSON.stringify('Asia/Kathmandu'))")
    page.goto("/logs?from=2026-11-20T08:15:00Z")
    ranges = page.get_by_role("group", name="Time range")
    opened = ranges.locator("[data-range]")
    expect(opened).to_contain_text("20 Nov 14:00")
    opened.click()
    ranges.get_by_label("In words").fill("20 Nov 14:00 - 15:00")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("from=2026-11-20T08:15:00.000Z&to=2026-11-20T09:15:00.000Z"))
    opened.click()
    expect(ranges.get_by_text("(GMT+5:45)")).to_be_visible()
    ranges.get_by_label("From", exact=True).fill("2026-11-20 13:00")
    ranges.get_by_label("To", exact=True).fill("2026-11-20 14:30:30")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("from=2026-11-20T07:15:00.000Z&to=2026-11-20T08:45:30.000Z"))


def test_the_palette_reloads_what_is_shown(page: Page) -> None:
    page.goto("/traces")
    expect(page.get_by_text(f"{REQUESTS + 1} of {REQUESTS + 1} traces")).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Page, service, trace id or command").fill("reload")
    with page.expect_request(re.compile(r"/api/v1/traces\?")):
        page.keyboard.press("Enter")


def test_a_link_of_another_version_is_shown_as_far_as_it_is_understood_and_says_so(page: Page) -> None:
    page.goto("/traces?q=service:api&v=2")
    notice = page.get_by_role("status").filter(has_text="another version of Spanwise")
    expect(notice).to_be_visible()
    expect(page.get_by_text(f"{REQUESTS} of {REQUESTS} traces")).to_be_visible()
    notice.get_by_role("button", name="Dismiss").click()
    expect(notice).to_have_count(0)
