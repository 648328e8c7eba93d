"""The simulated systems of the diagnosis bench do what they say, and ranks are counted against us."""

from __future__ import annotations

import pytest

from bench.diagnosis.clockwork import Event, Room, World
from bench.diagnosis.floors import NOT_NAMED, rank, shares
from bench.diagnosis.grown import grow
from bench.diagnosis.injected import KINDS, MS, ROUGH_KINDS, Fault, every_fault
from bench.diagnosis.serving import Recording
from bench.diagnosis.systems import SYSTEMS

LENGTH = 3_000 * MS
each_system = pytest.mark.parametrize("name", SYSTEMS)


@each_system
def test_a_recording_repeats_with_its_seed_and_not_with_another(name: str) -> None:
    system = SYSTEMS[name]
    first, again, other = (Recording(system, seed, LENGTH).run() for seed in (1, 1, 2))
    assert (first.spans, first.records) == (again.spans, again.records)
    assert first.spans != other.spans


@each_system
def test_every_span_has_its_parent_in_its_trace(name: str) -> None:
    spans = Recording(SYSTEMS[name], 1, LENGTH).run().spans
    known = {(span.trace, span.span) for span in spans}
    assert len(known) == len(spans) > 100
    assert [span for span in spans if span.parent and (span.trace, span.parent) not in known] == []
    assert {span.service for span in spans} == set(SYSTEMS[name].services)


@each_system
def test_every_kind_of_fault_is_tried_light_and_heavy(name: str) -> None:
    faults = every_fault(SYSTEMS[name])
    assert {(fault.kind, fault.heavy) for fault in faults} == {
        (kind, heavy) for kind in KINDS for heavy in (True, False)
    }
    assert len(faults) == len(set(faults))


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_grown_system_is_the_same_for_its_seed_and_all_of_it_can_be_reached(seed: int) -> None:
    system = grow(seed)
    assert system == grow(seed)
    assert system != grow(seed + 100)
    spans = Recording(system, seed, 5 * LENGTH).run().spans
    assert {span.service for span in spans} <= set(system.services)
    assert len({span.service for span in spans}) >= 15


def test_a_fault_is_only_tried_where_a_time_without_it_shows_what_it_hits() -> None:
    system = SYSTEMS["shop"]
    spans = Recording(system, 1, LENGTH, rough=True).run().spans
    shown = {(each.kind, each.service) for each in every_fault(system, ROUGH_KINDS) if each.can_show(spans)}
    assert {service for kind, service in shown if kind == "slow dependency"} == {
        "catalog", "checkout", "inventory", "notifications",
    }  # fmt: skip
    assert {kind for kind, service in shown if service == "fraud"} == {
        "cpu burn", "network delay", "exception", "stopped", "network of a node", "packet loss", "throttled",
    }  # fmt: skip
    assert [each for each in every_fault(system, ROUGH_KINDS) if each.can_show([])] == []


def test_a_stopped_process_says_nothing_and_its_callers_time_out() -> None:
    fault = Fault("stopped", "fraud", "fraud-1", heavy=True)
    spans = Recording(SYSTEMS["shop"], 1, LENGTH, fault).run().spans
    assert [span for span in spans if span.service == "fraud"] == []
    assert {span.error for span in spans if span.service == "payments" and span.kind == 3} == {
        "Timeout: no answer within 1000 ms"
    }


def test_processes_wait_for_time_for_each_other_and_for_room() -> None:
    world, room, ready, seen = World(), Room(1), Event(), list[tuple[str, int]]()

    def first() -> object:
        yield from world.enter(room)
        yield 10
        world.leave(room)
        world.happen(ready)
        seen.append(("first", world.now))

    def second() -> object:
        seen.append((f"in time: {(yield from world.enter(room, 5))}", world.now))
        seen.append((f"ready: {(yield ready, 100)}", world.now))
        seen.append((f"again: {(yield from world.enter(room))}", world.now))

    world.start(first())  # type: ignore[arg-type]
    world.start(second())  # type: ignore[arg-type]
    world.run(1000)
    assert seen == [("in time: False", 5), ("first", 10), ("ready: True", 10), ("again: True", 10)]


def test_ties_count_against_us_and_who_is_not_named_is_not_first() -> None:
    assert rank({"a": 0.5, "b": 0.5, "c": 0.1}, "a") == 2
    assert rank({"a": 0.5, "b": 0.4}, "a") == 1
    assert (rank({}, "a"), rank({"b": 1.0}, "a")) == (NOT_NAMED, NOT_NAMED)
    assert shares([1, 2, 4, NOT_NAMED]) == "25 / 50 / 75"
