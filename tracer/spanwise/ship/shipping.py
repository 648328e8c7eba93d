"""All files that are followed: found, read, rotated, delivered. Nothing is lost and nothing sent under two names."""

from __future__ import annotations

import glob
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from spanwise.ship.delivery import Delivery, Parcel, Rejected, body_of
from spanwise.ship.following import Follower, Truncated, opened, siblings
from spanwise.ship.joining import Entry
from spanwise.ship.place import Memory, Place, head_of

_POLL = 0.2
_MOST_RECORDS = 2000
_MOST_SIZE = 1024 * 1024


@dataclass(slots=True)
class Tally:
    """What was done since the start."""

    records: int = 0
    refused: int = 0
    files: int = 0


@dataclass(frozen=True, slots=True)
class Manner:
    """How files are followed: how long, in seconds, a record waits for more of its lines, how long a file that was
    rotated away is still read, and how long one that was removed; `from_end`: of files found at the start only what is
    new."""

    join: float = 1.0
    linger: float = 3.0
    removed: float = 60.0
    from_end: bool = False


MANNER = Manner()


class Shipping:
    """Follows files until told to stop; for one thread.

    Before a parcel is sent its bytes are in the memory, and after a kill exactly they are sent first.
    """

    def __init__(
        self,
        patterns: Sequence[str],
        delivery: Delivery,
        memory: Memory,
        resource_of: Callable[[str], dict[str, str]],
        manner: Manner = MANNER,
    ) -> None:
        self._patterns = [os.path.abspath(pattern) for pattern in patterns]
        self._delivery = delivery
        self._memory = memory
        self._resource_of = resource_of
        self._from_end = manner.from_end
        self._manner = manner
        self._followers: list[Follower] = []
        self.tally = Tally()

    def resume(self) -> None:
        """Take up what was left; raises Undelivered."""
        if self._memory.pending is not None:
            self._send(self._memory.pending)
        for place in [each for each in self._memory.places if not each.done]:
            self._take_up(place)
        self._memory.write()

    def run(self, *, once: bool = False) -> None:
        """Until stopped, or `once`: until every file that is there is delivered. Raises Undelivered."""
        while not self._delivery.stopping.is_set():
            self._discover()
            busy = [self._read(follower) for follower in list(self._followers)]
            sent = [self._deliver(follower) for follower in list(self._followers)]
            if any(busy) or any(sent):
                continue
            if once:
                for follower in self._followers:
                    follower.finish()
                    while self._deliver(follower):
                        pass
                return
            self._delivery.stopping.wait(_POLL)

    def _read(self, follower: Follower) -> bool:
        try:
            if follower.read():
                return True
        except Truncated:
            self._truncated(follower)
            return True
        if follower.rotated and follower.idle(self._manner.linger):
            follower.finish()
        elif follower.idle(self._manner.join):
            follower.joiner.close()
        return False

    def _deliver(self, follower: Follower) -> bool:
        entries = follower.joiner.take(_MOST_RECORDS, _MOST_SIZE)
        if entries:
            self._memory.begin(
                self._parcel(follower.place, entries),
                {follower.place.id: follower.after(max(entry.end for entry in entries))},
            )
            assert self._memory.pending is not None
            self._send(self._memory.pending)
        elif follower.rotated and not follower.joiner.entries and follower.idle(self._manner.linger):
            self._forget(follower)
        return bool(entries)

    def _parcel(self, place: Place, entries: Iterable[Entry]) -> Parcel:
        body = body_of(entry.record() for entry in entries)
        return Parcel(f"{place.id}-{place.offset}", self._resource_of(place.path), body, place.after)

    def _send(self, parcel: Parcel) -> None:
        records, after = parcel.body.count(b"\n"), parcel.after
        try:
            after = self._delivery.deliver(parcel)
            self.tally.records += records
        except Rejected as error:
            self.tally.refused += records
            _say(f"{records} records cannot be stored and are left out: {error}")
        self._memory.finish(after)

    # Which file is which

    def _discover(self) -> None:
        paths = {each for pattern in self._patterns for each in glob.glob(pattern, recursive=True)}
        for follower in self._followers:
            if follower.place.path not in paths and follower.idle(self._manner.removed):
                follower.rotated = True
        for path in paths:
            try:
                found = os.stat(path)
            except OSError:
                continue
            old = self._at(path)
            if old is not None and (old.place.device, old.place.inode) == (found.st_dev, found.st_ino):
                continue
            if old is not None:
                old.rotated = True
                self._adopt_between(path, old.seen)
            self._open(path, from_end=self._from_end and old is None)
        self._from_end = False

    def _open(self, path: str, *, from_end: bool = False, rotated_from: str = "") -> bool:
        """Follow a file that nobody follows; one that is known, or a copy of one, is left alone. Whether it did."""
        if (found := opened(path)) is None:
            return False
        file, stat = found
        if self._known(file, stat, path):
            os.close(file)
            return False
        offset = stat.st_size if from_end else 0
        place = Place(rotated_from or path, stat.st_dev, stat.st_ino, offset, seen=stat.st_mtime_ns)
        self._memory.places.append(place)
        self._followers.append(Follower(place, file, rotated=bool(rotated_from)))
        self._memory.write()
        self.tally.files += 1
        return True

    def _known(self, file: int, stat: os.stat_result, path: str) -> bool:
        for place in self._memory.places:
            same = (place.device, place.inode) == (stat.st_dev, stat.st_ino)
            if same and place.begins(file):
                return True
            copy = path.startswith(place.path) and path != place.path and place.head_size
            if copy and head_of(file, place.head_size) == place.head:
                return True
        return False

    def _take_up(self, place: Place) -> None:
        at = self._locate(place)
        if at is None:
            self._memory.places.remove(place)
            if place.offset:
                _say(f"{place.path} was replaced, and there is no copy: what was not yet read of it is gone")
        else:
            file, path = at
            self._follow(place, file, rotated=path != place.path)
        self._adopt_between(place.path, place.seen)

    def _follow(self, place: Place, file: int, *, rotated: bool) -> None:
        stat = os.fstat(file)
        place.device, place.inode = stat.st_dev, stat.st_ino
        self._followers.append(Follower(place, file, rotated=rotated))

    def _locate(self, place: Place) -> tuple[int, str] | None:
        """Where the file of a place is now: under its name, or, best by inode, else as a copy, under a rotated one."""
        found: list[tuple[bool, int, str]] = []
        for path in (place.path, *(other for other, _ in siblings(place.path))):
            if (candidate := opened(path)) is None:
                continue
            file, stat = candidate
            same = (stat.st_dev, stat.st_ino) == (place.device, place.inode)
            if place.begins(file) and (same or place.head_size):
                found.append((same, file, path))
            else:
                os.close(file)
        found.sort(key=lambda each: not each[0])
        for _, file, _ in found[1:]:
            os.close(file)
        return found[0][1:] if found else None

    def _truncated(self, follower: Follower) -> None:
        """The file was emptied. If it was copied before, the rest is read from the copy."""
        place = follower.place
        self._followers.remove(follower)
        place.device = place.inode = 0
        if place.offset and (at := self._locate(place)) is not None:
            self._follow(place, at[0], rotated=True)
        elif not place.offset and any(follower.begins_like(other) for other, _ in siblings(place.path)):
            self._memory.places.remove(place)  # the copy is a file of its own, from its beginning
        else:
            _say(f"{place.path} was emptied, and there is no copy: what was not yet read of it is gone")
            follower.finish()
            while self._deliver(follower):
                pass
            self._memory.places.remove(place)
        self._adopt_between(place.path, place.seen)
        follower.close()
        if not follower.rotated:
            self._open(place.path)
        self._memory.write()

    def _adopt_between(self, path: str, since: int) -> list[str]:
        """Follow files that were made and rotated away between two looks: newer than the last one that we knew."""
        newer = [other for other, stat in siblings(path) if stat.st_size and stat.st_mtime_ns >= since]
        return [each for each in newer if self._open(each, rotated_from=path)]

    def _at(self, path: str) -> Follower | None:
        return next((each for each in self._followers if each.place.path == path and not each.rotated), None)

    def _forget(self, follower: Follower) -> None:
        follower.place.done = True
        follower.close()
        self._followers.remove(follower)
        there = {(stat.st_dev, stat.st_ino) for _, stat in siblings(follower.place.path)}
        for place in [each for each in self._memory.places if each.done and each.path == follower.place.path]:
            if not place.offset or (place.device, place.inode) not in there:
                self._memory.places.remove(place)
        self._memory.write()


def _say(message: str) -> None:
    sys.stderr.write(f"spanwise ship: {time.strftime('%H:%M:%S')} {message}\n")
