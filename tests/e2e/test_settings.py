"""Files out of the web view and into it again, and keys that a reader chooses."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.accessible import violations
from tests.e2e.browsing import browsing
from tests.e2e.running import Collector, eventually, running_collector
from tests.factories import span, trace_ids, traces

pytestmark = pytest.mark.browser

SECOND = 1_000_000_000


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Collector, str]]:
    """A collector with one trace of three spans, of which the last two have an error."""
    (trace_id,) = trace_ids(1)
    began = time.time_ns() - 60 * SECOND
    times = {"start_time_unix_nano": began, "end_time_unix_nano": began + SECOND}
    spans = [
        span(trace_id, each, each - 1, name=f"step {each}", status=2 if each > 1 else 0, **times) for each in (1, 2, 3)
    ]
    with running_collector(tmp_path_factory.mktemp("files") / "data") as collector:
        body = traces(spans, "api").SerializeToString()
        headers = {"Content-Type": "application/x-protobuf"}
        httpx.post(f"{collector.address}/v1/traces", content=body, headers=headers).raise_for_status()
        eventually(lambda: collector.get("/status"), lambda now: now["span_count"] == 3)
        yield collector, trace_id


@pytest.fixture
def page(browser: Browser, held: tuple[Collector, str]) -> Iterator[Page]:
    # A file that is none is refused, and the browser says so on its console.
    with browsing(browser, held[0].address, expected="responded with a status of 4") as made:
        yield made


def said(page: Page) -> Locator:
    """What the part of the settings says, and not the page's head."""
    return page.locator(".part").get_by_role("status")


def test_what_was_found_leaves_as_a_file_and_comes_in_again(page: Page, tmp_path: Path) -> None:
    page.goto("/traces?view=spans&q=status:error")
    page.get_by_role("button", name="Save or export").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="NDJSON, as the API shows it").click()
    file = tmp_path / "spans.ndjson"
    waiting.value.save_as(file)
    *spans, covers = (json.loads(line) for line in file.read_text("utf-8").splitlines())
    assert sorted(each["name"] for each in spans) == ["step 2", "step 3"]
    assert covers["spanwiseExport"]["complete"]

    page.goto("/settings/files")
    page.get_by_label("Files to import").set_input_files(file)
    expect(said(page)).to_contain_text("2 spans taken from ndjson")
    page.get_by_label("Files to import").set_input_files({"name": "no.json", "mimeType": "", "buffer": b"neither"})
    expect(said(page)).to_contain_text("no.json")
    assert violations(page) == []


def test_a_key_is_exchanged_with_another_and_stays_so(page: Page, held: tuple[Collector, str]) -> None:
    page.goto("/settings/shortcuts")
    page.get_by_role("button", name="Next error: e").click()
    page.keyboard.press("g")
    expect(said(page)).to_have_text(re.compile(r"Next error: g\. Go to a page.* has e now\."))
    assert violations(page) == []

    page.goto(f"/t/{held[1]}")
    expect(page.get_by_role("treegrid")).to_be_visible()
    page.keyboard.press("g")
    expect(page).to_have_url(re.compile(f"sel={2:016x}"))
    page.keyboard.press("e")
    page.keyboard.press("l")
    expect(page).to_have_url(re.compile("/logs"))

    page.goto("/settings/shortcuts")
    page.get_by_role("button", name="All keys as they were at first").click()
    expect(page.get_by_role("button", name="Next error: e")).to_be_visible()
