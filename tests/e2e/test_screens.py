"""The screens of the web view: accessible, all of them, and few steps from what is broken to why."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Locator, Page, expect

from examples.shop.faults import Fault
from examples.shop.shop import Place, Shop
from examples.shop.topology import Kind
from tests.e2e.accessible import violations
from tests.e2e.addresses import ADDRESSES, comes_to_rest, filled
from tests.e2e.browsing import browsing
from tests.e2e.running import Collector, eventually, running_collector

# The first of them waits until a shop that really runs has been found broken.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

ROOT: Final = Path(__file__).parents[2]
# The shortest window that there is: as much again has to come before it for there to be a baseline.
_LOOKS: Final = ("--look-interval", "2s", "--look-window", "60s")
_NORMAL_SECONDS: Final = 120.0
_FAULTY_SECONDS: Final = 300.0
FAULTS: Final = {
    "catalog": Fault(Kind.SLOW_QUERY, 0.2),
    "fraud": Fault(Kind.EXCEPTION, 0.5),
    "notifications": Fault(Kind.KILL),
}
# What is slow keeps those who call it waiting as well.
KINDS: Final = {"catalog": ("slow", "overloaded"), "fraud": ("failing",), "notifications": ("silent",)}
MOST_ACTIONS: Final = 4


@dataclass(frozen=True, slots=True)
class Broken:
    """A shop of which one service is slow, one fails and one is silent, while customers go on."""

    collector: Collector
    trace_id: str


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broken]:
    """After a while without a fault three services go wrong that do not call each other, and the collector notices."""
    data = tmp_path_factory.mktemp("screens") / "data"
    with running_collector(data, options=_LOOKS) as collector, Shop(Place(port=0, collector=collector.address)) as shop:
        customers = _customers(shop.addresses[shop.gateway])
        try:
            last_look = eventually(
                lambda: collector.get("/problems")["last_look"],
                lambda look: look["outcome"] == "looked",
                _NORMAL_SECONDS,
            )
            assert last_look["outcome"] == "looked"
            for service, fault in FAULTS.items():
                shop.nodes[service].switch_on(fault, seconds=None)
            found = eventually(
                lambda: _found(collector), lambda problems: set(problems) >= set(FAULTS), _FAULTY_SECONDS
            )
            assert set(found) >= set(FAULTS), collector.get("/problems")
            yield Broken(collector, found["fraud"]["trace_id"])
        finally:
            customers.terminate()
            customers.wait()


def _found(collector: Collector) -> dict[str, dict[str, Any]]:
    """What was found of each service that is as bad as it is."""
    problems = collector.get("/problems")["problems"]
    return {
        each["service"]: each
        for each in problems
        if each["kind"] in KINDS.get(each["service"], ()) and each["trace_id"]
    }


def _customers(gateway: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "examples.shop", "traffic", gateway, "--rate", "6", "--seed", "1"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)


class Reader:
    """Somebody at the view, whose actions are counted."""

    def __init__(self) -> None:
        self.actions = 0

    def press(self, what: Locator) -> None:
        """Press it: one action, and one too many after the fourth."""
        self.actions += 1
        assert self.actions <= MOST_ACTIONS
        what.click()


@pytest.mark.parametrize("service", FAULTS)
def test_from_broken_right_now_to_a_log_line_of_the_culprit_in_at_most_four_actions(
    broken: Broken, service: str
) -> None:
    with browsing(broken.collector.address) as page:
        reader = Reader()
        page.goto("/")
        problem = page.get_by_role("article", name=re.compile(f"{service} ({'|'.join(KINDS[service])})"))
        reader.press(problem.get_by_role("link", name="Diagnose"))
        reader.press(page.get_by_role("link", name=f"Log lines of {service}").first)
        line = page.get_by_role("listbox", name="Log records").get_by_role("option").first
        reader.press(line)
        expect(page.get_by_role("article", name="Log record")).to_contain_text(service)


def test_with_the_keyboard_alone_from_home_to_the_log_line(broken: Broken) -> None:
    with browsing(broken.collector.address) as page:
        page.goto("/")
        diagnose = page.get_by_role("article", name="fraud failing").get_by_role("link", name="Diagnose")
        _tab_to(page, diagnose)
        page.keyboard.press("Enter")
        finding = page.get_by_role("region", name="Diagnosis").get_by_role("article", name="Finding 1")
        expect(finding).to_contain_text("fraud")
        _tab_to(page, finding.get_by_role("button", name="log line").first)
        page.keyboard.press("Enter")
        expect(page.get_by_role("article", name="Log record")).to_contain_text("ModelVersionError")


def _tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until it has the focus, as often as there are things to come by at most."""
    wanted.wait_for()
    for _ in range(200):
        page.keyboard.press("Tab")
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError("Tab does not lead there")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_route_violates_a_rule_of_accessibility(broken: Broken, theme: str) -> None:
    found: dict[str, Any] = {}
    names = {
        "trace": broken.trace_id,
        "other": broken.collector.get("/traces", limit=1)["traces"][0]["trace_id"],
        "error": broken.collector.get("/errors")["errors"][0]["fingerprint"],
        "pattern": broken.collector.get("/patterns")["patterns"][0]["id"],
        "service": "checkout",
        "operation": "POST /orders",
        "since": "now-30s",
    }
    with browsing(broken.collector.address) as page:
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
        for route in ADDRESSES:
            page.goto(filled(route, names))
            page.get_by_role("heading", level=1).wait_for(state="attached")
            if comes_to_rest(route):
                page.wait_for_load_state("networkidle")
            if broken_rules := violations(page):
                found[route] = broken_rules
    assert found == {}
