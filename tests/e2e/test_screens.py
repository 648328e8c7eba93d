"""The screens of the web view: accessible, all of them, and few steps from what is broken to why."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from examples.shop.faults import Fault
from examples.shop.shop import Place, Shop
from examples.shop.topology import Kind
from tests.e2e.accessible import violations
from tests.e2e.addresses import filled
from tests.e2e.browsing import browsing
from tests.e2e.running import Collector, eventually, running_collector
from tests.e2e.seeded import SECOND

# The first of them waits until a shop that really runs has been found broken.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

ROOT: Final = Path(__file__).parents[2]
# The shortest window that there is.
_LOOKS: Final = ("--look-interval", "2s", "--look-window", "60s")
# As much again has to come before it for there to be a baseline.
_HISTORY: Final = 150 * SECOND
_WARM_TRACES: Final = 30
_NORMAL_TRACES: Final = 90
_FAULTY_SECONDS: Final = 300.0
FAULTS: Final = {
    "catalog": Fault(Kind.SLOW_QUERY, 0.2),
    "fraud": Fault(Kind.EXCEPTION, 0.5),
    "notifications": Fault(Kind.KILL),
}
# What is slow keeps those who call it waiting as well.
KINDS: Final = {"catalog": ("slow", "overloaded"), "fraud": ("failing",), "notifications": ("silent",)}
MOST_ACTIONS: Final = 4
THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
# Where is told what is wrong, and with whom.
TELL: Final = (
    "/",
    "/t/{trace}?diagnosis=on",
    "/traces?q=failed:true",
    "/errors",
    "/map",
    "/nodes",
    "/services/{service}",
    "/diagnosis?from={since}",
    "/compare?split=failed",
)


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
            _live_through(collector, _WARM_TRACES)
            began = time.time_ns()
            _live_through(collector, _NORMAL_TRACES)
            _have_lived_longer(collector, began, time.time_ns())
            eventually(lambda: collector.get("/problems")["last_look"], lambda look: look["outcome"] == "looked")
            for service, fault in FAULTS.items():
                shop.nodes[service].switch_on(fault, seconds=None)
            found = eventually(
                lambda: _found(collector), lambda problems: set(problems) >= set(FAULTS), _FAULTY_SECONDS
            )
            yield Broken(collector, found["fraud"]["trace_id"])
        finally:
            customers.terminate()
            customers.wait()


def _live_through(collector: Collector, traces: int) -> None:
    """Until so many more traces can be searched."""
    since = time.time_ns()
    eventually(lambda: collector.get("/traces", start=since, limit=traces)["returned"], lambda count: count == traces)


def _have_lived_longer(collector: Collector, start: int, end: int) -> None:
    """Send what came in this time again, as often as it fits before it into a history without a fault."""
    for signal in ("traces", "logs"):
        with httpx.Client(base_url=collector.address, timeout=60.0) as client:
            range_ = {"signal": signal, "format": "otlp-json", "start": start, "end": end}
            *requests, _ = client.get("/api/v1/export", params=range_).raise_for_status().text.splitlines()
            for copy in range(1, _HISTORY // (end - start) + 1):
                for request in requests:
                    earlier = _moved(json.loads(request), copy, copy * (start - end))
                    client.post(f"/v1/{signal}", json=earlier).raise_for_status()


def _moved(part: Any, copy: int, nanoseconds: int) -> Any:
    """The same of other traces, at another time."""
    if isinstance(part, list):
        return [_moved(each, copy, nanoseconds) for each in part]
    if not isinstance(part, dict):
        return part
    moved = {name: _moved(each, copy, nanoseconds) for name, each in part.items()}
    moved |= {
        name: str(int(part[name]) + nanoseconds) for name in part if name.endswith("UnixNano") and part[name] != "0"
    }
    if part.get("traceId"):
        moved["traceId"] = f"{copy:02x}{part['traceId'][2:]}"
    return moved


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
    browser: Browser, broken: Broken, service: str
) -> None:
    with browsing(browser, broken.collector.address) as page:
        reader = Reader()
        page.goto("/")
        problem = page.get_by_role("article", name=re.compile(f"{service} ({'|'.join(KINDS[service])})"))
        reader.press(problem.get_by_role("link", name="Diagnose"))
        reader.press(page.get_by_role("link", name=f"Log lines of {service}").first)
        line = page.get_by_role("listbox", name="Log records").get_by_role("option").first
        reader.press(line)
        expect(page.get_by_role("article", name="Log record")).to_contain_text(service)


def test_with_the_keyboard_alone_from_home_to_the_log_line(browser: Browser, broken: Broken) -> None:
    with browsing(browser, broken.collector.address) as page:
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


@pytest.mark.parametrize("address", TELL)
def test_what_is_said_of_the_broken_violates_no_rule_of_accessibility(
    browser: Browser, broken: Broken, address: str
) -> None:
    names = {"trace": broken.trace_id, "service": "fraud", "operation": "POST /score", "since": "now-30s"}
    found: dict[str, Any] = {}
    # While the shop and the looks at it take the cores, a question may take longer than it may.
    with browsing(browser, broken.collector.address, expected="responded with a status of 422") as page:
        for theme in THEMES:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.goto(filled(address, names))
            page.get_by_role("heading", level=1).wait_for(state="attached")
            page.wait_for_load_state("networkidle")
            found[theme] = violations(page)
    assert found == {"light": [], "dark": []}
