"""Bodies that upb reads and the column engine does not: they are stored, and can be written anew."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from spanwise_collector.errors import Refused
from spanwise_collector.receive.check import canonical, check
from spanwise_collector.spool import Signal, Spool
from spanwise_collector.spool.frame import encode

from tests.collector.receive.factories import span, traces
from tests.collector.receive.running import stored

GOOD = traces(span(1))
PLAIN_SPAN = span(1).SerializeToString()


def request_of(span_bytes: bytes) -> bytes:
    def field(number: int, content: bytes) -> bytes:
        return bytes([number << 3 | 2, len(content)]) + content

    return field(1, field(2, field(2, span_bytes)))


ODD = {
    "an unknown group": PLAIN_SPAN + b"\xa3\x06\x08\x01\xa4\x06",
    "a name as a number": PLAIN_SPAN + b"\x28\x05",
    "a time as a varint": PLAIN_SPAN + b"\x38\x05",
    "a status as a number": PLAIN_SPAN + b"\x78\x05",
    "a count beyond 32 bits": PLAIN_SPAN + b"\x50\xff\xff\xff\xff\xff\x0f",
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_an_odd_body_is_mended_in_its_segment(tmp_path: Path, odd: bytes) -> None:
    spool = Spool(tmp_path, segment_age=3600)
    spool.start()
    for body in (GOOD.SerializeToString(), request_of(odd)):
        asyncio.run(spool.append(Signal.TRACES, "shop", check(Signal.TRACES, body).body))
    spool.close()
    segment = spool.closed.get(timeout=1)
    mended = spool.mend(segment, canonical)
    assert (mended.name, mended.frames, mended.records) == (segment.name, segment.frames, segment.records)
    assert mended.bytes == segment.path.stat().st_size == spool.stats().bytes
    first, second = (canonical(Signal.TRACES, message) for message in stored(tmp_path, Signal.TRACES))
    assert first == ("shop", GOOD.SerializeToString())
    assert second[0] == "shop"
    assert sum(encode(Signal.TRACES, project, 0, body).size for project, body in (first, second)) == mended.bytes
    spool.release(mended)
    assert spool.stats().bytes == 0


def test_a_segment_that_its_disk_has_damaged_is_not_mended_to_what_is_left_of_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path, segment_age=3600)
    spool.start()
    for number in (1, 2):
        asyncio.run(spool.append(Signal.TRACES, "shop", traces(span(number)).SerializeToString()))
    spool.close()
    segment = spool.closed.get(timeout=1)
    damaged = bytearray(segment.path.read_bytes())
    damaged[10] ^= 1
    segment.path.write_bytes(damaged)
    with pytest.raises(Refused, match="its disk has damaged it"):
        spool.mend(segment, canonical)
    assert segment.path.read_bytes() == damaged
