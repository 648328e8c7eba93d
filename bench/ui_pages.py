"""What home, search and the live tail of the web view cost the reader: the rest of what `bench.ui` prints."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import SEVERITY_NUMBER_INFO, LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from playwright.sync_api import Browser, CDPSession, Page

SECONDS: Final = 120.0
_SCRIPT: Final = Path(__file__).with_name("ui_page.js")
_OPENED: Final = 3
_SLOWER: Final = 4
# As many lines as one a second makes in a day, in a minute: so many at a time, so many seconds apart.
_LINES: Final = 86_400
_AT_ONCE: Final = 900
_EVERY: Final = 0.5
_COUNTED: Final = re.compile(r"([\d,]+) (?:lines?|older left|dropped by the tail|not kept while held)\b")
_ROWS: Final = "section[aria-label=Results] tbody tr"

Send = Callable[[ExportLogsServiceRequest], None]
Figures = Iterator[tuple[str, float]]


def figures(browser: Browser, address: str, send: Send) -> Figures:
    """Each figure by its name; `send` stores log records."""
    yield from _home(browser, address)
    yield from _search(browser, address)
    yield from _tail(browser, address, send)


@contextmanager
def page_of(browser: Browser, wanted: str) -> Iterator[Page]:
    """A page that writes down when the first `wanted` is on the screen, and what frames cost."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(f"window.__wanted = {wanted!r}")
    context.add_init_script(path=_SCRIPT)
    yield context.new_page()
    context.close()


def opened(page: Page) -> float:
    """When the first of what is wanted was on the screen, in ms since the navigation."""
    return _told(page, "window.__opened ?? null")


def _told(page: Page, expression: str) -> float:
    """A number as soon as the page has it: asked from outside again and again, as its policy forbids the expressions
    that the driver would wait for."""
    deadline = time.monotonic() + SECONDS
    while (at := page.evaluate(expression)) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{page.url} shows nothing")
        time.sleep(0.05)
    return float(at)


def heap(session: CDPSession) -> float:
    """Bytes in use after a collection of garbage, the memory of typed arrays among them."""
    session.send("HeapProfiler.collectGarbage")
    usage = session.send("Runtime.getHeapUsage")
    return float(usage["usedSize"] + usage.get("backingStorageSize", 0))


def _home(browser: Browser, address: str) -> Figures:
    with page_of(browser, "table[aria-label=Services] tbody tr") as page:
        session = page.context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
        times = []
        for _ in range(_OPENED):
            page.goto(address)
            times.append(opened(page))
        yield f"home, processor {_SLOWER} times slower: services there, median ms", statistics.median(times)
        page.evaluate(_WATCH)
        for act in _ACTS:
            act(page)
            page.wait_for_timeout(500)
        slowest: list[float] = page.evaluate("window.__events")
        yield f"home, processor {_SLOWER} times slower: slowest act to its frame, ms", max(slowest, default=0.0)


# Of each act how long it was until the next frame, as a reader meets it (interaction to next paint).
_WATCH: Final = """() => {
  window.__events = [];
  new PerformanceObserver((list) => {
    for (const { interactionId, duration } of list.getEntries()) if (interactionId) window.__events.push(duration);
  }).observe({ type: 'event', durationThreshold: 16 });
}"""
_ACTS: Final[tuple[Callable[[Page], object], ...]] = (
    lambda page: page.get_by_role("button", name="Last hour").click(),
    lambda page: page.keyboard.press("Escape"),
    lambda page: page.get_by_role("table", name="Services").get_by_role("button").first.click(),
    lambda page: page.keyboard.press("Control+k"),
    lambda page: page.keyboard.type("a"),
    lambda page: page.keyboard.press("Escape"),
    lambda page: page.keyboard.press("?"),
    lambda page: page.keyboard.press("Escape"),
)


def _search(browser: Browser, address: str) -> Figures:
    with page_of(browser, _ROWS) as page:
        times = []
        for _ in range(_OPENED):
            page.goto(f"{address}/traces?view=spans")
            # The list may be drawn while it still comes, and the browser tells of an answer when it has ended.
            times.append(max(0.0, opened(page) - _told(page, _ANSWERED)))
        yield "search, 100 spans: from the answer to the first rows, median ms", statistics.median(times)


_ANSWERED: Final = """() => {
  const asked = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/api/v1/spans'));
  return asked[0]?.responseStart ?? null;
}"""


def _tail(browser: Browser, address: str, send: Send) -> Figures:
    with page_of(browser, "main") as page:
        session = page.context.new_cdp_session(page)
        page.goto(f"{address}/logs?view=tail")
        page.get_by_text("Live", exact=True).wait_for(timeout=SECONDS * 1e3)
        before = heap(session)
        next_at = time.monotonic()
        for first in range(0, _LINES, _AT_ONCE):
            time.sleep(max(0.0, next_at - time.monotonic()))
            next_at += _EVERY
            send(_records(first))
        deadline = time.monotonic() + SECONDS
        while (counted := _counted(page)) < _LINES and time.monotonic() < deadline:
            page.wait_for_timeout(500)
        yield f"live tail, {_LINES:,} lines: not counted", _LINES - counted
        yield f"live tail, {_LINES:,} lines: heap grown by, MB", (heap(session) - before) / 1e6


def _counted(page: Page) -> int:
    """Lines that the page shows or says that it does not."""
    said = page.locator(".bar", has_text="Pause").inner_text()
    return sum(int(number.replace(",", "")) for number in _COUNTED.findall(said))


def _records(first: int) -> ExportLogsServiceRequest:
    now = time.time_ns()
    records = [
        LogRecord(
            time_unix_nano=now + number,
            observed_time_unix_nano=now + number,
            severity_number=SEVERITY_NUMBER_INFO,
            body=AnyValue(string_value=f"request {number} of a day was answered in {number % 97} ms"),
        )
        for number in range(first, first + _AT_ONCE)
    ]
    service = KeyValue(key="service.name", value=AnyValue(string_value="api"))
    scope = ScopeLogs(log_records=records)
    return ExportLogsServiceRequest(
        resource_logs=[ResourceLogs(resource=Resource(attributes=[service]), scope_logs=[scope])]
    )
