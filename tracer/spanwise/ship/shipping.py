"""All files that are followed: read and delivered. Nothing is lost and nothing sent under two names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from spanwise.ship.delivery import Delivery, Parcel, Rejected, body_of
from spanwise.ship.finding import Files, say
from spanwise.ship.following import Follower, Truncated
from spanwise.ship.joining import Entry
from spanwise.ship.place import Memory, Place

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
    linger: float = 30.0
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
        self._delivery = delivery
        self._memory = memory
        self._resource_of = resource_of
        self._manner = manner
        self._files = Files(patterns, memory, manner.removed, from_end=manner.from_end)
        self.tally = Tally()

    def resume(self) -> None:
        """Take up what was left; raises Undelivered."""
        if self._memory.pending is not None:
            self._send(self._memory.pending)
        self._files.take_up()

    def run(self, *, once: bool = False) -> None:
        """Until stopped, or `once`: until every file that is there is delivered. Raises Undelivered."""
        files = self._files
        while not self._delivery.stopping.is_set():
            files.discover()
            self.tally.files = files.count
            busy = [self._read(follower) for follower in list(files.followers)]
            sent = [self._deliver(follower) for follower in files.followers]
            for follower in [each for each in files.followers if each.rotated and each.done]:
                files.forget(follower)
            if any(busy) or any(sent):
                continue
            if once:
                for follower in files.followers:
                    self._finish(follower)
                return
            self._delivery.stopping.wait(_POLL)

    @property
    def missing(self) -> bool:
        """Whether something that was asked for was not there, or could not be read, and was said so."""
        return self._files.missing

    def close(self) -> None:
        """Close what is open; the memory is its owner's."""
        self._files.close()

    def _read(self, follower: Follower) -> bool:
        try:
            first = follower.untouched
            if follower.read():
                if first:
                    self._files.began(follower)
                return True
        except Truncated:
            if not self._files.emptied(follower):
                self._finish(follower)
            self._files.replace(follower)
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
        return bool(entries)

    def _finish(self, follower: Follower) -> None:
        follower.finish()
        while self._deliver(follower):
            pass

    def _parcel(self, place: Place, entries: Iterable[Entry]) -> Parcel:
        body = body_of(entry.record() for entry in entries)
        return Parcel(f"{place.id}-{place.offset}", self._resource_of(place.path), body, place.after)

    def _send(self, parcel: Parcel) -> None:
        records, refused = parcel.body.count(b"\n"), 0
        try:
            after = self._delivery.deliver(parcel)
        except Rejected as error:
            after, refused = error.after, error.records
            say(f"{refused} records cannot be stored and are left out: {error}")
        self.tally.records += records - refused
        self.tally.refused += refused
        self._memory.finish(after)
