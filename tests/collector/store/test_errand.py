"""One request's queries share an allowance."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from clickhouse_connect.driver._backend import chdb_backend
from spanwise_collector.errors import QueryLimit, SenderLeft, StoreError
from spanwise_collector.store.errand import Allowance, Errand, current
from sqlalchemy import Select, column, func, literal_column, select, table

from tests.collector.inside import Inside
from tests.collector.process import eventually

PLENTY = Allowance(60.0, 1_000_000_000, 1 << 29)


def numbers(count: int) -> Select[int]:
    return select(func.count()).select_from(func.numbers(count).table_valued("number"))


@contextmanager
def on(errand: Errand) -> Iterator[Errand]:
    token = current.set(errand)
    try:
        yield errand
    finally:
        current.reset(token)


def test_the_rows_of_all_its_queries_are_counted(collector: Inside) -> None:
    with on(Errand(PLENTY)) as errand:
        for count in (1000, 234):
            collector.engine.read(numbers(count))
        assert errand.rows == 1234


@pytest.mark.parametrize("second", [1, 501], ids=["nothing is left", "too little is left"])
def test_rows_are_limited_over_all_its_queries(collector: Inside, second: int) -> None:
    first = 1000 if second == 1 else 500
    with on(Errand(Allowance(60.0, 1000, 1 << 29))):
        collector.engine.read(numbers(first))
        with pytest.raises(QueryLimit, match="more than 1,000 rows") as caught:
            collector.engine.read(numbers(second))
        assert caught.value.setting == "query_rows"


def test_without_a_limit_of_rows_any_number_is_read(collector: Inside) -> None:
    with on(Errand(Allowance(60.0, 0, 1 << 29))) as errand:
        collector.engine.read(numbers(100_000))
        assert errand.rows == 100_000


def test_time_is_limited_over_all_its_queries(collector: Inside) -> None:
    with on(Errand(Allowance(0.2, 0, 1 << 29))):
        asleep = select(func.sum(func.sleepEachRow(0.01))).select_from(func.numbers(250).table_valued("number"))
        for expected in ("while it runs", "before it begins"):
            with pytest.raises(QueryLimit, match=r"longer than 0\.2 s") as caught:
                collector.engine.read(asleep.add_columns(func.any(expected)))
            assert caught.value.setting == "query_timeout"


def test_memory_is_limited_for_each_query(collector: Inside) -> None:
    heap = select(func.length(func.groupArray(column("number")))).select_from(
        func.numbers(200_000_000).table_valued("number")
    )
    with on(Errand(PLENTY)):
        with pytest.raises(QueryLimit, match="more than 512 MiB of memory") as caught:
            collector.engine.read(heap)
        assert caught.value.setting == "query_memory"


def test_an_answer_that_the_end_of_the_time_cut_short_is_never_given(collector: Inside) -> None:
    # The engine ends such a query between two steps, and of one in ten or twenty says nothing: no rows are its answer.
    query = select(func.arraySum(func.range(5_000_000 + func.count()))).select_from(
        func.numbers(300).table_valued("number")
    )
    began = time.monotonic()
    for _ in range(3):
        whole = collector.engine.read(query)
    natural = (time.monotonic() - began) / 3
    stopped, draw = 0, random.Random(4)
    for _ in range(200):
        with on(Errand(Allowance(natural * (0.3 + 0.7 * draw.random()), 0, 1 << 29))):
            try:
                assert collector.engine.read(query) == whole
            except QueryLimit:
                stopped += 1
        if stopped == 40:
            break
    assert stopped


def test_an_answer_that_breaks_off_when_the_time_is_over_is_a_limit_and_before_a_failure(
    collector: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = chdb_backend._BytesSource
    seconds = 0.0

    def half(data: bytes) -> Any:
        if b"halved" not in data:
            return whole(data)
        time.sleep(seconds)
        return whole(data[: len(data) // 2])

    monkeypatch.setattr(chdb_backend, "_BytesSource", half)
    many = select(column("number"), func.randomString(20).label("halved")).select_from(
        func.numbers(1000).table_valued("number")
    )
    with on(Errand(Allowance(60.0, 0, 1 << 29))), pytest.raises(StoreError):
        collector.engine.read(many)
    seconds = 2.0
    with on(Errand(Allowance(2.0, 0, 1 << 29))), pytest.raises(QueryLimit, match=r"longer than 2 s") as caught:
        collector.engine.read(many)
    assert caught.value.setting == "query_timeout"


def test_what_failed_queries_had_answered_is_given_back(collector: Inside) -> None:
    fails = select(func.randomString(500), func.throwIf(column("number") == 100_000)).select_from(
        func.numbers(200_000).table_valued("number")
    )
    metrics = table("metrics", schema="system")
    tracked: Select[Any] = (
        select(literal_column("value")).select_from(metrics).where(literal_column("metric") == "MemoryTracking")
    )
    before = collector.engine.look(tracked)[0].value
    for _ in range(8):
        with pytest.raises(StoreError):
            collector.engine.read(fails)
    # Each had answered 50 MB.
    assert collector.engine.look(tracked)[0].value - before < 200 << 20


def test_what_is_stopped_runs_in_the_engine_no_more(collector: Inside) -> None:
    errand, ended = Errand(Allowance(60.0, 0, 1 << 29)), []
    endless = select(func.count()).select_from(func.numbers(10**12).table_valued("number"))

    def run() -> None:
        with on(errand), pytest.raises(SenderLeft) as caught:
            collector.engine.read(endless.where(func.cityHash64(column("number")) == 1))
        ended.append(caught.type)

    ours = literal_column("Settings['log_comment']") == errand.mark
    running = select(func.count().label("n")).select_from(table("processes", schema="system")).where(ours)
    asking = threading.Thread(target=run)
    asking.start()
    assert eventually(lambda: collector.engine.look(running)[0].n, lambda found: found == 1) == 1
    errand.left.set()
    collector.engine.stop(errand.mark)
    assert eventually(lambda: collector.engine.look(running)[0].n, lambda found: not found) == 0
    asking.join()
    assert ended == [SenderLeft]


def test_an_answer_that_comes_after_its_client_left_is_not_given(collector: Inside) -> None:
    """It may be what a stop has left of it."""
    with on(Errand(PLENTY)) as errand:
        leaving = threading.Timer(0.2, errand.left.set)
        leaving.start()
        with pytest.raises(SenderLeft):
            collector.engine.read(select(func.sleep(1)))
        leaving.join()


def test_nothing_is_asked_for_a_client_that_left(collector: Inside) -> None:
    with on(Errand(PLENTY)) as errand:
        errand.left.set()
        with pytest.raises(SenderLeft):
            collector.engine.read(numbers(1))
        assert errand.rows == 0


def test_what_is_not_asked_for_a_request_has_no_limit(collector: Inside) -> None:
    assert collector.engine.read(select(func.count()).select_from(table("spans"))) != []
