"""Addresses: Back and Forward lead to what was seen, and a link shows the next person the same."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.browsing import visiting
from tests.e2e.running import eventually, running_collector
from tests.e2e.seeded import FAILED, REQUESTS, Seeded, seed

pytestmark = pytest.mark.browser


@dataclass(frozen=True, slots=True)
class Step:
    """A page, what is seen on it, what its reader does, what is seen then, and what the address says of it."""

    address: str
    before: str
    act: Callable[[Page], object]
    after: str
    said: str
    same: str = "main"
    """What another browser shows letter by letter; less than all where the collector itself goes on."""


def _range(page: Page) -> None:
    page.get_by_role("button", name="Last hour").click()
    page.get_by_role("button", name="Last 24 hours").click()


def _press(name: str) -> Callable[[Page], object]:
    return lambda page: page.get_by_role("main").get_by_role("button", name=re.compile(f"^{name}")).first.click()


STEPS: Final = {
    "home": Step("/", "Last hour", _range, "Last 24 hours", "from=now-24h", same="table[aria-label=Services]"),
    "a facet": Step("/traces", f"{REQUESTS + 1} of", _press("eu 8"), f"{FAILED} of {FAILED} traces", "q=region:eu"),
    "spans": Step("/traces", f"{REQUESTS + 1} of", _press("Spans"), "100 of ≥ 101 spans", "view=spans"),
    "a tab of a trace": Step("/t/{trace}", "All 4 spans", _press("Operations"), "Self time", "view=operations"),
    "a diagnosis": Step(
        "/t/{trace}",
        "All 4 spans",
        _press("Diagnose"),
        "What was checked",
        "diagnosis=on",
        same="[aria-label=Diagnosis]",
    ),
    "patterns": Step("/logs", f"{REQUESTS} of", _press("Patterns"), "2 of 2 patterns", "view=patterns"),
    "muted errors": Step("/errors", "pay.Declined", _press("muted"), "No error is like that", "state=muted"),
    "nodes": Step("/nodes", "Last hour", _range, "Last 24 hours", "from=now-24h", same="main h1"),
    "the focus of the map": Step(
        "/map",
        "all services",
        lambda page: page.get_by_label("Focus").select_option("db"),
        "Service page",
        "focus=db",
        same="main table",
    ),
    "an operation": Step(
        "/services/api",
        "POST /charge",
        lambda page: page.get_by_role("table", name="Operations").get_by_role("link", name="POST /charge").click(),
        "What it calls",
        "op=POST",
        same="main h1",
    ),
    "a service": Step("/services/api", "Last hour", _range, "Last 24 hours", "from=now-24h", same="main h1"),
    "a comparison": Step(
        "/compare?split=failed", "region", _range, "Last 24 hours", "from=now-24h", same="[aria-label=Attributes]"
    ),
    "a baseline": Step(
        "/diagnosis",
        "What was checked",
        lambda page: page.get_by_label("against").select_option("day"),
        "What was checked",
        "against=day",
        same="main h1",
    ),
    "settings": Step(
        "/settings/general",
        "Theme",
        lambda page: page.get_by_role("link", name="Keyboard").click(),
        "Single keys",
        "settings/shortcuts",
    ),
}


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    """A collector with the requests of the last minutes."""
    data = tmp_path_factory.mktemp("navigation") / "data"
    with running_collector(data, options=("--look-interval", "0s")) as collector:
        yield seed(collector)


@pytest.mark.parametrize("name", STEPS)
def test_back_and_forward_lead_to_what_was_seen_and_a_link_shows_another_browser_the_same(
    browser: Browser, seeded: Seeded, name: str
) -> None:
    step = STEPS[name]
    now = time.time()
    with visiting(browser, seeded.collector.address) as context:
        page = context.new_page()
        # What is said of times passed is the same in both browsers.
        page.clock.set_fixed_time(now)
        page.goto(seeded.address(step.address))
        main = page.get_by_role("main")
        expect(main).to_contain_text(step.before)
        step.act(page)
        expect(main).to_contain_text(step.after)
        expect(page).to_have_url(re.compile(re.escape(step.said)))
        page.go_back()
        expect(page).not_to_have_url(re.compile(re.escape(step.said)))
        expect(main).to_contain_text(step.before)
        page.go_forward()
        expect(page).to_have_url(re.compile(re.escape(step.said)))
        expect(main).to_contain_text(step.after)
        with visiting(browser, seeded.collector.address) as other:
            fresh = other.new_page()
            fresh.clock.set_fixed_time(now)
            fresh.goto(page.url)
            expect(fresh.get_by_role("main")).to_contain_text(step.after)
            fresh.wait_for_load_state("networkidle")
            text = page.locator(step.same).first.inner_text()
            expect(fresh.locator(step.same).first).to_have_text(text, use_inner_text=True)


def test_a_link_holds_the_span_the_log_line_the_fold_and_the_zoom_of_a_trace(browser: Browser, seeded: Seeded) -> None:
    now = time.time()
    with visiting(browser, seeded.collector.address) as context, visiting(browser, seeded.collector.address) as other:
        page, fresh = context.new_page(), other.new_page()
        for each in (page, fresh):
            each.clock.set_fixed_time(now)
        page.goto(seeded.address("/t/{trace}?logs=rows"))
        grid = page.get_by_role("treegrid", name="Spans")
        grid.get_by_role("row", name=re.compile("POST .charge")).click()
        page.get_by_role("option", name=re.compile("declined")).click()
        expect(page.get_by_role("article", name="Log record")).to_contain_text("declined")
        page.keyboard.press("[")
        expect(grid).to_have_attribute("aria-rowcount", "4")
        expect(page).to_have_url(re.compile("logs=rows.*sel=0000000000000002.*log=.*fold="))
        fresh.goto(page.url)
        expect(fresh.get_by_role("article", name="Log record")).to_contain_text("declined")
        expect(fresh.get_by_role("treegrid", name="Spans")).to_have_attribute("aria-rowcount", "4")
        fresh.wait_for_load_state("networkidle")
        expect(fresh.get_by_role("main")).to_have_text(page.get_by_role("main").inner_text(), use_inner_text=True)


def test_a_link_that_would_be_too_long_is_kept_by_the_collector_and_opens_the_same_view(
    browser: Browser, seeded: Seeded
) -> None:
    trace = seeded.address("/t/{trace}")
    with (
        visiting(browser, seeded.collector.address) as context,
        visiting(browser, seeded.collector.address, expected="404") as other,
    ):
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page, fresh, now = context.new_page(), other.new_page(), time.time()
        for each in (page, fresh):
            each.clock.set_fixed_time(now)
        # What is not known in an address stays in it.
        page.goto(f"{trace}?view=spans&find=charge&note={'x' * 2000}")
        expect(page.get_by_role("main")).to_contain_text("SELECT cards")
        page.wait_for_load_state("networkidle")
        page.evaluate("navigator.clipboard.writeText('nothing yet')")
        page.keyboard.press("y")
        link = eventually(
            lambda: page.evaluate("navigator.clipboard.readText()"), lambda copied: copied != "nothing yet"
        )
        assert re.fullmatch(re.escape(f"{seeded.collector.address}{trace}?s=") + r"[\w-]{22}", link)
        fresh.goto(link)
        expect(fresh).to_have_url(re.compile("view=spans&find=charge&note=x{2000}&v=1"))
        fresh.wait_for_load_state("networkidle")
        expect(fresh.get_by_role("main")).to_have_text(page.get_by_role("main").inner_text(), use_inner_text=True)
        fresh.goto(f"{trace}?s={'A' * 22}")
        expect(fresh.get_by_text("not kept any more")).to_be_visible()
        expect(fresh.get_by_role("treegrid", name="Spans")).to_be_visible()
        fresh.get_by_role("button", name="Dismiss").click()
        expect(fresh.get_by_text("not kept any more")).to_be_hidden()


def test_a_browser_draws_the_colours_that_it_knows_at_once_and_again_where_the_collector_says_others(
    browser: Browser, seeded: Seeded
) -> None:
    def coloured(page: Page) -> set[str]:
        script = "all => all.map(each => `${each.textContent} ${/svc-[0-9]+/.exec(each.className)}`)"
        return set(page.locator("[role=treegrid] .badge:not(:empty)").evaluate_all(script))

    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    known = json.dumps(seeded.collector.get("/colours")["services"][::-1])
    with (
        visiting(browser, seeded.collector.address) as context,
        visiting(browser, seeded.collector.address) as other,
    ):
        page, first = context.new_page(), other.new_page()
        first.goto(seeded.address("/t/{trace}"))
        expect(first.get_by_role("main")).to_contain_text("SELECT cards")
        page.add_init_script(f"localStorage.setItem('spanwise.colours', JSON.stringify({known}))")
        page.route("**/api/v1/colours", hold)
        page.goto(seeded.address("/t/{trace}"))
        expect(page.get_by_role("main")).to_contain_text("SELECT cards")
        right = coloured(first)
        assert len(right) > 1
        assert coloured(page) != right
        held[0].continue_()
        eventually(lambda: coloured(page), lambda drawn: drawn == right)


def test_of_a_trace_that_is_not_there_log_records_are_asked_for_once(browser: Browser, seeded: Seeded) -> None:
    asked: list[str] = []
    with visiting(browser, seeded.collector.address, expected="404") as context:
        page = context.new_page()
        page.clock.install()
        page.on("request", lambda request: asked.append(urlsplit(request.url).path))
        page.goto(f"/t/{'7' * 32}")
        expect(page.get_by_text("No such trace yet")).to_be_visible()

        def looked() -> int:
            page.clock.run_for(3000)
            return asked.count(f"/api/v1/traces/{'7' * 32}/columns")

        eventually(looked, lambda times: times > 3)
        assert asked.count("/api/v1/logs") == 1


KEYED: Final = {
    "the strip of a trace": ("/t/{trace}", "[role=slider][aria-label='Start of the shown time']", "ArrowRight"),
    "a grip": ("/t/{trace}", "[role=separator]", "ArrowRight"),
    "log lines": ("/t/{trace}", "[role=listbox]", "ArrowDown"),
    "a flame": ("/t/{trace}?view=flame&sel=0000000000000001", "[role=figure][tabindex='0']", "ArrowDown"),
    "a table of spans": ("/t/{trace}?view=spans", "[aria-label='Spans table']", "ArrowDown"),
    "two traces": ("/compare?a={trace}&b={long}", "[aria-label='Both traces'] [role=slider]", "ArrowRight"),
}
# Whether a key is left to the browser, with each modifier and without one.
PRESS: Final = """(control, key) => ["altKey", "ctrlKey", "metaKey", ""].map((modifier) =>
    control.dispatchEvent(new KeyboardEvent("keydown", {key, [modifier]: true, bubbles: true, cancelable: true})))"""


@pytest.mark.parametrize("name", KEYED)
def test_a_drawing_takes_arrows_and_leaves_those_with_a_modifier_to_the_browser(
    browser: Browser, seeded: Seeded, name: str
) -> None:
    address, control, key = KEYED[name]
    with visiting(browser, seeded.collector.address) as context:
        page = context.new_page()
        page.goto(seeded.address(address))
        found = page.locator(control).first
        expect(found).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert found.evaluate(PRESS, key) == [True, True, True, False]


def test_on_back_the_link_that_was_followed_has_the_focus_again(browser: Browser, seeded: Seeded) -> None:
    with visiting(browser, seeded.collector.address) as context:
        page = context.new_page()
        page.goto("/")
        link = page.get_by_role("table", name="Services").get_by_role("link", name=re.compile("api$"))
        link.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("table", name="Operations")).to_be_visible()
        expect(page.get_by_role("main")).to_be_focused()
        page.go_back()
        expect(link).to_be_focused()
