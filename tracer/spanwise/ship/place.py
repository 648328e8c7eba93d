"""Which part of which file has been delivered: the memory of `spanwise ship`, on disk before and after each request."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from spanwise.ship.delivery import Parcel

HEAD = 1024

Reached = tuple[int, int, str, int]
"""An offset, the size and hash of the head there, and when the file had been written last."""


class StateError(Exception):
    """The memory cannot be read, or somebody else holds it; the text says what to do."""


@dataclass(slots=True)
class Place:
    """How far one file has been delivered. It is known by its inode and by a hash of its first bytes.

    `head_size` bytes were hashed: at most 1024 of those delivered. `seen` is when the file had been written last as we
    read it, in nanoseconds; `done` tells that it was rotated away and read to its end;
    `after` is that of the next parcel.
    """

    path: str
    device: int = 0
    inode: int = 0
    offset: int = 0
    head_size: int = 0
    head: str = ""
    seen: int = 0
    done: bool = False
    after: str = ""
    id: str = field(default_factory=lambda: secrets.token_hex(6))

    def begins(self, file: int) -> bool:
        """Whether an open file begins with what was delivered."""
        return not self.head_size or (
            os.fstat(file).st_size >= self.offset and head_of(file, self.head_size) == self.head
        )


def head_of(file: int, size: int) -> str:
    """A hash of the first `size` bytes of an open file; empty where it has less."""
    data = os.pread(file, size, 0)
    return hash_of(data) if len(data) == size else ""


def hash_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


class Memory:
    """The state file, and a lock on it. What is written is whole or not there, whatever happens."""

    def __init__(self, path: Path) -> None:
        """Raises StateError."""
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StateError(f"another `spanwise ship` holds {path}; give this one a --state of its own") from None
        except OSError as error:
            raise StateError(f"{path} cannot be used: {error.strerror}; name another with --state") from None
        self.places: list[Place] = []
        self.pending: Parcel | None = None
        self.advance: dict[str, Reached] = {}
        self._load()

    def begin(self, parcel: Parcel, advance: dict[str, Reached]) -> None:
        """Before a parcel is sent: should we end now, exactly this is sent again."""
        self.pending, self.advance = parcel, advance
        self.write()

    def finish(self, after: str) -> None:
        """After a parcel was stored: its files have been delivered up to where it says."""
        for place in self.places:
            if place.id in self.advance:
                place.offset, place.head_size, place.head, place.seen = self.advance[place.id]
                place.after = after
        self.pending, self.advance = None, {}
        self.write()

    def write(self) -> None:
        state: dict[str, Any] = {"version": 1, "places": [asdict(place) for place in self.places]}
        if (sent := self.pending) is not None:
            state["pending"] = {
                "name": sent.name,
                "resource": dict(sent.resource),
                "body": base64.b64encode(sent.body).decode(),
                "after": sent.after,
                "advance": self.advance,
            }
        new = self._path.with_name(self._path.name + ".new")
        # Of logs that only their owner may read, it holds what was not stored yet.
        new.unlink(missing_ok=True)
        with open(
            os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w", encoding="utf-8"
        ) as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def close(self) -> None:
        os.close(self._lock)

    def _load(self) -> None:
        try:
            state = json.loads(self._path.read_text("utf-8"))
            self.places = [Place(**place) for place in state["places"]]
            if (sent := state.get("pending")) is not None:
                self.pending = Parcel(
                    sent["name"], sent["resource"], base64.b64decode(sent["body"]), str(sent.get("after", ""))
                )
                self.advance = {
                    str(key): (int(value[0]), int(value[1]), str(value[2]), int(value[3]))
                    for key, value in sent["advance"].items()
                }
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StateError(
                f"{self._path} is no state of `spanwise ship` ({type(error).__name__}); move it away to begin anew"
            ) from None
