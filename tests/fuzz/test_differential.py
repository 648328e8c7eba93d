"""Every decoder against a slow plain one of the same format: the same meaning, or a refusal of both."""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.decoders import changed
from tests.fuzz.pairs import PAIRS, outcome

ROUNDS = int(os.environ.get("SPANWISE_FUZZ_ROUNDS", "1000"))
SEED = os.environ.get("SPANWISE_SEED", "1")


@pytest.mark.parametrize("name", PAIRS)
@settings(max_examples=100, derandomize=True, suppress_health_check=list(HealthCheck), deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_a_valid_body_means_the_same_to_a_slow_plain_reader(name: str, chance: random.Random) -> None:
    pair = PAIRS[name]
    assert outcome(pair, pair.make(chance)) in ("same", "refused")


@pytest.mark.parametrize("name", PAIRS)
def test_bodies_as_sent_and_changed_mean_the_same_to_a_slow_plain_reader(name: str) -> None:
    pair, chance = PAIRS[name], random.Random(f"{SEED} pairs {name}")
    good, ends, other = Counter[str](), Counter[str](), b""
    for _ in range(ROUNDS):
        body = pair.make(chance)
        good[outcome(pair, body)] += 1
        ends[outcome(pair, changed(body, other, chance, as_json="json" in name))] += 1
        other = body
    total = good.total() + ends.total()
    print(
        f"{name} against a plain reader: {total:,} executions, as sent {dict(good)}, changed {dict(ends)} (seed {SEED})"
    )
    # Valid bodies are refused as sent where no span in them has ids.
    assert good["same"] > 0.7 * ROUNDS
    assert good["stricter"] == 0
    assert ends.keys() >= {"same", "refused"}
