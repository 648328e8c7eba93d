from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector.receive.running import Receiver, receiver


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Receiver]:
    """A receiver with the limits of the product, except for a body limit of 1 MiB."""
    with receiver(tmp_path / "spool", "--max-body-bytes", "1MiB", "--read-timeout", "1s") as made:
        yield made
