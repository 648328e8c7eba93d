"""Files as other programs and our own export write them: told apart by their beginning, cut into pieces, and read."""

import json
import logging
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Literal, get_args

from spanwise_collector.errors import BadData, excerpt
from spanwise_collector.receive.body import weight_of_objects
from spanwise_collector.receive.check import Request
from spanwise_collector.receive.fields import BYTES, Corrupt, fields
from spanwise_collector.receive.jaeger_json import decode_jaeger_json
from spanwise_collector.receive.ndjson import message_of
from spanwise_collector.receive.otlp_json import from_json
from spanwise_collector.receive.zipkin_json import decode_v2
from spanwise_collector.spool import Signal
from spanwise_collector.spool.frame import read_varint
from spanwise_collector.store.wire import END_KEY, END_TAG

_LOG = logging.getLogger(__name__)
Format = Literal["otlp", "otlp-json", "ndjson", "jaeger", "zipkin", "parquet"]
# About what is decoded at a time; a frame or line that is larger is a piece of its own.
_PIECE_BYTES: Final = 1 << 20
_LONGEST_BEGINNING: Final = 4096
_FIRST_KEY: Final = re.compile(rb'\s*\{\s*"([^"]{0,40})"')
# The tags of the fields 1 to 3, all of them messages or texts: what a request, and each resource in it, may begin with.
_FIRST_FIELD: Final = b"\x0a"
_INNER_FIELDS: Final = b"\x0a\x12\x1a"
# Tags of opentelemetry.proto: from a request to its items, and the two ids that a span begins with. Of these numbers a
# log record has its time and its severity, which are no bytes.
_TO_ITEMS: Final = (1 << 3 | BYTES, 2 << 3 | BYTES, 2 << 3 | BYTES)
_IDS: Final = frozenset((1 << 3 | BYTES, 2 << 3 | BYTES))
# A file of items that are all without an id is read no further for it.
_MOST_LOOKED_AT: Final = 10_000


@dataclass(slots=True)
class Decoded:
    """What a piece holds: bodies of requests, and how many of its lines are none.

    `faults` of the `rejected` were so for a fault of our own.
    """

    bodies: list[tuple[Signal, bytes]] = field(default_factory=list)
    rejected: int = 0
    message: str = ""
    faults: int = 0

    def reject(self, message: str) -> None:
        """Count one more; the first message is kept."""
        self.rejected += 1
        self.message = self.message or message


class Reader(ABC):
    """How one file is read."""

    format: Format

    @abstractmethod
    def cut(self, held: bytearray, last: bool) -> bytes:
        """Take the next piece from the front of what has come; empty where more must come. `last`: no more will.

        Where a piece ends is a matter of the file alone, however it comes: one that is sent again after it was cut off
        is known again by its pieces.
        """

    def begun(self, held: bytearray) -> int:
        """How much of what `cut` has left is of one part, which must be held until it is whole."""
        return len(held)

    @abstractmethod
    def decode(self, piece: bytes) -> Decoded:
        """Raises BadData where nothing after this can be read either."""

    def objects(self, piece: bytes) -> int:
        """Bytes of memory that what is nested in a piece may take while it is read."""
        return weight_of_objects(piece)


def reader_of(held: bytearray, given: Format | None, last: bool) -> Reader | None:
    """The reader for a file that begins so, or is of the format given; None where more of it must be seen."""
    if not last and len(held) < _LONGEST_BEGINNING:
        return None
    found = given or _format_of(bytes(held[:_LONGEST_BEGINNING]))
    match found:
        case "otlp" | "parquet":
            return Frames(found)
        case "jaeger":
            return _Whole(found, _only_traces(decode_jaeger_json))
        case "zipkin":
            return _Whole(found, _only_traces(decode_v2))
    if found == "otlp-json" and held.lstrip()[:2].rstrip() == b"{" and b"\n" in held[:3]:
        return _Whole(found, lambda piece: Decoded([_request_of(json_of(piece), piece)]))
    return _Lines(found)


def _format_of(beginning: bytes) -> Format:
    if _begins_as_frame(beginning):
        return "otlp"
    text = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"PAR1"):
        return "parquet"
    if text.startswith(b"["):
        return "zipkin"
    if not text.startswith(b"{"):
        return "otlp"
    key = _FIRST_KEY.match(text)
    known: dict[bytes, Format] = {b"data": "jaeger", b"resourceSpans": "otlp-json", b"resourceLogs": "otlp-json"}
    return known.get(key[1], "ndjson") if key else "ndjson"


def _begins_as_frame(beginning: bytes) -> bool:
    """Whether it is a length, and then the beginning of a request of OTLP: a length may look like any bracket."""
    try:
        length, place = read_varint(beginning, 0)
        if beginning[place : place + len(END_TAG)] == END_TAG:
            return True
        inner, after = read_varint(beginning, place + 1)
    except ValueError:
        return False
    first, second = beginning[place : place + 1], beginning[after : after + 1]
    return first == _FIRST_FIELD and inner < length and (not inner or second in _INNER_FIELDS)


class Frames(Reader):
    """Requests of OTLP, each after its length."""

    def __init__(self, form: Format) -> None:
        self.format = form
        self._signal: Signal | None = None
        self._whole = 0

    def cut(self, held: bytearray, last: bool) -> bytes:
        """Whole frames: those that begin within the first megabyte."""
        while self._whole < min(len(held), _PIECE_BYTES):
            try:
                length, begin = read_varint(bytes(held[self._whole : self._whole + 10]), 0)
            except (ValueError, IndexError):
                break
            if not length:
                # None is ever written; a file of zeros would be read as a million of them a megabyte.
                raise BadData("The file has a message of OTLP without content.")
            if self._whole + begin + length > len(held):
                break
            self._whole += begin + length
        if not last and self._whole < _PIECE_BYTES:
            return b""
        if not self._whole and held:
            perhaps = f" Perhaps it is none: known are {', '.join(get_args(Format))}." if self._signal is None else ""
            raise BadData(f"The file ends within a message of OTLP: {len(held)} bytes are left over.{perhaps}")
        piece = bytes(held[: self._whole])
        del held[: self._whole]
        self._whole = 0
        return piece

    def begun(self, held: bytearray) -> int:
        return len(held) - self._whole

    def objects(self, piece: bytes) -> int:
        """None: it is not JSON, and what is large is checked in slices."""
        return 0

    def decode(self, piece: bytes) -> Decoded:
        joined, position = bytearray(), 0
        while position < len(piece):
            length, begin = read_varint(piece, position)
            # Messages that are joined are one message with the fields of all.
            joined += piece[begin : begin + length]
            position = begin + length
        if self._signal is None:
            self._signal = _signal_of(bytes(joined))
        return Decoded([(self._signal, bytes(joined))])


def _signal_of(body: bytes) -> Signal:
    """What a request of OTLP is of: the two differ in nothing before the first field of a span.

    By its tags alone: as a message, 64 MiB of empty spans would take 5 GB.
    """
    items = False
    try:
        for start, stop in islice(_items(body, 0, len(body), _TO_ITEMS), _MOST_LOOKED_AT):
            items = True
            if any(tag in _IDS for tag, *_ in fields(body, start, stop)):
                return Signal.TRACES
    except Corrupt:
        return Signal.LOGS
    return Signal.LOGS if items else Signal.TRACES


def _items(body: bytes, at: int, end: int, tags: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where the content of each message lies that is reached by these tags, outermost first."""
    if not tags:
        yield at, end
        return
    for tag, _, content, stop in fields(body, at, end):
        if tag == tags[0]:
            yield from _items(body, content, stop, tags[1:])


class _Lines(Reader):
    def __init__(self, form: Format) -> None:
        self.format = form
        self._number = 0
        self._searched = 0

    def cut(self, held: bytearray, last: bool) -> bytes:
        """Whole lines: those that end within the first megabyte, else the first of all."""
        if len(held) <= _PIECE_BYTES:
            end = len(held) if last else 0
        else:
            end = held.rfind(b"\n", 0, _PIECE_BYTES) + 1 or held.find(b"\n", max(_PIECE_BYTES, self._searched)) + 1
            # A long line is not looked through again whenever more of it comes.
            self._searched = 0 if end else len(held)
            end = end or (len(held) if last else 0)
        piece = bytes(held[:end])
        del held[:end]
        return piece

    def begun(self, held: bytearray) -> int:
        return len(held) if self._searched else 0

    def decode(self, piece: bytes) -> Decoded:
        found = Decoded()
        bodies = {signal: bytearray() for signal in (Signal.TRACES, Signal.LOGS)}
        for line in piece.split(b"\n"):
            self._number += 1
            if not line or line.isspace():
                continue
            try:
                document = json_of(line)
                if END_KEY in document:
                    continue
                signal, body = _request_of(document, line) if self.format == "otlp-json" else message_of(document)
                bodies[signal] += body
            except BadData as refusal:
                found.reject(f"line {self._number}: {refusal.message}")
            except MemoryError:
                raise
            except Exception as error:
                if not found.faults:
                    _LOG.error(
                        "A line of a file cannot be read for a fault of our own, and is rejected", exc_info=error
                    )
                found.faults += 1
                found.reject(f"line {self._number}: the collector met a fault of its own; see its log.")
        found.bodies = [(signal, bytes(body)) for signal, body in bodies.items() if body]
        return found


class _Whole(Reader):
    """A file that is one document; the caller bounds its size."""

    def __init__(self, form: Format, decode: Callable[[bytes], Decoded]) -> None:
        self.format = form
        self._decode = decode

    def cut(self, held: bytearray, last: bool) -> bytes:
        if not last:
            return b""
        piece = bytes(held)
        held.clear()
        return piece

    def decode(self, piece: bytes) -> Decoded:
        return self._decode(piece)


def _only_traces(decode: Callable[[bytes], Request]) -> Callable[[bytes], Decoded]:
    return lambda piece: Decoded([(Signal.TRACES, decode(piece).SerializeToString())])


def json_of(line: bytes) -> dict[str, object]:
    """The object of a line; raises BadData where it is none."""
    try:
        document = json.loads(line)
    except RecursionError:
        raise BadData("it is nested too deeply.") from None
    except ValueError as error:
        raise BadData(f"it is no JSON: {excerpt(str(error))}.") from None
    if not isinstance(document, dict):
        raise BadData("it is JSON, but no object.")
    return document


def _request_of(document: dict[str, object], line: bytes) -> tuple[Signal, bytes]:
    signal = Signal.LOGS if "resourceLogs" in document else Signal.TRACES
    if signal is Signal.TRACES and "resourceSpans" not in document:
        raise BadData("it has neither resourceSpans nor resourceLogs.")
    return signal, from_json(signal, line).SerializeToString()
