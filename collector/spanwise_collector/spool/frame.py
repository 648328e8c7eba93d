"""Frames: `varint length + message`, where the message is a sender's own bytes and three fields of ours.

    field 1000  string    project
    field 1001  fixed64   time received, nanoseconds since the epoch
    field 1002  fixed32   CRC-32 of every byte of the message before this field

Always appended in this order, so the last six bytes of a frame are its checksum. The column engine's
`FORMAT Protobuf` reads a file of frames as it is; any other reader of OTLP skips our fields as unknown.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from spanwise_collector.spool.segment import Signal

DIGEST_BYTES = 16
_PROJECT_TAG = b"\xc2\x3e"
_RECEIVED = struct.Struct("<2sQ")
_CHECKSUM = struct.Struct("<2sI")
_RECEIVED_TAG = b"\xc9\x3e"
_CHECKSUM_TAG = b"\xd5\x3e"
_STAMP_BYTES = _RECEIVED.size + _CHECKSUM.size
_LEAST_BYTES = len(_PROJECT_TAG) + 1 + _STAMP_BYTES


@dataclass(frozen=True, slots=True)
class Frame:
    """A request ready to be written: `buffers` in order are the frame, `digest` tells it from every other.

    `weight` is about what its items take in the store's memory, in bytes.
    """

    signal: Signal
    digest: bytes
    received: int
    buffers: tuple[bytes, bytes, bytes]
    size: int
    weight: int


@dataclass(frozen=True, slots=True)
class Scanned:
    """A frame found in a file, good by its checksum, at `start` to `end`; its message begins at `body_start`."""

    start: int
    body_start: int
    end: int
    digest: bytes
    received: int


def encode(signal: Signal, project: str, received: int, body: bytes, weight: int = 0) -> Frame:
    """The frame of one request. Costs a checksum and a hash of the body, outside the GIL when it is large."""
    name = project.encode()
    project_field = _PROJECT_TAG + varint(len(name)) + name
    stamped = project_field + _RECEIVED.pack(_RECEIVED_TAG, received)
    checksum = zlib.crc32(stamped, zlib.crc32(body))
    trailer = stamped + _CHECKSUM.pack(_CHECKSUM_TAG, checksum)
    length = varint(len(body) + len(trailer))
    size = len(length) + len(body) + len(trailer)
    return Frame(signal, _digest(signal, body, project_field), received, (length, body, trailer), size, weight)


def scan(data: bytes, signal: Signal) -> Iterator[Scanned]:
    """The good frames of a file's content, in order.

    Bytes that belong to no good frame are passed over as far as the lengths can be followed: a bad checksum
    loses one frame, a bad length all that come after it.
    """
    view, position = memoryview(data), 0
    while position < len(data):
        try:
            length, start = read_varint(data, position)
        except ValueError:
            return
        end = start + length
        if end > len(data) or length < _LEAST_BYTES:
            return
        stamp = end - _STAMP_BYTES
        received_tag, received = _RECEIVED.unpack_from(data, stamp)
        checksum_tag, checksum = _CHECKSUM.unpack_from(data, end - _CHECKSUM.size)
        tagged = (received_tag, checksum_tag) == (_RECEIVED_TAG, _CHECKSUM_TAG)
        if tagged and zlib.crc32(view[start : end - _CHECKSUM.size]) == checksum:
            yield Scanned(position, start, end, _digest(signal, view[start:stamp]), received)
        position = end


def _digest(signal: Signal, *parts: bytes | memoryview) -> bytes:
    # SHA-256 and not BLAKE2: with the processor's instructions for it, 0.23 against 0.49 µs a span.
    made = hashlib.sha256(signal.encode())
    for part in parts:
        made.update(part)
    return made.digest()[:DIGEST_BYTES]


def varint(number: int) -> bytes:
    """A number as protobuf's base-128 varint."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """The number at `position` and the position after it; ValueError where it is cut or too long."""
    number = 0
    for count, byte in enumerate(data[position : position + 10]):
        number |= (byte & 0x7F) << 7 * count
        if byte < 0x80:
            return number, position + count + 1
    raise ValueError("no varint")
