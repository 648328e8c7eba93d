from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.collector.process import Process, process


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A collector in a process of its own, whose store gets each request at once."""
    with process(tmp_path_factory.mktemp("contract") / "data", "--spool-segment-age", "1ms") as made:
        yield made
