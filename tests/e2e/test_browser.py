"""The web view in a real browser: from the search page to the log line that says what went wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from examples.shop.faults import Fault
from examples.shop.shop import Shop
from examples.shop.topology import Kind
from tests.e2e.browsing import browsing
from tests.e2e.customer import Customer
from tests.e2e.running import Collector, eventually

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser, collector: Collector) -> Iterator[Page]:
    """A page of Debian's chromium; anything that the web view complains of on its console fails the test."""
    with browsing(browser, collector.address) as page:
        yield page


def test_from_the_search_page_to_the_log_line_that_says_what_went_wrong(
    page: Page, collector: Collector, shop: Shop, customer: Customer
) -> None:
    customer.fill_basket()
    shop.nodes["fraud"].switch_on(Fault(Kind.EXCEPTION), seconds=None)
    sent = customer.order()
    eventually(
        lambda: collector.newest_trace("fraud", "POST /checks", since=sent),
        lambda trace: trace is not None and trace.first_error() == "fraud: POST /checks" and len(trace.logs) > 4,
    )

    page.goto("/traces")
    page.get_by_role("searchbox", name="Search").fill("service:fraud status:error")
    page.keyboard.press("Enter")
    page.get_by_role("table", name="Traces").get_by_role("link", name="POST /api/orders").first.click()
    expect(page).to_have_url(re.compile(r"/t/[0-9a-f]{32}"))

    page.get_by_role("treegrid", name="Spans").get_by_role("row", name=re.compile(r"fraud.*POST .checks")).click()
    detail = page.get_by_role("region", name="Span detail")
    expect(detail.get_by_role("heading", name="POST /checks")).to_be_visible()
    expect(detail).to_contain_text("ModelVersionError: rules of version 12 want 'device'")

    line = page.get_by_role("region", name="Logs").get_by_role("option", name=re.compile("not checked"))
    line.click()
    record = page.get_by_role("article", name="Log record")
    expect(record).to_contain_text("500 Server Error")

    page.reload()
    expect(record).to_contain_text("500 Server Error")
    expect(line).to_have_attribute("aria-selected", "true")
