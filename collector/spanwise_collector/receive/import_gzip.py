"""Files in gzip, inflated as they come."""

import zlib
from collections.abc import Iterator
from typing import Final

from spanwise_collector.errors import BadData, excerpt

GZIP: Final = b"\x1f\x8b"
_PART_BYTES: Final = 1 << 20


class Inflating:
    """Inflates gzip as it comes, in parts that are bounded however far it expands. Raises BadData."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(31)

    def parts(self, chunk: bytes) -> Iterator[bytes]:
        while chunk:
            if self._member.eof:
                self._member = zlib.decompressobj(31)
            try:
                yield self._member.decompress(chunk, _PART_BYTES)
            except zlib.error as error:
                raise BadData(f"The file begins as gzip and goes on otherwise: {excerpt(str(error))}.") from None
            chunk = self._member.unconsumed_tail or self._member.unused_data

    def end(self) -> None:
        if not self._member.eof:
            raise BadData("The gzip file is cut off.")
