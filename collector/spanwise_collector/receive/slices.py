"""A large OTLP body in slices, so that a part of it at a time is in memory as messages.

upb takes up to 80 bytes of memory for a byte of body: an empty span has two bytes, and 8 MiB of them took 650 MiB. The
walk reads nothing but tags and lengths, and goes into a message only where that is larger than a slice.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from spanwise_collector.errors import BadData
from spanwise_collector.receive.fields import BYTES, Corrupt, Field, fields
from spanwise_collector.receive.weight import weigh
from spanwise_collector.spool import Signal
from spanwise_collector.spool.frame import varint

# Bodies of up to this size are parsed whole: SDKs send 512 spans at a time, about 200 kB.
SLICE_BYTES = 2**20
# One span, record or data point, one resource, or one scope. It is what gRPC's receivers take by default as a whole
# message, so that hardly any exporter can send more.
LARGEST_PART = 4 * 2**20
# One item's memory in the store: what a whole segment has there (spool/writer.py), for two loaders have one each.
HEAVIEST_ITEM = 192 * 2**20
# Fields of ours in the spool start here: a sender's own of these numbers would speak for us.
OUR_FIRST_FIELD = 1000
# What upb refuses in the words it has for all that is no protobuf: a number that is cut off.
_CUT_OFF = b"\x08"


@dataclass(frozen=True, slots=True)
class _Level:
    """The messages of one level: how JSON names their field, and the tags (number and wire type) that it has."""

    name: str
    tags: frozenset[int]

    @classmethod
    def of(cls, name: str, *numbers: int) -> "_Level":
        return cls(name, frozenset(number << 3 | BYTES for number in numbers))


# From opentelemetry.proto, outermost first. The last one is what is counted.
LEVELS = {
    Signal.TRACES: (_Level.of("resourceSpans", 1), _Level.of("scopeSpans", 2), _Level.of("spans", 2)),
    Signal.LOGS: (_Level.of("resourceLogs", 1), _Level.of("scopeLogs", 2), _Level.of("logRecords", 2)),
    Signal.METRICS: (
        _Level.of("resourceMetrics", 1),
        _Level.of("scopeMetrics", 2),
        _Level.of("metrics", 2),
        _Level.of("data", 5, 7, 9, 10, 11),
        _Level.of("dataPoints", 1),
    ),
}
_DATA_OF_METRIC = 3


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a request in the messages around it: itself a request.

    `first` are the places of its first item in the whole, outermost first, as far down as the slice begins inside.
    """

    body: bytes
    first: tuple[int, ...]

    def place(self, *inside: int) -> tuple[int, ...]:
        """The place in the whole request of what has the place `inside` in the slice."""
        found: list[int] = []
        for depth, index in enumerate(inside):
            nested = depth < len(self.first) and not any(inside[:depth])
            found.append(index + self.first[depth] if nested else index)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class TooLarge:
    """An item that is left out."""

    place: tuple[int, ...]
    size: int
    weight: int

    def __str__(self) -> str:
        """What is wrong with it, after its name."""
        if self.size > LARGEST_PART:
            return f"has {self.size} bytes, more than the {LARGEST_PART} of one item"
        return (
            f"has attributes, events or links that take {self.weight} bytes of memory in the store, more than the"
            f" {HEAVIEST_ITEM} of one item"
        )


class Slices:
    """The slices of one body. `ours` says, after all were read, whether it has fields of our numbers.

    Whoever reads them adds to `items` those of each; then `repeated` has the bytes around these in messages that are in
    no slice whole, each as often as there are items in it.
    """

    def __init__(self, signal: Signal, body: bytes) -> None:
        self._signal = signal
        self._levels = LEVELS[signal]
        self._body = body
        self.ours = False
        self.items = self.repeated = 0

    def __iter__(self) -> Iterator[Slice | TooLarge]:
        """In the order of the body, none larger than LARGEST_PART and what is around it.

        What is no protobuf ends in a slice that is none either. Raises BadData where a part that is no item
        is too large.
        """
        return self._inside((), (), 0, len(self._body))

    def path(self, place: tuple[int, ...]) -> str:
        return ".".join(f"{level.name}[{index}]" for level, index in zip(self._levels, place, strict=False))

    def too_large(self, start: int, stop: int, place: tuple[int, ...] = ()) -> TooLarge | None:
        """Whether the item that lies there is left out."""
        size = stop - start
        if size <= SLICE_BYTES:
            return None
        weight = weigh(self._signal, self._body[start:stop]) if size <= LARGEST_PART else 0
        return TooLarge(place, size, weight) if size > LARGEST_PART or weight > HEAVIEST_ITEM else None

    def without(self, drop: Callable[[int, int], bool]) -> bytes:
        """The body less our fields, and less each item that `drop` says, told where it lies, in their order."""
        return bytes(self._kept(0, 0, len(self._body), drop))

    def rewritten(self, rewrite: Callable[[tuple[int, ...], bytes], bytes]) -> bytes:
        """The body with each of its parts written anew, a slice at a time.

        `rewrite` is given the numbers of the fields around some fields, and these. Raises BadData for what is no
        protobuf.
        """
        out = bytearray()
        try:
            self._rewrite((), 0, len(self._body), rewrite, out)
        except Corrupt as corrupt:
            raise BadData(f"The message is no protobuf at byte {corrupt.at}.") from None
        return bytes(out)

    def _rewrite(
        self,
        around: tuple[int, ...],
        at: int,
        end: int,
        rewrite: Callable[[tuple[int, ...], bytes], bytes],
        out: bytearray,
    ) -> None:
        run, level = at, self._levels[len(around)]
        for tag, start, content, stop in fields(self._body, at, end):
            if stop - run > SLICE_BYTES and run < start:
                out += rewrite(around, self._body[run:start])
                run = start
            if stop - start > SLICE_BYTES and tag in level.tags and len(around) + 1 < len(self._levels):
                inner = bytearray()
                self._rewrite((*around, tag >> 3), content, stop, rewrite, inner)
                out += varint(tag) + varint(len(inner))
                out += inner
                run = stop
        out += rewrite(around, self._body[run:end])

    def _inside(
        self, around: tuple[int, ...], place: tuple[int, ...], at: int, end: int
    ) -> Generator[Slice | TooLarge, None, int]:
        """The slices of a message; returns what weighs in it around its items."""
        depth = len(around)
        tags = self._levels[depth].tags
        run, first, index, kind = at, 0, 0, 0
        own = 0
        try:
            for field in fields(self._body, at, end):
                tag, start, _, stop = field
                child = tag in tags
                own += 0 if child or not depth else weigh(self._signal, self._body[start:stop])
                if stop - run > SLICE_BYTES and run < start:
                    yield self._slice(around, (*place, first), run, start)
                    run, first = start, index
                if depth == 0 and tag >> 3 >= OUR_FIRST_FIELD:
                    self.ours = True
                if depth == _DATA_OF_METRIC and child:
                    if kind not in (0, tag):
                        raise BadData(f"{self.path(place)} is large and has data of two kinds.")
                    kind = tag
                if stop - start > SLICE_BYTES:
                    yield from self._large(around, (*place, index), child, field)
                    run, first = stop, index + child
                index += child
        except Corrupt as corrupt:
            yield self._slice(around, (*place, first), run, corrupt.at, _CUT_OFF)
        else:
            if run < end:
                yield self._slice(around, (*place, first), run, end)
        return own

    def _large(
        self,
        around: tuple[int, ...],
        place: tuple[int, ...],
        child: bool,
        field: Field,
    ) -> Iterator[Slice | TooLarge]:
        tag, start, content, stop = field
        if child and len(place) < len(self._levels):
            before = self.items
            own = yield from self._inside((*around, tag), place, content, stop)
            self.repeated += own * (self.items - before)
        elif child and (left_out := self.too_large(start, stop, place)):
            yield left_out
        elif stop - start <= LARGEST_PART:
            yield self._slice(around, place, start, stop)
        else:
            where = self.path(place[:-1]) or "The request"
            raise BadData(
                f"{where} has a field {tag >> 3} of {stop - start} bytes;"
                f" one part of a body has at most {LARGEST_PART}."
            )

    def _slice(
        self, around: tuple[int, ...], first: tuple[int, ...], start: int, stop: int, more: bytes = b""
    ) -> Slice:
        body = self._body[start:stop] + more
        for tag in reversed(around):
            body = varint(tag) + varint(len(body)) + body
        return Slice(body, first)

    def _kept(self, depth: int, at: int, end: int, drop: Callable[[int, int], bool]) -> bytearray:
        out, run, tags = bytearray(), at, self._levels[depth].tags
        body = memoryview(self._body)
        for tag, start, content, stop in fields(self._body, at, end):
            if tag in tags and depth + 1 < len(self._levels):
                inner = self._kept(depth + 1, content, stop, drop)
                out += body[run:start]
                out += varint(tag) + varint(len(inner))
                out += inner
                run = stop
            elif drop(start, stop) if tag in tags else depth == 0 and tag >> 3 >= OUR_FIRST_FIELD:
                out += body[run:start]
                run = stop
        out += body[run:end]
        return out
