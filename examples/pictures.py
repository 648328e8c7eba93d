"""`make pictures`: pictures of every screen, taken in a real browser from a collector and a shop that really run."""

from __future__ import annotations

import argparse
import base64
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

from bench.collector import Collector
from bench.ports import HOST

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "docs" / "images"
PALETTE: Final = Path(__file__).with_name("palette.js").read_text(encoding="utf-8")
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
FLAGS: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
WIDTH, HEIGHT = 1440, 900
LOOKED_AT: Final = (800, 1280, 2560)
THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")

OPEN_SECONDS: Final = 60.0
# The shortest window that there is: as much again has to come before it for there to be a baseline.
LOOKS: Final = ("--look-interval", "2s", "--look-window", "60s")
QUIET_SECONDS, FAULTY_SECONDS = 125.0, 40.0
# An order passes through both; neither keeps the others from their work.
FAULTS: Final = (("fraud", "exception", "--level", "0.5"), ("notifications", "exception", "--level", "0.4"))
FAILED: Final = "/api/v1/traces?q=service:fraud%20status:error&sort=slowest&limit=100"

# Those of the README are taken in both themes.
IN_BOTH: Final = ("home", "search", "trace", "diagnosis", "logs")


def main() -> int:
    """Take every picture anew; where it is asked for, every screen at several widths too, to be looked at."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--look", type=Path, metavar="FOLDER", help="besides, both themes at 800, 1280 and 2560 px, into FOLDER"
    )
    options = parser.parse_args()
    look: Path | None = options.look
    for each in (FOLDER, look or FOLDER):
        each.mkdir(exist_ok=True, parents=True)
    with tempfile.TemporaryDirectory(prefix="shop-") as folder:
        collector = Collector(Path(folder, "data"), Path(folder, "output"), flags=LOOKS)
        collector.start()
        try:
            with _browser() as browser:
                address = f"http://{HOST}:{collector.http}"
                _take(browser, address, {"start": "/start"}, look)
                with _shop(collector, Path(folder)) as shop:
                    _wait_for_spans(collector)
                    time.sleep(QUIET_SECONDS)
                    for fault in FAULTS:
                        shop("fault", *fault)
                    time.sleep(FAULTY_SECONDS)
                    _take(browser, address, _screens(collector), look)
        finally:
            collector.stop()
    return 0


def _screens(collector: Collector) -> dict[str, str]:
    """The path of each screen that has something to show."""
    trace = _widest_failed(collector)
    error = collector.get("/api/v1/errors")["errors"][0]["fingerprint"]
    recent = "from=now-15m"
    return {
        "home": f"/?{recent}",
        "search": f"/traces?{recent}",
        "groups": f"/traces?{recent}&q=status:error%20%7C%20group%20service,%20name%20%7C%20count,%20p95(duration)",
        "trace": f"/t/{trace}",
        "diagnosis": f"/t/{trace}?diagnosis=on",
        "flame": f"/t/{trace}?view=flame",
        "graph": f"/t/{trace}?view=graph",
        "logs": f"/logs?{recent}",
        "patterns": f"/logs?{recent}&view=patterns",
        "errors": f"/errors?{recent}",
        "error": f"/errors/{error}?{recent}",
        "map": f"/map?{recent}",
        "service": f"/services/checkout?{recent}",
        "nodes": f"/nodes?{recent}",
        "window": "/diagnosis?from=now-1m",
        "compare": "/compare?from=now-1m",
        "keys": "/settings/shortcuts",
        "files": "/settings/files",
    }


@contextmanager
def _browser() -> Iterator[Browser]:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def _shop(collector: Collector, folder: Path) -> Iterator[Callable[..., None]]:
    """A shop with customers; what it gives runs one of the shop's commands."""
    # Stack traces are in the pictures: they show no folder of the machine that takes them.
    app = folder / "app"
    app.symlink_to(ROOT)
    command = [str(app / Path(sys.executable).relative_to(ROOT)), "-m", "examples.shop"]
    environment = os.environ | {
        "SPANWISE_ENDPOINT": f"http://{HOST}:{collector.http}",
        "TMPDIR": str(folder),
        "PYTHONPATH": os.pathsep.join((str(app), str(app / "tracer"))),
        "PYTHONSAFEPATH": "1",
    }
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
    traces = collector.get(FAILED)["traces"]
    widest = max(traces, key=lambda trace: (len(trace["services"]), trace["span_count"]))
    return str(widest["trace_id"])


def _take(browser: Browser, address: str, screens: dict[str, str], look: Path | None) -> None:
    """The theme is that of the browser, which the page follows."""
    for theme in THEMES:
        page = browser.new_page(base_url=address, viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=theme)
        blank = browser.new_page()
        for name, path in screens.items():
            page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
            page.goto(path)
            page.wait_for_load_state("networkidle")
            # What takes long says so, and can be cancelled, until it is there.
            expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=60_000)
            page.wait_for_timeout(500)
            if theme == "light" or name in IN_BOTH:
                _write(blank, page.screenshot(), FOLDER / f"{name}-{theme}.png")
            for width in LOOKED_AT if look else ():
                page.set_viewport_size({"width": width, "height": HEIGHT})
                page.wait_for_timeout(250)
                page.screenshot(path=f"{look}/{name}-{theme}-{width}.png")
            print(f"{name}-{theme}", flush=True)
        page.close()
        blank.close()


def _write(blank: Page, picture: bytes, file: Path) -> None:
    """A PNG of at most 256 colours: about a third of what the browser writes."""
    found: dict[str, Any] = blank.evaluate(PALETTE, base64.b64encode(picture).decode())
    width, height, pixels = found["width"], found["height"], base64.b64decode(found["pixels"])
    # Each line begins with the number of its filter; for places in a palette none is the best.
    lines = b"".join(b"\0" + pixels[row * width : (row + 1) * width] for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", bytes(found["palette"])), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*each) for each in chunks))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


if __name__ == "__main__":
    sys.exit(main())
