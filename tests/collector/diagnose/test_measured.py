"""What is measured of spans, against a slow and plain definition of it, over generated traces."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import pytest
from spanwise_collector.diagnose.counts import Operation
from spanwise_collector.diagnose.features import BUCKETS, OFFSET, Moments, Row
from spanwise_collector.diagnose.measured import measure
from spanwise_collector.diagnose.span_numbers import SpanNumbers
from spanwise_collector.model.span import CLIENT, SERVER

START, LENGTH = 1_795_232_640_000_000_000, 60_000_000_000
SEEDS = range(200)
Summed: TypeAlias = dict[tuple[object, ...], list[tuple[float, float]]]


@dataclass(frozen=True)
class Drawn:
    trace: int
    span: int
    parent: int
    operation: Operation
    began: int
    ended: int
    failed: bool
    kind: int = 1


def drawn(chance: random.Random) -> list[Drawn]:
    """Traces of a few spans: ties, shared ids, own parents, parents that are not there, children that outlive."""
    places = [Operation(f"s{each % 4}", f"s{each % 4}-{each % 3}", f"op{each % 5}") for each in range(12)]
    made = []
    for trace in range(1, chance.randint(2, 12)):
        begin = START + chance.randrange(LENGTH)
        for span in range(1, chance.randint(2, 14)):
            began = begin + chance.choice((0, 5, 10, 1_000_000, chance.randrange(10**9)))
            parent = chance.choice((0, 99, *range(1, span + 1)))
            again = chance.choice((span, span, span, max(1, span - 1), max(1, span - 2)))
            made.append(
                Drawn(
                    trace,
                    again,
                    parent,
                    chance.choice(places),
                    began,
                    began + chance.choice((0, 3, 10, 2_000_000, chance.randrange(10**9))),
                    chance.random() < 0.3,
                    chance.choice((1, SERVER, SERVER, CLIENT)),
                )
            )
    shared = defaultdict(list)
    for each in made:
        shared[each.trace, each.span].append(each)
    return [each for same in shared.values() for each in same[: 3 if {SERVER, CLIENT} <= _kinds(same) else 2]]


def _kinds(spans: list[Drawn]) -> set[int]:
    return {each.kind for each in spans}


def numbers(spans: list[Drawn]) -> SpanNumbers:
    operations = sorted({each.operation for each in spans})

    def key(trace: int, span: int) -> int:
        return int.from_bytes(random.Random(trace * 1_000 + span).randbytes(8), "little")

    def column(values: list[int], kind: type = np.int64) -> np.ndarray:
        return np.array(values, dtype=kind)

    return SpanNumbers(
        operations,
        column([key(each.trace, each.span) for each in spans], np.uint64),
        column([key(each.trace, each.parent) if each.parent else 0 for each in spans], np.uint64),
        column([each.kind for each in spans], np.int32),
        column([each.began for each in spans]),
        column([each.ended for each in spans]),
        column([operations.index(each.operation) for each in spans]),
        np.array([each.failed for each in spans]),
        (column([0] * len(spans), np.uint64), column([each.trace for each in spans], np.uint64)),
        column([each.span for each in spans], np.uint64),
    )


def log(nanoseconds: int) -> float:
    return math.log(OFFSET + max(0, nanoseconds))


def _parents(span: Drawn, spans: list[Drawn]) -> list[Drawn]:
    """Of a server the client that shares its id; else those with the parent's id: of client and server the server."""

    def first(number: int, kind: int) -> list[Drawn]:
        found = [each for each in spans if (each.trace, each.span, each.kind) == (span.trace, number, kind)]
        return sorted(found, key=lambda each: (each.began, each.ended, each.operation, each.failed))[:1]

    if span.kind == SERVER and (client := first(span.span, CLIENT)):
        return client
    same = [each for each in spans if span.parent and (each.trace, each.span) == (span.trace, span.parent)]
    return first(span.parent, SERVER) if {SERVER, CLIENT} <= _kinds(same) else same


def plain(spans: list[Drawn]) -> Summed:
    """Of each row of `measure` the values that it sums."""
    below = _below(spans)
    found: Summed = _from_sites(spans, below)
    for each in spans:
        kids = below[id(each)]
        bucket = _bucket(each)
        nobody = ("", "", "")

        def add(what: str, other: tuple[str, ...], a: float, b: float) -> None:
            found[(*each.operation, what, *other, bucket)].append((a, b))  # noqa: B023

        if len(kids) == 1 and kids[0].operation.service != each.operation.service:
            add("edge", kids[0].operation, log(kids[0].began - each.began), log(each.ended - kids[0].ended))
        else:
            covered = set[tuple[int, int]]()
            times = sorted({each.began, each.ended, *(t for kid in kids for t in (kid.began, kid.ended))})
            for left, right in pairwise(times):
                inside = each.began <= left and right <= each.ended
                if inside and any(kid.began <= left and right <= kid.ended for kid in kids):
                    covered.add((left, right))
            add("self", nobody, log(each.ended - each.began - sum(right - left for left, right in covered)), 0.0)
        if each.failed and not any(kid.failed for kid in kids):
            add("error", nobody, 1.0, float(not kids))
        add("end", nobody, float(not kids), log(each.ended - each.began))
        called = [(kid.operation.service, "", kid.operation.name) for kid in kids]
        for other in set(called):
            add("end", other, float(other == called[-1]), float(called.count(other)))
    return found


def _below(spans: list[Drawn]) -> dict[int, list[Drawn]]:
    below = defaultdict(list)
    for each in spans:
        for parent in _parents(each, spans):
            below[id(parent)].append(each)
    for kids in below.values():
        kids.sort(key=lambda kid: (kid.began, kid.ended, kid.operation, kid.failed))
    return below


def _bucket(span: Drawn) -> int:
    return min(BUCKETS - 1, (span.began - START) * BUCKETS // LENGTH)


def _from_sites(
    spans: list[Drawn], below: dict[int, list[Drawn]]
) -> dict[tuple[object, ...], list[tuple[float, float]]]:
    found: Summed = defaultdict(list)
    for each in spans:
        for kid, site in _sites(each, below[id(each)], below):
            beyond = below[id(kid)]
            found[(*kid.operation, "site", *site, _bucket(kid))].append((float(not beyond), 0.0))
            if beyond:
                found[(*site, "reached", *beyond[0].operation, _bucket(kid))].append((0.0, 0.0))
    return found


def _sites(parent: Drawn, kids: list[Drawn], below: dict[int, list[Drawn]]) -> Iterator[tuple[Drawn, Operation]]:
    """The children that call nothing, or one other service, with where each is called."""
    seen: list[Operation] = []
    for kid in kids:
        beyond = below[id(kid)]
        crosses = len(beyond) == 1 and beyond[0].operation.service != kid.operation.service
        if kid.operation.service == parent.operation.service and (crosses or not beyond):
            number = min(8, seen.count(kid.operation) + 1)
            seen.append(kid.operation)
            call = f"{kid.operation.name} (call {number})" if number > 1 else kid.operation.name
            yield kid, Operation(kid.operation.service, kid.operation.instance, f"{call} below {parent.operation.name}")


def sums(rows: list[Row]) -> dict[tuple[object, ...], tuple[float, ...]]:
    made: dict[tuple[object, ...], tuple[float, ...]] = {
        astuple(row)[:8]: (row.n, row.a, row.aa, row.b, row.bb) for row in rows
    }
    assert len(made) == len(rows)
    return made


@pytest.mark.parametrize("seed", SEEDS)
def test_the_sums_are_those_of_the_plain_definition(seed: int) -> None:
    spans = drawn(random.Random(seed))
    expected = {
        key: (
            len(values),
            *(math.fsum(pair[side] ** power for pair in values) for side in (0, 1) for power in (1, 2)),
        )
        for key, values in plain(spans).items()
    }
    found = sums(measure(numbers(spans), START, LENGTH))
    assert found.keys() == expected.keys()
    assert [found[key] for key in found] == [pytest.approx(expected[key], abs=1e-2) for key in found]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_rows_are_the_same_to_the_last_bit_in_any_order_of_arrival(seed: int) -> None:
    chance = random.Random(seed)
    spans = drawn(chance)
    mixed = chance.sample(spans, len(spans))
    assert measure(numbers(mixed), START, LENGTH) == measure(numbers(spans), START, LENGTH)


def test_values_that_are_all_one_do_not_vary() -> None:
    pay = Operation("shop", "shop-1", "pay")
    spans = [Drawn(trace, 1, 0, pay, START, START + 12_345_678, False) for trace in range(1, 1001)]
    (row,) = [row for row in measure(numbers(spans), START, LENGTH) if row.what == "self"]
    assert Moments(row.n, row.a, row.aa).variance < 1e-9


def test_the_example_is_the_span_that_shows_most() -> None:
    pay = Operation("shop", "shop-1", "pay")
    spans = [Drawn(trace, 1, 0, pay, START, START + trace * 1_000_000, False) for trace in (3, 9, 4)]
    (row,) = [row for row in measure(numbers(spans), START, LENGTH) if row.what == "self"]
    assert (row.trace_id, row.span_id) == ("0" * 16 + "09" + "0" * 14, "01" + "0" * 14)


def test_without_spans_there_are_no_rows() -> None:
    assert measure(numbers([]), START, LENGTH) == []


def test_an_id_that_very_many_spans_share_costs_no_more_than_their_number() -> None:
    pay = Operation("shop", "shop-1", "pay")
    many = 20_000
    spans = [Drawn(1, 1, 1, pay, START, START + 5, False) for _ in range(many)]
    (row,) = [row for row in measure(numbers(spans), START, LENGTH) if row.what == "end" and row.other_service]
    # Of those that share it two are taken for the parents.
    assert (row.n, row.b) == (2, 2 * many)


def test_of_a_client_and_a_server_that_share_an_id_the_server_is_the_clients_child_and_has_the_children() -> None:
    call, serve, query = Operation("shop", "s-1", "call"), Operation("stock", "k-1", "serve"), Operation("db", "d", "q")
    spans = [
        Drawn(1, 5, 0, call, START, START + 100_000_000, False, CLIENT),
        Drawn(1, 5, 0, serve, START + 30_000_000, START + 90_000_000, False, SERVER),
        Drawn(1, 6, 5, query, START + 40_000_000, START + 50_000_000, False, CLIENT),
    ]
    rows = measure(numbers(spans), START, LENGTH)
    lags = {(row.operation, row.other_operation): math.exp(row.a) - OFFSET for row in rows if row.what == "edge"}
    assert lags == {
        ("call", "serve"): pytest.approx(30_000_000, rel=1e-4),
        ("serve", "q"): pytest.approx(10_000_000, rel=1e-4),
    }
    assert [row.operation for row in rows if row.what == "self"] == ["q"]
