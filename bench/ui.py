"""What the web view costs the reader, its trace page first of all: `make bench-ui` (docs/bench.md)."""

from __future__ import annotations

import argparse
import gzip
import json
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from playwright.sync_api import Page, sync_playwright

from bench import ui_pages, ui_traces
from bench.client import Client
from bench.collector import Collector
from bench.ports import HOST

_HERE = Path(__file__).parent
_ASSETS = _HERE.parent / "collector/spanwise_collector/static/assets"
_RELEASE = _HERE / "ui_release.json"
_OPENED = 3
_FRAMES = 240
_ROWS = "[role=treegrid] [role=row][data-index]"
_HASH = re.compile(r"-.{8}(\.\w+)$")

Figures = dict[str, float]


def main() -> None:
    """Make the traces, open them, and print what it cost beside the last release."""
    parser = argparse.ArgumentParser(prog="python -m bench.ui", description=__doc__)
    parser.add_argument("--sizes", default="1000,100000,1000000", help="spans of each trace (%(default)s)")
    parser.add_argument("--release", action="store_true", help="keep these figures as those of the last release")
    options = parser.parse_args()
    sizes = [int(each) for each in options.sizes.split(",")]
    figures = dict(_weights())
    with tempfile.TemporaryDirectory(prefix="spanwise-bench-") as folder:
        collector = Collector(Path(folder) / "data", Path(folder) / "collector.log")
        collector.start()
        try:
            for size in sizes:
                _fill(collector, size)
            figures |= _looked_at(collector, sizes)
        finally:
            collector.stop()
    before: Figures = json.loads(_RELEASE.read_text()) if _RELEASE.exists() else {}
    print(f"{'':62}{'now':>12}{'last release':>15}")
    for name, value in figures.items():
        print(f"{name:62}{_number(value):>12}{_number(before[name]) if name in before else '-':>15}")
    if options.release:
        _RELEASE.write_text(json.dumps(figures, indent=1) + "\n")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _weights() -> Iterator[tuple[str, float]]:
    """Every part of the built view, gzipped, in kB."""
    for file in sorted(_ASSETS.iterdir()):
        if file.suffix in (".js", ".css"):
            name = _HASH.sub(r"\1", file.name)
            yield f"{name}, gzipped kB", len(gzip.compress(file.read_bytes(), 9)) / 1000


def _fill(collector: Collector, size: int) -> None:
    wanted = collector.span_count() + size
    with Client(HOST, collector.http) as client:
        for request in ui_traces.requests(size, time.time_ns()):
            _store(client, "/v1/traces", request)
    deadline = time.monotonic() + ui_pages.SECONDS
    while collector.span_count() < wanted and time.monotonic() < deadline:
        time.sleep(0.2)


def _looked_at(collector: Collector, sizes: list[int]) -> Figures:
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("Debian's chromium is missing: apt-get install chromium")
    figures: Figures = {}
    address = f"http://{HOST}:{collector.http}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for size in sizes:
            with ui_pages.page_of(browser, _ROWS) as page:
                measured = _measured(page, f"{address}/t/{ui_traces.trace_id(size)}")
                figures |= {f"{size:,} spans: {name}": value for name, value in measured}
        with Client(HOST, collector.http) as client:
            figures |= dict(ui_pages.figures(browser, address, partial(_store, client, "/v1/logs")))
        browser.close()
    return figures


def _store(client: Client, path: str, request: ExportTraceServiceRequest | ExportLogsServiceRequest) -> None:
    body = gzip.compress(request.SerializeToString(), 1)
    while not (answer := client.post(path, body)).accepted:
        time.sleep(max(answer.retry_after, 0.1))


def _measured(page: Page, address: str) -> Iterator[tuple[str, float]]:
    opened, answered = [], []
    for _ in range(_OPENED):
        page.goto(address)
        opened.append(ui_pages.opened(page))
        answered.append(page.evaluate(_ANSWER))
    yield "open, median ms", statistics.median(opened)
    yield "of it waiting for the collector, median ms", statistics.median(each["time"] for each in answered)
    yield "columns on the wire, kB", answered[0]["bytes"] / 1000
    page.wait_for_timeout(1000)
    yield from _frames("scroll", page.evaluate(f"__scroll({_FRAMES})"))
    page.evaluate("document.querySelector('.scroller').scrollTop = 0")
    yield from _frames("zoom", page.evaluate(f"__zoom({_FRAMES})"))
    yield "heap with arrays, MB", ui_pages.heap(page.context.new_cdp_session(page)) / 1e6
    began = time.monotonic()
    page.get_by_role("button", name="Flame", exact=True).click()
    page.wait_for_selector(".flame canvas", state="attached")
    page.wait_for_selector(".flame .packing", state="detached", timeout=ui_pages.SECONDS * 1e3)
    yield "flame packed, ms", (time.monotonic() - began) * 1e3
    page.wait_for_timeout(500)
    yield from _frames("flame zoom", page.evaluate(f"__zoom({_FRAMES})"))


# The collector's own time and what came over the wire, of the newest request for columns.
_ANSWER = """() => {
  const [entry] = performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/columns')).slice(-1);
  return { time: entry.responseStart - entry.requestStart, bytes: entry.encodedBodySize };
}"""


def _frames(what: str, found: dict[str, list[float]]) -> Iterator[tuple[str, float]]:
    for kind in ("work", "gaps"):
        cuts = statistics.quantiles(found[kind], n=100, method="inclusive")
        for percentile in (50, 95, 99):
            yield f"{what}, {kind} of a frame p{percentile}, ms", cuts[percentile - 1]


if __name__ == "__main__":
    main()
