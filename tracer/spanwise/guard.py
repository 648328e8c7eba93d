"""The tracer never raises into user code: failures inside it end here, counted, and said once."""

from __future__ import annotations

import logging
import os
from collections import Counter

logger = logging.getLogger("spanwise")
failures: Counter[str] = Counter()


def swallowed(where: str) -> None:
    """Count the exception being handled and say it the first time; call it inside an `except` block."""
    failures[where] += 1
    if failures[where] == 1 or os.environ.get("SPANWISE_DEBUG"):
        logger.warning("spanwise: %s failed; the application is not affected", where, exc_info=True)
