"""What one request may cost the store in all its queries together, and whether anyone still waits for the answer."""

import re
import secrets
import threading
import time
from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

from spanwise_collector.errors import QueryLimit, Refused, SenderLeft
from spanwise_collector.store.codes import TOO_MANY_ROWS, TOO_MUCH_MEMORY, TOO_SLOW, code_of

# Memory that all queries use together is the collector's trouble, not the question's.
_OF_ALL: Final = re.compile(r"\(total\)|total memory limit|for user", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Allowance:
    """The settings query_timeout (seconds), query_rows (0: any number) and query_memory (bytes, of each query).

    `timeout` names the setting that the seconds come from.
    """

    seconds: float
    rows: int
    memory: int
    timeout: str = "query_timeout"


class Errand:
    """The queries of one request; the store is told `mark` with each, so that they can be found and stopped."""

    def __init__(self, allowance: Allowance) -> None:
        self.mark = secrets.token_hex(8)
        self.left = threading.Event()
        self.running = 0
        self.rows = 0
        self._allowance = allowance
        self._began = time.monotonic_ns()

    @property
    def time(self) -> int:
        """How long it has taken until now, in ns."""
        return time.monotonic_ns() - self._began

    def settings(self) -> dict[str, Any]:
        """What the store is told with the next query; raises SenderLeft, and QueryLimit where nothing is left."""
        self.awaited()
        seconds = self._allowance.seconds - self.time / 1e9
        if seconds <= 0:
            raise self._limit(self._allowance.timeout)
        asked = {"log_comment": self.mark, "max_execution_time": round(max(seconds, 0.001), 3)}
        if not self._allowance.rows:
            return asked
        if self.rows >= self._allowance.rows:
            raise self._limit("query_rows")
        return asked | {"max_rows_to_read": self._allowance.rows - self.rows}

    def awaited(self) -> None:
        """Raise SenderLeft where nobody waits for it any more."""
        if self.left.is_set():
            raise _nobody()

    def refusal(self, text: str) -> Refused | None:
        """What a failed query means for who asked; None where it is the store's own trouble."""
        if self.left.is_set():
            return _nobody()
        code = code_of(text)
        if code in TOO_SLOW:
            return self._limit(self._allowance.timeout)
        if code in TOO_MANY_ROWS:
            return self._limit("query_rows")
        if code in TOO_MUCH_MEMORY and not _OF_ALL.search(text):
            return self._limit("query_memory")
        return None

    def _limit(self, setting: str) -> QueryLimit:
        most = {
            self._allowance.timeout: f"it took longer than {self._allowance.seconds:g} s",
            "query_rows": f"it would read more than {self._allowance.rows:,} rows",
            "query_memory": f"it needed more than {self._allowance.memory >> 20:,} MiB of memory",
        }
        return QueryLimit(setting, most[setting])


def _nobody() -> SenderLeft:
    return SenderLeft("The connection was closed before the answer was complete.")


@dataclass(slots=True)
class Queries:
    """How many queries run now; since the start, how many have ended, how long they took, and why some were stopped."""

    running: int = 0
    ended: int = 0
    seconds: float = 0.0
    stopped: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, errand: Errand | None) -> None:
        with self._lock:
            self.running += 1
            if errand is not None:
                errand.running += 1

    def end(self, errand: Errand | None, seconds: float, rows: int = 0) -> None:
        with self._lock:
            self.running -= 1
            self.ended += 1
            self.seconds += seconds
            if errand is not None:
                errand.running -= 1
                errand.rows += rows

    def stop(self, refusal: Refused) -> None:
        with self._lock:
            self.stopped[refusal.setting if isinstance(refusal, QueryLimit) else refusal.reason] += 1


current: Final[ContextVar[Errand | None]] = ContextVar("errand", default=None)
"""The errand of the request that is being answered; it goes along into the threads of a route."""


def rows_scanned() -> int:
    """Rows that the store has read for the request until now."""
    errand = current.get()
    return 0 if errand is None else errand.rows


def time_taken() -> int:
    """How long the request has taken until now, in ns."""
    errand = current.get()
    return 0 if errand is None else errand.time
