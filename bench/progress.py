"""What a person sees while a run goes on: a bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import sys
import time

_BAR = 30
_LINE_EVERY_SECONDS = 5.0


class Progress:
    """One run of a known length. `show()` may be called often; `end()` leaves the line."""

    def __init__(self, title: str, seconds: float) -> None:
        self._title = title
        self._seconds = seconds
        self._began = time.monotonic()
        self._said = 0.0
        self._terminal = sys.stderr.isatty()

    def show(self, acknowledged: int, searchable: int) -> None:
        """Say how far it is."""
        elapsed = time.monotonic() - self._began
        text = f"{acknowledged:>12,} acknowledged {searchable:>12,} searchable"
        if self._terminal:
            done = min(1.0, elapsed / self._seconds)
            bar = "█" * int(done * _BAR) + "·" * (_BAR - int(done * _BAR))
            sys.stderr.write(f"\r\x1b[K{self._title} {bar} {elapsed:5.1f} s {text}")
            sys.stderr.flush()
        elif elapsed - self._said >= _LINE_EVERY_SECONDS:
            self._said = elapsed
            print(f"{self._title} {elapsed:5.0f} s {text}", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the bar's line."""
        if self._terminal:
            sys.stderr.write("\n")
