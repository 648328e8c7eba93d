"""Bodies are inflated a piece at a time: what they may be is the same as at once, and what they may cost is bounded."""

from __future__ import annotations

import gzip
import importlib
import random
import zlib
from collections.abc import Callable

import pytest
from spanwise_collector.errors import BadData, BodyTooLarge
from spanwise_collector.receive.body import inflate

from tests.generated import seed

MIB = 2**20


def zstd(data: bytes) -> bytes:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        return bytes(module.compress(data))
    raise AssertionError("there is no zstd module")


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "zlib": ("deflate", zlib.compress),
    "deflate": ("deflate", raw_deflate),
    "zstd": ("zstd", zstd),
}


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("size", [1, 1000, MIB])
def test_a_body_of_many_pieces_comes_out_whole_and_is_cut_off_where_one_is_missing(kind: str, size: int) -> None:
    encoding, pack = PACKERS[kind]
    plain = random.Random(seed()).randbytes(size)
    packed = pack(plain)
    assert inflate(packed, encoding, MIB) == plain
    with pytest.raises(BadData, match=f"The {encoding} body is cut off"):
        inflate(packed[:-1], encoding, MIB)
    with pytest.raises(BodyTooLarge):
        inflate(packed, encoding, size - 1)


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_members_of_any_size_are_joined(kind: str) -> None:
    encoding, pack = PACKERS[kind]
    chance = random.Random(seed())
    plain = [chance.randbytes(chance.choice((0, 1, 1000, 200_000))) for _ in range(20)]
    assert inflate(b"".join(map(pack, plain)), encoding, 8 * MIB) == b"".join(plain)


def test_what_is_wrong_behind_the_first_piece_is_not_called_junk_after_the_end() -> None:
    packed = bytearray(gzip.compress(random.Random(seed()).randbytes(MIB)))
    packed[-8:-4] = b"\xff\xff\xff\xff"
    with pytest.raises(BadData, match="is not what its Content-Encoding says"):
        inflate(bytes(packed), "gzip", 2 * MIB)
    with pytest.raises(BadData, match="has junk after its end"):
        inflate(gzip.compress(b"good") + b"junk", "gzip", 2 * MIB)


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_body_of_nothing_but_members_is_refused_and_not_worked_through(kind: str) -> None:
    encoding, pack = PACKERS[kind]
    assert inflate(pack(b"") * 10_000, encoding, MIB) == b""
    with pytest.raises(BadData, match="has more than 10,000 members: send it as one"):
        inflate(pack(b"") * 10_001, encoding, MIB)
    # Worked through, the largest body that may come would take half an hour.
    with pytest.raises(BadData, match="has more than 10,000 members"):
        inflate(pack(b"") * 3_000_000, encoding, MIB)
