"""Debian's chromium, and what the web view complains of in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

_NOTHING = "nothing of the kind"


@contextmanager
def browsing(browser: Browser, address: str, *, expected: str = _NOTHING) -> Iterator[Page]:
    """A page that shares nothing with others; what the view complains of fails the test, but for what is expected."""
    with visiting(browser, address, expected=expected) as context:
        yield context.new_page()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser that has no pages yet."""
    found = shutil.which("chromium")
    assert found, "Debian's chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@contextmanager
def visiting(browser: Browser, address: str, *, expected: str = _NOTHING) -> Iterator[BrowserContext]:
    """Pages that share nothing with those of others; what they complain of fails the test, but for what is expected."""
    complaints: list[str] = []
    context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900})

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"{message.text} {message.location.get('url', '')}")

    context.on("console", note)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    context.close()
    if unexpected := [each for each in complaints if expected not in each]:
        raise AssertionError(unexpected)
