"""Which file is which: those that the patterns name, and what rotation made of them."""

from __future__ import annotations

import glob
import os
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from stat import S_ISDIR

from spanwise.ship.following import (
    Follower,
    Generations,
    Unreadable,
    beside,
    is_copy,
    is_rotated,
    opened_or_said,
    origins,
    siblings,
)
from spanwise.ship.locating import inodes, locate, same_file
from spanwise.ship.place import Memory, Place, head_of


class Files:
    """The files that are followed, and what the memory knows of others; for one thread.

    A file that is gone from its path counts as removed after so many seconds without news; `from_end`: of those found
    at the first look only what is new. `count` is of files that were new.
    """

    def __init__(self, patterns: Sequence[str], memory: Memory, removed: float, *, from_end: bool = False) -> None:
        self.followers: list[Follower] = []
        self.count = 0
        self._patterns = [os.path.abspath(pattern) for pattern in patterns]
        self._memory = memory
        self._removed = removed
        self._from_end = from_end
        self._there: set[tuple[int, int]] = set()
        self._said: set[str] = set()
        self._named: dict[str, list[Follower]] = {}
        self._unwritten = False

    @property
    def missing(self) -> bool:
        """Whether a pattern had no file, or a file could not be read; it was said so."""
        return bool(self._said)

    def take_up(self) -> None:
        """Go on with every file that was followed when we ended."""
        left = sorted((each for each in self._memory.places if not each.done), key=lambda each: -each.seen)
        since = {place.path: place.seen for place in left}
        for place in left:
            if (at := locate(place)) is not None:
                self._follow(place, at[0], rotated=at[1] not in (place.path, os.path.realpath(place.path)))
                continue
            self._memory.places.remove(place)
            if place.offset:
                say(f"{place.path} was replaced, and there is no copy: what was not yet read of it is gone")
        for path, seen in since.items():
            self._renew(path, seen)
        self._memory.write()

    def discover(self) -> None:
        """Look at what is there now."""
        paths: dict[str, os.stat_result | None] = {}
        for pattern in self._patterns:
            matching = {path: _stat(path) for path in glob.glob(pattern, recursive=True)}
            # A pattern finds folders too, and means none; one that was named is spoken of when it is opened.
            files = {path: found for path, found in matching.items() if path == pattern or not _is_folder(found)}
            paths |= files
            if not files:
                self._say_once(f"{pattern}: there is no such file yet")
        for follower in self.followers:
            if follower.place.path not in paths and follower.idle(self._removed):
                follower.rotated = True
        there = {path: found for path, found in sorted(paths.items()) if found is not None}
        self._there = {(stat.st_dev, stat.st_ino) for stat in there.values()}
        rotated = Generations()
        for path, found in there.items():
            old = self._at(path)
            if old is not None and same_file(old.place, found):
                continue
            if old is None:
                self._open(path, before=rotated)
            else:
                old.left()
                self._renew(path, old.seen)
        self._from_end = False
        self._keep()

    def began(self, follower: Follower) -> None:
        """The first of a file was read. Until then it may have been filled, copied and emptied, and nothing tells."""
        if not follower.rotated:
            self._adopt(follower.place.path, follower.place.seen)
            self._keep()

    def emptied(self, follower: Follower) -> bool:
        """Leave a file that was emptied; whether there is a copy from which the rest of it will be read.

        Else what was read of it is to be delivered. Then call `replace`.
        """
        place = follower.place
        self._drop(follower)
        place.device = place.inode = 0
        if place.offset and (at := locate(place)) is not None:
            self._follow(place, at[0], rotated=True)
            return True
        if not place.offset and _is_copied(follower):
            return True  # the copy is a file of its own, from its beginning
        say(f"{place.path} was emptied, and there is no copy: what was not yet read of it is gone")
        return False

    def replace(self, follower: Follower) -> None:
        """Follow what is in the place of a file that was emptied."""
        place, since = follower.place, follower.place.seen
        if all(each.place is not place for each in self.followers):
            self._memory.places.remove(place)
        follower.close()
        if follower.rotated:
            self._adopt(place.path, since)
        else:
            self._renew(place.path, since)
        self._memory.write()

    def forget(self, follower: Follower) -> None:
        """Nothing more will come of a file that was rotated away. It stays known as long as it is there."""
        place = follower.place
        place.offset, place.head_size, place.head, place.seen = follower.wholly()
        place.done = True
        follower.close()
        self._drop(follower)
        there = self._there | {(stat.st_dev, stat.st_ino) for _, stat in beside(place.path)}
        for each in [each for each in self._memory.places if each.done and each.path == place.path]:
            if not each.offset or (each.device, each.inode) not in there:
                self._memory.places.remove(each)
        self._memory.write()

    def close(self) -> None:
        for follower in self.followers:
            follower.close()

    def _at(self, path: str) -> Follower | None:
        return next((each for each in self._live([path]) if each.place.path == path), None)

    def _live(self, names: Iterable[str]) -> list[Follower]:
        return [each for name in names for each in self._named.get(name, ()) if not each.rotated]

    def _add(self, follower: Follower) -> None:
        self.followers.append(follower)
        for name in {follower.place.path, follower.real}:
            self._named.setdefault(name, []).append(follower)

    def _drop(self, follower: Follower) -> None:
        self.followers.remove(follower)
        for name in {follower.place.path, follower.real}:
            self._named[name].remove(follower)
            if not self._named[name]:
                del self._named[name]

    def _keep(self) -> None:
        """Write what was found in one look at once: a kill before that is as one before the look."""
        if self._unwritten:
            self._memory.write()
            self._unwritten = False

    def _renew(self, path: str, since: int) -> None:
        """Follow what is at a path now, and what was made there and rotated away since that time.

        Looked for on both sides of the opening: it may be rotated away while we look.
        """
        self._adopt(path, since)
        self._open(path)
        self._adopt(path, since)

    def _adopt(self, path: str, since: int) -> None:
        """Follow files that were made and rotated away between two looks: newer than the last one that we knew.

        Looked for again where files were renamed meanwhile.
        """
        there: list[tuple[str, os.stat_result]] = []
        while inodes(there) != inodes(there := siblings(path)):
            for other, stat in there:
                if stat.st_size and stat.st_mtime_ns >= since:
                    self._open(other, rotated_from=path)

    def _open(self, path: str, *, before: Generations | None = None, rotated_from: str = "") -> None:
        """Follow a file that nobody follows; one that is known, or a copy of one, is left alone. Of a fresh one, what
        was rotated away `before` it was seen is nobody's."""
        try:
            file, stat = opened_or_said(path)
        except Unreadable as error:
            if before is not None:
                self._say_once(str(error))
            return
        place = self._known(file, stat, path)
        if place is not None and place.done and stat.st_size > place.offset and same_file(place, stat):
            place.done = False  # it went on after all, or is back under its name
            self._follow(place, file, rotated=path != place.path)
        elif place is not None or self._copied_now(file, path, rotated_from):
            os.close(file)
        else:
            # `copytruncate` makes both in one tick of the clock.
            older = [each.st_mtime_ns + 1 for each in before.of(path)] if before is not None else []
            offset = stat.st_size if before is not None and self._from_end else 0
            seen = max((stat.st_mtime_ns, *older))
            place = Place(rotated_from or path, stat.st_dev, stat.st_ino, offset, seen=seen)
            self._memory.places.append(place)
            self._add(Follower(place, file, rotated=bool(rotated_from)))
            self._unwritten = True
            self.count += 1

    def _known(self, file: int, stat: os.stat_result, path: str) -> Place | None:
        heads: dict[int, str] = {}
        for place in self._memory.places:
            if same_file(place, stat) and place.begins(file):
                return place
            if (size := place.head_size) and size not in heads:
                heads[size] = head_of(file, size)
            if size and heads[size] == place.head and is_rotated(path, place.path):
                return place
        return None

    def _copied_now(self, file: int, path: str, rotated_from: str) -> bool:
        """Whether a file is a copy of one that is followed and may be emptied next, or was after it was read."""
        live = self._live(origins(path))
        names = {each.place.path for each in live} | ({rotated_from} if rotated_from else set())
        return any(each.begins_like(file) for each in live) or any(is_copy(file, name) for name in names)

    def _say_once(self, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            say(message)

    def _follow(self, place: Place, file: int, *, rotated: bool) -> None:
        stat = os.fstat(file)
        place.device, place.inode = stat.st_dev, stat.st_ino
        self._add(Follower(place, file, rotated=rotated))


def _is_copied(follower: Follower) -> bool:
    there: list[tuple[str, os.stat_result]] = []
    while inodes(there) != inodes(there := siblings(follower.place.path)):
        if any(follower.begins_like(other) for other, _ in there):
            return True
    return False


def _stat(path: str) -> os.stat_result | None:
    with suppress(OSError):
        return os.stat(path)
    return None


def _is_folder(found: os.stat_result | None) -> bool:
    return found is not None and S_ISDIR(found.st_mode)


def say(message: str) -> None:
    """Tell who watches, on standard error."""
    sys.stderr.write(f"spanwise ship: {time.strftime('%H:%M:%S')} {message}\n")
