"""The fields of a protobuf message, by nothing but its tags and lengths."""

from collections.abc import Iterator
from typing import Final

BYTES: Final = 2
"""The wire type of texts, bytes and messages."""

_START, _END = 3, 4

Field = tuple[int, int, int, int]
"""Tag, start, start of the content, and end."""


class Corrupt(ValueError):
    """What is no protobuf; `at` is the beginning of the field."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


def fields(body: bytes, at: int, end: int) -> Iterator[Field]:
    """Each field of a message. Raises Corrupt at what is none."""
    while at < end:
        start = at
        tag = body[at]
        at += 1
        if tag > 127:
            tag, at = _number(body, start, end, start)
        if tag & 7 == BYTES:
            content = at + 1
            size = body[at] if at < end else 128
            if size > 127:
                size, content = _number(body, at, end, start)
            at = content + size
        else:
            content = at
            at = _after(body, tag, at, end, start)
        if at > end:
            raise Corrupt(start)
        yield tag, start, content, at


def _after(body: bytes, tag: int, at: int, end: int, start: int) -> int:
    """The end of a field that is not of bytes."""
    wire = tag & 7
    if wire == 0:
        return _number(body, at, end, start)[1]
    if wire in (1, 5):
        return at + (8 if wire == 1 else 4)
    if wire != _START:
        raise Corrupt(start)
    opened = 1
    while opened:
        tag, at = _number(body, at, end, start)
        wire = tag & 7
        if wire in (_START, _END):
            opened += 1 if wire == _START else -1
        elif wire == BYTES:
            size, at = _number(body, at, end, start)
            at += size
        else:
            at = _after(body, tag, at, end, start)
    return at


def _number(body: bytes, at: int, end: int, start: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            raise Corrupt(start)
        byte = body[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise Corrupt(start)
