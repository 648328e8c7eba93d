"""Where the file of a place is now, whatever rotation made of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from spanwise.ship.following import beside, opened, siblings
from spanwise.ship.place import Place


def locate(place: Place) -> tuple[int, str] | None:
    """Where the file of a place is now: by inode, under its own or any other name in its folder; else by how it
    begins, under its own or as a copy under a rotated one. Looked for again where files were renamed meanwhile."""
    if (own := _fitting(place, place.path, same=True)) is not None:
        return own, place.path
    while True:
        there = _lying(place)
        for path, same in _names(place):
            if (file := _fitting(place, path, same=same)) is not None:
                return file, path
        if there == _lying(place):
            return None


def _fitting(place: Place, path: str, *, same: bool) -> int | None:
    """What is at a path, open, where it is the file of a place, or, unless the `same` is wanted, begins as that did."""
    if (candidate := opened(path)) is None:
        return None
    file, stat = candidate
    if place.begins(file) and (same_file(place, stat) or not same):
        return file
    os.close(file)
    return None


def _lying(place: Place) -> set[tuple[str, int]]:
    same = [each for each in beside(place.path) if same_file(place, each[1])]
    return inodes(same + siblings(place.path))


def _names(place: Place) -> Iterator[tuple[str, bool]]:
    """Where a file may be, and whether only the same one counts, or a copy too."""
    yield place.path, True
    yield from ((path, True) for path, stat in beside(place.path) if same_file(place, stat))
    if place.head_size:
        yield place.path, False
        yield from ((path, False) for path, _ in siblings(place.path))


def same_file(place: Place, stat: os.stat_result) -> bool:
    return (place.device, place.inode) == (stat.st_dev, stat.st_ino)


def inodes(files: Iterable[tuple[str, os.stat_result]]) -> set[tuple[str, int]]:
    return {(path, stat.st_ino) for path, stat in files}
