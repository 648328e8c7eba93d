"""Debian's chromium, and what the web view complains of in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, WebError, sync_playwright

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
    context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900})
    with listening(context, expected=expected):
        yield context
        context.close()


@contextmanager
def listening(context: BrowserContext, *, expected: str = _NOTHING) -> Iterator[None]:
    """What these pages complain of meanwhile fails the test, but for what is expected."""
    unexpected: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # Not looked for in the address: its port or the name of a file may hold a status that is expected.
        if message.type == "error" and expected not in message.text:
            unexpected.append(f"{message.text} {message.location.get('url', '')}")

    def note_error(error: WebError) -> None:
        if expected not in str(error.error):
            unexpected.append(str(error.error))

    context.on("console", note)
    context.on("weberror", note_error)
    yield
    context.remove_listener("console", note)
    context.remove_listener("weberror", note_error)
    if unexpected:
        raise AssertionError(unexpected)
