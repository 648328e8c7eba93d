"""Reading and inflating a body, both bounded: what is too large or too slow never gets into memory whole."""

import asyncio
import importlib
import zlib
from collections.abc import AsyncIterator, Callable
from threading import Lock
from types import ModuleType, TracebackType
from typing import Protocol, Self

import cramjam

from spanwise_collector.errors import BadData, BodyTimeout, BodyTooLarge, Overloaded, excerpt

# RFC 9659: a zstd body sent over HTTP needs no larger window than 8 MB.
_ZSTD_WINDOW_LOG = 23
_PIECE = 128 * 2**10
# What is compressed in blocks, as by bgzip, has one for 64 KiB; a member costs up to 20 µs however little is in it.
_MOST_MEMBERS = 10_000
_SNAPPY_FRAMES = b"\xff\x06\x00\x00sNaPpY"
# So much may be made before it is held: to hold each value by itself would take longer than to make it.
_STEP = 64 * 2**10
# Bytes of memory that an object or array of JSON takes with what is made of it: 232 measured for `{}` as a span.
_OBJECT_WEIGHT = 256


class Budget:
    """Bytes that all requests together may hold; `setting` names their limit. Safe for threads."""

    def __init__(self, limit: int, setting: str = "max_inflight_bytes") -> None:
        self._limit = limit
        self._setting = setting
        self._lock = Lock()
        self.held = 0

    def hold(self) -> "Hold":
        return Hold(self)

    def fit(self, count: int) -> None:
        """Raises BodyTooLarge where so much can never be held."""
        if count > self._limit:
            raise BodyTooLarge(
                f"The body takes up to {count} bytes of memory while it is read; {self._setting} is {self._limit}."
            )

    def take(self, count: int) -> None:
        """Raises Overloaded when the limit would be passed, unless nobody else holds anything."""
        with self._lock:
            if self.held and self.held + count > self._limit:
                raise Overloaded(f"{self.held} bytes of bodies are being worked on; {self._setting} is {self._limit}.")
            self.held += count

    def ask(self, count: int) -> None:
        """As `take`, without taking."""
        self.take(count)
        self.give(count)

    def give(self, count: int) -> None:
        with self._lock:
            self.held -= count


class Hold:
    """What one request holds of a budget, given back at the end of `with`."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._count = 0

    def ask(self, count: int) -> None:
        """Raises Overloaded where so much could not be held."""
        self._budget.ask(count)

    def fit(self, count: int) -> None:
        """Raises BodyTooLarge where so much more could not be held though nobody else held anything."""
        self._budget.fit(self._count + count)

    def grow(self, count: int) -> None:
        self._budget.take(count)
        self._count += count

    def shrink(self, count: int) -> None:
        self._budget.give(count)
        self._count -= count

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._budget.give(self._count)


class Weight:
    """What the values of a body take in memory, held in steps as they are counted and before they are all made."""

    def __init__(self, hold: Hold) -> None:
        self._hold = hold
        self._counted = self.held = 0

    def add(self, count: int) -> None:
        self._counted += count
        if self._counted >= _STEP:
            self.take()

    def take(self) -> None:
        """Hold what is counted. Raises BodyTooLarge where that can never be held, and Overloaded."""
        self._hold.fit(self._counted)
        self._hold.grow(self._counted)
        self.held += self._counted
        self._counted = 0


def weight_of_objects(text: bytes) -> int:
    """Bytes of memory that the objects and arrays of a body of JSON may take while it is read."""
    return _OBJECT_WEIGHT * (text.count(b"{") + text.count(b"["))


async def read(chunks: AsyncIterator[bytes], *, length: str | None, limit: int, deadline: float, hold: Hold) -> bytes:
    """The whole body. `length` is its Content-Length, where it has one.

    Raises BodyTooLarge and Overloaded before reading when the length says so, or as soon as a limit is passed;
    BodyTimeout when the last byte is not there after `deadline` seconds.
    """
    if length is not None and length.isdigit():
        if int(length) > limit:
            raise BodyTooLarge(f"The body has {excerpt(length)} bytes; max_body_bytes is {limit}.")
        hold.ask(int(length))
    parts, total = [], 0
    try:
        async with asyncio.timeout(deadline):
            async for chunk in chunks:
                total += len(chunk)
                if total > limit:
                    raise BodyTooLarge(f"The body has more than {limit} bytes, which is max_body_bytes.")
                if chunk:  # the last one is empty; a body in one piece is then passed on without a copy
                    hold.grow(len(chunk))
                    parts.append(chunk)
    except TimeoutError:
        raise BodyTimeout(f"The body was not complete after {deadline:g} s, which is read_timeout.") from None
    return parts[0] if len(parts) == 1 else b"".join(parts)


def inflate(data: bytes, encoding: str, limit: int) -> bytes:
    """The body behind a Content-Encoding. Raises BodyTooLarge at `limit`, BadData for all else wrong."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity", "none") or not data:
        return data
    if encoding == "snappy":
        return _snappy(data, limit)
    start = _STARTERS.get(encoding)
    if start is None:
        known = ", ".join((*_STARTERS, "snappy"))
        raise BadData(f"Content-Encoding '{excerpt(encoding)}' is not known: use one of {known}, or none.")
    return _members(data, encoding, start, limit)


def _snappy(block: bytes, limit: int) -> bytes:
    """One block: its size stands at its beginning, so that nothing is allocated for one that is too large."""
    if block.startswith(_SNAPPY_FRAMES):
        raise BadData("The snappy body is in frames; one block is expected.")
    try:
        size = cramjam.snappy.decompress_raw_len(block)
        if size > limit:
            raise BodyTooLarge(f"The body inflates to {size} bytes; max_body_bytes is {limit}.")
        return bytes(cramjam.snappy.decompress_raw(block))
    except cramjam.DecompressionError as error:
        raise BadData(f"The snappy body is no block: {excerpt(str(error))}.") from None


class _Inflater(Protocol):
    """One member of a compressed body; the shape that zlib and zstd have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, most: int, /) -> bytes: ...


def _members(data: bytes, encoding: str, start: Callable[[bytes], _Inflater], limit: int) -> bytes:
    parts: list[bytes] = []
    room, at = limit, 0
    for before in range(_MOST_MEMBERS):
        member = start(data[at : at + 2])
        while not member.eof:
            # A piece at a time: what follows a member is copied, and would be as often as there are members.
            piece = data[at : at + _PIECE]
            if not piece:
                raise BadData(f"The {encoding} body is cut off.")
            try:
                part = member.decompress(piece, room + 1)
            except _ERRORS as error:
                what = "has junk after its end" if before else "is not what its Content-Encoding says"
                raise BadData(f"The {encoding} body {what}: {excerpt(str(error))}.") from None
            room -= len(part)
            if room < 0:
                raise BodyTooLarge(f"The body inflates to more than {limit} bytes, which is max_body_bytes.")
            at += len(piece) - len(member.unused_data)
            parts.append(part)
        if at == len(data):
            return parts[0] if len(parts) == 1 else b"".join(parts)
    raise BadData(f"The {encoding} body has more than {_MOST_MEMBERS:,} members: send it as one.")


def _deflate(data: bytes) -> _Inflater:
    # Named after the raw format, specified as zlib's, and sent as both.
    zlib_header = len(data) >= 2 and data[0] & 0x0F == 8 and int.from_bytes(data[:2]) % 31 == 0
    return zlib.decompressobj(15 if zlib_header else -15)


def _zstd_module() -> ModuleType | None:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


_ZSTD = _zstd_module()


def _zstd(data: bytes) -> _Inflater:
    assert _ZSTD is not None
    options = {_ZSTD.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG}
    inflater: _Inflater = _ZSTD.ZstdDecompressor(options=options)
    return inflater


_ERRORS: tuple[type[Exception], ...] = (zlib.error,) if _ZSTD is None else (zlib.error, _ZSTD.ZstdError)
_STARTERS: dict[str, Callable[[bytes], _Inflater]] = {
    "gzip": lambda data: zlib.decompressobj(31),
    "deflate": _deflate,
}
if _ZSTD is not None:
    _STARTERS["zstd"] = _zstd
