"""A file is cut into the same pieces however it comes: one that is sent again is known by them."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from spanwise_collector.receive.import_files import Format, reader_of
from spanwise_collector.spool.frame import varint

from tests.generated import seed


def pieces(file: bytes, form: Format, chance: random.Random, most: int) -> list[bytes]:
    """What a file is cut into that comes in chunks of up to so many bytes."""
    reader, held, found, at = None, bytearray(), [], 0
    while at <= len(file):
        step = chance.randint(1, most)
        last = at == len(file)
        held += file[at : at + step]
        at = at + step if last else min(at + step, len(file))
        reader = reader or reader_of(held, form, last)
        while reader is not None and (piece := reader.cut(held, last)):
            found.append(piece)
    assert not held
    return found


def lines(chance: random.Random) -> bytes:
    sizes = [*chance.choices(range(2000), k=3000), 1_500_000, *chance.choices(range(2000), k=200), 1 << 20, 3]
    return b"\n".join(b"x" * size for size in sizes)


def frames(chance: random.Random) -> bytes:
    sizes = [*chance.choices(range(1, 200_000), k=60), 1_500_000, *chance.choices(range(1, 500), k=300)]
    return b"".join(varint(size) + b"x" * size for size in sizes)


@pytest.mark.parametrize(("form", "make"), [("ndjson", lines), ("otlp-json", lines), ("otlp", frames)])
def test_pieces_end_at_the_same_places_however_the_file_comes(
    form: Format, make: Callable[[random.Random], bytes]
) -> None:
    chance = random.Random(seed())
    file = make(chance)
    first, *others = (pieces(file, form, chance, most) for most in (len(file), 70_000, 1_200_000, 300_000))
    assert b"".join(first) == file
    assert len(first) > 3
    assert all([len(each) for each in other] == [len(each) for each in first] for other in others)
