"""Several collectors at one new or older store: one makes the tables, and the others wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from spanwise_collector.settings import Settings
from spanwise_collector.store import ServerEngine, migration, schema
from spanwise_collector.store.engine import StoreAway
from spanwise_collector.store.layout import VERSIONS
from spanwise_collector.store.turn import Turn
from sqlalchemy import column, func, select, table

from tests.clickhouse_http import CLUSTER, ClickHouse, clickhouse
from tests.collector.process import eventually

COLLECTORS = 3


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouse]:
    with clickhouse(tmp_path_factory.mktemp("clickhouse")) as made:
        yield made


@pytest.fixture
def store(server: ClickHouse, tmp_path: Path) -> tuple[str, ...]:
    """The flags of a database of the test's own; of a cluster, since its statements are those of a server and more."""
    return ("--store", f"{server.url}_{abs(hash(tmp_path))}", "--cluster", CLUSTER)


class Written(ServerEngine):
    """An engine that writes down what it ran."""

    def __init__(self, collector: str, *flags: str) -> None:
        settings = Settings.load([*flags])
        assert settings.store is not None
        super().__init__(settings.store, collector, settings)
        self.ran: list[str] = []

    def run(self, statement: str) -> None:
        self.ran.append(statement)
        super().run(statement)

    def of_tables(self) -> list[str]:
        """What it ran, but for what is about turns."""
        return [each for each in self.ran if "spanwise_turn_" not in each]

    def made(self) -> int:
        """How often the newest version is written down as made."""
        rows = self.read(select(func.count()).select_from(table(VERSIONS)).where(column("done") == 0))
        return int(rows[0][0])


def all_at_once(engines: list[Written]) -> list[int]:
    """Have every engine make the tables, as a loader does: again until it may. How often each was told to wait."""
    together = threading.Barrier(len(engines))

    def prepared(engine: Written) -> int:
        together.wait()
        waited = 0

        def once() -> bool:
            nonlocal waited
            try:
                engine.prepare()
            except StoreAway:
                waited += 1
                return False
            return True

        assert eventually(once, bool)
        return waited

    with ThreadPoolExecutor(len(engines)) as threads:
        return list(threads.map(prepared, engines))


@contextmanager
def some(store: tuple[str, ...]) -> Iterator[list[Written]]:
    made = [Written(f"collector-{number}", *store) for number in range(COLLECTORS)]
    try:
        yield made
    finally:
        for each in made:
            each.close()


@pytest.fixture
def engines(store: tuple[str, ...]) -> Iterator[list[Written]]:
    with some(store) as made:
        yield made


def test_of_collectors_that_start_at_once_on_a_new_store_one_makes_the_tables(engines: list[Written]) -> None:
    waited = all_at_once(engines)
    busy = [engine for engine in engines if engine.of_tables()]
    assert (len(busy), engines[0].made(), sum(waited) > 0) == (1, 1, True)


def test_of_collectors_that_start_at_once_on_an_older_store_one_takes_the_steps(
    engines: list[Written], store: tuple[str, ...]
) -> None:
    engines[0].prepare()
    engines[0].run(f"TRUNCATE TABLE {VERSIONS}")
    engines[0].run(engines[0].layout.made(migration.VERSION - 1, 0))
    step = migration.steps(layout=engines[0].layout)[-1].statements
    # What the schema says too runs for every start.
    own = [statement for statement in step if statement not in set(schema.statements(engines[0].layout))]
    with some(store) as newer:
        all_at_once(newer)
        ran = [[statement for statement in engine.ran if statement in own] for engine in newer]
        noted = [sum(each.startswith(f"INSERT INTO {VERSIONS}") for each in engine.ran) for engine in newer]
    assert sorted(ran) == [[], [], own]
    assert sorted(noted) == [0, 0, len(step) + 1]


@pytest.fixture
def without_tables(server: ClickHouse) -> Iterator[list[Written]]:
    """Engines on a database in which only turns are."""
    with some(("--store", server.url.replace("/telemetry", "/default"))) as first:
        first[0].run("CREATE DATABASE IF NOT EXISTS turns")
    with some(("--store", server.url.replace("/telemetry", "/turns"))) as made:
        yield made


def test_one_that_died_amid_it_is_waited_for_and_then_followed(without_tables: list[Written]) -> None:
    engines = without_tables
    dead, next_one, last = (Turn(engine, patience) for engine, patience in zip(engines, (60, 60, 0), strict=True))
    held = dead.taken()
    held.__enter__()
    with pytest.raises(StoreAway, match="Another collector makes the tables of this store now"), next_one.taken():
        pass
    # To one without patience it is dead.
    with last.taken():
        last.run("SELECT 1")
        with pytest.raises(StoreAway, match="lost its turn"):
            dead.run("SELECT 2")
    with next_one.taken():
        next_one.run("SELECT 3")
    turns = [each.number for each in next_one._found()]
    assert ("SELECT 2" in engines[0].ran, len(turns)) == (False, 1)


def test_a_turn_whose_making_was_not_answered_is_this_ones_own(without_tables: list[Written]) -> None:
    engine = without_tables[0]
    turn = Turn(engine, 60)
    real = engine.run
    cut: list[str] = []

    def once_without_answer(statement: str) -> None:
        real(statement)
        if statement.startswith("CREATE TABLE spanwise_turn_") and not cut:
            cut.append(statement)
            raise StoreAway("The connection was cut.")

    engine.run = once_without_answer  # type: ignore[method-assign]
    with pytest.raises(StoreAway, match="cut"), turn.taken():
        pass
    with turn.taken():
        turn.run("SELECT 4")
    assert engine.ran.count(cut[0]) == 1


def test_while_a_statement_that_was_not_answered_may_still_run_nobody_goes_on(
    without_tables: list[Written], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("spanwise_collector.store.turn.time", SimpleNamespace(monotonic=lambda: now))
    engine = without_tables[0]
    holder, other = Turn(engine, 60), Turn(without_tables[1], 60)
    with pytest.raises(StoreAway, match="cut"), holder.taken():
        unanswered(engine, "SELECT 5", lambda: holder.run("SELECT 5"))
    with pytest.raises(StoreAway, match="Another collector makes the tables"), other.taken():
        pass
    now += 59
    with pytest.raises(StoreAway, match="the next attempt is 1 s from now"), holder.taken():
        pass
    now += 1
    with holder.taken():
        holder.run("SELECT 6")


def unanswered(engine: Written, statement: str, act: Callable[[], None]) -> None:
    """Do something while the connection is cut after that statement."""
    real = engine.run

    def cut(each: str) -> None:
        real(each)
        if each == statement:
            raise StoreAway("The connection was cut.")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(engine, "run", cut)
        act()
