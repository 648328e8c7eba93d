"""What questions about many rows share: the last hour by default, and what their answers say of the cost."""

import time
from typing import Any, Final

from pydantic import Field

from spanwise_collector.api.models import Listing
from spanwise_collector.api.parameters import TimeRange

_HOUR: Final = 3_600_000_000_000


class RecentRange(TimeRange):
    """From `start` (inclusive) to `end` (exclusive): until now, and from an hour before, where they are left out."""

    def bounds(self) -> tuple[int, int]:
        """Nanoseconds since the epoch; raises InvalidParameter."""
        now = time.time_ns()
        start, end = super().bounds()
        if self.end is None:
            end = max(now, start + 1)
        if self.start is None:
            start = max(0, end - _HOUR)
        return start, end


class Measured(Listing):
    """What an answer covers, and what it took."""

    start_time_unix_nano: int
    end_time_unix_nano: int
    exact: bool = Field(description="Whether every figure is what counting all rows one by one gives.")
    took: int = Field(description="Time that the collector needed, in ns.")


class Clock:
    """The time that an answer takes, from here on."""

    def __init__(self) -> None:
        self._began = time.perf_counter_ns()

    def whole(self, bounds: tuple[int, int], returned: int, total: int, exact: bool) -> dict[str, Any]:
        """The fields of Measured, of an answer with `returned` of `total`."""
        return {
            "returned": returned,
            "total": total,
            "total_relation": "eq",
            "reason": "end" if returned == total else "limit",
            "start_time_unix_nano": bounds[0],
            "end_time_unix_nano": bounds[1],
            "exact": exact,
            "took": time.perf_counter_ns() - self._began,
        }
