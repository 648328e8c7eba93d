"""A body that is checked in slices gives what it gives whole."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spanwise_collector.errors import BadData
from spanwise_collector.receive import check, slices
from spanwise_collector.receive.check import REQUESTS, Checked
from spanwise_collector.spool import Signal

from tests.collector.receive.factories import logs, record, span, traces
from tests.fuzz import plain_protobuf
from tests.fuzz.plain_protobuf import kind_of

SIGNALS = (Signal.TRACES, Signal.LOGS, Signal.METRICS)
# Field numbers of OTLP at each depth, those of the levels more often.
NUMBERS = ((1, 1, 1, 1, 3), (1, 2, 2, 2, 3), (1, 2, 2, 2, 3), (1, 2, 4, 5, 7, 9), (1, 1, 2))
DEEPEST = 5


def varint(value: int, padded: bool = False) -> bytes:
    made = bytearray()
    while value > 127 or padded:
        made.append(value & 127 | 128)
        value >>= 7
        padded = False
    return bytes((*made, value))


def field(chance: random.Random, depth: int) -> bytes:
    """One field of a message, mostly as OTLP has it."""
    number = chance.choice(NUMBERS[min(depth, DEEPEST - 1)])
    kind = chance.randrange(40)
    if kind == 0:
        return varint(number << 3) + varint(chance.getrandbits(chance.choice((7, 32, 63))))
    if kind == 1:
        return varint(number << 3 | 5) + chance.randbytes(4)
    if kind == 2:
        group = b"".join(field(chance, DEEPEST) for _ in range(chance.randrange(3)))
        return varint(number << 3 | 3) + group + varint(number << 3 | 4)
    if kind == 3 and depth == 0:
        return varint(1000 << 3 | 2) + b"\x04evil"
    if kind == 4 and depth > 2:
        return chance.randbytes(chance.randrange(1, 6))
    content = good_span(chance) if depth == 2 and kind < 30 else message(chance, depth + 1)
    return varint(number << 3 | 2, kind == 5) + varint(len(content), kind == 6) + content


def good_span(chance: random.Random) -> bytes:
    return span(chance.randrange(4), name="é" * chance.randrange(30)).SerializeToString()


def message(chance: random.Random, depth: int = 0) -> bytes:
    if depth >= DEEPEST:
        return bytes(chance.randrange(128) for _ in range(chance.randrange(4)))
    return b"".join(field(chance, depth) for _ in range(chance.randrange(5)))


def result(signal: Signal, body: bytes, slice_bytes: int) -> Checked | str:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(check, "SLICE_BYTES", slice_bytes)
        patched.setattr(slices, "SLICE_BYTES", slice_bytes)
        try:
            found = check.check(signal, body)
        except BadData as refusal:
            return refusal.message
    request = REQUESTS[signal].FromString(found.body)
    request.DiscardUnknownFields()
    return Checked(request.SerializeToString(deterministic=True), found.items, found.rejected, found.message)


@settings(max_examples=400)
@given(st.randoms(use_true_random=False), st.sampled_from(SIGNALS), st.sampled_from([1, 3, 10, 40, 100]))
def test_a_body_in_slices_gives_the_same_counts_faults_and_messages(
    chance: random.Random, signal: Signal, slice_bytes: int
) -> None:
    body = message(chance)
    if chance.randrange(8) == 0:
        body = body[: chance.randrange(len(body) + 1)]
    whole, sliced = result(signal, body, 2**40), result(signal, body, slice_bytes)
    if isinstance(sliced, str) and "data of two kinds" in sliced:
        assert signal is Signal.METRICS
    elif isinstance(whole, str):
        # Of several faults another one may be met first.
        assert isinstance(sliced, str)
    else:
        assert sliced == whole


@settings(max_examples=300)
@given(st.randoms(use_true_random=False), st.sampled_from(SIGNALS), st.sampled_from([1, 3, 10, 40, 100]))
def test_a_message_written_anew_in_slices_is_the_same_message(
    chance: random.Random, signal: Signal, slice_bytes: int
) -> None:
    message_in_spool = message(chance) + varint(1000 << 3 | 2) + b"\x04shop"
    whole = anew(signal, message_in_spool, 2**40)
    given_back: list[str] = []
    with suppress(plain_protobuf.Broken):
        plain_protobuf.read(kind_of(REQUESTS[signal].DESCRIPTOR), message_in_spool, given_back=given_back)
    # A field that is given twice, the second time empty, keeps the first where they are in different slices: nobody
    # writes it so, and no slice that is written anew can tell that it was empty.
    if whole is not None and not given_back:
        assert anew(signal, message_in_spool, slice_bytes) == whole


def anew(signal: Signal, body: bytes, slice_bytes: int) -> tuple[str, bytes] | None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(check, "SLICE_BYTES", slice_bytes)
        patched.setattr(slices, "SLICE_BYTES", slice_bytes)
        try:
            project, plain = check.canonical(signal, body)
        except BadData:
            return None
    return project, REQUESTS[signal].FromString(plain).SerializeToString(deterministic=True)


def test_the_first_bad_span_is_named_by_its_place_in_the_whole_body() -> None:
    request = traces(span(1), span(2))
    for _ in range(2):
        request.MergeFrom(traces(span(3), span(4), span(0), span(0)))
    found = check.check(Signal.TRACES, request.SerializeToString())
    assert found.message.startswith("4 of 10 spans were rejected; the first: resourceSpans[1].scopeSpans[0].spans[2]")
    body = request.SerializeToString()
    for slice_bytes in range(1, len(body)):
        assert result(Signal.TRACES, body, slice_bytes) == result(Signal.TRACES, body, 2**40)


def test_the_good_bytes_of_a_large_body_are_kept_as_they_came() -> None:
    body = b"".join(traces(span(1), span(2)).SerializeToString() + b"\x9a\x06\x02hi" for _ in range(20_000))
    assert len(body) > 2 * slices.SLICE_BYTES
    assert check.check(Signal.TRACES, body) == Checked(body, 40_000)


def test_an_item_that_is_too_large_is_left_out_and_the_others_are_kept() -> None:
    big = "x" * slices.LARGEST_PART
    found = check.check(Signal.LOGS, logs(record("one"), record(big), record("two")).SerializeToString())
    kept = logs(record("one"), record("two")).SerializeToString()
    assert (found.body, found.items, found.rejected, found.too_large) == (kept, 2, 1, 1)
    assert found.message == (
        f"1 of 3 log records were rejected; the first: resourceLogs[0].scopeLogs[0].logRecords[1] has"
        f" {logs_size(big)} bytes, more than the {slices.LARGEST_PART} of one item."
    )
    traced = check.check(Signal.TRACES, traces(span(1), span(2, name=big), span(3), span(0)).SerializeToString())
    assert traced.body == traces(span(1), span(3)).SerializeToString()
    assert (traced.items, traced.rejected, traced.too_large) == (2, 2, 1)


def logs_size(text: str) -> int:
    return len(logs(record(text)).resource_logs[0].scope_logs[0].SerializeToString())


def test_a_body_with_a_resource_that_is_too_large_is_refused_and_the_resource_named() -> None:
    request = traces(span(1))
    request.resource_spans[0].resource.attributes[0].value.string_value = "x" * slices.LARGEST_PART
    with pytest.raises(BadData, match=r"resourceSpans\[0\] has a field 1 of 41943\d\d bytes; one part of a body has"):
        check.check(Signal.TRACES, request.SerializeToString())
