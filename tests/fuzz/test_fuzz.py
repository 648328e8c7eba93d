"""Every decoder against bytes that nobody sends on purpose: it answers with a message or a refusal, never else."""

from __future__ import annotations

import os
import random
import tracemalloc

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

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
