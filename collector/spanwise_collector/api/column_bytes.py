"""Columns as bytes: a header in JSON and little-endian numbers behind it (docs/api.md, "A trace as columns")."""

import re
from collections.abc import Mapping
from typing import Any, Final

import cramjam
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from spanwise_collector.api.models import Answer

MEDIA_TYPE: Final = "application/vnd.spanwise.columns"
MAGIC: Final = b"SWC1"
_ALIGNED: Final = 8
_WIDTHS: Final = (np.uint8, np.uint16, np.uint32, np.uint64)
# The fastest level of each: the network of a collector is near.
_CODINGS: Final = {"zstd": cramjam.zstd, "gzip": cramjam.gzip}
_LEVEL: Final = 1
_REFUSED: Final = re.compile(r";\s*q=0(\.0*)?\s*$")


class Column(Answer):
    """Where a column lies: `offset` counts bytes from the end of the header, `length` numbers of `type`."""

    name: str
    type: str
    offset: int
    length: int


def narrow(numbers: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers, none negative, in the narrowest type that holds them all."""
    most = int(numbers.max(initial=0))
    width = next(each for each in _WIDTHS if most <= np.iinfo(each).max)
    return numbers.astype(width)


def layout(arrays: Mapping[str, NDArray[Any]]) -> list[Column]:
    """Where each array will lie, every one at a multiple of eight bytes."""
    columns, offset = [], 0
    for name, array in arrays.items():
        columns.append(Column(name=name, type=f"u{8 * array.dtype.itemsize}", offset=offset, length=len(array)))
        offset += array.nbytes + -array.nbytes % _ALIGNED
    return columns


def encode(header: BaseModel, arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The header, filled up with spaces so that the arrays of `layout` begin at a multiple of eight bytes."""
    text = header.model_dump_json().encode()
    text += b" " * (-(len(MAGIC) + 4 + len(text)) % _ALIGNED)
    pieces = [MAGIC, len(text).to_bytes(4, "little"), text]
    for array in arrays.values():
        whole = array.astype(array.dtype.newbyteorder("<"), copy=False)
        pieces += [whole.tobytes(), bytes(-whole.nbytes % _ALIGNED)]
    return b"".join(pieces)


def compressed(body: bytes, accept_encoding: str) -> tuple[bytes, dict[str, str]]:
    """The body as the client takes it, and the headers that say so."""
    headers = {"Vary": "Accept-Encoding"}
    asked = [each.strip().lower() for each in accept_encoding.split(",")]
    taken = {each.split(";")[0].strip() for each in asked if not _REFUSED.search(each)}
    for name, codec in _CODINGS.items():
        if name in taken:
            return bytes(codec.compress(body, _LEVEL)), headers | {"Content-Encoding": name}
    return body, headers
