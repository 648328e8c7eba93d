"""What was acknowledged within the window, so that a body sent again is answered and not stored again."""

import struct
from collections.abc import Iterator
from pathlib import Path

from spanwise_collector.spool.files import File
from spanwise_collector.spool.frame import DIGEST_BYTES
from spanwise_collector.spool.segment import RECEIPTS, Place

_RECORD = struct.Struct(f"<{DIGEST_BYTES}sQ")
# A record of no digest keeps the name of a segment that is gone, so that it is never given again.
_NAME = bytes(DIGEST_BYTES)
_MINUTE = 60 * 10**9
_MOST_DIGESTS = 1_000_000


def record(digest: bytes, received: int) -> bytes:
    """One receipt as it stands in a file."""
    return _RECORD.pack(digest, received)


def read_records(data: bytes) -> Iterator[tuple[bytes, int]]:
    """The digests and times of records; a torn one at the end is passed over."""
    whole = len(data) - len(data) % _RECORD.size
    return _RECORD.iter_unpack(data[:whole])


class Receipts:
    """The digests of a window of time, in memory, by minute.

    Not thread-safe: its owner locks. Beyond a million digests (about 100 MB) the oldest minute goes early
    and `shortened` counts it.
    """

    def __init__(self, window: float) -> None:
        self._window = int(window * 1e9)
        self._minutes: dict[int, set[bytes]] = {}
        self._count = 0
        self._purged = -1
        self.shortened = 0

    def __contains__(self, digest: bytes) -> bool:
        return any(digest in minute for minute in self._minutes.values())

    def __len__(self) -> int:
        return self._count

    def add(self, digest: bytes, received: int) -> None:
        if not self._window:
            return
        minute = self._minutes.setdefault(received // _MINUTE, set())
        before = len(minute)
        minute.add(digest)
        self._count += len(minute) - before
        if self._count > _MOST_DIGESTS:
            self._forget(min(self._minutes))
            self.shortened += 1

    def purge(self, now: int) -> None:
        """Forget what lies outside the window, on either side: a clock may have been set back. Once a minute."""
        if now // _MINUTE == self._purged:
            return
        self._purged = now // _MINUTE
        oldest, newest = (now - self._window) // _MINUTE, (now + self._window) // _MINUTE
        for minute in [m for m in self._minutes if not oldest <= m <= newest]:
            self._forget(minute)

    def _forget(self, minute: int) -> None:
        self._count -= len(self._minutes.pop(minute))


class ReceiptLog:
    """The receipts of segments that are gone, on disk: one file a minute, named like a segment.

    A file is only ever appended to by the process that made it, so a torn record can be no more than the
    last.
    """

    def __init__(self, place: Place, window: float) -> None:
        self._place = place
        self._files = place.files
        self._window = int(window * 1e9)
        self._file: File | None = None
        self._paths: list[Path] = []

    def load(self) -> Iterator[tuple[bytes, int]]:
        """Every receipt of earlier processes."""
        for path in self._kept():
            self._paths.append(path)
            yield from (pair for pair in read_records(self._files.read(path)) if pair[0] != _NAME)

    def last_name(self) -> int:
        """The highest name that any receipt file has or tells of; 0 where there is none."""
        last = 0
        for path in self._kept():
            named = (at for digest, at in read_records(self._files.read(path)) if digest == _NAME)
            last = max(last, int(path.stem), *named)
        return last

    def append(self, records: bytes, name: str, now: int) -> None:
        """Keep the records of a segment. They and its name survive a loss of power on return; or OSError."""
        try:
            if self._file is None or now - int(self._paths[-1].stem) > _MINUTE:
                self._roll(now)
            assert self._file is not None
            self._file.write([records, _RECORD.pack(_NAME, int(name))])
            self._file.sync()
        except OSError:
            self.close()  # what follows a torn record would be misread: the next append starts a new file
            raise

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None

    def _kept(self) -> list[Path]:
        suffix = f".{RECEIPTS}"
        names = [name for name in self._files.names(self._place.folder) if name.endswith(suffix)]
        return [self._place.folder / name for name in names if name.removesuffix(suffix).isdigit()]

    def _roll(self, now: int) -> None:
        self.close()
        path = self._place.folder / f"{self._place.names.next()}.{RECEIPTS}"
        self._file = self._files.create(path)
        self._paths.append(path)
        self._place.sync()
        # Written until a minute after its name and valid for the window after that. The newest stays in any
        # case.
        while len(self._paths) > 1 and int(self._paths[0].stem) + _MINUTE + self._window < now:
            self._files.unlink(self._paths.pop(0))
