"""What a service is told of its faults, without any process: chance comes from the seed alone."""

from __future__ import annotations

from examples.shop.faults import Fault, Faults
from examples.shop.topology import Kind


def _with(*faults: Fault, seed: int = 1) -> Faults:
    told = Faults("catalog", seed)
    told.replace(list(faults))
    return told


def test_the_same_seed_strikes_the_same_requests_and_another_seed_others() -> None:
    half = Fault(Kind.EXCEPTION, 0.5)
    one, same, other = (_with(half, seed=seed) for seed in (1, 1, 2))
    drawn = [[each.strikes(Kind.EXCEPTION) for _ in range(200)] for each in (one, same, other)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert 80 < sum(drawn[0]) < 120


def test_another_fault_that_is_switched_on_beside_it_changes_nothing_in_what_is_struck() -> None:
    alone = _with(Fault(Kind.EXCEPTION, 0.5))
    beside = _with(Fault(Kind.EXCEPTION, 0.5), Fault(Kind.EARLY_RETURN, 0.5))
    drawn = [(beside.strikes(Kind.EXCEPTION), beside.strikes(Kind.EARLY_RETURN))[0] for _ in range(50)]
    assert drawn == [alone.strikes(Kind.EXCEPTION) for _ in range(50)]


def test_a_fault_that_is_off_never_strikes_and_one_at_level_one_always_does() -> None:
    faults = _with(Fault(Kind.EXCEPTION, 1.0))
    assert {faults.strikes(Kind.EXCEPTION) for _ in range(50)} == {True}
    assert {faults.strikes(Kind.EARLY_RETURN) for _ in range(50)} == {False}


def test_a_delay_for_one_caller_leaves_the_others_alone() -> None:
    faults = _with(Fault(Kind.NETWORK_DELAY, 0.5, caller="cart"))
    assert (faults.delay_from("cart"), faults.delay_from("gateway")) == (0.15, 0.0)


def test_things_are_asked_for_together_or_by_the_level_one_by_one() -> None:
    things = ["a", "b", "c", "d"]
    batches = [_with(Fault(Kind.N_PLUS_ONE, level)).batches(things) for level in (0.0, 0.5, 1.0)]
    assert batches == [[["a", "b", "c", "d"]], [["a"], ["b"], ["c", "d"]], [["a"], ["b"], ["c"], ["d"]]]
