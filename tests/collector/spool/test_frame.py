"""Frames: what is written, and what a scan finds in files that are whole, torn or damaged."""

from __future__ import annotations

import zlib

from hypothesis import given
from hypothesis import strategies as st
from spanwise_collector.spool import Signal
from spanwise_collector.spool.frame import encode, read_varint, scan, varint


def frame(body: bytes, project: str = "default", received: int = 7) -> bytes:
    return b"".join(encode(Signal.TRACES, project, received, body).buffers)


def test_a_frame_is_a_length_a_body_and_three_fields() -> None:
    stamped = b"body" + b"\xc2\x3e\x03abc" + b"\xc9\x3e" + (7).to_bytes(8, "little")
    message = stamped + b"\xd5\x3e" + zlib.crc32(stamped).to_bytes(4, "little")
    assert frame(b"body", "abc") == bytes([len(message)]) + message


def test_the_size_of_a_frame_is_that_of_its_buffers() -> None:
    made = encode(Signal.LOGS, "default", 7, b"x" * 300)
    assert made.size == len(b"".join(made.buffers))


def test_a_digest_tells_signal_project_and_body_apart_and_nothing_else() -> None:
    digests = {
        encode(signal, project, received, body).digest
        for signal in Signal
        for project in ("a", "b")
        for received in (1, 2)
        for body in (b"", b"x")
    }
    assert len(digests) == 3 * 2 * 2


def test_a_scan_finds_what_was_encoded() -> None:
    frames = [encode(Signal.TRACES, "p", n, b"x" * n) for n in range(200)]
    data = b"".join(b"".join(made.buffers) for made in frames)
    found = list(scan(data, Signal.TRACES))
    assert [(f.digest, f.received) for f in found] == [(f.digest, f.received) for f in frames]
    assert found[-1].end == len(data)
    assert [f.start for f in found[1:]] == [f.end for f in found[:-1]]


def test_a_scan_passes_over_a_damaged_body_and_goes_on() -> None:
    data = bytearray(frame(b"one") + frame(b"two") + frame(b"three"))
    data[len(frame(b"one")) + 2] ^= 1
    assert [data[f.body_start : f.body_start + 3] for f in scan(bytes(data), Signal.TRACES)] == [b"one", b"thr"]


def test_a_scan_of_zeros_finds_nothing() -> None:
    assert list(scan(bytes(1000), Signal.TRACES)) == []


@given(st.binary(max_size=300))
def test_a_scan_of_anything_ends_and_finds_nothing(data: bytes) -> None:
    assert list(scan(data, Signal.TRACES)) == []


@given(st.lists(st.binary(max_size=200), max_size=6), st.data())
def test_cutting_anywhere_loses_only_what_is_after_the_cut(bodies: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(frame(body) for body in bodies)
    cut = data.draw(st.integers(0, len(whole)))
    ends = [f.end for f in scan(whole, Signal.TRACES)]
    assert [f.end for f in scan(whole[:cut], Signal.TRACES)] == [end for end in ends if end <= cut]


@given(st.integers(0, 2**64 - 1))
def test_a_varint_reads_back(number: int) -> None:
    assert read_varint(varint(number), 0) == (number, len(varint(number)))
