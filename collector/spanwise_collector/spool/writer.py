"""Writes the segments of one signal: appends, syncs, closes. No threads, no waiting."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from spanwise_collector.spool.files import File
from spanwise_collector.spool.frame import Frame
from spanwise_collector.spool.receipts import record
from spanwise_collector.spool.segment import Place, Segment, Signal

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
# Ages after which a segment is closed however far the store is behind: what waits may be stuck, and this is not.
_PATIENCE = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """When an open segment is closed: at `bytes`, at a `weight`, or at `age` in seconds, whichever comes first.

    The default of `weight` is above that of 32 MiB of log records of 200 bytes, and two such inserts are within a
    store_memory of 512 MiB.
    """

    bytes: int
    age: float
    weight: int = 192 * 2**20


@dataclass(slots=True)
class _Open:
    name: str
    path: Path
    file: File
    opened: float
    size: int = 0
    weight: int = 0
    frames: int = 0
    records: bytearray = field(default_factory=bytearray)
    failed: bool = False


class SegmentWriter:
    """Appends frames durably to the open segment of a signal, and hands it to `publish` once it is closed.

    After any OSError, or without memory, the segment is not trusted again: it is cut back to what was synced and
    closed, and a new one is tried after a pause that doubles; `error` and `retry_at` say so while it lasts. Not
    thread-safe.
    """

    def __init__(self, place: Place, signal: Signal, limits: Limits, publish: Callable[[Segment], None]) -> None:
        self._place = place
        self._signal = signal
        self._limits = limits
        self._publish = publish
        self._open: _Open | None = None
        self._pause = _FIRST_PAUSE
        self.error: OSError | None = None
        self.retry_at = 0.0

    def opened(self) -> str | None:
        """The name of the segment that is being written."""
        opened = self._open
        return None if opened is None else opened.name

    def due(self, patient: bool = False) -> float | None:
        """When `tend` will have something to do, on the monotonic clock; None while only a frame can give it some."""
        if self._open is None:
            return None
        if self._open.failed:
            return self.retry_at
        return self._open.opened + self._limits.age * (_PATIENCE if patient else 1)

    def append(self, frames: list[Frame]) -> int:
        """Write frames in order. Returns how many of them, from the first, now survive a loss of power.

        It is fewer than all only after a failure, which is then in `error`.
        """
        done = 0
        try:
            while done < len(frames):
                opened = self._room()
                chunk = self._fitting(frames, done, opened)
                opened.file.write([buffer for frame in chunk for buffer in frame.buffers])
                opened.file.sync()
                for frame in chunk:
                    opened.size += frame.size
                    opened.weight += frame.weight
                    opened.records += record(frame.digest, frame.received)
                opened.frames += len(chunk)
                done += len(chunk)
        except OSError as error:
            self._fail(error)
            self.close()
        except MemoryError:
            # As a disk that fails: its senders are told, and the thread that all of them wait for goes on.
            self._fail(_no_memory())
            self.close()
        else:
            self.error, self._pause = None, _FIRST_PAUSE
        return done

    def tend(self, patient: bool = False, at_once: bool = False) -> None:
        """Close the open segment if it is full or old, if `patient` very old; or try again to close one that failed.

        `at_once` closes what has not failed whatever its age.
        """
        opened, now = self._open, self._place.clock.monotonic()
        if opened is None:
            return
        due = self.due(patient)
        if (due is not None and now >= due) or ((at_once or self._full(opened)) and not opened.failed):
            self.close()

    def close(self) -> None:
        """Close the open segment, if any. After an OSError, or for want of memory, it stays until `tend`."""
        if self._open is None:
            return
        try:
            self._hand_over(self._open)
        except OSError as error:
            self._fail(error)
        except MemoryError:
            self._fail(_no_memory())

    def _room(self) -> _Open:
        if self._open is not None and (self._open.failed or self._full(self._open)):
            self.close()
            if self._open is not None and self.error is not None:
                raise self.error
        if self._open is None:
            name = self._place.names.next()
            path = self._place.open_path(name, self._signal)
            file = self._place.files.create(path)
            self._open = _Open(name, path, file, self._place.clock.monotonic())
            self._place.sync()
        return self._open

    def _full(self, opened: _Open) -> bool:
        return opened.size >= self._limits.bytes or opened.weight >= self._limits.weight

    def _fitting(self, frames: list[Frame], start: int, opened: _Open) -> list[Frame]:
        size, weight = opened.size, opened.weight
        for end in range(start, len(frames)):
            size += frames[end].size
            weight += frames[end].weight
            if size >= self._limits.bytes or weight >= self._limits.weight:
                return frames[start : end + 1]
        return frames[start:]

    def _fail(self, error: OSError) -> None:
        if self._open is not None:
            self._open.failed = True
        self.error = error
        self.retry_at = self._place.clock.monotonic() + self._pause
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)

    def _hand_over(self, opened: _Open) -> None:
        if opened.failed:
            opened.file.truncate(opened.size)
            opened.file.sync()
        if opened.frames:
            self._close(opened)
        else:
            self._place.files.unlink(opened.path)
            self._place.sync()
        self._open = None
        # Everything is durable: whatever a close says changes nothing.
        with suppress(OSError):
            opened.file.close()

    def _close(self, opened: _Open) -> None:
        path = self._place.closed_path(opened.name, self._signal)
        # First what takes memory: without it nothing has happened yet.
        segment = Segment(opened.name, self._signal, path, opened.size, opened.frames, bytes(opened.records))
        if opened.path != path:
            self._place.files.rename(opened.path, path)
            opened.path = path
        self._place.sync()
        # Before it is forgotten here: at every moment one of the two knows it.
        self._publish(segment)


def _no_memory() -> OSError:
    return OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
