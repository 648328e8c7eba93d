"""What a segment of the spool is called and what is known of it once it is closed."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from spanwise_collector.spool.files import Clock, Files

OPEN = "open"
RECEIPTS = "receipts"


class Signal(StrEnum):
    """A kind of telemetry; also the suffix of its closed segments."""

    TRACES = "traces"
    LOGS = "logs"
    METRICS = "metrics"


_Bytes = bytes  # the field `bytes` of Segment hides the type there


@dataclass(frozen=True, slots=True)
class Segment:
    """A closed file of the spool: whole frames, never written again under this name.

    `name` never repeats for a data folder, so it serves as the token under which the store counts it once.
    `records` are the receipts of its frames, kept for `Spool.release`.
    """

    name: str
    signal: Signal
    path: Path
    bytes: int
    frames: int
    records: "_Bytes" = field(repr=False, default=b"")


class Names:
    """Names of segments: nanoseconds since the epoch, strictly increasing for one data folder.

    A clock that jumps backwards, before or after a restart, only makes them count on from the last one.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def skip_to(self, last: int) -> None:
        """Give only names higher than `last` from now on."""
        self._last = max(self._last, last)

    def next(self) -> str:
        self._last = max(self._clock.time_ns(), self._last + 1)
        return f"{self._last:020d}"


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of a spool and the means to work in it."""

    folder: Path
    files: Files
    clock: Clock
    names: Names

    def open_path(self, name: str, signal: Signal) -> Path:
        """Where a segment is written: the signal stands in the name, for recovery to know it."""
        return self.folder / f"{name}.{signal}.{OPEN}"

    def closed_path(self, name: str, signal: Signal) -> Path:
        return self.folder / f"{name}.{signal}"

    def sync(self) -> None:
        self.files.sync_folder(self.folder)
