"""The pytest plugin: a fixture `spans` that records everything a test does. Loaded by pytest itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from spanwise.testing import Capture


@pytest.fixture
def spans() -> Iterator[Capture]:
    """What the test records: `spans.one("GET /items/{id}")`, `spans.queries`, `spans.assert_queries(at_most=2)`."""
    from spanwise.testing import capture

    with capture() as seen:
        yield seen
