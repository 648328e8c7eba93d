"""A migration that is killed goes on where it was, and changes nothing twice."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from spanwise_collector.folder import DataFolder, Stand
from spanwise_collector.store import migration
from sqlalchemy import func, literal_column, select, table

from tests.collector.store import version_1

NEWEST = migration.VERSION + 2
STEPS = [
    *migration.steps(),
    migration.Step(
        NEWEST - 1,
        "0098_a_column_with_its_values.sql",
        "",
        (
            "ALTER TABLE logs ADD COLUMN IF NOT EXISTS mark UInt64 DEFAULT 7 AFTER body",
            "ALTER TABLE logs UPDATE event_name = concat(event_name, '!') WHERE NOT endsWith(event_name, '!')",
        ),
    ),
    migration.Step(
        NEWEST,
        "0099_a_table_of_another_shape.sql",
        "",
        (
            "CREATE OR REPLACE TABLE spans_3 ENGINE = MergeTree ORDER BY (project, trace_id) AS SELECT * FROM spans",
            "DROP TABLE IF EXISTS spans SYNC",
            "RENAME TABLE IF EXISTS spans_3 TO spans",
        ),
    ),
]
"""The steps there are, and what others may do, each statement written so that a kill may repeat it."""
STATEMENTS = sum(len(step.statements) for step in STEPS)


def test_a_migration_killed_at_every_statement_goes_on_where_it_was(tmp_path: Path) -> None:
    _apart(version_1.make, tmp_path)
    # Each statement is run and not recorded, then repeated in the next life; then two kills amid the rest.
    deaths = [_life(tmp_path, end) for end in ("run 1", *["run 2"] * (STATEMENTS - 1), "record 1", "run 5", "run 20")]
    assert deaths == [-signal.SIGKILL] * len(deaths)
    assert _apart(_finish, tmp_path) == ({"spans": 10, "logs": 5}, ["!"], [7], Stand(NEWEST))


def _apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """Run in a process of its own: the engine takes one folder a process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def _life(folder: Path, end: str) -> int:
    """Migrate, to be killed after the so manieth statement or record; how it ended."""
    living = multiprocessing.get_context("spawn").Process(target=_killed, args=(folder, end))
    living.start()
    living.join()
    assert living.exitcode is not None
    return living.exitcode


def _killed(folder: Path, end: str) -> None:
    engine = version_1.engine_in(folder)

    def dying(kind: str, work: Callable[[Any], object]) -> Callable[[Any], None]:
        done = itertools.count(1)

        def do(given: Any) -> None:
            work(given)
            if f"{kind} {next(done)}" == end:
                os.kill(os.getpid(), signal.SIGKILL)

        return do

    with DataFolder(folder, "test", NEWEST) as opened:
        stand = opened.stand()
        assert stand is not None
        migration.migrate(dying("run", engine.run), stand, dying("record", opened.record), STEPS)


def _finish(folder: Path) -> tuple[dict[str, int], list[str], list[int], Stand | None]:
    engine = version_1.engine_in(folder)
    with DataFolder(folder, "test", NEWEST) as opened:
        stand = opened.stand()
        assert stand is not None
        migration.migrate(engine.run, stand, opened.record, STEPS)
        logs = table("logs")
        read = [
            engine.read(select(literal_column(name)).select_from(logs).distinct()) for name in ("event_name", "mark")
        ]
        rows = {name: engine.read(select(func.count()).select_from(table(name)))[0][0] for name in ("spans", "logs")}
        return rows, [row[0] for row in read[0]], [row[0] for row in read[1]], opened.stand()
