"""`make pictures`: the README's pictures, taken in a real browser from a collector and a shop that really run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, sync_playwright

from bench.collector import HOST, Collector

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
WIDTH, HEIGHT = 1440, 900

OPEN_SECONDS, QUIET_SECONDS, FAULTY_SECONDS = 60.0, 20.0, 20.0
# The last service of an order fails, so the trace passes through all of them.
FAULT = ("notifications", "exception", "--level", "0.5")
SEARCHED = "/api/v1/traces?service=notifications&status=error&sort=slowest&limit=100"


def main() -> int:
    """Take every picture anew."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="spanwise-pictures-") as folder:
        collector = Collector(Path(folder, "data"), Path(folder, "output"))
        collector.start()
        try:
            with _browser(collector) as page:
                _take(page, "/start", "start")
                with _shop(collector, Path(folder)) as shop:
                    _wait_for_spans(collector)
                    time.sleep(QUIET_SECONDS)
                    shop("fault", *FAULT)
                    time.sleep(FAULTY_SECONDS)
                trace = _widest_failed(collector)
                _take(page, "/", "services")
                _take(page, "/traces", "search")
                _take(page, f"/t/{trace}", "trace")
                _take(page, "/logs", "logs")
        finally:
            collector.stop()
    return 0


@contextmanager
def _browser(collector: Collector) -> Iterator[Page]:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        try:
            yield browser.new_page(
                base_url=f"http://{HOST}:{collector.http}", viewport={"width": WIDTH, "height": HEIGHT}
            )
        finally:
            browser.close()


@contextmanager
def _shop(collector: Collector, folder: Path) -> Iterator[Callable[..., None]]:
    """A shop with customers; what it gives runs one of the shop's commands."""
    command = [sys.executable, "-m", "examples.shop"]
    environment = os.environ | {"SPANWISE_ENDPOINT": f"http://{HOST}:{collector.http}", "TMPDIR": str(folder)}
    shop = subprocess.Popen([*command, "--port", "0", "--rate", "6", "--seed", "7"], env=environment)

    def run(*words: str) -> None:
        subprocess.run([*command, *words], env=environment, check=True)

    try:
        yield run
    finally:
        shop.terminate()
        shop.wait(30)


def _wait_for_spans(collector: Collector) -> None:
    deadline = time.monotonic() + OPEN_SECONDS
    while collector.span_count() == 0:
        if time.monotonic() > deadline:
            raise TimeoutError("The shop sends nothing: what it said stands above.")
        time.sleep(0.2)


def _widest_failed(collector: Collector) -> str:
    traces = collector.get(SEARCHED)["traces"]
    widest = max(traces, key=lambda trace: (len(trace["services"]), trace["span_count"]))
    return str(widest["trace_id"])


def _take(page: Page, path: str, name: str) -> None:
    """In both themes, which the page takes from the browser's."""
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        page.goto(path, wait_until="networkidle")
        page.wait_for_timeout(500)
        page.screenshot(path=FOLDER / f"{name}-{scheme}.png")
    print(f"docs/images/{name}")


if __name__ == "__main__":
    sys.exit(main())
