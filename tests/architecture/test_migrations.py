"""Every change of the schema has a step, and the steps lead an old data folder to exactly what a new one has."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

from spanwise_collector.folder import DataFolder, Stand
from spanwise_collector.store import Engine, migration, schema
from sqlalchemy import column, func, select, table

from tests.collector.store import version_1


def test_the_steps_are_numbered_without_gap_or_double() -> None:
    numbers = [step.number for step in migration.steps()]
    assert numbers == list(range(2, len(numbers) + 2)), "two changes took one number: give yours the next one"


def test_the_newest_step_names_the_schema_of_today() -> None:
    newest = migration.steps()[-1]
    assert newest.schema == migration.fingerprint(), (
        f"The schema has changed. Add store/migrations/{migration.VERSION + 1:04d}_what.sql, or amend {newest.name} if"
        f" it is yours and has not landed, with the line\n-- schema {migration.fingerprint()}\n(see CONTRIBUTING.md)"
    )


def test_a_migrated_folder_has_exactly_what_a_new_one_has_and_all_its_rows(tmp_path: Path) -> None:
    fresh = _apart(_fresh, tmp_path / "fresh")
    _apart(version_1.make, tmp_path / "old")
    migrated, rows, stand = _apart(_migrated, tmp_path / "old")
    assert {name: text for name, text in migrated.items() if fresh.get(name) != text} == {}
    assert sorted(migrated) == sorted(fresh)
    assert rows == {"spans": 10, "logs": 5}
    assert stand == Stand(migration.VERSION)


def _apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """Run in a process of its own: the engine takes one folder a process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def _objects(engine: Engine) -> dict[str, str]:
    """Everything that was made, by name, with the statement that makes it."""
    tables = table("tables", column("name"), column("create_table_query"), column("database"), schema="system").c
    functions = table("functions", column("name"), column("create_query"), column("origin"), schema="system").c
    made = [
        *engine.read(select(tables.name, tables.create_table_query).where(tables.database == "default")),
        *engine.read(select(functions.name, functions.create_query).where(functions.origin == "SQLUserDefined")),
    ]
    return {str(name): str(text) for name, text in (tuple(row) for row in made)}


def _fresh(folder: Path) -> dict[str, str]:
    engine = version_1.engine_in(folder)
    schema.create(engine.run)
    return _objects(engine)


def _rows(engine: Engine) -> dict[str, int]:
    tables = ("spans", "logs")
    return {name: engine.read(select(func.count()).select_from(table(name)))[0][0] for name in tables}


def _migrated(folder: Path) -> tuple[dict[str, str], dict[str, int], Stand | None]:
    engine = version_1.engine_in(folder)
    with DataFolder(folder, "test", migration.VERSION) as opened:
        stand = opened.stand()
        assert stand == Stand(1)
        migration.migrate(engine.run, stand, opened.record)
        return _objects(engine), _rows(engine), opened.stand()
