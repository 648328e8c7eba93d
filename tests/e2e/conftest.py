"""One collector and one shop for all tests of this folder, as real processes on free ports."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from examples.shop.shop import Place, Shop
from tests.e2e.browsing import chromium
from tests.e2e.customer import Customer
from tests.e2e.running import Collector, running_collector

# Milliseconds: other tests use the same cores, and what is waited for is what comes, not how soon.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """A running collector with an empty store."""
    with running_collector(tmp_path_factory.mktemp("collector") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def shop(collector: Collector) -> Iterator[Shop]:
    """A running shop that sends to the collector, without customers."""
    with Shop(Place(port=0, collector=collector.address)) as running:
        yield running


@pytest.fixture
def customer(shop: Shop) -> Iterator[Customer]:
    """Someone who buys; whatever went wrong for them is right again afterwards."""
    with httpx.Client(base_url=shop.addresses["gateway"], timeout=20.0) as client:
        yield Customer(client)
    for node in shop.nodes.values():
        node.clear()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests of a file."""
    with chromium() as running:
        yield running
