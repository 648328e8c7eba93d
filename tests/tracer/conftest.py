"""What the tracer's tests share."""

from __future__ import annotations

import faulthandler
from collections.abc import Iterator

import pytest

from tests.tracer.sink import Sink


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A collector that takes everything."""
    with Sink() as started:
        yield started


@pytest.fixture(autouse=True)
def stacks_of_a_hang() -> Iterator[None]:
    """A hang is a failure that shows where."""
    faulthandler.dump_traceback_later(60)
    yield
    faulthandler.cancel_dump_traceback_later()
