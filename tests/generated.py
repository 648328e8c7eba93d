"""Many generated values at once, for tests whose one round through the store costs more than making them."""

from __future__ import annotations

import os
import random
from typing import TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")


def seed() -> int:
    """SPANWISE_SEED, else a new one; printed, so that a failure can be repeated."""
    chosen = int(os.environ.get("SPANWISE_SEED") or random.randrange(2**32))
    print(f"SPANWISE_SEED={chosen}")
    return chosen


def sample(strategy: SearchStrategy[T], count: int, chosen: int) -> list[T]:
    """`count` values or a few less, the same for the same seed and the same selection of tests.

    Hypothesis also draws on the constants of the modules that are loaded.
    """
    made: list[T] = []

    @hypothesis.seed(chosen)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(value: T) -> None:
        made.append(value)

    collect()
    return made
