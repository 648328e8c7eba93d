"""The web view of a collector that asks for keys, in a real browser: in, out, and back to where one was."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from spanwise_collector.notebook.keys import Scope

from tests import factories
from tests.collector.access.conftest import make_key, revoke_key
from tests.collector.process import Process, eventually, process
from tests.e2e.browsing import browsing
from tests.factories import span, trace_ids

pytestmark = pytest.mark.browser
ASKS = "This collector asks for a key"


def test_a_key_opens_the_page_that_was_wanted_and_leaves_nothing_in_the_browser(
    browser: Browser, tmp_path: Path
) -> None:
    sender, first, second = (make_key(tmp_path, scope) for scope in (Scope.INGEST, Scope.READ, Scope.READ))
    (trace_id,) = trace_ids(1)
    with process(tmp_path) as collector:
        store(collector, sender, first, trace_id)
        with browsing(browser, f"http://{collector.http}", expected="responded with a status of 40") as page:
            address = f"/t/{trace_id}?view=spans"
            page.goto(address)
            expect(page.get_by_role("heading", name=ASKS)).to_be_visible()
            expect(page.get_by_label("Key", exact=True)).to_be_focused()
            expect(page.get_by_role("main")).to_contain_text("spanwise keys create --scope read")

            refuse(page, "", "Paste the key first.")
            refuse(page, f"spw_00000000_{'A' * 43}", "The key is not known here, or it was revoked.")
            refuse(page, sender, "This key only sends. The web view needs one with the scope read.")
            show(page, first, address)
            nothing_is_kept(page, first)

            page.reload()
            expect(page.get_by_role("table")).to_be_visible()

            revoke_key(tmp_path, first)
            eventually(lambda: ask(collector, first), lambda status: status == 401)
            page.get_by_role("link", name="Logs", exact=True).click()
            expect(page.get_by_role("main")).to_contain_text("The session has ended")
            expect(page).to_have_url(re.compile(r"/logs"))
            page.go_back()
            show(page, second, address)

            page.get_by_role("button", name="Log out").click()
            expect(page.get_by_role("heading", name=ASKS)).to_be_visible()
            expect(page.get_by_role("main")).not_to_contain_text("The session has ended")
            assert page.context.cookies() == []
            page.reload()
            expect(page.get_by_role("heading", name=ASKS)).to_be_visible()


def store(collector: Process, sender: str, reader: str, trace_id: str) -> None:
    body = factories.traces([span(trace_id, name="opened")]).SerializeToString()
    headers = {"Content-Type": "application/x-protobuf", "Authorization": f"Bearer {sender}"}
    assert collector.client.post("/v1/traces", content=body, headers=headers).status_code == 200
    eventually(lambda: ask(collector, reader, f"/api/v1/traces/{trace_id}"), lambda status: status == 200)


def ask(collector: Process, key: str, path: str = "/api/v1/status") -> int:
    return collector.client.get(path, headers={"Authorization": f"Bearer {key}"}).status_code


def refuse(page: Page, key: str, sentence: str) -> None:
    page.get_by_label("Key", exact=True).fill(key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(sentence)
    expect(page.get_by_label("Key", exact=True)).to_be_focused()


def show(page: Page, key: str, address: str) -> None:
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("table")).to_contain_text("opened")
    expect(page).to_have_url(re.compile(re.escape(address)))


def nothing_is_kept(page: Page, key: str) -> None:
    kept = page.evaluate(
        "JSON.stringify([localStorage, sessionStorage, document.cookie, history.state, location.href])"
    )
    assert key[-43:] not in kept
    (cookie,) = page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"], cookie["secure"]) == (
        "spanwise_session",
        True,
        "Strict",
        False,
    )
    assert key[-43:] not in cookie["value"]
    assert "spanwise_session" not in page.evaluate("document.cookie")
