"""Every screen in every state: what is seen before, while and after the collector answers, and when it does not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from bench.ports import free_port
from tests.e2e.browsing import visiting
from tests.e2e.running import Collector, running_collector
from tests.e2e.screens import SCREENS, Screen
from tests.e2e.seeded import DRAWN, Seeded, seed

pytestmark = pytest.mark.browser

_REQUEST: Final = "0123456789abcdef0123456789abcdef"
_WHY: Final = "The disk is on fire."
# What the browser itself says of an answer that is an error.
_REFUSED: Final = "Failed to load resource"
_TAIL: Final = re.compile("/api/v1/tail")


def _having(state: str) -> list[str]:
    return [name for name, screen in SCREENS.items() if getattr(screen, state)]


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    """A collector with the requests of the last minutes."""
    options = ("--drawn-spans", str(DRAWN), "--map-nodes", "3")
    with running_collector(tmp_path_factory.mktemp("states") / "data", options=options) as collector:
        yield seed(collector)


@pytest.fixture
def page(browser: Browser, seeded: Seeded) -> Iterator[Page]:
    """A page without any past; what the tests do to the answers is expected on its console, and nothing else."""
    with visiting(browser, seeded.collector.address, expected=_REFUSED) as context:
        yield context.new_page()


@pytest.mark.parametrize("name", _having("nothing"))
def test_where_nothing_is_found_it_says_so(page: Page, seeded: Seeded, name: str) -> None:
    screen = SCREENS[name]
    page.goto(seeded.address(screen.empty))
    _says(page, screen.nothing)


@pytest.mark.parametrize("name", SCREENS)
def test_while_the_answer_is_on_its_way_it_says_what_it_waits_for_and_can_be_ended(
    page: Page, seeded: Seeded, name: str
) -> None:
    screen = SCREENS[name]
    held: list[Route] = []
    asks = _asks(seeded, screen)

    def hold(route: Route) -> None:
        held.append(route)

    page.route(asks, hold)
    page.goto(seeded.address(screen.address), wait_until="commit")
    _says(page, screen.loading)
    expect(page.get_by_role("main")).not_to_contain_text(screen.whole)
    for route in held:
        route.continue_()
    page.unroute(asks)
    _says(page, screen.whole)


@pytest.mark.parametrize("name", _having("partial"))
def test_what_is_cut_says_how_much_there_is_and_what_ended_it(page: Page, seeded: Seeded, name: str) -> None:
    screen = SCREENS[name]

    def cut(route: Route) -> None:
        route.continue_(url=re.sub(r"(?<=[?&])limit=\d+&?|$", "", route.request.url) + f"&limit={screen.cut}")

    if screen.cut:
        page.route(_asks(seeded, screen), cut)
    page.goto(seeded.address(screen.part or screen.address))
    _says(page, screen.partial)


@pytest.mark.parametrize("name", SCREENS)
def test_what_fails_says_what_why_and_which_request_and_is_asked_again(page: Page, seeded: Seeded, name: str) -> None:
    screen = SCREENS[name]
    asks = _asks(seeded, screen)
    page.route(asks, _fail)
    page.goto(seeded.address(screen.address))
    failure = page.get_by_role("alert").filter(has_text=screen.error)
    expect(failure).to_contain_text(_WHY)
    expect(failure).to_contain_text(_REQUEST)
    page.unroute(asks)
    failure.get_by_role("button", name="Try again").click()
    _says(page, screen.whole)
    expect(failure).to_have_count(0)


@pytest.mark.parametrize("name", _having("stale"))
def test_what_fails_later_leaves_the_answer_on_the_screen_and_says_how_old_it_is(
    page: Page, seeded: Seeded, name: str
) -> None:
    screen = SCREENS[name]
    asks = _asks(seeded, screen)
    failing: list[bool] = []
    # Set up before the page is opened: a browser that is busy may send the next request past a route that is new.
    page.route(asks, lambda route: _fail(route) if failing else route.continue_())
    page.goto(seeded.address(screen.address))
    _says(page, screen.whole)
    failing.append(True)
    page.keyboard.press(".")
    old = page.get_by_role("status").filter(has_text=re.compile(r"This is of \d\d:\d\d:\d\d: asking again failed"))
    expect(old).to_contain_text(_WHY)
    _says(page, screen.whole)
    failing.clear()
    old.get_by_role("button", name="Try again").click()
    expect(old).to_have_count(0)
    _says(page, screen.whole)


def test_an_answer_that_cannot_be_drawn_takes_no_other_panel_with_it(browser: Browser, seeded: Seeded) -> None:
    with visiting(browser, seeded.collector.address, expected="Cannot read properties of null") as context:
        page = context.new_page()
        page.route(
            re.compile("/api/v1/problems"), lambda route: route.fulfill(json={"problems": [], "last_look": None})
        )
        page.goto("/")
        broken = page.get_by_role("region", name="Broken right now").get_by_role("alert")
        expect(broken).to_contain_text("It came, and could not be drawn")
        _says(page, SCREENS["home"].whole)
        page.unroute(re.compile("/api/v1/problems"))
        broken.get_by_role("button", name="Try again").click()
        expect(broken).to_have_count(0)


def test_what_a_tail_cannot_read_is_said_above_its_lines_and_beside_its_state(page: Page) -> None:
    told = {"code": "query_limit", "message": _WHY, "missed": True}
    # The browser does not come back within the test.
    stream = f"retry: 3600000\nevent: failed\ndata: {json.dumps(told)}\n\n"
    page.route(_TAIL, lambda route: route.fulfill(content_type="text/event-stream", body=stream))
    page.goto("/logs?view=tail")
    said = page.get_by_role("status").filter(has_text="What came while the tail was away could not be read")
    expect(said).to_contain_text(f"{_WHY} The log search has it once it can be.")
    expect(page.get_by_text("Some not read")).to_be_visible()


def test_a_tail_that_is_refused_says_that_it_has_ended_and_is_started_again(page: Page) -> None:
    page.route(_TAIL, _fail)
    page.goto("/logs?view=tail")
    ended = page.get_by_role("status").filter(has_text="The collector ended the tail.")
    expect(ended).to_be_visible()
    page.unroute(_TAIL)
    ended.get_by_role("button", name="Start it again").click()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(ended).to_have_count(0)


def _says(page: Page, text: str) -> None:
    expect(page.get_by_role("main")).to_contain_text(text)


def _asks(seeded: Seeded, screen: Screen) -> re.Pattern[str]:
    """The addresses of what a screen asks for first of all, with any parameters."""
    return re.compile(re.escape(f"/api/v1/{seeded.address(screen.asks)}") + r"(\?|$)")


def _fail(route: Route) -> None:
    error = {"code": "internal", "message": _WHY}
    route.fulfill(status=500, json={"error": error}, headers={"X-Request-Id": _REQUEST})


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """A collector that nobody has sent anything to."""
    with running_collector(tmp_path_factory.mktemp("first") / "data") as collector:
        yield collector


def test_an_empty_store_leads_to_the_first_steps_from_everywhere(browser: Browser, nothing: Collector) -> None:
    id_ = "f" * 32
    with visiting(browser, nothing.address, expected=_REFUSED) as context:
        page = context.new_page()
        for name, screen in SCREENS.items():
            page.goto(screen.address.format(trace=id_, error=id_[:16]))
            expect(page.get_by_role("main"), name).to_contain_text(screen.first_run)


CANCELLED: Final = ("traces", "groups", "patterns", "trace", "errors", "map", "compare", "diagnosis")


@pytest.mark.parametrize("name", CANCELLED)
def test_what_takes_long_can_be_ended_and_asked_for_again(page: Page, seeded: Seeded, name: str) -> None:
    screen = SCREENS[name]
    asks = _asks(seeded, screen)
    page.route(asks, lambda _: None)
    page.goto(seeded.address(screen.address), wait_until="commit")
    page.get_by_role("main").get_by_role("button", name="Cancel").click()
    ended = page.get_by_role("status").filter(has_text="ancelled")
    expect(ended).to_be_visible()
    page.unroute(asks)
    ended.get_by_role("button").click()
    _says(page, screen.whole)


# In the order of what the reader would have open; the others are of the same parts.
OPEN: Final = ("home", "traces", "trace", "logs", "errors", "nodes", "map", "compare", "start")


def test_what_is_on_the_screen_stays_while_the_collector_is_away_and_is_new_when_it_is_back(
    browser: Browser, tmp_path: Path
) -> None:
    port = free_port()
    with visiting(browser, f"http://127.0.0.1:{port}", expected="ERR_") as context:
        with running_collector(tmp_path / "data", port) as collector:
            seeded = seed(collector)
            pages = {name: context.new_page() for name in OPEN}
            for name, page in pages.items():
                page.goto(seeded.address(SCREENS[name].address))
                _says(page, SCREENS[name].whole)
        for name, page in pages.items():
            # The page of a trace asks for nothing more by itself once the trace is old.
            page.keyboard.press("D" if name == "trace" else ".")
            away = page.get_by_role("status").filter(has_text="The collector does not answer.")
            expect(away.filter(has_text="What is shown is what it said last"), name).to_be_visible()
            _says(page, SCREENS[name].whole)
        with running_collector(tmp_path / "data", port):
            for name, page in pages.items():
                expect(page.get_by_text("The collector does not answer."), name).to_have_count(0, timeout=60_000)
                expect(page.get_by_text("asking again failed"), name).to_have_count(0)
                _says(page, SCREENS[name].whole)


def test_a_page_that_is_gone_to_while_the_browser_is_offline_comes_by_itself(page: Page, seeded: Seeded) -> None:
    page.goto("/")
    _says(page, SCREENS["home"].whole)
    page.context.set_offline(True)
    page.get_by_role("link", name="Errors", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="The page could not be loaded")).to_be_visible()
    page.context.set_offline(False)
    _says(page, SCREENS["errors"].whole)
