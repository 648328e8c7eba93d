"""Trees, self time and critical path from columns: equal to those that are built span by span."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from spanwise_collector.model.span import Span
from spanwise_collector.trace.clock_columns import clocks_of_columns
from spanwise_collector.trace.clocks import clocks, host_of
from spanwise_collector.trace.columns import Rows, SpanColumns
from spanwise_collector.trace.critical_path import critical_path
from spanwise_collector.trace.forest import arrange
from spanwise_collector.trace.self_time import self_time
from spanwise_collector.trace.spent import critical, self_times
from spanwise_collector.trace.tree import build

from tests.collector.trace.spans import span

TREES = 150


def any_trace(rng: random.Random) -> list[Span]:
    """Spans whose ids, parents, kinds and times collide in every way: circles, shared ids, lost parents, odd clocks."""
    count = rng.randint(1, 40)
    ids = rng.randint(1, count + 3)
    span_of = rng.choice([3, 10, 100, 10**6])
    made = []
    for _ in range(count):
        start = rng.choice([0, *(rng.randrange(span_of) + 1 for _ in range(3))])
        later = [start + rng.randrange(span_of) for _ in range(3)]
        end = rng.choice([0, max(0, start - rng.randrange(span_of)), 2**64 - 1 if rng.random() < 0.05 else 7, *later])
        parent = rng.choice([0, rng.randint(1, ids + 1), rng.randint(1, ids + 1)])
        fields = {"name": rng.choice("ab"), "kind": rng.randrange(6), "service": rng.choice("xyz")}
        made.append(span(rng.randint(1, ids), parent, start, end, instance=rng.choice(["", "i"]), **fields))
    return made


def as_columns(spans: list[Span]) -> SpanColumns:
    def codes(text: Callable[[Span], str]) -> Rows:
        known = sorted({text(each) for each in spans})
        return np.array([known.index(text(each)) for each in spans])

    return SpanColumns(
        np.array([int(each.span_id, 16) for each in spans], dtype=np.uint64),
        np.array([int(each.parent_span_id or "0", 16) for each in spans], dtype=np.uint64),
        np.array([each.start for each in spans], dtype=np.uint64),
        np.array([each.end for each in spans], dtype=np.uint64),
        np.array([each.kind for each in spans], dtype=np.int32),
        codes(lambda each: each.name),
        codes(lambda each: each.service),
        codes(lambda each: each.instance),
    )


def looks(each: Span) -> tuple[object, ...]:
    """All that a place in the tree may depend on: spans that are equal in it may change places."""
    return (
        *(each.start, each.end, each.span_id, each.parent_span_id, each.name),
        *(each.service, each.instance, each.kind),
    )


@pytest.mark.parametrize("seed", range(6))
def test_columns_are_arranged_as_spans_are(seed: int) -> None:
    rng = random.Random(seed)
    for number in range(TREES):
        spans = any_trace(rng)
        nodes, columns = build(spans), as_columns(spans)
        forest = arrange(columns)
        place = {id(node): row for row, node in enumerate(nodes)}
        expected = [
            (
                looks(node.span),
                -1 if node.parent is None else place[id(node.parent)],
                node.descendant_count,
                node.parent_missing,
                len(node.warnings),
                self_time(node),
            )
            for node in nodes
        ]
        warnings = forest.own_parent.astype(int) + forest.circle + forest.same_id
        found = list(
            zip(
                [looks(spans[row]) for row in forest.order],
                forest.parent.tolist(),
                forest.below.tolist(),
                forest.missing.tolist(),
                warnings.tolist(),
                self_times(columns.take(forest.order), forest).tolist(),
                strict=True,
            )
        )
        assert found == expected, f"seed {seed}, tree {number}"


@pytest.mark.parametrize("seed", range(6, 12))
def test_the_critical_path_goes_through_the_same_spans(seed: int) -> None:
    rng = random.Random(seed)
    for number in range(TREES):
        spans = any_trace(rng)
        columns = as_columns(spans)
        forest = arrange(columns)
        assert sections(columns.take(forest.order), forest.parent, critical(columns.take(forest.order), forest)) == (
            critical_path(build(spans))
        ), f"seed {seed}, tree {number}"


def sections(columns: SpanColumns, parent: Rows, on_path: np.ndarray) -> dict[int, list[tuple[int, int]]]:
    """The sections of the path, as `critical` says that they follow from the spans that it goes through."""
    windows: dict[int, tuple[int, int]] = {}
    inner: dict[int, list[tuple[int, int]]] = {}
    for row in np.flatnonzero(on_path).tolist():
        start, end, above = int(columns.start[row]), int(columns.end[row]), int(parent[row])
        if above >= 0:
            start, end = max(start, windows[above][0]), min(end, windows[above][1])
            inner.setdefault(above, []).append((start, end))
        windows[row] = (start, end)
    found = {}
    for row, (start, end) in windows.items():
        edges = [start, *(edge for child in sorted(inner.get(row, [])) for edge in child), end]
        found[row] = [(left, right) for left, right in zip(edges[::2], edges[1::2], strict=True) if left < right]
    return {row: cut for row, cut in found.items() if cut}


@pytest.mark.parametrize("seed", range(12, 16))
def test_the_same_clocks_are_estimated(seed: int) -> None:
    rng = random.Random(seed)
    corrected = 0
    for number in range(TREES):
        # Below a millisecond clocks agree.
        spans = [
            replace(each, start=each.start * 10**7, end=min(2**64 - 1, each.end * 10**7)) for each in any_trace(rng)
        ]
        columns = as_columns(spans)
        forest = arrange(columns)
        shown = [spans[row] for row in forest.order.tolist()]
        names, services = sorted({host_of(each) for each in spans}), sorted({each.service for each in spans})
        host = np.array([names.index(host_of(each)) for each in shown])
        found = clocks_of_columns(columns.take(forest.order), forest, host, names, services)
        assert found == clocks(build(spans)), f"seed {seed}, tree {number}"
        corrected += sum(each.evidence is not None for each in found)
    assert corrected > TREES // 2


@pytest.mark.parametrize("shape", ["chain", "flat"])
def test_depth_and_width_have_no_limit(shape: str) -> None:
    count = 200_000
    rows = np.arange(count, dtype=np.uint64)
    nothing = np.zeros(count, dtype=np.int64)
    parent = rows if shape == "chain" else np.minimum(rows, np.uint64(1))
    columns = SpanColumns(
        rows + 1, parent, rows + 1, 3 * count - rows, np.ones(count, dtype=np.int32), nothing, nothing, nothing
    )
    forest = arrange(columns)
    assert forest.order.tolist() == list(range(count))
    below = range(count - 1, -1, -1) if shape == "chain" else [count - 1] + [0] * (count - 1)
    assert forest.below.tolist() == list(below)
    # Each runs within the one before it: the path leads down the chain, or through the second that ended last.
    assert int(critical(columns, forest).sum()) == (count if shape == "chain" else 2)
    own = self_times(columns, forest)
    assert (own[0], int(own.sum())) == (2, int(columns.duration[0]) if shape == "chain" else int(own.sum()))
