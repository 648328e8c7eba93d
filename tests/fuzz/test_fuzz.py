"""Every decoder against bytes that nobody sends on purpose: it answers with a message or a refusal, never else."""

from __future__ import annotations

import os
import random
import tracemalloc
from collections import Counter

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from spanwise_collector.errors import BadData
from spanwise_collector.receive.check import check
from spanwise_collector.spool import Signal

from tests.collector.receive.factories import span, traces
from tests.fuzz import plain_protobuf
from tests.fuzz.decoders import DECODERS, lines_of, mutated, tried

ROUNDS = int(os.environ.get("SPANWISE_FUZZ_ROUNDS", "2000"))
SEED = os.environ.get("SPANWISE_SEED", "1")
MOST_BYTES = 32 * 2**20


@pytest.mark.parametrize("name", DECODERS)
def test_mutated_bodies_are_decoded_or_refused(name: str) -> None:
    decode, seed = DECODERS[name]
    chance = random.Random(f"{SEED} {name}")
    outcomes = [tried(decode, mutated(seed, chance)) for _ in range(ROUNDS)]
    print(f"{name}: {len(outcomes):,} executions, {sum(outcomes):,} decoded (seed {SEED})")


@pytest.mark.parametrize("name", DECODERS)
@settings(max_examples=200, suppress_health_check=[HealthCheck.differing_executors], deadline=None)
@given(body=st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(name: str, body: bytes) -> None:
    tried(DECODERS[name][0], body)


@pytest.mark.parametrize("name", DECODERS)
def test_a_small_body_takes_no_large_memory(name: str) -> None:
    decode, seed = DECODERS[name]
    chance = random.Random(f"{SEED} memory {name}")
    tracemalloc.start()
    try:
        for _ in range(100):
            tried(decode, mutated(seed, chance))
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()


def test_otlp_is_read_as_a_slow_plain_reader_of_protobuf_reads_it() -> None:
    chance = random.Random(f"{SEED} plain")
    good, bad = span(2, parent_span_id=b"\1" * 8), Span(trace_id=bytes(16), span_id=b"short", name="bad")
    seeds = [traces(*spans).SerializeToString() for spans in ([good, good], [good, bad], [bad], [])]
    ends = Counter(ends_alike(mutated(chance.choice(seeds), chance)) for _ in range(ROUNDS))
    print(f"otlp against the plain reader: {ends.total():,} executions, {dict(ends)} (seed {SEED})")
    assert set(ends) == {"broken", "refused", "taken"}


def ends_alike(body: bytes) -> str:
    """How both readers end; raises where they differ."""
    wanted = plain(body)
    try:
        checked = check(Signal.TRACES, body)
        found: tuple[int, int] | None = (checked.items, checked.rejected)
    except BadData:
        found = None
    refused = wanted is None or (wanted[1] > 0 and wanted[0] == 0)
    assert found == (None if refused else wanted), body.hex()
    return "broken" if wanted is None else "refused" if refused else "taken"


def plain(body: bytes) -> tuple[int, int] | None:
    """How many spans are good and how many bad; None where the body is no request."""
    try:
        request = plain_protobuf.read(ExportTraceServiceRequest.DESCRIPTOR, body)
    except plain_protobuf.Broken:
        return None
    good = bad = 0
    for resource in request.get("resource_spans", []):
        for scope in resource.get("scope_spans", []):
            for each in scope.get("spans", []):
                trace_id, span_id, parent = (
                    each.get(name, [b""])[-1] for name in ("trace_id", "span_id", "parent_span_id")
                )
                ids = len(trace_id) == 16 and any(trace_id) and len(span_id) == 8 and any(span_id)
                fine = ids and len(parent) in (0, 8)
                good, bad = good + fine, bad + (not fine)
    return good, bad


@settings(max_examples=300, deadline=None)
@example(noise=b"\xef\xbb\xbf")
@given(noise=st.binary(max_size=200).filter(lambda noise: b"\n" not in noise))
def test_good_lines_beside_any_bytes_are_kept(noise: bytes) -> None:
    request = lines_of(b"level=warn msg=first\n" + noise + b"\nlevel=warn msg=last\n").request
    records = [
        each for resource in request.resource_logs for scope in resource.scope_logs for each in scope.log_records
    ]
    texts = [each.body.string_value for each in records]
    assert (texts[0], texts[-1]) == ("first", "last")
    assert len(texts) <= 3
