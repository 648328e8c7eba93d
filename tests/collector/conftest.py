from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.collector.inside import Inside, inside
from tests.collector.process import Process, process


@pytest.fixture(scope="session")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """The one collector inside this process; a test keeps its data apart by project, trace or time."""
    with inside(tmp_path_factory.mktemp("collector")) as made:
        yield made


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A collector in a process of its own, with the default settings."""
    with process(tmp_path_factory.mktemp("service") / "data") as made:
        yield made
