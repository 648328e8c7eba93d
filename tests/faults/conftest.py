from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.collector import Collector
from tests.faults.calls import Calls

Failing = tuple[Collector, Calls]


@pytest.fixture(scope="session")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failing]:
    """One collector for all faults that it must outlive, and the rules for its calls."""
    folder = tmp_path_factory.mktemp("failing")
    calls = Calls(folder)
    flags = ("--read-timeout", "2s", "--spool-segment-age", "100ms")
    collector = Collector(folder / "data", folder / "collector.log", flags=flags, variables=calls.variables)
    collector.start()
    yield collector, calls
    collector.kill()
