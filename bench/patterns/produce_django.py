"""A Django application of a small shop: its own loggers, Django's of requests, of SQL and of security."""

from __future__ import annotations

import random
from pathlib import Path

from bench.patterns.django_app import Run


def lines(folder: Path, chance: random.Random) -> list[str]:
    """Messages of all loggers, in order."""
    return Run(folder).lines(chance, 900)
