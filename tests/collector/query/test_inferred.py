"""Log records without ids: joined to a trace where it alone was active in their instance, and nowhere else."""

from __future__ import annotations

import itertools
import random

import pytest
from spanwise_collector.api import present
from spanwise_collector.api.parameters import LogQuery
from spanwise_collector.query.inferred import Active, when_alone
from spanwise_collector.query.records import search_logs

from tests.collector.inside import Inside
from tests.factories import MINUTE, START, logs, record, span, trace_ids, traces

PROJECT = "inferred"
_projects = itertools.count()


def shown(collector: Inside, project: str, trace_id: str, **wanted: object) -> list[tuple[object, ...]]:
    query = LogQuery.model_validate({"trace_id": trace_id, **wanted}).search(project)
    answers = [present.log_record(each) for each in search_logs(collector.engine, query).items]
    return [(each.body, each.trace_id, each.span_id, each.inferred) for each in answers]


def between(number: int, start: int, end: int, parent: int = 0) -> dict[str, int]:
    """A span from `start` to `end`, counted in ns from START."""
    return {
        "number": number, "parent": parent, "start_time_unix_nano": START + start, "end_time_unix_nano": START + end,
    }  # fmt: skip


@pytest.fixture
def project() -> str:
    return f"{PROJECT} {next(_projects)}"


def test_a_record_without_ids_is_of_the_one_trace_that_was_active(collector: Inside, project: str) -> None:
    one, other = trace_ids(2)
    collector.send(
        project,
        traces([span(one, **between(1, 0, 100)), span(one, **between(2, 20, 40, parent=1))]),
        traces([span(one, **between(3, 25, 30, parent=2))], service="elsewhere"),
        traces([span(other, **between(4, 60, 200))]),
        logs([record(f"at {time}", START + time) for time in (-1, 0, 10, 20, 30, 40, 41, 59, 60, 100, 101, 201)]),
        logs([record("not here", START + 10)], service="third"),
        logs([record("other copy", START + 10)], **{"service.instance.id": "b"}),
        logs([record("has ids", START + 30, trace_id=other)]),
    )
    root, child = f"{1:016x}", f"{2:016x}"
    assert shown(collector, project, one) == [
        ("at 0", one, root, True), ("at 10", one, root, True), ("at 20", one, child, True),
        ("at 30", one, child, True), ("at 40", one, child, True), ("at 41", one, root, True),
        ("at 59", one, root, True),
    ]  # fmt: skip
    assert shown(collector, project, other) == [
        ("has ids", other, None, False), ("at 101", other, f"{4:016x}", True),
    ]  # fmt: skip
    assert shown(collector, project, one, text="at 2") == [("at 20", one, child, True)]
    assert shown(collector, project, one, limit=2, sort="newest") == [
        ("at 59", one, root, True), ("at 41", one, root, True),
    ]  # fmt: skip


def test_beside_two_spans_at_once_a_record_is_of_the_trace_but_of_no_span(collector: Inside, project: str) -> None:
    [one] = trace_ids(1)
    spans = [between(1, 0, 100), between(2, 10, 50, parent=1), between(3, 30, 70, parent=1)]
    collector.send(
        project,
        traces([span(one, **each) for each in spans]),
        logs([record(f"at {time}", START + time) for time in (20, 40, 60)]),
    )
    assert [each[2] for each in shown(collector, project, one)] == [f"{2:016x}", None, f"{3:016x}"]


def test_a_longer_trace_and_one_beside_a_span_of_before_join_nothing(collector: Inside, project: str) -> None:
    long, short, before = trace_ids(3)
    collector.send(
        project,
        traces([span(long, **between(1, 0, 6 * MINUTE))], service="long"),
        traces([span(before, **between(2, -4 * MINUTE, 50)), span(short, **between(3, 0, 40))], service="short"),
        logs([record("long", START + 10)], service="long"),
        logs([record("short", START + 10)], service="short"),
    )
    assert shown(collector, project, long) == []
    assert shown(collector, project, short) == []
    assert shown(collector, project, before) == []


def test_stretches_are_what_a_look_at_each_moment_finds() -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for _ in range(150):
        own = [_span(chance, f"{number}", chance.choice(["", *map(str, range(number))])) for number in range(5)]
        others = [_span(chance, "x", "") for _ in range(chance.randrange(3))]
        found = when_alone(own, others)
        spread = {time: each.span_id for each in found for time in range(each.start, each.end + 1)}
        assert spread == {time: deepest for time in range(40) if (deepest := _deepest(own, others, time)) is not None}
        assert [each.start for each in found] == sorted(each.start for each in found)


def _span(chance: random.Random, span_id: str, parent: str) -> Active:
    start = chance.randrange(20)
    return Active(start, start + chance.randrange(15), span_id, parent)


def _deepest(own: list[Active], others: list[Active], time: int) -> str | None:
    active = [each for each in own if each.start <= time <= each.end]
    if not active or any(each.start <= time <= each.end for each in others):
        return None
    parents = {each.parent_span_id for each in active}
    leaves = [each.span_id for each in active if each.span_id not in parents]
    return leaves[0] if len(leaves) == 1 else ""
