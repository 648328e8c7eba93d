"""Every route as people have their screens: narrow and wide, light and dark, without motion, in their own colours.

`test_screens.py` looks at those that tell of what is broken, where something is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.accessible import violations
from tests.e2e.addresses import ADDRESSES, comes_to_rest, filled
from tests.e2e.browsing import listening, visiting
from tests.e2e.running import running_collector
from tests.e2e.seeded import Seeded, seed

pytestmark = pytest.mark.browser


@dataclass(frozen=True, slots=True)
class Look:
    """A screen and what its reader has asked the browser for."""

    width: int
    height: int
    scheme: Literal["light", "dark"] = "light"
    motion: Literal["reduce", "no-preference"] = "no-preference"
    colours: Literal["active", "none"] = "none"

    def take(self, page: Page) -> None:
        """Look so from now on, and wait until the page has drawn itself anew."""
        page.set_viewport_size({"width": self.width, "height": self.height})
        page.emulate_media(color_scheme=self.scheme, reduced_motion=self.motion, forced_colors=self.colours)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


# In which axe looks at it.
THEMES: Final = {
    "light": Look(1440, 900, motion="reduce"),
    "dark": Look(1440, 900, scheme="dark", motion="reduce"),
}
LOOKS: Final = {
    "narrow": Look(320, 640),
    "wide": Look(2560, 1300, scheme="dark"),
    "without motion": Look(1280, 800, scheme="dark", motion="reduce"),
    "own colours": Look(1280, 800, scheme="dark", colours="active"),
}

# What of a page cannot be reached, read or seen. It is evaluated from outside: the page's policy knows nothing of it.
_WRONG: Final = Path(__file__).with_name("looks.js").read_text(encoding="utf-8")
# What has been told to be quick is over before anybody can see it.
_MOVING: Final = """() => document.getAnimations()
    .filter((each) => each.playState === 'running' && each.effect.getComputedTiming().activeDuration > 1)
    .map((each) => `moves: ${each.effect.target.outerHTML.slice(0, 140)}`)"""


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    """A collector with the requests of the last minutes."""
    with running_collector(tmp_path_factory.mktemp("looks") / "data") as collector:
        yield seed(collector)


@pytest.fixture(scope="module")
def walker(browser: Browser, seeded: Seeded) -> Iterator[Page]:
    """A page that goes from route to route."""
    context = browser.new_context(base_url=seeded.collector.address)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(walker: Page) -> Iterator[Page]:
    """The same page, whose complaints are those of the route that it is on."""
    with listening(walker.context, expected="Failed to load resource"):
        yield walker


@pytest.mark.parametrize("route", ADDRESSES)
def test_a_route_is_accessible_and_everything_on_it_can_be_reached_read_and_seen(
    page: Page, seeded: Seeded, route: str
) -> None:
    wrong: dict[str, list[Any]] = {}
    for scheme, theme in THEMES.items():
        # Before it is loaded: while a page goes from one theme to the other, its contrast is neither's.
        theme.take(page)
        page.goto(filled(route, seeded.names()))
        page.get_by_role("heading", level=1).wait_for(state="attached")
        if comes_to_rest(route):
            page.wait_for_load_state("networkidle")
        wrong[scheme] = violations(page)
    for name, look in LOOKS.items():
        look.take(page)
        wrong[name] = page.evaluate(_WRONG)
        if look.motion == "reduce":
            wrong[name] += page.evaluate(_MOVING)
    assert wrong == {name: [] for name in (*THEMES, *LOOKS)}


WITHOUT_SCRIPT: Final = ("/t/{trace}.html", "/logs.html", "/errors/{error}.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_without_a_script_fit_narrow_screens_and_break_no_rule_of_accessibility(
    browser: Browser, seeded: Seeded, scheme: Literal["light", "dark"]
) -> None:
    found: dict[str, object] = {}
    with visiting(browser, seeded.collector.address) as context:
        page = context.new_page()
        names = seeded.names()
        for route in WITHOUT_SCRIPT:
            page.goto(filled(route, names))
            Look(320, 640, scheme).take(page)
            page.get_by_role("heading", level=1).wait_for()
            wide = page.evaluate("document.documentElement.scrollWidth")
            broken = violations(page)
            if wide > 320 or broken:
                found[route] = (wide, broken)
    assert found == {}
