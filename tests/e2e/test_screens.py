"""The screens of the web view: accessible, all of them, and few steps from what is broken to why."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import expect

from examples.shop.faults import Fault
from examples.shop.shop import Place, Shop
from examples.shop.topology import Kind
from tests.e2e.browsing import browsing
from tests.e2e.running import Collector, eventually, running_collector

pytestmark = pytest.mark.browser

ROOT: Final = Path(__file__).parents[2]
AXE: Final = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
_RUN: Final = "async () => (await axe.run()).violations.map((each) => [each.id, each.nodes.map((node) => node.html)])"
# The shortest window that there is: as much again has to come before it for there to be a baseline.
_LOOKS: Final = ("--look-interval", "2s", "--look-window", "60s")
_NORMAL_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Broken:
    """A shop of which a service fails, while customers go on."""

    collector: Collector
    trace_id: str


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broken]:
    """Fraud fails for everyone after a while without a fault, and the collector has noticed."""
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
            shop.nodes["fraud"].switch_on(Fault(Kind.EXCEPTION), seconds=None)
            found = eventually(
                lambda: [each for each in collector.get("/problems")["problems"] if _is_fraud_failing(each)],
                lambda problems: bool(problems) and problems[0]["trace_id"] != "",
            )
            assert found, collector.get("/problems")
            yield Broken(collector, found[0]["trace_id"])
        finally:
            customers.terminate()
            customers.wait()


def _is_fraud_failing(problem: dict[str, Any]) -> bool:
    return (problem["service"], problem["kind"]) == ("fraud", "failing")


def _customers(gateway: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "examples.shop", "traffic", gateway, "--rate", "6", "--seed", "1"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)


def test_from_broken_right_now_to_the_culprits_log_line_in_two_actions(broken: Broken) -> None:
    with browsing(broken.collector.address) as page:
        page.goto("/")
        problem = page.get_by_role("article", name="fraud failing")
        expect(problem).to_contain_text("fraud")

        problem.get_by_role("link", name="Diagnose").click()
        finding = page.get_by_role("region", name="Diagnosis").get_by_role("article", name="Finding 1")
        expect(finding).to_contain_text("fraud")

        finding.get_by_role("button", name="log line").first.click()
        record = page.get_by_role("article", name="Log record")
        expect(record).to_contain_text("ModelVersionError")


ROUTES: Final = (
    "/",
    "/traces",
    "/t/{trace}?diagnosis=on",
    "/logs",
    "/errors",
    "/errors/{error}",
    "/nodes",
    "/diagnosis?from=now-30s",
    "/map",
    "/map?focus=checkout",
    "/services/checkout",
    "/compare?from=now-30s",
    "/settings/general",
    "/settings/shortcuts",
    "/settings/keys",
    "/settings/retention",
    "/settings/ingest",
    "/start",
    "/nowhere",
)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_route_violates_a_rule_of_accessibility(broken: Broken, theme: str) -> None:
    found: dict[str, Any] = {}
    error = broken.collector.get("/errors")["errors"][0]["fingerprint"]
    with browsing(broken.collector.address) as page:
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
        for route in ROUTES:
            page.goto(route.format(trace=broken.trace_id, error=error))
            page.wait_for_load_state("networkidle")
            page.evaluate(AXE.read_text())
            violations = page.evaluate(_RUN)
            if violations:
                found[route] = violations
    assert found == {}
