"""Messages that are compressed once, around gaps that are filled anew for each body."""

from __future__ import annotations

import struct
import zlib

LEVEL = 6

_GZIP_HEADER = bytes.fromhex("1f8b0800000000000003")
# A byte that no text and no tag of these messages has: no match can reach into a gap and copy what was there.
_NEVER = b"\xff"
_WINDOW = 32 * 1024


class PatchedStream:
    """`pieces` with a gap of so many bytes after each but the last.

    A gap lies in a *stored* block of the deflate stream, which holds its bytes as they are: the next body costs the
    filling of the gaps and a checksum.
    """

    def __init__(self, pieces: list[bytes], gaps: list[int]) -> None:
        self._plain = _with_gaps(pieces)
        self._gzip = _with_gaps(_compressed(pieces, gaps))

    def filled(self, gaps: list[bytes]) -> tuple[bytes, bytes]:
        """The body with these gaps, plain and as gzip."""
        self._plain[1::2] = gaps
        self._gzip[1::2] = gaps
        plain = b"".join(self._plain)
        trailer = struct.pack("<II", zlib.crc32(plain), len(plain))
        return plain, b"".join((_GZIP_HEADER, *self._gzip, trailer))


def varint(value: int) -> bytes:
    """A number as protobuf writes it."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number: int, content: bytes) -> bytes:
    """A field of bytes as protobuf writes it; `number` is below 16."""
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def _compressed(pieces: list[bytes], gaps: list[int]) -> list[bytes]:
    """The pieces as deflate blocks that end at a byte, each but the last followed by a stored block's head.

    Each may repeat what stands in the window before it, as in one stream, but never the content of a gap.
    """
    before, blocks = b"", []
    for piece, gap in zip(pieces, [*gaps, 0], strict=True):
        packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -15, zdict=before) if before else _fresh()
        block = packer.compress(piece)
        if gap:
            # A sync flush closes with an empty stored block; giving it a length makes it the gap's own.
            block += packer.flush(zlib.Z_SYNC_FLUSH)[:-4] + struct.pack("<HH", gap, gap ^ 0xFFFF)
        else:
            block += packer.flush()
        blocks.append(block)
        before = (before + piece + _NEVER * gap)[-_WINDOW:]
    return blocks


def _fresh() -> zlib._Compress:
    return zlib.compressobj(LEVEL, zlib.DEFLATED, -15)


def _with_gaps(pieces: list[bytes]) -> list[bytes]:
    """Room for a gap after each piece but the last."""
    slots = [b""] * (2 * len(pieces) - 1)
    slots[0::2] = pieces
    return slots
