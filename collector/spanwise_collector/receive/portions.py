"""A request in portions that the store can take one by one: a frame of the spool is a row of the engine's wire table,
whose items are in memory all at once."""

from collections.abc import Iterator
from dataclasses import dataclass

from spanwise_collector.errors import BodyTooLarge
from spanwise_collector.receive.fields import fields
from spanwise_collector.receive.slices import HEAVIEST_ITEM, LARGEST_PART, LEVELS
from spanwise_collector.receive.weight import ROW_BYTES, weigh
from spanwise_collector.spool import Signal
from spanwise_collector.spool.frame import varint

# Two loaders insert a segment each, of PORTION more than Limits.weight at most, within store_memory.
PORTION = 64 * 2**20
# A resource of 4 MiB is in each of 64 portions: so much more the spool and the disk may take than what was sent. A body
# of 64 MiB whose items have 67 bytes, the least for a text and a time, weighs a fifth of it.
HEAVIEST = 4 * 2**30
# A field of ours that tells portions apart: two may else be equal, and the second taken for a resend.
_NUMBER = varint(1003 << 3)


@dataclass(frozen=True, slots=True)
class Portion:
    """A request, and what the store takes in memory for it, in bytes."""

    body: bytes
    weight: int


def portions(signal: Signal, body: bytes, weight: int) -> Iterator[Portion]:
    """The body whole where the store can take it so, else cut between its items; the same for the same body.

    Each portion is a request with all that is around its items. Raises BodyTooLarge, before the first, for what
    weighs more than HEAVIEST, and at an item that with what is around it weighs more than HEAVIEST_ITEM.
    """
    if weight > HEAVIEST:
        raise BodyTooLarge(
            f"The items of the body, each with its resource, take {weight} bytes of memory in the store; at most"
            f" {HEAVIEST} are taken at once. Send them in several requests."
        )
    if weight <= PORTION and len(body) <= LARGEST_PART:
        yield Portion(body, weight)
        return
    for number, portion in enumerate(_Cut(signal, body).portions(0, 0, len(body), 0)):
        yield Portion(portion.body + _NUMBER + varint(number), portion.weight)


class _Cut:
    def __init__(self, signal: Signal, body: bytes) -> None:
        self._signal = signal
        self._tags = [level.tags for level in LEVELS[signal]]
        self._body = body

    def portions(self, depth: int, at: int, end: int, carried: int) -> Iterator[Portion]:
        """The message from `at` to `end` in portions of its content; `carried` is the weight of all around it."""
        tags, last = self._tags[depth], depth + 1 == len(self._tags)
        # What is beside the first level is nobody's: no item has it.
        around = self._around(depth, at, end) if depth else b""
        carried += weigh(self._signal, around)
        run, weight = bytearray(around), 0
        for tag, start, content, stop in fields(self._body, at, end):
            if tag not in tags:
                continue
            more = carried + self._item(start, stop) if last else self._weight(depth + 1, content, stop, carried)
            if last and more > HEAVIEST_ITEM:
                raise BodyTooLarge(
                    f"An item with its resource and scope takes {more} bytes of memory in the store; at most"
                    f" {HEAVIEST_ITEM} are taken. Put less into the resource and the scope."
                )
            if weight + more > PORTION or len(run) + stop - start > LARGEST_PART:
                if weight:
                    yield Portion(bytes(run), weight)
                run, weight = bytearray(around), 0
            if not last and (more > PORTION or stop - start > LARGEST_PART):
                for inner in self.portions(depth + 1, content, stop, carried):
                    yield Portion(around + varint(tag) + varint(len(inner.body)) + inner.body, inner.weight)
                continue
            run += self._body[start:stop]
            weight += more
        if weight:
            yield Portion(bytes(run), weight)

    def _around(self, depth: int, at: int, end: int) -> bytes:
        tags = self._tags[depth]
        return b"".join(
            self._body[start:stop] for tag, start, _, stop in fields(self._body, at, end) if tag not in tags
        )

    def _weight(self, depth: int, at: int, end: int, carried: int) -> int:
        """Of the items in a message."""
        items, alone = self._counted(depth, at, end)
        return alone + items * carried

    def _item(self, start: int, stop: int) -> int:
        """What an item weighs by itself."""
        return ROW_BYTES + weigh(self._signal, self._body[start:stop])

    def _counted(self, depth: int, at: int, end: int) -> tuple[int, int]:
        """How many items are in a message, and what they weigh without what is around it."""
        tags, last = self._tags[depth], depth + 1 == len(self._tags)
        items = alone = around = 0
        for tag, start, content, stop in fields(self._body, at, end):
            if tag not in tags:
                around += weigh(self._signal, self._body[start:stop])
            elif last:
                items += 1
                alone += self._item(start, stop)
            else:
                inside, weight = self._counted(depth + 1, content, stop)
                items += inside
                alone += weight
        return items, alone + items * around
